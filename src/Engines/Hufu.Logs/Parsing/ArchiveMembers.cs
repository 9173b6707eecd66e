using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Logs.Parsing;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its path in the archive.</param>
/// <param name="Content">What it holds, unpacked; valid until the next member is asked for.</param>
internal readonly record struct ArchiveMember(string Name, Stream Content);

/// <summary>
/// The files of a zip or tar archive, each once. What is no file is passed over; what is refused, because it is encrypted, an archive itself or unpacks
/// to more than it may, is told in the problems, and the others are read.
/// </summary>
internal sealed class ArchiveMembers(List<string> problems)
{
    private const int MostMembers = 10_000;
    private const long MostBytes = 16L << 30;
    private const long MostDirectory = 16L << 20;
    private const long MostSpooled = 4L << 30;

    // Logs of one repeated line pack well; what packs a hundred megabytes better than this is made to.
    private const long RatioFrom = 100L << 20;
    private const int MostRatio = 250;

    private long total;
    private int members;

    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8);

    public static bool IsTar(ReadOnlySpan<byte> start) => start.Length >= 262 && start.Slice(257, 5).SequenceEqual("ustar"u8);

    /// <summary>The members of a zip archive.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    public async IAsyncEnumerable<ArchiveMember> ZipAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Stream? spool = null;
        try
        {
            if (!stream.CanSeek) stream = spool = await SpoolAsync(stream, cancellation).ConfigureAwait(false);
            if (!await HasSmallDirectoryAsync(stream, cancellation).ConfigureAwait(false))
            {
                problems.Add(LogProblem.Of(LogProblem.ArchiveMembers, MostMembers));
                yield break;
            }

            stream.Position = 0;
            await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8, cancellation).ConfigureAwait(false);
            foreach (var entry in zip.Entries)
            {
                if (entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\')) continue;
                if (++members > MostMembers)
                {
                    problems.Add(LogProblem.Of(LogProblem.ArchiveMembers, MostMembers));
                    yield break;
                }

                if (entry.IsEncrypted)
                {
                    Tell(LogProblem.ArchiveEncrypted, entry.FullName);
                    continue;
                }

                Stream content;
                try
                {
                    content = await entry.OpenAsync(cancellation).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is InvalidDataException or NotSupportedException)
                {
                    Tell(LogProblem.ArchiveDamaged, entry.FullName);
                    continue;
                }

                await using var opened = content;
                await using var limited = new Limited(this, content, entry.FullName, entry.CompressedLength);
                yield return new ArchiveMember(entry.FullName, limited);
                if (total > MostBytes) yield break;
            }
        }
        finally
        {
            if (spool is not null) await spool.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The members of a tar archive.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    public async IAsyncEnumerable<ArchiveMember> TarAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var tar = new TarReader(stream, leaveOpen: true);
        while (true)
        {
            TarEntry? entry;
            try
            {
                entry = await tar.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is FormatException or EndOfStreamException or ArgumentException or OverflowException or NotSupportedException)
            {
                throw new InvalidDataException(fault.Message, fault);
            }

            if (entry is null) yield break;
            if (entry.DataStream is not { } content || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) continue;
            if (++members > MostMembers)
            {
                problems.Add(LogProblem.Of(LogProblem.ArchiveMembers, MostMembers));
                yield break;
            }

            await using var limited = new Limited(this, content, entry.Name, null);
            yield return new ArchiveMember(entry.Name, limited);
            if (total > MostBytes) yield break;
        }
    }

    /// <summary>Says once what is wrong with a member.</summary>
    public void Tell(string code, string name)
    {
        if (problems.Count < MostTold) problems.Add(LogProblem.Of(code, name.Length > 200 ? name[..200] : name));
    }

    private const int MostTold = 1_000;

    /// <summary>The list of members is read whole, so that it must be short: its end says how long it is and how many it has.</summary>
    private static async Task<bool> HasSmallDirectoryAsync(Stream stream, CancellationToken cancellation)
    {
        var tail = new byte[(int)Math.Min(stream.Length, 65_557)];
        stream.Position = stream.Length - tail.Length;
        await stream.ReadExactlyAsync(tail, cancellation).ConfigureAwait(false);
        var at = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (at < 0 || at + 22 > tail.Length) throw new InvalidDataException("The zip archive has no end.");
        var count = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 10));
        var from = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        // So many members, or so large, that the other form is needed (ZIP64) is more than is taken; only large archives of few members have it besides.
        if (from == uint.MaxValue) return BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 12)) is var size && (size == uint.MaxValue || size <= MostDirectory) && count <= MostMembers;
        return count <= MostMembers && stream.Length - tail.Length + at - from is >= 0 and <= MostDirectory;
    }

    private static async Task<Stream> SpoolAsync(Stream stream, CancellationToken cancellation)
    {
        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });
        var buffer = new byte[1 << 16];
        while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var read)
        {
            if (file.Length + read > MostSpooled)
            {
                await file.DisposeAsync().ConfigureAwait(false);
                throw new InvalidDataException("The archive is larger than what is taken from a stream.");
            }

            await file.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
        }

        return file;
    }

    /// <summary>What one member gives, up to what it may.</summary>
    private sealed class Limited(ArchiveMembers owner, Stream inner, string name, long? packed) : ForwardStream
    {
        private long read;
        private bool ended;

        public override int Read(Span<byte> buffer) => ended ? 0 : Counted(inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (ended) return 0;
            try
            {
                return Counted(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
            }
            catch (InvalidDataException)
            {
                // The others may be whole.
                ended = true;
                owner.Tell(LogProblem.ArchiveDamaged, name);
                return 0;
            }
        }

        private int Counted(int count)
        {
            read += count;
            owner.total += count;
            if (owner.total > MostBytes) owner.Tell(LogProblem.ArchiveLarge, name);
            else if (read > RatioFrom && packed is { } from && read / Math.Max(from, 1) > MostRatio) owner.Tell(LogProblem.ArchiveRatio, name);
            else return count;
            ended = true;
            return 0;
        }
    }
}
