using System.Diagnostics;
using System.Text.Json;
using Hufu.Support;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>Published rules as SQL over labelled and recorded events.</summary>
public class CorpusSqlTests
{
    [Fact]
    public void EveryLabelledCaseAgrees()
    {
        var rules = Samples.Rules();
        var (events, expected) = (new List<SigmaDictionaryEvent>(), new Dictionary<string, List<(int Number, bool Matches)>>(StringComparer.Ordinal));
        foreach (var line in Samples.Lines("sigma/sigma-rule-cases-dev.jsonl.gz"))
        {
            using var json = JsonDocument.Parse(line);
            var name = json.RootElement.GetProperty("rule").GetString()!;
            if (!expected.TryGetValue(name, out var cases)) expected[name] = cases = [];
            cases.Add((events.Count, json.RootElement.GetProperty("expect").GetBoolean()));
            events.Add(Samples.Event(json.RootElement.GetProperty("event")));
        }

        using var table = new EventTable(events);
        var (refused, wrong, checkedCases) = (new List<string>(), new List<string>(), 0);
        foreach (var (name, cases) in expected)
        {
            var engine = SigmaEngine.Compile(SigmaParser.Parse(rules[name], name).Rules);
            var rule = engine.DetectionRules[0];
            var condition = SigmaSql.Condition(engine, rule, EventTable.Schema);
            if (!condition.IsOk)
            {
                refused.Add(condition.Errors[0].ToString());
                continue;
            }

            // Among all events of all rules, not only its own.
            var found = table.Found(condition.Value);
            var streamed = table.Streamed(engine, rule);
            if (!found.SequenceEqual(streamed)) wrong.Add($"{name}: {string.Join(' ', found.Except(streamed))} instead of {string.Join(' ', streamed.Except(found))}");
            wrong.AddRange(cases.Where(one => found.Contains(one.Number) != one.Matches).Select(one => $"{name}: {one.Number} is not {one.Matches}"));
            checkedCases += cases.Count;
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(refused.Count == 0, string.Join('\n', refused));
        Assert.True(checkedCases == 1_411, $"{checkedCases}");
    }

    [Theory]
    [InlineData("logs/otrf-windows-dev.jsonl.gz", 5_000, 1_000)]
    [InlineData("logs/otrf-lsass01-dev.jsonl.gz", 1_500, 100)]
    public void EveryPublishedRuleFindsTheSameInRecordedEvents(string path, int events, int least)
    {
        var (engine, recorded) = Recorded(path, events, SigmaSqlDialect.DuckDb);
        using var connection = recorded.Duck();
        Same(engine, recorded, SigmaSqlDialect.DuckDb, statement => SqlEvents.Rows(connection, statement), least, mostRefused: 3);
    }

    [Fact]
    public void EveryPublishedRuleFindsTheSameInClickHouse()
    {
        if (ChdbLibrary.Library is null) Assert.Skip("libchdb is not there (the test script fetches it with npm)");
        var (engine, recorded) = Recorded("logs/otrf-windows-dev.jsonl.gz", 3_000, SigmaSqlDialect.ClickHouse);
        lock (ChdbLibrary.Gate)
        {
            recorded.FillClickHouse();
            // Long lists of values make statements of more than a quarter of a megabyte.
            foreach (var setting in SigmaSql.ClickHouseSettings) ChdbLibrary.Run($"SET {setting.Name} = {setting.Value}", "");
            Same(engine, recorded, SigmaSqlDialect.ClickHouse, ClickEvents.Rows, 500, mostRefused: 3);
        }
    }

    /// <summary>The published rules, which have no correlations, with some of every kind over those of them that match most.</summary>
    private static (SigmaEngine Engine, RecordedEvents Recorded) Recorded(string path, int events, SigmaSqlDialect dialect)
    {
        var rules = Samples.Rules().SelectMany(rule => SigmaParser.Parse(rule.Value, rule.Key).Rules).ToList();
        var plain = new RecordedEvents(path, events, SigmaEngine.Compile(rules));
        var often = plain.Streamed.OrderByDescending(pair => pair.Value.Count).Select(pair => pair.Key.Id!).Take(12).ToList();
        var text = string.Join("---\n", Enumerable.Range(0, often.Count - 2).SelectMany(i => new[]
        {
            $"type: event_count, rules: [{often[i]}], group-by: [Computer], timespan: 1m, condition: {{ gte: 3 }}",
            $"type: value_count, rules: [{often[i]}, {often[i + 1]}], group-by: [Computer], timespan: 10m, condition: {{ field: Image, gte: 2 }}",
            $"type: value_count, rules: [{often[i]}], group-by: [User, Image], timespan: 1h, condition: {{ field: [TargetObject, EventID], gt: 1 }}",
            $"type: temporal, rules: [{often[i]}, {often[i + 1]}, {often[i + 2]}], group-by: [Computer], timespan: 30s, condition: {{ gte: 2 }}",
            $"type: temporal_ordered, rules: [{often[i + 1]}, {often[i]}], group-by: [Computer], timespan: 5m",
            $"type: value_avg, rules: [{often[i]}], group-by: [Image], timespan: 5m, condition: {{ field: ProcessId, gt: 1000 }}",
            $"type: value_percentile, rules: [{often[i]}], timespan: 5m, condition: {{ field: ProcessId, percentile: 50, gt: 1000 }}",
            $"type: value_percentile, rules: [{often[i]}], timespan: 5m, condition: {{ field: Image, gt: 40 }}",
        }.Select((correlation, kind) => $"title: Correlation {i} {kind}\nname: c{i}_{kind}\ncorrelation: {{ {correlation}, generate: true }}\n"))) +
            "---\ntitle: Chain\nname: chain\ncorrelation: { type: event_count, rules: [c0_0, c1_0, c2_0, c0_3], group-by: [Computer], timespan: 10m, condition: { gte: 2 }, generate: true }\n";
        var engine = SigmaEngine.Compile([.. rules, .. SigmaParser.Parse(text, "correlations.yml").Rules]);
        Assert.Equal(((often.Count - 2) * 8) + 1, engine.Correlations.Count);
        return (engine, new RecordedEvents(path, events, engine));
    }

    private static void Same(SigmaEngine engine, RecordedEvents recorded, SigmaSqlDialect dialect, Func<string, List<string>> rows, int least, int mostRefused)
    {
        var (refused, wrong, hits, fired, schema) = (new List<string>(), new List<string>(), 0, 0, recorded.Schema(dialect));
        var watch = Stopwatch.StartNew();
        foreach (var rule in engine.DetectionRules.Cast<SigmaRule>().Concat(engine.Correlations.Select(plan => plan.Rule)))
        {
            var statement = SigmaSql.Statement(engine, rule, schema);
            if (!statement.IsOk)
            {
                refused.Add(statement.Errors[0].ToString());
                continue;
            }

            var found = rows(statement.Value);
            var expected = recorded.Streamed.GetValueOrDefault(rule, []);
            if (rule is SigmaCorrelationRule) fired += found.Count;
            else hits += found.Count;
            if (!found.SequenceEqual(expected)) wrong.Add($"{rule.Source} {rule.Title}: SQL only {string.Join(" | ", found.Except(expected).Take(5))}, stream only {string.Join(" | ", expected.Except(found).Take(5))}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{engine.DetectionRules.Count} rules, {hits} hits; {engine.Correlations.Count} correlations, {fired} hits; {refused.Count} refused; {recorded.Shape}; {watch.Elapsed}\n{string.Join('\n', refused)}");
        Assert.True(wrong.Count == 0, $"{wrong.Count} rules differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(hits > least && fired > 20, $"{hits} {fired}");
        Assert.True(refused.Count <= mostRefused, $"{refused.Count} refused:\n{string.Join('\n', refused)}");
    }
}
