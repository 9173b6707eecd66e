using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Hufu.Cli.Tests;

/// <summary>A database that a running server reads, through kills; who may have it read, and that its password is never seen again.</summary>
public sealed class LogDatabaseTests(Sample sample)
{
    private const int MostRows = 15_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_row_is_stored_once_however_often_the_server_is_killed()
    {
        var (data, folder) = (sample.Copy(), Directory.CreateTempSubdirectory("database").FullName);
        var path = Path.Combine(folder, "audit.db");
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync(Stop);
        Execute("PRAGMA journal_mode = WAL; CREATE TABLE audit(at TEXT NOT NULL, who TEXT NOT NULL)");
        var random = Rounds.Moments("log databases");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var written = 0;
        var writing = Task.Run(async () =>
        {
            // No more than a busy machine reads in the time that there is.
            while (!ended.IsCancellationRequested && written < MostRows)
            {
                // Ten rows share a time.
                Execute(string.Concat(Enumerable.Range(written, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"INSERT INTO audit VALUES('{new DateTime(2026, 11, 29).AddSeconds(i / 10):yyyy-MM-dd HH:mm:ss}', 'person {i}');"))));
                written += 30;
                await Task.Delay(20, CancellationToken.None);
            }
        }, Stop);
        for (var round = 0; round < 5; round++)
        {
            await using var server = await Program.ServeAsync(data, null, "--log-folder", folder);
            if (round == 0)
            {
                using var browser = await Visitor.SignInAsync(server);
                using var api = await browser.ProgramAsync();
                var fields = $$"""{"fields":{"title":"Audit","kind":"sqlite","file":"{{path}}","source":"audit","statement":"SELECT at, who FROM audit WHERE at >= @after ORDER BY at","bookmarkColumn":"at","bookmarkKind":"time","rising":"ties","every":"1","batch":"70","timeColumn":"at","messageColumn":"who"} }""";
                var made = await api.JsonAsync("/api/v1/logs/databases", fields);
                Assert.True(made.Status == 201, made.ToString());
                var number = JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
                var tried = await api.JsonAsync($"/api/v1/logs/databases/{number}/trial", "{}");
                Assert.True(tried.Status == 200 && tried.Body.Contains("person 0", StringComparison.Ordinal), tried.ToString());
                Assert.Contains("person 0", (await browser.PostAsync("/logs/database-trial", ("number", number))).Words, StringComparison.Ordinal);
                Assert.DoesNotContain("person", (await api.GetAsync("/api/v1/logs/search?q=source:audit")).Body, StringComparison.Ordinal);
                var started = await api.JsonAsync($"/api/v1/logs/databases/{number}/transitions/start", "{}");
                Assert.True(started.Status == 200, started.ToString());
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
            var last = string.Create(CultureInfo.InvariantCulture, $"{new DateTime(2026, 11, 29).AddSeconds((written - 1) / 10):yyyy-MM-dd HH:mm:ss}");
            JsonElement standing = default;
            for (var i = 0; i < 300; i++)
            {
                standing = JsonDocument.Parse((await api.GetAsync("/api/v1/logs/reading")).Body).RootElement[0];
                if (standing.GetProperty("bookmark").ToString() == last && standing.GetProperty("lag").ValueKind is JsonValueKind.Number && standing.GetProperty("lag").GetDouble() == 0) break;
                await Task.Delay(100, Stop);
            }

            Assert.Equal((last, JsonValueKind.Null), (standing.GetProperty("bookmark").GetString(), standing.GetProperty("problem").ValueKind));
            Assert.Contains(last, (await browser.GetAsync("/logs/databases/" + standing.GetProperty("number").GetString())).Words, StringComparison.Ordinal);
            await server.StopAsync();
        }

        var found = await Program.OkAsync("logs", "search", "source:audit", "--format", "raw", "--limit", "1000000", "--data", data);
        var who = found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("who").GetString());
        Assert.True(written > 1_000);
        Assert.Equal(Enumerable.Range(0, written).Select(i => string.Create(CultureInfo.InvariantCulture, $"person {i}")).Order(StringComparer.Ordinal), who.Order(StringComparer.Ordinal));
        await connection.CloseAsync();
        Directory.Delete(folder, true);

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = "BEGIN; " + sql + "; COMMIT";
            if (sql.StartsWith("PRAGMA", StringComparison.Ordinal)) command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public async Task A_password_is_kept_and_never_seen_again_and_belongs_to_one_server()
    {
        const string Password = "sesame-9f27-open";
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            browser.Speak("en");
            using var api = await browser.ProgramAsync();
            var made = await api.JsonAsync("/api/v1/logs/databases", """{"fields":{"title":"HR","kind":"postgresql","host":"127.0.0.1","port":"1","database":"hr","account":"reader","source":"hr","statement":"SELECT id FROM audit WHERE id > @after ORDER BY id","bookmarkColumn":"id","bookmarkKind":"integer","rising":"strict"} }""");
            Assert.True(made.Status == 201, made.ToString());
            var number = JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
            Assert.Contains("No password is kept", (await browser.GetAsync("/logs/databases/" + number)).Words, StringComparison.Ordinal);
            var set = await browser.PostAsync("/logs/database-password", ("number", number), ("password", Password));
            Assert.True(set.Status is 200 or 302 or 303, set.ToString());
            Assert.Contains("is kept; it is never shown", (await browser.GetAsync("/logs/databases/" + number)).Words, StringComparison.Ordinal);
            Assert.Equal(422, (await api.SendAsync(HttpMethod.Put, $"/api/v1/logs/databases/{number}/password", JsonSerializer.SerializeToUtf8Bytes(new { password = new string('x', 501) }), "application/json")).Status);
            // Nobody listens there, and what is told does not tell the password.
            var tried = await api.JsonAsync($"/api/v1/logs/databases/{number}/trial", "{}");
            Assert.True(tried.Status == 422 && tried.Body.Contains("no connection", StringComparison.OrdinalIgnoreCase), tried.ToString());
            foreach (var address in (string[])[$"/logs/databases/{number}", $"/logs/databases/{number}/history", $"/logs/databases/{number}/edit", "/logs/databases/export?format=csv", $"/api/v1/logs/databases/{number}", "/api/v1/logs/databases/export?format=json", "/api/v1/logs/reading"])
                Assert.DoesNotContain(Password, (address.StartsWith("/api", StringComparison.Ordinal) ? await api.GetAsync(address) : await browser.GetAsync(address)).Body, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, tried.Body, StringComparison.Ordinal);
            // Pointed at another server, it is not sent there.
            var version = JsonDocument.Parse((await api.GetAsync("/api/v1/logs/databases/" + number)).Body).RootElement.GetProperty("version").GetInt32();
            var moved = await api.SendAsync(HttpMethod.Patch, "/api/v1/logs/databases/" + number, JsonSerializer.SerializeToUtf8Bytes(new { version, fields = new { host = "192.0.2.1" } }), "application/json");
            Assert.True(moved.Status == 200, moved.ToString());
            Assert.Contains("No password is kept", (await browser.GetAsync("/logs/databases/" + number)).Words, StringComparison.Ordinal);
            Assert.DoesNotContain(Password, server.Said, StringComparison.Ordinal);
            await server.StopAsync();
        }

        // Nor in any file of the data folder: database, ledger, logs.
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
            Assert.False((await File.ReadAllBytesAsync(file, Stop)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Password)) >= 0, file);
    }

    [Fact]
    public async Task What_cannot_be_read_on_with_is_refused_by_the_form_in_both_languages()
    {
        var data = sample.Copy();
        await using var server = await Program.ServeAsync(data);
        using var browser = await Visitor.SignInAsync(server);
        using var api = await browser.ProgramAsync();
        (string Statement, string More, string Place)[] faulty =
        [
            ("DELETE FROM audit", "", "statement"), ("SELECT 1; SELECT 2", "", "statement"), ("SELECT * FROM a WHERE id > @after ORDER BY other", "", "statement"), ("SELECT * FROM a ORDER BY id", "", "statement"),
            ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"host\":\"/var/run/postgresql\",", "host"), ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"host\":\"a,b\",", "host"), ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"timeZone\":\"Mars/North\",", "timeZone"),
            ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"rising\":\"ties\",", "statement"), ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"file\":\"/var/../x.db\",", "file"), ("SELECT * FROM a WHERE id > @after ORDER BY id", "\"kind\":\"sqlite\",", "file"),
        ];
        foreach (var (statement, more, place) in faulty)
        {
            var fields = new Dictionary<string, string> { ["title"] = "x", ["kind"] = "postgresql", ["host"] = "db", ["database"] = "d", ["account"] = "a", ["source"] = "x", ["statement"] = statement, ["bookmarkColumn"] = "id", ["bookmarkKind"] = "integer", ["rising"] = "strict" };
            foreach (var pair in JsonSerializer.Deserialize<Dictionary<string, string>>("{" + more.TrimEnd(',') + "}")!) fields[pair.Key] = pair.Value;
            var refused = await api.JsonAsync("/api/v1/logs/databases", JsonSerializer.Serialize(new { fields }));
            Assert.True(refused.Status == 422 && refused.Body.Contains($"\"{place}\"", StringComparison.Ordinal), $"{statement} {more}: {refused}");
        }

        foreach (var (language, words) in (((string, string)[])[("zh-TW", "書籤欄位"), ("en", "Bookmark column")]))
        {
            browser.Speak(language);
            Assert.Contains(words, (await browser.GetAsync("/logs/databases/new")).Words, StringComparison.Ordinal);
        }
    }
}
