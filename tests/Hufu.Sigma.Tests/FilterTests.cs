namespace Hufu.Sigma.Tests;

/// <summary>The filters specification, and what 2.2 adds to it.</summary>
public class FilterTests
{
    private const string Rules = """
        title: One
        name: one
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: process_creation, product: windows}
        detection: {sel_a: {a: x}, sel_b: {b: x}, condition: 1 of them}
        ---
        title: Two
        name: two
        logsource: {category: process_creation, product: linux}
        detection: {sel: {a: x}, condition: all of *}
        ---

        """;

    private static string Filter(string rules, string condition = "not selection", string product = "windows", string title = "F") =>
        $"title: {title}\nlogsource: {{category: process_creation{(product.Length > 0 ? $", product: {product}" : "")}}}\nfilter:\n  rules: {rules}\n  selection:\n    u|startswith: adm_\n  sel_other:\n    u: sys\n  condition: {condition}\n---\n";

    private static SigmaEngine Compile(string filters, bool first = false)
    {
        var parsed = SigmaParser.Parse(first ? filters + Rules : Rules + filters, "f.yml");
        Assert.Empty(parsed.Errors);
        return SigmaEngine.Compile(parsed.Rules);
    }

    private static string Matches(SigmaEngine engine, string json)
    {
        var fields = Samples.Event(json);
        Assert.Equal(engine.MatchPlainly(fields, null), engine.Match(fields, null));
        return string.Join(' ', engine.Match(fields, null).Select(rule => rule.Title));
    }

    [Theory]
    [InlineData("[one]", "windows", "Two")]
    [InlineData("[11111111-1111-4111-8111-111111111111]", "windows", "Two")]
    [InlineData("one", "windows", "Two")]
    [InlineData("[one, two]", "", "")]
    [InlineData("any", "windows", "Two")]
    [InlineData("any", "", "")]
    [InlineData("any", "linux", "One")]
    public void AFilterActsOnTheRulesItNames_WithinItsLogSource(string rules, string product, string rest)
    {
        foreach (var first in (bool[])[true, false])
        {
            var engine = Compile(Filter(rules, product: product), first);
            Assert.Empty(engine.Refused);
            Assert.Equal("One Two", Matches(engine, """{"a":"x","u":"alice"}"""));
            Assert.Equal(rest, Matches(engine, """{"a":"x","u":"adm_bob"}"""));
            Assert.Equal("", Matches(engine, """{"u":"alice"}"""));
            Assert.Equal(3, engine.RuleCount);
        }
    }

    [Fact]
    public void SeveralFiltersAndConditions_AreAllAdded_WithTheirBrackets()
    {
        var engine = Compile(Filter("[one]", "not selection and not sel_other") + Filter("[one]", "not 1 of sel*", title: "G"));
        Assert.Equal("Two", Matches(engine, """{"a":"x","u":"sys"}"""));
        Assert.Equal("One Two", Matches(engine, """{"a":"x","u":"alice"}"""));
        // "not selection or not sel_other" is one bracket: beside the rule, it does not let through what the rule does not match.
        engine = Compile(Filter("[one]", "not selection or not sel_other"));
        Assert.Equal("", Matches(engine, """{"u":"alice"}"""));
        Assert.Equal("One Two", Matches(engine, """{"a":"x","u":"adm_bob"}"""));
        // The names of a filter are its own: none takes part in the rule's "1 of them", and "1 of them" of the filter means the filter's.
        Assert.Equal("", Matches(Compile(Filter("[one]", "not 1 of them")), """{"u":"adm_bob"}"""));
        Assert.Equal("Two", Matches(Compile(Filter("[one]", "not 1 of them")), """{"a":"x","u":"adm_bob"}"""));
    }

    [Fact]
    public void AConditionThatIsNotNegativeIsDoneAsWritten_WithAWarning()
    {
        var parsed = SigmaParser.Parse(Rules + Filter("[one]", "selection"), "f.yml");
        var warning = Assert.Single(parsed.Warnings);
        Assert.Equal(("sigma.filter.not-negative", "f.yml:20:14"), (warning.Code, warning.Place));
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.Equal(["sigma.filter.not-negative"], engine.Warnings.Select(w => w.Code));
        Assert.Equal("One Two", Matches(engine, """{"a":"x","u":"adm_bob"}"""));
        Assert.Equal("Two", Matches(engine, """{"a":"x","u":"alice"}"""));
        Assert.Empty(SigmaParser.Parse(Rules + Filter("[one]", "not (selection and sel_other)"), "f.yml").Warnings);
        Assert.Single(SigmaParser.Parse(Rules + Filter("[one]", "not selection and sel_other"), "f.yml").Warnings);
        Assert.Single(SigmaParser.Parse(Rules + Filter("[one]", "not not selection"), "f.yml").Warnings);
    }

    [Fact]
    public void WhatAFilterCannotDoIsSaid()
    {
        const string correlation = "title: C\nname: corr\ncorrelation:\n  type: event_count\n  rules: [one]\n  group-by: [u]\n  timespan: 1m\n  condition: {gte: 2}\n---\n";
        Assert.Equal(["sigma.filter.rule-missing"], Compile(Filter("[nobody]")).Refused.Select(error => error.Code));
        Assert.Equal(["sigma.filter.logsource"], Compile(Filter("[two]")).Refused.Select(error => error.Code));
        Assert.Equal(["sigma.filter.not-a-detection"], Compile(correlation + Filter("[corr]")).Refused.Select(error => error.Code));
        Assert.Equal(["sigma.filter.no-rules"], Compile(Filter("any", product: "macos")).Refused.Select(error => error.Code));
        Assert.Equal(["sigma.correlation.filter"], Compile(Filter("[one]").Replace("title: F", "title: F\nname: fil") + correlation.Replace("[one]", "[fil]")).Refused.Select(error => error.Code));
        var partly = Compile(Filter("[one, nobody, two]"));
        Assert.Empty(partly.Refused);
        Assert.Equal(["sigma.filter.rule-missing", "sigma.filter.logsource"], partly.Warnings.Select(error => error.Code));
        Assert.Equal("Two", Matches(partly, """{"a":"x","u":"adm_bob"}"""));
    }

    [Theory]
    [InlineData("  selection:\n    u: x\n  condition: not selection\n", "sigma.filter.rules")]
    [InlineData("  rules: []\n  selection:\n    u: x\n  condition: not selection\n", "sigma.filter.rules")]
    [InlineData("  rules: [one]\n  condition: not selection\n", "sigma.detection.empty")]
    [InlineData("  rules: [one]\n  selection:\n    u: x\n", "sigma.condition.missing")]
    [InlineData("  rules: [one]\n  selection:\n    u|odd: x\n  condition: not selection\n", "sigma.modifier.unknown")]
    [InlineData("  rules: [one]\n  selection:\n    u: x\n  condition: not rules\n", "sigma.condition.malformed")]
    public void AFilterWithoutItsPartsIsRefused(string filter, string code) =>
        Assert.Equal(code, Assert.Single(SigmaParser.Parse($"title: F\nlogsource: {{product: windows}}\nfilter:\n{filter}", "f.yml").Errors).Code);

    [Fact]
    public void AFilteredRuleFeedsItsCorrelationFilteredToo()
    {
        const string correlation = "title: C\ncorrelation:\n  type: event_count\n  rules: [one]\n  group-by: [h]\n  timespan: 1m\n  condition: {gte: 2}\n---\n";
        var session = Compile(Filter("[one]") + correlation).NewSession();
        var matches = new List<SigmaMatch>();
        void Send(int second, string user) => session.Process(Samples.Event($$"""{"a":"x","u":"{{user}}"}"""), DateTimeOffset.UnixEpoch.AddSeconds(second), "e", [new SigmaLogSource("windows", "process_creation")], matches);
        Send(1, "alice");
        Send(2, "adm_bob");
        Assert.Empty(matches);
        Send(3, "alice");
        Assert.Equal("C", Assert.Single(matches).Rule.Title);
    }
}
