using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>At the start, finishes the imports that the process before left without all their alerts.</summary>
internal sealed partial class ImportResumption(LogImport import, ILogger<ImportResumption> logger) : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start of the server does not wait for it.
        await Task.Yield();
        try
        {
            foreach (var outcome in await import.ResumeAsync(stoppingToken))
            {
                Resumed(logger, outcome.Name, outcome.Formats.Values.Sum(), outcome.Alerts.Created.Count);
                foreach (var error in outcome.Alerts.Errors) NotRaised(logger, outcome.Name, error.ToString());
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on with it.
        }
        catch (Exception e) when (e is IOException or System.Data.Common.DbException or Microsoft.EntityFrameworkCore.DbUpdateException)
        {
            NotResumed(logger, e);
        }
    }

    [LoggerMessage(11, LogLevel.Warning, "Recovered: the import of {Name} had been cut off; its {Events} stored events were looked through and raised {Alerts} new alerts")]
    private static partial void Resumed(ILogger logger, string name, long events, int alerts);

    [LoggerMessage(12, LogLevel.Error, "Alerts of the import of {Name} could not be raised: {Problem}")]
    private static partial void NotRaised(ILogger logger, string name, string problem);

    [LoggerMessage(13, LogLevel.Error, "Imports that had been cut off could not be looked through; the next start tries again")]
    private static partial void NotResumed(ILogger logger, Exception e);
}
