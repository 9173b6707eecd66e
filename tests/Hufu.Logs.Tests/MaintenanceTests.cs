using System.Globalization;

namespace Hufu.Logs.Tests;

public sealed class MaintenanceTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;
    private readonly Clock clock = new() { Now = Start };
    private readonly Sealer sealer = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private LogStoreOptions Options => new() { Clock = clock, Sealer = sealer, KeepReplaced = TimeSpan.Zero };

    private LogEvent Event(string source, string text, int second = 0) => new()
    {
        ReceivedAt = clock.Now, OccurredAt = Start.AddSeconds(second), Source = source, Host = "h" + second % 3, Message = text, Raw = "head " + text, Format = LogFormats.Plain, Fields = new Dictionary<string, string> { ["n"] = text },
    };

    private static SourceRetention Days(int keep, int minimum = 0) => new(TimeSpan.FromDays(keep), TimeSpan.FromDays(minimum));

    private static async Task<List<(string Id, string Message)>> All(LogStore store, string query = "")
    {
        var found = new List<(string, string)>();
        LogCursor? after = null;
        do
        {
            var page = await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value, Limit = 7, After = after }, Stop);
            found.AddRange(page.Events.Select(e => (e.Id, e.Message)));
            after = page.Next;
        }
        while (after is not null);
        return found;
    }

    /// <summary>Segments of a few events of two sources, a minute apart, in an order of time that is not that of storing.</summary>
    private async Task FillAsync(LogStore store, int segments)
    {
        for (var i = 0; i < segments; i++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, 5 + i % 3).Select(n => Event(n % 2 == 0 ? "a" : "b", $"{i}-{n}", (i * 7919 + n * 31) % 600))], Stop);
            await store.SealAsync(Stop);
            clock.Now += TimeSpan.FromMinutes(1);
        }
    }

    [Fact]
    public async Task FilesArePutTogether_AndEveryEventIsFoundReadAndProvedAsBefore()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 20);
        var before = await All(store);
        var proofs = before.ToDictionary(e => e.Id, e => store.Prove(e.Id)!);
        var arrived = await store.ArrivalsAsync("00000004", 2, TimeSpan.FromMinutes(1), DateTimeOffset.MinValue, Stop);
        var table = new LogSearch { Query = SearchQuery.Parse("| stats count by source, host").Value };
        var counted = (await store.TableAsync(table, cancellation: Stop)).Rows.Select(r => string.Join(' ', r)).Order().ToList();

        Assert.Equal(20, (await store.MaintainAsync(new RetentionPolicy(), Stop)).Packed);
        Assert.Equal(["00000001-00000020.1"], store.Files().Select(f => f.Name));
        Assert.Equal(["00000001-00000020.1.json", "00000001-00000020.1.leaves", "00000001-00000020.1.parquet", "00000021.wal", "store.lock"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(before.Count, store.Files()[0].Sources.Sum(s => s.Events));
        Same();

        await using (var reader = LogStore.OpenToRead(folder)) Assert.Equal(before, await All(reader));
        await store.DisposeAsync();
        await using var again = LogStore.Open(folder, Options);
        Assert.Empty(again.Recovery);
        Assert.Equal(before, await All(again));
        Assert.Equal(20, again.Segments.Count);
        Assert.Equal("00000021/0", (await again.AppendAsync([Event("a", "later")], Stop))[0]);

        void Same()
        {
            Assert.Equal(before, All(store).Result);
            Assert.Equal(before.Where(e => e.Message == "3-1"), All(store, "n:3-1").Result);
            foreach (var (id, message) in before)
            {
                Assert.Equal(message, store.GetEvent(id)!.Message);
                var (was, now) = (proofs[id], store.Prove(id)!);
                Assert.True(now.Holds());
                Assert.Equal((was.Index, was.Size, was.Receipt, Convert.ToHexString(was.Root.Span)), (now.Index, now.Size, now.Receipt, Convert.ToHexString(now.Root.Span)));
            }

            Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
            Assert.Equal(arrived.Slices.Select(s => s.ToString()).Order(), store.ArrivalsAsync("00000004", 2, TimeSpan.FromMinutes(1), DateTimeOffset.MinValue, Stop).Result.Slices.Select(s => s.ToString()).Order());
            Assert.Equal(counted, store.TableAsync(table, cancellation: Stop).Result.Rows.Select(r => string.Join(' ', r)).Order());
            Assert.Equal(Enumerable.Range(0, 6).Select(n => $"00000008/{n}").Concat(Enumerable.Range(0, 4).Select(n => $"00000009/{n}")), store.EventsFrom("00000008", 0, 10, Stop).Select(e => e.Id));
        }
    }

    [Fact]
    public async Task AnEventIsWrittenAgainOnlyAFewTimes_HoweverManySegmentsCome()
    {
        await using var store = LogStore.Open(folder, Options);
        var packed = 0;
        for (var i = 0; i < 100; i++)
        {
            await store.AppendAsync([Event("a", $"{i}")], Stop);
            await store.SealAsync(Stop);
            packed += (await store.MaintainAsync(new RetentionPolicy(), Stop)).Packed;
        }

        Assert.Equal(100, (await All(store)).Count);
        // A hundred files in eights, and those in eights.
        Assert.InRange(store.Files().Count, 2, 20);
        Assert.InRange(packed, 90, 112);
    }

    [Fact]
    public async Task WhatIsOldGoes_WithARecordOfIt_AndWhatStaysIsProved()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 10);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        var before = await All(store);
        clock.Now = Start.AddDays(40);
        await store.AppendAsync([Event("a", "new")], Stop);
        await store.SealAsync(Stop);
        var policy = new RetentionPolicy { Others = Days(365), Sources = new Dictionary<string, SourceRetention> { ["a"] = Days(30) } };
        Assert.Empty((await store.MaintainAsync(policy with { Sources = new Dictionary<string, SourceRetention> { ["a"] = Days(30, 60) } }, Stop)).Removals);

        var removal = Assert.Single((await store.MaintainAsync(policy, Stop)).Removals);
        Assert.Equal(("00000001", "00000010", "age", "removed 1"), (removal.First, removal.Last, removal.Reason, removal.Receipt));
        Assert.Equal(["a"], removal.Sources.Select(s => s.Source));
        var left = await All(store, "source:b");
        Assert.Equal(before.Where(e => int.Parse(e.Message.Split('-')[1], CultureInfo.InvariantCulture) % 2 == 1), left);
        Assert.Equal(before.Count, left.Count + removal.Sources[0].Events);
        Assert.Equal(["new"], (await All(store, "source:a")).Select(e => e.Message));
        Assert.All(left, e => Assert.True(store.Prove(e.Id)!.Holds()));
        Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        Assert.Null(store.GetEvent("00000001/0"));
        Assert.Equal([3], store.RootsOf("00000001", [3, 99]).Keys);

        // Again nothing: and after a restart the same.
        Assert.Empty((await store.MaintainAsync(policy, Stop)).Removals);
        await store.DisposeAsync();
        await using var again = LogStore.Open(folder, Options);
        Assert.Empty(again.Recovery);
        Assert.Equal(left, await All(again, "source:b"));

        // Then the rest of it: no event is left, and the segments are still known.
        clock.Now = Start.AddDays(400);
        Assert.Equal(["00000001", "00000011"], (await again.MaintainAsync(policy, Stop)).Removals.Select(r => r.First));
        Assert.Empty(await All(again));
        Assert.Equal(11, again.Segments.Count);
        Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        Assert.Equal(["00000001-00000010.3.json", "00000001-00000010.3.removed", "00000011-00000011.1.json", "00000011-00000011.1.removed"], Directory.EnumerateFiles(folder, "0*").Select(Path.GetFileName).Where(f => !f!.EndsWith(".wal", StringComparison.Ordinal)).Order());
        Assert.Equal("00000012/0", (await again.AppendAsync([Event("a", "later")], Stop))[0]);
    }

    [Fact]
    public async Task AHoldKeepsWhatItNames_AsLongAsItIsThere()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 10);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        clock.Now = Start.AddDays(40);
        var held = (await All(store, "n:3-* OR n:4-0")).ToList();
        var policy = new RetentionPolicy { Others = Days(30) };
        var holding = policy with { Holds = [new LegalHold(SearchQuery.Parse("n:3-*").Value, null, null), new LegalHold(SearchQuery.Parse("4-0").Value, Start, Start.AddDays(1)), new LegalHold(SearchQuery.Parse("5-0").Value, Start.AddDays(1), null)] };
        var result = await store.MaintainAsync(holding, Stop);
        Assert.Equal(held.Count, result.Held);
        Assert.Equal(held, await All(store));
        Assert.All(held, e => Assert.True(store.Prove(e.Id)!.Holds()));
        Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        result = await store.MaintainAsync(holding, Stop);
        Assert.Equal((held.Count, 0), (result.Held, result.Removals.Count));
        Assert.Equal(held.Count, (await store.MaintainAsync(policy, Stop)).Removals.Sum(r => r.Sources.Sum(s => s.Events)));
        Assert.Empty(await All(store));
        Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact));
    }

    [Fact]
    public async Task AStoreThatIsTooLargeLosesItsOldest_ButNothingYoungerThanTheMinimum()
    {
        await using var store = LogStore.Open(folder, Options with { PackSpan = TimeSpan.FromMinutes(1) });
        var random = new Random(1);
        for (var i = 0; i < 6; i++)
        {
            // Large enough that the records of what was removed do not matter.
            await store.AppendAsync([Event("a", $"{i}-{Convert.ToHexString(Enumerable.Range(0, 20_000).Select(_ => (byte)random.Next(256)).ToArray())}")], Stop);
            await store.SealAsync(Stop);
            clock.Now += TimeSpan.FromMinutes(1);
        }

        clock.Now = Start.AddDays(40);
        var file = store.Files().Max(f => f.Bytes);
        var result = await store.MaintainAsync(new RetentionPolicy { MaxBytes = file * 3, Others = new SourceRetention(null, TimeSpan.FromDays(30)) }, Stop);
        Assert.InRange(result.Removals.Count, 3, 4);
        Assert.All(result.Removals, r => Assert.Equal("size", r.Reason));
        Assert.Equal(0, result.ExcessBytes);
        Assert.Equal("00000001", result.Removals[0].First);
        Assert.DoesNotContain(await All(store), e => e.Message.StartsWith("0-", StringComparison.Ordinal));
        Assert.Contains(await All(store), e => e.Message.StartsWith("5-", StringComparison.Ordinal));
        var kept = await All(store);
        result = await store.MaintainAsync(new RetentionPolicy { MaxBytes = 1, Others = new SourceRetention(null, TimeSpan.FromDays(50)) }, Stop);
        Assert.True(result.ExcessBytes > 0);
        Assert.Equal(kept, await All(store));
    }

    [Fact]
    public async Task ADamagedFileIsNamedAndLeft_AndTheOthersAreMaintained()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 20);
        await File.WriteAllTextAsync(Path.Combine(folder, "00000010.parquet"), "no Parquet", Stop);
        var result = await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.Equal(19, result.Packed);
        Assert.Contains("00000010.parquet is damaged", Assert.Single(result.Problems), StringComparison.Ordinal);
        Assert.Equal(["00000001-00000009.1", "00000010", "00000011-00000020.1"], store.Files().Select(f => f.Name));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder), f => f.EndsWith(".tmp", StringComparison.Ordinal));
        clock.Now = Start.AddDays(40);
        result = await store.MaintainAsync(new RetentionPolicy { Others = Days(30) }, Stop);
        Assert.Equal(["00000001", "00000011"], result.Removals.Select(r => r.First));
        Assert.Single(result.Problems);
        Assert.Equal("no Parquet", await File.ReadAllTextAsync(Path.Combine(folder, "00000010.parquet"), Stop));
    }

    [Theory]
    [InlineData("SELECT * REPLACE (CASE WHEN row = 1 THEN 'head x' ELSE raw END AS raw) FROM read_parquet('{0}')")]
    [InlineData("SELECT * FROM read_parquet('{0}') WHERE row <> 2")]
    [InlineData("SELECT * REPLACE (received + INTERVAL 1 HOUR AS received) FROM read_parquet('{0}')")]
    public async Task AFileWhoseManifestWasMadeToFitItIsNotPutTogether_ForItsEventsDoNotGiveTheRoot(string forged)
    {
        await using (var store = LogStore.Open(folder, Options)) await FillAsync(store, 20);
        var (file, manifest) = (Path.Combine(folder, "00000010.parquet"), Path.Combine(folder, "00000010.json"));
        var was = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(file, Stop)));
        using (var database = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = $"COPY ({string.Format(CultureInfo.InvariantCulture, forged, file)}) TO '{file}.new' (FORMAT parquet)";
            command.ExecuteNonQuery();
        }

        File.Move(file + ".new", file, overwrite: true);
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        var text = await File.ReadAllTextAsync(manifest, Stop);
        Assert.Contains(was, text, StringComparison.Ordinal);
        var json = System.Text.Json.Nodes.JsonNode.Parse(text.Replace(was, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), StringComparison.Ordinal))!;
        json[json.AsObject().Select(p => p.Key).Single(key => key.Equals("FileLength", StringComparison.OrdinalIgnoreCase))] = bytes.Length;
        await File.WriteAllTextAsync(manifest, json.ToJsonString(), Stop);

        await using var again = LogStore.Open(folder, Options);
        Assert.Empty(again.Recovery);
        var result = await again.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.Equal(19, result.Packed);
        Assert.Contains("00000010.parquet has the SHA-256 of its manifest", Assert.Single(result.Problems), StringComparison.Ordinal);
        Assert.Equal(["00000001-00000009.1", "00000010", "00000011-00000020.1"], again.Files().Select(f => f.Name));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file, Stop));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder), f => f.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.All(again.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings), f => Assert.StartsWith("00000010", f.EventId ?? "00000010", StringComparison.Ordinal));
        Assert.NotEmpty(again.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings));
    }

    [Fact]
    public async Task WhatACrashLeavesHalfDoneIsPutRight()
    {
        List<(string, string)> before;
        var copy = Path.Combine(folder, "crashed");
        await using (var store = LogStore.Open(Path.Combine(folder, "s"), Options with { KeepReplaced = TimeSpan.FromHours(1) }))
        {
            await FillAsync(store, 8);
            before = await All(store);
            Copy(Path.Combine(folder, "s"), copy);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
            // The file without its manifest: it does not count.
            File.Copy(Path.Combine(folder, "s", "00000001-00000008.1.parquet"), Path.Combine(copy, "00000001-00000008.1.parquet"));
            await File.WriteAllTextAsync(Path.Combine(copy, "00000001-00000008.1.leaves.tmp"), "half", Stop);
        }

        await using (var again = LogStore.Open(copy, Options))
        {
            Assert.Equal(2, again.Recovery.Count);
            Assert.Equal(before, await All(again));
            Assert.Equal(8, again.Files().Count);
        }

        // The manifest and the old files: the old ones go.
        foreach (var ending in (string[])[".parquet", ".leaves", ".json"]) File.Copy(Path.Combine(folder, "s", "00000001-00000008.1" + ending), Path.Combine(copy, "00000001-00000008.1" + ending));
        await using (var again = LogStore.Open(copy, Options))
        {
            Assert.Equal(8, again.Recovery.Count);
            Assert.Equal(before, await All(again));
            Assert.Single(again.Files());
            Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        }

        // A file whose segments nobody else has is not thrown away.
        await File.WriteAllTextAsync(Path.Combine(copy, "00000008-00000009.1.parquet"), "x", Stop);
        Assert.Throws<InvalidDataException>(() => LogStore.Open(copy, Options));

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.EnumerateFiles(from).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
            {
                using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var target = File.Create(Path.Combine(to, Path.GetFileName(file)));
                source.CopyTo(target);
            }
        }
    }

    [Fact]
    public async Task VerificationOfAPackNamesWhatWasChanged_DroppedAndBroughtBack()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 9);
        clock.Now = Start.AddDays(40);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        var whole = Path.Combine(folder, "whole.parquet");
        File.Copy(Path.Combine(folder, "00000001-00000009.1.parquet"), whole);
        await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["a"] = Days(30) } }, Stop);
        var file = Path.Combine(folder, "00000001-00000009.2.parquet");
        using (var database = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = $"""
                COPY (SELECT * REPLACE (CASE WHEN segment = 3 AND row = 1 THEN 'head x' ELSE raw END AS raw) FROM read_parquet('{file}') WHERE NOT (segment = 5 AND row = 3)
                  UNION ALL BY NAME SELECT * FROM read_parquet('{whole}') WHERE segment = 7 AND row = 2) TO '{file}.new' (FORMAT parquet)
                """;
            command.ExecuteNonQuery();
        }

        File.Move(file + ".new", file, overwrite: true);
        var found = store.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings).Where(f => f.EventId is not null).Select(f => (f.Fault, f.EventId!)).ToList();
        Assert.Equal([(SegmentFault.EventChanged, "00000003/1"), (SegmentFault.EventMissing, "00000005/3"), (SegmentFault.EventAdded, "00000007/2")], found);

        // The list of what may be missing cannot be made longer.
        var removed = Path.Combine(folder, "00000001-00000009.2.removed");
        var bits = await File.ReadAllBytesAsync(removed, Stop);
        Array.Fill(bits, (byte)255);
        await File.WriteAllBytesAsync(removed, bits, Stop);
        Assert.Contains(store.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings), f => f.Fault == SegmentFault.RemovalChanged);
    }

    [Fact]
    public async Task TheOpenSegmentIsProvedUpToItsLastAnchor_AlsoAfterARestart()
    {
        await using (var store = LogStore.Open(folder, Options with { SealAfter = TimeSpan.FromHours(1) }))
        {
            await store.AppendAsync([.. Enumerable.Range(0, 11).Select(n => Event("a", $"{n}"))], Stop);
            Assert.True(await store.AnchorAsync(Stop));
            Assert.False(await store.AnchorAsync(Stop));
            await store.AppendAsync([Event("a", "11")], Stop);
            Proved(store);
            await using var reader = LogStore.OpenToRead(folder);
            Proved(reader);
        }

        clock.Now += TimeSpan.FromHours(2);
        await using var again = LogStore.Open(folder, Options);
        Proved(again);
        Assert.Equal("seal 00000001 11 open", Assert.Single(sealer.Calls));
        await again.AnchorAsync(Stop);
        Assert.Equal(["seal 00000001 11 open", "seal 00000001 12 open"], sealer.Calls);
        clock.Now += TimeSpan.FromHours(1);
        Assert.True(await again.AnchorAsync(Stop));
        Assert.Equal("seal 00000001 12 sealed", sealer.Calls[^1]);
        Assert.Equal(0, again.OpenEvents);
        Assert.DoesNotContain(Directory.EnumerateFiles(folder), f => f.EndsWith(".anchor", StringComparison.Ordinal));

        static void Proved(LogStore store)
        {
            var proof = store.Prove("00000001/10")!;
            Assert.True(proof.Holds());
            Assert.Equal((11, "receipt 11"), (proof.Size, proof.Receipt));
            Assert.Null(store.Prove("00000001/11"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1_000)]
    public async Task TheRootOfAGrowingSegmentIsThatOfItsTree(int events)
    {
        await using var store = LogStore.Open(folder, Options);
        foreach (var batch in Enumerable.Range(0, events).Select(n => Event("a", $"{n}")).Chunk(3)) await store.AppendAsync(batch, Stop);
        var manifest = (await store.SealAsync(Stop))!;
        Assert.Equal(Convert.ToHexStringLower(store.RootsOf("00000001", [events])[events]!), manifest.Root);
    }

    [Fact]
    public async Task SearchesGoOnWhileFilesChangeUnderThem()
    {
        await using var store = LogStore.Open(folder, Options);
        await FillAsync(store, 8);
        var expected = await All(store);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var searching = Task.Run(async () =>
        {
            var rounds = 0;
            for (; !stop.IsCancellationRequested; rounds++) Assert.Equal(expected, (await All(store, "source:a OR source:b")).Where(e => !e.Message.StartsWith('x')));
            return rounds;
        }, Stop);
        for (var i = 0; i < 24; i++)
        {
            await store.AppendAsync([Event("c", $"x{i}")], Stop);
            await store.SealAsync(Stop);
            await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["c"] = new(TimeSpan.FromMinutes(3), TimeSpan.Zero) } }, Stop);
            clock.Now += TimeSpan.FromMinutes(1);
        }

        await stop.CancelAsync();
        Assert.True(await searching > 0);
        Assert.InRange((await All(store, "source:c")).Count, 1, 23);
    }
}
