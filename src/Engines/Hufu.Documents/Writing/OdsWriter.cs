using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>ODS (OpenDocument 1.3): the first entry is the media type, stored plain (part 2 §3.3).</summary>
internal static class OdsWriter
{
    private const string MediaType = "application/vnd.oasis.opendocument.spreadsheet";
    private const string Office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
    private const string Style = "urn:oasis:names:tc:opendocument:xmlns:style:1.0";
    private const string Table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
    private const string Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
    private const string Fo = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0";
    private const string Number = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0";

    public static TableWriteReport Write(Stream output, IReadOnlyList<SheetContent> sheets, CellText text)
    {
        if (!output.CanSeek)
        {
            // The plain first entry needs its size in front of it, so the package is made in a temporary file.
            using var copy = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 65536, FileOptions.DeleteOnClose);
            var report = Write(copy, sheets, text);
            copy.Position = 0;
            copy.CopyTo(output);
            return report;
        }

        using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        ZipParts.Add(zip, "mimetype", MediaType, CompressionLevel.NoCompression);
        ZipParts.Add(zip, "META-INF/manifest.xml", $"""<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MediaType}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>""");
        ZipParts.Add(zip, "styles.xml", $"""<?xml version="1.0" encoding="UTF-8"?><office:document-styles xmlns:office="{Office}" xmlns:style="{Style}" office:version="1.3"><office:styles><style:style style:name="Default" style:family="table-cell"/></office:styles></office:document-styles>""");
        var rows = 0;
        var names = text.SheetNames(sheets);
        ZipParts.Add(zip, "content.xml", xml =>
        {
            xml.WriteStartElement("office", "document-content", Office);
            xml.WriteAttributeString("xmlns", "style", null, Style);
            xml.WriteAttributeString("xmlns", "table", null, Table);
            xml.WriteAttributeString("xmlns", "text", null, Text);
            xml.WriteAttributeString("xmlns", "fo", null, Fo);
            xml.WriteAttributeString("xmlns", "number", null, Number);
            xml.WriteAttributeString("office", "version", Office, "1.3");
            xml.WriteStartElement("office", "automatic-styles", Office);
            xml.WriteRaw(AutomaticStyles);
            var measured = sheets.Select(CellText.Measure).ToList();
            foreach (var width in measured.SelectMany(m => m.Widths).Distinct().Order())
                xml.WriteRaw(string.Create(CultureInfo.InvariantCulture, $"""<style:style style:name="w{width:0}" style:family="table-column"><style:table-column-properties style:column-width="{width * 2.1:0.0}mm"/></style:style>"""));
            xml.WriteEndElement();
            xml.WriteStartElement("office", "body", Office);
            xml.WriteStartElement("office", "spreadsheet", Office);
            for (var i = 0; i < sheets.Count; i++)
            {
                using var _ = measured[i].Owner;
                rows += Sheet(xml, sheets[i], names[i], measured[i].Widths, measured[i].Rows, text, i > 0 && sheets[i].IsHidden);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        });
        return text.Report(rows);
    }

    private const string AutomaticStyles =
        """<number:date-style style:name="N1"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>"""
        + """<number:date-style style:name="N2"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/><number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/><number:text>:</number:text><number:seconds number:style="long"/></number:date-style>"""
        + """<style:style style:name="head" style:family="table-cell"><style:table-cell-properties fo:background-color="#e3e9f1" fo:border-bottom="0.5pt solid #000000"/><style:text-properties fo:font-weight="bold"/></style:style>"""
        + """<style:style style:name="title" style:family="table-cell"><style:paragraph-properties fo:text-align="center"/><style:text-properties fo:font-weight="bold" fo:font-size="14pt"/></style:style>"""
        + """<style:style style:name="date" style:family="table-cell" style:data-style-name="N1"/><style:style style:name="moment" style:family="table-cell" style:data-style-name="N2"/>"""
        + """<style:style style:name="shown" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style>""";

    private static int Sheet(XmlWriter xml, SheetContent sheet, string name, double[] widths, IEnumerable<IReadOnlyList<CellValue>> rows, CellText text, bool hidden)
    {
        xml.WriteStartElement("table", "table", Table);
        xml.WriteAttributeString("name", Table, name);
        xml.WriteAttributeString("style-name", Table, hidden ? "hidden" : "shown");
        foreach (var width in widths)
        {
            xml.WriteStartElement("table-column", Table);
            xml.WriteAttributeString("style-name", Table, string.Create(CultureInfo.InvariantCulture, $"w{width:0}"));
            xml.WriteEndElement();
        }

        if (widths.Length == 0)
        {
            xml.WriteStartElement("table-column", Table);
            xml.WriteEndElement();
        }

        var number = 0;
        if (sheet.Title is not null)
        {
            number++;
            xml.WriteStartElement("table-row", Table);
            var across = Math.Max(1, sheet.Headers.Count);
            Cell(xml, CellValue.Of(sheet.Title), "title", text, across);
            for (var i = 1; i < across; i++)
            {
                xml.WriteStartElement("covered-table-cell", Table);
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        number++;
        Row(xml, [.. sheet.Headers.Select(CellValue.Of)], "head", text);
        var headers = number;
        foreach (var row in rows)
        {
            if (++number > CellText.MaxSheetRows)
                throw CellText.TooManyRows(name);
            Row(xml, row, null, text);
        }

        xml.WriteEndElement();
        return number - headers;
    }

    private static void Row(XmlWriter xml, IReadOnlyList<CellValue> cells, string? style, CellText text)
    {
        xml.WriteStartElement("table-row", Table);
        foreach (var cell in cells)
            Cell(xml, cell, style, text, 1);
        if (cells.Count == 0)
        {
            xml.WriteStartElement("table-cell", Table);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Cell(XmlWriter xml, CellValue cell, string? style, CellText text, int across)
    {
        xml.WriteStartElement("table-cell", Table);
        var styled = style ?? cell.Kind switch { TableCellKind.Date => "date", TableCellKind.DateTime => "moment", _ => null };
        if (styled is not null)
            xml.WriteAttributeString("style-name", Table, styled);
        if (across > 1)
        {
            xml.WriteAttributeString("number-columns-spanned", Table, across.ToString(CultureInfo.InvariantCulture));
            xml.WriteAttributeString("number-rows-spanned", Table, "1");
        }

        switch (cell.Kind)
        {
            case TableCellKind.Empty:
                break;
            case TableCellKind.Number:
                Typed(xml, "float", "value", cell.Text, cell.Text);
                break;
            case TableCellKind.Boolean:
                Typed(xml, "boolean", "boolean-value", cell.Text == "TRUE" ? "true" : "false", cell.Text);
                break;
            case TableCellKind.Date or TableCellKind.DateTime:
                Typed(xml, "date", "date-value", cell.Text, cell.Text.Replace('T', ' '));
                break;
            default:
                xml.WriteAttributeString("value-type", Office, "string");
                foreach (var line in text.Fit(cell.Text).Split('\n'))
                    Paragraph(xml, line);
                break;
        }

        xml.WriteEndElement();
    }

    private static void Typed(XmlWriter xml, string type, string attribute, string value, string shown)
    {
        xml.WriteAttributeString("value-type", Office, type);
        xml.WriteAttributeString(attribute, Office, value);
        xml.WriteElementString("p", Text, shown);
    }

    private static void Paragraph(XmlWriter xml, string line)
    {
        xml.WriteStartElement("p", Text);
        OdfSpaces.Write(xml, line);
        xml.WriteEndElement();
    }
}
