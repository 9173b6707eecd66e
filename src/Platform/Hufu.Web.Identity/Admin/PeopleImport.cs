using Hufu.Documents;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>Importing people: a file is kept between the dry run and the deed, and what is done is planned anew from the same file.</summary>
internal static class PeopleImport
{
    internal static void MapPeopleImport(this IEndpointRouteBuilder routes)
    {
        var import = routes.MapGroup("/admin/people/import").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area, Right.Administer));
        import.MapGet("", () => Pages.Of<PeopleImportPage>());
        import.MapGet("/template", () =>
        {
            using var buffer = new MemoryStream();
            TableWriter.Write(buffer, TableFormat.Csv, new SheetContent("people", PeopleFile.Template, [[CellValue.Of("王小明"), CellValue.Of("wangxm"), CellValue.Of("wangxm@example.gov.tw"), CellValue.Of("資訊處"), CellValue.Of("資安科"), CellValue.Of("staff")]]));
            return Results.File(buffer.ToArray(), "text/csv; charset=utf-8", "people.csv");
        });
        import.MapPost("", async (HttpContext http, ImportFiles files, IdentityAdmin admin, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            if (form.Files.GetFile("file") is not { Length: > 0 } file) return Failed([Error.Of("import.no-file", "請選擇檔案。", "Choose a file.")]);
            var name = file.FileName();
            await using var content = file.OpenReadStream();
            var kept = await files.KeepAsync(page.Actor, content, http.RequestAborted);
            return kept.IsOk ? await ShowAsync(kept.Value, name, files, admin, page, http) : Failed(kept.Errors);
        });
        import.MapPost("/commit", async (HttpContext http, ImportFiles files, IdentityAdmin admin, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            var (upload, name) = (form.Text("upload") ?? "", Forms.FileName(form.Text("name") ?? ""));
            var rows = Read(upload, name, files, page);
            if (!rows.IsOk) return Failed(rows.Errors);
            var people = rows.Value.Select(r => r.Person).ToList();
            var plan = await admin.ImportPeopleAsync(page.Actor, people, dryRun: true, http.RequestAborted);
            if (!plan.IsOk) return Failed(plan.Errors);
            if (plan.Value.Any(f => f.Fate is RowFate.Refused) && !form.Flag("skip"))
                return await ShowAsync(upload, name, files, admin, page, http, [Error.Of("import.refused-rows", "有列被拒絕；請修正檔案，或勾選略過。", "Some rows are refused: mend the file, or choose to leave them out.")]);
            var done = await admin.ImportPeopleAsync(page.Actor, people, dryRun: false, http.RequestAborted);
            if (!done.IsOk) return Failed(done.Errors);
            files.Forget(page.Actor, upload);
            int Count(RowFate fate) => done.Value.Count(f => f.Fate == fate);
            page.Flash(T("import.done", Count(RowFate.Created), Count(RowFate.Updated), Count(RowFate.Unchanged), Count(RowFate.Refused)));
            return Results.LocalRedirect("/admin/people");
        });
    }

    private static async Task<IResult> ShowAsync(string upload, string name, ImportFiles files, IdentityAdmin admin, PageContext page, HttpContext http, IReadOnlyList<Error>? errors = null)
    {
        var rows = Read(upload, name, files, page);
        // A file that cannot be read is of no use for a further step.
        if (!rows.IsOk || rows.Value.Count == 0) files.Forget(page.Actor, upload);
        if (!rows.IsOk) return Failed(rows.Errors);
        if (rows.Value.Count == 0) return Failed([Error.Of("people.empty", "檔案裡沒有人員。", "There are no people in this file.")]);
        var plan = await admin.ImportPeopleAsync(page.Actor, [.. rows.Value.Select(r => r.Person)], dryRun: true, http.RequestAborted);
        if (!plan.IsOk) return plan.Errors[0].Code == "access.denied" ? Forms.Refused(plan.Errors) : Failed(plan.Errors);
        return Pages.Of<PeopleImportPage>(new { Rows = rows.Value, Fates = plan.Value, Upload = upload, FileName = name, Errors = errors ?? [] }, errors is null ? 200 : 422);
    }

    private static Result<IReadOnlyList<PersonFileRow>> Read(string upload, string name, ImportFiles files, PageContext page)
    {
        using var file = files.Open(page.Actor, upload);
        return file is null
            ? Result.Fail<IReadOnlyList<PersonFileRow>>(Error.Of("import.gone", "上傳的檔案已不存在，請重新上傳。", "The uploaded file is gone; upload it again."))
            : PeopleFile.Read(file, name);
    }

    private static Microsoft.AspNetCore.Http.HttpResults.RazorComponentResult Failed(IReadOnlyList<Error> errors) => Pages.Of<PeopleImportPage>(new { Errors = errors }, StatusCodes.Status422UnprocessableEntity);
}
