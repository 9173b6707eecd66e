using Hufu.Identity;
using Hufu.Kernel;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity;

/// <summary>Whether the first run has been done; once done, always done.</summary>
internal sealed class FirstRunState
{
    private volatile bool done;

    public async ValueTask<bool> IsDoneAsync(HttpContext http)
    {
        if (done) return true;
        if (await http.RequestServices.GetRequiredService<FirstRun>().IsDoneAsync(http.RequestAborted)) done = true;
        return done;
    }
}

/// <summary>
/// The code that proves, on the first run from another machine, that somebody can read the server's terminal: otherwise whoever comes first over
/// the network would own the installation. On the machine itself none is asked for.
/// </summary>
public sealed class SetupCode
{
    private const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>The code of this process, such as <c>7KQM-X2PD</c>.</summary>
    public string Value { get; } = System.Security.Cryptography.RandomNumberGenerator.GetString(Letters, 4) + "-" + System.Security.Cryptography.RandomNumberGenerator.GetString(Letters, 4);

    /// <summary>True when a request comes from another machine.</summary>
    internal static bool IsNeeded(HttpContext http) => http.Connection.RemoteIpAddress is not { } address || !System.Net.IPAddress.IsLoopback(address);

    /// <summary>Compares without telling by its time how much was right.</summary>
    internal bool Is(string? given) => System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Value)),
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes((given ?? "").Trim().ToUpperInvariant())));
}

/// <summary>What stands before every page: an organisation must exist, and a person must have a password of their own.</summary>
public static class Gates
{
    /// <summary>Sends every page to the first run while there is no organisation. Call it before <see cref="WebApp.UseHufuWeb"/>.</summary>
    public static void UseFirstRun(this WebApplication app) => app.Use(async (HttpContext http, RequestDelegate next) =>
    {
        if (IsOutside(http.Request.Path) || http.Request.Path.StartsWithSegments("/setup", StringComparison.Ordinal) || await http.RequestServices.GetRequiredService<FirstRunState>().IsDoneAsync(http))
        {
            await next(http);
            return;
        }

        http.Response.Headers.CacheControl = "no-store";
        if (http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
            await Refusals.Problem(StatusCodes.Status503ServiceUnavailable, [new Error("first-run.open", Both("id.setup-first"))]).ExecuteAsync(http);
        else
            http.Response.Redirect("/setup");
    });

    /// <summary>Sends somebody whose password was given by an administrator to choose an own one first. Call it before <see cref="WebApp.UseHufuWeb"/>.</summary>
    public static void UseOwnPasswordFirst(this WebApplication app) => app.Use(async (HttpContext http, RequestDelegate next) =>
    {
        var path = http.Request.Path;
        var page = HttpMethods.IsGet(http.Request.Method) && http.Request.Cookies.ContainsKey("hufu") && !IsOutside(path)
            && !path.StartsWithSegments("/api", StringComparison.Ordinal) && !path.StartsWithSegments("/account/password", StringComparison.Ordinal) && !path.StartsWithSegments("/sign-in", StringComparison.Ordinal);
        if (page && (await http.AuthenticateAsync()).Principal?.HasClaim(c => c.Type == ActorFactory.MustChangePasswordClaim) == true)
        {
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Redirect("/account/password");
            return;
        }

        await next(http);
    });

    // Files, the choice of language and theme, and questions of a supervisor about health are no pages.
    private static bool IsOutside(PathString path) =>
        path.StartsWithSegments("/_content", StringComparison.Ordinal) || path.StartsWithSegments("/language", StringComparison.Ordinal)
        || path.StartsWithSegments("/theme", StringComparison.Ordinal) || path.StartsWithSegments("/health", StringComparison.Ordinal) || path == "/loading" || path == "/favicon.ico";
}
