using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// What approving a report does for the obligation to make one, where the organisation has it: the report becomes the evidence of the oldest open
/// occurrence that falls due in its period or later, and that occurrence is done.
/// </summary>
internal sealed class ReportDuties : IRecordReaction
{
    /// <summary>Names of the obligations in the product's own list.</summary>
    internal const string MonthlyDuty = "practice-monitoring-report", DailyDuty = "practice-monitoring-daily-report";

    public string TypeKey => MonitoringReportType.TypeKey;

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (action != "approve" || record is not MonitoringReport { To: { } to } report || store.Types.Find("compliance.occurrence") is not { } type) return Result.Ok;
        var duty = report.Kind == MonitoringReportType.Monthly ? MonthlyDuty : DailyDuty;
        var last = DateOnly.FromDateTime(SiteTime.Local(to.AddTicks(-1)).DateTime);
        var obligations = await store.Db.Set<Obligation>().AsNoTracking().Where(o => o.SourceId == duty && o.State == "active" && o.ArchivedAt == null).Select(o => (Guid?)o.Id).ToListAsync(cancellation);
        if (obligations.Count == 0) return Result.Ok;
        var due = await store.Db.Set<Occurrence>().Where(o => obligations.Contains(o.ObligationId) && o.State == "open" && o.ArchivedAt == null && o.DueOn >= last).OrderBy(o => o.DueOn).ThenBy(o => o.Number).FirstOrDefaultAsync(cancellation);
        if (due is null) return Result.Ok;
        var system = Actor.System(actor.Channel);
        var reason = string.Create(CultureInfo.InvariantCulture, $"{report.Number}（{actor.Name}）");
        var today = DateOnly.FromDateTime(SiteTime.Local(store.Db.Now).DateTime);
        var attached = await store.AttachAsync(system, due, new Evidence { Kind = "record", Title = report.Title, TargetType = MonitoringReportType.TypeKey, TargetId = report.Id, EffectiveOn = last, Output = "O5.3.1" }, reason, cancellation);
        if (!attached.IsOk) return Result.Fail(attached.Errors);
        if (due.PerformedOn is null)
        {
            due.PerformedOn = today;
            store.Db.ActAs(system, "update", reason);
            await store.Db.SaveChangesAsync(cancellation);
        }

        var done = await store.TransitionAsync(system, type, due.Id, "complete", reason, cancellation: cancellation);
        return done.IsOk ? Result.Ok : Result.Fail(done.Errors);
    }
}
