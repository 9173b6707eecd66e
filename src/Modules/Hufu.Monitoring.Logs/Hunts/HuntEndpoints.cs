using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>A hunt to make.</summary>
/// <param name="Level">Rules of this level and above.</param>
/// <param name="Tag">Rules with a tag that begins so.</param>
/// <param name="Text">Rules with this in their title, id or description.</param>
/// <param name="Rules">These rules alone, by id, name or title.</param>
/// <param name="Own">Sigma YAML to hunt with instead of the rules in use.</param>
/// <param name="Query">A search that narrows the events.</param>
/// <param name="From">Begin, as in the address of a search; none for no bound.</param>
/// <param name="To">End; now when absent.</param>
/// <param name="Alerts">Raise alerts; needs the right to write.</param>
/// <param name="Indicators">Numbers of indicator lists, or keys of single indicators: alone where nothing is said of rules, else besides them.</param>
public sealed record HuntRequest(string? Level, string? Tag, string? Text, IReadOnlyList<string>? Rules, string? Own, string? Query, string? From, string? To, bool Alerts = false, IReadOnlyList<string>? Indicators = null);

/// <summary>How far back the product hunts by itself.</summary>
/// <param name="Days">0, 1, 7 or 30.</param>
public sealed record HuntSettingsRequest(int Days);

/// <summary>Addresses of hunts.</summary>
internal static class HuntEndpoints
{
    private const int PageHits = 100;
    private const int MostHits = 1_000;
    private const long MaxRequest = 24L << 20;

    private static readonly Error NoHunt = Error.Of("logs.hunt.not-found", "沒有這個回溯搜尋。", "There is no such hunt.");
    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs/hunts").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("", async (string? level, string? tag, string? text, string? rules, string? indicators, string? q, string? from, string? to, Hunts hunts, PageContext page, TimeProvider clock, HttpContext http) =>
            await ListPageAsync(new HuntRequest(level, tag, text, Keys(rules), null, q, from ?? LogEndpoints.Local(clock.GetUtcNow().AddDays(-7)), to, Indicators: Keys(indicators)), null, [], hunts, page, 200, http));
        pages.MapPost("", AskAsync).WithMetadata(new RequestSizeLimitAttribute(MaxRequest));
        pages.MapPost("/estimate", EstimateAsync).WithMetadata(new RequestSizeLimitAttribute(MaxRequest));
        pages.MapPost("/settings", SettingsAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/{hunt:guid}", PageAsync);
        pages.MapGet("/{hunt:guid}/file", FileAsync);
        pages.MapPost("/{hunt:guid}/cancel", async (Guid hunt, Hunts hunts, PageContext page, HttpContext http) => await ActAsync(hunt, hunts, page, http, found => hunts.CancelAsync(page.Actor, found, http.RequestAborted), $"/logs/hunts/{hunt}"));
        pages.MapPost("/{hunt:guid}/delete", async (Guid hunt, Hunts hunts, PageContext page, HttpContext http) => await ActAsync(hunt, hunts, page, http, found => hunts.DeleteAsync(page.Actor, found, http.RequestAborted), "/logs/hunts"));
        pages.MapPost("/{hunt:guid}/alerts", RaiseAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        var api = routes.MapGroup("/api/v1/logs/hunts").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithTags("Logs");
        api.MapGet("", async (Hunts hunts, HttpContext http) => Results.Json((await hunts.ListAsync(http.RequestAborted)).Select(h => Told(h, false)))).WithName("logs-hunts").WithSummary("Hunts through stored events, newest first");
        api.MapPost("", AskApiAsync).WithMetadata(new RequestSizeLimitAttribute(MaxRequest)).WithName("logs-hunt").WithSummary("Take stored events through detection rules").WithDescription("Without level, tag, text, rules, own or indicators every rule in use is hunted with; own is Sigma YAML; indicators names indicator lists by number, or single indicators by key, and stands alone where nothing is said of rules. query narrows the events as a search does, and then correlations count only those. Correlations also count events from their longest time span before from. The answer comes at once; state, events and total tell how far it is. alerts raises alerts that are marked as found in history and needs the right to write; an event that was counted before is not counted again.");
        api.MapPost("/estimate", EstimateApiAsync).WithMetadata(new RequestSizeLimitAttribute(MaxRequest)).WithName("logs-hunt-estimate").WithSummary("What a hunt would cost").WithDescription("events and bytes to read, and seconds, about; passedOver are events of the period that need not be read, as the index of texts knows that no rule can match them. The time is from a rate that is measured now with these rules on events of the period; seconds is null when there is nothing to measure with.");
        api.MapGet("/settings", (Hunts hunts) => Results.Json(new { days = hunts.Settings.Days })).WithName("logs-hunt-settings").WithSummary("How far back new and changed rules are hunted with");
        api.MapPut("/settings", SettingsApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-hunt-settings-set").WithSummary("Set how far back new and changed rules are hunted with").WithDescription("days is 0 for not at all, 1, 7 or 30.");
        api.MapGet("/{hunt:guid}", async (Guid hunt, Hunts hunts, HttpContext http) => await hunts.FindAsync(hunt, http.RequestAborted) is { } found ? Results.Json(Told(found, true)) : Refusals.Of([NoHunt])).WithName("logs-hunt-state").WithSummary("How far a hunt is, and what each rule found");
        api.MapGet("/{hunt:guid}/hits", HitsAsync).WithName("logs-hunt-hits").WithSummary("The hits of a hunt").WithDescription("In the order in which they were found; rule narrows to one, skip and limit (up to 1,000) page through them. Each names its rule with the author.");
        api.MapGet("/{hunt:guid}/file", FileAsync).WithName("logs-hunt-file").WithSummary("The hits of a hunt as csv or jsonl");
        api.MapPost("/{hunt:guid}/cancel", async (Guid hunt, Hunts hunts, PageContext page, HttpContext http) => await ActApiAsync(hunt, hunts, http, found => hunts.CancelAsync(page.Actor, found, http.RequestAborted))).WithName("logs-hunt-cancel").WithSummary("End a hunt; what it found stays");
        api.MapPost("/{hunt:guid}/alerts", RaiseApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-hunt-alerts").WithSummary("Raise alerts of what a hunt found");
        api.MapDelete("/{hunt:guid}", async (Guid hunt, Hunts hunts, PageContext page, HttpContext http) => await ActApiAsync(hunt, hunts, http, found => hunts.DeleteAsync(page.Actor, found, http.RequestAborted))).WithName("logs-hunt-delete").WithSummary("Remove a hunt that has ended; its alerts stay");
    }

    private static object Told(HuntView hunt, bool rules) => new
    {
        id = hunt.Order.Id, state = hunt.State.State, text = hunt.State.Result.ToString(), by = hunt.Order.ByName, at = hunt.Order.At, automatic = hunt.Order.IsAutomatic,
        query = hunt.Order.Query, from = hunt.Order.From, to = hunt.Order.To, alerts = hunt.Order.Alerts,
        choice = new { level = hunt.Order.Choice.Level, tag = hunt.Order.Choice.Tag, text = hunt.Order.Choice.Text, rules = hunt.Order.Choice.Keys.Count > 0 ? hunt.Order.Choice.Keys : null, indicators = hunt.Order.Choice.Indicators.Count > 0 ? hunt.Order.Choice.Indicators : null, own = hunt.Order.Choice.Own },
        attempt = hunt.State.Attempt, startedAt = hunt.State.StartedAt, endedAt = hunt.State.EndedAt, ruleCount = hunt.State.RuleCount, refused = hunt.State.Refused,
        events = hunt.State.Events, total = hunt.State.Total, bytes = hunt.State.Bytes, hits = hunt.State.Hits, kept = hunt.State.Kept, uncounted = hunt.State.Uncounted, passedOver = hunt.State.PassedOver, resumed = hunt.State.Resumed,
        raised = hunt.State.Raised, created = hunt.State.Created, grown = hunt.State.Grown, known = hunt.State.Known,
        rules = rules ? hunt.State.Rules.OrderByDescending(r => r.Hits).Select(r => new { rule = r.Key, title = r.Title.ToString(), author = r.Author, license = r.License, level = r.Level, tags = r.Tags, hits = r.Hits, kept = r.Kept, firstSeen = r.First, lastSeen = r.Last }) : null,
    };

    private static string[]? Keys(string? text) => text?.Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } keys ? keys : null;

    private static Result<HuntOrder> OrderOf(HuntRequest wanted, TimeProvider clock)
    {
        if (!(LogEndpoints.TryTime(wanted.From, out var from) & LogEndpoints.TryTime(wanted.To, out var to))) return Result.Fail<HuntOrder>(new Error("logs.search.time", Texts.Both("logs.bad-time")));
        return Result.Of(new HuntOrder
        {
            Choice = new HuntChoice { Level = Given(wanted.Level), Tag = Given(wanted.Tag), Text = Given(wanted.Text), Keys = wanted.Rules ?? [], Own = Given(wanted.Own) is not null, Indicators = wanted.Indicators ?? [] },
            Query = wanted.Query?.Trim() ?? "", From = from, To = to ?? Instants.Truncate(clock.GetUtcNow()), Alerts = wanted.Alerts,
        });

        static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
    }

    private static async Task<Result<HuntOrder>> AskedAsync(HuntRequest wanted, Hunts hunts, PageContext page, TimeProvider clock, HttpContext http)
    {
        if (wanted.Alerts && !page.Actor.May(LogsModule.Area, Right.Write)) return Result.Fail<HuntOrder>(Refusals.Missing(Right.Write, Refusals.NameOf(LogsModule.Area)));
        var order = OrderOf(wanted, clock);
        return order.IsOk ? await hunts.AskAsync(page.Actor, order.Value, wanted.Own, http.RequestAborted) : order;
    }

    private static async Task<HuntRequest> FormAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var own = form["own"].ToString();
        foreach (var file in form.Files)
        {
            using var reader = new StreamReader(file.OpenReadStream());
            var text = await reader.ReadToEndAsync(http.RequestAborted);
            own = own.Length == 0 ? text : own + "\n---\n" + text;
        }

        return new HuntRequest(form["level"], form["tag"], form["text"], Keys(form["rules"]), own, form["q"], form["from"], form["to"], form["alerts"].Contains("true"), Keys(form["indicators"]));
    }

    private static async Task<IResult> ListPageAsync(HuntRequest wanted, HuntEstimate? estimate, IReadOnlyList<Error> errors, Hunts hunts, PageContext page, int status, HttpContext http) =>
        Pages.Of<HuntsPage>(new { Hunts = await hunts.ListAsync(http.RequestAborted), Wanted = wanted, Estimate = estimate, Errors = errors, hunts.Settings, MayWrite = page.Actor.May(LogsModule.Area, Right.Write) }, status);

    private static async Task<IResult> AskAsync(Hunts hunts, PageContext page, TimeProvider clock, HttpContext http)
    {
        var wanted = await FormAsync(http);
        var asked = await AskedAsync(wanted, hunts, page, clock, http);
        return asked.IsOk ? Results.LocalRedirect($"/logs/hunts/{asked.Value.Id}") : await ListPageAsync(wanted, null, asked.Errors, hunts, page, 422, http);
    }

    private static async Task<IResult> AskApiAsync(HuntRequest body, Hunts hunts, PageContext page, TimeProvider clock, HttpContext http)
    {
        var asked = await AskedAsync(body, hunts, page, clock, http);
        return asked.IsOk ? Results.Json(new { id = asked.Value.Id, path = $"/api/v1/logs/hunts/{asked.Value.Id}" }, statusCode: 202) : Refusals.Of(asked.Errors);
    }

    private static async Task<IResult> EstimateAsync(Hunts hunts, PageContext page, TimeProvider clock, HttpContext http)
    {
        var wanted = await FormAsync(http);
        var order = OrderOf(wanted, clock);
        var estimate = order.IsOk ? await hunts.EstimateAsync(order.Value, wanted.Own, http.RequestAborted) : Result.Fail<HuntEstimate>(order.Errors);
        return await ListPageAsync(wanted, estimate.IsOk ? estimate.Value : null, estimate.IsOk ? [] : estimate.Errors, hunts, page, estimate.IsOk ? 200 : 422, http);
    }

    private static async Task<IResult> EstimateApiAsync(HuntRequest body, Hunts hunts, TimeProvider clock, HttpContext http)
    {
        var order = OrderOf(body, clock);
        var estimate = order.IsOk ? await hunts.EstimateAsync(order.Value, body.Own, http.RequestAborted) : Result.Fail<HuntEstimate>(order.Errors);
        return estimate.IsOk
            ? Results.Json(new { rules = estimate.Value.Rules, events = estimate.Value.Events, bytes = estimate.Value.Bytes, passedOver = estimate.Value.PassedOver, perSecond = Math.Round(estimate.Value.PerSecond), seconds = estimate.Value.Time?.TotalSeconds, refused = estimate.Value.Refused.Select(e => e.ToString()) })
            : Refusals.Of(estimate.Errors);
    }

    private static async Task<IResult> SettingsAsync(Hunts hunts, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var set = await hunts.SetAsync(page.Actor, int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var days) ? days : -1, http.RequestAborted);
        page.Flash(set.IsOk ? Texts.T("logs.hunt-set") : set.Errors[0].ToString(), bad: !set.IsOk);
        return Results.LocalRedirect("/logs/hunts");
    }

    private static async Task<IResult> SettingsApiAsync(HuntSettingsRequest body, Hunts hunts, PageContext page, HttpContext http)
    {
        var set = await hunts.SetAsync(page.Actor, body.Days, http.RequestAborted);
        return set.IsOk ? Results.Json(new { days = set.Value.Days }) : Refusals.Of(set.Errors);
    }

    private static async Task<IResult> PageAsync(Guid hunt, string? rule, int? skip, Hunts hunts, PageContext page, HttpContext http)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var (from, hits) = (Math.Max(0, skip ?? 0), Of(hunts, hunt, rule));
        var shown = hits.Skip(from).Take(PageHits + 1).ToList();
        return Pages.Of<HuntPage>(new { Hunt = found, Rule = rule, Skip = from, Hits = shown.Take(PageHits).ToList(), More = shown.Count > PageHits, PageSize = PageHits, MayManage = Hunts.MayManage(page.Actor, found), MayWrite = page.Actor.May(LogsModule.Area, Right.Write) });
    }

    private static IEnumerable<HuntHit> Of(Hunts hunts, Guid hunt, string? rule) => string.IsNullOrEmpty(rule) ? hunts.Files.Hits(hunt) : hunts.Files.Hits(hunt).Where(h => h.Rule == rule);

    private static async Task<IResult> HitsAsync(Guid hunt, string? rule, int? skip, int? limit, Hunts hunts, HttpContext http)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var rules = RulesOf(found);
        return Results.Json(Of(hunts, hunt, rule).Skip(Math.Max(0, skip ?? 0)).Take(Math.Clamp(limit ?? PageHits, 1, MostHits)).Select(h => Told(h, rules)).ToList(), Lines);
    }

    private static Dictionary<string, HuntTally> RulesOf(HuntView hunt) => hunt.State.Rules.GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);

    private static object Told(HuntHit hit, Dictionary<string, HuntTally> rules)
    {
        var rule = rules.GetValueOrDefault(hit.Rule);
        return new
        {
            rule = hit.Rule, title = rule?.Title.ToString(), author = rule?.Author, license = rule?.License, level = rule?.Level, tags = rule?.Tags, time = hit.Time, host = hit.Host, sourceIp = hit.SourceIp, account = hit.Account, entity = hit.Entity, count = hit.Count,
            events = hit.Events.Select(e => new { id = e.Id, time = e.Time }), matched = hit.Fields.Select(f => new { field = f.Field, value = f.Value, patterns = f.Patterns }),
        };
    }

    private static async Task<IResult> FileAsync(Guid hunt, string? format, Hunts hunts, HttpContext http)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var rules = RulesOf(found);
        var name = string.Create(CultureInfo.InvariantCulture, $"hufu-hunt-{found.Order.At.UtcDateTime:yyyyMMdd-HHmmss}");
        if (format == "jsonl")
        {
            return Results.Stream(async output =>
            {
                foreach (var hit in hunts.Files.Hits(hunt))
                {
                    await JsonSerializer.SerializeAsync(output, Told(hit, rules), Lines);
                    await output.WriteAsync("\n"u8.ToArray());
                }
            }, "application/jsonl", name + ".jsonl");
        }

        if (format is not (null or "csv")) return Refusals.Of([Error.Of("logs.hunt.format", "格式為 csv 或 jsonl。", "The format is csv or jsonl.", "format")]);
        // A hundred thousand hits are more than memory should hold twice.
        var buffer = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        var written = await Task.Run(() => TableWriter.Write(buffer, TableFormat.Csv, new SheetContent(
            "hits", ["time", "level", "rule", "title", "author", "license", "host", "sourceIp", "account", "entity", "count", "matched", "events"],
            hunts.Files.Hits(hunt).Select(hit => (IReadOnlyList<CellValue>)[.. Row(hit, rules.GetValueOrDefault(hit.Rule)).Select(CellValue.Of)]))), http.RequestAborted);
        if (written.IsOk)
        {
            buffer.Position = 0;
            return Results.Stream(buffer, "text/csv", name + ".csv");
        }

        await buffer.DisposeAsync();
        return Refusals.Of(written.Errors);

        static IEnumerable<string> Row(HuntHit hit, HuntTally? rule) =>
        [
            LogEndpoints.Local(hit.Time), rule?.Level ?? "", hit.Rule, rule?.Title.ToString() ?? "", rule?.Author ?? "", rule?.License ?? "", hit.Host, hit.SourceIp, hit.Account, hit.Entity, hit.Count.ToString(CultureInfo.InvariantCulture),
            string.Join(" | ", hit.Fields.Select(FieldText)), string.Join(' ', hit.Events.Select(e => e.Id)),
        ];
    }

    /// <summary>A field that matched, its value and what was found in it, unless that is the whole value.</summary>
    internal static string FieldText(HuntField field)
    {
        var patterns = field.Patterns.Where(pattern => !string.Equals(pattern, field.Value, StringComparison.OrdinalIgnoreCase)).ToList();
        return $"{field.Field}={field.Value}{(patterns.Count > 0 ? $" ⟵ {string.Join(", ", patterns)}" : "")}";
    }

    private static async Task<IResult> RaiseAsync(Guid hunt, Hunts hunts, PageContext page, HttpContext http)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var raised = await hunts.RaiseAsync(page.Actor, found, http.RequestAborted);
        page.Flash(raised.IsOk ? Texts.T("logs.hunt-raised-now", HuntsPage.Number(raised.Value.Created.Count), HuntsPage.Number(raised.Value.Grown.Count), HuntsPage.Number(raised.Value.Known)) : raised.Errors[0].ToString(), bad: !raised.IsOk);
        return Results.LocalRedirect($"/logs/hunts/{hunt}");
    }

    private static async Task<IResult> RaiseApiAsync(Guid hunt, Hunts hunts, PageContext page, HttpContext http)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var raised = await hunts.RaiseAsync(page.Actor, found, http.RequestAborted);
        return raised.IsOk ? Results.Json(new { created = raised.Value.Created, grown = raised.Value.Grown, known = raised.Value.Known }) : Refusals.Of(raised.Errors);
    }

    private static async Task<IResult> ActAsync(Guid hunt, Hunts hunts, PageContext page, HttpContext http, Func<HuntView, Task<Result<HuntView>>> act, string then)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var done = await act(found);
        if (done.IsOk) return Results.LocalRedirect(then);
        page.Flash(done.Errors[0].ToString(), bad: true);
        return Results.LocalRedirect($"/logs/hunts/{hunt}");
    }

    private static async Task<IResult> ActApiAsync(Guid hunt, Hunts hunts, HttpContext http, Func<HuntView, Task<Result<HuntView>>> act)
    {
        if (await hunts.FindAsync(hunt, http.RequestAborted) is not { } found) return Refusals.Of([NoHunt]);
        var done = await act(found);
        return done.IsOk ? Results.NoContent() : Refusals.Of(done.Errors);
    }
}
