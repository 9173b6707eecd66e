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

    /// <summary>The kinds of source that an event belongs to, the most specific first; empty when nothing is known.</summary>
    /// <param name="logEvent">The event.</param>
    /// <param name="mappings">What the site says of its events; what it says stands before what the product finds.</param>
    public static IReadOnlyList<LogSourceHint> For(LogEvent logEvent, SourceMappings? mappings = null)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        var found = Known(logEvent);
        if (mappings is null || mappings.All.Count == 0) return found;
        List<LogSourceHint>? told = null;
        foreach (var mapping in mappings.All)
        {
            if (mapping.Sources.Count > 0 && mapping.Fits(logEvent)) (told ??= []).AddRange(mapping.Sources);
        }

        return told is null ? found : [.. told.Concat(found).Distinct()];
    }

    private static List<LogSourceHint> Known(LogEvent logEvent)
    {
        if (logEvent.Fields.TryGetValue("Channel", out var channel)) return channel == "Linux-Sysmon/Operational" ? LinuxSysmon(logEvent.Field("EventID")) : Windows(channel, logEvent.Field("EventID"));
        // A forwarder may have modules of its own.
        var shaped = Shaped(logEvent);
        if (logEvent.Fields.TryGetValue("event.module", out var module) && (Parsing.MessageDecoders.SourceOf(module) ?? Parsing.JsonFamilies.SourceOf(module, logEvent.Field)) is { } declared) return shaped.Count == 0 ? [declared] : [declared, .. shaped.Where(hint => hint != declared && (hint.Product is not null || declared.Category is null && logEvent.Format is LogFormats.Json or LogFormats.Zeek))];
        if (logEvent.Format == LogFormats.Access || (logEvent.Format == LogFormats.W3C && logEvent.Fields.ContainsKey("cs-method"))) return shaped.Exists(hint => hint.Category == "proxy") && logEvent.Format == LogFormats.W3C ? shaped : [new(null, "webserver", null)];
        var syslog = logEvent.Format is LogFormats.Syslog3164 or LogFormats.Syslog5424;
        if (shaped.Count > 0 && !syslog) return shaped;
        if (logEvent.Format == LogFormats.NginxError) return [new(null, null, "nginx")];
        if (logEvent.Format == LogFormats.ApacheError) return [new(null, null, "apache")];
        if (logEvent.App is not { } app) return shaped;
        if (app == OwnApp && logEvent.Format == LogFormats.Json) return [new(OwnApp, null, "audit")];
        if (app == "kernel" && logEvent.Fields.ContainsKey("SRC")) return [new("linux", "firewall", "iptables"), new("linux", null, "syslog")];
        var hints = new List<LogSourceHint>();
        if (Loaded.Value.Programs.TryGetValue(app, out var service)) hints.Add(new LogSourceHint("linux", null, service));
        if (Loaded.Value.Authentication.Contains(app)) hints.Add(new LogSourceHint("linux", null, "auth"));
        if (syslog) hints.Add(new LogSourceHint("linux", null, "syslog"));
        hints.AddRange(shaped);
        return hints;
    }

    private static List<LogSourceHint> LinuxSysmon(string? eventId) =>
        eventId is not null && Loaded.Value.Events["sysmon"].TryGetValue(eventId, out var categories) ? [new LogSourceHint("linux", categories[0], "sysmon"), new LogSourceHint("linux", null, "sysmon")] : [new LogSourceHint("linux", null, "sysmon")];

    private static List<LogSourceHint> Windows(string channel, string? eventId)
    {
        var service = Loaded.Value.Channels.GetValueOrDefault(channel);
        var hints = new List<LogSourceHint>();
        if (eventId is not null && service is not null && Loaded.Value.Events.TryGetValue(service, out var events) && events.TryGetValue(eventId, out var categories))
            hints.AddRange(categories.Select(category => new LogSourceHint("windows", category, service)));
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
            json.RootElement.GetProperty("events").EnumerateObject().ToFrozenDictionary(service => service.Name, service => service.Value.EnumerateObject().ToFrozenDictionary(entry => entry.Name, entry => entry.Value.GetString()!.Split(' '), StringComparer.Ordinal), StringComparer.Ordinal),
            json.RootElement.GetProperty("programs").EnumerateObject().ToFrozenDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.OrdinalIgnoreCase),
            json.RootElement.GetProperty("auth").EnumerateArray().Select(entry => entry.GetString()!).ToFrozenSet(StringComparer.OrdinalIgnoreCase),
            json.RootElement.GetProperty("shapes").EnumerateArray().Select((item, order) => new Shape(item, order)).GroupBy(shape => shape.First, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal));
    }

    private sealed record Table(
        FrozenDictionary<string, string> Channels, FrozenDictionary<string, FrozenDictionary<string, string[]>> Events, FrozenDictionary<string, string> Programs, FrozenSet<string> Authentication, FrozenDictionary<string, Shape[]> Shapes);

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
