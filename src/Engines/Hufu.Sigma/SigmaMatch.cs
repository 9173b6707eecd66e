namespace Hufu.Sigma;

/// <summary>A field that made a rule match, with the value that the event has.</summary>
/// <param name="Field">Name of the field.</param>
/// <param name="Value">Its value as text.</param>
public sealed record SigmaMatchedField(string Field, string Value)
{
    /// <summary>What the rule looks for in the field and found there, as its author wrote it; empty for the fields of a correlation's group.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Notes that a pattern was found in a field: in the field's entry, or in a new one.</summary>
    internal static void Note(List<SigmaMatchedField> into, string field, string value, string pattern)
    {
        var at = into.FindIndex(known => known.Field == field);
        if (at < 0) into.Add(new SigmaMatchedField(field, value) { Patterns = [pattern] });
        else if (!into[at].Patterns.Contains(pattern)) into[at] = into[at] with { Patterns = [.. into[at].Patterns, pattern] };
    }
}

/// <summary>A rule that matched: an event for a detection rule, a window of events for a correlation.</summary>
/// <param name="Rule">The rule. Its author must be shown wherever the match is.</param>
/// <param name="OccurredAt">Time of the event; for a correlation, of the event that completed it.</param>
/// <param name="Fields">The fields that matched; for a correlation, the group's fields and values.</param>
/// <param name="EventIds">The host's ids of the events concerned: one for a detection; for a correlation those still in the window, oldest first, at most 1,000.</param>
/// <param name="Count">1 for a detection; for a correlation the count that fired, cut to a whole number.</param>
public sealed record SigmaMatch(
    SigmaRule Rule, DateTimeOffset OccurredAt, IReadOnlyList<SigmaMatchedField> Fields, IReadOnlyList<string> EventIds, long Count)
{
    /// <summary>The figure that was compared with the condition: the count, or for sums, averages and percentiles what a whole number cannot say.</summary>
    public double Figure { get; init; }
}
