using System.Numerics;

namespace Hufu.Ledger;

/// <summary>Proof that a leaf stands at an index of a tree (RFC 9162 §2.1.3).</summary>
/// <param name="Index">Index of the leaf, from 0.</param>
/// <param name="Size">Size of the tree.</param>
/// <param name="Hashes">The path, from the leaf's sibling up to the root's child.</param>
public sealed record InclusionProof(long Index, long Size, IReadOnlyList<MerkleHash> Hashes);

/// <summary>Proof that a tree is a smaller tree with leaves appended and nothing else changed (RFC 9162 §2.1.4).</summary>
/// <param name="OldSize">Size of the smaller tree.</param>
/// <param name="NewSize">Size of the larger tree.</param>
/// <param name="Hashes">The proof's hashes; empty when either size is 0 or both are the same.</param>
public sealed record ConsistencyProof(long OldSize, long NewSize, IReadOnlyList<MerkleHash> Hashes);

/// <summary>Creates and verifies Merkle proofs. Pure functions; the tree is asked for perfect subtrees only.</summary>
public static class MerkleProof
{
    /// <summary>Gives the root of the perfect subtree of 2^<paramref name="level"/> leaves that starts at leaf <paramref name="index"/> · 2^<paramref name="level"/>.</summary>
    public delegate MerkleHash Subtree(int level, long index);

    /// <summary>Creates the inclusion proof of a leaf.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in the tree.</exception>
    public static InclusionProof CreateInclusion(long index, long size, Subtree subtree)
    {
        ArgumentNullException.ThrowIfNull(subtree);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var hashes = new List<MerkleHash>();
        for (long low = 0, high = size; high - low > 1;)
        {
            var middle = low + Split(high - low);
            if (index < middle)
            {
                hashes.Add(RangeRoot(middle, high, subtree));
                high = middle;
            }
            else
            {
                hashes.Add(RangeRoot(low, middle, subtree));
                low = middle;
            }
        }

        hashes.Reverse();
        return new InclusionProof(index, size, hashes);
    }

    /// <summary>Creates the consistency proof between two sizes of one tree.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The old size is negative or larger than the new one.</exception>
    public static ConsistencyProof CreateConsistency(long oldSize, long newSize, Subtree subtree)
    {
        ArgumentNullException.ThrowIfNull(subtree);
        ArgumentOutOfRangeException.ThrowIfNegative(oldSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, newSize);
        var hashes = new List<MerkleHash>();
        if (oldSize == 0 || oldSize == newSize)
            return new ConsistencyProof(oldSize, newSize, hashes);
        var whole = true;
        long low = 0, high = newSize;
        while (oldSize != high)
        {
            var middle = low + Split(high - low);
            if (oldSize <= middle)
            {
                hashes.Add(RangeRoot(middle, high, subtree));
                high = middle;
            }
            else
            {
                hashes.Add(RangeRoot(low, middle, subtree));
                low = middle;
                whole = false;
            }
        }

        if (!whole)
            hashes.Add(RangeRoot(low, high, subtree));
        hashes.Reverse();
        return new ConsistencyProof(oldSize, newSize, hashes);
    }

    /// <summary>The root that an inclusion proof leads to, or null when the proof cannot be one for its index and size.</summary>
    public static MerkleHash? RootOf(InclusionProof proof, MerkleHash leafHash)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var (index, size, hashes) = proof;
        if (index < 0 || index >= size)
            return null;
        // RFC 9162 §2.1.3.2.
        var (fn, sn) = (index, size - 1);
        var root = leafHash;
        foreach (var hash in hashes)
        {
            if (sn == 0)
                return null;
            if ((fn & 1) != 0 || fn == sn)
            {
                root = MerkleHash.OfNode(hash, root);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                root = MerkleHash.OfNode(root, hash);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 ? root : null;
    }

    /// <summary>True when the proof shows the leaf in the tree with this root.</summary>
    public static bool VerifyInclusion(InclusionProof proof, MerkleHash leafHash, MerkleHash root) => RootOf(proof, leafHash) == root;

    /// <summary>True when the proof shows that the tree with the new root begins with the tree with the old root.</summary>
    public static bool VerifyConsistency(ConsistencyProof proof, MerkleHash oldRoot, MerkleHash newRoot)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var (oldSize, newSize, hashes) = proof;
        if (oldSize < 0 || oldSize > newSize)
            return false;
        if (oldSize == newSize)
            return hashes.Count == 0 && oldRoot == newRoot && (oldSize != 0 || oldRoot == MerkleHash.Empty);
        if (oldSize == 0)
            return hashes.Count == 0 && oldRoot == MerkleHash.Empty;
        // RFC 9162 §2.1.4.2.
        var (fn, sn) = (oldSize - 1, newSize - 1);
        while ((fn & 1) != 0)
            (fn, sn) = (fn >> 1, sn >> 1);
        var next = 0;
        if (!BitOperations.IsPow2(oldSize) && hashes.Count == 0)
            return false;
        var (fr, sr) = BitOperations.IsPow2(oldSize) ? (oldRoot, oldRoot) : (hashes[next], hashes[next++]);
        for (; next < hashes.Count; next++)
        {
            if (sn == 0)
                return false;
            if ((fn & 1) != 0 || fn == sn)
            {
                fr = MerkleHash.OfNode(hashes[next], fr);
                sr = MerkleHash.OfNode(hashes[next], sr);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                sr = MerkleHash.OfNode(sr, hashes[next]);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && fr == oldRoot && sr == newRoot;
    }

    /// <summary>The root over leaves [low, high), where low is a multiple of the smallest power of two not below the width.</summary>
    internal static MerkleHash RangeRoot(long low, long high, Subtree subtree)
    {
        if (low == high)
            return MerkleHash.Empty;
        // Perfect subtrees from left to right, each as wide as fits; then folded from the right.
        Span<MerkleHash> parts = stackalloc MerkleHash[63];
        var count = 0;
        while (low < high)
        {
            var level = BitOperations.Log2((ulong)(high - low));
            parts[count++] = subtree(level, low >> level);
            low += 1L << level;
        }

        var root = parts[--count];
        while (count > 0)
            root = MerkleHash.OfNode(parts[--count], root);
        return root;
    }

    /// <summary>The largest power of two smaller than the width.</summary>
    private static long Split(long width) => 1L << BitOperations.Log2((ulong)(width - 1));
}
