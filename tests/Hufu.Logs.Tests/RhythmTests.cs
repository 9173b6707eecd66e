namespace Hufu.Logs.Tests;

/// <summary>What arrives from whom, what is usual, and what is not.</summary>
public sealed class RhythmTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-rhythm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Minutes at which something arrives.
    private static SourceRhythm Of(IEnumerable<int> minutes, long events = 10)
    {
        var rhythm = new SourceRhythm("s", "h");
        foreach (var minute in minutes)
        {
            var at = Start.AddMinutes(minute);
            rhythm.Add(new Arrival("s", "h", at.AddMinutes(-(minute % 10)), events, 100, at, $"00000001/{minute}"));
        }

        return rhythm;
    }

    private static IEnumerable<int> Every(int minutes, int from, int to) => Enumerable.Range(0, int.MaxValue).Select(i => from + i * minutes).TakeWhile(m => m <= to);

    private static SourceStanding At(SourceRhythm rhythm, int minute, int listeningSince = 0) => rhythm.At(Start.AddMinutes(minute), Start.AddMinutes(listeningSince));

    [Fact]
    public void WhatComesAllTheTimeIsQuietAfterHalfAnHour()
    {
        var rhythm = Of(Every(5, 0, 240));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromMinutes(30)), (At(rhythm, 241).UsualPause, At(rhythm, 241).QuietAfter));
        Assert.Equal(SourceCondition.Usual, At(rhythm, 270).Condition);
        Assert.Equal(SourceCondition.Quiet, At(rhythm, 271).Condition);
        Assert.Equal("00000001/240", At(rhythm, 271).LastId);
    }

    [Fact]
    public void WhatComesOnceAnHourMayPauseTwoHours()
    {
        var rhythm = Of(Every(60, 0, 2_880));
        Assert.Equal(TimeSpan.FromMinutes(50), At(rhythm, 2_881).UsualPause);
        Assert.Equal(TimeSpan.FromMinutes(110), At(rhythm, 2_881).QuietAfter);
        Assert.Equal(SourceCondition.Usual, At(rhythm, 2_880 + 110).Condition);
        Assert.Equal(SourceCondition.Quiet, At(rhythm, 2_880 + 111).Condition);
    }

    [Fact]
    public void AnOutageTeachesNothing_AHabitDoes()
    {
        var once = Of([.. Every(5, 0, 600), .. Every(5, 1_080, 1_700)]);
        Assert.Equal(TimeSpan.FromMinutes(30), At(once, 1_701).QuietAfter);
        var twice = Of([.. Every(5, 0, 600), .. Every(5, 1_080, 1_700), .. Every(5, 2_180, 2_800)]);
        Assert.Equal(TimeSpan.FromMinutes(470), At(twice, 2_801).UsualPause);
        Assert.Equal(SourceCondition.Usual, At(twice, 2_800 + 900).Condition);
    }

    [Fact]
    public void AFileAndANewSourceAreNeverQuiet()
    {
        Assert.Equal(SourceCondition.Learning, At(Of([0, 1, 2]), 50_000).Condition);
        // Eleven slices, and then twelve within less than three hours.
        Assert.Equal(SourceCondition.Learning, At(Of(Every(60, 0, 600)), 5_000).Condition);
        Assert.Equal(SourceCondition.Learning, At(Of(Every(10, 0, 160)), 5_000).Condition);
        Assert.Equal(SourceCondition.Quiet, At(Of(Every(10, 0, 180)), 5_000).Condition);
    }

    [Fact]
    public void NobodyIsQuietBecauseNobodyListened()
    {
        var rhythm = Of(Every(5, 0, 240));
        Assert.Equal(SourceCondition.Awaited, At(rhythm, 3_000, listeningSince: 2_980).Condition);
        Assert.Equal(SourceCondition.Quiet, At(rhythm, 3_011, listeningSince: 2_980).Condition);
    }

    [Fact]
    public void AFloodIsToldWhileItLasts_AndNeedsNumbers()
    {
        var rhythm = Of(Every(10, 0, 300), 100);
        void Add(int minute, long events) => rhythm.Add(new Arrival("s", "h", Start.AddMinutes(minute), events, 1, Start.AddMinutes(minute), "00000002/1"));
        Add(310, 999);
        Assert.Equal(SourceCondition.Usual, At(rhythm, 312).Condition);
        Add(310, 1);
        Assert.Equal(SourceCondition.Flood, At(rhythm, 312).Condition);
        Assert.Equal(SourceCondition.Flood, At(rhythm, 325).Condition);
        Assert.Equal(SourceCondition.Usual, At(rhythm, 332).Condition);
        // The same again is not five times the second busiest when two were that busy.
        Add(320, 1_000);
        Add(340, 1_200);
        Assert.Equal(SourceCondition.Usual, At(rhythm, 342).Condition);
    }

    [Fact]
    public void ItForgetsWhatIsTwoWeeksOld()
    {
        var rhythm = Of(Every(5, 0, 600));
        Assert.True(rhythm.Forget(Start.AddDays(14)));
        Assert.Equal(Start, At(rhythm, 20_160).First);
        Assert.True(rhythm.Forget(Start.AddDays(14).AddMinutes(300)));
        Assert.Equal(Start.AddMinutes(300), At(rhythm, 20_460).First);
        Assert.False(rhythm.Forget(Start.AddDays(30)));
    }

    [Fact]
    public async Task ArrivalsAreWhatWasStored_WhereverTheReadingStopsAndWhateverIsSealed()
    {
        var random = new Random(3);
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 40 });
        var events = new List<LogEvent>();
        var (segment, row) = ("", 0);
        var read = new List<Arrival>();
        for (var round = 0; round < 60; round++)
        {
            var batch = Enumerable.Range(0, random.Next(30)).Select(_ => new LogEvent
            {
                ReceivedAt = Start.AddSeconds(random.Next(20_000)), Source = "s" + random.Next(3), Host = random.Next(3) is > 0 and var h ? "h" + h : null, Format = LogFormats.Plain, Message = "m", Raw = new string('é', random.Next(5)),
            }).ToList();
            events.AddRange(batch);
            await store.AppendAsync(batch, Stop);
            if (random.Next(5) == 0) await store.SealAsync(Stop);
            if (random.Next(3) > 0) continue;
            await ReadAsync();
        }

        await ReadAsync();
        async Task ReadAsync()
        {
            for (var more = true; more;)
            {
                var arrived = await store.ArrivalsAsync(segment, row, SourceRhythm.Width, Start.AddYears(-1), Stop);
                read.AddRange(arrived.Slices);
                (segment, row, more) = (arrived.Segment, arrived.Row, !arrived.IsAll);
            }
        }

        Assert.True(store.Segments.Count > 10, $"{store.Segments.Count} segments.");
        static DateTimeOffset Slice(DateTimeOffset at) => at.AddTicks(-(at.Ticks % SourceRhythm.Width.Ticks));
        Assert.Equal(
            events.GroupBy(e => (e.Source, e.Host, Slice(e.ReceivedAt))).Select(g => $"{g.Key} {g.Count()} {g.Sum(e => 2 * e.Raw.Length)} {g.Max(e => e.ReceivedAt):O}").Order(StringComparer.Ordinal),
            read.GroupBy(a => (a.Source, a.Host, a.From)).Select(g => $"{g.Key} {g.Sum(a => a.Events)} {g.Sum(a => a.Bytes)} {g.Max(a => a.Last):O}").Order(StringComparer.Ordinal));
        Assert.All(read, a => Assert.Equal((a.Source, a.Host), (store.GetEvent(a.LastId)!.Source, store.GetEvent(a.LastId)!.Host)));
        Assert.Empty((await store.ArrivalsAsync(segment, row, SourceRhythm.Width, Start.AddYears(-1), Stop)).Slices);
    }
}
