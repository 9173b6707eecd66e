using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Searches that are kept, who sees them, and control tests that are run.</summary>
public class SavedSearchTests
{
    private static readonly Actor Second = new(Guid.CreateVersion7(), "Ben", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve | Right.Administer, Scope.All)], "web");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static SavedSearch New(string query, string expectation = "", int? threshold = null, string basis = "", string visibility = "shared", string range = "24h", string period = "daily") => new()
    {
        State = "saved", Title = "t " + query, Query = query, Range = range, Visibility = visibility, Expectation = expectation, Threshold = threshold, TestPeriod = period, BasisQuery = basis, OutputCode = "O5.3.1",
    };

    private static async Task<SavedSearch> TestAsync(Site site, SavedSearch search)
    {
        var made = await site.Store.CreateAsync(Site.Engineer, search, cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        var type = site.Store.Types.Of<SavedSearch>();
        Assert.True(await site.Store.TransitionAsync(Site.Engineer, type, made.Value.Id, "submit", cancellation: Stop) is { IsOk: true });
        // Who asked does not approve.
        Assert.Equal("workflow.second-person", (await site.Store.TransitionAsync(Site.Engineer, type, made.Value.Id, "approve", cancellation: Stop)).Errors[0].Code);
        var approved = await site.Store.TransitionAsync(Second, type, made.Value.Id, "approve", cancellation: Stop);
        Assert.True(approved.IsOk, string.Join("; ", approved.Errors));
        return (SavedSearch)approved.Value;
    }

    private static Task<IReadOnlyList<string>> AddAsync(Site site, string text, double hoursAgo = 1, string source = "fw") => site.Get<LogImport>().AppendAsync(
        [new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), OccurredAt = site.Clock.GetUtcNow().AddHours(-hoursAgo), Source = source, Host = "h1", Message = text, Raw = text, Format = LogFormats.Plain }], Stop);

    private static Task<SavedSearch> NowAsync(Site site, SavedSearch search) => site.Store.Db.Set<SavedSearch>().AsNoTracking().SingleAsync(s => s.Id == search.Id, Stop);

    [Fact]
    public async Task A_test_that_passes_keeps_count_query_range_and_proof_as_evidence_and_one_that_fails_raises_an_alert()
    {
        await using var site = await Site.OpenAsync();
        await AddAsync(site, "change approved 1");
        await AddAsync(site, "change approved 2");
        await AddAsync(site, "change approved of last week", hoursAgo: 100);
        var good = await TestAsync(site, New("approved", "at-most", 2));
        var bad = await TestAsync(site, New("approved", "none"));
        Assert.Equal(2, await site.Get<SavedSearches>().TestDueAsync(Stop));

        var passed = await NowAsync(site, good);
        Assert.Equal((SavedSearchType.Passed, 2, site.Clock.GetUtcNow()), (passed.LastOutcome, passed.LastCount, passed.LastRunAt!.Value));
        var kept = await site.Store.Db.Evidence.AsNoTracking().SingleAsync(e => e.RecordId == good.Id, Stop);
        Assert.Equal(("query", "approved", "O5.3.1", site.Clock.GetUtcNow().AddHours(-24), site.Clock.GetUtcNow()), (kept.Kind, kept.Query, kept.Output, kept.QueryFrom!.Value, kept.QueryTo!.Value));
        Assert.Contains("通過", kept.Title, StringComparison.Ordinal);
        await using (var file = site.Get<FileVault>().Open(kept.Sha256!)!)
        {
            using var json = await JsonDocument.ParseAsync(file, cancellationToken: Stop);
            Assert.Equal(2, json.RootElement.GetProperty("search").GetProperty("total").GetInt64());
            Assert.Equal(2, json.RootElement.GetProperty("events").GetArrayLength());
            Assert.All(json.RootElement.GetProperty("events").EnumerateArray(), e => Assert.True(e.GetProperty("proof").GetProperty("holds").GetBoolean()));
        }

        Assert.Equal(SavedSearchType.Failed, (await NowAsync(site, bad)).LastOutcome);
        Assert.Contains("未通過", (await site.Store.Db.Evidence.AsNoTracking().SingleAsync(e => e.RecordId == bad.Id, Stop)).Title, StringComparison.Ordinal);
        var alert = Assert.Single(await site.AlertsAsync());
        Assert.Equal((SavedSearches.FailedRule, "high", 2), (alert.RuleId, alert.Level, alert.EventCount));
        Assert.Contains(bad.Number, alert.Entity, StringComparison.Ordinal);
        Assert.All(alert.EventIds.Split('\n'), id => Assert.NotNull(site.Get<LogService>().Store.GetEvent(id)));

        // Each is run again when its period is over, and not before.
        site.Clock.Ahead += TimeSpan.FromHours(23);
        Assert.Equal(0, await site.Get<SavedSearches>().TestDueAsync(Stop));
        site.Clock.Ahead += TimeSpan.FromHours(1);
        await AddAsync(site, "something else");
        Assert.Equal(2, await site.Get<SavedSearches>().TestDueAsync(Stop));
        Assert.Equal(SavedSearchType.Passed, (await NowAsync(site, bad)).LastOutcome);
        Assert.Equal(2, await site.Store.Db.Evidence.CountAsync(e => e.RecordId == bad.Id, Stop));
        // One that is stopped is not run.
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<SavedSearch>(), bad.Id, "stop", "r", cancellation: Stop)).IsOk);
        site.Clock.Ahead += TimeSpan.FromDays(2);
        Assert.Equal(1, await site.Get<SavedSearches>().TestDueAsync(Stop));
        Assert.Equal("logs.saved.no-test", (await site.Get<SavedSearches>().TestAsync(bad.Id, Stop)).Errors[0].Code);
    }

    [Fact]
    public async Task Silence_is_no_pass_and_what_must_be_there_fails_when_it_is_not()
    {
        await using var site = await Site.OpenAsync();
        var quiet = await TestAsync(site, New("denied", "none"));
        var based = await TestAsync(site, New("denied", "none", basis: "source:fw"));
        var backup = await TestAsync(site, New("\"backup done\"", "at-least", 1));
        await site.Get<SavedSearches>().TestDueAsync(Stop);
        Assert.Equal(SavedSearchType.NotEvaluated, (await NowAsync(site, quiet)).LastOutcome);
        Assert.Equal(SavedSearchType.Failed, (await NowAsync(site, backup)).LastOutcome);
        var alerts = await site.AlertsAsync();
        Assert.Equal(["high", "medium", "medium"], alerts.Select(a => a.Level).Order());
        // Events of others say nothing about the firewall.
        await AddAsync(site, "hello", source: "web");
        Assert.Equal(SavedSearchType.NotEvaluated, (await site.Get<SavedSearches>().TestAsync(based.Id, Stop)).Value.Outcome);
        Assert.Equal(SavedSearchType.Passed, (await site.Get<SavedSearches>().TestAsync(quiet.Id, Stop)).Value.Outcome);
        await AddAsync(site, "allowed");
        await AddAsync(site, "backup done", source: "nas");
        Assert.Equal(SavedSearchType.Passed, (await site.Get<SavedSearches>().TestAsync(based.Id, Stop)).Value.Outcome);
        Assert.Equal(SavedSearchType.Passed, (await site.Get<SavedSearches>().TestAsync(backup.Id, Stop)).Value.Outcome);
    }

    [Fact]
    public async Task The_result_is_attached_to_the_record_that_the_test_is_tied_to()
    {
        await using var site = await Site.OpenAsync();
        await AddAsync(site, "allowed");
        var test = await TestAsync(site, New("denied", "none"));
        var alert = await site.Store.CreateAsync(Actor.System(), new Alert { State = "new", Title = "a", RuleId = "r", RuleTitle = "r", Level = "low", EventIds = "" }, cancellation: Stop);
        Assert.True(alert.IsOk, string.Join("; ", alert.Errors));
        var tracked = await site.Store.Db.Set<SavedSearch>().SingleAsync(s => s.Id == test.Id, Stop);
        tracked.TiedTo = alert.Value.Number;
        site.Store.Db.ActAs(Site.Engineer, "tie");
        await site.Store.Db.SaveChangesAsync(Stop);
        Assert.Equal(SavedSearchType.Passed, (await site.Get<SavedSearches>().TestAsync(test.Id, Stop)).Value.Outcome);
        var both = await site.Store.Db.Evidence.AsNoTracking().Where(e => e.Query == "denied").ToListAsync(Stop);
        Assert.Equal(new[] { test.Id, alert.Value.Id }.Order(), both.Select(e => e.RecordId).Order());
    }

    [Fact]
    public async Task What_cannot_be_a_test_is_told_so()
    {
        await using var site = await Site.OpenAsync();
        foreach (var (search, code) in new (SavedSearch, string)[]
        {
            (New("x"), "logs.saved.expectation"),
            (New("x", "at-most"), "logs.saved.threshold"),
            (New("x", "none", period: ""), "logs.saved.period"),
            (New("x", "none", visibility: "private"), "logs.saved.private"),
            (New("x | stats count", "none"), "logs.saved.table"),
            (New("x", "none", range: "fixed"), "logs.saved.moving"),
            (New("x", "none", period: "weekly"), "logs.saved.gap"),
        })
        {
            var made = await site.Store.CreateAsync(Site.Engineer, search, cancellation: Stop);
            Assert.True(made.IsOk, string.Join("; ", made.Errors));
            Assert.Equal(code, (await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<SavedSearch>(), made.Value.Id, "submit", cancellation: Stop)).Errors[0].Code);
        }

        Assert.Equal("query", (await site.Store.CreateAsync(Site.Engineer, New("(broken"), cancellation: Stop)).Errors[0].Place);
        Assert.Equal("basisQuery", (await site.Store.CreateAsync(Site.Engineer, New("x", basis: "y | stats count"), cancellation: Stop)).Errors[0].Place);
    }

    [Fact]
    public async Task A_private_search_is_its_owners_and_its_makers_alone_whatever_rights_others_have()
    {
        await using var site = await Site.OpenAsync();
        var type = site.Store.Types.Of<SavedSearch>();
        var mine = (await site.Store.CreateAsync(Site.Engineer, New("secret", visibility: "private"), cancellation: Stop)).Value;
        var ours = (await site.Store.CreateAsync(Site.Engineer, New("open"), cancellation: Stop)).Value;
        async Task<IEnumerable<Guid>> SeenAsync(Actor actor) => (await site.Store.ListAsync(actor, type, new RecordQuery(), Stop)).Value.Records.Select(r => r.Id).Order();
        Assert.Equal(new[] { mine.Id, ours.Id }.Order(), await SeenAsync(Site.Engineer));
        Assert.Equal([ours.Id], await SeenAsync(Second));
        Assert.Equal(new[] { mine.Id, ours.Id }.Order(), await SeenAsync(Actor.System()));
        Assert.Equal([ours.Id], await site.Store.Readable<SavedSearch>(Second).Select(s => s.Id).ToListAsync(Stop));
        Assert.False((await site.Store.FindAsync(Second, type, mine.Number, Stop)).IsOk);
        Assert.False((await site.Store.UpdateAsync(Second, type, mine.Id, mine.Version, new Dictionary<string, string?> { ["title"] = "taken" }, cancellation: Stop)).IsOk);
        Assert.False((await site.Store.ArchiveAsync(Second, type, mine.Id, "r", cancellation: Stop)).IsOk);
        Assert.Empty(await site.Store.HistoryAsync(Second, mine, cancellation: Stop));
        Assert.Empty(await site.Store.FirstAsync(Second, type, "secret", 10, Stop));
        // Its owner need not be who made it.
        Assert.True((await site.Store.FindAsync(Site.Engineer, type, mine.Number, Stop)).IsOk);
        var owner = Second with { Grants = [new Grant("T5.3", Right.Read, Scope.Own)] };
        var tracked = await site.Store.Db.Set<SavedSearch>().SingleAsync(s => s.Id == mine.Id, Stop);
        tracked.OwnerId = owner.Id;
        site.Store.Db.ActAs(Actor.System(), "update");
        await site.Store.Db.SaveChangesAsync(Stop);
        Assert.True((await site.Store.FindAsync(owner, type, mine.Number, Stop)).IsOk);
        Assert.Equal([mine.Id], await site.Store.Readable<SavedSearch>(owner).Select(s => s.Id).ToListAsync(Stop));
    }

    [Fact]
    public void The_ranges_are_those_of_the_search_page() =>
        Assert.Equal([.. LogEndpoints.Ranges.Select(r => r.Key), SavedSearchType.Fixed], new SavedSearchType().FindField("range")!.Choices.Select(c => c.Code));

    [Fact]
    public void The_range_is_counted_from_the_run_or_stands_fast()
    {
        var now = new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero);
        Assert.Equal((now.AddDays(-7), now), (New("x", range: "7d").SearchAt(now).From!.Value, New("x", range: "7d").SearchAt(now).To!.Value));
        Assert.Null(New("x", range: "all").SearchAt(now).From);
        var fixedRange = New("x", range: SavedSearchType.Fixed);
        (fixedRange.From, fixedRange.To) = (now.AddDays(-3), now.AddDays(-2));
        Assert.Equal((fixedRange.From, fixedRange.To), (fixedRange.SearchAt(now).From, fixedRange.SearchAt(now).To));
        Assert.Contains("from=2026-11-21T10%3A00%3A00&to=2026-11-22T10%3A00%3A00", SavedSearches.HrefOf(fixedRange), StringComparison.Ordinal);
        Assert.EndsWith("&range=7d", SavedSearches.HrefOf(New("x", range: "7d")), StringComparison.Ordinal);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class SavedSearchTestsOnPostgres : SavedSearchTests, IOnPostgres;
