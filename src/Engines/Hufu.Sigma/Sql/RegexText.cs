using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Sigma.Sql;

/// <summary>
/// Says a regular expression of the runtime in the words of RE2, so that both match the same texts. Every class of characters, and every letter
/// where case does not count, is asked of the runtime itself and written out, because the two differ in what is a digit, a letter or the other case.
/// </summary>
internal sealed class RegexText
{
    // RE2 gives up a pattern whose program needs too much memory: the databases leave it 8 MiB.
    private const int MostRanges = 12_000;
    private const int MostRepeats = 1_000;
    private const RegexOptions Relevant = RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.Singleline;

    private static readonly string Every = string.Create(0x10000, 0, (span, _) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = (char)i;
    });

    private readonly string source;
    private readonly Dictionary<(string, RegexOptions), Set> sets = [];
    private readonly StringBuilder output = new();
    private RegexOptions options;
    private int at;
    private int cost;

    private RegexText(Regex regex)
    {
        source = regex.ToString();
        options = regex.Options & Relevant;
    }

    private abstract record Node;

    private sealed record Set(IReadOnlyList<(int First, int Last)> Ranges, bool Surrogates) : Node;

    private sealed record Anchor(string Text, bool IsEnd = false, bool BeforeNewline = false) : Node;

    private sealed record Sequence(List<Node> Items) : Node;

    private sealed record Choice(List<Node> Items) : Node;

    private sealed record Repeat(Node Item, int Least, int Most) : Node;

    /// <summary>The pattern in RE2's words.</summary>
    /// <param name="regex">The expression.</param>
    /// <param name="units">True when it is to be matched against <see cref="SqlWords.Units"/> of the text.</param>
    /// <exception cref="SqlRefusal">RE2 cannot say it.</exception>
    public static string Translate(Regex regex, out bool units)
    {
        if ((regex.Options & RegexOptions.NonBacktracking) == 0)
            throw Refuse("使用環顧、反向參照等，或太大", "uses look-around, back references or the like, or is too large");
        var text = new RegexText(regex);
        var root = text.Alternatives();
        if (text.at < text.source.Length) throw Refuse("有多餘的括號", "has a bracket too many");
        units = NeedsUnits(root);
        text.Write(root, last: true, times: 1);
        return text.output.ToString();
    }

    /// <summary>One character in a class or alone.</summary>
    public static string Character(int character) => character < 128 && char.IsAsciiLetterOrDigit((char)character) ? ((char)character).ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{{{character:X}}}");

    /// <summary>A character that may also be one of its class.</summary>
    public static string AnyCase(Rune rune) => CaseClasses.Of(rune) is { Length: > 1 } members ? "[" + string.Concat(members.Select(member => Character(member.Value))) + "]" : Character(rune.Value);

    private static SqlRefusal Refuse(string zh, string en) => new("sigma.sql.regex", $"此正規表示式{zh}，RE2 無法準確表達。", $"The regular expression {en}, which RE2 cannot say exactly.");

    private Node Alternatives()
    {
        var outside = options;
        List<Node> items = [Series()];
        while (at < source.Length && source[at] == '|')
        {
            at++;
            items.Add(Series());
        }

        options = outside;
        return items.Count == 1 ? items[0] : new Choice(items);
    }

    private Sequence Series()
    {
        var items = new List<Node>();
        while (at < source.Length && source[at] is not ('|' or ')'))
        {
            if (One() is not { } item) continue;
            items.Add(Quantified(item));
        }

        return new Sequence(items);
    }

    private Node Quantified(Node item)
    {
        if (at >= source.Length) return item;
        var (least, most) = (0, int.MaxValue);
        switch (source[at])
        {
            case '*': at++; break;
            case '+': (at, least) = (at + 1, 1); break;
            case '?': (at, most) = (at + 1, 1); break;
            case '{' when Braces(out least, out most): break;
            default: return item;
        }

        if (at < source.Length && source[at] == '?') at++;
        if (least > MostRepeats || (most != int.MaxValue && most > MostRepeats)) throw Refuse($"重複超過 {MostRepeats} 次", $"repeats something more than {MostRepeats} times");
        return new Repeat(item, least, most);
    }

    private bool Braces(out int least, out int most)
    {
        (least, most) = (0, int.MaxValue);
        var close = source.IndexOf('}', at);
        if (close < 0) return false;
        var inner = source[(at + 1)..close];
        var comma = inner.IndexOf(',', StringComparison.Ordinal);
        var (from, to) = comma < 0 ? (inner, inner) : (inner[..comma], inner[(comma + 1)..]);
        if (from.Length == 0 || !from.All(char.IsAsciiDigit) || !to.All(char.IsAsciiDigit)) return false;
        if (!int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out least)) least = int.MaxValue;
        if (to.Length > 0 && !int.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out most)) most = MostRepeats + 1;
        at = close + 1;
        return true;
    }

    private Node? One()
    {
        switch (source[at])
        {
            case '(': return Group();
            case '[': return Probe(Class());
            case '.': return Probe(Take(1));
            case '^':
                at++;
                return new Anchor((options & RegexOptions.Multiline) != 0 ? "(?m:^)" : @"\A");
            case '$':
                at++;
                return (options & RegexOptions.Multiline) != 0 ? new Anchor("(?m:$)", IsEnd: true) : new Anchor(@"\n?\z", IsEnd: true, BeforeNewline: true);
            case '\\': return Escape();
            default: return Literal(Take(1));
        }
    }

    private string Take(int length)
    {
        if (at + length > source.Length) throw Refuse("不完整", "ends too early");
        at += length;
        return source[(at - length)..at];
    }

    private Node? Group()
    {
        at++;
        if (at >= source.Length || source[at] != '?') return Inside();
        at++;
        switch (at < source.Length ? source[at] : '\0')
        {
            case ':':
                at++;
                return Inside();
            case '#':
                at = source.IndexOf(')', at) + 1;
                return null;
            case '<' or '\'' when at + 1 < source.Length && (char.IsLetterOrDigit(source[at + 1]) || source[at + 1] == '_'):
                var end = source.IndexOf(source[at] == '<' ? '>' : '\'', at + 1);
                if (end < 0 || source[at..end].Contains('-', StringComparison.Ordinal)) throw Refuse("使用平衡群組", "uses balancing groups");
                at = end + 1;
                return Inside();
        }

        var (on, outside) = (true, options);
        for (; at < source.Length; at++)
        {
            switch (source[at])
            {
                case '-': on = false; break;
                case 'i': Set(RegexOptions.IgnoreCase); break;
                case 'm': Set(RegexOptions.Multiline); break;
                case 's': Set(RegexOptions.Singleline); break;
                case 'n': break;
                case ')':
                    // For what follows in the group around.
                    at++;
                    return null;
                case ':':
                    at++;
                    var inside = Inside();
                    options = outside;
                    return inside;
                default: throw Refuse("使用不支援的群組", "uses a kind of group that is not supported");
            }
        }

        throw Refuse("不完整", "ends too early");

        void Set(RegexOptions option) => options = on ? options | option : options & ~option;

        Node Inside()
        {
            var before = options;
            var node = Alternatives();
            options = before;
            if (at >= source.Length) throw Refuse("不完整", "ends too early");
            at++;
            return node;
        }
    }

    /// <summary>The text of a class in brackets.</summary>
    private string Class()
    {
        var from = at++;
        if (source[at] == '^') at++;
        // A bracket that comes first is a character of the class.
        if (source[at] == ']') at++;
        for (; at < source.Length; at++)
        {
            if (source[at] == '\\') at++;
            else if (source[at] == '[' && source[at - 1] == '-') Skip();
            else if (source[at] == ']') break;
        }

        at++;
        return source[from..at];

        void Skip()
        {
            Class();
            at--;
        }
    }

    private Node Escape()
    {
        if (at + 1 >= source.Length) throw Refuse("不完整", "ends too early");
        var c = source[at + 1];
        switch (c)
        {
            case 'A':
                at += 2;
                return new Anchor(@"\A");
            case 'z':
                at += 2;
                return new Anchor(@"\z", IsEnd: true);
            case 'Z':
                at += 2;
                return new Anchor(@"\n?\z", IsEnd: true, BeforeNewline: true);
            case 'b' or 'B': throw Refuse("以 \\b 問字詞邊界（RE2 只認得 ASCII 的字母）", "asks by \\b for the edge of a word, of which RE2 knows only the letters of ASCII");
            case 'G' or 'k' or (>= '1' and <= '9'): throw Refuse($"使用 \\{c}", $"uses \\{c}");
            case 'p' or 'P':
                var close = source.IndexOf('}', at);
                return Probe(Take(close - at + 1));
            case 'x': return Literal(Take(4));
            case 'u': return Literal(Take(6));
            case 'c': return Literal(Take(3));
            case '0':
                var length = 2;
                while (length < 4 && at + length < source.Length && source[at + length] is >= '0' and <= '7') length++;
                return Literal(Take(length));
            default: return char.IsAsciiLetter(c) && c is not ('t' or 'n' or 'r' or 'f' or 'v' or 'a' or 'e') ? Probe(Take(2)) : Literal(Take(2));
        }
    }

    private Set Literal(string text) => text.Length == 1 && (options & RegexOptions.IgnoreCase) == 0 && !char.IsSurrogate(text[0]) ? new Set([(text[0], text[0])], false) : Probe(text);

    /// <summary>Asks which code units something that matches one of them matches.</summary>
    private Set Probe(string text)
    {
        var key = (text, options & (RegexOptions.IgnoreCase | RegexOptions.Singleline));
        if (sets.TryGetValue(key, out var known)) return known;
        Regex regex;
        try
        {
            regex = new Regex(text, key.Item2 | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException)
        {
            throw Refuse($"的「{text}」不能單獨解讀", $"has '{text}', which cannot be read alone");
        }

        var ranges = new List<(int First, int Last)>();
        var surrogates = 0;
        foreach (var match in regex.EnumerateMatches(Every))
        {
            if (match.Length != 1) throw Refuse($"的「{text}」不能單獨解讀", $"has '{text}', which cannot be read alone");
            if (char.IsSurrogate((char)match.Index)) surrogates++;
            else if (ranges.Count > 0 && ranges[^1].Last == match.Index - 1) ranges[^1] = (ranges[^1].First, match.Index);
            else ranges.Add((match.Index, match.Index));
        }

        // All of them, or none: half a character cannot be asked for in UTF-8.
        if (surrogates is not (0 or 0x800)) throw Refuse("含基本多文種平面以外的字元", "has characters beyond the basic plane");
        return sets[key] = new Set(ranges, surrogates > 0);
    }

    /// <summary>True when it counts how many code units a character has.</summary>
    private static bool NeedsUnits(Node node) => node switch
    {
        Set set => set.Surrogates,
        Repeat { Item: Set, Least: 0, Most: int.MaxValue } => false,
        Repeat repeat => NeedsUnits(repeat.Item),
        Sequence sequence => sequence.Items.Exists(NeedsUnits),
        Choice choice => choice.Items.Exists(NeedsUnits),
        _ => false,
    };

    private void Write(Node node, bool last, int times)
    {
        switch (node)
        {
            case Set set:
                cost += (set.Ranges.Count + (set.Surrogates ? 1 : 0)) * times;
                if (cost > MostRanges) throw Refuse("太大", "is too large");
                WriteSet(set);
                break;
            case Anchor anchor:
                // It takes the line's end with it, so that nothing may follow that asks for it.
                if (anchor.BeforeNewline && !last) throw Refuse("在 $ 之後還有內容", "goes on after $");
                output.Append(anchor.Text);
                break;
            case Sequence sequence:
                for (var i = 0; i < sequence.Items.Count; i++) Write(sequence.Items[i], last && sequence.Items.Skip(i + 1).All(item => item is Anchor { IsEnd: true }), times);
                break;
            case Choice choice:
                output.Append("(?:");
                for (var i = 0; i < choice.Items.Count; i++)
                {
                    if (i > 0) output.Append('|');
                    Write(choice.Items[i], last, times);
                }

                output.Append(')');
                break;
            case Repeat repeat:
                var most = repeat.Most == int.MaxValue ? Math.Max(repeat.Least, 1) : Math.Max(repeat.Most, 1);
                if ((long)times * most > MostRepeats) throw Refuse($"重複超過 {MostRepeats} 次", $"repeats something more than {MostRepeats} times");
                output.Append("(?:");
                Write(repeat.Item, last && repeat.Most <= 1, times * most);
                output.Append(')').Append((repeat.Least, repeat.Most) switch
                {
                    (0, int.MaxValue) => "*",
                    (1, int.MaxValue) => "+",
                    (0, 1) => "?",
                    (_, int.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"{{{repeat.Least},}}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $"{{{repeat.Least},{repeat.Most}}}"),
                });
                break;
        }
    }

    private void WriteSet(Set set)
    {
        if (set.Ranges is [var only] && only.First == only.Last && !set.Surrogates)
        {
            output.Append(Character(only.First));
            return;
        }

        output.Append(set.Ranges.Count + (set.Surrogates ? 1 : 0) == 0 ? @"[^\x{0}-\x{10FFFF}" : "[");
        foreach (var (first, end) in set.Ranges)
        {
            output.Append(Character(first));
            if (end > first) output.Append('-').Append(Character(end));
        }

        if (set.Surrogates) output.Append(@"\x{10000}-\x{10FFFF}");
        output.Append(']');
    }
}
