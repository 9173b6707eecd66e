using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>The rules of a hunt.</summary>
/// <param name="Engine">They and what they need.</param>
/// <param name="Asked">Those whose matches are hits; null for all.</param>
/// <param name="Longest">The longest time that a correlation among them looks back.</param>
/// <param name="Refused">What cannot be used.</param>
internal sealed record HuntRules(SigmaEngine Engine, IReadOnlySet<SigmaRule>? Asked, TimeSpan Longest, IReadOnlyList<Error> Refused)
{
    /// <summary>Tells one set of rules from another, by what they say.</summary>
    internal string Stamp { get; private init; } = "";

    private static string StampOf(IEnumerable<SigmaRule> rules) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rules.Select(rule => rule.Fingerprint)))));

    /// <summary>Chooses rules of those in use. The correlations chosen bring the rules that they refer to, and filters and exceptions act as they do on the stream.</summary>
    /// <param name="set">The rules in use.</param>
    /// <param name="choice">Which.</param>
    /// <param name="lenient">True to go without rules that are named and not there.</param>
    internal static Result<HuntRules> Choose(RuleSet set, HuntChoice choice, bool lenient = false)
    {
        if (choice.IsAll) return set.Engine.RuleCount == 0 ? Result.Fail<HuntRules>(None) : Result.Of(new HuntRules(set.Engine, null, LongestOf(set.Rules), set.Refused) { Stamp = StampOf([.. set.Rules, .. set.Exceptions]) });
        if (!string.IsNullOrEmpty(choice.Level) && LevelOf(choice.Level) is null) return Result.Fail<HuntRules>(Error.Of("logs.hunt.level", "等級為 informational、low、medium、high 或 critical。", "The level is informational, low, medium, high or critical.", "level"));
        var byKey = new Dictionary<string, SigmaRule>(StringComparer.OrdinalIgnoreCase);
        foreach (var rule in set.Rules)
        {
            if (rule.Id is { } id) byKey.TryAdd(id, rule);
            if (rule.Name is { } name) byKey.TryAdd(name, rule);
            byKey.TryAdd(rule.Title, rule);
        }

        if (!lenient && choice.Keys.FirstOrDefault(key => !byKey.ContainsKey(key)) is { } missing) return Result.Fail<HuntRules>(Error.Of("logs.hunt.rule", $"使用中的規則沒有「{missing}」。", $"No rule in use is called '{missing}'.", "rules"));
        var named = choice.Keys.Select(byKey.GetValueOrDefault).OfType<SigmaRule>().ToHashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
        if (choice.Keys.Count > 0 && named.Count == 0) return Result.Fail<HuntRules>(None);
        var asked = new HashSet<SigmaRule>(set.Rules.Where(rule => rule is not SigmaFilterRule && (named.Count == 0 || named.Contains(rule)) && Fits(rule, choice)), ReferenceEqualityComparer.Instance);
        if (asked.Count == 0) return Result.Fail<HuntRules>(None);
        var needed = new HashSet<SigmaRule>(asked, ReferenceEqualityComparer.Instance);
        for (var before = 0; before != needed.Count;)
        {
            before = needed.Count;
            foreach (var correlation in set.Rules.OfType<SigmaCorrelationRule>())
            {
                var referred = correlation.Rules.Select(byKey.GetValueOrDefault).OfType<SigmaRule>().ToList();
                // A rule that only feeds correlations reports nothing by itself, here as on the stream. One that was named does.
                if (!needed.Contains(correlation) && (choice.Keys.Count > 0 || !referred.Exists(needed.Contains))) continue;
                needed.Add(correlation);
                needed.UnionWith(referred);
            }
        }

        // In the order of the set, as the stream has them. A filter that acts on none of them is none of this hunt's.
        var chosen = set.Rules.Where(rule => rule is SigmaFilterRule || needed.Contains(rule)).ToList();
        var engine = SigmaEngine.Compile([.. chosen, .. set.Exceptions]);
        return Result.Of(new HuntRules(engine, asked, LongestOf(chosen), [.. engine.Refused.Where(e => !e.Code.StartsWith("sigma.filter", StringComparison.Ordinal))]) { Stamp = StampOf([.. chosen, .. set.Exceptions]) });
    }

    /// <summary>Reads rules that were given with an order.</summary>
    internal static Result<HuntRules> Read(string text)
    {
        var read = SigmaParser.Parse(text, "rules.yml");
        var engine = SigmaEngine.Compile(read.Rules);
        List<Error> refused = [.. read.Errors, .. engine.Refused];
        return engine.RuleCount == 0 ? Result.Fail<HuntRules>(refused.Count > 0 ? [.. refused.Take(20)] : [None]) : Result.Of(new HuntRules(engine, null, LongestOf(read.Rules), refused) { Stamp = StampOf(read.Rules) });
    }

    /// <summary>A rule by its key, among those that can match.</summary>
    internal SigmaRule? Find(string key) => Engine.Rules.FirstOrDefault(rule => rule.Key == key);

    /// <summary>No rule, for a hunt with indicators alone.</summary>
    internal static HuntRules Nothing { get; } = new(SigmaEngine.Compile([]), null, TimeSpan.Zero, []);

    /// <summary>Indicators that it hunts with besides; null for none.</summary>
    internal IndicatorSet? Indicators { get; private init; }

    /// <summary>The same, hunting with indicators besides.</summary>
    internal HuntRules With(IndicatorSet set) => this with { Indicators = set, Stamp = string.Create(CultureInfo.InvariantCulture, $"{Stamp}|{string.Join(',', set.Lists.Select(list => list.Number))}:{set.Count}") };

    /// <summary>What events are read with.</summary>
    internal RuleMappings Mappings { get; private init; } = RuleMappings.None;

    /// <summary>The same, reading events with mappings.</summary>
    internal HuntRules With(RuleMappings mappings) =>
        mappings.Sources.All.Count == 0 ? this : this with { Mappings = mappings, Stamp = $"{Stamp}|{Convert.ToHexStringLower(SHA256.HashData(SourceMappings.Write(mappings.Sources.All)))}" };

    /// <summary>Rules and indicators.</summary>
    internal int Count => Engine.RuleCount + (Indicators?.Count ?? 0);

    /// <summary>True when a match of a rule is a hit.</summary>
    internal bool Asks(SigmaRule rule) => Asked is null || Asked.Contains(rule) || IndicatorRules.Is(rule);

    /// <summary>A way through events for the hunt.</summary>
    internal DetectionRun Begin() => new(Engine, () => Mappings, null, Indicators is { } set ? () => set : null);

    /// <summary>What is read of a search: by the index of files where only indicators are looked for.</summary>
    internal IReadOnlyList<LogStretch> StretchesOf(LogStore store, LogSearch search) => store.StretchesOf(search) is var all && Engine.RuleCount == 0 ? IndicatorWords.Narrow(store, search, all, Indicators?.Words) : all;

    private static readonly Error None = Error.Of("logs.hunt.no-rule", "沒有符合條件的規則。", "No rule fits.", "rules");

    private static TimeSpan LongestOf(IEnumerable<SigmaRule> rules) => rules.OfType<SigmaCorrelationRule>().Select(r => r.Timespan).DefaultIfEmpty().Max();

    private static SigmaLevel? LevelOf(string text) => Enum.TryParse<SigmaLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level) && !char.IsAsciiDigit(text[0]) ? level : null;

    private static bool Fits(SigmaRule rule, HuntChoice choice) =>
        (string.IsNullOrEmpty(choice.Level) || (rule.Level ?? SigmaLevel.Medium) >= LevelOf(choice.Level))
        && (string.IsNullOrWhiteSpace(choice.Tag) || rule.Tags.Any(tag => tag.StartsWith(choice.Tag.Trim(), StringComparison.OrdinalIgnoreCase)))
        && (string.IsNullOrWhiteSpace(choice.Text) || new[] { rule.Title, DetectionRun.TitleOf(rule), rule.Key, rule.Description }.Any(part => part?.Contains(choice.Text.Trim(), StringComparison.OrdinalIgnoreCase) == true));
}
