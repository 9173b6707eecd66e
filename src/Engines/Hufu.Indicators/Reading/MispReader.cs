using System.Globalization;
using System.Text.Json;

namespace Hufu.Indicators;

/// <summary>Reads MISP: an event, several in <c>response</c> or an array, answers of an attribute search. Only attributes marked for detection are looked for.</summary>
internal sealed class MispReader(IndicatorSink sink, string name)
{
    private const int MostDepth = 4;

    /// <summary>True when JSON is of MISP.</summary>
    public static bool IsMisp(JsonElement root) => root.ValueKind switch
    {
        JsonValueKind.Object => root.TryGetProperty("Event", out _) || root.TryGetProperty("response", out _) || root.TryGetProperty("Attribute", out _),
        JsonValueKind.Array => root.GetArrayLength() == 0 || (root[0].ValueKind == JsonValueKind.Object && (root[0].TryGetProperty("Event", out _) || root[0].TryGetProperty("Attribute", out _) || (root[0].TryGetProperty("type", out _) && root[0].TryGetProperty("value", out _)))),
        _ => false,
    };

    public void Read(JsonElement root)
    {
        sink.Format("misp");
        Any(root, 0);
    }

    private void Any(JsonElement element, int depth)
    {
        if (depth > MostDepth) return;
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Any(item, depth + 1);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("response", out var response)) Any(response, depth + 1);
            else if (element.TryGetProperty("Event", out var item) && item.ValueKind == JsonValueKind.Object && !element.TryGetProperty("value", out _)) Event(item);
            else if (element.TryGetProperty("Attribute", out var attributes)) Attributes(attributes, new IndicatorContext { Report = IndicatorSink.Plain(name, 200) }, name);
            else if (element.TryGetProperty("value", out _)) Attribute(element, element.TryGetProperty("Event", out var of) && of.ValueKind == JsonValueKind.Object ? ContextOf(of) : new IndicatorContext { Report = IndicatorSink.Plain(name, 200) }, name);
        }
    }

    private void Event(JsonElement item)
    {
        var context = ContextOf(item);
        var place = $"{name}: {StixReader.Text(item, "uuid") ?? StixReader.Text(item, "id") ?? "Event"}";
        if (item.TryGetProperty("Attribute", out var attributes)) Attributes(attributes, context, place);
        if (!item.TryGetProperty("Object", out var objects) || objects.ValueKind != JsonValueKind.Array) return;
        foreach (var of in objects.EnumerateArray())
        {
            if (of.ValueKind != JsonValueKind.Object) continue;
            if (IsDeleted(of)) sink.Report.Leave("revoked");
            else if (of.TryGetProperty("Attribute", out var inner)) Attributes(inner, context, place);
        }
    }

    private void Attributes(JsonElement attributes, IndicatorContext context, string place)
    {
        if (attributes.ValueKind != JsonValueKind.Array) return;
        foreach (var attribute in attributes.EnumerateArray())
            if (attribute.ValueKind == JsonValueKind.Object) Attribute(attribute, context, place);
    }

    private void Attribute(JsonElement item, IndicatorContext context, string within)
    {
        var (type, value) = (StixReader.Text(item, "type") ?? "", StixReader.Text(item, "value") ?? "");
        var uuid = StixReader.Text(item, "uuid") ?? "";
        var place = $"{within} {(uuid.Length > 0 ? uuid : type)}";
        if (IsDeleted(item))
        {
            sink.Report.Leave("revoked");
            return;
        }

        if (item.TryGetProperty("to_ids", out var ids) && !IsTrue(ids))
        {
            sink.Report.Leave("not-for-detection");
            return;
        }

        var tags = Tags(item);
        if (tags.Count > 0) context = With(context, tags);
        var title = IndicatorSink.Plain(StixReader.Text(item, "comment") ?? "", 300);
        var (values, pattern, why) = Of(type, value);
        if (why is not null)
        {
            sink.Report.Refuse(why == "type" ? "indicator.misp.type" : "indicator.value", why == "type" ? $"種類「{IndicatorSink.Plain(type, 60)}」無法在日誌中比對。" : $"「{IndicatorSink.Plain(value, 80)}」不是「{IndicatorSink.Plain(type, 60)}」的值。", why == "type" ? $"Attributes of type '{IndicatorSink.Plain(type, 60)}' cannot be looked for in events." : $"'{IndicatorSink.Plain(value, 80)}' is no value of '{IndicatorSink.Plain(type, 60)}'.", place);
            return;
        }

        var indicator = new Indicator
        {
            Id = uuid.Length > 0 ? uuid : TextStore.IdOf(values.Count > 0 ? IndicatorKinds.Word(values[0].Kind) : "pattern", pattern.Length > 0 ? pattern : new Indicator { Id = "", Values = values }.Text), Title = title, Values = values, Pattern = pattern, Context = context,
        };
        if (pattern.Length > 0) sink.TakePattern(indicator, place);
        else sink.Take(indicator);
    }

    // The values that an attribute stands for, or a pattern for what belongs together, or why neither.
    private static (IReadOnlyList<IndicatorValue> Values, string Pattern, string? Why) Of(string type, string value)
    {
        switch (type)
        {
            case "ip-src" or "ip-dst" or "ip": return One(IndicatorKind.Address, value);
            case "ip-dst|port" or "ip-src|port": return Port(type.StartsWith("ip-dst", StringComparison.Ordinal), value);
            case "hostname": return One(IndicatorKind.Domain, value);
            case "domain": return One(IndicatorKind.DomainTree, value);
            case "hostname|port": return Halves(value) is { } parts && Numeric(parts.Second) && ValueGuess.As(IndicatorKind.Domain, parts.First) is { } host ? ([], $"[domain-name:value = {Quoted(host.Text)} AND network-traffic:dst_port = {parts.Second}]", null) : Bad;
            case "domain|ip":
                return Halves(value) is { } both && ValueGuess.As(IndicatorKind.DomainTree, both.First) is { } domain && ValueGuess.As(IndicatorKind.Address, both.Second) is { } address ? ([domain, address], "", null) : Bad;
            case "url" or "link": return type == "url" ? One(IndicatorKind.Url, value) : NoType;
            case "uri": return value.Contains("://", StringComparison.Ordinal) ? One(IndicatorKind.Url, value) : One(IndicatorKind.UrlPath, value);
            case "md5" or "sha1" or "sha224" or "sha256" or "sha384" or "sha512": return One(IndicatorKind.Hash, value, Digits(type));
            case "imphash": return One(IndicatorKind.ImportHash, value);
            case "filename": return ValueGuess.As(IndicatorKind.FileName, value) is { } file ? ([file], "", null) : Bad;
            case "filename|md5" or "filename|sha1" or "filename|sha224" or "filename|sha256" or "filename|sha384" or "filename|sha512":
                // The hash tells which file it is, whatever it is called.
                return value.LastIndexOf('|') is >= 0 and var bar ? One(IndicatorKind.Hash, value[(bar + 1)..], Digits(type[9..])) : Bad;
            case "filename|imphash": return value.LastIndexOf('|') is >= 0 and var last ? One(IndicatorKind.ImportHash, value[(last + 1)..]) : Bad;
            case "email" or "email-src" or "email-dst" or "email-reply-to":
                if (Normal.Email(Normal.Refang(value)) is not { } mail) return Bad;
                return type == "email" ? ([new(IndicatorKind.Email, mail)], "", null) : type == "email-reply-to" ? NoType : ([], type == "email-src" ? $"[email-message:from_ref.value = {Quoted(mail)}]" : $"[email-message:to_refs[*].value = {Quoted(mail)}]", null);
            case "email-subject": return value.Trim().Length is > 0 and <= 1_000 ? ([], $"[email-message:subject = {Quoted(value.Trim())}]", null) : Bad;
            case "regkey": return One(IndicatorKind.RegistryKey, value);
            case "regkey|value": return Halves(value) is { Second.Length: > 0 } key && ValueGuess.As(IndicatorKind.RegistryKey, key.First) is not null ? ([], $"[windows-registry-key:key = {Quoted(key.First)} AND windows-registry-key:values[*].data = {Quoted(key.Second)}]", null) : Bad;
            case "mutex": return One(IndicatorKind.Mutex, value);
            case "user-agent": return One(IndicatorKind.UserAgent, value);
            case "ja3-fingerprint-md5": return One(IndicatorKind.Ja3, value);
            case "hassh-md5" or "hasshserver-md5": return One(IndicatorKind.Hassh, value);
            default: return NoType;
        }
    }

    private static readonly (IReadOnlyList<IndicatorValue>, string, string?) Bad = ([], "", "value");

    private static readonly (IReadOnlyList<IndicatorValue>, string, string?) NoType = ([], "", "type");

    private static (IReadOnlyList<IndicatorValue> Values, string Pattern, string? Why) One(IndicatorKind kind, string value, int digits = 0) => ValueGuess.As(kind, value) is { } read && (digits == 0 || read.Text.Length == digits) ? ([read], "", null) : Bad;

    private static (IReadOnlyList<IndicatorValue> Values, string Pattern, string? Why) Port(bool destination, string value)
    {
        if (Halves(value) is not { } parts || !Numeric(parts.Second) || ValueGuess.As(IndicatorKind.Address, parts.First) is not { Kind: IndicatorKind.Address } address) return Bad;
        var side = destination ? "dst" : "src";
        return ([], $"[network-traffic:{side}_ref.value = {Quoted(address.Text)} AND network-traffic:{side}_port = {parts.Second}]", null);
    }

    private static (string First, string Second)? Halves(string value) => value.IndexOf('|', StringComparison.Ordinal) is > 0 and var bar ? (value[..bar], value[(bar + 1)..].Trim()) : null;

    private static bool Numeric(string port) => ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int Digits(string type) => type switch { "md5" => 32, "sha1" => 40, "sha224" => 56, "sha256" => 64, "sha384" => 96, _ => 128 };

    internal static string Quoted(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";

    private IndicatorContext ContextOf(JsonElement item)
    {
        var producer = item.TryGetProperty("Orgc", out var org) ? StixReader.Text(org, "name") : null;
        var context = new IndicatorContext { Producer = IndicatorSink.Plain(producer ?? "", 200), Report = IndicatorSink.Plain(StixReader.Text(item, "info") ?? name, 200) };
        return With(context, Tags(item));
    }

    private readonly Dictionary<(IndicatorContext, string), IndicatorContext> tagged = [];

    private IndicatorContext With(IndicatorContext context, IReadOnlyList<string> tags)
    {
        var key = (context, string.Join('\u001f', tags));
        if (tagged.TryGetValue(key, out var known)) return known;
        var (tlp, names, attack, labels) = (context.Tlp, context.Names.ToList(), context.Attack.ToList(), context.Labels.ToList());
        foreach (var tag in tags)
        {
            if (IndicatorSink.TlpOf(tag) is { } marking) tlp = IndicatorSink.Stricter(tlp, marking);
            else if (tag.StartsWith("misp-galaxy:", StringComparison.Ordinal) && tag.IndexOf('"', StringComparison.Ordinal) is > 0 and var quote)
            {
                var called = tag[(quote + 1)..].TrimEnd('"');
                if (tag.StartsWith("misp-galaxy:mitre-attack-pattern", StringComparison.Ordinal) && called.LastIndexOf(" - T", StringComparison.Ordinal) is > 0 and var dash) attack.Add("attack." + called[(dash + 3)..].ToLowerInvariant());
                else names.Add(called);
            }
            else
            {
                labels.Add(tag);
            }
        }

        if (tagged.Count > 100_000) tagged.Clear();
        return tagged[key] = context with { Tlp = tlp, Names = [.. names.Distinct(StringComparer.Ordinal).Take(20)], Attack = [.. attack.Distinct(StringComparer.Ordinal).Take(20)], Labels = [.. labels.Distinct(StringComparer.Ordinal).Take(30)] };
    }

    private static List<string> Tags(JsonElement item)
    {
        if (!item.TryGetProperty("Tag", out var tags) || tags.ValueKind != JsonValueKind.Array) return [];
        return [.. tags.EnumerateArray().Select(tag => IndicatorSink.Plain(StixReader.Text(tag, "name") ?? "", 150)).Where(tag => tag.Length > 0).Take(60)];
    }

    private static bool IsTrue(JsonElement value) => value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.GetString() is "1" or "true") || (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number == 1);

    private static bool IsDeleted(JsonElement item) => item.TryGetProperty("deleted", out var deleted) && IsTrue(deleted);
}
