using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using Hufu.Logs.Store;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs.Tests;

/// <summary>Our own reading of the files says what the database reads of them, and refuses what it does not know.</summary>
public sealed class SegmentReaderTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-reader-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogEvent Event(int i, Random random) => new()
    {
        ReceivedAt = Start.AddMicroseconds(random.Next(1_000_000)), OccurredAt = i % 7 == 0 ? null : Start.AddTicks(random.NextInt64(-10_000_000_000, 10_000_000_000) * 10).ToOffset(TimeSpan.FromMinutes(random.Next(-600, 600))),
        Source = i % 3 == 0 ? "a" : "b", Host = i % 5 == 0 ? null : $"host{i % 200}", App = i % 11 == 0 ? "" : "app", Severity = i % 4 == 0 ? null : i % 8, Facility = i % 6 == 0 ? i % 24 : null,
        SourceIp = i % 2 == 0 ? $"10.0.{i / 256 % 256}.{i % 256}" : null, Message = i % 17 == 0 ? "" : $"事件 {i} 👍", Raw = (i % 6 == 0 ? "" : "標頭 ") + $"事件 {i} 👍" + (i % 10 == 9 ? " tail" : "") + (i % 97 == 0 ? "\0hidden" : ""),
        Format = LogFormats.Plain, TimeZoneAssumed = i % 13 == 0,
        Fields = i % 9 == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["id"] = i.ToString(CultureInfo.InvariantCulture), ["kind"] = $"k{i % 4}", [$"rare{i % 50}"] = "", ["文"] = $"值{random.Next(60_000)}", [i % 2 == 0 ? "user" : "procid"] = i % 8 == 0 ? "" : $"{i / 3}", ["z"] = "" },
        Problems = i % 100 == 0 ? ["p1", "p2"] : [], RawBytes = i % 1_000 == 0 ? new byte[] { 255, (byte)(i % 256) } : (ReadOnlyMemory<byte>?)null,
    };

    private async Task<string> FileAsync(int count, int seed = 1, bool packed = false)
    {
        var random = new Random(seed);
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = packed ? count / 9 : count });
        foreach (var batch in Enumerable.Range(0, count).Select(i => Event(i, random)).Chunk(packed ? count / 9 : 3_000)) await store.AppendAsync(batch, Stop);
        await store.SealAsync(Stop);
        if (packed) await store.MaintainAsync(new RetentionPolicy(), Stop);
        return Path.Combine(folder, packed ? Assert.Single(store.Files()).Name + ".parquet" : "00000001.parquet");
    }

    private static void Run(string sql)
    {
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static List<byte[]> Rows(string path)
    {
        using var reader = SegmentReader.Open(path);
        var rows = new List<byte[]>();
        while (reader.NextPage())
        {
            for (var i = 0; i < reader.Rows; i++)
            {
                var bytes = new ByteBuilder(256);
                reader.Encode(i, bytes);
                rows.Add(bytes.Written.ToArray());
                var item = reader.Event(i);
                Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{reader.Segment(i):D8}/{reader.Row(i)}"), item.Id);
                Assert.True(bytes.Written.SequenceEqual(EventCodec.Encode(item)), $"The event in row {rows.Count - 1} is not what its bytes say.");
            }
        }

        return rows;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8_192)]
    [InlineData(8_193)]
    [InlineData(130_000)]
    public async Task A_file_is_read_as_it_was_stored_and_as_the_database_reads_it(int count)
    {
        var path = await FileAsync(count);
        var random = new Random(1);
        var stored = Enumerable.Range(0, count).Select(i => EventCodec.Encode(Event(i, random))).ToList();
        var rows = Rows(path);
        Assert.Equal(count, rows.Count);
        for (var i = 0; i < count; i++) Assert.True(rows[i].AsSpan().SequenceEqual(stored[i]), $"Row {i} is not what was stored.");
        await using var store = LogStore.OpenToRead(folder);
        var read = store.EventsFrom("00000001", 0, long.MaxValue, Stop).ToList();
        Assert.Equal(count, read.Count);
        foreach (var i in new[] { 0, count / 2, count - 1 }) Assert.True(EventCodec.Encode(store.GetEvent($"00000001/{i}")!).AsSpan().SequenceEqual(stored[i]));
    }

    [Fact]
    public async Task Events_from_any_place_to_any_other_are_those_between()
    {
        await FileAsync(30_000);
        await using var store = LogStore.OpenToRead(folder);
        foreach (var (from, count) in new[] { (0, 1), (8_191, 2), (8_192, 8_192), (12_345, 9_999), (29_999, 10), (30_000, 5) })
            Assert.Equal(Enumerable.Range(from, Math.Max(0, Math.Min(count, 30_000 - from))).Select(i => $"00000001/{i}"), store.EventsFrom("00000001", from, count, Stop).Select(e => e.Id));
    }

    [Fact]
    public async Task Files_put_together_and_files_that_lost_events_are_laid_out_the_same_way()
    {
        var random = new Random(3);
        var options = new LogStoreOptions { SealAfterEvents = 5_000 };
        await using var store = LogStore.Open(folder, options);
        var ids = new Dictionary<string, byte[]>();
        for (var batch = 0; batch < 12; batch++)
        {
            var events = Enumerable.Range(batch * 5_000, 5_000).Select(i => Event(i, random)).ToList();
            foreach (var (id, item) in (await store.AppendAsync(events, Stop)).Zip(events)) ids.Add(id, EventCodec.Encode(item));
        }

        await store.SealAsync(Stop);
        var packed = await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.True(packed.Packed > 1);
        Check("a", "b");
        var removed = await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["a"] = new(TimeSpan.FromDays(1), TimeSpan.Zero) } }, Stop);
        Assert.NotEmpty(removed.Removals);
        Check("b");

        void Check(params string[] sources)
        {
            var rows = Directory.EnumerateFiles(folder, "*-*.parquet").Order(StringComparer.Ordinal).TakeLast(1).SelectMany(Rows).ToList();
            var wanted = ids.Values.Where(bytes => sources.Contains(Encoding.UTF8.GetString(EventCodec.Source(bytes)))).ToList();
            Assert.Equal(wanted.Count, rows.Count);
            for (var i = 0; i < rows.Count; i++) Assert.True(rows[i].AsSpan().SequenceEqual(wanted[i]));
            Assert.All(store.VerifyAll(cancellation: Stop), verification => Assert.True(verification.IsIntact, string.Join("; ", verification.Findings.Take(3))));
            Assert.Equal(rows.Count, store.VerifyAll(cancellation: Stop).Sum(v => v.Events));
            Assert.Equal(rows.Count, store.StretchesOf(new LogSearch()).Sum(stretch => store.EventsOf(new LogSearch(), stretch, Stop).Count()));
        }
    }

    [Fact]
    public async Task Another_programs_file_is_refused_and_read_by_the_database()
    {
        var path = await FileAsync(500);
        var before = Rows(path);
        Run($"CREATE TABLE t AS FROM '{path}'; COPY t TO '{path}' (FORMAT parquet, COMPRESSION zstd)");
        Assert.Throws<InvalidDataException>(() => SegmentReader.Open(path));
        await using var store = LogStore.Open(folder);
        Assert.Equal(before.Count, store.EventsFrom("00000001", 0, long.MaxValue, Stop).Count());
        Assert.Equal(before.Count, store.EventsOf(new LogSearch(), Assert.Single(store.StretchesOf(new LogSearch())), Stop).Count());
        // Every event is as it was sealed, only its file is another.
        Assert.Equal([SegmentFault.FileChanged], store.VerifySegment("00000001", Stop).Findings.Select(f => f.Fault));
    }

    [Fact]
    public async Task Times_that_searches_go_by_cannot_be_changed_unseen()
    {
        var path = await FileAsync(500);
        Run($"CREATE TABLE t AS FROM '{path}'; COPY (SELECT * REPLACE (CASE WHEN row = 123 THEN time - INTERVAL 1 YEAR ELSE time END AS time) FROM t) TO '{path}' (FORMAT parquet)");
        // With a manifest that agrees.
        var manifest = Path.Combine(folder, "00000001.json");
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Stop)));
        await File.WriteAllTextAsync(manifest, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(manifest, Stop), "(\"fileSha256\": \")[0-9a-f]+", "${1}" + hash), Stop);
        await using var store = LogStore.OpenToRead(folder);
        var finding = Assert.Single(store.VerifySegment("00000001", Stop).Findings);
        Assert.Equal((SegmentFault.EventChanged, "00000001/123"), (finding.Fault, finding.EventId));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("dropped")]
    [InlineData("twice")]
    [InlineData("moved")]
    public async Task A_file_that_our_own_writer_wrote_with_something_changed_is_found_out(string change)
    {
        const int Row = 8_200;
        var path = await FileAsync(9_000);
        var rows = Rows(path).Select((bytes, row) => (Bytes: bytes, Row: row)).ToList();
        switch (change)
        {
            case "other": rows[Row] = (EventCodec.Encode(EventCodec.Decode(rows[Row].Bytes) with { Host = "another" }), Row); break;
            case "dropped": rows.RemoveAt(Row); break;
            case "twice": rows.Insert(Row, rows[Row]); break;
            default: (rows[Row], rows[Row + 1]) = ((rows[Row + 1].Bytes, Row), (rows[Row].Bytes, Row + 1)); break;
        }

        using (var writer = new SegmentWriter(1, 1))
        {
            foreach (var (bytes, row) in rows) writer.Add(row, bytes);
            using var file = File.Create(path);
            SegmentWriter.WriteFile(file, [writer.EndGroup()!]);
        }

        // With a manifest that agrees: nothing but the hashes of the events is left to tell.
        var manifest = Path.Combine(folder, "00000001.json");
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Stop)));
        await File.WriteAllTextAsync(manifest, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(manifest, Stop), "(\"fileSha256\": \")[0-9a-f]+", "${1}" + hash), Stop);
        Assert.Equal(rows.Count, Rows(path).Count);
        await using var store = LogStore.OpenToRead(folder);
        var findings = store.VerifySegment("00000001", Stop).Findings.Select(f => (f.Fault, f.EventId)).ToList();
        Assert.Equal(change switch
        {
            "other" => [(SegmentFault.EventChanged, $"00000001/{Row}")],
            "dropped" => [(SegmentFault.EventMissing, $"00000001/{Row}")],
            "twice" => [(SegmentFault.EventAdded, $"00000001/{Row}")],
            _ => [(SegmentFault.EventChanged, $"00000001/{Row}"), (SegmentFault.EventChanged, $"00000001/{Row + 1}")],
        }, findings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_looked_at_in_pieces_holds_where_it_holds_as_a_whole(bool packed)
    {
        const int Count = 9_000, GroupRows = 1_500;
        var path = await FileAsync(Count, packed: packed);
        var rows = new List<(int Segment, int Row, byte[] Bytes)>();
        using (var reader = SegmentReader.Open(path))
        {
            while (reader.NextPage())
            {
                for (var i = 0; i < reader.Rows; i++)
                {
                    var bytes = new ByteBuilder(256);
                    reader.Encode(i, bytes);
                    rows.Add((reader.Segment(i), reader.Row(i), bytes.Written.ToArray()));
                }
            }
        }

        await using var store = LogStore.OpenToRead(folder);
        var leaves = LeafFile.Read(Path.ChangeExtension(path, ".leaves"), [.. store.Segments.Select(s => s.Events)], new System.Collections.BitArray(Count))!;
        var changed = Path.Combine(folder, "changed");
        Assert.All(Enumerable.Range(1, 9), pieces => Assert.True(Holds(rows, pieces)));

        // The borders of row groups, of blocks and of segments, and what stands beside them.
        foreach (var row in new[] { 0, 127, 128, 999, 1_000, 1_499, 1_500, 1_535, 1_536, 4_501, 6_015, 6_016, 7_500, 8_999 })
        {
            Refused(row, all => all[row] = all[row] with { Bytes = EventCodec.Encode(EventCodec.Decode(all[row].Bytes) with { Host = "another" }) });
            Refused(row, all => all.RemoveAt(row));
            Refused(row, all => all.Insert(row, all[row]));
            if (row + 1 < Count) Refused(row, all => (all[row], all[row + 1]) = (all[row] with { Bytes = all[row + 1].Bytes }, all[row + 1] with { Bytes = all[row].Bytes }));
            if (row + 1 < Count) Refused(row, all => (all[row], all[row + 1]) = (all[row + 1], all[row]));
            Refused(row, all => all.RemoveRange(row, Count - row));
        }

        void Refused(int row, Action<List<(int Segment, int Row, byte[] Bytes)>> change)
        {
            var all = rows.ToList();
            change(all);
            Write(all);
            foreach (var pieces in new[] { 1, 2, 6 }) Assert.False(SealedCheck.Holds(changed, store.Segments, leaves, new System.Collections.BitArray(Count), pieces, Stop), $"row {row} in {pieces} pieces");
        }

        bool Holds(List<(int Segment, int Row, byte[] Bytes)> all, int pieces)
        {
            Write(all);
            return SealedCheck.Holds(changed, store.Segments, leaves, new System.Collections.BitArray(Count), pieces, Stop);
        }

        void Write(List<(int Segment, int Row, byte[] Bytes)> all)
        {
            using var writer = new SegmentWriter(1, 1, packed);
            var groups = new List<RowGroup>();
            foreach (var group in all.Chunk(GroupRows))
            {
                foreach (var (segment, row, bytes) in group)
                {
                    writer.Begin(segment);
                    writer.Add(row, bytes);
                }

                groups.Add(writer.EndGroup()!);
            }

            using var file = File.Create(changed);
            SegmentWriter.WriteFile(file, groups, packed);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_done_to_a_file_it_is_read_as_it_was_or_refused(bool packed)
    {
        var path = await FileAsync(9_000, packed: packed);
        var (whole, rows) = (await File.ReadAllBytesAsync(path, Stop), Rows(path));
        await using var store = LogStore.OpenToRead(folder);
        var segments = store.Segments;
        var leaves = LeafFile.Read(Path.ChangeExtension(path, ".leaves"), [.. segments.Select(s => s.Events)], new System.Collections.BitArray(9_000))!;
        var random = new Random(11);
        var (refused, otherwise) = (0, 0);
        for (var round = 0; round < 400; round++)
        {
            var bytes = whole.ToArray();
            switch (round % 4)
            {
                case 0: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
                // The footer, where every number is a place or a length.
                case 1: bytes[bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 3_000))] = (byte)random.Next(256); break;
                case 2: bytes = bytes[..random.Next(bytes.Length)]; break;
                default:
                    var (from, length) = (random.Next(bytes.Length - 64), random.Next(1, 64));
                    random.NextBytes(bytes.AsSpan(from, length));
                    break;
            }

            var changed = Path.Combine(folder, "changed");
            await File.WriteAllBytesAsync(changed, bytes, Stop);
            var holds = SealedCheck.Holds(changed, segments, leaves, new System.Collections.BitArray(9_000), atOnce: round / 4 % 3 + 1, Stop);
            try
            {
                var read = new List<byte[]>();
                using var reader = SegmentReader.Open(changed);
                while (reader.NextPage())
                {
                    for (var i = 0; i < reader.Rows; i++)
                    {
                        var encoded = new ByteBuilder(256);
                        reader.Encode(i, encoded);
                        read.Add(encoded.Written.ToArray());
                    }
                }

                var same = read.Count == rows.Count && read.Zip(rows).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
                if (!same) otherwise++;
                Assert.False(holds && !same);
            }
            catch (InvalidDataException)
            {
                refused++;
                Assert.False(holds);
            }
        }

        Assert.True(refused > 200 && refused + otherwise < 400 + 1, $"{refused} refused, {otherwise} read otherwise");
    }
}
