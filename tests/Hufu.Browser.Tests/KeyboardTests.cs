using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>Everything without a mouse.</summary>
public sealed class KeyboardTests(BrowserSite site)
{
    // Marks all that can be used on the page; what lies in closed menus, groups and dialogs comes up with those.
    private const string Mark = """
        () => {
          let n = 0;
          for (const e of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
            if (e.disabled || e.type === 'hidden' || e.closest('dialog:not([open])') || !e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
            if (e.type === 'radio' && !e.checked && document.querySelector(`input[name="${e.name}"]:checked`)) continue;
            const shut = e.closest('details:not([open])');
            if (shut && e !== shut.querySelector('summary')) continue;
            e.dataset.todo = ''; n++;
          }
          return n;
        }
        """;

    // Takes note of the one that has the focus, and says whether it can be seen.
    private const string Step = """
        () => {
          const e = document.activeElement;
          if (!e || e === document.body) return null;
          const drawn = x => { if (!x) return false; const s = getComputedStyle(x); return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none'; };
          const seen = drawn(e) || drawn(e.nextElementSibling) || drawn(e.parentElement) || drawn(e.closest('.find, .search'));
          const news = e.dataset.todo !== undefined;
          // The second stop in a date box is the browser's own calendar button, which it marks itself.
          if (!news && /date|time/.test(e.type ?? '')) return '-';
          delete e.dataset.todo;
          return (news ? '+' : '-') + (seen ? '' : e.outerHTML.slice(0, 160));
        }
        """;

    [Theory]
    [InlineData("/risk/assets?size=10")]
    [InlineData("record")]
    [InlineData("/incident/incidents/new")]
    public async Task Tab_reaches_everything_and_the_focus_can_be_seen(string path)
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        if (path == "record") path = await Paths.FirstRecordAsync(page, "/risk/assets");
        await visitor.GoAsync(path);
        var count = await page.EvaluateAsync<int>(Mark);
        Assert.True(count > 20, $"{count} things to use.");
        var unseen = new List<string>();
        for (var i = 0; i < count + 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            var at = await page.EvaluateAsync<string?>(Step);
            if (at is { Length: > 1 }) unseen.Add(at);
        }

        var missed = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('[data-todo]')].map(e => e.outerHTML.slice(0, 200))");
        Assert.True(missed.Length == 0, "Tab does not reach:\n" + string.Join('\n', missed));
        Assert.True(unseen.Count == 0, "The focus cannot be seen on:\n" + string.Join('\n', unseen.Distinct()));
    }

    [Fact]
    public async Task Keys_move_in_a_list_open_a_record_and_edit_it()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        await visitor.GoAsync("/risk/assets");
        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.Locator("[data-find]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("k");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("x");
        await Assertions.Expect(page.Locator("tbody tr").Nth(1).Locator("input.pick")).ToBeCheckedAsync();
        var second = await page.Locator("tbody tr").Nth(1).GetAttributeAsync("data-href");
        await page.FollowAsync(() => page.Keyboard.PressAsync("Enter"));
        await page.WaitForURLAsync("**" + second);
        await page.FollowAsync(() => page.Keyboard.PressAsync("e"));
        await page.WaitForURLAsync("**" + second + "/edit");
        await visitor.GoAsync("/risk/assets");
        await page.FollowAsync(() => page.Keyboard.PressAsync("n"));
        await page.WaitForURLAsync("**/risk/assets/new");
        await page.Locator("[name=title]").FillAsync("鍵盤建立的資產");
        await page.Locator("select[name=category]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await page.Locator("[name=title]").FocusAsync();
        // The form is sent from any box of it.
        await page.FollowAsync(() => page.Keyboard.PressAsync("Control+Enter"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("鍵盤建立的資產");
    }

    [Fact]
    public async Task The_palette_finds_a_record_closes_on_Escape_and_gives_the_focus_back()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        await visitor.GoAsync("/risk/assets");
        var title = await page.Locator("tbody tr[data-href] th a").First.InnerTextAsync();
        await page.Locator("[data-find]").FocusAsync();
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#palette input")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#palette")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("[data-find]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync(title);
        var hit = page.Locator("#palette-list [role=option]", new() { HasText = title }).First;
        await Assertions.Expect(hit).ToBeVisibleAsync();
        for (var i = 0; i < 20 && await hit.GetAttributeAsync("aria-selected") != "true"; i++) await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/risk/assets/AST-*");
    }

    [Fact]
    public async Task The_first_Tab_offers_the_way_past_the_navigation()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        await visitor.GoAsync("/risk/assets");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visitor.Page.Locator("a.skip")).ToBeFocusedAsync();
        Assert.True(await visitor.Page.Locator("a.skip").EvaluateAsync<bool>("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.left >= 0 && r.height > 10; }"), "The link cannot be seen.");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.Page.Keyboard.PressAsync("Tab");
        Assert.True(await visitor.Page.EvaluateAsync<bool>("() => document.querySelector('main').contains(document.activeElement)"));
    }

    [Fact]
    public async Task The_list_of_keys_opens_and_a_dialog_gives_the_focus_back()
    {
        BrowserSite.NeedBrowser();
        await using var visitor = await site.VisitAsync(BrowserSite.Engineer);
        var page = visitor.Page;
        await visitor.GoAsync(await Paths.FirstRecordAsync(page, "/risk/assets"));
        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(page.Locator("#keys")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#keys")).ToBeHiddenAsync();
        var attach = page.Locator("#evidence [data-dialog=attach]");
        await attach.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("dialog#attach")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("dialog#attach")).ToBeHiddenAsync();
        await Assertions.Expect(attach).ToBeFocusedAsync();
    }
}
