using System.Buffers;
using System.Runtime.InteropServices;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>Reads the files of a log. Fails as a value: a missing or damaged file is ordinary to a verifier.</summary>
internal static class TileFile
{
    /// <summary>Width of the tile at an index of a level in a tree: 256, less for the rightmost, 0 for none.</summary>
    public static int WidthAt(int level, long index, long size)
    {
        var hashes = HashesAt(level, size) - (index * TilePath.Width);
        return (int)Math.Clamp(hashes, 0, TilePath.Width);
    }

    /// <summary>Number of hashes that a level has in a tree; bundles have the width of level 0.</summary>
    public static long HashesAt(int level, long size)
    {
        var shift = 8 * Math.Max(level, 0);
        return shift > 62 ? 0 : size >> shift;
    }

    /// <summary>Number of levels of tiles of a tree: 0 for an empty one.</summary>
    public static int Levels(long size)
    {
        var levels = 0;
        while (HashesAt(levels, size) > 0)
            levels++;
        return levels;
    }

    /// <summary>Reads a whole file of at most so many bytes.</summary>
    public static Result<byte[]> Read(string folder, string path, int max)
    {
        try
        {
            using var handle = File.OpenHandle(Path.Combine(folder, path));
            var length = RandomAccess.GetLength(handle);
            if (length > max)
                return Result.Fail<byte[]>(LedgerErrors.TileMalformed(path, max, length));
            var bytes = new byte[length];
            var read = 0;
            while (read < bytes.Length)
            {
                var more = RandomAccess.Read(handle, bytes.AsSpan(read), read);
                if (more == 0)
                    return Result.Fail<byte[]>(LedgerErrors.TileMalformed(path, length, read));
                read += more;
            }

            return Result.Of(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Result.Fail<byte[]>(LedgerErrors.Missing(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Result.Fail<byte[]>(LedgerErrors.Unreadable(path, e.Message));
        }
    }

    /// <summary>Reads a tile or bundle of a tree of this size. A partial one that is gone may be read from the full one that replaced it.</summary>
    public static Result<(string Path, byte[] Bytes)> ReadAt(string folder, int level, long index, long size)
    {
        var width = WidthAt(level, index, size);
        var max = level == TilePath.Entries ? EntryBundle.MaxLength : TilePath.Width * MerkleHash.Length;
        var path = TilePath.Of(level, index, width);
        var read = Read(folder, path, max);
        if (!read.IsOk && width < TilePath.Width && read.Errors[0].Code == "ledger.file.missing")
        {
            var full = TilePath.Of(level, index, TilePath.Width);
            if (Read(folder, full, max) is { IsOk: true } instead)
                (path, read) = (full, instead);
        }

        if (!read.IsOk)
            return Result.Fail<(string, byte[])>(read.Errors);
        if (level != TilePath.Entries)
        {
            var expected = path.EndsWith($".p/{width}", StringComparison.Ordinal) ? width : TilePath.Width;
            if (read.Value.Length != expected * MerkleHash.Length)
                return Result.Fail<(string, byte[])>(LedgerErrors.TileMalformed(path, expected * MerkleHash.Length, read.Value.Length));
        }

        return Result.Of((path, read.Value));
    }

    /// <summary>
    /// Reads a bundle into a buffer from the shared pool, which is exchanged for a larger one where needed. A partial bundle that is
    /// gone is read from the full one, and <paramref name="path"/> says so.
    /// </summary>
    public static Error? ReadInto(string folder, ref string path, long index, int width, ref byte[] buffer, out int length)
    {
        length = 0;
        if (width < TilePath.Width && !File.Exists(Path.Combine(folder, path)) && File.Exists(Path.Combine(folder, TilePath.OfEntries(index))))
            path = TilePath.OfEntries(index);
        try
        {
            using var handle = File.OpenHandle(Path.Combine(folder, path), options: FileOptions.SequentialScan);
            var total = RandomAccess.GetLength(handle);
            if (total > EntryBundle.MaxLength)
                return LedgerErrors.TileMalformed(path, EntryBundle.MaxLength, total);
            if (total > buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent((int)total);
            }

            for (int more; length < total && (more = RandomAccess.Read(handle, buffer.AsSpan(length, (int)total - length), length)) > 0;)
                length += more;
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return LedgerErrors.Missing(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return LedgerErrors.Unreadable(path, e.Message);
        }
    }

    /// <summary>The bytes of a tile as hashes, without copying.</summary>
    public static ReadOnlySpan<MerkleHash> Hashes(ReadOnlySpan<byte> tile) => MemoryMarshal.Cast<byte, MerkleHash>(tile);
}
