using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Web;
using Hufu.Web.Components;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Hufu.Monitoring.Logs;

/// <summary>What an analyst does with a search besides reading its results: fields, what comes in now, what stands around an event.</summary>
internal static class SearchEndpoints
{
    /// <summary>Rows that the page of a live tail keeps.</summary>
    internal const int TailRows = 500;

    /// <summary>Most events before and after one.</summary>
    internal const int MostAround = 1_000;

    /// <summary>Events, newest first, that the list of fields is made of.</summary>
    internal const int SampleEvents = 1_000;

    // With the pause the bound of the rate of one reader: 400 events a second.
    private const int TailStep = 200;
    private const int TailShown = 50;
    private const int LongestWait = 25;
    private static readonly TimeSpan TailPause = TimeSpan.FromMilliseconds(500);

    // Then the browser asks again, with its rights as they are by then.
    private static readonly TimeSpan LongestTail = TimeSpan.FromMinutes(5);

    /// <summary>What else is looked at around an event.</summary>
    internal static readonly IReadOnlyList<string> Scopes = ["host", "source", "both", "all"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/search/field", FieldAsync).Limited((_, error) => Pages.Of<FieldProblem>(new { Text = error.Message.ToString() }, 422));
        pages.MapGet("/tail", TailPageAsync).Limited((http, error) => Pages.Of<TailPage>(new { Q = http.Request.Query["q"].ToString(), Problem = error.Message.ToString() }, 422));
        pages.MapGet("/events/{segment}/{row:long}/around", AroundPageAsync).Limited((_, error) => Pages.Of<ErrorPage>(new { Title = Texts.T("logs.around-title"), Text = error.Message.ToString() }, 422));
        var api = routes.MapGroup("/api/v1/logs").WithTags("Logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapGet("/fields", FieldsAsync).Limited().WithName("logs-fields").WithSummary("The fields that the events of a search have").WithDescription("Of a sample: the newest 1,000 events found. events says how many of the sample have the field; common marks names of the Elastic Common Schema, which stand for what sources call by their own names.");
        api.MapGet("/events/{segment}/{row:long}/around", AroundApiAsync).Limited().WithName("logs-around").WithSummary("What stands before and after an event").WithDescription("by is host, source, both (default) or all; before and after up to 1,000, default 20. Both lists are oldest first, ordered by time and then by id.");
        api.MapGet("/tail", TailAsync).WithName("logs-tail").WithSummary("Events as they come in").WithDescription("In the order of storing, from at on; without it from now on. With Accept: text/event-stream it goes on for five minutes; ask again with Last-Event-ID. Otherwise one answer, which comes as soon as something matches or after wait seconds (up to 25, default 0). next is the at of the next call: nothing is given twice and nothing left out but what skipped counts, when more came at once than is given. At most 40 at a time, five a person.");
    }

    internal static string TailHref(string q) => "/logs/tail?q=" + Uri.EscapeDataString(q);

    internal static string AroundHref(string id, string by, int before, int after) => string.Create(CultureInfo.InvariantCulture, $"/logs/events/{id}/around?by={by}&before={before}&after={after}");

    internal static string Clipped(LogEvent item) => item.Message.Length > 400 ? item.Message[..400] + "…" : item.Message.Length == 0 ? item.Id : item.Message;

    /// <summary>The query for what is looked at around an event.</summary>
    internal static string ScopeOf(LogEvent item, string by)
    {
        var q = "";
        if (by is "host" or "both" && item.Host is { } host) q = LogEndpoints.With(q, "host", host);
        if (by is "source" or "both") q = LogEndpoints.With(q, "source", item.Source);
        // A name that is too long for a query narrows nothing.
        return SearchQuery.Parse(q).IsOk ? q : "";
    }

    internal static Task<LogSurroundings> AroundAsync(LogStore store, LogEvent item, string by, int before, int after, CancellationToken cancellation) =>
        store.AroundAsync(item, new LogSearch { Query = SearchQuery.Parse(ScopeOf(item, by)).Value }, before, after, cancellation);

    private static async Task<IResult> FieldAsync(string? q, string? from, string? to, string? name, LogService logs, HttpContext http)
    {
        var asked = LogEndpoints.Asked(q, from, to);
        if (!asked.IsOk || string.IsNullOrEmpty(name) || name.Length > LogEndpoints.MaxFieldName) return Pages.Of<FieldProblem>(new { Text = asked.IsOk ? Texts.T("logs.field-unknown") : asked.Errors[0].ToString() }, 422);
        var values = await logs.Search.TopValuesAsync(asked.Value, name, LogEndpoints.FacetValues, http.RequestAborted);
        return Pages.Of<FieldValues>(new { Field = name, Values = values, Q = q ?? "", From = from ?? "", To = to ?? "" });
    }

    private static async Task<IResult> FieldsAsync(string? q, string? from, string? to, LogService logs, HttpContext http)
    {
        var asked = LogEndpoints.Asked(q, from, to);
        if (!asked.IsOk) return Refusals.Of(asked.Errors);
        if (asked.Value.Query.IsTable) return Refusals.Of([Error.Of("logs.fields.table", "欄位清單不適用於 | 之後有指令的搜尋。", "A search with commands behind | has columns, not fields.", "q")]);
        var sample = (await logs.Search.SearchAsync(asked.Value with { Limit = SampleEvents }, http.RequestAborted)).Events;
        return Results.Json(new { sample = sample.Count, fields = LogFieldShare.Of(sample).Select(f => new { name = f.Name, events = f.Events, common = f.IsCommon }) });
    }

    private static async Task<IResult> AroundPageAsync(string segment, long row, string? by, int? before, int? after, LogService logs, HttpContext http)
    {
        if (logs.Store.GetEvent(LogEndpoints.IdOf(segment, row)) is not { } item) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var (scope, first, last) = Asked(by, before, after);
        return Pages.Of<AroundPage>(new { Item = item, Around = await AroundAsync(logs.Store, item, scope, first, last, http.RequestAborted), By = scope, Before = first, After = last });
    }

    private static async Task<IResult> AroundApiAsync(string segment, long row, string? by, int? before, int? after, LogService logs, HttpContext http)
    {
        if (logs.Store.GetEvent(LogEndpoints.IdOf(segment, row)) is not { } item) return Refusals.Of([Error.Of("logs.event.not-found", "沒有這筆日誌。", "There is no such event.")]);
        var (scope, first, last) = Asked(by, before, after);
        var around = await AroundAsync(logs.Store, item, scope, first, last, http.RequestAborted);
        return Results.Json(new { by = scope, query = ScopeOf(item, scope), before = around.Before.Select(LogEndpoints.Shown), @event = LogEndpoints.Shown(item), after = around.After.Select(LogEndpoints.Shown), moreBefore = around.MoreBefore, moreAfter = around.MoreAfter });
    }

    private static (string By, int Before, int After) Asked(string? by, int? before, int? after) =>
        (by is not null && Scopes.Contains(by) ? by : "both", Math.Clamp(before ?? 20, 0, MostAround), Math.Clamp(after ?? 20, 0, MostAround));

    private static async Task<IResult> TailPageAsync(string? q, LogService logs, TimeProvider clock, HttpContext http)
    {
        q ??= "";
        var asked = Followable(q);
        if (!asked.IsOk) return Pages.Of<TailPage>(new { Q = q, Problem = asked.Errors[0].ToString() }, 422);
        // What is there stands on the page; the tail goes on behind it.
        var end = logs.Store.End;
        var shown = await logs.Store.SearchAsync(asked.Value with { From = clock.GetUtcNow().AddHours(-1), Limit = TailShown }, http.RequestAborted);
        var events = shown.Events.Where(e => LogPlace.Parse(e.Id) is { } at && (string.CompareOrdinal(at.Segment, end.Segment) < 0 || (at.Segment == end.Segment && at.Row < end.Row))).ToList();
        return Pages.Of<TailPage>(new { Q = q, Url = $"/api/v1/logs/tail?q={Uri.EscapeDataString(q)}&at={Uri.EscapeDataString(end.ToString())}", Events = (IReadOnlyList<LogEvent>)events });
    }

    private static Result<LogSearch> Followable(string? q)
    {
        var asked = LogEndpoints.Asked(q, null, null);
        return asked.IsOk && asked.Value.Query.IsTable ? Result.Fail<LogSearch>(Error.Of("logs.tail.table", "即時檢視的是日誌本身：請去掉 | 之後的指令。", "What is followed are the events: leave out the commands behind |.", "q")) : asked;
    }

    private static async Task<IResult> TailAsync(string? q, string? at, int? wait, int? limit, LogService logs, LiveTails tails, QueryLimit time, PageContext page, IHostApplicationLifetime host, HttpContext http)
    {
        var asked = Followable(q);
        if (!asked.IsOk) return Refusals.Of(asked.Errors);
        var last = http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } given ? given : at;
        var place = string.IsNullOrEmpty(last) ? logs.Store.End : LogPlace.Parse(last);
        if (place is null) return Refusals.Of([Error.Of("logs.tail.place", "at 不是這個日誌庫的位置。", "at is no place of a log store.", "at")]);
        var taken = tails.Begin(page.Actor);
        if (!taken.IsOk) return Refusals.Problem(429, taken.Errors);
        using var owned = taken.Value;
        var streams = http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
        // The end of the caller, of the server, and of the time for which the rights were looked at.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        ending.CancelAfter(streams ? LongestTail : TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWait)) + time.Longest);
        var most = Math.Clamp(limit ?? TailStep, 1, streams ? TailStep : 1_000);
        try
        {
            if (!streams)
            {
                var step = await OnceAsync(logs.Store, asked.Value, place, most, TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWait)), ending.Token);
                return Results.Json(new { events = step.Events.Select(LogEndpoints.Shown), skipped = step.Skipped, next = step.Next.ToString() });
            }

            // What has come since the place that was given may be much: it is a query like any other.
            FollowedEvents missed;
            using (var first = CancellationTokenSource.CreateLinkedTokenSource(ending.Token))
            {
                first.CancelAfter(time.Longest);
                try
                {
                    missed = await logs.Store.FollowedAsync(asked.Value, place, most, first.Token);
                }
                catch (OperationCanceledException) when (first.IsCancellationRequested && !ending.IsCancellationRequested)
                {
                    return Refusals.Problem(422, [time.Error]);
                }
            }

            http.Response.ContentType = "text/event-stream";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await WriteAsync(http, missed.Next, missed, ending.Token);
            await foreach (var step in logs.Store.FollowAsync(asked.Value, missed.Next, most, TailPause, ending.Token)) await WriteAsync(http, step.Next, step, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Whoever follows goes on from the last place that was told.
        }
        catch (ObjectDisposedException) when (host.ApplicationStopping.IsCancellationRequested)
        {
            // The store was closed first.
        }

        return streams ? Results.Empty : Refusals.Problem(422, [time.Error]);
    }

    // As soon as something matches, or with nothing when the time is over.
    private static async Task<FollowedEvents> OnceAsync(LogStore store, LogSearch search, LogPlace place, int most, TimeSpan wait, CancellationToken cancellation)
    {
        var until = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var at = place; ;)
        {
            var step = await store.FollowedAsync(search, at, most, cancellation);
            if (step.Events.Count > 0 || System.Diagnostics.Stopwatch.GetElapsedTime(until) >= wait) return step;
            at = step.Next;
            do await Task.Delay(TailPause, cancellation);
            while (store.End == at && System.Diagnostics.Stopwatch.GetElapsedTime(until) < wait);
        }
    }

    // A step without events still tells the place, so that a tail that is taken up again does not look at all of it once more.
    private static async Task WriteAsync(HttpContext http, LogPlace next, FollowedEvents step, CancellationToken cancellation)
    {
        var data = JsonSerializer.Serialize(new
        {
            skipped = step.Skipped,
            events = step.Events.Select(e => new
            {
                id = e.Id, time = SiteTime.Local(e.Time).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), severity = e.Severity is { } s ? SeverityBadge.Word(SearchPage.LevelOf(s)) : "–", host = e.Host ?? "", app = e.App ?? "", message = Clipped(e), href = LogEndpoints.EventHref(e.Id),
            }),
        });
        await http.Response.WriteAsync($"id: {next}\ndata: {data}\n\n", cancellation);
        await http.Response.Body.FlushAsync(cancellation);
    }
}
