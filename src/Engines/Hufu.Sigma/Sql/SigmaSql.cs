using Hufu.Kernel;
using Hufu.Sigma.Matching;
using Hufu.Sigma.Sql;

namespace Hufu.Sigma;

/// <summary>
/// Translates rules to SQL that finds what <see cref="SigmaEngine"/> finds: no more, no fewer. Logic is two-valued: a test on a field that an event
/// lacks is false, not NULL, and its negation true. What a database cannot say exactly is refused with the reason.
/// </summary>
public static class SigmaSql
{
    /// <summary>Bounds of ClickHouse that statements of long lists of values, or with several correlations, go beyond; to be set for the session.</summary>
    public static IReadOnlyList<(string Name, long Value)> ClickHouseSettings { get; } = [("max_query_size", 10_000_000), ("max_ast_elements", 1_000_000), ("max_expanded_ast_elements", 10_000_000), ("max_ast_depth", 10_000)];

    /// <summary>The condition under which a row is an event that a rule matches, with the filters that act on it, whatever its log source.</summary>
    /// <param name="engine">The set of rules.</param>
    /// <param name="rule">A rule of the set.</param>
    /// <param name="schema">The table.</param>
    /// <returns>A condition that is never NULL, in brackets where it needs them; or why there is none.</returns>
    public static Result<string> Condition(SigmaEngine engine, SigmaDetectionRule rule, SigmaSqlSchema schema)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(schema);
        if (engine.MatcherOf(rule) is not { } matcher) throw new ArgumentException($"The rule '{rule.Key}' is not of this set.", nameof(rule));
        try
        {
            return Result.Of(new SqlTranslation(schema).Of(matcher));
        }
        catch (SqlRefusal refusal)
        {
            return Result.Fail<string>(refusal.At(rule.Source));
        }
    }

    /// <summary>
    /// A statement that gives the hits of a rule. Of a detection: its events, in the order of the table's time. Of a correlation: a row for each time that a
    /// <see cref="SigmaSession"/> without bounds fires to which the events come in the order of their time, with the event that completed it (its time and what the table
    /// orders by), the values of the group and the figure that was compared.
    /// </summary>
    /// <param name="engine">The set of rules.</param>
    /// <param name="rule">A detection or correlation of the set.</param>
    /// <param name="schema">The table, with its name.</param>
    /// <returns>One statement without a semicolon; or why there is none.</returns>
    public static Result<string> Statement(SigmaEngine engine, SigmaRule rule, SigmaSqlSchema schema)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            return Result.Of(new SqlStatement(engine, schema).Of(rule));
        }
        catch (SqlRefusal refusal)
        {
            return Result.Fail<string>(refusal.At(rule.Source));
        }
    }

    /// <summary>The condition, never NULL, that an expression, which may be NULL, is one of some texts regardless of case, as rules compare them. A star at the end of a text stands for any ending.</summary>
    public static string Same(SigmaSqlDialect dialect, string expression, IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(texts);
        var schema = new SigmaSqlSchema(dialect, _ => new SigmaSqlField(expression), []);
        return new SqlTranslation(schema).Of(new OrMatcher([.. texts.Select(text => new FieldMatcher("value", new PatternTest(text.EndsWith('*') ? Pattern.OfLiteral(text[..^1]).WithStarAfter() : Pattern.OfLiteral(text), cased: false), text))]));
    }

    /// <summary>A name of a column, whatever is in it.</summary>
    public static string Name(SigmaSqlDialect dialect, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return SqlWords.Of(dialect).Name(name);
    }

    /// <summary>A text as a literal of a database, whatever is in it.</summary>
    public static string Literal(SigmaSqlDialect dialect, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SqlWords.Of(dialect).Literal(text);
    }
}
