using System.IO.Compression;
using Hufu.Documents;
using Hufu.Incidents;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Monitoring reports: what they say, when they are drafted, and that they stay as they are.</summary>
public class ReportTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static readonly Actor Chief = Site.Engineer with { Id = Guid.CreateVersion7(), Name = "Bella" };

    // 23 November at the site, which is from 16:00 on the 22nd to 16:00 on the 23rd in UTC.
    private static readonly ReportPeriod Day = ReportPeriod.Day(new DateOnly(2026, 11, 23));

    private static DateTimeOffset Utc(int day, int hour, int minute = 0, int month = 11) => new(2026, month, day, hour, minute, 0, TimeSpan.Zero);

    private static async Task EventsAsync(Site site, string source, string host, params DateTimeOffset[] times) =>
        await site.Get<LogService>().Store.AppendAsync([.. times.Select(t => new LogEvent { ReceivedAt = t, OccurredAt = t, Source = source, Host = host, SourceIp = "203.0.113.9", Fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["user"] = "root" }, Format = LogFormats.Plain, Message = "m", Raw = $"m {t:O}" })], Stop);

    private static async Task<string> AlertAsync(Site site, DateTimeOffset at, string rule, string level, string entity, string author = "Florian Roth", string title = "Guessing")
    {
        var ahead = site.Clock.Ahead;
        site.Clock.Ahead += at - site.Clock.GetUtcNow();
        var raised = await AlertGrouping.RaiseAsync(site.Store, [new RuleMatch { RuleId = rule, RuleTitle = title, RuleAuthor = author, RuleLicense = "DRL 1.1", Level = level, EventId = $"{entity}/{at.UtcTicks}", EventTime = at, Host = entity, SourceIp = "203.0.113.9", Account = "root" }], cancellation: Stop);
        site.Clock.Ahead = ahead;
        return Assert.Single(raised.Value.Created).Number;
    }

    private static async Task MoveAsync(Site site, DateTimeOffset at, Actor actor, string number, string step, string? reason = null)
    {
        var ahead = site.Clock.Ahead;
        site.Clock.Ahead += at - site.Clock.GetUtcNow();
        var found = await site.Store.FindAsync(actor, number, Stop);
        var moved = await site.Store.TransitionAsync(actor, site.Store.Types.Of(found.Value), found.Value.Id, step, reason, cancellation: Stop);
        site.Clock.Ahead = ahead;
        Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
    }

    private static async Task RunAsync(Site site, DateTimeOffset hour, int minutes = 60)
    {
        site.Store.Db.Add(new ReportPulse { Hour = hour, Minutes = minutes });
        await site.Store.Db.SaveChangesAsync(Stop);
    }

    private static async Task<(MonitoringReport Report, ReportFacts Facts)> MadeAsync(Site site, ReportPeriod period)
    {
        var made = await site.Get<MonitoringReports>().MakeAsync(Actor.System(), period, Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        return (made.Value, ReportFacts.Read(made.Value.Facts)!);
    }

    private static async Task<MonitoringReport> LoadAsync(Site site, Guid id) => await site.Store.Db.Set<MonitoringReport>().AsNoTracking().SingleAsync(r => r.Id == id, Stop);

    private static async Task BusyDayAsync(Site site)
    {
        for (var hour = 0; hour < 24; hour++) await RunAsync(site, Day.From.AddHours(hour));
        await RunAsync(site, Day.From.AddHours(-1));
        // The last second before midnight at the site, midnight itself, and the same at the end of the day.
        await EventsAsync(site, "fw", "fw01", Day.From.AddSeconds(-1), Day.From, Day.From.AddHours(5), Day.To.AddSeconds(-1), Day.To);
        await EventsAsync(site, "vpn", "vpn01", Day.From.AddHours(-3), Day.From.AddHours(-2));
        site.Store.Db.Add(new ReportPulse { Hour = Day.From.AddHours(1), Source = "fw", Minutes = 60, Lost = 7 });
        await site.Store.Db.SaveChangesAsync(Stop);
        await AlertAsync(site, Day.From.AddMinutes(-1), "r1", "high", "before");
        var first = await AlertAsync(site, Day.From, "r1", "high", "web01");
        var second = await AlertAsync(site, Day.From.AddHours(2), "r1", "high", "web02");
        await AlertAsync(site, Day.From.AddHours(3), "r2", "low", "web01", author: "", title: "Odd");
        await AlertAsync(site, Day.To, "r1", "high", "after");
        await AlertAsync(site, Day.From.AddHours(6), SourceWatch.QuietRule, "high", "vpn vpn01", author: "Hufu", title: "日誌來源停止送達");
        await MoveAsync(site, Day.From.AddMinutes(10), Site.Engineer, first, "triage");
        await MoveAsync(site, Day.From.AddMinutes(40), Site.Engineer, first, "benign", "掃描");
        await MoveAsync(site, Day.From.AddHours(2.5), Chief, second, "triage");
        foreach (var (known, title) in new[] { (Day.From.AddHours(-5), "old"), (Day.From.AddHours(4), "new"), (Day.To.AddMinutes(1), "later") })
            Assert.True((await site.Store.CreateAsync(Site.Engineer, new Incident { Title = title, Level = "2", Category = "intrusion", DetectedAt = known }, cancellation: Stop)).IsOk);
    }

    [Fact]
    public async Task A_busy_day_is_counted_from_midnight_to_midnight_at_the_site()
    {
        await using var site = await Site.OpenAsync();
        await BusyDayAsync(site);
        var (report, facts) = await MadeAsync(site, Day);
        Assert.Equal((Utc(22, 16), Utc(23, 16), "daily/2026-11-23", "draft"), (report.From, report.To, report.PeriodKey, report.State));
        Assert.Equal((3m, 4, 1), (report.Events, report.Alerts, report.Incidents));
        Assert.Equal(("監控日報 2026-11-23", "Daily monitoring report 2026-11-23"), (site.Store.Types.Of(report).TitleOf(report).Zh, site.Store.Types.Of(report).TitleOf(report).En));
        Assert.Equal(new ServerFacts(1440, 1440), facts.Server);
        Assert.Equal((3, 3), (facts.Events!.Total, facts.Events.Before));
        Assert.Equal([0, 5, 23], Enumerable.Range(0, 24).Where(h => facts.Events.Slices[h] > 0));
        Assert.Equal(24, facts.Events.Slices.Count);
        var (fw, vpn) = (facts.Sources!.Rows[0], facts.Sources.Rows[1]);
        Assert.Equal(("fw", 3, 1, 21, 17, 7), (fw.Source, fw.Events, fw.Before, fw.Silent, fw.Longest, fw.Lost));
        Assert.Equal(("vpn", 0, 2, 24, 24, null, 1), (vpn.Source, vpn.Events, vpn.Before, vpn.Silent, vpn.Longest, vpn.Lost, vpn.Quiet));
        var alerts = facts.Alerts!;
        Assert.Equal((4, 1), (alerts.Total, alerts.Before));
        Assert.Equal(["high 3 1", "low 1 0"], alerts.Levels.Where(l => l.Count > 0).Select(l => $"{l.Level} {l.Count} {l.Before}"));
        Assert.Equal(["r1 Guessing Florian Roth DRL 1.1 2 1", $"{SourceWatch.QuietRule} 日誌來源停止送達 Hufu DRL 1.1 1 0", "r2 Odd  DRL 1.1 1 0"], alerts.Rules.Rows.Select(r => $"{r.Id} {r.Title} {r.Author} {r.License} {r.Count} {r.Before}"));
        Assert.Equal(["new 2", "triaged 1", "benign 1"], alerts.States.Where(s => s.Count > 0).Select(s => $"{s.Value} {s.Count}"));
        Assert.Equal(new TriageFacts(2, 2, 20, 30), alerts.Triage);
        // Open until now: three of the day and the one before; the one after it is another day's.
        Assert.Equal(4, alerts.Open);
        var judged = alerts.Notable.Rows.Single(n => n.State == "benign");
        Assert.Equal(("web01", 10.0, "Anna"), (judged.Entity, judged.Minutes, judged.By));
        Assert.Equal((1, 1, 2), (facts.Incidents!.New, facts.Incidents.Before, facts.Incidents.Open));
        Assert.Equal([true, false], facts.Incidents.Rows.Rows.Select(r => r.IsNew));
        Assert.True(facts.Incidents.Rows.Rows[0].NotifiedLate);
        Assert.DoesNotContain("\"old\"", report.Facts, StringComparison.Ordinal);
        Assert.Equal(["web01 2"], facts.Entities!.AlertHosts.Take(1).Select(v => $"{v.Value} {v.Count}"));
        Assert.Equal(["root 4"], facts.Entities.AlertAccounts.Select(v => $"{v.Value} {v.Count}"));
        Assert.Equal(["fw01 3"], facts.Entities.Hosts!.Select(v => $"{v.Value} {v.Count}"));
        Assert.Equal(["203.0.113.9 3"], facts.Entities.Addresses!.Select(v => $"{v.Value} {v.Count}"));
        Assert.Equal(["alert benign Anna 1", "alert triage Anna 1", "alert triage Bella 1"], facts.Work!.Rows.Where(w => w.What == "alert").Select(w => $"{w.What} {w.Action} {w.Person} {w.Count}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_not_known_is_not_zero()
    {
        await using var site = await Site.OpenAsync();
        site.Clock.Ahead = TimeSpan.FromDays(3);
        var (report, facts) = await MadeAsync(site, Day);
        Assert.Null(facts.Server);
        Assert.Null(facts.Events);
        Assert.Null(facts.Alerts);
        Assert.Null(facts.Incidents);
        Assert.Null(facts.Work);
        Assert.Equal((null, null, null), (report.Events, report.Alerts, report.Incidents));
        Assert.Null(facts.Coverage);
        Assert.Null(facts.Storage);
        Assert.Null(facts.Clocks!.Skewed);
        Assert.Equal(["coverage", "server", "storage"], facts.Gaps.Select(g => g.Part).Order(StringComparer.Ordinal));
        var words = Words(ReportPaper.Body(report, facts, site.Store.Types, "zh-TW"));
        Assert.Contains("未評估", words, StringComparison.Ordinal);
        Assert.DoesNotContain("沒有產生告警", words, StringComparison.Ordinal);
        Assert.Contains("24 小時", words, StringComparison.Ordinal);
        Assert.Contains("not evaluated", Words(ReportPaper.Body(report, facts, site.Store.Types, "en")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_without_the_server_says_so_and_a_quiet_one_is_told_apart()
    {
        await using var site = await Site.OpenAsync();
        await RunAsync(site, Day.From.AddDays(-1));
        var (report, facts) = await MadeAsync(site, Day);
        Assert.Equal(new ServerFacts(0, 1440), facts.Server);
        Assert.Contains("伺服器在這段期間沒有執行", Words(ReportPaper.Body(report, facts, site.Store.Types, "zh-TW")), StringComparison.Ordinal);
        var (_, quiet) = await MadeAsync(site, ReportPeriod.Day(Day.First.AddDays(-1)));
        Assert.Equal(new ServerFacts(60, 1440), quiet.Server);
        Assert.Equal((0, 0L, 0), (quiet.Alerts!.Total, quiet.Events!.Total, quiet.Incidents!.New));
        Assert.Equal((null, null, 0), (facts.Alerts, facts.Events, facts.Incidents!.New));
        // The day after: what there was before is not known, because nothing ran.
        await RunAsync(site, Day.To);
        site.Clock.Ahead = TimeSpan.FromDays(1);
        var (_, after) = await MadeAsync(site, ReportPeriod.Day(Day.First.AddDays(1)));
        Assert.Equal((0, null, 0L, null), (after.Alerts!.Total, after.Alerts.Before, after.Events!.Total, after.Events.Before));
    }

    private static async Task<string> ToldAsync(Site site, DateTimeOffset at, string level, int alerts, string log = "")
    {
        var made = await site.Store.CreateAsync(Actor.System(), new Notification { Title = $"{alerts}", State = "sent", Level = level, AlertCount = alerts, SentAt = at, Log = log }, cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        return made.Value.Number;
    }

    [Fact]
    public async Task Notifications_are_counted_with_what_became_of_them()
    {
        await using var site = await Site.OpenAsync();
        for (var hour = -1; hour < 24; hour++) await RunAsync(site, Day.From.AddHours(hour));
        await ToldAsync(site, Day.From.AddMinutes(-1), "high", 9);
        var quick = await ToldAsync(site, Day.From, "high", 2, "2026-11-23 00:00:05 林：郵件已送出 / Lin: mail sent\n2026-11-23 00:00:06 陳：郵件無法送達（no such mailbox） / Chen: mail not delivered");
        var passed = await ToldAsync(site, Day.From.AddHours(1), "high", 1, "2026-11-23 01:00:05 林：郵件已送出 / Lin: mail sent");
        var nobody = await ToldAsync(site, Day.From.AddHours(2), "critical", 3);
        var late = await ToldAsync(site, Day.From.AddHours(3), "medium", 1);
        await ToldAsync(site, Day.To.AddSeconds(-1), "low", 1);
        await ToldAsync(site, Day.To, "critical", 7);
        await MoveAsync(site, Day.From.AddMinutes(6), Site.Engineer, quick, "answer");
        await MoveAsync(site, Day.From.AddHours(1.5), Chief, passed, "escalate");
        await MoveAsync(site, Day.From.AddHours(2), Chief, passed, "answer");
        await MoveAsync(site, Day.From.AddHours(3), Actor.System(), nobody, "give-up", "time over");
        await MoveAsync(site, Day.From.AddHours(4), Actor.System(), late, "give-up", "time over");
        await MoveAsync(site, Day.From.AddHours(5), Site.Engineer, late, "answer");
        var (report, facts) = await MadeAsync(site, Day);
        var notices = facts.Notices! with { Late = Listed<NoticeFact>.Of([]) };
        // Answered after 6, 60 and 120 minutes; one waits.
        Assert.Equal(new NoticeFacts(5, 1, 8, 1, 2, 1, 1, 1, 60, 120, 2, 1, notices.Late), notices);
        Assert.Equal([$"{nobody} critical unanswered ", $"{passed} high answered 60", $"{late} medium answered 120"], facts.Notices.Late.Rows.Select(r => $"{r.Number} {r.Level} {r.State} {r.Minutes}"));
        var words = Words(ReportPaper.Body(report, facts, site.Store.Types, "zh-TW"));
        Assert.Contains("期限內 1，逾期 2，等候中 1，無人確認 1", words, StringComparison.Ordinal);
        Assert.Contains("已送出 2，無法送達 1", words, StringComparison.Ordinal);
        Assert.Contains($"{nobody} 嚴重 3", words, StringComparison.Ordinal);
        var english = Words(ReportPaper.Body(report, facts, site.Store.Types, "en"));
        Assert.Contains("in time 1, later 2, waiting 1, by nobody 1", english, StringComparison.Ordinal);
        Assert.Contains("5: 1 answered in time, 1 escalated, 1 not answered", english, StringComparison.Ordinal);
        // In each of the files.
        var paper = ReportPaper.Make(report, facts, site.Store.Types, "zh-TW", new PaperSides(new LocalizedText("機關", "Agency"), null, null, null));
        Assert.Contains("未在期限內確認的通報", Words(paper.Blocks), StringComparison.Ordinal);
        // The day after nobody was told, and the month is the sum.
        site.Clock.Ahead = TimeSpan.FromDays(9);
        var (_, month) = await MadeAsync(site, ReportPeriod.Month(Day.First));
        Assert.Equal((7, 24), (month.Notices!.Told, month.Notices.Alerts));
    }

    [Fact]
    public async Task Whether_anybody_was_told_is_said_or_not_known_and_earlier_reports_stay_as_they_are()
    {
        await using var site = await Site.OpenAsync();
        await RunAsync(site, Day.From);
        var (report, facts) = await MadeAsync(site, Day);
        Assert.Equal(0, facts.Notices!.Told);
        Assert.Contains("沒有依通報規則通知任何人", Words(ReportPaper.Body(report, facts, site.Store.Types, "zh-TW")), StringComparison.Ordinal);
        var (before, unknown) = await MadeAsync(site, ReportPeriod.Day(Day.First.AddDays(-3)));
        Assert.Null(unknown.Notices);
        Assert.Contains("Notifications\nnot evaluated", Words(ReportPaper.Body(before, unknown, site.Store.Types, "en")), StringComparison.Ordinal);
        Assert.DoesNotContain("告警通報", Words(ReportPaper.Body(report, facts with { Version = 1 }, site.Store.Types, "zh-TW")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_month_is_counted_by_days_at_the_site()
    {
        await using var site = await Site.OpenAsync();
        site.Clock.Ahead = TimeSpan.FromDays(8);
        var october = ReportPeriod.Month(new DateOnly(2026, 10, 1));
        var november = ReportPeriod.Month(new DateOnly(2026, 11, 15));
        Assert.Equal((Utc(31, 16, month: 10), Utc(30, 16)), (november.From, november.To));
        await EventsAsync(site, "fw", "fw01", october.From.AddHours(-1), october.From, november.From.AddSeconds(-1), november.From, november.From.AddDays(1), november.To.AddSeconds(-1), november.To);
        await AlertAsync(site, november.From.AddSeconds(-1), "r1", "high", "a");
        await AlertAsync(site, november.From, "r1", "high", "b");
        await AlertAsync(site, november.To.AddSeconds(-1), "r1", "high", "c");
        var (_, facts) = await MadeAsync(site, november);
        Assert.Equal((3, 2L), (facts.Events!.Total, facts.Events.Before));
        Assert.Equal([0, 1, 29], Enumerable.Range(0, 30).Where(d => facts.Events.Slices[d] > 0));
        Assert.Equal((30, 27), (facts.Events.Slices.Count, facts.Sources!.Rows[0].Silent));
        Assert.Equal((2, 1), (facts.Alerts!.Total, facts.Alerts.Before));
    }

    [Fact]
    public async Task Reports_draft_themselves_once_and_catch_up_a_week()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-reports-").FullName;
        Guid id;
        await using (var site = await Site.OpenAsync(keep: true))
        {
            folder = site.Folder;
            Assert.Equal(0, await site.Get<MonitoringReports>().MakeDueAsync(Stop));
            // 10:00 at the site. Nothing is over of what the server has seen.
            Assert.Equal(0, await site.Get<ReportWatch>().StepAsync(Stop));
            site.Clock.Ahead = TimeSpan.FromHours(14).Add(TimeSpan.FromMinutes(9));
            Assert.Equal(0, await site.Get<ReportWatch>().StepAsync(Stop));
            site.Clock.Ahead += TimeSpan.FromMinutes(11);
            Assert.Equal(1, await site.Get<ReportWatch>().StepAsync(Stop));
            var report = Assert.Single(await site.Store.Db.Set<MonitoringReport>().AsNoTracking().ToListAsync(Stop));
            Assert.Equal("daily/2026-11-24", report.PeriodKey);
            // Noted in three minutes of two hours, of which one is after the day.
            Assert.Equal(new ServerFacts(1, 1440), ReportFacts.Read(report.Facts)!.Server);
            id = report.Id;
            for (var i = 0; i < 3; i++)
            {
                site.Clock.Ahead += TimeSpan.FromMinutes(11);
                Assert.Equal(0, await site.Get<ReportWatch>().StepAsync(Stop));
            }
        }

        await using (var site = await Site.OpenAsync(folder))
        {
            // Twelve days later, in December.
            site.Clock.Ahead = TimeSpan.FromDays(12);
            Assert.Equal(8, await site.Get<ReportWatch>().StepAsync(Stop));
            var all = await site.Store.Db.Set<MonitoringReport>().AsNoTracking().OrderBy(r => r.PeriodKey).ToListAsync(Stop);
            Assert.Equal(["daily/2026-11-24", .. Enumerable.Range(0, 7).Select(d => $"daily/{new DateOnly(2026, 11, 29).AddDays(d):yyyy-MM-dd}"), "monthly/2026-11"], all.Select(r => r.PeriodKey!));
            Assert.Contains(all, r => r.Id == id);
            Assert.Equal(0, await site.Get<MonitoringReports>().MakeDueAsync(Stop));
            Assert.Equal("logs.report.exists", Assert.Single((await site.Get<MonitoringReports>().MakeAsync(Site.Engineer, ReportPeriod.Day(new DateOnly(2026, 11, 24)), Stop)).Errors).Code);
            Assert.Equal("logs.report.not-over", Assert.Single((await site.Get<MonitoringReports>().MakeAsync(Site.Engineer, ReportPeriod.Day(new DateOnly(2026, 12, 6)), Stop)).Errors).Code);
        }
    }

    [Fact]
    public async Task Two_that_draft_at_the_same_moment_make_one_report()
    {
        await using var site = await Site.OpenAsync();
        var reports = site.Get<MonitoringReports>();
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => reports.MakeAsync(Actor.System(), Day, Stop), Stop)));
        Assert.Single(made, m => m.IsOk);
        Assert.All(made.Where(m => !m.IsOk), m => Assert.Equal("logs.report.exists", m.Errors[0].Code));
        Assert.Single(await site.Store.Db.Set<MonitoringReport>().AsNoTracking().ToListAsync(Stop));
    }

    [Fact]
    public async Task A_draft_is_computed_anew_and_an_approved_report_never_is()
    {
        await using var site = await Site.OpenAsync();
        await BusyDayAsync(site);
        var reports = site.Get<MonitoringReports>();
        var type = site.Store.Types.Of<MonitoringReport>();
        var (report, before) = await MadeAsync(site, Day);
        Assert.NotNull(before.Storage);
        await EventsAsync(site, "fw", "fw01", Day.From.AddHours(7));
        var reader = Site.Engineer with { Grants = [new Grant("*", Right.Read, Scope.All)] };
        Assert.Equal("access.denied", Assert.Single((await reports.RecomputeAsync(reader, report.Id, Stop)).Errors).Code);
        // Two days later what was only known then is taken over, and what can be counted is counted.
        site.Clock.Ahead = TimeSpan.FromDays(2);
        Assert.True((await reports.RecomputeAsync(Site.Engineer, report.Id, Stop)).IsOk);
        var facts = ReportFacts.Read((await LoadAsync(site, report.Id)).Facts)!;
        Assert.Equal(4, facts.Events!.Total);
        Assert.Equal(before.Storage, facts.Storage);
        Assert.Equal(before.Sources!.Rows[0].State, facts.Sources!.Rows[0].State);
        Assert.Equal("logs.report.no-assessment", Assert.Single((await site.Store.TransitionAsync(Site.Engineer, type, report.Id, "submit", cancellation: Stop)).Errors).Code);
        var draft = await LoadAsync(site, report.Id);
        Assert.Equal("field.read-only", Assert.Single((await site.Store.UpdateAsync(Site.Engineer, type, report.Id, draft.Version, new Dictionary<string, string?> { ["facts"] = "{}" }, cancellation: Stop)).Errors).Code);
        Assert.True((await site.Store.UpdateAsync(Site.Engineer, type, report.Id, draft.Version, new Dictionary<string, string?> { ["assessment"] = "夜間掃描，已封鎖來源。", ["actions"] = "11/30 前更新防火牆規則。" }, cancellation: Stop)).IsOk);
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, type, report.Id, "submit", cancellation: Stop)).IsOk);
        Assert.Equal("record.locked", Assert.Single((await reports.RecomputeAsync(Site.Engineer, report.Id, Stop)).Errors).Code);
        Assert.Equal("workflow.second-person", Assert.Single((await site.Store.TransitionAsync(Site.Engineer, type, report.Id, "approve", cancellation: Stop)).Errors).Code);
        Assert.False((await site.Store.TransitionAsync(Actor.System(), type, report.Id, "approve", cancellation: Stop)).IsOk);
        Assert.True((await site.Store.TransitionAsync(Chief, type, report.Id, "approve", cancellation: Stop)).IsOk);
        var approved = await LoadAsync(site, report.Id);

        // Whatever changes afterwards, the report says what it said.
        await AlertAsync(site, Day.From.AddHours(8), "r9", "critical", "web09");
        await EventsAsync(site, "fw", "fw01", Day.From.AddHours(9));
        site.Clock.Ahead = TimeSpan.FromDays(400);
        Assert.Equal("record.locked", Assert.Single((await reports.RecomputeAsync(Site.Engineer, report.Id, Stop)).Errors).Code);
        Assert.Equal("record.locked", Assert.Single((await reports.RecomputeAsync(Chief, report.Id, Stop)).Errors).Code);
        Assert.Equal("record.locked", Assert.Single((await site.Store.UpdateAsync(Site.Engineer, type, report.Id, approved.Version, new Dictionary<string, string?> { ["assessment"] = "x" }, cancellation: Stop)).Errors).Code);
        Assert.Empty(await site.Store.TransitionsAsync(Chief, approved, Stop));
        var later = await LoadAsync(site, report.Id);
        Assert.Equal((approved.Facts, approved.Version), (later.Facts, later.Version));
        var files = site.Get<ReportFiles>();
        var file = (await files.WriteAsync(site.Store, Site.Engineer, report.Number, "odt", "zh-TW", Stop)).Value;
        Assert.Equal(file.Content, (await files.WriteAsync(site.Store, Site.Engineer, report.Number, "odt", "zh-TW", Stop)).Value.Content);
        var text = OdtText(file.Content);
        foreach (var part in new[] { "夜間掃描，已封鎖來源。", "11/30 前更新防火牆規則。", "Guessing", "Florian Roth", "中華民國115年11月23日", "Anna", "Bella", report.Number, "內部使用" }) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain("web09", text, StringComparison.Ordinal);
        var log = await site.Store.Db.Changes.AsNoTracking().Where(c => c.RecordId == report.Id).OrderBy(c => c.Id).ToListAsync(Stop);
        Assert.Equal(["create", "recompute", "update", "submit", "approve"], log.Select(c => c.Action));
        // What the ledger seals of the last computing is the facts themselves.
        Assert.Contains(ChangeCapture.Read(log[1])!.Changes, c => c.Field == "facts" && c.To == approved.Facts);
    }

    [Fact]
    public async Task Other_peoples_texts_of_any_length_go_into_facts_and_files()
    {
        await using var site = await Site.OpenAsync();
        var hostile = "]]><b>\u0001\u001b[0m" + new string('規', 10_000);
        for (var i = 0; i < 300; i++) await AlertAsync(site, Day.From.AddMinutes(i), $"rule-{i}", "critical", $"host-{i} <script>alert(1)</script>", hostile, "]]><i>{0}" + new string('則', 10_000));
        await EventsAsync(site, "src <i> \u202e", "h\u0007", Day.From.AddHours(1));
        var (report, facts) = await MadeAsync(site, Day);
        Assert.True(report.Facts.Length <= ReportFacts.MaxLength, $"{report.Facts.Length}");
        Assert.Equal((300, 300), (facts.Alerts!.Rules.Total, facts.Alerts.Notable.Total));
        Assert.InRange(facts.Alerts.Rules.Rows.Count, 5, 60);
        Assert.All(facts.Alerts.Rules.Rows, r => Assert.StartsWith("]]><b>", r.Author, StringComparison.Ordinal));
        foreach (var language in new[] { "zh-TW", "en" })
            foreach (var format in new[] { "docx", "odt", "pdf" })
            {
                if (format == "pdf" && site.Get<ReportFiles>().PdfProblem is not null) continue;
                var file = await site.Get<ReportFiles>().WriteAsync(site.Store, Site.Engineer, report.Number, format, language, Stop);
                Assert.True(file.IsOk, string.Join("; ", file.Errors));
                Assert.Equal($"{report.Number}-{language}.{format}", file.Value.Name);
                if (format == "odt") Assert.Contains("]]><b>", OdtText(file.Value.Content), StringComparison.Ordinal);
            }

        Assert.Equal("logs.report.format", Assert.Single((await site.Get<ReportFiles>().WriteAsync(site.Store, Site.Engineer, report.Number, "exe", "en", Stop)).Errors).Code);
        Assert.Equal("logs.report.language", Assert.Single((await site.Get<ReportFiles>().WriteAsync(site.Store, Site.Engineer, report.Number, "pdf", "fr", Stop)).Errors).Code);
        var nobody = Site.Engineer with { Grants = [] };
        Assert.Equal("record.not-found", Assert.Single((await site.Get<ReportFiles>().WriteAsync(site.Store, nobody, report.Number, "odt", "en", Stop)).Errors).Code);
    }

    [Fact]
    public async Task Approving_a_report_is_the_evidence_of_the_occurrence_that_it_was_due_for()
    {
        await using var site = await Site.OpenAsync();
        async Task<Occurrence> DutyAsync(string source, string due, string state = "active")
        {
            var duty = (await site.Store.CreateAsync(Actor.System(), new Obligation { Title = source, Demand = "d", SourceId = source, State = state, Recurrence = "none" }, cancellation: Stop)).Value;
            return (Occurrence)(await site.Store.CreateAsync(Actor.System(), new Occurrence { Title = "o", State = "open", ObligationId = duty.Id, DueOn = DateOnly.Parse(due, System.Globalization.CultureInfo.InvariantCulture) }, cancellation: Stop)).Value;
        }

        var wanted = await DutyAsync(ReportDuties.DailyDuty, "2026-11-24");
        Occurrence[] others = [await DutyAsync(ReportDuties.DailyDuty, "2026-11-22"), await DutyAsync(ReportDuties.DailyDuty, "2026-11-25"), await DutyAsync(ReportDuties.MonthlyDuty, "2026-11-24"), await DutyAsync(ReportDuties.DailyDuty, "2026-11-23", "retired"), await DutyAsync("tw-log-review", "2026-11-23")];
        var (report, _) = await MadeAsync(site, Day);
        var type = site.Store.Types.Of<MonitoringReport>();
        Assert.True((await site.Store.UpdateAsync(Site.Engineer, type, report.Id, 1, new Dictionary<string, string?> { ["assessment"] = "a" }, cancellation: Stop)).IsOk);
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, type, report.Id, "submit", cancellation: Stop)).IsOk);
        Assert.Empty(await site.Store.Db.Evidence.ToListAsync(Stop));
        // The chief may approve reports and nothing else.
        var chief = Chief with { Grants = [new Grant("T5.3", Right.Read | Right.Approve, Scope.All)] };
        var approved = await site.Store.TransitionAsync(chief, type, report.Id, "approve", cancellation: Stop);
        Assert.True(approved.IsOk, string.Join("; ", approved.Errors));
        var done = await site.Store.Db.Set<Occurrence>().AsNoTracking().SingleAsync(o => o.Id == wanted.Id, Stop);
        Assert.Equal(("done", new DateOnly(2026, 11, 24)), (done.State, done.PerformedOn));
        var evidence = Assert.Single(await site.Store.Db.Evidence.AsNoTracking().ToListAsync(Stop));
        Assert.Equal((wanted.Id, "record", report.Id, "O5.3.1", new DateOnly(2026, 11, 23)), (evidence.RecordId, evidence.Kind, evidence.TargetId, evidence.Output, evidence.EffectiveOn));
        var ids = others.Select(o => o.Id).ToList();
        Assert.Equal(5, await site.Store.Db.Set<Occurrence>().CountAsync(o => ids.Contains(o.Id) && o.State == "open", Stop));
    }

    [Fact]
    public void Facts_of_another_form_are_refused_and_not_guessed_at()
    {
        Assert.Null(ReportFacts.Read("{\"version\":3,\"kind\":\"daily\",\"from\":\"2026-11-22T16:00:00Z\",\"to\":\"2026-11-23T16:00:00Z\",\"computedAt\":\"2026-11-23T16:00:00Z\"}"));
        Assert.Null(ReportFacts.Read("{"));
        Assert.NotNull(ReportFacts.Read("{\"version\":1,\"kind\":\"daily\",\"from\":\"2026-11-22T16:00:00Z\",\"to\":\"2026-11-23T16:00:00Z\",\"computedAt\":\"2026-11-23T16:00:00Z\"}"));
    }

    [Theory]
    [InlineData("daily", "2026-11-28", true)]
    [InlineData("monthly", "2026-11", true)]
    [InlineData("monthly", "2026-11-28", true)]
    [InlineData("daily", "2026-11", false)]
    [InlineData("weekly", "2026-11-28", false)]
    [InlineData("daily", "2026-02-30", false)]
    [InlineData(null, null, false)]
    public void A_period_is_a_day_or_a_month(string? kind, string? name, bool good) => Assert.Equal(good, ReportPeriod.Parse(kind, name).IsOk);

    private static string Words(IReadOnlyList<TextBlock> blocks) => string.Join('\n', blocks.Select(b => b switch { TextHeading h => h.Text, TextParagraph p => p.Text, TextTable t => string.Join(' ', t.Columns.Select(c => c.Title)) + '\n' + string.Join('\n', t.Rows.Select(r => string.Join(' ', r))), _ => "" }));

    private static string OdtText(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return string.Join('\n', new[] { "content.xml", "styles.xml" }.Select(name =>
        {
            using var stream = zip.GetEntry(name)!.Open();
            return System.Xml.Linq.XDocument.Load(stream).Root!.Value;
        }));
    }
}

/// <inheritdoc />
public sealed class ReportTestsOnPostgres : ReportTests, IOnPostgres;
