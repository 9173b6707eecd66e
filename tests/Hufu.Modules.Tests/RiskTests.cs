using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Risk.Contracts;
using Hufu.Testing;

namespace Hufu.Modules.Tests;

public class RiskTests
{
    [Fact]
    public async Task An_asset_takes_its_grade_from_the_highest_value_and_keeps_it_in_the_history()
    {
        await using var bench = await Bench.OpenAsync();
        var asset = await bench.CreateAsync<Asset>(("title", "官網"), ("category", "service"), ("confidentiality", "1"), ("integrity", "中"), ("availability", "普"));
        Assert.Equal("medium", asset.Grade);
        await bench.EditAsync(asset, ("availability", "3"));
        Assert.Equal("high", (await bench.ReadAsync<Asset>(asset.Id)).Grade);
        var change = ChangeCapture.Read((await bench.Store.HistoryAsync(Hufu.Records.Actor.System(), asset))[0])!;
        Assert.Contains(change.Changes, c => c is { Field: "grade", From: "medium", To: "high" });
    }

    [Fact]
    public async Task Addresses_are_kept_in_one_form_and_wrong_ones_are_refused()
    {
        await using var bench = await Bench.OpenAsync();
        var asset = await bench.CreateAsync<Asset>(("title", "DB"), ("category", "hardware"), ("addresses", "192.0.2.7、2001:0DB8:0:0::1 192.0.2.7"), ("hostname", "DB01.Example.TW."), ("macAddress", "00-1a-2b-3c-4d-5e"));
        Assert.Equal("192.0.2.7; 2001:db8::1", asset.Addresses);
        Assert.Equal("db01.example.tw", asset.Hostname);
        Assert.Equal("00:1A:2B:3C:4D:5E", asset.MacAddress);
        var refused = await bench.Store.CreateAsync(bench.Anna, bench.Store.Types.Of<Asset>(), new Dictionary<string, string?> { ["title"] = "X", ["category"] = "data", ["addresses"] = "192.0.2.300" });
        Assert.Equal("risk.asset.address", Assert.Single(refused.Errors).Code);
    }

    [Theory]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("[2001:DB8::A]", "2001:db8::a")]
    [InlineData("fe80::1%eth0", "fe80::1")]
    [InlineData("192.0.2.010", null)]
    [InlineData("1.2.3", null)]
    [InlineData("web01", null)]
    public void Normalise_AnAddress_GivesItsCanonicalFormOrNothing(string text, string? expected) => Assert.Equal(expected, AddressText.Normalise(text));

    [Fact]
    public async Task A_risk_is_accepted_only_by_another_person_with_a_reason()
    {
        await using var bench = await Bench.OpenAsync();
        var risk = await bench.CreateAsync<RiskRecord>(("title", "勒索"), ("threat", "勒索軟體"), ("likelihood", "4"));
        Assert.Null(risk.Level);
        Assert.Equal("risk.risk.not-rated", await bench.MoveAsync(bench.Anna, risk, "assess"));
        await bench.EditAsync(risk, ("impact", "5"), ("residualLikelihood", "2"), ("residualImpact", "3"));
        var rated = await bench.ReadAsync<RiskRecord>(risk.Id);
        Assert.Equal((20, 6), (rated.Level, rated.ResidualLevel));
        Assert.Null(await bench.MoveAsync(bench.Anna, risk, "assess"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, risk, "accept", "已有備份"));
        Assert.Equal("record.reason-needed", await bench.MoveAsync(bench.Ben, risk, "accept"));
        Assert.Null(await bench.MoveAsync(bench.Ben, risk, "accept", "已有備份"));
    }

    [Fact]
    public async Task A_plan_needs_two_people_twice_and_holds_its_risk_open()
    {
        await using var bench = await Bench.OpenAsync();
        var risk = await bench.CreateAsync<RiskRecord>(("title", "斷電"), ("threat", "停電"), ("likelihood", "2"), ("impact", "4"), ("treatment", "降低"));
        Assert.Null(await bench.MoveAsync(bench.Anna, risk, "assess"));
        Assert.Null(await bench.MoveAsync(bench.Anna, risk, "treat"));
        await bench.AttachAsync(risk);
        var plan = await bench.CreateAsync<RiskTreatmentPlan>(("title", "UPS"), ("riskId", risk.Number), ("measures", "裝設不斷電系統"));
        Assert.Equal("risk.plan.no-due", await bench.MoveAsync(bench.Anna, plan, "submit"));
        await bench.EditAsync(plan, ("dueOn", "2026-12-31"));
        Assert.Null(await bench.MoveAsync(bench.Anna, plan, "submit"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, plan, "approve"));
        Assert.Null(await bench.MoveAsync(bench.Ben, plan, "approve"));
        Assert.Equal("workflow.evidence-needed", await bench.MoveAsync(bench.Anna, plan, "complete"));
        await bench.AttachAsync(plan);
        Assert.Null(await bench.MoveAsync(bench.Anna, plan, "complete"));
        Assert.Equal("risk.risk.open-plans", await bench.MoveAsync(bench.Anna, risk, "close"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, plan, "verify"));
        Assert.Null(await bench.MoveAsync(bench.Ben, plan, "verify"));
        Assert.Null(await bench.MoveAsync(bench.Anna, risk, "close"));
    }

    [Fact]
    public void The_matcher_knows_short_and_full_names_and_any_address_and_reports_ambiguity()
    {
        var web = new Asset { Number = "AST-1", Hostname = "web01.example.tw", Addresses = "192.0.2.1; 2001:db8::1" };
        var mail = new Asset { Number = "AST-2", Hostname = "mail", Addresses = "192.0.2.2" };
        var twin = new Asset { Number = "AST-3", Hostname = "twin.a.tw" };
        var other = new Asset { Number = "AST-4", Hostname = "twin.b.tw", Addresses = "192.0.2.2" };
        var matcher = new AssetMatcher([web, mail, twin, other]);
        Assert.Equal(web.Id, matcher.Find("WEB01.Example.TW").Asset?.Id);
        Assert.Equal(web.Id, matcher.Find("web01").Asset?.Id);
        Assert.Null(matcher.Find("web01.other.tw").Asset);
        Assert.Equal(mail.Id, matcher.Find("mail.example.tw").Asset?.Id);
        Assert.Equal(web.Id, matcher.Find(null, "2001:DB8:0::1").Asset?.Id);
        Assert.Equal(web.Id, matcher.Find("::ffff:192.0.2.1").Asset?.Id);
        Assert.True(matcher.Find("twin").IsAmbiguous);
        Assert.True(matcher.Find(null, "192.0.2.2").IsAmbiguous);
        Assert.Equal(mail.Id, matcher.Find("mail", "192.0.2.2").Asset?.Id);
        Assert.Equal(3, matcher.Find("web01", "192.0.2.2", "203.0.113.1").Candidates.Count);
        Assert.Empty(matcher.Find("", "203.0.113.1").Candidates);
    }

    [Fact]
    public async Task A_scan_merges_into_the_inventory_by_import_and_merging_it_again_changes_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.CreateAsync<Asset>(("title", "官網主機"), ("code", "P-7"), ("category", "hardware"), ("hostname", "web01"), ("addresses", "192.0.2.1"), ("operatingSystem", "Debian 13"));
        var bare = await bench.CreateAsync<Asset>(("title", "印表機"), ("category", "hardware"), ("addresses", "192.0.2.9"));
        // An import works in a scope of its own, as each request has.
        bench.Store.Db.ChangeTracker.Clear();
        SeenHost[] hosts =
        [
            new() { Hostname = "web01.example.tw", Addresses = ["192.0.2.1", "2001:db8::1"], OperatingSystem = "Linux", Services = [new(443, "tcp", "https", "nginx 1.26"), new(22, "tcp", "ssh")], SeenOn = new(2026, 11, 20) },
            new() { Addresses = ["192.0.2.9"], SeenOn = new(2026, 11, 20) },
            new() { Addresses = ["192.0.2.50"], MacAddress = "001A2B3C4D5E", SeenOn = new(2026, 11, 20) },
        ];
        async Task<ImportPlan> ImportAsync()
        {
            var merged = NmapMerge.Merge(hosts, await AssetMatcher.LoadAsync(bench.Store.Db));
            var done = await bench.Get<RecordImport>().CommitAsync(bench.Anna, bench.Store.Types.Of<Asset>(), [.. merged.Select((m, i) => new ImportRow(i + 1, m.Values))], false, "掃描");
            Assert.True(done.IsOk, string.Join("; ", done.Errors));
            return done.Value;
        }

        var first = await ImportAsync();
        Assert.Equal([RowFate.Changed, RowFate.Changed, RowFate.New], first.Lines.Select(l => l.Fate));
        var web = bench.Store.Readable<Asset>(bench.Anna).Single(a => a.Code == "P-7");
        Assert.Equal(("官網主機", "Debian 13", "192.0.2.1; 2001:db8::1", "22/tcp ssh\n443/tcp https nginx 1.26"), (web.Title, web.OperatingSystem, web.Addresses, web.Services));
        Assert.Equal("SCAN-192.0.2.9", (await bench.ReadAsync<Asset>(bare.Id)).Code);
        Assert.All((await ImportAsync()).Lines, l => Assert.Equal(RowFate.Unchanged, l.Fate));
        var rated = await bench.Get<RecordImport>().CommitAsync(bench.Anna, bench.Store.Types.Of<Asset>(), [new ImportRow(1, new Dictionary<string, string?> { ["code"] = "P-7", ["confidentiality"] = "3" })], false, "分級");
        Assert.True(rated.IsOk, string.Join("; ", rated.Errors));
        Assert.Equal("high", (await bench.ReadAsync<Asset>(web.Id)).Grade);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class RiskTestsOnPostgres : RiskTests, IOnPostgres;
