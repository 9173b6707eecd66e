using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Jobs.Notices;

/// <summary>
/// Makes notices from the change log. Each change is dealt with exactly once: the notices and the place that was reached are written in one
/// transaction, which only one process can win.
/// </summary>
internal sealed class NoticeBuilder(IDbContextFactory<HufuDbContext> factory, ChangeReader reader, NoticeWriter writer, IServiceScopeFactory scopes)
{
    internal const string CursorName = "notices";

    /// <summary>Deals with the next changes. True when there may be more.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        var (from, changes) = await reader.NextAsync(CursorName, cancellation);
        if (changes.Count == 0) return false;
        var drafts = await DraftsAsync(changes, cancellation);
        var recipients = await writer.RecipientsAsync([.. drafts.Select(d => d.PersonId).Distinct()], cancellation);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // First the place: a process that lost the race writes nothing.
        if (!await ChangeReader.AdvanceAsync(db, CursorName, from, changes[^1], cancellation)) return true;
        await writer.WriteAsync(db, drafts, recipients, cancellation);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return changes.Count == ChangeReader.BatchSize;
    }

    private async Task<List<NoticeDraft>> DraftsAsync(IReadOnlyList<Change> changes, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var recipients = scope.ServiceProvider.GetRequiredService<INoticeRecipients>();
        var about = await AboutAsync(db, changes, cancellation);
        var ids = about.Values.Select(a => a.Record.Id).Distinct().ToList();
        var watchers = new List<Watcher>();
        foreach (var part in ids.Chunk(400))
        {
            var some = part.ToList();
            watchers.AddRange(await db.Watchers.AsNoTracking().Where(w => some.Contains(w.RecordId)).ToListAsync(cancellation));
        }

        var watching = watchers.ToLookup(w => w.RecordId, w => w.PersonId);
        var owners = Owners(changes, about);
        var drafts = new List<NoticeDraft>();
        foreach (var change in changes)
        {
            if (!about.TryGetValue(change.Id, out var found)) continue;
            var (type, record, comment) = found;
            var wanted = new Dictionary<Guid, string>();
            // The strongest reason wins: one change is one notice for one person.
            foreach (var person in Mentions(comment)) wanted.TryAdd(person, NoticeKinds.Mentioned);
            var payload = ChangeCapture.Read(change);
            if (comment is null && NewOwner(payload) is { } owner) wanted.TryAdd(owner, NoticeKinds.Assigned);
            if (comment is null && change.Action is not ("create" or "import"))
                foreach (var person in await ApproversAsync(db, recipients, type, record, payload, cancellation)) wanted.TryAdd(person, NoticeKinds.Approval);
            foreach (var owned in owners[change.Id]) wanted.TryAdd(owned, NoticeKinds.Owned);
            foreach (var person in watching[record.Id]) wanted.TryAdd(person, NoticeKinds.Watched);
            if (change.ActorId is { } actor) wanted.Remove(actor);
            if (wanted.Count == 0) continue;
            // Watching or owning something does not mean that one may still see it.
            var readers = (await recipients.WhoMayAsync(type, record, Right.Read, wanted.Keys, cancellation)).ToHashSet();
            foreach (var (person, kind) in wanted.Where(w => readers.Contains(w.Key))) drafts.Add(Draft(person, kind, change, type, record, payload, comment is not null));
        }

        return drafts;
    }

    /// <summary>The record that each change is about. Comments are audited by themselves and carry the mentions; their echo in the record's history is passed over.</summary>
    private static async Task<Dictionary<long, (RecordType Type, Record Record, Comment? Comment)>> AboutAsync(HufuDbContext db, IReadOnlyList<Change> changes, CancellationToken cancellation)
    {
        var commentIds = changes.Where(c => c is { TypeKey: "kernel.comment", Action: "create" }).Select(c => c.RecordId).ToList();
        var comments = commentIds.Count == 0 ? [] : await db.Comments.AsNoTracking().Where(c => commentIds.Contains(c.Id)).ToDictionaryAsync(c => c.Id, cancellation);
        var places = new Dictionary<long, (string TypeKey, Guid RecordId, Comment? Comment)>();
        foreach (var change in changes)
        {
            if (comments.TryGetValue(change.RecordId, out var comment) && change.TypeKey == "kernel.comment") places[change.Id] = (comment.TypeKey, comment.RecordId, comment);
            else if (change.Action != "comment") places[change.Id] = (change.TypeKey, change.RecordId, null);
        }

        var about = new Dictionary<long, (RecordType, Record, Comment?)>();
        foreach (var group in places.GroupBy(p => p.Value.TypeKey))
        {
            if (db.Types.Find(group.Key) is not { } type) continue;
            var records = await type.Accept(new RecordsById(db, [.. group.Select(p => p.Value.RecordId).Distinct()], cancellation));
            foreach (var (change, place) in group)
                if (records.TryGetValue(place.RecordId, out var record)) about[change] = (type, record, place.Comment);
        }

        return about;
    }

    /// <summary>Who owned the record before and after each change: the present owner, with the later changes undone.</summary>
    private static Dictionary<long, IReadOnlyList<Guid>> Owners(IReadOnlyList<Change> changes, Dictionary<long, (RecordType Type, Record Record, Comment? Comment)> about)
    {
        var present = new Dictionary<Guid, Guid?>();
        var owners = new Dictionary<long, IReadOnlyList<Guid>>();
        foreach (var change in changes.Reverse())
        {
            if (!about.TryGetValue(change.Id, out var found)) continue;
            var after = present.TryGetValue(found.Record.Id, out var later) ? later : found.Record.OwnerId;
            var before = found.Comment is null && ChangeCapture.Read(change)?.Changes.FirstOrDefault(c => c.Field == "ownerId") is { } difference
                ? Guid.TryParse(difference.From, out var id) ? id : (Guid?)null
                : after;
            present[found.Record.Id] = before;
            owners[change.Id] = [.. new[] { after, before }.OfType<Guid>().Distinct()];
        }

        return owners;
    }

    private static IEnumerable<Guid> Mentions(Comment? comment) =>
        comment is null ? [] : comment.Mentions.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(m => Guid.TryParse(m, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty);

    private static Guid? NewOwner(ChangePayload? payload) =>
        payload?.Changes.FirstOrDefault(c => c.Field == "ownerId")?.To is { } to && Guid.TryParse(to, out var id) ? id : null;

    /// <summary>Who may give the approval that the record has just begun to wait for, without those whom the tally bars.</summary>
    private static async Task<IReadOnlyCollection<Guid>> ApproversAsync(HufuDbContext db, INoticeRecipients recipients, RecordType type, Record record, ChangePayload? payload, CancellationToken cancellation)
    {
        if (payload?.Changes.FirstOrDefault(c => c.Field == "state")?.To is not { } state || record.State != state || record.ArchivedAt is not null) return [];
        var ways = type.Workflow.From(state).Where(t => t.Right.HasFlag(Right.Approve)).ToList();
        if (ways.Count == 0) return [];
        var all = await recipients.WhoMayAsync(type, record, Right.Approve, null, cancellation);
        var able = new HashSet<Guid>();
        foreach (var way in ways)
        {
            var barred = new HashSet<Guid>();
            foreach (var separate in way.SeparateFrom)
                if (await db.Changes.AsNoTracking().Where(c => c.RecordId == record.Id && c.TypeKey == type.Key && c.Action == separate).OrderByDescending(c => c.Id).Select(c => c.ActorId).FirstOrDefaultAsync(cancellation) is { } last)
                    barred.Add(last);
            able.UnionWith(all.Where(p => !barred.Contains(p)));
        }

        return able;
    }

    private static NoticeDraft Draft(Guid person, string kind, Change change, RecordType type, Record record, ChangePayload? payload, bool isComment)
    {
        var name = payload?.ActorName is { Length: > 0 } given ? given : "Hufu";
        var title = type.FindField("title") is { Sensitive: true } ? "" : " " + record.Title;
        var subject = new LocalizedText($"{type.Name.Zh} {record.Number}{title}", $"{type.Name.En} {record.Number}{title}");
        var did = isComment ? new LocalizedText("留言於", "commented on") : Did(type, change.Action);
        var words = kind switch
        {
            NoticeKinds.Mentioned => new LocalizedText($"{name} 在留言中提到您：{subject.Zh}", $"{name} mentioned you in a comment: {subject.En}"),
            NoticeKinds.Assigned => new LocalizedText($"您成為負責人：{subject.Zh}", $"You are now the owner: {subject.En}"),
            NoticeKinds.Approval => new LocalizedText($"等候您核可：{subject.Zh}", $"Waiting for your approval: {subject.En}"),
            _ => new LocalizedText($"{name} {did.Zh} {subject.Zh}", $"{name} {did.En} {subject.En}"),
        };
        // One operation over many records is one notice, with the list to look at.
        var batch = change.BatchId is { } id && kind is not (NoticeKinds.Mentioned or NoticeKinds.Approval) ? id : (Guid?)null;
        return new NoticeDraft(
            person, kind, words, batch is null ? kind is NoticeKinds.Assigned or NoticeKinds.Approval ? null : subject : new LocalizedText($"{name} {did.Zh} {type.PluralName.Zh}", $"{name} {did.En} {type.PluralName.En}"),
            Fields(type, payload, isComment), batch is null ? type.PathOf(record.Number) : type.Path,
            batch is null ? NoticeAbout.Of(new RecordRef(type.Key, record.Id)) : new NoticeAbout($"batch:{batch:N}:{type.Key}", type.Key), change.At);
    }

    private static LocalizedText Did(RecordType type, string action) => action switch
    {
        "create" => new LocalizedText("建立了", "created"),
        "update" => new LocalizedText("修改了", "changed"),
        "import" => new LocalizedText("匯入了", "imported"),
        "evidence" => new LocalizedText("附上證據於", "attached evidence to"),
        "withdraw" => new LocalizedText("撤回證據於", "withdrew evidence from"),
        "link" => new LocalizedText("連結了", "linked"),
        "unlink" => new LocalizedText("解除連結", "unlinked"),
        "archive" => new LocalizedText("封存了", "archived"),
        "restore" => new LocalizedText("還原了", "restored"),
        "delete" => new LocalizedText("刪除了", "deleted"),
        _ => type.Workflow.Find(action) is { } way ? new LocalizedText($"「{way.Label.Zh}」", $"“{way.Label.En}”:") : new LocalizedText("變更了", "changed"),
    };

    // Names of fields only: a mail is not protected as the record is.
    private static LocalizedText? Fields(RecordType type, ChangePayload? payload, bool isComment)
    {
        if (isComment || payload is null) return null;
        var fields = payload.Changes.Select(c => type.FindField(c.Field)).OfType<Field>().Take(12).ToList();
        return fields.Count == 0 ? null : new LocalizedText("欄位：" + string.Join("、", fields.Select(f => f.Label.Zh)), "Fields: " + string.Join(", ", fields.Select(f => f.Label.En)));
    }
}

/// <summary>Loads records of a type by identity.</summary>
internal sealed class RecordsById(HufuDbContext db, IReadOnlyCollection<Guid> ids, CancellationToken cancellation) : IRecordTypeVisitor<Task<Dictionary<Guid, Record>>>
{
    public async Task<Dictionary<Guid, Record>> Visit<T>(RecordType<T> type) where T : Record, new()
    {
        var found = new Dictionary<Guid, Record>();
        foreach (var part in ids.Chunk(400))
        {
            var some = part.ToList();
            foreach (var record in await db.Set<T>().AsNoTracking().Where(r => some.Contains(r.Id)).ToListAsync(cancellation)) found[record.Id] = record;
        }

        return found;
    }
}

/// <summary>Reads the change log in order for somebody who keeps a place in it.</summary>
internal sealed class ChangeReader(IDbContextFactory<HufuDbContext> factory, LedgerSequencer sequencer)
{
    internal const int BatchSize = 200;

    /// <summary>Starts a reader at the end of the log, unless it has a place already: what happened before it existed is no news.</summary>
    internal async Task PlaceAsync(string name, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var key = KeyOf(db, name);
        if (await db.Set<ChangeCursor>().AnyAsync(c => c.Name == key, cancellation)) return;
        if (db.IsPostgres) await sequencer.FlushAsync(cancellation);
        db.Add(new ChangeCursor { Name = key, Position = db.IsPostgres ? await db.Changes.MaxAsync(c => c.Position, cancellation) ?? -1 : await db.Changes.MaxAsync(c => (long?)c.Id, cancellation) ?? 0 });
        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException)
        {
            // Another process placed it at the same moment.
            db.ChangeTracker.Clear();
            if (!await db.Set<ChangeCursor>().AnyAsync(c => c.Name == key, cancellation)) throw;
        }
    }

    /// <summary>The place, and the changes after it.</summary>
    internal async Task<(long From, IReadOnlyList<Change> Changes)> NextAsync(string name, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var key = KeyOf(db, name);
        var from = await db.Set<ChangeCursor>().Where(c => c.Name == key).Select(c => (long?)c.Position).FirstOrDefaultAsync(cancellation);
        if (from is null)
        {
            await PlaceAsync(name, cancellation);
            return (0, []);
        }

        var position = from.Value;
        if (!db.IsPostgres) return (position, await db.Changes.AsNoTracking().Where(c => c.Id > position).OrderBy(c => c.Id).Take(BatchSize).ToListAsync(cancellation));
        await sequencer.FlushAsync(cancellation);
        return (position, await db.Changes.AsNoTracking().Where(c => c.Position > position).OrderBy(c => c.Position).Take(BatchSize).ToListAsync(cancellation));
    }

    /// <summary>Moves the place on inside the caller's transaction; false when another process did.</summary>
    internal static async Task<bool> AdvanceAsync(HufuDbContext db, string name, long from, Change last, CancellationToken cancellation)
    {
        var (key, to) = (KeyOf(db, name), db.IsPostgres ? last.Position!.Value : last.Id);
        return await db.Set<ChangeCursor>().Where(c => c.Name == key && c.Position == from).ExecuteUpdateAsync(s => s.SetProperty(c => c.Position, to), cancellation) == 1;
    }

    // Identities are given before a transaction commits. SQLite has one writer, so their order is the order of commits. On PostgreSQL a change
    // with a lower identity may come to be seen after one with a higher, however much later, and a reader that keeps its place by identities
    // would pass it over: there the place is the leaf in the ledger, which is given when the change is seen, without gaps.
    private static string KeyOf(HufuDbContext db, string name) => db.IsPostgres ? name + ".leaf" : name;
}
