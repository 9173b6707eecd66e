using Hufu.Kernel;

namespace Hufu.Jobs.Notices;

/// <summary>What one person should know. It names records and fields, never their values.</summary>
public sealed class Notice
{
    public long Id { get; set; }

    public Guid PersonId { get; set; }

    /// <summary>When the newest thing that it tells of happened.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>One of <see cref="NoticeKinds"/>, or a kind of a module.</summary>
    public string Kind { get; set; } = "";

    public string TitleZh { get; set; } = "";

    public string TitleEn { get; set; } = "";

    public string TextZh { get; set; } = "";

    public string TextEn { get; set; } = "";

    /// <summary>Path in the product: <c>/risk/assets/AST-2026-0007</c>; empty for none.</summary>
    public string Url { get; set; } = "";

    public string? RecordType { get; set; }

    public Guid? RecordId { get; set; }

    /// <summary>Unread notices of a person with the same group are one notice.</summary>
    public string? GroupKey { get; set; }

    /// <summary>How many things it tells of.</summary>
    public int Count { get; set; } = 1;

    public DateTimeOffset? ReadAt { get; set; }

    /// <summary>What still has to be done about mail.</summary>
    public NoticeMail Mail { get; set; }

    /// <summary><see cref="Jobs.Mail.MailOut.MessageId"/> of the mail that it was handed over in; null before that.</summary>
    public string? MessageId { get; set; }

    public LocalizedText Title => new(TitleZh, TitleEn);

    public LocalizedText Text => new(TextZh, TextEn);
}

/// <summary>Where a notice stands with its mail.</summary>
public enum NoticeMail
{
    /// <summary>No mail is wanted.</summary>
    None,

    /// <summary>Goes out with the next step.</summary>
    Now,

    /// <summary>Waits for the person's digest.</summary>
    Digest,

    /// <summary>Handed to the outgoing mail.</summary>
    Handed,
}

/// <summary>How a person wants to hear of a kind of notice.</summary>
public enum NoticeDelivery
{
    Off,
    InApp,
    MailAtOnce,
    MailDigest,
}

/// <summary>The kinds of notices that the product itself makes, and how each is delivered to people who chose nothing.</summary>
public static class NoticeKinds
{
    /// <summary>Somebody changed a record that the person watches.</summary>
    public const string Watched = "watched";

    /// <summary>Somebody changed a record that the person owns.</summary>
    public const string Owned = "owned";

    /// <summary>The person was named in a comment.</summary>
    public const string Mentioned = "mentioned";

    /// <summary>The person was made the owner.</summary>
    public const string Assigned = "assigned";

    /// <summary>A record waits for an approval that the person may give.</summary>
    public const string Approval = "approval";

    /// <summary>Something was not done in time.</summary>
    public const string Escalation = "escalation";

    /// <summary>A scheduled job failed.</summary>
    public const string Job = "job";

    /// <summary>A rule of the organisation names the person as one who is told of alerts. Nobody can turn it off, and no limit holds its mails back.</summary>
    public const string Alert = "alert";

    /// <summary>All of them, in the order of a settings page.</summary>
    public static IReadOnlyList<string> All { get; } = [Alert, Mentioned, Assigned, Approval, Escalation, Owned, Watched, Job];

    /// <summary>What people read; a kind of a module needs the text <c>notices.kind.…</c>.</summary>
    public static LocalizedText Label(string kind) => Texts.Both("notices.kind." + kind);

    /// <summary>What asks for an act is mailed at once, what happens meanwhile once a day; a kind that is not known here is for the digest too.</summary>
    public static NoticeDelivery Default(string kind) => kind is Alert or Mentioned or Assigned or Approval or Escalation or Job ? NoticeDelivery.MailAtOnce : NoticeDelivery.MailDigest;
}

/// <summary>How far one reader of the change log has come.</summary>
public sealed class ChangeCursor
{
    /// <summary><c>notices</c> or <c>webhooks</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Identity of the last change that was dealt with.</summary>
    public long Position { get; set; }
}
