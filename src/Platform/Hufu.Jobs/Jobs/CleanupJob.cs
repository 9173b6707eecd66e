using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Jobs.Webhooks;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs;

/// <summary>Removes what nobody needs any more: old runs, read notices, mails and deliveries that are done. The change log is not touched.</summary>
internal sealed class CleanupJob(IDbContextFactory<HufuDbContext> factory, HufuJobsOptions options) : IHufuJob
{
    private const int KeepOfEach = 50;

    public static JobDefinition Definition { get; } = new(
        "jobs.cleanup", new LocalizedText("清理過期的工作紀錄", "Clean up"),
        new LocalizedText("刪除過期的執行紀錄、已讀通知、已寄出的郵件與 Webhook 傳送紀錄；稽核軌跡不受影響。", "Removes old runs, read notices, and mails and deliveries that are done; the audit trail stays."))
    {
        DefaultCron = "40 3 * * *",
        Resumable = true,
    };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var now = db.Now;
        var (outgoing, read, ended) = (now - options.KeepOutgoing, now - options.KeepNotices, now - options.KeepRuns);
        var mails = await db.Set<MailOut>().Where(m => m.State != MailStates.Queued && m.CreatedAt < outgoing).ExecuteDeleteAsync(cancellation);
        context.Progress(0.25);
        var deliveries = await db.Set<WebhookDelivery>().Where(d => d.State != DeliveryStates.Queued && d.CreatedAt < outgoing).ExecuteDeleteAsync(cancellation);
        context.Progress(0.5);
        var notices = await db.Set<Notice>().Where(n => n.ReadAt != null && n.ReadAt < read).ExecuteDeleteAsync(cancellation);
        context.Progress(0.75);
        var runs = 0;
        foreach (var key in await db.Set<JobRun>().Select(r => r.JobKey).Distinct().ToListAsync(cancellation))
        {
            // The newest stay, so that a job that runs once a year still shows its last run and its schedule knows where it was.
            if (await db.Set<JobRun>().Where(r => r.JobKey == key).OrderByDescending(r => r.Id).Skip(KeepOfEach).Select(r => (long?)r.Id).FirstOrDefaultAsync(cancellation) is not { } last) continue;
            var old = db.Set<JobRun>().Where(r => r.JobKey == key && r.Id <= last && r.FinishedAt != null && r.FinishedAt < ended);
            await db.Set<JobLogLine>().Where(l => old.Any(r => r.Id == l.RunId)).ExecuteDeleteAsync(cancellation);
            runs += await old.ExecuteDeleteAsync(cancellation);
        }

        return JobOutcome.Done(
            $"刪除 {mails} 封郵件、{deliveries} 筆傳送、{notices} 則通知、{runs} 次執行。", $"Removed {mails} mails, {deliveries} deliveries, {notices} notices and {runs} runs.");
    }
}
