using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Compliance.Obligations;

/// <summary>Plans what is due and tells people what has become urgent, in one transaction: a notice is neither lost nor given twice.</summary>
public sealed class Planning(ObligationPlanner planner, RecordStore store, INotices notices, INoticeRecipients recipients)
{
    /// <summary>Plans as of today.</summary>
    public Task<Result<PlanOutcome>> RunAsync(CancellationToken cancellation = default) => planner.PlanAsync(planner.Today, raised => TellAsync(raised, cancellation), cancellation);

    private async Task TellAsync(IReadOnlyList<Escalation> raised, CancellationToken cancellation)
    {
        var type = store.Types.Of<Occurrence>();
        var ids = raised.Select(r => r.OccurrenceId).ToList();
        var records = await store.Db.Set<Occurrence>().AsNoTracking().Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, cancellation);
        foreach (var rise in raised)
        {
            // Owing something does not mean that one may see it; a notice that leads nowhere helps nobody.
            var people = await recipients.WhoMayAsync(type, records[rise.OccurrenceId], Right.Read, rise.To, cancellation);
            if (people.Count == 0) continue;
            var day = rise.DueOn.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
            var title = rise.Level switch
            {
                1 => new LocalizedText($"即將到期（{day}）：{rise.Title}", $"Due {day}: {rise.Title}"),
                2 => new LocalizedText($"已逾期（{day}）：{rise.Title}", $"Overdue since {day}: {rise.Title}"),
                _ => new LocalizedText($"逾期過久（{day}），已通報資安長：{rise.Title}", $"Overdue for long (since {day}), the CISO has been told: {rise.Title}"),
            };
            await notices.SendAsync(people, NoticeKinds.Escalation, title, null, type.PathOf(rise.Number), NoticeAbout.Of(new RecordRef(type.Key, rise.OccurrenceId)), store.Db, cancellation);
        }
    }
}
