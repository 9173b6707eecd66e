using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Jobs.Notices;

/// <summary>A person who may get notices.</summary>
/// <param name="Id">The person.</param>
/// <param name="Name">Name for the greeting.</param>
/// <param name="Email">Address; null for none.</param>
/// <param name="Language"><c>zh-TW</c> or <c>en</c>; null for a mail in both.</param>
/// <param name="Active">A person who has left gets nothing.</param>
/// <param name="Preferences">Delivery by kind, where the person chose; other kinds follow <see cref="NoticeKinds.Default"/>.</param>
/// <param name="DigestHour">Hour of the day (0–23) for the digest; null for the organisation's.</param>
public sealed record NoticeRecipient(Guid Id, string Name, string? Email, string? Language, bool Active, IReadOnlyDictionary<string, NoticeDelivery> Preferences, int? DigestHour = null)
{
    /// <summary>How this person hears of a kind.</summary>
    public NoticeDelivery DeliveryOf(string kind) =>
        !Preferences.TryGetValue(kind, out var chosen) ? NoticeKinds.Default(kind)
        : chosen is NoticeDelivery.Off && kind == NoticeKinds.Alert ? NoticeDelivery.InApp
        : chosen;
}

/// <summary>What notices need to know of people. Implemented where people are kept; asked outside of any transaction.</summary>
public interface INoticeRecipients
{
    /// <summary>The people with these identities; missing ones are left out.</summary>
    Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>Who of these people has a right on a record now; with <paramref name="among"/> null, who of all.</summary>
    Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation);

    /// <summary>Everybody with a right on an area of the product.</summary>
    Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation);
}

/// <summary>What a notice is about, so that several about the same thing become one.</summary>
/// <param name="Group">Key of the thing, such as a record's identity.</param>
/// <param name="RecordType">Record type, if it is a record.</param>
/// <param name="RecordId">The record.</param>
public sealed record NoticeAbout(string Group, string? RecordType = null, Guid? RecordId = null)
{
    /// <summary>About a record.</summary>
    public static NoticeAbout Of(RecordRef record) => new(record.Id.ToString("N"), record.TypeKey, record.Id);
}

/// <summary>Lets any part of the product tell people something: escalations, reminders, results.</summary>
public interface INotices
{
    /// <summary>
    /// Gives a notice to people. Everybody's own preferences decide whether and how it comes. Unread notices of the same kind about the same
    /// thing are one, with a count and the newest words.
    /// </summary>
    /// <param name="people">Who; people who are unknown or have left are passed over.</param>
    /// <param name="kind">One of <see cref="NoticeKinds"/> or a kind of a module.</param>
    /// <param name="title">One line. No sensitive values: it is mailed.</param>
    /// <param name="text">A few sentences, or null.</param>
    /// <param name="url">Path in the product, starting with <c>/</c>, or null.</param>
    /// <param name="about">What it is about; null keeps every notice for itself.</param>
    /// <param name="within">
    /// The caller's context when it has a transaction open, as in a reaction to a change: the notices are saved in it and vanish with it.
    /// SQLite has one writer, so without this the call would wait for the caller itself.
    /// </param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many people got it.</returns>
    Task<int> SendAsync(
        IReadOnlyCollection<Guid> people, string kind, LocalizedText title, LocalizedText? text = null, string? url = null, NoticeAbout? about = null,
        HufuDbContext? within = null, CancellationToken cancellation = default);
}
