using System.Reflection;
using Hufu.Identity.Tests.Support;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity.Tests;

public class AdministrationTests
{
    private static readonly Grant AdminOnly = new("admin", Right.Administer, Scope.All);

    [Fact]
    public async Task The_last_administrator_can_be_removed_in_no_way()
    {
        await using var house = await House.FoundedAsync();
        var role = await house.RoleIdAsync(BuiltInRoles.Administrator);
        var tomorrow = Days.Today(house.Clock).AddDays(1);
        async Task CheckAsync(Func<IdentityAdmin, Task<Result>> act) => Assert.Equal("identity.last-administrator", Assert.Single((await house.AdminAsync(act)).Errors).Code);
        await CheckAsync(a => a.DeactivatePersonAsync(house.Admin, house.AdminId));
        await CheckAsync(a => a.RemoveRoleAsync(house.Admin, house.AdminId, role));
        await CheckAsync(a => a.AssignRoleAsync(house.Admin, house.AdminId, role, tomorrow));
        Assert.True((await house.ActorAsync(house.AdminId)).May("admin", Right.Administer));

        var second = await house.AddPersonAsync("tsai.admin", BuiltInRoles.Administrator);
        Assert.Empty((await house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, house.AdminId))).Errors);
        Assert.Null(await house.Actors.ForAsync(house.AdminId, "web"));
        Assert.NotNull(await house.Actors.ForAsync(second, "web"));
    }

    [Fact]
    public async Task Two_administrators_cannot_remove_each_other_at_the_same_time()
    {
        await using var house = await House.FoundedAsync();
        var second = await house.AddPersonAsync("tsai.admin", BuiltInRoles.Administrator);
        var other = await house.ActorAsync(second);
        var results = await Task.WhenAll(
            Task.Run(() => house.AdminAsync(a => a.DeactivatePersonAsync(house.Admin, second))),
            Task.Run(() => house.AdminAsync(a => a.DeactivatePersonAsync(other, house.AdminId))));
        Assert.Single(results, r => r.IsOk);
        Assert.Single(house.Directory.People, p => p.Active);
    }

    [Fact]
    public async Task A_custom_role_that_administers_everything_cannot_be_weakened_under_the_last_one()
    {
        await using var house = await House.FoundedAsync();
        var root = await house.AddRoleAsync("root", new Grant("*", Right.Administer, Scope.All));
        Assert.True((await house.AdminAsync(a => a.AssignRoleAsync(house.Admin, house.AdminId, root))).IsOk);
        Assert.True((await house.AdminAsync(async a => await a.RemoveRoleAsync(house.Admin, house.AdminId, await house.RoleIdAsync(BuiltInRoles.Administrator)))).IsOk);
        var weaker = await house.AdminAsync(a => a.UpdateRoleAsync(house.Admin, root, new RoleInput("root", "r", "r", [AdminOnly])));
        Assert.Equal("identity.last-administrator", Assert.Single(weaker.Errors).Code);
    }

    [Fact]
    public async Task Whoever_administers_a_part_cannot_reach_beyond_it()
    {
        await using var house = await House.FoundedAsync();
        var clerk = await house.AddPersonAsync("kuo.clerk");
        var clerkRole = await house.AddRoleAsync("clerk", AdminOnly, new Grant("T9", Right.Read | Right.Write, Scope.All));
        await house.AdminAsync(a => a.AssignRoleAsync(house.Admin, clerk, clerkRole));
        var trainers = await house.AddRoleAsync("trainer", new Grant("T9.1", Right.Write, Scope.Subtree));
        var approvers = await house.AddRoleAsync("approver", new Grant("T9", Right.Approve, Scope.Own));
        var staff = await house.AddPersonAsync("chen.staff");
        var ciso = await house.AddPersonAsync("hsu.ciso", BuiltInRoles.Ciso);
        var actor = await house.ActorAsync(clerk);
        async Task RefusedAsync(Func<IdentityAdmin, Task<Result>> act) => Assert.Equal("identity.escalation", Assert.Single((await house.AdminAsync(act)).Errors).Code);

        Assert.Empty((await house.AdminAsync(a => a.AssignRoleAsync(actor, staff, trainers))).Errors);
        await RefusedAsync(a => a.AssignRoleAsync(actor, staff, approvers));
        await RefusedAsync(async a => await a.AssignRoleAsync(actor, staff, await house.RoleIdAsync(BuiltInRoles.Administrator)));
        await RefusedAsync(async a => await a.AssignRoleAsync(actor, clerk, trainers));
        await RefusedAsync(async a => await a.CreateRoleAsync(actor, new RoleInput("mine", "我的", "Mine", [new Grant("*", Right.Administer, Scope.All)])));
        await RefusedAsync(a => a.UpdateRoleAsync(actor, clerkRole, new RoleInput("clerk", "c", "c", [AdminOnly, new Grant("logs", Right.Read, Scope.All)])));
        // Setting somebody's password is being that somebody.
        await RefusedAsync(async a => await a.IssueTemporaryPasswordAsync(actor, ciso));
        await RefusedAsync(async a => await a.IssueSignInLinkAsync(actor, ciso));
        await RefusedAsync(a => a.ResetSecondFactorAsync(actor, house.AdminId));
        await RefusedAsync(a => a.UpdatePersonAsync(actor, ciso, new PersonInput("hsu.ciso", "x", "mine@example.tw")));
        await RefusedAsync(a => a.DeactivatePersonAsync(actor, ciso));
        var import = await house.AdminAsync(a => a.ImportPeopleAsync(actor, [new PersonRow("新人", "new.person", null, null, ["ciso"])]));
        Assert.Equal("identity.escalation", Assert.Single(Assert.Single(import.Value).Errors).Code);
        await using var db = house.Db();
        Assert.True(await db.Denials.CountAsync(d => d.Code == "identity.escalation") >= 8);
    }

    [Fact]
    public async Task An_administrator_of_a_subtree_places_people_only_there()
    {
        await using var house = await House.FoundedAsync();
        var top = house.Directory.Units[0].Id;
        var mine = await house.AddUnitAsync("資訊處", top);
        var other = await house.AddUnitAsync("人事處", top);
        var role = await house.AddRoleAsync("unit-admin", AdminOnly, new Grant("T2", Right.Write, Scope.Subtree));
        var writers = await house.AddRoleAsync("unit-writer", new Grant("T2", Right.Write, Scope.Unit));
        var clerk = await house.AddPersonAsync("kuo.clerk", null, mine);
        await house.AdminAsync(a => a.AssignRoleAsync(house.Admin, clerk, role));
        var actor = await house.ActorAsync(clerk);
        Assert.Equal("identity.escalation", (await house.AdminAsync(a => a.CreatePersonAsync(actor, new PersonInput("aa", "a", null, other)))).Errors[0].Code);
        var inside = await house.AdminAsync(a => a.CreatePersonAsync(actor, new PersonInput("bb", "b", null, mine)));
        Assert.Empty(inside.Errors);
        Assert.Empty((await house.AdminAsync(a => a.AssignRoleAsync(actor, inside.Value, writers))).Errors);
        Assert.Equal("identity.escalation", (await house.AdminAsync(a => a.UpdatePersonAsync(actor, inside.Value, new PersonInput("bb", "b", null, other)))).Errors[0].Code);
        Assert.Equal("identity.escalation", (await house.AdminAsync(a => a.UpdateUnitAsync(actor, mine, new UnitInput("資訊處", null, null)))).Errors[0].Code);
        Assert.Equal("identity.escalation", (await house.AdminAsync(a => a.UpdatePersonAsync(actor, clerk, new PersonInput("kuo.clerk", "k", null, top)))).Errors[0].Code);
    }

    // Calls every public act, so that one added tomorrow without its check turns this red.
    [Fact]
    public async Task Every_act_is_refused_without_the_right()
    {
        await using var house = await House.FoundedAsync();
        var auditor = await house.ActorAsync(await house.AddPersonAsync("yeh.auditor", BuiltInRoles.Auditor));
        var staff = await house.ActorAsync(await house.AddPersonAsync("chen.staff", BuiltInRoles.Staff));
        string[] reading = [nameof(IdentityAdmin.PeopleAsync), nameof(IdentityAdmin.PersonAsync), nameof(IdentityAdmin.RolesAsync), nameof(IdentityAdmin.TokensAsync)];
        var acts = typeof(IdentityAdmin).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);
        Assert.True(acts.Length >= 20);
        var before = (await house.ChangesAsync()).Count;
        foreach (var act in acts)
        {
            foreach (var actor in (Actor[])[staff, auditor])
            {
                if (actor == auditor && reading.Contains(act.Name)) continue;
                var result = await house.AdminAsync(async admin =>
                {
                    var task = (Task)act.Invoke(admin, [.. act.GetParameters().Select(p => Argument(p, actor, house.AdminId))])!;
                    await task;
                    return (Result)task.GetType().GetProperty("Result")!.GetValue(task)!;
                });
                Assert.True(result.Errors.Count == 1 && result.Errors[0].Code == "access.denied", $"{act.Name} answered {string.Join("; ", result.Errors)}");
            }
        }

        Assert.Equal(before, (await house.ChangesAsync()).Count);
        await using var db = house.Db();
        Assert.True(await db.Denials.CountAsync() >= acts.Length);
    }

    [Fact]
    public async Task Every_act_stands_in_the_change_log_with_its_name_actor_and_reason()
    {
        await using var house = await House.FoundedAsync();
        var id = await house.AddPersonAsync("lin.engineer");
        async Task LoggedAsync(string action, string type, Func<IdentityAdmin, Task<Result>> act)
        {
            var before = (await house.ChangesAsync()).Count;
            Assert.Empty((await house.AdminAsync(act)).Errors);
            var made = (await house.ChangesAsync())[before..];
            var change = Assert.Single(made, c => c.Action == action && c.TypeKey == type && c.ActorId == house.AdminId);
            Assert.Equal("because", Records.Storage.ChangeCapture.Read(change)!.Reason);
        }

        var role = await house.RoleIdAsync(BuiltInRoles.Auditor);
        await LoggedAsync("update", "identity.person", a => a.UpdatePersonAsync(house.Admin, id, new PersonInput("lin.engineer", "林工程師", "lin@example.tw"), reason: "because"));
        await LoggedAsync("temporary-password", "identity.person", async a => await a.IssueTemporaryPasswordAsync(house.Admin, id, "because"));
        await LoggedAsync("sign-in-link", "identity.person", async a => await a.IssueSignInLinkAsync(house.Admin, id, "because"));
        await LoggedAsync("unlock", "identity.person", a => a.UnlockAsync(house.Admin, id, "because"));
        await LoggedAsync("create", "identity.person-role", a => a.AssignRoleAsync(house.Admin, id, role, reason: "because"));
        await LoggedAsync("assign", "identity.person-role", a => a.AssignRoleAsync(house.Admin, id, role, Days.Today(house.Clock).AddDays(3), "because"));
        await LoggedAsync("delete", "identity.person-role", a => a.RemoveRoleAsync(house.Admin, id, role, "because"));
        await LoggedAsync("create", "identity.token", async a => await a.CreateTokenAsync(house.Admin, id, "t", [new Grant("logs", Right.Read, Scope.All)], house.Clock.GetUtcNow().AddDays(2), "because"));
        await LoggedAsync("deactivate", "identity.person", a => a.DeactivatePersonAsync(house.Admin, id, reason: "because"));
        await LoggedAsync("reactivate", "identity.person", a => a.ReactivatePersonAsync(house.Admin, id, "because"));
        await LoggedAsync("create", "identity.unit", async a => await a.CreateUnitAsync(house.Admin, new UnitInput("甲"), "because"));
        await LoggedAsync("create", "identity.role", async a => await a.CreateRoleAsync(house.Admin, new RoleInput("extra", "額", "Extra", [new Grant("T1", Right.Read, Scope.All)]), "because"));
    }

    [Fact]
    public async Task Units_form_a_tree_without_cycles()
    {
        await using var house = await House.FoundedAsync();
        var a1 = await house.AddUnitAsync("A");
        var b = await house.AddUnitAsync("B", a1);
        var c = await house.AddUnitAsync("C", b);
        Assert.Equal("identity.unit.cycle", (await house.AdminAsync(a => a.UpdateUnitAsync(house.Admin, a1, new UnitInput("A", null, c)))).Errors[0].Code);
        Assert.Equal("identity.unit.cycle", (await house.AdminAsync(a => a.UpdateUnitAsync(house.Admin, a1, new UnitInput("A", null, a1)))).Errors[0].Code);
        Assert.Equal("identity.unit.in-use", (await house.AdminAsync(a => a.DeleteUnitAsync(house.Admin, b))).Errors[0].Code);
        Assert.Equal("identity.unit.name-taken", (await house.AdminAsync(a => a.CreateUnitAsync(house.Admin, new UnitInput("C", null, b)))).Errors[0].Code);
        Assert.Empty((await house.AdminAsync(a => a.DeleteUnitAsync(house.Admin, c))).Errors);
        Assert.Null(house.Directory.Unit(c));
    }

    [Fact]
    public async Task Built_in_roles_keep_their_grants_and_a_used_role_stays()
    {
        await using var house = await House.FoundedAsync();
        var auditor = await house.RoleIdAsync(BuiltInRoles.Auditor);
        Assert.Equal("identity.role.built-in", (await house.AdminAsync(a => a.UpdateRoleAsync(house.Admin, auditor, new RoleInput("auditor", "稽核員", "Auditor", [new Grant("*", Right.Write, Scope.All)])))).Errors[0].Code);
        Assert.Equal("identity.role.built-in", (await house.AdminAsync(a => a.DeleteRoleAsync(house.Admin, auditor))).Errors[0].Code);
        var extra = await house.AddRoleAsync("extra", new Grant("T1", Right.Read, Scope.All));
        await house.AddPersonAsync("lin", "extra");
        Assert.Equal("identity.role.in-use", (await house.AdminAsync(a => a.DeleteRoleAsync(house.Admin, extra))).Errors[0].Code);
    }

    [Fact]
    public async Task Accounts_are_unique_whatever_their_case_and_faults_name_their_field()
    {
        await using var house = await House.FoundedAsync();
        var errors = (await house.AdminAsync(a => a.CreatePersonAsync(house.Admin, new PersonInput("WANG.ADMIN", "", "not mail", Guid.NewGuid(), "fr")))).Errors;
        Assert.Equal(["account", "displayName", "email", "language", "unitId"], errors.Select(e => e.Place!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_edit_that_started_from_an_older_state_is_refused()
    {
        await using var house = await House.FoundedAsync();
        var id = await house.AddPersonAsync("lin");
        var stamp = (await house.AdminAsync(a => a.PersonAsync(house.Admin, id))).Value.ConcurrencyStamp;
        Assert.Empty((await house.AdminAsync(a => a.UpdatePersonAsync(house.Admin, id, new PersonInput("lin", "甲"), stamp))).Errors);
        Assert.Equal("identity.conflict", (await house.AdminAsync(a => a.UpdatePersonAsync(house.Admin, id, new PersonInput("lin", "乙"), stamp))).Errors[0].Code);
    }

    [Fact]
    public async Task People_are_listed_by_pages_and_found_by_parts()
    {
        await using var house = await House.FoundedAsync();
        foreach (var i in Enumerable.Range(0, 7)) await house.AddPersonAsync($"p{i}");
        var seen = new List<string>();
        string? after = null;
        for (var page = 0; page < 10; page++)
        {
            var lines = (await house.AdminAsync(a => a.PeopleAsync(house.Admin, null, after, 3))).Value;
            if (lines.Count == 0) break;
            seen.AddRange(lines.Select(l => l.Account));
            after = lines[^1].Account;
        }

        Assert.Equal(["p0", "p1", "p2", "p3", "p4", "p5", "p6", "wang.admin"], seen);
        Assert.Equal("wang.admin", Assert.Single((await house.AdminAsync(a => a.PeopleAsync(house.Admin, "大明"))).Value).Account);
    }

    [Fact]
    public async Task An_import_tells_the_fate_of_each_row_and_changes_nothing_the_second_time()
    {
        await using var house = await House.FoundedAsync();
        PersonRow[] rows =
        [
            new("陳小美", "chen", "chen@example.tw", "資訊處/資安科", ["security-engineer"]),
            new("林阿土", "lin", null, "資訊處", ["staff", "system-owner"]),
            new("沒有人", "x!", null, null, []),
            new("張三", "chang", null, null, ["no-such-role"]),
            new("陳又美", "CHEN", null, null, []),
        ];
        RowFate[] first = [RowFate.Created, RowFate.Created, RowFate.Refused, RowFate.Refused, RowFate.Refused];
        var changes = (await house.ChangesAsync()).Count;
        Assert.Equal(first, (await house.AdminAsync(a => a.ImportPeopleAsync(house.Admin, rows, dryRun: true))).Value.Select(f => f.Fate));
        Assert.Equal(changes, (await house.ChangesAsync()).Count);
        Assert.Equal(first, (await house.AdminAsync(a => a.ImportPeopleAsync(house.Admin, rows))).Value.Select(f => f.Fate));
        Assert.Equal(3, house.Directory.Units.Count);
        var section = house.Directory.FindUnit("資安科")!;
        Assert.Equal("資訊處", house.Directory.Unit(section.ParentId!.Value)!.Name);
        Assert.Equal(section.Id, house.Directory.FindPerson("chen")!.UnitId);
        Assert.Equal(["staff", "system-owner"], house.Directory.FindPerson("林阿土")!.Roles);
        changes = (await house.ChangesAsync()).Count;
        Assert.Equal([RowFate.Unchanged, RowFate.Unchanged], (await house.AdminAsync(a => a.ImportPeopleAsync(house.Admin, rows))).Value.Take(2).Select(f => f.Fate));
        Assert.Equal(changes, (await house.ChangesAsync()).Count);
        rows[0] = rows[0] with { Name = "陳小梅" };
        Assert.Equal(RowFate.Updated, (await house.AdminAsync(a => a.ImportPeopleAsync(house.Admin, rows))).Value[0].Fate);
        Assert.Equal("陳小梅", house.Directory.FindPerson("chen")!.Name);
    }

    private static object? Argument(ParameterInfo parameter, Actor actor, Guid someone) => parameter.ParameterType switch
    {
        var t when t == typeof(Actor) => actor,
        var t when t == typeof(Guid) || t == typeof(Guid?) => someone,
        var t when t == typeof(string) => parameter.HasDefaultValue ? null : "x",
        var t when t == typeof(PersonInput) => new PersonInput("acc", "name"),
        var t when t == typeof(UnitInput) => new UnitInput("unit"),
        var t when t == typeof(RoleInput) => new RoleInput("key", "名", "Name", []),
        var t when t == typeof(IReadOnlyList<Grant>) => new Grant[] { new("logs", Right.Read, Scope.All) },
        var t when t == typeof(IReadOnlyList<PersonRow>) => new PersonRow[] { new("a", "b", null, null, []) },
        var t when t == typeof(DateTimeOffset) => DateTimeOffset.UtcNow.AddDays(1),
        var t when t == typeof(DateOnly?) => null,
        var t when t == typeof(CancellationToken) => CancellationToken.None,
        var t when t == typeof(bool) => false,
        var t when t == typeof(int) => 10,
        _ => throw new NotSupportedException($"Teach this test {parameter.ParameterType}."),
    };
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class AdministrationTestsOnPostgres : AdministrationTests, IOnPostgres;
