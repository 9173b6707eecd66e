using System.Globalization;

namespace Hufu.Monitoring.Logs;

/// <summary>Differences of clocks, for a person.</summary>
internal static class TimeWords
{
    /// <summary>A difference with its sign, in the unit that fits; from two minutes on as a clock shows it.</summary>
    internal static string Short(double seconds)
    {
        var sign = seconds < 0 ? "−" : "";
        var length = Math.Abs(seconds);
        return length switch
        {
            >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{sign}{length / 31_557_600:0.#} y"),
            >= 120 => string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Floor(length / 3600):0}:{TimeSpan.FromSeconds(length):mm\\:ss}"),
            >= 1 => string.Create(CultureInfo.InvariantCulture, $"{sign}{length:0.0} s"),
            >= 0.001 => string.Create(CultureInfo.InvariantCulture, $"{sign}{length * 1e3:0.#} ms"),
            0 => "0",
            _ => string.Create(CultureInfo.InvariantCulture, $"{sign}{length * 1e6:0.#} µs"),
        };
    }
}
