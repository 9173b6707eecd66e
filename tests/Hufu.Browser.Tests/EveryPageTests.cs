using System.Text;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>What holds on every page: accessible in both languages and both themes, nothing against the content policy, no sideways scrolling.</summary>
public abstract class EveryPageTests(BrowserSite site, bool english)
{
    // The one rule that is off is experimental: it reads a number that is hidden from screen readers as part of a button's words.
    private const string Wcag = """{ "runOnly": { "type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, "rules": { "label-content-name-mismatch": { "enabled": false } }, "resultTypes": ["violations"] }""";
    private protected const string Contrast = """{ "runOnly": { "type": "rule", "values": ["color-contrast", "link-in-text-block"] }, "resultTypes": ["violations"] }""";
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    [Fact]
    public async Task Every_page_meets_WCAG_in_light_and_dark_and_fits_1280_pixels()
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
        foreach (var path in new[] { asset, asset + "/edit", asset + "/history", alert, "/risk/assets/new", "/risk/assets/import", "/risk/assets?f.number=none", "/incident/incidents/new", "/logs/search?q=" + Uri.EscapeDataString("(broken"), "/logs/search?range=all&q=" + Uri.EscapeDataString("Failed | timechart span=6h count by host"), "/logs/search?range=all&q=sshd&field=user.name&field=procid", "/logs/tail?q=" + Uri.EscapeDataString("(broken"), "/logs/events/00000001/5/around?by=all", "/logs/saved-searches/new?query=sshd&range=24h", "/search?q=web", "/standard/tasks/T2.1", "/standard/outputs/O7.2.1", "/ledger/0", "/account", "/account/tokens/new", "/no/such/page", "/admin/people" })
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
            Note(problems, path, "light", await CheckAsync(visitor.Page, Wcag));
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
            Note(problems, path, "dark", await CheckAsync(visitor.Page, Contrast));
            var over = await visitor.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (over > 0) problems.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{path}: the page is {over} px wider than the window");
        }

        Assert.True(problems.Length == 0, problems.ToString());
        Assert.True(pages.Count > 35, $"Only {pages.Count} pages were looked at.");
    }

    private static void Note(StringBuilder problems, string path, string theme, List<(string Rule, string Words)> found)
    {
        foreach (var (rule, words) in found) problems.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{path} [{theme}] {rule}: {words}");
    }

    // There are no frames, so the checks run in the page as it is: the library's own call opens a second page for each result, which costs more than the checks.
    private protected static async Task<List<(string Rule, string Words)>> CheckAsync(IPage page, string options)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(Axe);
        var result = await page.EvaluateAsync<JsonElement>("options => axe.run(document, JSON.parse(options))", options);
        Assert.Equal(0, await page.Locator("iframe").CountAsync());
        Assert.True(result.GetProperty("passes").GetArrayLength() > 0);
        return
        [
            .. result.GetProperty("violations").EnumerateArray().Select(v => (v.GetProperty("id").GetString()!, Of: v.GetProperty("nodes"), Help: v.GetProperty("help").GetString()))
                .Select(v => (v.Item1, $"{v.Help} · {v.Of.GetArrayLength()}× · {v.Of[0].GetProperty("html")} · {v.Of[0].GetProperty("target")}")),
        ];
    }
}

/// <summary>In Chinese. The languages are two classes, so that they go on at the same time.</summary>
public sealed class EveryPageInChineseTests(BrowserSite site) : EveryPageTests(site, english: false)
{
    private readonly BrowserSite site = site;

    [Fact]
    public async Task A_planted_inline_script_and_a_planted_contrast_fault_are_noticed()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        visitor.Want("script-src");
        await visitor.GoAsync("/");
        await visitor.Page.EvaluateAsync("() => { const p = document.createElement('p'); p.textContent = 'planted words'; p.id = 'planted'; p.style.color = '#bbb'; p.style.background = '#ccc'; document.querySelector('main').append(p); const s = document.createElement('script'); s.textContent = 'window.plantedRan = 1'; document.body.append(s); }");
        var result = await CheckAsync(visitor.Page, Contrast);
        Assert.Contains(result, v => v.Rule == "color-contrast");
        Assert.Null(await visitor.Page.EvaluateAsync<int?>("() => window.plantedRan ?? null"));
        Assert.Contains(visitor.Faults, f => f.Contains("policy violated: script-src", StringComparison.Ordinal));
    }
}

/// <summary>In English.</summary>
public sealed class EveryPageInEnglishTests(BrowserSite site) : EveryPageTests(site, english: true);
