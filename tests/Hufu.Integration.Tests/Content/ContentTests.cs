using System.Text.Json.Nodes;

namespace Hufu.Integration.Tests.Content;

/// <summary>The content that is shipped: true to its schemas, in both languages, in the words of Taiwan, with sources.</summary>
public sealed class ContentTests
{
    private static readonly string[] Foreign =
    [
        "服務器", "數據庫", "數據", "網絡", "信息", "軟件", "硬件", "默認", "賬號", "賬戶", "用戶", "登錄", "界面", "打印", "文件夾", "激活", "屏幕", "鼠標", "視頻", "內存", "硬盤", "質量", "應急", "響應時間",
        "进", "这", "对", "数", "录", "证", "险", "级", "标", "权", "统", "产", "责", "执", "务", "设", "备", "网", "络", "库", "为", "与", "应",
    ];

    // Names of laws and columns that people of other places type are not our own words.
    private static readonly string[] Quoted = ["column-synonyms.json", "asset-categories.json"];

    private static string Folder => Path.Combine(Root(), "content");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Where(f => !f.EndsWith("schema.json", StringComparison.Ordinal)).Select(f => Path.GetRelativePath(Folder, f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_true_to_its_schema_with_unique_ids_both_languages_and_the_words_of_Taiwan(string file)
    {
        var faults = Faults(file, JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!);
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(20)));
    }

    [Fact]
    public void Every_obligation_says_where_it_stands_in_the_law()
    {
        var laws = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "laws", "tw-obligations.json")))!;
        var sources = laws["sources"]!.AsArray().Select(s => s!["id"]!.GetValue<string>()).ToHashSet();
        var levels = laws["confidence_levels"]!.AsArray().Select(s => s!["id"]!.GetValue<string>()).ToHashSet();
        var obligations = laws["obligations"]!.AsArray();
        Assert.True(obligations.Count > 80, $"{obligations.Count} obligations.");
        foreach (var obligation in obligations)
        {
            var id = obligation!["id"]!.GetValue<string>();
            Assert.False(string.IsNullOrWhiteSpace(obligation["citation"]?.GetValue<string>()) && string.IsNullOrWhiteSpace(obligation["law"]?.GetValue<string>()), $"{id} has no citation.");
            Assert.All(obligation["source"]!.AsArray(), s => Assert.Contains(s!.GetValue<string>(), sources));
            Assert.Contains(obligation["confidence"]!.GetValue<string>(), levels);
        }
    }

    [Theory]
    [InlineData("/obligations/3/id", "\"tw-level-submission\"", "used twice")]
    [InlineData("/obligations/0/confidence", "7", "does not hold")]
    [InlineData("/obligations/0/demand_zh", "\"定期檢查服務器的數據。\"", "服務器")]
    [InlineData("/obligations/0/demand_en", "\"\"", "")]
    [InlineData("/obligations/0/unheard_of", "1", "nothing is allowed")]
    public void A_planted_fault_is_caught(string place, string value, string told)
    {
        const string file = "laws/tw-obligations.json";
        var content = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;
        Assert.Empty(Faults(file, content));
        var parts = place.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = content;
        foreach (var part in parts[..^1]) at = int.TryParse(part, out var index) ? at![index] : at![part];
        at![parts[^1]] = JsonNode.Parse(value);
        Assert.Contains(Faults(file, content), f => f.Contains(told, StringComparison.Ordinal));
    }

    private static List<string> Faults(string file, JsonNode content)
    {
        var faults = new List<string>();
        var schema = content["$schema"]?.GetValue<string>();
        if (schema is null) return [$"{file} names no schema."];
        var rules = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, Path.GetDirectoryName(file)!, schema)))!.AsObject();
        faults.AddRange(new JsonSchema(rules).Check(content));
        Walk(content, "", Quoted.Contains(Path.GetFileName(file)), faults);
        return faults;
    }

    private static void Walk(JsonNode? node, string at, bool quoted, List<string> faults)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (name, value) in o)
                {
                    // Whatever is said in one language is said in the other.
                    var other = name == "zh" ? "en" : name == "en" ? "zh" : name.EndsWith("_zh", StringComparison.Ordinal) ? name[..^3] + "_en" : name.EndsWith("_en", StringComparison.Ordinal) ? name[..^3] + "_zh" : null;
                    if (other is not null && (!o.ContainsKey(other) || IsEmpty(value))) faults.Add($"{at}/{name}: is empty, or {other} is missing");
                    Walk(value, $"{at}/{name}", quoted || name is "synonyms" or "url", faults);
                }

                break;
            case JsonArray a:
                foreach (var twice in a.OfType<JsonObject>().Select(i => i["id"]?.ToJsonString() ?? i["code"]?.ToJsonString()).OfType<string>().GroupBy(i => i).Where(g => g.Count() > 1)) faults.Add($"{at}: {twice.Key} is used twice");
                for (var i = 0; i < a.Count; i++) Walk(a[i], at + "/" + i.ToString(System.Globalization.CultureInfo.InvariantCulture), quoted, faults);
                break;
            case JsonValue v when !quoted && v.TryGetValue<string>(out var text):
                foreach (var word in Foreign.Where(w => text.Contains(w, StringComparison.Ordinal))) faults.Add($"{at}: {word}");
                break;
        }
    }

    private static bool IsEmpty(JsonNode? value) => value is null || (value is JsonValue v && v.TryGetValue<string>(out var text) && string.IsNullOrWhiteSpace(text));

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Hufu.slnx"))) return folder.FullName;
        throw new InvalidOperationException("Not inside the repository.");
    }
}
