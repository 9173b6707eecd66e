using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

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

    /// <summary>
    /// Applies what migrations are missing. The embedded file is first copied and the migrations are tried on the copy: when they fail there,
    /// the real file has not been touched. On PostgreSQL all of them are one transaction, which is looked over before it is committed.
    /// </summary>
    internal static async Task RunAsync(IServiceProvider services, StorageOptions storage, Action<string> say)
    {
        await using var db = services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();
        if (storage.Postgres is not null)
        {
            await OnPostgresAsync(db, say);
            return;
        }

        var pending = (await db.Database.GetPendingMigrationsAsync()).ToList();
        if (pending.Count == 0) return;
        if (storage.Postgres is null && File.Exists(storage.SqliteFile) && new FileInfo(storage.SqliteFile).Length > 0)
        {
            var trial = storage.SqliteFile + ".trial";
            foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(trial + ending);
            say($"Trying {pending.Count} migration(s) on a copy of the database / 先在副本上試行 {pending.Count} 個資料庫升級");
            await CopyAsync(storage.SqliteFile, trial);
            try
            {
                await using var copy = new SqliteHufuContext(new DbContextOptionsBuilder<SqliteHufuContext>().UseSqlite($"Data Source={trial};Pooling=False").AddInterceptors(new SqliteSettings()).Options, db.Types, services.GetServices<IModelContribution>(), TimeProvider.System);
                await copy.Database.MigrateAsync();
            }
            catch
            {
                say(Failed);
                throw;
            }

            await CopyAsync(storage.SqliteFile, storage.SqliteFile + ".before-" + pending[^1]);
            foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(trial + ending);
        }

        await db.Database.MigrateAsync();
    }

    private static async Task OnPostgresAsync(HufuDbContext db, Action<string> say)
    {
        if (await HasHistoryAsync(db) && !(await db.Database.GetPendingMigrationsAsync()).Any()) return;
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({UpgradeLock})");
        // Asked again under the lock: another process may have been quicker.
        var applied = await HasHistoryAsync(db) ? (await db.Database.GetAppliedMigrationsAsync()).ToList() : [];
        var pending = db.Database.GetMigrations().Except(applied, StringComparer.Ordinal).ToList();
        if (pending.Count == 0) return;
        if (applied.Count > 0) say($"Applying {pending.Count} migration(s) in one transaction / 以單一交易套用 {pending.Count} 個資料庫升級");
        try
        {
            await ApplyAsync(db, applied.Count == 0 ? Migration.InitialDatabase : applied[^1], pending[^1]);
            await LookOverAsync(db);
            await transaction.CommitAsync();
        }
        catch
        {
            if (applied.Count > 0) say(Failed);
            throw;
        }
    }

    // Asked of the catalogue: looking into a table that is not there would end the transaction, and be written to the log as a fault.
    private static async Task<bool> HasHistoryAsync(HufuDbContext db) => await db.Database.SqlQuery<bool>($"SELECT to_regclass('\"__EFMigrationsHistory\"') IS NOT NULL AS \"Value\"").SingleAsync();

    private const string Failed = "The upgrade failed; nothing was changed. The earlier version of Hufu can go on with these data. / 升級失敗，資料未變更；可用先前版本的虎符繼續使用這份資料。";

    /// <summary>Runs the statements of migrations on the open connection, in its transaction.</summary>
    internal static async Task ApplyAsync(HufuDbContext db, string from, string to)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction is { } current ? Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(current) : null;
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
            command.Transaction = Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(db.Database.CurrentTransaction!);
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
}
