using System.Globalization;
using System.Text;

namespace Hufu.Indicators;

/// <summary>
/// Reads tables and texts. A text has a value a line; a table has its names in the first line, or in the last comment before its rows as feeds write them,
/// or none: then the first column that holds values is taken.
/// </summary>
internal sealed class TableReader(IndicatorSink sink, string name)
{
    private static readonly string[] ValueNames = ["indicator", "value", "ioc", "ioc_value", "observable", "dst_ip", "ip", "ip_address", "ipaddress", "domain", "hostname", "host", "url", "sha256_hash", "sha256", "sha1_hash", "sha1", "md5_hash", "md5", "hash", "filehash", "email", "指標", "值", "惡意ip", "網域", "網址", "雜湊值"];
    private static readonly string[] KindNames = ["type", "ioc_type", "indicator_type", "kind", "種類", "類型"];
    private static readonly string[] TitleNames = ["description", "comment", "title", "name", "threat", "malware", "malware_printable", "signature", "說明", "備註", "名稱"];
    private static readonly string[] TlpNames = ["tlp", "marking"];
    private static readonly string[] ConfidenceNames = ["confidence", "confidence_level", "信心"];
    private static readonly string[] UntilNames = ["valid_until", "expiration", "expires", "valid_to", "有效期限", "到期日"];
    private static readonly string[] FromNames = ["valid_from"];
    private static readonly string[] TagNames = ["tags", "labels", "標籤"];
    private static readonly string[] PortNames = ["dst_port", "port"];

    private readonly Dictionary<string, IndicatorContext> contexts = new(StringComparer.Ordinal);

    private sealed class Columns
    {
        public int Value = -1, Kind = -1, Title = -1, Tlp = -1, Confidence = -1, Until = -1, From = -1, Tags = -1, Port = -1;
    }

    public void Read(Stream stream)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(false, false), detectEncodingFromByteOrderMarks: true);
        Columns? columns = null;
        string? comment = null;
        var (number, separator, rows) = (0, '\0', 0);
        var isTable = false;
        while (Line(reader, out var isLong) is { } line)
        {
            sink.Cancellation.ThrowIfCancellationRequested();
            number++;
            if (isLong)
            {
                Refuse(number, "indicator.line-long", "此行太長。", "The line is too long.");
                continue;
            }

            var text = line.Trim();
            if (text.Length == 0) continue;
            if (text[0] is '#' or ';' || text.StartsWith("//", StringComparison.Ordinal))
            {
                comment = text.TrimStart('#', ';', '/', ' ');
                continue;
            }

            if (rows++ == 0)
            {
                separator = SeparatorOf(text);
                var begin = number;
                var head = separator == '\0' ? null : Split(text, separator, reader, ref number);
                if (separator != '\0' && head is null)
                {
                    // What follows has been read with it.
                    Refuse(begin, "indicator.quote", "引號沒有結束。", "A quote is not closed.");
                    rows = 0;
                    continue;
                }

                isTable = head is not null && (sink.Options.ValueColumn is not null || head.Count > 1);
                // != '\0' && (sink.Options.ValueColumn is not null || Split(text, separator, reader, ref number) is { Count: > 1 });
                sink.Format(isTable ? "csv" : "text");
                if (isTable)
                {
                    var first = head!;
                    columns = Named(first);
                    var named = columns is not null;
                    // Some feeds write the names of their columns as a comment.
                    if (columns is null && comment is not null && Split(comment, separator, reader, ref number) is { } before && before.Count == first.Count) columns = Named(before);
                    columns ??= new Columns();
                    if (sink.Options.ValueColumn is { } told) columns.Value = told - 1;
                    if (named) continue;
                }
                else if (ValueNames.Contains(text.Trim('"').ToLowerInvariant()))
                {
                    // A table of one column.
                    continue;
                }
            }

            if (!isTable)
            {
                Text(text, number);
                continue;
            }

            var from = number;
            if (Split(line, separator, reader, ref number) is { } cells) Row(cells, columns!, from);
            else Refuse(from, "indicator.quote", "引號沒有結束。", "A quote is not closed.");
        }
    }

    // A value, perhaps with something behind it: "1.2.3.4 ; SBL123", "0.0.0.0 evil.com" of hosts files.
    private void Text(string text, int number)
    {
        var end = text.IndexOfAny([' ', '\t']);
        var (first, rest) = end < 0 ? (text, "") : (text[..end], text[(end + 1)..].Trim());
        if (first is "0.0.0.0" or "127.0.0.1" or "::1" or "::" && rest.Length > 0 && rest[0] != '#')
        {
            var behind = rest.IndexOfAny([' ', '\t', '#']);
            first = behind < 0 ? rest : rest[..behind];
            rest = "";
        }

        // Commas and semicolons end a value as blanks do.
        first = first.TrimEnd(',', ';').Trim('"');
        rest = rest.TrimStart('#', ';', ' ');
        Value(Normal.Refang(text) is var whole && !whole.Any(char.IsWhiteSpace) && ValueGuess.Of(whole, sink.Options.DomainsWithBelow) is not null ? whole : first, null, rest, Context("", ""), null, null, null, "", number);
    }

    private void Row(List<string> cells, Columns columns, int number)
    {
        var at = columns.Value;
        if (at < 0)
        {
            // The first row tells which column it is.
            at = cells.FindIndex(cell => ValueGuess.Of(cell, false) is not null);
            if (at < 0)
            {
                Refuse(number, "indicator.row", "這一列沒有可辨認的值。", "No column of this row holds a value that is known.");
                return;
            }

            columns.Value = at;
        }

        if (at >= cells.Count || cells[at].Trim().Length == 0)
        {
            Refuse(number, "indicator.row", "這一列沒有值。", "This row has no value.");
            return;
        }

        DateTimeOffset? until = null, from = null;
        if (Cell(columns.Until) is { Length: > 0 } end && !Time(end, out until))
        {
            Refuse(number, "indicator.time", $"「{IndicatorSink.Plain(end, 40)}」不是時間。", $"'{IndicatorSink.Plain(end, 40)}' is no time.");
            return;
        }

        if (Cell(columns.From) is { Length: > 0 } begin && !Time(begin, out from))
        {
            Refuse(number, "indicator.time", $"「{IndicatorSink.Plain(begin, 40)}」不是時間。", $"'{IndicatorSink.Plain(begin, 40)}' is no time.");
            return;
        }

        Value(cells[at], Cell(columns.Kind), IndicatorSink.Plain(Cell(columns.Title), 300), Context(Cell(columns.Tlp), Cell(columns.Tags)), from, until, int.TryParse(Cell(columns.Confidence).TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var sure) ? Math.Clamp(sure, 0, 100) : null, Cell(columns.Port), number);

        string Cell(int column) => column >= 0 && column < cells.Count ? cells[column].Trim() : "";
    }

    private void Value(string cell, string? kind, string title, IndicatorContext context, DateTimeOffset? from, DateTimeOffset? until, int? confidence, string port, int number)
    {
        // Feeds mark their places in such words, too: sha256_hash, ip:port, FileHash-SHA256, IPv4.
        var told = KindOf(kind);
        var text = Normal.Refang(cell.Trim().Trim('"', '\''));
        if (Port(text, port, kind) is { } pattern)
        {
            sink.TakePattern(new Indicator { Id = TextStore.IdOf("pattern", pattern), Title = title, Pattern = pattern, Context = context, ValidFrom = from, ValidUntil = until, Confidence = confidence }, Place(number));
            return;
        }

        var value = told is { } of ? ValueGuess.As(of == IndicatorKind.Domain && sink.Options.DomainsWithBelow ? IndicatorKind.DomainTree : of, cell.Trim()) : ValueGuess.Of(text, sink.Options.DomainsWithBelow);
        if (value is not { } known)
        {
            Refuse(number, "indicator.value", $"「{IndicatorSink.Plain(cell, 80)}」不是可比對的值{(kind is { Length: > 0 } ? $"（{IndicatorSink.Plain(kind, 40)}）" : "")}。", $"'{IndicatorSink.Plain(cell, 80)}' is no value that can be looked for{(kind is { Length: > 0 } ? $" ({IndicatorSink.Plain(kind, 40)})" : "")}.");
            return;
        }

        var item = new Indicator { Id = "", Title = title, Values = [known], Context = context, ValidFrom = from, ValidUntil = until, Confidence = confidence };
        sink.Take(item with { Id = TextStore.IdOf(IndicatorKinds.Word(known.Kind), item.Text) });
    }

    private static string? Port(string text, string port, string? kind)
    {
        var colon = text.LastIndexOf(':');
        if (colon > 0 && text.IndexOf(':', StringComparison.Ordinal) == colon && AddressValue.TryRead(text.AsSpan(0, colon), out var key) && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Pattern(key, number);
        return port.Length > 0 && kind is null or "" && AddressValue.TryRead(text, out key) && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 ? Pattern(key, number) : null;

        static string Pattern(UInt128 key, int port) => string.Create(CultureInfo.InvariantCulture, $"[network-traffic:dst_ref.value = '{AddressValue.Text(key)}' AND network-traffic:dst_port = {port}]");
    }

    // Words of kinds; what is not known is guessed by the value's looks.
    private static IndicatorKind? KindOf(string? kind)
    {
        if (string.IsNullOrEmpty(kind)) return null;
        var word = kind.ToLowerInvariant();
        if (IndicatorKinds.Of(word) is { } own) return own;
        return word switch
        {
            "hostname" or "host" => IndicatorKind.Domain,
            "uri" => IndicatorKind.UrlPath,
            "filename" or "file_name" or "file-name" => IndicatorKind.FileName,
            "mutex" or "mutexname" => IndicatorKind.Mutex,
            "regkey" or "registry" or "registry_key" => IndicatorKind.RegistryKey,
            "user-agent" or "useragent" or "user_agent" => IndicatorKind.UserAgent,
            "ja3" or "ja3-fingerprint-md5" => IndicatorKind.Ja3,
            "hassh" or "hassh-md5" => IndicatorKind.Hassh,
            "imphash" or "filehash-imphash" => IndicatorKind.ImportHash,
            "account" or "user" or "username" => IndicatorKind.Account,
            "command" or "commandline" or "command_line" => IndicatorKind.CommandLine,
            _ => null,
        };
    }

    private IndicatorContext Context(string tlp, string tags)
    {
        var key = tlp + "\u001f" + tags;
        if (contexts.TryGetValue(key, out var known)) return known;
        if (contexts.Count > 100_000) contexts.Clear();
        var labels = tags.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(t => t is not ("None" or "none")).Select(t => IndicatorSink.Plain(t, 100)).Take(30).ToList();
        return contexts[key] = new IndicatorContext
        {
            Tlp = IndicatorSink.TlpOf(tlp.StartsWith("tlp:", StringComparison.OrdinalIgnoreCase) ? tlp : "tlp:" + tlp) ?? labels.Select(IndicatorSink.TlpOf).OfType<string>().FirstOrDefault() ?? "", Labels = [.. labels.Where(l => IndicatorSink.TlpOf(l) is null)],
        };
    }

    private static Columns? Named(List<string> cells)
    {
        var names = cells.ConvertAll(cell => cell.Trim().Trim('"', '#').Trim().ToLowerInvariant());
        // A header has no values in it.
        if (cells.Exists(cell => ValueGuess.Of(cell, false) is not null)) return null;
        var value = Find(ValueNames);
        return value < 0 ? null : new Columns { Value = value, Kind = Find(KindNames), Title = Find(TitleNames), Tlp = Find(TlpNames), Confidence = Find(ConfidenceNames), Until = Find(UntilNames), From = Find(FromNames), Tags = Find(TagNames), Port = Find(PortNames) };

        int Find(string[] wanted)
        {
            foreach (var want in wanted)
                if (names.IndexOf(want) is >= 0 and var at) return at;
            return -1;
        }
    }

    private static char SeparatorOf(string line)
    {
        var (best, most) = ('\0', 0);
        foreach (var separator in (char[])[',', '\t', ';', '|'])
        {
            var count = line.AsSpan().Count(separator);
            if (count > most) (best, most) = (separator, count);
        }

        return best;
    }

    // RFC 4180, with any separator. A cell may go on over several lines.
    private List<string>? Split(string line, char separator, StreamReader reader, ref int number)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var (quoted, i, joined) = (false, 0, 0);
        while (true)
        {
            if (i == line.Length)
            {
                if (!quoted) break;
                if (++joined > 100 || cell.Length > sink.Options.MostLine || Line(reader, out _) is not { } next) return null;
                number++;
                cell.Append('\n');
                (line, i) = (next, 0);
                continue;
            }

            var c = line[i++];
            if (quoted)
            {
                if (c != '"') cell.Append(c);
                else if (i < line.Length && line[i] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.ToString().AsSpan().Trim().Length == 0)
            {
                cell.Clear();
                quoted = true;
            }
            else if (c == separator)
            {
                cells.Add(cell.ToString());
                cell.Clear();
                if (cells.Count > 1_000) return null;
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }

    private string? Line(StreamReader reader, out bool isLong)
    {
        isLong = false;
        var line = new StringBuilder();
        int c;
        while ((c = reader.Read()) >= 0 && c != '\n')
        {
            if (line.Length < sink.Options.MostLine) line.Append((char)c);
            else isLong = true;
        }

        if (c < 0 && line.Length == 0) return null;
        if (line.Length > 0 && line[^1] == '\r') line.Length--;
        return line.ToString();
    }

    private static bool Time(string text, out DateTimeOffset? time)
    {
        time = null;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read)) return false;
        time = read;
        return true;
    }

    private string Place(int number) => string.Create(CultureInfo.InvariantCulture, $"{name}:{number}");

    private void Refuse(int number, string code, string zh, string en) => sink.Report.Refuse(code, zh, en, Place(number));
}
