using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Incidents.Contracts;

/// <summary>What is known when an incident is opened by another part of the product.</summary>
public sealed record IncidentDraft
{
    public required string Title { get; init; }

    /// <summary>Markdown.</summary>
    public string Summary { get; init; } = "";

    /// <summary><c>none</c>, <c>1</c> to <c>4</c>, or null when it is not judged yet.</summary>
    public string? Level { get; init; }

    /// <summary>Code of a category, or null.</summary>
    public string? Category { get; init; }

    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>When the organisation knew; null for now.</summary>
    public DateTimeOffset? DetectedAt { get; init; }

    /// <summary>The asset mainly affected.</summary>
    public Guid? AssetId { get; init; }

    public string AffectedSystems { get; init; } = "";

    public bool PersonalData { get; init; }

    public Guid? OwnerId { get; init; }

    public Guid? UnitId { get; init; }
}

/// <summary>Opening incidents from other modules.</summary>
public interface IIncidents
{
    /// <summary>Opens an incident in the caller's transaction, with the caller's rights. An unknown level or category is refused.</summary>
    Task<Result<Record>> OpenAsync(RecordStore store, Actor actor, IncidentDraft draft, string? reason = null, CancellationToken cancellation = default);
}
