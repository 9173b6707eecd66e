using System.Globalization;
using System.Text.Json;

namespace Hufu.Logs.Parsing;

/// <summary>Reads a line that is one JSON object: nested objects become dotted names, arrays of plain values one text with commas.</summary>
internal static class JsonRecordParser
{
    private static readonly string[] TimeNames = ["@timestamp", "TimeCreated", "UtcTime", "EventTime", "timestamp", "time", "eventTime", "ts", "System.TimeCreated.SystemTime", "System.TimeCreated"];
    private static readonly string[] HostNames = ["Computer", "Hostname", "hostname", "host", "host.name", "agent.hostname", "System.Computer"];
    private static readonly string[] AppNames = ["app", "appname", "program", "SourceName", "Provider_Name", "process.name", "service", "logger"];
    private static readonly string[] MessageNames = ["Message", "message", "msg", "log", "event.original"];

    public static ParsedRecord Parse(string text, LogParseOptions options)
    {
        var problems = new List<string>();
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            if (json.RootElement.ValueKind == JsonValueKind.Object) Add("", json.RootElement, 0);
            else problems.Add(LogProblem.JsonNoObject);
        }
        catch (JsonException fault)
        {
            problems.Add(LogProblem.Of(LogProblem.JsonInvalid, fault.BytePositionInLine ?? 0));
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate in an escape has no text.
            problems.Add(LogProblem.JsonNotUnicode);
        }

        // Winlogbeat and the raw event XML put the same values deeper; rules expect them by their short names.
        Alias("winlog.event_id", "EventID");
        Alias("winlog.channel", "Channel");
        Alias("winlog.provider_name", "Provider_Name");
        Alias("winlog.computer_name", "Computer");
        foreach (var name in fields.Keys.Where(name => name.StartsWith("winlog.event_data.", StringComparison.Ordinal)).ToList()) Alias(name, name["winlog.event_data.".Length..]);
        foreach (var name in fields.Keys.Where(name => name.StartsWith("EventData.", StringComparison.Ordinal)).ToList()) Alias(name, name["EventData.".Length..]);
        Alias("System.EventID", "EventID");
        Alias("System.Channel", "Channel");
        Alias("System.Provider.Name", "Provider_Name");
        if (fields.ContainsKey("EventID"))
        {
            Alias("SourceName", "Provider_Name");
            Alias("Hostname", "Computer");
            // Rules name a process as Sysmon does; the Security log has other names for the same.
            if (fields["EventID"] == "4688")
            {
                Alias("NewProcessName", "Image");
                Alias("ParentProcessName", "ParentImage");
            }
        }

        DateTimeOffset? timestamp = null;
        string? stampText = null;
        var assumed = false;
        foreach (var name in TimeNames)
        {
            if (!fields.TryGetValue(name, out var value) || !TryTime(value, options, out var stamp, out assumed)) continue;
            // Sysmon's UtcTime is UTC by name.
            if (name == "UtcTime" && assumed)
            {
                stamp = new DateTimeOffset(stamp.DateTime, TimeSpan.Zero);
                assumed = false;
            }

            timestamp = stamp;
            stampText = value;
            break;
        }

        if (timestamp is null && TimeNames.FirstOrDefault(fields.ContainsKey) is { } unread) problems.Add(LogProblem.Of(LogProblem.TimeUnread, unread));
        return new ParsedRecord
        {
            Format = LogFormats.Json, Problems = problems, Timestamp = timestamp, TimestampText = stampText, TimeZoneAssumed = assumed && timestamp is not null,
            HostName = First(HostNames), AppName = First(AppNames), Fields = fields, Message = First(MessageNames) ?? text,
        };

        string? First(string[] names)
        {
            foreach (var name in names)
            {
                if (fields.TryGetValue(name, out var value) && value.Length > 0) return value;
            }

            return null;
        }

        void Alias(string from, string to)
        {
            if (fields.TryGetValue(from, out var value)) fields.TryAdd(to, value);
        }

        void Add(string prefix, JsonElement element, int depth)
        {
            foreach (var property in element.EnumerateObject())
            {
                var name = prefix.Length == 0 ? property.Name : prefix + "." + property.Name;
                if (property.Value.ValueKind == JsonValueKind.Object && depth + 1 < options.MaxDepth)
                {
                    Add(name, property.Value, depth + 1);
                    continue;
                }

                var value = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString()!,
                    JsonValueKind.Null => null,
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    JsonValueKind.Array when property.Value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number) =>
                        string.Join(", ", property.Value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : item.GetRawText())),
                    _ => property.Value.GetRawText(),
                };
                if (value is null) continue;
                if (fields.Count >= options.MaxFields)
                {
                    if (!problems.Exists(problem => problem.StartsWith(LogProblem.FieldsTooMany, StringComparison.Ordinal))) problems.Add(LogProblem.Of(LogProblem.FieldsTooMany, options.MaxFields));
                    return;
                }

                if (!fields.TryAdd(name, value)) problems.Add(LogProblem.Of(LogProblem.FieldTwice, name.Length > 40 ? name[..40] : name));
            }
        }
    }

    private static bool TryTime(string text, LogParseOptions options, out DateTimeOffset value, out bool assumed)
    {
        if (SyslogParser.TryTimestamp(text, strict: false, out value, out assumed))
        {
            if (assumed) value = new DateTimeOffset(value.DateTime, options.AssumedOffset);
            return true;
        }

        assumed = false;
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        // Seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
        while (number >= 1e11) number /= 1_000;
        if (number < 1e8) return false;
        value = DateTimeOffset.UnixEpoch.AddTicks((long)(number * 1e7));
        return true;
    }
}
