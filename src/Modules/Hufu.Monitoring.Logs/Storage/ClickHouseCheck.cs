using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;

namespace Hufu.Monitoring.Logs;

/// <summary>Verifies that ClickHouse has the events that were sealed, where logs are searched there.</summary>
internal sealed class ClickHouseCheck(StorageOptions storage, ClickHouseTarget? target = null, ColdTarget? cold = null) : ILedgerCheckPart
{
    /// <inheritdoc />
    public string Name => "log events in ClickHouse";

    /// <inheritdoc />
    public async Task<long> RunAsync(HufuDbContext db, Action<BrokenPlace> broken, IProgress<(string Part, double Done)>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(broken);
        var (folder, marks) = (Path.Combine(storage.DataFolder, "logs"), Path.Combine(storage.DataFolder, LogService.DeliveryFile));
        if (target is null || !Directory.Exists(folder) || !File.Exists(marks)) return 0;
        LogStore store;
        try
        {
            store = LogStore.OpenToRead(folder, new LogStoreOptions { Cold = cold });
        }
        catch (InvalidDataException)
        {
            // The check of the segments says it.
            return 0;
        }

        await using (store)
        using (var database = new ClickHouseLogs(store, target, marks))
        {
            long events = 0;
            await foreach (var verification in database.VerifyAsync(new Share(done => progress?.Report((Name, done))), cancellation))
            {
                events += verification.Events;
                foreach (var finding in verification.Findings)
                    broken(new BrokenPlace(Code(finding.Fault), finding.EventId is { } id ? $"event {id}" : $"segment {verification.SegmentId}", new LocalizedText($"ClickHouse：{Words(finding.Fault)}（{finding.Detail}）", $"ClickHouse: {finding.Detail}")));
            }

            return events;
        }
    }

    private static string Code(SegmentFault fault) => fault switch
    {
        SegmentFault.EventChanged => "clickhouse.event-changed",
        SegmentFault.EventMissing => "clickhouse.event-missing",
        SegmentFault.EventAdded => "clickhouse.event-added",
        _ => "clickhouse.unreadable",
    };

    private static string Words(SegmentFault fault) => fault switch
    {
        SegmentFault.EventChanged => "日誌與封存時不同",
        SegmentFault.EventMissing => "已送達的日誌不見了",
        SegmentFault.EventAdded => "多出未封存、重複或已刪除的日誌",
        _ => "無法讀取",
    };
}
