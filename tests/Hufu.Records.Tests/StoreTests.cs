using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteStoreTests(PostgresServer server) : StoreTests(DatabaseKind.Sqlite, server);

public sealed class PostgresStoreTests(PostgresServer server) : StoreTests(DatabaseKind.Postgres, server);

public abstract class StoreTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    private static readonly Dictionary<string, string?> Everything = new()
    {
        ["title"] = "主機「甲」", ["code"] = "AB-01", ["note"] = "第一行\n第二行", ["story"] = "# 標題\n\n內文", ["count"] = "12", ["amount"] = "1234567.891234", ["weight"] = "-3",
        ["startOn"] = "2026-02-28", ["dueOn"] = "2026-12-31", ["seenAt"] = "2026-02-03T04:05:06.789012Z", ["level"] = "high", ["tags"] = "a;c", ["critical"] = "true", ["secret"] = "噓",
    };

    [Fact]
    public async Task CreateAsync_EveryKind_ReadsBackTheSameCanonicalTexts()
    {
        var me = Host.As(Host.Ming);
        var group = Ok(await Host.Store.CreateAsync(me, Host.Group, new Dictionary<string, string?> { ["title"] = "機房" }));
        var values = new Dictionary<string, string?>(Everything) { ["groupId"] = group.Number, ["keeperId"] = "陳美玲", ["keeperUnitId"] = "網路科", ["ownerId"] = "user0", ["unitId"] = "資訊處" };
        var created = await Host.ItemAsync(me, [.. values.Select(v => (v.Key, v.Value))]);
        var read = (SampleItem)Ok(await Host.Store.FindAsync(me, Host.Item, created.Number));
        foreach (var field in Host.Item.Fields) Assert.Equal(field.GetText(created), field.GetText(read));
        foreach (var (key, text) in Everything) Assert.Equal(text, Host.Item.FindField(key)!.GetText(read));
        Assert.Equal(("ITM-2026-0001", group.Id, Host.Mei.Id, TestDirectory.Network, 1, "draft"), (read.Number, read.GroupId!.Value, read.KeeperId!.Value, read.KeeperUnitId!.Value, read.Version, read.State));
    }

    [Fact]
    public async Task CreateAsync_BadValue_IsRefusedWithItsPlaceInBothLanguages()
    {
        foreach (var (field, text, code) in new[]
        {
            ("title", " ", "field.required"),
            ("count", "1001", "field.out-of-range"),
            ("count", "1.5", "field.not-a-whole-number"),
            ("amount", "1,5", "field.not-a-number"),
            ("amount", "0.1234567", "field.too-precise"),
            ("level", "最高", "field.unknown-choice"),
            ("tags", "a;zz", "field.unknown-choice"),
            ("startOn", "2026-02-30", "field.not-a-date"),
            ("seenAt", "08:30", "field.not-a-time"),
            ("critical", "也許", "field.not-yes-or-no"),
            ("groupId", "GRP-2026-9999", "field.not-found"),
            ("groupId", "0197a0a0-0000-7000-8000-000000000001", "field.not-found"),
            ("keeperId", "查無此人", "field.not-found"),
            ("keeperId", "0197a0a0-0000-7000-8000-000000000001", "field.not-found"),
            ("number", "ITM-1", "field.read-only"),
            ("state", "approved", "field.read-only"),
            ("version", "7", "field.unknown"),
            ("note", "a\0b", "field.control-character"),
        })
        {
            var result = await Host.Store.CreateAsync(Host.As(Host.Ming), Host.Item, new Dictionary<string, string?> { ["title"] = "x", [field] = text });
            Refused(result, code);
            Assert.All(result.Errors, e => Assert.Equal(field, e.Place));
            Assert.All(result.Errors, e => Assert.True(e.Message.Zh.Length > 0 && e.Message.En.Length > 0 && e.Message.Zh != e.Message.En));
        }

        Assert.Equal(0, await Host.Db.Set<SampleItem>().CountAsync());
    }

    [Fact]
    public async Task HalfACharacter_IsRefusedInAFieldAndHarmlessInASearch()
    {
        var me = Host.As(Host.Ming);
        var half = "字" + (char)0xD83D;
        Refused(await Host.Store.CreateAsync(me, Host.Item, new Dictionary<string, string?> { ["title"] = "x", ["note"] = half }), "field.broken-character");
        Refused(await Host.Store.CreateAsync(me, Host.Item, new Dictionary<string, string?> { ["title"] = "x", ["note"] = "字\uFFFE" }), "field.broken-character");
        Assert.Equal(0, Ok(await Host.Store.ListAsync(me, Host.Item, new RecordQuery { Search = "字\uFFFE" })).Total);
        // The search text is cut at 8,000 characters, here in the middle of a pair.
        await Host.ItemAsync(me, ("note", string.Concat(Enumerable.Repeat("😀", 2000))), ("story", string.Concat(Enumerable.Repeat("😀", 9000))));
        Assert.Equal(0, Ok(await Host.Store.ListAsync(me, Host.Item, new RecordQuery { Search = half })).Total);
    }

    [Fact]
    public async Task CreateAsync_AsPeopleWriteIt_StoresCanonicalText()
    {
        foreach (var (field, text, stored) in new[]
        {
            ("level", "高", "high"),
            ("level", "HIGH", "high"),
            ("tags", "丙、甲", "a;c"),
            ("tags", "Gamma;Alpha;c", "a;c"),
            ("critical", "是", "true"),
            ("count", "１２", "12"),
            ("amount", "1,234.50", "1234.5"),
            ("startOn", "115/3/1", "2026-03-01"),
            ("startOn", "民國115年3月1日", "2026-03-01"),
            ("startOn", "2026/3/1", "2026-03-01"),
            ("seenAt", "2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00Z"),
        })
        {
            var item = await Host.ItemAsync(Host.As(Host.Ming), (field, text));
            Assert.Equal(stored, Host.Item.FindField(field)!.GetText(Ok(await Host.Store.FindAsync(Host.As(Host.Ming), Host.Item, item.Id))));
        }
    }

    [Fact]
    public async Task CreateAsync_RuleOverTwoFields_IsRefused()
    {
        var result = await Host.Store.CreateAsync(Host.As(Host.Ming), Host.Item, new Dictionary<string, string?> { ["title"] = "x", ["startOn"] = "2026-05-02", ["dueOn"] = "2026-05-01" });
        Refused(result, "item.dates");
    }

    [Fact]
    public async Task CreateAsync_ModuleFillsInMoreThanTheLimits_IsRefused()
    {
        var actor = Actor.System();
        Refused(await Host.Store.CreateAsync(actor, new SampleItem { Title = new string('x', 201) }), "field.too-long");
        Refused(await Host.Store.CreateAsync(actor, new SampleItem { Title = "x", Level = "unheard-of" }), "field.unknown-choice");
        Refused(await Host.Store.CreateAsync(actor, new SampleItem { Title = "x", State = "nowhere" }), "record.unknown-state");
    }

    [Fact]
    public async Task UpdateAsync_SomebodyChangedAnotherField_MergesBoth()
    {
        var item = await Host.ItemAsync(Host.As(Host.Ming), ("note", "舊"), ("count", "1"));
        Ok(await Host.Store.UpdateAsync(Host.As(Host.Mei), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "她的" }));
        var outcome = Ok(await Host.Store.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "舊", ["count"] = "2" }));
        Assert.Empty(outcome.Conflicts);
        var read = (SampleItem)Ok(await Host.Store.FindAsync(Host.As(Host.Ming), Host.Item, item.Id));
        Assert.Equal(("她的", 2, 3), (read.Note, read.Count!.Value, read.Version));
    }

    [Fact]
    public async Task UpdateAsync_BothChangedOneField_ReturnsTheThreeValuesAndSavesNothing()
    {
        var item = await Host.ItemAsync(Host.As(Host.Ming), ("note", "舊"), ("count", "1"), ("secret", "一"));
        Ok(await Host.Store.UpdateAsync(Host.As(Host.Mei), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "她的", ["secret"] = "二" }));
        var outcome = Ok(await Host.Store.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "我的", ["count"] = "2", ["secret"] = "三" }));
        var conflict = Assert.Single(outcome.Conflicts, c => c.Field.Key == "note");
        Assert.Equal(("舊", "她的", "我的"), (conflict.Base, conflict.Theirs, conflict.Mine));
        Assert.DoesNotContain("二", Assert.Single(outcome.Conflicts, c => c.Field.Key == "secret").Theirs!);
        var read = (SampleItem)Ok(await Host.Store.FindAsync(Host.As(Host.Ming), Host.Item, item.Id));
        Assert.Equal(("她的", 1, 2), (read.Note, read.Count!.Value, read.Version));
    }

    [Fact]
    public async Task UpdateAsync_SameStoreLivesLong_SeesWhatOthersSaved()
    {
        var mine = Host.Store;
        var item = await Host.ItemAsync(Host.As(Host.Ming), ("note", "0"));
        Ok(await mine.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "1" }));
        Ok(await Host.Store.UpdateAsync(Host.As(Host.Mei), Host.Item, item.Id, 2, new Dictionary<string, string?> { ["count"] = "5" }));
        var outcome = Ok(await mine.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 2, new Dictionary<string, string?> { ["note"] = "2" }));
        Assert.Equal((5, 4), (((SampleItem)outcome.Record).Count!.Value, outcome.Record.Version));
    }

    [Fact]
    public async Task UpdateAsync_TwoAtTheSameMoment_OneWinsAndTheOtherIsTold()
    {
        var item = await Host.ItemAsync(Host.As(Host.Ming), ("note", "0"));
        var results = await Task.WhenAll(Enumerable.Range(1, 4).Select(i => Task.Run(async () =>
        {
            var store = Host.Store;
            return await store.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = i.ToString() });
        })));
        Assert.Single(results, r => r.IsOk && r.Value.Conflicts.Count == 0);
        Assert.All(results.Where(r => !r.IsOk), r => Refused(r, "record.changed-meanwhile"));
        Assert.Equal(2, await Host.Db.Changes.CountAsync(c => c.RecordId == item.Id));
        Assert.Equal(2, (await Host.Db.Set<SampleItem>().SingleAsync()).Version);
    }

    [Fact]
    public async Task UpdateAsync_NothingDifferent_WritesNoHistory()
    {
        var item = await Host.ItemAsync(Host.As(Host.Ming), ("note", "0"));
        Ok(await Host.Store.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "0" }));
        Assert.Single(await Host.Store.HistoryAsync(Host.As(Host.Ming), item));
    }

    [Fact]
    public async Task UpdateAsync_VersionFromTheFuture_IsRefused()
    {
        var item = await Host.ItemAsync(Host.As(Host.Ming));
        Refused(await Host.Store.UpdateAsync(Host.As(Host.Ming), Host.Item, item.Id, 9, new Dictionary<string, string?> { ["note"] = "0" }), "record.unknown-version");
    }

    [Fact]
    public async Task Archive_LeavesListsStaysReadableAndRefusesEveryChange()
    {
        var me = Host.As(Host.Ming);
        var item = await Host.ItemAsync(me);
        Refused(await Host.Store.ArchiveAsync(me, Host.Item, item.Id, " "), "record.reason-needed");
        var archived = Ok(await Host.Store.ArchiveAsync(me, Host.Item, item.Id, "報廢"));
        Assert.Equal(0, Ok(await Host.Store.ListAsync(me, Host.Item, new RecordQuery())).Total);
        Assert.Equal(1, Ok(await Host.Store.ListAsync(me, Host.Item, new RecordQuery { Archived = true })).Total);
        Assert.True((await Host.Store.FindAsync(me, Host.Item, item.Number)).IsOk);
        Refused(await Host.Store.UpdateAsync(me, Host.Item, item.Id, 2, new Dictionary<string, string?> { ["note"] = "0" }), "record.archived");
        Refused(await Host.Store.TransitionAsync(me, Host.Item, item.Id, "submit"), "record.archived");
        Refused(await Host.Store.AttachAsync(me, archived, new Evidence { Title = "x" }), "record.archived");
        Ok(await Host.Store.ArchiveAsync(me, Host.Item, item.Id, "誤按", restore: true));
        Ok(await Host.Store.TransitionAsync(me, Host.Item, item.Id, "submit"));
    }

    [Fact]
    public async Task Numbers_TwoWritersAtOnce_AreUniqueAndWithoutGaps()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 12; i++) Ok(await Host.Store.CreateAsync(Host.As(Host.Ming), Host.Item, new Dictionary<string, string?> { ["title"] = "x", ["count"] = "1" }));
        })));
        var numbers = await Host.Db.Set<SampleItem>().Select(r => r.Number).OrderBy(n => n).ToListAsync();
        Assert.Equal(Enumerable.Range(1, 48).Select(i => $"ITM-2026-{i:0000}"), numbers);
    }

    [Fact]
    public async Task Numbers_AfterARollback_AreGivenAgain()
    {
        var store = Host.Store;
        var undone = await store.InTransactionAsync(async () =>
        {
            Ok(await store.CreateAsync(Host.As(Host.Ming), Host.Item, new Dictionary<string, string?> { ["title"] = "x" }));
            return Kernel.Result.Fail<int>(Kernel.Error.Of("x", "x", "x"));
        });
        Assert.False(undone.IsOk);
        Assert.Equal("ITM-2026-0001", (await Host.ItemAsync(Host.As(Host.Ming))).Number);
        Host.Clock.Now = Host.Clock.Now.AddYears(1);
        Assert.Equal("ITM-2027-0001", (await Host.ItemAsync(Host.As(Host.Ming))).Number);
    }

    [Fact]
    public async Task Reaction_ThatFails_UndoesTheChangeAndItsHistory()
    {
        var host = await AnotherAsync(new Objector());
        var me = host.As(host.Ming);
        var item = await host.ItemAsync(me, ("note", "舊"));
        var store = host.Store;
        Refused(await store.UpdateAsync(me, host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "不可" }), "sample.objected");
        Ok(await store.UpdateAsync(me, host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "可" }));
        Assert.Equal(2, (await host.Store.HistoryAsync(me, item)).Count);
    }

    [Fact]
    public async Task SavingAuditedEntity_WithoutSayingWhoActs_Throws()
    {
        var db = Host.Db;
        db.Add(new Setting { Key = "a", Value = "b" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        Assert.Equal(0, await Host.Db.Settings.CountAsync());
    }

    private sealed class Objector : IRecordReaction
    {
        public string TypeKey => "sample.item";

        public Task<Kernel.Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation) =>
            Task.FromResult(((SampleItem)record).Note == "不可" ? Kernel.Result.Fail(Kernel.Error.Of("sample.objected", "不行", "No")) : Kernel.Result.Ok);
    }
}
