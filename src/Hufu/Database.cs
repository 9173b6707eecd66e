using System.Data.Common;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hufu;

/// <summary>The database embedded in one file.</summary>
public sealed class SqliteHufuContext(DbContextOptions<SqliteHufuContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock)
    : HufuDbContext(options, types, contributions, clock);

/// <summary>The same database on PostgreSQL.</summary>
public sealed class PostgresHufuContext(DbContextOptions<PostgresHufuContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock)
    : HufuDbContext(options, types, contributions, clock);

/// <summary>Gives the migration tool a context without starting the product.</summary>
internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteHufuContext>
{
    public SqliteHufuContext CreateDbContext(string[] args)
    {
        var (types, tables) = Modules.Model();
        return new SqliteHufuContext(new DbContextOptionsBuilder<SqliteHufuContext>().UseSqlite("Data Source=design.db").Options, types, tables, TimeProvider.System);
    }
}

/// <inheritdoc cref="SqliteDesign"/>
internal sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresHufuContext>
{
    public PostgresHufuContext CreateDbContext(string[] args) => Open("Host=localhost;Database=design");

    /// <summary>A context of a database, without the rest of the product.</summary>
    internal static PostgresHufuContext Open(string connection)
    {
        var (types, tables) = Modules.Model();
        return new PostgresHufuContext(new DbContextOptionsBuilder<PostgresHufuContext>().UseNpgsql(connection).Options, types, tables, TimeProvider.System);
    }
}

/// <summary>Brings the database to the present shape.</summary>
internal static class DatabaseUpgrade
{
    // One upgrade at a time, whoever starts it.
    private const long UpgradeLock = 0x48756675;

    private static readonly string[] Companions = ["", "-wal", "-shm", "-journal"];

    /// <summary>
    /// Applies what migrations are missing. The embedded file is first copied and the migrations are tried on the copy: when they fail there, or
    /// there is no room for them, the real file has not been touched. On PostgreSQL all of them are one transaction, which is looked over before it
    /// is committed.
    /// </summary>
    internal static async Task<Result> RunAsync(IServiceProvider services, StorageOptions storage, Action<string> say)
    {
        await using var db = services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();
        var known = db.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var trial = storage.SqliteFile + ".trial";
        // What a process left that was killed while it tried.
        if (storage.Postgres is null) Delete(trial);
        var applied = Applied(db);
        if (applied.Find(m => !known.Contains(m)) is { } newer) return Result.Fail(Newer(newer, storage));
        if (storage.Postgres is not null)
        {
            try
            {
                await OnPostgresAsync(db, say);
                return Result.Ok;
            }
            catch (DbException e) when (applied.Count > 0)
            {
                return Result.Fail(Error.Of("upgrade.failed", $"資料庫升級失敗：{e.Message} 資料庫未更動。請繼續使用先前的版本，並把這段訊息交給開發者。", $"The upgrade of the database failed: {e.Message} The database is untouched. Go on with the version before and report these lines."));
            }
        }

        var pending = Pending(db, applied);
        if (pending.Count == 0) return Result.Ok;
        if (!File.Exists(storage.SqliteFile) || new FileInfo(storage.SqliteFile).Length == 0)
        {
            await db.Database.MigrateAsync();
            return Result.Ok;
        }

        if (Room(storage) is { } tooLittle) return Result.Fail(tooLittle);
        say($"Trying {pending.Count} migration(s) on a copy of the database / 先在副本上試行 {pending.Count} 個資料庫升級");
        var before = storage.SqliteFile + ".before-" + pending[^1];
        try
        {
            await CopyAsync(storage.SqliteFile, trial);
            if (await TryAsync(services, storage, db, trial, pending) is { } failed) return Result.Fail(failed);
            Delete(trial);
            // An upgrade that was cut off goes on: what stood before it is in the file already.
            if (Applied(before) is not { } kept || kept >= applied.Count)
            {
                await CopyAsync(storage.SqliteFile, before + ".part");
                Delete(before);
                File.Move(before + ".part", before);
            }
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            return Result.Fail(NoRoom(storage, Needed(storage)));
        }
        finally
        {
            Delete(trial);
            Delete(before + ".part");
        }

        try
        {
            await db.Database.MigrateAsync();
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            var why = DiskFull.Is(e) ? DiskFull.Error.Message : new LocalizedText(e.Message, e.Message);
            return Result.Fail(Error.Of("upgrade.cut-off", $"資料庫升級中斷：{why.Zh} 已完成的步驟保留，下次啟動會繼續；升級前的資料庫在 {before}。", $"The upgrade of the database was cut off: {why.En} The steps that were done stay and the next start goes on; the database as it was before is {before}.", storage.SqliteFile));
        }

        say($"The database is upgraded; as it was before it is kept in {before} / 資料庫已升級；升級前的資料庫保留在 {before}");
        return Result.Ok;
    }

    /// <summary>Why a verb cannot work with the database: it is of another version, or none. Null when it can. A verb does not upgrade: that is for the server, which first tries it on a copy.</summary>
    internal static Error? Unfit(IServiceProvider services, StorageOptions storage)
    {
        using var db = services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();
        var known = db.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        List<string> applied;
        try
        {
            applied = Applied(db);
        }
        catch (DbException e) when (e.SqlState == NoDatabase)
        {
            applied = [];
        }

        if (applied.Find(m => !known.Contains(m)) is { } newer) return Newer(newer, storage);
        if (known.Count == applied.Count) return null;
        return applied.Count == 0
            ? Error.Of("database.empty", "資料庫裡還沒有 Hufu 的資料，請先執行一次 hufu serve。", "There is no Hufu data in the database yet: start “hufu serve” once.", Place(storage))
            : Error.Of("database.older", "資料庫屬於較舊版本的 Hufu，請先執行一次 hufu serve：它會先在副本上試行再升級。", "The database is of an older version of Hufu. Start “hufu serve” once: it upgrades it, after a trial on a copy.", Place(storage));
    }

    // What PostgreSQL says of a database that nobody has made.
    private const string NoDatabase = "3D000";

    private static string? Place(StorageOptions storage) => storage.Postgres is null ? storage.SqliteFile : null;

    private static Error Newer(string newer, StorageOptions storage) => Error.Of("upgrade.newer",
        $"資料庫已由較新版本的 Hufu 升級（{newer}），這個版本不能使用，資料未更動。請改用較新版本，或還原升級前的備份。",
        $"A newer Hufu has upgraded this database ({newer}), so this version cannot use it. Nothing was changed. Use the newer version, or restore a backup from before.", Place(storage));

    private static async Task OnPostgresAsync(HufuDbContext db, Action<string> say)
    {
        if (Pending(db, Applied(db)).Count == 0) return;
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({UpgradeLock})");
        // Asked again under the lock: another process may have been quicker.
        var applied = Applied(db);
        var pending = Pending(db, applied);
        if (pending.Count == 0) return;
        if (applied.Count > 0) say($"Applying {pending.Count} migration(s) in one transaction / 以單一交易套用 {pending.Count} 個資料庫升級");
        await ApplyAsync(db, applied.Count == 0 ? Migration.InitialDatabase : applied[^1], pending[^1]);
        await LookOverAsync(db);
        await transaction.CommitAsync();
    }

    private static List<string> Pending(HufuDbContext db, List<string> applied) => [.. db.Database.GetMigrations().Except(applied, StringComparer.Ordinal)];

    /// <summary>
    /// The migrations that a database has had, oldest first. Every start asks this, and in plain words: the mapper would first make a model of its own
    /// table of them, by its conventions, which is a tenth of a short verb. Whether there is the table is asked of the catalogue: to look into one that
    /// is not there would end the transaction, and be written to the log as a fault.
    /// </summary>
    internal static List<string> Applied(HufuDbContext db)
    {
        var connection = db.Database.GetDbConnection();
        // To open the embedded database makes its file.
        if (connection is SqliteConnection && new FileInfo(connection.DataSource) is not { Exists: true, Length: > 0 }) return [];
        db.Database.OpenConnection();
        try
        {
            using var command = connection.CreateCommand();
            command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
            command.CommandText = connection is SqliteConnection ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsHistory'" : "SELECT 1 WHERE to_regclass('\"__EFMigrationsHistory\"') IS NOT NULL";
            if (command.ExecuteScalar() is null) return [];
            command.CommandText = "SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\" ORDER BY \"MigrationId\"";
            using var reader = command.ExecuteReader();
            var applied = new List<string>();
            while (reader.Read()) applied.Add(reader.GetString(0));
            return applied;
        }
        finally
        {
            db.Database.CloseConnection();
        }
    }

    /// <summary>Runs the statements of migrations on the open connection, in its transaction.</summary>
    internal static async Task ApplyAsync(HufuDbContext db, string from, string to)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction is { } current ? current.GetDbTransaction() : null;
        command.CommandText = db.GetService<IMigrator>().GenerateScript(from, to, MigrationsSqlGenerationOptions.NoTransactions);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    // Every table has the columns that the program will ask for.
    private static async Task LookOverAsync(HufuDbContext db)
    {
        foreach (var type in db.Model.GetEntityTypes().Where(t => t.GetTableName() is not null))
        {
            var columns = string.Join(", ", type.GetProperties().Select(p => $"\"{p.GetColumnName()}\""));
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = $"SELECT {columns} FROM \"{type.GetTableName()}\" LIMIT 0";
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Copies a live SQLite database with its own backup function, so that the copy is one consistent state.</summary>
    internal static async Task CopyAsync(string from, string to)
    {
        await using var source = new SqliteConnection($"Data Source={from};Pooling=False");
        await using var target = new SqliteConnection($"Data Source={to};Pooling=False");
        await source.OpenAsync();
        await target.OpenAsync();
        source.BackupDatabase(target);
    }

    // Tries on the copy; null when all went well and the copy is whole.
    private static async Task<Error?> TryAsync(IServiceProvider services, StorageOptions storage, HufuDbContext db, string trial, List<string> pending)
    {
        await using var copy = new SqliteHufuContext(new DbContextOptionsBuilder<SqliteHufuContext>().UseSqlite($"Data Source={trial};Pooling=False").AddInterceptors(new SqliteSettings()).ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning)).Options, db.Types, services.GetServices<IModelContribution>(), TimeProvider.System);
        try
        {
            await copy.Database.MigrateAsync();
        }
        catch (Exception e) when (e is DbException or DbUpdateException or InvalidOperationException or NotSupportedException && !DiskFull.Is(e))
        {
            var done = (await copy.Database.GetAppliedMigrationsAsync()).ToHashSet(StringComparer.Ordinal);
            return NotUpgraded(storage, pending.Find(m => !done.Contains(m)) ?? pending[^1], e.Message);
        }

        await copy.Database.OpenConnectionAsync();
        await using var check = copy.Database.GetDbConnection().CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        return await check.ExecuteScalarAsync() is "ok" ? null : NotUpgraded(storage, pending[^1], "quick_check");
    }

    private static Error NotUpgraded(StorageOptions storage, string migration, string why) => Error.Of("upgrade.failed",
        $"資料庫升級「{migration}」在副本上試行失敗：{why} 真正的資料庫未更動。請繼續使用先前的版本，並把這段訊息交給開發者。",
        $"The migration “{migration}” failed on a copy of the database: {why} The real database is untouched. Go on with the version before and report these lines.", storage.SqliteFile);

    // The trial needs a copy and what it grows by; the copy that is kept and the real upgrade need the same once more, after the trial is gone.
    private static long Needed(StorageOptions storage) => (2 * Companions.Select(c => new FileInfo(storage.SqliteFile + c)).Where(f => f.Exists).Sum(f => f.Length)) + (4 << 20);

    private static Error? Room(StorageOptions storage)
    {
        var needed = Needed(storage);
        return new DriveInfo(storage.DataFolder).AvailableFreeSpace < needed ? NoRoom(storage, needed) : null;
    }

    private static Error NoRoom(StorageOptions storage, long needed) => Error.Of("upgrade.no-room",
        $"磁碟空間不足：升級資料庫前會先在副本上試行，{storage.DataFolder} 需要 {(needed >> 20) + 1} MB 可用空間。資料庫未更動；請騰出空間後重新啟動。",
        $"Not enough room on the disk: the upgrade of the database is tried on a copy first and needs {(needed >> 20) + 1} MB free in {storage.DataFolder}. The database is untouched; make room and start again.", storage.SqliteFile);

    /// <summary>How many migrations a database file has had; null when there is none that can be read. Opened only to read, SQLite would leave two files beside it.</summary>
    private static int? Applied(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            using var db = new SqliteConnection($"Data Source={file};Mode=ReadWrite;Pooling=False");
            db.Open();
            using var count = db.CreateCommand();
            count.CommandText = "SELECT count(*) FROM \"__EFMigrationsHistory\"";
            return Convert.ToInt32(count.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static void Delete(string file)
    {
        foreach (var ending in Companions) File.Delete(file + ending);
    }
}
