using System.Text.Json.Serialization;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>What is sealed: a segment when it closes, or before that the events that it has.</summary>
/// <param name="SegmentId">Id of the segment.</param>
/// <param name="Events">Number of events.</param>
/// <param name="From">Time of the earliest event.</param>
/// <param name="To">Time of the latest event.</param>
/// <param name="FileSha256">SHA-256 of the segment's Parquet file, lower-case hexadecimal; absent while the segment is open.</param>
/// <param name="Root">Merkle root over the events' RFC 6962 leaf hashes, in row order.</param>
public sealed record SegmentSeal(string SegmentId, int Events, DateTimeOffset From, DateTimeOffset To, string? FileSha256, ReadOnlyMemory<byte> Root);

/// <summary>
/// Where the host anchors a segment, for example as one leaf of its ledger. May be called again for the same segment after a crash, with the
/// same root, and must then give a receipt again.
/// </summary>
public interface ISegmentSealer
{
    /// <summary>Anchors a segment and returns a receipt that is kept in its manifest; absent for none.</summary>
    ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation);

    /// <summary>
    /// Records that events are about to be removed for good, and returns a receipt that is kept in their place; absent for none. May be called again for
    /// the same removal after a crash.
    /// </summary>
    ValueTask<string?> RemoveAsync(SegmentRemoval removal, CancellationToken cancellation);
}

/// <summary>How far one imported file stands in a segment.</summary>
/// <param name="Sha256">SHA-256 of the file's bytes, lower-case hexadecimal.</param>
/// <param name="Records">Records of the file in this segment.</param>
/// <param name="Complete">True when the file's last record is in this segment or before.</param>
public sealed record ImportMark(string Sha256, long Records, bool Complete);

/// <summary>What one source has in a part of the store.</summary>
/// <param name="Source">The source.</param>
/// <param name="Events">Number of events.</param>
/// <param name="Bytes">Length of their canonical bytes.</param>
/// <param name="ReceivedFrom">When the first was received.</param>
/// <param name="ReceivedTo">When the last was received.</param>
public sealed record SourceVolume(string Source, long Events, long Bytes, DateTimeOffset ReceivedFrom, DateTimeOffset ReceivedTo);

/// <summary>The manifest of a sealed segment: what it must be.</summary>
public sealed record SegmentManifest
{
    /// <summary>The layout of columns and of the bytes that are hashed that this library writes and reads.</summary>
    public const int CurrentSchema = 2;

    /// <summary>Version of the layout of columns and of the bytes that are hashed.</summary>
    public int Schema { get; init; } = CurrentSchema;

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

    /// <summary>Length of the Parquet file that it was sealed in, in bytes.</summary>
    public required long FileLength { get; init; }

    /// <summary>SHA-256 of the Parquet file that it was sealed in, lower-case hexadecimal.</summary>
    public required string FileSha256 { get; init; }

    /// <summary>What each source had in it when it was sealed.</summary>
    public required IReadOnlyList<SourceVolume> Sources { get; init; }

    /// <summary>Merkle root over the events, lower-case hexadecimal.</summary>
    public required string Root { get; init; }

    /// <summary>What the sealer returned.</summary>
    public string? Receipt { get; init; }

    /// <summary>Files imported into this segment.</summary>
    public IReadOnlyList<ImportMark> Imports { get; init; } = [];
}

/// <summary>
/// The manifest of several segments that follow each other and are kept in one file, or of one from which events were removed. Each segment is proved
/// as before.
/// </summary>
public sealed record SegmentPack
{
    /// <summary>The layout of files that this version puts together: frequent fields have columns of their own. Of those before it, the file is laid out as that of one segment.</summary>
    public const int CurrentSchema = 3;

    /// <summary>Version of the layout: <see cref="CurrentSchema"/> or <see cref="SegmentManifest.CurrentSchema"/>.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>How often events were removed from it, plus one.</summary>
    public required int Generation { get; init; }

    /// <summary>When the file was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The segments, oldest first.</summary>
    public required IReadOnlyList<SegmentManifest> Segments { get; init; }

    /// <summary>Length of the Parquet file in bytes; zero when no event is left.</summary>
    public required long FileLength { get; init; }

    /// <summary>SHA-256 of the Parquet file, lower-case hexadecimal; absent when no event is left.</summary>
    public string? FileSha256 { get; init; }

    /// <summary>What each source has left in it.</summary>
    public required IReadOnlyList<SourceVolume> Sources { get; init; }

    /// <summary>What was removed, oldest first.</summary>
    public IReadOnlyList<SegmentRemoval> Removals { get; init; } = [];
}

/// <summary>Events removed for good from segments that follow each other. What is left is proved as before.</summary>
/// <param name="First">Id of the first segment.</param>
/// <param name="Last">Id of the last segment.</param>
/// <param name="Generation">Generation of the file that no longer has them.</param>
/// <param name="At">When.</param>
/// <param name="Sources">What was removed of each source.</param>
/// <param name="Reason">Why: <see cref="ReasonAge"/> or <see cref="ReasonSize"/>.</param>
/// <param name="RemovedSha256">SHA-256 of the list of everything that was ever removed from these segments, a bit for each event; lower-case hexadecimal.</param>
/// <param name="Receipt">What the sealer returned.</param>
public sealed record SegmentRemoval(string First, string Last, int Generation, DateTimeOffset At, IReadOnlyList<SourceVolume> Sources, string Reason, string RemovedSha256, string? Receipt)
{
    /// <summary>The time to keep them was over.</summary>
    public const string ReasonAge = "age";

    /// <summary>The store was larger than it may be.</summary>
    public const string ReasonSize = "size";
}

/// <summary>How long the events of a source are kept, by the time of their receipt.</summary>
/// <param name="Keep">They go when they are older; absent for ever.</param>
/// <param name="Minimum">Whatever else says so, they do not go when they are younger.</param>
public sealed record SourceRetention(TimeSpan? Keep, TimeSpan Minimum)
{
    /// <summary>Not removed by age; free to go when the store is too large.</summary>
    public static SourceRetention Unbounded { get; } = new(null, TimeSpan.Zero);

    internal bool IsOver(DateTimeOffset newest, DateTimeOffset now) => Keep is { } keep && now - newest > (keep > Minimum ? keep : Minimum);

    internal bool MayGo(DateTimeOffset newest, DateTimeOffset now) => now - newest > Minimum;
}

/// <summary>What a store keeps.</summary>
public sealed record RetentionPolicy
{
    /// <summary>For sources that are not in <see cref="Sources"/>.</summary>
    public SourceRetention Others { get; init; } = SourceRetention.Unbounded;

    /// <summary>For a source by its name.</summary>
    public IReadOnlyDictionary<string, SourceRetention> Sources { get; init; } = new Dictionary<string, SourceRetention>();

    /// <summary>
    /// Most bytes of the files on this machine's disk; what is older goes first. Absent for no bound. It moves files where <see cref="ColdAfter"/> says that they
    /// move, and removes events where it does not.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>Files whose newest event was received longer ago are moved to cold storage; absent for never.</summary>
    public TimeSpan? ColdAfter { get; init; }

    /// <summary>What must stay whatever its age.</summary>
    public IReadOnlyList<LegalHold> Holds { get; init; } = [];

    /// <summary>What holds for a source.</summary>
    public SourceRetention Of(string source) => Sources.GetValueOrDefault(source, Others);
}

/// <summary>Events that must stay whatever their age.</summary>
/// <param name="Query">Which; commands do not matter.</param>
/// <param name="From">Events at or after this time; absent for no bound.</param>
/// <param name="To">Events before this time; absent for no bound.</param>
public sealed record LegalHold(SearchQuery Query, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>What a maintenance of the store did.</summary>
/// <param name="Packed">Segment files that were put together.</param>
/// <param name="Removals">What was removed.</param>
/// <param name="Held">Events whose time was over and that a hold kept.</param>
/// <param name="ExcessBytes">Bytes above the most that the store may have, that could not be removed.</param>
/// <param name="Problems">Files that are damaged and were left as they are, with what is wrong; the others were maintained.</param>
public sealed record MaintenanceResult(int Packed, IReadOnlyList<SegmentRemoval> Removals, long Held, long ExcessBytes, IReadOnlyList<string> Problems)
{
    /// <summary>Files that were moved to cold storage.</summary>
    public int Moved { get; init; }

    /// <summary>Why something could not be moved, read or deleted in cold storage; it is tried again by the next maintenance. Absent when nothing is wrong.</summary>
    public LocalizedText? ColdProblem { get; init; }
}

/// <summary>How cold storage stands.</summary>
/// <param name="Place">The place that was named at the start, or that of files where none was.</param>
/// <param name="IsNamed">True when one was named.</param>
/// <param name="Files">Files that lie there.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="LastMove">When the last of them was moved.</param>
/// <param name="CacheBytes">Bytes of this machine's copies of them.</param>
/// <param name="CacheMost">The most that those may have; absent for a folder.</param>
/// <param name="Problem">What the last maintenance could not do there; absent when nothing is wrong.</param>
/// <param name="ProblemSince">When that began.</param>
public sealed record ColdStanding(string Place, bool IsNamed, int Files, long Bytes, DateTimeOffset? LastMove, long CacheBytes, long? CacheMost, LocalizedText? Problem, DateTimeOffset? ProblemSince);

/// <summary>A file of the store, for lists.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">Id of its first segment.</param>
/// <param name="Last">Id of its last segment.</param>
/// <param name="SealedAt">When the last was sealed.</param>
/// <param name="From">Time of the earliest event when sealed.</param>
/// <param name="To">Time of the latest event when sealed.</param>
/// <param name="Bytes">Bytes on the disk and in cold storage, hashes included.</param>
/// <param name="Sources">What each source has in it.</param>
/// <param name="Removals">What was removed from it.</param>
public sealed record StoreFile(string Name, string First, string Last, DateTimeOffset SealedAt, DateTimeOffset From, DateTimeOffset To, long Bytes, IReadOnlyList<SourceVolume> Sources, IReadOnlyList<SegmentRemoval> Removals)
{
    /// <summary>Of the bytes, those in cold storage.</summary>
    public long ColdBytes { get; init; }
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

    /// <summary>Files are put together up to this many events. Default 4,000,000.</summary>
    public int PackEvents { get; init; } = 4_000_000;

    /// <summary>Files are put together up to this many bytes. Default 512 MiB.</summary>
    public long PackBytes { get; init; } = 512L << 20;

    /// <summary>Files are put together when their segments were sealed within this time, so that old ones can go whole. Default seven days.</summary>
    public TimeSpan PackSpan { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a file that another one has replaced stays on the disk, for processes that read it. Default ten minutes.</summary>
    public TimeSpan KeepReplaced { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where old files are moved to; absent for nowhere.</summary>
    public ColdTarget? Cold { get; init; }

    /// <summary>How cold storage is reached, where that is not how it usually is.</summary>
    internal Func<ColdTarget, Cold.IColdPlace>? ColdConnect { get; init; }

    /// <summary>What queries may use.</summary>
    public QueryRoom Queries { get; init; } = new();
}

/// <summary>What the queries of a store may use together.</summary>
/// <param name="Memory">Memory in MiB; what sorts and groups beyond it goes to the disk.</param>
/// <param name="Threads">Threads.</param>
public sealed record QueryRoom(int Memory = 512, int Threads = 2);

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

    /// <summary>Cold storage where the Parquet file lies could not be asked.</summary>
    FileUnreachable,

    /// <summary>The list of removed events is not the one that was sealed with their removal.</summary>
    RemovalChanged,
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

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SegmentManifest))]
[JsonSerializable(typeof(SegmentPack))]
[JsonSerializable(typeof(Store.OpenAnchor))]
internal sealed partial class StoreJson : JsonSerializerContext;
