using System.Globalization;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>What one source delivered for one host in one slice of time, by time of receipt.</summary>
/// <param name="Source">The source.</param>
/// <param name="Host">The host that the events name; absent where they name none.</param>
/// <param name="From">Begin of the slice: a multiple of its width since 1970.</param>
/// <param name="Events">Number of events.</param>
/// <param name="Bytes">Length of the raw records in bytes of UTF-8.</param>
/// <param name="Last">Time of receipt of the newest of them.</param>
/// <param name="LastId">Id of that one.</param>
/// <param name="Lag">How far the times in the events lie from the time of receipt; absent where none has one that counts.</param>
/// <param name="Faulty">Of the events, those that were read with problems.</param>
public sealed record Arrival(string Source, string? Host, DateTimeOffset From, long Events, long Bytes, DateTimeOffset Last, string LastId, ArrivalLag? Lag = null, long Faulty = 0);

/// <summary>Arrivals from one place of the store to another.</summary>
/// <param name="Slices">What arrived.</param>
/// <param name="Segment">Segment where the next reading begins.</param>
/// <param name="Row">Row where it begins.</param>
/// <param name="IsAll">True when nothing more was stored at the time.</param>
public sealed record Arrivals(IReadOnlyList<Arrival> Slices, string Segment, int Row, bool IsAll);

public sealed partial class LogStore
{
    private const int FilesAtOnce = 200;

    /// <summary>Counts what arrived, nothing apart.</summary>
    public Task<Arrivals> ArrivalsAsync(string segment, int row, TimeSpan width, DateTimeOffset since, CancellationToken cancellation = default) => ArrivalsAsync(segment, row, width, since, [], cancellation);

    /// <summary>
    /// Counts what arrived, by source, host and slice of time, from a place on. It reads a few hundred files at the most; where it stopped, the next
    /// call goes on, so that following the store costs what is new.
    /// </summary>
    /// <param name="segment">Segment to begin in; empty for the beginning.</param>
    /// <param name="row">Row to begin at.</param>
    /// <param name="width">Length of a slice; whole seconds.</param>
    /// <param name="since">Segments that were sealed before are passed over.</param>
    /// <param name="apart">What was brought in at once: it arrived, but its times are not compared.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public Task<Arrivals> ArrivalsAsync(string segment, int row, TimeSpan width, DateTimeOffset since, IReadOnlyList<ArrivalsApart> apart, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(segment);
        ArgumentNullException.ThrowIfNull(apart);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, TimeSpan.FromSeconds(1));
        return Task.Run(
            () =>
            {
                using var view = TakeView(cancellation: cancellation);
                var waiting = view.Readable.Where(p => string.CompareOrdinal(p.Last, segment) >= 0 && p.SealedAt >= since && !(p.Last == segment && p.Segments[^1].Events <= row) && (p.Cold is not null || File.Exists(p.Path(".parquet")))).ToList();
                var read = waiting.Take(FilesAtOnce).ToList();
                var all = read.Count == waiting.Count;
                var from = view.OpenId == segment ? row : 0;
                var lag = apart.Count > 0 ? $"CASE WHEN {string.Join(" OR ", apart.Select(Within))} THEN NULL ELSE epoch_us(received) - epoch_us(occurred) END" : "epoch_us(received) - epoch_us(occurred)";
                const string Columns = $"segment, row, source, host, received, {SegmentTable.Occurred} AS occurred, zone_assumed, raw, problems";
                var parts = new List<string>();
                var files = read.Select(view.File).OfType<string>().ToList();
                if (files.Count > 0) parts.Add($"SELECT {Columns} FROM read_parquet([{string.Join(", ", files.Select(SegmentTable.Literal))}])");
                if (all && view.OpenRows > from) parts.Add($"SELECT {Columns} FROM {view.OpenTable} WHERE row >= {from.ToString(CultureInfo.InvariantCulture)}");
                var begin = segment.Length == 0 ? 0 : SegmentTable.Number(segment);
                if (parts.Count == 0) return new Arrivals([], view.OpenId, Math.Max(from, view.OpenRows), true);
                var slices = Rows(
                    view, SearchSql.Compile(SearchQuery.Everything, null, null),
                    string.Create(CultureInfo.InvariantCulture, $"""
                        SELECT source, host, (epoch_us(received) // {(long)width.TotalSeconds * 1_000_000})::BIGINT AS slice, count(*), sum(strlen(raw))::BIGINT, max(received), max(lpad(segment::VARCHAR, 8, '0') || '/' || lpad(row::VARCHAR, 10, '0')),
                          count(lag) FILTER (WHERE NOT zone_assumed), min(lag) FILTER (WHERE NOT zone_assumed), count(lag) FILTER (WHERE zone_assumed), min(lag) FILTER (WHERE zone_assumed), min(lpad(segment::VARCHAR, 8, '0') || '/' || lpad(row::VARCHAR, 10, '0')), count(*) FILTER (WHERE len(problems) > 0)
                        FROM (SELECT *, {lag} AS lag FROM ({string.Join(" UNION ALL ", parts)})) WHERE segment > {begin} OR (segment = {begin} AND row >= {row}) GROUP BY source, host, slice
                        """),
                    r => new Arrival(r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1), DateTimeOffset.UnixEpoch + r.GetInt64(2) * TimeSpan.FromSeconds((long)width.TotalSeconds), r.GetInt64(3), r.GetInt64(4), Utc(r.GetDateTime(5)), Unpadded(r.GetString(6)), LagOf(r), r.GetInt64(12)),
                    cancellation);
                return all ? new Arrivals(slices, view.OpenId, view.OpenRows, true) : new Arrivals(slices, Next(read[^1].Last), 0, false);
            }, cancellation);
    }

    private static ArrivalLag? LagOf(System.Data.Common.DbDataReader r) => r.GetInt64(7) + r.GetInt64(9) == 0
        ? null
        : new ArrivalLag(r.GetInt64(7), r.IsDBNull(8) ? null : r.GetInt64(8) / 1e6, r.GetInt64(9), r.IsDBNull(10) ? null : r.GetInt64(10) / 1e6, Unpadded(r.GetString(11)));

    private static string Within(ArrivalsApart apart) => string.Create(
        CultureInfo.InvariantCulture,
        $"(source = {SegmentTable.Literal(apart.Source.Replace("\0", "", StringComparison.Ordinal))} AND epoch_us(received) >= {Microseconds(apart.From)}{(apart.To is { } to ? string.Create(CultureInfo.InvariantCulture, $" AND epoch_us(received) <= {Microseconds(to)}") : "")})");

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    // Padded, the greatest text is the newest row.
    private static string Unpadded(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"{id[..slash]}/{int.Parse(id.AsSpan(slash + 1), CultureInfo.InvariantCulture)}");
    }
}
