using Hufu.Testing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Hufu.Browser.Tests.BrowserSite))]

namespace Hufu.Browser.Tests;

/// <summary>The product with its demo, and a browser: one of each for the whole run.</summary>
public sealed class BrowserSite : IAsyncLifetime
{
    // Accounts of the demo by what they are.
    public const string Administrator = "admin";
    public const string Ciso = "tsaimc";
    public const string Engineer = "linhy";
    public const string Auditor = "xusf";

    private static readonly string? Chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
    private readonly SemaphoreSlim signing = new(1, 1);
    private readonly Dictionary<string, string> sessions = [];
    private IPlaywright? playwright;
    private IBrowser? browser;
    private RunningHost? host;

    public RunningHost Host => host ?? throw new InvalidOperationException("There is no browser, so nothing was started.");

    public async ValueTask InitializeAsync()
    {
        if (Chromium is null) return;
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        var starting = RunningHost.StartAsync(demo: true);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
        });
        host = await starting;
    }

    /// <summary>Says so, and skips the test, where there is no browser.</summary>
    public static void NeedBrowser() => Assert.SkipWhen(Chromium is null, "Chromium is not installed (package chromium).");

    /// <summary>A person at a browser of their own, signed in where an account is given.</summary>
    public async Task<Visitor> VisitAsync(string? account = null, bool english = false, bool dark = false, bool script = true, int width = 1280, int height = 900, string? density = null, string? address = null)
    {
        NeedBrowser();
        var session = account is null ? null : await SessionAsync(account);
        var context = await browser!.NewContextAsync(new()
        {
            BaseURL = address ?? Host.Address,
            StorageState = session,
            Locale = "zh-TW",
            TimezoneId = "Asia/Taipei",
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = script,
            ViewportSize = new() { Width = width, Height = height },
            AcceptDownloads = true,
        });
        context.SetDefaultTimeout(20_000);
        var cookies = new List<Cookie>();
        if (english) cookies.Add(new() { Name = "hufu-language", Value = "en", Url = address ?? Host.Address });
        if (density is not null) cookies.Add(new() { Name = "hufu-density", Value = density, Url = address ?? Host.Address });
        if (cookies.Count > 0) await context.AddCookiesAsync(cookies);
        return await Visitor.OpenAsync(context);
    }

    // Everybody signs in once, by the page, as people do; later visits begin with the cookie.
    private async Task<string> SessionAsync(string account)
    {
        await signing.WaitAsync();
        try
        {
            if (sessions.TryGetValue(account, out var known)) return known;
            await using var visitor = await VisitAsync();
            await visitor.Page.GotoAsync("/sign-in");
            await visitor.Page.FillAsync("[name=account]", account);
            await visitor.Page.FillAsync("[name=password]", Host.Password);
            await visitor.Page.ClickAsync("form[action='/sign-in'] button[type=submit]");
            // The cookie comes with the answer; the page behind it need not be loaded.
            await visitor.Page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
            return sessions[account] = await visitor.Page.Context.StorageStateAsync();
        }
        finally
        {
            signing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        if (host is not null) await host.DisposeAsync();
        signing.Dispose();
    }
}
