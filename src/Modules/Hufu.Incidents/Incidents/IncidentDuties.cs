using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;

namespace Hufu.Incidents;

/// <summary>What an incident sets in motion: the limits of law that count from its becoming known, from recovery, or from a leak of personal data.</summary>
internal sealed class IncidentDuties(PlannerOptions options) : IRecordReaction
{
    public string TypeKey => IncidentType.TypeKey;

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (record is not Incident { ArchivedAt: null } incident || store.Types.Find("compliance.obligation") is null) return Result.Ok;
        var planner = new ObligationPlanner(store, options);
        var events = new List<(string Key, DateTimeOffset? At)>();
        // Below level 1 no limit of law runs; before the level is judged none can be known.
        if (incident.Level is "1" or "2" or "3" or "4")
        {
            events.Add(("incident.known", incident.DetectedAt));
            if (incident.Level is "3" or "4") events.Add(("incident.major-known", incident.DetectedAt));
            events.Add(("incident.recovered", incident.RecoveredAt));
        }

        if (incident.PersonalData) events.Add(("personal-data-breach.known", incident.DetectedAt));
        foreach (var (key, at) in events)
        {
            if (at is not { } moment) continue;
            if (await planner.TriggerEventAsync(key, moment, incident, o => Concerns(o, incident.Level), onceForRecord: true, cancellation) is { IsOk: false } failed) return Result.Fail(failed.Errors);
        }

        return Result.Ok;
    }

    // "levels=A,B; incident_levels=3,4": an obligation that names no incident level concerns all.
    private static bool Concerns(Obligation obligation, string level)
    {
        const string Name = "incident_levels=";
        var part = (obligation.AppliesTo ?? "").Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(p => p.StartsWith(Name, StringComparison.Ordinal));
        return part is null || part[Name.Length..].Split(',').Contains(level);
    }
}
