using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>Steps that lead to another page. A click returns before the next page is there; what is read then is the old page, or half of the new one.</summary>
internal static class Following
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Clicks, and waits until the page that the click asked for is wholly there.</summary>
    public static Task FollowAsync(this ILocator link) => link.Page.FollowAsync(() => link.ClickAsync());

    /// <summary>Does what asks for another page, and waits until that page is wholly there.</summary>
    public static async Task FollowAsync(this IPage page, Func<Task> step)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Loaded(object? _, IPage loaded) => there.TrySetResult();
        page.Load += Loaded;
        try
        {
            await step();
            await there.Task.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"No page came after {page.Url}: {e.Message}", e);
        }
        finally
        {
            page.Load -= Loaded;
        }
    }
}
