using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>Results as files, and the live tail, at the command line.</summary>
public sealed class SearchVerbTests(Sample sample)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_result_is_written_into_a_file_with_its_hash()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("exported").FullName, "out");
        var all = (await Program.OkAsync("logs", "search", "src_ip:203.0.113.9", "--format", "jsonl", "--limit", "100000", "--data", sample.Master)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var format in new[] { "jsonl", "parquet" })
        {
            var done = await Program.OkAsync("logs", "search", "src_ip:203.0.113.9", "--format", format, "--output", file, "--data", sample.Master);
            Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, Stop))), done.Out, StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $": {all.Length} rows"), done.Out, StringComparison.Ordinal);
            if (format == "jsonl") Assert.Equal(all.Select(IdOf), (await File.ReadAllLinesAsync(file, Stop)).Select(IdOf));
        }

        var cut = await Program.OkAsync("logs", "search", "src_ip:203.0.113.9", "--format", "csv", "--output", file, "--limit", "3", "--data", sample.Master);
        Assert.Contains("There are more: 3 of", cut.Error, StringComparison.Ordinal);
        var wrong = await Program.RunAsync("logs", "search", "--format", "raw", "--output", file, "--data", sample.Master);
        Assert.True(wrong.Code == 2, wrong.ToString());

        static string? IdOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString();
    }

    [Theory]
    [InlineData("HUFU_LOG_QUERY_MB", "63", "from 64 to 1048576")]
    [InlineData("HUFU_LOG_QUERY_MB", "1GB", "from 64 to 1048576")]
    [InlineData("HUFU_LOG_QUERY_THREADS", "0", "from 1 to 256")]
    [InlineData("HUFU_LOG_QUERY_MB", "64", null)]
    public async Task What_queries_may_use_is_set_in_the_environment(string name, string value, string? refused)
    {
        var outcome = await Program.EndAsync(Program.StartAs("env", [$"{name}={value}", "dotnet", Program.Dll, "logs", "search", "src_ip:203.0.113.9", "--data", sample.Master]));
        Assert.True(outcome.Code == (refused is null ? 0 : 2), outcome.ToString());
        if (refused is not null) Assert.Contains($"{name} must be a whole number {refused}, not “{value}”.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coverage_says_which_assets_log_what_they_must()
    {
        var data = sample.Copy();
        var none = await Program.RunAsync("logs", "coverage", "--data", data);
        Assert.Equal((1, true), (none.Code, none.Error.Contains("0 criteria in force", StringComparison.Ordinal)));

        await Program.OkAsync("import", "assets", sample.File("named.csv", "資產編號,資產名稱,資產類別,主機名稱\nW-1,web,network,web91\nW-2,db,network,db91\n"), "--commit", "--summary", "--data", data);
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            var made = await api.JsonAsync("/api/v1/logs/criteria", """{ "fields": { "title": "C", "category": "network", "level": "all", "kinds": "authentication", "requiredFields": "user;source", "keepDays": "184", "basis": "decision" } }""");
            Assert.True(made.Status == 201, $"{made} {server.Said}");
            await server.StopAsync();
        }

        // What a second person does at the page.
        Sample.Scalar(data, "UPDATE logs_criterion SET state = 'active' WHERE title = 'C'");
        var stamp = DateTimeOffset.UtcNow.AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await Program.OkAsync("logs", "ingest", sample.File("web91.log", $"<86>1 {stamp} web91 sshd 900 - - Accepted password for root from 203.0.113.7 port 40000 ssh2\n"), "--data", data);
        var some = await Program.RunAsync("logs", "coverage", "--format", "jsonl", "--data", data);
        Assert.True(some.Code == 1, some.ToString());
        var rows = some.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["db never 0", "web covered 1"], rows.Select(row => $"{row.GetProperty("title")} {row.GetProperty("state")} {row.GetProperty("day")}").Order(StringComparer.Ordinal));
        Assert.Contains("1 criteria in force, 2 to be covered, 1 with a gap", some.Error, StringComparison.Ordinal);
        Sample.Scalar(data, "UPDATE risk_asset SET archived_at = created_at WHERE title = 'db'");
        Assert.Equal(0, (await Program.RunAsync("logs", "coverage", "--data", data)).Code);
    }

    [Fact]
    public async Task A_tail_beside_a_running_server_shows_what_comes_in_until_it_is_interrupted_and_private_searches_are_not_listed()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data, null);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        using var tail = Program.Start("logs", "tail", "source:tailed -no", "--last", "0", "--format", "raw", "--data", data);
        var got = new List<string>();
        var reading = Task.Run(async () =>
        {
            while (await tail.StandardOutput.ReadLineAsync(Stop) is { } line)
                lock (got) got.Add(line);
        }, Stop);
        // It begins where the store ends when it has opened it.
        await Task.Delay(2_500, Stop);
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(200, (await api.SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=tailed", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"yes {i}\nno {i}\n")), "text/plain")).Status);
            await Task.Delay(20, Stop);
        }

        for (var i = 0; i < 300 && Count() < 30; i++) await Task.Delay(50, Stop);
        Assert.Equal(30, Count());
        using (var interrupt = System.Diagnostics.Process.Start("kill", ["-INT", tail.Id.ToString(CultureInfo.InvariantCulture)])) await interrupt.WaitForExitAsync(Stop);
        await tail.WaitForExitAsync(Stop).WaitAsync(TimeSpan.FromSeconds(20), Stop);
        Assert.Equal(0, tail.ExitCode);
        await reading;
        var (shared, mine) = (await MakeAsync(api, "shared"), await MakeAsync(api, "private"));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"yes {i}")), got);
        await server.StopAsync();

        var listed = await Program.OkAsync("logs", "saved", "--format", "jsonl", "--data", data);
        Assert.Contains(shared, listed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(mine, listed.Out, StringComparison.Ordinal);
        var run = await Program.OkAsync("logs", "saved", "run", shared, "--format", "jsonl", "--limit", "5", "--data", data);
        Assert.Equal(5, run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, (await Program.RunAsync("logs", "saved", "run", mine, "--data", data)).Code);

        int Count()
        {
            lock (got) return got.Count;
        }

        static async Task<string> MakeAsync(Visitor api, string visibility)
        {
            var made = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/saved-searches", Encoding.UTF8.GetBytes($$"""{"fields":{"title":"{{visibility}}","query":"src_ip:203.0.113.9","range":"all","visibility":"{{visibility}}"} }"""), "application/json");
            Assert.True(made.Status == 201, made.Body);
            return JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
        }
    }
}
