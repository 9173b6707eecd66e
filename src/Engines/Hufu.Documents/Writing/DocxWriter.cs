using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>DOCX: the transitional form of ISO/IEC 29500, with the parts that a word processor needs and no others.</summary>
internal static class DocxWriter
{
    private const string W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    private const string R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    // A4 in twentieths of a point, and the width between the margins.
    private const int PageWidth = 11906, PageHeight = 16838, Margin = 1020, TextWidth = PageWidth - 2 * Margin;

    public static void Write(Stream output, TextDocument document)
    {
        using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        ZipParts.Add(zip, "[Content_Types].xml", """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>""");
        ZipParts.Add(zip, "_rels/.rels", """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>""");
        ZipParts.Add(zip, "word/_rels/document.xml.rels", """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>""");
        ZipParts.Add(zip, "docProps/core.xml", xml =>
        {
            const string Dc = "http://purl.org/dc/elements/1.1/", Terms = "http://purl.org/dc/terms/", Xsi = "http://www.w3.org/2001/XMLSchema-instance";
            xml.WriteStartElement("cp", "coreProperties", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties");
            xml.WriteElementString("dc", "title", Dc, XmlText.Clean(document.Title));
            xml.WriteElementString("dc", "creator", Dc, XmlText.Clean(document.Author));
            xml.WriteElementString("dc", "language", Dc, document.Language);
            xml.WriteStartElement("dcterms", "created", Terms);
            xml.WriteAttributeString("xsi", "type", Xsi, "dcterms:W3CDTF");
            xml.WriteString(document.Made.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
        ZipParts.Add(zip, "word/styles.xml", Styles.Replace("{lang}", document.Language.StartsWith("zh", StringComparison.Ordinal) ? "zh-TW" : document.Language, StringComparison.Ordinal));
        ZipParts.Add(zip, "word/header1.xml", xml =>
        {
            Start(xml, "hdr", root: true);
            Sides(xml, "Header", () => Run(xml, document.HeaderStart), () => Run(xml, document.HeaderEnd));
            xml.WriteEndElement();
        });
        ZipParts.Add(zip, "word/footer1.xml", xml =>
        {
            Start(xml, "ftr", root: true);
            Sides(xml, "Footer", () => Run(xml, document.FooterStart), () => PageNumber(xml, document.PageLabel));
            xml.WriteEndElement();
        });
        ZipParts.Add(zip, "word/document.xml", xml =>
        {
            Start(xml, "document", root: true);
            Start(xml, "body");
            var afterTable = false;
            foreach (var block in document.Blocks)
            {
                switch (block)
                {
                    case TextHeading heading:
                        Paragraph(xml, string.Create(CultureInfo.InvariantCulture, $"Heading{Math.Clamp(heading.Level, 1, 3)}"), heading.Text);
                        break;
                    case TextParagraph paragraph:
                        Paragraph(xml, paragraph.Quiet ? "Quiet" : null, paragraph.Text);
                        break;
                    case TextTable table:
                        // Two tables in a row would become one.
                        if (afterTable) Paragraph(xml, null, "");
                        Table(xml, table);
                        break;
                    default:
                        throw new InvalidOperationException($"{block.GetType().Name} cannot be written.");
                }

                afterTable = block is TextTable;
            }

            if (afterTable) Paragraph(xml, null, "");
            Start(xml, "sectPr");
            Empty(xml, "headerReference", ("type", "default"), ("r:id", "rId2"));
            Empty(xml, "footerReference", ("type", "default"), ("r:id", "rId3"));
            Empty(xml, "pgSz", ("w", Text(PageWidth)), ("h", Text(PageHeight)));
            Empty(xml, "pgMar", ("top", "1300"), ("right", Text(Margin)), ("bottom", "1200"), ("left", Text(Margin)), ("header", "600"), ("footer", "600"), ("gutter", "0"));
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
    }

    private static void Table(XmlWriter xml, TextTable table)
    {
        var widths = table.Shares.Select(s => (int)(s * TextWidth)).ToList();
        Start(xml, "tbl");
        Start(xml, "tblPr");
        Empty(xml, "tblStyle", ("val", "TableGrid"));
        Empty(xml, "tblW", ("w", Text(widths.Sum())), ("type", "dxa"));
        Empty(xml, "tblLayout", ("type", "fixed"));
        xml.WriteEndElement();
        Start(xml, "tblGrid");
        foreach (var width in widths) Empty(xml, "gridCol", ("w", Text(width)));
        xml.WriteEndElement();
        if (table.HasHeadings) Row(xml, table, widths, [.. table.Columns.Select(c => c.Title)], heading: true);
        foreach (var row in table.Rows) Row(xml, table, widths, row, heading: false);
        // A table without a row is no table.
        if (!table.HasHeadings && table.Rows.Count == 0) Row(xml, table, widths, [], heading: false);
        xml.WriteEndElement();
    }

    private static void Row(XmlWriter xml, TextTable table, List<int> widths, IReadOnlyList<string> texts, bool heading)
    {
        Start(xml, "tr");
        if (heading)
        {
            Start(xml, "trPr");
            Empty(xml, "tblHeader");
            xml.WriteEndElement();
        }

        for (var i = 0; i < widths.Count; i++)
        {
            Start(xml, "tc");
            Start(xml, "tcPr");
            Empty(xml, "tcW", ("w", Text(widths[i])), ("type", "dxa"));
            if (heading) Empty(xml, "shd", ("val", "clear"), ("color", "auto"), ("fill", "E3E9F1"));
            xml.WriteEndElement();
            Start(xml, "p");
            Start(xml, "pPr");
            Empty(xml, "pStyle", ("val", heading ? "CellHeading" : "Cell"));
            if (table.Columns[i].End) Empty(xml, "jc", ("val", "right"));
            xml.WriteEndElement();
            Run(xml, i < texts.Count ? texts[i] : "");
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Paragraph(XmlWriter xml, string? style, string text)
    {
        Start(xml, "p");
        if (style is not null)
        {
            Start(xml, "pPr");
            Empty(xml, "pStyle", ("val", style));
            xml.WriteEndElement();
        }

        Run(xml, text);
        xml.WriteEndElement();
    }

    // One line with a text at either side.
    private static void Sides(XmlWriter xml, string style, Action start, Action end)
    {
        Start(xml, "p");
        Start(xml, "pPr");
        Empty(xml, "pStyle", ("val", style));
        Start(xml, "tabs");
        Empty(xml, "tab", ("val", "right"), ("pos", Text(TextWidth)));
        xml.WriteEndElement();
        xml.WriteEndElement();
        start();
        Start(xml, "r");
        Empty(xml, "tab");
        xml.WriteEndElement();
        end();
        xml.WriteEndElement();
    }

    private static void PageNumber(XmlWriter xml, string label)
    {
        foreach (var part in PageLabels.Split(label))
        {
            if (part is not ("{0}" or "{1}"))
            {
                Run(xml, part);
                continue;
            }

            Start(xml, "fldSimple");
            xml.WriteAttributeString("instr", W, part == "{0}" ? " PAGE " : " NUMPAGES ");
            Run(xml, "1");
            xml.WriteEndElement();
        }
    }

    private static void Run(XmlWriter xml, string text)
    {
        if (text.Length == 0) return;
        Start(xml, "r");
        var lines = XmlText.Clean(text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0) Empty(xml, "br");
            var parts = lines[i].Split('\t');
            for (var k = 0; k < parts.Length; k++)
            {
                if (k > 0) Empty(xml, "tab");
                if (parts[k].Length == 0) continue;
                Start(xml, "t");
                xml.WriteAttributeString("xml", "space", null, "preserve");
                xml.WriteString(parts[k]);
                xml.WriteEndElement();
            }
        }

        xml.WriteEndElement();
    }

    private static void Start(XmlWriter xml, string name, bool root = false)
    {
        xml.WriteStartElement("w", name, W);
        if (root) xml.WriteAttributeString("xmlns", "r", null, R);
    }

    private static void Empty(XmlWriter xml, string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(xml, name);
        foreach (var (key, value) in attributes)
            if (key == "r:id") xml.WriteAttributeString("r", "id", R, value);
            else xml.WriteAttributeString("w", key, W, value);
        xml.WriteEndElement();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private const string Styles =
        """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Microsoft JhengHei" w:cs="Arial"/><w:sz w:val="20"/><w:szCs w:val="20"/><w:lang w:val="en-US" w:eastAsia="{lang}"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="100" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>"""
        + """<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="0" w:after="160"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:bCs/><w:sz w:val="34"/><w:szCs w:val="34"/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="240" w:after="100"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:bCs/><w:sz w:val="25"/><w:szCs w:val="25"/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="160" w:after="80"/><w:outlineLvl w:val="2"/></w:pPr><w:rPr><w:b/><w:bCs/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Quiet"><w:name w:val="Quiet"/><w:basedOn w:val="Normal"/><w:rPr><w:color w:val="595959"/><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Cell"><w:name w:val="Cell"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="20" w:after="20" w:line="252" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="CellHeading"><w:name w:val="Cell Heading"/><w:basedOn w:val="Cell"/><w:rPr><w:b/><w:bCs/></w:rPr></w:style>"""
        + """<w:style w:type="paragraph" w:styleId="Header"><w:name w:val="header"/><w:basedOn w:val="Quiet"/></w:style><w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Quiet"/></w:style>"""
        + """<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="80" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>"""
        + """<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:left w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:bottom w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:right w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/></w:tblBorders></w:tblPr></w:style></w:styles>""";
}

/// <summary>Takes a page label apart.</summary>
internal static class PageLabels
{
    /// <summary>Its texts, and <c>{0}</c> and <c>{1}</c> where the numbers go.</summary>
    public static IEnumerable<string> Split(string label)
    {
        var at = 0;
        while (at < label.Length)
        {
            var next = label.IndexOf('{', at);
            if (next < 0 || next + 3 > label.Length || label.AsSpan(next, 3) is not ("{0}" or "{1}"))
            {
                yield return label[at..];
                yield break;
            }

            if (next > at) yield return label[at..next];
            yield return label.Substring(next, 3);
            at = next + 3;
        }
    }
}
