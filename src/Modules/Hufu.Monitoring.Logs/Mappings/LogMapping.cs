using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>What some events of the site are in the words of detection rules. While it is on, rules, hunts and previews read events with it.</summary>
public sealed class LogMapping : Record
{
    /// <summary>The name in files and messages.</summary>
    public string MappingName { get; set; } = "";

    /// <summary>What an event must have, one a line: a field, or <c>field=value</c>; several values of one field on lines of their own.</summary>
    public string Conditions { get; set; } = "";

    /// <summary>Log sources as <c>product/category/service</c>, one a line.</summary>
    public string LogSources { get; set; } = "";

    /// <summary>Names of rules and the events' own, one a line as <c>Image=proc.path proc.exe</c>.</summary>
    public string FieldNames { get; set; } = "";
}

/// <summary>日誌來源對應.</summary>
public sealed class LogMappingType : RecordType<LogMapping>
{
    public const string TypeKey = "logs.mapping";

    /// <summary>State of one that events are read with.</summary>
    public const string On = "on";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌來源對應", "Log-source mapping");

    public override LocalizedText PluralName => new("日誌來源對應", "Log-source mappings");

    public override string Route => "mappings";

    public override string Prefix => "LSM";

    public override string Icon => "link";

    public override LocalizedText Purpose => new(
        "告訴偵測規則，自家的日誌屬於哪個日誌來源（product／category／service），以及規則的欄位在這些日誌裡叫什麼。規則、回溯搜尋與試算都會使用；已儲存的日誌不變。",
        "Tells detection rules which log source (product, category, service) logs of your own are, and what the rules' fields are called in them. Rules, hunts and trials use it; what is stored stays as it is.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public LogMappingType() : base("名稱", "Name")
    {
        Text(x => x.MappingName, "代號", "Identifier", 60).Required().InList().Canonical(n => n.Trim()).Help("小寫英數字、「-」與「_」。", "Lower-case letters, digits, - and _.");
        LongText(x => x.Conditions, "條件", "Conditions", 20_000).Required().Help(
            "每行一個，須全部符合：「欄位」表示有這個欄位，「欄位=值」比對值（不分大小寫，結尾的「*」代表任意文字）；同一欄位寫多行表示任一值。@app、@source、@host、@format 是程式、來源、主機與格式。",
            "One a line, of which all must hold: “field” for an event that has it, “field=value” to compare (whatever the case, a star at the end for any ending); lines of the same field are alternatives. @app, @source, @host and @format are the program, source, host and format.");
        LongText(x => x.LogSources, "日誌來源", "Log sources", 5_000).InList().Help("每行一個 product/category/service，沒有的部分寫「-」，例如 windows/process_creation/-。", "One product/category/service a line, - for a part that is absent, such as windows/process_creation/-.");
        LongText(x => x.FieldNames, "欄位對應", "Fields", 100_000).Help(
            "每行一個「規則的欄位=日誌的欄位」；多個日誌欄位以空白隔開，先有的生效。日誌本身已有規則的欄位時不使用。",
            "One “field of rules=field of the logs” a line; several fields of the logs with blanks between, of which the first that is there counts. Not used where an event has a field of the rules' name.");

        Workflow.State("off", "停用", "Off").State(On, "使用中", "In use", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(record => Read(record) is var read && read.Error is { } error ? error : SourceMappings.Check(read.Mapping) is [var first, ..] ? first with { Place = PlaceOf(first.Place) } : null);
        Sealed();
    }

    /// <summary>The mapping that a record describes, and what cannot be understood of it.</summary>
    internal static (SourceMapping Mapping, Error? Error) Read(LogMapping record)
    {
        Error? error = null;
        var when = new Dictionary<string, List<string>?>(StringComparer.Ordinal);
        foreach (var line in Lines(record.Conditions))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (line, "*") : (line[..equals].Trim(), line[(equals + 1)..].Trim());
            if (value.Length == 0) error ??= Error.Of("logs.mapping.line", $"「{line}」等號後沒有值。", $"'{line}' has no value behind the equals sign.", "conditions");
            if (value == "*") when[name] = null;
            else if (!when.TryGetValue(name, out var values)) when[name] = [value];
            else values?.Add(value);
        }

        var sources = new List<LogSourceHint>();
        foreach (var line in Lines(record.LogSources))
        {
            if (SourceMappings.Source(line) is { } source) sources.Add(source);
            else error ??= Error.Of("logs.mapping.source", $"「{line}」不是日誌來源：寫成 product/category/service，沒有的部分寫「-」。", $"'{line}' is no log source: write product/category/service, - for a part that is absent.", "logSources");
        }

        var fields = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var line in Lines(record.FieldNames))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) error ??= Error.Of("logs.mapping.line", $"「{line}」不是「規則的欄位=日誌的欄位」。", $"'{line}' is no 'field of rules=field of the logs'.", "fieldNames");
            else if (!fields.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))) error ??= Error.Of("logs.mapping.line-twice", $"「{line[..equals].Trim()}」出現兩次。", $"'{line[..equals].Trim()}' occurs twice.", "fieldNames");
        }

        return (new SourceMapping { Name = record.MappingName, When = [.. when.Select(pair => new MappingCondition(pair.Key, pair.Value ?? []))], Sources = sources, Fields = fields }, error);
    }

    /// <summary>The values of a record for a mapping.</summary>
    internal static Dictionary<string, string?> Values(SourceMapping mapping) => new(StringComparer.Ordinal)
    {
        ["title"] = mapping.Name, ["mappingName"] = mapping.Name,
        ["conditions"] = string.Join('\n', mapping.When.SelectMany(condition => condition.Values.Count == 0 ? [condition.Name] : condition.Values.Select(value => $"{condition.Name}={value}"))),
        ["logSources"] = string.Join('\n', mapping.Sources.Select(SourceMappings.Text)),
        ["fieldNames"] = string.Join('\n', mapping.Fields.Select(pair => $"{pair.Key}={string.Join(' ', pair.Value)}")),
    };

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    private static string PlaceOf(string? place) => place switch { "name" => "mappingName", "sources" => "logSources", "fields" => "fieldNames", _ => "conditions" };
}
