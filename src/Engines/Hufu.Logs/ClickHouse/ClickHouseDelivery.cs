using System.Globalization;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class ClickHouseLogs
{
    // A batch ends where it has this many bytes; it never leaves its block.
    private const int MaxBatch = 32 << 20;

    // A statement has them all, and what a server takes for one is bounded.
    private const int MaxKept = 5_000;

    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Delivers what waits, to every server that takes it; one that does not is tried again later and does not hold up the others. Returns when nothing waits
    /// any more, or nothing more can be delivered now.
    /// </summary>
    public async Task DeliverAsync(CancellationToken cancellation = default)
    {
        await ServerAsync(cancellation).ConfigureAwait(false);
        List<Shard> all;
        lock (gate) all = [.. shards];
        await Task.WhenAll(all.Select(shard => DeliverAsync(shard, cancellation))).ConfigureAwait(false);
    }

    /// <summary>Looks at the next delivery whether the store has removed something, which otherwise is done every minute.</summary>
    public void LookNow()
    {
        lock (gate) shards.ForEach(shard => shard.LookAt = default);
    }

    private async Task DeliverAsync(Shard shard, CancellationToken cancellation)
    {
        await shard.Delivering.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (clock.GetUtcNow() < shard.RetryAt) return;
            shard.Table ??= await TakeOwnershipAsync(shard, cancellation).ConfigureAwait(false);
            // What the store no longer has is not looked for in what is delivered again.
            var held = await RemoveAsync(shard, cancellation).ConfigureAwait(false);
            while (await DeliverBatchAsync(shard, cancellation).ConfigureAwait(false))
            {
                // Until nothing waits.
            }

            // Where nothing waits, whether it is there would not be known.
            if (clock.GetUtcNow() >= shard.AskAt)
            {
                await RunAsync(At(shard.Address), "SELECT 1 FORMAT RowBinary", cancellation).ConfigureAwait(false);
                shard.AskAt = clock.GetUtcNow() + RememberDown;
            }

            lock (gate) (shard.Problem, shard.ProblemSince, shard.Failures) = (held, held is null ? null : shard.ProblemSince ?? clock.GetUtcNow(), 0);
        }
        catch (Exception e) when (e is ClickHouseException or InvalidDataException or IOException)
        {
            var now = clock.GetUtcNow();
            lock (gate)
            {
                shard.Problem = e is ClickHouseException { IsStillRunning: true } ? "The attempt before, whose answer was lost, is still running there." : e.Message;
                shard.ProblemSince ??= now;
                // Whatever it is when it comes back, it is looked at anew.
                if (e is ClickHouseException { Code: ClickHouseException.Unreachable }) shard.Table = null;
                shard.RetryAt = now + TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 1 << Math.Min(shard.Failures++, 6)));
            }
        }
        finally
        {
            shard.Delivering.Release();
        }
    }

    /// <summary>Makes the tables of a server, and makes sure that the events there are ours.</summary>
    private async Task<ClickHouseTable> TakeOwnershipAsync(Shard shard, CancellationToken cancellation)
    {
        var client = At(shard.Address);
        var features = await VersionAsync(client, cancellation).ConfigureAwait(false);
        await RunAsync(client, new ClickHouseTable(features).Create(), cancellation).ConfigureAwait(false);
        features = await FormAsync(client, features, cancellation).ConfigureAwait(false);
        await RunAsync(client, $"CREATE TABLE IF NOT EXISTS {ClickHouseTable.Owner} (id String, shard UInt32, shards UInt32) ENGINE = MergeTree PARTITION BY tuple() ORDER BY id", cancellation).ConfigureAwait(false);
        var owner = await OwnerAsync(client, cancellation).ConfigureAwait(false);
        var ours = (marks.Id, shard.Index, shard.Count);
        var events = new RowReader(await RunAsync(client, $"SELECT toInt64(count()) FROM {ClickHouseTable.Events} FORMAT RowBinary", cancellation).ConfigureAwait(false)).Int64();
        if (owner is null && events > 0) throw new InvalidDataException($"{shard.Address.Authority} has events in {ClickHouseTable.Events} that no one owns: empty the table.");
        if (owner is null)
        {
            await RunAsync(client, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {ClickHouseTable.Owner} VALUES ('{marks.Id}', {shard.Index}, {shard.Count})"), cancellation).ConfigureAwait(false);
            owner = await OwnerAsync(client, cancellation).ConfigureAwait(false);
        }

        if (owner != ours) throw new InvalidDataException($"The events on {shard.Address.Authority} are those of another store, of the time before a backup was restored, or of other shards: drop {ClickHouseTable.Events} and {ClickHouseTable.Owner} there, or name another database.");
        lock (gate)
        {
            shard.Version = features.Version;
            // Emptied by hand: everything is delivered again.
            if (events == 0 && (shard.Mark.Row > 0 || shard.Mark.Segment != "00000001")) Move(shard, ClickHouseMark.Begin(shard.Address.ToString()));
        }

        return new ClickHouseTable(features);
    }

    private static async Task<(string Id, int Shard, int Shards)?> OwnerAsync(IClickHouse client, CancellationToken cancellation)
    {
        var rows = new RowReader(await RunAsync(client, $"SELECT DISTINCT id, toInt32(shard), toInt32(shards) FROM {ClickHouseTable.Owner} FORMAT RowBinary", cancellation).ConfigureAwait(false));
        if (rows.Ended) return null;
        var owner = (rows.Text(), rows.Int32(), rows.Int32());
        return rows.Ended ? owner : ("", 0, 0);
    }

    /// <summary>Delivers the next batch; false when nothing waits.</summary>
    private async Task<bool> DeliverBatchAsync(Shard shard, CancellationToken cancellation)
    {
        if (Next(store.Extent(), shard) is not var (segment, first, end)) return false;
        var table = shard.Table!;
        var rows = new ByteBuilder(1 << 16);
        var (until, count, earliest, latest) = (end, 0, long.MaxValue, long.MinValue);
        foreach (var item in store.EventsFrom(segment, first, end - first, cancellation))
        {
            var row = int.Parse(item.Id.AsSpan(9), CultureInfo.InvariantCulture);
            if (item.Id.AsSpan(0, 8).SequenceEqual(segment) is false || row >= end) break;
            if (count == 0) lock (gate) shard.WaitingSince ??= item.ReceivedAt;
            table.Write(rows, segment, row, item);
            count++;
            var time = EventCodec.Micros(item.Time);
            (earliest, latest) = (Math.Min(earliest, time), Math.Max(latest, time));
            if (rows.Length < MaxBatch) continue;
            until = row + 1;
            break;
        }

        if (count > 0)
        {
            // One id for all attempts that begin here: the server does not run two at a time, and each adds only what the one before did not. A later attempt
            // never has fewer events than one before it.
            var (client, number) = (At(shard.Address), SegmentTable.Number(segment));
            await client.RunAsync(new ClickHouseRequest(table.Insert(number, first, until, earliest, latest))
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"hufu-{marks.Id}-{segment}-{first}"), Rows = rows.Written.ToArray(), Structure = table.Structure, Settings = table.InsertSettings, Timeout = SendTimeout,
            }, cancellation).ConfigureAwait(false);
            var there = new RowReader(await client.RunAsync(new ClickHouseRequest(ClickHouseTable.Count(number, first, until, earliest, latest)), cancellation).ConfigureAwait(false));
            if (there.Int64() is var all && there.Int64() is var apart && (all, apart) != (count, count))
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"Of rows {first} to {until - 1} of segment {segment}, {count} were delivered, and {shard.Address.Authority} has {all} rows, {apart} of them different."));
        }

        lock (gate)
        {
            Move(shard, shard.Mark with { Segment = segment, Row = until });
            (shard.Confirmed, shard.WaitingSince) = (count > 0 ? clock.GetUtcNow() : shard.Confirmed, null);
        }

        return true;
    }

    /// <summary>The rows of a block that a server has not confirmed.</summary>
    private static (string Segment, int First, int Until)? Next(StoreExtent extent, Shard shard)
    {
        foreach (var (id, rows) in extent.Segments)
        {
            var order = string.CompareOrdinal(id, shard.Mark.Segment);
            if (order < 0) continue;
            for (var from = order == 0 ? shard.Mark.Row : 0; from < rows; from = (from / Block + 1) * Block)
                if (ShardOf(id, from, shard.Count) == shard.Index) return (id, from, Math.Min(rows, (from / Block + 1) * Block));
        }

        return null;
    }

    // On the disk before it is believed.
    private void Move(Shard shard, ClickHouseMark mark)
    {
        var moved = marks with { Shards = [.. marks.Shards.Select((known, i) => i == shard.Index ? mark : known)] };
        moved.Write(path);
        (marks, shard.Mark) = (moved, mark);
    }

    /// <summary>Tells a server of what the store has removed for good. Returns why something stays; null when nothing does.</summary>
    private async Task<string?> RemoveAsync(Shard shard, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now < shard.LookAt) return shard.Held;
        shard.Held = null;
        foreach (var removal in store.Files().SelectMany(file => file.Removals))
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{removal.First}-{removal.Last}.{removal.Generation}");
            if (shard.Mark.Removals.Contains(key)) continue;
            var sources = removal.Sources.Select(source => source.Source).ToList();
            var condition = $"segment >= {SegmentTable.Number(removal.First)} AND segment <= {SegmentTable.Number(removal.Last)} AND source IN ({string.Join(", ", sources.Select(ClickHouseDialect.Literal))})";
            // Under a hold some stayed.
            var kept = store.RowsOf(removal.First, removal.Last, sources, MaxKept + 1);
            if (kept.Count > MaxKept)
            {
                shard.Held = $"More than {MaxKept} events of segments {removal.First} to {removal.Last} are held; what was removed of their sources here is still there.";
                continue;
            }

            if (kept.Count > 0) condition += $" AND (segment, \"row\") NOT IN ({string.Join(", ", kept.Select(row => string.Create(CultureInfo.InvariantCulture, $"({row.Segment}, {row.Row})")))})";
            await At(shard.Address).RunAsync(new ClickHouseRequest($"ALTER TABLE {ClickHouseTable.Events} DELETE WHERE {condition}") { Timeout = SendTimeout }, cancellation).ConfigureAwait(false);
            lock (gate) Move(shard, shard.Mark with { Removals = [.. shard.Mark.Removals, key] });
        }

        shard.LookAt = now + Look;
        return shard.Held;
    }
}
