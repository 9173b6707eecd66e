using System.Text.Json;

namespace Hufu.Records;

/// <summary>Site-defined fields in the record's one JSON column: a flat object of canonical texts by field key.</summary>
internal static class ExtraFields
{
    internal static object? Get(Record record, Field field)
    {
        foreach (var (key, text) in Read(record))
        {
            if (key != field.Key) continue;
            var parsed = field.Parse(text);
            return parsed.IsOk ? parsed.Value : text;
        }

        return null;
    }

    internal static void Set(Record record, Field field, object? value)
    {
        var texts = Read(record);
        texts.RemoveAll(t => t.Key == field.Key);
        if (Field.ToText(value) is { } text) texts.Add(new(field.Key, text));
        record.Extra = texts.Count == 0 ? null : Write(texts);
    }

    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Read token by token: an import does this for every site-defined cell, and a document tree costs ten times as much.
    private static List<KeyValuePair<string, string>> Read(Record record)
    {
        var texts = new List<KeyValuePair<string, string>>();
        if (record.Extra is null) return texts;
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(record.Extra));
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return texts;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType is JsonTokenType.String) texts.Add(new(key, reader.GetString()!));
            else reader.Skip();
        }

        return texts;
    }

    private static string Write(List<KeyValuePair<string, string>> texts)
    {
        texts.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            foreach (var (key, text) in texts) writer.WriteString(key, text);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
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
