using Hufu.Jobs.Notices;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Jobs.Tests;

public class JobTests
{
    private static readonly Actor System = Actor.System();
    private static readonly Actor Admin = People.Person("Admin", new Grant(JobAreas.Jobs, Right.Administer, Scope.All));
    private static readonly Actor Reader = People.Person("Reader", new Grant(JobAreas.Jobs, Right.Read, Scope.All));
    private static readonly Actor Nobody = People.Person("Nobody", new Grant("risk.asset", Right.Read, Scope.All));

    private static Task<Site> OpenAsync(string? folder = null, bool background = true, ManualClock? clock = null, Action<HufuJobsOptions>? set = null) => Site.OpenAsync(
        s => s.AddHufuJob<CountJob>().AddHufuJob<WaitJob>().AddHufuJob<ResumableJob>().AddHufuJob<ParallelJob>().AddHufuJob<DeafJob>().AddHufuJob<ThrowingJob>().AddHufuJob<LogsJob>(), set, folder, background, clock);

    private static async Task<JobRun> StartAsync(Site site, Actor actor, string key, object? parameters = null)
    {
        var queued = await site.Jobs.EnqueueAsync(actor, key, parameters);
        Assert.True(queued.IsOk, string.Join("; ", queued.Errors));
        return queued.Value;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 400 && !condition(); i++) await Task.Delay(25);
        Assert.True(condition(), "It did not come about in time.");
    }

    [Fact]
    public async Task A_run_goes_from_queued_to_done_with_progress_log_and_result()
    {
        await using var site = await OpenAsync();
        var run = await StartAsync(site, Admin, "test.count", new { to = 5 });
        await site.WaitAsync(run.Id, JobStates.Done);
        var found = (await site.Jobs.FindAsync(Reader, run.Id)).Value;
        Assert.Equal(1, found.Run.Progress);
        Assert.Equal("item 5", found.Run.ProgressText.En);
        Assert.Equal("Counted to 5", found.Run.Result.En);
        Assert.Equal(["line 1", "line 2", "line 3", "line 4", "line 5"], found.Log.Select(l => l.Text));
        Assert.NotNull(found.Run.StartedAt);
        Assert.NotNull(found.Run.FinishedAt);
        Assert.Equal(("Admin", Admin.Id), (found.Run.RequestedByName, found.Run.RequestedBy));
        Assert.Equal([$"counted 5 for {Admin.Id}"], site.Get<Probe>().Seen);
        await using var db = site.Db();
        Assert.Contains(await db.Changes.ToListAsync(), c => c is { TypeKey: "jobs.run", Action: "start" } && c.RecordId == run.Uid);
    }

    [Fact]
    public async Task The_log_holds_a_thousand_lines_and_says_how_many_are_left_out()
    {
        await using var site = await OpenAsync();
        var run = await StartAsync(site, Admin, "test.count", new { to = 1200 });
        await site.WaitAsync(run.Id, JobStates.Done);
        var log = (await site.Jobs.FindAsync(Admin, run.Id)).Value.Log;
        Assert.Equal(1000, log.Count);
        Assert.Equal("line 999", log[998].Text);
        Assert.StartsWith("… +201 ", log[999].Text);
    }

    [Fact]
    public async Task Progress_is_written_at_most_four_times_a_second()
    {
        await using var site = await OpenAsync(background: false);
        await using var db = site.Db();
        var run = new JobRun { JobKey = "test.wait", QueuedAt = db.Now };
        db.Add(run);
        await db.SaveChangesAsync();
        var report = new RunReport(site.Get<IDbContextFactory<Hufu.Records.Storage.HufuDbContext>>(), site.Clock, run.Id, () => { });
        var watch = global::System.Diagnostics.Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(1))
        {
            report.Progress(watch.Elapsed.TotalSeconds, null);
            await Task.Delay(1);
        }

        await report.DisposeAsync();
        Assert.InRange(report.Writes, 2, 6);
    }

    [Fact]
    public async Task A_required_parameter_that_is_missing_is_named()
    {
        await using var site = await OpenAsync(background: false);
        var refused = await site.Jobs.EnqueueAsync(Admin, "test.count", new { other = 1 });
        Assert.Equal(("jobs.parameters.missing", "to"), (refused.Errors[0].Code, refused.Errors[0].Place));
        Assert.Equal("jobs.unknown", (await site.Jobs.EnqueueAsync(Admin, "test.none")).Errors[0].Code);
    }

    [Fact]
    public async Task Runs_of_one_job_wait_for_each_other_and_parallel_ones_do_not()
    {
        await using var site = await OpenAsync();
        var probe = site.Get<Probe>();
        var first = await StartAsync(site, Admin, "test.wait", new { n = 1 });
        var second = await StartAsync(site, Admin, "test.wait", new { n = 2 });
        await site.WaitAsync(first.Id, JobStates.Running);
        await Task.Delay(200);
        Assert.Equal(JobStates.Queued, (await site.Jobs.FindAsync(Admin, second.Id)).Value.Run.State);
        probe.Gate.Release(2);
        await site.WaitAsync(second.Id, JobStates.Done);
        Assert.Equal(1, probe.MostAtOnce);

        var a = await StartAsync(site, Admin, "test.parallel");
        var b = await StartAsync(site, Admin, "test.parallel");
        Assert.NotEqual(a.Id, b.Id);
        await UntilAsync(() => probe.MostAtOnce == 2);
        probe.Gate.Release(2);
        await site.WaitAsync(b.Id, JobStates.Done);
    }

    [Fact]
    public async Task The_same_work_is_not_queued_twice()
    {
        await using var site = await OpenAsync(background: false);
        var first = await StartAsync(site, Admin, "test.wait", new { n = 1 });
        Assert.Equal(first.Id, (await StartAsync(site, Admin, "test.wait", new { n = 1 })).Id);
        Assert.NotEqual(first.Id, (await StartAsync(site, Admin, "test.wait", new { n = 2 })).Id);
    }

    [Fact]
    public async Task A_full_queue_refuses_with_a_reason()
    {
        await using var site = await OpenAsync(background: false, set: o => o.QueueLimit = 2);
        await StartAsync(site, Admin, "test.wait", new { n = 1 });
        await StartAsync(site, Admin, "test.wait", new { n = 2 });
        Assert.Equal("jobs.queue-full", (await site.Jobs.EnqueueAsync(Admin, "test.wait", new { n = 3 })).Errors[0].Code);
    }

    [Fact]
    public async Task Cancelling_ends_a_waiting_run_at_once_and_a_running_one_when_it_looks()
    {
        await using var site = await OpenAsync();
        var running = await StartAsync(site, Admin, "test.wait", new { n = 1 });
        var waiting = await StartAsync(site, Admin, "test.wait", new { n = 2 });
        await site.WaitAsync(running.Id, JobStates.Running);
        Assert.Equal(JobStates.Cancelled, (await site.Jobs.CancelAsync(Admin, waiting.Id)).Value.State);
        await site.Jobs.CancelAsync(Admin, running.Id);
        var ended = await site.WaitAsync(running.Id, JobStates.Cancelled);
        Assert.NotEmpty(ended.Result.Zh);
        Assert.Equal("jobs.ended", (await site.Jobs.CancelAsync(Admin, running.Id)).Errors[0].Code);
        Assert.Single(site.Get<Probe>().Seen);
    }

    [Fact]
    public async Task A_cancellation_that_came_through_another_process_is_seen_too()
    {
        await using var site = await OpenAsync();
        var run = await StartAsync(site, Admin, "test.wait");
        await site.WaitAsync(run.Id, JobStates.Running);
        await using (var db = site.Db()) await db.Set<JobRun>().Where(r => r.Id == run.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.CancelRequested, true));
        await site.WaitAsync(run.Id, JobStates.Cancelled);
    }

    [Fact]
    public async Task After_a_restart_a_cut_off_run_is_interrupted_and_only_a_resumable_one_runs_again()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        try
        {
            long plain, resumable;
            await using (var site = await OpenAsync(folder))
            {
                plain = (await StartAsync(site, Admin, "test.wait")).Id;
                resumable = (await StartAsync(site, Admin, "test.resumable", new { n = 7 })).Id;
                await site.WaitAsync(plain, JobStates.Running);
                await site.WaitAsync(resumable, JobStates.Running);
            }

            await using (var site = await OpenAsync(folder))
            {
                var cut = (await site.Jobs.FindAsync(Admin, plain)).Value.Run;
                Assert.Equal(JobStates.Interrupted, cut.State);
                Assert.Contains("The program stopped", cut.Result.En);
                Assert.Contains("start it again by hand", cut.Result.En);
                Assert.Equal(JobStates.Interrupted, (await site.Jobs.FindAsync(Admin, resumable)).Value.Run.State);
                var again = Assert.Single(await site.Jobs.ListAsync(Admin, new JobRunQuery("test.resumable")), r => r.RetryOf == resumable);
                Assert.Equal((2, "{\"n\":7}"), (again.Attempts, again.Parameters));
                site.Get<Probe>().Gate.Release();
                await site.WaitAsync(again.Id, JobStates.Done);
                Assert.DoesNotContain(await site.Jobs.ListAsync(Admin, new JobRunQuery("test.wait")), r => r.Id != plain);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task A_process_that_died_without_a_word_leaves_runs_that_the_next_start_finds()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        try
        {
            long dead, queued, others;
            await using (var site = await OpenAsync(folder, background: false))
            {
                await using var db = site.Db();
                var rows = new[]
                {
                    new JobRun { JobKey = "test.resumable", State = JobStates.Running, Instance = "hufu", QueuedAt = db.Now, StartedAt = db.Now, SeenAt = db.Now },
                    new JobRun { JobKey = "test.count", Parameters = """{"to":3}""", QueuedAt = db.Now },
                    new JobRun { JobKey = "test.parallel", State = JobStates.Running, Instance = "second", QueuedAt = db.Now, StartedAt = db.Now, SeenAt = db.Now },
                };
                db.AddRange(rows);
                await db.SaveChangesAsync();
                (dead, queued, others) = (rows[0].Id, rows[1].Id, rows[2].Id);
            }

            await using (var site = await OpenAsync(folder))
            {
                Assert.Equal(JobStates.Interrupted, (await site.WaitAsync(dead, JobStates.Interrupted)).State);
                await site.WaitAsync(queued, JobStates.Done);
                Assert.Equal(JobStates.Running, (await site.Jobs.FindAsync(Admin, others)).Value.Run.State);
                site.Clock.Advance(TimeSpan.FromMinutes(6));
                await site.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<JobRunner>().Single().LookForLostAsync(default);
                Assert.Equal(JobStates.Interrupted, (await site.Jobs.FindAsync(Admin, others)).Value.Run.State);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task Two_processes_on_one_database_do_each_run_once_and_one_at_a_time()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        try
        {
            var shared = new Probe();
            Task<Site> OpenOneAsync(string name) => Site.OpenAsync(s => s.AddSingleton(shared).AddHufuJob<WaitJob>(), o => o.Instance = name, folder, background: true);
            await using var one = await OpenOneAsync("one");
            await using var two = await OpenOneAsync("two");
            var runs = new List<JobRun>();
            for (var i = 0; i < 12; i++) runs.Add(await StartAsync(i % 2 == 0 ? one : two, Admin, "test.wait", new { i }));
            shared.Gate.Release(runs.Count);
            foreach (var run in runs)
            {
                // A process that found the job busy looks again after five seconds; here it is woken.
                one.Get<JobSignals>().Wake();
                two.Get<JobSignals>().Wake();
                await one.WaitAsync(run.Id, JobStates.Done);
            }

            Assert.Equal(runs.Select(r => $"{r.Id}:1").Order(), shared.Seen.Order());
            Assert.Equal(1, shared.MostAtOnce);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task A_run_waits_while_another_process_works_on_the_same_job()
    {
        await using var site = await OpenAsync(background: true);
        await using var db = site.Db();
        var other = new JobRun { JobKey = "test.wait", State = JobStates.Running, Instance = "second", QueuedAt = db.Now, SeenAt = db.Now };
        db.Add(other);
        await db.SaveChangesAsync();
        var run = await StartAsync(site, Admin, "test.wait");
        await Task.Delay(300);
        Assert.Equal(JobStates.Queued, (await site.Jobs.FindAsync(Admin, run.Id)).Value.Run.State);
        await db.Set<JobRun>().Where(r => r.Id == other.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.State, JobStates.Done));
        site.Get<JobSignals>().Wake();
        await site.WaitAsync(run.Id, JobStates.Running);
    }

    [Fact]
    public async Task A_job_that_crashes_the_process_again_and_again_is_given_up()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        try
        {
            await using (var site = await OpenAsync(folder, background: false))
            {
                await using var db = site.Db();
                db.Add(new JobRun { JobKey = "test.resumable", State = JobStates.Running, Instance = "hufu", Attempts = 3, QueuedAt = db.Now });
                await db.SaveChangesAsync();
            }

            await using (var site = await OpenAsync(folder))
                Assert.Equal(JobStates.Interrupted, Assert.Single(await site.Jobs.ListAsync(Admin, new JobRunQuery("test.resumable"))).State);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task A_job_that_does_not_listen_cannot_hold_up_the_end_of_the_process()
    {
        await using var site = await OpenAsync();
        var run = await StartAsync(site, Admin, "test.deaf");
        await site.WaitAsync(run.Id, JobStates.Running);
        await site.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(JobStates.Interrupted, (await site.Jobs.FindAsync(Admin, run.Id)).Value.Run.State);
        site.Get<Probe>().Gate.Release();
    }

    [Fact]
    public async Task A_failed_run_is_tried_again_later_and_a_scheduled_failure_is_told()
    {
        await using var site = await OpenAsync();
        site.People.JobAdministrators.Add(People.Ann.Id);
        await site.Jobs.EnqueueScheduledAsync("test.throwing", Site.Start, default);
        var first = (await site.Jobs.ListAsync(Admin, new JobRunQuery("test.throwing")))[^1];
        await site.WaitAsync(first.Id, JobStates.Failed);
        Assert.Contains((await site.Jobs.FindAsync(Admin, first.Id)).Value.Log, l => l.Text == "FileNotFoundException: feed.json is not there");
        var second = Assert.Single(await site.Jobs.ListAsync(Admin, new JobRunQuery("test.throwing")), r => r.RetryOf == first.Id);
        Assert.Equal(Site.Start + TimeSpan.FromMinutes(1), second.NotBefore);
        await Task.Delay(200);
        Assert.Equal(JobStates.Queued, (await site.Jobs.FindAsync(Admin, second.Id)).Value.Run.State);
        Assert.Empty(await site.NoticesAsync(People.Ann.Id));
        site.Clock.Advance(TimeSpan.FromMinutes(2));
        await site.WaitAsync(second.Id, JobStates.Failed);
        await UntilAsync(() => site.NoticesAsync(People.Ann.Id).Result.Count == 1);
        Assert.Equal("The job “Throwing” failed", (await site.NoticesAsync(People.Ann.Id))[0].TitleEn);
    }

    [Fact]
    public async Task A_scheduled_time_is_queued_once_whoever_fires_it()
    {
        await using var site = await OpenAsync(background: false);
        Assert.True(await site.Jobs.EnqueueScheduledAsync("test.wait", Site.Start, default));
        Assert.False(await site.Jobs.EnqueueScheduledAsync("test.wait", Site.Start, default));
        Assert.True(await site.Jobs.EnqueueScheduledAsync("test.wait", Site.Start.AddDays(1), default));
    }

    [Fact]
    public async Task Schedules_show_their_next_time_in_the_zone_of_the_organisation()
    {
        await using var site = await OpenAsync(background: false);
        // 03:00 in Taipei is 19:00 UTC of the day before; the clock stands at 02:00 UTC.
        var view = (await site.Jobs.SchedulesAsync(Reader)).Single(v => v.Job.Key == "test.throwing");
        Assert.True(view.IsDefault);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 19, 0, 0, TimeSpan.Zero), view.NextAt);
        var set = (await site.Jobs.SetScheduleAsync(Admin, "test.throwing", "30 12 * * 1-5", reason: "noon")).Value;
        Assert.Equal((false, true, new DateTimeOffset(2026, 11, 23, 4, 30, 0, TimeSpan.Zero)), (set.IsDefault, set.Enabled, set.NextAt!.Value));
        Assert.Null((await site.Jobs.SetScheduleAsync(Admin, "test.throwing", "30 12 * * 1-5", enabled: false)).Value.NextAt);
        Assert.Null((await site.Jobs.SetScheduleAsync(Admin, "test.throwing", null)).Value.Cron);
        Assert.True((await site.Jobs.ResetScheduleAsync(Admin, "test.throwing")).Value.IsDefault);
        await using var db = site.Db();
        var history = await db.Changes.Where(c => c.TypeKey == "jobs.schedule").OrderBy(c => c.Id).ToListAsync();
        Assert.Equal(["create", "update", "update", "delete"], history.Select(c => c.Action));
        Assert.Contains("0 30 12 ? * ", history[0].Payload);
    }

    [Fact]
    public async Task A_job_with_required_parameters_cannot_be_scheduled()
    {
        await using var site = await OpenAsync(background: false);
        Assert.Equal("jobs.schedule.needs-parameters", (await site.Jobs.SetScheduleAsync(Admin, "test.count", "0 3 * * *")).Errors[0].Code);
    }

    [Fact]
    public async Task A_schedule_fires_and_its_run_is_queued()
    {
        var clock = new ManualClock(new DateTimeOffset(2026, 11, 23, 2, 0, 58, TimeSpan.Zero));
        await using var site = await OpenAsync(clock: clock);
        site.Get<Probe>().Gate.Release(10);
        await site.Jobs.SetScheduleAsync(Admin, "test.wait", "* * * * *");
        // Quartz takes its clock from us; its waits are real, so the clock is moved along in small steps.
        for (var i = 0; i < 300 && (await site.Jobs.ListAsync(Admin, new JobRunQuery("test.wait"))).Count == 0; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(100);
        }

        var run = (await site.Jobs.ListAsync(Admin, new JobRunQuery("test.wait")))[^1];
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 2, 1, 0, TimeSpan.Zero), run.ScheduledFor);
        Assert.Null(run.RequestedBy);
        await site.WaitAsync(run.Id, JobStates.Done);
    }

    [Fact]
    public async Task What_came_due_while_the_program_was_stopped_is_made_up_for_once()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        try
        {
            var clock = new ManualClock(Site.Start);
            await using (var site = await OpenAsync(folder, background: false, clock: clock)) await site.Jobs.EnqueueScheduledAsync("jobs.cleanup", Site.Start.AddHours(-6), default);
            clock.Advance(TimeSpan.FromDays(3));
            await using (var site = await OpenAsync(folder, clock: clock))
            {
                var runs = await site.Jobs.ListAsync(Admin, new JobRunQuery("jobs.cleanup"));
                Assert.Equal(2, runs.Count);
                await site.WaitAsync(runs[0].Id, JobStates.Done);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task Rights_decide_who_sees_starts_cancels_and_schedules()
    {
        await using var site = await OpenAsync(background: false);
        var run = await StartAsync(site, Admin, "test.wait");
        Assert.Empty(site.Jobs.Jobs(Nobody));
        Assert.Empty(await site.Jobs.ListAsync(Nobody, new JobRunQuery()));
        Assert.Equal("jobs.run-not-found", (await site.Jobs.FindAsync(Nobody, run.Id)).Errors[0].Code);
        Assert.Equal("jobs.run-not-found", (await site.Jobs.CancelAsync(Nobody, run.Id)).Errors[0].Code);
        Assert.Single(await site.Jobs.ListAsync(Reader, new JobRunQuery()));
        Assert.Equal("access.denied", (await site.Jobs.EnqueueAsync(Reader, "test.wait", new { n = 1 })).Errors[0].Code);
        Assert.Equal("access.denied", (await site.Jobs.CancelAsync(Reader, run.Id)).Errors[0].Code);
        Assert.Equal("access.denied", (await site.Jobs.SetScheduleAsync(Reader, "test.wait", "0 3 * * *")).Errors[0].Code);
        Assert.True((await site.Jobs.EnqueueAsync(System, "test.wait", new { n = 2 })).IsOk);
        await using var db = site.Db();
        Assert.Equal(5, await db.Denials.CountAsync());
    }

    [Fact]
    public async Task A_job_that_asks_for_a_right_elsewhere_is_open_to_those_who_have_it_and_to_no_others()
    {
        await using var site = await OpenAsync(background: false);
        var analyst = People.Person("Analyst", new Grant("logs", Right.Write, Scope.All));
        Assert.Equal(["test.logs"], site.Jobs.Jobs(analyst).Select(j => j.Key));
        var run = await StartAsync(site, analyst, "test.logs");
        Assert.Equal(run.Id, Assert.Single(await site.Jobs.ListAsync(analyst, new JobRunQuery())).Id);
        Assert.Equal("access.denied", (await site.Jobs.EnqueueAsync(Admin, "test.logs")).Errors[0].Code);
        Assert.Equal("access.denied", (await site.Jobs.SetScheduleAsync(analyst, "test.logs", "0 3 * * *")).Errors[0].Code);
        Assert.True((await site.Jobs.CancelAsync(analyst, run.Id)).IsOk);
    }

    [Theory]
    [InlineData("30 3 * * 1-5", null)]
    [InlineData("0 0 3 * * ?", null)]
    [InlineData("*/5 * * * *", null)]
    [InlineData("* * * * * ?", "jobs.cron.too-often")]
    [InlineData("0,30 * * * * ?", "jobs.cron.too-often")]
    [InlineData("61 3 * * *", "jobs.cron.malformed")]
    [InlineData("every day", "jobs.cron.malformed")]
    public void Schedules_are_read_in_both_dialects_and_checked(string text, string? code) => Assert.Equal(code, Cron.Normalise(text) is { IsOk: false } bad ? bad.Errors[0].Code : null);

    [Fact]
    public async Task Cleaning_up_removes_what_is_old_and_keeps_what_still_waits()
    {
        await using var site = await OpenAsync(set: o => o.KeepRuns = TimeSpan.FromDays(10));
        await using (var db = site.Db())
        {
            var old = db.Now.AddDays(-40);
            for (var i = 0; i < 60; i++) db.Add(new JobRun { JobKey = "test.old", State = JobStates.Done, QueuedAt = old, FinishedAt = old });
            db.Add(new Mail.MailOut { State = Mail.MailStates.Sent, CreatedAt = old });
            db.Add(new Mail.MailOut { State = Mail.MailStates.Queued, CreatedAt = old, NextAt = db.Now.AddYears(1) });
            db.Add(new Notice { ReadAt = old.AddDays(-90), At = old });
            db.Add(new Notice { At = old });
            await db.SaveChangesAsync();
        }

        var run = await StartAsync(site, System, "jobs.cleanup");
        await site.WaitAsync(run.Id, JobStates.Done);
        await using var after = site.Db();
        Assert.Equal(50, await after.Set<JobRun>().CountAsync(r => r.JobKey == "test.old"));
        Assert.Equal([Mail.MailStates.Queued], await after.Set<Mail.MailOut>().Select(m => m.State).ToListAsync());
        Assert.Equal(1, await after.Set<Notice>().CountAsync());
    }

    [Fact]
    public void Settings_that_cannot_work_are_refused_with_a_sentence()
    {
        var options = new HufuJobsOptions { DigestHour = 24, Mail = { Host = "mail.example.org", From = "nobody", User = "u", Security = Mail.MailSecurity.None }, Outbound = { Allowed = { "10.0.0.0/33!" } } };
        var refused = Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddHufuJobs(options));
        foreach (var part in new[] { "DigestHour", "Mail.From", "in the clear", "10.0.0.0/33!" }) Assert.Contains(part, refused.Message);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class JobTestsOnPostgres : JobTests, IOnPostgres;
