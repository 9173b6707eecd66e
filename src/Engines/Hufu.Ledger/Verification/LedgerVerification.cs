using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>What is wrong with a ledger.</summary>
public enum LedgerFaultKind
{
    /// <summary>The checkpoint is absent or is not one.</summary>
    CheckpointUnreadable,

    /// <summary>The checkpoint has a wrong signature, none by a trusted key, too few by witnesses, or is of another log.</summary>
    SignatureRefused,

    /// <summary>A checkpoint that the caller gave for comparison is not signed as it should be.</summary>
    TrustedCheckpointRefused,

    /// <summary>The log is smaller than a trusted checkpoint says: its tail was cut off together with the checkpoint.</summary>
    CutBack,

    /// <summary>The log does not begin with the tree of a trusted checkpoint: history was rewritten and signed again.</summary>
    HistoryRewritten,

    /// <summary>A bundle or tile is absent or cannot be read.</summary>
    FileMissing,

    /// <summary>A bundle or tile ends too early.</summary>
    FileCut,

    /// <summary>A bundle or tile goes on after its end.</summary>
    FileTooLong,

    /// <summary>An entry is not the one that was logged.</summary>
    EntryChanged,

    /// <summary>A hash in a tile is not the one that was logged.</summary>
    TileChanged,

    /// <summary>All files agree with each other but not with the signed root.</summary>
    RootMismatch,
}

/// <summary>The first place where a ledger is broken, with what is needed to show it to someone else.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">The file at fault, below the ledger's folder.</param>
/// <param name="EntryIndex">Index of the first entry concerned, where it is known.</param>
/// <param name="Offset">Byte position in the file, where it is known.</param>
/// <param name="Expected">What should stand there: a hash in hexadecimal, a size.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Message">The finding in words.</param>
public sealed record LedgerFault(
    LedgerFaultKind Kind, string Path, long? EntryIndex, long? Offset, string? Expected, string? Found, LocalizedText Message)
{
    /// <summary>The raw notes that the finding rests on: the ledger's checkpoint, then the trusted one that contradicts it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Evidence { get; init; } = [];
}

/// <summary>What a full verification found.</summary>
public sealed record LedgerVerification
{
    /// <summary>The first fault; null when there is none.</summary>
    public LedgerFault? Fault { get; init; }

    /// <summary>True when every byte that the checkpoint vouches for is as it was logged.</summary>
    public bool IsIntact => Fault is null;

    /// <summary>The checkpoint that was verified against; null when there is none to read.</summary>
    public SignedCheckpoint? Checkpoint { get; init; }

    /// <summary>The signatures of the checkpoint that are right.</summary>
    public IReadOnlyList<VerifiedSignature> Signatures { get; init; } = [];

    /// <summary>Entries that were read and agree.</summary>
    public long EntriesVerified { get; init; }

    /// <summary>Bytes that were read from bundles and tiles.</summary>
    public long BytesRead { get; init; }

    /// <summary>Number of older partial tiles and bundles that were compared with what replaced them.</summary>
    public int OlderCopiesVerified { get; init; }

    /// <summary>
    /// Files below <c>tile</c> that the checkpoint does not vouch for: past its size, or with a strange name. At most
    /// <see cref="LedgerVerifier.MaxRemarks"/>. Past its size is what a killed writer leaves, and also what is left when someone
    /// put back an older checkpoint: compare with a checkpoint kept elsewhere.
    /// </summary>
    public IReadOnlyList<FoundFile> Unaccounted { get; init; } = [];
}

/// <summary>How far a verification is.</summary>
/// <param name="Entries">Entries verified.</param>
/// <param name="Total">Entries in all.</param>
/// <param name="Bytes">Bytes read.</param>
public readonly record struct VerificationProgress(long Entries, long Total, long Bytes);
