using System.Text.Json;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Techniques against the rules in use and what arrives.</summary>
public class AttackCoverageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static SigmaRule Rule(string id, string tags, string source = "{ product: linux, service: sshd }") =>
        SigmaParser.Parse($"title: {id}\nid: {id}\ntags: [ {tags} ]\nlogsource: {source}\ndetection:\n  a: {{ b: c }}\n  condition: a\n", id).Rules.Single();

    private static AttackTechnique Of(IReadOnlyList<AttackColumn> columns, string tactic, string id) => columns.Single(c => c.Tactic.Tag == tactic).Techniques.Single(t => t.Id == id);

    [Fact]
    public void A_technique_is_fed_only_when_what_its_rules_look_at_arrives()
    {
        SigmaRule[] rules = [Rule("a", "attack.credential-access, attack.t1110.001"), Rule("b", "attack.credential-access, attack.t1110", "{ product: windows, service: security }"), Rule("c", "attack.impact, attack.t1486", "{ product: windows }")];
        var columns = AttackCoverage.Of(rules, [new SigmaLogSource("linux", null, "sshd"), new SigmaLogSource("linux", null, "auth")]);
        var guessing = Of(columns, "credential-access", "T1110");
        Assert.Equal((AttackState.Fed, 2, 1, "Brute Force"), (guessing.State, guessing.Rules, guessing.Fed, guessing.Name));
        Assert.Equal(("T1110.001", AttackState.Fed), (Assert.Single(guessing.Parts).Id, guessing.Parts[0].State));
        Assert.Equal(AttackState.Unfed, Of(columns, "impact", "T1486").State);
        Assert.Equal(AttackState.None, Of(columns, "impact", "T1485").State);
        // A rule that asks for the product alone is fed by any of its services; not the other way round.
        Assert.Equal(AttackState.Fed, Of(AttackCoverage.Of(rules, [new SigmaLogSource("windows", null, "system")]), "impact", "T1486").State);
        Assert.Equal(AttackState.Unfed, Of(AttackCoverage.Of(rules, [new SigmaLogSource("windows", null, "system")]), "credential-access", "T1110").State);
    }

    [Fact]
    public void What_the_catalogue_does_not_place_stands_where_the_rules_say()
    {
        var columns = AttackCoverage.Of([Rule("a", "attack.defense-impairment, attack.t1112"), Rule("b", "attack.defense_evasion, attack.t1999"), Rule("c", "attack.stealth, attack.t1110")], []);
        Assert.Equal(AttackState.Unfed, Of(columns, "defense-impairment", "T1112").State);
        Assert.DoesNotContain(columns.Single(c => c.Tactic.Tag == "stealth").Techniques, t => t.Id == "T1112");
        Assert.Equal("", Of(columns, "stealth", "T1999").Name);
        Assert.DoesNotContain(columns.Single(c => c.Tactic.Tag == "stealth").Techniques, t => t.Id == "T1110");
    }

    [Fact]
    public void A_correlation_is_fed_by_the_rules_it_counts()
    {
        var correlation = SigmaParser.Parse("title: m\nid: m\ntags: [ attack.t1110 ]\ncorrelation:\n  type: event_count\n  rules: [ a ]\n  group-by: [ host ]\n  timespan: 5m\n  condition: { gte: 3 }\n", "m").Rules.Single();
        SigmaRule[] rules = [correlation, Rule("a", "attack.execution")];
        Assert.Equal(2, AttackCoverage.Fed(rules, [new SigmaLogSource("linux", null, "sshd")]).Count);
        Assert.Empty(AttackCoverage.Fed(rules, [new SigmaLogSource("linux", null, "cron")]));
    }

    [Fact]
    public void The_layer_is_what_the_navigator_reads()
    {
        using var json = JsonDocument.Parse(AttackCoverage.Layer(AttackCoverage.Of([Rule("a", "attack.credential-access, attack.t1110.001")], []), "Hufu"));
        Assert.Equal("4.5", json.RootElement.GetProperty("versions").GetProperty("layer").GetString());
        Assert.Equal("enterprise-attack", json.RootElement.GetProperty("domain").GetString());
        Assert.Equal(["T1110 1 credential-access", "T1110.001 1 credential-access"], json.RootElement.GetProperty("techniques").EnumerateArray().Select(t => $"{t.GetProperty("techniqueID").GetString()} {t.GetProperty("score").GetInt32()} {t.GetProperty("tactic").GetString()}"));
    }

    [Fact]
    public async Task What_arrives_is_known_over_a_restart()
    {
        string folder;
        await using (var site = await Site.OpenAsync(keep: true))
        {
            folder = site.Folder;
            // Stored before anybody asked.
            await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 0, 3), Stop);
            Assert.Contains(new SigmaLogSource("linux", null, "sshd"), site.Get<RuleSources>().Seen.Keys);
            site.Get<RuleSources>().Save();
            site.Clock.Ahead = TimeSpan.FromHours(5);
            await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 3, 1), Stop);
            Assert.Equal(site.Clock.GetUtcNow(), site.Get<RuleSources>().Seen[new SigmaLogSource("linux", null, "sshd")]);
            site.Get<RuleSources>().Save();
        }

        await using var next = await Site.OpenAsync(folder);
        Assert.Equal(next.Clock.GetUtcNow().AddHours(5), next.Get<RuleSources>().Seen[new SigmaLogSource("linux", null, "sshd")]);
    }
}
