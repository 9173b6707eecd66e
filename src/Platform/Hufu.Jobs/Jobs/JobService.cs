using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs;

/// <summary>The door to jobs for pages, API, command line and modules: checks rights, keeps the queue and the schedules.</summary>
public sealed class JobService
{
    private const int MaxParameters = 64 * 1024;

    private readonly IDbContextFactory<HufuDbContext> factory;
    private readonly JobRegistry registry;
    private readonly DenialLog denials;
    private readonly HufuJobsOptions options;
    private readonly JobSignals signals;

    internal JobService(IDbContextFactory<HufuDbContext> factory, JobRegistry registry, DenialLog denials, HufuJobsOptions options, JobSignals signals)
    {
        this.factory = factory;
        this.registry = registry;
        this.denials = denials;
        this.options = options;
        this.signals = signals;
    }

    /// <summary>All jobs that the actor may see.</summary>
    public IReadOnlyList<JobDefinition> Jobs(Actor actor) => [.. registry.All.Where(j => MaySee(actor, j))];

    /// <summary>True when the actor may set, pause and resume its schedule.</summary>
    public static bool MaySchedule(Actor actor, JobDefinition job) => MayStart(actor, job) && (actor.IsSystem || actor.May(JobAreas.Jobs, Right.Administer));

    /// <summary>True when the actor may start and cancel the job.</summary>
    public static bool MayStart(Actor actor, JobDefinition job) => actor.IsSystem || actor.May(job.Area, job.Right);

    /// <summary>
    /// Puts a run into the queue. A job that runs one at a time and already waits with the same parameters is not queued twice: the waiting run
    /// is given back.
    /// </summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="key">The job.</param>
    /// <param name="parameters">Anything that serialises to a JSON object; null for none. Never a secret: people who may see the run can read it.</param>
    /// <param name="within">The caller's context when it has a transaction open, as in a reaction to a change: the run is queued with it or not at all.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Result<JobRun>> EnqueueAsync(Actor actor, string key, object? parameters = null, HufuDbContext? within = null, CancellationToken cancellation = default)
    {
        if (registry.Find(key) is not { } job) return Result.Fail<JobRun>(Unknown(key));
        if (!MayStart(actor, job)) return Result.Fail<JobRun>(await DenyAsync(actor, $"start job {key}"));
        var json = parameters is null ? "{}" : JsonSerializer.Serialize(parameters, JsonSerializerOptions.Web);
        if (CheckParameters(job, json) is { } error) return Result.Fail<JobRun>(error);
        await using var own = within is null ? await factory.CreateDbContextAsync(cancellation) : null;
        var db = within ?? own!;
        if (!job.Parallel && await db.Set<JobRun>().AsNoTracking().FirstOrDefaultAsync(r => r.JobKey == key && r.State == JobStates.Queued && r.Parameters == json && r.NotBefore == null, cancellation) is { } waiting)
            return Result.Of(waiting);
        if (await db.Set<JobRun>().CountAsync(r => r.State == JobStates.Queued, cancellation) >= options.QueueLimit)
            return Result.Fail<JobRun>(Error.Of("jobs.queue-full", $"等候中的工作已達 {options.QueueLimit} 筆，請稍後再試。", $"{options.QueueLimit} runs are waiting already; try again later."));
        var run = new JobRun { JobKey = key, Parameters = json, QueuedAt = db.Now, RequestedBy = actor.IsSystem ? null : actor.Id, RequestedByName = actor.Name };
        db.Add(run);
        Note(db, actor, run.Uid, "start", key);
        await db.SaveChangesAsync(cancellation);
        signals.Wake();
        return Result.Of(run);
    }

    /// <summary>Ends a run: a waiting one at once, a running one as soon as its job looks. A run that has ended already stays as it is.</summary>
    public async Task<Result<JobRun>> CancelAsync(Actor actor, long runId, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var run = await db.Set<JobRun>().AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId, cancellation);
        if (run is null || !MaySee(actor, run)) return Result.Fail<JobRun>(run is null ? NoRun : await DenyAsync(actor, $"cancel run {runId}", NoRun));
        var mine = !actor.IsSystem && run.RequestedBy == actor.Id;
        if (!mine && !(registry.Find(run.JobKey) is { } job ? MayStart(actor, job) : actor.May(JobAreas.Jobs, Right.Administer))) return Result.Fail<JobRun>(await DenyAsync(actor, $"cancel run {runId}"));
        if (run.HasEnded) return Result.Fail<JobRun>(Error.Of("jobs.ended", "這次執行已經結束。", "This run has ended already."));
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellation))
        {
            var now = db.Now;
            var (zh, en) = ($"由 {actor.Name} 在開始前取消。", $"Cancelled by {actor.Name} before it began.");
            var atOnce = await db.Set<JobRun>().Where(r => r.Id == runId && r.State == JobStates.Queued).ExecuteUpdateAsync(
                s => s.SetProperty(r => r.State, JobStates.Cancelled).SetProperty(r => r.CancelRequested, true).SetProperty(r => r.FinishedAt, now).SetProperty(r => r.ResultZh, zh).SetProperty(r => r.ResultEn, en), cancellation);
            if (atOnce == 0) await db.Set<JobRun>().Where(r => r.Id == runId && r.State == JobStates.Running).ExecuteUpdateAsync(s => s.SetProperty(r => r.CancelRequested, true), cancellation);
            Note(db, actor, run.Uid, "cancel", run.JobKey);
            await db.SaveChangesAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }

        signals.Cancel(runId);
        return Result.Of(await db.Set<JobRun>().AsNoTracking().FirstAsync(r => r.Id == runId, cancellation));
    }

    /// <summary>Runs, newest first: all for whoever may see jobs, their own for everybody else.</summary>
    public async Task<IReadOnlyList<JobRun>> ListAsync(Actor actor, JobRunQuery query, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        IQueryable<JobRun> runs = db.Set<JobRun>().AsNoTracking();
        if (!SeesAll(actor))
        {
            var visible = Jobs(actor).Select(j => j.Key).ToList();
            var me = actor.Id;
            runs = runs.Where(r => r.RequestedBy == me || visible.Contains(r.JobKey));
        }

        if (query.JobKey is { } key) runs = runs.Where(r => r.JobKey == key);
        if (query.State is { } state) runs = runs.Where(r => r.State == state);
        if (query.Before is { } before) runs = runs.Where(r => r.Id < before);
        return await runs.OrderByDescending(r => r.Id).Take(Math.Clamp(query.Take, 1, 200)).ToListAsync(cancellation);
    }

    /// <summary>A run with its log.</summary>
    public async Task<Result<JobRunDetails>> FindAsync(Actor actor, long runId, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var run = await db.Set<JobRun>().AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId, cancellation);
        if (run is null) return Result.Fail<JobRunDetails>(NoRun);
        if (!MaySee(actor, run)) return Result.Fail<JobRunDetails>(await DenyAsync(actor, $"read run {runId}", NoRun));
        var log = await db.Set<JobLogLine>().AsNoTracking().Where(l => l.RunId == runId).OrderBy(l => l.Number).ToListAsync(cancellation);
        return Result.Of(new JobRunDetails(run, registry.Find(run.JobKey), log));
    }

    /// <summary>Every job that the actor may see, with when it runs next and its newest run.</summary>
    public async Task<IReadOnlyList<JobScheduleView>> SchedulesAsync(Actor actor, CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var own = await db.Set<JobSchedule>().AsNoTracking().ToDictionaryAsync(s => s.JobKey, cancellation);
        var newest = await db.Set<JobRun>().GroupBy(r => r.JobKey).Select(g => g.Max(r => r.Id)).ToListAsync(cancellation);
        var last = await db.Set<JobRun>().AsNoTracking().Where(r => newest.Contains(r.Id)).ToDictionaryAsync(r => r.JobKey, cancellation);
        var over = await db.Set<JobRun>().Where(r => r.State != JobStates.Queued && r.State != JobStates.Running).GroupBy(r => r.JobKey).Select(g => g.Max(r => r.Id)).ToListAsync(cancellation);
        var ended = await db.Set<JobRun>().AsNoTracking().Where(r => over.Contains(r.Id)).ToDictionaryAsync(r => r.JobKey, cancellation);
        var views = new List<JobScheduleView>();
        foreach (var job in Jobs(actor))
        {
            var (cron, enabled) = Effective(job, own.GetValueOrDefault(job.Key));
            var next = enabled && cron is not null ? Cron.Next(cron, options.TimeZone, db.Now) : null;
            views.Add(new JobScheduleView(job, cron, enabled, !own.ContainsKey(job.Key), next, last.GetValueOrDefault(job.Key), ended.GetValueOrDefault(job.Key)));
        }

        return views;
    }

    /// <summary>Sets when a job runs.</summary>
    /// <param name="actor">Needs <c>jobs</c> Administer, and the right that the job itself asks for.</param>
    /// <param name="key">The job.</param>
    /// <param name="cron">Five crontab fields or six to seven Quartz fields; null or empty for no schedule.</param>
    /// <param name="enabled">False to switch the schedule off without forgetting it.</param>
    /// <param name="reason">Why; goes into the history.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Result<JobScheduleView>> SetScheduleAsync(Actor actor, string key, string? cron, bool enabled = true, string? reason = null, CancellationToken cancellation = default)
    {
        if (registry.Find(key) is not { } job) return Result.Fail<JobScheduleView>(Unknown(key));
        if (!MaySchedule(actor, job)) return Result.Fail<JobScheduleView>(await DenyAsync(actor, $"schedule job {key}"));
        var canonical = "";
        if (!string.IsNullOrWhiteSpace(cron))
        {
            var read = Cron.Normalise(cron);
            if (!read.IsOk) return Result.Fail<JobScheduleView>(read.Errors);
            if (job.Parameters.FirstOrDefault(p => p.Required) is { } needed)
                return Result.Fail<JobScheduleView>(Error.Of("jobs.schedule.needs-parameters", $"此工作需要「{needed.Label.Zh}」，只能手動執行。", $"This job needs “{needed.Label.En}” and can only be started by hand."));
            canonical = read.Value;
        }

        await using (var db = await factory.CreateDbContextAsync(cancellation))
        {
            db.ActAs(actor, "update", reason);
            var row = await db.Set<JobSchedule>().FirstOrDefaultAsync(s => s.JobKey == key, cancellation);
            if (row is null) db.Add(row = new JobSchedule { JobKey = key });
            (row.Cron, row.Enabled) = (canonical, enabled);
            await db.SaveChangesAsync(cancellation);
        }

        await signals.SchedulesChangedAsync();
        return Result.Of((await SchedulesAsync(actor, cancellation)).First(v => v.Job.Key == key));
    }

    /// <summary>Goes back to the schedule that the job comes with.</summary>
    public async Task<Result<JobScheduleView>> ResetScheduleAsync(Actor actor, string key, string? reason = null, CancellationToken cancellation = default)
    {
        if (registry.Find(key) is not { } job) return Result.Fail<JobScheduleView>(Unknown(key));
        if (!MaySchedule(actor, job)) return Result.Fail<JobScheduleView>(await DenyAsync(actor, $"schedule job {key}"));
        await using (var db = await factory.CreateDbContextAsync(cancellation))
        {
            db.ActAs(actor, "update", reason);
            if (await db.Set<JobSchedule>().FirstOrDefaultAsync(s => s.JobKey == key, cancellation) is { } row) db.Remove(row);
            await db.SaveChangesAsync(cancellation);
        }

        await signals.SchedulesChangedAsync();
        return Result.Of((await SchedulesAsync(actor, cancellation)).First(v => v.Job.Key == key));
    }

    /// <summary>Queues the run of a scheduled time. False when it was queued before, by this process or another.</summary>
    internal async Task<bool> EnqueueScheduledAsync(string key, DateTimeOffset scheduledFor, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var time = Instants.Truncate(scheduledFor);
        if (await db.Set<JobRun>().AnyAsync(r => r.JobKey == key && r.ScheduledFor == time, cancellation)) return false;
        db.Add(new JobRun { JobKey = key, QueuedAt = db.Now, RequestedByName = "Hufu", ScheduledFor = time });
        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException) when (!cancellation.IsCancellationRequested)
        {
            // The unique index on job and scheduled time: another process was quicker. Anything else is a fault of the database.
            db.ChangeTracker.Clear();
            if (!await db.Set<JobRun>().AnyAsync(r => r.JobKey == key && r.ScheduledFor == time, cancellation)) throw;
            return false;
        }

        signals.Wake();
        return true;
    }

    internal static (string? Cron, bool Enabled) Effective(JobDefinition job, JobSchedule? own) => own is null
        ? (job.DefaultCron is { } cron ? Cron.Normalise(cron).Value : null, true)
        : (own.Cron.Length == 0 ? null : own.Cron, own.Enabled);

    private static bool SeesAll(Actor actor) => actor.IsSystem || actor.May(JobAreas.Jobs, Right.Read);

    private static bool MaySee(Actor actor, JobDefinition job) => SeesAll(actor) || MayStart(actor, job);

    private bool MaySee(Actor actor, JobRun run) => SeesAll(actor) || run.RequestedBy == actor.Id || (registry.Find(run.JobKey) is { } job && MayStart(actor, job));

    private async Task<Error> DenyAsync(Actor actor, string asked, Error? shown = null)
    {
        await denials.WriteAsync(actor, asked, "access.denied");
        return shown ?? Error.Of("access.denied", "您沒有管理這項工作的權限。", "You do not have the right to manage this job.");
    }

    // A person's order is an act worth proving; what the product does by itself shows in the list of runs.
    private static void Note(HufuDbContext db, Actor actor, Guid run, string action, string key)
    {
        if (actor.IsSystem) return;
        db.Changes.Add(ChangeCapture.Create("jobs.run", run, 0, action, db.Now, null, actor.Id, new ChangePayload(actor.Id, actor.Name, actor.Channel, null, [new FieldChange("job", null, key)], null)));
    }

    private static Error? CheckParameters(JobDefinition job, string json)
    {
        if (json.Length > MaxParameters) return Error.Of("jobs.parameters.too-long", "參數過長。", "The parameters are too long.", "parameters");
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind is not JsonValueKind.Object) throw new ArgumentException("Parameters must serialise to a JSON object.", nameof(json));
        foreach (var parameter in job.Parameters.Where(p => p.Required))
            if (!document.RootElement.TryGetProperty(parameter.Key, out var value) || value.ValueKind is JsonValueKind.Null || (value.ValueKind is JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString())))
                return Error.Of("jobs.parameters.missing", $"請填寫「{parameter.Label.Zh}」。", $"Give “{parameter.Label.En}”.", parameter.Key);
        return null;
    }

    private static Error Unknown(string key) => Error.Of("jobs.unknown", $"沒有「{key}」這項工作。", $"There is no job “{key}”.", "key");

    private static readonly Error NoRun = Error.Of("jobs.run-not-found", "找不到這次執行，或您無權檢視。", "This run does not exist, or you may not see it.");
}

/// <summary>Wakes the parts of this process that would otherwise look at the database only now and then.</summary>
internal sealed class JobSignals : IDisposable
{
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Lock gate = new();

    internal event Action<long>? CancelAsked;

    internal event Func<Task>? SchedulesChanged;

    internal void Wake()
    {
        lock (gate)
            if (wake.CurrentCount == 0) wake.Release();
    }

    internal Task WaitAsync(TimeSpan atMost, CancellationToken cancellation) => wake.WaitAsync(atMost, cancellation);

    internal void Cancel(long runId) => CancelAsked?.Invoke(runId);

    internal Task SchedulesChangedAsync() => SchedulesChanged?.Invoke() ?? Task.CompletedTask;

    public void Dispose() => wake.Dispose();
}
