using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hufu.Logs.Intake;

/// <summary>What is wrong with an event of Splunk's HTTP Event Collector; the number is its code.</summary>
public enum SplunkProblem
{
    /// <summary>It is no JSON object.</summary>
    InvalidFormat = 6,

    /// <summary>It has no <c>event</c>.</summary>
    EventRequired = 12,

    /// <summary>Its <c>event</c> is empty.</summary>
    EventBlank = 13,
}

/// <summary>What holds for all events of a request that do not say otherwise.</summary>
/// <param name="Host">The host.</param>
/// <param name="Source">The source.</param>
/// <param name="SourceType">The type of source.</param>
/// <param name="Index">The index.</param>
public sealed record SplunkDefaults(string? Host, string? Source, string? SourceType, string? Index)
{
    /// <summary>An event that came as a plain line, with what holds for it.</summary>
    public LogEvent Apply(LogEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        var fields = new Parsing.FieldMap(item.Fields);
        if (SourceType is not null) fields.TryAdd("sourcetype", SourceType);
        if (Index is not null) fields.TryAdd("index", Index);
        return item with { Host = Host ?? item.Host, Fields = fields };
    }
}

/// <summary>
/// Reads the body of Splunk's HTTP Event Collector: JSON objects one after the other, with or without anything between them. What stands in
/// <c>event</c> is read as a line of a file would be; <c>time</c> and <c>host</c> around it count before what it says itself. The raw record is the whole object.
/// </summary>
public static class SplunkEvents
{
    private static readonly UTF8Encoding Exact = new(false, throwOnInvalidBytes: true);
    private const int MaxDepth = 1_000;

    /// <summary>The events in their order, up to the first that is wrong, which is told instead.</summary>
    /// <param name="body">The body, unpacked.</param>
    /// <param name="defaults">What holds for events that do not say otherwise.</param>
    /// <param name="receivedAt">When it came.</param>
    /// <param name="source">The source that events carry, by what they call their source and its type.</param>
    /// <param name="options">How events are read.</param>
    public static IEnumerable<(LogEvent? Event, SplunkProblem? Problem)> Read(ReadOnlyMemory<byte> body, SplunkDefaults defaults, DateTimeOffset receivedAt, Func<string?, string?, string> source, LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        while (true)
        {
            body = body[(body.Length - body.Span.TrimStart(" \t\r\n"u8).Length)..];
            if (body.IsEmpty) yield break;
            if (LengthOf(body.Span) is not { } length)
            {
                yield return (null, SplunkProblem.InvalidFormat);
                yield break;
            }

            var read = One(body.Span[..length], defaults, receivedAt, source, options);
            yield return read;
            if (read.Problem is not null) yield break;
            body = body[length..];
        }
    }

    // Of the object at the beginning; null when there is none.
    private static int? LengthOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return null;
            reader.Skip();
            return (int)reader.BytesConsumed;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (LogEvent? Event, SplunkProblem? Problem) One(ReadOnlySpan<byte> bytes, SplunkDefaults defaults, DateTimeOffset receivedAt, Func<string?, string?, string> source, LogParseOptions options)
    {
        var (raw, exact) = (Encoding.UTF8.GetString(bytes), true);
        try
        {
            Exact.GetCharCount(bytes);
        }
        catch (DecoderFallbackException)
        {
            exact = false;
        }

        try
        {
            using var json = JsonDocument.Parse(raw, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var root = json.RootElement;
            if (!root.TryGetProperty("event", out var inner) || inner.ValueKind is JsonValueKind.Null) return (null, SplunkProblem.EventRequired);
            var text = inner.ValueKind is JsonValueKind.String ? inner.GetString()! : inner.GetRawText();
            if (string.IsNullOrWhiteSpace(text)) return (null, SplunkProblem.EventBlank);
            var type = Text(root, "sourcetype") ?? defaults.SourceType;
            var item = LogParser.Parse(text, receivedAt, source(Text(root, "source") ?? defaults.Source, type), options);
            var (fields, problems) = (new Parsing.FieldMap(item.Fields), new List<string>(item.Problems));
            if (root.TryGetProperty("fields", out var more) && more.ValueKind is JsonValueKind.Object)
            {
                foreach (var property in more.EnumerateObject())
                {
                    if (fields.Count < options.MaxFields) fields.TryAdd(property.Name, Joined(property.Value));
                    else if (!fields.ContainsKey(property.Name))
                    {
                        problems.Add(LogProblem.Of(LogProblem.FieldsTooMany, options.MaxFields));
                        break;
                    }
                }
            }

            item = new SplunkDefaults(Text(root, "host") ?? defaults.Host, null, type, Text(root, "index") ?? defaults.Index).Apply(item with { Raw = raw, Fields = fields });
            if (root.TryGetProperty("time", out var time) && time.ValueKind is not JsonValueKind.Null)
            {
                if (TimeOf(time) is { } at) item = item with { OccurredAt = at, TimeZoneAssumed = false };
                else problems.Add(LogProblem.Of(LogProblem.TimeUnread, "time"));
            }

            if (!exact) problems.Add(LogProblem.NotUtf8);
            return (item with { RawBytes = exact ? null : bytes.ToArray(), Problems = problems }, null);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // No JSON, or a text that is no Unicode.
            return (null, SplunkProblem.InvalidFormat);
        }
    }

    // Seconds since 1970, with a fraction; milliseconds and finer where the number is too large for seconds.
    private static DateTimeOffset? TimeOf(JsonElement time)
    {
        if (time.ValueKind is not (JsonValueKind.Number or JsonValueKind.String)) return null;
        var text = time.ValueKind is JsonValueKind.String ? time.GetString()! : time.GetRawText();
        if (text.Length > 40 || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) || seconds < 0) return null;
        while (seconds >= 100_000_000_000m) seconds /= 1_000;
        return DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && (value.ValueKind is JsonValueKind.String ? value.GetString() : value.ValueKind is JsonValueKind.Number ? value.GetRawText() : null) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private static string Joined(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(v => v.ValueKind is JsonValueKind.String ? v.GetString() : v.GetRawText())),
        _ => value.GetRawText(),
    };
}
