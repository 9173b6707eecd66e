using System.Globalization;
using DuckDB.NET.Data;
using Hufu.Kernel;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>A search with its time range and its place in the list of results.</summary>
public sealed record LogSearch
{
    /// <summary>What to find.</summary>
    public SearchQuery Query { get; init; } = SearchQuery.Everything;

    /// <summary>Events at or after this time; absent for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Events before this time; absent for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What the site's clock is ahead of UTC: where the days of a timechart begin. Default zero.</summary>
    public TimeSpan DayOffset { get; init; }

    /// <summary>Most events to return, 1 to 10,000. Default 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>True to fail, with a <see cref="ColdException"/>, rather than leave out a file of cold storage that cannot be had.</summary>
    public bool Whole { get; init; }

    /// <summary>
    /// For <see cref="LogStore.StretchesOf"/>: rows that an index knows to be without this may be left out. It decides nothing about an event: what is not left out
    /// may be without it.
    /// </summary>
    public LogNeed? Needs { get; init; }

    /// <summary>Go on after this place: <see cref="LogPage.Next"/> of the page before.</summary>
    public LogCursor? After { get; init; }
}

/// <summary>A place in a list of events that is ordered newest first.</summary>
/// <param name="TimeMicroseconds">Time of the last event seen, in microseconds since 1970 UTC.</param>
/// <param name="EventId">Its id.</param>
public sealed record LogCursor(long TimeMicroseconds, string EventId)
{
    /// <summary>The cursor as text for a URL.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TimeMicroseconds}-{EventId}");

    /// <summary>Reads a cursor from text; null when it is none.</summary>
    public static LogCursor? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var dash = text.LastIndexOf('-');
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time) && text.Length > dash + 10 && text[dash + 9] == '/'
            && int.TryParse(text.AsSpan(dash + 1, 8), NumberStyles.None, CultureInfo.InvariantCulture, out _) && int.TryParse(text.AsSpan(dash + 10), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? new LogCursor(time, text[(dash + 1)..])
            : null;
    }
}

/// <summary>One page of a search, newest event first.</summary>
/// <param name="Events">The events.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
/// <param name="SegmentsRead">Files of segments that had to be read, the open segment included.</param>
public sealed record LogPage(IReadOnlyList<LogEvent> Events, LogCursor? Next, int SegmentsRead)
{
    /// <summary>What the answer lacks and why; empty when it is whole.</summary>
    public IReadOnlyList<LocalizedText> Notes { get; init; } = [];
}

/// <summary>Events in one slice of time, by severity.</summary>
/// <param name="From">Begin of the slice.</param>
/// <param name="Errors">Severity 0 to 3.</param>
/// <param name="Warnings">Severity 4.</param>
/// <param name="Others">Severity 5 to 7, and events without one.</param>
public sealed record HistogramBucket(DateTimeOffset From, long Errors, long Warnings, long Others);

/// <summary>Counts over time. Slices without events are listed with zeros.</summary>
/// <param name="Width">Length of a slice.</param>
/// <param name="Buckets">The slices, oldest first; empty when no event was found.</param>
public sealed record LogHistogram(TimeSpan Width, IReadOnlyList<HistogramBucket> Buckets)
{
    /// <summary>What the counts lack and why; empty when they are whole.</summary>
    public IReadOnlyList<LocalizedText> Notes { get; init; } = [];
}

/// <summary>How often a field has a value.</summary>
/// <param name="Value">The value.</param>
/// <param name="Events">Number of events.</param>
public sealed record ValueCount(string Value, long Events);

/// <summary>Values of a field, the most frequent first.</summary>
/// <param name="values">The values.</param>
public sealed class LogValues(IReadOnlyList<ValueCount> values) : IReadOnlyList<ValueCount>
{
    /// <summary>What the counts lack and why; empty when they are whole.</summary>
    public IReadOnlyList<LocalizedText> Notes { get; init; } = [];

    /// <inheritdoc />
    public int Count => values.Count;

    /// <inheritdoc />
    public ValueCount this[int index] => values[index];

    /// <inheritdoc />
    public IEnumerator<ValueCount> GetEnumerator() => values.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}

public sealed partial class LogStore
{
    private static readonly long[] Widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 31_536_000];

    /// <summary>
    /// Finds events, newest first. Segments are read from the newest on and no further than needed. Events that come in while somebody pages
    /// do not shift the pages.
    /// </summary>
    /// <exception cref="ArgumentException">The query makes a table: ask <see cref="TableAsync"/>.</exception>
    public Task<LogPage> SearchAsync(LogSearch search, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(search.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(search.Limit, 10_000);
        if (search.Query.IsTable) throw new ArgumentException("The query makes a table of the events.", nameof(search));
        return Task.Run(() => Ask(search.Whole, view => Search(view, search, cancellation), cancellation), cancellation);
    }

    /// <summary>Counts the events that a search finds, over time. Without a time range, the range of the stored events is taken. Commands do not matter.</summary>
    /// <param name="search">The search; its limit and cursor do not matter.</param>
    /// <param name="width">Length of a slice; absent to choose a round one that gives about 60 slices. At most 10,000 slices are made: a shorter width is lengthened.</param>
    /// <param name="cancellation">Stops the search.</param>
    public Task<LogHistogram> HistogramAsync(LogSearch search, TimeSpan? width = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        return Task.Run(() => Ask(search.Whole, view => Histogram(view, search, width, cancellation) with { Notes = view.Notes }, cancellation), cancellation);
    }

    /// <summary>The most frequent values of a field among the events that a search finds. Commands do not matter.</summary>
    public Task<LogValues> TopValuesAsync(LogSearch search, string field, int most = 10, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(field);
        return Task.Run(
            () => Ask(search.Whole, view =>
            {
                var sql = SearchSql.Compile(search.Query, search.From, search.To);
                var column = sql.Column(field);
                return new LogValues(Rows(view, sql,
                    $"SELECT v, count(*) AS n FROM (SELECT {column} AS v FROM {Everything(view, search)} WHERE {sql.Condition}) WHERE v IS NOT NULL GROUP BY v ORDER BY n DESC, v LIMIT {Math.Clamp(most, 1, 10_000).ToString(CultureInfo.InvariantCulture)}",
                    row => new ValueCount(row.GetString(0), row.GetInt64(1)), cancellation)) { Notes = view.Notes };
            }, cancellation), cancellation);
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static List<T> Rows<T>(View view, SearchSql sql, string text, Func<DuckDBDataReader, T> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var command = view.Command(text);
        sql.Bind(command);
        using var stop = cancellation.Register(command.Cancel);
        try
        {
            using var reader = command.ExecuteReader();
            var result = new List<T>();
            while (reader.Read()) result.Add(read(reader));
            return result;
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (DuckDBException e) when (QueryMemoryException.Is(e))
        {
            throw new QueryMemoryException(e);
        }
    }

    private static LogPage Search(View view, LogSearch search, CancellationToken cancellation)
    {
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var after = search.After;
        var sources = new List<(string First, string Last, Part? Part, string Key, DateTimeOffset From, DateTimeOffset To)>();
        if (view.OpenRows > 0) sources.Add((view.OpenId, view.OpenId, null, "row", DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
        foreach (var part in Within(view, search)) sources.Add((part.First, part.Last, part, part.Key, part.From, part.To));
        var found = new List<(long Time, LogEvent Event)>();
        var (read, asked) = (0, 0);
        var ordered = sources.OrderByDescending(source => source.To).ThenByDescending(source => source.Last, StringComparer.Ordinal).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            var (first, last, part, key, from, to) = ordered[i];
            // No event of this file or of a later one in this order can be newer than the last one kept, and that there are more is known.
            if (found.Count > search.Limit && found[search.Limit - 1].Time > MicrosOf(to)) break;
            if (after is not null && MicrosOf(from) > after.TimeMicroseconds) continue;
            if ((part is null ? view.OpenTable : view.Table(part, search.Query)) is not { } table)
            {
                // Where one has nothing others may have nothing either: some of the next are asked at once.
                if (i >= asked) view.Ask([.. ordered.Skip(i + 1).Take(AskedAhead).Select(source => source.Part).OfType<Part>()], search.Query);
                asked = Math.Max(asked, i + 1 + AskedAhead);
                continue;
            }

            read++;
            var place = after is null ? "" : " AND " + Place(after, first, last);
            var limit = search.Limit + 1;
            found.AddRange(Rows(view, sql,
                // First the rows, by the narrow columns; then the wide columns of those rows alone.
                $"SELECT {SegmentTable.Columns} FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {sql.Condition}{place} ORDER BY time DESC, segment DESC, row DESC LIMIT {limit.ToString(CultureInfo.InvariantCulture)})",
                SegmentTable.Read, cancellation).Select(item => (EventCodec.Micros(item.Time), item)));
            // A page needs the room of one file, however many it looks at.
            if (part is not null) view.LetGo(part);
            found.Sort(Order);
            if (found.Count > limit) found.RemoveRange(limit, found.Count - limit);
        }

        var more = found.Count > search.Limit;
        var page = found.Take(search.Limit).ToList();
        return new LogPage(page.ConvertAll(entry => entry.Event), more ? new LogCursor(page[^1].Time, page[^1].Event.Id) : null, read) { Notes = view.Notes };
    }

    private const int AskedAhead = 16;

    private static long MicrosOf(DateTimeOffset time) => time == DateTimeOffset.MaxValue ? long.MaxValue : time == DateTimeOffset.MinValue ? long.MinValue : EventCodec.Micros(time);

    private static int Order((long Time, LogEvent Event) left, (long Time, LogEvent Event) right)
    {
        var byTime = right.Time.CompareTo(left.Time);
        if (byTime != 0) return byTime;
        TryId(left.Event.Id, out var leftSegment, out var leftRow);
        TryId(right.Event.Id, out var rightSegment, out var rightRow);
        var bySegment = string.CompareOrdinal(rightSegment, leftSegment);
        return bySegment != 0 ? bySegment : rightRow.CompareTo(leftRow);
    }

    /// <summary>Events after a cursor in the order time, segment, row, all descending, of a file with these segments.</summary>
    private static string Place(LogCursor after, string first, string last)
    {
        TryId(after.EventId, out var segment, out var row);
        var time = string.Create(CultureInfo.InvariantCulture, $"make_timestamp({after.TimeMicroseconds}::BIGINT)");
        if (string.CompareOrdinal(last, segment) < 0) return $"time <= {time}";
        if (string.CompareOrdinal(first, segment) > 0) return $"time < {time}";
        var number = SegmentTable.Number(segment);
        return string.Create(CultureInfo.InvariantCulture, $"(time < {time} OR (time = {time} AND (segment < {number} OR (segment = {number} AND row < {row}))))");
    }

    private static IEnumerable<Part> Within(View view, LogSearch search) =>
        view.Readable.Where(part => (search.From is not { } from || part.To >= from) && (search.To is not { } to || part.From < to));

    /// <summary>All files within a search's time range and the open segment, as one table.</summary>
    private static string Everything(View view, LogSearch search) => view.All([.. Within(view, search)], search.Query);

    private LogHistogram Histogram(View view, LogSearch search, TimeSpan? width, CancellationToken cancellation)
    {
        // In one pass, by slices so fine that those which the found events ask for are made of them; where that does not come out even, a second pass counts.
        var fine = Fine(Within(view, search), search, width);
        var origin = Floor(EventCodec.Micros(DateTimeOffset.MinValue), fine * 1_000_000);
        var found = Slots(view, search, null, origin, fine * 1_000_000, cancellation);
        var slices = Sliced(search, width, found.Count == 0 ? null : (found.Min(slot => slot.First), found.Max(slot => slot.Last)), out var start, out var last);
        if (found.Count == 0) return slices;
        var seconds = (long)slices.Width.TotalSeconds;
        var size = seconds * 1_000_000;
        if (seconds % fine == 0)
        {
            return Filled(slices.Width, start, last, found.GroupBy(slot => (origin + slot.Number * fine * 1_000_000 - start) / size)
                .ToDictionary(slots => slots.Key, slots => (slots.Sum(slot => slot.Errors), slots.Sum(slot => slot.Warnings), slots.Sum(slot => slot.All))));
        }

        var counts = Slots(view, search, (found.Min(slot => slot.First), found.Max(slot => slot.Last) + 1), start, size, cancellation).ToDictionary(slot => slot.Number, slot => (slot.Errors, slot.Warnings, slot.All));
        return Filled(slices.Width, start, last, counts);
    }

    /// <summary>Seconds of slices of which there are some thousands between the times that files may have events of.</summary>
    private static long Fine(IEnumerable<Part> parts, LogSearch search, TimeSpan? width)
    {
        var (first, last) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        foreach (var part in parts)
        {
            if (part.From < first) first = part.From;
            if (part.To > last) last = part.To;
        }

        if (search.From > first) first = search.From.Value;
        if (search.To < last) last = search.To.Value;
        var span = last > first ? (long)(last - first).TotalSeconds : 0;
        return width is { } given && span / Math.Max(1, (long)given.TotalSeconds) < 10_000 ? Math.Max(1, (long)given.TotalSeconds) : Widths.FirstOrDefault(candidate => span / candidate < 5_000, Widths[^1]);
    }

    private static long Floor(long value, long size) => value - (value % size + size) % size;

    /// <summary>The slices of a histogram, without counts: their width, where the first begins and the last microsecond, given the times of the first and the last event; none where there is no event.</summary>
    internal static LogHistogram Sliced(LogSearch search, TimeSpan? width, (long First, long Last)? range, out long start, out long last)
    {
        (start, last) = (0, 0);
        if (range is not var (first, end)) return new LogHistogram(width ?? TimeSpan.FromMinutes(1), []);
        last = end;
        if (search.From is { } from) first = EventCodec.Micros(from);
        if (search.To is { } to) last = EventCodec.Micros(to) - 1;
        var span = Math.Max(1, (last - first) / 1_000_000);
        var seconds = width is { } given ? Math.Max(1, (long)given.TotalSeconds) : Widths.FirstOrDefault(candidate => span / candidate < 60, Widths[^1]);
        seconds = Math.Max(seconds, span / 9_999 + (span % 9_999 == 0 ? 0 : 1));
        var size = seconds * 1_000_000;
        start = first - (first % size + size) % size;
        return new LogHistogram(TimeSpan.FromSeconds(seconds), []);
    }

    /// <summary>A histogram of counts by the number of their slice.</summary>
    internal static LogHistogram Filled(TimeSpan width, long start, long last, IReadOnlyDictionary<long, (long Errors, long Warnings, long All)> counts)
    {
        var (buckets, size) = (new List<HistogramBucket>(), (long)width.TotalSeconds * 1_000_000);
        for (long slot = 0; start + slot * size <= last; slot++)
        {
            var (errors, warnings, all) = counts.GetValueOrDefault(slot);
            // A sender may claim the first day that there is; no slice begins before it.
            buckets.Add(new HistogramBucket(EventCodec.Time(Math.Max(start + slot * size, EventCodec.Micros(DateTimeOffset.MinValue))), errors, warnings, all - errors - warnings));
        }

        return new LogHistogram(width, buckets);
    }
}
