using System.Globalization;
using DuckDB.NET.Data;
using Hufu.Logs;

/// <summary>What real log files need on the disk, column by column.</summary>
internal static class Sizes
{
    private static readonly string[] Endings = [".parquet", ".leaves", ".tokens"];

    public static async Task RunAsync(IReadOnlyList<string> files)
    {
        foreach (var file in files)
        {
            var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
            try
            {
                var lines = File.ReadLines(file).Count();
                await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = lines / 10 + 1 });
                var (raw, watch) = (0L, new System.Diagnostics.Stopwatch());
                await foreach (var batch in ReceivedAsync(file))
                {
                    raw += batch.Sum(item => (long)System.Text.Encoding.UTF8.GetByteCount(item.Raw) + 1);
                    await store.AppendAsync(batch);
                }

                await store.SealAsync();
                watch.Start();
                await store.MaintainAsync(new RetentionPolicy());
                // What was replaced stays on the disk for a while for those who read it.
                watch.Stop();
                var kept = store.Files().Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
                var events = store.Segments.Sum(s => (long)s.Events);
                var sizes = Endings.ToDictionary(ending => ending, ending => Directory.EnumerateFiles(folder, "*" + ending).Where(path => kept.Contains(Path.GetFileNameWithoutExtension(path))).Sum(path => new FileInfo(path).Length));
                var all = sizes.Values.Sum();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file),-24} {events,9:N0} events {raw / 1e6,8:F2} MB raw; Parquet {sizes[".parquet"] / (double)events,6:F1}, hashes {sizes[".leaves"] / (double)events,4:F1}, index {sizes[".tokens"] / (double)events,4:F1} B an event; {raw / (double)sizes[".parquet"]:F1} : 1 Parquet, {raw / (double)all:F1} : 1 in all; put together in {watch.Elapsed.TotalMicroseconds / events:F1} us each"));
                using var connection = new DuckDBConnection("DataSource=:memory:");
                connection.Open();
                using var command = connection.CreateCommand();
                command.CommandText = $"SELECT path_in_schema, sum(total_compressed_size)::DOUBLE AS size FROM parquet_metadata([{string.Join(", ", kept.Select(name => $"'{Path.Combine(folder, name)}.parquet'"))}]) GROUP BY 1 ORDER BY 2 DESC";
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    var size = reader.GetDouble(1) / events;
                    if (size >= 0.05) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {reader.GetString(0),-32} {size,7:F2}"));
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    // As a receiver would: each event a little after the one before, by its own clock.
    private static async IAsyncEnumerable<LogEvent[]> ReceivedAsync(string file)
    {
        var (received, random, batch) = (new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new Random(1), new List<LogEvent>());
        using var reader = new StreamReader(file);
        while (await reader.ReadLineAsync() is { } line)
        {
            received += TimeSpan.FromMicroseconds(random.Next(20_000));
            batch.Add(LogParser.Parse(System.Text.Encoding.UTF8.GetBytes(line), received, "edge", new LogParseOptions { ReferenceTime = received }));
            if (batch.Count < 1_000) continue;
            yield return [.. batch];
            batch.Clear();
        }

        if (batch.Count > 0) yield return [.. batch];
    }
}
