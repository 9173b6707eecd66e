using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>Two people at one record, one person at two windows, and lists that others see alike.</summary>
public sealed class WorkingTogetherTests(BrowserSite site)
{
    [Fact]
    public async Task Two_people_who_change_the_same_field_see_both_values_and_choose()
    {
        BrowserSite.NeedBrowser();
        await using var first = await site.VisitAsync(BrowserSite.Engineer);
        await using var second = await site.VisitAsync("wangch");
        await first.GoAsync("/risk/assets/new");
        await first.Page.Locator("[name=title]").FillAsync("兩人同改的主機");
        await first.Page.Locator("select[name=category]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await MainLineTests.PickAsync(first.Page, "單位", "系統科");
        await first.Page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await first.Page.WaitForURLAsync("**/risk/assets/AST-*");
        var path = new Uri(first.Page.Url).AbsolutePath;
        await first.GoAsync(path + "/edit");
        await second.GoAsync(path + "/edit");
        await second.Page.Locator("[name=title]").FillAsync("王俊豪改的名稱");
        await second.Page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await second.Page.WaitForURLAsync("**" + path);
        first.Expect(409);
        await first.Page.Locator("[name=title]").FillAsync("林宏宇改的名稱");
        await first.Page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        var merge = first.Page.Locator("input[name='merge.title']");
        await Assertions.Expect(merge.First).ToBeVisibleAsync();
        await Assertions.Expect(first.Page.Locator("main")).ToContainTextAsync("王俊豪改的名稱");
        await Assertions.Expect(first.Page.Locator("main")).ToContainTextAsync("兩人同改的主機");
        await first.Page.Locator("input[name='merge.title'][value=theirs]").CheckAsync();
        await first.Page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await first.Page.WaitForURLAsync("**" + path);
        await Assertions.Expect(first.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("王俊豪改的名稱");
    }

    [Fact]
    public async Task A_draft_survives_a_reload_and_can_be_dropped()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        var path = await Paths.FirstRecordAsync(page, "/risk/risks");
        await visitor.GoAsync(path + "/edit");
        var before = await page.Locator("[name=title]").InputValueAsync();
        await page.Locator("[name=title]").PressSequentiallyAsync("（草稿）");
        var after = await page.Locator("[name=title]").InputValueAsync();
        await Assertions.Expect(page.Locator("[data-draft-note]")).ToContainTextAsync(":");
        await page.ReloadAsync();
        Assert.Equal(after, await page.Locator("[name=title]").InputValueAsync());
        await page.Locator(".notice button[form$='-discard']").FollowAsync();
        Assert.Equal(before, await page.Locator("[name=title]").InputValueAsync());
        await visitor.GoAsync(path);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(before);
    }

    [Fact]
    public async Task A_copied_address_shows_somebody_else_the_same_list_and_language_and_export_keep_it()
    {
        BrowserSite.NeedBrowser();
        const string address = "/risk/assets?q=10.&sort=-title&columns=number%2Ctitle%2Ccategory&size=200";
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        await using var auditor = await site.VisitAsync(BrowserSite.Auditor);
        await engineer.GoAsync(address);
        await auditor.GoAsync(engineer.Page.Url);
        var shown = await TableAsync(engineer.Page);
        Assert.True(shown.Count > 3, $"{shown.Count} rows.");
        Assert.Equal(shown, await TableAsync(auditor.Page));

        var href = await engineer.Page.Locator("a[href*='format=csv']").GetAttributeAsync("href");
        var answer = await engineer.Context.APIRequest.GetAsync(href!);
        var csv = System.Text.Encoding.UTF8.GetString(await answer.BodyAsync()).TrimStart('\uFEFF');
        var lines = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => string.Join('|', Cells(l.TrimEnd('\r')))).ToList();
        Assert.Equal(shown, lines);

        await SwitchToAsync(engineer.Page, "en");
        Assert.Equal(new Uri(auditor.Page.Url).PathAndQuery, new Uri(engineer.Page.Url).PathAndQuery);
        Assert.Equal(shown.Count, (await TableAsync(engineer.Page)).Count);
        await SwitchToAsync(engineer.Page, "zh-Hant-TW");
        Assert.Equal(shown, await TableAsync(engineer.Page));
    }

    [Fact]
    public async Task A_bulk_edit_shows_what_it_would_do_before_it_does()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        // Somebody else owns these so far.
        await visitor.GoAsync("/risk/assets?sort=number&f.ownerId=wangch");
        var picks = page.Locator("tbody input.pick");
        await picks.Nth(0).CheckAsync();
        // With Shift the range between is taken.
        await picks.Nth(2).ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Assertions.Expect(page.Locator("[data-selected]")).ToContainTextAsync("3");
        await page.Locator("#bulk-field").SelectOptionAsync("ownerId");
        await page.GetByRole(AriaRole.Button, new() { Name = "批次修改…" }).FollowAsync();
        await MainLineTests.PickAsync(page, "負責人", "林宏宇");
        await page.GetByRole(AriaRole.Button, new() { Name = "預覽" }).FollowAsync();
        await Assertions.Expect(page.Locator("#preview tbody tr")).ToHaveCountAsync(3);
        var numbers = await page.Locator("#preview tbody tr td.mono").AllInnerTextsAsync();
        // Nothing has been done yet.
        await using (var other = await site.VisitAsync(BrowserSite.Auditor))
        {
            await other.GoAsync("/risk/assets/" + numbers[0]);
            Assert.Contains("王俊豪", await other.Page.Locator("main .kv").First.InnerTextAsync(), StringComparison.Ordinal);
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "確認修改" }).FollowAsync();
        await page.WaitForURLAsync("**/risk/assets");
        foreach (var number in numbers)
        {
            await visitor.GoAsync("/risk/assets/" + number);
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("林宏宇");
        }
    }

    private static async Task SwitchToAsync(IPage page, string language)
    {
        await page.Locator("a.top-lang").FollowAsync();
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", language);
    }

    private static async Task<List<string>> TableAsync(IPage page) => [.. await page.EvaluateAsync<string[]>("""
        () => [...document.querySelectorAll('table.data tr:not(.filter-row)')].map(r => [...r.querySelectorAll('[data-c]')].filter(c => !c.hidden).map(c => c.innerText.trim()).join('|'))
        """)];

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var (cell, quoted) = (new System.Text.StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[i++]);
            else if (line[i] == '"') quoted = !quoted;
            else if (line[i] == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(line[i]);
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
