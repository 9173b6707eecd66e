using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Hufu.Integration.Tests;

/// <summary>The rule library over HTTP: a pack comes in and is applied, its rules are listed and written out, a rule is written and checked.</summary>
public class RuleLibraryTests(WholeSite site) : WholeSiteTests(site)
{
    private static readonly string Id = Guid.NewGuid().ToString();

    private const string Title = "=HYPERLINK(\"x\") <b>found</b>";

    private static string Yaml(string level) => $"title: '{Title}'\nid: {Id}\nstatus: test\nlevel: {level}\nauthor: '<i>Somebody</i> Else'\nreferences: [ 'javascript:alert(1)' ]\ntags: [ attack.credential-access, attack.t1110 ]\nlogsource: {{ product: linux, service: sshd }}\ndetection:\n  a: {{ message|contains: never-seen }}\n  condition: a\n";

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, params int[] status)
    {
        var answer = await Site.As("linhy").SendAsync(method, path, content, withFormToken: true);
        Assert.True(status.Contains(answer.Status), $"{path} → {answer.Status}: {answer.Body}");
        return answer.Body.Length == 0 ? default : JsonDocument.Parse(answer.Body).RootElement;
    }

    private static ByteArrayContent Zip(string yaml)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("rules/a.yml").Open()) entry.Write(Encoding.UTF8.GetBytes(yaml));
        return new ByteArrayContent(memory.ToArray());
    }

    [Fact]
    public async Task A_pack_comes_in_is_compared_applied_listed_and_written_out()
    {
        using var made = JsonContent.Create(new { fields = new { title = "Others' rules" } });
        var pack = (await SendAsync(HttpMethod.Post, "/api/v1/logs/rule-packs", made, 200, 201)).GetProperty("number").GetString()!;
        using var first = Zip(Yaml("high"));
        var diff = await SendAsync(HttpMethod.Post, $"/api/v1/logs/rule-packs/{pack}/import?name=a.zip", first, 201);
        Assert.Equal((1, 1, 0), (diff.GetProperty("new").GetInt32(), diff.GetProperty("inUse").GetInt32(), diff.GetProperty("inUseBefore").GetInt32()));
        var version = diff.GetProperty("version").GetString()!;
        var page = (await Site.As("linhy").GetAsync($"/logs/rule-pack-versions/{version}")).Body;
        Assert.Contains("&lt;b&gt;found", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>found", page, StringComparison.Ordinal);
        foreach (var move in (string[])[$"rule-pack-versions/{version}/transitions/apply", $"rule-packs/{pack}/transitions/start"])
        {
            using var body = JsonContent.Create(new { });
            await SendAsync(HttpMethod.Post, "/api/v1/logs/" + move, body, 200);
        }

        // Taken up within seconds.
        JsonElement listed = default;
        for (var i = 0; i < 100; i++)
        {
            listed = await SendAsync(HttpMethod.Get, $"/api/v1/logs/rules?pack={pack}&on=on", null, 200);
            if (listed.GetProperty("total").GetInt32() == 1) break;
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Equal("<i>Somebody</i> Else", Assert.Single(listed.GetProperty("rules").EnumerateArray()).GetProperty("author").GetString());
        var list = (await Site.As("linhy").GetAsync($"/logs/rules?pack={pack}")).Body;
        Assert.Contains("&lt;i&gt;Somebody&lt;/i&gt; Else", list, StringComparison.Ordinal);
        var csv = (await Site.As("linhy").GetAsync($"/logs/rules/file?format=csv&pack={pack}")).Body;
        Assert.DoesNotContain("\"=HYPERLINK", csv, StringComparison.Ordinal);
        Assert.Contains("Somebody</i> Else", csv, StringComparison.Ordinal);
        Assert.Contains("Somebody", Assert.Single((await Site.As("linhy").GetAsync($"/logs/rules/file?format=jsonl&pack={pack}")).Body.Trim().Split('\n')), StringComparison.Ordinal);
        // Addresses of others are told, never linked to.
        var rule = (await Site.As("linhy").GetAsync($"/logs/rules/rule?id={Id}&pack={pack}")).Body;
        Assert.Contains("javascript:alert(1)", rule, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"javascript:", rule, StringComparison.Ordinal);
        Assert.Contains("never-seen", rule, StringComparison.Ordinal);

        using var again = Zip(Yaml("high"));
        Assert.Contains("logs.rule-pack.same", (await SendAsync(HttpMethod.Post, $"/api/v1/logs/rule-packs/{pack}/import?name=a.zip", again, 422)).GetRawText(), StringComparison.Ordinal);
        using var broken = new ByteArrayContent([1, 2, 3]);
        var refused = await SendAsync(HttpMethod.Post, $"/api/v1/logs/rule-packs/{pack}/import?name=a.zip", broken, 422);
        // Where it lay on the server is nobody's business.
        Assert.DoesNotContain("/uploads/", refused.GetRawText(), StringComparison.Ordinal);
        using var alone = new StringContent(Yaml("critical"));
        Assert.Equal($"{pack}/b.yml:1", (await SendAsync(HttpMethod.Post, $"/api/v1/logs/rule-packs/{pack}/import?name=b.yml", alone, 201)).GetProperty("changes")[0].GetProperty("file").GetString());

        using var off = JsonContent.Create(new { pack, id = Id, to = "off", reason = "too noisy" });
        await SendAsync(HttpMethod.Post, "/api/v1/logs/rules/switch", off, 200);
        Assert.Contains("too noisy", (await SendAsync(HttpMethod.Get, $"/api/v1/logs/rules?pack={pack}", null, 200)).GetProperty("rules")[0].GetProperty("why").GetString(), StringComparison.Ordinal);
        using var mute = JsonContent.Create(new { pack, id = Id, to = "on" });
        await SendAsync(HttpMethod.Post, "/api/v1/logs/rules/switch", mute, 422);
    }

    [Fact]
    public async Task A_rule_is_checked_as_it_is_written_and_saved_from_its_editor()
    {
        var part = await Site.As("linhy").PostAsync("/logs/rules/editor/check", ("yaml", "title: x\nlogsource: {}\n"));
        Assert.DoesNotContain("<html", part.Body, StringComparison.Ordinal);
        Assert.Contains("2:", part.Body, StringComparison.Ordinal);
        Assert.Equal(422, (await Site.As("linhy").PostAsync("/logs/rules/editor", ("yaml", "title: x"), ("number", ""), ("version", "0"))).Status);
        var yaml = Yaml("low").Replace(Id, Guid.NewGuid().ToString(), StringComparison.Ordinal);
        Assert.Equal(200, (await Site.As("linhy").PostAsync("/logs/rules/editor/preview", ("yaml", yaml))).Status);
        var saved = await Site.As("linhy").PostAsync("/logs/rules/editor", ("yaml", yaml), ("name", ""), ("number", ""), ("version", "0"));
        Assert.True(saved.Status is 200 or 302, $"{saved.Status}: {saved.Body}");
        var rule = Assert.Single((await SendAsync(HttpMethod.Get, "/api/v1/logs/own-rules?q=HYPERLINK", null, 200)).GetProperty("items").EnumerateArray().ToList());
        Assert.Equal(Title, rule.GetProperty("fields").GetProperty("title").GetString());
        using var checkedBody = JsonContent.Create(new { yaml, mustMatch = "nothing of it" });
        var result = await SendAsync(HttpMethod.Post, "/api/v1/logs/rules/check", checkedBody, 200);
        Assert.True(result.GetProperty("usable").GetBoolean());
        Assert.False(result.GetProperty("tests")[0].GetProperty("passed").GetBoolean());
        Assert.Equal("4.5", (await SendAsync(HttpMethod.Get, "/api/v1/logs/attack/layer", null, 200)).GetProperty("versions").GetProperty("layer").GetString());
    }
}
