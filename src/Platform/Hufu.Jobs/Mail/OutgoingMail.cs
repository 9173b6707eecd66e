using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Mail;

/// <summary>What the product has sent or failed to send, for the operator.</summary>
public sealed class OutgoingMail(IDbContextFactory<HufuDbContext> factory, DenialLog denials)
{
    private static readonly Error Denied = Error.Of("access.denied", "您沒有檢視寄出郵件的權限。", "You do not have the right to see outgoing mail.");

    /// <summary>Outgoing mails, newest first. Needs <c>jobs</c> Read.</summary>
    public async Task<Result<IReadOnlyList<MailOut>>> ListAsync(Actor actor, string? state = null, long? before = null, int take = 50, CancellationToken cancellation = default)
    {
        if (!actor.IsSystem && !actor.May(JobAreas.Jobs, Right.Read))
        {
            await denials.WriteAsync(actor, "read outgoing mail", Denied.Code);
            return Result.Fail<IReadOnlyList<MailOut>>(Denied);
        }

        await using var db = await factory.CreateDbContextAsync(cancellation);
        IQueryable<MailOut> mails = db.Set<MailOut>().AsNoTracking();
        if (state is not null) mails = mails.Where(m => m.State == state);
        if (before is { } id) mails = mails.Where(m => m.Id < id);
        return Result.Of<IReadOnlyList<MailOut>>(await mails.OrderByDescending(m => m.Id).Take(Math.Clamp(take, 1, 200)).ToListAsync(cancellation));
    }

    /// <summary>Tries a mail again that failed. Needs <c>jobs</c> Administer.</summary>
    public async Task<Result> RetryAsync(Actor actor, long mailId, CancellationToken cancellation = default)
    {
        if (!actor.IsSystem && !actor.May(JobAreas.Jobs, Right.Administer))
        {
            await denials.WriteAsync(actor, $"retry mail {mailId}", Denied.Code);
            return Result.Fail(Error.Of("access.denied", "您沒有重寄郵件的權限。", "You do not have the right to send mail again."));
        }

        await using var db = await factory.CreateDbContextAsync(cancellation);
        var now = db.Now;
        var changed = await db.Set<MailOut>().Where(m => m.Id == mailId && m.State == MailStates.Failed).ExecuteUpdateAsync(s => s.SetProperty(m => m.State, MailStates.Queued).SetProperty(m => m.Attempts, 0).SetProperty(m => m.NextAt, now), cancellation);
        return changed == 1 ? Result.Ok : Result.Fail(Error.Of("mail.not-failed", "找不到這封寄送失敗的郵件。", "There is no such failed mail."));
    }
}
