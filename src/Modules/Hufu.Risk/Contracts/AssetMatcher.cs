using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Risk.Contracts;

/// <summary>An asset as other modules see it.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Number">Its record number.</param>
/// <param name="Code">Its number in the organisation's inventory.</param>
/// <param name="Title">Its name.</param>
/// <param name="UnitId">The unit that it belongs to.</param>
/// <param name="Grade">Code of its grade, one of <see cref="Levels.All"/>; empty where it is not rated.</param>
public sealed record AssetRef(Guid Id, string Number, string Code, string Title, Guid? UnitId, string Grade = "");

/// <summary>What a host name and addresses came to.</summary>
/// <param name="Asset">The one asset that fits; null when none or several do.</param>
/// <param name="Candidates">All that fit, by number: several when the inventory is ambiguous, or when name and address point at different assets.</param>
public sealed record AssetMatch(AssetRef? Asset, IReadOnlyList<AssetRef> Candidates)
{
    internal static readonly AssetMatch None = new(null, []);

    /// <summary>Several assets fit and a person has to say which.</summary>
    public bool IsAmbiguous => Asset is null && Candidates.Count > 1;
}

/// <summary>
/// Finds assets by host name and address in one reading of the inventory: load it once for a batch, ask often. Retired and archived assets
/// take no part. A full host name also finds an asset that has only its first label, and the other way round; two different full names never
/// match.
/// </summary>
public sealed class AssetMatcher
{
    private readonly Dictionary<string, List<Asset>> byHost = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Asset>> byShort = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Asset>> byAddress = new(StringComparer.Ordinal);
    private readonly List<(AssetRef Asset, string Host, IReadOnlyList<string> Addresses)> names = [];

    internal AssetMatcher(IEnumerable<Asset> assets)
    {
        foreach (var asset in assets)
        {
            var host = AddressText.NormaliseHost(asset.Hostname);
            if (host.Length > 0)
            {
                Put(byHost, host, asset);
                Put(byShort, AddressText.ShortHost(host), asset);
            }

            List<string> addresses = [.. AddressText.Split(asset.Addresses).Select(AddressText.Normalise).OfType<string>().Distinct(StringComparer.Ordinal)];
            foreach (var address in addresses) Put(byAddress, address, asset);
            names.Add((Seen(asset), host, addresses));
        }
    }

    /// <summary>The assets with their host name, empty where they have none, and their addresses.</summary>
    public IReadOnlyList<(AssetRef Asset, string Host, IReadOnlyList<string> Addresses)> Names => names;

    /// <summary>Reads the inventory.</summary>
    public static async Task<AssetMatcher> LoadAsync(HufuDbContext db, CancellationToken cancellation = default) =>
        new(await db.Set<Asset>().AsNoTracking().Where(a => a.ArchivedAt == null && a.State != "retired" && (a.Hostname != "" || a.Addresses != "")).OrderBy(a => a.Number).ToListAsync(cancellation));

    /// <summary>The asset of a host name, of any of some addresses, or of both together.</summary>
    public AssetMatch Find(string? host, params IReadOnlyList<string?> addresses)
    {
        var found = Candidates(host, addresses);
        return found.Count == 0 ? AssetMatch.None : new AssetMatch(found.Count == 1 ? Seen(found[0]) : null, [.. found.Select(Seen)]);
    }

    internal IReadOnlyList<Asset> Candidates(string? host, IReadOnlyList<string?> addresses)
    {
        var named = ByName(AddressText.NormaliseHost(host));
        var addressed = addresses.Select(AddressText.Normalise).Where(a => a is not null).Distinct().SelectMany(a => byAddress.GetValueOrDefault(a!) ?? []).DistinctBy(a => a.Id).ToList();
        if (named.Count == 0) return addressed;
        if (addressed.Count == 0) return named;
        var both = named.Where(n => addressed.Exists(a => a.Id == n.Id)).ToList();
        return both.Count > 0 ? both : [.. named.Concat(addressed).OrderBy(a => a.Number, StringComparer.Ordinal)];
    }

    private List<Asset> ByName(string host)
    {
        if (host.Length == 0) return [];
        // Logs often name a host by its address.
        if (AddressText.Normalise(host) is { } address) return byAddress.GetValueOrDefault(address) ?? [];
        if (byHost.TryGetValue(host, out var exact)) return exact;
        var shortName = AddressText.ShortHost(host);
        return shortName == host ? byShort.GetValueOrDefault(host) ?? [] : byHost.GetValueOrDefault(shortName) ?? [];
    }

    private static AssetRef Seen(Asset asset) => new(asset.Id, asset.Number, asset.Code, asset.Title, asset.UnitId, asset.Grade);

    private static void Put(Dictionary<string, List<Asset>> index, string key, Asset asset)
    {
        if (!index.TryGetValue(key, out var list)) index[key] = list = [];
        if (!list.Contains(asset)) list.Add(asset);
    }
}
