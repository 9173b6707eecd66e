using System.Collections.Concurrent;
using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Jobs.Tests;

/// <summary>What the test jobs did, and what they wait for.</summary>
internal sealed class Probe
{
    internal SemaphoreSlim Gate { get; } = new(0);

    internal ConcurrentQueue<string> Seen { get; } = new();

    internal int Running;

    internal int MostAtOnce;

    internal async Task InsideAsync(CancellationToken cancellation)
    {
        var now = Interlocked.Increment(ref Running);
        MostAtOnce = Math.Max(MostAtOnce, now);
        try
        {
            await Gate.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref Running);
        }
    }
}

internal sealed class CountJob(Probe probe) : IHufuJob
{
    public static JobDefinition Definition { get; } = new("test.count", new LocalizedText("計數", "Count"), new LocalizedText("測試", "For tests"))
    {
        Parameters = [new JobParameter("to", new LocalizedText("到", "To"), Required: true)],
    };

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var to = int.Parse(context.Parameter("to")!);
        for (var i = 1; i <= to; i++)
        {
            context.Log($"line {i}");
            context.Progress((double)i / to, new LocalizedText($"第 {i} 項", $"item {i}"));
        }

        probe.Seen.Enqueue($"counted {to} for {context.RequestedBy}");
        return Task.FromResult(JobOutcome.Done($"數到 {to}", $"Counted to {to}"));
    }
}

internal sealed class WaitJob(Probe probe) : IHufuJob
{
    public static JobDefinition Definition { get; } = new("test.wait", new LocalizedText("等候", "Wait"), new LocalizedText("測試", "For tests"));

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        probe.Seen.Enqueue($"{context.RunId}:{context.Attempt}");
        await probe.InsideAsync(cancellation);
        return JobOutcome.Done("完成", "Done");
    }
}

internal sealed class ResumableJob(Probe probe) : IHufuJob
{
    public static JobDefinition Definition { get; } = WaitJob.Definition with { Key = "test.resumable", Resumable = true };

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation) => new WaitJob(probe).RunAsync(context, cancellation);
}

internal sealed class ParallelJob(Probe probe) : IHufuJob
{
    public static JobDefinition Definition { get; } = WaitJob.Definition with { Key = "test.parallel", Parallel = true };

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation) => new WaitJob(probe).RunAsync(context, cancellation);
}

/// <summary>Does not listen to anybody.</summary>
internal sealed class DeafJob(Probe probe) : IHufuJob
{
    public static JobDefinition Definition { get; } = WaitJob.Definition with { Key = "test.deaf" };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        await probe.InsideAsync(CancellationToken.None);
        return JobOutcome.Done("完成", "Done");
    }
}

internal sealed class ThrowingJob : IHufuJob
{
    public static JobDefinition Definition { get; } = new("test.throwing", new LocalizedText("出錯", "Throwing"), new LocalizedText("測試", "For tests")) { MaxAttempts = 2, DefaultCron = "0 3 * * *" };

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation) => throw new FileNotFoundException("feed.json is not there");
}

/// <summary>Open to people who have a right elsewhere.</summary>
internal sealed class LogsJob : IHufuJob
{
    public static JobDefinition Definition { get; } = new("test.logs", new LocalizedText("日誌", "Logs"), new LocalizedText("測試", "For tests")) { Area = "logs", Right = Right.Write };

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation) => Task.FromResult(JobOutcome.Done("完成", "Done"));
}
