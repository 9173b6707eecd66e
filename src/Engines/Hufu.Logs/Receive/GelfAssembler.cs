using System.IO.Compression;
using System.Net;

namespace Hufu.Logs.Receive;

/// <summary>
/// Makes GELF messages of datagrams: puts chunks together and unpacks. Senders of UDP can be forged, so what waits for its chunks is bounded in number
/// and bytes: the oldest goes first. A message that does not become whole, or is too long once unpacked, is told as missing; one that cannot be unpacked
/// is kept as it came.
/// </summary>
/// <param name="missing">Called with the sender of a message that is lost.</param>
public sealed class GelfAssembler(Action<IPAddress> missing)
{
    /// <summary>Most chunks of a message.</summary>
    public const int MaxChunks = 128;

    /// <summary>Most messages that wait for chunks.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>Most bytes of their chunks.</summary>
    public const long MaxWaitingBytes = 16L << 20;

    /// <summary>Longest message, unpacked.</summary>
    public const int MaxMessage = 1 << 20;

    private const int HeaderLength = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // In the order of their first chunks.
    private readonly LinkedList<Message> waiting = [];
    private readonly Dictionary<(IPAddress Sender, ulong Id), LinkedListNode<Message>> known = [];

    private sealed class Message(IPAddress sender, ulong id, DateTimeOffset since, int count)
    {
        internal IPAddress Sender => sender;

        internal ulong Id => id;

        internal DateTimeOffset Since => since;

        internal byte[]?[] Chunks { get; } = new byte[]?[count];

        internal int Missing { get; set; } = count;
    }

    /// <summary>Messages that wait for chunks.</summary>
    public int Waiting => known.Count;

    /// <summary>Bytes of their chunks.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>The message that a datagram is or completes, unpacked; null when there is none yet.</summary>
    public byte[]? Take(ReadOnlySpan<byte> datagram, IPAddress sender, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(sender);
        Expire(at);
        if (!datagram.StartsWith((ReadOnlySpan<byte>)[0x1E, 0x0F])) return Unpack(datagram, sender);
        if (datagram.Length <= HeaderLength || datagram[10] >= datagram[11] || datagram[11] > MaxChunks) return Missed(sender);
        var key = (sender, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(datagram[2..]));
        var (number, count) = (datagram[10], datagram[11]);
        if (!known.TryGetValue(key, out var node)) known[key] = node = waiting.AddLast(new Message(sender, key.Item2, at, count));
        var message = node.Value;
        // A second message under the same id, or a chunk that came twice: what was there first counts.
        if (message.Chunks.Length != count || message.Chunks[number] is not null) return null;
        message.Chunks[number] = datagram[HeaderLength..].ToArray();
        message.Missing--;
        WaitingBytes += datagram.Length - HeaderLength;
        if (message.Missing == 0)
        {
            Forget(node);
            return Unpack([.. message.Chunks.SelectMany(c => c!)], sender);
        }

        while (known.Count > MaxWaiting || WaitingBytes > MaxWaitingBytes) GiveUp(waiting.First!);
        return null;
    }

    /// <summary>Gives up what has waited for five seconds.</summary>
    public void Expire(DateTimeOffset at)
    {
        while (waiting.First is { } first && at - first.Value.Since >= Patience) GiveUp(first);
    }

    private void GiveUp(LinkedListNode<Message> node)
    {
        Forget(node);
        missing(node.Value.Sender);
    }

    private void Forget(LinkedListNode<Message> node)
    {
        waiting.Remove(node);
        known.Remove((node.Value.Sender, node.Value.Id));
        WaitingBytes -= node.Value.Chunks.Sum(c => (long)(c?.Length ?? 0));
    }

    private byte[]? Missed(IPAddress sender)
    {
        missing(sender);
        return null;
    }

    private byte[]? Unpack(ReadOnlySpan<byte> packed, IPAddress sender)
    {
        var gzip = packed.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]);
        // RFC 1950: the method is 8, and the two bytes are a multiple of 31.
        if (!gzip && !(packed.Length > 2 && (packed[0] & 0x0F) == 8 && ((packed[0] << 8) + packed[1]) % 31 == 0))
        {
            packed = packed.TrimEnd("\r\n\0"u8);
            return packed.IsEmpty ? null : packed.ToArray();
        }

        try
        {
            using var from = new MemoryStream(packed.ToArray());
            using Stream unpacking = gzip ? new GZipStream(from, CompressionMode.Decompress) : new ZLibStream(from, CompressionMode.Decompress);
            using var to = new MemoryStream();
            Span<byte> buffer = stackalloc byte[8192];
            for (int read; (read = unpacking.Read(buffer)) > 0;)
            {
                if (to.Length + read > MaxMessage) return Missed(sender);
                to.Write(buffer[..read]);
            }

            ReadOnlySpan<byte> message = to.ToArray().AsSpan().TrimEnd("\r\n\0"u8);
            return (message.IsEmpty ? packed : message).ToArray();
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            // Damaged, packed with a dictionary that nobody has, or a text that only begins like something packed: it is kept as it came.
            return packed.ToArray();
        }
    }
}
