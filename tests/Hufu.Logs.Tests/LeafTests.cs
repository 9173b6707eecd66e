using System.Globalization;
using DuckDB.NET.Data;

namespace Hufu.Logs.Tests;

/// <summary>What is kept of the leaf hashes: proofs are those of the whole tree, and a verification still names the event.</summary>
public sealed class LeafTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;
    private readonly Clock clock = new() { Now = Start };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private LogStoreOptions Options => new() { Clock = clock, KeepReplaced = TimeSpan.Zero };

    private LogEvent Event(int number, string source = "a") => new()
    {
        ReceivedAt = clock.Now, OccurredAt = Start.AddSeconds(number), Source = source, Host = "h", Message = $"event {number}", Raw = $"event {number}", Format = LogFormats.Plain,
    };

    [Fact]
    public async Task AFileThatCannotBeReadAtAll_LeavesTheRootsThatAreKept()
    {
        await using var store = LogStore.Open(folder, Options);
        await store.AppendAsync([.. Enumerable.Range(0, 40).Select(n => Event(n))], Stop);
        await store.SealAsync(Stop);
        var before = store.RootsOf("00000001", [20, 32, 40]);
        Assert.All(before.Values, Assert.NotNull);
        var path = Path.Combine(folder, "00000001.parquet");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes.AsSpan(bytes.Length - 60).Fill(0x2A);
        await File.WriteAllBytesAsync(path, bytes, Stop);
        var after = store.RootsOf("00000001", [20, 32, 40]);
        Assert.Null(after[20]);
        Assert.Equal([before[32], before[40]], new[] { after[32], after[40] });
        Assert.Contains(store.VerifySegment("00000001", Stop).Findings, finding => finding.Fault is SegmentFault.FileUnreadable or SegmentFault.FileChanged);
    }

    [Fact]
    public async Task ProofsAndRootsAreThoseOfTheWholeTree_ForEverySize()
    {
        foreach (var size in Enumerable.Range(1, 34).Concat([47, 48, 49, 63, 64, 65, 130, 1_000]))
        {
            var at = Path.Combine(folder, size.ToString(CultureInfo.InvariantCulture));
            await using var store = LogStore.Open(at, Options with { Sealer = new Sealer() });
            await store.AppendAsync([.. Enumerable.Range(0, size).Select(n => Event(n))], Stop);
            // While it is open as well as when it is sealed.
            await store.AnchorAsync(Stop);
            var rows = Enumerable.Range(0, size).Where(n => n % 16 is 0 or 7 or 15 || n == size - 1).ToList();
            var leaves = store.ProveAll(Enumerable.Range(0, size).Select(n => $"00000001/{n}")).Values.OrderBy(p => p.Index).Select(p => Merkle.HashLeaf(p.LeafBytes.Span)).ToList();
            Assert.Equal(size, leaves.Count);
            for (var round = 0; round < 2; round++)
            {
                foreach (var proof in store.ProveAll(rows.Select(row => $"00000001/{row}")).Values)
                {
                    Assert.True(proof.Holds());
                    Assert.Equal(Merkle.Path(leaves, (int)proof.Index), proof.Path);
                }

                var counts = Enumerable.Range(1, Math.Min(size, 300)).ToList();
                var roots = store.RootsOf("00000001", [.. counts, size + 1]);
                Assert.Equal(counts, roots.Keys.Order());
                Assert.All(counts, count => Assert.Equal(Merkle.Root(leaves.GetRange(0, count)), roots[count]));
                if (round == 0) await store.SealAsync(Stop);
            }
        }
    }

    [Fact]
    public async Task AnEventOfTheOpenSegmentIsProved_WhenMoreHaveComeAndAfterARestart()
    {
        var sealer = new Sealer();
        await using (var store = LogStore.Open(folder, Options with { Sealer = sealer }))
        {
            for (var batch = 0; batch < 5; batch++) await store.AppendAsync([.. Enumerable.Range(batch * 7, 7).Select(n => Event(n))], Stop);
            await store.AnchorAsync(Stop);
            for (var batch = 5; batch < 9; batch++) await store.AppendAsync([.. Enumerable.Range(batch * 7, 7).Select(n => Event(n))], Stop);
            Check(store);
        }

        await using var again = LogStore.Open(folder, Options with { Sealer = sealer });
        Check(again);

        static void Check(LogStore store)
        {
            for (var row = 0; row < 35; row++) Assert.True(store.Prove($"00000001/{row}") is { Size: 35 } proof && proof.Holds(), $"{row}");
            Assert.Null(store.Prove("00000001/35"));
        }
    }

    [Fact]
    public async Task RemovalsOfAnyKindLeaveProofsOfTheOthers()
    {
        var random = new Random(4);
        for (var round = 0; round < 6; round++)
        {
            var at = Path.Combine(folder, round.ToString(CultureInfo.InvariantCulture));
            clock.Now = Start;
            await using var store = LogStore.Open(at, Options);
            // Runs of sources of any length, so that blocks lose some, whole subtrees or all.
            var sources = new Dictionary<string, string>();
            for (var segment = 0; segment < 8; segment++)
            {
                var (events, source) = (new List<LogEvent>(), 0);
                var count = random.Next(1, 50);
                for (var n = 0; n < count; n++)
                {
                    if (random.Next(1 + round * 5) == 0) source = random.Next(4);
                    events.Add(Event(n, "s" + source));
                }

                foreach (var (id, item) in (await store.AppendAsync(events, Stop)).Zip(events)) sources.Add(id, item.Source);
                await store.SealAsync(Stop);
            }

            await store.MaintainAsync(new RetentionPolicy(), Stop);
            var all = store.Segments.SelectMany(s => Enumerable.Range(0, s.Events).Select(n => $"{s.Id}/{n}")).ToList();
            var before = store.ProveAll(all);
            Assert.Equal(all.Count, before.Count);
            // First two sources go, later a third.
            foreach (var (gone, days) in ((string[], int)[])[(["s0", "s1"], 10), (["s0", "s1", "s2"], 20)])
            {
                clock.Now = Start.AddDays(days);
                await store.MaintainAsync(new RetentionPolicy { Sources = gone.ToDictionary(s => s, _ => new SourceRetention(TimeSpan.FromDays(5), TimeSpan.Zero)) }, Stop);
                var left = store.ProveAll(all);
                Assert.Equal(all.Where(id => !gone.Contains(sources[id])), left.Keys.Order(StringComparer.Ordinal).OrderBy(id => all.IndexOf(id)));
                Assert.All(left, proof => Assert.True(proof.Value.Holds(), proof.Key));
                Assert.All(left, proof => Assert.Equal(before[proof.Key].Path, proof.Value.Path));

                Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
            }
        }
    }

    [Theory]
    [InlineData(8 + 5, SegmentFault.LeavesChanged)]
    [InlineData(8 + 7 * 32 + 41, SegmentFault.LeavesChanged)]
    [InlineData(2, SegmentFault.LeavesChanged)]
    public async Task AChangedListIsNamed_AndNoEventIsBlamed(int at, SegmentFault fault)
    {
        await using (var store = await SealedAsync(100)) Assert.Empty(store.VerifySegment("00000001", Stop).Findings);
        var path = Path.Combine(folder, "00000001.leaves");
        Assert.Equal(8 + 7 * 32 + 100 * 2, new FileInfo(path).Length);
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        await using var again = LogStore.Open(folder, Options);
        Assert.Equal([(fault, null)], again.VerifySegment("00000001", Stop).Findings.Select(f => (f.Fault, f.EventId)));
    }

    [Fact]
    public async Task AListThatIsGoneIsNamed_AndTheEventsStillGiveTheRoot()
    {
        await using (await SealedAsync(100))
        {
        }

        File.Delete(Path.Combine(folder, "00000001.leaves"));
        await using (var store = LogStore.Open(folder, Options))
        {
            Assert.Equal([SegmentFault.LeavesChanged], store.VerifySegment("00000001", Stop).Findings.Select(f => f.Fault));
            Assert.Null(store.Prove("00000001/3"));
        }

        Rewrite("SELECT * REPLACE (CASE WHEN row = 40 THEN 'forged' ELSE raw END AS raw) FROM t");
        await using var again = LogStore.Open(folder, Options);
        Assert.Equal([SegmentFault.FileChanged, SegmentFault.LeavesChanged, SegmentFault.EventChanged], again.VerifySegment("00000001", Stop).Findings.Select(f => f.Fault));
    }

    [Fact]
    public async Task AForgedEventIsNamed_AndOneThatTheHintDoesNotTellIsNamedByItsBlock()
    {
        byte[] sealedBytes;
        await using (var store = await SealedAsync(100)) sealedBytes = Leaf(store, 40);
        // A text of the same length whose leaf hash begins as that of the event does: some 65,000 trials.
        var (real, canonical) = (Merkle.HashLeaf(sealedBytes), Convert.ToHexString(sealedBytes));
        var forged = Enumerable.Range(0, 10_000_000).Select(n => "x" + n.ToString("D7", CultureInfo.InvariantCulture))
            .First(text => Merkle.HashLeaf(Convert.FromHexString(canonical.Replace(Hex("event 40"), Hex(text), StringComparison.Ordinal))).AsSpan(0, 2).SequenceEqual(real.AsSpan(0, 2)));
        Rewrite($"SELECT * REPLACE (CASE row WHEN 40 THEN '{forged}' WHEN 70 THEN 'EVENT 70' ELSE raw END AS raw) FROM t");
        await using var again = LogStore.Open(folder, Options);
        var findings = again.VerifySegment("00000001", Stop).Findings;
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, null), (SegmentFault.EventChanged, "00000001/70")], findings.Select(f => (f.Fault, f.EventId)));
        Assert.Contains("00000001/32 to 47", findings[1].Detail, StringComparison.Ordinal);
        Assert.False(again.Prove("00000001/40")!.Holds());
        Assert.False(again.Prove("00000001/70")!.Holds());
        Assert.True(again.Prove("00000001/0")!.Holds());
        Assert.True(again.Prove("00000001/99")!.Holds());
    }

    [Fact]
    public async Task RowsThatCanBeNoEventAreNamed_AndTheOthersRead()
    {
        await using (await SealedAsync(100))
        {
        }

        Rewrite("SELECT * REPLACE (CASE WHEN row = 3 THEN NULL ELSE raw END AS raw, CASE WHEN row = 20 THEN 2000000 ELSE message_chars END AS message_chars, CASE WHEN row = 50 THEN 'x'::BLOB ELSE exact END AS exact, CASE WHEN row = 90 THEN NULL ELSE row END AS row) FROM t");
        await using var again = LogStore.Open(folder, Options);
        var findings = again.VerifySegment("00000001", Stop).Findings;
        // A number of characters that is too great means all, which is what this event's text is.
        Assert.Equal([(SegmentFault.EventChanged, "00000001/3"), (SegmentFault.EventChanged, "00000001/50")], findings.Where(f => f.Fault == SegmentFault.EventChanged).Select(f => (f.Fault, f.EventId!)).Order());
        Assert.Contains((SegmentFault.EventMissing, "00000001/90"), findings.Select(f => (f.Fault, f.EventId!)));
    }

    [Fact]
    public async Task EventsThatWereChangedAreNotRemovedBySourceButNamed()
    {
        await using (var store = LogStore.Open(folder, Options))
        {
            await store.AppendAsync([.. Enumerable.Range(0, 100).Select(n => Event(n, n % 3 == 0 ? "short" : "long"))], Stop);
            await store.SealAsync(Stop);
        }

        Rewrite("SELECT * REPLACE (CASE WHEN row = 40 THEN 'forged' ELSE raw END AS raw) FROM t");
        clock.Now = Start.AddDays(30);
        await using var again = LogStore.Open(folder, Options);
        var done = await again.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["short"] = new(TimeSpan.FromDays(5), TimeSpan.Zero) } }, Stop);
        Assert.Empty(done.Removals);
        Assert.Contains("00000001/32 to 47", Assert.Single(done.Problems), StringComparison.Ordinal);
        Assert.Equal(100, again.Files().Single().Sources.Sum(s => s.Events));
    }

    [Fact]
    public async Task AListOfWholeHashes_AsItWasWrittenOnce_IsReadAndBecomesShortInPacks()
    {
        clock.Now = Start;
        await using (var store = LogStore.Open(folder, Options))
        {
            for (var segment = 0; segment < 8; segment++)
            {
                await store.AppendAsync([.. Enumerable.Range(0, 30 + segment).Select(n => Event(n, n % 3 == 0 ? "short" : "long"))], Stop);
                await store.SealAsync(Stop);
            }

            foreach (var segment in store.Segments)
            {
                var whole = Enumerable.Range(0, segment.Events).SelectMany(n => Merkle.HashLeaf(Leaf(store, n, segment.Id))).ToArray();
                await File.WriteAllBytesAsync(Path.Combine(folder, segment.Id + ".leaves"), whole, Stop);
            }
        }

        await using var again = LogStore.Open(folder, Options);
        Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        Assert.True(again.Prove("00000004/20")!.Holds());
        Assert.Equal(8, (await again.MaintainAsync(new RetentionPolicy(), Stop)).Packed);
        var events = again.Segments.Sum(s => s.Events);
        Assert.Equal(8 + again.Segments.Sum(s => (s.Events + 127) / 128 * 64) + events, new FileInfo(Path.Combine(folder, "00000001-00000008.1.leaves")).Length);
        Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        Assert.True(again.Prove("00000004/20")!.Holds());
    }

    private static string Hex(string text) => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(text));

    private static byte[] Leaf(LogStore store, int row, string segment = "00000001") => store.Prove($"{segment}/{row}")!.LeafBytes.ToArray();

    private async Task<LogStore> SealedAsync(int events)
    {
        var store = LogStore.Open(folder, Options);
        await store.AppendAsync([.. Enumerable.Range(0, events).Select(n => Event(n))], Stop);
        await store.SealAsync(Stop);
        return store;
    }

    private void Rewrite(string select)
    {
        var path = Path.Combine(folder, "00000001.parquet");
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE t AS FROM read_parquet('{path}'); COPY ({select}) TO '{path}' (FORMAT parquet)";
        command.ExecuteNonQuery();
    }
}
