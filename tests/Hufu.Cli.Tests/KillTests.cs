using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>
/// The server is killed with SIGKILL at moments spread over what it does: an import by the page, an upgrade of the database, writes that go into
/// the ledger and into log segments. Each time the next start says so, everything that was confirmed is there, nothing is there by half, and the
/// same work can be done again.
/// </summary>
public sealed class KillTests(Sample sample)
{
    private const int Rows = 3000;

    [Fact]
    public async Task An_import_by_the_page_is_there_wholly_or_not_at_all()
    {
        var file = Encoding.UTF8.GetBytes(Sample.AssetList("S", Rows));
        TimeSpan whole;
        await using (var calm = await Program.ServeAsync(sample.Copy()))
        {
            var (commit, _) = await UploadAsync(calm, file);
            var watch = Stopwatch.StartNew();
            Assert.Equal(302, (await commit()).Status);
            whole = watch.Elapsed;
            await calm.StopAsync();
        }

        var random = Rounds.Moments("import by the page");
        var (none, all) = (0, 0);
        for (var i = 0; i < Rounds.Count; i++)
        {
            var data = sample.Copy();
            bool confirmed;
            await using (var server = await Program.ServeAsync(data))
            {
                var (commit, browser) = await UploadAsync(server, file);
                var answer = commit();
                await Task.WhenAny(Task.Delay(whole * (1.1 * random.NextDouble()), TestContext.Current.CancellationToken), answer);
                await server.KillAsync();
                confirmed = await ConfirmedAsync(answer);
                browser.Dispose();
            }

            var rows = Count(data) - Sample.Assets;
            Assert.True(rows == Rows || (rows == 0 && !confirmed), $"round {i}: {rows} rows, confirmed: {confirmed}");
            if (rows == 0) none++;
            else all++;
            await using (var again = await Program.ServeAsync(data))
            {
                Assert.Contains("Recovered: Hufu had not been stopped in an orderly way; the database is whole", again.Said, StringComparison.Ordinal);
                await IntactAsync(data);
                var (commit, browser) = await UploadAsync(again, file);
                var done = await commit();
                browser.Dispose();
                Assert.True(done.Status == 302 && done.Flash!.Contains(rows == 0 ? "3000" : "0", StringComparison.Ordinal), done.ToString());
                await again.StopAsync();
            }

            Assert.Equal(Sample.Assets + Rows, Count(data));
            await IntactAsync(data);
            Directory.Delete(data, recursive: true);
        }

        TestContext.Current.SendDiagnosticMessage($"import by the page: {none} times nothing, {all} times all of it; undisturbed {whole.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task An_upgrade_of_the_database_goes_on_where_it_was_killed()
    {
        var old = sample.Copy();
        await Program.OkAsync("import", "assets", sample.File("many.csv", Sample.AssetList("M", Rows)), "--commit", "--summary", "--data", old);
        await OldDatabase.MakeAsync(old);
        var calm = sample.Copy(old);
        var whole = await UpgradeAsync(calm, null);
        var all = OldDatabase.Applied(Path.Combine(calm, "hufu.db"));
        Assert.True(all > 1);
        var random = Rounds.Moments("upgrade");
        int tried = 0, half = 0, done = 0;
        for (var i = 0; i < Rounds.Count; i++)
        {
            var data = sample.Copy(old);
            await UpgradeAsync(data, whole * (1.2 * random.NextDouble()));
            var marked = File.Exists(Path.Combine(data, "running"));
            var now = OldDatabase.Applied(Path.Combine(data, "hufu.db"));
            if (now == 1) tried++;
            else if (now < all) half++;
            else done++;
            Assert.Equal("ok", Sample.Scalar(data, "PRAGMA integrity_check"));
            await using (var again = await Program.ServeAsync(data))
            {
                if (marked) Assert.Contains("Recovered: Hufu had not been stopped in an orderly way; the database is whole", again.Said, StringComparison.Ordinal);
                await again.StopAsync();
            }

            Assert.Equal(all, OldDatabase.Applied(Path.Combine(data, "hufu.db")));
            Assert.Equal("ok", Sample.Scalar(data, "PRAGMA integrity_check"));
            Assert.Equal(Sample.Assets + Rows, Count(data));
            Assert.Empty(Directory.EnumerateFiles(data, "hufu.db.trial*"));
            Assert.Empty(Directory.EnumerateFiles(data, "*.part"));
            var before = Assert.Single(Directory.EnumerateFiles(data, "hufu.db.before-*"));
            Assert.Equal(1, OldDatabase.Applied(before));
            await IntactAsync(data);
            Directory.Delete(data, recursive: true);
        }

        TestContext.Current.SendDiagnosticMessage($"upgrade: killed {tried} times before the real file was touched, {half} times half-way, {done} times after; undisturbed {whole.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task What_was_confirmed_survives_kills_while_the_ledger_and_the_log_segments_are_written()
    {
        var random = Rounds.Moments("ledger and segments");
        var data = sample.Copy();
        var numbers = new List<string>();
        var (lines, sealing, leaves) = (0, 0, 0L);
        for (var i = 0; i < Rounds.Count; i++)
        {
            if (i % 10 == 0 && i > 0)
            {
                Directory.Delete(data, recursive: true);
                data = sample.Copy();
                numbers.Clear();
                lines = 0;
            }

            var files = new List<(string Name, byte[] Body, int Lines)>();
            await using (var server = await Program.ServeAsync(data))
            {
                using var browser = await Visitor.SignInAsync(server);
                using var api = await browser.ProgramAsync();
                using var stop = new CancellationTokenSource();
                var records = WriteRecordsAsync(api, numbers, $"R{i}", stop.Token);
                var events = WriteEventsAsync(api, files, $"marker{i}", stop.Token);
                await Task.Delay(TimeSpan.FromMilliseconds(200 + random.Next(2500)), TestContext.Current.CancellationToken);
                // Every second time in the middle of an orderly stop, which seals the open segment.
                if (i % 2 == 1)
                {
                    sealing++;
                    await server.TerminateAsync();
                    await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(random.Next(1200)), TestContext.Current.CancellationToken), server.Process.WaitForExitAsync(TestContext.Current.CancellationToken));
                }

                await server.KillAsync();
                await stop.CancelAsync();
                await Task.WhenAll(records, events);
            }

            var cut = File.Exists(Path.Combine(data, "running"));
            await using (var again = await Program.ServeAsync(data))
            {
                Assert.Equal(cut, again.Said.Contains("Recovered: Hufu had not been stopped in an orderly way; the database is whole", StringComparison.Ordinal));
                using var browser = await Visitor.SignInAsync(again);
                using var api = await browser.ProgramAsync();
                // The same files again: what is there is not doubled, what is missing comes.
                foreach (var (name, body, count) in files)
                {
                    var sent = await api.SendAsync(HttpMethod.Post, $"/api/v1/logs/import?name={name}&source={name}", body, "text/plain");
                    Assert.True(sent.Status == 200, sent.ToString());
                    lines += count;
                }

                await again.StopAsync();
            }

            foreach (var number in numbers) Assert.Equal(1L, Sample.Scalar(data, $"SELECT count(*) FROM risk_asset WHERE number = '{number}'"));
            var found = await Program.RunAsync("logs", "search", "marker", "--format", "raw", "--limit", "1000000", "--data", data);
            Assert.Equal(lines, found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
            Assert.Equal(lines, found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            leaves = await IntactAsync(data);
        }

        TestContext.Current.SendDiagnosticMessage($"ledger and segments: {sealing} kills while stopping; {numbers.Count} records, {lines} events and {leaves} leaves in the last folder");
    }

    internal static async Task<long> IntactAsync(string data)
    {
        Assert.Equal("ok", Sample.Scalar(data, "PRAGMA integrity_check"));
        var outcome = await Program.RunAsync("verify", "--format", "json", "--data", data);
        Assert.True(outcome.Code == 0, outcome.ToString());
        using var json = JsonDocument.Parse(outcome.Out);
        Assert.True(json.RootElement.GetProperty("intact").GetBoolean());
        return json.RootElement.GetProperty("Leaves").GetInt64();
    }

    private static async Task<(Func<Task<Answer>> Commit, Visitor Browser)> UploadAsync(Server server, byte[] file)
    {
        var browser = await Visitor.SignInAsync(server);
        var shown = await browser.UploadAsync("/risk/assets/import", "file", "many.csv", file);
        var (upload, fields) = Visitor.Mapping(shown.Body);
        return (() => browser.PostAsync("/risk/assets/import/commit", [("upload", upload), ("name", "many.csv"), .. fields]), browser);
    }

    // An answer that arrived was a promise; none is no promise.
    private static async Task<bool> ConfirmedAsync(Task<Answer> answer)
    {
        try
        {
            return (await answer).Status == 302;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task WriteRecordsAsync(Visitor api, List<string> numbers, string prefix, CancellationToken stop)
    {
        try
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                var made = await api.JsonAsync("/api/v1/risk/assets", $$"""{"fields":{"code":"{{prefix}}-{{n}}","title":"{{prefix}} {{n}}","category":"hardware","confidentiality":"high","integrity":"high","availability":"high"} }""");
                if (made.Status != 201) return;
                using var json = JsonDocument.Parse(made.Body);
                numbers.Add(json.RootElement.GetProperty("number").GetString()!);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            // The server is gone.
        }
    }

    private static async Task WriteEventsAsync(Visitor api, List<(string, byte[], int)> files, string mark, CancellationToken stop)
    {
        try
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                const int Lines = 400;
                var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Lines).Select(l => string.Create(CultureInfo.InvariantCulture, $"<14>1 2026-11-22T03:{l / 60:D2}:{l % 60:D2}Z app01 svc 1 - - marker {mark} file {n} line {l}\n"))));
                // Known before it is sent: what the server may have, however far it got.
                files.Add(($"{mark}-{n}.log", body, Lines));
                if ((await api.SendAsync(HttpMethod.Post, $"/api/v1/logs/import?name={mark}-{n}.log&source={mark}-{n}.log", body, "text/plain")).Status != 200) return;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            // The server is gone.
        }
    }

    private static long Count(string data) => (long)Sample.Scalar(data, "SELECT count(*) FROM risk_asset")!;

    // Starts the server and kills it so long after it said that it tries the upgrade; without a time, as soon as it said that it is done. Returns how long it took.
    private static async Task<TimeSpan> UpgradeAsync(string data, TimeSpan? after)
    {
        using var process = Program.Start("serve", "--data", data, "--listen", "http://127.0.0.1:0");
        var error = process.StandardError.ReadToEndAsync();
        var watch = new Stopwatch();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("The database is upgraded", StringComparison.Ordinal)) break;
            if (!line.StartsWith("Trying ", StringComparison.Ordinal)) continue;
            watch.Start();
            if (after is not { } wait) continue;
            await Task.Delay(wait, TestContext.Current.CancellationToken);
            break;
        }

        watch.Stop();
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(error, process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        return watch.Elapsed;
    }
}
