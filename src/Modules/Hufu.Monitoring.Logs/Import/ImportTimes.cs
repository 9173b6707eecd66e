using System.Text.Json;
using Hufu.Logs;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Remembers, on the disk, when files of which source were imported: what their events say of receipt tells nothing of a clock. One line when an import
/// begins, one when it ends; one that has no end was cut off by the end of its process.
/// </summary>
public sealed class ImportTimes(LogService logs, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly DateTimeOffset started = clock.GetUtcNow();
    private List<ArrivalsApart>? known;

    private sealed record Line(string Source, DateTimeOffset From, DateTimeOffset? To);

    // Not among the journals: what lies there is work to be finished.
    private string Path => System.IO.Path.Combine(logs.Folder, "import-times.jsonl");

    /// <summary>Imports that began since a moment, or go on.</summary>
    internal IReadOnlyList<ArrivalsApart> Since(DateTimeOffset moment)
    {
        lock (gate) return [.. Known().Where(a => a.From >= moment || a.To is null)];
    }

    /// <summary>Notes that an import begins; disposing what is given back notes that it has ended.</summary>
    internal IDisposable Begin(string source)
    {
        var begun = new ArrivalsApart(source, clock.GetUtcNow(), null);
        lock (gate)
        {
            Known().Add(begun);
            Write(begun);
        }

        return new Ending(this, begun);
    }

    private void End(ArrivalsApart begun)
    {
        var ended = begun with { To = clock.GetUtcNow() };
        lock (gate)
        {
            Known()[Known().IndexOf(begun)] = ended;
            Write(ended);
        }
    }

    private void Write(ArrivalsApart apart)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.AppendAllText(Path, JsonSerializer.Serialize(new Line(apart.Source, apart.From, apart.To)) + "\n");
    }

    private List<ArrivalsApart> Known()
    {
        if (known is not null) return known;
        var read = new Dictionary<(string, DateTimeOffset), ArrivalsApart>();
        foreach (var text in File.Exists(Path) ? File.ReadLines(Path) : [])
        {
            try
            {
                if (JsonSerializer.Deserialize<Line>(text) is { } line) read[(line.Source, line.From)] = new ArrivalsApart(line.Source, line.From, line.To);
            }
            catch (JsonException)
            {
                // The last line of a process that was stopped while it wrote.
            }
        }

        known = [.. read.Values.Where(a => a.From >= started - SourceRhythm.Memory).Select(a => a with { To = a.To ?? started })];
        if (read.Count == known.Count || !File.Exists(Path)) return known;
        File.WriteAllLines(Path + ".tmp", known.Select(a => JsonSerializer.Serialize(new Line(a.Source, a.From, a.To))));
        File.Move(Path + ".tmp", Path, overwrite: true);
        return known;
    }

    private sealed class Ending(ImportTimes owner, ArrivalsApart begun) : IDisposable
    {
        public void Dispose() => owner.End(begun);
    }
}
