using Hufu.Logs;

namespace Hufu.Monitoring.Logs.Tests;

public sealed class SearchPageTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("user", "a \"b\" c")]
    [InlineData("user", "\"")]
    [InlineData("path", "c:\\dir\\")]
    [InlineData("a b:c", "x|y")]
    [InlineData("/f/", "/g/")]
    [InlineData("-n", "[1 TO 2]")]
    [InlineData("n", "10.0.0.0/8")]
    [InlineData("n", "王*明")]
    public async Task A_value_that_is_clicked_is_found_as_it_is(string field, string value)
    {
        var folder = Directory.CreateTempSubdirectory("hufu-clicked-").FullName;
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync([Event("right", (field, value)), Event("wrong", (field, value + "x")), Event("none")], TestContext.Current.CancellationToken);
            Assert.Equal(["right"], await Found(LogEndpoints.With("", field, value)));
            Assert.Equal(["none", "wrong"], await Found(LogEndpoints.With("-other", field, value, not: true)));

            async Task<IEnumerable<string>> Found(string query) => (await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, TestContext.Current.CancellationToken)).Events.Select(e => e.Message).Order(StringComparer.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_timechart_has_a_series_for_each_value_with_zeros_between()
    {
        LogColumn[] columns = [new("time", LogColumnType.Time), new("user", LogColumnType.Text), new("count", LogColumnType.Integer)];
        var table = new LogTable(columns, [[Start, "a", 2L], [Start.AddHours(2), "a", 1L], [Start.AddHours(2), null, 5L]], false) { Span = TimeSpan.FromHours(1) };
        var series = LogEndpoints.SeriesOf(table);
        Assert.Equal(["a", null], series.Select(s => s.Name));
        Assert.Equal([2, 0, 1], series[0].Values);
        Assert.Equal([0, 0, 5], series[1].Values);
        Assert.Empty(LogEndpoints.SeriesOf(table with { Truncated = true }));
        Assert.Empty(LogEndpoints.SeriesOf(table with { Span = null }));
        Assert.Empty(LogEndpoints.SeriesOf(table with { Rows = [] }));
        Assert.Empty(LogEndpoints.SeriesOf(table with { Span = TimeSpan.FromSeconds(1) }));
    }

    private static LogEvent Event(string message, params (string Name, string Value)[] fields) => new()
    {
        ReceivedAt = Start, OccurredAt = Start, Source = "s", Message = message, Raw = message, Format = LogFormats.Plain, Fields = fields.ToDictionary(f => f.Name, f => f.Value),
    };
}
