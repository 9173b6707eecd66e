using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hufu.Integration.Tests.Content;

/// <summary>As much of JSON Schema 2020-12 as the schemas of the content use. A keyword that it does not know is an error, not a pass.</summary>
internal sealed class JsonSchema(JsonObject root)
{
    private static readonly HashSet<string> Notes = ["$schema", "$defs", "$id", "title", "description", "format", "note_zh", "note_en", "if", "then", "else"];

    public IReadOnlyList<string> Check(JsonNode? value)
    {
        var errors = new List<string>();
        Check(root, value, "", errors);
        return errors;
    }

    private void Check(JsonNode? schema, JsonNode? value, string at, List<string> errors)
    {
        if (schema is JsonValue flag && flag.TryGetValue<bool>(out var any))
        {
            if (!any) errors.Add($"{at}: nothing is allowed here");
            return;
        }

        var rules = schema!.AsObject();
        foreach (var (word, rule) in rules)
        {
            if (Notes.Contains(word)) continue;
            if (!Holds(word, rule!, rules, value, at, errors)) errors.Add($"{at}: {word} {Short(rule)} does not hold for {Short(value)}");
        }

        if (rules["if"] is { } condition && (Passes(condition, value) ? rules["then"] : rules["else"]) is { } follows) Check(follows, value, at, errors);
    }

    private bool Passes(JsonNode schema, JsonNode? value)
    {
        var errors = new List<string>();
        Check(schema, value, "", errors);
        return errors.Count == 0;
    }

    private bool Holds(string word, JsonNode rule, JsonObject rules, JsonNode? value, string at, List<string> errors)
    {
        switch (word)
        {
            case "$ref":
                Check(Resolve(rule.GetValue<string>()), value, at, errors);
                return true;
            case "type":
                return (rule is JsonArray several ? several.Select(t => t!.GetValue<string>()) : [rule.GetValue<string>()]).Any(t => IsOf(value, t));
            case "const":
                return JsonNode.DeepEquals(rule, value);
            case "enum":
                return rule.AsArray().Any(o => JsonNode.DeepEquals(o, value));
            case "pattern":
                return Text(value) is not { } text || Regex.IsMatch(text, rule.GetValue<string>(), RegexOptions.None, TimeSpan.FromSeconds(1));
            case "minLength":
                return Text(value) is not { } words || words.Length >= rule.GetValue<int>();
            case "minimum":
                return Number(value) is not { } low || low >= rule.GetValue<decimal>();
            case "maximum":
                return Number(value) is not { } high || high <= rule.GetValue<decimal>();
            case "required":
                foreach (var name in rule.AsArray().Select(n => n!.GetValue<string>()).Where(n => value is JsonObject o && !o.ContainsKey(n))) errors.Add($"{at}: {name} is missing");
                return true;
            case "properties":
                foreach (var (name, inner) in rule.AsObject())
                    if (value is JsonObject o && o.ContainsKey(name)) Check(inner, o[name], $"{at}/{name}", errors);
                return true;
            case "additionalProperties":
                var known = rules["properties"]?.AsObject();
                if (value is JsonObject whole)
                    foreach (var (name, inner) in whole.Where(p => known?.ContainsKey(p.Key) != true)) Check(rule, inner, $"{at}/{name}", errors);
                return true;
            case "propertyNames":
                if (value is JsonObject named)
                    foreach (var (name, _) in named) Check(rule, JsonValue.Create(name), $"{at}/{name}", errors);
                return true;
            case "minProperties":
                return value is not JsonObject few || few.Count >= rule.GetValue<int>();
            case "dependentRequired":
                return value is not JsonObject holder || rule.AsObject().All(d => !holder.ContainsKey(d.Key) || d.Value!.AsArray().All(n => holder.ContainsKey(n!.GetValue<string>())));
            case "items":
                if (value is JsonArray list)
                    for (var i = 0; i < list.Count; i++) Check(rule, list[i], string.Create(CultureInfo.InvariantCulture, $"{at}/{i}"), errors);
                return true;
            case "minItems":
                return value is not JsonArray some || some.Count >= rule.GetValue<int>();
            case "maxItems":
                return value is not JsonArray most || most.Count <= rule.GetValue<int>();
            case "uniqueItems":
                return value is not JsonArray items || !rule.GetValue<bool>() || items.Select(i => i?.ToJsonString()).Distinct().Count() == items.Count;
            case "anyOf":
                return rule.AsArray().Any(s => Passes(s!, value));
            case "oneOf":
                return rule.AsArray().Count(s => Passes(s!, value)) == 1;
            case "allOf":
                foreach (var part in rule.AsArray()) Check(part, value, at, errors);
                return true;
            case "not":
                return !Passes(rule, value);
            default:
                throw new NotSupportedException($"The schema keyword {word} is not known here.");
        }
    }

    private JsonNode Resolve(string reference)
    {
        JsonNode at = root;
        foreach (var part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)) at = at[part] ?? throw new InvalidOperationException($"{reference} leads nowhere.");
        return at;
    }

    private static bool IsOf(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => Text(value) is not null,
        "number" => Number(value) is not null,
        "integer" => Number(value) is { } n && n == decimal.Truncate(n),
        "boolean" => value is JsonValue v && v.TryGetValue<bool>(out _),
        "null" => value is null,
        _ => throw new NotSupportedException(type),
    };

    private static string? Text(JsonNode? value) => value is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    private static decimal? Number(JsonNode? value) => value is JsonValue v && v.TryGetValue<decimal>(out var number) ? number : null;

    private static string Short(JsonNode? node) => node?.ToJsonString() is { } text ? text.Length > 80 ? text[..80] + "…" : text : "null";
}
