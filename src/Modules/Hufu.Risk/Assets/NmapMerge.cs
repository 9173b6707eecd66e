using System.Globalization;
using Hufu.Risk.Contracts;

namespace Hufu.Risk;

/// <summary>An open service that a scan saw.</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="Name">Name of the service, such as <c>https</c>.</param>
/// <param name="Product">Product and version where known.</param>
public sealed record SeenService(int Port, string Protocol, string Name = "", string Product = "");

/// <summary>A host that a scan saw.</summary>
public sealed record SeenHost
{
    public string Hostname { get; init; } = "";

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string MacAddress { get; init; } = "";

    public string Vendor { get; init; } = "";

    public string OperatingSystem { get; init; } = "";

    public IReadOnlyList<SeenService> Services { get; init; } = [];

    public required DateOnly SeenOn { get; init; }
}

/// <summary>What a scanned host would change in the inventory.</summary>
/// <param name="Host">The host.</param>
/// <param name="Existing">The asset that it is; null for a new one.</param>
/// <param name="Values">Values by field key, for an import; empty when several assets fit and a person must choose.</param>
/// <param name="Candidates">The assets that fit, when there are several.</param>
public sealed record MergedHost(SeenHost Host, AssetRef? Existing, IReadOnlyDictionary<string, string?> Values, IReadOnlyList<AssetRef> Candidates);

/// <summary>
/// Turns the hosts of a scan into rows for the import of assets. What people wrote is kept: a scan fills empty fields, adds addresses, and
/// replaces only the open services and the day when the asset was last seen.
/// </summary>
public static class NmapMerge
{
    /// <summary>One line for each host, in their order.</summary>
    public static IReadOnlyList<MergedHost> Merge(IReadOnlyList<SeenHost> hosts, AssetMatcher assets)
    {
        var merged = new List<MergedHost>(hosts.Count);
        foreach (var host in hosts)
        {
            var match = assets.Find(host.Hostname, [.. host.Addresses]);
            if (match.IsAmbiguous) merged.Add(new MergedHost(host, null, new Dictionary<string, string?>(), match.Candidates));
            else if (match.Asset is { } known) merged.Add(new MergedHost(host, known, Known(host, assets.Candidates(host.Hostname, [.. host.Addresses])[0]), []));
            else merged.Add(new MergedHost(host, null, Fresh(host), []));
        }

        return merged;
    }

    private static Dictionary<string, string?> Known(SeenHost host, Asset asset)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal) { ["title"] = asset.Title, ["code"] = asset.Code.Length > 0 ? asset.Code : SuggestCode(host) };
        // Without a number of the organisation's own, ours says which asset is meant.
        if (asset.Code.Length == 0) values["number"] = asset.Number;
        values["addresses"] = AddressText.NormaliseList(string.Join("; ", [asset.Addresses, .. host.Addresses]));
        FillEmpty("hostname", asset.Hostname, AddressText.NormaliseHost(host.Hostname));
        FillEmpty("macAddress", asset.MacAddress, host.MacAddress);
        FillEmpty("operatingSystem", asset.OperatingSystem, host.OperatingSystem);
        FillEmpty("vendor", asset.Vendor, host.Vendor);
        // An old scan that is read late must not overwrite what a newer one saw.
        if (asset.LastSeenOn is null || host.SeenOn >= asset.LastSeenOn)
        {
            values["services"] = ServiceLines(host);
            values["lastSeenOn"] = Day(host.SeenOn);
        }

        return values;

        void FillEmpty(string key, string present, string seen)
        {
            if (present.Length == 0 && seen.Length > 0) values[key] = seen;
        }
    }

    private static Dictionary<string, string?> Fresh(SeenHost host)
    {
        var name = AddressText.NormaliseHost(host.Hostname);
        return new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["code"] = SuggestCode(host),
            ["title"] = name.Length > 0 ? name : host.Addresses.Count > 0 ? host.Addresses[0] : host.MacAddress,
            ["category"] = "hardware",
            ["hostname"] = name,
            ["addresses"] = AddressText.NormaliseList(string.Join("; ", host.Addresses)),
            ["macAddress"] = host.MacAddress,
            ["operatingSystem"] = host.OperatingSystem,
            ["vendor"] = host.Vendor,
            ["services"] = ServiceLines(host),
            ["lastSeenOn"] = Day(host.SeenOn),
        };
    }

    private static string SuggestCode(SeenHost host)
    {
        var mark = AddressText.NormaliseHost(host.Hostname) is { Length: > 0 } name ? name : host.Addresses.Select(AddressText.Normalise).FirstOrDefault(a => a is not null) ?? host.MacAddress;
        var code = "SCAN-" + mark.ToUpperInvariant();
        return code.Length <= 60 ? code : code[..60];
    }

    private static string ServiceLines(SeenHost host) => string.Join('\n', host.Services
        .OrderBy(s => s.Protocol, StringComparer.Ordinal).ThenBy(s => s.Port)
        .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Port}/{s.Protocol} {s.Name} {s.Product}").TrimEnd().Replace("  ", " ", StringComparison.Ordinal))
        .Distinct());

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
