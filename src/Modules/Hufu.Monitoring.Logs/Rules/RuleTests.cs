using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>What one test of a rule came to.</summary>
/// <param name="MustMatch">Whether the event must match.</param>
/// <param name="Line">Line of the event from 1; 0 where all lines are one test.</param>
/// <param name="Passed">Whether it did as it must.</param>
/// <param name="InSource">Whether the event is of the rule's log source: in the stream, the rule looks at no other.</param>
/// <param name="Why">What came of it, in words.</param>
public sealed record RuleTest(bool MustMatch, int Line, bool Passed, bool InSource, LocalizedText Why);

/// <summary>Tries rules on events that are kept with them.</summary>
internal static class RuleTests
{
    /// <summary>Most lines that are tried.</summary>
    internal const int MostLines = 500;

    // What has no time of its own follows a second after the one before. Any day will do: the outcome must be the same always.
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Tries the rules on all lines. A correlation is fed all of them in their order; else each is judged for itself.</summary>
    internal static List<RuleTest> Run(IReadOnlyList<SigmaRule> rules, string mustMatch, string mustNotMatch, RuleMappings mappings)
    {
        var engine = SigmaEngine.Compile(rules);
        var tests = new List<RuleTest>();
        foreach (var (text, must) in new[] { (mustMatch, true), (mustNotMatch, false) })
        {
            var lines = RuleSelection.Lines(text).ToList();
            if (lines.Count == 0) continue;
            if (lines.Count > MostLines)
            {
                tests.Add(new RuleTest(must, 0, false, true, new LocalizedText($"測試事件超過 {MostLines} 筆", $"more than {MostLines} events")));
                continue;
            }

            if (rules.Any(r => r is SigmaCorrelationRule)) tests.Add(Whole(engine, lines, must, mappings));
            else tests.AddRange(lines.Select(line => One(engine, line.Line, line.Number, must, mappings)));
        }

        return tests;
    }

    /// <summary>An event as the stream would have it.</summary>
    internal static LogEvent EventOf(string line, int number) =>
        LogParser.Parse(line, Begin.AddSeconds(number), "test", new LogParseOptions { ReferenceTime = Begin }) with { Id = string.Create(CultureInfo.InvariantCulture, $"test/{number}") };

    private static RuleTest One(SigmaEngine engine, string line, int number, bool must, RuleMappings mappings)
    {
        var fields = new LogEventFields(EventOf(line, number), mappings);
        var matches = engine.Match(fields, null).Count > 0;
        var inSource = !matches || engine.Match(fields, fields.Sources).Count > 0;
        return new RuleTest(must, number, matches == must, inSource, matches
            ? new LocalizedText($"第 {number} 行命中", $"line {number} matches")
            : new LocalizedText($"第 {number} 行未命中", $"line {number} does not match"));
    }

    private static RuleTest Whole(SigmaEngine engine, IReadOnlyList<(string Line, int Number)> lines, bool must, RuleMappings mappings)
    {
        var session = engine.NewSession();
        var found = new List<SigmaMatch>();
        var inSource = true;
        foreach (var (line, number) in lines)
        {
            var item = EventOf(line, number);
            var fields = new LogEventFields(item, mappings);
            var matched = engine.Match(fields, null);
            if (matched.Count > 0 && engine.Match(fields, fields.Sources).Count == 0) inSource = false;
            session.Process(matched, fields, item.Time, item.Id, found);
        }

        var fires = found.Exists(m => m.Rule is SigmaCorrelationRule);
        return new RuleTest(must, 0, fires == must, inSource, fires ? new LocalizedText("關聯規則成立", "the correlation fires") : new LocalizedText("關聯規則未成立", "the correlation does not fire"));
    }
}
