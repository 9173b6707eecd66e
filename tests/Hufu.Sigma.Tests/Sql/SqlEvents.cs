using System.Globalization;
using DuckDB.NET.Data;

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
    internal List<string> Rows(string statement)
    {
        using var command = table.Connection.CreateCommand();
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
