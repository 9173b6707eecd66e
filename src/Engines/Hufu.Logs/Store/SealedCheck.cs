using System.Collections;
using Hufu.Kernel;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs.Store;

/// <summary>
/// Says of a file whether every event is there as it was sealed, in its place, and nothing else. It says no more: what is wrong with a file of which it says no
/// is found by asking the database for its rows one by one.
/// </summary>
internal static class SealedCheck
{
    /// <summary>True when all is as it was sealed.</summary>
    /// <param name="path">The Parquet file.</param>
    /// <param name="segments">What was sealed in it.</param>
    /// <param name="kept">What is kept of the leaf hashes.</param>
    /// <param name="removed">A bit for each event that was sealed, set where it was removed.</param>
    /// <param name="cancellation">Stops it.</param>
    public static bool Holds(string path, IReadOnlyList<SegmentManifest> segments, LeafFile kept, BitArray removed, CancellationToken cancellation)
    {
        for (var i = 0; i < segments.Count; i++)
        {
            if (Convert.ToHexStringLower(kept.Segments[i].Root()) != segments[i].Root) return false;
        }

        try
        {
            using var reader = SegmentReader.Open(path);
            var walk = new Walk(segments, kept, removed);
            var bytes = new ByteBuilder(1 << 12);
            while (reader.NextPage())
            {
                cancellation.ThrowIfCancellationRequested();
                for (var i = 0; i < reader.Rows; i++)
                {
                    if (!walk.IsAt(reader.Segment(i), reader.Row(i))) return false;
                    bytes.CutTo(0);
                    // The zero that RFC 6962 puts before a leaf.
                    bytes.Take(1)[0] = 0;
                    reader.Encode(i, bytes);
                    if (!walk.Take(bytes.Written)) return false;
                }
            }

            return walk.IsAtEnd;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return false;
        }
    }

    /// <summary>Goes along the events that must be there.</summary>
    private sealed class Walk
    {
        private readonly IReadOnlyList<SegmentManifest> segments;
        private readonly LeafFile kept;
        private readonly BitArray removed;
        private readonly LeafLayout layout;
        private readonly byte[] leaves;
        private readonly byte[] sum = new byte[Merkle.HashLength];
        private int segment;
        private int number;
        private int begin;
        private int row;

        public Walk(IReadOnlyList<SegmentManifest> segments, LeafFile kept, BitArray removed)
        {
            (this.segments, this.kept, this.removed) = (segments, kept, removed);
            layout = kept.Segments[0].Layout;
            leaves = new byte[layout.BlockRows * Merkle.HashLength];
            number = SegmentTable.Number(segments[0].Id);
            PassRemoved();
        }

        public bool IsAtEnd => segment == segments.Count;

        public bool IsAt(int ofSegment, int atRow) => segment < segments.Count && ofSegment == number && atRow == row;

        /// <summary>Takes the event that is next, with a zero byte before it; false when it or its block is not as it was sealed.</summary>
        public bool Take(ReadOnlySpan<byte> prefixed)
        {
            var of = kept.Segments[segment];
            var inBlock = row % layout.BlockRows;
            var leaf = leaves.AsSpan(inBlock * Merkle.HashLength, Merkle.HashLength);
            Sha256.Hash(prefixed, leaf);
            if (!of.Fits(row, leaf)) return false;
            if (layout.HasSums) LeafBuilder.Add(sum, leaf);
            var (block, ofBlock) = (row / layout.BlockRows, segment);
            row++;
            PassRemoved();
            return (segment == ofBlock && row / layout.BlockRows == block) || BlockHolds(ofBlock, block);
        }

        private bool BlockHolds(int ofSegment, int block)
        {
            var of = kept.Segments[ofSegment];
            var from = block * layout.BlockRows;
            var rows = layout.RowsOf(block, of.Events);
            if (layout.HasSums && !of.Sums.Span.Slice(block * Merkle.HashLength, Merkle.HashLength).SequenceEqual(sum)) return false;
            sum.AsSpan().Clear();
            var gone = LeafFile.MaskOf(removed, BeginOf(ofSegment) + from, rows);
            if (gone == 0) return SegmentLeaves.RootOf(leaves, rows).SequenceEqual(of.Roots.Span.Slice(block * Merkle.HashLength, Merkle.HashLength));
            var partly = kept.Block(ofSegment, block, removed);
            for (var i = 0; i < rows; i++)
            {
                if ((gone & (UInt128.One << i)) == 0) partly[i] = leaves.AsSpan(i * Merkle.HashLength, Merkle.HashLength).ToArray();
            }

            return partly.Root(0, rows) is { } root && of.Roots.Span.Slice(block * Merkle.HashLength, Merkle.HashLength).SequenceEqual(root);
        }

        private int BeginOf(int ofSegment) => ofSegment == segment ? begin : segments.Take(ofSegment).Sum(s => s.Events);

        private void PassRemoved()
        {
            while (segment < segments.Count)
            {
                for (; row < segments[segment].Events && removed[begin + row]; row++)
                {
                }

                if (row < segments[segment].Events) return;
                begin += segments[segment++].Events;
                row = 0;
                if (segment < segments.Count) number = SegmentTable.Number(segments[segment].Id);
            }
        }
    }
}
