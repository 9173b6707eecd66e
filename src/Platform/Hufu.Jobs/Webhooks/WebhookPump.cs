using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Jobs.Http;
using Hufu.Jobs.Notices;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Webhooks;

/// <summary>
/// Turns changes into deliveries, each once, and sends what is due. A receiver may get a delivery twice (when its answer is lost) and out of
/// order (when an earlier one is tried again); the delivery's identity and the time in the body tell.
/// </summary>
internal sealed class WebhookPump(
    IDbContextFactory<HufuDbContext> factory, ChangeReader reader, SafeHttp http, IDataProtectionProvider protection, HufuJobsOptions options, TimeProvider clock)
{
    internal const string CursorName = "webhooks";
    internal const int MaxAttempts = 8;
    private const int BatchSize = 40;
    private const int MaxResponse = 16 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IDataProtector protector = protection.CreateProtector(WebhookService.Purpose);

    /// <summary>The wait after a try that failed: 1, 3, 9, 27, 81, 243, 720 minutes; about 18 hours in all.</summary>
    internal static TimeSpan Wait(int attempts) => TimeSpan.FromMinutes(Math.Min(720, Math.Pow(3, Math.Clamp(attempts, 1, 10) - 1)));

    /// <summary>Queues and sends. True when there may be more.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        var more = await QueueAsync(cancellation);
        return await SendAsync(cancellation) || more;
    }

    /// <summary>Queues deliveries for the next changes.</summary>
    internal async Task<bool> QueueAsync(CancellationToken cancellation)
    {
        var (from, changes) = await reader.NextAsync(CursorName, cancellation);
        if (changes.Count == 0) return false;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var hooks = await db.Set<Webhook>().AsNoTracking().Where(w => w.Active).ToListAsync(cancellation);
        var deliveries = new List<WebhookDelivery>();
        if (hooks.Count > 0)
        {
            var records = await RecordsAsync(db, changes, cancellation);
            foreach (var change in changes)
            {
                var name = $"{change.TypeKey}.{change.Action}";
                var wanting = hooks.Where(h => change.At >= h.CreatedAt && EventFilter.Matches(h.Filters, name)).ToList();
                if (wanting.Count == 0) continue;
                var body = Body(change, name, db.Types.Find(change.TypeKey), records.GetValueOrDefault(change.RecordId));
                deliveries.AddRange(wanting.Select(h => new WebhookDelivery { WebhookId = h.Id, ChangeUid = change.Uid, Event = name, Body = body, NextAt = db.Now, CreatedAt = db.Now }));
            }
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await ChangeReader.AdvanceAsync(db, CursorName, from, changes[^1], cancellation)) return true;
        db.AddRange(deliveries);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return changes.Count == ChangeReader.BatchSize;
    }

    /// <summary>Sends what is due, a few at a time.</summary>
    internal async Task<bool> SendAsync(CancellationToken cancellation)
    {
        var claimed = await ClaimAsync(cancellation);
        await Parallel.ForEachAsync(claimed, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellation }, async (pair, token) => await DeliverAsync(pair.Hook, pair.Delivery, token));
        return claimed.Count == BatchSize;
    }

    private async Task<List<(Webhook Hook, WebhookDelivery Delivery)>> ClaimAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var now = db.Now;
        var until = now + Lease;
        var claimed = new List<(Webhook, WebhookDelivery)>();
        var due = await db.Set<WebhookDelivery>().AsNoTracking().Where(d => d.State == DeliveryStates.Queued && d.NextAt <= now)
            .Join(db.Set<Webhook>().Where(w => w.Active), d => d.WebhookId, w => w.Id, (d, w) => new { Delivery = d, Hook = w })
            .OrderBy(p => p.Delivery.NextAt).ThenBy(p => p.Delivery.Id).Take(BatchSize).ToListAsync(cancellation);
        foreach (var one in due)
        {
            var (id, tries) = (one.Delivery.Id, one.Delivery.Attempts);
            if (await db.Set<WebhookDelivery>().Where(d => d.Id == id && d.State == DeliveryStates.Queued && d.Attempts == tries).ExecuteUpdateAsync(s => s.SetProperty(d => d.NextAt, until).SetProperty(d => d.Attempts, tries + 1), cancellation) == 0) continue;
            one.Delivery.Attempts = tries + 1;
            claimed.Add((one.Hook, one.Delivery));
        }

        return claimed;
    }

    private async Task DeliverAsync(Webhook hook, WebhookDelivery delivery, CancellationToken cancellation)
    {
        var (status, error, final) = await PostAsync(hook, delivery, cancellation);
        await using var db = await factory.CreateDbContextAsync(CancellationToken.None);
        var now = db.Now;
        if (error is null)
        {
            await db.Set<WebhookDelivery>().Where(d => d.Id == delivery.Id).ExecuteUpdateAsync(
                s => s.SetProperty(d => d.State, DeliveryStates.Sent).SetProperty(d => d.SentAt, now).SetProperty(d => d.LastStatus, status).SetProperty(d => d.LastError, (string?)null), CancellationToken.None);
            return;
        }

        var state = final || delivery.Attempts >= MaxAttempts ? DeliveryStates.Failed : DeliveryStates.Queued;
        var next = now + Wait(delivery.Attempts);
        await db.Set<WebhookDelivery>().Where(d => d.Id == delivery.Id).ExecuteUpdateAsync(
            s => s.SetProperty(d => d.State, state).SetProperty(d => d.NextAt, next).SetProperty(d => d.LastStatus, status).SetProperty(d => d.LastError, error), CancellationToken.None);
    }

    private async Task<(int? Status, string? Error, bool Final)> PostAsync(Webhook hook, WebhookDelivery delivery, CancellationToken cancellation)
    {
        string secret;
        try
        {
            secret = protector.Unprotect(hook.Secret);
        }
        catch (CryptographicException)
        {
            return (null, "webhooks.secret-unreadable: the key that protects the secret is gone; make a new secret", true);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(secret, clock.GetUtcNow(), delivery.Body));
        request.Headers.Add("Hufu-Delivery", delivery.Uid.ToString("D"));
        request.Headers.Add("Hufu-Event", delivery.Event);
        var answer = await http.SendAsync(request, Timeout, MaxResponse, cancellation);
        if (!answer.IsOk) return (null, RunReport.Cut($"{answer.Errors[0].Code}: {answer.Errors[0].Message.En}", 500), false);
        var status = (int)answer.Value.Status;
        // The answer's body is never kept: it could be a page that the person behind the webhook may not see.
        return answer.Value.IsSuccess ? (status, null, false)
            : (status, status is >= 300 and < 400 ? $"{status}: redirects are not followed" : $"{status}", answer.Value.Status is HttpStatusCode.Gone);
    }

    private static async Task<Dictionary<Guid, Record>> RecordsAsync(HufuDbContext db, IReadOnlyList<Change> changes, CancellationToken cancellation)
    {
        var records = new Dictionary<Guid, Record>();
        foreach (var group in changes.GroupBy(c => c.TypeKey))
            if (db.Types.Find(group.Key) is { } type)
                foreach (var (id, record) in await type.Accept(new RecordsById(db, [.. group.Select(c => c.RecordId).Distinct()], cancellation))) records[id] = record;
        return records;
    }

    /// <summary>What happened to which record and which of its fields; no values, for the receiver can ask with its own rights.</summary>
    private string Body(Change change, string name, RecordType? type, Record? record) => JsonSerializer.Serialize(
        new
        {
            id = change.Uid,
            @event = name,
            at = change.At,
            type = change.TypeKey,
            action = change.Action,
            record = new
            {
                id = change.RecordId,
                number = record?.Number,
                version = change.Version == 0 ? (int?)null : change.Version,
                state = record?.State,
                url = record is null || type is null ? null : options.PublicUrl is { } root ? new Uri(root, type.PathOf(record.Number)).AbsoluteUri : type.PathOf(record.Number),
            },
            fields = ChangeCapture.Read(change)?.Changes.Select(c => c.Field).ToArray() ?? [],
        },
        Json);
}
