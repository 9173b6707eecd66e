using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Tail;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>How files that are on stand.</summary>
/// <param name="State">What was counted; null when they are not followed.</param>
/// <param name="Problem">Why they are not followed; null when they are.</param>
public sealed record FileStanding(TailState? State, Error? Problem);

/// <summary>Follows the files that are on.</summary>
internal sealed partial class LogFiles(IDbContextFactory<HufuDbContext> factory, LogImport import, LogService logs, TailFolders folders, SiteDecoders decoders, TimeProvider clock, ILogger<LogFiles> logger)
    : RunningRecords<LogFiles.Settings, FileTail>(clock)
{
    internal sealed record Settings(string Path, string Source, string Format, string RecordBegins, bool FromEnd);

    /// <summary>How a record's files stand; null when it is off.</summary>
    internal FileStanding? Of(Guid id) => Find(id) is { } one ? new FileStanding(one.Work?.State, one.Problem) : null;

    /// <summary>The folders that are open.</summary>
    internal IList<string> Folders => folders.Named;

    /// <inheritdoc />
    protected override async Task<Dictionary<Guid, Settings>> WantedAsync(CancellationToken cancellation)
    {
        await decoders.RefreshAsync(cancellation);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return (await db.Set<LogFile>().AsNoTracking().Where(f => f.State == LogFileType.On && f.ArchivedAt == null).ToListAsync(cancellation))
            .ToDictionary(f => f.Id, f => new Settings(f.Path, f.Source, decoders.FormatOf(f.Format, f.DecoderId), f.RecordBegins, f.FromEnd));
    }

    /// <inheritdoc />
    protected override Running Start(Guid id, Settings settings)
    {
        var started = FileTail.Start(
            new TailOptions
            {
                Source = settings.Source, Patterns = [settings.Path], Folders = folders, StateFile = Path.Combine(logs.Folder, "files", id.ToString("N") + ".json"), FromEnd = settings.FromEnd, Clock = Clock,
                Parse = new LogParseOptions
                {
                    ReferenceTime = default, Format = settings.Format.Length > 0 ? settings.Format : null, RecordBegins = settings.RecordBegins.Length > 0 ? settings.RecordBegins : null,
                    Decoders = decoders.Current, AssumedOffset = SiteTime.Zone.GetUtcOffset(Clock.GetUtcNow()),
                },
            },
            new TailSink(import, logs));
        return started.IsOk ? new Running(settings, started.Value, null) : new Running(settings, null, started.Errors[0]);
    }

    /// <inheritdoc />
    protected override ValueTask EndAsync(FileTail work) => work.DisposeAsync();

    /// <inheritdoc />
    protected override void Told(Running one)
    {
        if (one.Problem is { } problem) NotFollowing(logger, one.Settings.Path, problem.Message.En);
        else Following(logger, one.Settings.Path);
    }

    /// <inheritdoc />
    protected override void NotLooked(Exception failure) => NotLooked(logger, failure);

    [LoggerMessage(31, LogLevel.Information, "The log files {Path} are followed")]
    private static partial void Following(ILogger logger, string path);

    [LoggerMessage(32, LogLevel.Error, "The log files {Path} cannot be followed: {Problem}")]
    private static partial void NotFollowing(ILogger logger, string path, string problem);

    [LoggerMessage(33, LogLevel.Error, "The settings of the log files could not be read; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
