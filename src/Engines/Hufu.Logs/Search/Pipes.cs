using System.Globalization;
using System.Text;

namespace Hufu.Logs.Search;

/// <summary>A column that a command makes or passes on.</summary>
internal sealed record PipeColumn(string Name, LogColumnType Type);

/// <summary>What is computed of a group: <c>count</c>, <c>sum</c>, <c>avg</c>, <c>min</c>, <c>max</c>, <c>dc</c>, or <c>p</c> with a percentile.</summary>
internal sealed record PipeAggregate(string Function, int Percent, string? Field, string Name);

internal abstract record PipeCommand;

internal sealed record StatsCommand(IReadOnlyList<PipeAggregate> Aggregates, IReadOnlyList<string> By) : PipeCommand;

internal sealed record TopCommand(int Count, string Field, IReadOnlyList<string> By, bool Rare) : PipeCommand;

internal sealed record TimechartCommand(long Seconds, IReadOnlyList<PipeAggregate> Aggregates, string? By) : PipeCommand;

internal sealed record TableCommand(IReadOnlyList<string> Fields) : PipeCommand;

internal sealed record SortCommand(IReadOnlyList<(string Field, bool Descending)> Keys) : PipeCommand;

internal sealed record DedupCommand(IReadOnlyList<string> Fields) : PipeCommand;

internal sealed record HeadCommand(int Count) : PipeCommand;

internal sealed record WhereCommand(PipeCondition Condition) : PipeCommand;

internal abstract record PipeCondition;

internal sealed record EveryCondition(IReadOnlyList<PipeCondition> Items) : PipeCondition;

internal sealed record SomeCondition(IReadOnlyList<PipeCondition> Items) : PipeCondition;

internal sealed record NotCondition(PipeCondition Item) : PipeCondition;

/// <summary>A column compared with a number, or with a text in lower case.</summary>
internal sealed record CompareCondition(string Field, string Operator, double? Number, string Text) : PipeCondition;

/// <summary>
/// Reads the commands behind the first <c>|</c>. The columns at each command are known, so that a name that does not exist is an error here. Before
/// the first command that makes columns, every name is a field of the events.
/// </summary>
internal sealed class PipeParser(SearchReader reader)
{
    /// <summary>Most commands of one search.</summary>
    public const int MaxCommands = 16;

    /// <summary>Most columns of a table.</summary>
    public const int MaxColumns = 32;

    /// <summary>Most rows that <c>head</c>, <c>top</c> and <c>rare</c> may be asked for, and most rows of a table.</summary>
    public const int MaxRows = 10_000;

    /// <summary>Values that a timechart is split into, besides the rest.</summary>
    public const int MaxSeries = 10;

    private const int MaxDepth = 32;
    private const int MaxConditions = 64;
    private const string CommandNames = "dedup, fields, head, rare, sort, stats, table, timechart, top, where";
    private const string FunctionNames = "avg, count, dc, max, min, p1…p99, sum";
    private static readonly string[] Operators = ["<=", ">=", "!=", "==", "=", "<", ">"];

    /// <summary>What a table of events shows when no command says it.</summary>
    public static readonly IReadOnlyList<string> EventColumns = ["time", "source", "host", "app", "severity", "src_ip", "message"];

    // Null as long as the rows are events.
    private List<PipeColumn>? columns;
    private int conditions;

    public static LogColumnType TypeOfField(string name) => name switch
    {
        "time" => LogColumnType.Time,
        "severity" or "facility" => LogColumnType.Integer,
        _ => LogColumnType.Text,
    };

    public static LogColumnType TypeOf(PipeAggregate aggregate, Func<string, LogColumnType> of) => aggregate.Function switch
    {
        "count" or "dc" => LogColumnType.Integer,
        "min" or "max" when of(aggregate.Field!) == LogColumnType.Time => LogColumnType.Time,
        _ => LogColumnType.Number,
    };

    /// <summary>The columns of the result of a timechart, and of top and rare, beside those it is split by.</summary>
    public static IReadOnlyList<PipeColumn> ColumnsOf(PipeCommand command, Func<string, LogColumnType> of) => command switch
    {
        StatsCommand stats => [.. stats.By.Select(name => new PipeColumn(name, of(name))), .. stats.Aggregates.Select(a => new PipeColumn(a.Name, TypeOf(a, of)))],
        TopCommand top => [.. top.By.Append(top.Field).Select(name => new PipeColumn(name, of(name))), new("count", LogColumnType.Integer), new("percent", LogColumnType.Number)],
        TimechartCommand chart => [new("time", LogColumnType.Time), .. chart.By is null ? Array.Empty<PipeColumn>() : [new PipeColumn(chart.By, LogColumnType.Text)], .. chart.Aggregates.Select(a => new PipeColumn(a.Name, TypeOf(a, of)))],
        TableCommand table => [.. table.Fields.Select(name => new PipeColumn(name, of(name)))],
        _ => throw new InvalidOperationException($"{command.GetType().Name} makes no columns."),
    };

    public IReadOnlyList<PipeCommand> Parse()
    {
        var commands = new List<PipeCommand>();
        while (reader.Error is null && !reader.Ended)
        {
            // Each turn stands at a pipe.
            reader.At++;
            reader.SkipSpace();
            var at = reader.At;
            if (commands.Count == MaxCommands)
            {
                reader.Fail(at, $"超過 {MaxCommands} 個指令", $"more than {MaxCommands} commands");
                break;
            }

            if (Command(at) is not { } command || reader.Error is not null) break;
            commands.Add(command);
            if (command is StatsCommand or TopCommand or TimechartCommand or TableCommand)
            {
                columns = [.. ColumnsOf(command, Type)];
                if (columns.Count > MaxColumns) reader.Fail(at, $"超過 {MaxColumns} 欄", $"more than {MaxColumns} columns");
                else if (columns.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice) reader.Fail(at, $"欄位「{twice.Key}」重複；請以 as 另取名稱", $"the column “{twice.Key}” is there twice; name one with as");
            }

            reader.SkipSpace();
            if (!reader.Ended && reader.Here != '|') reader.Fail(reader.At, "此處看不懂；下一個指令之前要有 |", "this is not understood here; the next command begins with |");
        }

        return commands;
    }

    private LogColumnType Type(string name) => columns is null ? TypeOfField(name) : columns.Find(column => column.Name == name)?.Type ?? LogColumnType.Text;

    private PipeCommand? Command(int at)
    {
        var start = reader.At;
        while (char.IsAsciiLetter(reader.Here)) reader.At++;
        var word = reader.Text[start..reader.At].ToLowerInvariant();
        if (!reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here is not ('|' or '(' or '"' or '-' or '+')) word = "";
        switch (word)
        {
            case "stats": return Stats();
            case "top" or "rare": return Top(word == "rare");
            case "timechart": return Timechart(at);
            case "table": return List(at) is { } fields ? new TableCommand(fields) : null;
            case "fields": return Fields(at);
            case "sort": return Sort(at);
            case "dedup": return List(at) is { } keys ? new DedupCommand(keys) : null;
            case "head": return new HeadCommand(Count());
            case "where":
                return Or(0) is { } condition ? new WhereCommand(condition) : null;
            default:
                reader.Fail(at, $"沒有這個指令；可用：{CommandNames}。要找 | 本身請加引號", $"there is no such command; there are {CommandNames}. To find | itself, quote it");
                return null;
        }
    }

    private StatsCommand? Stats()
    {
        if (Aggregates() is not { } aggregates) return null;
        var by = new List<string>();
        if (Keyword("by"))
        {
            if (List(reader.At) is not { } named) return null;
            by = named;
        }

        return new StatsCommand(aggregates, by);
    }

    private TopCommand? Top(bool rare)
    {
        var count = Count();
        if (reader.Error is not null || Field() is not { } field) return null;
        var by = new List<string>();
        if (Keyword("by"))
        {
            if (List(reader.At) is not { } named) return null;
            by = named;
        }

        return new TopCommand(count, field, by, rare);
    }

    private TimechartCommand? Timechart(int at)
    {
        var seconds = 3_600L;
        if (columns is not null && columns.Find(column => column.Name == "time") is not { Type: LogColumnType.Time })
        {
            reader.Fail(at, "timechart 需要 time 欄；請放在 stats 之前", "timechart needs the column time; place it before stats");
            return null;
        }

        if (Keyword("span"))
        {
            reader.SkipSpace();
            if (reader.Here != '=')
            {
                reader.Fail(reader.At, "span 之後需要 =，例如 span=1h", "= was expected after span, as in span=1h");
                return null;
            }

            reader.At++;
            reader.SkipSpace();
            at = reader.At;
            while (char.IsAsciiDigit(reader.Here)) reader.At++;
            var digits = reader.Text[at..reader.At];
            var unit = char.ToLowerInvariant(reader.Here) switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, 'w' => 604_800, _ => 0 };
            if (digits.Length is 0 or > 6 || unit == 0 || (seconds = long.Parse(digits, CultureInfo.InvariantCulture) * unit) is 0 or > 366 * 86_400)
            {
                reader.Fail(at, "時間長度寫作 30s、5m、1h、1d、1w，最長 366 天", "a span is written 30s, 5m, 1h, 1d or 1w and has at most 366 days");
                return null;
            }

            reader.At++;
        }

        if (Aggregates() is not { } aggregates) return null;
        string? by = null;
        if (Keyword("by") && (by = Field()) is null) return null;
        return new TimechartCommand(seconds, aggregates, by);
    }

    private TableCommand? Fields(int at)
    {
        reader.SkipSpace();
        var without = reader.Here == '-';
        if (without) reader.At++;
        if (List(at) is not { } fields) return null;
        if (!without) return new TableCommand(fields);
        var left = (columns?.ConvertAll(column => column.Name) ?? EventColumns).Except(fields, StringComparer.Ordinal).ToList();
        if (left.Count == 0) reader.Fail(at, "沒有剩下任何欄位", "no column is left");
        return new TableCommand(left);
    }

    private SortCommand? Sort(int at)
    {
        var keys = new List<(string, bool)>();
        while (More())
        {
            var descending = reader.Here == '-';
            if (reader.Here is '-' or '+') reader.At++;
            if (Field() is not { } field) return null;
            if (Keyword("desc")) descending = true;
            else Keyword("asc");
            keys.Add((field, descending));
            Comma();
        }

        if (keys.Count is 0 or > MaxColumns) reader.Fail(keys.Count == 0 ? reader.At : at, keys.Count == 0 ? "此處需要欄位名稱" : $"超過 {MaxColumns} 欄", keys.Count == 0 ? "a field was expected here" : $"more than {MaxColumns} columns");
        return new SortCommand(keys);
    }

    private List<PipeAggregate>? Aggregates()
    {
        var list = new List<PipeAggregate>();
        while (More() && !IsKeyword("by"))
        {
            var at = reader.At;
            while (char.IsAsciiLetterOrDigit(reader.Here)) reader.At++;
            var written = reader.Text[at..reader.At];
            var function = written.ToLowerInvariant();
            var percent = 0;
            if (function.Length is 2 or 3 && function[0] == 'p' && int.TryParse(function.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out percent) && percent > 0) function = "p";
            if (function is not ("count" or "sum" or "avg" or "min" or "max" or "dc" or "p"))
            {
                reader.Fail(at, $"沒有這個函式；可用：{FunctionNames}", $"there is no such function; there are {FunctionNames}");
                return null;
            }

            string? field = null;
            var name = written.ToLowerInvariant();
            if (reader.Here == '(')
            {
                var open = reader.At++;
                reader.SkipSpace();
                if (reader.Here == ')' && function == "count")
                {
                    reader.At++;
                }
                else
                {
                    if ((field = Field(inBrackets: true)) is null) return null;
                    reader.SkipSpace();
                    if (reader.Here != ')')
                    {
                        reader.Fail(open, "括號沒有結尾", "the bracket is not closed");
                        return null;
                    }

                    reader.At++;
                    name += $"({field})";
                    if (function is "sum" or "avg" or "p" && Type(field) == LogColumnType.Time)
                    {
                        reader.Fail(at, "時間不能加總", "times cannot be added up");
                        return null;
                    }
                }
            }
            else if (function != "count")
            {
                reader.Fail(reader.At, $"{name} 之後需要括號與欄位，例如 {name}(bytes)", $"a field in brackets was expected after {name}, as in {name}(bytes)");
                return null;
            }

            if (Keyword("as"))
            {
                reader.SkipSpace();
                if (Name(false) is not { } given) return null;
                name = given;
            }

            list.Add(new PipeAggregate(function, percent, field, name));
            Comma();
        }

        if (list.Count == 0) reader.Fail(reader.At, $"此處需要函式；可用：{FunctionNames}", $"a function was expected here; there are {FunctionNames}");
        return reader.Error is null ? list : null;
    }

    private List<string>? List(int at)
    {
        var names = new List<string>();
        while (More())
        {
            if (Field() is not { } field) return null;
            if (!names.Contains(field)) names.Add(field);
            if (names.Count > MaxColumns)
            {
                reader.Fail(at, $"超過 {MaxColumns} 欄", $"more than {MaxColumns} columns");
                return null;
            }

            Comma();
        }

        if (names.Count > 0) return names;
        reader.Fail(reader.At, "此處需要欄位名稱", "a field was expected here");
        return null;
    }

    private string? Field(bool inBrackets = false)
    {
        reader.SkipSpace();
        var at = reader.At;
        if (Name(inBrackets) is not { } name) return null;
        if (columns is null || columns.Exists(column => column.Name == name)) return name;
        var there = columns.ConvertAll(column => column.Name);
        reader.Fail(at, $"此處沒有欄位「{name}」；有：{string.Join("、", there)}", $"there is no column “{name}” here; there are {string.Join(", ", there)}");
        return null;
    }

    private string? Name(bool inBrackets)
    {
        var at = reader.At;
        if (reader.Here == '"') return reader.Quoted();
        while (InName()) reader.At++;
        // The columns of stats are named as they were written: sum(bytes).
        if (!inBrackets && reader.At > at && reader.Here == '(')
        {
            var open = reader.At;
            while (!reader.Ended && reader.Here is not (')' or '|')) reader.At++;
            if (reader.Here != ')')
            {
                reader.Fail(open, "括號沒有結尾", "the bracket is not closed");
                return null;
            }

            reader.At++;
        }

        if (reader.At > at) return reader.Text[at..reader.At];
        reader.Fail(at, "此處需要欄位名稱", "a field was expected here");
        return null;

        bool InName() => !reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here is not (',' or '|' or '(' or ')' or '"' or '=' or '<' or '>' or '!');
    }

    private int Count()
    {
        reader.SkipSpace();
        var at = reader.At;
        while (char.IsAsciiDigit(reader.Here)) reader.At++;
        // A field may begin with a digit.
        if (!reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here != '|') reader.At = at;
        if (reader.At == at) return 10;
        if (reader.At - at < 6 && int.Parse(reader.Text.AsSpan(at, reader.At - at), CultureInfo.InvariantCulture) is >= 1 and <= MaxRows and var count) return count;
        reader.Fail(at, $"數量須為 1 至 {MaxRows}", $"the number is from 1 to {MaxRows}");
        return 10;
    }

    private PipeCondition? Or(int depth)
    {
        var items = new List<PipeCondition>();
        do
        {
            if (And(depth) is not { } item) return null;
            items.Add(item);
        }
        while (Keyword("or"));
        return items.Count == 1 ? items[0] : new SomeCondition(items);
    }

    private PipeCondition? And(int depth)
    {
        var items = new List<PipeCondition>();
        do
        {
            if (Condition(depth) is not { } item) return null;
            items.Add(item);
        }
        while (Keyword("and"));
        return items.Count == 1 ? items[0] : new EveryCondition(items);
    }

    private PipeCondition? Condition(int depth)
    {
        reader.SkipSpace();
        var at = reader.At;
        if (depth > MaxDepth || ++conditions > MaxConditions)
        {
            reader.Fail(at, "條件過多或巢狀過深", "too many conditions, or nested too deep");
            return null;
        }

        if (Keyword("not")) return Condition(depth + 1) is { } inner ? new NotCondition(inner) : null;
        if (reader.Here == '(')
        {
            reader.At++;
            if (Or(depth + 1) is not { } group) return null;
            reader.SkipSpace();
            if (reader.Here != ')')
            {
                reader.Fail(at, "括號沒有結尾", "the bracket is not closed");
                return null;
            }

            reader.At++;
            return group;
        }

        if (Field() is not { } field) return null;
        reader.SkipSpace();
        var operatorAt = reader.At;
        if (Operators.FirstOrDefault(o => string.CompareOrdinal(reader.Text, operatorAt, o, 0, o.Length) == 0) is not { } comparison)
        {
            reader.Fail(operatorAt, $"此處需要比較：{string.Join(" ", Operators)}", $"a comparison was expected here: {string.Join(" ", Operators)}");
            return null;
        }

        reader.At += comparison.Length;
        reader.SkipSpace();
        var valueAt = reader.At;
        var quoted = reader.Here == '"';
        if (quoted)
        {
            if (reader.Quoted() is not { } text) return null;
            return Compared(text, null);
        }

        while (!reader.Ended && !char.IsWhiteSpace(reader.Here) && reader.Here is not ('|' or ')' or '(' or '"')) reader.At++;
        var value = reader.Text[valueAt..reader.At];
        if (value.Length == 0)
        {
            reader.Fail(valueAt, "此處需要比較的值", "a value to compare with was expected here");
            return null;
        }

        return Compared(value, SearchParser.Number(value));

        PipeCondition? Compared(string text, double? number)
        {
            var type = Type(field);
            if (type == LogColumnType.Time)
            {
                reader.Fail(at, "時間請以搜尋的起訖時間限定", "times are bounded by the range of the search");
                return null;
            }

            if (type != LogColumnType.Text && (number ??= SearchParser.Number(text)) is null)
            {
                reader.Fail(valueAt, "比較需要數字", "a comparison needs a number");
                return null;
            }

            return new CompareCondition(field, comparison switch { "==" => "=", "!=" => "<>", _ => comparison }, number, text);
        }
    }

    private bool More()
    {
        reader.SkipSpace();
        return reader.Error is null && !reader.Ended && reader.Here != '|';
    }

    private void Comma()
    {
        reader.SkipSpace();
        if (reader.Here != ',') return;
        var at = reader.At++;
        if (!More() || reader.Here == ',') reader.Fail(at, "逗號之後缺少內容", "something is missing after the comma");
    }

    private bool IsKeyword(string word)
    {
        reader.SkipSpace();
        var (text, end) = (reader.Text, reader.At + word.Length);
        return string.Compare(text, reader.At, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) == 0 && (end >= text.Length || char.IsWhiteSpace(text[end]) || text[end] is '(' or ')' or '"' or '|' or '=');
    }

    private bool Keyword(string word)
    {
        if (!IsKeyword(word)) return false;
        reader.At += word.Length;
        return true;
    }
}

/// <summary>Turns the commands of a search into one statement. Names and values are parameters; columns have generated names.</summary>
internal sealed class PipeSql
{
    private readonly SearchSql sql;
    private readonly SqlDialect dialect;
    private readonly long dayOffset;
    private string text;

    // What follows FROM as long as text only selects from the table.
    private string? from;
    private int aliases;

    // Null as long as the rows are events.
    private List<(PipeColumn Column, string Alias)>? columns;
    private List<string> order = [];
    private List<string> orderAliases = [];

    private PipeSql(SearchSql sql, string events, long dayOffset)
    {
        this.sql = sql;
        dialect = sql.Dialect;
        this.dayOffset = dayOffset;
        from = events;
        text = $"SELECT * FROM {events}";
    }

    /// <summary>The columns of the result, in the order of the statement's.</summary>
    public IReadOnlyList<PipeColumn> Columns { get; private set; } = [];

    public string Text { get; private set; } = "";

    /// <summary>Compiles a search over a table that has the columns of a segment and <c>segment</c>, which orders segments.</summary>
    /// <param name="sql">The condition, whose parameters are used on.</param>
    /// <param name="commands">The commands.</param>
    /// <param name="events">The table.</param>
    /// <param name="dayOffset">What a site's clock is ahead of UTC, in seconds: days begin there.</param>
    /// <param name="most">Rows to return.</param>
    public static PipeSql Compile(SearchSql sql, IReadOnlyList<PipeCommand> commands, string events, long dayOffset, int most)
    {
        var pipe = new PipeSql(sql, $"{events} WHERE {sql.Condition}", dayOffset);
        pipe.order = ["time DESC", "segment DESC", "\"row\" DESC"];
        pipe.orderAliases = ["time", "segment", "\"row\""];
        foreach (var command in commands) pipe.Add(command);
        if (pipe.columns is null) pipe.Add(new TableCommand(PipeParser.EventColumns));
        pipe.Columns = pipe.columns!.ConvertAll(column => column.Column);
        pipe.Text = string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", pipe.columns.Select(column => sql.Dialect.Result(column.Alias, column.Column.Type)))} FROM ({pipe.text}){pipe.OrderBy()} LIMIT {most}");
        return pipe;
    }

    private PipeRows Rows => new(text, from);

    private string OrderBy() => order.Count == 0 ? "" : " ORDER BY " + string.Join(", ", order);

    private string Alias() => string.Create(CultureInfo.InvariantCulture, $"c{aliases++}");

    private LogColumnType Type(string name) => columns is null ? PipeParser.TypeOfField(name) : columns.Find(column => column.Column.Name == name).Column.Type;

    private string Value(string name)
    {
        if (columns is not null) return columns.Find(column => column.Column.Name == name).Alias;
        return name switch
        {
            "time" => "time",
            "severity" or "facility" => dialect.Integer(name),
            _ => sql.Column(name),
        };
    }

    private string Number(string name) => Type(name) == LogColumnType.Text ? dialect.Number(Value(name)) : dialect.Double(Value(name));

    private void Add(PipeCommand command)
    {
        switch (command)
        {
            case StatsCommand stats:
                Stats(stats);
                break;
            case TopCommand top:
                Top(top);
                break;
            case TimechartCommand chart:
                Timechart(chart);
                break;
            case TableCommand table:
                Table(table);
                break;
            case SortCommand sort:
                Sort(sort);
                break;
            case DedupCommand dedup:
                Now(dialect.Firsts(Rows, [.. dedup.Fields.Select(Value)], OrderBy()));
                break;
            case HeadCommand head:
                Now(string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM ({text}){OrderBy()} LIMIT {head.Count}"));
                break;
            case WhereCommand where:
                var filtered = Rows.Where(Condition(where.Condition));
                (text, from) = ($"SELECT * FROM {filtered}", from is null ? null : filtered);
                break;
            default:
                throw new InvalidOperationException($"Command {command.GetType().Name} has no SQL.");
        }
    }

    private void Stats(StatsCommand stats)
    {
        var columnsMade = PipeParser.ColumnsOf(stats, Type);
        var keys = stats.By.Select(name => (Value: Value(name), Alias: Alias())).ToList();
        var made = Made(stats.Aggregates);
        Now(dialect.Groups(Rows, keys, made));
        var names = keys.ConvertAll(key => key.Alias);
        Becomes(columnsMade, [.. names, .. made.Select(one => one.Alias)], names.ConvertAll(key => key + " NULLS LAST"), names);
    }

    private void Now(string statement) => (text, from) = (statement, null);

    private List<PipeMade> Made(IReadOnlyList<PipeAggregate> aggregates) =>
    [
        .. aggregates.Select(aggregate => new PipeMade(
            aggregate, aggregate.Field is not { } field ? null : aggregate.Function is "count" or "dc" || Type(field) == LogColumnType.Time ? Value(field) : Number(field), Alias(), Alias())),
    ];

    private void Top(TopCommand top)
    {
        var made = PipeParser.ColumnsOf(top, Type);
        var keys = top.By.Select(name => (Value: Value(name), Alias: Alias())).ToList();
        var (field, count, percent, place) = (Alias(), Alias(), Alias(), Alias());
        var (statement, ordered, orderedBy) = dialect.Top(Rows, keys, (Value(top.Field), field, Type(top.Field)), count, percent, place, top.Count, top.Rare);
        Now(statement);
        Becomes(made, [.. keys.Select(key => key.Alias), field, count, percent], ordered, orderedBy);
    }

    private void Timechart(TimechartCommand chart)
    {
        var columnsMade = PipeParser.ColumnsOf(chart, Type);
        var slot = Alias();
        var made = Made(chart.Aggregates);
        // Weeks begin on Monday; 1970-01-01 was a Thursday.
        var (size, shift) = (chart.Seconds * 1_000_000, (dayOffset + (chart.Seconds % 604_800 == 0 ? 3 * 86_400 : 0)) * 1_000_000);
        // Division cuts towards zero: times before 1970 are moved above it by whole slices.
        shift += 100_000_000_000_000_000 / size * size;
        var time = dialect.Slot(Value("time"), shift, size);
        if (chart.By is null)
        {
            Now(dialect.Groups(Rows, [(time, slot)], made));
            Becomes(columnsMade, [slot, .. made.Select(one => one.Alias)], [slot], [slot]);
            return;
        }

        // The most frequent values have their own series, the rest one together; events without the field are a series as well.
        var (value, place, series) = (Alias(), Alias(), Alias());
        Now(dialect.Series(Rows, (time, slot), (Value(chart.By), value, Type(chart.By)), place, series, made));
        Becomes(columnsMade, [slot, series, .. made.Select(one => one.Alias)], [slot, place], [slot, place]);
    }

    private void Table(TableCommand table)
    {
        var made = PipeParser.ColumnsOf(table, Type);
        var fields = table.Fields.Select(name => (Value: Value(name), Alias: Alias())).ToList();
        Now($"SELECT {Join(fields.Select(field => $"{field.Value} AS {field.Alias}").Concat(orderAliases))} FROM {Rows.Source}");
        Becomes(made, fields.ConvertAll(field => field.Alias), order, orderAliases);
    }

    private void Sort(SortCommand sort)
    {
        var (added, keys, names) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (field, descending) in sort.Keys)
        {
            var direction = descending ? " DESC NULLS LAST" : " ASC NULLS LAST";
            // Texts that are numbers come first, by their value.
            if (Type(field) == LogColumnType.Text) Key(Number(field), direction);
            Key(Value(field), direction);
        }

        Now($"SELECT *, {Join(added)} FROM {Rows.Source}");
        order = [.. keys, .. order];
        orderAliases = [.. names, .. orderAliases];

        void Key(string value, string direction)
        {
            var alias = Alias();
            added.Add($"{value} AS {alias}");
            keys.Add(alias + direction);
            names.Add(alias);
        }
    }

    private string Condition(PipeCondition condition) => condition switch
    {
        EveryCondition every => "(" + string.Join(" AND ", every.Items.Select(Condition)) + ")",
        SomeCondition some => "(" + string.Join(" OR ", some.Items.Select(Condition)) + ")",
        NotCondition not => $"(NOT {Condition(not.Item)})",
        // What differs from a value includes what is not there.
        CompareCondition { Operator: "<>" } unequal => $"(NOT {Condition(unequal with { Operator = "=" })})",
        CompareCondition { Number: { } number } compare => dialect.Sure($"{Number(compare.Field)} {compare.Operator} {sql.Add(number)}"),
        CompareCondition compare => dialect.Sure($"{dialect.Lower(Value(compare.Field))} {compare.Operator} {dialect.Lower(sql.Add(compare.Text))}"),
        _ => throw new InvalidOperationException($"Condition {condition.GetType().Name} has no SQL."),
    };

    private void Becomes(IReadOnlyList<PipeColumn> made, IReadOnlyList<string> names, List<string> ordered, List<string> orderedBy)
    {
        columns = [.. made.Zip(names)];
        order = ordered;
        orderAliases = orderedBy;
    }

    private static string Join(IEnumerable<string> parts)
    {
        var result = new StringBuilder();
        foreach (var part in parts) result.Append(result.Length > 0 ? ", " : "").Append(part);
        return result.ToString();
    }
}
