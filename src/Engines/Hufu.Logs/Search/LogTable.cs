using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.Search;

namespace Hufu.Logs;

/// <summary>What the values of a column are.</summary>
public enum LogColumnType
{
    /// <summary>A <see cref="string"/>.</summary>
    Text,

    /// <summary>A <see cref="long"/>.</summary>
    Integer,

    /// <summary>A <see cref="double"/> that is finite.</summary>
    Number,

    /// <summary>A <see cref="DateTimeOffset"/> in UTC.</summary>
    Time,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">As the search names it.</param>
/// <param name="Type">What its values are.</param>
public sealed record LogColumn(string Name, LogColumnType Type);

/// <summary>What the commands of a search made of the events.</summary>
/// <param name="Columns">The columns, at most 32.</param>
/// <param name="Rows">The rows, each with one value for a column; null where there is none.</param>
/// <param name="Truncated">True when there are more rows than were returned.</param>
public sealed record LogTable(IReadOnlyList<LogColumn> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows, bool Truncated)
{
    /// <summary>Length of a slice of time when the last command that made columns was a timechart; absent otherwise.</summary>
    public TimeSpan? Span { get; init; }

    /// <summary>How a timechart was split, where the rows are as it made them.</summary>
    internal LogSplit? Split { get; init; }

    /// <summary>What the table lacks and why; empty when it is made of everything.</summary>
    public IReadOnlyList<LocalizedText> Notes { get; init; } = [];
}

public sealed partial class LogStore
{
    // A table of long texts ends here, whatever its number of rows.
    private const long MaxTableCharacters = 16L << 20;

    /// <summary>
    /// The table that the commands of a search make of the events it finds; without commands, the events as a table. Sealed segments and the open
    /// one are read alike.
    /// </summary>
    /// <param name="search">The search; its limit and cursor do not matter.</param>
    /// <param name="most">Most rows to return, 1 to 10,000; longer tables are cut and say so. A table also ends at 16 Mi characters.</param>
    /// <param name="cancellation">Stops the search.</param>
    public Task<LogTable> TableAsync(LogSearch search, int most = 1_000, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, PipeParser.MaxRows);
        return Task.Run(() => Ask(search.Whole, view => Table(view, search, most, cancellation) with { Notes = view.Notes }, cancellation), cancellation);
    }

    private static LogTable Table(View view, LogSearch search, int most, CancellationToken cancellation)
    {
        var sql = SearchSql.Compile(search.Query, search.From, search.To);
        var commands = search.Query.Commands;
        var pipe = PipeSql.Compile(sql, commands, Everything(view, search), (long)search.DayOffset.TotalSeconds, most + 1);
        return Tabled(commands, pipe.Columns, most, Rows(view, sql, pipe.Text, row =>
        {
            var values = new object?[pipe.Columns.Count];
            for (var i = 0; i < values.Length; i++)
            {
                if (row.IsDBNull(i)) continue;
                values[i] = pipe.Columns[i].Type switch
                {
                    LogColumnType.Text => row.GetString(i),
                    LogColumnType.Integer => Convert.ToInt64(row.GetValue(i), CultureInfo.InvariantCulture),
                    LogColumnType.Number => Convert.ToDouble(row.GetValue(i), CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? number : null,
                    LogColumnType.Time => Store.EventCodec.Time(row.GetInt64(i)),
                };
            }

            return values;
        }, cancellation));
    }

    /// <summary>A table of rows, cut where it is too long.</summary>
    internal static LogTable Tabled(IReadOnlyList<PipeCommand> commands, IReadOnlyList<PipeColumn> columns, int most, IEnumerable<object?[]> rows)
    {
        var (whole, left, truncated) = (new List<IReadOnlyList<object?>>(), MaxTableCharacters, false);
        foreach (var row in rows)
        {
            truncated = left < 0 || whole.Count == most;
            if (truncated) break;
            whole.Add(row);
            left -= row.Sum(value => (value as string)?.Length ?? 0);
        }

        var shape = commands.LastOrDefault(command => command is StatsCommand or TopCommand or TimechartCommand or TableCommand);
        return new LogTable([.. columns.Select(column => new LogColumn(column.Name, column.Type))], whole, truncated) { Span = shape is TimechartCommand chart ? TimeSpan.FromSeconds(chart.Seconds) : null, Split = LogSplit.Of(commands) };
    }
}
