using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Store;
using Hufu.Testing;

namespace Hufu.Logs.Tests.ClickHouse;

/// <summary>What is delivered is there once, whatever is cut off on the way. The servers here only know what the protocol promises.</summary>
public sealed partial class DeliveryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-delivery-").FullName;
    private readonly SetClock clock = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Marks => Path.Combine(folder, "clickhouse.json");

    private static LogEvent Event(int i) => new() { ReceivedAt = Start.AddSeconds(i), Source = "s", Host = "h", Message = $"m{i}", Raw = $"raw m{i}", Format = LogFormats.Plain };

    private static LogEvent[] Events(int from, int count) => [.. Enumerable.Range(from, count).Select(Event)];

    private ClickHouseLogs Open(LogStore store, params FakeServer[] servers)
    {
        var target = ClickHouseTarget.Parse(servers.Length == 1 ? "clickhouse:http://s0:8123/db" : $"clickhouse:http://s0:8123/db?cluster=duo&shards={string.Join(',', servers.Select((_, i) => $"http://s{i}:8123"))}").Value;
        foreach (var server in servers) server.Shards = servers.Length;
        return new ClickHouseLogs(store, target, Marks, clock, address => servers[address.Host[1] - '0']);
    }

    private async Task<LogStore> StoreAsync(params int[] segments)
    {
        var store = LogStore.Open(Path.Combine(folder, "logs"), new LogStoreOptions { Clock = clock });
        var from = 0;
        for (var i = 0; i < segments.Length; i++)
        {
            await store.AppendAsync(Events(from, segments[i]), Stop);
            from += segments[i];
            if (i < segments.Length - 1) await store.SealAsync(Stop);
        }

        return store;
    }

    // Pauses after a failure are over.
    private async Task DeliverAsync(ClickHouseLogs logs)
    {
        clock.Advance(TimeSpan.FromMinutes(2));
        await logs.DeliverAsync(Stop);
    }

    private static void AssertOnce(int events, params FakeServer[] servers)
    {
        var all = servers.SelectMany(server => server.Rows).ToList();
        Assert.Equal(events, all.Count);
        Assert.Equal(events, all.Distinct().Count());
    }

    [Theory]
    [InlineData(Failure.BeforeAnything)]
    [InlineData(Failure.AfterHalf)]
    [InlineData(Failure.AfterAll)]
    public async Task ALostAnswerStoresNothingTwice_AndLosesNothing(Failure failure)
    {
        await using var store = await StoreAsync(50, 30);
        var server = new FakeServer();
        using var logs = Open(store, server);
        server.Next.Enqueue(failure);
        await DeliverAsync(logs);
        Assert.Equal(80, logs.Standing.Waiting);
        Assert.NotNull(logs.Standing.Shards[0].Problem);
        // More has come in meanwhile: the second attempt is longer, and bears the same id.
        await store.AppendAsync(Events(80, 5), Stop);
        await DeliverAsync(logs);
        AssertOnce(85, server);
        Assert.Equal(server.Ids[0], server.Ids[1]);
        Assert.Equal((0L, (string?)null), (logs.Standing.Waiting, logs.Standing.Shards[0].Problem));
        Assert.Equal("00000002/35", logs.Standing.Shards[0].Next);
    }

    [Fact]
    public async Task AProcessThatWasKilledBeforeItNotedTheDelivery_StoresNothingTwice()
    {
        var server = new FakeServer();
        await using (var store = await StoreAsync(10))
        {
            using var logs = Open(store, server);
            await DeliverAsync(logs);
            await store.AppendAsync(Events(10, 7), Stop);
            var before = await File.ReadAllBytesAsync(Marks, Stop);
            await DeliverAsync(logs);
            AssertOnce(17, server);
            // As if the machine had stopped between the answer and the note of it.
            await File.WriteAllBytesAsync(Marks, before, Stop);
        }

        await using var again = await StoreAsync();
        using var after = Open(again, server);
        Assert.Equal(7, after.Standing.Waiting);
        await DeliverAsync(after);
        AssertOnce(17, server);
        Assert.Equal(server.Ids[^2], server.Ids[^1]);
        await again.AppendAsync(Events(17, 3), Stop);
        await DeliverAsync(after);
        AssertOnce(20, server);
    }

    [Fact]
    public async Task AnAttemptThatIsStillRunningIsWaitedFor()
    {
        await using var store = await StoreAsync(10);
        var server = new FakeServer();
        using var logs = Open(store, server);
        server.Next.Enqueue(Failure.StillRunning);
        await DeliverAsync(logs);
        Assert.Contains("still running", logs.Standing.Shards[0].Problem, StringComparison.Ordinal);
        Assert.Empty(server.Rows);
        await DeliverAsync(logs);
        AssertOnce(10, server);
    }

    [Fact]
    public async Task WhatTheServerDoesNotHaveAfterItsAnswerIsNotTakenAsDelivered()
    {
        await using var store = await StoreAsync(10);
        var server = new FakeServer();
        using var logs = Open(store, server);
        server.Next.Enqueue(Failure.Swallowed);
        await DeliverAsync(logs);
        Assert.Equal((10L, "00000001/0"), (logs.Standing.Waiting, logs.Standing.Shards[0].Next));
        Assert.Contains("10 were delivered", logs.Standing.Shards[0].Problem, StringComparison.Ordinal);
        await DeliverAsync(logs);
        AssertOnce(10, server);
    }

    [Fact]
    public async Task EventsOfAnotherStoreAreNotMixedWithOurs()
    {
        var server = new FakeServer();
        await using (var store = await StoreAsync(10))
        using (var logs = Open(store, server)) await DeliverAsync(logs);
        // A backup that was restored has no note of the delivery: the ids of its next events may be others'.
        File.Delete(Marks);
        await using var again = await StoreAsync();
        await again.AppendAsync(Events(10, 5), Stop);
        using var other = Open(again, server);
        await DeliverAsync(other);
        Assert.Contains("another store", other.Standing.Shards[0].Problem, StringComparison.Ordinal);
        AssertOnce(10, server);
    }

    [Fact]
    public async Task ATableThatWasEmptiedIsFilledAgain()
    {
        await using var store = await StoreAsync(10);
        var server = new FakeServer();
        using (var logs = Open(store, server)) await DeliverAsync(logs);
        server.Rows.Clear();
        using var again = Open(store, server);
        await DeliverAsync(again);
        AssertOnce(10, server);
    }

    [Fact]
    public async Task AShardThatIsDownDoesNotHoldUpTheOther_AndGetsItsPartLater()
    {
        await using var store = await StoreAsync(10, 10, 10);
        FakeServer one = new(), two = new();
        using var logs = Open(store, one, two);
        two.IsDown = true;
        await DeliverAsync(logs);
        Assert.Equal(10, one.Rows.Count);
        Assert.Equal((20L, 0L, 20L), (logs.Standing.Waiting, logs.Standing.Shards[0].Waiting, logs.Standing.Shards[1].Waiting));
        Assert.Contains("s1", logs.Standing.Shards[1].Problem, StringComparison.Ordinal);
        var page = await logs.SearchAsync(new LogSearch(), Stop);
        Assert.Contains(page.Notes, note => note.En.StartsWith("20 events are not delivered", StringComparison.Ordinal));
        Assert.Contains(page.Notes, note => note.En.StartsWith("Shard 2 of 2 (s1:8123) does not answer", StringComparison.Ordinal));
        two.IsDown = false;
        await DeliverAsync(logs);
        AssertOnce(30, one, two);
        Assert.All(two.Rows, row => Assert.Equal(1, row.Segment % 2));
        Assert.Equal(0, logs.Standing.Waiting);
    }

    [Fact]
    public async Task AShardThatIsDownIsToldAlsoWhenNothingWaitsForIt()
    {
        await using var store = await StoreAsync(10, 10);
        FakeServer one = new(), two = new();
        using var logs = Open(store, one, two);
        await DeliverAsync(logs);
        two.IsDown = true;
        await DeliverAsync(logs);
        Assert.Equal((0L, (string?)null, true), (logs.Standing.Waiting, logs.Standing.Shards[0].Problem, logs.Standing.Shards[1].Problem is not null));
        two.IsDown = false;
        await DeliverAsync(logs);
        Assert.Null(logs.Standing.Shards[1].Problem);
    }

    [Fact]
    public async Task WhileNothingAnswers_LogsAreTakenIn_AndTheStoreAnswersAndSaysSo()
    {
        await using var store = await StoreAsync(10);
        var server = new FakeServer { IsDown = true };
        using var logs = Open(store, server);
        await DeliverAsync(logs);
        await store.AppendAsync(Events(10, 1), Stop);
        var page = await logs.SearchAsync(new LogSearch { Query = SearchQuery.Parse("m1*").Value }, Stop);
        Assert.Equal(2, page.Events.Count);
        Assert.Contains("this machine's own store", Assert.Single(page.Notes).En, StringComparison.Ordinal);
        Assert.Contains("this machine's own store", Assert.Single((await logs.HistogramAsync(new LogSearch(), null, Stop)).Notes).En, StringComparison.Ordinal);
        Assert.Contains("this machine's own store", Assert.Single((await logs.TableAsync(new LogSearch(), 10, Stop)).Notes).En, StringComparison.Ordinal);
        server.IsDown = false;
        await DeliverAsync(logs);
        AssertOnce(11, server);
    }

    [Fact]
    public async Task LongSegmentsGoInBlocks_DividedAmongTheShards()
    {
        await using var store = await StoreAsync(2 * ClickHouseLogs.Block + 10);
        FakeServer one = new(), two = new();
        using var logs = Open(store, one, two);
        await DeliverAsync(logs);
        AssertOnce(2 * ClickHouseLogs.Block + 10, one, two);
        Assert.Equal([ClickHouseLogs.Block, ClickHouseLogs.Block + 10], new[] { one.Rows.Count, two.Rows.Count }.Order());
        Assert.All(one.Rows.Concat(two.Rows).GroupBy(row => row.Row / ClickHouseLogs.Block), block => Assert.True(block.All(one.Rows.Contains) || block.All(two.Rows.Contains)));
    }

    [Theory]
    [InlineData("http://h:8123/db", false)]
    [InlineData("clickhouse:ftp://h/db", false)]
    [InlineData("clickhouse:http://h:8123/d;b", false)]
    [InlineData("clickhouse:http://h:8123/db?cluster=a'b", false)]
    [InlineData("clickhouse:http://h:8123/db?other=1", false)]
    [InlineData("clickhouse:http://h:8123/db?shards=http://a:1", false)]
    [InlineData("clickhouse:http://h:8123/db?cluster=duo&shards=a", false)]
    [InlineData("clickhouse:http://h:8123", true)]
    [InlineData("clickhouse:https://u:s3cret%27@h:8443/db?cluster=duo&shards=https://a:1,https://b:2", true)]
    public void ATargetIsRead_OrRefusedWithoutItsSecret(string text, bool good)
    {
        var target = ClickHouseTarget.Parse(text, "from-the-file");
        Assert.Equal(good, target.IsOk);
        if (!good) Assert.DoesNotContain("http://h", target.Errors[0].ToString(), StringComparison.Ordinal);
        else Assert.DoesNotContain("s3cret", target.Value.ToString(), StringComparison.Ordinal);
        if (good && text.Contains('@', StringComparison.Ordinal)) Assert.Equal("s3cret'", target.Value.Password);
        else if (good) Assert.Equal("from-the-file", target.Value.Password);
    }

    [Fact]
    public async Task OverHttp_SecretsAreHeaders_ErrorsAreRead_AndTheAnswerIsWhole()
    {
        var (listener, address) = LocalPorts.Listen();
        using var closed = listener;
        var seen = new List<(string Query, string User, string Key, string Type, string Body)>();
        var answers = new Queue<(int Status, string Body)>([(200, "ok"), (500, "Code: 241. DB::Exception: Memory limit, said pa'ss. "), (200, "ok"), (403, "no")]);
        var serving = Task.Run(async () =>
        {
            while (answers.TryDequeue(out var answer))
            {
                var context = await listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
                seen.Add((context.Request.Url!.Query, context.Request.Headers["X-ClickHouse-User"]!, context.Request.Headers["X-ClickHouse-Key"]!, context.Request.ContentType ?? "", await reader.ReadToEndAsync(Stop)));
                context.Response.StatusCode = answer.Status;
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.Body), Stop);
                context.Response.Close();
            }
        }, Stop);
        var target = ClickHouseTarget.Parse($"clickhouse:http://u:pa%27ss@{address.Authority}/db").Value;
        using var http = ClickHouseClient.Connect();
        var client = new ClickHouseClient(target.Address, target, http);
        Assert.Equal("ok"u8.ToArray(), await client.RunAsync(new ClickHouseRequest("SELECT {p0:String}") { Parameters = [("p0", "a\t\\'&王")], Settings = [("max_execution_time", "60")], Id = "x/1" }, Stop));
        var failed = await Assert.ThrowsAsync<ClickHouseException>(() => client.RunAsync(new ClickHouseRequest("SELECT 1"), Stop));
        Assert.Equal(241, failed.Code);
        Assert.DoesNotContain("pa'ss", failed.Message, StringComparison.Ordinal);
        await client.RunAsync(new ClickHouseRequest("INSERT INTO t SELECT a FROM batch") { Rows = new byte[] { 1, 2 }, Structure = "a UInt8" }, Stop);
        Assert.Equal(0, (await Assert.ThrowsAsync<ClickHouseException>(() => client.RunAsync(new ClickHouseRequest("SELECT 1"), Stop))).Code);
        await serving;
        Assert.All(seen, one => Assert.Equal(("u", "pa'ss", false), (one.User, one.Key, one.Query.Contains("pa%27ss", StringComparison.Ordinal))));
        Assert.Equal("SELECT {p0:String}", seen[0].Body);
        foreach (var part in new[] { "wait_end_of_query=1", "database=db", "max_execution_time=60", "query_id=x%2F1", "param_p0=" + Uri.EscapeDataString("a\\t\\\\'&王") }) Assert.Contains(part, seen[0].Query, StringComparison.Ordinal);
        Assert.Contains("batch_structure=a%20UInt8", seen[2].Query, StringComparison.Ordinal);
        Assert.Matches("^multipart/form-data; boundary=[^\"]+$", seen[2].Type);
        Assert.Contains("name=batch", seen[2].Body, StringComparison.Ordinal);
        // Nobody listens any more.
        listener.Stop();
        Assert.Equal(ClickHouseException.Unreachable, (await Assert.ThrowsAsync<ClickHouseException>(() => client.RunAsync(new ClickHouseRequest("SELECT 1"), Stop))).Code);
    }

    [Fact]
    public void RowsThatAreNone_AreRefusedAndNothingElse()
    {
        var table = new ClickHouseTable(ClickHouseFeatures.Of("26.7.1")!);
        var rows = new ByteBuilder(1_000);
        table.Write(rows, "00000001", 0, Event(1) with { Fields = new Dictionary<string, string> { ["a"] = "b" } });
        var good = rows.Written.ToArray();
        var random = new Random(9);
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = good[..random.Next(good.Length + 1)];
            for (var n = random.Next(4); n > 0 && bytes.Length > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                foreach (var _ in table.Read(bytes))
                {
                    // Whatever it is now.
                }
            }
            catch (InvalidDataException)
            {
                // In words.
            }
        }
    }

    private sealed class SetClock : TimeProvider
    {
        private DateTimeOffset now = Start;

        public override DateTimeOffset GetUtcNow() => now;

        public void Advance(TimeSpan by) => now += by;
    }

    public enum Failure
    {
        None,
        BeforeAnything,
        AfterHalf,
        AfterAll,
        Swallowed,
        StillRunning,
    }

    /// <summary>A server that knows which rows it has, and does what the statements of a delivery say.</summary>
    private sealed partial class FakeServer : IClickHouse
    {
        private (string Id, int Shard, int Shards)? owner;

        public List<(int Segment, int Row)> Rows { get; } = [];

        public List<string> Ids { get; } = [];

        public Queue<Failure> Next { get; } = [];

        public bool IsDown { get; set; }

        public int Shards { get; set; } = 1;

        public Task<byte[]> RunAsync(ClickHouseRequest request, CancellationToken cancellation)
        {
            if (IsDown) throw new ClickHouseException(ClickHouseException.Unreachable, "s1:8123: refused");
            var answer = new ByteBuilder(100);
            if (request.Sql.StartsWith("SELECT version()", StringComparison.Ordinal)) Text(answer, "18.16.1");
            else if (request.Sql.Contains("system.clusters", StringComparison.Ordinal))
            {
                for (var i = 0; i < Shards; i++)
                {
                    answer.Int32(i + 1);
                    Text(answer, $"s{i}");
                }
            }
            else if (request.Sql.Contains("system.columns", StringComparison.Ordinal)) Text(answer, "field_names");
            else if (request.Sql.StartsWith("SELECT DISTINCT id", StringComparison.Ordinal) && owner is var (id, shard, shards))
            {
                Text(answer, id);
                answer.Int32(shard);
                answer.Int32(shards);
            }
            else if (Owned().Match(request.Sql) is { Success: true } taken) owner = (taken.Groups[1].Value, Number(taken, 2), Number(taken, 3));
            else if (request.Sql.StartsWith("SELECT toInt64(count()) FROM hufu_events FORMAT", StringComparison.Ordinal)) answer.Int64(Rows.Count);
            else if (Range().Match(request.Sql) is { Success: true } range)
            {
                var (segment, first, until) = (Number(range, 1), Number(range, 2), Number(range, 3));
                var there = Rows.Where(row => row.Segment == segment && row.Row >= first && row.Row < until).ToList();
                if (!request.Sql.StartsWith("INSERT", StringComparison.Ordinal))
                {
                    answer.Int64(there.Count);
                    answer.Int64(there.Distinct().Count());
                }
                else
                {
                    Ids.Add(request.Id!);
                    var failure = Next.TryDequeue(out var wanted) ? wanted : Failure.None;
                    if (failure == Failure.StillRunning) throw new ClickHouseException(216, "Code: 216");
                    var missing = Enumerable.Range(first, until - first).Select(row => (segment, row)).Except(there).ToList();
                    if (failure is Failure.None or Failure.AfterAll) Rows.AddRange(missing);
                    if (failure == Failure.AfterHalf) Rows.AddRange(missing.Take(missing.Count / 2));
                    if (failure is not (Failure.None or Failure.Swallowed)) throw new ClickHouseException(ClickHouseException.Unreachable, "the answer was lost");
                }
            }
            else if (request.Settings.Any(setting => setting is ("skip_unavailable_shards", "0")) && Shards > 1) throw new ClickHouseException(279, "Code: 279");

            return Task.FromResult(answer.Written.ToArray());
        }

        private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

        private static void Text(ByteBuilder answer, string text)
        {
            answer.Varint((ulong)text.Length);
            Encoding.UTF8.GetBytes(text, answer.Take(text.Length));
        }

        [GeneratedRegex(@"^INSERT INTO hufu_owner VALUES \('(\w+)', (\d+), (\d+)\)")]
        private static partial Regex Owned();

        [GeneratedRegex("segment = (\\d+) AND \"row\" >= (\\d+) AND \"row\" < (\\d+)")]
        private static partial Regex Range();
    }
}
