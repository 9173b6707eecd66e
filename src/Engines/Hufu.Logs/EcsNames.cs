using System.Collections.Frozen;
using System.Text.Json;

namespace Hufu.Logs;

/// <summary>
/// Names of the Elastic Common Schema for what sources call by their own names, as <c>ecs.json</c> declares. Nothing of it is stored: a search for
/// <c>source.ip</c> looks at the field of that name, then at the column and the fields that mean the same, in the order of the list.
/// </summary>
public static class EcsNames
{
    private static readonly Lazy<FrozenDictionary<string, string[]>> Loaded = new(Load);

    private static readonly FrozenSet<string> Columns = new[] { "host", "app", "severity", "facility", "src_ip", "message", "raw" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All names, each with the sources' names that mean it. A name that begins with <c>@</c> is a column of the event.</summary>
    public static IReadOnlyDictionary<string, string[]> All => Loaded.Value;

    /// <summary>The sources' names that mean an ECS name; absent when it is none of ours.</summary>
    public static IReadOnlyList<string>? SourcesOf(string name) => name.Contains('.', StringComparison.Ordinal) && Loaded.Value.TryGetValue(name, out var names) ? names : null;

    /// <summary>The value that an event has for an ECS name under the names of its source.</summary>
    internal static string? Resolve(LogEvent item, string name)
    {
        if (SourcesOf(name) is not { } names) return null;
        foreach (var source in names)
        {
            if (source[0] == '@' ? item.Field(source[1..]) is { } value : item.Fields.TryGetValue(source, out value)) return value;
        }

        return null;
    }

    private static FrozenDictionary<string, string[]> Load()
    {
        using var stream = typeof(EcsNames).Assembly.GetManifestResourceStream("ecs.json") ?? throw new InvalidOperationException("ecs.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream);
        var names = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var entry in json.RootElement.GetProperty("fields").EnumerateObject())
        {
            var sources = entry.Value.GetString()!.Split(' ');
            foreach (var column in sources.Where(source => source[0] == '@' && !Columns.Contains(source[1..]))) throw new InvalidOperationException($"ecs.json: '{column}' is no column.");
            names[entry.Name] = sources;
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
