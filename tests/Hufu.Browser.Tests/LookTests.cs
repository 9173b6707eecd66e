using System.Text.Json;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>What a page weighs, how much a screen shows, and what a printer gets.</summary>
public sealed class LookTests(BrowserSite site)
{
    [Fact]
    public async Task The_first_pages_weigh_at_most_250_KB_on_the_wire()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync();
        var devtools = await visitor.Context.NewCDPSessionAsync(visitor.Page);
        await devtools.SendAsync("Network.enable");
        var bytes = 0d;
        devtools.Event("Network.loadingFinished").OnEvent += (_, e) => bytes += e!.Value.GetProperty("encodedDataLength").GetDouble();
        await visitor.Page.GotoAsync("/sign-in", new() { WaitUntil = WaitUntilState.NetworkIdle });
        var signIn = bytes;
        await visitor.Page.FillAsync("[name=account]", BrowserSite.Engineer);
        await visitor.Page.FillAsync("[name=password]", site.Host.Password);
        // Home is weighed with nothing in the cache: a second visitor in the same session.
        await visitor.Page.ClickAsync("form[action='/sign-in'] button[type=submit]");
        await visitor.Page.WaitForURLAsync("**/");
        await devtools.SendAsync("Network.clearBrowserCache");
        bytes = 0;
        await visitor.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.NetworkIdle });
        var home = bytes;
        TestContext.Current.SendDiagnosticMessage("On the wire: sign-in {0:0.0} KB, home {1:0.0} KB", signIn / 1024, home / 1024);
        Assert.InRange(signIn, 5 * 1024, 250 * 1024);
        Assert.InRange(home, 5 * 1024, 250 * 1024);
    }

    [Fact]
    public async Task A_compact_list_shows_thirty_rows_on_a_small_screen()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer, density: "compact");
        await visitor.GoAsync("/risk/assets");
        var rows = await visitor.Page.EvaluateAsync<int>("""
            () => { const wrap = document.querySelector('.table-wrap').getBoundingClientRect();
                    return [...document.querySelectorAll('tbody tr')].filter(r => { const b = r.getBoundingClientRect(); return b.top >= wrap.top && b.bottom <= Math.min(wrap.bottom, innerHeight); }).length; }
            """);
        TestContext.Current.SendDiagnosticMessage("Rows in sight at 1280×900, compact: {0}", rows);
        Assert.True(rows >= 30, $"{rows} rows are in sight.");
    }

    [Fact]
    public async Task A_printed_record_is_black_on_white_without_navigation_even_from_the_dark_theme()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer, dark: true);
        var page = visitor.Page;
        await visitor.GoAsync(await Paths.FirstRecordAsync(page, "/risk/assets"));
        await page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });
        foreach (var part in new[] { ".side", ".top", ".page-actions", ".toasts" }) await Assertions.Expect(page.Locator(part).First).ToBeHiddenAsync();
        var colours = await page.EvaluateAsync<string>("""
            () => { const light = c => { const x = document.createElement('canvas').getContext('2d', { willReadFrequently: true }); x.fillStyle = c; x.fillRect(0, 0, 1, 1); const [r, g, b] = x.getImageData(0, 0, 1, 1).data; return (r * 299 + g * 587 + b * 114) / 255000; };
                    const of = s => { const e = document.querySelector(s); return s + '=' + light(getComputedStyle(e).color).toFixed(2); };
                    return JSON.stringify({ text: ['h1', 'main dd', 'main h2'].map(of), paper: light(getComputedStyle(document.body).backgroundColor) }); }
            """);
        using var read = JsonDocument.Parse(colours);
        foreach (var text in read.RootElement.GetProperty("text").EnumerateArray()) Assert.True(double.Parse(text.GetString()!.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture) < 0.25, colours);
        Assert.True(read.RootElement.GetProperty("paper").GetDouble() > 0.95, colours);
    }
}
