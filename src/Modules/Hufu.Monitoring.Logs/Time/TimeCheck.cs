using Hufu.Records.Storage;
using Hufu.Time;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>One check of a clock. It is also an event in the log store, which seals it; this is what the trend is drawn from. Times in seconds.</summary>
public sealed class TimeCheck
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    /// <summary>The time source that was asked; null for a host that a person checked.</summary>
    public Guid? SourceId { get; set; }

    /// <summary>Name of the source, or of the host.</summary>
    public string Host { get; set; } = "";

    /// <summary><see cref="Probe"/>, or one of <see cref="TimeKinds"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>When it was checked or brought in, by our clock.</summary>
    public DateTimeOffset At { get; set; }

    public TimeVerdict Verdict { get; set; }

    /// <summary>Code of the reason; empty when fine.</summary>
    public string ReasonCode { get; set; } = "";

    public string ReasonZh { get; set; } = "";

    public string ReasonEn { get; set; } = "";

    /// <summary>True time minus the clock of the host; of a source, its clock minus ours.</summary>
    public double? Offset { get; set; }

    public double? Delay { get; set; }

    public double? RootDistance { get; set; }

    public double? Jitter { get; set; }

    public int? Stratum { get; set; }

    /// <summary>What it follows.</summary>
    public string Reference { get; set; } = "";

    /// <summary>The address that was asked.</summary>
    public string Address { get; set; } = "";

    /// <summary>True when it follows no other clock than its own.</summary>
    public bool OwnClock { get; set; }

    /// <summary>The event of it in the log store.</summary>
    public string EventId { get; set; } = "";

    /// <summary>Who brought it in.</summary>
    public Guid? By { get; set; }

    /// <summary>Kind of a check over the network.</summary>
    public const string Probe = "ntp";

    internal bool IsGood => Verdict is TimeVerdict.Fine or TimeVerdict.Stated;

    internal bool IsBad => !IsGood && Verdict != TimeVerdict.Unknown;

    /// <summary>Verdicts as programs see them.</summary>
    internal string Word => WordOf(Verdict);

    internal static string WordOf(TimeVerdict verdict) => verdict.ToString().ToLowerInvariant();
}

/// <summary>The table of the checks.</summary>
public sealed class TimeTables : IModelContribution
{
    public void Configure(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<TimeCheck>(e =>
        {
            e.ToTable("logs_time_check");
            e.Property(c => c.Id).ValueGeneratedNever();
            e.Property(c => c.Verdict).HasConversion<string>().HasMaxLength(20);
            e.Property(c => c.Host).HasMaxLength(300);
            e.Property(c => c.Kind).HasMaxLength(40);
            e.Property(c => c.EventId).HasMaxLength(100);
            e.HasIndex(c => new { c.SourceId, c.At });
            e.HasIndex(c => new { c.Host, c.At });
            e.HasIndex(c => c.At);
        });
    }
}
