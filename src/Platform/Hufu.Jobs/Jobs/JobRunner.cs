using System.Collections.Concurrent;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hufu.Jobs;

/// <summary>
/// Works through the queue in the database. What waits survives a restart by itself; what was going on when the process ended is found at
/// the next start and said to be interrupted.
/// </summary>
internal sealed partial class JobRunner(
    IDbContextFactory<HufuDbContext> factory, JobRegistry registry, HufuJobsOptions options, JobSignals signals, JobHealth health,
    IServiceScopeFactory scopes, TimeProvider clock, ILogger<JobRunner> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(5);
    private static readonly LocalizedText Stopped = new("程式在執行途中停止，這次執行沒有完成。", "The program stopped while this was running; it was not completed.");

    private readonly ConcurrentDictionary<long, Active> active = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything new begins: whatever this process is said to be working on, it is not.
        await RecoverAsync(r => r.Instance == options.Instance, cancellationToken);
        signals.CancelAsked += Cancel;
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var lastLook = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (active.Count < options.ParallelRuns && await ClaimAsync(stoppingToken) is { } run) Begin(run, stoppingToken);
                if (clock.GetElapsedTime(lastLook) > TimeSpan.FromMinutes(1))
                {
                    lastLook = clock.GetTimestamp();
                    await LookForLostAsync(stoppingToken);
                    await signals.SchedulesChangedAsync();
                }

                health.Passed("runs", clock.GetUtcNow());
                await signals.WaitAsync(LookEvery, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Looking(logger, e);
                health.Failed("runs", clock.GetUtcNow(), e);
                await Task.Delay(LookEvery, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        signals.CancelAsked -= Cancel;
        var work = Task.WhenAll(active.Values.Select(a => a.Work ?? Task.CompletedTask));
        if (await Task.WhenAny(work, Task.Delay(options.StopWithin, CancellationToken.None)) == work) return;
        // These runs do not listen. They are left behind; the process is about to end.
        foreach (var left in active.Values) await EndAsync(left.Run, JobStates.Interrupted, Stopped, retry: left.Definition.Resumable, TimeSpan.Zero);
    }

    /// <summary>Runs of other processes that gave no sign of life for long.</summary>
    internal Task LookForLostAsync(CancellationToken cancellation)
    {
        var lost = Instants.Truncate(clock.GetUtcNow()) - LostAfter;
        return RecoverAsync(r => r.SeenAt == null || r.SeenAt < lost, cancellation);
    }

    private async Task RecoverAsync(System.Linq.Expressions.Expression<Func<JobRun, bool>> whose, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        foreach (var run in await db.Set<JobRun>().AsNoTracking().Where(r => r.State == JobStates.Running).Where(whose).ToListAsync(cancellation))
        {
            if (active.ContainsKey(run.Id)) continue;
            Interrupted(logger, run.Id, run.JobKey);
            await EndAsync(run, JobStates.Interrupted, Stopped, retry: registry.Find(run.JobKey)?.Resumable == true, TimeSpan.Zero);
        }
    }

    /// <summary>Takes the oldest run that may begin now; null when there is none. One statement decides, so two processes never take the same.</summary>
    private async Task<JobRun?> ClaimAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var busy = active.Values.Where(a => !a.Definition.Parallel).Select(a => a.Run.JobKey).ToList();
        while (true)
        {
            var now = db.Now;
            var next = await db.Set<JobRun>().AsNoTracking().Where(r => r.State == JobStates.Queued && (r.NotBefore == null || r.NotBefore <= now) && !busy.Contains(r.JobKey)).OrderBy(r => r.Id).FirstOrDefaultAsync(cancellation);
            if (next is null) return null;
            if (!registry.TryGet(next.JobKey, out var job))
            {
                await db.Set<JobRun>().Where(r => r.Id == next.Id && r.State == JobStates.Queued).ExecuteUpdateAsync(
                    s => s.SetProperty(r => r.State, JobStates.Failed).SetProperty(r => r.FinishedAt, now).SetProperty(r => r.ResultZh, "此版本已沒有這項工作。").SetProperty(r => r.ResultEn, "This version has no such job any more."), cancellation);
                continue;
            }

            var (id, key, instance, parallel) = (next.Id, next.JobKey, options.Instance, job.Definition.Parallel);
            var taken = await db.Set<JobRun>()
                .Where(r => r.Id == id && r.State == JobStates.Queued && (parallel || !db.Set<JobRun>().Any(o => o.JobKey == key && o.State == JobStates.Running)))
                .ExecuteUpdateAsync(s => s.SetProperty(r => r.State, JobStates.Running).SetProperty(r => r.StartedAt, now).SetProperty(r => r.SeenAt, now).SetProperty(r => r.Instance, instance), cancellation);
            if (taken == 1)
            {
                (next.State, next.StartedAt, next.Instance) = (JobStates.Running, now, instance);
                return next;
            }

            // Another process works on this job, or took this run.
            busy.Add(key);
        }
    }

    private void Begin(JobRun run, CancellationToken stopping)
    {
        _ = registry.TryGet(run.JobKey, out var job);
        var mine = active[run.Id] = new Active(run, job!.Definition, CancellationTokenSource.CreateLinkedTokenSource(stopping));
        mine.Work = Task.Run(() => WorkAsync(mine, job, stopping), CancellationToken.None);
    }

    private async Task WorkAsync(Active mine, JobRegistration job, CancellationToken stopping)
    {
        var run = mine.Run;
        var (state, text, retry, wait) = (JobStates.Failed, new LocalizedText("", ""), false, TimeSpan.Zero);
        var report = new RunReport(factory, clock, run.Id, () => Cancel(run.Id));
        try
        {
            mine.Cancellation.CancelAfter(job.Definition.TimeLimit);
            await using var scope = scopes.CreateAsyncScope();
            var worker = (IHufuJob)ActivatorUtilities.GetServiceOrCreateInstance(scope.ServiceProvider, job.JobType);
            var outcome = await worker.RunAsync(new JobContext(run, report), mine.Cancellation.Token);
            (state, text, retry) = (outcome.Ok ? JobStates.Done : JobStates.Failed, outcome.Text, !outcome.Ok);
        }
        catch (OperationCanceledException) when (mine.CancelAsked)
        {
            (state, text) = (JobStates.Cancelled, new LocalizedText("已依要求取消；完成的部分保留。", "Cancelled as asked; what was done so far stays."));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            (state, text, retry) = (JobStates.Interrupted, Stopped, job.Definition.Resumable);
        }
        catch (OperationCanceledException) when (mine.Cancellation.IsCancellationRequested)
        {
            (text, retry) = (new LocalizedText($"超過時限 {job.Definition.TimeLimit:c}，已停止。", $"Stopped: it took longer than its limit of {job.Definition.TimeLimit:c}."), true);
        }
        catch (Exception e)
        {
            Threw(logger, run.Id, run.JobKey, e);
            report.Log($"{e.GetType().Name}: {e.Message}");
            (text, retry) = (new LocalizedText("發生未預期的錯誤；原因見記錄的最後一行。", "An unexpected error; the last line of the log says which."), true);
        }

        if (state is JobStates.Failed) wait = TimeSpan.FromMinutes(Math.Min(60, Math.Pow(4, run.Attempts - 1)));
        try
        {
            await report.DisposeAsync();
        }
        catch (Exception e) when (e is DbUpdateException or System.Data.Common.DbException)
        {
            LogLost(logger, run.Id, e);
        }

        try
        {
            var again = await EndAsync(run, state, text, retry, wait);
            if (state is JobStates.Failed && !again && run.RequestedBy is null) await TellAsync(job.Definition, run, text);
        }
        catch (Exception e)
        {
            // The run stays "running" in the database without signs of life and is found as interrupted.
            Ending(logger, run.Id, e);
        }
        finally
        {
            active.TryRemove(run.Id, out _);
            mine.Cancellation.Dispose();
            signals.Wake();
        }
    }

    /// <summary>Writes how a run ended and queues the next try in the same transaction. True when there is a next try.</summary>
    private async Task<bool> EndAsync(JobRun run, string state, LocalizedText text, bool retry, TimeSpan wait)
    {
        Telemetry.JobRuns.Add(1, new("job", run.JobKey), new("result", state));
        await using var db = await factory.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var now = db.Now;
        var attempts = Math.Max(registry.Find(run.JobKey)?.MaxAttempts ?? 1, state is JobStates.Interrupted ? 3 : 1);
        var again = retry && run.Attempts < attempts;
        var (zh, en) = (text.Zh, text.En);
        if (state is JobStates.Interrupted) (zh, en) = again ? (zh + "已重新排入。", en + " It was queued again.") : (zh + "請確認後再手動執行。", en + " Check, then start it again by hand.");
        else if (again) (zh, en) = (zh + $"將於 {wait.TotalMinutes:0} 分鐘後重試。", en + $" It is tried again in {wait.TotalMinutes:0} min.");
        (zh, en) = (RunReport.Cut(zh, 4000), RunReport.Cut(en, 4000));
        var done = state is JobStates.Done;
        var ended = await db.Set<JobRun>().Where(r => r.Id == run.Id && r.State == JobStates.Running).ExecuteUpdateAsync(s => s
            .SetProperty(r => r.State, state).SetProperty(r => r.FinishedAt, now).SetProperty(r => r.ResultZh, zh).SetProperty(r => r.ResultEn, en)
            .SetProperty(r => r.Progress, r => done ? 1 : r.Progress));
        if (ended == 0) return false;
        if (again)
        {
            db.Add(new JobRun
            {
                JobKey = run.JobKey, Parameters = run.Parameters, RequestedBy = run.RequestedBy, RequestedByName = run.RequestedByName,
                QueuedAt = now, NotBefore = wait > TimeSpan.Zero ? now + wait : null, Attempts = run.Attempts + 1, RetryOf = run.Id,
            });
            await db.SaveChangesAsync();
        }

        await transaction.CommitAsync();
        return again;
    }

    // A schedule that fails in silence is the worst kind of healthy.
    private async Task TellAsync(JobDefinition job, JobRun run, LocalizedText text)
    {
        await using var scope = scopes.CreateAsyncScope();
        var people = await scope.ServiceProvider.GetRequiredService<INoticeRecipients>().WithRightAsync(JobAreas.Jobs, Right.Administer, CancellationToken.None);
        await scope.ServiceProvider.GetRequiredService<INotices>().SendAsync(
            people, NoticeKinds.Job, new LocalizedText($"工作「{job.Name.Zh}」失敗", $"The job “{job.Name.En}” failed"), text, $"/admin/jobs/{run.Id}", new NoticeAbout($"job:{job.Key}"));
    }

    private void Cancel(long runId)
    {
        if (!active.TryGetValue(runId, out var mine)) return;
        mine.CancelAsked = true;
        try
        {
            mine.Cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at the same moment.
        }
    }

    private sealed class Active(JobRun run, JobDefinition definition, CancellationTokenSource cancellation)
    {
        internal JobRun Run => run;

        internal JobDefinition Definition => definition;

        internal CancellationTokenSource Cancellation => cancellation;

        internal volatile bool CancelAsked;

        internal Task? Work { get; set; }
    }

    [LoggerMessage(200, LogLevel.Error, "The queue of runs could not be read")]
    private static partial void Looking(ILogger logger, Exception e);

    [LoggerMessage(201, LogLevel.Warning, "Run {RunId} of {JobKey} was interrupted by the end of the process")]
    private static partial void Interrupted(ILogger logger, long runId, string jobKey);

    [LoggerMessage(202, LogLevel.Error, "Run {RunId} of {JobKey} failed")]
    private static partial void Threw(ILogger logger, long runId, string jobKey, Exception e);

    [LoggerMessage(203, LogLevel.Error, "The end of run {RunId} could not be written")]
    private static partial void Ending(ILogger logger, long runId, Exception e);

    [LoggerMessage(204, LogLevel.Warning, "The last lines of the log of run {RunId} could not be written")]
    private static partial void LogLost(ILogger logger, long runId, Exception e);
}
