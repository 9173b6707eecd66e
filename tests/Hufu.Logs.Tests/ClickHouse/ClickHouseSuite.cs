using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Store;

namespace Hufu.Logs.Tests.ClickHouse;

/// <summary>The same searches over the same events, here and there: not one difference.</summary>
public abstract class ClickHouseSuite : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-clickhouse-").FullName;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An empty database of its own; skips the test where there is no server.</summary>
    private protected abstract Task<(ClickHouseTarget Target, Func<Uri, IClickHouse>? Connect)> DatabaseAsync();

    /// <summary>True when every text of a number is read to the last digit.</summary>
    private protected virtual bool IsExact => true;

    private protected async Task<(LogStore Store, ClickHouseLogs There)> OpenAsync(params LogEvent[][] segments)
    {
        var (target, connect) = await DatabaseAsync();
        var store = LogStore.Open(Path.Combine(folder, "logs"));
        for (var i = 0; i < segments.Length; i++)
        {
            await store.AppendAsync(segments[i], Stop);
            if (i < segments.Length - 1) await store.SealAsync(Stop);
        }

        var there = new ClickHouseLogs(store, target, Path.Combine(folder, "clickhouse.json"), null, connect);
        await there.DeliverAsync(Stop);
        Assert.Equal((0L, (string?)null), (there.Standing.Waiting, there.Standing.Shards.Select(shard => shard.Problem).FirstOrDefault() ?? there.Standing.Problem));
        return (store, there);
    }

    protected static SearchQuery Query(string text)
    {
        var parsed = SearchQuery.Parse(text);
        Assert.True(parsed.IsOk, text + ": " + string.Join("; ", parsed.Errors));
        return parsed.Value;
    }

    /// <summary>What differs between here and there for a search, in words; null for nothing.</summary>
    private static async Task<string?> DifferenceAsync(LogStore store, ClickHouseLogs there, LogSearch search)
    {
        if (search.Query.IsTable)
        {
            var (expected, found) = (await store.TableAsync(search, 1_000, Stop), await there.TableAsync(search, 1_000, Stop));
            if (found.Notes.Count > 0) return found.Notes[0].En;
            return Text(expected) == Text(found) ? null : $"here {Cut(Text(expected))}\n there {Cut(Text(found))}";
        }

        var (page, other) = (await store.SearchAsync(search, Stop), await there.SearchAsync(search, Stop));
        if (other.Notes.Count > 0) return other.Notes[0].En;
        if (!page.Events.Select(e => e.Id).SequenceEqual(other.Events.Select(e => e.Id))) return $"here {Cut(string.Join(' ', page.Events.Select(e => e.Id)))}\n there {Cut(string.Join(' ', other.Events.Select(e => e.Id)))}";
        if (page.Next != other.Next) return $"next {page.Next} {other.Next}";
        foreach (var (one, same) in page.Events.Zip(other.Events))
            if (!EventCodec.Encode(one).AsSpan().SequenceEqual(EventCodec.Encode(same))) return $"{one.Id} is another event";
        var (counts, counted) = (await store.HistogramAsync(search, null, Stop), await there.HistogramAsync(search, null, Stop));
        return counts.Width == counted.Width && counts.Buckets.SequenceEqual(counted.Buckets) && counted.Notes.Count == 0 ? null : "the histogram differs " + string.Concat(counted.Notes);
    }

    private static string Text(LogTable table) => string.Join(',', table.Columns.Select(c => $"{c.Name}:{c.Type}")) + "\n" + string.Join('\n', table.Rows.Select(row => string.Join('|', row.Select(Cell)))) + table.Truncated + table.Span;

    // Sums of broken numbers depend on the order in which they are added, in each of the two.
    private static string Cell(object? value) => value switch
    {
        null => "-",
        double number => number.ToString("G12", CultureInfo.InvariantCulture),
        DateTimeOffset time => EventCodec.Micros(time).ToString(CultureInfo.InvariantCulture),
        _ => value.GetType().Name[0] + Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Cut(string text) => text.Length > 700 ? text[..700] + "…" : text;

    private static async Task NoDifferencesAsync(LogStore store, ClickHouseLogs there, IEnumerable<LogSearch> searches)
    {
        var differences = new List<string>();
        foreach (var search in searches)
            if (await DifferenceAsync(store, there, search) is { } difference) differences.Add($"{search.Query.Text}: {difference}");
        Assert.True(differences.Count == 0, $"{differences.Count} searches differ:\n{string.Join('\n', differences.Take(8))}");
    }

    [Fact]
    public async Task EveryTermFindsTheSame()
    {
        var (store, there) = await OpenAsync(SearchTermTests.SearchedEvents[..5], SearchTermTests.SearchedEvents[5..]);
        await using (store)
        using (there)
            await NoDifferencesAsync(store, there, SearchTermTests.Searches.Select(one => new LogSearch { Query = Query(one.Query) }));
    }

    [Fact]
    public async Task EveryCommandMakesTheSameTable()
    {
        var (store, there) = await OpenAsync(SearchTableTests.TabledEvents[..3], SearchTableTests.TabledEvents[3..]);
        await using (store)
        using (there)
        {
            await NoDifferencesAsync(store, there, SearchTableTests.Tables.Select(one => new LogSearch { Query = Query(one.Query) }));
            await NoDifferencesAsync(store, there, SearchTableTests.Tables.Select(one => new LogSearch { Query = Query(one.Query), DayOffset = TimeSpan.FromHours(8), From = Start.AddHours(1), To = Start.AddDays(1) }));
        }
    }

    [Fact]
    public async Task RandomSearchesAndCommandsOverRandomEvents_FindTheSame()
    {
        var random = new Random(20_260_106);
        var events = Enumerable.Range(0, 600).Select(i => SearchTermTests.RandomEvent(random, i)).ToArray();
        var (store, there) = await OpenAsync(events[..200], events[200..400], events[400..]);
        await using (store)
        using (there)
        {
            await NoDifferencesAsync(store, there, Enumerable.Range(0, 120).Select(_ => new LogSearch { Query = Query(SearchTermTests.RandomQuery(random, 3).Text), Limit = random.Next(3) == 0 ? 7 : 1_000 }));
            await NoDifferencesAsync(store, there, Enumerable.Range(0, 170).Select(_ => SearchTermTests.RandomQuery(random, 1).Text + RandomCommands(random)).Where(text => SearchQuery.Parse(text).IsOk).Select(text => new LogSearch { Query = Query(text), DayOffset = TimeSpan.FromHours(random.Next(2) * 8) }));
            foreach (var field in new[] { "user", "severity", "host", "source.ip", "message", "nothing", "n" })
                Assert.Equal(await store.TopValuesAsync(new LogSearch { Query = Query("NOT n:5") }, field, 5, Stop), await there.TopValuesAsync(new LogSearch { Query = Query("NOT n:5") }, field, 5, Stop));
        }
    }

    // Names that are there at each place, with few exceptions; those are refused before a database sees them.
    private static string RandomCommands(Random random)
    {
        string[] fields = ["user", "n", "ip", "src_ip", "source.ip", "host", "message", "severity", "nothing", "time"];
        string F() => fields[random.Next(fields.Length)];
        string Text() => fields[random.Next(7)];
        var text = new StringBuilder();
        for (var before = random.Next(3); before > 0; before--)
            text.Append(random.Next(4) switch { 0 => $" | sort {(random.Next(2) == 0 ? "-" : "")}{F()}, {F()}", 1 => $" | dedup {F()}{(random.Next(2) == 0 ? ", " + F() : "")}", 2 => $" | head {random.Next(1, 300)}", _ => $" | where {Text()} {(random.Next(2) == 0 ? ">" : "!=")} {random.Next(12)} or host = WEB01" });
        switch (random.Next(5))
        {
            case 0:
                text.Append($" | stats count, count({F()}) as a, dc({F()}) as b, sum(n) as s, avg(n) as v, min(n) as lo, max({(random.Next(2) == 0 ? "time" : "n")}) as hi, p{random.Next(1, 100)}(n) as p{(random.Next(3) == 0 ? "" : $" by {F()}")}");
                if (random.Next(2) == 0) text.Append(random.Next(3) switch { 0 => " | where s > 20 and count != 3", 1 => " | sort -b, s | head 5", _ => " | where not a >= 4 | stats sum(count), p50(v), count" });
                break;
            case 1:
                text.Append($" | {(random.Next(2) == 0 ? "top" : "rare")} {random.Next(1, 9)} {Text()}{(random.Next(2) == 0 ? " by host" : "")}");
                if (random.Next(2) == 0) text.Append(" | where percent > 7 | sort -percent");
                break;
            case 2:
                text.Append($" | timechart span={random.Next(1, 90)}{"sm"[random.Next(2)]} count, sum(n) as s, dc(user){(random.Next(3) == 0 ? "" : $" by {Text()}")}");
                break;
            case 3:
                text.Append($" | table time, user, n, severity, host | where n > 3 or user = ALICE | sort n, -user{(random.Next(2) == 0 ? " | stats count, sum(n) by user" : "")}");
                break;
            default:
                text.Append($" | dedup {Text()} | fields - time, app");
                break;
        }

        return text.ToString();
    }

    [Fact]
    public async Task PagesFollowEachOther_AsTheStoreOwn()
    {
        var random = new Random(4);
        var events = Enumerable.Range(0, 90).Select(i => SearchTermTests.RandomEvent(random, i) with { OccurredAt = Start.AddSeconds(i / 20) }).ToArray();
        var (store, there) = await OpenAsync(events[..50], events[50..]);
        await using (store)
        using (there)
        {
            LogCursor? after = null;
            var ids = new List<string>();
            do
            {
                var search = new LogSearch { Limit = 13, After = after };
                Assert.Null(await DifferenceAsync(store, there, search));
                var page = await there.SearchAsync(search, Stop);
                ids.AddRange(page.Events.Select(e => e.Id));
                after = page.Next;
            }
            while (after is not null);
            Assert.Equal(90, ids.Distinct().Count());
        }
    }

    [Fact]
    public async Task WhateverAnEventHolds_ComesBackByteByByte()
    {
        string[] texts = ["", "\0", "a\0b", "\u2400", "tab\t nl\n cr\r bs\\ q' dq\" {p0:String}", "\u0001\u001f\u007f", "\uFFFD", "💥王", "\uFEFFbom", "\\N", "'; DROP TABLE hufu_events; --"];
        var events = new List<LogEvent>();
        for (var i = 0; i < texts.Length; i++)
        {
            var (text, other) = (texts[i], texts[(i + 3) % texts.Length]);
            events.Add(new LogEvent
            {
                ReceivedAt = Start.AddTicks(i * 10), OccurredAt = i % 3 == 0 ? null : new DateTimeOffset(1969, 12, 31, 23, 59, 59, TimeSpan.FromHours(i - 5)).AddTicks(i * 10), TimeZoneAssumed = i % 2 == 0, Source = text.Length == 0 ? "s" : text,
                Host = i % 2 == 0 ? null : other, App = i % 4 == 0 ? "" : null, Severity = i % 5 == 0 ? null : i % 8, Facility = i % 3 == 0 ? 23 : null, SourceIp = i % 2 == 0 ? "10.0.0.1" : null, Message = i % 2 == 0 ? text : other, Raw = "head " + text, Format = LogFormats.Plain,
                RawBytes = i % 2 == 0 ? new byte[] { 0xFF, 0, (byte)i } : i % 3 == 0 ? Array.Empty<byte>() : (ReadOnlyMemory<byte>?)null, Problems = i % 3 == 0 ? ["p", other] : [],
                Fields = new Dictionary<string, string> { [other] = text, ["k" + text] = other, ["empty"] = "" },
            });
        }

        events.Add(events[0] with { OccurredAt = DateTimeOffset.MinValue, ReceivedAt = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero), Fields = new Dictionary<string, string>() });
        events.Add(events[0] with { OccurredAt = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero), ReceivedAt = DateTimeOffset.MinValue });
        events.Add(events[0] with { Raw = new string('長', 40_000), Message = new string('長', 20_000) });
        var (store, there) = await OpenAsync([.. events], []);
        await using (store)
        using (there)
        {
            await NoDifferencesAsync(store, there, [new LogSearch { Limit = 100 }, .. texts.Where(t => t.Length > 0 && t.All(c => c != '\0')).Select(t => new LogSearch { Query = Query($"\"{t.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"") })]);
            foreach (var id in store.Segments.SelectMany(s => Enumerable.Range(0, s.Events).Select(row => $"{s.Id}/{row}"))) Assert.NotNull(store.GetEvent(id));
        }
    }

    [Fact]
    public async Task NumbersAndLetters_AreReadAsTheStoreReadsThem()
    {
        var random = new Random(6);
        var pieces = "0123456789..--++__eEx \t,n".ToCharArray();
        var numbers = new List<string>
        {
            "1_000", "1__0", "_1", "1_", "1._0", "1.0_1", "1e1_0", " 1", "1 ", "\t1\n", "\v1", "\u00a01", "+1", "+-1", "--1", "1.", ".5", ".", "-.5", "1e5", "1E+5", "1e-5", "1e", "0x10", "inf", "-inf", "nan", "1e400", "1e-400", "007", "-0", "", "-", "9007199254740993",
            "123456789012345678901234567890", "4.9e-324", "1.7976931348623157e308", "1.7976931348623159e308", "٣", "1e99999999999", "0e999", "0.1", "123456.789", "7.7502", "20.90395", "1.902", "3.986",
        };
        for (var i = 0; i < 400; i++) numbers.Add(new string(Enumerable.Range(0, random.Next(1, 7)).Select(_ => pieces[random.Next(pieces.Length)]).ToArray()));
        for (var i = 0; i < 400; i++) numbers.Add((random.NextDouble() * Math.Pow(10, random.Next(0, 8))).ToString("F" + random.Next(0, 6), CultureInfo.InvariantCulture));
        // More digits than fifteen, or a power of ten that is not exact.
        if (!IsExact) numbers.RemoveAll(n => n.Count(char.IsAsciiDigit) > 15 || Regex.IsMatch(n, "[eE][-+]?[0-9_]{3}"));
        // Letters that have a case, of the scripts that are written, and what is special among them.
        var letters = string.Concat(Enumerable.Range(0x41, 0x250).Concat(Enumerable.Range(0x370, 0x1F0)).Concat(Enumerable.Range(0x1E00, IsExact ? 0x200 : 0x100)).Concat(Enumerable.Range(0x2C60, IsExact ? 0x20 : 0)).Concat(Enumerable.Range(0xFF21, 0x40)).Select(char.ConvertFromUtf32)) + "\u212A\u212Bßſİıﬃ";
        var runes = letters.EnumerateRunes().ToList();
        var events = numbers.Select((n, i) => SearchTableTests.Event(i, "h", runes[i % runes.Count].ToString() + "ΑΣ", n)).Concat(runes.Select((r, i) => SearchTableTests.Event(i, "h", r.ToString(), "x"))).ToArray();
        var (store, there) = await OpenAsync(events);
        await using (store)
        using (there)
        {
            // Compared to the last digit, each alone.
            var here = await store.TableAsync(new LogSearch { Query = Query("| stats max(bytes) as n by bytes") }, 10_000, Stop);
            var other = await there.TableAsync(new LogSearch { Query = Query("| stats max(bytes) as n by bytes") }, 10_000, Stop);
            Assert.Equal(here.Rows.Select(r => $"{r[0]} = {((double?)r[1])?.ToString("R", CultureInfo.InvariantCulture)}"), other.Rows.Select(r => $"{r[0]} = {((double?)r[1])?.ToString("R", CultureInfo.InvariantCulture)}"));
            await NoDifferencesAsync(store, there, new[] { "bytes:>5", "bytes:[-1 TO 1]", "| sort bytes | table bytes", "bytes:1000", "| stats count by bytes | where bytes >= 1.5" }.Select(q => new LogSearch { Query = Query(q), Limit = 10_000 }));
            // Lower case decides these: one letter, and it among others.
            await NoDifferencesAsync(store, there, runes.Where(r => System.Text.Rune.IsLetter(r)).Chunk(30).Select(some => new LogSearch { Query = Query(string.Join(" OR ", some.Select(r => $"user:\"{r}\""))), Limit = 1_000 }));
            await NoDifferencesAsync(store, there, runes.Where(r => System.Text.Rune.IsLetter(r)).Chunk(40).Select(some => new LogSearch { Query = Query(string.Join(" OR ", some.Select(r => $"user:[\"{r}\" TO \"{r}\"]")) + " | stats count by user"), Limit = 1_000 }));
        }
    }

    [Fact]
    public async Task ATextIsALiteral_WhateverItHolds()
    {
        var (target, connect) = await DatabaseAsync();
        using var http = ClickHouseClient.Connect();
        var client = connect?.Invoke(target.Address) ?? new ClickHouseClient(target.Address, target, http);
        var random = new Random(12);
        var characters = "\\\\''\"`\0\n\r\t\b\f{}:$%_()-/*;#?aN0x 王💥\u0080\u2028".EnumerateRunes().ToArray();
        var texts = Enumerable.Range(0, 400).Select(_ => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => characters[random.Next(characters.Length)].ToString()))).ToList();
        var rows = new RowReader(await client.RunAsync(new ClickHouseRequest($"SELECT arrayJoin([{string.Join(", ", texts.Select(ClickHouseDialect.Literal))}]) AS t FORMAT RowBinary"), Stop));
        foreach (var text in texts) Assert.Equal(text, rows.Text());
        Assert.True(rows.Ended);
    }

    [Fact]
    public async Task WhatIsChangedMissingOrAddedThere_IsNamed()
    {
        var (store, there) = await OpenAsync([.. Enumerable.Range(0, 40).Select(i => SearchTableTests.Event(i, "h", "u"))], [SearchTableTests.Event(50, "h")]);
        await using (store)
        using (there)
        {
            var good = await there.VerifyAsync(null, Stop).ToListAsync(Stop);
            Assert.Equal(("00000001", 40L, true), (good.Single().SegmentId, good.Single().Events, good.Single().IsIntact));
            // Three at once: one is another, one is gone, one is there twice; and one was never sealed.
            var table = new ClickHouseTable(ClickHouseFeatures.Of(there.Standing.Version!)!);
            // One of the shards has them.
            for (var shard = 0; shard < there.Standing.Shards.Count; shard++)
            {
                var client = there.ClientOf(shard);
                await client.RunAsync(new ClickHouseRequest($"INSERT INTO {ClickHouseTable.Events} ({table.Names}) SELECT {table.Names.Replace("\"row\"", "toUInt32(if(\"row\" = 6, 6, 77))", StringComparison.Ordinal)} FROM {ClickHouseTable.Events} WHERE segment = 1 AND \"row\" IN (6, 7)"), Stop);
                await client.RunAsync(new ClickHouseRequest($"ALTER TABLE {ClickHouseTable.Events} DELETE WHERE segment = 1 AND \"row\" = 8"), Stop);
                await client.RunAsync(new ClickHouseRequest($"ALTER TABLE {ClickHouseTable.Events} UPDATE raw = replaceAll(raw, 'm9', 'm0') WHERE segment = 1 AND \"row\" = 9"), Stop);
            }

            string[] expected = ["EventAdded 00000001/6", "EventAdded 00000001/77", "EventChanged 00000001/9", "EventMissing 00000001/8"];
            for (var i = 0; ; i++)
            {
                var found = (await there.VerifyAsync(null, Stop).ToListAsync(Stop)).SelectMany(v => v.Findings).Select(f => $"{f.Fault} {f.EventId}").Order(StringComparer.Ordinal).ToArray();
                // The server changes rows in its own time.
                if (i < 100 && !found.SequenceEqual(expected)) await Task.Delay(100, Stop);
                else
                {
                    Assert.Equal(expected, found);
                    break;
                }
            }
        }
    }

    [Fact]
    public async Task WhatIsRemovedHere_IsRemovedThere_ButForWhatIsHeld()
    {
        LogEvent[] events = [.. Enumerable.Range(0, 30).Select(i => SearchTableTests.Event(i, "h", $"u{i}") with { Source = i % 3 == 0 ? "gone" : "kept's" })];
        var (store, there) = await OpenAsync(events, [SearchTableTests.Event(50, "h")]);
        await using (store)
        using (there)
        {
            var policy = new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["gone"] = new(TimeSpan.FromDays(1), TimeSpan.Zero) }, Holds = [new LegalHold(Query("user:(u3 OR u9)"), null, null)] };
            Assert.Equal(8, (await store.MaintainAsync(policy, Stop)).Removals.Single().Sources.Single().Events);
            there.LookNow();
            await there.DeliverAsync(Stop);
            for (var i = 0; i < 100 && (await there.SearchAsync(new LogSearch { Limit = 100 }, Stop)).Events.Count != 23; i++) await Task.Delay(100, Stop);
            await NoDifferencesAsync(store, there, [new LogSearch { Limit = 100 }, new LogSearch { Query = Query("| stats count by source") }]);
            Assert.All(await there.VerifyAsync(null, Stop).ToListAsync(Stop), verification => Assert.True(verification.IsIntact, string.Join("; ", verification.Findings)));
        }
    }

    [Fact]
    public async Task HostileAndRandomText_IsTheSameHereAndThere()
    {
        string[] parts =
        [
            "a", "user", "host", "count", "time", "|", "|", " ", " ", " ", ":", "(", ")", "[", "]", "{", "}", " TO ", "*", "\"", "\\", "/", "/x/", "OR", " AND ", "NOT ", "-", ">", ">=", "=", "!=", ",", "1", "9e999", "10.0.0.0/8", "::/0", "王", "\0", "\uD800", "'",
            "stats count", "stats sum(bytes) as s by host", "top 3 user", "rare user by host", "timechart span=1h count by user", "timechart count", "table user, time", "fields - time", "sort -user", "dedup user", "head 2", "where count > 1", "where user = x", " by ", " as ", "p50(bytes)", "severity",
        ];
        string[] hostile =
        [
            "| stats count by \"x') FROM hufu_events --\"", "| stats count as \"a\\\"; DROP TABLE hufu_events; --\" by \"'; DROP TABLE hufu_events; --\"", "| table \"{p0:String}\", \"?\", \"{0}\", \"c0\", \"time\", \"segment\"",
            "| where \"x' OR 1=1 --\" = \"' OR ''='\"", "| sort -\"1; SELECT file('/etc/passwd')\"", "| dedup c0, c1, one, row | head 3", "| top 3 \"*\" by \"count(*)\"", "| timechart span=1h sum(\"') || version() || ('\") by \"a'b\"",
            "x:/'[)]; DROP TABLE hufu_events; --/ | stats count", "x:[\"'\" TO \"' OR true --\"] | stats count", "user:\"\\\\' OR 1 --\"", "\"\\\\\\\\' OR 1\"", "user:\"u\\\\\"", "\"%\" user:\"_\"", "a%b_c user:*",
        ];
        var random = new Random(8);
        var (store, there) = await OpenAsync([SearchTableTests.Event(1, "h", "u", "5", 3), SearchTableTests.Event(2, "h"), SearchTableTests.Event(3, "g", "a", "x")], [SearchTableTests.Event(4, "h", "u\\' OR 1 --")]);
        await using (store)
        using (there)
        {
            var searches = new List<LogSearch>();
            for (var i = 0; searches.Count < 100; i++)
            {
                var text = i % 2 == 0
                    ? string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]))
                    : (random.Next(2) == 0 ? "user:* " : "") + string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => " | " + parts[random.Next(40, 51)]));
                if (SearchQuery.Parse(text) is { IsOk: true } parsed) searches.Add(new LogSearch { Query = parsed.Value });
            }

            await NoDifferencesAsync(store, there, [.. hostile.Select(q => new LogSearch { Query = Query(q) }), .. searches]);
        }
    }
}

/// <summary>ClickHouse 26.7, in this process.</summary>
public sealed class ClickHouse26Tests : ClickHouseSuite
{
    private protected override Task<(ClickHouseTarget Target, Func<Uri, IClickHouse>? Connect)> DatabaseAsync()
    {
        if (Chdb.Library is null) Assert.Skip("libchdb is not there (the test script fetches it with npm)");
        var name = "t" + Guid.NewGuid().ToString("N");
        var database = Chdb.Database(name);
        return Task.FromResult<(ClickHouseTarget, Func<Uri, IClickHouse>?)>((ClickHouseTarget.Parse($"clickhouse:http://localhost:8123/{name}").Value, _ => database));
    }

    [Fact]
    public async Task AWordIsLookedUpInTheIndex_WhateverItsCase()
    {
        var (store, there) = await OpenAsync([.. Enumerable.Range(0, 20_000).Select(i => SearchTableTests.Event(i, "h", "u") with { Raw = i == 9_000 ? "the NeedleX here" : $"hay {i}", Message = "m" })]);
        await using (store)
        using (there)
        {
            var sql = Hufu.Logs.Search.SearchSql.Compile(Query("needLEx"), null, null, new ClickHouseDialect(ClickHouseFeatures.Of(there.Standing.Version!)!));
            var plan = Encoding.UTF8.GetString(await there.ClientOf(0).RunAsync(new ClickHouseRequest($"EXPLAIN indexes = 1 SELECT count() FROM {ClickHouseTable.Events} WHERE {sql.Condition} FORMAT RowBinary") { Parameters = sql.Parameters }, Stop));
            Assert.Contains("Name: texts", plan, StringComparison.Ordinal);
            Assert.Matches("Granules: 1/[2-9]", plan);
            Assert.Equal(["00000001/9000"], (await there.SearchAsync(new LogSearch { Query = Query("needLEx") }, Stop)).Events.Select(e => e.Id));
        }
    }
}
