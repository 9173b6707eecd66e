using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads nginx's error log: <c>2026/11/22 01:42:10 [error] 288#288: *4 text, client: 203.0.113.45, server: a.example, request: "GET / HTTP/1.1"</c>.
/// The named values at the end are fields; what stands before them is the message.
/// </summary>
internal static class NginxErrorParser
{
    // As nginx writes them, with the severity that its own syslog output gives them.
    private static readonly Dictionary<string, int> Levels = new(StringComparer.Ordinal)
    {
        ["emerg"] = 0, ["alert"] = 1, ["crit"] = 2, ["error"] = 3, ["warn"] = 4, ["notice"] = 5, ["info"] = 6, ["debug"] = 7,
    };

    // nginx's word, and the field that detection rules know it by.
    private static readonly (string Word, string Field)[] Values =
    [
        (", client: ", "c-ip"), (", server: ", "server"), (", request: ", "request"), (", subrequest: ", "subrequest"), (", upstream: ", "upstream"), (", host: ", "cs-host"), (", referrer: ", "cs-referer"),
    ];

    public static ParsedRecord? TryParse(string text, LogParseOptions options)
    {
        if (text.Length < 24 || text[19] != ' ' || text[20] != '[') return null;
        if (!DateTime.TryParseExact(text.AsSpan(0, 19), "yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return null;
        var close = text.IndexOf(']', 21);
        if (close is < 0 or > 30 || !Levels.TryGetValue(text[21..close], out var severity)) return null;
        DateTimeOffset time;
        try
        {
            time = new DateTimeOffset(local, options.AssumedOffset);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        var fields = new FieldMap { ["level"] = text[21..close] };
        var at = close + 1;
        var colon = text.IndexOf(": ", at, StringComparison.Ordinal);
        string? process = null;
        if (colon > 0 && text.AsSpan(at, colon - at).Trim() is { Length: > 2 and <= 24 } ids && ids.IndexOf('#') is > 0 and var hash && ids[..hash].IndexOfAnyExceptInRange('0', '9') < 0 && ids[(hash + 1)..].IndexOfAnyExceptInRange('0', '9') < 0)
        {
            process = ids[..hash].ToString();
            fields["thread"] = ids[(hash + 1)..].ToString();
            at = colon + 2;
        }

        if (at + 1 < text.Length && text[at] == '*')
        {
            var blank = text.IndexOf(' ', at);
            if (blank > at + 1 && !text.AsSpan(at + 1, blank - at - 1).ContainsAnyExceptInRange('0', '9'))
            {
                fields["connection"] = text[(at + 1)..blank];
                at = blank + 1;
            }
        }

        // The words stand in this order, each at most once; a request may hold any text, so each value ends only where a later word begins.
        var message = text[Math.Min(at, text.Length)..];
        var found = new List<(int At, int Length, string Field)>();
        var from = 0;
        foreach (var (word, field) in Values)
        {
            var place = message.IndexOf(word, from, StringComparison.Ordinal);
            if (place < 0) continue;
            // Inside the quotes of a value before it, it is somebody's text.
            if (found.Count > 0 && message[found[^1].At..place].Count(c => c == '"') % 2 != 0) continue;
            found.Add((place + word.Length, word.Length, field));
            from = place + word.Length;
        }

        for (var i = 0; i < found.Count; i++)
        {
            var end = i + 1 < found.Count ? found[i + 1].At - found[i + 1].Length : message.Length;
            fields[found[i].Field] = message[found[i].At..end].Trim('"');
        }

        if (fields.TryGetValue("request", out var request) && request.Split(' ') is [var method, var uri, var version] && version.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            fields["cs-method"] = method;
            fields["c-uri"] = uri;
        }

        return new ParsedRecord
        {
            Format = LogFormats.NginxError, Timestamp = time, TimestampText = text[..19], TimeZoneAssumed = true, AppName = "nginx", ProcId = process, Severity = severity, Fields = fields, Message = message,
        };
    }
}
