using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>The pages that the tests go round.</summary>
internal static class Paths
{
    /// <summary>Every address of the left navigation of the one who is signed in, and the pages beside it.</summary>
    public static async Task<IReadOnlyList<string>> OfNavigationAsync(IPage page)
    {
        await page.GotoAsync("/");
        var found = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('nav.nav a[href]')].map(a => a.getAttribute('href'))");
        Assert.True(found.Length >= 10, $"Only {found.Length} entries in the navigation.");
        return [.. found.Distinct()];
    }

    /// <summary>The page of the first record of a list.</summary>
    public static async Task<string> FirstRecordAsync(IPage page, string list)
    {
        await page.GotoAsync(list);
        return await page.Locator("tbody tr[data-href]").First.GetAttributeAsync("data-href") ?? throw new InvalidOperationException($"{list} shows no record.");
    }
}
