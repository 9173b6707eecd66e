using System.Globalization;
using System.Text.Json;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Bounds of <see cref="LiveDetection"/>.</summary>
public sealed record LiveDetectionOptions
{
    /// <summary>Matches that are gathered at most before alerts are written, even when the second is not over. Default 20,000.</summary>
    public int Gathered { get; init; } = 20_000;

    /// <summary>Matches that wait at most while alerts cannot be written; beyond it they are let go and found again in the store. Default 100,000.</summary>
    public int Waiting { get; init; } = 100_000;

    /// <summary>Events of the store that are looked at between two writings of alerts while catching up. Default 20,000.</summary>
    public int Chunk { get; init; } = 20_000;

    /// <summary>Events before the place that correlations are given again after a start, at most. Default 100,000.</summary>
    public int WarmUp { get; init; } = 100_000;
}

/// <summary>
/// The rules over what comes in, in the order in which it is stored. Matches are gathered and written as alerts once a second: an alert that grows by
/// a thousand events is written once. The store is the queue: a file says up to which event all alerts are written. What lies behind that
/// place, because the process was killed or the database took nothing, is read from the store and looked at again; nothing is counted twice.
/// </summary>
public sealed partial class LiveDetection(Detection detection, LogService logs, StorageOptions storage, LiveDetectionOptions options, TimeProvider clock, ILogger<LiveDetection> logger) : RepeatedWork(clock, Every)
{
    /// <summary>The file in the data folder that says how far alerts are written.</summary>
    internal const string PlaceFile = "detection.json";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromHours(24);

    /// <summary>Events that a call is about to add.</summary>
    internal sealed class Arrival(EventPlace from)
    {
        public EventPlace From { get; } = from;

        public EventPlace Until { get; set; } = from;

        public bool Done { get; set; }

        /// <summary>Catching up has read these events from the store: they have been looked at.</summary>
        public bool Seen { get; set; }
    }

    private sealed record Noted(string Segment, int Row);

    /// <summary>What catching up found between two places, until its alerts are written.</summary>
    private sealed record Stretch(IReadOnlyList<RuleMatch> Matches, EventPlace Reached, int Count);

    private readonly SemaphoreSlim following = new(1, 1);
    private readonly Lock gate = new();
    private readonly LinkedList<Arrival> arrivals = new();
    private readonly List<RuleMatch> waiting = [];
    private DetectionRun? run;
    private SigmaEngine? engine;
    private EventPlace? place;
    private EventPlace end;
    private EventPlace? written;
    private bool behind;
    private bool again;
    private Stretch? stretch;

    /// <summary>True while events lie in the store that the rules have not seen.</summary>
    internal bool IsBehind
    {
        get
        {
            lock (gate) return behind;
        }
    }

    /// <summary>Tells that events are about to be stored from <paramref name="from"/> on. To be called in the order of storing.</summary>
    internal Arrival Expect(EventPlace from)
    {
        lock (gate)
        {
            Begin(from);
            return arrivals.AddLast(new Arrival(from)).Value;
        }
    }

    /// <summary>Tells that events up to <paramref name="until"/> are stored which somebody else looks at.</summary>
    internal void Pass(EventPlace from, EventPlace until)
    {
        lock (gate)
        {
            Begin(from);
            arrivals.AddLast(new Arrival(from) { Until = until, Done = true });
            Settle();
        }
    }

    /// <summary>Tells that the events of an arrival were not stored.</summary>
    internal void Withdraw(Arrival arrival)
    {
        lock (gate)
        {
            arrival.Done = true;
            Settle();
        }
    }

    /// <summary>Looks at events that have been stored. Alerts are written later, by <see cref="RaiseAsync"/>; at once where too many matches wait.</summary>
    internal async Task FollowAsync(Arrival arrival, IReadOnlyList<LogEvent> events, IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        // What is stored is looked at, whoever gave it and has gone away since.
        await following.WaitAsync(CancellationToken.None);
        try
        {
            bool look;
            EventPlace before;
            lock (gate) (look, before) = (!behind && !arrival.Seen, end);
            if (look && events.Count > 0)
            {
                try
                {
                    var looking = Run(before, CancellationToken.None);
                    looking.Process(events, ids);
                    waiting.AddRange(looking.Take());
                    arrival.Until = After(ids[^1]);
                }
                catch (Exception e)
                {
                    // They are stored, so whoever gave them is not to give them again: they are looked at once more, from the store.
                    NotLooked(logger, e);
                    run = null;
                    waiting.Clear();
                    lock (gate) (behind, again) = (true, true);
                }
            }

            Withdraw(arrival);
            if (waiting.Count >= options.Gathered) await WriteAsync(cancellation);
        }
        finally
        {
            following.Release();
        }
    }

    /// <summary>Writes the alerts of what was found, after the rules have seen what they had missed.</summary>
    internal async Task<RaisedCounts> RaiseAsync(CancellationToken cancellation)
    {
        await following.WaitAsync(cancellation);
        try
        {
            lock (gate) Begin(null);
            while (IsBehind)
            {
                if (await CatchUpAsync(cancellation) is { } problem) return problem;
                if (!IsBehind || logs.CountFrom(place!.Value) < options.Chunk * 2L) continue;
                // What comes in may be stored meanwhile: only the last stretch is done while it waits.
                following.Release();
                await following.WaitAsync(CancellationToken.None);
                cancellation.ThrowIfCancellationRequested();
            }

            return await WriteAsync(cancellation);
        }
        finally
        {
            following.Release();
        }
    }

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (gate) Begin(null);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await RaiseAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next start finds it in the store.
            NotRaised(logger, e);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        following.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => RaiseAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        NotRaised(logger, failure);
        return true;
    }

    private static EventPlace PlaceOf(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return new EventPlace(id[..slash], int.Parse(id.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static EventPlace After(string id) => PlaceOf(id) is var last ? last with { Row = last.Row + 1 } : default;

    private static int Compare(EventPlace a, EventPlace b) => string.CompareOrdinal(a.Segment, b.Segment) is not 0 and var order ? order : a.Row.CompareTo(b.Row);

    private string PlacePath => Path.Combine(storage.DataFolder, PlaceFile);

    // Where the last process ended. Within the gate.
    private void Begin(EventPlace? next)
    {
        if (place is not null) return;
        end = next ?? logs.End;
        var noted = ReadPlace();
        place = Compare(noted, end) <= 0 ? noted : end;
        behind = logs.CountFrom(place.Value) > 0;
        if (!behind) Note(end);
    }

    private EventPlace ReadPlace()
    {
        try
        {
            if (JsonSerializer.Deserialize<Noted>(File.ReadAllBytes(PlacePath)) is { Segment.Length: 8, Row: >= 0 } noted && noted.Segment.All(char.IsAsciiDigit)) return new EventPlace(noted.Segment, noted.Row);
        }
        catch (FileNotFoundException)
        {
            // A new installation, a restored one, or one of before this file: looked at once more, events raise nothing new.
            return logs.NewestBeginning;
        }
        catch (JsonException)
        {
            // Said below.
        }

        PlaceUnreadable(logger, PlacePath);
        return logs.NewestBeginning;
    }

    // Takes away what has been looked at without a gap before it. Within the gate.
    private void Settle()
    {
        while (arrivals.First is { Value.Done: true } first)
        {
            if (Compare(first.Value.Until, end) > 0) end = first.Value.Until;
            arrivals.RemoveFirst();
        }
    }

    // The run of the rules that are in use now. A new one is given what correlations had counted before. While following.
    private DetectionRun Run(EventPlace before, CancellationToken cancellation)
    {
        var now = detection.Rules;
        if (run is not null && ReferenceEquals(engine, now.Engine)) return run;
        var fresh = detection.Begin(now.Engine);
        var longest = now.Rules.OfType<SigmaCorrelationRule>().Select(r => r.Timespan).DefaultIfEmpty().Max();
        if (longest > TimeSpan.Zero)
        {
            var (start, count) = logs.Before(before, options.WarmUp);
            var since = Clock.GetUtcNow() - (longest > LongestWarmUp ? LongestWarmUp : longest);
            try
            {
                foreach (var item in logs.Store.EventsFrom(start.Segment, start.Row, count, cancellation))
                    if (item.ReceivedAt >= since) fresh.Process(item);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // What lies in a damaged file, or where it cannot be had now, is not worth standing still for.
                NotWarmed(logger, e);
            }

            // It has been raised.
            fresh.Take();
        }

        engine = now.Engine;
        return run = fresh;
    }

    // While following.
    private async Task<RaisedCounts> WriteAsync(CancellationToken cancellation)
    {
        EventPlace reached;
        lock (gate)
        {
            if (behind) return RaisedCounts.None;
            reached = end;
        }

        var raised = RaisedCounts.None;
        if (waiting.Count > 0)
        {
            try
            {
                raised = await detection.RaiseAsync(waiting, again, cancellation);
            }
            catch
            {
                LetGo();
                throw;
            }

            if (raised.Errors.Count > 0)
            {
                LetGo();
                return raised;
            }

            waiting.Clear();
            again = false;
        }

        Note(reached);
        return raised;
    }

    // Whether the last attempt wrote anything is not known. What waits in greater number than it may is found again in the store.
    private void LetGo()
    {
        again = true;
        if (waiting.Count <= options.Waiting) return;
        FellBehind(logger, waiting.Count);
        waiting.Clear();
        // What correlations remember goes beyond the place: they begin anew from it.
        run = null;
        lock (gate) behind = true;
    }

    // One stretch of what was missed; gives what hinders. While following.
    private async Task<RaisedCounts?> CatchUpAsync(CancellationToken cancellation)
    {
        // What was found and could not be written is not looked for again.
        stretch ??= Look(place!.Value, cancellation);
        if (stretch.Matches.Count > 0 && await detection.RaiseAsync(stretch.Matches, counted: true, cancellation) is { Errors.Count: > 0 } refused) return refused;
        var (done, reached) = (stretch.Count < options.Chunk, stretch.Reached);
        stretch = null;
        Note(reached);
        if (!done) return null;
        lock (gate)
        {
            (behind, again, end) = (false, false, reached);
            foreach (var arrival in arrivals)
            {
                if (Compare(arrival.From, reached) >= 0) continue;
                (arrival.Seen, arrival.Until) = (true, reached);
            }
        }

        CaughtUp(logger, reached.Segment, reached.Row);
        return null;
    }

    private Stretch Look(EventPlace from, CancellationToken cancellation)
    {
        var looking = Run(from, cancellation);
        var (reached, count) = (from, 0);
        try
        {
            foreach (var item in logs.Store.EventsFrom(from.Segment, from.Row, options.Chunk, cancellation))
            {
                looking.Process(item);
                reached = After(item.Id);
                count++;
            }
        }
        catch
        {
            run = null;
            throw;
        }

        return new Stretch(looking.Take(), reached, count);
    }

    private void Note(EventPlace reached)
    {
        lock (gate) place = reached;
        if (written is { } last && Compare(last, reached) == 0) return;
        try
        {
            // Whole or not at all; when the machine loses its power, an older place only means to look again.
            File.WriteAllBytes(PlacePath + ".tmp", JsonSerializer.SerializeToUtf8Bytes(new Noted(reached.Segment, reached.Row)));
            File.Move(PlacePath + ".tmp", PlacePath, overwrite: true);
            written = reached;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The events are stored and their alerts are written: the next start would look at some of them again.
            PlaceNotWritten(logger, e);
        }
    }

    [LoggerMessage(41, LogLevel.Error, "Alerts could not be written; it is tried again")]
    private static partial void NotRaised(ILogger logger, Exception e);

    [LoggerMessage(42, LogLevel.Warning, "Alerts cannot be written and {Count} matches wait: they are let go, and the events are looked at again from the store")]
    private static partial void FellBehind(ILogger logger, int count);

    [LoggerMessage(43, LogLevel.Information, "The rules have seen what they had missed, up to {Segment}/{Row}")]
    private static partial void CaughtUp(ILogger logger, string segment, int row);

    [LoggerMessage(44, LogLevel.Warning, "{Path} cannot be read: the newest events are looked at again")]
    private static partial void PlaceUnreadable(ILogger logger, string path);

    [LoggerMessage(46, LogLevel.Error, "The rules could not look at events; they look again, from the store")]
    private static partial void NotLooked(ILogger logger, Exception e);

    [LoggerMessage(47, LogLevel.Warning, "Correlations begin anew: the events before could not be read")]
    private static partial void NotWarmed(ILogger logger, Exception e);

    [LoggerMessage(45, LogLevel.Warning, "How far alerts are written could not be noted")]
    private static partial void PlaceNotWritten(ILogger logger, Exception e);
}
