using Hufu.Identity;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Identity;

/// <summary>Who the organisation is, kept in memory because every page shows it; another process's change shows within a minute.</summary>
internal sealed class OrganisationCache(IDbContextFactory<HufuDbContext> factory, TimeProvider clock)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);
    private Known? known;

    public async Task<Organisation?> GetAsync(CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref known) is { } fresh && clock.GetElapsedTime(fresh.At) < MaxAge) return fresh.Organisation;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var read = new Known(await Organisation.ReadAsync(db, cancellation), clock.GetTimestamp());
        Volatile.Write(ref known, read);
        return read.Organisation;
    }

    /// <summary>The settings were changed: the next question reads them again.</summary>
    public void Invalidate() => Volatile.Write(ref known, null);

    private sealed record Known(Organisation? Organisation, long At);
}
