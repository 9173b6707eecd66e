using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>Names of what <see cref="TimeReader"/> reads.</summary>
public static class TimeKinds
{
    /// <summary><c>chronyc tracking</c>.</summary>
    public const string ChronyTracking = "chronyc-tracking";

    /// <summary><c>chronyc sources</c>.</summary>
    public const string ChronySources = "chronyc-sources";

    /// <summary><c>chronyc sourcestats</c>.</summary>
    public const string ChronySourceStats = "chronyc-sourcestats";

    /// <summary><c>chronyc ntpdata</c>.</summary>
    public const string ChronyNtpData = "chronyc-ntpdata";

    /// <summary><c>chronyc activity</c>.</summary>
    public const string ChronyActivity = "chronyc-activity";

    /// <summary>chrony's <c>measurements.log</c> and <c>rawmeasurements</c>.</summary>
    public const string ChronyMeasurementsLog = "chrony-measurements-log";

    /// <summary>chrony's <c>statistics.log</c>.</summary>
    public const string ChronyStatisticsLog = "chrony-statistics-log";

    /// <summary>chrony's <c>tracking.log</c>.</summary>
    public const string ChronyTrackingLog = "chrony-tracking-log";

    /// <summary><c>ntpq -p</c>.</summary>
    public const string NtpqPeers = "ntpq-peers";

    /// <summary><c>ntpq -c rv</c>.</summary>
    public const string NtpqVariables = "ntpq-rv";

    /// <summary><c>timedatectl</c>, <c>timedatectl status</c>, <c>timedatectl show</c>.</summary>
    public const string Timedatectl = "timedatectl";

    /// <summary><c>timedatectl timesync-status</c>, <c>timedatectl show-timesync</c>.</summary>
    public const string TimesyncStatus = "timesync-status";

    /// <summary>An answer of an NTP server, as bytes or in hexadecimal.</summary>
    public const string NtpReply = "ntp-reply";

    /// <summary>A tool that said only that it could not reach its service.</summary>
    public const string NoAnswer = "no-answer";
}

/// <summary>How a source stands in the eyes of the host that lists it.</summary>
public enum TimePeerState
{
    /// <summary>The clock follows it.</summary>
    Selected,

    /// <summary>Good, and counted in.</summary>
    Combined,

    /// <summary>Good, and not counted in.</summary>
    Spare,

    /// <summary>It does not agree with the others.</summary>
    Falseticker,

    /// <summary>Its time varies too much.</summary>
    Variable,

    /// <summary>Not reachable, not synchronised, or not known well enough.</summary>
    Unusable,
}

/// <summary>A source that a host lists. Times are in seconds; what is not told is null.</summary>
/// <param name="Line">Line of the text, from 1.</param>
/// <param name="Name">Name or address.</param>
/// <param name="State">How it stands; null where the list does not say.</param>
/// <param name="Stratum">Its stratum.</param>
/// <param name="Reach">The last eight attempts as bits, the newest lowest; 255 when all were answered.</param>
/// <param name="Offset">The source's clock minus the host's: positive when the host is behind.</param>
/// <param name="Delay">The time there and back.</param>
/// <param name="Error">Margin of error, or jitter.</param>
/// <param name="Reference">What the source follows.</param>
public sealed record TimePeer(int Line, string Name, TimePeerState? State, int? Stratum, int? Reach, double? Offset, double? Delay, double? Error, string? Reference = null)
{
    /// <summary>True for the host's own clock, which is no source.</summary>
    public bool IsOwnClock => Reference is ".LOCL." or ".LCL." or "LOCAL" || Name.StartsWith("LOCAL(", StringComparison.Ordinal) || Name.StartsWith("127.127.1.", StringComparison.Ordinal);
}

/// <summary>One line of a log.</summary>
/// <param name="Line">Line of the text, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Source">Address of the source.</param>
/// <param name="Offset">The source's clock minus the host's, in seconds.</param>
/// <param name="Synchronised">Whether it was; null where the log does not say.</param>
public sealed record TimePoint(int Line, DateTimeOffset At, string Source, double Offset, bool? Synchronised);

/// <summary>What a text says of a clock. Times are in seconds; what is not told is null.</summary>
public sealed record TimeReading
{
    /// <summary>What was read: one of <see cref="TimeKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Line where it begins, from 1.</summary>
    public int Line { get; init; } = 1;

    /// <summary>What it comes to within limits.</summary>
    public TimeVerdict Verdict { get; init; } = TimeVerdict.Unknown;

    /// <summary>Why the verdict is not <see cref="TimeVerdict.Fine"/>.</summary>
    public Error? Reason { get; init; }

    /// <summary>Whether the clock is synchronised; null where the text does not say.</summary>
    public bool? Synchronised { get; init; }

    /// <summary>The moment of which it speaks.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The source that is followed.</summary>
    public string? Source { get; init; }

    /// <summary>Stratum of the clock, or of the source where only that is told.</summary>
    public int? Stratum { get; init; }

    /// <summary>True time minus the clock: positive when the clock is behind.</summary>
    public double? Offset { get; init; }

    /// <summary>The time to the source and back.</summary>
    public double? Delay { get; init; }

    /// <summary>The time to the reference clock and back.</summary>
    public double? RootDelay { get; init; }

    /// <summary>Dispersion up to the reference clock.</summary>
    public double? RootDispersion { get; init; }

    /// <summary>How wrong the time may be along the whole path.</summary>
    public double? RootDistance { get; init; }

    /// <summary>How much the offset varies.</summary>
    public double? Jitter { get; init; }

    /// <summary>Leap indicator: 3 is not synchronised.</summary>
    public int? Leap { get; init; }

    /// <summary>True when the clock follows itself.</summary>
    public bool IsOwnClock { get; init; }

    /// <summary>The sources that are listed.</summary>
    public IReadOnlyList<TimePeer> Peers { get; init; } = [];

    /// <summary>Lines of a log, oldest first; of very long ones the newest.</summary>
    public IReadOnlyList<TimePoint> Points { get; init; } = [];

    /// <summary>Lines that could not be read; what they would have said is missing.</summary>
    public IReadOnlyList<Error> Problems { get; init; } = [];
}

/// <summary>Bounds of <see cref="TimeReader"/>.</summary>
/// <param name="MaxBytes">Longest text.</param>
/// <param name="MaxLine">Longest line in characters.</param>
/// <param name="MaxReadings">Most reports in one text.</param>
/// <param name="MaxPeers">Most sources of one report.</param>
/// <param name="MaxPoints">Most lines of a log that are kept.</param>
/// <param name="MaxProblems">Most problems that are told.</param>
public sealed record TimeReadOptions(int MaxBytes = 32 << 20, int MaxLine = 4096, int MaxReadings = 200, int MaxPeers = 1_000, int MaxPoints = 20_000, int MaxProblems = 100);
