using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>How often and when an indicator was seen, by the alerts that it raised.</summary>
/// <param name="Key">Key of the indicator.</param>
/// <param name="Title">What the alerts call it.</param>
/// <param name="Alerts">How many alerts.</param>
/// <param name="Events">How many events.</param>
/// <param name="First">First event.</param>
/// <param name="Last">Last event.</param>
public sealed record IndicatorSighting(string Key, string Title, int Alerts, int Events, DateTimeOffset? First, DateTimeOffset? Last);

/// <summary>Counts sightings, as far as somebody may see alerts.</summary>
internal static class IndicatorSightings
{
    internal const int MostShown = 100;

    /// <summary>The indicators of a list that were seen, the last first.</summary>
    internal static Task<List<IndicatorSighting>> OfListAsync(RecordStore store, Actor actor, string list, CancellationToken cancellation) => OfAsync(store, actor, alerts => alerts.Where(a => a.RuleId.StartsWith(list + "/")), cancellation);

    /// <summary>The indicators of all lists that were seen, the last first.</summary>
    internal static Task<List<IndicatorSighting>> AllAsync(RecordStore store, Actor actor, CancellationToken cancellation) => OfAsync(store, actor, alerts => alerts.Where(a => a.RuleId.StartsWith(IndicatorListType.NumberPrefix + "-")), cancellation);

    /// <summary>Those of some keys.</summary>
    internal static async Task<IReadOnlyDictionary<string, IndicatorSighting>> OfKeysAsync(RecordStore store, Actor actor, IReadOnlyList<string> keys, CancellationToken cancellation) =>
        keys.Count == 0 ? new Dictionary<string, IndicatorSighting>() : (await OfAsync(store, actor, alerts => alerts.Where(a => keys.Contains(a.RuleId)), cancellation)).ToDictionary(s => s.Key, StringComparer.Ordinal);

    private static async Task<List<IndicatorSighting>> OfAsync(RecordStore store, Actor actor, Func<IQueryable<Alert>, IQueryable<Alert>> which, CancellationToken cancellation)
    {
        if (actor.ScopeOf(store.Types.Of<Alert>(), Right.Read) is null) return [];
        var found = await which(store.Readable<Alert>(actor).Where(a => a.ArchivedAt == null)).GroupBy(a => a.RuleId)
            .Select(g => new { g.Key, Title = g.Max(a => a.RuleTitle), English = g.Max(a => a.RuleTitleEn), Alerts = g.Count(), Events = g.Sum(a => a.EventCount), First = g.Min(a => a.FirstSeen), Last = g.Max(a => a.LastSeen) })
            .OrderByDescending(g => g.Last).Take(MostShown).ToListAsync(cancellation);
        return [.. found.Select(g => new IndicatorSighting(g.Key, new LocalizedText(g.Title ?? g.Key, g.English is { Length: > 0 } english ? english : g.Title ?? g.Key).ToString(), g.Alerts, g.Events, g.First, g.Last))];
    }
}
