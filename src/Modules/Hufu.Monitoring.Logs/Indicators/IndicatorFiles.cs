using System.IO.Compression;
using System.Security.Cryptography;
using Hufu.Indicators;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// The indicators of versions, in the data folder and so in its backup: JSON lines in the order of their ids, packed. A file is named by the SHA-256 of what is in
/// it and never changes; who reads it to its end is told when it is no longer that.
/// </summary>
public sealed class IndicatorFiles(StorageOptions storage)
{
    private const int MostLine = 4 << 20;

    /// <summary>Where they are.</summary>
    internal string Folder => Path.Combine(storage.DataFolder, "indicators");

    /// <summary>Keeps lines, which are in the order of their ids; gives their hash.</summary>
    internal string Save(IEnumerable<byte[]> lines)
    {
        Directory.CreateDirectory(Folder);
        var temporary = Path.Combine(Folder, $".{Guid.CreateVersion7():N}.part");
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
                using (var buffered = new BufferedStream(gzip, 1 << 16))
                {
                    foreach (var line in lines)
                    {
                        sha.AppendData(line);
                        sha.AppendData("\n"u8);
                        buffered.Write(line);
                        buffered.WriteByte((byte)'\n');
                    }
                }

                file.Flush(flushToDisk: true);
            }

            var hash = Convert.ToHexStringLower(sha.GetHashAndReset());
            // One that is damaged is mended by what was read again.
            File.Move(temporary, PathOf(hash), overwrite: true);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The lines of a version, in the order of their ids.</summary>
    /// <exception cref="IOException">The file is not there.</exception>
    /// <exception cref="InvalidDataException">The file is not as it was.</exception>
    internal IEnumerable<byte[]> Lines(string hash)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var gzip = new GZipStream(File.OpenRead(PathOf(hash)), CompressionMode.Decompress);
        var buffer = new byte[1 << 16];
        var (from, until) = (0, 0);
        while (true)
        {
            var end = buffer.AsSpan(from, until - from).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = buffer.AsSpan(from, end).ToArray();
                sha.AppendData(buffer.AsSpan(from, end + 1));
                from += end + 1;
                yield return line;
                continue;
            }

            if (from > 0)
            {
                buffer.AsSpan(from, until - from).CopyTo(buffer);
                (from, until) = (0, until - from);
            }

            if (until == buffer.Length)
            {
                if (buffer.Length >= MostLine) throw Damaged(hash);
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = gzip.Read(buffer, until, buffer.Length - until);
            if (read == 0) break;
            until += read;
        }

        if (until > from || Convert.ToHexStringLower(sha.GetHashAndReset()) != hash) throw Damaged(hash);
    }

    /// <summary>The indicators of a version.</summary>
    /// <exception cref="IOException">The file is not there.</exception>
    /// <exception cref="InvalidDataException">The file is not as it was.</exception>
    internal IEnumerable<Indicator> Read(string hash)
    {
        var reader = new IndicatorLines.Reader();
        foreach (var line in Lines(hash))
        {
            var read = reader.Read(line);
            if (!read.IsOk) throw Damaged(hash);
            yield return read.Value;
        }
    }

    private static InvalidDataException Damaged(string hash) => new($"The indicators of version {hash} are damaged: they are not what the hash says.");

    private string PathOf(string hash) => hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower) ? Path.Combine(Folder, hash + ".jsonl.gz") : throw new FileNotFoundException(null, hash);
}
