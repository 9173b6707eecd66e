using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>The packet filter: iptables, nftables, ufw.</summary>
internal static class PacketBody
{
    private static readonly SearchValues<char> Clock = SearchValues.Create("0123456789. ");

    /// <summary>Words of a rule's mark that say what was done: UFW's, firewalld's and those that people write.</summary>
    private static readonly (string Word, string Action)[] Actions = [("BLOCK", "block"), ("DROP", "drop"), ("REJECT", "reject"), ("DENY", "deny"), ("DENIED", "deny"), ("ACCEPT", "accept"), ("ALLOW", "allow"), ("AUDIT", "audit")];

    private static readonly (string From, string To)[] Common = [("SRC", "src_ip"), ("DST", "dst_ip"), ("SPT", "src_port"), ("DPT", "dst_port"), ("PROTO", "protocol")];

    /// <summary>The packet filter's own names are kept, for rules are written with them; the common ones get their common name too.</summary>
    public static bool Read(string message, Reading reading)
    {
        var first = message.IndexOf("IN=", StringComparison.Ordinal);
        if (first < 0) first = message.IndexOf("SRC=", StringComparison.Ordinal);
        if (first > 0)
        {
            var prefix = message.AsSpan(0, first).Trim();
            // "[12345.678901] " is the kernel's own clock.
            if (prefix.StartsWith("[") && prefix.IndexOf(']') is > 0 and var end && !prefix[1..end].ContainsAnyExcept(Clock)) prefix = prefix[(end + 1)..].Trim();
            if (prefix.Length > 0)
            {
                reading.Add("prefix", prefix.ToString());
                if (ActionOf(prefix) is { } action) reading.Add("action", action);
            }
        }

        var at = Math.Max(first, 0);
        while (at < message.Length && !reading.IsFull)
        {
            var end = message.IndexOf(' ', at);
            if (end < 0) end = message.Length;
            var word = message.AsSpan(at, end - at);
            // An error message of ICMP holds the packet that it is about; its ports are not this packet's.
            if (word.StartsWith("[SRC=")) break;
            var equals = word.IndexOf('=');
            if (equals > 0 && equals + 1 < word.Length && !word[..equals].ContainsAnyExceptInRange('A', 'Z')) reading.Add(word[..equals].ToString(), word[(equals + 1)..].TrimEnd(';').ToString());
            at = end + 1;
        }

        foreach (var (from, to) in Common)
        {
            if (reading.Fields.TryGetValue(from, out var value)) reading.Fields[to] = value;
        }

        return true;
    }

    /// <summary>What the mark of a rule says was done; absent where it names nothing of it. UniFi ends the mark with a letter: <c>[WAN_IN-3001-D]</c>.</summary>
    private static string? ActionOf(ReadOnlySpan<char> prefix)
    {
        if (prefix.Length > 64) return null;
        foreach (var (word, action) in Actions)
        {
            if (prefix.Contains(word, StringComparison.OrdinalIgnoreCase)) return action;
        }

        return prefix is ['[', .., '-', var letter, ']'] ? letter switch { 'A' => "accept", 'D' => "drop", 'R' => "reject", _ => null } : null;
    }
}

/// <summary>
/// What pfSense and OPNsense write of a packet: values with commas between, whose number and meaning depend on the version of IP and the protocol. The rule's number, its
/// tracker, interface, action and direction come first; the names are those of pfSense's documentation, and the usual ones of addresses and ports.
/// </summary>
internal static class FilterBody
{
    private static readonly string[] Begin = ["rule", "sub_rule", "anchor", "tracker", "interface", "reason", "action", "direction", "ip_version"];
    private static readonly string[] Version4 = ["tos", "ecn", "ttl", "id", "offset", "flags", "protocol_id", "protocol", "length", "src_ip", "dst_ip"];
    private static readonly string[] Version6 = ["class", "flow_label", "hop_limit", "protocol", "protocol_id", "length", "src_ip", "dst_ip"];
    private static readonly string[] Tcp = ["src_port", "dst_port", "data_length", "tcp_flags", "sequence_number", "ack_number", "tcp_window", "urg", "tcp_options"];

    public static bool Read(string message, Reading reading)
    {
        var values = message.Split(',', 40);
        if (values.Length < 17 || values[8] is not ("4" or "6")) return false;
        Named(Begin, 0);
        var (names, at) = (values[8] == "4" ? Version4 : Version6, Begin.Length);
        Named(names, at);
        at += names.Length;
        if (!LogParser.IsAddress(values[Math.Min(at, values.Length) - 1])) return false;
        switch (reading.First("protocol_id"))
        {
            case "6":
                Named(Tcp, at);
                break;
            case "17" or "132" or "136":
                Named(Tcp.AsSpan(..3), at);
                break;
            case "1" or "58" when at < values.Length && !values[at].Contains('=', StringComparison.Ordinal):
                if (values[at].Length > 0) reading.Add("icmp_type", values[at]);
                break;
            default:
                break;
        }

        return true;

        void Named(ReadOnlySpan<string> list, int from)
        {
            for (var i = 0; i < list.Length && from + i < values.Length; i++)
            {
                if (values[from + i].Length > 0) reading.Add(list[i], values[from + i]);
            }
        }
    }
}

/// <summary>
/// A flow of a virtual network of AWS in its default format: version, account, interface, addresses, ports, protocol, packets, bytes, begin, end, action and state; behind
/// them the columns of later versions where all of them are written. Also a flow of a transit gateway in its default format, and flows whose columns a line before them names.
/// </summary>
internal static class FlowBody
{
    private static readonly string[] Names = ["version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "action", "log-status"];

    private static readonly string[] Later =
    [
        "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path",
    ];

    private static readonly string[] Gateway =
    [
        "version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id", "tgw-src-vpc-account-id", "tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id", "tgw-src-eni", "tgw-dst-eni",
        "tgw-src-az-id", "tgw-dst-az-id", "tgw-pair-attachment-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "log-status", "type", "packets-lost-no-route", "packets-lost-blackhole",
        "packets-lost-mtu-exceeded", "packets-lost-ttl-expired", "tcp-flags", "region", "flow-direction", "pkt-src-aws-service", "pkt-dst-aws-service",
    ];

    /// <summary>True for a line that names the columns of flows: it begins with one of them, has the usual ones and nothing but names.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> line)
    {
        if (line.Length is < 40 or > 2_048 || line[0] is < (byte)'a' or > (byte)'v') return false;
        if (!line.StartsWith("version "u8) && !line.StartsWith("account-id "u8) && !line.StartsWith("interface-id "u8) && !line.StartsWith("srcaddr "u8) && !line.StartsWith("vpc-id "u8) && !line.StartsWith("start "u8) && !line.StartsWith("resource-type "u8)) return false;
        return line.IndexOf("srcaddr "u8) >= 0 && line.IndexOf("dstaddr"u8) > 0 && !line.ContainsAnyExcept(NameSigns);
    }

    private static readonly System.Buffers.SearchValues<byte> NameSigns = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789- \r\n"u8);

    public static bool IsHeader(string line) => line.Length is >= 40 and <= 2_048 && line.IndexOf(' ', 0, 16) is >= 5 and var end && line.AsSpan(0, end) is "version" or "account-id" or "interface-id" or "srcaddr" or "vpc-id" or "start" or "resource-type" && IsHeader(Encoding.UTF8.GetBytes(line));

    public static bool Read(string message, Reading reading)
    {
        // Every line of a site comes by here: three looks tell the others.
        if (message.Length is < 60 or > 1_024 || message[0] is < '2' or > '9' || message[1] != ' ') return false;
        if (!message.AsSpan(2).Contains(" eni-", StringComparison.Ordinal)) return message.AsSpan(2).Contains(" tgw-", StringComparison.Ordinal) && ReadGateway(message, reading);
        var values = message.Split(' ');
        if (values.Length < Names.Length || !values[2].StartsWith("eni-", StringComparison.Ordinal) || values[1].AsSpan().ContainsAnyExceptInRange('0', '9') || values[13] is not ("OK" or "NODATA" or "SKIPDATA")) return values.Length == Gateway.Length && ReadGateway(message, reading);
        Add(Names, values, reading);
        // What follows is the site's choice, but for the order in which all of it comes.
        if (values.Length >= Names.Length + 7 && values[18] is "IPv4" or "IPv6" or "EFA" && values[14].StartsWith("vpc-", StringComparison.Ordinal)) Add(Later, values.AsSpan(Names.Length), reading);
        return reading.TakeTimeOf("start");
    }

    /// <summary>Reads a flow by the columns that were named. False when it has not as many values, or no version and no begin.</summary>
    public static bool Read(string line, string[] columns, Reading reading)
    {
        if (line.Length > 4_096 || line[0] is < '-' or > '9') return false;
        var values = line.Split(' ');
        if (values.Length != columns.Length) return false;
        Add(columns, values, reading);
        reading.Decoder = "vpcflow";
        reading.Add("event.module", "vpcflow");
        reading.TakeTimeOf("start", "end");
        return true;
    }

    private static bool ReadGateway(string message, Reading reading)
    {
        var values = message.Split(' ');
        if (values.Length != Gateway.Length || !values[3].StartsWith("tgw-", StringComparison.Ordinal)) return false;
        Add(Gateway, values, reading);
        return reading.TakeTimeOf("start");
    }

    private static void Add(string[] names, ReadOnlySpan<string> values, Reading reading)
    {
        for (var i = 0; i < names.Length && i < values.Length; i++)
        {
            if (values[i] != "-") reading.Add(names[i], values[i]);
        }
    }
}

/// <summary>The messages that PAM's modules write under the names of the programs they work for.</summary>
internal static class PamBody
{
    private static readonly MessagePattern Session = MessagePattern.Parse("{pam_module}({pam_service:text}:session): session {session} for user {user}« by {by:text}(uid={by_uid:num})»");

    public static bool Read(string message, Reading reading)
    {
        if (!message.Contains("authentication failure", StringComparison.Ordinal))
        {
            var at = message.IndexOf("session opened for user ", StringComparison.Ordinal);
            if (at < 0) at = message.IndexOf("session closed for user ", StringComparison.Ordinal);
            if (at < 0) return false;
            var start = 0;
            if (!Session.TryMatch(message, ref start, reading)) reading.Add("user", message[(at + 24)..].Split(' ', 2)[0]);
            // Newer versions write the number behind the name.
            if (reading.Fields.TryGetValue("user", out var user) && user.IndexOf('(', StringComparison.Ordinal) is > 0 and var bracket) reading.Fields["user"] = user[..bracket];
            return true;
        }

        reading.Add("action", "login");
        reading.Fields["outcome"] = "failure";
        string? remoteUser = null;
        foreach (var word in message.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) continue;
            var value = word[(equals + 1)..].TrimEnd(';');
            if (value.Length == 0) continue;
            switch (word[..equals])
            {
                case "user": reading.Fields["user"] = value; break;
                case "ruser": remoteUser = value; break;
                case "rhost": reading.Add("src_host", value); break;
                case "tty": reading.Add("tty", value); break;
                default: break;
            }
        }

        if (remoteUser is not null) reading.Add("user", remoteUser);
        if (reading.First("src_host") is { } host && LogParser.IsAddress(host)) reading.Add("src_ip", host);
        return true;
    }
}

/// <summary>
/// One record of the Linux audit system: <c>type=SYSCALL msg=audit(1767225600.123:456): arch=… comm="bash"</c>. Values that the kernel wrote as
/// hexadecimal digits, because somebody outside chose them, are given as text.
/// </summary>
internal static class AuditBody
{
    private const int MostRecords = 1_000;

    /// <summary>Numbers of linux/audit.h with the names that auditd gives them.</summary>
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["1006"] = "LOGIN",
        ["1100"] = "USER_AUTH", ["1101"] = "USER_ACCT", ["1102"] = "USER_MGMT", ["1103"] = "CRED_ACQ", ["1104"] = "CRED_DISP", ["1105"] = "USER_START", ["1106"] = "USER_END", ["1107"] = "USER_AVC", ["1108"] = "USER_CHAUTHTOK",
        ["1109"] = "USER_ERR", ["1110"] = "CRED_REFR", ["1111"] = "USYS_CONFIG", ["1112"] = "USER_LOGIN", ["1113"] = "USER_LOGOUT", ["1114"] = "ADD_USER", ["1115"] = "DEL_USER", ["1116"] = "ADD_GROUP", ["1117"] = "DEL_GROUP",
        ["1118"] = "DAC_CHECK", ["1119"] = "CHGRP_ID", ["1122"] = "USER_SELINUX_ERR", ["1123"] = "USER_CMD", ["1124"] = "USER_TTY", ["1125"] = "CHUSER_ID", ["1126"] = "GRP_AUTH", ["1127"] = "SYSTEM_BOOT", ["1128"] = "SYSTEM_SHUTDOWN",
        ["1129"] = "SYSTEM_RUNLEVEL", ["1130"] = "SERVICE_START", ["1131"] = "SERVICE_STOP", ["1132"] = "GRP_MGMT", ["1133"] = "GRP_CHAUTHTOK", ["1134"] = "MAC_CHECK", ["1135"] = "ACCT_LOCK", ["1136"] = "ACCT_UNLOCK", ["1137"] = "USER_DEVICE",
        ["1138"] = "SOFTWARE_UPDATE",
        ["1200"] = "DAEMON_START", ["1201"] = "DAEMON_END", ["1202"] = "DAEMON_ABORT", ["1203"] = "DAEMON_CONFIG", ["1205"] = "DAEMON_ROTATE", ["1206"] = "DAEMON_RESUME", ["1207"] = "DAEMON_ACCEPT", ["1208"] = "DAEMON_CLOSE", ["1209"] = "DAEMON_ERR",
        ["1300"] = "SYSCALL", ["1302"] = "PATH", ["1303"] = "IPC", ["1304"] = "SOCKETCALL", ["1305"] = "CONFIG_CHANGE", ["1306"] = "SOCKADDR", ["1307"] = "CWD", ["1309"] = "EXECVE", ["1311"] = "IPC_SET_PERM",
        ["1312"] = "MQ_OPEN", ["1313"] = "MQ_SENDRECV", ["1314"] = "MQ_NOTIFY", ["1315"] = "MQ_GETSETATTR", ["1317"] = "FD_PAIR", ["1318"] = "OBJ_PID", ["1319"] = "TTY", ["1320"] = "EOE", ["1321"] = "BPRM_FCAPS",
        ["1322"] = "CAPSET", ["1323"] = "MMAP", ["1324"] = "NETFILTER_PKT", ["1325"] = "NETFILTER_CFG", ["1326"] = "SECCOMP", ["1327"] = "PROCTITLE", ["1328"] = "FEATURE_CHANGE", ["1329"] = "REPLACE", ["1330"] = "KERN_MODULE",
        ["1331"] = "FANOTIFY", ["1332"] = "TIME_INJOFFSET", ["1333"] = "TIME_ADJNTPVAL", ["1334"] = "BPF", ["1335"] = "EVENT_LISTENER", ["1336"] = "URINGOP", ["1337"] = "OPENAT2", ["1338"] = "DM_CTRL", ["1339"] = "DM_EVENT",
        ["1400"] = "AVC", ["1401"] = "SELINUX_ERR", ["1402"] = "AVC_PATH", ["1403"] = "MAC_POLICY_LOAD", ["1404"] = "MAC_STATUS", ["1405"] = "MAC_CONFIG_CHANGE", ["1415"] = "MAC_IPSEC_EVENT",
        ["1700"] = "ANOM_PROMISCUOUS", ["1701"] = "ANOM_ABEND", ["1702"] = "ANOM_LINK", ["1703"] = "ANOM_CREAT",
    };

    /// <summary>The names that the enriched form begins with: what they stand for is the machine's own word for a number before them.</summary>
    private static readonly string[] Enriched = ["SADDR=", "AUID=", "OUID=", "UID=", "ARCH="];

    private static readonly System.Buffers.SearchValues<char> TypeSigns = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[]");

    /// <summary>Fields that are quoted text, or hexadecimal digits where they hold a blank, a quote or another byte than ASCII.</summary>
    private static readonly HashSet<string> Encoded = new(StringComparer.Ordinal) { "comm", "exe", "name", "cwd", "path", "dir", "key", "acct", "proctitle", "cmd", "data", "vm", "file", "ocomm", "oldname", "grp" };

    /// <summary>Reads a record, or all records of an event, one a line: the arguments are those of EXECVE, what repeats has its number behind its name.</summary>
    public static bool Read(string message, Reading reading)
    {
        if (!message.Contains('\n', StringComparison.Ordinal)) return ReadRecord(message, reading) || ReadShort(message, reading);
        var types = new List<string>();
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        string? host = null;
        foreach (var line in message.Split('\n', MostRecords))
        {
            var one = new Reading(new FieldMap(), reading.Problems, reading.Options);
            if (!ReadRecord(line, one)) continue;
            if (types.Count == 0) reading.TakeTime(one.TimeText!);
            host ??= one.Host;
            var type = one.First("type") ?? "";
            var item = one.First("item");
            types.Add(type);
            foreach (var (name, value) in one.Fields)
            {
                if (type == "EXECVE" && IsArgument(name)) arguments.TryAdd(name, value);
                else if (type == "EXECVE" && PieceOf(name) is { } whole) arguments[whole] = arguments.GetValueOrDefault(whole) + value;
                else if (!reading.Add(name, value) && type == "PATH" && item is not (null or "0") && name is not ("type" or "msg" or "serial")) reading.Add($"{name}_{item}", value);
            }
        }

        if (types.Count == 0) return false;
        foreach (var (name, value) in arguments)
        {
            if (reading.Fields.ContainsKey(name)) reading.Fields[name] = value;
            else reading.Add(name, value);
        }

        reading.Host = host;
        reading.TimeIsOwn = true;
        reading.Add("types", string.Join(' ', types.Distinct()));
        return true;
    }

    /// <summary>The name of a type of record, which the kernel writes as a number where no auditd runs.</summary>
    private static string NameOf(string type)
    {
        // An auditd that is older than the kernel writes UNKNOWN[1334].
        if (type.StartsWith("UNKNOWN[", StringComparison.Ordinal) && type[^1] == ']' && Types.TryGetValue(type[8..^1], out var newer)) return newer;
        return Types.TryGetValue(type, out var name) ? name : type;
    }

    private static bool IsArgument(string name) => name.Length is > 1 and < 8 && name[0] == 'a' && !name.AsSpan(1).ContainsAnyExceptInRange('0', '9');

    /// <summary>The argument that <c>a2[1]</c> is a piece of; null for any other name.</summary>
    internal static string? PieceOf(string name) => name is [.., ']'] && name.IndexOf('[', StringComparison.Ordinal) is > 1 and var piece && IsArgument(name[..piece]) ? name[..piece] : null;

    private static bool ReadRecord(string message, Reading reading)
    {
        message = Separated(message);
        var mark = message.IndexOf("audit(", 0, Math.Min(message.Length, 512), StringComparison.Ordinal);
        if (mark < 0) return false;
        var close = message.IndexOf(')', mark, Math.Min(message.Length - mark, 64));
        if (close < 0) return false;
        var stamp = message.AsSpan(mark + 6, close - mark - 6);
        var colon = stamp.IndexOf(':');
        if (colon <= 0 || !reading.TakeTime(stamp[..colon].ToString())) return false;
        reading.TimeIsOwn = true;
        reading.Add("msg", message[mark..(close + 1)]);
        reading.Add("serial", stamp[(colon + 1)..].ToString());
        foreach (var word in message[..mark].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith("type=", StringComparison.Ordinal)) reading.Add("type", NameOf(word[5..]));
            if (word.StartsWith("node=", StringComparison.Ordinal)) reading.Host = word[5..];
        }

        Pairs(message, close + 1, reading);
        if (reading.First("hostname", "addr") is { } && reading.First("addr") is { } address && LogParser.IsAddress(address)) reading.Add("src_ip", address);
        if (reading.First("saddr") is { } socket) Socket(socket, reading);
        return true;
    }

    /// <summary>As the journal passes it on: <c>USER_AUTH pid=1 uid=0 …</c>, without the mark that has its time and number.</summary>
    private static bool ReadShort(string message, Reading reading)
    {
        var blank = message.IndexOf(' ', StringComparison.Ordinal);
        if (blank is < 3 or > 40 || message.AsSpan(0, blank).ContainsAnyExcept(TypeSigns) || !char.IsAsciiLetterUpper(message[0]) || message.IndexOf('=', blank, Math.Min(message.Length - blank, 40)) < 0) return false;
        reading.Add("type", message[..blank]);
        Pairs(Separated(message), blank, reading);
        if (reading.First("addr") is { } address && LogParser.IsAddress(address)) reading.Add("src_ip", address);
        return true;
    }

    /// <summary>rsyslog writes control characters as a number sign with their number: the enriched form's separator is then <c>#035</c>.</summary>
    private static string Separated(string message) => message.Replace("#035", "\u001D", StringComparison.Ordinal);

    private static void Pairs(string text, int at, Reading reading)
    {
        var type = reading.First("type");
        var arguments = type is "EXECVE";
        var old = false;
        string? continued = null;
        while (at < text.Length && !reading.IsFull)
        {
            // The enriched form has U+001D before what the names of the numbers are; a program's own pairs stand in apostrophes.
            while (at < text.Length && (text[at] is ' ' or ':' or '\u001D' or '\'' or ',' or '{' or '}')) at++;
            var from = at;
            while (at < text.Length && text[at] is not (' ' or '=' or '\u001D' or '\'')) at++;
            if (at >= text.Length || text[at] != '=')
            {
                Word(text.AsSpan(from, at - from));
                continue;
            }

            var name = old ? $"old-{text[from..at]}" : text[from..at];
            old = false;
            at++;
            if (name == "msg" && at < text.Length && text[at] == '\'') continue;
            if (at < text.Length && text[at] == '"')
            {
                var end = text.IndexOf('"', at + 1);
                if (end < 0) end = text.Length;
                if (name.Length > 0) Add(name, text[(at + 1)..end]);
                at = Math.Min(end + 1, text.Length);
                continue;
            }

            var start = at;
            while (at < text.Length && text[at] is not (' ' or '\u001D' or '\'')) at++;
            Unglue(start);
            if (name == "op") Words(start);
            var value = text[start..at];
            if (name.Length == 0 || value is "" or "?" or "(null)" or "{") continue;
            // The arguments of EXECVE are encoded so too; those of SYSCALL are addresses.
            Add(name, Encoded.Contains(name) || (arguments && name.Length > 1 && name[0] == 'a' && char.IsAsciiDigit(name[1])) ? Decoded(value) : value);
        }

        // A word without a value: what SELinux decided, with the permissions in braces, and "old" before what the login had been.
        void Word(ReadOnlySpan<char> word)
        {
            old = type is "LOGIN" && word is "old";
            if (word is not ("denied" or "granted") || text.IndexOf('{', at, Math.Min(text.Length - at, 8)) is not (> 0 and var open) || text.IndexOf('}', open) is not (> 0 and var close)) return;
            reading.Add("seresult", word.ToString());
            reading.Add("seperms", text.AsSpan((open + 1)..close).Trim().ToString());
            at = close + 1;
        }

        // Where a control character was dropped on the way, the enriched form follows without a separator.
        void Unglue(int start)
        {
            if (text.IndexOf('=', start, at - start) < 0) return;
            foreach (var enriched in Enriched)
            {
                if (text.IndexOf(enriched, start, at - start, StringComparison.Ordinal) is not (> 0 and var next)) continue;
                at = next;
                return;
            }
        }

        // Some programs tell in words what they do: op=adding user to group acct="eve".
        void Words(int start)
        {
            while (at > start && at < text.Length && text[at] == ' ')
            {
                var end = at + 1;
                while (end < text.Length && text[end] is not (' ' or '=' or '\u001D' or '\'')) end++;
                if (end == at + 1 || (end < text.Length && text[end] == '=')) return;
                at = end;
            }
        }

        void Add(string name, string value)
        {
            // A long argument comes in pieces: a2_len=… a2[0]=… a2[1]=…, which may go on in the next record of the event.
            if (arguments && PieceOf(name) is { } whole)
            {
                if (!reading.Fields.ContainsKey(whole)) whole = name.EndsWith("[0]", StringComparison.Ordinal) ? whole : continued ??= name;
                if (reading.Fields.TryGetValue(whole, out var before))
                {
                    reading.Fields[whole] = before + value;
                    return;
                }

                name = whole;
            }

            reading.Add(name, value);
        }
    }

    private static string Decoded(string value)
    {
        if (value.Length < 2 || value.Length % 2 != 0) return value;
        foreach (var c in value)
        {
            // The kernel writes capital letters: "cafe" is a name.
            if (!char.IsAsciiHexDigitUpper(c)) return value;
        }

        var bytes = Convert.FromHexString(value);
        // A zero byte is between the words of a command line, a one between the keys of several rules.
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0').Replace('\0', ' ').Replace('\u0001', ',');
    }

    /// <summary>The address in a socket's bytes: family 1 is a path, or a name behind a zero byte, 2 is IPv4, 10 is IPv6; the port is big-endian.</summary>
    private static void Socket(string hex, Reading reading)
    {
        if (hex.Length < 6 || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit)) return;
        var bytes = Convert.FromHexString(hex);
        if (bytes[0] == 1)
        {
            var name = bytes.AsSpan(bytes[2] == 0 ? 3 : 2);
            if (name.IndexOf((byte)0) is >= 0 and var end) name = name[..end];
            if (name.Length > 0) reading.Add("saddr_path", (bytes[2] == 0 ? "@" : "") + Encoding.UTF8.GetString(name));
            return;
        }

        var address = (bytes[0], bytes.Length) switch
        {
            (2, >= 8) => new System.Net.IPAddress(bytes.AsSpan(4, 4)).ToString(),
            (10, >= 24) => new System.Net.IPAddress(bytes.AsSpan(8, 16)).ToString(),
            _ => null,
        };
        if (address is null) return;
        reading.Add("saddr_ip", address);
        reading.Add("saddr_port", (bytes[2] * 256 + bytes[3]).ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>Cisco's <c>%FACILITY-SEVERITY-MNEMONIC: text</c>, where it stands as a program's name or in the message.</summary>
internal static class CiscoBody
{
    /// <summary>Reads the code and moves behind it. False when there is none.</summary>
    public static bool TryRead(string message, ref int at, string? app, Reading reading)
    {
        ReadOnlySpan<char> code;
        if (app is not null && app.StartsWith('%'))
        {
            code = app.AsSpan(1);
        }
        else
        {
            var percent = message.IndexOf('%', at);
            if (percent is < 0 or > 128) return false;
            var blank = message.IndexOf(' ', percent, Math.Min(message.Length - percent, 66));
            if (blank < percent + 4) return false;
            code = message.AsSpan((percent + 1)..blank);
            at = blank + 1;
            // IOS XR leaves a blank before the colon, and some ASA have none.
            if (code[^1] == ':') code = code[..^1];
            else if (at + 1 < message.Length && message[at] == ':' && message[at + 1] == ' ') at += 2;
            else if (!code.StartsWith("ASA-") && !code.StartsWith("FTD-") && !code.StartsWith("PIX-") && !code.StartsWith("FWSM-")) return false;
        }

        // A facility may have hyphens of its own: the severity is the first digit alone between two.
        var dash = -1;
        for (var i = 1; i + 2 < code.Length; i++)
        {
            if (code[i - 1] != '-' || code[i] is < '0' or > '7' || code[i + 1] != '-') continue;
            dash = i;
            break;
        }

        if (dash < 2 || code.Contains(' ')) return false;
        var facility = code[..(dash - 1)];
        // The ASA may name the class of a message behind its own name.
        if (facility.StartsWith("ASA-")) facility = "ASA";
        var id = code[(dash + 2)..];
        reading.Add("message_id", facility is "ASA" or "FTD" or "PIX" or "FWSM" ? id.ToString() : code.ToString());
        reading.Add("cisco_facility", facility.ToString());
        // Events of connections, intrusions, files and malware of the FTD are names with their values.
        if (facility is "FTD" && id.StartsWith("43000")) Named(message, at, reading);
        reading.Severity ??= code[dash] - '0';
        return true;
    }

    /// <summary>Reads <c>SrcIP: 192.0.2.1, AccessControlRuleName: a, b, User: c</c>: a value ends where a comma, a name of letters and digits and a colon with a blank follow.</summary>
    private static void Named(string message, int at, Reading reading)
    {
        var (from, colon) = Name(message, at);
        while (colon > 0 && !reading.IsFull)
        {
            var (end, nextFrom, nextColon) = (message.Length, 0, -1);
            for (var comma = message.IndexOf(", ", colon, StringComparison.Ordinal); comma > 0; comma = message.IndexOf(", ", comma + 2, StringComparison.Ordinal))
            {
                (nextFrom, nextColon) = Name(message, comma + 2);
                if (nextColon < 0) continue;
                end = comma;
                break;
            }

            reading.Add(message[from..colon], message.AsSpan((colon + 1)..end).Trim().ToString());
            (from, colon) = (nextFrom, nextColon);
        }
    }

    private static (int From, int Colon) Name(string message, int at)
    {
        var i = at;
        while (i < message.Length && i < at + 64 && char.IsAsciiLetterOrDigit(message[i])) i++;
        return i > at + 1 && char.IsAsciiLetterUpper(message[at]) && i + 1 < message.Length && message[i] == ':' && message[i + 1] == ' ' ? (at, i) : (at, -1);
    }
}
