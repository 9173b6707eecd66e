using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hufu.Records;

/// <summary>Site-defined fields in the record's one JSON column: a flat object of canonical texts by field key.</summary>
internal static class ExtraFields
{
    internal static object? Get(Record record, Field field)
    {
        if (Read(record) is not { } json || json[field.Key] is not JsonValue value) return null;
        var parsed = field.Parse(value.GetValue<string>());
        return parsed.IsOk ? parsed.Value : value.GetValue<string>();
    }

    internal static void Set(Record record, Field field, object? value)
    {
        var json = Read(record) ?? [];
        if (Field.ToText(value) is { } text) json[field.Key] = text;
        else json.Remove(field.Key);
        var ordered = new JsonObject(json.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        record.Extra = ordered.Count == 0 ? null : ordered.ToJsonString(Options);
    }

    private static readonly JsonSerializerOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonObject? Read(Record record) => record.Extra is null ? null : JsonNode.Parse(record.Extra) as JsonObject;
}

/// <summary>A field that the site added to a record type, without code.</summary>
public sealed class CustomField : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string TypeKey { get; set; } = "";

    /// <summary>Key in the JSON column and in URLs: <c>x_</c> and lower-case letters, digits and underscores.</summary>
    public string Key { get; set; } = "";

    public string LabelZh { get; set; } = "";

    public string LabelEn { get; set; } = "";

    /// <summary>Name of a <see cref="FieldKind"/>; references are not offered.</summary>
    public string Kind { get; set; } = nameof(FieldKind.Text);

    /// <summary>Choices, one a line: <c>code=中文=English</c>.</summary>
    public string Choices { get; set; } = "";

    public bool Required { get; set; }

    public bool InList { get; set; }

    public int Order { get; set; }

    string IAudited.AuditType => "kernel.custom-field";

    /// <summary>What is wrong with the definition; empty when it can be used.</summary>
    public IReadOnlyList<Kernel.Error> Check()
    {
        var errors = new List<Kernel.Error>();
        if (!Field.IsExtraKey(Key)) errors.Add(Kernel.Error.Of("custom-field.key", "代碼須以 x_ 開頭，其後為 1 到 40 個小寫英文字母、數字或底線。", "The key starts with x_, followed by 1 to 40 lower-case letters, digits or underscores.", nameof(Key)));
        if (string.IsNullOrWhiteSpace(LabelZh) || string.IsNullOrWhiteSpace(LabelEn)) errors.Add(Kernel.Error.Of("custom-field.label", "請填寫中文與英文名稱。", "Give the name in both languages.", nameof(LabelZh)));
        if (!Enum.TryParse<FieldKind>(Kind, out var kind) || !Enum.IsDefined(kind) || kind is FieldKind.Reference) errors.Add(Kernel.Error.Of("custom-field.kind", "不支援這個欄位種類。", "This kind of field is not offered.", nameof(Kind)));
        else if (kind is FieldKind.Choice or FieldKind.ChoiceSet && string.IsNullOrWhiteSpace(Choices)) errors.Add(Kernel.Error.Of("custom-field.choices", "請至少列出一個選項。", "List at least one choice.", nameof(Choices)));
        return errors;
    }

    /// <summary>The field that this definition describes.</summary>
    /// <exception cref="ArgumentException">The definition has faults; see <see cref="Check"/>.</exception>
    public Field ToField()
    {
        var field = new Field(Key, Enum.Parse<FieldKind>(Kind), new Kernel.LocalizedText(LabelZh, LabelEn))
        {
            Required = Required,
            InList = InList,
            MaxLength = Kind == nameof(FieldKind.Text) ? 400 : 8000,
            Choices = [.. Choices.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line =>
            {
                var parts = line.Split('=', 3, StringSplitOptions.TrimEntries);
                return Choice.Of(parts[0], parts.ElementAtOrDefault(1) is { Length: > 0 } zh ? zh : parts[0], parts.ElementAtOrDefault(2) is { Length: > 0 } en ? en : parts[0]);
            })],
        };
        return field;
    }
}
