using System.Net;
using System.Text.RegularExpressions;

namespace Hufu.Web.Identity.Tests;

public sealed partial class PagesTests
{
    [Fact]
    public async Task Before_the_first_run_every_page_leads_to_it_and_the_api_says_so()
    {
        await using var site = await Site.StartAsync(setUp: false);
        var browser = site.Open();
        Assert.Equal("/setup", (await browser.GetAsync("/admin/people")).To);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync("/api/v1/search?q=x")).Status);
        var differ = await browser.PostAsync("/setup", "/setup", ("organisationName", "測試機關"), ("publicAgency", "true"), ("language", "zh-TW"), ("displayName", "管理者"), ("account", "admin"), ("password", Site.Password), ("again", "another"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, differ.Status);
        var done = await browser.PostAsync("/setup", "/setup", ("organisationName", "測試機關"), ("publicAgency", "true"), ("language", "zh-TW"), ("displayName", "管理者"), ("account", "admin"), ("password", Site.Password), ("again", Site.Password));
        Assert.Equal("/admin/people", done.To);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/admin/people")).Status);
        Assert.Equal("/", (await browser.GetAsync("/setup")).To);
    }

    [Fact]
    public async Task Every_page_of_an_administrator_draws_without_inline_style_and_without_a_missing_text()
    {
        await using var site = await Site.StartAsync();
        var browser = site.Open();
        await browser.SignInAsync("admin", Site.Password);
        foreach (var path in new[] { "/account", "/account/password", "/account/tokens/new", "/admin/people", "/admin/people/new", "/admin/units", "/admin/units/new", "/admin/roles", "/admin/roles/new", "/admin/denials", "/admin/settings", "/admin/custom-fields", "/admin/custom-fields/new" })
        {
            var page = await browser.GetAsync(path);
            Assert.True(page.Status == HttpStatusCode.OK, $"{path}: {page.Status}");
            Assert.DoesNotContain(" style=", page.Body);
            Assert.DoesNotMatch(MissingText(), page.Body);
        }

        var qr = await browser.PostAsync("/account", "/account/authenticator");
        Assert.Contains("<svg", qr.Body);
        Assert.DoesNotContain(" style=", qr.Body);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("/\t/evil.example")]
    public async Task A_return_address_elsewhere_is_not_followed(string back)
    {
        await using var site = await Site.StartAsync();
        Assert.Equal("/", (await site.Open().SignInAsync("admin", Site.Password, back)).To);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_five_lock_the_account()
    {
        await using var site = await Site.StartAsync();
        var browser = site.Open();
        for (var i = 0; i < 4; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SignInAsync("admin", "wrong")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.SignInAsync("admin", "wrong")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.SignInAsync("admin", Site.Password)).Status);
    }

    [Fact]
    public async Task A_post_without_the_form_token_is_refused()
    {
        await using var site = await Site.StartAsync();
        var browser = site.Open();
        await browser.SignInAsync("admin", Site.Password);
        Assert.Equal(HttpStatusCode.BadRequest, await browser.PostBareAsync("/account/sign-out-everywhere"));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task A_new_person_enters_by_the_link_must_choose_a_password_and_may_not_administer()
    {
        await using var site = await Site.StartAsync();
        var admin = site.Open();
        await admin.SignInAsync("admin", Site.Password);
        var made = await admin.PostAsync("/admin/people/new", "/admin/people/new", ("displayName", "王小明"), ("account", "ming"), ("language", "zh-TW"), ("way", "link"));
        var link = Link().Match(made.Body);
        Assert.True(link.Success);

        var person = site.Open();
        var token = Uri.UnescapeDataString(link.Groups[2].Value);
        var entered = await person.PostAsync("/sign-in/link" + link.Value[link.Value.IndexOf('?', StringComparison.Ordinal)..], "/sign-in/link", ("person", link.Groups[1].Value), ("token", token));
        Assert.Equal("/account/password", entered.To);
        Assert.Equal("/account/password", (await person.GetAsync("/account")).To);
        var chosen = await person.PostAsync("/account/password", "/account/password", ("password", "a quiet tiger sleeps"), ("again", "a quiet tiger sleeps"));
        Assert.Equal("/account", chosen.To);
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/account")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await person.GetAsync("/admin/people")).Status);

        var again = site.Open();
        Assert.Equal(HttpStatusCode.Unauthorized, (await again.PostAsync("/sign-in/link", "/sign-in/link", ("person", link.Groups[1].Value), ("token", token))).Status);
        Assert.Contains("ming", (await admin.GetAsync("/admin/people?q=ming")).Body);
        Assert.Contains("/admin/people", (await admin.GetAsync("/admin/denials")).Body);
    }

    [Fact]
    public async Task Units_roles_settings_and_tokens_can_be_made()
    {
        await using var site = await Site.StartAsync();
        var browser = site.Open();
        await browser.SignInAsync("admin", Site.Password);
        Assert.Equal("/admin/units", (await browser.PostAsync("/admin/units/new", "/admin/units/new", ("name", "資訊室"))).To);
        Assert.Contains("資訊室", (await browser.GetAsync("/admin/units")).Body);
        Assert.Equal("/admin/roles", (await browser.PostAsync("/admin/roles/new", "/admin/roles/new", ("key", "reader"), ("nameZh", "讀者"), ("nameEn", "Reader"), ("g0.target", "T2"), ("g0.right", "Read"), ("g0.scope", "Unit"))).To);
        Assert.Contains("讀者", (await browser.GetAsync("/admin/roles")).Body);
        Assert.Equal("/admin/settings", (await browser.PostAsync("/admin/settings", "/admin/settings", ("name", "新名稱"), ("publicAgency", "false"), ("level", "B"), ("language", "zh-TW"), ("passwordLength", "14"))).To);
        Assert.Contains("新名稱", (await browser.GetAsync("/admin/people")).Body);
        var day = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var token = await browser.PostAsync("/account/tokens/new", "/account/tokens/new", ("name", "腳本"), ("expiresOn", day), ("g0.target", "T2"), ("g0.right", "Read"), ("g0.scope", "All"));
        Assert.Contains("hufu_", token.Body);
        Assert.Contains("腳本", (await browser.GetAsync("/account")).Body);
        Assert.Equal("/sign-in", (await browser.PostAsync("/account", "/account/sign-out-everywhere")).To);
        Assert.StartsWith("/sign-in?", (await browser.GetAsync("/account")).To, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\[(id|web|ui)\.[A-Za-z-]+\]", RegexOptions.NonBacktracking)]
    private static partial Regex MissingText();

    [GeneratedRegex(@"http://[^""<\s]+/sign-in/link\?person=([0-9a-f-]+)&token=([^""<\s]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
