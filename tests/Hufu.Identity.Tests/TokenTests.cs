using System.Security.Claims;
using Hufu.Identity.Tests.Support;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity.Tests;

public class TokenTests
{
    private static readonly Grant ReadLogs = new("logs", Right.Read, Scope.All);

    private static ClaimsPrincipal Principal(ApiTokens.Found found) => new(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, found.PersonId.ToString()), new Claim(ActorFactory.TokenClaim, found.TokenId.ToString())], "HufuToken"));

    [Fact]
    public async Task A_token_acts_within_its_grants_and_within_those_of_its_person()
    {
        await using var house = await House.FoundedAsync();
        var id = await house.AddPersonAsync("lin.engineer", BuiltInRoles.SecurityEngineer);
        var made = await house.AdminAsync(async a => await a.CreateTokenAsync(await house.ActorAsync(id), id, "collector", [ReadLogs, new Grant("T2", Right.Read | Right.Write, Scope.Unit), new Grant("admin", Right.Administer, Scope.All)], house.Clock.GetUtcNow().AddDays(30)));
        Assert.Matches("^hufu_[A-Za-z0-9_-]{43}$", made.Value.Secret);
        var found = (await house.Tokens.FindAsync(made.Value.Secret))!;
        Assert.Equal((id, "lin.engineer"), (found.PersonId, found.Account));
        var actor = (await house.Actors.FromAsync(Principal(found)))!;
        Assert.Equal("api", actor.Channel);
        Assert.True(actor.May("logs", Right.Read));
        Assert.False(actor.May("admin", Right.Read));
        Assert.False(actor.May("ledger", Right.Read));
        Assert.Equal(Scope.Unit, actor.ScopeOf(new ThingType(), Right.Write));
    }

    [Fact]
    public async Task What_is_wrong_expired_revoked_or_of_an_inactive_person_is_refused()
    {
        await using var house = await House.FoundedAsync();
        var id = await house.AddPersonAsync("lin.engineer", BuiltInRoles.SecurityEngineer);
        var actor = await house.ActorAsync(id);
        async Task<NewToken> MakeAsync() => (await house.AdminAsync(a => a.CreateTokenAsync(actor, id, "t", [ReadLogs], house.Clock.GetUtcNow().AddDays(1)))).Value;
        var (expiring, revoked, last) = (await MakeAsync(), await MakeAsync(), await MakeAsync());
        foreach (var wrong in (string[])["", "hufu_", "hufu_" + new string('A', 43), "hufu_" + new string('!', 43), revoked.Secret[..^1], revoked.Secret + "A", revoked.Secret.ToUpperInvariant()])
            Assert.Null(await house.Tokens.FindAsync(wrong));
        Assert.NotNull(await house.Tokens.FindAsync(revoked.Secret));
        var principal = Principal((await house.Tokens.FindAsync(revoked.Secret))!);
        Assert.True((await house.Actors.FromAsync(principal))!.May("logs", Right.Read));
        Assert.True((await house.AdminAsync(a => a.RevokeTokenAsync(actor, revoked.Id))).IsOk);
        Assert.Null(await house.Tokens.FindAsync(revoked.Secret));
        Assert.Null(await house.Actors.FromAsync(principal));
        house.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await house.Tokens.FindAsync(expiring.Secret));
        house.Clock.Advance(TimeSpan.FromDays(-1));
        Assert.NotNull(await house.Tokens.FindAsync(last.Secret));
        Assert.True((await house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, id))).IsOk);
        Assert.Null(await house.Tokens.FindAsync(last.Secret));
        // Coming back does not bring old tokens back.
        Assert.True((await house.AdminAsync(a => a.ReactivatePersonAsync(house.Admin, id))).IsOk);
        Assert.Null(await house.Tokens.FindAsync(last.Secret));
    }

    [Fact]
    public async Task The_last_use_is_noted_at_most_once_a_minute_and_not_in_the_change_log()
    {
        await using var house = await House.FoundedAsync();
        var made = (await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, house.AdminId, "t", [ReadLogs], house.Clock.GetUtcNow().AddDays(1)))).Value;
        var changes = (await house.ChangesAsync()).Count;
        async Task<DateTimeOffset?> UsedAsync()
        {
            await house.Tokens.FindAsync(made.Secret);
            await using var db = house.Db();
            return await db.Set<ApiToken>().Where(t => t.Id == made.Id).Select(t => t.LastUsedAt).SingleAsync();
        }

        var first = await UsedAsync();
        Assert.NotNull(first);
        house.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(first, await UsedAsync());
        house.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(await UsedAsync() > first);
        Assert.Equal(changes, (await house.ChangesAsync()).Count);
    }

    [Fact]
    public async Task A_token_cannot_make_a_token_and_nobody_makes_one_that_lasts()
    {
        await using var house = await House.FoundedAsync();
        var viaToken = house.Admin with { Channel = "api" };
        Assert.Equal("access.denied", (await house.AdminAsync(a => a.CreateTokenAsync(viaToken, house.AdminId, "t", [ReadLogs], house.Clock.GetUtcNow().AddDays(1)))).Errors[0].Code);
        Assert.Equal("identity.token.expiry", (await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, house.AdminId, "t", [ReadLogs], house.Clock.GetUtcNow().AddDays(400)))).Errors[0].Code);
        Assert.Equal("identity.token.grants", (await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, house.AdminId, "t", [], house.Clock.GetUtcNow().AddDays(1)))).Errors[0].Code);
    }

    [Fact]
    public async Task Tokens_of_others_are_for_administrators_and_never_carry_approval()
    {
        await using var house = await House.FoundedAsync();
        var ciso = await house.AddPersonAsync("hsu.ciso", BuiltInRoles.Ciso);
        var staff = await house.ActorAsync(await house.AddPersonAsync("chen.staff", BuiltInRoles.Staff));
        var soon = house.Clock.GetUtcNow().AddDays(1);
        Assert.Equal("access.denied", (await house.AdminAsync(a => a.CreateTokenAsync(staff, ciso, "t", [ReadLogs], soon))).Errors[0].Code);
        Assert.Equal("identity.token.approval", (await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, ciso, "t", [new Grant("*", Right.Approve, Scope.All)], soon))).Errors[0].Code);
        var made = await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, ciso, "t", [ReadLogs], soon));
        Assert.Empty(made.Errors);
        Assert.Equal("access.denied", (await house.AdminAsync(a => a.RevokeTokenAsync(staff, made.Value.Id))).Errors[0].Code);
        Assert.Equal("access.denied", (await house.AdminAsync(a => a.TokensAsync(staff, ciso))).Errors[0].Code);
        Assert.Empty((await house.AdminAsync(a => a.TokensAsync(staff, staff.Id))).Value);
        Assert.Equal(made.Value.Secret[5..13], Assert.Single((await house.AdminAsync(a => a.TokensAsync(house.Admin, ciso))).Value).Prefix);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class TokenTestsOnPostgres : TokenTests, IOnPostgres;
