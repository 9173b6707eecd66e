using System.Globalization;
using Hufu.Kernel;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;

namespace Hufu.Records.Obligations;

/// <summary>How an obligation comes back.</summary>
public enum RecurrenceKind
{
    /// <summary>Once, on its start.</summary>
    None,

    /// <summary>By a rule of RFC 5545.</summary>
    Rule,

    /// <summary>So many times in each calendar year.</summary>
    TimesPerYear,

    /// <summary>When something has happened.</summary>
    AfterEvent,

    /// <summary>Once in each block of so many calendar years.</summary>
    EveryCalendarYears,
}

/// <summary>
/// When something is due again: a pure calculation over days. A rule of months or years alone keeps the day of its start and takes the last
/// day of a month that lacks it (what RFC 7529 calls <c>SKIP=BACKWARD</c>): a monthly duty that began on 31 January is due on 28 February,
/// not forgotten until March. Rules with <c>BY…</c> parts are evaluated as RFC 5545 says.
/// </summary>
public sealed class Recurrence
{
    /// <summary>Most due days that one call gives.</summary>
    public const int Most = 1000;

    // How many empty steps a rule may take before it is held to have no more days: 29 February needs 8 years, a 53rd week more.
    private const int EmptySteps = 400;

    private readonly DayRule? rule;
    private readonly int number;

    private Recurrence(RecurrenceKind kind, DayRule? rule, int number, IsoDuration? within, string? eventKey)
    {
        Kind = kind;
        this.rule = rule;
        this.number = number;
        Within = within;
        EventKey = eventKey;
    }

    public RecurrenceKind Kind { get; }

    /// <summary>For <see cref="RecurrenceKind.AfterEvent"/>: time from the event until it is due; null for at once.</summary>
    public IsoDuration? Within { get; }

    /// <summary>For <see cref="RecurrenceKind.AfterEvent"/>: which event.</summary>
    public string? EventKey { get; }

    /// <summary>Reads the written form of an obligation.</summary>
    /// <param name="kind"><c>none</c>, <c>rrule</c>, <c>times-per-year</c>, <c>after-event</c> or <c>every-n-calendar-years</c>.</param>
    /// <param name="text">The rule without DTSTART, or the number.</param>
    /// <param name="within">ISO 8601 duration.</param>
    /// <param name="eventKey">Key of the event.</param>
    public static Result<Recurrence> Parse(string? kind, string? text, string? within, string? eventKey)
    {
        switch (kind)
        {
            case null or "" or "none":
                return Result.Of(new Recurrence(RecurrenceKind.None, null, 0, null, null));
            case "rrule":
                return DayRule.Parse(text) is { } rule
                    ? Result.Of(new Recurrence(RecurrenceKind.Rule, rule, 0, null, null))
                    : Bad("obligation.rule", "rule", $"週期規則無法解讀（例：FREQ=MONTHLY;INTERVAL=3）：{text}", $"The rule cannot be read (such as FREQ=MONTHLY;INTERVAL=3): {text}");
            case "times-per-year":
                return Number(text, 1, 365) is { } times
                    ? Result.Of(new Recurrence(RecurrenceKind.TimesPerYear, null, times, null, null))
                    : Bad("obligation.rule", "rule", "每年次數須為 1 到 365。", "How often a year: a number from 1 to 365.");
            case "every-n-calendar-years":
                return Number(text, 1, 50) is { } years
                    ? Result.Of(new Recurrence(RecurrenceKind.EveryCalendarYears, null, years, null, null))
                    : Bad("obligation.rule", "rule", "年數須為 1 到 50。", "How many calendar years: a number from 1 to 50.");
            case "after-event":
                if (string.IsNullOrWhiteSpace(eventKey)) return Bad("obligation.event", "eventKey", "請指定事件。", "Name the event.");
                if (!string.IsNullOrWhiteSpace(within) && IsoDuration.Parse(within.Trim()) is null)
                    return Bad("obligation.within", "within", $"期間無法解讀（例：P1M、PT72H）：{within}", $"The duration cannot be read (such as P1M or PT72H): {within}");
                return Result.Of(new Recurrence(RecurrenceKind.AfterEvent, null, 0, IsoDuration.Parse(within?.Trim()), eventKey.Trim()));
            default:
                return Bad("obligation.recurrence", "recurrence", $"沒有「{kind}」這種週期。", $"There is no recurrence “{kind}”.");
        }
    }

    /// <summary>
    /// The first due day where nobody has set one: the last day of the period that today lies in (this year for a yearly duty, this quarter
    /// for a quarterly one). Null for what waits for an event or is due once.
    /// </summary>
    public DateOnly? DefaultStart(DateOnly today) => Kind switch
    {
        RecurrenceKind.None or RecurrenceKind.AfterEvent => null,
        RecurrenceKind.TimesPerYear => YearlyDays(today.Year).First(d => d >= today),
        RecurrenceKind.EveryCalendarYears => new DateOnly(Math.Min(9999, today.Year + number - 1), 12, 31),
        RecurrenceKind.Rule => rule!.DefaultStart(today),
        _ => throw new InvalidOperationException($"Unknown recurrence {Kind}."),
    };

    /// <summary>The due days of the series that starts on <paramref name="start"/>, from <paramref name="from"/> up to <paramref name="until"/>, both included; at most <paramref name="most"/>.</summary>
    public IReadOnlyList<DateOnly> DueDays(DateOnly start, DateOnly from, DateOnly until, int most = Most)
    {
        most = Math.Clamp(most, 0, Most);
        if (until < from || until < start) return [];
        IEnumerable<DateOnly> days = Kind switch
        {
            RecurrenceKind.None => [start],
            RecurrenceKind.AfterEvent => [],
            RecurrenceKind.TimesPerYear => Years(Math.Max(start.Year, from.Year)).TakeWhile(y => y <= until.Year).SelectMany(YearlyDays).Where(d => d >= start),
            // The block that the start lies in ends with its year; the next ones follow.
            RecurrenceKind.EveryCalendarYears => Years(start.Year).Where(y => (y - start.Year) % number == 0).TakeWhile(y => y <= until.Year).Select(y => new DateOnly(y, 12, 31)),
            RecurrenceKind.Rule => rule!.Days(start, from),
            _ => throw new InvalidOperationException($"Unknown recurrence {Kind}."),
        };
        return [.. days.SkipWhile(d => d < from).TakeWhile(d => d <= until).Take(most)];
    }

    /// <summary>The first due day after a day of the plan; null when the series has ended.</summary>
    public DateOnly? NextAfterPlan(DateOnly start, DateOnly planned)
    {
        if (planned.DayNumber > DateOnly.MaxValue.DayNumber - 1) return null;
        var found = DueDays(start, planned.AddDays(1), planned > new DateOnly(9899, 12, 31) ? DateOnly.MaxValue : planned.AddYears(100), 1);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>
    /// The next due day when the period counts from the day on which it was last done: a year after it for a yearly rule, six months after it
    /// for twice a year, the end of the second calendar year after it for every second one.
    /// </summary>
    public DateOnly? NextAfterCompletion(DateOnly done) => Kind switch
    {
        RecurrenceKind.None or RecurrenceKind.AfterEvent => null,
        RecurrenceKind.TimesPerYear => 12 % number == 0 ? done.AddMonths(12 / number) : done.AddDays((365 + number - 1) / number),
        RecurrenceKind.EveryCalendarYears => new DateOnly(Math.Min(9999, done.Year + number), 12, 31),
        RecurrenceKind.Rule => rule!.Days(done, done, endsOfMonths: false).SkipWhile(d => d <= done).Select(d => (DateOnly?)d).FirstOrDefault(),
        _ => throw new InvalidOperationException($"Unknown recurrence {Kind}."),
    };

    /// <summary>What the period is called that ends on a due day: 2026, 2026-H1, 2026-Q3, 2026-05, 2025–2026, or the day.</summary>
    public string PeriodOf(DateOnly due)
    {
        var year = due.Year.ToString("0000", CultureInfo.InvariantCulture);
        return Kind switch
        {
            RecurrenceKind.EveryCalendarYears when number > 1 => $"{due.Year - number + 1:0000}–{year}",
            RecurrenceKind.EveryCalendarYears => year,
            RecurrenceKind.TimesPerYear => Part(12 % number == 0 ? 12 / number : 0, due),
            RecurrenceKind.Rule when rule!.WholeMonths is > 0 and <= 12 and var months && 12 % months == 0 => Part(months, due),
            RecurrenceKind.Rule when rule!.WholeMonths > 12 => year,
            RecurrenceKind.None or RecurrenceKind.AfterEvent or RecurrenceKind.Rule => due.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"Unknown recurrence {Kind}."),
        };
    }

    private static string Part(int months, DateOnly due) => months switch
    {
        12 => $"{due.Year:0000}",
        6 => $"{due.Year:0000}-H{((due.Month - 1) / 6) + 1}",
        3 => $"{due.Year:0000}-Q{((due.Month - 1) / 3) + 1}",
        1 => $"{due.Year:0000}-{due.Month:00}",
        > 0 => $"{due.Year:0000}-{((due.Month - 1) / months) + 1}/{12 / months}",
        _ => due.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    // The year in equal parts, each due on its last day: 30 June and 31 December for twice a year.
    private IEnumerable<DateOnly> YearlyDays(int year)
    {
        var length = DateTime.IsLeapYear(year) ? 366 : 365;
        for (var i = 1; i <= number; i++)
            yield return 12 % number == 0
                ? new DateOnly(year, i * 12 / number, DateTime.DaysInMonth(year, i * 12 / number))
                : new DateOnly(year, 1, 1).AddDays((length * i / number) - 1);
    }

    private static IEnumerable<int> Years(int from)
    {
        for (var year = from; year <= 9999; year++) yield return year;
    }

    private static int? Number(string? text, int min, int max) =>
        int.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value : null;

    private static Result<Recurrence> Bad(string code, string field, string zh, string en) => Result.Fail<Recurrence>(Error.Of(code, zh, en, field));

    /// <summary>One rule of RFC 5545 over days.</summary>
    private sealed class DayRule
    {
        private static readonly HashSet<string> Known = new(StringComparer.Ordinal) { "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS", "WKST" };
        private readonly string text;

        private DayRule(string text, string frequency, int interval, bool isSimple)
        {
            this.text = text;
            WholeMonths = !isSimple ? 0 : frequency switch { "MONTHLY" => interval, "YEARLY" => interval * 12, _ => 0 };
        }

        /// <summary>The period in months where the rule says nothing else; 0 otherwise.</summary>
        internal int WholeMonths { get; }

        internal static DayRule? Parse(string? text)
        {
            text = text?.Trim().ToUpperInvariant() ?? "";
            if (text.StartsWith("RRULE:", StringComparison.Ordinal)) text = text[6..];
            if (text.Length is 0 or > 200) return null;
            var parts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var part in text.Split(';'))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0 || equals == part.Length - 1 || !Known.Contains(part[..equals]) || !parts.TryAdd(part[..equals], part[(equals + 1)..])) return null;
            }

            if (parts.GetValueOrDefault("FREQ") is not ("DAILY" or "WEEKLY" or "MONTHLY" or "YEARLY") || (parts.ContainsKey("COUNT") && parts.ContainsKey("UNTIL"))) return null;
            var interval = 1;
            if (parts.TryGetValue("INTERVAL", out var written) && (!int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out interval) || interval is < 1 or > 1000)) return null;
            var rule = new DayRule(text, parts["FREQ"], interval, parts.Keys.All(k => k is "FREQ" or "INTERVAL" or "WKST"));
            try
            {
                // Fields out of their range show as the rule is read or first evaluated.
                _ = rule.Evaluate(new DateOnly(2024, 1, 1), new DateOnly(2024, 1, 1)).FirstOrDefault();
                return rule;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or OverflowException or System.Runtime.Serialization.SerializationException)
            {
                return null;
            }
        }

        internal DateOnly DefaultStart(DateOnly today)
        {
            if (WholeMonths == 0) return Days(new DateOnly(today.Year, 1, 1), today).Select(d => (DateOnly?)d).FirstOrDefault() ?? today;
            // Periods of a year's parts are counted from January; longer ones from now.
            var months = WholeMonths <= 12 && 12 % WholeMonths == 0 ? WholeMonths : 12;
            var last = ((today.Month - 1) / months * months) + months;
            return new DateOnly(today.Year, last, DateTime.DaysInMonth(today.Year, last));
        }

        // A series that begins on the last day of a month, by a rule that names no day, keeps to last days: 30 November, 31 December. RFC 5545
        // would take the 30th of each month and leave February out, which no duty means.
        internal IEnumerable<DateOnly> Days(DateOnly start, DateOnly from, bool endsOfMonths = true) =>
            WholeMonths == 0 ? Evaluate(start, from)
            : endsOfMonths && start.Day == DateTime.DaysInMonth(start.Year, start.Month) ? Simple(start, from).Select(d => new DateOnly(d.Year, d.Month, DateTime.DaysInMonth(d.Year, d.Month)))
            : Simple(start, from);

        private IEnumerable<DateOnly> Simple(DateOnly start, DateOnly from)
        {
            var elapsed = ((from.Year - start.Year) * 12) + from.Month - start.Month;
            var lastMonth = (9999 * 12) + 11;
            // Counted from the start each time: 31 January, 28 February, 31 March.
            for (long step = Math.Max(0, (elapsed / WholeMonths) - 1); ((start.Year * 12L) + start.Month - 1 + (step * WholeMonths)) <= lastMonth; step++)
                yield return start.AddMonths((int)(step * WholeMonths));
        }

        private IEnumerable<DateOnly> Evaluate(DateOnly start, DateOnly from)
        {
            var item = new CalendarEvent { Start = new CalDateTime(start.Year, start.Month, start.Day), RecurrenceRule = new RecurrencePattern(text) };
            var options = new EvaluationOptions { MaxUnmatchedIncrementsLimit = EmptySteps };
            using var days = item.GetOccurrences(new CalDateTime(from.Year, from.Month, from.Day), options).GetEnumerator();
            for (var i = 0; i < 100_000; i++)
            {
                DateOnly day;
                try
                {
                    if (!days.MoveNext()) yield break;
                    day = days.Current.Period.StartTime.Date;
                }
                catch (EvaluationLimitExceededException)
                {
                    // 30 February never comes.
                    yield break;
                }
                catch (EvaluationOutOfRangeException)
                {
                    yield break;
                }

                // Like every calendar program, Ical.Net counts the start even when the rule does not name it: what is due is what the rule says.
                if (day == start && !Names(start)) continue;
                yield return day;
            }
        }

        private bool Names(DateOnly start)
        {
            var pattern = new RecurrencePattern(text);
            return (pattern.ByMonth.Count == 0 || pattern.ByMonth.Contains(start.Month))
                && (pattern.ByMonthDay.Count == 0 || pattern.ByMonthDay.Any(d => d == start.Day || d == start.Day - DateTime.DaysInMonth(start.Year, start.Month) - 1))
                && (pattern.ByDay.Count == 0 || pattern.ByDay.Any(d => d.DayOfWeek == start.DayOfWeek));
        }
    }
}
