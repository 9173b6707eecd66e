using System.Collections.Concurrent;
using Hufu.Kernel;
using Hufu.Sigma.Correlation;
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
    private readonly SigmaDetectionRule[] detections;
    private readonly HashSet<SigmaRule> silent;
    private readonly ConcurrentDictionary<SigmaLogSource, SigmaDetectionRule[]> routes = new();
    private long regexTimeouts;

    private SigmaEngine(SigmaDetectionRule[] detections, HashSet<SigmaRule> silent, List<CorrelationPlan> correlations, List<Error> refused)
    {
        this.detections = detections;
        this.silent = silent;
        Correlations = correlations;
        Refused = refused;
    }

    /// <summary>Rules that could not be taken into the set, with the reason: a reference to a rule that is not there, a circle, an id used twice.</summary>
    public IReadOnlyList<Error> Refused { get; }

    /// <summary>Number of rules in use, correlations included.</summary>
    public int RuleCount => detections.Length + Correlations.Count;

    /// <summary>How often a regular expression was given up because it took too long. Not zero means that matches may have been missed.</summary>
    public long RegexTimeouts => Interlocked.Read(ref regexTimeouts);

    internal IReadOnlyList<CorrelationPlan> Correlations { get; }

    /// <summary>Compiles rules. A rule that cannot be used stands in <see cref="Refused"/>; the others work.</summary>
    public static SigmaEngine Compile(IEnumerable<SigmaRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var refused = new List<Error>();
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

        // A correlation can be used when all its rules can: repeat until nothing more is added. What is left refers to nothing or to itself.
        var plans = new List<CorrelationPlan>();
        var usable = new HashSet<SigmaRule>(accepted.OfType<SigmaDetectionRule>(), ReferenceEqualityComparer.Instance);
        var waiting = accepted.OfType<SigmaCorrelationRule>().ToList();
        for (var progress = true; progress;)
        {
            progress = false;
            foreach (var correlation in waiting.ToList())
            {
                if (!correlation.Rules.All(key => byKey.TryGetValue(key, out var rule) && usable.Contains(rule))) continue;
                plans.Add(new CorrelationPlan(correlation, correlation.Rules.Select(key => (byKey[key], key)).ToList()));
                usable.Add(correlation);
                waiting.Remove(correlation);
                progress = true;
            }
        }

        foreach (var correlation in waiting)
        {
            var missing = correlation.Rules.FirstOrDefault(key => !byKey.ContainsKey(key));
            refused.Add(missing is not null
                ? Error.Of("sigma.correlation.rule-missing", $"關聯規則所指的規則「{missing}」不存在或已被拒絕。", $"The correlation refers to the rule '{missing}', which is not there or was refused.", correlation.Source)
                : Error.Of("sigma.correlation.circle", "關聯規則直接或間接指向自己，或指向無法使用的規則。", "The correlation refers to itself, directly or not, or to a rule that cannot be used.", correlation.Source));
        }

        // "generate": without it, rules that correlations refer to report nothing of their own.
        var referred = plans.SelectMany(plan => plan.Inputs.Select(input => (input.Rule, plan.Rule.Generate))).ToLookup(pair => pair.Rule, pair => pair.Generate, ReferenceEqualityComparer.Instance);
        var silent = new HashSet<SigmaRule>(usable.Where(rule => referred[rule].Any() && !referred[rule].Any(generate => generate)), ReferenceEqualityComparer.Instance);
        return new SigmaEngine([.. accepted.OfType<SigmaDetectionRule>()], silent, plans, refused);
    }

    /// <summary>
    /// Every detection rule that one event matches, also those that only feed a correlation. Keeps no state.
    /// </summary>
    /// <param name="fields">The event.</param>
    /// <param name="sources">The log sources that the event belongs to; <see langword="null"/> tries every rule.</param>
    public IReadOnlyList<SigmaDetectionRule> Match(ISigmaEvent fields, IReadOnlyList<SigmaLogSource>? sources)
    {
        ArgumentNullException.ThrowIfNull(fields);
        List<SigmaDetectionRule>? matches = null;
        var evaluation = new Evaluation();
        if (sources is null)
        {
            Try(detections, first: true);
        }
        else
        {
            for (var i = 0; i < sources.Count; i++)
                Try(routes.GetOrAdd(sources[i], source => Array.FindAll(detections, rule => rule.LogSource.Accepts(source))), first: i == 0);
        }

        if (evaluation.Timeouts > 0) Interlocked.Add(ref regexTimeouts, evaluation.Timeouts);
        return matches ?? (IReadOnlyList<SigmaDetectionRule>)[];

        void Try(SigmaDetectionRule[] rules, bool first)
        {
            foreach (var rule in rules)
            {
                if (!rule.Matcher.Matches(fields, evaluation)) continue;
                matches ??= [];
                if (first || !matches.Exists(known => ReferenceEquals(known, rule))) matches.Add(rule);
            }
        }
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
}
