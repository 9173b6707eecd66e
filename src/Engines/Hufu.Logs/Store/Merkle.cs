using System.Buffers;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>The Merkle tree of RFC 6962 §2.1 with SHA-256, over leaf hashes.</summary>
public static class Merkle
{
    /// <summary>Length of a hash in bytes.</summary>
    public const int HashLength = 32;

    /// <summary>The hash of a leaf: SHA-256 of a zero byte and the data.</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> data)
    {
        var hash = new byte[HashLength];
        HashLeaf(data, hash);
        return hash;
    }

    /// <summary>The same into room that is there.</summary>
    internal static void HashLeaf(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        var prefixed = ArrayPool<byte>.Shared.Rent(data.Length + 1);
        prefixed[0] = 0;
        data.CopyTo(prefixed.AsSpan(1));
        Sha256.Hash(prefixed.AsSpan(0, data.Length + 1), hash);
        ArrayPool<byte>.Shared.Return(prefixed);
    }

    /// <summary>The root over leaf hashes; of none, the hash of nothing.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return leaves.Count == 0 ? Sha256.Hash([]) : Node(leaves, 0, leaves.Count);
    }

    /// <summary>The hashes that lead from a leaf to the root, lowest first.</summary>
    public static IReadOnlyList<byte[]> Path(IReadOnlyList<byte[]> leaves, int index)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Count);
        return Path(leaves.Count, index, (from, count) => Node(leaves, from, count));
    }

    /// <summary>The same, with what gives the root over some leaves.</summary>
    internal static List<byte[]> Path(int count, int index, Func<int, int, byte[]> root)
    {
        var path = new List<byte[]>();
        var from = 0;
        while (count > 1)
        {
            var left = Split(count);
            if (index - from < left)
            {
                path.Add(root(from + left, count - left));
                count = left;
            }
            else
            {
                path.Add(root(from, left));
                from += left;
                count -= left;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>True when a leaf hash and its path give the root (RFC 9162 §2.1.3.2).</summary>
    public static bool Verify(ReadOnlySpan<byte> leaf, long index, long size, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (index < 0 || index >= size) return false;
        long at = index, last = size - 1;
        var hash = leaf.ToArray();
        foreach (var sibling in path)
        {
            if (last == 0 || sibling.Length != HashLength) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = Pair(sibling, hash);
                while ((at & 1) == 0 && at != 0)
                {
                    at >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                hash = Pair(hash, sibling);
            }

            at >>= 1;
            last >>= 1;
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    private static byte[] Node(IReadOnlyList<byte[]> leaves, int from, int count)
    {
        if (count == 1) return leaves[from];
        var left = Split(count);
        return Pair(Node(leaves, from, left), Node(leaves, from + left, count - left));
    }

    /// <summary>The greatest power of two below a count.</summary>
    internal static int Split(int count) => 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)(count - 1)));

    internal static byte[] Pair(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var hash = new byte[HashLength];
        Pair(left, right, hash);
        return hash;
    }

    /// <summary>The hash over two, which may be written over one of them.</summary>
    internal static void Pair(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> hash)
    {
        Span<byte> both = stackalloc byte[1 + HashLength * 2];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashLength)..]);
        Sha256.Hash(both, hash);
    }
}

/// <summary>A tree that grows by leaves at its end: its root is known at any time without the leaves. Holds one hash for each level.</summary>
internal sealed class GrowingTree
{
    // The root of each whole subtree from the left, greatest first: the binary digits of the count say how many leaves each has.
    private readonly List<byte[]> subtrees = [];

    public long Count { get; private set; }

    public void Add(byte[] leaf)
    {
        for (var count = Count++; (count & 1) == 1; count >>= 1)
        {
            leaf = Merkle.Pair(subtrees[^1], leaf);
            subtrees.RemoveAt(subtrees.Count - 1);
        }

        subtrees.Add(leaf);
    }

    public byte[] Root()
    {
        if (Count == 0) return Merkle.Root([]);
        var root = subtrees[^1];
        for (var i = subtrees.Count - 2; i >= 0; i--) root = Merkle.Pair(subtrees[i], root);
        return root;
    }

    /// <summary>The root with one leaf more, which is not added.</summary>
    public byte[] Root(byte[] more)
    {
        for (var i = subtrees.Count - 1; i >= 0; i--) more = Merkle.Pair(subtrees[i], more);
        return more;
    }
}
