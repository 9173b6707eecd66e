using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Hufu.Testing;

namespace Hufu.Integration.Tests;

/// <summary>A hunt over HTTP, from the estimate to the alerts.</summary>
public class HuntTests(WholeSite site) : WholeSiteTests(site)
{
    private readonly string source = "hunt-" + Guid.NewGuid().ToString("N")[..8];

    private string Rule => $$"""
        title: Hunted {{source}}
        id: {{Guid.NewGuid()}}
        author: Dora <b>Example</b>
        license: DRL-1.1
        logsource: { product: linux, service: sshd }
        detection: { a: { message|contains: 'Failed password for {{source}}' }, condition: a }
        level: high
        """;

    private async Task<JsonElement> JsonAsync(HttpMethod method, string path, object? body = null, int status = 200, string who = "linhy")
    {
        using var content = body is null ? null : JsonContent.Create(body);
        var answer = method == HttpMethod.Get ? await Site.As(who).GetAsync(path) : await Site.As(who).SendAsync(method, path, content, withFormToken: true);
        Assert.True(answer.Status == status, $"{path} → {answer.Status}: {answer.Body}");
        return answer.Body.Length == 0 ? default : JsonDocument.Parse(answer.Body).RootElement;
    }

    [Fact]
    public async Task A_hunt_tells_its_cost_runs_shows_hits_with_authors_and_raises_alerts_that_say_so()
    {
        using (var lines = new StringContent(string.Concat(Enumerable.Range(0, 6).Select(i => string.Create(CultureInfo.InvariantCulture, $"<86>1 2026-11-20T02:10:{i:D2}Z {source} sshd 900 - - Failed password for {source} from 203.0.113.9 port {40_000 + i} ssh2 <script>alert({i})</script>\n")))))
            Assert.Equal(200, (await Site.As("writer").SendAsync(HttpMethod.Post, "/api/v1/logs/events?source=" + source, lines)).Status);
        var wanted = new { own = Rule, query = $"source:{source}", from = "2026-11-20T00:00:00Z", to = "2026-11-21T00:00:00Z" };
        var cost = await JsonAsync(HttpMethod.Post, "/api/v1/logs/hunts/estimate", wanted);
        Assert.Equal(1, cost.GetProperty("rules").GetInt32());
        Assert.True(cost.GetProperty("events").GetInt64() >= 6);
        var path = (await JsonAsync(HttpMethod.Post, "/api/v1/logs/hunts", wanted, 202)).GetProperty("path").GetString()!;
        var done = await EndAsync(path);
        Assert.Equal(("done", 6), (done.GetProperty("state").GetString(), done.GetProperty("hits").GetInt32()));
        Assert.Equal("Dora <b>Example</b>", Assert.Single(done.GetProperty("rules").EnumerateArray()).GetProperty("author").GetString());
        var hits = (await JsonAsync(HttpMethod.Get, path + "/hits?limit=4&skip=1")).EnumerateArray().ToList();
        Assert.Equal(4, hits.Count);
        Assert.All(hits, h => Assert.Equal("Dora <b>Example</b>", h.GetProperty("author").GetString()));
        Assert.Contains($"Failed password for {source}", hits[0].GetProperty("matched")[0].GetProperty("patterns")[0].GetString(), StringComparison.Ordinal);

        var page = (await Site.As("linhy").GetAsync(path.Replace("/api/v1", "", StringComparison.Ordinal))).Body;
        Assert.Contains("Dora &lt;b&gt;Example&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("/logs/events/" + hits[0].GetProperty("events")[0].GetProperty("id").GetString(), page, StringComparison.Ordinal);
        var csv = (await Site.As("linhy").GetAsync(path + "/file?format=csv")).Body;
        Assert.Equal(7, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("Dora <b>Example</b>", csv, StringComparison.Ordinal);
        Assert.Equal(6, (await Site.As("linhy").GetAsync(path + "/file?format=jsonl")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(400, (await Site.As("linhy").GetAsync(path + "/file?format=exe")).Status);

        Assert.Empty((await JsonAsync(HttpMethod.Post, path + "/alerts")).GetProperty("grown").EnumerateArray());
        var again = await JsonAsync(HttpMethod.Post, path + "/alerts");
        Assert.Equal((0, 6), (again.GetProperty("created").GetArrayLength(), again.GetProperty("known").GetInt32()));
        var list = (await Site.As("linhy").GetAsync("/api/v1/monitoring/alerts?f.foundInHistory=true&q=" + source)).Body;
        Assert.Contains(source, list, StringComparison.Ordinal);
        Assert.DoesNotContain(source, (await Site.As("linhy").GetAsync("/api/v1/monitoring/alerts?f.foundInHistory=-&q=" + source)).Body, StringComparison.Ordinal);
        await JsonAsync(HttpMethod.Delete, path, status: 204);
        await JsonAsync(HttpMethod.Get, path, status: 404);
    }

    [Fact]
    public async Task What_cannot_be_hunted_is_refused_with_its_place()
    {
        foreach (var (body, code) in new (object, string)[]
        {
            (new { own = "title: nothing" }, "sigma"), (new { tag = "attack.t0000" }, "logs.hunt.no-rule"), (new { level = "grave" }, "logs.hunt.level"), (new { from = "yesterday" }, "logs.search.time"),
            (new { query = "(" }, ""), (new { query = "* | stats count() by host" }, "logs.hunt.table"), (new { from = "2026-11-21", to = "2026-11-20" }, "logs.hunt.period"),
        })
        {
            foreach (var path in new[] { "/api/v1/logs/hunts", "/api/v1/logs/hunts/estimate" }) Assert.Contains(code, (await JsonAsync(HttpMethod.Post, path, body, 400)).ToString(), StringComparison.Ordinal);
        }

        using var form = new FormUrlEncodedContent([KeyValuePair.Create("own", "title: <nothing>"), KeyValuePair.Create("from", "")]);
        var page = await Site.As("linhy").SendAsync(HttpMethod.Post, "/logs/hunts", form, withFormToken: true);
        Assert.Equal(422, page.Status);
        // A checkbox comes with what stands for its absence.
        foreach (var (values, alerts) in new (string[], bool)[] { (["false"], false), (["false", "true"], true) })
        {
            using var start = new FormUrlEncodedContent([KeyValuePair.Create("own", Rule), KeyValuePair.Create("from", "2026-11-20T00:00:00Z"), .. values.Select(v => KeyValuePair.Create("alerts", v))]);
            var begun = await Site.As("linhy").SendAsync(HttpMethod.Post, "/logs/hunts", start, withFormToken: true);
            Assert.Equal(302, begun.Status);
            Assert.Equal(alerts, (await EndAsync("/api/v1" + begun.To)).GetProperty("alerts").GetBoolean());
        }

        // What was written is not lost.
        Assert.Contains("title: &lt;nothing&gt;", page.Body, StringComparison.Ordinal);
    }

    private async Task<JsonElement> EndAsync(string at)
    {
        for (var i = 0; ; i++)
        {
            var state = await JsonAsync(HttpMethod.Get, at);
            if (state.GetProperty("state").GetString() is not ("queued" or "running") || i > 600) return state;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
