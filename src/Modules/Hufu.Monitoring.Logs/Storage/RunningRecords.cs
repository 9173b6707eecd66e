using System.Collections.Concurrent;
using Hufu.Kernel;

namespace Hufu.Monitoring.Logs;

/// <summary>Runs what the records that are on say. A changed setting or state is seen within two seconds.</summary>
/// <typeparam name="TSettings">What the running follows from; when it is another, the running ends and begins anew.</typeparam>
/// <typeparam name="TWork">What runs.</typeparam>
internal abstract class RunningRecords<TSettings, TWork>(TimeProvider clock) : RepeatedWork(clock, Every, atOnce: true) where TSettings : class where TWork : class
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<Guid, Running> running = new();

    /// <summary>What runs for a record.</summary>
    /// <param name="Settings">What it follows from.</param>
    /// <param name="Work">What runs; with a problem, what there is to show of it.</param>
    /// <param name="Problem">Why it does not run; null when it does.</param>
    protected sealed record Running(TSettings Settings, TWork? Work, Error? Problem);

    /// <summary>All that are on.</summary>
    protected ICollection<Running> All => running.Values;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(running.Keys.Select(EndAsync));
    }

    /// <summary>Starts and stops what the records say.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        var wanted = await WantedAsync(cancellation);
        // Those that stop first: another may want what they hold.
        foreach (var (id, one) in running)
            if (!wanted.TryGetValue(id, out var settings) || !settings.Equals(one.Settings)) await EndAsync(id);
        foreach (var (id, settings) in wanted)
        {
            // One that could not start is tried again: the reason may be gone by now.
            if (running.TryGetValue(id, out var one) && one.Problem is null) continue;
            if (one?.Work is { } before) await EndAsync(before);
            var next = Start(id, settings);
            if (next.Problem is null || one?.Problem?.Message.En != next.Problem.Message.En) Told(next);
            running[id] = next;
        }
    }

    /// <summary>How a record's running stands; null when it is off.</summary>
    protected Running? Find(Guid id) => running.GetValueOrDefault(id);

    /// <summary>What the records that are on say.</summary>
    protected abstract Task<Dictionary<Guid, TSettings>> WantedAsync(CancellationToken cancellation);

    /// <summary>Starts one.</summary>
    protected abstract Running Start(Guid id, TSettings settings);

    /// <summary>Ends one.</summary>
    protected abstract ValueTask EndAsync(TWork work);

    /// <summary>Tells of one that has started, or that could not for a reason that was not told yet.</summary>
    protected abstract void Told(Running one);

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => LookAsync(cancellation);

    /// <summary>Tells of records that could not be looked at.</summary>
    protected abstract void NotLooked(Exception failure);

    /// <inheritdoc />
    protected sealed override bool GoesOn(Exception failure)
    {
        // Whatever is wrong with one, the server goes on.
        NotLooked(failure);
        return true;
    }

    private async Task EndAsync(Guid id)
    {
        if (running.TryRemove(id, out var one) && one.Work is { } work) await EndAsync(work);
    }
}
