using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Sigma;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary>One JSON object a hit.</summary>
internal sealed class JsonHits(Stream output) : IHitWriter
{
    private readonly BufferedStream buffer = new(output, 1 << 16);

    public bool WantsEvents => false;

    public void Add(HuntHit hit)
    {
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("ruleId", hit.Rule.Key);
            json.WriteString("title", hit.Rule.Title);
            Text(json, "level", hit.Level.Length > 0 ? hit.Level : null);
            Text(json, "author", hit.Rule.Author);
            json.WriteString("file", hit.Place.File);
            json.WriteNumber("record", hit.Place.Record);
            Time(json, hit.Place.Time);
            json.WriteStartArray("matched");
            foreach (var field in hit.Matched)
            {
                json.WriteStartObject();
                json.WriteString("field", field.Field);
                json.WriteString("value", field.Value);
                if (field.Patterns.Count > 0)
                {
                    json.WriteStartArray("patterns");
                    foreach (var pattern in field.Patterns) json.WriteStringValue(pattern);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (hit.Records is { } records)
            {
                json.WriteStartObject("group");
                foreach (var field in (hit.Group ?? []).DistinctBy(field => field.Field)) json.WriteString(field.Field, field.Value);
                json.WriteEndObject();
                json.WriteNumber("count", hit.Count);
                json.WriteStartArray("records");
                foreach (var place in records)
                {
                    json.WriteStartObject();
                    json.WriteString("file", place.File);
                    json.WriteNumber("record", place.Record);
                    Time(json, place.Time);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            if (hit.Rule.Tags.Count > 0)
            {
                json.WriteStartArray("tags");
                foreach (var tag in hit.Rule.Tags) json.WriteStringValue(tag);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
    }

    public void Finish(HuntCounts counts) => buffer.Flush();

    public void Dispose() => buffer.Dispose();

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null) json.WriteNull(name);
        else json.WriteString(name, value);
    }

    private static void Time(Utf8JsonWriter json, DateTimeOffset? time) => Text(json, "time", time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
}

/// <summary>CSV with a header, one row a hit.</summary>
internal sealed class CsvHits(Stream output) : IHitWriter
{
    private readonly StreamWriter text = new(output, new UTF8Encoding(false), 1 << 16);
    private RowWriter? rows;

    public bool WantsEvents => false;

    private RowWriter Rows => rows ??= new RowWriter(text, "csv", ["time", "level", "ruleId", "title", "author", "file", "record", "matched", "patterns", "group", "count", "records"]);

    public void Add(HuntHit hit) => Rows.Add(
        hit.Place.Time is { } time ? SiteTime.Local(time) : null, hit.Level, hit.Rule.Key, hit.Rule.Title, hit.Rule.Author, hit.Place.File, hit.Place.Record, Fields(hit.Matched), Patterns(hit.Matched), Fields(hit.Group ?? []),
        hit.Count, hit.Records is { } records ? string.Join(' ', records.Select(place => place.ToString())) : null);

    public void Finish(HuntCounts counts)
    {
        Rows.Dispose();
        text.Flush();
    }

    public void Dispose() => text.Dispose();

    private static string Patterns(IReadOnlyList<SigmaMatchedField> fields) => string.Join(" | ", fields.Where(field => field.Patterns.Count > 0).Select(field => $"{field.Field}: {string.Join(", ", field.Patterns)}"));

    private static string Fields(IReadOnlyList<SigmaMatchedField> fields) => string.Join(" | ", fields.Select(field => $"{field.Field}={field.Value}"));
}

/// <summary>
/// A table that is read in a terminal: cells are cut to its width and levels have their colour; into a file or a pipe it is written without either. The
/// widths are those of the first rows, so that what is found early is seen early. The folder that all files are in is left out of their names.
/// </summary>
internal sealed class TableHits(Stream output, int? width, bool coloured, string folder) : IHitWriter
{
    private const int Measured = 200;

    // Patterns that are named of a field, and how much of each.
    private const int MostPatterns = 3;
    private const int MostPattern = 24;

    private static readonly string[] Heads = ["TIME", "LEVEL", "RULE", "EVENT", "MATCHED", "AUTHOR"];

    private readonly StreamWriter text = new(output, new UTF8Encoding(false), 1 << 16);
    private readonly List<(string Level, string[] Cells)> first = [];
    private int[]? widths;

    public bool WantsEvents => false;

    public void Add(HuntHit hit)
    {
        var place = hit.Place.ToString();
        if (folder.Length > 0 && place.StartsWith(folder, StringComparison.Ordinal)) place = place[folder.Length..];
        if (hit.Records is { } records) place = $"{place} (+{records.Count - 1})";
        string[] cells =
        [
            hit.Place.Time is { } time ? SiteTime.Local(time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "-", hit.Level.Length > 0 ? hit.Level : "-", hit.Rule.Title, place,
            string.Join(' ', hit.Matched.Select(Matched)), hit.Rule.Author ?? "-",
        ];
        for (var i = 0; i < cells.Length; i++) cells[i] = RowWriter.Printable(cells[i]);
        if (widths is not null)
        {
            Line(cells, hit.Level);
            return;
        }

        first.Add((hit.Level, cells));
        if (first.Count == Measured) Begin();
    }

    // What was found stands before a value, which may be long: the cell is cut at its end.
    private static string Matched(SigmaMatchedField field)
    {
        if (HuntHit.PatternsOf(field) is not { Count: > 0 } patterns) return $"{field.Field}={field.Value}";
        var more = patterns.Count > MostPatterns ? $", +{patterns.Count - MostPatterns}" : "";
        return $"{field.Field}[{string.Join(", ", patterns.Take(MostPatterns).Select(pattern => pattern.Length > MostPattern ? pattern[..MostPattern] + "…" : pattern))}{more}]={field.Value}";
    }

    public void Finish(HuntCounts counts)
    {
        if (widths is null && first.Count > 0) Begin();
        text.Flush();
    }

    public void Dispose() => text.Dispose();

    private void Begin()
    {
        // Time and level are short; the others share what the terminal has, none below what can be read.
        int[] most = [19, 13, 60, 60, 100, 40];
        widths = [.. Heads.Select((head, i) => Math.Min(most[i], Math.Max(head.Length, first.Max(row => RowWriter.Width(row.Cells[i])))))];
        if (width is { } cells)
        {
            int[] least = [19, 5, 24, 16, 20, 12];
            for (var over = widths.Sum() + 2 * (widths.Length - 1) - cells; over > 0; over--)
            {
                var widest = Enumerable.Range(2, 4).Where(i => widths[i] > least[i]).OrderByDescending(i => (double)widths[i] / most[i]).FirstOrDefault(-1);
                if (widest < 0) break;
                widths[widest]--;
            }
        }

        Line(Heads, null);
        Line([.. widths.Select(w => new string('-', w))], null);
        foreach (var (level, row) in first) Line(row, level);
        first.Clear();
    }

    private void Line(string[] cells, string? level)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            // Who wrote a rule is named whole, as its licence asks: it is last, and a long name goes on in the next line.
            var cell = width is null || i == 5 ? cells[i] : i == 3 ? RowWriter.FitEnd(cells[i], widths![i]) : RowWriter.Fit(cells[i], widths![i]);
            var colour = i == 1 && coloured ? Colour(level) : "";
            if (colour.Length > 0) line.Append(colour).Append(cell).Append("\u001b[0m");
            else line.Append(cell);
            if (i < cells.Length - 1) line.Append(' ', Math.Max(0, widths![i] - RowWriter.Width(cell)) + 2);
        }

        text.WriteLine(line);
        // Who looks on sees it at once.
        if (width is not null) text.Flush();
    }

    private static string Colour(string? level) => level switch
    {
        "critical" => "\u001b[1;97;41m",
        "high" => "\u001b[1;31m",
        "medium" => "\u001b[33m",
        "low" => "\u001b[36m",
        "informational" => "\u001b[2m",
        _ => "",
    };
}
