using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hufu.Identity;
using Hufu.Integration.Tests.Access;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Hufu.Integration.Tests;

/// <summary>Signing in with the organisation's own provider, set by the operator's variables alone: a provider of our own answers on this machine.</summary>
[Collection(nameof(Alone))]
public sealed class OidcTests
{
    [Fact]
    public async Task Somebody_known_to_the_organisation_signs_in_without_a_password_and_a_stranger_does_not()
    {
        await using var provider = await Provider.StartAsync();
        await using var host = await StartAsync(provider.Address);
        await using (var scope = host.Services.CreateAsyncScope())
            Assert.True((await scope.ServiceProvider.GetRequiredService<IdentityAdmin>().ImportPeopleAsync(Actor.System("test"), [new PersonRow("林宏宇", "linhy", "linhy@coast.example", "資安科", ["security-engineer"])])).IsOk);

        provider.Email = "linhy@coast.example";
        using var known = Browser(host);
        Assert.Contains("市府帳號", await known.GetStringAsync(new Uri("/sign-in", UriKind.Relative)), StringComparison.Ordinal);
        var page = await known.GetAsync(new Uri("/sign-in/external?return=" + Uri.EscapeDataString("/risk/assets"), UriKind.Relative));
        Assert.Equal("/risk/assets", page.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("林宏宇", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("S256", provider.LastAuthorization!["code_challenge_method"]);

        provider.Email = "stranger@elsewhere.example";
        using var stranger = Browser(host);
        var refused = await stranger.GetAsync(new Uri("/sign-in/external", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("/sign-in", (await stranger.GetAsync(new Uri("/risk/assets", UriKind.Relative))).RequestMessage!.RequestUri!.AbsolutePath);

        // A token with another signature, and a person who said no there, end at the sign-in page with a sentence.
        provider.Email = "linhy@coast.example";
        provider.Forge = true;
        using var forged = Browser(host);
        await AssertNotInAsync(forged);
        provider.Forge = false;
        provider.Deny = true;
        using var denied = Browser(host);
        await AssertNotInAsync(denied);
    }

    [Fact]
    public async Task A_provider_over_plain_http_elsewhere_stops_the_start_with_a_sentence()
    {
        var (before, told) = (Console.Error, new StringWriter());
        Console.SetError(TextWriter.Synchronized(told));
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => { await using var host = await StartAsync("http://sso.example.tw"); });
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Contains("HUFU_OIDC_AUTHORITY must be an https address", told.ToString(), StringComparison.Ordinal);
    }

    private static async Task AssertNotInAsync(HttpClient browser)
    {
        var page = await browser.GetAsync(new Uri("/sign-in/external", UriKind.Relative));
        Assert.Equal("/sign-in", page.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Contains("單一登入沒有完成", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<RunningHost> StartAsync(string authority)
    {
        var set = new Dictionary<string, string> { ["HUFU_OIDC_AUTHORITY"] = authority, ["HUFU_OIDC_CLIENT_ID"] = "hufu", ["HUFU_OIDC_CLIENT_SECRET"] = Provider.Secret, ["HUFU_OIDC_NAME"] = "市府帳號" };
        foreach (var (name, value) in set) Environment.SetEnvironmentVariable(name, value);
        try
        {
            var host = await RunningHost.StartAsync(demo: false);
            await using var scope = host.Services.CreateAsyncScope();
            Assert.True((await scope.ServiceProvider.GetRequiredService<FirstRun>().SetUpAsync(new FirstRunInput("測試機關", "Test Agency", true, "C", "zh-TW", "admin", "管理者", null, "a quiet tiger sleeps here"))).IsOk);
            return host;
        }
        finally
        {
            foreach (var name in set.Keys) Environment.SetEnvironmentVariable(name, null);
        }
    }

    private static HttpClient Browser(RunningHost host) => new(new SocketsHttpHandler { AllowAutoRedirect = true, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(host.Address), Timeout = TimeSpan.FromSeconds(60), DefaultRequestHeaders = { { "Accept-Language", "zh-TW" } } };

    /// <summary>As much of an OpenID provider as the code flow needs. It signs in whoever <see cref="Email"/> says without asking.</summary>
    private sealed class Provider : IAsyncDisposable
    {
        internal const string Secret = "between-us";
        private readonly WebApplication app;
        private readonly RSA key = RSA.Create(2048);
        private readonly Dictionary<string, (string Nonce, string Challenge)> codes = [];

        private Provider(WebApplication app) => this.app = app;

        internal string Address { get; private set; } = "";

        internal string Email { get; set; } = "";

        internal bool Forge { get; set; }

        internal bool Deny { get; set; }

        internal Dictionary<string, string>? LastAuthorization { get; private set; }

        internal static async Task<Provider> StartAsync()
        {
            var builder = WebApplication.CreateBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var provider = new Provider(builder.Build());
            provider.Map();
            await provider.app.StartAsync();
            provider.Address = provider.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return provider;
        }

        private void Map()
        {
            app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
            {
                issuer = Address, authorization_endpoint = Address + "/authorize", token_endpoint = Address + "/token", userinfo_endpoint = Address + "/userinfo", jwks_uri = Address + "/jwks",
                response_types_supported = new[] { "code" }, subject_types_supported = new[] { "public" }, id_token_signing_alg_values_supported = new[] { "RS256" },
            }));
            app.MapGet("/jwks", () =>
            {
                var parameters = key.ExportParameters(false);
                return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "k1", n = Base64(parameters.Modulus!), e = Base64(parameters.Exponent!) } } });
            });
            app.MapGet("/authorize", (HttpContext http) =>
            {
                LastAuthorization = http.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
                var back = LastAuthorization["redirect_uri"] + "?state=" + Uri.EscapeDataString(LastAuthorization["state"]);
                if (Deny) return Results.Redirect(back + "&error=access_denied");
                var code = Guid.NewGuid().ToString("N");
                codes[code] = (LastAuthorization["nonce"], LastAuthorization["code_challenge"]);
                return Results.Redirect(back + "&code=" + code);
            });
            app.MapPost("/token", async (HttpContext http) =>
            {
                var form = await http.Request.ReadFormAsync();
                if (form["client_secret"] != Secret || !codes.Remove(form["code"].ToString(), out var asked) || Base64(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != asked.Challenge) return Results.BadRequest(new { error = "invalid_grant" });
                return Results.Json(new { access_token = "of-" + Email, token_type = "Bearer", expires_in = 60, id_token = Token(asked.Nonce) });
            });
            app.MapGet("/userinfo", () => Results.Json(new { sub = Subject, email = Email, email_verified = true, name = "林宏宇" }));
        }

        private string Subject => "subject of " + Email;

        private string Token(string nonce)
        {
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            var text = Base64(JsonSerializer.SerializeToUtf8Bytes(new { alg = "RS256", kid = "k1", typ = "JWT" })) + "." + Base64(JsonSerializer.SerializeToUtf8Bytes(new { iss = Address, aud = "hufu", sub = Subject, nonce, iat = now, exp = now + 60, email = Email, email_verified = true }));
            using var other = RSA.Create(2048);
            return text + "." + Base64((Forge ? other : key).SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            key.Dispose();
        }
    }
}
