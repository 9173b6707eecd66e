using Hufu.Logs;
using Hufu.Monitoring;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>A source that goes quiet is told once.</summary>
public class SourceWatchTests
{
    private static Task<IReadOnlyList<string>> ArriveAsync(Site site, string host, string source = "syslog", int events = 1) => site.Get<LogService>().Store.AppendAsync(
        [.. Enumerable.Range(0, events).Select(i => new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), Source = source, Host = host, Format = LogFormats.Plain, Message = "m", Raw = $"{host} {i}" })], TestContext.Current.CancellationToken);

    private static async Task<List<Alert>> LookAsync(Site site)
    {
        await site.Get<SourceWatch>().RaiseAsync(TestContext.Current.CancellationToken);
        return await site.AlertsAsync();
    }

    [Fact]
    public async Task Silence_raises_one_alert_about_the_last_event_and_the_next_silence_another()
    {
        string folder;
        var last = "";
        await using (var site = await Site.OpenAsync(keep: true))
        {
            folder = site.Folder;
            Assert.Empty(await LookAsync(site));
            for (var i = 0; i < 24; i++)
            {
                site.Clock.Ahead += TimeSpan.FromMinutes(10);
                last = (await ArriveAsync(site, "fw01"))[0];
                await ArriveAsync(site, "fw02");
                await ArriveAsync(site, "n/a", AuditFeed.Source);
            }

            // A file that was imported an hour ago.
            await ArriveAsync(site, "old", "file.log", 500);
            Assert.Empty(await LookAsync(site));
            for (var i = 0; i < 6; i++)
            {
                site.Clock.Ahead += TimeSpan.FromMinutes(10);
                await ArriveAsync(site, "fw02");
                await LookAsync(site);
            }

            var alert = Assert.Single(await LookAsync(site));
            Assert.Equal((SourceWatch.QuietRule, "fw01", "syslog fw01", last, 1, "high"), (alert.RuleId, alert.Host, alert.Entity, alert.EventIds, alert.EventCount, alert.Level));
        }

        await using (var site = await Site.OpenAsync(folder))
        {
            site.Clock.Ahead = TimeSpan.FromHours(8);
            // The next start: the same silence is not told again, and who had no time to connect is not quiet.
            Assert.Single(await LookAsync(site));
            site.Clock.Ahead += TimeSpan.FromMinutes(20);
            Assert.Single(await LookAsync(site));
            Assert.Equal("awaited awaited learning", string.Join(' ', (await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken)).Where(s => s.Source != AuditFeed.Source).Select(s => s.Condition.ToString().ToLowerInvariant()).Order(StringComparer.Ordinal)));
            site.Clock.Ahead += TimeSpan.FromMinutes(20);
            Assert.Equal(["syslog fw01", "syslog fw02"], (await LookAsync(site)).Select(a => a.Entity));
        }
    }

    [Fact]
    public async Task The_rate_of_the_last_hour_and_the_parse_failures_of_the_day_are_told()
    {
        await using var site = await Site.OpenAsync();
        await ArriveAsync(site, "h", events: 9);
        site.Clock.Ahead += TimeSpan.FromHours(3);
        await ArriveAsync(site, "h", events: 4);
        await site.Get<LogService>().Store.AppendAsync([.. Enumerable.Range(0, 2).Select(i => new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), Source = "syslog", Host = "h", Format = LogFormats.Plain, Message = "m", Raw = $"bad {i}", Problems = [LogProblem.AccessNone] })], TestContext.Current.CancellationToken);
        var standing = Assert.Single(await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken), s => s.Source == "syslog");
        Assert.Equal((6, 15, 2), (standing.LastHour, standing.LastDay, standing.Faulty));
        site.Clock.Ahead += TimeSpan.FromHours(25);
        standing = Assert.Single(await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken), s => s.Source == "syslog");
        Assert.Equal((0, 0, 0), (standing.LastHour, standing.LastDay, standing.Faulty));
    }

    [Fact]
    public async Task A_flood_is_one_alert_that_grows()
    {
        await using var site = await Site.OpenAsync();
        for (var i = 0; i < 24; i++)
        {
            site.Clock.Ahead += TimeSpan.FromMinutes(10);
            await ArriveAsync(site, "fw01", events: 20);
        }

        Assert.Empty(await LookAsync(site));
        await ArriveAsync(site, "fw01", events: 2_000);
        Assert.Single(await LookAsync(site));
        await ArriveAsync(site, "fw01", events: 2_000);
        var alert = Assert.Single(await LookAsync(site));
        Assert.Equal((SourceWatch.FloodRule, 2), (alert.RuleId, alert.EventCount));
    }

    [Fact]
    public async Task A_clock_that_is_wrong_raises_one_alert_and_an_imported_file_none()
    {
        string folder;
        Task AtAsync(Site site, string host, double lag, string source = "syslog") => site.Get<LogService>().Store.AppendAsync(
            [new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), OccurredAt = site.Clock.GetUtcNow().AddSeconds(-lag), Source = source, Host = host, Format = LogFormats.Plain, Message = "m", Raw = $"{host} {lag}" }], TestContext.Current.CancellationToken);
        await using (var site = await Site.OpenAsync(keep: true))
        {
            folder = site.Folder;
            for (var i = 0; i < 8; i++)
            {
                site.Clock.Ahead += TimeSpan.FromMinutes(10);
                await AtAsync(site, "fw01", -90);
                await AtAsync(site, "fw02", 0.4);
                await AtAsync(site, "cloud", 300 + (i * 40));
                // A file a day, of the days before, under one name.
                await site.ImportAsync(site.Write($"old{i}.log", $"<34>1 2026-11-2{i % 4}T0{i}:14:15Z web01 su 1 - - line {i}\n<34>1 2026-11-2{i % 4}T0{i}:14:16Z web01 su 1 - - line {i}\n"), "files");
                if (i < 4) Assert.DoesNotContain(await LookAsync(site), a => a.RuleId == SourceWatch.SkewRule);
            }

            var alert = Assert.Single(await LookAsync(site));
            Assert.Equal((SourceWatch.SkewRule, "fw01", "syslog fw01", 1, "medium"), (alert.RuleId, alert.Host, alert.Entity, alert.EventCount, alert.Level));
            Assert.Equal("fw01", site.Get<LogService>().Store.GetEvent(alert.EventIds)!.Host);
            Assert.Equal("Ahead Fine Late Learning", string.Join(' ', (await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken)).OrderBy(s => s.Source == "files").ThenBy(s => s.Host == "cloud").ThenBy(s => s.Host, StringComparer.Ordinal).Select(s => s.Skew.Condition)));
        }

        await using (var site = await Site.OpenAsync(folder))
        {
            site.Clock.Ahead = TimeSpan.FromMinutes(90);
            await AtAsync(site, "fw01", -90);
            Assert.Equal(1, Assert.Single(await LookAsync(site)).EventCount);
            Assert.Equal(SkewCondition.Learning, Assert.Single(await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken), s => s.Source == "files").Skew.Condition);
        }
    }

    [Fact]
    public async Task Names_that_somebody_makes_up_do_not_push_out_those_that_are_known()
    {
        await using var site = await Site.OpenAsync();
        for (var i = 0; i < 24; i++)
        {
            site.Clock.Ahead += TimeSpan.FromMinutes(10);
            await ArriveAsync(site, "fw01");
        }

        await site.Get<LogService>().Store.AppendAsync([.. Enumerable.Range(0, SourceWatch.MaxSources + 50).Select(i => new LogEvent { ReceivedAt = site.Clock.GetUtcNow().AddMinutes(1), Source = "syslog", Host = $"made-up-{i}", Format = LogFormats.Plain, Message = "m", Raw = "m" })], TestContext.Current.CancellationToken);
        var sources = await site.Get<SourceWatch>().LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(SourceWatch.MaxSources, sources.Count);
        Assert.Contains(sources, s => s.Host == "fw01");
    }
}
