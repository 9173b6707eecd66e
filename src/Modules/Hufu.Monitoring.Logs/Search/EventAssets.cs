using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Hufu.Web;

namespace Hufu.Monitoring.Logs;

/// <summary>An asset as a link.</summary>
/// <param name="Name">Its code or number, and its name.</param>
/// <param name="Href">Its page.</param>
public sealed record EventAsset(string Name, string Href);

/// <summary>Finds the asset that an event speaks of: by its host, or else by its addresses. None when several fit, or when it may not be seen.</summary>
public sealed class EventAssets(RecordStore store, PageContext page)
{
    private const string AssetType = "risk.asset";

    /// <summary>The assets of events, by the events' ids.</summary>
    public async Task<IReadOnlyDictionary<string, EventAsset>> OfAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation)
    {
        var found = new Dictionary<string, EventAsset>(StringComparer.Ordinal);
        var type = store.Types.Get(AssetType);
        if (events.Count == 0) return found;
        var matcher = await AssetMatcher.LoadAsync(store.Db, cancellation);
        var matched = events.Select(item => (item.Id, Asset: Match(matcher, item))).Where(pair => pair.Asset is not null).ToList();
        var records = await store.NamesAsync(type, [.. matched.Select(pair => pair.Asset!.Id).Distinct()], cancellation);
        foreach (var (id, asset) in matched)
        {
            if (!records.TryGetValue(asset!.Id, out var record) || !page.Actor.May(type, Right.Read, record)) continue;
            found[id] = new EventAsset($"{(asset.Code.Length > 0 ? asset.Code : asset.Number)} {asset.Title}", type.PathOf(asset.Number));
        }

        return found;
    }

    // A host that is named and not known says more than an address that may be a stranger's; without a host, who sent it is what it speaks of.
    private static AssetRef? Match(AssetMatcher matcher, LogEvent item)
    {
        var host = item.Host ?? item.Field("Computer");
        if (!string.IsNullOrEmpty(host) && matcher.Find(host) is { Candidates.Count: > 0 } named) return named.Asset;
        foreach (var address in (string?[])[item.Field("log.source.address"), item.SourceIp, item.Field("destination.ip")])
        {
            if (address is not null && matcher.Find(null, address) is { Candidates.Count: > 0 } addressed) return addressed.Asset;
        }

        return null;
    }
}
