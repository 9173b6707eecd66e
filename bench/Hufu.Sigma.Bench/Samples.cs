using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Hufu.Sigma.Bench;

/// <summary>Published rules and recorded events, which lie beside the checkout.</summary>
internal static class Samples
{
    public static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate)) return candidate;
        }

        throw new DirectoryNotFoundException("shared/data; name it with --data");
    }

    public static List<(string Name, string Text)> Rules(string folder)
    {
        var rules = new List<(string, string)>();
        using var file = File.OpenRead(Path.Combine(folder, "sigma", "sigmahq-rules.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is not null && entry.Name.EndsWith(".yml", StringComparison.Ordinal)) rules.Add((entry.Name, new StreamReader(entry.DataStream).ReadToEnd()));
        }

        return rules;
    }

    public static byte[][] Events(string folder, int most)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "logs", "otrf-windows-dev.jsonl.gz")), CompressionMode.Decompress));
        var all = new List<byte[]>();
        while (reader.ReadLine() is { } line) all.Add(Encoding.UTF8.GetBytes(line));
        var step = Math.Max(1, all.Count / most);
        return [.. all.Where((_, i) => i % step == 0).Take(most)];
    }
}
