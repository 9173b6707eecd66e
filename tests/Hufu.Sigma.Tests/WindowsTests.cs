using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Hufu.Sigma.Support;

namespace Hufu.Sigma.Tests;

/// <summary>Published rules on recorded Windows events, against what two other programs found.</summary>
public class WindowsTests
{
    [Theory]
    [InlineData("logs/otrf-windows-dev", 1_193)]
    [InlineData("logs/otrf-lsass01-dev", 326)]
    public void EveryExpectedMatchIsFound_AndNoOther(string data, int hits)
    {
        var engine = Corpus.Engine;
        Assert.Empty(engine.Refused);
        var expected = new Dictionary<int, HashSet<string>>();
        foreach (var line in Samples.Lines($"{data}.expected.jsonl.gz"))
        {
            using var json = JsonDocument.Parse(line);
            expected[json.RootElement.GetProperty("line").GetInt32()] = [.. json.RootElement.GetProperty("rules").EnumerateArray().Select(id => id.GetString()!)];
        }

        var wrong = new List<string>();
        var (number, found) = (0, 0);
        var item = new WindowsEvent();
        foreach (var line in Samples.Lines($"{data}.jsonl.gz"))
        {
            item.Read(Encoding.UTF8.GetBytes(line));
            var matched = engine.Match(item, item.Sources).Select(rule => rule.Id!).ToHashSet();
            found += matched.Count;
            if (!matched.SetEquals(expected.GetValueOrDefault(number, []))) wrong.Add($"{number}: {string.Join(' ', matched)} instead of {string.Join(' ', expected.GetValueOrDefault(number, []))}");
            number++;
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} lines differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.Equal(hits, found);
        Assert.Equal(0, engine.RegexTimeouts);
    }

    [Fact]
    public void AlmostEveryRuleNeedsSomethingToBeFound_AndCompilingTakesSeconds()
    {
        var watch = Stopwatch.StartNew();
        var engine = SigmaEngine.Compile(Corpus.Rules);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"{watch.Elapsed}");
        Assert.Equal(3_752, engine.RuleCount);
        Assert.InRange(engine.Index.AlwaysTried, 0, 30);
        Assert.InRange(engine.Index.States, 50_000, 300_000);
    }

    [Fact]
    public void TheIndexAnswersAsEachRuleDoes_WithoutRoutingToo()
    {
        var engine = Corpus.Engine;
        var item = new WindowsEvent();
        var matches = 0;
        foreach (var line in Samples.Lines("logs/otrf-windows-dev.jsonl.gz").Where((_, i) => i % 400 == 0))
        {
            item.Read(Encoding.UTF8.GetBytes(line));
            var plainly = engine.MatchPlainly(item, null);
            Assert.Equal(plainly, engine.Match(item, null));
            Assert.Equal(plainly, engine.Match(new Unlisted(item), null));
            Assert.Equal(engine.MatchPlainly(item, item.Sources), engine.Match(item, item.Sources));
            matches += plainly.Count;
        }

        Assert.True(matches > 50, $"{matches}");
    }
}

/// <summary>The same event without the list of its fields.</summary>
internal sealed class Unlisted(ISigmaEvent item) : ISigmaEvent
{
    public int KeywordValueCount => item.KeywordValueCount;

    public bool TryGet(string field, out SigmaValue value) => item.TryGet(field, out value);

    public SigmaValue KeywordValueAt(int index, out string field) => item.KeywordValueAt(index, out field);
}
