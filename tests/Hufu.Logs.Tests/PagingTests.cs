using System.Globalization;

namespace Hufu.Logs.Tests;

/// <summary>Pages that follow each other give every event once, in one order, however the events lie in files.</summary>
public sealed class PagingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-paging-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Batches of one moment, as they come over HTTP: a page ends within one.
    [Theory]
    [InlineData("source:killed", false)]
    [InlineData("source:killed", true)]
    [InlineData("", true)]
    public async Task Every_event_is_in_one_page(string query, bool packed)
    {
        var random = new Random(5);
        var (stored, at) = (new List<string>(), Start);
        await using (var store = LogStore.Open(folder, new LogStoreOptions { KeepReplaced = TimeSpan.Zero }))
        {
            for (var round = 0; round < 40; round++)
            {
                for (var batch = 0; batch < 20 + random.Next(20); batch++)
                {
                    at = at.AddTicks(random.Next(1, 5_000_000));
                    var (source, format) = (batch % 4 == 3 ? "other" : "killed", batch % 2 == 0 ? LogFormats.Json : LogFormats.Plain);
                    var events = Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"e-{round}-{batch}-{i}")).Select(mark => new LogEvent { ReceivedAt = at, Source = source, Message = mark, Raw = mark, Format = format }).ToArray();
                    await store.AppendAsync(events, Stop);
                    if (source == "killed" || query.Length == 0) stored.AddRange(events.Select(e => e.Raw));
                }

                await store.SealAsync(Stop);
                if (packed && round % 13 == 12) await store.MaintainAsync(new RetentionPolicy(), Stop);
            }
        }

        await using var read = LogStore.OpenToRead(folder);
        var found = new List<LogEvent>();
        var size = 1_000;
        for (LogCursor? after = null; ;)
        {
            var page = await read.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value!, Limit = size, After = after }, Stop);
            found.AddRange(page.Events);
            size = Math.Min(size * 2, 10_000);
            if ((after = page.Next) is null) break;
        }

        var marks = found.Select(e => e.Raw).ToList();
        Assert.Empty(stored.Except(marks).Take(20));
        Assert.Equal(stored.Count, marks.Count);
        Assert.True(found.Zip(found.Skip(1)).All(pair => pair.First.Time >= pair.Second.Time));
    }

    [Fact]
    public async Task What_is_asked_for_after_every_batch_is_there_once_and_in_order_before_it_is_sealed()
    {
        var (random, stored) = (new Random(7), new List<string>());
        await using var store = LogStore.Open(folder);
        var search = new LogSearch { Query = SearchQuery.Parse("format:*").Value!, Limit = 10_000 };
        for (var batch = 0; batch < 120; batch++)
        {
            // Now and then many, so that those before are not of their size.
            var count = batch % 37 == 36 ? 1_000 : random.Next(1, 30);
            var marks = Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"e-{batch}-{i}")).ToList();
            await store.AppendAsync([.. marks.Select((mark, i) => new LogEvent { ReceivedAt = Start.AddSeconds(batch).AddMilliseconds(i), Source = "s", Message = mark, Raw = mark, Format = LogFormats.Plain })], Stop);
            stored.AddRange(marks);
            Assert.Equal(stored, (await store.SearchAsync(search, Stop)).Events.Select(e => e.Raw).Reverse());
            if (batch % 10 == 0) Assert.Equal(stored, store.EventsFrom("00000001", 0, long.MaxValue, Stop).Select(e => e.Raw));
        }

        Assert.Equal(stored.Count, (await store.HistogramAsync(search with { Query = SearchQuery.Parse("e").Value! }, cancellation: Stop)).Buckets.Sum(b => b.Errors + b.Warnings + b.Others));
    }
}
