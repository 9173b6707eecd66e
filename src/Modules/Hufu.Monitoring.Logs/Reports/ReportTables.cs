using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>That the server was running in an hour, and what its receivers lost meanwhile: what a report can know of the past.</summary>
public sealed class ReportPulse
{
    /// <summary>Begin of the hour.</summary>
    public DateTimeOffset Hour { get; set; }

    /// <summary>The source that a receiver delivers; empty for the server itself.</summary>
    public string Source { get; set; } = "";

    /// <summary>Minutes in which it was seen running.</summary>
    public int Minutes { get; set; }

    /// <summary>Records that its receivers lost.</summary>
    public long Lost { get; set; }
}

/// <summary>The tables of the reports.</summary>
public sealed class ReportTables : IModelContribution
{
    public void Configure(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<ReportPulse>(e =>
        {
            e.ToTable("logs_report_pulse");
            e.HasKey(p => new { p.Hour, p.Source });
            e.Property(p => p.Source).HasMaxLength(200);
        });
        // However many processes draft, a period has one report.
        model.Entity<MonitoringReport>().HasIndex(r => r.PeriodKey).IsUnique();
    }
}
