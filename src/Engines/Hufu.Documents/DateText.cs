using System.Globalization;
using System.Text.RegularExpressions;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>How a date was written.</summary>
public enum DateTextKind
{
    /// <summary>Not read.</summary>
    None,

    /// <summary>Year of the common era first: <c>2024/5/2</c>, <c>2024-05-02</c>, <c>20240502</c>.</summary>
    CommonEra,

    /// <summary>Year of the Republic first: <c>113/5/2</c>, <c>民國113年5月2日</c>, <c>1130502</c>.</summary>
    RepublicEra,

    /// <summary>Year last: <c>2/5/2024</c>.</summary>
    YearLast,

    /// <summary>A spreadsheet's serial number: <c>45414</c>.</summary>
    Serial,
}

/// <summary>What a text says as a date.</summary>
/// <param name="Value">The day; null when there is none or when nothing decides between two.</param>
/// <param name="Kind">How it was written.</param>
/// <param name="Alternatives">The other days that the same text may mean; not empty means ambiguous.</param>
/// <param name="Error">Why there is no day; null when there is one or the text is empty.</param>
public sealed record DateReading(DateOnly? Value, DateTextKind Kind, IReadOnlyList<DateOnly> Alternatives, Error? Error)
{
    /// <summary>True when the text may mean another day too: a person should look.</summary>
    public bool IsAmbiguous => Alternatives.Count > 0;
}

/// <summary>Dates as Taiwanese files have them: the Republic's years, the common era, serial numbers, and mixtures.</summary>
public static partial class DateText
{
    private const int RepublicOffset = 1911;

    [GeneratedRegex(@"^(?<era>中華民國|民國|ROC|R\.O\.C\.|西元|公元)?\s*(?<y>元|\d{1,4})\s*(?:[年/.\-])\s*(?<m>\d{1,2})\s*(?:[月/.\-])\s*(?<d>\d{1,2})\s*日?(?<rest>[\sT(（].*)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex YearFirst();

    [GeneratedRegex(@"^(?<a>\d{1,2})[/.\-](?<b>\d{1,2})[/.\-](?<y>\d{4})(?<rest>[\sT].*)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex YearLast();

    [GeneratedRegex(@"^[\sT(（]*(星期|週|禮拜)?[一二三四五六日]?[)）]?\s*((上午|下午|AM|PM)?\s*\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?\s*(AM|PM)?(Z|[+\-]\d{2}:?\d{2})?)?\s*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex TimeAfter();

    [GeneratedRegex(@"^\d{5,8}$", RegexOptions.NonBacktracking)]
    private static partial Regex Digits();

    /// <summary>
    /// Reads a date. A year of three digits is the Republic's; one or two digits without 民國 may be either era, so the reading is
    /// ambiguous and has a value only when one of them is not absurd for a record kept today (from 1950 to 2099). Five digits
    /// from 20000 to 80000 are a serial number. A time after the date is allowed and left out.
    /// </summary>
    public static DateReading Read(string text)
    {
        // As programs write it, and most of a long list.
        if (text.Length == 10 && text[4] == '-' && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var iso))
            return new DateReading(iso, DateTextKind.CommonEra, [], null);
        var clean = TextCleaner.Narrow(text);
        clean = TextCleaner.Trim(clean.Replace('／', '/').Replace('．', '.').Replace('－', '-').Replace('：', ':'));
        if (clean.Length == 0)
            return new DateReading(null, DateTextKind.None, [], null);
        if (clean.Length <= 64)
        {
            if (YearFirst().Match(clean) is { Success: true } first && TimeAfter().IsMatch(first.Groups["rest"].Value))
                return ReadYearFirst(text, first);
            if (YearLast().Match(clean) is { Success: true } last && TimeAfter().IsMatch(last.Groups["rest"].Value))
                return ReadYearLast(text, Number(last, "a"), Number(last, "b"), Number(last, "y"));
            if (Digits().IsMatch(clean))
                return ReadDigits(text, clean);
        }

        return Failed(text);
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static DateReading ReadYearFirst(string text, Match match)
    {
        var era = match.Groups["era"].Value;
        var spelled = match.Groups["y"].Value;
        var year = spelled == "元" ? 1 : Number(match, "y");
        int month = Number(match, "m"), day = Number(match, "d");
        var republic = era.Length > 0 && era is not ("西元" or "公元");
        if (spelled == "元" && !republic)
            return Failed(text);
        if (republic)
            return Day(year + RepublicOffset, month, day) is { } spoken ? new DateReading(spoken, DateTextKind.RepublicEra, [], null) : Failed(text);
        if (era.Length > 0 || spelled.Length == 4)
            return Day(year, month, day) is { } common ? new DateReading(common, DateTextKind.CommonEra, [], null) : Failed(text);
        if (spelled.Length == 3)
            return Day(year + RepublicOffset, month, day) is { } roc ? new DateReading(roc, DateTextKind.RepublicEra, [], null) : Failed(text);

        // 99/5/2 may be 2010 or 1999; 12/5/2 may be 1923 or 2012.
        var asRepublic = Day(year + RepublicOffset, month, day);
        var asCommon = Day(year + (year >= 70 ? 1900 : 2000), month, day);
        DateOnly[] both = [.. new[] { asRepublic, asCommon }.OfType<DateOnly>().Distinct()];
        if (both.Length == 0)
            return Failed(text);
        DateOnly[] sensible = [.. both.Where(d => d.Year is >= 1950 and <= 2099)];
        if (both.Length == 1)
            return new DateReading(both[0], both[0] == asRepublic ? DateTextKind.RepublicEra : DateTextKind.CommonEra, [], null);
        return sensible.Length == 1
            ? new DateReading(sensible[0], sensible[0] == asRepublic ? DateTextKind.RepublicEra : DateTextKind.CommonEra, [.. both.Where(d => d != sensible[0])], null)
            : new DateReading(null, DateTextKind.None, both, Ambiguous(text, both));
    }

    private static DateReading ReadYearLast(string text, int a, int b, int year)
    {
        var monthFirst = Day(year, a, b);
        var dayFirst = Day(year, b, a);
        if (monthFirst is null && dayFirst is null)
            return Failed(text);
        if (monthFirst == dayFirst || monthFirst is null || dayFirst is null)
            return new DateReading(monthFirst ?? dayFirst, DateTextKind.YearLast, [], null);
        DateOnly[] both = [monthFirst.Value, dayFirst.Value];
        return new DateReading(null, DateTextKind.YearLast, both, Ambiguous(text, both));
    }

    private static DateReading ReadDigits(string text, string digits)
    {
        var number = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        int month = number / 100 % 100, day = number % 100, year = number / 10_000;
        return digits.Length switch
        {
            8 when Day(year, month, day) is { } common => year < 1000
                ? new DateReading(Day(year + RepublicOffset, month, day), DateTextKind.RepublicEra, [], null)
                : new DateReading(common, DateTextKind.CommonEra, [], null),
            7 or 6 when Day(year + RepublicOffset, month, day) is { } republic => digits.Length == 7
                ? new DateReading(republic, DateTextKind.RepublicEra, [], null)
                : ReadYearFirst(text, YearFirst().Match(string.Create(CultureInfo.InvariantCulture, $"{year}/{month}/{day}"))),
            5 when number is >= 20_000 and <= 80_000 => new DateReading(new DateOnly(1899, 12, 30).AddDays(number), DateTextKind.Serial, [], null),
            _ => Failed(text),
        };
    }

    private static DateOnly? Day(int year, int month, int day) =>
        year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) ? new DateOnly(year, month, day) : null;

    private static DateReading Failed(string text) => new(null, DateTextKind.None, [], Error.Of("date.unreadable",
        $"「{Shorten(text)}」不是可辨識的日期。請寫成 2024-05-02 或 113/5/2。", $"'{Shorten(text)}' is not a date that can be read. Write 2024-05-02 or 113/5/2."));

    private static Error Ambiguous(string text, DateOnly[] days)
    {
        var iso = days.Select(d => d.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToArray();
        return Error.Of("date.ambiguous",
            $"「{Shorten(text)}」可能是 {string.Join(" 或 ", iso)}。請寫出完整的年份。", $"'{Shorten(text)}' may be {string.Join(" or ", iso)}. Write the full year first.");
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..(char.IsHighSurrogate(text[39]) ? 39 : 40)] + "…";
}
