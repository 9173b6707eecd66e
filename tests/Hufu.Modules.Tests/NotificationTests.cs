using Hufu.Jobs;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Modules.Tests;

/// <summary>Who is told of alerts, when, by what channel, who answered, and who comes next.</summary>
public class NotificationTests
{
    private sealed class Staff : IDirectory, INoticeRecipients
    {
        internal Guid North { get; } = Guid.CreateVersion7();

        internal Guid NorthLab { get; } = Guid.CreateVersion7();

        internal Guid South { get; } = Guid.CreateVersion7();

        internal Guid Lin { get; } = Guid.CreateVersion7();

        internal Guid Chen { get; } = Guid.CreateVersion7();

        internal Guid Wu { get; } = Guid.CreateVersion7();

        internal HashSet<Guid> Blind { get; } = [];

        internal Dictionary<string, NoticeDelivery> Preferences { get; } = [];

        public IReadOnlyList<DirectoryPerson> People => [new(Lin, "林", "lin", null, true, []), new(Chen, "陳", "chen", null, true, []), new(Wu, "吳", "wu", null, true, [])];

        public IReadOnlyList<DirectoryUnit> Units => [new(North, "北", null), new(NorthLab, "北實驗室", North), new(South, "南", null)];

        public DirectoryPerson? Person(Guid id) => People.FirstOrDefault(p => p.Id == id);

        public DirectoryUnit? Unit(Guid id) => Units.FirstOrDefault(u => u.Id == id);

        public Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<NoticeRecipient>>([.. People.Where(p => ids.Contains(p.Id)).Select(p => new NoticeRecipient(p.Id, p.Name, p.Account + "@example.org", "en", true, Preferences))]);

        public Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyCollection<Guid>>([.. People.Select(p => p.Id).Where(id => (among is null || among.Contains(id)) && !Blind.Contains(id))]);

        public Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation) => Task.FromResult<IReadOnlyCollection<Guid>>([]);
    }

    private sealed class Scene(Bench bench, Staff staff) : IAsyncDisposable
    {
        private int events;

        internal Bench Bench => bench;

        internal Staff Staff => staff;

        internal static async Task<Scene> OpenAsync(bool mail = false)
        {
            var staff = new Staff();
            var options = new HufuJobsOptions { RunInBackground = false, TimeZone = TimeZoneInfo.Utc };
            if (mail) (options.Mail.Host, options.Mail.From) = ("127.0.0.1", "hufu@example.org");
            return new Scene(await Bench.OpenAsync(services =>
            {
                services.AddHufuJobs(options);
                services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
                services.AddSingleton<IDirectory>(staff);
                services.AddSingleton<INoticeRecipients>(staff);
            }), staff);
        }

        internal async Task<NotificationRule> RuleAsync(params (string Key, string? Value)[] more)
        {
            var values = new Dictionary<string, string?> { ["title"] = "夜間", ["minLevel"] = "high", ["firstId"] = staff.Lin.ToString(), ["firstWithin"] = "10", ["gather"] = "5" };
            foreach (var (key, value) in more) values[key] = value;
            var rule = await bench.CreateAsync<NotificationRule>([.. values.Select(v => (v.Key, v.Value))]);
            Assert.Null(await bench.MoveAsync(bench.Anna, rule, "submit"));
            Assert.Null(await bench.MoveAsync(bench.Ben, rule, "approve"));
            await StepAsync();
            return rule;
        }

        internal async Task<Alert> AlertAsync(string level = "high", string host = "web01", string rule = "5f3a", string account = "", string title = "Shell from web server")
        {
            var raised = await AlertGrouping.RaiseAsync(bench.Store, [new RuleMatch { RuleId = rule, RuleTitle = title, RuleAuthor = "Ada", Level = level, Tags = ["attack.t1505.003"], EventId = $"e{++events}", EventTime = bench.Clock.Now, Host = host, Account = account }]);
            Assert.True(raised.IsOk, string.Join("; ", raised.Errors));
            bench.Store.Db.ChangeTracker.Clear();
            return Assert.Single(raised.Value.Created);
        }

        internal Task<int> StepAsync(double minutes = 0)
        {
            bench.Clock.Now += TimeSpan.FromMinutes(minutes);
            bench.Store.Db.ChangeTracker.Clear();
            return bench.Get<Notifying>().StepAsync();
        }

        internal List<Notification> All() => [.. bench.Store.Readable<Notification>(bench.Anna).OrderBy(n => n.Number)];

        internal List<Notice> Notices(Guid person) => [.. bench.Store.Db.Set<Notice>().AsNoTracking().Where(n => n.PersonId == person).OrderBy(n => n.Id)];

        public ValueTask DisposeAsync() => bench.DisposeAsync();
    }

    [Fact]
    public async Task An_alert_that_became_graver_is_told_then()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync();
        scene.Bench.Clock.Now += TimeSpan.FromMinutes(1);
        await ShownAsync("low", "IOL-2026-0001/ip:203.0.113.7", "N-ISAC", "e1");
        await scene.StepAsync();
        // Another alert moves what was looked at last beyond it.
        scene.Bench.Clock.Now += TimeSpan.FromHours(3);
        await scene.AlertAsync();
        Assert.Equal(1, await scene.StepAsync());
        Assert.Equal(1, scene.All()[0].AlertCount);
        scene.Bench.Clock.Now += TimeSpan.FromHours(3);
        await ShownAsync("critical", "IOL-2026-0002/ip:203.0.113.7", "Vendor", "e2");
        await scene.StepAsync(6);
        Assert.Equal((2, "critical"), (scene.All().Count, scene.All()[^1].Level));
        Assert.Contains("N-ISAC, Vendor", scene.Notices(scene.Staff.Lin)[^1].TextEn, StringComparison.Ordinal);
        await scene.StepAsync(6);
        Assert.Equal(2, scene.All().Count);

        async Task ShownAsync(string level, string key, string producer, string id)
        {
            var raised = await AlertGrouping.RaiseAsync(scene.Bench.Store, [new RuleMatch { RuleId = key, RuleTitle = "Indicator: 203.0.113.7", RuleAuthor = producer, Level = level, EventId = id, EventTime = scene.Bench.Clock.Now, Host = "web01", Gathered = "a1b2", Indicators = [new SeenIndicator(key, level, "amber", producer)] }]);
            Assert.True(raised.IsOk, string.Join("; ", raised.Errors));
            scene.Bench.Store.Db.ChangeTracker.Clear();
        }
    }

    [Fact]
    public async Task A_new_alert_is_told_once_to_those_that_the_rule_names_with_level_title_and_author()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.AlertAsync(host: "before");
        scene.Bench.Clock.Now += TimeSpan.FromMinutes(1);
        var rule = await scene.RuleAsync(("firstOtherId", scene.Staff.Chen.ToString()));
        scene.Bench.Clock.Now += TimeSpan.FromSeconds(1);
        var alert = await scene.AlertAsync();
        await scene.AlertAsync("medium", "low01");
        Assert.Equal(1, await scene.StepAsync());
        Assert.Equal(0, await scene.StepAsync());
        var told = Assert.Single(scene.All());
        Assert.Equal((rule.Id, 1, 1, "high", "sent", scene.Bench.Clock.Now.AddMinutes(10)), (told.RuleId!.Value, told.AlertCount, told.Step, told.Level, told.State, told.AnswerBy!.Value));
        Assert.Contains("[1] told 林 (in the product)", told.Log, StringComparison.Ordinal);
        Assert.Contains("[1] told 陳 (in the product)", told.Log, StringComparison.Ordinal);
        foreach (var person in new[] { scene.Staff.Lin, scene.Staff.Chen })
        {
            var notice = Assert.Single(scene.Notices(person));
            Assert.Equal((NoticeKinds.Alert, $"/monitoring/notifications/{told.Number}"), (notice.Kind, notice.Url));
            Assert.Contains(alert.Number, notice.TextEn, StringComparison.Ordinal);
            Assert.Contains("(Ada)", notice.TextEn, StringComparison.Ordinal);
            Assert.Equal("Alerts: [High] Shell from web server: web01", notice.TitleEn);
            Assert.Equal("告警通報：[高] Shell from web server: web01", notice.TitleZh);
        }

        Assert.Empty(scene.Notices(scene.Staff.Wu));
    }

    [Fact]
    public async Task A_notice_speaks_each_language_with_the_rule_s_title_in_it()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("rules", "from web"));
        scene.Bench.Clock.Now += TimeSpan.FromSeconds(1);
        var raised = await AlertGrouping.RaiseAsync(scene.Bench.Store, [new RuleMatch { RuleId = "r", RuleTitle = "網站啟動命令列", RuleTitleEn = "Shell from web server", RuleAuthor = "Ada", Level = "high", EventId = "z", EventTime = scene.Bench.Clock.Now, Host = "web01" }]);
        Assert.True(raised.IsOk);
        Assert.Equal(1, await scene.StepAsync());
        var notice = Assert.Single(scene.Notices(scene.Staff.Lin));
        Assert.Equal(("告警通報：[高] 網站啟動命令列: web01", "Alerts: [High] Shell from web server: web01"), (notice.TitleZh, notice.TitleEn));
        Assert.Contains("Shell from web server", notice.TextEn, StringComparison.Ordinal);
        Assert.Contains("網站啟動命令列", notice.TextZh, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_soon_after_is_gathered_into_the_next_notification()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync();
        await scene.AlertAsync(host: "a");
        Assert.Equal(1, await scene.StepAsync());
        for (var i = 0; i < 30; i++) await scene.AlertAsync(i == 7 ? "critical" : "high", $"b{i}");
        Assert.Equal(0, await scene.StepAsync(4));
        Assert.Equal(1, await scene.StepAsync(1));
        var second = scene.All()[1];
        Assert.Equal((30, "critical"), (second.AlertCount, second.Level));
        Assert.Equal("30 則告警（最高等級：嚴重） / 30 alerts, up to critical", second.Title);
        Assert.EndsWith("… +20", scene.Notices(scene.Staff.Lin)[1].TextEn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_alerts_than_are_read_at_once_are_all_told()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("gather", "0"));
        // A hundred at a time, as they come in: what a transaction holds is gone through again at each alert that it adds.
        foreach (var some in Enumerable.Range(0, 2_300).Chunk(100))
        {
            var raised = await AlertGrouping.RaiseAsync(scene.Bench.Store, [.. some.Select(i => new RuleMatch { RuleId = "r", RuleTitle = "R", Level = i % 2 == 0 ? "high" : "low", EventId = $"x{i}", EventTime = scene.Bench.Clock.Now, Host = $"h{i}" })]);
            Assert.True(raised.IsOk);
            scene.Bench.Store.Db.ChangeTracker.Clear();
        }

        Assert.Equal(1, await scene.StepAsync());
        Assert.Equal(1_150, Assert.Single(scene.All()).AlertCount);
        Assert.Equal(0, await scene.StepAsync(10));
        await scene.AlertAsync(host: "one more");
        Assert.Equal(1, await scene.StepAsync(10));
        Assert.Equal(1, scene.All()[1].AlertCount);
    }

    [Fact]
    public async Task Nobody_answers_so_it_goes_up_step_by_step_and_stays_open_at_the_end()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("secondId", scene.Staff.Chen.ToString()), ("secondWithin", "20"), ("thirdId", scene.Staff.Wu.ToString()));
        await scene.AlertAsync();
        await scene.StepAsync();
        await scene.StepAsync(9);
        Assert.Equal(("sent", 1), (scene.All()[0].State, scene.All()[0].Step));
        await scene.StepAsync(1);
        Assert.Equal(("escalated", 2), (scene.All()[0].State, scene.All()[0].Step));
        Assert.StartsWith("Alerts (step 2, nobody has answered)", Assert.Single(scene.Notices(scene.Staff.Chen)).TitleEn, StringComparison.Ordinal);
        await scene.StepAsync(19);
        Assert.Empty(scene.Notices(scene.Staff.Wu));
        await scene.StepAsync(1);
        Assert.Equal(("escalated", 3), (scene.All()[0].State, scene.All()[0].Step));
        Assert.Single(scene.Notices(scene.Staff.Wu));
        await scene.StepAsync(NotificationRuleType.UsualWithin);
        var told = scene.All()[0];
        Assert.Equal(("unanswered", null), (told.State, told.AnswerBy));
        Assert.EndsWith("nobody answered", told.Log, StringComparison.Ordinal);
        await scene.StepAsync(60);
        Assert.Equal(told.Log, scene.All()[0].Log);
        Assert.Single(scene.Notices(scene.Staff.Lin));
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Anna, told, "answer"));
        Assert.Equal(("answered", scene.Bench.Anna.Id), (scene.All()[0].State, scene.All()[0].AnsweredById!.Value));
    }

    [Fact]
    public async Task An_answer_stops_it_and_says_who_and_when()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("secondId", scene.Staff.Chen.ToString()));
        await scene.AlertAsync();
        await scene.StepAsync();
        scene.Bench.Clock.Now += TimeSpan.FromMinutes(3);
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Ben, scene.All()[0], "answer"));
        await scene.StepAsync(60);
        var told = scene.All()[0];
        Assert.Equal(("answered", scene.Bench.Ben.Id, 1), (told.State, told.AnsweredById!.Value, told.Step));
        Assert.Equal(scene.Bench.Clock.Now.AddMinutes(-60), told.AnsweredAt);
        Assert.Empty(scene.Notices(scene.Staff.Chen));
    }

    [Fact]
    public async Task Taking_all_of_the_alerts_in_hand_is_an_answer_and_taking_one_of_two_is_none()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync();
        var (one, two) = (await scene.AlertAsync(host: "a"), await scene.AlertAsync(host: "b"));
        await scene.StepAsync();
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Ben, one, "triage"));
        await scene.StepAsync(2);
        Assert.Equal("sent", scene.All()[0].State);
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Anna, two, "benign", "弱掃"));
        var at = scene.Bench.Clock.Now;
        await scene.StepAsync(1);
        var told = scene.All()[0];
        Assert.Equal(("answered", scene.Bench.Anna.Id, at), (told.State, told.AnsweredById!.Value, told.AnsweredAt!.Value));
    }

    [Fact]
    public async Task A_person_can_send_it_up_at_once()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("secondId", scene.Staff.Chen.ToString()));
        await scene.AlertAsync();
        await scene.StepAsync();
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Anna, scene.All()[0], "escalate"));
        await scene.StepAsync();
        Assert.Single(scene.Notices(scene.Staff.Chen));
        await scene.StepAsync();
        Assert.Single(scene.Notices(scene.Staff.Chen));
        Assert.Equal(2, scene.All()[0].Step);
    }

    [Fact]
    public async Task Who_may_not_see_it_is_not_told_and_the_next_step_comes_at_once()
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync(("secondId", scene.Staff.Chen.ToString()));
        scene.Staff.Blind.Add(scene.Staff.Lin);
        await scene.AlertAsync();
        await scene.StepAsync();
        Assert.Empty(scene.Notices(scene.Staff.Lin));
        Assert.Contains("[1] not told: 林", scene.All()[0].Log, StringComparison.Ordinal);
        await scene.StepAsync();
        Assert.Single(scene.Notices(scene.Staff.Chen));
    }

    [Fact]
    public async Task The_log_says_what_became_of_mail_and_of_the_notice()
    {
        await using var scene = await Scene.OpenAsync(mail: true);
        await scene.RuleAsync(("secondId", scene.Staff.Chen.ToString()));
        await scene.AlertAsync();
        await scene.StepAsync();
        Assert.Equal(NoticeMail.Now, Assert.Single(scene.Notices(scene.Staff.Lin)).Mail);
        await scene.Bench.Get<NoticeMailer>().StepAsync(default);
        await using (var db = await scene.Bench.Get<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync())
        {
            var mail = await db.Set<MailOut>().SingleAsync();
            mail.LastError = "Timeout\r\nsecond line";
            await db.SaveChangesAsync();
        }

        await scene.StepAsync(1);
        await scene.StepAsync(1);
        Assert.Equal(1, Count("mail not sent yet"));
        Assert.DoesNotContain("\r", scene.All()[0].Log, StringComparison.Ordinal);
        await using (var db = await scene.Bench.Get<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync())
        {
            var mail = await db.Set<MailOut>().SingleAsync();
            (mail.State, mail.SentAt) = (MailStates.Sent, scene.Bench.Clock.Now);
            (await db.Set<Notice>().SingleAsync()).ReadAt = scene.Bench.Clock.Now;
            await db.SaveChangesAsync();
        }

        await scene.StepAsync(1);
        await scene.StepAsync(1);
        // A report counts it, and still does when the mail itself is no longer kept.
        for (var kept = 0; kept < 2; kept++)
        {
            var brief = Assert.Single(await NotificationBrief.OfPeriodAsync(scene.Bench.Store.Db, scene.Bench.Clock.Now.AddDays(-1), scene.Bench.Clock.Now.AddDays(1), default));
            Assert.Equal((1, 0, false, false), (brief.MailsSent, brief.MailsFailed, brief.Escalated, brief.IsInTime));
            await scene.Bench.Store.Db.Set<MailOut>().ExecuteDeleteAsync();
        }

        Assert.Equal((1, 1), (Count("mail sent"), Count("read the notice")));

        int Count(string words) => scene.All()[0].Log.Split(words).Length - 1;
    }

    [Fact]
    public async Task Turning_notices_off_leaves_those_of_alerts_in_the_product()
    {
        await using var scene = await Scene.OpenAsync(mail: true);
        scene.Staff.Preferences[NoticeKinds.Alert] = NoticeDelivery.Off;
        await scene.RuleAsync();
        await scene.AlertAsync();
        await scene.StepAsync();
        Assert.Equal(NoticeMail.None, Assert.Single(scene.Notices(scene.Staff.Lin)).Mail);
    }

    [Fact]
    public async Task No_limit_of_mails_holds_alerts_back()
    {
        await using var scene = await Scene.OpenAsync(mail: true);
        await scene.RuleAsync(("gather", "0"));
        for (var i = 0; i < 14; i++)
        {
            await scene.AlertAsync(host: $"h{i}");
            await scene.StepAsync(1);
            await scene.Bench.Get<NoticeMailer>().StepAsync(default);
        }

        Assert.Equal(14, scene.Bench.Store.Db.Set<MailOut>().Count());
    }

    [Theory]
    [InlineData("rules", "5f3a", true)]
    [InlineData("rules", "other\nATTACK.T1505.003", true)]
    [InlineData("rules", "shell from", true)]
    [InlineData("rules", "attack.t1505", false)]
    [InlineData("entities", "web*", true)]
    [InlineData("entities", "db*\nWEB0?", true)]
    [InlineData("entities", "eb01", false)]
    [InlineData("entities", "CORP\\ad*", true)]
    [InlineData("entities", "corp\\bob", false)]
    [InlineData("minScore", "70", true)]
    [InlineData("minScore", "71", false)]
    public async Task A_rule_is_about_what_it_says(string field, string value, bool told)
    {
        await using var scene = await Scene.OpenAsync();
        await scene.RuleAsync((field, value));
        await scene.AlertAsync(account: "corp\\admin");
        Assert.Equal(told ? 1 : 0, await scene.StepAsync());
    }

    [Fact]
    public async Task A_rule_of_a_unit_is_about_assets_of_it_and_those_below()
    {
        await using var scene = await Scene.OpenAsync();
        foreach (var (host, unit) in new[] { ("n1", scene.Staff.NorthLab), ("s1", scene.Staff.South) })
            await scene.Bench.CreateAsync<Asset>(("title", host), ("category", "hardware"), ("hostname", host), ("unitId", unit.ToString()));
        await scene.RuleAsync(("aboutUnitId", scene.Staff.North.ToString()));
        await scene.AlertAsync(host: "s1");
        await scene.AlertAsync(host: "nowhere");
        Assert.Equal(0, await scene.StepAsync());
        var alert = await scene.AlertAsync(host: "n1");
        Assert.Equal(1, await scene.StepAsync());
        Assert.Equal(alert.Id, scene.Bench.Store.Db.Set<ToldAlert>().Single().AlertId);
        Assert.Equal(scene.Staff.NorthLab, scene.All()[0].UnitId);
    }

    [Fact]
    public async Task A_rule_that_is_not_in_force_tells_nobody_and_only_a_second_person_puts_it_in_force()
    {
        await using var scene = await Scene.OpenAsync();
        var rule = await scene.Bench.CreateAsync<NotificationRule>(("title", "夜間"), ("minLevel", "low"), ("firstId", scene.Staff.Lin.ToString()));
        Assert.Null(await scene.Bench.MoveAsync(scene.Bench.Anna, rule, "submit"));
        Assert.Equal("workflow.second-person", await scene.Bench.MoveAsync(scene.Bench.Anna, rule, "approve"));
        await scene.AlertAsync();
        Assert.Equal(0, await scene.StepAsync());
        Assert.Empty(scene.Notices(scene.Staff.Lin));
    }

    [Fact]
    public async Task The_score_of_an_alert_weighs_the_asset_and_its_open_risks()
    {
        await using var scene = await Scene.OpenAsync();
        var asset = await scene.Bench.CreateAsync<Asset>(("title", "官網"), ("category", "hardware"), ("hostname", "web01"), ("confidentiality", "very-high"), ("integrity", "high"), ("availability", "low"));
        var plain = await scene.AlertAsync(host: "elsewhere");
        Assert.Equal((70, "規則等級 70 / level of the rule 70"), (plain.Score!.Value, plain.ScoreReasons));
        Assert.Equal(85, (await scene.AlertAsync(host: "web01")).Score);
        var risk = await scene.Bench.CreateAsync<RiskRecord>(("title", "未修補"), ("threat", "入侵"), ("assetId", asset.Number), ("likelihood", "4"), ("impact", "4"));
        var weak = await scene.AlertAsync("critical", "web01", "other");
        Assert.Equal(100, weak.Score);
        Assert.EndsWith($"grade of the asset +15, open risk {risk.Number} +10", weak.ScoreReasons, StringComparison.Ordinal);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class NotificationTestsOnPostgres : NotificationTests, IOnPostgres;
