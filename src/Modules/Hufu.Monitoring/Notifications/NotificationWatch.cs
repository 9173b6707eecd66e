using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring;

/// <summary>Looks every few seconds whether somebody is to be told of alerts.</summary>
internal sealed partial class NotificationWatch(IServiceScopeFactory scopes, TimeProvider clock, ILogger<NotificationWatch> logger) : RepeatedWork(clock, TimeSpan.FromSeconds(5))
{
    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<Notifying>().StepAsync(cancellation);
    }

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or DbUpdateException or InvalidOperationException)) return false;
        NotTold(logger, failure);
        return true;
    }

    [LoggerMessage(71, LogLevel.Error, "People could not be told of alerts; it is tried again")]
    private static partial void NotTold(ILogger logger, Exception e);
}
