using System.Globalization;
using System.Text.RegularExpressions;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// The product's own table of events as rules see it: the fields under the rules' names for them (<c>rule-fields.json</c>) and the kinds of source, as <see cref="LogEventFields"/>
/// and <see cref="LogSourceHints"/> have them. Some events have more for a rule than the table's columns tell; <see cref="Unclear"/> says which. Made anew for each rule.
/// </summary>
public sealed class LogEventSql
{
    private static readonly string[] Columns = ["source", "host", "app", "severity", "facility", "src_ip", "message", "raw", "format"];

    private readonly SigmaSqlDialect dialect;
    private readonly SourceMappings mappings;
    private readonly LogTableWords words;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>A table.</summary>
    /// <param name="dialect">The database: DuckDB reads the store's segments, ClickHouse has the table that the product makes there.</param>
    /// <param name="table">What stands behind FROM.</param>
    /// <param name="anySource">True to leave the kinds of source out.</param>
    /// <param name="mappings">What the site says of its events; null for nothing.</param>
    public LogEventSql(SigmaSqlDialect dialect, string table, bool anySource = false, RuleMappings? mappings = null)
    {
        this.dialect = dialect;
        this.mappings = (mappings ?? RuleMappings.None).Sources;
        // Without the names of JSON objects and arrays: kinds of source are told by plain fields.
        words = new LogTableWords(Own, Literal, (value, texts) => SigmaSql.Same(dialect, value, texts));
        var values = Duck ? $"list_concat(map_values(coalesce(fields, MAP {{}}::MAP(VARCHAR, VARCHAR))), list_filter([{string.Join(", ", KnownFields.Names.Select(KnownFields.ColumnOf))}], lambda hufu_f: hufu_f IS NOT NULL))" : "mapValues(fields)";
        string[] structured = [LogFormats.Json, LogFormats.Evtx, LogFormats.WindowsXml, LogFormats.Xml, LogFormats.Csv, LogFormats.Database];
        // Of texts the whole is searched besides the values found in it.
        var whole = $"(format NOT IN ({string.Join(", ", structured.Select(Literal))}) OR {(Duck ? $"len({values}) = 0" : "empty(fields)")})";
        Schema = new SigmaSqlSchema(dialect, Field, [new SigmaSqlField(Duck ? $"CASE WHEN {whole} THEN list_append({values}, raw) ELSE {values} END" : $"if({whole}, arrayConcat({values}, [raw]), {values})") { IsList = true }])
        {
            Table = Duck ? KnownFields.TableOf(table) : table, Time = Duck ? "epoch_us(time)" : "time", Order = [("segment", "segment"), ("row", Duck ? "\"row\"" : "`row`")],
            Shown = [("host", "host"), ("app", "app"), ("message", Message)],
            Source = anySource ? null : Source,
        };
    }

    /// <summary>What rules are translated with.</summary>
    public SigmaSqlSchema Schema { get; }

    /// <summary>
    /// The condition, never NULL, under which an event may have more than the columns tell for the fields that were asked for since this was made: records of an audit event
    /// beside the first, values of arrays and of objects in JSON, names with blanks, and texts with a zero character.
    /// </summary>
    public string Unclear
    {
        get
        {
            List<string> items = ["exact IS NOT NULL", $"(coalesce({Own("event.module")} = 'auditd', {(Duck ? "false" : "0")}) AND (({Own("types")} IS NOT NULL AND {Contains("raw", "chr(10)", "'\\n'")}) OR {Own("argc")} IS NOT NULL))"];
            var (arrays, objects) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
            foreach (var name in names)
            {
                var parts = name.Split('.');
                for (var from = 0; from < parts.Length; from++)
                {
                    for (var to = from + 1; to <= parts.Length; to++)
                    {
                        // An array anywhere on the way has values; an object is a text where the name ends.
                        arrays.Add(string.Join('.', parts[from..to]));
                        if (to == parts.Length) objects.Add(string.Join('.', parts[from..to]));
                    }
                }
            }

            if (names.Count > 0)
            {
                const string Blank = "[ \\t\\r\\n]*";
                var pattern = $"\"(?:{string.Join('|', arrays.Select(Quoted))})\"{Blank}:{Blank}\\[|\"(?:{string.Join('|', objects.Select(Quoted))})\"{Blank}:{Blank}\\{{";
                // A name may be written with escapes.
                items.Add($"(format = {Literal(LogFormats.Json)} AND ({(Duck ? $"regexp_matches(raw, {Literal(pattern)})" : $"match(raw, {Literal(pattern)})")} OR {Contains("raw", Literal("\\u"), Literal("\\u"))}))");
                var list = string.Join(", ", names.Order(StringComparer.Ordinal).Select(Literal));
                items.Add(Duck
                    ? $"coalesce(len(list_filter(map_keys(fields), lambda hufu_k: contains(hufu_k, ' ') AND replace(hufu_k, ' ', '') IN ({list}))) > 0, false)"
                    : $"arrayExists(hufu_k -> position(hufu_k, ' ') > 0 AND replaceAll(hufu_k, ' ', '') IN ({list}), mapKeys(fields))");
            }

            return "(" + string.Join(" OR ", items) + ")";
        }
    }

    private bool Duck => dialect == SigmaSqlDialect.DuckDb;

    private string Message => Duck ? "coalesce(message, right(raw, message_chars))" : "if(message_bytes < 0, message, substring(raw, length(raw) - message_bytes + 1, message_bytes))";

    private string Literal(string text) => SigmaSql.Literal(dialect, text);

    private string Contains(string value, string duck, string click) => Duck ? $"contains({value}, {duck})" : $"position({value}, {click}) > 0";

    private static string Quoted(string name) => Regex.Escape(name).Replace("/", "\\/", StringComparison.Ordinal);

    private string? Source(SigmaLogSource asked) => "(" + LogSourceHints.Condition(
        hint => asked.Accepts(new SigmaLogSource(hint.Product, hint.Category, hint.Service)), asked.Service, words, mappings) + ")";

    private string Own(string name) => Duck && KnownFields.Names.Contains(name, StringComparer.Ordinal) ? $"coalesce({KnownFields.ColumnOf(name)}, map_extract_value(fields, {Literal(name)}))"
        : Duck ? $"map_extract_value(fields, {Literal(name)})" : $"if(mapContains(fields, {Literal(name)}), fields[{Literal(name)}], NULL)";

    private string Asked(string name)
    {
        names.Add(name);
        return Own(name);
    }

    private string Column(string name) => name switch
    {
        "severity" or "facility" => Duck ? $"{name}::VARCHAR" : $"toString({name})",
        "message" => Message,
        _ => name,
    };

    /// <summary>What <see cref="LogEventFields.TryGet"/> gives for a name, step by step.</summary>
    private SigmaSqlField? Field(string name)
    {
        // It is cut from an address, which no database does in the same way.
        if (name == "c-uri-extension") return null;
        var known = LogEventFields.Loaded.Value;
        var steps = new List<string>();
        foreach (var (mapping, told) in mappings.Of(name)) steps.Add($"CASE WHEN {LogSourceHints.Condition(mapping, words)} THEN {First([.. told.Select(other => other[0] == '@' ? OfEvent(other[1..]) : Asked(other))])} END");
        if (known.Fields.TryGetValue(name, out var others)) steps.AddRange(others.Select(other => other[0] == '@' ? OfEvent(other[1..]) : Asked(other)));
        foreach (var (prefix, instead) in known.Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) steps.AddRange(instead.Select(other => Asked(other + name[prefix.Length..])));
        }

        var own = Asked(name);
        if (!known.Also.TryGetValue(name, out var also)) return new SigmaSqlField(First([own, .. steps, OfEvent(name)]));
        var beside = also.Select(Asked).ToList();
        string Listed(IEnumerable<string> values) => Duck ? $"list_filter([{string.Join(", ", values)}], lambda hufu_w: hufu_w IS NOT NULL)" : $"arrayFilter(hufu_w -> hufu_w IS NOT NULL, [{string.Join(", ", values)}])";
        var (other2, any, last) = (steps.Count == 0 ? null : First(steps), string.Join(" OR ", beside.Select(value => $"{value} IS NOT NULL")), OfEvent(name));
        var cases = $"CASE WHEN {own} IS NOT NULL THEN {Listed([own, .. beside])}{(other2 is null ? "" : $" WHEN {other2} IS NOT NULL THEN [{other2}]")} WHEN {any} THEN {Listed(beside)} WHEN {last} IS NOT NULL THEN [{last}]";
        return Duck ? new SigmaSqlField($"({cases} END)") { IsList = true }
            : new SigmaSqlField($"({cases} ELSE CAST([], 'Array(Nullable(String))') END)") { IsList = true, Present = $"({string.Join(" OR ", steps.Append(own).Concat(beside).Append(last).Select(value => $"{value} IS NOT NULL"))})" };
    }

    /// <summary>A column, a field, or what a name of the Elastic Common Schema means: <see cref="LogEvent.Field"/>.</summary>
    private string OfEvent(string name)
    {
        if (Columns.Contains(name)) return Column(name);
        return EcsNames.SourcesOf(name) is { } sources ? First([Own(name), .. sources.Select(source => source[0] == '@' ? Column(source[1..]) : Own(source))]) : Own(name);
    }

    private static string First(List<string> values) => values.Distinct(StringComparer.Ordinal).ToList() is { Count: > 1 } some ? $"coalesce({string.Join(", ", some)})" : values[0];
}
