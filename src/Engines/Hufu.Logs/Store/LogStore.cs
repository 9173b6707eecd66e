using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Kernel;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>
/// Keeps events in a folder: sealed segments, which never change, and one open segment, whose events are on the disk before an append
/// returns. One process owns the folder; within it, all members may be called from several threads.
/// </summary>
public sealed partial class LogStore : IAsyncDisposable
{
    private const int ImportBatch = 10_000;

    // Long records would make ten thousand of them a matter of gigabytes.
    private const long ImportBatchBytes = 8L << 20;

    private readonly string folder;
    private readonly LogStoreOptions options;
    private readonly FileStream? ownership;
    private readonly DuckDBConnection root;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, ImportMark> imports = new(StringComparer.Ordinal);
    private readonly List<string> recovery = [];
    private List<SegmentManifest> sealedSegments = [];
    private OpenSegment open = null!;

    private LogStore(string folder, LogStoreOptions options, FileStream? ownership)
    {
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

    /// <summary>Number of events in the open segment.</summary>
    public int OpenEvents
    {
        get
        {
            lock (gate) return open.Rows;
        }
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
            store.root.Dispose();
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
                store.ReadManifests();
                store.OpenEngine();
                store.open = store.ReadOpen(store.sealedSegments.Count == 0 ? "00000001" : Next(store.sealedSegments[^1].Id));
                // A segment that was sealed in between is neither among the manifests read nor in the write-ahead file: look again.
                if (attempt == 5 || ManifestNames(folder).SetEquals(before)) return store;
            }
            catch (IOException) when (attempt < 5)
            {
                // Sealed away while it was read.
            }
            catch
            {
                store.root.Dispose();
                throw;
            }

            store.open?.Dispose();
            store.root.Dispose();
        }
    }

    /// <summary>How far a file with these contents was imported; null when it never was.</summary>
    /// <param name="sha256">SHA-256 of the file, lower-case hexadecimal.</param>
    public ImportMark? ImportOf(string sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        lock (gate) return imports.GetValueOrDefault(sha256);
    }

    /// <summary>The events from a place on, in the order of storing, sealed or not.</summary>
    /// <param name="segment">Segment of the first event.</param>
    /// <param name="row">Its row; past the end of the segment, the next segment's beginning is meant.</param>
    /// <param name="count">Most events to give.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public IEnumerable<LogEvent> EventsFrom(string segment, int row, long count, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segment);
        using var view = TakeView();
        var tables = view.Segments.Where(s => string.CompareOrdinal(s.Id, segment) >= 0).Select(s => (s.Id, Table: view.Parquet(s.Id), Rows: s.Events)).ToList();
        if (string.CompareOrdinal(view.OpenId, segment) >= 0) tables.Add((view.OpenId, view.OpenTable, view.OpenRows));
        foreach (var (id, table, rows) in tables)
        {
            for (; row < rows && count > 0; )
            {
                cancellation.ThrowIfCancellationRequested();
                var until = (int)Math.Min(rows, row + Math.Min(count, ImportBatch));
                using var command = view.Command(string.Create(CultureInfo.InvariantCulture, $"SELECT {SegmentTable.Columns} FROM {table} WHERE row >= {row} AND row < {until} ORDER BY row"));
                command.UseStreamingMode = true;
                using var reader = command.ExecuteReader();
                while (reader.Read()) yield return SegmentTable.Read(reader, id);
                count -= until - row;
                row = until;
            }

            if (count <= 0) yield break;
            row = 0;
        }
    }

    /// <summary>
    /// The Merkle root over the first events of a segment, sealed or open, as their leaf hashes are kept now; null when there are not so many.
    /// </summary>
    public byte[]? RootOf(string segment, int events)
    {
        ArgumentNullException.ThrowIfNull(segment);
        List<byte[]> leaves;
        lock (gate) leaves = segment == open.Id ? [.. open.Leaves.Take(events)] : [];
        if (leaves.Count == 0) leaves = ReadLeaves(segment);
        return leaves.Count < events ? null : Merkle.Root(leaves.Count == events ? leaves : leaves.GetRange(0, events));
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

    /// <summary>Gets an event by its id; null when there is none.</summary>
    public LogEvent? GetEvent(string id)
    {
        if (!TryId(id, out var segment, out var row)) return null;
        using var view = TakeView();
        if (view.From(segment) is not { } table) return null;
        using var command = view.Command($"SELECT {SegmentTable.Columns} FROM {table} WHERE row = {row.ToString(CultureInfo.InvariantCulture)}");
        using var reader = command.ExecuteReader();
        return reader.Read() ? SegmentTable.Read(reader, segment) : null;
    }

    /// <summary>
    /// Proves that an event is in its segment; null when the event is not there or its segment is still open. The proof is made from the event as
    /// it is stored now: for an event that was changed after sealing it does not hold.
    /// </summary>
    public EventProof? Prove(string id)
    {
        if (GetEvent(id) is not { } item || !TryId(id, out var segment, out var row)) return null;
        var manifest = Segments.FirstOrDefault(candidate => candidate.Id == segment);
        if (manifest is null) return null;
        var leaves = ReadLeaves(segment);
        if (row >= leaves.Count) return null;
        return new EventProof(id, EventCodec.Encode(item), row, leaves.Count, Merkle.Path(leaves, row), Convert.FromHexString(manifest.Root), manifest.Receipt);
    }

    /// <summary>
    /// Checks a sealed segment: file, list of leaf hashes, every event. Names what was changed, is missing or was added.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such sealed segment.</exception>
    public SegmentVerification VerifySegment(string segmentId, CancellationToken cancellation = default)
    {
        var manifest = Segments.FirstOrDefault(candidate => candidate.Id == segmentId) ?? throw new ArgumentException($"There is no sealed segment '{segmentId}'.", nameof(segmentId));
        var findings = new List<SegmentFinding>();
        var path = PathOf(segmentId, ".parquet");
        if (!File.Exists(path))
        {
            findings.Add(new SegmentFinding(SegmentFault.FileMissing, null, $"{System.IO.Path.GetFileName(path)} is not there"));
            return new SegmentVerification(segmentId, 0, findings);
        }

        using (var file = File.OpenRead(path))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != manifest.FileSha256)
                findings.Add(new SegmentFinding(SegmentFault.FileChanged, null, $"{System.IO.Path.GetFileName(path)} does not have the SHA-256 of the manifest"));
        }

        var leaves = ReadLeaves(segmentId);
        var leavesHold = leaves.Count == manifest.Events && Convert.ToHexStringLower(Merkle.Root(leaves)) == manifest.Root;
        if (!leavesHold) findings.Add(new SegmentFinding(SegmentFault.LeavesChanged, null, "the list of leaf hashes does not give the manifest's root"));

        var seen = new HashSet<int>();
        try
        {
            using var connection = root.Duplicate();
            connection.Open();
            using var command = connection.CreateCommand();
            command.UseStreamingMode = true;
            command.CommandText = $"SELECT {SegmentTable.Columns} FROM read_parquet({SegmentTable.Literal(path)})";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                var item = SegmentTable.Read(reader, segmentId);
                var row = reader.GetInt32(0);
                if (row < 0 || row >= manifest.Events || !seen.Add(row)) Add(SegmentFault.EventAdded, item.Id, "the event was not sealed in this segment");
                else if (row < leaves.Count && (!Merkle.HashLeaf(EventCodec.Encode(item)).AsSpan().SequenceEqual(leaves[row]) || !SegmentTable.ColumnsAgree(reader, item, segmentId))) Add(SegmentFault.EventChanged, item.Id, "the event is not as it was sealed");
            }

            for (var row = 0; row < manifest.Events && seen.Count < manifest.Events; row++)
            {
                if (!seen.Contains(row)) Add(SegmentFault.EventMissing, $"{segmentId}/{row}", "the event was sealed and is not there");
            }
        }
        catch (DuckDBException fault)
        {
            findings.Add(new SegmentFinding(SegmentFault.FileUnreadable, null, fault.Message));
        }

        return new SegmentVerification(segmentId, seen.Count, findings);

        void Add(SegmentFault fault, string id, string detail)
        {
            if (findings.Count < 1_000) findings.Add(new SegmentFinding(fault, id, detail));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        open.Dispose();
        root.Dispose();
        if (ownership is not null) await ownership.DisposeAsync().ConfigureAwait(false);
        writing.Dispose();
    }

    private static bool TryId(string id, out string segment, out int row)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        segment = slash < 0 ? "" : id[..slash];
        row = 0;
        return slash == 8 && segment.All(char.IsAsciiDigit) && int.TryParse(id.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out row);
    }

    private string PathOf(string segment, string extension) => System.IO.Path.Combine(folder, segment + extension);

    private List<byte[]> ReadLeaves(string segment)
    {
        var path = PathOf(segment, ".leaves");
        if (!File.Exists(path)) return [];
        var bytes = File.ReadAllBytes(path);
        return [.. Enumerable.Range(0, bytes.Length / Merkle.HashLength).Select(i => bytes[(i * Merkle.HashLength)..((i + 1) * Merkle.HashLength)])];
    }

    private async Task<IReadOnlyList<string>> AppendOwnedAsync(IReadOnlyList<LogEvent> events, ImportMark? import, CancellationToken cancellation)
    {
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        if (open.Rows > 0 && (IsFull || options.Clock.GetUtcNow() - open.FirstAppended >= options.SealAfter)) await SealOwnedAsync(cancellation).ConfigureAwait(false);
        if (events.Count == 0 && import is null) return [];
        var frame = EventFrame.For(events.Count, import);
        var taken = new List<Taken>(events.Count);
        foreach (var item in events) taken.Add(frame.Add(item));

        open.File!.Append(frame.WithHead);
        var first = open.Rows;
        Take(frame, taken, options.Clock.GetUtcNow());
        var segment = open.Id;
        try
        {
            if (IsFull) await SealOwnedAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The events are stored, and whoever were told otherwise would store them again. The next append seals first, and says what is wrong.
        }

        return [.. Enumerable.Range(first, events.Count).Select(row => $"{segment}/{row}")];
    }

    private bool IsFull => open.Rows >= options.SealAfterEvents || open.Bytes >= options.SealAfterBytes;

    /// <summary>
    /// Puts the events of a frame into the open table: those that were added to it, or else those that are read from its bytes. Either way it is what
    /// the bytes say, so that memory and disk cannot differ.
    /// </summary>
    private void Take(EventFrame frame, List<Taken>? taken, DateTimeOffset now)
    {
        if (open.Rows == 0) open.FirstAppended = now;
        var leaves = new List<byte[]>(frame.Count);
        using (var appender = root.CreateAppender(open.Table))
        {
            for (var i = 0; i < frame.Count; i++)
            {
                var (item, fields) = taken?[i] ?? frame.Read(i);
                SegmentTable.Append(appender, open.Rows + i, item, fields, frame.Bytes(i));
                leaves.Add(frame.Leaf(i));
                var time = EventCodec.Time(EventCodec.Micros(item.Time));
                if (time < open.Earliest) open.Earliest = time;
                if (time > open.Latest) open.Latest = time;
                open.Bytes += frame.Bytes(i).Length;
            }
        }

        lock (gate)
        {
            open.Leaves.AddRange(leaves);
            open.Rows += frame.Count;
            if (frame.Import is not { } import) return;
            open.Imports[import.Sha256] = Join(open.Imports.GetValueOrDefault(import.Sha256), import);
            imports[import.Sha256] = Join(imports.GetValueOrDefault(import.Sha256), import);
        }
    }

    private static ImportMark Join(ImportMark? known, ImportMark more) => known is null ? more : more with { Records = known.Records + more.Records, Complete = known.Complete || more.Complete };

    private async Task<SegmentManifest?> SealOwnedAsync(CancellationToken cancellation)
    {
        if (ownership is null) throw new InvalidOperationException("The store was opened to read.");
        if (open.Rows == 0) return null;
        var parquet = PathOf(open.Id, ".parquet");
        using (var command = root.CreateCommand())
        {
            command.CommandText = SegmentTable.Copy(open.Table, parquet + DurableFile.TemporarySuffix);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        DurableFile.Commit(parquet);
        var leaves = new byte[open.Leaves.Count * Merkle.HashLength];
        for (var i = 0; i < open.Leaves.Count; i++) open.Leaves[i].CopyTo(leaves, i * Merkle.HashLength);
        DurableFile.Write(PathOf(open.Id, ".leaves"), leaves);
        string sha256;
        long length;
        await using (var file = File.OpenRead(parquet))
        {
            length = file.Length;
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
        }

        var merkleRoot = Merkle.Root(open.Leaves);
        var receipt = options.Sealer is { } sealer
            ? await sealer.SealAsync(new SegmentSeal(open.Id, open.Rows, open.Earliest, open.Latest, sha256, open.Leaves, merkleRoot), cancellation).ConfigureAwait(false)
            : null;
        var manifest = new SegmentManifest
        {
            Id = open.Id, Events = open.Rows, From = open.Earliest, To = open.Latest, SealedAt = options.Clock.GetUtcNow(), FileLength = length, FileSha256 = sha256,
            Root = Convert.ToHexStringLower(merkleRoot), Receipt = receipt, Imports = [.. open.Imports.Values],
        };
        // From here on the segment counts as sealed: the manifest is the last file to appear.
        DurableFile.Write(PathOf(open.Id, ".json"), JsonSerializer.SerializeToUtf8Bytes(manifest, StoreJson.Default.SegmentManifest));
        var done = open;
        var next = NewOpen(Next(done.Id));
        lock (gate)
        {
            sealedSegments = [.. sealedSegments, manifest];
            open = next;
            done.Retired = true;
            if (done.Readers == 0) Drop(done);
        }

        done.File!.Dispose();
        File.Delete(PathOf(done.Id, ".wal"));
        return manifest;
    }

    private void Recover()
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*" + DurableFile.TemporarySuffix))
        {
            File.Delete(path);
            recovery.Add($"{System.IO.Path.GetFileName(path)} was half written and was removed; its events are in the write-ahead file.");
        }

        ReadManifests();
        foreach (var missing in sealedSegments.Where(manifest => !File.Exists(PathOf(manifest.Id, ".parquet"))))
            recovery.Add($"{missing.Id}.parquet is missing although its manifest is there; its {missing.Events} events cannot be read.");

        var ids = sealedSegments.Select(manifest => manifest.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder).Where(path => System.IO.Path.GetExtension(path) is ".parquet" or ".leaves"))
        {
            if (ids.Contains(System.IO.Path.GetFileNameWithoutExtension(path))) continue;
            // Never sealed, so the write-ahead file still has the events; without it the file is all there is and is left alone.
            if (!File.Exists(PathOf(System.IO.Path.GetFileNameWithoutExtension(path), ".wal")))
                throw new InvalidDataException($"{path} has neither a manifest nor a write-ahead file. Move it out of the store, or put its manifest back.");
            File.Delete(path);
            recovery.Add($"{System.IO.Path.GetFileName(path)} was not sealed and was removed; its events are in the write-ahead file.");
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*.wal").Where(path => ids.Contains(System.IO.Path.GetFileNameWithoutExtension(path))))
        {
            File.Delete(path);
            recovery.Add($"{System.IO.Path.GetFileName(path)} belongs to a sealed segment and was removed.");
        }

        OpenEngine();
        open = NewOpen(sealedSegments.Count == 0 ? "00000001" : Next(sealedSegments[^1].Id));
    }

    private static HashSet<string> ManifestNames(string folder) => [.. Directory.EnumerateFiles(folder, "*.json")];

    private void ReadManifests()
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            SegmentManifest? manifest;
            try
            {
                manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.SegmentManifest);
            }
            catch (JsonException fault)
            {
                throw new InvalidDataException($"The manifest {path} cannot be read: {fault.Message}", fault);
            }

            if (manifest is null || manifest.Id != System.IO.Path.GetFileNameWithoutExtension(path) || manifest.Schema != 1)
                throw new InvalidDataException($"The manifest {path} is not one of schema 1 for this segment.");
            sealedSegments.Add(manifest);
            foreach (var mark in manifest.Imports) imports[mark.Sha256] = Join(imports.GetValueOrDefault(mark.Sha256), mark);
        }
    }

    private void OpenEngine()
    {
        root.Open();
        using (var command = root.CreateCommand())
        {
            // Nothing that a search says can reach the file system or load an extension beyond reading the store's own files.
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
                SET threads = {options.QueryThreads}; SET memory_limit = '{options.QueryMemory}MiB'; SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false;
                SET temp_directory = {SegmentTable.Literal(System.IO.Path.Combine(folder, "spill"))};
                """);
            command.ExecuteNonQuery();
        }

        SearchSql.Prepare(root);
    }

    private static string Next(string id) => (int.Parse(id, CultureInfo.InvariantCulture) + 1).ToString("D8", CultureInfo.InvariantCulture);

    private OpenSegment NewOpen(string id)
    {
        var frames = new List<byte[]>();
        var (file, cut) = WriteAhead.Open(PathOf(id, ".wal"), frames.Add);
        if (cut > 0) recovery.Add($"{id}.wal ended in {cut} bytes of an append that was never acknowledged; they were cut off.");
        var created = Replay(id, file, frames);
        if (created.Rows > 0) recovery.Add($"{created.Rows} events of the open segment {id} were read back from the write-ahead file.");
        return created;
    }

    private OpenSegment ReadOpen(string id)
    {
        var frames = new List<byte[]>();
        WriteAhead.Read(PathOf(id, ".wal"), frames.Add);
        return Replay(id, null, frames);
    }

    private OpenSegment Replay(string id, WriteAhead? file, List<byte[]> frames)
    {
        var created = new OpenSegment(id, "open_" + id, file);
        using (var command = root.CreateCommand())
        {
            command.CommandText = SegmentTable.Create(created.Table);
            command.ExecuteNonQuery();
        }

        if (frames.Count == 0) return created;
        var before = open;
        open = created;
        foreach (var frame in frames)
        {
            Take(EventFrame.Read(frame), null, options.Clock.GetUtcNow());
        }

        open = before ?? created;
        return created;
    }

    private void Drop(OpenSegment segment)
    {
        using var command = root.CreateCommand();
        command.CommandText = $"DROP TABLE {segment.Table}";
        command.ExecuteNonQuery();
    }

    private View TakeView()
    {
        lock (gate)
        {
            open.Readers++;
            var connection = root.Duplicate();
            connection.Open();
            return new View(this, sealedSegments, open, open.Rows, connection);
        }
    }

    private sealed class OpenSegment(string id, string table, WriteAhead? file) : IDisposable
    {
        public string Id { get; } = id;

        public string Table { get; } = table;

        public WriteAhead? File { get; } = file;

        public List<byte[]> Leaves { get; } = [];

        public Dictionary<string, ImportMark> Imports { get; } = new(StringComparer.Ordinal);

        public int Rows { get; set; }

        public long Bytes { get; set; }

        public DateTimeOffset FirstAppended { get; set; }

        public DateTimeOffset Earliest { get; set; } = DateTimeOffset.MaxValue;

        public DateTimeOffset Latest { get; set; } = DateTimeOffset.MinValue;

        public int Readers { get; set; }

        public bool Retired { get; set; }

        public void Dispose() => File?.Dispose();
    }

    /// <summary>The store at one moment: a list of segments and the rows that the open one had then.</summary>
    private sealed class View(LogStore store, List<SegmentManifest> segments, OpenSegment open, int openRows, DuckDBConnection connection) : IDisposable
    {
        public List<SegmentManifest> Segments { get; } = segments;

        public string OpenId { get; } = open.Id;

        public int OpenRows { get; } = openRows;

        public string OpenTable => string.Create(CultureInfo.InvariantCulture, $"(SELECT * FROM {SegmentTable.OpenAsSegment(open.Table)} WHERE row < {OpenRows})");

        public string? From(string segment) => segment == OpenId ? OpenTable : Segments.Exists(manifest => manifest.Id == segment) ? Parquet(segment) : null;

        public string Parquet(string segment) => $"read_parquet({SegmentTable.Literal(store.PathOf(segment, ".parquet"))})";

        public DuckDBCommand Command(string sql)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            return command;
        }

        public void Dispose()
        {
            connection.Dispose();
            lock (store.gate)
            {
                open.Readers--;
                if (open.Retired && open.Readers == 0) store.Drop(open);
            }
        }
    }
}
