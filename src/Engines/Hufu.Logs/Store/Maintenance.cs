using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Kernel;
using Hufu.Logs.Cold;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class LogStore
{
    // So many files at least are put together, and none of them has more than a quarter of the events: an event is written again only as often as
    // the files grow by that.
    private const int PackAtLeast = 8;
    private const int PackAtMost = 256;

    /// <summary>The files of sealed segments, oldest first.</summary>
    public IReadOnlyList<StoreFile> Files()
    {
        using var view = TakeView();
        return [.. view.Parts.Select(part => new StoreFile(part.Stem, part.First, part.Last, part.SealedAt, part.From, part.To, BytesOf(part) + (part.Cold?.Length ?? 0), part.Sources, part.Removals) { ColdBytes = part.Cold?.Length ?? 0 })];
    }

    /// <summary>
    /// Removes what a policy says, puts small files together and moves old ones to cold storage. Searches and appends go on meanwhile. What is removed is told to the sealer first; the
    /// events that stay are proved as before.
    /// </summary>
    public async Task<MaintenanceResult> MaintainAsync(RetentionPolicy policy, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        await maintaining.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var damaged = new Dictionary<string, string>(StringComparer.Ordinal);
            var cannot = new List<LocalizedText>();
            var (removals, held) = await RetainAsync(policy, damaged, cannot, cancellation).ConfigureAwait(false);
            var packed = await Task.Run(() => Pack(damaged, cancellation), cancellation).ConfigureAwait(false);
            await Task.Run(() => Index(damaged, cancellation), cancellation).ConfigureAwait(false);
            // What is packed and indexed moves as it will stay.
            var coldBefore = parts.Count(part => part.Cold is not null);
            await WithColdAsync(cannot, () => Task.Run(() => MoveAsync(policy, damaged, cancellation), cancellation)).ConfigureAwait(false);
            var count = parts.Count(part => part.Cold is not null) - coldBefore;
            DeleteReplaced(options.Clock.GetUtcNow());
            await WithColdAsync(cannot, () => FinishMovesAsync(cancellation)).ConfigureAwait(false);
            await WithColdAsync(cannot, () => DeleteColdAsync(cancellation)).ConfigureAwait(false);
            var problem = cannot.Count == 0 ? null : new LocalizedText(string.Join(" ", cannot.Select(c => c.Zh)), string.Join(" ", cannot.Select(c => c.En)));
            Tell(problem);
            return new MaintenanceResult(packed, removals, held, policy.MaxBytes is { } most ? Math.Max(0, parts.Sum(BytesOf) - most) : 0, [.. damaged.Values]) { Moved = count, ColdProblem = problem };
        }
        finally
        {
            maintaining.Release();
        }
    }

    /// <summary>Notes a file that is damaged; one that is not, so that the fault is another's, throws again.</summary>
    private static void Note(Part part, Exception fault, Dictionary<string, string> damaged)
    {
        if (IsWhole(part)) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        damaged[part.Stem] = $"{part.Stem}.parquet is damaged: {fault.Message}";
    }

    private static bool IsWhole(Part part)
    {
        using var file = File.OpenRead(part.Path(".parquet"));
        return Convert.ToHexStringLower(SHA256.HashData(file)) == part.FileSha256;
    }

    private async Task<(List<SegmentRemoval> Removals, long Held)> RetainAsync(RetentionPolicy policy, Dictionary<string, string> damaged, List<LocalizedText> cannot, CancellationToken cancellation)
    {
        var (removals, held, now) = (new List<SegmentRemoval>(), 0L, options.Clock.GetUtcNow());
        foreach (var part in parts)
        {
            // A source goes as a whole from a file, when its newest event there is old enough: each file is written anew as rarely as can be.
            var over = part.Sources.Where(v => policy.Of(v.Source).IsOver(v.ReceivedTo, now)).Select(v => v.Source).ToList();
            await TakeAwayAsync(part, over, SegmentRemoval.ReasonAge).ConfigureAwait(false);
        }

        // Where files are to move, what is too much moves as well; nothing goes for good because no place was named or it is away.
        var excess = policy.MaxBytes is { } most && policy.ColdAfter is null ? parts.Sum(BytesOf) - most : 0;
        foreach (var part in parts)
        {
            if (excess <= 0) break;
            // What lies elsewhere makes no room here.
            if (part.Cold is not null) continue;
            var old = part.Sources.Where(v => policy.Of(v.Source).MayGo(v.ReceivedTo, now)).Select(v => v.Source).ToList();
            var before = BytesOf(part);
            if (await TakeAwayAsync(part, old, SegmentRemoval.ReasonSize).ConfigureAwait(false) is { } left) excess -= before - BytesOf(left);
        }

        return (removals, held);

        async Task<Part?> TakeAwayAsync(Part part, List<string> sources, string reason)
        {
            cancellation.ThrowIfCancellationRequested();
            if (sources.Count == 0 || damaged.ContainsKey(part.Stem)) return null;
            Part? left = null;
            try
            {
                (left, var kept) = await RemoveAsync(part, sources, policy.Holds, reason, cancellation).ConfigureAwait(false);
                held += kept;
            }
            catch (ColdException e)
            {
                if (!cannot.Contains(e.Words)) cannot.Add(e.Words);
            }
            catch (InvalidDataException e)
            {
                damaged[part.Stem] = e.Message;
            }
            catch (DuckDBException e) when (part.Cold is null)
            {
                Note(part, e, damaged);
            }
            catch (DuckDBException e)
            {
                damaged[part.Stem] = $"{part.Stem}.parquet in cold storage cannot be read: {e.Message}";
            }

            if (left is not null) removals.Add(left.Removals[^1]);
            return left;
        }
    }

    /// <summary>Writes a file anew without the events of some sources that no hold keeps. Null when there is nothing to remove.</summary>
    private async Task<(Part? Left, long Held)> RemoveAsync(Part part, List<string> sources, IReadOnlyList<LegalHold> holds, string reason, CancellationToken cancellation)
    {
        if (part.FileSha256 is null || (part.Cold is null && !File.Exists(part.Path(".parquet")))) return (null, 0);
        var among = $"source IN ({string.Join(", ", sources.Select(SegmentTable.Literal))})";
        var (removed, kept) = (part.Removed(), new List<(int Segment, int Row)>());
        using var view = TakeView(whole: true, cancellation);
        // What nobody would find missing among the events is not rewritten from what somebody has changed.
        if (part.Cold is { } mark && await ColdFiles.HashAsync(view.File(part)!, cancellation).ConfigureAwait(false) != mark.Sha256) throw ColdFiles.Changed(mark.Place, mark.Name);
        var table = part.Table(view.File(part)!);
        if (holds.Count > 0)
        {
            var sql = SearchSql.Holding(holds);
            kept = Rows(view, sql, $"SELECT segment, row FROM {table} WHERE {among} AND {sql.Condition}", row => (row.GetInt32(0), row.GetInt32(1)), cancellation);
        }

        var held = kept.ToHashSet();
        var begins = part.Segments.ToDictionary(s => SegmentTable.Number(s.Id), s => part.Begin(s.Id));
        var none = SearchSql.Compile(SearchQuery.Everything, null, null);
        var going = Rows(view, none, $"SELECT segment, row FROM {table} WHERE {among}", row => (Segment: row.GetInt32(0), Row: row.GetInt32(1)), cancellation);
        var count = 0;
        foreach (var place in going)
        {
            if (held.Contains(place) || !begins.TryGetValue(place.Segment, out var begin) || begin + place.Row >= removed.Length || place.Row < 0) continue;
            removed[begin + place.Row] = true;
            count++;
        }

        if (count == 0) return (null, held.Count);
        var bitmap = Part.Bytes(removed);
        var generation = part.Generation + 1;
        var stem = string.Create(CultureInfo.InvariantCulture, $"{part.First}-{part.Last}.{generation}");
        var parquet = PathOf(stem, ".parquet");
        var leftEvents = part.Sources.Sum(v => v.Events) - count;
        IReadOnlyList<SourceVolume> left = [];
        var (leaves, nodes) = (new List<SegmentLeaves>(), Array.Empty<byte>());
        if (leftEvents > 0)
        {
            var before = part.Leaves() ?? throw new InvalidDataException($"{part.Stem}.leaves is damaged; nothing was removed from {part.Stem}.parquet");
            (leaves, nodes) = Removing(view, part, before, removed, cancellation);
            Rewrite(view, [part], (segment, row) => begins.TryGetValue(segment, out var begin) && row >= 0 && begin + row < removed.Length
                ? !removed[begin + row]
                : throw new InvalidDataException($"{part.Stem}.parquet has an event that was not sealed in it; nothing was removed from it."), parquet + DurableFile.TemporarySuffix, cancellation);
            left = Volumes(view, parquet + DurableFile.TemporarySuffix, part.Sources, sources, cancellation);
            if (left.Sum(v => v.Events) != leftEvents) throw new InvalidDataException($"{part.Stem}.parquet does not have the events that its manifest says; nothing was removed from it.");
        }

        var removal = new SegmentRemoval(part.First, part.Last, generation, options.Clock.GetUtcNow(), [.. part.Sources.Where(v => sources.Contains(v.Source)).Select(v => v with { Events = v.Events - (left.FirstOrDefault(l => l.Source == v.Source)?.Events ?? 0), Bytes = v.Bytes - (left.FirstOrDefault(l => l.Source == v.Source)?.Bytes ?? 0) })], reason, Convert.ToHexStringLower(SHA256.HashData(bitmap)), null);
        // First it is on record that they go, then they go.
        if (options.Sealer is { } sealer) removal = removal with { Receipt = await sealer.RemoveAsync(removal, cancellation).ConfigureAwait(false) };
        DurableFile.Write(PathOf(stem, ".removed"), bitmap);
        var pack = new SegmentPack { Generation = generation, MadeAt = options.Clock.GetUtcNow(), Segments = part.Segments, FileLength = 0, Sources = left, Removals = [.. part.Removals, removal] };
        if (leftEvents > 0)
        {
            WriteLeaves(PathOf(stem, ".leaves"), leaves, nodes);
            pack = Finished(pack, parquet);
        }

        return (Replace([part], pack), held.Count);
    }

    /// <summary>What is kept of the hashes of events that go, so that the others are proved without them.</summary>
    /// <exception cref="InvalidDataException">The file is not as it was sealed: what it says of the events that go would be wrong.</exception>
    private static (List<SegmentLeaves> Leaves, byte[] Nodes) Removing(View view, Part part, LeafFile leaves, BitArray removed, CancellationToken cancellation)
    {
        var (before, nodes, left) = (part.Removed(), new ByteBuilder(1 << 10), new List<SegmentLeaves>());
        using var command = view.Command($"SELECT {SegmentTable.Columns} FROM {view.Table(part)}");
        command.UseStreamingMode = true;
        using var reader = command.ExecuteReader();
        var more = reader.Read();
        var begin = 0;
        for (var s = 0; s < part.Segments.Count; begin += part.Segments[s++].Events)
        {
            var (number, layout) = (SegmentTable.Number(part.Segments[s].Id), leaves.Segments[s].Layout);
            var kept = leaves.Segments[s].Sums.ToArray();
            for (var block = 0; block < leaves.Segments[s].Blocks; block++)
            {
                cancellation.ThrowIfCancellationRequested();
                var hashes = leaves.Block(s, block, before);
                var from = block * layout.BlockRows;
                for (; more && reader.GetInt32(19) == number && reader.GetInt32(0) - from is >= 0 and var row && row < hashes.Rows; more = reader.Read()) hashes[row] = Merkle.HashLeaf(EventCodec.Encode(SegmentTable.Read(reader)));
                var gone = LeafFile.MaskOf(removed, begin + from, hashes.Rows);
                if (gone == 0) continue;
                if (hashes.Root(0, hashes.Rows) is not { } root || !root.AsSpan().SequenceEqual(leaves.Segments[s].Root(block)))
                    throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{part.Stem}.parquet: the events {part.Segments[s].Id}/{from} to {from + hashes.Rows - 1} are not as they were sealed; nothing was removed"));
                foreach (var (at, count) in RemovedLeaves.Covers(gone, hashes.Rows)) hashes.Root(at, count)!.CopyTo(nodes.Take(Merkle.HashLength));
                if (!layout.HasSums) continue;
                // The sum is that of what is left.
                var sum = kept.AsSpan(block * Merkle.HashLength, Merkle.HashLength);
                sum.Clear();
                for (var i = 0; i < hashes.Rows; i++)
                {
                    if (!removed[begin + from + i]) LeafBuilder.Add(sum, hashes[i]);
                }
            }

            left.Add(leaves.Segments[s].With(kept));
        }

        return (left, nodes.Written.ToArray());
    }

    private int Pack(Dictionary<string, string> damaged, CancellationToken cancellation)
    {
        var packed = 0;
        while (Packable(damaged) is { } run)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var part in run.Where(part => part.Leaves() is null)) damaged[part.Stem] = $"{part.Stem}.leaves is damaged";
            if (run.Exists(part => damaged.ContainsKey(part.Stem))) continue;
            var stem = string.Create(CultureInfo.InvariantCulture, $"{run[0].First}-{run[^1].Last}.1");
            var parquet = PathOf(stem, ".parquet");
            // What somebody has changed stays as it is, so that verification can say what it was.
            foreach (var part in run.Where(part => !IsWhole(part))) damaged[part.Stem] = $"{part.Stem}.parquet is damaged: it does not have the SHA-256 of its manifest";
            if (run.Exists(part => damaged.ContainsKey(part.Stem))) continue;
            List<SegmentLeaves> leaves;
            try
            {
                using var view = TakeView(whole: true, cancellation);
                leaves = Rewrite(view, run, null, parquet + DurableFile.TemporarySuffix, cancellation).ToList();
            }
            catch (Exception e) when (e is DuckDBException or InvalidDataException)
            {
                File.Delete(parquet + DurableFile.TemporarySuffix);
                foreach (var part in run) damaged[part.Stem] = $"{part.Stem}.parquet cannot be put together with others: {e.Message}";
                continue;
            }

            var roots = leaves.Select(segment => Convert.ToHexStringLower(segment.Root())).ToList();
            if (!roots.SequenceEqual(run.SelectMany(part => part.Segments).Select(segment => segment.Root)))
            {
                File.Delete(parquet + DurableFile.TemporarySuffix);
                foreach (var part in run.Where(part => !part.Segments.All(segment => roots.Contains(segment.Root)))) damaged[part.Stem] = $"{part.Stem}.parquet has the SHA-256 of its manifest, but its events are not those that were sealed";
                // Without one that is to blame none is read again.
                if (!run.Exists(part => damaged.ContainsKey(part.Stem))) foreach (var part in run) damaged[part.Stem] = $"{part.Stem}.parquet cannot be put together with others: their events are not those that were sealed";
                continue;
            }

            WriteLeaves(PathOf(stem, ".leaves"), leaves, []);
            var volumes = run.SelectMany(part => part.Sources).GroupBy(v => v.Source, StringComparer.Ordinal)
                .Select(g => new SourceVolume(g.Key, g.Sum(v => v.Events), g.Sum(v => v.Bytes), g.Min(v => v.ReceivedFrom), g.Max(v => v.ReceivedTo))).OrderBy(v => v.Source, StringComparer.Ordinal);
            Replace(run, Finished(new SegmentPack { Generation = 1, MadeAt = options.Clock.GetUtcNow(), Segments = [.. run.SelectMany(part => part.Segments)], FileLength = 0, Sources = [.. volumes] }, parquet));
            packed += run.Count;
        }

        return packed;
    }

    private void Index(Dictionary<string, string> damaged, CancellationToken cancellation)
    {
        foreach (var part in parts.Where(part => part.Cold is null && !damaged.ContainsKey(part.Stem) && part.FileSha256 is not null && part.Sealed >= TokenIndex.BlockRows && File.Exists(part.Path(".parquet")) && !File.Exists(part.Path(".tokens"))))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                TokenIndex.Build(part.Path(".tokens"), Texts(part, cancellation));
            }
            catch (DuckDBException e)
            {
                Note(part, e, damaged);
            }
        }
    }

    /// <summary>Everything of each row that searches look at as text.</summary>
    private IEnumerable<(long Place, string Text)> Texts(Part part, CancellationToken cancellation)
    {
        using var view = TakeView(whole: true, cancellation);
        using var command = view.Command($"SELECT {part.Key}::BIGINT, concat_ws(chr(10), raw, message, source, host, app, src_ip, format, array_to_string(map_values(others), chr(10)), {string.Join(", ", KnownFields.Names.Select(KnownFields.Apart))}) FROM {view.Table(part)}");
        command.UseStreamingMode = true;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (reader.GetInt64(0), reader.GetString(1));
        }
    }

    /// <summary>Files that follow each other and are worth putting together; null when there are none.</summary>
    private List<Part>? Packable(Dictionary<string, string> damaged)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var (events, bytes, largest, best) = (0L, 0L, 0, 0);
            for (var j = i; j < parts.Count && j - i < PackAtMost; j++)
            {
                var part = parts[j];
                events += part.Sealed;
                bytes += part.FileLength;
                largest = Math.Max(largest, part.Sealed);
                if (part.Cold is not null || damaged.ContainsKey(part.Stem) || part.Removals.Count > 0 || events > options.PackEvents || bytes > options.PackBytes || part.SealedAt - parts[i].Segments[0].SealedAt > options.PackSpan || !File.Exists(part.Path(".parquet")) ) break;
                if (j - i + 1 >= PackAtLeast && largest * 4L <= events) best = j - i + 1;
            }

            if (best > 0) return parts.GetRange(i, best);
        }

        return null;
    }

    private void Run(string sql)
    {
        using var command = Engine.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>What each source has in a file of which some sources lost events; of the others it is known.</summary>
    private static List<SourceVolume> Volumes(View view, string path, IReadOnlyList<SourceVolume> before, List<string> touched, CancellationToken cancellation)
    {
        var counted = Rows(view, SearchSql.Compile(SearchQuery.Everything, null, null), $"SELECT source, count(*), min(received), max(received) FROM read_parquet({SegmentTable.Literal(path)}) GROUP BY source ORDER BY source", row => (Source: row.GetString(0), Events: row.GetInt64(1), From: Utc(row.GetDateTime(2)), To: Utc(row.GetDateTime(3))), cancellation);
        return [.. counted.Select(c => before.First(v => v.Source == c.Source) is var known && !touched.Contains(c.Source)
            ? known with { Events = c.Events }
            // Their share of the bytes: an estimate for lists, not a count.
            : known with { Events = c.Events, Bytes = known.Bytes * c.Events / Math.Max(1, known.Events), ReceivedFrom = c.From, ReceivedTo = c.To })];
    }

    private static SegmentPack Finished(SegmentPack pack, string parquet)
    {
        DurableFile.Commit(parquet);
        using var file = File.OpenRead(parquet);
        return pack with { FileLength = file.Length, FileSha256 = Convert.ToHexStringLower(SHA256.HashData(file)) };
    }

    /// <summary>Lets a file take the place of others. From its manifest on it counts; the others stay for those who read them.</summary>
    private Part Replace(List<Part> olds, SegmentPack pack)
    {
        var part = new Part(folder, pack);
        DurableFile.Write(part.Path(".json"), JsonSerializer.SerializeToUtf8Bytes(pack, StoreJson.Default.SegmentPack));
        lock (gate)
        {
            Keep([.. parts.TakeWhile(p => p != olds[0]), part, .. parts.SkipWhile(p => p != olds[^1]).Skip(1)]);
            changes++;
            foreach (var old in olds) replacedParts.Add((changes, options.Clock.GetUtcNow(), old));
        }

        // Without their manifests nobody takes them up anew; a crash before this leaves what the next start puts right.
        foreach (var old in olds) File.Delete(old.Path(".json"));
        return part;
    }

    private void DeleteReplaced(DateTimeOffset now)
    {
        List<Part> free;
        lock (gate)
        {
            var oldest = views.Count == 0 ? long.MaxValue : views.Keys.First();
            bool Free((long Change, DateTimeOffset At, Part Part) replaced) => replaced.Change <= oldest && (now == DateTimeOffset.MaxValue || now - replaced.At >= options.KeepReplaced);
            free = [.. replacedParts.Where(Free).Select(r => r.Part)];
            replacedParts.RemoveAll(Free);
        }

        foreach (var path in free.SelectMany(part => part.Files)) File.Delete(path);
        // What lies in cold storage goes when it can be reached; until then its mark stays.
        foreach (var part in free.Where(part => part.Cold is not null)) goingMarks[part.Path(ColdMark.Ending)] = part.Cold!;
    }
}
