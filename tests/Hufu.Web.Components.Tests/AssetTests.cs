using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hufu.Web.Components.Tests;

/// <summary>The style sheet, the script and the texts themselves.</summary>
public sealed class AssetTests
{
    private static string Read(string folder, string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, folder, name));

    private static IEnumerable<string> Sources => Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "sources"), "*.razor", SearchOption.AllDirectories).Select(File.ReadAllText);

    [Theory]
    [InlineData("hufu.css", 60)]
    [InlineData("hufu.js", 30)]
    public void Assets_stay_small(string name, int kilobytes) =>
        Assert.InRange(new FileInfo(Path.Combine(AppContext.BaseDirectory, "assets", name)).Length, 1000, kilobytes * 1024);

    [Fact]
    public void Every_key_in_use_is_defined_and_every_defined_key_is_in_use()
    {
        using var json = JsonDocument.Parse(Read("sources", "Texts.json"));
        var defined = json.RootElement.EnumerateObject().Select(entry => entry.Name).ToHashSet();
        var used = Sources.SelectMany(source => Regex.Matches(source, "\\bT\\(\"([^\"]+)\"", RegexOptions.NonBacktracking).Select(match => match.Groups[1].Value)).ToHashSet();
        Assert.Empty(used.Except(defined));
        Assert.Empty(defined.Except(used));
    }

    [Fact]
    public void Both_languages_have_the_same_holes()
    {
        using var json = JsonDocument.Parse(Read("sources", "Texts.json"));
        foreach (var entry in json.RootElement.EnumerateObject())
        {
            string[] Holes(string language) => [.. Regex.Matches(entry.Value.GetProperty(language).GetString()!, "\\{\\d\\}", RegexOptions.NonBacktracking).Select(match => match.Value).Order()];
            Assert.Equal(Holes("zh"), Holes("en"));
        }
    }

    [Fact]
    public void Every_icon_that_a_component_names_exists()
    {
        var names = Sources.SelectMany(source => Regex.Matches(source, "Icon(?: Name)?=\"([a-z][a-z-]*)\"", RegexOptions.NonBacktracking).Select(match => match.Groups[1].Value)).ToHashSet();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.True(Icon.Exists(name), name));
    }

    [Fact]
    public void Every_variable_of_the_style_sheet_is_defined()
    {
        var css = Read("assets", "hufu.css");
        var defined = Regex.Matches(css, "(--[\\w-]+):", RegexOptions.NonBacktracking).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.All(Regex.Matches(css, "var\\((--[\\w-]+)", RegexOptions.NonBacktracking).Select(match => match.Groups[1].Value), name => Assert.Contains(name, defined));
    }

    [Fact]
    public void The_style_sheet_loads_nothing_from_elsewhere()
    {
        var css = Read("assets", "hufu.css");
        Assert.DoesNotContain("url(", css, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", css, StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_needs_no_right_that_the_policy_does_not_give()
    {
        var script = Read("assets", "hufu.js");
        Assert.DoesNotMatch("\\beval\\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\.style\\b|https?://", script);
    }

    [Fact]
    public void Every_key_handler_of_the_script_asks_whether_an_input_method_composes()
    {
        var script = Read("assets", "hufu.js");
        var handlers = Regex.Matches(script, "addEventListener\\(\"keydown\", (.{0,120})", RegexOptions.Singleline | RegexOptions.NonBacktracking).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(handlers);
        Assert.All(handlers, body => Assert.True(body.Contains("composing(", StringComparison.Ordinal) || body.Contains("this.key(", StringComparison.Ordinal), body));
        Assert.Matches("key\\(event\\) \\{\\s+if \\(composing\\(event\\)\\) return;", script);
    }

    public static TheoryData<string, string> Pairs => new()
    {
        { "text", "bg" }, { "text", "surface" }, { "text", "sunken" }, { "text", "hover" }, { "text", "selected" },
        { "text-2", "bg" }, { "text-2", "surface" }, { "text-2", "hover" },
        { "text-3", "bg" }, { "text-3", "surface" }, { "text-3", "sunken" }, { "text-3", "hover" }, { "text-3", "raised" },
        { "accent", "bg" }, { "accent", "surface" }, { "accent", "info-bg" }, { "accent", "warn-bg" }, { "on-accent", "accent" }, { "on-accent", "accent-hover" }, { "accent-text", "accent-soft" },
        { "neutral-fg", "neutral-bg" }, { "info-fg", "info-bg" }, { "good-fg", "good-bg" }, { "warn-fg", "warn-bg" }, { "bad-fg", "bad-bg" }, { "critical-fg", "critical-bg" },
        { "text", "info-bg" }, { "text", "good-bg" }, { "text", "warn-bg" }, { "text", "bad-bg" },
        { "good-fg", "surface" }, { "warn-fg", "surface" }, { "bad-fg", "surface" }, { "bad-fg", "hover" }, { "info-fg", "surface" },
    };

    [Theory, MemberData(nameof(Pairs))]
    public void Text_is_readable_on_its_ground(string text, string ground)
    {
        foreach (var dark in (bool[])[false, true])
            Assert.True(Contrast(text, ground, dark) >= 4.5, string.Create(CultureInfo.InvariantCulture, $"{text} on {ground}, {(dark ? "dark" : "light")}: {Contrast(text, ground, dark):0.00}"));
    }

    [Theory]
    [InlineData("control", "surface")]
    [InlineData("accent", "surface")]
    [InlineData("info-mark", "surface")]
    [InlineData("good-mark", "surface")]
    [InlineData("bad-mark", "surface")]
    [InlineData("critical-mark", "surface")]
    public void Marks_and_frames_of_controls_are_seen_on_their_ground(string mark, string ground)
    {
        foreach (var dark in (bool[])[false, true])
            Assert.True(Contrast(mark, ground, dark) >= 3, string.Create(CultureInfo.InvariantCulture, $"{mark} on {ground}, {(dark ? "dark" : "light")}: {Contrast(mark, ground, dark):0.00}"));
    }

    // WCAG 2.2, definitions of relative luminance and contrast ratio.
    private static double Contrast(string a, string b, bool dark)
    {
        var (x, y) = (Luminance(a, dark), Luminance(b, dark));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);
    }

    private static double Luminance(string token, bool dark)
    {
        var match = Regex.Match(Read("assets", "hufu.css"), $"--{token}: light-dark\\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})\\)", RegexOptions.NonBacktracking);
        Assert.True(match.Success, token);
        var colour = match.Groups[dark ? 2 : 1].Value;
        double Channel(int at)
        {
            var value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return 0.2126 * Channel(1) + 0.7152 * Channel(3) + 0.0722 * Channel(5);
    }
}
