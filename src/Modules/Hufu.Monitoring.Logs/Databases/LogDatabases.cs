using System.Collections.Concurrent;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Rows;
using Hufu.Logs.Tail;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Reads the databases that are on. A changed setting, password or state is seen within two seconds.</summary>
internal sealed partial class LogDatabases(IDbContextFactory<HufuDbContext> factory, LogImport import, LogService logs, TailFolders folders, DatabasePasswords passwords, TimeProvider clock, ILogger<LogDatabases> logger) : RepeatedWork(clock, Every, atOnce: true)
{
    /// <summary>Rows of a trial.</summary>
    internal const int TriedRows = 20;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<Guid, Running> running = new();
    private readonly SemaphoreSlim trying = new(2, 2);

    // What the reading follows from: title, owner and the like may change without a new connection.
    private sealed record Settings(string Text, string Password);

    private sealed record Running(Settings Settings, RowTail Tail);

    /// <summary>How a record's reading stands; null when it is off.</summary>
    internal RowTailState? Of(Guid id) => running.TryGetValue(id, out var one) ? one.Tail.State : null;

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
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var wanted = await db.Set<LogDatabase>().AsNoTracking().Where(d => d.State == LogDatabaseType.On && d.ArchivedAt == null).ToDictionaryAsync(d => d.Id, cancellation);
        foreach (var id in running.Keys)
            if (!wanted.ContainsKey(id)) await EndAsync(id);
        foreach (var (id, database) in wanted)
        {
            var (mark, password) = await passwords.ReadAsync(database, cancellation);
            var settings = new Settings(TextOf(database), mark);
            if (running.TryGetValue(id, out var one))
            {
                if (one.Settings == settings) continue;
                await EndAsync(id);
            }

            running[id] = new Running(settings, RowTail.Start(OptionsOf(database), SourceOf(database, password, TimeSpan.FromSeconds(database.Timeout ?? 60)), new Sink(import, logs)));
            Reading(logger, database.Number);
        }
    }

    /// <summary>The first rows as they would be stored; nothing is.</summary>
    internal async Task<Result<IReadOnlyList<LogEvent>>> TryAsync(LogDatabase database, CancellationToken cancellation)
    {
        var (_, password) = await passwords.ReadAsync(database, cancellation);
        await trying.WaitAsync(cancellation);
        try
        {
            await using var source = SourceOf(database, password, TrialLimit);
            // A file is read by the one who asks.
            return Result.Of(await Task.Run(() => RowTail.TryAsync(OptionsOf(database), source, TriedRows, cancellation), cancellation));
        }
        catch (RowSourceException fault)
        {
            return Result.Fail<IReadOnlyList<LogEvent>>(fault.Error);
        }
        finally
        {
            trying.Release();
        }
    }

    private RowTailOptions OptionsOf(LogDatabase database) => new()
    {
        Name = database.Number, Source = database.Source, StateFile = Path.Combine(logs.Folder, "databases", database.Id.ToString("N") + ".json"), Identity = IdentityOf(database), Query = database.Statement,
        BookmarkColumn = database.BookmarkColumn, Kind = KindOf(database), HasTies = database.Rising == "ties", Overlap = database.Overlap ?? 0, UniqueColumn = database.UniqueColumn, FromNow = database.FromNow,
        Every = TimeSpan.FromSeconds(database.Every ?? 30), Batch = database.Batch ?? 500, Clock = Clock,
        Mapping = new RowMapping
        {
            Time = database.TimeColumn, Zone = database.TimeZone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(database.TimeZone, out var zone) ? zone : SiteTime.Zone,
            Severity = database.SeverityColumn, Host = database.HostColumn, App = database.AppColumn, Message = database.MessageColumn,
        },
    };

    private IRowSource SourceOf(LogDatabase database, string? password, TimeSpan timeout)
    {
        var question = new RowQuestion(database.Statement, database.BookmarkColumn, KindOf(database), timeout);
        return database.Kind == LogDatabaseType.Sqlite ? new SqliteRows(database.File, folders, question) : new PostgresRows(database, password, question);
    }

    private static BookmarkKind KindOf(LogDatabase database) => database.BookmarkKind switch { "text" => BookmarkKind.Text, "time" => BookmarkKind.Time, _ => BookmarkKind.Integer };

    // A server may get another address; another database or bookmark begins anew.
    private static string IdentityOf(LogDatabase d) => string.Join('\n', d.Kind, d.Kind == LogDatabaseType.Sqlite ? d.File : d.Database, d.BookmarkColumn, d.BookmarkKind);

    private static string TextOf(LogDatabase d) => string.Join('\n', IdentityOf(d), d.Host, d.Port, d.Account, d.Tls, d.Authorities, d.Statement, d.Rising, d.UniqueColumn, d.Overlap, d.FromNow, d.Source, d.TimeColumn, d.TimeZone, d.SeverityColumn, d.HostColumn, d.AppColumn, d.MessageColumn, d.Every, d.Batch, d.Timeout);

    private async Task EndAsync(Guid id)
    {
        if (running.TryRemove(id, out var one)) await one.Tail.DisposeAsync();
    }

    /// <summary>The store, past the rules.</summary>
    private sealed class Sink(LogImport import, LogService logs) : ITailSink
    {
        public Task StoreAsync(IReadOnlyList<LogEvent> events, Func<TailPlace, Task> before, CancellationToken cancellation) => import.TakeAsync(events, place => before(new TailPlace(place.Segment, place.Row)), cancellation);

        public LogEvent? EventAt(TailPlace place) => logs.Store.EventsFrom(place.Segment, place.Row, 1).FirstOrDefault();
    }

    [LoggerMessage(34, LogLevel.Information, "The log database {Number} is read")]
    private static partial void Reading(ILogger logger, string number);

    [LoggerMessage(35, LogLevel.Error, "The settings of the log databases could not be read; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
