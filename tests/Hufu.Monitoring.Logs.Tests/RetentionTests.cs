using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rules and holds as records, what they make of the store, and what the ledger says of it.</summary>
public class RetentionTests
{
    private static readonly Actor Chief = new(Guid.CreateVersion7(), "Bob", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Result<Record>> MakeAsync(Site site, RecordType type, params (string Field, string Value)[] values) =>
        await site.Store.CreateAsync(Site.Engineer, type, values.Append(("title", "R")).ToDictionary(v => v.Item1, v => (string?)v.Item2), cancellation: Stop);

    private static async Task RuleAsync(Site site, params (string Field, string Value)[] values)
    {
        var type = site.Store.Types.Of<RetentionRule>();
        var made = await MakeAsync(site, type, [.. values, ("basis", "decision")]);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        foreach (var (actor, move) in ((Actor, string)[])[(Site.Engineer, "submit"), (Chief, "approve")])
        {
            var moved = await site.Store.TransitionAsync(actor, type, made.Value.Id, move, cancellation: Stop);
            Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
        }
    }

    private static async Task ArriveAsync(Site site, string source, int events, string text = "m")
    {
        await site.Get<LogService>().Store.AppendAsync([.. Enumerable.Range(0, events).Select(i => new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), Source = source, Host = "h", Format = LogFormats.Plain, Message = text, Raw = $"{text} {i}" })], Stop);
        await site.Get<LogService>().Store.SealAsync(Stop);
    }

    private static async Task<long> CountAsync(Site site, string query) => (await site.Get<LogService>().Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value, Limit = 10_000 }, Stop)).Events.Count;

    private static async Task<IReadOnlyList<string>> BrokenAsync(Site site)
    {
        var broken = new List<string>();
        await site.Get<IEnumerable<ILedgerCheckPart>>().OfType<SegmentCheck>().Single().RunAsync(site.Store.Db, place => broken.Add($"{place.Code} {place.Where}"), null, Stop);
        return broken;
    }

    [Theory]
    [InlineData("", "183", "", "", "logs.retention.minimum")]
    [InlineData("", "184", "", "", null)]
    [InlineData("fw", "30", "true", "", null)]
    [InlineData("fw", "", "", "", null)]
    [InlineData("fw", "365", "", "10", "logs.retention.size")]
    [InlineData("", "365", "", "10", null)]
    public async Task A_rule_below_six_months_needs_a_reason_why_it_may(string source, string days, string below, string gigabytes, string? code)
    {
        await using var site = await Site.OpenAsync();
        var made = await MakeAsync(site, site.Store.Types.Of<RetentionRule>(), ("source", source), ("keepDays", days), ("belowMinimum", below), ("maxGigabytes", gigabytes), ("basis", "b"));
        Assert.Equal(code is null ? [] : [code], made.Errors.Select(e => e.Code));
    }

    [Theory]
    [InlineData("host:web", null)]
    [InlineData("*", null)]
    [InlineData("(host:web", "query")]
    [InlineData("host:web | top user", "query")]
    public async Task A_hold_is_a_search(string query, string? place)
    {
        await using var site = await Site.OpenAsync();
        var made = await MakeAsync(site, site.Store.Types.Of<LogHold>(), ("query", query), ("reason", "case 7"));
        Assert.Equal(place is null ? [] : [place], made.Errors.Select(e => e.Place));
    }

    [Fact]
    public async Task Without_a_rule_in_force_everything_stays()
    {
        await using var site = await Site.OpenAsync();
        await ArriveAsync(site, "fw", 3);
        Assert.True((await MakeAsync(site, site.Store.Types.Of<RetentionRule>(), ("source", "fw"), ("keepDays", "200"), ("basis", "b"))).IsOk);
        site.Clock.Ahead = TimeSpan.FromDays(4000);
        Assert.Empty((await site.Get<LogKeeping>().ApplyAsync(Stop)).Removals);
        Assert.Equal(3, await CountAsync(site, "source:fw"));
    }

    [Fact]
    public async Task Rules_remove_what_is_old_but_for_holds_and_the_ledger_has_a_record_of_it()
    {
        await using var site = await Site.OpenAsync();
        await ArriveAsync(site, "fw", 5);
        await ArriveAsync(site, "fw", 2, "suspicious");
        await ArriveAsync(site, "vpn", 4);
        await RuleAsync(site, ("source", "fw"), ("keepDays", "200"));
        await RuleAsync(site, ("keepDays", "400"));
        // Of two rules for one source the longer one holds.
        await RuleAsync(site, ("source", "vpn"), ("keepDays", "300"));
        await RuleAsync(site, ("source", "vpn"), ("keepDays", "500"));
        var hold = await MakeAsync(site, site.Store.Types.Of<LogHold>(), ("query", "suspicious"), ("reason", "case 7"));
        Assert.True(hold.IsOk, string.Join("; ", hold.Errors));

        site.Clock.Ahead = TimeSpan.FromDays(190);
        Assert.Empty((await site.Get<LogKeeping>().ApplyAsync(Stop)).Removals);
        site.Clock.Ahead = TimeSpan.FromDays(210);
        var result = await site.Get<LogKeeping>().ApplyAsync(Stop);
        Assert.Equal((2L, 5L), (result.Held, result.Removals.Sum(r => r.Sources.Sum(s => s.Events))));
        Assert.Equal((2, 4), (await CountAsync(site, "source:fw"), await CountAsync(site, "source:vpn")));
        Assert.Empty(await BrokenAsync(site));
        var change = Assert.Single(await site.Store.Db.Changes.AsNoTracking().Where(c => c.TypeKey == SegmentLedger.RemovalTypeKey).ToListAsync(Stop));
        Assert.Equal(change.Uid.ToString("D"), result.Removals[0].Receipt);

        var released = await site.Store.TransitionAsync(Chief, site.Store.Types.Of<LogHold>(), hold.Value.Id, "release", "case closed", cancellation: Stop);
        Assert.True(released.IsOk, string.Join("; ", released.Errors));
        site.Clock.Ahead = TimeSpan.FromDays(490);
        await site.Get<LogKeeping>().ApplyAsync(Stop);
        Assert.Equal((0, 4), (await CountAsync(site, "source:fw"), await CountAsync(site, "source:vpn")));
        Assert.Empty(await BrokenAsync(site));

        var storage = await site.Get<LogKeeping>().StorageAsync(Stop);
        Assert.Equal(["vpn"], storage.Sources.Select(s => s.Source));
        Assert.Equal((TimeSpan.FromDays(500), 4L, 2), (storage.Sources[0].Keep!.Value, storage.Events, storage.Removals.Count));
        Assert.True(storage.Bytes > 0 && storage.FreeBytes > 0);
    }

    [Theory]
    [InlineData("fw", "90", "logs.retention.cold")]
    [InlineData("", "90", null)]
    public async Task The_days_until_the_cold_place_are_those_of_all_sources(string source, string days, string? code)
    {
        await using var site = await Site.OpenAsync();
        var made = await MakeAsync(site, site.Store.Types.Of<RetentionRule>(), ("source", source), ("keepDays", "365"), ("coldDays", days), ("basis", "b"));
        Assert.Equal(code is null ? [] : [code], made.Errors.Select(e => e.Code));
    }

    [Fact]
    public async Task Files_move_to_the_cold_place_as_the_rule_says_and_what_rests_on_them_goes_on_or_says_why_not()
    {
        var place = Directory.CreateTempSubdirectory("hufu-cold-").FullName;
        try
        {
            await using var site = await Site.OpenAsync(cold: ColdTarget.Parse(place).Value);
            await ArriveAsync(site, "fw", 5);
            site.Clock.Ahead = TimeSpan.FromDays(100);
            // Without a rule that says so nothing moves.
            Assert.Equal(0, (await site.Get<LogKeeping>().ApplyAsync(Stop)).Moved);
            await RuleAsync(site, ("keepDays", "400"), ("coldDays", "90"));
            await RuleAsync(site, ("keepDays", "400"), ("coldDays", "95"));
            site.Clock.Ahead = TimeSpan.FromDays(93);
            Assert.Equal(0, (await site.Get<LogKeeping>().ApplyAsync(Stop)).Moved);
            site.Clock.Ahead = TimeSpan.FromDays(100);
            Assert.Equal(1, (await site.Get<LogKeeping>().ApplyAsync(Stop)).Moved);
            // The file of this machine stays for those who read it.
            site.Clock.Ahead += TimeSpan.FromMinutes(11);
            Assert.Null((await site.Get<LogKeeping>().ApplyAsync(Stop)).ColdProblem);
            Assert.Empty(Directory.EnumerateFiles(site.Get<LogService>().Folder, "*.parquet"));
            Assert.Single(Directory.EnumerateFiles(place, "*.parquet"));
            Assert.Equal(5, await CountAsync(site, "source:fw"));
            Assert.Empty(await BrokenAsync(site));
            var storage = await site.Get<LogKeeping>().StorageAsync(Stop);
            Assert.Equal((95, 1, true), (storage.ColdDays, storage.Cold!.Files, storage.Cold.IsNamed));
            Assert.True(storage.Files.Single().ColdBytes > 0);
            var told = System.Text.Json.JsonSerializer.Serialize(LogEndpoints.StorageJson(storage));
            Assert.Contains("\"afterDays\":95", told, StringComparison.Ordinal);

            // Changed there, and gone: named by the check, told by a search, and no evidence is made of the rest.
            var file = Directory.EnumerateFiles(place, "*.parquet").Single();
            var bytes = await File.ReadAllBytesAsync(file, Stop);
            await File.WriteAllBytesAsync(file, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)], Stop);
            Assert.Contains("segment.file-changed segment 00000001", await BrokenAsync(site));
            File.Delete(file);
            Assert.Equal(["segment.file-missing segment 00000001"], await BrokenAsync(site));
            Assert.Single((await site.Get<LogService>().Search.SearchAsync(new LogSearch(), Stop)).Notes);
            var record = await MakeAsync(site, site.Store.Types.Of<LogHold>(), ("query", "*"), ("reason", "case 7"));
            var failure = await Assert.ThrowsAsync<ColdException>(() => site.Get<LogExcerpt>().AttachSearchAsync(site.Store, Site.Engineer, record.Value, "*", new LogSearch(), null, null, Stop));
            Assert.Equal("logs.cold.missing", ((IUnavailable)failure).Error.Code);
            Directory.Delete(place, recursive: true);
            Assert.Equal(["segment.file-unreachable segment 00000001"], await BrokenAsync(site));
        }
        finally
        {
            if (Directory.Exists(place)) Directory.Delete(place, recursive: true);
        }
    }

    [Fact]
    public async Task Events_taken_out_by_somebody_else_with_a_removal_made_up_for_it_are_named()
    {
        await using var site = await Site.OpenAsync();
        await ArriveAsync(site, "fw", 5);
        await ArriveAsync(site, "vpn", 2);
        Assert.Empty(await BrokenAsync(site));
        var folder = Path.Combine(site.Folder, "logs");
        await site.Get<LogService>().DisposeAsync();
        // Whoever can write the folder uses the product's own library, with a sealer that writes no ledger.
        await using (var store = LogStore.Open(folder, new LogStoreOptions { Clock = new Later() }))
            Assert.Single((await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["fw"] = new(TimeSpan.FromDays(1), TimeSpan.Zero) } }, Stop)).Removals);
        Assert.Equal(["segment.removal-not-in-ledger segments 00000001-00000001"], await BrokenAsync(site));
    }

    [Fact]
    public async Task What_was_anchored_of_the_open_segment_is_missed_when_it_is_cut()
    {
        await using var site = await Site.OpenAsync();
        var logs = site.Get<LogService>();
        await logs.Store.AppendAsync([new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), Source = "fw", Format = LogFormats.Plain, Message = "a", Raw = "a" }], Stop);
        var length = new FileInfo(Path.Combine(logs.Folder, "00000001.wal")).Length;
        await logs.Store.AppendAsync([new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), Source = "fw", Format = LogFormats.Plain, Message = "b", Raw = "b" }], Stop);
        await logs.Store.AnchorAsync(Stop);
        Assert.Empty(await BrokenAsync(site));
        using (var file = new FileStream(Path.Combine(logs.Folder, "00000001.wal"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(length);
        Assert.Equal(["segment.root-changed segment 00000001"], await BrokenAsync(site));
    }

    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
