using Hufu.Kernel;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteRightsTests(PostgresServer server) : RightsTests(DatabaseKind.Sqlite, server);

public sealed class PostgresRightsTests(PostgresServer server) : RightsTests(DatabaseKind.Postgres, server);

public abstract class RightsTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    /// <summary>Every operation of the store that acts on records, asked by one actor of one record.</summary>
    private Dictionary<string, Func<Actor, Task<Result>>> Operations(SampleItem item, SampleItem other, Guid link, Guid evidence) => new()
    {
        ["list"] = async a => await Host.Store.ListAsync(a, Host.Item, new RecordQuery()),
        ["stream"] = async a => await Host.Store.StreamAsync(a, Host.Item, new RecordQuery()),
        ["find by number"] = async a => await Host.Store.FindAsync(a, Host.Item, item.Number),
        ["find by id"] = async a => await Host.Store.FindAsync(a, Host.Item, item.Id),
        ["find typed"] = async a => await Host.Store.FindAsync<SampleItem>(a, item.Id),
        ["create from texts"] = async a => await Host.Store.CreateAsync(a, Host.Item, new Dictionary<string, string?> { ["title"] = "新" }),
        ["create a record"] = async a => await Host.Store.CreateAsync(a, new SampleItem { Title = "新" }),
        ["update"] = async a => await Host.Store.UpdateAsync(a, Host.Item, item.Id, item.Version, new Dictionary<string, string?> { ["note"] = "改" }),
        ["archive"] = async a => await Host.Store.ArchiveAsync(a, Host.Item, item.Id, "r"),
        ["restore"] = async a => await Host.Store.ArchiveAsync(a, Host.Item, item.Id, "r", restore: true),
        ["transition"] = async a => await Host.Store.TransitionAsync(a, Host.Item, item.Id, "return", "r"),
        ["approve"] = async a => await Host.Store.TransitionAsync(a, Host.Item, item.Id, "approve"),
        ["transition of many"] = async a => await Host.Store.TransitionManyAsync(a, Host.Item, [item.Id], "return", "r"),
        ["bulk preview"] = async a => await Host.Store.PreviewBulkAsync(a, Host.Item, [item.Id], "note", "改"),
        ["bulk commit"] = async a => await Host.Store.CommitBulkAsync(a, Host.Item, [item.Id], "note", "改", null),
        ["link"] = async a => await Host.Store.LinkAsync(a, item, other, "affects"),
        ["unlink"] = async a => await Host.Store.UnlinkAsync(a, link, null),
        ["comment"] = async a => await Host.Store.CommentAsync(a, item, "嗨"),
        ["attach"] = async a => await Host.Store.AttachAsync(a, item, new Evidence { Title = "x" }),
        ["withdraw"] = async a => await Host.Store.WithdrawAsync(a, evidence, "r"),
        ["watch"] = async a => await Host.Store.WatchAsync(a, item, true),
        ["import dry run"] = async a => await Host.Get<RecordImport>().PlanAsync(a, Host.Item, [new ImportRow(2, new Dictionary<string, string?> { ["code"] = "Z", ["title"] = "z" })]),
        ["import"] = async a => await Host.Get<RecordImport>().CommitAsync(a, Host.Item, [new ImportRow(2, new Dictionary<string, string?> { ["code"] = "Z", ["title"] = "z" })], false, "r"),
    };

    private async Task<Dictionary<string, Func<Actor, Task<Result>>>> PreparedAsync(bool inReview = true)
    {
        var owner = Host.As(Host.Ming);
        var item = await Host.ItemAsync(owner, ("code", "A"), ("unitId", "資訊處"));
        var other = await Host.ItemAsync(owner, ("code", "B"), ("unitId", "資訊處"));
        var link = Ok(await Host.Store.LinkAsync(owner, item, other, "relates"));
        var evidence = Ok(await Host.Store.AttachAsync(owner, item, new Evidence { Title = "e" }));
        if (inReview) Ok(await Host.Store.TransitionAsync(owner, Host.Item, item.Id, "submit"));
        item = (SampleItem)Ok(await Host.Store.FindAsync(owner, Host.Item, item.Id));
        return Operations(item, other, link.Id, evidence.Id);
    }

    private async Task<string> EverythingAsync()
    {
        var db = Host.Db;
        return string.Join('\n', [
            .. (await db.Set<SampleItem>().AsNoTracking().OrderBy(r => r.Number).ToListAsync()).Select(r => string.Join('|', Host.Item.Fields.Select(f => f.GetText(r)).Append(r.ArchivedAt?.ToString()))),
            $"changes {await db.Changes.CountAsync()}", $"links {await db.Links.CountAsync()}", $"evidence {await db.Evidence.CountAsync(e => e.WithdrawnAt == null)}",
            $"comments {await db.Comments.CountAsync()}", $"watchers {await db.Watchers.CountAsync()}", $"series {string.Join(',', await db.NumberSeries.Select(s => s.Last).ToListAsync())}"]);
    }

    [Fact]
    public async Task EveryOperation_ByAPersonWithoutRights_IsDeniedAndNotedAndChangesNothing()
    {
        var stranger = Host.As(Host.Tung, Right.None);
        var operations = await PreparedAsync();
        var before = await EverythingAsync();
        foreach (var (name, operation) in operations)
        {
            var denials = await Host.Db.Denials.CountAsync();
            var result = await operation(stranger);
            Assert.True(!result.IsOk, $"{name} was allowed.");
            Assert.True(result.Errors[0].Code is "access.denied" or "record.not-found", $"{name}: {result.Errors[0].Code}");
            Assert.True(await Host.Db.Denials.CountAsync() == denials + 1, $"{name} was not noted.");
            Assert.True(before == await EverythingAsync(), $"{name} changed something.");
        }
    }

    [Fact]
    public async Task EveryWritingOperation_ByAReader_IsDeniedAndChangesNothing()
    {
        var reader = Host.As(Host.Mei, Right.Read);
        var operations = await PreparedAsync();
        var before = await EverythingAsync();
        string[] reading = ["list", "stream", "find by number", "find by id", "find typed", "comment", "watch"];
        foreach (var (name, operation) in operations)
        {
            if (reading.Contains(name)) continue;
            var denials = await Host.Db.Denials.CountAsync();
            var result = await operation(reader);
            Assert.True(!result.IsOk && result.Errors[0].Code == "access.denied", $"{name}: {(result.IsOk ? "allowed" : result.Errors[0].Code)}");
            Assert.True(await Host.Db.Denials.CountAsync() == denials + 1, $"{name} was not noted.");
            Assert.True(before == await EverythingAsync(), $"{name} changed something.");
        }

        foreach (var name in reading) Assert.True((await operations[name](reader)).IsOk, name);
    }

    [Fact]
    public async Task EveryOperation_ByAPersonWithAllRights_Succeeds()
    {
        // The mirror of the two tests above: the operations are refused for want of rights and for nothing else.
        foreach (var name in Operations(new SampleItem(), new SampleItem(), default, default).Keys)
        {
            var host = await AnotherAsync();
            var result = await (await new Prepared(host).OperationAsync(this, name))(host.As(host.Mei));
            Assert.True(result.IsOk, $"{name}: {string.Join("; ", result.Errors)}");
        }
    }

    private sealed class Prepared(TestHost host)
    {
        public async Task<Func<Actor, Task<Result>>> OperationAsync(RightsTests tests, string name)
        {
            var swapped = tests.Host;
            tests.Swap(host);
            try
            {
                var operations = await tests.PreparedAsync();
                var operation = operations[name];
                return async actor =>
                {
                    tests.Swap(host);
                    var result = await operation(actor);
                    tests.Swap(swapped);
                    return result;
                };
            }
            finally
            {
                tests.Swap(swapped);
            }
        }
    }

    /// <summary>Which of four records (own, own unit, unit below, another unit) each scope reaches.</summary>
    [Theory]
    [InlineData(Scope.Own, "own")]
    [InlineData(Scope.Unit, "own,unit")]
    [InlineData(Scope.Subtree, "below,own,unit")]
    [InlineData(Scope.All, "below,other,own,unit")]
    public async Task Scope_ReachesExactlyItsRecords_ForReadingWritingAndApproving(Scope scope, string expected)
    {
        var all = Host.As(Host.Mei);
        var actor = Host.As(Host.Ming, Right.Read | Right.Write | Right.Approve, scope);
        foreach (var (title, unit, owner) in new[] { ("own", "業務處", "王小明"), ("unit", "資訊處", "陳美玲"), ("below", "網路科", "陳美玲"), ("other", "業務處", "陳美玲") })
        {
            var item = await Host.ItemAsync(all, ("title", title), ("unitId", unit), ("ownerId", owner));
            Ok(await Host.Store.AttachAsync(all, item, new Evidence { Title = "e" }));
        }

        var reach = expected.Split(',');
        var listed = Ok(await Host.Store.ListAsync(actor, Host.Item, new RecordQuery { Sort = "title" }));
        Assert.Equal(reach, listed.Records.Select(r => r.Title));
        Assert.Equal(reach.Length, listed.Total);
        Assert.Equal(reach, (await Host.Store.Readable<SampleItem>(actor).Select(r => r.Title).ToListAsync()).Order());
        foreach (var item in await Host.Db.Set<SampleItem>().AsNoTracking().ToListAsync())
        {
            var inside = reach.Contains(item.Title);
            Assert.Equal(inside, (await Host.Store.FindAsync(actor, Host.Item, item.Number)).IsOk);
            Assert.Equal(inside, (await Host.Store.UpdateAsync(actor, Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "x" })).IsOk);
            Ok(await Host.Store.TransitionAsync(all, Host.Item, item.Id, "submit"));
            Assert.Equal(inside, (await Host.Store.TransitionAsync(actor, Host.Item, item.Id, "approve")).IsOk);
        }
    }

    [Fact]
    public async Task Rights_OfDifferentScopes_AreNotMixed()
    {
        var actor = Host.As(Host.Ming) with { Grants = [new Grant("*", Right.Read, Scope.All), new Grant("sample.item", Right.Write, Scope.Unit)] };
        var far = await Host.ItemAsync(Host.As(Host.Mei), ("unitId", "業務處"));
        Assert.True((await Host.Store.FindAsync(actor, Host.Item, far.Id)).IsOk);
        Refused(await Host.Store.UpdateAsync(actor, Host.Item, far.Id, 1, new Dictionary<string, string?> { ["note"] = "x" }), "access.denied");
    }

    [Theory]
    [InlineData("T2", true)]
    [InlineData("T2.1", true)]
    [InlineData("T2.10", false)]
    [InlineData("T21", false)]
    [InlineData("sample.item", true)]
    [InlineData("sample.group", false)]
    [InlineData("sample", false)]
    public async Task Grant_ByDutyTaskOrType_CoversTheRightTypes(string target, bool covered)
    {
        Assert.Equal(covered, (await Host.Store.ListAsync(Host.As(Host.Ming, target: target), Host.Item, new RecordQuery())).IsOk);
    }

    [Fact]
    public async Task UpdateAsync_IntoAUnitWhereThePersonMayNotWrite_IsDenied()
    {
        var item = await Host.ItemAsync(Host.As(Host.Mei), ("unitId", "資訊處"));
        var actor = Host.As(Host.Ming, Right.Read | Right.Write, Scope.Subtree);
        Refused(await Host.Store.UpdateAsync(actor, Host.Item, item.Id, 1, new Dictionary<string, string?> { ["unitId"] = "業務處" }), "access.denied");
        Ok(await Host.Store.UpdateAsync(actor, Host.Item, item.Id, 1, new Dictionary<string, string?> { ["unitId"] = "網路科" }));
    }

    [Fact]
    public async Task Reference_ToARecordThatThePersonMayNotRead_IsNotFound_ButAnExistingOneMayStay()
    {
        var all = Host.As(Host.Mei);
        var group = Ok(await Host.Store.CreateAsync(all, Host.Group, new Dictionary<string, string?> { ["title"] = "機密群組" }));
        var item = await Host.ItemAsync(all, ("groupId", group.Number), ("unitId", "資訊處"));
        var free = await Host.ItemAsync(all, ("unitId", "資訊處"));
        var actor = Host.As(Host.Ming, Right.Read | Right.Write, Scope.Unit, "sample.item");
        Refused(await Host.Store.UpdateAsync(actor, Host.Item, free.Id, 1, new Dictionary<string, string?> { ["groupId"] = group.Number }), "field.not-found");
        Refused(await Host.Store.UpdateAsync(actor, Host.Item, free.Id, 1, new Dictionary<string, string?> { ["groupId"] = group.Id.ToString() }), "field.not-found");
        Ok(await Host.Store.UpdateAsync(actor, Host.Item, item.Id, 1, new Dictionary<string, string?> { ["groupId"] = group.Id.ToString(), ["note"] = "x" }));
        Refused(await Host.Store.ListAsync(actor, Host.Item, new RecordQuery { Filters = [new ColumnFilter("groupId", group.Number)] }), "filter.bad-value");
    }

    [Fact]
    public async Task Denial_InsideATransactionThatIsUndone_IsStillNoted()
    {
        var item = await Host.ItemAsync(Host.As(Host.Mei));
        var store = Host.Store;
        await store.InTransactionAsync(async () =>
        {
            Refused(await store.UpdateAsync(Host.As(Host.Ming, Right.Read), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "x" }), "access.denied");
            return Result.Fail<int>(Error.Of("x", "x", "x"));
        });
        var denial = await Host.Db.Denials.SingleAsync();
        Assert.Equal((Host.Ming.Id, "access.denied"), (denial.ActorId!.Value, denial.Code));
        Assert.Contains(item.Number, denial.Asked);
    }
}
