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
    private readonly Segment[] segments = [.. events.Select((count, i) => new Segment(count, events.Take(i).Sum(), kept?.Segments[i].Roots.ToArray() ?? new byte[SegmentLeaves.BlocksOf(count) * Merkle.HashLength]))];

    /// <summary>Takes an event that is there. Each only once, and none that was removed.</summary>
    public void Add(int segment, int row, byte[] leaf)
    {
        var (of, number) = (segments[segment], row / SegmentLeaves.BlockRows);
        if (!of.Blocks.TryGetValue(number, out var block))
        {
            var rows = Math.Min(SegmentLeaves.BlockRows, of.Events - number * SegmentLeaves.BlockRows);
            var gone = LeafFile.MaskOf(removed, of.Begin + number * SegmentLeaves.BlockRows, rows);
            of.Blocks[number] = block = (kept?.Block(segment, number, removed) ?? new LeafBlock(rows), rows - System.Numerics.BitOperations.PopCount(gone));
        }

        block.Leaves[row % SegmentLeaves.BlockRows] = leaf;
        if (block.Missing > 1)
        {
            of.Blocks[number] = (block.Leaves, block.Missing - 1);
            return;
        }

        of.Blocks.Remove(number);
        Finish(segment, number, block.Leaves);
    }

    /// <summary>The rows of a segment that are not as they were sealed, as ranges one event of which is meant, and whether the list itself was changed.</summary>
    /// <param name="segment">Place of the segment in the file.</param>
    /// <param name="sealedRoot">The root of its manifest, hexadecimal.</param>
    public (bool ListChanged, IReadOnlyList<(int From, int To)> Changed) Judge(int segment, string sealedRoot)
    {
        var of = segments[segment];
        var whole = of.Blocks.Count == 0 && Convert.ToHexStringLower(new SegmentLeaves(of.Events, of.Roots, []).Root()) == sealedRoot;
        // Without the list events alone can give the root; when they do not, nobody can say which of them is to blame.
        if (kept is null) return (true, whole || of.Blocks.Count > 0 || of.Unknown ? [] : [(0, of.Events - 1)]);
        // What is left of a block of which events are missing: each is judged by what is kept of it alone.
        foreach (var (number, block) in of.Blocks) of.Suspects.AddRange(Unfit(kept.Segments[segment], number, block.Leaves));
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
        if (root.AsSpan().SequenceEqual(kept.Segments[segment].Roots.Span.Slice(number * Merkle.HashLength, Merkle.HashLength))) of.HintsChanged |= unfit.Count > 0;
        else if (unfit.Count > 0) of.Suspects.AddRange(unfit);
        else of.Suspects.Add((number * SegmentLeaves.BlockRows, number * SegmentLeaves.BlockRows + leaves.Rows - 1));
    }

    private static IEnumerable<(int From, int To)> Unfit(SegmentLeaves list, int number, LeafBlock leaves)
    {
        for (var i = 0; i < leaves.Rows; i++)
        {
            var row = number * SegmentLeaves.BlockRows + i;
            if (leaves[i] is { } leaf && !list.Fits(row, leaf)) yield return (row, row);
        }
    }

    private sealed class Segment(int events, int begin, byte[] roots)
    {
        public int Events => events;

        public int Begin => begin;

        public Dictionary<int, (LeafBlock Leaves, int Missing)> Blocks { get; } = [];

        public List<(int From, int To)> Suspects { get; } = [];

        /// <summary>The roots of the list, with those that the events gave in their places.</summary>
        public byte[] Roots => roots;

        public bool HintsChanged { get; set; }

        /// <summary>True when a block has no root, as what is kept of its removed events is gone.</summary>
        public bool Unknown { get; set; }
    }
}
