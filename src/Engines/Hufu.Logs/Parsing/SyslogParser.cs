using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>Reads syslog records: RFC 5424 strictly, RFC 3164 as senders write it. A fault is a problem of the record, never an exception.</summary>
internal static class SyslogParser
{
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    private const string Forwarded = "Message forwarded from ";

    /// <summary>What no host's name has: such a word is the begin of a body.</summary>
    private static readonly SearchValues<char> NoHost = SearchValues.Create("=|{<\"%,");

    /// <summary>PRI: up to three digits in angle brackets, no leading zero, at most 191 (RFC 5424 §6.2.1).</summary>
    public static bool TryPriority(string text, out int priority, out int length)
    {
        priority = 0;
        length = 0;
        if (text.Length < 3 || text[0] != '<') return false;
        var close = text.IndexOf('>', 0, Math.Min(text.Length, 5));
        if (close < 2 || !int.TryParse(text.AsSpan(1, close - 1), NumberStyles.None, CultureInfo.InvariantCulture, out priority) || priority > 191) return false;
        if (close > 2 && text[1] == '0') return false;
        length = close + 1;
        return true;
    }

    /// <summary>True when the record has a PRI, and right after it a version and a space: the mark of RFC 5424.</summary>
    public static bool LooksLike5424(string text)
    {
        if (!TryPriority(text, out _, out var at) || at >= text.Length || text[at] is < '1' or > '9') return false;
        var end = at + 1;
        while (end < text.Length && end < at + 3 && char.IsAsciiDigit(text[end])) end++;
        return end < text.Length && text[end] == ' ';
    }

    public static ParsedRecord Parse5424(string text, LogParseOptions options)
    {
        var problems = new List<string>();
        var at = 0;
        int? priority = null;
        if (TryPriority(text, out var pri, out var length))
        {
            priority = pri;
            at = length;
        }
        else
        {
            problems.Add(LogProblem.SyslogPriority);
            var close = text.StartsWith('<') ? text.IndexOf('>', StringComparison.Ordinal) : -1;
            if (close is > 0 and < 16) at = close + 1;
        }

        int? version = null;
        var word = Word(text, ref at);
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && word.Length <= 3 && word[0] != '0') version = number;
        else problems.Add(LogProblem.Of(LogProblem.SyslogVersion, at - word.Length + 1));
        if (version is not (null or 1)) problems.Add(LogProblem.Of(LogProblem.SyslogVersionUnknown, version));

        DateTimeOffset? timestamp = null;
        var stampText = Header("TIMESTAMP", int.MaxValue);
        if (stampText is not null)
        {
            if (TryTimestamp(stampText, strict: true, out var stamp, out _)) timestamp = stamp;
            else problems.Add(LogProblem.Of(LogProblem.SyslogTimestamp, Short(stampText)));
        }

        // Lengths of RFC 5424 §6.
        var host = Header("HOSTNAME", 255);
        var app = Header("APP-NAME", 48);
        var proc = Header("PROCID", 128);
        var msgId = Header("MSGID", 32);
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? data = null;
        if (at >= text.Length) problems.Add(LogProblem.StructuredMissing);
        else if (text[at] == '-' && (at + 1 == text.Length || text[at + 1] == ' ')) at++;
        else if (text[at] == '[') data = StructuredData(text, ref at, options, problems);
        else problems.Add(LogProblem.Of(LogProblem.StructuredNone, at + 1));

        string? message = null;
        if (at < text.Length)
        {
            if (text[at] == ' ') at++;
            else if (problems.Count == 0) problems.Add(LogProblem.Of(LogProblem.SyslogMessageSpace, at + 1));
            // The byte order mark only says that MSG is UTF-8 (RFC 5424 §6.4).
            if (at < text.Length && text[at] == '\uFEFF') at++;
            message = text[at..];
        }

        return new ParsedRecord
        {
            Format = LogFormats.Syslog5424, Problems = problems, Priority = priority, Version = version, Timestamp = timestamp, TimestampText = stampText,
            HostName = host, AppName = app, ProcId = proc, MsgId = msgId, StructuredData = data, Message = message,
        };

        string? Header(string name, int longest)
        {
            var from = at;
            var value = Word(text, ref at);
            if (value.Length == 0)
            {
                problems.Add(LogProblem.Of(LogProblem.SyslogHeaderMissing, name, from + 1));
                return null;
            }

            if (value == "-") return null;
            if (value.Length > longest) problems.Add(LogProblem.Of(LogProblem.SyslogHeaderLong, name, longest));
            foreach (var c in value)
            {
                if (c is >= '!' and <= '~') continue;
                problems.Add(LogProblem.Of(LogProblem.SyslogHeaderAscii, name));
                break;
            }

            return value;
        }
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> StructuredData(string text, ref int at, LogParseOptions options, List<string> problems)
    {
        var result = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        var value = new StringBuilder();
        var count = 0;
        while (at < text.Length && text[at] == '[')
        {
            at++;
            var id = Name(text, ref at, ' ');
            if (id.Length is 0 or > 32) problems.Add(LogProblem.Of(LogProblem.StructuredId, at + 1));
            var element = new FieldMap();
            if (!result.TryAdd(id, element)) problems.Add(LogProblem.Of(LogProblem.StructuredIdTwice, Short(id)));
            result[id] = element;
            while (true)
            {
                if (at >= text.Length)
                {
                    problems.Add(LogProblem.StructuredOpen);
                    return result;
                }

                if (text[at] == ']')
                {
                    at++;
                    break;
                }

                if (text[at] != ' ')
                {
                    problems.Add(LogProblem.Of(LogProblem.StructuredSpace, at + 1));
                    return result;
                }

                at++;
                var name = Name(text, ref at, '=');
                if (name.Length is 0 or > 32) problems.Add(LogProblem.Of(LogProblem.StructuredName, at + 1));
                if (at + 1 >= text.Length || text[at] != '=' || text[at + 1] != '"')
                {
                    problems.Add(LogProblem.Of(LogProblem.StructuredEquals, at + 1));
                    return result;
                }

                at += 2;
                value.Clear();
                while (at < text.Length && text[at] != '"')
                {
                    // Only ", \ and ] are escaped; a backslash before anything else is itself (RFC 5424 §6.3.3).
                    if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\' or ']') at++;
                    else if (text[at] == ']') problems.Add(LogProblem.Of(LogProblem.StructuredBracket, at + 1));
                    value.Append(text[at++]);
                }

                if (at >= text.Length)
                {
                    problems.Add(LogProblem.StructuredValueOpen);
                    element[name] = value.ToString();
                    return result;
                }

                at++;
                if (++count > options.MaxFields)
                {
                    problems.Add(LogProblem.Of(LogProblem.FieldsTooMany, options.MaxFields));
                    at = text.Length;
                    return result;
                }

                if (!element.TryAdd(name, value.ToString()))
                {
                    problems.Add(LogProblem.Of(LogProblem.StructuredNameTwice, Short(name), Short(id)));
                    element[name] = value.ToString();
                }
            }
        }

        return result;

        static string Name(string text, ref int at, char end)
        {
            var from = at;
            while (at < text.Length && text[at] != end && text[at] is not (' ' or ']' or '=' or '"')) at++;
            return text[from..at];
        }
    }

    /// <summary>True when a record without PRI begins with a time as RFC 3164 or rsyslog writes it.</summary>
    public static bool LooksLike3164(string text) =>
        TryPriority(text, out _, out _) || IsCisco(text) || TryLegacyTime(text, text.Length > 0 && text[0] is '*' or '.' ? 1 : 0, out _, out _)
        || (IsoWord(text, 0, out var word) && TryTimestamp(word, strict: false, out _, out _) && text.Length > word.Length && TagEnd(text, word.Length) > 0)
        || (SyslogWords.BehindDay(text, 0) > 0 && IsSurely3164(text, out _));

    /// <summary>
    /// True when a line that begins with a time is a syslog line and nothing else: behind the time stand the priority in words, or a host and the name of a program with its number, or
    /// without one where the time has a zone, as rsyslog writes it. Programs of their own write a level there, or no host.
    /// </summary>
    /// <param name="text">The line.</param>
    /// <param name="maybe">True when there are a time with a zone and a host, and no program is named: it is a syslog line if its message is something known.</param>
    public static bool IsSurely3164(string text, out bool maybe)
    {
        maybe = false;
        if (!StartsWithTime(text, out var at, out var zoned)) return false;
        if (SyslogWords.Priority(text, at, out _) is not null) return true;
        if (!PassHost(text, ref at)) return false;
        if (SyslogWords.Priority(text, at, out _) is not null) return true;
        var end = TagEnd(text, at);
        if (IsPassedOn(text, at)) return true;
        if (end == 0)
        {
            maybe = zoned;
            return zoned && (text.AsSpan(at).StartsWith("last message repeated ") || text.AsSpan(at).StartsWith("message repeated "));
        }

        var tag = text.AsSpan(at, end - 1 - at);
        if (tag is [.., ']'] && tag.LastIndexOf('[') is > 0 and var open) return SyslogWords.IsProgram(tag[..open]) && (zoned || !tag[(open + 1)..^1].ContainsAnyExceptInRange('0', '9'));
        return (zoned || tag is "kernel") && SyslogWords.IsProgram(tag);
    }

    /// <summary>True for a line that is old syslog's: one that begins with a time in figures only where that is certain.</summary>
    /// <param name="text">The line.</param>
    /// <param name="maybe">True for one that is it only if its message is something known.</param>
    public static bool Is3164(string text, out bool maybe)
    {
        maybe = false;
        return text.Length > 0 && (char.IsAsciiDigit(text[0]) ? IsSurely3164(text, out maybe) || IsCisco(text) : LooksLike3164(text));
    }

    /// <summary>True when the first word behind the PRI and the version is a number of seconds, as Meraki writes it: no RFC has that.</summary>
    public static bool IsMeraki(string text) => TryPriority(text, out _, out var at) && IsMeraki(text, at);

    private static bool IsMeraki(string text, int at) => text.AsSpan(at).StartsWith("1 ") && SyslogWords.TryEpoch(text, at + 2, out _, out _);

    /// <summary>Goes behind the time in figures that begins a line, and a zone in letters behind it.</summary>
    private static bool StartsWithTime(string text, out int at, out bool zoned)
    {
        zoned = false;
        at = SyslogWords.BehindDay(text, 0);
        var day = at > 0;
        if (IsoWord(text, at, out var word) && TryTimestamp(word, strict: false, out _, out var assumed))
        {
            (at, zoned) = (at + word.Length, !assumed);
            if (assumed && ZoneBeforeHost(text, at) is > 0 and var zone) at = zone;
        }
        else if (day && TryLegacyTime(text, at, out _, out var end))
        {
            at = LateYear(text, end, out var yearEnd, out _) is null ? end : yearEnd;
        }
        else if (day || !SyslogWords.TryEpoch(text, 0, out _, out at))
        {
            return false;
        }

        if (at >= text.Length || text[at] != ' ') return false;
        while (at < text.Length && text[at] == ' ') at++;
        return at < text.Length;
    }

    private static bool PassHost(string text, ref int at)
    {
        var blank = text.IndexOf(' ', at, Math.Min(text.Length - at, 256));
        if (blank < 0 || !SyslogWords.IsHost(text.AsSpan(at, blank - at))) return false;
        at = blank + 1;
        while (at < text.Length && text[at] == ' ') at++;
        return at < text.Length;
    }

    // Looked at only where IOS's code may follow.
    private static bool IsCisco(string text)
    {
        if (text.Length == 0 || !char.IsAsciiHexDigit(text[0]) || text.IndexOf(": %", 0, Math.Min(text.Length, 160), StringComparison.Ordinal) < 0) return false;
        var (at, host) = (0, default(string));
        return CiscoAddress(text, ref at, ref host) || CiscoHeader(text, ref at, ref host);
    }

    public static ParsedRecord Parse3164(string text, LogParseOptions options)
    {
        var problems = new List<string>();
        var at = 0;
        int? priority = null;
        if (TryPriority(text, out var pri, out var length))
        {
            priority = pri;
            at = length;
        }
        else if (text.StartsWith('<'))
        {
            problems.Add(LogProblem.SyslogPriority);
            var close = text.IndexOf('>', StringComparison.Ordinal);
            if (close is > 0 and < 16) at = close + 1;
        }

        DateTimeOffset? timestamp = null;
        string? stampText = null;
        var assumed = false;
        if (at < text.Length && text[at] == ' ') at++;
        string? host = null, app = null, proc = null;
        var (cisco, seconds) = (false, false);
        if (SyslogWords.BehindDay(text, at) is var day && day > at && (TryLegacyTime(text, day, out _, out _) || IsoWord(text, day, out _))) at = day;
        // Meraki's version, where the others have none.
        if (IsMeraki(text, at)) at += 2;
        if (TryLegacyTime(text, at, out var time, out var end) || ((cisco = CiscoHeader(text, ref at, ref host) || CiscoAddress(text, ref at, ref host)) && TryLegacyTime(text, at, out time, out end)))
        {
            stampText = text[at..end].TrimEnd(':');
            timestamp = WithYear(time, options);
            assumed = true;
            at = end;
            if (LateYear(text, at, out var yearEnd, out var named) is { } late)
            {
                timestamp = WithYear((late, time.Month, time.Day, time.Time), options);
                at = yearEnd;
            }
            else if (ZoneWord(text, at, cisco, out var zoneEnd) is { } zone)
            {
                at = zoneEnd;
                named = zone;
            }
            else if (ZoneBeforeHost(text, at) is > 0 and var hostAt)
            {
                named = text[(at + 1)..hostAt];
                at = hostAt;
            }

            if (named is not null && timestamp is { } stated && OffsetOf(named) is { } offset) (timestamp, assumed) = (new DateTimeOffset(stated.DateTime, offset), false);

            if (timestamp is null) problems.Add(LogProblem.Of(LogProblem.SyslogDay, stampText));
        }
        else if (IsoWord(text, at, out var word) && TryTimestamp(word, strict: false, out var stamp, out assumed))
        {
            stampText = word;
            timestamp = assumed ? At(stamp.DateTime, options) : stamp;
            at += word.Length;
            if (assumed && ZoneBeforeHost(text, at) is > 0 and var zoneAt)
            {
                if (timestamp is { } stated && OffsetOf(text[(at + 1)..zoneAt]) is { } offset) (timestamp, assumed) = (new DateTimeOffset(stated.DateTime, offset), false);
                at = zoneAt;
            }
        }
        else if (SyslogWords.TryEpoch(text, at, out stamp, out end))
        {
            seconds = true;
            stampText = text[at..end];
            timestamp = stamp;
            at = end;
        }
        else
        {
            problems.Add(LogProblem.TimeNone);
        }

        var hadTime = stampText is not null;
        while (at < text.Length && text[at] == ' ' && hadTime) at++;
        // AIX says so of what it passes on.
        if (hadTime && text.AsSpan(at).StartsWith(Forwarded)) at += Forwarded.Length;
        if (hadTime && SyslogWords.Priority(text, at, out end) is { } before) (priority, at) = (priority ?? before, end);
        if (hadTime && host is null && at < text.Length)
        {
            // The host is a word that is no tag: a tag ends with a colon or has a number in brackets.
            var space = text.AsSpan(at).IndexOfAny(' ', '\t') is >= 0 and var hostLength ? at + hostLength : -1;
            var first = space < 0 ? text[at..] : text[at..space];
            if (first == "last" && text.AsSpan(at).StartsWith("last message repeated", StringComparison.Ordinal))
            {
                // Some senders leave out the host here.
            }
            else if (first.Length > 0 && !IsTag(first) && space > 0 && !first.AsSpan().ContainsAny(NoHost))
            {
                host = first;
                at = space + 1;
            }
            else if (first.Length > 0 && space > 1 && first[^1] == ':' && (first.Contains('.', StringComparison.Ordinal) || text.AsSpan(0, at).EndsWith(Forwarded)) && IsProgram(text, space + 1))
            {
                // A host's whole name may have a colon behind it, and then the program follows with its number.
                host = first[..^1];
                at = space + 1;
            }
        }

        if (hadTime && host is not null && SyslogWords.Priority(text, at, out end) is { } behind) (priority, at) = (priority ?? behind, end);

        // What IOS and Meraki wrote stands behind the header of a server that passed it on.
        if (hadTime && at < text.Length && (IsPassedOn(text, at) || (host is not null && !seconds && IsMeraki(text, at))))
        {
            var own = Parse3164(text[at..], options);
            return own with { Priority = priority, HostName = own.HostName ?? host, Problems = [.. problems, .. own.Problems] };
        }

        var tagEnd = TagEnd(text, at);
        if (tagEnd > 0 && (hadTime || priority is not null))
        {
            var tag = text.AsSpan(at, tagEnd - 1 - at);
            var open = tag.IndexOf('[');
            if (open > 0 && tag[^1] == ']')
            {
                proc = tag[(open + 1)..^1].ToString();
                tag = tag[..open];
            }

            app = tag.ToString();
            at = tagEnd;
            if (at < text.Length && text[at] == ' ') at++;
            // The ASA writes its own name before its code.
            if (hadTime && host is null && proc is null && IsCode(text, at)) (host, app) = (app, null);
        }

        var message = text[at..];
        var fields = new FieldMap();
        if (message.StartsWith("last message repeated ", StringComparison.Ordinal) || message.StartsWith("message repeated ", StringComparison.Ordinal))
        {
            var digits = new string([.. message.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
            if (digits.Length is > 0 and < 10) fields["repeated"] = digits;
        }

        return new ParsedRecord
        {
            Format = LogFormats.Syslog3164, Problems = problems, Priority = priority, Timestamp = timestamp, TimestampText = stampText,
            TimeZoneAssumed = assumed && timestamp is not null, HostName = host, AppName = app, ProcId = proc, Message = message, Fields = fields,
        };
    }

    /// <summary>
    /// What IOS writes before the time: <c>45: </c>, <c>45: router1: </c>, the node of IOS XR (<c>RP/0/RP0/CPU0:</c>), and a mark that the clock is not set. Taken only where a
    /// time follows, or IOS's code, before which there may be how long it runs (<c>2y10w: </c>).
    /// </summary>
    private static bool CiscoHeader(string text, ref int at, ref string? host)
    {
        var i = at;
        string? name = null;
        // An unset number leaves its colon.
        if (text.AsSpan(i).StartsWith(": ")) i += 2;
        for (var words = 0; words < 3 && i < text.Length && text[i] is not ('*' or '.' or '%'); words++)
        {
            var colon = text.IndexOf(": ", i, Math.Min(text.Length - i, 66), StringComparison.Ordinal);
            if (colon <= i || text.AsSpan(i, colon - i).Contains(' ') || UptimeEnd(text, i) > 0) break;
            if (text.AsSpan(i, colon - i).ContainsAnyExceptInRange('0', '9')) name = text[i..colon];
            i = colon + 2;
        }

        if (NodeEnd(text, i) is > 0 and var node) i = node;
        if (i < text.Length && text[i] is '*' or '.') i++;
        if (i == at) return false;
        if (!TryLegacyTime(text, i, out _, out _))
        {
            if (UptimeEnd(text, i) is > 0 and var up) i = up;
            if (!IsCode(text, i)) return false;
        }

        at = i;
        host = name ?? host;
        return true;
    }

    /// <summary>The sender's address that some collectors write before it: <c>172.16.5.10 6705: </c>.</summary>
    private static bool CiscoAddress(string text, ref int at, ref string? host)
    {
        var blank = text.IndexOf(' ', at, Math.Min(text.Length - at, 64));
        if (blank <= at || !System.Net.IPAddress.TryParse(text.AsSpan(at, blank - at), out _)) return false;
        var (next, name) = (blank + 1, default(string));
        if (!CiscoHeader(text, ref next, ref name)) return false;
        (at, host) = (next, name ?? text[at..blank]);
        return true;
    }

    /// <summary>True where IOS's number, its time and its code stand: <c>123: Feb 17 13:40:02.111 UTC: %LDP-5-NBRCHG</c>; in IOS XR a program is named before the code.</summary>
    private static bool IsPassedOn(string text, int at)
    {
        // Few lines have a code so near, and only they are looked at.
        if (text.AsSpan(at, Math.Min(text.Length - at, 160)).IndexOf(": %") < 0) return false;
        string? name = null;
        var from = at;
        if (!CiscoHeader(text, ref at, ref name) || !TryLegacyTime(text, at, out _, out var end)) return false;
        if (at > from && text[at - 1] == ':') return true;
        if (ZoneWord(text, end, false, out var zoneEnd) is not null) end = zoneEnd;
        while (end < text.Length && text[end] is ' ' or ':') end++;
        return IsCode(text, end);
    }

    /// <summary>True where a code begins: <c>%FACILITY-3-MNEMONIC</c>, also with a class between (<c>%ASA-session-6-106102</c>).</summary>
    private static bool IsCode(string text, int at)
    {
        if (at + 5 > text.Length || text[at] != '%' || !char.IsAsciiLetterOrDigit(text[at + 1])) return false;
        for (var i = at + 1; i < text.Length && i < at + 64; i++)
        {
            var c = text[i];
            if (c == '-' && i + 2 < text.Length && text[i + 1] is >= '0' and <= '7' && text[i + 2] == '-') return true;
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '/')) return false;
        }

        return false;
    }

    /// <summary>Index behind how long a device runs, written in place of a time before its code (<c>00:00:46: </c>, <c>2y10w: </c>); 0 where there is none.</summary>
    private static int UptimeEnd(string text, int at)
    {
        var i = at;
        while (i < text.Length && i < at + 16 && (char.IsAsciiDigit(text[i]) || text[i] is 'y' or 'w' or 'd' or 'h' or ':')) i++;
        if (i == at || i - 1 == at || !char.IsAsciiDigit(text[at]) || text[i - 1] != ':' || i + 1 >= text.Length || text[i] != ' ' || text[i + 1] != '%') return 0;
        return text.AsSpan(at, i - 1 - at).ContainsAnyExceptInRange('0', '9') ? i + 1 : 0;
    }

    /// <summary>Index behind the node of IOS XR, <c>RP/0/RP0/CPU0:</c>, where a time follows; 0 where there is none.</summary>
    private static int NodeEnd(string text, int at)
    {
        if (at + 24 > text.Length || !char.IsAsciiLetterUpper(text[at])) return 0;
        var colon = text.IndexOf(':', at, 24);
        return colon > 0 && text.AsSpan(at, colon - at).Count('/') is 2 or 3 && TryLegacyTime(text, colon + 1, out _, out _) ? colon + 1 : 0;
    }

    /// <summary>
    /// The zone that IOS writes behind a time, before its code: <c> UTC: %SYS-5-CONFIG_I</c>, <c> UTC+07:30: </c>. Where the header is IOS's own, anything may follow.
    /// </summary>
    private static string? ZoneWord(string text, int at, bool cisco, out int end)
    {
        end = at;
        if (at + 5 > text.Length || text[at] != ' ') return null;
        var i = at + 1;
        while (i < text.Length && i < at + 7 && char.IsAsciiLetter(text[i])) i++;
        if (i - at < 4) return null;
        if (i < text.Length && text[i] is '+' or '-')
        {
            for (i++; i < text.Length && i < at + 14 && (char.IsAsciiDigit(text[i]) || (text[i] == ':' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]))); i++)
            {
            }
        }

        if (i + 2 >= text.Length || text[i] != ':' || text[i + 1] != ' ' || (!cisco && (text[at + 1] > 'Z' || !IsCode(text, i + 2)))) return null;
        end = i + 1;
        return text[(at + 1)..i];
    }

    /// <summary>Where the zone's word ends that stands between the time and the host; 0 where there is none. A host and a program must follow, or the word is the host.</summary>
    private static int ZoneBeforeHost(string text, int at)
    {
        if (at + 8 < text.Length && text[at] == ' ' && text[at + 1] is '+' or '-' && text.IndexOf(' ', at + 1, 7) is > 0 and var figures && TimeTexts.TryOffset(text.AsSpan((at + 1)..figures), out _)) return figures;
        var i = at + 1;
        while (i < text.Length && i < at + 6 && char.IsAsciiLetterUpper(text[i])) i++;
        if (i < at + 4 || i + 2 >= text.Length || text[at] != ' ' || text[i] != ' ' || !(TimeTexts.TryZone(text.AsSpan((at + 1)..i), out _) || text.AsSpan((at + 1)..i) is "CST" or "PST")) return 0;
        var host = text.IndexOf(' ', i + 1);
        return host > i + 1 && text[i + 1] is not ('%' or ':') && !IsTag(text[(i + 1)..host]) && text.IndexOf(": ", host, Math.Min(text.Length - host, 64), StringComparison.Ordinal) > 0 ? i : 0;
    }

    /// <summary>The offset that a zone's word names; absent for names that mean several.</summary>
    private static TimeSpan? OffsetOf(string zone)
    {
        if (TimeTexts.TryZone(zone, out var known) || TimeTexts.TryOffset(zone, out known)) return known;
        if (!zone.StartsWith("UTC", StringComparison.OrdinalIgnoreCase) && !zone.StartsWith("GMT", StringComparison.OrdinalIgnoreCase)) return null;
        if (zone.Length == 3) return TimeSpan.Zero;
        var colon = zone.IndexOf(':', StringComparison.Ordinal);
        var minutes = 0;
        if (!int.TryParse(zone.AsSpan(4, (colon < 0 ? zone.Length : colon) - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || hours > 14
            || (colon > 0 && (!int.TryParse(zone.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out minutes) || minutes > 59))) return null;
        var offset = new TimeSpan(hours, minutes, 0);
        if (offset > TimeSpan.FromHours(14)) return null;
        return zone[3] == '-' ? -offset : offset;
    }

    /// <summary>The year that some write behind the time, also behind a zone: <c>22:14:15 2026 host</c>, <c>22:14:15 CST 2026 host</c>. A host must follow, or the number is one.</summary>
    private static int? LateYear(string text, int at, out int end, out string? zone)
    {
        (end, zone) = (at, null);
        var i = at + 1;
        while (i < text.Length && i < at + 6 && char.IsAsciiLetterUpper(text[i])) i++;
        if (i > at + 3 && i < text.Length && text[i] == ' ') zone = text[(at + 1)..i++];
        else i = at + 1;
        if (i + 5 >= text.Length || text[at] != ' ' || text[i + 4] != ' ' || !int.TryParse(text.AsSpan(i, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year is < 1970 or > 2100)
        {
            zone = null;
            return null;
        }

        var word = text.IndexOf(' ', i + 5);
        if (word < 0 || IsTag(text[(i + 5)..word]))
        {
            zone = null;
            return null;
        }

        end = i + 4;
        return year;
    }

    /// <summary>True where a program's name and number stand: <c>sshd[812]: </c>.</summary>
    private static bool IsProgram(string text, int at)
    {
        var end = text.IndexOf("]: ", at, Math.Min(text.Length - at, 96), StringComparison.Ordinal);
        var open = end < 0 ? -1 : text.IndexOf('[', at, end - at);
        return open > at && end > open + 1 && !text.AsSpan(at, open - at).Contains(' ') && !text.AsSpan(open + 1, end - open - 1).ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsTag(string word) => word.EndsWith(':') || (word.EndsWith(']') && word.Contains('[', StringComparison.Ordinal));

    /// <summary>Index after the colon of a tag that begins at <paramref name="at"/>, or 0: up to 64 characters without a space, as in <c>sshd[812]:</c>.</summary>
    private static int TagEnd(string text, int at)
    {
        var from = at;
        while (from < text.Length && text[from] == ' ') from++;
        if (from != at && at != 0 && text[at] == ' ' && from == at + 1)
        {
            // Called with the index of a time's end, the host stands between: look one word further.
            var space = text.IndexOf(' ', from);
            if (space > 0 && !IsTag(text[from..space])) return TagEnd(text, space + 1);
        }

        var inBrackets = false;
        for (var i = from; i < text.Length && i < from + 96; i++)
        {
            var c = text[i];
            if (c == '[') inBrackets = true;
            if (c == ']') inBrackets = false;
            if (c == ':' && !inBrackets) return i > from && (i + 1 == text.Length || text[i + 1] is ' ' or '\t') ? i + 1 : 0;
            // The PAM of old systems writes "su(pam_unix)[123]:"; kernels write no space either.
            if (c is ' ' && !inBrackets) return 0;
        }

        return 0;
    }

    private static bool IsoWord(string text, int at, out string word)
    {
        word = "";
        if (text.Length < at + 19 || !char.IsAsciiDigit(text[at]) || text[at + 4] != '-') return false;
        var end = text.IndexOf(' ', at);
        // "2026-08-05 10:00:00" has the space inside.
        if (end == at + 10) end = text.IndexOf(' ', end + 1);
        word = end < 0 ? text[at..] : text[at..end];
        return true;
    }

    /// <summary>"Mmm dd hh:mm:ss" with an optional year before the month or after the day and optional fraction, as Cisco writes.</summary>
    private static bool TryLegacyTime(string text, int at, out (int? Year, int Month, int Day, TimeSpan Time) time, out int end)
    {
        time = default;
        end = at;
        int? year = null;
        // NX-OS writes the year before the month.
        if (at + 20 <= text.Length && text[at + 4] == ' ' && char.IsAsciiDigit(text[at]) && int.TryParse(text.AsSpan(at, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var first) && MonthOf(text.AsSpan(at + 5, 3)) > 0) (year, at) = (first, at + 5);
        if (text.Length < at + 14) return false;
        var month = MonthOf(text.AsSpan(at, 3));
        if (month == 0 || text[at + 3] != ' ') return false;
        var i = at + 4;
        while (i < text.Length && text[i] == ' ' && i < at + 6) i++;
        if (!Number(text, ref i, 2, out var day) || i >= text.Length || text[i] != ' ') return false;
        i++;
        var yearAt = i;
        if (Number(text, ref yearAt, 4, out var four) && yearAt == i + 4 && yearAt < text.Length && text[yearAt] == ' ')
        {
            year = four;
            i = yearAt + 1;
        }

        if (!Number(text, ref i, 2, out var hour) || i >= text.Length || text[i++] != ':' || !Number(text, ref i, 2, out var minute)
            || i >= text.Length || text[i++] != ':' || !Number(text, ref i, 2, out var second)) return false;
        var fraction = 0d;
        if (i + 1 < text.Length && text[i] == '.' && char.IsAsciiDigit(text[i + 1]))
        {
            var scale = 0.1;
            for (i++; i < text.Length && char.IsAsciiDigit(text[i]); i++, scale /= 10) fraction += (text[i] - '0') * scale;
        }

        if (i < text.Length && text[i] == ':') i++;
        if (day is < 1 or > 31 || hour > 23 || minute > 59 || second > 60 || (i < text.Length && text[i] != ' ')) return false;
        time = (year, month, day, new TimeSpan(hour, minute, Math.Min(second, 59)) + TimeSpan.FromTicks((long)Math.Round(fraction * TimeSpan.TicksPerSecond)));
        end = i;
        return true;

        static bool Number(string text, ref int i, int most, out int value)
        {
            value = 0;
            var from = i;
            while (i < text.Length && i < from + most && char.IsAsciiDigit(text[i])) value = value * 10 + (text[i++] - '0');
            return i > from;
        }
    }

    /// <summary>The month of three letters, from 1; 0 for others.</summary>
    internal static int MonthOf(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < Months.Length; i++)
        {
            if (name.SequenceEqual(Months[i])) return i + 1;
        }

        return 0;
    }

    /// <summary>A local time with the year that the options tell where it names none; absent for a day that there is not.</summary>
    internal static DateTimeOffset? WithYear((int? Year, int Month, int Day, TimeSpan Time) time, LogParseOptions options)
    {
        // However old: what a file of years ago says is so.
        if (time.Year is { } told) return told is > 1 and < 9999 && time.Day <= DateTime.DaysInMonth(told, time.Month) ? At(new DateTime(told, time.Month, time.Day) + time.Time, options) : null;
        var local = options.ReferenceTime.ToOffset(options.AssumedOffset).DateTime;
        var latest = local > DateTime.MaxValue.AddDays(-1) ? local : local.AddDays(1);
        // Four years back reach a 29 February.
        for (var year = latest.Year; year > latest.Year - 9 && year is > 1 and < 9999; year--)
        {
            if (time.Day > DateTime.DaysInMonth(year, time.Month)) continue;
            var result = new DateTime(year, time.Month, time.Day) + time.Time;
            if (result <= latest) return At(result, options);
        }

        return null;
    }

    private static DateTimeOffset? At(DateTime local, LogParseOptions options) =>
        local.Year is > 1 and < 9999 ? new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), options.AssumedOffset) : null;

    /// <summary>RFC 3339 as RFC 5424 §6.2.3 narrows it; when not <paramref name="strict"/>, also with a space for T, a comma, more digits or no zone.</summary>
    public static bool TryTimestamp(string text, bool strict, out DateTimeOffset value, out bool noZone)
    {
        value = default;
        noZone = false;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return false;
        if (text[10] != 'T' && (strict || text[10] is not ('t' or ' '))) return false;
        if (!Two(text, 5, out var month) || !Two(text, 8, out var day) || !Two(text, 11, out var hour) || !Two(text, 14, out var minute) || !Two(text, 17, out var second)
            || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)) return false;
        // Leap seconds must not be used (RFC 5424 §6.2.3).
        if (year is < 2 or > 9998 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        var i = 19;
        long ticks = 0;
        if (i < text.Length && (text[i] == '.' || (!strict && text[i] == ',')))
        {
            var from = ++i;
            for (var scale = 1_000_000L; i < text.Length && char.IsAsciiDigit(text[i]); i++, scale /= 10) ticks += (text[i] - '0') * scale;
            if (i == from || (strict && i - from > 6) || i - from > 12) return false;
        }

        var local = new DateTime(year, month, day, hour, minute, second).AddTicks(ticks);
        if (i == text.Length)
        {
            noZone = true;
            value = new DateTimeOffset(local, TimeSpan.Zero);
            return !strict;
        }

        if (i + 1 == text.Length && (text[i] == 'Z' || (!strict && text[i] == 'z')))
        {
            value = new DateTimeOffset(local, TimeSpan.Zero);
            return true;
        }

        if (!strict && text[i] == ' ' && i + 1 < text.Length) i++;
        var compact = !strict && i + 5 == text.Length;
        if (text[i] is not ('+' or '-') || (!compact && (i + 6 != text.Length || text[i + 3] != ':'))
            || !Two(text, i + 1, out var zoneHour) || !Two(text, i + (compact ? 3 : 4), out var zoneMinute) || zoneMinute > 59 || zoneHour > 14 || (zoneHour == 14 && zoneMinute > 0)) return false;
        var offset = new TimeSpan(zoneHour, zoneMinute, 0);
        value = new DateTimeOffset(local, text[i] == '-' ? -offset : offset);
        return true;

        static bool Two(string text, int at, out int value)
        {
            value = 0;
            if (at + 1 >= text.Length || !char.IsAsciiDigit(text[at]) || !char.IsAsciiDigit(text[at + 1])) return false;
            value = (text[at] - '0') * 10 + text[at + 1] - '0';
            return true;
        }
    }

    private static string Word(string text, ref int at)
    {
        var end = at < text.Length ? text.IndexOf(' ', at) : -1;
        var word = at >= text.Length ? "" : end < 0 ? text[at..] : text[at..end];
        at = end < 0 ? text.Length : end + 1;
        return word;
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
