using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Jobs;

/// <summary>The states of a run.</summary>
public static class JobStates
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Done = "done";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    /// <summary>The process ended while the run was going on.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>All of them in the order of a life.</summary>
    public static IReadOnlyList<string> All { get; } = [Queued, Running, Done, Failed, Cancelled, Interrupted];

    /// <summary>What people read.</summary>
    public static LocalizedText Label(string state) => Texts.Both("jobs.state." + state);
}

/// <summary>One run of a job. Trying again makes a new run that points at the one before it.</summary>
public sealed class JobRun
{
    public long Id { get; set; }

    /// <summary>Identity in the change log.</summary>
    public Guid Uid { get; set; } = Guid.CreateVersion7();

    public string JobKey { get; set; } = "";

    /// <summary>One of <see cref="JobStates"/>.</summary>
    public string State { get; set; } = JobStates.Queued;

    public Guid? RequestedBy { get; set; }

    public string RequestedByName { get; set; } = "";

    /// <summary>JSON object. Shown to everybody who may see the run: never a secret.</summary>
    public string Parameters { get; set; } = "{}";

    public DateTimeOffset QueuedAt { get; set; }

    /// <summary>Not to be started earlier.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; set; }

    public string ProgressZh { get; set; } = "";

    public string ProgressEn { get; set; } = "";

    public string ResultZh { get; set; } = "";

    public string ResultEn { get; set; } = "";

    /// <summary>Which try this is, from 1.</summary>
    public int Attempts { get; set; } = 1;

    /// <summary>The run that this one tries again.</summary>
    public long? RetryOf { get; set; }

    /// <summary>The time of the schedule that it answers; one run at most for each.</summary>
    public DateTimeOffset? ScheduledFor { get; set; }

    /// <summary>Somebody asked for its end.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>The process that works on it.</summary>
    public string Instance { get; set; } = "";

    /// <summary>Last sign of life of that process.</summary>
    public DateTimeOffset? SeenAt { get; set; }

    /// <summary>What is being done now.</summary>
    public LocalizedText ProgressText => new(ProgressZh, ProgressEn);

    /// <summary>What came of it.</summary>
    public LocalizedText Result => new(ResultZh, ResultEn);

    /// <summary>It will change no more.</summary>
    public bool HasEnded => State is not (JobStates.Queued or JobStates.Running);
}

/// <summary>One line of a run's log.</summary>
public sealed class JobLogLine
{
    public long RunId { get; set; }

    /// <summary>From 1.</summary>
    public int Number { get; set; }

    public DateTimeOffset At { get; set; }

    public string Text { get; set; } = "";
}

/// <summary>A schedule that differs from the one that the job comes with.</summary>
public sealed class JobSchedule : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string JobKey { get; set; } = "";

    /// <summary>Canonical Quartz form; empty for no schedule.</summary>
    public string Cron { get; set; } = "";

    public bool Enabled { get; set; } = true;

    string IAudited.AuditType => "jobs.schedule";
}

/// <summary>When a job runs.</summary>
/// <param name="Job">The job.</param>
/// <param name="Cron">Canonical Quartz form; null for none.</param>
/// <param name="Enabled">False when it is switched off for the time being.</param>
/// <param name="IsDefault">Nobody has changed it.</param>
/// <param name="NextAt">The next time, if there is one.</param>
/// <param name="Last">The newest run.</param>
/// <param name="Ended">The newest run that has ended; its result is what is known of the job while another one goes on.</param>
public sealed record JobScheduleView(JobDefinition Job, string? Cron, bool Enabled, bool IsDefault, DateTimeOffset? NextAt, JobRun? Last, JobRun? Ended)
{
    /// <summary>The run that goes on or waits now.</summary>
    public JobRun? Now => Last is { HasEnded: false } ? Last : null;
}

/// <summary>What to list.</summary>
/// <param name="JobKey">Only this job.</param>
/// <param name="State">Only this state.</param>
/// <param name="Before">Only runs older than this one: the last of the page before.</param>
/// <param name="Take">At most so many, up to 200.</param>
public sealed record JobRunQuery(string? JobKey = null, string? State = null, long? Before = null, int Take = 50);

/// <summary>A run with its log.</summary>
public sealed record JobRunDetails(JobRun Run, JobDefinition? Job, IReadOnlyList<JobLogLine> Log);
