using System.Globalization;
using Hufu.Logs.Store;
using Hufu.Logs.Store.Parquet;

namespace Hufu.Logs;

public sealed partial class LogStore
{
    // Rows of a row group of a file that was put together: what a search that wants little of it reads at least.
    private const int PackedGroupRows = 4 * SegmentWriter.PageRows;

    // What is written once and lies for years may take its time.
    private const int PackedLevel = 12;

    /// <summary>Takes a row of a file.</summary>
    private delegate void StoredRow(int segment, int row, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Events of a segment that was sealed, in the order of storing: read as they were written, or asked of the database where their file is not one that this version writes.
    /// </summary>
    /// <param name="view">What reads.</param>
    /// <param name="part">Its file.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="from">The first row.</param>
    /// <param name="until">The row that no longer belongs to them.</param>
    /// <param name="times">Only those at or after the first of these times and before the second, in microseconds since 1970.</param>
    /// <param name="cancellation">Stops the reading.</param>
    private static IEnumerable<LogEvent> Stored(View view, Part part, string segment, int from, int until, (long From, long To) times, CancellationToken cancellation)
    {
        if (view.File(part) is not { } file) yield break;
        var number = SegmentTable.Number(segment);
        var begin = part.Begin(segment);
        SegmentReader? reader = null;
        try
        {
            // Where events were removed from the file nobody knows in which row group a row is.
            var events = new List<LogEvent>();
            while (Page(ref reader, events) is { } more)
            {
                foreach (var item in events) yield return item;
                if (!more) yield break;
            }
        }
        finally
        {
            reader?.Dispose();
        }

        using var command = view.Command(string.Create(CultureInfo.InvariantCulture,
            $"SELECT {SegmentTable.Columns} FROM {view.Table(part)} WHERE segment = {number} AND row >= {from} AND row < {until} AND epoch_us(time) >= {times.From} AND epoch_us(time) < {times.To} ORDER BY row"));
        command.UseStreamingMode = true;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return SegmentTable.Read(rows);
        }

        // Reads a page; false when there is none behind it, null when the file cannot be read this way from there on.
        bool? Page(ref SegmentReader? reader, List<LogEvent> events)
        {
            events.Clear();
            cancellation.ThrowIfCancellationRequested();
            var first = from;
            try
            {
                reader ??= SegmentReader.Open(file);
                if (!reader.NextPage(part.Removals.Count > 0 ? null : (at, rows) => at + rows > begin + first && at < begin + until)) return false;
                for (var i = 0; i < reader.Rows; i++)
                {
                    if (reader.Segment(i) != number || reader.Row(i) < from || reader.Row(i) >= until) continue;
                    if (reader.Time(i) >= times.From && reader.Time(i) < times.To) events.Add(reader.Event(i));
                }

                if (reader.Segment(reader.Rows - 1) == number) from = Math.Max(from, reader.Row(reader.Rows - 1) + 1);
                return from < until;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                events.Clear();
                return null;
            }
        }
    }

    /// <summary>Events of the open segment, in the order of storing, one after the other: a few of them may be as large as thousands of others.</summary>
    private static IEnumerable<LogEvent> Opened(View view, int from, int until, CancellationToken cancellation)
    {
        foreach (var part in view.OpenParts.Where(part => part.Row < until && part.Row + part.Rows > from))
        {
            using var reader = SegmentReader.Open(part.Path);
            while (reader.NextPage())
            {
                cancellation.ThrowIfCancellationRequested();
                for (var i = 0; i < reader.Rows; i++)
                {
                    if (reader.Row(i) >= from && reader.Row(i) < until) yield return reader.Event(i);
                }
            }
        }
    }

    /// <summary>Every row of a file in its order.</summary>
    /// <param name="view">What reads.</param>
    /// <param name="part">The file.</param>
    /// <param name="own">True to read it as this version writes it; false to ask the database.</param>
    /// <param name="take">Told each row.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">It cannot be read this way.</exception>
    private static void EachStored(View view, Part part, bool own, StoredRow take, CancellationToken cancellation)
    {
        var bytes = new ByteBuilder(1 << 12);
        if (own)
        {
            using var reader = SegmentReader.Open(view.File(part) ?? throw new InvalidDataException($"{part.Stem}.parquet is not there."));
            while (reader.NextPage())
            {
                cancellation.ThrowIfCancellationRequested();
                for (var i = 0; i < reader.Rows; i++)
                {
                    bytes.CutTo(0);
                    reader.Encode(i, bytes);
                    take(reader.Segment(i), reader.Row(i), bytes.Written);
                }
            }

            return;
        }

        using var command = view.Command($"SELECT {SegmentTable.Columns} FROM {view.Table(part)}");
        command.UseStreamingMode = true;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (rows.IsDBNull(0) || rows.IsDBNull(19) || Canonical(rows, agreeing: false) is not { } encoded) throw new InvalidDataException($"{part.Stem}.parquet has a row that is no event.");
            take(rows.GetInt32(19), rows.GetInt32(0), encoded);
        }
    }

    /// <summary>Writes the rows of files that follow each other into one.</summary>
    /// <param name="view">What reads.</param>
    /// <param name="from">The files.</param>
    /// <param name="keep">Told the segment and row: false to leave it out.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What is to be kept of the leaf hashes of all that was written, segment by segment.</returns>
    /// <exception cref="InvalidDataException">One of them cannot be read.</exception>
    private static IEnumerable<SegmentLeaves> Rewrite(View view, IReadOnlyList<Part> from, Func<int, int, bool>? keep, string path, CancellationToken cancellation)
    {
        var foreign = new HashSet<Part>();
        while (true)
        {
            Part? reading = null;
            try
            {
                using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
                using var writer = new SegmentWriter(0, PackedLevel, apart: true);
                var target = new SegmentFile(file, apart: true);
                var leaves = new List<LeafBuilder>();
                var of = -1;
                foreach (var part in from)
                {
                    reading = part;
                    EachStored(view, part, !foreign.Contains(part), (segment, row, bytes) =>
                    {
                        if (keep is not null && !keep(segment, row)) return;
                        if (segment != of) leaves.Add(new LeafBuilder(LeafLayout.Packed));
                        of = segment;
                        Merkle.HashLeaf(bytes, leaves[^1].Next);
                        leaves[^1].Added();
                        writer.Begin(segment);
                        writer.Add(row, bytes);
                        if (writer.Rows >= PackedGroupRows) target.Add(writer.EndGroup()!);
                    }, cancellation);
                }

                if (writer.EndGroup() is { } last) target.Add(last);
                target.End();
                return leaves.Select(builder => builder.ToLeaves());
            }
            catch (InvalidDataException) when (reading is not null && foreign.Add(reading))
            {
                // A file of an earlier version, or one that is damaged: the database says which.
            }
        }
    }
}
