using System.Text;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>The file formats that the engine reads and writes.</summary>
public enum TableFormat
{
    /// <summary>Office Open XML workbook (ISO/IEC 29500), <c>.xlsx</c>.</summary>
    Xlsx,

    /// <summary>OpenDocument spreadsheet (ISO/IEC 26300), <c>.ods</c>.</summary>
    Ods,

    /// <summary>Delimited text (RFC 4180 and its relatives), <c>.csv</c>, <c>.tsv</c>.</summary>
    Csv,
}

/// <summary>What a cell holds. The text of a cell is complete without it.</summary>
public enum TableCellKind
{
    /// <summary>Nothing.</summary>
    Empty,

    /// <summary>Text as typed.</summary>
    Text,

    /// <summary>A number; text is invariant, at most 15 significant digits, without exponent where it fits.</summary>
    Number,

    /// <summary>A day; text is <c>yyyy-MM-dd</c>.</summary>
    Date,

    /// <summary>A day and time without zone; text is <c>yyyy-MM-ddTHH:mm:ss</c>, with fractions only when there are any.</summary>
    DateTime,

    /// <summary>A time of day or a duration; text is <c>HH:mm:ss</c>, hours may pass 24.</summary>
    Time,

    /// <summary>Text is <c>TRUE</c> or <c>FALSE</c>.</summary>
    Boolean,

    /// <summary>The spreadsheet itself holds an error such as <c>#N/A</c>.</summary>
    Error,
}

/// <summary>One cell.</summary>
/// <param name="Text">The value as text, never null.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsFormula">True when the value is the stored result of a formula; it is as old as the last calculation.</param>
/// <param name="IsMergedCopy">True when the value stands in a merged cell that begins in a row above.</param>
public readonly record struct TableCell(string Text, TableCellKind Kind, bool IsFormula = false, bool IsMergedCopy = false)
{
    /// <summary>The empty cell.</summary>
    public static readonly TableCell Empty = new("", TableCellKind.Empty);

    /// <summary>A text cell, or the empty cell for an empty text.</summary>
    public static TableCell Of(string text) => text.Length == 0 ? Empty : new TableCell(text, TableCellKind.Text);

    /// <summary>True when nothing but white space is in it.</summary>
    public bool IsBlank => Kind == TableCellKind.Empty || string.IsNullOrWhiteSpace(Text);
}

/// <summary>One row.</summary>
/// <param name="Number">Row number as the person sees it in the spreadsheet, 1-based; in a CSV file the number of the record.</param>
/// <param name="Line">Line of the file where the row begins, 1-based, for CSV; otherwise 0.</param>
/// <param name="Cells">Cells from column A on; empty cells at the end are left out.</param>
public sealed record TableRow(int Number, int Line, IReadOnlyList<TableCell> Cells)
{
    /// <summary>The cell of a 0-based column; the empty cell past the end.</summary>
    public TableCell this[int column] => column < Cells.Count ? Cells[column] : TableCell.Empty;

    /// <summary>True when every cell is blank or only repeats a merged cell of a row above.</summary>
    public bool IsBlank
    {
        get
        {
            for (var i = 0; i < Cells.Count; i++)
                if (!Cells[i].IsBlank && !Cells[i].IsMergedCopy)
                    return false;
            return true;
        }
    }
}

/// <summary>A sheet of a workbook.</summary>
/// <param name="Name">Its name; for a CSV file the file name without extension.</param>
/// <param name="IsHidden">True when the workbook hides it.</param>
public sealed record TableSheet(string Name, bool IsHidden);

/// <summary>Merged cells, all numbers 1-based and inclusive.</summary>
public readonly record struct TableMerge(int FirstRow, int FirstColumn, int LastRow, int LastColumn);

/// <summary>
/// One sheet of a tabular file, opened. Rows stream from the file each time they are asked for, so the file stays open until
/// <see cref="Dispose"/>; the stream given to <see cref="TableReader"/> is not closed.
/// </summary>
public sealed class Table : IDisposable
{
    private readonly TableSource source;

    internal Table(TableSource source, string fileName, int headerRow, IReadOnlyList<TableCell> headers)
    {
        this.source = source;
        FileName = fileName;
        HeaderRow = headerRow;
        Headers = [.. headers.Select(h => TextCleaner.Clean(h.Text))];
    }

    /// <summary>Name of the file, without folder.</summary>
    public string FileName { get; }

    /// <summary>What the file really is, whatever its extension says.</summary>
    public TableFormat Format => source.Format;

    /// <summary>All sheets in order, hidden ones included.</summary>
    public IReadOnlyList<TableSheet> Sheets => source.Sheets;

    /// <summary>The sheet that is read.</summary>
    public TableSheet Sheet => source.Sheet;

    /// <summary>Encoding of a CSV file; null for other formats.</summary>
    public Encoding? Encoding => source.Encoding;

    /// <summary>True when the encoding follows from a byte order mark, from valid UTF-8 or from the options; false when it is a likely guess.</summary>
    public bool IsEncodingCertain => source.IsEncodingCertain;

    /// <summary>Delimiter of a CSV file; null for other formats.</summary>
    public char? Delimiter => source.Delimiter;

    /// <summary>Merged cells of the sheet. For ODS they are known as far as rows were read.</summary>
    public IReadOnlyList<TableMerge> Merges => source.Merges;

    /// <summary>Row number of the header as the person sees it; 0 when there is none.</summary>
    public int HeaderRow { get; }

    /// <summary>Column names, trimmed, letters and digits half-width; empty text for a column without name.</summary>
    public IReadOnlyList<string> Headers { get; }

    /// <summary>Rows after the header that are not blank. A failure is the last element: the rows before it are good.</summary>
    public IEnumerable<Result<TableRow>> Rows => source.Guarded(skipTo: HeaderRow, skipBlank: true);

    /// <summary>Every row from the first on, titles included; a gap in the row numbers is blank rows. A failure is the last element.</summary>
    public IEnumerable<Result<TableRow>> AllRows => source.Guarded(skipTo: 0, skipBlank: false);

    /// <summary>The rows after the header as one list; a failure anywhere is the failure of the whole.</summary>
    public Result<IReadOnlyList<TableRow>> ReadAll()
    {
        var rows = new List<TableRow>();
        foreach (var row in Rows)
        {
            if (!row.IsOk)
                return Result.Fail<IReadOnlyList<TableRow>>(row.Errors);
            rows.Add(row.Value);
        }

        return Result.Of<IReadOnlyList<TableRow>>(rows);
    }

    /// <inheritdoc />
    public void Dispose() => source.Dispose();
}
