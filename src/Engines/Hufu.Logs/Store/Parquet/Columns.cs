using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Hufu.Logs.Store.Parquet;

/// <summary>A finished column of a row group.</summary>
/// <param name="Column">Which column.</param>
/// <param name="Bytes">Its pages.</param>
/// <param name="DataAt">Where the first page of values begins.</param>
/// <param name="HasDictionary">True when a page of distinct values stands before them.</param>
/// <param name="Values">Number of values, absent ones included.</param>
/// <param name="Uncompressed">Length before compression, heads of pages included.</param>
/// <param name="Least">Least value as statistics have it; null for none.</param>
/// <param name="Greatest">Greatest value.</param>
internal sealed record ColumnChunk(Column Column, byte[] Bytes, int DataAt, bool HasDictionary, int Values, long Uncompressed, byte[]? Least, byte[]? Greatest);

/// <summary>Gathers the values of one column, page by page.</summary>
internal abstract class Column(IReadOnlyList<string> path, int physicalType, bool optional, bool repeated)
{
    public const int Int32Type = 1;
    public const int Int64Type = 2;
    public const int BytesType = 6;
    public const int BooleanType = 0;
    protected const int Plain = 0;
    protected const int DeltaPacked = 5;
    protected const int ByDictionary = 8;
    private const int Rle = 3;

    private readonly List<int> present = [];
    private readonly List<int> repetitions = [];
    private readonly ByteBuilder pages = new(1 << 12);
    private int values;
    private long uncompressed;

    /// <summary>Names from the top of the schema down to it.</summary>
    public IReadOnlyList<string> Path { get; } = path;

    public int PhysicalType { get; } = physicalType;

    public bool Optional { get; } = optional;

    public bool Repeated { get; } = repeated;

    /// <summary>How its values may be encoded.</summary>
    public abstract int[] Encoding { get; }

    /// <summary>The values of the page that is being gathered.</summary>
    protected ByteBuilder Buffer { get; } = new(1 << 12);

    /// <summary>The row has no value.</summary>
    public virtual void Absent() => present.Add(0);

    /// <summary>The row has a list without elements.</summary>
    public virtual void Empty()
    {
        present.Add(0);
        repetitions.Add(0);
    }

    /// <summary>Ends a page.</summary>
    public virtual void EndPage(Packer packer, ByteBuilder scratch)
    {
        if (present.Count == 0) return;
        scratch.CutTo(0);
        var levels = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(present);
        if (Repeated) Encodings.Levels(scratch, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(repetitions));
        if (Optional || Repeated) Encodings.Levels(scratch, levels);
        var encoding = EncodeValues(scratch);
        Page(pages, packer, scratch, thrift =>
        {
            thrift.Int32(1, present.Count);
            thrift.Int32(2, encoding);
            thrift.Int32(3, Rle);
            thrift.Int32(4, Rle);
        }, 0, 5);
        values += present.Count;
        present.Clear();
        repetitions.Clear();
        Buffer.CutTo(0);
    }

    /// <summary>Ends the row group, and begins the next.</summary>
    public virtual ColumnChunk Finish(Packer packer, ByteBuilder scratch)
    {
        EndPage(packer, scratch);
        var whole = new ByteBuilder(pages.Length + 256);
        scratch.CutTo(0);
        var distinct = Dictionary(scratch);
        if (distinct > 0) Page(whole, packer, scratch, thrift =>
        {
            thrift.Int32(1, distinct);
            thrift.Int32(2, Plain);
        }, 2, 7);
        var dataAt = whole.Length;
        pages.Written.CopyTo(whole.Take(pages.Length));
        var (least, greatest) = Range();
        var chunk = new ColumnChunk(this, whole.Written.ToArray(), dataAt, distinct > 0, values, uncompressed, least, greatest);
        pages.CutTo(0);
        (values, uncompressed) = (0, 0);
        Reset();
        return chunk;
    }

    /// <summary>The row has one value, or its list one more: the first of a row is new.</summary>
    protected void Present(bool first = true)
    {
        present.Add(1);
        if (Repeated) repetitions.Add(first ? 0 : 1);
    }

    /// <summary>Writes the values of the page that are there; tells the encoding.</summary>
    protected abstract int EncodeValues(ByteBuilder target);

    /// <summary>Writes the distinct values; how many there are, 0 for none.</summary>
    protected virtual int Dictionary(ByteBuilder target) => 0;

    protected virtual (byte[]? Least, byte[]? Greatest) Range() => (null, null);

    protected virtual void Reset()
    {
    }

    private void Page(ByteBuilder target, Packer packer, ByteBuilder content, Action<ThriftWriter> head, int type, int headId)
    {
        var packed = ArrayPool<byte>.Shared.Rent(Zstd.Most(content.Length));
        var length = packer.Pack(content.Written, packed);
        var begin = target.Length;
        var thrift = new ThriftWriter(target);
        thrift.Begin();
        thrift.Int32(1, type);
        thrift.Int32(2, content.Length);
        thrift.Int32(3, length);
        thrift.BeginField(headId);
        head(thrift);
        thrift.End();
        thrift.End();
        uncompressed += target.Length - begin + content.Length;
        packed.AsSpan(0, length).CopyTo(target.Take(length));
        ArrayPool<byte>.Shared.Return(packed);
    }
}

/// <summary>Whole numbers as they are.</summary>
internal sealed class IntColumn(string name, bool optional) : Column([name], Int32Type, optional, false)
{
    public override int[] Encoding { get; } = [Plain, 3];

    public void Add(int value)
    {
        Present();
        Buffer.Int32(value);
    }

    protected override int EncodeValues(ByteBuilder target)
    {
        Buffer.Written.CopyTo(target.Take(Buffer.Length));
        return Plain;
    }
}

/// <summary>Numbers that grow or stay near their neighbours.</summary>
internal sealed class DeltaColumn(string name, int physicalType, bool optional) : Column([name], physicalType, optional, false)
{
    private readonly List<long> gathered = [];
    private long least = long.MaxValue;
    private long greatest = long.MinValue;

    public override int[] Encoding { get; } = [DeltaPacked, 3];

    public void Add(long value)
    {
        Present();
        gathered.Add(value);
        if (value < least) least = value;
        if (value > greatest) greatest = value;
    }

    protected override int EncodeValues(ByteBuilder target)
    {
        Encodings.Delta(target, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(gathered));
        gathered.Clear();
        return DeltaPacked;
    }

    protected override (byte[]? Least, byte[]? Greatest) Range()
    {
        if (least > greatest) return (null, null);
        return (Plainly(least, PhysicalType), Plainly(greatest, PhysicalType));
    }

    /// <summary>A number as statistics have it.</summary>
    public static byte[] Plainly(long value, int physicalType)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return physicalType == Int32Type ? bytes[..4] : bytes;
    }

    protected override void Reset() => (least, greatest) = (long.MaxValue, long.MinValue);
}

/// <summary>Yes or no.</summary>
internal sealed class FlagColumn(string name) : Column([name], BooleanType, false, false)
{
    private int bits;

    public override int[] Encoding { get; } = [Plain, 3];

    public void Add(bool value)
    {
        Present();
        if ((bits & 7) == 0) Buffer.Take(1)[0] = 0;
        if (value) Buffer.Written[^1] |= (byte)(1 << (bits & 7));
        bits++;
    }

    protected override int EncodeValues(ByteBuilder target)
    {
        Buffer.Written.CopyTo(target.Take(Buffer.Length));
        bits = 0;
        return Plain;
    }
}

/// <summary>Texts or bytes, each with its length before it.</summary>
internal class BytesColumn(IReadOnlyList<string> path, bool optional, bool repeated) : Column(path, BytesType, optional, repeated)
{
    public override int[] Encoding { get; } = [Plain, 3];

    public virtual void Add(ReadOnlySpan<byte> value, bool first = true)
    {
        Present(first);
        AddPlainly(value);
    }

    protected void AddPlainly(ReadOnlySpan<byte> value) => Write(Buffer, value);

    protected static void Write(ByteBuilder target, ReadOnlySpan<byte> value)
    {
        target.Int32(value.Length);
        value.CopyTo(target.Take(value.Length));
    }

    protected override int EncodeValues(ByteBuilder target)
    {
        Buffer.Written.CopyTo(target.Take(Buffer.Length));
        return Plain;
    }
}

/// <summary>Texts of which many are the same: each distinct one is kept once, as long as that pays.</summary>
/// <param name="path">Names from the top of the schema down to it.</param>
/// <param name="optional">True when a row may have none.</param>
/// <param name="repeated">True for a list.</param>
/// <param name="smallest">True to write each row group also with its texts in full, and keep what is smaller: numbers of texts hide from zstd what repeats.</param>
internal sealed class DictionaryColumn(IReadOnlyList<string> path, bool optional, bool repeated, bool smallest = false) : BytesColumn(path, optional, repeated)
{
    /// <summary>Most distinct texts of a row group; with more, the pages that follow have their texts in full.</summary>
    public const int MaxDistinct = 30_000;

    private const int MaxBytes = 1 << 20;

    private readonly List<int> indexes = [];
    private readonly DistinctTexts texts = new();
    private readonly BytesColumn? inFull = smallest ? new BytesColumn(path, optional, repeated) : null;
    private bool full;
    private bool used;

    public override int[] Encoding { get; } = [Plain, 3, ByDictionary];

    public override void Absent()
    {
        base.Absent();
        inFull?.Absent();
    }

    public override void Empty()
    {
        base.Empty();
        inFull?.Empty();
    }

    public override void EndPage(Packer packer, ByteBuilder scratch)
    {
        base.EndPage(packer, scratch);
        inFull?.EndPage(packer, scratch);
    }

    public override ColumnChunk Finish(Packer packer, ByteBuilder scratch)
    {
        var chunk = base.Finish(packer, scratch);
        return inFull?.Finish(packer, scratch) is { } other && other.Bytes.Length < chunk.Bytes.Length ? other with { Column = this } : chunk;
    }

    public override void Add(ReadOnlySpan<byte> value, bool first = true)
    {
        Present(first);
        inFull?.Add(value, first);
        if (full)
        {
            AddPlainly(value);
            return;
        }

        var index = texts.Find(value);
        if (index < 0)
        {
            if (texts.Count >= MaxDistinct || texts.Length + value.Length > MaxBytes)
            {
                // What the page has so far as well: a page has one encoding.
                full = true;
                foreach (var earlier in indexes) AddPlainly(texts[earlier]);
                indexes.Clear();
                AddPlainly(value);
                return;
            }

            index = texts.Add(value);
        }

        indexes.Add(index);
    }

    protected override int EncodeValues(ByteBuilder target)
    {
        if (full || texts.Count == 0) return base.EncodeValues(target);
        var width = texts.Count <= 1 ? 1 : 32 - BitOperations.LeadingZeroCount((uint)(texts.Count - 1));
        target.Take(1)[0] = (byte)width;
        Encodings.Hybrid(target, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(indexes), width);
        indexes.Clear();
        used = true;
        return ByDictionary;
    }

    protected override int Dictionary(ByteBuilder target)
    {
        if (!used) return 0;
        for (var i = 0; i < texts.Count; i++) Write(target, texts[i]);
        return texts.Count;
    }

    protected override void Reset()
    {
        texts.Clear();
        (full, used) = (false, false);
    }
}
