using System.Globalization;
using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>An indicator in whose sense a value stands, with how often it was seen.</summary>
public sealed record IndicatorStanding(KnownIndicator Known, IndicatorSighting? Seen);

/// <summary>Addresses of indicators: where a value stands, what was seen, lists taken in and compared.</summary>
internal static class IndicatorEndpoints
{
    private const int MaxValue = 2_048;
    private const long MaxForm = 1L << 20;

    private static readonly Error NoSuch = Error.Of("record.not-found", "找不到這筆紀錄，或您無權檢視。", "This record does not exist, or you may not see it.");

    internal static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IndicatorFiles>();
        services.AddSingleton<IndicatorLists>();
        services.AddSingleton<IndicatorLibrary>();
        // Before what looks at events: it begins with all indicators.
        services.AddHostedService(s => s.GetRequiredService<IndicatorLibrary>());
        services.AddScoped<IRecordReaction, IndicatorVersionApplied>();
        services.AddScoped<IRecordReaction, IndicatorListChecked>();
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/indicators", PageAsync);
        pages.MapPost("/indicator-lists/{number}/import", ImportPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(IndicatorLists.MaxUpload + MaxForm)).WithFormOptions(multipartBodyLengthLimit: IndicatorLists.MaxUpload + MaxForm);
        var api = routes.MapGroup("/api/v1/logs").WithTags("Indicators").AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapGet("/indicators", ApiAsync).WithName("indicators").WithSummary("What is looked for, where a value stands, and what was seen").WithDescription("value is an address, a name, a URL, a hash, an address of mail, a file, a key of the registry or an account; standing names the indicators in force that it would match. seen names indicators by the alerts that they raised, the last first.");
        api.MapPost("/indicator-lists/{number}/import", ImportApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(IndicatorLists.MaxUpload)).WithName("indicator-lists-import").WithSummary("Take in a version of an indicator list, which is applied later").WithDescription("The body is STIX, MISP, CSV or text, perhaps as zip or gz, its file name in name; without name the list's own folder is read. column is the number of the column with the value in a table without names. The answer is the version with what it would change, which own assets it would match and what a trial over stored events found; apply it with its transition apply, or apply-anyway with a reason. What is in use already is noted as given again.");
        api.MapGet("/indicator-lists/{number}/sightings", SightingsApiAsync).WithName("indicator-sightings").WithSummary("Which indicators of a list were seen, how often and when last");
        api.MapGet("/indicator-versions/{number}/diff", DiffApiAsync).WithName("indicator-diff").WithSummary("What applying a version would change").WithDescription("Against the version in use: counts and the first 200 each of indicators that are new, changed and gone.");
    }

    /// <summary>The address of a hunt with lists or indicators.</summary>
    internal static string HuntHref(params IEnumerable<string> keys) => $"/logs/hunts?indicators={Uri.EscapeDataString(string.Join('\n', keys))}";

    /// <summary>The address of what stands of a value.</summary>
    internal static string Href(string value) => $"/logs/indicators?value={Uri.EscapeDataString(value)}";

    /// <summary>The indicators in force in whose sense a value stands, with what was seen of them.</summary>
    internal static async Task<IReadOnlyList<IndicatorStanding>> StandingAsync(Detection detection, RecordStore store, Actor actor, string value, CancellationToken cancellation, params IReadOnlyList<string> fields)
    {
        if (detection.Indicators is not { } set || value.Length is 0 or > MaxValue) return [];
        var known = set.Find(value, fields);
        var seen = await IndicatorSightings.OfAsync(store, actor, [.. known.Select(k => (k.Key, k.Gathered))], cancellation);
        return [.. known.OrderByDescending(k => AlertType.RankOf(k.List.Level)).ThenBy(k => k.List.Number, StringComparer.Ordinal).Select(k => new IndicatorStanding(k, seen.GetValueOrDefault(k.Key)))];
    }

    private static async Task<IResult> PageAsync(string? value, Detection detection, IndicatorLibrary library, RecordStore store, PageContext page, HttpContext http)
    {
        var asked = value?.Trim() ?? "";
        return Pages.Of<IndicatorsPage>(new
        {
            Asked = asked, Standing = await StandingAsync(detection, store, page.Actor, asked, http.RequestAborted), Seen = (IReadOnlyList<IndicatorSighting>)await IndicatorSightings.AllAsync(store, page.Actor, http.RequestAborted),
            library.Supplies, library.Problems, Count = detection.Indicators?.Count ?? 0,
        });
    }

    private static async Task<IResult> ApiAsync(string? value, Detection detection, IndicatorLibrary library, RecordStore store, PageContext page, HttpContext http)
    {
        var standing = await StandingAsync(detection, store, page.Actor, value?.Trim() ?? "", http.RequestAborted);
        return Results.Json(new
        {
            inForce = detection.Indicators?.Count ?? 0, regexTimeouts = detection.Indicators?.Index.RegexTimeouts ?? 0, problems = library.Problems.Select(Told),
            lists = library.Supplies.Select(s => new { list = s.List.Number, title = s.List.Title, state = s.List.State, version = s.Version.Number, indicators = s.Version.IndicatorCount, ends = s.Ends }),
            standing = standing.Select(s => new { key = s.Known.Key, list = s.Known.List.Number, text = s.Known.Info.Text, kind = s.Known.Info.Kind, title = s.Known.Info.Title, producer = s.Known.Producer, tlp = s.Known.Tlp, report = s.Known.Info.Context.Report, names = s.Known.Info.Context.Names, level = s.Known.List.Level, confidence = s.Known.Info.Confidence, validUntil = s.Known.Info.ValidUntil, alerts = s.Seen?.Alerts ?? 0, events = s.Seen?.Events ?? 0, lastSeen = s.Seen?.Last }),
            seen = (await IndicatorSightings.AllAsync(store, page.Actor, http.RequestAborted)).Select(Told),
        });
    }

    private static async Task<IResult> SightingsApiAsync(string number, RecordStore store, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<IndicatorList>(), number, http.RequestAborted);
        return found.IsOk ? Results.Json((await IndicatorSightings.OfListAsync(store, page.Actor, found.Value.Number, http.RequestAborted)).Select(Told)) : Refusals.Of(found.Errors);
    }

    private static object Told(IndicatorSighting seen) => new { key = seen.Key, title = seen.Title, lists = seen.Lists, alerts = seen.Alerts, events = seen.Events, firstSeen = seen.First, lastSeen = seen.Last };

    private static object Told(Error error) => new { code = error.Code, place = error.Place, message = error.Message.ToString() };

    private static async Task<IResult> ImportPageAsync(string number, RecordStore store, IndicatorLists lists, StorageOptions storage, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var type = store.Types.Of<IndicatorList>();
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var column = int.TryParse(form["column"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : (int?)null;
        Result<IndicatorVersion> staged;
        if (form.Files is [{ Length: > 0 } file, ..])
        {
            await using var upload = file.OpenReadStream();
            staged = await StageAsync(upload, file.FileName(), column, (IndicatorList)found.Value, store, lists, storage, page.Actor, http.RequestAborted);
        }
        else
        {
            staged = await lists.StageAsync(store, page.Actor, (IndicatorList)found.Value, null, "", column, http.RequestAborted);
        }

        if (staged.IsOk)
        {
            if (staged.Value.State == IndicatorVersionType.Current) page.Flash(Texts.T("logs.ind-same", staged.Value.Number));
            return Results.LocalRedirect(store.Types.Of<IndicatorVersion>().PathOf(staged.Value.Number));
        }

        page.Flash(string.Join(" ", staged.Errors.Take(5).Select(e => e.Place is { Length: > 0 } place and not "folder" ? $"{place}: {e.Message}" : e.Message.ToString())), bad: true);
        return Results.LocalRedirect(type.PathOf(number));
    }

    private static async Task<IResult> ImportApiAsync(string number, string? name, int? column, RecordStore store, IndicatorLists lists, StorageOptions storage, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<IndicatorList>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var list = (IndicatorList)found.Value;
        var staged = string.IsNullOrWhiteSpace(name)
            ? await lists.StageAsync(store, page.Actor, list, null, "", column, http.RequestAborted)
            : await StageAsync(http.Request.Body, name.Trim(), column, list, store, lists, storage, page.Actor, http.RequestAborted);
        if (!staged.IsOk) return staged.Errors[0].Code is "access.denied" or "record.not-found" ? Refusals.Of(staged.Errors) : Refusals.Problem(422, staged.Errors);
        return await DiffAsync(staged.Value, list, store, lists, staged.Value.State == IndicatorVersionType.Staged ? 201 : 200, http.RequestAborted);
    }

    private static async Task<Result<IndicatorVersion>> StageAsync(Stream content, string name, int? column, IndicatorList list, RecordStore store, IndicatorLists lists, StorageOptions storage, Actor actor, CancellationToken cancellation)
    {
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".feed");
        try
        {
            await using (var target = File.Create(path)) await content.CopyToAsync(target, cancellation);
            return await lists.StageAsync(store, actor, list, path, name, column, cancellation);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<IResult> DiffApiAsync(string number, RecordStore store, IndicatorLists lists, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<IndicatorVersion>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var version = (IndicatorVersion)found.Value;
        return await store.Db.Set<IndicatorList>().AsNoTracking().FirstOrDefaultAsync(l => l.Id == version.ListId, http.RequestAborted) is { } list ? await DiffAsync(version, list, store, lists, 200, http.RequestAborted) : Refusals.Of([NoSuch]);
    }

    private static async Task<IResult> DiffAsync(IndicatorVersion version, IndicatorList list, RecordStore store, IndicatorLists lists, int status, CancellationToken cancellation)
    {
        var current = await IndicatorLists.CurrentAsync(store.Db, list.Id, cancellation);
        var diff = await Task.Run(() => lists.Diff(version, current), cancellation);
        if (!diff.IsOk) return Refusals.Problem(422, diff.Errors);
        return Results.Json(
            new
            {
                version = version.Number, list = list.Number, version.State, version.Hash, version.Format, indicators = version.IndicatorCount, kinds = Told(version.Kinds), doubtful = Told(version.Doubts), left = Told(version.Left), refused = version.RefusedCount, refusals = IndicatorLists.LinesOf(version.Refusals),
                ownAssets = version.OwnCount, own = IndicatorLists.LinesOf(version.OwnAssets), trialHits = version.TriedHits, trialMany = version.TriedMany, trialMost = IndicatorLists.LinesOf(version.TriedMost), trialRead = IndicatorLists.LinesOf(version.TriedRead),
                against = diff.Value.Against, @new = diff.Value.New, changed = diff.Value.Changed, gone = diff.Value.Gone,
                changes = diff.Value.Changes.Select(c => new { kind = c.Kind, id = c.Item.Id, text = c.Item.Text, title = c.Item.Title, producer = c.Item.Context.Producer, tlp = c.Item.Context.Tlp, doubt = c.Item.Doubt }),
            },
            statusCode: status);

        static Dictionary<string, int> Told(string counts) => IndicatorLists.CountsOf(counts).ToDictionary(c => c.Key, c => c.Value);
    }
}
