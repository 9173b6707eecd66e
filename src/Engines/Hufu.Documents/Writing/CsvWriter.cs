using System.Text;

namespace Hufu.Documents.Writing;

/// <summary>CSV after RFC 4180, UTF-8 with byte order mark so that spreadsheets see the encoding.</summary>
internal static class CsvWriter
{
    public static TableWriteReport Write(Stream output, SheetContent sheet, CellText text)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(true), 65536, leaveOpen: true) { NewLine = "\r\n" };
        for (var i = 0; i < sheet.Headers.Count; i++)
        {
            if (i > 0)
                writer.Write(',');
            Cell(writer, FormulaGuard.Add(text.Fit(sheet.Headers[i])));
        }

        writer.WriteLine();
        var count = 0;
        foreach (var row in sheet.Rows)
        {
            for (var i = 0; i < row.Count; i++)
            {
                if (i > 0)
                    writer.Write(',');
                Cell(writer, row[i].Kind == TableCellKind.Text ? FormulaGuard.Add(text.Fit(row[i].Text)) : row[i].Text);
            }

            writer.WriteLine();
            count++;
        }

        return text.Report(count);
    }

    private static void Cell(StreamWriter writer, string value)
    {
        // A file that begins with sep= would be taken for a statement of the delimiter.
        if (!value.AsSpan().ContainsAny(',', '"', '\n') && !value.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
        {
            writer.Write(value);
            return;
        }

        writer.Write('"');
        writer.Write(value.Replace("\"", "\"\"", StringComparison.Ordinal));
        writer.Write('"');
    }
}
