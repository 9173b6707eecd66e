using System.Globalization;
using System.Text;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Rows;

/// <summary>Makes events of rows.</summary>
internal static class RowEvents
{
    private const int MaxFields = 512;
    private static readonly LogParseOptions Reading = new() { ReferenceTime = default };

    /// <summary>The event of a row. It carries the reader's name and the row's number, by which it is found again.</summary>
    public static LogEvent Of(Row row, RowTailOptions options, DateTimeOffset now, long number)
    {
        var mapping = options.Mapping;
        var problems = new List<string>();
        var fields = new FieldMap();
        DateTimeOffset? time = null;
        var assumed = false;
        int? severity = null;
        string? host = null, app = null, message = null;
        for (var i = 0; i < row.Names.Count; i++)
        {
            var (name, value) = (row.Names[i], row.Values[i]);
            if (value.Kind is RowValueKind.Null) continue;
            if (Is(name, mapping.Time))
            {
                if (TryTime(value.Text, mapping.Zone, out var read, out assumed))
                {
                    time = read;
                    if (!Is(name, options.BookmarkColumn)) continue;
                }
                else
                {
                    problems.Add(LogProblem.Of(LogProblem.TimeUnread, value.Text.Length > 48 ? value.Text[..48] : value.Text));
                }
            }
            else if (Is(name, mapping.Severity))
            {
                severity = value.Text is [>= '0' and <= '7'] ? value.Text[0] - '0' : Severities.Of(value.Text);
                if (severity is not null) continue;
            }
            else if (Is(name, mapping.Host))
            {
                host = value.Text;
                continue;
            }
            else if (Is(name, mapping.App))
            {
                app = value.Text;
                continue;
            }
            else if (Is(name, mapping.Message))
            {
                message = value.Text;
                continue;
            }

            if (fields.Count < MaxFields) fields[name] = value.Text;
            else if (!problems.Contains(LogProblem.Of(LogProblem.FieldsTooMany, MaxFields))) problems.Add(LogProblem.Of(LogProblem.FieldsTooMany, MaxFields));
        }

        if (mapping.Time.Length > 0 && time is null && problems.Count == 0) problems.Add(LogProblem.TimeNone);
        if (row.IsCut) problems.Add(LogProblem.RecordCut);
        var raw = Json(row);
        var item = LogParser.Event(
            new ParsedRecord { Format = LogFormats.Database, Timestamp = time, TimeZoneAssumed = assumed, HostName = host, AppName = app, Severity = severity, Message = message ?? raw, Fields = fields, Problems = problems },
            raw, now, options.Source);
        fields["log.database"] = options.Name;
        fields["log.row"] = number.ToString(CultureInfo.InvariantCulture);
        return item;
    }

    private static bool Is(string name, string column) => column.Length > 0 && string.Equals(name, column, StringComparison.OrdinalIgnoreCase);

    private static bool TryTime(string text, TimeZoneInfo zone, out DateTimeOffset time, out bool assumed)
    {
        assumed = false;
        if (text.Length == 10 && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) (time, assumed) = (new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), true);
        else if (!TimeTexts.TryRead(text, Reading, utc: false, out time, out assumed)) return false;
        if (assumed) time = new DateTimeOffset(time.DateTime, zone.GetUtcOffset(time.DateTime));
        return true;
    }

    private static string Json(Row row)
    {
        var text = new StringBuilder("{");
        for (var i = 0; i < row.Names.Count; i++)
        {
            var value = row.Values[i];
            if (value.Kind is RowValueKind.Null) continue;
            if (text.Length > 1) text.Append(',');
            Quoted(text, row.Names[i]);
            text.Append(':');
            if ((value.Kind is RowValueKind.Flag && value.Text is "true" or "false") || (value.Kind is RowValueKind.Number && IsNumber(value.Text))) text.Append(value.Text);
            else Quoted(text, value.Text);
        }

        return text.Append('}').ToString();
    }

    // Letters of all scripts stand as they are, so that a search finds them in the raw text.
    private static void Quoted(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (c is '"' or '\\') text.Append('\\').Append(c);
            else if (c < ' ' || c == '\x7F') text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1])) text.Append(c).Append(value[++i]);
            else text.Append(char.IsSurrogate(c) ? '\uFFFD' : c);
        }

        text.Append('"');
    }

    // As JSON writes numbers, digit for digit: NaN and the infinities are texts.
    private static bool IsNumber(string text)
    {
        var at = text.StartsWith('-') ? 1 : 0;
        if (!Digits(out var first, out var count) || (count > 1 && first == '0')) return false;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            if (!Digits(out _, out _)) return false;
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            if (at < text.Length && text[at] is '+' or '-') at++;
            if (!Digits(out _, out _)) return false;
        }

        return at == text.Length;

        bool Digits(out char first, out int count)
        {
            var from = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            (first, count) = (from < text.Length ? text[from] : '\0', at - from);
            return count > 0;
        }
    }
}
