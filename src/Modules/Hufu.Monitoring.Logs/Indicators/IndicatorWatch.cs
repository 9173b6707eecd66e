using System.Data.Common;
using Hufu.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Hunts back with what is new in indicator lists: one hunt for each list that was approved or has another version in use. A file remembers which version of each
/// list was hunted with, so a start without a change hunts nothing.
/// </summary>
internal sealed partial class IndicatorWatch(Hunts hunts, IndicatorLibrary library, TimeProvider clock, ILogger<IndicatorWatch> logger) : RepeatedWork(clock, Every)
{
    private const string SeenFile = "indicators-seen.json";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    private IReadOnlyList<IndicatorSupply>? done;

    /// <summary>Looks at the lists in use. Gives the hunts that were queued.</summary>
    internal async Task<IReadOnlyList<HuntOrder>> LookAsync(CancellationToken cancellation)
    {
        var supplies = library.Supplies;
        if (ReferenceEquals(supplies, done)) return [];
        var seen = hunts.Files.Kept<Dictionary<string, string>>(SeenFile) ?? [];
        var made = new List<HuntOrder>();
        var whole = true;
        foreach (var supply in supplies.Where(s => s.IsOn))
        {
            var before = seen.GetValueOrDefault(supply.List.Number);
            if (before == supply.Version.Hash) continue;
            if (hunts.Settings.Days is > 0 and var days)
            {
                var to = Clock.GetUtcNow();
                var choice = new HuntChoice { Indicators = [supply.List.Number], Since = before };
                var asked = await hunts.AskAsync(Actor.System(), new HuntOrder { Choice = choice, From = to.AddDays(-days), To = to, Alerts = true, IsAutomatic = true }, null, cancellation);
                // A version that no longer lies in the folder leaves nothing out; one that only lost indicators has nothing new.
                if (!asked.IsOk && before is not null && asked.Errors[0].Code is "logs.indicator-list.gone" or "logs.indicator-list.damaged")
                    asked = await hunts.AskAsync(Actor.System(), new HuntOrder { Choice = choice with { Since = null }, From = to.AddDays(-days), To = to, Alerts = true, IsAutomatic = true }, null, cancellation);
                if (asked.IsOk)
                {
                    made.Add(asked.Value);
                    Asked(logger, supply.List.Number);
                }
                else if (asked.Errors[0].Code != "logs.hunt.no-indicator")
                {
                    // It is tried again by the next round.
                    NotAsked(logger, supply.List.Number, asked.Errors[0].ToString());
                    whole = false;
                    continue;
                }
            }

            seen[supply.List.Number] = supply.Version.Hash;
            hunts.Files.Keep(SeenFile, seen);
        }

        if (whole) done = supplies;
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

    [LoggerMessage(74, LogLevel.Information, "The indicators of {List} are new or changed: a hunt goes back through the stored events with them")]
    private static partial void Asked(ILogger logger, string list);

    [LoggerMessage(75, LogLevel.Warning, "The indicators of {List} are new or changed, and the hunt could not be queued: {Why}")]
    private static partial void NotAsked(ILogger logger, string list, string why);

    [LoggerMessage(76, LogLevel.Error, "It could not be told whether indicator lists changed; it is tried again")]
    private static partial void Failed(ILogger logger, Exception e);
}
