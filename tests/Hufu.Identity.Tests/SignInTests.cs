using System.Net;
using System.Security.Cryptography;
using Hufu.Identity.Tests.Support;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Identity.Tests;

public class SignInTests
{
    [Fact]
    public async Task A_password_signs_in_and_five_wrong_ones_lock_for_a_quarter_of_an_hour()
    {
        await using var site = await Site.OpenAsync();
        var browser = site.NewBrowser();
        Assert.Equal("Failed", await browser.SignInAsync("nobody.here"));
        Assert.Equal("nobody", await browser.MeAsync());
        Assert.Equal("Succeeded", await browser.SignInAsync());
        Assert.Equal("王大明|web|1", await browser.MeAsync());
        var cookie = Assert.Single(browser.Cookies.GetCookies(site.Address).Cast<Cookie>(), c => c.Name == "hufu");
        Assert.True(cookie.HttpOnly);

        var thief = site.NewBrowser();
        for (var i = 0; i < 4; i++) Assert.Equal("Failed", await thief.SignInAsync(password: "wrong " + i));
        Assert.Equal("LockedOut", await thief.SignInAsync(password: "wrong 5"));
        Assert.Equal("LockedOut", await thief.SignInAsync());
        await using (var db = site.House.Db())
        {
            var until = await db.Set<Person>().Select(p => p.LockoutEnd).SingleAsync();
            Assert.InRange(until!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
            Assert.Contains("sign-in.locked", await db.Denials.Select(d => d.Code).ToListAsync());
            Assert.DoesNotContain(await db.Denials.Select(d => d.Asked).ToListAsync(), a => a.Contains("wrong"));
        }

        Assert.True((await site.House.AdminAsync(a => a.UnlockAsync(site.House.Admin, site.House.AdminId))).IsOk);
        Assert.Equal("Succeeded", await thief.SignInAsync());
    }

    [Fact]
    public async Task Deactivating_ends_sessions_and_refuses_every_way_in()
    {
        await using var site = await Site.OpenAsync();
        var house = site.House;
        var id = await house.AddPersonAsync("lin.engineer", BuiltInRoles.SecurityEngineer);
        var temporary = (await house.AdminAsync(a => a.IssueTemporaryPasswordAsync(house.Admin, id))).Value;
        var link = (await house.AdminAsync(a => a.IssueSignInLinkAsync(house.Admin, id))).Value;
        var browser = site.NewBrowser();
        Assert.Equal("Succeeded", await browser.SignInAsync("lin.engineer", temporary));
        await house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, id));
        site.Refresh();
        Assert.Equal("nobody", await browser.MeAsync());
        Assert.NotEqual("Succeeded", await site.NewBrowser().SignInAsync("lin.engineer", temporary));
        Assert.NotEqual("Succeeded", await site.NewBrowser().PostAsync("/link", ("id", id.ToString()), ("token", link)));
        await using var db = house.Db();
        Assert.Contains("sign-in.inactive", await db.Denials.Select(d => d.Code).ToListAsync());
    }

    [Fact]
    public async Task A_temporary_password_opens_nothing_until_it_is_changed()
    {
        await using var site = await Site.OpenAsync();
        var house = site.House;
        var id = await house.AddPersonAsync("lin.engineer", BuiltInRoles.SecurityEngineer);
        var temporary = (await house.AdminAsync(a => a.IssueTemporaryPasswordAsync(house.Admin, id))).Value;
        var browser = site.NewBrowser();
        Assert.Equal("Succeeded", await browser.SignInAsync("lin.engineer", temporary));
        Assert.Equal("lin.engineer 先生|web|0", await browser.MeAsync());
        Assert.Equal("account.password.same", await browser.PostAsync("/change-password", ("password", temporary)));
        Assert.Equal("identity.password.short", await browser.PostAsync("/change-password", ("password", "k3ttle")));
        Assert.Equal("", await browser.PostAsync("/change-password", ("password", "kettle on a foggy hill")));
        Assert.Equal("lin.engineer 先生|web|15", await browser.MeAsync());
        Assert.Equal("Failed", await site.NewBrowser().SignInAsync("lin.engineer", temporary));
        Assert.Equal("account.password", await browser.PostAsync("/change-password", ("current", "wrong"), ("password", "another foggy kettle")));
    }

    [Fact]
    public async Task A_changed_password_ends_the_other_sessions_at_once()
    {
        await using var site = await Site.OpenAsync();
        var (mine, forgotten) = (site.NewBrowser(), site.NewBrowser());
        Assert.Equal("Succeeded", await mine.SignInAsync());
        Assert.Equal("Succeeded", await forgotten.SignInAsync());
        Assert.Equal("", await mine.PostAsync("/change-password", ("current", House.AdminPassword), ("password", "kettle on a foggy hill")));
        Assert.StartsWith("王大明", await mine.MeAsync());
        Assert.Equal("nobody", await forgotten.MeAsync());
    }

    [Fact]
    public async Task A_sign_in_link_works_once_and_asks_for_a_password()
    {
        await using var site = await Site.OpenAsync();
        var house = site.House;
        var id = await house.AddPersonAsync("lin.engineer", BuiltInRoles.SecurityEngineer);
        var link = (await house.AdminAsync(a => a.IssueSignInLinkAsync(house.Admin, id))).Value;
        Assert.Equal("Failed", await site.NewBrowser().PostAsync("/link", ("id", house.AdminId.ToString()), ("token", link)));
        var browser = site.NewBrowser();
        Assert.Equal("Succeeded", await browser.PostAsync("/link", ("id", id.ToString()), ("token", link)));
        Assert.EndsWith("|web|0", await browser.MeAsync());
        Assert.Equal("Failed", await site.NewBrowser().PostAsync("/link", ("id", id.ToString()), ("token", link)));
        Assert.Equal("", await browser.PostAsync("/change-password", ("password", "kettle on a foggy hill")));
        Assert.EndsWith("|web|15", await browser.MeAsync());
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_each_code_works_once_and_so_does_each_recovery_code()
    {
        await using var site = await Site.OpenAsync();
        var house = site.House;
        var setUp = (await house.OwnAsync(o => o.StartAuthenticatorAsync(house.Admin, "星河資訊局"))).Value;
        Assert.StartsWith("otpauth://totp/", setUp.Uri);
        Assert.StartsWith("<svg", setUp.QrSvg);
        Assert.DoesNotContain("style", setUp.QrSvg);
        Assert.Equal("account.code", (await house.OwnAsync(o => o.ConfirmAuthenticatorAsync(house.Admin, "000000"))).Errors[0].Code);
        var recovery = (await house.OwnAsync(o => o.ConfirmAuthenticatorAsync(house.Admin, Authenticator.Code(setUp.Key)))).Value;
        Assert.Equal(10, recovery.Distinct().Count());

        var browser = site.NewBrowser();
        Assert.Equal("RequiresTwoFactor", await browser.SignInAsync());
        Assert.Equal("nobody", await browser.MeAsync());
        Assert.Equal("Failed", await browser.PostAsync("/code", ("code", "123456")));
        var code = Authenticator.Code(setUp.Key, 1);
        Assert.Equal("Succeeded", await browser.PostAsync("/code", ("code", code)));
        Assert.StartsWith("王大明", await browser.MeAsync());

        var replay = site.NewBrowser();
        Assert.Equal("RequiresTwoFactor", await replay.SignInAsync());
        Assert.Equal("Failed", await replay.PostAsync("/code", ("code", code)));
        Assert.Equal("Succeeded", await replay.PostAsync("/recovery", ("code", recovery[3])));
        var again = site.NewBrowser();
        Assert.Equal("RequiresTwoFactor", await again.SignInAsync());
        Assert.Equal("Failed", await again.PostAsync("/recovery", ("code", recovery[3])));
        Assert.Equal(9, await house.OwnAsync(o => o.RecoveryCodesLeftAsync(house.Admin)));
        // Each refusal is written down: a guess, a code used again, a recovery code used again.
        await using (var db = house.Db())
            Assert.Equal(["sign-in.code", "sign-in.code", "sign-in.recovery-code"], await db.Denials.Where(d => d.ActorId == house.AdminId).Select(d => d.Code).Order().ToListAsync());

        // An administrator takes it away for somebody who lost it.
        Assert.Empty((await house.AdminAsync(a => a.ResetSecondFactorAsync(house.Admin, house.AdminId))).Errors);
        Assert.Equal("Succeeded", await site.NewBrowser().SignInAsync());
        Assert.Equal(0, await house.OwnAsync(o => o.RecoveryCodesLeftAsync(house.Admin)));
    }

    [Fact]
    public async Task A_passkey_signs_in_and_a_forged_one_does_not()
    {
        await using var site = await Site.OpenAsync();
        var browser = site.NewBrowser();
        await browser.SignInAsync();
        using var passkey = new SoftwarePasskey(site.Address.GetLeftPart(UriPartial.Authority));
        var options = await browser.PostAsync("/passkey/options");
        Assert.Contains("\"required\"", options);
        Assert.Equal("", await browser.PostAsync("/passkey", ("credential", passkey.Create(options)), ("name", "我的手機")));
        using var elsewhere = new SoftwarePasskey("https://localhost.example.tw");
        Assert.Equal("account.passkey", await browser.PostAsync("/passkey", ("credential", elsewhere.Create(await browser.PostAsync("/passkey/options"))), ("name", "釣魚")));
        var line = Assert.Single(await site.House.OwnAsync(o => o.PasskeysAsync(site.House.Admin)));
        Assert.Equal("我的手機", line.Name);

        var other = site.NewBrowser();
        Assert.Equal("Succeeded", await other.PostAsync("/passkey/sign-in", ("credential", passkey.Get(await other.PostAsync("/passkey/request")))));
        Assert.StartsWith("王大明", await other.MeAsync());

        using var wrongKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var thief = site.NewBrowser();
        Assert.Equal("Failed", await thief.PostAsync("/passkey/sign-in", ("credential", passkey.Get(await thief.PostAsync("/passkey/request"), wrongKey))));
        passkey.VerifiesUser = false;
        Assert.Equal("Failed", await thief.PostAsync("/passkey/sign-in", ("credential", passkey.Get(await thief.PostAsync("/passkey/request")))));
        passkey.VerifiesUser = true;
        var replayed = passkey.Get(await thief.PostAsync("/passkey/request"));
        Assert.Equal("Succeeded", await thief.PostAsync("/passkey/sign-in", ("credential", replayed)));
        var late = site.NewBrowser();
        await late.PostAsync("/passkey/request");
        Assert.Equal("Failed", await late.PostAsync("/passkey/sign-in", ("credential", replayed)));

        Assert.Empty((await site.House.OwnAsync(o => o.RemovePasskeyAsync(site.House.Admin, line.Id))).Errors);
        Assert.Equal("Failed", await late.PostAsync("/passkey/sign-in", ("credential", passkey.Get(await late.PostAsync("/passkey/request")))));
        var actions = (await site.House.ChangesAsync()).Select(c => c.Action).ToList();
        Assert.Contains("passkey-add", actions);
        Assert.Contains("passkey-remove", actions);
    }

    [Fact]
    public async Task A_program_is_let_in_by_token_and_told_by_number_when_not()
    {
        await using var site = await Site.OpenAsync();
        var token = (await site.House.AdminAsync(a => a.CreateTokenAsync(site.House.Admin, site.House.AdminId, "t", [new Grant("logs", Right.Read, Scope.All)], DateTimeOffset.UtcNow.AddDays(1)))).Value.Secret;
        var browser = site.NewBrowser();
        using (var me = await browser.GetAsync("/me", token)) Assert.Equal("王大明|api|1", await me.Content.ReadAsStringAsync());
        using (var open = await browser.GetAsync("/api/closed", token)) Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        using (var bad = await browser.GetAsync("/api/closed", "hufu_nonsense"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, bad.StatusCode);
            Assert.Equal("Bearer", bad.Headers.WwwAuthenticate.Single().Scheme);
        }

        using (var api = await browser.GetAsync("/api/closed")) Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
        using var page = await browser.GetAsync("/closed");
        Assert.Equal("/sign-in", page.Headers.Location!.AbsolutePath);
    }

    [Fact]
    public async Task A_cookie_does_not_help_a_bad_token()
    {
        await using var site = await Site.OpenAsync();
        var browser = site.NewBrowser();
        await browser.SignInAsync();
        using var response = await browser.GetAsync("/me", "hufu_" + new string('A', 43));
        Assert.Equal("nobody", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_organisations_own_sign_in_is_there_only_when_configured()
    {
        await using var plain = await House.EmptyAsync();
        var schemes = plain.Services.GetRequiredService<Microsoft.AspNetCore.Authentication.IAuthenticationSchemeProvider>();
        Assert.Null(await schemes.GetSchemeAsync(IdentityServices.OidcScheme));
        await using var joined = await House.EmptyAsync(new OidcOptions { Authority = "https://sso.example.tw", ClientId = "hufu" });
        schemes = joined.Services.GetRequiredService<Microsoft.AspNetCore.Authentication.IAuthenticationSchemeProvider>();
        Assert.NotNull(await schemes.GetSchemeAsync(IdentityServices.OidcScheme));
    }

    [Fact]
    public async Task Password_rules_hold_where_the_machinery_sets_one_and_follow_the_setting()
    {
        await using var house = await House.FoundedAsync();
        await using (var db = house.Db())
        {
            db.ActAs(house.Admin, "update");
            db.Add(new Setting { Key = OrganisationKeys.PasswordLength, Value = "24" });
            await db.SaveChangesAsync();
        }

        var result = await house.UsersAsync(u => u.CreateAsync(new Person { UserName = "x.y" }, "kettle on a foggy hill"));
        Assert.Equal("identity.password.short", Assert.Single(result.Errors).Code);
        Assert.True((await house.UsersAsync(u => u.CreateAsync(new Person { UserName = "x.y" }, "kettle on a very foggy hill"))).Succeeded);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class SignInTestsOnPostgres : SignInTests, IOnPostgres;
