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

    /// <summary>The texts of a list's values with a comma and a blank between; of one value, NULL where that has none.</summary>
    public abstract string Whole(string list, string variable, string text);

    /// <summary>What is said of the only value of a list; NULL where it has none or several.</summary>
    public abstract string Only(string list, string variable, string said);

    /// <summary>A number; NULL where it is not finite.</summary>
    public abstract string Finite(string number);

    /// <summary>A whole number of 64 bits.</summary>
    public abstract string Integer(string value);

    public abstract string Real(string value);

    /// <summary>No text.</summary>
    public abstract string NoText { get; }

    /// <summary>A name of a column.</summary>
    public abstract string Name(string name);

    /// <summary>How many characters a text has, as text.</summary>
    public abstract string Length(string text);

    /// <summary>Texts, none of them NULL, one behind the other.</summary>
    public abstract string Joined(IEnumerable<string> texts);

    /// <summary>Millionths of a finite number of at most six decimals as a whole number of 128 bits; ends the statement for one that has more.</summary>
    public abstract string Millionths(string number);

    /// <summary>A number of millionths as the number that it is; ends the statement where that has decimals and more digits than a number of 64 bits.</summary>
    /// <param name="millionths">A whole number.</param>
    /// <param name="broken">True where some number that went into it has decimals.</param>
    public abstract string OfMillionths(string millionths, string broken);

    /// <summary>How many events of the window's group lie a span or more before an event, or the sum of a column over them.</summary>
    public abstract string Gone(string? column, SqlWindow window);

    /// <summary>How many distinct values the events of the window have.</summary>
    /// <param name="value">A column.</param>
    /// <param name="window">The window.</param>
    public abstract string Distinct(string value, SqlWindow window);

    /// <summary>A percentile of a column's numbers in the window, linear between neighbours.</summary>
    public abstract string Percentile(string number, double part, SqlWindow window);

    /// <summary>
    /// Of the events of each group and island, which come in the order of "ord", those at which a correlation fires: the first, and again the first that is a
    /// span after the last that fired. Gives a column "ord".
    /// </summary>
    /// <param name="rows">A table with "ord", "ts" and the keys.</param>
    /// <param name="keys">What tells islands from each other.</param>
    /// <param name="span">Microseconds.</param>
    public abstract string Fired(string rows, string keys, long span);

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

/// <summary>The events of a group within a time span.</summary>
/// <param name="Partition">The group, as it stands in a window; empty for one group of all.</param>
/// <param name="Span">Microseconds.</param>
internal readonly record struct SqlWindow(string Partition, long Span);

internal sealed class DuckWords : SqlWords
{
    private const string TooFine = "a number has more than six decimals, or more digits than can be summed exactly";

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

    public override string NoText => "NULL::VARCHAR";

    public override string Whole(string list, string variable, string text) =>
        $"(CASE WHEN len({list}) = 1 THEN list_transform({list}, lambda {variable}: {text})[1] ELSE coalesce(list_aggregate(list_transform({list}, lambda {variable}: coalesce({text}, '')), 'string_agg', ', '), '') END)";

    public override string Only(string list, string variable, string said) => $"(CASE WHEN len({list}) = 1 THEN list_transform({list}, lambda {variable}: {said})[1] END)";

    public override string Finite(string number) => $"list_transform([{number}], lambda hufu_n: CASE WHEN isfinite(hufu_n) THEN hufu_n END)[1]";

    public override string Integer(string value) => $"({value})::BIGINT";

    public override string Real(string value) => $"({value})::DOUBLE";

    public override string Name(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal) + "\"";

    public override string Length(string text) => $"length({text})::VARCHAR";

    public override string Joined(IEnumerable<string> texts) => string.Join(" || ", texts);

    public override string Millionths(string number) =>
        $"(CASE WHEN {number} = trunc({number}) AND abs({number}) <= 1e15 THEN ({number})::BIGINT::HUGEINT * 1000000 WHEN abs({number}) < 1e9 AND round({number} * 1e6) / '1e6'::DOUBLE = {number} THEN round({number} * 1e6)::BIGINT::HUGEINT WHEN {number} IS NOT NULL THEN error('{TooFine}')::HUGEINT END)";

    public override string OfMillionths(string millionths, string broken) =>
        $"(CASE WHEN NOT {broken} THEN ({millionths} // 1000000)::DOUBLE WHEN abs({millionths}) < 9007199254740992 THEN ({millionths})::DOUBLE / '1e6'::DOUBLE ELSE error('{TooFine}')::DOUBLE END)";

    public override string Gone(string? column, SqlWindow window) => string.Create(CultureInfo.InvariantCulture,
        $"{(column is null ? "count(*)" : $"coalesce(sum({column})")} OVER ({window.Partition} ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND {window.Span} PRECEDING){(column is null ? "" : ", 0)")}");

    public override string Distinct(string value, SqlWindow window) => $"count(DISTINCT {value}) OVER ({window.Partition} ORDER BY ord ROWS BETWEEN (held - 1) PRECEDING AND CURRENT ROW)";

    // The database's own percentile goes between neighbours by another formula, which rounds otherwise.
    public override string Percentile(string number, double part, SqlWindow window)
    {
        var (position, below) = ($"({Double(part)} * (len(hufu_s) - 1))", $"floor({Double(part)} * (len(hufu_s) - 1))::BIGINT");
        return $"list_transform([list_sort(list({number}) OVER ({window.Partition} ORDER BY ord ROWS BETWEEN (held - 1) PRECEDING AND CURRENT ROW))], lambda hufu_s: hufu_s[{below} + 1] + (hufu_s[least({below} + 2, len(hufu_s))] - hufu_s[{below} + 1]) * ({position} - {below}))[1]";
    }

    public override string Fired(string rows, string keys, long span) => string.Create(CultureInfo.InvariantCulture,
        $"SELECT unnest(list_reduce(list({{'a': ts, 'f': [ord]}} ORDER BY ord), lambda hufu_x, hufu_y: CASE WHEN hufu_y.a - hufu_x.a >= {span} THEN {{'a': hufu_y.a, 'f': list_concat(hufu_x.f, hufu_y.f)}} ELSE hufu_x END).f) AS ord FROM {rows} GROUP BY {keys}");

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
        const string Hexed = $"CASE WHEN contains(hufu_a, '.') THEN regexp_replace(hufu_a, '{Tail}', '') || list_aggregate(list_transform(string_split(regexp_extract(hufu_a, '{Tail}'), '.'), lambda hufu_o, hufu_i: CASE WHEN hufu_i = 3 THEN ':' ELSE '' END || format('{{:02x}}', hufu_o::INTEGER)), 'string_agg', '') ELSE hufu_a END";
        const string Groups = "coalesce(list_aggregate(list_transform(list_filter(string_split({0}, ':'), lambda hufu_g: hufu_g <> ''), lambda hufu_g: lpad(hufu_g, 4, '0')), 'string_agg', ''), '')";
        var left = string.Format(CultureInfo.InvariantCulture, Groups, "split_part(hufu_h, '::', 1)");
        var right = string.Format(CultureInfo.InvariantCulture, Groups, "split_part(hufu_h, '::', 2)");
        var whole = $"CASE WHEN contains(hufu_h, '::') AND length({left}) + length({right}) <= 28 THEN {left} || repeat('0', 32 - length({left}) - length({right})) || {right} WHEN NOT contains(hufu_h, '::') THEN {left} END";
        return $"CASE WHEN {Matches(text, V6Pattern)} THEN list_transform(list_transform([lower(regexp_extract({text}, '[0-9A-Fa-f:.]+'))], lambda hufu_a: {Hexed}), lambda hufu_h: {whole})[1] END";
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

    public override string NoText => "CAST(NULL, 'Nullable(String)')";

    public override string Whole(string list, string variable, string text) =>
        $"if(length({list}) = 1, arrayMap({variable} -> {text}, {list})[1], arrayStringConcat(arrayMap({variable} -> ifNull({text}, ''), {list}), ', '))";

    public override string Only(string list, string variable, string said) => $"if(length({list}) = 1, arrayMap({variable} -> {said}, {list})[1], NULL)";

    public override string Finite(string number) => $"arrayMap(hufu_n -> if(isFinite(ifNull(hufu_n, nan)), hufu_n, NULL), [{number}])[1]";

    public override string Integer(string value) => $"toInt64({value})";

    public override string Real(string value) => $"toFloat64({value})";

    public override string Name(string name) => "`" + Literal(name)[1..^1].Replace("`", "\\`", StringComparison.Ordinal) + "`";

    public override string Length(string text) => $"toString(lengthUTF8({text}))";

    public override string Joined(IEnumerable<string> texts) => $"concat({string.Join(", ", texts)}, '')";

    public override string Millionths(string number) =>
        $"multiIf({number} = trunc({number}) AND abs({number}) <= 1e15, toInt128(toInt64({number})) * 1000000, abs({number}) < 1e9 AND round({number} * 1e6) / 1e6 = {number}, toInt128(toInt64(round({number} * 1e6))), toInt128(throwIf({number} IS NOT NULL, 'a number has more than six decimals, or more digits than can be summed exactly')))";

    public override string OfMillionths(string millionths, string broken) =>
        $"multiIf(NOT {broken}, toFloat64(intDiv({millionths}, 1000000)), abs({millionths}) < 9007199254740992, toFloat64({millionths}) / 1e6, toFloat64(throwIf(true, 'a number has more than six decimals, or more digits than can be summed exactly')))";

    public override string Distinct(string value, SqlWindow window) => $"arrayUniq(arrayMap(hufu_e -> hufu_e.2, {Members(value, window)}))";

    public override string Percentile(string number, double part, SqlWindow window)
    {
        var (position, below) = ($"({Double(part)} * (length(hufu_s) - 1))", $"toInt64(floor({Double(part)} * (length(hufu_s) - 1)))");
        return $"arrayMap(hufu_s -> hufu_s[{below} + 1] + (hufu_s[least({below} + 2, length(hufu_s))] - hufu_s[{below} + 1]) * ({position} - {below}), [arraySort(arrayMap(hufu_e -> assumeNotNull(hufu_e.2), {Members(number, window)}))])[1]";
    }

    public override string Fired(string rows, string keys, long span) => string.Create(CultureInfo.InvariantCulture,
        $"SELECT arrayJoin(arrayFold((hufu_x, hufu_y) -> if(hufu_y.1 - hufu_x.1 >= {span}, (hufu_y.1, arrayConcat(hufu_x.2, [hufu_y.2])), hufu_x), arraySort(groupArray((ts, ord))) AS hufu_all, (hufu_all[1].1, [hufu_all[1].2])).2) AS ord FROM {rows} GROUP BY {keys}");

    // A frame's bounds are constants of 32 bits here: whole seconds, of which what is beyond the window, or comes after within the moment, is taken out.
    private const string Second = "(intDiv(ts, 1000000) - if(ts < 0 AND ts % 1000000 <> 0, 1, 0))";

    public override string Gone(string? column, SqlWindow window)
    {
        var seconds = window.Span / 1_000_000;
        var (before, there) = (string.Create(CultureInfo.InvariantCulture, $"OVER ({window.Partition} ORDER BY {Second} RANGE BETWEEN UNBOUNDED PRECEDING AND {seconds + 1} PRECEDING)"), string.Create(CultureInfo.InvariantCulture, $"OVER ({window.Partition} ORDER BY {Second} RANGE BETWEEN {seconds} PRECEDING AND {seconds} PRECEDING)"));
        return column is null
            ? string.Create(CultureInfo.InvariantCulture, $"(toInt64(count(*) {before}) + toInt64(length(arrayFilter(hufu_e -> hufu_e <= ts - {window.Span}, groupArray(ts) {there}))))")
            : string.Create(CultureInfo.InvariantCulture, $"(coalesce(sum({column}) {before}, 0) + arraySum(arrayMap(hufu_e -> if(hufu_e.1 <= ts - {window.Span}, assumeNotNull(hufu_e.2), toInt128(0)), groupArray((ts, {column})) {there})))");
    }

    private static string Members(string column, SqlWindow window) => string.Create(CultureInfo.InvariantCulture,
        $"arrayMap(hufu_e -> (hufu_e.1, hufu_e.2), arrayFilter(hufu_e -> hufu_e.1 <= ord AND hufu_e.3 > ts - {window.Span}, groupArray((ord, {column}, ts)) OVER ({window.Partition} ORDER BY {Second} RANGE BETWEEN {window.Span / 1_000_000} PRECEDING AND CURRENT ROW)))");

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
        const string Hexed = $"if(position(hufu_a, '.') > 0, concat(replaceRegexpOne(hufu_a, '{Tail}', ''), arrayStringConcat(arrayMap((hufu_o, hufu_i) -> concat(if(hufu_i = 3, ':', ''), lower(hex(toUInt8OrZero(hufu_o)))), splitByChar('.', extract(hufu_a, '{Tail}')), [1, 2, 3, 4]))), hufu_a)";
        const string Groups = "arrayStringConcat(arrayMap(hufu_g -> leftPad(hufu_g, 4, '0'), arrayFilter(hufu_g -> hufu_g <> '', splitByChar(':', {0}))))";
        var left = string.Format(CultureInfo.InvariantCulture, Groups, "splitByString('::', hufu_h)[1]");
        var right = string.Format(CultureInfo.InvariantCulture, Groups, "splitByString('::', hufu_h)[2]");
        var whole = $"multiIf(position(hufu_h, '::') = 0, {left}, length({left}) + length({right}) <= 28, concat({left}, repeat('0', 32 - length({left}) - length({right})), {right}), NULL)";
        return $"if({Sure(Matches(text, V6Pattern))}, arrayMap(hufu_h -> {whole}, arrayMap(hufu_a -> {Hexed}, [lower(extract(ifNull({text}, ''), '[0-9A-Fa-f:.]+'))]))[1], NULL)";
    }
}
