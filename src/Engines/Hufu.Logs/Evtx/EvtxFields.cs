using System.Globalization;
using System.Text;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Evtx;

/// <summary>Puts a record into flat names.</summary>
internal static class EvtxFields
{
    private const int MaxMessage = 4_096;

    public static ParsedRecord Read(EvtxRecord record, LogParseOptions options)
    {
        var fields = new FieldMap();
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> problems = [.. record.Problems];
        var data = new StringBuilder();
        string? rendered = null;
        var root = record.Nodes.OfType<EvtxElement>().First();
        foreach (var part in root.Elements)
        {
            switch (part.LocalName)
            {
                case "System":
                    foreach (var item in part.Elements) SystemItem(item);
                    break;
                case "EventData":
                    EventData(part);
                    break;
                default:
                    Walk(part, part.LocalName);
                    break;
            }
        }

        var severity = fields.GetValueOrDefault("Level") switch { "1" => 2, "2" => 3, "3" => 4, "4" or "0" => 6, "5" => 7, _ => (int?)null };
        // Rules name a process as Sysmon does; the Security log has other names for the same.
        if (fields.GetValueOrDefault("EventID") == "4688")
        {
            if (fields.TryGetValue("NewProcessName", out var image)) fields.TryAdd("Image", image);
            if (fields.TryGetValue("ParentProcessName", out var parent)) fields.TryAdd("ParentImage", parent);
        }

        var stamp = fields.GetValueOrDefault("TimeCreated");
        var time = stamp is not null && DateTimeOffset.TryParse(stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var created) ? created : record.WrittenAt;
        if (time is null) problems.Add(LogProblem.TimeNone);
        return new ParsedRecord
        {
            Format = LogFormats.Evtx, Problems = problems, Timestamp = time, TimestampText = stamp, HostName = Given("Computer"), AppName = Given("Provider_Name"),
            Severity = severity, Fields = fields, Message = rendered ?? $"{Given("Provider_Name")} {Given("EventID")}{data}".TrimStart(),
        };

        string? Given(string name) => fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

        void SystemItem(EvtxElement item)
        {
            var name = item.LocalName;
            if (item.OwnText is { Length: > 0 } text) Add(name, text, "System." + name);
            foreach (var attribute in item.Attributes)
            {
                var own = (name, attribute.Name) switch
                {
                    ("Provider", _) => "Provider_" + attribute.Name,
                    ("Execution", _) => "Execution" + attribute.Name,
                    ("TimeCreated", "SystemTime") => name,
                    _ => attribute.Name,
                };
                Add(own, attribute.Text, $"System.{name}.{attribute.Name}");
            }
        }

        void EventData(EvtxElement part)
        {
            Attributes(part, "EventData");
            var unnamed = new List<string>();
            foreach (var item in part.Elements)
            {
                if (item.LocalName != "Data" || item.Elements.Any())
                {
                    Walk(item, "EventData." + item.LocalName);
                }
                else if (item.Attribute("Name") is { Length: > 0 } name)
                {
                    Add(name, item.OwnText, "EventData." + name);
                    Tell(name, item.OwnText);
                }
                else
                {
                    unnamed.Add(item.OwnText);
                }
            }

            if (unnamed.Count == 0) return;
            Add("Data", string.Join(", ", unnamed), "EventData.Data");
            Tell(null, string.Join(", ", unnamed));
            for (var i = 0; i < unnamed.Count && unnamed.Count > 1; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"Data{i + 1}");
                Add(name, unnamed[i], "EventData." + name);
            }
        }

        void Walk(EvtxElement element, string path)
        {
            Attributes(element, path);
            var inner = false;
            foreach (var child in element.Elements)
            {
                inner = true;
                Walk(child, $"{path}.{child.LocalName}");
            }

            if (inner && element.OwnText.Trim().Length == 0) return;
            // An element that says what it says in attributes only is no field.
            if (!inner && element.OwnText.Length == 0 && element.Attributes.Count > 0) return;
            Add(element.LocalName, element.OwnText, path);
            if (path == "RenderingInfo.Message") rendered = element.OwnText;
            else Tell(element.LocalName, element.OwnText);
        }

        void Attributes(EvtxElement element, string path)
        {
            foreach (var attribute in element.Attributes)
            {
                if (attribute.Name != "xmlns" && !attribute.Name.StartsWith("xmlns:", StringComparison.Ordinal)) Add($"{element.LocalName}.{attribute.Name}", attribute.Text, $"{path}.{attribute.Name}");
            }
        }

        void Tell(string? name, string value)
        {
            if (value.Length == 0 || data.Length >= MaxMessage) return;
            data.Append(data.Length == 0 ? ": " : ", ");
            if (name is not null) data.Append(name).Append('=');
            data.Append(value);
            if (data.Length <= MaxMessage) return;
            data.Length = char.IsHighSurrogate(data[MaxMessage - 1]) ? MaxMessage - 1 : MaxMessage;
            data.Append('…');
        }

        void Add(string name, string value, string path)
        {
            if (fields.Count >= options.MaxFields)
            {
                var full = LogProblem.Of(LogProblem.FieldsTooMany, options.MaxFields);
                if (!problems.Contains(full)) problems.Add(full);
                return;
            }

            if (fields.TryAdd(name, value) || fields.TryAdd(path, value)) return;
            string next;
            do next = string.Create(CultureInfo.InvariantCulture, $"{path}.{taken[path] = taken.GetValueOrDefault(path) + 1}");
            while (!fields.TryAdd(next, value));
        }
    }
}
