using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hufu.Logs.Evtx;

/// <summary>Writes a record's nodes as JSON in the shape of evtx_dump.</summary>
internal static class EvtxJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IReadOnlyList<EvtxNode> nodes)
    {
        using var stream = new MemoryStream(1_024);
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            if (nodes.OfType<EvtxElement>().FirstOrDefault() is { } root)
            {
                json.WritePropertyName(root.Name);
                Element(json, root, holdsData: false);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static void Element(Utf8JsonWriter json, EvtxElement element, bool holdsData)
    {
        var children = element.Elements.Any();
        if (!children && element.Attributes.Count == 0)
        {
            if (IsEmpty(element.Content)) json.WriteNullValue();
            else Value(json, element.Content);
            return;
        }

        json.WriteStartObject();
        var names = new Names();
        if (element.Attributes.Count > 0)
        {
            json.WriteStartObject("#attributes");
            foreach (var attribute in element.Attributes)
            {
                json.WritePropertyName(attribute.Name);
                Value(json, attribute.Value);
            }

            json.WriteEndObject();
        }

        if (!IsEmpty(element.Content))
        {
            json.WritePropertyName("#text");
            Value(json, element.Content);
        }

        var unnamed = holdsData ? element.Elements.Where(child => child.Name == "Data" && string.IsNullOrEmpty(child.Attribute("Name"))).ToList() : [];
        foreach (var child in element.Elements)
        {
            if (holdsData && child.Name == "Data")
            {
                if (child.Attribute("Name") is { Length: > 0 } name)
                {
                    json.WritePropertyName(names.Next(name));
                    Data(json, child);
                }
                else if (child == unnamed[0])
                {
                    json.WriteStartObject(names.Next("Data"));
                    json.WritePropertyName("#text");
                    if (unnamed.Count == 1)
                    {
                        Data(json, child);
                    }
                    else
                    {
                        json.WriteStartArray();
                        foreach (var item in unnamed) Data(json, item);
                        json.WriteEndArray();
                    }

                    json.WriteEndObject();
                }

                continue;
            }

            json.WritePropertyName(names.Next(child.Name));
            Element(json, child, child.Name is "EventData" or "UserData");
        }

        json.WriteEndObject();
    }

    private static void Data(Utf8JsonWriter json, EvtxElement element)
    {
        if (element.Elements.Any()) Element(json, element, holdsData: false);
        else if (IsEmpty(element.Content)) json.WriteStringValue("");
        else Value(json, element.Content);
    }

    private static void Value(Utf8JsonWriter json, List<EvtxNode> nodes)
    {
        var parts = nodes.Where(node => node.Text.Length > 0).ToList();
        if (parts is [EvtxText { Bare: true } bare]) json.WriteRawValue(bare.Dump);
        else json.WriteStringValue(string.Concat(parts.Select(node => node is EvtxText value ? value.Dump : node.Text)));
    }

    private static bool IsEmpty(List<EvtxNode> nodes) => !nodes.Exists(node => node.Text.Length > 0);

    /// <summary>Makes the names of one object differ.</summary>
    private sealed class Names
    {
        private readonly HashSet<string> used = new(StringComparer.Ordinal) { "#attributes", "#text" };
        private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

        public string Next(string name)
        {
            if (used.Add(name)) return name;
            var count = counts.GetValueOrDefault(name);
            string next;
            do next = $"{name}_{++count}";
            while (!used.Add(next));
            counts[name] = count;
            return next;
        }
    }
}
