using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>Something that an event must have for a mapping to be for it.</summary>
/// <param name="Name">A field of the event; with <c>@</c> before it the column <c>app</c>, <c>source</c>, <c>host</c> or <c>format</c>.</param>
/// <param name="Values">One of these, whatever the case of letters; a star at the end stands for any ending. Empty: the event has it.</param>
public sealed record MappingCondition(string Name, IReadOnlyList<string> Values);

/// <summary>What events of a site are in the words of detection rules: the log sources they belong to, and the fields that rules call otherwise.</summary>
public sealed record SourceMapping
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>All of them must hold.</summary>
    public IReadOnlyList<MappingCondition> When { get; init; } = [];

    /// <summary>Log sources of such events, besides those that the product finds.</summary>
    public IReadOnlyList<LogSourceHint> Sources { get; init; } = [];

    /// <summary>Names that rules use, each with the fields of such events that have the same, the most telling first; <c>@</c> as for conditions. They count where the event has no field of the rule's name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Fields { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>True when the mapping is for an event.</summary>
    public bool Fits(LogEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        foreach (var condition in When)
        {
            if (SourceMappings.ValueOf(item, condition.Name) is not { } value) return false;
            if (condition.Values.Count > 0 && !Among(condition.Values, value)) return false;
        }

        return true;
    }

    // Asked for each event: nothing is made for it.
    private static bool Among(IReadOnlyList<string> values, string value)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (Same(values[i], value)) return true;
        }

        return false;
    }

    private static bool Same(string asked, string value) => asked.EndsWith('*') ? value.AsSpan().StartsWith(asked.AsSpan(0, asked.Length - 1), StringComparison.OrdinalIgnoreCase) : value.Equals(asked, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The mappings that a site has beside what the product knows (<c>sources.json</c>). Immutable.</summary>
public sealed class SourceMappings
{
    /// <summary>Most mappings.</summary>
    public const int MostMappings = 500;

    private const int MostConditions = 20;
    private const int MostValues = 200;
    private const int MostSources = 20;
    private const int MostFields = 500;
    private const int MostNames = 50;
    private const int LongestText = 500;

    private static readonly FrozenSet<string> Columns = new[] { "@app", "@source", "@host", "@format" }.ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, (SourceMapping Mapping, IReadOnlyList<string> Names)[]> fields;

    /// <summary>Mappings that are valid.</summary>
    public SourceMappings(IReadOnlyList<SourceMapping> mappings)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        All = mappings;
        fields = mappings.SelectMany(mapping => mapping.Fields.Select(pair => (pair.Key, Value: (mapping, pair.Value)))).GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.Select(pair => pair.Value).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>No mapping.</summary>
    public static SourceMappings None { get; } = new([]);

    /// <summary>The mappings, those that come first being asked first.</summary>
    public IReadOnlyList<SourceMapping> All { get; }

    /// <summary>Which fields a name of rules means, and for which events.</summary>
    public ReadOnlySpan<(SourceMapping Mapping, IReadOnlyList<string> Names)> Of(string name) => fields.Count > 0 && fields.TryGetValue(name, out var found) ? found : [];

    /// <summary>True when a name of a condition or of a field is a column's.</summary>
    public static bool IsColumn(string name) => name.Length > 0 && name[0] == '@' && Columns.Contains(name);

    /// <summary>What an event has for a name of a condition or of a field; null for nothing.</summary>
    public static string? ValueOf(LogEvent item, string name)
    {
        ArgumentNullException.ThrowIfNull(item);
        return IsColumn(name) ? item.Field(name[1..]) : item.Fields.TryGetValue(name, out var value) ? value : null;
    }

    /// <summary>What is wrong with a mapping; the place is <c>name</c>, <c>when</c>, <c>sources</c> or <c>fields</c>.</summary>
    public static IReadOnlyList<Error> Check(SourceMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        var errors = new List<Error>();
        if (!UserDecoders.IsName(mapping.Name)) errors.Add(Error.Of("logs.mapping.name", "名稱須為 1 至 60 個小寫英數字、「-」或「_」。", "The name has 1 to 60 lower-case letters, digits, - or _.", "name"));
        if (mapping.When.Count is 0 or > MostConditions) errors.Add(Error.Of("logs.mapping.when", $"需要 1 至 {MostConditions} 個條件，說明對應哪些日誌。", $"There are 1 to {MostConditions} conditions that say which events it is for.", "when"));
        foreach (var condition in mapping.When)
        {
            if (Name(condition.Name, "when") is { } wrong) errors.Add(wrong);
            if (condition.Values.Count > MostValues || condition.Values.Any(value => value.Length is 0 or > LongestText || value == "*" || value != value.Trim() || value.Any(char.IsControl)))
                errors.Add(Error.Of("logs.mapping.values", $"「{condition.Name}」最多 {MostValues} 個值，每個 1 至 {LongestText} 個字；只要求欄位存在時不寫值。", $"'{condition.Name}' has at most {MostValues} values of 1 to {LongestText} characters; none where the event need only have it.", "when"));
        }

        if (mapping.Sources.Count + mapping.Fields.Count == 0) errors.Add(Error.Of("logs.mapping.empty", "請寫出日誌來源或欄位對應。", "Give log sources or fields.", "sources"));
        if (mapping.Sources.Count > MostSources) errors.Add(Error.Of("logs.mapping.sources", $"最多 {MostSources} 個日誌來源。", $"There are at most {MostSources} log sources.", "sources"));
        foreach (var source in mapping.Sources)
        {
            string?[] parts = [source.Product, source.Category, source.Service];
            if (parts.All(part => part is null) || parts.Any(part => part is not null && (part.Length is 0 or > 100 || part.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))))
                errors.Add(Error.Of("logs.mapping.source", $"「{Text(source)}」不是日誌來源：寫成 product/category/service，沒有的部分寫「-」。", $"'{Text(source)}' is no log source: write product/category/service, - for a part that is absent.", "sources"));
        }

        if (mapping.Fields.Count > MostFields) errors.Add(Error.Of("logs.mapping.fields", $"最多 {MostFields} 個欄位。", $"There are at most {MostFields} fields.", "fields"));
        foreach (var (name, names) in mapping.Fields)
        {
            if (name.Length is 0 or > LongestText || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '=') || name[0] == '@') errors.Add(Error.Of("logs.mapping.field", $"「{name}」不是規則的欄位名稱。", $"'{name}' is no name of a field in rules.", "fields"));
            if (names.Count is 0 or > MostNames) errors.Add(Error.Of("logs.mapping.field-names", $"「{name}」需要 1 至 {MostNames} 個日誌欄位。", $"'{name}' has 1 to {MostNames} fields of the events.", "fields"));
            errors.AddRange(names.Select(other => Name(other, "fields")).OfType<Error>());
        }

        return errors;

        static Error? Name(string name, string place) =>
            name.Length is 0 or > LongestText || name != name.Trim() || name.Contains('=', StringComparison.Ordinal) || name.Any(char.IsControl) || (place == "fields" && name.Any(char.IsWhiteSpace)) ? Error.Of("logs.mapping.field-name", $"「{name}」不是日誌的欄位名稱。", $"'{name}' is no name of a field.", place)
            : name[0] == '@' && !IsColumn(name) ? Error.Of("logs.mapping.column", $"沒有「{name}」：可用 {string.Join("、", Columns.Order(StringComparer.Ordinal))}。", $"There is no '{name}': use {string.Join(", ", Columns.Order(StringComparer.Ordinal))}.", place)
            : null;
    }

    /// <summary>A log source as it is written: <c>product/category/service</c>, <c>-</c> for a part that is absent.</summary>
    public static string Text(LogSourceHint source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return $"{source.Product ?? "-"}/{source.Category ?? "-"}/{source.Service ?? "-"}";
    }

    /// <summary>A log source that is written so; null for what is none. Parts that are left out at the end are absent.</summary>
    public static LogSourceHint? Source(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Trim().Split('/');
        return parts.Length > 3 ? null : new LogSourceHint(Part(0), Part(1), Part(2));

        string? Part(int at) => at >= parts.Length || parts[at].Trim() is "-" or "*" ? null : parts[at].Trim();
    }

    /// <summary>
    /// Reads mappings: <c>{"mappings":[{"name":…,"when":{"@app":"edr","event_id":["1","2"],"proc.path":"*"},"sources":["windows/process_creation/-"],"fields":{"Image":"proc.path proc.exe"}}]}</c>.
    /// The value <c>*</c> stands for any.
    /// </summary>
    public static Result<IReadOnlyList<SourceMapping>> Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
            using var document = JsonDocument.ParseValue(ref reader);
            var list = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement : document.RootElement.GetProperty("mappings");
            if (list.GetArrayLength() > MostMappings) return Result.Fail<IReadOnlyList<SourceMapping>>(Error.Of("logs.mapping.too-many", $"最多 {MostMappings} 個對應。", $"There are at most {MostMappings} mappings.", "mappings"));
            var mappings = new List<SourceMapping>();
            var errors = new List<Error>();
            foreach (var item in list.EnumerateArray())
            {
                var mapping = One(item, errors);
                mappings.Add(mapping);
                errors.AddRange(Check(mapping).Select(error => new Error(error.Code, new LocalizedText($"{mapping.Name}：{error.Message.Zh}", $"{mapping.Name}: {error.Message.En}"), mapping.Name)));
            }

            foreach (var twice in mappings.GroupBy(mapping => mapping.Name).Where(group => group.Count() > 1)) errors.Add(Error.Of("logs.mapping.twice", $"「{twice.Key}」出現兩次。", $"'{twice.Key}' occurs twice.", twice.Key));
            return errors.Count > 0 ? Result.Fail<IReadOnlyList<SourceMapping>>([.. errors]) : Result.Of<IReadOnlyList<SourceMapping>>(mappings);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException or FormatException)
        {
            return Result.Fail<IReadOnlyList<SourceMapping>>(fault is JsonException { LineNumber: { } line }
                ? Error.Of("logs.mapping.file", $"第 {line + 1} 行不是有效的 JSON。", $"Line {line + 1} is not valid JSON.", "file")
                : Error.Of("logs.mapping.file", "檔案不是日誌來源對應：需要 {\"mappings\":[{\"name\":…,\"when\":{…},\"sources\":[…],\"fields\":{…}}]}。", "The file is no list of log-source mappings: {\"mappings\":[{\"name\":…,\"when\":{…},\"sources\":[…],\"fields\":{…}}]} is expected.", "file"));
        }
    }

    /// <summary>Writes mappings as they are read.</summary>
    public static byte[] Write(IEnumerable<SourceMapping> mappings)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                mappings = mappings.Select(mapping => new
                {
                    name = mapping.Name,
                    when = mapping.When.ToDictionary(condition => condition.Name, condition => condition.Values.Count == 0 ? (object)"*" : condition.Values.Count == 1 ? condition.Values[0] : condition.Values, StringComparer.Ordinal),
                    sources = mapping.Sources.Select(Text),
                    fields = mapping.Fields.ToDictionary(pair => pair.Key, pair => string.Join(' ', pair.Value), StringComparer.Ordinal),
                }),
            },
            Indented);
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static SourceMapping One(JsonElement item, List<Error> errors)
    {
        var name = item.GetProperty("name").GetString() ?? "";
        // What is not known here would be left out in silence.
        foreach (var property in item.EnumerateObject().Where(property => property.Name is not ("name" or "when" or "sources" or "fields")))
            errors.Add(Error.Of("logs.mapping.property", $"{name}：不認得「{property.Name}」。", $"{name}: '{property.Name}' is not known.", name));
        var sources = new List<LogSourceHint>();
        foreach (var text in item.TryGetProperty("sources", out var list) ? list.EnumerateArray().Select(element => element.GetString() ?? "") : [])
        {
            // One with too many parts is refused as what it is.
            sources.Add(Source(text) ?? new LogSourceHint(text + " ", null, null));
        }

        return new SourceMapping
        {
            Name = name, Sources = sources,
            When = item.TryGetProperty("when", out var when) ? [.. when.EnumerateObject().GroupBy(pair => pair.Name, StringComparer.Ordinal).Select(group => new MappingCondition(group.Key, group.SelectMany(pair => Texts(pair.Value)).ToList() is var values && values.Contains("*") ? [] : values))] : [],
            Fields = item.TryGetProperty("fields", out var fields)
                ? fields.EnumerateObject().GroupBy(pair => pair.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => (IReadOnlyList<string>)[.. group.SelectMany(pair => Texts(pair.Value)).SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))], StringComparer.Ordinal)
                : [],
        };

        // Numbers and truths as events write them.
        static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
            _ => throw new InvalidOperationException("A text is expected."),
        };
    }
}
