namespace Hufu.Sigma.Correlation;

/// <summary>A value that events of a window have, and how many of them do.</summary>
internal sealed class ValueSlot(string key)
{
    public string Key => key;

    public int Count { get; set; }
}

/// <summary>
/// The events of one group within the last time span of event time, ordered by it; a late event takes its place in the order. What is
/// counted over them is kept up to date as events come and go, so that no question costs more in a full window.
/// </summary>
internal sealed class Window(string key, int plan)
{
    private Entry[] entries = new Entry[1];
    private int head;
    private int end;

    public string Key => key;

    public int Plan => plan;

    /// <summary>Neighbours in the order of last use.</summary>
    public Window? Older { get; set; }

    public Window? Younger { get; set; }

    /// <summary>Time of the newest event, in UTC ticks.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>When the correlation last fired; <see cref="long.MinValue"/> while its condition does not hold.</summary>
    public long FiredAt { get; set; } = long.MinValue;

    /// <summary>Events in the window.</summary>
    public int Events => end - head;

    /// <summary>What some types keep besides the events.</summary>
    public Tally? Tally { get; set; }

    /// <summary>Slides to an event's time and makes room for it. False when it is older than the window and so changes nothing.</summary>
    public bool Slide(long at, long span, int maxEvents, ref long dropped)
    {
        if (at > Newest) Newest = at;
        var oldest = Oldest(span);
        while (head < end && entries[head].At <= oldest && entries[head].At != Newest) RemoveOldest();
        if (at <= oldest && at != Newest) return false;
        if (Events >= maxEvents)
        {
            RemoveOldest();
            dropped++;
        }

        return true;
    }

    /// <summary>The end of what lies before the window.</summary>
    public long Oldest(long span) => Newest < long.MinValue + span ? long.MinValue : Newest - span;

    /// <summary>Adds an event after <see cref="Slide"/> has taken it. <paramref name="detail"/> is what the tally counts of it.</summary>
    /// <returns>True when the event is the newest, or as new.</returns>
    public bool Add(long at, string eventId, object? detail)
    {
        if (end == entries.Length) MakeRoom();
        var index = end++;
        while (index > head && entries[index - 1].At > at)
        {
            entries[index] = entries[index - 1];
            index--;
        }

        entries[index] = new Entry { At = at, EventId = eventId, Detail = detail };
        if (detail is not null) Tally!.Take(detail);
        return index == end - 1;
    }

    public ReadOnlySpan<Entry> Entries => entries.AsSpan(head, end - head);

    public List<string> EventIds(int most)
    {
        var from = Math.Max(head, end - most);
        var ids = new List<string>(end - from);
        for (var i = from; i < end; i++) ids.Add(entries[i].EventId);
        return ids;
    }

    /// <summary>Writes the window.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(key);
        writer.Write(Newest);
        writer.Write(FiredAt);
        writer.Write(Events);
        foreach (ref readonly var entry in Entries)
        {
            writer.Write(entry.At);
            writer.Write(entry.EventId);
            switch (entry.Detail)
            {
                case ValueSlot slot: writer.Write(slot.Key); break;
                case double number: writer.Write(number); break;
                case CorrelationInput input: writer.Write(input.Index); break;
            }
        }

        // A window in which nothing was counted yet has none.
        writer.Write(Tally is not null);
        Tally?.Save(writer);
    }

    /// <summary>Reads a window that was written.</summary>
    public static Window Load(BinaryReader reader, int index, CorrelationPlan plan)
    {
        var window = new Window(reader.ReadString(), index) { Newest = reader.ReadInt64(), FiredAt = reader.ReadInt64(), Tally = plan.NewTally() };
        var last = long.MinValue;
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var (at, id) = (reader.ReadInt64(), reader.ReadString());
            if (at < last) throw new InvalidDataException("Events are not in the order of their time.");
            last = at;
            object? detail = window.Tally switch { ValueTally values => values.SlotFor(reader.ReadString()), NumberTally => reader.ReadDouble(), null => null, _ => plan.Inputs[reader.ReadInt32()] };
            window.Add(at, id, detail);
        }

        if (reader.ReadBoolean()) window.Tally?.Load(reader);
        return window;
    }

    private void RemoveOldest()
    {
        var detail = entries[head].Detail;
        entries[head++] = default;
        if (detail is not null) Tally!.Remove(detail);
        if (head == end) head = end = 0;
    }

    private void MakeRoom()
    {
        var target = head > entries.Length / 2 ? entries : new Entry[Math.Max(4, entries.Length * 2)];
        var count = end - head;
        Array.Copy(entries, head, target, 0, count);
        if (ReferenceEquals(target, entries)) Array.Clear(entries, count, end - count);
        entries = target;
        head = 0;
        end = count;
    }

    public struct Entry
    {
        public long At;
        public string EventId;
        public object? Detail;
    }
}

/// <summary>What a correlation keeps of the values or rules of a window's events.</summary>
internal abstract class Tally
{
    /// <summary>An event came into the window.</summary>
    public abstract void Take(object detail);

    /// <summary>An event left the window.</summary>
    public abstract void Remove(object detail);

    /// <summary>Writes what the events of the window do not give back.</summary>
    public virtual void Save(BinaryWriter writer)
    {
    }

    /// <summary>Reads that, after the events have been taken.</summary>
    public virtual void Load(BinaryReader reader)
    {
    }
}

/// <summary>Distinct values; the detail of an event is its <see cref="ValueSlot"/>.</summary>
internal sealed class ValueTally : Tally
{
    private readonly Dictionary<string, ValueSlot> values = new(StringComparer.OrdinalIgnoreCase);

    public int Distinct => values.Count;

    public int Total { get; private set; }

    public ValueSlot SlotFor(ReadOnlySpan<char> value)
    {
        var lookup = values.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(value, out var slot)) return slot;
        slot = new ValueSlot(value.ToString());
        values.Add(slot.Key, slot);
        return slot;
    }

    public override void Take(object detail)
    {
        ((ValueSlot)detail).Count++;
        Total++;
    }

    public override void Remove(object detail)
    {
        var slot = (ValueSlot)detail;
        Total--;
        if (--slot.Count == 0) values.Remove(slot.Key);
    }
}

/// <summary>Sum and order of numbers; the detail of an event is its number. Sums of what decimals can hold are exact however long the window slides.</summary>
internal sealed class NumberTally(bool ordered) : Tally
{
    private const double MostExact = 1e15;

    private readonly List<double> sorted = [];
    private decimal exact;
    private double rough;
    private int roughCount;
    private int count;

    public double Sum => roughCount == 0 ? (double)exact : (double)exact + rough;

    public double Average => count == 0 ? 0 : Sum / count;

    /// <summary>The value below which so many percent of the numbers lie, linear between neighbours.</summary>
    public double Percentile(double percent)
    {
        if (sorted.Count == 0) return 0;
        var position = percent / 100 * (sorted.Count - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }

    public override void Take(object detail)
    {
        var number = (double)detail;
        count++;
        if (Math.Abs(number) <= MostExact)
        {
            exact += (decimal)number;
        }
        else
        {
            roughCount++;
            rough += number;
        }

        if (!ordered) return;
        var at = sorted.BinarySearch(number);
        sorted.Insert(at < 0 ? ~at : at, number);
    }

    public override void Remove(object detail)
    {
        var number = (double)detail;
        count--;
        if (Math.Abs(number) <= MostExact)
        {
            exact -= (decimal)number;
        }
        else
        {
            rough = --roughCount == 0 ? 0 : rough - number;
        }

        if (ordered) sorted.RemoveAt(sorted.BinarySearch(number));
    }

    // What came and went has left its rounding.
    public override void Save(BinaryWriter writer)
    {
        writer.Write(exact);
        writer.Write(rough);
    }

    public override void Load(BinaryReader reader)
    {
        exact = reader.ReadDecimal();
        rough = reader.ReadDouble();
    }
}

/// <summary>How often each rule of a temporal correlation matched; the detail of an event is its <see cref="CorrelationInput"/>.</summary>
internal sealed class RuleTally(int rules) : Tally
{
    public int[] Seen { get; } = new int[rules];

    /// <summary>Rules that matched at all.</summary>
    public int Distinct { get; private set; }

    public override void Take(object detail)
    {
        if (Seen[((CorrelationInput)detail).Index]++ == 0) Distinct++;
    }

    public override void Remove(object detail)
    {
        if (--Seen[((CorrelationInput)detail).Index] == 0) Distinct--;
    }
}

/// <summary>
/// Follows chains of matches in the order of a correlation's rules: for each rule and length, the latest moment at which a chain began that
/// has this length and ends with this rule. Events of the same moment count in either order, whatever order they came in.
/// </summary>
internal sealed class OrderTally(int rules) : Tally
{
    private const long None = long.MinValue;

    private readonly RuleTally counts = new(rules);
    private readonly long[] before = Filled(rules);
    private readonly long[] latest = Filled(rules);
    private readonly bool[] seenNow = new bool[rules];
    private long now = None;

    public RuleTally Counts => counts;

    public override void Take(object detail) => counts.Take(detail);

    public override void Remove(object detail) => counts.Remove(detail);

    // Chains may begin with events that have left the window.
    public override void Save(BinaryWriter writer)
    {
        writer.Write(now);
        foreach (var seen in seenNow) writer.Write(seen);
        foreach (var start in before) writer.Write(start);
        foreach (var start in latest) writer.Write(start);
    }

    public override void Load(BinaryReader reader)
    {
        now = reader.ReadInt64();
        for (var i = 0; i < seenNow.Length; i++) seenNow[i] = reader.ReadBoolean();
        for (var i = 0; i < before.Length; i++) before[i] = reader.ReadInt64();
        for (var i = 0; i < latest.Length; i++) latest[i] = reader.ReadInt64();
    }

    /// <summary>Goes on with an event that is the newest, or as new.</summary>
    public void Follow(long at, int rule)
    {
        if (at != now)
        {
            latest.CopyTo(before, 0);
            Array.Clear(seenNow);
            now = at;
        }

        seenNow[rule] = true;
        before.CopyTo(latest, 0);
        for (var k = 0; k < rules; k++)
        {
            if (!seenNow[k]) continue;
            for (var length = 1; length <= k + 1; length++)
            {
                ref var start = ref latest[(k * rules) + length - 1];
                if (length == 1) start = now;
                else
                {
                    for (var j = 0; j < k; j++) start = Math.Max(start, latest[(j * rules) + length - 2]);
                }
            }
        }
    }

    /// <summary>Begins anew, for a late event.</summary>
    public void Rebuild(ReadOnlySpan<Window.Entry> entries)
    {
        Array.Fill(before, None);
        Array.Fill(latest, None);
        Array.Clear(seenNow);
        now = None;
        foreach (ref readonly var entry in entries) Follow(entry.At, ((CorrelationInput)entry.Detail!).Index);
    }

    /// <summary>Most rules that matched in order within the window.</summary>
    public int Longest(long oldest, long newest)
    {
        for (var length = rules; length > 0; length--)
        {
            for (var k = length - 1; k < rules; k++)
            {
                var start = latest[(k * rules) + length - 1];
                if (start != None && (start > oldest || start == newest)) return length;
            }
        }

        return 0;
    }

    private static long[] Filled(int rules)
    {
        var result = new long[rules * rules];
        Array.Fill(result, None);
        return result;
    }
}
