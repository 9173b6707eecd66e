using Hufu.Jobs.Anchors;
using Hufu.Jobs.Http;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Jobs.Webhooks;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Jobs;

/// <summary>Registration of jobs, notices, mail and webhooks.</summary>
public static class JobsServices
{
    /// <summary>
    /// Adds jobs, notices, mail and webhooks over the record storage. The caller registers <see cref="INoticeRecipients"/> (of any lifetime),
    /// <see cref="TimeProvider"/>, and where the data-protection keys are kept: without lasting keys the secrets of webhooks are lost with the process.
    /// </summary>
    /// <exception cref="InvalidOperationException">The settings are wrong; the message says what.</exception>
    public static IServiceCollection AddHufuJobs(this IServiceCollection services, HufuJobsOptions options)
    {
        if (options.Faults() is { Count: > 0 } faults) throw new InvalidOperationException("The settings of jobs, mail and webhooks are wrong: " + string.Join(" ", faults));
        Texts.Load(typeof(JobsServices).Assembly);
        services.AddDataProtection();
        services.AddSingleton(options);
        services.AddSingleton<IModelContribution, JobsModel>();
        services.AddSingleton<JobHealth>();
        services.AddSingleton<JobSignals>();
        services.AddSingleton(s => new JobRegistry(s.GetServices<JobRegistration>()));
        services.AddSingleton(s => new JobService(
            s.GetRequiredService<IDbContextFactory<HufuDbContext>>(), s.GetRequiredService<JobRegistry>(), s.GetRequiredService<DenialLog>(), options, s.GetRequiredService<JobSignals>()));
        services.AddSingleton<ChangeReader>();
        services.AddSingleton<NoticeWriter>();
        services.AddSingleton<INotices>(s => s.GetRequiredService<NoticeWriter>());
        services.AddSingleton<NoticeBuilder>();
        services.AddSingleton<NoticeInbox>();
        services.AddSingleton<MailComposer>();
        services.AddSingleton<NoticeMailer>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<OutgoingMail>();
        services.AddSingleton(s => new MailSettings(
            s.GetRequiredService<IDbContextFactory<HufuDbContext>>(), s.GetRequiredService<IDataProtectionProvider>(), options, s.GetRequiredService<MailSender>(), s.GetRequiredService<DenialLog>()));
        services.AddSingleton(_ => new SafeHttp(options.Outbound));
        services.AddSingleton<WebhookService>();
        services.AddSingleton<WebhookPump>();
        services.AddSingleton<AnchorService>();
        services.AddHufuJob<CleanupJob>();
        services.AddHufuJob<LedgerAnchorJob>();
        if (!options.RunInBackground) return services;
        services.AddHostedService<JobRunner>();
        services.AddHostedService<JobScheduler>();
        services.AddHostedService<NoticeStep>();
        services.AddHostedService<MailStep>();
        services.AddHostedService<WebhookStep>();
        return services;
    }

    /// <summary>Lists a job.</summary>
    public static IServiceCollection AddHufuJob<TJob>(this IServiceCollection services) where TJob : class, IHufuJob =>
        services.AddSingleton(new JobRegistration(TJob.Definition, typeof(TJob)));
}
