using System.Data;
using System.Globalization;
using DuckDB.NET.Data;

namespace Hufu.Logs.Store;

/// <summary>The columns of a segment, in memory and in Parquet (schema 2), and the way between rows and events.</summary>
internal static class SegmentTable
{
    public const string Columns = "row, received, occurred, occurred_offset, zone_assumed, source, host, app, severity, facility, src_ip, format, message, message_chars, raw, raw_bytes, fields, problems, exact, segment";

    public static string Create(string table) => $"""
        CREATE TABLE {table} (row INTEGER, time TIMESTAMP, received TIMESTAMP, occurred TIMESTAMP, occurred_offset SMALLINT, zone_assumed BOOLEAN,
          source VARCHAR, host VARCHAR, app VARCHAR, severity TINYINT, facility TINYINT, src_ip VARCHAR, format VARCHAR, message VARCHAR,
          message_chars INTEGER, raw VARCHAR, raw_bytes BLOB, field_names VARCHAR[], field_values VARCHAR[], problems VARCHAR[], exact BLOB)
        """;

    /// <summary>The open table of a segment, in the shape of the Parquet files. The appender cannot write maps, so they are lists until they are read.</summary>
    public static string OpenAsSegment(string table, string segment) =>
        string.Create(CultureInfo.InvariantCulture, $"(SELECT * EXCLUDE (field_names, field_values), map(field_names, field_values) AS fields, {Number(segment)}::INTEGER AS segment FROM {table})");

    /// <summary>
    /// Parquet reads bloom filters and statistics for dictionary columns by itself; a larger dictionary keeps addresses in one. The rows lie in the
    /// table as they were appended, and the database keeps that order: sorting them again would take as long as writing them.
    /// </summary>
    public static string Copy(string rows, string path) => $"""
        COPY (SELECT * FROM {rows}) TO {Literal(path)}
          (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 30000)
        """;

    /// <summary>The number that an id of a segment is.</summary>
    public static int Number(string segment) => int.Parse(segment, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The id of a segment with a number.</summary>
    public static string Id(int number) => number.ToString("D8", CultureInfo.InvariantCulture);

    public static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>Writes the row of an event.</summary>
    /// <param name="appender">Of a table that <see cref="Create"/> made.</param>
    /// <param name="row">Its place in the segment.</param>
    /// <param name="item">The event as <paramref name="encoded"/> says it, but for times finer than a microsecond.</param>
    /// <param name="fields">Its fields in order.</param>
    /// <param name="encoded">Its canonical bytes.</param>
    public static void Append(DuckDBAppender appender, int row, LogEvent item, KeyValuePair<string, string>[] fields, ReadOnlySpan<byte> encoded)
    {
        // The database ends a text at a zero character, behind which a sender could hide. Such an event is kept exactly beside its columns,
        // in which the character is shown by its symbol and can be searched.
        var exact = HasZero(item, fields);
        if (exact)
        {
            item = WithoutZero(item);
            fields = EventCodec.Ordered(item.Fields);
        }

        // Raw ends with the message in most formats: then its length is enough, which halves the text.
        var inRaw = item.Raw.EndsWith(item.Message, StringComparison.Ordinal);
        var names = new string[fields.Length];
        var values = new string[fields.Length];
        for (var i = 0; i < fields.Length; i++) (names[i], values[i]) = (fields[i].Key, fields[i].Value);

        var line = appender.CreateRow();
        line.AppendValue(row).AppendValue(Kept(item.Time)).AppendValue(Kept(item.ReceivedAt));
        if (item.OccurredAt is { } occurred) line.AppendValue(Kept(occurred)).AppendValue((short)occurred.Offset.TotalMinutes);
        else line.AppendNullValue().AppendNullValue();
        line.AppendValue(item.TimeZoneAssumed);
        Text(item.Source);
        Text(item.Host);
        Text(item.App);
        Small(item.Severity);
        Small(item.Facility);
        Text(item.SourceIp);
        Text(item.Format);
        Text(inRaw ? null : item.Message);
        if (inRaw) line.AppendValue(CodePoints(item.Message));
        else line.AppendNullValue();
        Text(item.Raw);
        if (item.RawBytes is { } bytes) line.AppendValue(bytes.ToArray());
        else line.AppendNullValue();
        line.AppendValue(names).AppendValue(values).AppendValue(item.Problems);
        if (exact) line.AppendValue(encoded.ToArray());
        else line.AppendNullValue();
        line.EndRow();

        void Text(string? text)
        {
            if (text is null) line.AppendNullValue();
            else line.AppendValue(text);
        }

        void Small(int? number)
        {
            if (number is { } value) line.AppendValue((sbyte)value);
            else line.AppendNullValue();
        }
    }

    public static LogEvent Read(IDataRecord row) => row.IsDBNull(18) ? ReadColumns(row) : EventCodec.Decode(Bytes(row.GetValue(18))) with { Id = IdOf(row) };

    /// <summary>True when the columns of a row show what its exact bytes say; a row without such bytes is its columns.</summary>
    public static bool ColumnsAgree(IDataRecord row, LogEvent read) =>
        row.IsDBNull(18) || EventCodec.Encode(ReadColumns(row)).AsSpan().SequenceEqual(EventCodec.Encode(WithoutZero(read)));

    private static string IdOf(IDataRecord row) => string.Create(CultureInfo.InvariantCulture, $"{row.GetInt32(19):D8}/{row.GetInt32(0)}");

    private static LogEvent ReadColumns(IDataRecord row)
    {
        var raw = row.GetString(14);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!row.IsDBNull(16))
        {
            foreach (System.Collections.DictionaryEntry entry in (System.Collections.IDictionary)row.GetValue(16)) fields[(string)entry.Key] = (string)entry.Value!;
        }

        return new LogEvent
        {
            Id = IdOf(row),
            ReceivedAt = Utc(row.GetDateTime(1)),
            OccurredAt = row.IsDBNull(2) ? null : Utc(row.GetDateTime(2)).ToOffset(TimeSpan.FromMinutes(row.GetInt16(3))),
            TimeZoneAssumed = row.GetBoolean(4),
            Source = row.GetString(5),
            Host = Text(6),
            App = Text(7),
            Severity = Small(8),
            Facility = Small(9),
            SourceIp = Text(10),
            Format = row.GetString(11),
            Message = Text(12) ?? Last(raw, row.GetInt32(13)),
            Raw = raw,
            RawBytes = row.IsDBNull(15) ? (ReadOnlyMemory<byte>?)null : new ReadOnlyMemory<byte>(Bytes(row.GetValue(15))),
            Fields = fields,
            Problems = row.IsDBNull(17) ? [] : ((System.Collections.IEnumerable)row.GetValue(17)).Cast<string>().ToList(),
        };

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);

        int? Small(int column) => row.IsDBNull(column) ? null : Convert.ToInt32(row.GetValue(column), CultureInfo.InvariantCulture);
    }

    // To the microsecond, as the canonical bytes have it, also before 1970.
    private static DateTime Kept(DateTimeOffset time) => EventCodec.Time(EventCodec.Micros(time)).UtcDateTime;

    private static bool HasZero(LogEvent item, KeyValuePair<string, string>[] fields)
    {
        if (Zero(item.Raw) || Zero(item.Message) || Zero(item.Source) || Zero(item.Host) || Zero(item.App) || Zero(item.SourceIp) || Zero(item.Format)) return true;
        foreach (var (name, value) in fields)
        {
            if (Zero(name) || Zero(value)) return true;
        }

        return item.Problems.Any(Zero);
    }

    private static bool Zero(string? text) => text is not null && text.Contains('\0', StringComparison.Ordinal);

    private static LogEvent WithoutZero(LogEvent item)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in item.Fields) fields.TryAdd(Shown(name), Shown(value));
        return item with
        {
            Raw = Shown(item.Raw), Message = Shown(item.Message), Source = Shown(item.Source), Host = item.Host is null ? null : Shown(item.Host), App = item.App is null ? null : Shown(item.App),
            SourceIp = item.SourceIp is null ? null : Shown(item.SourceIp), Format = Shown(item.Format), Fields = fields, Problems = [.. item.Problems.Select(Shown)],
        };

        static string Shown(string text) => text.Replace('\0', '\u2400');
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static byte[] Bytes(object value)
    {
        if (value is byte[] bytes) return bytes;
        using var copy = new MemoryStream();
        ((Stream)value).CopyTo(copy);
        return copy.ToArray();
    }

    private static int CodePoints(string text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c)) count--;
        }

        return count;
    }

    private static string Last(string text, int codePoints)
    {
        var at = text.Length;
        for (; codePoints > 0; codePoints--) at -= at >= 2 && char.IsLowSurrogate(text[at - 1]) ? 2 : 1;
        return text[at..];
    }
}
