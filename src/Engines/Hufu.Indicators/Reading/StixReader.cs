using System.Globalization;
using System.Text.Json;

namespace Hufu.Indicators;

/// <summary>Reads STIX: a bundle, an answer of TAXII, or objects in an array.</summary>
internal sealed class StixReader(IndicatorSink sink, string name)
{
    private readonly Dictionary<string, JsonElement> objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Type, string Target)>> relations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IndicatorContext> contexts = new(StringComparer.Ordinal);

    // STIX's own ids of TLP 1 and 2.
    private static readonly Dictionary<string, string> Markings = new(StringComparer.Ordinal)
    {
        ["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"] = "clear", ["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"] = "green",
        ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"] = "amber", ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"] = "red",
        ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"] = "clear", ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"] = "green",
        ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"] = "amber", ["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"] = "amber+strict",
        ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"] = "red",
    };

    /// <summary>True when JSON is of STIX 2.</summary>
    public static bool IsStix(JsonElement root) => root.ValueKind switch
    {
        JsonValueKind.Object => Text(root, "type") == "bundle" || (Text(root, "type") is { } type && Text(root, "id") is { } id && id.StartsWith(type + "--", StringComparison.Ordinal)) || (root.TryGetProperty("objects", out var objects) && objects.ValueKind == JsonValueKind.Array),
        JsonValueKind.Array => root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Object && Text(root[0], "type") is { } of && (of == "bundle" || Text(root[0], "id")?.StartsWith(of + "--", StringComparison.Ordinal) == true),
        _ => false,
    };

    public void Read(JsonElement root)
    {
        sink.Format("stix");
        Gather(root, 0);
        foreach (var relation in objects.Values.Where(o => Text(o, "type") == "relationship"))
        {
            if (IsTrue(relation, "revoked") || Text(relation, "source_ref") is not { } source || Text(relation, "target_ref") is not { } target || Text(relation, "relationship_type") is not { } type) continue;
            if (!relations.TryGetValue(source, out var list)) relations[source] = list = [];
            list.Add((type, target));
        }

        foreach (var (id, item) in objects)
            if (Text(item, "type") == "indicator") Indicator(id, item);
    }

    private void Gather(JsonElement element, int depth)
    {
        if (depth > 4) return;
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Gather(item, depth + 1);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object) return;
        if (element.TryGetProperty("objects", out var inner) && inner.ValueKind == JsonValueKind.Array && Text(element, "type") is null or "bundle")
        {
            if (element.TryGetProperty("objects", out inner) && inner.ValueKind == JsonValueKind.Array) Gather(inner, depth + 1);
            return;
        }

        if (Text(element, "id") is not { Length: > 0 and <= 200 } id)
        {
            if (Text(element, "type") == "indicator") sink.Report.Refuse("indicator.stix.id", "指標沒有 id。", "The indicator has no id.", name);
            return;
        }

        // Of several versions of an object the newest is what its producer says.
        if (!objects.TryGetValue(id, out var known) || string.CompareOrdinal(Text(known, "modified") ?? "", Text(element, "modified") ?? "") < 0) objects[id] = element;
    }

    private void Indicator(string id, JsonElement item)
    {
        var place = $"{name}: {id}";
        if (IsTrue(item, "revoked"))
        {
            sink.Report.Leave("revoked");
            return;
        }

        if (Text(item, "pattern") is not { Length: > 0 } pattern)
        {
            sink.Report.Refuse("indicator.stix.pattern", "指標沒有樣式。", "The indicator has no pattern.", place);
            return;
        }

        if (Text(item, "pattern_type") is { } type && type != "stix")
        {
            sink.Report.Refuse("indicator.stix.pattern-type", $"樣式種類「{IndicatorSink.Plain(type, 40)}」不由此讀取{(type == "sigma" ? "；請以規則集匯入" : "")}。", $"Patterns of type '{IndicatorSink.Plain(type, 40)}' are not read here{(type == "sigma" ? "; import them as a rule pack" : "")}.", place);
            return;
        }

        if (!Time(item, "valid_from", place, out var from) || !Time(item, "valid_until", place, out var until)) return;
        if (until is { } end && from is { } begin && end <= begin)
        {
            sink.Report.Refuse("indicator.stix.period", "valid_until 不在 valid_from 之後。", "valid_until is not after valid_from.", place);
            return;
        }

        sink.TakePattern(
            new Indicator
            {
                Id = id, Title = IndicatorSink.Plain(Text(item, "name") ?? "", 300), Pattern = pattern, ValidFrom = from, ValidUntil = until,
                Confidence = item.TryGetProperty("confidence", out var confidence) && confidence.ValueKind == JsonValueKind.Number && confidence.TryGetInt32(out var sure) ? Math.Clamp(sure, 0, 100) : null,
                Context = ContextOf(id, item),
            },
            place);
    }

    private IndicatorContext ContextOf(string id, JsonElement item)
    {
        var tlp = "";
        foreach (var marking in Texts(item, "object_marking_refs"))
        {
            var found = Markings.GetValueOrDefault(marking) ?? (objects.TryGetValue(marking, out var definition) ? TlpOf(definition) : null);
            if (found is not null) tlp = IndicatorSink.Stricter(tlp, found);
        }

        var (names, attack) = (new List<string>(), new List<string>());
        foreach (var (type, target) in relations.GetValueOrDefault(id) ?? [])
        {
            if (type is not ("indicates" or "based-on" or "related-to" or "attributed-to") || !objects.TryGetValue(target, out var about)) continue;
            var kind = Text(about, "type");
            if (kind is "malware" or "threat-actor" or "campaign" or "intrusion-set" or "tool" or "infrastructure" or "attack-pattern" && Text(about, "name") is { Length: > 0 } called) names.Add(IndicatorSink.Plain(called, 100));
            if (kind == "attack-pattern") attack.AddRange(Techniques(about));
        }

        if (item.TryGetProperty("kill_chain_phases", out var phases) && phases.ValueKind == JsonValueKind.Array)
        {
            foreach (var phase in phases.EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Object).Take(20))
            {
                if (Text(phase, "phase_name") is not { Length: > 0 and <= 100 } phaseName) continue;
                attack.Add(Text(phase, "kill_chain_name") == "mitre-attack" ? $"attack.{phaseName}" : $"{Text(phase, "kill_chain_name")}.{phaseName}");
            }
        }

        var producer = Text(item, "created_by_ref") is { } by && objects.TryGetValue(by, out var identity) ? IndicatorSink.Plain(Text(identity, "name") ?? "", 200) : "";
        var labels = Texts(item, "indicator_types").Concat(Texts(item, "labels")).Select(l => IndicatorSink.Plain(l, 100)).Where(l => l.Length > 0).Distinct(StringComparer.Ordinal).Take(30).ToList();
        // Most indicators of a bundle have the same.
        var key = string.Join('\u001f', [tlp, producer, .. names, "", .. labels, "", .. attack]);
        if (contexts.TryGetValue(key, out var known)) return known;
        if (contexts.Count > 100_000) contexts.Clear();
        return contexts[key] = new IndicatorContext { Producer = producer, Tlp = tlp, Report = IndicatorSink.Plain(name, 200), Names = [.. names.Distinct(StringComparer.Ordinal).Take(20)], Labels = labels, Attack = [.. attack.Select(a => IndicatorSink.Plain(a, 100)).Distinct(StringComparer.Ordinal).Take(20)] };
    }

    private static IEnumerable<string> Techniques(JsonElement pattern)
    {
        if (!pattern.TryGetProperty("external_references", out var references) || references.ValueKind != JsonValueKind.Array) yield break;
        foreach (var reference in references.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.Object).Take(20))
            if (Text(reference, "source_name") is "mitre-attack" && Text(reference, "external_id") is { Length: > 1 and < 20 } id) yield return "attack." + id.ToLowerInvariant();
    }

    private static string? TlpOf(JsonElement definition)
    {
        if (definition.TryGetProperty("definition", out var of) && of.ValueKind == JsonValueKind.Object && Text(of, "tlp") is { } tlp) return IndicatorSink.TlpOf("tlp:" + tlp);
        return Text(definition, "name") is { } called ? IndicatorSink.TlpOf(called.Replace(" ", "", StringComparison.Ordinal)) : null;
    }

    private bool Time(JsonElement item, string property, string place, out DateTimeOffset? time)
    {
        time = null;
        if (!item.TryGetProperty(property, out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read))
        {
            time = read;
            return true;
        }

        sink.Report.Refuse("indicator.stix.time", $"{property} 不是時間。", $"{property} is no time.", place);
        return false;
    }

    private static bool IsTrue(JsonElement item, string property) => item.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.True;

    private static IEnumerable<string> Texts(JsonElement item, string property) => item.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!) : [];

    internal static string? Text(JsonElement item, string property) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
