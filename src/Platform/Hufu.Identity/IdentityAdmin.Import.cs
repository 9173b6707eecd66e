using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>One row of a list of people: the unit path goes from the top, parted by <c>/</c>, and missing units are made; roles are keys.</summary>
public sealed record PersonRow(string Name, string Account, string? Email, string? UnitPath, IReadOnlyList<string> Roles);

/// <summary>What becomes of a row.</summary>
public enum RowFate
{
    /// <summary>A person is added.</summary>
    Created,

    /// <summary>A known person is changed.</summary>
    Updated,

    /// <summary>Everything is so already.</summary>
    Unchanged,

    /// <summary>Nothing is done, for the reasons given.</summary>
    Refused,
}

/// <summary>The fate of a row; the first row is 1.</summary>
public sealed record PersonRowFate(int Row, string Account, RowFate Fate, IReadOnlyList<Error> Errors);

public sealed partial class IdentityAdmin
{
    private const int RowLimit = 20_000;

    /// <summary>
    /// Adds and updates people by their accounts. Roles are added, never taken away; nobody is deactivated. Rows that are refused do not hold
    /// up the others. Running the same list again changes nothing.
    /// </summary>
    /// <param name="actor">Needs to administer.</param>
    /// <param name="rows">At most 20,000.</param>
    /// <param name="dryRun">True to only say what would become of each row.</param>
    /// <param name="cancellation">Stops the import; nothing is kept then.</param>
    public async Task<Result<IReadOnlyList<PersonRowFate>>> ImportPeopleAsync(Actor actor, IReadOnlyList<PersonRow> rows, bool dryRun = false, CancellationToken cancellation = default)
    {
        if (rows.Count > RowLimit) return Result.Fail<IReadOnlyList<PersonRowFate>>(Error.Of("identity.import.rows", $"一次最多匯入 {RowLimit} 列。", $"At most {RowLimit} rows at a time."));
        return await DoAsync<IReadOnlyList<PersonRowFate>>(actor, "import", null, async db =>
        {
            var roles = await db.Set<Role>().ToDictionaryAsync(r => r.Key, StringComparer.OrdinalIgnoreCase, cancellation);
            var units = await db.Set<OrganisationUnit>().ToListAsync(cancellation);
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            var fates = new List<PersonRowFate>(rows.Count);
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                var (fate, errors) = seen.Add(row.Account.Trim())
                    ? await ImportRowAsync(db, actor, row, roles, units, cancellation)
                    : (RowFate.Refused, [Error.Of("identity.import.twice", "這個帳號在清單中出現兩次。", "This account stands twice in the list.", "account")]);
                fates.Add(new PersonRowFate(i + 1, row.Account, fate, errors));
            }

            return Result.Of<IReadOnlyList<PersonRowFate>>(fates);
        }, cancellation, dryRun: dryRun);
    }

    private async Task<(RowFate Fate, IReadOnlyList<Error> Errors)> ImportRowAsync(HufuDbContext db, Actor actor, PersonRow row, Dictionary<string, Role> roles, List<OrganisationUnit> units, CancellationToken cancellation)
    {
        var wanted = new List<Role>();
        var errors = new List<Error>();
        foreach (var key in row.Roles.Select(k => k.Trim()).Where(k => k.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (roles.TryGetValue(key, out var role)) wanted.Add(role);
            else errors.Add(Error.Of("identity.role.not-found", $"沒有角色「{key}」。", $"There is no role “{key}”.", "roles"));
        }

        var (unit, newUnits) = UnitOf(row.UnitPath, units, errors);
        var normal = users.NormalizeName(Field.Composed(row.Account.Trim()));
        var person = await db.Set<Person>().FirstOrDefaultAsync(p => p.NormalizedUserName == normal, cancellation);
        var isNew = person is null;
        var held = person is null ? [] : await db.Set<PersonRole>().Where(r => r.PersonId == person.Id).ToListAsync(cancellation);
        var missing = wanted.Where(r => held.All(h => h.RoleId != r.Id)).ToList();
        if (!IsFull(actor))
        {
            var before = person is null ? [] : await AllGrantsOfAsync(db, person.Id, cancellation);
            var moves = isNew || person!.UnitId != unit?.Id;
            if (newUnits.Count > 0 || (moves && !MayPlaceIn(actor, unit?.Id)) || person?.Id == actor.Id || !grantSets.Covers(actor, [.. before, .. missing.SelectMany(r => r.Grants)], unit?.Id)
                || (!isNew && !grantSets.Covers(actor, before, person!.UnitId))) errors.Add(Outranked);
        }

        if (errors.Count > 0) return (RowFate.Refused, errors);
        var unitId = unit?.Id ?? person?.UnitId;
        person ??= new Person { SecurityStamp = NewStamp(), LockoutEnabled = true };
        var account = (person.NormalizedUserName, person.NormalizedEmail);
        // The units of the path are not saved yet, so the person is checked without a unit and placed afterwards.
        errors = await FillAsync(db, person, new PersonInput(row.Account, row.Name, string.IsNullOrWhiteSpace(row.Email) ? person.Email : row.Email, null, person.Language, person.JoinedOn, person.LeftOn), cancellation);
        if (errors.Count > 0)
        {
            db.Entry(person).State = EntityState.Detached;
            return (RowFate.Refused, errors);
        }

        db.AddRange(newUnits);
        units.AddRange(newUnits);
        person.UnitId = unitId;
        if (isNew) db.Add(person);
        else if (account != (person.NormalizedUserName, person.NormalizedEmail)) person.SecurityStamp = NewStamp();
        foreach (var role in missing) db.Add(new PersonRole { PersonId = person.Id, RoleId = role.Id });
        db.ChangeTracker.DetectChanges();
        var changed = db.Entry(person).State is EntityState.Modified;
        if (changed) person.ConcurrencyStamp = Guid.NewGuid().ToString();
        await db.SaveChangesAsync(cancellation);
        return (isNew ? RowFate.Created : changed || missing.Count > 0 ? RowFate.Updated : RowFate.Unchanged, []);
    }

    private static (OrganisationUnit? Unit, List<OrganisationUnit> Made) UnitOf(string? path, List<OrganisationUnit> units, List<Error> errors)
    {
        OrganisationUnit? unit = null;
        var made = new List<OrganisationUnit>();
        foreach (var part in (path ?? "").Split('/', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Field.Composed(part);
            if (name.Length > 100 || made.Count >= 10)
            {
                errors.Add(Error.Of("identity.unit.name", "單位名稱太長或層級太深。", "The name of a unit is too long, or there are too many levels.", "unit"));
                return (null, []);
            }

            // A path may leave out the unit at the very top.
            var next = units.Concat(made).FirstOrDefault(u => u.ParentId == unit?.Id && u.Name == name);
            if (next is null && unit is null)
            {
                var roots = units.FindAll(u => u.ParentId is null);
                next = roots.Count == 1 ? units.Find(u => u.ParentId == roots[0].Id && u.Name == name) : null;
                if (next is null) made.Add(next = new OrganisationUnit { Name = name, ParentId = roots.Count == 1 ? roots[0].Id : null });
            }
            else if (next is null) made.Add(next = new OrganisationUnit { Name = name, ParentId = unit!.Id });
            unit = next;
        }

        return (unit, made);
    }
}
