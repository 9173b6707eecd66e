using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Correlation;

/// <summary>
/// A condition over the names of rules that must match in order: it holds when it is true of some of the rules, these matched in the order
/// of the correlation's list, and no rule that it negates matched at all.
/// </summary>
internal static class OrderedExpression
{
    public static bool Holds(Matcher expression, RuleTally counts, ReadOnlySpan<Window.Entry> entries)
    {
        var present = 0;
        for (var i = 0; i < counts.Seen.Length; i++)
        {
            if (counts.Seen[i] > 0) present |= 1 << i;
        }

        for (var chosen = present; ; chosen = (chosen - 1) & present)
        {
            if (IsTrue(expression, chosen, present, negated: false) && InOrder(chosen, counts.Seen.Length, entries)) return true;
            if (chosen == 0) return false;
        }
    }

    private static bool IsTrue(Matcher expression, int chosen, int present, bool negated)
    {
        switch (expression)
        {
            case NotMatcher not: return !IsTrue(not.Item, chosen, present, !negated);
            case AndMatcher and: return Array.TrueForAll(and.Items, item => IsTrue(item, chosen, present, negated));
            case OrMatcher or: return Array.Exists(or.Items, item => IsTrue(item, chosen, present, negated));
            default: return ((negated ? present : chosen) >> ((SeenMatcher)expression).Index & 1) != 0;
        }
    }

    private static bool InOrder(int chosen, int rules, ReadOnlySpan<Window.Entry> entries)
    {
        var from = long.MinValue;
        for (var rule = 0; rule < rules; rule++)
        {
            if ((chosen >> rule & 1) == 0) continue;
            var found = false;
            foreach (ref readonly var entry in entries)
            {
                if (entry.At < from || ((CorrelationInput)entry.Detail!).Index != rule) continue;
                from = entry.At;
                found = true;
                break;
            }

            if (!found) return false;
        }

        return true;
    }
}
