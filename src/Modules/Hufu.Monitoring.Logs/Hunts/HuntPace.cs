namespace Hufu.Monitoring.Logs;

/// <summary>Holds a hunt back while events come in: what comes in goes before.</summary>
internal sealed class HuntPace(Func<long> stored, TimeProvider clock)
{
    // Of the time, what a hunt works while events come in; it has all of it otherwise.
    private const double Share = 0.2;

    // Events a second from which on it gives way.
    private const double Busy = 100;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private long seen = stored();
    private long lookedAt = clock.GetTimestamp();
    private long workedFrom = clock.GetTimestamp();
    private bool busy;

    /// <summary>Rests as long as it is due. To be called after each small piece of work.</summary>
    internal async ValueTask StepAsync(CancellationToken cancellation)
    {
        var since = clock.GetElapsedTime(lookedAt);
        if (since >= Look)
        {
            var now = stored();
            busy = Math.Abs(now - seen) / since.TotalSeconds >= Busy;
            (seen, lookedAt) = (now, clock.GetTimestamp());
        }

        if (!busy)
        {
            workedFrom = clock.GetTimestamp();
            return;
        }

        var worked = clock.GetElapsedTime(workedFrom);
        if (worked < TimeSpan.FromMilliseconds(5)) return;
        var rest = worked * ((1 - Share) / Share);
        await Task.Delay(rest < TimeSpan.FromSeconds(2) ? rest : TimeSpan.FromSeconds(2), clock, cancellation);
        workedFrom = clock.GetTimestamp();
    }
}
