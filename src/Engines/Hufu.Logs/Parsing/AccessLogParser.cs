using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>Reads access lines of nginx and Apache: common and combined, with an optional virtual host before.</summary>
internal static class AccessLogParser
{
    private const int MostWords = 12;

    public static ParsedRecord? TryParse(string text)
    {
        if (text.Length > 32 && text[0] == '[' && text[27] == ']') return Encrypted(text);
        var open = text.IndexOf(" [", StringComparison.Ordinal);
        if (open is < 0 or > 1_024) return null;
        var close = text.IndexOf("] \"", open, StringComparison.Ordinal);
        if (close < 0 || !TryTime(text.AsSpan(open + 2, close - open - 2), out var time)) return null;
        var head = text[..open].Split(' ', MostWords + 1);
        if (head.Length is < 3 or > MostWords) return null;
        var client = head[^3];
        string? forwarded = null;
        if (head.Length > 4 && (forwarded = Forwarded(ref head, ref client)) is null) return null;
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
        Request(request, fields, problems);

        if (tail.Length == 3)
        {
            var more = tail[2];
            var i = 0;
            if (Quoted(more, ref i, out var referer))
            {
                if (referer is not ("-" or "")) fields["cs-referer"] = referer;
                while (i < more.Length && more[i] == ' ') i++;
                if (Quoted(more, ref i, out var agent)) fields["cs-user-agent"] = agent is "-" ? "" : agent;
                while (i < more.Length && more[i] == ' ') i++;
                // The format "main" of nginx's packages ends with the addresses that proxies told.
                if (Quoted(more, ref i, out var told) && LogParser.IsAddress(told.AsSpan(0, told.IndexOf(',', StringComparison.Ordinal) is > 0 and var first ? first : told.Length))) forwarded ??= told;
            }
        }

        if (forwarded is not null) fields["x-forwarded-for"] = forwarded;
        Squid(text, fields);

        return new ParsedRecord
        {
            Format = LogFormats.Access, Problems = problems, Timestamp = time, TimestampText = text[(open + 2)..close], Fields = fields,
            Message = $"{request} {status}",
        };
    }

    /// <summary>Squid ends the lines of its formats "common" and "combined" with what its cache did and where it went: <c>TCP_MISS:HIER_DIRECT</c>.</summary>
    private static void Squid(string text, FieldMap fields)
    {
        var last = text.AsSpan(text.LastIndexOf(' ') + 1);
        if (last.Length is < 6 or > 64 || !(last.StartsWith("TCP_") || last.StartsWith("UDP_") || last.StartsWith("NONE")) || last.IndexOf(':') is not (> 3 and var colon)) return;
        fields["cache_result"] = last[..colon].ToString();
        fields["hierarchy"] = last[(colon + 1)..].ToString();
        fields["event.module"] = "squid";
    }

    private static void Request(string request, FieldMap fields, List<string> problems)
    {
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
    }

    /// <summary>A line of Apache's log of encrypted requests: <c>[time] client protocol cipher "request" bytes</c>.</summary>
    private static ParsedRecord? Encrypted(string text)
    {
        if (!TryTime(text.AsSpan(1, 26), out var time)) return null;
        var quote = text.IndexOf('"', 28);
        if (quote is < 0 or > 512) return null;
        var head = text[28..quote].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (head.Length != 3 || !(head[1] == "-" || head[1].StartsWith("TLS", StringComparison.Ordinal) || head[1].StartsWith("SSL", StringComparison.Ordinal)) || !Quoted(text, ref quote, out var request)) return null;
        var problems = new List<string>();
        var fields = new FieldMap { ["c-ip"] = head[0] };
        if (head[1] != "-") (fields["ssl_protocol"], fields["ssl_cipher"]) = (head[1], head[2]);
        Request(request, fields, problems);
        if (text.AsSpan(quote).Trim() is { Length: > 0 } bytes && bytes is not "-") fields["sc-bytes"] = bytes.ToString();
        return new ParsedRecord { Format = LogFormats.Access, Problems = problems, Timestamp = time, TimestampText = text[1..27], Fields = fields, Message = request };
    }

    /// <summary>
    /// Of a line that begins with all addresses that proxies told, <c>a.example 203.0.113.9, 10.0.0.1 10.0.0.2 - -</c>, the first is the client. Gives the addresses as they are written,
    /// and leaves host, identity and user; absent where a word is no address.
    /// </summary>
    private static string? Forwarded(ref string[] head, ref string client)
    {
        var words = head[..^2];
        var host = words[0].EndsWith(',') || words[0].StartsWith('"') ? null : words[0];
        var addresses = host is null ? words : words[1..];
        if (host is not null && LogParser.IsAddress(host) && addresses.Length == 1) return null;
        string? found = null;
        foreach (var word in addresses)
        {
            var bare = word.AsSpan().Trim("\",");
            if (bare is not ("-" or "localhost" or "unknown") && !LogParser.IsAddress(bare)) return null;
            if (found is null && LogParser.IsAddress(bare)) found = bare.ToString();
        }

        client = found ?? addresses[^1];
        head = host is null ? [client, .. head[^2..]] : [host, client, .. head[^2..]];
        return string.Join(' ', addresses).Replace("\"", "", StringComparison.Ordinal);
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

    /// <summary>Reads <c>10/Oct/2026:13:55:36 +0800</c>.</summary>
    private static bool TryTime(ReadOnlySpan<char> text, out DateTimeOffset value)
    {
        value = default;
        if (text.Length != 26 || text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':' || text[17] != ':' || text[20] != ' ' || text[21] is not ('+' or '-')) return false;
        var (day, month, year) = (Number(text, 0, 2), SyslogParser.MonthOf(text[3..6]), Number(text, 7, 4));
        var (hour, minute, second, hours, minutes) = (Number(text, 12, 2), Number(text, 15, 2), Number(text, 18, 2), Number(text, 22, 2), Number(text, 24, 2));
        // A year of one or 9999 would leave the range with its offset.
        if (month == 0 || year is < 2 or > 9998 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59 || hours is < 0 or > 14 || minutes is < 0 or > 59 || hours * 60 + minutes > 14 * 60) return false;
        var offset = new TimeSpan(hours, minutes, 0);
        value = new DateTimeOffset(year, month, day, hour, minute, second, text[21] == '-' ? -offset : offset);
        return true;

        // −1 where there is anything but digits.
        static int Number(ReadOnlySpan<char> text, int at, int length)
        {
            var number = 0;
            foreach (var digit in text.Slice(at, length))
            {
                if (!char.IsAsciiDigit(digit)) return -1;
                number = 10 * number + (digit - '0');
            }

            return number;
        }
    }
}
