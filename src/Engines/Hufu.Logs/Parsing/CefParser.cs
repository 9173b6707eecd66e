using System.Globalization;
using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads the Common Event Format: <c>CEF:0|vendor|product|version|class|name|severity|key=value …</c>. A value may hold blanks, and as devices
/// send it also equals signs: it ends where a blank, a word and an equals sign follow.
/// </summary>
internal static class CefParser
{
    private static readonly string[] Header = ["cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity"];

    /// <summary>Index of the version behind <c>CEF:</c> at the begin of a text, or -1. Some devices put a blank between.</summary>
    public static int Start(string text)
    {
        if (!text.StartsWith("CEF:", StringComparison.Ordinal)) return -1;
        var at = text.Length > 4 && text[4] == ' ' ? 5 : 4;
        return at + 1 < text.Length && char.IsAsciiDigit(text[at]) ? at : -1;
    }

    /// <summary>Reads a text from its version on.</summary>
    public static void Read(string text, int at, Reading reading)
    {
        var parts = 0;
        var value = new StringBuilder();
        while (parts < Header.Length && at <= text.Length)
        {
            value.Clear();
            while (at < text.Length && text[at] != '|')
            {
                // Only the bar and the backslash are escaped here.
                if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '|' or '\\') at++;
                value.Append(text[at++]);
            }

            // The last part needs no bar behind it when there is no extension.
            reading.Add(Header[parts++], value.ToString().Trim());
            at++;
        }

        if (parts < Header.Length) reading.Fault(LogProblem.Of(LogProblem.CefHeader, parts));
        if (at < text.Length) Extension(text, at, reading);
        Labels(reading);
        reading.App = reading.First("deviceProduct");
        reading.Host = reading.First("dvchost", "deviceHostName", "dvc");
        reading.Severity = SeverityOf(reading.First("severity"));
        reading.Message = reading.First("msg", "name");
        reading.TakeTimeOf("rt", "deviceReceiptTime", "end", "start");
    }

    /// <summary>Reads <c>key=value</c> pairs whose values may hold blanks.</summary>
    public static void Extension(string text, int at, Reading reading)
    {
        while (at < text.Length && text[at] == ' ') at++;
        var (nameFrom, equals) = Key(text, at, at);
        if (nameFrom != at || equals < 0)
        {
            var end = equals < 0 ? text.Length : nameFrom;
            if (end > at) reading.Fault(LogProblem.Of(LogProblem.CefExtension, at + 1, Reading.Short(text[at..end].Trim())));
        }

        while (equals >= 0)
        {
            var (nextFrom, nextEquals) = Key(text, equals + 1, equals + 1);
            var end = nextEquals < 0 ? text.Length : nextFrom;
            if (!reading.Add(text[nameFrom..equals], Unescape(text.AsSpan((equals + 1)..end).TrimEnd(' '))) && reading.IsFull) return;
            (nameFrom, equals) = (nextFrom, nextEquals);
        }
    }

    /// <summary>The next word with an equals sign behind it: a word begins at <paramref name="start"/> or after a blank. Where there is none, the second is -1.</summary>
    private static (int From, int Sign) Key(string text, int at, int start)
    {
        // The value of "msg=a=b" begins at its first equals sign: a word directly behind one is no key.
        var from = at == 0 || text[at - 1] != '=' ? start : -1;
        for (var i = at; i < text.Length; i++)
        {
            switch (text[i])
            {
                case ' ' or '\t':
                    from = i + 1;
                    break;
                case '\\':
                    from = -1;
                    i++;
                    break;
                case '=':
                    if (from >= 0 && i > from) return (from, i);
                    from = -1;
                    break;
                case var c when !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-' or '[' or ']'):
                    from = -1;
                    break;
            }
        }

        return (text.Length, -1);
    }

    private static string Unescape(ReadOnlySpan<char> value)
    {
        if (!value.Contains('\\')) return value.ToString();
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var next = i + 1 < value.Length ? value[i + 1] : '\0';
            if (value[i] != '\\' || next is not ('=' or '\\' or 'n' or 'r' or '|'))
            {
                result.Append(value[i]);
                continue;
            }

            result.Append(next switch { 'n' => '\n', 'r' => '\r', _ => next });
            i++;
        }

        return result.ToString();
    }

    /// <summary>A value whose name the record gives in words (<c>cs1Label=Rule cs1=7</c>) is there under both.</summary>
    private static void Labels(Reading reading)
    {
        foreach (var (name, label) in reading.Fields.Where(field => field.Key.Length > 5 && field.Key.EndsWith("Label", StringComparison.Ordinal)).ToList())
        {
            if (label.Length is > 0 and <= 128 && reading.Fields.TryGetValue(name[..^5], out var value)) reading.Add(label, value);
        }
    }

    /// <summary>0 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high, as syslog severities; devices write the words too.</summary>
    private static int? SeverityOf(string? text) => text?.ToUpperInvariant() switch
    {
        null => null,
        "LOW" => 6,
        "MEDIUM" => 4,
        "HIGH" => 3,
        "VERY-HIGH" or "CRITICAL" => 2,
        var number when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 10 => value switch { <= 3 => 6, <= 6 => 4, <= 8 => 3, _ => 2 },
        _ => null,
    };
}
