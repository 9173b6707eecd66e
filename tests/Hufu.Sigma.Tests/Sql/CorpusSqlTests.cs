using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Sigma.Support;

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

    [Fact]
    public void EveryPublishedRuleFindsTheSameInRecordedEvents()
    {
        const int Events = 5_000;
        var engine = SigmaEngine.Compile(Samples.Rules().SelectMany(rule => SigmaParser.Parse(rule.Value, rule.Key).Rules));
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<(Dictionary<int, List<string?>> Fields, List<string> Keywords)>();
        var streamed = new Dictionary<SigmaRule, List<int>>(ReferenceEqualityComparer.Instance);
        var item = new WindowsEvent();
        foreach (var line in Samples.Lines("logs/otrf-windows-dev.jsonl.gz").Take(Events))
        {
            item.Read(Encoding.UTF8.GetBytes(line));
            var (fields, keywords) = (new Dictionary<int, List<string?>>(), new List<string>());
            for (var i = 0; i < item.FieldCount; i++)
            {
                item.FieldAt(i, out var name, out _);
                if (!names.TryGetValue(name.ToString(), out var column)) names[name.ToString()] = column = names.Count;
                var value = item.ValueAt(i);
                fields.TryAdd(column, value.Kind == SigmaValueKind.Many ? [.. value.Items.Select(one => one.Kind == SigmaValueKind.Null ? null : one.Text)] : [value.Kind == SigmaValueKind.Null ? null : value.Text]);
                if (value.Kind == SigmaValueKind.Text) keywords.Add(value.Text);
            }

            foreach (var rule in engine.Match(item, null))
            {
                if (!streamed.TryGetValue(rule, out var numbers)) streamed[rule] = numbers = [];
                numbers.Add(rows.Count);
            }

            rows.Add((fields, keywords));
        }

        // A column for each field, as a table of typed columns has them; one that has several values in some event, or null, is a list.
        var lists = names.Values.Where(column => rows.Exists(row => row.Fields.TryGetValue(column, out var values) && (values.Count != 1 || values[0] is null))).ToHashSet();
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = $"CREATE TABLE events (number INTEGER, keywords VARCHAR[]{string.Concat(names.Values.Select(column => $", c{column} VARCHAR{(lists.Contains(column) ? "[]" : "")}"))})";
            command.ExecuteNonQuery();
        }

        using (var appender = connection.CreateAppender("events"))
        {
            for (var number = 0; number < rows.Count; number++)
            {
                var row = appender.CreateRow();
                row.AppendValue(number).AppendValue(rows[number].Keywords);
                for (var column = 0; column < names.Count; column++)
                {
                    if (!rows[number].Fields.TryGetValue(column, out var values)) row.AppendNullValue();
                    else if (lists.Contains(column)) row.AppendValue(values);
                    else row.AppendValue(values[0]!);
                }

                row.EndRow();
            }
        }

        // Fields that no event has are as missing as those that one lacks.
        var schema = new SigmaSqlSchema(SigmaSqlDialect.DuckDb, name => names.TryGetValue(name, out var column) ? new SigmaSqlField($"c{column}") { IsList = lists.Contains(column) } : new SigmaSqlField("NULL::VARCHAR"), [new SigmaSqlField("keywords") { IsList = true }]);
        var (refused, wrong, hits, asked) = (new List<string>(), new List<string>(), 0, 0);
        var watch = Stopwatch.StartNew();
        foreach (var rule in engine.DetectionRules)
        {
            var condition = SigmaSql.Condition(engine, rule, schema);
            if (!condition.IsOk)
            {
                refused.Add(condition.Errors[0].ToString());
                continue;
            }

            var found = EventTable.Numbers(connection, $"SELECT number FROM events WHERE {condition.Value} ORDER BY number");
            var expected = streamed.GetValueOrDefault(rule, []);
            hits += found.Count;
            asked++;
            if (!found.SequenceEqual(expected)) wrong.Add($"{rule.Source}: SQL only {string.Join(' ', found.Except(expected).Take(5))}, stream only {string.Join(' ', expected.Except(found).Take(5))}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{asked} rules, {hits} hits, {refused.Count} refused, {names.Count} fields of which {lists.Count} are lists, {watch.Elapsed}\n{string.Join('\n', refused)}");
        Assert.True(wrong.Count == 0, $"{wrong.Count} rules differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(hits > 1_000, $"{hits}");
        Assert.True(refused.Count <= 3, $"{refused.Count} refused:\n{string.Join('\n', refused)}");
        Assert.Equal(engine.DetectionRules.Count, asked + refused.Count);
    }
}
