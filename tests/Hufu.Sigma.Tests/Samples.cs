using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Hufu.Sigma.Tests;

/// <summary>Other people's data, used where it is present and skipped by name where it is not.</summary>
internal static class Samples
{
    public static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", path);
            if (File.Exists(candidate)) return candidate;
        }

        Assert.Skip($"shared/data/{path} is not present");
        return "";
    }

    public static Dictionary<string, string> Rules()
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        using var file = File.OpenRead(Find("sigma/sigmahq-rules.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !entry.Name.EndsWith(".yml", StringComparison.Ordinal)) continue;
            result[entry.Name] = new StreamReader(entry.DataStream).ReadToEnd();
        }

        return result;
    }

    public static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Find(path)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }

    public static SigmaDictionaryEvent Event(JsonElement json) => new(json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Value(p.Value))));

    public static SigmaDictionaryEvent Event(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Event(document.RootElement);
    }

    private static SigmaValue Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => SigmaValue.Of(json.GetDouble(), json.GetRawText()),
        JsonValueKind.True => SigmaValue.Of(true),
        JsonValueKind.False => SigmaValue.Of(false),
        JsonValueKind.Null => default,
        JsonValueKind.Array => SigmaValue.Of([.. json.EnumerateArray().Select(Value)]),
        JsonValueKind.String => SigmaValue.Of(json.GetString()!),
        _ => SigmaValue.Of(json.GetRawText()),
    };
}
