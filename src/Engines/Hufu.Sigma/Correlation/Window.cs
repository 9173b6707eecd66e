namespace Hufu.Sigma.Correlation;

/// <summary>The events of one group within the last time span of event time, ordered by it; a late event takes its place in the order.</summary>
internal sealed class Window
{
    private readonly List<(DateTimeOffset At, string EventId, string? Counted)> entries = [];
    private readonly Dictionary<string, int> values = new(StringComparer.OrdinalIgnoreCase);
    private int head;

    public DateTimeOffset Newest { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Events in the window.</summary>
    public int Events => entries.Count - head;

    /// <summary>Distinct counted values in the window.</summary>
    public int Distinct => values.Count;

    public DateTimeOffset? FiredAt { get; set; }

    /// <summary>Adds an event. False when it is older than the window and so changes nothing.</summary>
    public bool Add(DateTimeOffset at, string eventId, string? counted, TimeSpan span, int maxEvents, ref long dropped)
    {
        if (at > Newest) Newest = at;
        var oldest = Newest - DateTimeOffset.MinValue < span ? DateTimeOffset.MinValue : Newest - span;
        while (head < entries.Count && entries[head].At <= oldest && entries[head].At != Newest) RemoveOldest();
        if (at <= oldest && at != Newest) return false;
        if (Events >= maxEvents)
        {
            RemoveOldest();
            dropped++;
        }

        var index = entries.Count;
        while (index > head && entries[index - 1].At > at) index--;
        entries.Insert(index, (at, eventId, counted));
        if (counted is not null) values[counted] = values.GetValueOrDefault(counted) + 1;
        return true;
    }

    public List<string> EventIds(int most) => [.. entries.Skip(Math.Max(head, entries.Count - most)).Select(entry => entry.EventId)];

    private void RemoveOldest()
    {
        var counted = entries[head].Counted;
        entries[head++] = default;
        if (counted is not null && --values[counted] == 0) values.Remove(counted);
        if (head < 64 || head * 2 < entries.Count) return;
        entries.RemoveRange(0, head);
        head = 0;
    }
}
