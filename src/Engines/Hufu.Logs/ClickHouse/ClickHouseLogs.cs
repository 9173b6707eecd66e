using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>
/// A log store that is searched in ClickHouse. The store takes in, keeps and seals as before; its events are delivered in the order of their ids, and every server
/// has each of its events once, whatever is cut off on the way. What ClickHouse does not answer, the store does. All members may be called from several threads.
/// </summary>
public sealed partial class ClickHouseLogs : ILogSearcher, IDisposable
{
    /// <summary>Events that follow each other and go to one server. It is never changed: it says which server has an event.</summary>
    internal const int Block = 20_000;

    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(5);

    private readonly LogStore store;
    private readonly ClickHouseTarget target;
    private readonly string path;
    private readonly TimeProvider clock;
    private readonly Func<Uri, IClickHouse> connect;
    private readonly HttpClient? http;
    private readonly SemaphoreSlim connecting = new(1, 1);
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<Uri, IClickHouse> clients = new();
    private ClickHouseMarks marks;
    private List<Shard> shards = [];
    private Server? server;
    private string? problem;
    private DateTimeOffset retryAt;

    /// <summary>Looks at nothing yet: the first delivery or search connects.</summary>
    /// <param name="store">The store.</param>
    /// <param name="target">Where its events go.</param>
    /// <param name="path">The file that says how far they are delivered.</param>
    /// <param name="clock">Clock.</param>
    public ClickHouseLogs(LogStore store, ClickHouseTarget target, string path, TimeProvider? clock = null)
        : this(store, target, path, clock, null)
    {
    }

    internal ClickHouseLogs(LogStore store, ClickHouseTarget target, string path, TimeProvider? clock, Func<Uri, IClickHouse>? connect)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(target);
        (this.store, this.target, this.path, this.clock) = (store, target, path, clock ?? TimeProvider.System);
        if (connect is null) http = ClickHouseClient.Connect();
        this.connect = connect ?? (address => new ClickHouseClient(address, target, http!));
        marks = ClickHouseMarks.Read(path) ?? new ClickHouseMarks { Id = Guid.NewGuid().ToString("N"), Target = target.ToString() };
        // Elsewhere nothing is known to be there; the same server by another name has everything already and takes it as such.
        if (marks.Target != target.ToString()) marks = marks with { Target = target.ToString(), Shards = [] };
        // Known from before, so that one that answers is not held up by the one that is asked about all.
        if (marks.Shards.Count > 0) shards = [.. marks.Shards.Select((mark, i) => new Shard(i, marks.Shards.Count, new Uri(mark.Address), mark))];
    }

    /// <summary>How the delivery stands.</summary>
    public ClickHouseStanding Standing
    {
        get
        {
            var extent = store.Extent();
            lock (gate)
            {
                var all = shards.ConvertAll(shard => shard.Told(Waiting(extent, shard, out var delivered), delivered));
                var waiting = shards.Count == 0 ? extent.Segments.Sum(segment => (long)segment.Rows) : all.Sum(shard => shard.Waiting);
                return new ClickHouseStanding(target.ToString(), server?.Features.Version, server?.Features.TypedColumns ?? false, server?.Features.TextIndex ?? false, all, waiting, waiting == 0 ? null : OldestWaiting(), problem);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        http?.Dispose();
        connecting.Dispose();
        foreach (var shard in shards) shard.Dispose();
    }

    /// <summary>The server of a shard, by its number from 0.</summary>
    internal IClickHouse ClientOf(int shard) => At(shards[shard].Address);

    private IClickHouse At(Uri address) => clients.GetOrAdd(address, connect);

    /// <summary>The server that is asked, with its tables made; null, with the reason in <see cref="problem"/>, when it is not there.</summary>
    private async Task<Server?> ServerAsync(CancellationToken cancellation)
    {
        if (server is { } known) return known;
        await connecting.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (server is not null) return server;
            // Whoever is not there need not be asked by every search.
            if (problem is not null && clock.GetUtcNow() < retryAt) return null;
            var found = await ConnectAsync(cancellation).ConfigureAwait(false);
            lock (gate) (server, problem) = (found, null);
            return found;
        }
        catch (Exception e) when (e is ClickHouseException or InvalidDataException)
        {
            lock (gate) problem = e.Message;
            retryAt = clock.GetUtcNow() + Probe;
            return null;
        }
        finally
        {
            connecting.Release();
        }
    }

    private async Task<Server> ConnectAsync(CancellationToken cancellation)
    {
        var client = At(target.Address);
        var features = await VersionAsync(client, cancellation).ConfigureAwait(false);
        var addresses = target.Cluster is null ? [target.Address] : await AddressesAsync(client, target.Cluster, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            if (marks.Shards.Count == 0) marks = marks with { Shards = [.. addresses.Select(address => ClickHouseMark.Begin(address.ToString()))] };
            else if (marks.Shards.Count != addresses.Count)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The cluster has {addresses.Count} shards; the events were divided among {marks.Shards.Count}. Empty the tables and delete {Path.GetFileName(path)} to deliver them anew."));
            else marks = marks with { Shards = [.. marks.Shards.Zip(addresses, (mark, address) => mark with { Address = address.ToString() })] };
            if (shards.Count == 0 || !shards.Select(shard => shard.Address).SequenceEqual(addresses)) shards = [.. marks.Shards.Select((mark, i) => new Shard(i, addresses.Count, addresses[i], mark))];
            // Before anything is sent: a server whose owner is not on the disk could not be known again.
            marks.Write(path);
        }

        await RunAsync(client, new ClickHouseTable(features).Create(), cancellation).ConfigureAwait(false);
        features = await FormAsync(client, features, cancellation).ConfigureAwait(false);
        if (target.Cluster is null) return new Server(client, features, new ClickHouseTable(features), ClickHouseTable.Events);
        await RunAsync(client, ClickHouseTable.CreateAll(target.Cluster, target.Database), cancellation).ConfigureAwait(false);
        return new Server(client, features, new ClickHouseTable(features), ClickHouseTable.AllEvents);
    }

    private async Task<IReadOnlyList<Uri>> AddressesAsync(IClickHouse client, string cluster, CancellationToken cancellation)
    {
        var rows = new RowReader(await RunAsync(client, $"SELECT toInt32(shard_num), host_name FROM system.clusters WHERE cluster = {ClickHouseDialect.Literal(cluster)} ORDER BY shard_num, replica_num FORMAT RowBinary", cancellation).ConfigureAwait(false));
        var hosts = new List<(int Number, string Host)>();
        while (!rows.Ended) hosts.Add((rows.Int32(), rows.Text()));
        if (hosts.Count == 0) throw new InvalidDataException($"The server knows no cluster {cluster}.");
        if (hosts.Select(host => host.Number).Distinct().Count() != hosts.Count) throw new InvalidDataException($"The cluster {cluster} has several replicas of a shard, which is not supported.");
        if (target.Shards.Count == 0) return [.. hosts.Select(host => new UriBuilder(target.Address) { Host = host.Host }.Uri)];
        return target.Shards.Count == hosts.Count ? target.Shards : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The cluster {cluster} has {hosts.Count} shards, and shards= names {target.Shards.Count}."));
    }

    private static async Task<ClickHouseFeatures> VersionAsync(IClickHouse client, CancellationToken cancellation)
    {
        var said = new RowReader(await RunAsync(client, "SELECT version() FORMAT RowBinary", cancellation).ConfigureAwait(false)).Text();
        var features = ClickHouseFeatures.Of(said) ?? throw new InvalidDataException($"The server says that it is of version {said}, which is none of ClickHouse.");
        return features.Number.CompareTo(ClickHouseFeatures.Oldest) >= 0 ? features : throw new InvalidDataException($"ClickHouse {said} is older than 18.16.");
    }

    // A table that an older server made stays as it was made.
    private async Task<ClickHouseFeatures> FormAsync(IClickHouse client, ClickHouseFeatures features, CancellationToken cancellation)
    {
        var rows = new RowReader(await RunAsync(client, $"SELECT name FROM system.columns WHERE database = {ClickHouseDialect.Literal(target.Database)} AND table = '{ClickHouseTable.Events}' AND name IN ('fields', 'field_names') FORMAT RowBinary", cancellation).ConfigureAwait(false));
        return rows.Ended ? features : features with { TypedTable = rows.Text() == "fields" };
    }

    private static Task<byte[]> RunAsync(IClickHouse client, string sql, CancellationToken cancellation) => client.RunAsync(new ClickHouseRequest(sql) { Timeout = Probe }, cancellation);

    /// <summary>The server that has a row.</summary>
    private static int ShardOf(string segment, int row, int count) => count == 1 ? 0 : (SegmentTable.Number(segment) + row / Block) % count;

    // Counted by blocks: a segment has a few dozen.
    private static long Waiting(StoreExtent extent, Shard shard, out long delivered)
    {
        long waiting = 0;
        delivered = 0;
        foreach (var (id, rows) in extent.Segments)
        {
            var order = string.CompareOrdinal(id, shard.Mark.Segment);
            for (var from = 0; from < rows; from += Block)
            {
                if (ShardOf(id, from, shard.Count) != shard.Index) continue;
                var until = Math.Min(rows, from + Block);
                var done = order < 0 ? until : order > 0 ? from : Math.Clamp(shard.Mark.Row, from, until);
                delivered += done - from;
                waiting += until - done;
            }
        }

        return waiting;
    }

    // By the beginning of the batch that waits.
    private DateTimeOffset? OldestWaiting() => shards.Select(shard => shard.WaitingSince).Where(at => at is not null).Min();

    /// <summary>The server that is asked.</summary>
    private sealed record Server(IClickHouse Client, ClickHouseFeatures Features, ClickHouseTable Table, string Events);

    /// <summary>A server that keeps events.</summary>
    private sealed class Shard(int index, int count, Uri address, ClickHouseMark mark) : IDisposable
    {
        public int Index { get; } = index;

        /// <summary>How many there are.</summary>
        public int Count { get; } = count;

        public Uri Address { get; } = address;

        public ClickHouseMark Mark { get; set; } = mark;

        /// <summary>One delivery at a time.</summary>
        public SemaphoreSlim Delivering { get; } = new(1, 1);

        /// <summary>Its table, once it is known to be ours; null before.</summary>
        public ClickHouseTable? Table { get; set; }

        public string? Version { get; set; }

        public DateTimeOffset? Confirmed { get; set; }

        public DateTimeOffset? WaitingSince { get; set; }

        public string? Problem { get; set; }

        public DateTimeOffset? ProblemSince { get; set; }

        public DateTimeOffset RetryAt { get; set; }

        /// <summary>When it is looked whether the store has removed something.</summary>
        public DateTimeOffset LookAt { get; set; }

        /// <summary>When it is asked whether it is there, if nothing waits.</summary>
        public DateTimeOffset AskAt { get; set; }

        /// <summary>Why something that the store removed stays there.</summary>
        public string? Held { get; set; }

        public int Failures { get; set; }

        public ClickHouseShard Told(long waiting, long delivered) =>
            new(Index + 1, Address.Authority, Version, delivered, string.Create(CultureInfo.InvariantCulture, $"{Mark.Segment}/{Mark.Row}"), waiting, Confirmed, Problem, ProblemSince);

        public void Dispose() => Delivering.Dispose();
    }
}
