namespace Hufu.Jobs.Mail;

/// <summary>The states of an outgoing mail.</summary>
public static class MailStates
{
    public const string Queued = "queued";
    public const string Sent = "sent";
    public const string Failed = "failed";
}

/// <summary>One mail on its way out. Its text is dropped once it is sent.</summary>
public sealed class MailOut
{
    public long Id { get; set; }

    /// <summary>Stable over tries, so that a mail that arrives twice can be recognised.</summary>
    public string MessageId { get; set; } = "";

    public Guid? PersonId { get; set; }

    public string ToAddress { get; set; } = "";

    public string ToName { get; set; } = "";

    public string Subject { get; set; } = "";

    public string BodyText { get; set; } = "";

    public string BodyHtml { get; set; } = "";

    public bool IsDigest { get; set; }

    /// <summary>One of <see cref="MailStates"/>.</summary>
    public string State { get; set; } = MailStates.Queued;

    public int Attempts { get; set; }

    /// <summary>When it is tried next.</summary>
    public DateTimeOffset NextAt { get; set; }

    public string? LastError { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? SentAt { get; set; }
}
