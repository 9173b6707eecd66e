using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hufu.Kernel;

/// <summary>What the product measures of itself. Nothing is sent anywhere unless an exporter listens to these.</summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Hufu";

    private static readonly Meter Meter = new(Name);

    /// <summary>Spans of what takes time beside a request: jobs, imports, the ledger.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Changes that were written to the change log, by record type and action.</summary>
    public static Counter<long> Changes { get; } = Meter.CreateCounter<long>("hufu.changes", "{change}", "Changes written to the change log");

    /// <summary>Refused acts, by code.</summary>
    public static Counter<long> Denials { get; } = Meter.CreateCounter<long>("hufu.denials", "{denial}", "Refused acts");

    /// <summary>Changes that got their leaf.</summary>
    public static Counter<long> LedgerLeaves { get; } = Meter.CreateCounter<long>("hufu.ledger.leaves", "{leaf}", "Leaves appended to the ledger");

    /// <summary>Log events that were stored.</summary>
    public static Counter<long> LogEvents { get; } = Meter.CreateCounter<long>("hufu.logs.events", "{event}", "Log events stored");

    /// <summary>Runs of jobs that ended, by job and result.</summary>
    public static Counter<long> JobRuns { get; } = Meter.CreateCounter<long>("hufu.jobs.runs", "{run}", "Job runs that ended");
}
