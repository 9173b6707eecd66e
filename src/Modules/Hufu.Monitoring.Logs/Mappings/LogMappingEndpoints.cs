using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>A mapping to try.</summary>
/// <param name="Mapping">The mapping, as it is exported.</param>
public sealed record MappingTry(JsonElement? Mapping);

/// <summary>An event that a mapping is for.</summary>
/// <param name="Event">The event.</param>
/// <param name="Sources">All its log sources, with the mapping.</param>
/// <param name="Fields">What the mapping's names for fields come to.</param>
public sealed record MappedEvent(LogEvent Event, IReadOnlyList<LogSourceHint> Sources, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>What a mapping makes of the newest events of the store.</summary>
/// <param name="Read">How many were looked at.</param>
/// <param name="Fit">How many it is for.</param>
/// <param name="Rules">Rules in use that look at its log sources.</param>
/// <param name="Newest">The newest that it is for.</param>
public sealed record MappingTrial(int Read, int Fit, int Rules, IReadOnlyList<MappedEvent> Newest);

/// <summary>Addresses of the log-source mappings: the trial on stored events, export and import.</summary>
internal static class LogMappingEndpoints
{
    private const long MaxFile = 4L << 20;
    private const int LookedAt = 20_000;
    private const int Shown = 20;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/mapping-trial", TryPageAsync);
        pages.MapPost("/mapping-trial", TryAsync);
        pages.MapGet("/mapping-file", ExportAsync);
        pages.MapPost("/mapping-file", ImportPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        var api = routes.MapGroup("/api/v1/logs").WithTags("Detection rules").AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapGet("/mapping-file", ExportAsync).WithName("logs-mappings-export").WithSummary("The log-source mappings of the site as JSON").WithDescription("As hufu hunt --mapping takes them.");
        api.MapPost("/mapping-file", ImportApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxFile)).WithName("logs-mappings-import").WithSummary("Take in log-source mappings as they are exported").WithDescription("One that is there under its name is changed, any other is made, switched off. When one is not valid, none is taken.");
        api.MapPost("/mapping-trial", TryApi).WithMetadata(new RequestSizeLimitAttribute(MaxFile)).WithName("logs-mappings-try").WithSummary("Try a log-source mapping on the newest stored events").WithDescription("mapping as it is exported. rules says how many rules in use look at its log sources.");
    }

    private static async Task<IResult> TryPageAsync(string? number, RecordStore store, LogService logs, Detection detection, PageContext page, HttpContext http)
    {
        if (string.IsNullOrEmpty(number)) return Pages.Of<MappingTryPage>();
        var found = await store.FindAsync(page.Actor, store.Types.Of<LogMapping>(), number, http.RequestAborted);
        return found.IsOk ? Tried((LogMapping)found.Value, logs, detection, http.RequestAborted) : Pages.Of<MappingTryPage>(new { Errors = found.Errors }, 404);
    }

    private static async Task<IResult> TryAsync(LogService logs, Detection detection, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        return Tried(new LogMapping { MappingName = "trial", Conditions = form["conditions"].ToString(), LogSources = form["logSources"].ToString(), FieldNames = form["fieldNames"].ToString() }, logs, detection, http.RequestAborted);
    }

    private static RazorComponentResult Tried(LogMapping asked, LogService logs, Detection detection, CancellationToken cancellation)
    {
        var (mapping, error) = LogMappingType.Read(asked);
        IReadOnlyList<Error> errors = error is not null ? [error] : SourceMappings.Check(mapping);
        return Pages.Of<MappingTryPage>(
            new { asked.Conditions, asked.LogSources, asked.FieldNames, Errors = errors, Trial = errors.Count > 0 ? null : Try(mapping, logs, detection, cancellation) }, errors.Count > 0 ? 422 : 200);
    }

    private static IResult TryApi([FromBody] MappingTry body, LogService logs, Detection detection, HttpContext http)
    {
        var read = SourceMappings.Read(Encoding.UTF8.GetBytes($"[{(body.Mapping is { } given ? given.GetRawText() : "")}]"));
        if (!read.IsOk) return Refusals.Problem(422, read.Errors);
        if (read.Value.Count != 1) return Refusals.Problem(422, [Error.Of("logs.mapping.missing", "請以 mapping 附上對應。", "Give a mapping.", "mapping")]);
        var trial = Try(read.Value[0], logs, detection, http.RequestAborted);
        return Results.Json(new
        {
            read = trial.Read, fit = trial.Fit, rules = trial.Rules,
            newest = trial.Newest.Select(item => new { @event = item.Event.Id, time = item.Event.Time, host = item.Event.Host, message = item.Event.Message, sources = item.Sources.Select(SourceMappings.Text), fields = item.Fields.ToDictionary(field => field.Key, field => field.Value) }),
        });
    }

    private static MappingTrial Try(SourceMapping mapping, LogService logs, Detection detection, CancellationToken cancellation)
    {
        // As it would be: beside those that are on, before them.
        var mappings = new RuleMappings(new SourceMappings([mapping, .. detection.Mappings.Sources.All.Where(other => other.Name != mapping.Name)]));
        var (from, count) = logs.Before(logs.End, LookedAt);
        var (read, fit) = (0, 0);
        var newest = new Queue<MappedEvent>();
        try
        {
            foreach (var item in logs.Store.EventsFrom(from.Segment, from.Row, count, cancellation))
            {
                read++;
                if (!mapping.Fits(item)) continue;
                fit++;
                var fields = new LogEventFields(item, mappings);
                newest.Enqueue(new MappedEvent(item, LogSourceHints.For(item, mappings.Sources), [.. mapping.Fields.Keys.Where(name => fields.TryGet(name, out _)).Select(name => KeyValuePair.Create(name, fields.TryGet(name, out var value) ? value.ToString() : ""))]));
                if (newest.Count > Shown) newest.Dequeue();
            }
        }
        catch (ColdException)
        {
            // What is not here now is not looked at: the number says how much was.
        }

        var rules = mapping.Sources.Count == 0 ? 0 : detection.Rules.Known.Count(known => known.IsOn && known.Rule is SigmaDetectionRule rule && mapping.Sources.Any(source => rule.LogSource.Accepts(new SigmaLogSource(source.Product, source.Category, source.Service))));
        return new MappingTrial(read, fit, rules, [.. newest.Reverse()]);
    }

    private static async Task<IResult> ExportAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var listed = await NamedRecords.AllAsync<LogMapping>(store, page.Actor, SourceMappings.MostMappings, http.RequestAborted);
        if (!listed.IsOk) return Refusals.Of(listed.Errors);
        http.Response.Headers.ContentDisposition = "attachment; filename=\"log-source-mappings.json\"";
        return Results.Bytes(SourceMappings.Write(listed.Value.Select(record => LogMappingType.Read(record).Mapping)), "application/json");
    }

    private static async Task<IResult> ImportApiAsync(RecordStore store, PageContext page, RuleLibrary library, HttpContext http)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
        var done = await ImportAsync(memory.ToArray(), store, page, library, http);
        return done.IsOk ? Results.Json(new { created = done.Value.Created, changed = done.Value.Changed }) : done.Errors.Any(e => e.Code.StartsWith("logs.", StringComparison.Ordinal)) ? Refusals.Problem(422, done.Errors) : Refusals.Of(done.Errors);
    }

    private static async Task<IResult> ImportPageAsync(RecordStore store, PageContext page, RuleLibrary library, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        using var memory = new MemoryStream();
        if (form.Files.Count > 0 && form.Files[0].Length <= MaxFile) await form.Files[0].CopyToAsync(memory, http.RequestAborted);
        var done = await ImportAsync(memory.ToArray(), store, page, library, http);
        if (!done.IsOk) return Pages.Of<MappingTryPage>(new { Errors = done.Errors }, 422);
        page.Flash(Texts.T("logs.map-imported", done.Value.Created, done.Value.Changed));
        return Results.LocalRedirect("/logs/mappings");
    }

    private static async Task<Result<(int Created, int Changed)>> ImportAsync(byte[] json, RecordStore store, PageContext page, RuleLibrary library, HttpContext http)
    {
        var read = SourceMappings.Read(json);
        if (!read.IsOk) return Result.Fail<(int, int)>(read.Errors);
        var done = await NamedRecords.TakeAsync<LogMapping>(store, page.Actor, [.. read.Value.Select(mapping => (mapping.Name, LogMappingType.Values(mapping)))], record => record.MappingName, SourceMappings.MostMappings, http.RequestAborted);
        await library.RefreshAsync(http.RequestAborted);
        return done;
    }
}
