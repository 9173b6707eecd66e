namespace Hufu.Ledger;

/// <summary>When an append is on the disk and not only in the operating system's memory.</summary>
public enum LedgerDurability
{
    /// <summary>All files of a batch and their folders are forced to the disk before its checkpoint is, and then the checkpoint. A committed batch survives a power cut.</summary>
    Batch,

    /// <summary>Nothing is forced. A batch survives a killed process, not a power cut: for tests, and for logs that can be built again.</summary>
    None,
}

/// <summary>How a ledger is written.</summary>
public sealed record LedgerOptions
{
    /// <summary>The log's identity, the first line of its checkpoints. By default the signer's name.</summary>
    public string? Origin { get; init; }

    /// <summary>When a batch counts as written. <see cref="LedgerDurability.Batch"/> by default.</summary>
    public LedgerDurability Durability { get; init; } = LedgerDurability.Batch;

    /// <summary>Further log keys that sign each checkpoint beside the first, for the time of a key rotation.</summary>
    public IReadOnlyList<NoteSigner> AdditionalSigners { get; init; } = [];

    /// <summary>Retired log keys whose signature on the last checkpoint is still believed when opening.</summary>
    public IReadOnlyList<NoteVerifierKey> RetiredKeys { get; init; } = [];

    /// <summary>
    /// The newest checkpoint that is known from elsewhere (a database, a witness). Opening is refused when the folder holds a
    /// smaller tree, or one that does not begin with it.
    /// </summary>
    public Checkpoint? KnownCheckpoint { get; init; }

    /// <summary>Most entries in one batch: 100,000.</summary>
    public int MaxBatch { get; init; } = 100_000;

    /// <summary>The disk; tests put a failing one here.</summary>
    internal ILedgerFiles Files { get; init; } = new DiskFiles();
}

/// <summary>A file that no checkpoint accounts for.</summary>
/// <param name="Path">Path below the ledger's folder.</param>
/// <param name="Length">Length in bytes.</param>
public sealed record FoundFile(string Path, long Length);

/// <summary>What opening a ledger for writing found.</summary>
/// <param name="Created">True when the folder was empty and a new ledger was begun.</param>
/// <param name="Checkpoint">The checkpoint that the ledger stands at.</param>
/// <param name="BeyondCheckpoint">
/// Tiles and bundles past the checkpoint: what a batch had written when its process was killed. After a checkpoint was put back to an
/// older one they are the entries that should have disappeared, so they are moved aside and not deleted.
/// </param>
/// <param name="MovedTo">Folder that they were moved to, below the ledger's folder; null when there were none.</param>
/// <param name="StagedFiles">Number of unfinished temporary files that were deleted.</param>
public sealed record OpenReport(
    bool Created, SignedCheckpoint Checkpoint, IReadOnlyList<FoundFile> BeyondCheckpoint, string? MovedTo, int StagedFiles)
{
    /// <summary>True when the last writer ended in the middle of a batch.</summary>
    public bool Recovered => BeyondCheckpoint.Count > 0 || StagedFiles > 0;
}

/// <summary>A batch that was appended.</summary>
/// <param name="FirstIndex">Index of its first entry.</param>
/// <param name="Count">Number of its entries.</param>
/// <param name="Checkpoint">The checkpoint after it.</param>
public sealed record AppendedBatch(long FirstIndex, int Count, SignedCheckpoint Checkpoint);
