using Hufu.Logs;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Delivers what has come in to the database that logs are searched in, every second; without one it does nothing.</summary>
public sealed partial class LogDelivery(LogService logs, TimeProvider clock, ILogger<LogDelivery> logger) : RepeatedWork(clock, TimeSpan.FromSeconds(1), atOnce: true)
{
    private string? told;

    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        if (logs.Database is not { } database) return;
        await database.DeliverAsync(cancellation);
        var standing = database.Standing;
        var problem = standing.Problem ?? standing.Shards.FirstOrDefault(shard => shard.Problem is not null)?.Problem;
        if (problem == told) return;
        if (problem is not null) NotDelivered(logger, standing.Target, problem);
        else DeliveredAgain(logger, standing.Target);
        told = problem;
    }

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // Whatever it is, logs are taken in and kept all the same.
        Failed(logger, failure);
        return true;
    }

    [LoggerMessage(51, LogLevel.Warning, "Logs are not delivered to {Target} and wait: {Problem}")]
    private static partial void NotDelivered(ILogger logger, string target, string problem);

    [LoggerMessage(52, LogLevel.Information, "Logs are delivered to {Target} again")]
    private static partial void DeliveredAgain(ILogger logger, string target);

    [LoggerMessage(53, LogLevel.Error, "The delivery of logs failed; it is tried again")]
    private static partial void Failed(ILogger logger, Exception e);
}
