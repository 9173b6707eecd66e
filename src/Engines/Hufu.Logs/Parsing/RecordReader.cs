using System.Buffers;
using System.IO.Compression;

namespace Hufu.Logs;

/// <summary>How records follow each other in a stream (RFC 6587).</summary>
public enum LogFraming
{
    /// <summary>Octet counting when the stream begins with a length and a <c>&lt;</c>, otherwise line breaks.</summary>
    Auto,

    /// <summary>A decimal length, a space and so many bytes (RFC 6587 §3.4.1).</summary>
    Octet,

    /// <summary>A line feed ends a record (RFC 6587 §3.4.2).</summary>
    Newline,

    /// <summary>A zero byte ends a record (GELF over TCP).</summary>
    Zero,
}

/// <summary>A piece of a stream that is one record.</summary>
/// <param name="Bytes">The record without its frame; valid until the next record is read.</param>
/// <param name="Offset">Where the record begins in the (unpacked) stream, in bytes.</param>
/// <param name="Problem">What is wrong with the frame, for example that a long record was cut; absent when nothing is.</param>
public readonly record struct RawRecord(ReadOnlyMemory<byte> Bytes, long Offset, string? Problem);

/// <summary>Cuts a stream into records within bounded memory. Every byte of the stream is in some record; nothing is dropped but line ends and frame lengths.</summary>
public sealed class RecordReader(Stream stream, LogFraming framing, int maxLength = 64 * 1024) : IDisposable
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(checked(maxLength * 2));
    private int from;
    private int to;
    private long consumed;
    private bool ended;
    private readonly byte ending = framing is LogFraming.Zero ? (byte)0 : (byte)'\n';
    private LogFraming decided = framing;
    private bool continued;
    private int remaining;

    /// <summary>Opens a file; <c>.gz</c>, <c>.tgz</c> and <c>.zst</c> are unpacked as they are read.</summary>
    public static Stream OpenFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase)) return new GZipStream(file, CompressionMode.Decompress);
        return path.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? new ZstdSharp.DecompressionStream(file, leaveOpen: false) : file;
    }

    /// <summary>A stream that unpacks another, when it is packed with gzip or zstd by its first bytes; otherwise the stream itself.</summary>
    /// <param name="stream">The stream, at its beginning; it is closed with the one that is returned.</param>
    /// <param name="start">Its first bytes, four or more.</param>
    public static Stream Unpacked(Stream stream, ReadOnlySpan<byte> start)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (start is [0x1F, 0x8B, ..]) return new GZipStream(stream, CompressionMode.Decompress);
        return start is [0x28, 0xB5, 0x2F, 0xFD, ..] ? new ZstdSharp.DecompressionStream(stream, leaveOpen: false) : stream;
    }

    /// <summary>The next record, or null at the end of the stream. Blank lines are not records.</summary>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public async ValueTask<RawRecord?> ReadAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            if (decided == LogFraming.Auto) await DecideAsync(cancellation).ConfigureAwait(false);
            // Many in a row are passed over at once: a packed file of nothing else would keep a processor for minutes.
            if (decided != LogFraming.Octet && !continued) PassBlank();
            var record = decided == LogFraming.Octet ? await CountedAsync(cancellation).ConfigureAwait(false) : await LineAsync(cancellation).ConfigureAwait(false);
            if (record is null || record.Value.Bytes.Length > 0) return record;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    private async ValueTask DecideAsync(CancellationToken cancellation)
    {
        while (to - from < 12 && await FillAsync(cancellation).ConfigureAwait(false))
        {
        }

        var i = from;
        while (i < to && i < from + 8 && char.IsAsciiDigit((char)buffer[i])) i++;
        decided = i > from && buffer[from] != '0' && i + 1 < to && buffer[i] == ' ' && buffer[i + 1] == '<' ? LogFraming.Octet : LogFraming.Newline;
    }

    private async ValueTask<RawRecord?> LineAsync(CancellationToken cancellation)
    {
        var searched = from;
        while (true)
        {
            var end = buffer.AsSpan(searched, to - searched).IndexOf(ending);
            var length = end < 0 ? to - from : searched + end - from;
            if (length > maxLength)
            {
                var cut = Cut(maxLength);
                var piece = Take(cut, 0, continued ? LogProblem.RecordPiece : LogProblem.RecordCut);
                continued = true;
                return piece;
            }

            if (end >= 0)
            {
                var line = Take(length, 1, continued ? LogProblem.RecordLastPiece : null);
                continued = false;
                return line;
            }

            searched = to;
            var shift = from;
            if (await FillAsync(cancellation).ConfigureAwait(false))
            {
                searched -= shift - from;
                continue;
            }

            if (to == from) return null;
            var last = Take(to - from, 0, continued ? LogProblem.RecordLastPiece : null);
            continued = false;
            return last;
        }
    }

    private async ValueTask<RawRecord?> CountedAsync(CancellationToken cancellation)
    {
        if (remaining == 0)
        {
            while (to - from < 10 && await FillAsync(cancellation).ConfigureAwait(false))
            {
            }

            // Some senders end a counted record with a line feed that they do not count.
            while (from < to && buffer[from] is (byte)'\n' or (byte)'\r' && from < to)
            {
                from++;
                consumed++;
            }

            if (from == to) return null;
            var i = from;
            long length = 0;
            while (i < to && i < from + 9 && char.IsAsciiDigit((char)buffer[i])) length = length * 10 + buffer[i++] - '0';
            if (i == from || i == to || buffer[i] != ' ' || length is 0 or > int.MaxValue || buffer[from] == '0')
            {
                // There is no way to find the next frame: the rest is read by lines and says so.
                decided = LogFraming.Newline;
                var rest = await LineAsync(cancellation).ConfigureAwait(false);
                return rest is { } first ? first with { Problem = LogProblem.FrameLength } : null;
            }

            consumed += i + 1 - from;
            from = i + 1;
            remaining = (int)length;
            continued = false;
        }

        var wanted = Math.Min(remaining, maxLength);
        while (to - from < wanted && await FillAsync(cancellation).ConfigureAwait(false))
        {
        }

        if (to - from < wanted)
        {
            remaining = 0;
            return to == from ? null : Take(to - from, 0, LogProblem.StreamEnded);
        }

        var whole = remaining <= maxLength;
        if (!whole) wanted = Cut(wanted);
        var problem = !whole && !continued ? LogProblem.RecordCut : continued ? LogProblem.RecordPiece : null;
        continued = true;
        remaining -= wanted;
        return Take(wanted, 0, problem);
    }

    private void PassBlank()
    {
        var rest = buffer.AsSpan(from, to - from);
        var blank = rest.IndexOfAnyExcept(ending);
        if (blank < 0) blank = rest.Length;
        from += blank;
        consumed += blank;
    }

    /// <summary>A length not above the wanted one at which no UTF-8 sequence is cut.</summary>
    private int Cut(int wanted)
    {
        var length = wanted;
        while (length > wanted - 4 && length > 1 && (buffer[from + length] & 0xC0) == 0x80 && from + length < to) length--;
        return length > wanted - 4 ? length : wanted;
    }

    private RawRecord Take(int length, int skip, string? problem)
    {
        var record = new RawRecord(buffer.AsMemory(from, length).TrimEnd((byte)'\r'), consumed, problem);
        from += length + skip;
        consumed += length + skip;
        return record;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (ended) return false;
        if (from > 0)
        {
            buffer.AsSpan(from, to - from).CopyTo(buffer);
            to -= from;
            from = 0;
        }

        if (to == buffer.Length) return false;
        var read = await stream.ReadAsync(buffer.AsMemory(to), cancellation).ConfigureAwait(false);
        if (read == 0) ended = true;
        to += read;
        return read > 0;
    }
}
