using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Demo;
using Hufu.Identity;
using Hufu.Jobs;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Jobs.Webhooks;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Hufu.Web.Identity.Admin;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Desk.Tests;

public partial class DeskTests(Whole site) : IClassFixture<Whole>, IAsyncLifetime
{
    public ValueTask InitializeAsync() => site.OpenAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_page_of_an_administrator_draws_in_both_languages_without_inline_style_and_without_a_missing_text()
    {
        var browser = await site.AsAsync("admin");
        var me = await site.IdOfAsync("admin");
        foreach (var language in (string[])["zh-TW", "en"])
        {
            await browser.GetAsync("/language?to=" + language + "&return=/");
            foreach (var path in new[] { "/", "/admin/jobs", "/admin/jobs/jobs.cleanup", "/admin/webhooks", "/admin/webhooks/new", "/admin/mail", "/account", "/account/notices", "/help/api", $"/people/{me}/competence", $"/people/{me}/competence?all=1", "/admin/people", "/admin/people/import", "/notices", "/admin/ledger", "/ledger", "/standard", "/standard/tasks/T2.1", "/standard/outputs/O2.1.1" })
            {
                var page = await browser.GetAsync(path);
                Assert.True(page.Status == HttpStatusCode.OK, $"{path}: {page.Status}");
                Assert.DoesNotContain(" style=", page.Body);
                Assert.DoesNotMatch(MissingText(), page.Body);
            }
        }
    }

    [Fact]
    public async Task Nobody_without_the_right_gets_in_and_is_told_which_right_and_whom_to_ask()
    {
        var browser = await site.AsAsync("chen");
        var admin = await site.IdOfAsync("admin");
        foreach (var path in new[] { "/admin/jobs", "/admin/jobs/jobs.cleanup", "/admin/webhooks", "/admin/webhooks/new", "/admin/mail", "/admin/people/import", $"/people/{admin}/competence", $"/people/{admin}/competence/export", "/denied?area=jobs&right=administer" })
        {
            var page = await browser.GetAsync(path);
            Assert.True(page.Status == HttpStatusCode.Forbidden, $"{path}: {page.Status}");
            Assert.Contains("admin@agency.example", page.Body);
            Assert.Contains("權限", page.Body);
        }

        Assert.Contains("「排程工作與郵件」的「檢視」", (await browser.GetAsync("/admin/jobs")).Body);
        foreach (var action in new[] { "/admin/jobs/jobs.cleanup/run", "/admin/jobs/jobs.cleanup/pause", "/admin/webhooks/new", "/admin/mail", "/admin/mail/test", "/admin/people/import/commit" })
            Assert.Equal(HttpStatusCode.Forbidden, (await browser.PostAsync("/account/notices", action)).Status);
        Assert.True(await site.ReadAsync(db => db.Denials.AnyAsync(d => d.ActorName == "陳怡芳" && d.Asked.Contains("jobs"))));
    }

    [Fact]
    public async Task A_refusal_is_a_problem_document_for_whoever_asks_for_json()
    {
        using var client = new HttpClient { BaseAddress = new Uri(site.Address) };
        using var signedOut = await client.GetAsync(new Uri("/api/v1/me", UriKind.Relative));
        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (signedOut.StatusCode, signedOut.Content.Headers.ContentType!.MediaType));
        await using var scope = site.Services.CreateAsyncScope();
        var lin = await site.IdOfAsync("lin");
        var actor = (await scope.ServiceProvider.GetRequiredService<ActorFactory>().ForAsync(lin, "web"))!;
        var token = await scope.ServiceProvider.GetRequiredService<IdentityAdmin>().CreateTokenAsync(actor, lin, "t", [new Grant("T2", Right.Read, Scope.All)], DateTimeOffset.UtcNow.AddDays(2));
        Assert.True(token.IsOk, string.Join(";", token.Errors));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value.Secret);
        using var body = new StringContent("""{"fields":{"title":"x"}}""", Encoding.UTF8, "application/json");
        using var denied = await client.PostAsync(new Uri("/api/v1/risk/assets", UriKind.Relative), body);
        Assert.Equal((HttpStatusCode.Forbidden, "application/problem+json"), (denied.StatusCode, denied.Content.Headers.ContentType!.MediaType));
        Assert.Contains("\"errors\":[{\"code\":\"access.denied\"", await denied.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_job_is_started_paused_resumed_and_rescheduled()
    {
        var browser = await site.AsAsync("admin");
        var started = await browser.PostAsync("/admin/jobs", "/admin/jobs/jobs.cleanup/run");
        Assert.Matches("^/admin/jobs/[0-9]+$", started.To);
        Assert.Contains("等候中", (await browser.GetAsync(started.To!)).Body);
        await browser.PostAsync(started.To!, started.To + "/cancel");
        Assert.Contains("已取消", (await browser.GetAsync(started.To!)).Body);
        await browser.PostAsync("/admin/jobs", "/admin/jobs/jobs.cleanup/pause");
        Assert.Contains("已暫停", (await browser.GetAsync("/admin/jobs")).Body);
        await browser.PostAsync("/admin/jobs", "/admin/jobs/jobs.cleanup/resume");
        Assert.DoesNotContain("已暫停", (await browser.GetAsync("/admin/jobs")).Body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.PostAsync("/admin/jobs/jobs.cleanup", "/admin/jobs/jobs.cleanup/schedule", ("cron", "never"), ("enabled", "true"))).Status);
        await browser.PostAsync("/admin/jobs/jobs.cleanup", "/admin/jobs/jobs.cleanup/schedule", ("cron", "15 4 * * 1-5"), ("enabled", "true"));
        Assert.Contains("每週一至週五 04:15", (await browser.GetAsync("/admin/jobs")).Body);
    }

    [Fact]
    public async Task A_webhooks_secret_is_shown_once_and_an_internal_address_is_refused()
    {
        var browser = await site.AsAsync("admin");
        var made = await browser.PostAsync("/admin/webhooks/new", "/admin/webhooks/new", ("name", "收件端"), ("url", "https://receiver.example/hook"), ("filters", "risk.*"), ("active", "true"));
        Assert.Equal(HttpStatusCode.OK, made.Status);
        var secret = Secret().Match(made.Body).Value;
        Assert.NotEqual("", secret);
        var id = await site.ReadAsync(db => db.Set<Webhook>().Where(w => w.Name == "收件端").Select(w => w.Id).SingleAsync());
        Assert.DoesNotContain("whsec_", (await browser.GetAsync($"/admin/webhooks/{id}")).Body);
        Assert.NotEqual(secret, Secret().Match((await browser.PostAsync($"/admin/webhooks/{id}", $"/admin/webhooks/{id}/secret")).Body).Value);
        await browser.PostAsync($"/admin/webhooks/{id}", $"/admin/webhooks/{id}/test");
        Assert.Contains("ping", (await browser.GetAsync($"/admin/webhooks/{id}")).Body);
        await browser.PostAsync($"/admin/webhooks/{id}", $"/admin/webhooks/{id}/disable");
        Assert.False(await site.ReadAsync(db => db.Set<Webhook>().Where(w => w.Id == id).Select(w => w.Active).SingleAsync()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.PostAsync("/admin/webhooks/new", "/admin/webhooks/new", ("name", "內部"), ("url", "http://169.254.169.254/"), ("filters", "*"))).Status);
    }

    [Fact]
    public async Task The_mail_password_is_kept_and_never_shown_nor_written_into_the_history()
    {
        var browser = await site.AsAsync("admin");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.PostAsync("/admin/mail", "/admin/mail", ("host", "mail.example"), ("port", "0"), ("security", "StartTls"), ("from", "x"))).Status);
        Assert.Equal("/admin/mail", (await browser.PostAsync("/admin/mail", "/admin/mail", ("host", "mail.example"), ("port", "587"), ("security", "StartTls"), ("user", "hufu"), ("password", "s3cret-of-mail"), ("from", "hufu@agency.example"), ("fromName", "虎符"))).To);
        var page = await browser.GetAsync("/admin/mail");
        Assert.Contains("mail.example", page.Body);
        Assert.DoesNotContain("s3cret-of-mail", page.Body);
        Assert.Equal("s3cret-of-mail", site.Services.GetRequiredService<HufuJobsOptions>().Mail.Password);
        await browser.PostAsync("/admin/mail", "/admin/mail", ("host", "mail2.example"), ("port", "465"), ("security", "Tls"), ("user", "hufu"), ("password", ""), ("from", "hufu@agency.example"), ("fromName", "虎符"));
        Assert.Equal(("mail2.example", "s3cret-of-mail"), (site.Services.GetRequiredService<HufuJobsOptions>().Mail.Host, site.Services.GetRequiredService<HufuJobsOptions>().Mail.Password));
        var kept = await site.ReadAsync(db => db.Settings.Where(s => s.Key == "mail.password").Select(s => s.Value).SingleAsync());
        Assert.DoesNotContain("s3cret", kept);
        Assert.False(await site.ReadAsync(db => db.Changes.AnyAsync(c => c.Payload!.Contains(kept) || c.Payload.Contains("s3cret"))));
    }

    [Fact]
    public async Task A_failed_mail_is_listed_and_tried_again()
    {
        await using (var db = await site.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync())
        {
            db.Add(new MailOut { MessageId = "m1", ToAddress = "x@agency.example", Subject = "失敗的信", State = MailStates.Failed, LastError = "550 no such user", CreatedAt = db.Now, NextAt = db.Now });
            await db.SaveChangesAsync();
        }

        var browser = await site.AsAsync("admin");
        Assert.Contains("550 no such user", (await browser.GetAsync("/admin/mail?state=failed")).Body);
        var id = await site.ReadAsync(db => db.Set<MailOut>().Where(m => m.MessageId == "m1").Select(m => m.Id).SingleAsync());
        await browser.PostAsync("/admin/mail", $"/admin/mail/{id}/retry");
        Assert.Equal(MailStates.Queued, await site.ReadAsync(db => db.Set<MailOut>().Where(m => m.Id == id).Select(m => m.State).SingleAsync()));
    }

    [Fact]
    public async Task Chosen_ways_and_hour_reach_whoever_makes_the_notices()
    {
        var browser = await site.AsAsync("lin");
        Assert.Equal("/account/notices", (await browser.PostAsync("/account/notices", "/account/notices", ("k.watched", "Off"), ("k.assigned", "MailDigest"), ("digestHour", "17"))).To);
        await using var scope = site.Services.CreateAsyncScope();
        var lin = Assert.Single(await scope.ServiceProvider.GetRequiredService<INoticeRecipients>().FindAsync([await site.IdOfAsync("lin")], default));
        Assert.Equal((NoticeDelivery.Off, NoticeDelivery.MailDigest, NoticeDelivery.MailAtOnce, 17), (lin.DeliveryOf(NoticeKinds.Watched), lin.DeliveryOf(NoticeKinds.Assigned), lin.DeliveryOf(NoticeKinds.Mentioned), lin.DigestHour));
    }

    [Fact]
    public async Task What_a_person_did_stands_under_its_task_with_link_and_in_the_csv_and_remarks_do_not()
    {
        var lin = await site.IdOfAsync("lin");
        await using (var scope = site.Services.CreateAsyncScope())
        {
            var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
            var actor = (await scope.ServiceProvider.GetRequiredService<ActorFactory>().ForAsync(lin, "web"))!;
            var made = await store.CreateAsync(actor, store.Types.Get("risk.asset"), new Dictionary<string, string?> { ["title"] = "履歷用主機", ["category"] = "hardware" });
            Assert.True(made.IsOk, string.Join(";", made.Errors));
            Assert.True((await store.CommentAsync(actor, made.Value, "只是留言")).IsOk);
        }

        var own = await (await site.AsAsync("lin")).GetAsync($"/people/{lin}/competence");
        Assert.Contains("履歷用主機", own.Body);
        Assert.Contains("id=\"T2.1\"", own.Body);
        var csv = await (await site.AsAsync("admin")).GetAsync($"/people/{lin}/competence/export");
        Assert.Contains("履歷用主機", csv.Body);
        Assert.DoesNotContain("只是留言", csv.Body);
        Assert.DoesNotContain("履歷用主機", (await (await site.AsAsync("lin")).GetAsync($"/people/{lin}/competence?from=2001-01-01&to=2001-12-31")).Body);
    }

    [Fact]
    public async Task The_api_reference_names_every_operation_of_the_served_document()
    {
        var browser = await site.AsAsync("admin");
        var document = (await browser.GetAsync("/api/v1/openapi.json")).Body;
        var page = (await browser.GetAsync("/help/api")).Body;
        using var json = System.Text.Json.JsonDocument.Parse(document);
        foreach (var path in json.RootElement.GetProperty("paths").EnumerateObject()) Assert.Contains(path.Name + "<", page);
        Assert.Contains(site.Address + "/api/v1/risk/assets", page);
    }

    [Fact]
    public async Task The_loading_line_is_on_every_page_while_something_is_loaded_and_gone_afterwards()
    {
        var progress = site.Services.GetRequiredService<DemoProgress>();
        var browser = await site.AsAsync("chen");
        progress.Begin(new LocalizedText("日誌", "logs"), 3, 16);
        try
        {
            foreach (var page in new[] { await browser.GetAsync("/"), await new Hufu.Web.Identity.Tests.Browser(site.Address).GetAsync("/sign-in") })
            {
                Assert.Equal(HttpStatusCode.OK, page.Status);
                Assert.Contains("role=\"status\"", page.Body);
                Assert.Contains("3 / 16", page.Body);
            }
        }
        finally
        {
            progress.End();
        }

        Assert.DoesNotContain("id=\"loading\"", (await browser.GetAsync("/")).Body);
        Assert.Contains("hidden", (await browser.GetAsync("/loading")).Body);
    }

    [Fact]
    public void A_list_of_people_is_read_by_its_headings_in_either_language()
    {
        using var zh = new MemoryStream(Encoding.UTF8.GetBytes("姓名,帳號,電子郵件,上級單位,單位,角色\n王一,w1,w@x.example,資訊處,資安科,staff;auditor\n,,,,,\n"));
        var row = Assert.Single(PeopleFile.Read(zh, "people.csv").Value);
        Assert.Equal((2, "王一", "w1", "w@x.example", "資訊處/資安科"), (row.Number, row.Person.Name, row.Person.Account, row.Person.Email, row.Person.UnitPath));
        Assert.Equal(["staff", "auditor"], row.Person.Roles);
        using var wrong = new MemoryStream("a,b\n1,2\n"u8.ToArray());
        Assert.Equal("people.columns", PeopleFile.Read(wrong, "x.csv").Errors[0].Code);
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/risk/assets?q=a\\b", true)]
    [InlineData("/a#b", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("evil", false)]
    [InlineData("https://evil.example/", false)]
    [InlineData("//evil", false)]
    [InlineData("/\\evil", false)]
    [InlineData("/\\\\evil", false)]
    [InlineData("/a\\b", false)]
    [InlineData("/\t/evil", false)]
    [InlineData("/\n/evil", false)]
    [InlineData("/\r\n/evil", false)]
    [InlineData("/\0", false)]
    [InlineData("/\u0085/evil", false)]
    [InlineData("\t//evil", false)]
    public void Only_plain_paths_of_this_site_are_local(string? path, bool local) => Assert.Equal(local, Pages.IsLocal(path));

    [GeneratedRegex(@"\[[a-z]+\.[a-z.-]+\]", RegexOptions.NonBacktracking)]
    private static partial Regex MissingText();

    [GeneratedRegex("whsec_[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class DeskTestsOnPostgres(Whole site) : DeskTests(site), IOnPostgres;
