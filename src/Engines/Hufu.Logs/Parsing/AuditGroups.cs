using System.Globalization;
using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>Of which event of the Linux audit system a record is.</summary>
/// <param name="Host">The host that its syslog header names; empty where it has none.</param>
/// <param name="Node">The host that auditd names; empty where it does not.</param>
/// <param name="Stamp">Time and number of the event, as they are written.</param>
/// <param name="At">The time in seconds.</param>
/// <param name="Type">Type of the record, as it is written: a name, or a number where no auditd runs.</param>
internal readonly record struct AuditStamp(string Host, string Node, string Stamp, double At, string Type)
{
    private const int Longest = 512;

    // Of the types that programs send each record is an event; those of the kernel come together.
    private static readonly string[] Alone = ["USER", "CRED_", "SERVICE_", "ADD_", "DEL_", "GRP_", "ACCT_", "DAEMON_", "SYSTEM_", "CRYPTO_", "CHGRP_", "CHUSER_", "ROLE_", "VIRT_", "RESRC_", "LABEL_", "TEST", "TRUSTED_APP", "SOFTWARE_UPDATE"];

    /// <summary>True when the event has no other record. Of numbers, 1100 to 1299 are those of programs and of auditd itself.</summary>
    public bool IsAlone => Array.Exists(Alone, Type.StartsWith) || (Type.Length == 4 && Type[0] == '1' && Type[1] is '1' or '2' && char.IsAsciiDigit(Type[2]));

    /// <summary>True when nothing of the event follows, but the mark of its end.</summary>
    public bool IsLast => Type is "PROCTITLE" or "1327";

    /// <summary>True when it is the mark of an event's end, which auditd hands on and does not write into files.</summary>
    public bool IsEnd => Type is "EOE" or "1320";

    /// <summary>False where a line has nothing of such a record.</summary>
    public static bool Looks(ReadOnlySpan<byte> line) => line[..Math.Min(line.Length, Longest)].IndexOf("audit("u8) >= 0;

    /// <summary>
    /// Reads <c>node=x type=y msg=audit(1767225600.123:456):</c>, and the kernel's own <c>audit: type=1400 audit(…):</c>, at the beginning or behind a syslog header. False for anything
    /// else, such as a JSON object with such a text in it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> line, LogParseOptions options, out AuditStamp stamp)
    {
        stamp = default;
        var mark = line[..Math.Min(line.Length, Longest)].IndexOf("audit("u8);
        if (mark < 0) return false;
        var before = line[..mark];
        if (before.EndsWith(" msg="u8)) before = before[..^5];
        else if (before.EndsWith(" "u8)) before = before[..^1];
        else return false;
        var word = before.LastIndexOf((byte)' ') + 1;
        if (!before[word..].StartsWith("type="u8) || before.Length - word is < 6 or > 64) return false;
        var type = Encoding.UTF8.GetString(before[(word + 5)..]);
        before = before[..word].TrimEnd((byte)' ');

        var node = "";
        word = before.LastIndexOf((byte)' ') + 1;
        if (before[word..].StartsWith("node="u8))
        {
            node = Encoding.UTF8.GetString(before[(word + 5)..]);
            before = before[..word].TrimEnd((byte)' ');
        }

        var inside = line[(mark + 6)..];
        var close = inside[..Math.Min(inside.Length, 49)].IndexOf((byte)')');
        if (close < 3) return false;
        var text = Encoding.UTF8.GetString(inside[..close]);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || !double.TryParse(text.AsSpan(0, colon), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var at) || !TryHost(before, options, out var host)) return false;
        stamp = new AuditStamp(host, node, text, at, type);
        return true;
    }

    /// <summary>The host of what stands before a record: nothing, a syslog header, the kernel's name for the audit system. False for anything else.</summary>
    private static bool TryHost(ReadOnlySpan<byte> before, LogParseOptions options, out string host)
    {
        host = "";
        if (before.IsEmpty) return true;
        var text = Encoding.UTF8.GetString(before);
        var kernel = text.EndsWith("audit:", StringComparison.Ordinal);
        // A header of RFC 5424 ends with its structured data, of RFC 3164 with the tag.
        if (SyslogParser.LooksLike5424(text + " ") is var five && !five && !SyslogParser.LooksLike3164(text)) return kernel && (text.Length == 6 || text[0] == '[');
        var header = five ? SyslogParser.Parse5424(text + " ", options) : SyslogParser.Parse3164(text, options);
        host = header.HostName ?? "";
        return kernel || string.IsNullOrWhiteSpace(header.Message);
    }
}

/// <summary>
/// Gathers the records of events of the Linux audit system, which may come between those of others. Waits for no more than a number of events, 1,000 records of one, and the longest record:
/// what is above is given as it is.
/// </summary>
/// <typeparam name="T">What a record is to the one who asks.</typeparam>
/// <param name="options">How long a record may be, and how headers are read.</param>
/// <param name="most">Events that wait at most.</param>
/// <param name="waitsForEnd">True where the mark of an event's end is expected: an event waits for it until the next one of its host begins.</param>
internal sealed class AuditGroups<T>(LogParseOptions options, int most, bool waitsForEnd)
{
    private const int MostRecords = 1_000;

    // The records of an event are written within this time, whatever comes between them.
    private const double MostSeconds = 2;

    private readonly LinkedList<Group> open = [];
    private readonly Dictionary<(object? Sender, string Host, string Node), List<Group>> places = [];

    /// <summary>Events that wait.</summary>
    public int Count => open.Count;

    /// <summary>Records that wait.</summary>
    public int Records { get; private set; }

    /// <summary>Takes a record, and gives what is whole by it. False when it is none that has others: it is not taken then.</summary>
    /// <param name="item">What is given back.</param>
    /// <param name="line">The record.</param>
    /// <param name="sender">Who sent it: records of different senders are never of one event.</param>
    /// <param name="now">When it came, in whatever unit <see cref="GiveUntil"/> is asked in.</param>
    /// <param name="ready">Takes what is given.</param>
    public bool TryAdd(T item, ReadOnlySpan<byte> line, object? sender, long now, List<Group> ready)
    {
        if (!AuditStamp.TryRead(line, options, out var stamp)) return false;
        var place = (sender, stamp.Host, stamp.Node);
        Group? group = null;
        if (places.TryGetValue(place, out var here))
        {
            for (var i = 0; i < here.Count;)
            {
                if (here[i].Stamp == stamp.Stamp)
                {
                    group = here[i++];
                    continue;
                }

                if (stamp.At - here[i].At > MostSeconds || here[i].IsWhole) Give(here[i], ready);
                else i++;
            }
        }

        if (group is not null && (group.Items.Count == MostRecords || group.Length + 1 + line.Length > options.MaxLength))
        {
            Give(group, ready);
            group = null;
        }

        if (group is null)
        {
            if (stamp.IsAlone) return false;
            if (open.Count == most) Give(open.First!.Value, ready);
            // Emptied lists are forgotten: this one may have been.
            if (!places.TryGetValue(place, out here)) places.Add(place, here = []);
            group = new Group(place, stamp.Stamp, stamp.At, now);
            group.Node = open.AddLast(group);
            here.Add(group);
        }

        group.Items.Add(item);
        group.Length += line.Length + (group.Items.Count > 1 ? 1 : 0);
        Records++;
        if (stamp.IsEnd || (stamp.IsLast && !waitsForEnd)) Give(group, ready);
        else if (stamp.IsLast) group.IsWhole = true;
        return true;
    }

    /// <summary>Gives what began to wait at a time or before.</summary>
    public void GiveUntil(long time, List<Group> ready)
    {
        while (open.First is { } first && first.Value.Since <= time) Give(first.Value, ready);
    }

    /// <summary>Gives the event that waits longest; nothing when none does.</summary>
    public void GiveOldest(List<Group> ready)
    {
        if (open.First is { } first) Give(first.Value, ready);
    }

    private void Give(Group group, List<Group> ready)
    {
        open.Remove(group.Node!);
        var here = places[group.Place];
        here.Remove(group);
        if (here.Count == 0) places.Remove(group.Place);
        Records -= group.Items.Count;
        ready.Add(group);
    }

    /// <summary>Records of one event.</summary>
    internal sealed class Group((object? Sender, string Host, string Node) place, string stamp, double at, long since)
    {
        public (object? Sender, string Host, string Node) Place => place;

        public string Stamp => stamp;

        public double At => at;

        /// <summary>When the first came.</summary>
        public long Since => since;

        /// <summary>The records, as they came.</summary>
        public List<T> Items { get; } = [];

        /// <summary>Bytes of the records, with a line feed between each two.</summary>
        public int Length { get; internal set; }

        internal LinkedListNode<Group>? Node { get; set; }

        internal bool IsWhole { get; set; }
    }
}
