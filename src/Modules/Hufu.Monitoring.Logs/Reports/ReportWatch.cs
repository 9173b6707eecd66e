using System.Data.Common;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Notes each minute that the server runs and what its receivers lost, and drafts the reports that are due.</summary>
internal sealed partial class ReportWatch(IDbContextFactory<HufuDbContext> factory, LogReceivers receivers, MonitoringReports reports, TimeProvider clock, ILogger<ReportWatch> logger) : RepeatedWork(clock, Every)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(800);

    private readonly Dictionary<string, long> lost = new(StringComparer.Ordinal);
    private DateTimeOffset looked;

    /// <summary>Notes this minute, and drafts what is due, every ten minutes. Returns how many reports were drafted.</summary>
    internal async Task<int> StepAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        await BeatAsync(now, cancellation);
        if (now - looked < TimeSpan.FromMinutes(10) && now >= looked) return 0;
        var made = await reports.MakeDueAsync(cancellation);
        looked = now;
        return made;
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => StepAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // A report that cannot be drafted now is drafted later; the server goes on.
        NotDone(logger, failure);
        return true;
    }

    private async Task BeatAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var hour = new DateTimeOffset(now.UtcDateTime.Date.AddHours(now.UtcDateTime.Hour), TimeSpan.Zero);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var known = await db.Set<ReportPulse>().Where(p => p.Hour == hour).ToDictionaryAsync(p => p.Source, StringComparer.Ordinal, cancellation);
        Of("").Minutes++;
        foreach (var (source, total) in receivers.Lost)
        {
            // The counters of a receiver begin anew when it is started.
            var before = lost.GetValueOrDefault(source);
            var pulse = Of(source.Length > 200 ? source[..200] : source);
            pulse.Minutes++;
            pulse.Lost += total >= before ? total - before : total;
        }

        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException e) when (e.InnerException is DbException)
        {
            // Another process noted the same minute; losses are noted with the next.
            return;
        }

        lost.Clear();
        foreach (var (source, total) in receivers.Lost) lost[source] = total;
        if (known.Count > 1) return;
        var oldest = now - Kept;
        await db.Set<ReportPulse>().Where(p => p.Hour < oldest).ExecuteDeleteAsync(cancellation);

        ReportPulse Of(string source)
        {
            if (known.TryGetValue(source, out var pulse)) return pulse;
            db.Add(known[source] = pulse = new ReportPulse { Hour = hour, Source = source });
            return pulse;
        }
    }

    [LoggerMessage(62, LogLevel.Error, "The monitoring reports could not be drafted; it is tried again")]
    private static partial void NotDone(ILogger logger, Exception e);
}
