using System.Globalization;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Indicator lists: nothing is looked for before a second person approved the list, nor after its end; the stream and a hunt find the same.</summary>
public class IndicatorTests
{
    private static readonly Actor Second = new(Guid.CreateVersion7(), "Ben", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    private static readonly Actor Reader = new(Guid.CreateVersion7(), "Cho", null, new HashSet<Guid>(), [new Grant("*", Right.Read, Scope.All)], "web");

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static async Task<Site> OpenAsync()
    {
        var site = await LiveDetectionTests.OpenAsync();
        // Rules would add alerts of their own.
        File.Delete(Path.Combine(site.Folder, "rules", "test.yml"));
        foreach (var more in Directory.EnumerateFiles(Path.Combine(site.Folder, "rules"))) File.Delete(more);
        site.Get<Detection>().Reload();
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
        return site;
    }

    internal static async Task<IndicatorList> ListAsync(Site site, params (string Field, string? Value)[] more)
    {
        var values = new Dictionary<string, string?> { ["title"] = "Feed of the authority", ["source"] = "N-ISAC", ["tlp"] = "amber", ["alertLevel"] = "critical" };
        foreach (var (field, value) in more) values[field] = value;
        var made = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<IndicatorList>(), values, cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        var record = await site.Store.Db.Set<IndicatorList>().FirstAsync(l => l.Id == made.Value.Id, Stop);
        record.OwnerId = Site.Engineer.Id;
        site.Store.Db.ActAs(Actor.System(), "update");
        await site.Store.Db.SaveChangesAsync(Stop);
        return record;
    }

    private static async Task<Result<IndicatorVersion>> StageAsync(Site site, IndicatorList list, string text, string name = "feed.txt", Actor? actor = null) =>
        await site.Get<IndicatorLists>().StageAsync(site.Store, actor ?? Site.Engineer, list, site.Write(Guid.NewGuid().ToString("N") + name, text), name, null, Stop);

    internal static Task<Result<Record>> MoveAsync(Site site, Record record, string move, Actor? actor = null, string? reason = null) => site.Store.TransitionAsync(actor ?? Site.Engineer, site.Store.Types.Of(record), record.Id, move, reason, cancellation: Stop);

    internal static async Task<IndicatorVersion> ApplyAsync(Site site, IndicatorList list, string text, string move = "apply")
    {
        var staged = await StageAsync(site, list, text);
        Assert.True(staged.IsOk, string.Join("; ", staged.Errors));
        var applied = await MoveAsync(site, staged.Value, move, reason: "as asked");
        Assert.True(applied.IsOk, string.Join("; ", applied.Errors));
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
        return staged.Value;
    }

    internal static async Task ApproveAsync(Site site, IndicatorList list)
    {
        Assert.True((await MoveAsync(site, list, "submit")).IsOk);
        Assert.True((await MoveAsync(site, list, "approve", Second)).IsOk);
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
    }

    internal static string Line(int second, string address, string name = "www.example.org") =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"@timestamp\":\"2026-11-24T01:{second / 60:D2}:{second % 60:D2}Z\",\"host\":\"pc{second % 3}\",\"DestinationIp\":\"{address}\",\"QueryName\":\"{name}\"}}\n");

    internal static async Task ImportAsync(Site site, params string[] lines)
    {
        await site.ImportAsync(site.Write(Guid.NewGuid().ToString("N") + ".jsonl", string.Concat(lines)));
        await site.Get<LiveDetection>().RaiseAsync(Stop);
    }

    private static async Task<List<(string Rule, string Entity, int Events)>> AlertsAsync(Site site) => [.. (await site.AlertsAsync()).Select(a => (a.RuleId, a.Entity, a.EventCount))];

    [Fact]
    public async Task A_list_is_looked_for_once_another_approved_it()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        await ApplyAsync(site, list, "45.77.1.1\n*.evil.tw\n");
        await ImportAsync(site, Line(0, "45.77.1.1"));
        Assert.Empty(await AlertsAsync(site));
        Assert.True((await MoveAsync(site, list, "submit")).IsOk);
        Assert.Equal("workflow.second-person", Assert.Single((await MoveAsync(site, list, "approve")).Errors).Code);
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
        await ImportAsync(site, Line(1, "45.77.1.1"));
        Assert.Empty(await AlertsAsync(site));
        Assert.True((await MoveAsync(site, list, "approve", Second)).IsOk);
        Assert.True(await site.Get<IndicatorLibrary>().RefreshAsync(Stop));
        await ImportAsync(site, Line(3, "45.77.1.1"), Line(6, "45.77.1.1"), Line(4, "9.1.1.1", "x.evil.tw"), Line(5, "9.1.1.1", "evil.tw"));
        Assert.Equal([($"{list.Number}/ip:45.77.1.1", "pc0", 2), ($"{list.Number}/subdomains:*.evil.tw", "pc1", 1)], await AlertsAsync(site));
        var alert = (await site.AlertsAsync())[0];
        Assert.Equal(("情資指標：45.77.1.1", "Indicator: 45.77.1.1", "N-ISAC", "TLP:AMBER", "critical"), (alert.RuleTitle, alert.RuleTitleEn, alert.RuleAuthor, alert.RuleLicense, alert.Level));
        Assert.Contains("tlp.amber", alert.Tags, StringComparison.Ordinal);
        Assert.NotNull(alert.Score);
        // How often and when it was last seen.
        var seen = (await IndicatorSightings.OfListAsync(site.Store, Site.Engineer, list.Number, Stop)).Single(s => s.Key == alert.RuleId);
        Assert.Equal((2, 1, new DateTimeOffset(2026, 11, 24, 1, 0, 6, TimeSpan.Zero)), (seen.Events, seen.Alerts, seen.Last));
        Assert.Equal(alert.RuleId, site.Get<Detection>().Indicators!.ByKey(alert.RuleId)!.Key);
        // Retired, it is silent.
        Assert.True((await MoveAsync(site, list, "retire", reason: "no longer given")).IsOk);
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
        await ImportAsync(site, Line(9, "45.77.1.1"));
        Assert.Equal(3, (await AlertsAsync(site)).Sum(a => a.Events));
    }

    [Fact]
    public async Task What_has_ended_is_silent()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site, ("expiryDays", "5"), ("endsOn", "2026-12-20"));
        await ApplyAsync(site, list, "indicator,valid_until\n45.77.1.1,\n45.77.1.2,2026-11-24T01:00:30Z\n");
        await ApproveAsync(site, list);
        await ImportAsync(site, Line(3, "45.77.1.2"), Line(33, "45.77.1.2"), Line(36, "45.77.1.1"));
        Assert.Equal([($"{list.Number}/ip:45.77.1.1", "pc0", 1), ($"{list.Number}/ip:45.77.1.2", "pc0", 1)], await AlertsAsync(site));
        // Five days after it was last given, an event of then does not count any more.
        string Later(int day) => Line(39, "45.77.1.1").Replace("2026-11-24", $"2026-11-{day}", StringComparison.Ordinal);
        site.Clock.Ahead = TimeSpan.FromDays(6);
        await ImportAsync(site, Later(30));
        Assert.Equal(2, (await AlertsAsync(site)).Sum(a => a.Events));
        // Given again, the same holds on, whatever the file is called that day.
        var again = await StageAsync(site, list, "indicator,valid_until\n45.77.1.1,\n45.77.1.2,2026-11-24T01:00:30Z\n", "feed-2026-11-30.txt");
        Assert.Equal(IndicatorVersionType.Current, again.Value.State);
        Assert.True(await site.Get<IndicatorLibrary>().RefreshAsync(Stop));
        await ImportAsync(site, Later(30).Replace("01:00:39", "01:00:42", StringComparison.Ordinal));
        Assert.Equal(3, (await AlertsAsync(site)).Sum(a => a.Events));
        // The list's own end: it lapses, and its owner is told.
        site.Clock.Ahead = TimeSpan.FromDays(27);
        Assert.True(await site.Get<IndicatorLibrary>().RefreshAsync(Stop));
        Assert.Equal(IndicatorListType.Lapsed, (await site.Store.Db.Set<IndicatorList>().AsNoTracking().SingleAsync(Stop)).State);
        Assert.Null(site.Get<Detection>().Indicators);
        Assert.Equal("Indicator list lapsed: Feed of the authority", (await site.Store.Db.Set<Hufu.Jobs.Notices.Notice>().AsNoTracking().SingleAsync(n => n.PersonId == Site.Engineer.Id, Stop)).TitleEn);
    }

    [Fact]
    public async Task A_hunt_finds_what_the_stream_found_and_counts_nothing_twice()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site, ("wholeLines", "true"));
        await ApplyAsync(site, list, "45.77.1.1\n45.78.0.0/16\n.evil.tw\nhttp://bad.tw/x\n0123456789abcdef0123456789abcdef\n45.79.0.1:443\n");
        await ApproveAsync(site, list);
        var random = new Random(5);
        await ImportAsync(site, [.. Enumerable.Range(0, 300).Select(i => random.Next(9) switch
        {
            0 => Line(i, "45.77.1.1"),
            1 => Line(i, $"45.78.{random.Next(3)}.9"),
            2 => Line(i, "9.9.1.1", $"a{random.Next(3)}.evil.tw"),
            3 => Line(i, "9.9.1.1").Replace("\"host\"", "\"note\":\"saw http://bad.tw/x and 0123456789abcdef0123456789abcdef\",\"host\"", StringComparison.Ordinal),
            4 => Line(i, "45.79.0.1").Replace("\"host\"", "\"DestinationPort\":443,\"host\"", StringComparison.Ordinal),
            _ => Line(i, "9.9.1.2"),
        })]);
        var streamed = await site.SummaryAsync();
        Assert.True(streamed.Count > 5);
        await site.Get<LogService>().Store.SealAsync(Stop);
        var hunt = await HuntAsync(site, new HuntChoice { Indicators = [list.Number] }, alerts: true);
        Assert.Equal(streamed, await site.SummaryAsync());
        Assert.Equal((0, 0), (hunt.Created, hunt.Grown));
        Assert.Equal(hunt.Hits, hunt.Known);
        Assert.Equal(hunt.Hits, (await site.AlertsAsync()).Sum(a => a.EventCount));
        // The same by chosen ones; together with rules the rules' hits come besides.
        var one = await HuntAsync(site, new HuntChoice { Indicators = [$"{list.Number}/ip:45.77.1.1"] });
        Assert.Equal((1, hunt.Rules.Single(r => r.Key.EndsWith("/ip:45.77.1.1", StringComparison.Ordinal)).Hits), (one.Rules.Count, one.Hits));
        Assert.Equal("logs.hunt.indicators", (await site.Get<Hunts>().AskAsync(Site.Engineer, new HuntOrder { Choice = new HuntChoice { Indicators = ["IOL-2026-9999"] }, To = site.Clock.GetUtcNow() }, null, Stop)).Errors[0].Code);
    }

    internal static async Task<HuntState> HuntAsync(Site site, HuntChoice choice, bool alerts = false, string? own = null)
    {
        var hunts = site.Get<Hunts>();
        var asked = await hunts.AskAsync(Site.Engineer, new HuntOrder { Choice = choice, Alerts = alerts, To = site.Clock.GetUtcNow() }, own, Stop);
        Assert.True(asked.IsOk, string.Join("; ", asked.Errors));
        var outcome = await hunts.WorkAsync(asked.Value.Id, 0, 1, (_, _) => { }, Stop);
        Assert.True(outcome.Ok, outcome.Text.En);
        await hunts.CancelAsync(Site.Engineer, (await hunts.FindAsync(asked.Value.Id, Stop))!, Stop);
        return hunts.Files.State(asked.Value.Id);
    }

    [Fact]
    public async Task A_new_version_is_hunted_back_by_itself_with_what_is_new_in_it()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        await ApplyAsync(site, list, "45.77.1.1\n");
        await ApproveAsync(site, list);
        await ImportAsync(site, Line(0, "45.77.1.9"), Line(1, "45.77.1.1"));
        Assert.Single(await AlertsAsync(site));
        var watch = site.Get<IndicatorWatch>();
        Assert.Equal([list.Number], Assert.Single(await watch.LookAsync(Stop)).Choice.Indicators);
        Assert.Empty(await watch.LookAsync(Stop));
        await ApplyAsync(site, list, "45.77.1.1\n45.77.1.9\n");
        var asked = Assert.Single(await watch.LookAsync(Stop));
        Assert.True(asked.IsAutomatic && asked.Alerts && asked.Choice.Since is not null);
        Assert.True((await site.Get<Hunts>().WorkAsync(asked.Id, 0, 1, (_, _) => { }, Stop)).Ok);
        Assert.Equal([$"{list.Number}/ip:45.77.1.9"], site.Get<Hunts>().Files.State(asked.Id).Rules.Select(r => r.Key));
        var found = (await site.AlertsAsync()).Single(a => a.RuleId.EndsWith(".9", StringComparison.Ordinal));
        Assert.Equal((AlertType.Yes, 1), (found.FoundInHistory, found.EventCount));
        // What only lost indicators has nothing to hunt with.
        await ApplyAsync(site, list, "45.77.1.9\n");
        Assert.Empty(await watch.LookAsync(Stop));
        // The next start knows what was hunted with.
        Assert.Empty(await new IndicatorWatch(site.Get<Hunts>(), site.Get<IndicatorLibrary>(), site.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<IndicatorWatch>.Instance).LookAsync(Stop));
    }

    [Fact]
    public async Task Files_without_any_of_the_values_are_not_read()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        await ApplyAsync(site, list, "45.77.1.1\ndeep.evil.tw\n");
        var store = site.Get<LogService>().Store;
        foreach (var part in (string[])["45.77.1.2", "45.77.1.1", "45.77.1.3"])
        {
            await site.ImportAsync(site.Write(part + ".jsonl", string.Concat(Enumerable.Range(0, 9_000).Select(i => Line(i % 3_000, i == 5_000 ? part : "9.9.1.1")))));
            await store.SealAsync(Stop);
        }

        await store.MaintainAsync(new RetentionPolicy(), Stop);
        var all = store.StretchesOf(new LogSearch { Query = SearchQuery.Parse("").Value, Whole = true });
        var set = site.Get<IndicatorLibrary>().SetOf([list.Number]).Value;
        var narrowed = IndicatorWords.Narrow(store, new LogSearch { Query = SearchQuery.Parse("").Value, Whole = true }, all, set.Words);
        Assert.True(narrowed.Count < all.Count, $"{narrowed.Count} of {all.Count}");
        var hunt = await HuntAsync(site, new HuntChoice { Indicators = [list.Number] });
        Assert.Equal(1, hunt.Hits);
        Assert.True(hunt.Events < 27_000, $"{hunt.Events}");
        // What a rule beside them looks for says nothing about where they are.
        const string Rule = "title: Elsewhere\nlogsource: { category: dns }\ndetection:\n  name: { QueryName: zebra.example }\n  condition: name\n";
        Assert.Equal(0, (await HuntAsync(site, new HuntChoice { Own = true }, own: Rule)).Events);
        Assert.Equal(1, (await HuntAsync(site, new HuntChoice { Own = true, Indicators = [list.Number] }, own: Rule)).Hits);
        // With what may be written otherwise, everything is read.
        await ApplyAsync(site, list, "45.77.1.1\n45.77.0.0/24\n");
        Assert.Null(site.Get<IndicatorLibrary>().SetOf([list.Number]).Value.Words);
        Assert.Equal(27_000, (await HuntAsync(site, new HuntChoice { Indicators = [list.Number] })).Events);
    }

    [Fact]
    public async Task Own_assets_and_many_hits_ask_for_a_reason()
    {
        await using var site = await OpenAsync();
        var asset = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Get("risk.asset"), new Dictionary<string, string?> { ["title"] = "Mail gateway", ["category"] = "hardware", ["hostname"] = "mail.ours.tw", ["addresses"] = "45.77.1.1, 10.0.0.5" }, cancellation: Stop);
        Assert.True(asset.IsOk, string.Join("; ", asset.Errors));
        var list = await ListAsync(site);
        var staged = await StageAsync(site, list, "45.77.1.0/24\n.ours.tw\n10.0.0.5\n45.80.1.1\n");
        Assert.Equal(2, staged.Value.OwnCount);
        Assert.Contains($"45.77.1.0/24 – {asset.Value.Number} Mail gateway (45.77.1.1)", staged.Value.OwnAssets, StringComparison.Ordinal);
        Assert.Equal("private=1", staged.Value.Doubts);
        Assert.Equal("logs.indicator-version.own", Assert.Single((await MoveAsync(site, staged.Value, "apply")).Errors).Code);
        Assert.False((await MoveAsync(site, staged.Value, "apply-anyway")).IsOk);
        Assert.True((await MoveAsync(site, staged.Value, "apply-anyway", reason: "agreed with the owner")).IsOk);
        // What is found on every third event is hardly an attacker.
        await ImportAsync(site, [.. Enumerable.Range(0, 90).Select(i => Line(i, i % 3 == 0 ? "45.81.1.1" : "9.9.1.1"))]);
        var many = await StageAsync(site, await ListAsync(site), "45.81.1.1\n");
        Assert.Equal((30, true, "30 45.81.1.1"), (many.Value.TriedHits, many.Value.TriedMany, many.Value.TriedMost));
        Assert.Equal("logs.indicator-version.many", Assert.Single((await MoveAsync(site, many.Value, "apply")).Errors).Code);
    }

    [Fact]
    public async Task A_version_shows_what_it_changes_and_an_earlier_one_can_be_had_again()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        var first = await ApplyAsync(site, list, "indicator,description\n45.77.1.1,a\n45.77.1.2,b\n");
        var second = await StageAsync(site, list, "indicator,description\n45.77.1.2,c\n45.77.1.3,d\nnonsense,e\n", "feed.csv");
        Assert.Equal((2, 1, "ip=2", "csv"), (second.Value.IndicatorCount, second.Value.RefusedCount, second.Value.Kinds, second.Value.Format));
        Assert.StartsWith("feed.csv:4:", second.Value.Refusals, StringComparison.Ordinal);
        var diff = site.Get<IndicatorLists>().Diff(second.Value, first).Value;
        Assert.Equal((1, 1, 1), (diff.New, diff.Changed, diff.Gone));
        Assert.Equal(["gone ip:45.77.1.1", "changed ip:45.77.1.2", "new ip:45.77.1.3"], diff.Changes.Select(c => $"{c.Kind} {c.Item.Id}"));
        Assert.True((await MoveAsync(site, second.Value, "apply")).IsOk);
        Assert.Equal(IndicatorVersionType.Past, (await site.Store.Db.Set<IndicatorVersion>().AsNoTracking().SingleAsync(v => v.Id == first.Id, Stop)).State);
        Assert.True((await MoveAsync(site, first, "apply")).IsOk);
        await site.Get<IndicatorLibrary>().RefreshAsync(Stop);
        Assert.Equal(first.Number, Assert.Single(site.Get<IndicatorLibrary>().Supplies).Version.Number);
        // What is damaged takes no place.
        var file = Directory.EnumerateFiles(site.Get<IndicatorFiles>().Folder).Single(f => f.Contains(second.Value.Hash, StringComparison.Ordinal));
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        bytes[^9] ^= 0xFF;
        await File.WriteAllBytesAsync(file, bytes, Stop);
        Assert.Equal("logs.indicator-list.damaged", Assert.Single((await MoveAsync(site, second.Value, "apply")).Errors).Code);
        Assert.Equal("logs.indicator-list.empty", (await StageAsync(site, list, "nonsense\n")).Errors[0].Code);
    }

    [Fact]
    public async Task An_exception_of_an_indicator_is_applied_and_tried()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        await ApplyAsync(site, list, "45.77.1.1\n45.77.1.2\n");
        await ApproveAsync(site, list);
        await ImportAsync(site, Line(0, "45.77.1.1"), Line(1, "45.77.1.1"), Line(3, "45.77.1.2"));
        var made = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<RuleException>(), new Dictionary<string, string?> { ["title"] = "Sandbox", ["rules"] = $"{list.Number}/ip:45.77.1.1", ["condition"] = "host: pc0", ["reason"] = "It asks for it", ["endsOn"] = "2026-12-24" }, cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        var exception = await site.Store.Db.Set<RuleException>().FirstAsync(e => e.Id == made.Value.Id, Stop);
        exception.OwnerId = Site.Engineer.Id;
        site.Store.Db.ActAs(Actor.System(), "update");
        await site.Store.Db.SaveChangesAsync(Stop);
        var trial = await site.Get<RulePreview>().TryAsync(site.Store, Site.Engineer, exception.Number, Stop);
        Assert.True(trial.IsOk, string.Join("; ", trial.Errors));
        Assert.Equal((1L, 2L), (trial.Value.Suppressed, trial.Value.Matches));
        Assert.True((await MoveAsync(site, exception, "submit")).IsOk);
        Assert.True((await MoveAsync(site, exception, "approve", Second)).IsOk);
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        Assert.Empty(site.Get<Detection>().Rules.Refused);
        await ImportAsync(site, Line(6, "45.77.1.1"), Line(7, "45.77.1.1"), Line(9, "45.77.1.2"));
        Assert.Equal([($"{list.Number}/ip:45.77.1.1", "pc0", 1), ($"{list.Number}/ip:45.77.1.1", "pc1", 2), ($"{list.Number}/ip:45.77.1.2", "pc0", 2)], await AlertsAsync(site));
        // A hunt leaves out the same.
        await site.Get<LogService>().Store.SealAsync(Stop);
        Assert.Equal(4, (await HuntAsync(site, new HuntChoice { Indicators = [list.Number] })).Hits);
    }

    [Fact]
    public async Task Who_may_only_read_takes_nothing_in()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site);
        Assert.Equal("access.denied", (await StageAsync(site, list, "45.77.1.1\n", actor: Reader)).Errors[0].Code);
        var staged = await StageAsync(site, list, "45.77.1.1\n");
        Assert.Equal("access.denied", (await MoveAsync(site, staged.Value, "apply", Reader)).Errors[0].Code);
        Assert.Equal("access.denied", (await MoveAsync(site, list, "submit", Reader)).Errors[0].Code);
        // Alerts that somebody may not see are not counted for him.
        var blind = new Actor(Guid.CreateVersion7(), "Dan", null, new HashSet<Guid>(), [new Grant("logs", Right.Read, Scope.All)], "web");
        await MoveAsync(site, staged.Value, "apply");
        await ApproveAsync(site, list);
        await ImportAsync(site, Line(0, "45.77.1.1"));
        Assert.Empty(await IndicatorSightings.AllAsync(site.Store, blind, Stop));
        Assert.Single(await IndicatorSightings.AllAsync(site.Store, Reader, Stop));
    }

    [Fact]
    public async Task What_hardly_tells_of_an_attacker_is_held_back_unless_the_list_says_otherwise()
    {
        await using var site = await OpenAsync();
        var list = await ListAsync(site, ("leastConfidence", "50"));
        await ApplyAsync(site, list, "indicator,confidence\n10.9.9.9,\n8.8.8.8,\n45.77.1.1,20\n45.77.1.2,80\n45.77.1.3,\n");
        await ApproveAsync(site, list);
        await ImportAsync(site, Line(0, "10.9.9.9"), Line(1, "8.8.8.8"), Line(2, "45.77.1.1"), Line(3, "45.77.1.2"), Line(4, "45.77.1.3"));
        Assert.Equal([$"{list.Number}/ip:45.77.1.2", $"{list.Number}/ip:45.77.1.3"], (await AlertsAsync(site)).Select(a => a.Rule));
        var other = await ListAsync(site, ("withDoubtful", "true"));
        await ApplyAsync(site, other, "10.9.9.9\n");
        await ApproveAsync(site, other);
        await ImportAsync(site, Line(6, "10.9.9.9"));
        Assert.Contains(await AlertsAsync(site), a => a.Rule == $"{other.Number}/ip:10.9.9.9");
        Assert.Equal([list.Number], site.Get<Detection>().Indicators!.Find("45.77.1.3").Select(k => k.List.Number));
    }
}
