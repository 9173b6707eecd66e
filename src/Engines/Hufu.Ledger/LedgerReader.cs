using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// Reads a ledger's folder without its writer, also while it is being written: everything is seen at the size of the checkpoint that
/// was read last. One entry costs one bundle, one proof a few tiles. Safe for use by several threads.
/// </summary>
public sealed class LedgerReader
{
    private const int CachedTiles = 64;

    private readonly string folder;
    private readonly Lock gate = new();
    private readonly Dictionary<(int Level, long Index), byte[]> cache = [];
    private volatile SignedCheckpoint current;

    private LedgerReader(string folder, SignedCheckpoint checkpoint)
    {
        this.folder = folder;
        current = checkpoint;
    }

    /// <summary>The checkpoint at which the ledger is read. Its signature was verified only if <see cref="Open"/> was given trust.</summary>
    public SignedCheckpoint Checkpoint => current;

    /// <summary>Number of entries.</summary>
    public long Size => current.Checkpoint.Size;

    /// <summary>Opens a folder for reading at its present checkpoint.</summary>
    /// <param name="folder">The ledger's folder.</param>
    /// <param name="trust">When given, the checkpoint's signature must hold.</param>
    public static Result<LedgerReader> Open(string folder, LedgerTrust? trust = null)
    {
        var checkpoint = ReadCheckpoint(folder, trust);
        return checkpoint.IsOk ? Result.Of(new LedgerReader(folder, checkpoint.Value)) : Result.Fail<LedgerReader>(checkpoint.Errors);
    }

    /// <summary>Moves on to the newest checkpoint. A smaller one, or another root at the same size, is refused.</summary>
    public Result<SignedCheckpoint> Refresh(LedgerTrust? trust = null)
    {
        var next = ReadCheckpoint(folder, trust);
        if (!next.IsOk)
            return next;
        lock (gate)
        {
            var (old, now) = (current.Checkpoint, next.Value.Checkpoint);
            if (now.Size < old.Size)
                return Result.Fail<SignedCheckpoint>(LedgerErrors.RolledBack(old.Size, now.Size));
            if (now.Size == old.Size && now.Root != old.Root)
                return Result.Fail<SignedCheckpoint>(LedgerErrors.Rewritten(old.Size, old.Root, now.Root));
            // Partial tiles were cached at their old width.
            cache.Clear();
            current = next.Value;
        }

        return next;
    }

    /// <summary>The bytes of an entry, checked against its leaf hash.</summary>
    public Result<byte[]> ReadEntry(long index)
    {
        var size = Size;
        if (index < 0 || index >= size)
            return Result.Fail<byte[]>(LedgerErrors.OutOfRange("index", index, size));
        var bundle = TileFile.ReadAt(folder, TilePath.Entries, index / TilePath.Width, size);
        if (!bundle.IsOk)
            return Result.Fail<byte[]>(bundle.Errors);
        var (path, bytes) = bundle.Value;
        if (!EntryBundle.TryFind(bytes, (int)(index % TilePath.Width), out var range))
            return Result.Fail<byte[]>(LedgerErrors.BundleMalformed(path, $"在第 {range.Start} 位元組處中斷", $"it is cut at byte {range.Start}"));
        var entry = bytes[range];
        var expected = LeafHash(index);
        if (!expected.IsOk)
            return Result.Fail<byte[]>(expected.Errors);
        var found = MerkleHash.OfLeaf(entry);
        return found == expected.Value ? Result.Of(entry) : Result.Fail<byte[]>(LedgerErrors.HashMismatch(path, expected.Value, found));
    }

    /// <summary>The hash of a leaf, from its tile.</summary>
    public Result<MerkleHash> LeafHash(long index)
    {
        var size = Size;
        if (index < 0 || index >= size)
            return Result.Fail<MerkleHash>(LedgerErrors.OutOfRange("index", index, size));
        return Guard(() => Tile(0, index / TilePath.Width, size)[(int)(index % TilePath.Width)]);
    }

    /// <summary>The root of the tree over the first <paramref name="size"/> entries.</summary>
    public Result<MerkleHash> RootAt(long size)
    {
        var all = Size;
        if (size < 0 || size > all)
            return Result.Fail<MerkleHash>(LedgerErrors.OutOfRange("size", size, all));
        return Guard(() => MerkleProof.RangeRoot(0, size, (level, index) => Subtree(level, index, all)));
    }

    /// <summary>Proof that an entry stands at an index of the tree of a size; of the present size when none is given.</summary>
    public Result<InclusionProof> InclusionProof(long index, long? size = null)
    {
        var all = Size;
        var at = size ?? all;
        if (at < 0 || at > all)
            return Result.Fail<InclusionProof>(LedgerErrors.OutOfRange("size", at, all));
        if (index < 0 || index >= at)
            return Result.Fail<InclusionProof>(LedgerErrors.OutOfRange("index", index, at));
        return Guard(() => MerkleProof.CreateInclusion(index, at, (level, i) => Subtree(level, i, all)));
    }

    /// <summary>Proof that the tree of the new size begins with the tree of the old size; the present size when none is given.</summary>
    public Result<ConsistencyProof> ConsistencyProof(long oldSize, long? newSize = null)
    {
        var all = Size;
        var at = newSize ?? all;
        if (at < 0 || at > all)
            return Result.Fail<ConsistencyProof>(LedgerErrors.OutOfRange("size", at, all));
        if (oldSize < 0 || oldSize > at)
            return Result.Fail<ConsistencyProof>(LedgerErrors.OutOfRange("size", oldSize, at));
        return Guard(() => MerkleProof.CreateConsistency(oldSize, at, (level, i) => Subtree(level, i, all)));
    }

    /// <summary>
    /// A file of the log as C2SP tlog-tiles names it, for serving it to others: <c>checkpoint</c>, <c>tile/L/N[.p/W]</c>,
    /// <c>tile/entries/N[.p/W]</c>. Nothing past the checkpoint is given, and nothing that has no such name. A partial tile that was replaced by the
    /// full one is cut from it.
    /// </summary>
    /// <param name="path">Path below the log's prefix.</param>
    public Result<byte[]> ReadFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var at = current;
        if (path == TilePath.Checkpoint)
            return Result.Of(at.Bytes.ToArray());
        if (!TilePath.TryParse(path, out var level, out var index, out var width) || width > TileFile.WidthAt(level, index, at.Checkpoint.Size))
            return Result.Fail<byte[]>(LedgerErrors.Missing(path));
        var max = level == TilePath.Entries ? EntryBundle.MaxLength : TilePath.Width * MerkleHash.Length;
        var read = TileFile.Read(folder, path, max);
        if (read.IsOk || width == TilePath.Width || read.Errors[0].Code != "ledger.file.missing")
            return read;
        var larger = TileFile.ReadAt(folder, level, index, at.Checkpoint.Size);
        if (!larger.IsOk)
            return Result.Fail<byte[]>(larger.Errors);
        if (level != TilePath.Entries)
            return Result.Of(larger.Value.Bytes[..(width * MerkleHash.Length)]);
        return EntryBundle.TryFind(larger.Value.Bytes, width - 1, out var last)
            ? Result.Of(larger.Value.Bytes[..last.End.Value])
            : Result.Fail<byte[]>(LedgerErrors.BundleMalformed(larger.Value.Path, $"在第 {last.Start} 位元組處中斷", $"it is cut at byte {last.Start}"));
    }

    /// <summary>A self-contained proof of one entry at the present checkpoint.</summary>
    public Result<EntryProof> Prove(long index)
    {
        SignedCheckpoint at;
        do
        {
            at = current;
            var entry = ReadEntry(index);
            if (!entry.IsOk)
                return Result.Fail<EntryProof>(entry.Errors);
            var proof = InclusionProof(index, at.Checkpoint.Size);
            if (!proof.IsOk)
                return Result.Fail<EntryProof>(proof.Errors);
            var found = MerkleProof.RootOf(proof.Value, MerkleHash.OfLeaf(entry.Value));
            if (found != at.Checkpoint.Root)
                return Result.Fail<EntryProof>(LedgerErrors.HashMismatch(TilePath.Checkpoint, at.Checkpoint.Root, found ?? default));
            if (at == current)
                return Result.Of(new EntryProof(index, proof.Value.Hashes, at, entry.Value));
        }
        while (true);
    }

    internal static Result<SignedCheckpoint> ReadCheckpoint(string folder, LedgerTrust? trust)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var bytes = TileFile.Read(folder, TilePath.Checkpoint, SignedNote.MaxLength);
        if (!bytes.IsOk)
            return Result.Fail<SignedCheckpoint>(bytes.Errors);
        var checkpoint = SignedCheckpoint.Parse(bytes.Value);
        if (checkpoint.IsOk && trust is not null && checkpoint.Value.Verify(trust) is { IsOk: false } refused)
            return Result.Fail<SignedCheckpoint>(refused.Errors);
        return checkpoint;
    }

    private MerkleHash Subtree(int level, long index, long size)
    {
        // A tile spans eight levels of the tree: take the hashes below the node from it and fold them.
        var (tileLevel, height) = (level / 8, level % 8);
        var first = index << height;
        var hashes = Tile(tileLevel, first / TilePath.Width, size).Slice((int)(first % TilePath.Width), 1 << height);
        return height == 0 ? hashes[0] : CompactRange.RootOf(hashes);
    }

    private ReadOnlySpan<MerkleHash> Tile(int level, long index, long size)
    {
        lock (gate)
        {
            if (cache.TryGetValue((level, index), out var known) && known.Length >= TileFile.WidthAt(level, index, size) * MerkleHash.Length)
                return TileFile.Hashes(known);
        }

        var read = TileFile.ReadAt(folder, level, index, size);
        if (!read.IsOk)
            throw new UnreadableException(read.Errors[0]);
        lock (gate)
        {
            if (cache.Count >= CachedTiles)
                cache.Clear();
            cache[(level, index)] = read.Value.Bytes;
        }

        return TileFile.Hashes(read.Value.Bytes);
    }

    private static Result<T> Guard<T>(Func<T> read)
    {
        try
        {
            return Result.Of(read());
        }
        catch (UnreadableException e)
        {
            return Result.Fail<T>(e.Error);
        }
    }

    /// <summary>Carries a file's error out of the recursion of a proof.</summary>
    private sealed class UnreadableException(Error error) : Exception(error.ToString())
    {
        public Error Error { get; } = error;
    }
}
