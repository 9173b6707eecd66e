using System.Globalization;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Verifies the log segments: each root that the ledger has must be the root of what the store has, each sealed segment must be in the ledger, each
/// removal of events too, and each file and event must be as sealed. Looks at the store beside its owner.
/// </summary>
public sealed class SegmentCheck(StorageOptions storage, ColdTarget? cold = null) : ILedgerCheckPart
{
    /// <inheritdoc />
    public string Name => "log segments";

    /// <inheritdoc />
    public async Task<long> RunAsync(HufuDbContext db, Action<BrokenPlace> broken, IProgress<(string Part, double Done)>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(broken);
        var anchors = new List<(string Segment, string Root, int Events, string? FileSha256)>();
        foreach (var values in await ValuesAsync(db, SegmentLedger.TypeKey, cancellation))
            anchors.Add((values.GetValueOrDefault("segment", ""), values.GetValueOrDefault("root", ""), int.TryParse(values.GetValueOrDefault("events"), NumberStyles.None, CultureInfo.InvariantCulture, out var events) ? events : 0, values.GetValueOrDefault("fileSha256")));
        var removals = (await ValuesAsync(db, SegmentLedger.RemovalTypeKey, cancellation))
            .Select(v => (v.GetValueOrDefault("first"), v.GetValueOrDefault("last"), v.GetValueOrDefault("generation"), v.GetValueOrDefault("removedSha256"))).ToHashSet();

        var folder = Path.Combine(storage.DataFolder, "logs");
        if (!Directory.Exists(folder))
        {
            foreach (var anchor in anchors) broken(Dropped(anchor.Segment, anchor.Events));
            return 0;
        }

        LogStore store;
        try
        {
            store = LogStore.OpenToRead(folder, new LogStoreOptions { Cold = cold });
        }
        catch (InvalidDataException e)
        {
            broken(Place("segment.manifest-unreadable", "logs", $"日誌區段的清單檔無法讀取：{e.Message}", e.Message));
            return 0;
        }

        await using (store)
        {
            var manifests = store.Segments.ToDictionary(s => s.Id, StringComparer.Ordinal);
            var files = store.Files();
            foreach (var removal in files.SelectMany(f => f.Removals))
            {
                if (!removals.Contains((removal.First, removal.Last, removal.Generation.ToString(CultureInfo.InvariantCulture), removal.RemovedSha256)))
                    broken(Place("segment.removal-not-in-ledger", $"segments {removal.First}-{removal.Last}", $"日誌區段 {removal.First} 至 {removal.Last} 少了事件，帳本卻沒有這次刪除的紀錄：不是由系統依保存期限刪除的。", $"Events are gone from log segments {removal.First} to {removal.Last}, and the ledger has no record of it: the product did not remove them."));
            }

            // Of segments with nothing left the hashes are gone too: the root in their manifest is what there is to compare.
            var gone = files.Where(f => f.Sources.Count == 0 && f.Removals.Count > 0).ToList();
            foreach (var anchored in anchors.GroupBy(a => a.Segment, StringComparer.Ordinal))
            {
                var manifest = manifests.GetValueOrDefault(anchored.Key);
                var empty = manifest is not null && gone.Exists(f => string.CompareOrdinal(f.First, anchored.Key) <= 0 && string.CompareOrdinal(anchored.Key, f.Last) <= 0);
                var roots = store.RootsOf(anchored.Key, anchored.Select(a => a.Events));
                if (manifest is null && !(anchored.Key == store.OpenId && store.OpenEvents > 0))
                {
                    broken(Dropped(anchored.Key, anchored.Max(a => a.Events)));
                }
                else if (anchored.Any(a => empty ? a.Events > manifest!.Events || (a.Events == manifest.Events && a.Root != manifest.Root) : !roots.TryGetValue(a.Events, out var found) || (found is not null && Convert.ToHexStringLower(found) != a.Root)))
                {
                    broken(Place("segment.root-changed", $"segment {anchored.Key}", $"日誌區段 {anchored.Key} 的樹根與帳本不符：內容被替換或刪減。", $"The root of log segment {anchored.Key} is not the one in the ledger: it was replaced or cut."));
                }

                if (manifest is null) continue;
                var whole = anchored.Where(a => a.Root == manifest.Root && a.FileSha256 is not null).ToList();
                if (whole.Count == 0) broken(NotInLedger(manifest.Id));
                else if (whole.TrueForAll(a => a.FileSha256 != manifest.FileSha256))
                    broken(Place("segment.manifest-changed", $"segment {manifest.Id}", $"日誌區段 {manifest.Id} 的清單檔與帳本記載的檔案雜湊不符。", $"The manifest of log segment {manifest.Id} names another file than the ledger."));
            }

            var known = anchors.Select(a => a.Segment).ToHashSet(StringComparer.Ordinal);
            foreach (var manifest in store.Segments.Where(m => !known.Contains(m.Id))) broken(NotInLedger(manifest.Id));

            foreach (var verification in store.VerifyAll(new Share(done => progress?.Report((Name, done))), cancellation))
            {
                foreach (var finding in verification.Findings)
                {
                    var where = finding.EventId is { } id ? $"event {id}" : $"segment {verification.SegmentId}";
                    broken(Place("segment." + string.Concat(finding.Fault.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString())), where, $"{Words(finding.Fault)}（{finding.Detail}）", finding.Detail));
                }
            }

            return store.Segments.Count;
        }
    }

    private static async Task<List<Dictionary<string, string>>> ValuesAsync(HufuDbContext db, string typeKey, CancellationToken cancellation)
    {
        var all = new List<Dictionary<string, string>>();
        foreach (var change in await db.Changes.AsNoTracking().Where(c => c.TypeKey == typeKey).OrderBy(c => c.Id).ToListAsync(cancellation))
            if (ChangeCapture.Read(change) is { } payload) all.Add(payload.Changes.Where(f => f.To is not null).ToDictionary(f => f.Field, f => f.To!, StringComparer.Ordinal));
        return all;
    }

    private static BrokenPlace Dropped(string segment, int events) =>
        Place("segment.missing", $"segment {segment}", $"帳本有日誌區段 {segment}（{events} 筆），資料夾裡卻沒有：區段被移除。", $"The ledger has log segment {segment} ({events} events) but the folder has not: it was removed.");

    private static BrokenPlace NotInLedger(string segment) =>
        Place("segment.not-in-ledger", $"segment {segment}", $"日誌區段 {segment} 不在帳本裡：它不是由系統封存的。", $"Log segment {segment} is not in the ledger: the product did not seal it.");

    private static BrokenPlace Place(string code, string where, string zh, string en) => new(code, where, new Kernel.LocalizedText(zh, en));

    private static string Words(SegmentFault fault) => fault switch
    {
        SegmentFault.FileMissing => "區段檔案不見了",
        SegmentFault.FileChanged => "區段檔案被改過",
        SegmentFault.FileUnreachable => "區段檔案在冷儲存，讀不到，未驗證",
        SegmentFault.FileUnreadable => "區段檔案無法讀取",
        SegmentFault.LeavesChanged => "雜湊清單被改過",
        SegmentFault.EventChanged => "日誌與封存時不同",
        SegmentFault.EventMissing => "封存過的日誌不見了",
        SegmentFault.EventAdded => "多出未封存或已刪除的日誌",
        SegmentFault.RemovalChanged => "刪除清單被改過",
        _ => fault.ToString(),
    };
}
