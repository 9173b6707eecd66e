using System.Collections.Concurrent;
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

/// <summary>Follows the files that are on. A changed setting or state is seen within two seconds.</summary>
internal sealed partial class LogFiles(IDbContextFactory<HufuDbContext> factory, LogImport import, LogService logs, TailFolders folders, SiteDecoders decoders, TimeProvider clock, ILogger<LogFiles> logger) : RepeatedWork(clock, Every, atOnce: true)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<Guid, Running> running = new();

    private sealed record Settings(string Path, string Source, string Format, string RecordBegins, bool FromEnd);

    private sealed record Running(Settings Settings, FileTail? Tail, Error? Problem);

    /// <summary>How a record's files stand; null when it is off.</summary>
    internal FileStanding? Of(Guid id) => running.TryGetValue(id, out var one) ? new FileStanding(one.Tail?.State, one.Problem) : null;

    /// <summary>The folders that are open.</summary>
    internal IList<string> Folders => folders.Named;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(running.Keys.Select(EndAsync));
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => LookAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // Whatever is wrong with one, the server goes on.
        NotLooked(logger, failure);
        return true;
    }

    /// <summary>Starts and stops what the records say.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        await decoders.RefreshAsync(cancellation);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var wanted = (await db.Set<LogFile>().AsNoTracking().Where(f => f.State == LogFileType.On && f.ArchivedAt == null).ToListAsync(cancellation))
            .ToDictionary(f => f.Id, f => new Settings(f.Path, f.Source, decoders.FormatOf(f.Format, f.DecoderId), f.RecordBegins, f.FromEnd));
        foreach (var (id, one) in running)
            if (!wanted.TryGetValue(id, out var settings) || settings != one.Settings) await EndAsync(id);
        foreach (var (id, settings) in wanted)
        {
            if (running.TryGetValue(id, out var one) && one.Tail is not null) continue;
            var next = Start(id, settings);
            if (next.Tail is not null) Following(logger, settings.Path);
            else if (one?.Problem?.Message.En != next.Problem!.Message.En) NotFollowing(logger, settings.Path, next.Problem.Message.En);
            running[id] = next;
        }
    }

    private Running Start(Guid id, Settings settings)
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
            new Sink(import, logs));
        return started.IsOk ? new Running(settings, started.Value, null) : new Running(settings, null, started.Errors[0]);
    }

    private async Task EndAsync(Guid id)
    {
        if (running.TryRemove(id, out var one) && one.Tail is not null) await one.Tail.DisposeAsync();
    }

    /// <summary>The store, past the rules.</summary>
    private sealed class Sink(LogImport import, LogService logs) : ITailSink
    {
        public Task StoreAsync(IReadOnlyList<LogEvent> events, Func<TailPlace, Task> before, CancellationToken cancellation) => import.TakeAsync(events, place => before(new TailPlace(place.Segment, place.Row)), cancellation);

        public LogEvent? EventAt(TailPlace place) => logs.Store.EventsFrom(place.Segment, place.Row, 1).FirstOrDefault();
    }

    [LoggerMessage(31, LogLevel.Information, "The log files {Path} are followed")]
    private static partial void Following(ILogger logger, string path);

    [LoggerMessage(32, LogLevel.Error, "The log files {Path} cannot be followed: {Problem}")]
    private static partial void NotFollowing(ILogger logger, string path, string problem);

    [LoggerMessage(33, LogLevel.Error, "The settings of the log files could not be read; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
