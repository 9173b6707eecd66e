using System.Diagnostics;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Jobs.Tests.People;

namespace Hufu.Jobs.Tests;

public class MailTests
{
    private static readonly TimeZoneInfo Taipei = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei");

    private static Task<Site> OpenAsync(int port, Action<HufuJobsOptions>? more = null) => Site.OpenAsync(set: o =>
    {
        o.Mail = new MailOptions { Host = "127.0.0.1", Port = port, Security = MailSecurity.None, From = "hufu@example.org" };
        o.PublicUrl = new Uri("https://isms.example.org");
        more?.Invoke(o);
    });

    private static async Task SendAsync(Site site)
    {
        while (await site.Get<NoticeMailer>().StepAsync(default))
        {
        }

        while (await site.Get<MailSender>().StepAsync(default))
        {
        }
    }

    private static Task<int> TellAsync(Site site, Actor person, string kind, string words, NoticeAbout? about = null) =>
        site.Get<INotices>().SendAsync([person.Id], kind, new LocalizedText("中文：" + words, words), new LocalizedText("說明", "More"), "/test/plans/PLN-2026-0001", about);

    private static async Task<List<MailOut>> MailsAsync(Site site)
    {
        await using var db = site.Db();
        return await db.Set<MailOut>().AsNoTracking().OrderBy(m => m.Id).ToListAsync();
    }

    [Fact]
    public async Task A_notice_for_at_once_arrives_as_text_and_html_in_the_language_of_the_person()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        site.People.Known[Bob.Id] = site.People.Known[Bob.Id] with { Language = "zh-TW", Name = "陳大文" };
        await TellAsync(site, Ann, NoticeKinds.Escalation, "Overdue: <b>PLN-2026-0001</b> & more");
        await TellAsync(site, Bob, NoticeKinds.Escalation, "PLN-2026-0001");
        await SendAsync(site);
        var (to, message) = sink.Mails.Single(m => m.Recipient == "ann@example.org");
        Assert.Equal("Overdue: <b>PLN-2026-0001</b> & more", message.Subject);
        Assert.Contains("Hello Ann,", message.TextBody);
        Assert.Contains("https://isms.example.org/test/plans/PLN-2026-0001", message.TextBody);
        Assert.Contains("Overdue: &lt;b&gt;PLN-2026-0001&lt;/b&gt; &amp; more</a>", message.HtmlBody);
        Assert.Equal("auto-generated", message.Headers["Auto-Submitted"]);
        var chinese = sink.Mails.Single(m => m.Recipient == "bob@example.org").Message;
        Assert.Equal("中文：PLN-2026-0001", chinese.Subject);
        Assert.Contains("陳大文 您好：", chinese.TextBody);
        Assert.DoesNotContain("Hello", chinese.TextBody);
        Assert.Equal(1, sink.Connections);
        Assert.All(await MailsAsync(site), m => Assert.Equal((MailStates.Sent, ""), (m.State, m.BodyText)));
        await SendAsync(site);
        Assert.Equal(2, sink.Mails.Count);
    }

    [Fact]
    public async Task A_person_whose_language_is_not_known_gets_both()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        site.People.Known[Ann.Id] = site.People.Known[Ann.Id] with { Language = null };
        await TellAsync(site, Ann, NoticeKinds.Escalation, "Overdue");
        await SendAsync(site);
        var message = Assert.Single(sink.Mails).Message;
        Assert.Equal("中文：Overdue / Overdue", message.Subject);
        Assert.Contains("Ann 您好", message.TextBody);
        Assert.Contains("Hello Ann", message.TextBody);
    }

    [Fact]
    public async Task What_waits_for_the_digest_comes_once_a_day_at_the_hour_of_the_person()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        site.People.Known[Bob.Id] = site.People.Known[Bob.Id] with { DigestHour = 18 };
        // 02:00 UTC is 10:00 in Taipei: the digest of 08:00 is over for today.
        for (var i = 0; i < 3; i++) await TellAsync(site, Ann, NoticeKinds.Watched, $"change {i}");
        await TellAsync(site, Bob, NoticeKinds.Watched, "change");
        await SendAsync(site);
        Assert.Empty(sink.Mails);
        site.Clock.Advance(TimeSpan.FromHours(8));
        await SendAsync(site);
        Assert.Equal("bob@example.org", Assert.Single(sink.Mails).Recipient);
        site.Clock.Advance(TimeSpan.FromHours(14) + TimeSpan.FromMinutes(1));
        await TellAsync(site, Ann, NoticeKinds.Watched, "too late for today");
        await SendAsync(site);
        var digest = sink.Mails.Last();
        Assert.Equal(("ann@example.org", "Hufu daily digest: 3 notices"), (digest.Recipient, digest.Message.Subject));
        Assert.DoesNotContain("too late", digest.Message.TextBody);
        await SendAsync(site);
        Assert.Equal(2, sink.Mails.Count);
        site.Clock.Advance(TimeSpan.FromDays(1));
        await SendAsync(site);
        Assert.Contains("too late", sink.Mails.Last().Message.TextBody);
    }

    [Fact]
    public async Task What_was_read_meanwhile_is_not_mailed()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        await TellAsync(site, Ann, NoticeKinds.Watched, "change");
        await TellAsync(site, Ann, NoticeKinds.Escalation, "urgent");
        await site.Get<NoticeInbox>().MarkReadAsync(Ann);
        site.Clock.Advance(TimeSpan.FromDays(2));
        await SendAsync(site);
        Assert.Empty(sink.Mails);
    }

    [Fact]
    public async Task A_flood_is_cut_and_the_rest_comes_in_the_digest()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port, o => o.MailsPerPersonAndHour = 3);
        for (var i = 0; i < 6; i++)
        {
            await TellAsync(site, Ann, NoticeKinds.Escalation, $"alarm {i}");
            await SendAsync(site);
        }

        Assert.Equal(3, sink.Mails.Count);
        site.Clock.Advance(TimeSpan.FromDays(1));
        await SendAsync(site);
        Assert.Equal("Hufu daily digest: 3 notices", sink.Mails.Last().Message.Subject);
        Assert.Contains("alarm 5", sink.Mails.Last().Message.TextBody);
    }

    [Fact]
    public async Task Several_for_at_once_are_one_mail()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        for (var i = 0; i < 60; i++) await TellAsync(site, Ann, NoticeKinds.Escalation, $"alarm {i}.");
        await SendAsync(site);
        var message = Assert.Single(sink.Mails).Message;
        Assert.Equal("Hufu: 60 notices", message.Subject);
        Assert.Contains("10 more; sign in to see them.", message.TextBody);
    }

    [Fact]
    public async Task More_of_the_same_after_a_mail_waits_for_the_digest()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        var about = new NoticeAbout("x");
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm", about);
        await SendAsync(site);
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm", about);
        await SendAsync(site);
        Assert.Single(sink.Mails);
        Assert.Equal(NoticeMail.Digest, Assert.Single(await site.NoticesAsync(Ann.Id)).Mail);
    }

    [Fact]
    public async Task A_mail_that_is_refused_for_the_moment_is_tried_again_later()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        sink.RecipientAnswers.Enqueue("450 try later");
        sink.RecipientAnswers.Enqueue("451 still busy");
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
        await SendAsync(site);
        var waiting = Assert.Single(await MailsAsync(site));
        Assert.Equal((MailStates.Queued, 1, Site.Start + TimeSpan.FromMinutes(1)), (waiting.State, waiting.Attempts, waiting.NextAt));
        Assert.Contains("try later", waiting.LastError);
        await SendAsync(site);
        Assert.Equal(1, Assert.Single(await MailsAsync(site)).Attempts);
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(3));
        await SendAsync(site);
        Assert.Equal(waiting.MessageId, Assert.Single(sink.Mails).Message.MessageId);
        Assert.Equal((MailStates.Sent, 3, null), (await MailsAsync(site)).Select(m => (m.State, m.Attempts, m.LastError)).Single());
    }

    [Fact]
    public async Task A_mail_that_is_refused_for_good_fails_visibly_and_can_be_sent_again()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        sink.Refused["ann@example.org"] = "550 no such mailbox";
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
        await TellAsync(site, Bob, NoticeKinds.Escalation, "alarm");
        await SendAsync(site);
        Assert.Equal("bob@example.org", Assert.Single(sink.Mails).Recipient);
        var mail = site.Get<OutgoingMail>();
        var failed = Assert.Single((await mail.ListAsync(Actor.System(), MailStates.Failed)).Value);
        Assert.Equal(("ann@example.org", "550 no such mailbox"), (failed.ToAddress, failed.LastError));
        Assert.Equal("access.denied", (await mail.ListAsync(Ann)).Errors[0].Code);
        Assert.Equal("access.denied", (await mail.RetryAsync(Ann, failed.Id)).Errors[0].Code);
        sink.Refused.Clear();
        Assert.True((await mail.RetryAsync(Actor.System(), failed.Id)).IsOk);
        await SendAsync(site);
        Assert.Equal(2, sink.Mails.Count);
    }

    [Fact]
    public async Task A_server_that_is_down_is_asked_once_and_later_given_up()
    {
        int port;
        await using (var gone = new SmtpSink()) port = gone.Port;
        await using var site = await OpenAsync(port);
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
        await TellAsync(site, Bob, NoticeKinds.Escalation, "alarm");
        for (var i = 0; i < MailSender.MaxAttempts; i++)
        {
            await SendAsync(site);
            site.Clock.Advance(TimeSpan.FromHours(5));
        }

        var mails = await MailsAsync(site);
        Assert.Equal(2, mails.Count);
        Assert.All(mails, m => Assert.Equal((MailStates.Failed, MailSender.MaxAttempts), (m.State, m.Attempts)));
        Assert.All(mails, m => Assert.NotEmpty(m.LastError!));
    }

    [Fact]
    public async Task Without_a_server_or_an_address_nothing_is_queued()
    {
        await using var site = await Site.OpenAsync();
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
        Assert.Equal(NoticeMail.None, Assert.Single(await site.NoticesAsync(Ann.Id)).Mail);
        await SendAsync(site);
        Assert.Empty(await MailsAsync(site));
    }

    [Fact]
    public async Task A_mail_is_handed_over_once_when_the_process_dies_at_the_commit()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
        site.Fault.FailNext = 1;
        await Assert.ThrowsAsync<IOException>(() => site.Get<NoticeMailer>().StepAsync(default));
        await SendAsync(site);
        await SendAsync(site);
        Assert.Single(sink.Mails);
    }

    [Fact]
    public async Task A_title_with_a_line_break_adds_no_header()
    {
        await using var sink = new SmtpSink();
        await using var site = await OpenAsync(sink.Port);
        await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm\r\nBcc: eve@example.org");
        await SendAsync(site);
        var message = Assert.Single(sink.Mails).Message;
        Assert.Empty(message.Bcc);
        Assert.Equal("alarm Bcc: eve@example.org", message.Subject);
    }

    [Theory]
    [InlineData("2026-11-23T00:00:00Z", 8, "2026-11-23T00:00:00Z")]
    [InlineData("2026-11-22T23:59:59Z", 8, "2026-11-22T00:00:00Z")]
    [InlineData("2026-11-23T15:59:00Z", 23, "2026-11-23T15:00:00Z")]
    public void The_digest_moment_follows_the_clock_on_the_wall(string now, int hour, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected), NoticeMailer.LastDigest(DateTimeOffset.Parse(now), hour, Taipei));

    [Fact]
    public void An_hour_that_the_clocks_skip_moves_the_digest()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        Assert.Equal(DateTimeOffset.Parse("2026-03-29T01:00:00Z"), NoticeMailer.LastDigest(DateTimeOffset.Parse("2026-03-29T12:00:00Z"), 2, berlin));
    }

    [Fact]
    public async Task A_real_mail_server_takes_our_mails()
    {
        var program = new[] { "/usr/sbin/smtp-sink", "/usr/bin/smtp-sink" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "smtp-sink (postfix) not present");
        int port;
        await using (var free = new SmtpSink()) port = free.Port;
        var folder = Directory.CreateTempSubdirectory("hufu-sink-");
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode = (UnixFileMode)0b111_111_111;
        var start = new ProcessStartInfo(program!) { WorkingDirectory = folder.FullName, RedirectStandardError = true };
        foreach (var argument in (Environment.UserName == "root" ? new[] { "-u", "nobody" } : []).Concat(["-d", Path.Combine(folder.FullName, "%M."), $"127.0.0.1:{port}", "10"])) start.ArgumentList.Add(argument);
        using var server = Process.Start(start)!;
        try
        {
            await using var site = await OpenAsync(port);
            await TellAsync(site, Ann, NoticeKinds.Escalation, "alarm");
            for (var i = 0; i < 20 && (await MailsAsync(site)).FirstOrDefault()?.State != MailStates.Sent; i++)
            {
                await SendAsync(site);
                await Task.Delay(100);
                site.Clock.Advance(TimeSpan.FromMinutes(5));
            }

            var text = await File.ReadAllTextAsync(Assert.Single(folder.GetFiles()).FullName);
            Assert.Contains("ann@example.org", text);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
            folder.Delete(true);
        }
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class MailTestsOnPostgres : MailTests, IOnPostgres;
