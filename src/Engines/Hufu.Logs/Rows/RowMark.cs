using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Rows;

/// <summary>Reckons with bookmarks.</summary>
internal static class RowMark
{
    private const int Longest = 1_000;
    private static readonly LogParseOptions Utc = new() { ReferenceTime = default };

    /// <summary>Where a bookmark stands among the others: the number, or the time in ticks; 0 for texts.</summary>
    /// <exception cref="RowSourceException">It is none.</exception>
    public static long Read(BookmarkKind kind, RowValue value, string column)
    {
        if (value.Kind is RowValueKind.Null) throw Fault("logs.rows.null", $"有一列的書籤欄位「{column}」沒有值。", $"A row has no value in the bookmark column “{column}”.");
        if (value.Text.Length is 0 or > Longest) throw Fault("logs.rows.length", $"書籤欄位「{column}」的值必須為 1 到 {Longest} 字。", $"A value of the bookmark column “{column}” must have 1 to {Longest} characters.");
        switch (kind)
        {
            case BookmarkKind.Integer:
                return long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Fault("logs.rows.integer", $"書籤欄位「{column}」的值「{Short(value.Text)}」不是 64 位元整數。", $"The value “{Short(value.Text)}” of the bookmark column “{column}” is no whole number of 64 bits.");
            case BookmarkKind.Time:
                return TryTime(value.Text, out var time) ? time.UtcTicks : throw Fault("logs.rows.time", $"書籤欄位「{column}」的值「{Short(value.Text)}」不是時間。", $"The value “{Short(value.Text)}” of the bookmark column “{column}” is no time.");
            default:
                return 0;
        }
    }

    /// <summary>From where on is read when the highest bookmark is stored, and where that stands.</summary>
    public static (string? Text, long At) Floor(RowTailOptions options, string? high)
    {
        if (high is null) return (null, long.MinValue);
        var at = Read(options.Kind, new RowValue(RowValueKind.Text, high), options.BookmarkColumn);
        if (options.Overlap <= 0 || options.Kind is BookmarkKind.Text) return (high, at);
        if (options.Kind is BookmarkKind.Integer)
        {
            var lower = at < long.MinValue + options.Overlap ? long.MinValue : at - options.Overlap;
            return (lower.ToString(CultureInfo.InvariantCulture), lower);
        }

        // Whole seconds without a zone, in the same form: as text, too, it comes before all that it means.
        TryTime(high, out var time);
        var back = time.Ticks > options.Overlap * TimeSpan.TicksPerSecond ? new DateTime(time.Ticks - options.Overlap * TimeSpan.TicksPerSecond) : DateTime.MinValue;
        var text = high.Length > 10 ? back.ToString($"yyyy-MM-dd'{high[10]}'HH:mm:ss", CultureInfo.InvariantCulture) : back.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        TryTime(text, out var floor);
        return (text, floor.Ticks - time.Offset.Ticks);
    }

    /// <summary>Reads a bookmark's time; one without a zone counts as UTC, for only their order matters.</summary>
    public static bool TryTime(string text, out DateTimeOffset time)
    {
        if (text.Length == 10 && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            time = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
            return true;
        }

        time = default;
        // Only times that are written from the year on can be asked for by their text.
        return text.Length >= 16 && text[4] == '-' && text[7] == '-' && text[10] is 'T' or ' ' && TimeTexts.TryRead(text, Utc, utc: true, out time, out _);
    }

    public static RowSourceException Fault(string code, string zh, string en) => new(Error.Of(code, zh, en));

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
