using System.Globalization;
using DuckDB.NET.Data;
using Hufu.Logs;

/// <summary>What real log files need on the disk, column by column, and how fast they are verified.</summary>
internal static partial class Sizes
{
    private static readonly string[] Endings = [".parquet", ".leaves", ".tokens"];

    /// <summary>Measures files one by one.</summary>
    /// <param name="arguments">Files; before them perhaps how many times their lines of syslog are passed over, each time with other times, process ids, addresses and ports, and the word “random” for addresses that are not the same within a pass either.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var passes = arguments.Count > 0 && int.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0;
        var random = passes > 0 && arguments.Count > 1 && arguments[1] == "random";
        foreach (var file in arguments.Skip((passes > 0 ? 1 : 0) + (random ? 1 : 0)))
        {
            var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
            try
            {
                var lines = File.ReadLines(file).Count() * Math.Max(1, passes);
                await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = lines / 10 + 1 });
                var (raw, watch) = (0L, new System.Diagnostics.Stopwatch());
                foreach (var batch in Received(passes == 0 ? File.ReadLines(file) : Varied([.. File.ReadLines(file)], passes, random)))
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
                // The first looks at code that was not compiled yet.
                var verified = (Seconds: double.MaxValue, Cpu: 0.0);
                for (var round = 0; round < 4; round++)
                {
                    var (before, taken) = (System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime, System.Diagnostics.Stopwatch.StartNew());
                    if (!store.VerifyAll().All(segment => segment.IsIntact)) throw new InvalidOperationException("The store is not intact.");
                    var cpu = (System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime - before).TotalMicroseconds / events;
                    if (taken.Elapsed.TotalSeconds < verified.Seconds) verified = (taken.Elapsed.TotalSeconds, cpu);
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    verified: {raw / 1e6 / verified.Seconds:N0} MB/s of raw lines, {events / verified.Seconds:N0} events/s, cpu {verified.Cpu:F2} us each; {store.Files().Count} files"));
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
    private static IEnumerable<LogEvent[]> Received(IEnumerable<string> lines)
    {
        var (received, random) = (new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new Random(1));
        return lines.Select(line =>
        {
            received += TimeSpan.FromMicroseconds(random.Next(20_000));
            return LogParser.Parse(System.Text.Encoding.UTF8.GetBytes(line), received, "edge", new LogParseOptions { ReferenceTime = received });
        }).Chunk(1_000);
    }

    // A line begins with its time, of 15 characters.
    private static IEnumerable<string> Varied(IReadOnlyList<string> lines, int passes, bool allRandom)
    {
        var (random, time) = (new Random(1), new DateTime(2026, 6, 1));
        for (var pass = 0; pass < passes; pass++)
        {
            var others = new Dictionary<string, string>();
            foreach (var line in lines)
            {
                time += TimeSpan.FromSeconds(random.Next(21));
                var text = Process().Replace(line[15..], match => Other(match.Value, () => $"[{random.Next(300, 32_000)}]"));
                text = Address().Replace(text, match => Other(match.Value, () => $"{random.Next(1, 255)}.{random.Next(1, 255)}.{random.Next(1, 255)}.{random.Next(1, 255)}", allRandom));
                text = Port().Replace(text, match => Other(match.Value, () => $"port {random.Next(1_024, 65_000)}"));
                yield return time.ToString("MMM dd HH:mm:ss", CultureInfo.InvariantCulture) + text;
            }

            // What is the same in a pass stays the same: a process has several lines, and an address comes again.
            string Other(string was, Func<string> make, bool anew = false) => !anew && others.TryGetValue(was, out var known) ? known : others[was] = make();
        }
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"(?<=\w)\[\d+\]")]
    private static partial System.Text.RegularExpressions.Regex Process();

    [System.Text.RegularExpressions.GeneratedRegex(@"\b\d+\.\d+\.\d+\.\d+\b")]
    private static partial System.Text.RegularExpressions.Regex Address();

    [System.Text.RegularExpressions.GeneratedRegex(@"port \d+")]
    private static partial System.Text.RegularExpressions.Regex Port();
}
