using System.Text;
using Hufu.Logs.Rows;

namespace Hufu.Logs.Tests.Rows;

/// <summary>What queries must be, and what becomes of the values of a row.</summary>
public sealed class RowTests
{
    [Theory]
    [InlineData("SELECT id, a FROM t WHERE id > @after ORDER BY id", false)]
    [InlineData("select * from t\nwhere t.id >= @after\norder by t.\"Id\" asc limit 10;", true)]
    [InlineData("WITH x AS (SELECT * FROM t ORDER BY other) SELECT * FROM x WHERE @after <= id ORDER BY id, other DESC -- the end;", true)]
    [InlineData("SELECT 'delete; @after' AS s, \"update\" FROM t /* ; insert */ WHERE id > @after ORDER BY id NULLS FIRST", false)]
    [InlineData("SELECT $q$ it's ; $q$, E'\\'; drop' FROM t WHERE id > @after ORDER BY id FETCH FIRST 5 ROWS ONLY", false)]
    [InlineData("SELECT id FROM t WHERE id > @after ORDER BY id;", false)]
    [InlineData("SELECT id FROM t WHERE id > @after ORDER BY \"id\" ; -- the ; end", false)]
    public void A_query_that_can_be_read_on_is_taken(string query, bool asksAt) => Assert.Null(RowQuery.Check(query, "id", asksAt));

    [Theory]
    [InlineData("", "must be a SELECT")]
    [InlineData("DELETE FROM t WHERE id > @after", "must be a SELECT")]
    [InlineData("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x WHERE id > @after ORDER BY id", "“DELETE”")]
    [InlineData("SELECT * INTO u FROM t WHERE id > @after ORDER BY id", "“INTO”")]
    [InlineData("SELECT 1;\nSELECT * FROM t WHERE id > @after ORDER BY id", "in line 1")]
    [InlineData("SELECT * FROM t ORDER BY id", "parameter @after")]
    [InlineData("SELECT * FROM t WHERE a = '@after' ORDER BY id", "parameter @after")]
    [InlineData("SELECT * FROM t WHERE id > @afterwards ORDER BY id", "parameter @after")]
    [InlineData("SELECT * FROM t WHERE id > @after", "order of the bookmark")]
    [InlineData("SELECT * FROM t WHERE id > @after ORDER BY at, id", "order of the bookmark")]
    [InlineData("SELECT * FROM t WHERE id > @after ORDER BY id DESC", "“DESC” may not follow")]
    [InlineData("SELECT * FROM t WHERE id > @after ORDER BY id + 1", "“+” may not follow")]
    [InlineData("SELECT 'open FROM t WHERE id > @after ORDER BY id", "does not end")]
    [InlineData("SELECT /* FROM t WHERE id > @after ORDER BY id", "does not end")]
    [InlineData("SELECT $x$ FROM t WHERE id > @after ORDER BY id", "does not end")]
    public void Any_other_is_refused_with_the_reason(string query, string why)
    {
        var error = RowQuery.Check(query, "id", asksAtBookmark: false);
        Assert.Contains(why, error?.Message.En, StringComparison.Ordinal);
        Assert.Equal("statement", error!.Place);
    }

    [Fact]
    public void With_ties_rows_at_the_bookmark_must_be_asked_for() =>
        Assert.Contains(">= @after", RowQuery.Check("SELECT * FROM t WHERE id > @after ORDER BY id", "id", asksAtBookmark: true)?.Message.En, StringComparison.Ordinal);

    [Fact]
    public void No_text_makes_the_check_fail()
    {
        var random = new Random(4);
        string[] pieces = ["SELECT ", "ORDER BY ", "id", "@after", "'", "\"", "$a$", "$", "--", "\n", "/*", "*/", ";", ".", ",", "E'", "\\", "\0", "\ud800", "WITH ", ">=", "<="];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            RowQuery.Check(text, "id", i % 2 == 0);
            foreach (var place in RowQuery.Places(text)) Assert.Equal("@after", text.Substring(place, 6));
            RowQuery.PlaceOf(text, random.Next(20));
            Assert.Equal(text.Length, RowQuery.Statement(text).Length);
        }
    }

    [Fact]
    public void Only_the_semicolon_that_ends_it_is_taken_off()
    {
        Assert.Equal("SELECT ';' -- ;\n  -- end", RowQuery.Statement("SELECT ';' -- ;\n ; -- end".Replace("\n ;", "\n;", StringComparison.Ordinal)));
        Assert.Equal("SELECT ';'", RowQuery.Statement("SELECT ';'"));
    }

    [Fact]
    public void A_place_is_a_line_and_a_column()
    {
        Assert.Equal((1, 1), RowQuery.PlaceOf("ab\ncd", 0));
        Assert.Equal((1, 3), RowQuery.PlaceOf("ab\ncd", 2));
        Assert.Equal((2, 1), RowQuery.PlaceOf("ab\ncd", 3));
        Assert.Equal((2, 2), RowQuery.PlaceOf("ab\ncd", 4));
    }

    [Fact]
    public async Task A_row_becomes_an_event_with_its_columns()
    {
        var taipei = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei");
        var mapping = new RowMapping { Time = "at", Zone = taipei, Severity = "Level", Host = "machine", App = "program", Message = "what" };
        var item = await OneAsync(mapping, ("id", RowValueKind.Number, "7"), ("at", RowValueKind.Text, "2026-11-29 18:00:01.5"), ("level", RowValueKind.Text, "warning"), ("machine", RowValueKind.Text, "db1"), ("program", RowValueKind.Text, "hr"),
            ("what", RowValueKind.Text, "登入失敗 \"x\""), ("client_ip", RowValueKind.Text, "192.0.2.5"), ("amount", RowValueKind.Number, "12.50"), ("odd", RowValueKind.Number, "NaN"), ("ok", RowValueKind.Flag, "true"), ("none", RowValueKind.Null, ""));
        Assert.Equal("""{"id":7,"at":"2026-11-29 18:00:01.5","level":"warning","machine":"db1","program":"hr","what":"登入失敗 \"x\"","client_ip":"192.0.2.5","amount":12.50,"odd":"NaN","ok":true}""", item.Raw);
        Assert.Equal((new DateTimeOffset(2026, 11, 29, 10, 0, 1, 500, TimeSpan.Zero), true, 4, "db1", "hr", "登入失敗 \"x\"", "192.0.2.5"), (item.OccurredAt?.ToUniversalTime(), item.TimeZoneAssumed, item.Severity, item.Host, item.App, item.Message, item.SourceIp));
        Assert.Equal(["amount", "client_ip", "id", "log.database", "log.row", "odd", "ok"], item.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(item.Problems);
    }

    [Theory]
    [InlineData("2026-11-29T10:00:00Z", "2026-11-29T10:00:00", false)]
    [InlineData("2026-11-29T10:00:00+08:00", "2026-11-29T02:00:00", false)]
    [InlineData("2026-11-29", "2026-11-28T16:00:00", true)]
    [InlineData("1795946400", "2026-11-29T10:00:00", false)]
    [InlineData("1795946400000", "2026-11-29T10:00:00", false)]
    public async Task Times_of_all_forms_are_read(string text, string utc, bool assumed)
    {
        var item = await OneAsync(new RowMapping { Time = "at", Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei") }, ("id", RowValueKind.Number, "1"), ("at", RowValueKind.Text, text));
        Assert.Equal((utc, assumed), (item.OccurredAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture), item.TimeZoneAssumed));
    }

    [Fact]
    public async Task The_raw_text_is_JSON_whatever_the_values_hold()
    {
        var random = new Random(9);
        string[] pieces = ["a", "\"", "\\", "\n", "\t", "\0", "\u001f", "\u007f", "登", "😀", "\ud800", "\udc00", "-", "0", "1", ".", "e", "+", "true"];
        for (var i = 0; i < 2_000; i++)
        {
            var (name, text, kind) = (Text(3), Text(8), (RowValueKind)random.Next(1, 4));
            var item = await OneAsync(new RowMapping(), ("id", RowValueKind.Number, "1"), (name + "x", kind, text));
            using var json = System.Text.Json.JsonDocument.Parse(item.Raw);
            var value = json.RootElement.GetProperty(Whole(name) + "x");
            Assert.Equal(Whole(text), value.ValueKind is System.Text.Json.JsonValueKind.String ? value.GetString() : value.GetRawText());
        }

        string Text(int length) => string.Concat(Enumerable.Range(0, random.Next(length)).Select(_ => pieces[random.Next(pieces.Length)]));

        static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task What_is_not_understood_stays_a_field_with_a_problem()
    {
        var item = await OneAsync(new RowMapping { Time = "at", Severity = "level" }, ("id", RowValueKind.Number, "1"), ("at", RowValueKind.Text, "yesterday"), ("level", RowValueKind.Number, "99"));
        Assert.Equal(("yesterday", "99", null, null), (item.Field("at"), item.Fields["level"], item.OccurredAt, item.Severity));
        Assert.Equal([LogProblem.Of(LogProblem.TimeUnread, "yesterday")], item.Problems);
    }

    [Fact]
    public async Task Long_values_are_cut_and_marked_and_told_apart_all_the_same()
    {
        var (first, second) = (Wide('a'), Wide('b'));
        Assert.True(first.IsCut);
        Assert.Equal(first.Values, second.Values);
        Assert.NotEqual(first.Hash, second.Hash);
        Assert.Equal([RowBuilder.MaxValue, RowBuilder.MaxRow - RowBuilder.MaxValue, 0], first.Values.Take(3).Select(v => v.Text.Length));
        // What is short is kept, for it may be the bookmark.
        Assert.Equal("7", first.Values[3].Text);
        // A surrogate pair is not cut in two, and bytes are digits.
        var row = RowBuilder.Of(["x"], new RowValue(RowValueKind.Text, new string('x', RowBuilder.MaxValue - 1) + "😀"));
        Assert.Equal(RowBuilder.MaxValue - 1, row.Values[0].Text.Length);
        using var builder = new RowBuilder(["a", "a", "", "a_1"]);
        builder.Add([0xDE, 0xAD]);
        builder.AddUtf8("é\xff"u8);
        await builder.AddAsync(new StringReader(new string('y', 1_000_000)), TestContext.Current.CancellationToken);
        builder.Null();
        var built = builder.Build();
        Assert.Equal(("dead", RowBuilder.MaxValue, RowValueKind.Null, true), (built.Values[0].Text, built.Values[2].Text.Length, built.Values[3].Kind, built.IsCut));
        Assert.Equal(["a", "a_1", "column", "a_1_1"], built.Names);
        // The limits between values count.
        Assert.NotEqual(RowBuilder.Of(["a", "b"], new RowValue(RowValueKind.Text, "xy"), new RowValue(RowValueKind.Text, "")).Hash, RowBuilder.Of(["a", "b"], new RowValue(RowValueKind.Text, "x"), new RowValue(RowValueKind.Text, "y")).Hash);
        Assert.NotEqual(RowBuilder.Of(["a"], new RowValue(RowValueKind.Text, "")).Hash, RowBuilder.Of(["a"], new RowValue(RowValueKind.Null, "")).Hash);

        static Row Wide(char last) => RowBuilder.Of(["a", "b", "c", "id"], new RowValue(RowValueKind.Text, new string('x', 200_000) + last), new RowValue(RowValueKind.Text, new string('y', 200_000)), new RowValue(RowValueKind.Text, new string('z', 2_000)), new RowValue(RowValueKind.Number, "7"));
    }

    private static async Task<LogEvent> OneAsync(RowMapping mapping, params (string Name, RowValueKind Kind, string Text)[] values)
    {
        var options = new RowTailOptions { Name = "LDB-1", Source = "rows", StateFile = "none", Identity = "x", BookmarkColumn = "id", Mapping = mapping };
        return (await RowTail.TryAsync(options, new Single(RowBuilder.Of([.. values.Select(v => v.Name)], [.. values.Select(v => new RowValue(v.Kind, v.Text))])), 20, TestContext.Current.CancellationToken))[0];
    }

    private sealed class Single(Row row) : IRowSource
    {
        public async IAsyncEnumerable<Row> ReadAsync(string? after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            await Task.CompletedTask;
            yield return row;
        }

        public Task<string?> LatestAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
