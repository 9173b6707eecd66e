using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Hufu.Kernel;

/// <summary>
/// The texts of the user interface. Each project embeds one <c>Texts.json</c>: an object of keys, each with <c>zh</c> (zh-TW) and
/// <c>en</c>. A build check compares the keys with their uses in the code; labels of record types stand in their descriptors instead.
/// </summary>
public static class Texts
{
    private static readonly Lock Gate = new();
    private static FrozenDictionary<string, LocalizedText> all = FrozenDictionary<string, LocalizedText>.Empty;

    /// <summary>Adds the texts embedded in an assembly. Loading the same assembly again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">The assembly has no <c>Texts.json</c>, an entry lacks a language, or a key is defined twice with different texts.</exception>
    public static void Load(Assembly assembly)
    {
        var name = Array.Find(assembly.GetManifestResourceNames(), n => n.EndsWith("Texts.json", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} embeds no Texts.json.");
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var json = JsonDocument.Parse(stream);
        lock (Gate)
        {
            var merged = new Dictionary<string, LocalizedText>(all, StringComparer.Ordinal);
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                var text = new LocalizedText(entry.Value.GetProperty("zh").GetString()!, entry.Value.GetProperty("en").GetString()!);
                if (!merged.TryAdd(entry.Name, text) && merged[entry.Name] != text)
                    throw new InvalidOperationException($"The text '{entry.Name}' is defined twice with different words.");
            }

            all = merged.ToFrozenDictionary(StringComparer.Ordinal);
        }
    }

    /// <summary>The text of a key in the current UI culture; a key that is not defined shows as itself in brackets.</summary>
    public static string T(string key) => all.TryGetValue(key, out var text) ? text.ToString() : $"[{key}]";

    /// <summary>The text of a key with its numbered holes filled, formatted for the current culture.</summary>
    public static string T(string key, params ReadOnlySpan<object?> args) => string.Format(CultureInfo.CurrentCulture, T(key), args);

    /// <summary>Both languages of a key.</summary>
    public static LocalizedText Both(string key) => all.TryGetValue(key, out var text) ? text : new LocalizedText($"[{key}]", $"[{key}]");
}
