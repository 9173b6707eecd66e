using System.Text;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring;

/// <summary>A rule that matched an event.</summary>
public sealed record RuleMatch
{
    public required string RuleId { get; init; }

    public required string RuleTitle { get; init; }

    /// <summary>Its title in English, where <see cref="RuleTitle"/> is in Chinese; empty where it has one title.</summary>
    public string RuleTitleEn { get; init; } = "";

    public string RuleAuthor { get; init; } = "";

    public string RuleLicense { get; init; } = "";

    /// <summary><c>informational</c> to <c>critical</c>; anything else counts as medium.</summary>
    public string Level { get; init; } = "medium";

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Id of the event in the log store.</summary>
    public required string EventId { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public string Host { get; init; } = "";

    public string SourceIp { get; init; } = "";

    public string Account { get; init; } = "";

    /// <summary>What the match is about; when empty, the host, else the source address, else the account.</summary>
    public string Entity { get; init; } = "";

    /// <summary>By what matches are gathered instead of by the rule: the value of indicators, whichever lists have it. Empty for rules.</summary>
    public string Gathered { get; init; } = "";

    /// <summary>The indicators that matched, the gravest first; none for rules.</summary>
    public IReadOnlyList<SeenIndicator> Indicators { get; init; } = [];

    /// <summary>True when it was found by looking back through what is stored, not as it came in.</summary>
    public bool InHistory { get; init; }
}

/// <summary>What a batch of matches came to.</summary>
/// <param name="Created">New alerts.</param>
/// <param name="Updated">Alerts that grew.</param>
/// <param name="Known">Matches whose events had been counted before.</param>
public sealed record RaisedAlerts(IReadOnlyList<Alert> Created, IReadOnlyList<Alert> Updated, int Known);

/// <summary>
/// Gathers matches of rules into alerts: one for each rule and entity within 24 hours of its first event. Of indicators the value counts for the rule: what
/// several lists have is one alert that names them all, as grave as the gravest.
/// </summary>
public static class AlertGrouping
{
    /// <summary>How many event ids an alert keeps: the first ones.</summary>
    public const int MaxEventIds = 200;

    // What nobody reads any more; their field has room for them.
    private const int MaxIndicators = 50;

    /// <summary>How long after its first event an alert takes in more.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>
    /// Raises alerts in one transaction. Giving the same events again changes nothing, whatever people have done with the alert since. An alert
    /// that is open or has become an incident grows; one that was judged benign or duplicate does not, and fresh events start a new one. Once an
    /// alert holds <see cref="MaxEventIds"/> ids, an event no later than its last one counts as known, unless it is known that none was counted before.
    /// </summary>
    /// <param name="store">The records.</param>
    /// <param name="matches">The matches.</param>
    /// <param name="counted">False when none of these events can have been counted before.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static Task<Result<RaisedAlerts>> RaiseAsync(RecordStore store, IReadOnlyList<RuleMatch> matches, bool counted = true, CancellationToken cancellation = default) => store.InTransactionAsync(async () =>
    {
        var (created, updated, graver) = (new List<Alert>(), new List<Alert>(), new List<Alert>());
        var known = 0;
        var assets = matches.Count == 0 ? null : await AssetMatcher.LoadAsync(store.Db, cancellation);
        foreach (var group in matches.GroupBy(KeyOf))
        {
            var ordered = group.OrderBy(m => m.EventTime).ThenBy(m => m.EventId, StringComparer.Ordinal).ToList();
            var (from, to) = (ordered[0].EventTime - Window, ordered[^1].EventTime + Window);
            var (ruleId, gathered, entity) = group.Key;
            var near = await store.Db.Set<Alert>().Where(a => a.Entity == entity && a.Gathered == gathered && (gathered != "" || a.RuleId == ruleId) && a.ArchivedAt == null && a.FirstSeen >= from && a.FirstSeen <= to).OrderBy(a => a.FirstSeen).ToListAsync(cancellation);
            var ids = near.SelectMany(a => a.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
            var full = near.Where(a => counted && IsFull(a)).Select(a => (From: a.FirstSeen, To: a.LastSeen)).ToList();
            var fresh = new List<RuleMatch>();
            foreach (var match in ordered)
                if (!ids.Add(Clip(match.EventId, 98)) || full.Exists(f => match.EventTime >= f.From && match.EventTime <= f.To)) known++;
                else fresh.Add(match);

            foreach (var match in fresh)
            {
                var alert = near.Find(a => IsOpen(a) && Fits(a, match.EventTime));
                if (alert is null)
                {
                    alert = Start(match, entity, assets!);
                    near.Add(alert);
                    created.Add(alert);
                }
                else if (!created.Contains(alert) && !updated.Contains(alert)) updated.Add(alert);
                Count(alert, match);
            }

            if (gathered.Length == 0) continue;
            // What was counted before is named by what knows of it only now.
            foreach (var alert in near.Where(IsOpen))
            {
                var level = alert.Level;
                if (!Name(alert, ordered.Where(m => Instants.Truncate(m.EventTime) is var time && time >= alert.FirstSeen && time <= alert.LastSeen).SelectMany(m => m.Indicators)) || created.Contains(alert)) continue;
                if (!updated.Contains(alert)) updated.Add(alert);
                if (alert.Level == level) continue;
                alert.LevelRaisedAt = Instants.Truncate(store.Db.Now);
                graver.Add(alert);
            }
        }

        var actor = Actor.System();
        store.Db.ActAs(actor, "match");
        var risks = assets is null ? null : await KnownRisk.HighestOfAsync(store.Db, [.. created.Concat(graver).Select(a => a.AssetId).OfType<Guid>().Distinct()], cancellation);
        foreach (var alert in created.Concat(graver))
        {
            var asset = alert.AssetId is null ? null : AssetOf(alert.Host, alert.SourceIp, assets!);
            var score = AlertScore.Of(alert.Level, asset, asset is null ? null : risks!.GetValueOrDefault(asset.Id));
            (alert.Score, alert.ScoreReasons) = (score.Value, score.Reasons);
        }

        if (updated.Count > 0)
        {
            try
            {
                await store.Db.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateConcurrencyException)
            {
                return Result.Fail<RaisedAlerts>(Error.Of("record.changed-meanwhile", "告警剛被他人修改，請重試。", "Somebody changed an alert at the same moment; try again."));
            }
        }

        foreach (var alert in created)
            if (await store.CreateAsync(actor, alert, cancellation: cancellation) is { IsOk: false } failed) return Result.Fail<RaisedAlerts>(failed.Errors);
        return Result.Of(new RaisedAlerts(created, updated, known));
    });

    /// <summary>Divides matches so that those of one alert stay together: a part is written at once, and an alert with it once.</summary>
    /// <param name="matches">The matches.</param>
    /// <param name="about">How many matches a part has, about: as many more as the last alert of it needs.</param>
    public static IEnumerable<IReadOnlyList<RuleMatch>> Divide(IReadOnlyList<RuleMatch> matches, int about)
    {
        ArgumentNullException.ThrowIfNull(matches);
        var part = new List<RuleMatch>();
        foreach (var group in matches.GroupBy(KeyOf))
        {
            part.AddRange(group);
            if (part.Count < about) continue;
            yield return part;
            part = [];
        }

        if (part.Count > 0) yield return part;
    }

    /// <summary>Title of an alert.</summary>
    internal static string Titled(string rule, string entity) => Clip(entity.Length == 0 ? rule : $"{rule}: {entity}", 200);

    private static (string RuleId, string Gathered, string Entity) KeyOf(RuleMatch match) => (match.Gathered.Length > 0 ? "" : Clip(match.RuleId, 100), match.Gathered, EntityOf(match));

    private static bool IsOpen(Alert alert) => alert.State is "new" or "triaged" or "incident";

    private static bool Fits(Alert alert, DateTimeOffset time) => time <= alert.FirstSeen + Window && time >= alert.LastSeen - Window;

    private static bool IsFull(Alert alert) => alert.EventIds.AsSpan().Count('\n') >= MaxEventIds - 1;

    private static Alert Start(RuleMatch match, string entity, AssetMatcher assets)
    {
        var (host, address) = (Clip(match.Host, 253), Clip(match.SourceIp, 64));
        var asset = AssetOf(host, address, assets);
        return new Alert
        {
            State = "new",
            Title = Titled(match.RuleTitle, entity),
            RuleId = Clip(match.RuleId, 100),
            RuleTitle = Clip(match.RuleTitle, 300),
            RuleTitleEn = Clip(match.RuleTitleEn, 300),
            RuleAuthor = Clip(match.RuleAuthor, 500),
            RuleLicense = Clip(match.RuleLicense, 100),
            Level = match.Level is "informational" or "low" or "medium" or "high" or "critical" ? match.Level : "medium",
            Host = host,
            SourceIp = address,
            Account = Clip(match.Account, 200),
            Entity = entity,
            Gathered = match.Gathered,
            FoundInHistory = match.InHistory ? AlertType.Yes : "",
            AssetId = asset?.Id,
            UnitId = asset?.UnitId,
            Tags = Clip(string.Join(' ', match.Tags), 1000),
            FirstSeen = Instants.Truncate(match.EventTime),
            LastSeen = Instants.Truncate(match.EventTime),
        };
    }

    // Names indicators in an alert; false when it names them all.
    private static bool Name(Alert alert, IEnumerable<SeenIndicator> found)
    {
        var seen = SeenIndicator.Of(alert.Indicators).ToList();
        var before = seen.Count;
        foreach (var indicator in found)
        {
            if (seen.Count >= MaxIndicators) break;
            var named = new SeenIndicator(Clip(indicator.Key, 100), indicator.Level, Clip(indicator.Tlp, 40), Clip(indicator.Producer, 200));
            if (!seen.Exists(s => s.Key == named.Key)) seen.Add(named);
        }

        if (seen.Count == before) return false;
        alert.Indicators = string.Join('\n', seen.Select(s => s.Line));
        (alert.RuleAuthor, alert.RuleLicense) = (Clip(SeenIndicator.Producers(seen), 500), Clip(SeenIndicator.Markings(seen), 100));
        alert.Level = seen.Select(s => s.Level).Append(alert.Level).MaxBy(AlertType.RankOf)!;
        return true;
    }

    private static AssetRef? AssetOf(string host, string address, AssetMatcher assets) => assets.Find(host, host.Length == 0 ? [address] : []).Asset;

    private static void Count(Alert alert, RuleMatch match)
    {
        var time = Instants.Truncate(match.EventTime);
        if (time < alert.FirstSeen) alert.FirstSeen = time;
        if (time > alert.LastSeen) alert.LastSeen = time;
        alert.EventCount++;
        // Longest id that lets all of them fit into the field.
        if (!IsFull(alert)) alert.EventIds = alert.EventIds.Length == 0 ? Clip(match.EventId, 98) : alert.EventIds + "\n" + Clip(match.EventId, 98);
    }

    private static string EntityOf(RuleMatch match) =>
        Clip(match.Entity.Length > 0 ? match.Entity : match.Host.Length > 0 ? AddressText.NormaliseHost(match.Host) : match.SourceIp.Length > 0 ? match.SourceIp : match.Account, 300);

    /// <summary>
    /// A text as a field takes it. What events and rules say is other people's: a control character in it would be refused, and one line could keep all
    /// alerts from being raised. It is shown as its symbol, half of a character as �.
    /// </summary>
    private static string Clip(string text, int max)
    {
        if (text.Length > max) text = text[..max];
        var odd = 0;
        while (odd < text.Length && !char.IsControl(text[odd]) && !char.IsSurrogate(text[odd]) && text[odd] != '\uFFFE') odd++;
        if (odd == text.Length) return text;
        var clean = new StringBuilder(text.Length).Append(text, 0, odd);
        for (var i = odd; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) clean.Append(c).Append(text[++i]);
            else clean.Append(char.IsSurrogate(c) || c == '\uFFFE' ? '\uFFFD' : c < ' ' ? (char)(0x2400 + c) : c == '\u007F' ? '\u2421' : char.IsControl(c) ? '\uFFFD' : c);
        }

        return clean.ToString();
    }
}
