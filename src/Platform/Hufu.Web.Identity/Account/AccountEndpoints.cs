using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Web.Identity.Admin;
using Hufu.Web.Identity.SignIn;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Account;

/// <summary>What people do with their own account.</summary>
internal static class AccountEndpoints
{
    internal static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("/account").ExcludeFromDescription();
        // A token acts for its person in records, never on the account itself.
        account.AddEndpointFilter(async (context, next) => context.HttpContext.RequestServices.GetRequiredService<PageContext>().Actor is { IsSystem: false, Channel: "web" }
            ? await next(context)
            : Forms.Refused([Error.Of("access.denied", "請先以本人身分登入網頁。", "Sign in to the site yourself first.")]));

        account.MapGet("", () => Pages.Of<AccountPage>());
        account.MapPost("", async (HttpContext http, PageContext page, OwnAccount own) =>
        {
            var form = await http.Request.ReadFormAsync();
            if (await own.PreferencesAsync(page.Actor) is not { } known) return Results.LocalRedirect("/account");
            var preferences = known with { Language = form.Text("language") ?? known.Language, Theme = form.Text("theme") ?? known.Theme };
            var saved = await own.SetPreferencesAsync(page.Actor, preferences);
            if (saved.IsOk) SignInEndpoints.Remember(http, preferences.Language, preferences.Theme);
            return Forms.Back(page, saved, "/account", T("web.saved"));
        });

        account.MapGet("/password", () => Pages.Of<PasswordPage>());
        account.MapPost("/password", async (HttpContext http, PageContext page, OwnAccount own) =>
        {
            var form = await http.Request.ReadFormAsync();
            var password = form.Secret("password");
            var changed = password == form.Secret("again") ? await own.ChangePasswordAsync(page.Actor, form.Secret("current"), password) : Result.Fail(OwnAffairs.Differ);
            return changed.IsOk ? Forms.Back(page, changed, "/account", T("id.password-changed")) : Pages.Of<PasswordPage>(new { changed.Errors }, 422);
        });

        account.MapPost("/passkeys/options", async (PageContext page, OwnAccount own) => await own.StartPasskeyAsync(page.Actor) is { IsOk: true } options
            ? Results.Text(options.Value, "application/json")
            : Results.Json(new { error = new { code = "account.passkey", message = T("id.passkey-failed") } }, statusCode: 403));
        account.MapPost("/passkeys", async (PasskeyAnswer answer, PageContext page, OwnAccount own) =>
        {
            var added = answer.Json is { } json ? await own.AddPasskeyAsync(page.Actor, json, answer.Name ?? "") : Result.Fail(Error.Of("account.passkey", "通行金鑰驗證失敗，請重試。", "The passkey could not be verified; try again."));
            if (!added.IsOk) return Results.Json(new { error = new { code = added.Errors[0].Code, message = added.Errors.Joined() } }, statusCode: 422);
            page.Flash(T("id.passkey-added"));
            return Results.Json(new { redirect = "/account#passkeys" });
        });
        account.MapPost("/passkeys/{id}/rename", async (string id, HttpContext http, PageContext page, OwnAffairs own) =>
            Forms.Back(page, await own.RenamePasskeyAsync(page.Actor, id, (await http.Request.ReadFormAsync()).Text("name") ?? ""), "/account#passkeys", T("web.saved")));
        account.MapPost("/passkeys/{id}/remove", async (string id, PageContext page, OwnAccount own) => Forms.Back(page, await own.RemovePasskeyAsync(page.Actor, id), "/account#passkeys"));

        account.MapPost("/authenticator", async (PageContext page, OwnAccount own, OrganisationCache organisation) =>
        {
            var started = await own.StartAuthenticatorAsync(page.Actor, (await organisation.GetAsync())?.Name ?? "Hufu");
            return started.IsOk ? Pages.Of<AuthenticatorPage>(new { SetUp = started.Value }) : Forms.Back(page, started, "/account#authenticator");
        });
        account.MapPost("/authenticator/confirm", async (HttpContext http, PageContext page, OwnAccount own) =>
        {
            var codes = await own.ConfirmAuthenticatorAsync(page.Actor, (await http.Request.ReadFormAsync()).Text("code") ?? "");
            return codes.IsOk ? Pages.Of<RecoveryCodesPage>(new { Codes = codes.Value }) : Pages.Of<AuthenticatorPage>(new { codes.Errors }, 422);
        });
        account.MapPost("/authenticator/off", async (HttpContext http, PageContext page, OwnAccount own) =>
            Forms.Back(page, await own.TurnOffAuthenticatorAsync(page.Actor, (await http.Request.ReadFormAsync()).Text("code") ?? ""), "/account#authenticator"));
        account.MapPost("/recovery-codes", async (HttpContext http, PageContext page, OwnAccount own) =>
        {
            var codes = await own.NewRecoveryCodesAsync(page.Actor, (await http.Request.ReadFormAsync()).Text("code") ?? "");
            return codes.IsOk ? Pages.Of<RecoveryCodesPage>(new { Codes = codes.Value }) : Forms.Back(page, codes, "/account#authenticator");
        });

        account.MapGet("/tokens/new", () => Pages.Of<TokenPage>());
        account.MapPost("/tokens/new", async (HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var errors = new List<Error>();
            var (name, expires, grants) = (form.Text("name"), form.Day("expiresOn", errors), GrantTargets.Read(form));
            // A day counts to its end.
            var expiresAt = expires is { } day ? new DateTimeOffset(day.ToDateTime(TimeOnly.MaxValue), SiteZone(day)) : default;
            var made = errors.Count > 0 ? Result.Fail<NewToken>(errors) : await admin.CreateTokenAsync(page.Actor, page.Actor.Id, name ?? "", grants, expiresAt);
            return Pages.Of<TokenPage>(new { Name = name, ExpiresOn = form.Text("expiresOn"), Grants = grants, made.Errors, Secret = made.IsOk ? made.Value.Secret : null }, made.IsOk ? 200 : 422);
        });
        account.MapPost("/tokens/{id:guid}/revoke", async (Guid id, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.RevokeTokenAsync(page.Actor, id), "/account#tokens"));

        account.MapPost("/sign-out-everywhere", async (PageContext page, OwnAffairs own) =>
        {
            var done = await own.SignOutEverywhereAsync(page.Actor);
            return Forms.Back(page, done, done.IsOk ? "/sign-in" : "/account", T("id.signed-out-everywhere"));
        });
    }

    private static TimeSpan SiteZone(DateOnly day) => SiteTime.Zone.GetUtcOffset(day.ToDateTime(TimeOnly.MaxValue));
}
