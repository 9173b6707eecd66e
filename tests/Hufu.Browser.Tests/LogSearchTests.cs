using System.Security.Cryptography;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>The log search as an analyst uses it: by mouse, by keyboard, and while events come in.</summary>
public sealed class LogSearchTests(BrowserSite site)
{
    [Fact]
    public async Task A_range_is_drawn_over_the_histogram_or_walked_to_by_keyboard_and_left_again()
    {
        BrowserSite.NeedBrowser();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        var page = engineer.Page;
        await engineer.GoAsync("/logs/search?range=all&q=sshd");
        var all = await CountAsync(page);
        var box = (await page.Locator("svg.plot-area").BoundingBoxAsync())!;
        await page.FollowAsync(async () =>
        {
            await page.Mouse.MoveAsync(box.X + box.Width * 0.45f, box.Y + 30);
            await page.Mouse.DownAsync();
            await page.Mouse.MoveAsync(box.X + box.Width * 0.60f, box.Y + 30, new() { Steps = 4 });
            await Assertions.Expect(page.Locator(".plot-mark")).ToHaveCountAsync(1);
            await page.Mouse.UpAsync();
        });
        var drawn = await CountAsync(page);
        Assert.InRange(drawn, 1, all - 1);
        var (from, to) = Range(page.Url);
        Assert.True(to - from > TimeSpan.FromHours(1));

        // One span, by keyboard alone.
        await page.Locator("svg.plot-area a[tabindex='0']").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.FollowAsync(() => page.Keyboard.PressAsync("Enter"));
        var (first, last) = Range(page.Url);
        Assert.True(first >= from && last - first < to - from);
        await page.GetByRole(AriaRole.Link, new() { Name = "拉長期間" }).FollowAsync();
        var (wider, end) = Range(page.Url);
        Assert.Equal(2 * (last - first), end - wider);
        Assert.Equal(first - (last - first) / 2, wider);
        await page.GetByRole(AriaRole.Link, new() { Name = "還原期間" }).FollowAsync();
        Assert.DoesNotContain("from=", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_opens_where_it_stands_and_its_value_narrows_the_search()
    {
        BrowserSite.NeedBrowser();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        var page = engineer.Page;
        await engineer.GoAsync("/logs/search?range=all&q=sshd");
        await page.Locator("a[data-field='user.name']").ClickAsync();
        await Assertions.Expect(page.Locator("[data-field-values='user.name'] li")).Not.ToHaveCountAsync(0);
        Assert.Contains("field=user.name", page.Url, StringComparison.Ordinal);
        await page.Locator("[data-field-values='user.name'] li a").First.FollowAsync();
        Assert.Contains("user.name", Uri.UnescapeDataString(page.Url), StringComparison.Ordinal);
        Assert.NotEqual(0, await CountAsync(page));
    }

    [Fact]
    public async Task What_comes_in_appears_once_and_a_pause_loses_nothing()
    {
        BrowserSite.NeedBrowser();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        await using var sender = await site.VisitAsync(BrowserSite.Engineer);
        await sender.GoAsync("/logs/search?range=1h");
        var page = engineer.Page;
        await engineer.GoAsync("/logs/tail?q=" + Uri.EscapeDataString("source:tailing -skip"));
        await Assertions.Expect(page.Locator("[data-tail-state]")).ToHaveTextAsync("即時");
        await SendAsync(sender.Page, "one", "skip this", "two");
        await Assertions.Expect(page.Locator("[data-tail] tbody tr")).ToHaveCountAsync(2);
        await page.Locator("[data-tail-pause]").ClickAsync();
        await Assertions.Expect(page.Locator("[data-tail-state]")).ToHaveTextAsync("已暫停");
        await SendAsync(sender.Page, "three <b>not bold</b>");
        await page.WaitForTimeoutAsync(1_200);
        await Assertions.Expect(page.Locator("[data-tail] tbody tr")).ToHaveCountAsync(2);
        await page.Locator("[data-tail-pause]").ClickAsync();
        await Assertions.Expect(page.Locator("[data-tail] tbody tr")).ToHaveCountAsync(3);
        await SendAsync(sender.Page, "four");
        await Assertions.Expect(page.Locator("[data-tail] tbody tr")).ToHaveCountAsync(4);
        Assert.Equal(["four", "three <b>not bold</b>", "two", "one"], await page.Locator("[data-tail] tbody a").AllInnerTextsAsync());
        await page.Locator("[data-tail] tbody a").First.FollowAsync();
        await Assertions.Expect(page.Locator("main pre").First).ToContainTextAsync("four");

        static async Task SendAsync(IPage from, params string[] lines) => Assert.Equal(200, await from.EvaluateAsync<int>(
            "async lines => (await fetch('/api/v1/logs/events?source=tailing', { method: 'POST', body: lines.join('\\n') + '\\n', headers: { RequestVerificationToken: document.querySelector('[name=__RequestVerificationToken]').value } })).status", lines));
    }

    [Fact]
    public async Task An_export_is_asked_for_watched_and_downloaded()
    {
        BrowserSite.NeedBrowser();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        var page = engineer.Page;
        await engineer.GoAsync("/logs/search?range=all&q=sshd");
        var found = await CountAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "匯出" }).ClickAsync();
        await page.Locator("dialog#export select[name=format]").SelectOptionAsync("jsonl");
        await page.Locator("dialog#export").GetByRole(AriaRole.Button, new() { Name = "開始匯出" }).FollowAsync();
        await page.WaitForURLAsync("**/logs/exports");
        // The row renews itself until the file is there.
        var link = page.Locator("tbody tr").First.GetByRole(AriaRole.Link, new() { Name = "下載" });
        await Assertions.Expect(link).ToBeVisibleAsync(new() { Timeout = 20_000 });
        var told = await page.Locator("tbody tr").First.InnerTextAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        var bytes = await File.ReadAllBytesAsync(await download.PathAsync());
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(bytes)), told, StringComparison.Ordinal);
        Assert.Equal(found, System.Text.Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static async Task<int> CountAsync(IPage page) => int.Parse(string.Concat((await page.Locator(".page-head, header").Filter(new() { HasText = "共" }).First.InnerTextAsync()).Split('共')[1].TakeWhile(c => char.IsDigit(c) || c is ' ' or ',').Where(char.IsDigit)));

    private static (DateTime From, DateTime To) Range(string url)
    {
        var query = System.Web.HttpUtility.ParseQueryString(new Uri(url).Query);
        return (DateTime.Parse(query["from"]!, System.Globalization.CultureInfo.InvariantCulture), DateTime.Parse(query["to"]!, System.Globalization.CultureInfo.InvariantCulture));
    }
}
