using System.Globalization;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>The rules over what comes in: alerts are gathered, and none is lost or counted twice, whatever happens in between.</summary>
public class LiveDetectionTests
{
    private const string Failed = "33333333-3333-4333-8333-333333333333";
    private const string Guessing = "22222222-2222-4222-8222-222222222222";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // The rule of every site feeds a correlation and reports nothing of its own; this one does.
    internal static async Task<Site> OpenAsync(bool keep = false, LiveDetectionOptions? live = null)
    {
        var site = await Site.OpenAsync(keep: keep, live: live);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "rules", "live.yml"), $$"""
            title: Each failed password
            id: {{Failed}}
            logsource: { product: linux, service: sshd }
            detection:
              failed: { message|contains: 'Failed password' }
              condition: failed
            level: low
            """, Stop);
        return site;
    }

    /// <summary>Failed passwords of one host in one second, as a syslog of whole seconds has them.</summary>
    internal static List<LogEvent> Attempts(Site site, int from, int count, string host = "vpn01", string address = "203.0.113.1") => [.. Enumerable.Range(from, count).Select(i => new LogEvent
    {
        ReceivedAt = site.Clock.GetUtcNow(), OccurredAt = site.Clock.GetUtcNow(), Source = "vpn", Host = host, App = "sshd", SourceIp = address, Format = "sshd",
        Message = string.Create(CultureInfo.InvariantCulture, $"Failed password for root from {address} port {40000 + i} ssh2"),
        Raw = string.Create(CultureInfo.InvariantCulture, $"{host} sshd: Failed password for root from {address} port {40000 + i} ssh2"),
        Fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["src_ip"] = address },
    })];

    private static async Task<IReadOnlyList<string>> CountsAsync(Site site) =>
        [.. (await site.AlertsAsync()).Where(a => a.RuleId == Failed).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Entity} {a.EventCount}"))];

    [Fact]
    public async Task What_comes_in_within_a_second_is_written_once()
    {
        await using var site = await OpenAsync();
        var import = site.Get<LogImport>();
        for (var i = 0; i < 20; i++) await import.TakeAsync([.. Attempts(site, i * 100, 50), .. Attempts(site, i * 100 + 50, 50, "vpn02")], Stop);
        Assert.Empty(await site.AlertsAsync());
        await site.Get<LiveDetection>().RaiseAsync(Stop);
        // All have the same time, and far more than an alert keeps the ids of: each is counted.
        Assert.Equal(["vpn01 1000", "vpn02 1000"], await CountsAsync(site));
        foreach (var alert in (await site.AlertsAsync()).Where(a => a.RuleId == Failed)) Assert.Equal(1, alert.Version);
        await import.TakeAsync(Attempts(site, 5_000, 3), Stop);
        await site.Get<LiveDetection>().RaiseAsync(Stop);
        Assert.Equal(["vpn01 1003", "vpn02 1000"], await CountsAsync(site));
    }

    [Fact]
    public async Task Too_many_matches_do_not_wait_for_the_second()
    {
        await using var site = await OpenAsync(live: new LiveDetectionOptions { Gathered = 100 });
        await site.Get<LogImport>().TakeAsync(Attempts(site, 0, 120), Stop);
        Assert.Equal(["vpn01 120"], await CountsAsync(site));
    }

    [Fact]
    public async Task What_was_stored_before_a_crash_is_looked_at_by_the_next_start()
    {
        string folder;
        await using (var dying = await OpenAsync(keep: true))
        {
            folder = dying.Folder;
            await dying.Get<LogImport>().TakeAsync(Attempts(dying, 0, 30), Stop);
            await dying.Get<LiveDetection>().RaiseAsync(Stop);
            // Stored and acknowledged; then the process is gone.
            await dying.Get<LogImport>().TakeAsync(Attempts(dying, 30, 25), Stop);
            Assert.Equal(["vpn01 30"], await CountsAsync(dying));
        }

        await using var next = await Site.OpenAsync(folder);
        var live = next.Get<LiveDetection>();
        await next.Get<LogImport>().TakeAsync(Attempts(next, 55, 5), Stop);
        Assert.True(live.IsBehind);
        await live.RaiseAsync(Stop);
        Assert.False(live.IsBehind);
        Assert.Equal(["vpn01 60"], await CountsAsync(next));
        await next.Get<LogImport>().TakeAsync(Attempts(next, 60, 5), Stop);
        await live.RaiseAsync(Stop);
        Assert.Equal(["vpn01 65"], await CountsAsync(next));
    }

    [Fact]
    public async Task A_correlation_goes_on_over_a_restart()
    {
        string folder;
        await using (var before = await OpenAsync(keep: true))
        {
            folder = before.Folder;
            await before.Get<LogImport>().AppendAsync(Attempts(before, 0, 6), Stop);
            Assert.DoesNotContain(await before.AlertsAsync(), a => a.RuleId == Guessing);
        }

        await using var next = await Site.OpenAsync(folder);
        await next.Get<LogImport>().AppendAsync(Attempts(next, 6, 4), Stop);
        Assert.Equal(10, Assert.Single(await next.AlertsAsync(), a => a.RuleId == Guessing).EventCount);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20)]
    public async Task While_the_database_takes_nothing_no_alert_is_lost(int waiting)
    {
        await using var site = await OpenAsync(live: new LiveDetectionOptions { Gathered = 10, Waiting = waiting, Chunk = 50 });
        var import = site.Get<LogImport>();
        await import.AppendAsync(Attempts(site, 0, 5), Stop);
        await site.Store.Db.Database.ExecuteSqlRawAsync("ALTER TABLE monitoring_alert RENAME TO away", Stop);
        for (var i = 0; i < 15; i++) await import.TakeAsync(Attempts(site, 5 + i * 10, 10), Stop);
        // More than may wait: it is found again in the store.
        Assert.Equal(waiting < 150, site.Get<LiveDetection>().IsBehind);
        await Assert.ThrowsAnyAsync<Exception>(() => site.Get<LiveDetection>().RaiseAsync(Stop));
        await site.Store.Db.Database.ExecuteSqlRawAsync("ALTER TABLE away RENAME TO monitoring_alert", Stop);
        await site.Get<LiveDetection>().RaiseAsync(Stop);
        Assert.Equal(["vpn01 155"], await CountsAsync(site));
        await import.AppendAsync(Attempts(site, 155, 5), Stop);
        Assert.Equal(["vpn01 160"], await CountsAsync(site));
        Assert.Single(await site.AlertsAsync(), a => a.RuleId == Guessing);
    }

    [Fact]
    public async Task Events_that_the_rules_stumble_over_are_stored_once_and_looked_at_again()
    {
        await using var site = await OpenAsync();
        var import = site.Get<LogImport>();
        await import.TakeAsync(Attempts(site, 0, 4), Stop);
        var (live, logs) = (site.Get<LiveDetection>(), site.Get<LogService>());
        var stored = await logs.AddAsync(async (store, place) => (Arrival: live.Expect(place), Ids: await store.AppendAsync(Attempts(site, 4, 5), Stop)), Stop);
        // A list that breaks while it is read, as a fault of ours would.
        await live.FollowAsync(stored.Arrival, new Broken(Attempts(site, 4, 5), 3), stored.Ids, Stop);
        Assert.True(live.IsBehind);
        await import.TakeAsync(Attempts(site, 9, 2), Stop);
        await live.RaiseAsync(Stop);
        Assert.False(live.IsBehind);
        Assert.Equal(["vpn01 11"], await CountsAsync(site));
        Assert.Single(await site.AlertsAsync(), a => a.RuleId == Guessing);
    }

    private sealed class Broken(List<LogEvent> events, int at) : IReadOnlyList<LogEvent>
    {
        public int Count => events.Count;

        public LogEvent this[int index] => index < at ? events[index] : throw new InvalidOperationException("broken");

        public IEnumerator<LogEvent> GetEnumerator() => events.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [Fact]
    public async Task Several_receivers_at_once_count_each_event_once()
    {
        await using var site = await OpenAsync(live: new LiveDetectionOptions { Gathered = 37 });
        var import = site.Get<LogImport>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(r => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++) await import.TakeAsync(Attempts(site, r * 1_000 + i * 8, 8, "vpn0" + r, "203.0.113." + r), Stop);
        }, Stop)));
        await site.Get<LiveDetection>().RaiseAsync(Stop);
        Assert.Equal(["vpn00 200", "vpn01 200", "vpn02 200", "vpn03 200"], await CountsAsync(site));
    }

    [Fact]
    public async Task An_imported_file_is_not_looked_at_again()
    {
        string folder;
        await using (var before = await OpenAsync(keep: true))
        {
            folder = before.Folder;
            await before.ImportAsync(before.Write("a.log", Site.Guessing("203.0.113.9", 30)));
        }

        await using var next = await Site.OpenAsync(folder);
        await next.Get<LiveDetection>().RaiseAsync(Stop);
        Assert.Equal("{\"Segment\":\"00000001\",\"Row\":30}", await File.ReadAllTextAsync(Path.Combine(folder, LiveDetection.PlaceFile), Stop));
    }

    [Fact]
    public async Task A_damaged_note_of_the_place_loses_no_alert()
    {
        string folder;
        await using (var dying = await OpenAsync(keep: true))
        {
            folder = dying.Folder;
            await dying.Get<LogImport>().TakeAsync(Attempts(dying, 0, 12), Stop);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, LiveDetection.PlaceFile), "{\"Segm", Stop);
        await using var next = await Site.OpenAsync(folder);
        await next.Get<LiveDetection>().RaiseAsync(Stop);
        Assert.Equal(["vpn01 12"], await CountsAsync(next));
    }
}
