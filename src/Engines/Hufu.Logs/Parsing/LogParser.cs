using System.Collections.Frozen;
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
    /// <summary>The field that names the decoder of what a record carries; the format says how the record itself is written.</summary>
    internal const string DecoderField = "log.decoder";

    // By which name an address counts before another.
    private static readonly FrozenDictionary<string, int> Addresses =
        ((string[])["src_ip", "source.ip", "c-ip", "SRC", "SourceIp", "IpAddress", "sourceIPAddress", "client_ip", "remote_addr", "src", "srcip", "id.orig_h", "ipAddress", "ClientIP", "callerIpAddress", "rip", "peer_ip", "SrcIP", "srcaddr", "src-ip", "public_ip", "remip", "remote_host", "sourceIPs", "properties.ipAddress", "properties.initiatedBy.user.ipAddress", "initiatedBy.user.ipAddress", "ActorIpAddress", "protoPayload.requestMetadata.callerIp", "client.ipAddress"])
        .Index().ToFrozenDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);

    /// <summary>Reads one record from its bytes; a line break at its end does not belong to it. <paramref name="stream"/> is what its file or connection has said before.</summary>
    public static LogEvent Parse(ReadOnlySpan<byte> record, DateTimeOffset receivedAt, string source, LogParseOptions options, LogStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        record = record.TrimEnd("\r\n"u8);
        var read = Parse(RecordText.Read(record, out var charset, out var exact), receivedAt, source, options, stream);
        if (charset is null && exact) return read;
        if (charset is not null) ((FieldMap)read.Fields).TryAdd(RecordText.Charset, charset);
        return read with { RawBytes = record.ToArray(), Problems = exact ? read.Problems : [.. read.Problems, LogProblem.NotUtf8] };
    }

    /// <summary>Reads one record from its text.</summary>
    public static LogEvent Parse(string raw, DateTimeOffset receivedAt, string source, LogParseOptions options, LogStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Decoders is { IsEmpty: false } && options.Source != source) options = options with { Source = source };
        return Event(ParseRecord(raw, options, stream), raw, receivedAt, source);
    }

    /// <summary>The event that a record tells of.</summary>
    internal static LogEvent Event(ParsedRecord record, string raw, DateTimeOffset receivedAt, string source)
    {
        var fields = (FieldMap)record.Fields;
        var address = WithoutPort(AddressOf(fields));
        if (record.StructuredData is { } data)
        {
            foreach (var (id, parameters) in data)
            {
                foreach (var (name, value) in parameters) fields.TryAdd($"{id}.{name}", value);
            }
        }

        if (record.ProcId is not null) fields.TryAdd("procid", record.ProcId);
        if (record.MsgId is not null) fields.TryAdd("msgid", record.MsgId);
        if (record.Decoder is not null) fields.TryAdd(DecoderField, record.Decoder);
        return new LogEvent
        {
            ReceivedAt = receivedAt, OccurredAt = record.OwnTime ?? record.Timestamp, TimeZoneAssumed = record.TimeZoneAssumed && record.OwnTime is null, Source = source, Host = record.HostName,
            App = record.AppName, Severity = record.Severity, Facility = record.Facility, SourceIp = address is not null && IsAddress(address) ? address : null,
            Message = record.Message ?? "", Raw = raw, Format = record.Format, Fields = fields, Problems = record.Problems,
        };
    }

    /// <summary>Reads one record and gives it in the terms of its own format.</summary>
    public static ParsedRecord ParseRecord(string raw, LogParseOptions options, LogStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(options);
        string? decoder = null;
        var record = options.Format switch
        {
            null => Detect(raw, options, stream),
            LogFormats.Syslog5424 => SyslogParser.Parse5424(raw, options),
            LogFormats.Syslog3164 => SyslogParser.Parse3164(raw, options),
            LogFormats.Json => JsonRecordParser.Parse(raw, options),
            LogFormats.Cef => CefParser.Start(raw) is > 0 and var at ? Cef(raw, at, options) : Header(raw, options) ?? Plain(raw, LogProblem.CefNone),
            LogFormats.Leef => LeefParser.Start(raw) is > 0 and var at ? Leef(raw, at, options) : Header(raw, options) ?? Plain(raw, LogProblem.LeefNone),
            LogFormats.WindowsXml or LogFormats.Xml => EventXmlParser.Looks(raw) ? Xml(raw, options) : Header(raw, options) ?? Plain(raw, LogProblem.XmlNone),
            LogFormats.W3C or LogFormats.Zeek or LogFormats.Csv => Table(raw, options.Format, options, stream),
            LogFormats.Access => AccessLogParser.TryParse(raw) ?? Plain(raw, LogProblem.AccessNone),
            LogFormats.NginxError => NginxErrorParser.TryParse(raw, options) ?? Plain(raw, LogProblem.NginxErrorNone),
            LogFormats.ApacheError => ApacheErrorParser.TryParse(raw, options) ?? Plain(raw, LogProblem.ApacheErrorNone),
            LogFormats.Application => ApplicationParser.TryParse(raw, options, out _) ?? Plain(raw, LogProblem.TimeNone),
            LogFormats.Pairs => Header(raw, options) ?? Pairs(raw, options),
            LogFormats.Plain => Plain(raw),
            var name when LogFormats.Decoders.Contains(name) => Header(raw, options) ?? Plain(raw),
            // Also one that has been switched off since: reading goes on, and says so.
            _ when options.Decoders is not null => Header(raw, options) ?? Plain(raw),
            _ => throw new ArgumentException($"'{options.Format}' is not a log format; use one of {string.Join(", ", LogFormats.All.Concat(LogFormats.Decoders))}.", nameof(options)),
        };
        if (options.Format is { } told && !LogFormats.All.Contains(told)) decoder = told;
        if (record.StructuredData is { Count: > 0 } said) WindowsNames.FromNxlog(said, record);
        // The message of an object that names none is its own text.
        if (record.Format == LogFormats.Json && !ReferenceEquals(record.Message, raw) && ShippedText.Holds(record)) return ShippedText.Read(record, options);
        if (record.IsSyslog ? record.Message is { Length: > 0 } : decoder is not null) return Message(record, decoder, options);
        if (record.Fields is not FieldMap) record.Fields = new FieldMap();
        return record;
    }

    /// <summary>Reads one record from its bytes and gives it in the terms of its own format.</summary>
    internal static ParsedRecord ParseRecord(ReadOnlySpan<byte> record, LogParseOptions options, LogStream? stream)
    {
        var read = ParseRecord(RecordText.Read(record, out var charset, out var exact), options, stream);
        if (charset is not null) ((FieldMap)read.Fields).TryAdd(RecordText.Charset, charset);
        return exact ? read : read with { Problems = [.. read.Problems, LogProblem.NotUtf8] };
    }

    /// <summary>Notes what a record that is not read again says about those to come: see <see cref="LogStream"/>.</summary>
    public static void Note(ReadOnlySpan<byte> record, LogParseOptions options, LogStream stream)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(stream);
        if (record.StartsWith("#"u8) || (options.Format == LogFormats.Csv && stream.Header is null) || (options.Format is null && FlowBody.IsHeader(record))) ParseRecord(record.TrimEnd("\r\n"u8), options, stream);
    }

    /// <summary>Writes a record as one JSON object; names that the record has no value for are absent.</summary>
    public static void Write(ParsedRecord record, Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("format", record.Format);
        Text("decoder", record.Decoder);
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
            Ecs();
        }

        Text("message", record.Message);
        json.WriteEndObject();

        // What a search by these names would find.
        void Ecs()
        {
            var open = false;
            foreach (var (name, sources) in EcsNames.All)
            {
                foreach (var source in sources)
                {
                    if (!record.Fields.TryGetValue(source, out var value)) continue;
                    if (!open) json.WriteStartObject("ecs");
                    open = true;
                    json.WriteString(name, value);
                    break;
                }
            }

            if (open) json.WriteEndObject();
        }

        void Number(string name, int? value)
        {
            if (value is { } present) json.WriteNumber(name, present);
        }

        void Text(string name, string? value)
        {
            if (value is not null) json.WriteString(name, value);
        }
    }

    internal static bool IsAddress(ReadOnlySpan<char> text) => text.ContainsAny('.', ':') && IPAddress.IsValid(text);

    private static ParsedRecord Detect(string raw, LogParseOptions options, LogStream? stream)
    {
        if (SyslogParser.LooksLike5424(raw)) return SyslogParser.IsMeraki(raw) ? SyslogParser.Parse3164(raw, options) : SyslogParser.Parse5424(raw, options);
        var start = raw.AsSpan().TrimStart();
        var first = start.Length > 0 ? start[0] : '\0';
        if (first == '{')
        {
            var json = JsonRecordParser.Parse(raw, options);
            return json.Fields.Count > 0 || json.Problems.Count == 0 ? json : Plain(raw, [.. json.Problems]);
        }

        if (first == '<' && EventXmlParser.Looks(raw))
        {
            var xml = Xml(raw, options);
            return xml.Fields.Count > 0 || xml.Problems.Count == 0 ? xml : Plain(raw, [.. xml.Problems]);
        }

        if (first == 'C' && CefParser.Start(raw) is > 0 and var cef) return Cef(raw, cef, options);
        if (first == 'L' && LeefParser.Start(raw) is > 0 and var leef) return Leef(raw, leef, options);
        if (first == '#' && TableParser.DirectiveOf(raw) is { } directive) return Table(raw, directive, options, stream);
        if (stream is not null && first is >= 'a' and <= 'v' && FlowBody.IsHeader(raw))
        {
            stream.Header = new TableHeader { Format = LogFormats.Plain, Columns = raw.Split(' ', StringSplitOptions.RemoveEmptyEntries) };
            return Plain(raw);
        }

        if (stream?.Header is { Columns.Length: > 0 } header)
        {
            if (header.Format != LogFormats.Plain) return Table(raw, header.Format, options, stream);
            if (first != '\0' && Flow(raw, header, options) is { } flow) return flow;
        }

        // Lines of programs that write a time as ISO 8601 does look like rsyslog's.
        var digit = first is >= '0' and <= '9';
        if (options.Decoders is { IsEmpty: false } && Written(raw, options) is { } written) return written;
        if (SyslogParser.Is3164(raw, out var maybe)) return SyslogParser.Parse3164(raw, options);
        if (digit && ApplicationParser.IsContainers(raw) && ApplicationParser.TryParse(raw, options, out var contained) is { } container && contained) return container;
        if (AccessLogParser.TryParse(raw) is { } access) return access;
        if (NginxErrorParser.TryParse(raw, options) is { } error) return error;
        if (first == '[' && ApacheErrorParser.TryParse(raw, options) is { } apache) return apache;
        if (digit && Bare(raw, options) is { } bare) return bare;
        if (maybe && Passed(raw, options) is { } passed) return passed;
        if (Line(raw, options) is { } line) return line;
        var program = ApplicationParser.TryParse(raw, options, out var sure);
        if (sure) return program!;
        if (digit && SyslogParser.LooksLike3164(raw)) return SyslogParser.Parse3164(raw, options);
        if (program is not null) return program;
        if (PairsParser.Looks(raw)) return Pairs(raw, options);
        return raw.StartsWith('<') && raw.IndexOf('>', StringComparison.Ordinal) is > 0 and < 8 && char.IsAsciiDigit(raw.ElementAtOrDefault(1))
            ? SyslogParser.Parse3164(raw, options)
            : Plain(raw);
    }

    /// <summary>The syslog record that a line is by its header; absent when it has none.</summary>
    private static ParsedRecord? Header(string raw, LogParseOptions options) =>
        SyslogParser.LooksLike5424(raw) ? SyslogParser.Parse5424(raw, options) : SyslogParser.LooksLike3164(raw) ? SyslogParser.Parse3164(raw, options) : null;

    // Each begins its own reading: a function handed over would be made for every record, of whatever format.
    private static ParsedRecord Cef(string raw, int at, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        CefParser.Read(raw, at, reading);
        return reading.ToRecord(LogFormats.Cef, raw);
    }

    private static ParsedRecord Leef(string raw, int at, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        LeefParser.Read(raw, at, reading);
        return reading.ToRecord(LogFormats.Leef, raw);
    }

    private static ParsedRecord Pairs(string raw, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        PairsParser.ReadRecord(raw, reading);
        return reading.ToRecord(LogFormats.Pairs, raw);
    }

    private static ParsedRecord Xml(string raw, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        EventXmlParser.Read(raw, reading);
        var record = reading.ToRecord(LogFormats.Xml, raw);
        return record.Fields.ContainsKey("EventID") ? record with { Format = LogFormats.WindowsXml } : record;
    }

    /// <summary>A line of a log whose columns an earlier line names, or that line itself, which is text.</summary>
    private static ParsedRecord Table(string raw, string format, LogParseOptions options, LogStream? stream)
    {
        if (TableParser.DirectiveOf(raw) is { } directive && directive == format)
        {
            TableParser.Note(raw, directive, stream);
            return new ParsedRecord { Format = directive, Message = raw };
        }

        if (stream is not null && format == LogFormats.Csv && stream.Header is not { Format: LogFormats.Csv })
        {
            var columns = TableParser.SplitQuoted(raw.TrimStart('\uFEFF'), ',', new Reading(new FieldMap(), [], options));
            stream.Header = new TableHeader { Format = format, Columns = [.. columns.Select(name => name.Trim())] };
            return new ParsedRecord { Format = format, Message = raw };
        }

        if (stream?.Header is not { Columns.Length: > 0 } header || header.Format != format) return new ParsedRecord { Format = format, Message = raw, Problems = [LogProblem.TableNoHeader] };
        var reading = new Reading(new FieldMap(), [], options);
        TableParser.Read(raw, header, reading);
        return reading.ToRecord(format, raw);
    }

    /// <summary>A line of IIS that was passed on without the line that names its columns; absent when it is none.</summary>
    private static ParsedRecord? Bare(string raw, LogParseOptions options)
    {
        if (TableParser.BareColumns(raw) is not { } header) return null;
        var reading = new Reading(new FieldMap(), [], options);
        TableParser.Read(raw, header, reading);
        return reading.ToRecord(LogFormats.W3C, raw);
    }

    /// <summary>A flow whose columns an earlier line names; absent when the line is none.</summary>
    private static ParsedRecord? Flow(string raw, TableHeader header, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        return FlowBody.Read(raw, header.Columns, reading) ? reading.ToRecord(LogFormats.Plain, raw) : null;
    }

    /// <summary>A line without a header that a decoder of the site knows.</summary>
    private static ParsedRecord? Written(string raw, LogParseOptions options)
    {
        if (Header(raw, options) is not null) return null;
        var reading = new Reading(new FieldMap(), [], options);
        if (!options.Decoders!.Read(null, options.Source, raw, true, reading)) return null;
        reading.Add(DecoderField, reading.Decoder!);
        return reading.ToRecord(LogFormats.Plain, raw);
    }

    /// <summary>What has no tag behind the time and the host, and is a syslog line only if its message is something that a decoder knows.</summary>
    private static ParsedRecord? Passed(string raw, LogParseOptions options)
    {
        var record = SyslogParser.Parse3164(raw, options);
        if (record is not { AppName: null, HostName: not null, Message.Length: > 0 }) return null;
        var reading = new Reading(new FieldMap(), [], options);
        MessageDecoders.ReadMessage(null, record.Message, reading);
        return reading.Decoder is null or LogFormats.Application or LogFormats.Pairs ? null : record;
    }

    private static ParsedRecord? Line(string raw, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        return MessageDecoders.ReadLine(raw, reading) ? reading.ToRecord(LogFormats.Plain, raw) : null;
    }

    /// <summary>Adds what the decoders find in the message. What the header says counts before it.</summary>
    private static ParsedRecord Message(ParsedRecord record, string? decoder, LogParseOptions options)
    {
        var fields = record.Fields as FieldMap ?? new FieldMap();
        var problems = record.Problems as List<string> ?? [.. record.Problems];
        var reading = new Reading(fields, problems, options);
        if (decoder is null && options.Decoders?.Read(record.AppName, options.Source, record.Message!, false, reading) == true) reading.Add(DecoderField, reading.Decoder!);
        else if (decoder is null) MessageDecoders.ReadMessage(record.AppName, record.Message!, reading);
        else if (!LogFormats.Decoders.Contains(decoder))
        {
            if (options.Decoders?.ReadAs(decoder, record.Message ?? "", reading) == true) reading.Add(DecoderField, decoder);
            else reading.Fault(LogProblem.Of(LogProblem.DecoderNone, decoder));
        }
        else if (!MessageDecoders.ReadAs(decoder, record.AppName, record.Message ?? "", !record.IsSyslog, reading)) reading.Fault(LogProblem.Of(LogProblem.DecoderNone, decoder));
        if (record.Timestamp is null && reading.Time is not null) problems.Remove(LogProblem.TimeNone);
        // The record was made by this reading, and nobody else has it yet.
        if (record.Timestamp is null)
        {
            if (reading.Time is not null) record.TimestampText = reading.TimeText;
            (record.Timestamp, record.TimeZoneAssumed) = (reading.Time, reading.TimeZoneAssumed);
        }
        else if (record.TimeZoneAssumed && reading is { Time: { } told, TimeZoneAssumed: false } && IsSameClock(record.Timestamp.Value, told))
        {
            (record.Timestamp, record.TimeZoneAssumed) = (told, false);
        }

        (record.Fields, record.Problems, record.Decoder) = (fields, problems, reading.Decoder);
        record.OwnTime = reading is { TimeIsOwn: true, TimeZoneAssumed: false } ? reading.Time : null;
        record.HostName ??= reading.Host;
        record.AppName ??= reading.App;
        record.ProcId ??= reading.ProcId;
        record.Severity ??= reading.Severity;
        if (!record.IsSyslog && reading.Message is not null) record.Message = reading.Message;
        return record;
    }

    /// <summary>True when a time whose zone was assumed and one that is certain are the same but for the zone: zones are quarters of an hour apart, and a header is written at once.</summary>
    private static bool IsSameClock(DateTimeOffset assumed, DateTimeOffset told)
    {
        var apart = (assumed.UtcDateTime - told.UtcDateTime).TotalSeconds;
        return Math.Abs(apart) <= 14 * 3_600 + 30 && Math.Abs(Math.IEEERemainder(apart, 900)) <= 30;
    }

    private static ParsedRecord Plain(string raw, params string[] problems) => new() { Format = LogFormats.Plain, Message = raw, Problems = problems };

    /// <summary>
    /// Some write the port behind the address of a client: <c>203.0.113.9:443</c>, <c>[2001:db8::1]:443</c>, or the addresses that a request came through. An address of version 4
    /// that is written as one of version 6 is that of version 4.
    /// </summary>
    private static string? WithoutPort(string? address)
    {
        if (address is not { Length: > 2 }) return address;
        if (address.IndexOf(", ", StringComparison.Ordinal) is > 2 and var comma) address = address[..comma];
        if (address[0] == '[' && address.IndexOf(']', StringComparison.Ordinal) is > 1 and var close) address = address[1..close];
        // The interface of a link-local address.
        if (address.IndexOf('%', StringComparison.Ordinal) is > 2 and var zone) address = address[..zone];
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        if (colon == 0 && address.StartsWith("::ffff:", StringComparison.OrdinalIgnoreCase) && address.Contains('.', StringComparison.Ordinal)) return address[7..];
        return colon > 6 && colon == address.LastIndexOf(':') && address.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && dot < colon ? address[..colon] : address;
    }

    /// <summary>The field that names the address which an event is about: the first of <see cref="Addresses"/> that there is.</summary>
    private static string? AddressOf(FieldMap fields)
    {
        var (best, address) = (int.MaxValue, (string?)null);
        foreach (var (name, value) in fields)
        {
            if (Addresses.TryGetValue(name, out var rank) && rank < best) (best, address) = (rank, value);
        }

        return address;
    }
}
