using Hufu.Records;

namespace Hufu.Jobs.Webhooks;

/// <summary>Somebody else's address that hears of changes.</summary>
public sealed class Webhook : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string Name { get; set; } = "";

    public string Url { get; set; } = "";

    /// <summary>The signing secret, protected; the change log shows only that it changed.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Event patterns joined by <c>;</c>: <c>risk.asset.*;*.create</c>.</summary>
    public string Filters { get; set; } = "*";

    public bool Active { get; set; } = true;

    public DateTimeOffset CreatedAt { get; set; }

    string IAudited.AuditType => "jobs.webhook";
}

/// <summary>The states of a delivery.</summary>
public static class DeliveryStates
{
    public const string Queued = "queued";
    public const string Sent = "sent";
    public const string Failed = "failed";
}

/// <summary>One event on its way to one webhook.</summary>
public sealed class WebhookDelivery
{
    public long Id { get; set; }

    /// <summary>Identity in the <c>Hufu-Delivery</c> header; the same for every try.</summary>
    public Guid Uid { get; set; } = Guid.CreateVersion7();

    public Guid WebhookId { get; set; }

    /// <summary>The change that it tells of; null for a test.</summary>
    public Guid? ChangeUid { get; set; }

    /// <summary><c>risk.asset.create</c>.</summary>
    public string Event { get; set; } = "";

    public string Body { get; set; } = "";

    /// <summary>One of <see cref="DeliveryStates"/>.</summary>
    public string State { get; set; } = DeliveryStates.Queued;

    public int Attempts { get; set; }

    public DateTimeOffset NextAt { get; set; }

    /// <summary>HTTP status of the last answer.</summary>
    public int? LastStatus { get; set; }

    public string? LastError { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? SentAt { get; set; }
}

/// <summary>What a person enters for a webhook.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Url">Where it goes; http or https.</param>
/// <param name="Filters">Event patterns, separated by <c>;</c>, commas or lines. <c>*</c> stands for any letters.</param>
/// <param name="Active">False to switch it off for the time being.</param>
public sealed record WebhookForm(string Name, string Url, string Filters = "*", bool Active = true);

/// <summary>A webhook and the secret that is shown this once.</summary>
public sealed record WebhookCreated(Webhook Webhook, string Secret);
