using System.Globalization;

namespace Hufu.Logs.Tests;

public sealed class SearchTableTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-tables-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static LogEvent Event(int minute, string host, string? user = null, string? bytes = null, int? severity = null)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (user is not null) fields["user"] = user;
        if (bytes is not null) fields["bytes"] = bytes;
        return new LogEvent { ReceivedAt = Start.AddMinutes(minute), OccurredAt = Start.AddMinutes(minute), Source = "s", Host = host, Severity = severity, Message = $"m{minute}", Raw = $"m{minute}", Format = LogFormats.Plain, Fields = fields };
    }

    private static SearchQuery Query(string query)
    {
        var parsed = SearchQuery.Parse(query);
        Assert.True(parsed.IsOk, query + ": " + string.Join("; ", parsed.Errors));
        return parsed.Value;
    }

    private static string Shown(object? value) => value switch
    {
        null => "-",
        DateTimeOffset time => time.ToString("dd'T'HH:mm", CultureInfo.InvariantCulture),
        double number => Math.Round(number, 6).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static async Task<string> Table(LogStore store, string query, int most = 1_000, int hours = 0)
    {
        var table = await store.TableAsync(new LogSearch { Query = Query(query), DayOffset = TimeSpan.FromHours(hours) }, most, Stop);
        Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Count));
        return string.Join(',', table.Columns.Select(column => column.Name)) + ": " + string.Join(" | ", table.Rows.Select(row => string.Join(',', row.Select(Shown)))) + (table.Truncated ? " …" : "");
    }

    internal static readonly (string Query, string Expected)[] Tables =
    [
        ("| stats count", "count: 7"),
        ("user:nobody | stats count", "count: 0"),
        ("user:nobody | stats count by host", "host,count: "),
        ("host:web | stats count", "count: 4"),
        ("| stats count by host", "host,count: db,3 | web,4"),
        ("| STATS count() AS n, count(user) BY host", "host,n,count(user): db,3,2 | web,4,4"),
        ("| stats count, sum(bytes), avg(bytes), min(bytes), max(bytes), dc(user) by host", "host,count,sum(bytes),avg(bytes),min(bytes),max(bytes),dc(user): db,3,5,5,5,5,2 | web,4,60,20,10,30,2"),
        ("| stats p50(bytes), p95(bytes)", "p50(bytes),p95(bytes): 15,28.5"),
        ("| stats count by user", "user,count: alice,3 | bob,1 | 王小明,2 | -,1"),
        ("| stats min(time), max(time)", "min(time),max(time): 05T00:00,06T16:30"),
        ("| stats max(severity) by host | where max(severity) > 3", "host,max(severity): web,4"),
        ("| stats count by host | where count > 3", "host,count: web,4"),
        ("| stats count by host | where count > 3 or host = DB", "host,count: db,3 | web,4"),
        ("| stats count by host | where not (count > 3)", "host,count: db,3"),
        ("| stats count by user | where user != alice", "user,count: bob,1 | 王小明,2 | -,1"),
        ("| stats count by user | sort -count, user | head 2", "user,count: alice,3 | 王小明,2"),
        ("| stats count by user, host | stats sum(count), count by host", "host,sum(count),count: db,3,3 | web,4,2"),
        ("| stats count as \"很 多\" by host | sort \"很 多\"", "host,很 多: db,3 | web,4"),
        ("| top user", "user,count,percent: alice,3,50 | 王小明,2,33.33 | bob,1,16.67"),
        ("| top 1 user by host", "host,user,count,percent: db,bob,1,50 | web,alice,3,75"),
        ("| rare 1 user", "user,count,percent: bob,1,16.67"),
        ("| timechart span=1d count", "time,count: 05T00:00,5 | 06T00:00,2"),
        ("| timechart span=1w count", "time,count: 05T00:00,7"),
        ("| timechart span=1d count by host", "time,host,count: 05T00:00,web,4 | 05T00:00,db,1 | 06T00:00,db,2"),
        ("| timechart span=12h sum(bytes) as b, count by user", "time,user,b,count: 05T00:00,alice,60,3 | 05T00:00,王小明,-,1 | 05T00:00,-,-,1 | 06T12:00,王小明,5,1 | 06T12:00,bob,-,1"),
        ("| timechart count", "time,count: 05T00:00,3 | 05T01:00,1 | 05T02:00,1 | 06T16:00,2"),
        ("| table time, user, bytes", "time,user,bytes: 06T16:30,bob,x | 06T16:00,王小明,5 | 05T02:00,-,- | 05T01:00,王小明,- | 05T00:02,alice,30 | 05T00:01,alice,20 | 05T00:00,alice,10"),
        ("| head 2 | fields user", "user: bob | 王小明"),
        ("| fields - time, app, src_ip, severity | head 1", "source,host,message: s,db,m2430"),
        ("| head 1", "time,source,host,app,severity,src_ip,message: 06T16:30,s,db,-,-,-,m2430"),
        ("| sort bytes | table bytes", "bytes: 5 | 10 | 20 | 30 | x | - | -"),
        ("| sort bytes desc | head 2 | table bytes", "bytes: 30 | 20"),
        ("| sort host, -bytes | table host, bytes | head 4", "host,bytes: db,5 | db,x | db,- | web,30"),
        ("| dedup user | table user, message", "user,message: bob,m2430 | 王小明,m2400 | -,m120 | alice,m2"),
        ("| sort time | dedup user | table message", "message: m0 | m60 | m120 | m2430"),
        ("| where bytes >= 20 | table bytes", "bytes: 30 | 20"),
        ("| where bytes = \"x\" or severity = 4 | table message", "message: m2430 | m0"),
        ("| where severity != 4 | stats count", "count: 6"),
        ("user:\"a|b\" | stats count", "count: 0"),
        ("user:alice|stats count", "count: 3"),
    ];

    internal static readonly LogEvent[] TabledEvents =
    [
        Event(0, "web", "alice", "10", 4), Event(1, "web", "alice", "20"), Event(2, "web", "alice", "30"), Event(60, "web", "王小明"),
        Event(120, "db"), Event(2_400, "db", "王小明", "5"), Event(2_430, "db", "bob", "x"),
    ];

    [Fact]
    public async Task Commands_MakeTheSameTableOfOpenAndSealedSegments()
    {
        foreach (var seals in new[] { 0, 3, 7 })
        {
            await using var store = LogStore.Open(Path.Combine(folder, seals.ToString(CultureInfo.InvariantCulture)));
            await store.AppendAsync(TabledEvents[..seals], Stop);
            await store.SealAsync(Stop);
            await store.AppendAsync(TabledEvents[seals..], Stop);
            foreach (var (query, expected) in Tables) Assert.Equal($"{seals} {query} → {expected}", $"{seals} {query} → {await Table(store, query)}");
        }
    }

    [Fact]
    public async Task DaysBeginAtTheSite_AndBefore1970AsAfter()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(15 * 60 + 59, "a"), Event(16 * 60, "b"), Event(-40_000_000, "c")], Stop);
        Assert.Equal("time,count: 16T16:00,1 | 04T16:00,1 | 05T16:00,1", await Table(store, "| timechart span=1d count", hours: 8));
        Assert.Equal("time,count: 17T00:00,1 | 05T00:00,2", await Table(store, "| timechart span=1d count"));
    }

    [Fact]
    public async Task ATimechartShowsTheMostFrequentValues_AndTheRestTogether()
    {
        await using var store = LogStore.Open(folder);
        // Value i occurs i + 1 times, all in one hour.
        await store.AppendAsync([.. Enumerable.Range(0, 14).SelectMany(i => Enumerable.Repeat(i, i + 1)).Select((i, at) => Event(at % 60, "h", $"u{i:00}"))], Stop);
        var table = await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user") }, cancellation: Stop);
        Assert.Equal(TimeSpan.FromHours(1), table.Span);
        Assert.Equal([.. Enumerable.Range(4, 10).Reverse().Select(i => ($"u{i:00}", (long)i + 1)), ("other", 10L)], table.Rows.Select(row => ((string)row[1]!, (long)row[2]!)));
        Assert.Equal([LogColumnType.Time, LogColumnType.Text, LogColumnType.Integer], table.Columns.Select(column => column.Type));
    }

    [Fact]
    public async Task ATimechartByAFieldBecomesAColumnForEachValue()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 14).SelectMany(i => Enumerable.Repeat(i, i + 1)).Select((i, at) => Event(at % 120, "h", $"u{i:00}"))], Stop);
        var table = await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user") }, cancellation: Stop);
        var wide = WideTable.Of(table, "rest", "none")!;
        Assert.Equal(["time", .. Enumerable.Range(4, 10).Reverse().Select(i => $"u{i:00}"), "rest"], wide.Columns.Select(column => column.Name));
        Assert.Equal(2, wide.Rows.Count);
        Assert.All(wide.Rows, row => Assert.Equal(12, row.Count));
        // Nothing is lost and nothing counted twice.
        foreach (var (name, at) in wide.Columns.Select((column, at) => (column.Name, at)).Skip(1))
            Assert.Equal(table.Rows.Where(row => (string)row[1]! == (name == "rest" ? "other" : name)).Sum(row => (long)row[2]!), wide.Rows.Sum(row => (long)row[at]!));
        Assert.Equal(105L, wide.Rows.Sum(row => row.Skip(1).Sum(figure => (long)figure!)));

        // Two figures are two columns; what is no count is left open where nothing was.
        var two = WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("user:(u00 OR u13) | timechart span=1h count as n, max(severity) as s by user") }, cancellation: Stop), "rest", "none")!;
        Assert.Equal("time,n: u13,s: u13,n: u00,s: u00", string.Join(',', two.Columns.Select(column => column.Name)));
        Assert.Contains(two.Rows, row => row[3] is 0L && row[4] is null);

        // Rows that were sorted, cut or chosen stay rows; those that only lack some do not.
        Assert.Null(WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user | sort -count | head 3") }, cancellation: Stop), "rest", "none"));
        Assert.Null(WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user | table user, count") }, cancellation: Stop), "rest", "none"));
        Assert.Null(WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count") }, cancellation: Stop), "rest", "none"));
        Assert.Null(WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| stats count by user, host") }, cancellation: Stop), "rest", "none"));
        Assert.Equal(3, WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user | where user = u13 or user = u12") }, cancellation: Stop), "rest", "none")!.Columns.Count);
        Assert.True(Query("| timechart count by user | where count > 1").IsSplit);
        Assert.False(Query("| timechart count by user | head 3").IsSplit);
    }

    [Fact]
    public async Task AValueThatIsCalledAsTheRestStandsBesideIt()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 12).SelectMany(i => Enumerable.Repeat(i == 11 ? "other" : $"u{i:00}", i + 1)).Select(name => Event(0, "h", name))], Stop);
        var wide = WideTable.Of(await store.TableAsync(new LogSearch { Query = Query("| timechart span=1h count by user") }, cancellation: Stop), "the rest", "none")!;
        Assert.Equal(("other", 12L, "the rest", 3L), (wide.Columns[1].Name, wide.Rows[0][1], wide.Columns[^1].Name, wide.Rows[0][^1]));
    }

    [Fact]
    public async Task ALongTableIsCutAndSaysSo()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 30).Select(i => Event(i, "h", $"u{i:00}"))], Stop);
        Assert.Equal("user,count: u00,1 | u01,1 …", await Table(store, "| stats count by user", most: 2));
        Assert.Equal("user: u29 | u28", await Table(store, "| head 2 | table user", most: 2));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.TableAsync(new LogSearch(), 10_001, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => store.SearchAsync(new LogSearch { Query = Query("| stats count") }, Stop));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TableAsync(new LogSearch { Query = Query("| stats count") }, cancellation: stop.Token));
    }

    [Theory]
    [InlineData("a |", 4, "stats")]
    [InlineData("| nonsense", 3, "timechart")]
    [InlineData("a|b", 3, "quote it")]
    [InlineData("| stats", 8, "count")]
    [InlineData("| stats median(x)", 9, "avg")]
    [InlineData("| stats p100(x)", 9, "p1…p99")]
    [InlineData("| stats sum", 12, "sum(bytes)")]
    [InlineData("| stats sum(x", 12, "not closed")]
    [InlineData("| stats sum(time)", 9, "added up")]
    [InlineData("| stats count by", 17, "expected")]
    [InlineData("| stats count,", 14, "comma")]
    [InlineData("| stats count, count", 3, "twice")]
    [InlineData("| stats count by a | where b > 1", 28, "a, count")]
    [InlineData("| stats count by a | where count >", 35, "value")]
    [InlineData("| stats count by a | where count", 33, "comparison")]
    [InlineData("| stats count by a | where count > x", 36, "number")]
    [InlineData("| stats count by a | where (count > 1", 28, "not closed")]
    [InlineData("| stats count by a | timechart count", 22, "before stats")]
    [InlineData("| where time > 1", 9, "range")]
    [InlineData("| table a | sort b", 18, "there are a")]
    [InlineData("| top", 6, "expected")]
    [InlineData("| top 0 a", 7, "10000")]
    [InlineData("| head 10001", 8, "10000")]
    [InlineData("| head 5 x", 10, "|")]
    [InlineData("| timechart span=1x count", 18, "5m")]
    [InlineData("| timechart span=0h count", 18, "5m")]
    [InlineData("| timechart span count", 18, "=")]
    [InlineData("| table \"a", 9, "not closed")]
    [InlineData("| sort", 7, "expected")]
    [InlineData("(a | stats count", 1, "not closed")]
    [InlineData("(user:alice|stats count)", 1, "not closed")]
    [InlineData("| head | head | head | head | head | head | head | head | head | head | head | head | head | head | head | head | head", 115, "16")]
    public void AFaultyCommandNamesTheCharacter(string query, int character, string says)
    {
        var result = SearchQuery.Parse(query);
        Assert.False(result.IsOk, query);
        Assert.Equal(character.ToString(CultureInfo.InvariantCulture), result.Errors[0].Place);
        Assert.Contains(says, result.Errors[0].Message.En, StringComparison.Ordinal);
        Assert.NotEqual(result.Errors[0].Message.Zh, result.Errors[0].Message.En);
    }

    [Fact]
    public async Task RandomEvents_AreCountedAsLinqCountsThem()
    {
        var random = new Random(11);
        await using var store = LogStore.Open(folder);
        var events = Enumerable.Range(0, 600).Select(i => Event(random.Next(0, 3_000), random.Next(2) == 0 ? "a" : "b", random.Next(4) == 0 ? null : $"u{random.Next(30)}", random.Next(3) == 0 ? null : random.Next(5) == 0 ? "none" : random.Next(1_000).ToString(CultureInfo.InvariantCulture))).ToList();
        for (var part = 0; part < 3; part++)
        {
            await store.AppendAsync(events.GetRange(part * 200, 200), Stop);
            if (part < 2) await store.SealAsync(Stop);
        }

        static double? Bytes(LogEvent item) => item.Fields.TryGetValue("bytes", out var text) && text != "none" ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        static string? User(LogEvent item) => item.Fields.GetValueOrDefault("user");
        var groups = events.GroupBy(item => (item.Host, User: User(item))).OrderBy(group => group.Key.Host).ThenBy(group => group.Key.User is null).ThenBy(group => group.Key.User, StringComparer.Ordinal);
        Assert.Equal(
            "host,user,count,sum(bytes),avg(bytes),min(bytes),max(bytes),dc(bytes),p50(bytes),p95(bytes): " + string.Join(" | ", groups.Select(group =>
            {
                var numbers = group.Select(Bytes).OfType<double>().Order().ToList();
                object?[] row =
                [
                    group.Key.Host, group.Key.User, group.LongCount(), numbers.Count == 0 ? null : numbers.Sum(), numbers.Count == 0 ? null : numbers.Average(), numbers.Count == 0 ? null : numbers[0], numbers.Count == 0 ? null : numbers[^1],
                    group.Select(item => item.Fields.GetValueOrDefault("bytes")).Where(text => text is not null).Distinct().LongCount(), Quantile(numbers, 0.5), Quantile(numbers, 0.95),
                ];
                return string.Join(',', row.Select(Shown));
            })),
            await Table(store, "| stats count, sum(bytes), avg(bytes), min(bytes), max(bytes), dc(bytes), p50(bytes), p95(bytes) by host, user"));

        var top = events.Where(item => User(item) is not null).GroupBy(item => (item.Host, User: User(item)!)).GroupBy(group => group.Key.Host).OrderBy(group => group.Key)
            .SelectMany(host => host.OrderByDescending(group => group.Count()).ThenBy(group => group.Key.User, StringComparer.Ordinal).Take(3).Select(group => $"{host.Key},{group.Key.User},{group.Count()}"));
        Assert.Equal("host,user,count: " + string.Join(" | ", top), await Table(store, "| top 3 user by host | fields - percent"));

        var slots = events.Where(item => Bytes(item) is { } b and > 500).GroupBy(item => item.Time.Ticks / TimeSpan.FromHours(6).Ticks).OrderBy(group => group.Key).Select(group => $"{Shown(new DateTimeOffset(group.Key * TimeSpan.FromHours(6).Ticks, TimeSpan.Zero))},{group.Count()}");
        Assert.Equal("time,count: " + string.Join(" | ", slots), await Table(store, "bytes:>500 | timechart span=6h count"));

        var newest = events.Select((item, at) => (Item: item, At: at)).OrderByDescending(e => e.Item.Time).ThenByDescending(e => e.At).Where(e => User(e.Item) is not null).GroupBy(e => User(e.Item)).Select(group => group.First().Item).Take(7);
        Assert.Equal("message,user: " + string.Join(" | ", newest.Select(item => $"{item.Message},{User(item)}")), await Table(store, "user:* | dedup user | head 7 | table message, user"));

        static double? Quantile(List<double> sorted, double at)
        {
            if (sorted.Count == 0) return null;
            var place = at * (sorted.Count - 1);
            var low = (int)Math.Floor(place);
            return sorted[low] + (sorted[Math.Min(low + 1, sorted.Count - 1)] - sorted[low]) * (place - low);
        }
    }

    [Theory]
    [InlineData("| stats count by \"x') FROM open_00000001 --\"")]
    [InlineData("| stats count as \"a\\\"; DROP TABLE open_00000001; --\" by \"'; DROP TABLE open_00000001; --\"")]
    [InlineData("| table \"$p0\", \"?\", \"{0}\", \"c0\", \"time\", \"segment\"")]
    [InlineData("| where \"x' OR 1=1 --\" = \"' OR ''='\"")]
    [InlineData("| where x=1;DROP")]
    [InlineData("| sort -\"1; SELECT read_text('/etc/passwd')\"")]
    [InlineData("| dedup c0, c1, one, row | head 3")]
    [InlineData("| top 3 \"*\" by \"count(*)\"")]
    [InlineData("| timechart span=1h sum(\"') || read_text('/etc/passwd') || ('\") by \"a'b\"")]
    [InlineData("x:/'[)]; DROP TABLE open_00000001; --/ | stats count")]
    [InlineData("x:[\"'\" TO \"' OR true --\"] | stats count")]
    public async Task HostileNamesAndValuesAreOnlyText(string query)
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "h", "u")], Stop);
        var table = await store.TableAsync(new LogSearch { Query = Query(query) }, cancellation: Stop);
        Assert.DoesNotContain(table.Rows, row => row.Any(value => value is string text && text.Contains("root:", StringComparison.Ordinal)));
        Assert.Equal("count: 1", await Table(store, "| stats count"));
    }

    [Fact]
    public async Task RandomTextIsRead_OrAnErrorWithItsPlace_AndNeverFailsInTheDatabase()
    {
        string[] parts =
        [
            "a", "user", "host", "count", "time", "|", "|", " ", " ", " ", ":", "(", ")", "[", "]", "{", "}", " TO ", "*", "\"", "\\", "/", "/x/", "OR", " AND ", "NOT ", "-", ">", ">=", "=", "!=", ",", "1", "9e999", "10.0.0.0/8", "::/0", "王", "\0", "\uD800", "'",
            "stats count", "stats sum(bytes) as s by host", "top 3 user", "rare user by host", "timechart span=1h count by user", "timechart count", "table user, time", "fields - time", "sort -user", "dedup user", "head 2", "where count > 1", "where user = x", " by ", " as ", "p50(bytes)", "severity",
        ];
        var random = new Random(3);
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "h", "u", "5", 3), Event(2, "h"), Event(3, "g", "a", "x")], Stop);
        await store.SealAsync(Stop);
        await store.AppendAsync([Event(4, "h", "u")], Stop);
        var (good, made) = (0, 0);
        for (var i = 0; i < 4_000; i++)
        {
            var text = i % 2 == 0
                ? string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]))
                : (random.Next(2) == 0 ? "user:* " : "") + string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => " | " + parts[random.Next(40, 51)]));
            var parsed = SearchQuery.Parse(text);
            if (!parsed.IsOk)
            {
                Assert.InRange(int.Parse(parsed.Errors[0].Place!, CultureInfo.InvariantCulture), 1, text.Length + 1);
                continue;
            }

            good++;
            if (made >= 250 || (i % 2 == 0 && random.Next(3) > 0)) continue;
            made++;
            await store.TableAsync(new LogSearch { Query = parsed.Value }, cancellation: Stop);
        }

        Assert.True(good > 400 && made == 250, $"Only {good} texts were searches, {made} tables.");
    }
}
