using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Hufu.Logs.Store;

/// <summary>Bytes that grow at their end; what was written can be written over.</summary>
internal sealed class ByteBuilder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private byte[] buffer;
    private bool rented;

    /// <summary>Nothing yet, and room for that many bytes.</summary>
    public ByteBuilder(int room) => buffer = new byte[room];

    /// <summary>These bytes.</summary>
    public ByteBuilder(byte[] written) => (buffer, Length) = (written, written.Length);

    /// <summary>Nothing yet, and at least that much room, which others use again after <see cref="Return"/>.</summary>
    public static ByteBuilder Rent(int room) => new(0) { buffer = ArrayPool<byte>.Shared.Rent(room), rented = true };

    public int Length { get; private set; }

    public Span<byte> Written => buffer.AsSpan(0, Length);

    /// <summary>Room for that many bytes, which count as written.</summary>
    public Span<byte> Take(int count)
    {
        Reserve(count);
        Length += count;
        return buffer.AsSpan(Length - count, count);
    }

    /// <summary>Gives rented room back: nothing is written any more.</summary>
    public void Return()
    {
        if (rented) ArrayPool<byte>.Shared.Return(buffer);
        (buffer, rented, Length) = ([], false, 0);
    }

    /// <summary>Drops what stands behind the first bytes.</summary>
    public void CutTo(int length) => Length = length;

    public void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    /// <summary>Seven bits a byte, lowest first.</summary>
    public void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Take(1)[0] = (byte)((value & 0x7F) | 0x80);
        Take(1)[0] = (byte)value;
    }

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    /// <summary>
    /// A text as its byte length, −1 when absent, and UTF-8. False when it is not UTF-16: a surrogate that belongs to no pair is written as U+FFFD.
    /// </summary>
    public bool Text(string? text)
    {
        if (text is null)
        {
            Int32(-1);
            return true;
        }

        Reserve(4 + Encoding.UTF8.GetMaxByteCount(text.Length));
        var target = buffer.AsSpan(Length + 4);
        var (count, faithful) = (0, true);
        try
        {
            count = Strict.GetBytes(text, target);
        }
        catch (EncoderFallbackException)
        {
            faithful = false;
            count = Encoding.UTF8.GetBytes(text, target);
        }

        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(Length), count);
        Length += 4 + count;
        return faithful;
    }

    private void Reserve(int count)
    {
        if (buffer.Length - Length >= count) return;
        var room = (int)Math.Min(Array.MaxLength, Math.Max(2L * buffer.Length, Length + (long)count));
        if (!rented)
        {
            Array.Resize(ref buffer, room);
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(room);
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
