using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>Finds the log events that a record speaks of.</summary>
internal static class RecordEvents
{
    /// <summary>Ids of the events of an alert, or of the alerts that are linked to another record, as far as the person may see them.</summary>
    internal static async Task<List<string>> OfAsync(RecordStore store, Actor actor, Record record)
    {
        if (record is Alert own) return Ids(own);
        var ids = new List<string>();
        foreach (var link in await store.LinksAsync(actor, record.Id))
            if (link.Other is Alert alert) ids.AddRange(Ids(alert));
        return [.. ids.Distinct()];
    }

    private static List<string> Ids(Alert alert) => [.. alert.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
