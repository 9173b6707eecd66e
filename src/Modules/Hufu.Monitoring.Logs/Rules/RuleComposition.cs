using Hufu.Kernel;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>Where a rule comes from.</summary>
public enum RuleOrigin
{
    /// <summary>Written in the product.</summary>
    Own,

    /// <summary>The folder <c>rules</c> of the data folder.</summary>
    Folder,

    /// <summary>With the product.</summary>
    Product,

    /// <summary>A pack.</summary>
    Pack,
}

/// <summary>A rule that is known, whether it is in use or not.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="From">Number of the record that it is of; empty for files.</param>
/// <param name="FromTitle">What people call that.</param>
/// <param name="WhyNot">Why it is not in use; null when it is.</param>
public sealed record KnownRule(SigmaRule Rule, RuleOrigin Origin, string From, LocalizedText FromTitle, LocalizedText? WhyNot)
{
    /// <summary>True when it looks at what comes in.</summary>
    public bool IsOn => WhyNot is null;

    /// <summary>True when it is in use only because a correlation counts its matches.</summary>
    public bool IsNeeded { get; init; }
}

/// <summary>The rules in use, and those that were refused.</summary>
/// <param name="Engine">The compiled rules.</param>
/// <param name="Rules">Those that it holds, exceptions left out.</param>
/// <param name="Refused">What could not be used, with place and reason.</param>
public sealed record RuleSet(SigmaEngine Engine, IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Refused)
{
    /// <summary>All rules that are known, those in use and those not.</summary>
    public IReadOnlyList<KnownRule> Known { get; init; } = [];

    /// <summary>What is done as written and yet hardly meant.</summary>
    public IReadOnlyList<Error> Warnings { get; init; } = [];

    /// <summary>Exceptions in force.</summary>
    public IReadOnlyList<SigmaFilterRule> Exceptions { get; init; } = [];

    /// <summary>Tells one set of rules in use from another.</summary>
    internal string Stamp { get; init; } = "";
}

/// <summary>Rules of one place.</summary>
/// <param name="Origin">What kind of place.</param>
/// <param name="From">Number of the record; empty for files.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Rules">The rules that could be read.</param>
/// <param name="Refused">Why others could not.</param>
/// <param name="Stamp">Tells one content from another.</param>
internal sealed record RuleSupply(RuleOrigin Origin, string From, LocalizedText Title, IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Refused, string Stamp)
{
    /// <summary>Which of them are in use; absent for all.</summary>
    public RuleSelection? Selection { get; init; }

    /// <summary>Why none of them is in use; null when that depends.</summary>
    public LocalizedText? WhyNone { get; init; }
}

/// <summary>Puts the rules of all places together. Of two rules with one id or name the first is used: own rules come before packs.</summary>
internal static class RuleComposition
{
    /// <summary>Decides on each rule and compiles those in use. Touches nothing that is running.</summary>
    /// <param name="supplies">The places, those that come first in order.</param>
    /// <param name="exceptions">Filters in force.</param>
    /// <param name="before">The set that is running: where the same rules are in use its engine goes on, and with it what correlations remember.</param>
    internal static RuleSet Compose(IReadOnlyList<RuleSupply> supplies, IReadOnlyList<SigmaFilterRule> exceptions, RuleSet? before = null)
    {
        var known = new List<KnownRule>();
        var refused = new List<Error>();
        var taken = new Dictionary<string, RuleSupply>(StringComparer.OrdinalIgnoreCase);
        var stamp = new System.Text.StringBuilder();
        foreach (var supply in supplies)
        {
            refused.AddRange(supply.Refused);
            foreach (var (rule, whyNot, needed) in Chosen(supply))
            {
                var why = whyNot;
                string[] keys = [.. new[] { rule.Id, rule.Name }.OfType<string>()];
                if (why is null && Array.Find(keys, taken.ContainsKey) is { } key)
                {
                    var first = taken[key];
                    why = first.From.Length > 0
                        ? new LocalizedText($"識別碼或名稱與 {first.From} 的規則相同，以該規則為準", $"The rule of {first.From} has the same id or name and is used instead")
                        : new LocalizedText($"識別碼或名稱與「{first.Title.Zh}」的規則相同，以該規則為準", $"A rule of “{first.Title.En}” has the same id or name and is used instead");
                    // Within one place it is a fault of its author; over places it is how an own rule takes another's stead.
                    if (ReferenceEquals(first, supply)) refused.Add(Error.Of("sigma.rule.duplicate", $"識別碼或名稱「{key}」在此重複。", $"The id or name '{key}' is used twice here.", rule.Source));
                }

                if (why is null)
                {
                    foreach (var name in keys) taken.TryAdd(name, supply);
                    stamp.Append(supply.From).Append(' ').Append(supply.Stamp).Append(' ').Append(rule.Source).Append('\n');
                }

                known.Add(new KnownRule(rule, supply.Origin, supply.From, supply.Title, why) { IsNeeded = needed && why is null });
            }
        }

        foreach (var exception in exceptions) stamp.Append(exception.Source).Append(exception.Description).Append('\n');
        var now = stamp.ToString();
        var inUse = known.Where(k => k.IsOn).Select(k => k.Rule).ToList();
        var engine = before is not null && before.Stamp == now && now.Length > 0 ? before.Engine : SigmaEngine.Compile([.. inUse, .. exceptions]);
        var unusable = engine.Refused.GroupBy(e => e.Place ?? "", StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        refused.AddRange(engine.Refused);
        return new RuleSet(engine, [.. inUse.Where(r => !unusable.ContainsKey(r.Source))], refused)
        {
            Known = [.. known.Select(k => k.IsOn && unusable.TryGetValue(k.Rule.Source, out var error) ? k with { WhyNot = error.Message, IsNeeded = false } : k)],
            Warnings = engine.Warnings,
            Exceptions = [.. exceptions.Where(e => !unusable.ContainsKey(e.Source))],
            Stamp = now,
        };
    }

    // A correlation brings the rules with it that it counts, though they would not be chosen for themselves.
    private static IEnumerable<(SigmaRule Rule, LocalizedText? WhyNot, bool Needed)> Chosen(RuleSupply supply)
    {
        var why = supply.Rules.Select(rule => supply.WhyNone ?? supply.Selection?.WhyNot(rule)).ToArray();
        var needed = new bool[why.Length];
        if (supply.WhyNone is null && supply.Selection is { } selection)
        {
            var at = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < why.Length; i++)
            {
                if (supply.Rules[i].Id is { } id) at.TryAdd(id, i);
                if (supply.Rules[i].Name is { } name) at.TryAdd(name, i);
            }

            var waiting = new Queue<SigmaCorrelationRule>(supply.Rules.Where((_, i) => why[i] is null).OfType<SigmaCorrelationRule>());
            while (waiting.TryDequeue(out var correlation))
            {
                foreach (var key in correlation.Rules)
                {
                    if (!at.TryGetValue(key, out var i) || why[i] is null || selection.Off.ContainsKey(supply.Rules[i].Key)) continue;
                    (why[i], needed[i]) = (null, true);
                    if (supply.Rules[i] is SigmaCorrelationRule inner) waiting.Enqueue(inner);
                }
            }
        }

        for (var i = 0; i < why.Length; i++) yield return (supply.Rules[i], why[i], needed[i]);
    }
}
