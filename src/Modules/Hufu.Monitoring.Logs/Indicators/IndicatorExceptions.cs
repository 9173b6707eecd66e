using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Exceptions as far as they are for indicators: for all rules, for a list by its number, or for one indicator by its key. Their conditions are looked at only
/// where an indicator was seen.
/// </summary>
public sealed class IndicatorExceptions
{
    private const string Always = "title: any event\nid: hufu-any-event\nlogsource:\n  product: any\ndetection:\n  none:\n    hufu.no-such-field: none\n  condition: not none\n";

    private readonly List<(HashSet<string>? Keys, bool AnySource, SigmaEngine Plain, SigmaEngine Filtered)> entries = [];

    /// <summary>None.</summary>
    internal static IndicatorExceptions None { get; } = new();

    internal bool IsEmpty => entries.Count == 0;

    /// <summary>Exceptions of filters; those that are not for indicators are left out.</summary>
    internal static IndicatorExceptions Of(IEnumerable<SigmaFilterRule> filters)
    {
        var made = new IndicatorExceptions();
        foreach (var filter in filters)
        {
            var keys = filter.Rules.Where(IndicatorRules.IsKey).ToHashSet(StringComparer.OrdinalIgnoreCase);
            if (filter.Rules.Count > 0 && keys.Count == 0) continue;
            // A rule that every event of the filter's log source matches, with and without the filter: where only the filtered one does not, the exception holds.
            var any = (SigmaDetectionRule)SigmaParser.Parse(Always, "any").Rules[0] with { LogSource = filter.LogSource };
            made.entries.Add((filter.Rules.Count == 0 ? null : keys, filter.LogSource == new SigmaLogSource(), SigmaEngine.Compile([any]), SigmaEngine.Compile([any, filter with { Rules = [any.Key] }])));
        }

        return made;
    }

    /// <summary>The filters as rules see them: what is only for indicators is not among them.</summary>
    internal static IReadOnlyList<SigmaFilterRule> OfRules(IEnumerable<SigmaFilterRule> filters) =>
        [.. filters.Select(filter => filter.Rules.Any(IndicatorRules.IsKey) ? filter with { Rules = [.. filter.Rules.Where(key => !IndicatorRules.IsKey(key))] } : filter).Zip(filters, (now, was) => (now, was)).Where(pair => pair.now.Rules.Count > 0 || pair.was.Rules.Count == 0).Select(pair => pair.now)];

    /// <summary>True when exceptions are for this indicator at all.</summary>
    internal bool IsFor(SigmaRule rule) => entries.Exists(entry => Covers(entry.Keys, rule));

    /// <summary>True when a match of an indicator need not be reported.</summary>
    internal bool Suppresses(SigmaRule rule, LogEventFields fields)
    {
        IReadOnlyList<SigmaLogSource>? known = null;
        foreach (var (keys, anySource, plain, filtered) in entries)
        {
            if (!Covers(keys, rule)) continue;
            // Indicators are of no log source: an exception that names none is for events of which none is known, too.
            var sources = anySource ? null : known ??= fields.Sources;
            if (plain.Match(fields, sources).Count > 0 && filtered.Match(fields, sources).Count == 0) return true;
        }

        return false;
    }

    private static bool Covers(HashSet<string>? keys, SigmaRule rule) => keys is null || IndicatorRules.SeenOf(rule).Any(seen => keys.Contains(seen.Key) || keys.Contains(seen.List));
}
