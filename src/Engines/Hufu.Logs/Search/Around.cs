using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>What stands around an event, by time and then by the order of storing.</summary>
/// <param name="Before">Events before it, oldest first.</param>
/// <param name="After">Events after it, oldest first.</param>
/// <param name="MoreBefore">True when there are older ones.</param>
/// <param name="MoreAfter">True when there are newer ones.</param>
public sealed record LogSurroundings(IReadOnlyList<LogEvent> Before, IReadOnlyList<LogEvent> After, bool MoreBefore, bool MoreAfter)
{
    /// <summary>What is missing and why; empty when nothing is.</summary>
    public IReadOnlyList<LocalizedText> Notes { get; init; } = [];
}

public sealed partial class LogStore
{
    /// <summary>The events that stand before and after one, among those that a search finds; its limit and cursor do not matter.</summary>
    /// <param name="item">The event, as the store gave it.</param>
    /// <param name="search">What else is looked at, for example what has the same source and host.</param>
    /// <param name="before">Most events before it, 0 to 5,000.</param>
    /// <param name="after">Most events after it, 0 to 5,000.</param>
    /// <param name="cancellation">Stops the search.</param>
    public Task<LogSurroundings> AroundAsync(LogEvent item, LogSearch search, int before, int after, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfNegative(before);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(before, 5_000);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, 5_000);
        if (search.Query.IsTable) throw new ArgumentException("The query makes a table of the events.", nameof(search));
        return Task.Run(
            () => Ask(search.Whole, view =>
            {
                var place = new LogCursor(EventCodec.Micros(item.Time), item.Id);
                var older = before == 0 ? [] : Search(view, search with { Limit = before + 1, After = place }, cancellation).Events.ToList();
                var newer = after == 0 ? [] : Later(view, search, place, after + 1, cancellation);
                return new LogSurroundings([.. older.Take(before).Reverse()], [.. newer.Take(after)], older.Count > before, newer.Count > after) { Notes = view.Notes };
            }, cancellation), cancellation);
    }

    /// <summary>The other way of <see cref="Search"/>: what comes after a place, oldest first, from the files with the oldest events on.</summary>
    private static List<LogEvent> Later(View view, LogSearch search, LogCursor after, int most, CancellationToken cancellation)
    {
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        TryId(after.EventId, out var segment, out var row);
        var number = SegmentTable.Number(segment);
        var place = string.Create(CultureInfo.InvariantCulture, $"(time > make_timestamp({after.TimeMicroseconds}::BIGINT) OR (time = make_timestamp({after.TimeMicroseconds}::BIGINT) AND (segment > {number} OR (segment = {number} AND row > {row}))))");
        var sources = new List<(Part? Part, string Key, DateTimeOffset From)>();
        if (view.OpenRows > 0) sources.Add((null, "row", DateTimeOffset.MinValue));
        foreach (var part in Within(view, search).Where(part => MicrosOf(part.To) >= after.TimeMicroseconds)) sources.Add((part, part.Key, part.From));
        var found = new List<(long Time, LogEvent Event)>();
        foreach (var (part, key, from) in sources.OrderBy(source => source.From))
        {
            // No event of this file or of a later one in this order can be older than the last one kept.
            if (found.Count >= most && found[most - 1].Time < MicrosOf(from)) break;
            if ((part is null ? view.OpenTable : view.Table(part, search.Query)) is not { } table) continue;
            found.AddRange(Rows(view, sql,
                string.Create(CultureInfo.InvariantCulture, $"SELECT {SegmentTable.Columns} FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {sql.Condition} AND {place} ORDER BY time, segment, row LIMIT {most})"),
                SegmentTable.Read, cancellation).Select(item => (EventCodec.Micros(item.Time), item)));
            if (part is not null) view.LetGo(part);
            found.Sort((left, right) => Order(right, left));
            if (found.Count > most) found.RemoveRange(most, found.Count - most);
        }

        return found.ConvertAll(entry => entry.Event);
    }
}
