using System.Globalization;
using System.Text.Json;

namespace Hufu.Logs.Parsing;

/// <summary>Knows by their shape the services and tools whose events are JSON, as <c>families.json</c> declares them.</summary>
internal static class JsonFamilies
{
    private static readonly Lazy<Family[]> Loaded = new(Load);

    /// <summary>All that declare a source, by their names, with the field that names its service where one does.</summary>
    public static IEnumerable<(string Name, LogSourceHint Hint, string? ServiceFrom)> Sources => Loaded.Value.Where(family => family.Source is not null).Select(family => (family.Name, family.Source!, family.ServiceFrom));

    /// <summary>The kind of source of a family's events; absent when the table names none.</summary>
    public static LogSourceHint? SourceOf(string name, Func<string, string?> field)
    {
        var family = Array.Find(Loaded.Value, family => family.Name == name);
        if (family?.Source is not { } source) return null;
        return family.ServiceFrom is { } from ? source with { Service = field(from) } : source;
    }

    /// <summary>Takes time, host, program, severity and message from where the record's family has them. False when no family is known.</summary>
    public static bool Read(Reading reading)
    {
        // Families follow each other that ask for the same field first: without it none of them need be looked at.
        string? missing = null;
        foreach (var family in Loaded.Value)
        {
            if (!HasAll(reading.Fields, family.Has, ref missing)) continue;
            if (family.Holds is { } needed && !(reading.Fields.TryGetValue(family.Within!, out var held) && held.Contains(needed, StringComparison.Ordinal))) continue;
            foreach (var (name, value) in family.Set) reading.Add(name, value);
            if (family.Within is { } within) Lift(within, reading);
            foreach (var (from, to) in family.Named)
            {
                if (reading.Fields.TryGetValue(from, out var value)) reading.Add(to, value);
            }

            reading.Decoder = family.Name;
            if (family.Source is not null) reading.Add("event.module", family.Name);
            foreach (var name in family.Time)
            {
                if (reading.Fields.TryGetValue(name, out var time) && reading.TakeTime(time, family.Utc)) break;
            }

            reading.Host = reading.First(family.Host);
            reading.HostIsKnown = family.Host is [.., "-"];
            reading.App = reading.First(family.App);
            reading.Message = reading.First(family.Message);
            if (reading.First(family.Level) is { } level)
                reading.Severity = family.Levels.TryGetValue(level, out var severity) ? severity : Severities.Of(level);
            foreach (var name in family.Spread)
            {
                if (reading.Fields.TryGetValue(name, out var array)) Spread(name, array, reading);
            }

            return true;
        }

        return false;
    }

    /// <summary>Gives the fields of an event that stands in a field of another, as an object or as its text, the names that they have in the event by itself.</summary>
    public static void Lift(string within, Reading reading)
    {
        if (reading.Fields.TryGetValue(within, out var text) && text.StartsWith('{'))
        {
            var inner = new Reading(new FieldMap(), [], reading.Options);
            JsonRecordParser.ReadFields(text, inner);
            foreach (var (name, value) in inner.Fields) reading.Add(name, value);
            return;
        }

        foreach (var (name, value) in reading.Fields.Where(field => field.Key.Length > within.Length + 1 && field.Key[within.Length] == '.' && field.Key.StartsWith(within, StringComparison.Ordinal)).ToList()) reading.Add(name[(within.Length + 1)..], value);
    }

    private static bool HasAll(FieldMap fields, string[] names, ref string? missing)
    {
        foreach (var name in names)
        {
            if (name == missing) return false;
            if (fields.ContainsKey(name)) continue;
            missing = name;
            return false;
        }

        return true;
    }

    /// <summary>Names and values in an array of objects: <c>[{"Name":"x","Value":"y"}]</c> gives <c>array.x</c>, any other object's values stand under <c>array.property</c>.</summary>
    private static void Spread(string name, string array, Reading reading)
    {
        if (array.Length == 0 || array[0] != '[') return;
        try
        {
            using var json = JsonDocument.Parse(array, JsonRecordParser.Limits);
            var joined = new Dictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var item in json.RootElement.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Object) continue;
                if (Pair(item) is { } pair)
                {
                    reading.Add($"{name}.{pair.Name}", pair.Value);
                    continue;
                }

                // What an event of several says of itself.
                if (item.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Array)
                {
                    foreach (var parameter in parameters.EnumerateArray())
                    {
                        if (parameter.ValueKind == JsonValueKind.Object && Pair(parameter) is { } said) reading.Add($"{name}.parameters.{said.Name}", said.Value);
                    }
                }

                foreach (var property in item.EnumerateObject().Where(property => property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number && property.Name.Length <= 128))
                {
                    if (!joined.TryGetValue(property.Name, out var values)) joined[property.Name] = values = [];
                    values.Add(property.Value.ToString());
                }
            }

            foreach (var (property, values) in joined) reading.Add($"{name}.{property}", string.Join(", ", values));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // What is no JSON, or no Unicode, stays the text that it is.
        }
    }

    /// <summary>A name with its value, which is a text or a number, a truth or several texts by names of their own.</summary>
    private static (string Name, string Value)? Pair(JsonElement item)
    {
        if ((Text(item, "Name", "name") ?? Text(item, "Key", "key")) is not { Length: > 0 and <= 128 } name) return null;
        if ((Text(item, "Value", "value") ?? Text(item, "intValue", "boolValue")) is { } value) return (name, value);
        return (item.TryGetProperty("multiValue", out var several) || item.TryGetProperty("multiIntValue", out several)) && several.ValueKind == JsonValueKind.Array ? (name, string.Join(", ", several.EnumerateArray().Select(one => one.ToString()))) : null;
    }

    private static string? Text(JsonElement item, string name, string other) =>
        (item.TryGetProperty(name, out var value) || item.TryGetProperty(other, out value) ? value.ValueKind : JsonValueKind.Undefined) switch
        {
            JsonValueKind.String or JsonValueKind.Number => value.ToString(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };

    private static Family[] Load()
    {
        using var stream = typeof(JsonFamilies).Assembly.GetManifestResourceStream("families.json") ?? throw new InvalidOperationException("families.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return [.. json.RootElement.GetProperty("families").EnumerateArray().Select(item => new Family(item))];
    }

    private sealed class Family
    {
        public Family(JsonElement item)
        {
            Name = item.GetProperty("name").GetString()!;
            Has = [.. item.GetProperty("has").EnumerateArray().Select(name => name.GetString()!)];
            Time = Names(item, "time");
            Host = Names(item, "host");
            App = Names(item, "app");
            Level = Names(item, "level");
            Message = Names(item, "message");
            Spread = Names(item, "spread");
            Utc = item.TryGetProperty("utc", out _);
            if (item.TryGetProperty("levels", out var levels)) Levels = levels.EnumerateObject().ToDictionary(level => level.Name, level => int.Parse(level.Value.GetString()!, CultureInfo.InvariantCulture), StringComparer.Ordinal);
            if (item.TryGetProperty("source", out var source)) Source = new LogSourceHint(Text(source, "product"), Text(source, "category"), Text(source, "service"));
            ServiceFrom = Text(item, "serviceFrom");
            Within = Text(item, "within");
            Holds = Text(item, "holds");
            Set = Pairs(item, "set");
            Named = Pairs(item, "names");
        }

        public string Name { get; }

        public string[] Has { get; }

        public string[] Time { get; }

        public string[] Host { get; }

        public string[] App { get; }

        public string[] Level { get; }

        public string[] Message { get; }

        public string[] Spread { get; }

        public bool Utc { get; }

        public Dictionary<string, int> Levels { get; } = [];

        public LogSourceHint? Source { get; }

        public string? ServiceFrom { get; }

        public string? Within { get; }

        public string? Holds { get; }

        public KeyValuePair<string, string>[] Set { get; }

        public KeyValuePair<string, string>[] Named { get; }

        private static KeyValuePair<string, string>[] Pairs(JsonElement item, string name) => item.TryGetProperty(name, out var pairs) ? [.. pairs.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetString()!))] : [];

        private static string[] Names(JsonElement item, string name) => Text(item, name)?.Split(' ') ?? [];

        private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var text) ? text.GetString() : null;
    }
}
