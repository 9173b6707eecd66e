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
    public async Task A_timechart_has_a_column_and_a_series_for_each_value_with_zeros_between()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-chart-").FullName;
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync([At(0, "b"), At(1, "a"), At(1, "a"), At(121, "a"), At(122, null), At(122, null), At(123, null), At(124, null)], TestContext.Current.CancellationToken);
            var table = await Table("| timechart span=1h count by user");
            var wide = LogEndpoints.Wide(table)!;
            Assert.Equal(["time", Hufu.Kernel.Texts.T("logs.chart-none"), "a", "b"], wide.Columns.Select(c => c.Name));
            Assert.Equal([[Start, 0L, 2L, 1L], [Start.AddHours(2), 4L, 1L, 0L]], wide.Rows);
            var series = LogEndpoints.SeriesOf(table);
            Assert.Equal(wide.Columns.Skip(1).Select(c => c.Name), series.Select(s => s.Name));
            Assert.Equal([2, 0, 1], series[1].Values);
            Assert.Equal((Start, Start.AddHours(3)), (series[0].From, series[0].Until));
            Assert.Empty(LogEndpoints.SeriesOf(table with { Truncated = true }));
            Assert.Empty(LogEndpoints.SeriesOf(table with { Span = null }));
            Assert.Empty(LogEndpoints.SeriesOf(table with { Rows = [] }));
            Assert.Empty(LogEndpoints.SeriesOf(table with { Span = TimeSpan.FromSeconds(1) }));
            // Without a split there is one series, of the first figure.
            var plain = await Table("| timechart span=1h count as n, dc(user)");
            Assert.Null(LogEndpoints.Wide(plain));
            Assert.Equal(["n"], LogEndpoints.SeriesOf(plain).Select(s => s.Name));

            async Task<LogTable> Table(string query) => await store.TableAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, cancellation: TestContext.Current.CancellationToken);
        }

        Directory.Delete(folder, recursive: true);

        static LogEvent At(int minute, string? user) => (user is null ? Event("m") : Event("m", ("user", user))) with { OccurredAt = Start.AddMinutes(minute), ReceivedAt = Start.AddMinutes(minute) };
    }

    private static LogEvent Event(string message, params (string Name, string Value)[] fields) => new()
    {
        ReceivedAt = Start, OccurredAt = Start, Source = "s", Message = message, Raw = message, Format = LogFormats.Plain, Fields = fields.ToDictionary(f => f.Name, f => f.Value),
    };
}
