using System.Collections.ObjectModel;
using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>
/// One log record, as received and as understood. What could not be understood stands in <see cref="Problems"/>; the raw line is always kept.
/// </summary>
public sealed record LogEvent
{
    /// <summary>Where the event is stored, <c>segment/row</c>; empty before it has been stored.</summary>
    public string Id { get; init; } = "";

    /// <summary>When the event came in, by the receiver's clock.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When it happened, by the sender's clock; absent when the record does not say.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>True when the record named no time zone, so that the configured one was assumed.</summary>
    public bool TimeZoneAssumed { get; init; }

    /// <summary>The configured source that delivered the event, for example a receiver's or a file's name.</summary>
    public string Source { get; init; } = "";

    /// <summary>The host that the record names.</summary>
    public string? Host { get; init; }

    /// <summary>The program that the record names.</summary>
    public string? App { get; init; }

    /// <summary>Syslog severity 0 (emergency) to 7 (debug) (RFC 5424 §6.2.1).</summary>
    public int? Severity { get; init; }

    /// <summary>Syslog facility 0 to 23.</summary>
    public int? Facility { get; init; }

    /// <summary>The address that the event is about: the client of a request, the source of a login.</summary>
    public string? SourceIp { get; init; }

    /// <summary>The text of the record without its header.</summary>
    public required string Message { get; init; }

    /// <summary>The record as received; bytes that are not UTF-8 stand as U+FFFD and are in <see cref="RawBytes"/>.</summary>
    public required string Raw { get; init; }

    /// <summary>The bytes as received, only where <see cref="Raw"/> does not give them back exactly.</summary>
    public ReadOnlyMemory<byte>? RawBytes { get; init; }

    /// <summary>Name of the format that the record was read as: see <see cref="LogFormats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Everything else that the record says, by name.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What is wrong with the record, as codes of <see cref="LogProblem"/>; empty when it was read without reserve.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The time that the event is ordered and searched by: <see cref="OccurredAt"/>, else <see cref="ReceivedAt"/>.</summary>
    public DateTimeOffset Time => OccurredAt ?? ReceivedAt;

    /// <summary>The field of the address that an event came from.</summary>
    internal const string SenderField = "log.source.address";

    /// <summary>The event with the address that it came from in the field <c>log.source.address</c>, unless the record says it itself.</summary>
    public LogEvent From(System.Net.IPAddress sender)
    {
        ArgumentNullException.ThrowIfNull(sender);
        var fields = new FieldMap(Fields);
        fields.TryAdd(SenderField, sender.ToString());
        return this with { Fields = fields };
    }

    /// <summary>A known column, an entry of <see cref="Fields"/>, or what an ECS name means (<see cref="EcsNames"/>), by the name that searches use; absent when the event has none.</summary>
    public string? Field(string name) => name switch
    {
        "source" => Source,
        "host" => Host,
        "app" => App,
        "severity" => Severity?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "facility" => Facility?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "src_ip" => SourceIp,
        "message" => Message,
        "raw" => Raw,
        "format" => Format,
        _ => Fields.TryGetValue(name, out var value) ? value : EcsNames.Resolve(this, name),
    };
}

/// <summary>Names of the formats that <see cref="LogParser"/> and <see cref="EvtxReader"/> read.</summary>
public static class LogFormats
{
    /// <summary>RFC 5424.</summary>
    public const string Syslog5424 = "rfc5424";

    /// <summary>RFC 3164 and what senders make of it.</summary>
    public const string Syslog3164 = "rfc3164";

    /// <summary>One JSON object a line.</summary>
    public const string Json = "json";

    /// <summary>Apache and nginx access logs, common and combined.</summary>
    public const string Access = "access";

    /// <summary>The error log of nginx.</summary>
    public const string NginxError = "nginx-error";

    /// <summary>The error log of Apache httpd.</summary>
    public const string ApacheError = "apache-error";

    /// <summary>Common Event Format.</summary>
    public const string Cef = "cef";

    /// <summary>Log Event Extended Format 1.0 and 2.0.</summary>
    public const string Leef = "leef";

    /// <summary>Windows events as XML, which Sysmon for Linux writes too.</summary>
    public const string WindowsXml = "winevent-xml";

    /// <summary>Any other record that is one XML element.</summary>
    public const string Xml = "xml";

    /// <summary>W3C extended logs, IIS among them: <c>#Fields:</c> names the columns of the lines that follow.</summary>
    public const string W3C = "w3c";

    /// <summary>Zeek's tables, whose <c>#fields</c> names the columns.</summary>
    public const string Zeek = "zeek";

    /// <summary>CSV whose first line names the columns; only when told, for any text may hold commas.</summary>
    public const string Csv = "csv";

    /// <summary>A line of any program that begins with a time, with a level, a thread and a logger where they are written.</summary>
    public const string Application = "application";

    /// <summary><c>name=value</c> pairs, logfmt among them.</summary>
    public const string Pairs = "kv";

    /// <summary>Any text.</summary>
    public const string Plain = "plain";

    /// <summary>A Windows event log file. It is known by the file, not by a line, and so is not among those that are tried.</summary>
    public const string Evtx = "evtx";

    /// <summary>A row of a database, as one JSON object. It comes from a query, not from a line, and so is not among those that are tried.</summary>
    public const string Database = "database";

    /// <summary>The formats of a line, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> All { get; } = [Syslog5424, Syslog3164, Json, Cef, Leef, WindowsXml, Xml, W3C, Zeek, Csv, Access, NginxError, ApacheError, Application, Pairs, Plain];

    /// <summary>
    /// The decoders of single programs' messages. Given as a format, one reads every record whose header is syslog or that has none, whatever
    /// program the record names.
    /// </summary>
    public static IReadOnlyList<string> Decoders => Parsing.MessageDecoders.Names;
}

/// <summary>How records are read.</summary>
public sealed record LogParseOptions
{
    /// <summary>The format or decoder to read every record as (<see cref="LogFormats"/>); absent to find it for each record.</summary>
    public string? Format { get; init; }

    /// <summary>The time by which a year is found for records that name none: the latest year that puts the record no more than a day after it.</summary>
    public required DateTimeOffset ReferenceTime { get; init; }

    /// <summary>The offset of records that name no time zone. Default UTC.</summary>
    public TimeSpan AssumedOffset { get; init; } = TimeSpan.Zero;

    /// <summary>The decoders that the site has written; they come before the product's own.</summary>
    public UserDecoders? Decoders { get; init; }

    /// <summary>The source of what is read, for decoders that ask for it.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// In files: how a record begins, as a pattern of the decoders' language, or <see cref="Indented"/>; lines up to the next such line belong to it. Absent
    /// when each line is a record.
    /// </summary>
    public string? RecordBegins { get; init; }

    /// <summary>The records of one event of the Linux audit system become one, in files and from receivers, and in files the lines of one statement of MySQL and PostgreSQL. Default true.</summary>
    public bool JoinLines { get; init; } = true;

    /// <summary>For <see cref="RecordBegins"/>: a line belongs to the one before it when it is indented or names a cause, as in stack traces.</summary>
    public const string Indented = "indented";

    /// <summary>Why a pattern cannot say how records begin; null when it can.</summary>
    public static Hufu.Kernel.Error? CheckBegins(string pattern) => string.IsNullOrEmpty(pattern) || pattern == Indented ? null : Parsing.MessagePattern.Check(pattern);

    /// <summary>Longest record in bytes; a longer one is cut into pieces, each kept and marked. Default 65,536.</summary>
    public int MaxLength { get; init; } = 64 * 1024;

    /// <summary>Most fields of one record; further ones are left out and that is marked. Default 512.</summary>
    public int MaxFields { get; init; } = 512;

    /// <summary>Deepest nesting of JSON; what is deeper is kept as its JSON text. Default 16.</summary>
    public int MaxDepth { get; init; } = 16;
}

/// <summary>A record as its format describes it, before it becomes a <see cref="LogEvent"/>. What the record has not is absent.</summary>
public sealed record ParsedRecord
{
    /// <summary>Name of the format: see <see cref="LogFormats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The decoder that understood the message; absent when none did.</summary>
    public string? Decoder { get; internal set; }

    /// <summary>What is wrong, as codes of <see cref="LogProblem"/>; a record is valid when this is empty.</summary>
    public IReadOnlyList<string> Problems { get; internal set; } = [];

    /// <summary>PRI of a syslog record, 0 to 191.</summary>
    public int? Priority { get; internal set; }

    /// <summary>VERSION of an RFC 5424 record.</summary>
    public int? Version { get; internal set; }

    /// <summary>The time stamp with its zone.</summary>
    public DateTimeOffset? Timestamp { get; internal set; }

    /// <summary>When it happened, where the message says so and the header only when it was passed on; else absent.</summary>
    internal DateTimeOffset? OwnTime { get; set; }

    /// <summary>The time stamp as it is written.</summary>
    public string? TimestampText { get; internal set; }

    /// <summary>True when the time stamp names no zone.</summary>
    public bool TimeZoneAssumed { get; internal set; }

    /// <summary>HOSTNAME.</summary>
    public string? HostName { get; internal set; }

    /// <summary>APP-NAME, or the tag of an RFC 3164 record.</summary>
    public string? AppName { get; internal set; }

    /// <summary>PROCID, or the number in brackets after an RFC 3164 tag.</summary>
    public string? ProcId { get; internal set; }

    /// <summary>MSGID.</summary>
    public string? MsgId { get; internal set; }

    /// <summary>STRUCTURED-DATA: id → name → value, unescaped. A name given twice keeps its last value, and that is a problem listed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? StructuredData { get; internal set; }

    /// <summary>Named values of formats other than syslog, and those found in the message.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; internal set; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The text of the record.</summary>
    public string? Message { get; internal set; }

    /// <summary>Facility, from PRI.</summary>
    public int? Facility => Priority / 8;

    /// <summary>Severity, from PRI or from the word that a format has for it.</summary>
    public int? Severity { get => severity ?? Priority % 8; internal set => severity = value; }

    private int? severity;

    /// <summary>True for the syslog formats.</summary>
    public bool IsSyslog => Format is LogFormats.Syslog5424 or LogFormats.Syslog3164;
}
