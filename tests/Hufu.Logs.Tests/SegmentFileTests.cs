using System.Globalization;
using DuckDB.NET.Data;

namespace Hufu.Logs.Tests;

/// <summary>The Parquet files are written by our own code: they say what was stored, and other programs read them.</summary>
public sealed class SegmentFileTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static List<object?[]> Ask(string sql)
    {
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        return rows;
    }

    private static LogEvent Event(int i, Random random) => new()
    {
        ReceivedAt = Start.AddMilliseconds(i), OccurredAt = i % 7 == 0 ? null : Start.AddTicks(random.NextInt64(-10_000_000_000, 10_000_000_000)).ToOffset(TimeSpan.FromHours(8)),
        Source = i % 3 == 0 ? "a" : "b", Host = i % 5 == 0 ? null : $"host{i % 200}", App = i % 11 == 0 ? "" : "app", Severity = i % 4 == 0 ? null : i % 8, SourceIp = i % 2 == 0 ? $"10.0.{i / 256 % 256}.{i % 256}" : null,
        // More distinct texts than a dictionary takes; one value of each field now and then.
        Message = $"事件 {i}", Raw = (i % 6 == 0 ? "" : "head ") + $"事件 {i}" + (i % 10 == 9 ? " tail" : ""), Format = LogFormats.Plain, TimeZoneAssumed = i % 13 == 0,
        Fields = i % 9 == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["id"] = i.ToString(CultureInfo.InvariantCulture), ["kind"] = $"k{i % 4}", [$"rare{i % 50}"] = "" },
        Problems = i % 100 == 0 ? ["p1", "p2"] : [],
        RawBytes = i % 1_000 == 0 ? new byte[] { 255, (byte)(i % 256) } : (ReadOnlyMemory<byte>?)null,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(8_191)]
    [InlineData(8_192)]
    [InlineData(8_193)]
    [InlineData(130_000)]
    public async Task WhatIsStoredIsInTheFile_WhereverPagesAndRowGroupsEnd(int count)
    {
        var random = new Random(1);
        var events = Enumerable.Range(0, count).Select(i => Event(i, random)).ToList();
        await using var store = LogStore.Open(folder);
        foreach (var batch in events.Chunk(3_000)) await store.AppendAsync(batch, Stop);
        await store.SealAsync(Stop);
        var verification = store.VerifySegment("00000001", Stop);
        Assert.True(verification.IsIntact, string.Join("; ", verification.Findings.Take(3)));
        Assert.Equal(count, verification.Events);
        var file = Path.Combine(folder, "00000001.parquet");
        Assert.Equal([[(long)count, events.Count(e => e.Host is null) + 0L, events.Sum(e => e.Fields.Count) + 0L, events.Sum(e => e.Problems.Count) + 0L, events.Count(e => e.TimeZoneAssumed) + 0L]],
            Ask($"SELECT count(*), count(*) FILTER (host IS NULL), sum(cardinality(fields))::BIGINT, sum(len(problems))::BIGINT, count(*) FILTER (zone_assumed) FROM '{file}'"));
        Assert.Equal(events.GroupBy(e => e.Host ?? "").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}"), Ask($"SELECT coalesce(host, ''), count(*) FROM '{file}' GROUP BY 1 ORDER BY 1").Select(r => $"{r[0]} {r[1]}"));
        Assert.Equal(events.Max(e => e.Time).UtcDateTime.Ticks / 10, ((DateTime)Ask($"SELECT max(time) FROM '{file}'")[0][0]!).Ticks / 10);
        // The statistics are the file's own words about what it holds; with wrong ones searches would pass events over.
        var groups = Ask($"SELECT row_group_num_rows, stats_min_value::INTEGER, stats_max_value::INTEGER FROM parquet_metadata('{file}') WHERE path_in_schema = 'row' ORDER BY row_group_id");
        Assert.Equal(count, groups.Sum(g => (long)g[0]!));
        Assert.All(groups, g => Assert.Equal((long)g[0]!, (int)g[2]! - (int)g[1]! + 1L));
        Assert.Equal(events[^1].Message, store.GetEvent($"00000001/{count - 1}")!.Message);
        Assert.Equal(events.Where(e => e.ReceivedAt >= Start.AddMilliseconds(count - 1)).Count() + 0L, Ask($"SELECT count(*) FROM '{file}' WHERE received >= TIMESTAMP '{Start.AddMilliseconds(count - 1):yyyy-MM-dd HH:mm:ss.fff}'")[0][0]);
    }

    [Fact]
    public async Task AppendsAndSearchesInTurn_SeeEverythingOnce_AndTheSegmentHasFewRowGroups()
    {
        await using var store = LogStore.Open(folder);
        var random = new Random(2);
        for (var i = 0; i < 300; i++)
        {
            await store.AppendAsync([Event(i, random)], Stop);
            if (i % 3 != 0) continue;
            var page = await store.SearchAsync(new LogSearch { Limit = 1_000 }, Stop);
            Assert.Equal(i + 1, page.Events.Select(e => e.Id).Distinct().Count());
        }

        await using (var reader = LogStore.OpenToRead(folder)) Assert.Equal(300, (await reader.SearchAsync(new LogSearch { Limit = 1_000 }, Stop)).Events.Count);
        await store.SealAsync(Stop);
        Assert.True(store.VerifySegment("00000001", Stop).IsIntact);
        Assert.InRange((long)Ask($"SELECT num_row_groups FROM parquet_file_metadata('{Path.Combine(folder, "00000001.parquet")}')")[0][0]!, 1, 10);
    }

    [Fact]
    public async Task ASearchThatIsStillReadingKeepsWhatItReads_WhenTheSegmentIsSealed()
    {
        await using var store = LogStore.Open(folder);
        var random = new Random(3);
        await store.AppendAsync([.. Enumerable.Range(0, 20_000).Select(i => Event(i, random))], Stop);
        var reading = store.EventsFrom("00000001", 0, 20_000, Stop).GetEnumerator();
        Assert.True(reading.MoveNext());
        await store.SealAsync(Stop);
        await store.AppendAsync([Event(1, random)], Stop);
        var read = 1;
        while (reading.MoveNext()) read++;
        Assert.Equal(20_000, read);
    }

    [Fact]
    public async Task TimesAtTheEndsOfWhatATimeCanBe_ComeBack()
    {
        await using var store = LogStore.Open(folder);
        DateTimeOffset[] times = [DateTimeOffset.MinValue, new(1969, 12, 31, 23, 59, 59, 999, TimeSpan.Zero), DateTimeOffset.UnixEpoch, new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero), Start];
        var random = new Random(4);
        var ids = await store.AppendAsync([.. times.Select(t => Event(1, random) with { ReceivedAt = t, OccurredAt = t })], Stop);
        await store.SealAsync(Stop);
        Assert.Equal(times, ids.Select(id => store.GetEvent(id)!.OccurredAt!.Value));
        Assert.True(store.VerifySegment("00000001", Stop).IsIntact);
    }
}
