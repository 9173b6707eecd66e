using Microsoft.Extensions.Hosting;

namespace Hufu.Monitoring;

/// <summary>Work that is done again and again behind the pages until the host stops.</summary>
/// <param name="clock">Clock of the pauses.</param>
/// <param name="every">Pause between the beginnings of two rounds.</param>
/// <param name="atOnce">True to begin with a round, false with a pause.</param>
public abstract class RepeatedWork(TimeProvider clock, TimeSpan every, bool atOnce = false) : BackgroundService
{
    /// <summary>The clock.</summary>
    protected TimeProvider Clock { get; } = clock;

    /// <summary>One round.</summary>
    protected abstract Task WorkAsync(CancellationToken cancellation);

    /// <summary>Tells of a round that failed, and whether the next may be tried; a failure that is not expected ends the host.</summary>
    protected abstract bool GoesOn(Exception failure);

    /// <inheritdoc />
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(every, Clock);
        try
        {
            if (!atOnce) await timer.WaitForNextTickAsync(stoppingToken);
            do
            {
                try
                {
                    await WorkAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException && GoesOn(e))
                {
                    // It was told.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping is the way this ends.
        }
    }
}
