using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>
/// Reads patterns of STIX 2.0 and 2.1 as far as one event can fulfil them. What speaks of several observations is refused, and so is what no event of a log has:
/// nothing is taken for something like it.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxDepth = 32;
    private const int MaxTerms = 2_000;
    private const int MaxRegex = 4_096;
    private static readonly TimeSpan RegexTime = TimeSpan.FromMilliseconds(50);

    private readonly string text;
    private readonly List<Token> tokens = [];
    private int at;
    private int depth;
    private int terms;

    private PatternParser(string text) => this.text = text;

    private enum Kind
    {
        Word,
        String,
        Number,
        Sign,
        Other,
        End,
    }

    private readonly record struct Token(Kind Kind, string Text, int Place);

    private sealed class Refusal(string code, string zh, string en, int place) : Exception
    {
        public Error Of() => Error.Of(code, $"{zh}（第 {place + 1} 字）", $"{en} (character {place + 1})");
    }

    /// <summary>Reads a pattern; fails with the reason and the place in it.</summary>
    public static Result<PatternNode> Parse(string text, int most = 1 << 15)
    {
        if (text.Length > most) return Result.Fail<PatternNode>(Error.Of("indicator.pattern.long", $"樣式超過 {most:N0} 字。", $"The pattern is longer than {most:N0} characters."));
        var parser = new PatternParser(text);
        try
        {
            parser.Tokenise();
            var node = parser.Observations();
            if (parser.Current.Kind != Kind.End) throw parser.Unexpected();
            return Result.Of(node);
        }
        catch (Refusal refusal)
        {
            return Result.Fail<PatternNode>(refusal.Of());
        }
    }

    /// <summary>The values of which one is meant, where a pattern means nothing else; null when it does.</summary>
    public static IReadOnlyList<IndicatorValue>? Plain(PatternNode node) => node switch
    {
        PatternTerm term => term.Plain(),
        PatternAny any when any.Items.Select(Plain).ToList() is var parts && !parts.Contains(null) => [.. parts.SelectMany(part => part!)],
        _ => null,
    };

    private Token Current => tokens[at];

    private Refusal Unexpected() => new("indicator.pattern.syntax", Current.Kind == Kind.End ? "樣式在此中斷" : $"此處不應有「{Cut(Current.Text)}」", Current.Kind == Kind.End ? "The pattern breaks off" : $"'{Cut(Current.Text)}' cannot stand here", Current.Place);

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private bool Sign(string sign)
    {
        if (Current.Kind != Kind.Sign || Current.Text != sign) return false;
        at++;
        return true;
    }

    private void Expect(string sign)
    {
        if (!Sign(sign)) throw Unexpected();
    }

    private bool Word(string word)
    {
        if (Current.Kind != Kind.Word || !Current.Text.Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        at++;
        return true;
    }

    private bool IsWord(string word) => Current.Kind == Kind.Word && Current.Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    // Observations: OR joins alternatives of one event; AND and FOLLOWEDBY speak of several events.
    private PatternNode Observations()
    {
        Deeper();
        var items = new List<PatternNode>();
        do items.Add(Observation());
        while (Word("OR"));
        if (IsWord("AND") || IsWord("FOLLOWEDBY")) throw new Refusal("indicator.pattern.several", $"「] {Current.Text.ToUpperInvariant()} [」須由數個不同的觀察共同成立，單一日誌無法判斷", $"'] {Current.Text.ToUpperInvariant()} [' asks for several observations, which one event cannot tell of", Current.Place);
        depth--;
        return items.Count == 1 ? items[0] : new PatternAny(items);
    }

    private PatternNode Observation()
    {
        PatternNode node;
        var single = false;
        if (Sign("("))
        {
            node = Observations();
            Expect(")");
        }
        else
        {
            Expect("[");
            node = Comparisons();
            Expect("]");
            single = true;
        }

        while (Current.Kind == Kind.Word)
        {
            var place = Current.Place;
            if (Word("REPEATS")) throw new Refusal("indicator.pattern.repeats", "REPEATS 須計數多筆觀察，單一日誌無法判斷", "REPEATS counts observations, which one event cannot tell of", place);
            if (Word("START")) throw new Refusal("indicator.pattern.start", "START … STOP 的期間請改用 valid_from 與 valid_until", "START … STOP is not looked at; valid_from and valid_until are", place);
            if (!Word("WITHIN")) break;
            // Within any time, one observation is by itself.
            if (!single) throw new Refusal("indicator.pattern.within", "WITHIN 跨越數個觀察，單一日誌無法判斷", "WITHIN spans several observations, which one event cannot tell of", place);
            if (Current.Kind != Kind.Number) throw Unexpected();
            at++;
            if (!Word("SECONDS")) throw Unexpected();
        }

        return node;
    }

    private PatternNode Comparisons()
    {
        Deeper();
        var any = new List<PatternNode>();
        do
        {
            var all = new List<PatternNode>();
            do all.Add(Comparison());
            while (Word("AND"));
            any.Add(all.Count == 1 ? all[0] : new PatternAll(all));
        }
        while (Word("OR"));
        depth--;
        return any.Count == 1 ? any[0] : new PatternAny(any);
    }

    private PatternNode Comparison()
    {
        if (Sign("("))
        {
            var inner = Comparisons();
            Expect(")");
            return inner;
        }

        if (++terms > MaxTerms) throw new Refusal("indicator.pattern.large", $"樣式超過 {MaxTerms:N0} 個比較", $"The pattern has more than {MaxTerms:N0} comparisons", Current.Place);
        if (IsWord("EXISTS")) throw new Refusal("indicator.pattern.exists", "EXISTS 對日誌沒有意義：幾乎每筆都有", "EXISTS tells nothing of events: nearly all have it", Current.Place);
        var not = Word("NOT");
        var place = Current.Place;
        var path = Path();
        if (PatternProperties.Of(path, out var hashLength) is not { } property) throw new Refusal("indicator.pattern.property", $"日誌沒有「{Cut(path)}」可比對", $"No event has '{Cut(path)}' to be compared", place);
        if (Word("NOT")) not = !not;
        place = Current.Place;
        var (op, turned) = Operator();
        if (turned) not = !not;
        var literals = new List<string>();
        if (op is null)
        {
            op = PatternOperator.Equal;
            Expect("(");
            do literals.Add(Literal());
            while (Sign(","));
            Expect(")");
        }
        else
        {
            literals.Add(Literal());
        }

        // A name with its folder is compared with whole paths.
        if (property.Kind == IndicatorKind.FileName && literals.Exists(literal => literal.AsSpan().ContainsAny('/', '\\')) && op is PatternOperator.Equal or PatternOperator.Like) property = PatternProperties.WithFolder(property);
        return Term(property, op.Value, literals, not, hashLength, place);
    }

    private static PatternTerm Term(PatternProperty property, PatternOperator op, List<string> literals, bool not, int hashLength, int place)
    {
        Regex? regex = null;
        switch (op)
        {
            case PatternOperator.Match:
                // Keys of the registry are compared by the short names of their hives.
                regex = Compiled(property.Kind == IndicatorKind.RegistryKey ? ShortHives(literals[0]) : literals[0], property, place);
                break;
            case PatternOperator.Like:
                regex = Compiled(Like(property.Kind == IndicatorKind.RegistryKey ? ShortHives(literals[0]) : literals[0]), property, place);
                break;
            case PatternOperator.Within:
                if (property.Kind != IndicatorKind.Address) throw new Refusal("indicator.pattern.subset", "ISSUBSET 只適用於位址", "ISSUBSET is for addresses", place);
                literals = [.. literals.Select(literal => Range(literal, place))];
                break;
            case PatternOperator.Equal:
                literals = [.. literals.Select(literal => Normalised(property, literal, hashLength, place))];
                break;
            default:
                if (property.Kind is not null || !decimal.TryParse(literals[0], NumberStyles.Number, CultureInfo.InvariantCulture, out _)) throw new Refusal("indicator.pattern.order", "大小比較只適用於連接埠等數字", "Only numbers, such as ports, are compared by size", place);
                break;
        }

        return new PatternTerm(property, op, literals, not, regex);
    }

    private static string Range(string literal, int place)
    {
        if (AddressValue.TryRead(literal, out var key)) return AddressValue.Text(key);
        if (AddressValue.TryRange(literal, out var from, out var length)) return AddressValue.RangeText(from, length);
        throw new Refusal("indicator.pattern.value", $"「{Cut(literal)}」不是位址或網段", $"'{Cut(literal)}' is no address or range", place);
    }

    private static string Normalised(PatternProperty property, string literal, int hashLength, int place)
    {
        if (property.Kind == IndicatorKind.Address) return property.IsEither && DomainValue.Read(literal) is { } name ? name : Range(literal, place);
        if (property.Kind is not { } kind)
        {
            return property.Roles[0] switch
            {
                FieldRole.Directory => Normal.Path(literal).TrimEnd('/'),
                FieldRole.RegistryValue or FieldRole.Protocol => literal.Trim().ToLowerInvariant(),
                FieldRole.Method => literal.Trim().ToUpperInvariant(),
                _ => literal,
            };
        }

        if (ValueGuess.As(kind, literal) is not { } value || (hashLength > 0 && value.Text.Length != hashLength))
            throw new Refusal("indicator.pattern.value", $"「{Cut(literal)}」不是「{property.Path}」的值", $"'{Cut(literal)}' is no value of '{property.Path}'", place);
        return value.Text;
    }

    private static Regex Compiled(string pattern, PatternProperty property, int place)
    {
        if (pattern.Length > MaxRegex) throw new Refusal("indicator.pattern.regex-long", $"正規表示式超過 {MaxRegex:N0} 字", $"The regular expression is longer than {MaxRegex:N0} characters", place);
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | (property.AnyCase ? RegexOptions.IgnoreCase : RegexOptions.None), RegexTime);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw new Refusal("indicator.pattern.regex", "正規表示式有錯，或須回溯才能比對（回溯參照、前後查找）", "The regular expression is faulty, or can only be matched by backtracking (back-references, look-around)", place);
        }
    }

    private static string ShortHives(string pattern) => pattern.Replace("HKEY_LOCAL_MACHINE", "HKLM", StringComparison.OrdinalIgnoreCase).Replace("HKEY_CURRENT_USER", "HKCU", StringComparison.OrdinalIgnoreCase)
        .Replace("HKEY_USERS", "HKU", StringComparison.OrdinalIgnoreCase).Replace("HKEY_CLASSES_ROOT", "HKCR", StringComparison.OrdinalIgnoreCase);

    private static string Like(string literal)
    {
        var regex = new StringBuilder("\\A");
        foreach (var c in literal)
        {
            if (c == '%') regex.Append(".*");
            else if (c == '_') regex.Append('.');
            else regex.Append(Regex.Escape(c.ToString()));
        }

        return regex.Append("\\z").ToString();
    }

    private (PatternOperator? Operator, bool Not) Operator()
    {
        var token = Current;
        if (token.Kind is not (Kind.Sign or Kind.Word)) throw Unexpected();
        at++;
        switch (token.Text.ToUpperInvariant())
        {
            case "=" or "==": return (PatternOperator.Equal, false);
            case "!=" or "<>": return (PatternOperator.Equal, true);
            case "<": return (PatternOperator.Less, false);
            case "<=": return (PatternOperator.LessOrEqual, false);
            case ">": return (PatternOperator.Greater, false);
            case ">=": return (PatternOperator.GreaterOrEqual, false);
            case "IN": return (null, false);
            case "LIKE": return (PatternOperator.Like, false);
            case "MATCHES": return (PatternOperator.Match, false);
            case "ISSUBSET": return (PatternOperator.Within, false);
            case "ISSUPERSET": throw new Refusal("indicator.pattern.superset", "ISSUPERSET 須有網段的值，日誌只有單一位址", "ISSUPERSET asks for a network; events have single addresses", token.Place);
            default:
                at--;
                throw Unexpected();
        }
    }

    private string Literal()
    {
        var token = Current;
        if (token.Kind is Kind.String or Kind.Number || (token.Kind == Kind.Word && token.Text is "true" or "false"))
        {
            at++;
            return token.Text;
        }

        throw token.Kind == Kind.Other ? new Refusal("indicator.pattern.literal", "時間、二進位與十六進位的值沒有可比對的日誌欄位", "No field of an event is a time, binary or hexadecimal value to be compared", token.Place) : Unexpected();
    }

    // object:property.property[*].'quoted'
    private string Path()
    {
        if (Current.Kind != Kind.Word) throw Unexpected();
        var path = new StringBuilder(Current.Text);
        at++;
        Expect(":");
        path.Append(':');
        Step();
        while (true)
        {
            if (Sign("."))
            {
                path.Append('.');
                Step();
            }
            else if (Sign("["))
            {
                if (!Sign("*") && Current.Kind == Kind.Number) at++;
                Expect("]");
                // Any entry of a list is any value of the event.
                path.Append("[*]");
            }
            else
            {
                return path.ToString();
            }

            if (path.Length > 300) throw Unexpected();
        }

        void Step()
        {
            if (Current.Kind is not (Kind.Word or Kind.String)) throw Unexpected();
            path.Append(Current.Text);
            at++;
        }
    }

    private void Deeper()
    {
        if (++depth > MaxDepth) throw new Refusal("indicator.pattern.deep", $"括號超過 {MaxDepth} 層", $"Brackets are nested deeper than {MaxDepth}", Current.Place);
    }

    private void Tokenise()
    {
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }

            var from = i;
            if (c == '\'')
            {
                tokens.Add(new Token(Kind.String, Quoted(ref i), from));
            }
            else if (c is 't' or 'h' or 'b' && i + 1 < text.Length && text[i + 1] == '\'')
            {
                i++;
                tokens.Add(new Token(Kind.Other, Quoted(ref i), from));
            }
            else if (char.IsAsciiDigit(c) || (c is '-' or '+' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
            {
                i++;
                while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.')) i++;
                tokens.Add(new Token(Kind.Number, text[from..i], from));
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '-')) i++;
                tokens.Add(new Token(Kind.Word, text[from..i], from));
            }
            else
            {
                var length = i + 1 < text.Length && text.AsSpan(i, 2) is "==" or "!=" or "<>" or "<=" or ">=" ? 2 : 1;
                i += length;
                tokens.Add(new Token(Kind.Sign, text.Substring(from, length), from));
            }
        }

        tokens.Add(new Token(Kind.End, "", text.Length));
    }

    private string Quoted(ref int i)
    {
        var from = i++;
        var value = new StringBuilder();
        while (i < text.Length)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                // Only quotes and backslashes are escaped; anything else stands as it is written.
                if (text[i + 1] is not ('\'' or '\\')) value.Append('\\');
                value.Append(text[i + 1]);
                i += 2;
            }
            else if (text[i] == '\'')
            {
                i++;
                return value.ToString();
            }
            else
            {
                value.Append(text[i++]);
            }
        }

        throw new Refusal("indicator.pattern.quote", "引號沒有結束", "A quote is not closed", from);
    }
}
