using System.Numerics;
using System.Runtime.InteropServices;

namespace Hufu.Logs.Store;

/// <summary>How leaf hashes are kept.</summary>
/// <param name="BlockRows">Events of a block: a power of two, so that a block is a subtree.</param>
/// <param name="HintLength">Bytes of a leaf hash that are kept.</param>
/// <param name="HasSums">True when the sum of a block's leaf hashes is kept: with the others it says what one of them was.</param>
internal sealed record LeafLayout(int BlockRows, int HintLength, bool HasSums)
{
    /// <summary>Of segments as they are sealed: four bytes an event.</summary>
    public static LeafLayout Sealed { get; } = new(16, 2, false);

    /// <summary>Of files that are put together: one and a half.</summary>
    public static LeafLayout Packed { get; } = new(128, 1, true);

    public int BlocksOf(int events) => (events + BlockRows - 1) / BlockRows;

    /// <summary>Rows of a block.</summary>
    public int RowsOf(int block, int events) => Math.Min(BlockRows, events - block * BlockRows);
}

/// <summary>
/// What is kept of the leaf hashes of a segment: the root of each block of events, and the first bytes of each leaf hash. A path is made
/// of the events of its block as they are stored, and of the roots. The bytes say which event of a block is not as it was sealed. Where the sums (by exclusive or) are
/// kept as well, the leaf hash of one changed event of a block is known from the others: the root says that it is the only one.
/// </summary>
internal sealed class SegmentLeaves(LeafLayout layout, int events, byte[] roots, byte[] sums, byte[] hints)
{
    private List<byte[]>? levels;

    public LeafLayout Layout => layout;

    public int Events { get; } = events;

    public int Blocks => layout.BlocksOf(Events);

    public ReadOnlyMemory<byte> Roots => roots;

    /// <summary>The sum of the leaf hashes of each block's events that are left; empty in a layout without.</summary>
    public ReadOnlyMemory<byte> Sums => sums;

    public ReadOnlyMemory<byte> Hints => hints;

    /// <summary>The root of a block.</summary>
    public byte[] Root(int block) => roots.AsSpan(block * Merkle.HashLength, Merkle.HashLength).ToArray();

    /// <summary>True when a leaf hash may be the one that the event in this row had.</summary>
    public bool Fits(int row, ReadOnlySpan<byte> leaf) => hints.AsSpan(row * layout.HintLength, layout.HintLength).SequenceEqual(leaf[..layout.HintLength]);

    /// <summary>The root over all blocks.</summary>
    public byte[] Root() => Events == 0 ? Merkle.Root([]) : Levels[^1];

    /// <summary>The hashes that lead from the root of a block to the root over all, lowest first.</summary>
    public IEnumerable<byte[]> Above(int block)
    {
        foreach (var level in Levels)
        {
            var beside = (block ^ 1) * Merkle.HashLength;
            // The last of an odd number goes up as it is.
            if (beside < level.Length) yield return level.AsSpan(beside, Merkle.HashLength).ToArray();
            block >>= 1;
        }
    }

    /// <summary>The first so many events of it.</summary>
    /// <param name="count">How many.</param>
    /// <param name="last">The root over those that do not fill a block.</param>
    public SegmentLeaves First(int count, byte[]? last) =>
        new(layout, count, [.. roots.AsSpan(0, count / layout.BlockRows * Merkle.HashLength), .. last ?? []], [], hints[..(count * layout.HintLength)]);

    /// <summary>The same with other sums.</summary>
    public SegmentLeaves With(byte[] otherSums) => new(layout, Events, roots, otherSums, hints);

    /// <summary>
    /// The one row of a block whose event is not as it was sealed, when all others are, and its leaf hash then; null when there is no such row or that is not known.
    /// </summary>
    /// <param name="number">The block.</param>
    /// <param name="block">The leaf hashes as the events give them.</param>
    public (int Row, byte[] Leaf)? Odd(int number, LeafBlock block)
    {
        if (!layout.HasSums) return null;
        var from = number * layout.BlockRows;
        var there = Enumerable.Range(0, block.Rows).Where(i => block[i] is not null).ToList();
        var unfit = there.Where(i => !Fits(from + i, block[i])).ToList();
        if (unfit.Count > 1) return null;
        var sum = sums.AsSpan(number * Merkle.HashLength, Merkle.HashLength).ToArray();
        foreach (var i in there) LeafBuilder.Add(sum, block[i]);
        foreach (var i in unfit.Count == 1 ? unfit : there)
        {
            var (found, leaf) = (block[i]!, (byte[])sum.Clone());
            LeafBuilder.Add(leaf, found);
            if (!Fits(from + i, leaf)) continue;
            block[i] = leaf;
            var holds = block.Root(0, block.Rows) is { } root && root.AsSpan().SequenceEqual(Root(number));
            block[i] = found;
            if (holds) return (i, leaf);
        }

        return null;
    }

    /// <summary>The root over the first so many leaf hashes, which are written over.</summary>
    public static ReadOnlySpan<byte> RootOf(Span<byte> leaves, int count)
    {
        // Level by level; the last of an odd number goes up as it is, which is the tree of RFC 6962 from the left.
        for (; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i < count; i += 2)
            {
                var left = leaves.Slice(i * Merkle.HashLength, Merkle.HashLength);
                var up = leaves.Slice(i / 2 * Merkle.HashLength, Merkle.HashLength);
                if (i + 1 < count) Merkle.Pair(left, leaves.Slice((i + 1) * Merkle.HashLength, Merkle.HashLength), up);
                else left.CopyTo(up);
            }
        }

        return leaves[..Merkle.HashLength];
    }

    // The roots of the blocks, those of pairs of blocks, and so on to the one over all.
    private List<byte[]> Levels
    {
        get
        {
            if (levels is not null) return levels;
            var all = new List<byte[]> { roots };
            while (all[^1].Length > Merkle.HashLength)
            {
                var (below, level) = (all[^1], new byte[(all[^1].Length / Merkle.HashLength + 1) / 2 * Merkle.HashLength]);
                for (var at = 0; at < below.Length; at += 2 * Merkle.HashLength)
                {
                    var left = below.AsSpan(at, Merkle.HashLength);
                    var up = at + Merkle.HashLength < below.Length ? Merkle.Pair(left, below.AsSpan(at + Merkle.HashLength, Merkle.HashLength)) : left;
                    up.CopyTo(level.AsSpan(at / 2));
                }

                all.Add(level);
            }

            return levels = all;
        }
    }
}

/// <summary>Takes leaf hashes as events come and keeps what <see cref="SegmentLeaves"/> needs of them, and the root over all. Not safe for several threads.</summary>
internal sealed class LeafBuilder(LeafLayout layout)
{
    // The leaves of a block that is not full yet, one behind the other.
    private readonly byte[] last = new byte[layout.BlockRows * Merkle.HashLength];
    private readonly byte[] work = new byte[layout.BlockRows * Merkle.HashLength];
    private readonly byte[] sum = new byte[Merkle.HashLength];
    private readonly ByteBuilder sums = new(1 << 10);
    private readonly ByteBuilder roots = new(1 << 10);
    private readonly ByteBuilder hints = new(1 << 10);
    private readonly GrowingTree tree = new();

    public int Count { get; private set; }

    private int InLast => Count % layout.BlockRows;

    /// <summary>Where the next leaf hash is to be written, before <see cref="Added"/>.</summary>
    public Span<byte> Next => last.AsSpan(InLast * Merkle.HashLength, Merkle.HashLength);

    public void Add(ReadOnlySpan<byte> leaf)
    {
        leaf.CopyTo(Next);
        Added();
    }

    /// <summary>Takes the leaf hash that was written.</summary>
    public void Added()
    {
        Next[..layout.HintLength].CopyTo(hints.Take(layout.HintLength));
        if (layout.HasSums) Add(sum, Next);
        Count++;
        if (InLast > 0) return;
        var root = RootOf(layout.BlockRows);
        root.CopyTo(roots.Take(Merkle.HashLength));
        if (layout.HasSums) sum.CopyTo(sums.Take(Merkle.HashLength));
        sum.AsSpan().Clear();
        tree.Add(root.ToArray());
    }

    /// <summary>The root over all leaves so far.</summary>
    public byte[] Root()
    {
        if (Count == 0) return Merkle.Root([]);
        return InLast == 0 ? tree.Root() : tree.Root(RootOf(InLast).ToArray());
    }

    public SegmentLeaves ToLeaves() =>
        new(layout, Count, InLast == 0 ? roots.Written.ToArray() : [.. roots.Written, .. RootOf(InLast)], !layout.HasSums ? [] : InLast == 0 ? sums.Written.ToArray() : [.. sums.Written, .. sum], hints.Written.ToArray());

    /// <summary>Adds a leaf hash to a sum, or takes it away.</summary>
    public static void Add(Span<byte> sum, ReadOnlySpan<byte> leaf)
    {
        var own = MemoryMarshal.Cast<byte, ulong>(sum);
        var other = MemoryMarshal.Cast<byte, ulong>(leaf);
        for (var i = 0; i < Merkle.HashLength / sizeof(ulong); i++) own[i] ^= other[i];
    }

    private ReadOnlySpan<byte> RootOf(int count)
    {
        last.AsSpan(0, count * Merkle.HashLength).CopyTo(work);
        return SegmentLeaves.RootOf(work, count);
    }
}

/// <summary>
/// The leaf hashes of a block some of whose events were removed. Of what is gone, the roots of the greatest subtrees without a hole are kept, from the left.
/// </summary>
internal static class RemovedLeaves
{
    /// <summary>The subtrees of a block that are gone, as their first row and number of rows; none when the block is whole or has nothing left, as its root is kept anyway.</summary>
    /// <param name="removed">A bit for each row of the block.</param>
    /// <param name="rows">Rows of the block.</param>
    public static IEnumerable<(int From, int Count)> Covers(UInt128 removed, int rows) => removed == 0 || removed == Mask(0, rows) ? [] : Within(removed, 0, rows);

    public static UInt128 Mask(int from, int count) => count == 0 ? 0 : UInt128.MaxValue >> (128 - count) << from;

    private static IEnumerable<(int From, int Count)> Within(UInt128 removed, int from, int count)
    {
        var here = removed & Mask(from, count);
        if (here == 0) return [];
        if (here == Mask(from, count)) return [(from, count)];
        var left = Merkle.Split(count);
        return Within(removed, from, left).Concat(Within(removed, from + left, count - left));
    }
}

/// <summary>One block: the leaf hashes of the events that are there, and the subtrees of those that were removed.</summary>
internal sealed class LeafBlock(int rows)
{
    private readonly byte[]?[] leaves = new byte[rows][];
    private readonly Dictionary<(int From, int Count), byte[]> covers = [];

    public int Rows => rows;

    public byte[]? this[int row]
    {
        get => leaves[row];
        set => leaves[row] = value;
    }

    public void Cover(int from, int count, byte[] hash) => covers[(from, count)] = hash;

    /// <summary>The root over some rows; null when it takes a leaf that is not known.</summary>
    public byte[]? Root(int from, int count)
    {
        if (covers.TryGetValue((from, count), out var hash)) return hash;
        if (count == 1) return leaves[from];
        var left = Merkle.Split(count);
        return Root(from, left) is { } first && Root(from + left, count - left) is { } second ? Merkle.Pair(first, second) : null;
    }
}

/// <summary>What is kept of the leaf hashes of a file's segments, read from the disk.</summary>
internal sealed class LeafFile
{
    private static readonly byte[] Magic = "HUFULVS1"u8.ToArray();
    private static readonly byte[] PackedMagic = "HUFULVS2"u8.ToArray();

    // For each block where its removed subtrees begin among those of the file.
    private readonly int[] nodesBefore;
    private readonly byte[] nodes;
    private readonly List<(int Row, int Block)> begins = [];

    private LeafFile(IReadOnlyList<SegmentLeaves> segments, int[] nodesBefore, byte[] nodes)
    {
        Segments = segments;
        this.nodesBefore = nodesBefore;
        this.nodes = nodes;
        var (row, block) = (0, 0);
        foreach (var segment in segments)
        {
            begins.Add((row, block));
            row += segment.Events;
            block += segment.Blocks;
        }
    }

    public IReadOnlyList<SegmentLeaves> Segments { get; }

    /// <summary>Reads the file; null when it is not there or does not have what it must.</summary>
    /// <param name="path">Where.</param>
    /// <param name="events">Events that were sealed in each segment.</param>
    /// <param name="removed">A bit for each of them, set where it was removed.</param>
    public static LeafFile? Read(string path, IReadOnlyList<int> events, System.Collections.BitArray removed)
    {
        if (!File.Exists(path)) return null;
        var bytes = File.ReadAllBytes(path);
        var layout = bytes.AsSpan().StartsWith(PackedMagic) ? LeafLayout.Packed : LeafLayout.Sealed;
        if (!layout.HasSums && !bytes.AsSpan().StartsWith(Magic)) return ReadFull(bytes, events, removed);
        var segments = new List<SegmentLeaves>();
        var at = Magic.Length;
        foreach (var count in events)
        {
            var (roots, hints) = (layout.BlocksOf(count) * Merkle.HashLength, count * layout.HintLength);
            var sums = layout.HasSums ? roots : 0;
            if (bytes.Length - at < roots + sums + hints) return null;
            segments.Add(new SegmentLeaves(layout, count, bytes[at..(at + roots)], bytes[(at + roots)..(at + roots + sums)], bytes[(at + roots + sums)..(at + roots + sums + hints)]));
            at += roots + sums + hints;
        }

        var before = NodesBefore(layout, events, removed);
        return bytes.Length - at == before[^1] * Merkle.HashLength ? new LeafFile(segments, before, bytes[at..]) : null;
    }

    /// <summary>Writes the file of segments, all of one layout.</summary>
    public static void Write(Stream to, IReadOnlyList<SegmentLeaves> segments, ReadOnlySpan<byte> nodes)
    {
        to.Write(segments[0].Layout.HasSums ? PackedMagic : Magic);
        foreach (var segment in segments)
        {
            to.Write(segment.Roots.Span);
            to.Write(segment.Sums.Span);
            to.Write(segment.Hints.Span);
        }

        to.Write(nodes);
    }

    /// <summary>A block of a segment with the subtrees of what was removed from it.</summary>
    /// <param name="segment">Place of the segment in the file.</param>
    /// <param name="block">Number of the block in the segment.</param>
    /// <param name="removed">A bit for each event of the file.</param>
    public LeafBlock Block(int segment, int block, System.Collections.BitArray removed)
    {
        var layout = Segments[segment].Layout;
        var from = block * layout.BlockRows;
        var result = new LeafBlock(layout.RowsOf(block, Segments[segment].Events));
        var mask = MaskOf(removed, begins[segment].Row + from, result.Rows);
        var node = nodesBefore[begins[segment].Block + block];
        foreach (var (at, count) in RemovedLeaves.Covers(mask, result.Rows)) result.Cover(at, count, nodes.AsSpan(node++ * Merkle.HashLength, Merkle.HashLength).ToArray());
        // Of a block with nothing left its root is known.
        if (mask == RemovedLeaves.Mask(0, result.Rows)) result.Cover(0, result.Rows, Segments[segment].Root(block));
        return result;
    }

    /// <summary>The bits of a block.</summary>
    public static UInt128 MaskOf(System.Collections.BitArray removed, int from, int rows)
    {
        var mask = UInt128.Zero;
        for (var i = 0; i < rows; i++)
        {
            if (removed[from + i]) mask |= UInt128.One << i;
        }

        return mask;
    }

    // Whole leaf hashes one after another, as files were written once.
    private static LeafFile? ReadFull(byte[] bytes, IReadOnlyList<int> events, System.Collections.BitArray removed)
    {
        if (bytes.Length != events.Sum(count => (long)count) * Merkle.HashLength) return null;
        var layout = LeafLayout.Sealed;
        var (segments, gone, first) = (new List<SegmentLeaves>(), new List<byte[]>(), 0);
        foreach (var count in events)
        {
            var builder = new LeafBuilder(layout);
            for (var block = 0; block < count; block += layout.BlockRows)
            {
                var leaves = new LeafBlock(Math.Min(layout.BlockRows, count - block));
                for (var i = 0; i < leaves.Rows; i++) builder.Add(leaves[i] = bytes.AsSpan((first + block + i) * Merkle.HashLength, Merkle.HashLength).ToArray());
                gone.AddRange(RemovedLeaves.Covers(MaskOf(removed, first + block, leaves.Rows), leaves.Rows).Select(cover => leaves.Root(cover.From, cover.Count)!));
            }

            segments.Add(builder.ToLeaves());
            first += count;
        }

        return new LeafFile(segments, NodesBefore(layout, events, removed), [.. gone.SelectMany(hash => hash)]);
    }

    private static int[] NodesBefore(LeafLayout layout, IReadOnlyList<int> events, System.Collections.BitArray removed)
    {
        var before = new List<int> { 0 };
        var first = 0;
        foreach (var count in events)
        {
            for (var from = 0; from < count; from += layout.BlockRows)
            {
                var rows = Math.Min(layout.BlockRows, count - from);
                before.Add(before[^1] + RemovedLeaves.Covers(MaskOf(removed, first + from, rows), rows).Count());
            }

            first += count;
        }

        return [.. before];
    }
}
