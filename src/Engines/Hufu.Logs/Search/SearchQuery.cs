using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// A search as people write it: words and "quoted phrases" (case does not matter), <c>field:value</c> with <c>*</c>, <c>field:&gt;=3</c>,
/// AND, OR, NOT, brackets, <c>-term</c>. Words side by side must all occur.
/// </summary>
public sealed class SearchQuery
{
    private const int MaxLength = 4_096;
    private const int MaxTerms = 256;
    private const int MaxDepth = 32;

    private SearchQuery(SearchNode? root, string text)
    {
        Root = root;
        Text = text;
    }

    /// <summary>A search that every event answers.</summary>
    public static SearchQuery Everything { get; } = new(null, "");

    /// <summary>The search as written.</summary>
    public string Text { get; }

    internal SearchNode? Root { get; }

    /// <summary>Reads a search; an error says at which character (from 1) it is wrong, also in <see cref="Error.Place"/>.</summary>
    public static Result<SearchQuery> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            return Result.Fail<SearchQuery>(Error.Of("logs.search.too-long", $"搜尋超過 {MaxLength} 個字元。", $"The search has more than {MaxLength} characters.", MaxLength.ToString(CultureInfo.InvariantCulture)));
        var parser = new SearchParser(text, MaxTerms, MaxDepth);
        var root = parser.Parse();
        return parser.Error is { } error ? Result.Fail<SearchQuery>(error) : Result.Of(new SearchQuery(root, text));
    }
}

internal abstract record SearchNode;

internal sealed record AllOf(IReadOnlyList<SearchNode> Items) : SearchNode;

internal sealed record AnyOf(IReadOnlyList<SearchNode> Items) : SearchNode;

internal sealed record NoneOf(SearchNode Item) : SearchNode;

/// <summary>A text anywhere in the record.</summary>
internal sealed record WordTerm(string Text) : SearchNode;

/// <summary>A field compared with a value. In <paramref name="Value"/>, U+E000 stands for the wildcard, so that a quoted star stays a star.</summary>
internal sealed record FieldTerm(string Field, string Operator, string Value) : SearchNode;

internal sealed class SearchParser(string text, int maxTerms, int maxDepth)
{
    public const char Wildcard = '\uE000';

    private readonly List<(string Kind, string Text, string Field, int At)> tokens = [];
    private int next;
    private int terms;

    public Error? Error { get; private set; }

    public SearchNode? Parse()
    {
        Split();
        if (Error is not null || tokens.Count == 0) return null;
        var root = Or(0);
        if (Error is null && next < tokens.Count) Fail(tokens[next].At, "此處多出右括號", "a closing bracket too many");
        return Error is null ? root : null;
    }

    private void Split()
    {
        var i = 0;
        while (i < text.Length && Error is null)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c is '(' or ')')
            {
                tokens.Add((c.ToString(), "", "", i++));
            }
            else if (c == '-' && i + 1 < text.Length && !char.IsWhiteSpace(text[i + 1]) && (i == 0 || char.IsWhiteSpace(text[i - 1]) || text[i - 1] == '('))
            {
                tokens.Add(("NOT", "", "", i++));
            }
            else
            {
                var at = i;
                var first = Piece(ref i, stopAtColon: true, out var quoted);
                if (Error is not null) return;
                if (i < text.Length && text[i] == ':' && first.Length > 0)
                {
                    i++;
                    if (i >= text.Length || char.IsWhiteSpace(text[i]) || text[i] is '(' or ')')
                    {
                        Fail(i, "冒號之後缺少值", "a value is missing after the colon");
                        return;
                    }

                    var comparison = "";
                    if (text[i] is '>' or '<')
                    {
                        comparison = text[i++].ToString();
                        if (i < text.Length && text[i] == '=') comparison += text[i++];
                    }

                    var value = Piece(ref i, stopAtColon: false, out _);
                    if (Error is not null) return;
                    if (comparison.Length > 0 && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                    {
                        Fail(at, "比較需要數字", "a comparison needs a number");
                        return;
                    }

                    tokens.Add(("FIELD", comparison + "\0" + value, first.Replace(Wildcard, '*'), at));
                }
                else if (!quoted && first is "AND" or "OR" or "NOT")
                {
                    tokens.Add((first, "", "", at));
                }
                else
                {
                    tokens.Add(("WORD", first, "", at));
                }

                if (++terms > maxTerms) Fail(at, $"超過 {maxTerms} 個詞", $"more than {maxTerms} terms");
            }
        }
    }

    private string Piece(ref int i, bool stopAtColon, out bool quoted)
    {
        quoted = text[i] == '"';
        var result = new StringBuilder();
        if (quoted)
        {
            var open = i++;
            while (i < text.Length && text[i] != '"')
            {
                if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\') i++;
                result.Append(text[i++]);
            }

            if (i >= text.Length)
            {
                Fail(open, "引號沒有結尾", "the quote is not closed");
                return "";
            }

            i++;
            return result.ToString();
        }

        while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '"') && !(stopAtColon && text[i] == ':'))
        {
            result.Append(text[i] == '*' ? Wildcard : text[i]);
            i++;
        }

        return result.ToString();
    }

    private SearchNode? Or(int depth)
    {
        var items = new List<SearchNode>();
        do
        {
            if (And(depth) is not { } item) return null;
            items.Add(item);
        }
        while (Take("OR"));
        return items.Count == 1 ? items[0] : new AnyOf(items);
    }

    private SearchNode? And(int depth)
    {
        var items = new List<SearchNode>();
        do
        {
            if (Not(depth) is not { } item) return null;
            items.Add(item);
        }
        while (Take("AND") || (next < tokens.Count && tokens[next].Kind is not ("OR" or ")")));
        return items.Count == 1 ? items[0] : new AllOf(items);
    }

    private SearchNode? Not(int depth)
    {
        if (next >= tokens.Count) return Fail(text.Length, "搜尋提早結束", "the search ends too early");
        var (kind, value, field, at) = tokens[next];
        if (depth > maxDepth) return Fail(at, $"巢狀超過 {maxDepth} 層", $"nested more than {maxDepth} levels deep");
        next++;
        switch (kind)
        {
            case "NOT":
                return Not(depth + 1) is { } inner ? new NoneOf(inner) : null;
            case "(":
                if (Or(depth + 1) is not { } group) return null;
                return Take(")") ? group : Fail(at, "括號沒有結尾", "the bracket is not closed");
            case "WORD":
                return new WordTerm(value);
            case "FIELD":
                var split = value.IndexOf('\0', StringComparison.Ordinal);
                return new FieldTerm(field, value[..split], value[(split + 1)..]);
            default:
                return Fail(at, "此處需要一個詞", "a term was expected here");
        }
    }

    private bool Take(string kind)
    {
        if (next >= tokens.Count || tokens[next].Kind != kind) return false;
        next++;
        return true;
    }

    private SearchNode? Fail(int at, string zh, string en)
    {
        Error ??= Error.Of("logs.search.malformed", $"第 {at + 1} 個字元：{zh}。", $"Character {at + 1}: {en}.", (at + 1).ToString(CultureInfo.InvariantCulture));
        return null;
    }
}
