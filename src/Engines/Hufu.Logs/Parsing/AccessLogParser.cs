using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>Reads access lines of nginx and Apache: common and combined, with an optional virtual host before.</summary>
internal static class AccessLogParser
{
    public static ParsedRecord? TryParse(string text)
    {
        var open = text.IndexOf(" [", StringComparison.Ordinal);
        if (open is < 0 or > 1_024) return null;
        var close = text.IndexOf("] \"", open, StringComparison.Ordinal);
        if (close < 0 || !TryTime(text.AsSpan(open + 2, close - open - 2), out var time)) return null;
        var head = text[..open].Split(' ');
        if (head.Length is < 3 or > 4) return null;
        var client = head[^3];
        var at = close + 2;
        if (!Quoted(text, ref at, out var request)) return null;
        var rest = text.AsSpan(at).TrimStart(' ');
        var tail = rest.ToString().Split(' ', 3);
        if (tail.Length < 2 || tail[0].Length != 3 || !int.TryParse(tail[0], NumberStyles.None, CultureInfo.InvariantCulture, out var status)) return null;
        var problems = new List<string>();
        var fields = new FieldMap { ["c-ip"] = client, ["sc-status"] = tail[0] };
        if (head.Length == 4) fields["cs-host"] = head[0];
        if (head[^1] != "-") fields["cs-username"] = head[^1];
        if (tail[1] != "-") fields["sc-bytes"] = tail[1];
        var words = request.Split(' ');
        if (words.Length == 3 && words[2].StartsWith("HTTP/", StringComparison.Ordinal))
        {
            fields["cs-method"] = words[0];
            fields["c-uri"] = words[1];
            fields["cs-version"] = words[2];
            var query = words[1].IndexOf('?', StringComparison.Ordinal);
            fields["cs-uri-stem"] = query < 0 ? words[1] : words[1][..query];
            if (query >= 0) fields["cs-uri-query"] = words[1][(query + 1)..];
        }
        else
        {
            // A request that is none is often the interesting one: a TLS hello on a plain port, a probe.
            fields["c-uri"] = request;
            problems.Add(LogProblem.AccessRequest);
        }

        if (tail.Length == 3)
        {
            var more = tail[2];
            var i = 0;
            if (Quoted(more, ref i, out var referer))
            {
                if (referer is not ("-" or "")) fields["cs-referer"] = referer;
                while (i < more.Length && more[i] == ' ') i++;
                if (Quoted(more, ref i, out var agent)) fields["cs-user-agent"] = agent is "-" ? "" : agent;
            }
        }

        return new ParsedRecord
        {
            Format = LogFormats.Access, Problems = problems, Timestamp = time, TimestampText = text[(open + 2)..close], Fields = fields,
            Message = $"{request} {status}",
        };
    }

    private static bool Quoted(string text, ref int at, out string value)
    {
        value = "";
        if (at >= text.Length || text[at] != '"') return false;
        var from = ++at;
        while (at < text.Length && text[at] != '"') at += text[at] == '\\' && at + 1 < text.Length ? 2 : 1;
        if (at >= text.Length) return false;
        value = text[from..at++];
        return true;
    }

    private static bool TryTime(ReadOnlySpan<char> text, out DateTimeOffset value) =>
        DateTimeOffset.TryParseExact(text.Length == 26 ? $"{text[..^2]}:{text[^2..]}" : "", "dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
}
