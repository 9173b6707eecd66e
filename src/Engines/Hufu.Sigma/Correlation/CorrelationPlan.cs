namespace Hufu.Sigma.Correlation;

/// <summary>A correlation whose rules have been found. Plans are ordered so that one comes after those it refers to.</summary>
internal sealed class CorrelationPlan
{
    private readonly Dictionary<SigmaRule, string[]> groupFields = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<SigmaRule, string[]> countedFields = new(ReferenceEqualityComparer.Instance);

    public CorrelationPlan(SigmaCorrelationRule rule, List<(SigmaRule Rule, string Key)> inputs)
    {
        Rule = rule;
        Inputs = inputs;
        foreach (var (input, key) in inputs)
        {
            groupFields[input] = [.. rule.GroupBy.Select(field => Resolve(field, key))];
            countedFields[input] = [.. rule.Condition.Fields.Select(field => Resolve(field, key))];
        }

        string Resolve(string field, string key) => (rule.Aliases.TryGetValue(field, out var byRule) && byRule.TryGetValue(key, out var real) ? real : field)
            .Replace(" ", "", StringComparison.Ordinal);
    }

    public SigmaCorrelationRule Rule { get; }

    public IReadOnlyList<(SigmaRule Rule, string Key)> Inputs { get; }

    public string[]? GroupFieldsFor(SigmaRule input) => groupFields.GetValueOrDefault(input);

    public string[] CountedFieldsFor(SigmaRule input) => countedFields[input];
}
