using System.Diagnostics;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteImportTests(PostgresServer server) : ImportTests(DatabaseKind.Sqlite, server);

public sealed class PostgresImportTests(PostgresServer server) : ImportTests(DatabaseKind.Postgres, server);

public abstract class ImportTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    private Actor Me => Host.As(Host.Ming);

    private static ImportRow Row(int row, params (string Field, string? Text)[] values) => new(row, values.ToDictionary(v => v.Field, v => v.Text));

    private async Task<ImportPlan> PlanAsync(params ImportRow[] rows) => Ok(await Host.Get<RecordImport>().PlanAsync(Me, Host.Item, rows));

    private Task<Kernel.Result<ImportPlan>> CommitAsync(bool skip, params ImportRow[] rows) => Host.Get<RecordImport>().CommitAsync(Me, Host.Item, rows, skip, "匯入");

    [Fact]
    public async Task DryRun_StatesTheFateOfEveryRow_AndWritesNothing()
    {
        await Host.ItemAsync(Me, ("code", "A"), ("title", "甲"), ("count", "1"), ("note", "不動"));
        var archived = await Host.ItemAsync(Me, ("code", "Z"));
        Ok(await Host.Store.ArchiveAsync(Me, Host.Item, archived.Id, "r"));
        var changes = await Host.Db.Changes.CountAsync();
        var plan = await PlanAsync(
            Row(2, ("code", "A"), ("title", "甲"), ("count", "1")),
            Row(3, ("code", "B"), ("title", "乙"), ("count", "2")),
            Row(4, ("code", "b"), ("title", "乙又"), ("count", "2")),
            Row(5, ("code", "C"), ("title", "丙"), ("count", "一")),
            Row(6, ("code", null), ("title", "丁"), ("count", "")),
            Row(7, ("code", "E"), ("title", ""), ("count", "")),
            Row(8, ("code", "Z"), ("title", "戊"), ("count", "")));
        Assert.Equal([RowFate.Unchanged, RowFate.New, RowFate.Refused, RowFate.Refused, RowFate.Refused, RowFate.Refused, RowFate.Refused], plan.Lines.Select(l => l.Fate));
        Assert.Equal([null, null, "import.duplicate", "field.not-a-number", "import.no-key", "field.required", "record.archived"], plan.Lines.Select(l => l.Errors is [var first, ..] ? first.Code : null));
        Assert.Contains("第 3 列", plan.Lines[2].Errors[0].Message.Zh);
        var changed = await PlanAsync(Row(2, ("code", "A"), ("title", "甲甲"), ("count", "7")));
        Assert.Equal([new FieldChange("title", "甲", "甲甲"), new FieldChange("count", "1", "7")], changed.Lines[0].Changes);
        Assert.Equal(changes, await Host.Db.Changes.CountAsync());
        Refused(await Host.Get<RecordImport>().PlanAsync(Me, Host.Item, [Row(2, ("unknown", "x"))]), "import.unknown-field");
    }

    [Fact]
    public async Task Commit_WithARefusedRow_WritesNothing_UnlessRefusedRowsAreSkipped()
    {
        ImportRow[] rows = [Row(2, ("code", "A"), ("title", "甲")), Row(3, ("code", "B"), ("title", ""))];
        var refused = await CommitAsync(false, rows);
        Refused(refused, "import.refused-rows");
        Assert.Equal("row 3", refused.Errors[0].Place);
        Assert.Equal((0, 0), (await Host.Db.Set<SampleItem>().CountAsync(), await Host.Db.NumberSeries.CountAsync()));
        Ok(await CommitAsync(true, rows));
        Assert.Equal(["A"], await Host.Db.Set<SampleItem>().Select(r => r.Code).ToListAsync());
    }

    [Fact]
    public async Task Commit_Again_ChangesNothing_AndAChangedRowChangesOnlyItsFields()
    {
        ImportRow[] rows = [.. Enumerable.Range(1, 30).Select(i => Row(i + 1, ("code", $"C{i}"), ("title", $"項{i}"), ("count", $"{i}"), ("keeperId", "王小明"), ("level", "高")))];
        Ok(await CommitAsync(false, rows));
        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"ITM-2026-{i:0000}"), await Host.Db.Set<SampleItem>().OrderBy(r => r.Count).Select(r => r.Number).ToListAsync());
        var plan = Ok(await CommitAsync(false, rows));
        Assert.Equal(30, plan.Count(RowFate.Unchanged));
        Assert.Equal(30, await Host.Db.Changes.CountAsync());
        rows[4] = Row(6, ("code", "C5"), ("title", "項5"), ("count", "500"), ("keeperId", ""), ("level", "低"));
        Ok(await CommitAsync(false, rows));
        var change = ChangeCapture.Read(await Host.Db.Changes.OrderByDescending(c => c.Id).FirstAsync())!;
        Assert.Equal(["count", "keeperId", "level"], change.Changes.Select(c => c.Field).Order());
        var item = await Host.Db.Set<SampleItem>().SingleAsync(r => r.Code == "C5");
        Assert.Equal((2, 500, "low", "項5"), (item.Version, item.Count!.Value, item.Level, item.Title));
        Assert.Null(item.KeeperId);
        Assert.Equal(item.Number, Assert.Single(Ok(await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Search = "項5 low" })).Records).Number);
    }

    [Fact]
    public async Task Commit_StoresEachKindOfValue_AsAFormDoes()
    {
        Host.Item.SetExtraFields([new CustomField { Key = "x_t", Kind = "Text", LabelZh = "文", LabelEn = "T" }.ToField()]);
        var group = Ok(await Host.Store.CreateAsync(Me, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        (string Field, string? Text)[] filled =
        [
            ("title", "甲 🙂"), ("note", "a\nb"), ("story", ""), ("count", "3"), ("amount", "-12.5"), ("weight", "7"), ("startOn", "2024-02-29"), ("dueOn", "2027-01-01"), ("seenAt", "2026-02-03T04:05:06.789Z"),
            ("level", "high"), ("tags", "c;a"), ("critical", "true"), ("groupId", group.Number), ("keeperId", "王小明"), ("keeperUnitId", "網路科"), ("x_t", "=1+1"),
        ];
        (string Field, string? Text)[] empty = [("title", "乙")];
        foreach (var (code, values) in new[] { ("F", filled), ("E", empty) })
        {
            await Host.ItemAsync(Me, [("code", code + "1"), .. values]);
            Ok(await CommitAsync(false, Row(2, [("code", code + "2"), .. values])));
            var (form, import) = (await StoredAsync(code + "1"), await StoredAsync(code + "2"));
            Assert.Equal(form, import);
            Assert.Superset(new HashSet<string> { "amount", "seen_at", "keeper_id", "critical", "extra" }, form.Keys.ToHashSet());
        }
    }

    // What stands in the table itself, with the database's own kind of each value; what differs from record to record left out.
    private async Task<Dictionary<string, string>> StoredAsync(string code)
    {
        string[] own = ["id", "number", "code", "created_at", "updated_at", "search_text"];
        var database = Host.Db.Database;
        await database.OpenConnectionAsync();
        await using var command = database.GetDbConnection().CreateCommand();
        command.CommandText = $"""SELECT * FROM sample_item WHERE code = '{code}'""";
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return Enumerable.Range(0, reader.FieldCount).Where(i => !own.Contains(reader.GetName(i))).ToDictionary(reader.GetName, i => $"{reader.GetValue(i).GetType().Name} {reader.GetValue(i)}");
    }

    [Fact]
    public async Task Commit_ThatTheDatabaseRefusesHalfWay_LeavesNothing_AndTheNextOneWorks()
    {
        // A number that the series will come to is taken behind its back.
        var odd = await Host.ItemAsync(Me, ("code", "odd"));
        await Host.Db.Set<SampleItem>().Where(r => r.Id == odd.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.Number, "ITM-2026-2500"));
        ImportRow[] rows = [.. Enumerable.Range(1, 3500).Select(i => Row(i + 1, ("code", $"C{i}"), ("title", $"項{i}")))];
        var (changes, series) = (await Host.Db.Changes.CountAsync(), await Host.Db.NumberSeries.AsNoTracking().ToListAsync());
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => CommitAsync(false, rows));
        Assert.Contains("unique", (fault.InnerException ?? fault).Message, StringComparison.OrdinalIgnoreCase);
        Host.Db.ChangeTracker.Clear();
        Assert.Equal((1, changes, series[0].Last), (await Host.Db.Set<SampleItem>().CountAsync(), await Host.Db.Changes.CountAsync(), (await Host.Db.NumberSeries.AsNoTracking().SingleAsync()).Last));
        Ok(await CommitAsync(false, rows[..2000]));
        Assert.Equal(2001, await Host.Db.Set<SampleItem>().CountAsync());
    }

    [Fact]
    public async Task ExportThenImport_OfEveryKind_IsLossless()
    {
        Host.Item.SetExtraFields([new CustomField { Key = "x_n", Kind = "Number", LabelZh = "數", LabelEn = "N" }.ToField(), new CustomField { Key = "x_t", Kind = "Text", LabelZh = "文", LabelEn = "T" }.ToField()]);
        var group = Ok(await Host.Store.CreateAsync(Me, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        var item = await Host.ItemAsync(Me, ("code", "A"), ("title", "甲 \"引號\", 逗號"), ("note", "a\nb"), ("story", "# x\n\ny"), ("count", "3"), ("amount", "-12.5"), ("weight", "7"), ("startOn", "2024-02-29"), ("dueOn", "2027-01-01"), ("seenAt", "2026-02-03T04:05:06.789Z"),
            ("level", "high"), ("tags", "c;a"), ("critical", "true"), ("groupId", group.Number), ("keeperId", "王小明"), ("keeperUnitId", "網路科"), ("secret", "噓"), ("x_n", "1.5"), ("x_t", "=1+1"));
        Dictionary<string, string?> Export(SampleItem r) => Host.Item.Fields.Where(f => !f.ReadOnly || f.Key == "number").ToDictionary(f => f.Key, f => f.GetText(r));
        var exported = Export(item);
        Assert.Equal(RowFate.Unchanged, (await PlanAsync(new ImportRow(2, exported))).Lines[0].Fate);

        // Emptied by hand, then brought back from the file.
        Ok(await Host.Store.UpdateAsync(Me, Host.Item, item.Id, 1, exported.Where(v => v.Key is not ("number" or "title")).ToDictionary(v => v.Key, _ => (string?)null)));
        Ok(await CommitAsync(false, new ImportRow(2, exported)));
        Assert.Equal(exported, Export(await Host.Db.Set<SampleItem>().AsNoTracking().SingleAsync()));

        // As a new record under another key, with the reference by number and the person by name.
        var copy = new Dictionary<string, string?>(exported) { ["code"] = "B", ["groupId"] = group.Number.ToLowerInvariant(), ["keeperId"] = "user0" };
        copy.Remove("number");
        Ok(await CommitAsync(false, new ImportRow(2, copy)));
        var second = Export(await Host.Db.Set<SampleItem>().AsNoTracking().SingleAsync(r => r.Code == "B"));
        Assert.Equal(exported.Where(v => v.Key is not ("number" or "code")), second.Where(v => v.Key is not ("number" or "code")));
    }

    [Fact]
    public async Task NumberAndKeyOfOneRecordInTwoRows_IsADuplicate()
    {
        var item = await Host.ItemAsync(Me, ("code", "A"));
        var plan = await PlanAsync(Row(2, ("number", item.Number), ("code", "A"), ("title", "x")), Row(3, ("number", ""), ("code", "A"), ("title", "y")), Row(4, ("number", "ITM-1999-0001"), ("code", "Q"), ("title", "z")));
        Assert.Equal([null, "import.duplicate", "import.unknown-number"], plan.Lines.Select(l => l.Errors is [var first, ..] ? first.Code : null));
    }

    [Fact]
    public async Task Row_OfARecordThatThePersonMayNotRead_IsRefusedWithoutNamingIt()
    {
        var hidden = await Host.ItemAsync(Host.As(Host.Mei), ("code", "A"), ("unitId", "業務處"), ("title", "機密"));
        var actor = Host.As(Host.Ming, Right.Read | Right.Write, Scope.Unit);
        var plan = Ok(await Host.Get<RecordImport>().PlanAsync(actor, Host.Item, [Row(2, ("code", "A"), ("title", "x")), Row(3, ("code", "B"), ("title", "y"))]));
        Assert.Equal([RowFate.Refused, RowFate.New], plan.Lines.Select(l => l.Fate));
        Assert.Null(plan.Lines[0].Number);
        Assert.DoesNotContain(hidden.Number, string.Join(' ', plan.Lines[0].Errors));
    }

    [Fact]
    public async Task Reactions_SeeImportedRecords_AndCanStopTheImport()
    {
        var seen = new Counter();
        var host = await AnotherAsync(seen);
        Ok(await host.Get<RecordImport>().CommitAsync(host.As(host.Ming), host.Item, [Row(2, ("code", "A"), ("title", "x")), Row(3, ("code", "B"), ("title", "y"))], false, "r"));
        Assert.Equal(2, seen.Seen);
        Refused(await host.Get<RecordImport>().CommitAsync(host.As(host.Ming), host.Item, [Row(2, ("code", "C"), ("title", "不可"))], false, "r"), "sample.objected");
        Assert.Equal(2, await host.Db.Set<SampleItem>().CountAsync());
    }

    [Fact]
    public async Task TwentyThousandRows_AreImportedAndSeenAgainAsUnchanged()
    {
        ImportRow[] rows = [.. Enumerable.Range(1, 20_000).Select(i => Row(i + 1, ("code", $"C{i}"), ("title", $"主機 {i}"), ("count", $"{i % 1000}"), ("startOn", "2026-01-01"), ("level", "高"), ("keeperId", "王小明"), ("note", "一般說明文字")))];
        var watch = Stopwatch.StartNew();
        Assert.Equal(20_000, Ok(await CommitAsync(false, rows)).Count(RowFate.New));
        var first = watch.Elapsed;
        watch.Restart();
        Assert.Equal(20_000, (await PlanAsync(rows)).Count(RowFate.Unchanged));
        TestContext.Current.TestOutputHelper!.WriteLine($"{Host.Kind}: 20,000 new rows in {first.TotalSeconds:0.0} s, dry run again {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal(20_000, await Host.Db.Changes.CountAsync());
        Assert.Equal(1, await Host.Db.Changes.Select(c => c.BatchId).Distinct().CountAsync());
    }

    private sealed class Counter : IRecordReaction
    {
        public int Seen { get; private set; }

        public string TypeKey => "sample.item";

        public Task<Kernel.Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
        {
            if (record.Title == "不可") return Task.FromResult(Kernel.Result.Fail(Kernel.Error.Of("sample.objected", "不行", "No")));
            Seen++;
            return Task.FromResult(Kernel.Result.Ok);
        }
    }
}
