using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Hufu.Scans.Nmap;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Risk;

/// <summary>Imports the hosts of an nmap XML file as assets: known ones are completed, new ones proposed.</summary>
public sealed class NmapImport(IDbContextFactory<HufuDbContext> factory, TimeProvider clock) : IImportSource
{
    public string TypeKey => "risk.asset";

    public IReadOnlyList<string> Endings => [".xml"];

    public async Task<Result<IReadOnlyList<ImportRow>>> ReadAsync(Actor actor, Stream file, string name, CancellationToken cancellation)
    {
        var scan = NmapReader.Read(file, name);
        // A scan that was killed half-way is refused as a whole: what it did not reach would look like hosts that are gone.
        if (scan.Error is { } error) return Result.Fail<IReadOnlyList<ImportRow>>(error);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var matcher = await AssetMatcher.LoadAsync(db, cancellation);
        var seenOn = DateOnly.FromDateTime(SiteTime.Local(scan.Finished ?? scan.Started ?? clock.GetUtcNow()).DateTime);
        var up = scan.Hosts.Where(h => h.State == "up" && h.IpAddress is not null).ToList();
        var merged = NmapMerge.Merge([.. up.Select(h => new SeenHost
        {
            Hostname = h.Hostnames.Count > 0 ? h.Hostnames[0].Name : "",
            Addresses = [.. h.Addresses.Where(a => a.Kind is not NmapAddressKind.Mac).Select(a => a.Address)],
            MacAddress = h.Mac?.Address ?? "",
            Vendor = h.Mac?.Vendor ?? "",
            OperatingSystem = h.OsMatches.Count > 0 ? h.OsMatches[0].Name : "",
            Services = [.. h.Ports.Where(p => p.IsOpen).Select(p => new SeenService(p.Number, p.Protocol, p.Service?.Name ?? "", string.Join(' ', new[] { p.Service?.Product, p.Service?.Version }.Where(t => !string.IsNullOrEmpty(t)))))],
            SeenOn = seenOn,
        })], matcher);
        var rows = new List<ImportRow>(merged.Count);
        for (var i = 0; i < merged.Count; i++)
        {
            // Which of several assets a host is, only a person can say: without a key the dry run refuses the row and names it.
            var values = merged[i].Candidates.Count > 1
                ? new Dictionary<string, string?> { ["title"] = $"{up[i].IpAddress}: {string.Join(" / ", merged[i].Candidates.Select(c => c.Code))}", ["code"] = null }
                : merged[i].Values;
            rows.Add(new ImportRow(up[i].Line, values));
        }

        return Result.Of<IReadOnlyList<ImportRow>>(rows);
    }
}
