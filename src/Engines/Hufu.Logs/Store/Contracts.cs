using System.Text.Json.Serialization;

namespace Hufu.Logs;

/// <summary>What is sealed when a segment closes.</summary>
/// <param name="SegmentId">Id of the segment.</param>
/// <param name="Events">Number of events.</param>
/// <param name="From">Time of the earliest event.</param>
/// <param name="To">Time of the latest event.</param>
/// <param name="FileSha256">SHA-256 of the segment's Parquet file, lower-case hexadecimal.</param>
/// <param name="LeafHashes">RFC 6962 leaf hash of each event, in row order.</param>
/// <param name="Root">Merkle root over them.</param>
public sealed record SegmentSeal(string SegmentId, int Events, DateTimeOffset From, DateTimeOffset To, string FileSha256, IReadOnlyList<byte[]> LeafHashes, ReadOnlyMemory<byte> Root);

/// <summary>
/// Where the host anchors a segment, for example as one leaf of its ledger. May be called again for the same segment after a crash, with the
/// same root, and must then give a receipt again.
/// </summary>
public interface ISegmentSealer
{
    /// <summary>Anchors a segment and returns a receipt that is kept in its manifest; absent for none.</summary>
    ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation);
}

/// <summary>How far one imported file stands in a segment.</summary>
/// <param name="Sha256">SHA-256 of the file's bytes, lower-case hexadecimal.</param>
/// <param name="Records">Records of the file in this segment.</param>
/// <param name="Complete">True when the file's last record is in this segment or before.</param>
public sealed record ImportMark(string Sha256, long Records, bool Complete);

/// <summary>The manifest of a sealed segment: what its files must be.</summary>
public sealed record SegmentManifest
{
    /// <summary>Version of the layout of columns and of the bytes that are hashed.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Id of the segment: eight digits, in the order of sealing.</summary>
    public required string Id { get; init; }

    /// <summary>Number of events.</summary>
    public required int Events { get; init; }

    /// <summary>Time of the earliest event.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Time of the latest event.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>When the segment was sealed.</summary>
    public required DateTimeOffset SealedAt { get; init; }

    /// <summary>Length of the Parquet file in bytes.</summary>
    public required long FileLength { get; init; }

    /// <summary>SHA-256 of the Parquet file, lower-case hexadecimal.</summary>
    public required string FileSha256 { get; init; }

    /// <summary>Merkle root over the events, lower-case hexadecimal.</summary>
    public required string Root { get; init; }

    /// <summary>What the sealer returned.</summary>
    public string? Receipt { get; init; }

    /// <summary>Files imported into this segment.</summary>
    public IReadOnlyList<ImportMark> Imports { get; init; } = [];
}

/// <summary>Settings of a <see cref="LogStore"/>.</summary>
public sealed record LogStoreOptions
{
    /// <summary>Clock. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where segments are anchored; absent for nowhere.</summary>
    public ISegmentSealer? Sealer { get; init; }

    /// <summary>The open segment is sealed when it has this many events. Default 1,000,000.</summary>
    public int SealAfterEvents { get; init; } = 1_000_000;

    /// <summary>The open segment is sealed when its events have this many bytes. Default 512 MiB.</summary>
    public long SealAfterBytes { get; init; } = 512L << 20;

    /// <summary>The open segment is sealed at the next append when its first event was appended this long ago. Default one hour.</summary>
    public TimeSpan SealAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Threads that a query may use. Default 2.</summary>
    public int QueryThreads { get; init; } = 2;

    /// <summary>Memory that queries may use together, in MiB. Default 1,024.</summary>
    public int QueryMemory { get; init; } = 1_024;
}

/// <summary>What an import did.</summary>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Records">Records in the file.</param>
/// <param name="Added">Records added by this call; zero when the file had been imported before.</param>
/// <param name="WithProblems">Of the added ones, those read with problems.</param>
public sealed record ImportResult(string Sha256, long Records, long Added, long WithProblems)
{
    /// <summary>What is wrong with the file as a whole, so that records may be missing, as codes of <see cref="LogProblem"/>; at most 1,000.</summary>
    public IReadOnlyList<string> FileProblems { get; init; } = [];

    /// <summary>True when the whole file was in the store already.</summary>
    public bool AlreadyImported => Added == 0 && Records > 0;
}

/// <summary>Proof that an event is in a segment as it was sealed. Checkable with SHA-256 alone.</summary>
/// <param name="EventId">Id of the event.</param>
/// <param name="LeafBytes">The bytes whose leaf hash is in the tree: the event in the store's canonical form.</param>
/// <param name="Index">Row of the event.</param>
/// <param name="Size">Events in the segment.</param>
/// <param name="Path">Audit path, lowest first.</param>
/// <param name="Root">Root of the segment.</param>
/// <param name="Receipt">The sealer's receipt for the root.</param>
public sealed record EventProof(string EventId, ReadOnlyMemory<byte> LeafBytes, long Index, long Size, IReadOnlyList<byte[]> Path, ReadOnlyMemory<byte> Root, string? Receipt)
{
    /// <summary>The event that the bytes say; null when they are no event. Believe it only when <see cref="Holds"/> says yes.</summary>
    public LogEvent? Event()
    {
        try
        {
            return Store.EventCodec.Decode(LeafBytes.Span) with { Id = EventId };
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException or System.Text.DecoderFallbackException or OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>True when the event's bytes and the path give the root.</summary>
    public bool Holds() => Merkle.Verify(Merkle.HashLeaf(LeafBytes.Span), Index, Size, Path, Root.Span);
}

/// <summary>What is wrong with a segment.</summary>
public enum SegmentFault
{
    /// <summary>The Parquet file is gone.</summary>
    FileMissing,

    /// <summary>The Parquet file's bytes are not those sealed.</summary>
    FileChanged,

    /// <summary>The Parquet file cannot be read.</summary>
    FileUnreadable,

    /// <summary>The list of leaf hashes does not give the root.</summary>
    LeavesChanged,

    /// <summary>An event is not as it was sealed.</summary>
    EventChanged,

    /// <summary>An event that was sealed is not there.</summary>
    EventMissing,

    /// <summary>An event is there that was not sealed.</summary>
    EventAdded,
}

/// <summary>One fault of a segment.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="EventId">The event concerned, where it is one.</param>
/// <param name="Detail">In words.</param>
public sealed record SegmentFinding(SegmentFault Fault, string? EventId, string Detail);

/// <summary>The outcome of verifying a segment. At most 1,000 findings are listed.</summary>
/// <param name="SegmentId">The segment.</param>
/// <param name="Events">Events found.</param>
/// <param name="Findings">Faults; empty when the segment is as it was sealed.</param>
public sealed record SegmentVerification(string SegmentId, long Events, IReadOnlyList<SegmentFinding> Findings)
{
    /// <summary>True when nothing is wrong.</summary>
    public bool IsIntact => Findings.Count == 0;
}

/// <summary>What one source delivered for one host.</summary>
/// <param name="Source">The source.</param>
/// <param name="Host">The host that records name.</param>
/// <param name="FirstReceived">When its first event came in.</param>
/// <param name="LastReceived">When its last event came in.</param>
/// <param name="Events">Number of events.</param>
/// <param name="Bytes">Length of its records in bytes.</param>
public sealed record SourceSummary(string Source, string? Host, DateTimeOffset FirstReceived, DateTimeOffset LastReceived, long Events, long Bytes);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SegmentManifest))]
internal sealed partial class StoreJson : JsonSerializerContext;
