using System.Data.Common;
using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>A record that was kept and could not be read without reserve.</summary>
/// <param name="Number">Which record of the file, from 1.</param>
/// <param name="EventId">Where it is stored.</param>
/// <param name="Problems">What is wrong, as codes of <see cref="LogProblem"/>.</param>
public sealed record ImportProblem(long Number, string EventId, IReadOnlyList<string> Problems);

/// <summary>What came of one file.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Source">The source that its events carry.</param>
/// <param name="Store">What the store did.</param>
/// <param name="Formats">Formats found, with the number of records of each.</param>
/// <param name="Problems">The first records with problems; their number is in <see cref="ImportResult.WithProblems"/>.</param>
/// <param name="From">Time of the earliest new event.</param>
/// <param name="To">Time of the latest new event.</param>
/// <param name="Alerts">What the rules found.</param>
public sealed record LogImportOutcome(
    string Name, string Source, ImportResult Store, IReadOnlyDictionary<string, long> Formats, IReadOnlyList<ImportProblem> Problems, DateTimeOffset? From, DateTimeOffset? To, RaisedCounts Alerts);

/// <summary>Brings events in: into the store first, then past the rules.</summary>
public sealed partial class LogImport(LogService logs, Detection detection, LiveDetection live, SiteDecoders decoders, ImportTimes times, TimeProvider clock, ILogger<LogImport> logger)
{
    private readonly ImportJournal journal = new(Path.Combine(logs.Folder, "imports"));

    private const int MaxProblems = 50;
    private const int ReportEvery = 5_000;

    /// <summary>Endings of the files that are taken.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".log", ".txt", ".json", ".jsonl", ".ndjson", ".evtx", ".xml", ".csv", ".gz", ".zst", ".zip", ".tar", ".tgz"];

    /// <summary>The decoders that the site has written and that are on.</summary>
    internal UserDecoders Decoders => decoders.Current;

    /// <summary>The formats and decoders that records can be told to be of; those of the site last.</summary>
    public IReadOnlyList<string> Formats => [.. LogFormats.All, .. LogFormats.Decoders, .. decoders.Current.Names];

    /// <summary>The refusal of a format that there is not.</summary>
    internal static Error NoFormat(string format) => Error.Of("logs.take.format", $"沒有「{(format.Length > 60 ? format[..60] : format)}」這個格式；可用 {string.Join("、", LogFormats.All)}，或解碼器的代號。", $"There is no format '{(format.Length > 60 ? format[..60] : format)}'; use one of {string.Join(", ", LogFormats.All)}, or the name of a decoder.", "format");

    /// <summary>
    /// Imports a file and looks through its new events. The same contents again add nothing and raise nothing. No line is dropped: what cannot be
    /// understood is kept as text with its problem.
    /// </summary>
    /// <param name="actor">Who imports; needs to write logs.</param>
    /// <param name="path">The file; its ending says how it is packed.</param>
    /// <param name="name">The name that people know it by.</param>
    /// <param name="source">The source that the events carry; the file's name when empty.</param>
    /// <param name="format">The format or decoder that reads every record; empty to find out.</param>
    /// <param name="progress">Told how many new events have been looked at.</param>
    /// <param name="cancellation">Stops the work; importing again goes on with what is missing.</param>
    public async Task<Result<LogImportOutcome>> ImportAsync(Actor actor, string path, string name, string source, string? format = null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (!actor.May(LogsModule.Area, Right.Write)) return Result.Fail<LogImportOutcome>(Error.Of("access.denied", "您沒有匯入日誌的權限。", "You do not have the right to import logs."));
        source = source.Trim() is { Length: > 0 } given ? given : name;
        if (source.Length > 200) source = source[..200];
        if (AuditFeed.IsOwn(source)) return Result.Fail<LogImportOutcome>(AuditFeed.Reserved("source"));
        await decoders.RefreshAsync(cancellation);
        if (!string.IsNullOrEmpty(format) && !Formats.Contains(format)) return Result.Fail<LogImportOutcome>(NoFormat(format));
        var parse = new LogParseOptions { ReferenceTime = clock.GetUtcNow(), Format = string.IsNullOrEmpty(format) ? null : format, Decoders = decoders.Current, AssumedOffset = SiteTime.Zone.GetUtcOffset(clock.GetUtcNow()) };
        try
        {
            string sha256;
            await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous))
                sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
            var outcome = await logs.AddAsync(async (store, place) =>
            {
                var known = store.ImportOf(sha256);
                var pending = Settled(store, journal.Find(sha256));
                if (known is { Complete: true } && pending is null)
                    return Result.Of(new LogImportOutcome(name, source, new ImportResult(sha256, known.Records, 0, 0), new Dictionary<string, long>(), [], null, null, RaisedCounts.None));
                var added = new ImportResult(sha256, known?.Records ?? 0, 0, 0);
                if (known is not { Complete: true })
                {
                    pending ??= new PendingImport(sha256, name, source, []);
                    journal.Write(pending with { Ranges = [.. pending.Ranges, new ImportRange(place.Segment, place.Row, 0)] });
                    using (times.Begin(source)) added = await store.ImportAsync(path, source, parse, cancellation: cancellation);
                    pending = Settled(store, journal.Find(sha256))!;
                }

                var looked = await LookAsync(store, pending!, added, name, source, complete: true, progress, cancellation);
                // From here on the journal answers for what is missing.
                live.Pass(place, logs.End);
                return Result.Of(looked);
            }, cancellation);
            if (!live.IsBehind) await live.RaiseAsync(cancellation);
            return outcome;
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            // The database or a segment could not be written, most likely for want of room. What is stored stays, and the journal knows what is missing.
            if (DiskFull.Is(e)) return Result.Fail<LogImportOutcome>(Full(name));
            var why = e is DbUpdateException { InnerException: { } inner } ? inner.Message : e.Message;
            return Result.Fail<LogImportOutcome>(Error.Of("logs.import.not-finished", $"日誌匯入未完成：{why}。再匯入同一檔案或重新啟動，會接續並補上告警。", $"The import of logs was not finished: {why}. Import the same file again, or start again: it goes on and the missing alerts are raised.", name));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Result.Fail<LogImportOutcome>(DiskFull.Is(e)
                ? Full(name)
                : Error.Of("logs.import.unreadable", $"檔案無法讀取：{e.Message}", $"The file could not be read: {e.Message}", name));
        }
    }

    /// <summary>
    /// Finishes what an earlier process left: looks through the events of every import that was stored and not looked through to the end. Returns
    /// what came of each; nothing is raised twice.
    /// </summary>
    public async Task<IReadOnlyList<LogImportOutcome>> ResumeAsync(CancellationToken cancellation = default)
    {
        var outcomes = new List<LogImportOutcome>();
        foreach (var waiting in journal.All())
        {
            var outcome = await logs.AddAsync(async (store, _) =>
            {
                // Somebody may have imported the same file meanwhile.
                if (Settled(store, journal.Find(waiting.Sha256)) is not { } pending) return null;
                var complete = store.ImportOf(pending.Sha256) is { Complete: true };
                var stored = pending.Ranges.Sum(r => r.Count);
                if (!complete && stored == pending.Looked) return null;
                return await LookAsync(store, pending, new ImportResult(pending.Sha256, stored, 0, 0), pending.Name, pending.Source, complete, null, cancellation);
            }, cancellation);
            if (outcome is not null) outcomes.Add(outcome);
        }

        return outcomes;
    }

    /// <summary>Adds events, looks at them and writes their alerts. Returns their ids.</summary>
    public async Task<IReadOnlyList<string>> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var ids = await StoreAsync(events, _ => Task.CompletedTask, cancellation);
        await live.RaiseAsync(cancellation);
        return ids;
    }

    /// <summary>Stores what a receiver has taken in, and looks at it. Ends when it is stored; alerts are written by <see cref="LiveDetection"/> a little later.</summary>
    /// <exception cref="IOException">The store has no room.</exception>
    internal Task TakeAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation) => TakeAsync(events, _ => Task.CompletedTask, cancellation);

    /// <summary>The same; <paramref name="before"/> is told first where the events will lie.</summary>
    internal Task TakeAsync(IReadOnlyList<LogEvent> events, Func<EventPlace, Task> before, CancellationToken cancellation) => StoreAsync(events, before, cancellation);

    private async Task<IReadOnlyList<string>> StoreAsync(IReadOnlyList<LogEvent> events, Func<EventPlace, Task> before, CancellationToken cancellation)
    {
        LiveDetection.Arrival? arrival = null;
        IReadOnlyList<string> ids;
        try
        {
            ids = await logs.AddAsync(async (store, place) =>
            {
                await before(place);
                arrival = live.Expect(place);
                return await store.AppendAsync(events, cancellation);
            }, cancellation);
        }
        catch
        {
            if (arrival is not null) live.Withdraw(arrival);
            throw;
        }

        try
        {
            await live.FollowAsync(arrival!, events, ids, cancellation);
        }
        catch (Exception e)
        {
            // Whatever it is, the events are stored; to fail here would have them stored again.
            NotRaised(logger, e);
        }

        return ids;
    }

    [LoggerMessage(14, LogLevel.Error, "Alerts could not be written; it is tried again")]
    private static partial void NotRaised(ILogger logger, Exception e);

    // An attempt that was stopped did not note how much it stored: the store knows how much of the file it has, and what one attempt stores lies together.
    private static PendingImport? Settled(LogStore store, PendingImport? pending)
    {
        if (pending is null || pending.Ranges.Count == 0 || pending.Ranges[^1].Count > 0) return pending;
        var before = pending.Ranges.Take(pending.Ranges.Count - 1).ToList();
        var stored = (store.ImportOf(pending.Sha256)?.Records ?? 0) - before.Sum(r => r.Count);
        return pending with { Ranges = stored > 0 ? [.. before, pending.Ranges[^1] with { Count = stored }] : before };
    }

    // What is looked at is what the store has: that is also there when the file is not.
    private async Task<LogImportOutcome> LookAsync(LogStore store, PendingImport pending, ImportResult added, string name, string source, bool complete, IProgress<long>? progress, CancellationToken cancellation)
    {
        journal.Write(pending);
        var run = detection.Begin();
        var formats = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var problems = new List<ImportProblem>();
        DateTimeOffset? from = null, to = null;
        long looked = 0;
        foreach (var item in pending.Ranges.SelectMany(r => store.EventsFrom(r.Segment, r.Row, r.Count, cancellation)))
        {
            looked++;
            formats[item.Format] = formats.GetValueOrDefault(item.Format) + 1;
            if (item.Problems.Count > 0 && problems.Count < MaxProblems) problems.Add(new ImportProblem(looked, item.Id, item.Problems));
            if (from is null || item.Time < from) from = item.Time;
            if (to is null || item.Time > to) to = item.Time;
            run.Process(item);
            if (looked % ReportEvery == 0) progress?.Report(looked);
        }

        progress?.Report(looked);
        var raised = await detection.RaiseAsync(run.Take(), cancellation);
        if (raised.Errors.Count == 0)
        {
            if (complete) journal.Remove(pending.Sha256);
            else journal.Write(pending with { Looked = looked });
        }

        return new LogImportOutcome(name, source, added, formats, problems, from, to, raised);
    }

    private static Error Full(string name) => Error.Of("logs.import.disk-full", "磁碟已滿，日誌未完全匯入。騰出空間後再匯入同一檔案，會由中斷處接續。", "The disk is full and the logs were not imported to the end. Make room and import the same file again: it goes on where it stopped.", name);
}
