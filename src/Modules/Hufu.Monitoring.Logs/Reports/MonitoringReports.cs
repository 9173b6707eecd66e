using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>Drafts the reports, each once, and computes a draft anew when somebody asks for it.</summary>
internal sealed class MonitoringReports(IServiceScopeFactory scopes, ReportComputing computing, TimeProvider clock)
{
    private const int CatchUpDays = 7;

    /// <summary>How long after its end a period is drafted: what is on its way has arrived, and the check record of time is made.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMinutes(20);

    /// <summary>Drafts the reports of the days and the month that are over and have none, from the day on which the server was seen first. Returns how many.</summary>
    internal async Task<int> MakeDueAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        DateTimeOffset? first;
        await using (var scope = scopes.CreateAsyncScope())
            first = await scope.ServiceProvider.GetRequiredService<RecordStore>().Db.Set<ReportPulse>().AsNoTracking().Where(p => p.Source == "").OrderBy(p => p.Hour).Select(p => (DateTimeOffset?)p.Hour).FirstOrDefaultAsync(cancellation);
        if (first is not { } began) return 0;
        var today = SiteTime.Today(clock);
        IEnumerable<ReportPeriod> due = [.. Enumerable.Range(1, CatchUpDays).Reverse().Select(back => ReportPeriod.Day(today.AddDays(-back))), ReportPeriod.Month(today).Before];
        var made = 0;
        foreach (var period in due.Where(p => p.To > began && p.To + Grace <= now))
            if (await FindAsync(period.Key, cancellation) is null && (await MakeAsync(Actor.System(), period, cancellation)).IsOk) made++;
        return made;
    }

    /// <summary>Drafts the report of a period, also of one long past. A period that has a report gives an error that names it.</summary>
    internal async Task<Result<MonitoringReport>> MakeAsync(Actor actor, ReportPeriod period, CancellationToken cancellation)
    {
        if (period.To > clock.GetUtcNow()) return Result.Fail<MonitoringReport>(Error.Of("logs.report.not-over", "這段期間尚未結束。", "This period is not over yet.", "period"));
        if (period.First.Year < 2000) return Result.Fail<MonitoringReport>(ReportPeriod.Parse(null, null).Errors);
        if (await FindAsync(period.Key, cancellation) is { } there) return Exists(there);
        var facts = await computing.ComputeAsync(period, null, cancellation);
        var report = new MonitoringReport
        {
            Title = MonitoringReportType.Titled(period.Key).Both,
            Kind = period.Kind,
            From = period.From.ToUniversalTime(),
            To = period.To.ToUniversalTime(),
            PeriodKey = period.Key,
        };
        Fill(report, facts);
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            // It comes from the product, whoever asks for it.
            var created = await scope.ServiceProvider.GetRequiredService<RecordStore>().CreateAsync(Actor.System(actor.Channel), report, actor.IsSystem ? null : actor.Name, cancellation: cancellation);
            return created.IsOk ? Result.Of(report) : Result.Fail<MonitoringReport>(created.Errors);
        }
        catch (DbUpdateException)
        {
            // Another process was quicker.
            if (await FindAsync(period.Key, cancellation) is { } other) return Exists(other);
            throw;
        }

        static Result<MonitoringReport> Exists(string number) => Result.Fail<MonitoringReport>(Error.Of("logs.report.exists", $"這段期間已有報表 {number}。", $"There is a report of this period: {number}.", "period"));
    }

    /// <summary>Computes a draft anew. A report that was submitted or approved stays as it is.</summary>
    internal async Task<Result<MonitoringReport>> RecomputeAsync(Actor actor, Guid id, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
        var type = store.Types.Of<MonitoringReport>();
        var found = await store.FindAsync<MonitoringReport>(actor, id, cancellation);
        if (!found.IsOk) return found;
        if (!actor.May(type, Right.Write, found.Value)) return Result.Fail<MonitoringReport>(Hufu.Web.Refusals.Missing(Right.Write, type.PluralName));
        if (Closed(type, found.Value) is { } closed) return Result.Fail<MonitoringReport>(closed);
        var period = new ReportPeriod(found.Value.Kind, DateOnly.FromDateTime(SiteTime.Local(found.Value.From!.Value).DateTime));
        var facts = await computing.ComputeAsync(period, ReportFacts.Read(found.Value.Facts), cancellation);
        var report = await store.Db.Set<MonitoringReport>().SingleAsync(r => r.Id == id, cancellation);
        // Computing took a while.
        if (Closed(type, report) is { } meanwhile) return Result.Fail<MonitoringReport>(meanwhile);
        Fill(report, facts);
        store.Db.ActAs(actor, "recompute");
        try
        {
            await store.Db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Result.Fail<MonitoringReport>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again."));
        }

        return Result.Of(report);
    }

    private static Error? Closed(RecordType type, MonitoringReport report) => report.ArchivedAt is not null
        ? Error.Of("record.archived", "已封存的紀錄不能修改。", "An archived record cannot be changed.")
        : type.Workflow.LockedAgainst(report.State, ["facts"]);

    private static void Fill(MonitoringReport report, ReportFacts facts)
    {
        report.Facts = facts.Write();
        report.ComputedAt = facts.ComputedAt;
        report.Events = facts.Events?.Total;
        report.Alerts = facts.Alerts?.Total;
        report.Incidents = facts.Incidents?.New;
    }

    private async Task<string?> FindAsync(string key, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<RecordStore>().Db.Set<MonitoringReport>().AsNoTracking().Where(r => r.PeriodKey == key).Select(r => r.Number).FirstOrDefaultAsync(cancellation);
    }
}
