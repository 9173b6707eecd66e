using Hufu.Documents.Writing;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>Writes tables as XLSX, ODS or CSV, row by row. What <see cref="TableReader"/> reads back is what was written.</summary>
/// <remarks>
/// Line breaks in a cell are written as LF. The output depends on the content only: no time, no user, no random id.
/// </remarks>
public static class TableWriter
{
    /// <summary>Writes one sheet.</summary>
    public static Result<TableWriteReport> Write(Stream output, TableFormat format, SheetContent sheet) => Write(output, format, [sheet]);

    /// <summary>Writes a workbook; CSV takes one sheet. The stream is not closed; after a failure what it holds is of no use.</summary>
    /// <returns>What was written, or the code <c>table.rows</c> when there are more rows than a spreadsheet has (1,048,576).</returns>
    public static Result<TableWriteReport> Write(Stream output, TableFormat format, IReadOnlyList<SheetContent> sheets)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfZero(sheets.Count);
        if (format == TableFormat.Csv && sheets.Count > 1)
            throw new ArgumentException("A CSV file holds one sheet.", nameof(sheets));
        var text = new CellText(format);
        try
        {
            return format switch
            {
                TableFormat.Csv => Result.Of(CsvWriter.Write(output, sheets[0], text)),
                TableFormat.Xlsx => Result.Of(XlsxWriter.Write(output, sheets, text)),
                TableFormat.Ods => Result.Of(OdsWriter.Write(output, sheets, text)),
                _ => throw new ArgumentOutOfRangeException(nameof(format)),
            };
        }
        catch (TableFault fault)
        {
            return Result.Fail<TableWriteReport>(fault.Error);
        }
    }
}
