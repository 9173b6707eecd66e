using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hufu.Logs.Store;

/// <summary>
/// The file that keeps the events of the open segment until it is sealed. A frame is a length, the first eight bytes of the payload's
/// SHA-256, and the payload; it is on the disk before an append returns. A frame torn by a crash was never acknowledged and is cut off.
/// </summary>
internal sealed class WriteAhead : IDisposable
{
    /// <summary>Bytes before a payload: its length, and the beginning of its hash.</summary>
    public const int HeadLength = 12;

    private const int MaxFrame = 1 << 30;

    private readonly FileStream file;

    private WriteAhead(FileStream file) => this.file = file;

    /// <summary>Opens or creates the file, hands every whole frame and its place to <paramref name="replay"/> and cuts the rest off. Returns the bytes cut.</summary>
    public static (WriteAhead File, long Cut) Open(string path, Action<long, byte[]> replay)
    {
        long good = 0;
        if (File.Exists(path))
        {
            using var kept = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
            good = Frames(kept, replay);
        }

        // Without a buffer: what a full disk refused must not wait in memory and be written behind the caller's back once there is room.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0);
        var cut = file.Length - good;
        file.SetLength(good);
        file.Position = good;
        file.Flush(flushToDisk: true);
        return (new WriteAhead(file), cut);
    }

    /// <summary>Hands over every whole frame of a file that another process may be writing, and changes nothing. No file is no frame. Returns where they end.</summary>
    public static long Read(string path, Action<long, byte[]> replay, long from = 0)
    {
        if (!File.Exists(path)) return from;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        return Frames(file, replay, from);
    }

    /// <summary>The payload of the frame that begins at a place.</summary>
    public byte[] FrameAt(long at)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        Fill(head, at);
        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
        Fill(payload, at + HeadLength);
        return payload;
    }

    /// <summary>Writes a frame and brings it to the disk. Returns where it begins.</summary>
    /// <param name="frame">The payload behind <see cref="HeadLength"/> bytes of room for its head.</param>
    public long Append(Span<byte> frame)
    {
        var start = file.Position;
        var payload = frame[HeadLength..];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        SHA256.HashData(payload).AsSpan(0, 8).CopyTo(frame[4..]);
        try
        {
            file.Write(frame);
            file.Flush(flushToDisk: true);
            return start;
        }
        catch (IOException)
        {
            // A full disk: the half frame goes, so that what is appended later stands behind whole frames only.
            file.SetLength(start);
            file.Position = start;
            throw;
        }
    }

    public void Dispose() => file.Dispose();

    // Beside the place where it writes.
    private void Fill(Span<byte> target, long at)
    {
        for (var read = 0; read < target.Length;)
        {
            var got = RandomAccess.Read(file.SafeFileHandle, target[read..], at + read);
            if (got == 0) throw new EndOfStreamException("The write-ahead file is shorter than it was.");
            read += got;
        }
    }

    /// <summary>Hands over every whole frame from a place on; returns where they end.</summary>
    private static long Frames(FileStream file, Action<long, byte[]> replay, long from = 0)
    {
        file.Position = from;
        var good = from;
        Span<byte> head = stackalloc byte[HeadLength];
        while (file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) == HeadLength)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is < 0 or > MaxFrame || length > file.Length - file.Position) break;
            var payload = new byte[length];
            file.ReadExactly(payload);
            if (!SHA256.HashData(payload).AsSpan(0, 8).SequenceEqual(head[4..])) break;
            replay(good, payload);
            good = file.Position;
        }

        return good;
    }
}
