using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hufu.Architecture.Tests;

/// <summary>Every text that the code asks for is there in both languages, and none is there for nothing.</summary>
public partial class TextTests
{
    [Fact]
    public void Every_key_in_use_is_defined_and_every_defined_key_is_used()
    {
        var defined = Texts().ToList();
        var code = string.Join('\n', Repository.Sources("src", ".cs", ".razor").Select(File.ReadAllText));
        var used = Use().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        // A key may also stand alone as a literal, chosen by an expression, or be put together from a literal beginning.
        var beginnings = Beginning().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        var literals = Literal().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.Empty(used.Where(k => !k.EndsWith('.') && defined.TrueForAll(d => d.Key != k)).Order());
        var unused = defined.Select(d => d.Key).Where(k => !literals.Contains(k) && !beginnings.Any(b => k.StartsWith(b, StringComparison.Ordinal)) && !(k.EndsWith("-hint", StringComparison.Ordinal) && literals.Contains(k[..^5])));
        Assert.Empty(unused.Order());
    }

    [Fact]
    public void Chinese_is_that_of_Taiwan()
    {
        string[] foreign = ["服務器", "數據庫", "網絡", "信息", "軟件", "硬件", "默認", "賬號", "賬戶", "用戶", "登錄", "界面", "打印", "文件夾", "激活", "屏幕", "鼠標", "視頻", "內存", "硬盤", "进", "这", "对", "数", "录", "证", "险", "级", "标", "权", "统", "产", "责", "执", "务", "设", "备"];
        Assert.Empty(Texts().SelectMany(t => foreign.Where(f => t.Zh.Contains(f, StringComparison.Ordinal)).Select(f => $"{t.Key}: {f}")));
    }

    [Fact]
    public void Holes_are_the_same_in_both_languages() =>
        Assert.Empty(Texts().Where(t => !Hole().Matches(t.Zh).Select(m => m.Value).ToHashSet().SetEquals(Hole().Matches(t.En).Select(m => m.Value))).Select(t => t.Key));

    private static IEnumerable<(string Key, string Zh, string En)> Texts()
    {
        foreach (var file in Repository.Sources("src", "Texts.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                var (zh, en) = (entry.Value.GetProperty("zh").GetString()!, entry.Value.GetProperty("en").GetString()!);
                Assert.False(string.IsNullOrWhiteSpace(zh) || string.IsNullOrWhiteSpace(en), entry.Name);
                yield return (entry.Name, zh, en);
            }
        }
    }

    [GeneratedRegex("""\b(?:T|Both)\("([a-z][a-z0-9.-]*)"[,)]""")]
    private static partial Regex Use();

    [GeneratedRegex("""[("$]"?([a-z][a-z0-9-]*\.(?:[a-z0-9-]+[.-])*)(?:" \+|\{)""")]
    private static partial Regex Beginning();

    [GeneratedRegex("\"([a-z][a-z0-9-]*\\.[a-z0-9.-]+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{\d")]
    private static partial Regex Hole();
}
