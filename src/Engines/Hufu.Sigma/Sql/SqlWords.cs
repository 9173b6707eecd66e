using System.Globalization;
using System.Text;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Sql;

/// <summary>The words of a database. What they make is of the rule alone; a text of a rule is only ever within a literal.</summary>
internal abstract class SqlWords
{
    /// <summary>The white space that .NET trims.</summary>
    protected static readonly string Blank = "[" + string.Concat(Enumerable.Range(0, 0x10000).Where(c => char.IsWhiteSpace((char)c)).Select(c => RegexText.Character(c))) + "]*";

    protected const string Octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

    // A number as SigmaValue.TryGetNumber reads it.
    protected const string NumberPattern = @"\A[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)\z";
    protected static readonly string PositiveInfinity = $@"\A{Blank}[+]?[Ii][Nn][Ff][Ii][Nn][Ii][Tt][Yy]{Blank}\z";
    protected static readonly string NegativeInfinity = $@"\A{Blank}-[Ii][Nn][Ff][Ii][Nn][Ii][Tt][Yy]{Blank}\z";

    // A date with, or without, a time, as TimePartTest.TryPart reads it.
    private const string Day = "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}/[0-9]{2}/[0-9]{2}";
    protected static readonly string DatePattern = $@"\A{Blank}({Day})(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?s:.*)|{Blank})\z";
    protected static readonly string HourPattern = $@"\A{Blank}(?:{Day})[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](?s:.*)\z";
    protected static readonly string MinutePattern = $@"\A{Blank}(?:{Day})[Tt ](?:[01][0-9]|2[0-3]):([0-5][0-9])(?s:.*)\z";

    // An IPv6 address as the runtime reads it: a zone and, in brackets, a port may follow.
    private const string Hex = "[0-9A-Fa-f]{1,4}";
    private const string Address = $"(?:(?:{Hex}:){{7}}{Hex}|(?:{Hex}:){{6}}{Octet}(?:[.]{Octet}){{3}}|(?:{Hex}(?::{Hex})*)?::(?:(?:{Hex}:)*(?:{Hex}|{Octet}(?:[.]{Octet}){{3}}))?)";
    protected const string V6Pattern = $@"\A(?:{Address}(?:%[^\]/]*)?|\[{Address}(?:%[^\]/]*)?\](?::(?:0x[0-9A-Fa-f]*|[0-9]*))?)\z";
    protected const string V6Mapped = "00000000000000000000ffff";

    public abstract string True { get; }

    public abstract string False { get; }

    public static SqlWords Of(SigmaSqlDialect dialect) => dialect == SigmaSqlDialect.DuckDb ? new DuckWords() : new ClickWords();

    /// <summary>A text as a literal.</summary>
    public abstract string Literal(string text);

    /// <summary>A text in which letters of ASCII are small, for comparison with such as <see cref="CaseClasses.IsPlain"/>.</summary>
    public abstract string Lower(string text);

    public abstract string Contains(string text, string sought);

    public abstract string StartsWith(string text, string sought);

    public abstract string EndsWith(string text, string sought);

    /// <summary>An RE2 pattern matches somewhere.</summary>
    public abstract string Matches(string text, string pattern);

    /// <summary>Each character beyond the basic plane twice, as the two code units that it is to the runtime.</summary>
    public abstract string Units(string text);

    /// <summary>A text with each character as what stands for its class.</summary>
    public abstract string Folded(string text);

    /// <summary>False, not NULL, where there is nothing to test.</summary>
    public abstract string Sure(string condition);

    /// <summary>One of a list fulfils a condition, which is never NULL.</summary>
    public abstract string Any(string list, string variable, string condition);

    /// <summary>What is said of a value under a name, so that it is made once.</summary>
    public abstract string Named(string value, string variable, string said);

    /// <summary>A list of texts.</summary>
    public string List(IEnumerable<string> texts) => "[" + string.Join(", ", texts.Select(Literal)) + "]";

    /// <summary>The number that a text is; NULL for none.</summary>
    public abstract string Number(string text);

    public abstract string Double(double number);

    /// <summary>A part of a date as a number; NULL for none.</summary>
    public abstract string Part(string text, TimePart part);

    /// <summary>The 32 digits of an IPv6 address; NULL for what is none.</summary>
    public abstract string V6(string text);

    /// <summary>An address, in any spelling that the runtime reads, is of a network.</summary>
    public string InNetwork(string text, ReadOnlySpan<byte> network, int prefix)
    {
        var (digits, whole, rest) = (Convert.ToHexStringLower(network), prefix / 4, prefix % 4);
        var begin = digits[..whole];
        if (rest > 0)
        {
            var first = Convert.ToInt32(digits[whole].ToString(), 16) >> (4 - rest) << (4 - rest);
            begin += "[" + string.Concat(Enumerable.Range(first, 1 << (4 - rest)).Select(n => n.ToString("x", CultureInfo.InvariantCulture))) + "]";
        }

        // Only what has a colon is an IPv6 address.
        var long6 = Sure(Contains(text, "':'"));
        if (network.Length == 4) return $"({Sure(Matches(text, V4Pattern(network, prefix)))} OR ({long6} AND {Sure(Matches(V6(text), @"\A" + V6Mapped + begin))}))";
        var within = Sure(Matches(V6(text), @"\A" + begin));
        // An IPv4 address in the clothes of IPv6 is of no network of IPv6.
        return V6Mapped.StartsWith(digits[..Math.Min(whole, V6Mapped.Length)], StringComparison.Ordinal) ? $"({long6} AND {within} AND NOT {Sure(Matches(V6(text), @"\A" + V6Mapped))})" : $"({long6} AND {within})";
    }

    // Each of the four numbers may be decimal, octal after a 0 or hexadecimal after 0x.
    private static string V4Pattern(ReadOnlySpan<byte> network, int prefix)
    {
        var pattern = new StringBuilder(@"\A");
        for (var i = 0; i < 4; i++)
        {
            if (i > 0) pattern.Append("[.]");
            var free = Math.Clamp(8 - (prefix - (i * 8)), 0, 8);
            var first = network[i] >> free << free;
            var numbers = Enumerable.Range(first, 1 << free).ToList();
            var dec = free == 8 ? "25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[1-9]" : string.Join('|', numbers.Where(n => n > 0).Select(n => n.ToString(CultureInfo.InvariantCulture)));
            var oct = free == 8 ? "[0-3]?[0-7]?[0-7]" : string.Join('|', numbers.Select(n => Convert.ToString(n, 8)));
            var hex = free == 8 ? "[0-9A-Fa-f]{1,2}" : string.Join('|', numbers.Select(n => string.Concat(n.ToString("x", CultureInfo.InvariantCulture).Select(c => char.IsAsciiDigit(c) ? c.ToString() : $"[{c}{char.ToUpperInvariant(c)}]"))));
            pattern.Append("(?:").Append(dec.Length > 0 ? dec + "|" : "").Append(numbers.Contains(0) ? "0|" : "").Append(CultureInfo.InvariantCulture, $"0+(?:{oct})|0[xX]0*(?:{hex}))");
        }

        return pattern.Append(@"\z").ToString();
    }
}

internal sealed class DuckWords : SqlWords
{
    public override string True => "true";

    public override string False => "false";

    public override string Literal(string text)
    {
        // A statement ends at a zero character, also within a literal.
        if (!text.Contains('\0', StringComparison.Ordinal)) return Quote(text);
        return "(" + string.Join(" || chr(0) || ", text.Split('\0').Select(Quote)) + ")";

        static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
    }

    // The only two whose lower case is of ASCII become one that no plain text has.
    public override string Lower(string text) => $"lower(replace(replace({text}, chr(304), 'ß'), chr(8490), 'ß'))";

    public override string Contains(string text, string sought) => $"contains({text}, {sought})";

    public override string StartsWith(string text, string sought) => $"starts_with({text}, {sought})";

    public override string EndsWith(string text, string sought) => $"suffix({text}, {sought})";

    // The database turns patterns that it takes for simple into LIKE, and some wrongly: it has \A\A for the empty text. A choice that nothing can take is not simple.
    public override string Matches(string text, string pattern) => $"regexp_matches({text}, {Literal($@"\z.|(?:{pattern})")})";

    public override string Units(string text) => $@"regexp_replace({text}, '([\x{{10000}}-\x{{10FFFF}}])', '\1\1', 'g')";

    public override string Folded(string text) => $"CASE WHEN strlen({text}) = length({text}) THEN lower({text}) ELSE translate({text}, {Literal(CaseClasses.Folding.From)}, {Literal(CaseClasses.Folding.To)}) END";

    public override string Sure(string condition) => $"coalesce({condition}, false)";

    public override string Any(string list, string variable, string condition) => $"coalesce(len(list_filter({list}, lambda {variable}: {condition})) > 0, false)";

    public override string Named(string value, string variable, string said) => $"list_transform([{value}], lambda {variable}: {said})[1]";

    public override string Number(string text) =>
        $"CASE WHEN {Matches(text, NumberPattern)} THEN try_cast({text} AS DOUBLE) WHEN {Matches(text, PositiveInfinity)} THEN 'inf'::DOUBLE WHEN {Matches(text, NegativeInfinity)} THEN '-inf'::DOUBLE END";

    public override string Double(double number) => double.IsInfinity(number) ? (number > 0 ? "'inf'::DOUBLE" : "'-inf'::DOUBLE") : string.Create(CultureInfo.InvariantCulture, $"'{number:R}'::DOUBLE");

    public override string Part(string text, TimePart part)
    {
        var day = $"try_cast(replace(regexp_extract({text}, {Literal(DatePattern)}, 1), '/', '-') AS DATE)";
        var value = part switch
        {
            TimePart.Minute => $"try_cast(regexp_extract({text}, {Literal(MinutePattern)}, 1) AS INTEGER)",
            TimePart.Hour => $"try_cast(regexp_extract({text}, {Literal(HourPattern)}, 1) AS INTEGER)",
            TimePart.Day => $"day({day})",
            TimePart.Week => $"week({day})",
            TimePart.Month => $"month({day})",
            _ => $"year({day})",
        };
        return $"CASE WHEN year({day}) >= 1 THEN {value} END";
    }

    public override string V6(string text)
    {
        // Each step is named, so that it is made once.
        const string Tail = "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$";
        const string Hexed = $"CASE WHEN contains(a, '.') THEN regexp_replace(a, '{Tail}', '') || list_aggregate(list_transform(string_split(regexp_extract(a, '{Tail}'), '.'), lambda o, i: CASE WHEN i = 3 THEN ':' ELSE '' END || format('{{:02x}}', o::INTEGER)), 'string_agg', '') ELSE a END";
        const string Groups = "coalesce(list_aggregate(list_transform(list_filter(string_split({0}, ':'), lambda g: g <> ''), lambda g: lpad(g, 4, '0')), 'string_agg', ''), '')";
        var left = string.Format(CultureInfo.InvariantCulture, Groups, "split_part(h, '::', 1)");
        var right = string.Format(CultureInfo.InvariantCulture, Groups, "split_part(h, '::', 2)");
        var whole = $"CASE WHEN contains(h, '::') AND length({left}) + length({right}) <= 28 THEN {left} || repeat('0', 32 - length({left}) - length({right})) || {right} WHEN NOT contains(h, '::') THEN {left} END";
        return $"CASE WHEN {Matches(text, V6Pattern)} THEN list_transform(list_transform([lower(regexp_extract({text}, '[0-9A-Fa-f:.]+'))], lambda a: {Hexed}), lambda h: {whole})[1] END";
    }
}

internal sealed class ClickWords : SqlWords
{
    public override string True => "true";

    public override string False => "false";

    public override string Literal(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('\'');
        foreach (var c in text)
        {
            if (c is '\\' or '\'') result.Append('\\').Append(c);
            else if (c < ' ') result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
            else result.Append(c);
        }

        return result.Append('\'').ToString();
    }

    // It knows the letters of ASCII alone.
    public override string Lower(string text) => $"lower({text})";

    public override string Contains(string text, string sought) => $"(empty({sought}) OR position({text}, {sought}) > 0)";

    public override string StartsWith(string text, string sought) => $"startsWith({text}, {sought})";

    public override string EndsWith(string text, string sought) => $"endsWith({text}, {sought})";

    // Before it asks RE2, the server looks for a text that it believes the pattern to need, and misreads some. A choice at the very beginning, which nothing can
    // take, lets it believe in none.
    public override string Matches(string text, string pattern) => $"match({text}, {Literal($"$.|(?:{pattern})")})";

    public override string Units(string text) => $@"replaceRegexpAll({text}, '([\\x{{10000}}-\\x{{10FFFF}}])', '\\1\\1')";

    public override string Folded(string text) => $"translateUTF8({text}, {Literal(CaseClasses.Folding.From)}, {Literal(CaseClasses.Folding.To)})";

    public override string Sure(string condition) => $"ifNull({condition}, false)";

    public override string Any(string list, string variable, string condition) => $"arrayExists({variable} -> {condition}, {list})";

    public override string Named(string value, string variable, string said) => $"arrayMap({variable} -> {said}, [{value}])[1]";

    public override string Number(string text) =>
        $"multiIf({Sure(Matches(text, NumberPattern))}, toFloat64OrNull(if(startsWith(ifNull({text}, ''), '+'), substring(ifNull({text}, ''), 2), ifNull({text}, ''))), {Sure(Matches(text, PositiveInfinity))}, inf, {Sure(Matches(text, NegativeInfinity))}, -inf, NULL)";

    public override string Double(double number) => double.IsInfinity(number) ? (number > 0 ? "inf" : "-inf") : string.Create(CultureInfo.InvariantCulture, $"toFloat64({number:R})");

    public override string Part(string text, TimePart part)
    {
        if (part == TimePart.Week) throw new SqlRefusal("sigma.sql.week", "ClickHouse 的日期自 1900 年起，無法準確計算任意日期的週數。", "ClickHouse's dates begin in 1900, so that the week of any date cannot be told exactly.");
        var date = $"extract(ifNull({text}, ''), {Literal(DatePattern)})";
        string Digits(int from, int length) => string.Create(CultureInfo.InvariantCulture, $"toUInt16OrZero(substring({date}, {from}, {length}))");
        var (year, month, day) = (Digits(1, 4), Digits(6, 2), Digits(9, 2));
        var valid = $"({year} >= 1 AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND multiIf({month} IN (4, 6, 9, 11), 30, {month} <> 2, 31, ({year} % 4 = 0 AND {year} % 100 <> 0) OR {year} % 400 = 0, 29, 28))";
        var value = part switch
        {
            TimePart.Minute => $"toUInt16OrNull(extract(ifNull({text}, ''), {Literal(MinutePattern)}))",
            TimePart.Hour => $"toUInt16OrNull(extract(ifNull({text}, ''), {Literal(HourPattern)}))",
            TimePart.Day => day,
            TimePart.Month => month,
            _ => year,
        };
        return $"if({valid}, {value}, NULL)";
    }

    public override string V6(string text)
    {
        const string Tail = "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$";
        const string Hexed = $"if(position(a, '.') > 0, concat(replaceRegexpOne(a, '{Tail}', ''), arrayStringConcat(arrayMap((o, i) -> concat(if(i = 3, ':', ''), lower(hex(toUInt8OrZero(o)))), splitByChar('.', extract(a, '{Tail}')), [1, 2, 3, 4]))), a)";
        const string Groups = "arrayStringConcat(arrayMap(g -> leftPad(g, 4, '0'), arrayFilter(g -> g <> '', splitByChar(':', {0}))))";
        var left = string.Format(CultureInfo.InvariantCulture, Groups, "splitByString('::', h)[1]");
        var right = string.Format(CultureInfo.InvariantCulture, Groups, "splitByString('::', h)[2]");
        var whole = $"multiIf(position(h, '::') = 0, {left}, length({left}) + length({right}) <= 28, concat({left}, repeat('0', 32 - length({left}) - length({right})), {right}), NULL)";
        return $"if({Sure(Matches(text, V6Pattern))}, arrayMap(h -> {whole}, arrayMap(a -> {Hexed}, [lower(extract(ifNull({text}, ''), '[0-9A-Fa-f:.]+'))]))[1], NULL)";
    }
}
