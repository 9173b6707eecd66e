using System.Text;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Sql;

/// <summary>Says the condition of a rule in the words of a database, over a table.</summary>
internal sealed class SqlTranslation(SigmaSqlSchema schema)
{
    // An OR of more is broken into groups, so that no parser meets too deep a tree.
    private const int MostJoined = 200;

    // More texts than these are looked for as a list: a statement that names the field for each is slow to prepare.
    private const int MostNamed = 20;

    private readonly SqlWords words = SqlWords.Of(schema.Dialect);
    private int variables;

    public string Of(Matcher matcher) => matcher switch
    {
        NeverMatcher => words.False,
        AndMatcher and => Join(and.Items, " AND ", words.True),
        OrMatcher or => Join([.. Grouped(or.Items)], " OR ", words.False),
        NotMatcher not => $"(NOT {Of(not.Item)})",
        FieldMatcher field => Field(field),
        KeywordMatcher keyword => Join([.. schema.Keywords.Select(field => Each(field, (value, variable) => Test(keyword.Test, field, value)))], " OR ", words.False),
        _ => throw new InvalidOperationException($"Matcher {matcher.GetType().Name} has no SQL."),
    };

    private string Join(Matcher[] items, string word, string none) => Join(Array.ConvertAll(items, Of), word, none);

    private static string Join(string[] items, string word, string none) => items.Length switch
    {
        0 => none,
        1 => items[0],
        <= MostJoined => "(" + string.Join(word, items) + ")",
        _ => Join([.. items.Chunk(MostJoined).Select(part => Join(part, word, none))], word, none),
    };

    /// <summary>Each of some alternatives; those that look for plain texts in one place become one.</summary>
    private IEnumerable<string> Grouped(Matcher[] items)
    {
        foreach (var group in items.GroupBy(item => Plain(item, out var name, out var plain) ? (name, plain.Place, plain.Folds, 0) : (null, TextPlace.Whole, false, Array.IndexOf(items, item) + 1)))
        {
            var texts = group.Select(item => Plain(item, out _, out var plain) ? plain.Text : "").Distinct(StringComparer.Ordinal).ToList();
            var (name, place, folds, alone) = group.Key;
            if (alone > 0 || texts.Count == 1)
            {
                foreach (var item in group) yield return Of(item);
                continue;
            }

            foreach (var field in name!.Length == 0 ? schema.Keywords : [Find(name)])
                yield return Each(field, (value, _) => OneOf(Text(field, value), texts, place, folds, field.IsList));
        }

        static bool Plain(Matcher item, out string name, out PlainText plain)
        {
            (name, plain) = ("", default);
            var (test, field) = item switch { FieldMatcher one => (one.Test, one.Name), KeywordMatcher one => (one.Test, ""), _ => (null, "") };
            name = field;
            return test is PatternTest pattern && (item is KeywordMatcher || field.Length > 0) && PlainText.TryMake(pattern.Pattern, pattern.Cased, out plain);
        }
    }

    private string OneOf(string text, List<string> texts, TextPlace place, bool folds, bool within)
    {
        var compared = folds ? words.Lower(text) : text;
        if (place == TextPlace.Whole) return words.Sure($"{compared} IN ({string.Join(", ", texts.Select(words.Literal))})");
        if (texts.Count <= MostNamed && !within) return Join([.. texts.Select(sought => words.Sure(At(place, compared, words.Literal(sought))))], " OR ", words.False);
        var (folded, one) = ($"hufu_v{++variables}", $"hufu_v{++variables}");
        return words.Sure(words.Named(compared, folded, words.Any(words.List(texts), one, words.Sure(At(place, folded, one)))));
    }

    private string At(TextPlace place, string text, string sought) => place switch
    {
        TextPlace.Whole => $"{text} = {sought}",
        TextPlace.Begin => words.StartsWith(text, sought),
        TextPlace.End => words.EndsWith(text, sought),
        _ => words.Contains(text, sought),
    };

    /// <summary>The text that a field's value is as a whole, of several with a comma between; NULL where there is none.</summary>
    public string Whole(string name)
    {
        var field = Find(name);
        if (!field.IsList) return Text(field, field.Value);
        var variable = $"hufu_v{++variables}";
        return $"CASE WHEN {field.Present ?? $"({field.Value} IS NOT NULL)"} THEN {words.Whole(field.Value, variable, Text(field, variable))} END";
    }

    /// <summary>The number that a field's one value is; NULL where it is none that is finite.</summary>
    public string Finite(string name)
    {
        var field = Find(name);
        if (!field.IsList) return words.Finite(Number(field, field.Value));
        var variable = $"hufu_v{++variables}";
        return words.Finite(words.Only(field.Value, variable, Number(field, variable)));
    }

    private SigmaSqlField Find(string name) => schema.Field(name)
        ?? throw new SqlRefusal("sigma.sql.field", $"表格無法如事件一般提供欄位「{name}」。", $"The table cannot give the field '{name}' as events have it.");

    private string Field(FieldMatcher matcher)
    {
        var field = Find(matcher.Name);
        switch (matcher.Test)
        {
            case ExistsTest exists:
                var present = field.Present ?? $"({field.Value} IS NOT NULL)";
                return exists.Expected ? present : $"(NOT {present})";
            case NullTest:
                return field.IsList ? $"({(field.Present is { } there ? $"(NOT {there})" : $"{field.Value} IS NULL")} OR {Each(field, (value, _) => $"({Text(field, value)} IS NULL)")})" : $"({Text(field, field.Value)} IS NULL)";
            default:
                return Each(field, (value, _) => Test(matcher.Test, field, value));
        }
    }

    /// <summary>A condition on a value, or on one of a list.</summary>
    private string Each(SigmaSqlField field, Func<string, string?, string> condition)
    {
        if (!field.IsList) return condition(field.Value, null);
        var variable = $"hufu_v{++variables}";
        return words.Any(field.Value, variable, condition(variable, variable));
    }

    private static string Text(SigmaSqlField field, string value) => field.Text is { } text ? text(value) : value;

    private string Number(SigmaSqlField field, string value)
    {
        var number = words.Number(Text(field, value));
        return field.Number is { } given ? $"coalesce({given(value)}, {number})" : number;
    }

    private string Test(ValueTest test, SigmaSqlField field, string value)
    {
        var text = Text(field, value);
        switch (test)
        {
            case PatternTest pattern: return Like(pattern.Pattern, pattern.Cased, text);
            case BooleanTest boolean: return Like(Pattern.OfLiteral(boolean.Expected ? "true" : "false"), false, text);
            case NumberTest number:
                var written = Like(Pattern.OfLiteral(number.Written), false, text);
                return double.IsNaN(number.Number) ? written : $"({written} OR {words.Sure($"{Number(field, value)} = {words.Double(number.Number)}")})";
            case CompareTest compare: return words.Sure($"{Number(field, value)} {Sign(compare.Comparison)} {words.Double(compare.Number)}");
            case TimePartTest part: return words.Sure($"{words.Part(text, part.Part)} {(part.Bound is { } comparison ? Sign(comparison) : "=")} {part.Number}");
            case CidrTest network: return words.InNetwork(text, network.Network, network.Prefix);
            case RegexTest regex:
                var translated = RegexText.Translate(regex.Regex, out var units);
                return words.Sure(words.Matches(units ? words.Units(text) : text, translated));
            case FieldReferenceTest reference:
                var other = Find(reference.Other);
                return Each(other, (second, _) => Fits(reference, field, value, other, second));
            case NullTest: return $"({text} IS NULL)";
            default: throw new InvalidOperationException($"Test {test.GetType().Name} has no SQL.");
        }
    }

    private string Fits(FieldReferenceTest reference, SigmaSqlField field, string value, SigmaSqlField other, string second)
    {
        var (left, right) = (Text(field, value), Text(other, second));
        if (!reference.Cased) (left, right) = (words.Folded(left), words.Folded(right));
        var condition = reference.Relation switch
        {
            FieldRelation.StartsWith => words.StartsWith(left, right),
            FieldRelation.EndsWith => words.EndsWith(left, right),
            FieldRelation.Contains => words.Contains(left, right),
            _ => $"{left} = {right}",
        };
        if (reference.Relation == FieldRelation.Equal && field.Number is { } one && other.Number is { } two)
            condition = $"CASE WHEN {one(value)} IS NOT NULL AND {two(second)} IS NOT NULL THEN {one(value)} = {two(second)} ELSE {condition} END";
        return words.Sure(condition);
    }

    private static string Sign(Comparison comparison) => comparison switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        _ => ">=",
    };

    /// <summary>A text fits a pattern.</summary>
    private string Like(Pattern pattern, bool cased, string text)
    {
        var parts = pattern.Parts;
        if (parts.Any(part => part.Kind == PartKind.Text && HasHalf(part.Text)))
            throw new SqlRefusal("sigma.sql.surrogate", "值含不成對的代理字元，資料庫的 UTF-8 文字不可能有。", "The value has half of a surrogate pair, which no text in UTF-8 can have.");
        if (parts.Count > 0 && parts.All(part => part.Kind == PartKind.Any)) return $"({text} IS NOT NULL)";
        var literal = pattern.Literal;
        if (PlainText.TryMake(pattern, cased, out var plain)) return words.Sure(At(plain.Place, plain.Folds ? words.Lower(text) : text, words.Literal(plain.Text)));
        var (open, close) = (parts.Count > 0 && parts[0].Kind == PartKind.Any, parts.Count > 0 && parts[^1].Kind == PartKind.Any);
        var inner = parts.Skip(open ? 1 : 0).SkipLast(close ? 1 : 0).ToList();
        var units = inner.Exists(part => part.Kind == PartKind.One);
        if (units && literal.Any(char.IsSurrogate))
            throw new SqlRefusal("sigma.sql.wildcard", "值含 ? 與基本多文種平面以外的字元，兩者在資料庫中的計數不同。", "The value has ? beside characters beyond the basic plane, which a database counts differently.");
        var regex = new StringBuilder(open ? "" : @"\A");
        foreach (var part in inner)
        {
            switch (part.Kind)
            {
                case PartKind.Text:
                    foreach (var rune in part.Text.EnumerateRunes()) regex.Append(cased ? RegexText.Character(rune.Value) : RegexText.AnyCase(rune));
                    break;
                case PartKind.Any: regex.Append("(?s:.*)"); break;
                case PartKind.One: regex.Append("(?s:.)"); break;
                default: regex.Append('[').Append(string.Concat(Pattern.Dashes.Select(dash => RegexText.Character(dash)))).Append(']'); break;
            }
        }

        if (!close) regex.Append(@"\z");
        return words.Sure(words.Matches(units ? words.Units(text) : text, regex.ToString()));
    }

    private enum TextPlace
    {
        Whole,
        Begin,
        End,
        Anywhere,
    }

    /// <summary>A pattern that is one text, which a database compares as the engine does.</summary>
    /// <param name="Place">Where it is to stand.</param>
    /// <param name="Folds">True when the field is to be in <see cref="SqlWords.Lower"/>.</param>
    /// <param name="Text">The text, then in lower case of ASCII.</param>
    private readonly record struct PlainText(TextPlace Place, bool Folds, string Text)
    {
        public static bool TryMake(Pattern pattern, bool cased, out PlainText plain)
        {
            plain = default;
            var parts = pattern.Parts;
            var (open, close) = (parts.Count > 0 && parts[0].Kind == PartKind.Any, parts.Count > 0 && parts[^1].Kind == PartKind.Any);
            if (parts.Count == 1 && open) return false;
            if (!parts.Skip(open ? 1 : 0).SkipLast(close ? 1 : 0).All(part => part.Kind == PartKind.Text)) return false;
            var text = pattern.Literal;
            if (HasHalf(text) || !(cased || CaseClasses.IsPlain(text))) return false;
            var folds = !cased && text.Any(char.IsAsciiLetter);
            plain = new PlainText((open, close) switch { (false, false) => TextPlace.Whole, (false, true) => TextPlace.Begin, (true, false) => TextPlace.End, _ => TextPlace.Anywhere }, folds, folds ? LowerAscii(text) : text);
            return true;
        }
    }

    private static string LowerAscii(string text) => string.Create(text.Length, text, (span, from) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
    });

    private static bool HasHalf(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
