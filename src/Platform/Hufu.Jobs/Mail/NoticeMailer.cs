using Hufu.Jobs.Notices;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using MimeKit.Utils;

namespace Hufu.Jobs.Mail;

/// <summary>
/// Hands notices over to the outgoing mail: at once, or gathered in the person's daily digest. A notice is marked in the transaction that
/// writes its mail, so it is handed over once.
/// </summary>
internal sealed class NoticeMailer(IDbContextFactory<HufuDbContext> factory, NoticeWriter writer, MailComposer composer, HufuJobsOptions options)
{
    private const int MaxPeople = 100;
    private const int MaxNotices = 500;

    /// <summary>Hands over what is due now. True when there may be more.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        if (!options.Mail.IsConfigured) return false;
        var more = await AtOnceAsync(cancellation);
        return await DigestsAsync(cancellation) || more;
    }

    /// <summary>The last moment of the daily digest before or at an instant, for an hour of the day in a time zone.</summary>
    internal static DateTimeOffset LastDigest(DateTimeOffset now, int hour, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var moment = local.Date.AddHours(hour);
        var instant = Instant(moment, zone);
        return instant <= now ? instant : Instant(moment.AddDays(-1), zone);
    }

    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        // An hour that the clocks skip in spring: the digest comes an hour later that day.
        if (zone.IsInvalidTime(local)) local = local.AddHours(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private async Task<bool> AtOnceAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var people = await db.Set<Notice>().Where(n => n.Mail == NoticeMail.Now).Select(n => n.PersonId).Distinct().OrderBy(p => p).Take(MaxPeople).ToListAsync(cancellation);
        if (people.Count == 0) return false;
        var recipients = await writer.RecipientsAsync(people, cancellation);
        foreach (var person in people)
        {
            var since = db.Now - TimeSpan.FromHours(1);
            var sent = await db.Set<MailOut>().CountAsync(m => m.PersonId == person && !m.IsDigest && m.CreatedAt > since, cancellation);
            // Past the cap nothing is lost: it waits for the digest.
            if (sent >= options.MailsPerPersonAndHour && recipients.ContainsKey(person))
                await db.Set<Notice>().Where(n => n.PersonId == person && n.Mail == NoticeMail.Now && n.Kind != NoticeKinds.Alert).ExecuteUpdateAsync(s => s.SetProperty(n => n.Mail, NoticeMail.Digest), cancellation);
            await HandOverAsync(person, recipients.GetValueOrDefault(person), NoticeMail.Now, null, cancellation);
        }

        return people.Count == MaxPeople;
    }

    private async Task<bool> DigestsAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        // Read meanwhile: no mail is needed any more.
        await db.Set<Notice>().Where(n => n.Mail == NoticeMail.Digest && n.ReadAt != null).ExecuteUpdateAsync(s => s.SetProperty(n => n.Mail, NoticeMail.None), cancellation);
        var waiting = await db.Set<Notice>().Where(n => n.Mail == NoticeMail.Digest).GroupBy(n => n.PersonId).Select(g => new { Person = g.Key, Oldest = g.Min(n => n.At) }).ToListAsync(cancellation);
        if (waiting.Count == 0) return false;
        var recipients = await writer.RecipientsAsync([.. waiting.Select(w => w.Person)], cancellation);
        foreach (var one in waiting)
        {
            var person = recipients.GetValueOrDefault(one.Person);
            // What came after the hour of the digest belongs to tomorrow's; so no record of digests is needed.
            var until = LastDigest(db.Now, person?.DigestHour is >= 0 and <= 23 and var hour ? hour : options.DigestHour, options.TimeZone);
            if (one.Oldest < until) await HandOverAsync(one.Person, person, NoticeMail.Digest, until, cancellation);
        }

        return false;
    }

    private async Task HandOverAsync(Guid personId, NoticeRecipient? person, NoticeMail from, DateTimeOffset? until, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var due = db.Set<Notice>().Where(n => n.PersonId == personId && n.Mail == from);
        if (until is { } end) due = due.Where(n => n.At < end);
        var notices = await due.OrderBy(n => n.Id).Take(MaxNotices).ToListAsync(cancellation);
        if (notices.Count == 0) return;
        foreach (var notice in notices) notice.Mail = NoticeMail.Handed;
        var unread = notices.Where(n => n.ReadAt is null).ToList();
        if (person is { Email: { Length: > 0 } address } && unread.Count > 0)
        {
            var (subject, text, html) = composer.Compose(person, unread, from is NoticeMail.Digest);
            var id = MimeUtils.GenerateMessageId(options.Mail.From[(options.Mail.From.LastIndexOf('@') + 1)..]);
            foreach (var notice in unread) notice.MessageId = id;
            db.Add(new MailOut
            {
                MessageId = id, PersonId = personId, ToAddress = address, ToName = person.Name, Subject = subject,
                BodyText = text, BodyHtml = html, IsDigest = from is NoticeMail.Digest, NextAt = db.Now, CreatedAt = db.Now,
            });
        }

        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
