using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>Reads times as programs write them: ISO 8601 and its relatives, seconds since 1970, and the layouts of well-known logs.</summary>
internal static class TimeTexts
{
    private static readonly string[] Layouts =
    [
        "yyyy/MM/dd HH:mm:ss.FFFFFFF", "dd/MMM/yyyy:HH:mm:ss.FFFFFFF", "dd-MMM-yyyy HH:mm:ss.FFFFFFF", "ddd MMM d HH:mm:ss yyyy", "ddd MMM d HH:mm:ss.FFFFFFF yyyy",
        "MMM d yyyy HH:mm:ss.FFFFFFF", "yyMMdd H:mm:ss", "M/d/yyyy H:mm:ss", "M/d/yyyy h:mm:ss tt", "yyyy-MM-dd HH:mm",
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

    /// <summary>A number of seconds or of a smaller unit, read digit by digit: a floating point number is off by a part of a microsecond.</summary>
    private static bool TryNumber(string text, out DateTimeOffset value)
    {
        value = default;
        var (number, at) = (0UL, 0);
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            if (at == 19) return false;
            number = number * 10 + (uint)(text[at] - '0');
        }

        if (number < 100_000_000 || (at < text.Length && text[at] != '.')) return false;
        // Seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
        var unit = number switch { < 100_000_000_000 => TimeSpan.TicksPerSecond, < 100_000_000_000_000 => TimeSpan.TicksPerMillisecond, < 100_000_000_000_000_000 => TimeSpan.TicksPerMicrosecond, _ => 0 };
        var ticks = unit == 0 ? (long)(number / 100) : (long)number * unit;
        for (at++; at < text.Length; at++)
        {
            if (!char.IsAsciiDigit(text[at])) return false;
            unit /= 10;
            ticks += (text[at] - '0') * unit;
        }

        value = DateTimeOffset.UnixEpoch.AddTicks(ticks);
        return true;
    }

    private static bool TryLayout(string text, out DateTimeOffset value, out bool assumed)
    {
        assumed = false;
        var zone = TimeSpan.Zero;
        var named = false;
        var blank = text.LastIndexOf(' ');
        if (blank > 8 && text.AsSpan(blank + 1) is { Length: >= 2 and <= 9 } last && !char.IsAsciiDigit(last[0]) && last is not ("AM" or "PM"))
        {
            // A word at the end is the zone. Many of the letters that programs write for zones have more than one meaning.
            if (TryZone(last, out zone)) named = true;
            else if (TryOffset(last.StartsWith("GMT") || last.StartsWith("UTC") ? last[3..] : last, out zone)) named = true;
            else if (last.ContainsAnyExceptInRange('A', 'Z')) return Fail(out value);
            text = text[..blank];
        }

        else if (text.Length > 24 && text[^5] == ' ' && char.IsAsciiLetterUpper(text[^6]) && text.LastIndexOf(' ', text.Length - 6) is > 12 and var word && !text.AsSpan(word + 1, text.Length - word - 6).ContainsAnyExceptInRange('A', 'Z'))
        {
            // As Java writes it: Sun Jan 04 01:02:03 CET 2026.
            named = TryZone(text.AsSpan(word + 1, text.Length - word - 6), out zone);
            text = text.Remove(word, text.Length - word - 5);
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

    /// <summary>The zone that a word means everywhere. CST is that of China and of America, PST that of America and of the Philippines, IST and BST have three each: they are no zones here.</summary>
    public static bool TryZone(ReadOnlySpan<char> word, out TimeSpan offset)
    {
        var hours = word switch
        {
            "UTC" or "GMT" or "WET" => 0,
            "CET" or "WEST" => 1,
            "CEST" or "EET" => 2,
            "EEST" => 3,
            "HKT" or "SGT" => 8,
            "JST" or "KST" => 9,
            "AEST" => 10,
            "AEDT" => 11,
            "NZST" => 12,
            "NZDT" => 13,
            "EDT" => -4,
            "EST" or "CDT" => -5,
            "MDT" => -6,
            "PDT" => -7,
            "AKDT" => -8,
            "AKST" => -9,
            "HST" => -10,
            _ => int.MaxValue,
        };
        offset = hours == int.MaxValue ? default : TimeSpan.FromHours(hours);
        return hours != int.MaxValue;
    }

    /// <summary>An offset in figures: <c>+08:00</c>, <c>+0800</c>.</summary>
    public static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
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
