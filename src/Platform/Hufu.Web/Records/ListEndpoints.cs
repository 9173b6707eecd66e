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
            lists.MapPost("/bulk", (HttpContext http, RecordStore store, PageContext page) => BulkAsync(type, http, store, page));
        }

        routes.MapRecordApi(types);
    }

    private static async Task<IResult> BulkAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Write) is null) return RecordEndpoints.Refused(page, [Error.Of("access.denied", "您沒有修改的權限。", "You do not have the right to change these.")]);
        var form = await http.Request.ReadFormAsync();
        var ids = form["id"].Select(i => Guid.TryParse(i, out var id) ? id : Guid.Empty).Where(i => i != Guid.Empty).Distinct().ToList();
        var field = type.FindField(RecordEndpoints.Text(form, "field") ?? "");
        if (ids.Count == 0 || field is null or { ReadOnly: true })
        {
            page.Flash(T("bulk.choose"), bad: true);
            return Results.LocalRedirect(type.Path);
        }

        var step = RecordEndpoints.Text(form, "step");
        var (value, reason) = (form["value"].LastOrDefault(v => !string.IsNullOrEmpty(v)), RecordEndpoints.Text(form, "reason"));
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
}
