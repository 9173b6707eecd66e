using Hufu.Incidents;
using Hufu.Kernel;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Modules.Tests;

public class AlertTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 1, 0, 0, TimeSpan.Zero);

    private static RuleMatch Match(int id, double hours = 0, string host = "web01") => new()
    {
        RuleId = "5f3a", RuleTitle = "Shell from web server", Level = "high", EventId = $"e{id}", EventTime = Start.AddHours(hours), Host = host,
    };

    private static async Task<RaisedAlerts> RaiseAsync(Bench bench, params RuleMatch[] matches)
    {
        var raised = await AlertGrouping.RaiseAsync(bench.Store, matches);
        Assert.True(raised.IsOk, string.Join("; ", raised.Errors));
        bench.Store.Db.ChangeTracker.Clear();
        return raised.Value;
    }

    private static List<Alert> All(Bench bench) => [.. bench.Store.Readable<Alert>(bench.Anna).OrderBy(a => a.Number)];

    [Fact]
    public async Task Matches_of_one_rule_and_host_become_one_alert_and_the_same_events_change_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        var asset = await bench.CreateAsync<Asset>(("title", "官網"), ("category", "hardware"), ("hostname", "web01.example.tw"));
        await RaiseAsync(bench, Match(1), Match(2, 1), Match(2, 1), Match(3, 0, "web02"));
        var alerts = All(bench);
        Assert.Equal(2, alerts.Count);
        Assert.Equal((2, asset.Id, "e1\ne2"), (alerts[0].EventCount, alerts[0].AssetId!.Value, alerts[0].EventIds));
        var again = await RaiseAsync(bench, Match(1), Match(2, 1), Match(3, 0, "web02"));
        Assert.Equal((0, 0, 3), (again.Created.Count, again.Updated.Count, again.Known));
        Assert.Equal(alerts.Select(a => a.Version), All(bench).Select(a => a.Version));
        await RaiseAsync(bench, Match(4, 5));
        Assert.Equal((3, Start.AddHours(5)), (All(bench)[0].EventCount, All(bench)[0].LastSeen!.Value));
        Assert.Single((await RaiseAsync(bench, Match(5, 25))).Created);
    }

    [Fact]
    public async Task An_alert_judged_benign_stays_as_it_is_and_fresh_events_start_another()
    {
        await using var bench = await Bench.OpenAsync();
        await RaiseAsync(bench, Match(1));
        Assert.Null(await bench.MoveAsync(bench.Anna, All(bench)[0], "benign", "弱掃"));
        Assert.Equal(1, (await RaiseAsync(bench, Match(1))).Known);
        Assert.Single((await RaiseAsync(bench, Match(1), Match(2, 2))).Created);
        Assert.Equal([1, 1], All(bench).Select(a => a.EventCount));
    }

    [Fact]
    public async Task Event_ids_are_bounded_and_replaying_a_full_alert_adds_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        var flood = Enumerable.Range(0, 500).Select(i => Match(i, i / 100.0)).ToArray();
        await RaiseAsync(bench, flood);
        await RaiseAsync(bench, flood);
        var alert = Assert.Single(All(bench));
        Assert.Equal((500, AlertGrouping.MaxEventIds), (alert.EventCount, alert.EventIds.Split('\n').Length));
    }

    [Fact]
    public async Task An_alert_is_called_by_its_rule_in_both_languages()
    {
        await using var bench = await Bench.OpenAsync();
        await RaiseAsync(bench, Match(1) with { RuleTitle = "網站啟動命令列", RuleTitleEn = "Shell from web server" }, Match(2) with { RuleId = "one", RuleTitle = "Only English" });
        var titles = All(bench).Select(a => bench.Store.Types.Of(a).TitleOf(a)).Select(t => (t.Zh, t.En)).Order().ToList();
        Assert.Equal([("Only English: web01", "Only English: web01"), ("網站啟動命令列: web01", "Shell from web server: web01")], titles);
    }

    [Fact]
    public async Task Control_characters_and_halves_of_characters_keep_no_alert_from_being_raised()
    {
        await using var bench = await Bench.OpenAsync();
        var odd = string.Concat(Enumerable.Range(0, 0xA0).Select(c => (char)c)) + "\uD83D" + "虎\uDC2F\uFFFE";
        var bad = new RuleMatch
        {
            RuleId = "r\u0001", RuleTitle = "Title\u001b[31m\n" + odd, RuleTitleEn = odd, RuleAuthor = odd, RuleLicense = odd, Level = odd, Tags = [odd, "\0"], EventId = "e\u0007", EventTime = Start, Host = odd, SourceIp = "\u0002", Account = odd + new string('\u0003', 500),
        };
        // One cut in the middle of a character, and one like any other, in the same batch.
        var cut = Match(2) with { Host = new string('a', 252) + "🐯", Entity = new string('b', 299) + "🐯" };
        var raised = await RaiseAsync(bench, bad, cut, Match(3));
        Assert.Equal(3, raised.Created.Count);
        var alerts = All(bench);
        Assert.StartsWith("Title␛[31m␊", alerts.Single(a => a.RuleTitle.StartsWith("Title", StringComparison.Ordinal)).RuleTitle, StringComparison.Ordinal);
        Assert.Equal(3, (await RaiseAsync(bench, bad, cut, Match(3))).Known);
    }

    [Fact]
    public async Task Opening_an_incident_ties_everything_together_and_starts_the_clock()
    {
        await using var bench = await Bench.OpenAsync();
        var asset = await bench.CreateAsync<Asset>(("title", "官網"), ("category", "hardware"), ("hostname", "web01"));
        await RaiseAsync(bench, Match(1));
        var alert = All(bench)[0];
        Assert.Equal("monitoring.alert.no-incident", await bench.MoveAsync(bench.Anna, alert, "escalate", "入侵"));
        var opened = await bench.Get<OpenIncidentFromAlert>().ExecuteAsync(bench.Store, bench.Anna, alert.Id, "確認入侵", "3", "intrusion");
        Assert.True(opened.IsOk, string.Join("; ", opened.Errors));
        var incident = await bench.ReadAsync<Incident>(opened.Value.Id);
        Assert.Equal((asset.Id, bench.Clock.Now, bench.Clock.Now.AddHours(1)), (incident.AssetId!.Value, incident.DetectedAt!.Value, incident.NotifyBy!.Value));
        Assert.Equal("incident", (await bench.ReadAsync<Alert>(alert.Id)).State);
        var links = await bench.Store.LinksAsync(bench.Anna, incident.Id);
        Assert.Equal([("affects", true, asset.Id), ("caused", false, alert.Id)], links.Select(l => (l.Kind, l.Outgoing, l.Other!.Id)).Order());
        Assert.Equal("workflow.wrong-state", (await bench.Get<OpenIncidentFromAlert>().ExecuteAsync(bench.Store, bench.Anna, alert.Id, "再一次")).Errors[0].Code);
        Assert.Single(bench.Store.Readable<Incident>(bench.Anna));
    }

    [Fact]
    public async Task When_the_last_step_fails_nothing_of_the_incident_remains()
    {
        await using var bench = await Bench.OpenAsync(services => services.AddSingleton<IRecordReaction, Refusal>());
        await bench.CreateAsync<Asset>(("title", "官網"), ("category", "hardware"), ("hostname", "web01"));
        await RaiseAsync(bench, Match(1));
        var alert = All(bench)[0];
        var changes = bench.Store.Db.Changes.Count();
        var opened = await bench.Get<OpenIncidentFromAlert>().ExecuteAsync(bench.Store, bench.Anna, alert.Id, "確認入侵");
        Assert.Equal("test.refused", Assert.Single(opened.Errors).Code);
        Assert.Empty(bench.Store.Readable<Incident>(bench.Anna));
        Assert.Empty(bench.Store.Db.Links);
        Assert.Equal(changes, bench.Store.Db.Changes.Count());
        Assert.Equal("new", (await bench.ReadAsync<Alert>(alert.Id)).State);
    }

    [Fact]
    public async Task A_person_who_may_not_write_incidents_cannot_make_one_of_an_alert()
    {
        await using var bench = await Bench.OpenAsync();
        await RaiseAsync(bench, Match(1));
        var analyst = Bench.Person("Cai", new Grant("monitoring.alert", Right.Write, Scope.All));
        var alert = All(bench)[0];
        Assert.Equal("access.denied", (await bench.Get<OpenIncidentFromAlert>().ExecuteAsync(bench.Store, analyst, alert.Id, "確認")).Errors[0].Code);
        Assert.Equal("new", (await bench.ReadAsync<Alert>(alert.Id)).State);
    }

    private sealed class Refusal : IRecordReaction
    {
        public string TypeKey => "monitoring.alert";

        public Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation) =>
            Task.FromResult(action == "escalate" ? Result.Fail(Error.Of("test.refused", "不行", "No")) : Result.Ok);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class AlertTestsOnPostgres : AlertTests, IOnPostgres;
