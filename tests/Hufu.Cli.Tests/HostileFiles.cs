using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Hufu.Cli.Tests;

/// <summary>Files that are broken or made to do harm, with what a person must be told of each.</summary>
internal static class HostileFiles
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    // Headings that the import of people knows too: it must get as far as the rows.
    private const string Header = "帳號,姓名,資產類別,機密性,完整性,可用性\n";

    /// <summary>Name, contents, and the words that the English message must hold.</summary>
    internal static IReadOnlyDictionary<string, (byte[] Bytes, string[] Words)> Tables { get; } = new Dictionary<string, (byte[], string[])>(StringComparer.Ordinal)
    {
        ["broken.xlsx"] = ([0x50, 0x4B, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8], ["damaged or incomplete", "save it anew"]),
        ["truncated.xlsx"] = (Half(Xlsx("<row r='1'><c t='inlineStr'><is><t>資產編號</t></is></c></row>")), ["damaged or incomplete", "save it anew"]),
        ["bomb.xlsx"] = (Bomb("xl/worksheets/sheet1.xml"), ["was not read further"]),
        ["bomb.ods"] = (Bomb("content.xml"), ["was not read further"]),
        ["wide.xlsx"] = (Xlsx("<row r='1'>" + string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => "<c t='inlineStr'><is><t>x</t></is></c>")) + "</row>", "<cols><col min='1' max='1000000' width='9'/></cols>"), ["Row 1", "512 columns", "Delete"]),
        ["wide.ods"] = (Ods("<table:table table:name='a'><table:table-row><table:table-cell table:number-columns-repeated='1000000' office:value-type='string'><text:p>x</text:p></table:table-cell></table:table-row></table:table>"), ["Row 1", "512 columns"]),
        ["outside.xlsx"] = (Xlsx("", relation: "<Relationship Id='s1' Type='" + Rel + "/worksheet' Target='../../../../../../etc/passwd'/>"), ["etc/passwd", "not a complete spreadsheet"]),
        ["external.xlsx"] = (Xlsx("", relation: "<Relationship Id='s1' Type='" + Rel + "/worksheet' TargetMode='External' Target='file:///etc/passwd'/>"), ["no sheet"]),
        ["dtd.xlsx"] = (Xlsx("<row><c><v>&b;</v></c></row>", prolog: "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"), ["declares a DTD"]),
        ["zeros.csv"] = ([.. Encoding.UTF8.GetBytes(Header + "A-1,"), 0, 0, 0, 1, 2, .. "x,hardware,high,high,high\n"u8], ["neither a spreadsheet nor a text file"]),
        ["late-zero.csv"] = ([.. Encoding.UTF8.GetBytes(Header + Lines(3000)), .. "Z-1,a"u8, 0, .. "b,hardware,high,high,high\n"u8], ["Row 3002", "line 3002"]),
        ["quote.csv"] = (Encoding.UTF8.GetBytes(Header + Lines(5) + "Q-1,\"never closed,hardware,high,high,high\nQ-2,b,hardware,high,high,high\n"), ["row 7", "line 7", "quotation mark"]),
        ["long-quote.csv"] = (Encoding.UTF8.GetBytes(Header + Lines(5) + "Q-1,\"never closed,hardware,high,high,high\n" + Lines(4000)), ["row 7, column B", "closing quotation mark"]),
        ["not-utf8.csv"] = ([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Header + Lines(2) + "B-1,"), 0xFF, 0xC0, .. "x,hardware,high,high,high\n"u8], ["Row 4", "line 4", "utf-8"]),
        ["odd.csv"] = ([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Header + Lines(2)), 0x41], ["Row 4", "utf-16"]),
        ["paper.xlsx"] = ([.. "%PDF-1.7\n%âãÏÓ"u8], ["PDF"]),
        ["page.xls"] = ([.. "<html><body><table><tr><td>1"u8], ["HTML", "web page"]),
    };

    internal static IReadOnlyDictionary<string, (byte[] Bytes, string[] Words)> Scans { get; } = new Dictionary<string, (byte[], string[])>(StringComparer.Ordinal)
    {
        ["entities.xml"] = (Encoding.UTF8.GetBytes("""<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><nmaprun scanner="nmap"><host><hostnames><hostname name="&c;"/></hostnames></host></nmaprun>"""), ["document type declaration", "refused for safety"]),
        ["outside.xml"] = (Encoding.UTF8.GetBytes("""<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun scanner="nmap"><host><hostnames><hostname name="&x;"/></hostnames></host></nmaprun>"""), ["document type declaration", "refused for safety"]),
        ["cut.xml"] = (Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?>\n<nmaprun scanner=\"nmap\">\n<host>"), ["line 3"]),
    };

    /// <summary>A list of assets with good rows and one text at the place of a title.</summary>
    internal static byte[] Assets(params (string Code, string Title)[] rows) =>
        Encoding.UTF8.GetBytes("資產編號,資產名稱,資產類別,機密性,完整性,可用性\n" + string.Concat(rows.Select(r => $"{r.Code},\"{r.Title.Replace("\"", "\"\"", StringComparison.Ordinal)}\",hardware,high,high,high\n")));

    private static string Lines(int count) => string.Concat(Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"L-{i:D5},主機 {i},hardware,high,high,high\n")));

    private static byte[] Half(byte[] bytes) => bytes[..(bytes.Length / 2)];

    private static byte[] Xlsx(string rows, string before = "", string? relation = null, string prolog = "") => Zip(
        ("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"),
        ("_rels/.rels", $"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='a' Type='{Rel}/officeDocument' Target='xl/workbook.xml'/></Relationships>"),
        ("xl/workbook.xml", $"<workbook xmlns='{Main}' xmlns:r='{Rel}'><sheets><sheet name='../../清冊' sheetId='1' r:id='s1'/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", $"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{relation ?? $"<Relationship Id='s1' Type='{Rel}/worksheet' Target='worksheets/sheet1.xml'/>"}</Relationships>"),
        ("xl/worksheets/sheet1.xml", $"{prolog}<worksheet xmlns='{Main}'>{before}<sheetData>{rows}</sheetData></worksheet>"));

    private static byte[] Ods(string tables) => Zip(
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", $"<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"));

    private static byte[] Bomb(string part)
    {
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (var source = new ZipArchive(new MemoryStream(part == "content.xml" ? Zip(("mimetype", "application/vnd.oasis.opendocument.spreadsheet")) : Xlsx(""))))
            {
                foreach (var entry in source.Entries.Where(e => e.FullName != part))
                {
                    using var from = entry.Open();
                    using var to = zip.CreateEntry(entry.FullName).Open();
                    from.CopyTo(to);
                }
            }

            using var bomb = zip.CreateEntry(part, CompressionLevel.Fastest).Open();
            bomb.Write("<worksheet>"u8);
            var blanks = new byte[1 << 20];
            Array.Fill(blanks, (byte)' ');
            for (var i = 0; i < 100; i++) bomb.Write(blanks);
        }

        return buffer.ToArray();
    }

    private static byte[] Zip(params (string Name, string Content)[] parts)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in parts)
            {
                using var part = zip.CreateEntry(name, content.Length > 1_000_000 ? CompressionLevel.NoCompression : CompressionLevel.Fastest).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return stream.ToArray();
    }
}
