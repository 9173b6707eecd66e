using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Jobs.Notices;

/// <summary>A notice before it is known how its person wants it.</summary>
/// <param name="PersonId">For whom.</param>
/// <param name="Kind">Which kind.</param>
/// <param name="Title">Its words when it stands alone.</param>
/// <param name="Subject">What it is about in few words, for the title of several; null keeps the newest title.</param>
/// <param name="Text">More words.</param>
/// <param name="Url">Where to look.</param>
/// <param name="About">What it is about.</param>
/// <param name="At">When it happened.</param>
internal sealed record NoticeDraft(Guid PersonId, string Kind, LocalizedText Title, LocalizedText? Subject, LocalizedText? Text, string? Url, NoticeAbout? About, DateTimeOffset At);

/// <summary>Writes notices, joining those that belong together.</summary>
internal sealed class NoticeWriter(IDbContextFactory<HufuDbContext> factory, IServiceScopeFactory scopes, HufuJobsOptions options) : INotices
{
    public async Task<int> SendAsync(
        IReadOnlyCollection<Guid> people, string kind, LocalizedText title, LocalizedText? text = null, string? url = null, NoticeAbout? about = null,
        HufuDbContext? within = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        if (url is not null && (!url.StartsWith('/') || url.StartsWith("//", StringComparison.Ordinal))) throw new ArgumentException("A notice points into the product: its address starts with one slash.", nameof(url));
        var recipients = await RecipientsAsync([.. people.Distinct()], cancellation);
        List<NoticeDraft> DraftsAt(DateTimeOffset now) => [.. recipients.Keys.Select(p => new NoticeDraft(p, kind, title, null, text, url, about, now))];
        if (within is not null)
        {
            var added = await WriteAsync(within, DraftsAt(within.Now), recipients, cancellation);
            await within.SaveChangesAsync(cancellation);
            return added;
        }

        await using var db = await factory.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var written = await WriteAsync(db, DraftsAt(db.Now), recipients, cancellation);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return written;
    }

    internal async Task<IReadOnlyDictionary<Guid, NoticeRecipient>> RecipientsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0) return new Dictionary<Guid, NoticeRecipient>();
        await using var scope = scopes.CreateAsyncScope();
        var found = await scope.ServiceProvider.GetRequiredService<INoticeRecipients>().FindAsync(ids, cancellation);
        return found.Where(r => r.Active).ToDictionary(r => r.Id);
    }

    /// <summary>Adds notices to a context, or counts them into unread ones of the same group. The caller saves, in its own transaction.</summary>
    internal async Task<int> WriteAsync(HufuDbContext db, IReadOnlyList<NoticeDraft> drafts, IReadOnlyDictionary<Guid, NoticeRecipient> recipients, CancellationToken cancellation)
    {
        var groups = drafts.Select(GroupOf).OfType<string>().Distinct().ToList();
        var people = drafts.Select(d => d.PersonId).Distinct().ToList();
        var unread = new Dictionary<(Guid, string), Notice>();
        foreach (var part in groups.Chunk(200))
        {
            var some = part.ToList();
            foreach (var notice in await db.Set<Notice>().Where(n => n.ReadAt == null && n.GroupKey != null && some.Contains(n.GroupKey) && people.Contains(n.PersonId)).OrderBy(n => n.Id).ToListAsync(cancellation))
                unread[(notice.PersonId, notice.GroupKey!)] = notice;
        }

        var written = 0;
        foreach (var draft in drafts)
        {
            if (!recipients.TryGetValue(draft.PersonId, out var person)) continue;
            var delivery = person.DeliveryOf(draft.Kind);
            if (delivery is NoticeDelivery.Off) continue;
            written++;
            var group = GroupOf(draft);
            if (group is not null && unread.TryGetValue((draft.PersonId, group), out var same))
            {
                Join(same, draft, MailOf(person, delivery));
                continue;
            }

            var fresh = new Notice
            {
                PersonId = draft.PersonId, At = draft.At, Kind = draft.Kind,
                TitleZh = RunReport.Cut(draft.Title.Zh, 300), TitleEn = RunReport.Cut(draft.Title.En, 300),
                TextZh = RunReport.Cut(draft.Text?.Zh ?? "", 2000), TextEn = RunReport.Cut(draft.Text?.En ?? "", 2000),
                Url = draft.Url ?? "", RecordType = draft.About?.RecordType, RecordId = draft.About?.RecordId, GroupKey = group, Mail = MailOf(person, delivery),
            };
            db.Add(fresh);
            if (group is not null) unread[(draft.PersonId, group)] = fresh;
        }

        return written;
    }

    private static string? GroupOf(NoticeDraft draft) => draft.About is null ? null : GroupOf(draft.Kind, draft.About);

    internal static string GroupOf(string kind, NoticeAbout about) => $"{kind}:{about.Group}";

    private NoticeMail MailOf(NoticeRecipient person, NoticeDelivery delivery) =>
        !options.Mail.IsConfigured || string.IsNullOrWhiteSpace(person.Email) ? NoticeMail.None
        : delivery is NoticeDelivery.MailAtOnce ? NoticeMail.Now
        : delivery is NoticeDelivery.MailDigest ? NoticeMail.Digest
        : NoticeMail.None;

    private static void Join(Notice notice, NoticeDraft draft, NoticeMail mail)
    {
        notice.Count++;
        notice.At = draft.At;
        var title = draft.Subject is { } subject
            ? new LocalizedText($"{subject.Zh}：{notice.Count} 次變更", $"{subject.En}: {notice.Count} changes")
            : new LocalizedText($"{draft.Title.Zh}（{notice.Count} 則）", $"{draft.Title.En} ({notice.Count})");
        (notice.TitleZh, notice.TitleEn) = (RunReport.Cut(title.Zh, 300), RunReport.Cut(title.En, 300));
        (notice.TextZh, notice.TextEn) = (RunReport.Cut(draft.Text?.Zh ?? "", 2000), RunReport.Cut(draft.Text?.En ?? "", 2000));
        // The person was told once and has not looked: more of the same can wait for the digest.
        if (notice.Mail is NoticeMail.Handed && mail is not NoticeMail.None) notice.Mail = NoticeMail.Digest;
    }
}
