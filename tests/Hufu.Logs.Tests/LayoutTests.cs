using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using Hufu.Logs.Store;

namespace Hufu.Logs.Tests;

/// <summary>Files that are put together are laid out otherwise than those of before: both say the same, and in both a change is named.</summary>
public sealed class LayoutTests : IDisposable
{
    private const int Stored = 300;

    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    // Names with a column of their own and others, before, between and after them; with values, empty, and none.
    private static readonly string[] Queries = ["procid:1010", "procid:*", "NOT user:*", "user:使用者3", "src_ip:192.0.2.0/24", "dst_port:>=22", "source.ip:192.0.2.5", "action:login zone:z1", "user.name:使用者2", "\"事件 17\"", "NOT dst_port:22"];

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-layout-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogStoreOptions Options => new() { Clock = new Clock { Now = Start }, KeepReplaced = TimeSpan.Zero };

    private static LogEvent Event(int i)
    {
        var fields = new Dictionary<string, string>();
        if (i % 3 != 0) fields["procid"] = (1_000 + i / 4).ToString(CultureInfo.InvariantCulture);
        if (i % 5 != 0) fields["user"] = i % 10 == 1 ? "" : $"使用者{i % 7}";
        if (i % 4 == 1) (fields["src_ip"], fields["dst_port"]) = ($"192.0.2.{i % 256}", "22");
        if (i % 2 == 0) (fields["action"], fields["zone"]) = ("login", $"z{i % 3}");
        return new LogEvent
        {
            ReceivedAt = Start.AddMilliseconds(i * 250), OccurredAt = i % 7 == 0 ? null : Start.AddSeconds(i - 50).ToOffset(TimeSpan.FromHours(8)), Source = i % 2 == 0 ? "a" : "b",
            Host = i % 6 == 0 ? null : $"host{i % 4}", App = "sshd", Severity = i % 4 == 0 ? null : i % 8, SourceIp = fields.GetValueOrDefault("src_ip"), Format = LogFormats.Plain, TimeZoneAssumed = i % 9 == 0,
            Message = $"事件 {i}", Raw = $"標頭 事件 {i}" + (i % 11 == 0 ? " tail" : "") + (i % 50 == 0 ? "\0hidden" : ""), Fields = fields, Problems = i % 40 == 0 ? ["p"] : [],
        };
    }

    private void Unpack()
    {
        var assembly = typeof(LayoutTests).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("Schema2/", StringComparison.Ordinal)))
        {
            using var from = assembly.GetManifestResourceStream(name)!;
            using var to = File.Create(Path.Combine(folder, name["Schema2/".Length..]));
            from.CopyTo(to);
        }
    }

    private static List<string> Ids(LogStore store) => [.. store.Segments.SelectMany(s => Enumerable.Range(0, s.Events).Select(row => $"{s.Id}/{row}"))];

    private static async Task<List<string>> AnswersAsync(LogStore store)
    {
        var answers = new List<string>();
        foreach (var text in Queries)
        {
            var search = new LogSearch { Query = SearchQuery.Parse(text).Value!, Limit = 1_000, To = Start.AddSeconds(Stored - 50) };
            var page = await store.SearchAsync(search, Stop);
            answers.Add($"{text}: {string.Join(" ", page.Events.Where(e => string.CompareOrdinal(e.Id, "00000011") < 0).Select(e => e.Id))}");
        }

        return answers;
    }

    /// <summary>Every event by every way of reading is the one that was stored.</summary>
    private static void Check(LogStore store, int count)
    {
        var ids = Ids(store);
        Assert.Equal(count, ids.Count);
        Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        var read = store.Segments.SelectMany(s => store.EventsFrom(s.Id, 0, long.MaxValue, Stop)).ToList();
        var searched = store.StretchesOf(Everything).SelectMany(stretch => store.EventsOf(Everything, stretch, Stop)).ToDictionary(e => e.Id);
        Assert.Equal(count, searched.Count);
        for (var i = 0; i < count; i++)
        {
            var wanted = EventCodec.Encode(Event(i));
            Assert.Equal(ids[i], read[i].Id);
            Assert.True(EventCodec.Encode(read[i]).AsSpan().SequenceEqual(wanted), ids[i]);
            Assert.True(EventCodec.Encode(searched[ids[i]]).AsSpan().SequenceEqual(wanted), ids[i]);
            if (i % 20 == 0) Assert.True(EventCodec.Encode(store.GetEvent(ids[i])!).AsSpan().SequenceEqual(wanted), ids[i]);
        }
    }

    // With a condition, so that the database reads them.
    private static LogSearch Everything => new() { Query = SearchQuery.Parse("format:*").Value! };

    private async Task<LogStore> TogetherAsync()
    {
        Unpack();
        var store = LogStore.Open(folder, Options);
        for (var from = Stored; from < 1_100; from += 100)
        {
            await store.AppendAsync([.. Enumerable.Range(from, 100).Select(Event)], Stop);
            await store.SealAsync(Stop);
        }

        Assert.Equal(11, (await store.MaintainAsync(new RetentionPolicy(), Stop)).Packed);
        return store;
    }

    [Fact]
    public async Task Files_of_the_layout_before_are_read_as_they_are_and_say_the_same_when_they_are_put_together()
    {
        Unpack();
        List<string> before, exported;
        IReadOnlyDictionary<string, EventProof> proofs;
        await using (var store = LogStore.Open(folder, Options))
        {
            Assert.Equal(["00000001-00000008.1", "00000009", "00000010"], store.Files().Select(f => f.Name));
            Assert.Contains("\"schema\": 2", Regex.Replace(await File.ReadAllTextAsync(Path.Combine(folder, "00000001-00000008.1.json"), Stop), "\"schema\":\\s*", "\"schema\": "), StringComparison.Ordinal);
            Check(store, Stored);
            (before, exported) = (await AnswersAsync(store), await ExportAsync(store));
            Assert.All(before.Take(10), answer => Assert.Contains("/", answer, StringComparison.Ordinal));
            proofs = store.ProveAll(Ids(store));
            Assert.Equal(Stored, proofs.Values.Count(proof => proof.Holds()));
        }

        await using var together = await TogetherAsync();
        Assert.Equal("00000001-00000018.1", Assert.Single(together.Files()).Name);
        Check(together, 1_100);
        Assert.Equal(before, await AnswersAsync(together));
        Assert.Equal(exported, await ExportAsync(together));
        var after = together.ProveAll(proofs.Keys);
        Assert.Equal(Stored, after.Count);
        foreach (var (id, proof) in after)
        {
            Assert.True(proof.Holds(), id);
            Assert.Equal(proofs[id].Path, proof.Path);
            Assert.Equal(proofs[id].LeafBytes.ToArray(), proof.LeafBytes.ToArray());
        }
    }

    [Fact]
    public async Task What_is_left_after_a_removal_is_proved_by_the_same_paths()
    {
        await using (await TogetherAsync())
        {
        }

        await using var store = LogStore.Open(folder, Options with { Clock = new Clock { Now = Start.AddDays(9) } });
        var ids = Ids(store);
        var before = store.ProveAll(ids);
        var removed = await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["a"] = new(TimeSpan.FromDays(5), TimeSpan.Zero) } }, Stop);
        Assert.Equal(550, Assert.Single(removed.Removals).Sources.Sum(s => s.Events));
        Assert.All(store.VerifyAll(cancellation: Stop), v => Assert.True(v.IsIntact, string.Join("; ", v.Findings)));
        var after = store.ProveAll(ids);
        Assert.Equal(550, after.Count);
        Assert.All(after, proof => Assert.True(proof.Value.Holds() && proof.Value.Path.SequenceEqual(before[proof.Key].Path, Same), proof.Key));
        // And a change among what is left is named, though half of its neighbours are gone.
        Rewrite("CASE WHEN row = 31 AND segment = 11 THEN 'forged' ELSE field_procid END AS field_procid");
        await using var again = LogStore.OpenToRead(folder);
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, "00000011/31")], again.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings).Select(f => (f.Fault, f.EventId)));
        var proved = again.ProveAll(after.Keys);
        Assert.Equal(["00000011/31"], proved.Where(proof => !proof.Value.Holds()).Select(proof => proof.Key));
    }

    [Theory]
    [InlineData("field_user", "00000003/7")]
    [InlineData("field_procid", "00000012/6")]
    [InlineData("raw", "00000018/99")]
    [InlineData("host", "00000009/1")]
    public async Task A_changed_value_is_named_and_its_neighbours_are_still_proved(string column, string id)
    {
        await using (await TogetherAsync())
        {
        }

        var (segment, row) = (int.Parse(id[..8], CultureInfo.InvariantCulture), int.Parse(id[9..], CultureInfo.InvariantCulture));
        Rewrite($"CASE WHEN segment = {segment} AND row = {row} THEN {column} || 'x' ELSE {column} END AS {column}");
        await using var store = LogStore.OpenToRead(folder);
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, id)], store.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings).Select(f => (f.Fault, f.EventId)));
        var proofs = store.ProveAll(Ids(store));
        Assert.Equal([id], proofs.Where(proof => !proof.Value.Holds()).Select(proof => proof.Key));
    }

    [Fact]
    public async Task One_whose_hash_begins_as_it_did_is_named_and_of_two_in_a_block_that_there_may_be_more()
    {
        byte[] real;
        await using (var store = await TogetherAsync()) real = Merkle.HashLeaf(store.Prove("00000011/40")!.LeafBytes.Span);
        // The one byte that is kept is the same: some 256 trials.
        var item = Event(Stored + 40);
        var forged = Enumerable.Range(0, 100_000).Select(n => $"{item.App}{n}").First(app => Merkle.HashLeaf(EventCodec.Encode(item with { App = app }))[0] == real[0]);
        var whole = File.ReadAllBytes(Path.Combine(folder, "00000001-00000018.1.parquet"));
        Rewrite($"CASE WHEN segment = 11 AND row = 40 THEN '{forged}' ELSE app END AS app");
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, "00000011/40")], Findings());
        File.WriteAllBytes(Path.Combine(folder, "00000001-00000018.1.parquet"), whole);
        Rewrite($"CASE WHEN segment = 11 AND row = 40 THEN '{forged}' WHEN segment = 11 AND row = 51 THEN 'other' ELSE app END AS app");
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, null), (SegmentFault.EventChanged, "00000011/51")], Findings());
        // One that cannot be read at all (its bytes say something else than its columns) says of the others only what the root tells.
        File.WriteAllBytes(Path.Combine(folder, "00000001-00000018.1.parquet"), whole);
        Rewrite("CASE WHEN segment = 11 AND row = 50 THEN 'other' ELSE app END AS app");
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, "00000011/50")], Findings());
        File.WriteAllBytes(Path.Combine(folder, "00000001-00000018.1.parquet"), whole);
        Rewrite($"CASE WHEN segment = 11 AND row = 40 THEN '{forged}' WHEN segment = 11 AND row = 50 THEN 'other' ELSE app END AS app");
        Assert.Equal([(SegmentFault.FileChanged, null), (SegmentFault.EventChanged, "00000011/50"), (SegmentFault.EventChanged, null)], Findings());
        File.WriteAllBytes(Path.Combine(folder, "00000001-00000018.1.parquet"), whole);
        Assert.Empty(Findings());
    }

    [Theory]
    // The root, the sum and the byte of the first segment's events.
    [InlineData(8)]
    [InlineData(8 + 32)]
    [InlineData(8 + 64 + 3)]
    public async Task A_changed_list_is_named_and_no_event_is_blamed(int at)
    {
        await using (await TogetherAsync())
        {
        }

        var path = Path.Combine(folder, "00000001-00000018.1.leaves");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        Assert.Equal(8 + 18 * 64 + 1_100, bytes.Length);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        Assert.Equal([(SegmentFault.LeavesChanged, null)], Findings());
    }

    private List<(SegmentFault, string?)> Findings()
    {
        using var opened = new Opened(folder);
        return [.. opened.Store.VerifyAll(cancellation: Stop).SelectMany(v => v.Findings).Select(f => (f.Fault, f.EventId))];
    }

    private static async Task<List<string>> ExportAsync(LogStore store)
    {
        var path = Path.GetTempFileName();
        try
        {
            await store.ExportAsync(new LogSearch { To = Start.AddSeconds(Stored / 2) }, path, LogExportFormat.JsonLines, cancellation: Stop);
            return [.. (await File.ReadAllLinesAsync(path, Stop)).Where(line => Regex.Match(line, "\"id\":\\s*\"(\\d{8})").Groups[1].Value is { } segment && string.CompareOrdinal(segment, "00000011") < 0)];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void Rewrite(string replaced)
    {
        var path = Directory.EnumerateFiles(folder, "*.parquet").Order(StringComparer.Ordinal).Last();
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE t AS FROM read_parquet('{path}'); COPY (SELECT * REPLACE ({replaced}) FROM t) TO '{path}' (FORMAT parquet)";
        command.ExecuteNonQuery();
    }

    private static readonly IEqualityComparer<byte[]> Same = EqualityComparer<byte[]>.Create((one, other) => one.AsSpan().SequenceEqual(other), bytes => bytes[0]);

    private sealed class Opened(string folder) : IDisposable
    {
        public LogStore Store { get; } = LogStore.OpenToRead(folder);

        public void Dispose() => Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
