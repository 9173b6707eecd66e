using Hufu.Kernel;

namespace Hufu.Sigma;

/// <summary>How urgent a match is (Sigma rules specification, "Level").</summary>
public enum SigmaLevel
{
    /// <summary>The rule enriches events; nobody is to be called.</summary>
    Informational,

    /// <summary>Notable, seldom an incident.</summary>
    Low,

    /// <summary>To be reviewed by a person regularly.</summary>
    Medium,

    /// <summary>To be reviewed promptly.</summary>
    High,

    /// <summary>Indicates an incident.</summary>
    Critical,
}

/// <summary>
/// A log source: in a rule, what the rule is written for; for an event, one kind of source that the event belongs to.
/// Lower case; an absent attribute of a rule accepts every event.
/// </summary>
/// <param name="Product">For example <c>windows</c>, <c>linux</c>.</param>
/// <param name="Category">For example <c>process_creation</c>, <c>webserver</c>.</param>
/// <param name="Service">For example <c>security</c>, <c>sshd</c>.</param>
public sealed record SigmaLogSource(string? Product = null, string? Category = null, string? Service = null)
{
    /// <summary>True when an event of the source <paramref name="eventSource"/> is within what this rule's source asks for.</summary>
    public bool Accepts(SigmaLogSource eventSource)
    {
        ArgumentNullException.ThrowIfNull(eventSource);
        return Fits(Product, eventSource.Product) && Fits(Category, eventSource.Category) && Fits(Service, eventSource.Service);

        static bool Fits(string? asked, string? has) => asked is null || string.Equals(asked, has, StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc />
    public override string ToString() => string.Join('/', new[] { Product, Category, Service }.Where(part => part is not null));
}

/// <summary>A rule named by another rule: its id and how the two are related (<c>derived</c>, <c>obsolete</c>, <c>merged</c>, <c>renamed</c>, <c>similar</c>).</summary>
/// <param name="Id">The other rule's id.</param>
/// <param name="Type">The relation.</param>
public sealed record SigmaRelation(string Id, string Type);

/// <summary>
/// One document of a rule file: a <see cref="SigmaDetectionRule"/>, a <see cref="SigmaCorrelationRule"/> or a <see cref="SigmaFilterRule"/>,
/// with everything its author wrote. Fields that the specification does not name are in <see cref="Custom"/>.
/// </summary>
public abstract record SigmaRule
{
    /// <summary>What the rule detects; at most 256 characters.</summary>
    public required string Title { get; init; }

    /// <summary>The file that the rule was read from, as given to the parser, and the line where the document begins.</summary>
    public required string Source { get; init; }

    /// <summary>Globally unique identifier, if the rule has one.</summary>
    public string? Id { get; init; }

    /// <summary>Unique name by which correlation rules may refer to this one.</summary>
    public string? Name { get; init; }

    /// <summary><c>stable</c>, <c>test</c>, <c>experimental</c>, <c>deprecated</c> or <c>unsupported</c>.</summary>
    public string? Status { get; init; }

    /// <summary>What the rule detects and why, in more words.</summary>
    public string? Description { get; init; }

    /// <summary>SPDX identifier of the rule's licence.</summary>
    public string? License { get; init; }

    /// <summary>Who wrote the rule. The Detection Rule License requires this to be shown wherever a match is shown.</summary>
    public string? Author { get; init; }

    /// <summary>The taxonomy of field names; absent means <c>sigma</c>.</summary>
    public string? Taxonomy { get; init; }

    /// <summary>When the rule was written.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>When the rule was last changed.</summary>
    public DateOnly? Modified { get; init; }

    /// <summary>How urgent a match is; absent when the rule does not say.</summary>
    public SigmaLevel? Level { get; init; }

    /// <summary>Where the rule comes from.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>Namespaced tags, for example <c>attack.t1110</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Fields that an analyst wants to see.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Known causes of a false alarm.</summary>
    public IReadOnlyList<string> FalsePositives { get; init; } = [];

    /// <summary>The intended scopes of the rule.</summary>
    public IReadOnlyList<string> Scope { get; init; } = [];

    /// <summary>Related rules.</summary>
    public IReadOnlyList<SigmaRelation> Related { get; init; } = [];

    /// <summary>All other fields: each a <see cref="string"/>, a list or a dictionary of such; <see langword="null"/> for YAML null.</summary>
    public IReadOnlyDictionary<string, object?> Custom { get; init; } = new Dictionary<string, object?>();

    /// <summary>SHA-256, in hexadecimal, of what the document says: the same for the same keys and values in the same order, however it is laid out.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>How the rule is called in messages: its id, else its name, else its title.</summary>
    public string Key => Id ?? Name ?? Title;
}

/// <summary>A rule that looks at one event at a time.</summary>
public sealed record SigmaDetectionRule : SigmaRule
{
    /// <summary>What log data the rule is written for.</summary>
    public required SigmaLogSource LogSource { get; init; }

    /// <summary>What an operator must configure for the log source; for people only.</summary>
    public string? LogSourceDefinition { get; init; }

    /// <summary>Other elements of the log source, which no program evaluates.</summary>
    public IReadOnlyDictionary<string, object?> LogSourceCustom { get; init; } = new Dictionary<string, object?>();

    /// <summary>Conditions as written; several are linked by OR.</summary>
    public required IReadOnlyList<string> Conditions { get; init; }

    /// <summary>Names of the search identifiers in the order of the file.</summary>
    public required IReadOnlyList<string> SearchIdentifiers { get; init; }

    internal Matching.Matcher Matcher { get; init; } = Matching.NeverMatcher.Instance;
}

/// <summary>What a correlation looks at (correlation rules specification, "Correlation Types").</summary>
public enum SigmaCorrelationType
{
    /// <summary>Number of events.</summary>
    EventCount,

    /// <summary>Number of distinct values of one or more fields.</summary>
    ValueCount,

    /// <summary>Which of the referred rules matched, in any order.</summary>
    Temporal,

    /// <summary>Which of the referred rules matched, in the order in which the correlation names them.</summary>
    TemporalOrdered,

    /// <summary>Sum of a number field.</summary>
    ValueSum,

    /// <summary>Average of a number field.</summary>
    ValueAverage,

    /// <summary>
    /// Without a percentile: the share, in percent, that the value of the event has among all values in the window ("a certain percentage of
    /// observed values"). With one (<see cref="SigmaCorrelationCondition.Percentile"/>): that percentile of the values of a number field.
    /// </summary>
    ValuePercentile,
}

/// <summary>How a correlation's figure is compared with a bound.</summary>
public enum SigmaBoundOperator
{
    /// <summary><c>gt</c>.</summary>
    Greater,

    /// <summary><c>gte</c>.</summary>
    GreaterOrEqual,

    /// <summary><c>lt</c>.</summary>
    Less,

    /// <summary><c>lte</c>.</summary>
    LessOrEqual,

    /// <summary><c>eq</c>.</summary>
    Equal,

    /// <summary><c>neq</c>.</summary>
    NotEqual,
}

/// <summary>One comparison of a correlation's condition.</summary>
/// <param name="Operator">How the figure is compared.</param>
/// <param name="Value">With what.</param>
public sealed record SigmaBound(SigmaBoundOperator Operator, double Value)
{
    /// <summary>True when the figure keeps the bound.</summary>
    public bool Holds(double figure) => Operator switch
    {
        SigmaBoundOperator.Greater => figure > Value,
        SigmaBoundOperator.GreaterOrEqual => figure >= Value,
        SigmaBoundOperator.Less => figure < Value,
        SigmaBoundOperator.LessOrEqual => figure <= Value,
        SigmaBoundOperator.Equal => figure.Equals(Value),
        SigmaBoundOperator.NotEqual => !figure.Equals(Value),
    };
}

/// <summary>
/// When a correlation fires. Every bound must hold. It is looked at with each event, over the time span that ends with the newest event of the
/// group; a condition of upper bounds alone therefore holds from the first event on, until the figure is above it.
/// </summary>
/// <param name="Minimum">Smallest whole figure that can fire, 0 when there is no lower bound.</param>
/// <param name="Maximum">Greatest whole figure that can fire; absent for none.</param>
/// <param name="Fields">Fields whose values are looked at; empty for <see cref="SigmaCorrelationType.EventCount"/> and the temporal types.</param>
public sealed record SigmaCorrelationCondition(long Minimum, long? Maximum, IReadOnlyList<string> Fields)
{
    /// <summary>The comparisons as written, joined by AND; empty where <see cref="Expression"/> decides.</summary>
    public IReadOnlyList<SigmaBound> Bounds { get; init; } = [];

    /// <summary>For the temporal types: a condition over the names of the referred rules, as written; absent when all of them, or a number, must match.</summary>
    public string? Expression { get; init; }

    /// <summary>For <see cref="SigmaCorrelationType.ValuePercentile"/>: which percentile (0 to 100, linear between neighbours) of the values is compared.</summary>
    public double? Percentile { get; init; }

    internal Matching.Matcher? ExpressionMatcher { get; init; }

    /// <summary>True when every bound holds.</summary>
    public bool Holds(double figure)
    {
        for (var i = 0; i < Bounds.Count; i++)
        {
            if (!Bounds[i].Holds(figure)) return false;
        }

        return true;
    }
}

/// <summary>A rule that looks at the matches of other rules within a time span that slides over event time.</summary>
public sealed record SigmaCorrelationRule : SigmaRule
{
    /// <summary>What is looked at.</summary>
    public required SigmaCorrelationType Type { get; init; }

    /// <summary>Ids or names of the rules whose matches are counted.</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    /// <summary>Fields whose values together name one group; each group is counted alone.</summary>
    public required IReadOnlyList<string> GroupBy { get; init; }

    /// <summary>Length of the sliding window.</summary>
    public required TimeSpan Timespan { get; init; }

    /// <summary>When the correlation fires.</summary>
    public required SigmaCorrelationCondition Condition { get; init; }

    /// <summary>Alias → rule (id or name) → the field that the alias stands for in that rule's events.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Aliases { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>True when the referred rules also report their own matches.</summary>
    public bool Generate { get; init; }
}

/// <summary>
/// A condition that is added to other rules with AND, as written (filters specification): usually <c>not selection</c>, so that what an
/// organization accepts does not match.
/// </summary>
public sealed record SigmaFilterRule : SigmaRule
{
    /// <summary>The filter acts on rules whose own log source is within this one.</summary>
    public required SigmaLogSource LogSource { get; init; }

    /// <summary>Ids or names of the rules that the filter is added to; empty for every rule of the log source (<c>rules: any</c>).</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    /// <summary>Conditions as written; several are linked by OR.</summary>
    public required IReadOnlyList<string> Conditions { get; init; }

    /// <summary>Names of the search identifiers in the order of the file. They are the filter's own: no rule's <c>1 of them</c> includes them.</summary>
    public required IReadOnlyList<string> SearchIdentifiers { get; init; }

    internal Matching.Matcher Matcher { get; init; } = Matching.NeverMatcher.Instance;

    internal IReadOnlyList<Error> Warnings { get; init; } = [];
}

/// <summary>What came of reading one rule file: every document is either a rule or an error, never neither.</summary>
/// <param name="Rules">Rules in the order of the file.</param>
/// <param name="Errors">Documents refused; <see cref="Error.Place"/> is <c>file:line:column</c>.</param>
public sealed record SigmaParseResult(IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Errors)
{
    /// <summary>What is taken as written and yet hardly meant, such as a filter that keeps only what it should leave out.</summary>
    public IReadOnlyList<Error> Warnings { get; init; } = [];
}

/// <summary>Limits and values for reading rules.</summary>
public sealed record SigmaParseOptions
{
    /// <summary>Values for placeholders of the <c>expand</c> modifier, by name without the percent characters. A rule that needs another one is refused.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Placeholders { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Names of taxonomies other than <c>sigma</c> whose field names the host's events carry as they are. A rule of another taxonomy is refused,
    /// since its fields would never be found.
    /// </summary>
    public IReadOnlySet<string> Taxonomies { get; init; } = new HashSet<string>();

    /// <summary>Longest rule file in characters. Default 1,048,576.</summary>
    public int MaxLength { get; init; } = 1 << 20;

    /// <summary>Deepest nesting of YAML and of brackets in a condition. Default 32.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>Most YAML nodes in a file. Default 100,000.</summary>
    public int MaxNodes { get; init; } = 100_000;

    /// <summary>Time that one regular expression may take on one value where it cannot run in linear time. Default 100 ms.</summary>
    public TimeSpan RegexTimeout { get; init; } = TimeSpan.FromMilliseconds(100);
}
