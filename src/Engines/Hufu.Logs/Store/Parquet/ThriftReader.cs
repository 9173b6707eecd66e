namespace Hufu.Logs.Store.Parquet;

/// <summary>Reads what <see cref="ThriftWriter"/> writes, and passes over what it is not asked for.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    // Metadata of Parquet has less than ten.
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly Stack<int> outer = new();
    private int last;

    /// <summary>How many bytes were read.</summary>
    public int At { get; private set; }

    /// <summary>Begins a struct.</summary>
    public void Begin()
    {
        if (outer.Count >= MaxDepth) throw Broken();
        outer.Push(last);
        last = 0;
    }

    /// <summary>Ends a struct whose last field was read.</summary>
    public void End() => last = outer.Pop();

    /// <summary>The next field of the struct; id 0 where it ends.</summary>
    public (int Id, int Type) Field()
    {
        var head = Byte();
        if (head == 0) return (0, 0);
        var step = head >> 4;
        var id = step == 0 ? ZigZag(Varint()) : last + step;
        if (id is <= 0 or > 1_000) throw Broken();
        last = (int)id;
        return (last, head & 15);
    }

    public long Number() => ZigZag(Varint());

    public ReadOnlySpan<byte> Binary()
    {
        var length = Varint();
        if (length > (ulong)(bytes.Length - At)) throw Broken();
        var taken = bytes.Slice(At, (int)length);
        At += (int)length;
        return taken;
    }

    /// <summary>The number of elements of a list of structs, of which none is shorter than a byte.</summary>
    public int List(int type)
    {
        if (type != 9) throw Broken();
        var (count, element) = ListHead();
        return element == 12 ? count : throw Broken();
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(int type)
    {
        switch (type)
        {
            case 1 or 2: break;
            case 3: Byte(); break;
            case 4 or 5 or 6: Varint(); break;
            case 8: Binary(); break;
            case 9:
                var (count, element) = ListHead();
                for (; count > 0; count--) Skip(element);
                break;
            case 12:
                Begin();
                while (Field() is var (id, inner) && id != 0) Skip(inner);
                End();
                break;
            default: throw Broken();
        }
    }

    private (int Count, int Element) ListHead()
    {
        var head = Byte();
        var count = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        return count <= (ulong)(bytes.Length - At) ? ((int)count, head & 15) : throw Broken();
    }

    private byte Byte() => At < bytes.Length ? bytes[At++] : throw Broken();

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken();
    }

    private static long ZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    private static InvalidDataException Broken() => new("The metadata of a Parquet file cannot be read.");
}
