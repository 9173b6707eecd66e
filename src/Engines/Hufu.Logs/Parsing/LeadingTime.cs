using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads the time at a place of a line, as logging libraries write it, and tells where it ends: days with the year first, last or not written, as numbers or with the
/// month's name, and seconds since 1970. What is not a whole time of day with its date is none.
/// </summary>
internal ref struct LeadingTime
{
    private readonly ReadOnlySpan<char> text;
    private int at;
    private int? year;
    private int month;
    private int day;
    private TimeSpan time;
    private TimeSpan? zone;

    private LeadingTime(ReadOnlySpan<char> text) => this.text = text;

    /// <param name="text">The line from where the time begins.</param>
    /// <param name="options">The offset of times that name no zone, and the year of those that name none.</param>
    /// <param name="numbers">True where a bare number may be the seconds since 1970.</param>
    /// <param name="value">The time with its zone.</param>
    /// <param name="assumed">True when the zone was assumed.</param>
    /// <param name="length">Characters that the time takes.</param>
    public static bool TryRead(ReadOnlySpan<char> text, LogParseOptions options, bool numbers, out DateTimeOffset value, out bool assumed, out int length)
    {
        (value, assumed, length) = (default, false, 0);
        if (text.Length < 10) return false;
        if (numbers && TryNumber(text, out value, out length)) return true;
        var reading = new LeadingTime(text);
        if (!reading.Date() || !reading.Clock() || !reading.Ends() || !reading.Whole(options, out value)) return false;
        (assumed, length) = (reading.zone is null, reading.at);
        return true;
    }

    private readonly bool Whole(LogParseOptions options, out DateTimeOffset value)
    {
        value = default;
        if (year is not { } told)
        {
            if (SyslogParser.WithYear((null, month, day, time), options) is not { } found) return false;
            value = zone is { } named ? new DateTimeOffset(found.DateTime, named) : found;
            return true;
        }

        if (told is < 2 or > 9998 || day > DateTime.DaysInMonth(told, month)) return false;
        value = new DateTimeOffset(new DateTime(told, month, day) + time, zone ?? options.AssumedOffset);
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out DateTimeOffset value, out int length)
    {
        value = default;
        length = text.IndexOfAnyExceptInRange('0', '9');
        // Seconds, milli-, micro- and nanoseconds of this century have so many digits.
        if (length is not (10 or 13 or 16 or 19) || text[0] is '0' or > '4') return false;
        var unit = length switch { 10 => TimeSpan.TicksPerSecond, 13 => TimeSpan.TicksPerMillisecond, 16 => TimeSpan.TicksPerMicrosecond, _ => 0 };
        var number = long.Parse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture);
        var ticks = unit == 0 ? number / 100 : number * unit;
        if (length == 10 && text.Length > length + 1 && text[length] == '.' && char.IsAsciiDigit(text[length + 1]))
        {
            length++;
            for (var scale = TimeSpan.TicksPerSecond / 10; length < text.Length && char.IsAsciiDigit(text[length]); length++, scale /= 10) ticks += (text[length] - '0') * scale;
        }

        if (length < text.Length && !IsEnd(text[length])) return false;
        value = DateTimeOffset.UnixEpoch.AddTicks(ticks);
        return true;
    }

    private static bool IsEnd(char c) => c is ' ' or '\t' or ']' or ')' or '>' or '|' or ',' or ';' or ':' or '"';

    private readonly char Here => at < text.Length ? text[at] : '\0';

    private bool Date()
    {
        if (char.IsAsciiLetter(Here)) return Named();
        switch (text.IndexOfAnyExceptInRange('0', '9'))
        {
            case 4:
                // 2026-11-01, 2026/11/01, 2026.11.01
                if (!Number(4, out var full) || Here is not ('-' or '/' or '.')) return false;
                var separator = Here;
                return Skip(separator) && Number(2, out month) && Skip(separator) && Number(2, out day) && Year(full) && Between();
            case 8:
                return Number(4, out full) && Number(2, out month) && Number(2, out day) && Year(full) && Between();
            case 6:
                return Number(2, out var two) && Number(2, out month) && Number(2, out day) && Year(2000 + two) && Between();
            case 1 or 2:
                return Number(2, out var first) && Short(first);
            default:
                return false;
        }
    }

    private bool Year(int value)
    {
        year = value;
        return true;
    }

    /// <summary>A date that begins with one or two digits.</summary>
    private bool Short(int first)
    {
        var separator = Here;
        if (separator is not ('-' or '/' or '.' or ' ')) return false;
        at++;
        if (char.IsAsciiLetter(Here))
        {
            // 1 Nov 2026, 01-Nov-2026, 01/Nov/2026:
            day = first;
            return Month() && Skip(separator) && Number(4, out var y, least: 4) && Year(y) && Between();
        }

        if (separator == ' ' || !Number(2, out var second)) return false;
        if (Here != separator)
        {
            // 11-01 16:13:38, without a year: the month comes first.
            (month, day) = (first, second);
            return Between();
        }

        at++;
        var from = at;
        if (!Number(4, out var last)) return false;
        switch (at - from)
        {
            case 4:
                // With dots and dashes the day comes first. With strokes the month does, unless it cannot.
                (month, day) = separator == '/' && first <= 12 ? (first, second) : (second, first);
                return Year(last) && Between();
            case 2 when separator == '/':
                // Log4j's short form begins with the year.
                (month, day) = (second, last);
                return Year(2000 + first) && Between();
            default:
                return false;
        }
    }

    /// <summary>A date that begins with a name: of the month, or of a day of the week before it.</summary>
    private bool Named()
    {
        if (!Month())
        {
            // Sun Nov 29 10:00:00 2026; Sun, 29 Nov 2026 10:00:00
            if (text.Length < 12 || !IsDay(text[..3])) return false;
            at = 3;
            if (Here == ',') at++;
            if (!Skip(' ')) return false;
            if (!Month()) return Number(2, out day) && Skip(' ') && Month() && Skip(' ') && Number(4, out var y, least: 4) && Year(y) && Between();
        }

        if (!Skip(' ')) return false;
        while (Here == ' ') at++;
        if (!Number(2, out day)) return false;
        if (Here == ',') at++;
        if (!Skip(' ')) return false;
        var before = at;
        if (Number(4, out var told, least: 4) && Between()) return Year(told);
        at = before;
        return true;
    }

    private static bool IsDay(ReadOnlySpan<char> name) => name is "Mon" or "Tue" or "Wed" or "Thu" or "Fri" or "Sat" or "Sun";

    private bool Month()
    {
        if (text.Length < at + 4) return false;
        month = SyslogParser.MonthOf(text.Slice(at, 3));
        if (month == 0) return false;
        at += 3;
        return true;
    }

    /// <summary>What stands between date and time.</summary>
    private bool Between()
    {
        if (Here == ',') at++;
        if (Here is not (' ' or 'T' or 't' or '-' or '_' or ':')) return false;
        at++;
        while (Here == ' ') at++;
        return true;
    }

    private bool Clock()
    {
        var from = at;
        if (!Number(2, out var hour)) return false;
        var separator = Here;
        // 203615 behind 081109, and 150405 behind 20261101T.
        var compact = at - from == 2 && char.IsAsciiDigit(separator);
        if (!compact && separator is not (':' or '.')) return false;
        if (!compact) at++;
        if (!Number(2, out var minute, least: 2) || (!compact && !Skip(separator)) || !Number(2, out var second, least: 2)) return false;
        long ticks = 0;
        if (Here is '.' or ',' or ':' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]))
        {
            at++;
            for (var scale = 1_000_000L; char.IsAsciiDigit(Here); at++, scale /= 10) ticks += (Here - '0') * scale;
        }

        var half = at;
        if (Here == ' ') half++;
        if (half + 2 <= text.Length && text.Slice(half, 2) is "AM" or "PM" && hour is >= 1 and <= 12)
        {
            hour = hour % 12 + (text[half] == 'P' ? 12 : 0);
            at = half + 2;
        }

        // A leap second is the second before it.
        if (hour > 23 || minute > 59 || second > 60 || month is < 1 or > 12 || day is < 1 or > 31) return false;
        time = new TimeSpan(ticks) + new TimeSpan(hour, minute, Math.Min(second, 59));
        Zone();
        if (year is null) LateYear();
        return true;
    }

    // Sun Nov 29 10:00:00 2026: the year comes last.
    private void LateYear()
    {
        var before = at;
        if (Skip(' ') && Number(4, out var told, least: 4) && told is > 1970 and < 2100 && Ends()) year = told;
        else at = before;
    }

    private void Zone()
    {
        var from = at;
        var blank = Here == ' ';
        if (blank) at++;
        var rest = text[at..];
        if (rest.StartsWith("UTC") || rest.StartsWith("GMT"))
        {
            at += 3;
            zone = TimeSpan.Zero;
            if (Here is '+' or '-') Offset();
        }
        else if (!blank && Here is 'Z' or 'z')
        {
            at++;
            zone = TimeSpan.Zero;
        }
        else if (blank && Here is >= 'A' and <= 'Z' && rest.IndexOfAnyExceptInRange('A', 'Z') is var letters && TimeTexts.TryZone(letters < 0 ? rest : rest[..letters], out var told))
        {
            at += letters < 0 ? rest.Length : letters;
            zone = told;
        }
        else
        {
            Offset();
        }

        if (zone is null || !Ends()) (at, zone) = (from, null);
    }

    private void Offset()
    {
        var sign = Here;
        if (sign is not ('+' or '-')) return;
        at++;
        if (!Number(2, out var hours, least: 2)) return;
        if (Here == ':') at++;
        if (!Number(2, out var minutes, least: 2) || minutes > 59 || hours > 14 || (hours == 14 && minutes > 0)) return;
        zone = sign == '-' ? -new TimeSpan(hours, minutes, 0) : new TimeSpan(hours, minutes, 0);
    }

    private readonly bool Ends() => at == text.Length || IsEnd(text[at]);

    private bool Skip(char c)
    {
        if (Here != c) return false;
        at++;
        return true;
    }

    private bool Number(int most, out int value, int least = 1)
    {
        value = 0;
        var from = at;
        while (at < from + most && char.IsAsciiDigit(Here)) value = value * 10 + (text[at++] - '0');
        return at - from >= least;
    }
}
