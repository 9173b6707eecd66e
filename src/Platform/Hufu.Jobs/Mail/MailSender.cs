using System.Net;
using System.Net.Sockets;
using Hufu.Records.Storage;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.EntityFrameworkCore;
using MimeKit;
using MimeKit.Utils;

namespace Hufu.Jobs.Mail;

/// <summary>Sends what waits, over one connection for a handful of mails. What fails for the moment is tried again later and later; what the server refuses for good is not.</summary>
internal sealed class MailSender(IDbContextFactory<HufuDbContext> factory, HufuJobsOptions options, TimeProvider clock)
{
    internal const int MaxAttempts = 12;
    private const int BatchSize = 50;

    // While a mail is being sent it is nobody else's. A process that dies gives it back by this time.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    /// <summary>The wait after a try that failed: 1, 3, 9, 27, 81 minutes, then 4 hours: about a day in all.</summary>
    internal static TimeSpan Wait(int attempts) => TimeSpan.FromMinutes(Math.Min(240, Math.Pow(3, Math.Clamp(attempts, 1, 10) - 1)));

    /// <summary>Sends what is due. True when there may be more.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        if (!options.Mail.IsConfigured) return false;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var mails = await ClaimAsync(db, cancellation);
        if (mails.Count == 0) return false;
        using var client = new SmtpClient { Timeout = (int)options.Mail.Timeout.TotalMilliseconds };
        string? down = null;
        foreach (var mail in mails)
        {
            // A server that cannot be reached is not asked fifty times.
            if (down is null && !client.IsConnected) down = await ConnectAsync(client, cancellation);
            var (error, permanent) = down is null ? await TryAsync(client, mail, cancellation) : (down, false);
            var now = db.Now;
            if (error is null)
                await db.Set<MailOut>().Where(m => m.Id == mail.Id).ExecuteUpdateAsync(s => s
                    .SetProperty(m => m.State, MailStates.Sent).SetProperty(m => m.SentAt, now).SetProperty(m => m.LastError, (string?)null)
                    .SetProperty(m => m.BodyText, "").SetProperty(m => m.BodyHtml, ""), CancellationToken.None);
            else
            {
                var next = now + Wait(mail.Attempts);
                var state = permanent || mail.Attempts >= MaxAttempts ? MailStates.Failed : MailStates.Queued;
                await db.Set<MailOut>().Where(m => m.Id == mail.Id).ExecuteUpdateAsync(s => s
                    .SetProperty(m => m.State, state).SetProperty(m => m.NextAt, next).SetProperty(m => m.LastError, error), CancellationToken.None);
            }
        }

        if (client.IsConnected)
        {
            try
            {
                await client.DisconnectAsync(true, cancellation);
            }
            catch (Exception e) when (IsOfTheServer(e))
            {
                // All mails are accounted for; a server that does not say goodbye changes nothing.
            }
        }

        return mails.Count == BatchSize;
    }

    /// <summary>Sends one message past the queue. What stood in the way; null when the server took it.</summary>
    internal async Task<string?> SendNowAsync(string to, string subject, string text, CancellationToken cancellation)
    {
        using var client = new SmtpClient { Timeout = (int)options.Mail.Timeout.TotalMilliseconds };
        if (await ConnectAsync(client, cancellation) is { } down) return down;
        var (error, _) = await TryAsync(client, new MailOut { MessageId = MimeUtils.GenerateMessageId("hufu.invalid"), ToAddress = to, Subject = subject, BodyText = text, BodyHtml = WebUtility.HtmlEncode(text), CreatedAt = clock.GetUtcNow() }, cancellation);
        try
        {
            await client.DisconnectAsync(true, cancellation);
        }
        catch (Exception e) when (IsOfTheServer(e))
        {
            // The answer that counts was given.
        }

        return error;
    }

    private static async Task<List<MailOut>> ClaimAsync(HufuDbContext db, CancellationToken cancellation)
    {
        var now = db.Now;
        var until = now + Lease;
        var mine = new List<MailOut>();
        foreach (var mail in await db.Set<MailOut>().AsNoTracking().Where(m => m.State == MailStates.Queued && m.NextAt <= now).OrderBy(m => m.NextAt).ThenBy(m => m.Id).Take(BatchSize).ToListAsync(cancellation))
        {
            var tries = mail.Attempts;
            if (await db.Set<MailOut>().Where(m => m.Id == mail.Id && m.State == MailStates.Queued && m.Attempts == tries).ExecuteUpdateAsync(s => s.SetProperty(m => m.NextAt, until).SetProperty(m => m.Attempts, tries + 1), cancellation) == 0) continue;
            mail.Attempts = tries + 1;
            mine.Add(mail);
        }

        return mine;
    }

    private async Task<(string? Error, bool Permanent)> TryAsync(SmtpClient client, MailOut mail, CancellationToken cancellation)
    {
        if (!MailboxAddress.TryParse(mail.ToAddress, out var to)) return ("not a mail address", true);
        to.Name = mail.ToName;
        var message = new MimeMessage { Subject = mail.Subject, MessageId = mail.MessageId, Date = mail.CreatedAt };
        message.From.Add(new MailboxAddress(options.Mail.FromName, options.Mail.From));
        message.To.Add(to);
        // RFC 3834: no vacation notes in answer to these.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new BodyBuilder { TextBody = mail.BodyText, HtmlBody = mail.BodyHtml }.ToMessageBody();
        try
        {
            await client.SendAsync(message, cancellation);
            return (null, false);
        }
        catch (SmtpCommandException e)
        {
            // RFC 5321 §4.2.1: 4yz may pass later, 5yz will not.
            return (RunReport.Cut($"{(int)e.StatusCode} {e.Message}", 500), (int)e.StatusCode >= 500 && e.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted);
        }
        catch (Exception e) when (IsOfTheServer(e))
        {
            return (RunReport.Cut($"{e.GetType().Name}: {e.Message}", 500), false);
        }
    }

    /// <summary>What stands in the way, or null when the server is ready.</summary>
    private async Task<string?> ConnectAsync(SmtpClient client, CancellationToken cancellation)
    {
        try
        {
            await client.ConnectAsync(options.Mail.Host!, options.Mail.Port, options.Mail.Security switch
            {
                MailSecurity.StartTls => SecureSocketOptions.StartTls,
                MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
                MailSecurity.None => SecureSocketOptions.None,
                _ => throw new InvalidOperationException($"Unknown mail security {options.Mail.Security}."),
            }, cancellation);
            if (!string.IsNullOrEmpty(options.Mail.User)) await client.AuthenticateAsync(options.Mail.User, options.Mail.Password ?? "", cancellation);
            return null;
        }
        catch (Exception e) when (IsOfTheServer(e))
        {
            return RunReport.Cut($"{e.GetType().Name}: {e.Message}", 500);
        }
    }

    private static bool IsOfTheServer(Exception e) =>
        e is SocketException or IOException or ProtocolException or CommandException or AuthenticationException or SslHandshakeException or TimeoutException or NotSupportedException or ServiceNotConnectedException or ServiceNotAuthenticatedException;
}
