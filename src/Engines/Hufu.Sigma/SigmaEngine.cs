using Hufu.Kernel;
using Hufu.Sigma.Correlation;
using Hufu.Sigma.Indexing;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma;

/// <summary>
/// Tells which log sources an event belongs to, most specific first. Given by the host, which knows where its events come from; an event
/// may belong to several (a Sysmon process creation is <c>windows/process_creation</c> and service <c>sysmon</c> at once).
/// </summary>
public delegate IReadOnlyList<SigmaLogSource> LogSourceMap(ISigmaEvent fields);

/// <summary>
/// A compiled set of rules. Immutable and safe to share between threads; what correlations remember is in a <see cref="SigmaSession"/>.
/// </summary>
public sealed class SigmaEngine
{
    private readonly CompiledRule[] detections;
    private readonly RuleIndex index;
    private readonly HashSet<SigmaRule> silent;
    private readonly Dictionary<SigmaRule, (int Plan, CorrelationInput Input)[]> inputs = new(ReferenceEqualityComparer.Instance);
    private readonly int filters;
    private long regexTimeouts;

    private SigmaEngine(CompiledRule[] detections, HashSet<SigmaRule> silent, List<CorrelationPlan> correlations, int filters, List<Error> refused, List<Error> warnings)
    {
        this.detections = detections;
        index = new RuleIndex(detections);
        this.silent = silent;
        this.filters = filters;
        Correlations = correlations;
        Refused = refused;
        Warnings = warnings;
        foreach (var group in correlations.SelectMany((plan, i) => plan.Inputs.Select(input => (Plan: i, Input: input))).GroupBy(pair => pair.Input.Rule, ReferenceEqualityComparer.Instance))
            inputs[(SigmaRule)group.Key!] = [.. group];
    }

    /// <summary>Rules that could not be taken into the set, with the reason: a reference to a rule that is not there, a circle, an id used twice.</summary>
    public IReadOnlyList<Error> Refused { get; }

    /// <summary>What is done as written and yet hardly meant: a filter that is not negative, or that names a rule which is not there or of another log source.</summary>
    public IReadOnlyList<Error> Warnings { get; }

    /// <summary>Number of rules in use, correlations and filters included.</summary>
    public int RuleCount => detections.Length + Correlations.Count + filters;

    /// <summary>How often a regular expression was given up because it took too long. Not zero means that matches may have been missed.</summary>
    public long RegexTimeouts => Interlocked.Read(ref regexTimeouts);

    internal IReadOnlyList<CorrelationPlan> Correlations { get; }

    internal RuleIndex Index => index;

    /// <summary>What a rule and the filters that act on it ask for; null for a rule of another set.</summary>
    internal Matcher? MatcherOf(SigmaDetectionRule rule) => Array.Find(detections, compiled => ReferenceEquals(compiled.Rule, rule))?.Matcher;

    /// <summary>The detection rules in use, in the order given.</summary>
    public IReadOnlyList<SigmaDetectionRule> DetectionRules => Array.ConvertAll(detections, compiled => compiled.Rule);

    /// <summary>The detection rules and correlations in use.</summary>
    public IReadOnlyList<SigmaRule> Rules => [.. detections.Select(compiled => compiled.Rule), .. Correlations.Select(plan => plan.Rule)];

    /// <summary>Compiles rules. A rule that cannot be used stands in <see cref="Refused"/>; the others work.</summary>
    public static SigmaEngine Compile(IEnumerable<SigmaRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var refused = new List<Error>();
        var warnings = new List<Error>();
        var byKey = new Dictionary<string, SigmaRule>(StringComparer.OrdinalIgnoreCase);
        var accepted = new List<SigmaRule>();
        foreach (var rule in rules)
        {
            var keys = new[] { rule.Id, rule.Name }.OfType<string>().ToList();
            if (keys.Find(byKey.ContainsKey) is { } taken)
            {
                refused.Add(Error.Of("sigma.rule.duplicate", $"識別碼或名稱「{taken}」已由 {byKey[taken].Source} 使用。", $"The id or name '{taken}' is already used by {byKey[taken].Source}.", rule.Source));
                continue;
            }

            keys.ForEach(key => byKey[key] = rule);
            accepted.Add(rule);
        }

        var detections = accepted.OfType<SigmaDetectionRule>().ToList();
        var filters = Filter(accepted.OfType<SigmaFilterRule>().ToList(), detections, byKey, refused, warnings);
        var plans = Plan(accepted.OfType<SigmaCorrelationRule>().ToList(), detections, byKey, refused);

        var place = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var rule in accepted) place.TryAdd(rule.Source, place.Count);
        refused = [.. refused.OrderBy(error => place.GetValueOrDefault(error.Place!, -1))];
        // "generate": without it, rules that correlations refer to report nothing of their own.
        var referred = plans.SelectMany(plan => plan.Inputs.Select(input => (input.Rule, plan.Rule.Generate))).ToLookup(pair => pair.Rule, pair => pair.Generate, ReferenceEqualityComparer.Instance);
        var silent = new HashSet<SigmaRule>(detections.Cast<SigmaRule>().Concat(plans.Select(plan => plan.Rule)).Where(rule => referred[rule].Any() && !referred[rule].Any(generate => generate)), ReferenceEqualityComparer.Instance);
        CompiledRule[] compiled = [.. detections.Select(rule => new CompiledRule(rule,
            filters.TryGetValue(rule, out var added) ? new AndMatcher([rule.Matcher, .. added.Select(filter => filter.Matcher)]) : rule.Matcher))];
        return new SigmaEngine(compiled, silent, plans, filters.Values.SelectMany(added => added).Distinct(ReferenceEqualityComparer.Instance).Count(), refused, warnings);
    }

    /// <summary>Finds which filters act on which rules.</summary>
    private static Dictionary<SigmaRule, List<SigmaFilterRule>> Filter(
        List<SigmaFilterRule> filters, List<SigmaDetectionRule> detections, Dictionary<string, SigmaRule> byKey, List<Error> refused, List<Error> warnings)
    {
        var result = new Dictionary<SigmaRule, List<SigmaFilterRule>>(ReferenceEqualityComparer.Instance);
        foreach (var filter in filters)
        {
            var targets = new List<SigmaDetectionRule>();
            var open = new List<Error>();
            if (filter.Rules.Count == 0) targets = detections.FindAll(rule => filter.LogSource.Accepts(rule.LogSource));
            foreach (var key in filter.Rules)
            {
                switch (byKey.GetValueOrDefault(key))
                {
                    case SigmaDetectionRule rule when filter.LogSource.Accepts(rule.LogSource):
                        targets.Add(rule);
                        break;
                    case SigmaDetectionRule rule:
                        open.Add(Error.Of("sigma.filter.logsource", $"過濾規則的記錄來源（{filter.LogSource}）不含規則「{key}」的（{rule.LogSource}），因此不作用於它。",
                            $"The filter's log source ({filter.LogSource}) does not include that of the rule '{key}' ({rule.LogSource}), so it does not act on it.", filter.Source));
                        break;
                    case null:
                        open.Add(Error.Of("sigma.filter.rule-missing", $"過濾規則所指的規則「{key}」不存在或已被拒絕。", $"The filter refers to the rule '{key}', which is not there or was refused.", filter.Source));
                        break;
                    default:
                        open.Add(Error.Of("sigma.filter.not-a-detection", $"過濾規則只能作用於偵測規則，而「{key}」不是。", $"A filter can only act on detection rules, which '{key}' is not.", filter.Source));
                        break;
                }
            }

            // A filter that acts on nothing is refused; one that acts on some of its rules is used, and the others are named.
            if (targets.Count == 0)
            {
                refused.Add(open.Count > 0 ? open[0] : Error.Of("sigma.filter.no-rules", "沒有規則屬於此過濾規則的記錄來源。", "No rule is of this filter's log source.", filter.Source));
                continue;
            }

            warnings.AddRange(filter.Warnings);
            warnings.AddRange(open);
            foreach (var rule in targets.Distinct())
            {
                if (!result.TryGetValue(rule, out var added)) result[rule] = added = [];
                added.Add(filter);
            }
        }

        return result;
    }

    /// <summary>Finds the rules of each correlation, and puts those that others refer to before them.</summary>
    private static List<CorrelationPlan> Plan(List<SigmaCorrelationRule> waiting, List<SigmaDetectionRule> detections, Dictionary<string, SigmaRule> byKey, List<Error> refused)
    {
        var plans = new List<CorrelationPlan>();
        var usable = new HashSet<SigmaRule>(detections, ReferenceEqualityComparer.Instance);
        var unusable = new HashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
        foreach (var correlation in waiting)
        {
            if (Fault(correlation) is not { } fault) continue;
            refused.Add(fault);
            unusable.Add(correlation);
        }

        waiting.RemoveAll(unusable.Contains);
        // A correlation can be used when all its rules can: repeat until nothing more is added. What is left refers to itself.
        for (var progress = true; progress;)
        {
            progress = false;
            foreach (var correlation in waiting.ToList())
            {
                var rules = correlation.Rules.Select(key => byKey[key]).ToList();
                if (rules.Find(unusable.Contains) is { } bad)
                {
                    refused.Add(Error.Of("sigma.correlation.rule-unusable", $"關聯規則所指的規則「{bad.Key}」無法使用。", $"The correlation refers to the rule '{bad.Key}', which cannot be used.", correlation.Source));
                    unusable.Add(correlation);
                }
                else if (rules.TrueForAll(usable.Contains))
                {
                    plans.Add(new CorrelationPlan(correlation, rules));
                    usable.Add(correlation);
                }
                else
                {
                    continue;
                }

                waiting.Remove(correlation);
                progress = true;
            }
        }

        refused.AddRange(waiting.Select(correlation => Error.Of("sigma.correlation.circle", "關聯規則直接或間接指向自己。", "The correlation refers to itself, directly or not.", correlation.Source)));
        return plans;

        Error? Fault(SigmaCorrelationRule correlation)
        {
            if (correlation.Rules.FirstOrDefault(key => !byKey.ContainsKey(key)) is { } missing)
                return Error.Of("sigma.correlation.rule-missing", $"關聯規則所指的規則「{missing}」不存在或已被拒絕。", $"The correlation refers to the rule '{missing}', which is not there or was refused.", correlation.Source);
            var rules = correlation.Rules.Select(key => byKey[key]).ToList();
            if (rules.Find(rule => rule is SigmaFilterRule) is { } filter)
                return Error.Of("sigma.correlation.filter", $"關聯規則不可指向過濾規則「{filter.Key}」。", $"A correlation cannot refer to the filter '{filter.Key}'.", correlation.Source);
            if (rules.GroupBy(rule => rule, ReferenceEqualityComparer.Instance).FirstOrDefault(same => same.Count() > 1)?.First() is { } twice)
                return Error.Of("sigma.correlation.rules-duplicate", $"關聯規則以 id 與 name 兩次指向規則「{twice.Key}」。", $"The correlation refers to the rule '{twice.Key}' twice, by id and by name.", correlation.Source);
            if (CorrelationPlan.StrayAliases(correlation, rules).FirstOrDefault() is { } stray)
                return Error.Of("sigma.correlation.alias-rule", $"別名所指的規則「{stray}」不在關聯規則的 rules 中。", $"An alias names the rule '{stray}', which is not among the correlation's 'rules'.", correlation.Source);
            return null;
        }
    }

    /// <summary>
    /// Every detection rule that one event matches, also those that only feed a correlation. Keeps no state.
    /// </summary>
    /// <param name="fields">The event.</param>
    /// <param name="sources">The log sources that the event belongs to; <see langword="null"/> tries every rule.</param>
    public IReadOnlyList<SigmaDetectionRule> Match(ISigmaEvent fields, IReadOnlyList<SigmaLogSource>? sources)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var matches = index.Match(fields, sources, out var timeouts);
        if (timeouts > 0) Interlocked.Add(ref regexTimeouts, timeouts);
        return matches;
    }

    /// <summary>
    /// The same answer by looking at every rule in turn. Slow; what <see cref="Match"/> is held against.
    /// </summary>
    internal IReadOnlyList<SigmaDetectionRule> MatchPlainly(ISigmaEvent fields, IReadOnlyList<SigmaLogSource>? sources)
    {
        var evaluation = new Evaluation();
        var matches = new List<SigmaDetectionRule>();
        for (var i = 0; i < (sources?.Count ?? 1); i++)
        {
            foreach (var compiled in detections)
            {
                if (sources is not null && !compiled.Rule.LogSource.Accepts(sources[i])) continue;
                if (matches.Exists(known => ReferenceEquals(known, compiled.Rule))) continue;
                if (compiled.Matcher.Matches(fields, evaluation)) matches.Add(compiled.Rule);
            }
        }

        if (evaluation.Timeouts > 0) Interlocked.Add(ref regexTimeouts, evaluation.Timeouts);
        return matches;
    }

    /// <summary>The fields, with their values, that made a rule match an event.</summary>
    public static IReadOnlyList<SigmaMatchedField> Explain(SigmaDetectionRule rule, ISigmaEvent fields)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(fields);
        var evaluation = new Evaluation();
        var into = new List<SigmaMatchedField>();
        if (rule.Matcher.Matches(fields, evaluation)) rule.Matcher.Explain(fields, evaluation, into);
        return into;
    }

    /// <summary>Begins to follow a stream of events. A hunt over old events is another session over the same rules, and finds the same.</summary>
    public SigmaSession NewSession(SigmaSessionOptions? options = null) => new(this, options ?? new SigmaSessionOptions());

    internal bool Reports(SigmaRule rule) => !silent.Contains(rule);

    /// <summary>The correlations that look at a rule's matches.</summary>
    internal (int Plan, CorrelationInput Input)[] InputsOf(SigmaRule rule) => inputs.GetValueOrDefault(rule, []);
}

/// <summary>A rule with the filters that act on it.</summary>
internal sealed record CompiledRule(SigmaDetectionRule Rule, Matcher Matcher);
