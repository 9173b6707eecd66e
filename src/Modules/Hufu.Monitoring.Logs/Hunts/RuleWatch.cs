using System.Data.Common;
using Hufu.Records;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Hunts back with rules that became new or changed: one hunt for all of them, once the set has stood still for a round. A file remembers what each rule said, so
/// a start without a change hunts nothing; nor does the first start, when every rule is as new as the logs.
/// </summary>
internal sealed partial class RuleWatch(Hunts hunts, Detection detection, TimeProvider clock, ILogger<RuleWatch> logger) : RepeatedWork(clock, Every)
{
    private const string SeenFile = "rules-seen.json";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    private SigmaEngine? done;
    private SigmaEngine? before;

    /// <summary>Looks at the rules in use. Gives the hunt that was queued, if one was.</summary>
    internal async Task<HuntOrder?> LookAsync(CancellationToken cancellation)
    {
        var set = detection.Rules;
        if (ReferenceEquals(set.Engine, done)) return null;
        // Rules that are switched on one after another are one change.
        if (!ReferenceEquals(set.Engine, before))
        {
            before = set.Engine;
            return null;
        }

        var rules = set.Rules.Where(r => r is not SigmaFilterRule).GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var now = rules.ToDictionary(r => r.Key, r => r.Value.Fingerprint, StringComparer.Ordinal);
        var seen = hunts.Files.Kept<Dictionary<string, string>>(SeenFile);
        HuntOrder? made = null;
        if (seen is not null && hunts.Settings.Days is > 0 and var days)
        {
            var changed = rules.Values.Where(r => seen.GetValueOrDefault(r.Key) != r.Fingerprint).ToHashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
            // What a correlation finds changes with the rules that it refers to.
            var names = changed.SelectMany(r => new[] { r.Id, r.Name }).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
            for (var more = true; more;)
            {
                more = false;
                foreach (var correlation in rules.Values.OfType<SigmaCorrelationRule>().Where(c => !changed.Contains(c) && c.Rules.Any(names.Contains)))
                {
                    changed.Add(correlation);
                    foreach (var name in new[] { correlation.Id, correlation.Name }.OfType<string>()) names.Add(name);
                    more = true;
                }
            }

            if (changed.Count > 0)
            {
                var to = Clock.GetUtcNow();
                var asked = await hunts.AskAsync(Actor.System(), new HuntOrder { Choice = new HuntChoice { Keys = [.. changed.Select(r => r.Key)] }, From = to.AddDays(-days), To = to, Alerts = true, IsAutomatic = true }, null, cancellation);
                if (!asked.IsOk)
                {
                    // It is tried again by the next round.
                    NotAsked(logger, changed.Count, asked.Errors[0].ToString());
                    return null;
                }

                made = asked.Value;
                Asked(logger, changed.Count);
            }
        }

        hunts.Files.Keep(SeenFile, now);
        done = set.Engine;
        return made;
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => LookAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        Failed(logger, failure);
        return failure is IOException or UnauthorizedAccessException or DbException or DbUpdateException or InvalidOperationException;
    }

    [LoggerMessage(61, LogLevel.Information, "{Count} rules are new or changed: a hunt goes back through the stored events with them")]
    private static partial void Asked(ILogger logger, int count);

    [LoggerMessage(62, LogLevel.Warning, "{Count} rules are new or changed, and the hunt could not be queued: {Why}")]
    private static partial void NotAsked(ILogger logger, int count, string why);

    [LoggerMessage(63, LogLevel.Error, "It could not be told whether rules changed; it is tried again")]
    private static partial void Failed(ILogger logger, Exception e);
}
