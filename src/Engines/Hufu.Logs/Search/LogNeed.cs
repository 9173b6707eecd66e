using Hufu.Logs.Search;

namespace Hufu.Logs;

/// <summary>
/// What the text of an event must contain to be of interest, for <see cref="LogSearch.Needs"/>. The text is the raw line, the message, the columns and the values of the
/// fields, as they are stored; upper and lower case of ASCII are the same.
/// </summary>
public abstract record LogNeed
{
    private LogNeed()
    {
    }

    /// <summary>Each of them.</summary>
    /// <param name="Items">One or more.</param>
    public sealed record All(IReadOnlyList<LogNeed> Items) : LogNeed;

    /// <summary>One of them.</summary>
    /// <param name="Items">One or more.</param>
    public sealed record Any(IReadOnlyList<LogNeed> Items) : LogNeed;

    /// <summary>A text somewhere.</summary>
    /// <param name="Value">The text.</param>
    public sealed record Text(string Value) : LogNeed;

    /// <summary>The same as a search that the index of texts can answer.</summary>
    internal SearchNode Node => this switch
    {
        All all => new AllOf([.. all.Items.Select(item => item.Node)]),
        Any any => new AnyOf([.. any.Items.Select(item => item.Node)]),
        Text text => new WordTerm(text.Value),
        _ => throw new InvalidOperationException(),
    };
}
