using System.Globalization;
using DuckDB.NET.Data;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>Events that follow each other in the store, of which some may be what a search finds.</summary>
/// <param name="Segment">Their segment.</param>
/// <param name="Events">How many, from <see cref="First"/> on.</param>
/// <param name="Bytes">About how many bytes of a file; zero for the open segment.</param>
public sealed record LogStretch(string Segment, int Events, long Bytes)
{
    /// <summary>The row of the first.</summary>
    public int First { get; init; }
}

public sealed partial class LogStore
{
    // One reading of a file at the most: bounds the memory that it needs.
    private const int ScanRows = 32_768;

    /// <summary>
    /// The segments that may have what a search finds, in the order of storing, as the store is now. Left out are those whose times lie outside its range, and
    /// files whose index knows that they have nothing of it; with <see cref="LogSearch.Needs"/> also rows of which the index knows that, so that a segment may have
    /// several stretches.
    /// </summary>
    /// <exception cref="ArgumentException">The query makes a table.</exception>
    public IReadOnlyList<LogStretch> StretchesOf(LogSearch search)
    {
        ArgumentNullException.ThrowIfNull(search);
        if (search.Query.IsTable) throw new ArgumentException("The query makes a table of the events.", nameof(search));
        using var view = TakeView();
        var found = new List<LogStretch>();
        foreach (var part in Within(view, search))
        {
            var places = part.Places(search.Query, search.Needs);
            if (places is { Count: 0 }) continue;
            foreach (var segment in part.Segments.Where(s => (search.From is not { } from || s.To >= from) && (search.To is not { } to || s.From < to)))
            {
                // A search by itself is answered by the database, which knows the places.
                foreach (var (first, last) in part.RowsOf(segment, search.Needs is null ? null : places))
                    found.Add(new LogStretch(segment.Id, last - first + 1, (long)((double)part.FileLength * (last - first + 1) / Math.Max(1, part.Sealed))) { First = first });
            }
        }

        if (view.OpenRows > 0) found.Add(new LogStretch(view.OpenId, view.OpenRows, 0));
        return [.. found.OrderBy(stretch => stretch.Segment, StringComparer.Ordinal).ThenBy(stretch => stretch.First)];
    }

    /// <summary>The events of a stretch that a search finds, in the order of storing, sealed or not; its order, limit and cursor do not matter.</summary>
    /// <exception cref="ColdException">A file of cold storage cannot be had.</exception>
    public IEnumerable<LogEvent> EventsOf(LogSearch search, LogStretch stretch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentNullException.ThrowIfNull(stretch);
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        using var view = TakeView(whole: true, cancellation);
        var table = stretch.Segment == view.OpenId ? view.OpenTable : view.Readable.FirstOrDefault(part => part.Has(stretch.Segment)) is { } part ? view.Table(part, search.Query) : null;
        if (table is null) yield break;
        // Everything of a time is read without the database.
        if (search.Query.Root is null && stretch.Segment != view.OpenId && view.Readable.FirstOrDefault(part => part.Has(stretch.Segment)) is { } whole)
        {
            foreach (var item in Stored(view, whole, stretch.Segment, stretch.First, stretch.First + stretch.Events, (search.From is { } first ? EventCodec.Micros(first) : long.MinValue, search.To is { } last ? EventCodec.Micros(last) : long.MaxValue), cancellation)) yield return item;
            yield break;
        }

        for (var row = stretch.First; row < stretch.First + stretch.Events; row += ScanRows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var command = view.Command(string.Create(CultureInfo.InvariantCulture,
                $"SELECT {SegmentTable.Columns} FROM {table} WHERE segment = {SegmentTable.Number(stretch.Segment)} AND row >= {row} AND row < {Math.Min(stretch.First + stretch.Events, row + ScanRows)} AND ({sql.Condition}) ORDER BY row"));
            sql.Bind(command);
            command.UseStreamingMode = true;
            using var reader = command.ExecuteReader();
            while (reader.Read()) yield return SegmentTable.Read(reader);
        }
    }
}
