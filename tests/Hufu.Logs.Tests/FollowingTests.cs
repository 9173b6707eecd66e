using System.Collections.Concurrent;
using System.Globalization;

namespace Hufu.Logs.Tests;

/// <summary>What comes in after a place, while it comes, and what stands around an event.</summary>
public sealed class FollowingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-following-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogEvent Event(string text, DateTimeOffset? at = null, string source = "s", string host = "h") => new()
    {
        ReceivedAt = at ?? Start, OccurredAt = at ?? Start, Source = source, Host = host, App = "app", Severity = 6, Message = text, Raw = text, Format = LogFormats.Plain,
    };

    private static LogSearch Search(string query) => new() { Query = SearchQuery.Parse(query).Value };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_later_event_that_matches_comes_once_and_in_order_while_others_append_and_segments_are_sealed(bool beside)
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 700 });
        await store.AppendAsync([Event("yes before"), Event("no before")], Stop);
        await using var reading = beside ? LogStore.OpenToRead(folder) : null;
        var reader = reading ?? store;
        var place = reader.End;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var got = new ConcurrentQueue<(string Id, string Text)>();
        var wanted = new ConcurrentDictionary<string, string>();
        var following = Task.Run(async () =>
        {
            try
            {
                await foreach (var step in reader.FollowAsync(Search("yes"), place, 5_000, TimeSpan.FromMilliseconds(3), ending.Token))
                {
                    Assert.Equal(0, step.Skipped);
                    foreach (var item in step.Events) got.Enqueue((item.Id, item.Message));
                }
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // The test has seen enough.
            }
        }, Stop);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                var batch = Enumerable.Range(0, 1 + i % 23).Select(n => Event(string.Create(CultureInfo.InvariantCulture, $"{(n % 3 == 1 ? "no" : "yes")} {writer}.{i}.{n}"))).ToList();
                var ids = await store.AppendAsync(batch, Stop);
                for (var n = 0; n < ids.Count; n++)
                    if (batch[n].Message[0] == 'y') wanted[ids[n]] = batch[n].Message;
                if (i % 20 == 19) await store.SealAsync(Stop);
                if (i == 30 && writer == 0) await store.MaintainAsync(new RetentionPolicy(), Stop);
                await Task.Delay(1, Stop);
            }
        }, Stop)));
        for (var patience = 0; got.Count < wanted.Count && patience < 500 && !following.IsCompleted; patience++) await Task.Delay(10, Stop);
        await ending.CancelAsync();
        await following;
        Assert.True(wanted.Count > 1_000);
        Assert.Equal(wanted.Count, got.Count);
        Assert.Equal(wanted.OrderBy(w => w.Key, ById).Select(w => (w.Key, w.Value)), got);
        Assert.True(store.Segments.Count > 3);
    }

    [Fact]
    public async Task Too_many_at_once_are_counted_and_the_newest_are_given_and_the_next_step_goes_on_behind_them()
    {
        await using var store = LogStore.Open(folder);
        var place = store.End;
        await store.AppendAsync([.. Enumerable.Range(0, 250).Select(i => Event(i % 2 == 0 ? $"yes {i}" : $"no {i}"))], Stop);
        await store.SealAsync(Stop);
        await store.AppendAsync([Event("yes 250"), Event("no 251")], Stop);
        var step = await store.FollowedAsync(Search("yes"), place, 10, Stop);
        Assert.Equal(116, step.Skipped);
        Assert.Equal(Enumerable.Range(116, 10).Select(i => $"yes {i * 2}"), step.Events.Select(e => e.Message));
        Assert.Equal(store.End, step.Next);
        Assert.Empty((await store.FollowedAsync(Search("yes"), step.Next, 10, Stop)).Events);
        await store.AppendAsync([Event("yes last")], Stop);
        Assert.Equal(["yes last"], (await store.FollowedAsync(Search("yes"), step.Next, 10, Stop)).Events.Select(e => e.Message));
        // A place past the end is the end: nothing is given twice and nothing is waited for that cannot come.
        Assert.Equal(store.End, (await store.FollowedAsync(Search(""), new LogPlace("99999999", 0), 10, Stop)).Next);
        // A place within a sealed segment, as somebody has it who looked away.
        Assert.Equal(["yes 248", "yes 250", "yes last"], (await store.FollowedAsync(Search("yes"), new LogPlace(place.Segment, 247), 10, Stop)).Events.Select(e => e.Message));
    }

    [Theory]
    [InlineData("00000001/0", true)]
    [InlineData("12345678/2147483647", true)]
    [InlineData("12345678/2147483648", false)]
    [InlineData("1234567/1", false)]
    [InlineData("12345678/", false)]
    [InlineData("12345678/-1", false)]
    [InlineData("1234567x/1", false)]
    [InlineData("00000001/0;drop", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_place_is_read_as_it_is_written(string? text, bool good)
    {
        var read = LogPlace.Parse(text);
        Assert.Equal(good, read is not null);
        if (good) Assert.Equal(text, read!.ToString());
    }

    [Fact]
    public async Task What_stands_around_an_event_is_what_sorting_everything_says()
    {
        var random = new Random(11);
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 60 });
        // Few different times, so that most lie at the same one, and files whose times overlap.
        for (var i = 0; i < 20; i++)
            await store.AppendAsync([.. Enumerable.Range(0, random.Next(1, 30)).Select(n => Event($"{i}.{n}", Start.AddSeconds(random.Next(12)), host: random.Next(2) == 0 ? "a" : "b"))], Stop);
        Assert.True(store.Segments.Count > 2);
        var all = store.EventsFrom("00000001", 0, long.MaxValue, Stop).Where(e => e.Host == "a").OrderBy(e => e.Time).ThenBy(e => e.Id, ById).ToList();
        foreach (var at in new[] { 0, 1, all.Count / 3, all.Count / 2, all.Count - 2, all.Count - 1 })
        {
            foreach (var count in new[] { 0, 1, 7, 500 })
            {
                var around = await store.AroundAsync(all[at], Search("host:a"), count, count, Stop);
                Assert.Equal(all.Take(at).TakeLast(count).Select(e => e.Id), around.Before.Select(e => e.Id));
                Assert.Equal(all.Skip(at + 1).Take(count).Select(e => e.Id), around.After.Select(e => e.Id));
                if (count > 0) Assert.Equal((at > count, all.Count - at - 1 > count), (around.MoreBefore, around.MoreAfter));
            }
        }
    }

    [Fact]
    public async Task Fields_are_counted_with_what_they_mean()
    {
        await using var store = LogStore.Open(folder);
        var events = Enumerable.Range(0, 10).Select(i => Event($"{i}") with { SourceIp = i < 4 ? "192.0.2.1" : null, Fields = i % 2 == 0 ? new Dictionary<string, string> { ["user"] = "u", ["k"] = "v" } : new Dictionary<string, string> { ["k"] = "v" } }).ToList();
        await store.AppendAsync(events, Stop);
        var found = (await store.SearchAsync(Search("") with { Limit = 1_000 }, Stop)).Events;
        var shares = LogFieldShare.Of(found);
        Assert.Equal((10, false), Of("source"));
        Assert.Equal((4, false), Of("src_ip"));
        Assert.Equal((10, false), Of("k"));
        Assert.Equal((5, false), Of("user"));
        Assert.Equal((4, true), Of("source.ip"));
        // Whatever is listed is found by that name as often as the list says, where the sample is all.
        foreach (var share in shares) Assert.Equal(share.Events, (await store.SearchAsync(Search($"\"{share.Name}\":*"), Stop)).Events.Count);
        Assert.DoesNotContain(shares, s => s.Name is "message" or "raw");
        Assert.Empty(LogFieldShare.Of([]));

        (int, bool) Of(string name) => shares.Where(s => s.Name == name).Select(s => (s.Events, s.IsCommon)).Single();
    }

    private static readonly Comparer<string> ById = Comparer<string>.Create((left, right) => Key(left).CompareTo(Key(right)));

    private static (int, int) Key(string id) => (int.Parse(id.AsSpan(0, 8), CultureInfo.InvariantCulture), int.Parse(id.AsSpan(9), CultureInfo.InvariantCulture));
}
