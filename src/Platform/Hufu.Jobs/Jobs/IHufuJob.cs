using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Jobs;

/// <summary>Work that runs behind the pages: on a schedule, or when somebody asks. Made anew for each run, so it takes what it needs in its constructor.</summary>
public interface IHufuJob
{
    /// <summary>What the job is called, when it runs and who may start it.</summary>
    static abstract JobDefinition Definition { get; }

    /// <summary>Does the work. Ends soon after <paramref name="cancellation"/> is asked for; an exception makes the run a failed one.</summary>
    Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation);
}

/// <summary>What a job is.</summary>
/// <param name="Key">Module and name: <c>risk.review-reminders</c>. Never changed.</param>
/// <param name="Name">What people read.</param>
/// <param name="Purpose">One sentence: what it is for.</param>
public sealed record JobDefinition(string Key, LocalizedText Name, LocalizedText Purpose)
{
    /// <summary>When it runs unless somebody says otherwise: five crontab fields or six to seven Quartz fields, in the organisation's time zone. Null: only when asked.</summary>
    public string? DefaultCron { get; init; }

    /// <summary>The area whose right is needed to start, cancel or schedule it.</summary>
    public string Area { get; init; } = JobAreas.Jobs;

    /// <summary>The right that is needed in <see cref="Area"/>.</summary>
    public Right Right { get; init; } = Right.Administer;

    /// <summary>What a person may give when starting it.</summary>
    public IReadOnlyList<JobParameter> Parameters { get; init; } = [];

    /// <summary>Several runs may go on at the same time; otherwise they wait for each other.</summary>
    public bool Parallel { get; init; }

    /// <summary>A run that was cut off by the end of the process can be started again from the beginning without harm, and is.</summary>
    public bool Resumable { get; init; }

    /// <summary>A scheduled time that passed while the program was stopped is made up for, once.</summary>
    public bool CatchUp { get; init; } = true;

    /// <summary>How often one piece of work is tried in all, counting runs that failed or were interrupted.</summary>
    public int MaxAttempts { get; init; } = 1;

    /// <summary>A run that takes longer is stopped.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(6);
}

/// <summary>One parameter of a job.</summary>
/// <param name="Key">Name in the JSON of the parameters.</param>
/// <param name="Label">What people read.</param>
/// <param name="Required">The job cannot start without it.</param>
public sealed record JobParameter(string Key, LocalizedText Label, bool Required = false);

/// <summary>How a run ended.</summary>
/// <param name="Ok">The work was done.</param>
/// <param name="Text">What came of it, for a person.</param>
public sealed record JobOutcome(bool Ok, LocalizedText Text)
{
    /// <summary>The work was done.</summary>
    public static JobOutcome Done(string zh, string en) => new(true, new LocalizedText(zh, en));

    /// <summary>The work could not be done.</summary>
    public static JobOutcome Failed(string zh, string en) => new(false, new LocalizedText(zh, en));
}

/// <summary>What a job knows of its run, and where it says how far it is.</summary>
public sealed class JobContext
{
    private readonly RunReport report;

    internal JobContext(JobRun run, RunReport report)
    {
        this.report = report;
        RunId = run.Id;
        Attempt = run.Attempts;
        RequestedBy = run.RequestedBy;
        ScheduledFor = run.ScheduledFor;
        using var json = JsonDocument.Parse(run.Parameters);
        Parameters = json.RootElement.Clone();
    }

    /// <summary>The run.</summary>
    public long RunId { get; }

    /// <summary>1 for the first try.</summary>
    public int Attempt { get; }

    /// <summary>The person who asked for it; null for a schedule or the product itself.</summary>
    public Guid? RequestedBy { get; }

    /// <summary>The scheduled time; null when somebody asked for it.</summary>
    public DateTimeOffset? ScheduledFor { get; }

    /// <summary>The parameters: a JSON object.</summary>
    public JsonElement Parameters { get; }

    /// <summary>Who acts in the job: the product itself.</summary>
    public Actor Actor { get; } = Actor.System();

    /// <summary>A parameter as text; null when it is not given.</summary>
    public string? Parameter(string key) => Parameters.TryGetProperty(key, out var value) && value.ValueKind is not JsonValueKind.Null
        ? value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText()
        : null;

    /// <summary>Says how far the work is. Cheap: it is written at most four times a second.</summary>
    /// <param name="fraction">0 to 1; what lies outside is cut.</param>
    /// <param name="text">What is being done now.</param>
    public void Progress(double fraction, LocalizedText? text = null) => report.Progress(fraction, text);

    /// <summary>Appends a line to the run's log. At most 1,000 lines are kept; then the log says how many are left out.</summary>
    public void Log(string line) => report.Log(line);
}
