namespace Hufu.Sigma.Correlation;

/// <summary>One of the rules that a correlation looks at, and the fields by which it does.</summary>
internal sealed class CorrelationInput(int index, SigmaRule rule, string[] groupFields, string[] valueFields)
{
    /// <summary>Position in the correlation's list of rules.</summary>
    public int Index => index;

    public SigmaRule Rule => rule;

    /// <summary>The fields of this rule's events that stand for the correlation's group-by, in its order.</summary>
    public string[] GroupFields => groupFields;

    /// <summary>The same for the condition's field.</summary>
    public string[] ValueFields => valueFields;
}

/// <summary>A correlation whose rules have been found. Plans are ordered so that one comes after those it refers to.</summary>
internal sealed class CorrelationPlan
{
    public CorrelationPlan(SigmaCorrelationRule rule, List<SigmaRule> inputs)
    {
        Rule = rule;
        Span = rule.Timespan.Ticks;
        Inputs = [.. inputs.Select((input, i) => new CorrelationInput(i, input, [.. rule.GroupBy.Select(field => Resolve(field, i))], [.. rule.Condition.Fields.Select(field => Resolve(field, i))]))];

        string Resolve(string field, int i) => (rule.Aliases.TryGetValue(field, out var byRule) ? FieldFor(byRule, rule.Rules[i], inputs[i]) ?? field : field)
            .Replace(" ", "", StringComparison.Ordinal);
    }

    public SigmaCorrelationRule Rule { get; }

    /// <summary>Length of the window in ticks.</summary>
    public long Span { get; }

    public CorrelationInput[] Inputs { get; }

    /// <summary>True when the numbers of a field are looked at.</summary>
    public bool ByNumber => Rule.Type is SigmaCorrelationType.ValueSum or SigmaCorrelationType.ValueAverage || (Rule.Type == SigmaCorrelationType.ValuePercentile && Rule.Condition.Percentile is not null);

    /// <summary>True when the values of fields are looked at.</summary>
    public bool ByValue => Rule.Type is SigmaCorrelationType.ValueCount or SigmaCorrelationType.ValuePercentile && !ByNumber;

    /// <summary>What a window keeps besides its events; null for nothing.</summary>
    public Tally? NewTally() => Rule.Type switch
    {
        SigmaCorrelationType.EventCount => null,
        SigmaCorrelationType.Temporal => new RuleTally(Inputs.Length),
        SigmaCorrelationType.TemporalOrdered => new OrderTally(Inputs.Length),
        _ => ByValue ? new ValueTally() : new NumberTally(Rule.Condition.Percentile is not null),
    };

    /// <summary>The rules by which an alias names none of the correlation's.</summary>
    public static IEnumerable<string> StrayAliases(SigmaCorrelationRule rule, List<SigmaRule> inputs) =>
        rule.Aliases.Values.SelectMany(byRule => byRule.Keys)
            .Where(key => !rule.Rules.Contains(key, StringComparer.OrdinalIgnoreCase) && !inputs.Exists(input => Is(input, key)));

    // A correlation may name a rule by its id and an alias the same rule by its name.
    private static string? FieldFor(IReadOnlyDictionary<string, string> byRule, string written, SigmaRule rule)
    {
        foreach (var (key, field) in byRule)
        {
            if (key.Equals(written, StringComparison.OrdinalIgnoreCase) || Is(rule, key)) return field;
        }

        return null;
    }

    private static bool Is(SigmaRule rule, string key) => key.Equals(rule.Id, StringComparison.OrdinalIgnoreCase) || key.Equals(rule.Name, StringComparison.OrdinalIgnoreCase);
}
