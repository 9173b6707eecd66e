using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Rows;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>A password to keep.</summary>
/// <param name="Password">The password; empty to remove what is kept.</param>
public sealed record DatabasePassword(string? Password);

/// <summary>Addresses of the log databases: how they stand, their passwords, and the trial.</summary>
internal static class DatabaseEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).ExcludeFromDescription();
        pages.MapPost("/database-password", PasswordPageAsync);
        pages.MapPost("/database-trial", TryPageAsync);
        var api = routes.MapGroup("/api/v1/logs").WithTags("Logs");
        api.MapGet("/reading", ReadingAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-reading").WithSummary("How far log databases have been read").WithDescription("Counts since each was last started; bookmark is the highest that is stored, lag in seconds: 0 when all was read, else the age of the last row. problem says why rows cannot be read.");
        api.MapPut("/databases/{number}/password", PasswordApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-database-password").WithSummary("Set the password of a log database").WithDescription("It is kept protected and never given back. It belongs to the host, port, database and account that the record names now: when these change, it must be set again. Empty removes it.");
        api.MapPost("/databases/{number}/trial", TryApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-database-try").WithSummary("Ask a log database once, and store nothing").WithDescription("The first 20 rows from the lowest bookmark, as events; or what is wrong, with its place in the query.");
    }

    private static async Task<IResult> ReadingAsync(RecordStore store, PageContext page, LogDatabases databases, HttpContext http)
    {
        var listed = await store.ListAsync(page.Actor, store.Types.Find(LogDatabaseType.TypeKey)!, new RecordQuery { PageSize = 500 }, http.RequestAborted);
        return listed.IsOk ? Results.Json(listed.Value.Records.Select(r => Told((LogDatabase)r, databases.Of(r.Id)))) : Refusals.Of(listed.Errors);

        static object Told(LogDatabase database, RowTailState? state) => new
        {
            database.Number, name = database.Title, database.Source, database.Kind, on = state is not null, problem = state?.Problem?.En, problemZh = state?.Problem?.Zh,
            state?.Rows, state?.Faulty, state?.Bookmark, state?.LastRow, state?.LastTaken, state?.LastRead, lag = state?.Lag?.TotalSeconds, state?.PerMinute,
        };
    }

    // Who may change the record may say its password and have it asked.
    private static async Task<Result<LogDatabase>> FindAsync(string? number, RecordStore store, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<LogDatabase>(), (number ?? "").Trim().ToUpperInvariant(), http.RequestAborted);
        if (!found.IsOk) return Result.Fail<LogDatabase>(found.Errors);
        var database = (LogDatabase)found.Value;
        var type = store.Types.Of(database);
        return page.Actor.May(type, Right.Write, database) ? Result.Of(database) : Result.Fail<LogDatabase>(Refusals.Missing(Right.Write, type.Name));
    }

    private static async Task<IResult> PasswordPageAsync(RecordStore store, PageContext page, DatabasePasswords passwords, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var kept = await KeepAsync(form["number"].ToString(), form.Secret("password"), store, page, passwords, http);
        if (!kept.IsOk && kept.Errors[0].Code != "logs.database.password") return Refusals.Of(kept.Errors);
        if (kept.IsOk) page.Flash(Texts.T("logs.db-password-kept"));
        else page.Flash(kept.Errors[0].Message.ToString(), bad: true);
        return Results.LocalRedirect(store.Types.Of<LogDatabase>().PathOf(form["number"].ToString().Trim().ToUpperInvariant()));
    }

    private static async Task<IResult> PasswordApiAsync(string number, DatabasePassword body, RecordStore store, PageContext page, DatabasePasswords passwords, HttpContext http)
    {
        var kept = await KeepAsync(number, body.Password ?? "", store, page, passwords, http);
        return kept.IsOk ? Results.NoContent() : kept.Errors[0].Code == "logs.database.password" ? Refusals.Problem(422, kept.Errors) : Refusals.Of(kept.Errors);
    }

    private static async Task<Result> KeepAsync(string? number, string password, RecordStore store, PageContext page, DatabasePasswords passwords, HttpContext http)
    {
        var found = await FindAsync(number, store, page, http);
        if (!found.IsOk) return Result.Fail(found.Errors);
        if (password.Length > DatabasePasswords.MaxLength || password.Contains('\0', StringComparison.Ordinal)) return Result.Fail(Error.Of("logs.database.password", $"密碼最多 {DatabasePasswords.MaxLength} 字。", $"A password has at most {DatabasePasswords.MaxLength} characters.", "password"));
        await passwords.SetAsync(page.Actor, found.Value, password, http.RequestAborted);
        return Result.Ok;
    }

    private static async Task<IResult> TryPageAsync(RecordStore store, PageContext page, LogDatabases databases, HttpContext http)
    {
        var found = await FindAsync((await http.Request.ReadFormAsync())["number"].ToString(), store, page, http);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var tried = await databases.TryAsync(found.Value, http.RequestAborted);
        return Pages.Of<DatabaseTrialPage>(new { Database = found.Value, Events = tried.IsOk ? tried.Value : [], Errors = tried.IsOk ? [] : tried.Errors }, tried.IsOk ? 200 : 422);
    }

    private static async Task<IResult> TryApiAsync(string number, RecordStore store, PageContext page, LogDatabases databases, HttpContext http)
    {
        var found = await FindAsync(number, store, page, http);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var tried = await databases.TryAsync(found.Value, http.RequestAborted);
        return tried.IsOk
            ? Results.Json(new { events = tried.Value.Select(e => new { e.Time, timeAssumed = e.TimeZoneAssumed, e.Severity, e.Host, e.App, e.SourceIp, e.Message, e.Raw, e.Fields, problems = e.Problems.Select(p => LogProblem.Text(p).En) }) })
            : Refusals.Problem(422, tried.Errors);
    }
}
