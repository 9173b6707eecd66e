using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>A token as shown in lists: never its secret.</summary>
public sealed record TokenLine(Guid Id, Guid PersonId, string Name, string Prefix, IReadOnlyList<Grant> Grants, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>A token just made.</summary>
/// <param name="Id">The token.</param>
/// <param name="Secret">Told this once and never again.</param>
public sealed record NewToken(Guid Id, string Secret);

public sealed partial class IdentityAdmin
{
    private const int TokensPerPerson = 50;

    /// <summary>Tokens of one person, for themselves or for who reads the administration; all, for the latter.</summary>
    public async Task<Result<IReadOnlyList<TokenLine>>> TokensAsync(Actor actor, Guid? personId, CancellationToken cancellation = default)
    {
        if (personId != actor.Id && !actor.May(Area, Right.Read)) return Result.Fail<IReadOnlyList<TokenLine>>(await DenyAsync(actor, "tokens.read"));
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var tokens = await db.Set<ApiToken>().AsNoTracking().Where(t => personId == null || t.PersonId == personId).OrderByDescending(t => t.Id).Take(1000).ToListAsync(cancellation);
        return Result.Of<IReadOnlyList<TokenLine>>([.. tokens.Select(t => new TokenLine(t.Id, t.PersonId, t.Name, t.Prefix, t.Grants, t.CreatedAt, t.ExpiresAt, t.LastUsedAt, t.RevokedAt))]);
    }

    /// <summary>
    /// Makes a token, for oneself or, as an administrator, for somebody else; the latter never carries approval, or one person could be both
    /// halves of the tally. A token cannot make tokens.
    /// </summary>
    public async Task<Result<NewToken>> CreateTokenAsync(Actor actor, Guid personId, string name, IReadOnlyList<Grant> grants, DateTimeOffset expiresAt, string? reason = null, CancellationToken cancellation = default)
    {
        var own = personId == actor.Id && !actor.IsSystem;
        if (actor.Channel == "api") return Result.Fail<NewToken>(await DenyAsync(actor, "token.create"));
        var (secret, prefix, hash) = ApiTokens.Make();
        var made = await DoAsync<NewToken>(actor, "create", reason, async db =>
        {
            var errors = new List<Error>(grantSets.Check(grants));
            if (string.IsNullOrWhiteSpace(name) || name.Trim().Length > 100) errors.Add(Error.Of("identity.token.name", "請填名稱，最多 100 個字元。", "Give a name of at most 100 characters.", "name"));
            if (grants.Count is 0 or > 200) errors.Add(Error.Of("identity.token.grants", "請選擇權杖的權限（1 至 200 項）。", "Choose what the token may do (1 to 200 grants).", "grants"));
            var now = db.Now;
            if (expiresAt <= now || expiresAt > now.AddYears(1)) errors.Add(Error.Of("identity.token.expiry", "到期時間必須在一年之內。", "A token expires within a year.", "expiresAt"));
            if (await db.Set<Person>().FirstOrDefaultAsync(p => p.Id == personId && p.Active, cancellation) is not { } person) return Result.Fail<NewToken>(NoPerson);
            if (person.MustChangePassword && own) return Result.Fail<NewToken>(Outranked);
            if (await db.Set<ApiToken>().CountAsync(t => t.PersonId == personId && t.RevokedAt == null && t.ExpiresAt > now, cancellation) >= TokensPerPerson)
                errors.Add(Error.Of("identity.token.many", $"每人最多 {TokensPerPerson} 個有效權杖。", $"A person has at most {TokensPerPerson} valid tokens."));
            if (!own)
            {
                if (!IsFull(actor) && !grantSets.Covers(actor, await AllGrantsOfAsync(db, personId, cancellation), person.UnitId)) return Result.Fail<NewToken>(Outranked);
                if (grants.Any(g => g.Rights.HasFlag(Right.Approve))) errors.Add(Error.Of("identity.token.approval", "替他人建立的權杖不能有核准權。", "A token made for somebody else cannot carry approval.", "grants"));
            }

            if (errors.Count > 0) return Result.Fail<NewToken>(errors);
            var token = new ApiToken { PersonId = personId, Name = name.Trim(), Prefix = prefix, SecretHash = hash, Grants = grants, CreatedAt = now, ExpiresAt = Instants.Truncate(expiresAt) };
            db.Add(token);
            return Result.Of(new NewToken(token.Id, secret));
        }, cancellation, ownAffair: own);
        return made;
    }

    /// <summary>Ends a token, one's own or, as an administrator, anybody's. Revoking twice changes nothing.</summary>
    public async Task<Result> RevokeTokenAsync(Actor actor, Guid tokenId, string? reason = null, CancellationToken cancellation = default)
    {
        bool own;
        await using (var db = await factory.CreateDbContextAsync(cancellation)) own = !actor.IsSystem && await db.Set<ApiToken>().AnyAsync(t => t.Id == tokenId && t.PersonId == actor.Id, cancellation);
        return await DoAsync<bool>(actor, "revoke", reason, async db =>
        {
            if (await db.Set<ApiToken>().FirstOrDefaultAsync(t => t.Id == tokenId, cancellation) is not { } token) return Result.Fail<bool>(Error.Of("identity.token.not-found", "找不到這個權杖。", "This token does not exist."));
            token.RevokedAt ??= db.Now;
            return Result.Of(true);
        }, cancellation, ownAffair: own);
    }
}
