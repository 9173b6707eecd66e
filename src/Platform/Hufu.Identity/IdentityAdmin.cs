using System.Data;
using System.Data.Common;
using System.Net.Mail;
using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>What an administrator says of a person. The account is what they sign in with: letters, digits and <c>. _ - @ + \</c>.</summary>
public sealed record PersonInput(
    string Account, string DisplayName, string? Email = null, Guid? UnitId = null, string Language = "zh-TW", DateOnly? JoinedOn = null, DateOnly? LeftOn = null);

/// <summary>A person in the administrator's list.</summary>
public sealed record PersonLine(
    Guid Id, string Account, string DisplayName, string? Email, Guid? UnitId, bool Active, bool HasPassword, bool MustChangePassword, bool TwoFactor, int Passkeys,
    DateTimeOffset? LockedUntil, IReadOnlyList<AssignedRole> Roles, string ConcurrencyStamp, PersonInput Input);

/// <summary>A role that a person has, and until when.</summary>
public sealed record AssignedRole(Guid RoleId, string Key, LocalizedText Name, DateOnly? ValidUntil);

/// <summary>
/// The only door through which people, units, roles and tokens are administered. Each act asks for the right to administer, is written to the
/// change log with its reason, and never leaves the organisation without an administrator. Who administers only a part can hand out, or lay
/// hands on, no more than they hold themselves; whoever administers everything (<c>*</c>) can.
/// </summary>
public sealed partial class IdentityAdmin(
    IDbContextFactory<HufuDbContext> factory, UserManager<Person> users, GrantSets grantSets, PeopleDirectory directory, DenialLog denials, TimeProvider clock)
{
    private const string Area = "admin";
    private const int PageLimit = 200;
    private const int Attempts = 5;

    // Without letters and digits that look alike on paper.
    private const string TemporaryAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    private static readonly Error Denied = Error.Of("access.denied", "您沒有系統管理的權限。", "You may not administer this.");
    private static readonly Error Outranked = Error.Of("identity.escalation", "您不能授與或掌控超出自己權限的內容。", "You cannot hand out, or take hold of, more than you hold yourself.");
    private static readonly Error LastAdministrator = Error.Of("identity.last-administrator", "這是最後一位有效的系統管理者，必須先指派另一位。", "This is the last active administrator; appoint another one first.");
    private static readonly Error NoPerson = Error.Of("identity.person.not-found", "找不到這位人員。", "This person does not exist.");
    private static readonly Error Busy = Error.Of("identity.conflict", "資料剛被其他人修改，請重新載入後再試。", "Somebody else just changed this; load it again and retry.");

    // ---- people --------------------------------------------------------------------------------------------------

    /// <summary>People in order of their accounts.</summary>
    /// <param name="actor">Needs to read the administration.</param>
    /// <param name="search">Part of an account, name or e-mail address; null for all.</param>
    /// <param name="after">Account of the last person of the page before; null for the first page.</param>
    /// <param name="take">At most this many, up to 200.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public async Task<Result<IReadOnlyList<PersonLine>>> PeopleAsync(Actor actor, string? search = null, string? after = null, int take = 50, CancellationToken cancellation = default)
    {
        if (!actor.May(Area, Right.Read)) return Result.Fail<IReadOnlyList<PersonLine>>(await DenyAsync(actor, "people.read"));
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var query = db.Set<Person>().AsNoTracking();
        if (!string.IsNullOrWhiteSpace(search))
        {
            var part = search.Trim();
            var normal = users.NormalizeName(part)!;
            query = query.Where(p => p.NormalizedUserName!.Contains(normal) || p.NormalizedEmail!.Contains(normal) || p.DisplayName.Contains(part));
        }

        if (after is not null)
        {
            var from = users.NormalizeName(after)!;
#pragma warning disable CA1309 // Translated to the database's own comparison, the same that orders the list.
            query = query.Where(p => string.Compare(p.NormalizedUserName, from) > 0);
#pragma warning restore CA1309
        }

        var page = await query.OrderBy(p => p.NormalizedUserName).Take(Math.Clamp(take, 1, PageLimit)).ToListAsync(cancellation);
        return Result.Of<IReadOnlyList<PersonLine>>(await LinesAsync(db, page, cancellation));
    }

    /// <summary>One person.</summary>
    public async Task<Result<PersonLine>> PersonAsync(Actor actor, Guid id, CancellationToken cancellation = default)
    {
        if (!actor.May(Area, Right.Read)) return Result.Fail<PersonLine>(await DenyAsync(actor, "people.read"));
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var person = await db.Set<Person>().AsNoTracking().FirstOrDefaultAsync(p => p.Id == id, cancellation);
        return person is null ? Result.Fail<PersonLine>(NoPerson) : Result.Of((await LinesAsync(db, [person], cancellation))[0]);
    }

    /// <summary>Adds a person, who can sign in once they have a sign-in link, a temporary password or the organisation's own sign-in.</summary>
    public Task<Result<Guid>> CreatePersonAsync(Actor actor, PersonInput input, string? reason = null, CancellationToken cancellation = default) =>
        DoAsync<Guid>(actor, "create", reason, async db =>
        {
            var person = new Person { SecurityStamp = NewStamp(), LockoutEnabled = true };
            var errors = await FillAsync(db, person, input, cancellation);
            if (errors.Count > 0) return Result.Fail<Guid>(errors);
            if (!IsFull(actor) && !MayPlaceIn(actor, person.UnitId)) return Result.Fail<Guid>(Outranked);
            db.Add(person);
            return Result.Of(person.Id);
        }, cancellation);

    /// <summary>Changes what is known of a person.</summary>
    /// <param name="actor">Needs to administer.</param>
    /// <param name="id">The person.</param>
    /// <param name="input">The new state.</param>
    /// <param name="stamp">Concurrency stamp that the edit started from; null to overwrite.</param>
    /// <param name="reason">Kept in the change log.</param>
    /// <param name="cancellation">Stops the act.</param>
    public Task<Result> UpdatePersonAsync(Actor actor, Guid id, PersonInput input, string? stamp = null, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, id, "update", reason, async (db, person) =>
        {
            if (stamp is not null && stamp != person.ConcurrencyStamp) return Result.Fail(Busy);
            var before = (person.NormalizedUserName, person.NormalizedEmail, person.UnitId);
            var errors = await FillAsync(db, person, input, cancellation);
            if (errors.Count > 0) return Result.Fail(errors);
            // The account and the address are what sign-in goes by; the unit is how far grants reach.
            if ((person.NormalizedUserName, person.NormalizedEmail) != (before.NormalizedUserName, before.NormalizedEmail)) person.SecurityStamp = NewStamp();
            if (person.UnitId != before.UnitId && !IsFull(actor))
            {
                var grants = await AllGrantsOfAsync(db, person.Id, cancellation);
                if (person.Id == actor.Id || !MayPlaceIn(actor, person.UnitId) || !grantSets.Covers(actor, grants, person.UnitId)) return Result.Fail(Outranked);
            }

            return Result.Ok;
        }, cancellation);

    /// <summary>Ends a person's access at once: sessions, tokens and links die.</summary>
    public Task<Result> DeactivatePersonAsync(Actor actor, Guid id, DateOnly? leftOn = null, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, id, "deactivate", reason, async (db, person) =>
        {
            person.Active = false;
            person.LeftOn = leftOn ?? person.LeftOn ?? Days.Today(clock);
            person.CalendarKeyHash = null;
            person.SecurityStamp = NewStamp();
            foreach (var token in await db.Set<ApiToken>().Where(t => t.PersonId == id && t.RevokedAt == null).ToListAsync(cancellation)) token.RevokedAt = db.Now;
            return Result.Ok;
        }, cancellation);

    /// <summary>Lets a person in again; tokens stay revoked.</summary>
    public Task<Result> ReactivatePersonAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, id, "reactivate", reason, (_, person) =>
        {
            person.Active = true;
            person.LeftOn = null;
            person.SecurityStamp = NewStamp();
            return Task.FromResult(Result.Ok);
        }, cancellation);

    /// <summary>Makes a random password, told once, with which the person can do nothing but choose an own one.</summary>
    public async Task<Result<string>> IssueTemporaryPasswordAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default)
    {
        var password = RandomNumberGenerator.GetString(TemporaryAlphabet, 20);
        var result = await OnPersonAsync(actor, id, "temporary-password", reason, (_, person) =>
        {
            if (!person.Active) return Task.FromResult(Result.Fail(Error.Of("identity.person.inactive", "此帳號已停用。", "This account is inactive.")));
            person.PasswordHash = users.PasswordHasher.HashPassword(person, password);
            person.MustChangePassword = true;
            person.SecurityStamp = NewStamp();
            person.LockoutEnd = null;
            person.AccessFailedCount = 0;
            return Task.FromResult(Result.Ok);
        }, cancellation);
        return result.IsOk ? Result.Of(password) : Result.Fail<string>(result.Errors);
    }

    /// <summary>Makes the secret of a one-time sign-in link, valid for a day, for <see cref="PersonSignIn.LinkSignInAsync"/>.</summary>
    public async Task<Result<string>> IssueSignInLinkAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default)
    {
        var link = "";
        var result = await OnPersonAsync(actor, id, "sign-in-link", reason, async (db, person) =>
        {
            if (!person.Active) return Result.Fail(Error.Of("identity.person.inactive", "此帳號已停用。", "This account is inactive."));
            link = await users.GenerateUserTokenAsync(person, TokenOptions.DefaultProvider, PersonSignIn.LinkPurpose);
            db.Changes.Add(PersonNotes.Make(db, actor, id, "sign-in-link", reason));
            return Result.Ok;
        }, cancellation);
        return result.IsOk ? Result.Of(link) : Result.Fail<string>(result.Errors);
    }

    /// <summary>Takes away authenticator, recovery codes and passkeys, for somebody who lost them.</summary>
    public Task<Result> ResetSecondFactorAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, id, "reset-second-factor", reason, async (db, person) =>
        {
            person.TwoFactorEnabled = false;
            person.SecurityStamp = NewStamp();
            db.RemoveRange(await db.Set<IdentityUserToken<Guid>>().Where(t => t.UserId == id).ToListAsync(cancellation));
            db.RemoveRange(await db.Set<IdentityUserPasskey<Guid>>().Where(p => p.UserId == id).ToListAsync(cancellation));
            db.Changes.Add(PersonNotes.Make(db, actor, id, "reset-second-factor", reason));
            return Result.Ok;
        }, cancellation);

    /// <summary>Ends a lockout before its time.</summary>
    public Task<Result> UnlockAsync(Actor actor, Guid id, string? reason = null, CancellationToken cancellation = default) =>
        OnPersonAsync(actor, id, "unlock", reason, (db, person) =>
        {
            person.LockoutEnd = null;
            person.AccessFailedCount = 0;
            db.Changes.Add(PersonNotes.Make(db, actor, id, "unlock", reason));
            return Task.FromResult(Result.Ok);
        }, cancellation);

    // ---- how each act is done --------------------------------------------------------------------------------------

    internal static string NewStamp() => Convert.ToHexString(RandomNumberGenerator.GetBytes(20));

    private static bool IsFull(Actor actor) => actor.Grants.Any(IsFull);

    private static bool IsFull(Grant grant) => grant is { Target: "*", Scope: Scope.All } && grant.Rights.HasFlag(Right.Administer);

    private static bool MayPlaceIn(Actor actor, Guid? unitId) => actor.Grants.Any(g => g.Target == Area && g.Rights.HasFlag(Right.Administer)) && (actor.UnitId is null || (unitId is { } u && actor.Subtree.Contains(u)));

    /// <summary>Whether anybody is left who administers everything, for good.</summary>
    private static async Task<bool> HasAdministratorAsync(HufuDbContext db, CancellationToken cancellation)
    {
        var roles = await db.Set<Role>().AsNoTracking().ToListAsync(cancellation);
        var full = roles.Where(r => r.Grants.Any(IsFull)).Select(r => r.Id).ToList();
        return full.Count > 0 && await db.Set<PersonRole>().Where(r => r.ValidUntil == null && full.Contains(r.RoleId)).Join(db.Set<Person>().Where(p => p.Active), r => r.PersonId, p => p.Id, (_, p) => p.Id).AnyAsync(cancellation);
    }

    private async Task<Result<T>> DoAsync<T>(Actor actor, string action, string? reason, Func<HufuDbContext, Task<Result<T>>> work, CancellationToken cancellation, bool ownAffair = false, bool dryRun = false)
    {
        if (!ownAffair && !actor.May(Area, Right.Administer)) return Result.Fail<T>(await DenyAsync(actor, action));
        var (result, again) = await TryAsync(actor, action, reason, work, dryRun, cancellation);
        // PostgreSQL lets one of two win that would have seen each other's work; the other sees it when it begins anew.
        for (var attempt = 1; again && attempt < Attempts; attempt++)
        {
            await Task.Delay(Random.Shared.Next(10, 50 * attempt), cancellation);
            (result, again) = await TryAsync(actor, action, reason, work, dryRun, cancellation);
        }

        if (result.IsOk && !dryRun) directory.Invalidate();
        // Written after the transaction has ended: on SQLite a second connection would wait for it.
        if (!result.IsOk && result.Errors.Any(e => e.Code == Outranked.Code)) await denials.WriteAsync(actor, $"{Area}.{action}", Outranked.Code);
        return result;
    }

    private async Task<(Result<T> Result, bool Again)> TryAsync<T>(Actor actor, string action, string? reason, Func<HufuDbContext, Task<Result<T>>> work, bool dryRun, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.ActAs(actor, action, reason);
        try
        {
            // One after the other, so that two administrators cannot remove each other at the same time.
            await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
            var administered = await HasAdministratorAsync(db, cancellation);
            var result = await work(db);
            if (!result.IsOk) return (result, false);
            await db.SaveChangesAsync(cancellation);
            if (administered && !await HasAdministratorAsync(db, cancellation)) return (Result.Fail<T>(LastAdministrator), false);
            if (!dryRun) await transaction.CommitAsync(cancellation);
            return (result, false);
        }
        catch (Exception failure) when (Conflicts.IsTransient(failure))
        {
            return (Result.Fail<T>(Busy), true);
        }
        catch (DbUpdateConcurrencyException)
        {
            return (Result.Fail<T>(Busy), false);
        }
        catch (Exception failure) when (failure is DbUpdateException or DbException or InvalidOperationException { InnerException: DbUpdateException or DbException })
        {
            return (Result.Fail<T>(Error.Of("identity.duplicate", "同名的資料已存在，或剛被其他人修改，請重新載入後再試。", "This exists already or was just changed by somebody else; load it again and retry.")), false);
        }
    }

    private async Task<Result> OnPersonAsync(Actor actor, Guid id, string action, string? reason, Func<HufuDbContext, Person, Task<Result>> work, CancellationToken cancellation) =>
        await DoAsync<bool>(actor, action, reason, async db =>
        {
            if (await db.Set<Person>().FirstOrDefaultAsync(p => p.Id == id, cancellation) is not { } person) return Result.Fail<bool>(NoPerson);
            // Whoever can set somebody's password can be that person.
            if (!IsFull(actor) && !grantSets.Covers(actor, await AllGrantsOfAsync(db, id, cancellation), person.UnitId)) return Result.Fail<bool>(Outranked);
            var result = await work(db, person);
            if (!result.IsOk) return Result.Fail<bool>(result.Errors);
            person.ConcurrencyStamp = Guid.NewGuid().ToString();
            return Result.Of(true);
        }, cancellation);

    private async Task<List<PersonLine>> LinesAsync(HufuDbContext db, IReadOnlyList<Person> people, CancellationToken cancellation)
    {
        var ids = people.Select(p => p.Id).ToList();
        var roles = (await db.Set<PersonRole>().AsNoTracking().Where(r => ids.Contains(r.PersonId)).Join(db.Set<Role>(), r => r.RoleId, r => r.Id, (r, role) => new { r.PersonId, r.ValidUntil, role.Id, role.Key, role.NameZh, role.NameEn }).ToListAsync(cancellation))
            .ToLookup(r => r.PersonId, r => new AssignedRole(r.Id, r.Key, new LocalizedText(r.NameZh, r.NameEn), r.ValidUntil));
        var passkeys = (await db.Set<IdentityUserPasskey<Guid>>().AsNoTracking().Where(p => ids.Contains(p.UserId)).Select(p => p.UserId).ToListAsync(cancellation)).CountBy(p => p).ToDictionary();
        var now = db.Now;
        return [.. people.Select(p => new PersonLine(
            p.Id, p.UserName ?? "", p.DisplayName, p.Email, p.UnitId, p.Active, p.PasswordHash is not null, p.MustChangePassword, p.TwoFactorEnabled, passkeys.GetValueOrDefault(p.Id),
            p.LockoutEnd > now ? p.LockoutEnd : null, [.. roles[p.Id].OrderBy(r => r.Key, StringComparer.Ordinal)], p.ConcurrencyStamp ?? "",
            new PersonInput(p.UserName ?? "", p.DisplayName, p.Email, p.UnitId, p.Language, p.JoinedOn, p.LeftOn)))];
    }

    internal static List<Error> CheckNames(string account, string name, string? email)
    {
        var errors = new List<Error>();
        if (account.Length is < 2 or > 100 || account.Any(c => !char.IsLetterOrDigit(c) && !"._-@+\\".Contains(c, StringComparison.Ordinal)))
            errors.Add(Error.Of("identity.person.account", "帳號須為 2 至 100 個字元，只能用文字、數字與 . _ - @ + \\。", "An account has 2 to 100 characters: letters, digits and . _ - @ + \\.", "account"));
        if (name.Length is 0 or > 100) errors.Add(Error.Of("identity.person.name", "請填姓名，最多 100 個字元。", "Give a name of at most 100 characters.", "displayName"));
        if (email is not null && (email.Length > 256 || !MailAddress.TryCreate(email, out var address) || address.Address != email))
            errors.Add(Error.Of("identity.person.email", "電子郵件格式不正確。", "This is no e-mail address.", "email"));
        return errors;
    }

    private async Task<List<Error>> FillAsync(HufuDbContext db, Person person, PersonInput input, CancellationToken cancellation)
    {
        var errors = new List<Error>();
        var account = Field.Composed(input.Account.Trim());
        var name = Field.Composed(input.DisplayName.Trim());
        var email = string.IsNullOrWhiteSpace(input.Email) ? null : input.Email.Trim();
        errors.AddRange(CheckNames(account, name, email));
        if (input.Language is not ("zh-TW" or "en")) errors.Add(Error.Of("identity.person.language", "語言只能是 zh-TW 或 en。", "The language is zh-TW or en.", "language"));
        if (input is { JoinedOn: { } joined, LeftOn: { } left } && left < joined) errors.Add(Error.Of("identity.person.left", "離職日不可早於到職日。", "A person cannot leave before joining.", "leftOn"));
        if (input.UnitId is { } unit && !await db.Set<OrganisationUnit>().AnyAsync(u => u.Id == unit, cancellation)) errors.Add(Error.Of("identity.unit.not-found", "找不到這個單位。", "This unit does not exist.", "unitId"));
        var normal = users.NormalizeName(account);
        if (await db.Set<Person>().AnyAsync(p => p.NormalizedUserName == normal && p.Id != person.Id, cancellation))
            errors.Add(Error.Of("identity.person.account-taken", $"帳號「{account}」已有人使用。", $"The account “{account}” is taken.", "account"));
        if (errors.Count > 0) return errors;
        person.UserName = account;
        person.NormalizedUserName = normal;
        person.DisplayName = name;
        if (person.Email != email)
        {
            person.Email = email;
            person.NormalizedEmail = users.NormalizeEmail(email);
            person.EmailConfirmed = false;
        }

        person.UnitId = input.UnitId;
        person.Language = input.Language;
        person.JoinedOn = input.JoinedOn;
        person.LeftOn = input.LeftOn;
        return errors;
    }

    // Roles that have ended do not count; those that end in future do.
    private Task<IReadOnlyList<Grant>> AllGrantsOfAsync(HufuDbContext db, Guid personId, CancellationToken cancellation) => ActorFactory.GrantsOfAsync(db, personId, Days.Today(clock), cancellation);

    private async Task<Error> DenyAsync(Actor actor, string asked)
    {
        await denials.WriteAsync(actor, $"{Area}.{asked}", Denied.Code);
        return Denied;
    }
}
