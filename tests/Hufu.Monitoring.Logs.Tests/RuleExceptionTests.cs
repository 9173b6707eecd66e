using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Exceptions: nothing is left out before a second person approved it, nor after its end.</summary>
public class RuleExceptionTests
{
    private const string Failed = "33333333-3333-4333-8333-333333333333";

    private static readonly Actor Second = new(Guid.CreateVersion7(), "Ben", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Result<Record>> CreateAsync(Site site, string condition, string rules = Failed, string ends = "2026-12-24", bool owner = true)
    {
        var made = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<RuleException>(), new Dictionary<string, string?> { ["title"] = "The scanner", ["rules"] = rules, ["condition"] = condition, ["reason"] = "Scans every night", ["endsOn"] = ends }, cancellation: Stop);
        if (!made.IsOk || !owner) return made;
        var record = await site.Store.Db.Set<RuleException>().FirstAsync(e => e.Id == made.Value.Id, Stop);
        record.OwnerId = Site.Engineer.Id;
        site.Store.Db.ActAs(Actor.System(), "update");
        await site.Store.Db.SaveChangesAsync(Stop);
        return Result.Of<Record>(record);
    }

    private static Task<Result<Record>> MoveAsync(Site site, Record record, string move, Actor? actor = null, string? reason = null) => site.Store.TransitionAsync(actor ?? Site.Engineer, site.Store.Types.Of<RuleException>(), record.Id, move, reason, cancellation: Stop);

    private static async Task<int> CountAsync(Site site, string host) => (await site.AlertsAsync()).Where(a => a.RuleId == Failed && a.Entity == host).Sum(a => a.EventCount);

    [Fact]
    public async Task An_exception_is_tried_approved_by_another_applied_and_lapses()
    {
        await using var site = await LiveDetectionTests.OpenAsync();
        var import = site.Get<LogImport>();
        await import.AppendAsync([.. LiveDetectionTests.Attempts(site, 0, 5), .. LiveDetectionTests.Attempts(site, 5, 7, "scan01", "203.0.113.9")], Stop);
        Assert.Equal((5, 7), (await CountAsync(site, "vpn01"), await CountAsync(site, "scan01")));
        var exception = (await CreateAsync(site, "host: scan01\nsrc_ip|cidr: 203.0.113.0/24")).Value;

        // Who approves must see what it does.
        Assert.Equal("logs.rule-exception.untried", Assert.Single((await MoveAsync(site, exception, "submit")).Errors).Code);
        var trial = await site.Get<RulePreview>().TryAsync(site.Store, Site.Engineer, exception.Number, Stop);
        Assert.True(trial.IsOk, string.Join("; ", trial.Errors));
        Assert.Equal((7L, 12L, 12L), (trial.Value.Suppressed, trial.Value.Matches, trial.Value.Read.Events));
        Assert.All(trial.Value.Examples, hit => Assert.Equal("scan01", hit.Event.Host));
        Assert.Empty(trial.Value.Read.Notes);
        Assert.True((await MoveAsync(site, exception, "submit")).IsOk);
        Assert.Equal("workflow.second-person", Assert.Single((await MoveAsync(site, exception, "approve")).Errors).Code);
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        await import.AppendAsync(LiveDetectionTests.Attempts(site, 12, 1, "scan01", "203.0.113.9"), Stop);
        Assert.Equal(8, await CountAsync(site, "scan01"));

        Assert.True((await MoveAsync(site, exception, "approve", Second)).IsOk);
        Assert.True(await site.Get<RuleLibrary>().RefreshAsync(Stop));
        await import.AppendAsync([.. LiveDetectionTests.Attempts(site, 13, 4, "scan01", "203.0.113.9"), .. LiveDetectionTests.Attempts(site, 17, 2, "scan01", "198.51.100.1"), .. LiveDetectionTests.Attempts(site, 19, 1)], Stop);
        Assert.Equal((6, 10), (await CountAsync(site, "vpn01"), await CountAsync(site, "scan01")));
        // A hunt through what is stored leaves out the same, by chosen rules and by all of them.
        foreach (var choice in new[] { new HuntChoice { Keys = [Failed] }, new HuntChoice() })
        {
            var hunted = HuntRules.Choose(site.Get<Detection>().Rules, choice).Value;
            var run = new DetectionRun(hunted.Engine);
            foreach (var item in site.Get<LogService>().Store.EventsFrom("00000001", 0, 1_000, Stop)) run.Process(item);
            Assert.Equal((6, 2), (run.Take() is var all ? all.Count(m => m.RuleId == Failed && m.Host == "vpn01") : 0, all.Count(m => m.RuleId == Failed && m.Host == "scan01")));
        }

        // The last day still counts; the day after, its matches are alerts again.
        site.Clock.Ahead = TimeSpan.FromDays(30);
        Assert.False(await site.Get<RuleLibrary>().RefreshAsync(Stop));
        site.Clock.Ahead = TimeSpan.FromDays(31);
        Assert.True(await site.Get<RuleLibrary>().RefreshAsync(Stop));
        Assert.Equal(RuleExceptionType.Lapsed, (await site.Store.Db.Set<RuleException>().AsNoTracking().SingleAsync(Stop)).State);
        Assert.Contains(await site.Store.Db.Changes.AsNoTracking().Where(c => c.RecordId == exception.Id).Select(c => c.Action).ToListAsync(Stop), a => a == "lapse");
        // Its owner is told that such events are alerts again.
        var notice = await site.Store.Db.Set<Notice>().AsNoTracking().SingleAsync(Stop);
        Assert.Equal((Site.Engineer.Id, "Rule exception lapsed: The scanner"), (notice.PersonId, notice.TitleEn));
        await import.AppendAsync(LiveDetectionTests.Attempts(site, 30, 3, "scan01", "203.0.113.9"), Stop);
        Assert.Equal(13, await CountAsync(site, "scan01"));
    }

    [Theory]
    [InlineData("host scan01", "Line 1: ")]
    [InlineData("host: scan01\nuser|nonsense: x", "Line 2: ")]
    [InlineData("host: scan01\n\nsrc_ip|cidr: nowhere", "Line 3: ")]
    [InlineData("host: scan01\n- user: a", "Line 2: ")]
    [InlineData("title: a\nlogsource: { product: linux }\nfilter:\n  rules: any\n  selection: { host: a }\n  condition: selection", "Line 6: ")]
    [InlineData("title: a\nlogsource: { product: linux }\nfilter:\n  rules: [ other ]\n  selection: { host: a }\n  condition: not selection", "The filter's own rules")]
    [InlineData("title: a\nlogsource: { product: linux }\ndetection:\n  selection: { host: a }\n  condition: selection\n---\ntitle: b", "")]
    public async Task A_condition_that_cannot_be_used_is_refused_with_its_line(string condition, string begins)
    {
        await using var site = await LiveDetectionTests.OpenAsync();
        var made = await CreateAsync(site, condition);
        var error = Assert.Single(made.Errors);
        Assert.Equal("condition", error.Place);
        Assert.StartsWith(begins, error.Message.En, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host: scan01", "scan01", true)]
    [InlineData("host: scan01", "SCAN01", true)]
    [InlineData("host: scan01", "scan02", false)]
    [InlineData("host|startswith: scan", "scan02", true)]
    [InlineData("host: *01", "scan01", true)]
    [InlineData("host|re: ^scan0[12]$", "scan02", true)]
    [InlineData("host: [ a, scan02 ]", "scan02", true)]
    [InlineData("'host': \"scan02\"", "scan02", true)]
    [InlineData("host:\n  - a\n  - scan02", "scan02", true)]
    [InlineData("# who scans\nhost: scan02", "scan02", true)]
    [InlineData("title: a\nlogsource: { product: linux }\nfilter:\n  rules: any\n  selection: { host: scan01 }\n  condition: not selection", "scan01", true)]
    [InlineData("title: a\nlogsource: { product: linux }\nfilter:\n  rules: any\n  selection: { host: scan01 }\n  condition: not selection", "scan02", false)]
    public void A_condition_says_what_is_left_out(string condition, string host, bool leftOut)
    {
        var (filter, error) = RuleExceptionType.Read(new RuleException { Title = "x", Rules = RuleExceptionType.Any, Condition = condition });
        Assert.Null(error);
        var rule = SigmaParser.Parse("title: r\nid: r1\nlogsource: { product: linux, service: sshd }\ndetection:\n  a: { host|exists: true }\n  condition: a\n", "r").Rules[0];
        var engine = SigmaEngine.Compile([rule, filter!]);
        Assert.Empty(engine.Refused);
        Assert.Equal(!leftOut, engine.Match(new SigmaDictionaryEvent([new("host", SigmaValue.Of(host))]), null).Count == 1);
    }

    [Fact]
    public async Task The_end_lies_ahead_the_owner_is_named_and_a_correlation_is_not_meant()
    {
        await using var site = await LiveDetectionTests.OpenAsync();
        Assert.Equal("endsOn", Assert.Single((await CreateAsync(site, "host: a", ends: "2026-11-23")).Errors).Place);
        Assert.Equal("logs.rule-exception.correlation", Assert.Single((await CreateAsync(site, "host: a", "22222222-2222-4222-8222-222222222222")).Errors).Code);
        var ownerless = (await CreateAsync(site, "host: a", owner: false)).Value;
        Assert.Equal("logs.rule-exception.owner", Assert.Single((await MoveAsync(site, ownerless, "submit")).Errors).Code);
        // What was tried is what is approved.
        var exception = (await CreateAsync(site, "host: a")).Value;
        Assert.True((await site.Get<RulePreview>().TryAsync(site.Store, Site.Engineer, exception.Number, Stop)).IsOk);
        var now = await site.Store.Db.Set<RuleException>().AsNoTracking().SingleAsync(e => e.Id == exception.Id, Stop);
        Assert.True((await site.Store.UpdateAsync(Site.Engineer, site.Store.Types.Of<RuleException>(), exception.Id, now.Version, new Dictionary<string, string?> { ["condition"] = "host: b" }, cancellation: Stop)).IsOk);
        Assert.Equal("logs.rule-exception.untried", Assert.Single((await MoveAsync(site, exception, "submit")).Errors).Code);
    }

    [Fact]
    public void The_lines_for_an_alert_have_the_names_that_rules_ask_for()
    {
        var fields = new LogEventFields(RuleTests.EventOf("""{"Channel":"Security","EventID":4625,"Computer":"dc1","TargetUserName":"a*b","IpAddress":"192.0.2.7"}""", 1));
        Assert.Equal(["Computer: dc1", "IpAddress: 192.0.2.7", "TargetUserName: a\\*b"], RuleExceptionLines.Of(new Alert { Host = "dc1", SourceIp = "192.0.2.7", Account = "a*b" }, fields).Select(l => l.Replace("host: ", "Computer: ", StringComparison.Ordinal).Replace("src_ip: ", "IpAddress: ", StringComparison.Ordinal).Replace("user: ", "TargetUserName: ", StringComparison.Ordinal)));
        Assert.Equal([], RuleExceptionLines.Of(new Alert { Host = "elsewhere" }, fields));
    }
}
