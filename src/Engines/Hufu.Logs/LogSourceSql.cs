using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>How a table of stored events is asked, in the words of its database.</summary>
/// <param name="Field">The value of a field as text, by its name; NULL where the event has none.</param>
/// <param name="Literal">A text as a literal.</param>
/// <param name="Same">An expression, which may be NULL, is one of some texts but for the case of letters; a star at the end of a text stands for any ending; never NULL.</param>
public sealed record LogTableWords(Func<string, string> Field, Func<string, string> Literal, Func<string, IReadOnlyList<string>, string> Same);

public static partial class LogSourceHints
{
    /// <summary>
    /// The condition, never NULL, under which a stored event is of a kind of source that is asked for: the same as asking it of <see cref="For"/>. Its columns are named as the
    /// store's.
    /// </summary>
    /// <param name="accepts">Which kinds are asked for.</param>
    /// <param name="asked">The service that is asked for, for sources that name theirs in a field; null for any.</param>
    /// <param name="words">The table.</param>
    /// <param name="mappings">What the site says of its events.</param>
    public static string Condition(Func<LogSourceHint, bool> accepts, string? asked, LogTableWords words, SourceMappings? mappings = null)
    {
        ArgumentNullException.ThrowIfNull(accepts);
        ArgumentNullException.ThrowIfNull(words);
        var known = Known(accepts, asked, words);
        return mappings?.All.Where(mapping => mapping.Sources.Any(accepts)).Select(mapping => Condition(mapping, words)).ToList() is { Count: > 0 } told ? $"({string.Join(" OR ", told)} OR {known})" : known;
    }

    /// <summary>The condition, never NULL, under which a mapping is for a stored event.</summary>
    public static string Condition(SourceMapping mapping, LogTableWords words)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        ArgumentNullException.ThrowIfNull(words);
        return "(" + string.Join(" AND ", mapping.When.Select(condition => condition.Values.Count == 0 ? $"({Value(condition.Name)} IS NOT NULL)" : words.Same(Value(condition.Name), condition.Values))) + ")";

        string Value(string name) => SourceMappings.IsColumn(name) ? name[1..] : words.Field(name);
    }

    private static string Known(Func<LogSourceHint, bool> accepts, string? asked, LogTableWords words)
    {
        const string Yes = "(1 = 1)", No = "(1 = 0)", Syslog = $"format IN ('{LogFormats.Syslog3164}', '{LogFormats.Syslog5424}')";
        var (channel, id, module) = (words.Field("Channel"), words.Field("EventID"), words.Field("event.module"));
        var shapes = Loaded.Value.Shapes.Values.SelectMany(list => list).OrderBy(shape => shape.Order).ToList();
        var own = Shaped(accepts);

        // Sources that a decoder or a family of records declares by its name; the shape of an event tells the rest.
        var declared = MessageDecoders.Sources.Concat(JsonFamilies.Sources.Where(family => MessageDecoders.SourceOf(family.Name) is null)).ToList();
        var byModule = Any(declared.GroupBy(source => (source.ServiceFrom, Accepted: source.ServiceFrom is null ? accepts(source.Hint) : accepts(source.Hint with { Service = asked }))).Where(group => group.Key.Accepted).Select(group =>
            All([In(module, group.Select(source => source.Name)), group.Key.ServiceFrom is { } from && asked is not null ? words.Same(words.Field(from), [asked]) : Yes])));
        var open = declared.Where(source => source.Hint.Category is null).Select(source => source.Name).ToList();
        var beside = Any([Shaped(hint => hint.Product is not null && accepts(hint)), All([Shaped(hint => hint.Product is null && accepts(hint)), $"format IN ('{LogFormats.Json}', '{LogFormats.Zeek}')", In(module, open)])]);

        var apps = Loaded.Value.Programs.GroupBy(pair => pair.Value, StringComparer.Ordinal).Where(group => accepts(new LogSourceHint("linux", null, group.Key))).SelectMany(group => group.Select(pair => pair.Key))
            .Concat(accepts(new LogSourceHint("linux", null, "auth")) ? Loaded.Value.Authentication : []).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return $"""
            CASE WHEN {channel} = 'Linux-Sysmon/Operational' THEN {OfWindows("linux", "sysmon")}
            WHEN {channel} IS NOT NULL THEN {Channels()}
            WHEN {In(module, declared.Select(source => source.Name))} THEN {Any([byModule, beside])}
            WHEN format = '{LogFormats.Access}' OR (format = '{LogFormats.W3C}' AND {words.Field("cs-method")} IS NOT NULL) THEN CASE WHEN format = '{LogFormats.W3C}' AND {Shaped(hint => hint.Category == "proxy")} THEN {own} ELSE {Told(accepts(new LogSourceHint(null, "webserver", null)))} END
            WHEN NOT ({Syslog}) AND {Shaped(_ => true)} THEN {own}
            WHEN format = '{LogFormats.NginxError}' THEN {Told(accepts(new LogSourceHint(null, null, "nginx")))}
            WHEN format = '{LogFormats.ApacheError}' THEN {Told(accepts(new LogSourceHint(null, null, "apache")))}
            WHEN app IS NULL THEN {own}
            WHEN app = {words.Literal(OwnApp)} AND format = '{LogFormats.Json}' THEN {Told(accepts(new LogSourceHint(OwnApp, null, "audit")))}
            WHEN app = 'kernel' AND {words.Field("SRC")} IS NOT NULL THEN {Told(accepts(new LogSourceHint("linux", "firewall", "iptables")) || accepts(new LogSourceHint("linux", null, "syslog")))}
            ELSE {Any([apps.Count > 0 ? words.Same("app", apps) : No, accepts(new LogSourceHint("linux", null, "syslog")) ? $"({Syslog})" : No, own])} END
            """.ReplaceLineEndings(" ");

        static string Told(bool value) => value ? Yes : No;

        static string Any(IEnumerable<string> items) => items.Where(item => item != No).Distinct().ToList() is { Count: > 0 } some ? some.Contains(Yes) ? Yes : some.Count == 1 ? some[0] : "(" + string.Join(" OR ", some) + ")" : No;

        static string All(IEnumerable<string> items) => items.Where(item => item != Yes).ToList() is { Count: > 0 } some ? some.Contains(No) ? No : some.Count == 1 ? some[0] : "(" + string.Join(" AND ", some) + ")" : Yes;

        string In(string value, IEnumerable<string> texts) => texts.Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } some ? $"({value} IS NOT NULL AND {value} IN ({string.Join(", ", some.Select(words.Literal))}))" : No;

        string Shaped(Func<LogSourceHint, bool> wanted) => Any(shapes.Where(shape => shape.Sources.Any(wanted)).Select(shape => All(
            [.. shape.Names.Select(name => $"({words.Field(name)} IS NOT NULL)"), .. shape.Values.Select(pair => In(words.Field(pair.Key), [pair.Value]))])));

        // Of a channel whose service is this: all its events, or those with some event ids.
        string OfWindows(string product, string? service)
        {
            if (accepts(new LogSourceHint(product, null, service))) return Yes;
            return In(id, Categories(service, product).Where(pair => accepts(new LogSourceHint(product, pair.Category, service))).Select(pair => pair.Id));
        }

        string Channels()
        {
            var services = Loaded.Value.Channels.GroupBy(pair => pair.Value, StringComparer.Ordinal).ToList();
            var known = services.Select(group => (Channels: group.Select(pair => pair.Key).ToList(), Events: OfWindows("windows", group.Key))).Where(pair => pair.Events != No).ToList();
            // A channel that is not known has no service.
            if (accepts(new LogSourceHint("windows", null, null))) return Yes;
            return Any(known.Select(pair => All([words.Same(channel, pair.Channels), pair.Events])));
        }
    }

    private static IEnumerable<(string Id, string Category)> Categories(string? service, string product)
    {
        if (service is null || !Loaded.Value.Events.TryGetValue(service, out var events)) yield break;
        foreach (var (id, categories) in events)
        {
            // Linux has the first of them alone.
            foreach (var category in product == "windows" ? categories : categories[..1]) yield return (id, category);
        }
    }
}
