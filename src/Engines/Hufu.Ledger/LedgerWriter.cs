using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// The one writer of a ledger's folder. Entries come in batches; a batch is there wholly or not at all, because its tiles mean nothing
/// until the checkpoint that names them is renamed into place. Safe for use by several threads, one batch at a time.
/// </summary>
public sealed class LedgerWriter : IDisposable
{
    private const string LockFile = ".lock";
    private const string Staging = ".staging";
    private const string Aside = ".found";

    private readonly string folder;
    private readonly LedgerOptions options;
    private readonly NoteSigner[] signers;
    private readonly FileStream held;
    private readonly Lock gate = new();
    private LedgerEdge edge;
    private Error? broken;
    private bool disposed;

    private LedgerWriter(string folder, NoteSigner[] signers, LedgerOptions options, FileStream held, LedgerEdge edge, OpenReport report)
    {
        this.folder = folder;
        this.signers = signers;
        this.options = options;
        this.held = held;
        this.edge = edge;
        Report = report;
        Checkpoint = report.Checkpoint;
    }

    /// <summary>What opening found.</summary>
    public OpenReport Report { get; }

    /// <summary>The newest checkpoint.</summary>
    public SignedCheckpoint Checkpoint { get; private set; }

    /// <summary>Number of entries.</summary>
    public long Size => Checkpoint.Checkpoint.Size;

    /// <summary>
    /// Opens a folder for writing, or begins a new ledger in an empty one. Takes the folder's lock until disposal. The checkpoint's
    /// signature and the right edge of the tree are verified; a batch that a killed process left unfinished is moved aside and
    /// reported in <see cref="Report"/>. For the rest of the tree see <see cref="LedgerVerifier"/>.
    /// </summary>
    /// <param name="folder">The ledger's folder; created when absent.</param>
    /// <param name="signer">The log's key.</param>
    /// <param name="options">How to write.</param>
    public static Result<LedgerWriter> Open(string folder, NoteSigner signer, LedgerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(signer);
        options ??= new LedgerOptions();
        FileStream? held = null;
        try
        {
            options.Files.CreateFolder(folder);
            try
            {
                held = new FileStream(Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Path.Combine(folder, LockFile)))
            {
                return Result.Fail<LedgerWriter>(LedgerErrors.Locked(LockFile));
            }

            var opened = Recover(folder, [signer, .. options.AdditionalSigners], options, held);
            if (opened.IsOk)
                held = null;
            return opened;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Result.Fail<LedgerWriter>(LedgerErrors.Unreadable(folder, e.Message));
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>
    /// Appends a batch and publishes its checkpoint. When the disk fails, the ledger stays as it was and can be used further; only
    /// when the very last step fails is it asked to be opened again (<c>ledger.reopen-needed</c>). An empty batch changes nothing.
    /// </summary>
    public Result<AppendedBatch> Append(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count > options.MaxBatch)
            return Result.Fail<AppendedBatch>(LedgerErrors.BatchTooLarge(entries.Count, options.MaxBatch));
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Length > EntryBundle.MaxEntryLength)
                return Result.Fail<AppendedBatch>(LedgerErrors.EntryTooLong(i, entries[i].Length));
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (broken is not null)
                return Result.Fail<AppendedBatch>(broken);
            if (entries.Count == 0)
                return Result.Of(new AppendedBatch(Size, 0, Checkpoint));
            var first = Size;
            var next = edge.Clone();
            var batch = new Batch(folder, options);
            SignedCheckpoint checkpoint;
            try
            {
                foreach (var entry in entries)
                    next.Append(entry.Span, batch.StageFull);
                foreach (var (level, index, width, bytes) in next.ChangedPartials())
                    batch.Stage(level, index, width, bytes);
                checkpoint = SignedCheckpoint.Sign(new Checkpoint(Checkpoint.Checkpoint.Origin, next.Size, next.Root), signers);
                batch.Place();
                batch.StageCheckpoint(checkpoint);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!batch.TryUndo())
                    broken = LedgerErrors.ReopenNeeded(folder, e.Message);
                return Result.Fail<AppendedBatch>(broken ?? LedgerErrors.Io(folder, e.Message));
            }

            try
            {
                batch.Commit();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // With the old checkpoint in place nothing happened. With the new one, it may or may not survive a power cut, so the
                // batch is neither confirmed nor taken back; opening again will tell.
                var present = TileFile.Read(folder, TilePath.Checkpoint, SignedNote.MaxLength);
                if (!present.IsOk || !Checkpoint.Bytes.Span.SequenceEqual(present.Value) || !batch.TryUndo())
                    broken = LedgerErrors.ReopenNeeded(folder, e.Message);
                return Result.Fail<AppendedBatch>(broken ?? LedgerErrors.Io(folder, e.Message));
            }

            edge = next;
            Checkpoint = checkpoint;
            batch.DeleteReplacedPartials();
            return Result.Of(new AppendedBatch(first, entries.Count, checkpoint));
        }
    }

    /// <summary>Adds the signatures of witnesses to the published checkpoint. Those by other keys are left out.</summary>
    /// <param name="cosigned">The checkpoint as a witness returned it: the same text, with its signature lines.</param>
    /// <param name="witnesses">Keys of the witnesses that are believed.</param>
    public Result<SignedCheckpoint> AddCosignatures(ReadOnlySpan<byte> cosigned, IReadOnlyList<NoteVerifierKey> witnesses)
    {
        ArgumentNullException.ThrowIfNull(witnesses);
        var note = SignedNote.Parse(cosigned);
        if (!note.IsOk)
            return Result.Fail<SignedCheckpoint>(note.Errors);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (broken is not null)
                return Result.Fail<SignedCheckpoint>(broken);
            if (note.Value.Text != Checkpoint.Note.Text)
                return Result.Fail<SignedCheckpoint>(LedgerErrors.CosignatureForAnother());
            var good = new List<NoteSignature>();
            foreach (var signature in note.Value.Signatures.Where(s => witnesses.Any(w => w.Made(s))))
            {
                if (!witnesses.Any(w => w.Verify(note.Value.Text, signature, out _)))
                    return Result.Fail<SignedCheckpoint>(LedgerErrors.BadSignature(signature));
                good.Add(signature);
            }

            var batch = new Batch(folder, options);
            try
            {
                var next = Checkpoint.With(good);
                batch.StageCheckpoint(next);
                batch.Commit();
                Checkpoint = next;
                return Result.Of(next);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Either note is a right checkpoint of the same tree, so nothing is uncertain.
                batch.TryUndo();
                return Result.Fail<SignedCheckpoint>(LedgerErrors.Io(folder, e.Message));
            }
        }
    }

    /// <summary>Gives the folder's lock back.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            held.Dispose();
        }
    }

    private static Result<LedgerWriter> Recover(string folder, NoteSigner[] signers, LedgerOptions options, FileStream held)
    {
        var origin = options.Origin ?? signers[0].Name;
        var staged = 0;
        var stagingFolder = Path.Combine(folder, Staging);
        if (Directory.Exists(stagingFolder))
        {
            foreach (var file in Directory.EnumerateFiles(stagingFolder))
            {
                options.Files.Delete(file);
                staged++;
            }
        }
        else
        {
            options.Files.CreateFolder(stagingFolder);
        }

        if (!File.Exists(Path.Combine(folder, TilePath.Checkpoint)))
        {
            if (LedgerFolder.AllFiles(folder, 0, 0).Any())
                return Result.Fail<LedgerWriter>(LedgerErrors.NoCheckpoint(TilePath.Checkpoint));
            if (options.KnownCheckpoint is { Size: > 0 } lost)
                return Result.Fail<LedgerWriter>(LedgerErrors.RolledBack(lost.Size, 0));
            var first = SignedCheckpoint.Sign(new Checkpoint(origin, 0, MerkleHash.Empty), signers);
            var batch = new Batch(folder, options);
            batch.StageCheckpoint(first);
            batch.Commit();
            return Result.Of(new LedgerWriter(folder, signers, options, held, new LedgerEdge(), new OpenReport(true, first, [], null, staged)));
        }

        var trust = new LedgerTrust([.. signers.Select(s => s.VerifierKey), .. options.RetiredKeys]) { Origin = origin };
        var reader = LedgerReader.Open(folder, trust);
        if (!reader.IsOk)
            return Result.Fail<LedgerWriter>(reader.Errors);
        var checkpoint = reader.Value.Checkpoint;
        var edge = LedgerEdge.Load(folder, checkpoint.Checkpoint);
        if (!edge.IsOk)
            return Result.Fail<LedgerWriter>(edge.Errors);
        if (options.KnownCheckpoint is { } known)
        {
            if (known.Size > checkpoint.Checkpoint.Size)
                return Result.Fail<LedgerWriter>(LedgerErrors.RolledBack(known.Size, checkpoint.Checkpoint.Size));
            var root = reader.Value.RootAt(known.Size);
            if (!root.IsOk)
                return Result.Fail<LedgerWriter>(root.Errors);
            if (root.Value != known.Root)
                return Result.Fail<LedgerWriter>(LedgerErrors.Rewritten(known.Size, known.Root, root.Value));
        }

        var size = checkpoint.Checkpoint.Size;
        var beyond = LedgerFolder.AllFiles(folder, size, size).Where(f => LedgerFolder.IsBeyond(f.Path, size)).ToList();
        var moved = beyond.Count == 0 ? null : MoveAside(folder, options, beyond, size);
        return Result.Of(new LedgerWriter(folder, signers, options, held, edge.Value, new OpenReport(false, checkpoint, beyond, moved, staged)));
    }

    private static string MoveAside(string folder, LedgerOptions options, List<FoundFile> files, long size)
    {
        var number = 1;
        string target;
        do
            target = string.Create(CultureInfo.InvariantCulture, $"{Aside}/{size}-{number++}");
        while (Directory.Exists(Path.Combine(folder, target)));
        foreach (var file in files)
        {
            var to = Path.Combine(folder, target, file.Path);
            options.Files.CreateFolder(Path.GetDirectoryName(to)!);
            options.Files.Rename(Path.Combine(folder, file.Path), to);
        }

        return target;
    }

    /// <summary>The files of one batch on their way: written under temporary names, moved to their places, and made valid by the checkpoint.</summary>
    private sealed class Batch(string folder, LedgerOptions options)
    {
        private readonly ILedgerFiles files = options.Files;
        private readonly bool sync = options.Durability == LedgerDurability.Batch;
        private readonly List<(string Staged, string Place)> staged = [];
        private readonly List<string> placed = [];
        private readonly List<string> replaced = [];
        private readonly HashSet<string> touched = new(StringComparer.Ordinal);
        private int written;

        public void StageFull(int level, long index, ReadOnlyMemory<byte> bytes)
        {
            Stage(level, index, TilePath.Width, bytes);
            replaced.Add(Path.Combine(folder, TilePath.Of(level, index, TilePath.Width) + ".p"));
        }

        public void Stage(int level, long index, int width, ReadOnlyMemory<byte> bytes) => Stage(TilePath.Of(level, index, width), bytes);

        public void StageCheckpoint(SignedCheckpoint checkpoint) => Stage(TilePath.Checkpoint, checkpoint.Bytes);

        /// <summary>Moves the staged tiles to their places, bundles before hashes, and makes their names durable.</summary>
        public void Place()
        {
            foreach (var (from, place) in staged.OrderBy(s => !s.Place.StartsWith("tile/entries/", StringComparison.Ordinal)))
            {
                var to = Path.Combine(folder, place);
                CreateFolder(Path.GetDirectoryName(to)!);
                placed.Add(to);
                files.Rename(from, to);
            }

            staged.Clear();
            if (!sync)
                return;
            foreach (var path in touched)
                files.SyncFolder(path);
        }

        /// <summary>The one step that makes the batch part of the log.</summary>
        public void Commit()
        {
            files.Rename(staged[^1].Staged, Path.Combine(folder, TilePath.Checkpoint));
            if (sync)
                files.SyncFolder(folder);
        }

        /// <summary>Takes back what was written; false when something could not be.</summary>
        public bool TryUndo()
        {
            try
            {
                foreach (var path in staged.Select(s => s.Staged).Concat(placed).Where(File.Exists))
                    files.Delete(path);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        /// <summary>
        /// Deletes the partial versions of tiles that became full, as C2SP tlog-tiles allows. They are redundant, so a failure here
        /// is no failure of the batch.
        /// </summary>
        public void DeleteReplacedPartials()
        {
            foreach (var path in replaced.Where(Directory.Exists))
            {
                try
                {
                    files.DeleteFolder(path);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return;
                }
            }
        }

        private void Stage(string place, ReadOnlyMemory<byte> bytes)
        {
            var path = Path.Combine(folder, Staging, (++written).ToString(CultureInfo.InvariantCulture));
            staged.Add((path, place));
            files.Write(path, bytes, sync);
        }

        private void CreateFolder(string path)
        {
            if (!touched.Add(path) || Directory.Exists(path))
                return;
            // A new name is durable when the folder that holds it was forced, up to the ledger's own folder.
            files.CreateFolder(path);
            for (var parent = Path.GetDirectoryName(path)!; touched.Add(parent) && parent != folder && parent.Length > folder.Length;)
                parent = Path.GetDirectoryName(parent)!;
        }
    }
}
