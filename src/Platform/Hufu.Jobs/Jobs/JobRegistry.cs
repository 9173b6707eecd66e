using System.Diagnostics.CodeAnalysis;

namespace Hufu.Jobs;

/// <summary>A job and the class that does it.</summary>
internal sealed record JobRegistration(JobDefinition Definition, Type JobType);

/// <summary>All jobs of the running product, listed by hand by the modules.</summary>
public sealed class JobRegistry
{
    private readonly SortedDictionary<string, JobRegistration> byKey = new(StringComparer.Ordinal);

    internal JobRegistry(IEnumerable<JobRegistration> jobs)
    {
        foreach (var job in jobs)
        {
            if (!byKey.TryAdd(job.Definition.Key, job)) throw new InvalidOperationException($"Job '{job.Definition.Key}' is listed twice.");
            if (job.Definition.DefaultCron is { } cron && Cron.Normalise(cron) is { IsOk: false } bad) throw new InvalidOperationException($"Job '{job.Definition.Key}': {bad.Errors[0]}");
            if (job.Definition.MaxAttempts is < 1 or > 20) throw new InvalidOperationException($"Job '{job.Definition.Key}' must be tried 1 to 20 times.");
        }
    }

    /// <summary>What the jobs are, by key.</summary>
    public IReadOnlyList<JobDefinition> All => [.. byKey.Values.Select(j => j.Definition)];

    /// <summary>The job with this key.</summary>
    public JobDefinition? Find(string key) => byKey.GetValueOrDefault(key)?.Definition;

    internal bool TryGet(string key, [NotNullWhen(true)] out JobRegistration? job) => byKey.TryGetValue(key, out job);
}
