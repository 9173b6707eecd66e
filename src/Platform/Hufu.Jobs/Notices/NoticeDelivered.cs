using Hufu.Jobs.Mail;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Notices;

/// <summary>What became of a notice to one person.</summary>
/// <param name="PersonId">To whom.</param>
/// <param name="At">When it was written.</param>
/// <param name="ReadAt">When the person read it in the product.</param>
/// <param name="Mail">Where it stands with its mail.</param>
/// <param name="SentAt">When a mail server took the mail.</param>
/// <param name="MailError">Why no mail server has taken it so far; null when none was tried or it went out.</param>
/// <param name="MailFailed">True when it is not tried again.</param>
public sealed record NoticeDelivered(Guid PersonId, DateTimeOffset At, DateTimeOffset? ReadAt, NoticeMail Mail, DateTimeOffset? SentAt, string? MailError, bool MailFailed)
{
    /// <summary>The notices of a kind about a thing, by person and time.</summary>
    /// <param name="db">The records.</param>
    /// <param name="kind">Kind of the notices.</param>
    /// <param name="about">What they are about.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static async Task<IReadOnlyList<NoticeDelivered>> OfAsync(HufuDbContext db, string kind, NoticeAbout about, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(db);
        var group = NoticeWriter.GroupOf(kind, about);
        var notices = await db.Set<Notice>().AsNoTracking().Where(n => n.GroupKey == group).OrderBy(n => n.PersonId).ThenBy(n => n.Id).ToListAsync(cancellation);
        var ids = notices.Select(n => n.MessageId).OfType<string>().Distinct().ToList();
        var mails = ids.Count == 0 ? [] : await db.Set<MailOut>().AsNoTracking().Where(m => ids.Contains(m.MessageId)).Select(m => new { m.MessageId, m.State, m.SentAt, m.LastError }).ToDictionaryAsync(m => m.MessageId, cancellation);
        return [.. notices.Select(n => n.MessageId is { } id && mails.TryGetValue(id, out var mail)
            ? new NoticeDelivered(n.PersonId, n.At, n.ReadAt, n.Mail, mail.SentAt, mail.SentAt is null ? mail.LastError : null, mail.State == MailStates.Failed)
            : new NoticeDelivered(n.PersonId, n.At, n.ReadAt, n.Mail, null, null, false))];
    }
}
