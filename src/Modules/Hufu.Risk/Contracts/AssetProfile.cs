using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Risk.Contracts;

/// <summary>What other modules go by when they choose assets.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Category">Code of its category.</param>
/// <param name="Grade">Code of its grade, one of <see cref="Levels.All"/>; empty where it is not rated.</param>
/// <param name="IsFindable">It has a host name or an address, so that events can be known as its own.</param>
public sealed record AssetProfile(AssetRef Asset, string Category, string Grade, bool IsFindable)
{
    /// <summary>All assets that are neither archived nor retired, by number.</summary>
    public static async Task<IReadOnlyList<AssetProfile>> AllAsync(HufuDbContext db, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(db);
        var assets = await db.Set<Asset>().AsNoTracking().Where(a => a.ArchivedAt == null && a.State != "retired").OrderBy(a => a.Number).ToListAsync(cancellation);
        return [.. assets.Select(a => new AssetProfile(new AssetRef(a.Id, a.Number, a.Code, a.Title, a.UnitId, a.Grade), a.Category, a.Grade, a.Hostname.Length > 0 || a.Addresses.Length > 0))];
    }

    /// <summary>True when the grade is a level or above it.</summary>
    public bool IsAtLeast(string level)
    {
        var order = Levels.All.Select(l => l.Code).ToList();
        return order.IndexOf(Grade) is >= 0 and var mine && order.IndexOf(level) is >= 0 and var asked && mine >= asked;
    }
}
