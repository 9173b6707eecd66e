using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Looks every ten minutes whether events that an asset must log have stopped.</summary>
internal sealed partial class GapWatch(LogCoverage coverage, LogGaps gaps, TimeProvider clock, ILogger<GapWatch> logger) : RepeatedWork(clock, TimeSpan.FromMinutes(10))
{
    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation) => await gaps.TellAsync(await coverage.LookAsync(cancellation), cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or DbUpdateException or InvalidOperationException)) return false;
        NotLooked(logger, failure);
        return true;
    }

    [LoggerMessage(51, LogLevel.Warning, "Whether logs have stopped could not be looked at; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
