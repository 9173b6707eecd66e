using System.Runtime.CompilerServices;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// Reads the records of a log file, whatever it holds: a Windows event log is known by its first bytes, not by its name; everything else is cut
/// by <see cref="RecordReader"/> and read by <see cref="LogParser"/>. The records can be asked for once.
/// </summary>
/// <param name="stream">The file, unpacked, at its beginning; closed with the reader.</param>
/// <param name="options">How records are read. A format given there is kept to: the file is then read by lines.</param>
/// <param name="framing">How records that are texts follow each other.</param>
public sealed class LogFileReader(Stream stream, LogParseOptions options, LogFraming framing = LogFraming.Auto) : IAsyncDisposable
{
    private EvtxReader? evtx;

    /// <summary>Opens a file; <c>.gz</c> and <c>.zst</c> are unpacked as they are read.</summary>
    public static LogFileReader Open(string path, LogParseOptions options, LogFraming framing = LogFraming.Auto) => new(RecordReader.OpenFile(path), options, framing);

    /// <summary>What is wrong with the file as a whole and not with one of its records, as codes of <see cref="LogProblem"/>, as far as it has been read.</summary>
    public IReadOnlyList<string> Problems => evtx?.Problems ?? [];

    /// <summary>The events in the order of the file. No text record is dropped.</summary>
    /// <param name="receivedAt">The time of receiving that the events get.</param>
    /// <param name="source">The source that the events get.</param>
    /// <param name="skip">So many records at the beginning are passed over.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public async IAsyncEnumerable<LogEvent> EventsAsync(DateTimeOffset receivedAt, string source, long skip = 0, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var begun = await BeginAsync(cancellation).ConfigureAwait(false);
        if (evtx is not null)
        {
            await foreach (var record in evtx.ReadAsync(cancellation).ConfigureAwait(false))
            {
                if (--skip < 0) yield return record.ToLogEvent(receivedAt, source, options);
            }

            yield break;
        }

        var said = new LogStream();
        using var reader = new RecordReader(begun, framing, options.MaxLength);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false) is { } record)
        {
            if (--skip >= 0)
            {
                // Also a record that is passed over may name the columns of those to come.
                LogParser.Note(record.Bytes.Span, options, said);
                continue;
            }

            var item = LogParser.Parse(record.Bytes.Span, receivedAt, source, options, said);
            yield return record.Problem is null ? item : item with { Problems = [.. item.Problems, record.Problem] };
        }
    }

    /// <summary>The records in the terms of their own formats, in the order of the file.</summary>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public async IAsyncEnumerable<ParsedRecord> RecordsAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var begun = await BeginAsync(cancellation).ConfigureAwait(false);
        if (evtx is not null)
        {
            await foreach (var record in evtx.ReadAsync(cancellation).ConfigureAwait(false)) yield return record.Read(options);
            yield break;
        }

        var said = new LogStream();
        using var reader = new RecordReader(begun, framing, options.MaxLength);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false) is { } record) yield return LogParser.ParseRecord(Encoding.UTF8.GetString(record.Bytes.Span), options, said);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask<Stream> BeginAsync(CancellationToken cancellation)
    {
        var start = new byte[8];
        var length = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var whole = new Rewound(start.AsMemory(0, length), stream);
        if (options.Format is null && EvtxReader.Recognises(start.AsSpan(0, length))) evtx = new EvtxReader(whole);
        return whole;
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
