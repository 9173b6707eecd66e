using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class ClickHouseLogs
{
    /// <summary>
    /// Reads the sealed segments back, oldest first, makes each event's canonical bytes again and compares them with what was sealed: names what was changed, is missing
    /// or was added there. Events that are not delivered yet are not missed. Changes nothing.
    /// </summary>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    public async IAsyncEnumerable<SegmentVerification> VerifyAsync(IProgress<double>? progress = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var (extent, done) = (store.Extent(), 0);
        var tables = new Dictionary<Shard, ClickHouseTable>();
        foreach (var shard in shards)
        {
            SegmentFinding? fault = null;
            try
            {
                var client = At(shard.Address);
                tables[shard] = new ClickHouseTable(await FormAsync(client, await VersionAsync(client, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false));
                if (await OwnerAsync(client, cancellation).ConfigureAwait(false) != (marks.Id, shard.Index, shard.Count)) throw new InvalidDataException($"The events on {shard.Address.Authority} are not those of this store.");
            }
            catch (Exception e) when (e is ClickHouseException or InvalidDataException)
            {
                fault = new SegmentFinding(SegmentFault.FileUnreadable, null, e.Message);
            }

            if (fault is null) continue;
            tables.Remove(shard);
            yield return new SegmentVerification(extent.OpenId, 0, [fault]);
        }

        foreach (var segment in extent.Sealed)
        {
            var (check, index, removed) = store.CheckOf(segment.Id);
            var findings = new List<SegmentFinding>();
            var seen = new BitArray(segment.Events);
            long events = 0;
            foreach (var (shard, table) in tables)
            {
                try
                {
                    // The last piece has whatever stands behind the end.
                    for (var from = 0L; from <= segment.Events; from += Block)
                        events += await VerifyAsync(shard, table, segment, from, from + Block > segment.Events ? uint.MaxValue : from + Block, row => check?.Add(index, row.Row, row.Leaf), removed, seen, findings, cancellation).ConfigureAwait(false);
                }
                catch (Exception e) when (e is ClickHouseException or InvalidDataException)
                {
                    Add(findings, SegmentFault.FileUnreadable, null, e.Message);
                    continue;
                }

                for (var row = 0; row < segment.Events; row++)
                {
                    if (!seen[row] && !removed[row] && ShardOf(segment.Id, row, shard.Count) == shard.Index && IsDelivered(shard.Mark, segment.Id, row))
                        Add(findings, SegmentFault.EventMissing, string.Create(CultureInfo.InvariantCulture, $"{segment.Id}/{row}"), $"the event was delivered to {shard.Address.Authority} and is not there");
                }
            }

            if (check is null && !removed.HasAllSet()) Add(findings, SegmentFault.LeavesChanged, null, $"the list of leaf hashes of segment {segment.Id} is damaged: what is on the server cannot be compared");
            foreach (var (first, last, perhaps) in check?.Judge(index, segment.Root).Changed ?? [])
            {
                if (perhaps) Add(findings, SegmentFault.EventChanged, null, string.Create(CultureInfo.InvariantCulture, $"of the events {segment.Id}/{first} to {last} on the server more than those named may not be as they were sealed"));
                else if (first == last) Add(findings, SegmentFault.EventChanged, string.Create(CultureInfo.InvariantCulture, $"{segment.Id}/{first}"), "the event on the server is not as it was sealed");
                else Add(findings, SegmentFault.EventChanged, null, string.Create(CultureInfo.InvariantCulture, $"one of the events {segment.Id}/{first} to {last} on the server is not as it was sealed"));
            }

            yield return new SegmentVerification(segment.Id, events, findings);
            progress?.Report((double)++done / extent.Sealed.Count);
        }
    }

    private async Task<long> VerifyAsync(Shard shard, ClickHouseTable table, SegmentManifest segment, long from, long until, Action<(int Row, byte[] Leaf)> good, BitArray removed, BitArray seen, List<SegmentFinding> findings, CancellationToken cancellation)
    {
        var sql = string.Create(CultureInfo.InvariantCulture, $"SELECT {table.Selected} FROM {ClickHouseTable.Events} WHERE segment = {SegmentTable.Number(segment.Id)} AND \"row\" >= {from} AND \"row\" < {until} ORDER BY \"row\" LIMIT {2 * Block} FORMAT RowBinary");
        var rows = await At(shard.Address).RunAsync(new ClickHouseRequest(sql) { Timeout = SendTimeout }, cancellation).ConfigureAwait(false);
        var told = shard.Mark.Removals.Count > 0;
        long events = 0;
        foreach (var (item, agree) in table.Read(rows))
        {
            events++;
            var row = long.Parse(item.Id.AsSpan(9), CultureInfo.InvariantCulture);
            if (row < 0 || row >= segment.Events || seen[(int)row] || ShardOf(segment.Id, (int)row, shard.Count) != shard.Index)
            {
                Add(findings, SegmentFault.EventAdded, item.Id, $"{shard.Address.Authority} has an event that was not sealed, or has it twice");
                continue;
            }

            seen[(int)row] = true;
            if (removed[(int)row])
            {
                // What the server was told to remove goes in its own time.
                if (!told) continue;
                Add(findings, SegmentFault.EventAdded, item.Id, $"the event was removed here and is still on {shard.Address.Authority}");
            }
            else if (agree)
            {
                good(((int)row, Merkle.HashLeaf(EventCodec.Encode(item))));
            }
            else
            {
                Add(findings, SegmentFault.EventChanged, item.Id, $"the event on {shard.Address.Authority} is not as it was sealed");
            }
        }

        return events;
    }

    private static bool IsDelivered(ClickHouseMark mark, string segment, int row) => string.CompareOrdinal(segment, mark.Segment) is var order && (order < 0 || order == 0 && row < mark.Row);

    private static void Add(List<SegmentFinding> findings, SegmentFault fault, string? id, string detail)
    {
        if (findings.Count < 1_000) findings.Add(new SegmentFinding(fault, id, detail));
    }
}
