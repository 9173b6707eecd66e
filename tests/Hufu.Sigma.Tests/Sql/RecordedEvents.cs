using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Sigma.Support;
using Hufu.Support;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>Recorded Windows events in the order of their time, in a table with a column for each field; one that has several values in some event, or null, is a list.</summary>
internal sealed class RecordedEvents
{
    private static readonly JsonSerializerOptions Plainly = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly List<(long At, Dictionary<int, List<string?>> Fields, List<string> Keywords)> rows = [];
    private readonly HashSet<int> lists;

    /// <summary>Reads events and has a session look at each.</summary>
    public RecordedEvents(string path, int most, SigmaEngine engine)
    {
        var lines = new List<(long At, byte[] Line)>();
        foreach (var text in Samples.Lines(path).Take(most))
        {
            var line = Encoding.UTF8.GetBytes(text);
            using var json = JsonDocument.Parse(line);
            lines.Add((json.RootElement.TryGetProperty("@timestamp", out var time) && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, out var at) ? (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0, line));
        }

        var (item, session, found) = (new WindowsEvent(), engine.NewSession(), new List<SigmaMatch>());
        foreach (var (at, line) in lines.OrderBy(pair => pair.At))
        {
            item.Read(line);
            var (fields, keywords) = (new Dictionary<int, List<string?>>(), new List<string>());
            for (var i = 0; i < item.FieldCount; i++)
            {
                item.FieldAt(i, out var name, out _);
                if (!names.TryGetValue(name.ToString(), out var column)) names[name.ToString()] = column = names.Count;
                var value = item.ValueAt(i);
                fields.TryAdd(column, value.Kind == SigmaValueKind.Many ? [.. value.Items.Select(one => one.Kind == SigmaValueKind.Null ? null : one.Text)] : [value.Kind == SigmaValueKind.Null ? null : value.Text]);
                if (value.Kind == SigmaValueKind.Text) keywords.Add(value.Text);
            }

            found.Clear();
            session.Process(item, DateTimeOffset.UnixEpoch.AddMicroseconds(at), "", null, found);
            foreach (var match in found)
            {
                if (!Streamed.TryGetValue(match.Rule, out var hits)) Streamed[match.Rule] = hits = [];
                hits.Add(match.Rule is SigmaDetectionRule ? SqlEvents.Row(at, rows.Count, [], null) : SqlEvents.Row(at, rows.Count, match.Fields.Select(field => field.Value), match.Figure));
            }

            rows.Add((at, fields, keywords));
        }

        Assert.Equal(0, session.ForgottenEvents + session.LateEvents);
        lists = [.. names.Values.Where(column => rows.Exists(row => row.Fields.TryGetValue(column, out var values) && (values.Count != 1 || values[0] is null)))];
    }

    /// <summary>The hits of each rule as the events streamed by.</summary>
    public Dictionary<SigmaRule, List<string>> Streamed { get; } = new(ReferenceEqualityComparer.Instance);

    public string Shape => $"{rows.Count} events, {names.Count} fields of which {lists.Count} are lists";

    /// <summary>How the table holds the fields. Those that no event has are as missing as those that one lacks.</summary>
    public SigmaSqlSchema Schema(SigmaSqlDialect dialect)
    {
        var click = dialect == SigmaSqlDialect.ClickHouse;
        return new SigmaSqlSchema(dialect, Field, [new SigmaSqlField("keywords") { IsList = true }]) { Table = click ? "recorded.events" : "events", Time = "micros", Order = [("number", "number")] };

        SigmaSqlField Field(string name)
        {
            if (!names.TryGetValue(name, out var column)) return new SigmaSqlField(click ? "CAST(NULL, 'Nullable(String)')" : "NULL::VARCHAR");
            return new SigmaSqlField($"c{column}") { IsList = lists.Contains(column), Present = click && lists.Contains(column) ? $"h{column}" : null };
        }
    }

    /// <summary>The events in DuckDB.</summary>
    public DuckDBConnection Duck()
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = $"CREATE TABLE events (number INTEGER, micros BIGINT, keywords VARCHAR[]{string.Concat(names.Values.Select(column => $", c{column} VARCHAR{(lists.Contains(column) ? "[]" : "")}"))})";
            command.ExecuteNonQuery();
        }

        using var appender = connection.CreateAppender("events");
        for (var number = 0; number < rows.Count; number++)
        {
            var row = appender.CreateRow();
            row.AppendValue(number).AppendValue(rows[number].At).AppendValue(rows[number].Keywords);
            for (var column = 0; column < names.Count; column++)
            {
                if (!rows[number].Fields.TryGetValue(column, out var values)) row.AppendNullValue();
                else if (lists.Contains(column)) row.AppendValue(values);
                else row.AppendValue(values[0]!);
            }

            row.EndRow();
        }

        return connection;
    }

    /// <summary>Puts the events into ClickHouse, where a list is never NULL: a column beside it says whether the event has the field.</summary>
    public void FillClickHouse()
    {
        var structure = string.Concat(names.Values.Select(column => lists.Contains(column) ? $", c{column} Array(Nullable(String)), h{column} UInt8" : $", c{column} Nullable(String)"));
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(file, rows.Select((row, number) =>
            {
                var values = new Dictionary<string, object?> { ["number"] = number, ["micros"] = row.At, ["keywords"] = row.Keywords };
                foreach (var column in names.Values)
                {
                    var has = row.Fields.TryGetValue(column, out var own);
                    values[$"c{column}"] = lists.Contains(column) ? own ?? [] : own?[0];
                    if (lists.Contains(column)) values[$"h{column}"] = has ? 1 : 0;
                }

                return JsonSerializer.Serialize(values, Plainly);
            }));
            ChdbLibrary.Run("CREATE DATABASE IF NOT EXISTS recorded", "");
            ChdbLibrary.Run("DROP TABLE IF EXISTS recorded.events", "");
            ChdbLibrary.Run($"CREATE TABLE recorded.events (number Int32, micros Int64, keywords Array(String){structure}) ENGINE = Memory", "");
            ChdbLibrary.Run($"INSERT INTO recorded.events SELECT * FROM file('{file}', 'JSONEachRow', 'number Int32, micros Int64, keywords Array(String){structure}') SETTINGS input_format_max_bytes_to_read_for_schema_inference = 1", "");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
