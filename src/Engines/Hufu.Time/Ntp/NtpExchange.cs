using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>What one answer says: how far the clocks are apart, and how much of that is certain.</summary>
/// <param name="Packet">The answer.</param>
/// <param name="Offset">θ: the server's clock minus ours, in seconds; positive when ours is behind.</param>
/// <param name="Delay">δ: the time on the way there and back, in seconds.</param>
/// <param name="RootDistance">λ: half of the way to the reference clock and the dispersion along it, in seconds: the offset from true time is known no better.</param>
public sealed record NtpSample(NtpPacket Packet, double Offset, double Delay, double RootDistance);

/// <summary>Judges an answer by what was asked (RFC 5905 §8, RFC 4330 §5).</summary>
public static class NtpExchange
{
    // PHI of RFC 5905: how fast an oscillator may drift, in seconds per second.
    private const double Drift = 15e-6;

    // Nothing is known better than this (MINDISP of RFC 5905).
    private const double LeastDistance = 0.005;

    /// <summary>Why a packet is no answer to a request; null when it is one. A packet that is not is dropped, and the answer waited for.</summary>
    public static Error? Fault(NtpPacket packet, ulong sent)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (packet.Mode != 4) return TimeErrors.Mode(packet.Mode);
        if (packet.Origin.Raw != sent) return TimeErrors.Origin;
        if (packet.IsCryptoNak) return TimeErrors.CryptoNak;
        // A kiss or a clock that is not set needs no stamps.
        if (packet.Stratum == 0 || packet.Leap == 3) return null;
        if (packet.Transmit.IsZero) return TimeErrors.ZeroTransmit;
        if (packet.Receive.IsZero) return TimeErrors.ZeroReceive;
        if (packet.Transmit.Since(packet.Receive) < -packet.PrecisionSeconds) return TimeErrors.Backwards;
        return !packet.Reference.IsZero && packet.Transmit.Since(packet.Reference) < -packet.PrecisionSeconds - 0.001 ? TimeErrors.ReferenceAhead : null;
    }

    /// <summary>Offset, delay and root distance out of the four stamps.</summary>
    /// <param name="packet">An answer without <see cref="Fault"/>.</param>
    /// <param name="sentAt">T1: when the request left, by our clock.</param>
    /// <param name="roundTrip">T4 − T1 by a clock that nobody sets.</param>
    public static Result<NtpSample> Measure(NtpPacket packet, DateTimeOffset sentAt, TimeSpan roundTrip)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var (t1, t4) = (NtpTimestamp.Of(sentAt), NtpTimestamp.Of(sentAt + roundTrip));
        var delay = roundTrip.TotalSeconds - packet.Transmit.Since(packet.Receive);
        if (delay < -(packet.PrecisionSeconds + 0.001)) return Result.Fail<NtpSample>(TimeErrors.Delay);
        delay = Math.Max(delay, packet.PrecisionSeconds);
        var offset = (packet.Receive.Since(t1) + packet.Transmit.Since(t4)) / 2;
        // Our own stamps are good to a tenth of a microsecond; what the drift adds on the way is part of it.
        var dispersion = packet.PrecisionSeconds + 1e-7 + (Drift * roundTrip.TotalSeconds);
        var distance = (Math.Max(LeastDistance, packet.RootDelay + delay) / 2) + packet.RootDispersion + dispersion;
        return Result.Of(new NtpSample(packet, offset, delay, distance));
    }

    /// <summary>What an answer comes to by itself: a kiss, not synchronised, or fine as far as the figures go.</summary>
    public static (TimeVerdict Verdict, Error? Reason) Judge(NtpPacket packet, double? offset, double? rootDistance, TimeLimits limits)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(limits);
        // INIT and STEP are no refusal: the server has not found its time yet.
        if (packet.KissCode is { } kiss) return kiss is "INIT" or "STEP" ? (TimeVerdict.Unsynchronised, TimeErrors.NotYet(kiss)) : (TimeVerdict.Kiss, TimeErrors.Kiss(kiss));
        return limits.Judge(packet.Leap != 3, packet.Stratum, offset, rootDistance);
    }
}
