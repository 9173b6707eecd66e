using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>Addresses of the logs.</summary>
internal static class LogEndpoints
{
    private static readonly SearchQuery Others = SearchQuery.Parse("-source:" + AuditFeed.Source).Value;
    private const long MaxUpload = 1L << 30;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/search", SearchPageAsync);
        pages.MapGet("/rules", (Detection detection) => Pages.Of<RulesPage>(new { Set = detection.Rules }));
        pages.MapGet("/import", () => Pages.Of<ImportPage>()).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/import", UploadAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/events/{id}", EventAsync);
        pages.MapPost("/evidence", AttachAsync);
        pages.MapPost("/alerts/{number}/incident", OpenIncidentAsync);
        var api = routes.MapGroup("/api/v1/logs").WithTags("Logs");
        api.MapGet("/search", SearchAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapPost("/import", ImportAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxUpload));
    }

    private static async Task<IResult> SearchPageAsync(string? q, string? from, string? to, string? after, LogService logs, HttpContext http)
    {
        q ??= "";
        var query = SearchQuery.Parse(q);
        var timesRead = TryTime(from, out var begin) & TryTime(to, out var end);
        if (!query.IsOk || !timesRead)
        {
            var problem = query.IsOk ? "2026-11-23T10:00" : query.Errors[0].ToString();
            return Pages.Of<SearchPage>(new { Q = q, From = from ?? "", To = to ?? "", Problem = problem }, 422);
        }

        var store = logs.Store;
        // Nothing said: the week up to the newest event. An empty box says that there is no bound.
        // The product's own events never end, so they do not say where the others are.
        if (from is null && to is null && (await store.SearchAsync(new LogSearch { Query = Others, Limit = 1 }, http.RequestAborted)).Events is [var newest]) begin = newest.Time.AddDays(-7);
        var search = new LogSearch { Query = query.Value, From = begin, To = end, Limit = 100, After = after is null ? null : LogCursor.Parse(after) };
        var page = await store.SearchAsync(search, http.RequestAborted);
        var histogram = await store.HistogramAsync(search, cancellation: http.RequestAborted);
        var buckets = histogram.Buckets.Select(b => new Hufu.Web.Components.HistogramBucket(
            SiteTime.Local(b.From),
            new Dictionary<Hufu.Web.Components.SeverityLevel, long> { [Hufu.Web.Components.SeverityLevel.High] = b.Errors, [Hufu.Web.Components.SeverityLevel.Medium] = b.Warnings, [Hufu.Web.Components.SeverityLevel.Info] = b.Others },
            Href(q, Local(b.From), Local(b.From + histogram.Width), null))).ToList();
        var (shownFrom, shownTo) = (begin is { } b1 ? Local(b1) : "", end is { } e1 ? Local(e1) : "");
        return Pages.Of<SearchPage>(new { Q = q, From = shownFrom, To = shownTo, page.Events, Buckets = (IReadOnlyList<Hufu.Web.Components.HistogramBucket>)buckets, NextHref = page.Next is { } next ? Href(q, shownFrom, shownTo, next.ToString()) : null });
    }

    private static async Task<IResult> UploadAsync(LogImport import, StorageOptions storage, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var outcomes = new List<LogImportOutcome>();
        var errors = new List<Error>();
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        foreach (var file in form.Files)
        {
            var name = Path.GetFileName(file.FileName.Replace('\\', '/'));
            var ending = Path.GetExtension(name).ToLowerInvariant();
            if (!LogImport.Endings.Contains(ending))
            {
                errors.Add(Error.Of("logs.import.ending", $"只接受 {string.Join(" ", LogImport.Endings)}。", $"Only {string.Join(" ", LogImport.Endings)} are taken.", name));
                continue;
            }

            var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ending);
            try
            {
                await using (var target = File.Create(path)) await file.CopyToAsync(target, http.RequestAborted);
                var outcome = await import.ImportAsync(page.Actor, path, name, RecordText(form, "source") ?? name, cancellation: http.RequestAborted);
                if (outcome.IsOk) outcomes.Add(outcome.Value);
                else errors.AddRange(outcome.Errors.Select(e => e with { Place = name }));
            }
            finally
            {
                File.Delete(path);
            }
        }

        if (form.Files.Count == 0) errors.Add(Error.Of("import.no-file", "請選擇檔案。", "Choose a file."));
        return Pages.Of<ImportPage>(new { Outcomes = outcomes, Errors = errors }, errors.Count > 0 ? 422 : 200);
    }

    private static string? RecordText(IFormCollection form, string name) => form[name].ToString() is { Length: > 0 } text ? text : null;

    private static async Task<IResult> EventAsync(string id, LogService logs, HttpContext http)
    {
        var store = logs.Store;
        if (store.GetEvent(id) is not { } item) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var around = new List<LogEvent>();
        var host = item.Host is null ? SearchQuery.Everything : SearchQuery.Parse($"host:\"{item.Host.Replace("\"", "", StringComparison.Ordinal)}\"") is { IsOk: true } parsed ? parsed.Value : SearchQuery.Everything;
        var page = await store.SearchAsync(new LogSearch { Query = host, From = item.Time.AddMinutes(-5), To = item.Time.AddMinutes(5), Limit = 200 }, http.RequestAborted);
        var events = page.Events.OrderBy(e => e.Time).ToList();
        var at = events.FindIndex(e => e.Id == id);
        around.AddRange(at < 0 ? [item] : events.Skip(Math.Max(0, at - 20)).Take(41));
        return Pages.Of<EventPage>(new { Item = item, Proof = store.Prove(id), Around = around });
    }

    private static async Task<IResult> AttachAsync(RecordStore store, PageContext page, LogExcerpt excerpt, HttpContext http)
    {
        var number = (await http.Request.ReadFormAsync())["number"].ToString();
        if (store.Types.ByNumber(number) is not { } type || await store.FindAsync(page.Actor, type, number) is not { IsOk: true } found) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var ids = await RecordEvents.OfAsync(store, page.Actor, found.Value);
        if (ids.Count == 0) page.Flash(Texts.T("logs.no-events"), bad: true);
        else if (await excerpt.AttachAsync(store, page.Actor, found.Value, ids, http.RequestAborted) is { IsOk: false } failed) page.Flash(failed.Errors[0].Message.ToString(), bad: true);
        else page.Flash(Texts.T("logs.attached"));
        return Results.LocalRedirect(type.PathOf(number) + "#evidence");
    }

    private static async Task<IResult> OpenIncidentAsync(string number, RecordStore store, PageContext page, OpenIncidentFromAlert open, LogExcerpt excerpt, HttpContext http)
    {
        var type = store.Types.Of<Alert>();
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk || found.Value is not Alert alert) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var opened = await open.ExecuteAsync(store, page.Actor, alert.Id, $"{alert.Number} {alert.RuleTitle}", cancellation: http.RequestAborted);
        if (!opened.IsOk)
        {
            page.Flash(opened.Errors[0].ToString(), bad: true);
            return Results.LocalRedirect(type.PathOf(number));
        }

        var attached = await excerpt.AttachAsync(store, page.Actor, opened.Value, alert.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries), http.RequestAborted);
        if (!attached.IsOk) page.Flash(attached.Errors[0].ToString(), bad: true);
        return Results.LocalRedirect(store.Types.Of(opened.Value).PathOf(opened.Value.Number));
    }

    private static string Local(DateTimeOffset at) => SiteTime.Local(at).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Href(string q, string from, string to, string? after) =>
        $"/logs/search?q={Uri.EscapeDataString(q)}&from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}" + (after is null ? "" : $"&after={Uri.EscapeDataString(after)}");

    private static async Task<IResult> SearchAsync(string? q, string? from, string? to, string? after, int? limit, LogService logs, HttpContext http)
    {
        var query = SearchQuery.Parse(q ?? "");
        if (!query.IsOk) return Refused(query.Errors[0], 400);
        if (!TryTime(from, out var begin) || !TryTime(to, out var end)) return Refused(Error.Of("logs.search.time", "時間格式為 2026-11-23T10:00。", "Times are written 2026-11-23T10:00."), 400);
        var page = await logs.Store.SearchAsync(new LogSearch { Query = query.Value, From = begin, To = end, Limit = Math.Clamp(limit ?? 100, 1, 1_000), After = after is null ? null : LogCursor.Parse(after) }, http.RequestAborted);
        return Results.Json(new
        {
            events = page.Events.Select(e => new { id = e.Id, time = e.Time, receivedAt = e.ReceivedAt, source = e.Source, host = e.Host, app = e.App, severity = e.Severity, sourceIp = e.SourceIp, message = e.Message, raw = e.Raw, format = e.Format, fields = e.Fields, problems = e.Problems }),
            next = page.Next?.ToString(),
        });
    }

    private static async Task<IResult> ImportAsync(string name, string? source, HttpContext http, LogImport import, StorageOptions storage, PageContext page)
    {
        var ending = Path.GetExtension(name).ToLowerInvariant();
        if (!LogImport.Endings.Contains(ending)) return Refused(Error.Of("logs.import.ending", $"只接受 {string.Join(" ", LogImport.Endings)}。", $"Only {string.Join(" ", LogImport.Endings)} are taken.", "name"), 415);
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ending);
        try
        {
            await using (var file = File.Create(path)) await http.Request.Body.CopyToAsync(file, http.RequestAborted);
            var done = await import.ImportAsync(page.Actor, path, Path.GetFileName(name), source ?? "", cancellation: http.RequestAborted);
            return done.IsOk ? Results.Json(done.Value) : Refused(done.Errors[0], 422);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IResult Refused(Error error, int status) => Results.Json(new { error = new { code = error.Code, message = error.Message.ToString(), place = error.Place } }, statusCode: status);

    /// <summary>A time as the date box writes it, in the site's zone; with an offset it is taken as it is. Nothing given is no bound.</summary>
    internal static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrEmpty(text)) return true;
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            time = new DateTimeOffset(local, SiteTime.Zone.GetUtcOffset(local)).ToUniversalTime();
            return true;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return false;
        time = instant.ToUniversalTime();
        return true;
    }
}
