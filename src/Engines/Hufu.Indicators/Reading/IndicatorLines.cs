using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>Indicators as JSON, one a line: what is kept of a list, and the same for the same indicator.</summary>
public static class IndicatorLines
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The line of an indicator, without its end.</summary>
    public static byte[] Write(Indicator item)
    {
        ArgumentNullException.ThrowIfNull(item);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", item.Id);
            if (item.Title.Length > 0) json.WriteString("title", item.Title);
            if (item.Pattern.Length > 0) json.WriteString("pattern", item.Pattern);
            foreach (var value in item.Values.Take(1)) Value("kind", "value", value);
            if (item.Values.Count > 1)
            {
                json.WriteStartArray("more");
                foreach (var value in item.Values.Skip(1))
                {
                    json.WriteStartObject();
                    Value("kind", "value", value);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            if (item.ValidFrom is { } from) json.WriteString("from", from.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            if (item.ValidUntil is { } until) json.WriteString("until", until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            if (item.Confidence is { } confidence) json.WriteNumber("confidence", confidence);
            if (item.Doubt.Length > 0) json.WriteString("doubt", item.Doubt);
            var context = item.Context;
            json.WriteStartObject("of");
            if (context.Producer.Length > 0) json.WriteString("producer", context.Producer);
            if (context.Tlp.Length > 0) json.WriteString("tlp", context.Tlp);
            if (context.Report.Length > 0) json.WriteString("report", context.Report);
            Texts("names", context.Names);
            Texts("labels", context.Labels);
            Texts("attack", context.Attack);
            json.WriteEndObject();
            json.WriteEndObject();

            void Value(string kind, string text, IndicatorValue value)
            {
                json.WriteString(kind, IndicatorKinds.Word(value.Kind));
                json.WriteString(text, value.Text);
            }

            void Texts(string name, IReadOnlyList<string> texts)
            {
                if (texts.Count == 0) return;
                json.WriteStartArray(name);
                foreach (var text in texts) json.WriteStringValue(text);
                json.WriteEndArray();
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The id of a line.</summary>
    public static string IdOf(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        json.Read();
        json.Read();
        json.Read();
        return json.GetString() ?? "";
    }

    /// <summary>Reads lines one after another; what several have in common is one object.</summary>
    public sealed class Reader
    {
        private readonly Dictionary<string, IndicatorContext> contexts = new(StringComparer.Ordinal);

        /// <summary>The indicator of a line; fails when it is none.</summary>
        public Result<Indicator> Read(ReadOnlyMemory<byte> line)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                var values = new List<IndicatorValue>();
                Value(root);
                if (root.TryGetProperty("more", out var more)) foreach (var value in more.EnumerateArray()) Value(value);
                var of = root.GetProperty("of");
                var key = of.GetRawText();
                if (!contexts.TryGetValue(key, out var context))
                {
                    if (contexts.Count > 200_000) contexts.Clear();
                    contexts[key] = context = new IndicatorContext { Producer = Text(of, "producer"), Tlp = Text(of, "tlp"), Report = Text(of, "report"), Names = Texts(of, "names"), Labels = Texts(of, "labels"), Attack = Texts(of, "attack") };
                }

                return Result.Of(new Indicator
                {
                    Id = Text(root, "id"), Title = Text(root, "title"), Pattern = Text(root, "pattern"), Values = values, Doubt = Text(root, "doubt"), Context = context, ValidFrom = Time(root, "from"), ValidUntil = Time(root, "until"),
                    Confidence = root.TryGetProperty("confidence", out var confidence) ? confidence.GetInt32() : null,
                });

                void Value(JsonElement element)
                {
                    if (element.TryGetProperty("kind", out var kind) && IndicatorKinds.Of(kind.GetString() ?? "") is { } known) values.Add(new IndicatorValue(known, Text(element, "value")));
                }
            }
            catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                return Result.Fail<Indicator>(Error.Of("indicator.line", "這一行不是指標。", "This line is no indicator."));
            }
        }

        private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

        private static List<string> Texts(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? [.. value.EnumerateArray().Select(v => v.GetString() ?? "")] : [];

        private static DateTimeOffset? Time(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetDateTimeOffset() : null;
    }
}
