using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hufu.Sigma.Support;

namespace Hufu.Sigma.Bench;

/// <summary>Rules against events. Times are processor time of the thread that measures, so that other work on the machine counts less.</summary>
internal static partial class Matching
{
    private const int Rounds = 5;

    /// <param name="folder">Where rules and events lie.</param>
    /// <param name="count">Most events.</param>
    /// <param name="alsoMore">Also with twice and ten times the rules.</param>
    public static void Run(string folder, int count, bool alsoMore)
    {
        var files = Samples.Rules(folder);
        var events = Samples.Events(folder, count);
        var bytes = events.Sum(line => (long)line.Length);
        Console.WriteLine($"{events.Length:N0} events, {bytes / 1e6:F0} MB; {files.Count:N0} rule files");
        var watch = Stopwatch.StartNew();
        var rules = Parse(files);
        var parsed = watch.Elapsed;
        watch.Restart();
        var before = GC.GetTotalMemory(true);
        var engine = SigmaEngine.Compile(rules);
        Console.WriteLine($"parse {rules.Count:N0} rules {parsed.TotalSeconds:F2} s, compile {watch.Elapsed.TotalSeconds:F2} s, engine {(GC.GetTotalMemory(true) - before) / 1e6:F0} MB");

        var item = new WindowsEvent();
        Measure("parse and normalise", events, line =>
        {
            item.Read(line);
            return 0;
        });
        var once = Measure("parse, normalise, match", events, line => Match(engine, item, line));
        Threads(engine, events);
        Measure("parse, normalise, match, no routing", events, line =>
        {
            item.Read(line);
            return engine.Match(item, null).Count;
        });
        foreach (var times in alsoMore ? (int[])[2, 10] : [])
        {
            foreach (var other in (bool[])[false, true])
            {
                var derived = Parse(Enumerable.Range(0, times).SelectMany(copy => files.Select(file => Derive(file, copy, other))));
                watch.Restart();
                before = GC.GetTotalMemory(true);
                var larger = SigmaEngine.Compile(derived);
                var took = watch.Elapsed;
                derived.Clear();
                Console.WriteLine($"{times} times the rules, {(other ? "with other values" : "renamed")}: {larger.RuleCount:N0} rules, compile {took.TotalSeconds:F2} s, {(GC.GetTotalMemory(true) - before) / 1e6:F0} MB");
                var more = Measure("  parse, normalise, match", events, line => Match(larger, item, line));
                Console.WriteLine($"  {more / once:F2} times the time of the rules once");
            }
        }
    }

    private static int Match(SigmaEngine engine, WindowsEvent item, byte[] line)
    {
        item.Read(line);
        return engine.Match(item, item.Sources).Count;
    }

    /// <summary>One thread with all events and two with half each, in turns: best times on the clock.</summary>
    private static void Threads(SigmaEngine engine, byte[][] events)
    {
        var (one, two) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var round = 0; round < 2 * Rounds; round++)
        {
            one = Least(one, Timed(() => Part(0, events.Length)));
            two = Least(two, Timed(() => Parallel.Invoke(() => Part(0, events.Length / 2), () => Part(events.Length / 2, events.Length))));
        }

        Console.WriteLine($"two threads: {one / two:F2} times the rate of one ({events.Length / one.TotalSeconds:N0} and {events.Length / two.TotalSeconds:N0} events/s on the clock)");

        void Part(int from, int to)
        {
            var item = new WindowsEvent();
            for (var i = from; i < to; i++) Match(engine, item, events[i]);
        }

        static TimeSpan Least(TimeSpan known, TimeSpan other) => other < known ? other : known;

        static TimeSpan Timed(Action work)
        {
            var watch = Stopwatch.StartNew();
            work();
            return watch.Elapsed;
        }
    }

    private static List<SigmaRule> Parse(IEnumerable<(string Name, string Text)> files) => [.. files.SelectMany(file => SigmaParser.Parse(file.Text, file.Name).Rules)];

    /// <summary>A copy of a rule under another id; with other texts in its lists where that is wanted, so that nothing is shared with the first.</summary>
    private static (string Name, string Text) Derive((string Name, string Text) file, int copy, bool otherValues)
    {
        if (copy == 0) return file;
        var text = Id().Replace(file.Text, match => $"id: {copy:x2}{match.Groups[1].Value[2..]}", 1);
        if (otherValues) text = Item().Replace(text, match => $"{match.Groups[1].Value}q{copy}{match.Groups[2].Value}");
        return ($"{copy}/{file.Name}", text);
    }

    [GeneratedRegex(@"^id: (\S+)", RegexOptions.Multiline)]
    private static partial Regex Id();

    [GeneratedRegex(@"^(\s+- '[^'\n]*[a-z][^'\n]*|\s+\w+\|(?:contains|endswith|startswith): '[^'\n]*)(')", RegexOptions.Multiline)]
    private static partial Regex Item();

    private static int Bare(byte[] line)
    {
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
        }

        return 0;
    }

    /// <summary>Takes turns with the bare pass, so that what else the machine does hits both. Gives the time beside that of the bare pass.</summary>
    private static double Measure(string what, byte[][] events, Func<byte[], int> one)
    {
        const int turn = 500;
        for (var i = 0; i < events.Length; i += 10)
        {
            Bare(events[i]);
            one(events[i]);
        }

        var best = double.PositiveInfinity;
        var (rate, bareRate) = (0.0, 0.0);
        var found = 0L;
        long allocated = 0;
        for (var round = 0; round < Rounds; round++)
        {
            found = allocated = 0;
            long own = 0, bare = 0;
            for (var from = 0; from < events.Length; from += turn)
            {
                var some = events.AsSpan(from, Math.Min(turn, events.Length - from));
                var start = ProcessorTime();
                foreach (var line in some) Bare(line);
                var middle = ProcessorTime();
                var before = GC.GetAllocatedBytesForCurrentThread();
                foreach (var line in some) found += one(line);
                own += ProcessorTime() - middle;
                bare += middle - start;
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            if ((double)own / bare >= best) continue;
            best = (double)own / bare;
            rate = events.Length / (own / 1e9);
            bareRate = events.Length / (bare / 1e9);
        }

        Console.WriteLine($"{what,-38} {rate,9:N0} events/s, {1 / best:F2} of a bare pass ({bareRate:N0}), {allocated / events.Length:N0} B allocated each, {found:N0} matches");
        return best;
    }

    /// <summary>What the thread has used of the processor, in nanoseconds; the clock on the wall where the system does not tell.</summary>
    private static long ProcessorTime() =>
        OperatingSystem.IsLinux() && ClockTime(ThreadProcessorTime, out var time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : Stopwatch.GetElapsedTime(0).Ticks * 100;

    private const int ThreadProcessorTime = 3;

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockTime(int clock, out TimeSpec time);
}
