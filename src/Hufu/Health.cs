using Hufu.Monitoring.Logs;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hufu;

/// <summary>Healthy: the database answers, changes get into the ledger, and logs to where they are searched.</summary>
internal sealed class Health(IDbContextFactory<HufuDbContext> factory, LedgerSequencer sequencer, LogService logs) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellationToken);
        if (!await db.Database.CanConnectAsync(cancellationToken)) return HealthCheckResult.Unhealthy("database");
        if (sequencer.Problem is not null) return HealthCheckResult.Degraded("ledger");
        return logs.Database?.Standing is { } searched && (searched.Problem ?? searched.Shards.FirstOrDefault(shard => shard.Problem is not null)?.Problem) is not null ? HealthCheckResult.Degraded("log database") : HealthCheckResult.Healthy();
    }
}
