using Hufu.Jobs.Notices;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring;

/// <summary>What became of a notification, for reports.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Level">Highest level of its alerts.</param>
/// <param name="State">Its state now.</param>
/// <param name="Alerts">Alerts that it told of.</param>
/// <param name="SentAt">When it was told first.</param>
/// <param name="AnsweredAt">When somebody answered; null while nobody has.</param>
/// <param name="Escalated">The time of its first step passed without an answer, or somebody passed it on: others were told.</param>
/// <param name="GivenUp">The time of all steps passed without an answer.</param>
/// <param name="MailsSent">Mails of it that a mail server took.</param>
/// <param name="MailsFailed">Mails of it that could not be delivered.</param>
public sealed record NotificationBrief(string Number, string Level, string State, int Alerts, DateTimeOffset SentAt, DateTimeOffset? AnsweredAt, bool Escalated, bool GivenUp, int MailsSent, int MailsFailed)
{
    /// <summary>Somebody answered before it went to others.</summary>
    public bool IsInTime => AnsweredAt is not null && !Escalated && !GivenUp;

    /// <summary>Nobody answered in the time of all steps, nor since.</summary>
    public bool IsUnanswered => AnsweredAt is null && GivenUp;

    /// <summary>How long people took to answer.</summary>
    public TimeSpan? Took => AnsweredAt is { } answered ? answered > SentAt ? answered - SentAt : TimeSpan.Zero : null;

    /// <summary>The notifications that were told first in a period, by time.</summary>
    /// <param name="db">The records.</param>
    /// <param name="from">Beginning.</param>
    /// <param name="to">End, not included.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static async Task<IReadOnlyList<NotificationBrief>> OfPeriodAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        var told = await db.Set<Notification>().AsNoTracking().Where(n => n.SentAt >= from && n.SentAt < to).OrderBy(n => n.SentAt).ThenBy(n => n.Number).ToListAsync(cancellation);
        var acts = new HashSet<(Guid Id, string Action)>();
        foreach (var ids in told.Select(n => n.Id).Chunk(500))
        {
            var some = ids.ToList();
            foreach (var act in await db.Changes.AsNoTracking().Where(c => c.TypeKey == NotificationType.TypeKey && some.Contains(c.RecordId) && (c.Action == "escalate" || c.Action == "give-up")).Select(c => new { c.RecordId, c.Action }).ToListAsync(cancellation))
                acts.Add((act.RecordId, act.Action));
        }

        var briefs = new List<NotificationBrief>(told.Count);
        foreach (var one in told)
        {
            // Mails are kept for some weeks; what its log says of them stays, and ends with the answer.
            var notices = await NoticeDelivered.OfAsync(db, NoticeKinds.Alert, NoticeAbout.Of(new RecordRef(NotificationType.TypeKey, one.Id)), cancellation);
            var lines = Alert.Lines(one.Log);
            briefs.Add(new NotificationBrief(
                one.Number, one.Level, one.State, one.AlertCount, one.SentAt!.Value, one.AnsweredAt, acts.Contains((one.Id, "escalate")), acts.Contains((one.Id, "give-up")),
                Math.Max(notices.Count(n => n.SentAt is not null), lines.Count(l => l.EndsWith(Notifying.MailSent, StringComparison.Ordinal))), Math.Max(notices.Count(n => n.MailFailed), lines.Count(l => l.EndsWith(Notifying.MailLost, StringComparison.Ordinal)))));
        }

        return briefs;
    }
}
