using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring;

/// <summary>That an alert was told by a rule: each is told once by each rule.</summary>
public sealed class ToldAlert
{
    public Guid AlertId { get; set; }

    public Guid RuleId { get; set; }

    /// <summary>The notification that told it.</summary>
    public Guid NotificationId { get; set; }
}

/// <summary>How far a rule has come.</summary>
public sealed class NotificationPlace
{
    public Guid RuleId { get; set; }

    /// <summary>Alerts raised before this time are no longer looked at.</summary>
    public DateTimeOffset After { get; set; }

    /// <summary>When it told people last.</summary>
    public DateTimeOffset? ToldAt { get; set; }
}

/// <summary>The tables of notifications that are no records.</summary>
public sealed class NotificationTables : IModelContribution
{
    public void Configure(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<ToldAlert>(e =>
        {
            e.ToTable("monitoring_told_alert");
            e.HasKey(t => new { t.AlertId, t.RuleId });
            e.HasIndex(t => t.NotificationId);
        });
        model.Entity<NotificationPlace>(e =>
        {
            e.ToTable("monitoring_notification_place");
            e.HasKey(p => p.RuleId);
            e.Property(p => p.RuleId).ValueGeneratedNever();
        });
        model.Entity<Alert>().HasIndex(a => new { a.State, a.CreatedAt });
    }
}
