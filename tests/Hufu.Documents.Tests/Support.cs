using System.IO.Compression;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Documents.Tests;

/// <summary>Small files made in memory.</summary>
internal static class Support
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    public static Table Open(byte[] bytes, string name = "test.xlsx", TableReadOptions? options = null)
    {
        var result = TableReader.Open(new MemoryStream(bytes), name, options);
        Assert.True(result.IsOk, string.Join("; ", result.Errors));
        return result.Value;
    }

    public static Table OpenCsv(string text, TableReadOptions? options = null, string name = "test.csv") => Open(new UTF8Encoding(false).GetBytes(text), name, options);

    /// <summary>The first error on the way: at opening or in the rows.</summary>
    public static Error? FirstError(byte[] bytes, string name = "test.xlsx", TableReadOptions? options = null)
    {
        var result = TableReader.Open(new MemoryStream(bytes), name, options);
        if (!result.IsOk)
            return result.Errors[0];
        using var table = result.Value;
        foreach (var row in table.AllRows)
            if (!row.IsOk)
                return row.Errors[0];
        return null;
    }

    public static string[][] Texts(this Table table) => [.. table.Rows.Select(r => r.Value.Cells.Select(c => c.Text).ToArray())];

    public static byte[] Zip(params (string Name, string Content)[] parts)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in parts)
            {
                using var part = zip.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }

        return stream.ToArray();
    }

    /// <summary>A workbook from raw sheet data, as other programs write it.</summary>
    public static byte[] Xlsx(string sheetData, string? shared = null, string? styles = null, string workbookPr = "", string after = "") => Zip(XlsxParts(sheetData, shared, styles, workbookPr, after));

    public static (string Name, string Content)[] XlsxParts(string sheetData, string? shared = null, string? styles = null, string workbookPr = "", string after = "") =>
    [
        ("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"),
        ("_rels/.rels", $"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='a' Type='{Rel}/officeDocument' Target='xl/workbook.xml'/></Relationships>"),
        ("xl/workbook.xml", $"<workbook xmlns='{Main}' xmlns:r='{Rel}'>{workbookPr}<sheets><sheet name='清冊' sheetId='1' r:id='s1'/><sheet name='祕密' sheetId='2' state='hidden' r:id='s2'/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", $"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='s1' Type='{Rel}/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='s2' Type='{Rel}/worksheet' Target='/xl/worksheets/sheet2.xml'/><Relationship Id='st' Type='{Rel}/styles' Target='styles.xml'/>{(shared is null ? "" : $"<Relationship Id='ss' Type='{Rel}/sharedStrings' Target='sharedStrings.xml'/>")}</Relationships>"),
        ("xl/worksheets/sheet1.xml", $"<worksheet xmlns='{Main}'><sheetData>{sheetData}</sheetData>{after}</worksheet>"),
        ("xl/worksheets/sheet2.xml", $"<worksheet xmlns='{Main}'><sheetData><row r='1'><c t='inlineStr'><is><t>hidden</t></is></c></row></sheetData></worksheet>"),
        ("xl/styles.xml", styles ?? $"<styleSheet xmlns='{Main}'/>"),
        ("xl/sharedStrings.xml", shared is null ? "<sst/>" : $"<sst xmlns='{Main}'>{shared}</sst>"),
    ];

    public static byte[] Ods(string tables, string styles = "") => Zip(
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", $"<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"));

    public static byte[] Write(TableFormat format, string[] headers, params CellValue[][] rows)
    {
        using var stream = new MemoryStream();
        var result = TableWriter.Write(stream, format, new SheetContent("表", headers, rows));
        Assert.True(result.IsOk);
        return stream.ToArray();
    }

    public static CellValue[] Row(params string[] texts) => [.. texts.Select(CellValue.Of)];
}
