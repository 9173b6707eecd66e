using System.Globalization;
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

/// <summary>A gap to open work for.</summary>
/// <param name="Asset">Number of the asset.</param>
/// <param name="Kind">Code of the kind.</param>
public sealed record GapRequest(string? Asset, string? Kind);

/// <summary>Addresses of the logging criteria: defaults, coverage, gaps, and how products are connected.</summary>
internal static class CriteriaEndpoints
{
    private const string AssetType = "risk.asset";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/coverage", PageAsync);
        pages.MapPost("/coverage/gap", GapPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/coverage/defaults", DefaultsPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/coverage/evidence", KeepPageAsync);
        pages.MapGet("/connect", ConnectAsync);
        var api = routes.MapGroup("/api/v1/logs/coverage").WithTags("Logs");
        api.MapGet("", ApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-coverage").WithSummary("What must be logged against what arrives").WithDescription("One cell for each asset that may be read and each kind that a criterion in force asks for, gaps first; at most ten minutes old, at says when. state is covered, partly (fewer than half of the events have a field in lacking), stale or never (nothing in the last 30 days). day and week count events of the last day and seven days; keptDays is null for ever or when nothing arrives. unassigned are senders that are no asset. truncated: there are more senders than are looked at.");
        api.MapPost("/gaps", GapApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-coverage-gap").WithSummary("Open an alert for a gap").WithDescription("201 with the number of the new alert, 200 with that of the one that is open already; 409 when the kind is covered.");
        api.MapPost("/evidence", KeepApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-coverage-evidence").WithSummary("Attach the matrix as it stands to a record as evidence").WithDescription("number names the record, which the person must be allowed to change; title and output may be absent. The file holds what this API gives.");
        api.MapPost("/defaults", DefaultsApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-coverage-defaults").WithSummary("Add the proposed criteria that were never added, as drafts");
    }

    /// <summary>The cells of assets that the person may read.</summary>
    internal static async Task<IReadOnlyList<CoverageCell>> SeenAsync(CoverageMatrix matrix, RecordStore store, Actor actor, CancellationToken cancellation)
    {
        var type = store.Types.Get(AssetType);
        var records = await store.NamesAsync(type, [.. matrix.Cells.Select(c => c.Asset.Asset.Id).Distinct()], cancellation);
        return [.. matrix.Cells.Where(c => records.TryGetValue(c.Asset.Asset.Id, out var record) && actor.May(type, Right.Read, record))];
    }

    private static async Task<IResult> PageAsync(string? state, string? kind, string? asset, LogCoverage coverage, LogGaps gaps, RecordStore store, PageContext page, HttpContext http)
    {
        var matrix = await coverage.LookAsync(http.RequestAborted);
        var cells = await SeenAsync(matrix, store, page.Actor, http.RequestAborted);
        return Pages.Of<CoveragePage>(new
        {
            Matrix = matrix, All = cells, Cells = (IReadOnlyList<CoverageCell>)[.. cells.Where(c => (string.IsNullOrEmpty(state) || CoveragePage.Word(c.State) == state) && (string.IsNullOrEmpty(kind) || c.Kind == kind) && (string.IsNullOrEmpty(asset) || c.Asset.Asset.Number == asset))],
            Open = await gaps.OpenOnesAsync(http.RequestAborted), State = state ?? "", Kind = kind ?? "", AssetNumber = asset ?? "", Missing = (await LogDefaults.MissingAsync(store, http.RequestAborted)).Count,
            MayWrite = page.Actor.May(LogsModule.Area, Right.Write), MayCreate = page.Actor.May(LogsModule.Area, Right.Write) && page.Actor.ScopeOf(store.Types.Of<LogCriterion>(), Right.Write) is not null,
            AssetPath = store.Types.Get(AssetType).Path,
        });
    }

    internal static async Task<Result<(string Number, bool Made)>> GapAsync(GapRequest wanted, LogCoverage coverage, LogGaps gaps, RecordStore store, Actor actor, CancellationToken cancellation)
    {
        var cells = await SeenAsync(await coverage.LookAsync(cancellation), store, actor, cancellation);
        var number = (wanted.Asset ?? "").Trim().ToUpperInvariant();
        if (cells.FirstOrDefault(c => c.Asset.Asset.Number == number && c.Kind == wanted.Kind) is not { } cell) return Result.Fail<(string, bool)>(new Error("record.not-found", Texts.Both("logs.coverage-no-cell"), "asset"));
        return cell.IsGap ? await gaps.OpenAsync(cell, cancellation) : Result.Fail<(string, bool)>(new Error("logs.coverage.covered", Texts.Both("logs.coverage-no-gap"), "kind"));
    }

    private static async Task<IResult> GapPageAsync(LogCoverage coverage, LogGaps gaps, RecordStore store, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var opened = await GapAsync(new GapRequest(form["asset"].ToString(), form["kind"].ToString()), coverage, gaps, store, page.Actor, http.RequestAborted);
        if (!opened.IsOk && opened.Errors[0].Code == "record.not-found") return Refusals.Of(opened.Errors);
        page.Flash(opened.IsOk ? Texts.T(opened.Value.Made ? "logs.coverage-opened" : "logs.coverage-open-already", opened.Value.Number) : opened.Errors[0].Message.ToString(), bad: !opened.IsOk);
        return Results.LocalRedirect("/logs/coverage");
    }

    private static async Task<IResult> GapApiAsync(GapRequest? body, LogCoverage coverage, LogGaps gaps, RecordStore store, PageContext page, HttpContext http)
    {
        var opened = await GapAsync(body ?? new GapRequest(null, null), coverage, gaps, store, page.Actor, http.RequestAborted);
        if (opened.IsOk) return Results.Json(new { alert = opened.Value.Number, made = opened.Value.Made }, statusCode: opened.Value.Made ? 201 : 200);
        return opened.Errors[0].Code == "logs.coverage.covered" ? Refusals.Problem(409, opened.Errors) : Refusals.Of(opened.Errors);
    }

    private static async Task<IResult> DefaultsPageAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var added = await LogDefaults.AddAsync(store, page.Actor, http.RequestAborted);
        if (!added.IsOk) return Refusals.Of(added.Errors);
        page.Flash(Texts.T("logs.coverage-added", added.Value.Count));
        return Results.LocalRedirect(store.Types.Of<LogCriterion>().Path);
    }

    private static async Task<IResult> DefaultsApiAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var added = await LogDefaults.AddAsync(store, page.Actor, http.RequestAborted);
        return added.IsOk ? Results.Json(new { added = added.Value }, statusCode: added.Value.Count > 0 ? 201 : 200) : Refusals.Of(added.Errors);
    }

    private static async Task<IResult> ApiAsync(LogCoverage coverage, RecordStore store, PageContext page, HttpContext http)
    {
        var matrix = await coverage.LookAsync(http.RequestAborted);
        return Results.Json(CoverageEvidence.Json(matrix, await SeenAsync(matrix, store, page.Actor, http.RequestAborted)));
    }

    private static async Task<Result<(Record Record, Evidence Evidence)>> KeepAsync(CoverageKeep wanted, LogCoverage coverage, CoverageEvidence evidence, RecordStore store, Actor actor, CancellationToken cancellation)
    {
        var matrix = await coverage.LookAsync(cancellation);
        return await evidence.AttachAsync(store, actor, matrix, await SeenAsync(matrix, store, actor, cancellation), wanted, cancellation);
    }

    private static async Task<IResult> KeepPageAsync(LogCoverage coverage, CoverageEvidence evidence, RecordStore store, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var kept = await KeepAsync(new CoverageKeep(form["number"].ToString(), form["title"].ToString(), form["output"].ToString()), coverage, evidence, store, page.Actor, http.RequestAborted);
        page.Flash(kept.IsOk ? Texts.T("logs.coverage-kept-as-evidence") : kept.Errors[0].Message.ToString(), bad: !kept.IsOk);
        return Results.LocalRedirect(kept.IsOk ? store.Types.Of(kept.Value.Record).PathOf(kept.Value.Record.Number) + "#evidence" : "/logs/coverage");
    }

    private static async Task<IResult> KeepApiAsync(CoverageKeep? body, LogCoverage coverage, CoverageEvidence evidence, RecordStore store, PageContext page, HttpContext http)
    {
        var kept = await KeepAsync(body ?? new CoverageKeep(null, null, null), coverage, evidence, store, page.Actor, http.RequestAborted);
        return kept.IsOk ? Results.Json(new { kept.Value.Evidence.Id, kept.Value.Evidence.Sha256 }, statusCode: 201) : Refusals.Of(kept.Errors);
    }

    private static async Task<IResult> ConnectAsync(string? product, string? receiver, RecordStore store, PageContext page, HttpContext http)
    {
        var on = await store.Readable<Receiver>(page.Actor).Where(r => r.State == ReceiverType.On).OrderBy(r => r.Number).Take(200).ToListAsync(http.RequestAborted);
        var host = http.Request.Host;
        var targets = LogConnect.Targets(on, host.Host.Trim('[', ']'), host.Port ?? (http.Request.IsHttps ? 443 : 80), http.Request.Scheme);
        var snippet = LogConnect.All.FirstOrDefault(s => s.Id == product) ?? LogConnect.All[0];
        IReadOnlyList<LogTarget> fitting = [.. targets.Where(t => snippet.Transports.Contains(t.Transport))];
        var target = fitting.FirstOrDefault(t => t.Key == receiver) ?? (fitting.Count > 0 ? fitting[0] : null);
        return Pages.Of<ConnectPage>(new { Snippet = snippet, Targets = fitting, Target = target });
    }
}
