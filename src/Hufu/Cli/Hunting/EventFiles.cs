using Hufu.Kernel;
using Hufu.Logs;

namespace Hufu.Cli;

/// <summary>The files that a hunt reads: what is named, folders with all below them, standard input as <c>-</c>.</summary>
internal static class EventFiles
{
    private const int Peeked = 1_024;

    // A packed file that ends too soon is otherwise read as if that were its end.
    static EventFiles() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>The name of standard input.</summary>
    internal const string Input = "-";

    /// <summary>The files in their order; null with the first path that is not there.</summary>
    internal static List<string>? Expand(IEnumerable<string> paths, List<string> unread, out string? missing)
    {
        var files = new List<string>();
        missing = null;
        foreach (var path in paths)
        {
            if (path == Input || File.Exists(path)) files.Add(path);
            else if (Directory.Exists(path)) Below(path, files, unread);
            else
            {
                missing = path;
                return null;
            }
        }

        // A file that is named twice, or is also in a folder, is read once.
        return [.. files.DistinctBy(file => file == Input ? file : Path.GetFullPath(file))];
    }

    /// <summary>Opens a file; what is packed with gzip or zstd, by its first bytes, is unpacked as it is read.</summary>
    /// <param name="path">The file, or <see cref="Input"/>.</param>
    /// <param name="position">How far the file itself has been read, in bytes.</param>
    /// <exception cref="InvalidDataException">The file is no log.</exception>
    internal static Stream Open(string path, out Func<long> position)
    {
        if (path == Input)
        {
            position = () => 0;
            var input = new Peekable(Console.OpenStandardInput());
            return Opened(input, input.Start.Span);
        }

        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        try
        {
            position = () => file.SafeFileHandle.IsClosed ? 0 : file.Position;
            var start = new byte[Peeked];
            var head = start.AsSpan(0, file.ReadAtLeast(start, Peeked, throwOnEndOfStream: false));
            file.Position = 0;
            return Opened(file, head);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The folder that all files are in, as they are named, with the separator at its end; empty when there is none.</summary>
    internal static string Common(IReadOnlyList<string> files)
    {
        if (files.Count == 0) return "";
        var common = files[0];
        foreach (var file in files) common = common[..common.AsSpan().CommonPrefixLength(file)];
        return common[..(common.AsSpan().LastIndexOfAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar) + 1)];
    }

    private static void Below(string folder, List<string> files, List<string> unread)
    {
        try
        {
            files.AddRange(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal));
            // A link to a folder may lead back up.
            foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Where(inner => new DirectoryInfo(inner).LinkTarget is null)) Below(inner, files, unread);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            unread.Add($"{folder}: {fault.Message}");
        }
    }

    private static Stream Opened(Stream stream, ReadOnlySpan<byte> head)
    {
        var unpacked = RecordReader.Unpacked(stream, head);
        return unpacked != stream || !IsBinary(head) ? unpacked : throw new InvalidDataException("It is no log: binary, and neither a Windows event log nor an archive.");
    }

    private static bool IsBinary(ReadOnlySpan<byte> head)
    {
        if (head is [0xFF, 0xFE, ..] || head.StartsWith("ElfFile\0"u8) || head.StartsWith("PK"u8) || (head.Length >= 262 && head.Slice(257, 5).SequenceEqual("ustar"u8))) return false;
        return head.Contains((byte)0);
    }

    /// <summary>Standard input, of which the beginning has been looked at.</summary>
    private sealed class Peekable : ForwardStream
    {
        private readonly Stream inner;
        private ReadOnlyMemory<byte> start;

        public Peekable(Stream inner)
        {
            this.inner = inner;
            var buffer = new byte[Peeked];
            start = Start = buffer.AsMemory(0, inner.ReadAtLeast(buffer, Peeked, throwOnEndOfStream: false));
        }

        public ReadOnlyMemory<byte> Start { get; }

        public override int Read(Span<byte> buffer) => start.IsEmpty ? inner.Read(buffer) : Take(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => start.IsEmpty ? inner.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(Take(buffer.Span));

        private int Take(Span<byte> target)
        {
            var count = Math.Min(target.Length, start.Length);
            start.Span[..count].CopyTo(target);
            start = start[count..];
            return count;
        }
    }
}
