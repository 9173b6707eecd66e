namespace Hufu.Logs;

/// <summary>How far the times that events carry lie from the time of receipt, in one slice of time. Imported events are not in it.</summary>
/// <param name="Dated">Events that say when they happened, with their time zone.</param>
/// <param name="Least">The smallest receipt minus occurrence of those, in seconds; absent without one.</param>
/// <param name="Assumed">Events that name no time zone, so that the configured one was assumed.</param>
/// <param name="LeastAssumed">The smallest of those.</param>
/// <param name="FirstId">Id of the first event of the slice.</param>
public sealed record ArrivalLag(long Dated, double? Least, long Assumed, double? LeastAssumed, string FirstId);

/// <summary>Events of a source that were brought in at once, as a file is. When they were received says nothing of the clock that dated them.</summary>
/// <param name="Source">The source.</param>
/// <param name="From">When the bringing in began.</param>
/// <param name="To">When it ended; absent while it goes on.</param>
public sealed record ArrivalsApart(string Source, DateTimeOffset From, DateTimeOffset? To);

/// <summary>What the times of a source say of its clock.</summary>
public enum SkewCondition
{
    /// <summary>Too little is known.</summary>
    Learning,

    /// <summary>Within the threshold.</summary>
    Fine,

    /// <summary>Events carry times that lie ahead: the clock there is fast, or its time zone is wrong.</summary>
    Ahead,

    /// <summary>Even the freshest events are old, and always by the same: the clock there is slow, or its time zone is wrong.</summary>
    Behind,

    /// <summary>Even the freshest events are old, and by changing amounts: they are delivered late. Of the clock that says nothing.</summary>
    Late,
}

/// <summary>The skew of a source at a moment. All times in seconds; positive is a time of events that lies in the past.</summary>
/// <param name="Condition">What it comes to.</param>
/// <param name="Skew">Median of the freshest events of the slices of the last day; absent while it is learning.</param>
/// <param name="Low">Their 5th percentile.</param>
/// <param name="High">Their 95th percentile.</param>
/// <param name="Slices">How many slices that rests on.</param>
/// <param name="ZoneAssumed">True when no event names a time zone, so that the configured one was assumed for all.</param>
/// <param name="Assumed">Events of the last day without a time zone.</param>
/// <param name="Since">Begin of the first of the slices that have lain beyond the threshold without a break; absent when the newest does not.</param>
/// <param name="SinceId">Id of the first event in it.</param>
/// <param name="Trend">Median of the freshest events in each <see cref="SourceSkew.TrendWidth"/>, oldest first; only those with events.</param>
public sealed record SkewStanding(
    SkewCondition Condition, double? Skew, double? Low, double? High, int Slices, bool ZoneAssumed, long Assumed, DateTimeOffset? Since, string? SinceId, IReadOnlyList<(DateTimeOffset From, double Skew)> Trend)
{
    /// <summary>True when the skew is, within a minute, what a wrong time zone makes it: whole quarters of an hour, half an hour at least.</summary>
    public bool LooksLikeZone => Skew is { } skew && Math.Abs(skew) is >= 1_740 and < 50_460 && Math.Abs(Math.IEEERemainder(skew, 900)) <= 60;
}

/// <summary>
/// The skew of one source and host. What delivers late makes events old, never young, so that the freshest event of a slice of ten minutes tells most
/// about the clock: a batch has one, and of what was kept back during an outage only the slices in which it comes suffer. Over the slices the median counts. A
/// clock that is wrong is wrong by the same all the time; late delivery is not. Keeps one figure a slice. Not safe for several threads.
/// </summary>
public sealed class SourceSkew
{
    /// <summary>Length of a point of the trend.</summary>
    public static readonly TimeSpan TrendWidth = TimeSpan.FromHours(6);

    /// <summary>Skew beyond which a source is in trouble, unless another is given.</summary>
    public static readonly TimeSpan DefaultThreshold = TimeSpan.FromSeconds(30);

    /// <summary>Slices with dated events that it takes to say anything.</summary>
    public const int LeastSlices = 6;

    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);

    private readonly SortedDictionary<long, Slice> slices = [];

    private record struct Slice(long Assumed, double? Least, double? LeastAssumed, string FirstId);

    /// <summary>Takes in what arrived.</summary>
    public void Add(Arrival arrival)
    {
        ArgumentNullException.ThrowIfNull(arrival);
        if (arrival.Lag is not { } lag || (lag.Least ?? lag.LeastAssumed) is null) return;
        var slot = SourceRhythm.SlotOf(arrival.From);
        slices[slot] = slices.TryGetValue(slot, out var known)
            ? known with { Assumed = known.Assumed + lag.Assumed, Least = Lesser(known.Least, lag.Least), LeastAssumed = Lesser(known.LeastAssumed, lag.LeastAssumed), FirstId = string.CompareOrdinal(lag.FirstId, known.FirstId) < 0 ? lag.FirstId : known.FirstId }
            : new Slice(lag.Assumed, lag.Least, lag.LeastAssumed, lag.FirstId);
    }

    /// <summary>Forgets what came before a moment.</summary>
    public void Forget(DateTimeOffset before)
    {
        var oldest = SourceRhythm.SlotOf(before);
        foreach (var slot in slices.Keys.TakeWhile(s => s < oldest).ToList()) slices.Remove(slot);
    }

    /// <summary>How it stands.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="threshold">Skew beyond which it is in trouble.</param>
    public SkewStanding At(DateTimeOffset now, TimeSpan threshold)
    {
        var (day, last) = (SourceRhythm.SlotOf(now - Recent), SourceRhythm.SlotOf(now));
        var recent = slices.Where(s => s.Key > day && s.Key <= last).Select(s => s.Value).ToList();
        // Where any event names its zone, those speak for the clock.
        var zoneless = recent.Count > 0 && recent.TrueForAll(s => s.Least is null);
        double? Of(Slice slice) => zoneless ? slice.LeastAssumed : slice.Least;
        var sorted = recent.Select(Of).OfType<double>().Order().ToList();
        var trend = slices.Where(s => Of(s.Value) is not null).GroupBy(s => TrendOf(s.Key)).Select(g => (g.Key, Median([.. g.Select(s => Of(s.Value)!.Value).Order()]))).ToList();
        var assumed = recent.Sum(s => s.Assumed);
        if (sorted.Count < LeastSlices) return new SkewStanding(SkewCondition.Learning, null, null, null, sorted.Count, zoneless, assumed, null, null, trend);
        var (median, low, high) = (Median(sorted), Quantile(sorted, 0.05), Quantile(sorted, 0.95));
        var condition = Math.Abs(median) <= threshold.TotalSeconds ? SkewCondition.Fine
            : median < 0 ? SkewCondition.Ahead
            // Seconds without fraction and the way in the network make a little of it.
            : high - low <= Math.Max(5, median / 10) ? SkewCondition.Behind : SkewCondition.Late;
        var (since, id) = ((DateTimeOffset?)null, (string?)null);
        if (condition is SkewCondition.Ahead or SkewCondition.Behind)
        {
            foreach (var (slot, slice) in slices.Reverse())
            {
                if (Of(slice) is not { } least) continue;
                if (Math.Sign(least) != Math.Sign(median) || Math.Abs(least) <= threshold.TotalSeconds) break;
                (since, id) = (SourceRhythm.TimeOf(slot), slice.FirstId);
            }
        }

        return new SkewStanding(condition, median, low, high, sorted.Count, zoneless, assumed, since, id, trend);
    }

    private static DateTimeOffset TrendOf(long slot)
    {
        var at = SourceRhythm.TimeOf(slot);
        return at.AddTicks(-((at - DateTimeOffset.UnixEpoch).Ticks % TrendWidth.Ticks));
    }

    private static double? Lesser(double? left, double? right) => left is null || right < left ? right ?? left : left;

    private static double Median(List<double> sorted) => Quantile(sorted, 0.5);

    private static double Quantile(List<double> sorted, double part)
    {
        var at = part * (sorted.Count - 1);
        var below = (int)at;
        return below + 1 < sorted.Count ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
