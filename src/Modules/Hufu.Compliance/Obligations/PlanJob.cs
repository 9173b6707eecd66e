using Hufu.Jobs;
using Hufu.Kernel;

namespace Hufu.Compliance.Obligations;

/// <summary>Each hour: creates what has come into sight and raises the urgency of what is late. Hourly, because some limits are in hours.</summary>
internal sealed class PlanJob(Planning planning) : IHufuJob
{
    public static JobDefinition Definition { get; } = new(
        "compliance.plan", new LocalizedText("排定應辦事項", "Plan what is due"),
        new LocalizedText("依遵循義務建立到期事項，並提醒或升級已到期的事項。", "Creates the occurrences of obligations and reminds of, or escalates, what is due."))
    {
        DefaultCron = "7 * * * *",
        Resumable = true,
        MaxAttempts = 3,
    };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var outcome = await planning.RunAsync(cancellation);
        if (!outcome.IsOk) return JobOutcome.Failed(outcome.Errors[0].Message.Zh, outcome.Errors[0].Message.En);
        foreach (var (number, error) in outcome.Value.Faults) context.Log($"{number}: {error}");
        var (created, raised, faults) = (outcome.Value.Created.Count, outcome.Value.Escalations.Count, outcome.Value.Faults.Count);
        var (zh, en) = ($"新增 {created} 件，提醒或升級 {raised} 件，{faults} 項義務無法排定", $"{created} created, {raised} reminded or escalated, {faults} obligations could not be planned");
        return faults == 0 ? JobOutcome.Done(zh, en) : JobOutcome.Failed(zh, en);
    }
}
