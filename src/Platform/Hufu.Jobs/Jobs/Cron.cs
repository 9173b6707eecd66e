using Hufu.Kernel;
using Quartz;

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

    /// <summary>The next time after an instant; null when there is none.</summary>
    public static DateTimeOffset? Next(string cron, TimeZoneInfo zone, DateTimeOffset after) =>
        CronExpression.Parse(cron).WithTimeZone(zone).GetNextValidTimeAfter(after)?.ToUniversalTime();
}
