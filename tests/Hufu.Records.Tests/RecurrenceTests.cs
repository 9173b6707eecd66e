using FsCheck;
using FsCheck.Fluent;
using Hufu.Records.Obligations;

namespace Hufu.Records.Tests;

public sealed class RecurrenceTests
{
    private static DateOnly D(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");

    private static Recurrence Of(string kind, string? rule = null, string? within = null, string? eventKey = null)
    {
        var parsed = Recurrence.Parse(kind, rule, within, eventKey);
        Assert.True(parsed.IsOk, string.Join("; ", parsed.Errors));
        return parsed.Value;
    }

    private static string Days(Recurrence recurrence, string start, string from, string until, int most = 100) => string.Join(' ', recurrence.DueDays(D(start), D(from), D(until), most).Select(d => d.ToString("yyyy-MM-dd")));

    [Theory]
    [InlineData("FREQ=MONTHLY", "2026-01-31", "2026-01-01", "2026-05-31", "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31")]
    [InlineData("FREQ=MONTHLY", "2024-01-31", "2024-02-01", "2024-03-01", "2024-02-29")]
    [InlineData("FREQ=MONTHLY;INTERVAL=3", "2025-11-30", "2026-01-01", "2027-01-01", "2026-02-28 2026-05-31 2026-08-31 2026-11-30")]
    [InlineData("FREQ=MONTHLY;INTERVAL=6", "2026-06-30", "2026-06-30", "2027-12-31", "2026-06-30 2026-12-31 2027-06-30 2027-12-31")]
    [InlineData("FREQ=YEARLY", "2024-02-29", "2024-01-01", "2029-01-01", "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29")]
    [InlineData("FREQ=YEARLY;INTERVAL=3", "2024-12-31", "2025-01-01", "2031-01-01", "2027-12-31 2030-12-31")]
    [InlineData("FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1", "2026-03-05", "2026-01-01", "2027-12-31", "2026-06-30 2026-12-31 2027-06-30 2027-12-31")]
    [InlineData("FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1", "2026-06-30", "2026-01-01", "2026-12-31", "2026-06-30 2026-12-31")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "2026-01-01", "2026-06-01", "2026-01-31 2026-03-31 2026-05-31")]
    [InlineData("FREQ=MONTHLY;BYDAY=2TU", "2026-01-01", "2026-01-01", "2026-03-31", "2026-01-13 2026-02-10 2026-03-10")]
    [InlineData("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30", "2026-01-01", "2026-03-31", "2026-01-30 2026-02-27 2026-03-31")]
    [InlineData("FREQ=WEEKLY;BYDAY=MO", "2026-01-01", "2026-01-01", "2026-01-31", "2026-01-05 2026-01-12 2026-01-19 2026-01-26")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2", "2026-12-24", "2026-12-25", "2027-01-31", "2027-01-07 2027-01-21")]
    [InlineData("FREQ=DAILY", "2026-12-30", "2026-12-31", "2027-01-02", "2026-12-31 2027-01-01 2027-01-02")]
    [InlineData("FREQ=DAILY;COUNT=3", "2026-12-30", "2026-12-01", "2027-02-02", "2026-12-30 2026-12-31 2027-01-01")]
    [InlineData("FREQ=MONTHLY;UNTIL=20260315", "2026-01-10", "2026-01-01", "2027-01-01", "2026-01-10 2026-02-10 2026-03-10")]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", "2024-01-01", "2033-01-01", "2024-02-29 2028-02-29 2032-02-29")]
    [InlineData("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", "2026-01-01", "2099-01-01", "")]
    [InlineData("rrule:freq=yearly", "2026-12-31", "2026-01-01", "2027-12-31", "2026-12-31 2027-12-31")]
    public void Rule_GivesItsDays(string rule, string start, string from, string until, string expected) => Assert.Equal(expected, Days(Of("rrule", rule), start, from, until));

    [Theory]
    [InlineData("2", "2026-01-01", "2026-01-01", "2027-12-31", "2026-06-30 2026-12-31 2027-06-30 2027-12-31")]
    [InlineData("2", "2026-07-01", "2026-01-01", "2027-06-30", "2026-12-31 2027-06-30")]
    [InlineData("4", "2024-01-01", "2024-01-01", "2024-12-31", "2024-03-31 2024-06-30 2024-09-30 2024-12-31")]
    [InlineData("12", "2024-01-01", "2024-02-01", "2024-03-01", "2024-02-29")]
    [InlineData("5", "2026-01-01", "2026-01-01", "2026-12-31", "2026-03-14 2026-05-26 2026-08-07 2026-10-19 2026-12-31")]
    public void TimesPerYear_EndsEachEqualPart(string times, string start, string from, string until, string expected) => Assert.Equal(expected, Days(Of("times-per-year", times), start, from, until));

    [Theory]
    [InlineData("2", "2027-12-31", "2026-01-01", "2032-12-31", "2027-12-31 2029-12-31 2031-12-31")]
    [InlineData("2", "2027-12-31", "2028-01-01", "2028-12-31", "")]
    [InlineData("1", "2027-05-05", "2026-01-01", "2028-12-31", "2027-12-31 2028-12-31")]
    public void EveryCalendarYears_EndsWithTheBlock(string years, string start, string from, string until, string expected) => Assert.Equal(expected, Days(Of("every-n-calendar-years", years), start, from, until));

    [Theory]
    [InlineData("rrule", "FREQ=YEARLY", "2026-03-02", "2026-12-31")]
    [InlineData("rrule", "FREQ=YEARLY;INTERVAL=3", "2026-03-02", "2026-12-31")]
    [InlineData("rrule", "FREQ=MONTHLY", "2026-02-02", "2026-02-28")]
    [InlineData("rrule", "FREQ=MONTHLY;INTERVAL=3", "2026-03-31", "2026-03-31")]
    [InlineData("rrule", "FREQ=MONTHLY;INTERVAL=6", "2026-07-01", "2026-12-31")]
    [InlineData("rrule", "FREQ=MONTHLY;INTERVAL=5", "2026-07-01", "2026-12-31")]
    [InlineData("rrule", "FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1", "2026-07-01", "2026-12-31")]
    [InlineData("times-per-year", "2", "2026-07-01", "2026-12-31")]
    [InlineData("every-n-calendar-years", "2", "2026-07-01", "2027-12-31")]
    [InlineData("none", null, "2026-07-01", null)]
    public void DefaultStart_IsTheEndOfThePresentPeriod(string kind, string? rule, string today, string? expected) => Assert.Equal(expected, Of(kind, rule).DefaultStart(D(today))?.ToString("yyyy-MM-dd"));

    [Theory]
    [InlineData("rrule", "FREQ=YEARLY", "2024-02-29", "2025-02-28")]
    [InlineData("rrule", "FREQ=YEARLY;INTERVAL=3", "2026-05-04", "2029-05-04")]
    [InlineData("rrule", "FREQ=MONTHLY", "2026-12-31", "2027-01-31")]
    [InlineData("rrule", "FREQ=MONTHLY;BYDAY=2TU", "2026-01-13", "2026-02-10")]
    [InlineData("times-per-year", "2", "2026-08-31", "2027-02-28")]
    [InlineData("times-per-year", "5", "2026-01-01", "2026-03-15")]
    [InlineData("every-n-calendar-years", "2", "2026-08-31", "2028-12-31")]
    [InlineData("none", null, "2026-08-31", null)]
    public void NextAfterCompletion_CountsFromTheDayItWasDone(string kind, string? rule, string done, string? expected) => Assert.Equal(expected, Of(kind, rule).NextAfterCompletion(D(done))?.ToString("yyyy-MM-dd"));

    [Fact]
    public void NextAfterPlan_KeepsThePlanWhenDoneLate()
    {
        Assert.Equal(D("2026-03-31"), Of("rrule", "FREQ=MONTHLY").NextAfterPlan(D("2026-01-31"), D("2026-02-28")));
        Assert.Equal(D("2027-06-30"), Of("times-per-year", "2").NextAfterPlan(D("2026-01-01"), D("2026-12-31")));
        Assert.Null(Of("none").NextAfterPlan(D("2026-01-31"), D("2026-01-31")));
        Assert.Null(Of("rrule", "FREQ=DAILY;COUNT=2").NextAfterPlan(D("2026-01-01"), D("2026-01-02")));
    }

    [Theory]
    [InlineData("P1M", "2026-01-31", "2026-02-28")]
    [InlineData("P1M", "2024-01-31", "2024-02-29")]
    [InlineData("P1M", "2026-12-15", "2027-01-15")]
    [InlineData("P30D", "2026-12-15", "2027-01-14")]
    [InlineData("P1Y", "2024-02-29", "2025-02-28")]
    [InlineData("P2W", "2026-02-20", "2026-03-06")]
    [InlineData("PT72H", "2026-02-27", "2026-03-02")]
    [InlineData("PT1H", "2026-02-27", "2026-02-28")]
    [InlineData("P1Y2M3DT4H", "2026-01-01", "2027-03-05")]
    public void Within_EndsOnItsDay(string within, string start, string expected) => Assert.Equal(D(expected), IsoDuration.Parse(within)!.Value.After(D(start)));

    [Fact]
    public void Within_HoursCountAsElapsedTime_DaysByTheLocalCalendar()
    {
        var taipei = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei");
        var known = new DateTimeOffset(2026, 1, 31, 23, 30, 0, TimeSpan.FromHours(8));
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 30, 0, TimeSpan.FromHours(8)), IsoDuration.Parse("PT1H")!.Value.After(known, taipei));
        Assert.Equal(new DateTimeOffset(2026, 2, 28, 23, 30, 0, TimeSpan.FromHours(8)), IsoDuration.Parse("P1M")!.Value.After(known, taipei));
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var eve = new DateTimeOffset(2026, 3, 28, 2, 30, 0, TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(24), IsoDuration.Parse("PT24H")!.Value.After(eve, berlin) - eve);
        Assert.Equal(TimeSpan.FromHours(24), IsoDuration.Parse("P1D")!.Value.After(eve, berlin) - eve);
        Assert.Equal(TimeSpan.FromHours(23), IsoDuration.Parse("P1D")!.Value.After(eve.AddHours(2), berlin) - eve.AddHours(2));
    }

    [Theory]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("1M")]
    [InlineData("P-1M")]
    [InlineData("P1.5Y")]
    [InlineData("P9999Y")]
    [InlineData("P1M1Y")]
    [InlineData("")]
    [InlineData(null)]
    public void Within_OtherTexts_AreNotRead(string? text) => Assert.Null(IsoDuration.Parse(text));

    [Theory]
    [InlineData("rrule", "", null, null, "rule")]
    [InlineData("rrule", "FREQ=HOURLY", null, null, "rule")]
    [InlineData("rrule", "FREQ=YEARLY;FREQ=DAILY", null, null, "rule")]
    [InlineData("rrule", "FREQ=YEARLY;INTERVAL=0", null, null, "rule")]
    [InlineData("rrule", "FREQ=YEARLY;BYMONTH=13", null, null, "rule")]
    [InlineData("rrule", "FREQ=YEARLY;BYHOUR=3", null, null, "rule")]
    [InlineData("rrule", "FREQ=MONTHLY;BYDAY=XX", null, null, "rule")]
    [InlineData("rrule", "FREQ=DAILY;COUNT=2;UNTIL=20260101", null, null, "rule")]
    [InlineData("times-per-year", "0", null, null, "rule")]
    [InlineData("times-per-year", "366", null, null, "rule")]
    [InlineData("every-n-calendar-years", "x", null, null, "rule")]
    [InlineData("after-event", null, null, null, "eventKey")]
    [InlineData("after-event", null, "30 days", "a.b", "within")]
    [InlineData("sometimes", null, null, null, "recurrence")]
    public void Parse_WhatCannotBeRead_IsRefusedWithItsField(string kind, string? rule, string? within, string? eventKey, string place)
    {
        var parsed = Recurrence.Parse(kind, rule, within, eventKey);
        Assert.False(parsed.IsOk);
        Assert.Equal(place, parsed.Errors[0].Place);
    }

    [Theory]
    [InlineData("rrule", "FREQ=YEARLY", "2026-12-31", "2026")]
    [InlineData("rrule", "FREQ=MONTHLY;INTERVAL=6", "2026-06-30", "2026-H1")]
    [InlineData("rrule", "FREQ=MONTHLY;INTERVAL=3", "2026-09-30", "2026-Q3")]
    [InlineData("rrule", "FREQ=MONTHLY", "2026-02-28", "2026-02")]
    [InlineData("rrule", "FREQ=WEEKLY;BYDAY=MO", "2026-02-02", "2026-02-02")]
    [InlineData("times-per-year", "2", "2026-12-31", "2026-H2")]
    [InlineData("times-per-year", "3", "2026-08-31", "2026-2/3")]
    [InlineData("every-n-calendar-years", "2", "2027-12-31", "2026–2027")]
    public void PeriodOf_NamesThePeriod(string kind, string rule, string due, string expected) => Assert.Equal(expected, Of(kind, rule).PeriodOf(D(due)));

    [Fact]
    public void Property_AnyRule_GivesRisingDaysInsideTheWindow_AndTheSameWhenTheWindowIsCut()
    {
        string[] rules = ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=10", "FREQ=WEEKLY;BYDAY=TU,FR", "FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=5", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=2", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"];
        var cases = from rule in Gen.Elements(rules) from start in Gen.Choose(730_000, 740_000) from skip in Gen.Choose(-50, 1500) from length in Gen.Choose(0, 990) select (rule, start, skip, length);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Arb.From(cases), c =>
        {
            var recurrence = Of("rrule", c.rule);
            var start = DateOnly.FromDayNumber(c.start);
            var from = start.AddDays(c.skip);
            var until = from.AddDays(c.length);
            var days = recurrence.DueDays(start, from, until);
            Assert.Equal(days.Distinct().Order(), days);
            Assert.All(days, d => Assert.InRange(d, from < start ? start : from, until));
            var middle = from.AddDays(c.length / 2);
            Assert.Equal(days, recurrence.DueDays(start, from, middle).Concat(recurrence.DueDays(start, middle.AddDays(1), until)));
            if (days.Count > 1) Assert.Equal(days[1], recurrence.NextAfterPlan(start, days[0]));
        }));
    }

    [Fact]
    public void Fuzz_AnyRuleText_IsReadOrRefusedAndNeverThrowsOrHangs()
    {
        var random = new Random(11);
        string[] parts = ["FREQ=", "YEARLY", "MONTHLY", "WEEKLY", "DAILY", ";", "INTERVAL=", "BYDAY=", "BYMONTH=", "BYMONTHDAY=", "BYSETPOS=", "BYWEEKNO=", "BYYEARDAY=", "UNTIL=", "COUNT=", "WKST=", "1", "-1", "31", "53", "366", "99", ",", "MO", "2TU", "-5FR", "20260230", "T000000Z", "=", "😀"];
        for (var i = 0; i < 3000; i++)
        {
            var text = (random.Next(3) == 0 ? "" : "FREQ=YEARLY;") + string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => parts[random.Next(parts.Length)]));
            var parsed = Recurrence.Parse("rrule", text, null, null);
            if (parsed.IsOk) _ = parsed.Value.DueDays(D("2026-01-31"), D("2026-01-31"), D("2040-01-01"), 50);
        }
    }
}

public sealed class WorkingCalendarTests
{
    private static DateOnly D(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");

    // Lunar New Year 2026: off from 14 to 22 February; a make-up Saturday on 28 March, a typhoon on 3 August.
    private static readonly WorkingCalendar Calendar = new([
        .. Enumerable.Range(16, 5).Select(d => new WorkingDay { Date = new DateOnly(2026, 2, d), Name = "春節" }),
        new WorkingDay { Date = D("2026-03-28"), IsWorking = true }, new WorkingDay { Date = D("2026-08-03"), Name = "颱風" },
    ]);

    [Theory]
    [InlineData("2026-02-13", "2026-02-13", "2026-02-13")]
    [InlineData("2026-02-14", "2026-02-23", "2026-02-13")]
    [InlineData("2026-02-20", "2026-02-23", "2026-02-13")]
    [InlineData("2026-03-28", "2026-03-28", "2026-03-28")]
    [InlineData("2026-03-29", "2026-03-30", "2026-03-28")]
    [InlineData("2027-01-02", "2027-01-04", "2027-01-01")]
    public void Neighbours_SkipRestDays(string date, string next, string previous)
    {
        Assert.Equal(D(next), Calendar.OnOrAfter(D(date)));
        Assert.Equal(D(previous), Calendar.OnOrBefore(D(date)));
        Assert.Equal(D(next), Calendar.Adjust(D(date), "next"));
        Assert.Equal(D(previous), Calendar.Adjust(D(date), "previous"));
        Assert.Equal(D(date), Calendar.Adjust(D(date), "none"));
    }

    [Theory]
    [InlineData("2026-02-13", 1, "2026-02-23")]
    [InlineData("2026-02-23", -1, "2026-02-13")]
    [InlineData("2026-02-15", 0, "2026-02-15")]
    [InlineData("2026-07-31", 2, "2026-08-05")]
    [InlineData("2026-03-27", 1, "2026-03-28")]
    public void Add_CountsWorkingDaysOnly(string date, int days, string expected) => Assert.Equal(D(expected), Calendar.Add(D(date), days));

    [Fact]
    public void Between_IsTheInverseOfAdd()
    {
        for (var n = 0; n < 300; n++) Assert.Equal(n, Calendar.Between(D("2026-01-05"), Calendar.Add(D("2026-01-05"), n)));
        Assert.Equal(-1, Calendar.Between(D("2026-02-23"), D("2026-02-13")));
        Assert.True(Calendar.Covers(2026));
        Assert.False(Calendar.Covers(2027));
    }

    [Fact]
    public void ParseFile_ReadsHolidaysAndWorkingWeekends_AndNamesWhatIsWrong()
    {
        var file = """{"year":2026,"working_weekend_days":["2026-03-28"],"days":[{"date":"2026-01-01","name_zh":"開國紀念日","name_en":"Founding Day","kind":"holiday"}]}"""u8.ToArray();
        var days = WorkingCalendar.ParseFile(file).Value;
        Assert.Equal([("2026-01-01", false, "開國紀念日"), ("2026-03-28", true, "補行上班")], days.Select(d => (d.Date.ToString("yyyy-MM-dd"), d.IsWorking, d.Name)));
        Assert.Equal("Founding Day", WorkingCalendar.ParseFile(file, "en").Value[0].Name);
        foreach (var bad in new[] { "", "[]", "{}", """{"days":[{"date":"2026-02-30","name_zh":"a","name_en":"b","kind":"holiday"}]}""", """{"days":[1]}""" })
            Assert.Equal("calendar.malformed", WorkingCalendar.ParseFile(System.Text.Encoding.UTF8.GetBytes(bad)).Errors[0].Code);
    }

    [Fact]
    public void Calendar_WithoutAnyWorkingDay_DoesNotHang()
    {
        var never = new WorkingCalendar(Enumerable.Range(0, 400).Select(i => new WorkingDay { Date = new DateOnly(2026, 1, 1).AddDays(i) }));
        Assert.Equal(D("2026-03-01"), never.OnOrAfter(D("2026-03-01")));
    }
}
