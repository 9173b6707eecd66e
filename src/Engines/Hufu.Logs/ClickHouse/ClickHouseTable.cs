using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Hufu.Logs.Search;
using Hufu.Logs.Store;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs.ClickHouse;

/// <summary>
/// The table of events in ClickHouse and the way of rows there and back. Every column of the event comes back as it was, so that its canonical bytes can be made
/// again. Times are microseconds in whole numbers, because an event may bear one that the server's own types cannot hold.
/// </summary>
internal sealed class ClickHouseTable(ClickHouseFeatures features)
{
    /// <summary>The table of the events that one server has.</summary>
    public const string Events = "hufu_events";

    /// <summary>The events of all servers of a cluster, to read.</summary>
    public const string AllEvents = "hufu_events_all";

    /// <summary>Whose events they are: one row.</summary>
    public const string Owner = "hufu_owner";

    /// <summary>What the index of texts knows.</summary>
    public const string Indexed = "lower(concat(raw, '\\n', message))";

    private static readonly string[] TextColumns = ["source", "host", "app", "src_ip", "format", "raw", "message"];

    /// <summary>Columns with their types, in the order in which rows are written.</summary>
    private IEnumerable<(string Name, string Type, string Codec)> Columns =>
    [
        ("segment", "UInt32", "CODEC(Delta, ZSTD)"), ("row", "UInt32", "CODEC(Delta, ZSTD)"), ("time", "Int64", "CODEC(Delta, ZSTD)"), ("received", "Int64", "CODEC(Delta, ZSTD)"), ("occurred", "Nullable(Int64)", "CODEC(ZSTD)"),
        ("occurred_offset", "Int32", "CODEC(ZSTD)"), ("zone_assumed", "UInt8", "CODEC(ZSTD)"), ("source", Few("String"), "CODEC(ZSTD)"), ("host", Few("Nullable(String)"), "CODEC(ZSTD)"), ("app", Few("Nullable(String)"), "CODEC(ZSTD)"),
        ("severity", "Nullable(Int32)", "CODEC(ZSTD)"), ("facility", "Nullable(Int32)", "CODEC(ZSTD)"), ("src_ip", "Nullable(String)", "CODEC(ZSTD)"), ("format", Few("String"), "CODEC(ZSTD)"),
        ("message", "String", "CODEC(ZSTD)"), ("message_bytes", "Int32", "CODEC(ZSTD)"), ("raw", "String", "CODEC(ZSTD(3))"), ("raw_bytes", "Nullable(String)", "CODEC(ZSTD)"),
        .. features.TypedColumns
            ? (IEnumerable<(string, string, string)>)[("fields", "Map(String, String)", "CODEC(ZSTD)")]
            : [("field_names", "Array(String)", ""), ("field_values", "Array(String)", "")],
        ("problems", "Array(String)", "CODEC(ZSTD)"), ("exact", "Nullable(String)", "CODEC(ZSTD)"),
        .. features.TypedColumns
            ? (IEnumerable<(string, string, string)>)[("addresses", "Map(String, String)", "CODEC(ZSTD)")]
            : [("address_names", "Array(String)", ""), ("address_values", "Array(String)", "")],
    ];

    /// <summary>What is selected to read events: all that is not made of the rest.</summary>
    public string Selected => string.Join(", ", Columns.Where(column => !column.Name.StartsWith("address", StringComparison.Ordinal)).Select(column => Quoted(column.Name)));

    /// <summary>Names of all columns, to insert.</summary>
    public string Names => string.Join(", ", Columns.Select(column => Quoted(column.Name)));

    /// <summary>Names and types of a batch.</summary>
    public string Structure => string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"));

    /// <summary>A batch is stored when it is answered, and may be of any month.</summary>
    public IReadOnlyList<(string Name, string Value)> InsertSettings => features.InsertSettings ? [("async_insert", "0"), ("max_partitions_per_insert_block", "0")] : [];

    /// <summary>
    /// Makes the table. Rows are ordered by time, so that a period is read alone, and kept by the month of their receipt: a sender may claim any time,
    /// and each month is a part of its own.
    /// </summary>
    public string Create()
    {
        var columns = Columns.Select(column => $"{Quoted(column.Name)} {column.Type}{(features.TypedColumns ? " " + column.Codec : "")}").ToList();
        // For whoever reads the table by other means; nothing of it is stored.
        if (features.TypedColumns) columns.AddRange(["at DateTime64(6, 'UTC') ALIAS fromUnixTimestamp64Micro(time)", "received_at DateTime64(6, 'UTC') ALIAS fromUnixTimestamp64Micro(received)"]);
        if (features.TextIndex) columns.Add($"INDEX texts {Indexed} TYPE text(tokenizer = ngrams(3))");
        return $"CREATE TABLE IF NOT EXISTS {Events} ({string.Join(", ", columns)}) ENGINE = MergeTree PARTITION BY intDiv(received, 2592000000000) ORDER BY (time, segment, \"row\")";
    }

    /// <summary>Makes the table of all servers.</summary>
    public static string CreateAll(string cluster, string database) => $"CREATE TABLE IF NOT EXISTS {AllEvents} AS {Events} ENGINE = Distributed({cluster}, {database}, {Events})";

    /// <summary>
    /// Adds the rows of a batch that the table does not have. Sent twice it adds nothing the second time; that the two do not run side by side is seen to by
    /// their having one id.
    /// </summary>
    public string Insert(int segment, int first, int until, long earliest, long latest)
    {
        var missing = string.Create(CultureInfo.InvariantCulture, $"\"row\" NOT IN (SELECT \"row\" FROM {Events} WHERE time >= {earliest} AND time <= {latest} AND segment = {segment} AND \"row\" >= {first} AND \"row\" < {until})");
        return $"INSERT INTO {Events} ({Names}) SELECT {Names} FROM batch WHERE {missing}";
    }

    /// <summary>How many rows of a batch there are, and how many of them are told apart by their number.</summary>
    public static string Count(int segment, int first, int until, long earliest, long latest) =>
        string.Create(CultureInfo.InvariantCulture, $"SELECT toInt64(count()), toInt64(uniqExact(\"row\")) FROM {Events} WHERE time >= {earliest} AND time <= {latest} AND segment = {segment} AND \"row\" >= {first} AND \"row\" < {until} FORMAT RowBinary");

    public static bool IsColumn(string name) => Array.IndexOf(TextColumns, name) >= 0 || name is "severity" or "facility";

    /// <summary>The name under which the key of an address in a column stands.</summary>
    public static string ColumnKey(string column) => "c/" + column;

    /// <summary>The same of a field.</summary>
    public static string FieldKey(string field) => "f/" + field;

    /// <summary>Writes an event as a row.</summary>
    public void Write(ByteBuilder row, string segment, int number, LogEvent item)
    {
        var encoded = EventCodec.Encode(item);
        // As in the store's own columns: zero characters are shown by their symbol and can be searched, and the event is kept exactly beside.
        var zero = SegmentWriter.HasZero(encoded);
        var shown = EventCodec.Decode(zero ? SegmentTable.WithoutZero(encoded) : encoded);
        row.Int32(SegmentTable.Number(segment));
        row.Int32(number);
        var (time, received) = EventCodec.Times(encoded);
        row.Int64(time);
        row.Int64(received);
        if (shown.OccurredAt is { } occurred)
        {
            row.Take(1)[0] = 0;
            row.Int64(EventCodec.Micros(occurred));
        }
        else
        {
            row.Take(1)[0] = 1;
        }

        row.Int32(shown.OccurredAt is { } zoned ? (int)zoned.Offset.TotalMinutes : 0);
        row.Take(1)[0] = shown.TimeZoneAssumed ? (byte)1 : (byte)0;
        Text(row, shown.Source);
        Optional(row, shown.Host);
        Optional(row, shown.App);
        Optional(row, shown.Severity);
        Optional(row, shown.Facility);
        Optional(row, shown.SourceIp);
        Text(row, shown.Format);
        var ends = shown.Raw.EndsWith(shown.Message, StringComparison.Ordinal);
        Text(row, ends ? "" : shown.Message);
        row.Int32(ends ? Encoding.UTF8.GetByteCount(shown.Message) : -1);
        Text(row, shown.Raw);
        if (shown.RawBytes is { } raw)
        {
            row.Take(1)[0] = 0;
            Bytes(row, raw.Span);
        }
        else
        {
            row.Take(1)[0] = 1;
        }

        Pairs(row, EventCodec.Ordered(shown.Fields));
        row.Varint((ulong)shown.Problems.Count);
        foreach (var problem in shown.Problems) Text(row, problem);
        row.Take(1)[0] = zero ? (byte)0 : (byte)1;
        if (zero) Bytes(row, encoded);

        var addresses = new List<KeyValuePair<string, string>>();
        foreach (var column in TextColumns)
            if (shown.Field(column) is { } text && IpKey.TryRead(text, out var key)) addresses.Add(new(ColumnKey(column), IpKey.Text(key)));
        foreach (var (name, value) in shown.Fields)
            if (IpKey.TryRead(value, out var key)) addresses.Add(new(FieldKey(name), IpKey.Text(key)));
        Pairs(row, addresses);
    }

    /// <summary>Reads rows of <see cref="Selected"/>: each event with the canonical bytes that its columns show, which differ from the event's where it has zero characters.</summary>
    /// <exception cref="InvalidDataException">They are no such rows.</exception>
    public IEnumerable<(LogEvent Event, bool ColumnsAgree)> Read(ReadOnlyMemory<byte> rows)
    {
        var reader = new RowReader(rows);
        while (!reader.Ended) yield return ReadOne(reader);
    }

    private (LogEvent Event, bool ColumnsAgree) ReadOne(RowReader row)
    {
        var (segment, number) = (row.Int32(), row.Int32());
        var time = row.Int64();
        var received = row.Int64();
        var occurred = row.Byte() == 0 ? row.Int64() : (long?)null;
        var offset = row.Int32();
        var assumed = row.Byte() != 0;
        var source = row.Text();
        var (host, app) = (row.OptionalText(), row.OptionalText());
        var (severity, facility) = (row.OptionalInt(), row.OptionalInt());
        var address = row.OptionalText();
        var format = row.Text();
        var message = row.Text();
        var messageBytes = row.Int32();
        var raw = row.Text();
        var rawBytes = row.Byte() == 0 ? row.Bytes().ToArray() : (ReadOnlyMemory<byte>?)null;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = row.Count();
        if (features.TypedColumns)
        {
            for (; count > 0; count--)
            {
                var name = row.Text();
                fields[name] = row.Text();
            }
        }
        else
        {
            var names = new string[count];
            for (var i = 0; i < count; i++) names[i] = row.Text();
            var values = row.Count();
            for (var i = 0; i < values; i++)
            {
                var value = row.Text();
                if (i < count) fields[names[i]] = value;
            }
        }

        var problems = new List<string>();
        for (var left = row.Count(); left > 0; left--) problems.Add(row.Text());
        var exact = row.Byte() == 0 ? row.Bytes().ToArray() : null;
        var id = string.Create(CultureInfo.InvariantCulture, $"{segment:D8}/{number}");
        try
        {
            var shown = new LogEvent
            {
                Id = id, ReceivedAt = EventCodec.Time(received), OccurredAt = occurred is { } at ? EventCodec.Time(at).ToOffset(TimeSpan.FromMinutes(offset)) : null, TimeZoneAssumed = assumed, Source = source, Host = host, App = app,
                Severity = severity, Facility = facility, SourceIp = address, Format = format, Message = messageBytes < 0 ? message : Last(raw, messageBytes), Raw = raw, RawBytes = rawBytes, Fields = fields, Problems = problems,
            };
            var agree = time == (occurred ?? received);
            if (exact is null) return (shown, agree);
            var whole = EventCodec.Decode(exact) with { Id = id };
            return (whole, agree && EventCodec.Encode(shown).AsSpan().SequenceEqual(SegmentTable.WithoutZero(exact)));
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"The row of {id} is no event: {e.Message}", e);
        }
    }

    private static string Last(string raw, int bytes)
    {
        var encoded = Encoding.UTF8.GetBytes(raw);
        return bytes > encoded.Length ? throw new InvalidDataException("A message is longer than its record.") : Encoding.UTF8.GetString(encoded.AsSpan(encoded.Length - bytes));
    }

    private string Few(string type) => features.TypedColumns ? $"LowCardinality({type})" : type;

    private static string Quoted(string name) => name is "row" or "format" ? $"\"{name}\"" : name;

    private void Pairs(ByteBuilder row, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        row.Varint((ulong)pairs.Count);
        foreach (var (name, value) in pairs)
        {
            Text(row, name);
            if (features.TypedColumns) Text(row, value);
        }

        if (features.TypedColumns) return;
        row.Varint((ulong)pairs.Count);
        foreach (var (_, value) in pairs) Text(row, value);
    }

    private static void Optional(ByteBuilder row, string? text)
    {
        row.Take(1)[0] = text is null ? (byte)1 : (byte)0;
        if (text is not null) Text(row, text);
    }

    private static void Optional(ByteBuilder row, int? value)
    {
        row.Take(1)[0] = value is null ? (byte)1 : (byte)0;
        if (value is { } given) row.Int32(given);
    }

    private static void Text(ByteBuilder row, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        row.Varint((ulong)length);
        Encoding.UTF8.GetBytes(text, row.Take(length));
    }

    private static void Bytes(ByteBuilder row, ReadOnlySpan<byte> bytes)
    {
        row.Varint((ulong)bytes.Length);
        bytes.CopyTo(row.Take(bytes.Length));
    }
}

/// <summary>Reads rows in the format RowBinary.</summary>
internal sealed class RowReader(ReadOnlyMemory<byte> rows)
{
    private int at;

    public bool Ended => at >= rows.Length;

    public byte Byte() => Take(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public int? OptionalInt() => Byte() == 0 ? Int32() : null;

    public string? OptionalText() => Byte() == 0 ? Text() : null;

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    /// <summary>A length.</summary>
    public int Count()
    {
        var (value, shift) = (0UL, 0);
        for (; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) break;
        }

        return value <= (ulong)(rows.Length - at) ? (int)value : throw new InvalidDataException("The answer ends within a row.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rows.Length - at) throw new InvalidDataException("The answer ends within a row.");
        var taken = rows.Span.Slice(at, count);
        at += count;
        return taken;
    }
}
