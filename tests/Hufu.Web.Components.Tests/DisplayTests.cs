using System.Globalization;
using static Hufu.Web.Components.Tests.Rendering;

namespace Hufu.Web.Components.Tests;

public sealed class DisplayTests
{
    [Theory]
    [InlineData(DateStyle.Day, false, "2026-11-23")]
    [InlineData(DateStyle.Minute, false, "2026-11-23 14:05")]
    [InlineData(DateStyle.Second, true, "115-11-23 14:05:09")]
    [InlineData(DateStyle.Millisecond, false, "2026-11-23 14:05:09.120")]
    [InlineData(DateStyle.Long, true, "民國115年11月23日（一） 14:05")]
    public void A_date_is_written_in_the_style_asked_for(DateStyle style, bool roc, string expected)
    {
        var time = Parse(Html<DateText>(new { At = (DateTimeOffset?)new DateTimeOffset(2026, 11, 23, 14, 5, 9, 120, TimeSpan.FromHours(8)), Style = style, Roc = roc })).All("time").Single();
        Assert.Equal(expected, time.Value);
        Assert.Equal("2026-11-23T14:05:09.12+08:00", time.Value("datetime"));
    }

    [Fact]
    public void A_missing_date_is_said_in_words() => Assert.Contains("未填日期", Html<DateText>(), StringComparison.Ordinal);

    [Fact]
    public void Years_before_the_Republic_stay_common() => Assert.Equal("1899-01-02", DateText.Short(new DateOnly(1899, 1, 2), roc: true));

    [Theory]
    [InlineData("林怡君", "君")]
    [InlineData("Yi-chun Lin", "YL")]
    [InlineData("root", "R")]
    [InlineData("  ", "?")]
    [InlineData("𠮷田", "田")]
    public void Initials_follow_the_script_of_the_name(string name, string initials) =>
        Assert.Equal(initials, Parse(Html<Avatar>(new { Name = name })).All("span").Single().Value);

    [Fact]
    public void Each_tone_has_a_shape_of_its_own()
    {
        var shapes = Enum.GetValues<Tone>().Select(tone => string.Concat(Parse(Html<StateMark>(new { Tone = tone })).All("svg").Single().Elements().Select(shape => shape.ToString()))).ToList();
        Assert.Equal(shapes.Count, shapes.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(-5, 10, "0%", "-5")]
    [InlineData(5, 0, "0%", "5")]
    [InlineData(12, 10, "100%", "12")]
    [InlineData(1, 3, "33.33%", "1")]
    public void Progress_stays_inside_its_bar(double value, double max, string width, string now)
    {
        var bar = Parse(Html<ProgressBar>(new { Label = "x", Value = value, Max = max })).All("svg").Single();
        Assert.Equal(width, bar.All("rect").Last().Value("width"));
        Assert.Equal(now, bar.Value("aria-valuenow"));
    }

    [Fact]
    public void A_conflict_is_chosen_by_the_reader_and_nothing_else_is()
    {
        var fields = (IReadOnlyList<MergeField>)[new("title", "名稱", "a", "b", "c"), new("owner", "負責人", "a", "b", "a"), new("note", "備註", "a", "a", "c"), new("same", "同", "a", "b", "b")];
        Assert.Equal([true, false, false, false], fields.Select(field => field.IsConflict));
        var chosen = Parse(Html<MergeView>(new { Fields = fields })).All("input").Where(input => input.Value("checked") is not null).Select(input => input.Value("name") + "=" + input.Value("value"));
        Assert.Equal(["owner=theirs", "note=mine", "same=mine"], chosen);
    }

    [Fact]
    public void The_numbers_of_a_histogram_are_in_its_table_too()
    {
        var buckets = (IReadOnlyList<HistogramBucket>)[new(DateTimeOffset.UnixEpoch, new Dictionary<SeverityLevel, long> { [SeverityLevel.High] = 7, [SeverityLevel.Info] = 1200 }, "?from=1"), new(DateTimeOffset.UnixEpoch.AddHours(1), new Dictionary<SeverityLevel, long>())];
        var root = Parse(Html<Histogram>(new { Caption = "事件", Buckets = buckets }));
        var cells = root.All("tbody").Single().All("tr").First().Elements().Select(cell => cell.Value);
        Assert.Equal(["1970-01-01 00:00:00", "7", "1,200", "1,207"], cells);
        Assert.Equal(2, root.All("a").Count(link => link.Value("href") == "?from=1"));
    }

    [Fact]
    public void A_date_on_the_axis_stands_where_its_day_begins()
    {
        var buckets = (IReadOnlyList<HistogramBucket>)[.. Enumerable.Range(0, 40).Select(i => new HistogramBucket(new DateTimeOffset(2026, 11, 17, 22, 0, 0, TimeSpan.FromHours(8)).AddHours(i * 3), new Dictionary<SeverityLevel, long> { [SeverityLevel.Info] = 1 }))];
        var texts = Parse(Html<Histogram>(new { Caption = "x", Buckets = buckets })).All("text").Skip(3).ToList();
        Assert.Equal(["11-18", "11-19", "11-20", "11-21", "11-22"], texts.Select(t => t.Value));
        Assert.Equal("2.5%", (string?)texts[0].Attribute("x"));
        Assert.Equal(["start", "start", "start", "start", "start"], texts.Select(t => (string?)t.Attribute("text-anchor")));
    }

    [Fact]
    public void A_histogram_of_nothing_says_so() => Assert.Contains("沒有資料", Html<Histogram>(new { Caption = "x", Buckets = (IReadOnlyList<HistogramBucket>)[] }), StringComparison.Ordinal);

    [Fact]
    public void The_parts_of_a_ring_fill_it()
    {
        var rings = Parse(Html<Donut>(new { Label = "x", Slices = (IReadOnlyList<ChartSlice>)[new("a", 1, Tone.Good), new("b", 3, Tone.Bad), new("c", 0, Tone.Warn)] })).All("circle").Skip(1).ToList();
        Assert.Equal(["25", "0"], rings.Select(ring => ring.Value("stroke-dashoffset")));
        Assert.All(rings, ring => Assert.Equal(100, ring.Value("stroke-dasharray")!.Split(' ').Sum(part => double.Parse(part, CultureInfo.InvariantCulture)), 0.02));
    }

    [Fact]
    public void A_matrix_cell_says_what_it_counts()
    {
        var link = Parse(Html<Matrix>(new { Caption = "風險圖", RowTitle = "可能性", ColumnTitle = "衝擊", Rows = (IReadOnlyList<string>)["低", "高"], Columns = (IReadOnlyList<string>)["輕", "重"], Cells = (IReadOnlyList<MatrixCell>)[new(1, 1, 4, Tone.Critical, "/risks")] })).All("a").Single();
        Assert.Equal("可能性 高、衝擊 重：4", link.Value("aria-label"));
        Assert.Equal("m-critical", link.Parent!.Value("class"));
    }

    [Fact]
    public void A_month_has_whole_weeks_and_marks_today()
    {
        var root = Parse(Html<CalendarMonth>(new { Year = 2026, Month = 2, Today = (DateOnly?)new DateOnly(2026, 2, 14), Entries = (IReadOnlyList<CalendarEntry>)[.. Enumerable.Range(0, 5).Select(i => new CalendarEntry(new DateOnly(2026, 2, 14), "項目" + i))] }));
        var days = root.All("td").ToList();
        Assert.Equal(35, days.Count);
        Assert.Equal("14", days.Single(day => day.Value("aria-current") == "date").All("time").Single().Value);
        Assert.Contains("還有 2 項", root.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(3, 4)]
    [InlineData(1999, 2000)]
    [InlineData(2001, 4000)]
    [InlineData(9_000_000, 10_000_000)]
    public void An_axis_ends_at_a_round_number(double value, double ceiling) => Assert.Equal(ceiling, Axis(value));

    private static double Axis(double value)
    {
        var buckets = (IReadOnlyList<HistogramBucket>)[new(DateTimeOffset.UnixEpoch, new Dictionary<SeverityLevel, long> { [SeverityLevel.Info] = Math.Max(1, (long)value) })];
        var top = Parse(Html<Histogram>(new { Caption = "x", Buckets = buckets })).All("text").Take(3).Last().Value;
        var factor = top[^1] switch { 'k' => 1e3, 'M' => 1e6, _ => 1 };
        return double.Parse(top.TrimEnd('k', 'M'), CultureInfo.InvariantCulture) * factor;
    }

    [Fact]
    public void Code_is_shown_and_copied_as_it_is()
    {
        var root = Parse(Html<CodeBox>(new { Text = "a\n<b>\n" + Hostile, LineNumbers = true, Highlight = (IReadOnlyCollection<int>)[2] }));
        Assert.Equal("a\n<b>\n" + Hostile, root.All("button").Single().Value("data-copy"));
        Assert.Equal("<b>", root.All("span").Single(line => line.HasClass("hit")).Value.Trim());
    }
}
