using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Records;

/// <summary>A record in the API. Field values are canonical texts: dates as 2026-11-23, instants in UTC, choices by code, references by number, people by account.</summary>
/// <param name="Number">Human code.</param>
/// <param name="Id">Identity.</param>
/// <param name="Type">Record type key.</param>
/// <param name="Version">Give it back when changing the record.</param>
/// <param name="State">Workflow state.</param>
/// <param name="Archived">Put away.</param>
/// <param name="Fields">Values by field key; empty ones are left out.</param>
public sealed record ApiRecord(string Number, Guid Id, string Type, int Version, string State, bool Archived, IReadOnlyDictionary<string, string> Fields);

/// <summary>A page of records.</summary>
public sealed record ApiPage(IReadOnlyList<ApiRecord> Items, int Total, string? Next, string? Previous);

/// <summary>One reason why a request was refused.</summary>
public sealed record ApiError(string Code, string Message, string? Place);

/// <summary>Why a request was refused: a problem document after RFC 9457.</summary>
/// <param name="Errors">Each reason with a stable code and the field it complains of.</param>
public sealed record ApiErrors(IReadOnlyList<ApiError> Errors)
{
    /// <summary>The status in words.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>All reasons in the language of the request.</summary>
    public string? Detail { get; init; }

    /// <summary>For a fault of the product: what to look for in its log.</summary>
    public string? Reference { get; init; }
}

/// <summary>New values for a record.</summary>
/// <param name="Fields">Values by field key; null empties a field.</param>
/// <param name="Version">For a change: the version it started from.</param>
/// <param name="Reason">Why; goes into the history.</param>
public sealed record ApiChange(IReadOnlyDictionary<string, string?>? Fields, int? Version, string? Reason)
{
    /// <summary>The fields, none when the body has none.</summary>
    internal IReadOnlyDictionary<string, string?> Given => Fields ?? new Dictionary<string, string?>();

    /// <summary>Why a change was refused; that there were no fields belongs to it.</summary>
    internal IReadOnlyList<Error> Told(IReadOnlyList<Error> errors) => Fields is null ? [.. errors, Error.Of("record.fields-needed", "請以 fields 給各欄位的值。", "Give the values of the fields as “fields”.", "fields")] : errors;
}

/// <summary>Why somebody moves a record on.</summary>
public sealed record ApiReason(string? Reason);

/// <summary>A remark.</summary>
public sealed record ApiComment(string Text);

/// <summary>A tie to another record.</summary>
public sealed record ApiLink(string Number, string? Kind);

/// <summary>An address whose description names the fields of its record type, with those that the site has added by then.</summary>
public sealed class ListsFields
{
    /// <summary>Adds the fields to a description.</summary>
    public static string? Describe(IEnumerable<object> metadata, string? description)
    {
        var all = metadata.ToList();
        return all.OfType<ListsFields>().Any() && all.OfType<RecordType>().FirstOrDefault() is { } type
            ? $"{description} Fields: {string.Join(", ", type.Fields.Where(f => !f.Sensitive).Select(f => $"{f.Key} ({f.Kind})"))}."
            : description;
    }
}

/// <summary>The REST API of every record type, from the same declaration as its pages and through the same door.</summary>
internal static class RecordApi
{
    internal static void MapRecordApi(this IEndpointRouteBuilder routes, RecordTypes types)
    {
        foreach (var type in types.All)
        {
            var api = routes.MapGroup("/api/v1" + type.Path).WithTags(type.PluralName.En).WithMetadata(type);
            var name = type.Key.Replace('.', '-');
            api.MapGet("", (HttpContext http, RecordStore store, PageContext page, RecordPresenter presenter) => ListAsync(type, http, store, page, presenter))
                .WithName(name + "-list").WithSummary($"List {type.PluralName.En.ToLowerInvariant()}").WithDescription($"{type.Purpose.En} Query: q (words), f.<field>=filter, sort, size, after, before, open=1, archived=1.").WithMetadata(new ListsFields()).Produces<ApiPage>().Produces<ApiErrors>(400).Produces<ApiErrors>(403);
            api.MapGet("/{number}", async (string number, RecordStore store, PageContext page, RecordPresenter presenter) =>
                await store.FindAsync(page.Actor, type, number) is { IsOk: true } found ? Results.Json(await ToApiAsync(type, found.Value, presenter)) : Refused([NotFound]))
                .WithName(name + "-get").WithSummary($"Read one {type.Name.En.ToLowerInvariant()}").Produces<ApiRecord>().Produces<ApiErrors>(404);
            if (!type.CreatedByProduct)
                api.MapPost("", async (ApiChange change, RecordStore store, PageContext page, RecordPresenter presenter) =>
                {
                    var created = await store.CreateAsync(page.Actor, type, change.Given, change.Reason);
                    return created.IsOk ? Results.Json(await ToApiAsync(type, created.Value, presenter), statusCode: 201) : Refused(change.Told(created.Errors));
                }).WithName(name + "-create").WithSummary($"Create {Article(type.Name.En)}").Produces<ApiRecord>(201).Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapPatch("/{number}", (string number, ApiChange change, RecordStore store, PageContext page, RecordPresenter presenter) => OnAsync(type, number, store, page, async record =>
            {
                if (change.Version is not { } version) return Refused([Error.Of("record.version-needed", "請附上版本。", "Give the version that the change started from.", "version")]);
                var updated = await store.UpdateAsync(page.Actor, type, record.Id, version, change.Given, change.Reason);
                if (!updated.IsOk) return Refused(updated.Errors);
                return updated.Value.Conflicts.Count > 0
                    ? Refusals.Problem(409, [.. updated.Value.Conflicts.Select(c => Error.Of("record.conflict", $"原值：{c.Base}；他人：{c.Theirs}；您的：{c.Mine}", $"base: {c.Base}; theirs: {c.Theirs}; yours: {c.Mine}", c.Field.Key))])
                    : Results.Json(await ToApiAsync(type, updated.Value.Record, presenter));
            })).WithName(name + "-update").WithSummary($"Change {Article(type.Name.En)}").Produces<ApiRecord>().Produces<ApiErrors>(409).Produces<ApiErrors>(422);
            api.MapPost("/{number}/transitions/{transition}", (string number, string transition, ApiReason? body, RecordStore store, PageContext page, RecordPresenter presenter) => OnAsync(type, number, store, page, async record =>
            {
                var moved = await store.TransitionAsync(page.Actor, type, record.Id, transition, body?.Reason);
                return moved.IsOk ? Results.Json(await ToApiAsync(type, moved.Value, presenter)) : Refused(moved.Errors);
            })).WithName(name + "-move").WithSummary($"Move {Article(type.Name.En)} on").WithDescription("Transitions: " + string.Join(", ", type.Workflow.Transitions.Select(t => $"{t.Key} ({string.Join("|", t.From)} → {t.To}{(t.SeparateFrom.Count > 0 ? "; by a second person" : "")})"))).Produces<ApiRecord>().Produces<ApiErrors>(422).Produces<ApiErrors>(403);
            api.MapGet("/{number}/history", (string number, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
                Results.Json((await store.HistoryAsync(page.Actor, record)).Select(c => new { c.Uid, c.At, c.Action, c.Version, payload = ChangeCapture.Read(c), c.Commitment, c.Position }))))
                .WithName(name + "-history").WithSummary("Who changed what, when and why");
            api.MapGet("/{number}/links", (string number, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
                Results.Json((await store.LinksAsync(page.Actor, record.Id)).Where(l => l.Other is not null).Select(l => new { l.LinkId, l.Kind, l.Outgoing, type = l.Type.Key, number = l.Other!.Number, title = l.Other.Title }))))
                .WithName(name + "-links").WithSummary("Linked records");
            api.MapPost("/{number}/links", (string number, ApiLink link, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
            {
                var other = await RecordEndpoints.ByReferenceAsync(store, page.Actor, link.Number);
                if (!other.IsOk) return Refused(other.Errors);
                var made = await store.LinkAsync(page.Actor, record, other.Value, link.Kind is "affects" or "caused" or "treats" ? link.Kind : "relates");
                return made.IsOk ? Results.Json(new { made.Value.Id }, statusCode: 201) : Refused(made.Errors);
            })).WithName(name + "-link").WithSummary("Link to another record");
            api.MapGet("/{number}/evidence", (string number, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
                Results.Json(await store.Db.Evidence.AsNoTracking().Where(e => e.RecordId == record.Id).OrderBy(e => e.Id).Select(e => new { e.Id, e.Kind, e.Title, e.EffectiveOn, e.Sha256, e.FileName, e.Size, e.Output, e.AddedAt, e.WithdrawnAt }).ToListAsync())))
                .WithName(name + "-evidence").WithSummary("Evidence of a record");
            api.MapGet("/{number}/comments", (string number, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
                Results.Json(await store.Db.Comments.AsNoTracking().Where(c => c.RecordId == record.Id).OrderBy(c => c.At).Select(c => new { c.Id, c.At, c.AuthorName, c.Text }).ToListAsync())))
                .WithName(name + "-comments").WithSummary("Remarks under a record");
            api.MapPost("/{number}/comments", (string number, ApiComment comment, RecordStore store, PageContext page) => OnAsync(type, number, store, page, async record =>
            {
                var made = await store.CommentAsync(page.Actor, record, comment.Text);
                return made.IsOk ? Results.Json(new { made.Value.Id }, statusCode: 201) : Refused(made.Errors);
            })).WithName(name + "-comment").WithSummary("Comment on a record");
        }

        routes.MapGet("/api/v1/me", (PageContext page) => Results.Json(new { page.Actor.Id, page.Actor.Name, page.Actor.UnitId, page.Actor.Channel, grants = page.Actor.Grants.Select(g => new { g.Target, rights = g.Rights.ToString(), scope = g.Scope.ToString() }) })).WithName("me").WithSummary("Who am I, and what may I do").WithTags("Account");
        routes.MapGet("/api/v1/types", (PageContext page) => Results.Json(types.All.Where(t => page.Actor.ScopeOf(t, Right.Read) is not null).Select(t => new
        {
            t.Key,
            t.Name,
            path = "/api/v1" + t.Path,
            t.Outputs,
            fields = t.Fields.Where(f => !f.Sensitive).Select(f => new { f.Key, kind = f.Kind.ToString(), f.Label, f.Required, f.ReadOnly, maxLength = f.MaxLength, f.Target, choices = f.Choices.Select(c => new { c.Code, c.Label }) }),
            states = t.Workflow.States.Select(s => new { s.Key, s.Label, s.IsOpen }),
        }))).WithName("types").WithSummary("Record types with their fields and states").WithTags("Records");
    }

    private static readonly Error NotFound = Error.Of("record.not-found", "找不到這筆紀錄。", "There is no such record.");

    internal static IResult Refused(IReadOnlyList<Error> errors) =>
        Refusals.Problem(Refusals.Status(errors[0].Code) is not StatusCodes.Status400BadRequest and var status ? status : StatusCodes.Status422UnprocessableEntity, errors);

    private static async Task<IResult> ListAsync(RecordType type, HttpContext http, RecordStore store, PageContext page, RecordPresenter presenter)
    {
        var listed = await store.ListAsync(page.Actor, type, ListState.Read(type, http.Request.Query).Query, http.RequestAborted);
        if (!listed.IsOk) return Refused(listed.Errors);
        await presenter.LoadAsync(type, listed.Value.Records);
        return Results.Json(new ApiPage([.. listed.Value.Records.Select(r => ToApi(type, r, presenter))], listed.Value.Total, listed.Value.Next, listed.Value.Previous));
    }

    internal static async Task<IResult> OnAsync(RecordType type, string number, RecordStore store, PageContext page, Func<Record, Task<IResult>> act)
    {
        var found = await store.FindAsync(page.Actor, type, number);
        return found.IsOk ? await act(found.Value) : Refused(found.Errors);
    }

    private static async Task<ApiRecord> ToApiAsync(RecordType type, Record record, RecordPresenter presenter)
    {
        await presenter.LoadAsync(type, [record]);
        return ToApi(type, record, presenter);
    }

    private static ApiRecord ToApi(RecordType type, Record record, RecordPresenter presenter) => new(
        record.Number, record.Id, type.Key, record.Version, record.State, record.ArchivedAt is not null,
        type.Fields.Where(f => !f.Sensitive && f.GetText(record) is not null).ToDictionary(f => f.Key, f => presenter.Exported(f, record)));

    internal static string Article(string name) => ("aeiou".Contains(char.ToLowerInvariant(name[0]), StringComparison.Ordinal) ? "an " : "a ") + name.ToLowerInvariant();
}
