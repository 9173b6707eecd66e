using System.Text;
using System.Xml;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>One sheet as a row source; each format has one. Failure inside travels as <see cref="TableFault"/> and leaves as a value.</summary>
internal abstract class TableSource(string fileName, TableReadOptions options) : IDisposable
{
    public string FileName { get; } = fileName;

    public TableReadOptions Options { get; } = options;

    public abstract TableFormat Format { get; }

    public abstract IReadOnlyList<TableSheet> Sheets { get; }

    public abstract TableSheet Sheet { get; }

    public virtual Encoding? Encoding => null;

    public virtual bool IsEncodingCertain => true;

    public virtual char? Delimiter => null;

    public virtual IReadOnlyList<TableMerge> Merges => [];

    /// <summary>The rows from the start of the sheet; gaps in row numbers are blank rows.</summary>
    internal abstract IEnumerable<TableRow> ReadRows();

    public abstract void Dispose();

    public IEnumerable<Result<TableRow>> Guarded(int skipTo, bool skipBlank)
    {
        using var rows = ReadRows().GetEnumerator();
        while (true)
        {
            TableRow? row = null;
            Error? error = null;
            try
            {
                if (rows.MoveNext())
                    row = rows.Current;
            }
            catch (Exception fault) when (TableErrors.IsFileFault(fault))
            {
                error = TableErrors.From(fault, FileName);
            }

            if (error is not null)
            {
                yield return Result.Fail<TableRow>(error);
                yield break;
            }

            if (row is null)
                yield break;
            if (row.Number <= skipTo || skipBlank && row.IsBlank)
                continue;
            yield return Result.Of(row);
        }
    }
}

/// <summary>A fault of the file with its explanation, on the way to the caller.</summary>
internal sealed class TableFault(Error error) : Exception(error.Message.En)
{
    public Error Error { get; } = error;
}

internal static class TableErrors
{
    public static bool IsFileFault(Exception fault) =>
        fault is TableFault or XmlException or InvalidDataException or EndOfStreamException or NotSupportedException
            or DecoderFallbackException or OverflowException or FormatException;

    public static Error From(Exception fault, string file) => fault switch
    {
        TableFault f => f.Error,
        XmlException x when x.Message.Contains("DTD", StringComparison.Ordinal) => Dtd(file),
        XmlException x => Error.Of("table.xml-invalid",
            $"檔案內的 XML 不正確（第 {x.LineNumber} 行第 {x.LinePosition} 字）。檔案可能已損壞或不完整，請用試算表軟體開啟後另存新檔再匯入。",
            $"The XML inside the file is not well-formed (line {x.LineNumber}, column {x.LinePosition}). The file may be damaged or cut off; open it in a spreadsheet program, save it anew and import that.", file),
        _ => Broken(file),
    };

    public static Error Broken(string file) => Error.Of("table.zip-broken",
        "檔案已損壞或不完整，無法解開。請重新取得檔案，或用試算表軟體開啟後另存新檔。",
        "The file is damaged or incomplete and cannot be unpacked. Get it again, or open it in a spreadsheet program and save it anew.", file);

    public static Error Dtd(string file) => Error.Of("table.dtd",
        "檔案內的 XML 含有 DTD 宣告，基於安全不予處理。一般試算表軟體不會產生這種檔案，請確認來源。",
        "The XML inside the file declares a DTD, which is refused for safety. Spreadsheet programs do not write such files; check where it came from.", file);

    public static Error Missing(string file, string part) => Error.Of("table.part-missing",
        $"檔案缺少必要的部分「{part}」，不是完整的試算表。請用試算表軟體開啟後另存新檔。",
        $"The file lacks the part '{part}' and is not a complete spreadsheet. Open it in a spreadsheet program and save it anew.", file);

    public static TableFault TooManyRows(string file, int limit) => new(Error.Of("table.rows",
        $"資料超過上限 {limit:N0} 列。請把檔案分成幾份再匯入。", $"More than {limit:N0} rows. Split the file and import the pieces.", file));

    public static TableFault TooManyColumns(string file, int row, int limit) => new(Error.Of("table.columns",
        $"第 {row} 列超過上限 {limit} 欄。請刪除多餘的欄。", $"Row {row} has more than {limit} columns. Delete the ones that are not needed.", $"{file}:{row}"));

    public static TableFault CellTooLong(string file, int row, int column, int limit) => new(Error.Of("table.cell-too-long",
        $"第 {row} 列 {ColumnName(column)} 欄的內容超過 {limit:N0} 字。若是 CSV，前面可能少了一個結尾的雙引號。",
        $"The cell in row {row}, column {ColumnName(column)} holds more than {limit:N0} characters. In a CSV file a closing quotation mark may be missing before it.", $"{file}:{row}"));

    /// <summary>The letters of a 0-based column: A, B … Z, AA.</summary>
    public static string ColumnName(int column)
    {
        var letters = "";
        for (var n = column + 1; n > 0; n = (n - 1) / 26)
            letters = (char)('A' + (n - 1) % 26) + letters;
        return letters;
    }
}
