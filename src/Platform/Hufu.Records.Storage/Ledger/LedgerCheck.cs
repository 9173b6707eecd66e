using System.Globalization;
using Hufu.Kernel;
using Hufu.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hufu.Records.Storage.Ledger;

/// <summary>One broken place.</summary>
/// <param name="Code">Stable code: <c>ledger.entry-changed</c>, <c>change.missing</c>, <c>record.replaced</c>…</param>
/// <param name="Where">File, leaf, change or record.</param>
/// <param name="Message">What is wrong.</param>
public sealed record BrokenPlace(string Code, string Where, LocalizedText Message);

/// <summary>What a verification of everything found.</summary>
public sealed record LedgerCheckResult(IReadOnlyList<BrokenPlace> Broken, long Leaves, long Changes, long Records, long Files, long Waiting, long Erased, string? Checkpoint)
{
    public bool IsIntact => Broken.Count == 0;

    /// <summary>What further parts looked at, by their names.</summary>
    public IReadOnlyDictionary<string, long> Parts { get; init; } = new Dictionary<string, long>();

    /// <summary>What outsiders said of this ledger's checkpoints, the newest first, and what it is worth.</summary>
    public IReadOnlyList<JudgedAnchor> Anchors { get; init; } = [];

    /// <summary>What is no break but should be explained: times that contradict each other.</summary>
    public IReadOnlyList<BrokenPlace> Remarks { get; init; } = [];
}

/// <summary>Something outside the rows that the ledger vouches for, and that knows how to verify itself.</summary>
public interface ILedgerCheckPart
{
    /// <summary>What it is called in the result.</summary>
    string Name { get; }

    /// <summary>Verifies and reports every broken place. Returns how much was looked at.</summary>
    Task<long> RunAsync(HufuDbContext db, Action<BrokenPlace> broken, IProgress<(string Part, double Done)>? progress, CancellationToken cancellation);
}

/// <summary>
/// Verifies all that the product vouches for, without trusting the running product: the ledger against its signature, every change against
/// its leaf, every record against the hash in its last change, every evidence file against its name. May run beside a product that is writing:
/// the database is read as it was at one moment, and a leaf that is written before its place is noted counts as waiting.
/// </summary>
public sealed class LedgerCheck(IDbContextFactory<HufuDbContext> factory, LedgerFiles files, LedgerAnchors anchors, FileVault vault, IEnumerable<ILedgerCheckPart> parts)
{
    private const int MaxFaults = 50;

    /// <summary>Runs the verification. Checkpoints kept elsewhere catch a ledger that was cut back or rewritten as a whole.</summary>
    /// <param name="keptElsewhere">Such checkpoints.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="trust">Whom to believe about time stamps and cosignatures; the organisation's settings when it is null.</param>
    /// <param name="cancellation">Stops the run.</param>
    public async Task<Result<LedgerCheckResult>> RunAsync(IReadOnlyList<SignedCheckpoint> keptElsewhere, IProgress<(string Part, double Done)>? progress = null, AnchorSettings? trust = null, CancellationToken cancellation = default)
    {
        var verifier = files.Verifier();
        if (!verifier.IsOk) return Result.Fail<LedgerCheckResult>(verifier.Errors);
        var broken = new List<BrokenPlace>();
        progress?.Report(("ledger", 0));
        // What was kept beside the ledger counts as well; whoever rewrote the ledger may have forgotten it.
        var kept = anchors.List(out var unreadable);
        foreach (var fault in unreadable) broken.Add(new BrokenPlace(fault.Code, fault.Place ?? "anchors", fault.Message));
        IReadOnlyList<JudgedAnchor> judged;
        await using (var settings = await factory.CreateDbContextAsync(cancellation))
        using (var judge = new AnchorJudge(verifier.Value, trust ?? await AnchorSettings.LoadAsync(settings, cancellation)))
            judged = [.. kept.Select(judge.Judge)];
        AddAnchors(broken, judged);
        var tree = LedgerVerifier.Verify(files.Folder, new LedgerTrust(verifier.Value), [.. keptElsewhere, .. judged.Where(j => j.CheckpointFault is null).Select(j => j.Anchor.Checkpoint)], cancellation: cancellation);
        if (tree.Fault is { } first)
            broken.Add(new BrokenPlace("ledger." + Dashed(first.Kind.ToString()), first.EntryIndex is { } at ? $"{first.Path} #{at}" : first.Path, first.Message));
        var times = new AnchorTimes(judged);
        var size = tree.Checkpoint?.Checkpoint.Size ?? 0;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        await using var moment = await SnapshotAsync(db, cancellation);
        // Committed before the ledger is opened here, so that the ledger has every leaf whose place the database knows.
        _ = await db.Changes.MaxAsync(c => (long?)c.Position, cancellation);
        var reader = LedgerReader.Open(files.Folder);
        // A process that was killed, or one that is at work, has leaves whose places are not noted yet.
        var noted = await db.Changes.AsNoTracking().Where(c => c.Position == null).ToDictionaryAsync(c => c.Uid, cancellation);

        // Every change against its leaf, in the order of the leaves: a missing, doubled or changed row shows at its own place.
        long changes = 0, waiting = 0, erased = 0, next = 0;
        var last = new Dictionary<Guid, (string Type, string? State)>();
        await foreach (var change in db.Changes.AsNoTracking().OrderBy(c => c.Position == null).ThenBy(c => c.Position).ThenBy(c => c.Id).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            changes++;
            if (changes % 5000 == 0) progress?.Report(("changes", size == 0 ? 1 : (double)next / size));
            if (change.Payload is null || change.Salt is null) erased++;
            else if (ChangeCapture.Commit(change.Salt, change.Payload) != change.Commitment)
                Add(broken, "change.payload-changed", $"change {change.Id}", $"異動 {change.Id} 的內容與其承諾值不符：內容被改過。", $"The content of change {change.Id} does not match its commitment: it was altered.");
            if (change.Position is not { } position) waiting++;
            else
            {
                for (; next < position && broken.Count < MaxFaults; next++) Missing(broken, reader, next, noted);
                next = Math.Max(next, position + 1);
                times.Look(position, change.At);
                var entry = reader.IsOk ? reader.Value.ReadEntry(position) : null;
                if (entry is not { IsOk: true }) Add(broken, "leaf.missing", $"#{position}", $"異動 {change.Id} 的帳本項 #{position} 不存在或無法讀取。", $"Leaf #{position} of change {change.Id} is missing or cannot be read.");
                else if (!entry.Value.AsSpan().SequenceEqual(ChangeCapture.Leaf(change)))
                    Add(broken, "change.replaced", $"change {change.Id} (#{position})", $"異動 {change.Id} 與帳本項 #{position} 不符：資料庫中的異動被替換或修改。", $"Change {change.Id} does not match leaf #{position}: the row was replaced or altered.");
            }

            if (change.Payload is not null && ChangeCapture.Read(change) is { } payload && (payload.State is not null || change.Action == "delete")) last[change.RecordId] = (change.TypeKey, payload.State);
        }

        for (; next < size && broken.Count < MaxFaults; next++) Missing(broken, reader, next, noted);
        var now = reader.IsOk ? reader.Value.Size : 0;
        if (now < next && broken.Count < MaxFaults) Add(broken, "ledger.cut-back", $"#{now}", $"資料庫記載 {next} 項，帳本只有 {now} 項：帳本尾端被截斷。", $"The database knows {next} leaves but the ledger has {now}: its tail was cut off.");

        // Every audited row against the state hash of its last change.
        long records = 0;
        foreach (var entity in db.Model.GetEntityTypes().Where(e => typeof(IAudited).IsAssignableFrom(e.ClrType)).ToList())
        {
            progress?.Report((entity.ClrType.Name, 0.5));
            await foreach (var row in Rows(db, entity.ClrType).WithCancellation(cancellation))
            {
                records++;
                var name = row is Record record ? record.Number : $"{row.AuditType} {row.Id}";
                if (!last.Remove(row.Id, out var state)) Add(broken, "record.unknown", name, $"{name} 沒有任何異動紀錄：它不是經由系統建立的。", $"{name} has no change at all: it was not created through the product.");
                else if (state.State is null) Add(broken, "record.revived", name, $"{name} 已刪除，卻仍在資料庫中。", $"{name} was deleted but is in the database.");
                else if (!ChangeCapture.IsInState(db.Entry(row), state.State)) Add(broken, "record.replaced", name, $"{name} 的內容與最後一次異動不符：資料被繞過系統修改。", $"{name} does not match its last change: it was altered behind the product's back.");
                if (records % 500 == 0) db.ChangeTracker.Clear();
            }

            db.ChangeTracker.Clear();
        }

        // What is no row, such as a sealed log segment, has its own verification.
        var audited = db.Model.GetEntityTypes().Where(e => typeof(IAudited).IsAssignableFrom(e.ClrType)).Select(e => ((IAudited)Activator.CreateInstance(e.ClrType)!).AuditType).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, state) in last)
            if (state.State is not null && audited.Contains(state.Type)) Add(broken, "record.missing", $"{state.Type} {id}", $"{state.Type} {id} 有異動紀錄，資料卻不見了。", $"{state.Type} {id} has changes but the row is gone.");

        long checkedFiles = 0;
        foreach (var hash in await db.Evidence.AsNoTracking().Where(e => e.Sha256 != null && e.FileName != null).Select(e => e.Sha256!).Distinct().ToListAsync(cancellation))
        {
            checkedFiles++;
            if (!await vault.IsIntactAsync(hash, cancellation)) Add(broken, "file.changed", hash, $"證據檔案 {hash[..16]}… 遺失或內容已變。", $"The evidence file {hash[..16]}… is missing or altered.");
        }

        var counted = new SortedDictionary<string, long>(StringComparer.Ordinal);
        if (judged.Count > 0) (counted["time stamps"], counted["cosignatures"]) = (judged.Count(j => j.Stamp is not null), judged.Sum(j => j.Words.Count));
        foreach (var part in parts)
        {
            counted[part.Name] = await part.RunAsync(db, place =>
            {
                if (broken.Count < MaxFaults) broken.Add(place);
            }, progress, cancellation);
        }

        progress?.Report(("done", 1));
        var checkpoint = tree.Checkpoint is { } c ? System.Text.Encoding.UTF8.GetString(c.Bytes.Span) : null;
        return Result.Of(new LedgerCheckResult(broken, size, changes, records, checkedFiles, waiting, erased, checkpoint) { Parts = counted, Anchors = judged, Remarks = times.Remarks });
    }

    private static void AddAnchors(List<BrokenPlace> broken, IReadOnlyList<JudgedAnchor> judged)
    {
        foreach (var anchor in judged)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"anchors/{anchor.Anchor.Size:d10}");
            if (anchor.CheckpointFault is { } fault) Add(broken, "anchor.checkpoint-refused", where, $"留存的檢查點不可信：{fault.Message.Zh}", $"The checkpoint that was kept is not to be believed: {fault.Message.En}");
            if (anchor.StampFault is { } stamp) Add(broken, "timestamp.refused", where + "/timestamp.tst", $"第 {anchor.Anchor.Size} 項檢查點的時戳不成立：{stamp.Message.Zh}", $"The time stamp of the checkpoint at {anchor.Anchor.Size} does not hold: {stamp.Message.En}");
            foreach (var line in anchor.Wrong) Add(broken, "cosignature.refused", where + "/cosignatures", $"見證者 {line} 對第 {anchor.Anchor.Size} 項檢查點的簽章不符。", $"The signature of the witness {line} on the checkpoint at {anchor.Anchor.Size} is wrong.");
        }
    }

    // One consistent state of the database, whatever is written meanwhile.
    private static async Task<IAsyncDisposable> SnapshotAsync(HufuDbContext db, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        if (db.Database.GetDbConnection() is not SqliteConnection sqlite) return await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var transaction = sqlite.BeginTransaction(deferred: true);
        await db.Database.UseTransactionAsync(transaction, cancellation);
        return transaction;
    }

    private static void Missing(List<BrokenPlace> broken, Result<LedgerReader> reader, long index, Dictionary<Guid, Change> noted)
    {
        var entry = reader.IsOk ? reader.Value.ReadEntry(index) : null;
        var uid = entry is { IsOk: true } ? LedgerSequencer.UidOf(entry.Value) : null;
        if (uid is { } id && noted.TryGetValue(id, out var change) && entry!.Value.AsSpan().SequenceEqual(ChangeCapture.Leaf(change))) return;
        Add(broken, "change.missing", $"#{index}", $"帳本項 #{index} 的異動（{uid}）已不在資料庫中：有一列被刪除。", $"The change of leaf #{index} ({uid}) is no longer in the database: a row was removed.");
    }

    private static void Add(List<BrokenPlace> broken, string code, string where, string zh, string en)
    {
        if (broken.Count < MaxFaults) broken.Add(new BrokenPlace(code, where, new LocalizedText(zh, en)));
    }

    private static string Dashed(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLower(c, CultureInfo.InvariantCulture) : c.ToString()));

    private static IAsyncEnumerable<IAudited> Rows(HufuDbContext db, Type type) =>
        (IAsyncEnumerable<IAudited>)typeof(LedgerCheck).GetMethod(nameof(RowsOf), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, [db])!;

    // Asked within the moment that all else is read in.
    private static async Task<bool> HasRowsAsync(HufuDbContext db, IEntityType type)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = $"SELECT 1 FROM \"{type.GetTableName()}\" LIMIT 1";
        return await command.ExecuteScalarAsync() is not null;
    }

    private static async IAsyncEnumerable<IAudited> RowsOf<T>(HufuDbContext db) where T : class, IAudited
    {
        // Translating the question for a whole row costs more than all else where a table has none, and most of a small site's have none.
        if (!await HasRowsAsync(db, db.Model.FindEntityType(typeof(T))!)) yield break;
        await foreach (var row in db.Set<T>().AsTracking().AsAsyncEnumerable()) yield return row;
    }
}
