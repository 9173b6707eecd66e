using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>XLSX (ISO/IEC 29500 transitional) with a frozen, filterable header; texts stay texts, numbers and dates are typed.</summary>
internal static partial class XlsxWriter
{
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string PackageRelationships = "http://schemas.openxmlformats.org/package/2006/relationships";

    // Positions in cellXfs of the styles part below.
    private const string HeaderStyle = "1";
    private const string DateStyle = "2";
    private const string DateTimeStyle = "3";
    private const string TextStyle = "4";
    private const string TitleStyle = "5";

    private const string Styles = $"""
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <styleSheet xmlns="{Main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="14"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE3E9F1"/><bgColor indexed="64"/></patternFill></fill></fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf><xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
        """;

    public static TableWriteReport Write(Stream output, IReadOnlyList<SheetContent> sheets, CellText text)
    {
        using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        var names = text.SheetNames(sheets);
        ZipParts.Add(zip, "[Content_Types].xml", ContentTypes(sheets.Count));
        ZipParts.Add(zip, "_rels/.rels", $"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="{PackageRelationships}"><Relationship Id="rId1" Type="{Relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
        ZipParts.Add(zip, "xl/workbook.xml", xml => Workbook(xml, sheets, names));
        ZipParts.Add(zip, "xl/_rels/workbook.xml.rels", WorkbookRelations(sheets.Count));
        ZipParts.Add(zip, "xl/styles.xml", Styles);
        var rows = 0;
        for (var i = 0; i < sheets.Count; i++)
        {
            var index = i;
            ZipParts.Add(zip, $"xl/worksheets/sheet{i + 1}.xml", xml => rows += Sheet(xml, sheets[index], names[index], text, index == 0));
        }

        return text.Report(rows);
    }

    private static string ContentTypes(int sheets) =>
        """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"""
        + string.Concat(Enumerable.Range(1, sheets).Select(n => $"""<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"""))
        + "</Types>";

    private static string WorkbookRelations(int sheets) =>
        $"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="{PackageRelationships}">"""
        + string.Concat(Enumerable.Range(1, sheets).Select(n => $"""<Relationship Id="rId{n}" Type="{Relationships}/worksheet" Target="worksheets/sheet{n}.xml"/>"""))
        + $"""<Relationship Id="rId{sheets + 1}" Type="{Relationships}/styles" Target="styles.xml"/></Relationships>""";

    private static void Workbook(XmlWriter xml, IReadOnlyList<SheetContent> sheets, string[] names)
    {
        xml.WriteStartElement("workbook", Main);
        xml.WriteAttributeString("xmlns", "r", null, Relationships);
        xml.WriteStartElement("bookViews", Main);
        xml.WriteStartElement("workbookView", Main);
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("sheets", Main);
        for (var i = 0; i < names.Length; i++)
        {
            xml.WriteStartElement("sheet", Main);
            xml.WriteAttributeString("name", names[i]);
            xml.WriteAttributeString("sheetId", Invariant(i + 1));
            if (sheets[i].IsHidden && i > 0)
                xml.WriteAttributeString("state", "hidden");
            xml.WriteAttributeString("r", "id", Relationships, $"rId{i + 1}");
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static int Sheet(XmlWriter xml, SheetContent sheet, string name, CellText text, bool selected)
    {
        var (widths, rows, owner) = CellText.Measure(sheet);
        using var _ = owner;
        var headerRow = sheet.Title is null ? 1 : 2;
        xml.WriteStartElement("worksheet", Main);
        View(xml, headerRow, selected);
        if (widths.Length > 0)
        {
            xml.WriteStartElement("cols", Main);
            for (var c = 0; c < widths.Length; c++)
            {
                xml.WriteStartElement("col", Main);
                xml.WriteAttributeString("min", Invariant(c + 1));
                xml.WriteAttributeString("max", Invariant(c + 1));
                xml.WriteAttributeString("width", Invariant((int)widths[c]));
                xml.WriteAttributeString("customWidth", "1");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteStartElement("sheetData", Main);
        if (sheet.Title is not null)
            Row(xml, 1, [CellValue.Of(sheet.Title)], TitleStyle, text);
        Row(xml, headerRow, [.. sheet.Headers.Select(CellValue.Of)], HeaderStyle, text);
        var number = headerRow;
        foreach (var row in rows)
        {
            if (++number > CellText.MaxSheetRows)
                throw CellText.TooManyRows(name);
            Row(xml, number, row, null, text);
        }

        xml.WriteEndElement();
        if (sheet.Headers.Count > 0)
        {
            var last = TableErrors.ColumnName(sheet.Headers.Count - 1);
            xml.WriteStartElement("autoFilter", Main);
            xml.WriteAttributeString("ref", $"A{headerRow}:{last}{number}");
            xml.WriteEndElement();
            if (sheet.Title is not null && sheet.Headers.Count > 1)
            {
                xml.WriteStartElement("mergeCells", Main);
                xml.WriteAttributeString("count", "1");
                xml.WriteStartElement("mergeCell", Main);
                xml.WriteAttributeString("ref", $"A1:{last}1");
                xml.WriteEndElement();
                xml.WriteEndElement();
            }
        }

        xml.WriteEndElement();
        return number - headerRow;
    }

    private static void View(XmlWriter xml, int headerRow, bool selected)
    {
        xml.WriteStartElement("sheetViews", Main);
        xml.WriteStartElement("sheetView", Main);
        if (selected)
            xml.WriteAttributeString("tabSelected", "1");
        xml.WriteAttributeString("workbookViewId", "0");
        xml.WriteStartElement("pane", Main);
        xml.WriteAttributeString("ySplit", Invariant(headerRow));
        xml.WriteAttributeString("topLeftCell", $"A{headerRow + 1}");
        xml.WriteAttributeString("activePane", "bottomLeft");
        xml.WriteAttributeString("state", "frozen");
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void Row(XmlWriter xml, int number, IReadOnlyList<CellValue> cells, string? style, CellText text)
    {
        xml.WriteStartElement("row", Main);
        xml.WriteAttributeString("r", Invariant(number));
        for (var c = 0; c < cells.Count; c++)
        {
            var cell = cells[c];
            if (cell.Kind == TableCellKind.Empty)
                continue;
            xml.WriteStartElement("c", Main);
            xml.WriteAttributeString("r", TableErrors.ColumnName(c) + Invariant(number));
            switch (cell.Kind)
            {
                case TableCellKind.Number:
                    Value(xml, style, null, cell.Text);
                    break;
                case TableCellKind.Boolean:
                    Value(xml, style, "b", cell.Text == "TRUE" ? "1" : "0");
                    break;
                case TableCellKind.Date:
                    Value(xml, style ?? DateStyle, null, cell.Serial.ToString("R", CultureInfo.InvariantCulture));
                    break;
                case TableCellKind.DateTime:
                    Value(xml, style ?? DateTimeStyle, null, cell.Serial.ToString("R", CultureInfo.InvariantCulture));
                    break;
                default:
                    xml.WriteAttributeString("s", style ?? TextStyle);
                    xml.WriteAttributeString("t", "inlineStr");
                    xml.WriteStartElement("is", Main);
                    xml.WriteStartElement("t", Main);
                    xml.WriteAttributeString("xml", "space", null, "preserve");
                    xml.WriteString(Escape(text.Fit(cell.Text)));
                    xml.WriteEndElement();
                    xml.WriteEndElement();
                    break;
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Value(XmlWriter xml, string? style, string? type, string value)
    {
        if (style is not null)
            xml.WriteAttributeString("s", style);
        if (type is not null)
            xml.WriteAttributeString("t", type);
        xml.WriteElementString("v", Main, value);
    }

    [GeneratedRegex("_x[0-9A-Fa-f]{4}_", RegexOptions.NonBacktracking)]
    private static partial Regex LooksEscaped();

    /// <summary>A text that looks like an escape is itself escaped: <c>_x0041_</c> becomes <c>_x005F_x0041_</c>.</summary>
    private static string Escape(string text)
    {
        if (!text.Contains("_x", StringComparison.Ordinal))
            return text;
        // Escapes may overlap (_x0041_x0042_): each underscore that begins one is escaped on its own.
        var result = new System.Text.StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && i + 7 <= text.Length && LooksEscaped().IsMatch(text.AsSpan(i, 7)))
                result.Append("_x005F");
            result.Append(text[i]);
        }

        return result.ToString();
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);
}
