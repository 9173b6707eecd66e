using System.Globalization;
using System.Text;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Hunts through stored events find what the stream found, count nothing twice, and can be ended and begun again.</summary>
public class HuntTests
{
    private const string Failed = "11111111-1111-4111-8111-111111111111";
    private const string Guessing = "22222222-2222-4222-8222-222222222222";
    private const string Each = "33333333-3333-4333-8333-333333333333";
    private const string Root = "44444444-4444-4444-8444-444444444444";

    private const string More = $$"""
        title: Each failed password
        id: {{Each}}
        author: Anna Example
        license: DRL-1.1
        logsource: { product: linux, service: sshd }
        detection:
          failed: { message|contains: 'Failed password' }
          condition: failed
        level: low
        tags: [ attack.t1110.001 ]
        ---
        title: Root over SSH
        id: {{Root}}
        author: Bob Example
        logsource: { product: linux, service: sshd }
        detection:
          root: { message|contains: 'for root' }
          condition: root
        level: high
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Site> OpenAsync(bool withRules, string? more = More)
    {
        var site = await Site.OpenAsync();
        if (!withRules) File.Delete(Path.Combine(site.Folder, "rules", "test.yml"));
        else if (more is not null) await File.WriteAllTextAsync(Path.Combine(site.Folder, "rules", "more.yml"), more, Stop);
        return site;
    }

    private static async Task AddRulesAsync(Site site, string? more = More)
    {
        await using (var other = await Site.OpenAsync()) File.Copy(Path.Combine(other.Folder, "rules", "test.yml"), Path.Combine(site.Folder, "rules", "test.yml"), overwrite: true);
        if (more is not null) await File.WriteAllTextAsync(Path.Combine(site.Folder, "rules", "more.yml"), more, Stop);
        site.Get<Detection>().Reload();
    }

    private static HuntOrder Order(Site site, HuntChoice? choice = null, bool alerts = false, string query = "", DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        new() { Choice = choice ?? new HuntChoice(), Alerts = alerts, Query = query, From = from, To = to ?? site.Clock.GetUtcNow() };

    private static async Task<HuntView> HuntAsync(Site site, HuntOrder order, string? own = null)
    {
        var hunts = site.Get<Hunts>();
        var asked = await hunts.AskAsync(Site.Engineer, order, own, Stop);
        Assert.True(asked.IsOk, string.Join("; ", asked.Errors));
        var outcome = await hunts.WorkAsync(asked.Value.Id, 0, 1, (_, _) => { }, Stop);
        Assert.True(outcome.Ok, outcome.Text.En);
        await hunts.CancelAsync(Site.Engineer, (await hunts.FindAsync(asked.Value.Id, Stop))!, Stop);
        // The run of the queue has not begun: what the work itself says counts here.
        return new HuntView(asked.Value, hunts.Files.State(asked.Value.Id), null);
    }

    private static async Task FillAsync(Site site, int attempts = 30)
    {
        await site.ImportAsync(site.Write("a.log", Site.Guessing("203.0.113.1", attempts)));
        await site.Get<LogService>().Store.SealAsync(Stop);
        await site.ImportAsync(site.Write("b.log", Site.Guessing("203.0.113.2", 14, "2026-11-23")));
        // Of before what the store has last, as things come in.
        await site.ImportAsync(site.Write("c.log", Site.Guessing("203.0.113.3", 12, "2026-11-21")));
        await site.Get<LiveDetection>().RaiseAsync(Stop);
    }

    // How matches are gathered into alerts depends on which of them come together; what is counted does not.
    private static async Task<IReadOnlyList<string>> CountsAsync(Site site) =>
        [.. (await site.AlertsAsync()).GroupBy(a => (a.RuleId, a.Entity)).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key.RuleId} {g.Key.Entity} {g.Min(a => a.FirstSeen):O} {g.Max(a => a.LastSeen):O} {g.Sum(a => a.EventCount)}")).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> HitsOf(Site site, HuntView hunt) => [.. site.Get<Hunts>().Files.Hits(hunt.Order.Id).Select(h => $"{h.Rule} {string.Join(' ', h.Events.Select(e => e.Id))}").Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_hunt_raises_what_the_stream_raises()
    {
        await using var stream = await OpenAsync(withRules: true);
        await FillAsync(stream, 230);
        await using var later = await OpenAsync(withRules: false);
        await FillAsync(later, 230);
        Assert.Empty(await later.AlertsAsync());
        await AddRulesAsync(later);
        var hunt = await HuntAsync(later, Order(later, alerts: true));
        var expected = await CountsAsync(stream);
        Assert.Contains(expected, line => line.StartsWith(Guessing, StringComparison.Ordinal));
        Assert.Equal(expected, await CountsAsync(later));
        Assert.All(await later.AlertsAsync(), a => Assert.Equal(AlertType.Yes, a.FoundInHistory));
        Assert.All(await stream.AlertsAsync(), a => Assert.Equal("", a.FoundInHistory));
        Assert.Equal((await later.AlertsAsync()).Count, hunt.State.Created);
        // The rule that only feeds the correlation reports nothing; each other names its author.
        Assert.Equal([Each, Guessing, Root], hunt.State.Rules.Select(r => r.Key).Order(StringComparer.Ordinal).OrderBy(k => k == Guessing ? 1 : k == Each ? 0 : 2));
        Assert.Equal("Anna Example", hunt.State.Rules.Single(r => r.Key == Each).Author);
        Assert.Equal("DRL-1.1", (await later.AlertsAsync()).First(a => a.RuleId == Each).RuleLicense);
    }

    [Fact]
    public async Task An_event_that_the_stream_has_counted_is_not_counted_again()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site, 230);
        var before = await site.SummaryAsync();
        var hunt = await HuntAsync(site, Order(site, alerts: true));
        Assert.Equal(before, await site.SummaryAsync());
        Assert.Equal(0, hunt.State.Created + hunt.State.Grown);
        Assert.True(hunt.State.Known >= hunt.State.Hits);
        Assert.True(hunt.State.Hits > 400);
    }

    [Fact]
    public async Task Alerts_are_raised_afterwards_too_and_once()
    {
        await using var stream = await OpenAsync(withRules: true);
        await FillAsync(stream);
        await using var later = await OpenAsync(withRules: false);
        await FillAsync(later);
        await AddRulesAsync(later);
        var hunt = await HuntAsync(later, Order(later));
        Assert.Empty(await later.AlertsAsync());
        var raised = await later.Get<Hunts>().RaiseAsync(Site.Engineer, hunt, Stop);
        var expected = await CountsAsync(stream);
        Assert.Equal(expected, await CountsAsync(later));
        Assert.Equal((await later.AlertsAsync()).Count, raised.Value.Created.Count);
        // Up to the ids.
        static IReadOnlyList<string> Ids(List<Alert> alerts) => [.. alerts.SelectMany(a => a.EventIds.Split('\n').Select(id => $"{a.RuleId} {a.Entity} {id}")).Order(StringComparer.Ordinal)];
        Assert.Equal(Ids(await stream.AlertsAsync()), Ids(await later.AlertsAsync()));
        var again = await later.Get<Hunts>().RaiseAsync(Site.Engineer, hunt, Stop);
        Assert.Empty(again.Value.Created);
        Assert.Empty(again.Value.Grown);
        Assert.Equal(expected, await CountsAsync(later));
    }

    [Fact]
    public async Task A_correlation_counts_what_lies_before_the_period()
    {
        await using var site = await OpenAsync(withRules: true);
        await site.ImportAsync(site.Write("a.log", Site.Guessing("203.0.113.1", 12)));
        var store = site.Get<LogService>().Store;
        var seventh = store.EventsFrom("00000001", 6, 1, Stop).Single();
        var hunt = await HuntAsync(site, Order(site, new HuntChoice { Keys = [Guessing] }, from: seventh.Time));
        var hit = Assert.Single(site.Get<Hunts>().Files.Hits(hunt.Order.Id));
        Assert.Equal(10, hit.Events.Count);
        Assert.Equal(store.EventsFrom("00000001", 9, 1, Stop).Single().Time, hit.Time);
        // Beyond the time span nothing is read: 12 events, of which those before the period are no hits.
        Assert.Equal(12, hunt.State.Events);
        Assert.Equal(5, (await HuntAsync(site, Order(site, new HuntChoice { Keys = [Each] }, from: store.EventsFrom("00000001", 7, 1, Stop).Single().Time))).State.Hits);
    }

    [Fact]
    public async Task The_period_ends_where_it_is_said_to()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site);
        var day = new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(14, (await HuntAsync(site, Order(site, new HuntChoice { Keys = [Each] }, from: day, to: day.AddDays(1)))).State.Hits);
        Assert.Equal(42, (await HuntAsync(site, Order(site, new HuntChoice { Keys = [Each] }, to: day))).State.Hits);
    }

    [Fact]
    public async Task Rules_are_chosen_by_level_tag_text_and_key()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site);
        async Task<IReadOnlyList<string>> KeysAsync(HuntChoice choice) => [.. (await HuntAsync(site, Order(site, choice))).State.Rules.Select(r => r.Key).Order(StringComparer.Ordinal)];
        Assert.Equal([Guessing, Root], await KeysAsync(new HuntChoice { Level = "high" }));
        Assert.Equal([Each], await KeysAsync(new HuntChoice { Tag = "attack.t1110" }));
        Assert.Equal([Root], await KeysAsync(new HuntChoice { Text = "over ssh" }));
        // What is silent on the stream is so here, unless it is named.
        Assert.Equal([Each], await KeysAsync(new HuntChoice { Text = "failed password" }));
        Assert.Equal([Failed], await KeysAsync(new HuntChoice { Keys = [Failed] }));
        Assert.Equal([Guessing], await KeysAsync(new HuntChoice { Keys = ["Guessing"] }));
        var refused = await site.Get<Hunts>().AskAsync(Site.Engineer, Order(site, new HuntChoice { Keys = ["nothing"] }), null, Stop);
        Assert.Equal("logs.hunt.rule", refused.Errors[0].Code);
        Assert.Equal("logs.hunt.no-rule", (await site.Get<Hunts>().AskAsync(Site.Engineer, Order(site, new HuntChoice { Tag = "attack.t9999" }), null, Stop)).Errors[0].Code);
        Assert.Equal("logs.hunt.level", (await site.Get<Hunts>().AskAsync(Site.Engineer, Order(site, new HuntChoice { Level = "grave" }), null, Stop)).Errors[0].Code);
    }

    [Fact]
    public async Task Rules_of_ones_own_and_a_search_that_narrows()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site);
        const string own = """
            title: Second address
            author: Carol Example
            logsource: { product: linux, service: sshd }
            detection: { second: { message|contains: '203.0.113.2 ' }, condition: second }
            level: critical
            """;
        var hunt = await HuntAsync(site, Order(site, new HuntChoice { Own = true }), own);
        var rule = Assert.Single(hunt.State.Rules);
        Assert.Equal(("Second address", "Carol Example", 14L), (rule.Key, rule.Author, rule.Hits));
        Assert.Contains("203.0.113.2 ", Assert.Single(site.Get<Hunts>().Files.Hits(hunt.Order.Id).First().Fields).Patterns);
        Assert.Equal(12, (await HuntAsync(site, Order(site, new HuntChoice { Keys = [Each] }, query: "203.0.113.3"))).State.Hits);
        var bad = await site.Get<Hunts>().AskAsync(Site.Engineer, Order(site, new HuntChoice { Own = true }), "title: nothing", Stop);
        Assert.Contains("rules.yml", bad.Errors[0].Place, StringComparison.Ordinal);
        Assert.Equal("logs.hunt.table", (await site.Get<Hunts>().AskAsync(Site.Engineer, Order(site, query: "* | stats count() by host"), null, Stop)).Errors[0].Code);
    }

    [Fact]
    public async Task A_hunt_that_is_cancelled_keeps_what_it_found_and_begins_again_from_the_beginning()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site, 200);
        var hunts = site.Get<Hunts>();
        var asked = (await hunts.AskAsync(Site.Engineer, Order(site), null, Stop)).Value;
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hunts.WorkAsync(asked.Id, 0, 1, (_, _) => { }, cancel.Token));
        Assert.Equal(JobStates.Interrupted, hunts.Files.State(asked.Id).State);
        await hunts.WorkAsync(asked.Id, 0, 2, (_, _) => { }, Stop);
        var whole = await HuntAsync(site, Order(site));
        Assert.Equal((JobStates.Done, 2, whole.State.Hits), (hunts.Files.State(asked.Id).State, hunts.Files.State(asked.Id).Attempt, hunts.Files.State(asked.Id).Hits));
        Assert.Equal(HitsOf(site, whole), [.. hunts.Files.Hits(asked.Id).Select(h => $"{h.Rule} {string.Join(' ', h.Events.Select(e => e.Id))}").Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public async Task Whoever_asked_cancels_and_removes_and_nobody_else_who_may_only_read()
    {
        await using var site = await OpenAsync(withRules: true);
        var hunts = site.Get<Hunts>();
        var asked = (await hunts.AskAsync(Site.Engineer, Order(site), null, Stop)).Value;
        var reader = new Actor(Guid.CreateVersion7(), "Rita", null, new HashSet<Guid>(), [new Grant("*", Right.Read, Scope.All)], "web");
        var found = (await hunts.FindAsync(asked.Id, Stop))!;
        Assert.Equal(JobStates.Queued, found.State.State);
        Assert.Equal("access.denied", (await hunts.CancelAsync(reader, found, Stop)).Errors[0].Code);
        Assert.Equal("logs.hunt.runs", (await hunts.DeleteAsync(Site.Engineer, found, Stop)).Errors[0].Code);
        var cancelled = await hunts.CancelAsync(Site.Engineer, found, Stop);
        Assert.Equal(JobStates.Cancelled, cancelled.Value.State.State);
        Assert.Equal("access.denied", (await hunts.DeleteAsync(reader, cancelled.Value, Stop)).Errors[0].Code);
        Assert.True((await hunts.DeleteAsync(Site.Engineer, cancelled.Value, Stop)).IsOk);
        Assert.Empty(await hunts.ListAsync(Stop));
        for (var i = 0; i < 5; i++) Assert.True((await hunts.AskAsync(Site.Engineer, Order(site), null, Stop)).IsOk);
        Assert.Equal("logs.hunt.waiting", (await hunts.AskAsync(Site.Engineer, Order(site), null, Stop)).Errors[0].Code);
    }

    [Fact]
    public async Task An_estimate_counts_what_is_read()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site);
        var all = (await site.Get<Hunts>().EstimateAsync(Order(site), null, Stop)).Value;
        Assert.Equal(56, all.Events);
        Assert.Equal(4, all.Rules);
        Assert.True(all.PerSecond > 0);
        Assert.True(all.Bytes > 0);
        Assert.NotNull(all.Time);
        // The sealed segment lies outside the period.
        var some = (await site.Get<Hunts>().EstimateAsync(Order(site, from: new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero)), null, Stop)).Value;
        Assert.Equal(26, some.Events);
    }

    [Fact]
    public async Task New_and_changed_rules_are_hunted_with_once()
    {
        await using var site = await OpenAsync(withRules: true, more: null);
        await FillAsync(site);
        var watch = site.Get<RuleWatch>();
        async Task<HuntOrder?> LookAsync() => await watch.LookAsync(Stop) ?? await watch.LookAsync(Stop);
        // The first start: every rule is as new as the logs.
        Assert.Null(await LookAsync());
        Assert.Null(await LookAsync());
        await AddRulesAsync(site);
        // As long as the set moves, nothing is asked for.
        Assert.Null(await watch.LookAsync(Stop));
        await AddRulesAsync(site, More + "\n# on the move\n");
        Assert.Null(await watch.LookAsync(Stop));
        var made = await watch.LookAsync(Stop);
        Assert.NotNull(made);
        Assert.Equal([Each, Root], made.Choice.Keys.Order(StringComparer.Ordinal));
        Assert.True(made is { IsAutomatic: true, Alerts: true });
        Assert.Equal(made.To.AddDays(-7), made.From);
        Assert.True((await site.Get<Hunts>().WorkAsync(made.Id, 0, 1, (_, _) => { }, Stop)).Ok);
        Assert.All((await site.AlertsAsync()).Where(a => a.RuleId is Each or Root), a => Assert.Equal(AlertType.Yes, a.FoundInHistory));
        Assert.Contains(await site.AlertsAsync(), a => a.RuleId == Root);
        // The same rules laid out otherwise are the same; one that says something else brings its correlation along.
        await AddRulesAsync(site, More.Replace("level: high", "level:    high", StringComparison.Ordinal));
        Assert.Null(await LookAsync());
        var test = Path.Combine(site.Folder, "rules", "test.yml");
        await File.WriteAllTextAsync(test, (await File.ReadAllTextAsync(test, Stop)).Replace("'Failed password'", "'Failed password for'", StringComparison.Ordinal), Stop);
        site.Get<Detection>().Reload();
        Assert.Equal([Failed, Guessing], (await LookAsync())!.Choice.Keys.Order(StringComparer.Ordinal));
        await using var next = new Again(site);
        Assert.Null(await next.Watch.LookAsync(Stop) ?? await next.Watch.LookAsync(Stop));
    }

    /// <summary>The watch of the next start on the same folder.</summary>
    private sealed class Again(Site site) : IAsyncDisposable
    {
        internal RuleWatch Watch { get; } = new(site.Get<Hunts>(), site.Get<Detection>(), site.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<RuleWatch>.Instance);

        public ValueTask DisposeAsync()
        {
            Watch.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task Without_a_span_nothing_is_hunted_with_and_nothing_afterwards_for_it()
    {
        await using var site = await OpenAsync(withRules: true, more: null);
        var watch = site.Get<RuleWatch>();
        async Task<HuntOrder?> LookAsync() => await watch.LookAsync(Stop) ?? await watch.LookAsync(Stop);
        Assert.Null(await LookAsync());
        Assert.Equal("logs.hunt.days", (await site.Get<Hunts>().SetAsync(Site.Engineer, 3, Stop)).Errors[0].Code);
        Assert.True((await site.Get<Hunts>().SetAsync(Site.Engineer, 0, Stop)).IsOk);
        await AddRulesAsync(site);
        Assert.Null(await LookAsync());
        Assert.True((await site.Get<Hunts>().SetAsync(Site.Engineer, 30, Stop)).IsOk);
        site.Get<Detection>().Reload();
        Assert.Null(await LookAsync());
    }

    [Fact]
    public async Task A_thousand_new_rules_are_one_hunt()
    {
        await using var site = await OpenAsync(withRules: true, more: null);
        var watch = site.Get<RuleWatch>();
        Assert.Null(await watch.LookAsync(Stop) ?? await watch.LookAsync(Stop));
        var many = new StringBuilder();
        for (var i = 0; i < 3_750; i++)
            many.Append(CultureInfo.InvariantCulture, $"title: Rule {i}\nid: 00000000-0000-4000-8000-{i:D12}\nlogsource: {{ product: linux }}\ndetection: {{ a: {{ message|contains: 'word{i}' }}, condition: a }}\n---\n");
        await AddRulesAsync(site, many.ToString());
        var made = await watch.LookAsync(Stop) ?? await watch.LookAsync(Stop);
        Assert.Equal(3_750, made!.Choice.Keys.Count);
        Assert.Single(await site.Get<Hunts>().ListAsync(Stop));
        Assert.True((await site.Get<Hunts>().WorkAsync(made.Id, 0, 1, (_, _) => { }, Stop)).Ok);
    }

    [Fact]
    public async Task What_is_kept_is_bounded_and_what_is_counted_is_not()
    {
        await using var site = await OpenAsync(withRules: true);
        await FillAsync(site, 100);
        var set = site.Get<Detection>().Rules;
        var order = Order(site);
        var rules = HuntRules.Choose(set, order.Choice).Value;
        var hunting = new Hunting(order, rules, SearchQuery.Everything, new HuntLimit { Hits = 60, HitsOfRule = 25 });
        var (state, files, store) = (new HuntState(), site.Get<Hunts>().Files, site.Get<LogService>().Store);
        files.Create(order, null);
        using (var kept = files.Begin(order.Id)) await hunting.RunAsync(store, store.StretchesOf(hunting.Search), state, kept, matches => ValueTask.CompletedTask, Stop);
        Assert.Equal(state.Kept, files.Hits(order.Id).Count());
        // 25 of each failed password and of root; of the correlation all three.
        Assert.Equal(53, state.Kept);
        Assert.Equal(126, state.Rules.Single(r => r.Key == Each).Hits);
        Assert.Equal(25, state.Rules.Max(r => r.Kept));
        Assert.True(state.IsCut);
    }

    [Fact]
    public async Task A_hunt_rests_while_events_come_in()
    {
        var stored = 0L;
        var pace = new HuntPace(() => Interlocked.Read(ref stored), TimeProvider.System);
        async Task<double> WorkedAsync()
        {
            var (all, work) = (System.Diagnostics.Stopwatch.StartNew(), new System.Diagnostics.Stopwatch());
            while (all.Elapsed < TimeSpan.FromSeconds(1.5))
            {
                work.Start();
                Thread.SpinWait(20_000);
                work.Stop();
                Interlocked.Add(ref stored, 50);
                await pace.StepAsync(Stop);
            }

            return work.Elapsed / all.Elapsed;
        }

        Assert.InRange(await WorkedAsync(), 0, 0.45);
    }

    [Fact]
    public async Task Recorded_events_give_the_stream_and_the_hunt_the_same()
    {
        var root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Hufu.slnx"))) root = Path.GetDirectoryName(root);
        var recorded = Path.Combine(root!, "..", "shared", "data", "logs", "otrf-lsass01-dev.jsonl.gz");
        Assert.SkipUnless(File.Exists(recorded), "The recorded events are not there.");
        var shipped = Directory.EnumerateFiles(Path.Combine(root!, "content", "rules", "hufu"), "*.yml", SearchOption.AllDirectories).ToList();
        const string windows = """
            title: Process access of lsass
            id: 55555555-5555-4555-8555-555555555555
            logsource: { product: windows, category: process_access }
            detection: { a: { TargetImage|endswith: '\lsass.exe' }, condition: a }
            ---
            title: Any process creation
            id: 66666666-6666-4666-8666-666666666666
            logsource: { product: windows, category: process_creation }
            detection: { a: { Image|contains: '.exe' }, condition: a }
            ---
            title: Many processes
            id: 77777777-7777-4777-8777-777777777777
            correlation: { type: value_count, rules: [ 66666666-6666-4666-8666-666666666666 ], group-by: [ Computer ], timespan: 10m, condition: { gte: 3, field: Image }, generate: true }
            ---
            title: Registry
            id: 88888888-8888-4888-8888-888888888888
            logsource: { product: windows, category: registry_set }
            detection: { a: { TargetObject|contains: '\' }, condition: a }
            """;
        async Task RulesAsync(Site site)
        {
            await AddRulesAsync(site, windows);
            foreach (var path in shipped) File.Copy(path, Path.Combine(site.Folder, "rules", Path.GetFileName(path)), overwrite: true);
            site.Get<Detection>().Reload();
        }

        await using var stream = await OpenAsync(withRules: false);
        await RulesAsync(stream);
        await stream.ImportAsync(recorded, "otrf");
        await stream.Get<LiveDetection>().RaiseAsync(Stop);
        await using var later = await OpenAsync(withRules: false);
        await later.ImportAsync(recorded, "otrf");
        await later.Get<LogService>().Store.SealAsync(Stop);
        await RulesAsync(later);
        var hunt = await HuntAsync(later, Order(later, alerts: true));
        Assert.True(hunt.State.Hits > 100, hunt.State.Hits.ToString(CultureInfo.InvariantCulture));
        Assert.Contains(hunt.State.Rules, r => r.Key.StartsWith("7777", StringComparison.Ordinal));
        Assert.Equal(await CountsAsync(stream), await CountsAsync(later));
    }
}
