namespace Hufu.Sigma.Tests;

public class LintTests
{
    private const string Complete = """
        title: T
        id: 929a690e-bef0-4204-a928-ef5e620d6fcc
        status: test
        description: D
        references: [r]
        author: A
        date: 2026-01-02
        tags: [attack.t1234]
        falsepositives: [Unlikely]
        level: high
        logsource: {category: test}
        detection:
          sel: {a: x}
          filter: {b: y}
          condition: sel and not filter

        """;

    private static string Codes(string text) => string.Join(' ', SigmaLint.Check(text, "l.yml").Select(finding => $"{finding.Code["sigma.".Length..]}@{finding.Place["l.yml:".Length..]}"));

    [Fact]
    public void ACompleteRuleHasNoFindings() => Assert.Empty(SigmaLint.Check(Complete, "l.yml"));

    [Theory]
    [InlineData("condition: sel and not filter", "condition: sel", "lint.unused-selection@14:3")]
    [InlineData("condition: sel and not filter", "condition: [sel, filter and not sel]", "")]
    [InlineData("condition: sel and not filter", "condition: sel and not sel or filter and not filter", "lint.condition-never@15:14")]
    [InlineData("condition: sel and not filter", "condition: sel or not sel or filter", "lint.condition-always@15:14")]
    [InlineData("condition: sel and not filter", "condition: sel and not 1 of them", "lint.condition-never@15:14")]
    [InlineData("sel: {a: x}", "sel: {a: x, a|exists: false}", "lint.selection-never@13:3 lint.condition-never@15:14")]
    [InlineData("sel: {a: x}", "sel: {a|re: '(x)\\1'}", "regex.backtracking@13:15")]
    [InlineData("sel: {a: x}", "sel: {a|re: '(x)+'}", "")]
    [InlineData("sel: {a: x}", "sel: {a|sounds: x}", "modifier.unknown@13:9")]
    [InlineData("level: high\n", "", "lint.missing@1:1")]
    [InlineData("author: A\n", "author:\n", "lint.missing@1:1")]
    [InlineData("2026-01-02", "2026/01/02", "lint.date@7:7")]
    [InlineData("929a690e-bef0-4204-a928-ef5e620d6fcc", "abc", "lint.id@2:5")]
    [InlineData("[attack.t1234]", "[Attack.T1234, x, a.b, a.b]", "lint.tag@8:8 lint.tag@8:22 lint.twice@8:30")]
    [InlineData("falsepositives: [Unlikely]", "falsepositives: Unlikely", "lint.list@9:17")]
    [InlineData("level: high", "level: high\nrelated: [{id: x, type: cousin}]", "lint.related@11:25")]
    [InlineData("title: T", "titel: T", "rule.missing@1:1")]
    [InlineData("title: T", "title: [", "yaml.malformed@1:8")]
    public void Findings(string part, string instead, string expected)
    {
        Assert.Contains(part, Complete);
        Assert.Equal(expected, Codes(Complete.Replace(part, instead)));
    }

    [Fact]
    public void WhatConcernsSeveralDocumentsIsFoundAcrossFiles()
    {
        const string correlation = "title: {0}\nname: {0}\nid: {2}\nstatus: test\ndescription: D\nauthor: A\ndate: 2026-01-02\nfalsepositives: [x]\nlevel: low\ncorrelation:\n  type: event_count\n  rules: [{1}]\n  timespan: 1m\n  group-by: [u]\n  condition: {{lt: 3}}\n  aliases: {{w: {{{1}: x}}}}\n";
        var findings = SigmaLint.Check([
            new("a.yml", Complete), new("b.yml", Complete), new("c.yml", string.Format(correlation, "one", "two", "11111111-1111-4111-8111-111111111111")),
            new("d.yml", string.Format(correlation, "two", "one", "21111111-1111-4111-8111-111111111111"))]);
        Assert.Equal(
            ["sigma.rule.duplicate@b.yml:1:1", "sigma.correlation.circle@c.yml:1:1", "sigma.lint.upper-bound-only@c.yml:15:14", "sigma.lint.unused-alias@c.yml:16:13",
                "sigma.correlation.circle@d.yml:1:1", "sigma.lint.upper-bound-only@d.yml:15:14", "sigma.lint.unused-alias@d.yml:16:13"],
            findings.Select(finding => $"{finding.Code}@{finding.Place}"));
        Assert.All(findings, finding => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", finding.Message.Zh));
        Assert.Equal(3, findings.Count(finding => finding.Severity == SigmaSeverity.Error));
        const string filter = "title: F\nid: 31111111-1111-4111-8111-111111111111\ndescription: D\ndate: 2026-01-02\nlogsource: {category: test}\nfilter:\n  rules: any\n  s: {a: x}\n  condition: s\n";
        Assert.Equal(["sigma.filter.not-negative@f.yml:9:14"], SigmaLint.Check([new("a.yml", Complete), new("f.yml", filter)]).Select(finding => $"{finding.Code}@{finding.Place}"));
    }

    [Fact]
    public void NoPublishedRuleHasAnError_AndNoneIsProvedImpossible()
    {
        var findings = SigmaLint.Check(Samples.Rules());
        Assert.Equal(2, findings.Count(finding => finding.Severity == SigmaSeverity.Error));
        Assert.DoesNotContain(findings, finding => finding.Code is "sigma.lint.condition-never" or "sigma.lint.condition-always" or "sigma.lint.selection-never");
    }
}
