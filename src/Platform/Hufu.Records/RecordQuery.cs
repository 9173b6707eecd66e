namespace Hufu.Records;

/// <summary>One column's filter in its short written form, as it stands in the URL.</summary>
/// <param name="Field">Field key.</param>
/// <param name="Text">
/// <c>x</c> contains (text) or equals (other kinds; several values separated by commas); <c>=x</c> equals; <c>!x</c> not;
/// <c>a..b</c>, <c>&gt;x</c>, <c>&lt;x</c> for numbers and dates; <c>-</c> empty; <c>*</c> not empty.
/// </param>
public sealed record ColumnFilter(string Field, string Text);

/// <summary>A list as asked for: everything that the URL says.</summary>
public sealed record RecordQuery
{
    /// <summary>Words that all must occur.</summary>
    public string? Search { get; init; }

    public IReadOnlyList<ColumnFilter> Filters { get; init; } = [];

    /// <summary>Field key, with <c>-</c> in front for descending; the type's default where null.</summary>
    public string? Sort { get; init; }

    /// <summary>Cursor: show what follows it.</summary>
    public string? After { get; init; }

    /// <summary>Cursor: show what precedes it.</summary>
    public string? Before { get; init; }

    public int PageSize { get; init; } = 50;

    /// <summary>Show put-away records too.</summary>
    public bool Archived { get; init; }

    /// <summary>Only open records.</summary>
    public bool OpenOnly { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Records">The rows.</param>
/// <param name="Total">How many match in all.</param>
/// <param name="Next">Cursor of the next page, null on the last.</param>
/// <param name="Previous">Cursor of the page before, null on the first.</param>
public sealed record RecordPage(IReadOnlyList<Record> Records, int Total, string? Next, string? Previous);
