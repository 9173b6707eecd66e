using System.Text;
using Hufu.Sigma.Correlation;

namespace Hufu.Sigma;

/// <summary>Bounds on what a session remembers.</summary>
public sealed record SigmaSessionOptions
{
    /// <summary>Most groups over all correlations; beyond it the group whose newest event is oldest is forgotten. Default 100,000.</summary>
    public int MaxGroups { get; init; } = 100_000;

    /// <summary>Most events kept in one group's window; beyond it the oldest is forgotten. A correlation that needs more is never reached. Default 10,000.</summary>
    public int MaxEventsPerGroup { get; init; } = 10_000;
}

/// <summary>
/// Follows a stream of events through a <see cref="SigmaEngine"/>: reports detections, and correlations over windows that slide with the
/// events' own time. A correlation fires when its condition becomes true, and again at most once per time span while it stays true.
/// Not safe for use by several threads at once.
/// </summary>
public sealed class SigmaSession
{
    private const int MaxEventIds = 1_000;

    private readonly SigmaEngine engine;
    private readonly SigmaSessionOptions options;
    private readonly Dictionary<string, Window>[] windows;
    private int groups;
    private long forgotten;
    private long late;

    internal SigmaSession(SigmaEngine engine, SigmaSessionOptions options)
    {
        this.engine = engine;
        this.options = options;
        windows = [.. engine.Correlations.Select(_ => new Dictionary<string, Window>(StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>Events forgotten because a bound was reached. Not zero means that correlations may have been missed.</summary>
    public long ForgottenEvents => forgotten;

    /// <summary>Events that came too late for the window of their group.</summary>
    public long LateEvents => late;

    /// <summary>Groups remembered at present.</summary>
    public int GroupCount => groups;

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
        if (matched.Count == 0) return;
        var causes = new List<(SigmaRule Rule, ISigmaEvent Fields)>();
        foreach (var rule in matched)
        {
            causes.Add((rule, fields));
            if (engine.Reports(rule)) into.Add(new SigmaMatch(rule, occurredAt, SigmaEngine.Explain(rule, fields), [eventId], 1));
        }

        // Plans are in order, so a correlation that fires is there when those that refer to it are looked at.
        for (var i = 0; i < windows.Length; i++)
        {
            var plan = engine.Correlations[i];
            foreach (var cause in causes.ToArray())
            {
                if (plan.GroupFieldsFor(cause.Rule) is not { } groupFields) continue;
                if (Count(plan, i, cause.Rule, cause.Fields, groupFields, occurredAt, eventId) is not { } match) continue;
                causes.Add((plan.Rule, new SigmaDictionaryEvent(match.Fields.Select(field => KeyValuePair.Create(field.Field, SigmaValue.Of(field.Value))))));
                if (engine.Reports(plan.Rule)) into.Add(match);
            }
        }
    }

    private SigmaMatch? Count(CorrelationPlan plan, int index, SigmaRule input, ISigmaEvent fields, string[] groupFields, DateTimeOffset at, string eventId)
    {
        string? counted = null;
        if (plan.Rule.Type == SigmaCorrelationType.ValueCount)
        {
            counted = Key(fields, plan.CountedFieldsFor(input), out var complete);
            if (!complete) return null; // As COUNT(DISTINCT …) does: an event without the value has none to count.
        }

        // An event without a group field belongs to the group without it, as GROUP BY does: it is counted, not lost.
        var key = Key(fields, groupFields, out _);
        if (!windows[index].TryGetValue(key, out var window))
        {
            if (groups >= options.MaxGroups) Forget(at);
            window = windows[index][key] = new Window();
            groups++;
        }

        if (!window.Add(at, eventId, counted, plan.Rule.Timespan, options.MaxEventsPerGroup, ref forgotten))
        {
            late++;
            return null;
        }

        var count = plan.Rule.Type == SigmaCorrelationType.ValueCount ? window.Distinct : window.Events;
        if (count < plan.Rule.Condition.Minimum || count > plan.Rule.Condition.Maximum)
        {
            window.FiredAt = null;
            return null;
        }

        if (window.FiredAt is { } fired && at - fired < plan.Rule.Timespan) return null;
        window.FiredAt = at;
        var group = new List<SigmaMatchedField>();
        for (var i = 0; i < groupFields.Length; i++)
            group.Add(new SigmaMatchedField(plan.Rule.GroupBy[i], fields.TryGet(groupFields[i], out var value) ? value.ToString() : ""));
        return new SigmaMatch(plan.Rule, at, group, window.EventIds(MaxEventIds), count);
    }

    /// <summary>Forgets groups whose window has passed; if none has, a tenth of all, those longest without an event.</summary>
    private void Forget(DateTimeOffset now)
    {
        var all = windows.SelectMany((table, i) => table.Select(entry => (Table: table, entry.Key, Window: entry.Value, engine.Correlations[i].Rule.Timespan))).ToList();
        var passed = all.Where(entry => now - entry.Window.Newest > entry.Timespan).ToList();
        if (passed.Count == 0)
        {
            passed = [.. all.OrderBy(entry => entry.Window.Newest).Take(Math.Max(1, all.Count / 10))];
            forgotten += passed.Sum(entry => (long)entry.Window.Events);
        }

        foreach (var entry in passed) entry.Table.Remove(entry.Key);
        groups -= passed.Count;
    }

    // Each value is preceded by its length, so that no two lists of values give one key.
    private static string Key(ISigmaEvent fields, string[] names, out bool complete)
    {
        complete = true;
        var key = new StringBuilder();
        foreach (var name in names)
        {
            if (fields.TryGet(name, out var value) && value.Kind != SigmaValueKind.Null)
            {
                var text = value.ToString();
                key.Append(text.Length).Append(':').Append(text);
            }
            else
            {
                complete = false;
                key.Append('-');
            }
        }

        return key.ToString();
    }
}
