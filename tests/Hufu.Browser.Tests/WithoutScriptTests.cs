using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>A browser that runs no script does all the work all the same.</summary>
public sealed class WithoutScriptTests(BrowserSite site)
{
    [Fact]
    public async Task Signing_in_lists_creating_editing_commenting_and_moving_on_work()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(script: false);
        var page = visitor.Page;
        await visitor.GoAsync("/risk/risks");
        await page.Locator("[name=account]").FillAsync(BrowserSite.Engineer);
        await page.Locator("[name=password]").FillAsync(site.Host.Password);
        await page.Locator("form[action='/sign-in'] button[type=submit]").FollowAsync();
        await page.WaitForURLAsync("**/risk/risks");

        await visitor.GoAsync("/risk/assets?size=10");
        var first = await page.Locator("tbody tr th").First.InnerTextAsync();
        await page.Locator("nav.pager a[rel=next]").FollowAsync();
        Assert.NotEqual(first, await page.Locator("tbody tr th").First.InnerTextAsync());
        await page.Locator("thead th[scope=col][data-c=title] a").FollowAsync();
        Assert.Contains("sort=title", page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.Locator("thead th[scope=col][data-c=title]")).ToHaveAttributeAsync("aria-sort", "ascending");
        await page.Locator("label[for=list-filters]").ClickAsync();
        await page.Locator("input[name='f.title']").FillAsync("web");
        await page.Locator("button.apply-filters").FollowAsync();
        Assert.Contains("f.title=web", page.Url, StringComparison.Ordinal);
        foreach (var title in await page.Locator("tbody tr th").AllInnerTextsAsync()) Assert.Contains("web", title, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("sort=title", page.Url, StringComparison.Ordinal);

        await visitor.GoAsync("/incident/incidents/new");
        await page.Locator("[name=title]").FillAsync("沒有 JavaScript 的事故");
        await page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await page.WaitForURLAsync("**/incident/incidents/INC-*");
        await page.GetByRole(AriaRole.Link, new() { Name = "編輯", Exact = true }).FollowAsync();
        await page.Locator("select[name=level]").SelectOptionAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("第一級");
        await page.Locator("#comment-form textarea").FillAsync("一則留言");
        await page.GetByRole(AriaRole.Button, new() { Name = "送出留言" }).FollowAsync();
        await Assertions.Expect(page.Locator("#comments article")).ToContainTextAsync("一則留言");
        await page.Locator("form#f-move-start button[type=submit]").FollowAsync();
        await Assertions.Expect(page.Locator(".page-title")).ToContainTextAsync("調查中");
        await page.Locator("form#f-link [name=number]").FillAsync(await FirstNumberAsync(visitor));
        await page.Locator("form#f-link button[type=submit]").FollowAsync();
        await Assertions.Expect(page.Locator("#links")).ToContainTextAsync("RSK-");
    }

    private static async Task<string> FirstNumberAsync(Visitor visitor)
    {
        var page = await visitor.Context.NewPageAsync();
        await page.GotoAsync("/risk/risks");
        var href = await page.Locator("tbody tr[data-href]").First.GetAttributeAsync("data-href");
        await page.CloseAsync();
        return href!.Split('/')[^1];
    }
}
