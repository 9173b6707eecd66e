using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Web.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>A record that was kept and could not be read without reserve.</summary>
/// <param name="Number">Which record of the file, from 1.</param>
/// <param name="EventId">Where it is stored.</param>
/// <param name="Problems">What is wrong.</param>
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
public sealed class LogImport(LogService logs, Detection detection, TimeProvider clock)
{
    private const int MaxProblems = 50;
    private const int ReportEvery = 5_000;

    /// <summary>Endings of the files that are taken.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".log", ".txt", ".json", ".jsonl", ".ndjson", ".gz", ".zst"];

    /// <summary>
    /// Imports a file and looks through its new events. The same contents again add nothing and raise nothing. No line is dropped: what cannot be
    /// understood is kept as text with its problem.
    /// </summary>
    /// <param name="actor">Who imports; needs to write logs.</param>
    /// <param name="path">The file; its ending says how it is packed.</param>
    /// <param name="name">The name that people know it by.</param>
    /// <param name="source">The source that the events carry; the file's name when empty.</param>
    /// <param name="progress">Told how many new events have been looked at.</param>
    /// <param name="cancellation">Stops the work; importing again goes on with what is missing.</param>
    public async Task<Result<LogImportOutcome>> ImportAsync(Actor actor, string path, string name, string source, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (!actor.May(LogsModule.Area, Right.Write)) return Result.Fail<LogImportOutcome>(Error.Of("access.denied", "您沒有匯入日誌的權限。", "You do not have the right to import logs."));
        source = source.Trim() is { Length: > 0 } given ? given : name;
        if (source.Length > 200) source = source[..200];
        var parse = new LogParseOptions { ReferenceTime = clock.GetUtcNow(), AssumedOffset = SiteTime.Zone.GetUtcOffset(clock.GetUtcNow()) };
        try
        {
            return await logs.AddAsync(async (store, place) =>
            {
                var added = await store.ImportAsync(path, source, parse, cancellation: cancellation);
                if (added.Added == 0) return Result.Of(new LogImportOutcome(name, source, added, new Dictionary<string, long>(), [], null, null, new RaisedCounts([], [], 0, [])));
                return Result.Of(await LookAsync(store, place, added, path, name, source, parse, progress, cancellation));
            }, cancellation);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Result.Fail<LogImportOutcome>(Error.Of("logs.import.unreadable", $"檔案無法讀取：{e.Message}", $"The file could not be read: {e.Message}", name));
        }
    }

    /// <summary>Adds events that a receiver has taken in, and looks at them. Returns their ids.</summary>
    public async Task<IReadOnlyList<string>> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var ids = await logs.AddAsync((store, _) => store.AppendAsync(events, cancellation), cancellation);
        await detection.FollowAsync(events.Select((item, i) => item with { Id = ids[i] }), cancellation);
        return ids;
    }

    // The file is read a second time rather than kept in memory: its records and the ids that the store gave go in step.
    private async Task<LogImportOutcome> LookAsync(LogStore store, EventPlace place, ImportResult added, string path, string name, string source, LogParseOptions parse, IProgress<long>? progress, CancellationToken cancellation)
    {
        var run = detection.Begin();
        var formats = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var problems = new List<ImportProblem>();
        DateTimeOffset? from = null, to = null;
        long number = 0, looked = 0;
        using var ids = LogService.IdsFrom(store, place).GetEnumerator();
        await using var stream = RecordReader.OpenFile(path);
        using var reader = new RecordReader(stream, LogFraming.Auto, parse.MaxLength);
        while (looked < added.Added && await reader.ReadAsync(cancellation) is { } record)
        {
            if (++number <= added.Records - added.Added) continue;
            ids.MoveNext();
            var item = LogParser.Parse(record.Bytes.Span, parse.ReferenceTime, source, parse) with { Id = ids.Current };
            if (record.Problem is not null) item = item with { Problems = [.. item.Problems, record.Problem] };
            formats[item.Format] = formats.GetValueOrDefault(item.Format) + 1;
            if (item.Problems.Count > 0 && problems.Count < MaxProblems) problems.Add(new ImportProblem(number, item.Id, item.Problems));
            if (from is null || item.Time < from) from = item.Time;
            if (to is null || item.Time > to) to = item.Time;
            run.Process(item);
            if (++looked % ReportEvery == 0) progress?.Report(looked);
        }

        progress?.Report(looked);
        return new LogImportOutcome(name, source, added, formats, problems, from, to, await detection.RaiseAsync(run.Take(), cancellation));
    }
}
