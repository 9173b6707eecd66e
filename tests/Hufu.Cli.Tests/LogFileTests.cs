using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>Log files that a running server follows, through kills; decoders that are written while it runs; and archives at the command line.</summary>
public sealed class LogFileTests(Sample sample)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_line_of_a_followed_file_is_stored_once_however_often_the_server_is_killed()
    {
        var (data, folder) = (sample.Copy(), Directory.CreateTempSubdirectory("followed").FullName);
        var path = Path.Combine(folder, "app.log");
        var random = Rounds.Moments("followed files");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var written = 0;
        var writing = Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                await File.AppendAllTextAsync(path, string.Concat(Enumerable.Range(written, 40).Select(i => string.Create(CultureInfo.InvariantCulture, $"followed line {i}\n"))), CancellationToken.None);
                written += 40;
                if (written % 4_000 == 0) File.Move(path, string.Create(CultureInfo.InvariantCulture, $"{path}.{written}"));
                await Task.Delay(15, CancellationToken.None);
            }
        }, Stop);
        for (var round = 0; round < 5; round++)
        {
            await using var server = await Program.ServeAsync(data, null, "--log-folder", folder);
            if (round == 0)
            {
                using var browser = await Visitor.SignInAsync(server);
                using var api = await browser.ProgramAsync();
                await StartAsync(api, "files", $$"""{"fields":{"title":"App","path":"{{folder}}/app.log*","source":"app"} }""");
            }

            await Task.Delay(TimeSpan.FromSeconds(1.5 + 2 * random.NextDouble()), Stop);
            await server.KillAsync();
        }

        await ended.CancelAsync();
        await writing;
        await using (var server = await Program.ServeAsync(data, null, "--log-folder", folder))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            for (var i = 0; i < 200 && await LagAsync(api) != 0; i++) await Task.Delay(100, Stop);
            await Task.Delay(1_000, Stop);
            var standing = JsonDocument.Parse((await api.GetAsync("/api/v1/logs/following")).Body).RootElement[0];
            Assert.Equal((0, JsonValueKind.Null), (standing.GetProperty("lag").GetInt64(), standing.GetProperty("problem").ValueKind));
            Assert.Contains("app.log", (await browser.GetAsync("/logs/files/" + standing.GetProperty("number").GetString())).Body, StringComparison.Ordinal);
            await server.StopAsync();
        }

        var found = await Program.OkAsync("logs", "search", "source:app", "--format", "raw", "--limit", "1000000", "--data", data);
        var lines = found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(written > 1_000);
        Assert.Equal(Enumerable.Range(0, written).Select(i => string.Create(CultureInfo.InvariantCulture, $"followed line {i}")).Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task A_folder_that_the_operator_did_not_open_is_not_read_whoever_asks()
    {
        var (data, folder) = (sample.Copy(), Directory.CreateTempSubdirectory("closed").FullName);
        await File.WriteAllTextAsync(Path.Combine(folder, "a.log"), "never seen\n", Stop);
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        Assert.Equal(422, (await api.JsonAsync("/api/v1/logs/files", """{"fields":{"title":"x","path":"/var/../etc/passwd","source":"x"} }""")).Status);
        Assert.Equal(422, (await api.JsonAsync("/api/v1/logs/files", """{"fields":{"title":"x","path":"relative.log","source":"x"} }""")).Status);
        var number = await StartAsync(api, "files", $$"""{"fields":{"title":"Closed","path":"{{folder}}/*.log","source":"closed"} }""");
        JsonElement standing = default;
        for (var i = 0; i < 100; i++)
        {
            standing = JsonDocument.Parse((await api.GetAsync("/api/v1/logs/following")).Body).RootElement[0];
            if (standing.GetProperty("problem").ValueKind is not JsonValueKind.Null) break;
            await Task.Delay(100, Stop);
        }

        Assert.Contains("--log-folder", standing.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains("--log-folder", (await browser.GetAsync("/logs/files/" + number)).Words, StringComparison.Ordinal);
        Assert.DoesNotContain("never seen", (await api.GetAsync("/api/v1/logs/search?q=source:closed")).Body, StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task A_decoder_is_tried_switched_on_used_at_once_and_carried_to_another_site()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        browser.Speak("en");
        using var api = await browser.ProgramAsync();
        const string Line = "<13>1 2026-11-22T04:00:00Z gate1 doord - - - opened front by 4711 from 192.0.2.77 at night";
        await SendAsync(api, Line);
        // On the newest message of the source.
        var tried = await browser.PostAsync("/logs/decoder-trial", ("patterns", "closed {x}\nopened {door} by {badge:num} => action=open"), ("lines", ""), ("source", "gate"), ("count", "5"));
        Assert.Equal(200, tried.Status);
        Assert.Contains("1 of 1 messages fit", tried.Words, StringComparison.Ordinal);
        Assert.Contains("No. 2", tried.Words, StringComparison.Ordinal);
        Assert.Contains("4711", tried.Words, StringComparison.Ordinal);
        Assert.Contains("from 192.0.2.77 at night", tried.Words, StringComparison.Ordinal);
        var faulty = await browser.PostAsync("/logs/decoder-trial", ("patterns", "opened {door:nun} x"), ("lines", "a"), ("source", ""), ("count", "5"));
        Assert.Equal(422, faulty.Status);
        Assert.Contains("Pattern 1, character 8", faulty.Words, StringComparison.Ordinal);
        var refused = await api.JsonAsync("/api/v1/logs/decoders", """{"fields":{"title":"Door","decoderName":"door","programs":"doord","patterns":"opened {door:nun}"} }""");
        Assert.True(refused.Status == 422 && refused.Body.Contains("character 8", StringComparison.Ordinal), refused.ToString());

        var number = await StartAsync(api, "decoders", """{"fields":{"title":"Door","decoderName":"door","programs":"doord","patterns":"opened {door} by {badge:num} from {peer:ip} => action=open","ecsFields":"peer=source.ip"} }""");
        for (var i = 0; i < 100 && !(await FoundAsync(api)).Contains("log.decoder", StringComparison.Ordinal); i++)
        {
            await Task.Delay(200, Stop);
            await SendAsync(api, Line);
        }

        var stored = await FoundAsync(api);
        Assert.Contains("\"log.decoder\":\"door\"", stored, StringComparison.Ordinal);
        Assert.Contains("\"badge\":\"4711\"", stored, StringComparison.Ordinal);
        Assert.Contains("\"sourceIp\":\"192.0.2.77\"", stored, StringComparison.Ordinal);
        Assert.Contains(">door<", (await browser.GetAsync("/logs/import")).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await browser.GetAsync("/logs/decoders/" + number)).Status);
        Assert.Equal(422, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=gate&format=window", Encoding.UTF8.GetBytes("x"), "text/plain")).Status);

        var exported = await api.BytesAsync("/api/v1/logs/decoder-file");
        var again = await api.JsonAsync("/api/v1/logs/decoder-file", Encoding.UTF8.GetString(exported).Replace("4711", "1", StringComparison.Ordinal));
        Assert.True(again.Status == 200, again.ToString());
        Assert.Contains("\"changed\":1", again.Body, StringComparison.Ordinal);
        Assert.Contains("\"created\":1", (await api.JsonAsync("/api/v1/logs/decoder-file", Encoding.UTF8.GetString(exported).Replace("\"door\"", "\"gate\"", StringComparison.Ordinal))).Body, StringComparison.Ordinal);
        Assert.Equal(422, (await api.JsonAsync("/api/v1/logs/decoder-file", """{"decoders":[{"name":"bad","apps":["x"],"patterns":["{"]}]}""")).Status);

        // The same file at the command line.
        var (file, log) = (sample.File("decoders.json", Encoding.UTF8.GetString(exported)), sample.File("door.log", "opened back by 7 from 192.0.2.9\n"));
        var parsed = await Program.OkAsync("parse", log, "--decoders", file, "--as", "door");
        Assert.Equal("back", JsonDocument.Parse(parsed.Out).RootElement.GetProperty("fields").GetProperty("door").GetString());
        Assert.Equal(2, (await Program.RunAsync("parse", log, "--as", "door")).Code);
        var stopped = await api.JsonAsync($"/api/v1/logs/decoders/{number}/transitions/stop", "{}");
        Assert.True(stopped.Status == 200, stopped.ToString());

        static Task<Answer> SendAsync(Visitor api, string line) => api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=gate", Encoding.UTF8.GetBytes(line + "\n"), "text/plain");

        static async Task<string> FoundAsync(Visitor api) => (await api.GetAsync("/api/v1/logs/search?q=source:gate&limit=1000")).Body;
    }

    [Fact]
    public async Task An_event_links_the_one_asset_that_it_speaks_of()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var known = await AssetAsync("L-1", "known.example.org", "198.51.100.210");
        await AssetAsync("L-2", "", "198.51.100.211");
        await AssetAsync("L-3", "", "198.51.100.211");
        await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=linked", Encoding.UTF8.GetBytes("<13>1 2026-11-22T04:00:00Z known app - - - by name\n<13>1 2026-11-22T04:00:01Z 198.51.100.210 app - - - by address\n<13>1 2026-11-22T04:00:02Z 198.51.100.211 app - - - of two\n<13>1 2026-11-22T04:00:03Z stranger app - - - of none\n"), "text/plain");
        foreach (var (text, links) in ((string, bool)[])[("by name", true), ("by address", true), ("of two", false), ("of none", false)])
        {
            var search = await browser.GetAsync("/logs/search?q=" + Uri.EscapeDataString($"source:linked \"{text}\""));
            Assert.Contains(text, search.Body, StringComparison.Ordinal);
            Assert.Equal(links, search.Body.Contains($"href=\"/risk/assets/{known}\"", StringComparison.Ordinal));
            var at = search.Body.IndexOf("/logs/events/", StringComparison.Ordinal);
            var page = await browser.GetAsync(search.Body[at..search.Body.IndexOf('"', at)]);
            Assert.Equal(links, page.Body.Contains($"/risk/assets/{known}", StringComparison.Ordinal));
            Assert.Equal(links, page.Words.Contains("L-1", StringComparison.Ordinal));
            if (!links) Assert.DoesNotContain("/risk/assets/AST", page.Body, StringComparison.Ordinal);
        }

        async Task<string> AssetAsync(string code, string host, string address)
        {
            var made = await api.JsonAsync("/api/v1/risk/assets", $$$"""{"fields":{"code":"{{{code}}}","title":"Linked {{{code}}}","category":"hardware","confidentiality":"high","integrity":"high","availability":"high","hostname":"{{{host}}}","addresses":"{{{address}}}"} }""");
            Assert.True(made.Status == 201, made.ToString());
            return JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
        }
    }

    [Fact]
    public async Task Archives_and_wholes_are_parsed_one_record_an_object()
    {
        var zip = sample.File("logs.zip", "");
        await using (var file = File.Create(zip))
        await using (var archive = new ZipArchive(file, ZipArchiveMode.Create))
        {
            await using (var audit = await archive.CreateEntry("audit.log").OpenAsync(Stop))
                await audit.WriteAsync(Encoding.UTF8.GetBytes("type=SYSCALL msg=audit(1767488523.123:456): syscall=59 exe=\"/bin/x\"\ntype=EXECVE msg=audit(1767488523.123:456): argc=1 a0=\"x\"\n"), Stop);
            await using (var trail = await archive.CreateEntry("trail.json").OpenAsync(Stop)) await trail.WriteAsync(Encoding.UTF8.GetBytes("{\"Records\":[{\"a\":1},{\"a\":2}]}"), Stop);
            await using (var inner = await archive.CreateEntry("inner.zip").OpenAsync(Stop)) await inner.WriteAsync(Encoding.UTF8.GetBytes("PK\u0003\u0004"), Stop);
        }

        var parsed = await Program.OkAsync("parse", zip, "--join");
        var records = parsed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["plain", "json", "json"], records.Select(record => record.GetProperty("format").GetString()));
        Assert.Equal("SYSCALL EXECVE", records[0].GetProperty("fields").GetProperty("types").GetString());
        Assert.Contains("archive.nested", parsed.Error, StringComparison.Ordinal);
        Assert.Equal(4, (await Program.OkAsync("parse", zip)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var array = sample.File("array.json", "[\n {\"a\":1},\n {\"a\":2} ]\n");
        Assert.Equal((2, 3), ((await Program.OkAsync("parse", array)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, (await Program.OkAsync("parse", array, "--framing", "newline")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        var trace = sample.File("trace.log", "10:00 boom\n  at x\n  at y\n10:01 fine\n");
        Assert.Equal(2, (await Program.OkAsync("parse", trace, "--begins", "{_:num}:{_:num} ")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, (await Program.RunAsync("parse", trace, "--begins", "{x")).Code);
    }

    private static async Task<string> StartAsync(Visitor api, string route, string fields)
    {
        var made = await api.JsonAsync("/api/v1/logs/" + route, fields);
        Assert.True(made.Status == 201, made.ToString());
        var number = JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
        var started = await api.JsonAsync($"/api/v1/logs/{route}/{number}/transitions/start", "{}");
        Assert.True(started.Status == 200, started.ToString());
        return number;
    }

    private static async Task<long> LagAsync(Visitor api)
    {
        var standing = JsonDocument.Parse((await api.GetAsync("/api/v1/logs/following")).Body).RootElement[0];
        return standing.TryGetProperty("lag", out var lag) && lag.ValueKind is JsonValueKind.Number && standing.GetProperty("files").GetArrayLength() > 0 ? lag.GetInt64() : -1;
    }
}
