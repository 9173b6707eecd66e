namespace Hufu.Documents;

/// <summary>The file formats of a text document.</summary>
public enum TextFormat
{
    /// <summary>Office Open XML (ISO/IEC 29500), transitional.</summary>
    Docx,

    /// <summary>OpenDocument 1.3.</summary>
    Odt,

    /// <summary>PDF 1.7 with the fonts that it needs inside.</summary>
    Pdf,
}

/// <summary>A document of headings, paragraphs and tables on A4, written as DOCX, ODT or PDF by <see cref="TextDocumentWriter"/>. Texts are data: no markup is read in them.</summary>
public sealed record TextDocument
{
    /// <summary>Title, also of the file's own description.</summary>
    public required string Title { get; init; }

    /// <summary>Language of the texts, such as <c>zh-TW</c> or <c>en</c>.</summary>
    public string Language { get; init; } = "zh-TW";

    /// <summary>Who made it, for the file's own description.</summary>
    public string Author { get; init; } = "";

    /// <summary>When it was made. The same document gives the same bytes.</summary>
    public DateTimeOffset Made { get; init; }

    /// <summary>Head of each page, at the left.</summary>
    public string HeaderStart { get; init; } = "";

    /// <summary>Head of each page, at the right.</summary>
    public string HeaderEnd { get; init; } = "";

    /// <summary>Foot of each page, at the left.</summary>
    public string FooterStart { get; init; } = "";

    /// <summary>How a page is numbered: <c>{0}</c> is its number, <c>{1}</c> how many there are.</summary>
    public string PageLabel { get; init; } = "{0} / {1}";

    /// <summary>What it says, from the top.</summary>
    public required IReadOnlyList<TextBlock> Blocks { get; init; }
}

/// <summary>A part of a document.</summary>
public abstract record TextBlock;

/// <summary>A heading.</summary>
/// <param name="Level">1 to 3; the document's title is level 1.</param>
/// <param name="Text">What it says.</param>
public sealed record TextHeading(int Level, string Text) : TextBlock;

/// <summary>A paragraph; line breaks in it are kept.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Quiet">Small and grey: a note.</param>
public sealed record TextParagraph(string Text, bool Quiet = false) : TextBlock;

/// <summary>A column of a table.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Weight">Its share of the width, in relation to the others.</param>
/// <param name="End">Aligned to the end, as numbers are.</param>
public sealed record TextColumn(string Title, double Weight = 1, bool End = false);

/// <summary>A table. Its headings are repeated on each page; without any title there is no row of headings.</summary>
/// <param name="Columns">1 to 20 columns.</param>
/// <param name="Rows">A text for each column; missing ones are empty.</param>
public sealed record TextTable(IReadOnlyList<TextColumn> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : TextBlock
{
    internal bool HasHeadings => Columns.Any(c => c.Title.Length > 0);

    internal IEnumerable<double> Shares => Columns.Select(c => c.Weight / Columns.Sum(x => x.Weight));
}
