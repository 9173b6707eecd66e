using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hufu.Cli.Tests;

/// <summary>Shippers of others send to a running server as they send to their own: what they are answered is stored, and who may not write is refused in their words.</summary>
public sealed class IntakeTests(Sample sample)
{
    private const string Elastic = "/api/v1/intake/elastic";
    private const string Channel = "0f3c1f62-5d0e-4a52-9a0c-6d4f0a4b7a11";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private sealed record Reply(int Status, string Body, HttpResponseMessage Message)
    {
        internal JsonElement Json => JsonDocument.Parse(Body).RootElement;

        internal byte[] Bytes => Message.Content.ReadAsByteArrayAsync(Stop).Result;

        public override string ToString() => $"{Status} {Body}";
    }

    private static async Task<Reply> SendAsync(HttpClient http, HttpMethod method, string path, string? authorization, byte[]? body = null, string type = "application/json", bool gzip = false, string? channel = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (channel is not null) request.Headers.Add("X-Splunk-Request-Channel", channel);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(gzip ? Packed(body) : body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            if (gzip) request.Content.Headers.ContentEncoding.Add("gzip");
        }

        var answer = await http.SendAsync(request, Stop);
        return new Reply((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop), answer);
    }

    private static byte[] Packed(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true)) gzip.Write(body);
        return packed.ToArray();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Base64(string text) => Convert.ToBase64String(Bytes(text));

    private static async Task<string> TokenAsync(Visitor browser, string target, string right)
    {
        var made = await browser.PostAsync("/account/tokens/new", ("name", "shipper " + right), ("expiresOn", DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)), ("g0.target", target), ("g0.right", right), ("g0.scope", "All"));
        var token = Regex.Match(made.Body, "hufu_[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking).Value;
        Assert.True(token.Length > 0, made.ToString());
        return token;
    }

    private static HttpClient Client(Server server) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.Address };

    // What the store has after the server was killed and has started again.
    private static async Task<List<string>> KeptAsync(string data, string source)
    {
        await using (var next = await Program.ServeAsync(data)) await next.StopAsync();
        var found = await Program.OkAsync("logs", "search", "source:" + source, "--format", "raw", "--limit", "10000000", "--data", data);
        return [.. found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    [Fact]
    public async Task Shippers_of_elasticsearch_find_what_they_look_for_and_what_they_are_answered_is_stored()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            var token = await TokenAsync(browser, "logs", "Write");
            using var http = Client(server);
            var basic = "Basic " + Base64("filebeat:" + token);
            var info = await SendAsync(http, HttpMethod.Get, Elastic + "/", basic);
            Assert.True(info.Status == 200, info.ToString());
            Assert.StartsWith("8.", info.Json.GetProperty("version").GetProperty("number").GetString(), StringComparison.Ordinal);
            Assert.Equal("You Know, for Search", info.Json.GetProperty("tagline").GetString());
            foreach (var (method, path) in new[]
            {
                (HttpMethod.Head, "/"), (HttpMethod.Get, ""), (HttpMethod.Get, "/_license?human=false"), (HttpMethod.Get, "/_xpack"), (HttpMethod.Get, "/_cluster/health"), (HttpMethod.Get, "/_nodes/ingest?filter_path=nodes.*.ingest"),
                (HttpMethod.Get, "/_ilm/policy/filebeat"), (HttpMethod.Put, "/_ilm/policy/filebeat"), (HttpMethod.Head, "/_index_template/filebeat-8.19.0"), (HttpMethod.Get, "/_data_stream/filebeat-8.19.0"), (HttpMethod.Put, "/_ingest/pipeline/x"), (HttpMethod.Get, "/_ingest/pipeline"),
            })
            {
                var probe = await SendAsync(http, method, Elastic + path, basic, method == HttpMethod.Put ? "{}"u8.ToArray() : null);
                Assert.True(probe.Status == 200, $"{method} {path}: {probe}");
                Assert.Equal("Elasticsearch", Assert.Single(probe.Message.Headers.GetValues("X-Elastic-Product")));
            }

            var bulk = Bytes("""
                {"create":{"_index":"filebeat-8"}}
                {"@timestamp":"2026-11-22T04:00:00.000Z","message":"bulk one","host":{"name":"web01"}}
                {"delete":{"_index":"filebeat-8","_id":"x"}}
                {"index":{"_index":"filebeat-8","_id":"two"}}
                {"@timestamp":"2026-11-22T04:00:01.000Z","message":"bulk two 二","host":{"name":"web02"}}
                {"update":{"_index":"filebeat-8","_id":"two"}}
                {"doc":{}}

                """.ReplaceLineEndings("\n"));
            var answer = await SendAsync(http, HttpMethod.Post, Elastic + "/_bulk?filter_path=errors,items.*.error,items.*.status", "ApiKey " + Base64("id:" + token), bulk, "application/x-ndjson", gzip: true);
            Assert.True(answer.Status == 200, answer.ToString());
            Assert.True(answer.Json.GetProperty("errors").GetBoolean());
            Assert.True(answer.Json.GetProperty("took").GetInt64() >= 0);
            var items = answer.Json.GetProperty("items").EnumerateArray().Select(i => i.EnumerateObject().Single()).ToList();
            Assert.Equal([("create", 201), ("delete", 400), ("index", 201), ("update", 400)], items.Select(i => (i.Name, i.Value.GetProperty("status").GetInt32())));
            Assert.Equal("illegal_argument_exception", items[1].Value.GetProperty("error").GetProperty("type").GetString());
            Assert.Equal("two", items[2].Value.GetProperty("_id").GetString());

            var many = Bytes(string.Concat(Enumerable.Range(0, 12_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"create\":{{}}}}\n{{\"@timestamp\":\"2026-11-22T04:00:00Z\",\"message\":\"many {i}\"}}\n"))));
            var more = await SendAsync(http, HttpMethod.Put, Elastic + "/winlogbeat-8/_bulk", "Bearer " + token, many, "application/vnd.elasticsearch+x-ndjson; compatible-with=8");
            Assert.True(more.Status == 200 && !more.Json.GetProperty("errors").GetBoolean() && more.Json.GetProperty("items").GetArrayLength() == 12_000, more.Status.ToString(CultureInfo.InvariantCulture));
            var malformed = await SendAsync(http, HttpMethod.Post, Elastic + "/_bulk", basic, Bytes("nonsense\n"));
            Assert.Equal((400, "illegal_argument_exception"), (malformed.Status, malformed.Json.GetProperty("error").GetProperty("type").GetString()));
            Assert.Equal(400, (await SendAsync(http, HttpMethod.Post, Elastic + "/_bulk", basic, [31, 139, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).Status);
            await server.KillAsync();
        }

        Assert.Equal(2, (await KeptAsync(data, "filebeat-8")).Count);
        Assert.Equal(12_000, (await KeptAsync(data, "winlogbeat-8")).Count);
        var one = await Program.OkAsync("logs", "search", "source:filebeat-8 host:web02", "--format", "raw", "--data", data);
        Assert.Equal("""{"@timestamp":"2026-11-22T04:00:01.000Z","message":"bulk two 二","host":{"name":"web02"}}""", one.Out.Trim());
    }

    [Fact]
    public async Task Shippers_of_splunk_are_answered_in_its_codes_and_acknowledged_when_stored()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            var token = await TokenAsync(browser, "logs", "Write");
            using var http = Client(server);
            var splunk = "Splunk " + token;
            var health = await SendAsync(http, HttpMethod.Get, "/services/collector/health", null);
            Assert.Equal((200, 17), (health.Status, health.Json.GetProperty("code").GetInt32()));
            var two = Bytes("""{"time":1795320000.5,"host":"h1","source":"hec-test","event":{"message":"hec one","user":"eve"}}{"source":"hec-test","event":"hec two"}""");
            var done = await SendAsync(http, HttpMethod.Post, "/services/collector/event", splunk, two, gzip: true);
            Assert.Equal((200, """{"text":"Success","code":0}"""), (done.Status, done.Body));
            for (var i = 0; i < 2; i++)
            {
                var acknowledged = await SendAsync(http, HttpMethod.Post, "/services/collector", "Basic " + Base64("x:" + token), two, channel: Channel);
                Assert.Equal((200, i), (acknowledged.Status, acknowledged.Json.GetProperty("ackId").GetInt32()));
            }

            var acks = await SendAsync(http, HttpMethod.Post, "/services/collector/ack?channel=" + Channel, splunk, """{"acks":[0,1,2]}"""u8.ToArray());
            Assert.Equal("""{"acks":{"0":true,"1":true,"2":false}}""", acks.Body);
            var raw = await SendAsync(http, HttpMethod.Post, "/services/collector/raw?source=hec-raw&host=h9&sourcetype=t9", splunk, "first line\nsecond line\n"u8.ToArray(), "text/plain");
            Assert.True(raw.Status == 200, raw.ToString());
            await Code(400, 5, "/services/collector/event", "");
            await Code(400, 5, "/services/collector/raw", "\n\n");
            await Code(400, 6, "/services/collector/event", "nonsense");
            await Code(400, 12, "/services/collector/event", """{"host":"x"}""");
            await Code(400, 13, "/services/collector/event/1.0", """{"event":""}""");
            await Code(400, 10, "/services/collector/ack", """{"acks":[0]}""");
            await Code(400, 11, "/services/collector/event?channel=nonsense", """{"event":"x"}""");
            await Code(400, 6, "/services/collector/ack?channel=" + Channel, "[]");
            var partly = await SendAsync(http, HttpMethod.Post, "/services/collector/event", splunk, Bytes("""{"source":"hec-partly","event":"kept"}{"event":"""));
            Assert.Equal((400, 6, 1), (partly.Status, partly.Json.GetProperty("code").GetInt32(), partly.Json.GetProperty("invalid-event-number").GetInt32()));
            await server.KillAsync();

            async Task Code(int status, int code, string path, string body)
            {
                var refused = await SendAsync(http, HttpMethod.Post, path, splunk, Bytes(body));
                Assert.True(refused.Status == status && refused.Json.GetProperty("code").GetInt32() == code, $"{path} {body}: {refused}");
            }
        }

        Assert.Equal(6, (await KeptAsync(data, "hec-test")).Count);
        Assert.Equal(["first line", "second line"], (await KeptAsync(data, "hec-raw")).Order());
        Assert.Single(await KeptAsync(data, "hec-partly"));
        Assert.Single((await Program.OkAsync("logs", "search", "source:hec-raw host:h9 sourcetype:t9 second", "--format", "raw", "--data", data)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_any_protocol_over_http_was_answered_is_there_once_after_kills()
    {
        var random = Rounds.Moments("http");
        var data = sample.Copy();
        // What was answered, and of Splunk acknowledged as well, with the protocol.
        var answered = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        var token = "";
        (string Name, string Path, string Type, Func<string, string> Body)[] protocols =
        [
            ("live", "/api/v1/logs/events?source=killed", "application/x-ndjson", mark => "{\"message\":\"" + mark + "\"}\n"),
            ("bulk", Elastic + "/killed/_bulk", "application/x-ndjson", mark => "{\"create\":{}}\n{\"message\":\"" + mark + "\"}\n"),
            ("hec", "/services/collector/event", "application/json", mark => "{\"source\":\"killed\",\"event\":\"" + mark + "\"}"),
            ("otlp", "/v1/logs", "application/json", mark => "{\"body\":{\"stringValue\":\"" + mark + "\"}},"),
        ];
        for (var round = 0; round < Rounds.Count; round++)
        {
            await using var server = await Program.ServeAsync(data);
            if (token.Length == 0)
            {
                using var browser = await Visitor.SignInAsync(server);
                token = await TokenAsync(browser, "logs", "Write");
            }

            using var http = Client(server);
            using var over = new CancellationTokenSource();
            var before = answered.Count;
            var sending = protocols.Select(protocol => SendingAsync(http, protocol.Name, protocol.Path, protocol.Type, protocol.Body, round, over.Token)).ToList();
            for (var i = 0; i < 800 && protocols.Any(protocol => !answered.Keys.Any(mark => mark.StartsWith($"{protocol.Name}-{round}-", StringComparison.Ordinal))); i++) await Task.Delay(25, Stop);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1_500)), Stop);
            await server.KillAsync();
            await over.CancelAsync();
            await Task.WhenAll(sending);
            Assert.True(answered.Count > before, "Nothing was answered.");
        }

        var there = (await KeptAsync(data, "killed")).Select(line => Regex.Match(line, "(live|bulk|hec|otlp)-[0-9]+-[0-9]+-[0-9]+", RegexOptions.NonBacktracking).Value).ToList();
        Assert.Empty(answered.Keys.Except(there));
        Assert.Equal(there.Count, there.Distinct().Count());
        Assert.All(protocols, protocol => Assert.Contains(protocol.Name, answered.Values));
        await Program.OkAsync("verify", "--data", data);
        TestContext.Current.SendDiagnosticMessage($"http: {answered.Count} answered ({string.Join(", ", answered.Values.GroupBy(name => name).Select(g => $"{g.Key} {g.Count()}"))}), {there.Count} there");

        async Task SendingAsync(HttpClient http, string name, string path, string type, Func<string, string> body, int round, CancellationToken stop)
        {
            try
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                {
                    var marks = Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{round}-{n}-{i}")).ToList();
                    var text = string.Concat(marks.Select(body));
                    if (name == "otlp") text = "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"killed\"}}]},\"scopeLogs\":[{\"logRecords\":[" + text[..^1] + "]}]}]}";
                    var answer = await SendAsync(http, HttpMethod.Post, path, "Bearer " + token, Bytes(text), type, channel: name == "hec" ? Channel : null);
                    Assert.True(answer.Status == 200 && (name != "bulk" || !answer.Json.GetProperty("errors").GetBoolean()), $"{name}: {answer}");
                    if (name == "hec")
                    {
                        // As its shippers do: the batch is theirs no longer when its number is acknowledged.
                        var number = answer.Json.GetProperty("ackId").GetInt32().ToString(CultureInfo.InvariantCulture);
                        var acknowledged = await SendAsync(http, HttpMethod.Post, "/services/collector/ack?channel=" + Channel, "Splunk " + token, Bytes("{\"acks\":[" + number + "]}"));
                        if (!acknowledged.Json.GetProperty("acks").GetProperty(number).GetBoolean()) continue;
                    }

                    foreach (var mark in marks) answered[mark] = name;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // Killed.
            }
        }
    }

    [Fact]
    public async Task Exporters_of_otlp_send_json_and_protobuf_and_are_told_what_was_refused()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            var token = await TokenAsync(browser, "logs", "Write");
            using var http = Client(server);
            const string record = """{"timeUnixNano":"1795320000000000000","severityNumber":17,"body":{"stringValue":"otlp json"}}""";
            static string Json(string records) => """{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"otlp-shop"}},{"key":"host.name","value":{"stringValue":"node1"}}]},"scopeLogs":[{"logRecords":[RECORDS]}]}]}""".Replace("RECORDS", records, StringComparison.Ordinal);
            var json = await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, Bytes(Json(record)), gzip: true);
            Assert.Equal((200, "{}"), (json.Status, json.Body));
            var partly = await SendAsync(http, HttpMethod.Post, "/v1/logs", "Basic " + Base64("x:" + token), Bytes(Json(record + """,{"body":{"stringValue":"\ud800"}}""")));
            Assert.Equal((200, "1"), (partly.Status, partly.Json.GetProperty("partialSuccess").GetProperty("rejectedLogRecords").GetString()));
            // resource_logs { resource { attributes { service.name: otlp-shop } } scope_logs { log_records { body: otlp proto }, log_records { a field that breaks off } } }
            byte[] Message(int field, params byte[][] parts) => [(byte)(field << 3 | 2), (byte)parts.Sum(p => p.Length), .. parts.SelectMany(p => p)];
            var service = Message(1, Message(1, Message(1, "service.name"u8.ToArray()), Message(2, Message(1, "otlp-shop"u8.ToArray()))));
            var good = Message(2, Message(5, Message(1, "otlp proto"u8.ToArray())));
            var whole = await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, Message(1, service, Message(2, good)), "application/x-protobuf");
            Assert.Equal((200, "application/x-protobuf", 0), (whole.Status, whole.Message.Content.Headers.ContentType!.MediaType, whole.Bytes.Length));
            var part = await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, Message(1, service, Message(2, good, Message(2, [0x0A]))), "application/x-protobuf", gzip: true);
            Assert.Equal(200, part.Status);
            Assert.Equal([0x0A, (byte)(part.Bytes.Length - 2), 0x08, 1, 0x12], part.Bytes.Take(5));
            var broken = await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, [0x0A, 9], "application/x-protobuf");
            Assert.Equal((400, "application/x-protobuf", 0x08), (broken.Status, broken.Message.Content.Headers.ContentType!.MediaType, (int)broken.Bytes[0]));
            Assert.Equal(400, (await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, Bytes("[]"))).Status);
            Assert.Equal(415, (await SendAsync(http, HttpMethod.Post, "/v1/logs", "Bearer " + token, Bytes("x"), "text/plain")).Status);
            await server.KillAsync();
        }

        Assert.Equal(4, (await KeptAsync(data, "otlp-shop")).Count);
        Assert.Equal(2, (await Program.OkAsync("logs", "search", "source:otlp-shop host:node1 severity:3 \"otlp json\"", "--format", "raw", "--data", data)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task On_a_full_disk_every_protocol_is_told_to_send_again_and_nothing_that_was_answered_is_missing()
    {
        await using var disk = await SmallDisk.MountAsync(sample.Free(), 48);
        var data = disk.Take(sample.Copy());
        var answered = new List<string>();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            var token = await TokenAsync(browser, "logs", "Write");
            using var http = Client(server);
            var filler = new string('f', 2_000);
            (string Name, string Path, Func<string, string> Body)[] protocols =
            [
                ("bulk", Elastic + "/disk/_bulk", mark => "{\"create\":{}}\n{\"message\":\"" + mark + "\",\"filler\":\"" + filler + "\"}\n"),
                ("hec", "/services/collector/event", mark => "{\"source\":\"disk\",\"event\":{\"message\":\"" + mark + "\",\"filler\":\"" + filler + "\"}}"),
                ("otlp", "/v1/logs", mark => "{\"body\":{\"stringValue\":\"" + mark + "\"},\"attributes\":[{\"key\":\"filler\",\"value\":{\"stringValue\":\"" + filler + "\"}}]},"),
            ];
            disk.Fill(0);
            foreach (var (name, path, body) in protocols)
            {
                var n = 0;
                var last = 200;
                for (; n < 40 && last == 200; n++) last = await PutAsync(name, path, body, n);
                Assert.True(last == 503, $"{name}: {last} after {n}");
            }

            disk.Free();
            foreach (var (name, path, body) in protocols) Assert.Equal(200, await PutAsync(name, path, body, 100));
            await server.KillAsync();

            async Task<int> PutAsync(string name, string path, Func<string, string> body, int n)
            {
                var marks = Enumerable.Range(0, 500).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{n}-{i}")).ToList();
                var text = string.Concat(marks.Select(body));
                if (name == "otlp") text = "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"disk\"}}]},\"scopeLogs\":[{\"logRecords\":[" + text[..^1] + "]}]}]}";
                var answer = await SendAsync(http, HttpMethod.Post, path, "Bearer " + token, Bytes(text));
                if (answer.Status == 200) answered.AddRange(marks);
                return answer.Status;
            }
        }

        Assert.True(answered.Count >= 1_500);
        var there = (await KeptAsync(data, "disk")).Select(l => Regex.Match(l, "\"((bulk|hec|otlp)-[0-9]+-[0-9]+)\"", RegexOptions.NonBacktracking).Groups[1].Value).ToHashSet();
        Assert.Empty(answered.Except(there));
    }

    [Fact]
    public async Task Who_has_no_token_or_a_wrong_one_or_may_not_write_logs_is_refused_in_every_protocol_and_nothing_is_stored()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        var (reader, writer) = (await TokenAsync(browser, "logs", "Read"), await TokenAsync(browser, "logs", "Write"));
        using var http = Client(server);
        var wrong = "hufu_" + new string('A', 43);
        // Longer, shorter and with one character changed: none of these is the token.
        string[] wrongs = [wrong, writer + "A", writer[..^1], writer[..10] + (writer[10] == 'A' ? 'B' : 'A') + writer[11..], "", "hufu_", "rescue"];
        var bulk = Bytes("{\"create\":{\"_index\":\"stranger\"}}\n{\"message\":\"x\"}\n");
        var events = Bytes("""{"source":"stranger","event":"x"}""");
        var otlp = Bytes("""{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"stranger"}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}""");
        (string Path, byte[] Body)[] addresses = [(Elastic + "/_bulk", bulk), (Elastic + "/stranger/_bulk", bulk), ("/services/collector", events), ("/services/collector/event", events), ("/services/collector/raw?source=stranger", events), ("/v1/logs", otlp)];
        foreach (var (path, body) in addresses)
        {
            var nobody = await SendAsync(http, HttpMethod.Post, path, null, body);
            Assert.True(nobody.Status == 401, $"{path}: {nobody}");
            foreach (var secret in wrongs)
            {
                foreach (var shown in new[] { "Bearer " + secret, "Basic " + Base64("x:" + secret), "ApiKey " + Base64("x:" + secret), "Splunk " + secret, "Basic not-base64", "Basic " + Base64(secret + ":x"), "Negotiate " + writer, writer })
                {
                    var refused = await SendAsync(http, HttpMethod.Post, path, shown, body);
                    Assert.True(refused.Status is 401 or 403, $"{path} {shown}: {refused}");
                }
            }

            foreach (var shown in new[] { "Bearer " + reader, "Basic " + Base64("x:" + reader), "ApiKey " + Base64("x:" + reader), "Splunk " + reader })
            {
                var denied = await SendAsync(http, HttpMethod.Post, path, shown, body);
                Assert.True(denied.Status == 403, $"{path}: {denied}");
            }
        }

        Assert.Equal("security_exception", (await SendAsync(http, HttpMethod.Get, Elastic + "/", null)).Json.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(403, (await SendAsync(http, HttpMethod.Get, Elastic + "/", "Bearer " + reader)).Status);
        foreach (var (shown, status, code) in new[] { ((string?)null, 401, 2), ("Negotiate x", 401, 3), ("Splunk " + wrong, 403, 4), ("Splunk " + reader, 403, 4) })
        {
            var refused = await SendAsync(http, HttpMethod.Post, "/services/collector/event", shown, events);
            Assert.Equal((status, code), (refused.Status, refused.Json.GetProperty("code").GetInt32()));
        }

        // What browsers send by themselves opens nothing else.
        Assert.Equal(401, (await SendAsync(http, HttpMethod.Get, "/api/v1/logs/search", "Basic " + Base64("x:" + writer))).Status);
        Assert.Equal(401, (await SendAsync(http, HttpMethod.Get, "/api/v1/logs/search", "Splunk " + writer)).Status);
        Assert.True((long)Sample.Scalar(data, "SELECT count(*) FROM denial WHERE asked LIKE '%/services/collector%'")! > 0);
        await server.StopAsync();
        var found = await Program.RunAsync("logs", "search", "source:stranger", "--format", "raw", "--data", data);
        Assert.Equal((1, ""), (found.Code, found.Out.Trim()));
    }
}
