using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Hufu.Jobs.Http;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Webhooks;

/// <summary>The door to webhooks: needs <c>webhooks</c> Read to see and Administer to change.</summary>
public sealed class WebhookService
{
    internal const string Purpose = "Hufu.Jobs.Webhooks.Secret.v1";
    private const int MaxWebhooks = 200;
    private readonly IDbContextFactory<HufuDbContext> factory;
    private readonly IDataProtector protector;
    private readonly SafeHttp http;
    private readonly DenialLog denials;

    public WebhookService(IDbContextFactory<HufuDbContext> factory, IDataProtectionProvider protection, SafeHttp http, DenialLog denials)
    {
        this.factory = factory;
        protector = protection.CreateProtector(Purpose);
        this.http = http;
        this.denials = denials;
    }

    /// <summary>All webhooks by name.</summary>
    public async Task<Result<IReadOnlyList<Webhook>>> ListAsync(Actor actor, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Read, "list webhooks") is { } denied) return Result.Fail<IReadOnlyList<Webhook>>(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return Result.Of<IReadOnlyList<Webhook>>(await db.Set<Webhook>().AsNoTracking().OrderBy(w => w.Name).ThenBy(w => w.Id).ToListAsync(cancellation));
    }

    /// <summary>Sets up a webhook and makes its secret, which is shown this once.</summary>
    public async Task<Result<WebhookCreated>> CreateAsync(Actor actor, WebhookForm form, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, "create webhook") is { } denied) return Result.Fail<WebhookCreated>(denied);
        var webhook = new Webhook();
        if (Fill(webhook, form) is { Count: > 0 } errors) return Result.Fail<WebhookCreated>(errors);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        if (await db.Set<Webhook>().CountAsync(cancellation) >= MaxWebhooks) return Result.Fail<WebhookCreated>(Error.Of("webhooks.too-many", $"最多 {MaxWebhooks} 個 Webhook。", $"There can be {MaxWebhooks} webhooks at most."));
        var secret = NewSecret();
        webhook.Secret = protector.Protect(secret);
        webhook.CreatedAt = db.Now;
        db.ActAs(actor, "create");
        db.Add(webhook);
        await db.SaveChangesAsync(cancellation);
        return Result.Of(new WebhookCreated(webhook, secret));
    }

    /// <summary>Changes a webhook. Deliveries that wait go to the new address.</summary>
    public async Task<Result<Webhook>> UpdateAsync(Actor actor, Guid id, WebhookForm form, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, $"update webhook {id}") is { } denied) return Result.Fail<Webhook>(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        if (await db.Set<Webhook>().FindAsync([id], cancellation) is not { } webhook) return Result.Fail<Webhook>(NotFound);
        if (Fill(webhook, form) is { Count: > 0 } errors) return Result.Fail<Webhook>(errors);
        db.ActAs(actor, "update");
        await db.SaveChangesAsync(cancellation);
        return Result.Of(webhook);
    }

    /// <summary>Makes a new secret; the old one is void at once.</summary>
    public async Task<Result<WebhookCreated>> RotateSecretAsync(Actor actor, Guid id, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, $"rotate secret of webhook {id}") is { } denied) return Result.Fail<WebhookCreated>(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        if (await db.Set<Webhook>().FindAsync([id], cancellation) is not { } webhook) return Result.Fail<WebhookCreated>(NotFound);
        var secret = NewSecret();
        webhook.Secret = protector.Protect(secret);
        db.ActAs(actor, "update");
        await db.SaveChangesAsync(cancellation);
        return Result.Of(new WebhookCreated(webhook, secret));
    }

    /// <summary>Removes a webhook and what waits for it.</summary>
    public async Task<Result> DeleteAsync(Actor actor, Guid id, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, $"delete webhook {id}") is { } denied) return Result.Fail(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        if (await db.Set<Webhook>().FindAsync([id], cancellation) is not { } webhook) return Result.Fail(NotFound);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.Set<WebhookDelivery>().Where(d => d.WebhookId == id).ExecuteDeleteAsync(cancellation);
        db.ActAs(actor, "delete");
        db.Remove(webhook);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return Result.Ok;
    }

    /// <summary>Queues a delivery of the event <c>ping</c>.</summary>
    public async Task<Result<WebhookDelivery>> SendTestAsync(Actor actor, Guid id, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, $"test webhook {id}") is { } denied) return Result.Fail<WebhookDelivery>(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        if (!await db.Set<Webhook>().AnyAsync(w => w.Id == id, cancellation)) return Result.Fail<WebhookDelivery>(NotFound);
        var delivery = new WebhookDelivery { WebhookId = id, Event = "ping", NextAt = db.Now, CreatedAt = db.Now };
        delivery.Body = JsonSerializer.Serialize(new { id = delivery.Uid, @event = "ping", at = db.Now }, JsonSerializerOptions.Web);
        db.Add(delivery);
        await db.SaveChangesAsync(cancellation);
        return Result.Of(delivery);
    }

    /// <summary>Deliveries, newest first.</summary>
    public async Task<Result<IReadOnlyList<WebhookDelivery>>> DeliveriesAsync(Actor actor, Guid? webhookId = null, long? before = null, int take = 50, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Read, "list deliveries") is { } denied) return Result.Fail<IReadOnlyList<WebhookDelivery>>(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        IQueryable<WebhookDelivery> deliveries = db.Set<WebhookDelivery>().AsNoTracking();
        if (webhookId is { } id) deliveries = deliveries.Where(d => d.WebhookId == id);
        if (before is { } last) deliveries = deliveries.Where(d => d.Id < last);
        return Result.Of<IReadOnlyList<WebhookDelivery>>(await deliveries.OrderByDescending(d => d.Id).Take(Math.Clamp(take, 1, 200)).ToListAsync(cancellation));
    }

    /// <summary>Sends a delivery again that failed or was sent: with the same identity, so that the receiver recognises it.</summary>
    public async Task<Result> RetryAsync(Actor actor, long deliveryId, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, $"retry delivery {deliveryId}") is { } denied) return Result.Fail(denied);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var now = db.Now;
        var changed = await db.Set<WebhookDelivery>().Where(d => d.Id == deliveryId && d.State != DeliveryStates.Queued)
            .ExecuteUpdateAsync(s => s.SetProperty(d => d.State, DeliveryStates.Queued).SetProperty(d => d.Attempts, 0).SetProperty(d => d.NextAt, now), cancellation);
        return changed == 1 ? Result.Ok : Result.Fail(Error.Of("webhooks.not-failed", "找不到這筆傳送，或它還在等候。", "There is no such delivery, or it still waits."));
    }

    private List<Error> Fill(Webhook webhook, WebhookForm form)
    {
        var errors = new List<Error>();
        var name = form.Name.Trim();
        if (name.Length is 0 or > 100) errors.Add(Error.Of("webhooks.name", "名稱需為 1 到 100 字。", "A name has 1 to 100 characters.", "name"));
        if (form.Url.Length > 1000 || !Uri.TryCreate(form.Url.Trim(), UriKind.Absolute, out var url)) errors.Add(Error.Of("webhooks.url", "請填完整網址。", "Give a complete address.", "url"));
        else if (http.Check(url) is { } fault) errors.Add(fault);
        else webhook.Url = url.AbsoluteUri;
        var filters = EventFilter.Parse(form.Filters);
        errors.AddRange(filters.Errors);
        if (errors.Count > 0) return errors;
        (webhook.Name, webhook.Filters, webhook.Active) = (name, filters.Value, form.Active);
        return errors;
    }

    private async Task<Error?> DeniedAsync(Actor actor, Right right, string asked)
    {
        if (actor.IsSystem || actor.May(JobAreas.Webhooks, right)) return null;
        await denials.WriteAsync(actor, asked, "access.denied");
        return Error.Of("access.denied", "您沒有使用 Webhook 的權限。", "You do not have the right to use webhooks.");
    }

    private static string NewSecret() => "whsec_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static readonly Error NotFound = Error.Of("webhooks.not-found", "找不到這個 Webhook。", "There is no such webhook.");
}
