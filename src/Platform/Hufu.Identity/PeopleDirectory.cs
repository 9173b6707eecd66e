using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>The people and units in memory, read again when they changed; another process's changes show within a minute.</summary>
public sealed class PeopleDirectory(IDbContextFactory<HufuDbContext> factory, TimeProvider clock) : IDirectory
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private Snapshot? snapshot;
    private long version;

    /// <inheritdoc />
    public IReadOnlyList<DirectoryPerson> People => Current().People;

    /// <inheritdoc />
    public IReadOnlyList<DirectoryUnit> Units => Current().Units;

    /// <summary>Grows with each <see cref="Invalidate"/>; what was worked out from an older version is stale.</summary>
    public long Version => Interlocked.Read(ref version);

    /// <inheritdoc />
    public DirectoryPerson? Person(Guid id) => Current().PersonById.GetValueOrDefault(id);

    /// <inheritdoc />
    public DirectoryUnit? Unit(Guid id) => Current().UnitById.GetValueOrDefault(id);

    /// <summary>People, units or roles were changed: the next question reads them again.</summary>
    public void Invalidate() => Interlocked.Increment(ref version);

    private Snapshot Current()
    {
        var known = Volatile.Read(ref snapshot);
        if (known is not null && known.Version == Version && clock.GetElapsedTime(known.ReadAt) < MaxAge) return known;
        lock (gate)
        {
            known = snapshot;
            // The version is taken before reading: a change during the reading makes the snapshot stale, never wrongly fresh.
            var now = Version;
            if (known is not null && known.Version == now && clock.GetElapsedTime(known.ReadAt) < MaxAge) return known;
            var read = Read(now);
            Volatile.Write(ref snapshot, read);
            return read;
        }
    }

    private Snapshot Read(long asOf)
    {
        using var db = factory.CreateDbContext();
        var today = Days.Today(clock);
        var roles = db.Set<PersonRole>().AsNoTracking().Where(r => r.ValidUntil == null || r.ValidUntil >= today)
            .Join(db.Set<Role>(), r => r.RoleId, r => r.Id, (r, role) => new { r.PersonId, role.Key }).ToList().ToLookup(r => r.PersonId, r => r.Key);
        var people = db.Set<Person>().AsNoTracking().OrderBy(p => p.UserName)
            .Select(p => new { p.Id, p.DisplayName, p.UserName, p.UnitId, p.Active }).ToList()
            .ConvertAll(p => new DirectoryPerson(p.Id, p.DisplayName, p.UserName ?? "", p.UnitId, p.Active, [.. roles[p.Id].Order(StringComparer.Ordinal)]));
        var units = db.Set<OrganisationUnit>().AsNoTracking().OrderBy(u => u.Order).ThenBy(u => u.Name)
            .Select(u => new DirectoryUnit(u.Id, u.Name, u.ParentId)).ToList();
        return new Snapshot(asOf, clock.GetTimestamp(), people, units, people.ToDictionary(p => p.Id), units.ToDictionary(u => u.Id));
    }

    private sealed record Snapshot(
        long Version, long ReadAt, IReadOnlyList<DirectoryPerson> People, IReadOnlyList<DirectoryUnit> Units, Dictionary<Guid, DirectoryPerson> PersonById, Dictionary<Guid, DirectoryUnit> UnitById);
}

/// <summary>Calendar days where the organisation is: the local zone of the machine.</summary>
internal static class Days
{
    public static DateOnly Today(TimeProvider clock) => DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
}
