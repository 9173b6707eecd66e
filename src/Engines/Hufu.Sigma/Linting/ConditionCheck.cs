using Hufu.Sigma.Matching;
using Hufu.Sigma.Parsing;

namespace Hufu.Sigma;

/// <summary>What can be proved of a condition from its form: names that it does not use, that it never or always holds.</summary>
internal static class ConditionCheck
{
    /// <summary>More names than this are not tried in all combinations.</summary>
    private const int MaxNames = 12;

    public static void Run(MapNode map, List<ScalarNode> conditions, List<(string Name, Matcher Matcher)> identifiers, IRefuse refuse, int maxDepth)
    {
        var names = identifiers.Select((identifier, i) => (identifier.Name, (Matcher)new SeenMatcher(i))).ToList();
        var forms = conditions.ConvertAll(condition => ConditionParser.Parse(condition, names, refuse, maxDepth));
        var used = new HashSet<Matcher>(ReferenceEqualityComparer.Instance);
        foreach (var form in forms) Collect(form, used);
        for (var i = 0; i < names.Count; i++)
        {
            if (used.Contains(names[i].Item2)) continue;
            refuse.Note(map.Entries.Find(entry => entry.Key.Text == names[i].Name).Key, SigmaSeverity.Warning, "sigma.lint.unused-selection",
                $"條件沒有用到搜尋識別項「{names[i].Name}」。", $"No condition uses the search identifier '{names[i].Name}'.");
        }

        var never = identifiers.ConvertAll(identifier => NeverHolds(identifier.Matcher));
        for (var i = 0; i < identifiers.Count; i++)
        {
            if (never[i]) refuse.Note(map.Entries.Find(entry => entry.Key.Text == identifiers[i].Name).Key, SigmaSeverity.Warning, "sigma.lint.selection-never",
                $"搜尋識別項「{identifiers[i].Name}」永遠不會成立：同一欄位必須存在，又必須不存在。", $"The search identifier '{identifiers[i].Name}' can never hold: a field must be there and must not.");
        }

        if (identifiers.Count > MaxNames) return;
        for (var i = 0; i < forms.Count; i++)
        {
            var (sometimes, always) = Try(forms[i], never);
            if (!sometimes) refuse.Note(conditions[i], SigmaSeverity.Warning, "sigma.lint.condition-never", "此條件永遠不會成立。", "This condition can never hold.");
            else if (always) refuse.Note(conditions[i], SigmaSeverity.Warning, "sigma.lint.condition-always", "此條件對每個事件都成立。", "This condition holds for every event.");
        }
    }

    /// <summary>True when a name stands without a negation around it, so that something must be there for the condition to hold.</summary>
    public static bool AsksForAny(Matcher form, bool negated = false) => form switch
    {
        NotMatcher not => AsksForAny(not.Item, !negated),
        AndMatcher and => Array.Exists(and.Items, item => AsksForAny(item, negated)),
        OrMatcher or => Array.Exists(or.Items, item => AsksForAny(item, negated)),
        _ => !negated,
    };

    private static void Collect(Matcher form, HashSet<Matcher> into)
    {
        switch (form)
        {
            case NotMatcher not: Collect(not.Item, into); break;
            case AndMatcher and: Array.ForEach(and.Items, item => Collect(item, into)); break;
            case OrMatcher or: Array.ForEach(or.Items, item => Collect(item, into)); break;
            default: into.Add(form); break;
        }
    }

    private static (bool Sometimes, bool Always) Try(Matcher form, List<bool> never)
    {
        var evaluation = new Evaluation { Seen = new int[never.Count] };
        var (sometimes, always) = (false, true);
        var nothing = new SigmaDictionaryEvent([]);
        for (var set = 0; set < 1 << never.Count; set++)
        {
            var possible = true;
            for (var i = 0; i < never.Count; i++)
            {
                evaluation.Seen[i] = set >> i & 1;
                possible &= !(never[i] && evaluation.Seen[i] > 0);
            }

            if (!possible) continue;
            var holds = form.Matches(nothing, evaluation);
            sometimes |= holds;
            always &= holds;
        }

        return (sometimes, always);
    }

    /// <summary>A field that must be missing while another item of the same AND needs it.</summary>
    private static bool NeverHolds(Matcher matcher)
    {
        if (matcher is OrMatcher or) return Array.TrueForAll(or.Items, NeverHolds);
        if (matcher is not AndMatcher and) return false;
        if (Array.Exists(and.Items, NeverHolds)) return true;
        var missing = and.Items.OfType<FieldMatcher>().Where(item => item.Test is ExistsTest { Expected: false }).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        return missing.Count > 0 && Array.Exists(and.Items, item => Needs(item) is { } field && missing.Contains(field));
    }

    private static string? Needs(Matcher matcher) => matcher switch
    {
        FieldMatcher { Test: not (NullTest or ExistsTest { Expected: false }) } item => item.Name,
        OrMatcher any when any.Items.Select(Needs).Distinct().Take(2).ToArray() is [{ } field] => field,
        _ => null,
    };
}
