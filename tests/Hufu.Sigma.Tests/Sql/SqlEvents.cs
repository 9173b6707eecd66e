using System.Globalization;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Support;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>An event with its time, in microseconds since 1970.</summary>
internal sealed record SqlEvent(long At, SigmaDictionaryEvent Fields);

/// <summary>Events with their times in a table of DuckDB; their numbers are their places.</summary>
internal sealed class SqlEvents : IDisposable
{
    internal static readonly SigmaSqlSchema Duck = EventTable.Schema with { Table = "events JOIN times USING (number)", Time = "micros", Order = [("number", "number")] };

    private readonly EventTable table;

    internal SqlEvents(IReadOnlyList<SqlEvent> events)
    {
        table = new EventTable([.. events.Select(item => item.Fields)]);
        using var command = table.Connection.CreateCommand();
        command.CommandText = $"CREATE TABLE times AS SELECT * FROM (VALUES {string.Join(", ", events.Select((item, number) => string.Create(CultureInfo.InvariantCulture, $"({number}, {item.At}::BIGINT)")))}) t(number, micros)";
        command.ExecuteNonQuery();
    }

    public void Dispose() => table.Dispose();

    /// <summary>A hit as text; zero has no sign.</summary>
    internal static string Row(long at, int number, IEnumerable<string> group, double? figure) =>
        string.Create(CultureInfo.InvariantCulture, $"{at} {number} {string.Join('¦', group)} {figure + 0.0:R}");

    /// <summary>The hits of a statement.</summary>
    internal List<string> Rows(string statement) => Rows(table.Connection, statement);

    /// <summary>The hits of a statement.</summary>
    internal static List<string> Rows(DuckDBConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            var correlation = reader.FieldCount > 2;
            rows.Add(Row(reader.GetInt64(0), reader.GetInt32(1), Enumerable.Range(2, Math.Max(0, reader.FieldCount - 3)).Select(reader.GetString), correlation ? reader.GetDouble(reader.FieldCount - 1) : null));
        }

        return rows;
    }
}

/// <summary>The same in ClickHouse.</summary>
internal static class ClickEvents
{
    internal static readonly SigmaSqlSchema Schema = new(SigmaSqlDialect.ClickHouse, name => Listed($"fields[{SigmaSql.Literal(SigmaSqlDialect.ClickHouse, name)}]") with { Present = $"mapContains(fields, {SigmaSql.Literal(SigmaSqlDialect.ClickHouse, name)})" }, [Listed("arrayFlatten(mapValues(fields))")])
    {
        Table = "random.events", Time = "micros", Order = [("number", "number")],
    };

    /// <summary>Puts events into the table, instead of those that are there.</summary>
    internal static void Fill(IReadOnlyList<SqlEvent> events)
    {
        ChdbLibrary.Run("CREATE DATABASE IF NOT EXISTS random", "");
        ChdbLibrary.Run("DROP TABLE IF EXISTS random.events", "");
        ChdbLibrary.Run("CREATE TABLE random.events (number Int32, micros Int64, fields Map(String, Array(Tuple(t Nullable(String), n Nullable(Float64))))) ENGINE = Memory", "");
        foreach (var part in events.Select((item, number) => string.Create(CultureInfo.InvariantCulture, $"({number}, {item.At}, {Map(item.Fields)})")).Chunk(200)) ChdbLibrary.Run($"INSERT INTO random.events VALUES {string.Join(", ", part)}", "");
    }

    /// <summary>The hits of a statement.</summary>
    internal static List<string> Rows(string statement)
    {
        var rows = new List<string>();
        foreach (var line in Encoding.UTF8.GetString(ChdbLibrary.Run(statement, "JSONCompactEachRow")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var values = json.RootElement.EnumerateArray().ToList();
            rows.Add(SqlEvents.Row(Whole(values[0]), (int)Whole(values[1]), values.Skip(2).SkipLast(1).Select(value => value.GetString()!), values.Count > 2 ? values[^1].GetDouble() : null));
        }

        return rows;

        // Numbers of 64 bits may be written as texts.
        static long Whole(JsonElement value) => value.ValueKind == JsonValueKind.String ? long.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetInt64();
    }

    private static SigmaSqlField Listed(string list) => new(list) { IsList = true, Text = value => $"tupleElement({value}, 't')", Number = value => $"tupleElement({value}, 'n')" };

    private static string Map(SigmaDictionaryEvent item) => "map(" + string.Join(", ", Enumerable.Range(0, item.FieldCount).Select(i =>
    {
        item.FieldAt(i, out var name, out _);
        return $"{SigmaSql.Literal(SigmaSqlDialect.ClickHouse, name.ToString())}, {List(item.ValueAt(i))}";
    })) + ")";

    private static string List(SigmaValue value) => "[" + string.Join(", ", (value.Kind == SigmaValueKind.Many ? value.Items : [value]).Select(one => one.Kind == SigmaValueKind.Null
        ? "(NULL, NULL)"
        : $"({SigmaSql.Literal(SigmaSqlDialect.ClickHouse, one.Text)}, {(one.Kind == SigmaValueKind.Number && one.TryGetNumber(out var number) ? number.ToString("R", CultureInfo.InvariantCulture) : "NULL")})")) + "]";
}
