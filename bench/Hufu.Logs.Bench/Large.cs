using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using DuckDB.NET.Data;
using Hufu.Logs;

/// <summary>
/// Searches over many events spread over twenty days, each beside DuckDB's own reading of the same Parquet files and, for texts, ripgrep over the raw
/// lines in the page cache.
/// </summary>
internal static class Large
{
    private const int Days = 20;

    internal static async Task RunAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
        try
        {
            var (events, text) = (Path.Combine(folder, "logs"), Path.Combine(folder, "raw.log"));
            await using var store = LogStore.Open(events, new LogStoreOptions { KeepReplaced = TimeSpan.Zero });
            var watch = Stopwatch.StartNew();
            var bytes = await FillAsync(store, text, count);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} events, {bytes / 1e9:F2} GB raw: made, parsed, stored and sealed in {watch.Elapsed.TotalSeconds:F0} s"));
            watch.Restart();
            await store.MaintainAsync(new RetentionPolicy());
            var files = store.Files();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"put together and indexed in {watch.Elapsed.TotalSeconds:F0} s: {files.Count} files, {files.Sum(f => f.Bytes) / 1e9:F2} GB with hashes and indexes = raw / {bytes / (double)files.Sum(f => f.Bytes):F1}"));
            await CompareAsync(store, events, text, count);
            await WhileStoringAsync(store, count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<long> FillAsync(LogStore store, string text, int count)
    {
        var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        var lines = new Lines(start, TimeSpan.FromDays(Days) / count);
        var parse = new LogParseOptions { ReferenceTime = start.AddDays(Days) };
        var batches = Channel.CreateBounded<LogEvent[]>(8);
        var bytes = 0L;
        var making = Task.Run(async () =>
        {
            await using var raw = new FileStream(text, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            for (var from = 0; from < count; from += 5_000)
            {
                var batch = new LogEvent[Math.Min(5_000, count - from)];
                for (var i = 0; i < batch.Length; i++)
                {
                    var at = from + i;
                    var line = Encoding.UTF8.GetBytes(at == count / 2 ? lines.Line(at) + " NeedleInTheStack" : lines.Line(at));
                    raw.Write(line);
                    raw.WriteByte((byte)'\n');
                    bytes += line.Length + 1;
                    batch[i] = LogParser.Parse(line, lines.TimeOf(at), "source" + at % 7, parse);
                }

                await batches.Writer.WriteAsync(batch);
            }

            batches.Writer.Complete();
        });
        await foreach (var batch in batches.Reader.ReadAllAsync()) await store.AppendAsync(batch);
        await making;
        await store.SealAsync();
        return bytes;
    }

    private static async Task CompareAsync(LogStore store, string events, string text, int count)
    {
        using var duck = new DuckDBConnection("DataSource=:memory:");
        duck.Open();
        Scalar(duck, "SET threads = 2; SELECT 0");
        var table = $"read_parquet('{events}/*.parquet')";
        Console.WriteLine();
        Console.WriteLine($"{"",-46} {"Hufu, first / again",22} {"DuckDB",12} {"ripgrep",10}");
        foreach (var (query, sql, grep) in new (string, string, string[]?)[]
        {
            ("NeedleInTheStack", "contains(raw, 'NeedleInTheStack')", ["-F", "NeedleInTheStack"]),
            ("needleinthestack", "raw ILIKE '%needleinthestack%'", ["-F", "-i", "needleinthestack"]),
            ("eedleInTheStac", "contains(raw, 'eedleInTheStac')", ["-F", "eedleInTheStac"]),
            ("nothing-like-this", "contains(raw, 'nothing-like-this')", ["-F", "nothing-like-this"]),
            ("10.20.30.40", "contains(raw, '10.20.30.40')", ["-F", "10.20.30.40"]),
            ("src_ip:10.1.2.3", "src_ip = '10.1.2.3'", null),
            ("user499 port", "contains(raw, 'user499') AND contains(raw, 'port')", null),
            ("password", "contains(raw, 'password')", ["-F", "-c", "password"]),
            ("PASSWORD", "raw ILIKE '%password%'", ["-F", "-i", "-c", "password"]),
            ("登入成功", "contains(raw, '登入成功')", ["-F", "-c", "登入成功"]),
        })
        {
            var search = new LogSearch { Query = SearchQuery.Parse(query).Value };
            var (first, again, found) = await TimesAsync(async () => (await store.HistogramAsync(search)).Buckets.Sum(b => b.Errors + b.Warnings + b.Others));
            var (_, plain, plainly) = await TimesAsync(() => Task.FromResult(Scalar(duck, $"SELECT count(*) FROM {table} WHERE {sql}")));
            Line("counted: " + query, first, again, plain, grep is null ? null : (await TimesAsync(() => GrepAsync(text, grep))).Again, $"{found:N0} found{(found == plainly ? "" : $", DuckDB {plainly:N0}")}");
        }

        var everything = new LogSearch();
        {
            var (first, again, _) = await TimesAsync(async () => (await store.TableAsync(everything with { Query = SearchQuery.Parse("| stats count by host").Value })).Rows.Count);
            var (_, plain, _) = await TimesAsync(() => Task.FromResult(Scalar(duck, $"SELECT count(*) FROM (SELECT host, count(*) FROM {table} GROUP BY host)")));
            Line("count by host over 20 days", first, again, plain, null, "");
        }

        foreach (var query in new[] { "", "app:sshd", "severity:<=5 host:host17", "password user7" })
        {
            var (first, again, found) = await TimesAsync(async () => (await store.SearchAsync(everything with { Query = SearchQuery.Parse(query).Value, Limit = 100 })).Events.Count);
            Line($"newest 100 of “{query}”", first, again, null, null, $"{found} found");
        }

        foreach (var format in Enum.GetValues<LogExportFormat>())
        {
            var (first, again, rows) = await TimesAsync(async () => (await store.ExportAsync(everything with { Query = SearchQuery.Parse("app:sshd").Value }, text + ".export", format)).Rows);
            Line($"“app:sshd” exported as {format}", first, again, null, null, $"{rows:N0} events");
            File.Delete(text + ".export");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory now {Environment.WorkingSet / 1e6:F0} MB, peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB over {count:N0} events"));
    }

    /// <summary>What searching costs storing, and storing searching.</summary>
    private static async Task WhileStoringAsync(LogStore store, int count)
    {
        var start = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
        var lines = new Lines(start, TimeSpan.FromSeconds(1));
        var parse = new LogParseOptions { ReferenceTime = start.AddDays(1) };
        var batches = Enumerable.Range(0, 100).Select(b => Enumerable.Range(b * 1_000, 1_000).Select(i => LogParser.Parse(Encoding.UTF8.GetBytes(lines.Line(i)), start, "while", parse)).ToArray()).ToArray();
        // Half of what one processor could store, so that both have room.
        var pace = TimeSpan.FromMilliseconds(20);
        async Task<(double Rate, double Slowest)> StoreAsync(CancellationToken ending)
        {
            var (watch, stored, slowest) = (Stopwatch.StartNew(), 0, 0.0);
            for (var i = 0; !ending.IsCancellationRequested; i++)
            {
                var one = Stopwatch.StartNew();
                await store.AppendAsync(batches[i % batches.Length], CancellationToken.None);
                stored += 1_000;
                slowest = Math.Max(slowest, one.Elapsed.TotalMilliseconds);
                if (watch.Elapsed < (i + 1) * pace) await Task.Delay((i + 1) * pace - watch.Elapsed, CancellationToken.None);
            }

            return (stored / watch.Elapsed.TotalSeconds, slowest);
        }

        async Task<double> SearchAsync(CancellationToken ending)
        {
            var times = new List<double>();
            var search = new LogSearch { Query = SearchQuery.Parse("user499 port").Value };
            while (!ending.IsCancellationRequested)
            {
                var one = Stopwatch.StartNew();
                await store.HistogramAsync(search, cancellation: CancellationToken.None);
                times.Add(one.Elapsed.TotalMilliseconds);
            }

            return times.Order().ElementAt(times.Count / 2);
        }

        async Task<T> ForAsync<T>(Func<CancellationToken, Task<T>> work)
        {
            using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            return await Task.Run(() => work(ending.Token));
        }

        var alone = await ForAsync(StoreAsync);
        var searching = await ForAsync(SearchAsync);
        var both = ForAsync(StoreAsync);
        var beside = await ForAsync(SearchAsync);
        var storing = await both;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"storing alone {alone.Rate:N0}/s (slowest batch {alone.Slowest:F0} ms), beside searches {storing.Rate:N0}/s (slowest {storing.Slowest:F0} ms); a search alone {searching:F0} ms, beside storing {beside:F0} ms, over {count:N0} events"));
    }

    private static void Line(string what, double first, double again, double? duck, double? grep, string more) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-46} {first,10:F0} / {again,6:F0} ms {(duck is { } d ? $"{d,9:F0} ms" : ""),12} {(grep is { } g ? $"{g,7:F0} ms" : ""),10}   {more}"));

    private static async Task<(double First, double Again, long Found)> TimesAsync(Func<Task<long>> run)
    {
        var times = new List<double>();
        var found = 0L;
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            found = await run();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        return (times[0], times.Skip(1).Min(), found);
    }

    private static Task<(double First, double Again, long Found)> TimesAsync(Func<Task<int>> run) => TimesAsync(async () => (long)await run());

    private static long Scalar(DuckDBConnection duck, string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static async Task<long> GrepAsync(string text, string[] arguments)
    {
        if (!File.Exists("/usr/bin/rg")) return 0;
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/rg", ["-N", "--no-config", .. arguments, text]) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
