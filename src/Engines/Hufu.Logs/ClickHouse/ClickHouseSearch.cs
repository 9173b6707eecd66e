using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.ClickHouse;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

public sealed partial class ClickHouseLogs
{
    // Events that are fetched by their places in one statement.
    private const int FetchedAtOnce = 1_000;

    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RememberDown = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(60);

    private DateTimeOffset partlyUntil;

    /// <inheritdoc />
    public Task<LogPage> SearchAsync(LogSearch search, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(search.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(search.Limit, 10_000);
        if (search.Query.IsTable) throw new ArgumentException("The query makes a table of the events.", nameof(search));
        return AskAsync(asking => PageAsync(asking, search), () => store.SearchAsync(search, cancellation), (page, notes) => page with { Notes = [.. page.Notes, .. notes] }, cancellation);
    }

    /// <inheritdoc />
    public Task<LogHistogram> HistogramAsync(LogSearch search, TimeSpan? width = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        return AskAsync(asking => HistogramAsync(asking, search, width), () => store.HistogramAsync(search, width, cancellation), (histogram, notes) => histogram with { Notes = [.. histogram.Notes, .. notes] }, cancellation);
    }

    /// <inheritdoc />
    public Task<LogValues> TopValuesAsync(LogSearch search, string field, int most = 10, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(field);
        return AskAsync(asking => TopAsync(asking, search, field, most), () => store.TopValuesAsync(search, field, most, cancellation), (values, notes) => new LogValues(values) { Notes = [.. values.Notes, .. notes] }, cancellation);
    }

    /// <inheritdoc />
    public Task<LogTable> TableAsync(LogSearch search, int most = 1_000, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, PipeParser.MaxRows);
        return AskAsync(asking => TableAsync(asking, search, most), () => store.TableAsync(search, most, cancellation), (table, notes) => table with { Notes = [.. table.Notes, .. notes] }, cancellation);
    }

    /// <summary>
    /// Asks ClickHouse, after what came in a moment ago was delivered. A shard that is down is left out and named; what ClickHouse does not answer at all, the
    /// store does.
    /// </summary>
    private async Task<T> AskAsync<T>(Func<Asking, Task<T>> ask, Func<Task<T>> here, Func<T, IReadOnlyList<LocalizedText>, T> with, CancellationToken cancellation)
    {
        if (await ServerAsync(cancellation).ConfigureAwait(false) is not { } asked) return with(await here().ConfigureAwait(false), [OfTheStore(problem)]);
        await CatchUpAsync(cancellation).ConfigureAwait(false);
        try
        {
            var notes = new List<LocalizedText>();
            var standing = Standing;
            if (standing.Waiting > 0)
                notes.Add(new LocalizedText($"還有 {Number(standing.Waiting)} 筆未送達 ClickHouse{(standing.WaitingSince is { } z ? $"（最早於 {z:yyyy-MM-dd HH:mm:ss} UTC 收到）" : "")}，不在這次結果裡。", $"{Number(standing.Waiting)} events are not delivered to ClickHouse yet{(standing.WaitingSince is { } since ? $" (the oldest came in at {since:yyyy-MM-dd HH:mm:ss} UTC)" : "")} and are not in this result."));
            if (clock.GetUtcNow() >= partlyUntil)
            {
                try
                {
                    return with(await ask(new Asking(asked, false, cancellation)).ConfigureAwait(false), notes);
                }
                catch (ClickHouseException e) when (e.IsShardDown && target.Cluster is not null)
                {
                    partlyUntil = clock.GetUtcNow() + RememberDown;
                }
            }

            notes.AddRange(await DownAsync(cancellation).ConfigureAwait(false));
            return with(await ask(new Asking(asked, true, cancellation)).ConfigureAwait(false), notes);
        }
        catch (DialectException)
        {
            // Whole, and of the store: nothing needs to be said.
            return await here().ConfigureAwait(false);
        }
        catch (Exception e) when (e is ClickHouseException or InvalidDataException)
        {
            if (e is ClickHouseException { Code: ClickHouseException.Unreachable })
            {
                lock (gate) (server, problem) = (null, e.Message);
                retryAt = clock.GetUtcNow() + Probe;
            }

            return with(await here().ConfigureAwait(false), [OfTheStore(e.Message)]);
        }
    }

    private static LocalizedText OfTheStore(string? why) => new($"ClickHouse 沒有回答，結果由本機的日誌庫查出：{why}", $"ClickHouse did not answer; this result is of this machine's own store: {why}");

    // What was acknowledged is found, unless there is more of it than a moment takes.
    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        if (Standing.Waiting == 0) return;
        try
        {
            // Whoever asked may go; what is on its way is not cut off for that.
            await DeliverAsync(CancellationToken.None).WaitAsync(CatchUp, clock, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on behind; the answer says what is not in it.
        }
    }

    /// <summary>Which shards do not answer, and how much of the events they have.</summary>
    private async Task<List<LocalizedText>> DownAsync(CancellationToken cancellation)
    {
        List<Shard> all;
        lock (gate) all = [.. shards];
        var extent = store.Extent();
        var notes = new List<LocalizedText>();
        foreach (var (shard, up) in all.Zip(await Task.WhenAll(all.Select(shard => IsUpAsync(shard, cancellation))).ConfigureAwait(false)))
        {
            if (up) continue;
            Waiting(extent, shard, out var delivered);
            notes.Add(new LocalizedText(
                $"分片 {shard.Index + 1}/{all.Count}（{shard.Address.Authority}）沒有回應：它所存的 {Number(delivered)} 筆（含已刪除的）不在這次結果裡。",
                $"Shard {shard.Index + 1} of {all.Count} ({shard.Address.Authority}) does not answer: the {Number(delivered)} events that it has, removed ones counted in, are not in this result."));
        }

        // It came back in between, or the others cannot reach it where we can.
        if (notes.Count == 0) notes.Add(new LocalizedText("叢集裡有一個分片沒有回應，它所存的日誌可能不在這次結果裡。", "A shard of the cluster did not answer; the events that it has may not be in this result."));
        return notes;
    }

    private async Task<bool> IsUpAsync(Shard shard, CancellationToken cancellation)
    {
        try
        {
            await At(shard.Address).RunAsync(new ClickHouseRequest("SELECT 1 FORMAT RowBinary") { Timeout = CatchUp }, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ClickHouseException)
        {
            return false;
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static async Task<LogPage> PageAsync(Asking asking, LogSearch search)
    {
        var sql = asking.Compile(search);
        var place = "";
        if (search.After is { } after)
        {
            var (segment, row) = (SegmentTable.Number(after.EventId[..8]), after.EventId[9..]);
            place = string.Create(CultureInfo.InvariantCulture, $" AND time <= {after.TimeMicroseconds} AND (time < {after.TimeMicroseconds} OR segment < {segment} OR (segment = {segment} AND \"row\" < {int.Parse(row, CultureInfo.InvariantCulture)}))");
        }

        // First the places, by the narrow columns; then the wide columns of those rows alone.
        var rows = await asking.RunAsync(sql, string.Create(CultureInfo.InvariantCulture, $"SELECT time, toInt32(segment), toInt32(\"row\") FROM {asking.Server.Events} WHERE {sql.Condition}{place} ORDER BY time DESC, segment DESC, \"row\" DESC LIMIT {search.Limit + 1}")).ConfigureAwait(false);
        var places = new List<(long Time, int Segment, int Row)>();
        while (!rows.Ended) places.Add((rows.Int64(), rows.Int32(), rows.Int32()));
        var more = places.Count > search.Limit;
        if (more) places.RemoveAt(search.Limit);
        var events = new List<LogEvent>(places.Count);
        foreach (var part in places.Chunk(FetchedAtOnce))
        {
            var named = string.Join(", ", part.Select(one => string.Create(CultureInfo.InvariantCulture, $"({one.Segment}, {one.Row})")));
            var found = await asking.BytesAsync([], string.Create(CultureInfo.InvariantCulture, $"SELECT {asking.Server.Table.Selected} FROM {asking.Server.Events} WHERE time >= {part[^1].Time} AND time <= {part[0].Time} AND (segment, \"row\") IN ({named})")).ConfigureAwait(false);
            var byId = new Dictionary<string, LogEvent>(StringComparer.Ordinal);
            foreach (var (item, _) in asking.Server.Table.Read(found)) byId[item.Id] = item;
            foreach (var (_, segment, row) in part)
            {
                // A shard that went in between: the answer must not be silently less.
                if (!byId.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{segment:D8}/{row}"), out var item)) throw new InvalidDataException("An event that was found could not be read.");
                events.Add(item);
            }
        }

        return new LogPage(events, more ? new LogCursor(places[^1].Time, events[^1].Id) : null, 0);
    }

    private static async Task<LogHistogram> HistogramAsync(Asking asking, LogSearch search, TimeSpan? width)
    {
        var sql = asking.Compile(search);
        var range = await asking.RunAsync(sql, $"SELECT toInt64(count()), min(time), max(time) FROM {asking.Server.Events} WHERE {sql.Condition}").ConfigureAwait(false);
        if (range.Int64() == 0) return LogStore.Sliced(search, width, null, out _, out _);
        var slices = LogStore.Sliced(search, width, (range.Int64(), range.Int64()), out var start, out var last);
        var size = (long)slices.Width.TotalSeconds * 1_000_000;
        var rows = await asking.RunAsync(sql, string.Create(CultureInfo.InvariantCulture, $"""
            SELECT toInt64(intDiv(time - toInt64({start}), toInt64({size}))) AS slot, toInt64(countIf(ifNull(severity <= 3, 0))), toInt64(countIf(ifNull(severity = 4, 0))), toInt64(count())
            FROM {asking.Server.Events} WHERE {sql.Condition} GROUP BY slot
            """)).ConfigureAwait(false);
        var counts = new Dictionary<long, (long, long, long)>();
        while (!rows.Ended) counts[rows.Int64()] = (rows.Int64(), rows.Int64(), rows.Int64());
        return LogStore.Filled(slices.Width, start, last, counts);
    }

    private static async Task<LogValues> TopAsync(Asking asking, LogSearch search, string field, int most)
    {
        var sql = asking.Compile(search);
        var column = sql.Column(field);
        var rows = await asking.RunAsync(sql, string.Create(CultureInfo.InvariantCulture, $"SELECT toString(assumeNotNull({column})) AS v, toInt64(count()) AS n FROM {asking.Server.Events} WHERE {sql.Condition} AND isNotNull({column}) GROUP BY v ORDER BY n DESC, v LIMIT {Math.Clamp(most, 1, 10_000)}")).ConfigureAwait(false);
        var values = new List<ValueCount>();
        while (!rows.Ended) values.Add(new ValueCount(rows.Text(), rows.Int64()));
        return new LogValues(values);
    }

    private static async Task<LogTable> TableAsync(Asking asking, LogSearch search, int most)
    {
        var sql = asking.Compile(search);
        var commands = search.Query.Commands;
        var pipe = PipeSql.Compile(sql, commands, asking.Server.Events, (long)search.DayOffset.TotalSeconds, most + 1);
        var read = await asking.RunAsync(sql, pipe.Text).ConfigureAwait(false);
        return LogStore.Tabled(commands, pipe.Columns, most, read.Ended ? [] : Rows());

        IEnumerable<object?[]> Rows()
        {
            while (!read.Ended)
            {
                var values = new object?[pipe.Columns.Count];
                for (var i = 0; i < values.Length; i++)
                {
                    if (read.Byte() != 0) continue;
                    values[i] = pipe.Columns[i].Type switch
                    {
                        LogColumnType.Text => read.Text(),
                        LogColumnType.Integer => read.Int64(),
                        LogColumnType.Number => read.Double() is var number && double.IsFinite(number) ? number : null,
                        LogColumnType.Time => EventCodec.Time(read.Int64()),
                    };
                }

                yield return values;
            }
        }
    }

    /// <summary>One question.</summary>
    private sealed record Asking(Server Server, bool WithoutDown, CancellationToken Cancellation)
    {
        public SearchSql Compile(LogSearch search) => SearchSql.Compile(search.Query, search.From, search.To, new ClickHouseDialect(Server.Features));

        public async Task<RowReader> RunAsync(SearchSql sql, string text) => new(await BytesAsync(sql.Parameters, text).ConfigureAwait(false));

        public Task<byte[]> BytesAsync(IReadOnlyList<(string Name, object Value)> parameters, string text)
        {
            List<(string, string)> settings = [("max_query_size", "16777216"), ("max_ast_elements", "1000000"), ("max_expanded_ast_elements", "5000000"), ("max_execution_time", "60"), ("skip_unavailable_shards", WithoutDown ? "1" : "0")];
            if (Server.Features.CancelOnClose) settings.Add(("cancel_http_readonly_queries_on_client_close", "1"));
            return Server.Client.RunAsync(new ClickHouseRequest(text + " FORMAT RowBinary") { Parameters = parameters, Settings = settings, Timeout = QueryTimeout }, Cancellation);
        }
    }
}
