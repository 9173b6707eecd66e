using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>How often and when the value of an indicator was seen, by the alerts that it raised.</summary>
/// <param name="Key">Key of the indicator.</param>
/// <param name="Title">What the alerts call it.</param>
/// <param name="Alerts">How many alerts.</param>
/// <param name="Events">How many events.</param>
/// <param name="First">First event.</param>
/// <param name="Last">Last event.</param>
/// <param name="Lists">Numbers of the lists that the alerts name.</param>
public sealed record IndicatorSighting(string Key, string Title, int Alerts, int Events, DateTimeOffset? First, DateTimeOffset? Last, IReadOnlyList<string> Lists);

/// <summary>Counts sightings, as far as somebody may see alerts. What several lists have is counted once.</summary>
internal static class IndicatorSightings
{
    internal const int MostShown = 100;

    private sealed record Counted(string Gathered, string Key, string? Title, string? English, int Alerts, int Events, DateTimeOffset? First, DateTimeOffset? Last)
    {
        internal LocalizedText Name => new(Title ?? Key, English is { Length: > 0 } english ? english : Title ?? Key);
    }

    /// <summary>The indicators of a list that were seen, the last first.</summary>
    internal static Task<List<IndicatorSighting>> OfListAsync(RecordStore store, Actor actor, string list, CancellationToken cancellation)
    {
        var (start, line) = (list + "/", "\n" + list + "/");
        return ToldAsync(store, actor, alerts => alerts.Where(a => a.RuleId.StartsWith(start) || ("\n" + a.Indicators).Contains(line)), cancellation);
    }

    /// <summary>The indicators of all lists that were seen, the last first.</summary>
    internal static Task<List<IndicatorSighting>> AllAsync(RecordStore store, Actor actor, CancellationToken cancellation) => ToldAsync(store, actor, alerts => alerts.Where(a => a.RuleId.StartsWith(IndicatorListType.NumberPrefix + "-")), cancellation);

    /// <summary>Those of some indicators by their keys, whichever list it was that raised the alerts.</summary>
    internal static async Task<IReadOnlyDictionary<string, IndicatorSighting>> OfAsync(RecordStore store, Actor actor, IReadOnlyList<(string Key, string Gathered)> which, CancellationToken cancellation)
    {
        var told = new Dictionary<string, IndicatorSighting>(StringComparer.Ordinal);
        if (which.Count == 0) return told;
        var (keys, values) = (which.Select(w => w.Key).ToList(), which.Select(w => w.Gathered).Where(g => g.Length > 0).Distinct().ToList());
        var found = await CountAsync(store, actor, alerts => alerts.Where(a => keys.Contains(a.RuleId) || values.Contains(a.Gathered)), cancellation);
        foreach (var (key, gathered) in which)
        {
            // Alerts of before values were gathered have the key alone.
            var own = found.Where(c => c.Gathered.Length > 0 ? c.Gathered == gathered : c.Key == key).ToList();
            if (own.Count > 0) told[key] = new IndicatorSighting(key, own[0].Name.ToString(), own.Sum(c => c.Alerts), own.Sum(c => c.Events), own.Min(c => c.First), own.Max(c => c.Last), []);
        }

        return told;
    }

    private static async Task<List<IndicatorSighting>> ToldAsync(RecordStore store, Actor actor, Func<IQueryable<Alert>, IQueryable<Alert>> which, CancellationToken cancellation)
    {
        var found = await CountAsync(store, actor, which, cancellation);
        var values = found.Select(c => c.Gathered).Where(g => g.Length > 0).ToList();
        var named = values.Count == 0 ? [] : await store.Readable<Alert>(actor).Where(a => a.ArchivedAt == null && values.Contains(a.Gathered)).Select(a => new { a.Gathered, a.Indicators }).Distinct().ToListAsync(cancellation);
        var lists = named.ToLookup(n => n.Gathered, n => n.Indicators, StringComparer.Ordinal);
        return [.. found.Select(c => new IndicatorSighting(c.Key, c.Name.ToString(), c.Alerts, c.Events, c.First, c.Last, c.Gathered.Length == 0 ? [IndicatorRules.ListOf(c.Key)] : [.. lists[c.Gathered].SelectMany(SeenIndicator.Of).Select(s => s.List).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]))];
    }

    // The key is that of the value's first alert by name: which list raised it makes no other row.
    private static async Task<List<Counted>> CountAsync(RecordStore store, Actor actor, Func<IQueryable<Alert>, IQueryable<Alert>> which, CancellationToken cancellation)
    {
        if (actor.ScopeOf(store.Types.Of<Alert>(), Right.Read) is null) return [];
        var found = await which(store.Readable<Alert>(actor).Where(a => a.ArchivedAt == null)).GroupBy(a => new { a.Gathered, Rule = a.Gathered == "" ? a.RuleId : "" })
            .Select(g => new { g.Key.Gathered, Rule = g.Min(a => a.RuleId), Title = g.Max(a => a.RuleTitle), English = g.Max(a => a.RuleTitleEn), Alerts = g.Count(), Events = g.Sum(a => a.EventCount), First = g.Min(a => a.FirstSeen), Last = g.Max(a => a.LastSeen) })
            .OrderByDescending(g => g.Last).Take(MostShown).ToListAsync(cancellation);
        return [.. found.Select(g => new Counted(g.Gathered, g.Rule ?? "", g.Title, g.English, g.Alerts, g.Events, g.First, g.Last))];
    }
}
