using System.Text;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

public sealed class SqliteListTests(PostgresServer server) : ListTests(DatabaseKind.Sqlite, server);

public sealed class PostgresListTests(PostgresServer server) : ListTests(DatabaseKind.Postgres, server);

public abstract class ListTests(DatabaseKind kind, PostgresServer server) : DatabaseTests(kind, server)
{
    private static readonly IReadOnlyList<CustomField> SiteFields =
    [
        new() { Key = "x_text", Kind = "Text", LabelZh = "文", LabelEn = "T" },
        new() { Key = "x_number", Kind = "Number", LabelZh = "數", LabelEn = "N" },
        new() { Key = "x_date", Kind = "Date", LabelZh = "日", LabelEn = "D" },
        new() { Key = "x_instant", Kind = "Instant", LabelZh = "時", LabelEn = "I" },
        new() { Key = "x_choice", Kind = "Choice", LabelZh = "選", LabelEn = "C", Choices = "p=紅=Red\nq=藍=Blue" },
        new() { Key = "x_set", Kind = "ChoiceSet", LabelZh = "複選", LabelEn = "S", Choices = "p=紅=Red\nq=藍=Blue" },
        new() { Key = "x_flag", Kind = "Flag", LabelZh = "旗", LabelEn = "F" },
        new() { Key = "x_person", Kind = "Person", LabelZh = "人", LabelEn = "P" },
    ];

    private Actor Me => Host.As(Host.Ming);

    private async Task<RecordPage> ListAsync(RecordQuery query) => Ok(await Host.Store.ListAsync(Me, Host.Item, query));

    private async Task<string> TitlesAsync(string field, string text) =>
        string.Join(',', (await ListAsync(new RecordQuery { Filters = [new ColumnFilter(field, text)], Sort = "title" })).Records.Select(r => r.Title));

    // A, B, C with a value in every field, D with none.
    private async Task SeedAsync()
    {
        Host.Item.SetExtraFields([.. SiteFields.Select(f => f.ToField())]);
        var group = Ok(await Host.Store.CreateAsync(Me, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        await Host.ItemAsync(Me, ("title", "A"), ("code", "c%1"), ("note", "50% 折扣 Ärger"), ("count", "9"), ("amount", "9.5"), ("weight", "1"), ("startOn", "2026-01-31"), ("seenAt", "2026-01-31T23:59:59.5Z"), ("level", "high"), ("tags", "a"), ("critical", "true"),
            ("groupId", group.Number), ("keeperId", "王小明"), ("keeperUnitId", "資訊處"), ("x_text", "O'Brien"), ("x_number", "9"), ("x_date", "2026-01-31"), ("x_instant", "2026-01-31T23:59:59.5Z"), ("x_choice", "p"), ("x_set", "p"), ("x_flag", "true"), ("x_person", "王小明"));
        await Host.ItemAsync(Me, ("title", "B"), ("code", "c_2"), ("note", "底線_字"), ("count", "10"), ("amount", "10"), ("weight", "2"), ("startOn", "2026-02-01"), ("seenAt", "2026-02-01T00:00:00Z"), ("level", "mid"), ("tags", "ab;c"), ("critical", "false"),
            ("keeperId", "陳美玲"), ("keeperUnitId", "網路科"), ("x_text", "\"引號\""), ("x_number", "10.25"), ("x_date", "2026-02-01"), ("x_instant", "2026-01-31T23:59:59Z"), ("x_choice", "q"), ("x_set", "p;q"), ("x_flag", "false"), ("x_person", "陳美玲"));
        await Host.ItemAsync(Me, ("title", "C"), ("code", "C33"), ("note", "x\\y"), ("count", "100"), ("amount", "100.000001"), ("weight", "3"), ("startOn", "2026-03-01"), ("seenAt", "2026-03-01T12:00:00Z"), ("level", "low"), ("tags", "c"), ("critical", "false"), ("x_number", "-2"));
        await Host.ItemAsync(Me, ("title", "D"));
    }

    private static readonly (string Field, string Text, string Titles)[] Forms =
    [
        ("code", "c", "A,B,C"),
        ("code", "=c_2", "B"),
        ("code", "C_", "B"),
        ("code", "%", "A"),
        ("code", "!c", "D"),
        ("code", "!=c_2", "A,C,D"),
        ("code", "-", "D"),
        ("code", "*", "A,B,C"),
        ("code", "!-", "A,B,C"),
        ("note", "Ärger", "A"),
        ("note", "_", "B"),
        ("note", "\\", "C"),
        ("note", "-", "D"),
        ("note", "!%", "B,C,D"),
        ("count", "10", "B"),
        ("count", "=10", "B"),
        ("count", "9,100", "A,C"),
        ("count", "!10", "A,C,D"),
        ("count", ">9", "B,C"),
        ("count", ">=9", "A,B,C"),
        ("count", "<10", "A"),
        ("count", "10..", "B,C"),
        ("count", "..10", "A,B"),
        ("count", "9..10", "A,B"),
        ("count", "-", "D"),
        ("count", "*", "A,B,C"),
        ("amount", "9..10", "A,B"),
        ("amount", ">100", "C"),
        ("amount", "100.000001", "C"),
        ("amount", "!10", "A,C,D"),
        ("weight", "0", "D"),
        ("weight", ">1", "B,C"),
        ("weight", "-", ""),
        ("startOn", "2026-02-01", "B"),
        ("startOn", "115/2/1", "B"),
        ("startOn", "2026-01-31..2026-02-01", "A,B"),
        ("startOn", ">2026-01-31", "B,C"),
        ("startOn", "-", "D"),
        ("startOn", "!2026-02-01", "A,C,D"),
        ("seenAt", "2026-01-31", "A"),
        ("seenAt", "2026-01-31..2026-02-01", "A,B"),
        ("seenAt", ">=2026-02-01T00:00:00Z", "B,C"),
        ("seenAt", "!2026-01-31", "B,C,D"),
        ("level", "high,low", "A,C"),
        ("level", "高", "A"),
        ("level", "!high", "B,C,D"),
        ("level", "-", "D"),
        ("tags", "a", "A"),
        ("tags", "c", "B,C"),
        ("tags", "a,c", "A,B,C"),
        ("tags", "!c", "A,D"),
        ("tags", "-", "D"),
        ("critical", "是", "A"),
        ("critical", "no", "B,C,D"),
        ("critical", "!true", "B,C,D"),
        ("groupId", "GRP-2026-0001", "A"),
        ("groupId", "-", "B,C,D"),
        ("groupId", "!GRP-2026-0001", "B,C,D"),
        ("keeperId", "me", "A"),
        ("keeperId", "陳美玲,me", "A,B"),
        ("keeperUnitId", "mine", "A"),
        ("keeperUnitId", "網路科", "B"),
        ("state", "草稿", "A,B,C,D"),
        ("state", "!draft", ""),
        ("number", "0003", "C"),
        ("x_text", "o'b", "A"),
        ("x_text", "\"", "B"),
        ("x_text", "-", "C,D"),
        ("x_text", "!o", "B,C,D"),
        ("x_number", "9..10.25", "A,B"),
        ("x_number", "<0", "C"),
        ("x_number", "10.25", "B"),
        ("x_number", "-", "D"),
        ("x_number", "!9", "B,C,D"),
        ("x_date", ">=2026-02-01", "B"),
        ("x_instant", "2026-01-31", "A,B"),
        ("x_instant", ">2026-01-31T23:59:59Z", "A"),
        ("x_choice", "紅", "A"),
        ("x_choice", "!紅", "B,C,D"),
        ("x_set", "q", "B"),
        ("x_flag", "no", "B"),
        ("x_person", "me", "A"),
    ];

    [Fact]
    public async Task Filter_EachForm_FindsExactly()
    {
        await SeedAsync();
        var found = new List<string>();
        foreach (var (field, text, _) in Forms) found.Add($"{field} {text}: {await TitlesAsync(field, text)}");
        Assert.Equal(Forms.Select(f => $"{f.Field} {f.Text}: {f.Titles}"), found);
    }

    [Fact]
    public async Task Filter_TextThatDoesNotFitTheField_IsAnErrorThatNamesIt()
    {
        foreach (var (field, text) in new[] { ("level", "最高"), ("level", ","), ("count", "many"), ("count", ".."), ("count", ">"), ("startOn", "2026-13-01"), ("keeperId", "nobody"), ("critical", "maybe"), ("tags", "zz") })
            Refused(await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Filters = [new ColumnFilter(field, text)] }), "filter.bad-value");
    }

    [Fact]
    public async Task Filter_HostileTexts_AreOnlyTexts()
    {
        await SeedAsync();
        string[] texts = ["'; DROP TABLE sample_item; --", "\" OR 1=1 --", "%' OR '1'='1", "{0}", "$1", "@p0", "\\", "\\'", "$.x", "[0]", "\u0000", "a\u0000b", "=\u0000", "!\u0000", ((char)0xD800).ToString(), "=", "!", "!!", "!!!x", ">", "..", new string('%', 5000), "_%_%", "\r\n", "‮"];
        foreach (var field in Host.Item.Fields.Select(f => f.Key).Concat(["x_text') OR 1=1 --", "$.x", "x_a\"b", "", "Id", "searchText", "extra"]))
            foreach (var text in texts)
            {
                var result = await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Filters = [new ColumnFilter(field, text)], Sort = field, Search = text });
                if (!result.IsOk) Assert.StartsWith("filter.", result.Errors[0].Code);
                else if (text.Length > 4) Assert.Equal(0, result.Value.Total);
            }

        Assert.Equal(4, (await ListAsync(new RecordQuery())).Total);
    }

    [Fact]
    public async Task Filter_OnASensitiveField_IsRefused_AndSortAndSearchDoNotReachIt()
    {
        await Host.ItemAsync(Me, ("title", "A"), ("secret", "bbb"));
        await Host.ItemAsync(Me, ("title", "B"), ("secret", "aaa"));
        Refused(await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Filters = [new ColumnFilter("secret", "b")] }), "filter.unknown-field");
        Assert.Equal(["A", "B"], (await ListAsync(new RecordQuery { Sort = "secret" })).Records.Select(r => r.Title));
        Assert.Equal(0, (await ListAsync(new RecordQuery { Search = "bbb" })).Total);
    }

    [Theory]
    [InlineData("x\"y")]
    [InlineData("x_a.b")]
    [InlineData("x_a[0]")]
    [InlineData("x_$")]
    [InlineData("x_")]
    [InlineData("x_A")]
    [InlineData("title")]
    [InlineData("x_a' || '")]
    public void CustomField_KeyThatCouldReachIntoAPath_IsRefused(string key)
    {
        var field = new CustomField { Key = key, LabelZh = "甲", LabelEn = "A" };
        Assert.Contains("custom-field.key", field.Check().Select(e => e.Code));
        Assert.Throws<ArgumentException>(() => field.ToField());
    }

    [Fact]
    public void CustomField_WithoutNameKindOrChoices_IsRefused()
    {
        Assert.Empty(new CustomField { Key = "x_a", LabelZh = "甲", LabelEn = "A" }.Check());
        Assert.Contains("custom-field.label", new CustomField { Key = "x_a", LabelZh = "甲" }.Check().Select(e => e.Code));
        Assert.Contains("custom-field.kind", new CustomField { Key = "x_a", LabelZh = "甲", LabelEn = "A", Kind = "Reference" }.Check().Select(e => e.Code));
        Assert.Contains("custom-field.kind", new CustomField { Key = "x_a", LabelZh = "甲", LabelEn = "A", Kind = "99" }.Check().Select(e => e.Code));
        Assert.Contains("custom-field.choices", new CustomField { Key = "x_a", LabelZh = "甲", LabelEn = "A", Kind = "Choice" }.Check().Select(e => e.Code));
    }

    [Fact]
    public async Task Search_FoldsWidthAndCaseAndWantsEveryWord()
    {
        await Host.ItemAsync(Me, ("title", "防火牆 FW-01（王小明）"), ("note", "カタカナ"), ("level", "high"));
        foreach (var (text, found) in new[] { ("王小明", 1), ("ＦＷ－０１", 1), ("fw-01", 1), ("防火 牆", 1), ("牆 防火", 1), ("防火 路由", 0), ("ｶﾀｶﾅ", 1), ("高", 1), ("high", 1), ("%", 0), ("_", 0), ("itm-2026-0001", 1), ("  ", 1) })
            Assert.True(found == (await ListAsync(new RecordQuery { Search = text })).Total, text);
    }

    private static IEnumerable<string> SortKeys => [.. new SampleItemType().Fields.Where(ListQuery<SampleItem>.IsSortable).Select(f => f.Key), .. SiteFields.Select(f => f.ToField()).Where(ListQuery<SampleItem>.IsSortable).Select(f => f.Key)];

    [Fact]
    public async Task Paging_ByEachSortableField_BothWays_GivesEveryRecordOnceInOrder()
    {
        Host.Item.SetExtraFields([.. SiteFields.Select(f => f.ToField())]);
        await ManyAsync(53);
        foreach (var sort in SortKeys.SelectMany(k => new[] { k, "-" + k }))
        {
            var whole = (await ListAsync(new RecordQuery { Sort = sort, PageSize = 500 })).Records.Select(r => r.Number).ToList();
            Assert.Equal(53, whole.Distinct().Count());
            AssertOrdered(whole, await Host.Db.Set<SampleItem>().AsNoTracking().ToDictionaryAsync(r => r.Number), sort.TrimStart('-'), sort[0] == '-');
            var streamed = new List<string>();
            await foreach (var record in Ok(await Host.Store.StreamAsync(Me, Host.Item, new RecordQuery { Sort = sort }))) streamed.Add(record.Number);
            Assert.Equal(whole, streamed);
            var forward = new List<string>();
            var page = await ListAsync(new RecordQuery { Sort = sort, PageSize = 7 });
            Assert.Null(page.Previous);
            RecordPage last;
            while (true)
            {
                Assert.Equal(53, page.Total);
                forward.AddRange(page.Records.Select(r => r.Number));
                last = page;
                if (page.Next is null) break;
                page = await ListAsync(new RecordQuery { Sort = sort, PageSize = 7, After = page.Next });
            }

            Assert.Equal(whole, forward);
            var backward = last.Records.Select(r => r.Number).ToList();
            while (last.Previous is not null)
            {
                last = await ListAsync(new RecordQuery { Sort = sort, PageSize = 7, Before = last.Previous });
                backward.InsertRange(0, last.Records.Select(r => r.Number));
            }

            Assert.Equal(whole, backward);
        }
    }

    private void AssertOrdered(List<string> numbers, Dictionary<string, SampleItem> rows, string key, bool descending)
    {
        var field = Host.Item.FindField(key)!;
        // A choice stands where its declaration puts it.
        IComparable? Value(string number) => field.Kind is FieldKind.Choice ? field.GetText(rows[number]) is { Length: > 0 } code ? field.Choices.ToList().FindIndex(c => c.Code == code) : null : field.Get(rows[number]) switch { string s => s.Length == 0 && field.IsExtra ? null : s, IComparable c => c, _ => null };
        var filled = numbers.Where(n => Value(n) is not null).ToList();
        for (var i = 1; i < filled.Count; i++)
        {
            var (a, b) = (Value(filled[i - 1])!, Value(filled[i])!);
            // Both databases order texts by their code points.
            var order = a is string x && b is string y ? Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)) : a.CompareTo(b);
            if (order == 0) order = string.CompareOrdinal(filled[i - 1], filled[i]);
            Assert.True(descending ? order > 0 : order < 0, $"{key}: {a} / {b}");
        }

        // Empty values stand together, before or after all others.
        var empty = numbers.Select(n => Value(n) is null).ToList();
        Assert.True(empty.Zip(empty.Skip(1)).Count(p => p.First != p.Second) <= 1);
    }

    // Ties, empty values, values that order differently as text and as numbers.
    private async Task ManyAsync(int count)
    {
        Host.Item.SetExtraFields([.. SiteFields.Select(f => f.ToField())]);
        var random = new Random(7);
        var db = Host.Db;
        string?[] texts = [null, "", "Z", "a", "甲", "乙", "é", "😀", "a'b"];
        for (var i = 0; i < count; i++)
        {
            var item = new SampleItem
            {
                Number = $"ITM-2026-{i + 1:0000}", Title = texts[random.Next(2, texts.Length)]!, Code = texts[random.Next(1, texts.Length)]!, State = random.Next(2) == 0 ? "draft" : "review",
                Count = random.Next(4) == 0 ? null : random.Next(5), Amount = random.Next(4) == 0 ? null : random.Next(3) * 10.5m - 10, Weight = random.Next(3),
                StartOn = random.Next(4) == 0 ? null : new DateOnly(2026, 1, 1).AddDays(random.Next(3)), DueOn = random.Next(4) == 0 ? null : new DateOnly(2027, 1, 1).AddDays(random.Next(3)),
                SeenAt = random.Next(4) == 0 ? null : Host.Clock.Now.AddMilliseconds(random.Next(3)), Level = random.Next(4) == 0 ? null : new[] { "high", "mid", "low" }[random.Next(3)], Critical = random.Next(2) == 0,
                CreatedAt = Host.Clock.Now.AddSeconds(random.Next(5)),
            };
            if (random.Next(4) != 0)
                foreach (var (key, text) in new[] { ("x_text", texts[random.Next(2, texts.Length)]), ("x_number", $"{random.Next(3) * 9 - 2}"), ("x_date", $"2026-01-{random.Next(1, 4):00}"), ("x_instant", random.Next(2) == 0 ? "2026-01-01T00:00:00Z" : "2026-01-01T00:00:00.5Z"), ("x_choice", random.Next(2) == 0 ? "p" : "q"), ("x_flag", random.Next(2) == 0 ? "true" : "false") })
                    if (random.Next(4) != 0) Host.Item.FindField(key)!.Set(item, Host.Item.FindField(key)!.Parse(text).Value);
            db.Add(item);
        }

        db.ActAs(Actor.System(), "create");
        await db.SaveChangesAsync();
    }

    [Fact]
    public async Task Cursor_TamperedOrOfAnotherSort_IsRefusedAndNeverThrows()
    {
        await ManyAsync(12);
        var page = await ListAsync(new RecordQuery { Sort = "weight", PageSize = 5 });
        Refused(await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Sort = "count", PageSize = 5, After = page.Next }), "list.bad-cursor");
        static string Cursor(params string?[] parts) => Convert.ToBase64String(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(parts)).TrimEnd('=');
        foreach (var (sort, cursor) in new[]
        {
            ("weight", "!!!"), ("weight", ""), ("weight", "AAAA"), ("weight", Cursor("weight", null, "x")), ("weight", Cursor("weight", "many", "x")), ("weight", Cursor("weight", "1")), ("weight", Cursor("weight", "1", null)),
            ("startOn", Cursor("startOn", "yesterday", "x")), ("critical", Cursor("critical", null, "x")), ("count", Cursor("count", "99999999999", "x")), ("title", Cursor("title", "a\0", "x")), ("title", Cursor("title", "a", "\0")), ("weight", new string('A', 5000)),
        })
        {
            var result = await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Sort = sort, After = cursor });
            Refused(result, "list.bad-cursor");
        }

        // A cursor is a place, not a right: one made by hand shows only what the list shows anyway.
        Assert.True((await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Sort = "title", After = Cursor("title", "' OR 1=1 --", "ITM") })).IsOk);
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var chars = page.Next!.ToCharArray();
            chars[random.Next(chars.Length)] = "ABCxyz019-_="[random.Next(12)];
            _ = await Host.Store.ListAsync(Me, Host.Item, new RecordQuery { Sort = "weight", After = new string(chars) });
        }
    }

    [Fact]
    public async Task OpenOnly_LeavesOutClosedRecords()
    {
        await ManyAsync(5);
        var db = Host.Db;
        var item = await db.Set<SampleItem>().OrderBy(r => r.Number).FirstAsync();
        item.State = "closed";
        db.ActAs(Actor.System(), "close");
        await db.SaveChangesAsync();
        Assert.Equal(4, (await ListAsync(new RecordQuery { OpenOnly = true })).Total);
    }

    [Fact]
    public async Task ListPage_TakesAtMostThreeCommands()
    {
        Host.Item.SetExtraFields([.. SiteFields.Select(f => f.ToField())]);
        await ManyAsync(20);
        var group = Ok(await Host.Store.CreateAsync(Me, Host.Group, new Dictionary<string, string?> { ["title"] = "g" }));
        var store = Host.Store;
        var first = Ok(await store.ListAsync(Me, Host.Item, new RecordQuery { PageSize = 5, Sort = "count" }));
        var commands = CommandLog.Start();
        Ok(await store.ListAsync(Me, Host.Item, new RecordQuery
        {
            PageSize = 5, Sort = "count", After = first.Next, Search = "a", OpenOnly = true,
            Filters = [new ColumnFilter("groupId", "!" + group.Number), new ColumnFilter("x_number", "!5"), new ColumnFilter("level", "!high")],
        }));
        Assert.InRange(commands.Count, 1, 3);
        Assert.All(commands, c => Assert.DoesNotContain(group.Number, c));
    }

    [Fact]
    public async Task Amounts_AddUpInTheDatabase()
    {
        await SeedAsync();
        Assert.Equal(119.500001m, await Host.Db.Set<SampleItem>().SumAsync(r => r.Amount));
        Assert.Equal(100.000001m, await Host.Db.Set<SampleItem>().MaxAsync(r => r.Amount));
    }
}
