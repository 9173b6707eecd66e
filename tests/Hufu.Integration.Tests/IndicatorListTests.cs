using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Hufu.Integration.Tests;

/// <summary>Indicator lists over HTTP: a feed comes in, shows what it would change, is applied and approved by another, raises alerts, and what others wrote stays text.</summary>
public class IndicatorListTests(WholeSite site) : WholeSiteTests(site)
{
    private async Task<JsonElement> SendAsync(string who, HttpMethod method, string path, HttpContent? content, params int[] status)
    {
        var answer = await Site.As(who).SendAsync(method, path, content, withFormToken: true);
        Assert.True(status.Contains(answer.Status), $"{path} → {answer.Status}: {answer.Body}");
        return answer.Body.Length == 0 ? default : JsonDocument.Parse(answer.Body).RootElement;
    }

    [Fact]
    public async Task A_feed_comes_in_is_applied_approved_and_found()
    {
        using var made = JsonContent.Create(new { fields = new { title = "Feed <b>x</b>", source = "<i>ISAC</i>", tlp = "amber" } });
        var created = await SendAsync("linhy", HttpMethod.Post, "/api/v1/logs/indicator-lists", made, 200, 201);
        var list = created.GetProperty("number").GetString()!;
        using var feed = new ByteArrayContent(Encoding.UTF8.GetBytes("indicator,description\nnever-seen-c2.evil.tw,<script>alert(1)</script>\nnonsense,<b>bad</b>\n"));
        var diff = await SendAsync("linhy", HttpMethod.Post, $"/api/v1/logs/indicator-lists/{list}/import?name=feed.csv", feed, 201);
        Assert.Equal((1, 1, 1, 0), (diff.GetProperty("new").GetInt32(), diff.GetProperty("refused").GetInt32(), diff.GetProperty("kinds").GetProperty("domain").GetInt32(), diff.GetProperty("ownAssets").GetInt32()));
        var version = diff.GetProperty("version").GetString()!;
        foreach (var path in (string[])[$"/logs/indicator-versions/{version}", $"/logs/indicator-lists/{list}", "/logs/indicators?value=%3Cb%3Ex"])
        {
            var page = await Site.As("linhy").GetAsync(path);
            Assert.Equal(200, page.Status);
            foreach (var raw in (string[])["<script>alert(1)", "<b>bad", "<i>ISAC", "<b>x"]) Assert.DoesNotContain(raw, page.Body, StringComparison.Ordinal);
        }

        using var nothing = JsonContent.Create(new { });
        await SendAsync("linhy", HttpMethod.Post, $"/api/v1/logs/indicator-versions/{version}/transitions/apply", nothing, 200);
        using var broken = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"type\":\"bundle\","));
        Assert.Contains("indicator.json-damaged", (await SendAsync("linhy", HttpMethod.Post, $"/api/v1/logs/indicator-lists/{list}/import?name=x.json", broken, 422)).ToString(), StringComparison.Ordinal);
        var hunts = await Site.As("linhy").GetAsync($"/logs/hunts?indicators={list}");
        Assert.Contains(list, hunts.Body, StringComparison.Ordinal);
        var told = await SendAsync("linhy", HttpMethod.Get, "/api/v1/logs/indicators?value=never-seen-c2.evil.tw", null, 200);
        Assert.Empty(told.GetProperty("standing").EnumerateArray());
        for (var i = 0; i < 100; i++)
        {
            var answer = await Site.As("linhy").SendAsync(HttpMethod.Post, "/api/v1/logs/hunts/estimate", JsonContent.Create(new { indicators = new[] { list } }), withFormToken: true);
            if (answer.Status == 200)
            {
                Assert.Equal(1, JsonDocument.Parse(answer.Body).RootElement.GetProperty("rules").GetInt32());
                return;
            }

            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Fail("The list was not taken up.");
    }
}
