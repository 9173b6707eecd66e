using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Hufu.Web;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>What an entity is, by which it is looked for.</summary>
public enum EntityKind
{
    Host,
    Account,
    Address,
}

/// <summary>An alert in few words.</summary>
public sealed record EntityAlert(string Number, string Title, string Author, string Level, string State, int? Score, DateTimeOffset? LastSeen);

/// <summary>An incident or a risk in few words.</summary>
public sealed record EntityRecord(string Number, string Title, string State, string Href);

/// <summary>The most frequent values of a field among the events of an entity, and what kind of entities they are.</summary>
public sealed record EntityValues(string Field, EntityKind? Kind, IReadOnlyList<ValueCount> Values);

/// <summary>What is known of a host, an account or an address, as far as somebody may see it.</summary>
public sealed record EntityView
{
    public required EntityKind Kind { get; init; }

    public required string Value { get; init; }

    public required int Days { get; init; }

    /// <summary>The search that finds its events.</summary>
    public required string Query { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>The asset, where exactly one fits; with its grade.</summary>
    public EventAsset? Asset { get; init; }

    public string Grade { get; init; } = "";

    /// <summary>Newest alerts, those in the hands of people first; at most <see cref="EntityViews.MostAlerts"/>.</summary>
    public IReadOnlyList<EntityAlert> Alerts { get; init; } = [];

    /// <summary>All alerts, also those that are not in the list.</summary>
    public int AlertCount { get; init; }

    public int OpenAlerts { get; init; }

    public IReadOnlyList<EntityRecord> Incidents { get; init; } = [];

    public IReadOnlyList<EntityRecord> Risks { get; init; } = [];

    public required LogHistogram Histogram { get; init; }

    public long Events => Histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others);

    public LogEvent? Newest { get; init; }

    public IReadOnlyList<EntityValues> Values { get; init; } = [];

    /// <summary>Indicators in force in whose sense it stands.</summary>
    internal IReadOnlyList<IndicatorStanding> Indicators { get; init; } = [];
}

/// <summary>Puts together what is known of an entity.</summary>
public sealed class EntityViews(RecordStore store, LogService logs, Detection detection, PageContext page, TimeProvider clock)
{
    /// <summary>Longest value that is asked for.</summary>
    internal const int MaxValue = 300;

    /// <summary>Alerts, incidents and risks that are listed.</summary>
    internal const int MostAlerts = 50;

    /// <summary>Days back that people may ask for.</summary>
    internal static readonly IReadOnlyList<int> Spans = [1, 7, 30];

    private const int MostValues = 8;

    /// <summary>What is known; null where the value is nothing that can be looked for.</summary>
    public async Task<EntityView?> FindAsync(EntityKind kind, string value, int days, CancellationToken cancellation)
    {
        value = value.Trim();
        if (value.Length is 0 or > MaxValue || QueryOf(kind, value) is not { } text || SearchQuery.Parse(text) is not { IsOk: true } query) return null;
        var actor = page.Actor;
        var to = clock.GetUtcNow();
        var search = new LogSearch { Query = query.Value, From = to.AddDays(-days), To = to };
        var matcher = await AssetMatcher.LoadAsync(store.Db, cancellation);
        var asset = kind switch
        {
            EntityKind.Host => matcher.Find(value).Asset,
            EntityKind.Address => matcher.Find(null, value).Asset,
            _ => null,
        };
        var assetType = store.Types.Get("risk.asset");
        var assetRecord = asset is null ? null : (await store.NamesAsync(assetType, [asset.Id], cancellation)).GetValueOrDefault(asset.Id);
        if (assetRecord is null || !actor.May(assetType, Right.Read, assetRecord)) asset = null;

        var alerts = AlertsOf(kind, value, asset?.Id);
        var newest = await alerts.OrderBy(a => a.State == "new" || a.State == "triaged" ? 0 : 1).ThenByDescending(a => a.LastSeen).Take(MostAlerts).ToListAsync(cancellation);
        var values = new List<EntityValues>();
        foreach (var (field, of) in FieldsOf(kind))
        {
            var found = await logs.Search.TopValuesAsync(search, field, MostValues, cancellation);
            if (found.Count > 0) values.Add(new EntityValues(field, of, found));
        }

        return new EntityView
        {
            Kind = kind, Value = value, Days = days, Query = text, From = search.From!.Value, To = to,
            Asset = asset is null ? null : new EventAsset($"{(asset.Code.Length > 0 ? asset.Code : asset.Number)} {asset.Title}", assetType.PathOf(asset.Number)),
            Grade = asset?.Grade ?? "",
            Alerts = [.. newest.Select(a => new EntityAlert(a.Number, store.Types.Of(a).TitleOf(a).ToString(), a.RuleAuthor, a.Level, a.State, a.Score, a.LastSeen))],
            AlertCount = await alerts.CountAsync(cancellation),
            OpenAlerts = await alerts.CountAsync(a => a.State == "new" || a.State == "triaged", cancellation),
            Incidents = await OfAssetAsync("incident.incident", asset, cancellation),
            Risks = await OfAssetAsync("risk.risk", asset, cancellation),
            Histogram = await logs.Search.HistogramAsync(search, cancellation: cancellation),
            Newest = (await logs.Search.SearchAsync(new LogSearch { Query = query.Value, Limit = 1 }, cancellation)).Events is [var last, ..] ? last : null,
            Values = values,
            Indicators = await IndicatorEndpoints.StandingAsync(detection, store, actor, value, cancellation, kind switch { EntityKind.Host => "query", EntityKind.Account => "user", _ => "related.ip" }),
        };
    }

    /// <summary>The search that finds the events of an entity; null where it cannot be told as one.</summary>
    internal static string? QueryOf(EntityKind kind, string value) => kind switch
    {
        EntityKind.Host => LogEndpoints.With("", "host", value),
        EntityKind.Account => LogEndpoints.With("", "user.name", value) + " OR " + LogEndpoints.With("", "SubjectUserName", value),
        // Wherever it stands: the index of addresses finds it.
        EntityKind.Address => AddressText.Normalise(value) is { } address ? $"\"{address}\"" : null,
        _ => null,
    };

    private static IReadOnlyList<(string Field, EntityKind? Kind)> FieldsOf(EntityKind kind) => kind switch
    {
        EntityKind.Host => [("user.name", EntityKind.Account), ("src_ip", EntityKind.Address), ("app", null), ("event.code", null)],
        EntityKind.Account => [("host", EntityKind.Host), ("src_ip", EntityKind.Address), ("app", null), ("event.code", null)],
        _ => [("host", EntityKind.Host), ("user.name", EntityKind.Account), ("src_ip", EntityKind.Address), ("destination.ip", EntityKind.Address), ("app", null)],
    };

    private IQueryable<Alert> AlertsOf(EntityKind kind, string value, Guid? asset)
    {
        var alerts = store.Readable<Alert>(page.Actor);
        // What an alert is about is kept in lower case for hosts, its fields as the event wrote them: mostly in one of these ways.
        string[] ways = [.. new[] { value, value.ToLowerInvariant(), value.ToUpperInvariant() }.Distinct(StringComparer.Ordinal)];
        return kind switch
        {
            EntityKind.Host => alerts.Where(a => ways.Contains(a.Host) || ways.Contains(a.Entity) || (asset != null && a.AssetId == asset)),
            EntityKind.Account => alerts.Where(a => ways.Contains(a.Account) || ways.Contains(a.Entity)),
            _ => alerts.Where(a => a.SourceIp == value || a.Host == value || a.Entity == value || (asset != null && a.AssetId == asset)),
        };
    }

    private async Task<IReadOnlyList<EntityRecord>> OfAssetAsync(string typeKey, AssetRef? asset, CancellationToken cancellation)
    {
        if (asset is null || store.Types.Find(typeKey) is not { } type || page.Actor.ScopeOf(type, Right.Read) is null) return [];
        var found = await store.ListAsync(page.Actor, type, new RecordQuery { Filters = [new ColumnFilter("assetId", asset.Number)], Sort = "-updatedAt", PageSize = MostAlerts }, cancellation);
        return found.IsOk ? [.. found.Value.Records.Select(r => new EntityRecord(r.Number, r.Title, type.Workflow.State(r.State).Label.ToString(), type.PathOf(r.Number)))] : [];
    }
}
