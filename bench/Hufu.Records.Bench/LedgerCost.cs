using System.Diagnostics;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Records.Bench;

/// <summary>
/// What the ledger adds to a record write: two data folders get the same records in turn; in one the changes are carried into the ledger as the
/// running product does it, in the other they wait. What is hashed for the ledger at each write is measured by itself.
/// </summary>
internal static class LedgerCost
{
    internal static async Task RunAsync(Site with, Site without, int pairs, int writes)
    {
        var (extraTime, extraCpu, plain) = (new List<double>(), new List<double>(), new List<double>());
        for (var pair = -1; pair < pairs; pair++)
        {
            // Which of the two goes first alternates: neither gains by what the other has warmed up.
            var (first, second) = pair % 2 == 0 ? (with, without) : (without, with);
            var one = await WriteAsync(first, first == with, pair, writes);
            var two = await WriteAsync(second, second == with, pair, writes);
            if (pair < 0) continue;
            var (yes, no) = first == with ? (one, two) : (two, one);
            extraTime.Add(yes.Time / no.Time - 1);
            extraCpu.Add(yes.Cpu / no.Cpu - 1);
            plain.Add(no.Cpu * 1000 / writes);
        }

        var hashing = await HashingAsync(without);
        var write = Middle(plain);
        Say.Line("one record write, CPU", $"{write:0.00} ms, of which {hashing:0.000} ms ({hashing / write:0.0%}) are salt, commitment and state hash");
        Say.Line("carrying it into the ledger, by the clock", $"{Middle(extraTime):+0.0%;-0.0%} (median of {pairs} pairs of {writes} writes; {extraTime.Min():+0.0%;-0.0%} to {extraTime.Max():+0.0%;-0.0%})");
        Say.Line("carrying it into the ledger, by CPU", $"{Middle(extraCpu):+0.0%;-0.0%} ({extraCpu.Min():+0.0%;-0.0%} to {extraCpu.Max():+0.0%;-0.0%})");
        Say.Against("the ledger's cost on a record write", (Middle(extraCpu) + hashing / write / (1 - hashing / write)) * 100, 15, "% of CPU", "carrying and hashing together");
    }

    private static async Task<(double Time, double Cpu)> WriteAsync(Site site, bool sequenced, int pair, int writes)
    {
        using var self = Process.GetCurrentProcess();
        var (clock, cpu) = (Stopwatch.StartNew(), Proc.Cpu(self));
        for (var i = 0; i < writes; i += 2)
        {
            Record record;
            await using (var scope = site.Services.CreateAsyncScope())
            {
                var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
                record = Site.Must(await store.CreateAsync(Actor.System("bench"), store.Types.Get("risk.asset"), new Dictionary<string, string?>
                {
                    ["code"] = $"L{pair}-{i}", ["title"] = $"人事差勤資料庫伺服器 {i}", ["category"] = "hardware", ["hostname"] = $"l{pair}-{i}.coast.example", ["addresses"] = "192.0.2.10", ["confidentiality"] = "high",
                    ["integrity"] = "high", ["availability"] = "high", ["location"] = "第一機房 3 櫃", ["operatingSystem"] = "Debian 12", ["vendor"] = "Dell", ["inUseSince"] = "2024-02-29",
                }));
            }

            await using (var scope = site.Services.CreateAsyncScope())
            {
                var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
                Site.Must(await store.UpdateAsync(Actor.System("bench"), store.Types.Get("risk.asset"), record.Id, record.Version, new Dictionary<string, string?> { ["remark"] = "每季盤點一次", ["location"] = "第二機房 4 櫃" }));
            }
        }

        // The product carries what has come in a second at once; people write less in one.
        if (sequenced) Site.Must(await site.Services.GetRequiredService<LedgerSequencer>().FlushAsync());
        return (clock.Elapsed.TotalSeconds, (Proc.Cpu(self) - cpu).TotalSeconds);
    }

    private static async Task<double> HashingAsync(Site site)
    {
        await using var db = await site.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync();
        var entry = db.Entry(await db.Set<Risk.Asset>().FirstAsync());
        var payload = (await db.Changes.AsNoTracking().FirstAsync(c => c.TypeKey == "risk.asset")).Payload!;
        const int times = 2000;
        double best = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            using var self = Process.GetCurrentProcess();
            var cpu = Proc.Cpu(self);
            for (var i = 0; i < times; i++)
            {
                ChangeCapture.StateHash(entry);
                ChangeCapture.Commit(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)), payload);
            }

            best = Math.Min(best, (Proc.Cpu(self) - cpu).TotalMilliseconds / times);
        }

        return best;
    }

    /// <summary>A whole import and what carrying its changes adds.</summary>
    internal static async Task<int> CarryAsync(Site site)
    {
        using var self = Process.GetCurrentProcess();
        var (clock, cpu) = (Stopwatch.StartNew(), Proc.Cpu(self));
        var leaves = Site.Must(await site.Services.GetRequiredService<LedgerSequencer>().FlushAsync());
        Say.Line("changes carried into the ledger", $"{leaves:N0} in {clock.Elapsed.TotalSeconds:0.0} s, {leaves / clock.Elapsed.TotalSeconds:N0}/s, {(Proc.Cpu(self) - cpu).TotalMilliseconds * 1000 / Math.Max(1, leaves):0} µs CPU each");
        return leaves;
    }

    private static double Middle(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
