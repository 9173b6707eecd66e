using System.Collections.Frozen;
using System.Text.Json;

namespace Hufu.Logs;

/// <summary>What kind of source an event comes from, in the words that detection rules use; an absent part is unknown.</summary>
/// <param name="Product">For example <c>linux</c>.</param>
/// <param name="Category">For example <c>webserver</c>.</param>
/// <param name="Service">For example <c>sshd</c>.</param>
public sealed record LogSourceHint(string? Product, string? Category, string? Service);

/// <summary>
/// Finds the kinds of source of an event from its program, its format, its fields, its Windows channel and event id (<c>sources.json</c>). Plain data, so that the host can
/// hand it to whatever matches rules.
/// </summary>
public static partial class LogSourceHints
{
    /// <summary>The program name of the product's own audit events; rules know them as product <c>hufu</c>, service <c>audit</c>.</summary>
    public const string OwnApp = "hufu";

    private static readonly Lazy<Table> Loaded = new(Load);

    // Sysmon's event ids (taxonomy appendix of the Sigma specification).
    private static readonly Dictionary<string, string> Sysmon = new(StringComparer.Ordinal)
    {
        ["1"] = "process_creation", ["2"] = "file_change", ["3"] = "network_connection", ["4"] = "sysmon_status", ["5"] = "process_termination", ["6"] = "driver_load",
        ["7"] = "image_load", ["8"] = "create_remote_thread", ["9"] = "raw_access_thread", ["10"] = "process_access", ["11"] = "file_event",
        ["12"] = "registry_event", ["13"] = "registry_event", ["14"] = "registry_event", ["15"] = "create_stream_hash", ["16"] = "sysmon_status", ["17"] = "pipe_created",
        ["18"] = "pipe_created", ["19"] = "wmi_event", ["20"] = "wmi_event", ["21"] = "wmi_event", ["22"] = "dns_query", ["23"] = "file_delete",
        ["24"] = "clipboard_capture", ["25"] = "process_tampering", ["26"] = "file_delete", ["27"] = "file_block_executable", ["28"] = "file_block_shredding", ["29"] = "file_executable_detected",
        ["255"] = "sysmon_error",
    };

    private static readonly Dictionary<string, string> PowerShell = new(StringComparer.Ordinal)
    {
        ["powershell/4103"] = "ps_module", ["powershell/4104"] = "ps_script", ["powershell-classic/400"] = "ps_classic_start",
        ["powershell-classic/600"] = "ps_classic_provider_start", ["powershell-classic/800"] = "ps_classic_script",
    };

    private static readonly Dictionary<string, string> Programs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sshd"] = "sshd", ["sshd-session"] = "sshd", ["sudo"] = "sudo", ["CRON"] = "cron", ["crond"] = "cron", ["cron"] = "cron", ["/usr/sbin/cron"] = "cron",
        ["auditd"] = "auditd", ["audisp-syslog"] = "auditd", ["clamd"] = "clamav", ["freshclam"] = "clamav", ["vsftpd"] = "vsftpd", ["guacd"] = "guacamole",
    };

    private static readonly HashSet<string> Authentication = new(StringComparer.OrdinalIgnoreCase) { "sshd", "sshd-session", "sudo", "su", "login", "systemd-logind", "passwd", "useradd", "usermod", "groupadd" };

    /// <summary>The kinds of source that an event belongs to, the most specific first; empty when nothing is known.</summary>
    public static IReadOnlyList<LogSourceHint> For(LogEvent logEvent)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        if (logEvent.Fields.TryGetValue("Channel", out var channel)) return channel == "Linux-Sysmon/Operational" ? LinuxSysmon(logEvent.Field("EventID")) : Windows(channel, logEvent.Field("EventID"));
        // A forwarder may have modules of its own.
        var shaped = Shaped(logEvent);
        if (logEvent.Fields.TryGetValue("event.module", out var module) && (Parsing.MessageDecoders.SourceOf(module) ?? Parsing.JsonFamilies.SourceOf(module, logEvent.Field)) is { } declared) return shaped.Count == 0 ? [declared] : [declared, .. shaped.Where(hint => hint != declared && (hint.Product is not null || declared.Category is null && logEvent.Format is LogFormats.Json or LogFormats.Zeek))];
        if (logEvent.Format == LogFormats.Access || (logEvent.Format == LogFormats.W3C && logEvent.Fields.ContainsKey("cs-method"))) return shaped.Exists(hint => hint.Category == "proxy") && logEvent.Format == LogFormats.W3C ? shaped : [new(null, "webserver", null)];
        var syslog = logEvent.Format is LogFormats.Syslog3164 or LogFormats.Syslog5424;
        if (shaped.Count > 0 && !syslog) return shaped;
        if (logEvent.Format == LogFormats.NginxError) return [new(null, null, "nginx")];
        if (logEvent.App is not { } app) return shaped;
        if (app == OwnApp && logEvent.Format == LogFormats.Json) return [new(OwnApp, null, "audit")];
        if (app == "kernel" && logEvent.Fields.ContainsKey("SRC")) return [new("linux", "firewall", "iptables"), new("linux", null, "syslog")];
        var hints = new List<LogSourceHint>();
        if (Programs.TryGetValue(app, out var service)) hints.Add(new LogSourceHint("linux", null, service));
        if (Authentication.Contains(app)) hints.Add(new LogSourceHint("linux", null, "auth"));
        if (syslog) hints.Add(new LogSourceHint("linux", null, "syslog"));
        hints.AddRange(shaped);
        return hints;
    }

    private static List<LogSourceHint> LinuxSysmon(string? eventId)
    {
        var service = new LogSourceHint("linux", null, "sysmon");
        return eventId is not null && Sysmon.TryGetValue(eventId, out var category) ? [new LogSourceHint("linux", category, "sysmon"), service] : [service];
    }

    private static List<LogSourceHint> Windows(string channel, string? eventId)
    {
        var service = Loaded.Value.Channels.GetValueOrDefault(channel);
        var hints = new List<LogSourceHint>();
        if (eventId is not null)
        {
            if (service == "sysmon" && Sysmon.TryGetValue(eventId, out var category))
            {
                hints.Add(new LogSourceHint("windows", category, service));
                if (eventId is "12") hints.AddRange([new("windows", "registry_add", service), new("windows", "registry_delete", service)]);
                if (eventId is "13") hints.Add(new LogSourceHint("windows", "registry_set", service));
                if (eventId is "26") hints.Add(new LogSourceHint("windows", "file_delete_detected", service));
                if (eventId is "14") hints.Add(new LogSourceHint("windows", "registry_rename", service));
            }
            else if (service == "security" && eventId == "4688")
            {
                hints.Add(new LogSourceHint("windows", "process_creation", service));
            }
            else if (service is not null && PowerShell.TryGetValue($"{service}/{eventId}", out var script))
            {
                hints.Add(new LogSourceHint("windows", script, service));
            }
        }

        hints.Add(new LogSourceHint("windows", null, service));
        return hints;
    }

    /// <summary>What the fields of an event say that it is.</summary>
    private static List<LogSourceHint> Shaped(LogEvent item)
    {
        List<Shape>? fitting = null;
        foreach (var name in item.Fields.Keys)
        {
            if (!Loaded.Value.Shapes.TryGetValue(name, out var shapes)) continue;
            foreach (var shape in shapes)
            {
                if (shape.Fits(item)) (fitting ??= []).Add(shape);
            }
        }

        return fitting is null ? [] : [.. fitting.OrderBy(shape => shape.Order).SelectMany(shape => shape.Sources).Distinct()];
    }

    private static Table Load()
    {
        using var stream = typeof(LogSourceHints).Assembly.GetManifestResourceStream("sources.json") ?? throw new InvalidOperationException("sources.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return new Table(
            json.RootElement.GetProperty("channels").EnumerateObject().ToFrozenDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.OrdinalIgnoreCase),
            json.RootElement.GetProperty("shapes").EnumerateArray().Select((item, order) => new Shape(item, order)).GroupBy(shape => shape.First, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal));
    }

    private sealed record Table(FrozenDictionary<string, string> Channels, FrozenDictionary<string, Shape[]> Shapes);

    private sealed class Shape
    {
        private readonly string[] has = [];
        private readonly KeyValuePair<string, string>[] values = [];

        public Shape(JsonElement item, int order)
        {
            Order = order;
            if (item.TryGetProperty("has", out var names)) has = [.. names.EnumerateArray().Select(name => name.GetString()!)];
            if (item.TryGetProperty("is", out var pairs)) values = [.. pairs.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetString()!))];
            Sources = [.. item.GetProperty("sources").GetString()!.Split(' ').Select(text => text.Split('/')).Select(parts => new LogSourceHint(Part(parts[0]), Part(parts[1]), Part(parts[2])))];
        }

        /// <summary>Its place in the list, the most specific first.</summary>
        public int Order { get; }

        /// <summary>A field that it asks for: without it the others need not be looked for.</summary>
        public string First => values.Length > 0 ? values[0].Key : has[0];

        public LogSourceHint[] Sources { get; }

        public IReadOnlyList<string> Names => has;

        public IReadOnlyList<KeyValuePair<string, string>> Values => values;

        public bool Fits(LogEvent item)
        {
            foreach (var name in has)
            {
                if (!item.Fields.ContainsKey(name)) return false;
            }

            foreach (var (name, value) in values)
            {
                if (!item.Fields.TryGetValue(name, out var own) || own != value) return false;
            }

            return true;
        }

        private static string? Part(string text) => text == "-" ? null : text;
    }
}
