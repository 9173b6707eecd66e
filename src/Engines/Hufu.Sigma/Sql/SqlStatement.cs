using System.Globalization;
using System.Text;
using Hufu.Sigma.Correlation;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Sql;

/// <summary>
/// Says a rule as one statement. A correlation is a chain of named tables: the matches of its rules ("m", then "n" in order), the figure with each ("q"), the runs of
/// events over which the condition holds ("s") and the events at which it fires ("h"), which are matches again for correlations that refer to it.
/// </summary>
internal sealed class SqlStatement(SigmaEngine engine, SigmaSqlSchema schema)
{
    // Chains of so many rules are asked for as columns, each from those before.
    private const int MostOrdered = 12;
    private const int MostOrderedExpression = 6;

    // Stands for no moment: before all of them.
    private const string Never = "-9000000000000000000";

    private readonly SqlWords words = SqlWords.Of(schema.Dialect);
    private readonly SqlTranslation translation = new(schema);
    private readonly List<string> tables = [];
    private readonly HashSet<int> made = [];

    public string Of(SigmaRule rule)
    {
        if (schema.Table.Length == 0 || schema.Time.Length == 0 || schema.Order.Count == 0) throw new ArgumentException("A statement needs the table's name, time and order.");
        switch (rule)
        {
            case SigmaDetectionRule detection:
                // The condition stands within, where no name of a result can be taken for a column.
                return $"SELECT {string.Join(", ", schema.Order.Concat(schema.Shown).Prepend(("time", words.Integer(schema.Time))).Select(part => $"{part.Item2} AS {words.Name(part.Item1)}"))} FROM (SELECT * FROM {schema.Table} WHERE {Where(detection)}) AS found ORDER BY {string.Join(", ", Enumerable.Range(1, schema.Order.Count + 1))}";
            case SigmaCorrelationRule:
                var index = Enumerable.Range(0, engine.Correlations.Count).FirstOrDefault(i => ReferenceEquals(engine.Correlations[i].Rule, rule), -1);
                if (index < 0) throw new ArgumentException($"The rule '{rule.Key}' is not of this set.", nameof(rule));
                Correlation(index);
                return $"WITH {string.Join(",\n", tables)}\nSELECT {string.Join(", ", Results(engine.Correlations[index]))} FROM h{index} ORDER BY ord";
            default:
                throw new SqlRefusal("sigma.sql.filter", "過濾規則加在它所作用的規則裡，本身沒有敘述句。", "A filter is part of the rules that it acts on and has no statement of its own.");
        }
    }

    private IEnumerable<string> Results(CorrelationPlan plan)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        yield return $"ts AS {Free("time")}";
        for (var i = 0; i < schema.Order.Count; i++) yield return $"o{i} AS {Free(schema.Order[i].Name)}";
        for (var i = 0; i < plan.Rule.GroupBy.Count; i++) yield return $"coalesce(g{i}, '') AS {Free(plan.Rule.GroupBy[i])}";
        yield return $"figure AS {Free("figure")}";

        string Free(string name)
        {
            var free = name;
            for (var n = 2; !taken.Add(free); n++) free = string.Create(CultureInfo.InvariantCulture, $"{name}_{n}");
            return words.Name(free);
        }
    }

    private string Where(SigmaDetectionRule rule)
    {
        var condition = translation.Of(engine.MatcherOf(rule) ?? throw new ArgumentException($"The rule '{rule.Key}' is not of this set."));
        if (schema.Source is not { } sources) return condition;
        var source = sources(rule.LogSource) ?? throw new SqlRefusal("sigma.sql.source", $"表格無法分辨記錄來源「{rule.LogSource}」。", $"The table cannot tell which events are of the log source '{rule.LogSource}'.");
        return source == words.True ? condition : $"{source} AND {condition}";
    }

    private void Correlation(int index)
    {
        if (!made.Add(index)) return;
        var plan = engine.Correlations[index];
        var condition = plan.Rule.Condition;
        foreach (var input in plan.Inputs)
        {
            if (input.Rule is SigmaCorrelationRule) Correlation(PlanOf(input.Rule));
        }

        var (byNumber, byValue) = (plan.ByNumber, plan.ByValue);
        var groups = Enumerable.Range(0, plan.Rule.GroupBy.Count).ToList();
        var values = byValue ? Enumerable.Range(0, condition.Fields.Count).ToList() : [];

        // Matches: an event of several rules comes once for each, in the order of the correlation's list.
        Add($"m{index}", string.Join("\n  UNION ALL ", plan.Inputs.Select(input => Matches(input, byNumber, byValue))));
        var keys = groups.Select(i => $"{words.Folded($"g{i}")} AS f{i}").ToList();
        if (byValue) keys.Add($"{Key(values)} AS v");
        if (byNumber) keys.Add($"{words.Real("x")} AS w");
        var counted = byValue ? string.Join(" AND ", values.Select(i => $"v{i} IS NOT NULL")) : byNumber ? "x IS NOT NULL" : words.True;
        Add($"k{index}", $"SELECT {string.Join(", ", keys.Prepend("*"))}, row_number() OVER (ORDER BY {string.Join(", ", Enumerable.Range(0, schema.Order.Count).Select(i => $"o{i}").Prepend("ts"))}, input, sub) AS ord FROM m{index} WHERE {counted}");

        var partition = groups.Count == 0 ? "" : "PARTITION BY " + string.Join(", ", groups.Select(i => $"f{i}"));
        Add($"n{index}", $"SELECT *, {Held(partition)} AS held FROM k{index}");
        var (figure, holds, from) = Figure(index, plan, new SqlWindow(partition, Span(plan)));
        Add($"q{index}", $"SELECT *, {figure} AS figure FROM {from}");
        Add($"t{index}", $"SELECT *, {holds ?? Bounds(condition)} AS holds FROM q{index}");
        Add($"s{index}", $"SELECT *, sum(CASE WHEN holds THEN 0 ELSE 1 END) OVER ({partition} ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island FROM t{index}");
        Add($"h{index}", $"SELECT * FROM s{index} WHERE ord IN ({words.Fired($"s{index} WHERE holds", string.Join(", ", groups.Select(i => $"f{i}").Append("island")), Span(plan))})");

        string Held(string within) => Within(new SqlWindow(within, Span(plan)));
    }

    /// <summary>The figure with each event, the condition where it is not one of bounds, and the table that both are computed from.</summary>
    private (string Figure, string? Holds, string From) Figure(int index, CorrelationPlan plan, SqlWindow window)
    {
        var (condition, all) = (plan.Rule.Condition, "ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
        switch (plan.Rule.Type)
        {
            case SigmaCorrelationType.EventCount:
                return (words.Real("held"), null, $"n{index}");
            case SigmaCorrelationType.ValueCount:
                return (words.Real(words.Distinct("v", window)), null, $"n{index}");
            case SigmaCorrelationType.ValuePercentile when condition.Percentile is { } percent:
                return (words.Percentile("w", percent / 100, window), null, $"n{index}");
            case SigmaCorrelationType.ValuePercentile:
                var same = window.Partition.Length == 0 ? "PARTITION BY v" : window.Partition + ", v";
                return ($"{words.Double(100)} * {words.Real(Within(window with { Partition = same }))} / {words.Real("held")}", null, $"n{index}");
            case SigmaCorrelationType.ValueSum or SigmaCorrelationType.ValueAverage:
                // Whole numbers of millionths are summed, so that what comes and what goes is exact.
                Add($"d{index}", $"SELECT *, {words.Millionths("w")} AS u, CASE WHEN w = trunc(w) THEN 0 ELSE 1 END AS b FROM n{index}");
                Add($"e{index}", $"SELECT *, sum(u) OVER ({window.Partition} {all}) - {words.Gone("u", window)} AS total, max(b) OVER ({window.Partition} {all}) AS broken FROM d{index}");
                var sum = words.OfMillionths("total", "(broken = 1)");
                return (plan.Rule.Type == SigmaCorrelationType.ValueSum ? sum : $"{sum} / {words.Real("held")}", null, $"e{index}");
            default:
                return Temporal(index, plan, window, all);
        }
    }

    /// <summary>How many events of a group the time span that ends with an event has.</summary>
    private string Within(SqlWindow window) => $"{words.Integer($"row_number() OVER ({window.Partition} ORDER BY ord)")} - {words.Integer(words.Gone(null, window))}";

    /// <summary>
    /// Of each rule the last match, and of each order of rules the last moment at which a chain of matches in it began: the time span has one where that is within.
    /// Matches of one moment count in either order.
    /// </summary>
    private (string Figure, string? Holds, string From) Temporal(int index, CorrelationPlan plan, SqlWindow window, string all)
    {
        var (rules, ordered, expression) = (plan.Inputs.Length, plan.Rule.Type == SigmaCorrelationType.TemporalOrdered, plan.Rule.Condition.ExpressionMatcher);
        if (ordered && rules > (expression is null ? MostOrdered : MostOrderedExpression))
            throw new SqlRefusal("sigma.sql.ordered", $"依序的關聯超過 {(expression is null ? MostOrdered : MostOrderedExpression)} 條規則。", $"A correlation in order of more than {(expression is null ? MostOrdered : MostOrderedExpression)} rules is too large for a statement.");
        var from = $"l{index}_1";
        Add(from, $"SELECT *, {Last(Enumerable.Range(0, rules).Select(rule => ($"CASE WHEN input = {rule} THEN ts ELSE {Never} END", One(rule))))} FROM n{index}");
        string Seen(int rule) => Within(One(rule));
        var distinct = words.Real(string.Join(" + ", Enumerable.Range(0, rules).Select(rule => $"CASE WHEN {Seen(rule)} THEN 1 ELSE 0 END")));
        if (!ordered) return (distinct, expression is null ? null : Expression(expression, Seen, Seen, negated: false), from);

        // Which sets of rules, in order, make the condition true; each may begin with what others are made of.
        var sets = expression is null ? [] : Enumerable.Range(0, 1 << rules).Select(set => (Set: set, Condition: Expression(expression, rule => (set >> rule & 1) != 0 ? words.True : words.False, Seen, negated: false))).Where(pair => pair.Condition != words.False).ToList();
        var needed = sets.SelectMany(pair => Beginnings(pair.Set)).ToHashSet();
        for (var length = 2; length <= rules; length++)
        {
            var columns = new List<(string, string)>();
            for (var rule = length - 1; rule < rules; rule++)
            {
                var before = Enumerable.Range(length - 2, rule - length + 2).Select(other => Chain(other, length - 1)).ToList();
                columns.Add(($"CASE WHEN {One(rule)} = ts THEN {(before.Count == 1 ? before[0] : $"greatest({string.Join(", ", before)})")} ELSE {Never} END", Chain(rule, length)));
            }

            foreach (var set in needed.Where(set => int.PopCount(set) == length))
                columns.Add(($"CASE WHEN {One(int.Log2(set))} = ts THEN {Set(set & ~(1 << int.Log2(set)))} ELSE {Never} END", Set(set)));
            Add($"l{index}_{length}", $"SELECT *, {Last(columns)} FROM {from}");
            from = $"l{index}_{length}";
        }

        var longest = new StringBuilder("CASE");
        for (var length = rules; length > 0; length--) longest.Append(CultureInfo.InvariantCulture, $" WHEN {string.Join(" OR ", Enumerable.Range(length - 1, rules - length + 1).Select(rule => Within(Chain(rule, length))))} THEN {length}");
        var holds = expression is null ? null : Any([.. sets.Select(pair => All([pair.Set == 0 ? words.True : Within(Set(pair.Set)), pair.Condition]))]);
        return (words.Real($"({longest} ELSE 0 END)"), holds, from);

        string Last(IEnumerable<(string Value, string Name)> columns) => string.Join(", ", columns.Select(column => $"max({column.Value}) OVER ({window.Partition} {all}) AS {column.Name}"));

        string Within(string column) => string.Create(CultureInfo.InvariantCulture, $"{column} > ts - {window.Span}");

        static string One(int rule) => Chain(rule, 1);

        static string Chain(int rule, int length) => string.Create(CultureInfo.InvariantCulture, $"c{rule}_{length}");

        static string Set(int set) => int.PopCount(set) == 1 ? One(int.Log2(set)) : string.Create(CultureInfo.InvariantCulture, $"c_{set}");

        static IEnumerable<int> Beginnings(int set)
        {
            for (; int.PopCount(set) > 1; set &= ~(1 << int.Log2(set))) yield return set;
        }
    }

    /// <summary>A condition over the names of rules, in the words of what is known of each; under a negation, another thing may be known.</summary>
    private string Expression(Matcher expression, Func<int, string> plain, Func<int, string> under, bool negated) => expression switch
    {
        NotMatcher not => Expression(not.Item, plain, under, !negated) is var item && item == words.True ? words.False : item == words.False ? words.True : $"(NOT ({item}))",
        AndMatcher and => All([.. and.Items.Select(item => Expression(item, plain, under, negated))]),
        OrMatcher or => Any([.. or.Items.Select(item => Expression(item, plain, under, negated))]),
        SeenMatcher seen => negated ? under(seen.Index) : plain(seen.Index),
        _ => throw new InvalidOperationException($"Matcher {expression.GetType().Name} has no SQL."),
    };

    private string All(IReadOnlyList<string> items) => items.Contains(words.False) ? words.False : Both([.. items.Where(item => item != words.True)], " AND ", words.True);

    private string Any(IReadOnlyList<string> items) => items.Contains(words.True) ? words.True : Both([.. items.Where(item => item != words.False)], " OR ", words.False);

    private static string Both(List<string> items, string word, string none) => items.Count switch { 0 => none, 1 => items[0], _ => "(" + string.Join(word, items) + ")" };

    private string Bounds(SigmaCorrelationCondition condition) => All([.. condition.Bounds.Select(bound => $"figure {bound.Operator switch
    {
        SigmaBoundOperator.Greater => ">",
        SigmaBoundOperator.GreaterOrEqual => ">=",
        SigmaBoundOperator.Less => "<",
        SigmaBoundOperator.LessOrEqual => "<=",
        SigmaBoundOperator.Equal => "=",
        SigmaBoundOperator.NotEqual => "<>",
    }} {words.Double(bound.Value)}")]);

    private string Matches(CorrelationInput input, bool byNumber, bool byValue)
    {
        List<(string Name, string Value)> columns;
        if (input.Rule is SigmaDetectionRule detection)
        {
            columns = [("ts", words.Integer(schema.Time)), .. schema.Order.Select((part, i) => ($"o{i}", part.Value)), ("sub", words.Integer("0")), .. Fields(translation.Whole, translation.Finite)];
            return Renamed($"{schema.Table} WHERE {Where(detection)}");
        }

        // What a correlation gives has the fields of its group, as texts.
        var inner = PlanOf(input.Rule);
        var names = engine.Correlations[inner].Rule.GroupBy.Select(name => name.Replace(" ", "", StringComparison.Ordinal)).ToList();
        string Field(string field) => names.IndexOf(field) is >= 0 and var at ? $"coalesce(g{at}, '')" : words.NoText;
        columns = [("ts", "ts"), .. schema.Order.Select((_, i) => ($"o{i}", $"o{i}")), ("sub", words.Integer("ord")), .. Fields(Field, field => words.Finite(words.Number(Field(field))))];
        return Renamed($"h{inner}");

        IEnumerable<(string, string)> Fields(Func<string, string> whole, Func<string, string> finite)
        {
            for (var i = 0; i < input.GroupFields.Length; i++) yield return ($"g{i}", whole(input.GroupFields[i]));
            if (byNumber) yield return ("x", finite(input.ValueFields[0]));
            for (var i = 0; byValue && i < input.ValueFields.Length; i++) yield return ($"v{i}", whole(input.ValueFields[i]));
        }

        // In two steps, so that no name is both of what is made here and of what it is made of.
        string Renamed(string from) => string.Create(CultureInfo.InvariantCulture,
            $"SELECT {string.Join(", ", columns.Select(column => $"hufu_{column.Name} AS {column.Name}"))}, {input.Index} AS input FROM (SELECT {string.Join(", ", columns.Select(column => $"{column.Value} AS hufu_{column.Name}"))} FROM {from}) AS found");
    }

    /// <summary>One text of several, which no others give; case does not count.</summary>
    private string Key(List<int> values)
    {
        var texts = values.ConvertAll(i => words.Folded($"v{i}"));
        return texts.Count == 1 ? texts[0] : words.Joined(texts.SelectMany(text => new[] { words.Length(text), "':'", text }));
    }

    private int PlanOf(SigmaRule rule)
    {
        for (var i = 0; i < engine.Correlations.Count; i++)
        {
            if (ReferenceEquals(engine.Correlations[i].Rule, rule)) return i;
        }

        throw new InvalidOperationException($"The correlation '{rule.Key}' has no plan.");
    }

    private static long Span(CorrelationPlan plan) => plan.Span / TimeSpan.TicksPerMicrosecond;

    private void Add(string name, string text) => tables.Add($"{name} AS ({text})");
}
