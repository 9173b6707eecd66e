using System.Globalization;

namespace Hufu.Logs.Tests;

/// <summary>Reading all that a search may find, in the order of storing.</summary>
public sealed class ScanningTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-scanning-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogEvent Event(string text, DateTimeOffset at, string host) => new()
    {
        ReceivedAt = at, OccurredAt = at, Source = "s", Host = host, App = "app", Severity = 6, Message = text, Raw = text, Format = LogFormats.Plain,
    };

    [Theory]
    [InlineData("", null, null)]
    [InlineData("needle", null, null)]
    [InlineData("needle OR host:h2", 2, 5)]
    [InlineData("host:h1", 3, null)]
    [InlineData("-host:h0", null, 4)]
    [InlineData("nowhere", null, null)]
    public async Task The_stretches_of_a_search_hold_what_it_finds_each_once_and_in_the_order_of_storing(string query, int? from, int? to)
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 200 });
        var random = new Random(7);
        var all = new List<(string Id, LogEvent Event)>();
        for (var batch = 0; batch < 30; batch++)
        {
            // Times go back and forth over six days; one word is rare.
            var events = Enumerable.Range(0, 40).Select(i => Event(
                string.Create(CultureInfo.InvariantCulture, $"{(batch % 7 == 3 && i == 5 ? "needle" : "hay")} {batch}.{i}"), Start.AddHours(random.NextDouble() * 24 + batch * 4.8), $"h{random.Next(3)}")).ToList();
            all.AddRange((await store.AppendAsync(events, Stop)).Zip(events));
            if (batch == 15) await store.MaintainAsync(new RetentionPolicy(), Stop);
        }

        // Sealed and put together, with one event beside.
        await store.SealAsync(Stop);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        var last = Event("hay, the last", Start.AddDays(1), "h1");
        all.Add(((await store.AppendAsync([last], Stop))[0], last));
        var search = new LogSearch { Query = SearchQuery.Parse(query).Value, From = from is { } f ? Start.AddDays(f) : null, To = to is { } t ? Start.AddDays(t) : null };
        var stretches = store.StretchesOf(search);
        var read = stretches.SelectMany(stretch => store.EventsOf(search, stretch, Stop)).Select(e => e.Id).ToList();
        var wanted = all.Where(a => (search.From is not { } begin || a.Event.Time >= begin) && (search.To is not { } end || a.Event.Time < end) && query switch
        {
            "" => true,
            "needle" => a.Event.Message.StartsWith("needle", StringComparison.Ordinal),
            "needle OR host:h2" => a.Event.Message.StartsWith("needle", StringComparison.Ordinal) || a.Event.Host == "h2",
            "host:h1" => a.Event.Host == "h1",
            "-host:h0" => a.Event.Host != "h0",
            _ => false,
        }).Select(a => a.Id).ToList();
        Assert.Equal(wanted, read);
        Assert.True(query == "nowhere" || wanted.Count > 0);
        Assert.True(stretches.Sum(s => s.Events) <= all.Count);
    }

    [Fact]
    public async Task A_search_that_makes_a_table_is_refused_and_a_removed_segment_gives_nothing()
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 10 });
        await store.AppendAsync([.. Enumerable.Range(0, 10).Select(i => Event($"x {i}", Start, "h"))], Stop);
        Assert.Throws<ArgumentException>(() => store.StretchesOf(new LogSearch { Query = SearchQuery.Parse("| stats count").Value }));
        var everything = new LogSearch { Query = SearchQuery.Parse("").Value };
        Assert.Equal(10, store.EventsOf(everything, Assert.Single(store.StretchesOf(everything)), Stop).Count());
        Assert.Empty(store.EventsOf(everything, new LogStretch("00009999", 10, 0), Stop));
    }
}
