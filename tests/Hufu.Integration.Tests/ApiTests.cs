using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hufu.Testing;

namespace Hufu.Integration.Tests;

/// <summary>What a program does over the API from end to end, with the rights of the engineer.</summary>
public class ApiTests(WholeSite site) : WholeSiteTests(site)
{
    private Client Program => Site.As("writer");

    private static string Unique() => Guid.NewGuid().ToString("N")[..8];

    private async Task<JsonElement> JsonAsync(HttpMethod method, string path, int status, HttpContent? content = null)
    {
        using (content)
        {
            var answer = await Program.SendAsync(method, path, content);
            Assert.True(answer.Status == status, $"{method} {path} → {answer.Status}: {answer.Body}");
            return answer.Body.Length == 0 ? default : JsonDocument.Parse(answer.Body).RootElement;
        }
    }

    private static ByteArrayContent File(string text, string encoding = "utf-8") => new(CodePagesEncodingProvider.Instance.GetEncoding(encoding)?.GetBytes(text) ?? Encoding.GetEncoding(encoding).GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    [Fact]
    public async Task An_import_states_the_fate_of_every_row_and_writes_all_or_nothing()
    {
        var word = Unique();
        var csv = $"資產清單（{word}）,,,\n財產編號,資產名稱,資產類別,IP位址\n\nA-{word}-1,路由器{word},硬體,１０．１．２．３\nA-{word}-2,交換器{word},硬體,\nA-{word}-2,重複的{word},硬體,\nA-{word}-3,類別錯誤{word},外星,\n";
        var path = "/api/v1/risk/assets/import?name=" + Uri.EscapeDataString("清冊.csv");
        var dry = await JsonAsync(HttpMethod.Post, path, 200, File(csv, "big5"));
        Assert.Equal((false, 2, 2), (dry.GetProperty("committed").GetBoolean(), dry.GetProperty("new").GetInt32(), dry.GetProperty("refused").GetInt32()));
        Assert.Equal(["new", "new", "refused", "refused"], dry.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("fate").GetString()));
        Assert.Equal(6, dry.GetProperty("rows")[2].GetProperty("row").GetInt32());
        Assert.Equal("import.duplicate", dry.GetProperty("rows")[2].GetProperty("errors")[0].GetProperty("code").GetString());
        Assert.Contains(dry.GetProperty("columns").EnumerateArray(), c => c.GetProperty("header").GetString() == "財產編號" && c.GetProperty("field").GetString() == "code");

        var refused = await JsonAsync(HttpMethod.Post, path + "&commit=true", 422, File(csv, "big5"));
        Assert.Equal("import.refused-rows", refused.GetProperty("errors")[0].GetProperty("code").GetString());
        Assert.Equal(0, (await JsonAsync(HttpMethod.Get, "/api/v1/risk/assets?q=" + word, 200)).GetProperty("total").GetInt32());

        var done = await JsonAsync(HttpMethod.Post, path + "&commit=true&skipRefused=true", 200, File(csv, "big5"));
        Assert.Equal((true, 2), (done.GetProperty("committed").GetBoolean(), done.GetProperty("new").GetInt32()));
        var again = await JsonAsync(HttpMethod.Post, path + "&commit=true&skipRefused=true&rows=none", 200, File(csv, "big5"));
        Assert.Equal((0, 0, 2, 0), (again.GetProperty("new").GetInt32(), again.GetProperty("changed").GetInt32(), again.GetProperty("unchanged").GetInt32(), again.GetProperty("rows").GetArrayLength()));
        var stored = (await JsonAsync(HttpMethod.Get, "/api/v1/risk/assets?f.code=A-" + word + "-1", 200)).GetProperty("items")[0].GetProperty("fields");
        Assert.Equal("10.1.2.3", stored.GetProperty("addresses").GetString());

        // What the person says of a column wins over the suggestion, and a column that is not there is named.
        var mapped = await JsonAsync(HttpMethod.Post, path + "&map=" + Uri.EscapeDataString("IP位址:"), 200, File(csv, "big5"));
        Assert.Equal(JsonValueKind.Null, mapped.GetProperty("columns")[3].GetProperty("field").ValueKind);
        var unknown = await JsonAsync(HttpMethod.Post, path + "&map=" + Uri.EscapeDataString("沒有這欄:code"), 422, File(csv, "big5"));
        Assert.Contains("財產編號", unknown.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/risk/assets", """{ "title": "x" }""", "fields")]
    [InlineData("/api/v1/risk/assets", """{ "fields": null }""", "fields")]
    [InlineData("/api/v1/risk/assets", "{}", "fields")]
    [InlineData("/api/v1/risk/assets/bulk", """{ "field": "title", "commit": true }""", "numbers")]
    public async Task A_body_that_lacks_what_it_must_have_is_refused_with_its_name(string path, string body, string named)
    {
        var refused = await JsonAsync(HttpMethod.Post, path, 422, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Contains(refused.GetProperty("errors").EnumerateArray(), e => e.GetProperty("place").GetString() == named);
    }

    [Fact]
    public async Task A_body_that_the_server_is_woken_from_is_read_to_its_end()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var reader = new Hufu.Web.PatientReader(pipe.Reader);
        await pipe.Writer.WriteAsync("""{ "a": "half"""u8.ToArray(), TestContext.Current.CancellationToken);
        var reading = JsonSerializer.DeserializeAsync<Dictionary<string, string>>(reader, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 3; i++)
        {
            // As a server does that is told to stop.
            pipe.Reader.CancelPendingRead();
            await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.False(reading.IsCompleted);
        }

        await pipe.Writer.WriteAsync(""" and half" }"""u8.ToArray(), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        Assert.Equal("half and half", (await reading)!["a"]);

        // Whoever holds it may still wake it.
        var other = new System.IO.Pipelines.Pipe();
        var held = new Hufu.Web.PatientReader(other.Reader);
        var waiting = held.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        held.CancelPendingRead();
        Assert.True((await waiting).IsCanceled);
        held.AdvanceTo((await waiting).Buffer.Start);
        pipe.Reader.CancelPendingRead();
        Assert.False(held.TryRead(out _));
    }

    private async Task<string> NewRiskAsync(string word)
    {
        var type = Site.Types.Get("risk.risk");
        return (await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks", 201, JsonContent.Create(new { fields = Values.Of(type, word, new Dictionary<string, string> { ["risk.asset"] = "AST-2026-0001" }, "linhy", "資安科") }))).GetProperty("number").GetString()!;
    }

    [Fact]
    public async Task Evidence_is_attached_listed_and_withdrawn()
    {
        var word = Unique();
        var path = "/api/v1/risk/risks/" + await NewRiskAsync(word);
        using var file = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes("證明 " + word)), "file", "證明.txt" }, { new StringContent("2026-11-20"), "effectiveOn" } };
        await JsonAsync(HttpMethod.Post, path + "/evidence", 201, file);
        await JsonAsync(HttpMethod.Post, path + "/evidence", 201, JsonContent.Create(new { record = "AST-2026-0001", title = "相關資產", output = "O2.3.1" }));
        var nothing = await JsonAsync(HttpMethod.Post, path + "/evidence", 422, JsonContent.Create(new { title = "空的" }));
        Assert.Equal("evidence.nothing", nothing.GetProperty("errors")[0].GetProperty("code").GetString());
        var listed = (await JsonAsync(HttpMethod.Get, path + "/evidence", 200)).EnumerateArray().ToList();
        Assert.Equal(["file", "record"], listed.Select(e => e.GetProperty("kind").GetString()));
        Assert.Equal("2026-11-20", listed[0].GetProperty("effectiveOn").GetString());
        var id = listed[0].GetProperty("id").GetString();
        Assert.Equal("證明 " + word, Encoding.UTF8.GetString(await Program.BytesAsync($"/evidence/{id}/file")));
        await JsonAsync(HttpMethod.Post, $"{path}/evidence/{id}/withdraw", 422, JsonContent.Create(new { reason = "" }));
        await JsonAsync(HttpMethod.Post, $"{path}/evidence/{id}/withdraw", 204, JsonContent.Create(new { reason = "附錯" }));
        await JsonAsync(HttpMethod.Post, $"{path}/evidence/{Guid.NewGuid()}/withdraw", 404, JsonContent.Create(new { reason = "沒有" }));
        Assert.NotEqual(JsonValueKind.Null, (await JsonAsync(HttpMethod.Get, path + "/evidence", 200))[0].GetProperty("withdrawnAt").ValueKind);
    }

    [Fact]
    public async Task A_bulk_edit_is_seen_before_it_is_done()
    {
        var numbers = new List<string>();
        for (var i = 0; i < 2; i++) numbers.Add(await NewRiskAsync(Unique()));
        var seen = await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk", 200, JsonContent.Create(new { numbers, field = "dueOn", value = "2027-01-31", reason = "延後", commit = false }));
        Assert.All(seen.EnumerateArray(), l => Assert.Equal("2027-01-31", l.GetProperty("to").GetString()));
        Assert.NotEqual("2027-01-31", (await JsonAsync(HttpMethod.Get, "/api/v1/risk/risks/" + numbers[0], 200)).GetProperty("fields").GetProperty("dueOn").GetString());
        await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk", 200, JsonContent.Create(new { numbers, field = "dueOn", value = "2027-01-31", reason = "延後", commit = true }));
        Assert.Equal("2027-01-31", (await JsonAsync(HttpMethod.Get, "/api/v1/risk/risks/" + numbers[1], 200)).GetProperty("fields").GetProperty("dueOn").GetString());
        await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk", 404, JsonContent.Create(new { numbers = new[] { "RSK-2026-9999" }, field = "dueOn", value = "2027-01-31", commit = true }));
    }

    [Fact]
    public async Task Records_are_moved_on_together_or_not_at_all()
    {
        var numbers = new List<string>();
        for (var i = 0; i < 3; i++) numbers.Add(await NewRiskAsync(Unique()));
        Assert.Equal(2, (await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk-move", 200, JsonContent.Create(new { numbers = numbers.Take(2), transition = "assess" }))).GetProperty("moved").GetInt32());
        var refused = await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk-move", 422, JsonContent.Create(new { numbers, transition = "treat" }));
        Assert.Equal([("workflow.wrong-state", numbers[2])], refused.GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("code").GetString()!, e.GetProperty("place").GetString()!)));
        Assert.Equal(["assessed", "assessed", "identified"], await StatesAsync());
        await JsonAsync(HttpMethod.Post, "/api/v1/risk/risks/bulk-move", 422, JsonContent.Create(new { numbers, transition = "vanish" }));

        // By the pages: which step, from which list, and back into it.
        var person = Site.As("linhy");
        var ids = new List<(string, string)>();
        foreach (var number in numbers) ids.Add(("id", (await JsonAsync(HttpMethod.Get, "/api/v1/risk/risks/" + number, 200)).GetProperty("id").GetString()!));
        var asked = await person.PostAsync("/risk/risks/bulk-move", [.. ids, ("back", "/risk/risks?open=1")]);
        Assert.Equal(200, asked.Status);
        Assert.Contains("(2/3)", asked.Body, StringComparison.Ordinal);
        var blocked = await person.PostAsync("/risk/risks/bulk-move", [.. ids, ("step", "commit"), ("transition", "treat")]);
        Assert.Equal(422, blocked.Status);
        var done = await person.PostAsync("/risk/risks/bulk-move", [.. ids.Take(2), ("step", "commit"), ("transition", "treat"), ("back", "/risk/risks?open=1")]);
        Assert.Equal((302, "/risk/risks?open=1"), (done.Status, done.To));
        Assert.Equal(["treating", "treating", "identified"], await StatesAsync());
        var away = await person.PostAsync("/risk/risks/bulk-move", ("back", "//evil.example/risk/risks"));
        Assert.Equal((302, "/risk/risks"), (away.Status, away.To));

        async Task<List<string>> StatesAsync()
        {
            var states = new List<string>();
            foreach (var number in numbers) states.Add((await JsonAsync(HttpMethod.Get, "/api/v1/risk/risks/" + number, 200)).GetProperty("state").GetString()!);
            return states;
        }
    }

    [Fact]
    public async Task One_line_goes_from_the_log_to_an_incident_with_sealed_evidence()
    {
        var (host, address) = ("vpn01", $"198.51.100.{Random.Shared.Next(2, 250)}");
        var lines = string.Concat(Enumerable.Range(0, 30).Select(i => $"<38>1 2026-11-23T03:10:{i:00}.000000+08:00 {host} sshd 4{i:00} - - Failed password for root from {address} port 4{i:000} ssh2\n"));
        var imported = await JsonAsync(HttpMethod.Post, "/api/v1/logs/import?name=auth.log&source=api-" + Unique(), 200, File(lines));
        var alert = imported.GetProperty("alerts").GetProperty("created").EnumerateArray().Select(a => a.GetString()!).First();
        var query = Uri.EscapeDataString($"src_ip:{address}");
        Assert.Equal(30, (await JsonAsync(HttpMethod.Get, "/api/v1/logs/search?limit=100&q=" + query, 200)).GetProperty("events").GetArrayLength());
        Assert.Equal(30, (await JsonAsync(HttpMethod.Get, "/api/v1/logs/histogram?q=" + query, 200)).GetProperty("buckets").EnumerateArray().Sum(b => b.GetProperty("others").GetInt64() + b.GetProperty("errors").GetInt64() + b.GetProperty("warnings").GetInt64()));
        Assert.Equal(host, (await JsonAsync(HttpMethod.Get, "/api/v1/logs/top?field=host&q=" + query, 200))[0].GetProperty("value").GetString());
        var commands = Uri.EscapeDataString($"src_ip:{address}/32 /failed pass/ | stats count, min(time) by host");
        var table = await JsonAsync(HttpMethod.Get, "/api/v1/logs/search?q=" + commands, 200);
        Assert.Equal(["host text", "count integer", "min(time) time"], table.GetProperty("columns").EnumerateArray().Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("type").GetString()}"));
        Assert.Equal((host, 30, new DateTimeOffset(2026, 11, 23, 3, 10, 0, TimeSpan.FromHours(8))), (table.GetProperty("rows")[0][0].GetString(), table.GetProperty("rows")[0][1].GetInt32(), table.GetProperty("rows")[0][2].GetDateTimeOffset()));
        Assert.False(table.GetProperty("truncated").GetBoolean());
        await JsonAsync(HttpMethod.Get, "/api/v1/logs/search?q=" + Uri.EscapeDataString("| no"), 400);
        var shown = (await Site.As("linhy").GetAsync("/logs/search?range=all&q=" + Uri.EscapeDataString($"src_ip:{address} | timechart span=1h count by host"))).Body;
        // A column for each value.
        Assert.Contains($"<th scope=\"col\" class=\"a-end mono\" title=\"{host}\">{host}</th>", shown, StringComparison.Ordinal);
        Assert.Contains("class=\"spark ", shown, StringComparison.Ordinal);

        // All that is known of the address, and of the host that it came to.
        var known = await JsonAsync(HttpMethod.Get, $"/api/v1/logs/entities?kind=address&value={address}&days=30", 200);
        Assert.Contains(known.GetProperty("alerts").EnumerateArray(), a => a.GetProperty("number").GetString() == alert && a.GetProperty("author").GetString()!.Length > 0 && a.GetProperty("score").GetInt32() >= 70);
        Assert.Equal((host, $"\"{address}\""), (known.GetProperty("newest").GetProperty("host").GetString(), known.GetProperty("query").GetString()));
        Assert.StartsWith("/risk/assets/", (await JsonAsync(HttpMethod.Get, $"/api/v1/logs/entities?kind=host&value={host}", 200)).GetProperty("asset").GetString(), StringComparison.Ordinal);
        Assert.Contains("root", (await JsonAsync(HttpMethod.Get, "/api/v1/logs/entities?kind=account&value=ROOT", 200)).GetProperty("newest").GetProperty("message").GetString()!, StringComparison.Ordinal);
        await JsonAsync(HttpMethod.Get, "/api/v1/logs/entities?kind=address&value=1.2.3", 400);
        await JsonAsync(HttpMethod.Get, "/api/v1/logs/entities?kind=thing&value=x", 400);
        Assert.Contains(alert, (await Site.As("linhy").GetAsync($"/logs/entities?kind=address&value={address}")).Body, StringComparison.Ordinal);

        var opened = await JsonAsync(HttpMethod.Post, $"/api/v1/monitoring/alerts/{alert}/incident", 201, JsonContent.Create(new { reason = "確認為攻擊" }));
        var incident = opened.GetProperty("number").GetString()!;
        Assert.NotEqual(JsonValueKind.Null, opened.GetProperty("evidence").ValueKind);
        await JsonAsync(HttpMethod.Post, $"/api/v1/monitoring/alerts/{alert}/incident", 400, JsonContent.Create(new { reason = "再一次" }));
        var links = (await JsonAsync(HttpMethod.Get, $"/api/v1/incident/incidents/{incident}/links", 200)).EnumerateArray().Select(l => l.GetProperty("type").GetString()).ToList();
        Assert.Contains("monitoring.alert", links);
        Assert.Contains("risk.asset", links);

        // The search itself becomes evidence: text, period, count, and the events with their proofs.
        var kept = await JsonAsync(HttpMethod.Post, "/api/v1/logs/evidence", 201, JsonContent.Create(new { number = incident, q = $"src_ip:{address}", title = "同一位址的嘗試", output = "O7.2.1" }));
        using var excerpt = JsonDocument.Parse(await Program.BytesAsync($"/evidence/{kept.GetProperty("id").GetString()}/file"));
        await JsonAsync(HttpMethod.Post, "/api/v1/logs/evidence", 400, JsonContent.Create(new { number = incident, q = "| stats count" }));
        Assert.Equal((30, $"src_ip:{address}"), (excerpt.RootElement.GetProperty("search").GetProperty("total").GetInt32(), excerpt.RootElement.GetProperty("search").GetProperty("query").GetString()));
        Assert.All(excerpt.RootElement.GetProperty("events").EnumerateArray(), e => Assert.True(e.GetProperty("proof").GetProperty("holds").GetBoolean()));
        var one = excerpt.RootElement.GetProperty("events")[0].GetProperty("id").GetString()!;
        var proved = await JsonAsync(HttpMethod.Get, "/api/v1/logs/events/" + one, 200);
        Assert.True(proved.GetProperty("proof").GetProperty("holds").GetBoolean());
        // The record's page leads back to the search.
        var page = (await Site.As("linhy").GetAsync("/incident/incidents/" + incident)).Body;
        Assert.Contains("/logs/search?q=src_ip%3A" + address, page, StringComparison.Ordinal);
        Assert.Contains("O7.2.1", page, StringComparison.Ordinal);
        // Nobody keeps a search at a record that they may not write.
        var denied = await Site.As("token").SendAsync(HttpMethod.Post, "/api/v1/logs/evidence", JsonContent.Create(new { number = incident, q = "x" }));
        Assert.Equal(403, denied.Status);
    }

    [Fact]
    public async Task The_standard_and_ones_own_work_are_there_as_data()
    {
        var outputs = (await JsonAsync(HttpMethod.Get, "/api/v1/standard", 200)).EnumerateArray().ToList();
        Assert.Equal(77, outputs.Count);
        var assets = outputs.Single(o => o.GetProperty("code").GetString() == "O2.1.1");
        Assert.True(assets.GetProperty("records").GetInt32() > 40);
        var state = assets.GetProperty("state").GetString();
        Assert.Contains(await StatesAsync(state!), c => c == "O2.1.1");
        using var pack = new System.IO.Compression.ZipArchive(new MemoryStream(await Program.BytesAsync("/api/v1/standard/outputs/O2.1.1/pack")));
        Assert.Contains(pack.Entries, e => e.FullName.StartsWith("records/AST-", StringComparison.Ordinal));
        Assert.NotEmpty((await JsonAsync(HttpMethod.Get, "/api/v1/work", 200)).EnumerateArray());

        async Task<IEnumerable<string?>> StatesAsync(string wanted) => (await JsonAsync(HttpMethod.Get, "/api/v1/standard?state=" + wanted, 200)).EnumerateArray().Select(o => o.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_form_takes_times_of_the_site_and_leaves_untouched_ones_as_they_are()
    {
        var person = Site.As("linhy");
        var made = await person.PostAsync("/incident/incidents/new", ("title", "表單時間 " + Unique()), ("occurredAt", "2026-11-20T10:00"), ("detectedAt", "2026-11-20T10:30:15"));
        Assert.True(made.Status == 302, made.Body);
        var number = made.To!.Split('/')[^1];
        var before = await JsonAsync(HttpMethod.Get, "/api/v1/incident/incidents/" + number, 200);
        Assert.Equal("2026-11-20T02:30:15Z", before.GetProperty("fields").GetProperty("detectedAt").GetString());
        // A program gives more than a box can show.
        before = await JsonAsync(HttpMethod.Patch, "/api/v1/incident/incidents/" + number, 200, JsonContent.Create(new { version = before.GetProperty("version").GetInt32(), fields = new Dictionary<string, string> { ["detectedAt"] = "2026-11-20T02:30:15.123456Z" } }));
        Assert.Equal("2026-11-20T02:00:00Z", before.GetProperty("fields").GetProperty("occurredAt").GetString());
        var form = (await person.GetAsync(made.To + "/edit")).Body;
        Assert.Contains("type=\"datetime-local\"", form, StringComparison.Ordinal);
        Assert.Contains("value=\"2026-11-20T10:00:00\"", form, StringComparison.Ordinal);
        // The form posts what its box shows.
        var known = before.GetProperty("fields").GetProperty("detectedAt").GetString();
        var box = Regex.Match(form, "name=\"detectedAt\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking).Groups[1].Value;
        var saved = await person.PostAsync(made.To + "/edit", ("version", before.GetProperty("version").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture)), ("title", "改名 " + number), ("occurredAt", "2026-11-20T10:00:00"), ("detectedAt", box));
        Assert.True(saved.Status == 302, saved.Body);
        var after = await JsonAsync(HttpMethod.Get, "/api/v1/incident/incidents/" + number, 200);
        Assert.Equal(known, after.GetProperty("fields").GetProperty("detectedAt").GetString());
        Assert.Equal("改名 " + number, after.GetProperty("fields").GetProperty("title").GetString());
        var wrong = await person.PostAsync("/incident/incidents/new", ("title", "表單時間"), ("occurredAt", "昨天"));
        Assert.Equal(422, wrong.Status);
        Assert.Contains("昨天", wrong.Body, StringComparison.Ordinal);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class ApiTestsOnPostgres(WholeSiteOnPostgres site) : ApiTests(site), IOnPostgres;
