using System.Globalization;
using Hufu.Kernel;
using Quartz;
using static Hufu.Kernel.Texts;

namespace Hufu.Jobs;

/// <summary>Schedules as people write them.</summary>
public static class Cron
{
    /// <summary>
    /// Reads five crontab fields (<c>30 3 * * 1-5</c>) or six to seven Quartz fields and gives the canonical Quartz form.
    /// More than once a minute is refused: that is what a loop is for.
    /// </summary>
    public static Result<string> Normalise(string text)
    {
        text = text.Trim();
        if (text.Length <= 120)
        {
            var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            if (CronExpression.TryParse(text, fields == 5 ? CronFormat.Unix : CronFormat.Quartz, out var expression) && expression is not null)
            {
                // The tightest spot need not be the next one, so a few are looked at from a fixed day.
                var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
                var utc = expression.WithTimeZone(TimeZoneInfo.Utc);
                for (var i = 0; i < 5 && utc.GetNextValidTimeAfter(at) is { } next; at = next, i++)
                    if (i > 0 && next - at < TimeSpan.FromMinutes(1))
                        return Result.Fail<string>(Error.Of("jobs.cron.too-often", "排程間隔不可少於一分鐘。", "A schedule may not fire more than once a minute.", "cron"));
                return Result.Of(expression.CronExpressionString);
            }
        }

        return Result.Fail<string>(Error.Of(
            "jobs.cron.malformed",
            "排程格式不正確；請填 crontab 的五個欄位（分 時 日 月 週），例如「30 3 * * 1-5」為週一至週五 03:30。",
            "This is no schedule; write the five crontab fields (minute hour day month weekday), such as “30 3 * * 1-5” for 03:30 from Monday to Friday.",
            "cron"));
    }

    /// <summary>A schedule in the words of the reader's language; one that is no daily, weekly, monthly or hourly rhythm is given as it is written.</summary>
    /// <param name="cron">Canonical Quartz form.</param>
    public static string Describe(string cron)
    {
        var written = T("jobs.cron.other", cron);
        if (cron.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["0", var minute, var hour, var day, var month, var weekday, ..] fields || fields.Length > 6) return written;
        var (anyDay, anyWeekday) = (day is "*" or "?", weekday is "*" or "?");
        if (Step(minute) is { } minutes && hour == "*") return month == "*" && anyDay && anyWeekday ? minutes == 1 ? T("jobs.cron.every-minute") : T("jobs.cron.minutes", minutes) : written;
        if (!int.TryParse(minute, NumberStyles.None, CultureInfo.InvariantCulture, out var at)) return written;
        if (Step(hour) is { } hours) return month == "*" && anyDay && anyWeekday ? hours == 1 ? T("jobs.cron.hourly", at) : T("jobs.cron.hours", hours, at) : written;
        var times = new List<string>();
        foreach (var part in hour.Split(','))
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var one)) times.Add(string.Create(CultureInfo.InvariantCulture, $"{one:00}:{at:00}"));
            else return written;
        var time = string.Join(T("jobs.cron.and"), times);
        if (anyDay && anyWeekday) return month == "*" ? T("jobs.cron.daily", time) : written;
        if (anyDay) return month == "*" && Weekdays(weekday) is { } names ? T("jobs.cron.weekly", names, time) : written;
        if (!anyWeekday) return written;
        var last = day == "L";
        if (!last && !int.TryParse(day, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return written;
        if (month == "*") return last ? T("jobs.cron.month-end", time) : T("jobs.cron.monthly", day, time);
        return !last && int.TryParse(month, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 12
            ? T("jobs.cron.yearly", CultureInfo.CurrentUICulture.DateTimeFormat.GetMonthName(number), day, time)
            : written;
    }

    /// <summary>A canonical schedule as the five crontab fields that people know, where it can be said so; otherwise as it is. Null for none.</summary>
    public static string? Written(string? cron)
    {
        if (cron?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["0", var minute, var hour, var day, var month, var weekday]) return cron;
        // crontab counts the days of the week from Sunday = 0.
        var days = string.Concat(weekday.Select(c => c is >= '1' and <= '7' ? (char)(c - 1) : c));
        string[] fields = [minute, hour, day == "?" ? "*" : day, month, days == "?" ? "*" : days];
        var written = string.Join(' ', fields);
        return Normalise(written) is { IsOk: true } same && same.Value == cron ? written : cron;
    }

    // *, */5 and 0/5: from the start, every so many.
    private static int? Step(string field) =>
        field == "*" ? 1 : field.Split('/') is ["*" or "0", var every] && int.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    // Quartz counts from Sunday = 1 or names the days.
    private static string? Weekdays(string field)
    {
        string[] keys = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        int? Read(string text) => Array.IndexOf(keys, text.ToUpperInvariant()) is >= 0 and var named ? named : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 7 ? number - 1 : null;
        var format = CultureInfo.CurrentUICulture.DateTimeFormat;
        var names = new List<string>();
        foreach (var part in field.Split(','))
        {
            if (part.Split('-') is [var first, var last])
            {
                if (Read(first) is not { } from || Read(last) is not { } to) return null;
                names.Add(T("jobs.cron.range", format.GetAbbreviatedDayName((DayOfWeek)from), format.GetAbbreviatedDayName((DayOfWeek)to)));
            }
            else if (Read(part) is { } one) names.Add(format.GetAbbreviatedDayName((DayOfWeek)one));
            else return null;
        }

        return string.Join(T("jobs.cron.and"), names);
    }

    /// <summary>The next time after an instant; null when there is none.</summary>
    public static DateTimeOffset? Next(string cron, TimeZoneInfo zone, DateTimeOffset after) =>
        CronExpression.Parse(cron).WithTimeZone(zone).GetNextValidTimeAfter(after)?.ToUniversalTime();
}
