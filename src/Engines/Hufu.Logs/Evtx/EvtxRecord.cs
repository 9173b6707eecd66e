using Hufu.Logs.Evtx;

namespace Hufu.Logs;

/// <summary>A record of a Windows event log file.</summary>
public sealed class EvtxRecord
{
    private readonly List<EvtxNode> nodes;

    internal EvtxRecord(ulong number, DateTime? written, long offset, List<EvtxNode> nodes, IReadOnlyList<string> problems)
    {
        Number = number;
        WrittenAt = written is { } time ? new DateTimeOffset(time) : null;
        Offset = offset;
        this.nodes = nodes;
        Problems = problems;
    }

    /// <summary>The number of the record in its log.</summary>
    public ulong Number { get; }

    /// <summary>When the record was written, in UTC; absent when that is no time.</summary>
    public DateTimeOffset? WrittenAt { get; }

    /// <summary>Where the record begins in the file, in bytes.</summary>
    public long Offset { get; }

    /// <summary>What is wrong with the record, as codes of <see cref="LogProblem"/>; empty when it was read without reserve.</summary>
    public IReadOnlyList<string> Problems { get; }

    internal IReadOnlyList<EvtxNode> Nodes => nodes;

    /// <summary>The event as XML on one line, well-formed and without a declaration. A character that XML cannot hold stands as U+FFFD.</summary>
    public string ToXml() => EvtxXml.Write(nodes);

    /// <summary>
    /// The event as JSON on one line, in the shape that evtx_dump prints: <c>{"Event":{"#attributes":{…},"System":{…},"EventData":{…}}}</c>. Named data
    /// stand by their names; several unnamed ones are the list <c>Data.#text</c>; a name given again gets <c>_1</c>, <c>_2</c>.
    /// </summary>
    public string ToJson() => EvtxJson.Write(nodes);

    /// <summary>The event in flat names: see <see cref="ToLogEvent"/>.</summary>
    public ParsedRecord Read(LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return EvtxFields.Read(this, options);
    }

    /// <summary>
    /// The event as the store keeps it. Its raw text is the XML. Fields have the names that detection rules use: those of System
    /// (<c>EventID</c>, <c>Channel</c>, <c>Provider_Name</c>, <c>ExecutionProcessID</c>, <c>UserID</c> …), each named Data by its name, unnamed ones together
    /// as <c>Data</c> and, where there are several, one by one as <c>Data1</c>, <c>Data2</c> …, everything else by the name of its element. A name
    /// that is taken gets its path before it: <c>EventData.Level</c>.
    /// </summary>
    public LogEvent ToLogEvent(DateTimeOffset receivedAt, string source, LogParseOptions options) => LogParser.Event(Read(options), ToXml(), receivedAt, source);
}
