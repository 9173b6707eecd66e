using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>Files of assets through the page: suggestions, the fate of each row, and the same file again.</summary>
public sealed class ImportTests(BrowserSite site)
{
    private static string Demo(string file) => Path.Combine(AppContext.BaseDirectory, "content", "demo", file);

    [Fact]
    public async Task A_list_with_a_title_row_and_Chinese_headings_is_mapped_tried_and_written_once()
    {
        BrowserSite.NeedBrowser();
        // A product of its own: the demo has the list already.
        await using var host = await Testing.RunningHost.StartAsync(demo: false);
        await using var visitor = await site.VisitAsync(address: host.Address);
        var page = visitor.Page;
        await FirstRunTests.SetUpAsync(page);
        // The administrator may not write records: an engineer is made, and signs in by a link.
        await FirstRunTests.BecomeEngineerAsync(page, host);

        await UploadAsync(page, Demo("assets/資產清冊.xlsx"));
        var chosen = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('#mapping select')].map(s => s.labels[0].innerText.trim() + ' → ' + s.selectedOptions[0].text)");
        Assert.Contains(chosen, c => c.Contains("資產名稱", StringComparison.Ordinal) && !c.EndsWith("（不匯入）", StringComparison.Ordinal));
        Assert.True(chosen.Count(c => !c.EndsWith("（不匯入）", StringComparison.Ordinal)) >= 8, string.Join('\n', chosen));
        await WithoutPeopleAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "試跑" }).FollowAsync();
        await Assertions.Expect(page.Locator("#plan tbody tr").Nth(40)).ToBeVisibleAsync();
        var refused = page.Locator("#plan tbody tr", new() { HasText = "拒絕" });
        Assert.True(await refused.CountAsync() > 0, "The list has two rows that cannot be taken.");
        foreach (var text in await refused.AllInnerTextsAsync()) Assert.Matches("[0-9]+\\s+拒絕", text);

        // With faults and without leave to skip them nothing is written.
        visitor.Expect(422);
        await CommitAsync(page);
        await Assertions.Expect(page.Locator(".notice-bad").First).ToBeVisibleAsync();
        await page.GetByText("略過被拒絕的列").ClickAsync();
        await CommitAsync(page);
        await page.WaitForURLAsync("**/risk/assets");
        await Assertions.Expect(page.Locator("#toasts, main").GetByText("已匯入").First).ToBeVisibleAsync();
        var total = await page.Locator(".table-foot span").First.InnerTextAsync();

        await UploadAsync(page, Demo("assets/資產清冊.xlsx"));
        await WithoutPeopleAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "試跑" }).FollowAsync();
        await Assertions.Expect(page.Locator("#plan tbody tr", new() { HasText = "拒絕" })).ToHaveCountAsync(await refused.CountAsync());
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "確認寫入 0 筆" })).ToBeDisabledAsync();

        // A scan meets the assets that the list has brought.
        await UploadAsync(page, Demo("scans/nmap-servers.xml"));
        await Assertions.Expect(page.Locator("#plan tbody tr").Nth(3)).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#plan tbody tr", new() { HasText = "變更" }).First).ToBeVisibleAsync();
        if (await page.GetByText("略過被拒絕的列").CountAsync() > 0) await page.GetByText("略過被拒絕的列").ClickAsync();
        await CommitAsync(page);
        await page.WaitForURLAsync("**/risk/assets");
        await UploadAsync(page, Demo("scans/nmap-servers.xml"));
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "確認寫入 0 筆" })).ToBeDisabledAsync();
        await visitor.GoAsync("/risk/assets");
        Assert.Equal(total, await page.Locator(".table-foot span").First.InnerTextAsync());
    }

    // The organisation of this test has neither the people nor the units of the list: those columns are left out by hand.
    private static async Task WithoutPeopleAsync(IPage page)
    {
        foreach (var select in await page.Locator("#mapping select").AllAsync())
            if (await select.InputValueAsync() is "ownerId" or "unitId" or "custodianId" or "userId") await select.SelectOptionAsync("");
    }

    private static Task CommitAsync(IPage page) => page.Locator("form[action$='/import/commit'] button[type=submit]").FollowAsync();

    private static async Task UploadAsync(IPage page, string file)
    {
        await page.GotoAsync("/risk/assets/import");
        await page.Locator("input[type=file]").SetInputFilesAsync(file);
        await page.GetByRole(AriaRole.Button, new() { Name = "讀取檔案" }).FollowAsync();
    }
}
