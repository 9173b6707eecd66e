using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Hufu.Logs.Tail;

/// <summary>The bytes of an open file, unpacked.</summary>
internal sealed class TailContent : IAsyncDisposable
{
    private readonly SafeFileHandle handle;
    private readonly bool packed;
    private Stream? unpacking;
    private long position;
    private byte[] last = [];
    private long lastFrom;

    private TailContent(SafeFileHandle handle, bool packed) => (this.handle, this.packed) = (handle, packed);

    public bool IsPacked => packed;

    /// <summary>The length of the file as it lies on the disk.</summary>
    public long Length => RandomAccess.GetLength(handle);

    /// <summary>Opens a file that may be read. Null when it is not, or no longer, in the folders.</summary>
    public static TailContent? Open(string path, TailFolders folders)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // Between the look and the opening somebody may have put a link there.
        if (OperatingSystem.IsLinux() && new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget is { } target && !folders.Holds(target))
        {
            handle.Dispose();
            return null;
        }

        return new TailContent(handle, path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Fills a buffer from an offset on; less than its length only at the end.</summary>
    /// <exception cref="InvalidDataException">The packed file is damaged or not whole yet.</exception>
    public async ValueTask<int> FillAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
    {
        var count = 0;
        if (!packed)
        {
            while (count < buffer.Length && await RandomAccess.ReadAsync(handle, buffer[count..], offset + count, cancellation).ConfigureAwait(false) is > 0 and var read) count += read;
            return count;
        }

        if (unpacking is null || offset < lastFrom)
        {
            if (unpacking is not null) await unpacking.DisposeAsync().ConfigureAwait(false);
            unpacking = new GZipStream(new HandleStream(handle), CompressionMode.Decompress);
            (position, last, lastFrom) = (0, [], 0);
        }

        if (offset > position)
        {
            var passed = new byte[1 << 16];
            while (position < offset && await unpacking.ReadAsync(passed.AsMemory(0, (int)Math.Min(passed.Length, offset - position)), cancellation).ConfigureAwait(false) is > 0 and var read) position += read;
            (last, lastFrom) = ([], position);
            if (position < offset) return 0;
        }

        // What was given before and not taken.
        var kept = last.AsMemory((int)(offset - lastFrom));
        count = Math.Min(kept.Length, buffer.Length);
        kept[..count].CopyTo(buffer);
        while (count < buffer.Length && await unpacking.ReadAsync(buffer[count..], cancellation).ConfigureAwait(false) is > 0 and var more)
        {
            count += more;
            position += more;
        }

        if (position == offset + count) (last, lastFrom) = (buffer[..count].ToArray(), offset);
        return count;
    }

    /// <summary>The hash of some bytes; null when there are not so many.</summary>
    public async ValueTask<string?> HashAsync(long offset, int length, CancellationToken cancellation)
    {
        if (length == 0) return "";
        var bytes = new byte[length];
        return await FillAsync(offset, bytes, cancellation).ConfigureAwait(false) == length ? Convert.ToHexStringLower(SHA256.HashData(bytes)) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (unpacking is not null) await unpacking.DisposeAsync().ConfigureAwait(false);
        handle.Dispose();
    }

    /// <summary>The packed bytes from their beginning; does not own the handle.</summary>
    private sealed class HandleStream(SafeFileHandle handle) : Kernel.ForwardStream
    {
        private long at;

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(handle, buffer, at);
            at += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await RandomAccess.ReadAsync(handle, buffer, at, cancellationToken).ConfigureAwait(false);
            at += read;
            return read;
        }
    }
}
