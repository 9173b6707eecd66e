using System.Diagnostics;
using System.Globalization;

namespace Hufu.Sigma.Bench;

/// <summary>Correlations over events that match already.</summary>
internal static class Correlating
{
    private const string Rules = "title: A\nname: a\nlogsource: {category: t}\ndetection: {s: {k: a}, condition: s}\n---\ntitle: B\nname: b\nlogsource: {category: t}\ndetection: {s: {k: b}, condition: s}\n---\n";

    public static void Run()
    {
        Rate("event_count, 1,000 groups", "event_count", "{gte: 1000000}", 1_000, 1);
        foreach (var distinct in (int[])[10, 1_000, 10_000, 100_000])
            Rate($"value_count, 10 groups, {distinct:N0} distinct values", "value_count", "{field: v, gte: 1000000}", 10, distinct);
        Rate("value_sum", "value_sum", "{field: n, gt: 1e15}", 1_000, 1_000);
        Rate("value_avg", "value_avg", "{field: n, gt: 1e15}", 1_000, 1_000);
        Rate("value_percentile, share", "value_percentile", "{field: v, lt: 0}", 1_000, 1_000);
        Rate("value_percentile, 95th", "value_percentile", "{field: n, percentile: 95, gt: 1e15}", 1_000, 1_000);
        Rate("temporal", "temporal", "", 1_000, 1);
        Rate("temporal_ordered", "temporal_ordered", "", 1_000, 1);
        Keys();
    }

    private static SigmaEngine Compile(string type, string condition) => SigmaEngine.Compile(SigmaParser.Parse(
        $"{Rules}title: C\ncorrelation:\n  type: {type}\n  rules: [a, b]\n  group-by: [u]\n  timespan: 10m\n{(condition.Length > 0 ? $"  condition: {condition}\n" : "")}", "b.yml").Rules);

    private static void Rate(string what, string type, string condition, int groups, int distinct)
    {
        const int count = 1_000_000;
        var engine = Compile(type, condition.Replace("lt: 0}", "lt: 0.0000001}", StringComparison.Ordinal));
        var random = new Random(1);
        var events = Enumerable.Range(0, 100_000).Select(i => new Item(i % 2 == 0 || type.StartsWith("temporal", StringComparison.Ordinal) ? "a" : "b",
            $"user{random.Next(groups)}", $"value{random.Next(distinct)}", random.Next(1_000))).ToArray();
        var matched = events.Select(item => engine.Match(item, null)).ToArray();
        var best = 0.0;
        for (var round = 0; round < 3; round++)
        {
            var session = engine.NewSession();
            var into = new List<SigmaMatch>();
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
                session.Process(matched[i % events.Length], events[i % events.Length], DateTimeOffset.UnixEpoch.AddMilliseconds(i * 5L), "e", into);
            best = Math.Max(best, count / watch.Elapsed.TotalSeconds);
        }

        Console.WriteLine($"{what,-48} {best,12:N0} matched events/s");
    }

    private static void Keys()
    {
        const int count = 1_000_000;
        var engine = Compile("event_count", "{gte: 5}");
        var matched = engine.Match(new Item("a", "u", "v", 1), null);
        var session = engine.NewSession(new SigmaSessionOptions { MaxGroups = count });
        var into = new List<SigmaMatch>();
        var before = GC.GetTotalMemory(true);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
            session.Process(matched, new Item("a", "user" + i.ToString(CultureInfo.InvariantCulture), "v", 1), DateTimeOffset.UnixEpoch.AddTicks(i), "e" + i.ToString(CultureInfo.InvariantCulture), into);
        var took = watch.Elapsed;
        Console.WriteLine($"{session.GroupCount:N0} live keys: {(GC.GetTotalMemory(true) - before) / 1e6:F0} MB, with the ids of their events; {count / took.TotalSeconds:N0} new keys/s");
        GC.KeepAlive(session);
    }

    private sealed class Item(string kind, string user, string value, double number) : ISigmaEvent
    {
        private readonly SigmaValue k = SigmaValue.Of(kind), u = SigmaValue.Of(user), v = SigmaValue.Of(value), n = SigmaValue.Of(number);

        public int KeywordValueCount => 0;

        public bool TryGet(string field, out SigmaValue found)
        {
            found = field switch { "k" => k, "u" => u, "v" => v, "n" => n, _ => default };
            return field is "k" or "u" or "v" or "n";
        }

        public SigmaValue KeywordValueAt(int index, out string field) => throw new ArgumentOutOfRangeException(nameof(index));
    }
}
