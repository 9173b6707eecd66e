using System.Text.Json;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.SignIn;

/// <summary>What a browser sends after it has spoken with an authenticator.</summary>
internal sealed record PasskeyAnswer(JsonElement Credential, string? Name, string? Return)
{
    // A credential has a few hundred bytes, with an attestation a few thousand.
    private const int Limit = 64 * 1024;

    /// <summary>The credential as JSON; null when it is none.</summary>
    public string? Json => Credential.ValueKind is JsonValueKind.Object && Credential.GetRawText() is { Length: <= Limit } json ? json : null;
}

/// <summary>Signing in and out.</summary>
internal static class SignInEndpoints
{
    internal static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        pages.MapGet("/sign-in", async (string? @return, string? problem, PageContext page, OrganisationCache organisation) => page.ActorOrNull is not null
            ? Results.LocalRedirect(Forms.LocalOr(@return))
            : await ShowAsync(organisation, Forms.LocalOr(@return), error: problem == "sso" ? T("id.sso-failed") : null));
        pages.MapPost("/sign-in", PasswordAsync);
        pages.MapGet("/sign-in/code", async (string? @return, PersonSignIn signIn) => await signIn.GetTwoFactorAuthenticationUserAsync() is null
            ? Results.LocalRedirect("/sign-in")
            : Pages.Of<CodePage>(new { Return = Forms.LocalOr(@return) }));
        pages.MapPost("/sign-in/code", CodeAsync);
        pages.MapGet("/sign-in/link", (string? person, string? token) => Pages.Of<LinkPage>(new { Person = person, LinkToken = token }));
        pages.MapPost("/sign-in/link", LinkAsync);
        pages.MapPost("/sign-in/passkey/options", async (PersonSignIn signIn) => Results.Text(await signIn.MakePasskeyRequestOptionsAsync(null), "application/json"));
        pages.MapPost("/sign-in/passkey", PasskeyAsync);
        pages.MapPost("/sign-out", async (PersonSignIn signIn, PageContext page) =>
        {
            await signIn.SignOutAsync();
            page.Flash(T("id.signed-out"));
            return Results.LocalRedirect("/sign-in");
        });
        if (routes.ServiceProvider.GetRequiredService<HufuIdentityOptions>().Oidc is null) return;
        pages.MapGet("/sign-in/external", (string? @return, PersonSignIn signIn) =>
        {
            var back = "/sign-in/external/done?return=" + Uri.EscapeDataString(Forms.LocalOr(@return));
            return Results.Challenge(signIn.ConfigureExternalAuthenticationProperties(IdentityServices.OidcScheme, back), [IdentityServices.OidcScheme]);
        });
        pages.MapGet("/sign-in/external/done", async (HttpContext http, string? @return, PersonSignIn signIn, OrganisationCache organisation) =>
        {
            var result = await signIn.ExternalSignInAsync();
            return result.IsOk ? Enter(http, result.Value, @return) : await ShowAsync(organisation, Forms.LocalOr(@return), error: result.Errors.Joined(), status: 403);
        });
    }

    /// <summary>Lets the browser remember what the person has chosen for the pages' looks.</summary>
    internal static void Remember(HttpContext http, string language, string theme)
    {
        var lasting = new CookieOptions { MaxAge = TimeSpan.FromDays(400), SameSite = SameSiteMode.Lax, Path = "/", Secure = http.Request.IsHttps };
        http.Response.Cookies.Append("hufu-language", language == "en" ? "en" : "zh-TW", lasting);
        if (theme is "light" or "dark") http.Response.Cookies.Append("hufu-theme", theme, lasting);
        else http.Response.Cookies.Delete("hufu-theme");
    }

    private static async Task<IResult> ShowAsync(OrganisationCache organisation, string? back, string? account = null, string? error = null, int status = 200)
    {
        var found = await organisation.GetAsync();
        return Pages.Of<SignInPage>(new { Organisation = found is null ? null : new LocalizedText(found.Name, found.NameEn ?? found.Name).ToString(), Account = account, Return = back, Error = error }, status);
    }

    private static async Task<IResult> PasswordAsync(HttpContext http, PersonSignIn signIn, UserManager<Person> users, OrganisationCache organisation)
    {
        var form = await http.Request.ReadFormAsync();
        var account = Field.Composed(form.Text("account") ?? "");
        var back = Forms.LocalOr(form.Text("return"));
        if (account.Length is 0 or > 256) return await ShowAsync(organisation, back, error: T("id.sign-in-failed"), status: 401);
        var result = await signIn.PasswordSignInAsync(account, form.Secret("password"), isPersistent: false, lockoutOnFailure: true);
        if (result.RequiresTwoFactor) return Results.LocalRedirect("/sign-in/code?return=" + Uri.EscapeDataString(back));
        if (result.Succeeded && await users.FindByNameAsync(account) is { } person) return Enter(http, person, back);
        return await ShowAsync(organisation, back, account, T(result.IsLockedOut ? "id.sign-in-locked" : "id.sign-in-failed"), result.IsLockedOut ? 429 : 401);
    }

    private static async Task<IResult> CodeAsync(HttpContext http, PersonSignIn signIn)
    {
        var form = await http.Request.ReadFormAsync();
        var back = Forms.LocalOr(form.Text("return"));
        if (await signIn.GetTwoFactorAuthenticationUserAsync() is not { } person) return Results.LocalRedirect("/sign-in");
        var code = (form.Text("code") ?? "").Replace(" ", "", StringComparison.Ordinal);
        // Six digits come from the authenticator; a recovery code is longer and has a dash or letters.
        var result = code.Length == 6 && code.All(char.IsAsciiDigit)
            ? await signIn.TwoFactorAuthenticatorSignInAsync(code, isPersistent: false, rememberClient: false)
            : await signIn.TwoFactorRecoveryCodeSignInAsync(code);
        return result.Succeeded
            ? Enter(http, person, back)
            : Pages.Of<CodePage>(new { Return = back, Error = T(result.IsLockedOut ? "id.sign-in-locked" : "id.code-wrong") }, result.IsLockedOut ? 429 : 401);
    }

    private static async Task<IResult> LinkAsync(HttpContext http, PersonSignIn signIn, UserManager<Person> users, OrganisationCache organisation)
    {
        var form = await http.Request.ReadFormAsync();
        if (form.Id("person") is { } id && form.Text("token") is { Length: < 4000 } token)
        {
            var result = await signIn.LinkSignInAsync(id, token);
            if (result.RequiresTwoFactor) return Results.LocalRedirect("/sign-in/code");
            if (result.Succeeded && await users.FindByIdAsync(id.ToString()) is { } person) return Enter(http, person, "/");
        }

        return await ShowAsync(organisation, "/", error: T("id.link-dead"), status: 401);
    }

    private static async Task<IResult> PasskeyAsync(HttpContext http, PasskeyAnswer answer, PersonSignIn signIn, UserManager<Person> users)
    {
        var failed = Results.Json(new { error = new { code = "sign-in.passkey", message = T("id.passkey-failed") } }, statusCode: 401);
        if (answer.Json is not { } json) return failed;
        var assertion = await signIn.PerformPasskeyAssertionAsync(json);
        if (!assertion.Succeeded)
        {
            await signIn.PasskeyRefusedAsync();
            return failed;
        }

        if (!await signIn.CanSignInAsync(assertion.User)) return failed;
        // Keeps the counter by which a copied passkey shows.
        if (!(await users.AddOrUpdatePasskeyAsync(assertion.User, assertion.Passkey)).Succeeded) return failed;
        await signIn.SignInAsync(assertion.User, isPersistent: false);
        Remember(http, assertion.User.Language, assertion.User.Theme);
        return Results.Json(new { redirect = Next(assertion.User, answer.Return) });
    }

    private static IResult Enter(HttpContext http, Person person, string? back)
    {
        Remember(http, person.Language, person.Theme);
        return Results.LocalRedirect(Next(person, back));
    }

    private static string Next(Person person, string? back) => person.MustChangePassword ? "/account/password" : Forms.LocalOr(back);
}
