using System.Diagnostics;
using Hufu.Logs.ClickHouse;
using Hufu.Testing;

namespace Hufu.Logs.Tests.ClickHouse;

/// <summary>Debian's clickhouse-server as it is, two of them, each a shard of the cluster <c>duo</c>.</summary>
public sealed class DebianServers : IAsyncLifetime
{
    private const string Program = "/usr/sbin/clickhouse-server";
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-clickhouse-server-").FullName;
    private readonly Process?[] servers = new Process?[2];
    private readonly int[] ports = [.. Enumerable.Range(0, 6).Select(_ => LocalPorts.Free())];

    public static bool IsThere => File.Exists(Program);

    /// <summary>Where a server answers over HTTP.</summary>
    public Uri Address(int number) => new($"http://127.0.0.1:{ports[3 * number]}/");

    public async ValueTask InitializeAsync()
    {
        if (!IsThere) return;
        for (var i = 0; i < 2; i++)
        {
            var home = Path.Combine(folder, $"n{i}");
            foreach (var part in new[] { "data", "tmp", "user_files", "format" }) Directory.CreateDirectory(Path.Combine(home, part));
            await File.WriteAllTextAsync(Path.Combine(home, "users.xml"), """
                <yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
                <hufu><password>s3cret'\word</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></hufu></users></yandex>
                """);
            await File.WriteAllTextAsync(Path.Combine(home, "config.xml"), $"""
                <yandex><logger><level>warning</level><log>{home}/log</log><errorlog>{home}/err</errorlog></logger><http_port>{ports[3 * i]}</http_port><tcp_port>{ports[3 * i + 1]}</tcp_port><interserver_http_port>{ports[3 * i + 2]}</interserver_http_port>
                <listen_host>127.0.0.1</listen_host><path>{home}/data/</path><tmp_path>{home}/tmp/</tmp_path><user_files_path>{home}/user_files/</user_files_path><format_schema_path>{home}/format/</format_schema_path>
                <users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>50000000</mark_cache_size>
                <remote_servers><duo>{string.Concat(Enumerable.Range(0, 2).Select(n => $"<shard><replica><host>127.0.0.1</host><port>{ports[3 * n + 1]}</port></replica></shard>"))}</duo></remote_servers></yandex>
                """);
            await StartAsync(i);
        }
    }

    /// <summary>Starts a server and waits until it answers.</summary>
    public async Task StartAsync(int number)
    {
        servers[number] = Process.Start(new ProcessStartInfo(Program, [$"--config-file={folder}/n{number}/config.xml"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        servers[number]!.BeginErrorReadLine();
        servers[number]!.BeginOutputReadLine();
        using var http = new HttpClient();
        for (var i = 0; i < 200; i++)
        {
            try
            {
                if (await http.GetStringAsync(Address(number)) == "Ok.\n") return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException("clickhouse-server did not start: " + await File.ReadAllTextAsync($"{folder}/n{number}/err"));
    }

    /// <summary>Ends a server as a failure of the machine would.</summary>
    public async Task KillAsync(int number)
    {
        if (servers[number] is not { } server) return;
        server.Kill();
        await server.WaitForExitAsync();
        server.Dispose();
        servers[number] = null;
    }

    /// <summary>Makes an empty database on both and returns its name.</summary>
    public async Task<string> DatabaseAsync()
    {
        var name = "t" + Guid.NewGuid().ToString("N");
        for (var i = 0; i < 2; i++) await AskAsync(i, $"CREATE DATABASE {name}");
        return name;
    }

    /// <summary>Runs a statement on one server.</summary>
    public async Task<string> AskAsync(int number, string sql)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(Address(number), new StringContent(sql));
        var body = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? body.Trim() : throw new InvalidOperationException(body);
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < 2; i++) await KillAsync(i);
        Directory.Delete(folder, recursive: true);
    }
}

[CollectionDefinition(nameof(DebianServers))]
public sealed class DebianServersGroup : ICollectionFixture<DebianServers>;

/// <summary>One server of 18.16 over HTTP.</summary>
[Collection(nameof(DebianServers))]
public sealed class ClickHouse18Tests(DebianServers servers) : ClickHouseSuite
{
    private protected override bool IsExact => false;

    private protected override async Task<(ClickHouseTarget Target, Func<Uri, IClickHouse>? Connect)> DatabaseAsync()
    {
        if (!DebianServers.IsThere) Assert.Skip("clickhouse-server is not installed");
        return (ClickHouseTarget.Parse($"clickhouse:{servers.Address(0)}{await servers.DatabaseAsync()}").Value, null);
    }
}

/// <summary>Two of them as shards.</summary>
[Collection(nameof(DebianServers))]
public sealed class ClickHouse18ShardsTests(DebianServers servers) : ClickHouseSuite
{
    private protected override bool IsExact => false;

    private protected override async Task<(ClickHouseTarget Target, Func<Uri, IClickHouse>? Connect)> DatabaseAsync()
    {
        if (!DebianServers.IsThere) Assert.Skip("clickhouse-server is not installed");
        return (ClickHouseTarget.Parse($"clickhouse:{servers.Address(0)}{await servers.DatabaseAsync()}?cluster=duo&shards={servers.Address(0)},{servers.Address(1)}").Value, null);
    }

    [Fact]
    public async Task AShardThatIsKilledUnderTheDelivery_GetsItsPartLater_OnceAndWhole()
    {
        var (target, _) = await DatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("hufu-shards-").FullName;
        try
        {
            await using var store = LogStore.Open(Path.Combine(folder, "logs"));
            using var there = new ClickHouseLogs(store, target, Path.Combine(folder, "clickhouse.json"));
            var next = 0;
            async Task AppendAsync(int segments)
            {
                for (var i = 0; i < segments; i++)
                {
                    await store.AppendAsync([.. Enumerable.Range(0, 2_000).Select(_ => SearchTableTests.Event(next++ % 5_000, "h", "u"))], Stop);
                    await store.SealAsync(Stop);
                }
            }

            await AppendAsync(4);
            await there.DeliverAsync(Stop);
            await AppendAsync(6);
            // In the middle of it, at whatever place it happens to be.
            var delivering = there.DeliverAsync(Stop);
            await Task.Delay(150, Stop);
            await servers.KillAsync(1);
            await delivering;
            await AppendAsync(2);
            await there.DeliverAsync(Stop);
            var standing = there.Standing;
            Assert.Equal((0L, true), (standing.Shards[0].Waiting, standing.Shards[1].Waiting > 0));
            Assert.NotNull(standing.Shards[1].Problem);
            var page = await there.SearchAsync(new LogSearch { Limit = 10 }, Stop);
            Assert.Equal(10, page.Events.Count);
            Assert.Contains(page.Notes, note => note.En.StartsWith("Shard 2 of 2", StringComparison.Ordinal));
            Assert.Contains(page.Notes, note => note.En.Contains("not delivered", StringComparison.Ordinal));
            Assert.Contains(page.Notes, note => note.Zh.Contains("分片 2/2", StringComparison.Ordinal));

            await servers.StartAsync(1);
            for (var i = 0; i < 200 && there.Standing.Waiting > 0; i++)
            {
                await there.DeliverAsync(Stop);
                await Task.Delay(100, Stop);
            }

            Assert.Equal((0L, (string?)null), (there.Standing.Waiting, there.Standing.Shards[1].Problem));
            Assert.Equal("24000\t24000", await servers.AskAsync(0, $"SELECT count(), uniqExact((segment, row)) FROM {target.Database}.{ClickHouseTable.AllEvents}"));
            Assert.Equal("12000", await servers.AskAsync(1, $"SELECT count() FROM {target.Database}.{ClickHouseTable.Events}"));
            Assert.All(await there.VerifyAsync(null, Stop).ToListAsync(Stop), verification => Assert.True(verification.IsIntact, string.Join("; ", verification.Findings)));
            // Nothing is remembered for longer than a moment.
            for (var i = 0; i < 150 && (await there.SearchAsync(new LogSearch(), Stop)).Notes.Count > 0; i++) await Task.Delay(100, Stop);
            Assert.Empty((await there.SearchAsync(new LogSearch(), Stop)).Notes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
