using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteWorkflowTests(PostgresServer server) : WorkflowTests(DatabaseKind.Sqlite, server);

public sealed class PostgresWorkflowTests(PostgresServer server) : WorkflowTests(DatabaseKind.Postgres, server);

public abstract class WorkflowTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    private Actor Ming => Host.As(Host.Ming);

    private Actor Mei => Host.As(Host.Mei);

    private Task<Kernel.Result<Record>> Move(Actor actor, Record item, string transition, string? reason = null) => Host.Store.TransitionAsync(actor, Host.Item, item.Id, transition, reason);

    private async Task<SampleItem> SubmittedAsync(Actor by, bool evidence = true)
    {
        var item = await Host.ItemAsync(by);
        Ok(await Move(by, item, "submit"));
        if (evidence) Ok(await Host.Store.AttachAsync(by, item, new Evidence { Title = "照片" }));
        return item;
    }

    [Fact]
    public async Task Tally_WhoeverAskedMayNotApprove_AnotherMay()
    {
        var item = await SubmittedAsync(Ming);
        Refused(await Move(Ming, item, "approve"), "workflow.second-person");
        Assert.Equal("review", Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)).State);
        Assert.Equal(1, await Host.Db.Denials.CountAsync(d => d.Code == "workflow.second-person"));
        Ok(await Move(Mei, item, "approve"));
        Assert.Equal("approved", Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)).State);
    }

    [Fact]
    public async Task Locked_WhatTheRecordSaysStays_ByFormBulkAndImport_WhileOwnerAndEvidenceMayChange()
    {
        var item = await SubmittedAsync(Ming);
        Ok(await Move(Mei, item, "approve"));
        Ok(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)).Version, new Dictionary<string, string?> { ["code"] = "L1" }));
        Ok(await Move(Ming, item, "close"));
        var closed = Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id));
        Refused(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, closed.Version, new Dictionary<string, string?> { ["title"] = "改" }), "record.locked");
        Refused(await Host.Store.CommitBulkAsync(Ming, Host.Item, [item.Id], "title", "改", null), "record.locked");
        var row = new ImportRow(2, new Dictionary<string, string?> { ["code"] = "L1", ["title"] = "改" });
        var line = Assert.Single(Ok(await Host.Get<RecordImport>().PlanAsync(Ming, Host.Item, [row])).Lines);
        Assert.Equal((RowFate.Refused, "record.locked"), (line.Fate, line.Errors[0].Code));
        Assert.Equal(RowFate.Unchanged, Assert.Single(Ok(await Host.Get<RecordImport>().PlanAsync(Ming, Host.Item, [new ImportRow(2, new Dictionary<string, string?> { ["code"] = "L1", ["title"] = closed.Title })])).Lines).Fate);
        Refused(await Host.Store.WithdrawAsync(Ming, (await Host.Db.Evidence.SingleAsync()).Id, "r"), "record.locked");
        Ok(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, closed.Version, new Dictionary<string, string?> { ["ownerId"] = Host.Mei.Name }));
        Ok(await Host.Store.AttachAsync(Ming, Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)), new Evidence { Title = "補件" }));
        Assert.Equal((closed.Title, Host.Mei.Id), (Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)).Title, Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id)).OwnerId!.Value));
    }

    [Fact]
    public async Task Tally_TheProductItself_IsRefusedEvenWithEveryRight()
    {
        var item = await SubmittedAsync(Ming);
        Refused(await Move(Actor.System(), item, "approve"), "access.denied");
        Refused(await Move(Actor.System() with { Grants = [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)] }, item, "approve"), "workflow.second-person");
    }

    [Fact]
    public async Task Tally_SubmittedAgainByAnother_TurnsTheRolesAround()
    {
        var item = await SubmittedAsync(Ming);
        Refused(await Move(Mei, item, "return"), "record.reason-needed");
        Ok(await Move(Mei, item, "return", "缺照片"));
        Ok(await Move(Mei, item, "submit"));
        Refused(await Move(Mei, item, "approve"), "workflow.second-person");
        Ok(await Move(Ming, item, "approve"));
    }

    [Fact]
    public async Task Tally_SeparateFromCreating_HoldsForImportedRecordsToo()
    {
        var rows = new[] { new ImportRow(2, new Dictionary<string, string?> { ["code"] = "A", ["title"] = "甲" }) };
        Ok(await Host.Get<RecordImport>().CommitAsync(Ming, Host.Item, rows, false, "r"));
        var item = await Host.Db.Set<SampleItem>().AsNoTracking().SingleAsync();
        Ok(await Move(Mei, item, "submit"));
        Refused(await Move(Ming, item, "endorse"), "workflow.second-person");
        Ok(await Move(Mei, item, "endorse"));
    }

    [Fact]
    public async Task Approve_WithoutEvidence_IsRefused_AndAfterWithdrawalToo()
    {
        var item = await SubmittedAsync(Ming, evidence: false);
        Refused(await Move(Mei, item, "approve"), "workflow.evidence-needed");
        var evidence = Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "照片" }));
        Refused(await Host.Store.WithdrawAsync(Ming, evidence.Id, null), "record.reason-needed");
        Assert.True((await Host.Store.WithdrawAsync(Ming, evidence.Id, "拍錯了")).IsOk);
        Refused(await Move(Mei, item, "approve"), "workflow.evidence-needed");
        Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "照片二" }));
        Ok(await Move(Mei, item, "approve"));
    }

    [Fact]
    public async Task Transition_FromTheWrongStateOrUnknown_IsRefused()
    {
        var item = await Host.ItemAsync(Ming);
        Refused(await Move(Mei, item, "approve"), "workflow.wrong-state");
        Refused(await Move(Mei, item, "explode"), "workflow.unknown-transition");
    }

    [Fact]
    public async Task Guard_OnTheRecordAndOnItsOpenChildren_ClosesTheWay()
    {
        var item = await SubmittedAsync(Ming);
        Ok(await Move(Mei, item, "approve"));
        var approved = (SampleItem)Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id));
        var group = Ok(await Host.Store.CreateAsync(Ming, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        Ok(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, approved.Version, new Dictionary<string, string?> { ["critical"] = "是", ["groupId"] = group.Number }));
        Refused(await Move(Ming, item, "close"), "item.critical");
        Refused(await Host.Store.TransitionAsync(Ming, Host.Group, group.Id, "close"), "group.open-items");
        Ok(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, approved.Version + 1, new Dictionary<string, string?> { ["critical"] = "否" }));
        Ok(await Move(Ming, item, "close"));
        Ok(await Host.Store.TransitionAsync(Ming, Host.Group, group.Id, "close"));
    }

    [Fact]
    public async Task TransitionsAsync_SaysWhichWaysAreOpenAndWhyOthersAreNot()
    {
        var item = await SubmittedAsync(Ming);
        var record = Ok(await Host.Store.FindAsync(Ming, Host.Item, item.Id));
        var ways = (await Host.Store.TransitionsAsync(Ming, record)).ToDictionary(w => w.Transition.Key, w => w.Blocked?.Code);
        Assert.Equal(new Dictionary<string, string?> { ["return"] = null, ["approve"] = "workflow.second-person", ["endorse"] = "workflow.second-person" }, ways);
        Assert.Null((await Host.Store.TransitionsAsync(Mei, record)).Single(w => w.Transition.Key == "approve").Blocked);
    }

    [Fact]
    public async Task TransitionManyAsync_OneRefused_MovesNone_OtherwiseOneBatch()
    {
        var a = await Host.ItemAsync(Ming);
        var b = await Host.ItemAsync(Ming);
        var c = await SubmittedAsync(Ming);
        Refused(await Host.Store.TransitionManyAsync(Ming, Host.Item, [a.Id, b.Id, c.Id], "submit", null), "workflow.wrong-state");
        Assert.Equal("draft", Ok(await Host.Store.FindAsync(Ming, Host.Item, a.Id)).State);
        Assert.Equal(2, Ok(await Host.Store.TransitionManyAsync(Ming, Host.Item, [a.Id, b.Id], "submit", null)));
        var batches = await Host.Db.Changes.Where(x => x.Action == "submit" && x.RecordId != c.Id).Select(x => x.BatchId).ToListAsync();
        Assert.NotNull(Assert.Single(batches.Distinct()));
        Assert.Equal(2, batches.Count);
    }

    [Fact]
    public void Move_NamedLikeAWordOfTheChangeLog_IsRefusedAtDeclaration() =>
        Assert.Throws<InvalidOperationException>(() => new Workflow().State("a", "a", "a").Move("create", "x", "x", ["a"], "a"));
}
