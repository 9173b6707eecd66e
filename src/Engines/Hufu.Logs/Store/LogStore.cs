using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Kernel;
using Hufu.Logs.Cold;
using Hufu.Logs.Search;
using Hufu.Logs.Store;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs;

/// <summary>
/// Keeps events in a folder: sealed segments, which never change, and one open segment, whose events are on the disk before an append
/// returns. One process owns the folder; within it, all members may be called from several threads.
/// </summary>
public sealed partial class LogStore : ILogSearcher, IAsyncDisposable
{
    private const int ImportBatch = 10_000;

    // Long records would make ten thousand of them a matter of gigabytes.
    private const long ImportBatchBytes = 4L << 20;

    private readonly string folder;
    private readonly LogStoreOptions options;
    private readonly FileStream? ownership;
    private readonly DuckDBConnection root;
    private readonly Lock opening = new();
    private bool opened;
    private bool closed;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Lock gate = new();

    // Around the open segment while something is added to it or taken from it. Taken before the gate.
    private readonly Lock adding = new();
    private readonly Dictionary<string, ImportMark> imports = new(StringComparer.Ordinal);
    private readonly List<string> recovery = [];

    // How many views are held of the store as it was after so many changes of its files.
    private readonly SortedDictionary<long, int> views = [];
    private readonly SemaphoreSlim maintaining = new(1, 1);
    private readonly List<(long Change, DateTimeOffset At, Part Part)> replacedParts = [];
    private long changes;
    private int disposed;

    // The last batch on its way into the open segment.
    private volatile Task taking = Task.CompletedTask;
    private List<Part> parts = [];
    private List<SegmentManifest> sealedSegments = [];
    private OpenSegment open = null!;

    private LogStore(string folder, LogStoreOptions options, FileStream? ownership)
    {
        // Who only looks changes nothing in the folder, copies included.
        cold = new ColdFiles(options.Cold, ownership is null ? null : System.IO.Path.Combine(folder, CacheFolder), options.ColdConnect, options.Clock);
        this.folder = folder;
        this.options = options;
        this.ownership = ownership;
        root = new DuckDBConnection("DataSource=:memory:");
    }

    /// <summary>What had to be put right when the store was opened, in words; empty after an orderly stop.</summary>
    public IReadOnlyList<string> Recovery => recovery;

    /// <summary>Manifests of the sealed segments, oldest first.</summary>
    public IReadOnlyList<SegmentManifest> Segments
    {
        get
        {
            lock (gate) return sealedSegments;
        }
    }

    /// <summary>Id of the open segment.</summary>
    public string OpenId
    {
        get
        {
            lock (gate) return open.Id;
        }
    }

    /// <summary>Number of events in the open segment.</summary>
    public int OpenEvents
    {
        get
        {
            Settle();
            lock (gate) return open.Rows;
        }
    }

    /// <summary>The sealed segments, and the open one with the rows that it has, as of one moment.</summary>
    internal StoreExtent Extent()
    {
        Settle();
        lock (adding)
        {
            lock (gate) return new StoreExtent(sealedSegments, open.Id, open.Rows);
        }
    }

    /// <summary>The rows that some sources have in sealed segments that follow each other, so many at the most.</summary>
    internal IReadOnlyList<(int Segment, int Row)> RowsOf(string first, string last, IReadOnlyList<string> sources, int most)
    {
        using var view = TakeView(whole: true);
        var within = view.Readable.Where(part => string.CompareOrdinal(part.Last, first) >= 0 && string.CompareOrdinal(part.First, last) <= 0 && part.Sources.Any(source => sources.Contains(source.Source))).ToList();
        using var command = view.Command(string.Create(CultureInfo.InvariantCulture, $"SELECT segment, row FROM {view.All(within, null)} WHERE segment BETWEEN {SegmentTable.Number(first)} AND {SegmentTable.Number(last)} AND list_contains($sources, source) LIMIT {most}"));
        command.Parameters.Add(new DuckDBParameter("sources", sources.ToList()));
        using var reader = command.ExecuteReader();
        var rows = new List<(int, int)>();
        while (reader.Read()) rows.Add((reader.GetInt32(0), reader.GetInt32(1)));
        return rows;
    }

    /// <summary>What compares the events of a sealed segment, wherever they are, with what is kept of their leaf hashes; the segment's place in it; and a bit for each of its events that was removed. Without the list, as when no event is left, there is nothing to compare with.</summary>
    internal (LeafCheck? Check, int Index, System.Collections.BitArray Removed) CheckOf(string segment)
    {
        if (PartOf(segment) is not { } part) return (null, 0, new System.Collections.BitArray(0));
        var (all, begin, index) = (part.Removed(), part.Begin(segment), part.Segments.TakeWhile(s => s.Id != segment).Count());
        var removed = new System.Collections.BitArray(part.Segments[index].Events);
        for (var i = 0; i < removed.Count; i++) removed[i] = all[begin + i];
        return (part.Leaves() is { } leaves ? new LeafCheck(leaves, [.. part.Segments.Select(s => s.Events)], all) : null, index, removed);
    }

    /// <summary>Opens a store, creating its folder if need be, and finishes or undoes what a crash left half done.</summary>
    /// <exception cref="IOException">Another process has the store open, or the folder cannot be used.</exception>
    /// <exception cref="InvalidDataException">A manifest cannot be read.</exception>
    public static LogStore Open(string folder, LogStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder = System.IO.Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        var ownership = new FileStream(System.IO.Path.Combine(folder, "store.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var store = new LogStore(folder, options ?? new LogStoreOptions(), ownership);
        try
        {
            store.Recover();
            return store;
        }
        catch
        {
            store.CloseEngine();
            store.cold.Dispose();
            ownership.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a store to look at it as it is now, also while another process owns it and writes: what that process stores later is not seen. Nothing
    /// in the folder is changed and nothing is put right; appending, importing and sealing throw.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">A manifest cannot be read.</exception>
    public static LogStore OpenToRead(string folder, LogStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder = System.IO.Path.GetFullPath(folder);
        for (var attempt = 1; ; attempt++)
        {
            var store = new LogStore(folder, options ?? new LogStoreOptions(), null);
            try
            {
                var before = ManifestNames(folder);
                store.Keep(Part.ReadAll(folder).Parts);
                store.open = store.ReadOpen(store.NextId);
                // A segment that was sealed in between is neither among the manifests read nor in the write-ahead file: look again.
                if (attempt == 5 || ManifestNames(folder).SetEquals(before))
                {
                    store.seenManifests = before;
                    return store;
                }
            }
            catch (IOException) when (attempt < 5)
            {
                // Sealed away while it was read.
            }
            catch
            {
                store.CloseEngine();
                store.cold.Dispose();
                throw;
            }

            store.open?.Dispose();
            store.CloseEngine();
            store.cold.Dispose();
        }
    }

    /// <summary>How far a file with these contents was imported; null when it never was.</summary>
    /// <param name="sha256">SHA-256 of the file, lower-case hexadecimal.</param>
    public ImportMark? ImportOf(string sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        Settle();
        lock (gate) return imports.GetValueOrDefault(sha256);
    }

    /// <summary>The events from a place on, in the order of storing, sealed or not.</summary>
    /// <param name="segment">Segment of the first event.</param>
    /// <param name="row">Its row; past the end of the segment, the next segment's beginning is meant.</param>
    /// <param name="count">Most events to give.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ColdException">A file of cold storage cannot be had.</exception>
    public IEnumerable<LogEvent> EventsFrom(string segment, int row, long count, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segment);
        using var view = TakeView(whole: true, cancellation);
        var tables = (from part in view.Parts from s in part.Segments where string.CompareOrdinal(s.Id, segment) >= 0 select (s.Id, Part: (Part?)part, Rows: s.Events)).ToList();
        if (string.CompareOrdinal(view.OpenId, segment) >= 0) tables.Add((view.OpenId, null, view.OpenRows));
        Part? before = null;
        foreach (var (id, part, rows) in tables)
        {
            if (before is not null && before != part) view.LetGo(before);
            before = part;
            if (part is not null && row < rows && count > 0)
            {
                var until = (int)Math.Min(rows, row + count);
                foreach (var item in Stored(view, part, id, row, until, (long.MinValue, long.MaxValue), cancellation)) yield return item;
                count -= until - row;
                row = until;
            }

            if (part is null && row < rows && count > 0)
            {
                var until = (int)Math.Min(rows, row + count);
                foreach (var item in Opened(view, row, until, cancellation)) yield return item;
                count -= until - row;
            }

            if (count <= 0) yield break;
            row = 0;
        }
    }

    /// <summary>
    /// The Merkle roots over the first so many events of a segment, sealed or open, as they are kept now, in one pass. Numbers that the segment has not
    /// are left out; null stands where the events at its end are not as they were sealed, or were removed so that only a hash over several is kept.
    /// </summary>
    public IReadOnlyDictionary<int, byte[]?> RootsOf(string segment, IEnumerable<int> events)
    {
        ArgumentNullException.ThrowIfNull(segment);
        ArgumentNullException.ThrowIfNull(events);
        using var view = TakeView();
        var roots = new Dictionary<int, byte[]?>();
        if (LeavesOf(view, segment) is not { } leaves) return roots;
        var wanted = events.Where(n => n > 0 && n <= leaves.Events).Distinct().Order().ToList();
        // Where a number ends within a block, its first events say what the root of the whole block does not.
        leaves.Load(view, wanted.Where(n => n % leaves.BlockRows != 0 && n != leaves.Events).Select(n => n / leaves.BlockRows));
        var tree = new GrowingTree();
        foreach (var count in wanted)
        {
            while (tree.Count < count / leaves.BlockRows) tree.Add(leaves.Root((int)tree.Count));
            roots.Add(count, count % leaves.BlockRows == 0 ? tree.Root() : leaves.RootOfLast(count) is { } last ? tree.Root(last) : null);
        }

        return roots;
    }

    /// <summary>
    /// Adds events and returns their ids. When this returns, the events survive a crash of the process and of the machine. Times are kept to
    /// the microsecond.
    /// </summary>
    public async Task<IReadOnlyList<string>> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        await writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await AppendOwnedAsync(events, null, cancellation).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>
    /// Imports a file of text records or a Windows event log (<c>.gz</c> and <c>.zst</c> are unpacked). The same contents imported again add nothing;
    /// an import that was cut off goes on where it stopped.
    /// </summary>
    public async Task<ImportResult> ImportAsync(string path, string source, LogParseOptions parse, LogFraming framing = LogFraming.Auto, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(parse);
        string sha256;
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous))
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
        await writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await taking.ConfigureAwait(false);
            var known = imports.GetValueOrDefault(sha256);
            if (known is { Complete: true }) return new ImportResult(sha256, known.Records, 0, 0);
            var skip = known?.Records ?? 0;
            long added = 0, problems = 0;
            var batch = new List<LogEvent>();
            long held = 0;
            await using var reader = LogFileReader.Open(path, parse, framing);
            await foreach (var item in reader.EventsAsync(options.Clock.GetUtcNow(), source, skip, cancellation).ConfigureAwait(false))
            {
                added++;
                if (item.Problems.Count > 0) problems++;
                batch.Add(item);
                held += Encoding.UTF8.GetByteCount(item.Raw);
                if (batch.Count < ImportBatch && held < ImportBatchBytes) continue;
                await AppendOwnedAsync(batch, new ImportMark(sha256, batch.Count, false), cancellation).ConfigureAwait(false);
                batch.Clear();
                held = 0;
            }

            await AppendOwnedAsync(batch, new ImportMark(sha256, batch.Count, true), cancellation).ConfigureAwait(false);
            return new ImportResult(sha256, skip + added, added, problems) { FileProblems = [.. reader.Problems] };
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Seals the open segment now. Returns its manifest, or null when it is empty.</summary>
    public async Task<SegmentManifest?> SealAsync(CancellationToken cancellation = default)
    {
        await writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await SealOwnedAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>
    /// Anchors the events of the open segment as they are now, so that the newest minutes are covered too; seals the segment when it is old enough.
    /// False when there was nothing to anchor.
    /// </summary>
    public async Task<bool> AnchorAsync(CancellationToken cancellation = default)
    {
        await writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await taking.ConfigureAwait(false);
            return open.Rows > 0 && options.Clock.GetUtcNow() - open.FirstAppended >= options.SealAfter
                ? await SealOwnedAsync(cancellation).ConfigureAwait(false) is not null
                : await AnchorOwnedAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Gets an event by its id; null when there is none.</summary>
    /// <exception cref="ColdException">Its file lies in cold storage and cannot be had.</exception>
    public LogEvent? GetEvent(string id)
    {
        if (!TryId(id, out var segment, out var row)) return null;
        using var view = TakeView(whole: true);
        if (view.From(segment) is not { } table) return null;
        using var command = view.Command(string.Create(CultureInfo.InvariantCulture, $"SELECT {SegmentTable.Columns} FROM {table} WHERE segment = {SegmentTable.Number(segment)} AND row = {row}"));
        using var reader = command.ExecuteReader();
        return reader.Read() ? SegmentTable.Read(reader) : null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await maintaining.WaitAsync().ConfigureAwait(false);
        await writing.WaitAsync().ConfigureAwait(false);
        await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        DeleteReplaced(DateTimeOffset.MaxValue);
        open.Dispose();
        CloseEngine();
        cold.Dispose();
        if (ownership is not null) await ownership.DisposeAsync().ConfigureAwait(false);
        writing.Dispose();
        maintaining.Dispose();
    }

    private static bool TryId(string id, out string segment, out int row)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        segment = slash < 0 ? "" : id[..slash];
        row = 0;
        return slash == 8 && segment.All(char.IsAsciiDigit) && int.TryParse(id.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out row);
    }

    private string PathOf(string segment, string extension) => System.IO.Path.Combine(folder, segment + extension);

    private static void WriteLeaves(string path, IReadOnlyList<SegmentLeaves> segments, ReadOnlySpan<byte> nodes)
    {
        using (var file = new FileStream(path + DurableFile.TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16)) LeafFile.Write(file, segments, nodes);
        DurableFile.Commit(path);
    }

    private Part? PartOf(string segment)
    {
        lock (gate) return parts.Find(part => part.Has(segment));
    }

    private string NextId => sealedSegments.Count == 0 ? "00000001" : Next(sealedSegments[^1].Id);

    /// <summary>Takes parts as those that the store has.</summary>
    private void Keep(List<Part> kept)
    {
        parts = kept;
        sealedSegments = [.. kept.SelectMany(part => part.Segments)];
    }

    private async Task<IReadOnlyList<string>> AppendOwnedAsync(IReadOnlyList<LogEvent> events, ImportMark? import, CancellationToken cancellation)
    {
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        // While the batch before is still being taken nothing is known of its age; one that filled the segment was waited for.
        if (taking.IsCompleted && open.Rows > 0 && (IsFull(open.Rows, open.Bytes) || options.Clock.GetUtcNow() - open.FirstAppended >= options.SealAfter)) await SealOwnedAsync(cancellation).ConfigureAwait(false);
        if (events.Count == 0 && import is null) return [];
        var frame = EventFrame.For(events.Count, import);
        foreach (var item in events) frame.Add(item);
        var at = open.File!.Append(frame.WithHead);
        // From here on the events are stored. Their columns and hashes are made while the next batch is read, encoded and written.
        await taking.ConfigureAwait(false);
        var (segment, first, bytes, now) = (open, open.Rows, open.Bytes + frame.WithHead.Length, options.Clock.GetUtcNow());
        taking = Task.Run(() => Take(segment, frame, at, now), CancellationToken.None);
        try
        {
            if (IsFull(first + events.Count, bytes)) await SealOwnedAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The events are stored, and whoever were told otherwise would store them again. The next append seals first, and says what is wrong.
        }

        return new EventIds(segment.Id, first, events.Count);
    }

    private bool IsFull(int rows, long bytes) => rows >= options.SealAfterEvents || bytes >= options.SealAfterBytes;

    /// <summary>Waits until what was appended is in the open segment.</summary>
    private void Settle() => taking.GetAwaiter().GetResult();

    /// <summary>Puts the events of a frame into a segment, as its bytes say them, so that memory and disk cannot differ.</summary>
    private void Take(OpenSegment segment, EventFrame frame, long at, DateTimeOffset now)
    {
        lock (adding)
        {
            if (segment.Rows == 0) segment.FirstAppended = now;
            segment.Add(frame, at);
        }

        frame.Return();

        if (frame.Import is not { } import) return;
        lock (gate)
        {
            segment.Imports[import.Sha256] = Join(segment.Imports.GetValueOrDefault(import.Sha256), import);
            imports[import.Sha256] = Join(imports.GetValueOrDefault(import.Sha256), import);
        }
    }

    private static ImportMark Join(ImportMark? known, ImportMark more) => known is null ? more : more with { Records = known.Records + more.Records, Complete = known.Complete || more.Complete };

    private async Task<SegmentManifest?> SealOwnedAsync(CancellationToken cancellation)
    {
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        await taking.ConfigureAwait(false);
        if (open.Rows == 0) return null;
        var parquet = PathOf(open.Id, ".parquet");
        IReadOnlyList<RowGroup> groups;
        lock (adding) groups = open.Groups();
        await using (var file = new FileStream(parquet + DurableFile.TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16)) SegmentWriter.WriteFile(file, groups);
        DurableFile.Commit(parquet);
        WriteLeaves(PathOf(open.Id, ".leaves"), [open.Leaves.ToLeaves()], []);
        string sha256;
        long length;
        await using (var file = File.OpenRead(parquet))
        {
            length = file.Length;
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
        }

        var merkleRoot = open.Leaves.Root();
        var receipt = options.Sealer is { } sealer
            ? await sealer.SealAsync(new SegmentSeal(open.Id, open.Rows, EventCodec.Time(open.Earliest), EventCodec.Time(open.Latest), sha256, merkleRoot), cancellation).ConfigureAwait(false)
            : null;
        var manifest = new SegmentManifest
        {
            Id = open.Id, Events = open.Rows, From = EventCodec.Time(open.Earliest), To = EventCodec.Time(open.Latest), SealedAt = options.Clock.GetUtcNow(), FileLength = length, FileSha256 = sha256,
            Sources = open.Volumes, Root = Convert.ToHexStringLower(merkleRoot), Receipt = receipt, Imports = [.. open.Imports.Values],
        };
        // From here on the segment counts as sealed: the manifest is the last file to appear.
        DurableFile.Write(PathOf(open.Id, ".json"), JsonSerializer.SerializeToUtf8Bytes(manifest, StoreJson.Default.SegmentManifest));
        var done = open;
        var next = NewOpen(Next(done.Id));
        lock (adding)
        {
            lock (gate)
            {
                Keep([.. parts, new Part(folder, manifest)]);
                open = next;
            }

            next.Inherit(done);
            // Searches that have its parts hold them themselves.
            done.Dispose();
        }

        File.Delete(PathOf(done.Id, ".wal"));
        File.Delete(PathOf(done.Id, ".anchor"));
        return manifest;
    }

    private async Task<bool> AnchorOwnedAsync(CancellationToken cancellation)
    {
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        if (options.Sealer is not { } sealer || open.Rows == 0 || open.Anchor?.Events == open.Rows) return false;
        var treeRoot = open.Leaves.Root();
        var receipt = await sealer.SealAsync(new SegmentSeal(open.Id, open.Rows, EventCodec.Time(open.Earliest), EventCodec.Time(open.Latest), null, treeRoot), cancellation).ConfigureAwait(false);
        var anchor = new OpenAnchor(open.Rows, Convert.ToHexStringLower(treeRoot), receipt);
        DurableFile.Write(PathOf(open.Id, ".anchor"), JsonSerializer.SerializeToUtf8Bytes(anchor, StoreJson.Default.OpenAnchor));
        lock (gate) open.Anchor = anchor;
        return true;
    }

    private void Recover()
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*" + DurableFile.TemporarySuffix))
        {
            File.Delete(path);
            recovery.Add(path.EndsWith(ColdMark.Ending + DurableFile.TemporarySuffix, StringComparison.Ordinal)
                ? $"{System.IO.Path.GetFileName(path)} was half written and was removed; the file that was being moved is where it was."
                : $"{System.IO.Path.GetFileName(path)} was half written and was removed; its events are in the write-ahead file.");
        }

        var (found, replaced) = Part.ReadAll(folder);
        Keep(found);
        foreach (var mark in sealedSegments.SelectMany(s => s.Imports)) imports[mark.Sha256] = Join(imports.GetValueOrDefault(mark.Sha256), mark);
        foreach (var part in replaced)
        {
            foreach (var path in part.Files) File.Delete(path);
            recovery.Add($"{part.Stem} was replaced by another file with its segments and was removed.");
        }

        RecoverCold();
        foreach (var missing in parts.Where(part => part.FileSha256 is not null && part.Cold is null && !File.Exists(part.Path(".parquet"))))
            recovery.Add($"{missing.Stem}.parquet is missing although its manifest is there; its {missing.Sources.Sum(s => s.Events)} events cannot be read.");

        var known = parts.Select(part => part.Stem).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder).Where(path => System.IO.Path.GetExtension(path) is ".parquet" or ".leaves" or ".removed" or ".tokens"))
        {
            var stem = System.IO.Path.GetFileNameWithoutExtension(path);
            if (known.Contains(stem)) continue;
            // Never sealed, so the write-ahead file still has the events; or another file has them; else the file is all there is and is left alone.
            var ids = stem.Split('.')[0].Split('-');
            if (!File.Exists(PathOf(stem, ".wal")) && !(PartOf(ids[0]) is not null && PartOf(ids[^1]) is not null))
                throw new InvalidDataException($"{path} has neither a manifest nor a write-ahead file. Move it out of the store, or put its manifest back.");
            File.Delete(path);
            recovery.Add(ids.Length == 1 && PartOf(stem) is null
                ? $"{System.IO.Path.GetFileName(path)} was not sealed and was removed; its events are in the write-ahead file."
                : $"{System.IO.Path.GetFileName(path)} was not finished or was replaced and was removed; another file has its events.");
        }

        foreach (var path in Directory.EnumerateFiles(folder).Where(path => System.IO.Path.GetExtension(path) is ".wal" or ".anchor" && PartOf(System.IO.Path.GetFileNameWithoutExtension(path)) is not null))
        {
            File.Delete(path);
            if (path.EndsWith(".wal", StringComparison.Ordinal)) recovery.Add($"{System.IO.Path.GetFileName(path)} belongs to a sealed segment and was removed.");
        }

        open = NewOpen(NextId);
    }

    private static HashSet<string> ManifestNames(string folder) => [.. Directory.EnumerateFiles(folder, "*.json")];

    /// <summary>The database that answers searches, opened by the first of them: a store that is only written, or looked at, need not load it.</summary>
    private DuckDBConnection Engine
    {
        get
        {
            lock (opening)
            {
                ObjectDisposedException.ThrowIf(closed, this);
                if (!opened) OpenEngine();
                opened = true;
                return root;
            }
        }
    }

    private DuckDBConnection Connect()
    {
        var connection = Engine.Duplicate();
        connection.Open();
        return connection;
    }

    private void CloseEngine()
    {
        lock (opening)
        {
            closed = true;
            root.Dispose();
        }
    }

    private void OpenEngine()
    {
        // What an attempt that failed has left open.
        if (root.State == System.Data.ConnectionState.Open) root.Close();
        root.Open();
        using (var command = root.CreateCommand())
        {
            // Nothing that a search says can reach the file system or load an extension beyond reading the store's own files.
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
                SET threads = {options.Queries.Threads}; SET memory_limit = '{options.Queries.Memory}MiB'; SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false;
                SET enable_external_file_cache = false; SET temp_directory = {SegmentTable.Literal(System.IO.Path.Combine(folder, "spill"))};
                """);
            command.ExecuteNonQuery();
            command.CommandText = SegmentTable.CreateNothing;
            command.ExecuteNonQuery();
        }

        SearchSql.Prepare(root);
    }

    private static string Next(string id) => (int.Parse(id, CultureInfo.InvariantCulture) + 1).ToString("D8", CultureInfo.InvariantCulture);

    private OpenSegment NewOpen(string id)
    {
        var frames = new List<(long At, byte[] Payload)>();
        var (file, cut) = WriteAhead.Open(PathOf(id, ".wal"), (at, payload) => frames.Add((at, payload)));
        if (cut > 0) recovery.Add($"{id}.wal ended in {cut} bytes of an append that was never acknowledged; they were cut off.");
        var created = Replay(id, file, frames);
        if (created.Rows > 0) recovery.Add($"{created.Rows} events of the open segment {id} were read back from the write-ahead file.");
        return created;
    }

    private OpenSegment ReadOpen(string id)
    {
        var frames = new List<(long At, byte[] Payload)>();
        readTo = WriteAhead.Read(PathOf(id, ".wal"), (at, payload) => frames.Add((at, payload)));
        return Replay(id, null, frames);
    }

    private OpenSegment Replay(string id, WriteAhead? file, List<(long At, byte[] Payload)> frames)
    {
        var created = new OpenSegment(id, file);
        var anchor = ReadAnchor(id);
        foreach (var (at, payload) in frames)
        {
            Take(created, EventFrame.Read(payload), at, options.Clock.GetUtcNow());
            // What was anchored ended with a frame.
            if (anchor is not null && anchor.Events == created.Rows && Convert.ToHexStringLower(created.Leaves.Root()) == anchor.Root) created.Anchor = anchor;
        }

        return created;
    }

    private OpenAnchor? ReadAnchor(string id)
    {
        try
        {
            return File.Exists(PathOf(id, ".anchor")) ? JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(id, ".anchor")), StoreJson.Default.OpenAnchor) : null;
        }
        catch (JsonException)
        {
            // It only saves proofs of the open segment; the next anchor writes it anew.
            return null;
        }
    }

    /// <summary>Takes the store as it is now.</summary>
    /// <param name="whole">True to fail rather than leave out a file of cold storage that cannot be had.</param>
    /// <param name="cancellation">Stops the fetching of files.</param>
    private View TakeView(bool whole = false, CancellationToken cancellation = default)
    {
        // What was acknowledged is seen.
        Settle();
        // While a batch is being added the view waits: it has all of it or nothing.
        lock (adding)
        {
            lock (gate)
            {
                var epoch = changes;
                views[epoch] = views.GetValueOrDefault(epoch) + 1;
                return new View(this, parts, open.Id, open.Rows, open.Take(), epoch, whole, cancellation);
            }
        }
    }

    /// <summary>The store at one moment: its files and the rows that the open segment had then. The files stay as long as it is held.</summary>
    private sealed class View(LogStore store, List<Part> parts, string openId, int openRows, List<OpenPart> openParts, long epoch, bool whole, CancellationToken cancellation) : IDisposable
    {
        private readonly Dictionary<Part, (ColdMark Mark, string Path)> held = [];
        private readonly Dictionary<Part, ColdException> lacking = [];
        private readonly Lock connecting = new();
        private DuckDBConnection? connection;

        public List<Part> Parts { get; } = parts;

        public string OpenId { get; } = openId;

        public int OpenRows { get; } = openRows;

        /// <summary>The events of the open segment, in their order.</summary>
        public IReadOnlyList<OpenPart> OpenParts { get; } = openParts;

        public string OpenTable => All([], null);

        /// <summary>What was asked for and cannot be had, in words, with the period that is missing; none when nothing is.</summary>
        public IReadOnlyList<LocalizedText> Notes => [.. lacking.GroupBy(l => l.Value.Words).Select(Note)];

        /// <summary>The file of a segment as a table; null when there is none, or when it cannot be had.</summary>
        public string? From(string segment) => segment == OpenId ? OpenTable : Parts.Find(part => part.Has(segment)) is { FileSha256: not null } part ? Table(part) : null;

        /// <summary>A file as a table of the rows that may answer a search; null when none can, or when it lies in cold storage and cannot be had.</summary>
        /// <exception cref="ColdException">It cannot be had, and nothing may be left out.</exception>
        public string? Table(Part part, SearchQuery? query = null)
        {
            // What the index answers with nothing needs no file.
            var places = part.Places(query);
            if (places is { Count: 0 } || File(part) is not { } file) return null;
            return places is null ? part.Table(file) : part.Table(file, places);
        }

        /// <summary>Asks the indexes of files which rows may answer a search, some at once: whoever asks each of them by itself has the answer then.</summary>
        public void Ask(IReadOnlyList<Part> parts, SearchQuery? query)
        {
            if (query?.Root is null || parts.Count < 2) return;
            Parallel.ForEach(parts, new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(store.options.Queries.Threads, 1, 16), CancellationToken = cancellation }, part => part.Places(query));
        }

        /// <summary>Where the database reads a file; null when it cannot be had.</summary>
        /// <exception cref="ColdException">It cannot be had, and nothing may be left out.</exception>
        public string? File(Part part)
        {
            // Others may see that the owner has moved it in between.
            var mark = part.Cold ?? (store.ownership is null && !System.IO.File.Exists(part.Path(".parquet")) ? part.Marked().Cold : null);
            if (mark is null) return part.Path(".parquet");
            if (held.TryGetValue(part, out var known)) return known.Path;
            try
            {
                if (lacking.TryGetValue(part, out var why)) throw why;
                // Where one did not come for the place's sake, no other will.
                if (lacking.Values.FirstOrDefault(l => l.Fault is ColdFault.Unreachable) is { } away) throw away;
                var path = store.cold.HoldAsync(mark, cancellation).GetAwaiter().GetResult();
                held.Add(part, (mark, path));
                return path;
            }
            catch (ColdException e) when (!whole)
            {
                lacking[part] = e;
                return null;
            }
        }

        /// <summary>Ends the use of a file before the view does.</summary>
        public void LetGo(Part part)
        {
            if (held.Remove(part, out var known)) store.cold.LetGo(known.Mark);
        }

        /// <summary>After the database failed: leaves out files in a cold folder that are not as they were moved there. False when none is.</summary>
        public bool LeavesOut()
        {
            var before = lacking.Count;
            foreach (var (part, (mark, path)) in held.ToList())
            {
                try
                {
                    if (ColdFiles.HashAsync(path, cancellation).GetAwaiter().GetResult() == mark.Sha256) continue;
                    lacking[part] = ColdFiles.Changed(mark.Place, mark.Name);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    lacking[part] = new ColdException(ColdFault.Unreachable, new LocalizedText($"{mark.Place} 無法讀取：{e.Message}", $"{mark.Place} cannot be read: {e.Message}"), e);
                }

                LetGo(part);
            }

            return lacking.Count > before;
        }

        private static LocalizedText Note(IGrouping<LocalizedText, KeyValuePair<Part, ColdException>> some)
        {
            var parts = some.Select(l => l.Key).ToList();
            var events = parts.Sum(part => part.Sources.Sum(s => s.Events)).ToString("N0", CultureInfo.InvariantCulture);
            var (from, to) = (Time(parts.Min(part => part.From)), Time(parts.Max(part => part.To)));
            return new LocalizedText(
                $"冷儲存有 {parts.Count} 個檔案讀不到（{from} 至 {to} UTC 之間的 {events} 筆），其中的日誌不在這次結果裡：{some.Key.Zh}",
                $"{parts.Count} {(parts.Count == 1 ? "file" : "files")} of cold storage cannot be read ({events} events between {from} and {to} UTC) and {(parts.Count == 1 ? "is" : "are")} not in this result: {some.Key.En}");

            static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        }

        /// <summary>Parts that have events left.</summary>
        public IEnumerable<Part> Readable => Parts.Where(part => part.FileSha256 is not null);

        /// <summary>Files and the open segment as one table, without the rows that cannot answer a search.</summary>
        /// <param name="parts">The files.</param>
        /// <param name="query">The search.</param>
        /// <param name="open">False to leave the open segment out.</param>
        public string All(IReadOnlyList<Part> parts, SearchQuery? query, bool open = true)
        {
            Ask(parts, query);
            var (files, apart, some) = (new List<string>(), new List<string>(), new List<string>());
            foreach (var part in parts)
            {
                var places = part.Places(query);
                if (places is { Count: 0 } || File(part) is not { } file) continue;
                if (places is null) (part.Apart ? apart : files).Add(file);
                else some.Add($"SELECT * {(part.Segments.Count == 1 ? "" : "EXCLUDE (file_row_number) ")}FROM {part.Table(file, places)}");
            }

            if (open) files.AddRange(OpenParts.Select(part => part.Path));
            if (files.Count > 0) some.Add("FROM " + Read(files, false));
            if (apart.Count > 0) some.Add("FROM " + Read(apart, true));
            return some.Count == 0 ? SegmentTable.Nothing : $"({string.Join(" UNION ALL BY NAME ", some)})";

            static string Read(List<string> files, bool apart) => KnownFields.Table($"read_parquet([{string.Join(", ", files.Select(SegmentTable.Literal))}])", apart);
        }

        /// <summary>How far the running query is, in percent; negative when it is not known.</summary>
        public double Progress => Volatile.Read(ref connection)?.GetQueryProgress().Percentage ?? -1;

        public DuckDBCommand Command(string sql)
        {
            var command = Connect().CreateCommand();
            command.CommandText = sql;
            return command;
        }

        // Not all that looks at the store asks the database.
        private DuckDBConnection Connect()
        {
            lock (connecting) return connection ??= store.Connect();
        }

        public void Dispose()
        {
            connection?.Dispose();
            foreach (var part in OpenParts) part.LetGo();
            foreach (var (mark, _) in held.Values) store.cold.LetGo(mark);
            lock (store.gate)
            {
                if (--store.views[epoch] == 0) store.views.Remove(epoch);
            }
        }
    }
}

/// <summary>What a store has.</summary>
internal sealed record StoreExtent(IReadOnlyList<SegmentManifest> Sealed, string OpenId, int OpenRows)
{
    /// <summary>All segments with their rows, oldest first.</summary>
    public IEnumerable<(string Id, int Rows)> Segments => Sealed.Select(segment => (segment.Id, segment.Events)).Append((OpenId, OpenRows));
}
