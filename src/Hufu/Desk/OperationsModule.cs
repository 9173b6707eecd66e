using System.Globalization;
using Hufu.Identity;
using Hufu.Jobs;
using Hufu.Jobs.Anchors;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Webhooks;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Desk;

/// <summary>What runs behind the pages, for whoever runs the product: jobs, webhooks, outgoing mail. Every act goes through its service, which asks for the right again.</summary>
internal sealed class OperationsModule : HufuModule
{
    private const int PageSize = 50;

    public override string Key => "operations";

    public override LocalizedText Title => new("系統管理", "Administration");

    public override IReadOnlyList<NavigationEntry> Navigation =>
    [
        new(new LocalizedText("排程工作", "Jobs"), "/admin/jobs", "job", JobAreas.Jobs),
        new(new LocalizedText("Webhook", "Webhooks"), "/admin/webhooks", "link", JobAreas.Webhooks),
        new(new LocalizedText("郵件", "Mail"), "/admin/mail", "inbox", JobAreas.Jobs),
        new(new LocalizedText("帳本時戳與見證", "Ledger witnesses"), "/admin/ledger", "shield-check", AnchorService.Area),
    ];

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        MapJobs(routes.MapGroup("/admin/jobs").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(JobAreas.Jobs)));
        MapWebhooks(routes.MapGroup("/admin/webhooks").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(JobAreas.Webhooks)));
        MapMail(routes.MapGroup("/admin/mail").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(JobAreas.Jobs)));
        MapAnchors(routes.MapGroup("/admin/ledger").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(AnchorService.Area)));
        routes.MapGroup("/api/v1/ledger").WithTags("Ledger").MapPost("/cosignatures", CosignAsync).AddEndpointFilter(CoreModule.Requires(AnchorService.Area, Right.Administer))
            .WithSummary("Add cosignatures of witnesses").WithDescription("The body is a signed note (the checkpoint with the witness's signature lines), or the lines alone, as text. Only what a witness that is set up rightly signed is kept.");
    }

    private static void MapJobs(RouteGroupBuilder jobs)
    {
        var change = jobs.MapGroup("").AddEndpointFilter(CoreModule.Requires(JobAreas.Jobs, Right.Administer));
        jobs.MapGet("", async (JobService service, PageContext page, HttpContext http) => Pages.Of<JobsPage>(new { Jobs = await service.SchedulesAsync(page.Actor, http.RequestAborted) }));
        jobs.MapGet("/{id:long}", async (long id, JobService service, PageContext page, HttpContext http) =>
        {
            var found = await service.FindAsync(page.Actor, id, http.RequestAborted);
            return found.IsOk ? Pages.Of<JobRunPage>(new { Details = found.Value }) : Refusals.Of(found.Errors);
        });
        change.MapPost("/{id:long}/cancel", async (long id, JobService service, PageContext page) => Back(page, await service.CancelAsync(page.Actor, id), $"/admin/jobs/{id}", T("ops.cancel-asked")));
        jobs.MapGet("/{key}", (string key, long? before, JobService service, PageContext page) => JobAsync(key, before, service, page));
        change.MapPost("/{key}/run", async (string key, HttpContext http, JobService service, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            var given = form.Where(f => f.Key.StartsWith("p.", StringComparison.Ordinal) && !string.IsNullOrWhiteSpace(f.Value)).ToDictionary(f => f.Key[2..], f => f.Value.ToString());
            var queued = await service.EnqueueAsync(page.Actor, key, given.Count == 0 ? null : given);
            return Back(page, queued, queued.IsOk ? $"/admin/jobs/{queued.Value.Id}" : $"/admin/jobs/{Uri.EscapeDataString(key)}", T("ops.run-queued"));
        });
        foreach (var (path, enabled) in new[] { ("pause", false), ("resume", true) })
            change.MapPost("/{key}/" + path, async (string key, HttpContext http, JobService service, PageContext page) =>
            {
                var known = (await service.SchedulesAsync(page.Actor)).FirstOrDefault(v => v.Job.Key == key);
                if (known is null) return Refusals.Of([NoJob]);
                var to = Text(await http.Request.ReadFormAsync(), "from") == "job" ? $"/admin/jobs/{Uri.EscapeDataString(key)}" : "/admin/jobs";
                return Back(page, await service.SetScheduleAsync(page.Actor, key, known.Cron, enabled), to, T(enabled ? "ops.resumed" : "ops.paused"));
            });
        change.MapPost("/{key}/schedule", async (string key, HttpContext http, JobService service, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            var set = await service.SetScheduleAsync(page.Actor, key, Text(form, "cron"), form["enabled"].LastOrDefault() == "true", Text(form, "reason"));
            return set.IsOk ? Back(page, set, $"/admin/jobs/{Uri.EscapeDataString(key)}", T("web.saved")) : await JobAsync(key, null, service, page, set.Errors, Text(form, "cron"));
        });
        change.MapPost("/{key}/reset", async (string key, JobService service, PageContext page) => Back(page, await service.ResetScheduleAsync(page.Actor, key), $"/admin/jobs/{Uri.EscapeDataString(key)}", T("web.saved")));
    }

    private static async Task<IResult> JobAsync(string key, long? before, JobService service, PageContext page, IReadOnlyList<Error>? errors = null, string? cron = null)
    {
        if ((await service.SchedulesAsync(page.Actor)).FirstOrDefault(v => v.Job.Key == key) is not { } view) return Refusals.Of([NoJob]);
        var runs = await service.ListAsync(page.Actor, new JobRunQuery(key, Before: before, Take: PageSize + 1));
        return Pages.Of<JobPage>(new { View = view, Runs = (IReadOnlyList<JobRun>)[.. runs.Take(PageSize)], More = runs.Count > PageSize, Before = before, Errors = errors ?? [], Cron = cron ?? Hufu.Jobs.Cron.Written(view.Cron) }, errors is null ? 200 : 422);
    }

    private static void MapWebhooks(RouteGroupBuilder hooks)
    {
        hooks.MapGet("", async (WebhookService service, PageContext page, HttpContext http) =>
        {
            var all = await service.ListAsync(page.Actor, http.RequestAborted);
            var deliveries = await service.DeliveriesAsync(page.Actor, take: PageSize, cancellation: http.RequestAborted);
            return all.IsOk && deliveries.IsOk ? Pages.Of<WebhooksPage>(new { Hooks = all.Value, Deliveries = deliveries.Value }) : Refusals.Of(all.IsOk ? deliveries.Errors : all.Errors);
        });
        var change = hooks.MapGroup("").AddEndpointFilter(CoreModule.Requires(JobAreas.Webhooks, Right.Administer));
        change.MapGet("/new", () => Pages.Of<WebhookPage>(new { Form = new WebhookForm("", "") }));
        change.MapPost("/new", async (HttpContext http, WebhookService service, PageContext page) =>
        {
            var form = Hook(await http.Request.ReadFormAsync());
            var made = await service.CreateAsync(page.Actor, form);
            return made.IsOk ? await HookAsync(made.Value.Webhook.Id, null, service, page, secret: made.Value.Secret) : Pages.Of<WebhookPage>(new { Form = form, made.Errors }, 422);
        });
        hooks.MapGet("/{id:guid}", (Guid id, long? before, WebhookService service, PageContext page) => HookAsync(id, before, service, page));
        change.MapPost("/{id:guid}", async (Guid id, HttpContext http, WebhookService service, PageContext page) =>
        {
            var form = Hook(await http.Request.ReadFormAsync());
            var saved = await service.UpdateAsync(page.Actor, id, form);
            return saved.IsOk ? Back(page, saved, $"/admin/webhooks/{id}", T("web.saved")) : await HookAsync(id, null, service, page, form, saved.Errors);
        });
        change.MapPost("/{id:guid}/secret", async (Guid id, WebhookService service, PageContext page) =>
        {
            var made = await service.RotateSecretAsync(page.Actor, id);
            return made.IsOk ? await HookAsync(id, null, service, page, secret: made.Value.Secret) : Refusals.Of(made.Errors);
        });
        change.MapPost("/{id:guid}/test", async (Guid id, WebhookService service, PageContext page) => Back(page, await service.SendTestAsync(page.Actor, id), $"/admin/webhooks/{id}#deliveries", T("ops.hook-test-queued")));
        foreach (var (path, active) in new[] { ("disable", false), ("enable", true) })
            change.MapPost("/{id:guid}/" + path, async (Guid id, WebhookService service, PageContext page) =>
            {
                if (await FindAsync(id, service, page) is not { } hook) return Refusals.Of([NoHook]);
                return Back(page, await service.UpdateAsync(page.Actor, id, new WebhookForm(hook.Name, hook.Url, hook.Filters, active)), $"/admin/webhooks/{id}", T("web.done"));
            });
        change.MapPost("/{id:guid}/delete", async (Guid id, WebhookService service, PageContext page) => Back(page, await service.DeleteAsync(page.Actor, id), "/admin/webhooks", T("web.done")));
        change.MapPost("/{id:guid}/deliveries/{delivery:long}/resend", async (Guid id, long delivery, WebhookService service, PageContext page) => Back(page, await service.RetryAsync(page.Actor, delivery), $"/admin/webhooks/{id}#deliveries", T("ops.resend-queued")));
    }

    private static async Task<Webhook?> FindAsync(Guid id, WebhookService service, PageContext page) =>
        await service.ListAsync(page.Actor) is { IsOk: true } all ? all.Value.FirstOrDefault(w => w.Id == id) : null;

    private static async Task<IResult> HookAsync(Guid id, long? before, WebhookService service, PageContext page, WebhookForm? form = null, IReadOnlyList<Error>? errors = null, string? secret = null)
    {
        if (await FindAsync(id, service, page) is not { } hook) return Refusals.Of([NoHook]);
        var deliveries = await service.DeliveriesAsync(page.Actor, id, before, PageSize + 1);
        if (!deliveries.IsOk) return Refusals.Of(deliveries.Errors);
        return Pages.Of<WebhookPage>(
            new { Hook = hook, Form = form ?? new WebhookForm(hook.Name, hook.Url, hook.Filters, hook.Active), Errors = errors ?? [], Secret = secret, Deliveries = (IReadOnlyList<WebhookDelivery>)[.. deliveries.Value.Take(PageSize)], More = deliveries.Value.Count > PageSize, Before = before },
            errors is null ? 200 : 422);
    }

    private static WebhookForm Hook(IFormCollection form) => new(Text(form, "name") ?? "", Text(form, "url") ?? "", Text(form, "filters") ?? "", form["active"].LastOrDefault() == "true");

    private static void MapMail(RouteGroupBuilder mail)
    {
        var change = mail.MapGroup("").AddEndpointFilter(CoreModule.Requires(JobAreas.Jobs, Right.Administer));
        mail.MapGet("", (string? state, long? before, MailSettings settings, OutgoingMail queue, HufuDbContext db, PageContext page) => MailAsync(state, before, settings, queue, db, page));
        change.MapPost("", async (HttpContext http, MailSettings settings, OutgoingMail queue, HufuDbContext db, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            var entered = new MailForm(
                Text(form, "host") ?? "", int.TryParse(Text(form, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0,
                Enum.TryParse<MailSecurity>(Text(form, "security"), out var security) && Enum.IsDefined(security) ? security : MailSecurity.StartTls,
                Text(form, "user") ?? "", form["password"].LastOrDefault(), Text(form, "from") ?? "", Text(form, "fromName") ?? "");
            var saved = await settings.SaveAsync(page.Actor, entered);
            return saved.IsOk ? Back(page, saved, "/admin/mail", T("web.saved"))
                : await MailAsync(null, null, settings, queue, db, page, entered with { Password = null }, saved.Errors);
        });
        change.MapPost("/test", async (HttpContext http, MailSettings settings, PageContext page) =>
        {
            var to = Text(await http.Request.ReadFormAsync(), "to") ?? "";
            return Back(page, await settings.TestAsync(page.Actor, to, http.RequestAborted), "/admin/mail", T("ops.mail-test-sent", to));
        });
        change.MapPost("/{id:long}/retry", async (long id, OutgoingMail queue, PageContext page) => Back(page, await queue.RetryAsync(page.Actor, id), "/admin/mail?state=queued#queue", T("ops.resend-queued")));
    }

    private static async Task<IResult> MailAsync(string? state, long? before, MailSettings settings, OutgoingMail queue, HufuDbContext db, PageContext page, MailForm? form = null, IReadOnlyList<Error>? errors = null)
    {
        state = state is MailStates.Queued or MailStates.Sent or MailStates.Failed ? state : null;
        var view = await settings.ReadAsync(page.Actor);
        if (!view.IsOk) return Refusals.Of(view.Errors);
        var mails = await queue.ListAsync(page.Actor, state, before, PageSize + 1);
        if (!mails.IsOk) return Refusals.Of(mails.Errors);
        var me = page.Actor.Id;
        var own = await db.Set<Person>().AsNoTracking().Where(p => p.Id == me).Select(p => p.Email).FirstOrDefaultAsync();
        return Pages.Of<MailPage>(
            new { View = view.Value, Form = form ?? view.Value.Form, Errors = errors ?? [], OwnAddress = own, State = state, Mails = (IReadOnlyList<MailOut>)[.. mails.Value.Take(PageSize)], More = mails.Value.Count > PageSize, Before = before },
            errors is null ? 200 : 422);
    }

    private static void MapAnchors(RouteGroupBuilder anchors)
    {
        var change = anchors.MapGroup("").AddEndpointFilter(CoreModule.Requires(AnchorService.Area, Right.Administer));
        anchors.MapGet("", (AnchorService service, JobService jobs, PageContext page) => AnchorsAsync(service, jobs, page));
        change.MapPost("", async (HttpContext http, AnchorService service, JobService jobs, PageContext page) =>
        {
            var form = await http.Request.ReadFormAsync();
            var cron = Text(form, "cron") ?? "";
            var entered = new AnchorSettings(
                Text(form, "tsaUrl") ?? "", Text(form, "tsaRoots") ?? "", Text(form, "witnesses") ?? "",
                string.IsNullOrWhiteSpace(form["quorum"]) ? 0 : int.TryParse(Text(form, "quorum"), NumberStyles.None, CultureInfo.InvariantCulture, out var quorum) ? quorum : -1);
            // The schedule is read before anything is saved: all of the form is taken, or nothing.
            var errors = new List<Error>();
            if (cron.Length > 0) errors.AddRange(Hufu.Jobs.Cron.Normalise(cron).Errors.Select(e => e with { Place = "cron" }));
            if (errors.Count == 0) errors.AddRange((await service.SaveAsync(page.Actor, entered)).Errors);
            if (errors.Count == 0) errors.AddRange((await jobs.SetScheduleAsync(page.Actor, AnchorService.JobKey, cron)).Errors);
            return errors.Count == 0 ? Back(page, Result.Ok, "/admin/ledger", T("web.saved")) : await AnchorsAsync(service, jobs, page, entered, cron, errors);
        });
        change.MapPost("/run", async (JobService jobs, PageContext page) =>
        {
            var queued = await jobs.EnqueueAsync(page.Actor, AnchorService.JobKey, null);
            return Back(page, queued, queued.IsOk ? $"/admin/jobs/{queued.Value.Id}" : "/admin/ledger", T("ops.run-queued"));
        });
        change.MapPost("/cosignatures", async (HttpContext http, AnchorService service, PageContext page) =>
        {
            var added = await service.AddCosignaturesAsync(page.Actor, Text(await http.Request.ReadFormAsync(), "lines") ?? "");
            return Back(page, added, "/admin/ledger", added.IsOk ? T("ops.cosign-added", added.Value.Size, added.Value.Cosignatures.Count) : "");
        });
    }

    private static async Task<IResult> AnchorsAsync(AnchorService service, JobService jobs, PageContext page, AnchorSettings? form = null, string? cron = null, IReadOnlyList<Error>? errors = null)
    {
        var view = await service.ReadAsync(page.Actor);
        if (!view.IsOk) return Refusals.Of(view.Errors);
        cron ??= (await jobs.SchedulesAsync(page.Actor)).FirstOrDefault(v => v.Job.Key == AnchorService.JobKey) is { Cron: { Length: > 0 } set } ? Hufu.Jobs.Cron.Written(set) : "";
        return Pages.Of<AnchorsPage>(new { View = view.Value, Form = form ?? view.Value.Settings, Cron = cron, Errors = errors ?? [] }, errors is null ? 200 : 422);
    }

    private static async Task<IResult> CosignAsync(HttpContext http, AnchorService service, PageContext page)
    {
        using var reader = new StreamReader(http.Request.Body);
        var block = new char[300_000];
        var length = await reader.ReadBlockAsync(block, http.RequestAborted);
        var added = await service.AddCosignaturesAsync(page.Actor, new string(block, 0, length), http.RequestAborted);
        return added.IsOk
            ? Results.Ok(new { size = added.Value.Size, witnesses = added.Value.Cosignatures.Select(c => c.Name) })
            : Refusals.Of(added.Errors);
    }

    internal static string? Text(IFormCollection form, string name) => form[name].LastOrDefault()?.Trim() is { Length: > 0 } text ? text : null;

    internal static IResult Back(PageContext page, Result result, string path, string done)
    {
        if (!result.IsOk && result.Errors[0].Code == "access.denied") return Refusals.Of(result.Errors);
        if (result.IsOk) page.Flash(done);
        else page.Flash(string.Join(" ", result.Errors.Select(e => e.Message.ToString())), bad: true);
        return Results.LocalRedirect(path);
    }

    private static readonly Error NoJob = Error.Of("record.not-found", "沒有這項工作，或您無權檢視。", "There is no such job, or you may not see it.");
    private static readonly Error NoHook = Error.Of("record.not-found", "找不到這個 Webhook。", "There is no such webhook.");
}
