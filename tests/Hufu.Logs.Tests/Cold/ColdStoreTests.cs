using System.Globalization;
using Hufu.Logs.Cold;

namespace Hufu.Logs.Tests;

public sealed class ColdFolderTests : ColdStoreTests
{
    private protected override ColdTarget Target => ColdTarget.Parse(Place).Value;

    private protected override string[] There => [.. Directory.EnumerateFiles(Place).Select(f => Path.GetFileName(f)).Where(f => f != FolderPlace.Mark).Order(StringComparer.Ordinal)];

    public override ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Place);
        return ValueTask.CompletedTask;
    }

    private protected override byte[] Get(string name) => File.ReadAllBytes(Path.Combine(Place, name));

    private protected override void Put(string name, byte[]? bytes)
    {
        if (bytes is null) File.Delete(Path.Combine(Place, name));
        else File.WriteAllBytes(Path.Combine(Place, name), bytes);
    }

    private protected override void Away(bool away)
    {
        // As a disk that is not mounted: the folder is there, and empty.
        if (away)
        {
            Directory.Move(Place, Place + ".disk");
            if (File.Exists(Path.Combine(Place + ".disk", FolderPlace.Mark))) Directory.CreateDirectory(Place);
        }
        else
        {
            if (Directory.Exists(Place)) Directory.Delete(Place, recursive: true);
            Directory.Move(Place + ".disk", Place);
        }
    }

    [Fact]
    public async Task AFolderThatHasSomethingElseIsLeftAlone_AndOneThatIsNotMountedIsNotFilled()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        File.WriteAllText(Path.Combine(Place, "somebody's.doc"), "x");
        Assert.Contains("other files", (await MoveAsync(store)).ColdProblem!.En, StringComparison.Ordinal);
        Directory.Delete(Place, recursive: true);
        Assert.Contains("not there", (await MoveAsync(store)).ColdProblem!.En, StringComparison.Ordinal);
        Directory.CreateDirectory(Place);
        Assert.Null((await MoveAsync(store)).ColdProblem);
        clock.Now += TimeSpan.FromDays(1);
        await FillAsync(store, 10);
        Away(true);
        Assert.Contains("not mounted", (await MoveAsync(store)).ColdProblem!.En, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Place));
        Away(false);
        Assert.Equal((1, null), ((await MoveAsync(store)) is var done ? done.Moved : 0, done.ColdProblem));
    }

    [Fact]
    public async Task WhoLooksFindsAFolderByTheMarkAlone()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        var before = await All(store);
        await MoveAsync(store);
        await using var reader = LogStore.OpenToRead(Store);
        Assert.Equal(before, await All(reader));
        // Moved by hand, and named at the start.
        Directory.Move(Place, Place + "2");
        await using var elsewhere = LogStore.OpenToRead(Store, new LogStoreOptions { Cold = ColdTarget.Parse(Place + "2").Value });
        Assert.Equal(before, await All(elsewhere));
        Assert.NotEmpty((await reader.SearchAsync(new LogSearch(), Stop)).Notes);
    }

    [Fact]
    public async Task AFileThatTheDatabaseCannotReadIsLeftOutAndNamed()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        await MoveAsync(store);
        await FillAsync(store, 1);
        var name = There.Single();
        var bytes = Get(name);
        // As long as it was, and no table any more.
        Put(name, new byte[bytes.Length]);
        var page = await store.SearchAsync(new LogSearch { Limit = 1_000 }, Stop);
        Assert.NotEmpty(page.Events);
        Assert.Contains("is not as it was moved there", page.Notes.Single().En, StringComparison.Ordinal);
        Assert.Contains("is not as it was moved there", (await store.HistogramAsync(new LogSearch(), cancellation: Stop)).Notes.Single().En, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ColdException>(() => store.SearchAsync(new LogSearch { Limit = 1_000, Whole = true }, Stop));
    }
}

public sealed class ColdBucketTests : ColdStoreTests
{
    private readonly S3Server server = new();
    private bool away;

    private protected override ColdTarget Target => server.Target("hufu");

    private protected override string[] There => [.. server.Objects.Keys.Select(k => k["hufu/".Length..]).Order(StringComparer.Ordinal)];

    public override ValueTask InitializeAsync()
    {
        server.Before = _ => Task.FromResult(away ? new S3Answer(0) : null);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override byte[] Get(string name) => server.Objects["hufu/" + name];

    private protected override void Put(string name, byte[]? bytes)
    {
        if (bytes is null) server.Objects.TryRemove("hufu/" + name, out _);
        else server.Objects["hufu/" + name] = bytes;
    }

    private protected override void Away(bool away)
    {
        this.away = away;
        clock.Now += TimeSpan.FromSeconds(11);
    }

    [Fact]
    public async Task CopiesAreBounded_HashedBeforeUse_AndTheLeastUsedGoesFirst()
    {
        await using (var filling = LogStore.Open(Store, Options with { PackEvents = 30 }))
        {
            for (var i = 0; i < 4; i++)
            {
                await FillAsync(filling, 1);
                clock.Now += TimeSpan.FromDays(1);
            }

            clock.Now += TimeSpan.FromDays(90);
            await MoveAsync(filling);
        }

        var sizes = server.Objects.Values.Select(o => (long)o.Length).ToList();
        Assert.Equal(4, sizes.Count);
        // Room for two of the four.
        await using var store = LogStore.Open(Store, Options with { Cold = Bounded(server.Target("hufu"), sizes.Max() * 2 + 10) });
        var cache = Path.Combine(Store, "cold");
        Assert.Equal("0-0", store.GetEvent("00000001/0")!.Message);
        Assert.NotNull(store.GetEvent("00000002/0"));
        Assert.NotNull(store.GetEvent("00000001/1"));
        Assert.NotNull(store.GetEvent("00000003/0"));
        Assert.Equal(["00000001", "00000003"], Directory.EnumerateFiles(cache).Select(f => Path.GetFileName(f)[..8]).Order(StringComparer.Ordinal));
        Assert.InRange(store.Cold!.CacheBytes, 1, sizes.Max() * 2 + 10);
        // Page by page one file is enough; a count needs them all at once, and says what it lacks.
        Assert.Empty((await store.SearchAsync(new LogSearch { Limit = 1_000 }, Stop)).Notes);
        Assert.Equal(20, (await All(store)).Count);
        var counted = await store.TableAsync(new LogSearch { Query = SearchQuery.Parse("| stats count").Value }, cancellation: Stop);
        Assert.Contains("no room for what must be fetched", counted.Notes.Single().En, StringComparison.Ordinal);
        Assert.Equal(10L, counted.Rows[0][0]);

        // What was changed on the way is not used; neither is a copy that was changed while nobody looked.
        await store.DisposeAsync();
        var kept = Directory.EnumerateFiles(cache).First();
        File.WriteAllBytes(kept, new byte[new FileInfo(kept).Length]);
        var calls = server.Calls.Count;
        await using var again = LogStore.Open(Store, Options with { Cold = Bounded(server.Target("hufu"), sizes.Max() * 2 + 10) });
        Assert.NotNull(again.GetEvent(Path.GetFileName(kept)[..8] + "/0"));
        Assert.Equal(calls + 1, server.Calls.Count);
        var gone = There.First(n => !File.Exists(Path.Combine(cache, n)));
        var bytes = Get(gone);
        Put(gone, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        Assert.Equal(ColdFault.Changed, Assert.Throws<ColdException>(() => again.GetEvent(gone[..8] + "/0")).Fault);

        static ColdTarget Bounded(ColdTarget target, long most)
        {
            typeof(ColdTarget).GetProperty(nameof(ColdTarget.CacheBytes))!.SetValue(target, most);
            return target;
        }
    }

    [Fact]
    public async Task WhatTheIndexAnswersAsksNobody_AndNeitherDoListsAndRoots()
    {
        await using var store = LogStore.Open(Store, Options);
        await store.AppendAsync([.. Enumerable.Range(0, 9_000).Select(n => Event("a", "steady" + n, n))], Stop);
        await store.SealAsync(Stop);
        clock.Now += TimeSpan.FromDays(90);
        Assert.Equal(1, (await MoveAsync(store)).Moved);
        Assert.True(File.Exists(Path.Combine(Store, "00000001.tokens")));
        server.Calls.Clear();
        Assert.Empty((await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("nowhere").Value }, Stop)).Events);
        Assert.Empty((await store.HistogramAsync(new LogSearch { Query = SearchQuery.Parse("nowhere").Value }, cancellation: Stop)).Buckets);
        Assert.NotNull(store.RootsOf("00000001", [9_000])[9_000]);
        Assert.Single(store.Files());
        Assert.Empty(server.Calls);
        Assert.Single((await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("steady17").Value, Limit = 1 }, Stop)).Events);
        Assert.Single(server.Calls);
    }

    [Fact]
    public async Task AFullPlaceTakesNothing_AndWhatIsDownIsAskedOnceForAWhile()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        var before = await All(store);
        server.Room = 100;
        var full = await MoveAsync(store);
        Assert.Equal(0, full.Moved);
        Assert.Contains("no room", full.ColdProblem!.En, StringComparison.Ordinal);
        Assert.Equal(before, await All(store));
        Assert.DoesNotContain(Directory.EnumerateFiles(Store), f => f.EndsWith(".cold", StringComparison.Ordinal));
        server.Room = long.MaxValue;
        Assert.Equal(1, (await MoveAsync(store)).Moved);
        Assert.Null(store.Cold!.Problem);

        Away(true);
        Assert.Single((await store.SearchAsync(new LogSearch(), Stop)).Notes);
        server.Calls.Clear();
        for (var i = 0; i < 5; i++) Assert.Single((await store.SearchAsync(new LogSearch(), Stop)).Notes);
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task NothingOfTheStoreHasTheSecret()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        await MoveAsync(store);
        await All(store);
        await using var stranger = LogStore.OpenToRead(Store);
        Assert.Contains("--logs-cold does not name", (await stranger.SearchAsync(new LogSearch(), Stop)).Notes.Single().En, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("store.lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            var text = await reader.ReadToEndAsync(Stop);
            Assert.DoesNotContain(S3Server.Secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain(S3Server.AccessKey, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(S3Server.Secret, store.Cold + "" + Target + new LogStoreOptions { Cold = Target }, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASearchAndAMoveAtOnceSeeEveryEvent()
    {
        await using var store = LogStore.Open(Store, Options with { PackEvents = 30 });
        for (var i = 0; i < 12; i++)
        {
            await FillAsync(store, 1);
            clock.Now += TimeSpan.FromHours(1);
        }

        var before = await All(store);
        clock.Now += TimeSpan.FromDays(90);
        var moving = Task.Run(async () =>
        {
            for (var i = 0; i < 3; i++) await MoveAsync(store);
        }, Stop);
        for (var i = 0; i < 15 || !moving.IsCompleted; i++) Assert.Equal(before, await All(store));
        await moving;
        Assert.Equal(before.Count, store.Files().Where(f => f.ColdBytes > 0).Sum(f => f.Sources.Sum(s => s.Events)));
    }
}

/// <summary>The life of files that are moved, in whichever place.</summary>
public abstract class ColdStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-cold-").FullName;
    private readonly Sealer sealer = new();
    private int filled;

    private protected readonly Clock clock = new() { Now = Start };

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected string Store => Path.Combine(folder, "store");

    private protected string Place => Path.Combine(folder, "place");

    private protected abstract ColdTarget Target { get; }

    /// <summary>Names of the files that are there.</summary>
    private protected abstract string[] There { get; }

    private protected LogStoreOptions Options => new() { Clock = clock, Sealer = sealer, KeepReplaced = TimeSpan.Zero, Cold = Target };

    public abstract ValueTask InitializeAsync();

    public virtual ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected abstract byte[] Get(string name);

    private protected abstract void Put(string name, byte[]? bytes);

    private protected abstract void Away(bool away);

    private protected LogEvent Event(string source, string text, int second = 0) => new()
    {
        ReceivedAt = clock.Now, OccurredAt = Start.AddSeconds(second), Source = source, Host = "h" + second % 3, Message = text, Raw = "head " + text, Format = LogFormats.Plain, Fields = new Dictionary<string, string> { ["n"] = text },
    };

    private protected async Task FillAsync(LogStore store, int segments)
    {
        for (var i = 0; i < segments; i++, filled++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, 5).Select(n => Event(n % 2 == 0 ? "a" : "b", $"{filled}-{n}", (filled * 7919 + n * 31) % 600))], Stop);
            await store.SealAsync(Stop);
            clock.Now += TimeSpan.FromMinutes(1);
        }
    }

    private protected static async Task<List<(string Id, string Message)>> All(LogStore store, string query = "")
    {
        var found = new List<(string, string)>();
        LogCursor? after = null;
        do
        {
            var page = await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value, Limit = 7, After = after, Whole = true }, Stop);
            found.AddRange(page.Events.Select(e => (e.Id, e.Message)));
            after = page.Next;
        }
        while (after is not null);
        return found;
    }

    /// <summary>Moves what is older than a month, sixty days on.</summary>
    private protected async Task<MaintenanceResult> MoveAsync(LogStore store)
    {
        clock.Now += TimeSpan.FromDays(60);
        return await store.MaintainAsync(new RetentionPolicy { ColdAfter = TimeSpan.FromDays(30) }, Stop);
    }

    [Fact]
    public async Task AFileThatIsOldLiesElsewhere_AndEverythingIsFoundReadAndProvedAsBefore()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        var before = await All(store);
        var table = new LogSearch { Query = SearchQuery.Parse("| stats count by source, host").Value };
        var counted = Rows(await store.TableAsync(table, cancellation: Stop));
        var proofs = before.ToDictionary(e => e.Id, e => store.Prove(e.Id)!);
        // Not old enough, and never without an age.
        Assert.Equal(0, (await store.MaintainAsync(new RetentionPolicy { ColdAfter = TimeSpan.FromDays(30) }, Stop)).Moved);
        clock.Now += TimeSpan.FromDays(60);
        Assert.Equal(0, (await store.MaintainAsync(new RetentionPolicy(), Stop)).Moved);
        Assert.Empty(There);
        var local = store.Files().Sum(f => f.Bytes);

        var done = await store.MaintainAsync(new RetentionPolicy { ColdAfter = TimeSpan.FromDays(30) }, Stop);
        Assert.Equal((1, null), (done.Moved, done.ColdProblem));
        Assert.Empty(done.Problems);
        Assert.Equal(["00000001-00000010.1.cold", "00000001-00000010.1.json", "00000001-00000010.1.leaves", "00000011.wal", "store.lock"], Directory.EnumerateFiles(Store).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.StartsWith("00000001-00000010.1-", There.Single(), StringComparison.Ordinal);
        Assert.Equal(local, store.Files().Sum(f => f.Bytes));
        var standing = store.Cold!;
        Assert.Equal((1, (long)Get(There[0]).Length, clock.Now, null), (standing.Files, standing.Bytes, standing.LastMove!.Value, standing.Problem));
        await FillAsync(store, 1);
        await Same(store);

        // A second maintenance does nothing again, and puts nothing together with what is away.
        await FillAsync(store, 7);
        Assert.Equal((0, 8), ((await store.MaintainAsync(new RetentionPolicy { ColdAfter = TimeSpan.FromDays(30) }, Stop)) is var second ? second.Moved : 0, second.Packed));
        await using (var reader = LogStore.OpenToRead(Store, new LogStoreOptions { Cold = Target })) await Same(reader);
        await store.DisposeAsync();
        await using var again = LogStore.Open(Store, Options);
        Assert.Empty(again.Recovery);
        await Same(again);
        Assert.Equal(10, again.EventsFrom("00000002", 0, 10, Stop).Count());

        async Task Same(LogStore store)
        {
            Assert.Equal(before, (await All(store)).Where(e => string.CompareOrdinal(e.Id, "00000011") < 0));
            Assert.Equal(before.Where(e => e.Message == "3-1"), await All(store, "n:3-1"));
            Assert.Equal(counted, Rows(await store.TableAsync(table with { To = Start.AddDays(1), Query = SearchQuery.Parse("NOT n:10-* NOT n:11-* NOT n:12-* NOT n:13-* NOT n:14-* NOT n:15-* NOT n:16-* NOT n:17-* | stats count by source, host").Value }, cancellation: Stop)));
            foreach (var (id, message) in before)
            {
                Assert.Equal(message, store.GetEvent(id)!.Message);
                var (was, now) = (proofs[id], store.Prove(id)!);
                Assert.True(now.Holds());
                Assert.Equal((was.Index, was.Size, was.Receipt, Convert.ToHexString(was.Root.Span)), (now.Index, now.Size, now.Receipt, Convert.ToHexString(now.Root.Span)));
            }

            Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        }

        static List<string> Rows(LogTable table) => [.. table.Rows.Select(r => string.Join(' ', r)).Order()];
    }

    [Fact]
    public async Task VerificationNamesWhatIsChangedMissingOrOutOfReach()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        await MoveAsync(store);
        var name = There.Single();
        var whole = Get(name);
        var bytes = whole.ToArray();
        bytes[bytes.Length / 3] ^= 1;
        Put(name, bytes);
        Assert.Contains(SegmentFault.FileChanged, Faults());
        Put(name, null);
        Assert.Equal([SegmentFault.FileMissing], Faults());
        var missing = await store.SearchAsync(new LogSearch(), Stop);
        Assert.Contains("does not have", missing.Notes.Single().En, StringComparison.Ordinal);
        Away(true);
        Assert.Equal([SegmentFault.FileUnreachable], Faults());
        Away(false);
        Put(name, whole);
        Assert.Empty(Faults());

        List<SegmentFault> Faults() => [.. store.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings).Select(f => f.Fault).Distinct()];
    }

    [Fact]
    public async Task APlaceThatIsAwayIsTold_WhatElseIsThereIsFound_AndNothingIsLost()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        var cold = await All(store);
        await MoveAsync(store);
        clock.Now += TimeSpan.FromDays(1);
        await FillAsync(store, 1);
        var warm = (await All(store, "n:10-*")).Select(e => e.Id).ToHashSet();
        Assert.Equal(5, warm.Count);
        Away(true);

        // A copy that is here is whole without the place; a bucket's is taken away for the question.
        if (Directory.Exists(Path.Combine(Store, "cold")))
        {
            await store.DisposeAsync();
            Directory.Delete(Path.Combine(Store, "cold"), recursive: true);
        }

        await using var looking = LogStore.OpenToRead(Store, new LogStoreOptions { Cold = Target, Clock = clock });
        var page = await looking.SearchAsync(new LogSearch { Limit = 100 }, Stop);
        Assert.Equal(warm, page.Events.Select(e => e.Id).ToHashSet());
        var note = Assert.Single(page.Notes);
        Assert.Contains("1 file of cold storage cannot be read (50 events between 2026-01-05 00:00 and 2026-01-05 00:09 UTC) and is not in this result", note.En, StringComparison.Ordinal);
        Assert.Contains("冷儲存有 1 個檔案讀不到", note.Zh, StringComparison.Ordinal);
        Assert.Single((await looking.HistogramAsync(new LogSearch(), cancellation: Stop)).Notes);
        Assert.Single((await looking.TopValuesAsync(new LogSearch(), "source", cancellation: Stop)).Notes);
        Assert.Single((await looking.TableAsync(new LogSearch { Query = SearchQuery.Parse("| stats count").Value }, cancellation: Stop)).Notes);
        Assert.Single((await looking.AroundAsync(page.Events[0], new LogSearch(), 50, 5, Stop)).Notes);
        // Another period lacks nothing.
        Assert.Empty((await looking.SearchAsync(new LogSearch { From = Start.AddDays(1) }, Stop)).Notes);
        // What must be whole fails, in words.
        Assert.Throws<ColdException>(() => looking.GetEvent(cold[0].Id));
        Assert.Throws<ColdException>(() => looking.Prove(cold[0].Id));
        Assert.Throws<ColdException>(() => looking.EventsFrom("00000001", 0, 5, Stop).ToList());
        await Assert.ThrowsAsync<ColdException>(() => looking.SearchAsync(new LogSearch { Whole = true }, Stop));
        await Assert.ThrowsAsync<ColdException>(() => looking.ExportAsync(new LogSearch(), Path.Combine(folder, "x.csv"), LogExportFormat.Csv, new LogExportLimits(100, long.MaxValue), cancellation: Stop));

        await store.DisposeAsync();
        await using var again = LogStore.Open(Store, Options);
        Assert.Contains("00000011", again.Segments[^1].Id, StringComparison.Ordinal);
        var told = await MoveAsync(again);
        Assert.Equal(0, told.Moved);
        Assert.NotNull(told.ColdProblem);
        Assert.Equal(told.ColdProblem, again.Cold!.Problem);
        Away(false);
        Assert.Equal((1, null), ((await MoveAsync(again)) is var done ? done.Moved : 0, done.ColdProblem));
        Assert.Equal(55, (await All(again)).Count);
    }

    /// <summary>What is on the disks after each step, as a kill leaves it.</summary>
    [Theory]
    [InlineData("half copied")]
    [InlineData("other contents")]
    [InlineData("copied")]
    [InlineData("mark half written")]
    [InlineData("marked")]
    [InlineData("marked, copy gone")]
    public async Task AKillAtAnyStepLosesNothing(string step)
    {
        List<(string Id, string Message)> before;
        byte[] parquet;
        await using (var store = LogStore.Open(Store, Options))
        {
            await FillAsync(store, 10);
            before = await All(store);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
            parquet = await File.ReadAllBytesAsync(Path.Combine(Store, "00000001-00000010.1.parquet"), Stop);
            await MoveAsync(store);
        }

        var (name, local, mark) = (There.Single(), Path.Combine(Store, "00000001-00000010.1.parquet"), Path.Combine(Store, "00000001-00000010.1.cold"));
        Assert.False(File.Exists(local));
        await File.WriteAllBytesAsync(local, parquet, Stop);
        if (!step.StartsWith("marked", StringComparison.Ordinal)) File.Delete(mark);
        if (step == "half copied")
        {
            Put(name + ".tmp", parquet[..100]);
            Put(name, null);
        }

        if (step == "other contents") Put(name, new byte[parquet.Length]);
        if (step == "mark half written") await File.WriteAllTextAsync(mark + ".tmp", "{", Stop);
        if (step == "marked, copy gone") Put(name, null);

        await using (var again = LogStore.Open(Store, Options))
        {
            Assert.Equal(step is "mark half written" or "marked" or "marked, copy gone" ? 1 : 0, again.Recovery.Count);
            if (step != "marked, copy gone") Assert.Equal(before, await All(again));
            var first = await MoveAsync(again);
            if (step == "marked, copy gone")
            {
                // It is put right here, and moved anew by the next.
                Assert.NotNull(first.ColdProblem);
                Assert.True(File.Exists(local));
                Assert.Equal(before, await All(again));
                Assert.Equal(1, (await MoveAsync(again)).Moved);
            }

            Assert.False(File.Exists(local));
            Assert.Equal([name], There.Where(n => !n.EndsWith(".tmp", StringComparison.Ordinal)));
            Assert.Equal(parquet, Get(name));
            Assert.Equal(before, await All(again));
            Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        }
    }

    [Fact]
    public async Task EventsAreRemovedFromAColdFile_HoldsStayAndTheOldFileGoesThereToo()
    {
        await using var store = LogStore.Open(Store, Options);
        await FillAsync(store, 10);
        await MoveAsync(store);
        var (before, name) = (await All(store), There.Single());
        var policy = new RetentionPolicy { ColdAfter = TimeSpan.FromDays(30), Sources = new Dictionary<string, SourceRetention> { ["a"] = new(TimeSpan.FromDays(40), TimeSpan.Zero) } };
        var held = new LegalHold(SearchQuery.Parse("n:3-2").Value, null, null);

        // Away: nothing is removed, nothing is lost, and it is told.
        Away(true);
        if (Directory.Exists(Path.Combine(Store, "cold")))
            foreach (var copy in Directory.EnumerateFiles(Path.Combine(Store, "cold"))) File.Delete(copy);
        await store.DisposeAsync();
        await using var again = LogStore.Open(Store, Options);
        var away = await again.MaintainAsync(policy with { Holds = [held] }, Stop);
        Assert.Empty(away.Removals);
        Assert.NotNull(away.ColdProblem);
        Away(false);

        var done = await again.MaintainAsync(policy with { Holds = [held] }, Stop);
        Assert.Null(done.ColdProblem);
        Assert.Equal(29, Assert.Single(done.Removals).Sources.Single().Events);
        Assert.Equal(1, done.Held);
        Assert.Equal(1, done.Moved);
        var left = There.Single();
        Assert.NotEqual(name, left);
        Assert.StartsWith("00000001-00000010.2-", left, StringComparison.Ordinal);
        var expected = before.Where(e => int.Parse(e.Message.Split('-')[1], CultureInfo.InvariantCulture) % 2 == 1 || e.Message == "3-2").ToList();
        Assert.Equal(expected, await All(again));
        foreach (var (id, _) in expected) Assert.True(again.Prove(id)!.Holds());
        Assert.All(again.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        if (Directory.Exists(Path.Combine(Store, "cold"))) Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(Store, "cold")), f => f.Contains(".1-", StringComparison.Ordinal));

        // The hold is over, and then everything.
        await again.MaintainAsync(policy, Stop);
        Assert.Equal(20, (await All(again)).Count);
        await again.MaintainAsync(policy with { Others = new SourceRetention(TimeSpan.FromDays(40), TimeSpan.Zero) }, Stop);
        Assert.Empty(There);
        Assert.Empty(await All(again));
        Assert.DoesNotContain(Directory.EnumerateFiles(Store), f => f.EndsWith(".cold", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatCouldNotBeDeletedThereIsRememberedOverAStop()
    {
        var policy = new RetentionPolicy { Others = new SourceRetention(TimeSpan.FromDays(40), TimeSpan.Zero) };
        await using (var store = LogStore.Open(Store, Options with { KeepReplaced = TimeSpan.FromDays(1) }))
        {
            await FillAsync(store, 10);
            await MoveAsync(store);
            clock.Now += TimeSpan.FromDays(2);
            await store.MaintainAsync(policy, Stop);
            Assert.Single(There);
        }

        Assert.Equal("00000001-00000010.1.cold", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(Store, "*.cold"))));
        Away(true);
        await using var again = LogStore.Open(Store, Options);
        Assert.NotNull((await again.MaintainAsync(new RetentionPolicy(), Stop)).ColdProblem);
        Away(false);
        Assert.Single(There);
        Assert.Null((await again.MaintainAsync(new RetentionPolicy(), Stop)).ColdProblem);
        Assert.Empty(There);
        Assert.Empty(Directory.EnumerateFiles(Store, "*.cold"));
    }

    [Fact]
    public async Task WhereFilesMoveTheBoundOfSizeMovesThemAndRemovesNothing()
    {
        await using var store = LogStore.Open(Store, Options with { PackEvents = 40 });
        await FillAsync(store, 24);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        var (files, before) = (store.Files(), await All(store));
        Assert.Equal(3, files.Count);
        var policy = new RetentionPolicy { ColdAfter = TimeSpan.FromDays(365), MaxBytes = files.Sum(f => f.Bytes) - 10, Others = SourceRetention.Unbounded };
        clock.Now += TimeSpan.FromDays(300);
        Away(true);
        var away = await store.MaintainAsync(policy, Stop);
        Assert.Equal((0, 0, 10L), (away.Moved, away.Removals.Count, away.ExcessBytes));
        Away(false);
        var done = await store.MaintainAsync(policy, Stop);
        Assert.Equal((1, 0, 0L), (done.Moved, done.Removals.Count, done.ExcessBytes));
        Assert.StartsWith(files[0].Name, There.Single(), StringComparison.Ordinal);
        Assert.Equal(before, await All(store));
    }

    [Fact]
    public async Task ADamagedFileIsNotMoved_AndAMarkThatIsNoneStopsTheStart()
    {
        await using (var store = LogStore.Open(Store, Options))
        {
            await FillAsync(store, 10);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
            var local = Path.Combine(Store, "00000001-00000010.1.parquet");
            var bytes = await File.ReadAllBytesAsync(local, Stop);
            await File.WriteAllBytesAsync(local, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)], Stop);
            var done = await MoveAsync(store);
            Assert.Equal(0, done.Moved);
            Assert.Contains("damaged", done.Problems.Single(), StringComparison.Ordinal);
            Assert.Empty(There);
            await File.WriteAllBytesAsync(local, bytes, Stop);
            Assert.Equal(1, (await MoveAsync(store)).Moved);
        }

        var mark = Path.Combine(Store, "00000001-00000010.1.cold");
        var text = await File.ReadAllTextAsync(mark, Stop);
        foreach (var bad in (string[])["{", "{}", text.Replace("00000001-00000010.1-", "../00000001-1-", StringComparison.Ordinal), "null"])
        {
            await File.WriteAllTextAsync(mark, bad, Stop);
            Assert.Throws<InvalidDataException>(() => LogStore.Open(Store, Options));
        }

        await File.WriteAllTextAsync(mark, text, Stop);
        File.Move(Path.Combine(Store, "00000001-00000010.1.json"), Path.Combine(folder, "manifest"));
        // Without its manifest the file in cold storage is all there is, and is not deleted.
        Assert.Throws<InvalidDataException>(() => LogStore.Open(Store, Options));
        Assert.Single(There);
        File.Move(Path.Combine(folder, "manifest"), Path.Combine(Store, "00000001-00000010.1.json"));
        await using var again = LogStore.Open(Store, Options);
        Assert.Equal(50, (await All(again)).Count);
    }
}
