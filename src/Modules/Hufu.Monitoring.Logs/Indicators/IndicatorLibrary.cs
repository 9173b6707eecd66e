using System.Globalization;
using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>A list with its version in use.</summary>
public sealed record IndicatorSupply(IndicatorList List, IndicatorVersion Version)
{
    /// <summary>True when what comes in is compared with it.</summary>
    public bool IsOn => List.State == IndicatorListType.Active;

    /// <summary>When its indicators end that have no earlier end of their own; null for never.</summary>
    public DateTimeOffset? Ends
    {
        get
        {
            var byAge = List.ExpiryDays is { } days ? (Version.SeenAt ?? Version.CreatedAt).AddDays(days) : (DateTimeOffset?)null;
            var byDate = List.EndsOn is { } last ? SiteTime.StartOf(last.AddDays(1)) : (DateTimeOffset?)null;
            return byAge is null || byDate < byAge ? byDate ?? byAge : byAge;
        }
    }
}

/// <summary>
/// Keeps the indicators that are looked for as the records have them: the versions in use of lists that a second person approved. A change is taken up within
/// seconds, compiled beside what runs; what cannot be read leaves that running. Lists lapse when their end has come.
/// </summary>
internal sealed partial class IndicatorLibrary(Detection detection, IndicatorLists lists, IDbContextFactory<HufuDbContext> factory, IServiceScopeFactory scopes, TimeProvider clock, ILogger<IndicatorLibrary> logger) : RepeatedWork(clock, Every)
{
    private const int MostSets = 4;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim refreshing = new(1, 1);
    private readonly Lock making = new();
    private readonly List<(string Key, IndicatorSet Set)> made = [];
    private string? stamp;
    private (string Stamp, DateTimeOffset Until)? failed;

    /// <summary>Lists that have a version in use, whether they are looked for or not.</summary>
    internal IReadOnlyList<IndicatorSupply> Supplies { get; private set; } = [];

    /// <summary>What kept lists from being taken up; empty when all are.</summary>
    internal IReadOnlyList<Error> Problems { get; private set; } = [];

    /// <summary>Looks at the records, and puts in what has changed. True when something had.</summary>
    internal async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        await refreshing.WaitAsync(cancellation);
        try
        {
            await LapseAsync(cancellation);
            await using var db = await factory.CreateDbContextAsync(cancellation);
            var known = await db.Set<IndicatorList>().AsNoTracking().Where(l => l.ArchivedAt == null).OrderBy(l => l.Number).ToListAsync(cancellation);
            var versions = await db.Set<IndicatorVersion>().AsNoTracking().Where(v => v.State == IndicatorVersionType.Current && v.ArchivedAt == null).OrderBy(v => v.UpdatedAt).ToListAsync(cancellation);
            var now = string.Join(' ', known.Select(l => $"{l.Id:N}/{l.Version}").Concat(versions.Select(v => $"{v.Id:N}/{v.Version}")));
            if (now == stamp || (failed is { } before && before.Stamp == now && Clock.GetUtcNow() < before.Until)) return false;
            List<IndicatorSupply> supplies = [.. known.Select(l => versions.FindLast(v => v.ListId == l.Id) is { } version ? new IndicatorSupply(l, version) : null).OfType<IndicatorSupply>()];
            Supplies = supplies;
            try
            {
                await Task.Run(() => Put(supplies), cancellation);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed = (now, Clock.GetUtcNow() + AgainAfter);
                Problems = [e is IOException or UnauthorizedAccessException or InvalidDataException ? IndicatorLists.Unreadable("", e) : Error.Of("logs.indicators.failed", $"指標清單的變更無法套用，先前的指標繼續使用：{e.Message}", $"Changed indicator lists could not be taken up; those before go on: {e.Message}", "")];
                throw;
            }

            (stamp, failed) = (now, null);
            return true;
        }
        finally
        {
            refreshing.Release();
        }
    }

    /// <summary>Indicators to hunt with.</summary>
    /// <param name="keys">Numbers of lists, or keys of single indicators.</param>
    /// <param name="since">Hash of a version of the one list whose indicators are left out, where they say the same; null for none.</param>
    internal Result<IndicatorSet> SetOf(IReadOnlyList<string> keys, string? since = null)
    {
        var chosen = new List<(IndicatorSupply Supply, HashSet<string>? Keys)>();
        foreach (var group in keys.Select(k => k.Trim()).Where(k => k.Length > 0).GroupBy(IndicatorRules.ListOf, StringComparer.OrdinalIgnoreCase))
        {
            if (Supplies.FirstOrDefault(s => s.List.Number.Equals(group.Key, StringComparison.OrdinalIgnoreCase)) is not { } supply)
                return Result.Fail<IndicatorSet>(Error.Of("logs.hunt.indicators", $"沒有「{group.Key}」這份指標清單，或它沒有使用中的版本。", $"There is no indicator list {group.Key}, or it has no version in use.", "indicators"));
            chosen.Add((supply, group.Any(k => !k.Contains('/', StringComparison.Ordinal)) ? null : group.Select(k => supply.List.Number + k[k.IndexOf('/', StringComparison.Ordinal)..]).ToHashSet(StringComparer.Ordinal)));
        }

        if (chosen.Count == 0) return Result.Fail<IndicatorSet>(Error.Of("logs.hunt.no-indicator", "沒有指定指標清單。", "No indicator list is named.", "indicators"));
        var key = string.Join(' ', chosen.Select(c => $"{c.Supply.List.Id:N}/{c.Supply.List.Version}/{c.Supply.Version.Hash}/{c.Supply.Ends:O}/{(c.Keys is null ? "" : string.Join(',', c.Keys))}")) + since;
        lock (making)
        {
            if (made.Find(m => m.Key == key) is { Set: { } known }) return Result.Of(known);
            try
            {
                var set = IndicatorSet.Of(chosen.Select(c => Of(c.Supply, item => (c.Keys is null || c.Keys.Contains(IndicatorRules.KeyOf(c.Supply.List.Number, item.Id))), since)), Clock, () => detection.IndicatorExceptions);
                if (set.Count == 0) return Result.Fail<IndicatorSet>(Error.Of("logs.hunt.no-indicator", "沒有符合的指標。", "No indicator fits.", "indicators"));
                if (made.Count >= MostSets) made.RemoveAt(0);
                made.Add((key, set));
                return Result.Of(set);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                return Result.Fail<IndicatorSet>(IndicatorLists.Unreadable(chosen[0].Supply.List.Number, fault) with { Place = "indicators" });
            }
        }
    }

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before anything is looked at by fewer indicators than there are.
            await RefreshAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            NotTakenUp(logger, e);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        refreshing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => RefreshAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // What is looked for goes on; the next round tries again.
        NotTakenUp(logger, failure);
        return true;
    }

    private void Put(List<IndicatorSupply> supplies)
    {
        var refused = new List<Error>();
        var on = supplies.Where(s => s.IsOn).ToList();
        var set = on.Count == 0 ? null : IndicatorSet.Of(on.Select(s => Of(s, null, null)), Clock, () => detection.IndicatorExceptions, refused);
        detection.Use(set);
        Problems = refused;
        TakenUp(logger, set?.Count ?? 0, on.Count, (set?.Index.Size ?? 0) >> 20);
    }

    // A list's indicators, each with the end that its list sets.
    private (IndicatorListInfo, IndicatorListOptions, IEnumerable<Indicator>) Of(IndicatorSupply supply, Func<Indicator, bool>? which, string? since)
    {
        var ends = supply.Ends;
        var before = since is null ? null : lists.Chosen(supply.List, since).Select(Said).ToHashSet(StringComparer.Ordinal);
        return (IndicatorLists.InfoOf(supply.List), new IndicatorListOptions(supply.List.WholeLines),
            lists.Chosen(supply.List, supply.Version.Hash).Where(item => (which is null || which(item)) && (before is null || !before.Contains(Said(item)))).Select(item => ends is null || item.ValidUntil <= ends ? item : item with { ValidUntil = ends }));

        // What is looked for: the same under another title is not new.
        static string Said(Indicator item) => $"{item.Id} {item.Text} {item.Pattern.Length > 0}";
    }

    private async Task LapseAsync(CancellationToken cancellation)
    {
        var today = SiteTime.Today(Clock);
        var problems = await Lapsing.EndAsync<IndicatorList>(factory, scopes, l => l.State == IndicatorListType.Active && l.ArchivedAt == null && l.EndsOn < today, IndicatorListType.Lapsed, l => string.Create(CultureInfo.InvariantCulture, $"{l.EndsOn:yyyy-MM-dd}"),
            l => (new LocalizedText($"情資指標清單已到期：{l.Title}", $"Indicator list lapsed: {l.Title}"), new LocalizedText("日誌從現在起不再比對它的指標。仍需要時，請重新提出。", "Events are no longer compared with its indicators. Propose it again where it is still needed.")), cancellation);
        foreach (var problem in problems) NotLapsed(logger, problem);
    }

    [LoggerMessage(71, LogLevel.Error, "Changed indicator lists could not be taken up; what is looked for goes on, and it is tried again")]
    private static partial void NotTakenUp(ILogger logger, Exception e);

    [LoggerMessage(72, LogLevel.Information, "Indicators taken up: {Indicators} of {Lists} lists, {Megabytes} MB")]
    private static partial void TakenUp(ILogger logger, int indicators, int lists, long megabytes);

    [LoggerMessage(73, LogLevel.Warning, "An indicator list whose end has come could not be ended: {Why}")]
    private static partial void NotLapsed(ILogger logger, string why);
}
