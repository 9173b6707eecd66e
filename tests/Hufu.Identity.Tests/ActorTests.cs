using Hufu.Identity.Tests.Support;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity.Tests;

public class ActorTests
{
    [Theory]
    [InlineData(Scope.Own, false, false, false)]
    [InlineData(Scope.Unit, true, false, false)]
    [InlineData(Scope.Subtree, true, true, false)]
    [InlineData(Scope.All, true, true, true)]
    public async Task A_grant_reaches_as_far_as_its_scope_over_the_tree_of_units(Scope scope, bool unit, bool below, bool beside)
    {
        await using var house = await House.FoundedAsync();
        var top = house.Directory.Units[0].Id;
        var mine = await house.AddUnitAsync("資訊處", top);
        var child = await house.AddUnitAsync("資安科", mine);
        var grandchild = await house.AddUnitAsync("監控股", child);
        var other = await house.AddUnitAsync("人事處", top);
        await house.AddRoleAsync("scoped", new Grant("T2", Right.Write, scope));
        var actor = await house.ActorAsync(await house.AddPersonAsync("lin", "scoped", mine));
        var type = new ThingType();
        bool May(Guid? unitId, Guid? owner = null) => actor.May(type, Right.Write, owner, null, unitId);
        Assert.True(May(other, actor.Id));
        Assert.Equal(unit, May(mine));
        Assert.Equal(below, May(child));
        Assert.Equal(below, May(grandchild));
        Assert.Equal(beside, May(other));
        Assert.Equal(beside, May(top));
        Assert.Equal(beside, May(null));
    }

    [Fact]
    public async Task A_role_counts_through_its_last_day_and_no_longer()
    {
        await using var house = await House.FoundedAsync();
        var id = await house.AddPersonAsync("lin");
        var role = await house.RoleIdAsync(BuiltInRoles.Auditor);
        Assert.Empty((await house.AdminAsync(a => a.AssignRoleAsync(house.Admin, id, role, Days.Today(house.Clock).AddDays(1)))).Errors);
        house.Clock.Advance(TimeSpan.FromDays(1));
        Assert.True((await house.ActorAsync(id)).May("logs", Right.Read));
        Assert.Equal([BuiltInRoles.Auditor], house.Directory.Person(id)!.Roles);
        house.Clock.Advance(TimeSpan.FromDays(1));
        Assert.False((await house.ActorAsync(id)).May("logs", Right.Read));
        Assert.Empty(house.Directory.Person(id)!.Roles);
    }

    [Fact]
    public async Task Changes_of_roles_people_and_units_show_at_once()
    {
        await using var house = await House.FoundedAsync();
        var unit = await house.AddUnitAsync("資訊處");
        var id = await house.AddPersonAsync("lin", null, unit);
        Assert.Equal("資訊處", house.Directory.Unit(unit)!.Name);
        Assert.Empty((await house.ActorAsync(id)).Grants);
        var role = await house.RoleIdAsync(BuiltInRoles.Auditor);
        await house.AdminAsync(a => a.AssignRoleAsync(house.Admin, id, role));
        Assert.Single((await house.ActorAsync(id)).Grants);
        Assert.Equal(["auditor"], house.Directory.FindPerson("lin")!.Roles);
        await house.AdminAsync(a => a.RemoveRoleAsync(house.Admin, id, role));
        Assert.Empty((await house.ActorAsync(id)).Grants);
        await house.AdminAsync(a => a.UpdateUnitAsync(house.Admin, unit, new UnitInput("數位處")));
        Assert.Equal("數位處", house.Directory.Unit(unit)!.Name);
        await house.AdminAsync(a => a.UpdatePersonAsync(house.Admin, id, new PersonInput("lin", "林改名", null, unit)));
        Assert.Equal("林改名", house.Directory.Person(id)!.Name);
        await house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, id));
        Assert.False(house.Directory.Person(id)!.Active);
    }

    [Fact]
    public async Task Another_processs_changes_show_within_a_minute()
    {
        await using var house = await House.FoundedAsync();
        Assert.Single(house.Directory.Units);
        await using (var db = house.Db())
        {
            db.ActAs(Actor.System(), "create");
            db.Add(new OrganisationUnit { Name = "外" });
            await db.SaveChangesAsync();
        }

        Assert.Single(house.Directory.Units);
        house.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(2, house.Directory.Units.Count);
    }

    [Fact]
    public async Task No_secret_stands_in_the_change_log_and_no_second_factor_in_the_database()
    {
        await using var house = await House.FoundedAsync();
        var secrets = new List<string> { House.AdminPassword };
        var id = await house.AddPersonAsync("lin", BuiltInRoles.Staff, email: "lin@example.tw");
        secrets.Add((await house.AdminAsync(a => a.IssueTemporaryPasswordAsync(house.Admin, id))).Value);
        secrets.Add((await house.AdminAsync(a => a.IssueSignInLinkAsync(house.Admin, id))).Value);
        secrets.Add((await house.AdminAsync(a => a.CreateTokenAsync(house.Admin, house.AdminId, "t", [new Grant("logs", Right.Read, Scope.All)], house.Clock.GetUtcNow().AddDays(1)))).Value.Secret[5..]);
        secrets.Add((await house.OwnAsync(o => o.NewCalendarSecretAsync(house.Admin))).Value);
        var setUp = (await house.OwnAsync(o => o.StartAuthenticatorAsync(house.Admin, "局"))).Value;
        var key = setUp.Key.Replace(" ", "");
        secrets.Add(key);
        var recovery = (await house.OwnAsync(o => o.ConfirmAuthenticatorAsync(house.Admin, Authenticator.Code(key)))).Value;
        secrets.AddRange(recovery);
        await using var db = house.Db();
        var people = await db.Set<Person>().ToListAsync();
        secrets.AddRange(people.SelectMany(p => (string?[])[p.PasswordHash, p.SecurityStamp]).OfType<string>());
        secrets.AddRange(await db.Set<ApiToken>().Select(t => t.SecretHash).ToListAsync());
        Assert.True(secrets.Count >= 20);
        Assert.All(secrets, s => Assert.True(s.Length >= 10, s));
        var changes = await house.ChangesAsync();
        Assert.NotEmpty(changes);
        foreach (var change in changes)
            Assert.DoesNotContain(secrets, s => change.Payload!.Contains(s, StringComparison.Ordinal));

        var stored = await db.Set<IdentityUserToken<Guid>>().Select(t => t.Value!).ToListAsync();
        Assert.Equal(2, stored.Count);
        Assert.DoesNotContain(stored, v => v.Contains(key, StringComparison.Ordinal) || recovery.Any(r => v.Contains(r, StringComparison.Ordinal)));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(house.Folder, "keys")));
        Assert.NotEmpty(System.IO.Directory.GetFiles(Path.Combine(house.Folder, "keys")));
    }

    [Fact]
    public async Task A_program_does_not_change_its_persons_account()
    {
        await using var house = await House.FoundedAsync();
        var program = house.Admin with { Channel = "api" };
        Assert.Equal("access.denied", (await house.OwnAsync(o => o.ChangePasswordAsync(program, House.AdminPassword, "kettle on a foggy hill"))).Errors[0].Code);
        Assert.Equal("access.denied", (await house.OwnAsync(o => o.StartAuthenticatorAsync(program, "x"))).Errors[0].Code);
        Assert.Equal("access.denied", (await house.OwnAsync(o => o.NewCalendarSecretAsync(program))).Errors[0].Code);
    }

    [Fact]
    public async Task Preferences_and_the_calendar_address_are_the_persons_own()
    {
        await using var house = await House.FoundedAsync();
        var wanted = new Preferences("en", "dark", 8, """{"overdue":"mail"}""");
        Assert.Empty((await house.OwnAsync(o => o.SetPreferencesAsync(house.Admin, wanted))).Errors);
        Assert.Equal(wanted, await house.OwnAsync(o => o.PreferencesAsync(house.Admin)));
        Assert.Equal("account.preferences", (await house.OwnAsync(o => o.SetPreferencesAsync(house.Admin, wanted with { DigestHour = 24 }))).Errors[0].Code);
        var old = (await house.OwnAsync(o => o.NewCalendarSecretAsync(house.Admin))).Value;
        var secret = (await house.OwnAsync(o => o.NewCalendarSecretAsync(house.Admin))).Value;
        Assert.Equal(house.AdminId, await house.OwnAsync(o => o.FindByCalendarSecretAsync(secret)));
        Assert.Null(await house.OwnAsync(o => o.FindByCalendarSecretAsync(old)));
        Assert.Null(await house.OwnAsync(o => o.FindByCalendarSecretAsync(new string('!', 43))));
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class ActorTestsOnPostgres : ActorTests, IOnPostgres;
