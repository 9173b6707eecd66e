using System.Text;

namespace Hufu.Documents;

/// <summary>How a tabular file is read, and how much of it at most. Every bound has a default that fits an office file.</summary>
public sealed record TableReadOptions
{
    /// <summary>Options with every default.</summary>
    public static readonly TableReadOptions Default = new();

    /// <summary>Name of the sheet to read; null takes the first visible sheet that is not empty.</summary>
    public string? Sheet { get; init; }

    /// <summary>Encoding of a CSV or TSV file; null detects it. The detected one is told by <see cref="Table.Encoding"/>.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>Delimiter of a CSV file; null detects one of comma, semicolon, tab and bar.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Row that holds the column names, as the person sees it (1-based); 0 says that there is none; null detects it.</summary>
    public int? HeaderRow { get; init; }

    /// <summary>Column names that the import hopes for; a row that holds some of them is preferred as header.</summary>
    public IReadOnlyList<string> ExpectedHeaders { get; init; } = [];

    /// <summary>Rows that are looked at to find the header; default 50.</summary>
    public int HeaderSearchRows { get; init; } = 50;

    /// <summary>Repeats the value of cells merged downwards in each row that they cover; default true. The copies are flagged.</summary>
    public bool FillMergedCells { get; init; } = true;

    /// <summary>Takes away the apostrophe that <see cref="TableWriter"/> (and careful people) put before formula characters in CSV; default true.</summary>
    public bool RemoveFormulaGuard { get; init; } = true;

    /// <summary>Largest file, packed, in bytes; default 200 MB.</summary>
    public long MaxFileBytes { get; init; } = 200L * 1024 * 1024;

    /// <summary>Most bytes that the parts of one file may unpack to; default 1 GB.</summary>
    public long MaxUnpackedBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Most unpacked bytes per packed byte of one part larger than 16 MB; default 250. Office sheets stay below 100.</summary>
    public int MaxCompressionRatio { get; init; } = 250;

    /// <summary>Most parts in a package; default 10,000.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Most columns; default 512. Empty cells past the last value do not count.</summary>
    public int MaxColumns { get; init; } = 512;

    /// <summary>Most rows, blank ones between others included; default 1,000,000.</summary>
    public int MaxRows { get; init; } = 1_000_000;

    /// <summary>Most UTF-16 characters in a cell; default 32,767, the limit of spreadsheets themselves.</summary>
    public int MaxCellChars { get; init; } = 32_767;

    /// <summary>Most characters in all shared texts of a workbook; default 100 million.</summary>
    public long MaxSharedTextChars { get; init; } = 100_000_000;

    /// <summary>Deepest nesting of XML elements; default 64.</summary>
    public int MaxXmlDepth { get; init; } = 64;
}
