using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Hufu.Identity;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

[assembly: AssemblyFixture(typeof(Hufu.Integration.Tests.WholeSite))]
[assembly: AssemblyFixture(typeof(Hufu.Integration.Tests.WholeSiteOnPostgres))]

namespace Hufu.Integration.Tests;

/// <summary>The product with its demo, once for the whole run, and people of every role at it.</summary>
public class WholeSite : IAsyncDisposable
{
    private readonly SemaphoreSlim opening = new(1);
    private RunningHost? host;
    private readonly Dictionary<string, Client> clients = [];

    /// <summary>Accounts of the demo, one of each role.</summary>
    public static IReadOnlyList<string> Accounts { get; } = ["admin", "tsaimc", "linhy", "wangch", "chenyf", "xusf"];

    public RunningHost Host => host ?? throw new InvalidOperationException("Not started.");

    public RecordTypes Types => Host.Services.GetRequiredService<RecordTypes>();

    /// <summary>Starts it for the first test that needs it; that test skips when what it needs is not on the machine.</summary>
    public async ValueTask OpenAsync()
    {
        await opening.WaitAsync();
        try
        {
            if (host is null) await StartAsync();
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>Connection string of the database; null for the embedded one.</summary>
    protected virtual Task<string?> DatabaseAsync() => Task.FromResult<string?>(null);

    private async Task StartAsync()
    {
        var started = await RunningHost.StartAsync(demo: true, await DatabaseAsync());
        foreach (var account in Accounts)
        {
            var client = new Client(started.Address, account);
            await client.SignInAsync(started.Password);
            clients[account] = client;
        }

        clients[""] = new Client(started.Address, "");
        // A token of the engineer that may read the assets and nothing else, and one for all that the engineer may.
        clients["token"] = new Client(started.Address, "token", await clients["linhy"].MakeTokenAsync("risk.asset", "Read"));
        clients["writer"] = new Client(started.Address, "writer", await clients["linhy"].MakeTokenAsync("*", "Write"));
        host = started;
    }

    /// <summary>Somebody at the product: an account, <c>""</c> for nobody, <c>token</c> for a program that may read assets, <c>writer</c> for one with all of the engineer's rights.</summary>
    public Client As(string who) => clients[who];

    /// <summary>The actor behind a client, as the product sees it; null for nobody.</summary>
    public async Task<Actor?> ActorAsync(string who)
    {
        if (who.Length == 0) return null;
        await using var scope = Host.Services.CreateAsyncScope();
        var account = who is "token" or "writer" ? "linhy" : who;
        var id = Host.Services.GetRequiredService<IDirectory>().People.Single(p => p.Account == account).Id;
        var actor = await scope.ServiceProvider.GetRequiredService<ActorFactory>().ForAsync(id, who is "token" or "writer" ? "api" : "web");
        return who == "token" ? actor! with { Grants = [new Grant("risk.asset", Right.Read, Scope.All)] } : actor;
    }

    /// <summary>Works with the store as the product itself does.</summary>
    public async Task<T> StoreAsync<T>(Func<RecordStore, Task<T>> work)
    {
        await using var scope = Host.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<RecordStore>());
    }

    public async Task<T> DatabaseAsync<T>(Func<HufuDbContext, Task<T>> work)
    {
        await using var db = await Host.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync();
        return await work(db);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values) client.Dispose();
        if (host is not null) await host.DisposeAsync();
        opening.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class WholeSiteOnPostgres : WholeSite
{
    protected override async Task<string?> DatabaseAsync() => (await PostgresServer.CurrentAsync()).CreateDatabase();
}

/// <summary>Tests of the one whole product, on whichever database the class names.</summary>
public abstract class WholeSiteTests(WholeSite site) : IAsyncLifetime
{
    protected WholeSite Site => site;

    public ValueTask InitializeAsync() => site.OpenAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Answer(int Status, string Body, string? To, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    /// <summary>A page that says that an act was refused: sent back with a message of failure.</summary>
    public bool IsRefusedWithMessage => Status is 302 && Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(c => c.StartsWith("hufu-flash=%21", StringComparison.Ordinal) || c.StartsWith("hufu-flash=!", StringComparison.Ordinal));
}

/// <summary>As much of a browser, or of a program, as the tests need. It follows no redirects.</summary>
public sealed partial class Client : IDisposable
{
    private readonly HttpClient http;
    private string? formToken;

    public Client(string address, string name, string? bearer = null)
    {
        Name = name;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = bearer is null, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
        if (bearer is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
    }

    public string Name { get; }

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, bool withFormToken = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        if (withFormToken && formToken is not null) request.Headers.Add("RequestVerificationToken", formToken);
        using var answer = await http.SendAsync(request);
        return new Answer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString, answer.Headers, answer.Content.Headers);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<byte[]> BytesAsync(string path) => await http.GetByteArrayAsync(new Uri(path, UriKind.Relative));

    /// <summary>Posts a form, with the token of the last page.</summary>
    public async Task<Answer> PostAsync(string path, params (string, string)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        return await SendAsync(HttpMethod.Post, path, form, withFormToken: true);
    }

    public async Task SignInAsync(string password)
    {
        formToken = FormToken().Match((await GetAsync("/sign-in")).Body).Groups[1].Value;
        var done = await PostAsync("/sign-in", ("account", Name), ("password", password));
        Assert.True(done.Status == 302 && done.To == "/", $"{Name} cannot sign in: {done.Status} {done.To}");
        // The token belongs to the person: a new one after signing in.
        formToken = FormToken().Match((await GetAsync("/account")).Body).Groups[1].Value;
        Assert.NotEqual("", formToken);
    }

    /// <summary>Makes an API token by the page, which shows it once.</summary>
    public async Task<string> MakeTokenAsync(string target, string right)
    {
        var day = DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var made = await PostAsync("/account/tokens/new", ("name", target), ("expiresOn", day), ("g0.target", target), ("g0.right", right), ("g0.scope", "All"));
        var token = Regex.Match(made.Body, "hufu_[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking).Value;
        Assert.True(token.Length > 0, $"No token for {target}: {made.Status}");
        return token;
    }

    public void Dispose() => http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();
}
