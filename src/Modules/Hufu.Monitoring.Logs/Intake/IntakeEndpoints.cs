using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hufu.Logs;
using Hufu.Logs.Intake;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Addresses at which log shippers of others find the protocol that they speak: Elasticsearch's bulk API, Splunk's HTTP Event Collector, OTLP. Shippers
/// of Splunk and OTLP are told a host and a port only, so theirs stand at the root. Answers are in the protocols' own words, for programs match them.
/// What cannot be stored is 503, which all of these send again; 507 some of them would drop.
/// </summary>
internal static class IntakeEndpoints
{
    // The newest of the last major version whose shippers take it as theirs.
    private const string ElasticVersion = "8.19.0";
    private const string ElasticSource = "elastic";
    private const string SplunkSource = "splunk";
    private const string OtlpSource = "otlp";

    // Where a body is read whole before its first event.
    private const long MaxWhole = 64L << 20;

    // Shippers look after what Elasticsearch keeps about indexes before they send. Here it has no meaning: all of it is there, and what is put is let go.
    private static readonly string[] Kept = ["_ilm/policy", "_index_template", "_template", "_component_template", "_ingest/pipeline", "_data_stream"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var elastic = Group(routes, "/api/v1/intake/elastic", http => ElasticError(http, 401, "security_exception", "an API token is needed"), http => ElasticError(http, 403, "security_exception", "the API token may not write logs"));
        elastic.MapMethods("/", ["GET", "HEAD"], (HttpContext http) => Elastic(http, Cluster()));
        elastic.MapMethods("/_bulk", ["POST", "PUT"], (HttpContext http, LogImport import, TimeProvider clock) => BulkAsync(null, http, import, clock)).WithMetadata(new RequestSizeLimitAttribute(LogEndpoints.MaxEvents));
        elastic.MapMethods("/{index}/_bulk", ["POST", "PUT"], BulkAsync).WithMetadata(new RequestSizeLimitAttribute(LogEndpoints.MaxEvents));
        elastic.MapGet("/_license", (HttpContext http) => Elastic(http, new JsonObject { ["license"] = new JsonObject { ["status"] = "active", ["uid"] = Guid.Empty.ToString(), ["type"] = "basic", ["mode"] = "basic" } }));
        elastic.MapGet("/_xpack", (HttpContext http) => Elastic(http, new JsonObject { ["license"] = new JsonObject { ["status"] = "active", ["type"] = "basic", ["mode"] = "basic" }, ["features"] = new JsonObject { ["ilm"] = new JsonObject { ["available"] = true, ["enabled"] = true } } }));
        elastic.MapGet("/_cluster/health", (HttpContext http) => Elastic(http, new JsonObject { ["cluster_name"] = "hufu", ["status"] = "green", ["timed_out"] = false, ["number_of_nodes"] = 1, ["number_of_data_nodes"] = 1 }));
        elastic.MapGet("/_nodes", (HttpContext http) => Elastic(http, Nodes()));
        elastic.MapGet("/_nodes/{**what}", (HttpContext http) => Elastic(http, Nodes()));
        elastic.MapGet("/_ingest/pipeline", (HttpContext http) => Elastic(http, []));
        foreach (var kind in Kept)
        {
            elastic.MapMethods($"/{kind}/{{name}}", ["GET", "HEAD"], (string name, HttpContext http) => Elastic(http, About(kind, name)));
            elastic.MapPut($"/{kind}/{{name}}", (HttpContext http) => Elastic(http, new JsonObject { ["acknowledged"] = true }));
        }

        var splunk = Group(routes, "/services/collector", SplunkSignedOut, _ => Splunk(403, 4, "Invalid token: it may not write logs"));
        foreach (var path in (ReadOnlySpan<string>)["", "/event", "/event/1.0"]) splunk.MapPost(path, SplunkEventsAsync).WithMetadata(new RequestSizeLimitAttribute(LogEndpoints.MaxEvents));
        foreach (var path in (ReadOnlySpan<string>)["/raw", "/raw/1.0"]) splunk.MapPost(path, SplunkLinesAsync).WithMetadata(new RequestSizeLimitAttribute(LogEndpoints.MaxEvents));
        splunk.MapPost("/ack", SplunkAcknowledgedAsync);
        // Asked by load balancers without a token; says no more than /health.
        foreach (var path in (ReadOnlySpan<string>)["/health", "/health/1.0"]) routes.MapGet("/services/collector" + path, () => Splunk(200, 17, "HEC is healthy")).AllowAnonymous().ExcludeFromDescription();

        Group(routes, "/v1/logs", http => Otlp(http, 401, 16, "an API token is needed"), http => Otlp(http, 403, 7, "the API token may not write logs"))
            .MapPost("", OtlpAsync).WithMetadata(new RequestSizeLimitAttribute(LogEndpoints.MaxEvents));
    }

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string path, Func<HttpContext, IResult> signedOut, Func<HttpContext, IResult> denied)
    {
        var group = routes.MapGroup(path).WithMetadata(new ForeignTokens(), new SignedOutAnswer(signedOut)).ExcludeFromDescription();
        group.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            if (http.RequestServices.GetRequiredService<PageContext>().Actor.May(LogsModule.Area, Right.Write)) return await next(context);
            await Refusals.DenyAsync(http, Right.Write, Refusals.NameOf(LogsModule.Area), LogsModule.Area);
            return denied(http);
        });
        return group;
    }

    // ---- Elasticsearch

    private static async Task<IResult> BulkAsync(string? index, HttpContext http, LogImport import, TimeProvider clock)
    {
        var begun = Stopwatch.GetTimestamp();
        var intake = new IntakeRequest(http, import, clock, null, LogEndpoints.MaxUnpacked);
        var answer = new ArrayBufferWriter<byte>();
        var failed = false;
        using var items = new Utf8JsonWriter(answer);
        items.WriteStartArray();
        var end = await intake.RunAsync(async () =>
        {
            await foreach (var item in ElasticBulk.ReadAsync(intake.Body, index, intake.Received, i => IntakeRequest.Source(i, ElasticSource), intake.Parse, http.RequestAborted))
            {
                foreach (var one in item.Events) await intake.AddAsync(one);
                failed |= item.Refusal is not null;
                Write(items, item);
            }
        });
        if (end is not IntakeEnd.Stored)
        {
            var (status, type, reason) = end switch
            {
                IntakeEnd.Encoding => (415, "illegal_argument_exception", "only gzip, or no compression, is taken"),
                IntakeEnd.TooLarge => (413, "circuit_breaking_exception", "the request is too large"),
                IntakeEnd.Unreadable => (400, "illegal_argument_exception", "the request cannot be read"),
                _ => (503, "unavailable_shards_exception", "it cannot be stored at present"),
            };
            return ElasticError(http, status, type, string.Create(CultureInfo.InvariantCulture, $"{intake.Reason ?? reason}; the first {intake.Stored} events are stored"));
        }

        items.WriteEndArray();
        await items.FlushAsync(http.RequestAborted);
        var whole = new ArrayBufferWriter<byte>(answer.WrittenCount + 64);
        await using (var json = new Utf8JsonWriter(whole, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("took", (long)Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            json.WriteBoolean("errors", failed);
            json.WritePropertyName("items");
            json.WriteRawValue(answer.WrittenSpan, skipInputValidation: true);
            json.WriteEndObject();
        }

        http.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        return Results.Bytes(whole.WrittenMemory, "application/json");
    }

    private static void Write(Utf8JsonWriter json, BulkItem item)
    {
        json.WriteStartObject();
        json.WriteStartObject(item.Action);
        json.WriteString("_index", item.Index ?? ElasticSource);
        json.WriteString("_id", item.Id ?? Guid.NewGuid().ToString("N"));
        if (item.Refusal is { } reason)
        {
            json.WriteNumber("status", 400);
            json.WriteStartObject("error");
            json.WriteString("type", "illegal_argument_exception");
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNumber("_version", 1);
            json.WriteString("result", "created");
            json.WriteStartObject("_shards");
            json.WriteNumber("total", 1);
            json.WriteNumber("successful", 1);
            json.WriteNumber("failed", 0);
            json.WriteEndObject();
            json.WriteNumber("_seq_no", 0);
            json.WriteNumber("_primary_term", 1);
            json.WriteNumber("status", 201);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static JsonObject Cluster() => new()
    {
        ["name"] = "hufu", ["cluster_name"] = "hufu", ["cluster_uuid"] = "hufu",
        ["version"] = new JsonObject
        {
            ["number"] = ElasticVersion, ["build_flavor"] = "default", ["build_type"] = "tar", ["build_hash"] = "unknown", ["build_date"] = "2025-01-01T00:00:00Z", ["build_snapshot"] = false,
            ["lucene_version"] = "9.12.0", ["minimum_wire_compatibility_version"] = "7.17.0", ["minimum_index_compatibility_version"] = "7.0.0",
        },
        ["tagline"] = "You Know, for Search",
    };

    private static JsonObject Nodes() => new() { ["_nodes"] = new JsonObject { ["total"] = 1, ["successful"] = 1, ["failed"] = 0 }, ["cluster_name"] = "hufu", ["nodes"] = new JsonObject() };

    private static JsonObject About(string kind, string name) => kind switch
    {
        "_ilm/policy" => new JsonObject { [name] = new JsonObject { ["version"] = 1, ["policy"] = new JsonObject { ["phases"] = new JsonObject() } } },
        "_index_template" => new JsonObject { ["index_templates"] = new JsonArray(new JsonObject { ["name"] = name, ["index_template"] = new JsonObject() }) },
        "_component_template" => new JsonObject { ["component_templates"] = new JsonArray(new JsonObject { ["name"] = name, ["component_template"] = new JsonObject() }) },
        "_data_stream" => new JsonObject { ["data_streams"] = new JsonArray(new JsonObject { ["name"] = name }) },
        _ => new JsonObject { [name] = new JsonObject() },
    };

    private static IResult ElasticError(HttpContext http, int status, string type, string reason)
    {
        var error = new JsonObject { ["type"] = type, ["reason"] = reason };
        return Elastic(http, new JsonObject { ["error"] = new JsonObject { ["root_cause"] = new JsonArray(error.DeepClone()), ["type"] = type, ["reason"] = reason }, ["status"] = status }, status);
    }

    private static IResult Elastic(HttpContext http, JsonObject body, int status = 200)
    {
        http.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        return Results.Json(body, statusCode: status, contentType: "application/json");
    }

    // ---- Splunk

    private static async Task<IResult> SplunkEventsAsync(HttpContext http, LogImport import, TimeProvider clock, PageContext page, SplunkChannels channels)
    {
        if (!TryChannel(http, out var channel)) return Splunk(400, 11, "Invalid data channel");
        var intake = new IntakeRequest(http, import, clock, null, MaxWhole);
        var defaults = DefaultsOf(http);
        var read = 0;
        SplunkProblem? wrong = null;
        var end = await intake.RunAsync(async () =>
        {
            foreach (var (item, problem) in SplunkEvents.Read(await intake.WholeAsync(), defaults, intake.Received, (source, type) => IntakeRequest.Source(source ?? type, SplunkSource), intake.Parse))
            {
                wrong = problem;
                if (item is null) break;
                await intake.AddAsync(item);
                read++;
            }
        });
        // What stood before the one that is wrong is stored, as Splunk does.
        if (end is IntakeEnd.Stored && wrong is { } fault)
        {
            return Splunk(400, (int)fault, fault switch { SplunkProblem.EventRequired => "Event field is required", SplunkProblem.EventBlank => "Event field cannot be blank", SplunkProblem.InvalidFormat => "Invalid data format" }, number: read);
        }

        return end is IntakeEnd.Stored && read == 0 ? Splunk(400, 5, "No data") : SplunkEnd(end, page, channel, channels);
    }

    private static async Task<IResult> SplunkLinesAsync(HttpContext http, LogImport import, TimeProvider clock, PageContext page, SplunkChannels channels)
    {
        if (!TryChannel(http, out var channel)) return Splunk(400, 11, "Invalid data channel");
        var intake = new IntakeRequest(http, import, clock, null, LogEndpoints.MaxUnpacked);
        var defaults = DefaultsOf(http);
        var source = IntakeRequest.Source(defaults.Source ?? defaults.SourceType, SplunkSource);
        var end = await intake.RunAsync(async () =>
        {
            await using var reader = new LogFileReader(intake.Body, intake.Parse, LogFraming.Newline);
            await foreach (var item in reader.EventsAsync(intake.Received, source, cancellation: http.RequestAborted)) await intake.AddAsync(defaults.Apply(item));
        });
        return end is IntakeEnd.Stored && intake.Stored == 0 ? Splunk(400, 5, "No data") : SplunkEnd(end, page, channel, channels);
    }

    private static async Task<IResult> SplunkAcknowledgedAsync(HttpContext http, PageContext page, SplunkChannels channels)
    {
        if (!TryChannel(http, out var channel)) return Splunk(400, 11, "Invalid data channel");
        if (channel is null) return Splunk(400, 10, "Data channel is missing");
        try
        {
            using var body = await JsonDocument.ParseAsync(new LimitedStream(http.Request.Body, 1 << 20), cancellationToken: http.RequestAborted);
            if (body.RootElement.ValueKind is not JsonValueKind.Object || !body.RootElement.TryGetProperty("acks", out var asked) || asked.ValueKind is not JsonValueKind.Array) return Splunk(400, 6, "Invalid data format");
            var acks = new JsonObject();
            foreach (var one in asked.EnumerateArray())
            {
                if (one.ValueKind is not JsonValueKind.Number || !one.TryGetInt64(out var number)) return Splunk(400, 6, "Invalid data format");
                acks[number.ToString(CultureInfo.InvariantCulture)] = channels.IsStored(page.Actor.Id, channel.Value, number);
            }

            return Results.Json(new JsonObject { ["acks"] = acks });
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or BadHttpRequestException)
        {
            return Splunk(400, 6, "Invalid data format");
        }
    }

    private static IResult SplunkEnd(IntakeEnd end, PageContext page, Guid? channel, SplunkChannels channels) => end switch
    {
        IntakeEnd.Stored => Splunk(200, 0, "Success", acknowledgement: channel is { } named ? channels.Stored(page.Actor.Id, named) : null),
        IntakeEnd.Encoding => Splunk(415, 6, "Invalid data format: only gzip, or no compression, is taken"),
        IntakeEnd.TooLarge => Splunk(413, 27, "Request entity too large"),
        IntakeEnd.Unreadable => Splunk(400, 6, "Invalid data format"),
        _ => Splunk(503, 9, "Server is busy"),
    };

    private static SplunkDefaults DefaultsOf(HttpContext http)
    {
        return new SplunkDefaults(Text("host"), Text("source"), Text("sourcetype"), Text("index"));

        string? Text(string name) => http.Request.Query[name].ToString() is { Length: > 0 and <= 1_000 } text ? text : null;
    }

    // False when there is one that is no channel.
    private static bool TryChannel(HttpContext http, out Guid? channel)
    {
        channel = null;
        var text = http.Request.Headers["X-Splunk-Request-Channel"].ToString() is { Length: > 0 } header ? header : http.Request.Query["channel"].ToString();
        if (text.Length == 0) return true;
        if (!Guid.TryParse(text, out var given)) return false;
        channel = given;
        return true;
    }

    private static IResult SplunkSignedOut(HttpContext http)
    {
        var shown = http.Request.Headers.Authorization.ToString();
        if (shown.Length == 0) return Splunk(401, 2, "Token is required");
        var scheme = shown.IndexOf(' ', StringComparison.Ordinal) is > 0 and var blank ? shown[..blank].ToUpperInvariant() : "";
        return scheme is "SPLUNK" or "BASIC" or "BEARER" ? Splunk(403, 4, "Invalid token") : Splunk(401, 3, "Invalid authorization");
    }

    private static IResult Splunk(int status, int code, string text, int? number = null, long? acknowledgement = null)
    {
        var body = new JsonObject { ["text"] = text, ["code"] = code };
        if (number is not null) body["invalid-event-number"] = number;
        if (acknowledgement is not null) body["ackId"] = acknowledgement;
        return Results.Json(body, statusCode: status);
    }

    // ---- OTLP

    private const string Protobuf = "application/x-protobuf";

    private static async Task<IResult> OtlpAsync(HttpContext http, LogImport import, TimeProvider clock)
    {
        var isJson = IsJson(http);
        if (!isJson && !string.Equals(TypeOf(http), Protobuf, StringComparison.OrdinalIgnoreCase)) return Otlp(http, 415, 3, "the content must be application/x-protobuf or application/json");
        var intake = new IntakeRequest(http, import, clock, LogFormats.Json, MaxWhole);
        long refused = 0;
        string? why = null;
        var end = await intake.RunAsync(async () =>
        {
            foreach (var (line, refusal) in OtlpLogs.Read(await intake.WholeAsync(), isJson, intake.Received))
            {
                if (line is not null)
                {
                    var item = LogParser.Parse(line, intake.Received, OtlpSource, intake.Parse);
                    await intake.AddAsync(item with { Source = IntakeRequest.Source(item.App, OtlpSource) });
                    continue;
                }

                refused++;
                why ??= refusal;
            }
        });
        return end switch
        {
            IntakeEnd.Stored => Accepted(isJson, refused, why),
            IntakeEnd.Encoding => Otlp(http, 415, 3, "only gzip, or no compression, is taken"),
            IntakeEnd.TooLarge => Otlp(http, 413, 8, intake.Reason ?? "the request is too large"),
            IntakeEnd.Unreadable => Otlp(http, 400, 3, intake.Reason ?? "the request cannot be read"),
            _ => Otlp(http, 503, 14, "it cannot be stored at present"),
        };
    }

    private static string TypeOf(HttpContext http) => (http.Request.ContentType ?? "").Split(';')[0].Trim();

    private static bool IsJson(HttpContext http) => string.Equals(TypeOf(http), "application/json", StringComparison.OrdinalIgnoreCase);

    // ExportLogsServiceResponse: partial_success = 1 { rejected_log_records = 1, error_message = 2 }.
    private static IResult Accepted(bool isJson, long refused, string? why)
    {
        if (isJson) return Results.Json(refused == 0 ? [] : new JsonObject { ["partialSuccess"] = new JsonObject { ["rejectedLogRecords"] = refused.ToString(CultureInfo.InvariantCulture), ["errorMessage"] = why } });
        if (refused == 0) return Results.Bytes([], Protobuf);
        List<byte> inner = [0x08, .. Varint(refused), .. Text(0x12, why!)];
        return Results.Bytes([0x0A, .. Varint(inner.Count), .. inner], Protobuf);
    }

    // google.rpc.Status: code = 1, message = 2.
    private static IResult Otlp(HttpContext http, int status, int code, string message)
    {
        if (IsJson(http)) return Results.Json(new JsonObject { ["code"] = code, ["message"] = message }, statusCode: status);
        http.Response.StatusCode = status;
        return Results.Bytes([0x08, (byte)code, .. Text(0x12, message)], Protobuf);
    }

    private static List<byte> Text(byte key, string text) => [key, .. Varint(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static List<byte> Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7F; value >>= 7) bytes.Add((byte)(value & 0x7F | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }
}
