using System.Text;
using Hufu.Kernel;

namespace Hufu.Logs.Parsing;

/// <summary>
/// A pattern of the decoder table: text that must stand there, with places for values. It is read from left to right and does not go back over what
/// it has taken, but for the last places of one value, of which a fixed number is tried: its time is linear in the message.
/// <list type="bullet">
/// <item><c>{name}</c> a word, up to the next blank or the text that follows in the pattern</item>
/// <item><c>{name:text}</c> anything, also nothing, up to the first place of the text that follows; at the end of the pattern all that is left</item>
/// <item><c>{name:last}</c> the same up to the last place: for what a stranger writes, so that he cannot write the end himself</item>
/// <item><c>{name:num}</c> digits; <c>{name:ip}</c> an address; <c>{name:peer}</c> address and port, which become <c>name_ip</c> and <c>name_port</c>; a host's name with <c>/80</c> or <c>(80)</c>
/// behind it becomes <c>name_host</c></item>
/// <item><c>{time}</c> a time as <see cref="TimeTexts"/> reads it</item>
/// <item><c>{:pairs}</c>, <c>{:list}</c> the rest as <c>name=value</c>, separated by blanks or commas</item>
/// <item><c>{_}</c> in place of a name: not kept; <c>«…»</c> may be absent; <c>{{</c> a bracket</item>
/// </list>
/// </summary>
internal sealed class MessagePattern
{
    private const int LastTries = 16;
    private const int LongestPattern = 2_000;
    private const int MostElements = 128;
    private const int MostGroups = 4;

    [ThreadStatic]
    private static List<Value>? spare;

    private readonly Element[] elements;

    private MessagePattern(Element[] elements) => this.elements = elements;

    private enum Kind
    {
        Literal,
        Optional,
        Word,
        Text,
        Last,
        Number,
        Address,
        Peer,
        Time,
        Pairs,
        List,
    }

    /// <summary>Reads a pattern as it is written.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static MessagePattern Parse(string text)
    {
        var at = 0;
        var elements = Elements(text, ref at, 0);
        if (Count(elements, _ => true) > MostElements) throw new PatternException(0, $"樣式的部分超過 {MostElements} 個。", $"The pattern has more than {MostElements} parts.");
        // Each would be tried for each place of the other.
        if (Count(elements, element => element.Kind == Kind.Last) > 1) throw new PatternException(text.LastIndexOf(":last}", StringComparison.Ordinal), "整個樣式只能有一個「:last」。", "A pattern has one “:last” only.");
        return new MessagePattern(elements);

        static int Count(Element[] elements, Func<Element, bool> which) => elements.Sum(element => (which(element) ? 1 : 0) + Count(element.Inner, which));
    }

    /// <summary>What is wrong with a pattern and at which character; null when nothing is.</summary>
    public static Error? Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestPattern) return Error.Of("logs.pattern.long", $"樣式超過 {LongestPattern} 個字。", $"The pattern is longer than {LongestPattern} characters.");
        try
        {
            _ = Parse(text);
            return null;
        }
        catch (PatternException fault)
        {
            return new Error("logs.pattern.invalid", new LocalizedText($"第 {fault.At + 1} 個字元：{fault.Text.Zh}", $"character {fault.At + 1}: {fault.Text.En}"));
        }
    }

    /// <summary>Matches a text from a place on, which moves behind what was taken. False leaves place and reading as they were.</summary>
    public bool TryMatch(string text, ref int at, Reading reading)
    {
        // What a match finds on its way is kept in the same list from record to record.
        var found = spare ?? new List<Value>(16);
        spare = null;
        var end = at;
        var matches = Match(elements, text, ref end, found);
        if (matches)
        {
            at = end;
            Keep(found, text, reading);
        }

        found.Clear();
        spare = found;
        return matches;
    }

    private static void Keep(List<Value> found, string text, Reading reading)
    {
        foreach (var value in found)
        {
            switch (value.Kind)
            {
                case Kind.Pairs: PairsParser.Read(text, value.From, ' ', reading); break;
                case Kind.List: PairsParser.Read(text, value.From, ',', reading); break;
                case Kind.Time: reading.TakeTime(text[value.From..value.To]); break;
                default:
                    if (value.To > value.From && value.Name is not ("_" or "")) reading.Add(value.Name, text[value.From..value.To]);
                    break;
            }
        }
    }

    private static bool Match(ReadOnlySpan<Element> elements, string text, ref int at, List<Value> found)
    {
        for (var i = 0; i < elements.Length; i++)
        {
            var element = elements[i];
            if (element.Kind == Kind.Literal)
            {
                if (!text.AsSpan(at).StartsWith(element.Text, StringComparison.Ordinal)) return false;
                at += element.Text.Length;
                continue;
            }

            if (element.Kind == Kind.Optional)
            {
                var (from, count) = (at, found.Count);
                if (Match(element.Inner, text, ref at, found)) continue;
                at = from;
                found.RemoveRange(count, found.Count - count);
                continue;
            }

            if (element.Kind == Kind.Last) return Last(elements[i..], text, ref at, found);
            if (!Take(element, i + 1 < elements.Length && elements[i + 1].Kind == Kind.Literal ? elements[i + 1].Text : null, text, ref at, found)) return false;
        }

        return true;
    }

    /// <summary>Takes text up to the last place from which the rest of the pattern fits. Few places are tried: what stands behind is the program's own and short.</summary>
    private static bool Last(ReadOnlySpan<Element> elements, string text, ref int at, List<Value> found)
    {
        var (from, count, end) = (at, found.Count, text.Length);
        for (var tries = 0; tries < LastTries && end >= from; tries++)
        {
            var place = elements.Length == 1 ? end - from : text.AsSpan(from, end - from).LastIndexOf(elements[1].Text);
            if (place < 0) return false;
            place += from;
            at = place;
            found.Add(new Value(Kind.Last, elements[0].Text, from, place));
            if (Match(elements[1..], text, ref at, found)) return true;
            at = from;
            found.RemoveRange(count, found.Count - count);
            end = place + elements[1].Text.Length - 1;
        }

        return false;
    }

    private static bool Take(Element element, string? next, string text, ref int at, List<Value> found)
    {
        var from = at;
        switch (element.Kind)
        {
            case Kind.Word:
                var blank = text.AsSpan(at).IndexOfAny(' ', '\t');
                var word = blank < 0 ? text.Length : at + blank;
                if (next is not null)
                {
                    var place = text.IndexOf(next, at, Math.Min(text.Length - at, word - at + next.Length), StringComparison.Ordinal);
                    if (place < 0) return false;
                    word = place;
                }

                if (word == at) return false;
                at = word;
                break;
            case Kind.Text:
                at = next is null ? text.Length : text.IndexOf(next, at, StringComparison.Ordinal);
                break;
            case Kind.Number:
                while (at < text.Length && at < from + 20 && char.IsAsciiDigit(text[at])) at++;
                if (at == from) return false;
                break;
            case Kind.Address:
                at = AddressEnd(text, from);
                break;
            case Kind.Peer:
                return Peer(element.Text, text, ref at, found);
            case Kind.Time:
                at = TimeEnd(text, from, next);
                break;
            default:
                at = text.Length;
                break;
        }

        if (at < 0)
        {
            at = from;
            return false;
        }

        found.Add(new Value(element.Kind, element.Text, from, at));
        return true;
    }

    /// <summary>Where an address that begins here ends, or -1. A colon or a full stop behind it belongs to the sentence.</summary>
    private static int AddressEnd(string text, int from)
    {
        var to = from;
        while (to < text.Length && to < from + 46 && (char.IsAsciiHexDigit(text[to]) || text[to] is ':' or '.')) to++;
        // The zone of a link-local address.
        if (to < text.Length && text[to] == '%')
        {
            var zone = to + 1;
            while (zone < text.Length && zone < to + 17 && char.IsAsciiLetterOrDigit(text[zone])) zone++;
            if (LogParser.IsAddress(text.AsSpan(from, to - from))) return zone;
        }

        for (var i = 0; i < 2 && to > from; i++, to--)
        {
            if (LogParser.IsAddress(text.AsSpan(from, to - from))) return to;
            if (text[to - 1] is not (':' or '.')) return -1;
        }

        return -1;
    }

    /// <summary><c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>, <c>2001:db8::1:80</c>, <c>192.0.2.1/80</c>, <c>192.0.2.1(80)</c>, <c>192.0.2.1#80</c>.</summary>
    private static bool Peer(string name, string text, ref int at, List<Value> found)
    {
        var start = at;
        int from, to, port;
        if (at < text.Length && text[at] == '[')
        {
            from = at + 1;
            to = text.IndexOf(']', at, Math.Min(text.Length - at, 64));
            if (to < 0 || !LogParser.IsAddress(text.AsSpan(from, to - from))) return false;
            port = to + 1 < text.Length && text[to + 1] == ':' ? to + 2 : -1;
            at = to + 1;
        }
        else
        {
            from = at;
            to = from;
            while (to < text.Length && to < from + 64 && (char.IsAsciiHexDigit(text[to]) || text[to] is ':' or '.')) to++;
            if (to == from) return Named(name, text, ref at, found);
            var run = to;
            port = to < text.Length && (text[to] is '/' or '#' || (text[to] == '(' && to + 1 < text.Length && char.IsAsciiDigit(text[to + 1]))) ? to + 1 : -1;
            if (port < 0)
            {
                if (to > from + 1 && text[to - 1] == ':') to--;
                var colon = text.LastIndexOf(':', to - 1, to - from);
                // Without brackets the last colon is the port's, unless what is before it is no address.
                if (colon > from && LogParser.IsAddress(text.AsSpan(from, colon - from)) && text.AsSpan((colon + 1)..to) is { Length: > 0 and <= 5 } digits && !digits.ContainsAnyExceptInRange('0', '9'))
                {
                    (port, to) = (colon + 1, colon);
                }
                else
                {
                    run = to;
                }
            }

            if (!LogParser.IsAddress(text.AsSpan(from, to - from)))
            {
                at = start;
                return Named(name, text, ref at, found);
            }

            at = port < 0 ? run : port;
        }

        found.Add(new Value(Kind.Word, name + "_ip", from, to));
        if (port < 0) return true;
        at = port;
        while (at < text.Length && at < port + 5 && char.IsAsciiDigit(text[at])) at++;
        if (at > port) found.Add(new Value(Kind.Word, name + "_port", port, at));
        if (text[port - 1] == '(' && at < text.Length && text[at] == ')') at++;
        return true;
    }

    /// <summary>A host's name in place of its address, as devices with a table of names write: <c>mail1/25</c>, <c>mail1.example(25)</c>.</summary>
    private static bool Named(string name, string text, ref int at, List<Value> found)
    {
        var to = at;
        while (to < text.Length && to < at + 128 && (char.IsAsciiLetterOrDigit(text[to]) || text[to] is '-' or '_' or '.')) to++;
        if (to == at || to + 1 >= text.Length || text[to] is not ('/' or '(') || !char.IsAsciiDigit(text[to + 1])) return false;
        var end = to + 1;
        while (end < text.Length && end < to + 7 && char.IsAsciiDigit(text[end])) end++;
        if (end - to > 6 || (text[to] == '(' && (end >= text.Length || text[end] != ')'))) return false;
        found.Add(new Value(Kind.Word, name + "_host", at, to));
        found.Add(new Value(Kind.Word, name + "_port", to + 1, end));
        at = text[to] == '(' ? end + 1 : end;
        return true;
    }

    /// <summary>Where a time ends: before the first place of what follows at which it can be read; a time may hold the same text, a blank for one.</summary>
    private static int TimeEnd(string text, int from, string? next)
    {
        if (next is null) return -1;
        var to = from;
        for (var i = 0; i < 6; i++)
        {
            to = to + 1 > text.Length ? -1 : text.IndexOf(next, to + 1, Math.Min(text.Length - to - 1, 48 + next.Length), StringComparison.Ordinal);
            if (to < 0 || to - from > 48) return -1;
            if (TimeTexts.IsTime(text[from..to])) return to;
        }

        return -1;
    }

    private static Element[] Elements(string text, ref int at, int depth)
    {
        var result = new List<Element>();
        var places = new List<int>();
        var literal = new StringBuilder();
        while (at < text.Length)
        {
            if (text[at] == '»')
            {
                if (depth > 0) break;
                throw new PatternException(at, "「»」沒有對應的「«」。", "This “»” closes nothing.");
            }

            if (text[at] == '«')
            {
                Flush(at);
                var begin = at++;
                if (depth == MostGroups) throw new PatternException(begin, $"「«…»」最多 {MostGroups} 層。", $"Groups go {MostGroups} deep at most.");
                var inner = Elements(text, ref at, depth + 1);
                if (at >= text.Length) throw new PatternException(begin, "「«」沒有「»」結尾。", "The group is not closed.");
                at++;
                Add(begin, new Element(Kind.Optional, "", inner));
            }
            else if (text[at] == '{' && at + 1 < text.Length && text[at + 1] == '{')
            {
                at += 2;
                literal.Append('{');
            }
            else if (text[at] == '{')
            {
                Flush(at);
                var begin = at;
                var close = text.IndexOf('}', at);
                if (close < 0) throw new PatternException(begin, "「{」沒有「}」結尾。", "The place is not closed.");
                var parts = text[(at + 1)..close].Split(':');
                at = close + 1;
                if (parts.Length > 2) throw new PatternException(begin, "「{名稱:種類}」內只能有一個冒號。", "A place has one colon: {name:kind}.");
                var kind = parts is ["time"] ? Kind.Time : KindOf(parts.Length > 1 ? parts[1] : "", begin);
                if (kind is not (Kind.Time or Kind.Pairs or Kind.List) && !(parts is ["", "text"]) && !IsName(parts[0])) throw new PatternException(begin, $"「{parts[0]}」不能作為欄位名稱。", $"'{parts[0]}' is no name of a field.");
                Add(begin, new Element(kind, parts[0], []));
            }
            else
            {
                literal.Append(text[at++]);
            }
        }

        Flush(at);
        // Where such a value ends is known by the text behind it only.
        for (var i = 0; i + 1 < result.Count; i++)
        {
            if (result[i].Kind is Kind.Text or Kind.Last or Kind.Time && result[i + 1].Kind != Kind.Literal) throw new PatternException(places[i], $"「{result[i].Text}」之後須接固定文字，才知道在哪裡結束。", $"Text must follow '{result[i].Text}', or its end is not known.");
        }

        return [.. result];

        void Flush(int end)
        {
            if (literal.Length > 0) Add(end - literal.Length, new Element(Kind.Literal, literal.ToString(), []));
            literal.Clear();
        }

        void Add(int place, Element element)
        {
            result.Add(element);
            places.Add(place);
        }
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 128 && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '@');

    private static Kind KindOf(string word, int at) => word switch
    {
        "" => Kind.Word,
        "text" => Kind.Text,
        "last" => Kind.Last,
        "num" => Kind.Number,
        "ip" => Kind.Address,
        "peer" => Kind.Peer,
        "pairs" => Kind.Pairs,
        "list" => Kind.List,
        _ => throw new PatternException(at, $"「{word}」不是值的種類；可用 text、last、num、ip、peer、pairs、list。", $"'{word}' is no kind of value; there are text, last, num, ip, peer, pairs and list."),
    };

    private sealed record Element(Kind Kind, string Text, Element[] Inner);

    private readonly record struct Value(Kind Kind, string Name, int From, int To);
}

/// <summary>A text is no pattern.</summary>
internal sealed class PatternException(int at, string zh, string en) : FormatException
{
    /// <summary>The character, from 0.</summary>
    public int At => at;

    public LocalizedText Text { get; } = new(zh, en);

    public override string Message => $"character {at + 1}: {Text.En}";
}
