using System.Data.Common;
using System.Globalization;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>What is kept, and how the store grows.</summary>
/// <param name="Bytes">Bytes of all files on this machine, the open segment's included.</param>
/// <param name="RawBytes">Bytes of the events before they were packed.</param>
/// <param name="Events">Number of sealed events.</param>
/// <param name="FreeBytes">Room on the disk.</param>
/// <param name="MaxBytes">The most that the rules allow; absent for no bound.</param>
/// <param name="BytesADay">What the files grew by a day, by those of the last week; absent before there is a day to judge by.</param>
/// <param name="FullOn">When the disk is full or the bound is met at that rate; absent when it does not grow.</param>
/// <param name="Oldest">When the oldest event was received.</param>
/// <param name="Sources">Every source, the largest first.</param>
/// <param name="Files">The files, newest first.</param>
/// <param name="Removals">What was removed, newest first.</param>
public sealed record LogStorage(
    long Bytes, long RawBytes, long Events, long FreeBytes, long? MaxBytes, double? BytesADay, DateTimeOffset? FullOn, DateTimeOffset? Oldest, IReadOnlyList<StoredSource> Sources, IReadOnlyList<StoreFile> Files, IReadOnlyList<SegmentRemoval> Removals)
{
    /// <summary>The place that old files are moved to; absent where there is none.</summary>
    public ColdStanding? Cold { get; init; }

    /// <summary>Days after which files are moved there; absent for never.</summary>
    public int? ColdDays { get; init; }
}

/// <summary>What is kept of a source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Events">Number of events.</param>
/// <param name="Bytes">Their share of the bytes of the files.</param>
/// <param name="From">When the first was received.</param>
/// <param name="To">When the last was received.</param>
/// <param name="Keep">How long they are kept; absent for ever.</param>
/// <param name="NextRemoval">When the next of them go; absent for never.</param>
public sealed record StoredSource(string Source, long Events, long Bytes, DateTimeOffset From, DateTimeOffset To, TimeSpan? Keep, DateTimeOffset? NextRemoval);

/// <summary>Applies the retention rules and the holds to the log store, and puts its files together.</summary>
public sealed partial class LogKeeping(LogService logs, IDbContextFactory<HufuDbContext> factory, TimeProvider clock, ILogger<LogKeeping> logger) : RepeatedWork(clock, PackEvery)
{
    private static readonly TimeSpan PackEvery = TimeSpan.FromMinutes(10);
    private LocalizedText? told;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan Minimum = TimeSpan.FromDays(RetentionRuleType.MinimumDays);

    /// <summary>What the records that are in force say. Without a rule nothing is removed.</summary>
    internal async Task<RetentionPolicy> PolicyAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var rules = await db.Set<RetentionRule>().AsNoTracking().Where(r => r.State == RetentionRuleType.Active && r.ArchivedAt == null).ToListAsync(cancellation);
        var holds = await db.Set<LogHold>().AsNoTracking().Where(h => h.State == LogHoldType.On && h.ArchivedAt == null).ToListAsync(cancellation);
        // Of two rules for one source the one that keeps longer holds.
        var sources = rules.Where(r => r.Source.Length > 0).GroupBy(r => r.Source, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Longest(g), StringComparer.Ordinal);
        var others = rules.Where(r => r.Source.Length == 0).ToList();
        return new RetentionPolicy
        {
            Sources = sources,
            // Where no rule says it, only the bound of size may remove, and nothing that the law has everybody keep.
            Others = others.Count > 0 ? Longest(others, bySize: true) : new SourceRetention(null, Minimum),
            MaxBytes = others.Max(r => r.MaxGigabytes) is { } gigabytes ? gigabytes * 1_000_000_000L : null,
            // Of two, what stays here longer holds.
            ColdAfter = others.Max(r => r.ColdDays) is { } days ? TimeSpan.FromDays(days) : null,
            Holds = [.. holds.Select(h => new LegalHold(h.Query.Trim() == "*" ? SearchQuery.Everything : SearchQuery.Parse(h.Query).Value, h.From, h.To))],
        };
    }

    /// <summary>Applies the rules now.</summary>
    internal async Task<MaintenanceResult> ApplyAsync(CancellationToken cancellation) => await MaintainAsync(await PolicyAsync(cancellation), cancellation);

    /// <summary>What is kept, and how it grows.</summary>
    internal Task<LogStorage> StorageAsync(CancellationToken cancellation) => StorageAsync(logs.Store, cancellation);

    /// <summary>The same of a store that was opened to read.</summary>
    public async Task<LogStorage> StorageAsync(LogStore store, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        var (policy, files, now) = (await PolicyAsync(cancellation), store.Files(), Clock.GetUtcNow());
        var bytes = new DirectoryInfo(logs.Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        var free = new DriveInfo(logs.Folder).AvailableFreeSpace;
        var raw = files.SelectMany(f => f.Sources).Sum(s => s.Bytes);
        var first = files.Count == 0 ? (DateTimeOffset?)null : files.Min(f => f.SealedAt);
        double? aDay = null;
        if (first is { } since && now - since >= TimeSpan.FromDays(1))
        {
            // A file of several segments counts by the last of them: over a week that evens out.
            var span = now - since < Week ? now - since : Week;
            aDay = files.Where(f => f.SealedAt > now - span).Sum(f => f.Bytes) / span.TotalDays;
        }

        var room = policy.MaxBytes is { } most ? Math.Min(free, most - bytes) : free;
        var days = aDay > 0 ? Math.Max(0, room) / aDay : null;
        return new LogStorage(
            bytes, raw, files.SelectMany(f => f.Sources).Sum(s => s.Events), free, policy.MaxBytes, aDay, days < 36_500 ? now.AddDays(days.Value) : null,
            files.SelectMany(f => f.Sources).Select(s => (DateTimeOffset?)s.ReceivedFrom).Min(),
            [.. files.SelectMany(f => f.Sources.Select(s => (File: f, Source: s))).GroupBy(x => x.Source.Source, StringComparer.Ordinal).Select(g => Of(g.Key, [.. g], policy.Of(g.Key))).OrderByDescending(s => s.Bytes)],
            [.. files.Reverse()], [.. files.SelectMany(f => f.Removals).OrderByDescending(r => r.At)]) { Cold = store.Cold, ColdDays = (int?)policy.ColdAfter?.TotalDays };
    }

    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        // Files are put together and moved all day; events are removed once a day, by the job.
        var policy = await PolicyAsync(cancellation);
        await MaintainAsync(new RetentionPolicy { ColdAfter = policy.ColdAfter, MaxBytes = policy.ColdAfter is null ? null : policy.MaxBytes }, cancellation);
    }

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or InvalidDataException)) return false;
        NotPacked(logger, failure);
        return true;
    }

    private async Task<MaintenanceResult> MaintainAsync(RetentionPolicy policy, CancellationToken cancellation)
    {
        var result = await logs.Store.MaintainAsync(policy, cancellation);
        foreach (var problem in result.Problems) Damaged(logger, problem);
        // The same is not said every ten minutes.
        if (result.ColdProblem is { } cannot && cannot != told) ColdFailed(logger, cannot.En);
        if (result.ColdProblem is null && told is not null) ColdWell(logger);
        told = result.ColdProblem;
        if (result.Removals.Count > 0) logs.Database?.LookNow();
        return result;
    }

    private static StoredSource Of(string source, List<(StoreFile File, SourceVolume Source)> volumes, SourceRetention retention)
    {
        var keep = retention.Keep > retention.Minimum ? retention.Keep : retention.Keep is null ? null : (TimeSpan?)retention.Minimum;
        return new StoredSource(
            source, volumes.Sum(v => v.Source.Events), (long)volumes.Sum(v => v.File.Bytes * ((double)v.Source.Bytes / Math.Max(1, v.File.Sources.Sum(s => s.Bytes)))), volumes.Min(v => v.Source.ReceivedFrom), volumes.Max(v => v.Source.ReceivedTo),
            keep, keep is { } span ? volumes.Min(v => v.Source.ReceivedTo) + span : null);
    }

    private static SourceRetention Longest(IEnumerable<RetentionRule> rules, bool bySize = false)
    {
        var all = rules.ToList();
        var keep = all.Exists(r => r.KeepDays is null) ? (TimeSpan?)null : TimeSpan.FromDays(all.Max(r => r.KeepDays!.Value));
        // A source that is kept for ever by a rule of its own does not go by size either.
        var minimum = keep is null && !bySize ? TimeSpan.MaxValue : all.TrueForAll(r => r.BelowMinimum) ? keep < Minimum ? keep.Value : TimeSpan.Zero : Minimum;
        return new SourceRetention(keep, minimum);
    }

    [LoggerMessage(41, LogLevel.Error, "The files of the log store could not be put together; it is tried again")]
    private static partial void NotPacked(ILogger logger, Exception e);

    [LoggerMessage(43, LogLevel.Error, "Cold storage of the log store: {What} Nothing is lost; it is tried again")]
    private static partial void ColdFailed(ILogger logger, string what);

    [LoggerMessage(44, LogLevel.Information, "Cold storage of the log store works again")]
    private static partial void ColdWell(ILogger logger);

    [LoggerMessage(42, LogLevel.Error, "Log store: {What}. It is left as it is; run “hufu verify”")]
    private static partial void Damaged(ILogger logger, string what);
}

/// <summary>Removes the logs whose time is over.</summary>
internal sealed class RetentionJob(LogKeeping keeping, Detection detection, TimeProvider Clock) : IHufuJob
{
    /// <summary>Rule of the alert that the store is larger than it may be and nothing more can be removed.</summary>
    internal const string ExcessRule = "hufu.logs-too-large";

    public static JobDefinition Definition { get; } = new(
        "logs.retention", new LocalizedText("依保存規則刪除日誌", "Apply log retention"),
        new LocalizedText("刪除超過保存期限或容量上限的日誌，帳本留下紀錄；保全中的日誌不刪除。", "Removes logs that are older than their rule or above the most that the store may take, with a record in the ledger; logs under a hold stay."))
    {
        DefaultCron = "20 2 * * *",
        Area = LogsModule.Area,
        Resumable = true,
    };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var result = await keeping.ApplyAsync(cancellation);
        var removed = result.Removals.SelectMany(r => r.Sources).Sum(s => s.Events);
        if (result.ExcessBytes > 0)
        {
            var now = Clock.GetUtcNow();
            await detection.RaiseAsync(
                [
                    new RuleMatch
                    {
                        RuleId = ExcessRule, RuleTitle = "日誌超過容量上限，且無可刪除者", RuleTitleEn = "Logs exceed their limit, and none may be removed", RuleAuthor = "Hufu", Level = "high", EventId = "storage/" + now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), EventTime = now, Host = "", Entity = "Hufu",
                    },
                ], cancellation);
        }

        return new JobOutcome(result.Problems.Count == 0 && result.ColdProblem is null, new LocalizedText(
            $"刪除 {removed:N0} 筆日誌；因保全而保留 {result.Held:N0} 筆。" + (result.Problems.Count > 0 ? $"{result.Problems.Count} 個檔案毀損，未處理。" : "") + (result.Moved > 0 ? $"{result.Moved} 個檔案移至冷儲存。" : "") + (result.ColdProblem is { } zh ? $"冷儲存：{zh.Zh}" : "") + (result.ExcessBytes > 0 ? $"仍超過容量上限 {result.ExcessBytes / 1e9:F1} GB。" : ""),
            $"Removed {removed:N0} events; {result.Held:N0} stay under a hold." + (result.Problems.Count > 0 ? $" {result.Problems.Count} damaged files were left as they are." : "") + (result.Moved > 0 ? $" Moved {result.Moved} files to cold storage." : "") + (result.ColdProblem is { } en ? $" Cold storage: {en.En}" : "") + (result.ExcessBytes > 0 ? $" Still {result.ExcessBytes / 1e9:F1} GB above the bound." : "")));
    }
}
