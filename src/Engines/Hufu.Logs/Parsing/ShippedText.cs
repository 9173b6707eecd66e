namespace Hufu.Logs.Parsing;

/// <summary>
/// A record of a shipper that holds the text of another: rsyslog's and Filebeat's <c>message</c>, the body of OTLP, GELF's <c>short_message</c>. The text
/// is read by its program's decoder, as if it had come by itself; one that is a whole syslog record gives its header as well. What the shipper says
/// itself counts before it.
/// </summary>
internal static class ShippedText
{
    private const int Longest = 16_384;

    // Objects within objects, each the text of the one before.
    private const int Deepest = 2;

    // Where shippers say which program wrote the text.
    private static readonly string[] Programs = ["programname", "syslogtag", "process.name", "log.syslog.appname", "syslog.appname", "SYSLOG_IDENTIFIER", "_SYSLOG_IDENTIFIER", "ident", "tag", "ProcessName", "attributes.appname", "attributes.syslog.appname", "_program"];

    /// <summary>True when a record may hold such a text: it is of no family, or of one that carries others'.</summary>
    public static bool Holds(ParsedRecord record) => record.Decoder is null or "otlp" or "gelf" or "journald" or "docker" or "wazuh" or "bunyan" or "postgresql" or "gcp-log" && record.Message is { Length: > 3 and <= Longest } && record.Fields.Count > 0 && !record.Fields.ContainsKey("EventID");

    /// <summary>Reads an object that a message is, and the text of another program that the object holds. False, with the problem, when it is no object.</summary>
    public static bool ReadObject(string text, Reading reading)
    {
        if (!JsonRecordParser.Read(text, reading)) return false;
        if (reading.Message is null || reading.Depth >= Deepest) return true;
        var record = reading.ToRecord(LogFormats.Json, text);
        if (!Holds(record)) return true;
        var read = Read(record, reading.Options, reading.Depth);
        (reading.Severity, reading.Host, reading.App) = (read.Severity, read.HostName, read.AppName);
        return true;
    }

    public static ParsedRecord Read(ParsedRecord record, LogParseOptions options, int depth = 0)
    {
        // Containers' lines end with their line break.
        var text = record.Message!.TrimEnd('\n', '\r');
        var inner = SyslogParser.LooksLike5424(text) ? SyslogParser.Parse5424(text, options) : text.Length > 16 && text.AsSpan(0, 16).Contains(':') && SyslogParser.Is3164(text, out _) ? SyslogParser.Parse3164(text, options) : null;
        if (inner is { Message.Length: > 0, Timestamp: not null }) text = inner.Message;
        else inner = null;
        // PostgreSQL's own JSON names no program.
        var app = inner?.AppName ?? record.AppName ?? (record.Decoder == "postgresql" ? "postgres" : null);
        foreach (var name in Programs)
        {
            if (inner is not null || !record.Fields.TryGetValue(name, out var program)) continue;
            // syslogtag is sshd[812]:.
            app = program.TrimEnd(':').Split('[', 2)[0];
            break;
        }

        var found = new Reading(new FieldMap(), [], options) { Depth = depth + 1 };
        if (options.Decoders?.Read(app, options.Source, text, false, found) != true) MessageDecoders.ReadMessage(app, text, found);
        if (inner is null && found.Decoder is null && app == record.AppName) return record;
        var fields = (FieldMap)record.Fields;
        var target = new Reading(fields, [.. record.Problems], options);
        if (inner is not null)
        {
            if (inner.ProcId is not null) target.Add("procid", inner.ProcId);
            foreach (var (id, parameters) in inner.StructuredData ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
            {
                foreach (var (name, value) in parameters) target.Add($"{id}.{name}", value);
            }
        }

        foreach (var (name, value) in found.Fields) target.Add(name, value);
        if (found.ProcId is not null) target.Add("procid", found.ProcId);
        if (found.Decoder is not null) target.Add(LogParser.DecoderField, found.Decoder);
        return record with
        {
            Problems = target.Problems, Decoder = record.Decoder ?? found.Decoder, AppName = record.AppName ?? app ?? found.App, HostName = record.HostName ?? inner?.HostName ?? found.Host, Severity = record.Severity ?? inner?.Severity ?? found.Severity,
            Priority = record.Priority ?? inner?.Priority,
            Timestamp = record.Timestamp ?? inner?.Timestamp ?? found.Time, TimestampText = record.Timestamp is null ? inner?.TimestampText ?? found.TimeText : record.TimestampText,
            TimeZoneAssumed = record.Timestamp is null ? inner?.TimeZoneAssumed ?? found.TimeZoneAssumed : record.TimeZoneAssumed,
        };
    }
}
