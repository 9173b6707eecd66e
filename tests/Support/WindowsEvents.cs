using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Hufu.Sigma.Support;

/// <summary>
/// A Windows event of a JSON line, as a collector forwards it, read without making objects: the line, and after it what is written otherwise in it than it is meant, lie in
/// a buffer that the next line uses again.
/// </summary>
internal sealed class WindowsEvent : ISigmaFieldList
{
    private readonly Dictionary<(string Channel, int Id), IReadOnlyList<SigmaLogSource>> sources = [];
    private readonly List<(SigmaValueKind Kind, int NameAt, int NameLength, int TextAt, int TextLength)> fields = [];
    private readonly List<SigmaValue> many = [];
    private char[] text = new char[1 << 14];
    private int used;

    /// <summary>True when the line lies at the start of the buffer, so that what is not escaped in it need not be copied.</summary>
    private bool lies;

    private static readonly (string From, string To)[] Renamed = [("SourceName", "Provider_Name"), ("Hostname", "Computer")];

    /// <summary>The log sources that the event belongs to.</summary>
    public IReadOnlyList<SigmaLogSource> Sources { get; private set; } = [];

    public int FieldCount => fields.Count;

    /// <summary>Keywords are looked for in every value that is text.</summary>
    public int KeywordValueCount => fields.Count;

    /// <summary>Reads the next line.</summary>
    public void Read(ReadOnlySpan<byte> line)
    {
        fields.Clear();
        many.Clear();
        used = 0;
        Room(line.Length);
        lies = Ascii.ToUtf16(line, text, out _) == OperationStatus.Done;
        if (lies) used = line.Length;
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (nameAt, nameLength) = WithoutSpaces(StringOf(ref reader));
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    Add(SigmaValueKind.Text, StringOf(ref reader));
                    break;
                case JsonTokenType.Number:
                    Add(SigmaValueKind.Number, WordOf(ref reader));
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    Add(SigmaValueKind.Boolean, WordOf(ref reader));
                    break;
                case JsonTokenType.Null:
                    Add(SigmaValueKind.Null, (0, 0));
                    break;
                case JsonTokenType.StartArray:
                    var items = new List<SigmaValue>();
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        if (reader.TokenType == JsonTokenType.String) items.Add(SigmaValue.Of(reader.GetString()!));
                        else if (reader.TokenType == JsonTokenType.Number) items.Add(SigmaValue.Of(reader.GetDouble(), Encoding.ASCII.GetString(reader.ValueSpan)));
                        else reader.Skip();
                    }

                    many.Add(SigmaValue.Of(items));
                    fields.Add((SigmaValueKind.Many, nameAt, nameLength, many.Count - 1, 0));
                    break;
                default:
                    reader.Skip();
                    break;
            }

            void Add(SigmaValueKind kind, (int At, int Length) value) => fields.Add((kind, nameAt, nameLength, value.At, value.Length));
        }

        foreach (var (from, to) in Renamed)
        {
            var source = Find(from);
            if (source < 0 || Find(to) >= 0) continue;
            to.CopyTo(Room(to.Length));
            fields.Add((fields[source].Kind, used, to.Length, fields[source].TextAt, fields[source].TextLength));
            used += to.Length;
        }

        Sources = SourcesOf();
    }

    public SigmaValueKind FieldAt(int index, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        var field = fields[index];
        name = text.AsSpan(field.NameAt, field.NameLength);
        value = field.Kind == SigmaValueKind.Many ? default : text.AsSpan(field.TextAt, field.TextLength);
        return field.Kind;
    }

    public SigmaValue ValueAt(int index)
    {
        var kind = FieldAt(index, out _, out var value);
        return kind switch
        {
            SigmaValueKind.Text => SigmaValue.Of(value.ToString()),
            SigmaValueKind.Number => SigmaValue.Of(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture), value.ToString()),
            SigmaValueKind.Boolean => SigmaValue.Of(value is "true"),
            SigmaValueKind.Many => many[fields[index].TextAt],
            _ => default,
        };
    }

    public bool TryGet(string field, out SigmaValue value)
    {
        var index = Find(field);
        value = index < 0 ? default : ValueAt(index);
        return index >= 0;
    }

    public SigmaValue KeywordValueAt(int index, out string field)
    {
        var kind = FieldAt(index, out var name, out _);
        field = name.ToString();
        return kind == SigmaValueKind.Text ? ValueAt(index) : default;
    }

    public SigmaValueKind KeywordAt(int index, out ReadOnlySpan<char> value)
    {
        var kind = FieldAt(index, out _, out value);
        return kind == SigmaValueKind.Text ? kind : SigmaValueKind.Null;
    }

    // All values lie in what is used of the buffer, whole.
    public bool MayHold(SearchValues<string> texts) => text.AsSpan(0, used).ContainsAny(texts);

    private int Find(string name)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (text.AsSpan(fields[i].NameAt, fields[i].NameLength).SequenceEqual(name)) return i;
        }

        return -1;
    }

    private Span<char> Room(int length)
    {
        if (used + length > text.Length) Array.Resize(ref text, Math.Max(text.Length * 2, used + length));
        return text.AsSpan(used);
    }

    private (int At, int Length) StringOf(ref Utf8JsonReader reader)
    {
        var written = reader.ValueSpan.Length;
        var at = (int)reader.TokenStartIndex + 1;
        if (lies && !reader.ValueIsEscaped) return (at, written);
        Room(written);
        var from = used;
        if (lies && Unescape(text.AsSpan(at, written), text.AsSpan(used)) is >= 0 and var length) used += length;
        else used += reader.CopyString(text.AsSpan(used));
        return (from, used - from);
    }

    /// <summary>A number, or true or false.</summary>
    private (int At, int Length) WordOf(ref Utf8JsonReader reader)
    {
        if (lies) return ((int)reader.TokenStartIndex, reader.ValueSpan.Length);
        var from = used;
        used += Encoding.ASCII.GetChars(reader.ValueSpan, Room(reader.ValueSpan.Length));
        return (from, used - from);
    }

    /// <summary>Takes away the usual escapes; -1 where there are others.</summary>
    private static int Unescape(ReadOnlySpan<char> written, Span<char> into)
    {
        var length = 0;
        while (written.IndexOf('\\') is >= 0 and var at)
        {
            written[..at].CopyTo(into[length..]);
            length += at;
            var c = written[at + 1] switch
            {
                '\\' => '\\',
                '"' => '"',
                '/' => '/',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => '\0',
            };
            if (c == '\0') return -1;
            into[length++] = c;
            written = written[(at + 2)..];
        }

        written.CopyTo(into[length..]);
        length += written.Length;
        return length;
    }

    private (int At, int Length) WithoutSpaces((int At, int Length) name)
    {
        var written = text.AsSpan(name.At, name.Length);
        if (!written.Contains(' ')) return name;
        var from = used;
        Room(name.Length);
        foreach (var c in text.AsSpan(name.At, name.Length))
        {
            if (c != ' ') text[used++] = c;
        }

        return (from, used - from);
    }

    private IReadOnlyList<SigmaLogSource> SourcesOf()
    {
        var (channel, id) = (Find("Channel"), Find("EventID"));
        if (channel < 0 || id < 0 || !int.TryParse(text.AsSpan(fields[id].TextAt, fields[id].TextLength), out var number)) return [new SigmaLogSource("windows")];
        var name = text.AsSpan(fields[channel].TextAt, fields[channel].TextLength);
        foreach (var (known, list) in sources)
        {
            if (known.Id == number && name.SequenceEqual(known.Channel)) return list;
        }

        return sources[(name.ToString(), number)] = Windows(name.ToString().ToLowerInvariant(), number);
    }

    /// <summary>The log sources of a channel and event id (logsource guides of the taxonomy appendix).</summary>
    internal static IReadOnlyList<SigmaLogSource> Windows(string channel, int id)
    {
        string[] categories = (channel, id) switch
        {
            ("microsoft-windows-sysmon/operational", 1) => ["process_creation"],
            ("microsoft-windows-sysmon/operational", 2) => ["file_change"],
            ("microsoft-windows-sysmon/operational", 3) => ["network_connection"],
            ("microsoft-windows-sysmon/operational", 4 or 16) => ["sysmon_status"],
            ("microsoft-windows-sysmon/operational", 5) => ["process_termination"],
            ("microsoft-windows-sysmon/operational", 6) => ["driver_load"],
            ("microsoft-windows-sysmon/operational", 7) => ["image_load"],
            ("microsoft-windows-sysmon/operational", 8) => ["create_remote_thread"],
            ("microsoft-windows-sysmon/operational", 9) => ["raw_access_thread"],
            ("microsoft-windows-sysmon/operational", 10) => ["process_access"],
            ("microsoft-windows-sysmon/operational", 11) => ["file_event"],
            ("microsoft-windows-sysmon/operational", 12) => ["registry_add", "registry_delete", "registry_event"],
            ("microsoft-windows-sysmon/operational", 13) => ["registry_set", "registry_event"],
            ("microsoft-windows-sysmon/operational", 14) => ["registry_rename", "registry_event"],
            ("microsoft-windows-sysmon/operational", 15) => ["create_stream_hash"],
            ("microsoft-windows-sysmon/operational", 17 or 18) => ["pipe_created"],
            ("microsoft-windows-sysmon/operational", 19 or 20 or 21) => ["wmi_event"],
            ("microsoft-windows-sysmon/operational", 22) => ["dns_query"],
            ("microsoft-windows-sysmon/operational", 23 or 26) => ["file_delete"],
            ("microsoft-windows-sysmon/operational", 25) => ["process_tampering"],
            ("microsoft-windows-sysmon/operational", 29) => ["file_executable_detected"],
            ("microsoft-windows-sysmon/operational", 255) => ["sysmon_error"],
            ("microsoft-windows-powershell/operational", 4103) => ["ps_module"],
            ("microsoft-windows-powershell/operational", 4104) => ["ps_script"],
            ("windows powershell", 400) => ["ps_classic_start"],
            ("windows powershell", 600) => ["ps_classic_provider_start"],
            ("windows powershell", 800) => ["ps_classic_script"],
            _ => [],
        };
        var service = channel switch
        {
            "security" or "system" or "application" => channel,
            "windows powershell" => "powershell-classic",
            "msexchange management" => "msexchange-management",
            "microsoft-windows-powershell/operational" => "powershell",
            "microsoft-windows-sysmon/operational" => "sysmon",
            "microsoft-windows-wmi-activity/operational" => "wmi",
            "microsoft-windows-windows defender/operational" => "windefend",
            "microsoft-windows-taskscheduler/operational" => "taskscheduler",
            "microsoft-windows-bits-client/operational" => "bits-client",
            "microsoft-windows-windows firewall with advanced security/firewall" => "firewall-as",
            "microsoft-windows-terminalservices-localsessionmanager/operational" => "terminalservices-localsessionmanager",
            "microsoft-windows-ntlm/operational" => "ntlm",
            "microsoft-windows-codeintegrity/operational" => "codeintegrity-operational",
            "microsoft-windows-dns-client/operational" => "dns-client",
            "microsoft-windows-shell-core/operational" => "shell-core",
            _ => null,
        };
        return [.. categories.Select(category => new SigmaLogSource("windows", category, service)), .. categories.Length == 0 ? [new SigmaLogSource("windows", null, service)] : (SigmaLogSource[])[]];
    }
}
