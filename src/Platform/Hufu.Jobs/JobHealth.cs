using System.Collections.Concurrent;

namespace Hufu.Jobs;

/// <summary>How one background step does.</summary>
/// <param name="Name"><c>runs</c>, <c>notices</c>, <c>mail</c>, <c>webhooks</c>.</param>
/// <param name="LastPassed">When it last went through.</param>
/// <param name="LastFailed">When it last failed.</param>
/// <param name="LastError">Kind of the last failure; the process's log has the rest.</param>
/// <param name="FailuresInARow">0 when it is well.</param>
public sealed record StepHealth(string Name, DateTimeOffset? LastPassed, DateTimeOffset? LastFailed, string? LastError, int FailuresInARow);

/// <summary>How the background steps of this process do, for the health page.</summary>
public sealed class JobHealth
{
    private readonly ConcurrentDictionary<string, StepHealth> steps = new(StringComparer.Ordinal);

    /// <summary>Every step that has run.</summary>
    public IReadOnlyList<StepHealth> Steps => [.. steps.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];

    internal void Passed(string name, DateTimeOffset at) =>
        steps.AddOrUpdate(name, new StepHealth(name, at, null, null, 0), (_, s) => s with { LastPassed = at, FailuresInARow = 0 });

    internal int Failed(string name, DateTimeOffset at, Exception e) =>
        steps.AddOrUpdate(name, new StepHealth(name, null, at, e.GetType().Name, 1), (_, s) => s with { LastFailed = at, LastError = e.GetType().Name, FailuresInARow = Math.Min(s.FailuresInARow, 1000) + 1 }).FailuresInARow;
}
