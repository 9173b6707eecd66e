using System.Net;
using System.Text.RegularExpressions;
using Hufu.Identity;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Identity.Tests;

public sealed class SiteContext(DbContextOptions<SiteContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock) : HufuDbContext(options, types, contributions, clock);

/// <summary>The product with the pages of identity only, on a free port of this machine.</summary>
public sealed class Site : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";
    private readonly string folder;

    private Site(WebApplication app, string folder) => (App, this.folder) = (app, folder);

    public WebApplication App { get; }

    public static async Task<Site> StartAsync(bool setUp = true)
    {
        var folder = Directory.CreateTempSubdirectory("hufu-pages-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHufuWeb(new ModuleList([new IdentityModule()]));
        builder.Services.AddHufuIdentity(new HufuIdentityOptions { KeyFolder = Path.Combine(folder, "keys") });
        builder.Services.AddRecordStorage<SiteContext>(new StorageOptions { DataFolder = folder });
        var app = builder.Build();
        app.UseFirstRun();
        app.UseOwnPasswordFirst();
        app.UseHufuWeb();
        await using (var db = await app.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync()) await db.Database.EnsureCreatedAsync();
        await app.Services.GetRequiredService<CustomFieldLoader>().LoadAsync();
        await app.StartAsync();
        var site = new Site(app, folder);
        if (setUp)
        {
            await using var scope = app.Services.CreateAsyncScope();
            var done = await scope.ServiceProvider.GetRequiredService<FirstRun>().SetUpAsync(new FirstRunInput("測試機關", "Test Agency", true, "C", "zh-TW", "admin", "管理者", null, Password));
            Assert.True(done.IsOk);
        }

        return site;
    }

    /// <summary>A browser with its own cookies that follows no redirects.</summary>
    public Browser Open() => new(App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, true);
    }
}

/// <summary>As much of a browser as the tests need.</summary>
public sealed partial class Browser(string address) : IDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(address) };

    public async Task<(HttpStatusCode Status, string Body, string? To)> GetAsync(string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        return (answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), answer.Headers.Location?.ToString());
    }

    /// <summary>Posts a form with the token of the page it stands on.</summary>
    public async Task<(HttpStatusCode Status, string Body, string? To)> PostAsync(string page, string action, params (string, string)[] fields)
    {
        var body = (await GetAsync(page)).Body;
        var token = TokenField().Match(body).Groups[1].Value;
        Assert.NotEqual("", token);
        using var content = new FormUrlEncodedContent([.. fields.Select(f => KeyValuePair.Create(f.Item1, f.Item2)), KeyValuePair.Create("__RequestVerificationToken", token)]);
        using var answer = await client.PostAsync(new Uri(action, UriKind.Relative), content);
        return (answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), answer.Headers.Location?.ToString());
    }

    public void Dispose() => client.Dispose();

    public async Task<HttpStatusCode> PostBareAsync(string action)
    {
        using var content = new FormUrlEncodedContent([]);
        using var answer = await client.PostAsync(new Uri(action, UriKind.Relative), content);
        return answer.StatusCode;
    }

    public Task<(HttpStatusCode Status, string Body, string? To)> SignInAsync(string account, string password, string back = "/admin/people") =>
        PostAsync("/sign-in", "/sign-in", ("account", account), ("password", password), ("return", back));

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex TokenField();
}
