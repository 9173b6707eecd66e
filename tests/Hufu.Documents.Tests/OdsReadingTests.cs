namespace Hufu.Documents.Tests;

public class OdsReadingTests
{
    private static string Text(string value, string attributes = "") => $"<table:table-cell office:value-type='string' {attributes}><text:p>{value}</text:p></table:table-cell>";

    [Fact]
    public void Cells_OfEachKind_AreRead()
    {
        var row = "<table:table-cell office:value-type='float' office:value='3.50'><text:p>3,5</text:p></table:table-cell><table:table-cell office:value-type='date' office:date-value='2024-05-02'/><table:table-cell office:value-type='boolean' office:boolean-value='true'/><table:table-cell office:value-type='time' office:time-value='PT26H30M00S'/><table:table-cell table:formula='of:=[.A1]*2' office:value-type='float' office:value='7'/><table:table-cell office:value-type='string'><office:annotation><text:p>note</text:p></office:annotation><text:p>一  二<text:s text:c='2'/>三<text:tab/></text:p><text:p><text:span>末</text:span></text:p></table:table-cell>";
        using var table = Support.Open(Support.Ods($"<table:table table:name='A'><table:table-row>{row}</table:table-row></table:table>"), "a.ods", new TableReadOptions { HeaderRow = 0 });
        Assert.Equal(
            [new("3.5", TableCellKind.Number), new("2024-05-02", TableCellKind.Date), new("TRUE", TableCellKind.Boolean), new("26:30:00", TableCellKind.Time), new("7", TableCellKind.Number, true), new TableCell("一 二  三\t\n末", TableCellKind.Text)],
            table.AllRows.Single().Value.Cells);
    }

    [Fact]
    public void RepeatedCellsAndRows_AreRepeated_AndTheEmptyMillionIsNot()
    {
        var bytes = Support.Ods($"<table:table table:name='A'><table:table-row>{Text("甲")}{Text("乙")}</table:table-row><table:table-row table:number-rows-repeated='3'>{Text("x", "table:number-columns-repeated='2'")}<table:table-cell table:number-columns-repeated='16382'/></table:table-row><table:table-row table:number-rows-repeated='1048572'><table:table-cell table:number-columns-repeated='16384'/></table:table-row></table:table>");
        using var table = Support.Open(bytes, "a.ods");
        Assert.Equal([["x", "x"], ["x", "x"], ["x", "x"]], table.Texts());
        Assert.Equal([2, 3, 4], table.Rows.Select(r => r.Value.Number));
    }

    [Theory]
    [InlineData("table:number-columns-repeated='4000000000'", "", "table.columns")]
    [InlineData("", "table:number-rows-repeated='4000000000'", "table.rows")]
    public void RepeatBombs_MeetTheLimits(string cell, string row, string code)
    {
        var options = new TableReadOptions { MaxRows = 1000 };
        Assert.Equal(code, Support.FirstError(Support.Ods($"<table:table table:name='A'><table:table-row {row}>{Text("x", cell)}</table:table-row></table:table>"), "a.ods", options)!.Code);
    }

    [Fact]
    public void HiddenSheet_IsListedAndNotChosen()
    {
        using var table = Support.Open(Support.Ods(
            $"<table:table table:name='A' table:style-name='h'><table:table-row>{Text("a")}</table:table-row></table:table><table:table table:name='B'><table:table-row>{Text("b")}</table:table-row></table:table>",
            "<style:style style:name='h' style:family='table'><style:table-properties table:display='false'/></style:style>"), "a.ods");
        Assert.Equal([new TableSheet("A", true), new TableSheet("B", false)], table.Sheets);
        Assert.Equal("b", Assert.Single(table.Headers));
    }

    [Fact]
    public void MergedCells_RepeatDownwards()
    {
        using var table = Support.Open(Support.Ods($"<table:table table:name='A'><table:table-row>{Text("單位")}{Text("名稱")}</table:table-row><table:table-row>{Text("甲", "table:number-rows-spanned='2' table:number-columns-spanned='1'")}{Text("x")}</table:table-row><table:table-row><table:covered-table-cell/>{Text("y")}</table:table-row></table:table>"), "a.ods");
        Assert.Equal([["甲", "x"], ["甲", "y"]], table.Texts());
        Assert.Equal([new TableMerge(2, 1, 3, 1)], table.Merges);
    }
}
