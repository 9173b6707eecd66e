using System.Globalization;
using Hufu.Incidents.Contracts;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;

namespace Hufu.Monitoring;

/// <summary>Makes an incident of an alert: opens it, ties both and the asset together, and moves the alert on. All of it, or nothing.</summary>
public sealed class OpenIncidentFromAlert(IIncidents incidents)
{
    /// <summary>Opens the incident with the rights of the actor; the legal clocks start now. Returns the incident.</summary>
    /// <param name="store">The store.</param>
    /// <param name="actor">Who decides; needs to write alerts and incidents.</param>
    /// <param name="alertId">An alert that is new or triaged.</param>
    /// <param name="reason">Why it is an incident.</param>
    /// <param name="level">Level of the incident, when it is judged already.</param>
    /// <param name="category">Code of a category of incidents, when it is known.</param>
    /// <param name="cancellation">Stops the work.</param>
    public Task<Result<Record>> ExecuteAsync(RecordStore store, Actor actor, Guid alertId, string reason, string? level = null, string? category = null, CancellationToken cancellation = default) => store.InTransactionAsync(async () =>
    {
        var found = await store.FindAsync<Alert>(actor, alertId, cancellation);
        if (!found.IsOk) return Result.Fail<Record>(found.Errors);
        var alert = found.Value;
        var opened = await incidents.OpenAsync(
            store,
            actor,
            new IncidentDraft
            {
                Title = alert.Title,
                Summary = Summary(alert),
                Level = level,
                Category = category,
                OccurredAt = alert.FirstSeen <= store.Db.Now ? alert.FirstSeen : null,
                AssetId = alert.AssetId,
                AffectedSystems = alert.Host,
                OwnerId = alert.OwnerId,
                UnitId = alert.UnitId,
            },
            reason,
            cancellation);
        if (!opened.IsOk) return opened;
        if (await store.LinkAsync(actor, alert, opened.Value, "caused", reason, cancellation) is { IsOk: false } untied) return Result.Fail<Record>(untied.Errors);
        if (alert.AssetId is { } assetId)
        {
            var type = store.Types.Get("risk.asset");
            // Who may not see the asset still may open the incident, which names it.
            if ((await store.NamesAsync(type, [assetId], cancellation)).GetValueOrDefault(assetId) is { } asset && actor.May(type, Right.Read, asset)
                && await store.LinkAsync(actor, opened.Value, asset, "affects", reason, cancellation) is { IsOk: false } failed) return Result.Fail<Record>(failed.Errors);
        }

        var moved = await store.TransitionAsync(actor, store.Types.Of<Alert>(), alertId, "escalate", reason, cancellation: cancellation);
        return moved.IsOk ? opened : moved;
    });

    // Log values are other people's text: as code they are shown and never read as Markdown.
    private static string Summary(Alert alert)
    {
        // In the language of whoever opens it: the text is theirs from here on.
        var lines = new List<string>
        {
            Line("告警", "Alert", alert.Number),
            Line("規則", "Rule", $"{Code(new LocalizedText(alert.RuleTitle, alert.RuleTitleEn.Length > 0 ? alert.RuleTitleEn : alert.RuleTitle).ToString())} ({Code(alert.RuleId)})"),
            Line("期間", "Seen", $"{Time(alert.FirstSeen)} – {Time(alert.LastSeen)}"),
            Line("日誌筆數", "Events", alert.EventCount.ToString("N0", CultureInfo.InvariantCulture)),
        };
        if (alert.Host.Length > 0) lines.Add(Line("主機", "Host", Code(alert.Host)));
        if (alert.SourceIp.Length > 0) lines.Add(Line("來源位址", "Source address", Code(alert.SourceIp)));
        if (alert.Account.Length > 0) lines.Add(Line("帳號", "Account", Code(alert.Account)));
        if (alert.Verdict.Length > 0) lines.Add("\n" + alert.Verdict);
        return string.Join('\n', lines);
    }

    private static string Line(string zh, string en, string text) => $"- {new LocalizedText($"{zh}：", $"{en}: ")}{text}";

    private static string Time(DateTimeOffset? at) => at is { } time ? SiteTime.Local(time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "–";

    private static string Code(string text) => $"`{text.Replace('`', '\'').ReplaceLineEndings(" ")}`";
}
