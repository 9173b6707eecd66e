using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Jobs.Tests.People;

namespace Hufu.Jobs.Tests;

public class NoticeTests
{
    [Fact]
    public async Task Owners_and_watchers_hear_of_what_others_do_and_not_of_what_they_do_themselves()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Move the mail server", owner: Ann.Id);
        await site.WithStoreAsync(async s => { await s.WatchAsync(Bob, plan, true); return Result.Of(true); });
        await site.UpdateAsync(Eve, plan, "note", "later");
        await site.BuildNoticesAsync();
        var owned = Assert.Single(await site.NoticesAsync(Ann.Id));
        Assert.Equal((NoticeKinds.Owned, $"Eve changed Plan {plan.Number} Move the mail server"), (owned.Kind, owned.TitleEn));
        Assert.Equal(("欄位：說明", $"/test/plans/{plan.Number}", (Guid?)plan.Id), (owned.TextZh, owned.Url, owned.RecordId));
        var watched = Assert.Single(await site.NoticesAsync(Bob.Id));
        // Bob watched only after the plan was made, but before the notices were built: both changes count.
        Assert.Equal((NoticeKinds.Watched, 2), (watched.Kind, watched.Count));
        Assert.Empty(await site.NoticesAsync(Eve.Id));
    }

    [Fact]
    public async Task Several_changes_of_one_record_are_one_notice_until_it_is_read()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        for (var i = 0; i < 5; i++)
        {
            await site.UpdateAsync(Bob, plan, "note", $"n{i}");
            if (i % 2 == 0) await site.BuildNoticesAsync();
        }

        await site.BuildNoticesAsync();
        var notice = Assert.Single(await site.NoticesAsync(Ann.Id));
        Assert.Equal((5, $"Plan {plan.Number} Plan: 5 changes", $"計畫 {plan.Number} Plan：5 次變更"), (notice.Count, notice.TitleEn, notice.TitleZh));
        Assert.Equal(1, await site.Get<NoticeInbox>().MarkReadAsync(Ann, plan.Id));
        await site.UpdateAsync(Bob, plan, "note", "again");
        await site.BuildNoticesAsync();
        Assert.Equal([5, 1], (await site.NoticesAsync(Ann.Id)).Select(n => n.Count));
    }

    [Fact]
    public async Task Each_change_is_told_once_even_when_the_process_dies_at_the_commit()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        await site.UpdateAsync(Bob, plan, "note", "x");
        site.Fault.FailNext = 1;
        await Assert.ThrowsAsync<IOException>(() => site.Get<NoticeBuilder>().StepAsync(default));
        Assert.Empty(await site.NoticesAsync(Ann.Id));
        await site.BuildNoticesAsync();
        await site.BuildNoticesAsync();
        Assert.Equal(1, Assert.Single(await site.NoticesAsync(Ann.Id)).Count);
    }

    [Fact]
    public async Task Two_processes_that_build_at_the_same_time_tell_each_change_once()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        for (var i = 0; i < 20; i++) await site.UpdateAsync(Bob, plan, "note", $"n{i}");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(site.BuildNoticesAsync)));
        await site.BuildNoticesAsync();
        Assert.Equal(20, Assert.Single(await site.NoticesAsync(Ann.Id)).Count);
    }

    [Fact]
    public async Task What_happened_before_notices_were_switched_on_is_no_news()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        await site.UpdateAsync(Bob, plan, "note", "old");
        await using (var db = site.Db()) await db.Set<ChangeCursor>().ExecuteDeleteAsync();
        await site.BuildNoticesAsync();
        await site.UpdateAsync(Bob, plan, "note", "new");
        await site.BuildNoticesAsync();
        Assert.Equal(1, Assert.Single(await site.NoticesAsync(Ann.Id)).Count);
    }

    [Fact]
    public async Task A_mention_a_new_owner_and_a_waiting_approval_each_have_their_own_words()
    {
        await using var site = await Site.OpenAsync();
        foreach (var person in new[] { Ann, Bob, Carl }) site.People.Approvers.Add(person.Id);
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        await site.WithStoreAsync(s => s.CommentAsync(Bob, plan, "What do you think, @Eve ? And @Bob and @Ann ?"));
        await site.UpdateAsync(Ann, plan, "ownerId", Bob.Id.ToString());
        await site.MoveAsync(Carl, plan, "submit");
        await site.BuildNoticesAsync();

        Assert.Equal([(NoticeKinds.Mentioned, $"Bob mentioned you in a comment: Plan {plan.Number} Plan")], (await site.NoticesAsync(Eve.Id)).Select(n => (n.Kind, n.TitleEn)));
        // Ann owned the plan when Bob wrote, and was named: one notice, the stronger one. She may approve, too.
        Assert.Equal([NoticeKinds.Mentioned, NoticeKinds.Approval], (await site.NoticesAsync(Ann.Id)).Select(n => n.Kind));
        Assert.Equal([NoticeKinds.Assigned, NoticeKinds.Approval], (await site.NoticesAsync(Bob.Id)).Select(n => n.Kind));
        Assert.Equal($"等候您核可：計畫 {plan.Number} Plan", (await site.NoticesAsync(Bob.Id))[1].TitleZh);
        // Carl submitted: the tally bars him from approving.
        Assert.Empty(await site.NoticesAsync(Carl.Id));
    }

    [Fact]
    public async Task Whoever_owned_the_record_at_the_time_hears_of_a_change_and_the_new_owner_only_of_later_ones()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id);
        await site.UpdateAsync(Eve, plan, "note", "x");
        await site.UpdateAsync(Eve, plan, "ownerId", Bob.Id.ToString());
        await site.UpdateAsync(Eve, plan, "note", "y");
        await site.BuildNoticesAsync();
        Assert.Equal([(NoticeKinds.Owned, 2)], (await site.NoticesAsync(Ann.Id)).Select(n => (n.Kind, n.Count)));
        Assert.Equal([(NoticeKinds.Assigned, 1), (NoticeKinds.Owned, 1)], (await site.NoticesAsync(Bob.Id)).Select(n => (n.Kind, n.Count)));
    }

    [Fact]
    public async Task An_approval_that_was_given_meanwhile_is_not_asked_for()
    {
        await using var site = await Site.OpenAsync();
        foreach (var person in new[] { Ann, Bob }) site.People.Approvers.Add(person.Id);
        var plan = await site.CreateAsync(Carl, "Plan");
        await site.MoveAsync(Carl, plan, "submit");
        await site.MoveAsync(Ann, plan, "approve");
        await site.BuildNoticesAsync();
        Assert.Empty(await site.NoticesAsync(Bob.Id));
    }

    [Fact]
    public async Task No_value_of_a_field_stands_in_a_notice()
    {
        await using var site = await Site.OpenAsync();
        site.Get<HufuJobsOptions>().Mail.Host = "mail.example.org";
        var plan = await site.CreateAsync(Ann, "Plan", owner: Ann.Id, secret: "hunter2");
        await site.WithStoreAsync(s => s.CommentAsync(Bob, plan, "the code is 4711"));
        await site.UpdateAsync(Bob, plan, "password", "hunter3");
        await site.UpdateAsync(Bob, plan, "note", "plainvalue");
        await site.BuildNoticesAsync();
        var notices = await site.NoticesAsync(Ann.Id);
        Assert.NotEmpty(notices);
        var all = string.Join('\n', notices.Select(n => $"{n.TitleZh}{n.TitleEn}{n.TextZh}{n.TextEn}{n.Url}"));
        foreach (var secret in new[] { "hunter", "4711", "plainvalue" }) Assert.DoesNotContain(secret, all);
    }

    [Fact]
    public async Task Who_may_not_see_the_record_any_more_or_has_left_hears_nothing()
    {
        await using var site = await Site.OpenAsync();
        var plan = await site.CreateAsync(Ann, "Plan", owner: Bob.Id);
        await site.WithStoreAsync(async s => { await s.WatchAsync(Eve, plan, true); await s.WatchAsync(Carl, plan, true); return Result.Of(true); });
        site.People.Blind.Add(Eve.Id);
        site.People.Known[Carl.Id] = site.People.Known[Carl.Id] with { Active = false };
        await site.UpdateAsync(Ann, plan, "note", "x");
        await site.BuildNoticesAsync();
        Assert.NotEmpty(await site.NoticesAsync(Bob.Id));
        Assert.Empty(await site.NoticesAsync(Eve.Id));
        Assert.Empty(await site.NoticesAsync(Carl.Id));
    }

    [Fact]
    public async Task One_operation_over_many_records_is_one_notice()
    {
        await using var site = await Site.OpenAsync();
        var batch = Guid.CreateVersion7();
        for (var i = 0; i < 30; i++) await site.CreateAsync(Bob, $"Plan {i}", owner: Ann.Id, batch: batch);
        await site.BuildNoticesAsync();
        var notice = Assert.Single(await site.NoticesAsync(Ann.Id));
        Assert.Equal((30, "/test/plans", "Bob created Plans: 30 changes"), (notice.Count, notice.Url, notice.TitleEn));
    }

    [Fact]
    public async Task Preferences_decide_whether_and_how_a_notice_comes()
    {
        await using var site = await Site.OpenAsync(set: o => o.Mail.Host = null);
        var notices = site.Get<INotices>();
        site.Get<HufuJobsOptions>().Mail.Host = "mail.example.org";
        site.People.Prefer(Ann, NoticeKinds.Escalation, NoticeDelivery.Off);
        site.People.Prefer(Bob, NoticeKinds.Escalation, NoticeDelivery.InApp);
        site.People.Prefer(Eve, NoticeKinds.Escalation, NoticeDelivery.MailDigest);
        var sent = await notices.SendAsync([Ann.Id, Bob.Id, Eve.Id, Carl.Id, Guid.CreateVersion7()], NoticeKinds.Escalation, new LocalizedText("逾期", "Overdue"));
        Assert.Equal(3, sent);
        Assert.Empty(await site.NoticesAsync(Ann.Id));
        Assert.Equal(NoticeMail.None, Assert.Single(await site.NoticesAsync(Bob.Id)).Mail);
        Assert.Equal(NoticeMail.Digest, Assert.Single(await site.NoticesAsync(Eve.Id)).Mail);
        Assert.Equal(NoticeMail.Now, Assert.Single(await site.NoticesAsync(Carl.Id)).Mail);
    }

    [Fact]
    public async Task Notices_about_the_same_thing_are_joined_and_others_are_not()
    {
        await using var site = await Site.OpenAsync();
        var notices = site.Get<INotices>();
        for (var i = 1; i <= 3; i++) await notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText($"第 {i} 次提醒", $"Reminder {i}"), about: new NoticeAbout("obligation-7"));
        await notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("其他", "Other"), about: new NoticeAbout("obligation-8"));
        await notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("單獨", "Alone"));
        await notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("單獨", "Alone"));
        Assert.Equal(["Reminder 3 (3)", "Other", "Alone", "Alone"], (await site.NoticesAsync(Ann.Id)).Select(n => n.TitleEn));
        await Assert.ThrowsAsync<ArgumentException>(() => notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("壞", "Bad"), url: "https://elsewhere.example"));
        await Assert.ThrowsAsync<ArgumentException>(() => notices.SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("壞", "Bad"), url: "//elsewhere.example"));
    }

    [Fact]
    public async Task Inside_a_transaction_of_the_caller_a_notice_and_a_run_come_and_go_with_it()
    {
        await using var site = await Site.OpenAsync();
        foreach (var keep in new[] { false, true })
        {
            await using var db = site.Db();
            await using var transaction = await db.Database.BeginTransactionAsync();
            var plan = new Plan { Title = "Plan", Number = $"PLN-{keep}", State = "draft" };
            db.ActAs(Ann, "create");
            db.Add(plan);
            await db.SaveChangesAsync();
            Assert.Equal(1, await site.Get<INotices>().SendAsync([Ann.Id], NoticeKinds.Escalation, new LocalizedText("逾期", "Overdue"), within: db));
            Assert.True((await site.Jobs.EnqueueAsync(Actor.System(), "jobs.cleanup", within: db)).IsOk);
            if (keep) await transaction.CommitAsync();
            else await transaction.RollbackAsync();
            Assert.Equal(keep ? 1 : 0, (await site.NoticesAsync(Ann.Id)).Count);
            Assert.Equal(keep ? 1 : 0, (await site.Jobs.ListAsync(Actor.System(), new JobRunQuery())).Count);
        }
    }

    [Fact]
    public async Task The_inbox_shows_a_person_their_own_notices_page_by_page()
    {
        await using var site = await Site.OpenAsync();
        for (var i = 0; i < 7; i++)
        {
            await site.Get<INotices>().SendAsync([Ann.Id, Bob.Id], "module.kind", new LocalizedText($"{i}", $"{i}"));
            if (i % 2 == 0) site.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var inbox = site.Get<NoticeInbox>();
        var seen = new List<string>();
        Notice? last = null;
        while (true)
        {
            var page = await inbox.ListAsync(Ann, before: last, take: 3);
            if (page.Count == 0) break;
            seen.AddRange(page.Select(n => n.TitleEn));
            last = page[^1];
        }

        Assert.Equal(["6", "5", "4", "3", "2", "1", "0"], seen);
        var bobs = await inbox.ListAsync(Bob);
        Assert.Equal(0, await inbox.MarkReadAsync(Ann, [bobs[0].Id]));
        Assert.Equal(1, await inbox.MarkReadAsync(Ann, [last!.Id]));
        Assert.Equal((6, 7), (await inbox.CountUnreadAsync(Ann), await inbox.CountUnreadAsync(Bob)));
        Assert.Equal(6, await inbox.MarkReadAsync(Ann));
        Assert.Empty(await inbox.ListAsync(Ann, unreadOnly: true));
    }

    [Fact]
    public void Every_kind_has_words_in_both_languages()
    {
        Texts.Load(typeof(HufuJobsOptions).Assembly);
        foreach (var text in NoticeKinds.All.Select(NoticeKinds.Label).Concat(JobStates.All.Select(JobStates.Label))) Assert.DoesNotContain("[", text.Zh + text.En);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class NoticeTestsOnPostgres : NoticeTests, IOnPostgres;
