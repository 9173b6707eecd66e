using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads the Log Event Extended Format: <c>LEEF:1.0|vendor|product|version|event|key=value⇥…</c>, and 2.0 with one more part that names the
/// delimiter as a character or as its code (<c>0x5E</c>, <c>x5E</c>).
/// </summary>
internal static class LeefParser
{
    private static readonly string[] Header = ["leefVersion", "vendor", "product", "productVersion", "eventId"];

    /// <summary>Index of the version behind <c>LEEF:</c> at the begin of a text, or -1.</summary>
    public static int Start(string text)
    {
        if (!text.StartsWith("LEEF:", StringComparison.Ordinal)) return -1;
        var at = text.Length > 5 && text[5] == ' ' ? 6 : 5;
        return at + 1 < text.Length && char.IsAsciiDigit(text[at]) ? at : -1;
    }

    /// <summary>Reads a text from its version on.</summary>
    public static void Read(string text, int at, Reading reading)
    {
        var parts = 0;
        while (parts < Header.Length && at <= text.Length)
        {
            var bar = text.IndexOf('|', Math.Min(at, text.Length));
            var end = bar < 0 ? text.Length : bar;
            reading.Add(Header[parts++], text[at..end].Trim());
            at = end + 1;
        }

        if (parts < Header.Length) reading.Fault(LogProblem.Of(LogProblem.LeefHeader, parts));
        var delimiter = '\t';
        if (parts == Header.Length && at < text.Length && reading.Fields["leefVersion"].StartsWith('2') && text.IndexOf('|', at) is >= 0 and var close)
        {
            var written = text[at..close];
            // A part with an equals sign is an attribute: some devices leave the delimiter out.
            if (written.Length > 1 && written.Contains('=', StringComparison.Ordinal)) close = at - 1;
            else if (!TryDelimiter(written, out delimiter)) reading.Fault(LogProblem.Of(LogProblem.LeefDelimiter, Reading.Short(written)));
            at = close + 1;
        }

        if (at < text.Length)
        {
            // Devices that write blanks instead of tabs write them in values as well.
            if (delimiter == '\t' && !text.AsSpan(at).Contains('\t')) CefParser.Extension(text, at, reading);
            else Attributes(text, at, delimiter, reading);
        }

        reading.App = reading.First("product");
        reading.Host = reading.First("dvchost", "identHostName", "dvc");
        reading.Message = reading.First("msg");
        if (reading.First("sev") is { } level && int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var severity) && severity is >= 1 and <= 10)
            reading.Severity = severity switch { <= 3 => 6, <= 6 => 4, <= 8 => 3, _ => 2 };
        reading.TakeTimeOf("devTime");
    }

    private static void Attributes(string text, int at, char delimiter, Reading reading)
    {
        while (at < text.Length)
        {
            var end = text.IndexOf(delimiter, at);
            if (end < 0) end = text.Length;
            var attribute = text.AsSpan(at, end - at);
            var equals = attribute.IndexOf('=');
            if (equals > 0)
            {
                if (!reading.Add(attribute[..equals].Trim().ToString(), attribute[(equals + 1)..].ToString()) && reading.IsFull) return;
            }
            else if (!attribute.IsWhiteSpace())
            {
                reading.Fault(LogProblem.Of(LogProblem.LeefAttribute, at + 1, Reading.Short(attribute.ToString())));
            }

            at = end + 1;
        }
    }

    private static bool TryDelimiter(string text, out char delimiter)
    {
        delimiter = '\t';
        if (text.Length == 0) return true;
        if (text.Length == 1)
        {
            delimiter = text[0];
            return true;
        }

        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text[0] is 'x' or 'X' ? text.AsSpan(1) : default;
        if (digits.Length is < 1 or > 4 || !ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code == 0) return false;
        delimiter = (char)code;
        return true;
    }
}
