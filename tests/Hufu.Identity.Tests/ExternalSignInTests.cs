using System.Security.Claims;
using Hufu.Identity.Tests.Support;
using Hufu.Kernel;
using Hufu.Testing;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Identity.Tests;

public class ExternalSignInTests
{
    private static readonly OidcOptions Closed = new() { Authority = "https://sso.example.tw", ClientId = "hufu" };

    private static Task<Result<Person>> ComeAsync(House house, OidcOptions oidc, string subject, string? email, string? verified = "true")
    {
        var claims = new List<Claim> { new(ClaimTypes.NameIdentifier, subject), new("name", "林外部") };
        if (email is not null) claims.Add(new Claim(ClaimTypes.Email, email));
        if (verified is not null) claims.Add(new Claim("email_verified", verified));
        var info = new ExternalLoginInfo(new ClaimsPrincipal(new ClaimsIdentity(claims, "oidc")), "oidc", subject, "SSO");
        return house.InScopeAsync(s => s.GetRequiredService<PersonSignIn>().FindExternalAsync(info, oidc));
    }

    [Fact]
    public async Task A_verified_address_finds_its_person_and_later_the_subject_does()
    {
        await using var house = await House.FoundedAsync(Closed);
        var id = await house.AddPersonAsync("lin", BuiltInRoles.Staff, email: "lin@example.tw");
        Assert.Equal(id, (await ComeAsync(house, Closed, "subject-1", "LIN@example.tw")).Value.Id);
        Assert.Equal(id, (await ComeAsync(house, Closed, "subject-1", "new-address@example.tw", "false")).Value.Id);
        Assert.Contains(await house.ChangesAsync(), c => c.Action == "external-sign-in-add" && c.RecordId == id);
    }

    [Fact]
    public async Task Nobody_is_found_by_an_address_that_is_unverified_shared_unknown_or_of_an_inactive_person()
    {
        await using var house = await House.FoundedAsync(Closed);
        await house.AddPersonAsync("lin", email: "lin@example.tw");
        await house.AddPersonAsync("twin.one", email: "twin@example.tw");
        await house.AddPersonAsync("twin.two", email: "twin@example.tw");
        var gone = await house.AddPersonAsync("gone", email: "gone@example.tw");
        await house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, gone));
        Assert.Equal("sign-in.external.email", (await ComeAsync(house, Closed, "s", "lin@example.tw", "false")).Errors[0].Code);
        Assert.Equal("sign-in.external.email", (await ComeAsync(house, Closed, "s", "lin@example.tw", null)).Errors[0].Code);
        Assert.Equal("sign-in.external.email", (await ComeAsync(house, Closed, "s", null)).Errors[0].Code);
        Assert.Equal("sign-in.external.ambiguous", (await ComeAsync(house, Closed, "s", "twin@example.tw")).Errors[0].Code);
        Assert.Equal("sign-in.external.unknown", (await ComeAsync(house, Closed, "s", "who@example.tw")).Errors[0].Code);
        Assert.Equal("sign-in.external.refused", (await ComeAsync(house, Closed, "s", "gone@example.tw")).Errors[0].Code);
    }

    [Fact]
    public async Task A_person_made_at_the_first_sign_in_has_no_rights()
    {
        var open = new OidcOptions { Authority = "https://sso.example.tw", ClientId = "hufu", AutoProvision = true };
        await using var house = await House.FoundedAsync(open);
        var made = await ComeAsync(house, open, "s", "who@example.tw");
        Assert.Empty(made.Errors);
        Assert.Equal("林外部", made.Value.DisplayName);
        Assert.Empty((await house.ActorAsync(made.Value.Id)).Grants);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class ExternalSignInTestsOnPostgres : ExternalSignInTests, IOnPostgres;
