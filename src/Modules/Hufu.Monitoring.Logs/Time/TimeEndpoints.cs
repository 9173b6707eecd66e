using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Time;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>A time source and what its checks came to.</summary>
/// <param name="Source">The source.</param>
/// <param name="Last">Its newest check; null when there is none.</param>
/// <param name="Offsets">Offsets of the last two weeks, oldest first, in seconds.</param>
public sealed record TimeStanding(TimeSource Source, TimeCheck? Last, IReadOnlyList<double> Offsets);

/// <summary>Addresses of the time: sources, checks, records.</summary>
internal static class TimeEndpoints
{
    private const long MaxRequest = TimeChecks.MaxText + (1 << 20);
    private const int MaxSources = 500;
    private const int MaxHosts = 200;
    private const int MaxPoints = 60;
    private static readonly TimeSpan Trend = TimeSpan.FromDays(14);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs/time").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("", PageAsync);
        pages.MapPost("/import", TakePageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxRequest));
        pages.MapPost("/check", CheckPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/suggested", SuggestedAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/review", ReviewPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        var api = routes.MapGroup("/api/v1/logs/time").WithTags("Time");
        api.MapGet("", StandingApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-time").WithSummary("The time sources and checked hosts, and how their clocks stand").WithDescription("offset, delay, rootDistance and jitter are in seconds; offset is the source's clock minus this server's, or true time minus the host's clock: positive when the clock in question is behind. verdict is fine, stated (synchronised by its own word, offset not told), off, unsynchronised, kiss, refused, silent, bogus or unknown.");
        api.MapGet("/checks", ChecksApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).WithName("logs-time-checks").WithSummary("Checks, newest first").WithDescription("source is the number of a time source, host the name of a host; from and to as 2026-11-23T10:00 at the site, or with an offset; limit up to 5,000, default 500.");
        api.MapPost("/checks", TakeApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxRequest)).WithName("logs-time-take").WithSummary("Keep what a tool printed on a host as a check").WithDescription("The body is the output of chronyc, ntpq or timedatectl, a log of chrony, or an NTP reply; host says where it comes from. One check for each report in it.");
        api.MapPost("/sources/{number}/check", CheckApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-time-check").WithSummary("Ask a time source that is in use now");
        api.MapPost("/reviews", ReviewApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("logs-time-review").WithSummary("Make the check record of the last 24 hours now");
    }

    /// <summary>The sources that the person may read, with their checks.</summary>
    private static async Task<IReadOnlyList<TimeStanding>> StandingsAsync(RecordStore store, Actor actor, TimeProvider clock, CancellationToken cancellation)
    {
        var sources = await store.Readable<TimeSource>(actor).OrderByDescending(s => s.State).ThenBy(s => s.Title).Take(MaxSources).ToListAsync(cancellation);
        var ids = sources.Select(s => (Guid?)s.Id).ToList();
        var since = clock.GetUtcNow() - Trend;
        var checks = (await store.Db.Set<TimeCheck>().AsNoTracking().Where(c => ids.Contains(c.SourceId) && c.At >= since).OrderBy(c => c.At).Select(c => new { c.SourceId, c.Offset }).ToListAsync(cancellation)).ToLookup(c => c.SourceId);
        var standings = new List<TimeStanding>();
        foreach (var source in sources)
        {
            var last = await store.Db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == source.Id).OrderByDescending(c => c.At).FirstOrDefaultAsync(cancellation);
            standings.Add(new TimeStanding(source, last, Thin([.. checks[source.Id].Select(c => c.Offset).OfType<double>()])));
        }

        return standings;
    }

    // Of each stretch the value that lies furthest off: what was wrong for an hour stays in sight.
    private static List<double> Thin(List<double> values) => values.Count <= MaxPoints ? values : [.. values.Chunk((values.Count + MaxPoints - 1) / MaxPoints).Select(c => c.MaxBy(Math.Abs))];

    private static async Task<IReadOnlyList<TimeCheck>> HostsAsync(HufuDbContext db, TimeProvider clock, CancellationToken cancellation)
    {
        var since = clock.GetUtcNow() - TimeSpan.FromDays(400);
        // Several reports of one paste have one time: all of the newest are shown.
        var recent = await db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == null && c.At >= since).OrderByDescending(c => c.At).Take(10 * MaxHosts).ToListAsync(cancellation);
        return [.. recent.GroupBy(c => c.Host).Take(MaxHosts).SelectMany(g => g.TakeWhile(c => c.At == g.First().At)).OrderBy(c => c.IsGood).ThenBy(c => c.Host, StringComparer.Ordinal)];
    }

    private static async Task<IResult> PageAsync(RecordStore store, PageContext page, SourceWatch watch, TimeProvider clock, HttpContext http) => await ShownAsync(store, page, watch, clock, http, [], [], 200);

    private static async Task<IResult> ShownAsync(RecordStore store, PageContext page, SourceWatch watch, TimeProvider clock, HttpContext http, IReadOnlyList<TimeCheck> taken, IReadOnlyList<Error> errors, int status)
    {
        var standings = await StandingsAsync(store, page.Actor, clock, http.RequestAborted);
        var clocks = (await watch.LookAsync(http.RequestAborted)).Where(s => !AuditFeed.IsOwn(s.Source)).ToList();
        return Pages.Of<TimePage>(
            new
            {
                Sources = standings, Hosts = await HostsAsync(store.Db, clock, http.RequestAborted), Taken = taken, Errors = errors,
                Reviews = (IReadOnlyList<TimeReview>)await store.Readable<TimeReview>(page.Actor).OrderByDescending(r => r.From).Take(10).ToListAsync(http.RequestAborted),
                Skewed = clocks.Count(s => s.Skew.Since is not null), Clocks = clocks.Count,
                Suggested = (IReadOnlyList<string>)[.. TimeSourceType.Suggested.Where(a => !standings.Any(s => s.Source.Address == a))],
                MayWrite = page.Actor.May(LogsModule.Area, Right.Write), MayCreate = page.Actor.ScopeOf(store.Types.Of<TimeSource>(), Right.Write) is not null,
            },
            status);
    }

    private static async Task<IResult> TakePageAsync(RecordStore store, PageContext page, TimeChecks checks, SourceWatch watch, TimeProvider clock, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var parts = new List<(string Name, ReadOnlyMemory<byte> Content)>();
        if (form["text"].ToString() is { Length: > 0 } text) parts.Add(("text", System.Text.Encoding.UTF8.GetBytes(text)));
        foreach (var file in form.Files.Where(f => f.Length > 0))
        {
            using var content = new MemoryStream();
            await file.CopyToAsync(content, http.RequestAborted);
            parts.Add((file.FileName(), content.ToArray()));
        }

        var (taken, errors) = (new List<TimeCheck>(), new List<Error>());
        if (parts.Count == 0) errors.Add(Error.Of("logs.time.nothing", "請貼上輸出內容或選擇檔案。", "Paste an output or choose a file.", "text"));
        foreach (var (name, content) in parts)
        {
            var kept = await checks.TakeAsync(page.Actor, form["host"].ToString(), content, name, http.RequestAborted);
            if (kept.IsOk) taken.AddRange(kept.Value);
            else errors.AddRange(kept.Errors);
        }

        return await ShownAsync(store, page, watch, clock, http, taken, errors, errors.Count > 0 ? 422 : 200);
    }

    private static async Task<IResult> TakeApiAsync(string? host, string? name, PageContext page, TimeChecks checks, HttpContext http)
    {
        using var content = new MemoryStream();
        await http.Request.Body.CopyToAsync(content, http.RequestAborted);
        var kept = await checks.TakeAsync(page.Actor, host, content.ToArray(), string.IsNullOrWhiteSpace(name) ? "body" : name, http.RequestAborted);
        return kept.IsOk ? Results.Json(new { checks = kept.Value.Select(Told) }, statusCode: 201) : Refusals.Of(kept.Errors);
    }

    // Nothing goes out to a source that is not in use.
    private static async Task<Result<TimeCheck>> CheckAsync(string? number, RecordStore store, PageContext page, TimeChecks checks, CancellationToken cancellation)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<TimeSource>(), (number ?? "").Trim().ToUpperInvariant(), cancellation);
        if (!found.IsOk) return Result.Fail<TimeCheck>(found.Errors);
        var source = (TimeSource)found.Value;
        if (!page.Actor.May(store.Types.Of(source), Right.Write, source)) return Result.Fail<TimeCheck>(Refusals.Missing(Right.Write, store.Types.Of(source).Name));
        if (source.State != TimeSourceType.On || source.ArchivedAt is not null) return Result.Fail<TimeCheck>(new Error("logs.time.not-in-use", Texts.Both("logs.time-not-in-use")));
        var last = await store.Db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == source.Id).OrderByDescending(c => c.At).Take(1).ToListAsync(cancellation);
        if (TimeWatch.NextAt(source, last) is null) return Result.Fail<TimeCheck>(new Error("logs.time.denied", Texts.Both("logs.time-denied")));
        return Result.Of((await checks.AskAsync([source], cancellation))[0]);
    }

    private static async Task<IResult> CheckPageAsync(RecordStore store, PageContext page, TimeChecks checks, HttpContext http)
    {
        var made = await CheckAsync((await http.Request.ReadFormAsync())["number"].ToString(), store, page, checks, http.RequestAborted);
        if (!made.IsOk && made.Errors[0].Code == "record.not-found") return Refusals.Of(made.Errors);
        if (made.IsOk) page.Flash(Texts.T("logs.time-checked", made.Value.Host, TimePage.VerdictText(made.Value)), bad: made.Value.IsBad);
        else page.Flash(made.Errors[0].Message.ToString(), bad: true);
        return Results.LocalRedirect("/logs/time");
    }

    private static async Task<IResult> CheckApiAsync(string number, RecordStore store, PageContext page, TimeChecks checks, HttpContext http)
    {
        var made = await CheckAsync(number, store, page, checks, http.RequestAborted);
        return made.IsOk ? Results.Json(Told(made.Value)) : made.Errors[0].Code.StartsWith("logs.time.", StringComparison.Ordinal) ? Refusals.Problem(409, made.Errors) : Refusals.Of(made.Errors);
    }

    // A server of the national standard as a record, not in use: a person switches it on.
    private static async Task<IResult> SuggestedAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var address = (await http.Request.ReadFormAsync())["address"].ToString();
        if (!TimeSourceType.Suggested.Contains(address)) return Refusals.Of([Error.Of("record.not-found", "沒有這個建議來源。", "There is no such suggestion.")]);
        var created = await store.CreateAsync(
            page.Actor, store.Types.Of<TimeSource>(),
            new Dictionary<string, string?> { ["title"] = address, ["address"] = address, ["kind"] = "national", ["reason"] = Texts.T("logs.time-national-reason") }, cancellation: http.RequestAborted);
        if (created.IsOk) return Results.LocalRedirect(store.Types.Of(created.Value).PathOf(created.Value.Number));
        return Refusals.Of(created.Errors);
    }

    private static Task<Result<TimeReview>> ReviewAsync(TimeReviews reviews, TimeProvider clock, CancellationToken cancellation)
    {
        var now = Instants.Truncate(clock.GetUtcNow());
        return reviews.MakeAsync(now.AddDays(-1), now, "校時檢核 / Time check " + SiteTime.Local(now).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), cancellation);
    }

    private static async Task<IResult> ReviewPageAsync(RecordStore store, PageContext page, TimeReviews reviews, TimeProvider clock, HttpContext http)
    {
        var made = await ReviewAsync(reviews, clock, http.RequestAborted);
        if (made.IsOk && page.Actor.May(store.Types.Of(made.Value), Right.Read, made.Value)) return Results.LocalRedirect(store.Types.Of(made.Value).PathOf(made.Value.Number));
        page.Flash(made.IsOk ? made.Value.Number : made.Errors[0].Message.ToString(), bad: !made.IsOk);
        return Results.LocalRedirect("/logs/time");
    }

    private static async Task<IResult> ReviewApiAsync(RecordStore store, TimeReviews reviews, TimeProvider clock, HttpContext http)
    {
        var made = await ReviewAsync(reviews, clock, http.RequestAborted);
        return made.IsOk ? Results.Json(new { number = made.Value.Number, path = "/api/v1" + store.Types.Of(made.Value).PathOf(made.Value.Number), made.Value.Checks, made.Value.Good, made.Value.Bad, made.Value.NotEvaluated, made.Value.Unchecked, worstOffset = made.Value.WorstOffset, made.Value.LogSources, made.Value.SkewedSources }, statusCode: 201) : Refusals.Of(made.Errors);
    }

    private static async Task<IResult> StandingApiAsync(RecordStore store, PageContext page, SourceWatch watch, TimeProvider clock, HttpContext http)
    {
        var standings = await StandingsAsync(store, page.Actor, clock, http.RequestAborted);
        var clocks = (await watch.LookAsync(http.RequestAborted)).Where(s => !AuditFeed.IsOwn(s.Source)).ToList();
        return Results.Json(new
        {
            sources = standings.Select(s => new { s.Source.Number, name = s.Source.Title, s.Source.Address, port = s.Source.Port ?? NtpClient.Port, s.Source.Kind, inUse = s.Source.State == TimeSourceType.On, last = s.Last is null ? null : Told(s.Last), s.Offsets }),
            hosts = (await HostsAsync(store.Db, clock, http.RequestAborted)).Select(Told),
            logSources = clocks.Count, skewedLogSources = clocks.Count(s => s.Skew.Since is not null),
        });
    }

    private static async Task<IResult> ChecksApiAsync(string? source, string? host, string? from, string? to, int? limit, RecordStore store, PageContext page, HttpContext http)
    {
        if (!LogEndpoints.TryTime(from, out var begin) | !LogEndpoints.TryTime(to, out var end)) return Refusals.Of([new Error("logs.search.time", Texts.Both("logs.bad-time"), "from")]);
        var readable = store.Readable<TimeSource>(page.Actor).Select(s => (Guid?)s.Id);
        var checks = store.Db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == null || readable.Contains(c.SourceId));
        if (source is not null)
        {
            var found = await store.FindAsync(page.Actor, store.Types.Of<TimeSource>(), source.Trim().ToUpperInvariant(), http.RequestAborted);
            if (!found.IsOk) return Refusals.Of(found.Errors);
            checks = checks.Where(c => c.SourceId == found.Value.Id);
        }

        if (host is not null) checks = checks.Where(c => c.SourceId == null && c.Host == host);
        if (begin is { } b) checks = checks.Where(c => c.At >= b);
        if (end is { } e) checks = checks.Where(c => c.At < e);
        return Results.Json(new { checks = (await checks.OrderByDescending(c => c.At).Take(Math.Clamp(limit ?? 500, 1, 5_000)).ToListAsync(http.RequestAborted)).Select(Told) });
    }

    private static object Told(TimeCheck c) => new
    {
        c.At, name = c.Host, c.Kind, verdict = c.Word, reason = c.ReasonCode.Length > 0 ? c.ReasonCode : null, explanation = c.ReasonEn.Length > 0 ? new LocalizedText(c.ReasonZh, c.ReasonEn).ToString() : null,
        c.Offset, c.Delay, c.RootDistance, c.Jitter, c.Stratum, reference = c.Reference.Length > 0 ? c.Reference : null, address = c.Address.Length > 0 ? c.Address : null, c.OwnClock, @event = c.EventId,
    };
}
