using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Hufu.Testing;

namespace Hufu.Cli.Tests;

/// <summary>Logs over the network into a running server: seen on the page, past the rules, and there after a kill when they were acknowledged.</summary>
public sealed class ReceiverTests(Sample sample)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_receiver_is_set_up_started_seen_and_stopped_and_its_events_raise_alerts()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var port = LocalPorts.Free();
        var (number, _) = await CreateAsync(api, "tcp", port);
        Assert.False(await ListensAsync(port), "It is not on yet.");
        await StartAsync(api, number, port);
        Assert.True((await api.JsonAsync("/api/v1/logs/receivers", Fields("tcp", 0, "127.0.0.1"))).Status == 422);
        Assert.True((await api.JsonAsync("/api/v1/logs/receivers", Fields("tcp", 5514, "10.0.0.0/99"))).Status == 422);
        Assert.True((await api.JsonAsync("/api/v1/logs/receivers", Fields("tcp", 5514, ","))).Status == 422, "Nobody is not everybody.");

        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Sample.Guessing("198.51.100.201", 30)), Stop);
        }

        for (var i = 0; i < 150 && Alerts() == 0; i++) await Task.Delay(100, Stop);
        Assert.True(Alerts() > 0);
        var found = await api.GetAsync("/api/v1/logs/search?q=source:net+198.51.100.201");
        Assert.Contains("log.source.address", found.Body, StringComparison.Ordinal);
        var standing = await ReceivingAsync(api, number);
        Assert.Equal((30, 30, 0), (standing.GetProperty("received").GetInt32(), standing.GetProperty("stored").GetInt32(), standing.GetProperty("refused").GetInt32()));
        Assert.Equal("127.0.0.1", standing.GetProperty("senders")[0].GetProperty("address").GetString());
        var page = await browser.GetAsync("/logs/receivers/" + number);
        Assert.Contains("127.0.0.1", page.Body, StringComparison.Ordinal);

        var stopped = await api.JsonAsync($"/api/v1/logs/receivers/{number}/transitions/stop", "{}");
        Assert.True(stopped.Status == 200, stopped.ToString());
        for (var i = 0; i < 100 && await ListensAsync(port); i++) await Task.Delay(100, Stop);
        Assert.False(await ListensAsync(port));

        // A port that somebody else has is told, and taken as soon as it is free.
        using (var other = new TcpListener(IPAddress.IPv6Any, port))
        {
            other.Server.DualMode = true;
            other.Start();
            await api.JsonAsync($"/api/v1/logs/receivers/{number}/transitions/start", "{}");
            for (var i = 0; i < 100 && (await ReceivingAsync(api, number)).GetProperty("problem").ValueKind is JsonValueKind.Null; i++) await Task.Delay(100, Stop);
            Assert.Contains(port.ToString(CultureInfo.InvariantCulture), (await ReceivingAsync(api, number)).GetProperty("problem").GetString(), StringComparison.Ordinal);
        }

        for (var i = 0; i < 100 && !await ListensAsync(port); i++) await Task.Delay(100, Stop);
        Assert.True(await ListensAsync(port));

        long Alerts() => (long)Sample.Scalar(data, "SELECT count(*) FROM monitoring_alert WHERE source_ip = '198.51.100.201' OR entity LIKE '%198.51.100.201%'")!;
    }

    [Fact]
    public async Task Alerts_that_cannot_be_written_come_later_and_no_event_is_stored_twice()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var port = LocalPorts.Free();
        var (number, _) = await CreateAsync(api, "tcp", port);
        await StartAsync(api, number, port);
        Sample.Scalar(data, "CREATE TRIGGER nothing_goes BEFORE INSERT ON monitoring_alert BEGIN SELECT RAISE(ABORT, 'nothing goes'); END");
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Sample.Guessing("198.51.100.202", 30)), Stop);
        }

        for (var i = 0; i < 150 && (await ReceivingAsync(api, number)).GetProperty("stored").GetInt32() < 30; i++) await Task.Delay(100, Stop);
        Assert.Equal(30, (await ReceivingAsync(api, number)).GetProperty("stored").GetInt32());
        Assert.Equal(0L, Alerts());
        Sample.Scalar(data, "DROP TRIGGER nothing_goes");
        for (var i = 0; i < 150 && Alerts() == 0; i++) await Task.Delay(100, Stop);
        Assert.True(Alerts() > 0);
        await server.StopAsync();
        var found = await Program.OkAsync("logs", "search", "source:net", "--format", "raw", "--limit", "1000", "--data", data);
        Assert.Equal(30, found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        long Alerts() => (long)Sample.Scalar(data, "SELECT count(*) FROM monitoring_alert WHERE source_ip = '198.51.100.202' OR entity LIKE '%198.51.100.202%'")!;
    }

    [Fact]
    public async Task A_sender_that_trusts_the_certificate_on_the_page_sends_over_tls()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var port = LocalPorts.Free();
        var (number, _) = await CreateAsync(api, "tls", port);
        await StartAsync(api, number, port);
        var page = (await browser.GetAsync("/logs/receivers/" + number)).Body;
        var begin = page.IndexOf("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal);
        Assert.True(begin > 0, "The page does not show the certificate.");
        Assert.DoesNotContain("PRIVATE KEY", page, StringComparison.Ordinal);
        const string end = "-----END CERTIFICATE-----";
        using var shown = X509Certificate2.CreateFromPem(WebUtility.HtmlDecode(page[begin..(page.IndexOf(end, begin, StringComparison.Ordinal) + end.Length)]));
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            trust.CustomTrustStore.Add(shown);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = trust }, Stop);
            await tls.WriteAsync("41 <13>1 - h app - - - sent over tls, safely"u8.ToArray(), Stop);
            await tls.FlushAsync(Stop);
            await tls.ShutdownAsync();
        }

        for (var i = 0; i < 100 && (await ReceivingAsync(api, number)).GetProperty("stored").GetInt32() == 0; i++) await Task.Delay(100, Stop);
        Assert.Contains("sent over tls", (await api.GetAsync("/api/v1/logs/search?q=source:net")).Body, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "keys", "log-receiver.pem")));
    }

    [Fact]
    public async Task Another_certificate_in_the_place_of_the_first_is_shown_and_one_that_cannot_be_used_is_told_of()
    {
        var data = sample.Copy();
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(data, "certificates")).FullName, "own.pem");
        using var first = await MadeAsync(file, TimeSpan.FromDays(300));
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var port = LocalPorts.Free();
        var (number, _) = await CreateAsync(api, "tls", port, "own.pem");
        await StartAsync(api, number, port);
        Assert.Equal(first.Thumbprint, await ShownAsync());
        Assert.DoesNotContain("The certificate ends", await PageAsync(), StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "no certificate", Stop);
        for (var i = 0; i < 100 && !(await PageAsync()).Contains("The new certificate file cannot be used", StringComparison.Ordinal); i++) await Task.Delay(100, Stop);
        Assert.Contains("The new certificate file cannot be used", await PageAsync(), StringComparison.Ordinal);
        Assert.Equal(first.Thumbprint, await ShownAsync());

        using var second = await MadeAsync(file, TimeSpan.FromDays(20));
        for (var i = 0; i < 100 && await ShownAsync() != second.Thumbprint; i++) await Task.Delay(100, Stop);
        Assert.Equal(second.Thumbprint, await ShownAsync());
        Assert.Contains("The certificate ends", await PageAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("The new certificate file cannot be used", await PageAsync(), StringComparison.Ordinal);

        async Task<string> PageAsync() => (await browser.GetAsync("/logs/receivers/" + number)).Body;

        async Task<string?> ShownAsync()
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, Stop);
                string? thumbprint = null;
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, shown, _, _) => (thumbprint = shown?.GetCertHashString()) is not null }, Stop);
                return thumbprint;
            }
            catch (Exception fault) when (fault is SocketException or IOException)
            {
                // It begins anew just now.
                return null;
            }
        }

        static async Task<X509Certificate2> MadeAsync(string path, TimeSpan holds)
        {
            using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            var made = new CertificateRequest("CN=localhost", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + holds);
            // Whole or not at all, as renewal does it.
            await File.WriteAllTextAsync(path + ".new", made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n", Stop);
            File.Move(path + ".new", path, overwrite: true);
            return made;
        }
    }

    [Fact]
    public async Task A_receiver_of_gelf_takes_what_graylog_clients_send()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        var port = LocalPorts.Free();
        var (number, _) = await CreateAsync(api, "gelf-tcp", port);
        await StartAsync(api, number, port);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            await client.GetStream().WriteAsync("{\"version\":\"1.1\",\"host\":\"gw1\",\"short_message\":\"sent as gelf\",\"level\":3,\"_unit\":\"7\"}\0"u8.ToArray(), Stop);
        }

        for (var i = 0; i < 100 && (await ReceivingAsync(api, number)).GetProperty("stored").GetInt32() == 0; i++) await Task.Delay(100, Stop);
        Assert.Contains("sent as gelf", (await api.GetAsync("/api/v1/logs/search?q=source:net+host:gw1+_unit:7+severity:3")).Body, StringComparison.Ordinal);
        Assert.Contains("GELF", (await browser.GetAsync("/logs/receivers/" + number)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_events_over_http_are_stored_when_they_are_answered()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 12_000).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"time":"2026-11-22T04:00:00Z","message":"http {{i}}","n":{{i}}}""") + "\n")) + "<999>1 what is this\n");
            var taken = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", lines, "application/x-ndjson");
            Assert.Equal((200, """{"stored":12001,"faulty":1}"""), (taken.Status, taken.Body));
            using var packed = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true)) gzip.Write("""{"message":"packed"}"""u8);
            using var content = new ByteArrayContent(packed.ToArray());
            content.Headers.ContentEncoding.Add("gzip");
            var unpacked = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", content);
            Assert.Equal((200, """{"stored":1,"faulty":0}"""), (unpacked.Status, unpacked.Body));
            using var nonsense = new ByteArrayContent([31, 139, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
            nonsense.Headers.ContentEncoding.Add("gzip");
            var broken = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", nonsense);
            Assert.True(broken.Status == 400 && broken.Body.Contains("logs.take.cut-off", StringComparison.Ordinal), broken.ToString());
            // Half a gigabyte of line feeds and more, in half a megabyte.
            using var bomb = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(bomb, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            {
                var feeds = new byte[1 << 20];
                feeds.AsSpan().Fill((byte)'\n');
                for (var i = 0; i < 513; i++) gzip.Write(feeds);
            }

            using var blank = new ByteArrayContent(bomb.ToArray());
            blank.Headers.ContentEncoding.Add("gzip");
            var refused = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", blank);
            Assert.True(refused.Status == 413 && refused.Body.Contains("logs.take.cut-off", StringComparison.Ordinal), refused.ToString());
            using var odd = new ByteArrayContent([1]);
            odd.Headers.ContentEncoding.Add("br");
            Assert.Equal(415, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", odd)).Status);
            Assert.Equal(422, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http&format=nonsense", lines, "text/plain")).Status);
            Assert.Equal(422, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=+", lines, "text/plain")).Status);
            Assert.Equal(422, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=hufu", lines, "text/plain")).Status);
            using (var stranger = new Visitor(server.Address, "hufu_" + new string('A', 43))) Assert.Equal(401, (await stranger.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=http", lines, "text/plain")).Status);
            await server.KillAsync();
        }

        await using (var next = await Program.ServeAsync(data)) await next.StopAsync();
        var found = await Program.OkAsync("logs", "search", "source:http", "--format", "raw", "--limit", "1000000", "--data", data);
        Assert.Equal(12_002, found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task What_relp_acknowledged_is_there_after_a_kill()
    {
        var random = Rounds.Moments("relp");
        var data = sample.Copy();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        var port = LocalPorts.Free();
        // Every tenth raises an alert, each of at most a hundred events: fewer than an alert keeps the ids of.
        Directory.CreateDirectory(Path.Combine(data, "rules"));
        await File.WriteAllTextAsync(Path.Combine(data, "rules", "killed.yml"), """
            title: Tenth
            id: 44444444-4444-4444-8444-444444444444
            logsource: { product: linux, service: sshd }
            detection:
              tenth: { message|startswith: 'tenth ' }
              condition: tenth
            level: low
            """, Stop);
        await using (var first = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(first);
            using var api = await browser.ProgramAsync();
            var (number, _) = await CreateAsync(api, "relp", port);
            await StartAsync(api, number, port);
            await first.StopAsync();
        }

        for (var round = 0; round < Rounds.Count; round++)
        {
            await using var server = await Program.ServeAsync(data);
            for (var i = 0; i < 100 && !await ListensAsync(port); i++) await Task.Delay(100, Stop);
            using var over = new CancellationTokenSource();
            var before = acknowledged.Count;
            var sending = Enumerable.Range(0, 3).Select(c => SendAsync(port, $"r{round}c{c}", acknowledged, over.Token)).ToList();
            for (var i = 0; i < 400 && acknowledged.Count < before + 50; i++) await Task.Delay(25, Stop);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1_500)), Stop);
            await server.KillAsync();
            await over.CancelAsync();
            await Task.WhenAll(sending);
            Assert.True(acknowledged.Count > before, "Nothing was acknowledged.");
        }

        await using (var last = await Program.ServeAsync(data)) await last.StopAsync();
        var found = await Program.OkAsync("logs", "search", "source:net", "--format", "raw", "--limit", "10000000", "--data", data);
        var there = found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[(l.LastIndexOf(' ') + 1)..]).ToList();
        Assert.Empty(acknowledged.Keys.Except(there));
        Assert.Equal(there.Count, there.Distinct().Count());
        await Program.OkAsync("verify", "--data", data);
        // What was stored was looked at, once, whenever the process was gone.
        var tenths = there.Select(Numbers).Where(n => n.Number % 10 == 0).GroupBy(n => HostOf(n.Mark, n.Number)).Select(g => $"{g.Key} {g.Count()}").Order(StringComparer.Ordinal);
        Assert.Equal(tenths, ((string)Sample.Scalar(data, "SELECT group_concat(entity || ' ' || event_count) FROM monitoring_alert WHERE rule_id LIKE '44444444-%'")!).Split(',').Order(StringComparer.Ordinal));
        TestContext.Current.SendDiagnosticMessage($"relp: {acknowledged.Count} acknowledged, {there.Count} there");

        static (string Mark, int Number) Numbers(string mark) => (mark[..mark.IndexOf('-', StringComparison.Ordinal)], int.Parse(mark.AsSpan(mark.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static string HostOf(string mark, int number) => string.Create(CultureInfo.InvariantCulture, $"{mark}b{number / 1_000}");

    // Sends until it is told to end or the connection breaks, a hundred at a time without an answer, and notes what was answered.
    private static async Task SendAsync(int port, string mark, ConcurrentDictionary<string, bool> acknowledged, CancellationToken over)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, over);
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await stream.WriteAsync("1 open 30 relp_version=0\ncommands=syslog\n"u8.ToArray(), over);
            while (!(await reader.ReadLineAsync(over))!.StartsWith("commands", StringComparison.Ordinal)) { }
            var (sent, answered) = (1, 1);
            while (!over.IsCancellationRequested)
            {
                while (sent - answered < 100)
                {
                    sent++;
                    var text = string.Create(CultureInfo.InvariantCulture, $"<86>1 2026-11-22T04:00:00Z {HostOf(mark, sent)} sshd - - - {(sent % 10 == 0 ? "tenth " : "")}{mark}-{sent}");
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sent} syslog {text.Length} {text}\n")), over);
                }

                var line = await reader.ReadLineAsync(over);
                if (line is null) return;
                answered = int.Parse(line[..line.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
                if (line.EndsWith("200 OK", StringComparison.Ordinal)) acknowledged[string.Create(CultureInfo.InvariantCulture, $"{mark}-{answered}")] = true;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Killed.
        }
    }

    private static string Fields(string transport, int port, string allowed, string certificate = "") =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"fields":{"title":"Test","transport":"{{transport}}","port":"{{port}}","source":"net","allowed":"{{allowed}}","certificate":"{{certificate}}"} }""");

    private static async Task<(string Number, string Body)> CreateAsync(Visitor api, string transport, int port, string certificate = "")
    {
        var made = await api.JsonAsync("/api/v1/logs/receivers", Fields(transport, port, "127.0.0.1, ::1", certificate));
        Assert.True(made.Status == 201, made.ToString());
        return (JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!, made.Body);
    }

    private static async Task StartAsync(Visitor api, string number, int port)
    {
        var started = await api.JsonAsync($"/api/v1/logs/receivers/{number}/transitions/start", "{}");
        Assert.True(started.Status == 200, started.ToString());
        for (var i = 0; i < 100 && !await ListensAsync(port); i++) await Task.Delay(100, Stop);
        Assert.True(await ListensAsync(port), "It does not listen.");
    }

    private static async Task<JsonElement> ReceivingAsync(Visitor api, string number) =>
        JsonDocument.Parse((await api.GetAsync("/api/v1/logs/receiving")).Body).RootElement.EnumerateArray().Single(r => r.GetProperty("number").GetString() == number);

    private static async Task<bool> ListensAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, Stop);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
