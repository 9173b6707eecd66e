using System.Globalization;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Hunts pass over what no rule can match and nothing else, and go on where they stood.</summary>
public sealed class HuntNeedTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-needs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Events of several kinds; each part of the store has words that no other has.</summary>
    private static LogEvent Event(int part, int i, Random random)
    {
        var at = Start.AddSeconds((part * 10_000) + i);
        var rare = i % 613 == 5;
        // What is always read would be everywhere else.
        var special = part < 2;
        var (z, dot, u) = special ? ("\\u005a", "\\u002e", "b\\u00fc") : ("Z", ".", "bü");
        var text = (i % 5) switch
        {
            // Within an array of objects a letter, and a point, may be written as an escape.
            0 => $$"""{"time":"{{at:O}}","kind":"json","n":{{(rare ? 4_600 + part : i % 90)}},"list":[{"name":"{{(rare ? $"{z}ebra{part}" : "plain")}}","ip":"{{(rare ? $"10{dot}9.{part}.1" : "10.0.0.1")}}"},{"name":"caf\u00e9 {{(rare ? $"{u}ffel{part}" : "x")}}"}]}""",
            1 => $"""time={at:O} kind=pairs cmd="{(rare ? $"tool.exe /encoded{part} x" : "tool.exe")}" n={(rare ? $"{4_700 + part}.0" : "7")} addr=10.2.{(rare ? part : 200)}.9""",
            2 => $"<13>{at:MMM dd HH:mm:ss} host{i % 3} app: {(rare ? $"NEEDLE{part} 登入{part}x" : "hay")} {random.Next(50)}",
            3 when rare && special => "",
            _ => $"some words {random.Next(40)} of {(rare ? $"Kernel_thing{part}" : "nothing")}",
        };
        if (text.Length > 0) return LogParser.Parse(text, at, "s", new LogParseOptions { ReferenceTime = at });
        // The records of an audit event: a program's title is read from its digits.
        var hex = Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes($"secret{part} tool"));
        var raw = $"type=SYSCALL msg=audit({at.ToUnixTimeSeconds()}.1:{i}): arch=c000003e syscall=59 comm=\"x\"\ntype=PROCTITLE msg=audit({at.ToUnixTimeSeconds()}.1:{i}): proctitle={hex}";
        return new LogEvent { ReceivedAt = at, OccurredAt = at, Source = "s", Message = "audit", Raw = raw, Format = LogFormats.Plain, Fields = new Dictionary<string, string> { ["types"] = "SYSCALL PROCTITLE", ["event.module"] = "auditd", ["comm"] = "x" } };
    }

    [Fact]
    public async Task What_is_passed_over_would_have_matched_nothing()
    {
        const int parts = 16, each = 3_000;
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = each });
        var random = new Random(3);
        for (var part = 0; part < parts; part++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, each).Select(i => Event(part, i, random))], Stop);
            await store.SealAsync(Stop);
        }

        await store.MaintainAsync(new RetentionPolicy(), Stop);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.NotEmpty(Directory.GetFiles(folder, "*.tokens"));
        await store.AppendAsync([.. Enumerable.Range(0, 50).Select(i => Event(parts, i, random))], Stop);
        var (every, some) = Read(store);
        var (passed, found, tried, kinds) = (0, 0, 0, new HashSet<string>());
        string[] tests =
        [
            "list.name|contains: 'zebra{0}'", "list.name|startswith: 'ZEBRA{0}'", "list.ip: 10.9.{0}.1", "list.name|contains: 'büffel{0}'", "n: 460{0}", "n: 470{0}", "n|gte: 4600", "cmd|contains: '/encoded{0}'", "cmd|windash|contains: ' -encoded{0}'",
            "addr|cidr: 10.2.{0}.0/24", "addr: 10.2.{0}.9", "message|contains: 'needle{0}'", "message|re: 'NEEDLE{0} \\S+x'", "message|re|i: 'needle{0}\\s'", "message|contains: '登入{0}'", "message|contains: '登入{0}x'", "proctitle|contains: 'secret{0} tool'",
            "message|endswith: 'kernel_thing{0}'", "raw|contains: 'thing{0}'", "message: null", "kind: pairs",
        ];
        for (var round = 0; round < 70; round++)
        {
            string Test() => string.Format(CultureInfo.InvariantCulture, tests[random.Next(tests.Length)], random.Next(parts));
            var condition = new[] { "a", "a or b", "a and not b", "1 of *", "a and b", "k", "k or a" }[round % 7];
            var rule = $"title: t\nlogsource: {{ product: x }}\ndetection:\n  a: {{ {(round < tests.Length ? string.Format(CultureInfo.InvariantCulture, tests[round], round % parts) : Test())} }}\n  b: {{ {Test()} }}\n  k: [ 'needle{random.Next(parts)}', 'secret{random.Next(parts)}' ]\n  condition: {(round < tests.Length ? "a" : condition)}\n";
            var parsed = SigmaParser.Parse(rule, "rule.yml");
            Assert.True(parsed.Errors.Count == 0, rule + string.Join('\n', parsed.Errors));
            // Every rule is tried on every event, whatever its log source.
            var engine = SigmaEngine.Compile(parsed.Rules.Select(r => r is SigmaDetectionRule detection ? detection with { LogSource = new SigmaLogSource() } : r));
            var needs = HuntNeeds.Of(engine);
            var less = some(needs);
            var (all, kept) = (Hits(engine, every), Hits(engine, less));
            Assert.True(all.SequenceEqual(kept), $"{rule}\n{all.Count} hits, {kept.Count} when passing over");
            tried++;
            found += all.Count;
            if (less.Count < every.Count) passed++;
            if (less.Count < every.Count && all.Count > 0) kinds.Add(rule.Split('\n')[3]);
        }

        Assert.True(passed > 25, $"{passed} of {tried}");
        Assert.True(found > 500 && kinds.Count > 8, $"{found} {kinds.Count}");
    }

    /// <summary>All events as rules see them, and those of them that are read with a need.</summary>
    private static (List<(string Id, LogEventFields Fields)> All, Func<LogNeed?, List<(string Id, LogEventFields Fields)>> Some) Read(LogStore store)
    {
        List<(string Id, LogEventFields Fields)> all = [.. store.StretchesOf(new LogSearch()).SelectMany(stretch => store.EventsOf(new LogSearch(), stretch, Stop)).Select(item => (item.Id, new LogEventFields(item)))];
        var places = all.ConvertAll(item => (Segment: item.Id[..8], Row: int.Parse(item.Id[9..], CultureInfo.InvariantCulture)));
        var asked = 0;
        return (all, needs =>
        {
            var search = new LogSearch { Needs = needs };
            var stretches = store.StretchesOf(search);
            var bySegment = stretches.ToLookup(stretch => stretch.Segment, StringComparer.Ordinal);
            List<(string Id, LogEventFields Fields)> some = [.. all.Where((_, i) => bySegment[places[i].Segment].Any(stretch => places[i].Row >= stretch.First && places[i].Row < stretch.First + stretch.Events))];
            // Now and then they are really read.
            if (asked++ % 15 == 0) Assert.Equal(some.Select(item => item.Id), stretches.SelectMany(stretch => store.EventsOf(search, stretch, Stop)).Select(item => item.Id));
            return some;
        });
    }

    // Sources are what rules are chosen by; here every rule is to look at every event.
    private static List<string> Hits(SigmaEngine engine, List<(string Id, LogEventFields Fields)> events) => [.. events.SelectMany(item => engine.Match(item.Fields, null).Select(rule => $"{rule.Key} {item.Id}"))];

    [Fact]
    public async Task Rows_of_files_from_which_events_were_removed_are_passed_over_by_their_own_numbers()
    {
        const int parts = 9, each = 2_000;
        await using (var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = each }))
        {
            var random = new Random(5);
            for (var part = 0; part < parts; part++)
            {
                await store.AppendAsync([.. Enumerable.Range(0, each).Select(i => Event(part, i, random) with { Source = i % 3 == 0 ? "gone" : "stays" })], Stop);
                await store.SealAsync(Stop);
            }

            await store.MaintainAsync(new RetentionPolicy(), Stop);
            await store.MaintainAsync(new RetentionPolicy { Sources = new Dictionary<string, SourceRetention> { ["gone"] = new(TimeSpan.FromDays(30), TimeSpan.Zero) } }, Stop);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
            var (removed, (every, some)) = (0, Read(store));
            for (var part = 0; part < parts; part++)
            {
                var engine = SigmaEngine.Compile(SigmaParser.Parse($"title: t\nlogsource: {{ product: x }}\ndetection: {{ k: [ 'needle{part}', 'thing{part}', 'encoded{part}' ], condition: k }}\n", "rule.yml").Rules);
                var hits = Hits(engine, every);
                Assert.Equal(hits, Hits(engine, some(HuntNeeds.Of(engine))));
                Assert.NotEmpty(hits);
                removed = (parts * each) - every.Count;
            }

            Assert.True(removed > 1_000, $"{removed}");
        }
    }

    /// <summary>A clock that ends the work when it has been looked at so often.</summary>
    private sealed class Breaking(int at) : TimeProvider, IDisposable
    {
        private int looked;

        internal CancellationTokenSource Source { get; } = new();

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 24, 2, 0, 0, TimeSpan.Zero);

        public override long GetTimestamp()
        {
            if (++looked == at) Source.Cancel();
            return base.GetTimestamp();
        }

        public void Dispose() => Source.Dispose();
    }

    private static Hunts Hunts(Site site, TimeProvider clock) => new(
        site.Get<LogService>(), site.Get<Detection>(), site.Get<IndicatorLibrary>(), site.Get<LiveDetection>(), site.Get<StorageOptions>(), site.Get<JobService>(), new HuntLimit { PlaceEvery = TimeSpan.Zero }, site.Get<IDbContextFactory<HufuDbContext>>(), clock);

    private static async Task<(IReadOnlyList<string> Hits, HuntState State, long Resumed)> HuntAsync(Site site, IReadOnlyList<int> breaks, bool alerts = false)
    {
        var hunts = Hunts(site, site.Clock);
        var asked = await hunts.AskAsync(Site.Engineer, new HuntOrder { To = site.Clock.GetUtcNow().AddDays(1), Alerts = alerts }, null, Stop);
        Assert.True(asked.IsOk);
        var (attempt, resumed) = (1, 0L);
        foreach (var at in breaks)
        {
            using var clock = new Breaking(at);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Hunts(site, clock).WorkAsync(asked.Value.Id, 0, attempt++, (_, _) => { }, clock.Source.Token));
            Assert.Equal(JobStates.Interrupted, hunts.Files.State(asked.Value.Id).State);
        }

        Assert.True((await hunts.WorkAsync(asked.Value.Id, 0, attempt, (_, _) => { }, Stop)).Ok);
        var state = hunts.Files.State(asked.Value.Id);
        resumed = state.Resumed;
        Assert.False(File.Exists(Path.Combine(site.Folder, "hunts", asked.Value.Id.ToString("N"), "resume.bin")));
        var hits = hunts.Files.Hits(asked.Value.Id).Select(h => $"{h.Rule} {h.Count} {string.Join(' ', h.Events.Select(e => $"{e.Id}@{e.Time:O}"))}").ToList();
        await hunts.CancelAsync(Site.Engineer, (await hunts.FindAsync(asked.Value.Id, Stop))!, Stop);
        return (hits, state, resumed);
    }

    private static string Told(HuntState state) => $"{state.Events} {state.Total} {state.Hits} {state.Kept} {state.Uncounted} " + string.Join(", ", state.Rules.Select(r => $"{r.Key} {r.Hits} {r.Kept} {r.First:O} {r.Last:O}"));

    [Fact]
    public async Task A_hunt_that_is_broken_off_goes_on_and_finds_what_an_unbroken_one_finds()
    {
        await using var site = await Site.OpenAsync();
        var store = site.Get<LogService>().Store;
        // A correlation is made of events of several segments.
        for (var i = 0; i < 9; i++)
        {
            await site.ImportAsync(site.Write($"{i}.log", Site.Guessing("203.0.113.1", 4 + i)));
            await site.ImportAsync(site.Write($"{i}b.log", Site.Guessing($"203.0.113.{2 + (i % 2)}", 5 + i)));
            await store.SealAsync(Stop);
        }

        await site.ImportAsync(site.Write("last.log", Site.Guessing("203.0.113.2", 13)));
        var whole = await HuntAsync(site, []);
        Assert.True(whole.State.Hits > 1, $"{whole.State.Hits}");
        Assert.Equal(0, whole.Resumed);
        var went = 0L;
        foreach (var breaks in (int[][])[[9], [14], [20], [27], [40], [12, 12, 12], [15, 25]])
        {
            var broken = await HuntAsync(site, breaks);
            Assert.Equal(whole.Hits, broken.Hits);
            Assert.Equal(Told(whole.State), Told(broken.State));
            went = Math.Max(went, broken.Resumed);
        }

        Assert.True(went > 0);
    }

    [Fact]
    public async Task Alerts_of_a_hunt_that_is_broken_off_are_those_of_an_unbroken_one()
    {
        async Task<(IReadOnlyList<string> Counts, int Created)> AlertsAsync(params int[] breaks)
        {
            await using var site = await Site.OpenAsync();
            File.Delete(Path.Combine(site.Folder, "rules", "test.yml"));
            site.Get<Detection>().Reload();
            for (var i = 0; i < 6; i++)
            {
                await site.ImportAsync(site.Write($"{i}.log", Site.Guessing("203.0.113.1", 4 + i)));
                await site.Get<LogService>().Store.SealAsync(Stop);
            }

            await using (var other = await Site.OpenAsync()) File.Copy(Path.Combine(other.Folder, "rules", "test.yml"), Path.Combine(site.Folder, "rules", "test.yml"));
            site.Get<Detection>().Reload();
            var hunt = await HuntAsync(site, breaks, alerts: true);
            return ([.. (await site.AlertsAsync()).Select(a => $"{a.RuleId} {a.Entity} {a.EventCount} {a.FirstSeen:O} {a.LastSeen:O} {a.EventIds}")], hunt.State.Created);
        }

        var whole = await AlertsAsync();
        Assert.NotEmpty(whole.Counts);
        var broken = await AlertsAsync(13, 14);
        Assert.Equal(whole.Counts, broken.Counts);
        Assert.Equal(whole.Created, broken.Created);
    }

    [Fact]
    public async Task With_other_rules_it_begins_from_the_beginning()
    {
        await using var site = await Site.OpenAsync();
        for (var i = 0; i < 4; i++)
        {
            await site.ImportAsync(site.Write($"{i}.log", Site.Guessing("203.0.113.1", 6 + i)));
            await site.Get<LogService>().Store.SealAsync(Stop);
        }

        var hunts = Hunts(site, site.Clock);
        var asked = (await hunts.AskAsync(Site.Engineer, new HuntOrder { To = site.Clock.GetUtcNow().AddDays(1) }, null, Stop)).Value;
        using (var clock = new Breaking(14)) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Hunts(site, clock).WorkAsync(asked.Id, 0, 1, (_, _) => { }, clock.Source.Token));
        var path = Path.Combine(site.Folder, "rules", "test.yml");
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path, Stop)).Replace("gte: 10", "gte: 5", StringComparison.Ordinal), Stop);
        site.Get<Detection>().Reload();
        Assert.True((await hunts.WorkAsync(asked.Id, 0, 2, (_, _) => { }, Stop)).Ok);
        Assert.Equal(0, hunts.Files.State(asked.Id).Resumed);
        Assert.Equal(30, hunts.Files.State(asked.Id).Events);
        Assert.Equal((await HuntAsync(site, [])).Hits.Count, hunts.Files.Hits(asked.Id).Count());
    }
}
