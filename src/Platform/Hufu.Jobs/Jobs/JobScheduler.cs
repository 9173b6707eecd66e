using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Hufu.Jobs;

/// <summary>
/// Turns the schedules into Quartz triggers. Quartz keeps them in memory only: the truth is in our table, so nothing is lost with the
/// process, and a trigger does no more than to queue a run. Several processes may fire the same time; the unique index on job and
/// scheduled time lets one of them through. Quartz's own clustered store can take this place on PostgreSQL without another change.
/// </summary>
internal sealed partial class JobScheduler(
    IDbContextFactory<HufuDbContext> factory, JobRegistry registry, JobService service, HufuJobsOptions options, JobSignals signals,
    TimeProvider clock, ILoggerFactory loggers, ILogger<JobScheduler> logger) : IHostedService, IDisposable
{
    private const string SelfKey = "hufu.scheduler";
    private static readonly JobKey FireKey = new("fire");
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, string> planned = new(StringComparer.Ordinal);
    private IScheduler? scheduler;
    private ServiceProvider? services;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        var own = new ServiceCollection();
        own.AddSingleton(clock);
        own.AddLogging();
        own.AddSingleton(loggers);
        own.AddQuartz(q => q.UseTimeProvider(clock).UseDefaultThreadPool(2).UseInMemoryStore());
        services = own.BuildServiceProvider();
        scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
        scheduler.Context[SelfKey] = this;
        await scheduler.AddJob(JobBuilder.Create<Fire>().WithIdentity(FireKey).StoreDurably().Build(), new AddJobOptions(), cancellationToken);
        await ApplyAsync();
        signals.SchedulesChanged += ApplyAsync;
        await scheduler.Start(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        signals.SchedulesChanged -= ApplyAsync;
        if (scheduler is not null) await scheduler.Shutdown(true, cancellationToken);
        if (services is not null) await services.DisposeAsync();
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Makes the triggers what the table says.</summary>
    private async Task ApplyAsync()
    {
        await gate.WaitAsync();
        try
        {
            foreach (var (job, own) in await SchedulesAsync(CancellationToken.None))
            {
                var (cron, enabled) = JobService.Effective(job, own);
                var wanted = enabled ? cron ?? "" : "";
                if (planned.GetValueOrDefault(job.Key, "") == wanted) continue;
                var key = new TriggerKey(job.Key);
                await scheduler!.UnscheduleJob(key);
                if (wanted.Length > 0)
                    await scheduler.ScheduleJob(TriggerBuilder.Create(clock).WithIdentity(key).ForJob(FireKey)
                        .WithCronSchedule(wanted, b => b.InTimeZone(options.TimeZone).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed)).Build(), new ScheduleJobOptions());
                planned[job.Key] = wanted;
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Queues once what came due while the program was stopped, however often it came due.</summary>
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var now = db.Now;
        foreach (var (job, own) in await SchedulesAsync(cancellation))
        {
            if (!job.CatchUp || JobService.Effective(job, own) is not (string cron, true)) continue;
            var last = await db.Set<JobRun>().Where(r => r.JobKey == job.Key && r.ScheduledFor != null).MaxAsync(r => r.ScheduledFor, cancellation);
            if (last is null || Cron.Next(cron, options.TimeZone, last.Value) is not { } missed || missed > now) continue;
            CatchingUp(logger, job.Key, missed);
            await service.EnqueueScheduledAsync(job.Key, missed, cancellation);
        }
    }

    private async Task<IReadOnlyList<(JobDefinition Job, JobSchedule? Own)>> SchedulesAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var own = await db.Set<JobSchedule>().AsNoTracking().ToDictionaryAsync(s => s.JobKey, cancellation);
        return [.. registry.All.Select(j => (j, own.GetValueOrDefault(j.Key)))];
    }

    private async Task FireAsync(string key, DateTimeOffset at, CancellationToken cancellation)
    {
        try
        {
            await service.EnqueueScheduledAsync(key, at, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            NotQueued(logger, key, at, e);
        }
    }

    private sealed class Fire : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
            await ((JobScheduler)context.Scheduler.Context[SelfKey]!).FireAsync(context.Trigger.Key.Name, context.ScheduledFireTimeUtc ?? context.FireTimeUtc, cancellationToken);
    }

    [LoggerMessage(210, LogLevel.Warning, "Job {JobKey} missed its time {MissedAt} while the program was stopped; it is queued now")]
    private static partial void CatchingUp(ILogger logger, string jobKey, DateTimeOffset missedAt);

    [LoggerMessage(211, LogLevel.Error, "Job {JobKey} could not be queued for {ScheduledFor}")]
    private static partial void NotQueued(ILogger logger, string jobKey, DateTimeOffset scheduledFor, Exception e);
}
