using System.Globalization;
using Hufu.Logs;
using Hufu.Records.Storage;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Owns the log store of the installation. It is opened on first use. Every minute what has come in is anchored in the ledger, the open segment is
/// sealed when it is old or large enough, and on stopping.
/// </summary>
public sealed partial class LogService(StorageOptions storage, SegmentLedger ledger, TimeProvider clock, ILogger<LogService> logger, ClickHouseTarget? searched = null, ColdTarget? cold = null, QueryRoom? room = null) : RepeatedWork(clock, AnchorEvery), IAsyncDisposable
{
    private static readonly TimeSpan AnchorEvery = TimeSpan.FromSeconds(60);

    private readonly Lock opening = new();
    private readonly SemaphoreSlim adding = new(1, 1);
    private LogStore? store;
    private ClickHouseLogs? database;

    /// <summary>The file in the data folder that says how far the events are delivered to the database that they are searched in.</summary>
    public const string DeliveryFile = "clickhouse.json";

    /// <summary>Where the segments are.</summary>
    public string Folder => Path.Combine(storage.DataFolder, "logs");

    /// <summary>The store.</summary>
    /// <exception cref="IOException">Another process has it open.</exception>
    public LogStore Store
    {
        get
        {
            lock (opening)
            {
                if (store is not null) return store;
                store = LogStore.Open(Folder, new LogStoreOptions { Clock = Clock, Sealer = ledger, Cold = cold, Queries = room ?? new QueryRoom() });
                foreach (var line in store.Recovery) Recovered(logger, line);
                if (searched is not null) database = new ClickHouseLogs(store, searched, Path.Combine(storage.DataFolder, DeliveryFile), Clock);
                return store;
            }
        }
    }

    /// <summary>Where people search. What must be whole and proved (evidence, coverage, one event) asks the store itself.</summary>
    public ILogSearcher Search => Database is { } there ? there : Store;

    /// <summary>The database that the events are delivered to; absent where there is none.</summary>
    public ClickHouseLogs? Database
    {
        get
        {
            _ = Store;
            return database;
        }
    }

    /// <summary>
    /// Runs what adds events, one after another, so that the events that one call adds have ids that follow each other. The work is told where
    /// the ids begin.
    /// </summary>
    internal async Task<T> AddAsync<T>(Func<LogStore, EventPlace, Task<T>> work, CancellationToken cancellation)
    {
        await adding.WaitAsync(cancellation);
        try
        {
            var owned = Store;
            // The timer may seal between the two readings: then the place is the end of a sealed segment, and the ids go on in the next one.
            var (segments, rows) = (owned.Segments, owned.OpenEvents);
            return await work(owned, new EventPlace(NextSegment(segments), rows));
        }
        finally
        {
            adding.Release();
        }
    }

    /// <summary>Where the next event will be stored, as far as nobody is adding any.</summary>
    internal EventPlace End => Store is var owned ? new EventPlace(NextSegment(owned.Segments), owned.OpenEvents) : default;

    /// <summary>Where the newest sealed segment begins; the open one, where none is sealed.</summary>
    internal EventPlace NewestBeginning => Store.Segments is [.., var last] ? new EventPlace(last.Id, 0) : new EventPlace(NextSegment([]), 0);

    /// <summary>How many events lie at a place and after it.</summary>
    internal long CountFrom(EventPlace place)
    {
        var owned = Store;
        var (segments, open) = (owned.Segments, owned.OpenEvents);
        long count = 0;
        for (var i = segments.Count - 1; i >= 0 && string.CompareOrdinal(segments[i].Id, place.Segment) is var order and >= 0; i--) count += order > 0 ? segments[i].Events : Math.Max(0, segments[i].Events - place.Row);
        return count + (string.CompareOrdinal(NextSegment(segments), place.Segment) switch { > 0 => open, 0 => Math.Max(0, open - place.Row), _ => 0 });
    }

    /// <summary>The place that lies at most so many events before another, and how many lie between.</summary>
    internal (EventPlace From, int Count) Before(EventPlace place, int most)
    {
        var begin = place;
        var count = Math.Min(most, place.Row);
        begin = begin with { Row = place.Row - count };
        foreach (var segment in Store.Segments.Reverse().Where(s => string.CompareOrdinal(s.Id, place.Segment) < 0))
        {
            if (count == most) break;
            var more = Math.Min(most - count, segment.Events);
            begin = new EventPlace(segment.Id, segment.Events - more);
            count += more;
        }

        return (begin, count);
    }

    /// <summary>Ids of the events from a place on, in the order of storing. Does not end: the caller knows how many there are.</summary>
    internal static IEnumerable<string> IdsFrom(LogStore store, EventPlace place)
    {
        var segments = store.Segments;
        var row = place.Row;
        foreach (var segment in segments.Where(s => string.CompareOrdinal(s.Id, place.Segment) >= 0))
        {
            for (; row < segment.Events; row++) yield return string.Create(CultureInfo.InvariantCulture, $"{segment.Id}/{row}");
            row = 0;
        }

        for (var open = NextSegment(segments); ; row++) yield return string.Create(CultureInfo.InvariantCulture, $"{open}/{row}");
    }

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _ = Store;
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await DisposeAsync();
    }

    /// <summary>Seals what is open and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        LogStore? closing;
        lock (opening)
        {
            (closing, store) = (store, null);
            database?.Dispose();
            database = null;
        }

        if (closing is null) return;
        try
        {
            await closing.SealAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The events are safe in the write-ahead file; the next start has them in its open segment.
            NotSealed(logger, e);
        }

        await closing.DisposeAsync();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => Store.AnchorAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // The events are safe in the open segment; the next round tries again.
        NotSealed(logger, failure);
        return true;
    }

    private static string NextSegment(IReadOnlyList<SegmentManifest> segments) =>
        (segments.Count == 0 ? 1 : int.Parse(segments[^1].Id, CultureInfo.InvariantCulture) + 1).ToString("D8", CultureInfo.InvariantCulture);

    [LoggerMessage(1, LogLevel.Warning, "Log store: {What}")]
    private static partial void Recovered(ILogger logger, string what);

    [LoggerMessage(2, LogLevel.Error, "The open log segment could not be sealed; it stays open and is tried again")]
    private static partial void NotSealed(ILogger logger, Exception e);
}

/// <summary>Where the next event will be stored.</summary>
internal readonly record struct EventPlace(string Segment, int Row);
