using System.Diagnostics;
using System.Globalization;

namespace Hufu.Cli.Tests;

/// <summary>
/// The process is killed at random moments. Afterwards the database is whole, the ledger intact, an import there wholly or not at all, and no alert is
/// lost or doubled. <see cref="Rounds"/> says how many kills each kind gets.
/// </summary>
public sealed class FaultTests(Sample sample)
{
    private const int Rows = 3000;

    private static readonly int Kills = Rounds.Count;

    [Fact]
    public async Task An_import_that_is_killed_is_there_wholly_or_not_at_all()
    {
        var file = sample.File("many.csv", Sample.AssetList("K", Rows));
        string[] Verb(string data) => ["import", "assets", file, "--commit", "--summary", "--data", data];
        var whole = await TimeAsync(Verb(sample.Copy()));
        var random = new Random(20261123);
        var (none, all) = (0, 0);
        var data = sample.Copy();
        for (var i = 0; i < Kills; i++)
        {
            if (i > 0) data = sample.Copy();
            // From the middle on: before that the file is only read.
            await KillAsync(Verb(data), whole * (0.4 + 0.65 * random.NextDouble()));
            var rows = Count(data);
            Assert.True(rows is Sample.Assets or Sample.Assets + Rows, $"{rows} rows after kill {i}");
            if (rows == Sample.Assets) none++;
            else all++;
            await IntactAsync(data);
            // The same file again completes it, or finds that nothing is missing.
            var again = await Program.OkAsync(Verb(data));
            Assert.Contains(rows == Sample.Assets ? $"{Rows} new" : $"{Rows} unchanged", again.Out, StringComparison.Ordinal);
            Assert.Equal(Sample.Assets + Rows, Count(data));
        }

        TestContext.Current.SendDiagnosticMessage($"{none} times nothing, {all} times all of it");
        await using (var server = await Program.ServeAsync(data)) await server.StopAsync();
        var after = await Program.OkAsync("verify", "--data", data);
        Assert.Contains("0 not sequenced yet", after.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_imports_that_are_killed_lose_no_alert_and_double_none()
    {
        var file = sample.File("many.log", string.Concat(Enumerable.Range(1, 40).Select(i => Sample.Guessing(string.Create(CultureInfo.InvariantCulture, $"198.51.100.{i}"), 300))));
        string[] Verb(string data) => ["logs", "ingest", file, "--data", data];
        var straight = sample.Copy();
        var whole = await TimeAsync(Verb(straight));
        var expected = Alerts(straight);
        Assert.NotEqual("", expected);
        var random = new Random(42);
        string? data = null;
        for (var i = 0; i < Kills; i++)
        {
            // Two kills into the same folder, then the import may end: what an earlier attempt left must not stand in the way.
            if (i % 2 == 0)
            {
                if (data is not null) await EndsAsync(data);
                data = sample.Copy();
            }

            await KillAsync(Verb(data!), whole * (0.3 + 0.7 * random.NextDouble()));
            await IntactAsync(data!);
        }

        await EndsAsync(data!);

        async Task EndsAsync(string folder)
        {
            await Program.OkAsync(Verb(folder));
            Assert.Equal(expected, Alerts(folder));
            await IntactAsync(folder);
        }
    }

    [Fact]
    public async Task A_start_finishes_the_detection_that_was_cut_off()
    {
        // As a process leaves it that dies between storing and looking: the journal is there, the alerts are not.
        var data = sample.Copy();
        var file = sample.File("cut.log", Sample.Guessing("198.51.100.77", 60));
        await Program.OkAsync("logs", "ingest", file, "--data", data);
        var expected = Alerts(data);
        var bare = sample.Copy();
        await Program.OkAsync("logs", "ingest", sample.File("same.log", File.ReadAllText(file)), "--data", bare);
        var added = (string)Sample.Scalar(bare, "SELECT group_concat(hex(id)) FROM monitoring_alert WHERE entity LIKE '%198.51.100.77%'")!;
        Assert.NotEmpty(added);
        var sha = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
        Directory.CreateDirectory(Path.Combine(bare, "logs", "imports"));
        File.WriteAllText(Path.Combine(bare, "logs", "imports", sha + ".json"), $$"""{"Sha256":"{{sha}}","Name":"cut.log","Source":"cut.log","Ranges":[{"Segment":"00000003","Row":0,"Count":0}],"Looked":0}""");
        await using var server = await Program.ServeAsync(bare);
        for (var i = 0; i < 100 && Directory.EnumerateFiles(Path.Combine(bare, "logs", "imports")).Any(); i++) await Task.Delay(100, TestContext.Current.CancellationToken);
        await server.StopAsync();
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(bare, "logs", "imports")));
        Assert.Equal(expected, Alerts(bare));
    }

    [Fact]
    public async Task A_server_that_is_killed_while_it_starts_and_while_it_writes_starts_again()
    {
        var random = new Random(7);
        var data = sample.Free();
        var recovered = 0;
        for (var i = 0; i < Kills; i++)
        {
            if (i % 5 == 0) data = sample.Free();
            await KillAsync(["serve", "--data", data, "--listen", "http://127.0.0.1:0"], TimeSpan.FromMilliseconds(500 + random.Next(4000)));
            await using var server = await Program.ServeAsync(data);
            if (server.Said.Contains("Recovered", StringComparison.Ordinal)) recovered++;
            Assert.Equal("ok", Sample.Scalar(data, "PRAGMA integrity_check"));
            if (i % 5 == 0) await server.SetUpAsync();
            server.Process.Kill();
            await server.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(recovered > 0);
        await using (var last = await Program.ServeAsync(data))
        {
            Assert.Contains("Recovered", last.Said, StringComparison.Ordinal);
            var second = await Program.RunAsync("serve", "--data", data, "--listen", "http://127.0.0.1:0");
            Assert.True(second.Code == 2 && second.Error.Contains(data, StringComparison.Ordinal), second.ToString());
            await last.StopAsync();
        }

        await IntactAsync(data);
        await using (var calm = await Program.ServeAsync(data))
        {
            Assert.DoesNotContain("Recovered", calm.Said, StringComparison.Ordinal);
            await calm.StopAsync();
        }
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_and_harms_nothing()
    {
        await using var disk = await SmallDisk.MountAsync(sample.Free(), 12);
        var data = disk.Take(sample.Copy());
        disk.Fill(400_000);

        var rows = await Program.RunAsync("import", "assets", sample.File("many.csv", Sample.AssetList("F", Rows)), "--commit", "--summary", "--data", data);
        Assert.True(rows.Code == 2 && rows.Error.Contains("full", StringComparison.Ordinal), rows.ToString());
        var logs = await Program.RunAsync("logs", "ingest", sample.File("f.log", Sample.Guessing("198.51.100.99", 20_000)), "--data", data);
        Assert.True(logs.Code is 1 or 2 && (logs.Error.Contains("full", StringComparison.OrdinalIgnoreCase) || logs.Error.Contains("space", StringComparison.Ordinal)), logs.ToString());

        disk.Free();
        Assert.Equal(Sample.Assets, Count(data));
        await IntactAsync(data);
        await Program.OkAsync("import", "assets", sample.File("few.csv", Sample.AssetList("G", 20)), "--commit", "--summary", "--data", data);
        Assert.Equal(Sample.Assets + 20, Count(data));
        await IntactAsync(data);
    }

    private static long Count(string data) => (long)Sample.Scalar(data, "SELECT count(*) FROM risk_asset")!;

    private static string Alerts(string data) => Sample.Scalar(data, "SELECT group_concat(line, char(10)) FROM (SELECT rule_id || ' ' || entity || ' ' || event_count AS line FROM monitoring_alert ORDER BY line)") as string ?? "";

    private static async Task<TimeSpan> TimeAsync(string[] verb)
    {
        var watch = Stopwatch.StartNew();
        await Program.OkAsync(verb);
        return watch.Elapsed;
    }

    private static async Task KillAsync(string[] verb, TimeSpan after)
    {
        using var process = Program.Start(verb);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await Task.WhenAny(Task.Delay(after), process.WaitForExitAsync());
        process.Kill();
        await process.WaitForExitAsync();
        await Task.WhenAll(output, error);
    }

    private static async Task IntactAsync(string data)
    {
        Assert.Equal("ok", Sample.Scalar(data, "PRAGMA integrity_check"));
        var outcome = await Program.RunAsync("verify", "--data", data);
        // Killed before its first leaf, a ledger has nothing to verify.
        if (outcome.Code == 2 && !File.Exists(Path.Combine(data, "ledger-verifier.key"))) return;
        Assert.True(outcome.Code == 0, outcome.ToString());
    }
}
