using System.Text.Json;

namespace Hufu.Monitoring.Logs;

/// <summary>Events of one file that lie together in the store.</summary>
/// <param name="Segment">Segment of the first.</param>
/// <param name="Row">Its row.</param>
/// <param name="Count">How many; 0 while the attempt that stores them has not ended.</param>
internal sealed record ImportRange(string Segment, int Row, long Count);

/// <summary>An import that the rules have not looked through to the end.</summary>
/// <param name="Sha256">SHA-256 of the file's bytes.</param>
/// <param name="Name">The name that people know it by.</param>
/// <param name="Source">The source that its events carry.</param>
/// <param name="Ranges">Where its events are, in the order of the file.</param>
/// <param name="Looked">How many of them the rules have seen, when the file itself is not complete.</param>
internal sealed record PendingImport(string Sha256, string Name, string Source, IReadOnlyList<ImportRange> Ranges, long Looked = 0);

/// <summary>
/// Remembers, on the disk, which imports are stored but not yet looked through: written before the first event is stored, removed after the last
/// alert. Whatever stops the process in between, the next start or the same file again finishes it.
/// </summary>
internal sealed class ImportJournal(string folder)
{
    private string PathOf(string sha256) => Path.Combine(folder, sha256 + ".json");

    public PendingImport? Find(string sha256) => Read(PathOf(sha256));

    public IReadOnlyList<PendingImport> All() =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<PendingImport>()] : [];

    public void Write(PendingImport pending)
    {
        Directory.CreateDirectory(folder);
        var path = PathOf(pending.Sha256);
        using (var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(pending));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path, overwrite: true);
    }

    public void Remove(string sha256) => File.Delete(PathOf(sha256));

    private static PendingImport? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<PendingImport>(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Written whole and then renamed: what cannot be read was never such a file.
            return null;
        }
    }
}
