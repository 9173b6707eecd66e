using System.Buffers.Binary;
using System.Numerics;
using ZstdSharp;

namespace Hufu.Logs.Store.Parquet;

/// <summary>
/// Writes events as the row groups of a segment's Parquet file, straight from their canonical bytes: no text is decoded on the way. The columns are
/// those of <see cref="SegmentTable"/>.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    /// <summary>Most rows of a row group.</summary>
    public const int GroupRows = 122_880;

    /// <summary>Rows of a page.</summary>
    public const int PageRows = 8_192;

    // A page's length is a 32-bit number.
    private const long PageBytes = 32L << 20;

    private static readonly byte[] Magic = "PAR1"u8.ToArray();

    private int number;
    private readonly Compressor compressor;
    private readonly ByteBuilder scratch = new(1 << 16);
    private readonly DeltaColumn row = new("row", Column.Int32Type, false);
    private readonly DeltaColumn time = new("time", Column.Int64Type, false);
    private readonly DeltaColumn received = new("received", Column.Int64Type, false);
    private readonly DeltaColumn occurred = new("occurred", Column.Int64Type, true);
    private readonly IntColumn occurredOffset = new("occurred_offset", true);
    private readonly FlagColumn zoneAssumed = new("zone_assumed");
    private readonly DictionaryColumn source = new(["source"], false, false);
    private readonly DictionaryColumn host = new(["host"], true, false);
    private readonly DictionaryColumn app = new(["app"], true, false);
    private readonly IntColumn severity = new("severity", true);
    private readonly IntColumn facility = new("facility", true);
    private readonly DictionaryColumn address = new(["src_ip"], true, false);
    private readonly DictionaryColumn format = new(["format"], false, false);
    private readonly BytesColumn message = new(["message"], true, false);
    private readonly IntColumn messageChars = new("message_chars", true);
    private readonly BytesColumn raw = new(["raw"], false, false);
    private readonly BytesColumn rawBytes = new(["raw_bytes"], true, false);
    private readonly DictionaryColumn problems = new(["problems", "list", "element"], false, true);
    private readonly BytesColumn exact = new(["exact"], true, false);
    private readonly DictionaryColumn names = new(["fields", "key_value", "key"], false, true);
    private readonly DictionaryColumn values = new(["fields", "key_value", "value"], false, true);
    private readonly IntColumn segment = new("segment", false);
    private readonly Column[] columns;
    private int pageRows;
    private long pageBytes;

    /// <summary>Begins the rows of a segment.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="level">Level of zstd.</param>
    public SegmentWriter(int number, int level)
    {
        this.number = number;
        compressor = new Compressor(level);
        columns = [row, time, received, occurred, occurredOffset, zoneAssumed, source, host, app, severity, facility, address, format, message, messageChars, raw, rawBytes, problems, exact, names, values, segment];
    }

    /// <summary>Begins the rows of another segment; those of the one before are written.</summary>
    /// <param name="segmentNumber">Its number.</param>
    public void Begin(int segmentNumber)
    {
        if (Rows > 0) throw new InvalidOperationException("The rows of the segment before are not written yet.");
        number = segmentNumber;
    }

    /// <summary>Rows since the last row group was ended.</summary>
    public int Rows { get; private set; }

    /// <summary>Adds an event.</summary>
    /// <param name="at">Its row in the segment.</param>
    /// <param name="encoded">Its canonical bytes.</param>
    public void Add(int at, ReadOnlySpan<byte> encoded)
    {
        // The database ends a text at a zero character, behind which a sender could hide. Such an event is kept exactly beside its columns,
        // in which the character is shown by its symbol and can be searched.
        if (HasZero(encoded))
        {
            Write(at, SegmentTable.WithoutZero(encoded), encoded);
            return;
        }

        Write(at, encoded, default);
    }

    /// <summary>Ends the row group; null when it has no rows.</summary>
    public RowGroup? EndGroup()
    {
        if (Rows == 0) return null;
        var group = new RowGroup(Rows, [.. columns.Select(column => column.Finish(compressor, scratch))]);
        (Rows, pageRows, pageBytes) = (0, 0, 0);
        return group;
    }

    /// <summary>Writes row groups as a whole file.</summary>
    public static void WriteFile(Stream target, IReadOnlyList<RowGroup> groups)
    {
        target.Write(Magic);
        var (at, places) = ((long)Magic.Length, new List<long[]>());
        foreach (var group in groups)
        {
            var begins = new long[group.Columns.Count];
            for (var i = 0; i < begins.Length; i++)
            {
                begins[i] = at;
                target.Write(group.Columns[i].Bytes);
                at += group.Columns[i].Bytes.Length;
            }

            places.Add(begins);
        }

        var footer = new ByteBuilder(1 << 12);
        Footer(new ThriftWriter(footer), groups, places);
        target.Write(footer.Written);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        target.Write(length);
        target.Write(Magic);
    }

    public void Dispose() => compressor.Dispose();

    private void Write(int at, ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> whole)
    {
        var left = encoded;
        var receivedAt = EventCodec.TakeInt64(ref left);
        var occurredAt = EventCodec.TakeInt64(ref left);
        var offset = EventCodec.TakeInt32(ref left);
        var assumed = EventCodec.TakeInt32(ref left) == 1;
        var severe = EventCodec.TakeInt32(ref left);
        var facilityCode = EventCodec.TakeInt32(ref left);
        row.Add(at);
        segment.Add(number);
        received.Add(receivedAt);
        time.Add(occurredAt == long.MinValue ? receivedAt : occurredAt);
        if (occurredAt == long.MinValue)
        {
            occurred.Absent();
            occurredOffset.Absent();
        }
        else
        {
            occurred.Add(occurredAt);
            occurredOffset.Add(offset);
        }

        zoneAssumed.Add(assumed);
        if (severe < 0) severity.Absent();
        else severity.Add(severe);
        if (facilityCode < 0) facility.Absent();
        else facility.Add(facilityCode);
        source.Add(Text(ref left));
        Optional(host, ref left);
        Optional(app, ref left);
        Optional(address, ref left);
        format.Add(Text(ref left));
        var text = Text(ref left);
        var line = Text(ref left);
        // Raw ends with the message in most formats: then its length is enough, which halves the text.
        if (line.EndsWith(text))
        {
            message.Absent();
            messageChars.Add(CodePoints(text));
        }
        else
        {
            message.Add(text);
            messageChars.Absent();
        }

        raw.Add(line);
        Optional(rawBytes, ref left);
        var count = EventCodec.TakeInt32(ref left);
        if (count == 0)
        {
            names.Empty();
            values.Empty();
        }

        for (var i = 0; i < count; i++)
        {
            names.Add(Text(ref left), i == 0);
            values.Add(Text(ref left), i == 0);
        }

        count = EventCodec.TakeInt32(ref left);
        if (count == 0) problems.Empty();
        for (var i = 0; i < count; i++) problems.Add(Text(ref left), i == 0);
        if (whole.IsEmpty) exact.Absent();
        else exact.Add(whole);
        Rows++;
        pageBytes += encoded.Length + whole.Length;
        if (++pageRows < PageRows && pageBytes < PageBytes) return;
        foreach (var column in columns) column.EndPage(compressor, scratch);
        (pageRows, pageBytes) = (0, 0);
    }

    private static void Optional(BytesColumn column, ref ReadOnlySpan<byte> left)
    {
        if (EventCodec.TakeBytes(ref left, out var text)) column.Add(text);
        else column.Absent();
    }

    /// <summary>True when a text of the event has a zero character.</summary>
    public static bool HasZero(ReadOnlySpan<byte> encoded)
    {
        var left = encoded[EventCodec.FirstText..];
        for (var i = 0; i < 7; i++)
        {
            if (Text(ref left).Contains((byte)0)) return true;
        }

        _ = Text(ref left);
        for (var texts = 2 * EventCodec.TakeInt32(ref left); texts > 0; texts--)
        {
            if (Text(ref left).Contains((byte)0)) return true;
        }

        for (var texts = EventCodec.TakeInt32(ref left); texts > 0; texts--)
        {
            if (Text(ref left).Contains((byte)0)) return true;
        }

        return false;
    }

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> left)
    {
        EventCodec.TakeBytes(ref left, out var text);
        return text;
    }

    // All bytes but those that go on with a character.
    private static int CodePoints(ReadOnlySpan<byte> text)
    {
        var count = 0;
        var wide = Vector<byte>.Count;
        for (; text.Length >= wide; text = text[wide..])
        {
            var goesOn = Vector.Equals(new Vector<byte>(text) & new Vector<byte>(0xC0), new Vector<byte>(0x80));
            count += wide - Vector.Sum(goesOn & Vector<byte>.One);
        }

        foreach (var b in text)
        {
            if ((b & 0xC0) != 0x80) count++;
        }

        return count;
    }

    private static void Footer(ThriftWriter thrift, IReadOnlyList<RowGroup> groups, List<long[]> places)
    {
        thrift.Begin();
        thrift.Int32(1, 1);
        thrift.Structs(2, 27);
        Group("schema", 21, null, root: true);
        Leaf("row", Column.Int32Type, false);
        Leaf("time", Column.Int64Type, false, Timestamp);
        Leaf("received", Column.Int64Type, false, Timestamp);
        Leaf("occurred", Column.Int64Type, true, Timestamp);
        Leaf("occurred_offset", Column.Int32Type, true, Int16);
        Leaf("zone_assumed", Column.BooleanType, false);
        Leaf("source", Column.BytesType, false, Utf8);
        Leaf("host", Column.BytesType, true, Utf8);
        Leaf("app", Column.BytesType, true, Utf8);
        Leaf("severity", Column.Int32Type, true, Int8);
        Leaf("facility", Column.Int32Type, true, Int8);
        Leaf("src_ip", Column.BytesType, true, Utf8);
        Leaf("format", Column.BytesType, false, Utf8);
        Leaf("message", Column.BytesType, true, Utf8);
        Leaf("message_chars", Column.Int32Type, true);
        Leaf("raw", Column.BytesType, false, Utf8);
        Leaf("raw_bytes", Column.BytesType, true);
        Group("problems", 1, List);
        Group("list", 1, null, repeated: true);
        Leaf("element", Column.BytesType, false, Utf8);
        Leaf("exact", Column.BytesType, true);
        Group("fields", 1, Map);
        Group("key_value", 2, null, repeated: true);
        Leaf("key", Column.BytesType, false, Utf8);
        Leaf("value", Column.BytesType, false, Utf8);
        Leaf("segment", Column.Int32Type, false);
        thrift.Int64(3, groups.Sum(group => (long)group.Rows));
        thrift.Structs(4, groups.Count);
        for (var g = 0; g < groups.Count; g++)
        {
            var group = groups[g];
            thrift.Begin();
            thrift.Structs(1, group.Columns.Count);
            for (var c = 0; c < group.Columns.Count; c++) Chunk(group.Columns[c], places[g][c], group.Rows);
            thrift.Int64(2, group.Columns.Sum(chunk => chunk.Uncompressed));
            thrift.Int64(3, group.Rows);
            thrift.End();
        }

        thrift.Text(6, "Hufu");
        thrift.End();

        void Chunk(ColumnChunk chunk, long begin, int rows)
        {
            thrift.Begin();
            thrift.Int64(2, begin);
            thrift.BeginField(3);
            thrift.Int32(1, chunk.Column.PhysicalType);
            thrift.Ints(2, chunk.Column.Encoding);
            thrift.Texts(3, chunk.Column.Path);
            thrift.Int32(4, 6);
            thrift.Int64(5, chunk.Values);
            thrift.Int64(6, chunk.Uncompressed);
            thrift.Int64(7, chunk.Bytes.Length);
            thrift.Int64(9, begin + chunk.DataAt);
            if (chunk.HasDictionary) thrift.Int64(11, begin);
            if (chunk is { Least: { } least, Greatest: { } greatest })
            {
                thrift.BeginField(12);
                if (!chunk.Column.Optional) thrift.Int64(3, 0);
                thrift.Binary(5, greatest);
                thrift.Binary(6, least);
                thrift.End();
            }

            thrift.End();
            thrift.End();
        }

        void Group(string name, int children, Action? kind, bool root = false, bool repeated = false)
        {
            thrift.Begin();
            if (!root) thrift.Int32(3, repeated ? 2 : 0);
            thrift.Text(4, name);
            thrift.Int32(5, children);
            kind?.Invoke();
            thrift.End();
        }

        void Leaf(string name, int type, bool optional, Action? kind = null)
        {
            thrift.Begin();
            thrift.Int32(1, type);
            thrift.Int32(3, optional ? 1 : 0);
            thrift.Text(4, name);
            kind?.Invoke();
            thrift.End();
        }

        // Converted types, and beside them the logical ones where the old name says too little.
        void Utf8() => thrift.Int32(6, 0);

        void Map() => thrift.Int32(6, 1);

        void List() => thrift.Int32(6, 3);

        void Int8() => thrift.Int32(6, 15);

        void Int16() => thrift.Int32(6, 16);

        void Timestamp()
        {
            thrift.Int32(6, 10);
            thrift.BeginField(10);
            thrift.BeginField(8);
            thrift.Flag(1, false);
            thrift.BeginField(2);
            thrift.BeginField(2);
            thrift.End();
            thrift.End();
            thrift.End();
            thrift.End();
        }
    }
}

/// <summary>A finished row group, wherever in a file it will stand.</summary>
internal sealed record RowGroup(int Rows, IReadOnlyList<ColumnChunk> Columns)
{
    public long Length => Columns.Sum(chunk => (long)chunk.Bytes.Length);
}
