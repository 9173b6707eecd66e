using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>A running server whose disk is full: writes are refused in words, reading goes on, and with room everything works again without a restart.</summary>
public sealed class FullDiskTests(Sample sample)
{
    private const int Lines = 20_000;
    private const int Few = 200;

    [Fact]
    public async Task A_server_on_a_full_disk_refuses_writes_goes_on_reading_and_recovers_by_itself()
    {
        await using var disk = await SmallDisk.MountAsync(sample.Free(), 40);
        var data = disk.Take(sample.Copy());
        var log = Encoding.UTF8.GetBytes(Log("fulldisk", Lines));
        long asked = 0, held;
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            var number = (string)Sample.Scalar(data, "SELECT number FROM risk_asset ORDER BY number LIMIT 1")!;
            for (var round = 0; round < 2; round++)
            {
                disk.Fill(0);
                var before = (long)Sample.Scalar(data, "SELECT count(*) FROM risk_asset")!;
                // The write-ahead log of the database may have room left from before: at last it has none.
                var (created, refused) = (0, (Answer?)null);
                for (var n = 0; n < 400 && refused is null; n++)
                {
                    var made = await api.JsonAsync("/api/v1/risk/assets", Asset($"D{round}-{n}"));
                    if (made.Status == 201) created++;
                    else refused = made;
                }

                Assert.True(refused is { Status: 507 } && refused.ContentType!.StartsWith("application/problem+json", StringComparison.Ordinal) && refused.Body.Contains("disk.full", StringComparison.Ordinal), refused?.ToString());
                asked += created;

                var page = await browser.PostAsync("/risk/assets/new", ("code", "D-page"), ("title", "x"), ("category", "hardware"), ("confidentiality", "high"), ("integrity", "high"), ("availability", "high"));
                Refused(page, 507);
                browser.Speak("zh-TW");
                Assert.Contains("伺服器的磁碟已滿", (await browser.PostAsync("/risk/assets/new", ("code", "D-page"), ("title", "x"), ("category", "hardware"), ("confidentiality", "high"), ("integrity", "high"), ("availability", "high"))).Words, StringComparison.Ordinal);
                browser.Speak("en");
                Refused(await browser.UploadAsync("/risk/assets/import", "file", "list.csv", Encoding.UTF8.GetBytes(Sample.AssetList("DF", 3000))), 422);
                Refused(await browser.UploadAsync("/admin/people/import", "file", "people.csv", Encoding.UTF8.GetBytes("姓名,帳號\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"王{i},wang{i}\n")))), 422);
                var evidence = await browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "proof.bin", new byte[100_000]);
                Assert.True(evidence.Status == 302 && evidence.Flash!.Contains("disk is full", StringComparison.Ordinal), evidence.ToString());
                Refused(await browser.UploadAsync("/logs/import", "files", "full.log", log), 422, 507);
                var sent = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/import?name=full.log&source=full", log, "text/plain");
                Assert.True(sent.Status is 507 or 422 && sent.Body.Contains("disk is full", StringComparison.Ordinal), sent.ToString());

                // Reading goes on, also for who comes in now.
                foreach (var path in new[] { "/", "/risk/assets", $"/risk/assets/{number}", "/logs/search", "/ledger", "/risk/assets/export?all=1&format=csv" }) Assert.Equal(200, (await browser.GetAsync(path)).Status);
                Assert.Equal(200, (await api.GetAsync("/api/v1/risk/assets")).Status);
                using (var late = await Visitor.SignInAsync(server)) Assert.Equal(200, (await late.GetAsync("/risk/assets")).Status);
                using (var stranger = new Visitor(server.Address, "hufu_" + new string('A', 43))) Assert.Equal(401, (await stranger.GetAsync("/api/v1/risk/assets")).Status);
                Assert.Equal(200, (await browser.GetAsync("/health")).Status);

                // At the command line as well, with nothing left behind.
                var listed = Directory.EnumerateFileSystemEntries(disk.Folder).Order().ToList();
                var backup = await Program.RunAsync("backup", Path.Combine(disk.Folder, "b.tar.gz"), "--data", data);
                Assert.True(backup.Code == 2 && backup.Error.Contains("disk is full", StringComparison.Ordinal), backup.ToString());
                Assert.Equal(listed, Directory.EnumerateFileSystemEntries(disk.Folder).Order());
                var import = await Program.RunAsync("import", "assets", sample.File("many.csv", Sample.AssetList("DC", 3000)), "--commit", "--summary", "--data", data);
                Assert.True(import.Code == 2 && import.Error.Contains("disk is full", StringComparison.Ordinal) && !import.Error.Contains("   at ", StringComparison.Ordinal), import.ToString());
                Assert.Equal(before + created, Sample.Scalar(data, "SELECT count(*) FROM risk_asset"));
                Assert.Empty(Directory.EnumerateFiles(data, "*.part", SearchOption.AllDirectories));

                // Room for the upload and what is noted of it, but not for the events: then it is the append to the store that fails.
                var small = Enumerable.Range(1, 6).Select(k => (Name: $"small{round}-{k}.log", Body: Encoding.UTF8.GetBytes(Log($"small{round}-{k}", Few)))).ToList();
                var appendsRefused = 0;
                for (var k = 0; k < small.Count; k++)
                {
                    disk.Free();
                    disk.Fill(16_384 + (k * 8_192));
                    var tried = await api.SendAsync(HttpMethod.Post, $"/api/v1/logs/import?name={small[k].Name}&source=small", small[k].Body, "text/plain");
                    if (tried.Status != 200) appendsRefused++;
                }

                Assert.True(appendsRefused > 0);
                disk.Free();
                foreach (var (name, body) in small)
                {
                    var taken = await api.SendAsync(HttpMethod.Post, $"/api/v1/logs/import?name={name}&source=small", body, "text/plain");
                    Assert.True(taken.Status == 200, taken.ToString());
                }

                var again = await api.JsonAsync("/api/v1/risk/assets", Asset($"D{round}-after"));
                Assert.True(again.Status == 201, again.ToString());
                asked++;
                var whole = await api.SendAsync(HttpMethod.Post, "/api/v1/logs/import?name=full.log&source=full", log, "text/plain");
                Assert.True(whole.Status == 200, whole.ToString());
                var attached = await browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "proof.bin", Encoding.UTF8.GetBytes("proof" + round));
                Assert.True(attached.Status == 302 && attached.Flash![0] == '+', attached.ToString());
                var healthy = "";
                for (var i = 0; i < 100 && healthy != "Healthy"; i++)
                {
                    await Task.Delay(200, TestContext.Current.CancellationToken);
                    healthy = (await browser.GetAsync("/health")).Body;
                }

                Assert.Equal("Healthy", healthy);
            }

            held = (long)Sample.Scalar(data, "SELECT count(*) FROM risk_asset")!;
            // Killed, so that what the next start finds is what was really written.
            await server.KillAsync();
        }

        Assert.Equal(Sample.Assets + asked, held);
        await using (var next = await Program.ServeAsync(data)) await next.StopAsync();
        Assert.Equal(held, Sample.Scalar(data, "SELECT count(*) FROM risk_asset"));
        var found = await Program.OkAsync("logs", "search", "fulldisk", "--format", "raw", "--limit", "1000000", "--data", data);
        var lines = found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Lines, lines.Distinct().Count());
        Assert.Equal(Lines, lines.Length);
        var few = (await Program.OkAsync("logs", "search", "source:small", "--format", "raw", "--limit", "1000000", "--data", data)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2 * 6 * Few, few.Distinct().Count());
        Assert.Equal(2 * 6 * Few, few.Length);
        var verify = await Program.OkAsync("verify", "--format", "json", "--data", data);
        using var json = JsonDocument.Parse(verify.Out);
        // No leaf twice, however often the ledger had to be opened anew, and after an orderly stop none is missing.
        Assert.Equal(json.RootElement.GetProperty("Changes").GetInt64(), json.RootElement.GetProperty("Leaves").GetInt64());
    }

    private static string Log(string mark, int lines) => string.Concat(Enumerable.Range(0, lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"<14>1 2026-11-22T04:{i / 60 % 60:D2}:{i % 60:D2}Z app01 svc 1 - - {mark} line {i}\n")));

    private static string Asset(string code) => $$"""{"fields":{"code":"{{code}}","title":"{{code}} {{new string('x', 100)}}","category":"hardware","confidentiality":"high","integrity":"high","availability":"high"} }""";

    private static void Refused(Answer answer, params int[] statuses) =>
        Assert.True(statuses.Contains(answer.Status) && answer.Words.Contains("disk is full", StringComparison.Ordinal) && answer.Words.Contains("Make room", StringComparison.Ordinal) && !answer.Body.Contains("   at ", StringComparison.Ordinal), answer.ToString());
}
