namespace Hufu.Logs.Tests;

/// <summary>What the times of events say of the clock that dated them, and what they do not.</summary>
public sealed class SkewTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-skew-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static SourceSkew Of(IEnumerable<(int Minute, double Lag)> events, bool assumed = false)
    {
        var skew = new SourceSkew();
        foreach (var (minute, lag) in events) skew.Add(Arrived(minute, assumed ? new ArrivalLag(0, null, 1, lag, $"00000001/{minute:D6}") : new ArrivalLag(1, lag, 0, null, $"00000001/{minute:D6}")));
        return skew;
    }

    private static Arrival Arrived(int minute, ArrivalLag? lag) => new("s", "h", Start.AddMinutes(minute - (minute % 10)), 1, 1, Start.AddMinutes(minute), $"00000001/{minute:D6}", lag);

    private static SkewStanding At(SourceSkew skew, int minute) => skew.At(Start.AddMinutes(minute), SourceSkew.DefaultThreshold);

    [Theory]
    [InlineData(0.2, SkewCondition.Fine)]
    [InlineData(30, SkewCondition.Fine)]
    [InlineData(-30, SkewCondition.Fine)]
    [InlineData(31, SkewCondition.Behind)]
    [InlineData(-31, SkewCondition.Ahead)]
    [InlineData(28_800, SkewCondition.Behind)]
    public void A_clock_that_is_wrong_is_wrong_all_the_time(double lag, SkewCondition condition)
    {
        var at = At(Of(Enumerable.Range(0, 100).Select(i => (i, lag + (i % 10 * 0.1)))), 100);
        Assert.Equal(condition, at.Condition);
        Assert.Equal(lag, at.Skew!.Value, 6);
        Assert.Equal((10, lag == 28_800), (at.Slices, at.LooksLikeZone));
        Assert.Equal(condition is SkewCondition.Fine ? null : "00000001/000000", at.SinceId);
    }

    [Fact]
    public void A_batch_once_an_hour_is_no_slow_clock()
    {
        // Sixty events come together; the last has just happened.
        var at = At(Of(Enumerable.Range(1, 20).SelectMany(hour => Enumerable.Range(0, 60).Select(i => (hour * 60, i * 60 + 0.5)))), 1_201);
        Assert.Equal((SkewCondition.Fine, 0.5), (at.Condition, at.Skew!.Value));
    }

    [Fact]
    public void What_was_kept_back_during_an_outage_is_no_slow_clock()
    {
        var usual = Enumerable.Range(0, 1_000).Select(i => (i, 0.3));
        // Three hours of it come within half an hour, and nothing fresh.
        var kept = Enumerable.Range(1_200, 30).SelectMany(i => Enumerable.Range(0, 20).Select(_ => (i, 10_800.0 - (i * 2))));
        var at = At(Of([.. usual, .. kept]), 1_231);
        Assert.Equal((SkewCondition.Fine, 0.3), (at.Condition, at.Skew!.Value));
    }

    [Fact]
    public void What_is_always_delivered_late_is_late_and_says_nothing_of_the_clock()
    {
        var random = new Random(7);
        var at = At(Of(Enumerable.Range(0, 400).Select(i => (i, 300 + (random.NextDouble() * 600)))), 401);
        Assert.Equal(SkewCondition.Late, at.Condition);
        Assert.Null(at.SinceId);
        Assert.True(at.High - at.Low > 30, $"{at.Low} {at.High}");
    }

    [Fact]
    public void One_event_from_the_future_is_no_fast_clock()
    {
        var at = At(Of([.. Enumerable.Range(0, 200).Select(i => (i, 0.3)), (55, -4e8)]), 201);
        Assert.Equal(SkewCondition.Fine, at.Condition);
    }

    [Fact]
    public void Little_is_not_enough_and_yesterday_does_not_count()
    {
        Assert.Equal(SkewCondition.Learning, At(Of([(0, 500), (10, 500), (20, 500), (30, 500), (40, 500)]), 50).Condition);
        var healed = Of([.. Enumerable.Range(0, 600).Select(i => (i, 500.0)), .. Enumerable.Range(2_100, 200).Select(i => (i, 0.1))]);
        Assert.Equal(SkewCondition.Behind, At(healed, 601).Condition);
        var at = At(healed, 2_300);
        Assert.Equal(SkewCondition.Fine, at.Condition);
        Assert.Equal([500, 500, 0.1, 0.1], at.Trend.Select(t => t.Skew));
        Assert.Equal(Start.AddHours(36), at.Trend[^1].From);
        healed.Forget(Start.AddMinutes(2_100));
        Assert.Equal(2, At(healed, 2_300).Trend.Count);
    }

    [Fact]
    public void Since_is_where_the_trouble_began()
    {
        var at = At(Of([.. Enumerable.Range(0, 300).Select(i => (i, 0.1)), .. Enumerable.Range(300, 400).Select(i => (i, -95.0))]), 701);
        Assert.Equal((SkewCondition.Ahead, Start.AddMinutes(300), "00000001/000300"), (at.Condition, at.Since, at.SinceId));
    }

    [Fact]
    public void Times_without_a_zone_are_told_apart_and_speak_only_when_there_are_no_others()
    {
        var alone = At(Of(Enumerable.Range(0, 100).Select(i => (i, -28_800.0)), assumed: true), 100);
        Assert.Equal((SkewCondition.Ahead, true, 100L, true), (alone.Condition, alone.ZoneAssumed, alone.Assumed, alone.LooksLikeZone));
        var both = Of(Enumerable.Range(0, 100).Select(i => (i, -28_800.0)), assumed: true);
        for (var i = 0; i < 100; i++) both.Add(Arrived(i, new ArrivalLag(1, 0.2, 0, null, "00000001/1")));
        Assert.Equal((SkewCondition.Fine, false, 100L), (At(both, 100).Condition, At(both, 100).ZoneAssumed, At(both, 100).Assumed));
    }

    [Fact]
    public async Task Arrivals_carry_the_lag_of_the_freshest_event_and_leave_out_what_was_imported()
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 25 });
        LogEvent Event(int second, double? lag, string source = "s", bool assumed = false) => new()
        {
            ReceivedAt = Start.AddSeconds(second), OccurredAt = lag is { } l ? Start.AddSeconds(second - l).ToOffset(TimeSpan.FromHours(8)) : null, TimeZoneAssumed = assumed, Source = source, Host = "h", Format = LogFormats.Plain, Message = "m", Raw = "m",
        };
        await store.AppendAsync([.. Enumerable.Range(0, 60).Select(i => Event(i * 20, 2 + (i % 7))), Event(30, -500), Event(31, null), Event(32, 28_800, assumed: true), Event(40, null, "undated"), Event(41, 9_000, "it's a file")], Stop);
        IReadOnlyList<ArrivalsApart> apart = [new("it's a file", Start.AddSeconds(41), null), new("s", Start.AddSeconds(30), Start.AddSeconds(30)), new("s", Start.AddDays(1), null)];
        var (segment, row) = ("", 0);
        var read = new List<Arrival>();
        for (var more = true; more;)
        {
            var arrived = await store.ArrivalsAsync(segment, row, SourceRhythm.Width, Start.AddYears(-1), apart, Stop);
            read.AddRange(arrived.Slices);
            (segment, row, more) = (arrived.Segment, arrived.Row, !arrived.IsAll);
        }

        var slices = read.Where(a => a.Source == "s").GroupBy(a => a.From).OrderBy(g => g.Key).ToList();
        Assert.Equal(2, slices.Count);
        Assert.All(slices, g => Assert.Equal(2, g.Min(a => a.Lag!.Least)));
        Assert.Equal(60, read.Sum(a => a.Lag?.Dated ?? 0));
        Assert.Equal((1L, 28_800.0), (slices[0].Sum(a => a.Lag!.Assumed), slices[0].Max(a => a.Lag!.LeastAssumed)));
        Assert.Null(Assert.Single(read, a => a.Source == "undated").Lag);
        var file = Assert.Single(read, a => a.Source == "it's a file");
        Assert.Equal((1L, null), (file.Events, file.Lag));
        Assert.Equal(Start, store.GetEvent(slices[0].Select(a => a.Lag!.FirstId).Order(StringComparer.Ordinal).First())!.ReceivedAt);
    }
}
