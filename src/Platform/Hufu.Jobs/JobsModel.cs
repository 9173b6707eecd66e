using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Jobs.Webhooks;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs;

/// <summary>The tables of jobs, notices, mail and webhooks.</summary>
public sealed class JobsModel : IModelContribution
{
    public void Configure(ModelBuilder model)
    {
        model.Entity<JobRun>(e =>
        {
            e.ToTable("job_run");
            e.Ignore(r => r.ProgressText);
            e.Ignore(r => r.Result);
            e.Ignore(r => r.HasEnded);
            e.Property(r => r.JobKey).HasMaxLength(100);
            e.Property(r => r.State).HasMaxLength(20);
            e.HasIndex(r => new { r.State, r.Id });
            e.HasIndex(r => new { r.JobKey, r.Id });
            e.HasIndex(r => r.RequestedBy);
            // One run for one scheduled time, whoever fires it. Empty times do not collide.
            e.HasIndex(r => new { r.JobKey, r.ScheduledFor }).IsUnique();
        });
        model.Entity<JobLogLine>(e =>
        {
            e.ToTable("job_log");
            e.HasKey(l => new { l.RunId, l.Number });
        });
        model.Entity<JobSchedule>(e =>
        {
            e.ToTable("job_schedule");
            e.Property(s => s.Id).ValueGeneratedNever();
            e.HasIndex(s => s.JobKey).IsUnique();
        });
        model.Entity<Notice>(e =>
        {
            e.ToTable("notice");
            e.Ignore(n => n.Title);
            e.Ignore(n => n.Text);
            e.Property(n => n.Mail).HasConversion<string>().HasMaxLength(20);
            e.Property(n => n.MessageId).HasMaxLength(300);
            e.HasIndex(n => new { n.PersonId, n.At });
            e.HasIndex(n => new { n.GroupKey, n.PersonId });
            e.HasIndex(n => new { n.Mail, n.PersonId });
        });
        model.Entity<ChangeCursor>(e =>
        {
            e.ToTable("change_cursor");
            e.HasKey(c => c.Name);
        });
        model.Entity<MailOut>(e =>
        {
            e.ToTable("mail_out");
            e.HasIndex(m => new { m.State, m.NextAt });
            e.HasIndex(m => new { m.PersonId, m.CreatedAt });
            e.HasIndex(m => m.MessageId);
        });
        model.Entity<Webhook>(e =>
        {
            e.ToTable("webhook");
            e.Property(w => w.Id).ValueGeneratedNever();
        });
        model.Entity<WebhookDelivery>(e =>
        {
            e.ToTable("webhook_delivery");
            e.HasIndex(d => new { d.State, d.NextAt });
            e.HasIndex(d => new { d.WebhookId, d.ChangeUid }).IsUnique();
        });
    }
}
