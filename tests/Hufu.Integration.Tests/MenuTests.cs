using System.Net;
using System.Text.RegularExpressions;
using Hufu.Integration.Tests.Access;
using Hufu.Web;

namespace Hufu.Integration.Tests;

/// <summary>The side menu: what it holds, and under which heading.</summary>
[Collection(nameof(Alone))]
public sealed partial class MenuTests(WholeSite site) : WholeSiteTests(site)
{
    [Fact]
    public void Headings_name_what_there_is_and_each_thing_once()
    {
        var modules = Site.Host.Services.GetRequiredService<ModuleList>().All;
        foreach (var duty in modules.GroupBy(m => m.Duty).Where(g => g.Any(m => m.Sections.Count > 0)))
        {
            string[] named = [.. duty.SelectMany(m => m.Sections).SelectMany(s => s.Paths)];
            string[] entries = [.. duty.SelectMany(m => m.Navigation).Select(n => n.Href), .. duty.SelectMany(m => m.RecordTypes).Where(t => t.InNavigation).Select(t => t.Path)];
            Assert.Equal(named.Distinct(), named);
            Assert.Empty(named.Except(entries).Except(duty.SelectMany(m => m.RecordTypes).Select(t => t.Path)));
            // Nothing is left to stand before the headings by chance.
            Assert.Empty(entries.Except(named));
            Assert.All(duty.SelectMany(m => m.Sections).Where(s => s.Label is not null), s => Assert.InRange(s.Paths.Count, 2, 9));
        }
    }

    [Theory]
    [InlineData("/logs/hunts", "偵測")]
    [InlineData("/logs/rule-pack-versions", "偵測")]
    [InlineData("/logs/time-sources/new", "校時")]
    [InlineData("/monitoring/notifications", "通報")]
    [InlineData("/monitoring/alerts", null)]
    [InlineData("/", null)]
    public async Task The_heading_of_the_page_stands_open_and_no_other_of_its_kind(string path, string? heading)
    {
        var menu = MenuOf((await Site.As("linhy").GetAsync(path)).Body);
        string[] labels = [.. Site.Host.Services.GetRequiredService<ModuleList>().All.SelectMany(m => m.Sections).Select(s => s.Label?.Zh).OfType<string>()];
        var shown = Heading().Matches(menu).Where(m => labels.Contains(m.Groups["label"].Value)).ToList();
        Assert.Equal(labels, shown.Select(m => m.Groups["label"].Value));
        string[] expected = heading is null ? [] : [heading];
        Assert.Equal(expected, shown.Where(m => m.Groups["open"].Success).Select(m => m.Groups["label"].Value));
    }

    [Fact]
    public async Task Whoever_may_see_it_finds_every_entry_and_others_no_empty_heading()
    {
        var all = Site.Host.Services.GetRequiredService<ModuleList>().All.Where(m => m.Duty == "T5").ToList();
        string[] hrefs = [.. Link().Matches(MenuOf((await Site.As("linhy").GetAsync("/")).Body)).Select(m => m.Groups[1].Value)];
        Assert.Empty(all.SelectMany(m => m.Navigation).Select(n => n.Href).Concat(all.SelectMany(m => m.RecordTypes).Where(t => t.InNavigation).Select(t => t.Path)).Except(hrefs));
        Assert.Equal(hrefs.Distinct(), hrefs);
        var staff = MenuOf((await Site.As("chenyf").GetAsync("/")).Body);
        Assert.True(Link().Count(staff) < hrefs.Length);
        Assert.DoesNotMatch("</summary>(<ul></ul>)?</details>", staff);
    }

    private static string MenuOf(string page)
    {
        var from = page.IndexOf("<nav class=\"nav\"", StringComparison.Ordinal);
        return WebUtility.HtmlDecode(page[from..page.IndexOf("</nav>", from, StringComparison.Ordinal)]);
    }

    [GeneratedRegex("<details class=\"nav-group\"(?<open> open)?[^>]*><summary><span class=\"clip\" title=\"(?<label>[^\"]*)\">", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex("href=\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
