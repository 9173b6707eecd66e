using Hufu.Logs.Search;

namespace Hufu.Logs;

/// <summary>How a timechart was split: which of its figures are none where there is no row.</summary>
/// <param name="Counts">For each figure whether it counts, so that nothing means zero.</param>
internal sealed record LogSplit(IReadOnlyList<bool> Counts)
{
    /// <summary>What the rows of the values beyond the most frequent are called.</summary>
    public const string Rest = "other";

    /// <summary>The split of a search whose rows are those of a timechart by a field, in their order; null for another.</summary>
    public static LogSplit? Of(IReadOnlyList<PipeCommand> commands)
    {
        var at = commands.Count - 1;
        while (at >= 0 && commands[at] is WhereCommand) at--;
        return at >= 0 && commands[at] is TimechartCommand { By: not null } chart ? new LogSplit([.. chart.Aggregates.Select(a => a.Function is "count" or "dc")]) : null;
    }
}

/// <summary>A timechart by a field as people read it: a row a slice of time, a column a value.</summary>
public static class WideTable
{
    /// <summary>
    /// The table with a column for each value, the one with most first and the rest last; null where it is no timechart by a field, or where its rows
    /// were sorted, cut or chosen after it. A slice without any event has no row here either.
    /// </summary>
    /// <param name="table">The table, a row a slice and value.</param>
    /// <param name="rest">What the column of the values beyond the most frequent is called.</param>
    /// <param name="none">What the column of the events without the field is called.</param>
    public static LogTable? Of(LogTable table, string rest, string none)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Split is not { } split || table.Columns.Count < 3) return null;
        var figures = table.Columns.Count - 2;
        var keys = table.Rows.Select(row => (string?)row[1]).Distinct().ToList();
        // A value may be called as the rest is: the rest stands after it.
        var full = keys.Count > PipeParser.MaxSeries;
        var cells = new Dictionary<(DateTimeOffset Time, Column Column), IReadOnlyList<object?>>();
        var totals = new Dictionary<Column, double>();
        var times = new List<DateTimeOffset>();
        foreach (var row in table.Rows)
        {
            if (row[0] is not DateTimeOffset time) continue;
            var key = (string?)row[1];
            var column = key == LogSplit.Rest && (full || cells.ContainsKey((time, new Column(key, false)))) ? new Column(null, true) : new Column(key, false);
            if (times.Count == 0 || times[^1] != time) times.Add(time);
            cells[(time, column)] = row;
            totals[column] = totals.GetValueOrDefault(column) + (row[2] is { } figure and (long or double) ? Convert.ToDouble(figure, System.Globalization.CultureInfo.InvariantCulture) : 0);
        }

        List<Column> order = [.. totals.Keys.OrderBy(c => c.IsRest).ThenByDescending(c => totals[c]).ThenBy(c => c.Value, StringComparer.Ordinal)];
        var columns = new List<LogColumn> { table.Columns[0] };
        foreach (var column in order)
            for (var i = 0; i < figures; i++)
                columns.Add(table.Columns[i + 2] with { Name = figures == 1 ? NameOf(column) : $"{table.Columns[i + 2].Name}: {NameOf(column)}" });
        return table with { Columns = columns, Rows = [.. times.Select(time => (IReadOnlyList<object?>)[time, .. order.SelectMany(column => Enumerable.Range(0, figures).Select(i => ValueOf(time, column, i)))])], Split = null };

        object? ValueOf(DateTimeOffset time, Column column, int figure) => cells.TryGetValue((time, column), out var row) ? row[figure + 2] : split.Counts[figure] ? 0L : null;

        string NameOf(Column column) => column.IsRest ? rest : column.Value is { Length: > 0 } value ? value : none;
    }

    private readonly record struct Column(string? Value, bool IsRest);
}
