using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Parsing;

/// <summary>
/// Reads a condition (rules specification, "Condition"). Binding from weak to strong: or, and, not, "x of", brackets.
/// </summary>
internal sealed class ConditionParser
{
    private readonly ScalarNode node;
    private readonly IReadOnlyList<(string Name, Matcher Matcher)> identifiers;
    private readonly IRefuse refuse;
    private readonly int maxDepth;
    private readonly List<(string Text, int At)> tokens = [];
    private int next;

    private ConditionParser(ScalarNode node, IReadOnlyList<(string Name, Matcher Matcher)> identifiers, IRefuse refuse, int maxDepth)
    {
        this.node = node;
        this.identifiers = identifiers;
        this.refuse = refuse;
        this.maxDepth = maxDepth;
    }

    public static Matcher Parse(ScalarNode node, IReadOnlyList<(string Name, Matcher Matcher)> identifiers, IRefuse refuse, int maxDepth)
    {
        var parser = new ConditionParser(node, identifiers, refuse, maxDepth);
        parser.Split();
        var result = parser.Or(0);
        if (parser.next < parser.tokens.Count) throw parser.Refuse($"多出「{parser.tokens[parser.next].Text}」", $"'{parser.tokens[parser.next].Text}' is too much");
        return result;
    }

    private void Split()
    {
        var text = node.Text;
        var i = 0;
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else if (text[i] is '(' or ')')
            {
                tokens.Add((text[i].ToString(), i));
                i++;
            }
            else if (text[i] == '|')
            {
                throw refuse.Refuse(node, "sigma.condition.pipe", "條件中的「|」彙總語法已從規格移除；請改用關聯規則。",
                    "Aggregation with '|' in a condition is gone from the specification; use a correlation rule.");
            }
            else
            {
                var from = i;
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '|')) i++;
                tokens.Add((text[from..i], from));
            }
        }

        if (tokens.Count == 0) throw Refuse("條件是空的", "the condition is empty");
        if (tokens.Count > 4_096) throw Refuse("條件太長", "the condition is too long");
    }

    private Matcher Or(int depth)
    {
        var items = new List<Matcher> { And(depth) };
        while (Take("or")) items.Add(And(depth));
        return items.Count == 1 ? items[0] : new OrMatcher([.. items]);
    }

    private Matcher And(int depth)
    {
        var items = new List<Matcher> { Not(depth) };
        while (Take("and")) items.Add(Not(depth));
        return items.Count == 1 ? items[0] : new AndMatcher([.. items]);
    }

    private Matcher Not(int depth)
    {
        if (depth > maxDepth) throw Refuse($"巢狀超過 {maxDepth} 層", $"nested more than {maxDepth} levels deep");
        if (Take("not")) return new NotMatcher(Not(depth + 1));
        if (Take("("))
        {
            var inner = Or(depth + 1);
            if (!Take(")")) throw Refuse("缺少右括號", "a closing bracket is missing");
            return inner;
        }

        return Operand();
    }

    private Matcher Operand()
    {
        if (next >= tokens.Count) throw Refuse("條件提早結束", "the condition ends too early");
        var word = tokens[next].Text;
        if (next + 1 < tokens.Count && tokens[next + 1].Text.Equals("of", StringComparison.OrdinalIgnoreCase))
        {
            var all = word.Equals("all", StringComparison.OrdinalIgnoreCase);
            if (!all && word != "1") throw Refuse($"「{word} of」不在規格中，僅有「1 of」與「all of」", $"'{word} of' is not in the specification, only '1 of' and 'all of' are");
            next += 2;
            if (next >= tokens.Count) throw Refuse("「of」之後缺少名稱", "a name is missing after 'of'");
            var name = tokens[next].Text;
            var chosen = Chosen(name);
            if (chosen.Length == 0) throw Refuse($"沒有搜尋識別項符合「{name}」", $"no search identifier fits '{name}'");
            next++;
            return chosen.Length == 1 ? chosen[0] : all ? new AndMatcher(chosen) : new OrMatcher(chosen);
        }

        foreach (var (name, matcher) in identifiers)
        {
            if (name != word) continue;
            next++;
            return matcher;
        }

        throw Refuse($"沒有名為「{word}」的搜尋識別項", $"there is no search identifier '{word}'");
    }

    private Matcher[] Chosen(string name)
    {
        if (name.Equals("them", StringComparison.OrdinalIgnoreCase))
            return [.. identifiers.Where(identifier => !identifier.Name.StartsWith('_')).Select(identifier => identifier.Matcher)];
        var pieces = name.Split('*').Select(piece => new PatternPart(PartKind.Text, piece));
        var parts = new List<PatternPart>();
        foreach (var piece in pieces)
        {
            if (parts.Count > 0 || name.StartsWith('*')) parts.Add(new PatternPart(PartKind.Any));
            if (piece.Text.Length > 0) parts.Add(piece);
        }

        if (name.StartsWith('*') && parts.Count > 1 && parts[1].Kind == PartKind.Any) parts.RemoveAt(0);
        var test = new TextTest(new Pattern(parts), cased: true);
        // "Same as 1/all of them, but restricted": a name with an underscore in front takes part only where the pattern asks for it by one.
        return [.. identifiers.Where(identifier => (name[0] == '_' || !identifier.Name.StartsWith('_')) && test.Matches(identifier.Name)).Select(identifier => identifier.Matcher)];
    }

    // A search identifier may be called "and"; it is an operator only where no operand is expected, which the grammar decides.
    private bool Take(string word)
    {
        if (next >= tokens.Count || !tokens[next].Text.Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        next++;
        return true;
    }

    private RuleRefused Refuse(string zh, string en)
    {
        var at = next < tokens.Count ? tokens[next].At + 1 : node.Text.Length + 1;
        return refuse.Refuse(node, "sigma.condition.malformed", $"條件第 {at} 個字元：{zh}。", $"Condition, character {at}: {en}.");
    }
}
