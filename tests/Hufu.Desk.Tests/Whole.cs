using Hufu.Demo;
using Hufu.Identity;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Hufu.Web;
using Hufu.Web.Identity;
using Hufu.Web.Identity.Tests;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Desk.Tests;

/// <summary>The whole product over a fresh data folder, with an administrator and a colleague who may do little.</summary>
public sealed class Whole : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-desk-").FullName;
    private WebApplication? app;

    internal IServiceProvider Services => app!.Services;

    /// <summary>Starts it for the first test of a class: one that needs what is not on the machine skips.</summary>
    internal async ValueTask OpenAsync()
    {
        if (this.app is not null) return;
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        Host.AddAll(builder.Services, new StorageOptions { DataFolder = folder, Postgres = await PostgresServer.ForFolderAsync(folder) }, background: false);
        builder.Services.AddOpenApi("v1");
        builder.Services.AddSingleton<DemoProgress>();
        builder.Services.AddSingleton<ILoadingStatus>(s => s.GetRequiredService<DemoProgress>());
        var app = this.app = builder.Build();
        app.UseFirstRun();
        app.UseOwnPasswordFirst();
        app.UseHufuWeb();
        app.MapOpenApi("/api/v1/openapi.json");
        await using (var db = await app.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync()) await PostgresServer.EnsureCreatedAsync(db.Database);
        await app.StartAsync();
        await using var scope = app.Services.CreateAsyncScope();
        Assert.True((await scope.ServiceProvider.GetRequiredService<FirstRun>().SetUpAsync(new FirstRunInput("測試機關", "Test Agency", true, "C", "zh-TW", "admin", "管理者", "admin@agency.example", Password))).IsOk);
        Assert.True((await scope.ServiceProvider.GetRequiredService<IdentityAdmin>().ImportPeopleAsync(Actor.System("test"), [new PersonRow("陳怡芳", "chen", null, "資訊處", ["staff"]), new PersonRow("林宏宇", "lin", null, "資訊處", ["security-engineer"])])).IsOk);
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        scope.ServiceProvider.GetRequiredService<ActingPerson>().Is(Actor.System("test"), "set-password");
        foreach (var account in (string[])["chen", "lin"]) Assert.True((await users.AddPasswordAsync((await users.FindByNameAsync(account))!, Password)).Succeeded);
    }

    internal async Task<Browser> AsAsync(string account)
    {
        var browser = new Browser(Address);
        Assert.Equal("/", (await browser.SignInAsync(account, Password, "/")).To);
        return browser;
    }

    internal string Address => app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    internal async Task<TValue> ReadAsync<TValue>(Func<HufuDbContext, Task<TValue>> read)
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync();
        return await read(db);
    }

    internal Task<Guid> IdOfAsync(string account) => ReadAsync(db => db.Set<Person>().Where(p => p.UserName == account).Select(p => p.Id).SingleAsync());

    public async ValueTask DisposeAsync()
    {
        if (app is not null) await app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await PostgresServer.ForgetFolderAsync(folder);
        Directory.Delete(folder, true);
    }
}
