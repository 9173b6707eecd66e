using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>A record of a log file with its place, cut out and not yet read. It holds all that reading it needs, so that any thread may.</summary>
public sealed class LogFileRecord
{
    private readonly EvtxRecord? entry;
    private readonly byte[] bytes = [];
    private readonly string? problem;
    private readonly LogParseOptions options;
    private readonly LogStream? said;

    internal LogFileRecord(string? member, long number, EvtxRecord entry, LogParseOptions options) => (Member, Number, this.entry, this.options) = (member, number, entry, options);

    internal LogFileRecord(string? member, long number, byte[] bytes, string? problem, LogParseOptions options, LogStream? said) =>
        (Member, Number, this.bytes, this.problem, this.options, this.said) = (member, number, bytes, problem, options, said);

    /// <summary>The member of an archive that the record is from; absent in other files.</summary>
    public string? Member { get; }

    /// <summary>The position of the record in its file or member, from 0. Blank lines and lines that only name columns do not count; a joined record counts once.</summary>
    public long Number { get; }

    /// <summary>How many bytes of text the record has; 0 for an entry of a Windows event log.</summary>
    public int Length => bytes.Length;

    /// <summary>Reads the record.</summary>
    /// <param name="receivedAt">The time of receiving that the event gets.</param>
    /// <param name="source">The source that the event gets.</param>
    public LogEvent Read(DateTimeOffset receivedAt, string source)
    {
        var item = entry is not null ? entry.ToLogEvent(receivedAt, source, options) : LogParser.Parse(bytes, receivedAt, source, options, said);
        if (problem is not null) item = item with { Problems = [.. item.Problems, problem] };
        return LogFileReader.In(Member, item);
    }
}
