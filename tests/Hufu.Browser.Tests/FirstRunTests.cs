using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Hufu.Testing;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>An empty data folder: the first page makes the organisation; then the ways to sign in.</summary>
public sealed class FirstRunTests(BrowserSite site)
{
    private const string Password = "a quiet tiger sleeps here";

    [Fact]
    public async Task Setup_checks_the_password_works_once_and_passkeys_and_codes_sign_in()
    {
        BrowserSite.NeedBrowser();
        await using var host = await RunningHost.StartAsync(demo: false);
        await using var visitor = await site.VisitAsync(address: host.Address);
        var page = visitor.Page;
        await visitor.GoAsync("/risk/assets");
        Assert.EndsWith("/setup", page.Url, StringComparison.Ordinal);
        visitor.Expect(422);
        foreach (var (first, second) in new[] { ("short", "short"), (Password, Password + "x"), ("passwordpassword", "passwordpassword") })
        {
            await FillAsync(page, first, second);
            await page.GetByRole(AriaRole.Button, new() { Name = "完成設定" }).FollowAsync();
            await Assertions.Expect(page.Locator("[aria-invalid=true]").First).ToBeVisibleAsync();
            // What was typed stays, but for the passwords.
            Assert.Equal("海岸市政府資訊處", await page.Locator("[name=organisationName]").InputValueAsync());
            Assert.Equal("", await page.Locator("[name=password]").InputValueAsync());
        }

        await SetUpAsync(page);
        await visitor.GoAsync("/setup");
        Assert.DoesNotContain("/setup", page.Url, StringComparison.Ordinal);

        // A passkey in the browser's virtual authenticator.
        var devtools = await visitor.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object> { ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true },
        });
        // Passkeys belong to a name, not to an address of numbers.
        var named = host.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        await SignInAsync(page, named);
        await page.GotoAsync(named + "/account");
        await page.Locator("form[data-passkey=create] [name=name]").FillAsync("公司筆電");
        await page.GetByRole(AriaRole.Button, new() { Name = "新增通行金鑰" }).ClickAsync();
        await Assertions.Expect(page.Locator("#passkeys input[value='公司筆電']")).ToBeVisibleAsync();
        await SignOutAsync(page);
        await page.GotoAsync(named + "/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "使用通行金鑰登入" }).ClickAsync();
        await page.WaitForURLAsync(named + "/");
        await Assertions.Expect(page.GetByText("系統管理者").First).ToBeVisibleAsync();

        // A code of an authenticator after the password.
        await page.GotoAsync(named + "/account");
        await page.GetByRole(AriaRole.Button, new() { Name = "設定驗證器" }).FollowAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img).First).ToBeVisibleAsync();
        var shown = await page.Locator("main").InnerTextAsync();
        var secret = Regex.Match(shown, "(?:[A-Z2-7]{4} ){3,}[A-Z2-7]{2,4}|[A-Z2-7]{16,}", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking).Value.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        Assert.True(secret.Length >= 16, shown);
        var used = Code(secret, DateTimeOffset.UtcNow);
        await page.Locator("[name=code]").FillAsync(used);
        await page.GetByRole(AriaRole.Button, new() { Name = "啟用" }).FollowAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("救援碼");
        await page.GotoAsync(named + "/account");
        await SignOutAsync(page);
        await FillSignInAsync(page, named);
        await page.WaitForURLAsync("**/sign-in/code**");
        visitor.Expect(401);
        await page.Locator("[name=code]").FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "登入" }).FollowAsync();
        await Assertions.Expect(page.Locator(".notice-bad")).ToBeVisibleAsync();
        // A code works once: the one of the next half minute is taken, which the product's tolerance allows.
        await page.Locator("[name=code]").FillAsync(Code(secret, DateTimeOffset.UtcNow.AddSeconds(30)));
        await page.GetByRole(AriaRole.Button, new() { Name = "登入" }).FollowAsync();
        await page.WaitForURLAsync(named + "/");
    }

    internal static async Task SetUpAsync(IPage page)
    {
        if (!page.Url.EndsWith("/setup", StringComparison.Ordinal)) await page.GotoAsync("/setup");
        await FillAsync(page, Password, Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "完成設定" }).FollowAsync();
        await page.WaitForURLAsync("**/admin/people");
    }

    /// <summary>Makes an engineer, lets them in by a one-time link, and gives them a password: the page is theirs afterwards.</summary>
    internal static async Task BecomeEngineerAsync(IPage page, RunningHost host)
    {
        await page.GotoAsync("/admin/people/new");
        await page.Locator("[name=displayName]").FillAsync("林宏宇");
        await page.Locator("[name=account]").FillAsync("linhy");
        var role = page.Locator("select[name=role]");
        await role.SelectOptionAsync(new SelectOptionValue { Label = "資安工程師" });
        await page.GetByLabel("單次登入連結").First.CheckAsync();
        await page.Locator("form[action='/admin/people/new'] button[type=submit]").First.FollowAsync();
        var link = Regex.Match(System.Net.WebUtility.HtmlDecode(await page.ContentAsync()), @"/sign-in/link\?person=[0-9a-f-]+&token=[^""<\s]+", RegexOptions.NonBacktracking).Value;
        Assert.NotEqual("", link);
        await SignOutAsync(page);
        await page.GotoAsync(host.Address + link);
        await page.GetByRole(AriaRole.Button, new() { Name = "登入" }).FollowAsync();
        await page.WaitForURLAsync("**/account/password");
        await page.Locator("[name=password]").FillAsync(Password);
        await page.Locator("[name=again]").FillAsync(Password);
        await page.Locator("main form[action='/account/password'] button[type=submit]").FollowAsync();
        await page.WaitForURLAsync("**/account");
    }

    private static async Task FillAsync(IPage page, string password, string again)
    {
        await page.Locator("[name=organisationName]").FillAsync("海岸市政府資訊處");
        await page.Locator("[name=displayName]").FillAsync("系統管理者");
        await page.Locator("[name=account]").FillAsync("admin");
        await page.Locator("[name=password]").FillAsync(password);
        await page.Locator("[name=again]").FillAsync(again);
    }

    private static async Task FillSignInAsync(IPage page, string address)
    {
        await page.GotoAsync(address + "/sign-in");
        await page.Locator("[name=account]").FillAsync("admin");
        await page.Locator("[name=password]").FillAsync(Password);
        await page.Locator("form[action='/sign-in'] button.btn-primary").FollowAsync();
    }

    private static async Task SignInAsync(IPage page, string address)
    {
        await FillSignInAsync(page, address);
        await page.WaitForURLAsync(address + "/");
    }

    private static async Task SignOutAsync(IPage page)
    {
        await page.Locator(".top details.menu summary").Last.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "登出", Exact = true }).FollowAsync();
        await page.WaitForURLAsync("**/sign-in**");
    }

    // RFC 6238 with the usual 30 seconds, six digits and SHA-1.
    private static string Code(string secret, DateTimeOffset at)
    {
        var key = new List<byte>();
        var (bits, held) = (0, 0);
        foreach (var letter in secret)
        {
            held = (held << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal);
            bits += 5;
            if (bits < 8) continue;
            bits -= 8;
            key.Add((byte)(held >> bits));
            held &= (1 << bits) - 1;
        }

        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, at.ToUnixTimeSeconds() / 30);
#pragma warning disable CA5350 // Authenticator apps use SHA-1.
        var hash = HMACSHA1.HashData(key.ToArray(), counter);
#pragma warning restore CA5350
        var code = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return (code % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
