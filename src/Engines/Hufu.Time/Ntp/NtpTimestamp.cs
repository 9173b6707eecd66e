namespace Hufu.Time;

/// <summary>
/// A timestamp of NTP: seconds since the begin of an era in the upper 32 bits, fractions in the lower (RFC 5905 §6). Which era it is, the packet does not
/// say: differences are taken modulo 2^64, and a date is the one nearest to a moment that is known. Zero means that there is none.
/// </summary>
public readonly record struct NtpTimestamp(ulong Raw)
{
    private static readonly DateTimeOffset FirstEra = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>True where there is no timestamp.</summary>
    public bool IsZero => Raw == 0;

    /// <summary>The timestamp of a moment in whatever era.</summary>
    public static NtpTimestamp Of(DateTimeOffset at)
    {
        var ticks = (at - FirstEra).Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        return new NtpTimestamp(((ulong)(seconds & uint.MaxValue) << 32) | (((ulong)rest << 32) / TimeSpan.TicksPerSecond));
    }

    /// <summary>Seconds from another timestamp to this one; right while they lie less than 68 years apart.</summary>
    public double Since(NtpTimestamp other) => unchecked((long)(Raw - other.Raw)) / 4294967296.0;

    /// <summary>The moment that it means, taken from the era in which it lies nearest to another moment.</summary>
    public DateTimeOffset Near(DateTimeOffset moment)
    {
        // Whole seconds apart from the fraction: a double holds both for no more than half a year.
        var away = unchecked((long)(Raw - Of(moment).Raw));
        var ticks = ((away >> 32) * TimeSpan.TicksPerSecond) + (((away & uint.MaxValue) * TimeSpan.TicksPerSecond) >> 32);
        var at = moment.UtcTicks + ticks;
        return new DateTimeOffset(Math.Clamp(at, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);
    }
}
