using System.Text.RegularExpressions;
using Hufu.Kernel;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>What an edit came to.</summary>
/// <param name="Record">The record as it now is.</param>
/// <param name="Conflicts">Fields that somebody else changed meanwhile; when there are any, nothing was saved.</param>
public sealed record UpdateOutcome(Record Record, IReadOnlyList<FieldConflict> Conflicts);

/// <summary>One field that two people changed.</summary>
/// <param name="Field">The field.</param>
/// <param name="Base">Canonical text when the edit began.</param>
/// <param name="Theirs">What the other person saved.</param>
/// <param name="Mine">What this person wants.</param>
public sealed record FieldConflict(Field Field, string? Base, string? Theirs, string? Mine);

/// <summary>A way out of the present state, and why it is closed to this person now, if it is.</summary>
public sealed record OpenTransition(Transition Transition, Error? Blocked);

/// <summary>One record's part of a bulk edit.</summary>
public sealed record BulkLine(Record Record, string? From, string? To, Error? Refused);

/// <summary>One record of those that are to be moved on together.</summary>
/// <param name="Record">The record.</param>
/// <param name="Refused">What stands in the way; null when nothing does, or when nobody asked.</param>
public sealed record MoveLine(Record Record, Error? Refused);

/// <summary>A link as seen from one of its ends.</summary>
/// <param name="LinkId">The link.</param>
/// <param name="Kind">What it means.</param>
/// <param name="Outgoing">This record is the one that points.</param>
/// <param name="Type">Type of the other record.</param>
/// <param name="Other">The other record; null when the reader may not see it.</param>
public sealed record SeenLink(Guid LinkId, string Kind, bool Outgoing, RecordType Type, Record? Other);

/// <summary>Lets a module act when records change. Runs in the same transaction, after the change is written.</summary>
public interface IRecordReaction
{
    /// <summary>The record type that it waits for.</summary>
    string TypeKey { get; }

    /// <summary>Acts on a change; a failure undoes the change.</summary>
    Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation);
}

/// <summary>
/// The only door to records: pages, API, command line, imports and jobs all come through here. It checks rights, rules, workflow and the
/// tally, and every change is logged in its own transaction.
/// </summary>
public sealed partial class RecordStore(HufuDbContext db, IDbContextFactory<HufuDbContext> others, IDirectory directory, IEnumerable<IRecordReaction> reactions, DenialLog denials)
{
    /// <summary>Records that are moved on at once, at most.</summary>
    public const int MostMoved = 1_000;

    private readonly List<(Actor Actor, string Asked, string Code)> waitingDenials = [];

    private static readonly Error NotFound = Error.Of("record.not-found", "找不到這筆紀錄，或您無權檢視。", "This record does not exist, or you may not see it.");

    private static readonly Error Archived = Error.Of("record.archived", "已封存的紀錄不能修改。", "An archived record cannot be changed.");

    private IDbContextFactory<HufuDbContext> Others => others;

    /// <summary>The database, for queries of modules over their own types.</summary>
    public HufuDbContext Db => db;

    public RecordTypes Types => db.Types;

    public IDirectory Directory => directory;

    // ---- reading -------------------------------------------------------------------------------------------------

    /// <summary>One page of a list, as far as the actor may see it.</summary>
    public async Task<Result<RecordPage>> ListAsync(Actor actor, RecordType type, RecordQuery query, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, type, Right.Read, null) is { } denied) return Result.Fail<RecordPage>(denied);
        return await type.Accept(new PageVisitor(this, actor, query, cancellation));
    }

    /// <summary>All rows of a list in its order, one after another, as far as the actor may see them.</summary>
    public async Task<Result<IAsyncEnumerable<Record>>> StreamAsync(Actor actor, RecordType type, RecordQuery query)
    {
        if (await DeniedAsync(actor, type, Right.Read, null) is { } denied) return Result.Fail<IAsyncEnumerable<Record>>(denied);
        return type.Accept(new StreamVisitor(this, actor, query));
    }

    /// <summary>A few records whose text holds these words, newest change first, without counting the rest.</summary>
    public Task<IReadOnlyList<Record>> FirstAsync(Actor actor, RecordType type, string text, int take, CancellationToken cancellation = default) =>
        type.Accept(new FirstVisitor(this, actor, text, take, cancellation));

    /// <summary>The records of a type as a typed query, limited to what the actor may see.</summary>
    public IQueryable<T> Readable<T>(Actor actor) where T : Record => db.Set<T>().AsNoTracking().Where(actor.ReadCondition<T>(db.Types.Of<T>())).Where(r => r.ArchivedAt == null);

    /// <summary>A record by its number; not found and not allowed look the same from outside.</summary>
    public async Task<Result<Record>> FindAsync(Actor actor, RecordType type, string number, CancellationToken cancellation = default)
    {
        var record = Field.IsStorable(number) ? await type.Accept(new FindVisitor(db, r => r.Number == number, cancellation)) : null;
        return await SeenAsync(actor, type, record, number);
    }

    /// <summary>A record of whatever type, by its number as somebody wrote it.</summary>
    public async Task<Result<Record>> FindAsync(Actor actor, string? number, CancellationToken cancellation = default)
    {
        var text = (number ?? "").Trim().ToUpperInvariant();
        return db.Types.ByNumber(text) is { } type ? await FindAsync(actor, type, text, cancellation) : Result.Fail<Record>(Error.Of("record.not-found", "找不到這個編號。", "There is no record with this number.", "number"));
    }

    /// <summary>A record by its identity.</summary>
    public async Task<Result<Record>> FindAsync(Actor actor, RecordType type, Guid id, CancellationToken cancellation = default)
    {
        var record = await type.Accept(new FindVisitor(db, r => r.Id == id, cancellation));
        return await SeenAsync(actor, type, record, id.ToString());
    }

    /// <summary>A record by its identity, typed.</summary>
    public async Task<Result<T>> FindAsync<T>(Actor actor, Guid id, CancellationToken cancellation = default) where T : Record
    {
        var found = await FindAsync(actor, db.Types.Of<T>(), id, cancellation);
        return found.IsOk ? Result.Of((T)found.Value) : Result.Fail<T>(found.Errors);
    }

    /// <summary>Records by their identities without regard to rights: for showing the numbers and titles that references carry. Missing ones are left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, Record>> NamesAsync(RecordType type, IReadOnlyCollection<Guid> ids, CancellationToken cancellation = default) =>
        ids.Count == 0 ? new Dictionary<Guid, Record>() : (await type.Accept(new ManyVisitor(db, ids, cancellation))).ToDictionary(r => r.Id);

    /// <summary>The numbers of records by their identities, without regard to rights: for machines that name records and show nothing of them.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> NumbersAsync(HufuDbContext db, RecordType type, IReadOnlyCollection<Guid> ids, CancellationToken cancellation = default) =>
        (await type.Accept(new ManyVisitor(db, ids, cancellation))).ToDictionary(r => r.Id, r => r.Number);

    /// <summary>The history of a record, newest first; empty for one that the actor may not read.</summary>
    public async Task<IReadOnlyList<Change>> HistoryAsync(Actor actor, Record record, int take = 200, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        if (!actor.May(type, Right.Read, record))
        {
            await DenyAsync(actor, type, Right.Read, record.Number);
            return [];
        }

        return await db.Changes.AsNoTracking().Where(c => c.RecordId == record.Id).OrderByDescending(c => c.Id).Take(take).ToListAsync(cancellation);
    }

    // ---- creating and editing ------------------------------------------------------------------------------------

    /// <summary>Creates a record from canonical texts. Fields that are read-only, unknown or not given stay as they are in a new record.</summary>
    public async Task<Result<Record>> CreateAsync(Actor actor, RecordType type, IReadOnlyDictionary<string, string?> values, string? reason = null, CancellationToken cancellation = default)
    {
        if (type.CreatedByProduct && !actor.IsSystem) return Result.Fail<Record>(Error.Of("record.created-by-product", $"「{type.Name.Zh}」由系統產生，不能自行新增。", $"“{type.Name.En}” comes from the product and is not created by hand."));
        if (await DeniedAsync(actor, type, Right.Write, null) is { } denied) return Result.Fail<Record>(denied);
        var record = type.NewRecord();
        var errors = await SetAsync(type, record, values, actor);
        return errors.Count > 0 ? Result.Fail<Record>(errors) : await CreateAsync(actor, record, reason, cancellation: cancellation);
    }

    /// <summary>Creates a record that a module has filled in.</summary>
    public async Task<Result<Record>> CreateAsync(Actor actor, Record record, string? reason = null, Guid? batch = null, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        if (record.State.Length == 0) record.State = type.Workflow.Initial;
        record.CreatedBy = actor.IsSystem ? null : actor.Id;
        if (type.ScopedOwn(actor)) record.OwnerId ??= actor.IsSystem ? null : actor.Id;
        if (!actor.IsSystem) record.UnitId ??= actor.UnitId;
        if (!actor.May(type, Right.Write, record)) return Result.Fail<Record>(await DenyAsync(actor, type, Right.Write, null));
        foreach (var field in type.Fields)
            if (field.Get(record) is decimal number) field.Set(record, decimal.Round(number, Field.Decimals));
        var errors = Check(type, record);
        // What a module filled in obeys the same limits as what a person types.
        foreach (var field in type.Fields)
            if (field is { ReadOnly: false, Sensitive: false } && field.GetText(record) is { } text && field.Parse(text) is { IsOk: false } bad) errors.AddRange(bad.Errors);
        if (type.Workflow.States.All(s => s.Key != record.State)) errors.Add(Error.Of("record.unknown-state", $"沒有「{record.State}」這個狀態。", $"There is no state “{record.State}”.", "state"));
        if (errors.Count > 0) return Result.Fail<Record>(errors);
        return await InTransactionAsync(async () =>
        {
            record.Number = await NextNumberAsync(type, 1, cancellation);
            db.ActAs(actor, "create", reason, batch);
            db.Add(record);
            await db.SaveChangesAsync(cancellation);
            return await ReactAsync(actor, record, "create", cancellation) is { IsOk: false } failed ? Result.Fail<Record>(failed.Errors) : Result.Of(record);
        });
    }

    /// <summary>
    /// Changes fields of a record. When it has moved on since <paramref name="version"/>, fields that only the other person changed keep
    /// their value; fields that both changed come back as conflicts and nothing is saved.
    /// </summary>
    public async Task<Result<UpdateOutcome>> UpdateAsync(Actor actor, RecordType type, Guid id, int version, IReadOnlyDictionary<string, string?> values, string? reason = null, Guid? batch = null, CancellationToken cancellation = default)
    {
        var record = await type.Accept(new FindVisitor(db, r => r.Id == id, cancellation, tracked: true));
        if (record is null || !actor.May(type, Right.Read, record)) return Result.Fail<UpdateOutcome>(await DenyAsync(actor, type, Right.Read, id.ToString()));
        if (!actor.May(type, Right.Write, record)) return Result.Fail<UpdateOutcome>(await DenyAsync(actor, type, Right.Write, record.Number));
        if (record.ArchivedAt is not null) return Result.Fail<UpdateOutcome>(Archived);
        var before = type.Fields.ToDictionary(f => f.Key, f => f.GetText(record));
        var unitBefore = record.UnitId;
        if (version > record.Version || version < 1) return Result.Fail<UpdateOutcome>(Error.Of("record.unknown-version", "版本不正確，請重新載入。", "This version does not exist; load the record again."));
        if (version != record.Version)
        {
            var (merged, conflicts) = await MergeAsync(actor, type, record, version, values, cancellation);
            if (conflicts.Count > 0)
            {
                Forget(record);
                return Result.Of(new UpdateOutcome(record, conflicts));
            }

            values = merged;
        }

        var errors = await SetAsync(type, record, values, actor);
        if (errors.Count == 0 && type.Workflow.LockedAgainst(record.State, type.Fields.Where(f => f.GetText(record) != before[f.Key]).Select(f => f.Key)) is { } locked) errors = [locked];
        if (errors.Count == 0) errors = Check(type, record);
        // Nobody may move a record into a unit where they could not have written it.
        if (errors.Count == 0 && record.UnitId != unitBefore && !actor.May(type, Right.Write, record)) errors = [await DenyAsync(actor, type, Right.Write, record.Number)];
        if (errors.Count > 0)
        {
            Forget(record);
            return Result.Fail<UpdateOutcome>(errors);
        }

        if (type.Fields.All(f => f.GetText(record) == before[f.Key])) return Result.Of(new UpdateOutcome(record, []));
        return await InTransactionAsync(async () =>
        {
            db.ActAs(actor, "update", reason, batch);
            try
            {
                await db.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateConcurrencyException)
            {
                db.ChangeTracker.Clear();
                return Result.Fail<UpdateOutcome>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入後再儲存。", "Somebody changed this record at the same moment; load it again and save once more."));
            }

            return await ReactAsync(actor, record, "update", cancellation) is { IsOk: false } failed ? Result.Fail<UpdateOutcome>(failed.Errors) : Result.Of(new UpdateOutcome(record, []));
        });
    }

    /// <summary>Puts a record away: it leaves the lists and stays readable.</summary>
    public async Task<Result<Record>> ArchiveAsync(Actor actor, RecordType type, Guid id, string? reason, bool restore = false, CancellationToken cancellation = default)
    {
        var record = await type.Accept(new FindVisitor(db, r => r.Id == id, cancellation, tracked: true));
        if (record is null || !actor.May(type, Right.Read, record)) return Result.Fail<Record>(await DenyAsync(actor, type, Right.Read, id.ToString()));
        if (!actor.May(type, Right.Administer, record)) return Result.Fail<Record>(await DenyAsync(actor, type, Right.Administer, record.Number));
        if (string.IsNullOrWhiteSpace(reason)) return Result.Fail<Record>(Error.Of("record.reason-needed", "請說明理由。", "Say why.", "reason"));
        if (record.ArchivedAt is null == restore) return Result.Of(record);
        return await InTransactionAsync(async () =>
        {
            record.ArchivedAt = restore ? null : db.Now;
            db.ActAs(actor, restore ? "restore" : "archive", reason);
            try
            {
                await db.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateConcurrencyException)
            {
                db.ChangeTracker.Clear();
                return Result.Fail<Record>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again."));
            }

            return await ReactAsync(actor, record, restore ? "restore" : "archive", cancellation) is { IsOk: false } failed ? Result.Fail<Record>(failed.Errors) : Result.Of(record);
        });
    }

    // ---- workflow ------------------------------------------------------------------------------------------------

    /// <summary>The ways out of the record's state, each with the reason why it is closed to this person.</summary>
    public async Task<IReadOnlyList<OpenTransition>> TransitionsAsync(Actor actor, Record record, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        var ways = type.Workflow.From(record.State).ToList();
        if (ways.Count == 0 || record.ArchivedAt is not null) return [];
        var facts = await FactsAsync(type, record, ways, cancellation);
        var open = new List<OpenTransition>(ways.Count);
        foreach (var way in ways) open.Add(new OpenTransition(way, await BlockedAsync(actor, type, record, way, facts, cancellation)));
        return open;
    }

    /// <summary>Moves a record on. The tally, guards, reason and evidence are checked here and nowhere else.</summary>
    public async Task<Result<Record>> TransitionAsync(Actor actor, RecordType type, Guid id, string transition, string? reason = null, Guid? batch = null, CancellationToken cancellation = default)
    {
        var record = await type.Accept(new FindVisitor(db, r => r.Id == id, cancellation, tracked: true));
        if (record is null || !actor.May(type, Right.Read, record)) return Result.Fail<Record>(await DenyAsync(actor, type, Right.Read, id.ToString()));
        if (type.Workflow.Find(transition) is not { } way) return Result.Fail<Record>(Error.Of("workflow.unknown-transition", $"沒有「{transition}」這個動作。", $"There is no transition “{transition}”.", "transition"));
        if (await RefusedAsync(actor, type, record, way, cancellation) is { } blocked)
        {
            if (blocked.Code is "access.denied" or "workflow.second-person") await NoteDenialAsync(actor, $"{way.Key} {type.Key} {record.Number}", blocked.Code);
            return Result.Fail<Record>(blocked);
        }

        if (way.NeedsReason && string.IsNullOrWhiteSpace(reason)) return Result.Fail<Record>(Error.Of("record.reason-needed", "請說明理由。", "Say why.", "reason"));
        return await InTransactionAsync(async () =>
        {
            record.State = way.To;
            db.ActAs(actor, way.Key, reason, batch);
            try
            {
                await db.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateConcurrencyException)
            {
                db.ChangeTracker.Clear();
                return Result.Fail<Record>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again."));
            }

            return await ReactAsync(actor, record, way.Key, cancellation) is { IsOk: false } failed ? Result.Fail<Record>(failed.Errors) : Result.Of(record);
        });
    }

    private async Task<Error?> RefusedAsync(Actor actor, RecordType type, Record record, Transition way, CancellationToken cancellation)
    {
        if (record.ArchivedAt is not null) return Archived;
        if (!way.From.Contains(record.State))
            return Error.Of("workflow.wrong-state", $"目前狀態「{type.Workflow.State(record.State).Label.Zh}」不能「{way.Label.Zh}」。", $"“{way.Label.En}” is not possible in the state “{type.Workflow.State(record.State).Label.En}”.");
        return await BlockedAsync(actor, type, record, way, await FactsAsync(type, record, [way], cancellation), cancellation);
    }

    // ---- bulk edit -----------------------------------------------------------------------------------------------

    /// <summary>What a bulk edit of one field would do to each chosen record.</summary>
    public async Task<Result<IReadOnlyList<BulkLine>>> PreviewBulkAsync(Actor actor, RecordType type, IReadOnlyCollection<Guid> ids, string fieldKey, string? value, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, type, Right.Write, null) is { } denied) return Result.Fail<IReadOnlyList<BulkLine>>(denied);
        if (type.FindField(fieldKey) is not { ReadOnly: false } field) return Result.Fail<IReadOnlyList<BulkLine>>(Error.Of("bulk.unknown-field", "這個欄位不能批次修改。", "This field cannot be changed in bulk.", fieldKey));
        if (ids.Count > 5000) return Result.Fail<IReadOnlyList<BulkLine>>(Error.Of("bulk.too-many", "一次最多修改 5,000 筆。", "At most 5,000 records at a time."));
        var lines = new List<BulkLine>(ids.Count);
        foreach (var record in (await type.Accept(new ManyVisitor(db, ids, cancellation))).OrderBy(r => r.Number, StringComparer.Ordinal))
        {
            if (!actor.May(type, Right.Read, record)) continue;
            var from = field.GetText(record);
            Error? refused = null;
            if (!actor.May(type, Right.Write, record)) refused = Error.Of("access.denied", "您無權修改這筆紀錄。", "You may not change this record.");
            else if (record.ArchivedAt is not null) refused = Error.Of("record.archived", "已封存", "Archived");
            else if (type.Workflow.LockedAgainst(record.State, [fieldKey]) is { } locked) refused = locked;
            else refused = (await SetAsync(type, record, new Dictionary<string, string?> { [fieldKey] = value }, actor)).FirstOrDefault() ?? Check(type, record).FirstOrDefault();
            lines.Add(new BulkLine(record, from, refused is null ? field.GetText(record) : null, refused));
        }

        return Result.Of<IReadOnlyList<BulkLine>>(lines);
    }

    /// <summary>Changes one field of many records in one transaction: all of them, or none.</summary>
    public async Task<Result<int>> CommitBulkAsync(Actor actor, RecordType type, IReadOnlyCollection<Guid> ids, string fieldKey, string? value, string? reason, CancellationToken cancellation = default)
    {
        var preview = await PreviewBulkAsync(actor, type, ids, fieldKey, value, cancellation);
        if (!preview.IsOk) return Result.Fail<int>(preview.Errors);
        if (preview.Value.FirstOrDefault(l => l.Refused is not null) is { } bad)
        {
            if (bad.Refused!.Code == "access.denied") await NoteDenialAsync(actor, $"{Right.Write} {type.Key} {bad.Record.Number}", "access.denied");
            return Result.Fail<int>(bad.Refused with { Place = bad.Record.Number });
        }

        // A record that the actor cannot see is missing from the preview: all or nothing means that nothing is done.
        if (preview.Value.Count != ids.Distinct().Count())
        {
            await NoteDenialAsync(actor, $"{Right.Write} {type.Key} bulk", "access.denied");
            return Result.Fail<int>(NotFound);
        }

        var batch = Guid.CreateVersion7();
        return await InTransactionAsync(async () =>
        {
            var changed = 0;
            foreach (var line in preview.Value.Where(l => l.From != l.To))
            {
                var outcome = await UpdateAsync(actor, type, line.Record.Id, line.Record.Version, new Dictionary<string, string?> { [fieldKey] = value }, reason, batch, cancellation);
                if (!outcome.IsOk) return Result.Fail<int>([.. outcome.Errors.Select(e => e with { Place = line.Record.Number })]);
                if (outcome.Value.Conflicts.Count > 0) return Result.Fail<int>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again.", line.Record.Number));
                changed++;
            }

            return Result.Of(changed);
        });
    }

    /// <summary>What stands in the way of a transition of each chosen record. Those that the person may not see are left out.</summary>
    public async Task<Result<IReadOnlyList<MoveLine>>> PreviewMovesAsync(Actor actor, RecordType type, IReadOnlyCollection<Guid> ids, string? transition, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, type, Right.Read, null) is { } denied) return Result.Fail<IReadOnlyList<MoveLine>>(denied);
        if (ids.Count > MostMoved) return Result.Fail<IReadOnlyList<MoveLine>>(Error.Of("bulk.too-many-moves", $"一次最多 {MostMoved} 筆。", $"At most {MostMoved} records at a time."));
        var way = transition is null ? null : type.Workflow.Find(transition);
        if (transition is not null && way is null) return Result.Fail<IReadOnlyList<MoveLine>>(Error.Of("workflow.unknown-transition", $"沒有「{transition}」這個動作。", $"There is no transition “{transition}”.", "transition"));
        var lines = new List<MoveLine>(ids.Count);
        foreach (var record in (await type.Accept(new ManyVisitor(db, ids, cancellation))).OrderBy(r => r.Number, StringComparer.Ordinal))
            if (actor.May(type, Right.Read, record)) lines.Add(new MoveLine(record, way is null ? null : await RefusedAsync(actor, type, record, way, cancellation)));
        return Result.Of<IReadOnlyList<MoveLine>>(lines);
    }

    /// <summary>Moves many records on in one transaction: all of them, or none. What is in the way says of which record.</summary>
    public async Task<Result<int>> TransitionManyAsync(Actor actor, RecordType type, IReadOnlyCollection<Guid> ids, string transition, string? reason, CancellationToken cancellation = default)
    {
        if (ids.Count > MostMoved) return Result.Fail<int>(Error.Of("bulk.too-many-moves", $"一次最多 {MostMoved} 筆。", $"At most {MostMoved} records at a time."));
        var batch = Guid.CreateVersion7();
        return await InTransactionAsync(async () =>
        {
            foreach (var id in ids)
            {
                var moved = await TransitionAsync(actor, type, id, transition, reason, batch, cancellation);
                if (!moved.IsOk) return Result.Fail<int>(moved.Errors);
            }

            return Result.Of(ids.Count);
        });
    }

    // ---- what hangs on a record ----------------------------------------------------------------------------------

    /// <summary>Ties two records together. The person must be able to write the first and read the second.</summary>
    public async Task<Result<RecordLink>> LinkAsync(Actor actor, Record from, Record to, string kind, string? reason = null, CancellationToken cancellation = default)
    {
        var (fromType, toType) = (db.Types.Of(from), db.Types.Of(to));
        if (!actor.May(fromType, Right.Write, from)) return Result.Fail<RecordLink>(await DenyAsync(actor, fromType, Right.Write, from.Number));
        if (!actor.May(toType, Right.Read, to)) return Result.Fail<RecordLink>(await DenyAsync(actor, toType, Right.Read, to.Number));
        if (from.ArchivedAt is not null) return Result.Fail<RecordLink>(Archived);
        if (from.Id == to.Id) return Result.Fail<RecordLink>(Error.Of("link.self", "不能連結到自己。", "A record cannot be linked to itself.", "number"));
        if (await db.Links.AnyAsync(l => l.FromId == from.Id && l.ToId == to.Id && l.Kind == kind, cancellation))
            return Result.Fail<RecordLink>(Error.Of("link.exists", "已有相同的連結。", "They are linked already.", "number"));
        var link = new RecordLink { FromType = fromType.Key, FromId = from.Id, ToType = toType.Key, ToId = to.Id, Kind = kind, CreatedAt = db.Now };
        return await AddAsync(actor, "link", link, [from, to], $"{from.Number} → {to.Number}", reason, cancellation);
    }

    /// <summary>Cuts a tie.</summary>
    public async Task<Result> UnlinkAsync(Actor actor, Guid linkId, string? reason, CancellationToken cancellation = default)
    {
        if (await db.Links.FindAsync([linkId], cancellation) is not { } link) return Result.Fail(NotFound);
        var type = db.Types.Get(link.FromType);
        var record = await type.Accept(new FindVisitor(db, r => r.Id == link.FromId, cancellation));
        if (record is null || !actor.May(type, Right.Write, record)) return Result.Fail(await DenyAsync(actor, type, Right.Write, linkId.ToString()));
        return await InTransactionAsync(async () =>
        {
            db.ActAs(actor, "unlink", reason);
            db.Remove(link);
            var other = await db.Types.Get(link.ToType).Accept(new FindVisitor(db, r => r.Id == link.ToId, cancellation));
            foreach (var about in new[] { record, other })
                if (about is not null) db.Changes.Add(About(actor, about, "unlink", $"{record.Number} → {other?.Number}", null, reason));
            await db.SaveChangesAsync(cancellation);
            return Result.Of(true);
        });
    }

    /// <summary>All links of a record, from both sides.</summary>
    public async Task<IReadOnlyList<SeenLink>> LinksAsync(Actor actor, Guid recordId, CancellationToken cancellation = default)
    {
        var links = await db.Links.AsNoTracking().Where(l => l.FromId == recordId || l.ToId == recordId).OrderBy(l => l.Id).ToListAsync(cancellation);
        if (links.Count == 0) return [];
        // Whoever may not read the record may not learn what it is tied to.
        var own = db.Types.Find(links[0].FromId == recordId ? links[0].FromType : links[0].ToType);
        if (own is null || await own.Accept(new FindVisitor(db, r => r.Id == recordId, cancellation)) is not { } self) return [];
        if (!actor.May(own, Right.Read, self))
        {
            await DenyAsync(actor, own, Right.Read, self.Number);
            return [];
        }

        var seen = new List<SeenLink>(links.Count);
        foreach (var group in links.GroupBy(l => l.FromId == recordId ? l.ToType : l.FromType))
        {
            if (db.Types.Find(group.Key) is not { } type) continue;
            var others = await NamesAsync(type, [.. group.Select(l => l.FromId == recordId ? l.ToId : l.FromId).Distinct()], cancellation);
            foreach (var link in group)
            {
                var outgoing = link.FromId == recordId;
                var other = others.GetValueOrDefault(outgoing ? link.ToId : link.FromId);
                seen.Add(new SeenLink(link.Id, link.Kind, outgoing, type, other is not null && actor.May(type, Right.Read, other) ? other : null));
            }
        }

        return seen;
    }

    /// <summary>Writes a remark. Whoever may read a record may comment on it.</summary>
    public async Task<Result<Comment>> CommentAsync(Actor actor, Record record, string? text, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        if (!actor.May(type, Right.Read, record)) return Result.Fail<Comment>(await DenyAsync(actor, type, Right.Read, record.Number));
        text = text?.Trim();
        if (string.IsNullOrEmpty(text) || text.Length > 8000 || !Field.IsStorable(text)) return Result.Fail<Comment>(Error.Of("comment.length", "留言需為 1 到 8,000 字。", "A comment has 1 to 8,000 characters.", "text"));
        var mentioned = Mention().Matches(text).Select(m => Mentioned(m.Groups[1].Value)).OfType<DirectoryPerson>().Select(p => p.Id).Distinct();
        var comment = new Comment { TypeKey = type.Key, RecordId = record.Id, AuthorId = actor.Id, AuthorName = actor.Name, At = db.Now, Text = text, Mentions = string.Join(';', mentioned) };
        return await AddAsync(actor, "comment", comment, [record], text.Length > 80 ? text[..80] + "…" : text, null, cancellation);
    }

    // Chinese has no spaces: in 「@王小明請看」 the name ends where the longest known name does.
    private DirectoryPerson? Mentioned(string text)
    {
        for (var length = text.Length; length > 0; length--)
        {
            if (length < text.Length && char.IsAsciiLetterOrDigit(text[length]) && char.IsAsciiLetterOrDigit(text[length - 1])) continue;
            if (directory.FindPerson(text[..length]) is { } person) return person;
        }

        return null;
    }

    /// <summary>Attaches evidence to a record.</summary>
    public async Task<Result<Evidence>> AttachAsync(Actor actor, Record record, Evidence evidence, string? reason = null, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        if (!actor.May(type, Right.Write, record)) return Result.Fail<Evidence>(await DenyAsync(actor, type, Right.Write, record.Number));
        if (record.ArchivedAt is not null) return Result.Fail<Evidence>(Archived);
        evidence.TypeKey = type.Key;
        evidence.RecordId = record.Id;
        evidence.AddedBy = actor.IsSystem ? null : actor.Id;
        evidence.AddedAt = db.Now;
        if (evidence.EffectiveOn == default) evidence.EffectiveOn = DateOnly.FromDateTime(db.Now.UtcDateTime);
        if (string.IsNullOrWhiteSpace(evidence.Title)) return Result.Fail<Evidence>(Error.Of("evidence.title", "請填寫證據名稱。", "Give the evidence a title.", "title"));
        return await AddAsync(actor, "evidence", evidence, [record], evidence.Title, reason, cancellation);
    }

    /// <summary>Withdraws evidence: it stays in the history and counts no more.</summary>
    public async Task<Result> WithdrawAsync(Actor actor, Guid evidenceId, string? reason, CancellationToken cancellation = default)
    {
        if (await db.Evidence.FindAsync([evidenceId], cancellation) is not { } evidence) return Result.Fail(NotFound);
        var type = db.Types.Get(evidence.TypeKey);
        var record = await type.Accept(new FindVisitor(db, r => r.Id == evidence.RecordId, cancellation));
        if (record is null || !actor.May(type, Right.Write, record)) return Result.Fail(await DenyAsync(actor, type, Right.Write, evidenceId.ToString()));
        if (string.IsNullOrWhiteSpace(reason)) return Result.Fail(Error.Of("record.reason-needed", "請說明理由。", "Say why.", "reason"));
        if (evidence.WithdrawnAt is not null) return Result.Ok;
        if (type.Workflow.LockedAgainst(record.State, ["evidence"]) is { } locked) return Result.Fail(locked);
        return await InTransactionAsync(async () =>
        {
            evidence.WithdrawnAt = db.Now;
            db.ActAs(actor, "withdraw", reason);
            db.Changes.Add(About(actor, record, "withdraw", null, evidence.Title, reason));
            await db.SaveChangesAsync(cancellation);
            return Result.Of(true);
        });
    }

    /// <summary>Starts or stops hearing of changes to a record that the actor may read.</summary>
    public async Task<Result> WatchAsync(Actor actor, Record record, bool watch, CancellationToken cancellation = default)
    {
        var type = db.Types.Of(record);
        if (watch && !actor.May(type, Right.Read, record)) return Result.Fail(await DenyAsync(actor, type, Right.Read, record.Number));
        var existing = await db.Watchers.FindAsync([record.Id, actor.Id], cancellation);
        if (watch && existing is null) db.Watchers.Add(new Watcher { RecordId = record.Id, PersonId = actor.Id, TypeKey = db.Types.Of(record).Key });
        if (!watch && existing is not null) db.Watchers.Remove(existing);
        await db.SaveChangesAsync(cancellation);
        return Result.Ok;
    }

    // ---- inner workings ------------------------------------------------------------------------------------------

    /// <summary>Runs work in a transaction: everything is written, or nothing is and nothing is remembered.</summary>
    public async Task<Result<TValue>> InTransactionAsync<TValue>(Func<Task<Result<TValue>>> work)
    {
        if (db.Database.CurrentTransaction is not null) return await work();
        Result<TValue> result;
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            try
            {
                result = await work();
                if (result.IsOk) await transaction.CommitAsync();
                else await transaction.RollbackAsync();
            }
            catch (Exception e) when (Conflicts.IsTransient(e))
            {
                await transaction.RollbackAsync();
                result = Result.Fail<TValue>(Error.Of("record.crossed", "您的異動與他人同時進行的異動互相等待，資料庫取消了您的這一次；內容未變更，請再試一次。", "Your change and somebody else's waited for each other, so the database gave yours up; nothing was changed. Do it once more."));
            }
            catch
            {
                db.ChangeTracker.Clear();
                await transaction.RollbackAsync();
                await WriteWaitingDenialsAsync();
                throw;
            }
        }

        if (!result.IsOk) db.ChangeTracker.Clear();
        await WriteWaitingDenialsAsync();
        return result;
    }

    /// <summary>Takes the next numbers of a type's series of this year; the first of <paramref name="count"/> is returned.</summary>
    internal async Task<string> NextNumberAsync(RecordType type, int count, CancellationToken cancellation)
    {
        var series = $"{type.Prefix}-{db.Now.Year}";
        // One statement, so that two writers can never take the same number.
        var last = (await db.Database.SqlQuery<int>(
            $"INSERT INTO number_series (series, last) VALUES ({series}, {count}) ON CONFLICT (series) DO UPDATE SET last = number_series.last + {count} RETURNING last AS \"Value\"").ToListAsync(cancellation))[0];
        return Numbered(series, last - count + 1);
    }

    internal static string Numbered(string series, int number) => $"{series}-{number:0000}";

    /// <summary>Sets the fields given as canonical text or as people write them; returns what is wrong.</summary>
    internal async Task<List<Error>> SetAsync(RecordType type, Record record, IReadOnlyDictionary<string, string?> values, Actor actor)
    {
        var errors = new List<Error>();
        foreach (var (key, text) in values)
        {
            if (type.FindField(key) is not { } field)
            {
                errors.Add(Error.Of("field.unknown", $"沒有「{key}」欄位。", $"There is no field “{key}”.", key));
                continue;
            }

            if (field.ReadOnly)
            {
                errors.Add(Error.Of("field.read-only", $"「{field.Label.Zh}」不能修改。", $"“{field.Label.En}” cannot be set.", key));
                continue;
            }

            var resolved = string.IsNullOrWhiteSpace(text) ? null : await ResolveAsync(field, text.Trim(), actor, field.GetText(record));
            var parsed = field.Parse(resolved);
            if (!parsed.IsOk) errors.AddRange(parsed.Errors);
            else field.Set(record, parsed.Value);
        }

        return errors;
    }

    /// <summary>The faults of a record as a whole: required fields and the type's rules.</summary>
    internal static List<Error> Check(RecordType type, Record record)
    {
        var errors = new List<Error>();
        foreach (var field in type.Fields)
            if (field is { Required: true, ReadOnly: false } && field.GetText(record) is null) errors.AddRange(field.Parse(null).Errors);
        foreach (var rule in type.Rules)
            if (rule(record) is { } error) errors.Add(error);
        return errors;
    }

    /// <summary>
    /// Turns numbers, names and accounts into identities; everything else stays as it is. A reference is resolved only to a record that the
    /// actor may read, or that the field holds already.
    /// </summary>
    internal async Task<string> ResolveAsync(Field field, string text, Actor actor, string? present = null)
    {
        switch (field.Kind)
        {
            case FieldKind.Person:
                return Guid.TryParse(text, out var person)
                    ? present == person.ToString() || directory.Person(person) is not null ? person.ToString() : Missing(text)
                    : directory.FindPerson(text)?.Id.ToString() ?? text;
            case FieldKind.Unit:
                return Guid.TryParse(text, out var unit)
                    ? present == unit.ToString() || directory.Unit(unit) is not null ? unit.ToString() : Missing(text)
                    : directory.FindUnit(text)?.Id.ToString() ?? text;
            case FieldKind.Reference when db.Types.Find(field.Target!) is { } target && Field.IsStorable(text):
                var known = Guid.TryParse(text, out var id);
                if (known && present == id.ToString()) return id.ToString();
                var upper = text.ToUpperInvariant();
                var found = await target.Accept(known ? new FindVisitor(db, r => r.Id == id, default) : new FindVisitor(db, r => r.Number == text || r.Number == upper, default));
                // People name an asset by the organisation's own code, not by ours.
                if (found is null && !known && target.ImportKey?.Property is { } key && key.PropertyType == typeof(string))
                {
                    var column = key.Name;
                    found = await target.Accept(new FindVisitor(db, r => EF.Property<string>(r, column) == text && r.ArchivedAt == null, default));
                }

                return found is not null && (present == found.Id.ToString() || actor.May(target, Right.Read, found)) ? found.Id.ToString() : Missing(text);
            default:
                return text;
        }
    }

    // No identity: parsing it says that it was not found.
    private static string Missing(string text) => "? " + text;

    private string? ResolveFilter(Field field, string text, Actor actor) => field.Kind switch
    {
        FieldKind.Person => text == "me" ? actor.Id.ToString() : Guid.TryParse(text, out _) ? text : directory.FindPerson(text)?.Id.ToString(),
        FieldKind.Unit => text == "mine" ? actor.UnitId?.ToString() : Guid.TryParse(text, out _) ? text : directory.FindUnit(text)?.Id.ToString(),
        FieldKind.Reference when db.Types.Find(field.Target!) is { } target => Guid.TryParse(text, out _) ? text : target.Accept(new FindIdVisitor(db, text, actor))?.ToString(),
        _ => text,
    };

    private async Task<Result<TEntity>> AddAsync<TEntity>(Actor actor, string action, TEntity entity, IReadOnlyList<Record> about, string what, string? reason, CancellationToken cancellation) where TEntity : class, IAudited
    {
        return await InTransactionAsync(async () =>
        {
            db.ActAs(actor, action, reason);
            db.Add(entity);
            // The record's own history shows it too.
            foreach (var record in about)
                db.Changes.Add(About(actor, record, action, null, what, reason));
            await db.SaveChangesAsync(cancellation);
            foreach (var record in about)
                if (await ReactAsync(actor, record, action, cancellation) is { IsOk: false } failed) return Result.Fail<TEntity>(failed.Errors);
            return Result.Of(entity);
        });
    }

    private Change About(Actor actor, Record record, string action, string? from, string? to, string? reason) => ChangeCapture.Create(
        db.Types.Of(record).Key, record.Id, record.Version, action, db.Now, null, actor.Id, new ChangePayload(actor.Id, actor.Name, actor.Channel, reason, [new FieldChange(action, from, to)], null));

    internal bool HasReactions(string typeKey) => reactions.Any(r => r.TypeKey == typeKey);

    internal async Task<Result> ReactAsync(Actor actor, Record record, string action, CancellationToken cancellation)
    {
        var key = db.Types.Of(record).Key;
        foreach (var reaction in reactions.Where(r => r.TypeKey == key))
            if (await reaction.ReactAsync(this, actor, record, action, cancellation) is { IsOk: false } failed) return failed;
        return Result.Ok;
    }

    private async Task<GuardFacts> FactsAsync(RecordType type, Record record, IReadOnlyList<Transition> ways, CancellationToken cancellation)
    {
        var guarded = ways.Any(w => w.Guards.Count > 0);
        var evidence = guarded || ways.Any(w => w.NeedsEvidence) ? await db.Evidence.CountAsync(e => e.RecordId == record.Id && e.WithdrawnAt == null, cancellation) : 0;
        // Counting links and children costs a query for each type that points here: only guards look at them.
        if (!guarded) return new GuardFacts(evidence, new Dictionary<string, int>(), new Dictionary<string, int>());
        var links = await db.Links.Where(l => l.FromId == record.Id || l.ToId == record.Id).Select(l => l.FromId == record.Id ? l.ToType : l.FromType).ToListAsync(cancellation);
        var children = new Dictionary<string, int>();
        foreach (var other in db.Types.All)
            foreach (var field in other.Fields)
                if (field.Kind is FieldKind.Reference && field.Target == type.Key && field.Property is not null && await other.Accept(new OpenChildrenVisitor(db, field, record.Id, cancellation)) is > 0 and var count)
                    children[other.Key] = children.GetValueOrDefault(other.Key) + count;
        return new GuardFacts(evidence, links.GroupBy(l => l).ToDictionary(g => g.Key, g => g.Count()), children);
    }

    private async Task<Error?> BlockedAsync(Actor actor, RecordType type, Record record, Transition way, GuardFacts facts, CancellationToken cancellation)
    {
        if (!actor.May(type, way.Right, record)) return Error.Of("access.denied", $"您沒有「{way.Label.Zh}」的權限。", $"You do not have the right to “{way.Label.En}”.");
        if (way.SeparateFrom.Count > 0)
        {
            // The tally: both halves of the tiger must come from different hands. The product itself holds neither.
            if (actor.IsSystem) return Error.Of("workflow.second-person", "此動作必須由人員核可。", "A person must approve this.");
            foreach (var separate in way.SeparateFrom)
            {
                var last = await db.Changes.AsNoTracking().Where(c => c.RecordId == record.Id && c.TypeKey == type.Key && c.Action == separate).OrderByDescending(c => c.Id).Select(c => c.ActorId).FirstOrDefaultAsync(cancellation);
                // An imported record was never created in the log; who brought it in stands in the record.
                if (last == actor.Id || (separate == "create" && record.CreatedBy == actor.Id))
                    return Error.Of("workflow.second-person", "符節須兩人相合：提出的人不能自行核可，請由另一人執行。", "A tally has two halves: whoever asked may not approve. Another person must do this.");
            }
        }

        if (way.NeedsEvidence && facts.EvidenceCount == 0) return Error.Of("workflow.evidence-needed", "請先附上證據。", "Attach evidence first.");
        foreach (var guard in way.Guards)
            if (guard(record, facts) is { } error) return error;
        return null;
    }

    private async Task<(IReadOnlyDictionary<string, string?> Values, IReadOnlyList<FieldConflict> Conflicts)> MergeAsync(Actor actor, RecordType type, Record record, int version, IReadOnlyDictionary<string, string?> values, CancellationToken cancellation)
    {
        // What the form showed is the present value with the later changes undone.
        var since = await db.Changes.AsNoTracking().Where(c => c.RecordId == record.Id && c.TypeKey == type.Key && c.Version > version).OrderBy(c => c.Id).ToListAsync(cancellation);
        var original = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var change in since)
            foreach (var difference in ChangeCapture.Read(change)?.Changes ?? [])
                original.TryAdd(difference.Field, difference.From);
        var merged = new Dictionary<string, string?>(StringComparer.Ordinal);
        var conflicts = new List<FieldConflict>();
        foreach (var (key, text) in values)
        {
            if (type.FindField(key) is not { } field || !original.TryGetValue(key, out var before))
            {
                merged[key] = text;
                continue;
            }

            var theirs = field.GetText(record);
            var resolved = string.IsNullOrWhiteSpace(text) ? null : await ResolveAsync(field, text.Trim(), actor, field.GetText(record));
            var parsed = field.Parse(resolved);
            var mine = parsed.IsOk ? Field.ToText(parsed.Value) : resolved;
            if (mine == before || mine == theirs) continue;
            if (theirs == before) merged[key] = text;
            else conflicts.Add(field.Sensitive ? new FieldConflict(field, before, ChangeCapture.Hidden, mine) : new FieldConflict(field, before, theirs, mine));
        }

        return (merged, conflicts);
    }

    private async Task<Result<Record>> SeenAsync(Actor actor, RecordType type, Record? record, string what)
    {
        if (record is null) return Result.Fail<Record>(NotFound);
        return actor.May(type, Right.Read, record) ? Result.Of(record) : Result.Fail<Record>(await DenyAsync(actor, type, Right.Read, what));
    }

    internal async Task<Error?> DeniedAsync(Actor actor, RecordType type, Right right, string? what) => actor.ScopeOf(type, right) is null ? await DenyAsync(actor, type, right, what) : null;

    private async Task<Error> DenyAsync(Actor actor, RecordType type, Right right, string? what)
    {
        await NoteDenialAsync(actor, $"{right} {type.Key} {what}".Trim(), "access.denied");
        return right is Right.Read && what is not null
            ? NotFound
            : Error.Of("access.denied", $"您沒有{RightZh(right)}「{type.Name.Zh}」的權限。", $"You do not have the right to {right.ToString().ToLowerInvariant()} “{type.Name.En}”.");
    }

    // Inside a transaction the database is locked for other connections: the note waits until it has ended.
    private async Task NoteDenialAsync(Actor actor, string asked, string code)
    {
        if (db.Database.CurrentTransaction is null) await denials.WriteAsync(actor, asked, code);
        else waitingDenials.Add((actor, asked, code));
    }

    private async Task WriteWaitingDenialsAsync()
    {
        foreach (var (actor, asked, code) in waitingDenials.ToList()) await denials.WriteAsync(actor, asked, code);
        waitingDenials.Clear();
    }

    private static string RightZh(Right right) => right switch
    {
        Right.Read => "檢視",
        Right.Write => "修改",
        Right.Approve => "核可",
        Right.Administer => "管理",
        _ => "使用",
    };

    private void Forget(Record record) => db.Entry(record).State = EntityState.Detached;

    [GeneratedRegex(@"[@＠]([^\s@＠,，。；;:：]{1,60})", RegexOptions.NonBacktracking)]
    private static partial Regex Mention();

    private sealed class PageVisitor(RecordStore store, Actor actor, RecordQuery query, CancellationToken cancellation) : IRecordTypeVisitor<Task<Result<RecordPage>>>
    {
        public Task<Result<RecordPage>> Visit<T>(RecordType<T> type) where T : Record, new() => new ListQuery<T>(store.Db, type, actor, query, (f, t) => store.ResolveFilter(f, t, actor)).PageAsync(store.Others, cancellation);
    }

    private sealed class FirstVisitor(RecordStore store, Actor actor, string text, int take, CancellationToken cancellation) : IRecordTypeVisitor<Task<IReadOnlyList<Record>>>
    {
        public async Task<IReadOnlyList<Record>> Visit<T>(RecordType<T> type) where T : Record, new() =>
            await new ListQuery<T>(store.Db, type, actor, new RecordQuery { Search = text }, (_, t) => t).NewestAsync(take, cancellation);
    }

    private sealed class StreamVisitor(RecordStore store, Actor actor, RecordQuery query) : IRecordTypeVisitor<Result<IAsyncEnumerable<Record>>>
    {
        public Result<IAsyncEnumerable<Record>> Visit<T>(RecordType<T> type) where T : Record, new()
        {
            var stream = new ListQuery<T>(store.Db, type, actor, query, (f, t) => store.ResolveFilter(f, t, actor)).Stream();
            return stream.IsOk ? Result.Of<IAsyncEnumerable<Record>>(stream.Value) : Result.Fail<IAsyncEnumerable<Record>>(stream.Errors);
        }
    }

    private sealed class OpenChildrenVisitor(HufuDbContext db, Field field, Guid parent, CancellationToken cancellation) : IRecordTypeVisitor<Task<int>>
    {
        public Task<int> Visit<T>(RecordType<T> type) where T : Record, new()
        {
            var open = type.Workflow.OpenStates.ToList();
            var name = field.Property!.Name;
            return db.Set<T>().CountAsync(r => EF.Property<Guid?>(r, name) == parent && r.ArchivedAt == null && open.Contains(r.State), cancellation);
        }
    }

    private sealed class FindIdVisitor(HufuDbContext db, string number, Actor actor) : IRecordTypeVisitor<Guid?>
    {
        public Guid? Visit<T>(RecordType<T> type) where T : Record, new() => db.Set<T>().Where(actor.ReadCondition<T>(type)).Where(r => r.Number == number).Select(r => (Guid?)r.Id).FirstOrDefault();
    }
}

internal sealed class FindVisitor(HufuDbContext db, System.Linq.Expressions.Expression<Func<Record, bool>> condition, CancellationToken cancellation, bool tracked = false) : IRecordTypeVisitor<Task<Record?>>
{
    public async Task<Record?> Visit<T>(RecordType<T> type) where T : Record, new()
    {
        var parameter = System.Linq.Expressions.Expression.Parameter(typeof(T), "r");
        var body = new Rename(condition.Parameters[0], parameter).Visit(condition.Body);
        var typed = System.Linq.Expressions.Expression.Lambda<Func<T, bool>>(body, parameter);
        if (!tracked) return await db.Set<T>().AsNoTracking().FirstOrDefaultAsync(typed, cancellation);
        var known = db.ChangeTracker.Entries<T>().Select(e => e.Entity).ToHashSet(ReferenceEqualityComparer.Instance);
        var found = await db.Set<T>().FirstOrDefaultAsync(typed, cancellation);
        // An instance from an earlier operation of this context may be older than the row.
        if (found is not null && known.Contains(found) && db.Entry(found) is { State: EntityState.Unchanged } entry) await entry.ReloadAsync(cancellation);
        return found;
    }

    private sealed class Rename(System.Linq.Expressions.ParameterExpression from, System.Linq.Expressions.ParameterExpression to) : System.Linq.Expressions.ExpressionVisitor
    {
        protected override System.Linq.Expressions.Expression VisitParameter(System.Linq.Expressions.ParameterExpression node) => node == from ? to : node;
    }
}

internal sealed class ManyVisitor(HufuDbContext db, IReadOnlyCollection<Guid> ids, CancellationToken cancellation) : IRecordTypeVisitor<Task<IReadOnlyList<Record>>>
{
    public async Task<IReadOnlyList<Record>> Visit<T>(RecordType<T> type) where T : Record, new()
    {
        var found = new List<Record>(ids.Count);
        foreach (var chunk in ids.Chunk(500))
        {
            var part = chunk.ToList();
            found.AddRange(await db.Set<T>().AsNoTracking().Where(r => part.Contains(r.Id)).ToListAsync(cancellation));
        }

        return found;
    }
}

internal static class RecordTypeExtensions
{
    /// <summary>True when the actor may write only own records: then a new one must be theirs.</summary>
    internal static bool ScopedOwn(this RecordType type, Actor actor) => actor.ScopeOf(type, Right.Write) is Scope.Own;
}
