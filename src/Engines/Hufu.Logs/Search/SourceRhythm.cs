namespace Hufu.Logs;

/// <summary>How a source stands against what is usual for it.</summary>
public enum SourceCondition
{
    /// <summary>Too little has arrived to know what is usual: a file that was imported, or a source that is new.</summary>
    Learning,

    /// <summary>As usual.</summary>
    Usual,

    /// <summary>It was quiet when the listening began, which is not long enough ago to say that it still is.</summary>
    Awaited,

    /// <summary>Nothing for longer than <see cref="SourceStanding.QuietAfter"/>.</summary>
    Quiet,

    /// <summary>Far more than the busiest slices before.</summary>
    Flood,
}

/// <summary>A source and host, and how it stands at a moment.</summary>
/// <param name="Source">The source.</param>
/// <param name="Host">The host; absent where the events name none.</param>
/// <param name="Condition">How it stands.</param>
/// <param name="First">First receipt that is remembered.</param>
/// <param name="Last">Newest receipt.</param>
/// <param name="LastId">Id of the newest event.</param>
/// <param name="LastDay">Events of the last 24 hours.</param>
/// <param name="Bytes">Bytes of the last 24 hours.</param>
/// <param name="UsualPause">The second longest pause that is remembered: one that is no exception. Absent while it is learning.</param>
/// <param name="QuietAfter">How long nothing may come before it counts as quiet. Absent while it is learning.</param>
/// <param name="Slots">Events in each <see cref="SourceRhythm.Width"/>, oldest first; only those with events.</param>
/// <param name="Skew">What the times of its events say of its clock.</param>
public sealed record SourceStanding(
    string Source, string? Host, SourceCondition Condition, DateTimeOffset First, DateTimeOffset Last, string LastId, long LastDay, long Bytes, TimeSpan? UsualPause, TimeSpan? QuietAfter, IReadOnlyList<(DateTimeOffset From, long Events)> Slots, SkewStanding Skew)
{
    /// <summary>Events of the last hour.</summary>
    public long LastHour { get; init; }

    /// <summary>Events of the last 24 hours that were read with problems.</summary>
    public long Faulty { get; init; }
}

/// <summary>
/// The rhythm of one source and host, learned from when its events were received. A pause that was seen once is an outage, one that was seen twice is a
/// habit: the second longest of the last fourteen days is usual, and twice as long is quiet. What arrived all at once, as an imported file does,
/// teaches nothing. Not safe for several threads.
/// </summary>
public sealed class SourceRhythm(string source, string? host)
{
    /// <summary>Length of a slice of time.</summary>
    public static readonly TimeSpan Width = TimeSpan.FromMinutes(10);

    /// <summary>How far back it remembers.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(14);

    /// <summary>Nothing is quiet before this.</summary>
    public static readonly TimeSpan LeastQuiet = TimeSpan.FromMinutes(30);

    /// <summary>Slices with events that it takes to know a rhythm.</summary>
    public const int LeastSlots = 12;

    /// <summary>A flood has at least this many events in a slice, and <see cref="FloodTimes"/> as many as the second busiest before.</summary>
    public const long LeastFlood = 1_000;

    /// <summary>See <see cref="LeastFlood"/>.</summary>
    public const int FloodTimes = 5;

    private static readonly TimeSpan LeastHistory = TimeSpan.FromHours(3);

    private readonly SortedDictionary<long, (long Events, long Bytes, long Faulty)> slots = [];
    private readonly SourceSkew skew = new();

    /// <summary>The source.</summary>
    public string Source { get; } = source;

    /// <summary>The host; absent where the events name none.</summary>
    public string? Host { get; } = host;

    /// <summary>Newest receipt.</summary>
    public DateTimeOffset Last { get; private set; }

    /// <summary>Id of the newest event.</summary>
    public string LastId { get; private set; } = "";

    /// <summary>True when there is enough to know a rhythm.</summary>
    public bool IsLearned => slots.Count >= LeastSlots && (slots.Keys.Last() - slots.Keys.First()) * Width >= LeastHistory;

    /// <summary>Takes in what arrived.</summary>
    public void Add(Arrival arrival)
    {
        ArgumentNullException.ThrowIfNull(arrival);
        var slot = SlotOf(arrival.From);
        var before = slots.GetValueOrDefault(slot);
        slots[slot] = (before.Events + arrival.Events, before.Bytes + arrival.Bytes, before.Faulty + arrival.Faulty);
        skew.Add(arrival);
        // A clock that was set back does not make what came first the newest again.
        if (arrival.Last < Last) return;
        (Last, LastId) = (arrival.Last, arrival.LastId);
    }

    /// <summary>Forgets what is older than <see cref="Memory"/>. False when nothing is left.</summary>
    public bool Forget(DateTimeOffset now)
    {
        var oldest = SlotOf(now - Memory);
        foreach (var slot in slots.Keys.TakeWhile(s => s < oldest).ToList()) slots.Remove(slot);
        skew.Forget(now - Memory);
        return slots.Count > 0;
    }

    /// <summary>How it stands.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="listeningSince">Since when arrivals could be seen at all: a source is not quiet because nobody listened.</param>
    /// <param name="skewThreshold">Skew beyond which its clock is in trouble; <see cref="SourceSkew.DefaultThreshold"/> when not given.</param>
    public SourceStanding At(DateTimeOffset now, DateTimeOffset listeningSince, TimeSpan? skewThreshold = null)
    {
        var (day, lastHour) = (SlotOf(now - TimeSpan.FromDays(1)), SlotOf(now - TimeSpan.FromHours(1)));
        var (events, bytes, faulty, hour) = (0L, 0L, 0L, 0L);
        foreach (var (slot, count) in slots)
        {
            if (slot > day) (events, bytes, faulty) = (events + count.Events, bytes + count.Bytes, faulty + count.Faulty);
            if (slot > lastHour) hour += count.Events;
        }

        var (usual, quiet, condition) = ((TimeSpan?)null, (TimeSpan?)null, SourceCondition.Learning);
        if (IsLearned)
        {
            usual = SecondLongestPause();
            quiet = 2 * usual.Value + Width < LeastQuiet ? LeastQuiet : 2 * usual.Value + Width;
            condition = now - Last > quiet ? now - listeningSince > quiet ? SourceCondition.Quiet : SourceCondition.Awaited : IsFlood(now) ? SourceCondition.Flood : SourceCondition.Usual;
        }

        return new SourceStanding(Source, Host, condition, TimeOf(slots.Keys.First()), Last, LastId, events, bytes, usual, quiet, [.. slots.Select(s => (TimeOf(s.Key), s.Value.Events))], skew.At(now, skewThreshold ?? SourceSkew.DefaultThreshold)) { LastHour = hour, Faulty = faulty };
    }

    private TimeSpan SecondLongestPause()
    {
        var (longest, second, before) = (0L, 0L, long.MaxValue);
        foreach (var slot in slots.Keys)
        {
            var pause = before == long.MaxValue ? 0 : slot - before - 1;
            if (pause > longest) (longest, second) = (pause, longest);
            else if (pause > second) second = pause;
            before = slot;
        }

        return second * Width;
    }

    // The slice that is not over yet counts too: a flood is told while it lasts.
    private bool IsFlood(DateTimeOffset now)
    {
        var current = SlotOf(now) - 1;
        var recent = slots.Where(s => s.Key >= current).Select(s => s.Value.Events).DefaultIfEmpty().Max();
        var before = slots.Where(s => s.Key < current).Select(s => s.Value.Events).OrderDescending().Skip(1).FirstOrDefault();
        return recent >= LeastFlood && recent >= FloodTimes * before;
    }

    internal static long SlotOf(DateTimeOffset time) => (long)Math.Floor((time - DateTimeOffset.UnixEpoch) / Width);

    internal static DateTimeOffset TimeOf(long slot) => DateTimeOffset.UnixEpoch + slot * Width;
}
