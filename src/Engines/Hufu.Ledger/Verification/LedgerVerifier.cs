using System.Buffers;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// Verifies a ledger's folder without its writer and without any state of its own: recomputes every leaf hash from the entries, every
/// tile from the leaf hashes, and the root; checks the signatures and compares with checkpoints that were kept elsewhere.
/// </summary>
public static class LedgerVerifier
{
    /// <summary>Most unaccounted files that a result lists: 100.</summary>
    public const int MaxRemarks = 100;

    private const int BundlesAtOnce = 64;

    /// <summary>Verifies a ledger and names the first place where it is broken.</summary>
    /// <param name="folder">The ledger's folder.</param>
    /// <param name="trust">Keys that are believed.</param>
    /// <param name="trustedCheckpoints">Checkpoints of this log that were kept elsewhere, of any size: the ledger must contain each of them.</param>
    /// <param name="progress">Told about every 64 bundles.</param>
    /// <param name="parallelism">Threads that read and hash; 2 by default.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public static LedgerVerification Verify(
        string folder,
        LedgerTrust trust,
        IReadOnlyList<SignedCheckpoint>? trustedCheckpoints = null,
        IProgress<VerificationProgress>? progress = null,
        int parallelism = 2,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        var read = LedgerReader.ReadCheckpoint(folder, trust: null);
        if (!read.IsOk)
            return new LedgerVerification { Fault = Refusal(LedgerFaultKind.CheckpointUnreadable, read.Errors[0], []) };
        var checkpoint = read.Value;
        var signatures = checkpoint.Verify(trust);
        if (!signatures.IsOk)
            return new LedgerVerification { Checkpoint = checkpoint, Fault = Refusal(LedgerFaultKind.SignatureRefused, signatures.Errors[0], [checkpoint.Bytes]) };
        var run = new Run(folder, checkpoint, trustedCheckpoints ?? []);
        var fault = run.CompareSizes(trust) ?? run.Recompute(progress, parallelism, cancellation) ?? run.CompareOlderCopies(cancellation);
        return new LedgerVerification
        {
            Fault = fault is { Evidence.Count: 0 } ? fault with { Evidence = [checkpoint.Bytes] } : fault,
            Checkpoint = checkpoint,
            Signatures = signatures.Value,
            EntriesVerified = run.Entries,
            BytesRead = run.Bytes,
            OlderCopiesVerified = run.OlderCopies,
            Unaccounted = run.Unaccounted,
        };
    }

    private static LedgerFault Refusal(LedgerFaultKind kind, Error error, IReadOnlyList<ReadOnlyMemory<byte>> evidence) =>
        new(kind, TilePath.Checkpoint, null, null, null, error.Place, error.Message) { Evidence = evidence };

    private sealed class Run(string folder, SignedCheckpoint signed, IReadOnlyList<SignedCheckpoint> trustedCheckpoints)
    {
        private readonly long size = signed.Checkpoint.Size;
        private readonly SignedCheckpoint[] trusted = [.. trustedCheckpoints.OrderBy(t => t.Checkpoint.Size)];
        private readonly CompactRange range = new();
        private readonly List<Column> columns = [];
        private long bytes;
        private int nextTrusted;

        public long Entries => range.Size;

        public long Bytes => Interlocked.Read(ref bytes);

        public int OlderCopies { get; private set; }

        public List<FoundFile> Unaccounted { get; } = [];

        /// <summary>What can be said before a single tile is read.</summary>
        public LedgerFault? CompareSizes(LedgerTrust trust)
        {
            foreach (var known in trusted)
            {
                if (known.Verify(trust with { RequiredWitnesses = 0 }) is { IsOk: false } refused)
                    return Refusal(LedgerFaultKind.TrustedCheckpointRefused, refused.Errors[0], [signed.Bytes, known.Bytes]);
            }

            if (trusted.Length == 0 || trusted[^1].Checkpoint.Size <= size)
                return null;
            var larger = trusted[^1];
            return new LedgerFault(
                LedgerFaultKind.CutBack, TilePath.Checkpoint, size, null, $"{larger.Checkpoint.Size}", $"{size}",
                LedgerErrors.RolledBack(larger.Checkpoint.Size, size).Message) { Evidence = [signed.Bytes, larger.Bytes] };
        }

        /// <summary>Reads every entry and every tile, in the order of the entries.</summary>
        public LedgerFault? Recompute(IProgress<VerificationProgress>? progress, int parallelism, CancellationToken cancellation)
        {
            if (CompareRoots([]) is { } atStart)
                return atStart;
            var bundles = (size + TilePath.Width - 1) / TilePath.Width;
            var checks = new BundleCheck[BundlesAtOnce];
            var work = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
            for (long first = 0; first < bundles; first += BundlesAtOnce)
            {
                var count = (int)Math.Min(BundlesAtOnce, bundles - first);
                var start = first;
                Parallel.For(0, count, work, i => checks[i] = CheckBundle(start + i));
                for (var i = 0; i < count; i++)
                {
                    if (checks[i].Fault is { } fault)
                        return fault;
                    if (Climb(first + i, checks[i]) is { } above)
                        return above;
                }

                progress?.Report(new VerificationProgress(Entries, size, Bytes));
            }

            if (range.Root == signed.Checkpoint.Root)
                return null;
            return new LedgerFault(
                LedgerFaultKind.RootMismatch, TilePath.Checkpoint, null, null, signed.Checkpoint.Root.ToString(), range.Root.ToString(),
                new LocalizedText(
                    $"所有檔案彼此一致，但算得的樹根不是檢查點簽署的樹根：{KnownGood().Zh}帳本被改寫。",
                    $"All files agree with each other, but their root is not the one that was signed: the ledger was rewritten{KnownGood().En}."));
        }

        /// <summary>
        /// Partial tiles and bundles of older checkpoints are copies of what is verified by now, but they are served to others, so
        /// they must still be right.
        /// </summary>
        public LedgerFault? CompareOlderCopies(CancellationToken cancellation)
        {
            foreach (var file in LedgerFolder.AllFiles(folder, 0, size).OrderBy(f => f.Path, StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                if (!TilePath.TryParse(file.Path, out var level, out var index, out var width) || TileFile.WidthAt(level, index, size) < width)
                {
                    if (Unaccounted.Count < MaxRemarks)
                        Unaccounted.Add(file);
                    continue;
                }

                if (TileFile.WidthAt(level, index, size) == width)
                    continue;
                var current = TileFile.ReadAt(folder, level, index, size);
                var older = TileFile.Read(folder, file.Path, EntryBundle.MaxLength);
                if (!current.IsOk || !older.IsOk)
                    return Unreadable(LedgerFaultKind.FileMissing, (current.IsOk ? older : (Result)current).Errors[0], FirstEntry(level, index));
                var length = width * MerkleHash.Length;
                if (level == TilePath.Entries && EntryBundle.TryFind(current.Value.Bytes, width - 1, out var last))
                    length = last.End.Value;
                var expected = current.Value.Bytes.AsSpan(0, length);
                OlderCopies++;
                var same = expected.CommonPrefixLength(older.Value);
                if (same == expected.Length && older.Value.Length == expected.Length)
                    continue;
                var kind = same == older.Value.Length ? LedgerFaultKind.FileCut : same == expected.Length ? LedgerFaultKind.FileTooLong
                    : level == TilePath.Entries ? LedgerFaultKind.EntryChanged : LedgerFaultKind.TileChanged;
                return new LedgerFault(
                    kind, file.Path, FirstEntry(level, index), same, Hashing.Sha256Hex(expected), Hashing.Sha256Hex(older.Value),
                    new LocalizedText(
                        $"較舊檢查點留下的部分檔案，自第 {same} 位元組起與現行檔案不同。帳本本身完好。",
                        $"The partial file that an older checkpoint left differs from the present one from byte {same}. The ledger itself is whole."));
            }

            return null;
        }

        /// <summary>Compares the entries of a bundle with their tile of leaf hashes.</summary>
        private BundleCheck CheckBundle(long index)
        {
            var first = index * TilePath.Width;
            var width = TileFile.WidthAt(0, index, size);
            var tile = TileFile.ReadAt(folder, 0, index, size);
            var buffer = ArrayPool<byte>.Shared.Rent(1 << 19);
            try
            {
                var path = TilePath.OfEntries(index, width);
                if (TileFile.ReadInto(folder, ref path, index, width, ref buffer, out var length) is { } error)
                    return new BundleCheck(Unreadable(LedgerFaultKind.FileMissing, error, first));
                if (!tile.IsOk)
                    return new BundleCheck(Unreadable(tile.Errors[0].Code == "ledger.tile.malformed" ? LedgerFaultKind.FileCut : LedgerFaultKind.FileMissing, tile.Errors[0], first));
                Interlocked.Add(ref bytes, length + tile.Value.Bytes.Length);
                var hashes = new MerkleHash[width];
                var count = EntryBundle.HashEntries(buffer.AsSpan(0, length), hashes, out var used);
                var stored = TileFile.Hashes(tile.Value.Bytes)[..width];
                var same = hashes.AsSpan(0, count).CommonPrefixLength(stored);
                if (same < count)
                    return new BundleCheck(Changed(index, same, hashes, count, stored, path, tile.Value.Path, OffsetOf(buffer.AsSpan(0, length), same)));
                if (count < width)
                {
                    return new BundleCheck(new LedgerFault(
                        LedgerFaultKind.FileCut, path, first + count, used, $"{width}", $"{count}",
                        new LocalizedText($"項目檔應有 {width} 筆，只有 {count} 筆：尾端被截短或長度被改。", $"The bundle should have {width} entries and has {count}: it was cut, or a length was changed.")));
                }

                if (used < length && path == TilePath.OfEntries(index, width))
                {
                    return new BundleCheck(new LedgerFault(
                        LedgerFaultKind.FileTooLong, path, first + width, used, $"{used}", $"{length}",
                        new LocalizedText($"項目檔應有 {used} 位元組，實有 {length}：尾端被加了內容。", $"The bundle should have {used} bytes and has {length}: something was added.")));
                }

                return new BundleCheck(null, hashes, width == TilePath.Width ? CompactRange.RootOf(hashes) : default);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        /// <summary>An entry and its leaf hash differ. Which of them the signed root vouches for tells which file was changed.</summary>
        private LedgerFault Changed(
            long index, int position, MerkleHash[] hashes, int count, ReadOnlySpan<MerkleHash> stored, string bundlePath, string tilePath, long offset)
        {
            var entry = (index * TilePath.Width) + position;
            if (!Leads(0, index, stored.ToArray()) && count == hashes.Length && Leads(0, index, hashes))
            {
                return new LedgerFault(
                    LedgerFaultKind.TileChanged, tilePath, entry, position * MerkleHash.Length, hashes[position].ToString(), stored[position].ToString(),
                    new LocalizedText($"雜湊檔中第 {entry} 筆的雜湊值被改過；項目本身與簽署的樹根相符。", $"The hash of entry {entry} in the tile was changed; the entry itself agrees with the signed root."));
            }

            return new LedgerFault(
                LedgerFaultKind.EntryChanged, bundlePath, entry, offset, stored[position].ToString(), hashes[position].ToString(),
                new LocalizedText($"第 {entry} 筆的內容不是當初寫入的內容。", $"Entry {entry} is not what was logged."));
        }

        /// <summary>Takes the hashes of a verified bundle up through the tiles above it, comparing each with what is stored.</summary>
        private LedgerFault? Climb(long index, BundleCheck check)
        {
            if (CompareRoots(check.Hashes) is { } rewritten)
                return rewritten;
            if (check.Hashes.Length < TilePath.Width)
            {
                foreach (var hash in check.Hashes)
                    range.Append(hash);
                return null;
            }

            range.AppendSubtree(check.Root, 8);
            var root = check.Root;
            for (var level = 1; ; level++, index /= TilePath.Width)
            {
                if (columns.Count < level)
                    columns.Add(new Column());
                var column = columns[level - 1];
                var (tile, position) = (index / TilePath.Width, (int)(index % TilePath.Width));
                if (position == 0)
                {
                    var read = TileFile.ReadAt(folder, level, tile, size);
                    if (!read.IsOk)
                        return Unreadable(read.Errors[0].Code == "ledger.tile.malformed" ? LedgerFaultKind.FileCut : LedgerFaultKind.FileMissing, read.Errors[0], FirstEntry(level, tile));
                    Interlocked.Add(ref bytes, read.Value.Bytes.Length);
                    (column.Path, column.Stored) = read.Value;
                }

                var stored = TileFile.Hashes(column.Stored);
                column.Computed[position] = root;
                if (stored[position] != root)
                    return ChangedAbove(level, tile, position, root, stored, column.Path);
                if (position < TilePath.Width - 1)
                    return null;
                root = CompactRange.RootOf(column.Computed);
            }
        }

        /// <summary>A tile above the leaves differs from what lies below it.</summary>
        private LedgerFault ChangedAbove(int level, long tile, int position, MerkleHash computed, ReadOnlySpan<MerkleHash> stored, string path)
        {
            var below = (tile * TilePath.Width) + position;
            var entry = FirstEntry(level - 1, below);
            if (!Leads(level, tile, stored[..TileFile.WidthAt(level, tile, size)].ToArray()))
            {
                return new LedgerFault(
                    LedgerFaultKind.TileChanged, path, entry, position * MerkleHash.Length, computed.ToString(), stored[position].ToString(),
                    new LocalizedText("雜湊檔中的雜湊值與其下的內容不符。", "A hash in the tile does not agree with what lies below it."));
            }

            var lower = level == 1 ? TilePath.OfEntries(below) : TilePath.OfTile(level - 1, below);
            return new LedgerFault(
                LedgerFaultKind.EntryChanged, lower, entry, null, stored[position].ToString(), computed.ToString(),
                new LocalizedText(
                    $"自第 {entry} 筆起的內容與雜湊檔被一併改寫；上層的雜湊值仍與簽署的樹根相符。",
                    $"From entry {entry} on, entries and their hashes were rewritten together; the hash above them still agrees with the signed root."));
        }

        /// <summary>Compares the trusted checkpoints that fall into the next hashes with the tree so far.</summary>
        private LedgerFault? CompareRoots(ReadOnlySpan<MerkleHash> next)
        {
            for (; nextTrusted < trusted.Length && trusted[nextTrusted].Checkpoint.Size <= range.Size + next.Length; nextTrusted++)
            {
                var known = trusted[nextTrusted];
                var at = range.Clone();
                foreach (var hash in next[..(int)(known.Checkpoint.Size - range.Size)])
                    at.Append(hash);
                if (at.Root == known.Checkpoint.Root)
                    continue;
                var good = KnownGood();
                return new LedgerFault(
                    LedgerFaultKind.HistoryRewritten, TilePath.Checkpoint, GoodSize(), null, known.Checkpoint.Root.ToString(), at.Root.ToString(),
                    new LocalizedText(
                        $"前 {known.Checkpoint.Size} 筆與留存的檢查點不符：{good.Zh}歷史被改寫後重新簽署。",
                        $"The first {known.Checkpoint.Size} entries are not those of the checkpoint kept elsewhere: history was rewritten and signed again{good.En}."))
                {
                    Evidence = [signed.Bytes, known.Bytes],
                };
            }

            return null;
        }

        private long GoodSize() => nextTrusted == 0 ? 0 : trusted[nextTrusted - 1].Checkpoint.Size;

        private LocalizedText KnownGood() => GoodSize() == 0
            ? new LocalizedText("", "")
            : new LocalizedText($"前 {GoodSize()} 筆仍與較早留存的檢查點相符，其後", $", after entry {GoodSize() - 1}, up to which an earlier checkpoint agrees");

        /// <summary>True when these hashes of a tile lead to the signed root through the tiles stored above and beside it.</summary>
        private bool Leads(int level, long index, MerkleHash[] hashes)
        {
            while (hashes.Length == TilePath.Width)
            {
                var root = CompactRange.RootOf(hashes);
                var position = (int)(index % TilePath.Width);
                (level, index) = (level + 1, index / TilePath.Width);
                if (Stored(level, index) is not { } above || above[position] != root)
                    return false;
                hashes = above;
            }

            var edge = new CompactRange();
            for (var at = TileFile.Levels(size) - 1; at >= 0; at--)
            {
                var count = TileFile.HashesAt(at, size);
                if (count % TilePath.Width == 0)
                    continue;
                if ((at == level ? hashes : Stored(at, count / TilePath.Width)) is not { } tile)
                    return false;
                foreach (var hash in tile)
                    edge.AppendSubtree(hash, 8 * at);
            }

            return edge.Root == signed.Checkpoint.Root;
        }

        private MerkleHash[]? Stored(int level, long index)
        {
            var read = TileFile.ReadAt(folder, level, index, size);
            return read.IsOk ? TileFile.Hashes(read.Value.Bytes)[..TileFile.WidthAt(level, index, size)].ToArray() : null;
        }

        private static long FirstEntry(int level, long index) => index << (8 * (Math.Max(level, 0) + 1));

        private static long OffsetOf(ReadOnlySpan<byte> bundle, int position) =>
            EntryBundle.TryFind(bundle, position, out var range) ? range.Start.Value - 2 : 0;

        private static LedgerFault Unreadable(LedgerFaultKind kind, Error error, long entry) =>
            new(kind, error.Place ?? "", entry, null, null, null, error.Message);
    }

    /// <summary>The tile that is being compared at a level above the leaves.</summary>
    private sealed class Column
    {
        public string Path { get; set; } = "";
        public byte[] Stored { get; set; } = [];
        public MerkleHash[] Computed { get; } = new MerkleHash[TilePath.Width];
    }

    private readonly struct BundleCheck(LedgerFault? fault, MerkleHash[] hashes, MerkleHash root)
    {
        public BundleCheck(LedgerFault fault) : this(fault, [], default) { }

        public LedgerFault? Fault { get; } = fault;
        public MerkleHash[] Hashes { get; } = hashes;
        public MerkleHash Root { get; } = root;
    }
}
