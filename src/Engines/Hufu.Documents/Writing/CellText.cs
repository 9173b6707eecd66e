using Hufu.Kernel;

namespace Hufu.Documents.Writing;

/// <summary>Makes texts fit for a format and counts what had to be changed.</summary>
internal sealed class CellText(TableFormat format)
{
    /// <summary>Rows and characters that spreadsheets have at most.</summary>
    public const int MaxSheetRows = 1_048_576;

    private const int MaxCellChars = 32_767;

    public int Replaced { get; private set; }

    public int Shortened { get; private set; }

    public TableWriteReport Report(int rows) => new(rows, Replaced, Shortened);

    /// <summary>Line breaks as LF, unwritable characters replaced, length bounded.</summary>
    public string Fit(string text)
    {
        text = XmlText.Clean(text, out var replaced);
        Replaced += replaced;
        if (format == TableFormat.Csv || text.Length <= MaxCellChars)
            return text;
        Shortened++;
        return text[..(char.IsHighSurrogate(text[MaxCellChars - 1]) ? MaxCellChars - 1 : MaxCellChars)];
    }

    public static TableFault TooManyRows(string sheet) => new(Error.Of("table.rows",
        $"資料超過試算表的上限 {MaxSheetRows:N0} 列。請匯出成 CSV 或縮小範圍。", $"More rows than a spreadsheet holds ({MaxSheetRows:N0}). Export as CSV or narrow the selection.", sheet));

    /// <summary>Names of sheets that spreadsheets accept, distinct without regard to case.</summary>
    public string[] SheetNames(IReadOnlyList<SheetContent> sheets)
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var names = new string[sheets.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var clean = string.Concat(Fit(sheets[i].Name).Select(c => c is '[' or ']' or ':' or '*' or '?' or '/' or '\\' or '\n' or '\t' ? '_' : c)).Trim('\'', ' ');
            var stem = clean.Length == 0 ? $"Sheet{i + 1}" : Cut(clean, 31);
            var name = stem;
            for (var n = 2; !used.Add(name); n++)
                name = $"{Cut(stem, 25)} ({n})";
            names[i] = name;
        }

        return names;
    }

    /// <summary>Width of a text in characters of the default font; East Asian ones count double.</summary>
    public static int Width(string text)
    {
        int widest = 0, width = 0;
        foreach (var c in text)
        {
            width += c >= 0x1100 && !char.IsLowSurrogate(c) ? 2 : 1;
            if (c == '\n')
                width = 0;
            widest = Math.Max(widest, width);
        }

        return widest;
    }

    /// <summary>Widths of the columns, from the headers and the first rows, which are held for it and given again.</summary>
    public static (double[] Widths, IEnumerable<IReadOnlyList<CellValue>> Rows, IDisposable Owner) Measure(SheetContent sheet)
    {
        var rows = sheet.Rows.GetEnumerator();
        var first = new List<IReadOnlyList<CellValue>>();
        while (first.Count < 200 && rows.MoveNext())
            first.Add(rows.Current);
        var columns = Math.Max(sheet.Headers.Count, first.Count == 0 ? 0 : first.Max(r => r.Count));
        var widths = new double[columns];
        for (var c = 0; c < columns; c++)
        {
            var widest = c < sheet.Headers.Count ? Width(sheet.Headers[c]) + 3 : 0;
            foreach (var row in first)
                if (c < row.Count)
                    widest = Math.Max(widest, Width(row[c].Text) + 1);
            widths[c] = Math.Clamp(widest, 8, 60);
        }

        return (widths, Again(), rows);

        IEnumerable<IReadOnlyList<CellValue>> Again()
        {
            foreach (var row in first)
                yield return row;
            while (rows.MoveNext())
                yield return rows.Current;
        }
    }

    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
