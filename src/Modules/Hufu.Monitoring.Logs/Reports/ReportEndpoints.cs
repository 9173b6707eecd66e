using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>A report that is to be drafted.</summary>
/// <param name="Kind"><c>daily</c> or <c>monthly</c>.</param>
/// <param name="Period">Day as 2026-11-28, or month as 2026-11.</param>
public sealed record ReportDraftRequest(string? Kind, string? Period);

/// <summary>What is done with monitoring reports beyond what every record has: draft one of a period long past, compute a draft anew, hand it over as a file.</summary>
internal static class ReportEndpoints
{
    private const int MaxShown = 40;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/reporting", (RecordStore store, PageContext page, ReportFiles files, HttpContext http) => ShownAsync(store, page, files, null, null, [], 200, http.RequestAborted));
        pages.MapPost("/reporting", DraftPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/reports/{number}/recompute", RecomputePageAsync);
        pages.MapGet("/reports/{number}/file", FileAsync);
        var api = routes.MapGroup("/api/v1/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithTags("Logs");
        api.MapPost("/report-drafts", DraftAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-report-draft").WithSummary("Draft the monitoring report of a day or month that is over").WithDescription("kind is daily, with period 2026-11-28, or monthly, with period 2026-11. The product drafts those that are due by itself; this is for others. A period has one report.");
        api.MapGet("/reports/{number}/facts", FactsAsync).WithName("logs-report-facts").WithSummary("What a monitoring report says, as data").WithDescription("A member that is missing was not evaluated; gaps tells why. Lists have their rows, possibly cut, and total.");
        api.MapGet("/reports/{number}/file", FileAsync).WithName("logs-report-file").WithSummary("A monitoring report as a file").WithDescription("format is pdf, docx or odt; lang is zh-TW or en, else that of the request.");
        api.MapPost("/reports/{number}/recompute", RecomputeAsync).WithName("logs-report-recompute").WithSummary("Compute the facts of a draft anew").WithDescription("Refused once the report was submitted: send it back first. Never after it was approved.");
    }

    private static async Task<IResult> ShownAsync(RecordStore store, PageContext page, ReportFiles files, string? kind, string? period, IReadOnlyList<Error> errors, int status, CancellationToken cancellation) => Pages.Of<ReportingPage>(
        new
        {
            Reports = (IReadOnlyList<MonitoringReport>)await store.Readable<MonitoringReport>(page.Actor).OrderByDescending(r => r.From).Take(MaxShown).ToListAsync(cancellation),
            MayWrite = page.Actor.May(LogsModule.Area, Right.Write),
            Kind = kind ?? MonitoringReportType.Daily,
            Period = period ?? "",
            Errors = errors,
            files.PdfProblem,
        },
        status);

    private static async Task<IResult> DraftPageAsync(RecordStore store, PageContext page, MonitoringReports reports, ReportFiles files, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var made = await DraftedAsync(form.Text("kind"), form.Text("period"), page.Actor, reports, http.RequestAborted);
        if (!made.IsOk) return await ShownAsync(store, page, files, form.Text("kind"), form.Text("period"), made.Errors, 422, http.RequestAborted);
        page.Flash(Texts.T("logs.report-drafted", made.Value.Number));
        return Results.LocalRedirect(store.Types.Of<MonitoringReport>().PathOf(made.Value.Number));
    }

    private static async Task<IResult> DraftAsync(ReportDraftRequest body, RecordStore store, PageContext page, MonitoringReports reports, HttpContext http)
    {
        var made = await DraftedAsync(body.Kind, body.Period, page.Actor, reports, http.RequestAborted);
        return made.IsOk ? Results.Json(new { number = made.Value.Number, path = $"/api/v1{store.Types.Of<MonitoringReport>().PathOf(made.Value.Number)}" }, statusCode: 201) : Refusals.Of(made.Errors);
    }

    private static async Task<Result<MonitoringReport>> DraftedAsync(string? kind, string? name, Actor actor, MonitoringReports reports, CancellationToken cancellation)
    {
        var period = ReportPeriod.Parse(kind, name);
        return period.IsOk ? await reports.MakeAsync(actor, period.Value, cancellation) : Result.Fail<MonitoringReport>(period.Errors);
    }

    private static async Task<IResult> RecomputePageAsync(string number, RecordStore store, PageContext page, MonitoringReports reports, HttpContext http)
    {
        var done = await RecomputedAsync(number, store, page.Actor, reports, http.RequestAborted);
        if (!done.IsOk && done.Errors[0].Code is "access.denied" or "record.not-found") return Refusals.Of(done.Errors);
        page.Flash(done.IsOk ? Texts.T("logs.report-recomputed") : done.Errors[0].Message.ToString(), bad: !done.IsOk);
        return Results.LocalRedirect(store.Types.Of<MonitoringReport>().PathOf(number));
    }

    private static async Task<IResult> RecomputeAsync(string number, RecordStore store, PageContext page, MonitoringReports reports, HttpContext http)
    {
        var done = await RecomputedAsync(number, store, page.Actor, reports, http.RequestAborted);
        return done.IsOk ? Results.Json(new { number = done.Value.Number, computedAt = done.Value.ComputedAt, version = done.Value.Version }) : Refusals.Of(done.Errors);
    }

    private static async Task<Result<MonitoringReport>> RecomputedAsync(string number, RecordStore store, Actor actor, MonitoringReports reports, CancellationToken cancellation)
    {
        var found = await store.FindAsync(actor, store.Types.Of<MonitoringReport>(), number, cancellation);
        return found.IsOk ? await reports.RecomputeAsync(actor, found.Value.Id, cancellation) : Result.Fail<MonitoringReport>(found.Errors);
    }

    private static async Task<IResult> FactsAsync(string number, RecordStore store, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<MonitoringReport>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var report = (MonitoringReport)found.Value;
        return ReportFacts.Read(report.Facts) is null ? Refusals.Of([ReportFiles.Unreadable]) : Results.Json(ReportFacts.ReadElement(report.Facts));
    }

    private static async Task<IResult> FileAsync(string number, string? format, string? lang, RecordStore store, PageContext page, ReportFiles files, HttpContext http)
    {
        var written = await files.WriteAsync(store, page.Actor, number, format ?? "pdf", lang ?? page.Language, http.RequestAborted);
        return written.IsOk ? Results.File(written.Value.Content, written.Value.MediaType, written.Value.Name) : Refusals.Of(written.Errors);
    }
}
