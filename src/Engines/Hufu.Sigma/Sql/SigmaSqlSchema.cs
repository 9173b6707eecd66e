namespace Hufu.Sigma;

/// <summary>The databases that rules are translated for.</summary>
public enum SigmaSqlDialect
{
    /// <summary>DuckDB 1.3 or later.</summary>
    DuckDb,

    /// <summary>ClickHouse. A number with a fraction is read as it is written only from 26.2 on.</summary>
    ClickHouse,
}

/// <summary>How a table holds a field of events.</summary>
/// <param name="Value">An SQL expression; NULL where an event has no such field.</param>
public sealed record SigmaSqlField(string Value)
{
    /// <summary>True when <see cref="Value"/> is a list, of which a rule's value needs to match one. A field of one value is a list of one.</summary>
    public bool IsList { get; init; }

    /// <summary>From the value, or from one of the list, to its text (<see cref="SigmaValue.Text"/>), NULL for null; absent where it is a text.</summary>
    public Func<string, string>? Text { get; init; }

    /// <summary>From the value, or from one of the list, to its number where the event holds a number, and not a text that looks like one; NULL otherwise. Absent where all are texts.</summary>
    public Func<string, string>? Number { get; init; }

    /// <summary>A condition, never NULL, that the event has the field, be it null or empty; absent where that is so when <see cref="Value"/> is not NULL.</summary>
    public string? Present { get; init; }
}

/// <summary>
/// How a table holds events. Its texts are UTF-8 without zero characters: a rule's value that has one matches nothing, unless the table can hold it.
/// </summary>
/// <param name="Dialect">The database.</param>
/// <param name="Field">Tells how a field, by its name without spaces, is held; null for one that the table cannot give as events have it, which refuses a rule that asks for it.</param>
/// <param name="Keywords">What keywords are looked for in.</param>
public sealed record SigmaSqlSchema(SigmaSqlDialect Dialect, Func<string, SigmaSqlField?> Field, IReadOnlyList<SigmaSqlField> Keywords)
{
    /// <summary>The table, or a query in brackets, as it stands behind FROM; needed for statements.</summary>
    public string Table { get; init; } = "";

    /// <summary>The time of an event in whole microseconds since any moment, never NULL; needed for statements.</summary>
    public string Time { get; init; } = "";

    /// <summary>Expressions, never NULL, that together tell an event from every other, with the names that they have in results: by these, events of one moment come one after another.</summary>
    public IReadOnlyList<(string Name, string Value)> Order { get; init; } = [];

    /// <summary>What a row of a detection's hits shows besides time and order.</summary>
    public IReadOnlyList<(string Name, string Value)> Shown { get; init; } = [];

    /// <summary>The condition, never NULL, under which an event is of a log source; null for one of which the table cannot tell, which refuses the rule. Absent where log sources do not count.</summary>
    public Func<SigmaLogSource, string?>? Source { get; init; }
}
