using System.IO.Compression;
using System.Text;

namespace Hufu.Documents.Tests;

public class HostileTests
{
    [Fact]
    public void ZipBomb_IsStoppedByItsRatio_LongBeforeItsSize()
    {
        var rows = string.Concat(Enumerable.Repeat("<row r='1' spans='1:9' customHeight='1'/>", 600_000));
        Assert.Equal("table.ratio", Support.FirstError(Support.Xlsx(rows))!.Code);
        Assert.Equal("table.xml-token", Support.FirstError(Support.Xlsx($"<row r='{new string('1', 12 * 1024 * 1024)}'/>"))!.Code);
    }

    [Fact]
    public void UnpackedSize_IsCountedNotBelieved()
    {
        var bytes = Support.Xlsx(string.Concat(Enumerable.Repeat("<row/>", 400_000)));
        Assert.Equal("table.unpacked-too-large", Support.FirstError(bytes, options: new TableReadOptions { MaxUnpackedBytes = 1_000_000 })!.Code);
    }

    [Fact]
    public void ManyParts_AreRefused()
    {
        var parts = Enumerable.Range(0, 300).Select(i => ($"p{i}", "")).Concat(Support.XlsxParts("")).ToArray();
        Assert.Equal("table.entries", Support.FirstError(Support.Zip(parts), options: new TableReadOptions { MaxEntries = 100 })!.Code);
    }

    [Fact]
    public void EndlessCell_IsAnErrorWithItsPlace()
    {
        var error = Support.FirstError(Support.Xlsx($"<row r='7'><c r='C7' t='inlineStr'><is><t>{string.Concat(Enumerable.Range(0, 20_000).Select(i => i + " "))}</t></is></c></row>"))!;
        Assert.Equal("table.cell-too-long", error.Code);
        Assert.Contains("row 7, column C", error.Message.En, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepXml_IsRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 100)) + string.Concat(Enumerable.Repeat("</a>", 100));
        Assert.Equal("table.xml-depth", Support.FirstError(Support.Xlsx(deep))!.Code);
        Assert.Equal("table.xml-depth", Support.FirstError(Support.Ods($"<table:table>{deep}</table:table>"), "a.ods")!.Code);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><worksheet>&b;</worksheet>")]
    [InlineData("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><worksheet/>")]
    public void Dtd_IsRefused(string sheet)
    {
        var parts = Support.XlsxParts("").Select(p => p.Name == "xl/worksheets/sheet1.xml" ? (p.Name, sheet) : p).ToArray();
        Assert.Equal("table.dtd", Support.FirstError(Support.Zip(parts))!.Code);
    }

    public static TheoryData<string, byte[], string> WrongFiles => new()
    {
        { "empty.xlsx", [], "table.empty" },
        { "old.xls", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[2000], .. Encoding.Unicode.GetBytes("Workbook")], "table.xls" },
        { "locked.xlsx", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[65_510], .. Encoding.Unicode.GetBytes("EncryptedPackage"), .. new byte[99]], "table.encrypted" },
        { "paper.xlsx", [.. "%PDF-1.7"u8], "table.pdf" },
        { "export.xls", [.. "<html><body><table><tr><td>1"u8], "table.html" },
        { "x.xml", [.. "<?xml version='1.0'?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>"u8], "table.xml-spreadsheet" },
        { "a.csv", [1, 0, 2, 3, 0, 0, 0, 200], "table.binary" },
        { "a.xlsx", Support.Zip(("hello.txt", "hello")), "table.archive" },
        { "a.xlsb", Support.Zip(("[Content_Types].xml", ""), ("xl/workbook.bin", "")), "table.xlsb" },
        { "a.odt", Support.Zip(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<a/>")), "table.not-spreadsheet" },
        { "locked.ods", Support.Zip(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "garbage"), ("META-INF/manifest.xml", "<manifest><file-entry><encryption-data/></file-entry></manifest>")), "table.encrypted" },
        { "half.xlsx", Support.Zip(("[Content_Types].xml", "<Types/>")), "table.part-missing" },
        { "no-sheet.xlsx", Support.Zip([.. Support.XlsxParts("").Where(p => p.Name != "xl/worksheets/sheet1.xml")]), "table.part-missing" },
        { "blank.xlsx", Support.Xlsx(""), "table.empty" },
    };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void WrongFile_IsNamedForWhatItIs_InBothLanguages(string name, byte[] bytes, string code)
    {
        var error = Support.FirstError(bytes, name)!;
        Assert.Equal(code, error.Code);
        Assert.Equal(name, error.Place);
        Assert.Contains(error.Message.Zh, c => c > 0x2E80);
        Assert.DoesNotContain(error.Message.En, c => c > 0x2E80);
    }

    [Theory]
    [InlineData(TableFormat.Xlsx, "a.csv")]
    [InlineData(TableFormat.Ods, "a.xlsx")]
    [InlineData(TableFormat.Csv, "a.xlsx")]
    public void WrongExtension_DoesNotMatter(TableFormat format, string name)
    {
        using var table = Support.Open(Support.Write(format, ["a", "b"], Support.Row("1", "2")), name);
        Assert.Equal(format, table.Format);
    }

    public static TheoryData<TableFormat> Formats => new(TableFormat.Xlsx, TableFormat.Ods, TableFormat.Csv);

    private static byte[] Sample(TableFormat format) => Support.Write(format, ["編號", "名稱", "備註"],
        [.. Enumerable.Range(0, 40).Select(i => new[] { CellValue.Of($"A-{i:000}"), CellValue.Of("主機 🐯, \"x\""), CellValue.Of(i) })]);

    [Theory]
    [MemberData(nameof(Formats))]
    public void TruncatedFile_NeverThrows(TableFormat format)
    {
        var bytes = Sample(format);
        var failed = 0;
        for (var n = 0; n < bytes.Length; n += Math.Max(1, bytes.Length / 200))
            failed += Support.FirstError(bytes[..n], "a." + format) is null ? 0 : 1;
        if (format != TableFormat.Csv)
            Assert.True(failed > 190, $"Only {failed} truncations were noticed.");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void MutatedFile_NeverThrows(TableFormat format)
    {
        var bytes = Sample(format);
        var random = new Random(20_260_501);
        for (var round = 0; round < 600; round++)
            Assert.True(Survives(Mutate(bytes, random), "a." + format));
    }

    [Theory]
    [InlineData("xl/worksheets/sheet1.xml")]
    [InlineData("xl/workbook.xml")]
    [InlineData("xl/_rels/workbook.xml.rels")]
    [InlineData("xl/styles.xml")]
    [InlineData("content.xml")]
    public void MutatedPart_NeverThrows(string part)
    {
        var ods = part == "content.xml";
        var parts = new Dictionary<string, byte[]>();
        using (var zip = new ZipArchive(new MemoryStream(Sample(ods ? TableFormat.Ods : TableFormat.Xlsx))))
            foreach (var entry in zip.Entries)
            {
                using var copy = new MemoryStream();
                using var from = entry.Open();
                from.CopyTo(copy);
                parts[entry.FullName] = copy.ToArray();
            }

        var random = new Random(77);
        for (var round = 0; round < 300; round++)
        {
            using var stream = new MemoryStream();
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
                foreach (var (name, content) in parts)
                {
                    using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                    entry.Write(name == part ? Mutate(content, random) : content);
                }

            Assert.True(Survives(stream.ToArray(), "a.xlsx"));
        }
    }

    /// <summary>Reads to the end; an exception would fail the test, a hang would meet the limits.</summary>
    private static bool Survives(byte[] bytes, string name)
    {
        var error = Support.FirstError(bytes, name, new TableReadOptions { MaxRows = 5000, MaxUnpackedBytes = 4_000_000 });
        return error is null || error.Code.StartsWith("table.", StringComparison.Ordinal);
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var n = random.Next(1, 6); n > 0 && list.Count > 0; n--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(5))
            {
                case 0:
                    list[at] = (byte)random.Next(256);
                    break;
                case 1:
                    list[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    list.RemoveAt(at);
                    break;
                case 3:
                    list.Insert(at, "<>\"'&/9-\0=,"u8[random.Next(11)]);
                    break;
                default:
                    var length = Math.Min(random.Next(1, 200), list.Count - at);
                    list.InsertRange(random.Next(list.Count), list.GetRange(at, length));
                    break;
            }
        }

        return [.. list];
    }
}
