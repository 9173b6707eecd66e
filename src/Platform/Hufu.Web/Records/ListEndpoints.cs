using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Records;

/// <summary>What is done with many records at once: bulk edit, export and import.</summary>
internal static class ListEndpoints
{
    internal static void MapLists(this IEndpointRouteBuilder routes, RecordTypes types)
    {
        foreach (var type in types.All)
        {
            var lists = routes.MapGroup(type.Path).WithMetadata(type).ExcludeFromDescription();
            lists.MapGet("/export", (HttpContext http, RecordFiles files, PageContext page) => ExportAsync(type, http, files, page));
            if (!type.CreatedByProduct)
            {
                lists.MapGet("/import", async (PageContext page, IEnumerable<IImportSource> sources) => await MayImportAsync(type, page) ?? Pages.Of<ImportPage>(new { Type = type, AcceptsScans = sources.Any(s => s.TypeKey == type.Key) }));
                lists.MapPost("/import", (HttpContext http, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources) => UploadAsync(type, http, import, files, page, sources));
                lists.MapPost("/import/plan", (HttpContext http, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources) => PlanAsync(type, http, import, files, page, sources, commit: false));
                lists.MapPost("/import/commit", (HttpContext http, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources) => PlanAsync(type, http, import, files, page, sources, commit: true));
            }

            lists.MapPost("/bulk", (HttpContext http, RecordStore store, PageContext page) => BulkAsync(type, http, store, page));
            lists.MapPost("/bulk-move", (HttpContext http, RecordStore store, PageContext page) => BulkMoveAsync(type, http, store, page));
        }

        routes.MapRecordApi(types);
        routes.MapRecordListApi(types);
    }

    internal static async Task<IResult> ExportAsync(RecordType type, HttpContext http, RecordFiles files, PageContext page)
    {
        var state = ListState.Read(type, http.Request.Query);
        var all = http.Request.Query["all"] == "1";
        var format = http.Request.Query["format"].ToString() switch { "csv" => TableFormat.Csv, "ods" => TableFormat.Ods, _ => TableFormat.Xlsx };
        IReadOnlyList<Field> columns = all ? [.. type.Fields.Where(f => !f.Sensitive && (!f.ReadOnly || f.Key == "number"))] : state.Columns;
        // Written whole before the first byte goes out, so that a failure is a page; on disk, so that its size costs no memory.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(Path.GetTempPath(), "hufu-" + Path.GetRandomFileName()), options);
        try
        {
            var written = await files.WriteAsync(page.Actor, type, state.First, columns, all, format, file, http.RequestAborted);
            if (!written.IsOk)
            {
                await file.DisposeAsync();
                return Refusals.Of(written.Errors);
            }
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        file.Position = 0;
        var ending = format switch { TableFormat.Csv => "csv", TableFormat.Ods => "ods", _ => "xlsx" };
        return Results.File(file, "application/octet-stream", $"{type.Route}-{SiteTime.Today(TimeProvider.System):yyyyMMdd}.{ending}");
    }

    private static async Task<IResult?> MayImportAsync(RecordType type, PageContext page) =>
        page.Actor.ScopeOf(type, Right.Write) is null ? await Refusals.DenyAsync(page.Http, Right.Write, type.PluralName, type.Key) : null;

    private static async Task<IResult> UploadAsync(RecordType type, HttpContext http, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources)
    {
        if (await MayImportAsync(type, page) is { } refused) return refused;
        var form = await http.Request.ReadFormAsync();
        if (form.Files.GetFile("file") is not { Length: > 0 } file) return Pages.Of<ImportPage>(new { Type = type, Errors = (IReadOnlyList<Error>)[Error.Of("import.no-file", "請選擇檔案。", "Choose a file.")] }, 422);
        var name = file.FileName();
        await using var content = file.OpenReadStream();
        var kept = await files.KeepAsync(page.Actor, content, http.RequestAborted);
        if (!kept.IsOk) return Pages.Of<ImportPage>(new { Type = type, kept.Errors }, 422);
        return await ShowAsync(type, kept.Value, name, null, import, files, page, sources, http);
    }

    private static async Task<IResult> PlanAsync(RecordType type, HttpContext http, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources, bool commit)
    {
        if (await MayImportAsync(type, page) is { } refused) return refused;
        var form = await http.Request.ReadFormAsync();
        var (upload, name) = (RecordEndpoints.Text(form, "upload") ?? "", Forms.FileName(RecordEndpoints.Text(form, "name") ?? ""));
        var mapping = new Dictionary<int, string>();
        foreach (var (key, value) in form)
            if (key.Length > 1 && key[0] == 'c' && int.TryParse(key.AsSpan(1), out var column) && value.LastOrDefault(v => !string.IsNullOrEmpty(v)) is { } field) mapping[column] = field;
        if (!commit) return await ShowAsync(type, upload, name, mapping, import, files, page, sources, http);
        var rows = await RowsAsync(type, upload, name, mapping, files, page, sources, http.RequestAborted);
        if (!rows.IsOk) return Pages.Of<ImportPage>(new { Type = type, rows.Errors }, 422);
        var skip = RecordEndpoints.Text(form, "skip") == "true";
        var done = await import.CommitAsync(page.Actor, type, rows.Value, skip, T("import.reason", name), cancellation: http.RequestAborted);
        if (!done.IsOk) return await ShowAsync(type, upload, name, mapping, import, files, page, sources, http, done.Errors);
        files.Forget(page.Actor, upload);
        page.Flash(T("import.done", done.Value.Count(RowFate.New), done.Value.Count(RowFate.Changed), done.Value.Count(RowFate.Unchanged), done.Value.Count(RowFate.Refused)));
        return Results.LocalRedirect(type.Path);
    }

    private static async Task<IResult> ShowAsync(RecordType type, string upload, string name, Dictionary<int, string>? mapping, RecordImport import, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources, HttpContext http, IReadOnlyList<Error>? errors = null)
    {
        // A scan has no columns to match: the fate of its hosts is shown at once.
        var table = new UploadedTable(name, "XML", "", null, true, 0, [], 0);
        var rows = Result.Of<IReadOnlyList<ImportRow>>([]);
        if (Source(type, name, sources) is null)
        {
            var uploaded = files.Read(page.Actor, upload, type, name);
            if (!uploaded.IsOk) return Discard(type, upload, files, page, uploaded.Errors);
            table = uploaded.Value.Table;
            if (mapping is null) return Pages.Of<ImportPage>(new { Type = type, Table = table, Upload = upload });
            table = table with { Columns = [.. table.Columns.Select(c => c with { FieldKey = mapping.GetValueOrDefault(c.Column), Confidence = 1 })] };
            rows = Result.Of(uploaded.Value.Mapped(type, mapping));
        }
        else rows = await RowsAsync(type, upload, name, [], files, page, sources, http.RequestAborted);
        if (!rows.IsOk) return Discard(type, upload, files, page, rows.Errors);
        var plan = await import.PlanAsync(page.Actor, type, rows.Value, null, http.RequestAborted);
        if (!plan.IsOk) return Pages.Of<ImportPage>(new { Type = type, plan.Errors }, 422);
        return Pages.Of<ImportPage>(new { Type = type, Table = table with { RowCount = rows.Value.Count }, Upload = upload, Plan = plan.Value, Errors = errors ?? [] }, errors is null ? 200 : 422);
    }

    // A file that cannot be read is of no use for a further step.
    private static Microsoft.AspNetCore.Http.HttpResults.RazorComponentResult Discard(RecordType type, string upload, ImportFiles files, PageContext page, IReadOnlyList<Error> errors)
    {
        files.Forget(page.Actor, upload);
        return Pages.Of<ImportPage>(new { Type = type, Errors = errors }, 422);
    }

    private static async Task<Result<IReadOnlyList<ImportRow>>> RowsAsync(RecordType type, string upload, string name, Dictionary<int, string> mapping, ImportFiles files, PageContext page, IEnumerable<IImportSource> sources, CancellationToken cancellation)
    {
        if (Source(type, name, sources) is not { } source)
        {
            var uploaded = files.Read(page.Actor, upload, type, name);
            return uploaded.IsOk ? Result.Of(uploaded.Value.Mapped(type, mapping)) : Result.Fail<IReadOnlyList<ImportRow>>(uploaded.Errors);
        }

        using var file = files.Open(page.Actor, upload);
        return file is null ? Result.Fail<IReadOnlyList<ImportRow>>(ImportFiles.Gone) : await source.ReadAsync(page.Actor, file, name, cancellation);
    }

    internal static IImportSource? Source(RecordType type, string name, IEnumerable<IImportSource> sources) =>
        sources.FirstOrDefault(s => s.TypeKey == type.Key && s.Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));

    private static async Task<IResult> BulkAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Write) is null) return await Refusals.DenyAsync(http, Right.Write, type.PluralName, type.Key);
        var form = await http.Request.ReadFormAsync();
        var ids = Chosen(form);
        var field = type.FindField(RecordEndpoints.Text(form, "field") ?? "");
        if (ids.Count == 0 || field is null or { ReadOnly: true })
        {
            page.Flash(T("bulk.choose"), bad: true);
            return Results.LocalRedirect(type.Path);
        }

        var step = RecordEndpoints.Text(form, "step");
        var (value, reason) = (FieldInput.Read(field, form["value"]), RecordEndpoints.Text(form, "reason"));
        if (step is null) return Pages.Of<BulkPage>(new { Type = type, Item = field, Ids = ids });
        // What is committed is what was shown: another value means another preview.
        if (step == "commit" && (RecordEndpoints.Text(form, "previewed") ?? "") == (value ?? ""))
        {
            var done = await store.CommitBulkAsync(page.Actor, type, ids, field.Key, value, reason, http.RequestAborted);
            if (done.IsOk)
            {
                page.Flash(T("bulk.done", done.Value));
                return Results.LocalRedirect(type.Path);
            }

            var again = await store.PreviewBulkAsync(page.Actor, type, ids, field.Key, value, http.RequestAborted);
            return Pages.Of<BulkPage>(new { Type = type, Item = field, Ids = ids, Value = value, Reason = reason, Lines = again.IsOk ? again.Value : null, done.Errors }, 422);
        }

        var preview = await store.PreviewBulkAsync(page.Actor, type, ids, field.Key, value, http.RequestAborted);
        return Pages.Of<BulkPage>(new { Type = type, Item = field, Ids = ids, Value = value, Reason = reason, Lines = preview.IsOk ? preview.Value : null, preview.Errors }, preview.IsOk ? 200 : 422);
    }

    private static async Task<IResult> BulkMoveAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        // As with one record, each step has a right of its own, which the store asks for.
        if (page.Actor.ScopeOf(type, Right.Read) is null) return await Refusals.DenyAsync(http, Right.Read, type.PluralName, type.Key);
        var form = await http.Request.ReadFormAsync();
        var ids = Chosen(form);
        // Back into the list as it was filtered; never anywhere else.
        var back = RecordEndpoints.Text(form, "back") is { } given && (given == type.Path || given.StartsWith(type.Path + "?", StringComparison.Ordinal)) ? given : type.Path;
        if (ids.Count == 0)
        {
            page.Flash(T("bulk.choose"), bad: true);
            return Results.LocalRedirect(back);
        }

        var (transition, reason) = (RecordEndpoints.Text(form, "transition"), RecordEndpoints.Text(form, "reason"));
        IReadOnlyList<Error> errors = [];
        if (RecordEndpoints.Text(form, "step") == "commit")
        {
            var done = await store.TransitionManyAsync(page.Actor, type, ids, transition ?? "", reason, http.RequestAborted);
            if (done.IsOk)
            {
                page.Flash(T("bulk.moved", done.Value, type.Workflow.Find(transition!)!.Label.ToString()));
                return Results.LocalRedirect(back);
            }

            errors = done.Errors;
        }

        var lines = await store.PreviewMovesAsync(page.Actor, type, ids, errors.Count > 0 && type.Workflow.Find(transition ?? "") is not null ? transition : null, http.RequestAborted);
        if (!lines.IsOk)
        {
            page.Flash(lines.Errors[0].Message.ToString(), bad: true);
            return Results.LocalRedirect(back);
        }

        return Pages.Of<BulkMovePage>(new { Type = type, Lines = lines.Value, Transition = transition, Reason = reason, Back = back, Errors = errors }, errors.Count > 0 ? 422 : 200);
    }

    private static List<Guid> Chosen(IFormCollection form) => [.. form["id"].Select(i => Guid.TryParse(i, out var id) ? id : Guid.Empty).Where(i => i != Guid.Empty).Distinct()];
}
