using System.Collections.ObjectModel;
using System.Data;
using System.Globalization;
using DuckDB.NET.Data;

namespace Hufu.Logs.Store;

/// <summary>The columns of a segment in Parquet (schema 2), and the way from rows to events. <see cref="Parquet.SegmentWriter"/> goes the other way.</summary>
internal static class SegmentTable
{
    /// <summary>
    /// When an event says that it happened; NULL when it does not. The time that it is ordered by is that, so the column is filled in files of earlier versions alone;
    /// that it has an offset says that there is one.
    /// </summary>
    public const string Occurred = "CASE WHEN occurred_offset IS NOT NULL THEN coalesce(occurred, time) END";

    public const string Columns = "row, received, " + Occurred + " AS occurred, occurred_offset, zone_assumed, source, host, app, severity, facility, src_ip, format, message, message_chars, raw, raw_bytes, others, problems, exact, segment, " + KnownColumns;

    // Of each row apart, so that none is put together that nobody asks for.
    private const string KnownColumns = "apart_dst_ip, apart_dst_port, apart_procid, apart_src_host, apart_src_ip, apart_src_port, apart_user";
    private const int FirstKnown = 20;

    /// <summary>How many columns there are.</summary>
    public static readonly int ColumnCount = FirstKnown + KnownFields.Names.Count;

    /// <summary>The name of a table without rows.</summary>
    public const string Nothing = "nothing";

    /// <summary>Makes that table.</summary>
    public static readonly string CreateNothing = $"""
        CREATE TABLE stored_nothing (row INTEGER, time TIMESTAMP, received TIMESTAMP, occurred TIMESTAMP, occurred_offset SMALLINT, zone_assumed BOOLEAN,
          source VARCHAR, host VARCHAR, app VARCHAR, severity TINYINT, facility TINYINT, src_ip VARCHAR, format VARCHAR, message VARCHAR,
          message_chars INTEGER, raw VARCHAR, raw_bytes BLOB, problems VARCHAR[], exact BLOB, fields MAP(VARCHAR, VARCHAR), segment INTEGER);
        CREATE TABLE {Nothing} AS FROM {KnownFields.Table("stored_nothing", apart: false)}
        """;

    /// <summary>
    /// Parquet reads bloom filters and statistics for dictionary columns by itself; a larger dictionary keeps addresses in one. The database keeps the
    /// order of the rows.
    /// </summary>
    public static string Copy(string rows, string path) => $"""
        COPY (SELECT * FROM {rows}) TO {Literal(path)}
          (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 6, ROW_GROUP_SIZE 32768, DICTIONARY_SIZE_LIMIT 30000)
        """;

    /// <summary>The number that an id of a segment is.</summary>
    public static int Number(string segment) => int.Parse(segment, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The id of a segment with a number.</summary>
    public static string Id(int number) => number.ToString("D8", CultureInfo.InvariantCulture);

    public static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    public static LogEvent Read(IDataRecord row) => row.IsDBNull(18) ? ReadColumns(row) : EventCodec.Decode(Bytes(row.GetValue(18))) with { Id = IdOf(row) };

    /// <summary>True when the columns of a row show what its exact bytes say; a row without such bytes is its columns.</summary>
    public static bool ColumnsAgree(IDataRecord row, LogEvent read) =>
        row.IsDBNull(18) || EventCodec.Encode(ReadColumns(row)).AsSpan().SequenceEqual(EventCodec.Encode(WithoutZero(read)));

    private static string IdOf(IDataRecord row) => string.Create(CultureInfo.InvariantCulture, $"{row.GetInt32(19):D8}/{row.GetInt32(0)}");

    private static LogEvent ReadColumns(IDataRecord row)
    {
        var raw = row.GetString(14);
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
            Fields = Fields(),
            Problems = row.IsDBNull(17) ? [] : row.GetValue(17) as List<string> ?? [.. ((System.Collections.IEnumerable)row.GetValue(17)).Cast<string>()],
        };

        static Dictionary<string, string> Map(object value) =>
            value as Dictionary<string, string> ?? ((System.Collections.IDictionary)value).Cast<System.Collections.DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);

        IReadOnlyDictionary<string, string> Fields()
        {
            var fields = row.IsDBNull(16) ? [] : Map(row.GetValue(16));
            var others = fields.Count;
            for (var i = 0; i < KnownFields.Names.Count; i++)
            {
                if (Text(FirstKnown + i) is { } value) fields.Add(KnownFields.Names[i], value);
            }

            // In the order in which every event has them.
            if (fields.Count > others && others > 0) fields = fields.OrderBy(field => field.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            return fields.Count == 0 ? ReadOnlyDictionary<string, string>.Empty : fields;
        }

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);

        int? Small(int column) => row.IsDBNull(column) ? null : Convert.ToInt32(row.GetValue(column), CultureInfo.InvariantCulture);
    }

    /// <summary>The canonical bytes of an event whose zero characters are shown by their symbol.</summary>
    public static byte[] WithoutZero(ReadOnlySpan<byte> encoded) => EventCodec.Encode(WithoutZero(EventCodec.Decode(encoded)));

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

    private static string Last(string text, int codePoints)
    {
        var at = text.Length;
        for (; codePoints > 0 && at > 0; codePoints--) at -= at >= 2 && char.IsLowSurrogate(text[at - 1]) ? 2 : 1;
        return text[at..];
    }
}
