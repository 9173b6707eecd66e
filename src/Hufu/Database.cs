using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

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
    public PostgresHufuContext CreateDbContext(string[] args)
    {
        var (types, tables) = Modules.Model();
        return new PostgresHufuContext(new DbContextOptionsBuilder<PostgresHufuContext>().UseNpgsql("Host=localhost;Database=design").Options, types, tables, TimeProvider.System);
    }
}

/// <summary>Brings the database to the present shape.</summary>
internal static class DatabaseUpgrade
{
    /// <summary>
    /// Applies what migrations are missing. The embedded file is first copied and the migrations are tried on the copy: when they fail there,
    /// the real file has not been touched.
    /// </summary>
    internal static async Task RunAsync(IServiceProvider services, StorageOptions storage, Action<string> say)
    {
        await using var db = services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();
        var pending = (await db.Database.GetPendingMigrationsAsync()).ToList();
        if (pending.Count == 0) return;
        if (storage.Postgres is null && File.Exists(storage.SqliteFile) && new FileInfo(storage.SqliteFile).Length > 0)
        {
            var trial = storage.SqliteFile + ".trial";
            foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(trial + ending);
            say($"Trying {pending.Count} migration(s) on a copy of the database / 先在副本上試行 {pending.Count} 個資料庫升級");
            await CopyAsync(storage.SqliteFile, trial);
            await using (var copy = new SqliteHufuContext(new DbContextOptionsBuilder<SqliteHufuContext>().UseSqlite($"Data Source={trial};Pooling=False").AddInterceptors(new SqliteSettings()).Options, db.Types, services.GetServices<IModelContribution>(), TimeProvider.System))
                await copy.Database.MigrateAsync();
            await CopyAsync(storage.SqliteFile, storage.SqliteFile + ".before-" + pending[^1]);
            foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(trial + ending);
        }

        await db.Database.MigrateAsync();
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
