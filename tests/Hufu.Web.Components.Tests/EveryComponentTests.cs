using System.Text.RegularExpressions;
using static Hufu.Web.Components.Tests.Rendering;

namespace Hufu.Web.Components.Tests;

/// <summary>What holds for each component, also for those that do not exist yet.</summary>
public sealed class EveryComponentTests
{
    private static object? Sensible(string name, Type type) => name switch
    {
        "From" when type == typeof(DateOnly) => new DateOnly(2026, 1, 1),
        "Year" => 2026,
        "Month" => 11,
        "AxisFormat" => "HH:mm",
        _ => null,
    };

    public static TheoryData<string> Names => [.. Specimens.Components.Select(type => type.Name)];

    private static string Render(string name, string text, string language = "zh-TW")
    {
        var type = Specimens.Components.Single(candidate => candidate.Name == name);
        return Html(type, Specimens.Parameters(type, text, Sensible), language);
    }

    [Fact]
    public void The_set_is_complete_enough_to_be_worth_checking() => Assert.True(Specimens.Components.Count() >= 45);

    [Theory, MemberData(nameof(Names))]
    public void Hostile_text_stays_text(string name)
    {
        var html = Render(name, Hostile);
        Assert.DoesNotContain("<script>alert", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_script_address_never_becomes_a_link(string name)
    {
        var html = Render(name, "javascript:alert(1)");
        Assert.DoesNotMatch("(href|src|action|formaction)=\"javascript:", html);
    }

    [Theory, MemberData(nameof(Names))]
    public void Nothing_that_the_policy_forbids_is_written(string name)
    {
        var root = Parse(Render(name, "文字 text"));
        Assert.Empty(root.All("style"));
        foreach (var attribute in root.Descendants().SelectMany(element => element.Attributes()))
        {
            Assert.NotEqual("style", attribute.Name.LocalName);
            Assert.False(attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal), $"{attribute.Name} is an inline handler");
        }

        Assert.All(root.All("script"), script => Assert.False(string.IsNullOrEmpty(script.Value("src"))));
    }

    [Theory, MemberData(nameof(Names))]
    public void Both_languages_are_there(string name)
    {
        foreach (var language in (string[])["zh-TW", "en"])
            Assert.DoesNotContain("[ui.", Render(name, "x", language), StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("[\u4e00-\u9fff]", RegexOptions.NonBacktracking), Render(name, "x", "en").Replace("切換為繁體中文", "", StringComparison.Ordinal).Replace("中文", "", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Names))]
    public void Ids_are_unique_and_every_reference_leads_to_one(string name)
    {
        var counter = 0;
        var type = Specimens.Components.Single(candidate => candidate.Name == name);
        var root = Parse(Html(type, Specimens.Parameters(type, "x" + counter++, Sensible)));
        var ids = root.Descendants().Select(element => element.Value("id")).OfType<string>().ToList();
        Assert.Equal(ids.Distinct(StringComparer.Ordinal).Count(), ids.Count);
        foreach (var element in root.Descendants())
        {
            foreach (var attribute in (string[])["aria-describedby", "aria-labelledby", "aria-controls", "for"])
            {
                foreach (var id in element.Value(attribute)?.Split(' ') ?? [])
                    Assert.Contains(id, ids);
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_button_and_link_has_a_name(string name)
    {
        var root = Parse(Render(name, "x"));
        foreach (var element in root.Descendants().Where(element => element.Name.LocalName is "button" or "a" or "summary" && element.Ancestors().All(above => above.Value("aria-hidden") != "true" && above.Value("hidden") is null)))
            Assert.True(!string.IsNullOrWhiteSpace(element.Value) || !string.IsNullOrWhiteSpace(element.Value("aria-label")), element.ToString());
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_control_has_a_label(string name)
    {
        var root = Parse(Render(name, "x"));
        var labelled = root.All("label").Select(label => label.Value("for")).ToHashSet();
        foreach (var control in root.Descendants().Where(element => element.Name.LocalName is "input" or "select" or "textarea" && element.Value("type") is not "hidden"))
            Assert.True(control.Value("aria-label") is not null || control.Ancestors("label").Any() || labelled.Contains(control.Value("id")), control.ToString());
    }
}
