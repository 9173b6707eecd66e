using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace Hufu.Desk.Tests;

/// <summary>A database of an earlier version is brought to the present one wholly or not at all.</summary>
public class UpgradeTests
{
    [Fact]
    public async Task An_upgrade_that_fails_half_way_changes_nothing_and_can_be_done_again()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-upgrade-").FullName;
        var storage = new StorageOptions { DataFolder = folder, Postgres = PostgresServer.IsMeant ? (await PostgresServer.CurrentAsync()).CreateDatabase() : null };
        var collection = new ServiceCollection();
        collection.AddLogging();
        Host.AddAll(collection, storage, background: false);
        await using (var services = collection.BuildServiceProvider())
        {
            var factory = services.GetRequiredService<IDbContextFactory<HufuDbContext>>();
            string last;
            await using (var db = factory.CreateDbContext())
            {
                // As the first version left it, with a row of somebody's.
                var all = db.Database.GetMigrations().ToList();
                Assert.True(all.Count >= 3);
                await db.GetService<IMigrator>().MigrateAsync(all[0]);
                db.ActAs(Actor.System("test"), "create");
                db.Settings.Add(new Setting { Key = "kept", Value = "虎" });
                await db.SaveChangesAsync();
                // In the way of the last table that the upgrade makes: what comes before it succeeds.
                var assembly = db.GetService<IMigrationsAssembly>();
                last = assembly.CreateMigration(assembly.Migrations[all[1]], db.Database.ProviderName!).UpOperations.OfType<CreateTableOperation>().Last().Name;
                await ExecuteAsync(db, $"CREATE TABLE {last} (in_the_way integer)");
            }

            var before = await ShapeAsync(factory);
            var said = new List<string>();
            var failed = await DatabaseUpgrade.RunAsync(services, storage, said.Add);
            Assert.Equal("upgrade.failed", Assert.Single(failed.Errors).Code);
            Assert.Contains("database is untouched", failed.Errors[0].Message.En, StringComparison.Ordinal);
            Assert.Equal(before, await ShapeAsync(factory));

            await using (var db = factory.CreateDbContext()) await ExecuteAsync(db, $"DROP TABLE {last}");
            Assert.True((await DatabaseUpgrade.RunAsync(services, storage, said.Add)).IsOk);
            await using (var db = factory.CreateDbContext())
            {
                Assert.Empty(await db.Database.GetPendingMigrationsAsync());
                Assert.Equal("虎", (await db.Settings.SingleAsync(s => s.Key == "kept")).Value);
            }

            // Nothing more to do, and nothing said of it.
            said.Clear();
            await DatabaseUpgrade.RunAsync(services, storage, said.Add);
            Assert.Empty(said);
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (storage.Postgres is { } used) (await PostgresServer.CurrentAsync()).Drop(used);
        Directory.Delete(folder, recursive: true);
    }

    // All tables and columns, what migrations are noted, and the row.
    private static async Task<string> ShapeAsync(IDbContextFactory<HufuDbContext> factory)
    {
        await using var db = factory.CreateDbContext();
        var columns = db.IsPostgres
            ? await db.Database.SqlQuery<string>($"SELECT table_name || '.' || column_name || ' ' || data_type AS \"Value\" FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1").ToListAsync()
            : await db.Database.SqlQuery<string>($"SELECT name || ' ' || coalesce(sql, '') AS \"Value\" FROM sqlite_master WHERE name NOT LIKE '%Lock' ORDER BY 1").ToListAsync();
        var kept = await db.Database.SqlQuery<string>($"SELECT value AS \"Value\" FROM setting WHERE key = 'kept'").SingleAsync();
        return string.Join('\n', columns) + string.Join('\n', await db.Database.GetAppliedMigrationsAsync()) + kept;
    }

    private static async Task ExecuteAsync(HufuDbContext db, string sql)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class UpgradeTestsOnPostgres : UpgradeTests, IOnPostgres;
