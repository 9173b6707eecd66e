using System.Globalization;
using System.Text.RegularExpressions;

namespace Hufu.Records.Obligations;

/// <summary>
/// An ISO 8601 duration such as <c>P1M</c>, <c>P30D</c> or <c>PT72H</c>. Years, months, weeks and days are calendar time; hours, minutes and
/// seconds are elapsed time.
/// </summary>
public readonly partial record struct IsoDuration(int Months, int Days, TimeSpan Time)
{
    /// <summary>True when it has hours, minutes or seconds, so that a day alone cannot say when it ends.</summary>
    public bool HasTime => Time != TimeSpan.Zero;

    /// <summary>Reads a duration; null for anything else, also for lengths beyond 200 years.</summary>
    public static IsoDuration? Parse(string? text)
    {
        if (text is null || text.Length > 40 || Form().Match(text) is not { Success: true } match) return null;
        long Part(string name) => match.Groups[name].Success ? long.Parse(match.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        var months = (Part("y") * 12) + Part("mo");
        var days = (Part("w") * 7) + Part("d");
        var seconds = (Part("h") * 3600) + (Part("mi") * 60) + Part("s");
        return months > 2400 || days > 73_000 || seconds > 6_307_200_000 ? null : new IsoDuration((int)months, (int)days, TimeSpan.FromSeconds(seconds));
    }

    /// <summary>The day on which it ends, counted from a day. A month that lacks the day ends on its last one; hours are rounded up to whole days.</summary>
    public DateOnly After(DateOnly start) => start.AddMonths(Months).AddDays(Days + (int)Math.Ceiling(Time.TotalDays));

    /// <summary>The moment at which it ends, counted from a moment in the time zone that decides what a day is.</summary>
    public DateTimeOffset After(DateTimeOffset start, TimeZoneInfo zone)
    {
        if (Months == 0 && Days == 0) return start + Time;
        var local = TimeZoneInfo.ConvertTime(start, zone).DateTime.AddMonths(Months).AddDays(Days);
        if (zone.IsInvalidTime(local)) local = local.AddHours(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime() + Time;
    }

    [GeneratedRegex(@"^P(?=[0-9T])((?<y>[0-9]{1,4})Y)?((?<mo>[0-9]{1,5})M)?((?<w>[0-9]{1,5})W)?((?<d>[0-9]{1,6})D)?(T(?=[0-9])((?<h>[0-9]{1,6})H)?((?<mi>[0-9]{1,6})M)?((?<s>[0-9]{1,8})S)?)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
