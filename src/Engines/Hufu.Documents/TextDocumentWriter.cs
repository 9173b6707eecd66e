using Hufu.Documents.Fonts;
using Hufu.Documents.Writing;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>Writes text documents.</summary>
public static class TextDocumentWriter
{
    /// <summary>Most columns of a table.</summary>
    public const int MaxColumns = 20;

    /// <summary>Media type of a format.</summary>
    public static string MediaType(TextFormat format) => format switch
    {
        TextFormat.Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        TextFormat.Odt => "application/vnd.oasis.opendocument.text",
        _ => "application/pdf",
    };

    /// <summary>The format that a file ending names, with or without the dot; null for another.</summary>
    public static TextFormat? FormatOf(string? ending) => ending?.TrimStart('.').ToLowerInvariant() switch
    {
        "docx" => TextFormat.Docx,
        "odt" => TextFormat.Odt,
        "pdf" => TextFormat.Pdf,
        _ => null,
    };

    /// <summary>The document as a file. Fails for PDF alone: where no font of the machine has the characters.</summary>
    /// <param name="document">The document.</param>
    /// <param name="format">The format.</param>
    /// <param name="fonts">Where PDF takes its fonts from.</param>
    public static Result<byte[]> Write(TextDocument document, TextFormat format, FontFinder fonts)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(fonts);
        foreach (var table in document.Blocks.OfType<TextTable>())
            if (table.Columns.Count is 0 or > MaxColumns) throw new ArgumentException($"A table has 1 to {MaxColumns} columns.", nameof(document));
        if (format is TextFormat.Pdf) return PdfWriter.Write(document, fonts);
        using var output = new MemoryStream();
        if (format is TextFormat.Docx) DocxWriter.Write(output, document);
        else OdtWriter.Write(output, document);
        return Result.Of(output.ToArray());
    }
}
