using System.Text;
using Hufu.Identity;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Home;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Desk;

/// <summary>A person's own desk: notices, and due dates in the person's own calendar program.</summary>
internal sealed class DeskModule : HufuModule
{
    public override string Key => "desk";

    public override LocalizedText Title => new("我的", "Mine");

    public override IReadOnlyList<NavigationEntry> Navigation => [new(new LocalizedText("通知", "Notices"), "/notices", "bell")];

    public override void AddServices(IServiceCollection services) => Texts.Load(typeof(DeskModule).Assembly);

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/notices", () => Pages.Of<NoticesPage>());
        pages.MapPost("/notices/read", async (NoticeInbox inbox, PageContext page) =>
        {
            await inbox.MarkReadAsync(page.Actor);
            return Results.LocalRedirect("/notices");
        });
        // A token acts for its person in records, never on the account itself.
        var account = pages.MapGroup("/account/notices").AddEndpointFilter(async (context, next) => context.HttpContext.RequestServices.GetRequiredService<PageContext>().Actor is { IsSystem: false, Channel: "web" }
            ? await next(context)
            : Refusals.Of([Error.Of("access.denied", "請先以本人身分登入網頁。", "Sign in to the site yourself first.")]));
        account.MapGet("", async (OwnAccount own, PageContext page, HufuDbContext db) => Pages.Of<NoticePreferencesPage>(await PreferencesAsync(own, page, db)));
        account.MapPost("", async (HttpContext http, OwnAccount own, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            if (await own.PreferencesAsync(page.Actor) is not { } known) return Results.LocalRedirect("/account/notices");
            var chosen = NoticePreferences.Read(known.NoticePreferences);
            foreach (var kind in NoticeKinds.All)
                if (Enum.TryParse<NoticeDelivery>(form["k." + kind].LastOrDefault(), out var way) && Enum.IsDefined(way)) chosen[kind] = way;
            int? hour = int.TryParse(form["digestHour"].LastOrDefault(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : null;
            var saved = await own.SetPreferencesAsync(page.Actor, known with { NoticePreferences = NoticePreferences.Write(chosen), DigestHour = hour });
            page.Flash(saved.IsOk ? Texts.T("web.saved") : saved.Errors[0].Message.ToString(), bad: !saved.IsOk);
            return Results.LocalRedirect("/account/notices");
        });
        pages.MapPost("/my/calendar", async (OwnAccount account, PageContext page, HttpContext http) =>
        {
            var secret = await account.NewCalendarSecretAsync(page.Actor);
            if (!secret.IsOk)
            {
                page.Flash(secret.Errors[0].Message.ToString(), bad: true);
                return Results.LocalRedirect("/");
            }

            // Shown once: only its hash is kept, and a new one ends the old.
            return Pages.Of<MyWorkPage>(new { CalendarLink = $"{http.Request.Scheme}://{http.Request.Host}/calendar/{secret.Value}.ics" });
        });
        // Calendar programs cannot sign in: the secret in the address is the proof. It shows what its person owes and nothing else.
        pages.MapGet("/calendar/{secret}.ics", async (string secret, OwnAccount account, ActorFactory actors, MyWork work, TimeProvider clock, HttpContext http) =>
        {
            if (await account.FindByCalendarSecretAsync(secret, http.RequestAborted) is not { } person || await actors.ForAsync(person, "calendar", http.RequestAborted) is not { } actor) return Results.NotFound();
            var feed = MyWork.Calendar(await work.ForAsync(actor, http.RequestAborted), $"{http.Request.Scheme}://{http.Request.Host}", clock.GetUtcNow());
            return Results.Text(feed, "text/calendar", Encoding.UTF8);
        }).AllowAnonymous();
    }

    private static async Task<object> PreferencesAsync(OwnAccount own, PageContext page, HufuDbContext db)
    {
        var known = await own.PreferencesAsync(page.Actor);
        var me = page.Actor.Id;
        return new { Preferences = NoticePreferences.Read(known?.NoticePreferences), known?.DigestHour, HasAddress = await db.Set<Person>().AnyAsync(p => p.Id == me && p.Email != null && p.Email != "") };
    }
}
