using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Logs.Search;

namespace Hufu.Logs.ClickHouse;

/// <summary>
/// Searches for ClickHouse. Times are microseconds in whole numbers. Numbers and lower case are read by the rules of the store's own database, whatever the
/// server would make of such a text by itself.
/// </summary>
internal sealed partial class ClickHouseDialect(ClickHouseFeatures features) : SqlDialect
{
    // What the store's own database takes for a number: blanks around it, one underscore between digits, neither hexadecimal nor infinite.
    private const string NumberPattern = @"^[ \t\n\v\f\r]*[+]?-?([0-9]+(_[0-9]+)*([.]([0-9]+(_[0-9]+)*)?)?|[.][0-9]+(_[0-9]+)*)([eE][+-]?[0-9]+(_[0-9]+)*)?[ \t\n\v\f\r]*$";
    private const int IndexedPiece = 3;

    private static readonly string Powers = "[" + string.Join(", ", Enumerable.Range(0, 23).Select(n => string.Create(CultureInfo.InvariantCulture, $"1e{n}"))) + "]";

    // What is the lower case of another letter: also some that have no upper case of their own, as ß.
    private static readonly Lazy<FrozenSet<int>> Lowered = new(() => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(n => new Rune(n)).Where(rune => Rune.ToLowerInvariant(rune) != rune).Select(rune => Rune.ToLowerInvariant(rune).Value).ToFrozenSet());

    // Letters that the server's tables lack or put into lower case by what stands beside them.
    private static readonly (string Letter, string Lower)[] ByNeighbours = [("İ", "i"), ("Σ", "σ")];
    private static readonly (string Letter, string Lower)[] OldTables = [("İ", "i"), ("ǅ", "ǆ"), ("ǈ", "ǉ"), ("ǋ", "ǌ"), ("ǲ", "ǳ"), ("Ⱥ", "ⱥ"), ("Ⱦ", "ⱦ"), ("ẞ", "ß"), ("\u2126", "ω"), ("\u212A", "k"), ("\u212B", "å")];

    public override string True => "1";

    public override string False => "0";

    public override string Message => "if(message_bytes < 0, message, substring(raw, length(raw) - message_bytes + 1, message_bytes))";

    /// <summary>A text as a literal: the only way that a text of the user's gets into a statement.</summary>
    public static string Literal(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('\'');
        foreach (var c in text)
        {
            result.Append(c switch { '\\' => "\\\\", '\'' => "\\'", '\0' => "\\0", '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => null });
            if (c is not ('\\' or '\'' or '\0' or '\n' or '\r' or '\t')) result.Append(c);
        }

        return result.Append('\'').ToString();
    }

    public override string Value(object value, List<(string Name, object Value)> parameters)
    {
        if (value is double number) return number.ToString("R", CultureInfo.InvariantCulture);
        if (value is not string text) return $"toInt64({Convert.ToString(value, CultureInfo.InvariantCulture)})";
        // The store's own database ends a text there as well.
        if (text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var end) text = text[..end];
        if (!features.Parameters) return Literal(text);
        var name = string.Create(CultureInfo.InvariantCulture, $"p{parameters.Count}");
        parameters.Add((name, text));
        return "{" + name + ":String}";
    }

    public override string Time(string microseconds) => microseconds;

    public override string Microseconds(string time) => time;

    public override string Field(string name) => features.TypedColumns
        ? $"if(mapContains(fields, {name}), fields[{name}], NULL)"
        : $"if(has(field_names, {name}), field_values[indexOf(field_names, {name})], NULL)";

    public override string Text(string column) => $"toString({column})";

    public override string Contains(string column, string text, Func<object, string> add) => text.Length == 0 ? $"isNotNull({column})" : $"position({column}, {add(text)}) > 0";

    public override string Matches(string column, string pattern, Func<object, string> add) => $"match({column}, {add(Guarded(pattern))})";

    public override string MatchesWhole(string column, string pattern, Func<object, string> add) => $"match({column}, {add(Guarded($"^(?:{pattern})$"))})";

    // Before it asks RE2, the server looks for a text that it believes the pattern to need, and misreads some (\x41, \pN, \Q). A choice at the very beginning, which
    // nothing can take, lets it believe in none.
    private string Guarded(string pattern) => features.PatternsRead && !HardEscape().IsMatch(pattern) ? pattern : $"$.|(?:{pattern})";

    [GeneratedRegex(@"\\(?!x[0-9A-F]{2})[A-Za-z0-9-[dDwWsSbBtnrfvAz]]|\(\?(?!is\)|:)")]
    private static partial Regex HardEscape();

    public override string Lower(string text) =>
        $"lowerUTF8({(features.UnicodeTables ? ByNeighbours : OldTables).Aggregate(text, (inner, letter) => $"replaceAll({inner}, '{letter.Letter}', '{letter.Lower}')")})";

    public override string Same(string column, string text, Func<object, string> add) =>
        // What has no case is the lower case of itself alone.
        text.EnumerateRunes().All(IsCaseless) ? $"{column} = {add(text)}" : $"{Lower(column)} = {add(LowerOf(text))}";

    public override string Number(string text)
    {
        var stripped = $"if(ifNull(match({text}, {Literal(NumberPattern)}), 0), replaceRegexpAll(ifNull({text}, ''), '[ \\t\\n\\v\\f\\r_+]', ''), '')";
        var number = "toFloat64OrNull(s)";
        if (!features.PreciseNumbers)
        {
            // Up to fifteen digits, multiplied or divided by a power of ten that is exact, are the nearest number.
            const string Digits = "replaceAll(replaceAll(m, '.', ''), '-', '')";
            const string Exponent = "(toInt64OrZero(extract(s, '[eE](-?[0-9]+)')) - if(position(m, '.') = 0, 0, length(m) - position(m, '.')))";
            const string Sign = "if(position(m, '-') = 1, -1., 1.)";
            number = $"arrayMap(m -> multiIf(match(m, '^-?[0.]+$'), toNullable({Sign} * 0.), length({Digits}) BETWEEN 1 AND 15 AND {Exponent} BETWEEN 0 AND 22, toNullable({Sign} * toInt64OrZero({Digits}) * {Powers}[toUInt64(greatest({Exponent}, 0)) + 1]), "
                + $"length({Digits}) BETWEEN 1 AND 15 AND {Exponent} BETWEEN -22 AND -1, toNullable({Sign} * toInt64OrZero({Digits}) / {Powers}[toUInt64(greatest(-{Exponent}, 0)) + 1]), toFloat64OrNull(s)), [replaceRegexpOne(s, '[eE].*', '')])[1]";
        }

        // Each part is named, so that the column is read once.
        return $"arrayMap(v -> if(ifNull(isFinite(v), 0), v, NULL), arrayMap(s -> {number}, [{stripped}]))[1]";
    }

    public override string AddressKey(string field, SearchSql sql)
    {
        if (EcsNames.SourcesOf(field) is not { } names || ClickHouseTable.IsColumn(field)) return Key(field);
        // The first that the event has counts, whether it is an address or not.
        var chain = names.Select(name => name[0] == '@' ? (There: sql.Column(name[1..]), Key: Key(name[1..])) : (There: Field(sql.Add(name)), Key: FieldKey(name))).Prepend((There: Field(sql.Add(field)), Key: FieldKey(field)));
        return $"multiIf({string.Join(", ", chain.Select(one => $"isNotNull({one.There}), {one.Key}"))}, '')";

        string Key(string name) => ClickHouseTable.IsColumn(name) ? KeyOf(Literal(ClickHouseTable.ColumnKey(name))) : FieldKey(name);

        string FieldKey(string name) => KeyOf(sql.Add(ClickHouseTable.FieldKey(name)));

        string KeyOf(string name) => features.TypedColumns ? $"addresses[{name}]" : $"address_values[indexOf(address_names, {name})]";
    }

    public override string Sure(string condition) => $"ifNull({condition}, 0)";

    public override string? Hint(string text, Func<object, string> add)
    {
        if (!features.TextIndex) return null;
        var pieces = new List<string>();
        var piece = new StringBuilder();
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // Of the letters of ASCII only k and s have a partner beyond it that a search takes for the same.
            var plain = rune.IsAscii ? (Rune.IsLetterOrDigit(rune) && rune.Value is not ('k' or 'K' or 's' or 'S')) : IsCaseless(rune) && Rune.IsLetterOrDigit(rune);
            if (plain)
            {
                piece.Append(Rune.ToLowerInvariant(rune).ToString());
                length++;
                continue;
            }

            End();
        }

        End();
        return pieces.Count == 0 ? null : string.Join(" AND ", pieces.Select(one => $"{ClickHouseTable.Indexed} LIKE {add($"%{one}%")}"));

        void End()
        {
            if (length >= IndexedPiece) pieces.Add(piece.ToString());
            piece.Clear();
            length = 0;
        }
    }

    public override string Integer(string value) => $"CAST({value} AS Nullable(Int64))";

    public override string Double(string value) => $"CAST({value} AS Nullable(Float64))";

    public override string Result(string column, LogColumnType type) => type switch
    {
        LogColumnType.Text => $"CAST({column} AS Nullable(String))",
        LogColumnType.Number => Double(column),
        _ => Integer(column),
    };

    public override string Aggregate(PipeAggregate aggregate, string? value) => aggregate.Function switch
    {
        "count" => value is null ? "count()" : $"count({value})",
        "dc" => $"ifNull(uniqExact({value}), 0)",
        // Of nothing they are nothing, not zero.
        "sum" or "avg" or "min" or "max" => $"{aggregate.Function}(toNullable({value}))",
        "p" when features.InclusiveQuantile => string.Create(CultureInfo.InvariantCulture, $"quantileExactInclusiveOrNull({aggregate.Percent / 100m})({value})"),
        "p" => Percentile(value!, (aggregate.Percent / 100m).ToString(CultureInfo.InvariantCulture)),
        _ => throw new InvalidOperationException($"Function {aggregate.Function} has no SQL."),
    };

    public override string Groups(PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, IReadOnlyList<PipeMade> made) =>
        $"SELECT {string.Join(", ", keys.Select(key => $"{key.Value} AS {key.Alias}").Concat(Made(made)))} FROM {rows.Source}{(keys.Count > 0 ? " GROUP BY " + string.Join(", ", keys.Select(key => key.Alias)) : "")}";

    public override string Firsts(PipeRows rows, IReadOnlyList<string> values, string orderBy) => $"SELECT * FROM {rows.Source}{orderBy} LIMIT 1 BY {string.Join(", ", values)}";

    public override (string Text, List<string> Order, List<string> OrderAliases) Top(
        PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, (string Value, string Alias, LogColumnType Type) field, string count, string percent, string place, int most, bool rare)
    {
        var names = keys.Select(key => key.Alias).ToList();
        var known = string.Concat(names.Select(name => name + ", "));
        var value = field.Type == LogColumnType.Text ? $"toString(assumeNotNull({field.Value}))" : $"assumeNotNull({field.Value})";
        List<string> order = [.. names.Select(name => name + " NULLS LAST"), $"{count} {(rare ? "ASC" : "DESC")}", field.Alias];
        // No windows: the values of a key are put into a list, beside their sum, and taken out again.
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            SELECT {known}{field.Alias}, {count}, {Rounded($"100 * {count} / {place}s")} AS {percent} FROM (
              SELECT {known}groupArray({field.Alias}v) AS {field.Alias}s, groupArray({count}v) AS {count}s, sum({count}v) AS {place}s FROM (
                SELECT {string.Concat(keys.Select(key => $"{key.Value} AS {key.Alias}, "))}{value} AS {field.Alias}v, count() AS {count}v FROM {rows.Where($"isNotNull({field.Value})")} GROUP BY {known}{field.Alias}v)
              {(names.Count > 0 ? "GROUP BY " + string.Join(", ", names) : "")})
            ARRAY JOIN {field.Alias}s AS {field.Alias}, {count}s AS {count}
            ORDER BY {string.Join(", ", order)} LIMIT {most}{(names.Count > 0 ? " BY " + string.Join(", ", names) : "")}
            """);
        return (text, order, [.. names, count, field.Alias]);
    }

    public override string Series(PipeRows rows, (string Value, string Alias) slot, (string Value, string Alias, LogColumnType Type) split, string place, string series, IReadOnlyList<PipeMade> made)
    {
        if (split.Type is LogColumnType.Time or LogColumnType.Number) throw new DialectException("A time or a number as a text is written differently.");
        // Whatever is not there comes last among equals.
        var text = $"CAST({(split.Type == LogColumnType.Text ? split.Value : $"toString({split.Value})")} AS Nullable(String))";
        var coded = $"if(isNull({text}), '1', concat('0', ifNull({text}, '')))";
        var most = $"(SELECT groupArray({split.Alias}k) FROM (SELECT {coded} AS {split.Alias}k, count() AS {split.Alias}n FROM {rows.Source} GROUP BY {split.Alias}k ORDER BY {split.Alias}n DESC, {split.Alias}k LIMIT {PipeParser.MaxSeries.ToString(CultureInfo.InvariantCulture)}))";
        var found = $"indexOf({most}, {split.Alias}k)";
        // The rows first: an old server that asks others cannot group by what it looked up.
        var inner = made.Where(one => one.Value is not null).Select(one => $"{one.Value} AS {one.ValueAlias}").Prepend($"{coded} AS {split.Alias}k").Prepend($"{text} AS {split.Alias}").Prepend($"{slot.Value} AS {slot.Alias}");
        var outer = made.Select(one => $"{Aggregate(one.Aggregate, one.Value is null ? null : one.ValueAlias)} AS {one.Alias}");
        return string.Create(CultureInfo.InvariantCulture, $"""
            SELECT {slot.Alias}, if({found} = 0, {PipeParser.MaxSeries + 1}, {found}) AS {place}, if({place} > {PipeParser.MaxSeries}, 'other', any({split.Alias})) AS {series}, {string.Join(", ", outer)}
            FROM (SELECT {string.Join(", ", inner)} FROM {rows.Source}) GROUP BY {slot.Alias}, {place}
            """);
    }

    public override string Slot(string time, long shift, long size) => string.Create(CultureInfo.InvariantCulture, $"toInt64(intDiv({time} + toInt64({shift}), toInt64({size})) * toInt64({size}) - toInt64({shift}))");

    /// <summary>Lower case by the tables of the store's own database.</summary>
    internal static string LowerOf(string text) => text.Replace('İ', 'i').ToLowerInvariant();

    private static bool IsCaseless(Rune rune) => Rune.ToLowerInvariant(rune) == rune && rune.Value != 'İ' && !Lowered.Value.Contains(rune.Value);

    // Halves go up, as in the store's own database; the server's own rounding takes them to the even neighbour.
    private static string Rounded(string percent) => $"(floor(100 * ({percent})) + (100 * ({percent}) - floor(100 * ({percent})) >= 0.5)) / 100";

    private static string Percentile(string value, string share)
    {
        var sorted = $"arraySort(groupArray({value}))";
        var place = $"({share} * (length({sorted}) - 1))";
        var low = $"{sorted}[toUInt64(floor({place})) + 1]";
        var high = $"{sorted}[least(toUInt64(floor({place})) + 2, length({sorted}))]";
        return $"if(length({sorted}) = 0, NULL, {low} + ({high} - {low}) * ({place} - floor({place})))";
    }

    private IEnumerable<string> Made(IReadOnlyList<PipeMade> made) => made.Select(one => $"{Aggregate(one.Aggregate, one.Value)} AS {one.Alias}");
}
