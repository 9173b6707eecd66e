using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>An export to make.</summary>
/// <param name="Q">The query.</param>
/// <param name="From">Begin, as in the address of a search.</param>
/// <param name="To">End; now when absent.</param>
/// <param name="Format"><c>csv</c>, <c>jsonl</c> or <c>parquet</c>.</param>
public sealed record ExportRequest(string? Q, string? From, string? To, string? Format);

/// <summary>Addresses of exports. Each is seen by whoever asked for it and by nobody else.</summary>
internal static class ExportEndpoints
{
    private static readonly Error NoExport = Error.Of("logs.export.not-found", "您沒有這個匯出，或檔案已刪除。", "You have no such export, or its file is deleted.");

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs/exports").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("", async (LogExports exports, PageContext page, HttpContext http) => Pages.Of<ExportsPage>(new { Exports = await exports.OfAsync(page.Actor, http.RequestAborted), exports.Limit }));
        pages.MapPost("", AskAsync);
        pages.MapPost("/{run:long}/cancel", CancelAsync);
        pages.MapGet("/{run:long}/file", FileAsync);
        var api = routes.MapGroup("/api/v1/logs/exports").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithTags("Logs");
        api.MapGet("", ListAsync).WithName("logs-exports").WithSummary("Your exports, newest first");
        api.MapPost("", AskApiAsync).WithName("logs-export").WithSummary("Write all that a search finds into a file").WithDescription("format is csv, jsonl or parquet; q, from and to as in a search. The answer comes at once; state and progress tell how far it is, file where it is then. A file ends at 5,000,000 events or 2 GiB, and cut says so; Parquet larger than that fails. It is kept for seven days. The change log keeps who exported what.");
        api.MapGet("/{run:long}", StateAsync).WithName("logs-export-state").WithSummary("How far an export is");
        api.MapGet("/{run:long}/file", FileAsync).WithName("logs-export-file").WithSummary("The file of an export");
        api.MapPost("/{run:long}/cancel", CancelApiAsync).WithName("logs-export-cancel").WithSummary("End an export");
    }

    internal static string FileHref(long run) => $"/logs/exports/{run}/file";

    private static object Told(ExportView view) => new
    {
        id = view.Run.Id, state = view.Run.State, progress = view.Run.Progress, text = (view.Run.HasEnded ? view.Run.Result : view.Run.ProgressText).ToString(), query = view.Order.Query, from = view.Order.From, to = view.Order.To, format = view.Order.Format,
        rows = view.File?.Rows, total = view.File?.Total, cut = view.File?.IsCut, bytes = view.File?.Bytes, sha256 = view.File?.Sha256, file = view.File is null ? null : $"/api/v1/logs/exports/{view.Run.Id}/file",
    };

    private static async Task<IResult> ListAsync(LogExports exports, PageContext page, HttpContext http) => Results.Json((await exports.OfAsync(page.Actor, http.RequestAborted)).Select(Told));

    private static async Task<IResult> StateAsync(long run, LogExports exports, PageContext page, HttpContext http) =>
        await exports.FindAsync(page.Actor, run, http.RequestAborted) is { } found ? Results.Json(Told(found)) : Refusals.Of([NoExport]);

    private static async Task<IResult> AskAsync(LogExports exports, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var asked = await AskedAsync(exports, page, new ExportRequest(form["q"], form["from"], form["to"], form["format"]), http);
        if (asked.IsOk) return Results.LocalRedirect("/logs/exports");
        page.Flash(asked.Errors[0].ToString(), bad: true);
        return Results.LocalRedirect(LogEndpoints.Href(form["q"].ToString(), form["from"].ToString(), form["to"].ToString(), null));
    }

    private static async Task<IResult> AskApiAsync(ExportRequest body, LogExports exports, PageContext page, HttpContext http)
    {
        var asked = await AskedAsync(exports, page, body, http);
        return asked.IsOk ? Results.Json(new { id = asked.Value.Id, path = $"/api/v1/logs/exports/{asked.Value.Id}" }, statusCode: 202) : Refusals.Of(asked.Errors);
    }

    private static async Task<Result<JobRun>> AskedAsync(LogExports exports, PageContext page, ExportRequest wanted, HttpContext http)
    {
        var search = LogEndpoints.Asked(wanted.Q, wanted.From, wanted.To);
        return search.IsOk ? await exports.AskAsync(page.Actor, wanted.Q, search.Value, wanted.Format, http.RequestAborted) : Result.Fail<JobRun>(search.Errors);
    }

    private static async Task<IResult> CancelAsync(long run, LogExports exports, PageContext page, HttpContext http)
    {
        if (await exports.FindAsync(page.Actor, run, http.RequestAborted) is not { } found) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found"), Text = NoExport.Message.ToString() }, 404);
        var cancelled = await exports.CancelAsync(page.Actor, found, http.RequestAborted);
        if (!cancelled.IsOk) page.Flash(cancelled.Errors[0].Message.ToString(), bad: true);
        return Results.LocalRedirect("/logs/exports");
    }

    private static async Task<IResult> CancelApiAsync(long run, LogExports exports, PageContext page, HttpContext http)
    {
        if (await exports.FindAsync(page.Actor, run, http.RequestAborted) is not { } found) return Refusals.Of([NoExport]);
        var cancelled = await exports.CancelAsync(page.Actor, found, http.RequestAborted);
        return cancelled.IsOk ? Results.NoContent() : Refusals.Of(cancelled.Errors);
    }

    private static async Task<IResult> FileAsync(long run, LogExports exports, PageContext page, HttpContext http)
    {
        if (await exports.FindAsync(page.Actor, run, http.RequestAborted) is not { } found || await exports.OpenAsync(page.Actor, found, http.RequestAborted) is not var (content, name, media)) return Refusals.Of([NoExport]);
        http.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(found.File!.Sha256))}:";
        return Results.File(content, media, name);
    }
}
