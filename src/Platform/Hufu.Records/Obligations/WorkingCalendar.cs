using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Records.Obligations;

/// <summary>A day that differs from the ordinary week, or that somebody confirmed. Edited by people, kept in the table <c>working_day</c>.</summary>
public sealed class WorkingDay : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public DateOnly Date { get; set; }

    public bool IsWorking { get; set; }

    /// <summary>Why: a festival, a substitute day, a typhoon.</summary>
    public string Name { get; set; } = "";

    string IAudited.AuditType => "kernel.working-day";
}

/// <summary>Which days are working days: Monday to Friday, except for the days that are entered otherwise.</summary>
public sealed class WorkingCalendar
{
    // No rule of holidays makes offices stand still for a quarter: a calendar that says so is wrong, and no loop may hang on it.
    private const int LongestRest = 92;

    private readonly Dictionary<DateOnly, bool> days = [];

    /// <summary>Takes the days that differ; of two entries for one day the later one counts.</summary>
    public WorkingCalendar(IEnumerable<WorkingDay> entries)
    {
        foreach (var entry in entries) days[entry.Date] = entry.IsWorking;
    }

    /// <summary>Monday to Friday, with no holidays.</summary>
    public static WorkingCalendar Weekdays { get; } = new([]);

    /// <summary>True when days of this year are entered; for other years only weekends are known.</summary>
    public bool Covers(int year) => days.Keys.Any(d => d.Year == year);

    public bool IsWorking(DateOnly date) => days.TryGetValue(date, out var working) ? working : date.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    /// <summary>The day itself, or the first working day after it.</summary>
    public DateOnly OnOrAfter(DateOnly date) => Seek(date, 1);

    /// <summary>The day itself, or the last working day before it.</summary>
    public DateOnly OnOrBefore(DateOnly date) => Seek(date, -1);

    /// <summary>The working day that lies so many working days after (or before, when negative) a day; the day itself is not counted.</summary>
    public DateOnly Add(DateOnly date, int workingDays)
    {
        var step = Math.Sign(workingDays);
        for (var left = Math.Abs(workingDays); left > 0; left--) date = Seek(date.AddDays(step), step);
        return date;
    }

    /// <summary>How many working days lie after <paramref name="from"/> up to and including <paramref name="to"/>; negative when it lies before.</summary>
    public int Between(DateOnly from, DateOnly to)
    {
        if (to < from) return -Between(to, from);
        var count = 0;
        for (var day = from; day < to;)
        {
            day = day.AddDays(1);
            if (IsWorking(day)) count++;
        }

        return count;
    }

    /// <summary>Moves a due day as an obligation asks: <c>next</c>, <c>previous</c>, anything else leaves it.</summary>
    public DateOnly Adjust(DateOnly date, string? adjustment) => adjustment switch
    {
        "next" => OnOrAfter(date),
        "previous" => OnOrBefore(date),
        _ => date,
    };

    /// <summary>Reads the days of a calendar file of the product's content. Fails with the place when a day cannot be read.</summary>
    public static Result<IReadOnlyList<WorkingDay>> ParseFile(ReadOnlyMemory<byte> json, string language = "zh-TW")
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            var found = new SortedDictionary<DateOnly, WorkingDay>();
            var root = document.RootElement;
            foreach (var entry in root.GetProperty("days").EnumerateArray())
            {
                if (Day(entry.GetProperty("date").GetString()) is not { } date) return Bad(entry.GetRawText());
                var name = entry.GetProperty(language.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? "name_en" : "name_zh").GetString() ?? "";
                found[date] = new WorkingDay { Date = date, IsWorking = false, Name = name };
            }

            if (root.TryGetProperty("working_weekend_days", out var weekends))
                foreach (var entry in weekends.EnumerateArray())
                {
                    if (Day(entry.GetString()) is not { } date) return Bad(entry.GetRawText());
                    found[date] = new WorkingDay { Date = date, IsWorking = true, Name = language.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? "Make-up working day" : "補行上班" };
                }

            return Result.Of<IReadOnlyList<WorkingDay>>([.. found.Values]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Bad(e.Message);
        }
    }

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    private static Result<IReadOnlyList<WorkingDay>> Bad(string what)
    {
        what = what.Length > 200 ? what[..200] : what;
        return Result.Fail<IReadOnlyList<WorkingDay>>(Error.Of("calendar.malformed", $"行事曆無法解讀：{what}", $"The calendar cannot be read: {what}"));
    }

    private DateOnly Seek(DateOnly date, int step)
    {
        var day = date;
        for (var i = 0; i < LongestRest; i++)
        {
            if (IsWorking(day)) return day;
            day = day.AddDays(step);
        }

        return date;
    }
}
