using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Validation;
using Hufu.Documents.Fonts;
using UglyToad.PdfPig;

namespace Hufu.Documents.Tests;

/// <summary>Documents as DOCX, ODT and PDF: what went in comes out, and nothing that somebody else wrote breaks a file.</summary>
public class TextDocumentTests
{
    private static readonly FontFinder Fonts = new();

    private static TextDocument Sample(params TextBlock[] more) => new()
    {
        Title = "監控日報 2026-11-28",
        Author = "虎符",
        Made = new DateTimeOffset(2026, 11, 29, 0, 5, 0, TimeSpan.FromHours(8)),
        HeaderStart = "示範機關",
        HeaderEnd = "MRP-2026-0001 · 內部使用",
        FooterStart = "由系統產生",
        PageLabel = "第 {0} 頁，共 {1} 頁",
        Blocks =
        [
            new TextHeading(1, "監控日報"), new TextParagraph("中華民國115年11月28日 (Sat) 日誌共 1,234 筆，一切正常。"), new TextParagraph("未評估 ≠ 0", Quiet: true), new TextHeading(2, "告警"),
            new TextTable([new TextColumn("規則", 3), new TextColumn("作者", 1), new TextColumn("件數", 1, End: true)], [["密碼猜測 Guessing", "Florian Roth", "12"], ["簡短的列"], ["a < b & \"c\"", "=SUM(A1)", "7"]]),
            .. more,
        ],
    };

    private static byte[] Written(TextDocument document, TextFormat format)
    {
        var written = TextDocumentWriter.Write(document, format, Fonts);
        Assert.True(written.IsOk, string.Join("; ", written.Errors));
        return written.Value;
    }

    private static string DocxText(byte[] file)
    {
        using var opened = WordprocessingDocument.Open(new MemoryStream(file), false);
        var faults = new OpenXmlValidator(DocumentFormat.OpenXml.FileFormatVersions.Office2019).Validate(opened).ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(5).Select(f => $"{f.Part?.Uri} {f.Path?.XPath}: {f.Description}")));
        return string.Join('\n', opened.MainDocumentPart!.HeaderParts.Select(h => h.Header!.InnerText).Append(opened.MainDocumentPart.Document!.Body!.InnerText));
    }

    private static string OdtText(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        var first = zip.Entries[0];
        Assert.Equal(("mimetype", first.Length), (first.FullName, first.CompressedLength));
        // Where the magic number of the format is looked for: no extra field before the stored text.
        Assert.Equal("mimetypeapplication/vnd.oasis.opendocument.text", Encoding.ASCII.GetString(file, 30, 47));
        var text = new StringBuilder();
        foreach (var part in zip.Entries.Skip(1))
        {
            using var stream = part.Open();
            var xml = XDocument.Load(stream);
            if (part.FullName is "content.xml" or "styles.xml") text.Append(xml.Root!.Value).Append('\n');
        }

        return text.ToString();
    }

    private static string PdfText(byte[] file)
    {
        using var opened = PdfDocument.Open(file);
        return string.Join('\n', opened.GetPages().Select(p => p.Text));
    }

    private static void NeedsFont()
    {
        if (Fonts.Regular is null) Assert.Skip("This machine has no font with Chinese characters (fonts-noto-cjk).");
    }

    private static string TextOf(byte[] file, TextFormat format) => format switch { TextFormat.Docx => DocxText(file), TextFormat.Odt => OdtText(file), _ => PdfText(file) };

    [Theory]
    [InlineData(TextFormat.Docx)]
    [InlineData(TextFormat.Odt)]
    [InlineData(TextFormat.Pdf)]
    public void What_is_written_is_read_again_character_for_character(TextFormat format)
    {
        if (format is TextFormat.Pdf) NeedsFont();
        var file = Written(Sample(), format);
        var text = TextOf(file, format);
        // Characters that share a glyph with others (日 and the radical ⽇) come back as they were written.
        foreach (var part in new[] { "示範機關", "MRP-2026-0001 · 內部使用", "中華民國115年11月28日", "未評估 ≠ 0", "密碼猜測 Guessing", "Florian Roth", "a < b & \"c\"", "=SUM(A1)", "件數" }) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(file, Written(Sample(), format));
    }

    [Theory]
    [InlineData(TextFormat.Docx)]
    [InlineData(TextFormat.Odt)]
    [InlineData(TextFormat.Pdf)]
    public void Hostile_texts_do_not_break_a_file(TextFormat format)
    {
        if (format is TextFormat.Pdf) NeedsFont();
        var hostile = "\0\u0001\u001b[31m\ud800x\udc00\ufffe\uffff]]><w:p/>&amp;\u202eevil\u200b\t\r\n  two  \u0085\u2028 \U0001F600 (a) \\) Tj ET {0} {1}";
        var long1 = new string('字', 10_000);
        var long2 = new string('x', 10_000);
        var document = Sample(
            new TextHeading(2, hostile), new TextHeading(3, long1), new TextParagraph(hostile + long2), new TextParagraph(""),
            new TextTable([new TextColumn(hostile), new TextColumn(long2[..500], 0.2)], [[hostile, long1], [long2, hostile], [], ["end of it", ""]]),
            new TextTable([new TextColumn(""), new TextColumn("")], []), new TextTable([new TextColumn("h")], []), new TextParagraph("the last line"));
        document = document with { Title = hostile, Author = hostile, HeaderStart = long1, HeaderEnd = hostile, FooterStart = hostile + long2, PageLabel = "{0}{1}{2}{" };
        var text = TextOf(Written(document, format), format);
        Assert.Contains("the last line", text, StringComparison.Ordinal);
        Assert.Contains("end of it", text, StringComparison.Ordinal);
        Assert.Contains("]]><w:p/>&amp;", text, StringComparison.Ordinal);
        Assert.True(text.Count(c => c == '字') >= 20_000, "A long text was cut.");
        if (format is TextFormat.Pdf) Assert.Contains("[U+1F600]", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pdf_has_page_numbers_headings_on_every_page_and_fonts_that_are_a_part()
    {
        NeedsFont();
        var rows = Enumerable.Range(1, 200).Select(i => (IReadOnlyList<string>)[$"row-{i}", "值", "1"]).ToList();
        var file = Written(Sample(new TextTable([new TextColumn("Heading of it"), new TextColumn("b"), new TextColumn("c")], rows)), TextFormat.Pdf);
        using var opened = PdfDocument.Open(file);
        Assert.True(opened.NumberOfPages > 3);
        for (var i = 1; i <= opened.NumberOfPages; i++)
        {
            var text = opened.GetPage(i).Text;
            Assert.Contains($"第 {i} 頁，共 {opened.NumberOfPages} 頁", text, StringComparison.Ordinal);
            Assert.Contains("Heading of it", text, StringComparison.Ordinal);
        }

        Assert.Equal(200, Enumerable.Range(1, opened.NumberOfPages).Sum(i => opened.GetPage(i).Text.Split("row-").Length - 1));
        Assert.All(opened.GetPage(1).Letters, l => Assert.InRange(l.EndBaseLine.X, 0, 596));
        // The outlines are those of the characters: the font program says how large each is.
        UglyToad.PdfPig.Core.PdfRectangle BoxOf(string character) => opened.GetPage(1).Letters.First(l => l.Value == character).BoundingBox;
        foreach (var character in new[] { "監", "機", "國" }) Assert.InRange(BoxOf(character).Height / BoxOf(character).Width, 0.75, 1.35);
        Assert.InRange(BoxOf("一").Height / BoxOf("一").Width, 0.01, 0.3);
        Assert.True(BoxOf("機").Height > 2 * BoxOf("一").Height);
        Assert.True(file.Length < 300_000, $"{file.Length} bytes.");
    }

    [Fact]
    public void Without_a_font_it_is_said_in_words_and_the_other_formats_go_on()
    {
        var empty = Directory.CreateTempSubdirectory("hufu-fonts-");
        try
        {
            File.WriteAllBytes(Path.Combine(empty.FullName, "NotoSansCJK-Regular.ttc"), [0x74, 0x74, 0x63, 0x66, .. new byte[500]]);
            File.WriteAllBytes(Path.Combine(empty.FullName, "msjh.ttc"), [0, 1, 0, 0, 0, 9, .. Enumerable.Repeat((byte)0xFF, 500)]);
            var none = new FontFinder(folders: [empty.FullName]);
            Assert.Null(none.Regular);
            var refused = TextDocumentWriter.Write(Sample(), TextFormat.Pdf, none);
            Assert.Equal("documents.no-font", Assert.Single(refused.Errors).Code);
            Assert.True(TextDocumentWriter.Write(Sample(), TextFormat.Docx, none).IsOk);
            // A file that is named and is no font is not passed over for another in silence.
            Assert.Null(new FontFinder(Path.Combine(empty.FullName, "msjh.ttc")).Regular);
        }
        finally
        {
            empty.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_damaged_font_is_refused_and_never_ends_the_program()
    {
        NeedsFont();
        var whole = File.ReadAllBytes(Fonts.Regular!.Path);
        var random = new Random(7);
        var folder = Directory.CreateTempSubdirectory("hufu-fonts-");
        try
        {
            var path = Path.Combine(folder.FullName, "NotoSansCJK-Regular.ttc");
            for (var i = 0; i < 12; i++)
            {
                var damaged = i % 3 == 0 ? whole[..random.Next(200, whole.Length)] : (byte[])whole.Clone();
                for (var k = 0; k < 40; k++) damaged[random.Next(i % 2 == 0 ? Math.Min(4_000, damaged.Length) : damaged.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(path, damaged);
                var written = TextDocumentWriter.Write(Sample(), TextFormat.Pdf, new FontFinder(path));
                Assert.True(written.IsOk || written.Errors[0].Code == "documents.no-font");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
