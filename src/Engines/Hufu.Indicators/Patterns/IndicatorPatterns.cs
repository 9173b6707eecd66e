namespace Hufu.Indicators;

/// <summary>What can be told of a STIX pattern without an event.</summary>
public static class IndicatorPatterns
{
    /// <summary>Values of which an event must have one for the pattern to match; null when none can be named, or it cannot be read.</summary>
    public static IReadOnlyList<IndicatorValue>? Needs(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var parsed = PatternParser.Parse(pattern);
        return parsed.IsOk ? parsed.Value.Triggers() : null;
    }
}
