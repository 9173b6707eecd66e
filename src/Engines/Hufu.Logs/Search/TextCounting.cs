using System.Globalization;
using Hufu.Logs.Search;
using Hufu.Logs.Store;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs;

public sealed partial class LogStore
{
    // Where the index leaves less than this share of a file, the database reads the few rows that are left.
    private const double ScannedFrom = 0.2;

    /// <summary>What was found in a slice of time.</summary>
    private readonly record struct Slot(long Number, long Errors, long Warnings, long All, long First, long Last)
    {
        public Slot And(Slot other) => new(Number, Errors + other.Errors, Warnings + other.Warnings, All + other.All, Math.Min(First, other.First), Math.Max(Last, other.Last));
    }

    /// <summary>
    /// Counts what a search finds by slices of time. Searches for texts alone go through the files' own bytes, without a text being made of them; the rest is asked
    /// of the database.
    /// </summary>
    /// <param name="view">What reads.</param>
    /// <param name="search">The search.</param>
    /// <param name="times">Only what is at or after the first of these times and before the second, in microseconds since 1970; absent for the times of the search.</param>
    /// <param name="origin">Where slice 0 begins.</param>
    /// <param name="size">Length of a slice in microseconds.</param>
    /// <param name="cancellation">Stops the counting.</param>
    private List<Slot> Slots(View view, LogSearch search, (long From, long To)? times, long origin, long size, CancellationToken cancellation)
    {
        var (slots, asked) = (new Dictionary<long, Slot>(), new List<Part>());
        var condition = TextCondition.Of(search.Query.Root);
        var (from, to) = times ?? (search.From is { } first ? EventCodec.Micros(first) : long.MinValue, search.To is { } last ? EventCodec.Micros(last) : long.MaxValue);
        var parts = Within(view, search).ToList();
        view.Ask(parts, search.Query);
        foreach (var part in parts)
        {
            if (condition is not null && Scanned(view, part, search, condition, from, to, origin, size, cancellation) is { } counted) Add(counted);
            else asked.Add(part);
        }

        var open = condition is null ? null : view.OpenParts.Select(part => Counted(part.Path, null, condition, from, to, origin, size, cancellation)).ToList();
        if (open is not null && open.Contains(null)) open = null;
        Add(open?.SelectMany(counted => counted!) ?? []);
        if (open is not null && asked.Count == 0) return [.. slots.Values];
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var within = times is null ? sql.Condition : string.Create(CultureInfo.InvariantCulture, $"{sql.Condition} AND epoch_us(time) >= ({from}) AND epoch_us(time) < ({to})");
        Add(Rows(view, sql, string.Create(CultureInfo.InvariantCulture, $"""
            SELECT ((epoch_us(time) - ({origin})) // {size})::BIGINT AS slot, count(*) FILTER (severity <= 3), count(*) FILTER (severity = 4), count(*), min(epoch_us(time)), max(epoch_us(time))
            FROM {view.All(asked, search.Query, open is null)} WHERE {within} GROUP BY slot
            """), row => new Slot(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)), cancellation));
        return [.. slots.Values];

        void Add(IEnumerable<Slot> counted)
        {
            foreach (var slot in counted) slots[slot.Number] = slots.TryGetValue(slot.Number, out var known) ? known.And(slot) : slot;
        }
    }

    /// <summary>Counts in one file; null when the database is to do it.</summary>
    private IEnumerable<Slot>? Scanned(View view, Part part, LogSearch search, TextCondition condition, long from, long to, long origin, long size, CancellationToken cancellation)
    {
        // Where events were removed, a row's place is not its number.
        var places = part.Places(search.Query);
        if (places is { Count: 0 } || (places is not null && (part.Removals.Count > 0 || places.Sum(p => p.To - p.From + 1) < ScannedFrom * part.Sealed)) || view.File(part) is not { } file) return null;
        return Counted(file, places, condition, from, to, origin, size, cancellation);
    }

    /// <summary>Counts what may be found in some places of a file, or anywhere in it; null when it is none that is read here.</summary>
    private IEnumerable<Slot>? Counted(string file, IReadOnlyList<(long From, long To)>? places, TextCondition condition, long from, long to, long origin, long size, CancellationToken cancellation)
    {
        var workers = Math.Clamp(options.Queries.Threads, 1, 16);
        var counted = new Dictionary<long, Slot>[workers];
        try
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellation }, worker => counted[worker] = Count(worker));
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is InvalidDataException or IOException))
        {
            // It is not laid out as this version writes files, or is damaged: then the database says how.
            return null;
        }

        return counted.SelectMany(slots => slots.Values);

        // Every so many row groups, beginning with its own.
        Dictionary<long, Slot> Count(int worker)
        {
            var (slots, found, group, range) = (new Dictionary<long, Slot>(), new bool[SegmentWriter.PageRows], 0, 0);
            using var reader = SegmentReader.Open(file, whole: false);
            while (reader.NextPage(Wanted))
            {
                cancellation.ThrowIfCancellationRequested();
                if (found.Length < reader.Rows) found = new bool[reader.Rows];
                condition.Find(reader.Raw, reader.Message, found.AsSpan(0, reader.Rows));
                for (var i = 0; i < reader.Rows; i++)
                {
                    if (!found[i] || reader.Time(i) is var time && (time < from || time >= to)) continue;
                    ref var slot = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(slots, (time - origin) / size, out var known);
                    var severity = reader.Severity(i);
                    slot = known
                        ? new Slot(slot.Number, slot.Errors + (severity is >= 0 and <= 3 ? 1 : 0), slot.Warnings + (severity == 4 ? 1 : 0), slot.All + 1, Math.Min(slot.First, time), Math.Max(slot.Last, time))
                        : new Slot((time - origin) / size, severity is >= 0 and <= 3 ? 1 : 0, severity == 4 ? 1 : 0, 1, time, time);
                }
            }

            return slots;

            bool Wanted(long first, int rows)
            {
                if (group++ % workers != worker) return false;
                if (places is null) return true;
                while (range < places.Count && places[range].To < first) range++;
                return range < places.Count && places[range].From < first + rows;
            }
        }
    }
}
