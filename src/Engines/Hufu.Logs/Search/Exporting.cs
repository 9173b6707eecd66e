using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DuckDB.NET.Data;
using Hufu.Logs.Search;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>How a result is written into a file.</summary>
public enum LogExportFormat
{
    /// <summary>RFC 4180 with a byte order mark; a text that a spreadsheet would take for a formula has an apostrophe before it.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>Parquet with typed columns, compressed with zstd.</summary>
    Parquet,
}

/// <summary>Where an export ends.</summary>
/// <param name="Events">Most events. Default 5,000,000.</param>
/// <param name="Bytes">Most bytes of the file. Default 4 GiB.</param>
public sealed record LogExportLimits(long Events = 5_000_000, long Bytes = 4L << 30)
{
    /// <summary>Events that are sorted at once, about: they are held whole.</summary>
    internal long SortedAtOnce { get; init; } = 100_000;
}

/// <summary>How far an export is.</summary>
/// <param name="Fraction">0 to 1.</param>
/// <param name="Bytes">Bytes written.</param>
public sealed record LogExportProgress(double Fraction, long Bytes);

/// <summary>What an export wrote.</summary>
/// <param name="Rows">Events, or rows of the table.</param>
/// <param name="Total">Events, or rows, that the search finds; of a table that was cut, one more than is known.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
public sealed record LogExport(long Rows, long Total, long Bytes, string Sha256)
{
    /// <summary>True when a limit left something out.</summary>
    public bool IsCut => Rows < Total;
}

public sealed partial class LogStore
{
    private const int ReportEvery = 1_000;

    // Each slice looks through the files again, where their times overlap.
    private const int MostSlices = 32;

    private static readonly string[] ExportColumns = ["id", "time", "receivedAt", "source", "host", "app", "severity", "sourceIp", "format", "message", "raw", "fields", "problems"];

    // Chinese stays readable; the file is no web page.
    private static readonly JsonWriterOptions ExportJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes all that a search finds into a file, in the order of <see cref="SearchAsync"/>; with commands, the table. It is the store at one moment, and is
    /// written row by row. The file appears when it is whole.
    /// </summary>
    /// <param name="search">The search; its limit and cursor do not matter.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="format">How.</param>
    /// <param name="limits">Where it ends; what is left out is told.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops it, and the query with it; nothing is left behind.</param>
    /// <exception cref="IOException">The file cannot be written, or as Parquet, which cannot be cut, it would have more bytes than the limit.</exception>
    public Task<LogExport> ExportAsync(LogSearch search, string path, LogExportFormat format, LogExportLimits? limits = null, IProgress<LogExportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(
            () =>
            {
                var part = path + ".part";
                try
                {
                    var (rows, total) = Export(search, part, format, limits ?? new LogExportLimits(), progress, cancellation);
                    using (var file = new FileStream(part, FileMode.Open, FileAccess.ReadWrite))
                    {
                        file.Flush(flushToDisk: true);
                        var done = new LogExport(rows, total, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
                        file.Close();
                        File.Move(part, path, overwrite: true);
                        return done;
                    }
                }
                finally
                {
                    File.Delete(part);
                }
            }, cancellation);
    }

    private (long Rows, long Total) Export(LogSearch search, string path, LogExportFormat format, LogExportLimits limits, IProgress<LogExportProgress>? progress, CancellationToken cancellation)
    {
        // A file that somebody takes along must not lack what its reader cannot see.
        using var view = TakeView(whole: true, cancellation);
        if (search.Query.IsTable) return ExportTable(view, search, path, format, limits, progress, cancellation);
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var events = Everything(view, search);
        var (total, first, last) = Rows(
            view, sql, $"SELECT count(*), coalesce(epoch_us(min(time)), 0), coalesce(epoch_us(max(time)), 0) FROM {events} WHERE {sql.Condition}", row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), cancellation)[0];
        var slices = SlicesOf(view, sql, events, (total, first, last), limits.SortedAtOnce, cancellation);
        const string Order = "ORDER BY time DESC, segment DESC, row DESC LIMIT ";
        if (format == LogExportFormat.Parquet)
        {
            var columns = $"lpad(segment::VARCHAR, 8, '0') || '/' || row::VARCHAR AS id, time, received AS received_at, {SegmentTable.Occurred} AS occurred_at, zone_assumed AS time_zone_assumed, source, host, app, severity, facility, src_ip AS source_ip, format, {sql.Column("message")} AS message, raw, raw_bytes, fields, problems";
            return (CopySlices(view, sql, slices, (within, left) => string.Create(CultureInfo.InvariantCulture, $"SELECT {columns} FROM {events} WHERE {sql.Condition}{within} {Order}{left}"), Math.Min(total, limits.Events), path, limits, progress, cancellation), total);
        }

        using var writer = new RowFile(path, format, ExportColumns, limits.Bytes);
        var isFull = false;
        foreach (var within in slices)
        {
            var left = Math.Min(total, limits.Events) - writer.Rows;
            if (isFull || left <= 0) break;
            EachRow(view, sql, string.Create(CultureInfo.InvariantCulture, $"SELECT {SegmentTable.Columns} FROM {events} WHERE {sql.Condition}{within} {Order}{left}"), SegmentTable.Read, item =>
            {
                isFull = !writer.Add([item.Id, item.Time, item.ReceivedAt, item.Source, item.Host, item.App, (long?)item.Severity, item.SourceIp, item.Format, item.Message, item.Raw, item.Fields, item.Problems]);
                if (isFull) return false;
                if (writer.Rows % ReportEvery == 0) progress?.Report(new LogExportProgress((double)writer.Rows / total, writer.Bytes));
                return true;
            }, cancellation);
        }

        return (writer.Rows, total);
    }

    /// <summary>Conditions that divide what is found by its times, the newest first, so that not all of it is sorted at once; events of one moment stay together.</summary>
    private static List<string> SlicesOf(View view, SearchSql sql, string events, (long Total, long First, long Last) found, long atOnce, CancellationToken cancellation)
    {
        if (found.Total <= atOnce) return [""];
        var size = (found.Last - found.First) / 1_000 + 1;
        var slots = Rows(
            view, sql, string.Create(CultureInfo.InvariantCulture, $"SELECT ((epoch_us(time) - ({found.First})) // {size})::BIGINT AS slot, count(*) FROM {events} WHERE {sql.Condition} GROUP BY slot ORDER BY slot DESC"),
            row => (Slot: row.GetInt64(0), Events: row.GetInt64(1)), cancellation);
        var most = Math.Max(atOnce, found.Total / MostSlices);
        var (slices, to, gathered) = (new List<string>(), "", 0L);
        foreach (var (slot, count) in slots)
        {
            // What is gathered ends with the slot before this one.
            if (gathered > 0 && gathered + count > most)
            {
                var border = string.Create(CultureInfo.InvariantCulture, $"make_timestamp({found.First + (slot + 1) * size}::BIGINT)");
                slices.Add($" AND time >= {border}{to}");
                (to, gathered) = ($" AND time < {border}", 0);
            }

            gathered += count;
        }

        slices.Add(to);
        return slices;
    }

    private (long Rows, long Total) ExportTable(View view, LogSearch search, string path, LogExportFormat format, LogExportLimits limits, IProgress<LogExportProgress>? progress, CancellationToken cancellation)
    {
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var most = (int)Math.Min(PipeParser.MaxRows, limits.Events);
        if (format == LogExportFormat.Parquet)
        {
            var pipe = PipeSql.Compile(sql, search.Query.Commands, Everything(view, search), (long)search.DayOffset.TotalSeconds, most + 1);
            var total = Rows(view, sql, $"SELECT count(*) FROM ({pipe.Text})", row => row.GetInt64(0), cancellation)[0];
            // The statement gives times as numbers, as the reader of tables wants them.
            var columns = pipe.Columns.Select((column, i) => column.Type == LogColumnType.Time ? $"make_timestamp(c{Number(i)}) AS {Name(column.Name)}" : $"c{Number(i)} AS {Name(column.Name)}");
            var inner = $"({pipe.Text}) AS t({string.Join(", ", pipe.Columns.Select((_, i) => "c" + Number(i)))})";
            Copy(view, sql, string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", columns)} FROM {inner} LIMIT {most}"), path, limits, 0, progress, cancellation);
            return (Math.Min(total, most), total);
        }

        var table = Table(view, search, most, cancellation);
        using var writer = new RowFile(path, format, [.. table.Columns.Select(column => column.Name)], limits.Bytes);
        foreach (var row in table.Rows)
            if (!writer.Add(row)) break;
        return (writer.Rows, table.Rows.Count + (table.Truncated ? 1 : 0));

        static string Name(string text) => "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

        static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads rows one by one as the database makes them, until <paramref name="take"/> says no.</summary>
    private static void EachRow<T>(View view, SearchSql sql, string text, Func<DuckDBDataReader, T> read, Func<T, bool> take, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var command = view.Command(text);
        sql.Bind(command);
        command.UseStreamingMode = true;
        using var stop = cancellation.Register(command.Cancel);
        try
        {
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                if (!take(read(reader))) break;
            }
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

    /// <summary>Writes a Parquet file slice by slice: each is sorted into a file of its own, and these are put one behind the other, which holds a few groups of rows at a time.</summary>
    /// <param name="view">The store.</param>
    /// <param name="sql">The search.</param>
    /// <param name="slices">Conditions of the slices, in order.</param>
    /// <param name="text">The statement for a slice and so many rows.</param>
    /// <param name="most">Most rows.</param>
    /// <param name="path">The file.</param>
    /// <param name="limits">Its most bytes.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops it.</param>
    private static long CopySlices(View view, SearchSql sql, List<string> slices, Func<string, long, string> text, long most, string path, LogExportLimits limits, IProgress<LogExportProgress>? progress, CancellationToken cancellation)
    {
        if (slices.Count == 1) return Copy(view, sql, text(slices[0], most), path, limits, 0, progress, cancellation);
        var (parts, rows, bytes) = (new List<string>(), 0L, 0L);
        try
        {
            foreach (var within in slices)
            {
                if (rows == most) break;
                parts.Add(path + "." + parts.Count.ToString(CultureInfo.InvariantCulture));
                rows += Copy(view, sql, text(within, most - rows), parts[^1], limits, bytes, At(parts.Count - 1), cancellation);
                bytes += new FileInfo(parts[^1]).Length;
                At(parts.Count)?.Report(new LogExportProgress(0, bytes));
            }

            return Copy(view, null, $"FROM read_parquet([{string.Join(", ", parts.Select(SegmentTable.Literal))}])", path, limits, 0, At(slices.Count), cancellation);
        }
        finally
        {
            foreach (var part in parts) File.Delete(part);
        }

        IProgress<LogExportProgress>? At(int step) => progress is null ? null : new Step(progress, step, slices.Count + 1);
    }

    /// <summary>Writes the rows of a statement into a Parquet file; the number of them.</summary>
    /// <param name="view">The store.</param>
    /// <param name="sql">The search whose values the statement takes, if it takes any.</param>
    /// <param name="text">The statement.</param>
    /// <param name="path">The file.</param>
    /// <param name="limits">Its most bytes.</param>
    /// <param name="before">Bytes that count as well.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops it.</param>
    private static long Copy(View view, SearchSql? sql, string text, string path, LogExportLimits limits, long before, IProgress<LogExportProgress>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var command = view.Command($"COPY ({text}) TO {SegmentTable.Literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 32768)");
        sql?.Bind(command);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var stop = stopping.Token.Register(command.Cancel);
        var (tooLarge, rows) = (false, 0L);
        using (new Timer(_ => Look(), null, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(250)))
        {
            try
            {
                rows = command.ExecuteNonQuery();
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellation);
            }
            catch (DuckDBException e) when (QueryMemoryException.Is(e))
            {
                throw new QueryMemoryException(e);
            }
            catch (Exception) when (Volatile.Read(ref tooLarge))
            {
                // Told below.
            }
        }

        if (Volatile.Read(ref tooLarge) || before + new FileInfo(path).Length > limits.Bytes) throw new IOException(string.Create(CultureInfo.InvariantCulture, $"The file would be larger than {limits.Bytes:N0} bytes."));
        return rows;

        void Look()
        {
            try
            {
                var bytes = before + (File.Exists(path) ? new FileInfo(path).Length : 0);
                progress?.Report(new LogExportProgress(Math.Clamp(view.Progress / 100, 0, 1), bytes));
                if (bytes <= limits.Bytes) return;
                Volatile.Write(ref tooLarge, true);
                stopping.Cancel();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // It ended while it was looked at.
            }
        }
    }

    /// <summary>One of several steps of an export, as a part of the whole.</summary>
    private sealed class Step(IProgress<LogExportProgress> whole, int number, int steps) : IProgress<LogExportProgress>
    {
        public void Report(LogExportProgress value) => whole.Report(new LogExportProgress((number + value.Fraction) / steps, value.Bytes));
    }

    /// <summary>Rows as lines of a text file that ends before it has too many bytes.</summary>
    private sealed class RowFile(string path, LogExportFormat format, IReadOnlyList<string> columns, long most) : IDisposable
    {
        private readonly FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        private readonly ArrayBufferWriter<byte> line = new();
        private readonly Lazy<Utf8JsonWriter> json = new(() => new Utf8JsonWriter(System.IO.Stream.Null, ExportJson));
        private bool begun;

        public long Rows { get; private set; }

        public long Bytes { get; private set; }

        /// <summary>Adds a row; false when there is no room for it.</summary>
        public bool Add(IReadOnlyList<object?> values)
        {
            Head();
            line.ResetWrittenCount();
            if (format == LogExportFormat.Csv) Csv(values.Select(Text));
            else Json(values);
            if (Bytes + line.WrittenCount > most) return false;
            Write();
            Rows++;
            return true;
        }

        public void Dispose()
        {
            Head();
            if (json.IsValueCreated) json.Value.Dispose();
            file.Dispose();
        }

        private void Head()
        {
            if (begun || format != LogExportFormat.Csv) return;
            begun = true;
            line.ResetWrittenCount();
            line.Write("\uFEFF"u8);
            Csv(columns);
            Write();
        }

        private void Write()
        {
            file.Write(line.WrittenSpan);
            Bytes += line.WrittenCount;
        }

        private void Csv(IEnumerable<string> cells)
        {
            Encoding.UTF8.GetBytes(string.Join(',', cells.Select(Cell)) + "\r\n", line);

            static string Cell(string text)
            {
                text = Guarded(text);
                return text.AsSpan().ContainsAny(",\"\r\n") || text.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : text;
            }
        }

        // A spreadsheet takes a text that begins like this for a formula; what has apostrophes before it gets one more, so that taking one away gives it back.
        private static string Guarded(string text)
        {
            var start = text.AsSpan().TrimStart('\'');
            return start.Length > 0 && "=+-@\t\r\n＝＋－＠".Contains(start[0], StringComparison.Ordinal) && !(start.Length == text.Length && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)) ? "'" + text : text;
        }

        private static string Text(object? value) => value switch
        {
            null => "",
            DateTimeOffset at => at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFK", CultureInfo.InvariantCulture),
            IReadOnlyDictionary<string, string> map => JsonText(writer => Map(writer, map)),
            IReadOnlyList<string> list => string.Join(' ', list),
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };

        private static string JsonText(Action<Utf8JsonWriter> write)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer, ExportJson)) write(writer);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }

        private static void Map(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> map)
        {
            writer.WriteStartObject();
            foreach (var (name, value) in map) writer.WriteString(Whole(name), Whole(value));
            writer.WriteEndObject();
        }

        // Half of a surrogate pair has no UTF-8.
        private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

        private void Json(IReadOnlyList<object?> values)
        {
            var writer = json.Value;
            writer.Reset(line);
            writer.WriteStartObject();
            for (var i = 0; i < values.Count; i++)
            {
                writer.WritePropertyName(columns[i]);
                switch (values[i])
                {
                    case null: writer.WriteNullValue(); break;
                    case DateTimeOffset at: writer.WriteStringValue(at); break;
                    case long number: writer.WriteNumberValue(number); break;
                    case double number: writer.WriteNumberValue(number); break;
                    case IReadOnlyDictionary<string, string> map: Map(writer, map); break;
                    case IReadOnlyList<string> list:
                        writer.WriteStartArray();
                        foreach (var text in list) writer.WriteStringValue(Whole(text));
                        writer.WriteEndArray();
                        break;
                    default: writer.WriteStringValue(Whole((string)values[i]!)); break;
                }
            }

            writer.WriteEndObject();
            writer.Flush();
            line.Write("\n"u8);
        }
    }
}
