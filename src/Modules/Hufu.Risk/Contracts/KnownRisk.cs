using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Risk.Contracts;

/// <summary>A risk of an asset that is known and not dealt with.</summary>
/// <param name="Number">Its record number.</param>
/// <param name="Level">Likelihood times impact, 1 to 25.</param>
public sealed record KnownRisk(string Number, int Level)
{
    /// <summary>The highest risk that is open and rated, of each of these assets that has one.</summary>
    public static async Task<IReadOnlyDictionary<Guid, KnownRisk>> HighestOfAsync(HufuDbContext db, IReadOnlyCollection<Guid> assets, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(db);
        var found = new Dictionary<Guid, KnownRisk>();
        foreach (var part in assets.Chunk(400))
        {
            var some = part.ToList();
            var risks = await db.Set<RiskRecord>().AsNoTracking().Where(r => r.AssetId != null && some.Contains(r.AssetId.Value) && r.Level != null && r.ArchivedAt == null && (r.State == "identified" || r.State == "assessed" || r.State == "treating"))
                .Select(r => new { Asset = r.AssetId!.Value, r.Number, Level = r.Level!.Value }).ToListAsync(cancellation);
            foreach (var risk in risks.OrderBy(r => r.Number, StringComparer.Ordinal))
                if (!found.TryGetValue(risk.Asset, out var known) || known.Level < risk.Level) found[risk.Asset] = new KnownRisk(risk.Number, risk.Level);
        }

        return found;
    }
}
