namespace Hufu.Records.Obligations;

/// <summary>How an output of the standard stands. Always computed, never typed in.</summary>
public enum OutputStatus
{
    /// <summary>Nothing shows that it exists.</summary>
    Missing,

    /// <summary>There is evidence, and nothing is due.</summary>
    Current,

    /// <summary>Something is due within its lead days.</summary>
    Due,

    /// <summary>Something is past its day.</summary>
    Overdue,
}

/// <summary>How an output stands, and why.</summary>
/// <param name="Output">Code of the standard.</param>
/// <param name="Status">How it stands.</param>
/// <param name="NewestEvidence">The newest day that evidence, a performed occurrence or a record speaks of.</param>
/// <param name="NextDue">When the next open occurrence is due.</param>
/// <param name="OwnerId">Who owes the next open occurrence; without one, who owns the newest record. Null where it is a role's.</param>
/// <param name="OwnerRole">The role that owes it.</param>
/// <param name="NextNumber">Number of the next open occurrence.</param>
/// <param name="OverdueCount">How many open occurrences are past their day.</param>
/// <param name="RecordCount">How many records of its types there are.</param>
/// <param name="EvidenceCount">How many pieces of evidence there are: on those records, on its occurrences, or given for this output.</param>
public sealed record OutputState(string Output, OutputStatus Status, DateOnly? NewestEvidence, DateOnly? NextDue, Guid? OwnerId, string? OwnerRole, string? NextNumber, int OverdueCount, int RecordCount, int EvidenceCount);
