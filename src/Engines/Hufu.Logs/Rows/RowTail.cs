using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Tail;

namespace Hufu.Logs.Rows;

/// <summary>
/// Reads a table on by its bookmark: each row becomes an event, once. How far was read is kept so that a process that is killed loses nothing and stores
/// nothing twice: before a batch goes to the store it is noted where it will lie, and after a crash that place is looked at.
/// </summary>
public sealed class RowTail : IAsyncDisposable
{
    /// <summary>Most rows that are remembered because they come again.</summary>
    public const int MaxRemembered = 100_000;

    // Of a batch, in characters.
    private const long MaxBatch = 8L << 20;
    private const int RateMinutes = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestStorePause = TimeSpan.FromSeconds(10);

    private readonly RowTailOptions options;
    private readonly IRowSource source;
    private readonly ITailSink sink;
    private readonly CancellationTokenSource stopping = new();
    private readonly Queue<(DateTimeOffset At, int Rows)> recent = new();
    private readonly Task running;
    private RowMemory memory = new();
    private volatile RowTailState state = new(0, 0, null, null, null, null, null, 0, null);
    private int disposed;

    private RowTail(RowTailOptions options, IRowSource source, ITailSink sink)
    {
        (this.options, this.source, this.sink) = (options, source, sink);
        running = Task.Run(RunAsync);
    }

    /// <summary>How it stands now.</summary>
    public RowTailState State => state;

    /// <summary>Starts to read. The source is let go with it.</summary>
    public static RowTail Start(RowTailOptions options, IRowSource source, ITailSink sink)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sink);
        return new RowTail(options, source, sink);
    }

    /// <summary>The first rows as they would be stored. Nothing is.</summary>
    /// <exception cref="RowSourceException">They cannot be read.</exception>
    public static async Task<IReadOnlyList<LogEvent>> TryAsync(RowTailOptions options, IRowSource source, int count, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(source);
        var (events, last, lastText) = (new List<LogEvent>(), long.MinValue, (string?)null);
        await foreach (var row in source.ReadAsync(null, cancellation).ConfigureAwait(false))
        {
            var (value, at) = Marked(row, options);
            Ordered(at, value, last, lastText, options);
            if (options.UniqueColumn.Length > 0) ValueOf(row, options.UniqueColumn);
            (last, lastText) = (at, value);
            events.Add(RowEvents.Of(row, options, options.Clock.GetUtcNow(), events.Count + 1));
            if (events.Count >= count) break;
        }

        return events;
    }

    /// <summary>Stops. What is not stored is read by the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var cancellation = stopping.Token;
        var (recalled, pause) = (false, FirstPause);
        try
        {
            while (true)
            {
                try
                {
                    if (!recalled) Recall();
                    recalled = true;
                    var whole = await PassAsync(cancellation).ConfigureAwait(false);
                    Tell(null);
                    pause = FirstPause;
                    if (whole) await Task.Delay(options.Every, options.Clock, cancellation).ConfigureAwait(false);
                    continue;
                }
                catch (RowSourceException fault)
                {
                    Tell(fault.Error.Message);
                }
                catch (Exception fault) when (fault is not OperationCanceledException || !cancellation.IsCancellationRequested)
                {
                    // Whatever it is, the next pass tries again.
                    Tell(new LocalizedText(fault.Message, fault.Message));
                }

                await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopping is the way this ends.
        }
    }

    // ---- What is remembered

    private void Recall()
    {
        memory = RowMemory.Read(options.StateFile);
        var arrived = memory.Intent is { } intent && Arrived(intent) ? intent : null;
        if (memory.Identity != options.Identity) memory = new RowMemory { Identity = options.Identity, Number = memory.Number + (arrived?.Added.Count ?? 0) };
        else if (memory.Intent is not null) Remember(memory.With(arrived?.Added ?? [], options));
        Tell(null);
    }

    private bool Arrived(RowIntent intent) =>
        sink.EventAt(new TailPlace(intent.Segment, intent.Row)) is { } stored && stored.Source == intent.Source
            && stored.Field("log.database") == intent.Name && stored.Field("log.row") == intent.Number.ToString(CultureInfo.InvariantCulture);

    private void Remember(RowMemory next)
    {
        next.Write(options.StateFile);
        memory = next;
    }

    // ---- Where reading begins

    private async Task BeginAsync(CancellationToken cancellation)
    {
        // What rows are known by: all that the query gives of them, or the column that is unique.
        var known = string.Create(CultureInfo.InvariantCulture, $"{options.HasTies}/{options.Overlap}/{(options.UniqueColumn.Length > 0 ? options.UniqueColumn : "=" + options.Query)}");
        if (memory.Begun && memory.Known == known) return;
        var begun = memory with { Begun = true, Known = known, Taken = [] };
        if (!memory.Begun && options.FromNow) begun = begun with { High = await source.LatestAsync(cancellation).ConfigureAwait(false) };
        // Known otherwise than before, all that is there up to the bookmark counts as taken.
        if (options.Remembers && begun.High is not null) begun = begun with { Taken = await TakenAsync(begun.High, cancellation).ConfigureAwait(false) };
        Remember(begun);
    }

    private async Task<Dictionary<string, TakenRow>> TakenAsync(string high, CancellationToken cancellation)
    {
        var taken = new Dictionary<string, TakenRow>(StringComparer.Ordinal);
        var (floor, _) = RowMark.Floor(options, high);
        var highest = RowMark.Read(options.Kind, new RowValue(RowValueKind.Text, high), options.BookmarkColumn);
        await foreach (var row in source.ReadAsync(floor, cancellation).ConfigureAwait(false))
        {
            var (value, at) = Marked(row, options);
            if (options.Kind is BookmarkKind.Text ? value != high : at > highest) break;
            var key = KeyOf(row, value);
            taken[key] = new TakenRow(taken.GetValueOrDefault(key).Count + 1, at);
            if (taken.Count > MaxRemembered) throw TooMany();
        }

        return taken;
    }

    // ---- What is read

    /// <summary>Reads and stores one batch. True when that was all that there is for now.</summary>
    private async Task<bool> PassAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation).ConfigureAwait(false);
        var (floor, floorAt) = RowMark.Floor(options, memory.High);
        var highAt = memory.High is null ? long.MinValue : RowMark.Read(options.Kind, new RowValue(RowValueKind.Text, memory.High), options.BookmarkColumn);
        var (added, rows, seen) = (new List<AddedRow>(), new List<Row>(), new Dictionary<string, int>(StringComparer.Ordinal));
        var (whole, size, last, lastText) = (true, 0L, long.MinValue, (string?)null);
        await foreach (var row in source.ReadAsync(floor, cancellation).ConfigureAwait(false))
        {
            var (value, at) = Marked(row, options);
            Ordered(at, value, last, lastText, options);
            (last, lastText) = (at, value);
            if (options.Kind is not BookmarkKind.Text && at < floorAt) throw RowMark.Fault("logs.rows.before", $"查詢傳回書籤之前的列（{value}）；條件須為「{options.BookmarkColumn} > @after」或「>=」。", $"The query gives rows before the bookmark ({value}); its condition must be “{options.BookmarkColumn} > @after” or “>=”.");
            var key = KeyOf(row, value);
            if (!options.Remembers)
            {
                if (options.Kind is BookmarkKind.Text ? value == memory.High : at <= highAt && memory.High is not null) continue;
            }
            else
            {
                var times = seen[key] = seen.GetValueOrDefault(key) + 1;
                if (times > 1 && options.UniqueColumn.Length > 0) throw RowMark.Fault("logs.rows.not-unique", $"欄位「{options.UniqueColumn}」不是唯一：書籤「{value}」有兩列的值相同。", $"The column “{options.UniqueColumn}” is not unique: two rows at the bookmark “{value}” have the same value.");
                // Rows may be alike in all; as many as were taken are passed over, and no more.
                if (times <= memory.Taken.GetValueOrDefault(key).Count) continue;
            }

            added.Add(new AddedRow(key, at, value));
            rows.Add(row);
            foreach (var item in row.Values) size += item.Text.Length;
            if (rows.Count < options.Batch && size < MaxBatch) continue;
            whole = false;
            break;
        }

        var now = options.Clock.GetUtcNow();
        state = state with { LastRead = now };
        if (rows.Count > 0)
        {
            var after = memory.With(added, options);
            if (after.Taken.Count > MaxRemembered) throw TooMany();
            var events = rows.Select((row, i) => RowEvents.Of(row, options, now, memory.Number + 1 + i)).ToList();
            await StoreAsync(events, new RowIntent("", 0, options.Source, options.Name, memory.Number + 1, added), cancellation).ConfigureAwait(false);
            // They are stored, whether or not that can be written down.
            memory = after;
            Remember(after);
            recent.Enqueue((now, events.Count));
            state = state with { Rows = state.Rows + events.Count, Faulty = state.Faulty + events.Count(item => item.Problems.Count > 0), LastRow = events[^1].Time, LastTaken = now };
        }

        state = state with { Lag = whole ? TimeSpan.Zero : now - state.LastRow is { } lag && lag > TimeSpan.Zero ? lag : TimeSpan.Zero };
        return whole;
    }

    private async Task StoreAsync(List<LogEvent> events, RowIntent intent, CancellationToken cancellation)
    {
        RowIntent? noted = null;
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < LongestStorePause ? pause * 2 : LongestStorePause)
        {
            try
            {
                if (noted is not null && Arrived(noted)) return;
                await sink.StoreAsync(events, place =>
                {
                    noted = intent with { Segment = place.Segment, Row = place.Row };
                    Remember(memory with { Intent = noted });
                    return Task.CompletedTask;
                }, cancellation).ConfigureAwait(false);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // To give up here would be to lose rows; to store blindly, to have them twice.
                Tell(new LocalizedText(fault.Message, fault.Message));
            }

            await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private string KeyOf(Row row, string bookmark) => !options.Remembers ? "" : options.UniqueColumn.Length == 0
        ? row.Hash
        // A row that is changed and gets a later bookmark is told again.
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{bookmark}\0{ValueOf(row, options.UniqueColumn).Text}")).AsSpan(0, 16));

    private static (string Text, long At) Marked(Row row, RowTailOptions options)
    {
        var value = ValueOf(row, options.BookmarkColumn);
        return (value.Text, RowMark.Read(options.Kind, value, options.BookmarkColumn));
    }

    private static RowValue ValueOf(Row row, string column)
    {
        var found = -1;
        for (var i = 0; i < row.Names.Count; i++)
        {
            if (row.Names[i] == column) return row.Values[i];
            if (found < 0 && string.Equals(row.Names[i], column, StringComparison.OrdinalIgnoreCase)) found = i;
        }

        return found >= 0 ? row.Values[found] : throw RowMark.Fault("logs.rows.column", $"查詢結果沒有欄位「{column}」；有：{string.Join("、", row.Names.Take(40))}。", $"The query gives no column “{column}”; it gives {string.Join(", ", row.Names.Take(40))}.");
    }

    private static void Ordered(long at, string value, long last, string? lastText, RowTailOptions options)
    {
        if (lastText is null) return;
        if (at < last) throw RowMark.Fault("logs.rows.order", $"查詢未依書籤遞增排序：「{value}」在「{lastText}」之後。", $"The query is not in the order of the bookmark: “{value}” comes after “{lastText}”.");
        if (!options.Remembers && (options.Kind is BookmarkKind.Text ? value == lastText : at == last)) throw RowMark.Fault("logs.rows.tie", $"兩列的書籤相同（{value}）；請改為「可能相同」。", $"Two rows have the same bookmark ({value}): choose “rising with ties”.");
    }

    private static RowSourceException TooMany() => RowMark.Fault("logs.rows.too-many", $"超過 {MaxRemembered:N0} 列的書籤相同，或落在重讀範圍內；請縮小重讀範圍，或改用較細的書籤。", $"More than {MaxRemembered:N0} rows share a bookmark or lie in what is read again: make the overlap smaller, or take a finer bookmark.");

    private void Tell(LocalizedText? problem)
    {
        var now = options.Clock.GetUtcNow();
        while (recent.TryPeek(out var first) && now - first.At > TimeSpan.FromMinutes(RateMinutes)) recent.Dequeue();
        state = state with { Bookmark = memory.High, PerMinute = recent.Sum(one => (double)one.Rows) / RateMinutes, Problem = problem };
    }
}
