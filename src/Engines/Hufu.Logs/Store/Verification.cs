using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using DuckDB.NET.Data;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class LogStore
{
    private const int MaxFindings = 1_000;

    /// <summary>
    /// Proves that an event is in its segment, or in what was last anchored of the open one; null when it is not there, or was not anchored yet. The
    /// proof is made from the event as it is stored now: for an event that was changed after sealing it does not hold.
    /// </summary>
    public EventProof? Prove(string id)
    {
        if (GetEvent(id) is not { } item || !TryId(id, out var segment, out var row)) return null;
        var leaves = ReadLeaves(segment);
        var (size, treeRoot, receipt) = (0, "", (string?)null);
        if (PartOf(segment)?.Segments.FirstOrDefault(s => s.Id == segment) is { } manifest) (size, treeRoot, receipt) = (leaves.Count, manifest.Root, manifest.Receipt);
        else if (AnchorOf(segment) is { } anchor) (size, treeRoot, receipt) = (anchor.Events, anchor.Root, anchor.Receipt);
        if (row >= size || size > leaves.Count) return null;
        return new EventProof(id, EventCodec.Encode(item), row, size, Merkle.Path(leaves.GetRange(0, size), row), Convert.FromHexString(treeRoot), receipt);
    }

    /// <summary>Checks a sealed segment: its file, the list of leaf hashes, every event. Names what was changed, is missing or was added.</summary>
    /// <exception cref="ArgumentException">There is no such sealed segment.</exception>
    public SegmentVerification VerifySegment(string segmentId, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segmentId);
        var part = PartOf(segmentId) ?? throw new ArgumentException($"There is no sealed segment '{segmentId}'.", nameof(segmentId));
        return Verify(part, cancellation).First(v => v.SegmentId == segmentId);
    }

    /// <summary>
    /// Checks all sealed segments, oldest first, each file once. What is wrong with a file of several segments stands with its first. Events that were
    /// removed with a removal are not missed; whether the removal itself was recorded is for whoever keeps the receipts to say.
    /// </summary>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public IEnumerable<SegmentVerification> VerifyAll(IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        using var view = TakeView();
        var (all, done) = (view.Parts.Sum(part => (long)part.Sealed), 0L);
        foreach (var part in view.Parts)
        {
            foreach (var verification in Verify(part, cancellation)) yield return verification;
            done += part.Sealed;
            progress?.Report((double)done / Math.Max(1, all));
        }
    }

    private OpenAnchor? AnchorOf(string segment)
    {
        lock (gate) return segment == open.Id ? open.Anchor : null;
    }

    private List<SegmentVerification> Verify(Part part, CancellationToken cancellation)
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

        var path = part.Path(".parquet");
        if (!File.Exists(path))
        {
            Add(first, SegmentFault.FileMissing, null, $"{part.Stem}.parquet is not there");
            return Result();
        }

        using (var file = File.OpenRead(path))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != part.FileSha256) Add(first, SegmentFault.FileChanged, null, $"{part.Stem}.parquet does not have the SHA-256 of the manifest");
        }

        var leaves = part.Leaves(0, part.Sealed);
        var begins = new Dictionary<int, (int Index, int Begin)>();
        var begin = 0;
        for (var i = 0; i < findings.Count; i++)
        {
            var segment = part.Segments[i];
            begins.Add(SegmentTable.Number(segment.Id), (i, begin));
            if (leaves.Count < begin + segment.Events || Convert.ToHexStringLower(Merkle.Root(leaves.GetRange(begin, segment.Events))) != segment.Root)
                Add(findings[i], SegmentFault.LeavesChanged, null, $"the list of leaf hashes does not give the root of segment {segment.Id}");
            begin += segment.Events;
        }

        var seen = new BitArray(part.Sealed);
        try
        {
            using var connection = root.Duplicate();
            connection.Open();
            using var command = connection.CreateCommand();
            command.UseStreamingMode = true;
            command.CommandText = $"SELECT {SegmentTable.Columns} FROM {part.Table}";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                var item = SegmentTable.Read(reader);
                var row = reader.GetInt32(0);
                var known = begins.TryGetValue(reader.GetInt32(19), out var segment);
                var place = segment.Begin + row;
                if (!known || row < 0 || row >= part.Segments[segment.Index].Events || seen[place] || removed[place])
                {
                    Add(findings[segment.Index], SegmentFault.EventAdded, item.Id, "the event was not sealed in this segment, or was removed");
                    continue;
                }

                seen[place] = true;
                counts[segment.Index]++;
                if (place < leaves.Count && (!Merkle.HashLeaf(EventCodec.Encode(item)).AsSpan().SequenceEqual(leaves[place]) || !SegmentTable.ColumnsAgree(reader, item)))
                    Add(findings[segment.Index], SegmentFault.EventChanged, item.Id, "the event is not as it was sealed");
            }

            foreach (var (number, (index, from)) in begins)
            {
                for (var row = 0; row < part.Segments[index].Events; row++)
                {
                    if (!seen[from + row] && !removed[from + row]) Add(findings[index], SegmentFault.EventMissing, string.Create(CultureInfo.InvariantCulture, $"{SegmentTable.Id(number)}/{row}"), "the event was sealed and is not there");
                }
            }
        }
        catch (DuckDBException fault)
        {
            Add(first, SegmentFault.FileUnreadable, null, fault.Message);
        }

        return Result();

        List<SegmentVerification> Result() => [.. part.Segments.Select((segment, i) => new SegmentVerification(segment.Id, counts[i], findings[i]))];

        static void Add(List<SegmentFinding> findings, SegmentFault fault, string? id, string detail)
        {
            if (findings.Count < MaxFindings) findings.Add(new SegmentFinding(fault, id, detail));
        }
    }
}
