using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Hufu.Logs.Evtx;

namespace Hufu.Logs;

/// <summary>
/// Reads a Windows event log file (<c>.evtx</c>) from its beginning to its end, with one chunk of 64 KiB in memory. What is damaged is noted with
/// its place and stepped over; no content makes it throw.
/// </summary>
/// <param name="stream">The file, at its beginning; it need not be seekable and is not closed.</param>
/// <param name="ansi">How texts of one byte a character are read that are not UTF-8; the file does not say. Default Windows-1252.</param>
public sealed class EvtxReader(Stream stream, Encoding? ansi = null)
{
    private const int HeaderLength = 4_096;
    private const int MaxProblems = 1_000;

    private readonly List<string> problems = [];

    /// <summary>What is wrong with the file, as codes of <see cref="LogProblem"/> with places in bytes, as far as it has been read; the first 1,000.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>How much is wrong with the file, also beyond what <see cref="Problems"/> lists.</summary>
    public long ProblemCount { get; private set; }

    /// <summary>True when a file that begins so is an event log.</summary>
    /// <param name="start">Its first eight bytes or more.</param>
    public static bool Recognises(ReadOnlySpan<byte> start) => start.StartsWith("ElfFile\0"u8);

    /// <summary>The records in the order in which they lie in the file. Can be asked for once.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public async IAsyncEnumerable<EvtxRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var buffer = new byte[EvtxChunk.Length];
        var length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, HeaderLength), HeaderLength, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var named = Header(buffer.AsSpan(0, length));
        var xml = new BinXml(ansi ?? CodePagesEncodingProvider.Instance.GetEncoding(1252)!);
        long offset = length;
        var chunks = 0;
        while (length > 0)
        {
            length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            if (length == 0) break;
            var chunk = new EvtxChunk(buffer, length, offset, xml, Note);
            if (chunk.Begin()) chunks++;
            else chunk = null;
            while (chunk?.Next() is { } record) yield return record;
            offset += length;
            cancellation.ThrowIfCancellationRequested();
        }

        // The field has two bytes: more chunks cannot be named.
        if (named >= 0 && named != chunks && chunks <= ushort.MaxValue) Note(LogProblem.Of(LogProblem.EvtxChunkCount, named, chunks));
    }

    // The number of chunks that the header names; -1 when it is not credible.
    private int Header(ReadOnlySpan<byte> header)
    {
        if (!Recognises(header) || header.Length < HeaderLength)
        {
            Note(LogProblem.EvtxFileHeader);
            return -1;
        }

        var unchecked32 = (BinaryPrimitives.ReadUInt32LittleEndian(header[120..]) & 4) != 0;
        if (!unchecked32 && BinaryPrimitives.ReadUInt32LittleEndian(header[124..]) != Crc32.Of(header[..120])) Note(LogProblem.EvtxFileChecksum);
        var (major, minor) = (BinaryPrimitives.ReadUInt16LittleEndian(header[38..]), BinaryPrimitives.ReadUInt16LittleEndian(header[36..]));
        if (major != 3) Note(LogProblem.Of(LogProblem.EvtxFileVersion, string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}")));
        return BinaryPrimitives.ReadUInt16LittleEndian(header[42..]);
    }

    private void Note(string problem)
    {
        ProblemCount++;
        if (problems.Count < MaxProblems) problems.Add(problem);
    }
}
