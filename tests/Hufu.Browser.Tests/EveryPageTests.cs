using System.Text;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>What holds on every page: accessible in both languages and both themes, nothing against the content policy, no sideways scrolling.</summary>
public sealed class EveryPageTests(BrowserSite site)
{
    // The one rule that is off is experimental: it reads a number that is hidden from screen readers as part of a button's words.
    private static readonly AxeRunOptions Wcag = new() { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, Rules = new() { ["label-content-name-mismatch"] = new RuleOptions { Enabled = false } }, ResultTypes = [ResultType.Violations] };
    private static readonly AxeRunOptions Contrast = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast", "link-in-text-block"] }, ResultTypes = [ResultType.Violations] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_page_meets_WCAG_in_light_and_dark_and_fits_1280_pixels(bool english)
    {
        BrowserSite.NeedBrowser();
        var problems = new StringBuilder();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer, english);
        await using var administrator = await site.VisitAsync(BrowserSite.Administrator, english);
        await using var nobody = await site.VisitAsync(english: english);
        foreach (var visitor in new[] { engineer, administrator, nobody }) visitor.Expect(404);
        foreach (var visitor in new[] { engineer, administrator, nobody }) visitor.Expect(403);
        var pages = new List<(Visitor Visitor, string Path)>();
        var seen = new HashSet<string>();
        foreach (var path in await Paths.OfNavigationAsync(engineer.Page)) if (seen.Add(path)) pages.Add((engineer, path));
        foreach (var path in await Paths.OfNavigationAsync(administrator.Page)) if (seen.Add(path)) pages.Add((administrator, path));
        var asset = await Paths.FirstRecordAsync(engineer.Page, "/risk/assets");
        var alert = await Paths.FirstRecordAsync(engineer.Page, "/monitoring/alerts");
        foreach (var path in new[] { asset, asset + "/edit", asset + "/history", alert, "/risk/assets/new", "/risk/assets/import", "/risk/assets?f.number=none", "/incident/incidents/new", "/logs/search?q=" + Uri.EscapeDataString("(broken"), "/search?q=web", "/standard/tasks/T2.1", "/standard/outputs/O7.2.1", "/ledger/0", "/account", "/account/tokens/new", "/no/such/page", "/admin/people" })
            pages.Add((engineer, path));
        foreach (var path in new[] { "/admin/people/new", "/admin/units/new", "/admin/roles/new", "/admin/custom-fields/new" }) pages.Add((administrator, path));
        pages.Add((nobody, "/sign-in"));
        pages.Add((nobody, "/sign-in/link?person=x&token=y"));
        engineer.Expect(422);
        foreach (var (visitor, path) in pages)
        {
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            var answer = await visitor.GoAsync(path);
            Assert.True(answer.Status < 500, $"{path} answered {answer.Status}");
            Note(problems, path, "light", await visitor.Page.RunAxe(Wcag));
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            Note(problems, path, "dark", await visitor.Page.RunAxe(Contrast));
            var over = await visitor.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (over > 0) problems.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{path}: the page is {over} px wider than the window");
        }

        Assert.True(problems.Length == 0, problems.ToString());
        Assert.True(pages.Count > 35, $"Only {pages.Count} pages were looked at.");
    }

    [Fact]
    public async Task A_planted_inline_script_and_a_planted_contrast_fault_are_noticed()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        visitor.Want("script-src");
        await visitor.GoAsync("/");
        await visitor.Page.EvaluateAsync("() => { const p = document.createElement('p'); p.textContent = 'planted words'; p.id = 'planted'; p.style.color = '#bbb'; p.style.background = '#ccc'; document.querySelector('main').append(p); const s = document.createElement('script'); s.textContent = 'window.plantedRan = 1'; document.body.append(s); }");
        var result = await visitor.Page.RunAxe(Contrast);
        Assert.Contains(result.Violations, v => v.Id == "color-contrast");
        Assert.Null(await visitor.Page.EvaluateAsync<int?>("() => window.plantedRan ?? null"));
        Assert.Contains(visitor.Faults, f => f.Contains("policy violated: script-src", StringComparison.Ordinal));
    }

    private static void Note(StringBuilder problems, string path, string theme, AxeResult result)
    {
        foreach (var violation in result.Violations)
            problems.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{path} [{theme}] {violation.Id}: {violation.Help} · {violation.Nodes.Length}× · {violation.Nodes[0].Html} · {violation.Nodes[0].Target}");
    }
}
