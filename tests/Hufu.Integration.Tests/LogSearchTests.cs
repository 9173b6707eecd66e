using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Integration.Tests;

/// <summary>What an analyst does with a search, over HTTP: fields, live tail, what stands around, exports, saved searches.</summary>
public class LogSearchTests(WholeSite site) : WholeSiteTests(site)
{
    private readonly string source = "desk-" + Guid.NewGuid().ToString("N")[..8];

    private async Task AddAsync(params string[] lines)
    {
        using var content = new StringContent(string.Join('\n', lines) + "\n");
        var answer = await Site.As("writer").SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=" + source, content);
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Body}");
    }

    private static string Line(int n, string user = "ann") => string.Create(CultureInfo.InvariantCulture, $$"""{"time":"2026-11-20T01:02:{{n:D2}}Z","host":"d1","message":"n{{n}} of desk","user":"{{user}}","zone.deep":"z"}""");

    private async Task<JsonElement> JsonAsync(string who, string path, int status = 200)
    {
        var answer = await Site.As(who).GetAsync(path);
        Assert.True(answer.Status == status, $"{path} → {answer.Status}: {answer.Body}");
        return JsonDocument.Parse(answer.Body).RootElement;
    }

    private string Q(string more = "") => Uri.EscapeDataString($"source:{source} {more}".Trim());

    [Fact]
    public async Task Fields_stand_beside_the_results_and_open_by_a_link_or_in_place()
    {
        await AddAsync([.. Enumerable.Range(0, 12).Select(n => Line(n, n < 9 ? "ann" : "bob"))]);
        var fields = await JsonAsync("linhy", $"/api/v1/logs/fields?q={Q()}");
        Assert.Equal(12, fields.GetProperty("sample").GetInt32());
        Assert.Contains(fields.GetProperty("fields").EnumerateArray(), f => f.GetProperty("name").GetString() == "user" && f.GetProperty("events").GetInt32() == 12);
        Assert.Contains(fields.GetProperty("fields").EnumerateArray(), f => f.GetProperty("name").GetString() == "user.name" && f.GetProperty("common").GetBoolean());
        var page = (await Site.As("linhy").GetAsync($"/logs/search?range=all&q={Q()}")).Body;
        Assert.Contains("data-field=\"zone.deep\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("data-field-values=\"user\"", page, StringComparison.Ordinal);
        var opened = (await Site.As("linhy").GetAsync($"/logs/search?range=all&q={Q()}&field=user&field=nothere")).Body;
        Assert.Contains("data-field-values=\"user\"", opened, StringComparison.Ordinal);
        Assert.Contains(Uri.EscapeDataString("-user:\"bob\""), opened, StringComparison.Ordinal);
        var fragment = await Site.As("linhy").GetAsync($"/logs/search/field?q={Q()}&name=user");
        Assert.DoesNotContain("<html", fragment.Body, StringComparison.Ordinal);
        Assert.Contains(">9<", fragment.Body, StringComparison.Ordinal);
        Assert.Equal(422, (await Site.As("linhy").GetAsync("/logs/search/field?q=%28broken&name=user")).Status);
        Assert.Equal(422, (await Site.As("linhy").GetAsync("/logs/search/field?q=x")).Status);
        // Zooming out takes twice the time around the range.
        var narrow = (await Site.As("linhy").GetAsync($"/logs/search?q={Q()}&from=2026-11-20T09:00:00&to=2026-11-20T09:10:00")).Body;
        Assert.Contains("from=2026-11-20T08%3A55%3A00&amp;to=2026-11-20T09%3A15%3A00", narrow, StringComparison.Ordinal);
        // The link for others does not move with the clock.
        Assert.Contains("from=2026-11-20T01:00:00Z&amp;to=2026-11-20T01:10:00Z", narrow, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<13>Nov 20 09:02:03 d1 p: zone-a", "+08:00，紀錄未寫明，依設定推定", true)]
    [InlineData("<13>1 2026-11-20T06:32:03+05:30 d1 p - - - zone-b", "+05:30，紀錄寫明", false)]
    [InlineData("zone-c of a line without a time", "紀錄沒有時間，以接收時間為準", null)]
    public async Task An_event_tells_whether_its_time_zone_was_assumed_and_which(string line, string told, bool? assumed)
    {
        await AddAsync(line);
        var found = (await JsonAsync("linhy", $"/api/v1/logs/search?q={Q()}")).GetProperty("events")[0].GetProperty("id").GetString();
        Assert.Contains(told, System.Net.WebUtility.HtmlDecode((await Site.As("linhy").GetAsync($"/logs/events/{found}")).Body), StringComparison.Ordinal);
        var one = (await JsonAsync("linhy", $"/api/v1/logs/events/{found}")).GetProperty("event").GetProperty("timeZoneAssumed");
        Assert.Equal(assumed, one.ValueKind == JsonValueKind.Null ? null : one.GetBoolean());
    }

    [Fact]
    public async Task Around_an_event_stand_those_of_its_source_and_host()
    {
        await AddAsync([.. Enumerable.Range(0, 30).Select(n => Line(n))]);
        var found = (await JsonAsync("linhy", $"/api/v1/logs/search?q={Q("n15")}")).GetProperty("events")[0].GetProperty("id").GetString();
        var around = await JsonAsync("linhy", $"/api/v1/logs/events/{found}/around?before=3&after=2");
        Assert.Equal(["n12 of desk", "n13 of desk", "n14 of desk"], around.GetProperty("before").EnumerateArray().Select(e => e.GetProperty("message").GetString()!));
        Assert.Equal(["n16 of desk", "n17 of desk"], around.GetProperty("after").EnumerateArray().Select(e => e.GetProperty("message").GetString()!));
        Assert.True(around.GetProperty("moreBefore").GetBoolean() && around.GetProperty("moreAfter").GetBoolean());
        var page = await Site.As("linhy").GetAsync($"/logs/events/{found}/around?by=both&before=3&after=2");
        Assert.Equal(200, page.Status);
        Assert.Contains("aria-current=\"true\"", page.Body, StringComparison.Ordinal);
        Assert.Equal(404, (await Site.As("linhy").GetAsync("/logs/events/00000001/99999999/around")).Status);
    }

    [Fact]
    public async Task A_tail_gives_each_event_once_and_is_bounded()
    {
        await AddAsync(Line(0));
        var start = await JsonAsync("linhy", $"/api/v1/logs/tail?q={Q()}");
        Assert.Equal(0, start.GetProperty("events").GetArrayLength());
        var next = start.GetProperty("next").GetString();
        var waiting = JsonAsync("linhy", $"/api/v1/logs/tail?q={Q("user:bob")}&at={next}&wait=20");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await AddAsync(Line(1), Line(2, "bob"));
        var got = await waiting;
        Assert.Equal(["n2 of desk"], got.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("message").GetString()!));
        next = got.GetProperty("next").GetString();
        Assert.Equal(0, (await JsonAsync("linhy", $"/api/v1/logs/tail?q={Q("user:bob")}&at={next}")).GetProperty("events").GetArrayLength());
        await AddAsync([.. Enumerable.Range(10, 20).Select(n => Line(n, "bob"))]);
        var few = await JsonAsync("linhy", $"/api/v1/logs/tail?q={Q("user:bob")}&at={next}&limit=5");
        Assert.Equal((5, 15), (few.GetProperty("events").GetArrayLength(), few.GetProperty("skipped").GetInt32()));
        Assert.Equal(400, (await Site.As("linhy").GetAsync("/api/v1/logs/tail?at=nowhere")).Status);
        Assert.Equal(400, (await Site.As("linhy").GetAsync("/api/v1/logs/tail?q=" + Uri.EscapeDataString("* | stats count"))).Status);

        // As a stream: from a place on, with the place in each step.
        using var http = new HttpClient { BaseAddress = new Uri(Site.Host.Address) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await Site.As("linhy").MakeTokenAsync("logs", "Read"));
        http.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        var streams = new List<HttpResponseMessage>();
        for (var i = 0; i < 5; i++) streams.Add(await http.GetAsync(new Uri($"/api/v1/logs/tail?q={Q()}&at={next}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
        Assert.All(streams, s => Assert.Equal("text/event-stream", s.Content.Headers.ContentType!.MediaType));
        using (var refused = await http.GetAsync(new Uri($"/api/v1/logs/tail?q={Q()}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)) Assert.Equal(429, (int)refused.StatusCode);
        using var reader = new StreamReader(await streams[0].Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var (ids, messages) = (new List<string>(), new List<string>());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (messages.Count < 20 && await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) ids.Add(line[4..]);
            if (line.StartsWith("data: ", StringComparison.Ordinal)) messages.AddRange(JsonDocument.Parse(line[6..]).RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("message").GetString()!));
        }

        Assert.Equal(Enumerable.Range(10, 20).Select(n => $"n{n} of desk"), messages);
        Assert.Matches("^[0-9]{8}/[0-9]+$", ids[0]);
        foreach (var stream in streams) stream.Dispose();
    }

    [Fact]
    public async Task An_export_is_made_behind_the_pages_and_given_to_whoever_asked_alone()
    {
        await AddAsync([.. Enumerable.Range(0, 40).Select(n => Line(n, n == 7 ? "=cmd" : "ann"))]);
        var path = await AskAsync("linhy", "csv");
        var done = await EndAsync("linhy", path);
        Assert.Equal(("done", 40, false), (done.GetProperty("state").GetString(), done.GetProperty("rows").GetInt32(), done.GetProperty("cut").GetBoolean()));
        var file = await Site.As("linhy").BytesAsync(done.GetProperty("file").GetString()!);
        Assert.Equal(done.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(file)));
        Assert.Equal(41, Encoding.UTF8.GetString(file).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        var page = await Site.As("linhy").GetAsync("/logs/exports");
        Assert.Contains(done.GetProperty("sha256").GetString()!, page.Body, StringComparison.Ordinal);
        // Nobody else has it, whatever they may do with logs.
        foreach (var other in new[] { "tsaimc", "admin", "xusf" })
        {
            var answer = await Site.As(other).GetAsync(path);
            Assert.True(answer.Status is 403 or 404, $"{other}: {answer.Status}");
            Assert.True((await Site.As(other).GetAsync(path + "/file")).Status is 403 or 404);
            Assert.DoesNotContain(done.GetProperty("sha256").GetString()!, (await Site.As(other).GetAsync("/logs/exports")).Body, StringComparison.Ordinal);
        }

        // The change log has who exported what, and who took it.
        var number = path[(path.LastIndexOf('/') + 1)..];
        var changes = (await Site.DatabaseAsync(db => db.Changes.AsNoTracking().Where(c => c.TypeKey == "logs.export").ToListAsync())).Where(c => c.Payload!.Contains(source, StringComparison.Ordinal)).ToList();
        Assert.Equal(["download", "export"], changes.Select(c => c.Action).Order());
        Assert.All(changes, c => Assert.Contains($"-{number}.csv", c.Payload, StringComparison.Ordinal));
        Assert.All(changes, c => Assert.Contains("林宏宇", c.Payload, StringComparison.Ordinal));

        foreach (var format in new[] { "jsonl", "parquet" }) Assert.Equal(40, (await EndAsync("linhy", await AskAsync("linhy", format))).GetProperty("rows").GetInt32());
        using var wrong = JsonContent.Create(new { q = $"source:{source}", format = "exe" });
        Assert.Equal(400, (await Site.As("writer").SendAsync(HttpMethod.Post, "/api/v1/logs/exports", wrong)).Status);

        async Task<string> AskAsync(string who, string format)
        {
            using var body = JsonContent.Create(new { q = $"source:{source}", format });
            var asked = await Site.As(who).SendAsync(HttpMethod.Post, "/api/v1/logs/exports", body, withFormToken: true);
            Assert.True(asked.Status == 202, asked.Body);
            return JsonDocument.Parse(asked.Body).RootElement.GetProperty("path").GetString()!;
        }

        async Task<JsonElement> EndAsync(string who, string at)
        {
            for (var i = 0; ; i++)
            {
                var state = await JsonAsync(who, at);
                if (state.GetProperty("state").GetString() is not ("queued" or "running") || i > 300) return state;
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task A_saved_search_is_run_by_whoever_sees_it_and_a_private_one_by_nobody_else()
    {
        await AddAsync([.. Enumerable.Range(0, 6).Select(n => Line(n))]);
        var shared = await MakeAsync("shared");
        var mine = await MakeAsync("private");
        Assert.Equal(6, (await JsonAsync("tsaimc", $"/api/v1/logs/saved/{shared}/results")).GetProperty("count").GetInt32());
        Assert.Equal(6, (await JsonAsync("linhy", $"/api/v1/logs/saved/{mine}/results")).GetProperty("count").GetInt32());
        foreach (var other in new[] { "tsaimc", "admin", "wangch" })
        {
            foreach (var path in new[] { $"/api/v1/logs/saved/{mine}/results", $"/api/v1/logs/saved-searches/{mine}", $"/logs/saved/{mine}/run", $"/logs/saved-searches/{mine}", $"/logs/saved-searches/{mine}/history" })
                Assert.True((await Site.As(other).GetAsync(path)).Status is 403 or 404, $"{other} {path}");
            foreach (var path in new[] { "/logs/saved-searches?q=" + source, "/api/v1/logs/saved-searches?q=" + source, $"/logs/search?range=all&q={Q()}", "/api/v1/search?q=" + source })
            {
                // The audit trail tells that somebody asked for it, by its number; not what it is.
                var body = (await Site.As(other).GetAsync(path)).Body;
                Assert.DoesNotContain(mine, body, StringComparison.Ordinal);
                Assert.DoesNotContain("private " + source, body, StringComparison.Ordinal);
            }
        }

        var run = await Site.As("linhy").GetAsync($"/logs/saved/{shared}/run");
        Assert.Equal($"/logs/search?q={Q()}&range=all", run.To);
        Assert.Contains($"/logs/search?q={Q()}", (await Site.As("tsaimc").GetAsync("/logs/search?range=1h")).Body, StringComparison.Ordinal);
        // No test without approval, and no tie to what one may not write.
        Assert.Equal(400, (await Site.As("linhy").SendAsync(HttpMethod.Post, $"/api/v1/logs/saved/{shared}/test", null, withFormToken: true)).Status);
        using var tie = JsonContent.Create(new { to = "RSK-2026-0001" });
        Assert.True((await Site.As("xusf").SendAsync(HttpMethod.Post, $"/api/v1/logs/saved/{shared}/tie", tie, withFormToken: true)).Status is 403 or 404);

        async Task<string> MakeAsync(string visibility)
        {
            using var body = JsonContent.Create(new { fields = new { title = $"{visibility} {source}", query = $"source:{source}", range = "all", visibility, pinned = "true" } });
            var made = await Site.As("linhy").SendAsync(HttpMethod.Post, "/api/v1/logs/saved-searches", body, withFormToken: true);
            Assert.True(made.Status == 201, made.Body);
            return JsonDocument.Parse(made.Body).RootElement.GetProperty("number").GetString()!;
        }
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class LogSearchTestsOnPostgres(WholeSiteOnPostgres site) : LogSearchTests(site), IOnPostgres;
