using System.Globalization;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>Makes an alert of a gap in the logs, one for each asset and kind as long as somebody has it in hand.</summary>
internal sealed class LogGaps(Detection detection, IDbContextFactory<HufuDbContext> factory, TimeProvider clock) : IDisposable
{
    /// <summary>Rule of the alerts.</summary>
    internal const string Rule = "hufu.log-gap";

    private readonly SemaphoreSlim opening = new(1, 1);

    /// <summary>The number of the alert about a gap: the one that is open, or a new one.</summary>
    internal async Task<Result<(string Number, bool Made)>> OpenAsync(CoverageCell cell, CancellationToken cancellation)
    {
        await opening.WaitAsync(cancellation);
        try
        {
            if ((await OpenOnesAsync(cancellation)).TryGetValue(EntityOf(cell), out var known)) return Result.Of((known, false));
            var raised = await detection.RaiseAsync([MatchOf(cell, clock.GetUtcNow())], cancellation);
            if (raised.Errors.Count > 0) return Result.Fail<(string, bool)>(raised.Errors);
            return Result.Of((raised.Created[0], true));
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>
    /// Makes alerts of the gaps that have opened: events came, and stopped. Each end is told once, also when somebody has closed its alert since; what never
    /// came is for people to take in hand, or a new criterion would make an alert of every asset. Gives how many were made.
    /// </summary>
    internal async Task<int> TellAsync(CoverageMatrix matrix, CancellationToken cancellation)
    {
        await opening.WaitAsync(cancellation);
        try
        {
            var open = await OpenOnesAsync(cancellation);
            var ended = matrix.Cells.Where(c => c is { State: CoverageState.Stale, LastSeen: not null } && !open.ContainsKey(EntityOf(c))).Select(c => MatchOf(c, c.LastSeen!.Value)).ToList();
            return ended.Count == 0 ? 0 : (await detection.RaiseAsync(ended, cancellation)).Created.Count;
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>Alerts about gaps that are open, by what they are about.</summary>
    internal async Task<IReadOnlyDictionary<string, string>> OpenOnesAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var open = await db.Set<Alert>().AsNoTracking().Where(a => a.RuleId == Rule && a.ArchivedAt == null && (a.State == "new" || a.State == "triaged" || a.State == "incident")).OrderBy(a => a.Number).Select(a => new { a.Entity, a.Number }).ToListAsync(cancellation);
        return open.GroupBy(a => a.Entity, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Number, StringComparer.Ordinal);
    }

    /// <summary>What an alert about a gap is about: asset and kind.</summary>
    internal static string EntityOf(CoverageCell cell) => $"{cell.Asset.Asset.Number} {cell.Kind}";

    public void Dispose() => opening.Dispose();

    private static RuleMatch MatchOf(CoverageCell cell, DateTimeOffset at) => new()
    {
        RuleId = Rule, RuleTitle = TitleOf(cell.State).Zh, RuleTitleEn = TitleOf(cell.State).En, RuleAuthor = "Hufu", Level = cell.State == CoverageState.Partly ? "low" : "medium",
        EventId = string.Create(CultureInfo.InvariantCulture, $"gap/{cell.Asset.Asset.Number}/{cell.Kind}/{at.UtcTicks}"), EventTime = at, Entity = EntityOf(cell),
    };

    private static LocalizedText TitleOf(CoverageState state) => state switch
    {
        CoverageState.Never => new("未收到應記錄的日誌", "Logs that must be kept never came"),
        CoverageState.Stale => new("應記錄的日誌已中斷", "Logs that must be kept have stopped"),
        _ => new("日誌缺少應有內容", "Logs lack what they must hold"),
    };
}
