using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>What an administrator says of a unit.</summary>
public sealed record UnitInput(string Name, string? NameEn = null, Guid? ParentId = null, int Order = 0);

/// <summary>What an administrator says of a role.</summary>
public sealed record RoleInput(string Key, string NameZh, string NameEn, IReadOnlyList<Grant> Grants);

public sealed partial class IdentityAdmin
{
    private static readonly Error NoUnit = Error.Of("identity.unit.not-found", "找不到這個單位。", "This unit does not exist.");
    private static readonly Error NoRole = Error.Of("identity.role.not-found", "找不到這個角色。", "This role does not exist.");

    // ---- units ---------------------------------------------------------------------------------------------------

    /// <summary>Adds a unit.</summary>
    public Task<Result<Guid>> CreateUnitAsync(Actor actor, UnitInput input, string? reason = null, CancellationToken cancellation = default) =>
        DoAsync<Guid>(actor, "create", reason, async db =>
        {
            var unit = new OrganisationUnit();
            var errors = await FillAsync(db, unit, input, cancellation);
            if (errors.Count > 0) return Result.Fail<Guid>(errors);
            if (!IsFull(actor) && !MayPlaceIn(actor, unit.ParentId)) return Result.Fail<Guid>(Outranked);
            db.Add(unit);
            return Result.Of(unit.Id);
        }, cancellation);

    /// <summary>Renames or moves a unit. Moving widens or narrows what its people reach, so it takes an administrator of everything.</summary>
    public async Task<Result> UpdateUnitAsync(Actor actor, Guid id, UnitInput input, string? reason = null, CancellationToken cancellation = default) =>
        await DoAsync<bool>(actor, "update", reason, async db =>
        {
            if (await db.Set<OrganisationUnit>().FirstOrDefaultAsync(u => u.Id == id, cancellation) is not { } unit) return Result.Fail<bool>(NoUnit);
            if (!IsFull(actor) && (input.ParentId != unit.ParentId || !MayPlaceIn(actor, id))) return Result.Fail<bool>(Outranked);
            var errors = await FillAsync(db, unit, input, cancellation);
            return errors.Count > 0 ? Result.Fail<bool>(errors) : Result.Of(true);
        }, cancellation);

    /// <summary>Removes a unit that has neither people nor units below it.</summary>
    public async Task<Result> DeleteUnitAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default) =>
        await DoAsync<bool>(actor, "delete", reason, async db =>
        {
            if (await db.Set<OrganisationUnit>().FirstOrDefaultAsync(u => u.Id == id, cancellation) is not { } unit) return Result.Fail<bool>(NoUnit);
            if (!IsFull(actor) && !MayPlaceIn(actor, id)) return Result.Fail<bool>(Outranked);
            if (await db.Set<Person>().AnyAsync(p => p.UnitId == id, cancellation) || await db.Set<OrganisationUnit>().AnyAsync(u => u.ParentId == id, cancellation))
                return Result.Fail<bool>(Error.Of("identity.unit.in-use", "單位下還有人員或下級單位，不能刪除。", "The unit still has people or units below it."));
            db.Remove(unit);
            return Result.Of(true);
        }, cancellation);

    // ---- roles ---------------------------------------------------------------------------------------------------

    /// <summary>All roles.</summary>
    public async Task<Result<IReadOnlyList<Role>>> RolesAsync(Actor actor, CancellationToken cancellation = default)
    {
        if (!actor.May(Area, Right.Read)) return Result.Fail<IReadOnlyList<Role>>(await DenyAsync(actor, "roles.read"));
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return Result.Of<IReadOnlyList<Role>>(await db.Set<Role>().AsNoTracking().OrderByDescending(r => r.BuiltIn).ThenBy(r => r.Key).ToListAsync(cancellation));
    }

    /// <summary>Adds a role.</summary>
    public Task<Result<Guid>> CreateRoleAsync(Actor actor, RoleInput input, string? reason = null, CancellationToken cancellation = default) =>
        DoAsync<Guid>(actor, "create", reason, async db =>
        {
            var role = new Role();
            var errors = await FillAsync(db, role, input, cancellation);
            if (errors.Count > 0) return Result.Fail<Guid>(errors);
            if (!MayDefine(actor, role.Grants)) return Result.Fail<Guid>(Outranked);
            db.Add(role);
            return Result.Of(role.Id);
        }, cancellation);

    /// <summary>Changes a role; those that come with the product keep their key and grants.</summary>
    public async Task<Result> UpdateRoleAsync(Actor actor, Guid id, RoleInput input, string? reason = null, CancellationToken cancellation = default) =>
        await DoAsync<bool>(actor, "update", reason, async db =>
        {
            if (await db.Set<Role>().FirstOrDefaultAsync(r => r.Id == id, cancellation) is not { } role) return Result.Fail<bool>(NoRole);
            if (role.BuiltIn && (input.Key != role.Key || !input.Grants.SequenceEqual(role.Grants)))
                return Result.Fail<bool>(Error.Of("identity.role.built-in", "內建角色的代碼與權限不能修改，請另建角色。", "Key and grants of a built-in role cannot be changed; make a role of your own."));
            if (!MayDefine(actor, role.Grants)) return Result.Fail<bool>(Outranked);
            var errors = await FillAsync(db, role, input, cancellation);
            if (errors.Count > 0) return Result.Fail<bool>(errors);
            if (!MayDefine(actor, role.Grants)) return Result.Fail<bool>(Outranked);
            // A role has people in many units: what it newly gives, it gives to all of them.
            if (!IsFull(actor))
            {
                var holders = await db.Set<PersonRole>().Where(r => r.RoleId == id).Join(db.Set<Person>(), r => r.PersonId, p => p.Id, (_, p) => new { p.Id, p.UnitId }).ToListAsync(cancellation);
                if (holders.Any(h => h.Id == actor.Id || !grantSets.Covers(actor, role.Grants, h.UnitId))) return Result.Fail<bool>(Outranked);
            }

            return Result.Of(true);
        }, cancellation);

    /// <summary>Removes a role that nobody has.</summary>
    public async Task<Result> DeleteRoleAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default) =>
        await DoAsync<bool>(actor, "delete", reason, async db =>
        {
            if (await db.Set<Role>().FirstOrDefaultAsync(r => r.Id == id, cancellation) is not { } role) return Result.Fail<bool>(NoRole);
            if (role.BuiltIn) return Result.Fail<bool>(Error.Of("identity.role.built-in", "內建角色不能刪除。", "A built-in role cannot be removed."));
            if (!MayDefine(actor, role.Grants)) return Result.Fail<bool>(Outranked);
            if (await db.Set<PersonRole>().AnyAsync(r => r.RoleId == id, cancellation)) return Result.Fail<bool>(Error.Of("identity.role.in-use", "還有人員使用這個角色。", "Somebody still has this role."));
            db.Remove(role);
            return Result.Of(true);
        }, cancellation);

    /// <summary>Gives a person a role, or changes until when they have it.</summary>
    public Task<Result> AssignRoleAsync(Actor actor, Guid personId, Guid roleId, DateOnly? validUntil = null, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, personId, "assign", reason, async (db, person) =>
        {
            if (await db.Set<Role>().FirstOrDefaultAsync(r => r.Id == roleId, cancellation) is not { } role) return Result.Fail(NoRole);
            if (validUntil < Days.Today(clock)) return Result.Fail(Error.Of("identity.role.ended", "有效期限不可在過去。", "The last day cannot be in the past.", "validUntil"));
            // Nobody but an administrator of everything gives roles to themselves.
            if (!IsFull(actor) && (personId == actor.Id || !grantSets.Covers(actor, role.Grants, person.UnitId))) return Result.Fail(Outranked);
            var known = await db.Set<PersonRole>().FirstOrDefaultAsync(r => r.PersonId == personId && r.RoleId == roleId, cancellation);
            if (known is null) db.Add(new PersonRole { PersonId = personId, RoleId = roleId, ValidUntil = validUntil });
            else known.ValidUntil = validUntil;
            return Result.Ok;
        }, cancellation);

    /// <summary>Takes a role away.</summary>
    public Task<Result> RemoveRoleAsync(Actor actor, Guid personId, Guid roleId, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, personId, "unassign", reason, async (db, _) =>
        {
            if (await db.Set<PersonRole>().FirstOrDefaultAsync(r => r.PersonId == personId && r.RoleId == roleId, cancellation) is not { } known) return Result.Fail(NoRole);
            db.Remove(known);
            return Result.Ok;
        }, cancellation);

    private bool MayDefine(Actor actor, IReadOnlyList<Grant> grants) => IsFull(actor) || grantSets.Covers(actor.Grants, grants);

    private static async Task<List<Error>> FillAsync(HufuDbContext db, OrganisationUnit unit, UnitInput input, CancellationToken cancellation)
    {
        var errors = new List<Error>();
        var name = Field.Composed(input.Name.Trim());
        if (name.Length is 0 or > 100 || name.Contains('/', StringComparison.Ordinal)) errors.Add(Error.Of("identity.unit.name", "請填單位名稱，最多 100 個字元，不可含「/」。", "Give a name of at most 100 characters without “/”.", "name"));
        var units = await db.Set<OrganisationUnit>().AsNoTracking().Select(u => new { u.Id, u.ParentId, u.Name }).ToListAsync(cancellation);
        var parents = units.ToDictionary(u => u.Id, u => u.ParentId);
        if (input.ParentId is { } parent && !parents.ContainsKey(parent)) errors.Add(NoUnit with { Place = "parentId" });
        if (units.Any(u => u.Id != unit.Id && u.ParentId == input.ParentId && u.Name == name)) errors.Add(Error.Of("identity.unit.name-taken", $"同一層已有「{name}」。", $"There is a “{name}” beside it already.", "name"));
        // Bounded by the number of units, should a cycle have come from elsewhere.
        var above = input.ParentId;
        for (var i = 0; above is { } at && i <= parents.Count; i++)
        {
            if (at == unit.Id)
            {
                errors.Add(Error.Of("identity.unit.cycle", "單位不能放在自己或下級單位之下。", "A unit cannot stand below itself.", "parentId"));
                break;
            }

            above = parents.GetValueOrDefault(at);
        }

        if (errors.Count > 0) return errors;
        unit.Name = name;
        unit.NameEn = string.IsNullOrWhiteSpace(input.NameEn) ? null : input.NameEn.Trim();
        unit.ParentId = input.ParentId;
        unit.Order = input.Order;
        return errors;
    }

    private async Task<List<Error>> FillAsync(HufuDbContext db, Role role, RoleInput input, CancellationToken cancellation)
    {
        var errors = new List<Error>(grantSets.Check(input.Grants));
        if (input.Key.Length is < 2 or > 60 || input.Key.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')) errors.Add(Error.Of("identity.role.key", "代碼須為 2 至 60 個小寫英文字母、數字或「-」。", "A key has 2 to 60 lower-case letters, digits or dashes.", "key"));
        if (input.NameZh.Trim().Length is 0 or > 100 || input.NameEn.Trim().Length is 0 or > 100) errors.Add(Error.Of("identity.role.name", "請填中文與英文名稱，各最多 100 個字元。", "Give a Chinese and an English name of at most 100 characters each.", "nameZh"));
        if (input.Grants.Count > 200) errors.Add(Error.Of("identity.role.grants", "一個角色最多 200 項權限。", "A role has at most 200 grants.", "grants"));
        if (await db.Set<Role>().AnyAsync(r => r.Key == input.Key && r.Id != role.Id, cancellation)) errors.Add(Error.Of("identity.role.key-taken", $"代碼「{input.Key}」已使用。", $"The key “{input.Key}” is taken.", "key"));
        if (errors.Count > 0) return errors;
        role.Key = input.Key;
        role.NameZh = input.NameZh.Trim();
        role.NameEn = input.NameEn.Trim();
        if (!role.Grants.SequenceEqual(input.Grants)) role.Grants = input.Grants;
        return errors;
    }
}
