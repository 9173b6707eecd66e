using System.Globalization;
using DuckDB.NET.Data;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>Events of any shape in a table of DuckDB in memory: one map whose values are lists, of texts with the number where it is one.</summary>
internal sealed class EventTable : IDisposable
{
    public static readonly SigmaSqlSchema Schema = new(SigmaSqlDialect.DuckDb,
        name => Listed($"map_extract_value(fields, {SigmaSql.Literal(SigmaSqlDialect.DuckDb, name)})"), [Listed("flatten(map_values(fields))")]);

    /// <summary>The same for events of which no field has several values: each field is one value, or NULL.</summary>
    private static readonly SigmaSqlSchema Single = Schema with { Field = name => Schema.Field(name) is { } field ? field with { Value = $"({field.Value})[1]", IsList = false, Present = $"({field.Value} IS NOT NULL)" } : null };

    private readonly HashSet<int> singles;
    private readonly DuckDBConnection connection = new("DataSource=:memory:");
    private readonly IReadOnlyList<ISigmaEvent> events;

    public EventTable(IReadOnlyList<SigmaDictionaryEvent> events)
    {
        this.events = events;
        singles = [.. Enumerable.Range(0, events.Count).Where(i => !Enumerable.Range(0, events[i].FieldCount).Any(j => events[i].ValueAt(j).Kind == SigmaValueKind.Many))];
        connection.Open();
        Run("CREATE TABLE events (number INTEGER, fields MAP(VARCHAR, STRUCT(t VARCHAR, n DOUBLE)[]))");
        foreach (var part in events.Select((item, number) => $"({number}, {Map(item)})").Chunk(100)) Run($"INSERT INTO events VALUES {string.Join(", ", part)}");
    }

    public DuckDBConnection Connection => connection;

    public void Dispose() => connection.Dispose();

    /// <summary>The numbers of the events that a rule matches, by SQL.</summary>
    public List<int> Found(string condition) => Numbers(connection, $"SELECT number FROM events WHERE {condition} ORDER BY number");

    /// <summary>The numbers of the events that a rule matches as they stream by.</summary>
    public List<int> Streamed(SigmaEngine engine, SigmaDetectionRule rule) => [.. Enumerable.Range(0, events.Count).Where(i => engine.Match(events[i], null).Contains(rule))];

    /// <summary>Compares the two, and that the negation has all the others; gives the number of events found.</summary>
    public int Same(string text)
    {
        var parsed = SigmaParser.Parse(text, "rule.yml");
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.Empty(engine.Refused);
        var rule = engine.DetectionRules[0];
        var condition = SigmaSql.Condition(engine, rule, Schema);
        Assert.True(condition.IsOk, string.Join('\n', condition.Errors));
        var streamed = Streamed(engine, rule);
        var found = Found(condition.Value);
        Assert.True(streamed.SequenceEqual(found), $"{text}\nstream only: {Shown(streamed.Except(found))}\nSQL only: {Shown(found.Except(streamed))}\n{condition.Value}");
        Assert.Equal(events.Count - found.Count, Found($"NOT {condition.Value}").Count);
        var single = SigmaSql.Condition(engine, rule, Single).Value;
        var (alone, others) = (Found(single).Where(singles.Contains).ToList(), Found($"NOT {single}").Where(singles.Contains).ToList());
        var expected = streamed.Where(singles.Contains).ToList();
        Assert.True(expected.SequenceEqual(alone), $"{text}\nstream only: {Shown(expected.Except(alone))}\nSQL only: {Shown(alone.Except(expected))}\n{single}");
        Assert.True(singles.Except(expected).Order().SequenceEqual(others), $"not {text}\nstream only: {Shown(singles.Except(expected).Except(others))}\nSQL only: {Shown(others.Intersect(expected))}\n{single}");
        return found.Count;
    }

    public static List<int> Numbers(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var numbers = new List<int>();
        while (reader.Read()) numbers.Add(reader.GetInt32(0));
        return numbers;
    }

    private string Shown(IEnumerable<int> numbers) =>
        string.Join(" | ", numbers.Take(5).Select(i => string.Join(", ", Enumerable.Range(0, events[i].KeywordValueCount).Select(j => $"{events[i].KeywordValueAt(j, out var field)}".Insert(0, field + "=")))));

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SigmaSqlField Listed(string list) => new(list) { IsList = true, Text = value => $"({value}).t", Number = value => $"({value}).n" };

    private static string Map(SigmaDictionaryEvent item) =>
        "MAP {" + string.Join(", ", Enumerable.Range(0, item.FieldCount).Select(i =>
        {
            item.FieldAt(i, out var name, out _);
            return $"{SigmaSql.Literal(SigmaSqlDialect.DuckDb, name.ToString())}: {List(item.ValueAt(i))}";
        })) + "}::MAP(VARCHAR, STRUCT(t VARCHAR, n DOUBLE)[])";

    private static string List(SigmaValue value) => "[" + string.Join(", ", (value.Kind == SigmaValueKind.Many ? value.Items : [value]).Select(one => one.Kind == SigmaValueKind.Null
        ? "{'t': NULL, 'n': NULL}"
        : $"{{'t': {SigmaSql.Literal(SigmaSqlDialect.DuckDb, one.Text)}, 'n': {(one.Kind == SigmaValueKind.Number && one.TryGetNumber(out var number) ? $"'{number.ToString("R", CultureInfo.InvariantCulture)}'::DOUBLE" : "NULL")}}}")) + "]::STRUCT(t VARCHAR, n DOUBLE)[]";
}
