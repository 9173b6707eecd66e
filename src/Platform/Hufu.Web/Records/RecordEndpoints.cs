using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Records;

/// <summary>The pages of every record type. Each address is mapped by name, so that the list of endpoints shows them all.</summary>
internal static class RecordEndpoints
{
    internal static void MapRecords(this IEndpointRouteBuilder routes, RecordTypes types)
    {
        foreach (var type in types.All)
        {
            var pages = routes.MapGroup(type.Path).WithMetadata(type).ExcludeFromDescription();
            pages.MapGet("", (HttpContext http, RecordStore store, PageContext page) => ListAsync(type, http, store, page));
            pages.MapPost("/views", (HttpContext http, RecordStore store, PageContext page) => SaveViewAsync(type, http, store, page));
            if (!type.CreatedByProduct)
            {
                pages.MapGet("/new", (HttpContext http, RecordStore store, PageContext page) => NewAsync(type, http, store, page));
                pages.MapPost("/new", (HttpContext http, RecordStore store, PageContext page) => CreateAsync(type, http, store, page));
            }

            pages.MapGet("/{number}", (string number, RecordStore store, PageContext page) => DetailAsync(type, number, store, page));
            pages.MapGet("/{number}/history", (string number, RecordStore store, PageContext page) => HistoryAsync(type, number, store, page));
            pages.MapGet("/{number}/edit", (string number, HttpContext http, RecordStore store, PageContext page) => EditAsync(type, number, http, store, page));
            pages.MapPost("/{number}/edit", (string number, HttpContext http, RecordStore store, PageContext page) => UpdateAsync(type, number, http, store, page));
            pages.MapPost("/{number}/move/{transition}", (string number, string transition, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) => await store.TransitionAsync(page.Actor, type, record.Id, transition, Text(form, "reason")), T("web.done")));
            pages.MapPost("/{number}/comment", (string number, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) => await store.CommentAsync(page.Actor, record, Text(form, "text")), T("web.commented"), "#comments"));
            pages.MapPost("/{number}/link", (string number, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) => await LinkAsync(store, page, record, form), T("web.linked"), "#links"));
            pages.MapPost("/{number}/unlink/{link:guid}", (string number, Guid link, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (_, _) => await store.UnlinkAsync(page.Actor, link, null), T("web.unlinked"), "#links"));
            pages.MapPost("/{number}/evidence", (string number, HttpContext http, RecordStore store, PageContext page, FileVault vault) =>
                OnAsync(type, number, http, store, page, async (record, form) => await AttachAsync(store, page, vault, record, form), T("web.attached"), "#evidence"));
            pages.MapPost("/{number}/withdraw/{evidence:guid}", (string number, Guid evidence, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (_, form) => await store.WithdrawAsync(page.Actor, evidence, Text(form, "reason")), T("web.withdrawn-done"), "#evidence"));
            pages.MapPost("/{number}/watch", (string number, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) =>
                {
                    await store.WatchAsync(page.Actor, record, Text(form, "on") == "true");
                    return Result.Ok;
                }, null));
            pages.MapPost("/{number}/archive", (string number, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) => await store.ArchiveAsync(page.Actor, type, record.Id, Text(form, "reason")), T("web.done")));
            pages.MapPost("/{number}/restore", (string number, HttpContext http, RecordStore store, PageContext page) =>
                OnAsync(type, number, http, store, page, async (record, form) => await store.ArchiveAsync(page.Actor, type, record.Id, Text(form, "reason"), restore: true), T("web.done")));
        }

        routes.MapPost("/drafts/{type}/{number}", SaveDraftAsync).ExcludeFromDescription();
        routes.MapPost("/drafts/{type}/{number}/discard", DiscardDraftAsync).ExcludeFromDescription();
        routes.MapGet("/evidence/{id:guid}/file", FileAsync).ExcludeFromDescription();
    }

    internal static string? Text(IFormCollection form, string name) => form[name].LastOrDefault() is { Length: > 0 } text ? text : null;

    /// <summary>The fields of a type out of a posted form, as canonical text. Sets come as several values, flags twice.</summary>
    internal static Dictionary<string, string?> Values(RecordType type, IFormCollection form)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var field in type.Fields)
            if (!field.ReadOnly && form.TryGetValue(field.Key, out var posted))
                values[field.Key] = FieldInput.Read(field, posted);
        return values;
    }

    private static async Task<IResult> ListAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        var state = ListState.Read(type, http.Request.Query);
        var data = await store.ListAsync(page.Actor, type, state.Query, http.RequestAborted);
        if (!data.IsOk && data.Errors[0].Code == "access.denied") return Refusals.Of(data.Errors);
        return Pages.Of<RecordListPage>(new { Type = type, State = state, Data = data.IsOk ? data.Value : null, data.Errors }, data.IsOk ? 200 : 400);
    }

    private static async Task<IResult> SaveViewAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Read) is null) return await Refusals.DenyAsync(http, Right.Read, type.PluralName, type.Key);
        var form = await http.Request.ReadFormAsync();
        var (name, query) = (Text(form, "name")?.Trim(), Text(form, "query"));
        if (name is { Length: > 0 and <= 60 } && query is not null && query.Length < 2000 && (query == type.Path || query.StartsWith(type.Path + "?", StringComparison.Ordinal)))
        {
            store.Db.SavedViews.Add(new SavedView { TypeKey = type.Key, PersonId = page.Actor.Id, Name = name, Query = query, Shared = Text(form, "shared") == "true" && page.Actor.ScopeOf(type, Right.Write) is not null });
            await store.Db.SaveChangesAsync();
            page.Flash(T("web.view-saved"));
        }

        return Results.LocalRedirect(query is not null && query.StartsWith(type.Path, StringComparison.Ordinal) ? query : type.Path);
    }

    private static async Task<IResult> NewAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        if (page.Actor.ScopeOf(type, Right.Write) is null) return await Refusals.DenyAsync(http, Right.Write, type.PluralName, type.Key);
        var draft = await DraftAsync(store, page, type, "new");
        var values = draft ?? [];
        // A link can fill in fields: /incident/tasks/new?incidentId=…
        foreach (var (key, value) in http.Request.Query)
            if (type.FindField(key) is { ReadOnly: false }) values[key] = value.ToString();
        return Pages.Of<RecordFormPage>(new { Type = type, Values = values, DraftRestored = draft is not null });
    }

    private static async Task<IResult> CreateAsync(RecordType type, HttpContext http, RecordStore store, PageContext page)
    {
        var values = Values(type, await http.Request.ReadFormAsync());
        var created = await store.CreateAsync(page.Actor, type, values, cancellation: http.RequestAborted);
        if (!created.IsOk)
            return created.Errors[0].Code == "access.denied" ? Refusals.Of(created.Errors) : Pages.Of<RecordFormPage>(new { Type = type, Values = values, created.Errors }, 422);
        await ForgetDraftAsync(store, page, type, "new");
        page.Flash(T("web.created", created.Value.Number));
        return Results.LocalRedirect(type.PathOf(created.Value.Number));
    }

    private static async Task<IResult> DetailAsync(RecordType type, string number, RecordStore store, PageContext page)
    {
        var found = await store.FindAsync(page.Actor, type, number);
        return found.IsOk ? Pages.Of<RecordDetailPage>(new { Type = type, Record = found.Value }) : Refusals.Of(found.Errors);
    }

    private static async Task<IResult> HistoryAsync(RecordType type, string number, RecordStore store, PageContext page)
    {
        var found = await store.FindAsync(page.Actor, type, number);
        return found.IsOk ? Pages.Of<RecordHistoryPage>(new { Type = type, Record = found.Value }) : Refusals.Of(found.Errors);
    }

    private static async Task<IResult> EditAsync(RecordType type, string number, HttpContext http, RecordStore store, PageContext page)
    {
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        if (!page.Actor.May(type, Right.Write, found.Value)) return await Refusals.DenyAsync(http, Right.Write, type.PluralName, type.Key);
        var draft = await DraftAsync(store, page, type, number);
        return Pages.Of<RecordFormPage>(new { Type = type, Existing = found.Value, found.Value.Version, Values = draft ?? [], DraftRestored = draft is not null });
    }

    private static async Task<IResult> UpdateAsync(RecordType type, string number, HttpContext http, RecordStore store, PageContext page)
    {
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var form = await http.Request.ReadFormAsync();
        var values = Values(type, form);
        // Answers of the merge view win over the form: "theirs" keeps what is there.
        foreach (var (key, choice) in form)
            if (key.StartsWith("merge.", StringComparison.Ordinal) && choice == "theirs") values.Remove(key[6..]);
        // A box shows a time to the second: what still says the same second was not touched.
        foreach (var field in type.Fields.Where(f => f.Kind is FieldKind.Instant))
            if (values.TryGetValue(field.Key, out var typed) && FieldInput.Shown(field, typed) == FieldInput.Shown(field, field.GetText(found.Value))) values.Remove(field.Key);
        var version = int.TryParse(Text(form, "version"), NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v : 0;
        var updated = await store.UpdateAsync(page.Actor, type, found.Value.Id, version, values, Text(form, "reason"), cancellation: http.RequestAborted);
        if (!updated.IsOk)
            return updated.Errors[0].Code == "access.denied" ? Refusals.Of(updated.Errors) : Pages.Of<RecordFormPage>(new { Type = type, Existing = found.Value, Version = version, Values = values, updated.Errors }, 422);
        if (updated.Value.Conflicts.Count > 0)
            return Pages.Of<RecordFormPage>(new { Type = type, Existing = found.Value, found.Value.Version, Values = values, updated.Value.Conflicts }, 409);
        await ForgetDraftAsync(store, page, type, number);
        page.Flash(T("web.saved"));
        return Results.LocalRedirect(type.PathOf(number));
    }

    private static async Task<IResult> OnAsync(RecordType type, string number, HttpContext http, RecordStore store, PageContext page, Func<Record, IFormCollection, Task<Result>> act, string? done, string anchor = "")
    {
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var result = await act(found.Value, await http.Request.ReadFormAsync());
        if (!result.IsOk) page.Flash(string.Join(" ", result.Errors.Select(e => e.Message.ToString())), bad: true);
        else if (done is not null) page.Flash(done);
        return Results.LocalRedirect(type.PathOf(number) + anchor);
    }

    private static async Task<Result> LinkAsync(RecordStore store, PageContext page, Record record, IFormCollection form)
    {
        var other = await ByReferenceAsync(store, page.Actor, Text(form, "number"));
        return other.IsOk ? await store.LinkAsync(page.Actor, record, other.Value, Text(form, "kind") is "affects" or "caused" or "treats" or "relates" ? Text(form, "kind")! : "relates") : Result.Fail(other.Errors);
    }

    /// <summary>A record by what a picker or a person gave: its number, or <c>type:guid</c>.</summary>
    internal static async Task<Result<Record>> ByReferenceAsync(RecordStore store, Actor actor, string? text)
    {
        text = text?.Trim();
        if (text?.Split(':') is [var key, var id] && store.Types.Find(key) is { } byKey && Guid.TryParse(id, out var guid)) return await store.FindAsync(actor, byKey, guid);
        return await store.FindAsync(actor, text);
    }

    internal static async Task<Result> AttachAsync(RecordStore store, PageContext page, FileVault vault, Record record, IFormCollection form)
    {
        if (!page.Actor.May(store.Types.Of(record), Right.Write, record))
        {
            await Refusals.DenyAsync(page.Http, Right.Write, store.Types.Of(record).Name, store.Types.Of(record).Key);
            return Result.Fail(Error.Of("access.denied", "無權附加證據。", "You may not attach evidence."));
        }

        var evidence = new Evidence { Title = Text(form, "title") ?? "", EffectiveOn = SiteTime.Today(TimeProvider.System), Output = Text(form, "output")?.Trim().ToUpperInvariant() };
        if (Text(form, "effectiveOn") is { } day)
        {
            if (!DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var effective)) return Result.Fail(Error.Of("field.not-a-date", "生效日期格式為 2026-11-23。", "The effective date is written 2026-11-23.", "effectiveOn"));
            evidence.EffectiveOn = effective;
        }

        if (form.Files.GetFile("file") is { Length: > 0 } file)
        {
            var name = file.FileName();
            await using var content = file.OpenReadStream();
            if (await vault.SaveAsync(evidence, content, name, "application/octet-stream") is { IsOk: false } refused) return refused;
            evidence.Kind = "file";
            if (evidence.Title.Length == 0) evidence.Title = name;
        }
        else if (Text(form, "record") is { } reference)
        {
            var other = await ByReferenceAsync(store, page.Actor, reference);
            if (!other.IsOk) return other;
            evidence.Kind = "record";
            evidence.TargetId = other.Value.Id;
            evidence.TargetType = store.Types.Of(other.Value).Key;
            if (evidence.Title.Length == 0) evidence.Title = $"{other.Value.Number} {other.Value.Title}";
        }
        else return Result.Fail(Error.Of("evidence.nothing", "請選擇檔案或紀錄。", "Choose a file or a record.", "file"));

        return await store.AttachAsync(page.Actor, record, evidence);
    }

    private static async Task<IResult> FileAsync(Guid id, RecordStore store, PageContext page, FileVault vault, HttpContext http)
    {
        var evidence = await store.Db.Evidence.AsNoTracking().FirstOrDefaultAsync(e => e.Id == id);
        if (evidence?.Sha256 is null || store.Types.Find(evidence.TypeKey) is not { } type || !(await store.FindAsync(page.Actor, type, evidence.RecordId)).IsOk || vault.Open(evidence.Sha256) is not { } file)
            return Refusals.Of([Error.Of("record.not-found", "找不到這個檔案。", "There is no such file.")]);
        // Whatever it holds, the browser must neither run nor show it: it is saved as it is.
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        http.Response.Headers["X-Content-SHA256"] = evidence.Sha256;
        return Results.File(file, "application/octet-stream", evidence.FileName ?? evidence.Sha256, enableRangeProcessing: true);
    }

    private static async Task<IResult> SaveDraftAsync(string type, string number, HttpContext http, RecordStore store, PageContext page)
    {
        if (store.Types.Find(type) is not { } recordType || number.Length > 40) return Results.NotFound();
        var values = Values(recordType, await http.Request.ReadFormAsync());
        foreach (var field in recordType.Fields.Where(f => f.Sensitive)) values.Remove(field.Key);
        var json = JsonSerializer.Serialize(values);
        if (json.Length > 200_000) return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        var key = $"{type}/{number}";
        var draft = await store.Db.Drafts.FindAsync(page.Actor.Id, key);
        if (draft is null) store.Db.Drafts.Add(draft = new Draft { PersonId = page.Actor.Id, FormKey = key });
        var now = store.Db.Now;
        draft.Json = json;
        draft.UpdatedAt = now;
        try
        {
            await store.Db.SaveChangesAsync();
        }
        catch (DbUpdateException)
        {
            // Another window of the same person began the same draft in this moment: the later text stands.
            store.Db.ChangeTracker.Clear();
            await store.Db.Drafts.Where(d => d.PersonId == page.Actor.Id && d.FormKey == key).ExecuteUpdateAsync(d => d.SetProperty(x => x.Json, json).SetProperty(x => x.UpdatedAt, now));
        }

        return Results.NoContent();
    }

    private static async Task<IResult> DiscardDraftAsync(string type, string number, string? @return, RecordStore store, PageContext page)
    {
        if (store.Types.Find(type) is { } recordType) await ForgetDraftAsync(store, page, recordType, number);
        return Results.LocalRedirect(Pages.IsLocal(@return) ? @return! : "/");
    }

    private static async Task<Dictionary<string, string?>?> DraftAsync(RecordStore store, PageContext page, RecordType type, string number) =>
        await store.Db.Drafts.FindAsync(page.Actor.Id, $"{type.Key}/{number}") is { } draft ? JsonSerializer.Deserialize<Dictionary<string, string?>>(draft.Json) : null;

    private static async Task ForgetDraftAsync(RecordStore store, PageContext page, RecordType type, string number)
    {
        var key = $"{type.Key}/{number}";
        await store.Db.Drafts.Where(d => d.PersonId == page.Actor.Id && d.FormKey == key).ExecuteDeleteAsync();
    }
}

/// <summary>Pages as results of endpoints.</summary>
public static class Pages
{
    /// <summary>A component rendered on the server, with its parameters.</summary>
    public static RazorComponentResult Of<TPage>(object parameters, int status = 200) where TPage : Microsoft.AspNetCore.Components.IComponent =>
        new RazorComponentResult<TPage>(parameters) { StatusCode = status, PreventStreamingRendering = true };

    /// <summary>A component without parameters.</summary>
    public static RazorComponentResult Of<TPage>() where TPage : Microsoft.AspNetCore.Components.IComponent => new RazorComponentResult<TPage> { PreventStreamingRendering = true };

    /// <summary>
    /// True for a path of this site; anything else is never redirected to. Browsers drop tabs and line breaks and read a backslash as a slash,
    /// so that <c>/⇥/evil.example</c> would lead away: neither may stand in the path.
    /// </summary>
    public static bool IsLocal(string? path) =>
        path is { Length: > 0 } && path[0] == '/' && (path.Length == 1 || path[1] != '/') && !path.Any(char.IsControl)
        && !path.AsSpan(0, path.AsSpan().IndexOfAny('?', '#') is >= 0 and var end ? end : path.Length).Contains('\\');
}
