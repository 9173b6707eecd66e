using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hufu;

/// <summary>Healthy: the database answers, and changes get into the ledger.</summary>
internal sealed class Health(IDbContextFactory<HufuDbContext> factory, LedgerSequencer sequencer) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellationToken);
        if (!await db.Database.CanConnectAsync(cancellationToken)) return HealthCheckResult.Unhealthy("database");
        return sequencer.Problem is null ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("ledger");
    }
}
