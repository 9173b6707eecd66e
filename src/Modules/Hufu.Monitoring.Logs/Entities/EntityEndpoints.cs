using System.Globalization;
using Hufu.Kernel;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Monitoring.Logs;

/// <summary>Addresses of what is known of a host, an account or an address.</summary>
internal static class EntityEndpoints
{
    private static readonly string[] Words = ["host", "account", "address"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription().MapGet("/entities", PageAsync)
            .Limited((http, error) => Pages.Of<EntityPage>(new { Asked = http.Request.Query["value"].ToString(), Kind = KindOf(http.Request.Query["kind"].ToString()) ?? EntityKind.Host, Problem = error.Message.ToString() }, 422));
        routes.MapGroup("/api/v1/logs").WithTags("Logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).MapGet("/entities", ApiAsync).Limited().WithName("logs-entity")
            .WithSummary("What is known of a host, an account or an address").WithDescription("kind is host, account or address; days 1, 7 (default) or 30 bounds the counts of events. Alerts, incidents and risks are those that the caller may see; each alert names the author of its rule; indicators are those in force in whose sense it stands. values holds the most frequent values of fields among its events.");
    }

    internal static string Word(EntityKind kind) => Words[(int)kind];

    internal static string Href(EntityKind kind, string value, int? days = null) =>
        string.Create(CultureInfo.InvariantCulture, $"/logs/entities?kind={Word(kind)}&value={Uri.EscapeDataString(value)}{(days is { } d ? $"&days={d}" : "")}");

    private static EntityKind? KindOf(string? word) => Array.IndexOf(Words, word) is >= 0 and var at ? (EntityKind)at : null;

    private static int DaysOf(int? days) => days is { } asked && EntityViews.Spans.Contains(asked) ? asked : 7;

    private static async Task<IResult> PageAsync(string? kind, string? value, int? days, EntityViews views, HttpContext http)
    {
        if (string.IsNullOrWhiteSpace(value)) return Pages.Of<EntityPage>(new { Days = DaysOf(days) });
        if (KindOf(kind) is not { } known || await views.FindAsync(known, value, DaysOf(days), http.RequestAborted) is not { } view)
            return Pages.Of<EntityPage>(new { Asked = value, Kind = KindOf(kind) ?? EntityKind.Host, Days = DaysOf(days), Problem = Texts.T("logs.entity-not-one") }, 422);
        return Pages.Of<EntityPage>(new { Asked = view.Value, Kind = known, Days = view.Days, View = view });
    }

    private static async Task<IResult> ApiAsync(string? kind, string? value, int? days, EntityViews views, HttpContext http)
    {
        if (KindOf(kind) is not { } known) return Refusals.Of([Error.Of("logs.entity.kind", "kind 須為 host、account 或 address。", "kind is host, account or address.", "kind")]);
        if (await views.FindAsync(known, value ?? "", DaysOf(days), http.RequestAborted) is not { } view) return Refusals.Of([new Error("logs.entity.value", Texts.Both("logs.entity-not-one"), "value")]);
        return Results.Json(new
        {
            kind = Word(known), value = view.Value, days = view.Days, query = view.Query, from = view.From, to = view.To, asset = view.Asset?.Href, grade = view.Grade, events = view.Events, newest = view.Newest is null ? null : LogEndpoints.Shown(view.Newest),
            alertCount = view.AlertCount, openAlerts = view.OpenAlerts, alerts = view.Alerts.Select(a => new { number = a.Number, title = a.Title, author = a.Author, level = a.Level, state = a.State, score = a.Score, lastSeen = a.LastSeen }),
            incidents = view.Incidents.Select(i => i.Number), risks = view.Risks.Select(r => r.Number),
            indicators = view.Indicators.Select(s => new { key = s.Known.Key, list = s.Known.List.Number, text = s.Known.Info.Text, producer = s.Known.Producer, tlp = s.Known.Tlp, events = s.Seen?.Events ?? 0, lastSeen = s.Seen?.Last }),
            histogram = view.Histogram.Buckets.Select(b => new { from = b.From, errors = b.Errors, warnings = b.Warnings, others = b.Others }),
            values = view.Values.ToDictionary(v => v.Field, v => v.Values.Select(x => new { value = x.Value, events = x.Events })),
        });
    }
}
