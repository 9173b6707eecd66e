using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>Zhuyin typing over a slow line: what is composed arrives whole, and nothing happens in the middle of it.</summary>
public sealed class ImeTests(BrowserSite site)
{
    private static readonly string[] Steps = ["ㄗ", "ㄗㄧ", "資", "資ㄔ", "資ㄔㄢ", "資產"];

    [Fact]
    public async Task Composed_text_arrives_whole_in_every_kind_of_box()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        var asset = await Paths.FirstRecordAsync(page, "/risk/assets");
        await page.RouteAsync("**/*", async route =>
        {
            await Task.Delay(200);
            await route.ContinueAsync();
        });
        var devtools = await visitor.Context.NewCDPSessionAsync(page);

        await visitor.GoAsync("/risk/assets");
        await ComposeAsync(page, devtools, page.Locator("[data-find]"));
        await page.Locator("label[for=list-filters]").ClickAsync();
        await ComposeAsync(page, devtools, page.Locator("input[name='f.title']"));

        await page.Keyboard.PressAsync("Control+k");
        await ComposeAsync(page, devtools, page.Locator("#palette input"));
        await Assertions.Expect(page.Locator("#palette-list [role=option]").First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");

        await visitor.GoAsync("/logs/search");
        await ComposeAsync(page, devtools, page.GetByLabel("搜尋條件"));

        await visitor.GoAsync(asset);
        await ComposeAsync(page, devtools, page.Locator("#comment-form textarea"));
        await page.Locator("#comment-form textarea").FillAsync("");

        await visitor.GoAsync("/incident/incidents/new");
        await ComposeAsync(page, devtools, page.Locator("[name=title]"));
        await ComposeAsync(page, devtools, page.Locator("textarea[name=summary]"));
        var picker = page.Locator("[data-picker][data-name=assetId] input[role=combobox]");
        await ComposeAsync(page, devtools, picker);
        await Assertions.Expect(page.Locator("[data-picker][data-name=assetId] [role=listbox]")).ToBeVisibleAsync();

        // The draft that was saved meanwhile has not touched what stands in the boxes.
        await Task.Delay(2200);
        Assert.Equal("資產", await page.Locator("[name=title]").InputValueAsync());
        Assert.Equal("資產", await page.Locator("textarea[name=summary]").InputValueAsync());
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.UnrouteAllAsync();
        await page.ReloadAsync();
        await page.Locator("button[form$='-discard']").FollowAsync();
        Assert.Equal("", await page.Locator("[name=title]").InputValueAsync());
    }

    private static async Task ComposeAsync(IPage page, ICDPSession devtools, ILocator box)
    {
        await box.FocusAsync();
        // What focusing asked for has come back before the first key, and the draft of the box before is saved.
        await page.WaitForTimeoutAsync(page.Url.EndsWith("/new", StringComparison.Ordinal) ? 2500 : 500);
        var before = page.Url;
        var sent = new List<string>();
        void Sent(object? _, IRequest request)
        {
            lock (sent) sent.Add(request.Method + " " + request.Url);
        }

        page.Request += Sent;
        foreach (var step in Steps)
        {
            await devtools.SendAsync("Input.imeSetComposition", new Dictionary<string, object> { ["text"] = step, ["selectionStart"] = step.Length, ["selectionEnd"] = step.Length });
            await page.WaitForTimeoutAsync(60);
        }

        // Enter takes the candidate; as the input method sends it, and as some send it.
        foreach (var (key, code) in new[] { ("Process", 229), ("Enter", 13) })
        {
            await devtools.SendAsync("Input.dispatchKeyEvent", new Dictionary<string, object> { ["type"] = "rawKeyDown", ["key"] = key, ["code"] = "Enter", ["windowsVirtualKeyCode"] = code });
            await devtools.SendAsync("Input.dispatchKeyEvent", new Dictionary<string, object> { ["type"] = "keyUp", ["key"] = key, ["code"] = "Enter", ["windowsVirtualKeyCode"] = code });
        }

        await page.WaitForTimeoutAsync(250);
        page.Request -= Sent;
        Assert.True(sent.Count == 0, "Sent in the middle of a word: " + string.Join(", ", sent));
        Assert.Equal(before, page.Url);
        await devtools.SendAsync("Input.insertText", new Dictionary<string, object> { ["text"] = "資產" });
        await page.WaitForTimeoutAsync(500);
        Assert.Equal("資產", await box.InputValueAsync());
        Assert.Equal(before, page.Url);
    }
}
