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

    // A list of columns is longer than the beginnings of other files.
    private const int PeekedForColumns = 4_096;

    private readonly List<string> problems = [];
    private EvtxReader? evtx;
    private bool isMember;

    /// <summary>Opens a file; <c>.gz</c> and <c>.zst</c> are unpacked as they are read.</summary>
    public static LogFileReader Open(string path, LogParseOptions options, LogFraming framing = LogFraming.Auto) => new(RecordReader.OpenFile(path), options, framing);

    /// <summary>True for what reading throws when a packed file is damaged.</summary>
    public static bool IsDamage(Exception fault) => fault is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException;

    /// <summary>What is wrong with the file as a whole and not with one of its records, as codes of <see cref="LogProblem"/>, as far as it has been read.</summary>
    public IReadOnlyList<string> Problems => evtx is null ? problems : [.. problems, .. evtx.Problems];

    /// <summary>
    /// True when a table is known by itself: a file whose name ends in <c>.csv</c>, or whose first line is a list of column names, is read as CSV, and a
    /// value in quotes may go on over several lines; a mark of UTF-8 at the beginning is no text then. Default false: any text may hold commas.
    /// </summary>
    public bool FindsTables { get; init; }

    /// <summary>The name of the file; for members of an archive theirs counts.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// The records in the order of the file, each with its place and not yet read, so that several threads may read them. Lines that only name columns
    /// (CSV's first, the directives of W3C and Zeek) are no records here.
    /// </summary>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">A compressed stream or an archive is damaged.</exception>
    public async IAsyncEnumerable<LogFileRecord> PlacesAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        var (number, of) = (-1L, (string?)null);
        LogStream? said = null;
        LogStream? known = null;
        await foreach (var part in PartsAsync(cancellation).ConfigureAwait(false))
        {
            if (part.Member != of)
            {
                if (of is not null) numbers[of] = number;
                (number, of) = (part.Member is { } member ? numbers.GetValueOrDefault(member, -1) : -1, part.Member);
            }

            if (part.Event is { } record)
            {
                yield return new LogFileRecord(part.Member, ++number, record, options);
                continue;
            }

            var (text, how) = (part.Text.Bytes, part.Options ?? options);
            var header = IsHeader(text.Span, how, part.Said!);
            if (header && part.Text.Problem is null)
            {
                LogParser.Note(text.Span, how, part.Said!);
                known = null;
                continue;
            }

            // What is read later, on another thread, must not see what is said after it.
            if (!ReferenceEquals(said, part.Said)) (said, known) = (part.Said, null);
            if (said!.Header is { } columns) known ??= new LogStream { Header = new TableHeader(columns) };
            // A piece of a record has its record's place.
            if (part.Text.Problem is not { } problem || LogProblem.CodeOf(problem) is not (LogProblem.RecordPiece or LogProblem.RecordLastPiece)) number++;
            yield return new LogFileRecord(part.Member, Math.Max(number, 0), text.ToArray(), part.Text.Problem, how, header ? null : known);
        }
    }

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
                LogParser.Note(part.Text.Bytes.Span, part.Options ?? options, part.Said!);
                continue;
            }

            var item = LogParser.Parse(part.Text.Bytes.Span, receivedAt, source, part.Options ?? options, part.Said);
            yield return In(part.Member, part.Text.Problem is null ? item : item with { Problems = [.. item.Problems, part.Text.Problem] });
        }
    }

    /// <summary>The records in the terms of their own formats, in the order of the file.</summary>
    /// <exception cref="InvalidDataException">A compressed stream or an archive is damaged.</exception>
    public async IAsyncEnumerable<ParsedRecord> RecordsAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var part in PartsAsync(cancellation).ConfigureAwait(false))
            yield return part.Event is { } record ? record.Read(options) : LogParser.ParseRecord(part.Text.Bytes.Span, part.Options ?? options, part.Said);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>UTF-16 by its mark, or by the zeros between the first letters; and the length of the mark.</summary>
    private static (Encoding Encoding, int Mark)? Wide(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, _, 0, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, 0, _, ..] => (Encoding.BigEndianUnicode, 2),
        [not 0, 0, not 0, 0, not 0, 0, not 0, 0, ..] => (Encoding.Unicode, 0),
        [0, not 0, 0, not 0, 0, not 0, 0, not 0, ..] => (Encoding.BigEndianUnicode, 0),
        _ => null,
    };

    private static bool IsHeader(ReadOnlySpan<byte> line, LogParseOptions options, LogStream said)
    {
        if (options.Format == LogFormats.Csv && said.Header is not { Format: LogFormats.Csv }) return true;
        if (options.Format is null && FlowBody.IsHeader(line)) return true;
        return line.StartsWith("#"u8) && options.Format is null or LogFormats.W3C or LogFormats.Zeek && TableParser.DirectiveOf(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 64)])) is not null;
    }

    internal static LogEvent In(string? member, LogEvent item)
    {
        if (member is null) return item;
        var fields = new FieldMap(item.Fields);
        fields.TryAdd("log.file.path", member);
        return item with { Fields = fields };
    }

    private async IAsyncEnumerable<Part> PartsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var peeked = new byte[FindsTables ? PeekedForColumns : Peeked];
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

        // As Windows writes text: the lines are no UTF-8.
        if (Wide(start.Span) is var (wide, mark))
        {
            whole = Encoding.CreateTranscodingStream(new Rewound(start[mark..], stream), wide, new UTF8Encoding(false));
            length = await whole.ReadAtLeastAsync(peeked, peeked.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            start = peeked.AsMemory(0, length).ToArray();
            whole = new Rewound(start, whole);
        }
        else if (FindsTables && start.Span is [0xEF, 0xBB, 0xBF, ..])
        {
            start = start[3..];
            whole = new Rewound(start, stream);
        }

        var said = new LogStream();
        // Who says how records are separated says that they are; but a list of events that says that it is one is its events, as a cluster's webhook sends them.
        ElementCutter? cutter = framing == LogFraming.Newline && options.Format is null or LogFormats.Json && JsonCutter.IsList(start.Span) ? new JsonCutter(whole, options.MaxLength)
            : framing != LogFraming.Auto ? null
            : options.Format is null or LogFormats.Json && JsonCutter.Recognises(start.Span) ? new JsonCutter(whole, options.MaxLength)
            : options.Format is null or LogFormats.WindowsXml && EventXmlCutter.Recognises(start.Span) ? new EventXmlCutter(whole, options.MaxLength)
            : null;
        if (cutter is not null)
        {
            while (await cutter.ReadAsync(cancellation).ConfigureAwait(false) is { } element) yield return new Part(null, element, said, null);
            yield break;
        }

        using var reader = new RecordReader(whole, framing, options.MaxLength);
        if (FindsTables && framing == LogFraming.Auto && (options.Format == LogFormats.Csv || (options.Format is null && TableParser.LooksLikeCsv(start.Span, Name, length < peeked.Length))))
        {
            var table = options with { Format = LogFormats.Csv };
            var rows = new CsvRows(reader, options.MaxLength);
            while (await rows.ReadAsync(cancellation).ConfigureAwait(false) is { } row) yield return new Part(null, row, said, null) { Options = table };
            yield break;
        }

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
            await using var reader = new LogFileReader(packed, options, framing) { isMember = true, FindsTables = FindsTables, Name = member.Name };
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
    private readonly record struct Part(EvtxRecord? Event, RawRecord Text, LogStream? Said, string? Member)
    {
        /// <summary>How the record is to be read, where that differs from what was asked.</summary>
        public LogParseOptions? Options { get; init; }
    }

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
