using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>The record that the results of a control test are attached to as well.</summary>
/// <param name="To">Its number; empty to untie.</param>
public sealed record SavedSearchTie(string? To);

/// <summary>What is done with a saved search beyond what every record has: run it, test now, tie its results to a record.</summary>
internal static class SavedSearchEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs/saved").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/{number}/run", RunAsync);
        pages.MapPost("/{number}/test", TestPageAsync);
        pages.MapPost("/{number}/tie", TiePageAsync);
        var api = routes.MapGroup("/api/v1/logs/saved").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithTags("Logs");
        api.MapGet("/{number}/results", ResultsAsync).Limited().WithName("logs-saved-results").WithSummary("Run a saved search").WithDescription("count and the newest events (limit up to 1,000, default 100), or the table when it has commands.");
        api.MapPost("/{number}/test", TestAsync).WithName("logs-saved-test").WithSummary("Run a control test now").WithDescription("outcome is passed, failed or not-evaluated. The result is attached to the test, and to the record that it is tied to, as evidence; unless it passed, an alert is raised.");
        api.MapPost("/{number}/tie", TieAsync).WithName("logs-saved-tie").WithSummary("Attach the results of a control test to a record as well").WithDescription("to is the number of a record that you may write; empty unties.");
    }

    private static async Task<Result<SavedSearch>> FindAsync(RecordStore store, Actor actor, string number, CancellationToken cancellation)
    {
        var found = await store.FindAsync(actor, store.Types.Of<SavedSearch>(), number, cancellation);
        return found.IsOk ? Result.Of((SavedSearch)found.Value) : Result.Fail<SavedSearch>(found.Errors);
    }

    private static async Task<Result<SavedSearch>> WritableAsync(RecordStore store, Actor actor, string number, CancellationToken cancellation)
    {
        var found = await FindAsync(store, actor, number, cancellation);
        return found.IsOk && !actor.May(store.Types.Of<SavedSearch>(), Right.Write, found.Value) ? Result.Fail<SavedSearch>(Refusals.Missing(Right.Write, store.Types.Of<SavedSearch>().PluralName)) : found;
    }

    private static async Task<IResult> RunAsync(string number, RecordStore store, PageContext page, HttpContext http)
    {
        var found = await FindAsync(store, page.Actor, number, http.RequestAborted);
        return found.IsOk ? Results.LocalRedirect(SavedSearches.HrefOf(found.Value)) : Refusals.Of(found.Errors);
    }

    private static async Task<IResult> TestPageAsync(string number, RecordStore store, PageContext page, SavedSearches searches, HttpContext http)
    {
        var tested = await TestedAsync(number, store, page.Actor, searches, http.RequestAborted);
        if (!tested.IsOk && tested.Errors[0].Code is "access.denied" or "record.not-found") return Refusals.Of(tested.Errors);
        page.Flash(tested.IsOk ? $"{SavedSearches.Word(tested.Value.Outcome)}{Texts.T("ui.colon")}{tested.Value.Why}" : tested.Errors[0].Message.ToString(), bad: !tested.IsOk || tested.Value.Outcome != SavedSearchType.Passed);
        return Results.LocalRedirect(store.Types.Of<SavedSearch>().PathOf(number) + "#evidence");
    }

    private static async Task<IResult> TestAsync(string number, RecordStore store, PageContext page, SavedSearches searches, HttpContext http)
    {
        var tested = await TestedAsync(number, store, page.Actor, searches, http.RequestAborted);
        return tested.IsOk
            ? Results.Json(new { outcome = tested.Value.Outcome, count = tested.Value.Count, from = tested.Value.From, to = tested.Value.To, why = tested.Value.Why.ToString(), evidence = tested.Value.Evidence?.Sha256 })
            : Refusals.Of(tested.Errors);
    }

    private static async Task<Result<TestResult>> TestedAsync(string number, RecordStore store, Actor actor, SavedSearches searches, CancellationToken cancellation)
    {
        var found = await WritableAsync(store, actor, number, cancellation);
        return found.IsOk ? await searches.TestAsync(found.Value.Id, cancellation) : Result.Fail<TestResult>(found.Errors);
    }

    private static async Task<IResult> TiePageAsync(string number, RecordStore store, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var tied = await TiedAsync(number, form["to"].ToString(), store, page.Actor, http.RequestAborted);
        if (!tied.IsOk && tied.Errors[0].Place is null) return Refusals.Of(tied.Errors);
        page.Flash(tied.IsOk ? Texts.T("logs.saved-tied") : tied.Errors[0].Message.ToString(), bad: !tied.IsOk);
        return Results.LocalRedirect(store.Types.Of<SavedSearch>().PathOf(number));
    }

    private static async Task<IResult> TieAsync(string number, SavedSearchTie body, RecordStore store, PageContext page, HttpContext http)
    {
        var tied = await TiedAsync(number, body.To, store, page.Actor, http.RequestAborted);
        return tied.IsOk ? Results.NoContent() : Refusals.Of(tied.Errors);
    }

    // The product attaches the results by itself later: whoever ties must be one who might attach them.
    private static async Task<Result<SavedSearch>> TiedAsync(string number, string? to, RecordStore store, Actor actor, CancellationToken cancellation)
    {
        var found = await WritableAsync(store, actor, number, cancellation);
        if (!found.IsOk) return found;
        var target = (to ?? "").Trim().ToUpperInvariant();
        if (target.Length > 0)
        {
            var record = await store.FindAsync(actor, target, cancellation);
            if (!record.IsOk) return Result.Fail<SavedSearch>(record.Errors[0] with { Place = "to" });
            var type = store.Types.Of(record.Value);
            if (!actor.May(type, Right.Write, record.Value)) return Result.Fail<SavedSearch>(Refusals.Missing(Right.Write, type.PluralName) with { Place = "to" });
            if (record.Value.Id == found.Value.Id) return Result.Fail<SavedSearch>(Error.Of("logs.saved.self", "結果本來就附在這個測試上。", "The results are attached to the test itself already.", "to"));
        }

        if (found.Value.State == "review") return Result.Fail<SavedSearch>(Error.Of("logs.saved.in-review", "審核中不能變更。", "It is not changed while it is in review.", "to"));
        var kept = await store.Db.FindAsync<SavedSearch>([found.Value.Id], cancellation);
        store.Db.ActAs(actor, "tie");
        kept!.TiedTo = target;
        await store.Db.SaveChangesAsync(cancellation);
        return Result.Of(kept);
    }

    private static async Task<IResult> ResultsAsync(string number, int? limit, RecordStore store, PageContext page, LogService logs, TimeProvider clock, HttpContext http)
    {
        var found = await FindAsync(store, page.Actor, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var search = found.Value.SearchAt(clock.GetUtcNow()) with { Limit = Math.Clamp(limit ?? 100, 1, 1_000) };
        if (search.Query.IsTable)
        {
            var table = await logs.Store.TableAsync(search, search.Limit, http.RequestAborted);
            return Results.Json(new { query = found.Value.Query, from = search.From, to = search.To, columns = table.Columns.Select(c => new { name = c.Name, type = c.Type.ToString().ToLowerInvariant() }), rows = table.Rows, truncated = table.Truncated, notes = table.Notes.Select(n => n.ToString()) });
        }

        var histogram = await logs.Store.HistogramAsync(search, cancellation: http.RequestAborted);
        var events = await logs.Store.SearchAsync(search, http.RequestAborted);
        return Results.Json(new { query = found.Value.Query, from = search.From, to = search.To, count = histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others), events = events.Events.Select(LogEndpoints.Shown), notes = events.Notes.Union(histogram.Notes).Select(n => n.ToString()) });
    }
}
