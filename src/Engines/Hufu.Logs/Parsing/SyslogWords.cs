using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>The words that old syslog daemons write about a message: its priority, the day of the week, seconds since 1970, and what is a host's or a program's name among them.</summary>
internal static class SyslogWords
{
    // Numbers of facilities as syslog.h has them; FreeBSD's security is one of its own.
    private static readonly string[] Facilities = ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console", "clock"];

    private static readonly string[] Days = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];

    /// <summary>
    /// The priority that busybox and OpenWrt (<c>auth.info</c>), FreeBSD (<c>&lt;auth.info&gt;</c>) and AIX (<c>auth|security:info</c>) write in words.
    /// </summary>
    /// <param name="text">The line.</param>
    /// <param name="at">Where the words begin.</param>
    /// <param name="end">Where what follows begins.</param>
    public static int? Priority(string text, int at, out int end)
    {
        end = at;
        var from = at < text.Length && text[at] == '<' ? at + 1 : at;
        var blank = from < text.Length ? text.IndexOf(' ', from, Math.Min(text.Length - from, 28)) : -1;
        if (blank < 0) return null;
        var word = text.AsSpan(from, blank - from);
        if (from > at)
        {
            if (word is not [.., '>']) return null;
            word = word[..^1];
        }

        var sign = word.IndexOfAny('.', ':');
        if (sign < 3 || word[sign..] is not [_, _, _, _, ..] || Level(word[(sign + 1)..]) is not { } level) return null;
        var name = word[..sign];
        if (name.IndexOf('|') is > 0 and var bar) name = name[..bar];
        var facility = name is ['l', 'o', 'c', 'a', 'l', >= '0' and <= '7'] ? 16 + name[5] - '0' : -1;
        for (var i = 0; facility < 0 && i < Facilities.Length; i++)
        {
            if (name.SequenceEqual(Facilities[i])) facility = i;
        }

        if (facility < 0) return null;
        end = blank + 1;
        return facility * 8 + level;
    }

    /// <summary>Index behind a day of the week and the blank after it; <paramref name="at"/> where there is none.</summary>
    public static int BehindDay(string text, int at)
    {
        foreach (var day in Days)
        {
            if (text.AsSpan(at).StartsWith(day, StringComparison.Ordinal)) return at + 4;
        }

        return at;
    }

    /// <summary>Reads seconds since 1970 of ten digits, with a fraction of up to nine, before a blank: <c>1767488523.123456 host</c>.</summary>
    public static bool TryEpoch(string text, int at, out DateTimeOffset value, out int end)
    {
        (value, end) = (default, at);
        if (at + 12 > text.Length || text[at] is < '1' or > '4') return false;
        var i = at;
        while (i < text.Length && i <= at + 10 && char.IsAsciiDigit(text[i])) i++;
        if (i != at + 10) return false;
        var ticks = long.Parse(text.AsSpan(at, 10), NumberStyles.None, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond;
        if (text[i] == '.')
        {
            var scale = TimeSpan.TicksPerSecond / 10;
            var from = ++i;
            for (; i < text.Length && i < from + 9 && char.IsAsciiDigit(text[i]); i++, scale /= 10) ticks += (text[i] - '0') * scale;
            if (i == from) return false;
        }

        if (i >= text.Length || text[i] != ' ') return false;
        (value, end) = (DateTimeOffset.UnixEpoch.AddTicks(ticks), i);
        return true;
    }

    /// <summary>True for what may be a host's name or address, and is no level, zone or stream of a program that writes a time as rsyslog does.</summary>
    public static bool IsHost(ReadOnlySpan<char> word)
    {
        if (word.Length is 0 or > 255 || word is "stdout" or "stderr" || TimeTexts.TryZone(word, out _) || Severities.Of(word.ToString()) is not null) return false;
        var letters = false;
        foreach (var c in word)
        {
            letters |= char.IsAsciiLetter(c);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':')) return false;
        }

        // "12:" and "2026" are none, and a tag ends with a colon.
        return (char.IsAsciiLetterOrDigit(word[0]) || word[0] == ':') && word[^1] != ':' && (letters || LogParser.IsAddress(word));
    }

    /// <summary>True for what may be a program's name in a tag, and is no level.</summary>
    public static bool IsProgram(ReadOnlySpan<char> word)
    {
        if (word.Length is 0 or > 64 || !(char.IsAsciiLetter(word[0]) || word[0] is '/' or '%' or '(') || Severities.Of(word.ToString()) is not null) return false;
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or '/' or '(' or ')' or '@' or '%' or '+' or '\\')) return false;
        }

        return true;
    }

    private static int? Level(ReadOnlySpan<char> word) => word switch
    {
        "emerg" or "panic" => 0,
        "alert" => 1,
        "crit" => 2,
        "err" or "error" => 3,
        "warn" or "warning" => 4,
        "notice" => 5,
        "info" => 6,
        "debug" => 7,
        _ => null,
    };
}
