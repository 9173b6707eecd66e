using System.Data;
using System.Data.Common;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>
/// What the first administrator says at the first run. The level is the responsibility level <c>A</c> to <c>E</c>, null where none was
/// assigned; the language is <c>zh-TW</c> or <c>en</c>.
/// </summary>
public sealed record FirstRunInput(
    string OrganisationName, string? OrganisationNameEn, bool PublicAgency, string? Level, string Language,
    string AdministratorAccount, string AdministratorName, string? AdministratorEmail, string Password);

/// <summary>Makes the organisation, its roles and its first administrator: once, and all or nothing. There is no default password.</summary>
public sealed class FirstRun(IDbContextFactory<HufuDbContext> factory, UserManager<Person> users, PeopleDirectory directory)
{
    private static readonly Error Done = Error.Of("first-run.done", "系統已完成初始設定。", "The first run has been done already.");

    /// <summary>True once there is an organisation.</summary>
    public async Task<bool> IsDoneAsync(CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return await db.Settings.AnyAsync(s => s.Key == OrganisationKeys.Name, cancellation);
    }

    /// <summary>Does it; of several at the same time one succeeds.</summary>
    /// <returns>The first administrator.</returns>
    public async Task<Result<Guid>> SetUpAsync(FirstRunInput input, CancellationToken cancellation = default)
    {
        var errors = Check(input);
        if (errors.Count > 0) return Result.Fail<Guid>(errors);
        if (await IsDoneAsync(cancellation)) return Result.Fail<Guid>(Done);
        var account = Field.Composed(input.AdministratorAccount.Trim());
        var email = string.IsNullOrWhiteSpace(input.AdministratorEmail) ? null : input.AdministratorEmail.Trim();
        var unit = new OrganisationUnit { Name = input.OrganisationName.Trim().Replace('/', '／'), NameEn = Blank(input.OrganisationNameEn) };
        var person = new Person
        {
            UserName = account, NormalizedUserName = users.NormalizeName(account), Email = email, NormalizedEmail = users.NormalizeEmail(email),
            DisplayName = input.AdministratorName.Trim(), UnitId = unit.Id, Language = input.Language, SecurityStamp = IdentityAdmin.NewStamp(), LockoutEnabled = true,
        };
        person.PasswordHash = users.PasswordHasher.HashPassword(person, input.Password);
        var roles = BuiltInRoles.All();
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.ActAs(Actor.System("web"), "first-run");
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
            // Asked again inside: SQLite lets one writer in at a time; on PostgreSQL the unique key of the setting decides.
            if (await db.Settings.AnyAsync(s => s.Key == OrganisationKeys.Name, cancellation)) return Result.Fail<Guid>(Done);
            db.AddRange(
                new Setting { Key = OrganisationKeys.Name, Value = input.OrganisationName.Trim() },
                new Setting { Key = OrganisationKeys.PublicAgency, Value = input.PublicAgency ? "true" : "false" },
                new Setting { Key = OrganisationKeys.Level, Value = input.Level ?? "" },
                new Setting { Key = OrganisationKeys.Language, Value = input.Language });
            if (Blank(input.OrganisationNameEn) is { } nameEn) db.Add(new Setting { Key = OrganisationKeys.NameEn, Value = nameEn });
            db.Add(unit);
            db.AddRange(roles);
            db.Add(person);
            db.Add(new PersonRole { PersonId = person.Id, RoleId = roles.First(r => r.Key == BuiltInRoles.Administrator).Id });
            await db.SaveChangesAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (Exception failure) when (failure is DbUpdateException or DbException or InvalidOperationException { InnerException: DbUpdateException or DbException })
        {
            if (await IsDoneAsync(cancellation)) return Result.Fail<Guid>(Done);
            throw;
        }

        directory.Invalidate();
        return Result.Of(person.Id);
    }

    /// <summary>Brings the built-in roles to what this version of the product says. For the start of the program.</summary>
    public async Task SyncRolesAsync(CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.ActAs(Actor.System(), "update", "built-in roles of this version");
        var known = await db.Set<Role>().ToDictionaryAsync(r => r.Key, cancellation);
        if (known.Count == 0) return;
        foreach (var role in BuiltInRoles.All())
        {
            if (!known.TryGetValue(role.Key, out var old)) db.Add(role);
            else if (old.BuiltIn && !old.Grants.SequenceEqual(role.Grants)) old.Grants = role.Grants;
        }

        if (await db.SaveChangesAsync(cancellation) > 0) directory.Invalidate();
    }

    private static List<Error> Check(FirstRunInput input)
    {
        var errors = new List<Error>();
        if (input.OrganisationName.Trim().Length is 0 or > 100) errors.Add(Error.Of("first-run.name", "請填機關或公司名稱，最多 100 個字元。", "Give the organisation's name, at most 100 characters.", "organisationName"));
        if (input.Level is not (null or "" or "A" or "B" or "C" or "D" or "E")) errors.Add(Error.Of("first-run.level", "資通安全責任等級為 A 至 E。", "The responsibility level is A to E.", "level"));
        if (input.Language is not ("zh-TW" or "en")) errors.Add(Error.Of("first-run.language", "語言只能是 zh-TW 或 en。", "The language is zh-TW or en.", "language"));
        errors.AddRange(IdentityAdmin.CheckNames(Field.Composed(input.AdministratorAccount.Trim()), input.AdministratorName.Trim(), Blank(input.AdministratorEmail)));
        errors.AddRange(PasswordRules.Check(input.Password, input.AdministratorAccount.Trim(), input.AdministratorEmail));
        return errors;
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
