using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>Indicators on the command line: looked over, and hunted with beside rules or alone.</summary>
public sealed class IndicatorVerbTests(Sample sample)
{
    private const string Bundle = """
        {"type":"bundle","id":"bundle--1","objects":[
          {"type":"identity","id":"identity--1","name":"CERT"},
          {"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","name":"C2","pattern_type":"stix","pattern":"[domain-name:value = 'c2.evil.tw']","valid_from":"2020-01-01T00:00:00Z","created_by_ref":"identity--1"},
          {"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd40","pattern_type":"stix","pattern":"[ipv4-addr:value = '8.8.8.8']","valid_from":"2020-01-01T00:00:00Z"},
          {"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd41","pattern_type":"stix","pattern":"[domain-name:value = 'a.tw'] FOLLOWEDBY [domain-name:value = 'b.tw']","valid_from":"2020-01-01T00:00:00Z"}]}
        """;

    private static string Event(string query, string time = "2026-11-22T02:10:00Z") => JsonSerializer.Serialize(new Dictionary<string, object> { ["@timestamp"] = time, ["Channel"] = "Microsoft-Windows-Sysmon/Operational", ["EventID"] = 22, ["QueryName"] = query, ["Image"] = @"C:\type.exe" });

    private static List<JsonElement> Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task A_list_is_looked_over()
    {
        var file = sample.File("bundle.json", Bundle);
        var checkedOver = await Program.RunAsync("indicators", "check", file, "--format", "jsonl");
        Assert.Equal(1, checkedOver.Code);
        var rows = Lines(checkedOver.Out);
        Assert.Equal(["indicators domain 1", "indicators ip 1", "doubtful resolver 1", "refused indicator.pattern.several 1"], rows.Select(r => $"{r.GetProperty("what")} {r.GetProperty("kind")} {r.GetProperty("count")}"));
        Assert.Equal($"{file}: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd41", rows[^1].GetProperty("place").GetString());
        Assert.Equal(0, (await Program.RunAsync("indicators", "check", sample.File("a.txt", "c2.evil.tw\n"))).Code);
        Assert.Equal(2, (await Program.RunAsync("indicators", "check", sample.File("b.json", "{\"type\":"))).Code);
        Assert.Equal(2, (await Program.RunAsync("indicators", "check", "nowhere.json")).Code);
    }

    [Fact]
    public async Task Events_are_hunted_with_indicators_alone_and_beside_rules()
    {
        var (list, events) = (sample.File("bundle.json", Bundle), sample.File("dns.jsonl", $"{Event("www.example.org")}\n{Event("C2.evil.tw.")}\n{Event("8.8.8.8")}\n"));
        var alone = await Program.RunAsync("hunt", "--indicators", list, "--format", "jsonl", events);
        Assert.Equal(0, alone.Code);
        var hit = Assert.Single(Lines(alone.Out));
        Assert.Equal(["ruleId", "title", "level", "author", "file", "record", "time", "matched"], hit.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "high", "CERT", 1L), (hit.GetProperty("ruleId").GetString(), hit.GetProperty("level").GetString(), hit.GetProperty("author").GetString(), hit.GetProperty("record").GetInt64()));
        Assert.Equal("QueryName", hit.GetProperty("matched")[0].GetProperty("field").GetString());
        Assert.Contains("FOLLOWEDBY", alone.Error, StringComparison.Ordinal);
        Assert.Contains("1 doubtful indicators are held back", alone.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--indicators", list, "--strict", events)).Code);
        Assert.Equal(2, Lines((await Program.OkAsync(["hunt", "--indicators", list, "--doubtful", "--format", "jsonl", events])).Out).Count);
        var rule = sample.File("rule.yml", "title: Any\nid: 0b7a1f0e-1111-4a58-9b0a-0c2b8a5d7f11\nlogsource: { product: windows, category: dns_query }\ndetection:\n  a: { QueryName|endswith: example.org }\n  condition: a\nlevel: low\n");
        var both = Lines((await Program.OkAsync(["hunt", "--rules", rule, "--indicators", list, "--format", "jsonl", events])).Out);
        Assert.Equal(["0b7a1f0e-1111-4a58-9b0a-0c2b8a5d7f11", "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"], both.Select(h => h.GetProperty("ruleId").GetString()));
        foreach (var format in (string[])["table", "csv", "html"]) Assert.Contains("c2.evil.tw", (await Program.OkAsync(["hunt", "--indicators", list, "--format", format, events])).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--indicators", "nowhere.json", events)).Code);
    }
}
