namespace Hufu.Documents.Tests;

public class XlsxReadingTests
{
    private const string Styles = "<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><numFmts><numFmt numFmtId='170' formatCode='[$-404]e/m/d;@'/><numFmt numFmtId='171' formatCode='0.00E+00'/><numFmt numFmtId='172' formatCode='&quot;day&quot;0'/><numFmt numFmtId='173' formatCode='[h]:mm'/></numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='170'/><xf numFmtId='171'/><xf numFmtId='172'/><xf numFmtId='22'/><xf numFmtId='21'/><xf numFmtId='173'/></cellXfs></styleSheet>";

    private static TableCell Cell(string xml, string workbookPr = "", string? shared = null) =>
        Support.Open(Support.Xlsx($"<row r='1'>{xml}</row>", shared, Styles, workbookPr), options: new TableReadOptions { HeaderRow = 0 }).AllRows.First().Value.Cells[^1];

    [Theory]
    [InlineData("<c r='A1' s='1'><v>45414</v></c>", "2024-05-02", TableCellKind.Date)]
    [InlineData("<c r='A1' s='2'><v>45414</v></c>", "2024-05-02", TableCellKind.Date)]
    [InlineData("<c r='A1' s='5'><v>45414.4375</v></c>", "2024-05-02T10:30:00", TableCellKind.DateTime)]
    [InlineData("<c r='A1' s='6'><v>0.4375</v></c>", "10:30:00", TableCellKind.Time)]
    [InlineData("<c r='A1' s='7'><v>1.5</v></c>", "36:00:00", TableCellKind.Time)]
    [InlineData("<c r='A1' s='3'><v>45414</v></c>", "45414", TableCellKind.Number)]
    [InlineData("<c r='A1' s='4'><v>45414</v></c>", "45414", TableCellKind.Number)]
    [InlineData("<c r='A1' s='1'><v>59</v></c>", "1900-02-28", TableCellKind.Date)]
    [InlineData("<c r='A1' s='1'><v>60</v></c>", "60", TableCellKind.Number)]
    [InlineData("<c r='A1' s='1'><v>61</v></c>", "1900-03-01", TableCellKind.Date)]
    [InlineData("<c r='A1' s='1'><v>-3</v></c>", "-3", TableCellKind.Number)]
    [InlineData("<c r='A1'><v>0.30000000000000004</v></c>", "0.3", TableCellKind.Number)]
    [InlineData("<c r='A1'><v>1E+20</v></c>", "100000000000000000000", TableCellKind.Number)]
    [InlineData("<c r='A1'><v>1e400</v></c>", "1e400", TableCellKind.Text)]
    [InlineData("<c r='A1' t='b'><v>1</v></c>", "TRUE", TableCellKind.Boolean)]
    [InlineData("<c r='A1' t='e'><v>#N/A</v></c>", "#N/A", TableCellKind.Error)]
    [InlineData("<c r='A1' t='d' s='1'><v>2024-05-02</v></c>", "2024-05-02", TableCellKind.Date)]
    [InlineData("<c r='A1' t='inlineStr'><is><r><t>甲</t></r><r><t xml:space='preserve'> 乙</t></r><rPh><t>x</t></rPh></is></c>", "甲 乙", TableCellKind.Text)]
    [InlineData("<c r='A1' t='inlineStr'><is><t>a_x000D_b_x005F_x0041_</t></is></c>", "a\rb_x0041_", TableCellKind.Text)]
    public void Cell_OfEachKind_IsReadAsItsText(string xml, string text, TableCellKind kind) => Assert.Equal(new TableCell(text, kind), Cell(xml));

    [Fact]
    public void Cell_WithFormula_GivesStoredValueAndSaysSo() =>
        Assert.Equal(new TableCell("6", TableCellKind.Number, IsFormula: true), Cell("<c r='A1'><f>SUM(B1:B3)</f><v>6</v></c>"));

    [Fact]
    public void Cell_OfWorkbookCountingFrom1904_IsTheSameDay() => Assert.Equal("2024-05-02", Cell("<c r='A1' s='1'><v>43952</v></c>", "<workbookPr date1904='1'/>").Text);

    [Fact]
    public void SharedText_IsFound_AndMissingOneIsAnError()
    {
        Assert.Equal("乙", Cell("<c r='A1' t='s'><v>1</v></c>", shared: "<si><t>甲</t></si><si><t>乙</t></si>").Text);
        Assert.Equal("table.shared-text-missing", Support.FirstError(Support.Xlsx("<row r='1'><c t='s'><v>9</v></c></row>", "<si><t>甲</t></si>"))!.Code);
    }

    [Fact]
    public void Rows_KeepTheNumbersThatThePersonSees()
    {
        using var table = Support.Open(Support.Xlsx("<row r='3'><c r='B3' t='inlineStr'><is><t>編號</t></is></c><c r='C3' t='inlineStr'><is><t>名稱</t></is></c></row><row r='4'/><row r='9'><c r='B9'><v>1</v></c><c r='D9'><v>2</v></c></row>"));
        Assert.Equal(3, table.HeaderRow);
        Assert.Equal(["", "編號", "名稱"], table.Headers);
        var row = Assert.Single(table.ReadAll().Value);
        Assert.Equal(9, row.Number);
        Assert.Equal(["", "1", "", "2"], row.Cells.Select(c => c.Text));
    }

    [Fact]
    public void Sheets_AreListedWithHiddenOnes_AndCanBeChosen()
    {
        var bytes = Support.Xlsx("<row r='1'><c t='inlineStr'><is><t>a</t></is></c></row>");
        using var table = Support.Open(bytes);
        Assert.Equal([new TableSheet("清冊", false), new TableSheet("祕密", true)], table.Sheets);
        Assert.Equal("清冊", table.Sheet.Name);
        using var hidden = Support.Open(bytes, options: new TableReadOptions { Sheet = "祕密" });
        Assert.Equal(["hidden"], hidden.Headers);
        var missing = Support.FirstError(bytes, options: new TableReadOptions { Sheet = "無" })!;
        Assert.Equal("table.sheet-missing", missing.Code);
        Assert.Contains("清冊", missing.Message.Zh, StringComparison.Ordinal);
    }

    [Fact]
    public void MergedCells_AreKnownBeforeTheRows_AndRepeatDownwards()
    {
        static string T(string r, string t) => $"<c r='{r}' t='inlineStr'><is><t>{t}</t></is></c>";
        var bytes = Support.Xlsx(
            $"<row r='1'>{T("A1", "資產清冊")}</row><row r='2'>{T("A2", "單位")}{T("B2", "名稱")}</row><row r='3'>{T("A3", "資訊處")}{T("B3", "web01")}</row><row r='4'>{T("B4", "db01")}</row><row r='5'>{T("B5", "x")}</row>",
            after: "<mergeCells count='2'><mergeCell ref='A1:B1'/><mergeCell ref='A3:A4'/></mergeCells>");
        using var table = Support.Open(bytes);
        Assert.Equal([new TableMerge(1, 1, 1, 2), new TableMerge(3, 1, 4, 1)], table.Merges);
        Assert.Equal(2, table.HeaderRow);
        Assert.Equal([["資訊處", "web01"], ["資訊處", "db01"], ["", "x"]], table.Texts());
        Assert.True(table.Rows.ElementAt(1).Value[0].IsMergedCopy);
        using var plain = Support.Open(bytes, options: new TableReadOptions { FillMergedCells = false });
        Assert.Equal(["", "db01"], plain.Texts()[1]);
    }

    [Fact]
    public void EmptyFormattedCells_FarOut_CountForNothing()
    {
        using var table = Support.Open(Support.Xlsx("<row r='1'><c r='A1' t='inlineStr'><is><t>a</t></is></c><c r='XFD1' s='1'/></row><row r='1048576'><c r='A1048576' s='1'/></row>"));
        Assert.Equal(["a"], table.Headers);
        Assert.Empty(table.Rows);
    }

    [Fact]
    public void Table_CanBeReadTwice()
    {
        using var table = Support.Open(Support.Write(TableFormat.Xlsx, ["a", "b"], Support.Row("1", "2"), Support.Row("3", "4")));
        Assert.Equal(table.Texts(), table.Texts());
        Assert.Equal(2, table.Texts().Length);
    }

    [Fact]
    public void Stream_ThatCannotSeek_IsReadToo()
    {
        var bytes = Support.Write(TableFormat.Xlsx, ["a", "b"], Support.Row("1", "2"));
        using var pipe = new System.IO.Compression.GZipStream(new MemoryStream(Gzip(bytes)), System.IO.Compression.CompressionMode.Decompress);
        using var table = TableReader.Open(pipe, "a.xlsx").Value;
        Assert.Equal([["1", "2"]], table.Texts());
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Fastest, true))
            gzip.Write(bytes);
        return stream.ToArray();
    }
}
