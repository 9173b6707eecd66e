using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads the error log of Apache httpd: <c>[Sun Mar 01 10:00:00.123456 2026] [core:error] [pid 35708:tid 4328] (13)Permission denied: [client 203.0.113.9:4711] AH00035: text, referer: …</c>,
/// and as versions before 2.4 write it, <c>[Sun Dec 04 04:47:44 2005] [error] [client 203.0.113.9] text</c>.
/// </summary>
internal static class ApacheErrorParser
{
    private const int LongestBracket = 128;

    private static readonly string[] Times = ["MMM dd HH:mm:ss yyyy", "MMM dd HH:mm:ss.FFFFFF yyyy"];

    // As httpd gives them to syslog.
    private static readonly Dictionary<string, int> Levels = new(StringComparer.Ordinal)
    {
        ["emerg"] = 0, ["alert"] = 1, ["crit"] = 2, ["error"] = 3, ["warn"] = 4, ["notice"] = 5, ["info"] = 6, ["debug"] = 7,
        ["trace1"] = 7, ["trace2"] = 7, ["trace3"] = 7, ["trace4"] = 7, ["trace5"] = 7, ["trace6"] = 7, ["trace7"] = 7, ["trace8"] = 7,
    };

    public static ParsedRecord? TryParse(string text, LogParseOptions options)
    {
        if (text.Length < 30 || text[0] != '[' || text[4] != ' ' || !char.IsAsciiLetterUpper(text[1])) return null;
        var at = 0;
        if (Bracket(text, ref at) is not { Length: >= 24 and <= 32 } stamp || !DateTime.TryParseExact(stamp[4..], Times, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return null;
        if (Bracket(text, ref at) is not { } kind) return null;
        var colon = kind.IndexOf(':', StringComparison.Ordinal);
        if (!Levels.TryGetValue(kind[(colon + 1)..], out var severity)) return null;
        DateTimeOffset time;
        try
        {
            time = new DateTimeOffset(local, options.AssumedOffset);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        var fields = new FieldMap { ["level"] = kind[(colon + 1)..] };
        if (colon > 0) fields["module"] = kind[..colon];
        string? process = null;
        var rest = at;
        if (Bracket(text, ref rest) is { } ids && ids.StartsWith("pid ", StringComparison.Ordinal))
        {
            var thread = ids.IndexOf(":tid ", StringComparison.Ordinal);
            process = thread < 0 ? ids[4..] : ids[4..thread];
            if (thread > 0) fields["thread"] = ids[(thread + 5)..];
            at = rest;
        }

        // What the system said of it, and who asked; mod_security and others write the latter first.
        rest = at;
        // Modules that trace name the place in their source.
        if (text.IndexOf(".c(", at, Math.Min(text.Length - at, 64), StringComparison.Ordinal) is > 0 and var source && text.IndexOf("): ", source, Math.Min(text.Length - source, 16), StringComparison.Ordinal) is > 0 and var line && !text.AsSpan(at, line - at).Contains(' '))
        {
            fields["file"] = text[at..(line + 1)];
            rest = at = line + 3;
        }

        if (text.AsSpan(at).StartsWith("(") && text.IndexOf(": [client ", at, Math.Min(text.Length - at, 256), StringComparison.Ordinal) is > 0 and var said)
        {
            fields["status"] = text[at..said];
            rest = at = said + 2;
        }

        if (Bracket(text, ref rest) is { } client && client.StartsWith("client ", StringComparison.Ordinal))
        {
            var (address, port) = Peer(client[7..]);
            fields["c-ip"] = address;
            if (port is not null) fields["c-port"] = port;
            at = rest;
        }

        var message = text[at..];
        if (message.StartsWith("AH", StringComparison.Ordinal) && message.IndexOf(": ", StringComparison.Ordinal) == 7 && !message.AsSpan(2, 5).ContainsAnyExceptInRange('0', '9')) fields["code"] = message[..7];
        if (message.LastIndexOf(", referer: ", StringComparison.Ordinal) is > 0 and var referer) fields["cs-referer"] = message[(referer + 11)..];
        return new ParsedRecord
        {
            Format = LogFormats.ApacheError, Timestamp = time, TimestampText = stamp, TimeZoneAssumed = true, AppName = "httpd", ProcId = process, Severity = severity, Fields = fields, Message = message,
        };
    }

    /// <summary>What stands in the bracket that begins here; moves behind it and the blank after it.</summary>
    private static string? Bracket(string text, ref int at)
    {
        if (at >= text.Length || text[at] != '[') return null;
        // An IPv6 address has brackets of its own.
        var close = text.IndexOf(']', at, Math.Min(text.Length - at, LongestBracket));
        while (close >= 0 && close + 1 < text.Length && text[close + 1] != ' ') close = text.IndexOf(']', close + 1, Math.Min(text.Length - close - 1, LongestBracket));
        if (close < 0) return null;
        var found = text[(at + 1)..close];
        at = close + 1;
        while (at < text.Length && text[at] == ' ') at++;
        return found;
    }

    /// <summary>An address and, in versions from 2.4 on, a port behind its last colon.</summary>
    private static (string Address, string? Port) Peer(string text)
    {
        var colon = text.LastIndexOf(':');
        // Of an IPv6 address without a port, the last part is no port: it stands in brackets where one follows.
        if (colon <= 0 || (text.IndexOf(':', StringComparison.Ordinal) != colon && text[colon - 1] != ']' && !System.Net.IPAddress.TryParse(text.AsSpan(0, colon), out _))) return (text, null);
        var port = text[(colon + 1)..];
        if (port.Length is 0 or > 5 || port.AsSpan().ContainsAnyExceptInRange('0', '9')) return (text, null);
        return (text[..colon].Trim('[', ']'), port);
    }
}
