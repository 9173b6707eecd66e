using System.Globalization;

namespace Hufu.Documents.Reading;

/// <summary>What a number format makes of a number.</summary>
internal enum NumberMeaning
{
    Number,
    Date,
    DateTime,
    Time,
    Duration,
}

/// <summary>Number formats and serial dates of spreadsheets (ISO/IEC 29500-1 §18.8.30, §18.17.4).</summary>
internal static class CellFormat
{
    /// <summary>Formats that have only a number; 27–36 and 50–58 are the dates of East Asian languages.</summary>
    public static NumberMeaning BuiltIn(int id) => id switch
    {
        >= 14 and <= 17 or >= 27 and <= 31 or 36 or >= 50 and <= 54 or 57 or 58 => NumberMeaning.Date,
        >= 18 and <= 21 or >= 32 and <= 35 or 45 or 47 or 55 or 56 => NumberMeaning.Time,
        22 => NumberMeaning.DateTime,
        46 => NumberMeaning.Duration,
        _ => NumberMeaning.Number,
    };

    /// <summary>Reads a custom format's first section: quoted text, escapes, colours and locales do not count.</summary>
    public static NumberMeaning Custom(string code)
    {
        bool date = false, time = false, duration = false, month = false;
        for (var i = 0; i < code.Length; i++)
        {
            var c = code[i];
            switch (c)
            {
                case '"':
                    i = code.IndexOf('"', i + 1);
                    if (i < 0)
                        i = code.Length;
                    break;
                case '\\' or '_' or '*':
                    i++;
                    break;
                case '[':
                    var end = code.IndexOf(']', i);
                    if (end < 0)
                        return NumberMeaning.Number;
                    var inner = code[(i + 1)..end];
                    if (inner.Length > 0 && inner.All(x => x is 'h' or 'H' or 'm' or 'M' or 's' or 'S'))
                        duration = true;
                    i = end;
                    break;
                case ';':
                    i = code.Length;
                    break;
                case 'y' or 'Y' or 'd' or 'D' or 'r':
                    date = true;
                    break;
                case 'e' or 'E' when i + 1 >= code.Length || code[i + 1] is not ('+' or '-'):
                    // In Chinese and Japanese formats e is the year of the era.
                    date = true;
                    break;
                case 'h' or 'H' or 's' or 'S':
                    time = true;
                    break;
                case 'm' or 'M':
                    month = true;
                    break;
                case 'G' or 'g' when code.AsSpan(i).StartsWith("General", StringComparison.OrdinalIgnoreCase):
                    return NumberMeaning.Number;
            }
        }

        if (duration)
            return NumberMeaning.Duration;
        if (date && time)
            return NumberMeaning.DateTime;
        if (time)
            return NumberMeaning.Time;
        return date || month ? NumberMeaning.Date : NumberMeaning.Number;
    }

    /// <summary>The cell for a number under a format.</summary>
    public static TableCell Cell(double value, NumberMeaning meaning, bool from1904, bool formula)
    {
        switch (meaning)
        {
            case NumberMeaning.Duration:
            case NumberMeaning.Time when value is >= 0 and < 1:
                if (Math.Abs(value) < 1_000_000)
                    return new TableCell(Clock(value), TableCellKind.Time, formula);
                break;
            case NumberMeaning.Date or NumberMeaning.DateTime or NumberMeaning.Time:
                if (Serial(value, from1904) is { } moment)
                    return Moment(moment, meaning == NumberMeaning.DateTime || moment.TimeOfDay != TimeSpan.Zero, formula);
                break;
        }

        return new TableCell(Number(value), TableCellKind.Number, formula);
    }

    public static TableCell Moment(DateTime moment, bool withTime, bool formula) => withTime
        ? new TableCell(moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF", CultureInfo.InvariantCulture), TableCellKind.DateTime, formula)
        : new TableCell(moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), TableCellKind.Date, formula);

    /// <summary>
    /// The moment of a serial number, to the millisecond; null where there is none. Serial 60 is 29 February 1900, a day that
    /// never was: the days before it are one off, the day itself stays a number.
    /// </summary>
    public static DateTime? Serial(double value, bool from1904)
    {
        if (from1904)
            value += 1462;
        else if (value < 60)
            value += 1;
        else if (value < 61)
            return null;
        if (double.IsNaN(value) || value < 2 || value >= 2_958_466)
            return null;
        var milliseconds = (long)Math.Round(value * 86_400_000d);
        return new DateTime(1899, 12, 30).AddTicks(milliseconds * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>A number as spreadsheets show it: 15 significant digits, invariant, without exponent where it fits.</summary>
    public static string Number(double value)
    {
        if (Math.Abs(value) is > 1e-12 and < 1e27)
            return ((decimal)value).ToString("0.############################", CultureInfo.InvariantCulture);
        return value == 0 ? "0" : value.ToString("G15", CultureInfo.InvariantCulture);
    }

    private static string Clock(double days)
    {
        var seconds = (long)Math.Round(Math.Abs(days) * 86_400d);
        return string.Create(CultureInfo.InvariantCulture, $"{(days < 0 ? "-" : "")}{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }
}
