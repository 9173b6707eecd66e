using Hufu.Kernel;
using Hufu.Records;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rules that are written in the product: their tests, and what they would have found.</summary>
public class OwnRuleTests
{
    private const string Id = "44444444-4444-4444-8444-444444444444";

    private const string Yaml = $$"""
        title: Root by password
        id: {{Id}}
        author: Us
        level: high
        logsource: { product: linux, service: sshd }
        detection:
          root: { message|contains: 'for root' }
          condition: root
        """;

    private const string Hit = "<86>1 2026-11-22T02:10:00Z vpn01 sshd 900 - - Failed password for root from 203.0.113.9 port 40000 ssh2";
    private const string Miss = "<86>1 2026-11-22T02:10:00Z vpn01 sshd 900 - - Failed password for anna from 203.0.113.9 port 40000 ssh2";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Result<Record>> CreateAsync(Site site, string yaml, string must = "", string mustNot = "") =>
        await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<OwnRule>(), new Dictionary<string, string?> { ["title"] = "Root", ["yaml"] = yaml, ["mustMatch"] = must, ["mustNotMatch"] = mustNot }, cancellation: Stop);

    private static async Task<OwnRule> NowAsync(Site site) => await site.Store.Db.Set<OwnRule>().AsNoTracking().SingleAsync(Stop);

    private static async Task<Result<Hufu.Records.Storage.UpdateOutcome>> UpdateAsync(Site site, string key, string value)
    {
        var now = await NowAsync(site);
        return await site.Store.UpdateAsync(Site.Engineer, site.Store.Types.Of<OwnRule>(), now.Id, now.Version, new Dictionary<string, string?> { [key] = value }, cancellation: Stop);
    }

    private static Task<Result<Record>> StartAsync(Site site, Record record) => site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<OwnRule>(), record.Id, "start", cancellation: Stop);

    [Fact]
    public async Task A_rule_whose_tests_fail_cannot_be_put_in_use()
    {
        await using var site = await Site.OpenAsync();
        var record = (await CreateAsync(site, Yaml, Hit, Hit + "\n" + Miss)).Value;
        Assert.Equal((OwnRuleType.Failed, Id), ((await NowAsync(site)).TestOutcome, (await NowAsync(site)).RuleIds));
        var refused = Assert.Single((await StartAsync(site, record)).Errors);
        Assert.Equal(("mustNotMatch", "1 tests fail: line 1 matches"), (refused.Place, refused.Message.En));
        Assert.True((await UpdateAsync(site, "mustNotMatch", Miss)).IsOk);
        Assert.Equal(OwnRuleType.Passed, (await NowAsync(site)).TestOutcome);
        Assert.True((await StartAsync(site, record)).IsOk);
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        Assert.True(site.Get<Detection>().Rules.Known.Single(k => k.Rule.Key == Id).IsOn);

        // While it is in use no change may break its tests.
        Assert.Equal("logs.own-rule.tests", Assert.Single((await UpdateAsync(site, "yaml", Yaml.Replace("for root", "for nobody", StringComparison.Ordinal))).Errors).Code);
        Assert.True((await UpdateAsync(site, "yaml", Yaml.Replace("for root", "password for root", StringComparison.Ordinal))).IsOk);
        await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 0, 3), Stop);
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 3, 2), Stop);
        Assert.Equal(5, Assert.Single(await site.AlertsAsync(), a => a.RuleId == Id).EventCount);
    }

    [Theory]
    [InlineData("title: x\nlogsource: { product: linux }\ndetection:\n  a: { b: c }\n  condition: a", "Line 1: ")]
    [InlineData("title: x\nid: i\nlogsource: { product: linux }\ndetection:\n  a: { b|nonsense: c }\n  condition: a", "Line 5: ")]
    [InlineData("title: x\nid: i\nlogsource: { product: linux }\nfilter:\n  rules: any\n  a: { b: c }\n  condition: not a", "Line 1: ")]
    [InlineData("title: [", "Line ")]
    [InlineData("title: x\nid: i\nlogsource: { product: linux }\ndetection: { a: { b: c }, condition: a }\n---\ntitle: y\nid: i\nlogsource: { product: linux }\ndetection: { a: { b: c }, condition: a }", "Line 6: ")]
    public async Task What_cannot_be_used_is_refused_with_its_line(string yaml, string begins)
    {
        await using var site = await Site.OpenAsync();
        var error = Assert.Single((await CreateAsync(site, yaml)).Errors);
        Assert.Equal("yaml", error.Place);
        Assert.StartsWith(begins, error.Message.En, StringComparison.Ordinal);
    }

    [Fact]
    public void Tests_of_a_correlation_are_its_lines_in_their_order()
    {
        var yaml = Yaml + $$"""

            ---
            title: Three times
            id: 55555555-5555-4555-8555-555555555555
            correlation:
              type: event_count
              rules: [ {{Id}} ]
              group-by: [ host ]
              timespan: 5m
              condition: { gte: 3 }
            """;
        var rules = OwnRuleType.Read(yaml, "yaml").Rules;
        Assert.Equal(2, rules.Count);
        Assert.Equal([true, true], RuleTests.Run(rules, string.Join('\n', Hit, Hit, Hit), string.Join('\n', Hit, Hit), RuleMappings.None).Select(t => t.Passed));
        Assert.Equal([false], RuleTests.Run(rules, string.Join('\n', Hit, Hit), "", RuleMappings.None).Select(t => t.Passed));
    }

    [Fact]
    public void An_event_of_another_source_is_said()
    {
        var rules = OwnRuleType.Read(Yaml, "yaml").Rules;
        var test = Assert.Single(RuleTests.Run(rules, """{"message":"for root"}""", "", RuleMappings.None));
        Assert.Equal((true, false), (test.Passed, test.InSource));
        Assert.True(Assert.Single(RuleTests.Run(rules, Hit, "", RuleMappings.None)).InSource);
    }

    [Fact]
    public async Task What_a_rule_would_have_found_is_told_with_what_was_not_read()
    {
        await using var site = await Site.OpenAsync();
        var import = site.Get<LogImport>();
        await import.AppendAsync(LiveDetectionTests.Attempts(site, 0, 40), Stop);
        await site.Get<LogService>().Store.SealAsync();
        site.Clock.Ahead = TimeSpan.FromDays(20);
        await import.AppendAsync(LiveDetectionTests.Attempts(site, 40, 10), Stop);
        await site.Get<LogService>().Store.SealAsync();
        await import.AppendAsync(LiveDetectionTests.Attempts(site, 50, 5), Stop);
        var rules = OwnRuleType.Read(Yaml, "yaml").Rules;
        var all = await site.Get<RulePreview>().TryAsync(rules, Stop);
        Assert.Equal((55L, 55L, 50), (all.Total, all.Read.Events, all.Hits.Count));
        Assert.Empty(all.Read.Notes);
        Assert.Equal(all.Hits.OrderByDescending(h => h.Event.Time), all.Hits);

        // Older than thirty days is not asked for, and is not read.
        site.Clock.Ahead = TimeSpan.FromDays(40);
        Assert.Equal(15, (await site.Get<RulePreview>().TryAsync(rules, Stop)).Total);

        site.Clock.Ahead = TimeSpan.FromDays(20);
        using var few = new RulePreview(site.Get<LogService>(), site.Get<Detection>(), new RulePreviewOptions { MostEvents = 20 }, site.Clock);
        var part = await few.TryAsync(rules, Stop);
        Assert.Equal((20L, 20L), (part.Total, part.Read.Events));
        Assert.Contains("not all was read", Assert.Single(part.Read.Notes).En, StringComparison.Ordinal);
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => few.TryAsync(rules, given.Token));
    }

    [Fact]
    public async Task A_correlation_is_tried_over_events_in_their_order_and_with_the_rules_of_others()
    {
        await using var site = await Site.OpenAsync();
        await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 0, 12), Stop);
        var rules = OwnRuleType.Read("""
            title: Many
            id: 66666666-6666-4666-8666-666666666666
            correlation:
              type: event_count
              rules: [ 11111111-1111-4111-8111-111111111111 ]
              group-by: [ host ]
              timespan: 5m
              condition: { gte: 12 }
            """, "yaml");
        Assert.Null(rules.Error);
        var found = await site.Get<RulePreview>().TryAsync(rules.Rules, Stop);
        Assert.Equal((1L, 12), (found.Total, Assert.Single(found.Hits).Count));
    }

    [Fact]
    public async Task The_list_shows_what_is_asked_for()
    {
        await using var site = await Site.OpenAsync();
        var pack = await RulePackTests.PackAsync(site);
        await RulePackTests.ApplyAsync(site, pack, RulePackTests.Zip(site, ("1.yml", RulePackTests.Rule("aaaaaaaa-0000-4000-8000-000000000001", "Aardvark")), ("2.yml", RulePackTests.Rule("aaaaaaaa-0000-4000-8000-000000000002", "Badger", level: "low"))));
        var known = site.Get<Detection>().Rules.Known;
        Assert.Equal(["Aardvark", "Badger"], Titles(new RuleFilter(Pack: pack.Number)));
        Assert.Equal(["Aardvark"], Titles(new RuleFilter(Pack: pack.Number, On: "on")));
        Assert.Equal(["Badger"], Titles(new RuleFilter(Pack: pack.Number, Level: "low")));
        Assert.Equal(["Aardvark"], Titles(new RuleFilter("somebody aard")));
        Assert.Equal(["Aardvark", "Badger"], Titles(new RuleFilter(Tag: "attack.t1110", Pack: pack.Number)));
        Assert.Equal([], Titles(new RuleFilter(Source: "windows", Pack: pack.Number)));
        Assert.Equal("/logs/rules?q=a%26b&level=low&page=2", new RuleFilter("a&b", "low").Href(page: 2));

        List<string> Titles(RuleFilter filter) => [.. filter.Of(known).Select(k => k.Rule.Title)];
    }
}
