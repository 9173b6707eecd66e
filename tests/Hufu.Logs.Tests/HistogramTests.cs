using System.Globalization;

namespace Hufu.Logs.Tests;

/// <summary>A histogram counts what somebody counts who reads every event.</summary>
public sealed class HistogramTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task EachSliceHasTheEventsOfItsTime_WhereverTheyLie()
    {
        var random = new Random(23);
        var day = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
        // Some all together, some over weeks, and senders with a clock of another age.
        DateTimeOffset Time() => random.Next(40) switch
        {
            0 => DateTimeOffset.MinValue.AddDays(random.NextDouble() * 400),
            1 => new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero).AddSeconds(-random.Next(100)),
            2 => new DateTimeOffset(1969, 12, 31, 23, 0, 0, TimeSpan.Zero).AddSeconds(random.Next(7_200)),
            < 20 => day.AddDays(random.NextDouble() * 40),
            _ => day.AddDays(3).AddMinutes(random.NextDouble() * 90),
        };
        var events = Enumerable.Range(0, 3_000).Select(i =>
        {
            var at = Time();
            return new LogEvent { ReceivedAt = day, OccurredAt = at.AddTicks(-(at.Ticks % 10)), Source = "s", Severity = random.Next(9) is var severity and < 8 ? severity : null, Message = "", Raw = string.Create(CultureInfo.InvariantCulture, $"kind{i % 5} of {(at.Year is > 2000 and < 3000 ? "now" : "another age")}"), Format = LogFormats.Plain };
        }).ToList();
        await using var store = LogStore.Open(folder);
        foreach (var batch in events[..2_400].Chunk(600))
        {
            await store.AppendAsync(batch, Stop);
            await store.SealAsync(Stop);
        }

        await store.AppendAsync(events[2_400..], Stop);
        for (var round = 0; round < 120; round++)
        {
            var word = random.Next(4) switch { 0 => "", 1 => "now", 2 => "kind3 now", _ => "kind1" };
            DateTimeOffset? from = random.Next(3) == 0 ? day.AddDays(random.NextDouble() * 30) : null;
            DateTimeOffset? to = random.Next(3) == 0 ? (from ?? day).AddMinutes(random.Next(1, 40_000)) : null;
            TimeSpan? width = random.Next(4) switch { 0 => TimeSpan.FromSeconds(1 + random.Next(100)), 1 => TimeSpan.FromHours(1 + random.Next(50)), _ => null };
            var histogram = await store.HistogramAsync(new LogSearch { Query = SearchQuery.Parse(word).Value, From = from, To = to }, width, Stop);
            var found = events.Where(e => word.Split(' ').All(w => e.Raw.Contains(w, StringComparison.Ordinal)) && (from is null || e.Time >= from) && (to is null || e.Time < to)).ToList();
            var told = $"“{word}” from {from:O} to {to:O} by {width}";
            Assert.True(found.Count == histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others), told);
            Assert.True(histogram.Buckets.Count <= 10_001, told);
            if (width is null && found.Count > 0) Assert.True(histogram.Buckets.Count <= 61 || histogram.Width >= TimeSpan.FromDays(365), told + $": {histogram.Buckets.Count} slices");
            var left = found.OrderBy(e => e.Time).ToList();
            foreach (var bucket in histogram.Buckets.Skip(1)) Assert.True(bucket.From.UtcTicks % histogram.Width.Ticks == DateTime.UnixEpoch.Ticks % histogram.Width.Ticks, told);
            var counted = left.GroupBy(e => Slot(e.Time, histogram.Width)).ToDictionary(g => g.Key, g => (g.LongCount(e => e.Severity <= 3), g.LongCount(e => e.Severity == 4), g.LongCount(e => e.Severity is null or > 4)));
            foreach (var bucket in histogram.Buckets) Assert.True(counted.GetValueOrDefault(Slot(bucket.From, histogram.Width)) == (bucket.Errors, bucket.Warnings, bucket.Others), $"{told}: {bucket}");
        }

        static Int128 Slot(DateTimeOffset time, TimeSpan width) => (Int128)Math.Floor((time.UtcTicks - DateTime.UnixEpoch.Ticks) / (decimal)width.Ticks);
    }
}
