using System.Net;
using Hufu.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Identity.Tests.Support;

/// <summary>A house with a front door: the sign-in over real HTTP, one bare endpoint for each way in.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly List<IDisposable> browsers = [];

    private Site(WebApplication app, House house, Uri address) => (this.app, House, Address) = (app, house, address);

    public House House { get; }

    public Uri Address { get; }

    public static async Task<Site> OpenAsync()
    {
        var house = await House.FoundedAsync();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        // The same services over the same folder, so a test can look into the house while the site runs.
        House.Register(builder.Services, house.Folder, house.Clock, await PostgresServer.ForFolderAsync(house.Folder));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapPost("/password", async (HttpRequest r, SignInManager<Person> s) => (await s.PasswordSignInAsync(r.Form["account"]!, r.Form["password"]!, false, true)).ToString());
        app.MapPost("/code", async (HttpRequest r, SignInManager<Person> s) => (await s.TwoFactorAuthenticatorSignInAsync(r.Form["code"]!, false, false)).ToString());
        app.MapPost("/recovery", async (HttpRequest r, SignInManager<Person> s) => (await s.TwoFactorRecoveryCodeSignInAsync(r.Form["code"]!)).ToString());
        app.MapPost("/link", async (HttpRequest r, PersonSignIn s) => (await s.LinkSignInAsync(Guid.Parse(r.Form["id"]!), r.Form["token"]!)).ToString());
        app.MapPost("/passkey/options", async (HttpContext c, OwnAccount own, ActorFactory actors) => (await own.StartPasskeyAsync((await actors.FromAsync(c.User))!)).Value);
        app.MapPost("/passkey", async (HttpContext c, OwnAccount own, ActorFactory actors) => string.Join(';', (await own.AddPasskeyAsync((await actors.FromAsync(c.User))!, c.Request.Form["credential"]!, c.Request.Form["name"]!)).Errors.Select(e => e.Code)));
        app.MapPost("/passkey/request", (SignInManager<Person> s) => s.MakePasskeyRequestOptionsAsync(null!));
        app.MapPost("/passkey/sign-in", async (HttpRequest r, SignInManager<Person> s) => (await s.PasskeySignInAsync(r.Form["credential"]!)).ToString());
        app.MapPost("/change-password", async (HttpContext c, OwnAccount own, ActorFactory actors) => string.Join(';', (await own.ChangePasswordAsync((await actors.FromAsync(c.User))!, c.Request.Form["current"], c.Request.Form["password"]!)).Errors.Select(e => e.Code)));
        app.MapGet("/me", async (HttpContext c, ActorFactory actors) => await actors.FromAsync(c.User) is { } a ? $"{a.Name}|{a.Channel}|{a.Grants.Count}" : "nobody");
        app.MapGet("/api/closed", () => "in").RequireAuthorization();
        app.MapGet("/closed", () => "in").RequireAuthorization();
        await app.StartAsync();
        var port = new Uri(app.Urls.First()).Port;
        return new Site(app, house, new Uri($"http://localhost:{port}"));
    }

    /// <summary>The house's own directory does not see what the site changed, and the other way round, until it is told.</summary>
    public void Refresh()
    {
        app.Services.GetRequiredService<PeopleDirectory>().Invalidate();
        House.Directory.Invalidate();
    }

    public Browser NewBrowser()
    {
        var browser = new Browser(Address);
        browsers.Add(browser);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var browser in browsers) browser.Dispose();
        await app.DisposeAsync();
        await House.DisposeAsync();
    }
}

/// <summary>Keeps cookies and follows no redirects.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient client;

    public Browser(Uri address) => client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = address };

    public CookieContainer Cookies { get; } = new();

    public async Task<string> PostAsync(string path, params (string Key, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Key, f.Value)));
        using var response = await client.PostAsync(path, content);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : ((int)response.StatusCode).ToString();
    }

    public Task<string> MeAsync() => client.GetStringAsync("/me");

    public async Task<HttpResponseMessage> GetAsync(string path, string? bearer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (bearer is not null) request.Headers.Add("Authorization", "Bearer " + bearer);
        return await client.SendAsync(request);
    }

    public Task<string> SignInAsync(string account = "wang.admin", string password = House.AdminPassword) => PostAsync("/password", ("account", account), ("password", password));

    public void Dispose() => client.Dispose();
}
