using Hufu.Incidents;
using Hufu.Isms;
using Hufu.Records;
using Hufu.Testing;

namespace Hufu.Modules.Tests;

public class IncidentTests
{
    private static readonly DateTimeOffset Known = new(2026, 1, 31, 20, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("1", 72)]
    [InlineData("2", 72)]
    [InlineData("3", 36)]
    [InlineData("4", 36)]
    public void Limits_OfALevel_AreOneHourThenTheHoursOfTheLevel(string level, int hours)
    {
        var limits = IncidentClock.Limits(level, Known, null);
        Assert.Equal((Known.AddHours(1), Known.AddHours(hours), null), (limits.NotifyBy!.Value, limits.RecoverBy!.Value, limits.ReportBy));
    }

    [Theory]
    [InlineData("")]
    [InlineData("none")]
    public void Limits_WithoutALevel_DoNotApply(string level) => Assert.Equal(new IncidentLimits(null, null, null), IncidentClock.Limits(level, Known, Known));

    [Fact]
    public void Limits_OfTheReport_CountTheMonthFromTheDayInTaiwan()
    {
        Assert.Equal(new DateOnly(2026, 3, 1), IncidentClock.Limits("1", Known, Known).ReportBy);
        Assert.Equal(new DateOnly(2026, 2, 28), IncidentClock.Limits("1", Known, Known.AddHours(-5)).ReportBy);
    }

    [Fact]
    public async Task An_incident_closes_only_with_its_tasks_done_a_cause_evidence_and_a_second_person()
    {
        await using var bench = await Bench.OpenAsync();
        var incident = await bench.CreateAsync<Incident>(("title", "網頁遭竄改"), ("detectedAt", "2026-11-23T01:00:00Z"));
        Assert.Null(incident.NotifyBy);
        await bench.EditAsync(incident, ("level", "第三級"));
        var judged = await bench.ReadAsync<Incident>(incident.Id);
        Assert.Equal("2026-11-23T02:00:00Z", Field.ToText(judged.NotifyBy));
        Assert.Equal("2026-11-24T13:00:00Z", Field.ToText(judged.RecoverBy));
        var task = await bench.CreateAsync<IncidentTask>(("title", "換密碼"), ("incidentId", incident.Number));
        Assert.Null(await bench.MoveAsync(bench.Anna, incident, "start"));
        Assert.Null(await bench.MoveAsync(bench.Anna, incident, "contain"));
        Assert.Equal("incident.no-recovery-time", await bench.MoveAsync(bench.Anna, incident, "recover"));
        await bench.EditAsync(incident, ("recoveredAt", "2026-11-23T05:00:00Z"));
        Assert.Null(await bench.MoveAsync(bench.Anna, incident, "recover"));
        Assert.Equal("workflow.evidence-needed", await bench.MoveAsync(bench.Anna, incident, "request-close"));
        await bench.AttachAsync(incident);
        Assert.Equal("incident.open-tasks", await bench.MoveAsync(bench.Anna, incident, "request-close"));
        Assert.Equal("incident.task.no-result", await bench.MoveAsync(bench.Anna, task, "finish"));
        Assert.Null(await bench.MoveAsync(bench.Anna, task, "drop", "帳號已停用"));
        Assert.Equal("incident.no-root-cause", await bench.MoveAsync(bench.Anna, incident, "request-close"));
        await bench.EditAsync(incident, ("rootCause", "弱密碼"));
        Assert.Null(await bench.MoveAsync(bench.Anna, incident, "request-close"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, incident, "approve-close"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, incident, "reject-close", "再查"));
        Assert.Null(await bench.MoveAsync(bench.Ben, incident, "approve-close"));
        Assert.Null(await bench.MoveAsync(bench.Anna, incident, "reopen", "再次發生"));
        Assert.Equal("investigating", (await bench.ReadAsync<Incident>(incident.Id)).State);
    }

    [Fact]
    public async Task Work_and_documents_are_approved_by_another_person()
    {
        await using var bench = await Bench.OpenAsync();
        var refused = await bench.Store.CreateAsync(bench.Anna, bench.Store.Types.Of<WorkRecord>(), new Dictionary<string, string?> { ["title"] = "x", ["outputCode"] = "T1.1", ["performedOn"] = "2026-11-01", ["summary"] = "x" });
        Assert.Equal("isms.work-record.output", Assert.Single(refused.Errors).Code);
        var work = await bench.CreateAsync<WorkRecord>(("title", "管理審查"), ("outputCode", "o1.1.2"), ("performedOn", "2026/11/1"), ("summary", "開會"));
        Assert.Equal("O1.1.2", work.OutputCode);
        Assert.Null(await bench.MoveAsync(bench.Anna, work, "submit"));
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, work, "approve"));
        Assert.Null(await bench.MoveAsync(bench.Ben, work, "approve"));
        var document = await bench.CreateAsync<IsmsDocument>(("title", "資安政策"), ("level", "1"), ("edition", "1.0"));
        Assert.Equal("isms.document.no-effect", await bench.MoveAsync(bench.Anna, document, "submit"));
        await bench.EditAsync(document, ("effectiveOn", "2026-12-01"));
        Assert.Null(await bench.MoveAsync(bench.Anna, document, "submit"));
        // What waits for approval cannot be changed under the approver's eyes.
        var waiting = await bench.ReadAsync<IsmsDocument>(document.Id);
        Assert.Equal("record.locked", Assert.Single((await bench.Store.UpdateAsync(bench.Anna, bench.Store.Types.Of<IsmsDocument>(), document.Id, waiting.Version, new Dictionary<string, string?> { ["title"] = "別的政策" })).Errors).Code);
        Assert.Equal("workflow.second-person", await bench.MoveAsync(bench.Anna, document, "approve"));
        Assert.Null(await bench.MoveAsync(bench.Ben, document, "approve"));
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class IncidentTestsOnPostgres : IncidentTests, IOnPostgres;
