using System.Data.Common;
using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>What a run of a control test came to.</summary>
/// <param name="Outcome">One of the outcomes of <see cref="SavedSearchType"/>.</param>
/// <param name="Count">Events found; null when the query did not end.</param>
/// <param name="From">Begin of the range.</param>
/// <param name="To">End of the range.</param>
/// <param name="Why">In words.</param>
/// <param name="Evidence">What was attached; null when nothing could be.</param>
public sealed record TestResult(string Outcome, long? Count, DateTimeOffset? From, DateTimeOffset? To, LocalizedText Why, Evidence? Evidence);

/// <summary>Runs saved searches, and control tests when their time has come.</summary>
internal sealed partial class SavedSearches(LogService logs, LogExcerpt excerpt, Detection detection, QueryLimit limit, IServiceScopeFactory scopes, TimeProvider clock, ILogger<SavedSearches> logger) : RepeatedWork(clock, Every)
{
    /// <summary>Rule of the alert that a control test failed, or could not be evaluated.</summary>
    internal const string FailedRule = "hufu.control-test";

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    // Runs are a minute apart at the most; without it each would come a little later than the one before.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(45);

    // Of the events that should not be there, those that the alert shows.
    private const int AlertEvents = 20;

    private static readonly SearchQuery Anything = SearchQuery.Parse($"-source:{AuditFeed.Source} -source:{TimeChecks.Source}").Value;

    /// <summary>The address of the search page for it.</summary>
    internal static string HrefOf(SavedSearch saved) => saved.Range == SavedSearchType.Fixed
        ? LogEndpoints.Href(saved.Query, saved.From is { } from ? LogEndpoints.Local(from) : "", saved.To is { } to ? LogEndpoints.Local(to) : "", null)
        : LogEndpoints.RangeHref(saved.Query, saved.Range);

    /// <summary>
    /// Runs a control test now: counts, judges, attaches the result with its events and their proofs to the test and to the record that it is tied to, and
    /// raises an alert unless it passed.
    /// </summary>
    internal async Task<Result<TestResult>> TestAsync(Guid id, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
        if (await store.Db.Set<SavedSearch>().FirstOrDefaultAsync(s => s.Id == id && s.State == SavedSearchType.Testing && s.ArchivedAt == null, cancellation) is not { } saved)
            return Result.Fail<TestResult>(Error.Of("logs.saved.no-test", "這不是執行中的控制測試。", "This is no control test that is in force."));
        var now = Clock.GetUtcNow();
        var search = saved.SearchAt(now);
        var (outcome, count, why) = await JudgeAsync(saved, search, cancellation);
        var title = $"控制測試{Word(outcome).Zh} / control test {Word(outcome).En.ToLowerInvariant()}: {saved.Number} ({(count is { } n ? n.ToString(CultureInfo.InvariantCulture) : "–")}; {ExpectationOf(saved).En})";
        Evidence? kept = null;
        if (count is not null)
        {
            foreach (var record in await KeepersAsync(store, saved, cancellation))
            {
                var attached = await excerpt.AttachSearchAsync(store, Actor.System(), record, saved.Query, search, title, saved.OutputCode.Length > 0 ? saved.OutputCode : null, cancellation);
                if (!attached.IsOk) NotKept(logger, saved.Number, record.Number, attached.Errors[0].ToString());
                else if (record.Id == saved.Id) kept = attached.Value;
            }
        }

        store.Db.ActAs(Actor.System(), "test", $"{Word(outcome).Zh} / {Word(outcome).En}: {why.Zh} / {why.En}");
        (saved.LastRunAt, saved.LastOutcome, saved.LastCount) = (Instants.Truncate(now), outcome, count is { } c ? (int)Math.Min(int.MaxValue, c) : null);
        try
        {
            await store.Db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Result.Fail<TestResult>(Error.Of("record.changed-meanwhile", "控制測試剛被他人修改，請重試。", "Somebody changed the control test at the same moment; try again."));
        }

        if (outcome != SavedSearchType.Passed) await detection.RaiseAsync(await MatchesAsync(saved, search, outcome, now, cancellation), cancellation);
        return Result.Of(new TestResult(outcome, count, search.From, search.To, why, kept));
    }

    /// <summary>Runs the tests whose time has come. Returns how many.</summary>
    internal async Task<int> TestDueAsync(CancellationToken cancellation)
    {
        List<SavedSearch> tests;
        await using (var scope = scopes.CreateAsyncScope())
            tests = await scope.ServiceProvider.GetRequiredService<RecordStore>().Db.Set<SavedSearch>().AsNoTracking().Where(s => s.State == SavedSearchType.Testing && s.ArchivedAt == null).OrderBy(s => s.LastRunAt).ToListAsync(cancellation);
        var made = 0;
        foreach (var test in tests.Where(t => IsDue(t, Clock.GetUtcNow())))
            if ((await TestAsync(test.Id, cancellation)).IsOk) made++;
        return made;
    }

    internal static bool IsDue(SavedSearch test, DateTimeOffset now) => test.LastRunAt is not { } last || (SavedSearchType.Periods.TryGetValue(test.TestPeriod, out var period) && now - last >= period - Slack);

    /// <summary>What a test expects, in words.</summary>
    internal static LocalizedText ExpectationOf(SavedSearch saved) => saved.Expectation switch
    {
        "none" => new("沒有任何日誌", "no event expected"),
        "at-most" => new($"最多 {saved.Threshold} 筆", $"at most {saved.Threshold} expected"),
        "at-least" => new($"至少 {saved.Threshold} 筆", $"at least {saved.Threshold} expected"),
        _ => new("–", "–"),
    };

    internal static LocalizedText Word(string outcome) => outcome switch
    {
        SavedSearchType.Passed => new("通過", "Passed"),
        SavedSearchType.Failed => new("未通過", "Failed"),
        _ => new("無法判定", "Not evaluated"),
    };

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => TestDueAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or DbUpdateException)) return false;
        NotTested(logger, failure);
        return true;
    }

    private async Task<(string Outcome, long? Count, LocalizedText Why)> JudgeAsync(SavedSearch saved, LogSearch search, CancellationToken cancellation)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(limit.Longest);
        try
        {
            var count = (await logs.Store.HistogramAsync(search with { Whole = true }, cancellation: time.Token)).Buckets.Sum(b => b.Errors + b.Warnings + b.Others);
            // What nothing was delivered for has not been tested: silence is no pass. What must be there is missing whatever the reason.
            if (saved.Expectation != "at-least")
            {
                var basis = search with { Query = saved.BasisQuery.Trim().Length > 0 ? SearchQuery.Parse(saved.BasisQuery).Value : Anything, Limit = 1, Whole = true };
                if (count == 0 && (await logs.Store.SearchAsync(basis, time.Token)).Events.Count == 0)
                    return (SavedSearchType.NotEvaluated, count, new LocalizedText("期間內沒有收到判定所需的日誌。", "No event that the test rests on came in the period."));
            }

            var holds = saved.Expectation switch { "none" => count == 0, "at-most" => count <= (saved.Threshold ?? 0), _ => count >= (saved.Threshold ?? 0) };
            return (holds ? SavedSearchType.Passed : SavedSearchType.Failed, count, new LocalizedText($"找到 {count:N0} 筆，期望{ExpectationOf(saved).Zh}。", $"{count:N0} found, {ExpectationOf(saved).En}."));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (SavedSearchType.NotEvaluated, null, limit.Error.Message);
        }
        catch (IOException e) when (e is IUnavailable)
        {
            // What cannot be read may be what is looked for.
            return (SavedSearchType.NotEvaluated, null, ((IUnavailable)e).Error.Message);
        }
    }

    // The test itself, and what it is tied to. A tie was made by somebody who may write both.
    private static async Task<IReadOnlyList<Record>> KeepersAsync(RecordStore store, SavedSearch saved, CancellationToken cancellation)
    {
        var keepers = new List<Record> { saved };
        if (saved.TiedTo.Length > 0 && await store.FindAsync(Actor.System(), saved.TiedTo, cancellation) is { IsOk: true } found && found.Value.ArchivedAt is null && found.Value.Id != saved.Id) keepers.Add(found.Value);
        return keepers;
    }

    private async Task<IReadOnlyList<RuleMatch>> MatchesAsync(SavedSearch saved, LogSearch search, string outcome, DateTimeOffset now, CancellationToken cancellation)
    {
        var events = outcome == SavedSearchType.Failed && saved.Expectation != "at-least" ? (await logs.Store.SearchAsync(search with { Limit = AlertEvents }, cancellation)).Events : [];
        var match = new RuleMatch
        {
            RuleId = FailedRule, RuleTitle = outcome == SavedSearchType.Failed ? "控制測試未通過" : "控制測試無法判定", RuleTitleEn = outcome == SavedSearchType.Failed ? "Control test failed" : "Control test could not be judged", RuleAuthor = "Hufu", Level = outcome == SavedSearchType.Failed ? "high" : "medium", Entity = $"{saved.Number} {saved.Title}",
            EventId = string.Create(CultureInfo.InvariantCulture, $"control-test/{saved.Number}/{now:yyyyMMddHHmmss}"), EventTime = now,
        };
        return events.Count == 0 ? [match] : [.. events.Select(e => match with { EventId = e.Id, EventTime = e.Time, Host = e.Host ?? "", SourceIp = e.SourceIp ?? "" })];
    }

    [LoggerMessage(51, LogLevel.Error, "Control tests could not be run; it is tried again")]
    private static partial void NotTested(ILogger logger, Exception e);

    [LoggerMessage(52, LogLevel.Warning, "The result of control test {Test} could not be attached to {Record}: {Why}")]
    private static partial void NotKept(ILogger logger, string test, string record, string why);
}
