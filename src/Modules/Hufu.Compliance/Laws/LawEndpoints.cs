using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Kernel;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Compliance.Laws;

/// <summary>Taking over the obligations of law, and saying that something happened which starts a limit.</summary>
internal static class LawEndpoints
{
    internal static void MapLaws(this IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/compliance").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(ComplianceModule.Area));
        var write = routes.MapGroup("/compliance").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(ComplianceModule.Area, Right.Write));
        read.MapGet("/law", async (LawBook laws) => Pages.Of<LawPage>(new { Profile = await laws.ProfileAsync(), (await laws.TermsAsync()).Conditions }));
        write.MapPost("/law", ImportAsync);
        read.MapGet("/events", async (LawBook laws, RecordStore store) => Pages.Of<EventsPage>(new { (await laws.TermsAsync()).Events, Waiting = await WaitingAsync(store) }));
        write.MapPost("/events", HappenedAsync);
    }

    private static async Task<IReadOnlyList<Obligation>> WaitingAsync(RecordStore store) =>
        await store.Db.Set<Obligation>().AsNoTracking().Where(o => o.State == "active" && o.ArchivedAt == null && o.Recurrence == "after-event").OrderBy(o => o.Number).ToListAsync();

    private static async Task<IResult> ImportAsync(HttpContext http, PageContext page, LawBook laws)
    {
        var form = await http.Request.ReadFormAsync();
        var errors = new List<Error>();
        var (_, conditions) = await laws.TermsAsync();
        var known = await laws.ProfileAsync();
        var entity = form.Text("entity") ?? "";
        if (!LawBook.Entities.Contains(entity)) errors.Add(Error.Of("law.entity", "請選擇機關類別。", "Choose what kind of organisation it is.", "entity"));
        var profile = new OrganisationProfile(known.Level, entity, conditions.Select(c => c.Id).Where(id => form.Flag("condition-" + id)).ToHashSet(), form.Day("levelApproved", errors));
        if (errors.Count > 0) return Pages.Of<LawPage>(new { Profile = profile, Conditions = conditions, Errors = (IReadOnlyList<Error>)errors }, 422);
        if (form.Text("act") != "commit")
        {
            var planned = await laws.PlanAsync(page.Actor, profile, http.RequestAborted);
            return planned.IsOk ? Pages.Of<LawPage>(new { Profile = profile, Conditions = conditions, Outcome = planned.Value }) : Forms.Refused(planned.Errors);
        }

        var done = await laws.TakeOverAsync(page.Actor, profile, http.RequestAborted);
        if (!done.IsOk) return Forms.Refused(done.Errors);
        page.Flash(T("law.done", done.Value.Import.Plan.Count(RowFate.New), done.Value.Import.Plan.Count(RowFate.Changed), done.Value.Activated, done.Value.Plan.Created.Count));
        return Results.LocalRedirect(new OccurrenceType().Path);
    }

    private static async Task<IResult> HappenedAsync(HttpContext http, PageContext page, LawBook laws, RecordStore store, ObligationPlanner planner)
    {
        var form = await http.Request.ReadFormAsync();
        var (events, _) = await laws.TermsAsync();
        var errors = new List<Error>();
        var waiting = await WaitingAsync(store);
        var key = form.Text("event") ?? "";
        if (waiting.All(o => o.EventKey != key)) errors.Add(Error.Of("event.unknown", "請選擇事件。", "Choose the event.", "event"));
        if (!SiteTime.TryParse(form.Text("at"), out var at)) errors.Add(Error.Of("field.not-a-time", "時間格式為 2026-11-23T10:00。", "A time is written 2026-11-23T10:00.", "at"));
        else if (at > store.Db.Now.AddMinutes(5)) errors.Add(Error.Of("event.future", "這個時間還沒到。", "This time has not come yet.", "at"));
        if (errors.Count > 0) return Pages.Of<EventsPage>(new { Events = events, Waiting = waiting, Event = key, At = form.Text("at"), Errors = (IReadOnlyList<Error>)errors }, 422);
        var made = await planner.TriggerEventAsync(key, at, cancellation: http.RequestAborted);
        if (!made.IsOk) return Forms.Refused(made.Errors);
        page.Flash(T("event.done", made.Value.Count), bad: made.Value.Count == 0);
        return Results.LocalRedirect("/compliance/events");
    }
}
