using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace Hufu.Logs.Search;

/// <summary>
/// Turns a search into a condition with parameters. What the user wrote is only ever a parameter. Logic is two-valued: every test is
/// false, not NULL, where the event lacks the field, so that NOT finds such events.
/// </summary>
internal sealed class SearchSql
{
    /// <summary>The text of the record: kept in full only where the raw line does not end with it.</summary>
    public const string MessageSql = "coalesce(message, right(raw, message_chars))";

    /// <summary>The database's function from the text of an address to <see cref="IpKey.Text"/>; NULL for what is no address.</summary>
    public const string AddressFunction = "hufu_address";

    private static readonly Dictionary<string, int> Severities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["emerg"] = 0, ["emergency"] = 0, ["alert"] = 1, ["crit"] = 2, ["critical"] = 2, ["err"] = 3, ["error"] = 3, ["warning"] = 4, ["warn"] = 4,
        ["notice"] = 5, ["info"] = 6, ["informational"] = 6, ["debug"] = 7,
    };

    private readonly List<(string Name, object Value)> parameters = [];

    private SearchSql()
    {
    }

    public string Condition { get; private set; } = "true";

    public static SearchSql Compile(SearchQuery query, DateTimeOffset? from, DateTimeOffset? to)
    {
        var sql = new SearchSql();
        sql.Condition = sql.And(query, from, to);
        return sql;
    }

    private string And(SearchQuery query, DateTimeOffset? from, DateTimeOffset? to)
    {
        var conditions = new List<string>();
        if (from is { } first) conditions.Add($"time >= make_timestamp({Add(Store.EventCodec.Micros(first))}::BIGINT)");
        if (to is { } last) conditions.Add($"time < make_timestamp({Add(Store.EventCodec.Micros(last))}::BIGINT)");
        if (query.Root is { } root) conditions.Add(Node(root));
        return conditions.Count > 0 ? string.Join(" AND ", conditions) : "true";
    }

    /// <summary>The events that at least one hold keeps.</summary>
    public static SearchSql Holding(IReadOnlyList<LegalHold> holds)
    {
        var sql = new SearchSql();
        sql.Condition = "(" + string.Join(" OR ", holds.Select(hold => "(" + sql.And(hold.Query, hold.From, hold.To) + ")")) + ")";
        return sql;
    }

    /// <summary>Gives a database the functions that conditions call; its other connections see them as well.</summary>
    public static void Prepare(DuckDBConnection connection) => connection.RegisterScalarFunction<string, string?>(AddressFunction, text => IpKey.TryRead(text, out var key) ? IpKey.Text(key) : null);

    public void Bind(DuckDBCommand command)
    {
        foreach (var (name, value) in parameters) command.Parameters.Add(new DuckDBParameter(name, value));
    }

    /// <summary>The SQL of a field and, for one in the map, a parameter with its name.</summary>
    public string Column(string field) => field switch
    {
        "source" or "host" or "app" or "src_ip" or "format" or "raw" => field,
        "severity" or "facility" => $"{field}::VARCHAR",
        "message" => MessageSql,
        _ when EcsNames.SourcesOf(field) is { } names => $"coalesce({string.Join(", ", names.Select(name => name[0] == '@' ? Column(name[1..]) : Map(name)).Prepend(Map(field)))})",
        _ => Map(field),
    };

    private string Map(string name) => $"map_extract_value(fields, {Add(name)})";

    private string Node(SearchNode node) => node switch
    {
        AllOf all => "(" + string.Join(" AND ", all.Items.Select(Node)) + ")",
        AnyOf any => "(" + string.Join(" OR ", any.Items.Select(Node)) + ")",
        NoneOf none => $"(NOT {Node(none.Item)})",
        WordTerm word => Word(word.Text),
        FieldTerm field => Field(field),
        RegexTerm pattern => $"coalesce(regexp_matches({(pattern.Field is null ? "raw" : Column(pattern.Field))}, {Add(RegexCheck.Prefix + pattern.Pattern)}), false)",
        AddressTerm address => Address(address),
        RangeTerm range => Range(range),
        _ => throw new InvalidOperationException($"Search node {node.GetType().Name} has no SQL."),
    };

    private string Word(string text)
    {
        var trimmed = text.Trim(SearchParser.Wildcard);
        if (trimmed.Length == 0) return "true";
        // The message is part of the raw line, except where it was unescaped, as in JSON.
        return $"(coalesce({Contains("raw", trimmed)}, false) OR coalesce({Contains("message", trimmed)}, false))";
    }

    private string Contains(string column, string text)
    {
        // Letters without case need no regular expression: Chinese text takes the faster way.
        if (!text.Contains(SearchParser.Wildcard, StringComparison.Ordinal) && text.EnumerateRunes().All(rune => Rune.ToUpperInvariant(rune) == rune && Rune.ToLowerInvariant(rune) == rune))
            return $"contains({column}, {Add(text)})";
        return $"regexp_matches({column}, {Add("(?is)" + Pattern(text))})";
    }

    private string Field(FieldTerm term)
    {
        var column = Column(term.Field);
        if (term.Operator.Length > 0)
        {
            return $"coalesce({Number(column)} {term.Operator} {Add(SearchParser.Number(term.Value)!.Value)}, false)";
        }

        if (term.Value.Length > 0 && term.Value.Trim(SearchParser.Wildcard).Length == 0) return $"({column} IS NOT NULL)";
        if (term.Field == "severity" && Severities.TryGetValue(term.Value, out var severity)) return $"coalesce(severity = {Add(severity)}, false)";
        if (term.Field is "message" or "raw") return $"coalesce({Contains(column, term.Value.Trim(SearchParser.Wildcard))}, false)";
        if (term.Value.Contains(SearchParser.Wildcard, StringComparison.Ordinal)) return $"coalesce(regexp_full_match({column}, {Add("(?is)" + Pattern(term.Value))}), false)";
        return $"coalesce(lower({column}) = lower({Add(term.Value)}), false)";
    }

    /// <summary>The text of a column as a number; NULL where it is none, or is infinite.</summary>
    public static string Number(string column) => $"CASE WHEN isfinite(try_cast({column} AS DOUBLE)) THEN try_cast({column} AS DOUBLE) END";

    private string Address(AddressTerm term)
    {
        if (term.Low > term.High) return "false";
        var key = $"{AddressFunction}({Column(term.Field)})";
        var condition = $"{key} BETWEEN {Add(IpKey.Text(term.Low))} AND {Add(IpKey.Text(term.High))}";
        // A wide network of IPv6 spans the numbers that stand for IPv4 addresses, which are not in it.
        if (!term.V4 && term.Low <= IpKey.LastV4 && term.High >= IpKey.FirstV4) condition += $" AND {key} NOT BETWEEN {Add(IpKey.Text(IpKey.FirstV4))} AND {Add(IpKey.Text(IpKey.LastV4))}";
        return $"coalesce({condition}, false)";
    }

    private string Range(RangeTerm term)
    {
        var column = Column(term.Field);
        column = term.Numbers ? Number(column) : $"lower({column})";
        var sides = new List<string>();
        if (term.Low is { } low) sides.Add($"{column} >{(term.WithLow ? "=" : "")} {Bound(low)}");
        if (term.High is { } high) sides.Add($"{column} <{(term.WithHigh ? "=" : "")} {Bound(high)}");
        return $"coalesce({string.Join(" AND ", sides)}, false)";

        string Bound(string text) => term.Numbers ? Add(SearchParser.Number(text)!.Value) : $"lower({Add(text)})";
    }

    /// <summary>An RE2 pattern for a text in which only the wildcard is special.</summary>
    private static string Pattern(string text) => string.Join(".*", text.Split(SearchParser.Wildcard).Select(Quote));

    private static string Quote(string text)
    {
        var result = new StringBuilder();
        foreach (var c in text)
        {
            if (c < 128 && !char.IsAsciiLetterOrDigit(c) && c != '_') result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
            else result.Append(c);
        }

        return result.ToString();
    }

    public string Add(object value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"p{parameters.Count}");
        parameters.Add((name, value));
        return "$" + name;
    }
}
