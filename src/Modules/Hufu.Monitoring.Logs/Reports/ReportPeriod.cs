using System.Globalization;
using Hufu.Kernel;
using Hufu.Web.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>A day or a month at the site.</summary>
/// <param name="Kind">Kind of its report.</param>
/// <param name="First">Its first day.</param>
internal sealed record ReportPeriod(string Kind, DateOnly First)
{
    internal bool IsMonth => Kind == MonitoringReportType.Monthly;

    /// <summary>The day after its last.</summary>
    internal DateOnly Next => IsMonth ? First.AddMonths(1) : First.AddDays(1);

    internal DateTimeOffset From => SiteTime.StartOf(First);

    internal DateTimeOffset To => SiteTime.StartOf(Next);

    /// <summary>The one before.</summary>
    internal ReportPeriod Before => this with { First = IsMonth ? First.AddMonths(-1) : First.AddDays(-1) };

    /// <summary>Day or month, as it is written: 2026-11-28, 2026-11.</summary>
    internal string Name => First.ToString(IsMonth ? "yyyy-MM" : "yyyy-MM-dd", CultureInfo.InvariantCulture);

    internal string Key => $"{Kind}/{Name}";

    /// <summary>Its hours, or of a month its days: begin and end of each.</summary>
    internal IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Slices
    {
        get
        {
            if (IsMonth)
            {
                for (var day = First; day < Next; day = day.AddDays(1)) yield return (SiteTime.StartOf(day), SiteTime.StartOf(day.AddDays(1)));
                yield break;
            }

            for (var hour = From; hour < To; hour = hour.AddHours(1)) yield return (hour, hour.AddHours(1));
        }
    }

    internal static ReportPeriod Day(DateOnly day) => new(MonitoringReportType.Daily, day);

    internal static ReportPeriod Month(DateOnly day) => new(MonitoringReportType.Monthly, new DateOnly(day.Year, day.Month, 1));

    /// <summary>The period that somebody named: daily with 2026-11-28, or monthly with 2026-11.</summary>
    internal static Result<ReportPeriod> Parse(string? kind, string? name)
    {
        if (kind == MonitoringReportType.Daily && DateOnly.TryParseExact(name, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Result.Of(Day(day));
        if (kind == MonitoringReportType.Monthly && DateOnly.TryParseExact(name, ["yyyy-MM", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out day)) return Result.Of(Month(day));
        return Result.Fail<ReportPeriod>(Error.Of("logs.report.period", "種類為 daily（日期如 2026-11-28）或 monthly（月份如 2026-11）。", "The kind is daily, with a day such as 2026-11-28, or monthly, with a month such as 2026-11.", "period"));
    }
}
