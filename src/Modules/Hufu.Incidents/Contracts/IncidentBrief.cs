using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Incidents.Contracts;

/// <summary>What a report of others says of an incident: no title and no text, which only those may read who may read the incident.</summary>
/// <param name="Id">The incident.</param>
/// <param name="Number">Its number.</param>
/// <param name="Level"><c>none</c>, <c>1</c> to <c>4</c>; empty until it is judged.</param>
/// <param name="Category">Code of its category.</param>
/// <param name="State">Its state now.</param>
/// <param name="IsOpen">Somebody still owes something.</param>
/// <param name="KnownAt">When it was known; where nobody has said it, when it was opened.</param>
/// <param name="NotifyBy">Latest time of notification.</param>
/// <param name="NotifiedAt">When it was notified.</param>
public sealed record IncidentBrief(Guid Id, string Number, string Level, string Category, string State, bool IsOpen, DateTimeOffset KnownAt, DateTimeOffset? NotifyBy, DateTimeOffset? NotifiedAt)
{
    /// <summary>Those that became known in a period, and those that are open, the oldest first.</summary>
    public static async Task<IReadOnlyList<IncidentBrief>> OfPeriodAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(db);
        var open = db.Types.Of<Incident>().Workflow.OpenStates.ToList();
        var found = await db.Set<Incident>().AsNoTracking().Where(i => i.ArchivedAt == null && (open.Contains(i.State) || ((i.DetectedAt ?? i.CreatedAt) >= from && (i.DetectedAt ?? i.CreatedAt) < to)))
            .Select(i => new { i.Id, i.Number, i.Level, i.Category, i.State, i.DetectedAt, i.CreatedAt, i.NotifyBy, i.NotifiedAt }).ToListAsync(cancellation);
        return [.. found.Select(i => new IncidentBrief(i.Id, i.Number, i.Level, i.Category, i.State, open.Contains(i.State), i.DetectedAt ?? i.CreatedAt, i.NotifyBy, i.NotifiedAt)).OrderBy(i => i.KnownAt).ThenBy(i => i.Number, StringComparer.Ordinal)];
    }
}
