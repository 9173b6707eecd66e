using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Hufu.Documents.Reading;

/// <summary>
/// XLSX, read forward with an <see cref="XmlReader"/>: rows stream, only shared texts and styles are held. Elements are known by
/// local name, so that transitional and strict workbooks read the same.
/// </summary>
internal sealed partial class XlsxSource : TableSource
{
    private const int MaxMerges = 100_000;

    private readonly Package package;
    private readonly List<(TableSheet Sheet, string Part)> sheets = [];
    private readonly List<string> shared = [];
    private readonly List<NumberMeaning> styles = [];
    private readonly List<TableMerge> merges = [];
    private bool from1904;
    private string part = "";
    private TableSheet sheet = null!;

    private XlsxSource(Package package) : base(package.File, package.Options) => this.package = package;

    public override TableFormat Format => TableFormat.Xlsx;

    public override IReadOnlyList<TableSheet> Sheets => [.. sheets.Select(s => s.Sheet)];

    public override TableSheet Sheet => sheet;

    public override IReadOnlyList<TableMerge> Merges => merges;

    public static XlsxSource Open(Package package)
    {
        var source = new XlsxSource(package);
        var workbook = source.MainPart();
        var relations = source.ReadRelations(workbook);
        source.ReadWorkbook(workbook, relations);
        if (relations.Values.FirstOrDefault(r => r.Type.EndsWith("/styles", StringComparison.Ordinal)).Target is { } styles && package.Find(styles) is not null)
            source.ReadStyles(styles);
        if (relations.Values.FirstOrDefault(r => r.Type.EndsWith("/sharedStrings", StringComparison.Ordinal)).Target is { } strings)
            source.ReadSharedTexts(strings);
        source.Choose();
        return source;
    }

    public override void Dispose() => package.Dispose();

    private string MainPart()
    {
        if (package.Find("_rels/.rels") is not null)
            foreach (var (type, target) in ReadRelations("").Values)
                if (type.EndsWith("/officeDocument", StringComparison.Ordinal))
                    return target;
        return "xl/workbook.xml";
    }

    /// <summary>Relations of a part, by id, with targets resolved to part names. Outside targets are left out.</summary>
    private Dictionary<string, (string Type, string Target)> ReadRelations(string of)
    {
        var folder = of.Contains('/', StringComparison.Ordinal) ? of[..(of.LastIndexOf('/') + 1)] : "";
        var name = $"{folder}_rels/{of[folder.Length..]}.rels";
        var found = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        using var xml = package.OpenXml(name);
        while (xml.Read())
            if (xml.IsElement && xml.Name == "Relationship" && xml.Attribute("TargetMode") != "External"
                && xml.Attribute("Id") is { } id && xml.Attribute("Target") is { } target && found.Count < Options.MaxEntries)
                found[id] = (xml.Attribute("Type") ?? "", Resolve(folder, target));
        return found;
    }

    private static string Resolve(string folder, string target)
    {
        if (target.StartsWith('/'))
            return target[1..];
        var parts = new List<string>();
        foreach (var piece in (folder + target).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (piece == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (piece is not ("." or ".."))
                parts.Add(piece);
        }

        return string.Join('/', parts);
    }

    private void ReadWorkbook(string name, Dictionary<string, (string Type, string Target)> relations)
    {
        using var xml = package.OpenXml(name);
        while (xml.Read())
        {
            if (!xml.IsElement)
                continue;
            if (xml.Name == "workbookPr")
                from1904 = xml.Attribute("date1904") is "1" or "true";
            else if (xml.Name == "sheet" && xml.Xml.Depth == 2 && xml.Attribute("name") is { } sheetName
                && RelationId(xml) is { } id && relations.TryGetValue(id, out var relation) && relation.Type.EndsWith("/worksheet", StringComparison.Ordinal)
                && sheets.Count < Options.MaxEntries)
                sheets.Add((new TableSheet(sheetName, xml.Attribute("state") is "hidden" or "veryHidden"), relation.Target));
        }

        if (sheets.Count == 0)
            throw FileKind.Fault(FileName, "table.no-sheet", "檔案裡沒有工作表。", "The file has no sheet.");
    }

    /// <summary>The <c>r:id</c> of a sheet, which also has an attribute <c>sheetId</c> and may have other <c>id</c>s.</summary>
    private static string? RelationId(PartReader xml) => xml.Attribute("id");

    private void Choose()
    {
        if (Options.Sheet is { } wanted)
        {
            var index = sheets.FindIndex(s => string.Equals(s.Sheet.Name, wanted, StringComparison.OrdinalIgnoreCase));
            if (index < 0)
                throw NoSuchSheet(FileName, wanted, Sheets);
            Use(index);
            return;
        }

        for (var i = 0; i < sheets.Count; i++)
        {
            if (sheets[i].Sheet.IsHidden)
                continue;
            Use(i);
            if (ReadRows().Any(r => !r.IsBlank))
                return;
        }

        Use(Math.Max(0, sheets.FindIndex(s => !s.Sheet.IsHidden)));
    }

    internal static TableFault NoSuchSheet(string file, string wanted, IReadOnlyList<TableSheet> sheets) => FileKind.Fault(file, "table.sheet-missing",
        $"找不到工作表「{wanted}」。檔案裡有：{string.Join('、', sheets.Take(20).Select(s => s.Name))}。",
        $"There is no sheet '{wanted}'. The file has: {string.Join(", ", sheets.Take(20).Select(s => s.Name))}.");

    private void Use(int index)
    {
        (sheet, part) = sheets[index];
        merges.Clear();
        // Merged cells stand behind the rows; a first pass knows them before the first row and meets broken XML early.
        using var xml = package.OpenXml(part);
        while (xml.Read())
            if (xml.IsElement && xml.Name == "mergeCell" && xml.Attribute("ref") is { } range && merges.Count < MaxMerges && ParseRange(range) is { } merge)
                merges.Add(merge);
    }

    private static TableMerge? ParseRange(string range)
    {
        var colon = range.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !ParseReference(range.AsSpan(0, colon), out var c1, out var r1) || !ParseReference(range.AsSpan(colon + 1), out var c2, out var r2) || r2 < r1 || c2 < c1)
            return null;
        return new TableMerge(r1, c1 + 1, r2, c2 + 1);
    }

    /// <summary>Reads <c>BC12</c> into a 0-based column and a 1-based row.</summary>
    internal static bool ParseReference(ReadOnlySpan<char> text, out int column, out int row)
    {
        column = 0;
        row = 0;
        var i = 0;
        for (; i < text.Length && char.IsAsciiLetter(text[i]); i++)
        {
            if (i == 3)
                return false;
            column = column * 26 + ((text[i] | 0x20) - 'a' + 1);
        }

        column--;
        return i > 0 && text.Length - i is > 0 and <= 7 && int.TryParse(text[i..], NumberStyles.None, CultureInfo.InvariantCulture, out row) && row > 0;
    }

    private void ReadStyles(string name)
    {
        var custom = new Dictionary<int, NumberMeaning>();
        using var xml = package.OpenXml(name);
        var inCellFormats = false;
        while (xml.Read())
        {
            if (xml.Name == "cellXfs")
                inCellFormats = xml.IsElement && !xml.Xml.IsEmptyElement;
            else if (!xml.IsElement)
                continue;
            else if (xml.Name == "numFmt" && int.TryParse(xml.Attribute("numFmtId"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && custom.Count < 10_000)
                custom[id] = CellFormat.Custom(xml.Attribute("formatCode") ?? "");
            else if (xml.Name == "xf" && inCellFormats && styles.Count < 100_000)
            {
                _ = int.TryParse(xml.Attribute("numFmtId"), NumberStyles.None, CultureInfo.InvariantCulture, out var format);
                styles.Add(custom.TryGetValue(format, out var meaning) ? meaning : CellFormat.BuiltIn(format));
            }
        }
    }

    private void ReadSharedTexts(string name)
    {
        using var xml = package.OpenXml(name);
        var text = new StringBuilder();
        long total = 0;
        while (xml.Read())
        {
            if (!xml.IsElement || xml.Name != "si")
                continue;
            text.Clear();
            // A shared text may be referred to by no cell; its length is checked where a cell uses it.
            ReadRichText(xml, text, Options.MaxCellChars + 1);
            total += text.Length + 16;
            if (total > Options.MaxSharedTextChars)
                throw FileKind.Fault(FileName, "table.shared-texts", "檔案內的文字總量超過上限。請分成幾份再匯入。", "The texts of the file are larger in total than the limit. Split the file.");
            shared.Add(Unescape(text.ToString()));
        }
    }

    /// <summary>The text of <c>si</c> or <c>is</c>: its runs joined, phonetic guides left out. Longer texts are cut at the limit.</summary>
    private static void ReadRichText(PartReader xml, StringBuilder text, int limit)
    {
        if (xml.Xml.IsEmptyElement)
            return;
        var depth = xml.Depth;
        var end = xml.Name;
        var inText = false;
        while (xml.Read() && !xml.IsEnd(end, depth))
        {
            if (xml.IsElement && xml.Name == "rPh")
                xml.SkipElement();
            else if (xml.Name == "t")
                inText = xml.IsElement && !xml.Xml.IsEmptyElement;
            else if (inText && xml.IsText)
                xml.AppendText(text, limit);
        }
    }

    [GeneratedRegex("_x([0-9A-Fa-f]{4})_", RegexOptions.NonBacktracking)]
    private static partial Regex EscapedCharacter();

    /// <summary>ISO/IEC 29500-1 §22.9.2.19: <c>_xHHHH_</c> stands for a character that XML cannot hold.</summary>
    internal static string Unescape(string text) => text.Contains("_x", StringComparison.Ordinal)
        ? EscapedCharacter().Replace(text, m => ((char)ushort.Parse(m.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString())
        : text;

    internal override IEnumerable<TableRow> ReadRows()
    {
        using var xml = package.OpenXml(part);
        var builder = new RowBuilder(FileName, Options);
        builder.Expect(merges);
        var text = new StringBuilder();
        var number = 0;
        while (xml.Read())
        {
            if (!xml.IsElement || xml.Name != "row")
                continue;
            number = xml.Attribute("r") is { } r && int.TryParse(r, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > number ? given : number + 1;
            builder.Start(number);
            if (!xml.Xml.IsEmptyElement)
                ReadRow(xml, builder, text);
            if (builder.Finish() is { } row)
                yield return row;
        }
    }

    private void ReadRow(PartReader xml, RowBuilder builder, StringBuilder text)
    {
        var depth = xml.Depth;
        var column = -1;
        while (xml.Read() && !xml.IsEnd("row", depth))
        {
            if (!xml.IsElement || xml.Name != "c")
                continue;
            column = xml.Attribute("r") is { } reference && ParseReference(reference, out var given, out _) ? given : column + 1;
            builder.Set(column, ReadCell(xml, text, builder.Number, column));
        }
    }

    private TableCell ReadCell(PartReader xml, StringBuilder text, int row, int column)
    {
        var type = xml.Attribute("t");
        var style = int.TryParse(xml.Attribute("s"), NumberStyles.None, CultureInfo.InvariantCulture, out var s) ? s : 0;
        text.Clear();
        var formula = false;
        if (xml.Xml.IsEmptyElement)
            return TableCell.Empty;
        var depth = xml.Depth;
        var inValue = false;
        while (xml.Read() && !xml.IsEnd("c", depth))
        {
            if (xml.IsElement && xml.Name == "is")
            {
                ReadRichText(xml, text, Options.MaxCellChars + 1);
            }
            else if (xml.IsElement && xml.Name == "f")
            {
                formula = true;
                xml.SkipElement();
            }
            else if (xml.Name == "v")
            {
                inValue = xml.IsElement && !xml.Xml.IsEmptyElement;
            }
            else if (inValue && xml.IsText && !xml.AppendText(text, Options.MaxCellChars))
            {
                throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
            }
        }

        if (text.Length == 0)
            return TableCell.Empty;
        var value = text.ToString();
        switch (type)
        {
            case "s":
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= shared.Count)
                    throw FileKind.Fault(FileName, "table.shared-text-missing",
                        $"第 {row} 列 {TableErrors.ColumnName(column)} 欄指向不存在的文字，檔案已損壞。", $"The cell in row {row}, column {TableErrors.ColumnName(column)} refers to a text that is not there; the file is damaged.");
                return Text(shared[index], formula, row, column);
            case "b":
                return new TableCell(value is "1" or "true" ? "TRUE" : "FALSE", TableCellKind.Boolean, formula);
            case "e":
                return new TableCell(value, TableCellKind.Error, formula);
            case "str" or "inlineStr":
                return Text(Unescape(value), formula, row, column);
            case "d" when DateTime.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment):
                return CellFormat.Moment(moment, value.Contains('T', StringComparison.Ordinal), formula);
        }

        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return Text(value, formula, row, column);
        return CellFormat.Cell(number, style < styles.Count ? styles[style] : NumberMeaning.Number, from1904, formula);
    }

    private TableCell Text(string value, bool formula, int row, int column)
    {
        if (value.Length > Options.MaxCellChars)
            throw TableErrors.CellTooLong(FileName, row, column, Options.MaxCellChars);
        return value.Length == 0 ? TableCell.Empty : new TableCell(value, TableCellKind.Text, formula);
    }
}
