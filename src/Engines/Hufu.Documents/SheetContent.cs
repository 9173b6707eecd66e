namespace Hufu.Documents;

/// <summary>A sheet to write. Rows are taken one by one and not held.</summary>
/// <param name="Name">Its name; characters that spreadsheets refuse are replaced, and it is cut at 31 characters.</param>
/// <param name="Headers">Column names.</param>
/// <param name="Rows">The rows; cells past the headers are written too.</param>
public sealed record SheetContent(string Name, IReadOnlyList<string> Headers, IEnumerable<IReadOnlyList<CellValue>> Rows)
{
    /// <summary>A title above the header, merged over all columns; null writes none. Not for CSV.</summary>
    public string? Title { get; init; }

    /// <summary>Hides the sheet in the workbook. The first sheet cannot be hidden.</summary>
    public bool IsHidden { get; init; }
}

/// <summary>What was written, and what could not be written as it was.</summary>
/// <param name="Rows">Rows without headers and titles.</param>
/// <param name="ReplacedCharacters">Characters that the format cannot hold (control characters, halves of surrogate pairs), each replaced by U+FFFD.</param>
/// <param name="ShortenedCells">Texts longer than a spreadsheet cell holds (32,767 characters), cut there; never in CSV.</param>
public sealed record TableWriteReport(int Rows, int ReplacedCharacters, int ShortenedCells);
