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
    /// <summary>The database's function from the text of an address to <see cref="IpKey.Text"/>; NULL for what is no address.</summary>
    public const string AddressFunction = "hufu_address";

    private static readonly Dictionary<string, int> Severities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["emerg"] = 0, ["emergency"] = 0, ["alert"] = 1, ["crit"] = 2, ["critical"] = 2, ["err"] = 3, ["error"] = 3, ["warning"] = 4, ["warn"] = 4,
        ["notice"] = 5, ["info"] = 6, ["informational"] = 6, ["debug"] = 7,
    };

    private readonly List<(string Name, object Value)> parameters = [];

    private SearchSql(SqlDialect dialect)
    {
        Dialect = dialect;
        Condition = dialect.True;
    }

    public SqlDialect Dialect { get; }

    public string Condition { get; private set; }

    /// <summary>What the statement needs beside its text.</summary>
    public IReadOnlyList<(string Name, object Value)> Parameters => parameters;

    public static SearchSql Compile(SearchQuery query, DateTimeOffset? from, DateTimeOffset? to, SqlDialect? dialect = null)
    {
        var sql = new SearchSql(dialect ?? DuckDialect.Instance);
        sql.Condition = sql.And(query, from, to);
        return sql;
    }

    private string And(SearchQuery query, DateTimeOffset? from, DateTimeOffset? to)
    {
        var conditions = new List<string>();
        if (from is { } first) conditions.Add($"time >= {Dialect.Time(Add(Store.EventCodec.Micros(first)))}");
        if (to is { } last) conditions.Add($"time < {Dialect.Time(Add(Store.EventCodec.Micros(last)))}");
        if (query.Root is { } root) conditions.Add(Node(root));
        return conditions.Count > 0 ? string.Join(" AND ", conditions) : Dialect.True;
    }

    /// <summary>The events that at least one hold keeps.</summary>
    public static SearchSql Holding(IReadOnlyList<LegalHold> holds)
    {
        var sql = new SearchSql(DuckDialect.Instance);
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
        "severity" or "facility" => Dialect.Text(field),
        "message" => Dialect.Message,
        _ when EcsNames.SourcesOf(field) is { } names => $"coalesce({string.Join(", ", names.Select(name => name[0] == '@' ? Column(name[1..]) : Map(name)).Prepend(Map(field)))})",
        _ => Map(field),
    };

    private string Map(string name) => Dialect.FieldNamed(name, Add);

    private string Node(SearchNode node) => node switch
    {
        AllOf all => "(" + string.Join(" AND ", all.Items.Select(Node)) + ")",
        AnyOf any => "(" + string.Join(" OR ", any.Items.Select(Node)) + ")",
        NoneOf none => $"(NOT {Node(none.Item)})",
        WordTerm word => Word(word.Text),
        FieldTerm field => Field(field),
        RegexTerm pattern => Dialect.Sure(Dialect.Matches(pattern.Field is null ? "raw" : Column(pattern.Field), RegexCheck.Prefix + pattern.Pattern, Add)),
        AddressTerm address => Address(address),
        RangeTerm range => Range(range),
        _ => throw new InvalidOperationException($"Search node {node.GetType().Name} has no SQL."),
    };

    private string Word(string text)
    {
        var trimmed = text.Trim(SearchParser.Wildcard);
        if (trimmed.Length == 0) return Dialect.True;
        // The message is part of the raw line, except where it was unescaped, as in JSON.
        var found = $"({Dialect.Sure(Contains("raw", trimmed))} OR {Dialect.Sure(Contains("message", trimmed))})";
        return Dialect.Hint(trimmed, Add) is { } hint ? $"({hint} AND {found})" : found;
    }

    private string Contains(string column, string text)
    {
        // Letters without case need no regular expression: Chinese text takes the faster way.
        if (!text.Contains(SearchParser.Wildcard, StringComparison.Ordinal) && text.EnumerateRunes().All(rune => Rune.ToUpperInvariant(rune) == rune && Rune.ToLowerInvariant(rune) == rune))
            return Dialect.Contains(column, text, Add);
        return Dialect.Matches(column, "(?is)" + Pattern(text), Add);
    }

    private string Field(FieldTerm term)
    {
        var column = Column(term.Field);
        if (term.Operator.Length > 0)
        {
            return Dialect.Sure($"{Dialect.Number(column)} {term.Operator} {Add(SearchParser.Number(term.Value)!.Value)}");
        }

        if (term.Value.Length > 0 && term.Value.Trim(SearchParser.Wildcard).Length == 0) return $"({column} IS NOT NULL)";
        if (term.Field == "severity" && Severities.TryGetValue(term.Value, out var severity)) return Dialect.Sure($"severity = {Add(severity)}");
        if (term.Field is "message" or "raw") return Dialect.Sure(Contains(column, term.Value.Trim(SearchParser.Wildcard)));
        if (term.Value.Contains(SearchParser.Wildcard, StringComparison.Ordinal)) return Dialect.Sure(Dialect.MatchesWhole(column, "(?is)" + Pattern(term.Value), Add));
        return Dialect.Sure(Dialect.Same(column, term.Value, Add));
    }

    private string Address(AddressTerm term)
    {
        if (term.Low > term.High) return Dialect.False;
        var key = Dialect.AddressKey(term.Field, this);
        var condition = $"{key} BETWEEN {Add(IpKey.Text(term.Low))} AND {Add(IpKey.Text(term.High))}";
        // A wide network of IPv6 spans the numbers that stand for IPv4 addresses, which are not in it.
        if (!term.V4 && term.Low <= IpKey.LastV4 && term.High >= IpKey.FirstV4) condition += $" AND NOT ({key} BETWEEN {Add(IpKey.Text(IpKey.FirstV4))} AND {Add(IpKey.Text(IpKey.LastV4))})";
        return Dialect.Sure(condition);
    }

    private string Range(RangeTerm term)
    {
        var column = Column(term.Field);
        column = term.Numbers ? Dialect.Number(column) : Dialect.Lower(column);
        var sides = new List<string>();
        if (term.Low is { } low) sides.Add($"{column} >{(term.WithLow ? "=" : "")} {Bound(low)}");
        if (term.High is { } high) sides.Add($"{column} <{(term.WithHigh ? "=" : "")} {Bound(high)}");
        return Dialect.Sure(string.Join(" AND ", sides));

        string Bound(string text) => term.Numbers ? Add(SearchParser.Number(text)!.Value) : Dialect.Lower(Add(text));
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

    public string Add(object value) => Dialect.Value(value, parameters);
}
