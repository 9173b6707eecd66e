using Hufu.Compliance.Laws;
using Hufu.Compliance.Obligations;
using Hufu.Identity;
using Hufu.Incidents;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using RowFate = Hufu.Records.Storage.RowFate;

namespace Hufu.Modules.Tests;

public class ComplianceTests
{
    private static async Task<Bench> AgencyAsync()
    {
        var bench = await Bench.OpenAsync();
        foreach (var (key, value) in new[] { (OrganisationKeys.Name, "海岸市"), (OrganisationKeys.PublicAgency, "true"), (OrganisationKeys.Level, "B") }) bench.Store.Db.Add(new Setting { Key = key, Value = value });
        bench.Store.Db.ActAs(Actor.System(), "create");
        await bench.Store.Db.SaveChangesAsync();
        var laws = bench.Get<LawBook>();
        var done = await laws.TakeOverAsync(bench.Anna, await laws.ProfileAsync());
        Assert.True(done.IsOk, string.Join("; ", done.Errors));
        Assert.Empty(done.Value.Plan.Faults);
        return bench;
    }

    private static Task<List<Occurrence>> CausedByAsync(Bench bench, Record record) =>
        bench.Store.Db.Set<Occurrence>().AsNoTracking().Where(o => o.Trigger == record.Number).OrderBy(o => o.DueAt).ThenBy(o => o.DueOn).ToListAsync();

    [Fact]
    public async Task What_the_organisation_is_decides_which_law_it_takes_over_and_a_second_time_nothing_changes()
    {
        await using var bench = await AgencyAsync();
        var active = await bench.Store.Db.Set<Obligation>().AsNoTracking().Where(o => o.State == "active").ToListAsync();
        Assert.True(active.Count > 50);
        Assert.DoesNotContain(active, o => o.AppliesTo!.Contains("levels=A;", StringComparison.Ordinal));
        // A draft of law comes in and is owed by nobody.
        Assert.Equal("draft", (await bench.Store.Db.Set<Obligation>().AsNoTracking().SingleAsync(o => o.SourceId == "tw-pdpa-breach-authority-draft")).State);
        var occurrences = await bench.Store.Db.Set<Occurrence>().CountAsync();
        Assert.True(occurrences > 50);
        var laws = bench.Get<LawBook>();
        var again = await laws.TakeOverAsync(bench.Anna, await laws.ProfileAsync());
        Assert.True(again.IsOk);
        Assert.Equal((0, 0, 0, 0), (again.Value.Import.Plan.Count(RowFate.New), again.Value.Import.Plan.Count(RowFate.Changed), again.Value.Activated, again.Value.Plan.Created.Count));
        Assert.Equal(occurrences, await bench.Store.Db.Set<Occurrence>().CountAsync());
    }

    [Fact]
    public async Task A_company_without_a_level_owes_less_than_an_agency()
    {
        await using var bench = await AgencyAsync();
        var laws = bench.Get<LawBook>();
        var agency = await laws.PlanAsync(bench.Anna, await laws.ProfileAsync());
        var company = await laws.PlanAsync(bench.Anna, new OrganisationProfile(null, "non-government", new HashSet<string>()));
        Assert.True(company.Value.Plan.Lines.Count < agency.Value.Plan.Lines.Count / 2);
        Assert.NotEmpty(company.Value.Plan.Lines);
        Assert.NotEmpty(company.Value.Withdrawn);
    }

    [Fact]
    public async Task Without_the_right_to_write_law_is_not_taken_over()
    {
        await using var bench = await AgencyAsync();
        var laws = bench.Get<LawBook>();
        var refused = await laws.TakeOverAsync(Bench.Person("Reader", new Grant("*", Right.Read, Scope.All)), await laws.ProfileAsync());
        Assert.Equal("access.denied", Assert.Single(refused.Errors).Code);
    }

    [Fact]
    public async Task An_incident_starts_the_limits_of_its_level_once_and_a_corrected_time_moves_them()
    {
        await using var bench = await AgencyAsync();
        var incident = await bench.CreateAsync<Incident>(("title", "網頁遭竄改"), ("detectedAt", "2026-11-23T01:00:00Z"));
        // Without a level nobody can know which limits run.
        Assert.Empty(await CausedByAsync(bench, incident));
        await bench.EditAsync(incident, ("level", "2"));
        var owed = await CausedByAsync(bench, incident);
        Assert.Equal(["2026-11-23T02:00:00Z", "2026-11-26T01:00:00Z"], owed.Where(o => o.DueAt is not null).Select(o => Field.ToText(o.DueAt)!));
        await bench.EditAsync(incident, ("summary", "首頁被換"));
        Assert.Equal(owed.Count, (await CausedByAsync(bench, incident)).Count);
        await bench.EditAsync(incident, ("detectedAt", "2026-11-22T22:00:00Z"));
        var moved = await CausedByAsync(bench, incident);
        Assert.Equal(owed.Select(o => o.Id).Order(), moved.Select(o => o.Id).Order());
        Assert.Equal(["2026-11-22T23:00:00Z", "2026-11-25T22:00:00Z"], moved.Where(o => o.DueAt is not null).Select(o => Field.ToText(o.DueAt)!));
        // The report is due a month after recovery, counted in days of Taiwan.
        await bench.EditAsync(incident, ("recoveredAt", "2026-11-23T01:30:00Z"));
        Assert.Contains(await CausedByAsync(bench, incident), o => o.DueOn == new DateOnly(2026, 12, 23) && o.DueAt is null);
    }

    [Fact]
    public async Task A_major_incident_has_the_shorter_limit_and_a_meeting()
    {
        await using var bench = await AgencyAsync();
        var incident = await bench.CreateAsync<Incident>(("title", "全面停擺"), ("detectedAt", "2026-11-23T01:00:00Z"), ("level", "4"));
        var owed = await CausedByAsync(bench, incident);
        Assert.Equal(["2026-11-23T02:00:00Z", "2026-11-24T13:00:00Z"], owed.Where(o => o.DueAt is not null).Select(o => Field.ToText(o.DueAt)!));
        Assert.Contains(owed, o => o.DueAt is null && o.DueOn == new DateOnly(2026, 11, 23));
    }

    [Fact]
    public async Task What_becomes_urgent_is_told_once_inside_the_transaction_that_planned_it()
    {
        await using var bench = await AgencyAsync();
        bench.Told.Notices.Clear();
        bench.Clock.Now = new DateTimeOffset(2026, 12, 31, 16, 30, 0, TimeSpan.Zero);
        var planning = bench.Get<Planning>();
        var run = await planning.RunAsync();
        Assert.True(run.IsOk);
        var late = run.Value.Escalations.Where(e => e.Level == 2 && e.To.Contains(SmallDirectory.Engineer)).ToList();
        Assert.NotEmpty(late);
        Assert.Equal(late.Count, bench.Told.Notices.Count(n => n.Title.En.StartsWith("Overdue since 2026-12-31", StringComparison.Ordinal) && n.People.Contains(SmallDirectory.Engineer)));
        Assert.All(bench.Told.Notices, n => Assert.True(n.InTransaction));
        var told = bench.Told.Notices.Count;
        Assert.Empty((await planning.RunAsync()).Value.Escalations);
        Assert.Equal(told, bench.Told.Notices.Count);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class ComplianceTestsOnPostgres : ComplianceTests, IOnPostgres;
