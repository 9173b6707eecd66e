using System.Buffers.Binary;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// The right edge of a tree, all that a writer keeps in memory: the partial tile of each level and the partial bundle. A batch works
/// on a copy, so a batch that fails leaves no trace.
/// </summary>
internal sealed class LedgerEdge
{
    /// <summary>Hands over a tile or bundle that became full.</summary>
    public delegate void Full(int level, long index, ReadOnlyMemory<byte> bytes);

    private readonly List<Level> levels = [];
    private byte[] bundle = new byte[16 * 1024];
    private int bundleLength;

    public long Size { get; private set; }

    public MerkleHash Root
    {
        get
        {
            MerkleHash? root = null;
            foreach (var level in levels)
                root = level.Range.Fold(root);
            return root ?? MerkleHash.Empty;
        }
    }

    /// <summary>Reads the edge of the tree of a checkpoint from its files and checks it against the root.</summary>
    public static Result<LedgerEdge> Load(string folder, Checkpoint checkpoint)
    {
        var size = checkpoint.Size;
        var edge = new LedgerEdge { Size = size };
        for (var level = 0; level < TileFile.Levels(size); level++)
        {
            var hashes = TileFile.HashesAt(level, size);
            var tile = new Level { Index = hashes / TilePath.Width, Count = (int)(hashes % TilePath.Width) };
            edge.levels.Add(tile);
            if (tile.Count == 0)
                continue;
            var read = TileFile.ReadAt(folder, level, tile.Index, size);
            if (!read.IsOk)
                return Result.Fail<LedgerEdge>(read.Errors);
            read.Value.Bytes.AsSpan(0, tile.Count * MerkleHash.Length).CopyTo(tile.Bytes);
            foreach (var hash in tile.Hashes)
                tile.Range.Append(hash);
        }

        if (edge.Root != checkpoint.Root)
            return Result.Fail<LedgerEdge>(LedgerErrors.HashMismatch(TilePath.Checkpoint, checkpoint.Root, edge.Root));
        if (edge.levels.Count > 0 && edge.levels[0].Count > 0)
        {
            var read = TileFile.ReadAt(folder, TilePath.Entries, edge.levels[0].Index, size);
            if (!read.IsOk)
                return Result.Fail<LedgerEdge>(read.Errors);
            var (path, bytes) = read.Value;
            var found = new MerkleHash[edge.levels[0].Count];
            var count = EntryBundle.HashEntries(bytes, found, out edge.bundleLength);
            for (var i = 0; i < found.Length; i++)
            {
                if (i >= count || found[i] != edge.levels[0].Hashes[i])
                    return Result.Fail<LedgerEdge>(LedgerErrors.HashMismatch(path, edge.levels[0].Hashes[i], found[i]));
            }

            edge.bundle = bytes;
        }

        return Result.Of(edge);
    }

    public LedgerEdge Clone()
    {
        var copy = new LedgerEdge { Size = Size, bundle = bundle.AsSpan(0, bundleLength).ToArray(), bundleLength = bundleLength };
        copy.levels.AddRange(levels.Select(l => l.Clone()));
        return copy;
    }

    public void Append(ReadOnlySpan<byte> entry, Full full)
    {
        var needed = bundleLength + 2 + entry.Length;
        if (needed > bundle.Length)
            Array.Resize(ref bundle, Math.Max(needed, bundle.Length * 2));
        BinaryPrimitives.WriteUInt16BigEndian(bundle.AsSpan(bundleLength), (ushort)entry.Length);
        entry.CopyTo(bundle.AsSpan(bundleLength + 2));
        var hash = EntryBundle.HashInPlace(bundle.AsSpan(bundleLength + 1, 1 + entry.Length));
        bundleLength = needed;
        Size++;
        for (var level = 0; ; level++)
        {
            if (level == levels.Count)
                levels.Add(new Level());
            var tile = levels[level];
            hash.CopyTo(tile.Bytes.AsSpan(tile.Count * MerkleHash.Length));
            tile.Range.Append(hash);
            tile.Count++;
            tile.Changed = true;
            if (tile.Count < TilePath.Width)
                return;
            if (level == 0)
            {
                full(TilePath.Entries, tile.Index, bundle.AsMemory(0, bundleLength));
                bundleLength = 0;
            }

            full(level, tile.Index, tile.Bytes);
            hash = tile.Range.Root;
            tile.Range.Clear();
            tile.Count = 0;
            tile.Index++;
        }
    }

    /// <summary>The partial bundle and tiles that changed since the copy was taken: path level, index, width, bytes.</summary>
    public IEnumerable<(int Level, long Index, int Width, ReadOnlyMemory<byte> Bytes)> ChangedPartials()
    {
        for (var level = 0; level < levels.Count; level++)
        {
            var tile = levels[level];
            if (!tile.Changed || tile.Count == 0)
                continue;
            if (level == 0)
                yield return (TilePath.Entries, tile.Index, tile.Count, bundle.AsMemory(0, bundleLength));
            yield return (level, tile.Index, tile.Count, tile.Bytes.AsMemory(0, tile.Count * MerkleHash.Length));
        }
    }

    private sealed class Level
    {
        public byte[] Bytes { get; private init; } = new byte[TilePath.Width * MerkleHash.Length];
        public CompactRange Range { get; private init; } = new();
        public long Index { get; set; }
        public int Count { get; set; }
        public bool Changed { get; set; }
        public ReadOnlySpan<MerkleHash> Hashes => TileFile.Hashes(Bytes.AsSpan(0, Count * MerkleHash.Length));

        public Level Clone() => new() { Bytes = (byte[])Bytes.Clone(), Range = Range.Clone(), Index = Index, Count = Count };
    }
}
