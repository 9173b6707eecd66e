using System.Buffers.Binary;

namespace Hufu.Logs.Intake;

/// <summary>Reads the fields of one protobuf message, one after the other. What it does not know the caller passes over by asking for the next.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> message = message;
    private int at;

    /// <summary>Number of the field at hand.</summary>
    public int Field { get; private set; }

    /// <summary>How it is written: 0 varint, 1 eight bytes, 2 bytes with their length, 5 four bytes.</summary>
    public int Wire { get; private set; }

    /// <summary>Value of a number: varint, eight or four bytes.</summary>
    public ulong Number { get; private set; }

    /// <summary>Where the bytes of a field begin and end in the message.</summary>
    public Range Range { get; private set; }

    /// <summary>The bytes of a field.</summary>
    public readonly ReadOnlySpan<byte> Bytes => message[Range];

    /// <summary>Goes on to the next field; false at the end.</summary>
    /// <exception cref="IntakeException">The message breaks off or is none.</exception>
    public bool Next()
    {
        if (at == message.Length) return false;
        var key = Varint();
        (Field, Wire, Range, Number) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7), default, 0);
        if (Field == 0) throw new IntakeException("a field has no number");
        switch (Wire)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                var length = Varint();
                if (length > int.MaxValue) throw new IntakeException("a field is longer than its message");
                Range = at..(at + (int)Math.Min(length, (ulong)(message.Length - at)));
                Take((int)length);
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new IntakeException("a field is written in a way that is not known");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > message.Length - at) throw new IntakeException("a field is longer than its message");
        at += length;
        return message.Slice(at - length, length);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == message.Length) throw new IntakeException("the message breaks off in a number");
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new IntakeException("a number is too long");
    }
}
