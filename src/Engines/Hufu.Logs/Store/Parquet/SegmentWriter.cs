using System.Buffers.Binary;
using System.Numerics;
using ZstdSharp.Unsafe;

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

    // A page is held whole by who reads it. Of files that were put together larger ones save more than they cost.
    private const long SealedPageBytes = 8L << 20;
    private const long PackedPageBytes = 32L << 20;

    // Of events that are longer on average the parser of lines takes several times as long, and saves nothing.
    private const long ShortEvent = 1_024;

    private int number;
    private readonly Packer packer;
    private readonly Packer texts;
    private readonly ByteBuilder scratch = new(1 << 16);
    private readonly SegmentColumns columns;
    private readonly bool[] given;
    private int pageRows;
    private readonly long mostBytes;
    private long pageBytes;
    private bool areShort = true;

    /// <summary>Begins the rows of a segment.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="level">Level of zstd.</param>
    /// <param name="apart">True to write each of <see cref="KnownFields"/> into its own column, and every text in the way that needs least room.</param>
    public SegmentWriter(int number, int level, bool apart = false)
    {
        this.number = number;
        columns = new SegmentColumns(apart, apart);
        given = new bool[columns.Known.Count];
        packer = new Packer(level);
        texts = apart ? Thorough(level) : packer;
        mostBytes = apart ? PackedPageBytes : SealedPageBytes;
    }

    /// <summary>The rows that follow are those of another segment.</summary>
    /// <param name="segmentNumber">Its number.</param>
    public void Begin(int segmentNumber) => number = segmentNumber;

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
        if (pageRows > 0) areShort = pageBytes <= pageRows * ShortEvent;
        var group = new RowGroup(Rows, [.. columns.All.Select(column => column.Finish(For(column), scratch))]);
        (Rows, pageRows, pageBytes) = (0, 0, 0);
        return group;
    }

    /// <summary>Writes row groups as a whole file.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="groups">The row groups, all of one layout.</param>
    /// <param name="apart">True when each of <see cref="KnownFields"/> has a column.</param>
    public static void WriteFile(Stream target, IReadOnlyList<RowGroup> groups, bool apart = false)
    {
        var file = new SegmentFile(target, apart);
        foreach (var group in groups) file.Add(group);
        file.End();
    }

    public void Dispose()
    {
        packer.Dispose();
        texts.Dispose();
    }

    private Packer For(Column column) => column is BytesColumn && areShort ? texts : packer;

    // Lines are long matches of earlier ones with little between: looked for up to their whole length, and by the sum of what they cost, they take a seventh less than at any
    // level that takes as long.
    private static Packer Thorough(int level)
    {
        var thorough = new Packer(level);
        thorough.Set(ZSTD_cParameter.ZSTD_c_strategy, (int)ZSTD_strategy.ZSTD_btopt);
        thorough.Set(ZSTD_cParameter.ZSTD_c_targetLength, 999);
        thorough.Set(ZSTD_cParameter.ZSTD_c_minMatch, 6);
        thorough.Set(ZSTD_cParameter.ZSTD_c_searchLog, 4);
        thorough.Set(ZSTD_cParameter.ZSTD_c_hashLog, 18);
        thorough.Set(ZSTD_cParameter.ZSTD_c_chainLog, 18);
        return thorough;
    }

    private void Write(int at, ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> whole)
    {
        var left = encoded;
        var receivedAt = EventCodec.TakeInt64(ref left);
        var occurredAt = EventCodec.TakeInt64(ref left);
        var offset = EventCodec.TakeInt32(ref left);
        var assumed = EventCodec.TakeInt32(ref left) == 1;
        var severe = EventCodec.TakeInt32(ref left);
        var facilityCode = EventCodec.TakeInt32(ref left);
        columns.Row.Add(at);
        columns.Segment.Add(number);
        columns.Received.Add(receivedAt);
        columns.Time.Add(occurredAt == long.MinValue ? receivedAt : occurredAt);
        // The time above is it, where there is one.
        columns.Occurred.Absent();
        if (occurredAt == long.MinValue) columns.OccurredOffset.Absent();
        else columns.OccurredOffset.Add(offset);

        columns.ZoneAssumed.Add(assumed);
        if (severe < 0) columns.Severity.Absent();
        else columns.Severity.Add(severe);
        if (facilityCode < 0) columns.Facility.Absent();
        else columns.Facility.Add(facilityCode);
        columns.Source.Add(Text(ref left));
        Optional(columns.Host, ref left);
        Optional(columns.App, ref left);
        Optional(columns.Address, ref left);
        columns.Format.Add(Text(ref left));
        var text = Text(ref left);
        var line = Text(ref left);
        // Raw ends with the message in most formats: then its length is enough, which halves the text.
        if (line.EndsWith(text))
        {
            columns.Message.Absent();
            columns.MessageChars.Add(CodePoints(text));
        }
        else
        {
            columns.Message.Add(text);
            columns.MessageChars.Absent();
        }

        columns.Raw.Add(line);
        Optional(columns.RawBytes, ref left);
        var count = EventCodec.TakeInt32(ref left);
        var others = 0;
        for (var i = 0; i < count; i++)
        {
            var name = Text(ref left);
            var value = Text(ref left);
            if (given.Length > 0 && KnownFields.PlaceOf(name) is >= 0 and var known)
            {
                columns.Known[known].Add(value);
                given[known] = true;
                continue;
            }

            columns.Names.Add(name, others == 0);
            columns.Values.Add(value, others++ == 0);
        }

        if (others == 0)
        {
            columns.Names.Empty();
            columns.Values.Empty();
        }

        for (var i = 0; i < given.Length; i++)
        {
            if (!given[i]) columns.Known[i].Absent();
            given[i] = false;
        }

        count = EventCodec.TakeInt32(ref left);
        if (count == 0) columns.Problems.Empty();
        for (var i = 0; i < count; i++) columns.Problems.Add(Text(ref left), i == 0);
        if (whole.IsEmpty) columns.Exact.Absent();
        else columns.Exact.Add(whole);
        Rows++;
        pageBytes += encoded.Length + whole.Length;
        if (++pageRows < PageRows && pageBytes < mostBytes) return;
        areShort = pageBytes <= pageRows * ShortEvent;
        foreach (var column in columns.All) column.EndPage(For(column), scratch);
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
}

/// <summary>A finished row group, wherever in a file it will stand.</summary>
internal sealed record RowGroup(int Rows, IReadOnlyList<ColumnChunk> Columns)
{
    public long Length => Columns.Sum(chunk => (long)chunk.Bytes.Length);
}

/// <summary>A Parquet file that is written, a row group at a time.</summary>
internal sealed class SegmentFile
{
    private readonly Stream target;
    private readonly bool apart;
    private readonly List<GroupPlace> places = [];
    private long at = SegmentFooter.Magic.Length;

    /// <summary>Begins the file.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="apart">True when each of <see cref="KnownFields"/> has a column.</param>
    public SegmentFile(Stream target, bool apart)
    {
        this.target = target;
        this.apart = apart;
        target.Write(SegmentFooter.Magic);
    }

    public void Add(RowGroup group)
    {
        var chunks = new List<ChunkPlace>();
        foreach (var chunk in group.Columns)
        {
            target.Write(chunk.Bytes);
            chunks.Add(new ChunkPlace(chunk.Column, at, chunk.Bytes.Length, chunk.DataAt, chunk.HasDictionary, chunk.Values, chunk.Uncompressed, chunk.Least, chunk.Greatest));
            at += chunk.Bytes.Length;
        }

        places.Add(new GroupPlace(group.Rows, chunks));
    }

    /// <summary>Writes what stands at the end.</summary>
    public void End()
    {
        var footer = new ByteBuilder(1 << 12);
        SegmentFooter.Write(new ThriftWriter(footer), places, apart);
        target.Write(footer.Written);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        target.Write(length);
        target.Write(SegmentFooter.Magic);
    }
}
