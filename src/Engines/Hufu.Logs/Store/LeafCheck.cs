using System.Collections;

namespace Hufu.Logs.Store;

/// <summary>
/// Compares the events of a file with what is kept of their leaf hashes. They may come in any order; in their own order one block at a time is in memory.
/// </summary>
/// <param name="kept">What is kept; null when it is damaged or gone.</param>
/// <param name="events">Events that were sealed in each segment.</param>
/// <param name="removed">A bit for each of them, set where it was removed.</param>
internal sealed class LeafCheck(LeafFile? kept, IReadOnlyList<int> events, BitArray removed)
{
    private readonly LeafLayout layout = kept is { Segments: [var any, ..] } ? any.Layout : LeafLayout.Sealed;
    private readonly Segment[] segments = [.. events.Select((count, i) => new Segment(count, events.Take(i).Sum(), kept?.Segments[i].Roots.ToArray() ?? new byte[LeafLayout.Sealed.BlocksOf(count) * Merkle.HashLength]))];

    /// <summary>Takes an event that is there. Each only once, and none that was removed.</summary>
    public void Add(int segment, int row, byte[] leaf)
    {
        var (of, number) = (segments[segment], row / layout.BlockRows);
        if (!of.Blocks.TryGetValue(number, out var block))
        {
            var rows = layout.RowsOf(number, of.Events);
            var gone = LeafFile.MaskOf(removed, of.Begin + number * layout.BlockRows, rows);
            of.Blocks[number] = block = (kept?.Block(segment, number, removed) ?? new LeafBlock(rows), rows - (int)UInt128.PopCount(gone));
        }

        block.Leaves[row % layout.BlockRows] = leaf;
        if (block.Missing > 1)
        {
            of.Blocks[number] = (block.Leaves, block.Missing - 1);
            return;
        }

        of.Blocks.Remove(number);
        Finish(segment, number, block.Leaves);
    }

    /// <summary>
    /// The rows of a segment that are not as they were sealed, as ranges one event of which is meant, or more than those named perhaps; and whether the list itself was changed.
    /// </summary>
    /// <param name="segment">Place of the segment in the file.</param>
    /// <param name="sealedRoot">The root of its manifest, hexadecimal.</param>
    public (bool ListChanged, IReadOnlyList<(int From, int To, bool Perhaps)> Changed) Judge(int segment, string sealedRoot)
    {
        var of = segments[segment];
        var whole = of.Blocks.Count == 0 && Convert.ToHexStringLower(new SegmentLeaves(layout, of.Events, of.Roots, [], []).Root()) == sealedRoot;
        // Without the list events alone can give the root; when they do not, nobody can say which of them is to blame.
        if (kept is null) return (true, whole || of.Blocks.Count > 0 || of.Unknown ? [] : [(0, of.Events - 1, false)]);
        // What is left of a block of which events are missing: each is judged by what is kept of it alone.
        foreach (var (number, block) in of.Blocks)
        {
            if (Completes(segment, number, block)) continue;
            of.Suspects.AddRange(Unfit(kept.Segments[segment], number, block.Leaves).Select(row => (row, row, false)));
            if (layout.HasSums) of.Suspects.Add((number * layout.BlockRows, number * layout.BlockRows + block.Leaves.Rows - 1, true));
        }
        var listChanged = of.HintsChanged || Convert.ToHexStringLower(kept.Segments[segment].Root()) != sealedRoot;
        // The events themselves give the root: then the list is what was changed.
        return whole ? (listChanged || of.Suspects.Count > 0, []) : (listChanged, [.. of.Suspects.Order()]);
    }

    private void Finish(int segment, int number, LeafBlock leaves)
    {
        var of = segments[segment];
        if (leaves.Root(0, leaves.Rows) is not { } root)
        {
            of.Unknown = true;
            return;
        }

        root.CopyTo(of.Roots.AsSpan(number * Merkle.HashLength));
        if (kept is null) return;
        var unfit = Unfit(kept.Segments[segment], number, leaves).ToList();
        var from = number * layout.BlockRows;
        if (root.AsSpan().SequenceEqual(kept.Segments[segment].Roots.Span.Slice(number * Merkle.HashLength, Merkle.HashLength)))
        {
            of.HintsChanged |= unfit.Count > 0 || !HasSum(kept.Segments[segment], number, leaves);
            return;
        }

        if (kept.Segments[segment].Odd(number, leaves) is var (odd, _))
        {
            of.Suspects.Add((from + odd, from + odd, false));
            return;
        }

        of.Suspects.AddRange(unfit.Select(row => (row, row, false)));
        // One byte of a hash tells less than two: where several were changed, one more may have gone unnoticed.
        if (unfit.Count == 0 || layout.HasSums) of.Suspects.Add((from, from + leaves.Rows - 1, unfit.Count > 0));
    }

    /// <summary>True when the others give the root with the one event of a block that is missing.</summary>
    private bool Completes(int segment, int number, (LeafBlock Leaves, int Missing) block)
    {
        if (!layout.HasSums || block.Missing != 1) return false;
        var (of, list) = (segments[segment], kept!.Segments[segment]);
        var leaf = list.Sums.Span.Slice(number * Merkle.HashLength, Merkle.HashLength).ToArray();
        var missing = -1;
        for (var i = 0; i < block.Leaves.Rows; i++)
        {
            if (block.Leaves[i] is { } there) LeafBuilder.Add(leaf, there);
            else if (!removed[of.Begin + number * layout.BlockRows + i]) missing = i;
        }

        block.Leaves[missing] = leaf;
        var root = block.Leaves.Root(0, block.Leaves.Rows);
        block.Leaves[missing] = null;
        return root is not null && root.AsSpan().SequenceEqual(list.Root(number));
    }

    private static bool HasSum(SegmentLeaves list, int number, LeafBlock leaves)
    {
        if (!list.Layout.HasSums) return true;
        var sum = list.Sums.Span.Slice(number * Merkle.HashLength, Merkle.HashLength).ToArray();
        for (var i = 0; i < leaves.Rows; i++)
        {
            if (leaves[i] is { } leaf) LeafBuilder.Add(sum, leaf);
        }

        return sum.AsSpan().IndexOfAnyExcept((byte)0) < 0;
    }

    private static IEnumerable<int> Unfit(SegmentLeaves list, int number, LeafBlock leaves)
    {
        for (var i = 0; i < leaves.Rows; i++)
        {
            var row = number * list.Layout.BlockRows + i;
            if (leaves[i] is { } leaf && !list.Fits(row, leaf)) yield return row;
        }
    }

    private sealed class Segment(int events, int begin, byte[] roots)
    {
        public int Events => events;

        public int Begin => begin;

        public Dictionary<int, (LeafBlock Leaves, int Missing)> Blocks { get; } = [];

        public List<(int From, int To, bool Perhaps)> Suspects { get; } = [];

        /// <summary>The roots of the list, with those that the events gave in their places.</summary>
        public byte[] Roots => roots;

        public bool HintsChanged { get; set; }

        /// <summary>True when a block has no root, as what is kept of its removed events is gone.</summary>
        public bool Unknown { get; set; }
    }
}
