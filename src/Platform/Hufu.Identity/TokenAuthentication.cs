using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Hufu.Identity;

/// <summary>Signs a program in by <c>Authorization: Bearer hufu_…</c>, and at endpoints of <see cref="ForeignTokens"/> by what their protocols use instead.</summary>
internal sealed class TokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SecretOf(Context) is not { } secret) return AuthenticateResult.NoResult();
        if (await tokens.FindAsync(secret, Context.RequestAborted) is not { } found) return AuthenticateResult.Fail("The token is unknown, expired or revoked.");
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, found.PersonId.ToString()), new Claim(ClaimTypes.Name, found.Account), new Claim("name", found.Name), new Claim(ActorFactory.TokenClaim, found.TokenId.ToString())],
            Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    /// <summary>The secret that a request shows; null when it shows none in a way that its endpoint takes.</summary>
    internal static string? SecretOf(HttpContext http)
    {
        string? header = http.Request.Headers[HeaderNames.Authorization];
        if (header is null) return null;
        if (After(Bearer) is { } bearer) return bearer;
        // Nowhere else: browsers send Basic by themselves, and what comes with a token needs no form token.
        if (http.GetEndpoint()?.Metadata.GetMetadata<ForeignTokens>() is null) return null;
        return After("Splunk ") ?? Behind(After("Basic ")) ?? Behind(After("ApiKey "));

        string? After(string scheme) => header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : null;

        // name:secret in base64.
        static string? Behind(string? packed)
        {
            if (packed is null) return null;
            var bytes = new byte[packed.Length];
            if (!Convert.TryFromBase64String(packed, bytes, out var length)) return "";
            var text = Encoding.UTF8.GetString(bytes, 0, length);
            return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer realm=\"hufu\"";
        return Task.CompletedTask;
    }
}
