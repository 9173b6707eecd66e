using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>A person at a browser. What goes wrong in the console, in scripts or against the content policy fails the test at the end.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly List<string> faults = [];
    private readonly List<int> expected = [];
    private readonly List<string> wanted = [];

    private Visitor(IBrowserContext context, IPage page) => (Context, Page) = (context, page);

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    /// <summary>What went wrong so far.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (faults) return [.. faults];
        }
    }

    internal static async Task<Visitor> OpenAsync(IBrowserContext context)
    {
        // Each violation of the policy becomes an error of the console, whatever the browser itself says about it.
        await context.AddInitScriptAsync("addEventListener('securitypolicyviolation', e => console.error('policy violated: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample))");
        var visitor = new Visitor(context, await context.NewPageAsync());
        visitor.Watch(visitor.Page);
        context.Page += (_, page) => visitor.Watch(page);
        return visitor;
    }

    /// <summary>Answers of this status are part of the test.</summary>
    public void Expect(int status) => expected.Add(status);

    /// <summary>Reports with these words are what the test wanted, however late they come.</summary>
    public void Want(string words) => wanted.Add(words);

    public async Task<IResponse> GoAsync(string path)
    {
        var answer = await Page.GotoAsync(path);
        Assert.NotNull(answer);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        var found = Faults.Where(f => !wanted.Any(w => f.Contains(w, StringComparison.Ordinal))).ToList();
        Assert.True(found.Count == 0, "The browser reported:\n" + string.Join('\n', found));
    }

    private void Watch(IPage page)
    {
        if (watched.Contains(page)) return;
        watched.Add(page);
        page.Console += (_, message) =>
        {
            if (message.Type is not ("error" or "warning")) return;
            var status = Regex.Match(message.Text, "status of ([0-9]{3})", RegexOptions.NonBacktracking);
            if (status.Success && expected.Contains(int.Parse(status.Groups[1].Value))) return;
            Add($"{page.Url}: {message.Text} {message.Location}");
        };
        page.PageError += (_, error) =>
        {
            // The browser's own note that it gave up the fade between two pages because the next came too soon; no script of a page can answer it.
            if (!error.Contains("ViewTransition", StringComparison.Ordinal) && !error.Contains("Transition was", StringComparison.Ordinal)) Add($"{page.Url}: {error}");
        };
        page.Response += (_, answer) =>
        {
            if (answer.Status >= 500) Add($"{answer.Url} answered {answer.Status}");
        };
    }

    private readonly HashSet<IPage> watched = [];

    private void Add(string fault)
    {
        lock (faults) faults.Add(fault);
    }
}
