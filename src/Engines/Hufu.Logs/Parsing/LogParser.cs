using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>
/// Reads log records: a pure function over one record. No record is dropped: what cannot be read is plain text with its problems listed.
/// </summary>
public static class LogParser
{
    private static readonly UTF8Encoding Exact = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads one record from its bytes; a line break at its end does not belong to it.</summary>
    public static LogEvent Parse(ReadOnlySpan<byte> record, DateTimeOffset receivedAt, string source, LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        record = record.TrimEnd("\r\n"u8);
        try
        {
            return Parse(Exact.GetString(record), receivedAt, source, options);
        }
        catch (DecoderFallbackException)
        {
            var read = Parse(Encoding.UTF8.GetString(record), receivedAt, source, options);
            return read with { RawBytes = record.ToArray(), Problems = [.. read.Problems, LogProblem.NotUtf8] };
        }
    }

    /// <summary>Reads one record from its text.</summary>
    public static LogEvent Parse(string raw, DateTimeOffset receivedAt, string source, LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(raw);
        return Event(ParseRecord(raw, options), raw, receivedAt, source);
    }

    /// <summary>The event that a record tells of.</summary>
    internal static LogEvent Event(ParsedRecord record, string raw, DateTimeOffset receivedAt, string source)
    {
        var fields = (Dictionary<string, string>)record.Fields;
        if (record.StructuredData is { } data)
        {
            foreach (var (id, parameters) in data)
            {
                foreach (var (name, value) in parameters) fields.TryAdd($"{id}.{name}", value);
            }
        }

        if (record.ProcId is not null) fields.TryAdd("procid", record.ProcId);
        if (record.MsgId is not null) fields.TryAdd("msgid", record.MsgId);
        var address = First(fields, "src_ip", "c-ip", "SRC", "SourceIp", "IpAddress", "sourceIPAddress", "client_ip", "remote_addr");
        return new LogEvent
        {
            ReceivedAt = receivedAt, OccurredAt = record.Timestamp, TimeZoneAssumed = record.TimeZoneAssumed, Source = source, Host = record.HostName,
            App = record.AppName, Severity = record.Severity, Facility = record.Facility, SourceIp = address is not null && IsAddress(address) ? address : null,
            Message = record.Message ?? "", Raw = raw, Format = record.Format, Fields = fields, Problems = record.Problems,
        };
    }

    /// <summary>Reads one record and gives it in the terms of its own format.</summary>
    public static ParsedRecord ParseRecord(string raw, LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(options);
        var record = options.Format switch
        {
            null => Detect(raw, options),
            LogFormats.Syslog5424 => SyslogParser.Parse5424(raw, options),
            LogFormats.Syslog3164 => SyslogParser.Parse3164(raw, options),
            LogFormats.Json => JsonRecordParser.Parse(raw, options),
            LogFormats.Access => AccessLogParser.TryParse(raw) ?? Plain(raw, LogProblem.AccessNone),
            LogFormats.NginxError => NginxErrorParser.TryParse(raw, options) ?? Plain(raw, LogProblem.NginxErrorNone),
            LogFormats.Plain => Plain(raw),
            _ => throw new ArgumentException($"'{options.Format}' is not a log format; use one of {string.Join(", ", LogFormats.All)}.", nameof(options)),
        };
        var fields = record.Fields as Dictionary<string, string> ?? [];
        if (record.IsSyslog && record.Message is { Length: > 0 } message) MessageFields.Add(record.AppName, message, fields);
        return record with { Fields = fields };
    }

    /// <summary>Writes a record as one JSON object; names that the record has no value for are absent.</summary>
    public static void Write(ParsedRecord record, Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("format", record.Format);
        json.WriteBoolean("valid", record.Problems.Count == 0);
        json.WriteStartArray("problems");
        foreach (var problem in record.Problems) json.WriteStringValue(problem);
        json.WriteEndArray();
        if (record.Problems.Count > 0)
        {
            json.WriteStartArray("problemTexts");
            foreach (var problem in record.Problems) json.WriteStringValue(LogProblem.Text(problem).ToString());
            json.WriteEndArray();
        }

        Number("priority", record.Priority);
        Number("facility", record.Facility);
        Number("severity", record.Severity);
        Number("version", record.Version);
        Text("timestamp", record.Format == LogFormats.Syslog5424 ? record.TimestampText : record.Timestamp?.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
        Text("hostname", record.HostName);
        Text("appName", record.AppName);
        Text("procId", record.ProcId);
        Text("msgId", record.MsgId);
        if (record.StructuredData is { } data)
        {
            json.WriteStartObject("structuredData");
            foreach (var (id, parameters) in data)
            {
                json.WriteStartObject(id);
                foreach (var (name, value) in parameters) json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (record.Fields.Count > 0)
        {
            json.WriteStartObject("fields");
            foreach (var (name, value) in record.Fields) json.WriteString(name, value);
            json.WriteEndObject();
        }

        Text("message", record.Message);
        json.WriteEndObject();

        void Number(string name, int? value)
        {
            if (value is { } present) json.WriteNumber(name, present);
        }

        void Text(string name, string? value)
        {
            if (value is not null) json.WriteString(name, value);
        }
    }

    internal static bool IsAddress(string text) => (text.Contains('.', StringComparison.Ordinal) || text.Contains(':', StringComparison.Ordinal)) && IPAddress.TryParse(text, out _);

    private static ParsedRecord Detect(string raw, LogParseOptions options)
    {
        if (SyslogParser.LooksLike5424(raw)) return SyslogParser.Parse5424(raw, options);
        var start = raw.AsSpan().TrimStart();
        if (start.Length > 0 && start[0] == '{')
        {
            var json = JsonRecordParser.Parse(raw, options);
            return json.Fields.Count > 0 || json.Problems.Count == 0 ? json : Plain(raw, [.. json.Problems]);
        }

        if (SyslogParser.LooksLike3164(raw)) return SyslogParser.Parse3164(raw, options);
        if (AccessLogParser.TryParse(raw) is { } access) return access;
        if (NginxErrorParser.TryParse(raw, options) is { } error) return error;
        return raw.StartsWith('<') && raw.IndexOf('>', StringComparison.Ordinal) is > 0 and < 8 && char.IsAsciiDigit(raw.ElementAtOrDefault(1))
            ? SyslogParser.Parse3164(raw, options)
            : Plain(raw);
    }

    private static ParsedRecord Plain(string raw, params string[] problems) => new() { Format = LogFormats.Plain, Message = raw, Problems = problems };

    private static string? First(Dictionary<string, string> fields, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (fields.TryGetValue(name, out var value)) return value;
        }

        return null;
    }
}
