using System.Buffers;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads lines of any program that stand by a time, as logging libraries write them: <c>2026-11-22 01:42:10,747 INFO [main] org.example.Store: text</c>. Taken are the time,
/// the level, and about the level the thread, the process and the logger; the rest is the message. A word counts as a level where it is written like one, not where it begins
/// a sentence.
/// </summary>
internal static class ApplicationParser
{
    private const int MostBefore = 4;
    private const int MostBehind = 6;
    private const int LongestWord = 160;

    private static readonly SearchValues<char> NameSigns = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$-/@#+<>()[]\\");

    /// <param name="text">The line.</param>
    /// <param name="options">How times are read.</param>
    /// <param name="sure">True when a level stands by the time, so that the line is nothing else that begins with a time.</param>
    /// <param name="carried">True when the line is within another: a line that it carries itself is not looked into.</param>
    public static ParsedRecord? TryParse(string text, LogParseOptions options, out bool sure, bool carried = false)
    {
        sure = false;
        var head = new Head(text);
        if (!head.Glog(options) && !head.Time(options)) return null;
        head.Behind();
        sure = head.Level is not null || head.Stream is not null;
        var message = text[head.At..];
        var fields = new FieldMap();
        Add("stream", head.Stream);
        var reading = new Reading(fields, [], options);
        var format = LogFormats.Application;
        if (head.Stream is not null && !carried && text[head.BehindStream..] is var line && !line.StartsWith('{'))
        {
            if (options.Decoders?.Read(null, options.Source, line, false, reading) != true) MessageDecoders.ReadMessage(null, line, reading);
            if (reading.Decoder is not null)
            {
                reading.Add(LogParser.DecoderField, reading.Decoder);
                return new ParsedRecord
                {
                    Format = format, Decoder = reading.Decoder, Timestamp = head.Value, TimestampText = head.Written, TimeZoneAssumed = head.Assumed, ProcId = reading.ProcId, HostName = reading.Host, AppName = reading.App,
                    Severity = reading.Severity, Fields = fields, Message = line, Problems = reading.Problems,
                };
            }
        }

        Add("level", head.Level);
        Add("thread", head.Thread);
        Add("logger", head.Logger);
        // What a program writes behind the time may be an object or pairs, with a level and a text of its own.
        if (message.StartsWith('{') && message.EndsWith('}'))
        {
            if (ShippedText.ReadObject(message, reading)) message = reading.Message ?? message;
            else reading.Problems.Clear();
        }
        else if (PairsParser.Looks(message))
        {
            PairsParser.ReadRecord(message, reading);
            if (head.Level is null) format = LogFormats.Pairs;
            message = reading.Message ?? message;
        }

        return new ParsedRecord
        {
            Format = format, Timestamp = head.Value, TimestampText = head.Written, TimeZoneAssumed = head.Assumed, ProcId = head.Process ?? reading.ProcId, Decoder = reading.Decoder, HostName = reading.Host, AppName = reading.App,
            Severity = SeverityOf(head.Level) ?? reading.Severity ?? SeverityOf(reading.First("level", "Level", "severity", "lvl")), Fields = fields, Message = message, Problems = reading.Problems,
        };

        void Add(string name, string? value)
        {
            if (value is not null) fields[name] = value;
        }
    }

    /// <summary>True for the line of a container's runtime, which may hold any other line: <c>2026-01-04T01:02:03.123456789Z stdout F text</c>.</summary>
    public static bool IsContainers(string text) =>
        text.Length > 30 && text[10] == 'T' && text.IndexOf(' ', 19, Math.Min(text.Length - 19, 18)) is > 0 and var blank && text.AsSpan(blank + 1) is ['s', 't', 'd', 'o' or 'e', 'u' or 'r', 't' or 'r', ' ', 'F' or 'P', ' ', ..];

    private static int? SeverityOf(string? level) => level switch
    {
        "V" or "T" or "D" => 7,
        "I" => 6,
        "W" => 4,
        "E" => 3,
        "F" => 2,
        _ => Severities.Of(level),
    };

    /// <summary>What stands before the message.</summary>
    private ref struct Head(string text)
    {
        private readonly string text = text;

        // A dash was passed last: what follows is rather the message.
        private bool dashed;

        public int At;
        public DateTimeOffset Value;
        public bool Assumed;
        public string Written = "";
        public string? Level;
        public string? Thread;
        public string? Logger;
        public string? Process;
        public string? Stream;
        public int BehindStream;

        private readonly char Here => At < text.Length ? text[At] : '\0';

        /// <summary><c>I1129 10:00:00.123456   123 file.go:45] text</c>, without a year.</summary>
        public bool Glog(LogParseOptions options)
        {
            if (text.Length < 26 || text[0] is not ('I' or 'W' or 'E' or 'F') || text[5] != ' ' || text.AsSpan(1, 4).ContainsAnyExceptInRange('0', '9') || text[8] != ':') return false;
            var close = text.IndexOf("] ", StringComparison.Ordinal);
            if (close is < 16 or > LongestWord) return false;
            if (!LeadingTime.TryRead($"{text.AsSpan(1, 2)}-{text.AsSpan(3, 2)}{text.AsSpan(5, close - 5)}", options, false, out Value, out Assumed, out var length)) return false;
            // One sign more than is written there.
            var rest = text.AsSpan(length, close - length).Trim();
            var blank = rest.IndexOf(' ');
            if (blank < 1 || rest[..blank].ContainsAnyExceptInRange('0', '9')) return false;
            (Written, Level, Process, Logger) = (text[1..length], text[..1], rest[..blank].ToString(), rest[blank..].Trim().ToString());
            At = close + 2;
            return true;
        }

        /// <summary>Goes to the time and behind it; what may stand before it are a level, numbers and what is in brackets.</summary>
        public bool Time(LogParseOptions options)
        {
            for (var words = 0; words <= MostBefore && At < text.Length; words++)
            {
                var open = Here is '[' or '(' or '<' ? 1 : 0;
                if (LeadingTime.TryRead(text.AsSpan(At + open), options, words == 0 || (words == 1 && text.StartsWith("- ", StringComparison.Ordinal)), out Value, out Assumed, out var length))
                {
                    Written = text.Substring(At + open, length);
                    At += open + length;
                    if (open > 0 && Here is ']' or ')' or '>') At++;
                    return true;
                }

                // "WARNING:2026-11-22 …"
                if (open == 0 && text.AsSpan(At) is var rest && rest.IndexOf(':') is > 0 and <= 11 and var colon && LevelOf(rest[..colon], marked: true) is { } first && colon + 1 < rest.Length && char.IsAsciiDigit(rest[colon + 1]))
                {
                    Level ??= first;
                    At += colon + 1;
                    continue;
                }

                var end = open > 0 ? Closing() : text.AsSpan(At).IndexOfAny(' ', '\t') is >= 0 and var blank ? At + blank : -1;
                if (end < 0 || end - At > LongestWord) return false;
                var word = text.AsSpan(At, end - At);
                if (LevelOf(word.Trim("[]()<>:|,"), marked: true) is { } level) Level ??= level;
                else if (open == 0 && word is not "-" && word.ContainsAnyExceptInRange('0', '9') && !(words == 0 && word.Contains(".log", StringComparison.Ordinal))) return false;
                At = end;
                while (Here is ' ' or '\t') At++;
            }

            return false;
        }

        /// <summary>Reads what stands between the time and the message.</summary>
        public void Behind()
        {
            if (Here == ':') At++;
            Separators();
            // As containers' lines are written by the runtime: where it came from, and whether it is whole.
            foreach (var stream in (ReadOnlySpan<string>)["stdout", "stderr"])
            {
                if (!text.AsSpan(At).StartsWith(stream) || text.AsSpan(At + stream.Length) is not [' ', 'F' or 'P', ' ', ..]) continue;
                Stream = stream;
                BehindStream = At += stream.Length + 3;
            }

            for (var words = 0; words < MostBehind && At < text.Length; words++)
            {
                var from = At;
                if (dashed && Level is not null && !IsNameBeforeDash()) return;
                if (!(Here is '[' or '(' or '{' ? Bracket() : Word()))
                {
                    At = from;
                    return;
                }
            }
        }

        private bool Bracket()
        {
            var end = Closing();
            if (end < 0 || end - At > LongestWord) return false;
            var inner = text.AsSpan(At + 1, end - At - 2).Trim();
            if (Here == '{')
            {
                if (Level is not null || Logger is not null || inner.ContainsAny(" \"") || !LevelFollows(end)) return false;
                Logger = inner.ToString();
            }
            else if (Level is null && LevelOf(inner, marked: true) is { } level) Level = level;
            else if (Process is null && inner.Length is > 0 and <= 10 && !inner.ContainsAnyExceptInRange('0', '9')) Process = inner.ToString();
            else if (Thread is null && (Level is not null || LevelFollows(end))) Thread = inner.ToString();
            else return false;
            At = end;
            Separators();
            return true;
        }

        private bool Word()
        {
            var rest = text.AsSpan(At);
            var length = rest.IndexOfAny(' ', '\t', '|');
            if (length < 0) length = rest.Length;
            if (length is 0 or > LongestWord) return false;
            var next = At + length;
            var word = rest[..length];
            var plain = word.TrimEnd(":,-");
            var colon = word[^1] == ':';
            var wide = next + 1 < text.Length && (text[next] is '\t' or '|' || text[next + 1] is ' ' or '|' or '[' or '(' || text.AsSpan(next).StartsWith(" - ") || text.AsSpan(next).StartsWith(" : "));
            if (Level is null && LevelOf(plain, marked: word.Length > plain.Length || wide || Process is not null) is { } level)
            {
                Level = level;
            }
            else if (Level is null && plain.Length is > 0 and <= 10 && word.Length == plain.Length && !plain.ContainsAnyExceptInRange('0', '9') && (Process is null ? NumberOrLevelFollows(next) : LevelFollows(next)))
            {
                // Where there are two, they are the process and its thread.
                if (Process is null) Process = plain.ToString();
                else Thread ??= plain.ToString();
            }
            else if (Level is not null && Process is null && word.Length is > 0 and <= 10 && !word.ContainsAnyExceptInRange('0', '9') && text.AsSpan(next) is [' ', '-' or '[' or '(', ..])
            {
                Process = word.ToString();
            }
            else if (Logger is null && (Level is not null ? colon || wide : wide && LevelFollows(next)) && plain.Length > 0 && char.IsAsciiLetter(plain[0]) && !plain.ContainsAnyExcept(NameSigns))
            {
                Logger = plain.ToString();
            }
            else
            {
                return false;
            }

            At = next;
            Separators();
            return true;
        }

        private readonly bool IsNameBeforeDash()
        {
            var rest = text.AsSpan(At);
            var length = rest.IndexOf(' ');
            return length > 0 && rest[length..].StartsWith(" - ") && rest[..length].Contains('.') && !rest[..length].ContainsAnyExcept(NameSigns);
        }

        private readonly bool NumberOrLevelFollows(int from)
        {
            while (from < text.Length && text[from] == ' ') from++;
            var digits = from;
            while (digits < text.Length && char.IsAsciiDigit(text[digits])) digits++;
            return LevelFollows(digits > from && digits < text.Length && text[digits] == ' ' ? digits : from);
        }

        private readonly bool LevelFollows(int from)
        {
            var rest = text.AsSpan(from).TrimStart(" \t-|:[(");
            var length = rest.IndexOfAnyExceptInRange('A', 'Z');
            if (length < 1 || LevelOf(rest[..length], marked: true) is null)
            {
                length = rest.IndexOfAny(" :]|)");
                return length > 0 && LevelOf(rest[..length], marked: rest[length] != ' ') is not null;
            }

            return rest[length] is ' ' or '\t' or ']' or ')' or ':' or '|' or ',';
        }

        /// <summary>Behind the bracket that closes the one here; −1 where none does.</summary>
        private readonly int Closing()
        {
            var (open, close) = text[At] switch { '[' => ('[', ']'), '(' => ('(', ')'), '{' => ('{', '}'), _ => ('<', '>') };
            var depth = 0;
            var most = Math.Min(text.Length, At + LongestWord);
            for (var i = At; i < most; i++)
            {
                if (text[i] == open) depth++;
                else if (text[i] == close && --depth == 0) return i + 1;
            }

            return -1;
        }

        private void Separators()
        {
            dashed = false;
            while (true)
            {
                while (Here is ' ' or '\t') At++;
                // A sign alone stands between two parts; one that hangs on a word belongs to it.
                var dashes = At;
                while (dashes < text.Length && text[dashes] == '-') dashes++;
                if (Here is '|' or ',') At++;
                else if (Here is ':' or ';' && (At + 1 == text.Length || text[At + 1] == ' ')) At++;
                else if (dashes > At && (dashes == text.Length || text[dashes] == ' ')) (At, dashed) = (dashes, dashes == At + 1);
                else return;
            }
        }

        /// <param name="word">The word.</param>
        /// <param name="marked">True when where it stands says that it is one, so that its letters need not be capitals.</param>
        private static string? LevelOf(ReadOnlySpan<char> word, bool marked)
        {
            if (word.Length is 0 or > 11) return null;
            if (word.Length == 1) return marked && word[0] is 'V' or 'T' or 'D' or 'I' or 'W' or 'E' or 'F' ? word.ToString() : null;
            if (!marked && word.ContainsAnyExceptInRange('A', 'Z')) return null;
            Span<char> large = stackalloc char[word.Length];
            word.ToUpperInvariant(large);
            return large is "TRACE" or "DEBUG" or "INFO" or "NOTICE" or "WARN" or "WARNING" or "ERROR" or "ERR" or "FATAL" or "CRITICAL" or "CRIT" or "SEVERE" or "ALERT" or "EMERG" or "EMERGENCY" or "PANIC"
                or "INFORMATION" or "VERBOSE" or "FINE" or "FINER" or "FINEST" or "CONFIG" ? word.ToString() : null;
        }
    }
}
