using System.Globalization;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Search;

namespace Hufu.Logs;

/// <summary>
/// A search as people write it: words and "quoted phrases" (case does not matter), <c>field:value</c> with <c>*</c>, <c>field:&gt;=3</c>,
/// <c>field:10.0.0.0/8</c>, <c>field:[1 TO 10]</c> (<c>{ }</c> without the ends), <c>/pattern/</c> and <c>field:/pattern/</c> (RE2), <c>field:(a OR b)</c>,
/// AND, OR, NOT, brackets, <c>-term</c>. Words side by side must all occur. What is quoted is text. After <c>|</c> come commands that make a table
/// of what was found.
/// </summary>
public sealed class SearchQuery
{
    private const int MaxLength = 4_096;
    private const int MaxTerms = 256;
    private const int MaxDepth = 32;

    private SearchQuery(SearchNode? root, string text, string terms, IReadOnlyList<PipeCommand> commands)
    {
        Root = root;
        Text = text;
        Terms = terms;
        Commands = commands;
    }

    /// <summary>A search that every event answers.</summary>
    public static SearchQuery Everything { get; } = new(null, "", "", []);

    /// <summary>The search as written.</summary>
    public string Text { get; }

    /// <summary>What stands before the first <c>|</c>: which events are meant.</summary>
    public string Terms { get; }

    /// <summary>True when commands make a table of the events: see <see cref="LogStore.TableAsync"/>.</summary>
    public bool IsTable => Commands.Count > 0;

    /// <summary>True when its table has a row for each slice of time and value, of which <see cref="WideTable"/> makes columns.</summary>
    public bool IsSplit => LogSplit.Of(Commands) is not null;

    internal SearchNode? Root { get; }

    internal IReadOnlyList<PipeCommand> Commands { get; }

    /// <summary>Reads a search; an error says at which character (from 1) it is wrong, also in <see cref="Error.Place"/>.</summary>
    public static Result<SearchQuery> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            return Result.Fail<SearchQuery>(Error.Of("logs.search.too-long", $"搜尋超過 {MaxLength} 個字元。", $"The search has more than {MaxLength} characters.", MaxLength.ToString(CultureInfo.InvariantCulture)));
        var reader = new SearchReader(text);
        var terms = new SearchParser(reader, MaxTerms, MaxDepth);
        var root = terms.Parse();
        var end = reader.At;
        IReadOnlyList<PipeCommand> commands = reader.Error is null && end < text.Length ? new PipeParser(reader).Parse() : [];
        return reader.Error is { } error ? Result.Fail<SearchQuery>(error) : Result.Of(new SearchQuery(root, text, text[..end].Trim(), commands));
    }
}

/// <summary>The text of a search, the place reached in it and the first error.</summary>
internal sealed class SearchReader(string text)
{
    public string Text { get; } = text;

    public int At { get; set; }

    public Error? Error { get; private set; }

    public bool Ended => At >= Text.Length;

    /// <summary>The character here; a zero character at the end.</summary>
    public char Here => Ended ? '\0' : Text[At];

    public void SkipSpace()
    {
        while (!Ended && char.IsWhiteSpace(Text[At])) At++;
    }

    /// <summary>Reads what stands in the quotes that open here; inside, a backslash keeps a quote or a backslash.</summary>
    public string? Quoted()
    {
        var open = At++;
        var result = new StringBuilder();
        while (!Ended && Here != '"')
        {
            if (Here == '\\' && At + 1 < Text.Length && Text[At + 1] is '"' or '\\') At++;
            result.Append(Text[At++]);
        }

        if (Ended)
        {
            Fail(open, "引號沒有結尾", "the quote is not closed");
            return null;
        }

        At++;
        return result.ToString();
    }

    public void Fail(int at, string zh, string en) =>
        Error ??= Error.Of("logs.search.malformed", $"第 {at + 1} 個字元：{zh}。", $"Character {at + 1}: {en}.", (at + 1).ToString(CultureInfo.InvariantCulture));
}

internal abstract record SearchNode;

internal sealed record AllOf(IReadOnlyList<SearchNode> Items) : SearchNode;

internal sealed record AnyOf(IReadOnlyList<SearchNode> Items) : SearchNode;

internal sealed record NoneOf(SearchNode Item) : SearchNode;

/// <summary>A text anywhere in the record.</summary>
internal sealed record WordTerm(string Text) : SearchNode;

/// <summary>A field compared with a value. In <paramref name="Value"/>, U+E000 stands for the wildcard, so that a quoted star stays a star.</summary>
internal sealed record FieldTerm(string Field, string Operator, string Value) : SearchNode;

/// <summary>A pattern that matches somewhere in a field; in the raw line when no field is given.</summary>
internal sealed record RegexTerm(string? Field, string Pattern) : SearchNode;

/// <summary>A field that is an address between two, both included, of the same family.</summary>
internal sealed record AddressTerm(string Field, UInt128 Low, UInt128 High, bool V4) : SearchNode;

/// <summary>A field between two values; an absent one is no bound. Texts are compared by code point, in lower case.</summary>
internal sealed record RangeTerm(string Field, string? Low, bool WithLow, string? High, bool WithHigh, bool Numbers) : SearchNode;

/// <summary>Reads the terms of a search, up to the first <c>|</c> or the end.</summary>
internal sealed class SearchParser(SearchReader reader, int maxTerms, int maxDepth)
{
    public const char Wildcard = '\uE000';

    /// <summary>Longest pattern in characters.</summary>
    public const int MaxPattern = 512;

    private int terms;

    public SearchNode? Parse()
    {
        reader.SkipSpace();
        if (reader.Ended || reader.Here == '|') return null;
        var root = Or(null, 0);
        if (root is not null && reader.Here == ')') Fail(reader.At, "此處多出右括號", "a closing bracket too many");
        return reader.Error is null ? root : null;
    }

    private SearchNode? Or(string? field, int depth)
    {
        var items = new List<SearchNode>();
        do
        {
            if (And(field, depth) is not { } item) return null;
            items.Add(item);
        }
        while (Keyword("OR"));
        return items.Count == 1 ? items[0] : new AnyOf(items);
    }

    private SearchNode? And(string? field, int depth)
    {
        var items = new List<SearchNode>();
        do
        {
            if (Not(field, depth) is not { } item) return null;
            items.Add(item);
        }
        while (Keyword("AND") || (!AtEnd() && reader.Here != ')' && !IsKeyword("OR")));
        return items.Count == 1 ? items[0] : new AllOf(items);
    }

    private SearchNode? Not(string? field, int depth)
    {
        if (AtEnd()) return Fail(reader.At, "搜尋提早結束", "the search ends too early");
        var at = reader.At;
        if (depth > maxDepth) return Fail(at, $"巢狀超過 {maxDepth} 層", $"nested more than {maxDepth} levels deep");
        var text = reader.Text;
        if (Keyword("NOT") || Minus()) return Not(field, depth + 1) is { } inner ? new NoneOf(inner) : null;
        if (reader.Here == '(')
        {
            reader.At++;
            return Group(field, depth, at);
        }

        if (reader.Here == ')' || IsKeyword("AND") || IsKeyword("OR")) return Fail(at, "此處需要一個詞", "a term was expected here");
        if (++terms > maxTerms) return Fail(at, $"超過 {maxTerms} 個詞", $"more than {maxTerms} terms");
        return field is null ? Term(depth, at) : Value(field, at);

        bool Minus()
        {
            if (reader.Here != '-' || at + 1 >= text.Length || char.IsWhiteSpace(text[at + 1]) || !(at == 0 || char.IsWhiteSpace(text[at - 1]) || text[at - 1] == '(')) return false;
            reader.At++;
            return true;
        }
    }

    private SearchNode? Group(string? field, int depth, int open)
    {
        if (Or(field, depth + 1) is not { } group) return null;
        reader.SkipSpace();
        if (reader.Here != ')') return Fail(open, "括號沒有結尾", "the bracket is not closed");
        reader.At++;
        return group;
    }

    private SearchNode? Term(int depth, int at)
    {
        if (Pattern(out var pattern)) return pattern is null ? null : new RegexTerm(null, pattern);
        string? first;
        if (reader.Here == '"') first = reader.Quoted();
        else first = Piece(stopAtColon: reader.Here != ':');
        if (first is null) return null;
        if (reader.Here != ':' || first.Length == 0) return new WordTerm(first);
        reader.At++;
        var field = first.Replace(Wildcard, '*');
        if (reader.Ended || char.IsWhiteSpace(reader.Here) || reader.Here is ')' or '|') return Fail(reader.At, "冒號之後缺少值", "a value is missing after the colon");
        if (reader.Here != '(') return Value(field, at);
        var open = reader.At++;
        return Group(field, depth, open);
    }

    /// <summary>What a field is compared with.</summary>
    private SearchNode? Value(string field, int at)
    {
        if (reader.Here == '"') return reader.Quoted() is { } quoted ? new FieldTerm(field, "", quoted) : null;
        if (reader.Here is '[' or '{') return Range(field);
        if (Pattern(out var pattern)) return pattern is null ? null : new RegexTerm(field, pattern);
        var comparison = "";
        if (reader.Here is '>' or '<')
        {
            comparison = reader.Here.ToString();
            reader.At++;
            if (reader.Here == '=')
            {
                comparison += "=";
                reader.At++;
            }
        }

        var start = reader.At;
        if (comparison.Length > 0)
        {
            var number = reader.Here == '"' ? reader.Quoted() : Piece(stopAtColon: false);
            if (number is null) return null;
            return Number(number) is not null ? new FieldTerm(field, comparison, number) : Fail(at, "比較需要數字", "a comparison needs a number");
        }

        var value = Piece(stopAtColon: false);
        return Network(field, value, start, out var network) ? network : new FieldTerm(field, "", value);
    }

    /// <summary>True for <c>address/bits</c>; the node is absent when it is faulty.</summary>
    private bool Network(string field, string value, int start, out SearchNode? network)
    {
        network = null;
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return false;
        var (address, bits) = (value[..slash], value[(slash + 1)..]);
        if (bits.Any(c => !char.IsAsciiDigit(c)) || !IpKey.LooksLikeOne(address)) return false;
        if (!IpKey.TryRead(address, out var key))
        {
            Fail(start, "這不是 IP 位址", "this is no IP address");
            return true;
        }

        var short4 = !address.Contains(':', StringComparison.Ordinal);
        var most = short4 ? 32 : 128;
        if (!int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > most)
        {
            Fail(start + slash + 1, $"前綴長度須為 0 至 {most}", $"the length of the prefix is a number from 0 to {most}");
            return true;
        }

        var all = short4 ? length + 96 : length;
        var rest = all == 0 ? UInt128.MaxValue : all == 128 ? UInt128.Zero : (UInt128.One << (128 - all)) - 1;
        network = new AddressTerm(field, key & ~rest, key | rest, IpKey.IsV4(key) && all >= 96);
        return true;
    }

    private SearchNode? Range(string field)
    {
        var open = reader.At;
        var withLow = reader.Here == '[';
        reader.At++;
        if (Bound(open) is not var (low, lowQuoted, lowAt)) return null;
        reader.SkipSpace();
        if (!Keyword("TO")) return Fail(reader.At, "範圍寫作 [1 TO 10]；要找符號本身請加引號", "a range is written [1 TO 10]; to find the bracket itself, quote it");
        if (Bound(open) is not var (high, highQuoted, highAt)) return null;
        reader.SkipSpace();
        if (reader.Here is not (']' or '}')) return Fail(open, "範圍沒有結尾", "the range is not closed");
        var withHigh = reader.Here == ']';
        reader.At++;
        var (openLow, openHigh) = (low == "*" && !lowQuoted, high == "*" && !highQuoted);
        if (openLow && openHigh) return new FieldTerm(field, "", Wildcard.ToString());
        if ((openLow || (!lowQuoted && Number(low) is not null)) && (openHigh || (!highQuoted && Number(high) is not null)))
            return new RangeTerm(field, openLow ? null : low, withLow, openHigh ? null : high, withHigh, true);
        var (lowKey, highKey) = (UInt128.Zero, UInt128.MaxValue);
        if ((openLow || (!lowQuoted && IpKey.TryRead(low, out lowKey))) && (openHigh || (!highQuoted && IpKey.TryRead(high, out highKey))))
        {
            var v4 = IpKey.IsV4(openLow ? highKey : lowKey);
            if (!openLow && !openHigh && IpKey.IsV4(highKey) != v4) return Fail(highAt, "範圍兩端須同為 IPv4 或同為 IPv6", "both ends of a range are IPv4 or both are IPv6");
            if (openLow) lowKey = v4 ? IpKey.FirstV4 : UInt128.Zero;
            if (openHigh) highKey = v4 ? IpKey.LastV4 : UInt128.MaxValue;
            if (!openLow && !withLow) lowKey = lowKey == UInt128.MaxValue ? lowKey : lowKey + 1;
            if (!openHigh && !withHigh) highKey = highKey == 0 ? highKey : highKey - 1;
            return new AddressTerm(field, lowKey, highKey, v4);
        }

        return new RangeTerm(field, openLow ? null : low, withLow, openHigh ? null : high, withHigh, false);
    }

    private (string Text, bool Quoted, int At)? Bound(int open)
    {
        reader.SkipSpace();
        var at = reader.At;
        if (reader.Here == '"') return reader.Quoted() is { } quoted ? (quoted, true, at) : null;
        while (!reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here is not (']' or '}' or '"' or '|' or '(' or ')')) reader.At++;
        if (reader.At == at)
        {
            if (reader.Ended) Fail(open, "範圍沒有結尾", "the range is not closed");
            else Fail(at, "範圍的這一端缺少值", "a value is missing at this end of the range");
            return null;
        }

        return (reader.Text[at..reader.At], false, at);
    }

    /// <summary>
    /// True for <c>/pattern/</c>: the first slash without a backslash must end it, with a space, a bracket or a pipe behind; other text that begins
    /// with a slash is a path. The pattern is absent when it is faulty.
    /// </summary>
    private bool Pattern(out string? pattern)
    {
        pattern = null;
        var (text, open) = (reader.Text, reader.At);
        if (reader.Here != '/') return false;
        var end = open + 1;
        while (end < text.Length && text[end] != '/') end += text[end] == '\\' ? 2 : 1;
        if (end >= text.Length || end == open + 1) return false;
        var after = end + 1;
        if (after < text.Length && text[after] == 'i') after++;
        if (after < text.Length && !char.IsWhiteSpace(text[after]) && text[after] is not (')' or '|')) return false;
        reader.At = after;
        var written = text[(open + 1)..end];
        if (written.Length > MaxPattern)
        {
            Fail(open, $"樣式超過 {MaxPattern} 個字元", $"the pattern has more than {MaxPattern} characters");
            return true;
        }

        if (RegexCheck.Fault(written) is var (what, at))
        {
            Fail(open + 1 + at, $"正規表示式（RE2）有誤：{what}", $"the pattern (RE2) is wrong: {what}");
            return true;
        }

        pattern = written;
        return true;
    }

    private string Piece(bool stopAtColon)
    {
        var result = new StringBuilder();
        while (!reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here is not ('(' or ')' or '"' or '|') && !(stopAtColon && reader.Here == ':'))
        {
            result.Append(reader.Here == '*' ? Wildcard : reader.Here);
            reader.At++;
        }

        return result.ToString();
    }

    /// <summary>A number as people write it; neither infinity nor what is no number.</summary>
    internal static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private bool AtEnd()
    {
        reader.SkipSpace();
        return reader.Ended || reader.Here == '|';
    }

    /// <summary>True when this word stands here, alone and not as the name of a field.</summary>
    private bool IsKeyword(string word)
    {
        reader.SkipSpace();
        var (text, end) = (reader.Text, reader.At + word.Length);
        return string.CompareOrdinal(text, reader.At, word, 0, word.Length) == 0 && (end >= text.Length || char.IsWhiteSpace(text[end]) || text[end] is '(' or ')' or '"' or '|');
    }

    private bool Keyword(string word)
    {
        if (!IsKeyword(word)) return false;
        reader.At += word.Length;
        return true;
    }

    private SearchNode? Fail(int at, string zh, string en)
    {
        reader.Fail(at, zh, en);
        return null;
    }
}
