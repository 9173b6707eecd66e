using System.Text;

namespace Hufu.Sigma.Matching;

internal enum PartKind
{
    Text,

    /// <summary><c>*</c>: any number of characters.</summary>
    Any,

    /// <summary><c>?</c>: one character.</summary>
    One,

    /// <summary>Any of the five dashes that <c>windash</c> makes equal.</summary>
    Dash,
}

internal readonly record struct PatternPart(PartKind Kind, string Text = "");

/// <summary>A text value of a rule: literal pieces and wildcards. Immutable.</summary>
internal sealed record Pattern(IReadOnlyList<PatternPart> Parts)
{
    /// <summary>The characters that <c>windash</c> makes interchangeable (modifiers appendix).</summary>
    public const string Dashes = "-/\u2013\u2014\u2015";

    private static readonly PatternPart Star = new(PartKind.Any);

    public bool IsLiteral => Parts.All(part => part.Kind == PartKind.Text);

    /// <summary>A text that no pattern of other parts has.</summary>
    public string Key
    {
        get
        {
            var key = new StringBuilder();
            foreach (var part in Parts)
            {
                if (part.Kind == PartKind.Text) key.Append(part.Text.Length).Append(':').Append(part.Text);
                else key.Append(part.Kind switch { PartKind.Any => '*', PartKind.One => '?', _ => '-' });
            }

            return key.ToString();
        }
    }

    public string Literal => string.Concat(Parts.Select(part => part.Text));

    public static Pattern OfLiteral(string text) => new(text.Length == 0 ? [] : [new PatternPart(PartKind.Text, text)]);

    /// <summary>
    /// Reads wildcards and escapes (rules specification, "Escape Character"): a backslash escapes <c>*</c>, <c>?</c> and a backslash;
    /// before anything else it is itself. So two backslashes are one, and three or four are two.
    /// </summary>
    /// <param name="text">The value as written.</param>
    /// <param name="percent">True to take <c>\%</c> as a plain percent character, for the <c>expand</c> modifier.</param>
    public static Pattern Parse(string text, bool percent = false)
    {
        var parts = new List<PatternPart>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && i + 1 < text.Length && (text[i + 1] is '*' or '?' or '\\' || (percent && text[i + 1] == '%')))
            {
                literal.Append(text[++i]);
            }
            else if (c is '*' or '?')
            {
                Flush();
                if (c == '?' || parts.Count == 0 || parts[^1].Kind != PartKind.Any) parts.Add(new PatternPart(c == '*' ? PartKind.Any : PartKind.One));
            }
            else
            {
                literal.Append(c);
            }
        }

        Flush();
        return new Pattern(parts);

        void Flush()
        {
            if (literal.Length == 0) return;
            parts.Add(new PatternPart(PartKind.Text, literal.ToString()));
            literal.Clear();
        }
    }

    public Pattern WithStarBefore() => Parts.Count > 0 && Parts[0].Kind == PartKind.Any ? this : new Pattern([Star, .. Parts]);

    public Pattern WithStarAfter() => Parts.Count > 0 && Parts[^1].Kind == PartKind.Any ? this : new Pattern([.. Parts, Star]);

    /// <summary>Makes each dash that begins a flag (a dash not after, but before a word character) any of the five.</summary>
    public Pattern WithDashes()
    {
        var result = new List<PatternPart>();
        var previous = '\0';
        for (var p = 0; p < Parts.Count; p++)
        {
            var part = Parts[p];
            if (part.Kind != PartKind.Text)
            {
                result.Add(part);
                previous = '\0';
                continue;
            }

            var from = 0;
            for (var i = 0; i < part.Text.Length; i++)
            {
                var c = part.Text[i];
                if (Dashes.Contains(c, StringComparison.Ordinal) && !IsWord(previous) && i + 1 < part.Text.Length && IsWord(part.Text[i + 1]))
                {
                    if (i > from) result.Add(new PatternPart(PartKind.Text, part.Text[from..i]));
                    result.Add(new PatternPart(PartKind.Dash, c.ToString()));
                    from = i + 1;
                }

                previous = c;
            }

            if (from < part.Text.Length) result.Add(new PatternPart(PartKind.Text, part.Text[from..]));
        }

        return new Pattern(result);

        static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
    }

    /// <summary>Every literal that the dashes stand for; empty when there are wildcards or more than <paramref name="limit"/> of them.</summary>
    public IReadOnlyList<string> Spellings(int limit)
    {
        List<string> result = [""];
        foreach (var part in Parts)
        {
            switch (part.Kind)
            {
                case PartKind.Text:
                    result = result.ConvertAll(text => text + part.Text);
                    break;
                case PartKind.Dash when result.Count * Dashes.Length <= limit:
                    result = [.. result.SelectMany(text => Dashes.Select(dash => text + dash))];
                    break;
                default:
                    return [];
            }
        }

        return result;
    }
}

/// <summary>A pattern made ready to compare; the common shapes use the vectorized searches of the runtime.</summary>
internal sealed class TextTest
{
    private readonly StringComparison comparison;
    private readonly Segment[] segments;
    private readonly bool anchoredStart;
    private readonly bool anchoredEnd;
    private readonly string? simple;

    public TextTest(Pattern pattern, bool cased)
    {
        comparison = cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        var parts = pattern.Parts;
        anchoredStart = parts.Count == 0 || parts[0].Kind != PartKind.Any;
        anchoredEnd = parts.Count == 0 || parts[^1].Kind != PartKind.Any;
        var found = new List<Segment>();
        var current = new List<PatternPart>();
        foreach (var part in parts)
        {
            if (part.Kind == PartKind.Any) Close();
            else current.Add(part);
        }

        Close();
        segments = [.. found];
        if (segments.Length == 0) simple = parts.Count == 0 ? "" : null;
        else if (segments.Length == 1) simple = segments[0].Literal;
        MatchesEverything = segments.Length == 0 && parts.Count > 0;

        void Close()
        {
            if (current.Count > 0) found.Add(new Segment(current, comparison));
            current.Clear();
        }
    }

    public bool MatchesEverything { get; }

    public bool Matches(ReadOnlySpan<char> text)
    {
        if (MatchesEverything) return true;
        if (simple is not null)
        {
            return (anchoredStart, anchoredEnd) switch
            {
                (true, true) => text.Equals(simple, comparison),
                (true, false) => text.StartsWith(simple, comparison),
                (false, true) => text.EndsWith(simple, comparison),
                (false, false) => text.Contains(simple, comparison),
            };
        }

        // Pieces between stars: the first and last are tied to the ends, the others taken leftmost. Leftmost never loses a match, so
        // the cost is bounded by text length times pattern length.
        var first = 0;
        var last = segments.Length;
        if (anchoredStart)
        {
            if (!segments[0].MatchesAt(text, 0)) return false;
            if (last == 1 && anchoredEnd) return text.Length == segments[0].Length;
            text = text[segments[0].Length..];
            first = 1;
        }

        if (anchoredEnd && last > first)
        {
            last--;
            var length = segments[last].Length;
            if (text.Length < length || !segments[last].MatchesAt(text, text.Length - length)) return false;
            text = text[..^length];
        }

        for (var i = first; i < last; i++)
        {
            var at = segments[i].IndexIn(text);
            if (at < 0) return false;
            text = text[(at + segments[i].Length)..];
        }

        return true;
    }

    private sealed class Segment
    {
        private readonly PatternPart[] parts;
        private readonly StringComparison comparison;

        public Segment(List<PatternPart> source, StringComparison comparison)
        {
            parts = [.. source];
            this.comparison = comparison;
            Length = parts.Sum(part => part.Kind == PartKind.Text ? part.Text.Length : 1);
            Literal = parts.Length == 1 && parts[0].Kind == PartKind.Text ? parts[0].Text : null;
        }

        public int Length { get; }

        public string? Literal { get; }

        public bool MatchesAt(ReadOnlySpan<char> text, int at)
        {
            if (text.Length - at < Length) return false;
            foreach (var part in parts)
            {
                switch (part.Kind)
                {
                    case PartKind.Text:
                        if (!text.Slice(at, part.Text.Length).Equals(part.Text, comparison)) return false;
                        at += part.Text.Length;
                        break;
                    case PartKind.Dash:
                        if (!Pattern.Dashes.Contains(text[at++], StringComparison.Ordinal)) return false;
                        break;
                    default:
                        at++;
                        break;
                }
            }

            return true;
        }

        public int IndexIn(ReadOnlySpan<char> text)
        {
            if (Literal is not null) return text.IndexOf(Literal, comparison);
            for (var at = 0; at + Length <= text.Length; at++)
            {
                if (MatchesAt(text, at)) return at;
            }

            return -1;
        }
    }
}
