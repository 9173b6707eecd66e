using System.Globalization;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Verifies the log segments: each root that the ledger has must be the root of what the store has, each sealed segment must be in the ledger, and
/// each of its files and events must be as sealed. Looks at the store beside its owner.
/// </summary>
public sealed class SegmentCheck(StorageOptions storage) : ILedgerCheckPart
{
    /// <inheritdoc />
    public string Name => "log segments";

    /// <inheritdoc />
    public async Task<long> RunAsync(HufuDbContext db, Action<BrokenPlace> broken, IProgress<(string Part, double Done)>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(broken);
        var anchors = new List<(string Segment, string Root, int Events, string FileSha256)>();
        foreach (var change in await db.Changes.AsNoTracking().Where(c => c.TypeKey == SegmentLedger.TypeKey).OrderBy(c => c.Id).ToListAsync(cancellation))
        {
            if (ChangeCapture.Read(change) is not { } payload) continue;
            var values = payload.Changes.ToDictionary(f => f.Field, f => f.To ?? "", StringComparer.Ordinal);
            anchors.Add((values.GetValueOrDefault("segment", ""), values.GetValueOrDefault("root", ""), int.TryParse(values.GetValueOrDefault("events"), NumberStyles.None, CultureInfo.InvariantCulture, out var events) ? events : 0, values.GetValueOrDefault("fileSha256", "")));
        }

        var folder = Path.Combine(storage.DataFolder, "logs");
        if (!Directory.Exists(folder))
        {
            foreach (var anchor in anchors) broken(Dropped(anchor.Segment, anchor.Events));
            return 0;
        }

        LogStore store;
        try
        {
            store = LogStore.OpenToRead(folder);
        }
        catch (InvalidDataException e)
        {
            broken(Place("segment.manifest-unreadable", "logs", $"日誌區段的清單檔無法讀取：{e.Message}", e.Message));
            return 0;
        }

        await using (store)
        {
            var manifests = store.Segments.ToDictionary(s => s.Id, StringComparer.Ordinal);
            foreach (var (segment, root, events, file) in anchors)
            {
                var found = store.RootOf(segment, events);
                if (found is null && !manifests.ContainsKey(segment)) broken(Dropped(segment, events));
                else if (found is null || Convert.ToHexStringLower(found) != root)
                    broken(Place("segment.root-changed", $"segment {segment}", $"日誌區段 {segment} 的樹根與帳本不符：內容被替換或刪減。", $"The root of log segment {segment} is not the one in the ledger: it was replaced or cut."));
                else if (manifests.TryGetValue(segment, out var manifest) && manifest.Events == events && manifest.FileSha256 != file)
                    broken(Place("segment.manifest-changed", $"segment {segment}", $"日誌區段 {segment} 的清單檔與帳本記載的檔案雜湊不符。", $"The manifest of log segment {segment} names another file than the ledger."));
            }

            var anchored = anchors.Select(a => (a.Segment, a.Root)).ToHashSet();
            var done = 0;
            foreach (var manifest in store.Segments)
            {
                progress?.Report((Name, (double)done++ / store.Segments.Count));
                if (!anchored.Contains((manifest.Id, manifest.Root)))
                    broken(Place("segment.not-in-ledger", $"segment {manifest.Id}", $"日誌區段 {manifest.Id} 不在帳本裡：它不是由系統封存的。", $"Log segment {manifest.Id} is not in the ledger: the product did not seal it."));
                foreach (var finding in store.VerifySegment(manifest.Id, cancellation).Findings)
                {
                    var where = finding.EventId is { } id ? $"event {id}" : $"segment {manifest.Id}";
                    broken(Place("segment." + string.Concat(finding.Fault.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString())), where, $"{Words(finding.Fault)}（{finding.Detail}）", finding.Detail));
                }
            }

            return store.Segments.Count;
        }
    }

    private static BrokenPlace Dropped(string segment, int events) =>
        Place("segment.missing", $"segment {segment}", $"帳本有日誌區段 {segment}（{events} 筆），資料夾裡卻沒有：區段被移除。", $"The ledger has log segment {segment} ({events} events) but the folder has not: it was removed.");

    private static BrokenPlace Place(string code, string where, string zh, string en) => new(code, where, new Kernel.LocalizedText(zh, en));

    private static string Words(SegmentFault fault) => fault switch
    {
        SegmentFault.FileMissing => "區段檔案不見了",
        SegmentFault.FileChanged => "區段檔案被改過",
        SegmentFault.FileUnreadable => "區段檔案無法讀取",
        SegmentFault.LeavesChanged => "雜湊清單被改過",
        SegmentFault.EventChanged => "日誌與封存時不同",
        SegmentFault.EventMissing => "封存過的日誌不見了",
        SegmentFault.EventAdded => "多出未封存的日誌",
        _ => fault.ToString(),
    };
}
