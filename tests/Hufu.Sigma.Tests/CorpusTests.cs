using System.Text.Json;

namespace Hufu.Sigma.Tests;

public class CorpusTests
{
    [Fact]
    public void EveryPublishedRuleParses_ExceptThoseThatNeedPlaceholders()
    {
        var rules = Samples.Rules();
        var errors = rules.SelectMany(rule => SigmaParser.Parse(rule.Value, rule.Key).Errors).ToList();
        Assert.Equal(3_754, rules.Count);
        Assert.Equal(2, errors.Count);
        Assert.All(errors, error => Assert.Equal("sigma.placeholder.missing", error.Code));
    }

    [Fact]
    public void EveryLabelledCaseAgrees()
    {
        var rules = Samples.Rules();
        var compiled = new Dictionary<string, SigmaEngine>(StringComparer.Ordinal);
        var wrong = new List<string>();
        var cases = 0;
        foreach (var line in Samples.Lines("sigma/sigma-rule-cases-dev.jsonl.gz"))
        {
            using var json = JsonDocument.Parse(line);
            var name = json.RootElement.GetProperty("rule").GetString()!;
            if (!compiled.TryGetValue(name, out var engine))
                compiled[name] = engine = SigmaEngine.Compile(SigmaParser.Parse(rules[name], name).Rules);
            Assert.Equal(1, engine.RuleCount);
            var matched = engine.Match(Samples.Event(json.RootElement.GetProperty("event")), null).Count == 1;
            cases++;
            if (matched != json.RootElement.GetProperty("expect").GetBoolean()) wrong.Add(line);
        }

        Assert.Equal(1_411, cases);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases} disagree:\n{string.Join('\n', wrong.Take(20))}");
    }
}
