using Hufu.Sigma.Correlation;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma;

/// <summary>Bounds on what a session remembers.</summary>
public sealed record SigmaSessionOptions
{
    /// <summary>Most groups over all correlations; beyond it the group that was longest without an event is forgotten. Default 100,000.</summary>
    public int MaxGroups { get; init; } = 100_000;

    /// <summary>
    /// Most events kept in one group's window; beyond it the oldest is forgotten. A correlation that asks for more than this keeps as many as it
    /// asks for, within <see cref="MaxEvents"/>. Default 10,000.
    /// </summary>
    public int MaxEventsPerGroup { get; init; } = 10_000;

    /// <summary>Most events kept over all groups; beyond it groups are forgotten as by <see cref="MaxGroups"/>. Default 5,000,000.</summary>
    public int MaxEvents { get; init; } = 5_000_000;
}

/// <summary>
/// Follows a stream of events through a <see cref="SigmaEngine"/>: reports detections, and correlations over windows that slide with the
/// events' own time. A correlation fires when its condition becomes true, and again at most once per time span while it stays true.
/// Not safe for use by several threads at once.
/// </summary>
public sealed partial class SigmaSession
{
    private const int MaxEventIds = 1_000;

    private static readonly SigmaDictionaryEvent Nothing = new([]);

    private readonly SigmaEngine engine;
    private readonly SigmaSessionOptions options;
    private readonly Dictionary<string, Window>[] windows;
    private readonly (Window? Oldest, Window? Youngest)[] order;
    private readonly List<(int Plan, CorrelationInput Input, ISigmaEvent Fields)> pending = [];
    private readonly Evaluation evaluation = new();
    private char[] keyBuffer = new char[256];
    private int groups;
    private long held;
    private long forgotten;
    private long late;

    internal SigmaSession(SigmaEngine engine, SigmaSessionOptions options)
    {
        this.engine = engine;
        this.options = options;
        windows = [.. engine.Correlations.Select(_ => new Dictionary<string, Window>(StringComparer.OrdinalIgnoreCase))];
        order = new (Window?, Window?)[windows.Length];
    }

    /// <summary>Events forgotten because a bound was reached. Not zero means that correlations may have been missed.</summary>
    public long ForgottenEvents => forgotten;

    /// <summary>Events that came too late for the window of their group.</summary>
    public long LateEvents => late;

    /// <summary>Groups remembered at present.</summary>
    public int GroupCount => groups;

    /// <summary>Events remembered at present, over all groups.</summary>
    public long EventCount => held;

    /// <summary>Evaluates one event and adds what it caused to <paramref name="into"/>.</summary>
    /// <param name="fields">The event.</param>
    /// <param name="occurredAt">When the event happened; windows slide over this time.</param>
    /// <param name="eventId">The host's id of the event, given back in matches.</param>
    /// <param name="sources">The log sources that the event belongs to; <see langword="null"/> tries every rule.</param>
    /// <param name="into">Receives the matches.</param>
    public void Process(ISigmaEvent fields, DateTimeOffset occurredAt, string eventId, IReadOnlyList<SigmaLogSource>? sources, ICollection<SigmaMatch> into)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(into);
        Process(engine.Match(fields, sources), fields, occurredAt, eventId, into);
    }

    /// <summary>Goes on with an event whose matches are known: most events have none, and need neither an id nor this.</summary>
    /// <param name="matched">What <see cref="SigmaEngine.Match"/> of the session's engine gave for it.</param>
    /// <param name="fields">The event.</param>
    /// <param name="occurredAt">When the event happened; windows slide over this time.</param>
    /// <param name="eventId">The host's id of the event, given back in matches.</param>
    /// <param name="into">Receives the matches.</param>
    public void Process(IReadOnlyList<SigmaDetectionRule> matched, ISigmaEvent fields, DateTimeOffset occurredAt, string eventId, ICollection<SigmaMatch> into)
    {
        ArgumentNullException.ThrowIfNull(matched);
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(into);
        pending.Clear();
        for (var i = 0; i < matched.Count; i++)
        {
            var rule = matched[i];
            if (engine.Reports(rule)) into.Add(new SigmaMatch(rule, occurredAt, SigmaEngine.Explain(rule, fields), [eventId], 1) { Figure = 1 });
            Await(rule, fields);
        }

        // Plans are in order, so a correlation that fires is there when those that refer to it are looked at.
        for (var i = 0; i < pending.Count; i++)
        {
            var (index, input, source) = pending[i];
            if (Count(index, input, source, occurredAt, eventId) is not { } match) continue;
            if (engine.InputsOf(match.Rule).Length > 0)
                Await(match.Rule, new SigmaDictionaryEvent(match.Fields.Select(field => KeyValuePair.Create(field.Field, SigmaValue.Of(field.Value)))));
            if (engine.Reports(match.Rule)) into.Add(match);
        }
    }

    /// <summary>Notes that correlations are to look at a match, in the order of the plans.</summary>
    private void Await(SigmaRule rule, ISigmaEvent fields)
    {
        foreach (var (plan, input) in engine.InputsOf(rule))
        {
            var at = pending.Count;
            while (at > 0 && (pending[at - 1].Plan > plan || (pending[at - 1].Plan == plan && pending[at - 1].Input.Index > input.Index))) at--;
            pending.Insert(at, (plan, input, fields));
        }
    }

    private SigmaMatch? Count(int index, CorrelationInput input, ISigmaEvent fields, DateTimeOffset occurredAt, string eventId)
    {
        var plan = engine.Correlations[index];
        var condition = plan.Rule.Condition;
        var type = plan.Rule.Type;
        var byNumber = plan.ByNumber;
        var number = 0.0;
        if (byNumber && (!fields.TryGet(input.ValueFields[0], out var summand) || !summand.TryGetNumber(out number) || !double.IsFinite(number))) return null;
        var byValue = plan.ByValue;

        // As COUNT(DISTINCT …) does: an event without the value has none to count.
        if (byValue && !HasAll(fields, input.ValueFields)) return null;

        var at = occurredAt.UtcTicks;
        var window = WindowFor(index, fields, input.GroupFields, at);
        var before = window.Events;
        var kept = window.Slide(at, plan.Span, Math.Max(options.MaxEventsPerGroup, (int)Math.Min(condition.Minimum, options.MaxEvents)), ref forgotten);
        held += window.Events - before;
        if (!kept)
        {
            late++;
            return null;
        }

        object? detail = null;
        if (byValue) detail = ((ValueTally)(window.Tally ??= plan.NewTally()!)).SlotFor(Key(fields, input.ValueFields));
        else if (byNumber) detail = number;
        else if (type is SigmaCorrelationType.Temporal or SigmaCorrelationType.TemporalOrdered) detail = input;
        window.Tally ??= plan.NewTally();
        var newest = window.Add(at, eventId, detail);
        held++;
        if (window.Tally is OrderTally chains)
        {
            if (newest) chains.Follow(at, input.Index);
            else chains.Rebuild(window.Entries);
        }

        if (held > options.MaxEvents) Forget(at, window, () => held <= options.MaxEvents);
        var figure = Figure(plan, window, detail);
        if (!Holds(condition, window, figure))
        {
            window.FiredAt = long.MinValue;
            return null;
        }

        if (window.FiredAt != long.MinValue && at - window.FiredAt < plan.Span) return null;
        window.FiredAt = at;
        var group = new List<SigmaMatchedField>(input.GroupFields.Length);
        for (var i = 0; i < input.GroupFields.Length; i++)
            group.Add(new SigmaMatchedField(plan.Rule.GroupBy[i], fields.TryGet(input.GroupFields[i], out var value) ? value.ToString() : ""));
        return new SigmaMatch(plan.Rule, occurredAt, group, window.EventIds(MaxEventIds), (long)Math.Clamp(figure, -9e18, 9e18)) { Figure = figure };
    }

    private static double Figure(CorrelationPlan plan, Window window, object? detail) => plan.Rule.Type switch
    {
        SigmaCorrelationType.EventCount => window.Events,
        SigmaCorrelationType.ValueCount => ((ValueTally)window.Tally!).Distinct,
        SigmaCorrelationType.Temporal => ((RuleTally)window.Tally!).Distinct,
        SigmaCorrelationType.TemporalOrdered => ((OrderTally)window.Tally!).Longest(window.Oldest(plan.Span), window.Newest),
        SigmaCorrelationType.ValueSum => ((NumberTally)window.Tally!).Sum,
        SigmaCorrelationType.ValueAverage => ((NumberTally)window.Tally!).Average,
        SigmaCorrelationType.ValuePercentile => plan.Rule.Condition.Percentile is { } percent
            ? ((NumberTally)window.Tally!).Percentile(percent)
            : 100.0 * ((ValueSlot)detail!).Count / ((ValueTally)window.Tally!).Total,
    };

    private bool Holds(SigmaCorrelationCondition condition, Window window, double figure)
    {
        if (condition.ExpressionMatcher is not { } expression) return condition.Holds(figure);
        if (window.Tally is OrderTally chains) return OrderedExpression.Holds(expression, chains.Counts, window.Entries);
        evaluation.Seen = ((RuleTally)window.Tally!).Seen;
        return expression.Matches(Nothing, evaluation);
    }

    private Window WindowFor(int index, ISigmaEvent fields, string[] groupFields, long at)
    {
        // An event without a group field belongs to the group without it, as GROUP BY does: it is counted, not lost.
        var key = Key(fields, groupFields);
        var lookup = windows[index].GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(key, out var window))
        {
            if (!ReferenceEquals(order[index].Youngest, window))
            {
                Unlink(window);
                Link(window);
            }

            return window;
        }

        if (groups >= options.MaxGroups) Forget(at, null, () => groups < options.MaxGroups);
        window = new Window(key.ToString(), index);
        windows[index].Add(window.Key, window);
        Link(window);
        groups++;
        return window;
    }

    private void Link(Window window)
    {
        ref var ends = ref order[window.Plan];
        window.Older = ends.Youngest;
        window.Younger = null;
        if (ends.Youngest is { } youngest) youngest.Younger = window;
        ends.Youngest = window;
        ends.Oldest ??= window;
    }

    private void Unlink(Window window)
    {
        ref var ends = ref order[window.Plan];
        if (window.Older is { } older) older.Younger = window.Younger;
        else ends.Oldest = window.Younger;
        if (window.Younger is { } younger) younger.Older = window.Older;
        else ends.Youngest = window.Older;
    }

    /// <summary>Forgets groups until there is room: first those whose window has passed, then those longest without an event.</summary>
    private void Forget(long now, Window? but, Func<bool> enough)
    {
        while (!enough())
        {
            Window? passed = null, oldest = null;
            for (var i = 0; i < order.Length; i++)
            {
                var candidate = order[i].Oldest;
                if (ReferenceEquals(candidate, but)) candidate = candidate?.Younger;
                if (candidate is null) continue;
                if (candidate.Newest < now && now - candidate.Newest > engine.Correlations[i].Span) passed = candidate;
                if (oldest is null || candidate.Newest < oldest.Newest) oldest = candidate;
            }

            if ((passed ?? oldest) is not { } gone) return;
            if (passed is null) forgotten += gone.Events;
            Unlink(gone);
            windows[gone.Plan].Remove(gone.Key);
            groups--;
            held -= gone.Events;
        }
    }

    private static bool HasAll(ISigmaEvent fields, string[] names)
    {
        foreach (var name in names)
        {
            if (!fields.TryGet(name, out var value) || value.Kind == SigmaValueKind.Null) return false;
        }

        return true;
    }

    // Each value is preceded by its length, so that no two lists of values give one key. Valid until the next call.
    private ReadOnlySpan<char> Key(ISigmaEvent fields, string[] names)
    {
        var length = 0;
        foreach (var name in names)
        {
            var text = fields.TryGet(name, out var value) && value.Kind != SigmaValueKind.Null ? value.ToString() : null;
            var needed = length + 12 + (text?.Length ?? 0);
            if (needed > keyBuffer.Length) Array.Resize(ref keyBuffer, Math.Max(needed, keyBuffer.Length * 2));
            if (text is null)
            {
                keyBuffer[length++] = '-';
                continue;
            }

            if (names.Length > 1)
            {
                text.Length.TryFormat(keyBuffer.AsSpan(length), out var digits, provider: System.Globalization.CultureInfo.InvariantCulture);
                length += digits;
            }

            keyBuffer[length++] = ':';
            text.CopyTo(keyBuffer.AsSpan(length));
            length += text.Length;
        }

        return keyBuffer.AsSpan(0, length);
    }
}
