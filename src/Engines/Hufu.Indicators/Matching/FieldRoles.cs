using System.Collections.Frozen;
using System.Text.Json;

namespace Hufu.Indicators;

/// <summary>What fields hold, by their names (<c>indicator-fields.json</c>).</summary>
internal static class FieldRoles
{
    private static readonly (FrozenDictionary<string, FieldRole>.AlternateLookup<ReadOnlySpan<char>> Names, string[] Prefixes) Loaded = Load();

    /// <summary>What a field holds; none when it is not known.</summary>
    public static FieldRole Of(string name)
    {
        if (Loaded.Names.TryGetValue(name, out var role)) return role;
        if (!name.AsSpan().ContainsAny('.', ' ')) return FieldRole.None;
        foreach (var prefix in Loaded.Prefixes)
        {
            if (name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && Loaded.Names.TryGetValue(name.AsSpan(prefix.Length), out role)) return role;
        }

        return name.Contains(' ', StringComparison.Ordinal) && Loaded.Names.TryGetValue(name.Replace(" ", "", StringComparison.Ordinal), out role) ? role : FieldRole.None;
    }

    private static (FrozenDictionary<string, FieldRole>.AlternateLookup<ReadOnlySpan<char>> Names, string[] Prefixes) Load()
    {
        using var stream = typeof(FieldRoles).Assembly.GetManifestResourceStream("indicator-fields.json") ?? throw new InvalidOperationException("indicator-fields.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var names = new Dictionary<string, FieldRole>(StringComparer.OrdinalIgnoreCase);
        foreach (var role in json.RootElement.GetProperty("roles").EnumerateObject())
        {
            foreach (var name in role.Value.GetString()!.Split(' ')) names.TryAdd(name, Enum.Parse<FieldRole>(role.Name));
        }

        return (names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>(), json.RootElement.GetProperty("prefixes").GetString()!.Split(' '));
    }
}
