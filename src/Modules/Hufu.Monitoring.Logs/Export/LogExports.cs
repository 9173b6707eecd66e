using System.Globalization;
using System.Text.Json;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>How large a file of an export may become.</summary>
/// <param name="Events">Most events.</param>
/// <param name="Bytes">Most bytes.</param>
public sealed record ExportLimit(long Events = 5_000_000, long Bytes = 2L << 30);

/// <summary>What an export is asked to write.</summary>
/// <param name="Query">The search.</param>
/// <param name="From">Events at or after; absent for no bound.</param>
/// <param name="To">Events before.</param>
/// <param name="Format"><c>csv</c>, <c>jsonl</c> or <c>parquet</c>.</param>
public sealed record ExportOrder(string Query, DateTimeOffset? From, DateTimeOffset? To, string Format);

/// <summary>What an export wrote; kept beside its file.</summary>
public sealed record ExportedFile(long Run, Guid By, DateTimeOffset At, ExportOrder Order, long Rows, long Total, long Bytes, string Sha256)
{
    /// <summary>A limit left something out.</summary>
    public bool IsCut => Rows < Total;
}

/// <summary>An export as whoever asked for it sees it.</summary>
/// <param name="Run">Its run.</param>
/// <param name="Order">What it writes.</param>
/// <param name="File">What it wrote; null while it runs, when it failed, and when the file is gone.</param>
public sealed record ExportView(JobRun Run, ExportOrder Order, ExportedFile? File);

/// <summary>Results of searches as files: asked for, made by a job, and fetched by whoever asked, who alone gets them.</summary>
internal sealed class LogExports(LogService logs, StorageOptions storage, JobService jobs, ExportLimit limit, IDirectory directory, IDbContextFactory<HufuDbContext> factory, TimeProvider clock)
{
    /// <summary>How long a file is kept.</summary>
    internal static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    /// <summary>What exports are called in the change log.</summary>
    internal const string ChangeKey = "logs.export";

    // Of one person, waiting or running.
    private const int MostOfOne = 5;
    private const int MostShown = 50;

    /// <summary>Formats by the ending of their files.</summary>
    internal static readonly IReadOnlyDictionary<string, (LogExportFormat Format, string MediaType)> Formats = new Dictionary<string, (LogExportFormat, string)>
    {
        ["csv"] = (LogExportFormat.Csv, "text/csv"), ["jsonl"] = (LogExportFormat.JsonLines, "application/jsonl"), ["parquet"] = (LogExportFormat.Parquet, "application/vnd.apache.parquet"),
    };

    /// <summary>The limits of a file.</summary>
    internal ExportLimit Limit => limit;

    private string Folder => Path.Combine(storage.DataFolder, "exports");

    /// <summary>Puts an export into the queue of jobs.</summary>
    internal async Task<Result<JobRun>> AskAsync(Actor actor, string? q, LogSearch search, string? format, CancellationToken cancellation)
    {
        if (format is null || !Formats.ContainsKey(format)) return Result.Fail<JobRun>(Error.Of("logs.export.format", "格式為 csv、jsonl 或 parquet。", "The format is csv, jsonl or parquet.", "format"));
        var waiting = (await jobs.ListAsync(actor, new JobRunQuery(LogExportJob.Definition.Key, Take: 200), cancellation)).Count(r => r.RequestedBy == actor.Id && !r.HasEnded);
        if (waiting >= MostOfOne) return Result.Fail<JobRun>(Error.Of("logs.export.waiting", $"您已有 {MostOfOne} 個匯出未完成，請等待或取消。", $"{MostOfOne} of your exports are not done; wait for one, or cancel it."));
        // What had no end ends now: the file says which events it speaks of.
        return await jobs.EnqueueAsync(actor, LogExportJob.Definition.Key, new ExportOrder(q ?? "", search.From, search.To ?? Instants.Truncate(clock.GetUtcNow()), format), cancellation: cancellation);
    }

    /// <summary>The exports of a person, newest first.</summary>
    internal async Task<IReadOnlyList<ExportView>> OfAsync(Actor actor, CancellationToken cancellation) =>
        [.. (await jobs.ListAsync(actor, new JobRunQuery(LogExportJob.Definition.Key, Take: 200), cancellation)).Where(r => r.RequestedBy == actor.Id).Take(MostShown).Select(ViewOf)];

    /// <summary>One of them; null when it is none of the person's.</summary>
    internal async Task<ExportView?> FindAsync(Actor actor, long run, CancellationToken cancellation) =>
        await jobs.FindAsync(actor, run, cancellation) is { IsOk: true } found && found.Value.Run.JobKey == LogExportJob.Definition.Key && found.Value.Run.RequestedBy == actor.Id ? ViewOf(found.Value.Run) : null;

    /// <summary>Ends one that waits or runs.</summary>
    internal Task<Result<JobRun>> CancelAsync(Actor actor, ExportView view, CancellationToken cancellation) => jobs.CancelAsync(actor, view.Run.Id, cancellation);

    /// <summary>Opens the file of one, and writes down who took it; null when there is none.</summary>
    internal async Task<(FileStream Content, string Name, string MediaType)?> OpenAsync(Actor actor, ExportView view, CancellationToken cancellation)
    {
        if (view.File is not { } file || !File.Exists(PathOf(file.Run, file.Order.Format))) return null;
        var content = new FileStream(PathOf(file.Run, file.Order.Format), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await NoteAsync(actor.Id, actor.Name, actor.Channel, "download", file, cancellation);
        return (content, NameOf(file), Formats[file.Order.Format].MediaType);
    }

    /// <summary>Makes the file of a run.</summary>
    internal async Task<ExportedFile> WriteAsync(long run, Guid by, ExportOrder order, IProgress<LogExportProgress> progress, CancellationToken cancellation)
    {
        RemoveOld();
        Directory.CreateDirectory(Folder);
        var search = new LogSearch { Query = SearchQuery.Parse(order.Query).Value, From = order.From, To = order.To, DayOffset = Hufu.Web.Records.SiteTime.Zone.GetUtcOffset(order.To ?? clock.GetUtcNow()) };
        var path = PathOf(run, order.Format);
        var written = await logs.Store.ExportAsync(search, path, Formats[order.Format].Format, new LogExportLimits(limit.Events, limit.Bytes), progress, cancellation);
        var file = new ExportedFile(run, by, Instants.Truncate(clock.GetUtcNow()), order, written.Rows, written.Total, written.Bytes, written.Sha256);
        try
        {
            await NoteAsync(by, directory.Person(by)?.Name ?? "", "job", "export", file, cancellation);
            await File.WriteAllBytesAsync(TellingOf(run), JsonSerializer.SerializeToUtf8Bytes(file, JsonSerializerOptions.Web), cancellation);
        }
        catch
        {
            // What is not written down does not go out.
            File.Delete(path);
            throw;
        }

        return file;
    }

    internal static string NameOf(ExportedFile file) => string.Create(CultureInfo.InvariantCulture, $"hufu-logs-{file.At.UtcDateTime:yyyyMMdd-HHmmss}-{file.Run}.{file.Order.Format}");

    private void RemoveOld()
    {
        if (!Directory.Exists(Folder)) return;
        foreach (var path in Directory.EnumerateFiles(Folder))
            if (clock.GetUtcNow() - File.GetLastWriteTimeUtc(path) > Keep) File.Delete(path);
    }

    private ExportView ViewOf(JobRun run)
    {
        var order = JsonSerializer.Deserialize<ExportOrder>(run.Parameters, JsonSerializerOptions.Web)!;
        return new ExportView(run, order, run.State == JobStates.Done ? Told(run) : null);
    }

    // A number alone names no file: after a restore of the database the same one may be somebody else's.
    private ExportedFile? Told(JobRun run)
    {
        try
        {
            return File.Exists(TellingOf(run.Id)) && JsonSerializer.Deserialize<ExportedFile>(File.ReadAllBytes(TellingOf(run.Id)), JsonSerializerOptions.Web) is { } file && file.By == run.RequestedBy && file.At >= run.QueuedAt
                && clock.GetUtcNow() - file.At <= Keep && File.Exists(PathOf(run.Id, file.Order.Format)) ? file : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task NoteAsync(Guid by, string name, string channel, string action, ExportedFile file, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var changes = new List<FieldChange>
        {
            new("query", null, file.Order.Query), new("from", null, file.Order.From?.ToString("O", CultureInfo.InvariantCulture)), new("to", null, file.Order.To?.ToString("O", CultureInfo.InvariantCulture)), new("format", null, file.Order.Format),
            new("rows", null, file.Rows.ToString(CultureInfo.InvariantCulture)), new("of", null, file.Total.ToString(CultureInfo.InvariantCulture)), new("bytes", null, file.Bytes.ToString(CultureInfo.InvariantCulture)), new("sha256", null, file.Sha256),
        };
        db.Changes.Add(ChangeCapture.Create(ChangeKey, Guid.CreateVersion7(), 0, action, db.Now, null, by, new ChangePayload(by, name, channel, null, changes, NameOf(file))));
        await db.SaveChangesAsync(cancellation);
    }

    private string PathOf(long run, string format) => Path.Combine(Folder, run.ToString(CultureInfo.InvariantCulture) + "." + format);

    private string TellingOf(long run) => Path.Combine(Folder, run.ToString(CultureInfo.InvariantCulture) + ".json");
}

/// <summary>Writes the result of a search into a file.</summary>
internal sealed class LogExportJob(LogExports exports) : IHufuJob
{
    public static JobDefinition Definition { get; } = new(
        "logs.export", new LocalizedText("匯出日誌", "Export logs"),
        new LocalizedText("把一個搜尋的全部結果寫成檔案，由要求的人下載；七天後刪除。", "Writes all that a search finds into a file for whoever asked; it is deleted after seven days."))
    {
        Area = LogsModule.Area,
        Right = Right.Read,
        Parallel = true,
        Resumable = true,
        TimeLimit = TimeSpan.FromHours(2),
        Parameters = [new JobParameter("format", new LocalizedText("格式", "Format"), Required: true), new JobParameter("query", new LocalizedText("搜尋條件", "Query")), new JobParameter("from", new LocalizedText("起", "From")), new JobParameter("to", new LocalizedText("迄", "To"))],
    };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        if (context.RequestedBy is not { } by || context.Parameters.Deserialize<ExportOrder>(JsonSerializerOptions.Web) is not { Query: not null } order || !LogExports.Formats.ContainsKey(order.Format ?? "") || !SearchQuery.Parse(order.Query).IsOk)
            return JobOutcome.Failed("匯出須由搜尋頁或 API 要求。", "An export is asked for on the search page or by the API.");
        try
        {
            var file = await exports.WriteAsync(context.RunId, by, order, new Told(context), cancellation);
            return file.IsCut
                ? JobOutcome.Done($"寫入 {file.Rows:N0} 筆後達到上限（{exports.Limit.Events:N0} 筆或 {exports.Limit.Bytes >> 20:N0} MB），其餘未寫入。", $"Ended at the limit ({exports.Limit.Events:N0} events or {exports.Limit.Bytes >> 20:N0} MB) after {file.Rows:N0}; the rest is not in it.")
                : JobOutcome.Done($"共 {file.Rows:N0} 筆。", $"{file.Rows:N0} in all.");
        }
        catch (IOException e) when (e is IUnavailable)
        {
            var said = ((IUnavailable)e).Error.Message;
            return JobOutcome.Failed($"未匯出：{said.Zh}", $"Nothing was exported: {said.En}");
        }
        catch (IOException e)
        {
            return JobOutcome.Failed(DiskFull.Is(e) ? "磁碟已滿，未匯出。" : $"未匯出：{e.Message}", DiskFull.Is(e) ? "The disk is full; nothing was exported." : $"Nothing was exported: {e.Message}");
        }
    }

    private sealed class Told(JobContext context) : IProgress<LogExportProgress>
    {
        public void Report(LogExportProgress value) => context.Progress(value.Fraction, new LocalizedText($"已寫入 {value.Bytes / 1e6:N1} MB", $"{value.Bytes / 1e6:N1} MB written"));
    }
}
