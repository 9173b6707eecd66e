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
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>A search to keep as evidence.</summary>
/// <param name="Number">The record that it is evidence for.</param>
/// <param name="Q">The query.</param>
/// <param name="From">Begin, as in the address of a search.</param>
/// <param name="To">End; now when absent.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Output">An output of the standard that it is meant for.</param>
public sealed record SearchEvidence(string? Number, string? Q, string? From, string? To, string? Title, string? Output);

/// <summary>Addresses of the logs.</summary>
internal static class LogEndpoints
{
    private static readonly SearchQuery Others = SearchQuery.Parse($"-source:{AuditFeed.Source} -source:{TimeChecks.Source}").Value;
    private const long MaxUpload = 1L << 30;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/search", SearchPageAsync).Limited(SearchTooLong);
        pages.MapPost("/search/evidence", KeepSearchAsync);
        pages.MapGet("/sources", async (SourceWatch watch, LogReceivers receivers, TimeProvider clock, HttpContext http) => Pages.Of<SourcesPage>(new { Sources = await watch.LookAsync(http.RequestAborted), receivers.Lost, Now = clock.GetUtcNow() }));
        pages.MapGet("/import", (LogImport import) => Pages.Of<ImportPage>(new { import.Formats })).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/storage", StoragePageAsync);
        pages.MapPost("/import", UploadAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        // An id is segment/row: two parts of the address, because an escaped slash stays escaped.
        pages.MapGet("/events/{segment}/{row:long}", (string segment, long row, LogService logs, EventAssets assets, HttpContext http) => EventAsync(IdOf(segment, row), logs, assets, http)).Limited((_, error) => Pages.Of<ErrorPage>(new { Title = Texts.T("logs.event"), Text = error.Message.ToString() }, 422));
        pages.MapPost("/evidence", AttachAsync);
        pages.MapPost("/alerts/{number}/incident", OpenIncidentAsync);
        var api = routes.MapGroup("/api/v1/logs").WithTags("Logs");
        api.MapGet("/search", SearchAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).Limited().WithName("logs-search").WithSummary("Search events, newest first").WithDescription("q as on the page; from and to as 2026-11-23T10:00 at the site, or with an offset; after goes on where next pointed; limit up to 1,000. With commands behind | the answer is a table instead: columns with name and type (text, integer, number, time), rows, and truncated; limit up to 10,000, default 1,000.");
        api.MapGet("/histogram", HistogramAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).Limited().WithName("logs-histogram").WithSummary("Count events over time, by severity");
        api.MapGet("/top", TopAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).Limited().WithName("logs-top").WithSummary("The most frequent values of a field").WithDescription("Where something is missing in the counts, the header Hufu-Notes says what.");
        api.MapGet("/events/{segment}/{row:long}", (string segment, long row, LogService logs) => EventApiAsync(IdOf(segment, row), logs)).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-event").WithSummary("One event with the proof that it is as it was sealed").WithDescription("time has the zone that the record names, or the one that was assumed (timeZoneAssumed); timeZoneAssumed is null where the record has no time and its receipt counts. proof is null while the event's segment is open. leafBytes is what was hashed; SHA-256(0x00 || leafBytes) and the path give the root (RFC 9162 §2.1.3).");
        api.MapPost("/evidence", KeepSearchApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-evidence").WithSummary("Attach a search with its result to a record as evidence");
        routes.MapPost("/api/v1/monitoring/alerts/{number}/incident", OpenIncidentApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithTags("Alerts").WithName("alert-incident").WithSummary("Open an incident from an alert").WithDescription("Opens the incident, ties it to the alert and the asset, and attaches the alert's events with their proofs as evidence.");
        api.MapGet("/receiving", ReceivingAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-receiving").WithSummary("What the receivers take in").WithDescription("Counts since each receiver was last started, and its senders with the delay of their newest record in seconds. problem says why one that is on does not listen, or why the store takes nothing.");
        api.MapGet("/following", FollowingAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-following").WithSummary("How far log files have been read").WithDescription("Counts since each was last started; offset and lag in bytes. problem says why files that are on are not followed, or what is wrong with one.");
        api.MapGet("/sources", SourcesAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-sources").WithSummary("What arrives from which source and host, and what has gone quiet").WithDescription("Those in trouble first. condition is quiet, flood, awaited (quiet when the server started, a short while ago), usual, or learning while too little is known; usualPause and quietAfter are in seconds. clock says what the times in the events, against the time of receipt, tell of the clock there: fine, ahead, behind, late (delivered late by changing amounts, which says nothing of the clock) or learning. skew is the median of the freshest event in each ten minutes of the last day, in seconds, positive when events are old; skewLow and skewHigh are the 5th and 95th percentile, skewTrend has a median for each six hours. Imported files are not in it. zoneAssumed: no event names a time zone. perMinute is the mean of the last hour; lastDayFaulty counts events that were read with problems; lost counts records lost by the receivers of the source since they were last started, null for a source that none delivers.");
        api.MapGet("/storage", async (LogKeeping keeping, LogService logs, HttpContext http) => Results.Json(StorageJson(await keeping.StorageAsync(http.RequestAborted), logs.Database?.Standing))).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-storage").WithSummary("What is kept, how it grows, and what was removed").WithDescription("bytes of all files, rawBytes of the events before packing, keepDays null for ever, fullOn at the rate of the last week. removals are recorded in the ledger: receipt is the identity of the change. clickHouse, where logs are searched there: its version and what that can do, events that wait and since when, and for each shard how far it has them and why not further. bytes are those of this machine, those of a file include coldBytes, which lie in cold storage; cold is null where there is none.");
        api.MapPost("/events", TakeAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxEvents)).WithName("logs-take").WithSummary("Take in events as they happen, one a line").WithDescription("JSON lines or lines of any other format that is known; Content-Encoding gzip is unpacked. source names the source, format the decoder. The answer comes when all are stored; one that fails says how many of the first lines are stored. Unlike an import, the same lines sent again are stored again.");
        api.MapPost("/import", ImportAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxUpload));
    }

    /// <summary>Ranges up to now that people ask for, shortest first; null is all of time.</summary>
    internal static readonly IReadOnlyList<KeyValuePair<string, TimeSpan?>> Ranges =
    [
        new("15m", TimeSpan.FromMinutes(15)), new("1h", TimeSpan.FromHours(1)), new("24h", TimeSpan.FromHours(24)), new("7d", TimeSpan.FromDays(7)), new("30d", TimeSpan.FromDays(30)), new("all", null),
    ];

    // What stands beside the results: where events come from, how grave, and from which address.
    private static readonly string[] FacetFields = ["source", "host", "app", "severity", "src_ip"];
    internal const int FacetValues = 8;

    /// <summary>Longest name of a field that is asked for.</summary>
    internal const int MaxFieldName = 200;

    // Fields that an address may open besides those.
    private const int MaxOpened = 10;

    /// <summary>The script of the log pages.</summary>
    internal const string Script = "/_content/Hufu.Monitoring.Logs/logs.js";

    /// <summary>Their style sheet, beside that of the house.</summary>
    internal const string Style = "/_content/Hufu.Monitoring.Logs/logs.css";

    // Saved searches on the page.
    private const int MaxPinned = 12;

    // Rows of a table on the page; the command line and the API give more.
    internal const int ShownRows = 500;

    // Rows that columns are made of.
    private const int MostSplitRows = 10_000;

    // One request of live events, as it comes and unpacked.
    internal const long MaxEvents = 64L << 20;
    internal const long MaxUnpacked = 512L << 20;

    private static async Task<IResult> SearchPageAsync(string? q, string? from, string? to, string? range, string? after, LogService logs, TimeProvider clock, EventAssets assets, RecordStore records, PageContext person, HttpContext http)
    {
        q ??= "";
        var query = SearchQuery.Parse(q);
        var timesRead = TryTime(from, out var begin) & TryTime(to, out var end);
        if (!query.IsOk || !timesRead)
        {
            var problem = query.IsOk ? Texts.T("logs.bad-time") : query.Errors[0].ToString();
            return Pages.Of<SearchPage>(new { Q = q, From = from ?? "", To = to ?? "", Problem = problem }, 422);
        }

        var store = logs.Search;
        if (Ranges.FirstOrDefault(r => r.Key == range) is { Key: not null } chosen) (begin, end) = (chosen.Value is { } back ? clock.GetUtcNow() - back : null, null);
        else
        {
            range = null;
            // Nothing said: the week up to the newest event. An empty box says that there is no bound.
            // The product's own events never end, so they do not say where the others are.
            if (from is null && to is null && (await store.SearchAsync(new LogSearch { Query = Others, Limit = 1 }, http.RequestAborted)).Events is [var newest]) begin = newest.Time.AddDays(-7);
        }

        var search = new LogSearch { Query = query.Value, From = begin, To = end, DayOffset = DayOffset(end, clock), Limit = 100, After = after is null ? null : LogCursor.Parse(after) };
        var table = query.Value.IsTable ? await store.TableAsync(search, query.Value.IsSplit ? MostSplitRows : ShownRows, http.RequestAborted) : null;
        var page = table is null ? await store.SearchAsync(search, http.RequestAborted) : new LogPage([], null, 0);
        var histogram = await store.HistogramAsync(search, cancellation: http.RequestAborted);
        var buckets = histogram.Buckets.Select(b => new Hufu.Web.Components.HistogramBucket(
            SiteTime.Local(b.From),
            new Dictionary<Hufu.Web.Components.SeverityLevel, long> { [Hufu.Web.Components.SeverityLevel.High] = b.Errors, [Hufu.Web.Components.SeverityLevel.Medium] = b.Warnings, [Hufu.Web.Components.SeverityLevel.Info] = b.Others },
            Href(q, Local(b.From), Local(b.From + histogram.Width), null))).ToList();
        // What fields there are is seen in the newest events; how often a value stands in one that is open is counted over all that were found.
        var sample = table is not null ? [] : search.After is null && page.Next is null ? page.Events : (await store.SearchAsync(search with { After = null, Limit = SearchEndpoints.SampleEvents }, http.RequestAborted)).Events;
        var fields = LogFieldShare.Of(sample);
        var opened = http.Request.Query["field"].OfType<string>().Where(f => f.Length is > 0 and <= MaxFieldName && !FacetFields.Contains(f)).Distinct(StringComparer.Ordinal).Take(MaxOpened).ToList();
        var facets = new List<(string Field, IReadOnlyList<ValueCount> Values)>();
        foreach (var field in FacetFields.Where(f => fields.Any(known => known.Name == f)).Concat(opened))
            if (page.Events.Count > 0) facets.Add((field, await store.TopValuesAsync(search, field, FacetValues, http.RequestAborted)));
        var (shownFrom, shownTo) = (begin is { } b1 ? Local(b1) : "", end is { } e1 ? Local(e1) : "");
        return Pages.Of<SearchPage>(new
        {
            Notes = table?.Notes ?? [.. page.Notes.Union(histogram.Notes)],
            Q = q, From = shownFrom, To = shownTo, Range = range, Table = table, Pinned = await records.Readable<SavedSearch>(person.Actor).Where(s => s.Pinned).OrderBy(s => s.Title).Take(MaxPinned).ToListAsync(http.RequestAborted), Fields = fields, Sample = sample.Count, ZoomOut = ZoomedOut(q, begin, end, histogram), Fixed = Fixed(q, begin, end, clock, http), page.Events, Linked = await assets.OfAsync(page.Events, http.RequestAborted), Buckets = (IReadOnlyList<Hufu.Web.Components.HistogramBucket>)buckets, Facets = (IReadOnlyList<(string, IReadOnlyList<ValueCount>)>)facets,
            Total = histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others), NextHref = page.Next is { } next ? Href(q, shownFrom, shownTo, next.ToString()) : null,
        });
    }

    private static IResult SearchTooLong(HttpContext http, Error error) =>
        Pages.Of<SearchPage>(new { Q = http.Request.Query["q"].ToString(), From = http.Request.Query["from"].ToString(), To = http.Request.Query["to"].ToString(), Problem = error.Message.ToString() }, 422);

    // Twice the time, around what is shown now; null where there is no range.
    private static string? ZoomedOut(string q, DateTimeOffset? from, DateTimeOffset? to, LogHistogram histogram)
    {
        if (histogram.Buckets.Count == 0 && (from is null || to is null)) return null;
        var (first, last) = (from ?? histogram.Buckets[0].From, to ?? histogram.Buckets[^1].From + histogram.Width);
        var half = (last - first) / 2;
        return first - DateTimeOffset.UnixEpoch < half || last > DateTimeOffset.MaxValue - half ? null : Href(q, Local(first - half), Local(last + half), null);
    }

    // The same search with times that do not move, for somebody else or for later. What had no end ends now.
    private static string Fixed(string q, DateTimeOffset? from, DateTimeOffset? to, TimeProvider clock, HttpContext http) =>
        $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}/logs/search?q={Uri.EscapeDataString(q)}&from={Absolute(from)}&to={Absolute(to ?? clock.GetUtcNow())}"
        + string.Concat(http.Request.Query["field"].OfType<string>().Take(MaxOpened).Select(f => "&field=" + Uri.EscapeDataString(f)));

    private static string Absolute(DateTimeOffset? at) => at is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture) : "";

    // A search as evidence, from the page: back to the record, where it now stands.
    private static async Task<IResult> KeepSearchAsync(RecordStore store, PageContext page, LogExcerpt excerpt, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var kept = await KeepAsync(store, page.Actor, excerpt, new SearchEvidence(form["number"].ToString(), form["q"].ToString(), form["from"].ToString(), form["to"].ToString(), form["title"].ToString(), form["output"].ToString()), http.RequestAborted);
        if (kept.IsOk)
        {
            page.Flash(Texts.T("logs.attached"));
            var type = store.Types.Of(kept.Value.Record);
            return Results.LocalRedirect(type.PathOf(kept.Value.Record.Number) + "#evidence");
        }

        page.Flash(kept.Errors[0].Message.ToString(), bad: true);
        return Results.LocalRedirect(Href(form["q"].ToString(), form["from"].ToString(), form["to"].ToString(), null));
    }

    private static async Task<IResult> KeepSearchApiAsync(SearchEvidence body, RecordStore store, PageContext page, LogExcerpt excerpt, HttpContext http)
    {
        var kept = await KeepAsync(store, page.Actor, excerpt, body, http.RequestAborted);
        return kept.IsOk ? Results.Json(new { kept.Value.Evidence.Id, kept.Value.Evidence.Sha256, from = kept.Value.Evidence.QueryFrom, to = kept.Value.Evidence.QueryTo }, statusCode: 201) : Refusals.Of(kept.Errors);
    }

    private static async Task<Result<(Record Record, Evidence Evidence)>> KeepAsync(RecordStore store, Actor actor, LogExcerpt excerpt, SearchEvidence wanted, CancellationToken cancellation)
    {
        var found = await store.FindAsync(actor, wanted.Number, cancellation);
        if (!found.IsOk) return Result.Fail<(Record, Evidence)>(found.Errors);
        var query = SearchQuery.Parse(wanted.Q ?? "");
        if (!query.IsOk) return Result.Fail<(Record, Evidence)>(query.Errors);
        if (query.Value.IsTable) return Result.Fail<(Record, Evidence)>(new Error("logs.evidence.table", Texts.Both("logs.keep-no-table"), "q"));
        if (!TryTime(wanted.From, out var begin) | !TryTime(wanted.To, out var end)) return Result.Fail<(Record, Evidence)>(new Error("logs.search.time", Texts.Both("logs.bad-time"), "from"));
        var attached = await excerpt.AttachSearchAsync(store, actor, found.Value, wanted.Q ?? "", new LogSearch { Query = query.Value, From = begin, To = end }, wanted.Title, string.IsNullOrWhiteSpace(wanted.Output) ? null : wanted.Output.Trim().ToUpperInvariant(), cancellation);
        return attached.IsOk ? Result.Of((found.Value, attached.Value)) : Result.Fail<(Record, Evidence)>(attached.Errors);
    }

    private static async Task<IResult> ReceivingAsync(RecordStore store, PageContext page, LogReceivers receivers, HttpContext http)
    {
        var listed = await store.ListAsync(page.Actor, store.Types.Find(ReceiverType.TypeKey)!, new RecordQuery { PageSize = 500 }, http.RequestAborted);
        return listed.IsOk ? Results.Json(listed.Value.Records.Select(r => Told((Receiver)r, receivers.Of(r.Id)))) : Refusals.Of(listed.Errors);

        static object Told(Receiver receiver, ReceiverStanding? standing) => new
        {
            receiver.Number, name = receiver.Title, receiver.Source, receiver.Transport, on = standing is not null, endPoint = standing?.State?.EndPoint.ToString(),
            problem = standing?.Problem?.Message.En ?? standing?.State?.Problem,
            standing?.State?.Received, standing?.State?.Bytes, standing?.State?.Stored, standing?.State?.Faulty, standing?.State?.Waiting, standing?.State?.Lost, standing?.State?.LostBySystem, standing?.State?.Refused, standing?.State?.Connections,
            senders = standing?.State?.Senders.Select(s => new { address = s.Address.ToString(), s.Received, s.Faulty, s.Lost, s.First, s.Last, delay = s.Delay?.TotalSeconds }),
        };
    }

    private static async Task<IResult> FollowingAsync(RecordStore store, PageContext page, LogFiles files, HttpContext http)
    {
        var listed = await store.ListAsync(page.Actor, store.Types.Find(LogFileType.TypeKey)!, new RecordQuery { PageSize = 500 }, http.RequestAborted);
        return listed.IsOk ? Results.Json(listed.Value.Records.Select(r => Told((LogFile)r, files.Of(r.Id)))) : Refusals.Of(listed.Errors);

        static object Told(LogFile file, FileStanding? standing) => new
        {
            file.Number, name = file.Title, file.Source, file.Path, on = standing is not null, problem = standing?.Problem?.Message.En ?? standing?.State?.Problem,
            standing?.State?.Lines, standing?.State?.Bytes, standing?.State?.Faulty, standing?.State?.Lag, standing?.State?.Files,
        };
    }

    private static async Task<IResult> SourcesAsync(SourceWatch watch, LogReceivers receivers, HttpContext http) => Results.Json((await watch.LookAsync(http.RequestAborted)).Select(s => new
    {
        s.Source, s.Host, condition = SourcesPage.Word(s.Condition),
        s.First, s.Last, lastEvent = s.LastId, s.LastDay, lastDayBytes = s.Bytes, lastDayFaulty = s.Faulty, perMinute = Math.Round(s.LastHour / 60.0, 2), lost = receivers.Lost.TryGetValue(s.Source, out var lost) ? lost : (long?)null, usualPause = s.UsualPause?.TotalSeconds, quietAfter = s.QuietAfter?.TotalSeconds,
        clock = SourcesPage.Word(s.Skew.Condition), skew = s.Skew.Skew, skewLow = s.Skew.Low, skewHigh = s.Skew.High, skewSlices = s.Skew.Slices, skewSince = s.Skew.Since, looksLikeTimeZone = s.Skew.LooksLikeZone, s.Skew.ZoneAssumed, eventsWithoutZone = s.Skew.Assumed,
        skewTrend = s.Skew.Trend.Select(t => new { t.From, t.Skew }),
    }));

    private static async Task<IResult> StoragePageAsync(LogKeeping keeping, LogService logs, IDbContextFactory<HufuDbContext> factory, TimeProvider clock, HttpContext http)
    {
        await using var db = await factory.CreateDbContextAsync(http.RequestAborted);
        return Pages.Of<StoragePage>(new
        {
            Storage = await keeping.StorageAsync(http.RequestAborted), Searched = logs.Database?.Standing, Now = clock.GetUtcNow(),
            Rules = await db.Set<RetentionRule>().CountAsync(r => r.State == RetentionRuleType.Active && r.ArchivedAt == null, http.RequestAborted),
            Holds = await db.Set<LogHold>().CountAsync(h => h.State == LogHoldType.On && h.ArchivedAt == null, http.RequestAborted),
        });
    }

    internal static object StorageJson(LogStorage storage, ClickHouseStanding? searched = null) => new
    {
        storage.Bytes, storage.RawBytes, storage.Events, storage.FreeBytes, storage.MaxBytes, storage.BytesADay, storage.FullOn, storage.Oldest,
        sources = storage.Sources.Select(s => new { s.Source, s.Events, s.Bytes, s.From, s.To, keepDays = s.Keep?.TotalDays, s.NextRemoval }),
        files = storage.Files.Select(f => new { f.Name, f.First, f.Last, f.SealedAt, f.From, f.To, f.Bytes, f.ColdBytes, events = f.Sources.Sum(s => s.Events) }),
        removals = storage.Removals.Select(r => new { r.First, r.Last, r.At, r.Reason, r.RemovedSha256, r.Receipt, sources = r.Sources }),
        clickHouse = searched,
        cold = storage.Cold is not { } cold ? null : new { cold.Place, cold.IsNamed, afterDays = storage.ColdDays, cold.Files, cold.Bytes, cold.LastMove, cold.CacheBytes, cold.CacheMost, problem = cold.Problem?.ToString(), cold.ProblemSince },
    };

    private static async Task<IResult> UploadAsync(LogImport import, StorageOptions storage, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var outcomes = new List<LogImportOutcome>();
        var errors = new List<Error>();
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        foreach (var file in form.Files)
        {
            var name = file.FileName();
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
                var outcome = await import.ImportAsync(page.Actor, path, name, RecordText(form, "source") ?? name, RecordText(form, "format"), cancellation: http.RequestAborted);
                if (outcome.IsOk) outcomes.Add(outcome.Value);
                else errors.AddRange(outcome.Errors.Select(e => e with { Place = name }));
            }
            finally
            {
                File.Delete(path);
            }
        }

        if (form.Files.Count == 0) errors.Add(Error.Of("import.no-file", "請選擇檔案。", "Choose a file."));
        return Pages.Of<ImportPage>(new { Outcomes = outcomes, Errors = errors, import.Formats }, errors.Count > 0 ? 422 : 200);
    }

    private static string? RecordText(IFormCollection form, string name) => form[name].ToString() is { Length: > 0 } text ? text : null;

    private static async Task<IResult> EventAsync(string id, LogService logs, EventAssets assets, HttpContext http)
    {
        var store = logs.Store;
        if (store.GetEvent(id) is not { } item) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var around = await SearchEndpoints.AroundAsync(store, item, "both", 15, 15, http.RequestAborted);
        return Pages.Of<EventPage>(new { Item = item, Asset = (await assets.OfAsync([item], http.RequestAborted)).GetValueOrDefault(item.Id), Proof = store.Prove(id), Around = around });
    }

    private static async Task<IResult> AttachAsync(RecordStore store, PageContext page, LogExcerpt excerpt, HttpContext http)
    {
        var number = (await http.Request.ReadFormAsync())["number"].ToString();
        if (await store.FindAsync(page.Actor, number, http.RequestAborted) is not { IsOk: true } found) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var ids = await RecordEvents.OfAsync(store, page.Actor, found.Value);
        if (ids.Count == 0) page.Flash(Texts.T("logs.no-events"), bad: true);
        else if (await excerpt.AttachAsync(store, page.Actor, found.Value, ids, http.RequestAborted) is { IsOk: false } failed) page.Flash(failed.Errors[0].Message.ToString(), bad: true);
        else page.Flash(Texts.T("logs.attached"));
        return Results.LocalRedirect(store.Types.Of(found.Value).PathOf(found.Value.Number) + "#evidence");
    }

    private static async Task<IResult> OpenIncidentAsync(string number, RecordStore store, PageContext page, OpenIncidentFromAlert open, LogExcerpt excerpt, HttpContext http)
    {
        var type = store.Types.Of<Alert>();
        if (await store.FindAsync(page.Actor, type, number, http.RequestAborted) is { IsOk: false }) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var (opened, attached) = await OpenWithEventsAsync(number, null, store, page, open, excerpt, http);
        if (!opened.IsOk)
        {
            page.Flash(opened.Errors[0].ToString(), bad: true);
            return Results.LocalRedirect(type.PathOf(number));
        }

        if (!attached.IsOk) page.Flash(attached.Errors[0].ToString(), bad: true);
        return Results.LocalRedirect(store.Types.Of(opened.Value).PathOf(opened.Value.Number));
    }

    private static async Task<IResult> OpenIncidentApiAsync(string number, ApiReason? body, RecordStore store, PageContext page, OpenIncidentFromAlert open, LogExcerpt excerpt, HttpContext http)
    {
        var (opened, attached) = await OpenWithEventsAsync(number, body?.Reason, store, page, open, excerpt, http);
        if (!opened.IsOk) return Refusals.Of(opened.Errors);
        return Results.Json(new { number = opened.Value.Number, path = "/api/v1" + store.Types.Of(opened.Value).PathOf(opened.Value.Number), evidence = attached.IsOk ? attached.Value.Sha256 : null, problem = attached.IsOk ? null : attached.Errors[0].Message.ToString() }, statusCode: 201);
    }

    private static async Task<(Result<Record> Opened, Result<Evidence> Attached)> OpenWithEventsAsync(string number, string? reason, RecordStore store, PageContext page, OpenIncidentFromAlert open, LogExcerpt excerpt, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<Alert>(), number, http.RequestAborted);
        if (!found.IsOk) return (found, Result.Fail<Evidence>(found.Errors));
        var alert = (Alert)found.Value;
        var opened = await open.ExecuteAsync(store, page.Actor, alert.Id, string.IsNullOrWhiteSpace(reason) ? $"{alert.Number} {store.Types.Of(alert).TitleOf(alert)}" : reason, cancellation: http.RequestAborted);
        if (!opened.IsOk) return (opened, Result.Fail<Evidence>(opened.Errors));
        return (opened, await excerpt.AttachAsync(store, page.Actor, opened.Value, alert.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries), http.RequestAborted));
    }

    internal static string Local(DateTimeOffset at) => SiteTime.Local(at).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Address of an event's page.</summary>
    internal static string EventHref(string id) => "/logs/events/" + id;

    /// <summary>The events of a source and host.</summary>
    internal static string SourceHref(string source, string? host) => Href(With(host is null ? "" : With("", "host", host), "source", source), "", "", null);

    internal static string IdOf(string segment, long row) => string.Create(CultureInfo.InvariantCulture, $"{segment}/{row}");

    internal static string RangeHref(string q, string range) => $"/logs/search?q={Uri.EscapeDataString(q)}&range={range}";

    /// <summary>The most frequent values of a field as a table; null where the name cannot stand behind a command.</summary>
    internal static string? TopHref(string q, string field, string from, string to)
    {
        var query = $"{q.Trim()} | top 100 {field}".Trim();
        return SearchQuery.Parse(query).IsOk ? Href(query, from, to, null) : null;
    }

    /// <summary>The page with one more field open.</summary>
    internal static string FieldHref(string q, string from, string to, IEnumerable<string> opened, string field) => Href(q, from, to, null) + string.Concat(opened.Append(field).Select(f => "&field=" + Uri.EscapeDataString(f)));

    /// <summary>A query without commands, narrowed to one value of a field, or to all others.</summary>
    internal static string With(string q, string field, string value, bool not = false)
    {
        var name = field.Length == 0 || field[0] is '-' or '/' or '[' or '{' || field.Any(c => char.IsWhiteSpace(c) || c is '(' or ')' or '"' or ':' or '|' or '*') ? Quoted(field) : field;
        return $"{q.Trim()} {(not ? "-" : "")}{name}:{Quoted(value)}".Trim();

        static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }

    /// <summary>A series of a timechart: its values at equal distances, zero where there is no row.</summary>
    /// <param name="Name">The value that it is of; without a split the figure.</param>
    /// <param name="Values">The values.</param>
    /// <param name="From">Beginning of the first slice.</param>
    /// <param name="Until">End of the last slice.</param>
    internal sealed record TableSeries(string Name, IReadOnlyList<double> Values, DateTimeOffset From, DateTimeOffset Until);

    // More slices than this are no picture.
    private const int MaxSlices = 2_000;

    /// <summary>A table with a column for each value, where it is a timechart by a field; null otherwise.</summary>
    internal static LogTable? Wide(LogTable table) => WideTable.Of(table, Texts.T("logs.chart-other"), Texts.T("logs.chart-none"));

    /// <summary>The series of a timechart by its first figure, one for each value where it is split; none for another table.</summary>
    internal static IReadOnlyList<TableSeries> SeriesOf(LogTable table)
    {
        if (table.Span is not { } span || table.Truncated || table.Columns[0].Type != LogColumnType.Time) return [];
        var wide = Wide(table with { Columns = [.. table.Columns.Take(3)] });
        var drawn = wide ?? table;
        var numbers = Enumerable.Range(1, drawn.Columns.Count - 1).Where(i => drawn.Columns[i].Type is LogColumnType.Integer or LogColumnType.Number).Take(wide is null ? 1 : int.MaxValue).ToList();
        var rows = drawn.Rows.Where(row => row[0] is DateTimeOffset).ToList();
        if (rows.Count == 0) return [];
        var first = rows.Min(row => (DateTimeOffset)row[0]!);
        var slices = (rows.Max(row => (DateTimeOffset)row[0]!) - first) / span + 1;
        if (slices > MaxSlices) return [];
        return [.. numbers.Select(number =>
        {
            var values = new double[(int)slices];
            foreach (var row in rows) values[(int)(((DateTimeOffset)row[0]! - first) / span)] += row[number] is { } value ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : 0;
            return new TableSeries(drawn.Columns[number].Name, values, first, first + span * values.Length);
        })];
    }

    // Days of a table begin as the site's do at its end.
    private static TimeSpan DayOffset(DateTimeOffset? end, TimeProvider clock) => SiteTime.Zone.GetUtcOffset(end ?? clock.GetUtcNow());

    internal static string Href(string q, string from, string to, string? after) =>
        $"/logs/search?q={Uri.EscapeDataString(q)}&from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}" + (after is null ? "" : $"&after={Uri.EscapeDataString(after)}");

    private static async Task<IResult> SearchAsync(string? q, string? from, string? to, string? after, int? limit, LogService logs, TimeProvider clock, HttpContext http)
    {
        var asked = Asked(q, from, to);
        if (!asked.IsOk) return Refusals.Of(asked.Errors);
        if (asked.Value.Query.IsTable)
        {
            var table = await logs.Search.TableAsync(asked.Value with { DayOffset = DayOffset(asked.Value.To, clock) }, Math.Clamp(limit ?? 1_000, 1, 10_000), http.RequestAborted);
            return Results.Json(new { columns = table.Columns.Select(c => new { name = c.Name, type = c.Type.ToString().ToLowerInvariant() }), rows = table.Rows, truncated = table.Truncated, notes = table.Notes.Select(n => n.ToString()) });
        }

        var page = await logs.Search.SearchAsync(asked.Value with { Limit = Math.Clamp(limit ?? 100, 1, 1_000), After = after is null ? null : LogCursor.Parse(after) }, http.RequestAborted);
        return Results.Json(new { events = page.Events.Select(Shown), next = page.Next?.ToString(), notes = page.Notes.Select(n => n.ToString()) });
    }

    private static async Task<IResult> HistogramAsync(string? q, string? from, string? to, int? seconds, LogService logs, HttpContext http)
    {
        var asked = Asked(q, from, to);
        if (!asked.IsOk) return Refusals.Of(asked.Errors);
        var histogram = await logs.Search.HistogramAsync(asked.Value, seconds is > 0 ? TimeSpan.FromSeconds(seconds.Value) : null, http.RequestAborted);
        return Results.Json(new { seconds = (long)histogram.Width.TotalSeconds, buckets = histogram.Buckets.Select(b => new { from = b.From, errors = b.Errors, warnings = b.Warnings, others = b.Others }), notes = histogram.Notes.Select(n => n.ToString()) });
    }

    private static async Task<IResult> TopAsync(string? field, string? q, string? from, string? to, int? limit, LogService logs, HttpContext http)
    {
        var asked = Asked(q, from, to);
        if (!asked.IsOk) return Refusals.Of(asked.Errors);
        if (string.IsNullOrWhiteSpace(field) || field.Length > 200) return Refusals.Of([Error.Of("logs.search.field", "請以 field 指定欄位。", "Name a field.", "field")]);
        var values = await logs.Search.TopValuesAsync(asked.Value, field, Math.Clamp(limit ?? 10, 1, 1_000), http.RequestAborted);
        // The answer is a list: what it lacks stands beside it.
        if (values.Notes.Count > 0) http.Response.Headers["Hufu-Notes"] = string.Join(' ', values.Notes.Select(n => string.Concat(n.En.Select(c => c is >= ' ' and <= '~' ? c : '?'))));
        return Results.Json(values.Select(v => new { value = v.Value, events = v.Events }));
    }

    private static IResult EventApiAsync(string id, LogService logs)
    {
        if (logs.Store.GetEvent(id) is not { } item) return Refusals.Of([Error.Of("logs.event.not-found", "沒有這筆日誌。", "There is no such event.")]);
        var proof = logs.Store.Prove(id);
        return Results.Json(new
        {
            @event = Shown(item),
            proof = proof is null ? null : new { leafBytes = Convert.ToBase64String(proof.LeafBytes.Span), index = proof.Index, size = proof.Size, path = proof.Path.Select(Convert.ToHexStringLower), root = Convert.ToHexStringLower(proof.Root.Span), change = proof.Receipt, holds = proof.Holds() },
        });
    }

    internal static object Shown(LogEvent e) => new { id = e.Id, time = e.Time, timeZoneAssumed = e.OccurredAt is null ? (bool?)null : e.TimeZoneAssumed, receivedAt = e.ReceivedAt, source = e.Source, host = e.Host, app = e.App, severity = e.Severity, sourceIp = e.SourceIp, message = e.Message, raw = e.Raw, format = e.Format, fields = e.Fields, problems = e.Problems };

    internal static Result<LogSearch> Asked(string? q, string? from, string? to)
    {
        var query = SearchQuery.Parse(q ?? "");
        if (!query.IsOk) return Result.Fail<LogSearch>(query.Errors);
        return TryTime(from, out var begin) & TryTime(to, out var end)
            ? Result.Of(new LogSearch { Query = query.Value, From = begin, To = end })
            : Result.Fail<LogSearch>(new Error("logs.search.time", Texts.Both("logs.bad-time")));
    }

    // Live events over HTTP: what is answered is stored.
    private static async Task<IResult> TakeAsync(string? source, string? format, HttpContext http, LogImport import, TimeProvider clock)
    {
        source = (source ?? "").Trim();
        if (source.Length is 0 or > 100) return Refusals.Problem(422, [Error.Of("logs.take.source", "來源名稱需要 1 至 100 個字。", "The source needs a name of 1 to 100 characters.", "source")]);
        if (AuditFeed.IsOwn(source)) return Refusals.Problem(422, [AuditFeed.Reserved("source")]);
        if (format is not null && !import.Formats.Contains(format)) return Refusals.Problem(422, [LogImport.NoFormat(format)]);
        var intake = new IntakeRequest(http, import, clock, format, MaxUnpacked);
        var end = await intake.RunAsync(async () =>
        {
            await using var reader = new LogFileReader(intake.Body, intake.Parse, LogFraming.Newline);
            await foreach (var item in reader.EventsAsync(intake.Received, source, cancellation: http.RequestAborted)) await intake.AddAsync(item);
        });
        return end switch
        {
            IntakeEnd.Stored => Results.Json(new { stored = intake.Stored, faulty = intake.Faulty }),
            IntakeEnd.Encoding => Refusals.Problem(415, [Error.Of("logs.take.encoding", "只接受未壓縮或 gzip。", "Only gzip, or no compression, is taken.", "Content-Encoding")]),
            IntakeEnd.TooLarge => Failed(413, "內容或其解開後過大", "The body is too large, or is once unpacked"),
            IntakeEnd.Unreadable => Failed(400, "內容無法讀取", "The body cannot be read"),
            IntakeEnd.Full => Failed(507, "目前無法存放", "It cannot be stored at present"),
            IntakeEnd.Unavailable => Failed(503, "目前無法存放", "It cannot be stored at present"),
        };

        IResult Failed(int status, string zh, string en) => Refusals.Problem(status, [Error.Of("logs.take.cut-off", $"{zh}；前 {intake.Stored} 筆已存，請從下一筆重送。", $"{en}; the first {intake.Stored} lines are stored, send again from the next.", intake.Stored.ToString(CultureInfo.InvariantCulture))]);
    }

    private static async Task<IResult> ImportAsync(string name, string? source, string? format, HttpContext http, LogImport import, StorageOptions storage, PageContext page)
    {
        var ending = Path.GetExtension(name).ToLowerInvariant();
        if (!LogImport.Endings.Contains(ending)) return Refusals.Problem(415, [Error.Of("logs.import.ending", $"只接受 {string.Join(" ", LogImport.Endings)}。", $"Only {string.Join(" ", LogImport.Endings)} are taken.", "name")]);
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ending);
        try
        {
            await using (var file = File.Create(path)) await http.Request.Body.CopyToAsync(file, http.RequestAborted);
            var done = await import.ImportAsync(page.Actor, path, Forms.FileName(name), source ?? "", format, cancellation: http.RequestAborted);
            return done.IsOk ? Results.Json(done.Value) : Refusals.Problem(422, done.Errors);
        }
        finally
        {
            File.Delete(path);
        }
    }

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
