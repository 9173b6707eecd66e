// Prints parse rate, append rate and search latency of Hufu.Logs over generated events; with the word “receive”, what receiving them
// takes; with “steady”, what UDP loses in a minute at 100,000/s or at the rate that follows the word; with “overload”, five minutes of ten times what is taken; with “large”, searches over many of them beside DuckDB and ripgrep (20,000,000 need 10 GB of disk and some 10 minutes); with “size” and files of lines, what those need on the disk and how fast they are verified; a number before the files says how often their lines of syslog are passed over, each time with other times, process ids, addresses and ports.
// dotnet run -c Release --project bench/Hufu.Logs.Bench [events, default 1000000] [receive|steady [rate]|overload|large] | size [passes [random]] FILE…
using System.Diagnostics;
using System.Globalization;
using Hufu.Logs;

if (args is ["size", ..])
{
    await Sizes.RunAsync(args[1..]);
    return;
}

var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
var options = new LogParseOptions { ReferenceTime = start.AddDays(20) };
if (args.Contains("large"))
{
    await Large.RunAsync(count);
    return;
}

var made = new Lines(start, TimeSpan.FromSeconds(1));
var lines = Enumerable.Range(0, count).Select(i => i == count / 2 ? made.Line(i) + " NeedleInTheStack" : made.Line(i)).Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
var bytes = lines.Sum(line => (long)line.Length);
var watch = Stopwatch.StartNew();
var cpu = Process.GetCurrentProcess().TotalProcessorTime;
var allocated = GC.GetTotalAllocatedBytes();

void Say(string what, int times)
{
    var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
    Console.WriteLine($"{what,-44} {watch.Elapsed.TotalSeconds,8:F2} s {times / watch.Elapsed.TotalSeconds,12:N0} /s   cpu {used.TotalMicroseconds / times,7:F2} us each, {(GC.GetTotalAllocatedBytes() - allocated) / times:N0} B allocated");
    watch.Restart();
    cpu = Process.GetCurrentProcess().TotalProcessorTime;
    allocated = GC.GetTotalAllocatedBytes();
}

Console.WriteLine($"{count:N0} events, {bytes / 1e6:F0} MB");
if (args.Contains("receive"))
{
    await Receiving.RunAsync(lines);
    return;
}

if (args.Contains("steady"))
{
    await Receiving.SteadyAsync(lines, args.SkipWhile(a => a != "steady").Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture)).FirstOrDefault(100_000), 60);
    return;
}

if (args.Contains("overload"))
{
    await Receiving.OverloadAsync(lines, 300);
    return;
}

for (var i = 0; i < count; i++) LogParser.Parse(lines[i], start, "bench", options);
Say("parse, one thread, nothing kept", count);
var parsed = new LogEvent[count];
for (var i = 0; i < count; i++) parsed[i] = LogParser.Parse(lines[i], start, "bench", options);
Say("parse, one thread, everything kept", count);

var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
try
{
    await using (var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = Math.Max(1, count / 5) }))
    {
        watch.Restart();
        foreach (var batch in parsed.Chunk(5_000)) await store.AppendAsync(batch);
        await store.SealAsync();
        Say("append, durable, batches of 5,000, and seal", count);
        var size = Directory.EnumerateFiles(folder, "*.parquet").Sum(file => new FileInfo(file).Length);
        Console.WriteLine($"{store.Segments.Count} segments, {size / 1e6:F0} MB Parquet = {size / (double)count:F0} B an event, {bytes / (double)size:F1} : 1");

        var all = new LogSearch();
        async Task Time(string query, Func<LogSearch, Task<int>> run, string? name = null)
        {
            var search = all with { Query = SearchQuery.Parse(query).Value };
            var times = new List<double>();
            var found = 0;
            for (var round = 0; round < 3; round++)
            {
                watch.Restart();
                found = await run(search);
                times.Add(watch.Elapsed.TotalMilliseconds);
            }

            Console.WriteLine($"{name ?? "search " + query,-44} {times[0],8:F0} ms first, {times.Skip(1).Min(),6:F0} ms again, {found} found");
        }

        foreach (var query in new[] { "", "password", "needleinthestack", "登入", "app:sshd user:user7", "severity:<=3", "TargetUserName:user7", "nothing-like-this", "password -invalid OR 登入成功 host:host1*", "src_ip:203.0.113.0/28", "source.ip:203.0.113.0/28", "/user[1-7]+ from/" })
            await Time(query, async search => (await store.SearchAsync(search)).Events.Count);
        await Time("", async search => (await store.HistogramAsync(search)).Buckets.Count, "histogram of everything");
        await Time("password", async search => (await store.HistogramAsync(search)).Buckets.Count, "histogram of password");
        await Time("", async search => (await store.TopValuesAsync(search, "host")).Count, "top hosts");
        await Time("", async search => (await store.TopValuesAsync(search, "user")).Count, "top users (map field)");
        foreach (var query in new[] { "| stats count, dc(user) by src_ip", "password | top 10 user by host", "| timechart span=1h count by app", "user:* | dedup user | head 10", "password | sort -severity | head 20 | table time, host" })
            await Time(query, async search => (await store.TableAsync(search)).Rows.Count, query);
        watch.Restart();
        cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await store.MaintainAsync(new RetentionPolicy());
        Say("put files together and index their texts", count);
        var tokens = Directory.EnumerateFiles(folder, "*.tokens").Sum(file => new FileInfo(file).Length);
        Console.WriteLine($"{store.Files().Count} files, {store.Files().Sum(f => f.Bytes) / 1e6:F0} MB, of which {tokens / 1e6:F1} MB index = {tokens / (double)count:F1} B an event");
        foreach (var query in new[] { "password", "needleinthestack", "NeedleInTheStack", "eedleInTheStac", "登入", "TargetUserName:user7", "nothing-like-this", "src_ip:10.1.2.3", "port 65535" })
        {
            await Time(query, async search => (await store.SearchAsync(search)).Events.Count, "indexed: " + query);
            await Time(query, async search => (int)(await store.HistogramAsync(search)).Buckets.Sum(b => b.Others), "indexed, counted: " + query);
        }

        var id = store.Segments[0].Id;
        watch.Restart();
        (cpu, allocated) = (Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes());
        var holds = store.Prove(id + "/17")!.Holds();
        Say($"prove one event ({holds})", 1);
        // What is hashed for each event when it is stored: its canonical bytes, and one node of the tree.
        var leaves = Enumerable.Range(0, 500).Select(row => store.Prove($"{id}/{row}")!.LeafBytes.ToArray()).ToArray();
        var (hash, node) = (new byte[Hufu.Kernel.Sha256.Length], new byte[1 + 2 * Hufu.Kernel.Sha256.Length]);
        for (var round = 0; round < 2; round++)
        {
            watch.Restart();
            (cpu, allocated) = (Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes());
            for (var i = 0; i < count; i++)
            {
                Hufu.Kernel.Sha256.Hash(leaves[i % leaves.Length], hash);
                Hufu.Kernel.Sha256.Hash(node, hash);
            }

            if (round == 1) Say($"of storing, the hashes: {leaves.Average(leaf => leaf.Length):F0} B and a node", count);
        }

        var intact = store.VerifySegment(id);
        Say($"verify a segment ({(intact.IsIntact ? "intact" : "NOT intact")})", (int)Math.Max(1, intact.Events));
    }

    Console.WriteLine($"peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB, of which the generated events are most");
}
finally
{
    Directory.Delete(folder, recursive: true);
}
