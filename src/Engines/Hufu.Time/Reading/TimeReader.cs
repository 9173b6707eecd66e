using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>
/// Reads what the tools of time services print, and what their logs and packets hold. One text may hold several reports, one after another; what stands
/// between them (a prompt, a heading) is passed over. Nothing is thrown for what a text holds.
/// </summary>
public static class TimeReader
{
    private static readonly ReportParser[] Parsers =
    [
        new ChronyTrackingParser(), new ChronySourcesParser(), new ChronySourceStatsParser(), new ChronyNtpDataParser(), new ChronyActivityParser(),
        new ChronyLogParser(ChronyLogParser.Measurements), new ChronyLogParser(ChronyLogParser.Tracking), new ChronyLogParser(ChronyLogParser.Statistics),
        new NtpqPeersParser(), new NtpqVariablesParser(), new TimedatectlParser(), new TimesyncParser(), new HexReplyParser(), new SilentToolParser(),
    ];

    /// <summary>Reads a text or a packet. Fails when there is nothing in it that is known.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="name">Name of the file, for messages.</param>
    /// <param name="limits">What is good enough; null means <see cref="TimeLimits.Default"/>.</param>
    /// <param name="options">Bounds; null means the defaults.</param>
    public static Result<IReadOnlyList<TimeReading>> Read(ReadOnlySpan<byte> content, string name, TimeLimits? limits = null, TimeReadOptions? options = null)
    {
        options ??= new TimeReadOptions();
        limits ??= TimeLimits.Default;
        if (content.Length > options.MaxBytes) return Result.Fail<IReadOnlyList<TimeReading>>(Error.Of("time.read.too-large", $"檔案超過 {options.MaxBytes >> 20} MB。", $"The file is larger than {options.MaxBytes >> 20} MB.", name));
        if (IsPacket(content)) return HexReplyParser.Packet(content, limits) is { IsOk: true } packet ? Result.Of<IReadOnlyList<TimeReading>>([packet.Value]) : Result.Fail<IReadOnlyList<TimeReading>>(HexReplyParser.Packet(content, limits).Errors[0] with { Place = name });
        return Read(TextOf(content), name, limits, options);
    }

    /// <summary>Reads a text, as <see cref="Read(ReadOnlySpan{byte}, string, TimeLimits?, TimeReadOptions?)"/> does.</summary>
    public static Result<IReadOnlyList<TimeReading>> Read(string text, string name, TimeLimits? limits = null, TimeReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= new TimeReadOptions();
        limits ??= TimeLimits.Default;
        var lines = new Lines(text, name, options);
        var readings = new List<TimeReading>();
        while (!lines.AtEnd)
        {
            if (lines.Current.AsSpan().Trim().IsEmpty || Array.Find(Parsers, p => p.Begins(lines)) is not { } parser)
            {
                lines.Next();
                continue;
            }

            if (readings.Count == options.MaxReadings) return Result.Fail<IReadOnlyList<TimeReading>>(Error.Of("time.read.too-many", $"一個檔案最多讀 {options.MaxReadings} 份輸出。", $"At most {options.MaxReadings} reports are read from one file.", lines.Place));
            var (line, before) = (lines.Number, lines.TakeProblems());
            var reading = parser.Read(lines, limits) with { Line = line };
            readings.Add(reading with { Problems = [.. before, .. lines.TakeProblems()] });
            // Every report takes a line at least, or the reading would stand still.
            if (lines.Number == line) lines.Next();
        }

        return readings.Count > 0
            ? Result.Of<IReadOnlyList<TimeReading>>(readings)
            : Result.Fail<IReadOnlyList<TimeReading>>(Error.Of(
                "time.read.unknown", "認不出這是什麼：請提供 chronyc、ntpq、timedatectl 的輸出，chrony 的記錄檔，或 NTP 回應封包。", "Not recognised: give the output of chronyc, ntpq or timedatectl, a log of chrony, or an NTP reply.", string.Create(CultureInfo.InvariantCulture, $"{name}:1")));
    }

    // Control bytes that no text has, where a header would be.
    private static bool IsPacket(ReadOnlySpan<byte> content) =>
        content.Length is >= NtpPacket.HeaderLength and <= NtpPacket.MaxLength && content[..NtpPacket.HeaderLength].IndexOfAnyInRange((byte)0, (byte)8) >= 0 && !(content[0] == 0xFF && content[1] == 0xFE) && !(content[0] == 0xFE && content[1] == 0xFF) && !LooksWide(content);

    // UTF-16 without its mark has a zero in every second byte.
    private static bool LooksWide(ReadOnlySpan<byte> content)
    {
        for (var i = 1; i < 40; i += 2)
            if (content[i] != 0 || content[i - 1] == 0) return false;
        return true;
    }

    // PowerShell writes UTF-16 when it redirects.
    private static string TextOf(ReadOnlySpan<byte> content) => content switch
    {
        [0xFF, 0xFE, .. var rest] => Encoding.Unicode.GetString(rest),
        [0xFE, 0xFF, .. var rest] => Encoding.BigEndianUnicode.GetString(rest),
        [0xEF, 0xBB, 0xBF, .. var rest] => Encoding.UTF8.GetString(rest),
        _ => content.Length >= 40 && LooksWide(content) ? Encoding.Unicode.GetString(content) : Encoding.UTF8.GetString(content),
    };
}

/// <summary>Reads one kind of report.</summary>
internal abstract class ReportParser
{
    /// <summary>Whether the current line begins such a report.</summary>
    internal abstract bool Begins(Lines lines);

    /// <summary>Reads it and leaves the first line that is none of it as the current one.</summary>
    internal abstract TimeReading Read(Lines lines, TimeLimits limits);
}

/// <summary>The lines of a text, one after another, and what is wrong with them.</summary>
internal sealed class Lines
{
    private readonly List<Error> problems = [];
    private readonly string text, name;
    private int at, next;

    internal Lines(string text, string name, TimeReadOptions options)
    {
        (this.text, this.name, Options) = (text, name, options);
        Cut();
    }

    internal TimeReadOptions Options { get; }

    /// <summary>Number of the current line, from 1.</summary>
    internal int Number { get; private set; } = 1;

    internal string Current { get; private set; } = "";

    internal bool AtEnd => at >= text.Length;

    internal string Place => string.Create(CultureInfo.InvariantCulture, $"{name}:{Number}");

    internal void Next()
    {
        if (AtEnd) return;
        at = next;
        Number++;
        Cut();
    }

    /// <summary>The line behind the current one, without going there.</summary>
    internal string Peek()
    {
        if (next >= text.Length) return "";
        var (end, _) = EndOf(next);
        return text.AsSpan(next, Math.Min(end - next, Options.MaxLine)).ToString();
    }

    /// <summary>Notes that the current line cannot be read.</summary>
    internal void Problem(string zh, string en)
    {
        if (problems.Count < Options.MaxProblems) problems.Add(Error.Of("time.read.line", zh, en, Place));
    }

    internal List<Error> TakeProblems()
    {
        List<Error> taken = [.. problems];
        problems.Clear();
        return taken;
    }

    private void Cut()
    {
        if (AtEnd)
        {
            Current = "";
            return;
        }

        (var end, next) = EndOf(at);
        var length = end - at;
        if (length > Options.MaxLine)
        {
            Problem("這一行太長，已截斷。", "The line is too long and was cut.");
            length = Options.MaxLine;
        }

        Current = text.Substring(at, length);
    }

    private (int End, int Next) EndOf(int from)
    {
        var end = text.IndexOf('\n', from);
        if (end < 0) return (text.Length, text.Length);
        return (end > from && text[end - 1] == '\r' ? end - 1 : end, end + 1);
    }
}

/// <summary>Figures as the tools write them.</summary>
internal static class Figures
{
    /// <summary>A plain number; null when it is none or not finite.</summary>
    internal static double? Number(ReadOnlySpan<char> text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    internal static int? Whole(ReadOnlySpan<char> text) => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>A stratum: 0 to 16.</summary>
    internal static int? Stratum(ReadOnlySpan<char> text) => Whole(text) is >= 0 and <= 255 and var value ? value : null;

    /// <summary>A register of eight bits in octal.</summary>
    internal static int? Octal(ReadOnlySpan<char> text)
    {
        var value = 0;
        if (text.IsEmpty || text.Length > 3) return null;
        foreach (var c in text)
        {
            if (c is < '0' or > '7') return null;
            value = (value * 8) + (c - '0');
        }

        return value <= 255 ? value : null;
    }

    /// <summary>A number with a unit behind it, in seconds; <c>12ms</c>, <c>-1.5us</c>, <c>1min 2.5s</c>. Without a unit the factor that is given.</summary>
    internal static double? Span(ReadOnlySpan<char> text, double bare = 1)
    {
        text = text.Trim();
        var sign = 1.0;
        if (text is ['+' or '-', ..])
        {
            if (text[0] == '-') sign = -1;
            text = text[1..].TrimStart();
        }

        if (text.IsEmpty) return null;
        var (total, parts) = (0.0, 0);
        while (!text.IsEmpty)
        {
            var digits = 0;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.' || (digits > 0 && text[digits] is 'e' or 'E' && digits + 1 < text.Length && (char.IsAsciiDigit(text[digits + 1]) || text[digits + 1] is '-' or '+')) || (digits > 0 && text[digits - 1] is 'e' or 'E' && text[digits] is '-' or '+'))) digits++;
            if (digits == 0 || Number(text[..digits]) is not { } number) return null;
            text = text[digits..].TrimStart();
            var letters = 0;
            while (letters < text.Length && (char.IsLetter(text[letters]) || text[letters] is 'µ' or 'μ')) letters++;
            var factor = text[..letters] switch
            {
                "" => parts == 0 && text.IsEmpty ? bare : double.NaN,
                "ns" or "nsec" => 1e-9,
                "us" or "usec" or "µs" or "μs" => 1e-6,
                "ms" or "msec" => 1e-3,
                "s" or "sec" or "second" or "seconds" => 1,
                "m" or "min" or "minute" or "minutes" => 60,
                "h" or "hr" or "hour" or "hours" => 3600,
                "d" or "day" or "days" => 86400,
                "w" or "week" or "weeks" => 7 * 86400,
                "month" or "months" => 2629800,
                "y" or "year" or "years" => 31557600,
                _ => double.NaN,
            };
            if (double.IsNaN(factor)) return null;
            total += number * factor;
            parts++;
            text = text[letters..].TrimStart();
        }

        return double.IsFinite(total) ? sign * total : null;
    }

    /// <summary>Root distance out of its two parts.</summary>
    internal static double? Distance(double? rootDelay, double? rootDispersion) => rootDelay is { } delay && rootDispersion is { } dispersion ? (Math.Abs(delay) / 2) + dispersion : null;

    /// <summary>A date and time of UTC as <c>2026-11-23 04:23:36</c>.</summary>
    internal static DateTimeOffset? Utc(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    /// <summary>A date and time of UTC as C writes it: <c>Mon Nov 23 04:23:49 2026</c>; null for 1970, which stands where there is none.</summary>
    internal static DateTimeOffset? CTime(string text) =>
        DateTimeOffset.TryParseExact(text.Trim(), ["ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy", "ddd MMM dd HH:mm:ss yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) && at.Year > 1970 ? at : null;

    /// <summary>Seconds since 1970, with fraction.</summary>
    internal static DateTimeOffset? Unix(ReadOnlySpan<char> text) => Number(text) is > 0 and < 4e10 and var seconds ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)) : null;

    internal static readonly char[] Blanks = [' ', '\t'];

    internal static string[] Words(string line) => line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Name and value of a line <c>Name : value</c>; null for another line.</summary>
    internal static (string Name, string Value)? Pair(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 ? null : (line[..colon].Trim(), line[(colon + 1)..].Trim());
    }
}
