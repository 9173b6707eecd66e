using System.Globalization;
using System.Text.RegularExpressions;

namespace Hufu.Logs.Search;

/// <summary>
/// How one database says what searches and commands need. The meaning is DuckDB's; another one says it so that the same events come out, in the same order.
/// What a database cannot say exactly throws <see cref="DialectException"/>.
/// </summary>
internal abstract class SqlDialect
{
    public abstract string True { get; }

    public abstract string False { get; }

    /// <summary>The text of the record: kept in full only where the raw line does not end with it.</summary>
    public abstract string Message { get; }

    /// <summary>A value of the user's or of ours in a statement; what the statement needs beside it is added to the parameters.</summary>
    public abstract string Value(object value, List<(string Name, object Value)> parameters);

    /// <summary>Microseconds since 1970 as what the column of times is compared with.</summary>
    public abstract string Time(string microseconds);

    /// <summary>The time of the column as microseconds since 1970.</summary>
    public abstract string Microseconds(string time);

    /// <summary>The value of the map of fields by a name; NULL where there is none.</summary>
    public abstract string Field(string name);

    /// <summary>The same by the name itself.</summary>
    /// <param name="name">The name.</param>
    /// <param name="add">Makes a parameter.</param>
    public virtual string FieldNamed(string name, Func<object, string> add) => Field(add(name));

    /// <summary>A column as text.</summary>
    public abstract string Text(string column);

    /// <summary>A column has a text without case somewhere.</summary>
    public abstract string Contains(string column, string text, Func<object, string> add);

    /// <summary>An RE2 pattern matches somewhere.</summary>
    public abstract string Matches(string column, string pattern, Func<object, string> add);

    /// <summary>An RE2 pattern matches all of it.</summary>
    public abstract string MatchesWhole(string column, string pattern, Func<object, string> add);

    /// <summary>Each letter as its lower case, by the tables of Unicode and without regard to what stands beside it.</summary>
    public abstract string Lower(string text);

    /// <summary>A column is a text but for the case of letters.</summary>
    public virtual string Same(string column, string text, Func<object, string> add) => $"{Lower(column)} = {Lower(add(text))}";

    /// <summary>A text as a number; NULL where it is none, or is infinite.</summary>
    public abstract string Number(string text);

    /// <summary>The key of a field that is an address (<see cref="IpKey.Text"/>); what compares with nothing where it is none.</summary>
    public abstract string AddressKey(string field, SearchSql sql);

    /// <summary>False, not NULL, where there is nothing to test.</summary>
    public virtual string Sure(string condition) => $"coalesce({condition}, {False})";

    /// <summary>A condition that holds wherever a text occurs in the record and that an index answers; null for none.</summary>
    public virtual string? Hint(string text, Func<object, string> add) => null;

    public abstract string Integer(string value);

    public abstract string Double(string value);

    /// <summary>A column of a result.</summary>
    public abstract string Result(string column, LogColumnType type);

    /// <summary>What is computed of a group.</summary>
    public abstract string Aggregate(PipeAggregate aggregate, string? value);

    /// <summary>Groups rows by keys, with what is computed of each group.</summary>
    public abstract string Groups(PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, IReadOnlyList<PipeMade> made);

    /// <summary>The first row, in an order, of those that have the same values.</summary>
    public abstract string Firsts(PipeRows rows, IReadOnlyList<string> values, string orderBy);

    /// <summary>The most or least frequent values for each key, their number and their share in percent with two decimals. The place orders the values of a key.</summary>
    public abstract (string Text, List<string> Order, List<string> OrderAliases) Top(
        PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, (string Value, string Alias, LogColumnType Type) field, string count, string percent, string place, int most, bool rare);

    /// <summary>Groups by slice of time and the most frequent values of a text; the others together.</summary>
    public abstract string Series(PipeRows rows, (string Value, string Alias) slot, (string Value, string Alias, LogColumnType Type) split, string place, string series, IReadOnlyList<PipeMade> made);

    /// <summary>Begin of the slice that a time is in, for slices of so many microseconds, shifted so that no time is below zero.</summary>
    public abstract string Slot(string time, long shift, long size);
}

/// <summary>Rows that a command works on.</summary>
/// <param name="Text">A statement that gives them.</param>
/// <param name="From">The same as what follows FROM, with a WHERE, while nothing but conditions were applied to the table; null afterwards.</param>
internal readonly record struct PipeRows(string Text, string? From)
{
    /// <summary>What follows FROM, with a further condition.</summary>
    public string Where(string condition) => From is null ? $"({Text}) WHERE {condition}" : $"{From} AND {condition}";

    /// <summary>What follows FROM.</summary>
    public string Source => From ?? $"({Text})";
}

/// <summary>What a command computes: a function over a value, which has a name of its own where it is selected first.</summary>
internal readonly record struct PipeMade(PipeAggregate Aggregate, string? Value, string ValueAlias, string Alias);

/// <summary>A database cannot say this exactly; the store itself can.</summary>
internal sealed class DialectException(string message) : Exception(message);

/// <summary>The store's own database.</summary>
internal sealed class DuckDialect : SqlDialect
{
    public static readonly DuckDialect Instance = new();

    private DuckDialect()
    {
    }

    public override string True => "true";

    public override string False => "false";

    public override string Message => "coalesce(message, right(raw, message_chars))";

    public override string Value(object value, List<(string Name, object Value)> parameters)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"p{parameters.Count}");
        parameters.Add((name, value));
        return "$" + name;
    }

    public override string Time(string microseconds) => $"make_timestamp({microseconds}::BIGINT)";

    public override string Microseconds(string time) => $"epoch_us({time})";

    public override string Field(string name) => $"map_extract_value(others, {name})";

    public override string FieldNamed(string name, Func<object, string> add) => KnownFields.Names.Contains(name, StringComparer.Ordinal) ? KnownFields.ColumnOf(name) : base.FieldNamed(name, add);

    public override string Text(string column) => $"{column}::VARCHAR";

    public override string Contains(string column, string text, Func<object, string> add) => $"contains({column}, {add(text)})";

    public override string Matches(string column, string pattern, Func<object, string> add) => $"regexp_matches({column}, {add(pattern)})";

    public override string MatchesWhole(string column, string pattern, Func<object, string> add) => $"regexp_full_match({column}, {add(pattern)})";

    /// <summary>Digits have no case: rows that lack those of a text are passed over before its letters are compared.</summary>
    public override string? Hint(string text, Func<object, string> add)
    {
        if (!text.Any(char.IsAsciiLetter)) return null;
        var run = Regex.Matches(text, "[ -)+-@\\[-`{-~]{2,}").Select(match => match.Value).Where(value => value.Any(char.IsAsciiDigit)).MaxBy(value => value.Length);
        if (run is null) return null;
        var sought = add(run);
        return $"(contains(raw, {sought}) OR coalesce(contains(message, {sought}), false))";
    }

    public override string Lower(string text) => $"lower({text})";

    public override string Number(string text) => $"CASE WHEN isfinite(try_cast({text} AS DOUBLE)) THEN try_cast({text} AS DOUBLE) END";

    public override string AddressKey(string field, SearchSql sql) => $"{SearchSql.AddressFunction}({sql.Column(field)})";

    public override string Integer(string value) => $"{value}::BIGINT";

    public override string Double(string value) => $"{value}::DOUBLE";

    public override string Result(string column, LogColumnType type) => type == LogColumnType.Time ? $"epoch_us({column})" : column;

    public override string Aggregate(PipeAggregate aggregate, string? value) => aggregate.Function switch
    {
        "count" => value is null ? "count(*)" : $"count({value})",
        "dc" => $"count(DISTINCT {value})",
        "sum" or "avg" or "min" or "max" => $"{aggregate.Function}({value})",
        "p" => string.Create(CultureInfo.InvariantCulture, $"quantile_cont({value}, {aggregate.Percent / 100m})"),
        _ => throw new InvalidOperationException($"Function {aggregate.Function} has no SQL."),
    };

    public override string Groups(PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, IReadOnlyList<PipeMade> made)
    {
        var names = string.Join(", ", keys.Select(key => key.Alias));
        return $"SELECT {string.Join(", ", keys.Select(key => key.Alias).Append(Outer(made)))} FROM (SELECT {string.Join(", ", keys.Select(key => $"{key.Value} AS {key.Alias}").Append(Inner(made)))} FROM ({rows.Text})){(keys.Count > 0 ? " GROUP BY " + names : "")}";
    }

    public override string Firsts(PipeRows rows, IReadOnlyList<string> values, string orderBy) => $"SELECT * FROM ({rows.Text}) QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", values)}{orderBy}) = 1";

    public override (string Text, List<string> Order, List<string> OrderAliases) Top(
        PipeRows rows, IReadOnlyList<(string Value, string Alias)> keys, (string Value, string Alias, LogColumnType Type) field, string count, string percent, string place, int most, bool rare)
    {
        var names = keys.Select(key => key.Alias).ToList();
        var within = names.Count > 0 ? $"PARTITION BY {string.Join(", ", names)}" : "";
        var grouped = string.Join(", ", names.Append(field.Alias));
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            SELECT * FROM (
              SELECT *, round(100.0 * {count} / sum({count}) OVER ({within}), 2) AS {percent}, row_number() OVER ({within} ORDER BY {count} {(rare ? "ASC" : "DESC")}, {field.Alias}) AS {place}
              FROM (SELECT {grouped}, count(*) AS {count} FROM (SELECT {string.Join(", ", keys.Append((field.Value, field.Alias)).Select(key => $"{key.Item1} AS {key.Item2}"))} FROM ({rows.Text}))
                WHERE {field.Alias} IS NOT NULL GROUP BY {grouped}))
            WHERE {place} <= {most}
            """);
        return (text, [.. names.Select(key => key + " NULLS LAST"), place], [.. names, place]);
    }

    public override string Series(PipeRows rows, (string Value, string Alias) slot, (string Value, string Alias, LogColumnType Type) split, string place, string series, IReadOnlyList<PipeMade> made) => string.Create(CultureInfo.InvariantCulture, $"""
        WITH found AS MATERIALIZED (SELECT {slot.Value} AS {slot.Alias}, {split.Value}::VARCHAR AS {split.Alias}, {Inner(made)} FROM ({rows.Text})),
          places AS (SELECT {split.Alias}, row_number() OVER (ORDER BY count(*) DESC, {split.Alias} NULLS LAST) AS {place} FROM found GROUP BY {split.Alias})
        SELECT {slot.Alias}, {place}, CASE WHEN {place} > {PipeParser.MaxSeries} THEN 'other' ELSE any_value({split.Alias}) END AS {series}, {Outer(made)} FROM (
          SELECT found.*, least(places.{place}, {PipeParser.MaxSeries + 1}) AS {place} FROM found JOIN places ON found.{split.Alias} IS NOT DISTINCT FROM places.{split.Alias})
        GROUP BY {slot.Alias}, {place}
        """);

    public override string Slot(string time, long shift, long size) => string.Create(CultureInfo.InvariantCulture, $"make_timestamp((epoch_us({time}) + {shift}::BIGINT) // {size}::BIGINT * {size}::BIGINT - {shift}::BIGINT)");

    private static string Inner(IReadOnlyList<PipeMade> made) => string.Join(", ", made.Where(one => one.Value is not null).Select(one => $"{one.Value} AS {one.ValueAlias}").Prepend("1 AS one"));

    private string Outer(IReadOnlyList<PipeMade> made) => string.Join(", ", made.Select(one => $"{Aggregate(one.Aggregate, one.Value is null ? null : one.ValueAlias)} AS {one.Alias}"));
}
