using Hufu.Identity.Tests.Support;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Identity.Tests;

public class FirstRunTests
{
    [Fact]
    public async Task The_first_run_makes_organisation_roles_unit_and_administrator()
    {
        await using var house = await House.EmptyAsync();
        Assert.False(await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().IsDoneAsync()));
        var result = await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().SetUpAsync(House.FirstRunInput()));
        Assert.Empty(result.Errors);
        Assert.True(await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().IsDoneAsync()));
        await using var db = house.Db();
        Assert.Equal(new Organisation("星河資訊局", "Galaxy Bureau", true, "A", "zh-TW"), await Organisation.ReadAsync(db));
        Assert.Equal(BuiltInRoles.All().Select(r => r.Key).Order(), (await db.Set<Role>().Select(r => r.Key).ToListAsync()).Order());
        var admin = (await house.Actors.ForAsync(result.Value, "web"))!;
        Assert.True(admin.May("admin", Right.Administer));
        Assert.True(admin.May("logs", Right.Read));
        Assert.False(admin.May("logs", Right.Write));
        Assert.False(admin.May("test", Right.Approve));
        Assert.Equal("星河資訊局", Assert.Single(house.Directory.Units).Name);
    }

    [Fact]
    public async Task A_second_first_run_is_refused()
    {
        await using var house = await House.FoundedAsync();
        var again = await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().SetUpAsync(House.FirstRunInput("mallory")));
        Assert.Equal("first-run.done", Assert.Single(again.Errors).Code);
        Assert.Single(house.Directory.People);
    }

    [Fact]
    public async Task Of_many_first_runs_at_once_one_succeeds()
    {
        await using var house = await House.EmptyAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => house.InScopeAsync(s => s.GetRequiredService<FirstRun>().SetUpAsync(House.FirstRunInput("admin-no-" + i))))));
        Assert.Single(results, r => r.IsOk);
        Assert.All(results.Where(r => !r.IsOk), r => Assert.Equal("first-run.done", r.Errors[0].Code));
        Assert.Single(house.Directory.People);
        await using var db = house.Db();
        Assert.Equal(6, await db.Set<Role>().CountAsync());
    }

    [Theory]
    [InlineData("Password1234!", "identity.password.common")]
    [InlineData("short", "identity.password.short")]
    [InlineData("wang.admin and more", "identity.password.account")]
    public async Task A_bad_password_leaves_nothing_behind(string password, string code)
    {
        await using var house = await House.EmptyAsync();
        var result = await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().SetUpAsync(House.FirstRunInput() with { Password = password }));
        Assert.Contains(result.Errors, e => e.Code == code);
        await using var db = house.Db();
        Assert.False(await db.Settings.AnyAsync());
    }

    [Fact]
    public async Task Built_in_roles_are_brought_back_to_what_the_product_says()
    {
        await using var house = await House.FoundedAsync();
        await using (var db = house.Db())
        {
            db.ActAs(Actor.System(), "update");
            (await db.Set<Role>().SingleAsync(r => r.Key == BuiltInRoles.Staff)).GrantsJson = "[]";
            await db.SaveChangesAsync();
        }

        await house.InScopeAsync(async s =>
        {
            await s.GetRequiredService<FirstRun>().SyncRolesAsync();
            return true;
        });
        await using var after = house.Db();
        Assert.Equal(9, (await after.Set<Role>().SingleAsync(r => r.Key == BuiltInRoles.Staff)).Grants.Count);
    }

    [Fact]
    public async Task Staff_reach_no_area_of_the_product()
    {
        await using var house = await House.FoundedAsync();
        var staff = await house.ActorAsync(await house.AddPersonAsync("chen.staff", BuiltInRoles.Staff));
        foreach (var area in GrantSets.Areas) Assert.False(staff.May(area, Right.Read), area);
        Assert.Equal(Scope.Own, staff.ScopeOf(new ThingType(), Right.Read));
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class FirstRunTestsOnPostgres : FirstRunTests, IOnPostgres;
