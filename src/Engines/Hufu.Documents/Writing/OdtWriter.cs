using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>ODT (OpenDocument 1.3): the first entry is the media type, stored plain (part 2 §3.3).</summary>
internal static class OdtWriter
{
    private const string Office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private const string Style = "urn:oasis:names:tc:opendocument:xmlns:style:1.0";
    private const string TableNs = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private const string TextNs = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
    private const string Fo = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0";
    private const string Svg = "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0";
    private const double TextWidth = 17.4;

    public static void Write(Stream output, TextDocument document)
    {
        var media = TextDocumentWriter.MediaType(TextFormat.Odt);
        using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        ZipParts.Add(zip, "mimetype", media, CompressionLevel.NoCompression);
        ZipParts.Add(zip, "META-INF/manifest.xml", $"""<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{media}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>""");
        ZipParts.Add(zip, "meta.xml", xml =>
        {
            Root(xml, "document-meta");
            xml.WriteStartElement("office", "meta", Office);
            xml.WriteElementString("dc", "title", "http://purl.org/dc/elements/1.1/", XmlText.Clean(document.Title));
            xml.WriteElementString("meta", "initial-creator", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0", XmlText.Clean(document.Author));
            xml.WriteElementString("meta", "creation-date", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0", document.Made.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            xml.WriteElementString("dc", "language", "http://purl.org/dc/elements/1.1/", document.Language);
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
        ZipParts.Add(zip, "styles.xml", xml =>
        {
            Root(xml, "document-styles");
            xml.WriteRaw(Fonts);
            xml.WriteRaw(document.Language.StartsWith("zh", StringComparison.Ordinal) ? Styles : Styles.Replace("fo:language=\"zh\" fo:country=\"TW\"", "fo:language=\"en\" fo:country=\"US\"", StringComparison.Ordinal));
            xml.WriteStartElement("office", "master-styles", Office);
            xml.WriteStartElement("style", "master-page", Style);
            xml.WriteAttributeString("style", "name", Style, "Standard");
            xml.WriteAttributeString("style", "page-layout-name", Style, "page");
            Side(xml, "header", "Header", () => Inline(xml, document.HeaderStart), () => Inline(xml, document.HeaderEnd));
            Side(xml, "footer", "Footer", () => Inline(xml, document.FooterStart), () => PageNumber(xml, document.PageLabel));
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
        ZipParts.Add(zip, "content.xml", xml =>
        {
            Root(xml, "document-content");
            xml.WriteRaw(Fonts);
            var tables = document.Blocks.OfType<TextTable>().ToList();
            xml.WriteStartElement("office", "automatic-styles", Office);
            xml.WriteRaw(CellStyles);
            for (var t = 0; t < tables.Count; t++)
            {
                var column = 0;
                foreach (var share in tables[t].Shares)
                    xml.WriteRaw(string.Create(CultureInfo.InvariantCulture, $"""<style:style style:name="t{t}c{column++}" style:family="table-column"><style:table-column-properties style:column-width="{share * TextWidth:0.000}cm"/></style:style>"""));
            }

            xml.WriteEndElement();
            xml.WriteStartElement("office", "body", Office);
            xml.WriteStartElement("office", "text", Office);
            var number = 0;
            foreach (var block in document.Blocks)
            {
                switch (block)
                {
                    case TextHeading heading:
                        var level = Math.Clamp(heading.Level, 1, 3).ToString(CultureInfo.InvariantCulture);
                        xml.WriteStartElement("text", "h", TextNs);
                        xml.WriteAttributeString("text", "style-name", TextNs, "Heading_20_" + level);
                        xml.WriteAttributeString("text", "outline-level", TextNs, level);
                        Inline(xml, heading.Text);
                        xml.WriteEndElement();
                        break;
                    case TextParagraph paragraph:
                        Paragraph(xml, paragraph.Quiet ? "Quiet" : "Standard", paragraph.Text);
                        break;
                    case TextTable table:
                        Table(xml, table, number++);
                        break;
                    default:
                        throw new InvalidOperationException($"{block.GetType().Name} cannot be written.");
                }
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
    }

    private static void Root(XmlWriter xml, string name)
    {
        xml.WriteStartElement("office", name, Office);
        xml.WriteAttributeString("xmlns", "style", null, Style);
        xml.WriteAttributeString("xmlns", "text", null, TextNs);
        xml.WriteAttributeString("xmlns", "table", null, TableNs);
        xml.WriteAttributeString("xmlns", "fo", null, Fo);
        xml.WriteAttributeString("xmlns", "svg", null, Svg);
        xml.WriteAttributeString("office", "version", Office, "1.3");
    }

    private static void Table(XmlWriter xml, TextTable table, int number)
    {
        xml.WriteStartElement("table", "table", TableNs);
        xml.WriteAttributeString("table", "name", TableNs, string.Create(CultureInfo.InvariantCulture, $"Table{number + 1}"));
        xml.WriteAttributeString("table", "style-name", TableNs, "whole");
        for (var i = 0; i < table.Columns.Count; i++)
        {
            xml.WriteStartElement("table", "table-column", TableNs);
            xml.WriteAttributeString("table", "style-name", TableNs, string.Create(CultureInfo.InvariantCulture, $"t{number}c{i}"));
            xml.WriteEndElement();
        }

        if (table.HasHeadings)
        {
            xml.WriteStartElement("table", "table-header-rows", TableNs);
            Row(xml, table, [.. table.Columns.Select(c => c.Title)], heading: true);
            xml.WriteEndElement();
        }

        foreach (var row in table.Rows) Row(xml, table, row, heading: false);
        if (!table.HasHeadings && table.Rows.Count == 0) Row(xml, table, [], heading: false);
        xml.WriteEndElement();
    }

    private static void Row(XmlWriter xml, TextTable table, IReadOnlyList<string> texts, bool heading)
    {
        xml.WriteStartElement("table", "table-row", TableNs);
        for (var i = 0; i < table.Columns.Count; i++)
        {
            xml.WriteStartElement("table", "table-cell", TableNs);
            xml.WriteAttributeString("table", "style-name", TableNs, heading ? "head" : "cell");
            xml.WriteAttributeString("office", "value-type", Office, "string");
            Paragraph(xml, (heading ? "CellHeading" : "Cell") + (table.Columns[i].End ? "End" : ""), i < texts.Count ? texts[i] : "");
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Side(XmlWriter xml, string place, string style, Action start, Action end)
    {
        xml.WriteStartElement("style", place, Style);
        xml.WriteStartElement("text", "p", TextNs);
        xml.WriteAttributeString("text", "style-name", TextNs, style);
        start();
        xml.WriteStartElement("text", "tab", TextNs);
        xml.WriteEndElement();
        end();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void PageNumber(XmlWriter xml, string label)
    {
        foreach (var part in PageLabels.Split(label))
        {
            if (part is not ("{0}" or "{1}"))
            {
                Inline(xml, part);
                continue;
            }

            xml.WriteStartElement("text", part == "{0}" ? "page-number" : "page-count", TextNs);
            if (part == "{0}") xml.WriteAttributeString("text", "select-page", TextNs, "current");
            xml.WriteString("1");
            xml.WriteEndElement();
        }
    }

    private static void Paragraph(XmlWriter xml, string style, string text)
    {
        xml.WriteStartElement("text", "p", TextNs);
        xml.WriteAttributeString("text", "style-name", TextNs, style);
        Inline(xml, text);
        xml.WriteEndElement();
    }

    // White space collapses in this format: every blank but a single one between words is spelled out (part 3 §6.1.3).
    private static void Inline(XmlWriter xml, string text)
    {
        var lines = XmlText.Clean(text).Split('\n');
        for (var l = 0; l < lines.Length; l++)
        {
            if (l > 0)
            {
                xml.WriteStartElement("text", "line-break", TextNs);
                xml.WriteEndElement();
            }

            OdfSpaces.Write(xml, lines[l]);
        }
    }

    private const string Fonts = """<office:font-face-decls><style:font-face style:name="Sans" svg:font-family="Arial, 'Liberation Sans', sans-serif" style:font-family-generic="swiss"/><style:font-face style:name="SansTC" svg:font-family="'Microsoft JhengHei', 'Noto Sans CJK TC', 'PingFang TC', sans-serif" style:font-family-generic="system"/></office:font-face-decls>""";

    private const string Styles =
        """<office:styles><style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.15cm" fo:line-height="125%"/><style:text-properties style:font-name="Sans" style:font-name-asian="SansTC" fo:font-size="10pt" style:font-size-asian="10pt" fo:language="zh" fo:country="TW" style:language-asian="zh" style:country-asian="TW"/></style:default-style>"""
        + """<style:style style:name="Standard" style:family="paragraph" style:class="text"/>"""
        + """<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="paragraph" style:parent-style-name="Standard" style:next-style-name="Standard" style:default-outline-level="1"><style:paragraph-properties fo:margin-bottom="0.3cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="17pt" style:font-size-asian="17pt" fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>"""
        + """<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="paragraph" style:parent-style-name="Standard" style:next-style-name="Standard" style:default-outline-level="2"><style:paragraph-properties fo:margin-top="0.4cm" fo:margin-bottom="0.15cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="12.5pt" style:font-size-asian="12.5pt" fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>"""
        + """<style:style style:name="Heading_20_3" style:display-name="Heading 3" style:family="paragraph" style:parent-style-name="Standard" style:next-style-name="Standard" style:default-outline-level="3"><style:paragraph-properties fo:margin-top="0.25cm" fo:margin-bottom="0.1cm" fo:keep-with-next="always"/><style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>"""
        + """<style:style style:name="Quiet" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties fo:color="#595959" fo:font-size="8.5pt" style:font-size-asian="8.5pt"/></style:style>"""
        + """<style:style style:name="Cell" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0cm" fo:line-height="115%"/><style:text-properties fo:font-size="8.5pt" style:font-size-asian="8.5pt"/></style:style>"""
        + """<style:style style:name="CellEnd" style:family="paragraph" style:parent-style-name="Cell"><style:paragraph-properties fo:text-align="end"/></style:style>"""
        + """<style:style style:name="CellHeading" style:family="paragraph" style:parent-style-name="Cell"><style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>"""
        + """<style:style style:name="CellHeadingEnd" style:family="paragraph" style:parent-style-name="CellHeading"><style:paragraph-properties fo:text-align="end"/></style:style>"""
        + """<style:style style:name="Header" style:family="paragraph" style:parent-style-name="Quiet"><style:paragraph-properties><style:tab-stops><style:tab-stop style:position="17.4cm" style:type="right"/></style:tab-stops></style:paragraph-properties></style:style>"""
        + """<style:style style:name="Footer" style:family="paragraph" style:parent-style-name="Quiet"><style:paragraph-properties><style:tab-stops><style:tab-stop style:position="17.4cm" style:type="right"/></style:tab-stops></style:paragraph-properties></style:style></office:styles>"""
        + """<office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin-top="1.1cm" fo:margin-bottom="1.1cm" fo:margin-left="1.8cm" fo:margin-right="1.8cm"/><style:header-style><style:header-footer-properties fo:min-height="0.9cm" fo:margin-bottom="0.4cm"/></style:header-style><style:footer-style><style:header-footer-properties fo:min-height="0.9cm" fo:margin-top="0.4cm"/></style:footer-style></style:page-layout></office:automatic-styles>""";

    private const string CellStyles =
        """<style:style style:name="whole" style:family="table"><style:table-properties style:width="17.4cm" table:align="margins" table:border-model="collapsing" fo:margin-bottom="0.2cm"/></style:style>"""
        + """<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.08cm" fo:border="0.5pt solid #a6a6a6"/></style:style>"""
        + """<style:style style:name="head" style:family="table-cell"><style:table-cell-properties fo:padding="0.08cm" fo:border="0.5pt solid #a6a6a6" fo:background-color="#e3e9f1"/></style:style>""";
}
