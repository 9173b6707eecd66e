using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>
/// Reads the records of a log file, whatever it holds. By its first bytes, not by its name, it is known as a Windows event log, an archive (zip, tar)
/// whose members are read as files, one JSON array or object of records, or exported Windows events as XML; everything else is cut into lines by
/// <see cref="RecordReader"/>. Lines that are one record are joined as the options say. The records can be asked for once.
/// </summary>
/// <param name="stream">The file, unpacked, at its beginning; closed with the reader.</param>
/// <param name="options">How records are read. A format given there is kept to: of wholes only those of that format are then known.</param>
/// <param name="framing">How records that are texts follow each other.</param>
public sealed class LogFileReader(Stream stream, LogParseOptions options, LogFraming framing = LogFraming.Auto) : IAsyncDisposable
{
    private const int Peeked = 512;

    private readonly List<string> problems = [];
    private EvtxReader? evtx;
    private bool isMember;

    /// <summary>Opens a file; <c>.gz</c> and <c>.zst</c> are unpacked as they are read.</summary>
    public static LogFileReader Open(string path, LogParseOptions options, LogFraming framing = LogFraming.Auto) => new(RecordReader.OpenFile(path), options, framing);

    /// <summary>What is wrong with the file as a whole and not with one of its records, as codes of <see cref="LogProblem"/>, as far as it has been read.</summary>
    public IReadOnlyList<string> Problems => evtx is null ? problems : [.. problems, .. evtx.Problems];

    /// <summary>The events in the order of the file. No text record is dropped.</summary>
    /// <param name="receivedAt">The time of receiving that the events get.</param>
    /// <param name="source">The source that the events get.</param>
    /// <param name="skip">So many records at the beginning are passed over.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">A compressed stream or an archive is damaged.</exception>
    public async IAsyncEnumerable<LogEvent> EventsAsync(DateTimeOffset receivedAt, string source, long skip = 0, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var part in PartsAsync(cancellation).ConfigureAwait(false))
        {
            if (part.Event is { } record)
            {
                if (--skip < 0) yield return In(part.Member, record.ToLogEvent(receivedAt, source, options));
                continue;
            }

            if (--skip >= 0)
            {
                // Also a record that is passed over may name the columns of those to come.
                LogParser.Note(part.Text.Bytes.Span, options, part.Said!);
                continue;
            }

            var item = LogParser.Parse(part.Text.Bytes.Span, receivedAt, source, options, part.Said);
            yield return In(part.Member, part.Text.Problem is null ? item : item with { Problems = [.. item.Problems, part.Text.Problem] });
        }
    }

    /// <summary>The records in the terms of their own formats, in the order of the file.</summary>
    /// <exception cref="InvalidDataException">A compressed stream or an archive is damaged.</exception>
    public async IAsyncEnumerable<ParsedRecord> RecordsAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var part in PartsAsync(cancellation).ConfigureAwait(false))
            yield return part.Event is { } record ? record.Read(options) : LogParser.ParseRecord(Encoding.UTF8.GetString(part.Text.Bytes.Span), options, part.Said);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static LogEvent In(string? member, LogEvent item)
    {
        if (member is null) return item;
        var fields = new FieldMap(item.Fields);
        fields.TryAdd("log.file.path", member);
        return item with { Fields = fields };
    }

    private async IAsyncEnumerable<Part> PartsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var peeked = new byte[Peeked];
        var length = await stream.ReadAtLeastAsync(peeked, peeked.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var start = peeked.AsMemory(0, length);
        var zip = ArchiveMembers.IsZip(start.Span);
        if (zip || ArchiveMembers.IsTar(start.Span))
        {
            await foreach (var part in MembersAsync(zip, start, cancellation).ConfigureAwait(false)) yield return part;
            yield break;
        }

        Stream whole = new Rewound(start, stream);
        if (options.Format is null && EvtxReader.Recognises(start.Span))
        {
            evtx = new EvtxReader(whole);
            await foreach (var record in evtx.ReadAsync(cancellation).ConfigureAwait(false)) yield return new Part(record, default, null, null);
            yield break;
        }

        // As Windows writes text: with its mark, the lines are no UTF-8.
        if (start.Span is [0xFF, 0xFE, _, 0, ..])
        {
            whole = Encoding.CreateTranscodingStream(new Rewound(start[2..], stream), Encoding.Unicode, new UTF8Encoding(false));
            length = await whole.ReadAtLeastAsync(peeked, peeked.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            start = peeked.AsMemory(0, length).ToArray();
            whole = new Rewound(start, whole);
        }

        var said = new LogStream();
        // Who says how records are separated says that they are.
        ElementCutter? cutter = framing != LogFraming.Auto ? null
            : options.Format is null or LogFormats.Json && JsonCutter.Recognises(start.Span) ? new JsonCutter(whole, options.MaxLength)
            : options.Format is null or LogFormats.WindowsXml && EventXmlCutter.Recognises(start.Span) ? new EventXmlCutter(whole, options.MaxLength)
            : null;
        if (cutter is not null)
        {
            while (await cutter.ReadAsync(cancellation).ConfigureAwait(false) is { } element) yield return new Part(null, element, said, null);
            yield break;
        }

        using var reader = new RecordReader(whole, framing, options.MaxLength);
        if (!RecordJoiner.Joins(options))
        {
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false) is { } record) yield return new Part(null, record, said, null);
            yield break;
        }

        var joiner = new RecordJoiner(options);
        var ready = new List<JoinedRecord>();
        while (true)
        {
            var record = await reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (record is { } line) joiner.Add(new JoinedRecord(line.Bytes, line.Offset, line.Problem), ready);
            else joiner.Flush(ready);
            foreach (var joined in ready) yield return new Part(null, new RawRecord(joined.Bytes, joined.Offset, joined.Problem), said, null);
            if (record is null) yield break;
            ready.Clear();
        }
    }

    private async IAsyncEnumerable<Part> MembersAsync(bool zip, ReadOnlyMemory<byte> start, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var archive = new ArchiveMembers(problems);
        if (isMember)
        {
            problems.Add(LogProblem.Of(LogProblem.ArchiveNested, ""));
            yield break;
        }

        var content = stream.CanSeek ? stream : new Rewound(start, stream);
        if (stream.CanSeek) stream.Position = 0;
        await foreach (var member in (zip ? archive.ZipAsync(content, cancellation) : archive.TarAsync(content, cancellation)).ConfigureAwait(false))
        {
            var packed = member.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(member.Content, CompressionMode.Decompress)
                : member.Name.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? (Stream)new ZstdSharp.DecompressionStream(member.Content) : member.Content;
            await using var reader = new LogFileReader(packed, options, framing) { isMember = true };
            await using var parts = reader.PartsAsync(cancellation).GetAsyncEnumerator(cancellation);
            while (true)
            {
                try
                {
                    if (!await parts.MoveNextAsync().ConfigureAwait(false)) break;
                }
                catch (Exception fault) when (fault is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
                {
                    archive.Tell(LogProblem.ArchiveDamaged, member.Name);
                    break;
                }

                yield return parts.Current with { Member = member.Name };
            }

            foreach (var problem in reader.Problems)
            {
                if (LogProblem.CodeOf(problem) == LogProblem.ArchiveNested) archive.Tell(LogProblem.ArchiveNested, member.Name);
                else if (problems.Count < 1_000) problems.Add(problem);
            }
        }
    }

    /// <summary>A record of the file: of an event log, or a text with what its file has said before, and the member of an archive that it is from.</summary>
    private readonly record struct Part(EvtxRecord? Event, RawRecord Text, LogStream? Said, string? Member);

    /// <summary>A stream with the bytes before it that were read to look at them.</summary>
    private sealed class Rewound(ReadOnlyMemory<byte> start, Stream rest) : ForwardStream
    {
        public override int Read(Span<byte> buffer) => start.IsEmpty ? rest.Read(buffer) : Take(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            start.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(Take(buffer.Span));

        private int Take(Span<byte> target)
        {
            var count = Math.Min(target.Length, start.Length);
            start.Span[..count].CopyTo(target);
            start = start[count..];
            return count;
        }
    }
}
