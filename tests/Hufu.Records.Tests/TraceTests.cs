using System.Text;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteTraceTests(PostgresServer server) : TraceTests(DatabaseKind.Sqlite, server);

public sealed class PostgresTraceTests(PostgresServer server) : TraceTests(DatabaseKind.Postgres, server);

/// <summary>The change log, and what hangs on a record.</summary>
public abstract class TraceTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    private Actor Ming => Host.As(Host.Ming);

    [Fact]
    public async Task EveryChange_HasACommitmentThatRecomputes_AndAStateHashEqualToThatOfTheRowReadBack()
    {
        var group = Ok(await Host.Store.CreateAsync(Ming, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        Host.Item.SetExtraFields([new CustomField { Key = "x_n", Kind = "Number", LabelZh = "a", LabelEn = "a" }.ToField()]);
        var item = await Host.ItemAsync(Ming, ("title", "é字😀"), ("note", "a\r\nb"), ("count", "3"), ("amount", "-0.000001"), ("startOn", "2024-02-29"), ("seenAt", "2026-02-03T04:05:06.7890129Z"), ("level", "高"), ("tags", "c;a"), ("critical", "是"), ("groupId", group.Number),
            ("keeperId", "user1"), ("keeperUnitId", "網路科"), ("secret", "噓"), ("x_n", "1.50"));
        await MatchesAsync(item.Id);
        Ok(await Host.Store.UpdateAsync(Ming, Host.Item, item.Id, 1, new Dictionary<string, string?> { ["amount"] = "1,000,000.5", ["seenAt"] = null, ["secret"] = "噓噓", ["x_n"] = "2" }, "更正"));
        await MatchesAsync(item.Id);
        Ok(await Host.Store.TransitionAsync(Ming, Host.Item, item.Id, "submit"));
        await MatchesAsync(item.Id);

        // A module sets finer values than the database keeps.
        var store = Host.Store;
        var fine = Ok(await store.CreateAsync(Actor.System(), new SampleItem { Title = "x", Amount = 1.23456789m, SeenAt = new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.FromHours(8)).AddTicks(7) }));
        await MatchesAsync(fine.Id);
        foreach (var change in await Host.Db.Changes.AsNoTracking().ToListAsync())
        {
            Assert.Equal(change.Commitment, ChangeCapture.Commit(change.Salt!, change.Payload!));
            Assert.NotEqual(change.Commitment, ChangeCapture.Commit(change.Salt!, change.Payload! + " "));
            Assert.DoesNotContain("噓", change.Payload);
        }

        Assert.Equal((await Host.Db.Changes.CountAsync(), true), (await Host.Db.Changes.Select(c => c.Salt).Distinct().CountAsync(), true));
    }

    [Fact]
    public async Task Import_LeavesTheTraceOfAnyOtherSave()
    {
        Host.Item.SetExtraFields([new CustomField { Key = "x_n", Kind = "Number", LabelZh = "a", LabelEn = "a" }.ToField()]);
        ImportRow[] rows =
        [
            new(2, new Dictionary<string, string?> { ["code"] = "A", ["title"] = "é字😀 \"<&>\"", ["note"] = "a\nb", ["count"] = "3", ["amount"] = "-0.000001", ["startOn"] = "2024-02-29", ["seenAt"] = "2026-02-03T04:05:06.7890129Z", ["level"] = "高", ["tags"] = "c;a", ["critical"] = "是", ["keeperId"] = "user1", ["keeperUnitId"] = "網路科", ["secret"] = "噓", ["x_n"] = "1.50" }),
            new(3, new Dictionary<string, string?> { ["code"] = "B", ["title"] = "空的" }),
        ];
        Ok(await new RecordImport(Host.Store).CommitAsync(Ming, Host.Item, rows, false, "匯入"));
        rows[1] = new(3, new Dictionary<string, string?> { ["code"] = "B", ["title"] = "不空" });
        Ok(await new RecordImport(Host.Store).CommitAsync(Ming, Host.Item, [.. rows, new(4, new Dictionary<string, string?> { ["code"] = "C", ["title"] = "新的" })], false, "匯入"));
        foreach (var row in await Host.Db.Set<SampleItem>().AsNoTracking().ToListAsync()) await MatchesAsync(row.Id);
        var changes = await Host.Db.Changes.AsNoTracking().OrderBy(c => c.Id).ToListAsync();
        Assert.Equal(["1 import", "1 import", "1 import", "2 import"], changes.Select(c => $"{c.Version} {c.Action}").Order());
        Assert.All(changes, c => Assert.Equal(c.Commitment, ChangeCapture.Commit(c.Salt!, c.Payload!)));
        Assert.All(changes, c => Assert.DoesNotContain("噓", c.Payload));
    }

    [Fact]
    public async Task StateHash_IsThatOfOneJsonObjectOfAllColumnsInOrder()
    {
        var item = await Host.ItemAsync(Ming, ("title", "é字😀 \"<&>'+"), ("note", "a\r\nb"), ("amount", "-0.000001"), ("critical", "是"), ("seenAt", "2026-02-03T04:05:06.7890129Z"));
        var entry = Host.Db.Entry(item);
        string[] ignored = ["SearchText"];
        var plain = new System.Text.Json.Nodes.JsonObject();
        foreach (var property in entry.Properties.Where(p => !ignored.Contains(p.Metadata.Name)).OrderBy(p => p.Metadata.Name, StringComparer.Ordinal))
            plain[property.Metadata.Name] = property.CurrentValue is Guid id ? id.ToString() : Field.ToText(property.CurrentValue);
        var options = new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        Assert.Equal(Kernel.Hashing.Sha256Hex(plain.ToJsonString(options)), ChangeCapture.StateHash(entry));
    }

    private async Task MatchesAsync(Guid id)
    {
        var db = Host.Db;
        var row = await db.Set<SampleItem>().SingleAsync(r => r.Id == id);
        var last = await db.Changes.AsNoTracking().Where(c => c.RecordId == id).OrderByDescending(c => c.Id).FirstAsync();
        Assert.Equal(ChangeCapture.Read(last)!.State, ChangeCapture.StateHash(db.Entry(row)));
        Assert.Equal(row.Version, last.Version);
    }

    [Fact]
    public async Task StateHash_RowChangedBehindTheProduct_Differs()
    {
        var item = await Host.ItemAsync(Ming, ("note", "a"));
        await Host.Db.Database.ExecuteSqlAsync($"UPDATE sample_item SET note = 'b'");
        var db = Host.Db;
        var row = await db.Set<SampleItem>().SingleAsync();
        var last = await db.Changes.AsNoTracking().SingleAsync(c => c.RecordId == item.Id);
        Assert.NotEqual(ChangeCapture.Read(last)!.State, ChangeCapture.StateHash(db.Entry(row)));
    }

    [Fact]
    public void Leaf_IsTheSameBytesForTheSameChange_AndCarriesNothingPersonal()
    {
        var change = new Change
        {
            Uid = Guid.Parse("0197a0a0-0000-7000-8000-000000000001"), RecordId = Guid.Parse("0197a0a0-0000-7000-8000-000000000002"), TypeKey = "sample.item", Version = 3, Action = "submit",
            At = new DateTimeOffset(2026, 3, 2, 16, 30, 15, 123, TimeSpan.FromHours(8)), ActorId = Guid.CreateVersion7(), Payload = "{\"actorName\":\"王小明\"}", Salt = new string('0', 32), Commitment = "ab",
        };
        var expected = """{"v":1,"id":"0197a0a0-0000-7000-8000-000000000001","type":"sample.item","record":"0197a0a0-0000-7000-8000-000000000002","version":3,"action":"submit","at":"2026-03-02T08:30:15.123000Z","commitment":"ab"}""";
        Assert.Equal(expected, Encoding.UTF8.GetString(ChangeCapture.Leaf(change)));
        (change.Payload, change.Salt, change.ActorId) = (null, null, null);
        Assert.Equal(expected, Encoding.UTF8.GetString(ChangeCapture.Leaf(change)));
        Assert.Equal("69fd81df47b1dbc2dbb1d3ba3ae9e2d4a8dc1b51fcde4fd4f7d24d2a1bcf4e9c".Length, ChangeCapture.Commit(new string('0', 32), "x").Length);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. new byte[16], (byte)'x'])), ChangeCapture.Commit(new string('0', 32), "x"));
    }

    [Fact]
    public async Task Leaf_OfAChangeReadBackFromTheDatabase_IsTheSame()
    {
        Host.Clock.Now = Host.Clock.Now.AddTicks(1234567);
        var store = Host.Store;
        var item = Ok(await store.CreateAsync(Ming, Host.Item, new Dictionary<string, string?> { ["title"] = "x" }));
        var written = store.Db.ChangeTracker.Entries<Change>().Select(e => e.Entity).Single(c => c.RecordId == item.Id);
        var read = await Host.Db.Changes.AsNoTracking().SingleAsync(c => c.RecordId == item.Id);
        Assert.Equal(ChangeCapture.Leaf(written), ChangeCapture.Leaf(read));
        Assert.Equal(written.Payload, read.Payload);
    }

    [Fact]
    public async Task History_TellsFieldsActorChannelAndReason_NewestFirst()
    {
        var item = await Host.ItemAsync(Ming, ("note", "a"), ("secret", "一"));
        Ok(await Host.Store.UpdateAsync(Host.As(Host.Mei), Host.Item, item.Id, 1, new Dictionary<string, string?> { ["note"] = "b", ["secret"] = null }, "換說明"));
        var history = await Host.Store.HistoryAsync(Ming, item);
        Assert.Equal(["update", "create"], history.Select(c => c.Action));
        var payload = ChangeCapture.Read(history[0])!;
        Assert.Equal((Host.Mei.Id, "陳美玲", "web", "換說明"), (payload.Actor, payload.ActorName, payload.Channel, payload.Reason));
        Assert.Equal([new FieldChange("note", "a", "b"), new FieldChange("secret", "•••", null)], payload.Changes.OrderBy(c => c.Field));
        Assert.Empty(await Host.Store.HistoryAsync(Host.As(Host.Tung, Right.None), item));
    }

    [Fact]
    public async Task Links_AreSeenFromBothSides_AndAnUnreadableRecordIsNotNamed()
    {
        var a = await Host.ItemAsync(Ming, ("title", "A"), ("unitId", "資訊處"));
        var b = await Host.ItemAsync(Ming, ("title", "B"), ("unitId", "業務處"), ("ownerId", "陳美玲"));
        var link = Ok(await Host.Store.LinkAsync(Ming, a, b, "affects"));
        Refused(await Host.Store.LinkAsync(Ming, a, b, "affects"), "link.exists");
        Refused(await Host.Store.LinkAsync(Ming, a, a, "affects"), "link.self");
        var fromA = Assert.Single(await Host.Store.LinksAsync(Ming, a.Id));
        var fromB = Assert.Single(await Host.Store.LinksAsync(Ming, b.Id));
        Assert.Equal((true, "B", "affects"), (fromA.Outgoing, fromA.Other!.Title, fromA.Kind));
        Assert.Equal((false, "A"), (fromB.Outgoing, fromB.Other!.Title));
        var narrow = Host.As(Host.Tung, Right.Read, Scope.Unit) with { UnitId = TestDirectory.It };
        Assert.Null(Assert.Single(await Host.Store.LinksAsync(narrow, a.Id)).Other);
        Assert.Empty(await Host.Store.LinksAsync(narrow, b.Id));
        Assert.True((await Host.Store.UnlinkAsync(Ming, link.Id, "多餘")).IsOk);
        Assert.Empty(await Host.Store.LinksAsync(Ming, a.Id));
        Assert.Equal(["unlink", "link", "create"], (await Host.Store.HistoryAsync(Ming, b)).Select(c => c.Action));
    }

    [Theory]
    [InlineData("@user2?")]
    [InlineData("@user2!")]
    [InlineData("@user2.")]
    [InlineData("(@user2)")]
    [InlineData("“@user2”")]
    [InlineData("@user2's")]
    [InlineData("@user2/@nobody")]
    [InlineData("@user2，謝謝")]
    [InlineData("@user2。")]
    [InlineData("@user2？")]
    [InlineData("@user2！")]
    [InlineData("（@user2）")]
    [InlineData("「@user2」")]
    [InlineData("@user2、@nobody")]
    [InlineData("@user2……")]
    [InlineData("＠user2？")]
    public async Task Comment_MentionBeforePunctuationOfEitherLanguage_IsRecognised(string text)
    {
        var item = await Host.ItemAsync(Ming, ("title", "A"));
        var comment = Ok(await Host.Store.CommentAsync(Ming, item, text));
        Assert.Equal(Host.Tung.Id, Guid.Parse(comment.Mentions));
    }

    [Fact]
    public async Task Comment_FindsThePeopleNamed_AlsoInTheMiddleOfChinese()
    {
        var item = await Host.ItemAsync(Ming);
        var comment = Ok(await Host.Store.CommentAsync(Ming, item, "請 @陳美玲看一下，@user2。並通知@王小明、以及 @user22 與 @nobody"));
        Assert.Equal(new[] { Host.Mei.Id, Host.Tung.Id, Host.Ming.Id }.Order(), comment.Mentions.Split(';').Select(Guid.Parse).Order());
        Refused(await Host.Store.CommentAsync(Ming, item, "  "), "comment.length");
        Refused(await Host.Store.CommentAsync(Ming, item, new string('x', 8001)), "comment.length");
        Assert.Equal(1, await Host.Db.Comments.CountAsync());
        Assert.Equal("comment", (await Host.Store.HistoryAsync(Ming, item))[0].Action);
    }

    [Fact]
    public async Task Evidence_HasItsOwnDay_AndWithdrawalStaysInTheHistory()
    {
        var item = await Host.ItemAsync(Ming);
        Refused(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = " " }), "evidence.title");
        var evidence = Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "照片", EffectiveOn = new DateOnly(2026, 1, 5) }));
        Assert.Equal(new DateOnly(2026, 3, 2), Ok(await Host.Store.AttachAsync(Ming, item, new Evidence { Title = "今天的" })).EffectiveOn);
        Assert.True((await Host.Store.WithdrawAsync(Ming, evidence.Id, "錯")).IsOk);
        Assert.True((await Host.Store.WithdrawAsync(Ming, evidence.Id, "錯")).IsOk);
        Assert.Equal(["withdraw", "evidence", "evidence", "create"], (await Host.Store.HistoryAsync(Ming, item)).Select(c => c.Action));
        Assert.Equal(1, await Host.Db.Evidence.CountAsync(e => e.WithdrawnAt == null));
    }

    [Fact]
    public async Task Watch_TwiceAndBack_IsKeptOnce()
    {
        var item = await Host.ItemAsync(Ming);
        await Host.Store.WatchAsync(Ming, item, true);
        await Host.Store.WatchAsync(Ming, item, true);
        Assert.Equal(1, await Host.Db.Watchers.CountAsync());
        await Host.Store.WatchAsync(Ming, item, false);
        Assert.Equal(0, await Host.Db.Watchers.CountAsync());
    }

    [Fact]
    public async Task Bulk_PreviewsEachRecord_ThenChangesAllInOneBatchOrNone()
    {
        var a = await Host.ItemAsync(Ming, ("title", "A"), ("startOn", "2026-05-01"));
        var b = await Host.ItemAsync(Ming, ("title", "B"), ("dueOn", "2026-03-01"));
        var c = await Host.ItemAsync(Ming, ("title", "C"), ("dueOn", "2026-06-01"));
        var preview = Ok(await Host.Store.PreviewBulkAsync(Ming, Host.Item, [a.Id, b.Id, c.Id], "dueOn", "2026-04-01"));
        Assert.Equal([(null, null, "item.dates"), ("2026-03-01", "2026-04-01", null), ("2026-06-01", "2026-04-01", null)], preview.Select(l => (l.From, l.To, l.Refused?.Code)));
        var refused = await Host.Store.CommitBulkAsync(Ming, Host.Item, [a.Id, b.Id, c.Id], "dueOn", "2026-04-01", null);
        Refused(refused, "item.dates");
        Assert.Equal(a.Number, refused.Errors[0].Place);
        Assert.Equal(3, await Host.Db.Changes.CountAsync());
        Assert.Equal(2, Ok(await Host.Store.CommitBulkAsync(Ming, Host.Item, [b.Id, c.Id], "dueOn", "2026-04-01", "延後")));
        Assert.NotNull(Assert.Single(await Host.Db.Changes.Where(x => x.Action == "update").Select(x => x.BatchId).Distinct().ToListAsync()));
        Assert.Equal(0, Ok(await Host.Store.CommitBulkAsync(Ming, Host.Item, [b.Id, c.Id], "dueOn", "2026-04-01", "再一次")));
        Refused(await Host.Store.CommitBulkAsync(Ming, Host.Item, [b.Id], "state", "closed", null), "bulk.unknown-field");
        Refused(await Host.Store.CommitBulkAsync(Ming, Host.Item, [b.Id, Guid.CreateVersion7()], "note", "x", null), "record.not-found");
    }
}
