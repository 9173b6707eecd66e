using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Hufu.Kernel;
using Hufu.Logs.Rows;
using Hufu.Logs.Tail;

namespace Hufu.Logs.Tests.Rows;

/// <summary>Rows by a bookmark: each once, whatever ties, late commits, kills and failures there are.</summary>
public sealed class RowTailTests : IDisposable
{
    private static readonly string[] Names = ["id", "text"];
    private readonly string root = Directory.CreateTempSubdirectory("rows").FullName;
    private int states;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(BookmarkKind.Integer)]
    [InlineData(BookmarkKind.Text)]
    [InlineData(BookmarkKind.Time)]
    public async Task Rows_are_taken_as_they_come_with_their_number(BookmarkKind kind)
    {
        var (table, sink) = (new Table(kind), new Sink());
        for (var i = 1; i <= 5; i++) table.Add(i, "row " + i);
        await using var tail = RowTail.Start(Options(kind) with { Batch = 2 }, table, sink);
        await sink.HasCountAsync(5);
        table.Add(9, "row 9");
        await sink.HasCountAsync(6);
        Assert.Equal(["1", "2", "3", "4", "5", "6"], sink.Events.Select(e => e.Field("log.row")));
        Assert.All(sink.Events, e => Assert.Equal(("LDB-1", "database", "rows"), (e.Field("log.database"), e.Format, e.Source)));
        Assert.Equal("row 9", sink.Events[^1].Field("text"));
        for (var i = 0; i < 100 && tail.State.Rows < 6; i++) await Task.Delay(20, Stop);
        Assert.Equal((6, 0, Table.Mark(kind, 9), TimeSpan.Zero, null), (tail.State.Rows, tail.State.Faulty, tail.State.Bookmark, tail.State.Lag, tail.State.Problem));
        Assert.True(tail.State.PerMinute > 1);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 45)];

    /// <summary>Writers that allot and commit in different orders, ties, rows that are alike in all, and a kill at whatever moment, against what was written.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_each_row_is_stored_once(int seed)
    {
        var random = new Random(seed);
        var kind = (BookmarkKind)(seed % 3);
        // Strict, ties, overlap, overlap with a unique column.
        var mode = seed / 3 % 4;
        if (kind is BookmarkKind.Text && mode > 1) mode = 1;
        var table = new Table(kind) { Inclusive = mode == 1 || random.Next(2) == 0 };
        var options = Options(kind) with { Batch = random.Next(1, 8), HasTies = mode > 0, Overlap = mode > 1 ? 12 : 0, UniqueColumn = mode == 3 ? "text" : "", Every = TimeSpan.FromMilliseconds(3) };
        var sink = new Sink();
        var (killAt, point) = (random.Next(1, 6), random.Next(4));
        string? died = null;
        var calls = 0;
        sink.At = where =>
        {
            if (where == 0) calls++;
            // What is on the disk and in the store at this moment is what the next process finds.
            if (died is null && calls == killAt && where == point) died = sink.Freeze(options.StateFile);
        };
        var tail = RowTail.Start(options, table, sink);
        var waiting = new List<(int Id, string Text, int Due)>();
        var next = 0;
        for (var step = 0; step < 120; step++)
        {
            for (var many = mode == 0 ? 1 : random.Next(1, 4); many > 0; many--)
            {
                var id = mode == 0 ? ++next : next += random.Next(2);
                // Some are alike in all.
                var text = mode is 1 or 2 && random.Next(5) == 0 ? "alike" : string.Create(CultureInfo.InvariantCulture, $"row {step}.{many}");
                if (mode > 1 && random.Next(3) == 0) waiting.Add((id, text, step + random.Next(1, 4)));
                else table.Add(id, text);
            }

            foreach (var late in waiting.Where(w => w.Due <= step).ToList())
            {
                waiting.Remove(late);
                table.Add(late.Id, late.Text);
            }

            if (random.Next(3) == 0) await Task.Delay(random.Next(4), Stop);
            if (died is not null && sink.IsFrozen)
            {
                await tail.DisposeAsync();
                File.Delete(options.StateFile);
                if (died.Length > 0) await File.WriteAllTextAsync(options.StateFile, died, Stop);
                sink.Thaw();
                tail = RowTail.Start(options, table, sink);
            }
        }

        foreach (var late in waiting) table.Add(late.Id, late.Text);
        for (var i = 0; i < 500 && (sink.IsFrozen || sink.Events.Count < table.Count); i++)
        {
            await Task.Delay(10, Stop);
            if (!sink.IsFrozen) continue;
            await tail.DisposeAsync();
            File.Delete(options.StateFile);
            if (died!.Length > 0) await File.WriteAllTextAsync(options.StateFile, died, Stop);
            sink.Thaw();
            tail = RowTail.Start(options, table, sink);
        }

        // And nothing comes again.
        await Task.Delay(60, Stop);
        Assert.Null(tail.State.Problem);
        await tail.DisposeAsync();
        Assert.Equal(table.All().Order(StringComparer.Ordinal), sink.Events.Select(e => e.Raw).Order(StringComparer.Ordinal));
        Assert.NotNull(died);
        Assert.Equal(Enumerable.Range(1, table.Count).Select(i => i.ToString(CultureInfo.InvariantCulture)), sink.Events.Select(e => e.Field("log.row")));
    }

    [Fact]
    public async Task Rows_that_are_committed_late_are_lost_without_an_overlap_and_found_with_one()
    {
        foreach (var overlap in (int[])[0, 10])
        {
            var (table, sink) = (new Table(BookmarkKind.Integer) { Inclusive = true }, new Sink());
            table.Add(20, "first");
            await using var tail = RowTail.Start(Options(BookmarkKind.Integer) with { HasTies = true, Overlap = overlap }, table, sink);
            await sink.HasCountAsync(1);
            table.Add(15, "late");
            table.Add(20, "tie");
            table.Add(9, "too late");
            await sink.HasCountAsync(overlap > 0 ? 3 : 2);
            await Task.Delay(80, Stop);
            Assert.Equal(overlap > 0 ? ["first", "late", "tie"] : ["first", "tie"], sink.Events.Select(e => e.Field("text")));
        }
    }

    [Theory]
    [InlineData(BookmarkKind.Integer)]
    [InlineData(BookmarkKind.Text)]
    [InlineData(BookmarkKind.Time)]
    public async Task From_now_passes_over_what_is_there_also_at_the_bookmark(BookmarkKind kind)
    {
        var (table, sink) = (new Table(kind) { Inclusive = true }, new Sink());
        for (var i = 1; i <= 30; i++) table.Add(Math.Min(i, 25), "old " + i);
        var options = Options(kind) with { FromNow = true, HasTies = true, Overlap = kind is BookmarkKind.Text ? 0 : 7, Batch = 3 };
        await using (var tail = RowTail.Start(options, table, sink))
        {
            for (var i = 0; i < 200 && tail.State.Bookmark is null; i++) await Task.Delay(10, Stop);
            table.Add(25, "new at the bookmark");
            table.Add(31, "new");
            await sink.HasCountAsync(2);
        }

        // Another query gives other rows of the same things: what was taken is not taken again.
        table.Wider = true;
        await using (RowTail.Start(options with { Query = "wider" }, table, sink))
        {
            await Task.Delay(100, Stop);
            table.Add(32, "wider");
            await sink.HasCountAsync(3);
        }

        // And what is another table is begun anew, as settings say.
        await using (RowTail.Start(options with { Identity = "other", FromNow = false, Query = "wider" }, table, sink)) await sink.HasCountAsync(3 + 33);
        Assert.Equal(36, sink.Events.Select(e => e.Field("log.row")).Distinct().Count());
    }

    [Fact]
    public async Task A_changed_row_with_a_later_bookmark_is_told_again_by_its_unique_column()
    {
        var (table, sink) = (new Table(BookmarkKind.Integer) { Inclusive = true }, new Sink());
        table.Add(1, "account");
        await using var tail = RowTail.Start(Options(BookmarkKind.Integer) with { Overlap = 10, UniqueColumn = "text" }, table, sink);
        await sink.HasCountAsync(1);
        table.Add(2, "account");
        await sink.HasCountAsync(2);
        table.Add(2, "account");
        for (var i = 0; i < 200 && tail.State.Problem is null; i++) await Task.Delay(10, Stop);
        Assert.Contains("not unique", tail.State.Problem!.En, StringComparison.Ordinal);
        Assert.Equal(2, sink.Events.Count);
    }

    [Fact]
    public async Task What_a_query_does_wrong_is_told_and_nothing_is_stored_of_it()
    {
        await ToldAsync("not in the order", Options(BookmarkKind.Integer), table =>
        {
            table.Unordered = true;
            table.Add(2, "b");
            table.Add(1, "a");
        });
        await ToldAsync("same bookmark", Options(BookmarkKind.Integer), table =>
        {
            table.Add(1, "a");
            table.Add(1, "b");
        });
        await ToldAsync("no column “nowhere”; it gives id, text", Options(BookmarkKind.Integer) with { BookmarkColumn = "nowhere" }, table => table.Add(1, "a"));
        await ToldAsync("no whole number", Options(BookmarkKind.Integer) with { BookmarkColumn = "text" }, table => table.Add(1, "a"));
        await ToldAsync("is no time", Options(BookmarkKind.Time) with { BookmarkColumn = "text" }, table => table.Add(1, "a"));
        await ToldAsync("must have 1 to 1000", Options(BookmarkKind.Text) with { BookmarkColumn = "text" }, table => table.Add(1, new string('x', 1_001)));
        await ToldAsync("in the dark", Options(BookmarkKind.Integer), table => table.Failure = new RowSourceException(Error.Of("x", "黑暗中", "in the dark")));
        await ToldAsync("whatever", Options(BookmarkKind.Integer), table => table.Failure = new NotSupportedException("whatever"));

        async Task ToldAsync(string words, RowTailOptions options, Action<Table> prepare)
        {
            var (table, sink) = (new Table(options.Kind), new Sink());
            prepare(table);
            await using var tail = RowTail.Start(options with { StateFile = State() }, table, sink);
            for (var i = 0; i < 300 && tail.State.Problem is null; i++) await Task.Delay(10, Stop);
            Assert.Contains(words, tail.State.Problem?.En, StringComparison.Ordinal);
            Assert.Empty(sink.Events);
        }
    }

    [Fact]
    public async Task A_query_that_ignores_the_bookmark_is_told()
    {
        var (table, sink) = (new Table(BookmarkKind.Integer) { Inclusive = true }, new Sink());
        table.Add(1, "a");
        table.Add(2, "b");
        await using var tail = RowTail.Start(Options(BookmarkKind.Integer), table, sink);
        await sink.HasCountAsync(2);
        table.IgnoresBookmark = true;
        for (var i = 0; i < 300 && tail.State.Problem is null; i++) await Task.Delay(10, Stop);
        Assert.Contains("before the bookmark (1)", tail.State.Problem?.En, StringComparison.Ordinal);
        table.IgnoresBookmark = false;
        table.Add(3, "c");
        await sink.HasCountAsync(3);
    }

    [Fact]
    public async Task A_store_that_fails_is_tried_again_and_one_that_failed_after_storing_is_not()
    {
        var (table, sink) = (new Table(BookmarkKind.Integer), new Sink());
        for (var i = 1; i <= 20; i++) table.Add(i, "row " + i);
        var count = 0;
        sink.At = where =>
        {
            // Before the place is told, before storing, and after it.
            if (where < 3 && ++count <= 6 && count % 2 == 1) throw new IOException("no room");
        };
        await using var tail = RowTail.Start(Options(BookmarkKind.Integer) with { Batch = 4 }, table, sink);
        await sink.HasCountAsync(20);
        await Task.Delay(100, Stop);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => "row " + i), sink.Events.Select(e => e.Field("text")));
    }

    [Fact]
    public async Task A_damaged_memory_stops_the_reading_instead_of_storing_everything_twice()
    {
        var (table, sink) = (new Table(BookmarkKind.Integer), new Sink());
        table.Add(1, "a");
        var options = Options(BookmarkKind.Integer);
        await File.WriteAllTextAsync(options.StateFile, "{\"Identity\":", Stop);
        await using var tail = RowTail.Start(options, table, sink);
        for (var i = 0; i < 300 && tail.State.Problem is null; i++) await Task.Delay(10, Stop);
        Assert.Contains(options.StateFile, tail.State.Problem?.En, StringComparison.Ordinal);
        Assert.Empty(sink.Events);
    }

    [Fact]
    public async Task The_lowest_numbers_and_times_have_room_for_an_overlap()
    {
        foreach (var kind in (BookmarkKind[])[BookmarkKind.Integer, BookmarkKind.Time])
        {
            var (table, sink) = (new Table(kind) { Inclusive = true }, new Sink());
            table.AddAt(kind is BookmarkKind.Integer ? "-9223372036854775807" : "0002-01-01 00:00:00", "first");
            await using var tail = RowTail.Start(Options(kind) with { HasTies = true, Overlap = 1_000_000_000, StateFile = State() }, table, sink);
            await sink.HasCountAsync(1);
            for (var i = 0; i < 20; i++)
            {
                await Task.Delay(10, Stop);
                Assert.Null(tail.State.Problem);
            }

            Assert.Single(sink.Events);
        }
    }

    [Fact]
    public async Task Trying_gives_events_and_stores_nothing()
    {
        var table = new Table(BookmarkKind.Integer);
        for (var i = 1; i <= 30; i++) table.Add(i, "row " + i);
        var options = Options(BookmarkKind.Integer);
        var events = await RowTail.TryAsync(options, table, 20, Stop);
        Assert.Equal((20, "row 20"), (events.Count, events[^1].Field("text")));
        Assert.False(File.Exists(options.StateFile));
        table.Add(30, "row 31");
        await Assert.ThrowsAsync<RowSourceException>(() => RowTail.TryAsync(options, table, 100, Stop));
    }

    private RowTailOptions Options(BookmarkKind kind) => new() { Name = "LDB-1", Source = "rows", StateFile = State(), Identity = "table", BookmarkColumn = "id", Kind = kind, Every = TimeSpan.FromMilliseconds(20) };

    private string State() => Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{++states}.json"));

    /// <summary>A table with a query: rows from the bookmark on, in its order; of those at the same bookmark in any.</summary>
    private sealed class Table(BookmarkKind kind) : IRowSource
    {
        private readonly Lock gate = new();
        private readonly List<(string Mark, string Text)> rows = [];
        private readonly Random random = new(7);

        /// <summary>True for <c>&gt;=</c>, false for <c>&gt;</c>.</summary>
        public bool Inclusive { get; init; }

        public bool Unordered { get; set; }

        public bool IgnoresBookmark { get; set; }

        public bool Wider { get; set; }

        public Exception? Failure { get; set; }

        public int Count
        {
            get
            {
                lock (gate) return rows.Count;
            }
        }

        public static string Mark(BookmarkKind kind, int id) => kind switch
        {
            BookmarkKind.Integer => id.ToString(CultureInfo.InvariantCulture),
            BookmarkKind.Text => string.Create(CultureInfo.InvariantCulture, $"k{id:D6}"),
            _ => new DateTime(2026, 11, 29, 9, 59, 0).AddMilliseconds(id * 1_000L + id % 7).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        };

        public void Add(int id, string text) => AddAt(Mark(kind, id), text);

        public void AddAt(string mark, string text)
        {
            lock (gate) rows.Add((mark, text));
        }

        public IEnumerable<string> All()
        {
            lock (gate) return [.. rows.Select(row => kind is BookmarkKind.Integer ? $$"""{"id":{{row.Mark}},"text":"{{row.Text}}"}""" : $$"""{"id":"{{row.Mark}}","text":"{{row.Text}}"}""")];
        }

        public async IAsyncEnumerable<Row> ReadAsync(string? after, [EnumeratorCancellation] CancellationToken cancellation)
        {
            if (Failure is not null) throw Failure;
            List<(string Mark, string Text)> found;
            lock (gate)
            {
                found = [.. rows.Where(row => after is null || IgnoresBookmark || Compare(row.Mark, after) is var c && (c > 0 || (Inclusive && c == 0)))];
                // The order of ties is the database's affair, and another each time.
                if (!Unordered) found = [.. found.OrderBy(_ => random.Next()).Order(Comparer<(string Mark, string Text)>.Create((a, b) => Compare(a.Mark, b.Mark)))];
            }

            foreach (var (mark, text) in found)
            {
                cancellation.ThrowIfCancellationRequested();
                var id = new RowValue(kind is BookmarkKind.Integer ? RowValueKind.Number : RowValueKind.Text, mark);
                yield return Wider ? RowBuilder.Of([.. Names, "more"], id, new RowValue(RowValueKind.Text, text), new RowValue(RowValueKind.Flag, "true")) : RowBuilder.Of(Names, id, new RowValue(RowValueKind.Text, text));
            }

            await Task.CompletedTask;
        }

        public Task<string?> LatestAsync(CancellationToken cancellation)
        {
            lock (gate) return Task.FromResult(rows.Count == 0 ? null : rows.Select(row => row.Mark).Order(Comparer<string>.Create(Compare)).Last());
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private int Compare(string a, string b) => kind is BookmarkKind.Integer ? long.Parse(a, CultureInfo.InvariantCulture).CompareTo(long.Parse(b, CultureInfo.InvariantCulture)) : string.CompareOrdinal(a, b);
    }

    private sealed class Sink : ITailSink
    {
        private readonly Lock gate = new();
        private readonly List<LogEvent> events = [];

        /// <summary>Told where storing stands: 0 before the place is noted, 1 after it, 2 after storing, 3 when the place is told.</summary>
        public Action<int>? At { get; set; }

        /// <summary>True when the process has died: nothing that it does counts.</summary>
        public bool IsFrozen { get; private set; }

        public List<LogEvent> Events
        {
            get
            {
                lock (gate) return [.. events];
            }
        }

        public string Freeze(string stateFile)
        {
            IsFrozen = true;
            return File.Exists(stateFile) ? File.ReadAllText(stateFile) : "";
        }

        public void Thaw() => IsFrozen = false;

        public async Task StoreAsync(IReadOnlyList<LogEvent> batch, Func<TailPlace, Task> before, CancellationToken cancellation)
        {
            await StepAsync(0, cancellation);
            await before(new TailPlace("00000001", Events.Count));
            await StepAsync(1, cancellation);
            lock (gate) events.AddRange(batch);
            await StepAsync(2, cancellation);
            await StepAsync(3, cancellation);
        }

        public LogEvent? EventAt(TailPlace place) => Events.ElementAtOrDefault(place.Row);

        public async Task HasCountAsync(int count)
        {
            var clock = Stopwatch.StartNew();
            while (Events.Count < count && clock.Elapsed < TimeSpan.FromSeconds(20)) await Task.Delay(10, Stop);
            Assert.Equal(count, Events.Count);
        }

        private async Task StepAsync(int where, CancellationToken cancellation)
        {
            At?.Invoke(where);
            // A dead process goes nowhere.
            if (IsFrozen) await Task.Delay(Timeout.Infinite, cancellation);
        }
    }
}
