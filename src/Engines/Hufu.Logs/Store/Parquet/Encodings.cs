using System.Numerics;

namespace Hufu.Logs.Store.Parquet;

/// <summary>The encodings of numbers that Parquet's pages are made of.</summary>
internal static class Encodings
{
    private const int Block = 128;
    private const int Mini = 32;

    /// <summary>Numbers of a few bits as one run where they are all the same, else packed (RLE and bit-packing hybrid).</summary>
    public static void Hybrid(ByteBuilder bytes, ReadOnlySpan<int> values, int width)
    {
        if (values.Length == 0) return;
        if (values.IndexOfAnyExcept(values[0]) < 0)
        {
            bytes.Varint((ulong)values.Length << 1);
            for (var i = 0; i < (width + 7) / 8; i++) bytes.Take(1)[0] = (byte)((values[0] >> (8 * i)) & 0xFF);
            return;
        }

        var groups = (values.Length + 7) / 8;
        bytes.Varint(((ulong)groups << 1) | 1);
        var packed = bytes.Take(groups * width);
        var (held, bits, at) = (0UL, 0, 0);
        foreach (var value in values)
        {
            held |= (ulong)(uint)value << bits;
            for (bits += width; bits >= 8; bits -= 8)
            {
                packed[at++] = (byte)(held & 0xFF);
                held >>= 8;
            }
        }

        if (bits > 0) packed[at++] = (byte)(held & 0xFF);
        packed[at..].Clear();
    }

    /// <summary>Levels of a version 1 page: their length and the hybrid.</summary>
    public static void Levels(ByteBuilder bytes, ReadOnlySpan<int> levels)
    {
        var at = bytes.Length;
        bytes.Int32(0);
        Hybrid(bytes, levels, 1);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes.Written[at..], bytes.Length - at - 4);
    }

    /// <summary>Numbers by the differences of neighbours (DELTA_BINARY_PACKED): good for what grows or stays near.</summary>
    public static void Delta(ByteBuilder bytes, ReadOnlySpan<long> values)
    {
        bytes.Varint(Block);
        bytes.Varint(Block / Mini);
        bytes.Varint((ulong)values.Length);
        bytes.Varint(ZigZag(values.Length > 0 ? values[0] : 0));
        Span<long> deltas = stackalloc long[Block];
        for (var from = 1; from < values.Length; from += Block)
        {
            var count = Math.Min(Block, values.Length - from);
            var least = long.MaxValue;
            for (var i = 0; i < count; i++)
            {
                deltas[i] = unchecked(values[from + i] - values[from + i - 1]);
                least = Math.Min(least, deltas[i]);
            }

            bytes.Varint(ZigZag(least));
            var widths = bytes.Length;
            bytes.Take(Block / Mini).Clear();
            for (var mini = 0; mini * Mini < count; mini++)
            {
                var part = deltas[(mini * Mini)..Math.Min(count, (mini + 1) * Mini)];
                var all = 0UL;
                for (var i = 0; i < part.Length; i++)
                {
                    part[i] = unchecked(part[i] - least);
                    all |= unchecked((ulong)part[i]);
                }

                var width = 64 - BitOperations.LeadingZeroCount(all);
                bytes.Written[widths + mini] = (byte)width;
                Pack(bytes.Take(Mini * width / 8), part, width);
            }
        }
    }

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private static void Pack(Span<byte> target, ReadOnlySpan<long> values, int width)
    {
        target.Clear();
        var bit = 0;
        foreach (var value in values)
        {
            var left = unchecked((ulong)value);
            for (var rest = width; rest > 0;)
            {
                var (at, shift) = (bit >> 3, bit & 7);
                var now = Math.Min(8 - shift, rest);
                target[at] |= (byte)((left & ((1UL << now) - 1)) << shift);
                left >>= now;
                bit += now;
                rest -= now;
            }
        }
    }

    /// <summary>Reads as many numbers as there is room for of what <see cref="Hybrid"/> wrote; tells its length.</summary>
    /// <exception cref="InvalidDataException">It is not what that writes.</exception>
    public static int ReadHybrid(ReadOnlySpan<byte> bytes, int width, Span<int> values)
    {
        if (width is < 1 or > 31) throw Broken();
        if (values.Length == 0) return 0;
        var at = 0;
        var head = ReadVarint(bytes, ref at);
        if ((head & 1) == 0)
        {
            if (head >> 1 != (ulong)values.Length || bytes.Length - at < (width + 7) / 8) throw Broken();
            var value = 0;
            for (var i = 0; i < (width + 7) / 8; i++) value |= bytes[at++] << (8 * i);
            values.Fill(value);
            return at;
        }

        var groups = (values.Length + 7) / 8;
        if (head >> 1 != (ulong)groups || bytes.Length - at < groups * width) throw Broken();
        var packed = bytes.Slice(at, groups * width);
        if (width == 1)
        {
            for (var i = 0; i < values.Length; i++) values[i] = (packed[i >> 3] >> (i & 7)) & 1;
        }
        else
        {
            var (held, bits, from, mask) = (0UL, 0, 0, (1UL << width) - 1);
            for (var i = 0; i < values.Length; i++)
            {
                for (; bits < width; bits += 8) held |= (ulong)packed[from++] << bits;
                values[i] = (int)(held & mask);
                held >>= width;
                bits -= width;
            }
        }

        return at + packed.Length;
    }

    /// <summary>Reads as many numbers as there is room for of what <see cref="Delta"/> wrote; tells its length.</summary>
    /// <exception cref="InvalidDataException">It is not what that writes.</exception>
    public static int ReadDelta(ReadOnlySpan<byte> bytes, Span<long> values)
    {
        var at = 0;
        if (ReadVarint(bytes, ref at) != Block || ReadVarint(bytes, ref at) != Block / Mini || ReadVarint(bytes, ref at) != (ulong)values.Length) throw Broken();
        var value = UnZigZag(ReadVarint(bytes, ref at));
        if (values.Length > 0) values[0] = value;
        for (var from = 1; from < values.Length; from += Block)
        {
            var count = Math.Min(Block, values.Length - from);
            var least = UnZigZag(ReadVarint(bytes, ref at));
            if (bytes.Length - at < Block / Mini) throw Broken();
            var widths = bytes.Slice(at, Block / Mini);
            at += Block / Mini;
            for (var mini = 0; mini * Mini < count; mini++)
            {
                int width = widths[mini];
                if (width > 64 || bytes.Length - at < Mini * width / 8) throw Broken();
                var packed = bytes.Slice(at, Mini * width / 8);
                at += packed.Length;
                var part = values.Slice(from + mini * Mini, Math.Min(Mini, count - mini * Mini));
                for (var i = 0; i < part.Length; i++)
                {
                    value = unchecked(value + least + (long)Unpack(packed, i * width, width));
                    part[i] = value;
                }
            }
        }

        return at;
    }

    private static ulong Unpack(ReadOnlySpan<byte> packed, int bit, int width)
    {
        if (width == 0) return 0;
        var (at, shift) = (bit >> 3, bit & 7);
        if (packed.Length - at >= 8 && width + shift <= 64)
        {
            var word = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(packed[at..]) >> shift;
            return width == 64 ? word : word & ((1UL << width) - 1);
        }

        var value = 0UL;
        for (var done = 0; done < width;)
        {
            var now = Math.Min(8 - shift, width - done);
            value |= (((ulong)packed[at++] >> shift) & ((1UL << now) - 1)) << done;
            done += now;
            shift = 0;
        }

        return value;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken();
    }

    private static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    private static InvalidDataException Broken() => new("The numbers of a Parquet page cannot be read.");
}
