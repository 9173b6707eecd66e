using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>Reads times as programs write them: ISO 8601 and its relatives, seconds since 1970, and the layouts of well-known logs.</summary>
internal static class TimeTexts
{
    private static readonly string[] Layouts =
    [
        "yyyy/MM/dd HH:mm:ss.FFFFFFF", "dd/MMM/yyyy:HH:mm:ss.FFFFFFF", "dd-MMM-yyyy HH:mm:ss.FFFFFFF", "ddd MMM d HH:mm:ss yyyy", "ddd MMM d HH:mm:ss.FFFFFFF yyyy",
        "MMM d yyyy HH:mm:ss.FFFFFFF", "yyMMdd H:mm:ss", "MM/dd/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm",
    ];

    /// <param name="text">The time.</param>
    /// <param name="options">The offset of times that name no zone.</param>
    /// <param name="utc">True when such times are UTC by definition.</param>
    /// <param name="value">The time with its zone.</param>
    /// <param name="assumed">True when the zone was assumed.</param>
    public static bool TryRead(string text, LogParseOptions options, bool utc, out DateTimeOffset value, out bool assumed)
    {
        value = default;
        assumed = false;
        if (text.Length is < 8 or > 48) return false;
        // As .NET writes a time in JSON.
        if (text.StartsWith("/Date(", StringComparison.Ordinal) && text.EndsWith(")/", StringComparison.Ordinal)) text = text[6..^2];
        if (text.Length < 8) return false;
        if (!SyslogParser.TryTimestamp(text, strict: false, out value, out assumed) && !TryNumber(text, out value) && !TryLayout(text, out value, out assumed)) return false;
        if (!assumed) return true;
        assumed = !utc;
        if (value.Year is < 2 or > 9998) return false;
        value = new DateTimeOffset(value.DateTime, utc ? TimeSpan.Zero : options.AssumedOffset);
        return true;
    }

    /// <summary>True when a text is a time.</summary>
    public static bool IsTime(string text) => text.Length is >= 8 and <= 48 && (SyslogParser.TryTimestamp(text, strict: false, out _, out _) || TryNumber(text, out _) || TryLayout(text, out _, out _));

    private static bool TryNumber(string text, out DateTimeOffset value)
    {
        value = default;
        if (!char.IsAsciiDigit(text[0]) || !double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || double.IsInfinity(number)) return false;
        // Seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
        while (number >= 1e11) number /= 1_000;
        if (number < 1e8) return false;
        value = DateTimeOffset.UnixEpoch.AddTicks((long)(number * 1e7));
        return true;
    }

    private static bool TryLayout(string text, out DateTimeOffset value, out bool assumed)
    {
        assumed = false;
        var zone = TimeSpan.Zero;
        var named = false;
        var blank = text.LastIndexOf(' ');
        if (blank > 8 && text.AsSpan(blank + 1) is { Length: >= 2 and <= 9 } last && !char.IsAsciiDigit(last[0]))
        {
            // A word at the end is the zone. Only two of the letters that programs write for zones have one meaning.
            if (last is "UTC" or "GMT") named = true;
            else if (TryOffset(last.StartsWith("GMT") || last.StartsWith("UTC") ? last[3..] : last, out zone)) named = true;
            else if (last.ContainsAnyExceptInRange('A', 'Z')) return Fail(out value);
            text = text[..blank];
        }

        if (SyslogParser.TryTimestamp(text, strict: false, out value, out var noZone) && noZone)
        {
            value = new DateTimeOffset(value.DateTime, zone);
            assumed = !named;
            return true;
        }

        // A day of one digit has two blanks before it.
        if (!DateTime.TryParseExact(text.Replace("  ", " ", StringComparison.Ordinal), Layouts, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year is < 2 or > 9998) return Fail(out value);
        value = new DateTimeOffset(local, zone);
        assumed = !named;
        return true;

        static bool Fail(out DateTimeOffset value)
        {
            value = default;
            return false;
        }
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (text.Length is not (5 or 6) || text[0] is not ('+' or '-') || (text.Length == 6 && text[3] != ':')) return false;
        if (!int.TryParse(text.Slice(1, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || !int.TryParse(text[^2..], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)) return false;
        if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0)) return false;
        offset = new TimeSpan(hours, minutes, 0);
        if (text[0] == '-') offset = -offset;
        return true;
    }
}
