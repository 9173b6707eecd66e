using Microsoft.AspNetCore.Components;

namespace Hufu.Web.Components;

/// <summary>Which way a column is sorted now.</summary>
public enum SortDirection
{
    /// <summary>Not sorted by this column.</summary>
    None,

    /// <summary>Smallest first.</summary>
    Ascending,

    /// <summary>Largest first.</summary>
    Descending,
}

/// <summary>Where a cell's text stands.</summary>
public enum CellAlign
{
    /// <summary>Text.</summary>
    Start,

    /// <summary>Numbers.</summary>
    End,

    /// <summary>Marks and icons.</summary>
    Center,
}

/// <summary>How much room a column may take.</summary>
public enum ColumnWidth
{
    /// <summary>As much as its longest text, up to a limit; longer text is shortened with an ellipsis and shown in full on hover.</summary>
    Auto,

    /// <summary>As little as possible.</summary>
    Fit,

    /// <summary>What the others leave: one column of a table, the title.</summary>
    Grow,

    /// <summary>Text wraps inside the cell.</summary>
    Wrap,
}

/// <summary>What narrow screens leave out first.</summary>
public enum ColumnPriority
{
    /// <summary>Always shown.</summary>
    Always,

    /// <summary>Left out where the table is narrower than about 760 px.</summary>
    Wide,

    /// <summary>Left out where the table is narrower than about 1,100 px.</summary>
    VeryWide,
}

/// <summary>How a column is filtered.</summary>
public enum FilterKind
{
    /// <summary>Contains a text.</summary>
    Text,

    /// <summary>One of the options.</summary>
    Choice,

    /// <summary>On a date.</summary>
    Date,

    /// <summary>A number.</summary>
    Number,
}

/// <summary>The filter box of a column: its field name in the query string and its present value.</summary>
public sealed record ColumnFilter(string Name, FilterKind Kind = FilterKind.Text, string? Value = null, IReadOnlyList<Choice>? Options = null);

/// <summary>One column of a <see cref="DataTable{TRow}"/>: give <see cref="Text"/> or <see cref="Cell"/>.</summary>
public sealed class DataColumn<TRow>
{
    /// <summary>Stable name, also the value in the column chooser.</summary>
    public required string Key { get; init; }

    /// <summary>Heading.</summary>
    public required string Title { get; init; }

    /// <summary>Plain text of the cell; also its full text on hover.</summary>
    public Func<TRow, string?>? Text { get; init; }

    /// <summary>Markup of the cell, instead of <see cref="Text"/>.</summary>
    public RenderFragment<TRow>? Cell { get; init; }

    /// <summary>Alignment of heading and cells.</summary>
    public CellAlign Align { get; init; }

    /// <summary>Room.</summary>
    public ColumnWidth Width { get; init; }

    /// <summary>What narrow screens leave out.</summary>
    public ColumnPriority Priority { get; init; }

    /// <summary>Address of the list sorted by this column (next direction); without it the heading is plain.</summary>
    public string? SortHref { get; init; }

    /// <summary>Present direction.</summary>
    public SortDirection Sort { get; init; }

    /// <summary>Filter box.</summary>
    public ColumnFilter? Filter { get; init; }

    /// <summary>Only in the chooser: it is not drawn.</summary>
    public bool Hidden { get; init; }

    /// <summary>The cell that names the row: a row heading, and the place of the row's link. Exactly one column should have it.</summary>
    public bool Primary { get; init; }

    /// <summary>Fixed-width digits and letters: codes, addresses, hashes.</summary>
    public bool Mono { get; init; }

    /// <summary>Secondary text, drawn quieter.</summary>
    public bool Quiet { get; init; }
}

/// <summary>A saved view of a list.</summary>
public sealed record SavedView(string Label, string Href, bool Current = false, long? Count = null);

/// <summary>A filter that is on, and the address of the list without it.</summary>
public sealed record FilterChip(string Label, string Value, string RemoveHref);

/// <summary>An action on the selected rows: a submit button of the bulk form.</summary>
/// <param name="Label">What it does.</param>
/// <param name="FormAction">Address that receives the selected ids.</param>
/// <param name="Icon">Icon name.</param>
/// <param name="Danger">Drawn as dangerous.</param>
/// <param name="Confirm">Question asked first, where script runs; the server asks again for what cannot be undone.</param>
/// <param name="Shortcut">A letter that presses it.</param>
public sealed record BulkAction(string Label, string FormAction, string? Icon = null, bool Danger = false, string? Confirm = null, string? Shortcut = null);

/// <summary>A page size and the list's address with it.</summary>
public sealed record PageSize(int Size, string Href, bool Current = false);

/// <summary>The links of a keyset pager: a missing one is at its end.</summary>
public sealed record PageLinks
{
    /// <summary>First page.</summary>
    public string? FirstHref { get; init; }

    /// <summary>The page before.</summary>
    public string? PreviousHref { get; init; }

    /// <summary>The page after.</summary>
    public string? NextHref { get; init; }

    /// <summary>Number of the first row on this page, where it is known.</summary>
    public long? From { get; init; }

    /// <summary>Number of the last row on this page, where it is known.</summary>
    public long? To { get; init; }

    /// <summary>How many rows there are in all, where it is known.</summary>
    public long? Total { get; init; }

    /// <summary>The total is a lower bound: counting stopped there.</summary>
    public bool TotalIsMinimum { get; init; }

    /// <summary>Page sizes to choose from.</summary>
    public IReadOnlyList<PageSize> Sizes { get; init; } = [];
}
