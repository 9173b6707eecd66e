using static Hufu.Web.Components.Tests.Rendering;

namespace Hufu.Web.Components.Tests;

public sealed class DataTableTests
{
    private sealed record Row(string Id, string Name, int Value);

    private static readonly Row[] Rows = [new("A-1", "網域控制站", 3), new("A-2", Hostile, 12)];

    private static IReadOnlyList<DataColumn<Row>> Columns(string? filter = null) =>
    [
        new() { Key = "name", Title = "名稱", Text = row => row.Name, Primary = true, SortHref = "?sort=name", Sort = SortDirection.Descending, Filter = new ColumnFilter("name", FilterKind.Text, filter) },
        new() { Key = "value", Title = "價值", Text = row => row.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), Align = CellAlign.End, SortHref = "?sort=value" },
        new() { Key = "id", Title = "編號", Text = row => row.Id, Hidden = true },
    ];

    private static System.Xml.Linq.XElement Table(IReadOnlyList<Row>? rows = null, string? filter = null, PageLinks? pages = null) => Parse(Html<DataTable<Row>>(new
    {
        Caption = "資產清冊",
        Rows = rows ?? Rows,
        Columns = Columns(filter),
        RowHref = (Func<Row, string?>)(row => "/assets/" + row.Id),
        RowKey = (Func<Row, string?>)(row => row.Id),
        Selectable = true,
        SearchName = "q",
        SearchValue = Hostile,
        FilterAction = "/assets",
        Keep = (IReadOnlyList<HiddenField>)[new("sort", "-name")],
        BulkActions = (IReadOnlyList<BulkAction>)[new("停用", "/assets/retire", Confirm: "要停用嗎？")],
        Token = new FormToken("__token", "abc"),
        ColumnsAction = "/assets",
        Pages = pages,
    }));

    [Fact]
    public void The_column_chooser_carries_search_filters_and_state_but_not_the_columns_of_before()
    {
        var table = Parse(Html<DataTable<Row>>(new
        {
            Caption = "資產清冊", Rows, Columns = Columns("控制"), SearchName = "q", SearchValue = "網域", FilterAction = "/assets", ColumnsAction = "/assets",
            Keep = (IReadOnlyList<HiddenField>)[new("sort", "-name"), new("columns", "name,id"), new("size", "100")],
        }));
        var chooser = Assert.Single(table.All("form"), f => f.Value("class") == "columns");
        var hidden = chooser.All("input").Where(i => i.Value("type") == "hidden").Select(i => $"{i.Value("name")}={i.Value("value")}");
        Assert.Equal(["sort=-name", "size=100", "q=網域", "name=控制"], hidden);
    }

    [Fact]
    public void The_sorted_column_says_so_and_only_it()
    {
        var sorted = Assert.Single(Table().All("th"), th => th.Value("aria-sort") is not null);
        Assert.Equal("descending", sorted.Value("aria-sort"));
        Assert.Equal("?sort=name", sorted.All("a").Single().Value("href"));
    }

    [Fact]
    public void The_primary_cell_heads_the_row_and_carries_the_link()
    {
        var heads = Table().All("tbody").Single().All("th").ToList();
        Assert.Equal(2, heads.Count);
        Assert.All(heads, head => Assert.Equal("row", head.Value("scope")));
        Assert.Equal("/assets/A-1", heads[0].All("a").Single().Value("href"));
        Assert.Equal(Hostile, heads[1].All("a").Single().Value);
    }

    [Fact]
    public void Selected_rows_are_posted_with_the_token_through_the_bulk_form()
    {
        var root = Table();
        var form = Assert.Single(root.All("form"), form => form.Value("method") == "post");
        var picks = root.All("input").Where(input => input.HasClass("pick")).ToList();
        Assert.Equal(["A-1", "A-2"], picks.Select(pick => pick.Value("value")));
        Assert.All(picks, pick => Assert.Equal(form.Value("id"), pick.Value("form")));
        Assert.Equal("abc", form.All("input").Single(input => input.Value("name") == "__token").Value("value"));
        var button = form.All("button").Single(button => button.Value("formaction") is not null);
        Assert.Equal("/assets/retire", button.Value("formaction"));
        Assert.Equal("要停用嗎？", button.Value("data-confirm"));
    }

    [Fact]
    public void Search_and_filters_share_one_form_that_keeps_the_rest()
    {
        var root = Table();
        var form = Assert.Single(root.All("form"), form => form.Value("id") == "list-filter");
        Assert.Equal("-name", form.All("input").Single().Value("value"));
        Assert.Equal(["q", "name"], root.All("input").Where(input => input.Value("form") == "list-filter").Select(input => input.Value("name")));
        Assert.Equal(Hostile, root.All("input").Single(input => input.Value("name") == "q" && input.Value("form") == "list-filter").Value("value"));
    }

    [Fact]
    public void Forms_are_never_nested() => Assert.All(Table().All("form"), form => Assert.Empty(form.Ancestors("form")));

    [Theory]
    [InlineData(null, false)]
    [InlineData("網", true)]
    public void The_filter_row_opens_when_a_filter_is_on(string? filter, bool open) =>
        Assert.Equal(open, Table(filter: filter).All("input").Single(input => input.HasClass("show-filters")).Value("checked") is not null);

    [Fact]
    public void A_hidden_column_stands_in_the_chooser_and_nowhere_else()
    {
        var root = Table();
        Assert.DoesNotContain(root.Descendants(), element => element.Value("data-c") == "id");
        Assert.Null(root.All("input").Single(input => input.Value("name") == "columns" && input.Value("value") == "id").Value("checked"));
    }

    [Fact]
    public void A_filter_on_a_hidden_column_stays_when_another_box_is_filled_in()
    {
        var table = Parse(Html<DataTable<Row>>(new
        {
            Caption = "資產清冊", Rows, Columns = (IReadOnlyList<DataColumn<Row>>)[.. Columns("控制"), new() { Key = "place", Title = "地點", Hidden = true, Filter = new ColumnFilter("place", FilterKind.Text, "機房") }], FilterAction = "/assets",
        }));
        var form = Assert.Single(table.All("form"), f => f.Value("id") == "list-filter");
        Assert.Equal("place=機房", Assert.Single(form.All("input").Select(i => $"{i.Value("name")}={i.Value("value")}")));
    }

    [Fact]
    public void An_empty_list_says_so_and_keeps_its_filters()
    {
        var root = Table([]);
        Assert.Contains(root.Descendants(), element => element.HasClass("empty"));
        Assert.Contains(root.All("input"), input => input.Value("name") == "name");
    }

    [Fact]
    public void A_pager_step_without_address_cannot_be_followed()
    {
        var pager = Table(pages: new PageLinks { NextHref = "?after=2", From = 1, To = 2, Total = 1234, TotalIsMinimum = true }).All("nav").Single(nav => nav.HasClass("pager"));
        Assert.Equal([null, null, "?after=2"], pager.All("a").Select(link => link.Value("href")));
        Assert.Equal(2, pager.All("a").Count(link => link.Value("aria-disabled") == "true"));
        Assert.Contains("第 1–2 筆，共 1,234+ 筆", pager.Parent!.Value, StringComparison.Ordinal);
    }
}
