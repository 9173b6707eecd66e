using System.Text;
using Hufu.Identity;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Web;
using Hufu.Web.Home;
using Hufu.Web.Records;

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
}
