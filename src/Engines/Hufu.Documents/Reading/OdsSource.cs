using System.Globalization;
using System.Text;
using System.Xml;

namespace Hufu.Documents.Reading;

/// <summary>ODS: <c>content.xml</c> read forward; repeated cells and rows (OpenDocument 1.3 part 3 §19.675) are bounded.</summary>
internal sealed class OdsSource : TableSource
{
    private readonly Package package;
    private readonly List<TableSheet> sheets = [];
    private readonly List<TableMerge> merges = [];
    private int index;

    private OdsSource(Package package) : base(package.File, package.Options) => this.package = package;

    public override TableFormat Format => TableFormat.Ods;

    public override IReadOnlyList<TableSheet> Sheets => sheets;

    public override TableSheet Sheet => sheets[index];

    public override IReadOnlyList<TableMerge> Merges => merges;

    public static OdsSource Open(Package package)
    {
        var source = new OdsSource(package);
        source.RefuseEncrypted();
        if (package.Find("mimetype") is not null)
            source.RequireSpreadsheet();
        source.ReadSheets();
        source.Choose();
        return source;
    }

    public override void Dispose() => package.Dispose();

    private void RefuseEncrypted()
    {
        if (package.Find("META-INF/manifest.xml") is null)
            return;
        using var xml = package.OpenXml("META-INF/manifest.xml");
        while (xml.Read())
            if (xml.IsElement && xml.Name == "encryption-data")
                throw FileKind.Fault(FileName, "table.encrypted", "檔案有密碼保護。請先用試算表軟體移除密碼再匯入。", "The file is protected by a password. Remove it in a spreadsheet program first.");
    }

    private void RequireSpreadsheet()
    {
        using var part = package.OpenPart("mimetype");
        var buffer = new byte[128];
        var n = part.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        var type = Encoding.ASCII.GetString(buffer, 0, n);
        if (!type.Contains("opendocument.spreadsheet", StringComparison.Ordinal))
            throw FileKind.Fault(FileName, "table.not-spreadsheet", "這份檔案不是試算表（可能是文書或簡報）。", "The file is not a spreadsheet (perhaps a text document or a presentation).");
    }

    private void ReadSheets()
    {
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        var style = "";
        using var xml = package.OpenXml("content.xml");
        while (xml.Read())
        {
            if (!xml.IsElement)
                continue;
            if (xml.Name == "style" && xml.Attribute("family") == "table")
                style = StyleName(xml);
            else if (xml.Name == "table-properties" && xml.Attribute("display") == "false" && hidden.Count < 10_000)
                hidden.Add(style);
            else if (xml.Name == "table" && xml.Depth == 3 && sheets.Count < Options.MaxEntries)
                sheets.Add(new TableSheet(xml.Attribute("name") ?? "", xml.Attribute("style-name") is { } used && hidden.Contains(used)));
        }

        if (sheets.Count == 0)
            throw FileKind.Fault(FileName, "table.no-sheet", "檔案裡沒有工作表。", "The file has no sheet.");
    }

    private static string StyleName(PartReader xml) => xml.Attribute("name") ?? "";

    private void Choose()
    {
        if (Options.Sheet is { } wanted)
        {
            index = sheets.FindIndex(s => string.Equals(s.Name, wanted, StringComparison.OrdinalIgnoreCase));
            if (index < 0)
                throw XlsxSource.NoSuchSheet(FileName, wanted, sheets);
            return;
        }

        for (index = 0; index < sheets.Count; index++)
            if (!sheets[index].IsHidden && ReadRows().Any(r => !r.IsBlank))
                return;
        index = Math.Max(0, sheets.FindIndex(s => !s.IsHidden));
    }

    internal override IEnumerable<TableRow> ReadRows()
    {
        merges.Clear();
        using var xml = package.OpenXml("content.xml");
        var builder = new RowBuilder(FileName, Options);
        var text = new StringBuilder();
        var table = -1;
        while (xml.Read())
        {
            if (!xml.IsElement || xml.Name != "table" || xml.Depth != 3)
                continue;
            if (++table != index)
            {
                xml.SkipElement();
                continue;
            }

            if (xml.Xml.IsEmptyElement)
                yield break;
            var number = 0L;
            while (xml.Read() && !xml.IsEnd("table", 3))
            {
                if (!xml.IsElement || xml.Name is not "table-row")
                {
                    // Pictures and forms of the sheet may hold tables of their own.
                    if (xml.IsElement && xml.Name is "shapes" or "forms" or "named-expressions")
                        xml.SkipElement();
                    continue;
                }

                var repeated = Repeat(xml.Attribute("number-rows-repeated"));
                builder.Start((int)Math.Min(number + 1, int.MaxValue));
                if (!xml.Xml.IsEmptyElement)
                    ReadRow(xml, builder, text);
                if (builder.Finish() is { } row)
                {
                    for (var i = 0L; i < repeated; i++)
                    {
                        if (number + 1 + i > Options.MaxRows)
                            throw TableErrors.TooManyRows(FileName, Options.MaxRows);
                        yield return row with { Number = (int)(number + 1 + i) };
                    }
                }

                number += repeated;
            }

            yield break;
        }
    }

    private static long Repeat(string? value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 1;

    private void ReadRow(PartReader xml, RowBuilder builder, StringBuilder text)
    {
        var depth = xml.Depth;
        var column = 0L;
        while (xml.Read() && !xml.IsEnd("table-row", depth))
        {
            if (!xml.IsElement || xml.Name is not ("table-cell" or "covered-table-cell"))
                continue;
            var repeated = Repeat(xml.Attribute("number-columns-repeated"));
            var down = Repeat(xml.Attribute("number-rows-spanned"));
            var across = Repeat(xml.Attribute("number-columns-spanned"));
            var covered = xml.Name == "covered-table-cell";
            var cell = ReadCell(xml, text, builder.Number, (int)Math.Min(column, int.MaxValue));
            if (cell.Kind != TableCellKind.Empty && !covered)
                for (var i = 0L; i < repeated; i++)
                    builder.Set((int)Math.Min(column + i, int.MaxValue), cell);
            if ((down > 1 || across > 1) && column < Options.MaxColumns && down <= 1_048_576 && across <= 16_384)
            {
                var merge = new TableMerge(builder.Number, (int)column + 1, (int)Math.Min(builder.Number + down - 1, int.MaxValue), (int)(column + across));
                if (merges.Count < 100_000)
                    merges.Add(merge);
                builder.Begin(merge);
            }

            column += repeated;
        }
    }

    private TableCell ReadCell(PartReader xml, StringBuilder text, int row, int column)
    {
        var type = xml.Attribute("value-type");
        var formula = xml.Attribute("formula") is not null;
        var given = type switch
        {
            "date" => xml.Attribute("date-value"),
            "time" => xml.Attribute("time-value"),
            "boolean" => xml.Attribute("boolean-value"),
            "string" => xml.Attribute("string-value"),
            _ => xml.Attribute("value"),
        };
        text.Clear();
        if (!xml.Xml.IsEmptyElement)
            ReadParagraphs(xml, text, row, column);
        switch (type)
        {
            case "float" or "percentage" or "currency" when double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                return new TableCell(CellFormat.Number(number), TableCellKind.Number, formula);
            case "boolean" when given is not null:
                return new TableCell(given == "true" ? "TRUE" : "FALSE", TableCellKind.Boolean, formula);
            case "date" when DateTime.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment):
                return CellFormat.Moment(moment, given.Contains('T', StringComparison.Ordinal), formula);
            case "time" when Duration(given) is { } days:
                return CellFormat.Cell(days, NumberMeaning.Duration, false, formula);
        }

        var value = text.Length == 0 && given is not null ? given : text.ToString();
        if (value.Length > Options.MaxCellChars)
            throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
        if (value.Length == 0)
            return TableCell.Empty;
        var isError = formula && value.StartsWith('#') || value.StartsWith("Err:", StringComparison.Ordinal) && formula;
        return new TableCell(value, isError ? TableCellKind.Error : TableCellKind.Text, formula);
    }

    private static double? Duration(string? text)
    {
        if (text is null || text.Length > 64)
            return null;
        try
        {
            return XmlConvert.ToTimeSpan(text).TotalDays;
        }
        catch (Exception fault) when (fault is FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>Paragraphs become lines; runs of white space are one blank, as the format says (§6.1.2), unless <c>text:s</c> spells them.</summary>
    private void ReadParagraphs(PartReader xml, StringBuilder text, int row, int column)
    {
        var depth = xml.Depth;
        var end = xml.Name;
        var paragraphs = 0;
        var inside = 0;
        var piece = new StringBuilder();
        var pendingBlank = false;
        var lineStart = true;
        while (xml.Read() && !xml.IsEnd(end, depth))
        {
            if (xml.IsElement)
            {
                switch (xml.Name)
                {
                    case "annotation" or "shapes" or "frame" or "custom-shape" or "table":
                        xml.SkipElement();
                        break;
                    case "p" or "h" when inside == 0:
                        if (paragraphs++ > 0)
                            Append("\n");
                        pendingBlank = false;
                        lineStart = true;
                        if (!xml.Xml.IsEmptyElement)
                            inside = xml.Depth;
                        break;
                    case "s" when inside > 0:
                        Blank();
                        var count = Repeat(xml.Attribute("c"));
                        if (count > Options.MaxCellChars)
                            throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
                        Append(new string(' ', (int)count));
                        lineStart = false;
                        break;
                    case "tab" when inside > 0:
                        Blank();
                        Append("\t");
                        lineStart = false;
                        break;
                    case "line-break" when inside > 0:
                        Append("\n");
                        pendingBlank = false;
                        lineStart = true;
                        break;
                }
            }
            else if (xml.Xml.NodeType == XmlNodeType.EndElement && xml.Depth == inside)
            {
                inside = 0;
            }
            else if (inside > 0 && xml.IsText)
            {
                piece.Clear();
                if (!xml.AppendText(piece, 16 * Options.MaxCellChars))
                    throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
                foreach (var c in piece.ToString())
                {
                    if (c is ' ' or '\t' or '\n' or '\r')
                    {
                        pendingBlank = !lineStart;
                        continue;
                    }

                    Blank();
                    lineStart = false;
                    text.Append(c);
                }

                if (text.Length > Options.MaxCellChars)
                    throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
            }
        }

        void Blank()
        {
            if (pendingBlank)
                text.Append(' ');
            pendingBlank = false;
        }

        void Append(string more)
        {
            text.Append(more);
            if (text.Length > Options.MaxCellChars)
                throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
        }
    }
}
