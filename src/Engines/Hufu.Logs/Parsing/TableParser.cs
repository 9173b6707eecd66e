using System.Globalization;
using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>The columns that a log has named for the lines that follow.</summary>
internal sealed class TableHeader
{
    public TableHeader()
    {
    }

    /// <summary>What another has named so far.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public TableHeader(TableHeader other) => (Format, Columns, Separator, Unset, Empty, Path, Date, Local) = (other.Format, other.Columns, other.Separator, other.Unset, other.Empty, other.Path, other.Date, other.Local);

    public required string Format { get; init; }

    public string[] Columns { get; set; } = [];

    public char Separator { get; set; } = ' ';

    /// <summary>What Zeek writes for no value and for an empty one.</summary>
    public string Unset { get; set; } = "-";

    public string Empty { get; set; } = "(empty)";

    public string? Path { get; set; }

    /// <summary>The day that W3C's <c>#Date:</c> gives to lines that have only a time.</summary>
    public string? Date { get; set; }

    /// <summary>True when times are the machine's own, as Windows' firewall says of its log.</summary>
    public bool Local { get; set; }
}

/// <summary>Reads logs whose columns are named once, at their begin: W3C extended (IIS), Zeek's tables, CSV with a header.</summary>
internal static class TableParser
{
    /// <summary>W3C's names with the names that rules use for the same.</summary>
    private static readonly (string From, string To)[] Names = [("cs(User-Agent)", "cs-user-agent"), ("cs(Referer)", "cs-referer"), ("cs(Host)", "cs-host"), ("cs(Cookie)", "cs-cookie")];

    private static readonly string[] W3C = ["#Software:", "#Version:", "#Date:", "#Fields:", "#Start-Date:", "#End-Date:", "#Remark:", "#Time Format:"];
    private static readonly string[] Zeek = ["#separator ", "#set_separator", "#empty_field", "#unset_field", "#path", "#open", "#fields", "#types", "#close"];

    /// <summary>The columns that IIS writes when nobody chose others, and all that it has.</summary>
    private static readonly TableHeader Usual = new()
    {
        Format = LogFormats.W3C, Columns = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken".Split(' '),
    };

    private static readonly TableHeader All = new()
    {
        Format = LogFormats.W3C,
        Columns = "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken".Split(' '),
    };

    /// <summary>The columns of a line of IIS that no other line names: those of its usual set or of all, told by how many there are and by what stands in those that have one form; absent for any other line.</summary>
    public static TableHeader? BareColumns(string text)
    {
        // Every line that begins with a time comes by here.
        if (text.Length is < 60 or > 16_384 || text[4] != '-' || text[10] != ' ' || text[13] != ':' || text[19] != ' ') return null;
        var header = text.AsSpan().Count(' ') switch { 14 => Usual, 21 => All, _ => null };
        if (header is null) return null;
        var values = text.Split(' ');
        var (server, client, status) = header == Usual ? (2, 8, 11) : (4, 10, 16);
        return LogParser.IsAddress(Bare(values[server])) && LogParser.IsAddress(Bare(values[client])) && IsNumber(values[server + 4]) && IsNumber(values[status]) && values[status].Length == 3 && IsNumber(values[status + 2]) && IsNumber(values[^1])
            && values[server + 1].Length > 0 && !values[server + 1].AsSpan().ContainsAnyExcept(Methods) ? header : null;

        static ReadOnlySpan<char> Bare(string address) => address.IndexOf('%', StringComparison.Ordinal) is > 0 and var zone ? address.AsSpan(0, zone) : address;

        static bool IsNumber(string value) => value.Length is > 0 and < 12 && !value.AsSpan().ContainsAnyExceptInRange('0', '9');
    }

    private static readonly System.Buffers.SearchValues<char> Methods = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");

    /// <summary>The format of a line that names columns or says something about the log; absent for any other line.</summary>
    public static string? DirectiveOf(string text)
    {
        if (text.Length == 0 || text[0] != '#') return null;
        if (Array.Exists(W3C, word => text.StartsWith(word, StringComparison.OrdinalIgnoreCase))) return LogFormats.W3C;
        return Array.Exists(Zeek, word => text.StartsWith(word, StringComparison.Ordinal) && (text.Length == word.Length || word[^1] == ' ' || text[word.Length] is '\t' or ' ' or ',')) ? LogFormats.Zeek : null;
    }

    /// <summary>
    /// True when a file begins with the names of columns. With a name that ends in <c>.csv</c> any line with a comma is that; otherwise there must be three or
    /// more, each different and made of the characters of a name, and the next line must have as many values.
    /// </summary>
    /// <param name="start">The beginning of the file.</param>
    /// <param name="name">The name of the file.</param>
    /// <param name="whole">True when it is all of the file.</param>
    public static bool LooksLikeCsv(ReadOnlySpan<byte> start, string name, bool whole)
    {
        if (start.StartsWith("\uFEFF"u8)) start = start[3..];
        start = start.TrimStart("\r\n"u8);
        var end = start.IndexOf((byte)'\n');
        var first = Encoding.UTF8.GetString((end < 0 ? start : start[..end]).TrimEnd((byte)'\r'));
        if (first.Length == 0 || first[0] is '{' or '[' or '<' or '#' || !first.Contains(',', StringComparison.Ordinal)) return false;
        if (Path.GetExtension(TrimPacked(name)).Equals(".csv", StringComparison.OrdinalIgnoreCase)) return true;
        if (end < 0 && !whole) return false;
        var reading = new Reading(new FieldMap(), [], new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch });
        var columns = SplitQuoted(first, ',', reading);
        if (columns.Count < 3 || reading.Problems.Count > 0 || columns.Distinct(StringComparer.OrdinalIgnoreCase).Count() < columns.Count || !columns.TrueForAll(IsColumn)) return false;
        var rest = end < 0 ? [] : start[(end + 1)..].TrimStart("\r\n"u8);
        end = rest.IndexOf((byte)'\n');
        // A row that is not all there, or goes on in the next line, cannot be counted.
        if (end < 0 && !whole) return true;
        var second = Encoding.UTF8.GetString((end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r'));
        if (second.Length == 0) return true;
        var values = SplitQuoted(second, ',', reading);
        return reading.Problems.Count > 0 || values.Count == columns.Count;
    }

    private static string TrimPacked(string name) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;

    private static bool IsColumn(string text)
    {
        text = text.Trim();
        return text.Length is > 0 and <= 64 && (char.IsLetter(text[0]) || text[0] is '_' or '@' or '$') && text.All(c => char.IsLetterOrDigit(c) || c is ' ' or '_' or '-' or '.' or '(' or ')' or '@' or '/' or '$' or '%');
    }

    /// <summary>Notes what a line says about the log.</summary>
    public static void Note(string text, string format, LogStream? stream)
    {
        if (stream is null) return;
        var header = stream.Header is { } known && known.Format == format ? known : stream.Header = new TableHeader { Format = format, Separator = format == LogFormats.Zeek ? '\t' : ' ' };
        if (format == LogFormats.W3C)
        {
            var value = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            if (text.StartsWith("#Fields:", StringComparison.OrdinalIgnoreCase)) header.Columns = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            else if (text.StartsWith("#Time Format:", StringComparison.OrdinalIgnoreCase)) header.Local = value.Equals("Local", StringComparison.OrdinalIgnoreCase);
            else if (text.StartsWith("#Date:", StringComparison.OrdinalIgnoreCase) && value.Length >= 10) header.Date = value[..10];
            return;
        }

        if (text.StartsWith("#separator ", StringComparison.Ordinal))
        {
            // A new file begins: nothing of the one before holds.
            var written = text["#separator ".Length..].Trim();
            header = stream.Header = new TableHeader { Format = format, Separator = '\t' };
            if (written.StartsWith("\\x", StringComparison.Ordinal) && byte.TryParse(written.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) header.Separator = (char)code;
            else if (written.Length == 1) header.Separator = written[0];
            return;
        }

        var split = text.IndexOf(header.Separator, StringComparison.Ordinal);
        if (split < 0) return;
        var rest = text[(split + 1)..];
        switch (text[..split])
        {
            case "#fields": header.Columns = rest.Split(header.Separator); break;
            case "#unset_field": header.Unset = rest; break;
            case "#empty_field": header.Empty = rest; break;
            case "#path": header.Path = rest; break;
            default: break;
        }
    }

    /// <summary>Reads a line by the columns that were named before it.</summary>
    public static void Read(string text, TableHeader header, Reading reading)
    {
        var values = header.Format == LogFormats.Csv ? SplitQuoted(text, ',', reading) : header.Format == LogFormats.W3C ? SplitQuoted(text.Replace('\t', ' '), ' ', reading) : [.. text.Split(header.Separator)];
        if (values.Count != header.Columns.Length) reading.Fault(LogProblem.Of(LogProblem.TableColumns, values.Count, header.Columns.Length));
        for (var i = 0; i < values.Count; i++)
        {
            var name = i < header.Columns.Length ? header.Columns[i] : string.Create(CultureInfo.InvariantCulture, $"column{i + 1}");
            var value = values[i];
            if (header.Format != LogFormats.Csv && value == header.Unset) continue;
            if (header.Format == LogFormats.Zeek) value = value == header.Empty ? "" : UnescapeZeek(value);
            if (name.Length > 0) reading.Add(name, value);
        }

        switch (header.Format)
        {
            case LogFormats.W3C:
                W3CLine(header, reading);
                break;
            case LogFormats.Zeek:
                if (header.Path is not null) reading.Add("_path", header.Path);
                reading.Decoder = "zeek";
                reading.Add("event.module", "zeek");
                reading.App = header.Path;
                reading.TakeTimeOf("ts");
                break;
            default:
                WindowsNames.CompleteTable(reading.Fields);
                // Microsoft 365 gives out its audit so: the event is the text of one column.
                if (reading.Fields.TryGetValue("AuditData", out var audit) && audit.StartsWith('{'))
                {
                    JsonFamilies.Lift("AuditData", reading);
                    if (JsonFamilies.Read(reading)) break;
                }

                // Entra's portal says of its columns that they are UTC.
                if (reading.Fields.TryGetValue("Date (UTC)", out var utc) && reading.TakeTime(utc, utc: true)) break;
                reading.TakeTimeOf("@timestamp", "Timestamp", "timestamp", "time", "datetime", "date", "TimeCreated", "TimeGenerated", "UtcTime", "EventTime", "Time", "Date", "CreationDate");
                reading.Host = reading.First("host", "hostname", "Computer", "computer");
                reading.App = reading.First("app", "program", "SourceName");
                reading.Message = reading.First("message", "msg", "Message");
                break;
        }
    }

    /// <summary>Splits a line as RFC 4180 says: a value in quotes may hold the separator, and quotes written twice.</summary>
    public static List<string> SplitQuoted(string text, char separator, Reading reading)
    {
        var result = new List<string>();
        var most = reading.Options.MaxFields + 1;
        var at = 0;
        while (at <= text.Length && result.Count < most)
        {
            if (separator == ' ')
            {
                while (at < text.Length && text[at] == ' ') at++;
                if (at == text.Length) break;
            }

            if (at < text.Length && text[at] == '"')
            {
                var value = new StringBuilder();
                for (at++; at < text.Length; at++)
                {
                    if (text[at] == '"')
                    {
                        if (at + 1 >= text.Length || text[at + 1] != '"') break;
                        at++;
                    }

                    value.Append(text[at]);
                }

                if (at >= text.Length) reading.Fault(LogProblem.Of(LogProblem.TableQuote, result.Count + 1));
                result.Add(value.ToString());
                // What stands between the closing quote and the separator belongs to no value.
                at = text.IndexOf(separator, Math.Min(at, text.Length));
                if (at < 0) break;
            }
            else
            {
                var end = text.IndexOf(separator, at);
                result.Add(end < 0 ? text[at..] : text[at..end]);
                if (end < 0) break;
                at = end;
            }

            at++;
        }

        return result;
    }

    private static void W3CLine(TableHeader header, Reading reading)
    {
        foreach (var (from, to) in Names)
        {
            // IIS writes a plus for each blank of a header's value.
            if (reading.Fields.TryGetValue(from, out var value)) reading.Add(to, value.Replace('+', ' '));
        }

        if (reading.First("cs-uri-stem") is { } stem) reading.Add("c-uri", reading.First("cs-uri-query") is { } query ? $"{stem}?{query}" : stem);
        reading.Host = reading.First("s-computername", "s-dns");
        reading.Message = reading.First("cs-method") is { } method && reading.First("c-uri") is { } uri ? $"{method} {uri} {reading.First("sc-status")}".TrimEnd() : null;
        // Times are GMT by the format's definition.
        if ((reading.First("date") ?? header.Date) is { } date && reading.First("time") is { } time) reading.TakeTime($"{date} {time}", utc: !header.Local);
    }

    private static string UnescapeZeek(string value)
    {
        if (!value.Contains("\\x", StringComparison.Ordinal)) return value;
        var bytes = new List<byte>();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 3 < value.Length && value[i + 1] == 'x' && byte.TryParse(value.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                bytes.Add(code);
                i += 3;
            }
            else
            {
                var whole = char.IsHighSurrogate(value[i]) && i + 1 < value.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(value.Substring(i, whole)));
                i += whole - 1;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
