using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>What must be logged against what was really stored.</summary>
public class CoverageTests
{
    private static readonly Actor Chief = new(Guid.CreateVersion7(), "Bob", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Record> MakeAsync(Site site, RecordType type, params (string Field, string Value)[] values)
    {
        var made = await site.Store.CreateAsync(Site.Engineer, type, values.ToDictionary(v => v.Field, v => (string?)v.Value), cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        return made.Value;
    }

    private static async Task ApproveAsync(Site site, RecordType type, Guid id)
    {
        foreach (var (actor, move) in ((Actor, string)[])[(Site.Engineer, "submit"), (Chief, "approve")])
        {
            var moved = await site.Store.TransitionAsync(actor, type, id, move, cancellation: Stop);
            Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
        }
    }

    private static Task<Record> AssetAsync(Site site, string host, string grade = "", string category = "hardware", string addresses = "") =>
        MakeAsync(site, site.Store.Types.Of<Asset>(), ("title", host.Length > 0 ? host : "nameless"), ("category", category), ("hostname", host), ("addresses", addresses), ("confidentiality", grade));

    private static async Task<Record> CriterionAsync(Site site, string kinds, string fields = "", string category = "all", string level = "all", int keep = 184, int? quiet = null, bool approve = true)
    {
        var type = site.Store.Types.Of<LogCriterion>();
        var made = await MakeAsync(
            site, type, ("title", "C"), ("category", category), ("level", level), ("kinds", kinds), ("requiredFields", fields), ("keepDays", keep.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("quietDays", quiet?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""), ("basis", "decision"));
        if (approve) await ApproveAsync(site, type, made.Id);
        return made;
    }

    private static LogEvent Read(Site site, string line, double daysAgo = 0, string source = "syslog", string? format = null)
    {
        var at = site.Clock.GetUtcNow().AddDays(-daysAgo);
        return LogParser.Parse(line, at, source, new LogParseOptions { ReferenceTime = at, Format = format }) with { OccurredAt = at };
    }

    private static Task<IReadOnlyList<string>> ArriveAsync(Site site, params LogEvent[] events) => site.Get<LogService>().Store.AppendAsync(events, Stop);

    private static string Login(string host, string address = "203.0.113.7") => $"<86>1 2026-11-24T02:00:00Z {host} sshd 900 - - Accepted password for root from {address} port 40000 ssh2";

    private static async Task<CoverageMatrix> LookAsync(Site site)
    {
        site.Get<LogCoverage>().Forget();
        return await site.Get<LogCoverage>().LookAsync(Stop);
    }

    private static async Task<IReadOnlyList<string>> StatesAsync(Site site) => [.. (await LookAsync(site)).Cells.Select(c => $"{c.Asset.Asset.Title} {c.Kind} {c.State} {c.Day}/{c.Week}").Order(StringComparer.Ordinal)];

    [Fact]
    public async Task An_asset_is_covered_partly_stale_or_never_by_what_arrived()
    {
        await using var site = await Site.OpenAsync();
        foreach (var host in new[] { "web01", "web02", "web03", "web04", "web05" }) await AssetAsync(site, host);
        await AssetAsync(site, "", addresses: "");
        await CriterionAsync(site, "authentication", "user;outcome;source", quiet: 7);
        await ArriveAsync(site, Read(site, Login("web01"), 0.5), Read(site, Login("WEB01.example.org"), 3), Read(site, Login("web01"), 20));
        // A login whose sender says nothing of where from, and one event of another kind, which covers nothing.
        await ArriveAsync(site, Read(site, "<86>1 2026-11-24T02:00:00Z web02 login 1 - - LOGIN ON tty1 BY root", 0.1), Read(site, "<86>1 2026-11-24T02:00:00Z web04 sudo 1 - - bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", 0.1));
        await ArriveAsync(site, Read(site, Login("web03"), 7.1), Read(site, Login("web05"), LogCoverage.LookBackDays + 1));
        Assert.Equal(
            ["nameless authentication Never 0/0", "web01 authentication Covered 1/2", "web02 authentication Partly 1/1", "web03 authentication Stale 0/0", "web04 authentication Never 0/0", "web05 authentication Never 0/0"], await StatesAsync(site));
        var cells = (await LookAsync(site)).Cells;
        Assert.Equal(["source"], cells.Single(c => c.State == CoverageState.Partly).Lacking.Select(f => f.Field));
        Assert.Equal(site.Clock.GetUtcNow().AddDays(-0.5), cells.Single(c => c.State == CoverageState.Covered).LastSeen);
        Assert.False(cells.Single(c => c.Asset.Asset.Title == "nameless").Asset.IsFindable);
        // The same without the field that is missing.
        await site.Get<LogService>().Store.SealAsync(Stop);
        Assert.Equal(6, (await StatesAsync(site)).Count);
    }

    [Fact]
    public async Task Fewer_than_half_of_the_events_with_a_field_are_too_few()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication", "source");
        var without = Read(site, "<86>1 2026-11-24T02:00:00Z web01 login 1 - - LOGIN ON tty1 BY root", 0.1);
        await ArriveAsync(site, Read(site, Login("web01"), 0.1), without);
        Assert.Equal(["web01 authentication Covered 2/2"], await StatesAsync(site));
        await ArriveAsync(site, without);
        Assert.Equal(["web01 authentication Partly 3/3"], await StatesAsync(site));
    }

    [Fact]
    public async Task Only_criteria_that_a_second_person_approved_count_and_they_go_by_category_and_grade()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "plain");
        await AssetAsync(site, "low", "low");
        await AssetAsync(site, "high", "high");
        await AssetAsync(site, "very", "very-high");
        await AssetAsync(site, "switch", "high", "network");
        var draft = await CriterionAsync(site, "dns", approve: false);
        Assert.Empty((await LookAsync(site)).Cells);
        var type = site.Store.Types.Of<LogCriterion>();
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, type, draft.Id, "submit", cancellation: Stop)).IsOk);
        Assert.False((await site.Store.TransitionAsync(Site.Engineer, type, draft.Id, "approve", cancellation: Stop)).IsOk);
        Assert.Empty((await LookAsync(site)).Cells);

        await CriterionAsync(site, "process", category: "hardware", level: "high");
        Assert.Equal(["high process Never 0/0", "very process Never 0/0"], await StatesAsync(site));
        var network = await CriterionAsync(site, "network", category: "network");
        Assert.Contains("switch network Never 0/0", await StatesAsync(site));
        Assert.True((await site.Store.TransitionAsync(Chief, type, network.Id, "retire", "over", cancellation: Stop)).IsOk);
        Assert.Equal(2, (await StatesAsync(site)).Count);
    }

    [Fact]
    public async Task Several_criteria_hold_together()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication", "user", keep: 200, quiet: 20);
        await CriterionAsync(site, "authentication", "source", keep: 400, quiet: 5);
        await ArriveAsync(site, Read(site, Login("web01"), 6));
        var cell = Assert.Single((await LookAsync(site)).Cells);
        Assert.Equal((CoverageState.Stale, 400, 2), (cell.State, cell.KeepDays, cell.Criteria.Count));
    }

    [Fact]
    public async Task What_the_retention_rules_keep_for_less_long_is_shown()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication", keep: 365);
        await ArriveAsync(site, Read(site, Login("web01"), 0.1, "edge"), Read(site, Login("web01"), 0.1, "core"));
        var cell = Assert.Single((await LookAsync(site)).Cells);
        Assert.Equal((null, false), (cell.KeptDays, cell.IsKeptShorter));
        var type = site.Store.Types.Of<RetentionRule>();
        foreach (var (source, days) in new[] { ("edge", "200"), ("core", "400") }) await ApproveAsync(site, type, (await MakeAsync(site, type, ("title", source), ("source", source), ("keepDays", days), ("basis", "b"))).Id);
        cell = Assert.Single((await LookAsync(site)).Cells);
        Assert.Equal((200, true), (cell.KeptDays!.Value, cell.IsKeptShorter));
    }

    [Fact]
    public async Task Senders_are_assets_by_name_or_address_and_the_others_are_listed()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "fw01", category: "network", addresses: "192.0.2.1");
        await AssetAsync(site, "twin");
        await AssetAsync(site, "twin");
        await CriterionAsync(site, "authentication", category: "network");
        var sender = System.Net.IPAddress.Parse("192.0.2.1");
        await ArriveAsync(
            site, (Read(site, Login("fw01"), 0.1) with { Host = null }).From(sender), Read(site, Login("192.0.2.1"), 0.1),
            // A stranger that the firewall passes on, and whose client is the firewall, is not the firewall.
            Read(site, Login("stranger", "192.0.2.1"), 0.1).From(sender), Read(site, Login("twin"), 0.1), Read(site, Login("fw01"), 0.1, AuditFeed.Source));
        var matrix = await LookAsync(site);
        Assert.Equal(2, Assert.Single(matrix.Cells).Day);
        Assert.Equal(["stranger 192.0.2.1 False", "twin  True"], matrix.Unassigned.Select(u => $"{u.Host} {u.Address} {u.Ambiguous}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_source_that_went_quiet_is_stale_before_its_days_are_over()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication");
        for (var i = 0; i < 24; i++)
        {
            site.Clock.Ahead += TimeSpan.FromMinutes(10);
            await ArriveAsync(site, Read(site, Login("web01")));
            await site.Get<SourceWatch>().LookAsync(Stop);
        }

        Assert.Equal(CoverageState.Covered, Assert.Single((await LookAsync(site)).Cells).State);
        site.Clock.Ahead += TimeSpan.FromHours(1);
        Assert.Equal(CoverageState.Stale, Assert.Single((await LookAsync(site)).Cells).State);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_does_not_cover_the_future()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication");
        await ArriveAsync(site, Read(site, Login("web01"), -400));
        Assert.Equal(site.Clock.GetUtcNow(), Assert.Single((await LookAsync(site)).Cells).LastSeen);
    }

    [Fact]
    public async Task The_matrix_is_kept_for_ten_minutes()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication");
        var first = await site.Get<LogCoverage>().LookAsync(Stop);
        await ArriveAsync(site, Read(site, Login("web01")));
        site.Clock.Ahead = TimeSpan.FromMinutes(9);
        Assert.Same(first, await site.Get<LogCoverage>().LookAsync(Stop));
        // A criterion that was approved meanwhile is seen at once.
        await CriterionAsync(site, "dns");
        Assert.Equal(2, (await site.Get<LogCoverage>().LookAsync(Stop)).Cells.Count);
        site.Clock.Ahead = TimeSpan.FromMinutes(20);
        Assert.Equal(CoverageState.Covered, (await site.Get<LogCoverage>().LookAsync(Stop)).Cells.Single(c => c.Kind == "authentication").State);
        await ArriveAsync(site, Read(site, Login("web01")));
        Assert.Equal(1, (await site.Get<LogCoverage>().LookAsync(Stop)).Cells.Single(c => c.Kind == "authentication").Day);
        site.Clock.Ahead = TimeSpan.FromMinutes(31);
        Assert.Equal(CoverageState.Covered, (await site.Get<LogCoverage>().LookAsync(Stop)).Cells.Single(c => c.Kind == "authentication").State);
        Assert.Equal(2, (await site.Get<LogCoverage>().LookAsync(Stop)).Cells.Single(c => c.Kind == "authentication").Day);
    }

    [Fact]
    public async Task A_gap_is_one_alert_until_it_is_closed()
    {
        await using var site = await Site.OpenAsync();
        var asset = await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication;dns");
        var gaps = site.Get<LogGaps>();
        var cells = (await LookAsync(site)).Cells;
        var made = await gaps.OpenAsync(cells[0], Stop);
        Assert.True(made.Value.Made);
        site.Clock.Ahead = TimeSpan.FromDays(3);
        Assert.Equal((made.Value.Number, false), (await gaps.OpenAsync(cells[0], Stop)).Value);
        Assert.True((await gaps.OpenAsync(cells[1], Stop)).Value.Made);
        var alerts = await site.AlertsAsync();
        Assert.Equal([$"{asset.Number} authentication", $"{asset.Number} dns"], alerts.Select(a => a.Entity));
        Assert.All(alerts, a => Assert.Equal((LogGaps.Rule, 1), (a.RuleId, a.EventCount)));

        var alert = await site.Store.Db.Set<Alert>().SingleAsync(a => a.Number == made.Value.Number, Stop);
        alert.State = "benign";
        site.Store.Db.ActAs(Site.Engineer, "benign");
        await site.Store.Db.SaveChangesAsync(Stop);
        var again = await gaps.OpenAsync(cells[0], Stop);
        Assert.True(again.Value.Made);
        Assert.NotEqual(made.Value.Number, again.Value.Number);
    }

    [Fact]
    public async Task Logs_that_stop_make_an_alert_by_themselves_and_each_end_makes_one()
    {
        await using var site = await Site.OpenAsync();
        var asset = await AssetAsync(site, "web01");
        await CriterionAsync(site, "authentication;dns");
        await ArriveAsync(site, Read(site, Login("web01"), 0.1));
        var gaps = site.Get<LogGaps>();
        // What never came makes none.
        Assert.Equal(0, await gaps.TellAsync(await LookAsync(site), Stop));
        site.Clock.Ahead = TimeSpan.FromDays(10);
        Assert.Equal(1, await gaps.TellAsync(await LookAsync(site), Stop));
        var alert = Assert.Single(await site.AlertsAsync());
        Assert.Equal((LogGaps.Rule, $"{asset.Number} authentication", site.Clock.GetUtcNow() - new TimeSpan(10, 2, 24, 0)), (alert.RuleId, alert.Entity, alert.FirstSeen));
        Assert.Equal(0, await gaps.TellAsync(await LookAsync(site), Stop));

        // Closed by somebody, it stays closed.
        var open = await site.Store.Db.Set<Alert>().SingleAsync(Stop);
        open.State = "benign";
        site.Store.Db.ActAs(Site.Engineer, "benign");
        await site.Store.Db.SaveChangesAsync(Stop);
        site.Clock.Ahead = TimeSpan.FromDays(12);
        Assert.Equal(0, await gaps.TellAsync(await LookAsync(site), Stop));

        // They come again, and stop again.
        await ArriveAsync(site, Read(site, Login("web01"), 0.1));
        Assert.Equal(0, await gaps.TellAsync(await LookAsync(site), Stop));
        site.Clock.Ahead = TimeSpan.FromDays(22);
        Assert.Equal(1, await gaps.TellAsync(await LookAsync(site), Stop));
        Assert.Equal(2, (await site.AlertsAsync()).Count);
    }

    [Fact]
    public async Task Who_may_not_read_an_asset_sees_no_cell_of_it_and_opens_nothing_for_it()
    {
        await using var site = await Site.OpenAsync();
        var asset = await AssetAsync(site, "web01");
        await AssetAsync(site, "web02");
        await CriterionAsync(site, "authentication");
        await ArriveAsync(site, Read(site, Login("web02")));
        var (coverage, gaps) = (site.Get<LogCoverage>(), site.Get<LogGaps>());
        var logsOnly = new Actor(Guid.CreateVersion7(), "Eve", null, new HashSet<Guid>(), [new Grant("logs", Right.Read | Right.Write, Scope.All)], "web");
        Assert.Empty(await CriteriaEndpoints.SeenAsync(await coverage.LookAsync(Stop), site.Store, logsOnly, Stop));
        Assert.Equal(2, (await CriteriaEndpoints.SeenAsync(await coverage.LookAsync(Stop), site.Store, Site.Engineer, Stop)).Count);
        Task<Result<(string Number, bool Made)>> OpenAsync(Actor actor, string? number, string? kind) => CriteriaEndpoints.GapAsync(new GapRequest(number, kind), coverage, gaps, site.Store, actor, Stop);
        Assert.Equal("record.not-found", (await OpenAsync(logsOnly, asset.Number, "authentication")).Errors[0].Code);
        Assert.Equal("record.not-found", (await OpenAsync(Site.Engineer, asset.Number, "dns")).Errors[0].Code);
        Assert.Equal("record.not-found", (await OpenAsync(Site.Engineer, null, null)).Errors[0].Code);
        var covered = (await coverage.LookAsync(Stop)).Cells.Single(c => c.State == CoverageState.Covered).Asset.Asset.Number;
        Assert.Equal("logs.coverage.covered", (await OpenAsync(Site.Engineer, covered, "authentication")).Errors[0].Code);
        Assert.Empty(await site.AlertsAsync());
        Assert.True((await OpenAsync(Site.Engineer, asset.Number, "authentication")).Value.Made);
    }

    [Fact]
    public async Task The_defaults_are_drafts_and_are_added_once()
    {
        await using var site = await Site.OpenAsync();
        var first = await LogDefaults.AddAsync(site.Store, Site.Engineer, Stop);
        Assert.True(first.IsOk, string.Join("; ", first.Errors));
        Assert.Equal(LogKinds.Defaults.Count, first.Value.Count);
        var all = await site.Store.Db.Set<LogCriterion>().AsNoTracking().ToListAsync(Stop);
        Assert.All(all, c => Assert.True(c.State == "draft" && c.KeepDays >= RetentionRuleType.MinimumDays && c.Basis.Length > 0 && c.LawVersion.Length > 0 && c.ValidFrom is not null));
        await site.Store.Db.Set<LogCriterion>().Where(c => c.DefaultCode == "pb-admin").ExecuteUpdateAsync(s => s.SetProperty(c => c.ArchivedAt, site.Clock.GetUtcNow()), Stop);
        Assert.Empty((await LogDefaults.AddAsync(site.Store, Site.Engineer, Stop)).Value);
        Assert.Equal(all.Count, await site.Store.Db.Set<LogCriterion>().CountAsync(Stop));
        var reader = new Actor(Guid.CreateVersion7(), "Eve", null, new HashSet<Guid>(), [new Grant("*", Right.Read, Scope.All)], "web");
        await site.Store.Db.Set<LogCriterion>().ExecuteDeleteAsync(Stop);
        Assert.False((await LogDefaults.AddAsync(site.Store, reader, Stop)).IsOk);
        Assert.Equal(0, await site.Store.Db.Set<LogCriterion>().CountAsync(Stop));
    }

    [Theory]
    [InlineData("authentication", "<86>1 2026-11-24T02:00:00Z h sshd 9 - - Failed password for root from 203.0.113.7 port 4000 ssh2")]
    [InlineData("authentication", """{"@timestamp":"2026-11-24T02:00:00Z","winlog":{"event_id":"4625","channel":"Security","provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"h"},"message":"m"}""")]
    [InlineData("privilege", "<86>1 2026-11-24T02:00:00Z h sudo 1 - - bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh")]
    [InlineData("privilege", """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4672</EventID><Channel>Security</Channel><Computer>h</Computer></System></Event>""")]
    [InlineData("accounts", "<86>1 2026-11-24T02:00:00Z h useradd 1 - - new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/sh")]
    [InlineData("accounts", """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4720</EventID><Channel>Security</Channel><Computer>h</Computer></System></Event>""")]
    [InlineData("configuration", "<189>1 2026-11-24T02:00:00Z sw1 %SYS-5-CONFIG_I - - - Configured from console by admin on vty0 (192.0.2.9)")]
    [InlineData("process", """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>1</EventID><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>h</Computer></System></Event>""")]
    [InlineData("process", "type=EXECVE msg=audit(1732413600.123:42): argc=2 a0=\"ls\" a1=\"-l\"")]
    [InlineData("network", "<4>1 2026-11-24T02:00:00Z fw kernel - - - [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=1 DPT=22")]
    [InlineData("network", "<189>date=2026-11-24 time=10:00:00 devname=\"fg\" devid=\"FG100\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" srcip=203.0.113.7 dstip=192.0.2.1 action=\"deny\"")]
    [InlineData("network", "<166>Nov 24 2026 02:00:00 asa : %ASA-4-106023: Deny tcp src outside:203.0.113.7/1 dst inside:192.0.2.1/22 by access-group \"out\" [0x0, 0x0]")]
    [InlineData("web", "203.0.113.7 - - [24/Nov/2026:02:00:00 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"curl\"")]
    [InlineData("dns", "<30>1 2026-11-24T02:00:00Z ns named 1 - - client @0x7f 203.0.113.7#4000 (example.org): query: example.org IN A +E(0)K (192.0.2.1)")]
    [InlineData("authentication database", "<134>1 2026-11-24T02:00:00Z db postgres 1 - - connection authorized: user=bob database=crm")]
    [InlineData("errors", "<27>1 2026-11-24T02:00:00Z h app 1 - - it broke")]
    [InlineData("time", "<30>1 2026-11-24T02:00:00Z h chronyd 1 - - System clock wrong by 1.2 seconds")]
    [InlineData("backup", "<30>1 2026-11-24T02:00:00Z h restic 1 - - snapshot 1a2b saved")]
    [InlineData("security", """{"timestamp":"2026-11-24T02:00:00.000000+0000","flow_id":1,"event_type":"alert","src_ip":"203.0.113.7","dest_ip":"192.0.2.1","alert":{"signature":"ET SCAN","severity":2}}""")]
    public async Task Events_as_products_write_them_are_of_their_kind(string kinds, string line)
    {
        await using var site = await Site.OpenAsync();
        await ArriveAsync(site, Read(site, line), Read(site, "<30>1 2026-11-24T02:00:00Z h app 1 - - a word about login and sudo and SRC"));
        var found = new List<string>();
        foreach (var candidate in LogKinds.All)
            if ((await site.Get<LogService>().Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(candidate.Query).Value, Limit = 10 }, Stop)).Events is { Count: > 0 } events)
            {
                Assert.Single(events);
                found.Add(candidate.Id);
            }

        Assert.Equal(kinds, string.Join(' ', found));
    }

    [Fact]
    public void The_content_names_only_what_there_is()
    {
        foreach (var kind in LogKinds.All) Assert.Equal(LogKinds.Fields.Select(f => f.Id).Order(), kind.Fields.Keys.Order());
        Assert.Equal(new AssetType().FindField("category")!.Choices.Select(c => (c.Code, c.Label)), LogCriterionType.AssetCategories.Select(c => (c.Code, c.Label)));
        Assert.Equal(LogKinds.Defaults.Count, LogKinds.Defaults.Select(d => d.Id).Distinct().Count());
    }

    [Fact]
    public void A_snippet_is_filled_in_and_never_holds_a_secret()
    {
        var receivers = new[] { new Receiver { Number = "LRX-1", Title = "a", Transport = "tcp", Port = 5514 }, new Receiver { Number = "LRX-2", Title = "b", Transport = "udp", Port = 514, Address = "192.0.2.8" }, new Receiver { Number = "LRX-3", Title = "c", Transport = "tcp", Port = 601, Address = "0.0.0.0" } };
        var targets = LogConnect.Targets(receivers, "logs.example.org", 5280, "http");
        Assert.Equal(["logs.example.org:5514", "192.0.2.8:514", "logs.example.org:601", "logs.example.org:5280"], targets.Select(t => $"{t.Host}:{t.Port}"));
        foreach (var snippet in LogConnect.All)
        {
            Assert.All(snippet.Kinds, k => Assert.NotNull(LogKinds.Find(k)));
            Assert.DoesNotContain("hufu_", snippet.Template, StringComparison.Ordinal);
            var addressed = snippet.Template.Contains("{{", StringComparison.Ordinal);
            Assert.Equal(snippet.Transports.Count > 0, addressed);
            var text = snippet.For(new LogTarget("x", "x", snippet.Transports.Count > 0 ? snippet.Transports[0] : "", "2001:db8::1", 6514, "https"));
            Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
            if (addressed) Assert.Contains("6514", text, StringComparison.Ordinal);
        }

        Assert.Contains("[2001:db8::1]:6514", LogConnect.All.Single(s => s.Id == "winlogbeat").For(new LogTarget("i", "i", LogConnect.Intake, "2001:db8::1", 6514, "https")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("logs.example.org", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("x\nset admin", false)]
    [InlineData("a\"; evil", false)]
    [InlineData("{{port}}", false)]
    [InlineData("", false)]
    public void A_host_that_could_say_more_than_a_name_is_not_put_in(string host, bool taken) => Assert.Equal(taken, LogConnect.HostOf(host) is not null);
    [Fact]
    public async Task The_matrix_is_kept_as_evidence_as_it_stands_and_shows_only_assets_that_may_be_read()
    {
        await using var site = await Site.OpenAsync();
        await AssetAsync(site, "web01");
        await AssetAsync(site, "secret01");
        var criterion = await CriterionAsync(site, "authentication");
        await ArriveAsync(site, Read(site, Login("web01"), 0.5));
        var matrix = await LookAsync(site);
        var seen = matrix.Cells.Where(c => c.Asset.Asset.Title == "web01").ToList();
        var kept = await site.Get<CoverageEvidence>().AttachAsync(site.Store, Site.Engineer, matrix, seen, new CoverageKeep(criterion.Number, "", null), Stop);
        Assert.True(kept.IsOk, string.Join("; ", kept.Errors));
        var evidence = kept.Value.Evidence;
        Assert.Equal(("O5.1.2", criterion.Id, "application/json"), (evidence.Output, evidence.RecordId, evidence.MediaType));
        Assert.Contains("(1/1)", evidence.Title, StringComparison.Ordinal);
        var file = Directory.EnumerateFiles(Path.Combine(site.Folder, "files"), "*", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        Assert.Equal(evidence.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        using var json = System.Text.Json.JsonDocument.Parse(bytes);
        var cell = Assert.Single(json.RootElement.GetProperty("matrix").GetProperty("cells").EnumerateArray());
        Assert.Equal(("web01", "authentication", "covered", 1), (cell.GetProperty("title").GetString(), cell.GetProperty("kind").GetString(), cell.GetProperty("state").GetString(), cell.GetProperty("day").GetInt32()));
        Assert.Equal("record.not-found", (await site.Get<CoverageEvidence>().AttachAsync(site.Store, Site.Engineer, matrix, seen, new CoverageKeep("LGC-1999-0001", null, null), Stop)).Errors[0].Code);

        // Who may read the record and not change it attaches nothing.
        var reader = new Actor(Guid.CreateVersion7(), "Ben", null, new HashSet<Guid>(), [new Grant("*", Right.Read, Scope.All)], "web");
        Assert.Equal("access.denied", (await site.Get<CoverageEvidence>().AttachAsync(site.Store, reader, matrix, seen, new CoverageKeep(criterion.Number, null, null), Stop)).Errors[0].Code);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class CoverageTestsOnPostgres : CoverageTests, IOnPostgres;
