namespace Hufu.Ledger;

/// <summary>
/// Builds the root of a growing tree from leaf hashes in order, holding one hash for each set bit of the size. Appending costs
/// two hashes on average, whatever the size.
/// </summary>
public sealed class CompactRange
{
    private readonly MerkleHash[] levels = new MerkleHash[63];

    /// <summary>Number of leaves appended so far.</summary>
    public long Size { get; private set; }

    /// <summary>The root of the tree over the leaves so far (RFC 9162 §2.1.1); <see cref="MerkleHash.Empty"/> for none.</summary>
    public MerkleHash Root => Fold(null) ?? MerkleHash.Empty;

    /// <summary>Appends the hash of the next leaf.</summary>
    public void Append(MerkleHash leafHash) => AppendSubtree(leafHash, 0);

    /// <summary>Appends the root of a perfect subtree of 2^<paramref name="level"/> leaves.</summary>
    /// <exception cref="ArgumentException">The size so far is not a multiple of the subtree's width.</exception>
    public void AppendSubtree(MerkleHash root, int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 61);
        if ((Size & ((1L << level) - 1)) != 0)
            throw new ArgumentException($"A subtree of 2^{level} leaves cannot start at leaf {Size}.", nameof(level));
        var at = level;
        for (; (Size >> at & 1) != 0; at++)
            root = MerkleHash.OfNode(levels[at], root);
        levels[at] = root;
        Size += 1L << level;
    }

    /// <summary>An independent copy.</summary>
    public CompactRange Clone()
    {
        var copy = new CompactRange { Size = Size };
        levels.CopyTo(copy.levels, 0);
        return copy;
    }

    /// <summary>The root over these leaves and, right of them, a narrower tree with the given root; null when there is neither.</summary>
    internal MerkleHash? Fold(MerkleHash? right)
    {
        var root = right;
        for (var level = 0; Size >> level != 0; level++)
        {
            if ((Size >> level & 1) != 0)
                root = root is { } narrower ? MerkleHash.OfNode(levels[level], narrower) : levels[level];
        }

        return root;
    }

    /// <summary>Forgets all leaves.</summary>
    internal void Clear() => Size = 0;

    /// <summary>The root over a sequence of leaf hashes.</summary>
    public static MerkleHash RootOf(ReadOnlySpan<MerkleHash> leafHashes)
    {
        var range = new CompactRange();
        foreach (var hash in leafHashes)
            range.Append(hash);
        return range.Root;
    }
}
