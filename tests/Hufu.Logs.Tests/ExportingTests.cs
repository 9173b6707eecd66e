using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;

namespace Hufu.Logs.Tests;

/// <summary>Results as files, and queries that are stopped.</summary>
public sealed class ExportingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-exporting-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogSearch Search(string query) => new() { Query = SearchQuery.Parse(query).Value };

    private string To(string name) => Path.Combine(folder, name);

    private static LogEvent Event(int i, string text) => new()
    {
        ReceivedAt = Start.AddMinutes(i), OccurredAt = i % 7 == 0 ? null : Start.AddSeconds(i % 40), Source = "s", Host = i % 2 == 0 ? "even" : null, App = "app", Severity = i % 8, SourceIp = i % 3 == 0 ? "192.0.2.9" : null, Message = text, Raw = "head " + text,
        Format = LogFormats.Plain, Fields = new Dictionary<string, string> { ["n"] = i.ToString(CultureInfo.InvariantCulture), ["引"] = "\"x\", 1" }, Problems = i % 11 == 0 ? ["p1", "p2"] : [],
    };

    private async Task<LogStore> FilledAsync(int events = 300)
    {
        var store = LogStore.Open(To("store"), new LogStoreOptions { SealAfterEvents = 120 });
        string[] odd = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@x", "'=1", "a,b", "\"quoted\"", "line\nbreak", "訊息 𠮷", "＝全形", "sep=;", "tab\t", "nul \0 end", "half \ud83d"];
        for (var i = 0; i < events; i += 20) await store.AppendAsync([.. Enumerable.Range(i, 20).Select(n => Event(n, n < odd.Length ? odd[n] : $"event {n}"))], Stop);
        return store;
    }

    [Fact]
    public async Task A_query_that_needs_more_memory_than_there_is_says_so_and_the_next_is_answered()
    {
        await using var store = LogStore.Open(To("store"), new LogStoreOptions { Queries = new QueryRoom(24, 1) });
        for (var i = 0; i < 60_000; i += 5_000) await store.AppendAsync([.. Enumerable.Range(i, 5_000).Select(n => Event(n, $"event {n} {Convert.ToHexString(SHA256.HashData(BitConverter.GetBytes(n)))}"))], Stop);
        await store.SealAsync(Stop);
        var fault = await Assert.ThrowsAsync<QueryMemoryException>(() => store.TableAsync(Search("| stats dc(raw), dc(message), dc(n) by source, host"), cancellation: Stop));
        Assert.Equal("logs.query.memory", fault.Error.Code);
        foreach (var format in new[] { LogExportFormat.Csv, LogExportFormat.Parquet })
        {
            await Assert.ThrowsAsync<QueryMemoryException>(() => store.ExportAsync(Search(""), To("out"), format, cancellation: Stop));
            Assert.False(File.Exists(To("out")) || File.Exists(To("out.part")));
        }

        Assert.Equal(1L, Assert.Single((await store.TableAsync(Search("\"event 31415 \" | stats count"), cancellation: Stop)).Rows)[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("severity:<4 host:even")]
    [InlineData("no such word")]
    public async Task A_file_holds_exactly_what_the_search_finds_in_its_order(string query)
    {
        await using var store = await FilledAsync();
        var expected = (await store.SearchAsync(Search(query) with { Limit = 10_000 }, Stop)).Events;

        var lines = await store.ExportAsync(Search(query), To("out.jsonl"), LogExportFormat.JsonLines, cancellation: Stop);
        Assert.Equal((expected.Count, expected.Count, false), (lines.Rows, lines.Total, lines.IsCut));
        var bytes = await File.ReadAllBytesAsync(To("out.jsonl"), Stop);
        Assert.Equal((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), (lines.Bytes, lines.Sha256));
        var read = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(expected.Select(e => (e.Id, e.Time, e.Raw.Replace('\ud83d', '\ufffd'), e.Severity)), read.Select(r => (r.GetProperty("id").GetString()!, r.GetProperty("time").GetDateTimeOffset(), r.GetProperty("raw").GetString()!, (int?)r.GetProperty("severity").GetInt32())));
        Assert.All(expected.Zip(read), pair => Assert.Equal(pair.First.Fields, pair.Second.GetProperty("fields").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!)));

        var csv = await store.ExportAsync(Search(query), To("out.csv"), LogExportFormat.Csv, cancellation: Stop);
        Assert.Equal(expected.Count, csv.Rows);
        var table = Cells(await File.ReadAllTextAsync(To("out.csv"), Stop));
        Assert.Equal("id", table[0][0]);
        Assert.Equal(expected.Select(e => e.Id), table.Skip(1).Select(row => row[0]));
        var message = table[0].IndexOf("message");
        Assert.Equal(expected.Select(e => e.Message.Replace('\ud83d', '\ufffd')), table.Skip(1).Select(row => Unguarded(row[message])));
        // No cell is a formula to a spreadsheet, and nothing else was changed.
        foreach (var cell in table.SelectMany(row => row)) Assert.False(cell.Length > 0 && "=+-@\t\r\n＝＋－＠".Contains(cell[0]) && !double.TryParse(cell, CultureInfo.InvariantCulture, out _), cell);

        var parquet = await store.ExportAsync(Search(query), To("out.parquet"), LogExportFormat.Parquet, cancellation: Stop);
        Assert.Equal(expected.Count, parquet.Rows);
        // The database shows a zero character by its symbol, and has no halves of surrogate pairs.
        Assert.Equal(
            expected.Select(e => (e.Id, e.Time.UtcDateTime, e.Message.Replace('\0', '\u2400').Replace('\ud83d', '\ufffd'), e.Fields["n"])),
            Query($"SELECT id, time, message, fields['n'] FROM read_parquet('{To("out.parquet")}')", row => (row.GetString(0), row.GetDateTime(1), row.GetString(2), row.GetString(3))));
        Assert.Empty(Directory.GetFiles(folder, "*.part"));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("", 10)]
    [InlineData("", 290)]
    [InlineData("severity:<4 host:even", 7)]
    [InlineData("n:17", 1)]
    public async Task What_is_sorted_in_slices_is_the_same_file_and_ends_at_the_same_row(string query, int atOnce)
    {
        await using var store = await FilledAsync();
        foreach (var format in new[] { LogExportFormat.JsonLines, LogExportFormat.Csv })
        {
            var whole = await store.ExportAsync(Search(query), To("whole"), format, cancellation: Stop);
            var slices = await store.ExportAsync(Search(query), To("slices"), format, new LogExportLimits { SortedAtOnce = atOnce }, cancellation: Stop);
            Assert.Equal(whole, slices);
            foreach (var limits in new[] { new LogExportLimits(Events: 41), new LogExportLimits(Bytes: whole.Bytes * 2 / 3) })
                Assert.Equal(await store.ExportAsync(Search(query), To("whole"), format, limits, cancellation: Stop), await store.ExportAsync(Search(query), To("slices"), format, limits with { SortedAtOnce = atOnce }, cancellation: Stop));
        }

        var limit = new LogExportLimits { SortedAtOnce = atOnce };
        foreach (var most in new[] { 5_000_000, 41, 7 })
        {
            var whole = await store.ExportAsync(Search(query), To("whole"), LogExportFormat.Parquet, new LogExportLimits(Events: most), cancellation: Stop);
            var slices = await store.ExportAsync(Search(query), To("slices"), LogExportFormat.Parquet, limit with { Events = most }, cancellation: Stop);
            Assert.Equal((whole.Rows, whole.Total), (slices.Rows, slices.Total));
            Assert.Equal(Rows("whole"), Rows("slices"));
            Assert.Equal(whole.Rows, Rows("slices").Count);
        }

        Assert.Equal(["slices", "whole"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());

        List<string> Rows(string name) => Query($"SELECT t::VARCHAR FROM read_parquet('{To(name)}') t", row => row.GetString(0));
    }

    [Fact]
    public async Task Slices_of_a_file_that_would_be_too_large_or_is_stopped_are_not_left()
    {
        await using var store = await FilledAsync();
        var whole = await store.ExportAsync(Search(""), To("whole"), LogExportFormat.Parquet, cancellation: Stop);
        await Assert.ThrowsAsync<IOException>(() => store.ExportAsync(Search(""), To("large"), LogExportFormat.Parquet, new LogExportLimits(Bytes: whole.Bytes * 3 / 4) { SortedAtOnce = 30 }, cancellation: Stop));
        foreach (var after in new[] { 2, int.MaxValue })
        {
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var told = new List<double>();
            var export = () => store.ExportAsync(Search(""), To("slices"), LogExportFormat.Parquet, new LogExportLimits { SortedAtOnce = 30 }, new Told(value =>
            {
                told.Add(value.Fraction);
                if (told.Count == after) stopping.Cancel();
            }), stopping.Token);
            if (after == 2) await Assert.ThrowsAnyAsync<OperationCanceledException>(export);
            else Assert.Equal(300, (await export()).Rows);
            Assert.Equal(told.Order(), told);
            Assert.True(told.Count >= 2 && told.TrueForAll(value => value is > 0 and <= 1));
            Assert.Equal(after == 2 ? ["whole"] : ["slices", "whole"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        }
    }

    private sealed class Told(Action<LogExportProgress> tell) : IProgress<LogExportProgress>
    {
        public void Report(LogExportProgress value) => tell(value);
    }

    [Fact]
    public async Task A_table_is_written_in_all_formats()
    {
        await using var store = await FilledAsync();
        var search = Search("| stats count, avg(n), max(time) by host, severity | sort -count");
        var expected = await store.TableAsync(search, 10_000, Stop);
        Assert.Equal(expected.Rows.Count, (await store.ExportAsync(search, To("t.csv"), LogExportFormat.Csv, cancellation: Stop)).Rows);
        Assert.Equal(expected.Columns.Select(c => c.Name), Cells(await File.ReadAllTextAsync(To("t.csv"), Stop))[0]);
        Assert.Equal(expected.Rows.Count, (await store.ExportAsync(search, To("t.jsonl"), LogExportFormat.JsonLines, cancellation: Stop)).Rows);
        Assert.Equal(expected.Rows.Count, (await store.ExportAsync(search, To("t.parquet"), LogExportFormat.Parquet, cancellation: Stop)).Rows);
        Assert.Equal(
            expected.Rows.Select(r => ((string?)r[0], (long)r[2]!, ((DateTimeOffset)r[4]!).UtcDateTime)),
            Query($"SELECT host, \"count\", COLUMNS('max.*') FROM read_parquet('{To("t.parquet")}')", row => (row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1), row.GetDateTime(2))));
        var cut = await store.ExportAsync(search, To("t2.parquet"), LogExportFormat.Parquet, new LogExportLimits(Events: 3), cancellation: Stop);
        Assert.Equal((3, true), (cut.Rows, cut.IsCut));
    }

    [Fact]
    public async Task A_limit_ends_the_file_after_a_whole_row_and_says_so()
    {
        await using var store = await FilledAsync();
        var some = await store.ExportAsync(Search(""), To("some.jsonl"), LogExportFormat.JsonLines, new LogExportLimits(Events: 7), cancellation: Stop);
        Assert.Equal((7, 300, true), (some.Rows, some.Total, some.IsCut));
        var small = await store.ExportAsync(Search(""), To("small.csv"), LogExportFormat.Csv, new LogExportLimits(Bytes: 2_000), cancellation: Stop);
        Assert.True(small.IsCut && small.Bytes <= 2_000 && small.Rows is > 3 and < 20);
        Assert.Equal(small.Rows + 1, Cells(await File.ReadAllTextAsync(To("small.csv"), Stop)).Count);
        Assert.Equal((5, true), await store.ExportAsync(Search(""), To("some.parquet"), LogExportFormat.Parquet, new LogExportLimits(Events: 5), cancellation: Stop) is var five ? (five.Rows, five.IsCut) : default);
        await Assert.ThrowsAsync<IOException>(() => store.ExportAsync(Search(""), To("large.parquet"), LogExportFormat.Parquet, new LogExportLimits(Bytes: 100), cancellation: Stop));
        Assert.False(File.Exists(To("large.parquet")) || File.Exists(To("large.parquet.part")));
    }

    [Fact]
    public async Task An_export_that_is_stopped_leaves_nothing()
    {
        await using var store = await FilledAsync();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await stopping.CancelAsync();
        foreach (var format in Enum.GetValues<LogExportFormat>())
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ExportAsync(Search(""), To("never"), format, cancellation: stopping.Token));
        Assert.Empty(Directory.GetFiles(folder, "never*"));
    }

    [Fact]
    public async Task A_query_that_is_cancelled_stops_working()
    {
        await using var store = LogStore.Open(To("store"));
        // Many different values: counting them takes the database long.
        var text = string.Join(' ', Enumerable.Range(0, 400).Select(i => $"word{i}"));
        for (var i = 0; i < 3; i++) await store.AppendAsync([.. Enumerable.Range(0, 10_000).Select(n => Event(i * 10_000 + n, text))], Stop);
        await store.SealAsync(Stop);
        // Each alternative is looked for in each of the long lines.
        var search = Search(string.Join(" OR ", Enumerable.Range(0, 110).Select(i => $"/w(o|0)rd{i}x+y?{i}$/")));
        await store.HistogramAsync(search, cancellation: Stop);
        var began = Stopwatch.GetTimestamp();
        await store.HistogramAsync(search, cancellation: Stop);
        var whole = Stopwatch.GetElapsedTime(began);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        began = Stopwatch.GetTimestamp();
        var running = store.HistogramAsync(search, cancellation: stopping.Token);
        stopping.CancelAfter(whole / 8);
        // The task is the thread that waits for the database: it ends when that has let go, not when the answer is given up.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(Stopwatch.GetElapsedTime(began) < whole, "It worked on for as long as one that nobody cancels.");
    }

    private static List<T> Query<T>(string sql, Func<DuckDBDataReader, T> read)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private static string Unguarded(string cell) => cell.StartsWith('\'') && cell.TrimStart('\'') is { Length: > 0 } rest && "=+-@\t\r\n＝＋－＠".Contains(rest[0]) ? cell[1..] : cell;

    // RFC 4180, as somebody without the product would read it.
    private static List<List<string>> Cells(string text)
    {
        var rows = new List<List<string>> { new() };
        var (cell, quoted) = (new StringBuilder(), false);
        for (var i = text.StartsWith('\ufeff') ? 1 : 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
            else if (text[i] == '"') quoted = !quoted;
            else if (!quoted && text[i] is ',' or '\n' && !quoted)
            {
                rows[^1].Add(cell.ToString());
                cell.Clear();
                if (text[i] == '\n') rows.Add([]);
            }
            else if (quoted || text[i] != '\r') cell.Append(text[i]);
        }

        rows.RemoveAt(rows.Count - 1);
        return rows;
    }
}
