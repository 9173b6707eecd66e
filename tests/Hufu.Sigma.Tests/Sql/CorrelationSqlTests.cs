using System.Globalization;
using DuckDB.NET.Data;
using Hufu.Support;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>Correlations as SQL fire at the events, for the groups and with the figures with which they fire as events stream by.</summary>
public class CorrelationSqlTests
{
    private const string Bases = """
        title: A
        name: a
        logsource: { product: x }
        detection: { s: { k|contains: a }, condition: s }
        ---
        title: B
        name: b
        logsource: { product: x }
        detection: { s: { k|contains: b }, condition: s }
        ---
        title: C
        name: c
        logsource: { product: x }
        detection: { s: { k|contains: c }, condition: s }
        ---
        title: D
        name: d
        logsource: { product: x }
        detection: { s: { k|contains: d }, condition: s }
        ---

        """;

    [Theory]
    [InlineData("type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: { gte: 3 }")]
    [InlineData("type: event_count, rules: [a], timespan: 10s, condition: { gte: 5, lt: 9 }")]
    [InlineData("type: event_count, rules: [a, b], group-by: [u, w], timespan: 5s, condition: { eq: 2 }")]
    [InlineData("type: event_count, rules: [a, b], group-by: [who], timespan: 20s, condition: { gt: 4 }, aliases: { who: { a: u, b: w } }")]
    [InlineData("type: event_count, rules: [a], group-by: [l], timespan: 20s, condition: { gte: 2 }")]
    [InlineData("type: event_count, rules: [a], group-by: [missing], timespan: 30s, condition: { neq: 3 }")]
    [InlineData("type: value_count, rules: [a], group-by: [u], timespan: 20s, condition: { field: w, gte: 3 }")]
    [InlineData("type: value_count, rules: [a, c], timespan: 5s, condition: { field: [w, u], gte: 4 }")]
    [InlineData("type: value_count, rules: [b], group-by: [w], timespan: 8s, condition: { field: l, gte: 2, lte: 3 }")]
    [InlineData("type: value_sum, rules: [a], group-by: [u], timespan: 10s, condition: { field: n, gt: 3.3 }")]
    [InlineData("type: value_sum, rules: [a, b], timespan: 3s, condition: { field: n, gte: 0.3, lte: 0.6 }")]
    [InlineData("type: value_avg, rules: [a], group-by: [u], timespan: 10s, condition: { field: n, gte: 1.15 }")]
    [InlineData("type: value_avg, rules: [c], timespan: 10s, condition: { field: n, lt: 0.2 }")]
    [InlineData("type: value_percentile, rules: [a], group-by: [w], timespan: 30s, condition: { field: n, percentile: 90, gt: 2.5 }")]
    [InlineData("type: value_percentile, rules: [a], timespan: 10s, condition: { field: n, percentile: 33.3, lt: 0.4 }")]
    [InlineData("type: value_percentile, rules: [a, b], timespan: 10s, condition: { field: u, gte: 60 }")]
    [InlineData("type: value_percentile, rules: [a], group-by: [w], timespan: 25s, condition: { field: u, lt: 35 }")]
    [InlineData("type: temporal, rules: [a, b, c], group-by: [u], timespan: 6s")]
    [InlineData("type: temporal, rules: [a, b, c, d], timespan: 2s, condition: { eq: 2 }")]
    [InlineData("type: temporal, rules: [a, b, c], group-by: [w], timespan: 4s, condition: 'a and not (b or c)'")]
    [InlineData("type: temporal_ordered, rules: [a, b, c], group-by: [u], timespan: 15s")]
    [InlineData("type: temporal_ordered, rules: [c, b, a, d], timespan: 3s, condition: { gte: 3 }")]
    [InlineData("type: temporal_ordered, rules: [a, b, c], group-by: [u], timespan: 12s, condition: '(a and b) or (b and c and not d) or (not a and c)', also: d")]
    public void EachKindFiresTheSame(string correlation)
    {
        // A condition may name a rule that is only negated.
        if (correlation.Contains(", also: d", StringComparison.Ordinal)) correlation = correlation.Replace(", also: d", "", StringComparison.Ordinal).Replace("rules: [a, b, c]", "rules: [a, b, c, d]", StringComparison.Ordinal);
        var fired = 0;
        for (var seed = 1; seed <= 3; seed++) fired += Same(Bases + $"title: Correlation\nname: top\ncorrelation: {{ {correlation} }}\n", Events(new Random(seed), 400));
        Assert.True(fired > 3, $"{correlation} fires {fired} times");
    }

    [Theory]
    [InlineData("""
        title: Inner
        name: inner
        correlation: { type: event_count, rules: [a], group-by: [u, w], timespan: 10s, condition: { gte: 2 } }
        ---
        title: Outer
        name: outer
        correlation: { type: value_count, rules: [inner], group-by: [u], timespan: 60s, condition: { field: w, gte: 2 }, generate: true }
        """)]
    [InlineData("""
        title: Inner
        name: inner
        correlation: { type: temporal, rules: [a, b], group-by: [who], timespan: 5s, aliases: { who: { a: u, b: w } } }
        ---
        title: Outer
        name: outer
        correlation: { type: temporal_ordered, rules: [inner, c], group-by: [who], timespan: 20s, aliases: { who: { c: u } } }
        ---
        title: Last
        name: last
        correlation: { type: event_count, rules: [outer, d, inner], group-by: [nothing], timespan: 30s, condition: { gte: 3 } }
        """)]
    [InlineData("""
        title: Sums
        name: sums
        correlation: { type: event_count, rules: [a], group-by: [n], timespan: 20s, condition: { gte: 2 } }
        ---
        title: Outer
        name: outer
        correlation: { type: value_sum, rules: [sums], timespan: 60s, condition: { field: n, gte: 2.5 } }
        """)]
    public void WhatACorrelationGivesIsCountedByOthers(string correlations)
    {
        var fired = 0;
        for (var seed = 1; seed <= 4; seed++) fired += Same(Bases + correlations, Events(new Random(seed), 400));
        Assert.True(fired > 2, $"{fired}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomCorrelationsFireTheSame(int seed)
    {
        var (random, fired, tried) = (new Random(seed), 0, 0);
        var events = Events(random, 500);
        while (tried < 20)
        {
            if (SigmaParser.Parse(Correlation(random) is var text ? text : "", "rules.yml").Errors.Count > 0) continue;
            tried++;
            fired += Same(text, events);
        }

        Assert.True(fired > 150, $"{fired}");
    }

    [Fact]
    public void ClickHouseFiresTheSame()
    {
        if (ChdbLibrary.Library is null) Assert.Skip("libchdb is not there (the test script fetches it with npm)");
        lock (ChdbLibrary.Gate)
        {
            for (var seed = 11; seed <= 13; seed++)
            {
                var (random, fired, tried) = (new Random(seed), 0, 0);
                var events = Events(random, 400);
                ClickEvents.Fill(events);
                while (tried < 25)
                {
                    var text = Correlation(random);
                    if (SigmaParser.Parse(text, "rules.yml").Errors.Count > 0) continue;
                    tried++;
                    fired += Same(text, events, ClickEvents.Schema, ClickEvents.Rows);
                }

                Assert.True(fired > 150, $"{fired}");
            }

            ClickEvents.Fill([new SqlEvent(1, new SigmaDictionaryEvent([new("k", SigmaValue.Of("a")), new("n", SigmaValue.Of(0.1234567))]))]);
            var engine = Engine(Bases + "title: Sum\nname: top\ncorrelation: { type: value_sum, rules: [a], timespan: 10s, condition: { field: n, gte: 3 } }\n");
            Assert.Contains("six decimals", Assert.Throws<ChdbFault>(() => ClickEvents.Rows(SigmaSql.Statement(engine, engine.Correlations[0].Rule, ClickEvents.Schema).Value)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatCannotBeSaidIsRefusedWithItsReason()
    {
        var engine = Engine(Bases + "title: Regex\nname: e\nlogsource: { product: x }\ndetection: { s: { k|re: '(a)\\1' }, condition: s }\n---\ntitle: Of it\nname: top\ncorrelation: { type: event_count, rules: [a, e], timespan: 10s, condition: { gte: 3 } }\n");
        var refused = SigmaSql.Statement(engine, engine.Correlations[0].Rule, SqlEvents.Duck);
        Assert.Equal("sigma.sql.regex", Assert.Single(refused.Errors).Code);

        var names = Enumerable.Range(0, 7).Select(i => $"r{i}").ToList();
        engine = Engine(string.Concat(names.Select(name => $"title: {name}\nname: {name}\nlogsource: {{ product: x }}\ndetection: {{ s: {{ k: {name} }}, condition: s }}\n---\n")) + $"title: Many\nname: top\ncorrelation: {{ type: temporal_ordered, rules: [{string.Join(", ", names)}], timespan: 10s, condition: '{string.Join(" and ", names)}' }}\n");
        Assert.Equal("sigma.sql.ordered", Assert.Single(SigmaSql.Statement(engine, engine.Correlations[0].Rule, SqlEvents.Duck).Errors).Code);

        engine = Engine(Bases);
        Assert.Equal("sigma.sql.source", Assert.Single(SigmaSql.Statement(engine, engine.DetectionRules[0], SqlEvents.Duck with { Source = source => source.Product == "x" ? null : "true" }).Errors).Code);
        Assert.Contains("product_is_x AND", SigmaSql.Statement(engine, engine.DetectionRules[0], SqlEvents.Duck with { Source = source => $"product_is_{source.Product}" }).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void ASumThatCannotBeExactEndsTheStatement()
    {
        var engine = Engine(Bases + "title: Sum\nname: top\ncorrelation: { type: value_sum, rules: [a], timespan: 10s, condition: { field: n, gte: 3 } }\n");
        var statement = SigmaSql.Statement(engine, engine.Correlations[0].Rule, SqlEvents.Duck).Value;
        foreach (var number in new[] { "0.1234567", "1000000000.5", "1e16" })
        {
            using var table = new SqlEvents([new SqlEvent(1, new SigmaDictionaryEvent([new("k", SigmaValue.Of("a")), new("n", SigmaValue.Of(double.Parse(number, CultureInfo.InvariantCulture)))]))]);
            Assert.Contains("six decimals", Assert.Throws<DuckDBException>(() => table.Rows(statement)).Message, StringComparison.Ordinal);
        }
    }

    internal static SigmaEngine Engine(string text)
    {
        var parsed = SigmaParser.Parse(text, "rules.yml");
        Assert.True(parsed.Errors.Count == 0, $"{text}\n{string.Join('\n', parsed.Errors)}");
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.True(engine.Refused.Count == 0, $"{text}\n{string.Join('\n', engine.Refused)}");
        return engine;
    }

    /// <summary>Compares every correlation and detection that reports; gives how often correlations fired.</summary>
    internal static int Same(string text, IReadOnlyList<SqlEvent> events)
    {
        using var table = new SqlEvents(events);
        return Same(text, events, SqlEvents.Duck, table.Rows);
    }

    internal static int Same(string text, IReadOnlyList<SqlEvent> events, SigmaSqlSchema schema, Func<string, List<string>> rows)
    {
        var engine = Engine(text);
        var streamed = Streamed(engine, events);
        var fired = 0;
        foreach (var plan in engine.Correlations)
        {
            if (!engine.Reports(plan.Rule)) continue;
            var statement = SigmaSql.Statement(engine, plan.Rule, schema);
            Assert.True(statement.IsOk, string.Join('\n', statement.Errors));
            var found = rows(statement.Value);
            var expected = streamed.GetValueOrDefault(plan.Rule, []);
            Assert.True(expected.SequenceEqual(found), $"{text}\n{expected.Count} of the stream, {found.Count} of SQL\nstream only: {string.Join(" | ", expected.Except(found).Take(5))}\nSQL only: {string.Join(" | ", found.Except(expected).Take(5))}\n{statement.Value[..Math.Min(2_000, statement.Value.Length)]}");
            fired += found.Count;
        }

        return fired;
    }

    /// <summary>The hits of each rule as the events stream by: time, number, values of the group, figure.</summary>
    internal static Dictionary<SigmaRule, List<string>> Streamed(SigmaEngine engine, IReadOnlyList<SqlEvent> events)
    {
        var hits = new Dictionary<SigmaRule, List<string>>(ReferenceEqualityComparer.Instance);
        var (session, found) = (engine.NewSession(), new List<SigmaMatch>());
        for (var number = 0; number < events.Count; number++)
        {
            found.Clear();
            session.Process(events[number].Fields, DateTimeOffset.UnixEpoch.AddMicroseconds(events[number].At), number.ToString(CultureInfo.InvariantCulture), null, found);
            foreach (var match in found)
            {
                if (!hits.TryGetValue(match.Rule, out var of)) hits[match.Rule] = of = [];
                of.Add(match.Rule is SigmaDetectionRule ? SqlEvents.Row(events[number].At, number, [], null) : SqlEvents.Row(events[number].At, number, match.Fields.Select(field => field.Value), match.Figure));
            }
        }

        Assert.Equal(0, session.ForgottenEvents + session.LateEvents);
        return hits;
    }

    internal static List<SqlEvent> Events(Random random, int count)
    {
        string[] users = ["eve", "EVE", "bob", "Böb", "BÖB", "\u212Aim", "kim", ""], addresses = ["10.0.0.1", "10.0.0.2", "-", "3:x"];
        var (events, at) = (new List<SqlEvent>(), 1_700_000_000_000_000L);
        for (var i = 0; i < count; i++)
        {
            // Some at one moment, some a whole number of seconds apart, so that bounds are met.
            at += random.Next(40) switch { 0 => 1, 1 => random.Next(1, 3_000_000), 2 => 20_000_000, < 12 => 0, < 24 => 1_000_000, < 30 => 2_000_000, _ => 500_000 };
            var fields = new List<KeyValuePair<string, SigmaValue>> { new("k", SigmaValue.Of(string.Concat("abcd".Where(_ => random.Next(3) == 0)))) };
            if (random.Next(8) > 0) fields.Add(new("u", random.Next(12) == 0 ? default : SigmaValue.Of(users[random.Next(users.Length)])));
            if (random.Next(8) > 0) fields.Add(new("w", SigmaValue.Of(addresses[random.Next(addresses.Length)])));
            if (random.Next(6) > 0) fields.Add(new("n", random.Next(5) switch { 0 => SigmaValue.Of("0.1"), 1 => SigmaValue.Of(random.Next(4), null), 2 => SigmaValue.Of("x"), 3 => SigmaValue.Of(random.Next(100) / 10.0, null), _ => SigmaValue.Of(random.Next(30) == 0 ? "Infinity" : "0.2") }));
            if (random.Next(4) > 0) fields.Add(new("l", random.Next(3) == 0 ? SigmaValue.Of("one") : SigmaValue.Of([.. Enumerable.Range(0, random.Next(3) is 0 ? 0 : 2).Select(_ => SigmaValue.Of(users[random.Next(3)]))])));
            events.Add(new SqlEvent(at, new SigmaDictionaryEvent(fields)));
        }

        return events;
    }

    internal static string Correlation(Random random)
    {
        string[] names = ["a", "b", "c", "d"], fields = ["u", "w", "l", "n"];
        var count = random.Next(3) == 0 ? 2 : 1;
        var text = Bases;
        var known = names.ToList();
        for (var i = 0; i < count; i++)
        {
            var rules = known.OrderBy(_ => random.Next()).Take(random.Next(1, 5)).ToList();
            var groups = fields.Where(_ => random.Next(3) == 0).ToList();
            var type = random.Next(8);
            if (type is 4 or 5 && rules.Count == 1) rules = ["a", "b"];
            var (name, condition) = type switch
            {
                0 => ("event_count", Bounds(1, 8, whole: true)),
                1 => ("value_count", $"{Bounds(1, 4, whole: true)}, field: {(random.Next(2) == 0 ? "w" : "[u, l]")}"),
                2 => ("value_sum", $"{Bounds(0, 12, whole: false)}, field: n"),
                3 => ("value_avg", $"{Bounds(0, 4, whole: false)}, field: n"),
                4 or 5 => (type == 4 ? "temporal" : "temporal_ordered", random.Next(2) == 0 ? Bounds(1, rules.Count, whole: true) : $"'{Expression(2)}'"),
                6 => ("value_percentile", $"{Bounds(0, 4, whole: false)}, field: n, percentile: {random.Next(101)}"),
                _ => ("value_percentile", $"{Bounds(0, 100, whole: false)}, field: u"),
            };
            var aliases = random.Next(3) == 0 && groups.Count > 0 ? $", aliases: {{ who: {{ {string.Join(", ", rules.Select(rule => $"{rule}: {fields[random.Next(2)]}"))} }} }}" : "";
            if (aliases.Length > 0) groups[0] = "who";
            text += $"title: Correlation {i}\nname: t{i}\ncorrelation: {{ type: {name}, rules: [{string.Join(", ", rules)}], group-by: [{string.Join(", ", groups)}], timespan: {(random.Next(8) == 0 ? "365d" : $"{random.Next(1, 25)}s")}, condition: {(condition[0] == '\'' ? condition : "{ " + condition + " }")}, generate: {(random.Next(2) == 0 ? "true" : "false")}{aliases} }}\n---\n";
            known.Add($"t{i}");

            string Expression(int depth) => (depth == 0 ? 0 : random.Next(4)) switch
            {
                1 => $"{Expression(depth - 1)} and {Expression(depth - 1)}",
                2 => $"({Expression(depth - 1)} or {Expression(depth - 1)})",
                3 => $"not {Expression(0)}",
                _ => rules[random.Next(rules.Count)],
            };
        }

        return text;

        string Bounds(int least, int most, bool whole)
        {
            var value = whole ? random.Next(least, most + 1) : least + (random.Next((most - least) * 10) / 10.0);
            return string.Create(CultureInfo.InvariantCulture, $"{new[] { "gt", "gte", "lt", "lte", "eq", "neq" }[random.Next(6)]}: {value}");
        }
    }
}
