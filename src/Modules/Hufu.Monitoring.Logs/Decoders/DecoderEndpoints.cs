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

/// <summary>Lines to try a decoder on.</summary>
/// <param name="Decoder">The decoder, as it is exported.</param>
/// <param name="Lines">Messages; null for the newest of a source.</param>
/// <param name="Source">The source.</param>
/// <param name="Count">How many of its messages.</param>
public sealed record DecoderTry(System.Text.Json.JsonElement? Decoder, IReadOnlyList<string>? Lines, string? Source, int? Count);

/// <summary>Addresses of the decoders: the trial on real lines, export and import.</summary>
internal static class DecoderEndpoints
{
    private const long MaxFile = 4L << 20;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/decoder-trial", TryPageAsync);
        pages.MapPost("/decoder-trial", TryAsync);
        pages.MapGet("/decoder-file", ExportAsync);
        pages.MapPost("/decoder-file", ImportPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        var api = routes.MapGroup("/api/v1/logs").WithTags("Logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapGet("/decoder-file", ExportAsync).WithName("logs-decoders-export").WithSummary("The decoders of the site as JSON");
        api.MapPost("/decoder-file", ImportApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(MaxFile)).WithName("logs-decoders-import").WithSummary("Take in decoders as they are exported").WithDescription("One that is there under its name is changed, any other is made, switched off. When one is not valid, none is taken.");
        api.MapPost("/decoder-trial", TryApiAsync).WithMetadata(new RequestSizeLimitAttribute(MaxFile)).WithName("logs-decoders-try").WithSummary("Try a decoder on lines or on the newest messages of a source").WithDescription("decoder as it is exported; lines, or source and count (up to 200).");
    }

    private static async Task<IResult> TryPageAsync(string? number, RecordStore store, PageContext page, HttpContext http)
    {
        if (string.IsNullOrEmpty(number)) return Pages.Of<DecoderTryPage>();
        var found = await store.FindAsync(page.Actor, store.Types.Of<Decoder>(), number, http.RequestAborted);
        if (!found.IsOk) return Pages.Of<DecoderTryPage>(new { Errors = found.Errors }, 404);
        var decoder = (Decoder)found.Value;
        return Pages.Of<DecoderTryPage>(new { decoder.Patterns, Source = DecoderType.Lines(decoder.FromSources).FirstOrDefault() ?? "" });
    }

    private static async Task<IResult> TryAsync(LogService logs, TimeProvider clock, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var (patterns, text, source) = (form["patterns"].ToString(), form["lines"].ToString(), form["source"].ToString().Trim());
        var errors = new List<Error>();
        var (decoder, error) = DecoderType.Read(new Decoder { DecoderName = "trial", Begins = "*", Patterns = patterns });
        if (error is not null) errors.Add(error);
        else errors.AddRange(UserDecoders.Check(decoder));
        var lines = DecoderType.Lines(text).Take(DecoderTryPage.MaxLines).ToList();
        var count = int.TryParse(form["count"].ToString(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, DecoderTryPage.MaxLines) : 20;
        if (lines.Count == 0 && source.Length > 0) lines = await NewestAsync(logs, source, count, http.RequestAborted);
        if (lines.Count == 0 && errors.Count == 0) errors.Add(new Error("logs.decoder.no-lines", Texts.Both("logs.dec-no-lines")));
        var results = errors.Count > 0 ? [] : Run(decoder, lines, clock);
        return Pages.Of<DecoderTryPage>(new { Patterns = patterns, Lines = text, Source = source, Count = count.ToString(System.Globalization.CultureInfo.InvariantCulture), Results = results, Errors = (IReadOnlyList<Error>)errors }, errors.Count > 0 ? 422 : 200);
    }

    private static async Task<IResult> TryApiAsync(DecoderTry body, LogService logs, TimeProvider clock, HttpContext http)
    {
        var read = UserDecoders.Read(System.Text.Encoding.UTF8.GetBytes($"[{(body.Decoder is { } given ? given.GetRawText() : "")}]"));
        if (!read.IsOk) return Refusals.Problem(422, read.Errors);
        if (read.Value.Count != 1) return Refusals.Problem(422, [Error.Of("logs.decoder.missing", "請以 decoder 附上解碼器。", "Give a decoder.", "decoder")]);
        var lines = body.Lines is { } own ? [.. own.Where(line => line is not null).Take(DecoderTryPage.MaxLines)] : body.Source is { Length: > 0 } source ? await NewestAsync(logs, source, Math.Clamp(body.Count ?? 20, 1, DecoderTryPage.MaxLines), http.RequestAborted) : [];
        return Results.Json(Run(read.Value[0], lines, clock).Select(one => new { line = one.Line, pattern = one.Trial.Pattern + 1, rest = one.Trial.Pattern is null ? null : one.Trial.Rest, fields = one.Trial.Fields, microseconds = one.Trial.Time.TotalMicroseconds }));
    }

    // What the decoder would be given: the message, which is the line where there is no header.
    private static async Task<List<string>> NewestAsync(LogService logs, string source, int count, CancellationToken cancellation)
    {
        var query = SearchQuery.Parse(LogEndpoints.With("", "source", source));
        return query.IsOk ? [.. (await logs.Search.SearchAsync(new LogSearch { Query = query.Value, Limit = count }, cancellation)).Events.Select(item => item.Message)] : [];
    }

    private static List<(string Line, DecoderTrial Trial)> Run(UserDecoder decoder, IEnumerable<string> lines, TimeProvider clock)
    {
        var options = new LogParseOptions { ReferenceTime = clock.GetUtcNow(), AssumedOffset = SiteTime.Zone.GetUtcOffset(clock.GetUtcNow()) };
        return [.. lines.Select(line => line.Length > 16_384 ? line[..16_384] : line).Select(line => (line, UserDecoders.Try(decoder, line, options)))];
    }

    private static async Task<IResult> ExportAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var listed = await NamedRecords.AllAsync<Decoder>(store, page.Actor, UserDecoders.MostDecoders, http.RequestAborted);
        if (!listed.IsOk) return Refusals.Of(listed.Errors);
        http.Response.Headers.ContentDisposition = "attachment; filename=\"decoders.json\"";
        return Results.Bytes(UserDecoders.Write(listed.Value.Select(decoder => DecoderType.Read(decoder).Decoder)), "application/json");
    }

    private static async Task<IResult> ImportApiAsync(RecordStore store, PageContext page, HttpContext http)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
        var done = await ImportAsync(memory.ToArray(), store, page, http);
        return done.IsOk ? Results.Json(new { created = done.Value.Created, changed = done.Value.Changed }) : done.Errors.Any(e => e.Code.StartsWith("logs.", StringComparison.Ordinal)) ? Refusals.Problem(422, done.Errors) : Refusals.Of(done.Errors);
    }

    private static async Task<IResult> ImportPageAsync(RecordStore store, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        using var memory = new MemoryStream();
        if (form.Files.Count > 0 && form.Files[0].Length <= MaxFile) await form.Files[0].CopyToAsync(memory, http.RequestAborted);
        var done = await ImportAsync(memory.ToArray(), store, page, http);
        if (!done.IsOk) return Pages.Of<DecoderTryPage>(new { Errors = done.Errors }, 422);
        page.Flash(Texts.T("logs.dec-imported", done.Value.Created, done.Value.Changed));
        return Results.LocalRedirect("/logs/decoders");
    }

    private static async Task<Result<(int Created, int Changed)>> ImportAsync(byte[] json, RecordStore store, PageContext page, HttpContext http)
    {
        var read = UserDecoders.Read(json);
        if (!read.IsOk) return Result.Fail<(int, int)>(read.Errors);
        return await NamedRecords.TakeAsync<Decoder>(store, page.Actor, [.. read.Value.Select(decoder => (decoder.Name, DecoderType.Values(decoder)))], decoder => decoder.DecoderName, UserDecoders.MostDecoders, http.RequestAborted);
    }
}
