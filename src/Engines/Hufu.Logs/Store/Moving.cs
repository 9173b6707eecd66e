using System.Diagnostics;
using DuckDB.NET.Data;
using Hufu.Kernel;
using Hufu.Logs.Cold;
using Hufu.Logs.Store;

namespace Hufu.Logs;

// A file moves in four steps, and after each of them a kill loses nothing: it is copied to cold storage; the copy is read back and hashed; a mark beside the
// manifest says durably where it lies; the file of this machine goes once nobody reads it and the place has said again that it has the copy.
public sealed partial class LogStore
{
    private const string CacheFolder = "cold";

    // Files that are packed and indexed wait meanwhile.
    private static readonly TimeSpan MoveAtOnce = TimeSpan.FromMinutes(5);

    private readonly ColdFiles cold;

    // Files that were moved and are still on this machine; and what is still to be deleted in cold storage, by the path of its mark.
    private readonly List<(long Change, DateTimeOffset At, Part Part)> moved = [];
    private readonly Dictionary<string, ColdMark> goingMarks = new(StringComparer.Ordinal);
    private (LocalizedText Words, DateTimeOffset Since)? coldProblem;

    /// <summary>How cold storage stands; null where none was named and no file lies in one.</summary>
    public ColdStanding? Cold
    {
        get
        {
            lock (gate)
            {
                var marks = parts.Where(part => part.Cold is not null).Select(part => part.Cold!).ToList();
                if (cold.Named is null && marks.Count == 0) return null;
                return new ColdStanding(cold.Named?.Name ?? marks[^1].Place, cold.Named is not null, marks.Count, marks.Sum(mark => mark.Length), marks.Count == 0 ? null : marks.Max(mark => mark.MovedAt),
                    ownership is not null && options.Cold is { Folder: null } ? cold.CacheBytes : 0, options.Cold is { Folder: null } bucket ? bucket.CacheBytes : null, coldProblem?.Words, coldProblem?.Since);
            }
        }
    }

    /// <summary>Asks something of the store as it is now; where a file in a cold folder turns out to be damaged, asks again without it.</summary>
    private T Ask<T>(bool whole, Func<View, T> ask, CancellationToken cancellation)
    {
        using var view = TakeView(whole, cancellation);
        try
        {
            return ask(view);
        }
        catch (DuckDBException) when (!cancellation.IsCancellationRequested && view.LeavesOut())
        {
            return ask(view);
        }
    }

    /// <summary>Bytes that a part takes on this machine's disk, and will take once its move is finished.</summary>
    private static long BytesOf(Part part) => part.Files.Where(path => part.Cold is null || path != part.Path(".parquet")).Sum(path => new FileInfo(path) is { Exists: true } file ? file.Length : 0);

    /// <summary>After a start: takes up what a stop has left half done.</summary>
    private void RecoverCold()
    {
        foreach (var part in parts.Where(part => part.Cold is not null && File.Exists(part.Path(".parquet"))))
        {
            moved.Add((0, DateTimeOffset.MinValue, part));
            recovery.Add($"{part.Stem}.parquet was moved to cold storage; it goes from here when the place says again that it has it.");
        }

        var known = parts.Select(part => part.Stem).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*" + ColdMark.Ending))
        {
            var stem = System.IO.Path.GetFileNameWithoutExtension(path);
            if (known.Contains(stem)) continue;
            var ids = stem.Split('.')[0].Split('-');
            // Another file has its events, so that it is to be deleted; else its manifest is gone, and the mark is all there is to find it by.
            if (PartOf(ids[0]) is null || PartOf(ids[^1]) is null) throw new InvalidDataException($"{path} has no manifest. Move it out of the store, or put its manifest back.");
            if (ColdMark.Read(path, stem) is { } mark) goingMarks.Add(path, mark);
        }
    }

    /// <summary>Moves what is old enough, oldest first; where the files of this machine have more bytes than they may, what is younger as well.</summary>
    private async Task MoveAsync(RetentionPolicy policy, Dictionary<string, string> damaged, CancellationToken cancellation)
    {
        if (policy.ColdAfter is not { } after || cold.Named is not { } place) return;
        var (now, begun) = (options.Clock.GetUtcNow(), Stopwatch.GetTimestamp());
        var excess = policy.MaxBytes is { } most ? parts.Sum(BytesOf) - most : 0;
        foreach (var part in parts)
        {
            if (Stopwatch.GetElapsedTime(begun) > MoveAtOnce) break;
            if (part.Cold is not null || part.FileSha256 is null || damaged.ContainsKey(part.Stem) || !File.Exists(part.Path(".parquet")) || !(now - part.Newest > after || excess > 0)) continue;
            cancellation.ThrowIfCancellationRequested();
            if (!IsWhole(part))
            {
                damaged[part.Stem] = $"{part.Stem}.parquet is damaged: it does not have the SHA-256 of its manifest";
                continue;
            }

            await MoveAsync(part, place, cancellation).ConfigureAwait(false);
            excess -= part.FileLength;
        }
    }

    private async Task MoveAsync(Part part, IColdPlace place, CancellationToken cancellation)
    {
        var name = ColdMark.NameOf(part.Stem, part.FileSha256!);
        await place.OpenAsync(parts.Exists(p => p.Cold?.Place == place.Name), cancellation).ConfigureAwait(false);
        // An attempt before this one may have come as far as that.
        if (await place.LengthAsync(name, cancellation).ConfigureAwait(false) != part.FileLength || (await ColdFiles.HashAsync(place, name, cancellation).ConfigureAwait(false)).Sha256 != part.FileSha256)
        {
            await place.PutAsync(name, part.Path(".parquet"), part.FileSha256!, cancellation).ConfigureAwait(false);
            if (await ColdFiles.HashAsync(place, name, cancellation).ConfigureAwait(false) != (part.FileSha256!, part.FileLength)) throw ColdFiles.Changed(place.Name, name);
        }

        var mark = new ColdMark { Place = place.Name, Name = name, Sha256 = part.FileSha256!, Length = part.FileLength, MovedAt = options.Clock.GetUtcNow() };
        mark.Write(part.Path(ColdMark.Ending));
        lock (gate)
        {
            var there = part.In(mark);
            Keep([.. parts.Select(p => p == part ? there : p)]);
            // Who took the store before this reads the file of this machine.
            moved.Add((++changes, options.Clock.GetUtcNow(), there));
        }
    }

    /// <summary>Deletes files of this machine that were moved and that nobody reads any more, where the place still has them; where it does not, they stay and count again.</summary>
    private async Task FinishMovesAsync(CancellationToken cancellation)
    {
        List<(long Change, DateTimeOffset At, Part Part)> free;
        lock (gate)
        {
            var (oldest, now) = (views.Count == 0 ? long.MaxValue : views.Keys.First(), options.Clock.GetUtcNow());
            free = [.. moved.Where(m => m.Change <= oldest && now - m.At >= options.KeepReplaced)];
        }

        foreach (var one in free)
        {
            var (part, mark) = (one.Part, one.Part.Cold!);
            // A removal may have replaced it meanwhile: then its files go as those of any other.
            if (!parts.Contains(part))
            {
                moved.Remove(one);
                continue;
            }

            var place = cold.PlaceOf(mark);
            if (await place.LengthAsync(mark.Name, cancellation).ConfigureAwait(false) == mark.Length)
            {
                File.Delete(part.Path(".parquet"));
                moved.Remove(one);
                continue;
            }

            // First the mark, then who reads: a stop in between finds the file where it was.
            if (!IsWhole(part)) throw ColdFiles.Missing(place.Name, mark.Name);
            File.Delete(part.Path(ColdMark.Ending));
            lock (gate)
            {
                Keep([.. parts.Select(p => p == part ? part.In(null) : p)]);
                changes++;
            }

            moved.Remove(one);
            throw ColdFiles.Missing(place.Name, mark.Name);
        }
    }

    /// <summary>Deletes in cold storage what a removal has replaced. A mark without a manifest remembers what is still to go.</summary>
    private async Task DeleteColdAsync(CancellationToken cancellation)
    {
        foreach (var (path, mark) in goingMarks.ToList())
        {
            cold.Forget(mark);
            await cold.PlaceOf(mark).DeleteAsync(mark.Name, cancellation).ConfigureAwait(false);
            File.Delete(path);
            goingMarks.Remove(path);
        }
    }

    /// <summary>Does something with cold storage. What cannot be done is noted: the store goes on, and the next maintenance tries again.</summary>
    private static async Task WithColdAsync(List<LocalizedText> problems, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (ColdException e)
        {
            if (!problems.Contains(e.Words)) problems.Add(e.Words);
        }
    }

    private void Tell(LocalizedText? problem)
    {
        lock (gate) coldProblem = problem is null ? null : (problem, coldProblem?.Since ?? options.Clock.GetUtcNow());
    }
}
