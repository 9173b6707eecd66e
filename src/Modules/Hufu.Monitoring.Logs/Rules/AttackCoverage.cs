using System.Text.Json;
using System.Text.RegularExpressions;
using Hufu.Kernel;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>How far a technique is watched for.</summary>
public enum AttackState
{
    /// <summary>No rule in use is for it.</summary>
    None,

    /// <summary>Rules in use are for it, but nothing arrives that they look at.</summary>
    Unfed,

    /// <summary>A rule in use is for it, and what it looks at arrives.</summary>
    Fed,
}

/// <summary>A tactic of the catalogue.</summary>
/// <param name="Id">For example <c>TA0001</c>.</param>
/// <param name="Tag">For example <c>initial-access</c>.</param>
/// <param name="Name">What people read.</param>
/// <param name="Techniques">Ids of its techniques.</param>
public sealed record AttackTactic(string Id, string Tag, LocalizedText Name, IReadOnlyList<string> Techniques);

/// <summary>A technique with what watches for it.</summary>
/// <param name="Id">For example <c>T1110</c>.</param>
/// <param name="Name">Its name; empty where the catalogue has none.</param>
/// <param name="State">How far it is watched for.</param>
/// <param name="Rules">Rules in use that are for it or a part of it.</param>
/// <param name="Fed">Of them, those that something arrives for.</param>
/// <param name="Parts">Its parts (<c>T1110.001</c>) that rules name.</param>
public sealed record AttackTechnique(string Id, string Name, AttackState State, int Rules, int Fed, IReadOnlyList<AttackTechnique> Parts);

/// <summary>A tactic with its techniques.</summary>
public sealed record AttackColumn(AttackTactic Tactic, IReadOnlyList<AttackTechnique> Techniques);

/// <summary>The rules in use against the techniques that attackers are known for, and against what really arrives.</summary>
public static partial class AttackCoverage
{
    private static readonly Lazy<(string Source, string Version, IReadOnlyList<AttackTactic> Tactics, IReadOnlyDictionary<string, string> Names)> Loaded = new(Load);

    /// <summary>Where the catalogue is from.</summary>
    public static string Source => Loaded.Value.Source;

    /// <summary>Which version of it.</summary>
    public static string Version => Loaded.Value.Version;

    /// <summary>The matrix.</summary>
    /// <param name="rules">The rules in use.</param>
    /// <param name="seen">Log sources that arrive.</param>
    public static IReadOnlyList<AttackColumn> Of(IReadOnlyList<SigmaRule> rules, IReadOnlyCollection<SigmaLogSource> seen)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(seen);
        var fed = Fed(rules, seen);
        var byTechnique = new Dictionary<string, List<SigmaRule>>(StringComparer.Ordinal);
        var placed = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var catalogue = Loaded.Value;
        var known = catalogue.Tactics.SelectMany(t => t.Techniques).ToHashSet(StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            var ids = rule.Tags.Select(t => Technique().Match(t)).Where(m => m.Success).Select(m => m.Groups[1].Value.ToUpperInvariant()).Distinct().ToList();
            var tactics = rule.Tags.Where(t => t.StartsWith("attack.", StringComparison.OrdinalIgnoreCase)).Select(t => t[7..].ToLowerInvariant().Replace('_', '-')).Select(t => t == "defense-evasion" ? "stealth" : t).Where(t => catalogue.Tactics.Any(c => c.Tag == t)).ToList();
            foreach (var id in ids)
            {
                if (!byTechnique.TryGetValue(id, out var list)) byTechnique[id] = list = [];
                list.Add(rule);
                var whole = id.Split('.')[0];
                // What the catalogue places stays there; of the two that were one tactic, and of techniques that it does not have, the rules know the place.
                foreach (var tactic in known.Contains(whole) ? tactics.Where(t => t is "stealth" or "defense-impairment") : tactics)
                {
                    if (known.Contains(whole) && !catalogue.Tactics.First(t => t.Tag == "stealth").Techniques.Contains(whole)) continue;
                    if (!placed.TryGetValue(whole, out var at)) placed[whole] = at = new HashSet<string>(StringComparer.Ordinal);
                    at.Add(tactic);
                }
            }
        }

        var parts = byTechnique.Keys.Where(id => id.Contains('.', StringComparison.Ordinal)).ToLookup(id => id[..id.IndexOf('.', StringComparison.Ordinal)], StringComparer.Ordinal);
        return
        [
            .. catalogue.Tactics.Select(tactic => new AttackColumn(tactic,
            [
                .. tactic.Techniques.Where(id => tactic.Tag is not ("stealth" or "defense-impairment") || !placed.TryGetValue(id, out var at) || at.Contains(tactic.Tag)).Concat(placed.Where(p => p.Value.Contains(tactic.Tag) && !tactic.Techniques.Contains(p.Key)).Select(p => p.Key).Order(StringComparer.Ordinal)).Select(One),
            ])),
        ];

        AttackTechnique One(string id)
        {
            var own = byTechnique.GetValueOrDefault(id, []);
            var below = parts[id].Order(StringComparer.Ordinal).Select(part => Told(part, byTechnique[part], [])).ToList();
            return Told(id, [.. own.Concat(parts[id].SelectMany(part => byTechnique[part])).Distinct<SigmaRule>(ReferenceEqualityComparer.Instance)], below);
        }

        AttackTechnique Told(string id, List<SigmaRule> watching, IReadOnlyList<AttackTechnique> below)
        {
            var count = watching.Count(fed.Contains);
            return new AttackTechnique(id, catalogue.Names.GetValueOrDefault(id, ""), count > 0 ? AttackState.Fed : watching.Count > 0 ? AttackState.Unfed : AttackState.None, watching.Count, count, below);
        }
    }

    /// <summary>The rules for which something arrives; a correlation with the rules that it counts.</summary>
    internal static HashSet<SigmaRule> Fed(IReadOnlyList<SigmaRule> rules, IReadOnlyCollection<SigmaLogSource> seen)
    {
        var sources = new Dictionary<SigmaLogSource, bool>();
        var fed = new HashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var rule in rules.OfType<SigmaDetectionRule>())
        {
            if (!sources.TryGetValue(rule.LogSource, out var arrives)) sources[rule.LogSource] = arrives = seen.Any(rule.LogSource.Accepts);
            if (arrives) Add(rule);
        }

        // Correlations may count others.
        for (var more = true; more;)
        {
            more = false;
            foreach (var rule in rules.OfType<SigmaCorrelationRule>().Where(r => !fed.Contains(r) && r.Rules.Any(keys.Contains)))
            {
                Add(rule);
                more = true;
            }
        }

        return fed;

        void Add(SigmaRule rule)
        {
            fed.Add(rule);
            if (rule.Id is { } id) keys.Add(id);
            if (rule.Name is { } name) keys.Add(name);
        }
    }

    /// <summary>The matrix as a layer of the ATT&amp;CK Navigator, format 4.5.</summary>
    internal static byte[] Layer(IReadOnlyList<AttackColumn> columns, string name)
    {
        var techniques = columns.SelectMany(c => c.Techniques.SelectMany(t => t.Parts.Prepend(t)).Where(t => t.State != AttackState.None).Select(t => new
        {
            techniqueID = t.Id, tactic = c.Tactic.Tag, score = t.State == AttackState.Fed ? 2 : 1, color = "", comment = $"{t.Rules} rules in use, {t.Fed} of them fed", enabled = true,
            metadata = new[] { new { name = "rules", value = t.Rules.ToString(System.Globalization.CultureInfo.InvariantCulture) }, new { name = "fed", value = t.Fed.ToString(System.Globalization.CultureInfo.InvariantCulture) } },
            showSubtechniques = t.Parts.Count > 0,
        }));
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            name, versions = new { attack = "19", navigator = "5.1.0", layer = "4.5" }, domain = "enterprise-attack", description = "2: a rule in use is for it and its log source arrives; 1: a rule in use is for it, but nothing arrives that it looks at.",
            sorting = 0, hideDisabled = false, techniques,
            gradient = new { colors = (string[])["#ffe766ff", "#8ec843ff"], minValue = 1, maxValue = 2 },
            legendItems = new[] { new { label = "Covered and fed", color = "#8ec843" }, new { label = "Covered, nothing arrives", color = "#ffe766" } },
        });
    }

    [GeneratedRegex(@"^attack\.(t\d{4}(?:\.\d{3})?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Technique();

    private static (string, string, IReadOnlyList<AttackTactic>, IReadOnlyDictionary<string, string>) Load()
    {
        using var stream = typeof(AttackCoverage).Assembly.GetManifestResourceStream("attack.json") ?? throw new InvalidOperationException("attack.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var root = json.RootElement;
        return (root.GetProperty("source").GetString()!, root.GetProperty("version").GetString()!,
            [.. root.GetProperty("tactics").EnumerateArray().Select(t => new AttackTactic(t.GetProperty("id").GetString()!, t.GetProperty("tag").GetString()!, LogKinds.Both(t), t.GetProperty("techniques").GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)))],
            root.GetProperty("techniques").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!, StringComparer.Ordinal));
    }
}
