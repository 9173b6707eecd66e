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
    /// <param name="atOnce">How many pieces of it may be looked at beside each other.</param>
    /// <param name="cancellation">Stops it.</param>
    public static bool Holds(string path, IReadOnlyList<SegmentManifest> segments, LeafFile kept, BitArray removed, int atOnce, CancellationToken cancellation)
    {
        for (var i = 0; i < segments.Count; i++)
        {
            if (Convert.ToHexStringLower(kept.Segments[i].Root()) != segments[i].Root) return false;
        }

        try
        {
            var all = segments.Sum(segment => segment.Events);
            // Where nothing was removed, a row's place in the file says which event it must be.
            var pieces = atOnce > 1 && !removed.HasAnySet() ? Pieces(path, all, atOnce) : [(0, all)];
            if (pieces.Count == 1) return Holds(pieces[0]);
            var found = pieces.Select(piece => Task.Run(() => Holds(piece), CancellationToken.None)).ToArray();
            return Task.WhenAll(found).GetAwaiter().GetResult().All(holds => holds);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return false;
        }

        bool Holds((int From, int To) piece)
        {
            var (from, to) = (Walk.BlockFrom(segments, kept, piece.From), Walk.BlockFrom(segments, kept, piece.To));
            var (walk, last) = (new Walk(segments, kept, removed, from), piece.To == segments.Sum(segment => segment.Events));
            var bytes = new ByteBuilder(1 << 12);
            using var reader = SegmentReader.Open(path);
            // A row group that lies across the border of two pieces is read for both.
            while (reader.NextPage((first, rows) => first + rows > from && (last || first < to)))
            {
                cancellation.ThrowIfCancellationRequested();
                for (var i = (int)Math.Max(0, from - reader.First); i < reader.Rows; i++)
                {
                    if (!last && reader.First + i >= to) return walk.IsBefore(to);
                    if (!walk.IsAt(reader.Segment(i), reader.Row(i))) return false;
                    bytes.CutTo(0);
                    // The zero that RFC 6962 puts before a leaf.
                    bytes.Take(1)[0] = 0;
                    reader.Encode(i, bytes);
                    if (!walk.Take(bytes.Written)) return false;
                }
            }

            return last ? walk.IsAtEnd : walk.IsBefore(to);
        }
    }

    /// <summary>Pieces of a file of about the same length, each from the first row of a row group up to the first of another.</summary>
    private static List<(int From, int To)> Pieces(string path, int all, int atOnce)
    {
        using var reader = SegmentReader.Open(path, whole: false);
        var (pieces, from, at) = (new List<(int, int)>(), 0, 0L);
        foreach (var rows in reader.Groups)
        {
            at += rows;
            if (at >= all || pieces.Count == atOnce - 1) break;
            // The border that is nearest to where the piece would end.
            if (at + rows / 2 < (pieces.Count + 1L) * all / atOnce) continue;
            pieces.Add((from, (int)at));
            from = (int)at;
        }

        return [.. pieces, (from, all)];
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

        /// <summary>Begins with a row of the file, which is the first of a block where it is not the first of all.</summary>
        public Walk(IReadOnlyList<SegmentManifest> segments, LeafFile kept, BitArray removed, int from)
        {
            (this.segments, this.kept, this.removed) = (segments, kept, removed);
            for (; segment < segments.Count && from - begin >= segments[segment].Events; segment++) begin += segments[segment].Events;
            row = from - begin;
            layout = kept.Segments[0].Layout;
            leaves = new byte[layout.BlockRows * Merkle.HashLength];
            number = segment < segments.Count ? SegmentTable.Number(segments[segment].Id) : 0;
            PassRemoved();
        }

        /// <summary>The first row, from that one on, with which a block begins, or a segment, or nothing any more: counted through all segments.</summary>
        public static int BlockFrom(IReadOnlyList<SegmentManifest> segments, LeafFile kept, int row)
        {
            var begin = 0;
            foreach (var segment in segments)
            {
                if (row < begin + segment.Events)
                {
                    var block = kept.Segments[0].Layout.BlockRows;
                    return begin + Math.Min(segment.Events, (row - begin + block - 1) / block * block);
                }

                begin += segment.Events;
            }

            return begin;
        }

        public bool IsAtEnd => segment == segments.Count;

        /// <summary>True when all up to a row of the file was taken.</summary>
        public bool IsBefore(int fileRow) => begin + row == fileRow;

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
