using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Sigma.Indexing;

/// <summary>
/// Finds texts of which one must occur, whatever its case, wherever a regular expression matches. Where the expression holds anything that is
/// not understood for certain, there is no answer, and the expression is always tried.
/// </summary>
internal sealed class RegexLiterals
{
    private const int MinLength = 3;
    private const int MaxTexts = 64;

    private readonly string pattern;
    private readonly bool ignoreCase;
    private int at;

    private RegexLiterals(string pattern, bool ignoreCase)
    {
        this.pattern = pattern;
        this.ignoreCase = ignoreCase;
    }

    /// <summary>The texts, or <see langword="null"/>.</summary>
    public static IReadOnlyList<string>? Of(string pattern, RegexOptions options)
    {
        var ignoreCase = options.HasFlag(RegexOptions.IgnoreCase) || pattern.StartsWith("(?i)", StringComparison.Ordinal);
        if (pattern.StartsWith("(?i)", StringComparison.Ordinal)) pattern = pattern[4..];
        var reader = new RegexLiterals(pattern, ignoreCase);
        try
        {
            var found = reader.Alternatives(0);
            return reader.at == pattern.Length ? found : null;
        }
        catch (NotUnderstoodException)
        {
            return null;
        }
    }

    private List<string>? Alternatives(int depth)
    {
        if (depth > 30) throw new NotUnderstoodException();
        var all = new List<string>();
        var known = true;
        while (true)
        {
            var branch = Sequence(depth);
            if (branch is null) known = false;
            else all.AddRange(branch);
            if (at >= pattern.Length || pattern[at] != '|') break;
            at++;
        }

        return known && all.Count <= MaxTexts ? all : null;
    }

    private List<string>? Sequence(int depth)
    {
        List<string>? best = null;
        var run = new StringBuilder();
        while (at < pattern.Length && pattern[at] is not ('|' or ')'))
        {
            var c = pattern[at];
            char? literal = null;
            List<string>? inner = null;
            switch (c)
            {
                case '(':
                    Open();
                    inner = Alternatives(depth + 1);
                    if (at >= pattern.Length || pattern[at] != ')') throw new NotUnderstoodException();
                    at++;
                    break;
                case '[':
                    SkipClass();
                    break;
                case '.' or '^' or '$':
                    at++;
                    break;
                case '\\':
                    literal = Escape();
                    break;
                case '*' or '+' or '?':
                    throw new NotUnderstoodException();
                default:
                    literal = c;
                    at++;
                    break;
            }

            var (least, quantified) = Quantifier();
            if (literal is { } one && Counts(one))
            {
                if (least > 0) run.Append(one);
                if (quantified) Close();
            }
            else
            {
                Close();
                if (least > 0) Consider(inner);
            }
        }

        Close();
        return best;

        void Close()
        {
            if (run.Length >= MinLength) Consider([run.ToString()]);
            run.Clear();
        }

        void Consider(List<string>? texts)
        {
            if (texts is not null && (best is null || texts.Min(text => text.Length) > best.Min(text => text.Length))) best = texts;
        }
    }

    // Beyond ASCII, and for i, k and s, an expression that ignores case holds more characters equal than the comparison of texts does.
    private bool Counts(char c) => !ignoreCase || (c < 128 && c is not ('i' or 'I' or 'k' or 'K' or 's' or 'S'));

    private void Open()
    {
        at++;
        if (at >= pattern.Length || pattern[at] != '?') return;
        if (at + 1 < pattern.Length && pattern[at + 1] == ':')
        {
            at += 2;
            return;
        }

        // A named group; everything else that begins so is a condition, an option or a look around.
        if (at + 2 >= pattern.Length || pattern[at + 1] != '<' || !char.IsAsciiLetter(pattern[at + 2])) throw new NotUnderstoodException();
        var end = pattern.IndexOf('>', at);
        if (end < 0 || !pattern.AsSpan((at + 2)..end).ToString().All(char.IsAsciiLetterOrDigit)) throw new NotUnderstoodException();
        at = end + 1;
    }

    private void SkipClass()
    {
        at++;
        if (at < pattern.Length && pattern[at] == '^') at++;
        if (at < pattern.Length && pattern[at] == ']') at++;
        while (at < pattern.Length && pattern[at] != ']')
        {
            if (pattern[at] == '[') throw new NotUnderstoodException();
            at += pattern[at] == '\\' ? 2 : 1;
        }

        if (at >= pattern.Length) throw new NotUnderstoodException();
        at++;
    }

    private char? Escape()
    {
        if (at + 1 >= pattern.Length) throw new NotUnderstoodException();
        var c = pattern[at + 1];
        at += 2;
        if (c < 128 && !char.IsAsciiLetterOrDigit(c) && c != '_') return c;
        if (c is 'd' or 'D' or 'w' or 'W' or 's' or 'S' or 'b' or 'B' or 'A' or 'z' or 'Z' or 't' or 'n' or 'r') return null;
        throw new NotUnderstoodException();
    }

    private (int Least, bool Is) Quantifier()
    {
        if (at >= pattern.Length) return (1, false);
        int least;
        switch (pattern[at])
        {
            case '*' or '?':
                least = 0;
                at++;
                break;
            case '+':
                least = 1;
                at++;
                break;
            case '{':
                var end = pattern.IndexOf('}', at);
                var parts = end < 0 ? [] : pattern[(at + 1)..end].Split(',');
                if (parts.Length is 0 or > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out least)
                    || (parts.Length == 2 && parts[1].Length > 0 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                {
                    return (1, false);
                }

                at = end + 1;
                break;
            default:
                return (1, false);
        }

        if (at < pattern.Length && pattern[at] == '?') at++;
        return (least, true);
    }

    private sealed class NotUnderstoodException : Exception;
}
