using Hufu.Incidents.Contracts;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Incidents;

/// <summary>Opens an incident for another part of the product.</summary>
internal sealed class OpenIncident : IIncidents
{
    public async Task<Result<Record>> OpenAsync(RecordStore store, Actor actor, IncidentDraft draft, string? reason = null, CancellationToken cancellation = default)
    {
        var type = store.Types.Of<Incident>();
        foreach (var (key, code) in new[] { ("level", draft.Level), ("category", draft.Category) })
            if (!string.IsNullOrEmpty(code) && type.FindField(key)!.Parse(code) is { IsOk: false } bad) return Result.Fail<Record>(bad.Errors);
        var title = draft.Title.Trim();
        return await store.CreateAsync(
            actor,
            new Incident
            {
                Title = title.Length <= 200 ? title : title[..199] + "…",
                Summary = draft.Summary,
                Level = draft.Level ?? "",
                Category = draft.Category ?? "",
                OccurredAt = draft.OccurredAt,
                DetectedAt = draft.DetectedAt ?? store.Db.Now,
                AssetId = draft.AssetId,
                AffectedSystems = draft.AffectedSystems,
                PersonalData = draft.PersonalData,
                OwnerId = draft.OwnerId,
                UnitId = draft.UnitId,
            },
            reason,
            cancellation: cancellation);
    }
}
