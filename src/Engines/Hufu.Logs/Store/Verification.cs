using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using DuckDB.NET.Data;
using Hufu.Logs.Cold;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class LogStore
{
    private const int VerifiedAtOnce = 4;

    private const int MaxFindings = 1_000;

    // What stands for a hash that cannot be made, as an event is not there: the proof does not hold.
    private static readonly byte[] Unknown = new byte[Merkle.HashLength];

    /// <summary>
    /// Proves that an event is in its segment, or in what was last anchored of the open one; null when it is not there, or was not anchored yet. The
    /// proof is made from the event and those that share its block as they are stored now: when some of them were changed after sealing it
    /// does not hold; in a file that was put together it does when only one of them was.
    /// </summary>
    public EventProof? Prove(string id) => ProveAll([id]).GetValueOrDefault(id);

    /// <summary>Proves several events as <see cref="Prove"/> does one, in less time than one after another. Those that cannot be proved are left out.</summary>
    /// <exception cref="ColdException">The file of an event lies in cold storage and cannot be had.</exception>
    public IReadOnlyDictionary<string, EventProof> ProveAll(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var proofs = new Dictionary<string, EventProof>(StringComparer.Ordinal);
        var anchor = OpenAnchor();
        using var view = TakeView(whole: true);
        foreach (var asked in ids.Distinct(StringComparer.Ordinal).Select(id => TryId(id, out var segment, out var row) ? (Id: id, Segment: segment, Row: row) : default).Where(e => e.Id is not null).GroupBy(e => e.Segment, StringComparer.Ordinal))
        {
            var segment = asked.Key;
            if (LeavesOf(view, segment) is not { } leaves) continue;
            var (size, treeRoot, receipt) = (0, "", (string?)null);
            if (PartOf(segment)?.Segments.FirstOrDefault(s => s.Id == segment) is { } manifest) (size, treeRoot, receipt) = (manifest.Events, manifest.Root, manifest.Receipt);
            else if (anchor?.Segment == segment) (size, treeRoot, receipt) = (anchor.Value.Anchor.Events, anchor.Value.Anchor.Root, anchor.Value.Anchor.Receipt);
            if (size > leaves.Events) continue;
            var rows = asked.Where(e => e.Row < size).ToList();
            if (rows.Count == 0) continue;
            leaves.Load(view, [.. rows.Select(e => e.Row / leaves.BlockRows), size / leaves.BlockRows]);
            var above = size == leaves.Events ? leaves.Sealed : leaves.Sealed.First(size, size % leaves.BlockRows == 0 ? null : leaves.RootOfLast(size) ?? Unknown);
            foreach (var (id, _, row) in rows)
            {
                if (leaves.Event(row) is not { } bytes) continue;
                var block = row / leaves.BlockRows;
                var path = Merkle.Path(leaves.Sealed.Layout.RowsOf(block, size), row % leaves.BlockRows, (from, count) => leaves.Root(block, from, count) ?? Unknown);
                proofs[id] = new EventProof(id, bytes, row, size, [.. path, .. above.Above(block)], Convert.FromHexString(treeRoot), receipt);
            }

            // However many files the events lie in, one at a time is needed.
            if (view.Parts.Find(part => part.Has(segment)) is { } read) view.LetGo(read);
        }

        return proofs;
    }

    /// <summary>Checks a sealed segment: its file, the list of leaf hashes, every event. Names what was changed, is missing or was added.</summary>
    /// <exception cref="ArgumentException">There is no such sealed segment.</exception>
    public SegmentVerification VerifySegment(string segmentId, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segmentId);
        var part = PartOf(segmentId) ?? throw new ArgumentException($"There is no sealed segment '{segmentId}'.", nameof(segmentId));
        return Verify(part, Math.Min(Environment.ProcessorCount, VerifiedAtOnce), cancellation).First(v => v.SegmentId == segmentId);
    }

    /// <summary>
    /// Checks all sealed segments, oldest first, each file once. What is wrong with a file of several segments stands with its first. Events that were
    /// removed with a removal are not missed; whether the removal itself was recorded is for whoever keeps the receipts to say.
    /// </summary>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public IEnumerable<SegmentVerification> VerifyAll(IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        using var view = TakeView(cancellation: cancellation);
        var (all, done) = (view.Parts.Sum(part => (long)part.Sealed), 0L);
        // Files have nothing to do with each other: as many at once as there are processors, told in their order. What is left alone is looked at in pieces.
        foreach (var some in view.Parts.Chunk(Math.Clamp(Environment.ProcessorCount, 1, VerifiedAtOnce)))
        {
            var verifying = some.Select(part => Task.Run(() => Verify(part, Math.Max(1, Math.Min(Environment.ProcessorCount, VerifiedAtOnce) / some.Length), cancellation), CancellationToken.None)).ToArray();
            try
            {
                Task.WaitAll(verifying, CancellationToken.None);
            }
            catch (AggregateException)
            {
                // None goes on when another has failed; whose it is says it below.
            }

            for (var i = 0; i < some.Length; i++)
            {
                foreach (var verification in verifying[i].GetAwaiter().GetResult()) yield return verification;
                done += some[i].Sealed;
                progress?.Report((double)done / Math.Max(1, all));
            }
        }
    }

    private (string Segment, OpenAnchor Anchor)? OpenAnchor()
    {
        lock (gate) return open.Anchor is { } anchor ? (open.Id, anchor) : null;
    }

    /// <summary>What is kept of a segment's leaf hashes; null when there is no such segment, or the list is damaged or gone.</summary>
    private StoredLeaves? LeavesOf(View view, string segment)
    {
        lock (adding)
        {
            if (segment == open.Id) return new StoredLeaves(segment, open.Leaves.ToLeaves(), true, (_, rows) => new LeafBlock(rows));
        }

        if (view.Parts.Find(part => part.Has(segment)) is not { FileSha256: not null } part || part.Leaves() is not { } leaves) return null;
        var (index, removed) = (part.Segments.TakeWhile(s => s.Id != segment).Count(), part.Removed());
        return new StoredLeaves(segment, leaves.Segments[index], false, (block, _) => leaves.Block(index, block, removed));
    }

    /// <summary>The leaf hashes of a segment, with those of some blocks as their events are stored.</summary>
    private sealed class StoredLeaves(string segment, SegmentLeaves leaves, bool open, Func<int, int, LeafBlock> empty)
    {
        private const int AtOnce = 100;

        private readonly Dictionary<int, LeafBlock> blocks = [];
        private readonly Dictionary<int, byte[]> events = [];

        public SegmentLeaves Sealed => leaves;

        public int Events => leaves.Events;

        public int BlockRows => leaves.Layout.BlockRows;

        public byte[] Root(int block) => leaves.Root(block);

        public byte[]? Root(int block, int from, int count) => blocks[block].Root(from, count);

        /// <summary>The canonical bytes of an event in a block that was loaded; null when it is not there.</summary>
        public byte[]? Event(int row) => events.GetValueOrDefault(row);

        /// <summary>Reads the events of blocks; those beyond the end are passed over.</summary>
        public void Load(View view, IEnumerable<int> wanted)
        {
            foreach (var some in wanted.Where(b => b < leaves.Blocks && !blocks.ContainsKey(b)).Distinct().Chunk(AtOnce))
            {
                foreach (var block in some) blocks[block] = empty(block, leaves.Layout.RowsOf(block, Events));
                var within = string.Join(" OR ", some.Select(b => string.Create(CultureInfo.InvariantCulture, $"row BETWEEN {b * BlockRows} AND {b * BlockRows + BlockRows - 1}")));
                // Without its file nothing is known of the block but its root.
                if (view.From(segment) is not { } table) continue;
                try
                {
                    using var command = view.Command($"SELECT {SegmentTable.Columns} FROM {table} WHERE segment = {SegmentTable.Number(segment).ToString(CultureInfo.InvariantCulture)} AND ({within})");
                    using var reader = command.ExecuteReader();
                    while (reader.Read())
                    {
                        var row = reader.GetInt32(0);
                        if (Canonical(reader, agreeing: false) is not { } bytes) continue;
                        if (!blocks.TryGetValue(row / BlockRows, out var block) || row % BlockRows >= block.Rows) continue;
                        events[row] = bytes;
                        block[row % BlockRows] = Merkle.HashLeaf(bytes);
                    }
                }
                catch (DuckDBException)
                {
                    // A file that cannot be read is like one that is not there: the verification of its segment says what is wrong with it.
                }

                // One changed event does not take the proofs of its neighbours with it, where its leaf hash is known from theirs.
                foreach (var block in open ? [] : some.Where(b => leaves.Layout.HasSums && blocks[b].Root(0, blocks[b].Rows)?.AsSpan().SequenceEqual(leaves.Root(b)) != true))
                {
                    if (leaves.Odd(block, blocks[block]) is var (row, leaf)) blocks[block][row] = leaf;
                }
            }
        }

        /// <summary>The root over those of the first so many events that do not fill a block; null when they are not as they were sealed, or cannot be told apart.</summary>
        public byte[]? RootOfLast(int count)
        {
            var block = count / BlockRows;
            if (count == Events) return leaves.Root(block);
            var loaded = blocks[block];
            // Of the open segment more may have come in than was read.
            return open || (loaded.Root(0, loaded.Rows) is { } whole && whole.AsSpan().SequenceEqual(leaves.Root(block))) ? loaded.Root(0, count % BlockRows) : null;
        }
    }

    private List<SegmentVerification> Verify(Part part, int atOnce, CancellationToken cancellation)
    {
        var findings = part.Segments.Select(_ => new List<SegmentFinding>()).ToList();
        var counts = new long[findings.Count];
        var first = findings[0];
        var removed = part.Removed();
        if (part.Removals.Count > 0 && Convert.ToHexStringLower(SHA256.HashData(Part.Bytes(removed))) != part.Removals[^1].RemovedSha256)
        {
            Add(first, SegmentFault.RemovalChanged, null, $"the list of events removed from {part.Stem} is not the one of their removal");
            removed = new BitArray(removed.Length);
        }

        if (part.FileSha256 is null)
        {
            if (part.Removals.Count == 0) Add(first, SegmentFault.FileMissing, null, $"{part.Stem} has no file and no removal says why");
            return Result();
        }

        var (path, own) = (part.Path(".parquet"), false);
        try
        {
            // As it is there, changed or not: what is wrong is named event by event.
            if (part.Cold is { } mark) (path, own) = cold.AsItIsAsync(mark, cancellation).GetAwaiter().GetResult();
            return File.Exists(path) ? Compare() : Gone($"{part.Stem}.parquet is not there");
        }
        catch (ColdException e) when (e.Fault == ColdFault.Missing)
        {
            return Gone($"{part.Stem}.parquet is not there: {e.Message}");
        }
        catch (ColdException e)
        {
            Add(first, SegmentFault.FileUnreachable, null, $"{part.Stem}.parquet could not be verified: {e.Message}");
            return Result();
        }
        finally
        {
            if (own) File.Delete(path);
        }

        List<SegmentVerification> Gone(string detail)
        {
            Add(first, SegmentFault.FileMissing, null, detail);
            return Result();
        }

        List<SegmentVerification> Compare()
        {
            var begins = part.Segments.Select(s => part.Begin(s.Id)).ToList();
            using (var file = File.OpenRead(path))
            {
                if (Convert.ToHexStringLower(SHA256.HashData(file)) != part.FileSha256) Add(first, SegmentFault.FileChanged, null, $"{part.Stem}.parquet does not have the SHA-256 of the manifest");
            }

            if (part.Leaves() is { } list && SealedCheck.Holds(path, part.Segments, list, removed, atOnce, cancellation))
            {
                for (var i = 0; i < counts.Length; i++) counts[i] = part.Segments[i].Events - Enumerable.Range(begins[i], part.Segments[i].Events).Count(at => removed[at]);
                return Result();
            }

            var checks = new LeafCheck(part.Leaves(), [.. part.Segments.Select(s => s.Events)], removed);
            var numbers = part.Segments.Select((segment, i) => (Number: SegmentTable.Number(segment.Id), i)).ToDictionary(s => s.Number, s => s.i);
            var seen = new BitArray(part.Sealed);
            try
            {
                using var connection = Connect();
                using var command = connection.CreateCommand();
                command.UseStreamingMode = true;
                command.CommandText = $"SELECT {SegmentTable.Columns}, time FROM {part.Table(path)}";
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    cancellation.ThrowIfCancellationRequested();
                    var (row, number) = reader.IsDBNull(0) || reader.IsDBNull(19) ? (-1, 0) : (reader.GetInt32(0), reader.GetInt32(19));
                    var known = numbers.TryGetValue(number, out var index);
                    if (!known || row < 0 || row >= part.Segments[index].Events || seen[begins[index] + row] || removed[begins[index] + row])
                    {
                        Add(findings[index], SegmentFault.EventAdded, Id(), "the event was not sealed in this segment, or was removed");
                        continue;
                    }

                    seen[begins[index] + row] = true;
                    counts[index]++;
                    // Searches go by the time of ordering, which is one of the other two.
                    if (Canonical(reader, agreeing: true) is { } bytes && !reader.IsDBNull(SegmentTable.ColumnCount) && reader.GetDateTime(SegmentTable.ColumnCount) == reader.GetDateTime(reader.IsDBNull(2) ? 1 : 2)) checks.Add(index, row, Merkle.HashLeaf(bytes));
                    else Add(findings[index], SegmentFault.EventChanged, Id(), "the event is not as it was sealed");

                    string Id() => string.Create(CultureInfo.InvariantCulture, $"{SegmentTable.Id(number)}/{row}");
                }
            }
            catch (DuckDBException fault)
            {
                Add(first, SegmentFault.FileUnreadable, null, fault.Message);
                return Result();
            }

            for (var i = 0; i < findings.Count; i++)
            {
                var segment = part.Segments[i];
                for (var row = 0; row < segment.Events; row++)
                {
                    if (!seen[begins[i] + row] && !removed[begins[i] + row]) Add(findings[i], SegmentFault.EventMissing, string.Create(CultureInfo.InvariantCulture, $"{segment.Id}/{row}"), "the event was sealed and is not there");
                }

                var outcome = checks.Judge(i, segment.Root);
                if (outcome.ListChanged) Add(findings[i], SegmentFault.LeavesChanged, null, $"the list of leaf hashes is not the one of segment {segment.Id}");
                foreach (var (from, to, perhaps) in outcome.Changed)
                {
                    if (perhaps) Add(findings[i], SegmentFault.EventChanged, null, string.Create(CultureInfo.InvariantCulture, $"of the events {segment.Id}/{from} to {to} more than those named may not be as they were sealed"));
                    else if (from == to) Add(findings[i], SegmentFault.EventChanged, string.Create(CultureInfo.InvariantCulture, $"{segment.Id}/{from}"), "the event is not as it was sealed");
                    else Add(findings[i], SegmentFault.EventChanged, null, string.Create(CultureInfo.InvariantCulture, $"one of the events {segment.Id}/{from} to {to} is not as it was sealed"));
                }
            }

            return Result();
        }

        List<SegmentVerification> Result() => [.. part.Segments.Select((segment, i) => new SegmentVerification(segment.Id, counts[i], findings[i]))];

        static void Add(List<SegmentFinding> findings, SegmentFault fault, string? id, string detail)
        {
            if (findings.Count < MaxFindings) findings.Add(new SegmentFinding(fault, id, detail));
        }
    }

    /// <summary>The canonical bytes of a row's event; null when it is nothing that could be an event.</summary>
    /// <param name="row">The row.</param>
    /// <param name="agreeing">True for null also when its columns say something else than its exact bytes.</param>
    private static byte[]? Canonical(System.Data.IDataRecord row, bool agreeing)
    {
        try
        {
            var item = SegmentTable.Read(row);
            return agreeing && !SegmentTable.ColumnsAgree(row, item) ? null : EventCodec.Encode(item);
        }
        catch (Exception e) when (e is InvalidCastException or ArgumentException or IndexOutOfRangeException or OverflowException or FormatException or EndOfStreamException)
        {
            return null;
        }
    }
}
