using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Cli;

/// <summary>Something that a check found in a rule.</summary>
/// <param name="Error">What, and where.</param>
/// <param name="Level">How grave, in the words of SARIF: <c>error</c> for a rule that cannot be used, <c>warning</c> or <c>note</c> for one that can.</param>
internal sealed record RuleFinding(Error Error, string Level = "error")
{
    /// <summary>The place as its file, line and column, the last two from 1 and absent where they are not known.</summary>
    internal (string File, int? Line, int? Column) Place
    {
        get
        {
            var file = Error.Place ?? "";
            return Cut(ref file) is not { } last ? (file, null, null) : Cut(ref file) is { } first ? (file, first, last) : (file, last, null);

            static int? Cut(ref string text)
            {
                var colon = text.LastIndexOf(':');
                if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
                text = text[..colon];
                return number;
            }
        }
    }
}

/// <summary>Writes what a check of rules found, for people and for programs.</summary>
internal static class SigmaReport
{
    internal static void Write(TextWriter output, string format, int usable, int documents, IReadOnlyList<RuleFinding> findings)
    {
        switch (format)
        {
            case "json":
                Json(output, json => Document(json, usable, documents, findings));
                break;
            case "sarif":
                Json(output, json => Sarif(json, findings));
                break;
            default:
                using (var rows = new RowWriter(output, format, ["place", "level", "code", "message"]))
                    foreach (var finding in findings) rows.Add(finding.Error.Place, finding.Level, finding.Error.Code, finding.Error.Message.ToString());
                break;
        }
    }

    private static void Json(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) write(json);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void Document(Utf8JsonWriter json, int usable, int documents, IReadOnlyList<RuleFinding> findings)
    {
        json.WriteStartObject();
        json.WriteNumber("rules", documents);
        json.WriteNumber("usable", usable);
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            var (file, line, column) = finding.Place;
            json.WriteStartObject();
            json.WriteString("level", finding.Level);
            json.WriteString("code", finding.Error.Code);
            json.WriteString("message", finding.Error.Message.ToString());
            json.WriteString("file", file);
            if (line is { } l) json.WriteNumber("line", l);
            if (column is { } c) json.WriteNumber("column", c);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Sarif(Utf8JsonWriter json, IReadOnlyList<RuleFinding> findings)
    {
        var codes = findings.DistinctBy(finding => finding.Error.Code).ToList();
        json.WriteStartObject();
        json.WriteString("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "hufu");
        json.WriteString("version", typeof(SigmaReport).Assembly.GetName().Version?.ToString(3));
        json.WriteStartArray("rules");
        foreach (var code in codes)
        {
            json.WriteStartObject();
            json.WriteString("id", code.Error.Code);
            Text("shortDescription", code.Error.Message.En);
            json.WriteStartObject("defaultConfiguration");
            json.WriteString("level", code.Level);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("columnKind", "utf16CodeUnits");
        json.WriteStartArray("results");
        foreach (var finding in findings)
        {
            var (file, line, column) = finding.Place;
            json.WriteStartObject();
            json.WriteString("ruleId", finding.Error.Code);
            json.WriteNumber("ruleIndex", codes.FindIndex(code => code.Error.Code == finding.Error.Code));
            json.WriteString("level", finding.Level);
            Text("message", finding.Error.Message.ToString());
            json.WriteStartArray("locations");
            json.WriteStartObject();
            json.WriteStartObject("physicalLocation");
            json.WriteStartObject("artifactLocation");
            json.WriteString("uri", Address(file));
            json.WriteEndObject();
            json.WriteStartObject("region");
            json.WriteNumber("startLine", line ?? 1);
            json.WriteNumber("startColumn", column ?? 1);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();

        void Text(string name, string text)
        {
            json.WriteStartObject(name);
            json.WriteString("text", text);
            json.WriteEndObject();
        }
    }

    /// <summary>A path as a reference by RFC 3986: relative as it is, absolute with its scheme.</summary>
    private static string Address(string path) =>
        Path.IsPathRooted(path) ? new Uri(path).AbsoluteUri : string.Join('/', path.Split('/', Path.DirectorySeparatorChar).Select(Uri.EscapeDataString));
}
