using System.Collections.Concurrent;
using System.Security.Claims;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Hufu.Identity;

/// <summary>Turns who signed in into who acts, with the grants that count today.</summary>
public sealed class ActorFactory(IDbContextFactory<HufuDbContext> factory, PeopleDirectory directory, GrantSets grantSets, IOptions<IdentityOptions> identity, TimeProvider clock)
{
    /// <summary>Claim with the id of the API token that the request came with.</summary>
    public const string TokenClaim = "hufu:token";

    /// <summary>Claim of a person who must choose an own password first.</summary>
    public const string MustChangePasswordClaim = "hufu:must-change-password";

    private const int MostCached = 5_000;
    private static readonly TimeSpan CacheAge = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<(Guid Person, Guid? Token, string Channel), Known> cache = new();

    /// <summary>
    /// The actor behind a request; null when nobody is signed in, or the person is inactive, or the sign-in is older than the person's
    /// last change of credentials, or the token has been withdrawn.
    /// </summary>
    public async Task<Actor?> FromAsync(ClaimsPrincipal principal, CancellationToken cancellation = default)
    {
        if (principal.Identity?.IsAuthenticated != true || !Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var person)) return null;
        Guid? token = null;
        if (principal.FindFirstValue(TokenClaim) is { } claim)
        {
            if (!Guid.TryParse(claim, out var id)) return null;
            token = id;
        }

        var known = await KnownAsync(person, token, token is null ? "web" : "api", cancellation);
        if (known.Actor is null) return null;
        if (token is null && principal.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType) != known.Stamp) return null;
        return known.Actor;
    }

    /// <summary>The actor that a person is, for the command line and for jobs done in somebody's name; null when unknown or inactive.</summary>
    public async Task<Actor?> ForAsync(Guid personId, string channel, CancellationToken cancellation = default) => (await KnownAsync(personId, null, channel, cancellation)).Actor;

    private async Task<Known> KnownAsync(Guid person, Guid? token, string channel, CancellationToken cancellation)
    {
        var key = (person, token, channel);
        var version = directory.Version;
        if (cache.TryGetValue(key, out var known) && known.Version == version && clock.GetElapsedTime(known.At) < CacheAge) return known;
        known = await ReadAsync(person, token, channel, version, cancellation);
        if (cache.Count >= MostCached) cache.Clear();
        cache[key] = known;
        return known;
    }

    private async Task<Known> ReadAsync(Guid personId, Guid? tokenId, string channel, long version, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var nobody = new Known(version, clock.GetTimestamp(), null, null);
        var person = await db.Set<Person>().AsNoTracking().Where(p => p.Id == personId && p.Active)
            .Select(p => new { p.DisplayName, p.UnitId, p.SecurityStamp, p.MustChangePassword }).FirstOrDefaultAsync(cancellation);
        if (person is null) return nobody;
        IReadOnlyList<Grant> grants = [];
        if (!person.MustChangePassword)
        {
            grants = await GrantsOfAsync(db, personId, Days.Today(clock), cancellation);
            if (tokenId is { } id)
            {
                var now = db.Now;
                var token = await db.Set<ApiToken>().AsNoTracking().FirstOrDefaultAsync(t => t.Id == id && t.PersonId == personId && t.RevokedAt == null && t.ExpiresAt > now, cancellation);
                if (token is null) return nobody;
                grants = grantSets.Intersect(grants, token.Grants);
            }
        }

        var subtree = directory.Subtree(person.UnitId);
        return new Known(version, clock.GetTimestamp(), new Actor(personId, person.DisplayName, person.UnitId, subtree, grants, channel), person.SecurityStamp);
    }

    internal static async Task<IReadOnlyList<Grant>> GrantsOfAsync(HufuDbContext db, Guid personId, DateOnly today, CancellationToken cancellation)
    {
        var roles = await db.Set<PersonRole>().Where(r => r.PersonId == personId && (r.ValidUntil == null || r.ValidUntil >= today))
            .Join(db.Set<Role>(), r => r.RoleId, r => r.Id, (_, role) => role.GrantsJson).ToListAsync(cancellation);
        return [.. roles.SelectMany(GrantJson.Read).Distinct()];
    }

    private sealed record Known(long Version, long At, Actor? Actor, string? Stamp);
}
