using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Notices;

/// <summary>A person's own notices. Nobody sees another person's.</summary>
public sealed class NoticeInbox(IDbContextFactory<HufuDbContext> factory)
{
    /// <summary>The actor's notices, newest first.</summary>
    /// <param name="actor">Whose.</param>
    /// <param name="unreadOnly">Leave out what was read.</param>
    /// <param name="before">Only notices older than this one: the last of the page before.</param>
    /// <param name="take">At most so many, up to 200.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<IReadOnlyList<Notice>> ListAsync(Actor actor, bool unreadOnly = false, Notice? before = null, int take = 50, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var me = actor.Id;
        var notices = db.Set<Notice>().AsNoTracking().Where(n => n.PersonId == me);
        if (unreadOnly) notices = notices.Where(n => n.ReadAt == null);
        if (before is not null)
        {
            var (at, id) = (before.At, before.Id);
            notices = notices.Where(n => n.At < at || (n.At == at && n.Id < id));
        }

        return await notices.OrderByDescending(n => n.At).ThenByDescending(n => n.Id).Take(Math.Clamp(take, 1, 200)).ToListAsync(cancellation);
    }

    /// <summary>How many the actor has not read.</summary>
    public async Task<int> CountUnreadAsync(Actor actor, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var me = actor.Id;
        return await db.Set<Notice>().CountAsync(n => n.PersonId == me && n.ReadAt == null, cancellation);
    }

    /// <summary>Marks the actor's notices as read: these, or all when none are named. Gives how many that were.</summary>
    public async Task<int> MarkReadAsync(Actor actor, IReadOnlyCollection<long>? ids = null, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var (me, now) = (actor.Id, db.Now);
        var notices = db.Set<Notice>().Where(n => n.PersonId == me && n.ReadAt == null);
        if (ids is not null)
        {
            var some = ids.Take(1000).ToList();
            notices = notices.Where(n => some.Contains(n.Id));
        }

        return await notices.ExecuteUpdateAsync(s => s.SetProperty(n => n.ReadAt, now), cancellation);
    }

    /// <summary>Marks as read what the actor has been told about a record: called when its page is opened.</summary>
    public async Task<int> MarkReadAsync(Actor actor, Guid recordId, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var (me, now) = (actor.Id, db.Now);
        return await db.Set<Notice>().Where(n => n.PersonId == me && n.RecordId == recordId && n.ReadAt == null).ExecuteUpdateAsync(s => s.SetProperty(n => n.ReadAt, now), cancellation);
    }
}
