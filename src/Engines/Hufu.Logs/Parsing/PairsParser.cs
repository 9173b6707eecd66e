using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>Reads <c>name=value</c> pairs: logfmt, the pairs of firewalls, the lists of mail servers. Values may be quoted, with escapes.</summary>
internal static class PairsParser
{
    private static readonly string[] TimeNames = ["eventtime", "timestamp", "@timestamp", "time", "ts", "t", "datetime"];

    /// <summary>True when a text is nothing but pairs, at least three: so that a sentence with an equals sign stays a sentence.</summary>
    public static bool Looks(string text)
    {
        var at = 0;
        var pairs = 0;
        while (at < text.Length && pairs < 3)
        {
            while (at < text.Length && text[at] == ' ') at++;
            if (!TryName(text, at, out var equals)) return false;
            at = equals + 1;
            Value(text, ref at, ' ', out _);
            pairs++;
        }

        return pairs == 3;
    }

    /// <summary>Reads a record that is pairs.</summary>
    public static void ReadRecord(string text, Reading reading)
    {
        Read(text, 0, ' ', reading, report: true);
        if (reading.Fields.Count == 0) reading.Fault(LogProblem.PairsNone);
        var zone = reading.First("tz", "timezone");
        if (reading.First("date") is { } date && reading.First("time") is { } time && reading.TakeTime($"{date} {time}{zone}"))
        {
            // Without a zone the count of seconds says which time that is, unless it tells of another hour than any zone has.
            if (zone is null && reading.First("eventtime") is { } count && reading.Time is { } written && !(reading.TakeTime(count) && !reading.TimeZoneAssumed && (reading.Time.Value.DateTime - written.DateTime).Duration() < TimeSpan.FromHours(15))) reading.TakeTime($"{date} {time}");
        }
        else
        {
            reading.TakeTimeOf(TimeNames);
        }

        reading.Host = reading.First("devname", "hostname", "host", "device_name");
        reading.App = reading.First("app", "program", "service", "logger");
        reading.Severity = Severities.Of(reading.First("level", "lvl", "severity", "pri"));
        reading.Message = reading.First("msg", "message");
    }

    /// <summary>Reads the pairs from a place on. Words that are no pair are passed over.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where to begin.</param>
    /// <param name="separator">What stands between pairs: a blank, or a comma with blanks.</param>
    /// <param name="reading">Where the pairs go.</param>
    /// <param name="report">True to list names that occur twice and quotes that do not end.</param>
    public static void Read(string text, int at, char separator, Reading reading, bool report = false)
    {
        while (at < text.Length)
        {
            while (at < text.Length && text[at] is ' ' or '\t' or ',' or ';') at++;
            if (!TryName(text, at, out var equals))
            {
                while (at < text.Length && text[at] is not (' ' or '\t')) at++;
                continue;
            }

            var name = text[at..equals];
            at = equals + 1;
            var whole = Value(text, ref at, separator, out var value);
            if (report && !whole) reading.Fault(LogProblem.Of(LogProblem.PairsQuote, Reading.Short(name)));
            if (reading.Add(name, value)) continue;
            if (reading.IsFull) return;
            if (report) reading.Fault(LogProblem.Of(LogProblem.FieldTwice, Reading.Short(name)));
        }
    }

    /// <summary>A name: a letter or underscore, then letters, digits and a few signs, up to an equals sign.</summary>
    private static bool TryName(string text, int at, out int equals)
    {
        equals = at;
        if (at >= text.Length || !(char.IsLetter(text[at]) || text[at] is '_' or '@')) return false;
        while (equals < text.Length && equals < at + 128 && (char.IsLetterOrDigit(text[equals]) || text[equals] is '_' or '.' or '-' or '@' or ':' or '/' or '[' or ']')) equals++;
        return equals < text.Length && text[equals] == '=';
    }

    /// <summary>Reads a value and stops behind it. False when its quote does not end: then the rest is the value.</summary>
    private static bool Value(string text, ref int at, char separator, out string value)
    {
        value = "";
        if (at >= text.Length) return true;
        // An apostrophe without its fellow is a letter.
        if (text[at] == '"' || (text[at] == '\'' && text.IndexOf('\'', at + 1) > 0)) return Quoted(text, ref at, out value);
        var from = at;
        if (separator == ',')
        {
            // An address in angle brackets may hold a comma.
            if (text[at] == '<' && text.IndexOf('>', at, Math.Min(text.Length - at, 1_024)) is > 0 and var close) at = close + 1;
            while (at < text.Length && text[at] != ',') at++;
        }
        else
        {
            while (at < text.Length && text[at] is not (' ' or '\t')) at++;
        }

        var plain = text.AsSpan(from, at - from).TrimEnd(" ,;");
        if (plain.Length >= 2 && plain[0] == '<' && plain[^1] == '>') plain = plain[1..^1];
        value = plain.ToString();
        return true;
    }

    private static bool Quoted(string text, ref int at, out string value)
    {
        var quote = text[at];
        var from = ++at;
        while (at < text.Length && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
        if (at >= text.Length)
        {
            at = text.Length;
            value = text[from..];
            return false;
        }

        value = text[from..at++];
        if (value.Contains('\\', StringComparison.Ordinal)) value = Unescape(value);
        return true;
    }

    private static string Unescape(string value)
    {
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var next = i + 1 < value.Length ? value[i + 1] : '\0';
            if (value[i] != '\\' || next is not ('"' or '\'' or '\\' or 'n' or 'r' or 't'))
            {
                result.Append(value[i]);
                continue;
            }

            result.Append(next switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => next });
            i++;
        }

        return result.ToString();
    }
}

/// <summary>Words and numbers for severities, as programs write them, in syslog's terms.</summary>
internal static class Severities
{
    /// <summary>The severity of a word; absent when it is none.</summary>
    public static int? Of(string? word) => word?.ToUpperInvariant() switch
    {
        "EMERG" or "EMERGENCY" or "PANIC" => 0,
        "ALERT" => 1,
        "CRIT" or "CRITICAL" or "FATAL" => 2,
        "ERR" or "ERROR" or "SEVERE" or "HIGH" => 3,
        "WARNING" or "WARN" or "MEDIUM" => 4,
        "NOTICE" => 5,
        "INFO" or "INFORMATION" or "INFORMATIONAL" or "CONFIG" or "LOG" or "NOTE" or "SYSTEM" or "LOW" => 6,
        "DEBUG" or "TRACE" or "VERBOSE" or "FINE" or "FINER" or "FINEST" => 7,
        _ => null,
    };
}
