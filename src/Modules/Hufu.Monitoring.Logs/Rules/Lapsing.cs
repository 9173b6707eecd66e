using System.Linq.Expressions;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>Ends records whose last day is over, and tells their owners.</summary>
internal static class Lapsing
{
    /// <summary>Ends what is due; gives what kept some of it from ending.</summary>
    /// <param name="factory">For the look at what is due.</param>
    /// <param name="scopes">For the ending.</param>
    /// <param name="due">What is due.</param>
    /// <param name="state">State of what has ended.</param>
    /// <param name="reason">Said in its history.</param>
    /// <param name="words">Title and text of the notice.</param>
    /// <param name="cancellation">Stops it.</param>
    internal static async Task<IReadOnlyList<string>> EndAsync<T>(
        IDbContextFactory<HufuDbContext> factory, IServiceScopeFactory scopes, Expression<Func<T, bool>> due, string state, Func<T, string> reason, Func<T, (LocalizedText Title, LocalizedText Text)> words, CancellationToken cancellation)
        where T : Record
    {
        List<Guid> ids;
        await using (var db = await factory.CreateDbContextAsync(cancellation)) ids = await db.Set<T>().Where(due).Select(r => r.Id).ToListAsync(cancellation);
        var problems = new List<string>();
        foreach (var id in ids)
        {
            await using var scope = scopes.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
            var notices = scope.ServiceProvider.GetService<INotices>();
            var done = await store.InTransactionAsync(async () =>
            {
                var record = await store.Db.Set<T>().Where(due).FirstOrDefaultAsync(r => r.Id == id, cancellation);
                if (record is null) return Result.Of(false);
                store.Db.ActAs(Actor.System(), "lapse", reason(record));
                record.State = state;
                await store.Db.SaveChangesAsync(cancellation);
                if (notices is not null && record.OwnerId is { } owner)
                {
                    var (type, (title, text)) = (store.Types.Of(record), words(record));
                    await notices.SendAsync([owner], NoticeKinds.Escalation, title, text, type.PathOf(record.Number), NoticeAbout.Of(new RecordRef(type.Key, record.Id)), store.Db, cancellation);
                }

                return Result.Of(true);
            });
            if (!done.IsOk) problems.Add(done.Errors[0].ToString());
        }

        return problems;
    }
}
