using System.Text.Json;

namespace Hufu.Logs.Parsing;

/// <summary>Reads a line that is one JSON object: nested objects become dotted names, arrays of plain values one text with commas.</summary>
internal static class JsonRecordParser
{
    /// <summary>Reading does not recurse: the depth is bounded by the length of a record. What is deeper than the option says is kept as text.</summary>
    public static readonly JsonDocumentOptions Limits = new() { MaxDepth = 1_000_000 };

    private static readonly string[] TimeNames =
    [
        "@timestamp", "TimeCreated", "UtcTime", "EventTime", "timestamp", "time", "eventTime", "ts", "System.TimeCreated.SystemTime", "System.TimeCreated", "Event.System.TimeCreated.#attributes.SystemTime",
        "TimeGenerated", "Timestamp", "CreationTime", "datetime", "date", "published", "event_time", "eventTimestamp", "_time", "created_at", "createdAt",
    ];

    private static readonly string[] HostNames = ["Computer", "Hostname", "hostname", "host", "host.name", "agent.hostname", "System.Computer"];
    private static readonly string[] AppNames = ["app", "appname", "program", "SourceName", "Provider_Name", "process.name", "service", "logger"];
    private static readonly string[] LevelNames = ["log.level", "level", "severity", "Level", "Severity", "loglevel", "levelname", "lvl"];
    private static readonly string[] MessageNames = ["Message", "message", "msg", "log", "event.original", "SyslogMessage", "_raw"];

    public static ParsedRecord Parse(string text, LogParseOptions options)
    {
        var reading = new Reading(new FieldMap(), [], options);
        Read(text, reading);
        return reading.ToRecord(LogFormats.Json, text);
    }

    /// <summary>Reads an object. False, with the problem, when it is none.</summary>
    public static bool Read(string text, Reading reading)
    {
        var fields = reading.Fields;
        var whole = ReadFields(text, reading);
        // CloudTrail's search gives the event as a text.
        if (fields.TryGetValue("CloudTrailEvent", out var inner) && inner.StartsWith('{')) ReadFields(inner, reading);
        WindowsNames.Complete(fields);
        JsonFamilies.Read(reading);
        foreach (var name in TimeNames)
        {
            // Sysmon's UtcTime is UTC by name.
            if (reading.Time is not null || (fields.TryGetValue(name, out var value) && reading.TakeTime(value, utc: name == "UtcTime"))) break;
        }

        if (reading.Time is null && reading.FirstName(TimeNames) is { } unread) reading.Fault(LogProblem.Of(LogProblem.TimeUnread, unread));
        if (!reading.HostIsKnown) reading.Host ??= reading.First(HostNames);
        reading.App ??= reading.First(AppNames);
        reading.Message ??= reading.First(MessageNames);
        // A family knows where its level stands; numbers mean another thing to each program.
        if (reading.Decoder is null) reading.Severity ??= Severities.Of(reading.First(LevelNames));
        return whole;
    }

    /// <summary>Reads the fields of an object, and nothing of what they mean. False, with the problem, when it is none.</summary>
    public static bool ReadFields(string text, Reading reading)
    {
        var whole = true;
        try
        {
            using var json = JsonDocument.Parse(text, Limits);
            if (json.RootElement.ValueKind == JsonValueKind.Object) Add("", json.RootElement, 0);
            else reading.Fault(LogProblem.JsonNoObject);
        }
        catch (JsonException fault)
        {
            reading.Fault(LogProblem.Of(LogProblem.JsonInvalid, fault.BytePositionInLine ?? 0));
            whole = false;
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException)
        {
            // A lone surrogate, in an escape or as it is, has no text.
            reading.Fault(LogProblem.JsonNotUnicode);
            whole = false;
        }

        return whole;

        void Add(string prefix, JsonElement element, int depth)
        {
            foreach (var property in element.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Null) continue;
                if (reading.IsFull) return;
                // As Elasticsearch keeps a document; what is around it says where it was.
                if (depth == 0 && property.NameEquals("_source") && property.Value.ValueKind == JsonValueKind.Object && element.TryGetProperty("_index", out _))
                {
                    Add("", property.Value, 1);
                    continue;
                }

                var name = prefix.Length == 0 ? property.Name : prefix + "." + property.Name;
                if (property.Value.ValueKind == JsonValueKind.Object && depth + 1 < reading.Options.MaxDepth)
                {
                    Add(name, property.Value, depth + 1);
                    continue;
                }

                var value = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString()!,
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    JsonValueKind.Array when property.Value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number) =>
                        string.Join(", ", property.Value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : item.GetRawText())),
                    _ => property.Value.GetRawText(),
                };
                if (!reading.Add(name, value) && !reading.IsFull) reading.Fault(LogProblem.Of(LogProblem.FieldTwice, name.Length > 40 ? name[..40] : name));
            }
        }
    }
}
