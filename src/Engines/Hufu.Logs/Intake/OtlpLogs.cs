using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hufu.Logs.Intake;

/// <summary>
/// Reads the request of OpenTelemetry's log service (OTLP 1.x), as protobuf or JSON. OTLP has no lines, so each log record is written as one: a JSON
/// object with the record's members under OTLP's names, its attributes under their own, and <c>resource</c> and <c>scope</c>. The event is what that line gives
/// (family <c>otlp</c>), wherever it is read.
/// </summary>
public static class OtlpLogs
{
    /// <summary>Most records of one request.</summary>
    public const int MaxRecords = 200_000;

    /// <summary>Longest line of a record in bytes; a longer record is refused.</summary>
    public const int MaxLine = 1 << 20;

    /// <summary>Deepest nesting of a value; what is deeper is refused.</summary>
    public const int MaxDepth = 32;

    // Each line repeats what its resource and scope say: a small request must not become a large one.
    private const long MaxLines = 512L << 20;

    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // What a line has of its own; an attribute of that name stands under "attributes.".
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal) { "timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText", "body", "traceId", "spanId", "flags", "eventName", "resource", "scope" };

    /// <summary>The records in their order, each as its line or with the reason why it is refused.</summary>
    /// <param name="body">The request, unpacked.</param>
    /// <param name="isJson">True when it is JSON, false for protobuf.</param>
    /// <param name="receivedAt">The observed time of records that name none.</param>
    /// <exception cref="IntakeException">It is no such request, or there are too many records. All of it is looked at before the first record is given.</exception>
    public static IEnumerable<(string? Line, string? Refusal)> Read(ReadOnlyMemory<byte> body, bool isJson, DateTimeOffset receivedAt)
    {
        var observed = ((receivedAt.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100).ToString(CultureInfo.InvariantCulture);
        return Bounded(isJson ? Json(body, observed) : Proto(body, observed));
    }

    private static IEnumerable<(string? Line, string? Refusal)> Bounded(IEnumerable<(string? Line, string? Refusal)> records)
    {
        long written = 0;
        foreach (var record in records)
        {
            written += record.Line?.Length ?? 0;
            if (written > MaxLines) throw new IntakeException("The records repeat too much of their resource", isTooLarge: true);
            yield return record;
        }
    }

    private static (string? Line, string? Refusal) Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        try
        {
            using var json = new Utf8JsonWriter(buffer, Written);
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
            json.Flush();
            return buffer.WrittenCount <= MaxLine ? (Encoding.UTF8.GetString(buffer.WrittenSpan), null) : (null, string.Create(CultureInfo.InvariantCulture, $"a record is longer than {MaxLine} bytes"));
        }
        catch (IntakeException fault)
        {
            return (null, fault.Message);
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or FormatException)
        {
            return (null, "a text is not Unicode");
        }
    }

    private static void Deeper(int depth)
    {
        if (depth > MaxDepth) throw new IntakeException(string.Create(CultureInfo.InvariantCulture, $"a value is nested more than {MaxDepth} levels deep"));
    }

    private static void WriteDouble(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number)) json.WriteNumberValue(number);
        else json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
    }

    private static string NameOf(string key, bool own) => own && Own.Contains(key) ? "attributes." + key : key;

    // ---- protobuf

    private static IEnumerable<(string? Line, string? Refusal)> Proto(ReadOnlyMemory<byte> body, string observed)
    {
        var records = Found(body);
        return records.Select(r => Line(json => ProtoRecord(json, r.Record.Span, r.Resource.Span, r.Scope.Span, observed)));

        static List<(ReadOnlyMemory<byte> Record, ReadOnlyMemory<byte> Resource, ReadOnlyMemory<byte> Scope)> Found(ReadOnlyMemory<byte> body)
        {
            var found = new List<(ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)>();
            foreach (var resourceLogs in Parts(body, 1))
            {
                var resource = Last(resourceLogs, 1);
                foreach (var scopeLogs in Parts(resourceLogs, 2))
                {
                    var scope = Last(scopeLogs, 1);
                    foreach (var record in Parts(scopeLogs, 2))
                    {
                        if (found.Count == MaxRecords) throw TooMany();
                        found.Add((record, resource, scope));
                    }
                }
            }

            return found;
        }
    }

    private static IntakeException TooMany() => new(string.Create(CultureInfo.InvariantCulture, $"More than {MaxRecords} records"), isTooLarge: true);

    private static List<ReadOnlyMemory<byte>> Parts(ReadOnlyMemory<byte> message, int field)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var reader = new ProtoReader(message.Span);
        while (reader.Next())
        {
            if (reader.Field != field) continue;
            if (reader.Wire != 2) throw new IntakeException("a message is not written as one");
            if (parts.Count == MaxRecords) throw TooMany();
            parts.Add(message[reader.Range]);
        }

        return parts;
    }

    private static ReadOnlyMemory<byte> Last(ReadOnlyMemory<byte> message, int field) => Parts(message, field) is [.., var last] ? last : default;

    private static void ProtoRecord(Utf8JsonWriter json, ReadOnlySpan<byte> record, ReadOnlySpan<byte> resource, ReadOnlySpan<byte> scope, string observed)
    {
        ulong time = 0, seen = 0, severity = 0, flags = 0;
        ReadOnlySpan<byte> severityText = [], body = [], trace = [], span = [], name = [];
        var reader = new ProtoReader(record);
        while (reader.Next())
        {
            switch (reader.Field, reader.Wire)
            {
                case (1, 1): time = reader.Number; break;
                case (2, 0): severity = reader.Number; break;
                case (3, 2): severityText = reader.Bytes; break;
                case (5, 2): body = reader.Bytes; break;
                case (8, 5): flags = reader.Number; break;
                case (9, 2): trace = reader.Bytes; break;
                case (10, 2): span = reader.Bytes; break;
                case (11, 1): seen = reader.Number; break;
                case (12, 2): name = reader.Bytes; break;
                default: break;
            }
        }

        if (time > 0) json.WriteString("timeUnixNano", time.ToString(CultureInfo.InvariantCulture));
        json.WriteString("observedTimeUnixNano", seen > 0 ? seen.ToString(CultureInfo.InvariantCulture) : observed);
        if (severity > 0) json.WriteNumber("severityNumber", severity);
        if (!severityText.IsEmpty) json.WriteString("severityText", Utf8(severityText));
        if (!body.IsEmpty)
        {
            json.WritePropertyName("body");
            ProtoValue(json, body, 0);
        }

        if (!trace.IsEmpty) json.WriteString("traceId", Convert.ToHexStringLower(trace));
        if (!span.IsEmpty) json.WriteString("spanId", Convert.ToHexStringLower(span));
        if (flags > 0) json.WriteNumber("flags", flags);
        if (!name.IsEmpty) json.WriteString("eventName", Utf8(name));
        ProtoAttributes(json, record, 6, own: true, 0);
        json.WriteStartObject("resource");
        ProtoAttributes(json, resource, 1, own: false, 0);
        json.WriteEndObject();
        json.WriteStartObject("scope");
        reader = new ProtoReader(scope);
        while (reader.Next())
        {
            if (reader is { Field: 1 or 2, Wire: 2 } && !reader.Bytes.IsEmpty) json.WriteString(reader.Field == 1 ? "name" : "version", Utf8(reader.Bytes));
        }

        ProtoAttributes(json, scope, 3, own: false, 0);
        json.WriteEndObject();
    }

    private static void ProtoAttributes(Utf8JsonWriter json, ReadOnlySpan<byte> message, int field, bool own, int depth)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field != field || reader.Wire != 2) continue;
            ReadOnlySpan<byte> key = [], value = [];
            var pair = new ProtoReader(reader.Bytes);
            while (pair.Next())
            {
                if (pair is { Field: 1, Wire: 2 }) key = pair.Bytes;
                else if (pair is { Field: 2, Wire: 2 }) value = pair.Bytes;
            }

            json.WritePropertyName(NameOf(Utf8(key), own));
            ProtoValue(json, value, depth);
        }
    }

    private static void ProtoValue(Utf8JsonWriter json, ReadOnlySpan<byte> value, int depth)
    {
        Deeper(depth);
        // One of several: the last that is written counts.
        var (field, wire, number, range) = (0, 0, 0UL, default(Range));
        var reader = new ProtoReader(value);
        while (reader.Next())
        {
            if (reader.Field is >= 1 and <= 7) (field, wire, number, range) = (reader.Field, reader.Wire, reader.Number, reader.Range);
        }

        switch (field, wire)
        {
            case (1, 2): json.WriteStringValue(Utf8(value[range])); break;
            case (2, 0): json.WriteBooleanValue(number != 0); break;
            case (3, 0): json.WriteNumberValue(unchecked((long)number)); break;
            case (4, 1): WriteDouble(json, BitConverter.UInt64BitsToDouble(number)); break;
            case (5, 2):
                json.WriteStartArray();
                var items = new ProtoReader(value[range]);
                while (items.Next())
                {
                    if (items is { Field: 1, Wire: 2 }) ProtoValue(json, items.Bytes, depth + 1);
                }

                json.WriteEndArray();
                break;
            case (6, 2):
                json.WriteStartObject();
                ProtoAttributes(json, value[range], 1, own: false, depth + 1);
                json.WriteEndObject();
                break;
            case (7, 2): json.WriteBase64StringValue(value[range]); break;
            default: json.WriteNullValue(); break;
        }
    }

    private static string Utf8(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);

    // ---- JSON

    private static IEnumerable<(string? Line, string? Refusal)> Json(ReadOnlyMemory<byte> body, string observed)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 512 });
        }
        catch (JsonException fault)
        {
            throw new IntakeException("The request is no JSON", fault);
        }

        if (document.RootElement.ValueKind is not JsonValueKind.Object) throw new IntakeException("The request is no object");
        var records = new List<(JsonElement Record, JsonElement Resource, JsonElement Scope)>();
        foreach (var resourceLogs in Items(document.RootElement, "resourceLogs"))
        {
            foreach (var scopeLogs in Items(resourceLogs, "scopeLogs"))
            {
                foreach (var record in Items(scopeLogs, "logRecords"))
                {
                    if (records.Count == MaxRecords) throw TooMany();
                    records.Add((record, Member(resourceLogs, "resource"), Member(scopeLogs, "scope")));
                }
            }
        }

        return Lines();

        IEnumerable<(string? Line, string? Refusal)> Lines()
        {
            using (document)
            {
                foreach (var (record, resource, scope) in records) yield return Line(json => JsonRecord(json, record, resource, scope, observed));
            }
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement item, string name) =>
        Member(item, name) switch
        {
            { ValueKind: JsonValueKind.Array } array => array.EnumerateArray(),
            { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => default,
            _ => throw new IntakeException(name + " is no array"),
        };

    private static JsonElement Member(JsonElement item, string name) => item.ValueKind is JsonValueKind.Object && item.TryGetProperty(name, out var value) ? value : default;

    private static void JsonRecord(Utf8JsonWriter json, JsonElement record, JsonElement resource, JsonElement scope, string observed)
    {
        if (record.ValueKind is not JsonValueKind.Object) throw new IntakeException("a record is no object");
        var (time, seen) = (Scalar(record, "timeUnixNano"), Scalar(record, "observedTimeUnixNano"));
        if (time is not (null or "0")) json.WriteString("timeUnixNano", time);
        json.WriteString("observedTimeUnixNano", seen is null or "0" ? observed : seen);
        if (int.TryParse(Scalar(record, "severityNumber"), NumberStyles.None, CultureInfo.InvariantCulture, out var severity) && severity > 0) json.WriteNumber("severityNumber", severity);
        Copy(record, "severityText");
        if (Member(record, "body") is { ValueKind: JsonValueKind.Object } body && body.EnumerateObject().Any())
        {
            json.WritePropertyName("body");
            JsonValue(json, body, 0);
        }

        Copy(record, "traceId");
        Copy(record, "spanId");
        if (uint.TryParse(Scalar(record, "flags"), NumberStyles.None, CultureInfo.InvariantCulture, out var flags) && flags > 0) json.WriteNumber("flags", flags);
        Copy(record, "eventName");
        JsonAttributes(json, record, "attributes", own: true, 0);
        json.WriteStartObject("resource");
        JsonAttributes(json, resource, "attributes", own: false, 0);
        json.WriteEndObject();
        json.WriteStartObject("scope");
        Copy(scope, "name");
        Copy(scope, "version");
        JsonAttributes(json, scope, "attributes", own: false, 0);
        json.WriteEndObject();

        void Copy(JsonElement item, string name)
        {
            if (Scalar(item, name) is { Length: > 0 } text) json.WriteString(name, text);
        }
    }

    // Numbers of 64 bits come as texts, and some senders write them as numbers.
    private static string? Scalar(JsonElement item, string name) => Member(item, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static void JsonAttributes(Utf8JsonWriter json, JsonElement item, string name, bool own, int depth)
    {
        foreach (var pair in Items(item, name))
        {
            json.WritePropertyName(NameOf(Scalar(pair, "key") ?? "", own));
            JsonValue(json, Member(pair, "value"), depth);
        }
    }

    private static void JsonValue(Utf8JsonWriter json, JsonElement value, int depth)
    {
        Deeper(depth);
        if (Scalar(value, "stringValue") is { } text) json.WriteStringValue(text);
        else if (Member(value, "boolValue") is { ValueKind: JsonValueKind.True or JsonValueKind.False } truth) json.WriteBooleanValue(truth.GetBoolean());
        else if (Scalar(value, "intValue") is { } number)
        {
            if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) json.WriteNumberValue(whole);
            else json.WriteStringValue(number);
        }
        else if (Scalar(value, "doubleValue") is { } real)
        {
            if (double.TryParse(real, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)) WriteDouble(json, fraction);
            else json.WriteStringValue(real);
        }
        else if (Member(value, "arrayValue") is { ValueKind: JsonValueKind.Object } array)
        {
            json.WriteStartArray();
            foreach (var item in Items(array, "values")) JsonValue(json, item, depth + 1);
            json.WriteEndArray();
        }
        else if (Member(value, "kvlistValue") is { ValueKind: JsonValueKind.Object } list)
        {
            json.WriteStartObject();
            JsonAttributes(json, list, "values", own: false, depth + 1);
            json.WriteEndObject();
        }
        else if (Scalar(value, "bytesValue") is { } bytes) json.WriteStringValue(bytes);
        else json.WriteNullValue();
    }
}
