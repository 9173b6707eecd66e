using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>Reads times as programs write them.</summary>
public static class LogTimes
{
    /// <summary>Reads ISO 8601 and its relatives, seconds or smaller units since 1970, and the layouts of well-known logs.</summary>
    /// <param name="text">The time.</param>
    /// <param name="options">The offset of times that name no zone.</param>
    /// <param name="utc">True when such times are UTC by definition.</param>
    /// <param name="time">The time with its zone.</param>
    /// <returns>False when the text is no time.</returns>
    public static bool TryRead(string text, LogParseOptions options, bool utc, out DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        return TimeTexts.TryRead(text.Trim(), options, utc, out time, out _);
    }
}
