using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Hufu.Logs.Parsing;

/// <summary>The names of Windows events that rules use, however the event was brought: <c>windows.json</c> lists them.</summary>
internal static class WindowsNames
{
    private const int MostDetails = 256;

    private static readonly Lazy<Table> Loaded = new(Load);

    /// <summary>Adds the short names of values that lie deeper, and Sysmon's names of what the Security log calls otherwise. What is there is not touched.</summary>
    public static void Complete(FieldMap fields)
    {
        var table = Loaded.Value;
        // As EvtxECmd writes JSON: the columns of its table.
        if (fields.ContainsKey("EventId") && fields.TryGetValue("Payload", out var payload) && payload.StartsWith('{') && fields.ContainsKey("Channel"))
        {
            foreach (var (from, to) in table.Columns) Alias(fields, from, to);
            Payload(payload, fields);
        }

        Splunk(fields);
        List<(string Name, string Value)>? more = null;
        foreach (var (name, value) in fields)
        {
            if (!name.Contains('.', StringComparison.Ordinal)) continue;
            if (table.Names.TryGetValue(name, out var own)) (more ??= []).Add((own, value));
            foreach (var prefix in table.Data)
            {
                if (name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal)) (more ??= []).Add((name[prefix.Length..], value));
            }
        }

        if (more is not null)
        {
            foreach (var (name, value) in more) fields.TryAdd(name, value);
        }

        foreach (var (with, names) in table.Groups)
        {
            if (!fields.ContainsKey(with)) continue;
            foreach (var (from, to) in names) Alias(fields, from, to);
        }

        if (!fields.TryGetValue("EventID", out var id)) return;
        // Some keep the event's data as the text that it was.
        if (fields.TryGetValue("EventData", out var data) && data.Length > 1)
        {
            if (data[0] == '{') Payload($"{{\"EventData\":{data}}}", fields);
            else if (data[0] == '<') DataXml(data, fields);
        }

        // What Get-WinEvent shows of Sysmon's events has their data as lines of the message.
        if (!fields.ContainsKey("UtcTime") && fields.TryGetValue("Message", out var message) && message.Contains("UtcTime: ", StringComparison.Ordinal)) Lines(message, fields);
        Alias(fields, "SourceName", "Provider_Name");
        Alias(fields, "Hostname", "Computer");
        // Rules name a process as Sysmon does; the Security log has other names for the same.
        if (id != "4688") return;
        Alias(fields, "NewProcessName", "Image");
        Alias(fields, "ParentProcessName", "ParentImage");
    }

    /// <summary>
    /// The same for a row of a table of Windows events, as EvtxECmd, Hayabusa and Export-Csv write it: its columns, the event's data that stand as JSON in the
    /// column <c>Payload</c>, and the time line's details, <c>name: value</c> with a broken bar between.
    /// </summary>
    public static void CompleteTable(FieldMap fields)
    {
        var table = Loaded.Value;
        if (!fields.ContainsKey("Channel") && !fields.ContainsKey("LogName")) return;
        foreach (var (from, to) in table.Columns) Alias(fields, from, to);
        if (fields.TryGetValue("Channel", out var channel) && table.Channels.TryGetValue(channel, out var whole)) fields["Channel"] = whole;
        if (fields.TryGetValue("Payload", out var payload)) Payload(payload, fields);
        foreach (var column in (ReadOnlySpan<string>)["AllFieldInfo", "Details", "ExtraFieldInfo"])
        {
            if (fields.TryGetValue(column, out var details)) Details(details, fields, table);
        }

        Complete(fields);
    }

    /// <summary>NXLog writes a Windows event as the structured data of a syslog record: its names are those of the event.</summary>
    public static void FromNxlog(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> data, ParsedRecord record)
    {
        foreach (var (id, parameters) in data)
        {
            if (!id.StartsWith("NXLOG", StringComparison.Ordinal)) continue;
            var fields = record.Fields as FieldMap ?? new FieldMap(record.Fields);
            foreach (var (name, value) in parameters) fields.TryAdd(name, value);
            if (fields.ContainsKey("EventID") && record.AppName is { } provider) fields.TryAdd("Provider_Name", provider);
            if (fields.ContainsKey("EventID") && record.HostName is { } computer) fields.TryAdd("Computer", computer);
            Complete(fields);
            record.Fields = fields;
            return;
        }
    }

    /// <summary>
    /// A Windows event as Snare's agent and those that write as it does send it: values with tabs between, which rsyslog writes as <c>#011</c>. What the event's own data are stands in its text alone.
    /// </summary>
    public static bool ReadSnare(string message, Reading reading)
    {
        var begin = message.IndexOf("MSWinEventLog", StringComparison.Ordinal);
        if (begin is < 0 or > 128) return false;
        var values = message[begin..].Replace("#011", "\t", StringComparison.Ordinal).Split('\t');
        if (values.Length < 12 || !int.TryParse(values[5], NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        Add("Channel", 2);
        Add("EventID", 5);
        Add("Provider_Name", 6);
        Add("User", 7);
        Add("SidType", 8);
        Add("EventType", 9);
        Add("Computer", 10);
        Add("Category", 11);
        Add("Data", 12);
        Add("Message", 13);
        reading.Host = reading.First("Computer");
        reading.App = reading.First("Provider_Name");
        reading.TakeTime(values[4]);
        return true;

        void Add(string name, int at)
        {
            if (at < values.Length && values[at].AsSpan().Trim() is { Length: > 0 } value && value is not "N/A") reading.Add(name, value.ToString());
        }
    }

    /// <summary>The level of a Windows event as syslog severity; 0 is for information that is always written.</summary>
    public static int? Severity(string? level) => level switch { "1" => 2, "2" => 3, "3" => 4, "0" or "4" => 6, "5" => 7, _ => int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : Severities.Of(level) };

    private static void Alias(FieldMap fields, string from, string to)
    {
        if (fields.TryGetValue(from, out var value)) fields.TryAdd(to, value);
    }

    /// <summary>An event that Splunk gives out: an export has it within <c>result</c>, and the channel stands in the source's name.</summary>
    private static void Splunk(FieldMap fields)
    {
        const string Within = "result.";
        if (fields.ContainsKey(Within + "_time"))
        {
            foreach (var (name, value) in fields.Where(field => field.Key.StartsWith(Within, StringComparison.Ordinal)).ToList()) fields.TryAdd(name[Within.Length..], value);
        }

        if (fields.ContainsKey("Channel") || !fields.ContainsKey("EventCode") || !fields.TryGetValue("source", out var source)) return;
        var colon = source.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || source[..colon] is not ("WinEventLog" or "XmlWinEventLog")) return;
        fields.TryAdd("Channel", source[(colon + 1)..]);
        Alias(fields, "EventCode", "EventID");
        Alias(fields, "ComputerName", "Computer");
    }

    private static void Lines(string text, FieldMap fields)
    {
        foreach (var line in text.Split('\n', MostDetails))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon is > 0 and <= 64 && !line.AsSpan(0, colon).Contains(' ')) fields.TryAdd(line[..colon].Trim(), line[(colon + 2)..].TrimEnd('\r'));
        }
    }

    private static void Details(string text, FieldMap fields, Table table)
    {
        foreach (var part in text.Split(" ¦ ", MostDetails))
        {
            var colon = part.IndexOf(": ", StringComparison.Ordinal);
            if (colon is < 1 or > 64) continue;
            var (name, value) = (part[..colon].Trim(), part[(colon + 2)..]);
            fields.TryAdd(name, value);
            if (table.Details.TryGetValue(name, out var own)) fields.TryAdd(own, value);
        }
    }

    private static void Payload(string text, FieldMap fields)
    {
        try
        {
            using var json = JsonDocument.Parse(text, JsonRecordParser.Limits);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var section in json.RootElement.EnumerateObject())
            {
                if (section.Value.ValueKind != JsonValueKind.Object) continue;
                Section(section.Value, fields, 0);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // What is no JSON, or no Unicode, stays the text that it is.
        }
    }

    private static void DataXml(string text, FieldMap fields)
    {
        var inner = new Reading(new FieldMap(), [], new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch });
        // Read as the part of an event that it is; Azure has one more element around it.
        var at = text.IndexOf("<EventData", StringComparison.Ordinal);
        var end = text.LastIndexOf("</EventData>", StringComparison.Ordinal);
        if (at < 0 || end < at) return;
        EventXmlParser.Read($"<Event>{text[at..(end + "</EventData>".Length)]}</Event>", inner);
        foreach (var (name, value) in inner.Fields) fields.TryAdd(name, value);
    }

    private static void Section(JsonElement section, FieldMap fields, int depth)
    {
        foreach (var property in section.EnumerateObject())
        {
            if (fields.Count > 2 * MostDetails) return;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Array when property.Name == "Data":
                    foreach (var item in property.Value.EnumerateArray().Take(MostDetails))
                    {
                        if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("@Name", out var name) && name.ValueKind == JsonValueKind.String)
                            fields.TryAdd(name.GetString()!, item.TryGetProperty("#text", out var value) ? value.ToString() : "");
                    }

                    break;
                case JsonValueKind.Object when depth < 4:
                    if (property.Value.TryGetProperty("@Name", out var single) && single.ValueKind == JsonValueKind.String) fields.TryAdd(single.GetString()!, property.Value.TryGetProperty("#text", out var text) ? text.ToString() : "");
                    else Section(property.Value, fields, depth + 1);
                    break;
                case JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    fields.TryAdd(property.Name, property.Value.ToString());
                    break;
                default:
                    break;
            }
        }
    }

    private static Table Load()
    {
        using var stream = typeof(WindowsNames).Assembly.GetManifestResourceStream("windows.json") ?? throw new InvalidOperationException("windows.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var root = json.RootElement;
        return new Table(
            Pairs(root.GetProperty("names")).ToFrozenDictionary(StringComparer.Ordinal),
            [.. root.GetProperty("groups").EnumerateArray().Select(group => (group.GetProperty("with").GetString()!, Pairs(group.GetProperty("names")).ToArray()))],
            [.. root.GetProperty("data").EnumerateArray().Select(item => item.GetString()!)],
            [.. Pairs(root.GetProperty("table"))],
            Pairs(root.GetProperty("details")).ToFrozenDictionary(StringComparer.Ordinal),
            Pairs(root.GetProperty("channels")).ToFrozenDictionary(StringComparer.Ordinal));

        static Dictionary<string, string> Pairs(JsonElement item) => item.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);
    }

    private sealed record Table(FrozenDictionary<string, string> Names, (string With, KeyValuePair<string, string>[] Names)[] Groups, string[] Data, KeyValuePair<string, string>[] Columns, FrozenDictionary<string, string> Details, FrozenDictionary<string, string> Channels);
}
