using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>A hunt as people see it.</summary>
/// <param name="Order">What was asked for.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Run">The run that works on it or did last; null before the first and when it is gone.</param>
public sealed record HuntView(HuntOrder Order, HuntState State, JobRun? Run);

/// <summary>How the product hunts by itself.</summary>
/// <param name="Days">How far back, when rules become new or change; 0 for not at all.</param>
public sealed record HuntSettings(int Days = 7)
{
    /// <summary>What may be chosen.</summary>
    public static IReadOnlyList<int> Choices { get; } = [0, 1, 7, 30];
}

/// <summary>Hunts through stored events: asked for, made by a job one after another, and kept with what they found.</summary>
internal sealed class Hunts(LogService logs, Detection detection, IndicatorLibrary indicators, LiveDetection live, StorageOptions storage, JobService jobs, HuntLimit limit, IDbContextFactory<HufuDbContext> factory, TimeProvider clock)
{
    /// <summary>What hunts are called in the change log.</summary>
    internal const string ChangeKey = "logs.hunt";

    // Of one person, waiting or running.
    private const int MostOfOne = 5;

    // Events that an estimate measures with, and how long it does at the most.
    private const int MeasuredEvents = 3_000;
    private const int RaiseAbout = 20_000;
    private const int ShownRefused = 50;
    private const string SettingsFile = "settings.json";
    private static readonly TimeSpan MeasuredFor = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(1);

    /// <summary>The bounds.</summary>
    internal HuntLimit Limit => limit;

    internal HuntFiles Files { get; } = new(Path.Combine(storage.DataFolder, "hunts"));

    /// <summary>How the product hunts by itself.</summary>
    internal HuntSettings Settings => Files.Kept<HuntSettings>(SettingsFile) is { } kept && HuntSettings.Choices.Contains(kept.Days) ? kept : new HuntSettings();

    /// <summary>Sets how far back the product hunts by itself.</summary>
    internal async Task<Result<HuntSettings>> SetAsync(Actor actor, int days, CancellationToken cancellation)
    {
        if (!HuntSettings.Choices.Contains(days)) return Result.Fail<HuntSettings>(Error.Of("logs.hunt.days", "天數為 0、1、7 或 30。", "The days are 0, 1, 7 or 30.", "days"));
        var before = Settings;
        await NoteAsync(actor, "settings", "", [new FieldChange("days", before.Days.ToString(CultureInfo.InvariantCulture), days.ToString(CultureInfo.InvariantCulture))], cancellation);
        Files.Keep(SettingsFile, new HuntSettings(days));
        return Result.Of(new HuntSettings(days));
    }

    /// <summary>What a hunt would cost. Looks at some events of the period to tell how fast it goes.</summary>
    internal async Task<Result<HuntEstimate>> EstimateAsync(HuntOrder order, string? own, CancellationToken cancellation)
    {
        var prepared = Prepare(order, own);
        if (!prepared.IsOk) return Result.Fail<HuntEstimate>(prepared.Errors);
        var (rules, query) = prepared.Value;
        return await Task.Run(
            () =>
            {
                var search = new Hunting(order, rules, query, limit).Search;
                var stretches = rules.StretchesOf(logs.Store, search);
                var run = rules.Begin();
                var (measured, began) = (0, Stopwatch.StartNew());
                foreach (var item in stretches.OrderByDescending(s => s.Events).Take(1).SelectMany(s => logs.Store.EventsOf(search, s with { Events = Math.Min(s.Events, MeasuredEvents) }, cancellation)))
                {
                    run.Process(item);
                    run.Take();
                    measured++;
                    if (measured == MeasuredEvents || began.Elapsed > MeasuredFor) break;
                }

                return Result.Of(new HuntEstimate(rules.Count, stretches.Sum(s => (long)s.Events), stretches.Sum(s => s.Bytes), measured > 0 ? measured / began.Elapsed.TotalSeconds : 0, rules.Refused) { PassedOver = PassedOver(search, stretches) });
            }, cancellation);
    }

    /// <summary>Puts a hunt into the queue of jobs.</summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="order">What for.</param>
    /// <param name="own">Rules that are given with it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task<Result<HuntOrder>> AskAsync(Actor actor, HuntOrder order, string? own, CancellationToken cancellation)
    {
        order = order with { Id = Guid.CreateVersion7(), By = actor.IsSystem ? null : actor.Id, ByName = actor.Name, At = Instants.Truncate(clock.GetUtcNow()) };
        var prepared = Prepare(order, own);
        if (!prepared.IsOk) return Result.Fail<HuntOrder>(prepared.Errors);
        if (!actor.IsSystem && (await ListAsync(cancellation)).Count(h => h.Order.By == actor.Id && !h.State.HasEnded) >= MostOfOne)
            return Result.Fail<HuntOrder>(Error.Of("logs.hunt.waiting", $"您已有 {MostOfOne} 個回溯搜尋未完成，請等待或取消。", $"{MostOfOne} of your hunts are not done; wait for one, or cancel it."));
        await RemoveOldAsync(cancellation);
        Files.Create(order, order.Choice.Own ? own : null);
        var queued = await jobs.EnqueueAsync(actor, HuntJob.Definition.Key, new HuntParameters(order.Id), cancellation: cancellation);
        if (!queued.IsOk)
        {
            Files.Delete(order.Id);
            return Result.Fail<HuntOrder>(queued.Errors);
        }

        await NoteAsync(actor, "hunt", order.Id.ToString(),
            [new("query", null, order.Query), new("from", null, order.From?.ToString("O", CultureInfo.InvariantCulture)), new("to", null, order.To.ToString("O", CultureInfo.InvariantCulture)), new("rules", null, prepared.Value.Rules.Count.ToString(CultureInfo.InvariantCulture)), new("alerts", null, order.Alerts ? "true" : "false")], cancellation);
        return Result.Of(order);
    }

    /// <summary>All hunts, newest first.</summary>
    internal async Task<IReadOnlyList<HuntView>> ListAsync(CancellationToken cancellation)
    {
        var runs = await RunsAsync(cancellation);
        return [.. Files.Orders().Select(order => ViewOf(order, runs))];
    }

    /// <summary>One of them; null when there is none.</summary>
    internal async Task<HuntView?> FindAsync(Guid id, CancellationToken cancellation) => Files.Order(id) is { } order ? ViewOf(order, await RunsAsync(cancellation)) : null;

    /// <summary>True when somebody may end or remove it: whoever asked for it, and whoever may write.</summary>
    internal static bool MayManage(Actor actor, HuntView hunt) => (hunt.Order.By is { } by && by == actor.Id) || actor.May(LogsModule.Area, Right.Write);

    /// <summary>Ends one that waits or runs. What it found so far stays.</summary>
    internal async Task<Result<HuntView>> CancelAsync(Actor actor, HuntView hunt, CancellationToken cancellation)
    {
        if (!MayManage(actor, hunt)) return Result.Fail<HuntView>(NotYours);
        if (hunt.Run is not { HasEnded: false } run) return Result.Fail<HuntView>(Error.Of("logs.hunt.ended", "這個回溯搜尋已經結束。", "This hunt has ended."));
        var cancelled = await jobs.CancelAsync(Actor.System(), run.Id, cancellation);
        if (!cancelled.IsOk) return Result.Fail<HuntView>(cancelled.Errors);
        await NoteAsync(actor, "cancel", hunt.Order.Id.ToString(), [], cancellation);
        return Result.Of((await FindAsync(hunt.Order.Id, cancellation))!);
    }

    /// <summary>Removes one that has ended. Its alerts stay.</summary>
    internal async Task<Result<HuntView>> DeleteAsync(Actor actor, HuntView hunt, CancellationToken cancellation)
    {
        if (!MayManage(actor, hunt)) return Result.Fail<HuntView>(NotYours);
        if (!hunt.State.HasEnded) return Result.Fail<HuntView>(Error.Of("logs.hunt.runs", "請先取消。", "Cancel it first."));
        await NoteAsync(actor, "delete", hunt.Order.Id.ToString(), [], cancellation);
        Files.Delete(hunt.Order.Id);
        return Result.Of(hunt);
    }

    /// <summary>Raises alerts of what a hunt kept. Asked twice, it raises nothing more.</summary>
    internal async Task<Result<RaisedCounts>> RaiseAsync(Actor actor, HuntView hunt, CancellationToken cancellation)
    {
        if (!hunt.State.HasEnded) return Result.Fail<RaisedCounts>(Error.Of("logs.hunt.runs-on", "請等待回溯搜尋結束。", "Wait for the hunt to end."));
        if (hunt.State.Kept == 0) return Result.Fail<RaisedCounts>(Error.Of("logs.hunt.nothing", "沒有命中可產生告警。", "There is no hit to raise an alert of."));
        await NoteAsync(actor, "alerts", hunt.Order.Id.ToString(), [], cancellation);
        var state = Files.State(hunt.Order.Id);
        var rules = state.Rules.GroupBy(r => r.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        // What the stream has found and not yet written would be counted by both.
        await live.RaiseAsync(cancellation);
        var (matches, sum) = (new List<RuleMatch>(), RaisedCounts.None);
        foreach (var hit in Files.Hits(hunt.Order.Id))
        {
            if (!rules.TryGetValue(hit.Rule, out var rule)) continue;
            matches.AddRange(Hunting.MatchesOf(hit, rule));
            if (matches.Count >= RaiseAbout) await WriteAsync();
        }

        await WriteAsync();
        if (sum.Errors.Count > 0) return Result.Fail<RaisedCounts>(sum.Errors);
        state.Raised = true;
        (state.Created, state.Grown, state.Known) = (state.Created + sum.Created.Count, state.Grown + sum.Grown.Count, state.Known + sum.Known);
        Files.Save(hunt.Order.Id, state);
        return Result.Of(sum);

        async Task WriteAsync()
        {
            if (matches.Count == 0 || sum.Errors.Count > 0) return;
            var raised = await detection.RaiseAsync(matches, cancellation);
            matches.Clear();
            sum = new RaisedCounts([.. sum.Created, .. raised.Created], [.. sum.Grown.Union(raised.Grown)], sum.Known + raised.Known, raised.Errors);
        }
    }

    /// <summary>Does the work of a run.</summary>
    /// <param name="id">The hunt.</param>
    /// <param name="run">The run.</param>
    /// <param name="attempt">Which try it is.</param>
    /// <param name="progress">Told how far it is, 0 to 1, and in words.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<JobOutcome> WorkAsync(Guid id, long run, int attempt, Action<double, LocalizedText> progress, CancellationToken cancellation)
    {
        if (Files.Order(id) is not { } order) return JobOutcome.Failed("這個回溯搜尋已經刪除。", "This hunt has been removed.");
        var prepared = Prepare(order, Files.Rules(order.Id));
        // A hunt that was broken off goes on where it stood, with what it had found.
        var before = prepared.IsOk && !Files.State(id).IsDone ? Files.Resumption(id, prepared.Value.Rules.Stamp) : null;
        if (before is not null && !Hunting.CanGoOn(prepared.Value.Rules, before)) before = null;
        var state = before?.State ?? new HuntState();
        (state.State, state.Run, state.Attempt, state.StartedAt, state.EndedAt, state.Resumed) = (JobStates.Running, run, attempt, Instants.Truncate(clock.GetUtcNow()), null, before is null ? 0 : state.Events);
        // Alerts that it raised after that place are known when they are raised again.
        if (before is not null && Files.State(id) is var last) (state.Created, state.Grown) = (Math.Max(state.Created, last.Created), Math.Max(state.Grown, last.Grown));
        Files.Save(id, state);
        try
        {
            var outcome = prepared.IsOk ? await WorkAsync(order, prepared.Value.Rules, prepared.Value.Query, state, before, progress, cancellation) : new JobOutcome(false, prepared.Errors[0].Message);
            (state.State, state.Result) = (outcome.Ok ? JobStates.Done : JobStates.Failed, outcome.Text);
            if (outcome.Ok) Files.Forget(id);
            return outcome;
        }
        catch (OperationCanceledException)
        {
            // Whether somebody cancelled it or the program stops is known to the run.
            state.State = JobStates.Interrupted;
            throw;
        }
        catch (Exception e)
        {
            (state.State, state.Result) = (JobStates.Failed, new LocalizedText($"未完成：{e.Message}", $"Not completed: {e.Message}"));
            throw;
        }
        finally
        {
            state.EndedAt = Instants.Truncate(clock.GetUtcNow());
            Files.Save(id, state);
        }
    }

    private async Task<JobOutcome> WorkAsync(HuntOrder order, HuntRules rules, SearchQuery query, HuntState state, HuntResumption? before, Action<double, LocalizedText> progress, CancellationToken cancellation)
    {
        var hunting = new Hunting(order, rules, query, limit);
        var stretches = rules.StretchesOf(logs.Store, hunting.Search);
        (state.RuleCount, state.Refused) = (rules.Count, [.. rules.Refused.Take(ShownRefused).Select(e => e.ToString())]);
        var left = before is null ? stretches : [.. Hunting.Behind(stretches, before.Segment, before.Row)];
        (state.Total, state.Bytes) = (state.Events + left.Sum(s => (long)s.Events), stretches.Sum(s => s.Bytes));
        state.PassedOver = PassedOver(hunting.Search, stretches);
        // What the stream has found of these events and not yet written would be counted by both.
        if (order.Alerts) await live.RaiseAsync(cancellation);
        var pace = new HuntPace(() => logs.Store.OpenEvents, clock);
        var (saved, unraised) = (clock.GetTimestamp(), new List<RuleMatch>());
        using var kept = Files.Begin(order.Id, before?.HitBytes ?? 0);
        var placed = clock.GetTimestamp();
        try
        {
            // The reading of a file is no asynchronous work: it goes on beside what serves pages.
            await Task.Run(() => hunting.RunAsync(logs.Store, stretches, state, kept, StepAsync, cancellation, RestAsync, before), cancellation);
        }
        catch (ColdException e)
        {
            return new JobOutcome(false, e.Error.Message);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }

        if (await WriteAsync() is { } refused) return refused;
        state.Raised = order.Alerts;
        var (zh, en) = ($"{state.Hits:N0} 次命中，讀了 {state.Events:N0} 筆日誌。", $"{state.Hits:N0} hits in {state.Events:N0} events.");
        return JobOutcome.Done(zh, en);

        async ValueTask StepAsync(List<RuleMatch> matches)
        {
            cancellation.ThrowIfCancellationRequested();
            if (order.Alerts) unraised.AddRange(matches);
            matches.Clear();
            if (unraised.Count >= RaiseAbout && await WriteAsync() is { } failed) throw new IOException(failed.Text.En);
            if (clock.GetElapsedTime(saved) >= SaveEvery)
            {
                kept.Flush();
                Files.Save(order.Id, state);
                progress(state.Total == 0 ? 0 : Math.Min(1, (double)state.Events / state.Total), new LocalizedText($"{state.Events:N0}／{state.Total:N0} 筆，{state.Hits:N0} 次命中", $"{state.Events:N0} of {state.Total:N0} events, {state.Hits:N0} hits"));
                saved = clock.GetTimestamp();
            }

            await pace.StepAsync(cancellation);
        }

        async ValueTask RestAsync(DetectionRun run, string segment, int row)
        {
            if (clock.GetElapsedTime(placed) < limit.PlaceEvery || run.Remembers > HuntResumption.MostRemembered) return;
            if (await WriteAsync() is { } failed) throw new IOException(failed.Text.En);
            using var memory = new MemoryStream();
            run.Save(memory);
            kept.Settle();
            Files.Keep(order.Id, new HuntResumption(state, segment, row, kept.Bytes, memory.ToArray()), rules.Stamp);
            placed = clock.GetTimestamp();
        }

        async Task<JobOutcome?> WriteAsync()
        {
            if (unraised.Count == 0) return null;
            var raised = await detection.RaiseAsync(unraised, cancellation);
            if (raised.Errors.Count > 0) return new JobOutcome(false, raised.Errors[0].Message);
            unraised.Clear();
            (state.Created, state.Grown, state.Known) = (state.Created + raised.Created.Count, state.Grown + raised.Grown.Count, state.Known + raised.Known);
            return null;
        }
    }

    private long PassedOver(LogSearch search, IReadOnlyList<LogStretch> stretches) =>
        Math.Max(0, logs.Store.StretchesOf(search with { Needs = null }).Sum(s => (long)s.Events) - stretches.Sum(s => (long)s.Events));

    private Result<(HuntRules Rules, SearchQuery Query)> Prepare(HuntOrder order, string? own)
    {
        var query = SearchQuery.Parse(order.Query);
        if (!query.IsOk) return Result.Fail<(HuntRules, SearchQuery)>(query.Errors);
        if (query.Value.IsTable) return Result.Fail<(HuntRules, SearchQuery)>(Error.Of("logs.hunt.table", "縮小範圍的搜尋不能有 | 後的命令。", "A search that narrows a hunt cannot have commands behind |.", "query"));
        if (order.From >= order.To) return Result.Fail<(HuntRules, SearchQuery)>(Error.Of("logs.hunt.period", "期間的起點須早於終點。", "The period must begin before it ends.", "from"));
        if (order.Choice.Own && System.Text.Encoding.UTF8.GetByteCount(own ?? "") > limit.RuleBytes) return Result.Fail<(HuntRules, SearchQuery)>(Error.Of("logs.hunt.rules-large", $"規則超過 {limit.RuleBytes >> 20} MB。", $"The rules are larger than {limit.RuleBytes >> 20} MB.", "own"));
        var rules = !order.Choice.HasRules ? Result.Of(HuntRules.Nothing) : order.Choice.Own ? HuntRules.Read(own ?? "") : HuntRules.Choose(detection.Rules, order.Choice, order.IsAutomatic);
        if (rules.IsOk && order.Choice.Indicators.Count > 0) rules = indicators.SetOf(order.Choice.Indicators, order.Choice.Since) is var set && set.IsOk ? Result.Of(rules.Value.With(set.Value)) : Result.Fail<HuntRules>(set.Errors);
        return rules.IsOk ? Result.Of((rules.Value.With(detection.Mappings), query.Value)) : Result.Fail<(HuntRules, SearchQuery)>(rules.Errors);
    }

    private async Task<ILookup<Guid, JobRun>> RunsAsync(CancellationToken cancellation) =>
        (await jobs.ListAsync(Actor.System(), new JobRunQuery(HuntJob.Definition.Key, Take: 200), cancellation)).ToLookup(run => HuntParameters.Of(run.Parameters));

    // The run says how a hunt ended that its own work could not tell of: cancelled, or cut off by the end of the program.
    private HuntView ViewOf(HuntOrder order, ILookup<Guid, JobRun> runs)
    {
        var state = Files.State(order.Id);
        var run = runs[order.Id].OrderByDescending(r => r.Id).FirstOrDefault();
        if (run is not null && (run.State != state.State || !run.HasEnded))
        {
            state.State = run.State;
            if (run.HasEnded) state.Result = run.Result;
        }
        else if (run is null && !state.HasEnded) (state.State, state.Result) = (JobStates.Interrupted, new LocalizedText("程式在執行途中停止，沒有完成。", "The program stopped while this was running; it was not completed."));
        return new HuntView(order, state, run);
    }

    private async Task RemoveOldAsync(CancellationToken cancellation)
    {
        var ended = (await ListAsync(cancellation)).Where(h => h.State.HasEnded).ToList();
        foreach (var old in ended.Skip(limit.Kept - 1).Union(ended.Where(h => clock.GetUtcNow() - h.Order.At > limit.KeptFor))) Files.Delete(old.Order.Id);
    }

    private async Task NoteAsync(Actor actor, string action, string name, IReadOnlyList<FieldChange> changes, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.Changes.Add(ChangeCapture.Create(ChangeKey, Guid.TryParse(name, out var id) ? id : Guid.CreateVersion7(), 0, action, db.Now, null, actor.Id, new ChangePayload(actor.Id, actor.Name, actor.Channel, null, [.. changes], name)));
        await db.SaveChangesAsync(cancellation);
    }

    private static readonly Error NotYours = Error.Of("access.denied", "只有要求的人或能管理日誌的人可以這樣做。", "Only whoever asked for it, or may manage logs, can do this.");
}

/// <summary>What the run of a hunt is given.</summary>
/// <param name="Hunt">The hunt.</param>
internal sealed record HuntParameters(Guid Hunt)
{
    /// <summary>The hunt of a run's parameters; none when they name none.</summary>
    internal static Guid Of(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<HuntParameters>(json, JsonSerializerOptions.Web)?.Hunt ?? Guid.Empty;
        }
        catch (JsonException)
        {
            return Guid.Empty;
        }
    }
}

/// <summary>Works on a hunt. One at a time, in the order in which they were asked for.</summary>
internal sealed class HuntJob(Hunts hunts) : IHufuJob
{
    public static JobDefinition Definition { get; } = new(
        "logs.hunt", new LocalizedText("回溯搜尋", "Hunt"),
        new LocalizedText("以偵測規則回頭檢查已保存的日誌，列出命中，並可產生標為「回溯發現」的告警。", "Takes stored events through detection rules, lists what they match and, where asked, raises alerts that are marked as found in history."))
    {
        Area = LogsModule.Area,
        Right = Right.Read,
        Resumable = true,
        TimeLimit = TimeSpan.FromHours(48),
        Parameters = [new JobParameter("hunt", new LocalizedText("回溯搜尋", "Hunt"), Required: true)],
    };

    // Whoever may start jobs may not take up what somebody else asked for, nor do again what is done.
    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation) => HuntParameters.Of(context.Parameters.GetRawText()) is var id && hunts.Files.Order(id) is { } order && order.By == context.RequestedBy && !hunts.Files.State(id).IsDone
        ? hunts.WorkAsync(id, context.RunId, context.Attempt, context.Progress, cancellation)
        : Task.FromResult(JobOutcome.Failed("回溯搜尋須由其頁面或 API 要求。", "A hunt is asked for on its page or by the API."));
}
