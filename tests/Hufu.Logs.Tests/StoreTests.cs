using System.IO.Compression;
using System.Text;

namespace Hufu.Logs.Tests;

public sealed class StoreTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Parse = new() { ReferenceTime = Start };

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogEvent Event(int minute, string text, int? severity = 6, params (string Name, string Value)[] fields) => new()
    {
        ReceivedAt = Start.AddMinutes(minute), OccurredAt = new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.FromHours(8)).AddMinutes(minute), Source = "s", Host = minute % 2 == 0 ? "even" : "odd",
        App = "app", Severity = severity, Message = text, Raw = "head " + text, Format = LogFormats.Plain, Fields = fields.ToDictionary(f => f.Name, f => f.Value),
    };

    private static async Task<List<string>> Found(LogStore store, string query)
    {
        var parsed = SearchQuery.Parse(query);
        Assert.True(parsed.IsOk, string.Join("; ", parsed.Errors));
        return [.. (await store.SearchAsync(new LogSearch { Query = parsed.Value }, Stop)).Events.Select(item => item.Message)];
    }

    [Fact]
    public async Task EventsComeBackAsTheyWere_FromTheOpenAndFromASealedSegment()
    {
        var original = Event(1, "訊息 𠮷 'quote' \0 end", 3, ("user", "王小明"), ("k", "")) with { RawBytes = new byte[] { 1, 255 }, Problems = ["p1", "p2"], SourceIp = "203.0.113.7", TimeZoneAssumed = true };
        await using var store = LogStore.Open(folder);
        var ids = await store.AppendAsync([original, Event(2, "plain") with { Message = "other", Raw = "x", OccurredAt = null, Host = null }], Stop);
        foreach (var sealedNow in new[] { false, true })
        {
            if (sealedNow) await store.SealAsync(Stop);
            var read = store.GetEvent(ids[0])!;
            Assert.Equal(original.Message, read.Message);
            Assert.Equal(original.Raw, read.Raw);
            Assert.Equal(original.OccurredAt, read.OccurredAt);
            Assert.Equal(original.OccurredAt!.Value.Offset, read.OccurredAt!.Value.Offset);
            Assert.Equal(original.Fields, new Dictionary<string, string>(read.Fields));
            Assert.Equal(original.Problems, read.Problems);
            Assert.Equal(original.RawBytes!.Value.ToArray(), read.RawBytes!.Value.ToArray());
            Assert.Equal((original.Severity, original.SourceIp, original.TimeZoneAssumed), (read.Severity, read.SourceIp, read.TimeZoneAssumed));
            var second = store.GetEvent(ids[1])!;
            Assert.Equal(("other", "x", null, null), (second.Message, second.Raw, second.OccurredAt, second.Host));
        }

        Assert.True(store.VerifySegment("00000001", Stop).IsIntact);
        Assert.Equal([original.Message], await Found(store, "\u2400"));
    }

    [Fact]
    public async Task WhateverTextsAndTimesAnEventHas_MemoryDiskAndProofSayTheSame()
    {
        string[] pieces = ["", "a", "\0", "\ud800", "\udc00", "\ud83d\ude00", "訊息", "\ufffd", "\u2400", "\"", "é", "\n", "\ud801x", "=", "\u001f"];
        var random = new Random(7);
        string Text() => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => pieces[random.Next(pieces.Length)]));
        DateTimeOffset Time() => new DateTimeOffset(random.NextInt64(new DateTime(1900, 1, 1).Ticks, new DateTime(2100, 1, 1).Ticks), TimeSpan.Zero).ToOffset(TimeSpan.FromMinutes(random.Next(-700, 800)));
        var events = Enumerable.Range(0, 300).Select(i => new LogEvent
        {
            ReceivedAt = Time(), OccurredAt = i % 3 == 0 ? null : Time(), Source = Text(), Host = i % 4 == 0 ? null : Text(), App = Text(), SourceIp = i % 2 == 0 ? Text() : null, Format = LogFormats.Plain,
            Message = Text(), Raw = Text() + Text(), Fields = Enumerable.Range(0, random.Next(5)).Select(_ => (Text(), Text())).DistinctBy(f => f.Item1).ToDictionary(f => f.Item1, f => f.Item2),
            Problems = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Text())], Severity = i % 5 == 0 ? null : i % 8,
        }).ToList();
        // Two names that only a lone surrogate tells apart.
        events.Add(Event(2, "names", 1, ("n\ud800", "one"), ("n\ud801", "two"), ("m", "three")));
        IReadOnlyList<string> ids;
        List<string> opened;
        string Told(LogStore store, string id)
        {
            var e = store.GetEvent(id)!;
            return System.Text.Json.JsonSerializer.Serialize(new { e.ReceivedAt, e.OccurredAt, e.Source, e.Host, e.App, e.SourceIp, e.Format, e.Message, e.Raw, fields = e.Fields.Select(f => f.Key + "\u0001" + f.Value), e.Problems, e.Severity });
        }

        await using (var store = LogStore.Open(folder))
        {
            ids = await store.AppendAsync(events, Stop);
            opened = [.. ids.Select(id => Told(store, id))];
        }

        await using (var store = LogStore.Open(folder))
        {
            Assert.Equal(opened, ids.Select(id => Told(store, id)));
            await store.SealAsync(Stop);
            Assert.Equal(opened, ids.Select(id => Told(store, id)));
            Assert.Empty(store.VerifySegment("00000001", Stop).Findings);
            Assert.All(ids, id => Assert.True(store.Prove(id)!.Holds()));
        }
    }

    [Fact]
    public async Task AnEventWhoseLengthNeedsAllFourBytes_IsKeptAndProvedLikeAnyOther()
    {
        var text = new string('x', (1 << 24) + 3);
        await using (var store = LogStore.Open(folder))
            await store.AppendAsync([Event(1, "before"), Event(2, text), Event(3, "after")], Stop);
        await using (var store = LogStore.Open(folder))
        {
            Assert.Equal(text, store.GetEvent("00000001/1")!.Raw[^text.Length..]);
            await store.SealAsync(Stop);
            Assert.Empty(store.VerifySegment("00000001", Stop).Findings);
            Assert.Equal(3, store.ProveAll(["00000001/0", "00000001/1", "00000001/2"]).Values.Count(proof => proof.Holds()));
        }
    }

    [Fact]
    public async Task AcknowledgedEventsSurvive_WhenTheProcessIsKilled()
    {
        string[] copies = ["before", "after"];
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync([Event(1, "one"), Event(2, "two")], Stop);
            await store.SealAsync(Stop);
            await store.AppendAsync([Event(3, "three")], Stop);
            // What the disk holds at this moment is what a killed process leaves behind.
            var copy = Path.Combine(folder, copies[0]);
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.EnumerateFiles(folder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))) Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            await File.AppendAllBytesAsync(Path.Combine(copy, "00000002.wal"), [9, 0, 0, 0, 1, 2, 3], Stop);
            await File.WriteAllTextAsync(Path.Combine(copy, "00000002.parquet.tmp"), "half", Stop);
        }

        await using var again = LogStore.Open(Path.Combine(folder, copies[0]));
        Assert.Equal(["three", "two", "one"], await Found(again, ""));
        Assert.Equal(3, again.Recovery.Count);
        await again.AppendAsync([Event(4, "four")], Stop);
        await again.SealAsync(Stop);
        Assert.All(again.Segments, segment => Assert.True(again.VerifySegment(segment.Id, Stop).IsIntact));

        static void Copy(string from, string to)
        {
            using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var target = File.Create(to);
            source.CopyTo(target);
        }
    }

    [Fact]
    public async Task AFileImportedTwiceAddsNothing()
    {
        var path = Path.Combine(folder, "in.log.gz");
        await using (var file = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await file.WriteAsync(Encoding.UTF8.GetBytes("Jan  4 01:02:03 h a: x\nJan  4 01:02:04 h a: y\n"), Stop);
        var place = Path.Combine(folder, "store");
        await using (var store = LogStore.Open(place))
        {
            Assert.Equal(2, (await store.ImportAsync(path, "file", Parse, cancellation: Stop)).Added);
            Assert.True((await store.ImportAsync(path, "file", Parse, cancellation: Stop)).AlreadyImported);
            await store.SealAsync(Stop);
        }

        await using var again = LogStore.Open(place);
        Assert.True((await again.ImportAsync(path, "file", Parse, cancellation: Stop)).AlreadyImported);
        Assert.Equal(["y", "x"], await Found(again, ""));
    }

    [Fact]
    public async Task ColumnsNamedAtTheBeginOfAFileHoldForAllItsLines()
    {
        var path = Path.Combine(folder, "iis.log");
        await File.WriteAllLinesAsync(path, ["#Software: x", "#Fields: date time c-ip cs-method cs-uri-stem sc-status", .. Enumerable.Range(0, 50).Select(i => $"2026-01-04 01:02:{i:00} 203.0.113.{i} GET /p{i} 404")], Stop);
        await using var store = LogStore.Open(Path.Combine(folder, "store"));
        Assert.Equal((52L, 0L), await store.ImportAsync(path, "iis", Parse, cancellation: Stop) is var done ? (done.Added, done.WithProblems) : default);
        Assert.Equal(["GET /p7 404"], await Found(store, "source.ip:203.0.113.7 http.response.status_code:404"));
    }

    [Theory]
    [InlineData("failed", "Failed password|failed again")]
    [InlineData("\"FAILED PASS\"", "Failed password")]
    [InlineData("登入", "使用者登入失敗")]
    [InlineData("failed -again", "Failed password")]
    [InlineData("NOT failed", "使用者登入失敗|a.b*c|missing field")]
    [InlineData("password OR 登入", "Failed password|使用者登入失敗")]
    [InlineData("failed AND (again OR nothing)", "failed again")]
    [InlineData("user:ALICE", "Failed password")]
    [InlineData("user:a*", "Failed password")]
    [InlineData("user:*", "Failed password|failed again")]
    [InlineData("NOT user:alice", "failed again|使用者登入失敗|a.b*c|missing field")]
    [InlineData("host:odd failed", "failed again")]
    [InlineData("severity:<=3", "Failed password")]
    [InlineData("severity:error", "Failed password")]
    [InlineData("port:>=5000", "failed again")]
    [InlineData("a.b", "a.b*c")]
    [InlineData("axb", "")]
    [InlineData("\"b*c\"", "a.b*c")]
    [InlineData("\"a b:c\":v", "missing field")]
    [InlineData("message:miss*field", "missing field")]
    public async Task Search_FindsTheSameInTheOpenAndInASealedSegment(string query, string expected)
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync(
            [
                Event(10, "Failed password", 3, ("user", "alice"), ("port", "22")), Event(9, "failed again", 6, ("user", "bob"), ("port", "6000")), Event(8, "使用者登入失敗", null),
                Event(6, "a.b*c"), Event(4, "missing field", 6, ("a b:c", "v")),
            ], Stop);
        Assert.Equal(expected, string.Join('|', await Found(store, query)));
        await store.SealAsync(Stop);
        Assert.Equal(expected, string.Join('|', await Found(store, query)));
    }

    [Theory]
    [InlineData("(a", 1)]
    [InlineData("a OR", 5)]
    [InlineData("a )", 3)]
    [InlineData("\"open", 1)]
    [InlineData("user: x", 6)]
    [InlineData("n:>x", 1)]
    [InlineData("AND a", 1)]
    public void AFaultySearchNamesTheCharacter(string query, int character)
    {
        var result = SearchQuery.Parse(query);
        Assert.False(result.IsOk);
        Assert.Equal(character.ToString(), result.Errors[0].Place);
    }

    [Theory]
    [InlineData("'; DROP TABLE open_00000001; --")]
    [InlineData("\"x' OR 1=1 --\"")]
    [InlineData("\"') FROM read_text('/etc/passwd') --\":x")]
    [InlineData("host:\"' OR ''='\"")]
    [InlineData("$p0 $1 ? %s {0}")]
    [InlineData("(?i)((((a+)+)+)+)\\Q\\E[")]
    [InlineData("user:\"[[:alpha:]]\\\"")]
    public async Task HostileSearchesAreOnlyText(string query)
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "harmless", 6, ("user", "u"))], Stop);
        var parsed = SearchQuery.Parse(query);
        if (parsed.IsOk)
        {
            var search = new LogSearch { Query = parsed.Value };
            Assert.Empty((await store.SearchAsync(search, Stop)).Events);
            Assert.Empty((await store.HistogramAsync(search, cancellation: Stop)).Buckets);
            Assert.Empty(await store.TopValuesAsync(search, "x') FROM open_00000001 --", cancellation: Stop));
        }

        Assert.Equal(["harmless"], await Found(store, ""));
    }

    [Fact]
    public async Task PagesGiveEveryEventOnce_NewestFirst_WhileEventsArriveAndSegmentsSeal()
    {
        await using var store = LogStore.Open(folder);
        var random = new Random(7);
        var expected = new List<string>();
        for (var segment = 0; segment < 4; segment++)
        {
            // Times overlap between segments and repeat within them.
            var batch = Enumerable.Range(0, 50).Select(i => Event(random.Next(0, 60), $"{segment}-{i}")).ToList();
            await store.AppendAsync(batch, Stop);
            expected.AddRange(batch.Select(item => item.Message));
            if (segment < 3) await store.SealAsync(Stop);
        }

        var seen = new List<LogEvent>();
        LogCursor? after = null;
        do
        {
            var page = await store.SearchAsync(new LogSearch { Limit = 7, After = after }, Stop);
            seen.AddRange(page.Events);
            after = page.Next is null ? null : LogCursor.Parse(page.Next.ToString());
            if (seen.Count == 70) await store.SealAsync(Stop);
            if (seen.Count == 77) await store.AppendAsync([Event(1_000, "late comer")], Stop);
        }
        while (after is not null);

        Assert.Equal(200, seen.Count);
        Assert.Equal(expected.Order(), seen.Select(item => item.Message).Order());
        Assert.Equal(seen.Select(item => item.Time), seen.Select(item => item.Time).OrderDescending());
    }

    [Fact]
    public async Task OldSegmentsAreNotRead_WhenThePageIsFull()
    {
        await using var store = LogStore.Open(folder);
        for (var day = 0; day < 5; day++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, 10).Select(i => Event(day * 1_440 + i, "x"))], Stop);
            await store.SealAsync(Stop);
        }

        Assert.Equal(1, (await store.SearchAsync(new LogSearch { Limit = 5 }, Stop)).SegmentsRead);
        Assert.Equal(2, (await store.SearchAsync(new LogSearch { From = Start.AddDays(1), To = Start.AddDays(3) }, Stop)).SegmentsRead);
    }

    [Fact]
    public async Task HistogramTopValuesAndSources_CountOpenAndSealedTogether()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(0, "a", 3, ("user", "x")), Event(1, "a", 4, ("user", "y"))], Stop);
        await store.SealAsync(Stop);
        await store.AppendAsync([Event(59, "a", 6, ("user", "x")), Event(30, "b", null)], Stop);
        var search = new LogSearch();
        var histogram = await store.HistogramAsync(search, cancellation: Stop);
        Assert.Equal(TimeSpan.FromMinutes(1), histogram.Width);
        Assert.Equal(60, histogram.Buckets.Count);
        Assert.Equal((1, 1, 2), (histogram.Buckets.Sum(b => b.Errors), histogram.Buckets.Sum(b => b.Warnings), histogram.Buckets.Sum(b => b.Others)));
        Assert.Equal([new ValueCount("x", 2), new ValueCount("y", 1)], await store.TopValuesAsync(search, "user", cancellation: Stop));
        var arrived = await store.ArrivalsAsync("", 0, TimeSpan.FromDays(1), DateTimeOffset.MinValue, Stop);
        Assert.Equal([("even", 2L, Start.AddMinutes(30)), ("odd", 2L, Start.AddMinutes(59))], arrived.Slices.Select(slice => (slice.Host!, slice.Events, slice.Last)).Order());
    }

    [Fact]
    public async Task AProofHoldsForTheEvent_AndForNoOther()
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { Sealer = new Sealer() });
        var ids = await store.AppendAsync([.. Enumerable.Range(0, 37).Select(i => Event(i, $"event {i}"))], Stop);
        Assert.Null(store.Prove(ids[0]));
        await store.SealAsync(Stop);
        foreach (var id in ids)
        {
            var proof = store.Prove(id)!;
            Assert.True(proof.Holds());
            Assert.Equal("receipt 00000001 37", proof.Receipt);
            Assert.False((proof with { Index = (proof.Index + 1) % 37 }).Holds());
            var changed = proof.LeafBytes.ToArray();
            changed[^1] ^= 1;
            Assert.False((proof with { LeafBytes = changed }).Holds());
        }
    }

    [Fact]
    public async Task VerificationNamesTheChangedEventAndTheMissingOne()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 20).Select(i => Event(i, $"event {i}"))], Stop);
        var segment = (await store.SealAsync(Stop))!.Id;
        Assert.True(store.VerifySegment(segment, Stop).IsIntact);
        var file = Path.Combine(folder, segment + ".parquet");
        using (var database = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = $"COPY (SELECT * REPLACE (CASE WHEN row = 7 THEN 'head EVENT 7' ELSE raw END AS raw) FROM read_parquet('{file}') WHERE row <> 11) TO '{file}.new' (FORMAT parquet); ";
            command.ExecuteNonQuery();
        }

        File.Move(file + ".new", file, overwrite: true);
        var findings = store.VerifySegment(segment, Stop).Findings;
        Assert.Contains(findings, finding => finding.Fault == SegmentFault.FileChanged);
        Assert.Equal([$"{segment}/7"], findings.Where(finding => finding.Fault == SegmentFault.EventChanged).Select(finding => finding.EventId));
        Assert.Equal([$"{segment}/11"], findings.Where(finding => finding.Fault == SegmentFault.EventMissing).Select(finding => finding.EventId));
        await File.WriteAllBytesAsync(file, [1, 2, 3], Stop);
        Assert.Contains(store.VerifySegment(segment, Stop).Findings, finding => finding.Fault == SegmentFault.FileUnreadable);
        File.Delete(file);
        Assert.Equal(SegmentFault.FileMissing, Assert.Single(store.VerifySegment(segment, Stop).Findings).Fault);
    }

    [Fact]
    public async Task ACancelledSearchStops()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "x")], Stop);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.SearchAsync(new LogSearch(), stop.Token));
    }

    [Fact]
    public async Task ASecondOwnerIsRefused()
    {
        await using var store = LogStore.Open(folder);
        Assert.Throws<IOException>(() => LogStore.Open(folder));
    }

    [Fact]
    public async Task ASealThatFailsDoesNotMakeAnAppendFail_AndTheNextAppendSealsFirst()
    {
        var sealer = new Sealer { Failures = 2 };
        await using var store = LogStore.Open(folder, new LogStoreOptions { Sealer = sealer, SealAfterEvents = 2 });
        Assert.Equal(["00000001/0", "00000001/1"], await store.AppendAsync([Event(1, "a"), Event(2, "b")], Stop));
        await Assert.ThrowsAsync<IOException>(() => store.AppendAsync([Event(3, "refused")], Stop));
        Assert.Equal(2, store.OpenEvents);
        Assert.Equal(["00000002/0"], await store.AppendAsync([Event(4, "c")], Stop));
        Assert.Equal(["a", "b", "c"], (await Found(store, "")).Order(StringComparer.Ordinal));
        Assert.True(store.VerifySegment("00000001", Stop).IsIntact);
    }

    private sealed class Sealer : ISegmentSealer
    {
        internal int Failures { get; set; }

        public ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation)
        {
            if (Failures-- > 0) throw new IOException("The ledger takes nothing.");
            return ValueTask.FromResult<string?>($"receipt {seal.SegmentId} {seal.Events}");
        }

        public ValueTask<string?> RemoveAsync(SegmentRemoval removal, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
