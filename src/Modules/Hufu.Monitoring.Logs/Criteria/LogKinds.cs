using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;

namespace Hufu.Monitoring.Logs;

/// <summary>A kind of event that must be logged.</summary>
/// <param name="Id">Stable code.</param>
/// <param name="Name">What people read.</param>
/// <param name="Query">The search that finds its events.</param>
/// <param name="Fields">By the code of a field, the names that it goes by in these events: one of them will do.</param>
public sealed record LogKind(string Id, LocalizedText Name, string Query, IReadOnlyDictionary<string, IReadOnlyList<string>> Fields);

/// <summary>A criterion that the product proposes.</summary>
/// <param name="Id">Stable code.</param>
/// <param name="Title">What people read.</param>
/// <param name="Category">Code of the assets' category.</param>
/// <param name="Level">Least grade of the assets, or <c>all</c>.</param>
/// <param name="Kinds">Codes of the kinds.</param>
/// <param name="Fields">Codes of the fields.</param>
/// <param name="KeepDays">Days that the events are kept.</param>
/// <param name="QuietDays">Days without an event after which it is a gap.</param>
/// <param name="Basis">Law with version, in own words.</param>
/// <param name="LawVersion">Version of the law, year and month.</param>
/// <param name="ValidFrom">Day from which that version holds.</param>
/// <param name="Confidence">How sure the fact is.</param>
public sealed record DefaultCriterion(string Id, LocalizedText Title, string Category, string Level, IReadOnlyList<string> Kinds, IReadOnlyList<string> Fields, int KeepDays, int QuietDays, LocalizedText Basis, string LawVersion, DateOnly ValidFrom, string Confidence);

/// <summary>The kinds of events, what their fields are called, and the criteria that come with the product: <c>content/logging</c>.</summary>
public static class LogKinds
{
    private static readonly Lazy<(IReadOnlyList<LogKind> Kinds, IReadOnlyList<(string Id, LocalizedText Name)> Fields)> Read = new(ReadKinds);
    private static readonly Lazy<IReadOnlyList<DefaultCriterion>> ReadDefaults = new(ReadCriteria);

    /// <summary>All kinds, in the order of lists.</summary>
    public static IReadOnlyList<LogKind> All => Read.Value.Kinds;

    /// <summary>Fields that a criterion may ask for.</summary>
    public static IReadOnlyList<(string Id, LocalizedText Name)> Fields => Read.Value.Fields;

    /// <summary>Criteria that the product proposes.</summary>
    public static IReadOnlyList<DefaultCriterion> Defaults => ReadDefaults.Value;

    /// <summary>The kind of a code; null when there is none.</summary>
    public static LogKind? Find(string id) => All.FirstOrDefault(k => k.Id == id);

    /// <summary>The name of a field; its code when it is none of ours.</summary>
    public static string FieldName(string id) => Fields.FirstOrDefault(f => f.Id == id).Name?.ToString() ?? id;

    internal static JsonDocument Open(string name)
    {
        using var stream = typeof(LogKinds).Assembly.GetManifestResourceStream("logging." + name) ?? throw new InvalidOperationException($"{name} is missing from the assembly.");
        return JsonDocument.Parse(stream);
    }

    internal static LocalizedText Both(JsonElement item, string name = "") => new(item.GetProperty(name + "zh").GetString()!, item.GetProperty(name + "en").GetString()!);

    internal static IReadOnlyList<string> List(JsonElement item, string name) => [.. item.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static (IReadOnlyList<LogKind>, IReadOnlyList<(string, LocalizedText)>) ReadKinds()
    {
        using var json = Open("kinds.json");
        var kinds = new List<LogKind>();
        foreach (var item in json.RootElement.GetProperty("kinds").EnumerateArray())
        {
            var query = string.Join(" OR ", List(item, "queries").Select(q => $"({q})"));
            if (SearchQuery.Parse(query) is { IsOk: false } wrong) throw new InvalidOperationException($"kinds.json: {item.GetProperty("id").GetString()}: {wrong.Errors[0]}");
            kinds.Add(new LogKind(
                item.GetProperty("id").GetString()!, Both(item), query,
                item.GetProperty("fields").EnumerateObject().ToDictionary(f => f.Name, f => (IReadOnlyList<string>)[.. f.Value.EnumerateArray().Select(e => e.GetString()!)], StringComparer.Ordinal)));
        }

        return (kinds, [.. json.RootElement.GetProperty("fields").EnumerateArray().Select(f => (f.GetProperty("id").GetString()!, Both(f)))]);
    }

    private static IReadOnlyList<DefaultCriterion> ReadCriteria()
    {
        using var json = Open("criteria.json");
        return [.. json.RootElement.GetProperty("criteria").EnumerateArray().Select(c => new DefaultCriterion(
            c.GetProperty("id").GetString()!, Both(c), c.GetProperty("category").GetString()!, c.GetProperty("level").GetString()!, List(c, "kinds"), List(c, "fields"), c.GetProperty("keep_days").GetInt32(), c.GetProperty("quiet_days").GetInt32(), Both(c, "basis_"),
            c.GetProperty("law_version").GetString()!, DateOnly.ParseExact(c.GetProperty("valid_from").GetString()!, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), c.GetProperty("confidence").GetString()!))];
    }
}
