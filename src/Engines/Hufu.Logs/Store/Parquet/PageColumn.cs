using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Hufu.Logs.Store.Parquet;

/// <summary>Reads the values of one column of a row group, page by page, as <see cref="Column"/> wrote them.</summary>
/// <param name="column">Which column.</param>
internal sealed class PageColumn(Column column)
{
    private const int MostHead = 64;

    // More than any page that is written: its values are bounded, and one event's beyond that.
    private const int MostPage = 256 << 20;

    private byte[] packed = [];
    private byte[] page = [];
    private byte[] dictionary = [];
    private int[] dictionaryAt = [];
    private int[] dictionaryLength = [];
    private int[] levels = [];
    private int[] repetitions = [];
    private int[] codes = [];
    private int distinct;
    private long at;
    private long end;
    private int left;
    private long least;
    private long greatest;

    // Those of the dictionary that were asked for.
    private string?[]? made;

    /// <summary>Entries of the page: its rows; in a list, its elements and the rows without any.</summary>
    public int Count { get; private set; }

    /// <summary>For each entry which value it has; −1 for none. Absent where each has its own.</summary>
    public int[]? Index { get; private set; }

    /// <summary>In a list, where the entries of each row begin, and their number behind the last.</summary>
    public int[] Begins { get; private set; } = [];

    /// <summary>Rows of the page.</summary>
    public int Rows { get; private set; }

    /// <summary>Numbers, or the place of a text among the distinct ones.</summary>
    public long[] Numbers { get; private set; } = [];

    /// <summary>What holds the texts.</summary>
    public byte[] Bytes { get; private set; } = [];

    /// <summary>Where each text begins in it.</summary>
    public int[] At { get; private set; } = [];

    /// <summary>How long each text is.</summary>
    public int[] Lengths { get; private set; } = [];

    /// <summary>Values that are there.</summary>
    public int Values { get; private set; }

    /// <summary>Where the texts are those of the dictionary: the number of each value's text there. Else null.</summary>
    public int[]? Codes { get; private set; }

    /// <summary>Begins with a row group.</summary>
    public void Begin(ChunkPlace place, FileStream file, Unpacker unpacker)
    {
        (at, end, left, distinct) = (place.Begin, place.Begin + place.Length, place.Values, 0);
        (least, greatest) = (long.MaxValue, long.MinValue);
        if (!place.HasDictionary) return;
        var (length, count, encoding) = Head(file, 2, 7);
        if (encoding != 0) throw Broken();
        Unpack(file, unpacker, length.Packed, length.Whole, ref dictionary);
        distinct = count;
        made = null;
        if (Texts(dictionary.AsSpan(0, length.Whole), 0, count, ref dictionaryAt, ref dictionaryLength) != length.Whole || at != place.Begin + place.DataAt) throw Broken();
    }

    /// <summary>Reads the next page.</summary>
    public void Next(FileStream file, Unpacker unpacker)
    {
        var (length, count, encoding) = Head(file, 0, 5);
        if (count <= 0 || count > left) throw Broken();
        left -= count;
        Unpack(file, unpacker, length.Packed, length.Whole, ref page);
        // Behind it a number may be read as one of eight bytes.
        var body = page.AsSpan(0, length.Whole);
        var from = 0;
        Count = count;
        (Index, Codes, Rows, Values) = (null, null, count, count);
        if (column.Repeated) from += Levels(body, count, ref repetitions);
        if (column.Optional || column.Repeated)
        {
            from += Levels(body[from..], count, ref levels);
            var values = 0;
            for (var i = 0; i < count; i++) levels[i] = levels[i] == 1 ? values++ : -1;
            Index = levels;
            Values = values;
        }

        if (column.Repeated) Lists();
        switch (encoding, column.PhysicalType)
        {
            case (0, Column.Int32Type):
                Room(Values);
                if (body.Length - from != 4L * Values) throw Broken();
                for (var i = 0; i < Values; i++) Numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(body[(from + 4 * i)..]);
                break;
            case (0, Column.BooleanType):
                Room(Values);
                if (body.Length - from != (Values + 7) / 8) throw Broken();
                for (var i = 0; i < Values; i++) Numbers[i] = (body[from + i / 8] >> (i & 7)) & 1;
                break;
            case (0, Column.BytesType):
                var (places, lengths) = (At == dictionaryAt ? [] : At, Lengths == dictionaryLength ? [] : Lengths);
                if (Texts(body, from, Values, ref places, ref lengths) != body.Length) throw Broken();
                (Bytes, At, Lengths) = (page, places, lengths);
                break;
            case (5, Column.Int32Type or Column.Int64Type):
                Room(Values);
                if (from + Encodings.ReadDelta(body[from..], Numbers.AsSpan(0, Values)) != body.Length) throw Broken();
                foreach (var number in Numbers.AsSpan(0, Values))
                {
                    if (number < least) least = number;
                    if (number > greatest) greatest = number;
                }

                break;
            case (8, Column.BytesType) when distinct > 0 && from < body.Length:
                if (codes.Length < Values) codes = new int[Values];
                if (from + 1 + Encodings.ReadHybrid(body[(from + 1)..], body[from], codes.AsSpan(0, Values)) != body.Length) throw Broken();
                foreach (var code in codes.AsSpan(0, Values))
                {
                    if ((uint)code >= (uint)distinct) throw Broken();
                }

                (Bytes, At, Lengths, Codes) = (dictionary, dictionaryAt, dictionaryLength, codes);
                break;
            default: throw Broken();
        }
    }

    /// <summary>True when nothing of the row group is left.</summary>
    public bool IsAtEnd => left == 0 && at == end;

    /// <summary>True when an entry has a value.</summary>
    public bool Has(int entry) => Index is not { } index || index[entry] >= 0;

    /// <summary>The text of an entry; false when it has none.</summary>
    public bool Text(int entry, out ReadOnlySpan<byte> text)
    {
        var value = Index is { } index ? index[entry] : entry;
        if (value < 0)
        {
            text = default;
            return false;
        }

        if (Codes is { } known) value = known[value];
        text = Bytes.AsSpan(At[value], Lengths[value]);
        return true;
    }

    /// <summary>The text of an entry; null when it has none. One of the dictionary is made once.</summary>
    public string? String(int entry)
    {
        if (Codes is not { } known) return Text(entry, out var text) ? Encoding.UTF8.GetString(text) : null;
        var value = Index is { } index ? index[entry] : entry;
        if (value < 0) return null;
        made ??= new string?[distinct];
        var code = known[value];
        return made[code] ??= Encoding.UTF8.GetString(Bytes, At[code], Lengths[code]);
    }

    /// <summary>True when the statistics of the row group say what was read of it.</summary>
    public bool HasRange(ChunkPlace place)
    {
        if (column is not DeltaColumn || least > greatest) return place is { Least: null, Greatest: null };
        return place is { Least: { } low, Greatest: { } high } && DeltaColumn.Plainly(least, column.PhysicalType).AsSpan().SequenceEqual(low) && DeltaColumn.Plainly(greatest, column.PhysicalType).AsSpan().SequenceEqual(high);
    }

    /// <summary>The number of an entry; false when it has none.</summary>
    public bool Number(int entry, out long number)
    {
        var value = Index is { } index ? index[entry] : entry;
        number = value < 0 ? 0 : Numbers[value];
        return value >= 0;
    }

    private void Room(int values)
    {
        if (Numbers.Length < values) Numbers = new long[values];
    }

    private void Lists()
    {
        if (Begins.Length < Count + 1) Begins = new int[Count + 1];
        Rows = 0;
        for (var i = 0; i < Count; i++)
        {
            if (repetitions[i] == 0) Begins[Rows++] = i;
            // A row without elements has one entry that says so.
            else if (i == 0 || levels[i] < 0 || levels[i - 1] < 0) throw Broken();
        }

        Begins[Rows] = Count;
    }

    private static int Levels(ReadOnlySpan<byte> body, int count, ref int[] target)
    {
        if (target.Length < count) target = new int[count];
        if (body.Length < 4) throw Broken();
        var length = BinaryPrimitives.ReadInt32LittleEndian(body);
        if (length < 0 || length > body.Length - 4) throw Broken();
        if (Encodings.ReadHybrid(body.Slice(4, length), 1, target.AsSpan(0, count)) != length) throw Broken();
        return 4 + length;
    }

    private static int Texts(ReadOnlySpan<byte> from, int at, int count, ref int[] places, ref int[] lengths)
    {
        if (places.Length < count) places = new int[count];
        if (lengths.Length < count) lengths = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (from.Length - at < 4) throw Broken();
            var length = BinaryPrimitives.ReadInt32LittleEndian(from[at..]);
            at += 4;
            if (length < 0 || length > from.Length - at) throw Broken();
            (places[i], lengths[i]) = (at, length);
            at += length;
        }

        return at;
    }

    private ((int Packed, int Whole) Length, int Count, int Encoding) Head(FileStream file, int type, int headId)
    {
        Span<byte> head = stackalloc byte[MostHead];
        head = head[..(int)Math.Min(MostHead, Math.Max(0, end - at))];
        ReadAll(file, head, at);
        var thrift = new ThriftReader(head);
        long kind = -1, whole = -1, length = -1, count = -1, encoding = -1;
        thrift.Begin();
        while (thrift.Field() is var (id, fieldType) && id != 0)
        {
            if (id == 1) kind = thrift.Number();
            else if (id == 2) whole = thrift.Number();
            else if (id == 3) length = thrift.Number();
            else if (id == headId) Inner(ref thrift);
            else throw Broken();
        }

        thrift.End();
        at += thrift.At;
        if (kind != type || whole is < 0 or > MostPage || length < 0 || length > end - at || count is < 0 or > int.MaxValue) throw Broken();
        return (((int)length, (int)whole), (int)count, (int)encoding);

        void Inner(ref ThriftReader thrift)
        {
            thrift.Begin();
            while (thrift.Field() is var (id, fieldType) && id != 0)
            {
                var number = thrift.Number();
                if (id == 1) count = number;
                else if (id == 2) encoding = number;
                else if (id is not (3 or 4) || number != 3) throw Broken();
            }

            thrift.End();
        }
    }

    private void Unpack(FileStream file, Unpacker unpacker, int length, int whole, ref byte[] target)
    {
        if (packed.Length < length) packed = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)length)];
        if (target.Length < whole) target = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)whole)];
        ReadAll(file, packed.AsSpan(0, length), at);
        at += length;
        unpacker.Unpack(packed.AsSpan(0, length), target.AsSpan(0, whole));
    }

    private static void ReadAll(FileStream file, Span<byte> target, long from)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(file.SafeFileHandle, target, from);
            if (read == 0) throw Broken();
            target = target[read..];
            from += read;
        }
    }

    private static InvalidDataException Broken() => new("A page of a Parquet file is not one of a segment.");
}
