using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.Net.Http.Headers;

namespace Hufu.Identity;

/// <summary>How people sign in.</summary>
public sealed class HufuIdentityOptions
{
    /// <summary>Folder of the keys that protect cookies and second factors; only the program's own user may read it.</summary>
    public required string KeyFolder { get; init; }

    /// <summary>The organisation's own sign-in; null for none, which is the default.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>Where somebody who is not signed in is sent.</summary>
    public string SignInPath { get; init; } = "/sign-in";

    /// <summary>Where somebody without the right is sent.</summary>
    public string DeniedPath { get; init; } = "/denied";
}

/// <summary>The organisation's own sign-in by OpenID Connect (code flow with PKCE).</summary>
public sealed class OidcOptions
{
    /// <summary>Address of the provider.</summary>
    public required string Authority { get; init; }

    public required string ClientId { get; init; }

    /// <summary>Null for a public client.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Shown on the button.</summary>
    public string DisplayName { get; init; } = "SSO";

    /// <summary>Makes an account at somebody's first sign-in, without any role. Off by default.</summary>
    public bool AutoProvision { get; init; }

    /// <summary>Takes an e-mail address that the provider does not say to have verified. Only for a provider whose addresses the organisation assigns itself.</summary>
    public bool TrustEmail { get; init; }
}

/// <summary>Registration of people and sign-in.</summary>
public static class IdentityServices
{
    /// <summary>Scheme that chooses between cookie and token; the default.</summary>
    public const string Scheme = "Hufu";

    /// <summary>Scheme of API tokens.</summary>
    public const string TokenScheme = "HufuToken";

    /// <summary>Scheme of the organisation's own sign-in, there only when it is configured.</summary>
    public const string OidcScheme = "oidc";

    /// <summary>
    /// Adds people, units, roles, sign-in and tokens. The caller has registered the record storage, <see cref="RecordTypes"/> and
    /// <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddHufuIdentity(this IServiceCollection services, HufuIdentityOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<IModelContribution, IdentityModel>();
        services.AddSingleton<PeopleDirectory>();
        services.AddSingleton<IDirectory>(s => s.GetRequiredService<PeopleDirectory>());
        services.AddSingleton<GrantSets>();
        services.AddSingleton<ActorFactory>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<UsedCodes>();
        services.AddScoped<ActingPerson>();
        services.AddScoped<IdentityAdmin>();
        services.AddScoped<OwnAccount>();
        services.AddScoped<FirstRun>();
        services.AddHttpContextAccessor();
        services.TryAddSingleton(TimeProvider.System);
        services.AddDataProtection().PersistKeysToFileSystem(PrivateFolder(options.KeyFolder)).SetApplicationName("hufu");

        services.AddIdentityCore<Person>(identity =>
            {
                identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
                identity.User.AllowedUserNameCharacters = "";
                identity.User.RequireUniqueEmail = false;
                identity.SignIn.RequireConfirmedAccount = false;
                identity.Lockout.AllowedForNewUsers = true;
                identity.Lockout.MaxFailedAccessAttempts = 5;
                identity.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15);
                // The rules stand in PasswordRules, whose length is a setting.
                identity.Password.RequireDigit = identity.Password.RequireLowercase = identity.Password.RequireUppercase = identity.Password.RequireNonAlphanumeric = false;
                identity.Password.RequiredLength = 1;
                identity.Password.RequiredUniqueChars = 1;
            })
            .AddSignInManager<PersonSignIn>()
            .AddUserStore<PersonStore>()
            .AddClaimsPrincipalFactory<PersonClaims>()
            .AddPasswordValidator<PasswordRulesValidator>()
            .AddTokenProvider<DataProtectorTokenProvider<Person>>(TokenOptions.DefaultProvider)
            .AddTokenProvider<OneTimeCodes>(TokenOptions.DefaultAuthenticatorProvider);
        services.TryAddScoped(s => (PersonSignIn)s.GetRequiredService<SignInManager<Person>>());
        services.Configure<SecurityStampValidatorOptions>(o => o.ValidationInterval = TimeSpan.FromMinutes(5));
        services.Configure<DataProtectionTokenProviderOptions>(o => o.TokenLifespan = TimeSpan.FromDays(1));
        // The domain is the host that the browser asked for. A passkey stands for both factors, so the device must verify the person.
        services.Configure<IdentityPasskeyOptions>(o =>
        {
            o.UserVerificationRequirement = "required";
            o.ResidentKeyRequirement = "preferred";
            o.ValidateOrigin = context => ValueTask.FromResult(IsOurOrigin(context));
        });

        var authentication = services.AddAuthentication(o =>
        {
            o.DefaultScheme = Scheme;
            o.DefaultSignInScheme = IdentityConstants.ExternalScheme;
        });
        authentication.AddPolicyScheme(Scheme, null, o => o.ForwardDefaultSelector = context =>
            TokenAuthentication.SecretOf(context) is not null ? TokenScheme : IdentityConstants.ApplicationScheme);
        authentication.AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenScheme, null);
        authentication.AddIdentityCookies();
        services.ConfigureApplicationCookie(o =>
        {
            o.Cookie.Name = "hufu";
            o.ExpireTimeSpan = TimeSpan.FromHours(8);
            o.SlidingExpiration = true;
            o.LoginPath = options.SignInPath;
            o.AccessDeniedPath = options.DeniedPath;
            o.Events.OnRedirectToLogin = context => RedirectOrStatus(context, StatusCodes.Status401Unauthorized);
            o.Events.OnRedirectToAccessDenied = context => RedirectOrStatus(context, StatusCodes.Status403Forbidden);
        });
        foreach (var scheme in (ReadOnlySpan<string>)[IdentityConstants.ApplicationScheme, IdentityConstants.ExternalScheme, IdentityConstants.TwoFactorUserIdScheme, IdentityConstants.TwoFactorRememberMeScheme])
        {
            services.PostConfigure<CookieAuthenticationOptions>(scheme, o =>
            {
                o.Cookie.HttpOnly = true;
                o.Cookie.SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax;
                o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            });
        }

        if (options.Oidc is { } oidc)
        {
            authentication.AddOpenIdConnect(OidcScheme, oidc.DisplayName, o =>
            {
                o.SignInScheme = IdentityConstants.ExternalScheme;
                o.Authority = oidc.Authority;
                o.ClientId = oidc.ClientId;
                o.ClientSecret = oidc.ClientSecret;
                o.ResponseType = OpenIdConnectResponseType.Code;
                o.UsePkce = true;
                o.SaveTokens = false;
                o.GetClaimsFromUserInfoEndpoint = true;
                o.Scope.Add("email");
                // GetExternalLoginInfoAsync looks for the mapped name of "sub".
                o.MapInboundClaims = true;
                o.ClaimActions.MapUniqueJsonKey("email_verified", "email_verified");
                o.CallbackPath = "/sign-in/oidc";
                // The answer comes as a plain redirect, so the cookies that tie it to its question need not cross sites, and work without TLS on this machine.
                o.ResponseMode = OpenIdConnectResponseMode.Query;
                o.CorrelationCookie.SameSite = o.NonceCookie.SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax;
                o.CorrelationCookie.SecurePolicy = o.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                o.RequireHttpsMetadata = !(Uri.TryCreate(oidc.Authority, UriKind.Absolute, out var authority) && authority.IsLoopback);
                // Refused there, or too late here: back to the sign-in page, which says so; the reason is in the log.
                o.Events.OnRemoteFailure = context =>
                {
                    context.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hufu.Identity.Oidc").LogWarning(context.Failure, "The organisation's sign-in failed");
                    context.Response.Redirect(options.SignInPath + "?problem=sso");
                    context.HandleResponse();
                    return Task.CompletedTask;
                };
            });
        }

        services.AddAuthorization();
        return services;
    }

    /// <summary>
    /// WebAuthn §7.1 step 9: the page that used the passkey is ours, by host and port. The Origin header is not asked: a form posted under the
    /// policy "no-referrer" carries none. The scheme is not compared: a proxy may speak TLS for us; browsers offer passkeys on https and localhost only.
    /// </summary>
    private static bool IsOurOrigin(PasskeyOriginValidationContext context)
    {
        if (context.CrossOrigin || !Uri.TryCreate(context.Origin, UriKind.Absolute, out var origin)) return false;
        var host = context.HttpContext.Request.Host;
        if (!string.Equals(origin.Host, host.Host, StringComparison.OrdinalIgnoreCase)) return false;
        if (origin.Scheme != Uri.UriSchemeHttps && !(origin.Scheme == Uri.UriSchemeHttp && origin.IsLoopback)) return false;
        return host.Port is { } port ? origin.Port == port : origin.IsDefaultPort;
    }

    private static Task RedirectOrStatus(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        // A program wants a number, not a page to sign in on.
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)) context.Response.StatusCode = status;
        else context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }

    private static DirectoryInfo PrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.CreateDirectory(path);
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = Directory.CreateDirectory(path, mine);
        // The folder may have been there before with wider doors.
        File.SetUnixFileMode(path, mine);
        return folder;
    }
}
