using System.Text;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Records;

/// <summary>A column of an imported file and the field that it fills; null for one that is left out.</summary>
public sealed record ApiColumn(string Header, string? Field);

/// <summary>What changes in one field.</summary>
public sealed record ApiFieldChange(string Field, string? From, string? To);

/// <summary>The fate of one row of an imported file.</summary>
/// <param name="Row">Row in the file, counted from 1.</param>
/// <param name="Fate"><c>new</c>, <c>changed</c>, <c>unchanged</c> or <c>refused</c>.</param>
/// <param name="Key">The value by which the record is recognised.</param>
/// <param name="Number">Number of the record that exists already, or of the one that was made.</param>
/// <param name="Title">Title in the file.</param>
/// <param name="Changes">For a changed row: which fields, from what to what.</param>
/// <param name="Errors">For a refused row: why.</param>
public sealed record ApiImportRow(int Row, string Fate, string? Key, string? Number, string? Title, IReadOnlyList<ApiFieldChange> Changes, IReadOnlyList<ApiError> Errors);

/// <summary>What an import did, or would do.</summary>
/// <param name="Committed">False for a dry run.</param>
/// <param name="New">Rows that make a record.</param>
/// <param name="Changed">Rows that change one.</param>
/// <param name="Unchanged">Rows that say what the record says.</param>
/// <param name="Refused">Rows that cannot be written.</param>
/// <param name="Columns">How columns were understood; empty for a scan.</param>
/// <param name="Rows">The fate of every row, or of those that were asked for.</param>
public sealed record ApiImport(bool Committed, int New, int Changed, int Unchanged, int Refused, IReadOnlyList<ApiColumn> Columns, IReadOnlyList<ApiImportRow> Rows);

/// <summary>One value for many records.</summary>
/// <param name="Numbers">The records, at most 1,000.</param>
/// <param name="Field">Key of the field.</param>
/// <param name="Value">The new value as canonical text; null empties the field.</param>
/// <param name="Reason">Why; goes into every record's history.</param>
/// <param name="Commit">False to see what would happen.</param>
public sealed record ApiBulk(IReadOnlyList<string> Numbers, string Field, string? Value, string? Reason, bool Commit);

/// <summary>Moves many records on by one transition: all of them, or none.</summary>
public sealed record ApiMoves(IReadOnlyList<string> Numbers, string Transition, string? Reason);

/// <summary>How many records were moved on.</summary>
public sealed record ApiMoved(int Moved);

/// <summary>What a bulk edit does to one record.</summary>
public sealed record ApiBulkLine(string Number, string? From, string? To, ApiError? Refused);

/// <summary>A record or a file that shows that something was done. Files come as multipart/form-data with the same names and <c>file</c>.</summary>
public sealed record ApiEvidence(string? Record, string? Title, string? EffectiveOn, string? Output);

/// <summary>Many records at once over the API: import with its dry run, export, bulk edit; and what hangs on one record.</summary>
internal static class RecordListApi
{
    private const int MostInBulk = 1_000;

    internal static void MapRecordListApi(this IEndpointRouteBuilder routes, RecordTypes types)
    {
        foreach (var type in types.All)
        {
            var api = routes.MapGroup("/api/v1" + type.Path).WithTags(type.PluralName.En).WithMetadata(type);
            var name = type.Key.Replace('.', '-');
            var (one, many) = (type.Name.En.ToLowerInvariant(), type.PluralName.En.ToLowerInvariant());
            if (!type.CreatedByProduct)
                api.MapPost("/import", (HttpContext http, string? name, bool? commit, bool? skipRefused, string? rows, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources) =>
                        ImportAsync(type, http, new ImportRequest(name, commit ?? false, skipRefused ?? false, rows, [.. http.Request.Query["map"].OfType<string>()]), import, files, page, sources))
                    .WithName(name + "-import").WithSummary($"Import {many} from a file").WithDescription("The body is the file itself (XLSX, ODS, CSV, TSV; nmap XML for assets); name gives its ending. A dry run that states the fate of every row, unless commit=true: then all rows are written, or, when one is refused, none; skipRefused=true leaves refused rows out. map=heading:field overrides a suggestion (empty field: leave out) and may be given several times. rows=refused|none shortens the answer.")
                    .WithMetadata(new RequestSizeLimitAttribute(ImportFiles.MaxBytes + 1)).Produces<ApiImport>().Produces<ApiErrors>(413).Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapGet("/export", (HttpContext http, RecordFiles files, PageContext page) => ListEndpoints.ExportAsync(type, http, files, page))
                .WithName(name + "-export").WithSummary($"Export {many}").WithDescription("The list's own query (q, f.<field>, sort, open, archived, columns) and format=csv|xlsx|ods. all=1 writes every field in a form that an import reads back without loss.").Produces<byte[]>(200, "application/octet-stream").Produces<ApiErrors>(403);
            api.MapPost("/bulk", (ApiBulk bulk, HttpContext http, RecordStore store, PageContext page) => BulkAsync(type, bulk, http, store, page))
                .WithName(name + "-bulk").WithSummary($"Give one field of many {many} the same value").Produces<IReadOnlyList<ApiBulkLine>>().Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapPost("/bulk-move", (ApiMoves moves, HttpContext http, RecordStore store, PageContext page) => BulkMoveAsync(type, moves, http, store, page))
                .WithName(name + "-bulk-move").WithSummary($"Move many {many} on by one transition").WithDescription("All of them or none; an error's place is the number of the record that stands in the way.").Produces<ApiMoved>().Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapPost("/{number}/evidence", (string number, HttpContext http, RecordStore store, PageContext page, FileVault vault) => RecordApi.OnAsync(type, number, store, page, record => AttachAsync(http, store, page, vault, record)))
                .WithName(name + "-attach").WithSummary($"Attach evidence to {RecordApi.Article(one)}").Accepts<ApiEvidence>("application/json", "multipart/form-data").Produces(201).Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapPost("/{number}/evidence/{evidence:guid}/withdraw", (string number, Guid evidence, ApiReason? body, RecordStore store, PageContext page) => OnWritableAsync(type, number, store, page, async record =>
                await store.Db.Evidence.AnyAsync(e => e.Id == evidence && e.RecordId == record.Id) ? Done(await store.WithdrawAsync(page.Actor, evidence, body?.Reason)) : RecordApi.Refused([NoEvidence])))
                .WithName(name + "-withdraw").WithSummary("Withdraw evidence; it stays in the history and is counted no more").Produces(204).Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapDelete("/{number}/links/{link:guid}", (string number, Guid link, RecordStore store, PageContext page) => OnWritableAsync(type, number, store, page, async record =>
                (await store.LinksAsync(page.Actor, record.Id)).Any(l => l.LinkId == link) ? Done(await store.UnlinkAsync(page.Actor, link, null)) : RecordApi.Refused([NoLink])))
                .WithName(name + "-unlink").WithSummary("Take a link away").Produces(204).Produces<ApiErrors>(403).Produces<ApiErrors>(404);
            api.MapPut("/{number}/watch", (string number, RecordStore store, PageContext page) => RecordApi.OnAsync(type, number, store, page, record => WatchAsync(store, page, record, true)))
                .WithName(name + "-watch").WithSummary($"Watch {RecordApi.Article(one)}").Produces(204);
            api.MapDelete("/{number}/watch", (string number, RecordStore store, PageContext page) => RecordApi.OnAsync(type, number, store, page, record => WatchAsync(store, page, record, false)))
                .WithName(name + "-unwatch").WithSummary($"Watch {RecordApi.Article(one)} no more").Produces(204);
            foreach (var restore in (bool[])[false, true])
                api.MapPost("/{number}/" + (restore ? "restore" : "archive"), (string number, ApiReason? body, RecordStore store, PageContext page) => RecordApi.OnAsync(type, number, store, page, async record =>
                    Done(await store.ArchiveAsync(page.Actor, type, record.Id, body?.Reason, restore))))
                    .WithName(name + (restore ? "-restore" : "-archive")).WithSummary((restore ? "Bring back " : "Put away ") + RecordApi.Article(one)).Produces(204).Produces<ApiErrors>(422).Produces<ApiErrors>(403);
        }
    }

    private static readonly Error NoEvidence = Error.Of("evidence.not-found", "這筆紀錄沒有這項證據。", "This record has no such evidence.");
    private static readonly Error NoLink = Error.Of("link.not-found", "這筆紀錄沒有這個關聯。", "This record has no such link.");

    private sealed record ImportRequest(string? Name, bool Commit, bool SkipRefused, string? Rows, string[] Map);

    // The right is asked for before anything is looked up.
    private static Task<IResult> OnWritableAsync(RecordType type, string number, RecordStore store, PageContext page, Func<Record, Task<IResult>> act) => RecordApi.OnAsync(type, number, store, page, async record =>
        page.Actor.May(type, Right.Write, record) ? await act(record) : await Refusals.DenyAsync(page.Http, Right.Write, type.PluralName, type.Key));

    private static IResult Done(Result result) => result.IsOk ? Results.NoContent() : RecordApi.Refused(result.Errors);

    private static async Task<IResult> WatchAsync(RecordStore store, PageContext page, Record record, bool on)
    {
        await store.WatchAsync(page.Actor, record, on);
        return Results.NoContent();
    }

    private static async Task<IResult> AttachAsync(HttpContext http, RecordStore store, PageContext page, FileVault vault, Record record)
    {
        IFormCollection form;
        if (http.Request.HasFormContentType) form = await http.Request.ReadFormAsync(http.RequestAborted);
        else if (await JsonAsync<ApiEvidence>(http) is { } body)
            form = new FormCollection(new Dictionary<string, Microsoft.Extensions.Primitives.StringValues> { ["record"] = body.Record, ["title"] = body.Title, ["effectiveOn"] = body.EffectiveOn, ["output"] = body.Output });
        else return RecordApi.Refused([Error.Of("evidence.nothing", "請附上檔案或紀錄編號。", "Give a file or the number of a record.")]);
        var attached = await RecordEndpoints.AttachAsync(store, page, vault, record, form);
        return attached.IsOk ? Results.StatusCode(StatusCodes.Status201Created) : RecordApi.Refused(attached.Errors);
    }

    // As the framework reads bodies that are parameters: what cannot be read is the request's fault, with its place.
    private static async Task<T?> JsonAsync<T>(HttpContext http) where T : class
    {
        try
        {
            return await http.Request.ReadFromJsonAsync<T>(http.RequestAborted);
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new BadHttpRequestException("The body is no valid JSON.", e);
        }
    }

    private static async Task<IResult> BulkAsync(RecordType type, ApiBulk bulk, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Write) is null) return await Refusals.DenyAsync(http, Right.Write, type.PluralName, type.Key);
        var named = await IdsAsync(type, bulk.Numbers, store, page, http.RequestAborted);
        if (!named.IsOk) return RecordApi.Refused(named.Errors);
        var ids = named.Value;
        var preview = await store.PreviewBulkAsync(page.Actor, type, ids, bulk.Field ?? "", bulk.Value, http.RequestAborted);
        if (!preview.IsOk) return RecordApi.Refused(preview.Errors);
        if (bulk.Commit)
        {
            var done = await store.CommitBulkAsync(page.Actor, type, ids, bulk.Field!, bulk.Value, bulk.Reason, http.RequestAborted);
            if (!done.IsOk) return RecordApi.Refused(done.Errors);
        }

        return Results.Json(preview.Value.Select(l => new ApiBulkLine(l.Record.Number, l.From, l.To, l.Refused is { } e ? new ApiError(e.Code, e.Message.ToString(), e.Place) : null)));
    }

    private static async Task<IResult> BulkMoveAsync(RecordType type, ApiMoves moves, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Read) is null) return await Refusals.DenyAsync(http, Right.Read, type.PluralName, type.Key);
        var ids = await IdsAsync(type, moves.Numbers, store, page, http.RequestAborted);
        if (!ids.IsOk) return RecordApi.Refused(ids.Errors);
        var done = await store.TransitionManyAsync(page.Actor, type, ids.Value, moves.Transition ?? "", moves.Reason, http.RequestAborted);
        if (done.IsOk) return Results.Json(new ApiMoved(done.Value));
        var lines = await store.PreviewMovesAsync(page.Actor, type, ids.Value, type.Workflow.Find(moves.Transition ?? "")?.Key, http.RequestAborted);
        List<Error> refused = lines.IsOk ? [.. lines.Value.Where(l => l.Refused is not null).Select(l => l.Refused! with { Place = l.Record.Number })] : [];
        return RecordApi.Refused(refused.Count > 0 ? refused : done.Errors);
    }

    private static async Task<Result<List<Guid>>> IdsAsync(RecordType type, IReadOnlyList<string>? numbers, RecordStore store, PageContext page, CancellationToken cancellation)
    {
        if (numbers is not { Count: > 0 and <= MostInBulk }) return Result.Fail<List<Guid>>(Error.Of("bulk.numbers", $"請給 1 至 {MostInBulk} 個編號。", $"Give 1 to {MostInBulk} numbers.", "numbers"));
        var ids = new List<Guid>();
        foreach (var number in numbers.Distinct(StringComparer.Ordinal))
        {
            var found = await store.FindAsync(page.Actor, type, number, cancellation);
            if (!found.IsOk) return Result.Fail<List<Guid>>([.. found.Errors.Select(e => e with { Place = number })]);
            ids.Add(found.Value.Id);
        }

        return Result.Of(ids);
    }

    private static async Task<IResult> ImportAsync(RecordType type, HttpContext http, ImportRequest request, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources)
    {
        if (page.Actor.ScopeOf(type, Right.Write) is null) return await Refusals.DenyAsync(http, Right.Write, type.PluralName, type.Key);
        var name = Forms.FileName(request.Name ?? "");
        if (name.Length == 0) return RecordApi.Refused([Error.Of("import.name", "請以 name 給檔名，例如 name=資產清冊.xlsx。", "Give the file's name, such as name=assets.xlsx.", "name")]);
        var kept = await files.KeepAsync(page.Actor, http.Request.Body, http.RequestAborted);
        if (!kept.IsOk) return RecordApi.Refused(kept.Errors);
        try
        {
            await using var file = files.Open(page.Actor, kept.Value)!;
            IReadOnlyList<ApiColumn> columns = [];
            Result<IReadOnlyList<ImportRow>> read;
            if (ListEndpoints.Source(type, name, sources) is { } source) read = await source.ReadAsync(page.Actor, file, name, http.RequestAborted);
            else
            {
                var uploaded = UploadedRows.Read(type, file, name);
                if (!uploaded.IsOk) return RecordApi.Refused(uploaded.Errors);
                var mapping = RecordFiles.Mapping(type, uploaded.Value.Table, request.Map);
                if (!mapping.IsOk) return RecordApi.Refused(mapping.Errors);
                columns = [.. uploaded.Value.Table.Columns.Select(c => new ApiColumn(c.Header, mapping.Value.GetValueOrDefault(c.Column)))];
                read = Result.Of(uploaded.Value.Mapped(type, mapping.Value));
            }

            if (!read.IsOk) return RecordApi.Refused(read.Errors);
            var plan = request.Commit
                ? await import.CommitAsync(page.Actor, type, read.Value, request.SkipRefused, Texts.T("import.reason", name), cancellation: http.RequestAborted)
                : await import.PlanAsync(page.Actor, type, read.Value, cancellation: http.RequestAborted);
            if (!plan.IsOk) return RecordApi.Refused(plan.Errors);
            var shown = request.Rows switch { "none" => [], "refused" => plan.Value.Lines.Where(l => l.Fate is RowFate.Refused), _ => plan.Value.Lines };
            return Results.Json(new ApiImport(request.Commit, plan.Value.Count(RowFate.New), plan.Value.Count(RowFate.Changed), plan.Value.Count(RowFate.Unchanged), plan.Value.Count(RowFate.Refused), columns, [.. shown.Select(l => new ApiImportRow(
                l.Row, l.Fate.ToString().ToLowerInvariant(), l.Key, l.Number, l.Title,
                [.. l.Changes.Select(c => new ApiFieldChange(c.Field, c.From, c.To))],
                [.. l.Errors.Select(e => new ApiError(e.Code, e.Message.ToString(), e.Place))]))]));
        }
        finally
        {
            files.Forget(page.Actor, kept.Value);
        }
    }
}
