using System.Text.RegularExpressions;

namespace Hufu.Logs.Parsing;

/// <summary>Finds who, from where and what in the messages of sshd, sudo, cron, PAM and the packet filter.</summary>
internal static partial class MessageFields
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    private static readonly string[] Nothing = [];

    public static void Add(string? app, string message, Dictionary<string, string> fields)
    {
        if (message.Length > 8_192) return;
        switch (app)
        {
            case "sshd" or "sshd-session":
                Ssh(message, fields);
                break;
            case "sudo":
                Sudo(message, fields);
                break;
            case "CRON" or "cron" or "crond" or "/usr/sbin/cron" or "anacron":
                Match(Cron, message, fields, ["user", "command"]);
                Match(Session, message, fields, ["user"]);
                break;
            case "kernel" when message.Contains("SRC=", StringComparison.Ordinal) && message.Contains("DST=", StringComparison.Ordinal):
                Packet(message, fields);
                break;
            default:
                if (message.StartsWith("pam_unix(", StringComparison.Ordinal) || message.Contains("rhost=", StringComparison.Ordinal)) Pam(message, fields);
                break;
        }
    }

    private static void Ssh(string message, Dictionary<string, string> fields)
    {
        if (Match(SshAuthentication, message, fields, ["outcome", "method", "invalid", "user", "src_ip", "src_port"]))
        {
            fields["outcome"] = fields["outcome"] == "Accepted" ? "success" : "failure";
            fields["action"] = "login";
            if (fields.Remove("invalid", out var invalid) && invalid.Length > 0) fields["invalid_user"] = "true";
        }
        else if (Match(SshInvalidUser, message, fields, ["user", "src_ip", "src_port"]))
        {
            fields["action"] = "login";
            fields["invalid_user"] = "true";
        }
        else
        {
            Match(SshPeer, message, fields, ["user", "src_ip", "src_port"]);
            Pam(message, fields);
        }
    }

    private static void Sudo(string message, Dictionary<string, string> fields)
    {
        if (Match(SudoCommand, message, fields, ["user", "reason", "tty", "pwd", "target_user", "command"]))
        {
            fields["action"] = "sudo";
            fields["outcome"] = fields.ContainsKey("reason") ? "failure" : "success";
        }
        else
        {
            Pam(message, fields);
        }
    }

    private static void Pam(string message, Dictionary<string, string> fields)
    {
        if (!message.Contains("authentication failure", StringComparison.Ordinal))
        {
            Match(Session, message, fields, ["user"]);
            return;
        }

        fields.TryAdd("action", "login");
        fields["outcome"] = "failure";
        foreach (var (name, value) in Pairs(message))
        {
            switch (name)
            {
                case "user": fields["user"] = value; break;
                case "ruser" when value.Length > 0: fields.TryAdd("user", value); break;
                case "rhost" when value.Length > 0: fields["src_host"] = value; break;
                case "tty": fields["tty"] = value; break;
                default: break;
            }
        }

        if (fields.TryGetValue("src_host", out var host) && LogParser.IsAddress(host)) fields["src_ip"] = host;
    }

    /// <summary>The packet filter's own names are kept, for rules are written with them; the common ones get their common name too.</summary>
    private static void Packet(string message, Dictionary<string, string> fields)
    {
        var first = message.IndexOf("IN=", StringComparison.Ordinal);
        if (first > 0)
        {
            var prefix = message[..first].Trim();
            // "[12345.678901] " is the kernel's own clock.
            if (prefix.StartsWith('[') && prefix.IndexOf(']', StringComparison.Ordinal) is > 0 and var end) prefix = prefix[(end + 1)..].Trim();
            if (prefix.Length > 0) fields["prefix"] = prefix;
        }

        foreach (var (name, value) in Pairs(message))
        {
            if (value.Length > 0 && name.All(char.IsAsciiLetterUpper)) fields.TryAdd(name, value);
        }

        foreach (var (from, to) in new[] { ("SRC", "src_ip"), ("DST", "dst_ip"), ("SPT", "src_port"), ("DPT", "dst_port"), ("PROTO", "protocol") })
        {
            if (fields.TryGetValue(from, out var value)) fields[to] = value;
        }
    }

    private static IEnumerable<(string Name, string Value)> Pairs(string message)
    {
        foreach (var word in message.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) yield return (word[..equals], word[(equals + 1)..].TrimEnd(';'));
        }
    }

    private static bool Match(Regex regex, string message, Dictionary<string, string> fields, string[] names)
    {
        var match = regex.Match(message);
        if (!match.Success) return false;
        foreach (var name in names.Length == 0 ? Nothing : names)
        {
            if (match.Groups[name] is { Success: true, Length: > 0 } group) fields[name] = group.Value;
        }

        return true;
    }

    private static readonly Regex SshAuthentication = new(
        @"^(?<outcome>Accepted|Failed) (?<method>\S+) for (?<invalid>(invalid|illegal) user )?(?<user>.*) from (?<src_ip>\S+) port (?<src_port>\d+)", Linear);

    private static readonly Regex SshInvalidUser = new(@"^(Invalid|Illegal) user (?<user>.*) from (?<src_ip>[0-9A-Fa-f.:]+)( port (?<src_port>\d+))?", Linear);

    private static readonly Regex SshPeer = new(
        @"^(Connection (closed|reset)|Received disconnect|Disconnected|Did not receive identification string|Unable to negotiate|Bad protocol version identification)(.*? (by|from|with))?( (invalid|authenticating) user (?<user>\S*))? (?<src_ip>\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)( port (?<src_port>\d+))?", Linear);

    private static readonly Regex SudoCommand = new(
        @"^\s*(?<user>\S+) : ((?<reason>[^;=]*?) ; )?TTY=(?<tty>.*?) ; PWD=(?<pwd>.*?) ; USER=(?<target_user>.*?) ; (.*? ; )?COMMAND=(?<command>.*)$", Linear);

    private static readonly Regex Cron = new(@"^\((?<user>[^)]*)\) CMD \((?<command>.*)\)\s*$", Linear);

    private static readonly Regex Session = new(@"session (opened|closed) for user (?<user>[^\s(]+)", Linear);
}
