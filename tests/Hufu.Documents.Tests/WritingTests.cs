using System.Globalization;
using System.Text;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;
using FsCheck;
using FsCheck.Fluent;

namespace Hufu.Documents.Tests;

public class WritingTests
{
    private static readonly CellValue[][] Rows =
    [
        [CellValue.Of("A-001"), CellValue.Of("網站主機 🐯"), CellValue.Of(12.50m), CellValue.Of(new DateOnly(2024, 5, 2)), CellValue.Of(new DateTime(2024, 5, 2, 10, 30, 0)), CellValue.Of(true), CellValue.Of("=1+1")],
        [CellValue.Of("00123"), CellValue.Empty, CellValue.Of(-3m), CellValue.Of(new DateOnly(1899, 1, 1)), CellValue.Empty, CellValue.Of(false), CellValue.Of("a\nb")],
    ];

    private static readonly string[] Headers = ["編號", "名稱", "數量", "日期", "時間", "是否", "備註"];

    public static TheoryData<TableFormat> Formats => new(TableFormat.Xlsx, TableFormat.Ods, TableFormat.Csv);

    [Theory]
    [MemberData(nameof(Formats))]
    public void Written_ReadsBackTheSame(TableFormat format)
    {
        using var table = Support.Open(Support.Write(format, Headers, Rows), "a." + format);
        Assert.Equal(format, table.Format);
        Assert.Equal(Headers, table.Headers);
        Assert.Equal(Rows.Select(r => r.Select(c => c.Text)), table.Texts());
        if (format != TableFormat.Csv)
            Assert.Equal(Rows[0].Select(c => c.Kind), table.Rows.First().Value.Cells.Select(c => c.Kind));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void AnyTexts_ReadBackTheSame_ButForWhatNoFormatHolds(TableFormat format)
    {
        var tricky = Gen.Elements("", " ", "  a  b ", "\t", "a\r\nb\rc\n", "\n", "=cmd|' /C calc'!A0", "'=x", "''-", "-5", "+1", "-a", "@x", "'", "_x0041_", "_x005F__x0041_x0042_", "漢字，「」", "🐯👨‍👩‍👧", "\uD800", "\uDC00x", "\0", "\u0001\u001F", "\uFFFE\uFFFF", "\u0085\u2028", "a,b;c|d", "\"", "\"\"", "sep=;", "<&>]]>", "1e5", "007", "\uFEFFx", "　", "é\u0301");
        var text = Gen.OneOf(tricky, ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""), Gen.Two(tricky).Select(p => p.Item1 + p.Item2));
        var rows = text.ArrayOf().Where(r => r.Length is > 0 and < 6).ArrayOf();
        Prop.ForAll(rows.ToArbitrary(), data =>
        {
            using var stream = new MemoryStream();
            var cells = data.Select(r => (IReadOnlyList<CellValue>)[CellValue.Of("k"), .. r.Select(CellValue.Of)]).ToList();
            var report = TableWriter.Write(stream, format, new SheetContent("x", ["k"], cells)).Value;
            using var table = TableReader.Open(stream, "x." + format, new TableReadOptions { HeaderRow = 1 }).Value;
            var read = table.ReadAll().Value;
            var expected = cells.Select(r => r.Select(c => Storable(c.Text)).ToList()).ToList();
            expected.ForEach(r => r.RemoveRange(r.FindLastIndex(t => t.Length > 0) + 1, r.Count - r.FindLastIndex(t => t.Length > 0) - 1));
            var replaced = cells.Sum(r => r.Sum(c => Storable(c.Text).Count(x => x == '\uFFFD') - c.Text.Count(x => x == '\uFFFD')));
            return report.Rows == data.Length && report.ReplacedCharacters == replaced
                && expected.Count == read.Count && expected.Zip(read).All(p => p.First.SequenceEqual(p.Second.Cells.Select(c => c.Text)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(4711, 17));
    }

    /// <summary>What is left of a text, said in another way than the writer does: rune by rune.</summary>
    private static string Storable(string text)
    {
        var result = new StringBuilder();
        var normal = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        for (var i = 0; i < normal.Length;)
        {
            var ok = Rune.TryGetRuneAt(normal, i, out var rune);
            result.Append(ok && (rune.Value >= 0x20 || rune.Value is 9 or 10) && rune.Value is not (0xFFFE or 0xFFFF) ? rune.ToString() : "\uFFFD");
            i += ok ? rune.Utf16SequenceLength : 1;
        }

        return result.ToString();
    }

    [Fact]
    public void Csv_HasMarkAndCrLf_AndKeepsFormulasFromRunning()
    {
        var bytes = Support.Write(TableFormat.Csv, ["=h"], Support.Row("=1+1"), Support.Row("-5"), Support.Row("+886-2-1"), Support.Row("@a"), Support.Row("\tx"), Support.Row("＝1"), [CellValue.Of(-5m)]);
        Assert.Equal("\uFEFF'=h\r\n'=1+1\r\n-5\r\n'+886-2-1\r\n'@a\r\n'\tx\r\n'＝1\r\n-5\r\n", new UTF8Encoding(false).GetString(bytes));
    }

    [Fact]
    public void Xlsx_IsValidAfterTheSchema()
    {
        using var stream = new MemoryStream();
        var content = new SheetContent("資產/清冊", Headers, Rows) { Title = "海岸市政府資訊資產清冊" };
        Assert.True(TableWriter.Write(stream, TableFormat.Xlsx, [content, content with { IsHidden = true, Title = null }]).IsOk);
        using var document = SpreadsheetDocument.Open(stream, false);
        Assert.Empty(new OpenXmlValidator().Validate(document).Select(e => $"{e.Path?.XPath}: {e.Description}"));
        stream.Position = 0;
        using var table = TableReader.Open(stream, "a.xlsx").Value;
        Assert.Equal([new TableSheet("資產_清冊", false), new TableSheet("資產_清冊 (2)", true)], table.Sheets);
        Assert.Equal(2, table.HeaderRow);
        Assert.Equal([new TableMerge(1, 1, 1, 7)], table.Merges);
    }

    [Fact]
    public void Ods_BeginsWithItsPlainMediaType()
    {
        var bytes = Support.Write(TableFormat.Ods, Headers, Rows);
        Assert.Equal("mimetypeapplication/vnd.oasis.opendocument.spreadsheet", Encoding.ASCII.GetString(bytes, 30, 54));
        Assert.Equal(0, BitConverter.ToUInt16(bytes, 8));
        Assert.Equal(0, BitConverter.ToUInt16(bytes, 28));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void SameContent_GivesTheSameBytes(TableFormat format) => Assert.Equal(Support.Write(format, Headers, Rows), Support.Write(format, Headers, Rows));

    [Fact]
    public void Output_DoesNotDependOnTheCulture()
    {
        var before = CultureInfo.CurrentCulture;
        var expected = Support.Write(TableFormat.Ods, Headers, Rows);
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal(expected, Support.Write(TableFormat.Ods, Headers, Rows));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void NumbersThatSpreadsheetsWouldRound_AreText()
    {
        Assert.Equal(TableCellKind.Text, CellValue.Of(1234567890123456m).Kind);
        using var table = Support.Open(Support.Write(TableFormat.Xlsx, ["n"], [CellValue.Of(1234567890123456.7m)], [CellValue.Of(123456789012345m)]));
        Assert.Equal([["1234567890123456.7"], ["123456789012345"]], table.Texts());
    }

    [Fact]
    public void LongText_IsCutAndReported()
    {
        using var stream = new MemoryStream();
        var report = TableWriter.Write(stream, TableFormat.Xlsx, new SheetContent("x", ["a"], [Support.Row(new string('字', 40_000))])).Value;
        Assert.Equal(1, report.ShortenedCells);
        using var table = TableReader.Open(stream, "a.xlsx").Value;
        Assert.Equal(32_767, table.Texts()[0][0].Length);
    }
}
