using System.Text;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteObligationTests(PostgresServer server) : ObligationTests(DatabaseKind.Sqlite, server);

public sealed class PostgresObligationTests(PostgresServer server) : ObligationTests(DatabaseKind.Postgres, server);

public abstract class ObligationTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    // The test clock stands at 2026-03-02 08:30 UTC.
    private static readonly DateOnly Today = new(2026, 3, 2);

    private Actor Ming => Host.As(Host.Ming);

    private Actor Mei => Host.As(Host.Mei);

    private static DateOnly D(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");

    private async Task<Obligation> ActiveAsync(params (string Field, string? Text)[] values)
    {
        var all = values.ToDictionary(v => v.Field, v => v.Text);
        all.TryAdd("title", "年度檢視");
        all.TryAdd("demand", "每年檢視");
        all.TryAdd("recurrence", "rrule");
        if (all["recurrence"] == "rrule") all.TryAdd("rule", "FREQ=YEARLY");
        var made = Ok(await Host.Store.CreateAsync(Ming, Host.Obligation, all));
        return (Obligation)Ok(await Host.Store.TransitionAsync(Ming, Host.Obligation, made.Id, "activate"));
    }

    private async Task<PlanOutcome> PlanAsync(DateOnly? today = null) => Ok(await Host.Get<ObligationPlanner>().PlanAsync(today ?? Today));

    private async Task<string> DueAsync() => string.Join(' ', (await Host.Db.Set<Occurrence>().AsNoTracking().OrderBy(o => o.DueOn).ThenBy(o => o.Number).ToListAsync()).Select(o => o.DueOn!.Value.ToString("yyyy-MM-dd")));

    private async Task CloseAsync(Occurrence occurrence, string performedOn)
    {
        var current = Ok(await Host.Store.FindAsync<Occurrence>(Ming, occurrence.Id));
        Ok(await Host.Store.UpdateAsync(Ming, Host.Occurrence, occurrence.Id, current.Version, new Dictionary<string, string?> { ["performedOn"] = performedOn }));
        Ok(await Host.Store.AttachAsync(Ming, current, new Evidence { Title = "紀錄", EffectiveOn = D(performedOn) }));
        Ok(await Host.Store.TransitionAsync(Ming, Host.Occurrence, occurrence.Id, "complete"));
    }

    [Fact]
    public async Task Plan_CreatesWhatIsMissingUpToTheHorizon_AndASecondTimeNothing()
    {
        var obligation = await ActiveAsync(("outputs", "O8.2.3;O1.1.1"), ("ownerRole", "ciso"), ("rule", "FREQ=MONTHLY;INTERVAL=6"), ("startOn", "2026-06-30"));
        var outcome = await PlanAsync();
        Assert.Equal("2026-06-30 2026-12-31", await DueAsync());
        var first = outcome.Created[0];
        Assert.Equal(("年度檢視", "2026-H1", "O8.2.3;O1.1.1", "ciso", "open", obligation.Id, D("2026-06-30")), (first.Title, first.Period, first.Outputs, first.OwnerRole, first.State, first.ObligationId!.Value, first.PlannedOn!.Value));
        Assert.Equal("OCC-2026-0001", first.Number);
        Assert.Empty((await PlanAsync()).Created);
        Assert.Single((await PlanAsync(D("2026-06-15"))).Created);
        Assert.Equal("2026-06-30 2026-12-31 2027-06-30", await DueAsync());
    }

    [Fact]
    public async Task Plan_WithoutAFirstDay_TakesTheEndOfThePresentPeriod_AndKeepsToIt()
    {
        var obligation = await ActiveAsync(("rule", "FREQ=YEARLY;INTERVAL=3"));
        await PlanAsync();
        await PlanAsync(D("2027-02-01"));
        Assert.Equal("2026-12-31", await DueAsync());
        Assert.Equal(D("2026-12-31"), Ok(await Host.Store.FindAsync<Obligation>(Ming, obligation.Id)).StartOn);
        await PlanAsync(D("2029-01-01"));
        Assert.Equal("2026-12-31 2029-12-31", await DueAsync());
    }

    [Fact]
    public async Task Plan_AfterAGap_FillsIt_ButNothingFromBeforeTheDutyWasKnown()
    {
        await ActiveAsync(("rule", "FREQ=MONTHLY"), ("startOn", "2020-01-31"));
        Host.Get<PlannerOptions>();
        await PlanAsync();
        Assert.StartsWith("2026-03-31 2026-04-30 2026-05-31", await DueAsync());
        var before = await Host.Db.Set<Occurrence>().CountAsync();
        // The product stood still for two years.
        await PlanAsync(D("2029-03-02"));
        var all = (await DueAsync()).Split(' ');
        Assert.Equal(all.Distinct().Count(), all.Length);
        Assert.Contains("2028-02-29", all);
        Assert.True(all.Length > before);
        for (var i = 0; i < 3; i++) await PlanAsync(D("2029-03-02"));
        Assert.Equal("2030-03-31", (await DueAsync()).Split(' ')[^1]);
    }

    [Fact]
    public async Task Plan_LeavesOutDraftRetiredArchivedAndInvalidTimes()
    {
        Ok(await Host.Store.CreateAsync(Ming, Host.Obligation, new Dictionary<string, string?> { ["title"] = "草稿", ["demand"] = "x", ["recurrence"] = "rrule", ["rule"] = "FREQ=YEARLY" }));
        var retired = await ActiveAsync(("title", "停用"));
        Refused(await Host.Store.TransitionAsync(Ming, Host.Obligation, retired.Id, "retire"), "record.reason-needed");
        Ok(await Host.Store.TransitionAsync(Ming, Host.Obligation, retired.Id, "retire", "廢止"));
        var archived = await ActiveAsync(("title", "封存"));
        Ok(await Host.Store.ArchiveAsync(Ming, Host.Obligation, archived.Id, "r"));
        await ActiveAsync(("title", "未生效"), ("rule", "FREQ=MONTHLY"), ("startOn", "2026-03-31"), ("validFrom", "2026-06-01"), ("validUntil", "2026-07-31"));
        await PlanAsync();
        Assert.Equal("2026-06-30 2026-07-31", await DueAsync());
    }

    [Fact]
    public async Task Due_OnARestDay_MovesAsTheObligationAsks()
    {
        var holiday = new WorkingDay { Date = D("2026-06-19"), Name = "端午節" };
        Refused(await Host.Get<ObligationPlanner>().AddWorkingDaysAsync(Host.As(Host.Mei, Right.Read), [holiday]), "access.denied");
        Assert.Equal(1, Ok(await Host.Get<ObligationPlanner>().AddWorkingDaysAsync(Ming, [holiday])));
        Assert.Equal(0, Ok(await Host.Get<ObligationPlanner>().AddWorkingDaysAsync(Ming, [new WorkingDay { Date = holiday.Date, IsWorking = true }])));
        Assert.Equal("kernel.working-day", (await Host.Db.Changes.SingleAsync(c => c.TypeKey == "kernel.working-day")).TypeKey);
        foreach (var adjustment in new[] { "none", "next", "previous" }) await ActiveAsync(("recurrence", "none"), ("startOn", "2026-06-19"), ("adjustment", adjustment));
        await PlanAsync();
        Assert.Equal("2026-06-18 2026-06-19 2026-06-22", await DueAsync());
        Assert.Equal(1, await Host.Db.Set<Occurrence>().Select(o => o.PlannedOn).Distinct().CountAsync());
    }

    [Fact]
    public async Task Complete_NeedsEvidenceAndTheDay_AndPlansTheNextFromThePlan()
    {
        await ActiveAsync(("recurrence", "times-per-year"), ("rule", "2"), ("nextFrom", "plan"), ("startOn", "2026-06-30"));
        await PlanAsync();
        var all = await Host.Db.Set<Occurrence>().AsNoTracking().OrderBy(o => o.DueOn).ToListAsync();
        Assert.Equal(2, all.Count);
        Refused(await Host.Store.TransitionAsync(Ming, Host.Occurrence, all[0].Id, "complete"), "workflow.evidence-needed");
        Ok(await Host.Store.AttachAsync(Ming, all[0], new Evidence { Title = "x", EffectiveOn = D("2026-06-20") }));
        Refused(await Host.Store.TransitionAsync(Ming, Host.Occurrence, all[0].Id, "complete"), "occurrence.performed-on");
        Refused(await Host.Store.UpdateAsync(Ming, Host.Occurrence, all[0].Id, 1, new Dictionary<string, string?> { ["dueOn"] = "2030-01-01" }), "field.read-only");
        await CloseAsync(all[1], "2027-02-01");
        Assert.Equal("2026-06-30 2026-12-31 2027-06-30", await DueAsync());
    }

    [Fact]
    public async Task Complete_CountingFromCompletion_PlansOneAtATime()
    {
        await ActiveAsync(("rule", "FREQ=MONTHLY"), ("nextFrom", "completion"), ("startOn", "2026-03-31"));
        var first = Assert.Single((await PlanAsync()).Created);
        Assert.Empty((await PlanAsync(D("2026-05-01"))).Created);
        await CloseAsync(first, "2026-05-20");
        Assert.Equal("2026-03-31 2026-06-20", await DueAsync());
        Assert.Empty((await PlanAsync(D("2026-05-21"))).Created);
    }

    [Fact]
    public async Task Waive_NeedsAReasonAndASecondPerson_AndTheNextIsPlanned()
    {
        await ActiveAsync(("rule", "FREQ=YEARLY"), ("nextFrom", "completion"), ("startOn", "2026-12-31"));
        var occurrence = Assert.Single((await PlanAsync()).Created);
        Refused(await Host.Store.TransitionAsync(Ming, Host.Occurrence, occurrence.Id, "waive", "r"), "workflow.wrong-state");
        Refused(await Host.Store.TransitionAsync(Ming, Host.Occurrence, occurrence.Id, "ask-waiver"), "record.reason-needed");
        Ok(await Host.Store.TransitionAsync(Ming, Host.Occurrence, occurrence.Id, "ask-waiver", "系統已停用"));
        Refused(await Host.Store.TransitionAsync(Ming, Host.Occurrence, occurrence.Id, "waive", "可"), "workflow.second-person");
        Refused(await Host.Store.TransitionAsync(Mei, Host.Occurrence, occurrence.Id, "waive"), "record.reason-needed");
        Ok(await Host.Store.TransitionAsync(Mei, Host.Occurrence, occurrence.Id, "waive", "可"));
        Assert.Equal("2026-12-31 2027-12-31", await DueAsync());
    }

    [Fact]
    public async Task Occurrence_IsNotCreatedByHand() =>
        Refused(await Host.Store.CreateAsync(Ming, Host.Occurrence, new Dictionary<string, string?> { ["title"] = "x" }), "record.created-by-product");

    [Fact]
    public async Task Trigger_MakesWhatWaitsForTheEvent_OncePerEventAndRecord()
    {
        await ActiveAsync(("title", "通報"), ("recurrence", "after-event"), ("eventKey", "incident.known"), ("within", "PT1H"), ("adjustment", "next"));
        await ActiveAsync(("title", "改善報告"), ("recurrence", "after-event"), ("eventKey", "incident.known"), ("within", "P1M"), ("adjustment", "next"));
        await ActiveAsync(("title", "立即"), ("recurrence", "after-event"), ("eventKey", "incident.known"));
        await ActiveAsync(("title", "別的"), ("recurrence", "after-event"), ("eventKey", "drill.completed"), ("within", "P1M"));
        var incident = await Host.ItemAsync(Ming, ("unitId", "網路科"));
        var other = await Host.ItemAsync(Ming);
        // Saturday, 31 January 2026, half past eleven at night in Taipei.
        var at = new DateTimeOffset(2026, 1, 31, 23, 30, 0, TimeSpan.FromHours(8));
        var made = Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("incident.known", at, incident));
        Assert.Equal([("通報", "2026-02-01"), ("改善報告", "2026-03-02"), ("立即", "2026-01-31")], made.Select(o => (o.Title, o.DueOn!.Value.ToString("yyyy-MM-dd"))));
        Assert.Equal(at.AddHours(1).ToUniversalTime(), made[0].DueAt);
        Assert.All(made, o => Assert.Equal((incident.Number, TestDirectory.Network), (o.Trigger, o.UnitId!.Value)));
        Assert.Empty(Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("incident.known", at, incident)));
        Assert.Equal(3, Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("incident.known", at, other)).Count);
        Assert.Equal(3, Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("incident.known", at.AddDays(1), incident)).Count);
        Assert.Empty(Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("nothing.known", at, incident)));
        Assert.Empty((await PlanAsync()).Created);
    }

    [Fact]
    public async Task Escalation_RisesStepByStep_TellsOwnerThenUnitHeadThenCiso_AndEachStepOnce()
    {
        var people = Host.Directory_.Everybody;
        people[1] = people[1] with { Roles = ["unit-head"] };
        people[3] = people[3] with { Roles = ["ciso"] };
        people[2] = people[2] with { Roles = ["system-owner"] };
        await ActiveAsync(("recurrence", "none"), ("startOn", "2026-06-30"), ("leadDays", "60"), ("escalateBeforeDays", "10"), ("escalateAfterDays", "14"), ("ownerId", "林大同"), ("unitId", "網路科"));
        async Task<string> At(string day) => string.Join(';', (await PlanAsync(D(day))).Escalations.Select(e => $"{e.Level}:{string.Join(',', e.To.Select(p => people.Find(x => x.Id == p)!.Name))}"));
        Assert.Equal("", await At("2026-06-19"));
        Assert.Equal("1:林大同", await At("2026-06-20"));
        Assert.Equal("", await At("2026-06-20"));
        Assert.Equal("", await At("2026-06-30"));
        Assert.Equal("2:林大同,陳美玲", await At("2026-07-01"));
        Assert.Equal("", await At("2026-07-13"));
        Assert.Equal("3:林大同,陳美玲,Grace Hopper", await At("2026-07-14"));
        Assert.Equal("", await At("2026-08-14"));
        Assert.Equal(3, (await Host.Db.Set<Occurrence>().SingleAsync()).Escalation);
        Assert.Equal("open", (await Host.Db.Set<Occurrence>().SingleAsync()).State);
        Assert.Equal(3, await Host.Db.Changes.CountAsync(c => c.Action == "escalate"));
    }

    [Fact]
    public async Task Escalation_ByRole_TellsEverybodyWhoHasIt_AndClosedOnesAreQuiet()
    {
        var people = Host.Directory_.Everybody;
        people[0] = people[0] with { Roles = ["hr"] };
        people[1] = people[1] with { Roles = ["hr"] };
        await ActiveAsync(("recurrence", "none"), ("startOn", "2026-03-01"), ("ownerRole", "hr"), ("validFrom", "2026-01-01"));
        // Started before the duty was known: nothing to escalate.
        Assert.Empty((await PlanAsync()).Escalations);
        await ActiveAsync(("recurrence", "none"), ("startOn", "2026-03-05"), ("ownerRole", "hr"));
        var escalation = Assert.Single((await PlanAsync()).Escalations);
        Assert.Equal((1, 2), (escalation.Level, escalation.To.Count));
        await CloseAsync(await Host.Db.Set<Occurrence>().AsNoTracking().SingleAsync(), "2026-03-02");
        Assert.Empty((await PlanAsync(D("2026-12-01"))).Escalations);
    }

    [Fact]
    public async Task Escalation_WhereHoursCount_IsLateByTheMoment()
    {
        await ActiveAsync(("recurrence", "after-event"), ("eventKey", "incident.known"), ("within", "PT1H"), ("leadDays", "0"));
        Ok(await Host.Get<ObligationPlanner>().TriggerEventAsync("incident.known", Host.Clock.Now));
        Assert.Equal(1, Assert.Single((await PlanAsync()).Escalations).Level);
        Host.Clock.Now = Host.Clock.Now.AddHours(2);
        Assert.Equal(2, Assert.Single((await PlanAsync()).Escalations).Level);
    }

    [Fact]
    public async Task Obligation_WithWhatCannotBePlanned_IsRefusedAsItIsWritten()
    {
        async Task Bad(string code, params (string, string?)[] values)
        {
            var all = values.ToDictionary(v => v.Item1, v => v.Item2);
            all["title"] = all["demand"] = "x";
            Refused(await Host.Store.CreateAsync(Ming, Host.Obligation, all), code);
        }

        await Bad("obligation.rule", ("recurrence", "rrule"), ("rule", "every year"));
        await Bad("obligation.event", ("recurrence", "after-event"));
        await Bad("obligation.within", ("recurrence", "after-event"), ("eventKey", "a.b"), ("within", "一個月"));
        await Bad("obligation.output", ("recurrence", "none"), ("outputs", "O8.2.3;8.2"));
        await Bad("obligation.validity", ("recurrence", "none"), ("validFrom", "2026-02-01"), ("validUntil", "2026-01-01"));
        await Bad("field.required");
    }

    [Fact]
    public async Task TwoPlannersAtOnce_MakeNothingTwice()
    {
        for (var i = 0; i < 4; i++) await ActiveAsync(("title", $"{i}"), ("rule", "FREQ=MONTHLY"));
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
        {
            var planner = Host.Get<ObligationPlanner>();
            return Task.Run(() => planner.PlanAsync(Today));
        }));
        Assert.Contains(runs, r => r.IsOk);
        Assert.All(runs.Where(r => !r.IsOk), r => Refused(r, "planner.busy"));
        await PlanAsync();
        var keys = await Host.Db.Set<Occurrence>().Select(o => new { o.ObligationId, o.PlanKey }).ToListAsync();
        Assert.Equal(keys.Distinct().Count(), keys.Count);
        // The ends of thirteen months lie within the 400 days.
        Assert.Equal(4 * 13, keys.Count);
    }

    private const string Head = """{"sources":[{"id":"S1","zh":"公報","en":"Gazette","url":null}],"obligations":[""";

    private static string Entry(string id, string appliesTo = """{"levels":["A","B"],"entities":["public-agency"]}""", string demand = "每年辦理", int lead = 30, string recurrence = """{"kind":"rrule","rrule":"FREQ=YEARLY"}""", string extra = "") =>
        $$"""{"id":"{{id}}","title_zh":"義務 {{id}}","title_en":"Duty {{id}}","demand_zh":"{{demand}}","demand_en":"Once a year","applies_to":{{appliesTo}},"outputs":["O8.2.3","O1.1.1"],"owner_role":"ciso","recurrence":{{recurrence}},"cycle_basis":"law","next_from":"plan","lead_days":{{lead}},"escalate_after_days":14,"citation":"第3條","law":"辦法","law_version":"2026-01","valid_from":"2026-01-07","status":"in-force","source":["S1"],"fact":"F","confidence":"secondary-corroborated"{{extra}}}""";

    private static byte[] File(params string[] entries) => Encoding.UTF8.GetBytes(Head + string.Join(',', entries) + "]}");

    private static OrganisationProfile Profile(string? level = "A", string entity = "public-agency", params string[] conditions) => new(level, entity, conditions.ToHashSet());

    [Fact]
    public async Task Import_TakesWhatApplies_ChangesNothingAgain_AndKeepsCorrections()
    {
        var file = File(Entry("a"), Entry("b", """{"levels":["C"],"entities":["public-agency"]}"""), Entry("c", """{"levels":[],"entities":["any"],"condition":"has-mail-server"}"""), Entry("d", """{"levels":[],"entities":["specific-non-government"]}"""),
            Entry("e", """{"levels":[],"entities":["any"],"unless_applies":["a"]}"""), Entry("f", """{"levels":[],"entities":["any"]}""", recurrence: """{"kind":"after-event","event":"incident.known","within":"PT72H"}"""));
        var planned = Ok(await Host.Get<ObligationImport>().PlanAsync(Ming, file, Profile()));
        Assert.Equal(2, planned.Plan.Count(RowFate.New));
        Assert.Equal(["b", "c", "d", "e"], planned.NotApplicable);
        Assert.Equal(0, await Host.Db.Set<Obligation>().CountAsync());
        Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, file, Profile(), "法規"));
        var a = await Host.Db.Set<Obligation>().AsNoTracking().SingleAsync(o => o.SourceId == "a");
        Assert.Equal(("義務 a", "每年辦理", "O8.2.3;O1.1.1", "ciso", "rrule", "FREQ=YEARLY", 30, "draft", "公報", "levels=A,B; entities=public-agency"), (a.Title, a.Demand, a.Outputs, a.OwnerRole, a.Recurrence, a.Rule, a.LeadDays, a.State, a.Source, a.AppliesTo));

        var changes = await Host.Db.Changes.CountAsync();
        var again = Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, file, Profile(), "再一次"));
        Assert.Equal((2, 0, changes), (again.Plan.Count(RowFate.Unchanged), again.Kept.Count, await Host.Db.Changes.CountAsync()));

        // Somebody corrects the lead days; then the file changes both the lead days and the demand.
        Ok(await Host.Store.UpdateAsync(Mei, Host.Obligation, a.Id, a.Version, new Dictionary<string, string?> { ["leadDays"] = "90", ["note"] = "本機關提早" }));
        var outcome = Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, File(Entry("a", demand: "每二年辦理", lead: 45)), Profile(), "修法"));
        Assert.Equal([("leadDays", "90", "45"), ("note", "本機關提早", null)], outcome.Kept.Select(k => (k.Field, k.Kept, k.InFile)).OrderBy(k => k.Field));
        Assert.Single(outcome.Withdrawn);
        var after = await Host.Db.Set<Obligation>().AsNoTracking().SingleAsync(o => o.SourceId == "a");
        Assert.Equal(("每二年辦理", 90, "本機關提早"), (after.Demand, after.LeadDays, after.Note));

        // The corrected value becomes the file's: nothing to report, and from now on the file is followed again.
        Assert.Empty(Ok(await Host.Get<ObligationImport>().PlanAsync(Ming, File(Entry("a", demand: "每二年辦理", lead: 90, extra: ""","note_zh":"本機關提早" """)), Profile())).Kept);
    }

    [Theory]
    [InlineData("A", "public-agency", "a")]
    [InlineData("B", "public-agency", "b")]
    [InlineData("A", "specific-non-government", "c")]
    [InlineData("E", "public-agency", "")]
    [InlineData(null, "non-government", "d")]
    public async Task Import_FiltersByLevelAndEntity(string? level, string entity, string expected)
    {
        var file = File(Entry("a", """{"levels":["A"],"entities":["public-agency"]}"""), Entry("b", """{"levels":["B","C"],"entities":["public-agency"]}"""), Entry("c", """{"levels":["A"],"entities":["specific-non-government"]}"""), Entry("d", """{"levels":[],"entities":["non-government"]}"""));
        Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, file, Profile(level, entity), "r"));
        Assert.Equal(expected, string.Join(',', await Host.Db.Set<Obligation>().OrderBy(o => o.SourceId).Select(o => o.SourceId).ToListAsync()));
    }

    [Fact]
    public async Task Import_CountsTheFirstDueDayFromTheApprovalOfTheLevel()
    {
        var file = File(
            Entry("a", extra: ""","first_due":{"event":"level.approved","by_level":{"A":"P1Y","B":"P2Y"}}"""),
            Entry("b", extra: ""","first_due":{"event":"level.approved","by_level":{"A":"next-calendar-year"}}"""), Entry("c"));
        Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, file, Profile() with { LevelApprovedOn = D("2026-02-15") }, "r"));
        Assert.Equal([D("2027-02-15"), D("2027-12-31"), null], await Host.Db.Set<Obligation>().OrderBy(o => o.SourceId).Select(o => o.StartOn).ToListAsync());
    }

    [Fact]
    public async Task Import_Malformed_IsRefusedAndWritesNothing()
    {
        foreach (var bad in new[] { "", "[]", "{}", """{"obligations":[{}]}""", """{"obligations":[1]}""", Head + "]}}", Encoding.UTF8.GetString(File(Entry("a"))).Replace("\"lead_days\":30", "\"lead_days\":\"x\"") })
            Refused(await Host.Get<ObligationImport>().CommitAsync(Ming, Encoding.UTF8.GetBytes(bad), Profile(), "r"), "obligations.malformed");
        Refused(await Host.Get<ObligationImport>().CommitAsync(Ming, File(Entry("a", recurrence: """{"kind":"rrule","rrule":"FREQ=NEVER"}""")), Profile(), "r"), "import.refused-rows");
        Refused(await Host.Get<ObligationImport>().CommitAsync(Host.As(Host.Mei, Right.Read), File(Entry("a")), Profile(), "r"), "access.denied");
        Assert.Equal(0, await Host.Db.Set<Obligation>().CountAsync());
    }

    [Fact]
    public async Task Import_OfTheProductsOwnFile_CanBePlannedWhole()
    {
        var path = FindContent("laws/tw-obligations.json");
        if (path is null) Assert.Skip("content/laws/tw-obligations.json is not present.");
        var outcome = Ok(await Host.Get<ObligationImport>().CommitAsync(Ming, await System.IO.File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), Profile("A", "public-agency", "has-mail-server") with { LevelApprovedOn = D("2026-01-15") }, "r"));
        Assert.True(outcome.Plan.Count(RowFate.New) > 30);
        Ok(await Host.Store.TransitionManyAsync(Ming, Host.Obligation, await Host.Db.Set<Obligation>().Select(o => o.Id).ToListAsync(), "activate", null));
        var planned = await PlanAsync();
        Assert.Empty(planned.Faults);
        Assert.True(planned.Created.Count > 20);
        Assert.Empty((await PlanAsync()).Created);
    }

    private static string? FindContent(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "content", name))) return Path.Combine(folder.FullName, "content", name);
        return null;
    }

    private async Task<Dictionary<string, OutputState>> StatesAsync(DateOnly? today = null, params string[] outputs) =>
        (await Host.Get<OutputStates>().ComputeAsync(outputs.Length > 0 ? outputs : ["O1.1.1", "O2.1.1", "O2.1.2", "O8.2.3", "O9.9.9"], today ?? Today)).ToDictionary(s => s.Output);

    [Fact]
    public async Task OutputStates_GoFromMissingOverDueAndOverdueToCurrent()
    {
        Assert.All((await StatesAsync()).Values, s => Assert.Equal(OutputStatus.Missing, s.Status));
        await ActiveAsync(("outputs", "O8.2.3;O1.1.1"), ("recurrence", "none"), ("startOn", "2026-06-30"), ("leadDays", "30"), ("ownerId", "陳美玲"), ("ownerRole", "ciso"));
        var occurrence = Assert.Single((await PlanAsync()).Created);
        var state = (await StatesAsync())["O8.2.3"];
        Assert.Equal((OutputStatus.Missing, D("2026-06-30"), Host.Mei.Id, "ciso", occurrence.Number), (state.Status, state.NextDue!.Value, state.OwnerId!.Value, state.OwnerRole, state.NextNumber));
        Assert.Equal(OutputStatus.Due, (await StatesAsync(D("2026-05-31")))["O1.1.1"].Status);
        Assert.Equal(OutputStatus.Missing, (await StatesAsync(D("2026-05-30")))["O1.1.1"].Status);
        Assert.Equal(OutputStatus.Due, (await StatesAsync(D("2026-06-30")))["O8.2.3"].Status);
        var late = (await StatesAsync(D("2026-07-01")))["O8.2.3"];
        Assert.Equal((OutputStatus.Overdue, 1), (late.Status, late.OverdueCount));
        await CloseAsync(occurrence, "2026-07-03");
        var closed = (await StatesAsync(D("2026-07-05")))["O8.2.3"];
        Assert.Equal((OutputStatus.Current, D("2026-07-03"), null), (closed.Status, closed.NewestEvidence!.Value, closed.NextDue));
        Assert.Equal(OutputStatus.Missing, (await StatesAsync())["O9.9.9"].Status);
    }

    [Fact]
    public async Task OutputStates_CountRecordsOfTheTypesAndTheNewestEvidence_UntilItIsWithdrawn()
    {
        var item = await Host.ItemAsync(Ming);
        var states = await StatesAsync();
        Assert.Equal((OutputStatus.Current, 1, Today), (states["O2.1.1"].Status, states["O2.1.1"].RecordCount, states["O2.1.1"].NewestEvidence!.Value));
        Assert.Equal(OutputStatus.Missing, states["O8.2.3"].Status);
        var evidence = Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "e", EffectiveOn = D("2026-03-09"), Output = "O8.2.3" }));
        states = await StatesAsync();
        Assert.Equal((Today, D("2026-03-09"), OutputStatus.Current, 1), (states["O2.1.2"].NewestEvidence!.Value, states["O8.2.3"].NewestEvidence!.Value, states["O8.2.3"].Status, states["O8.2.3"].EvidenceCount));
        var unnamed = Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "e", EffectiveOn = D("2026-03-10") }));
        states = await StatesAsync();
        Assert.Equal((D("2026-03-10"), D("2026-03-09"), Host.Ming.Id), (states["O2.1.2"].NewestEvidence!.Value, states["O8.2.3"].NewestEvidence!.Value, states["O2.1.2"].OwnerId ?? Host.Ming.Id));
        Assert.True((await Host.Store.WithdrawAsync(Ming, unnamed.Id, "r")).IsOk);
        Assert.True((await Host.Store.WithdrawAsync(Ming, evidence.Id, "r")).IsOk);
        Ok(await Host.Store.ArchiveAsync(Ming, Host.Item, item.Id, "r"));
        Assert.All((await StatesAsync()).Values, s => Assert.Equal((OutputStatus.Missing, null), (s.Status, s.NewestEvidence)));
    }

    [Fact]
    public async Task OutputStates_WithoutAnObligation_FollowTheUsualCycleFromTheNewestEvidence()
    {
        await Host.ItemAsync(Ming);
        var cycles = new Dictionary<string, string> { ["O2.1.1"] = "P1Y", ["O9.9.9"] = "P1M" };
        async Task<OutputState> On(string day, string output = "O2.1.1") => Assert.Single(await Host.Get<OutputStates>().ComputeAsync([output], D(day), cycles));
        Assert.Equal((OutputStatus.Current, D("2027-03-02")), ((await On("2027-01-30")).Status, (await On("2027-01-30")).NextDue!.Value));
        Assert.Equal(OutputStatus.Due, (await On("2027-01-31")).Status);
        Assert.Equal(OutputStatus.Due, (await On("2027-03-02")).Status);
        Assert.Equal((OutputStatus.Overdue, 1), ((await On("2027-03-03")).Status, (await On("2027-03-03")).OverdueCount));
        Assert.Equal((OutputStatus.Missing, null), ((await On("2027-03-03", "O9.9.9")).Status, (await On("2027-03-03", "O9.9.9")).NextDue));
        // What is really owed goes before what is usual.
        await ActiveAsync(("outputs", "O2.1.1"), ("recurrence", "none"), ("startOn", "2027-12-31"));
        await PlanAsync(D("2027-03-03"));
        Assert.Equal((OutputStatus.Current, D("2027-12-31")), ((await On("2027-03-03")).Status, (await On("2027-03-03")).NextDue!.Value));
    }

    [Fact]
    public async Task OutputStates_OfAllSeventySevenOutputs_TakeFiveQueries()
    {
        var store = Host.Get<OutputStates>();
        await store.ComputeAsync(["O1.1.1"], Today);
        var commands = CommandLog.Start();
        Assert.Equal(77, (await store.ComputeAsync([.. Enumerable.Range(1, 77).Select(i => $"O1.1.{i}")], Today)).Count);
        Assert.Equal(5, commands.Count);
    }
}
