using System.Globalization;
using System.Runtime.CompilerServices;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>A place in the order of storing. Sealing and packing do not move it.</summary>
/// <param name="Segment">Id of the segment.</param>
/// <param name="Row">Row in it; past its end, the next segment's beginning is meant.</param>
public sealed record LogPlace(string Segment, int Row)
{
    /// <summary>The place as text for a URL: <c>segment/row</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Segment}/{Row}");

    /// <summary>Reads a place from text; null when it is none.</summary>
    public static LogPlace? Parse(string? text) =>
        text is { Length: > 9 and <= 19 } && text[8] == '/' && text.AsSpan(0, 8).IndexOfAnyExceptInRange('0', '9') < 0 && int.TryParse(text.AsSpan(9), NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            ? new LogPlace(text[..8], row)
            : null;
}

/// <summary>Events that were stored from a place on, in the order of storing.</summary>
/// <param name="Events">Those that match.</param>
/// <param name="Skipped">Older ones that match and were left out because there were too many at once.</param>
/// <param name="Next">Where to go on: nothing before it is given again, nothing behind it was left out.</param>
public sealed record FollowedEvents(IReadOnlyList<LogEvent> Events, long Skipped, LogPlace Next);

public sealed partial class LogStore
{
    // Frames that a store opened to read adds to what it has before it reads the write-ahead file from the beginning, which makes few parts of many.
    private const int MaxAdditions = 50;

    private HashSet<string> seenManifests = [];
    private long readTo;
    private int additions;

    /// <summary>Where the next event will be stored.</summary>
    public LogPlace End
    {
        get
        {
            Settle();
            lock (adding)
            {
                lock (gate) return new LogPlace(open.Id, open.Rows);
            }
        }
    }

    /// <summary>
    /// The events stored from a place on that a search finds; its order, limit and cursor do not matter. When there are more than <paramref name="most"/>, the
    /// newest are given and the others counted.
    /// </summary>
    /// <exception cref="ArgumentException">The query makes a table.</exception>
    public Task<FollowedEvents> FollowedAsync(LogSearch search, LogPlace from, int most, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 10_000);
        if (search.Query.IsTable) throw new ArgumentException("The query makes a table of the events.", nameof(search));
        return Task.Run(() => Followed(search, from, most, cancellation), cancellation);
    }

    /// <summary>
    /// Gives what is stored from a place on and matches, as it comes, until it is cancelled. Each step tells where it is, also when nothing matched. It looks
    /// at the store from beside: appending never waits for it.
    /// </summary>
    /// <param name="search">The search.</param>
    /// <param name="from">Where to begin, for example <see cref="End"/>.</param>
    /// <param name="most">Most events of one step.</param>
    /// <param name="pause">Time between two looks: with <paramref name="most"/> the bound of the rate.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<FollowedEvents> FollowAsync(LogSearch search, LogPlace from, int most, TimeSpan pause, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        for (var place = from; ;)
        {
            await Task.Run(Refresh, cancellation).ConfigureAwait(false);
            if (End != place)
            {
                var step = await FollowedAsync(search, place, most, cancellation).ConfigureAwait(false);
                if (step.Next != place)
                {
                    place = step.Next;
                    yield return step;
                }
            }

            await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private FollowedEvents Followed(LogSearch search, LogPlace from, int most, CancellationToken cancellation)
    {
        using var view = TakeView(whole: true, cancellation);
        var next = new LogPlace(view.OpenId, view.OpenRows);
        // A place that is not there yet: a store that was put back from a backup.
        if (string.CompareOrdinal(from.Segment, next.Segment) > 0 || (from.Segment == next.Segment && from.Row >= next.Row)) return new FollowedEvents([], 0, next);
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var number = SegmentTable.Number(from.Segment);
        var table = view.All([.. Within(view, search).Where(part => string.CompareOrdinal(part.Last, from.Segment) >= 0)], search.Query);
        var condition = string.Create(CultureInfo.InvariantCulture, $"{sql.Condition} AND (segment > {number} OR (segment = {number} AND row >= {from.Row}))");
        var found = Rows(view, sql, string.Create(CultureInfo.InvariantCulture, $"SELECT {SegmentTable.Columns} FROM {table} WHERE {condition} ORDER BY segment DESC, row DESC LIMIT {most + 1}"), SegmentTable.Read, cancellation);
        var skipped = found.Count > most ? Rows(view, sql, $"SELECT count(*) FROM {table} WHERE {condition}", row => row.GetInt64(0), cancellation)[0] - most : 0;
        var events = found.Take(most).Reverse().ToList();
        return new FollowedEvents(events, skipped, next);
    }

    /// <summary>A store that was opened to read sees what the owner has stored meanwhile; one that owns its folder knows.</summary>
    private void Refresh()
    {
        if (ownership is not null) return;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var before = ManifestNames(folder);
                lock (adding)
                {
                    if (before.SetEquals(seenManifests) && additions < MaxAdditions)
                    {
                        var rows = open.Rows;
                        readTo = WriteAhead.Read(PathOf(open.Id, ".wal"), (at, payload) => Take(open, EventFrame.Read(payload), at, options.Clock.GetUtcNow()), readTo);
                        if (open.Rows > rows) additions++;
                    }
                    else
                    {
                        var found = Part.ReadAll(folder).Parts;
                        OpenSegment old;
                        lock (gate)
                        {
                            Keep(found);
                            old = open;
                            open = ReadOpen(NextId);
                        }

                        old.Dispose();
                        (seenManifests, additions) = (before, 0);
                    }
                }

                // Sealed in between: what was in the write-ahead file is in a file now.
                if (ManifestNames(folder).SetEquals(before) || attempt == 5) return;
            }
            catch (IOException) when (attempt < 5)
            {
                // Sealed away while it was read.
            }
        }
    }
}
