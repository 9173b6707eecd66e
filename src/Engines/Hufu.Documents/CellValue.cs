using System.Globalization;

namespace Hufu.Documents;

/// <summary>A value to write into a cell, with its type.</summary>
public readonly record struct CellValue
{
    private CellValue(TableCellKind kind, string text, double serial = 0) => (Kind, Text, Serial) = (kind, text, serial);

    /// <summary>Nothing.</summary>
    public static readonly CellValue Empty = new(TableCellKind.Empty, "");

    /// <summary>What it is.</summary>
    public TableCellKind Kind { get; }

    /// <summary>The value as <see cref="TableReader"/> gives it back; null only in a default value, which is empty.</summary>
    public string Text { get => field ?? ""; }

    /// <summary>Days since 30 December 1899, for dates.</summary>
    internal double Serial { get; }

    /// <summary>A text; an empty or null text is the empty cell.</summary>
    public static CellValue Of(string? text) => string.IsNullOrEmpty(text) ? Empty : new CellValue(TableCellKind.Text, text);

    /// <summary>
    /// A number. Spreadsheets keep 15 significant digits: a number with more, or one too small to show without exponent, is
    /// written as text rather than changed.
    /// </summary>
    public static CellValue Of(decimal number)
    {
        var text = number.ToString("0.############################", CultureInfo.InvariantCulture);
        var digits = text.Replace(".", "", StringComparison.Ordinal).TrimStart('-', '0').Length;
        return new CellValue(digits > 15 || number != 0 && Math.Abs(number) < 0.000000001m ? TableCellKind.Text : TableCellKind.Number, text);
    }

    /// <summary>A day.</summary>
    public static CellValue Of(DateOnly day) => Moment(day.ToDateTime(TimeOnly.MinValue), TableCellKind.Date, "yyyy-MM-dd");

    /// <summary>A day and time without zone, to the millisecond.</summary>
    public static CellValue Of(DateTime moment)
    {
        moment = new DateTime(moment.Ticks - moment.Ticks % TimeSpan.TicksPerMillisecond);
        return Moment(moment, TableCellKind.DateTime, "yyyy-MM-dd'T'HH:mm:ss.FFF");
    }

    /// <summary>True or false.</summary>
    public static CellValue Of(bool value) => new(TableCellKind.Boolean, value ? "TRUE" : "FALSE");

    /// <summary>Before March 1900 spreadsheets count days wrongly, so such days are written as text.</summary>
    private static CellValue Moment(DateTime moment, TableCellKind kind, string format)
    {
        var text = moment.ToString(format, CultureInfo.InvariantCulture);
        return moment < new DateTime(1900, 3, 1) ? new CellValue(TableCellKind.Text, text) : new CellValue(kind, text, (moment - new DateTime(1899, 12, 30)).TotalDays);
    }
}
