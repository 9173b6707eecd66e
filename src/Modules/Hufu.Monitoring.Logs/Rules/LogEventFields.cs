using System.Collections.Frozen;
using System.Text.Json;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// An event as rules see it: its own fields, under the rules' names for them (<c>rule-fields.json</c>) and without the blanks of their names; each value of an
/// array; objects as their JSON. Not safe for use by several threads at once.
/// </summary>
/// <param name="item">The event.</param>
/// <param name="mappings">What the site says of its events; null for nothing.</param>
public sealed class LogEventFields(LogEvent item, RuleMappings? mappings = null) : ISigmaShapedEvent
{
    private const int MostValues = 1_000;

    private static readonly Dictionary<string, SigmaValue> Nothing = [];
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 256 };
    internal static readonly Lazy<Names> Loaded = new(Load);

    private readonly AuditRecords? records = AuditRecords.Of(item);
    private Dictionary<string, SigmaValue>? more;
    private HashSet<string>? objects;
    private KeyValuePair<string, string>[]? keywords;

    /// <summary>True when it is asked what an event of the same shape may have, whatever its texts say.</summary>
    private bool supposing;

    /// <summary>True for texts, of which the whole is searched by keywords besides the values found in it.</summary>
    private bool IsText => item.Format is not (LogFormats.Json or LogFormats.Evtx or LogFormats.WindowsXml or LogFormats.Xml or LogFormats.Csv or LogFormats.Database);

    /// <inheritdoc />
    public int KeywordValueCount => (keywords ??= IsText || item.Fields.Count == 0 ? [new("raw", item.Raw), .. item.Fields] : [.. item.Fields]).Length;

    /// <summary>The log sources that the event belongs to.</summary>
    public IReadOnlyList<SigmaLogSource> Sources => [.. LogSourceHints.For(item, mappings?.Sources).Select(h => new SigmaLogSource(h.Product, h.Category, h.Service))];

    /// <inheritdoc />
    public SigmaShape? Shape => records is null && (item.Format != LogFormats.Json || !HasArray(item.Raw)) ? EventShape.Of(item, mappings ?? RuleMappings.None) : null;

    /// <summary>True when an event that was read with the same names, in the same format and with the same columns, may have a field. Not for records and arrays, which are known by their texts alone.</summary>
    internal bool MayHave(string field)
    {
        supposing = true;
        return TryGet(field, out _);
    }

    /// <inheritdoc />
    public bool TryGet(string field, out SigmaValue value)
    {
        // What rules say of one record of an audit event holds when it holds of any.
        if (records?.Values(field) is { Count: > 1 } values)
        {
            value = SigmaValue.Of([.. values.Select(SigmaValue.Of)]);
            return true;
        }

        var names = Loaded.Value;
        if (Own(field, out value))
        {
            if (names.Also.TryGetValue(field, out var beside)) value = With(value, beside);
            return true;
        }

        if (mappings is not null)
        {
            foreach (var (mapping, own) in mappings.Sources.Of(field))
            {
                if ((supposing || mapping.Fits(item)) && Any(own, out value)) return true;
            }
        }

        // All arguments of the program that was started, where its title has the first letters alone.
        if (field == "CommandLine" && (records is null ? AuditRecords.CommandLineOf(item) : records.CommandLine) is { } command) return Of(command, out value);
        if (names.Fields.TryGetValue(field, out var others) && Any(others, out value)) return true;

        foreach (var (prefix, instead) in names.Prefixes)
        {
            if (!field.StartsWith(prefix, StringComparison.Ordinal)) continue;
            foreach (var other in instead)
            {
                if (Own(other + field[prefix.Length..], out value)) return true;
            }
        }

        if (names.Also.TryGetValue(field, out var instance) && Array.Exists(instance, name => Own(name, out _)))
        {
            value = With(default, instance);
            return true;
        }

        if (field == "c-uri-extension" && (Own("cs-uri-stem", out var stem) || Own("c-uri-stem", out stem) || Own("c-uri", out stem)) && (Extension(stem.Text) ?? (supposing ? "" : null)) is { } extension) return Of(extension, out value);
        return item.Field(field) is { } text && Of(text, out value);
    }

    /// <inheritdoc />
    public SigmaValue KeywordValueAt(int index, out string field)
    {
        if (keywords is null) _ = KeywordValueCount;
        field = keywords![index].Key;
        return SigmaValue.Of(keywords[index].Value);
    }

    /// <summary>The first of some fields that the event has; <c>@</c> begins the name of a column.</summary>
    private bool Any(IReadOnlyList<string> names, out SigmaValue value)
    {
        foreach (var name in names)
        {
            if (name[0] == '@' ? item.Field(name[1..]) is { } column && Of(column, out value) : Own(name, out value)) return true;
        }

        value = default;
        return false;
    }

    private static bool Of(string text, out SigmaValue value)
    {
        value = SigmaValue.Of(text);
        return true;
    }

    /// <summary>A field that the event itself has by this name.</summary>
    private bool Own(string name, out SigmaValue value)
    {
        more ??= More();
        if (more.Count > 0 && more.TryGetValue(name, out value)) return true;
        value = default;
        if (item.Fields.TryGetValue(name, out var text)) return Of(text, out value);
        if (item.Format != LogFormats.Json) return false;
        return (objects ??= Objects()).Contains(name) && (supposing ? "" : ObjectText(name)) is { } whole && Of(whole, out value);
    }

    /// <summary>The names that are objects: what stands before the dots of others.</summary>
    private HashSet<string> Objects()
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in item.Fields.Keys)
        {
            for (var dot = name.LastIndexOf('.'); dot > 0 && found.Add(name[..dot]); dot = name.LastIndexOf('.', dot - 1))
            {
            }
        }

        return found;
    }

    private string? ObjectText(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(item.Raw, Limits);
            return Find(json.RootElement, path);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }

        // A name may have dots of its own.
        static string? Find(JsonElement element, string path)
        {
            if (element.ValueKind != JsonValueKind.Object) return null;
            foreach (var property in element.EnumerateObject())
            {
                if (property.Name == path) return property.Value.ValueKind == JsonValueKind.Object ? property.Value.GetRawText() : null;
                if (path.Length > property.Name.Length && path[property.Name.Length] == '.' && path.StartsWith(property.Name, StringComparison.Ordinal) && Find(property.Value, path[(property.Name.Length + 1)..]) is { } found) return found;
            }

            return null;
        }
    }

    private SigmaValue With(SigmaValue value, string[] names)
    {
        List<SigmaValue> values = value.Kind == SigmaValueKind.Null ? [] : value.Kind == SigmaValueKind.Many ? [.. value.Items] : [value];
        foreach (var name in names)
        {
            if (Own(name, out var other)) values.Add(other);
        }

        return values.Count == 1 ? values[0] : SigmaValue.Of(values);
    }

    private static string? Extension(string path)
    {
        var end = path.AsSpan().IndexOfAny('?', '#');
        var extension = Path.GetExtension(end < 0 ? path : path[..end]);
        return extension.Length > 1 ? extension[1..] : null;
    }

    /// <summary>What a list of names and texts does not tell: names with blanks, the values of arrays.</summary>
    private Dictionary<string, SigmaValue> More()
    {
        Dictionary<string, SigmaValue>? found = null;
        foreach (var (name, value) in item.Fields)
        {
            if (name.Contains(' ', StringComparison.Ordinal)) (found ??= new(StringComparer.Ordinal)).TryAdd(name.Replace(" ", "", StringComparison.Ordinal), SigmaValue.Of(value));
        }

        if (item.Format != LogFormats.Json || !HasArray(item.Raw)) return found ?? Nothing;
        found ??= new(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(item.Raw, Limits);
            var arrays = new Dictionary<string, List<SigmaValue>>(StringComparer.Ordinal);
            if (json.RootElement.ValueKind == JsonValueKind.Object) Walk(json.RootElement, "", false);
            foreach (var (name, values) in arrays) found[name] = values.Count == 1 ? values[0] : SigmaValue.Of(values);

            void Walk(JsonElement element, string prefix, bool inArray)
            {
                foreach (var property in element.EnumerateObject())
                {
                    var name = prefix + property.Name;
                    switch (property.Value.ValueKind)
                    {
                        case JsonValueKind.Object:
                            Walk(property.Value, name + ".", inArray);
                            break;
                        case JsonValueKind.Array:
                            foreach (var entry in property.Value.EnumerateArray())
                            {
                                // A rule may ask for the array's text, or for a value of its objects.
                                if (entry.ValueKind == JsonValueKind.Object) Walk(entry, name + ".", true);
                                else if (entry.ValueKind != JsonValueKind.Array) Add(name, entry);
                            }

                            if (inArray) Text(name, property.Value.GetRawText());
                            break;
                        case JsonValueKind.Null:
                            break;
                        default:
                            if (inArray) Add(name, property.Value);
                            break;
                    }
                }
            }

            void Add(string name, JsonElement element)
            {
                if (element.ValueKind != JsonValueKind.Null) Text(name, element.ToString() is var text && element.ValueKind is JsonValueKind.True or JsonValueKind.False ? text.ToLowerInvariant() : text);
            }

            void Text(string name, string text)
            {
                if (!arrays.TryGetValue(name, out var values)) arrays[name] = values = [];
                if (values.Count < MostValues) values.Add(SigmaValue.Of(text));
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // What is no JSON, or no Unicode, has the fields that were read of it.
        }

        return found;
    }

    /// <summary>True when some array has more than one plain value, as far as can be told without reading.</summary>
    private static bool HasArray(ReadOnlySpan<char> json)
    {
        while (json.IndexOf('[') is >= 0 and var at)
        {
            var before = json[..at].TrimEnd();
            json = json[(at + 1)..];
            if (before.Length == 0 || before[^1] != ':') continue;
            var end = json.IndexOf(']');
            if (end < 0) return false;
            if (json[..end].IndexOfAny(',', '{') >= 0) return true;
        }

        return false;
    }

    private static Names Load()
    {
        using var stream = typeof(LogEventFields).Assembly.GetManifestResourceStream("rule-fields.json") ?? throw new InvalidOperationException("rule-fields.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return new Names(Lists("fields").ToFrozenDictionary(StringComparer.Ordinal), Lists("also").ToFrozenDictionary(StringComparer.Ordinal), [.. Lists("prefixes")]);

        Dictionary<string, string[]> Lists(string name) => json.RootElement.GetProperty(name).EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!.Split(' '), StringComparer.Ordinal);
    }

    internal sealed record Names(FrozenDictionary<string, string[]> Fields, FrozenDictionary<string, string[]> Also, KeyValuePair<string, string[]>[] Prefixes);
}
