using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using Hufu.Kernel;
using System.Text;

namespace Hufu.Logs.Store;

/// <summary>The ids of events that follow each other in a segment; each is made when it is asked for.</summary>
internal sealed class EventIds(string segment, int first, int count) : IReadOnlyList<string>
{
    public int Count => count;

    public string this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
            return string.Create(CultureInfo.InvariantCulture, $"{segment}/{first + index}");
        }
    }

    public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// One append as the write-ahead file holds it: the file that the events were read from, if any, and each event's canonical bytes behind their
/// length. It is made in one buffer, which begins with room for the head that the file puts before it, so that nothing is copied on its way.
/// </summary>
internal sealed class EventFrame
{
    // The highest byte of a shorter length is the zero that RFC 6962 puts before a leaf: the leaf is hashed where it lies.
    private const int LongLeaf = 1 << 24;

    private readonly List<(int At, int Length)> places;
    private readonly ByteBuilder bytes;
    private KeyValuePair<string, string>[] fields = new KeyValuePair<string, string>[64];

    private EventFrame(ByteBuilder bytes, int count, ImportMark? import)
    {
        this.bytes = bytes;
        places = new(count);
        Import = import;
    }

    /// <summary>How many events there are.</summary>
    public int Count => places.Count;

    /// <summary>The file that the events were read from.</summary>
    public ImportMark? Import { get; }

    /// <summary>The frame behind <see cref="WriteAhead.HeadLength"/> bytes of room.</summary>
    public Span<byte> WithHead => bytes.Written;

    /// <summary>Starts the frame of that many events.</summary>
    public static EventFrame For(int count, ImportMark? import)
    {
        var bytes = ByteBuilder.Rent(WriteAhead.HeadLength + 256 + count * 512);
        bytes.Take(WriteAhead.HeadLength);
        bytes.Take(1)[0] = import is null ? (byte)0 : (byte)1;
        if (import is not null)
        {
            // Sixty-four characters: their number fits the one byte that it is read from.
            bytes.Take(1)[0] = (byte)import.Sha256.Length;
            Encoding.ASCII.GetBytes(import.Sha256, bytes.Take(import.Sha256.Length));
            bytes.Take(1)[0] = import.Complete ? (byte)1 : (byte)0;
        }

        bytes.Int32(count);
        return new EventFrame(bytes, count, import);
    }

    /// <summary>Reads a frame that the file holds.</summary>
    public static EventFrame Read(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload), Encoding.UTF8);
        string? sha256 = null;
        var complete = false;
        if (reader.ReadBoolean())
        {
            sha256 = reader.ReadString();
            complete = reader.ReadBoolean();
        }

        var count = reader.ReadInt32();
        var bytes = new ByteBuilder(payload);
        var frame = new EventFrame(bytes, count, sha256 is null ? null : new ImportMark(sha256, count, complete));
        var at = (int)reader.BaseStream.Position;
        for (; count > 0; count--)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(at));
            frame.places.Add((at + 4, length));
            at += 4 + length;
        }

        return frame;
    }

    /// <summary>Adds an event.</summary>
    public void Add(LogEvent item)
    {
        if (TryAdd(item)) return;
        // A text that is not UTF-16 is kept as UTF-8 can say it; two names may have become one by that.
        var kept = EventCodec.Decode(Bytes(Count - 1));
        bytes.CutTo(places[^1].At - 4);
        places.RemoveAt(Count - 1);
        if (!TryAdd(kept)) throw new InvalidOperationException("What was read from UTF-8 is not UTF-16.");
    }

    /// <summary>Gives its room back when nobody looks at it any more.</summary>
    public void Return() => bytes.Return();

    /// <summary>The canonical bytes of an event.</summary>
    public ReadOnlySpan<byte> Bytes(int index) => bytes.Written.Slice(places[index].At, places[index].Length);

    /// <summary>Writes the leaf hash of an event.</summary>
    public void Leaf(int index, Span<byte> hash)
    {
        var (at, length) = places[index];
        if (length < LongLeaf) Sha256.Hash(bytes.Written.Slice(at - 1, length + 1), hash);
        else Merkle.HashLeaf(Bytes(index)).CopyTo(hash);
    }

    private bool TryAdd(LogEvent item)
    {
        bytes.Int32(0);
        var at = bytes.Length;
        var faithful = EventCodec.Write(bytes, item, EventCodec.Ordered(item.Fields, ref fields));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.Written[(at - 4)..], bytes.Length - at);
        places.Add((at, bytes.Length - at));
        return faithful;
    }
}
