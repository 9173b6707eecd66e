using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>What a check of a clock or of a time server came to.</summary>
public enum TimeVerdict
{
    /// <summary>Synchronised, and within every limit.</summary>
    Fine,

    /// <summary>It says of itself that it is synchronised; how far it is off is not told, so that the limit could not be looked at.</summary>
    Stated,

    /// <summary>Synchronised, but further off than the limit.</summary>
    Off,

    /// <summary>Not synchronised, or so far from the reference clock that its time is worth nothing.</summary>
    Unsynchronised,

    /// <summary>The server answered with a kiss code: it does not want to be asked, or not so often (RFC 5905 §7.4).</summary>
    Kiss,

    /// <summary>Nothing listens at the port.</summary>
    Refused,

    /// <summary>No answer, no such name, no way to it.</summary>
    Silent,

    /// <summary>What came back is no answer to what was asked: malformed, of another mode or version, or with stamps that cannot be.</summary>
    Bogus,

    /// <summary>The text does not say whether the clock is synchronised.</summary>
    Unknown,
}

/// <summary>What is still good enough.</summary>
/// <param name="Offset">Most that a clock may be off, in seconds. One second is what it takes to put the events of several machines in order.</param>
/// <param name="RootDistance">Most that the time may be wrong by along the whole path to the reference clock, in seconds: one second is MAXDIST of RFC 5905.</param>
/// <param name="Stratum">The highest stratum: 15 is the last that is synchronised (RFC 5905 §7.3).</param>
public sealed record TimeLimits(double Offset = 1, double RootDistance = 1, int Stratum = 15)
{
    /// <summary>One second off, one second of root distance, any stratum.</summary>
    public static readonly TimeLimits Default = new();

    /// <summary>What figures of a clock come to that is not known to be unsynchronised for another reason. Figures that are not known are null.</summary>
    /// <param name="synchronised">What it says of itself; null where it does not.</param>
    /// <param name="stratum">Its stratum.</param>
    /// <param name="offset">How far it is off, in seconds, with either sign.</param>
    /// <param name="rootDistance">Its root distance in seconds.</param>
    public (TimeVerdict Verdict, Error? Reason) Judge(bool? synchronised, int? stratum, double? offset, double? rootDistance)
    {
        if (synchronised == false) return (TimeVerdict.Unsynchronised, TimeErrors.NotSynchronised);
        if (stratum is 0 or > 15) return (TimeVerdict.Unsynchronised, TimeErrors.StratumUnsynchronised(stratum.Value));
        if (synchronised is null) return (TimeVerdict.Unknown, TimeErrors.NotTold);
        if (stratum > Stratum) return (TimeVerdict.Unsynchronised, TimeErrors.StratumTooHigh(stratum.Value, Stratum));
        if (rootDistance is { } distance && !(distance <= RootDistance)) return (TimeVerdict.Unsynchronised, TimeErrors.TooDistant(distance, RootDistance));
        if (offset is not { } off) return (TimeVerdict.Stated, TimeErrors.OffsetNotTold);
        return Math.Abs(off) <= Offset ? (TimeVerdict.Fine, null) : (TimeVerdict.Off, TimeErrors.TooFarOff(off, Offset));
    }
}
