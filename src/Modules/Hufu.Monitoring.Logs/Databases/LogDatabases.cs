using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Rows;
using Hufu.Logs.Tail;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Reads the databases that are on. A changed password counts as a changed setting.</summary>
internal sealed partial class LogDatabases(IDbContextFactory<HufuDbContext> factory, LogImport import, LogService logs, TailFolders folders, DatabasePasswords passwords, TimeProvider clock, ILogger<LogDatabases> logger)
    : RunningRecords<LogDatabases.Settings, RowTail>(clock)
{
    /// <summary>Rows of a trial.</summary>
    internal const int TriedRows = 20;

    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(20);
    private readonly SemaphoreSlim trying = new(2, 2);

    /// <summary>What the reading follows from: title, owner and the like may change without a new connection.</summary>
    internal sealed class Settings(LogDatabase database, string mark, string? password) : IEquatable<Settings>
    {
        private readonly string text = TextOf(database);
        private readonly string mark = mark;

        internal LogDatabase Database => database;

        internal string? Password => password;

        public bool Equals(Settings? other) => other is not null && text == other.text && mark == other.mark;

        public override bool Equals(object? obj) => Equals(obj as Settings);

        public override int GetHashCode() => HashCode.Combine(text, mark);
    }

    /// <summary>How a record's reading stands; null when it is off.</summary>
    internal RowTailState? Of(Guid id) => Find(id)?.Work?.State;

    /// <inheritdoc />
    protected override async Task<Dictionary<Guid, Settings>> WantedAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var wanted = new Dictionary<Guid, Settings>();
        foreach (var database in await db.Set<LogDatabase>().AsNoTracking().Where(d => d.State == LogDatabaseType.On && d.ArchivedAt == null).ToListAsync(cancellation))
        {
            var (mark, password) = await passwords.ReadAsync(database, cancellation);
            wanted.Add(database.Id, new Settings(database, mark, password));
        }

        return wanted;
    }

    /// <inheritdoc />
    protected override Running Start(Guid id, Settings settings) =>
        new(settings, RowTail.Start(OptionsOf(settings.Database), SourceOf(settings.Database, settings.Password, TimeSpan.FromSeconds(settings.Database.Timeout ?? 60)), new TailSink(import, logs)), null);

    /// <inheritdoc />
    protected override ValueTask EndAsync(RowTail work) => work.DisposeAsync();

    /// <inheritdoc />
    protected override void Told(Running one) => Reading(logger, one.Settings.Database.Number);

    /// <inheritdoc />
    protected override void NotLooked(Exception failure) => NotLooked(logger, failure);

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

    [LoggerMessage(34, LogLevel.Information, "The log database {Number} is read")]
    private static partial void Reading(ILogger logger, string number);

    [LoggerMessage(35, LogLevel.Error, "The settings of the log databases could not be read; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
