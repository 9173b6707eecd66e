using Hufu.Testing;
using static Hufu.Monitoring.Logs.Tests.IndicatorTests;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>A value that several indicator lists have is one alert, whichever way it is found.</summary>
public class SharedIndicatorTests
{
    private static async Task<IndicatorList> InForceAsync(Site site, string source, string tlp, string level, string text)
    {
        var list = await ListAsync(site, ("title", "Feed of " + source), ("source", source), ("tlp", tlp), ("alertLevel", level));
        await ApplyAsync(site, list, text);
        await ApproveAsync(site, list);
        return list;
    }

    [Fact]
    public async Task What_several_lists_have_is_one_alert_that_names_them_all()
    {
        await using var site = await OpenAsync();
        var first = await InForceAsync(site, "N-ISAC", "green", "medium", "45.77.1.1\n45.77.1.2\nevil.tw\n");
        var second = await InForceAsync(site, "Vendor", "amber", "critical", "45.77.1.1\n.evil.tw\n");
        var third = await InForceAsync(site, "Own analysis", "", "high", "45.77.1.1\n45.77.0.0/16\n");
        await ImportAsync(site, Line(0, "45.77.1.1"), Line(3, "45.77.1.1"), Line(6, "9.9.9.9", "evil.tw"));
        var alerts = await site.AlertsAsync();
        var one = alerts.Single(a => a.RuleTitleEn == "Indicator: 45.77.1.1");
        Assert.Equal(("critical", 2, "Vendor, Own analysis, N-ISAC", "TLP:AMBER, TLP:GREEN", $"{second.Number}/ip:45.77.1.1"), (one.Level, one.EventCount, one.RuleAuthor, one.RuleLicense, one.RuleId));
        Assert.Equal(
            [new SeenIndicator($"{second.Number}/ip:45.77.1.1", "critical", "amber", "Vendor"), new SeenIndicator($"{third.Number}/ip:45.77.1.1", "high", "", "Own analysis"), new SeenIndicator($"{first.Number}/ip:45.77.1.1", "medium", "green", "N-ISAC")],
            SeenIndicator.Of(one.Indicators));
        Assert.Null(one.LevelRaisedAt);
        // A name is one, with what is below it or without; a range that holds an address is something else.
        Assert.Equal([first.Number, second.Number], SeenIndicator.Of(alerts.Single(a => a.RuleTitleEn == "Indicator: evil.tw").Indicators).Select(s => s.List).Order());
        Assert.Equal([third.Number], SeenIndicator.Of(alerts.Single(a => a.RuleTitleEn == "Indicator: 45.77.0.0/16").Indicators).Select(s => s.List));
        Assert.Equal(3, alerts.Count);
        // Each list tells of it, and it is counted once.
        foreach (var list in (IndicatorList[])[first, second, third])
        {
            var told = (await IndicatorSightings.OfListAsync(site.Store, Site.Engineer, list.Number, Stop)).Single(s => s.Title.EndsWith("45.77.1.1", StringComparison.Ordinal));
            Assert.Equal((1, 2), (told.Alerts, told.Events));
            Assert.Equal([first.Number, second.Number, third.Number], told.Lists);
        }

        var key = $"{first.Number}/ip:45.77.1.1";
        Assert.Equal(2, (await IndicatorSightings.OfAsync(site.Store, Site.Engineer, [(key, site.Get<Detection>().Indicators!.ByKey(key)!.Gathered)], Stop))[key].Events);
        // History says what the stream said, with all lists or with one, and nothing twice.
        await site.Get<LogService>().Store.SealAsync(Stop);
        var streamed = await site.SummaryAsync();
        var all = await HuntAsync(site, new HuntChoice { Indicators = [first.Number, second.Number, third.Number] }, alerts: true);
        Assert.Equal((0, 0, 5L, 3), (all.Created, all.Grown, all.Hits, all.Rules.Count));
        Assert.Equal(("critical", "Vendor, Own analysis, N-ISAC"), (all.Rules.Single(r => r.Title.En == "Indicator: 45.77.1.1").Level, all.Rules.Single(r => r.Title.En == "Indicator: 45.77.1.1").Author));
        var alone = await HuntAsync(site, new HuntChoice { Indicators = [first.Number] }, alerts: true);
        Assert.Equal((0, 0, 3L), (alone.Created, alone.Grown, alone.Hits));
        Assert.Equal(streamed, await site.SummaryAsync());
    }

    [Fact]
    public async Task A_list_that_comes_later_is_named_in_the_alert_that_is_there_and_makes_it_as_grave()
    {
        await using var site = await OpenAsync();
        await InForceAsync(site, "N-ISAC", "green", "low", "45.77.1.1\n45.77.1.2\n");
        await ImportAsync(site, Line(0, "45.77.1.1"), Line(3, "45.77.1.2"));
        var before = (await site.AlertsAsync()).Single(a => a.RuleTitleEn.EndsWith(".1", StringComparison.Ordinal));
        var closed = (await site.AlertsAsync()).Single(a => a.RuleTitleEn.EndsWith(".2", StringComparison.Ordinal));
        Assert.True((await MoveAsync(site, closed, "benign", reason: "ours")).IsOk);
        var graver = await InForceAsync(site, "Vendor", "red", "critical", "45.77.1.1\n45.77.1.2\n");
        // By what comes in…
        await ImportAsync(site, Line(6, "45.77.1.1"));
        var alert = (await site.AlertsAsync()).Single(a => a.Id == before.Id);
        Assert.Equal(("critical", 2, 2), (alert.Level, alert.EventCount, SeenIndicator.Of(alert.Indicators).Count));
        Assert.True(alert.Score > before.Score);
        Assert.NotNull(alert.LevelRaisedAt);
        Assert.Equal(before.RuleId, alert.RuleId);
        // …and by a hunt with a list of which the alerts know nothing: it names it where events are known, and leaves alone what was judged.
        var later = await InForceAsync(site, "Police", "amber", "high", "45.77.1.1\n45.77.1.2\n");
        await site.Get<LogService>().Store.SealAsync(Stop);
        var hunt = await HuntAsync(site, new HuntChoice { Indicators = [later.Number] }, alerts: true);
        Assert.Equal((0, 1, 3), (hunt.Created, hunt.Grown, hunt.Known));
        alert = (await site.AlertsAsync()).Single(a => a.Id == before.Id);
        Assert.Equal(["N-ISAC", "Vendor", "Police"], SeenIndicator.Of(alert.Indicators).Select(s => s.Producer));
        Assert.Equal(("critical", 2), (alert.Level, alert.EventCount));
        Assert.Equal(("low", 1), (await site.AlertsAsync()).Where(a => a.Id == closed.Id).Select(a => (a.Level, SeenIndicator.Of(a.Indicators).Count)).Single());
        // Once more changes nothing.
        Assert.Equal((0, 0), await HuntAsync(site, new HuntChoice { Indicators = [later.Number, graver.Number] }, alerts: true) is var again ? (again.Created, again.Grown) : default);
    }

    [Fact]
    public async Task An_exception_for_one_list_leaves_the_value_to_the_others()
    {
        await using var site = await OpenAsync();
        var first = await InForceAsync(site, "N-ISAC", "green", "medium", "45.77.1.1\n45.77.1.2\n");
        var second = await InForceAsync(site, "Vendor", "amber", "critical", "45.77.1.1\n");
        var filter = (Hufu.Sigma.SigmaFilterRule)Hufu.Sigma.SigmaParser.Parse($"title: Ours\nlogsource:\n  product: any\nfilter:\n  rules: [ '{second.Number}' ]\n  own:\n    host: pc0\n  condition: not own\n", "own").Rules[0] with { LogSource = new Hufu.Sigma.SigmaLogSource() };
        site.Get<Detection>().Use([], [], [filter]);
        await ImportAsync(site, Line(0, "45.77.1.1"), Line(1, "45.77.1.1"));
        Assert.Equal([("pc0", "medium", 1), ("pc1", "critical", 2)], (await site.AlertsAsync()).OrderBy(a => a.Entity, StringComparer.Ordinal).Select(a => (a.Entity, a.Level, SeenIndicator.Of(a.Indicators).Count)));
        Assert.Equal(first.Number, SeenIndicator.Of((await site.AlertsAsync()).Single(a => a.Entity == "pc0").Indicators).Single().List);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class SharedIndicatorTestsOnPostgres : SharedIndicatorTests, IOnPostgres;
