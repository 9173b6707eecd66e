using Hufu.Records;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Hufu.Cli.Tests;

/// <summary>A database as the first version of the product left it: taken down to its first migration by the migrations themselves.</summary>
internal static class OldDatabase
{
    internal static async Task MakeAsync(string data)
    {
        var options = new DbContextOptionsBuilder<SqliteHufuContext>().UseSqlite($"Data Source={Path.Combine(data, "hufu.db")};Pooling=False")
            .ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning, RelationalEventId.NonTransactionalMigrationOperationWarning)).Options;
        await using var db = new SqliteHufuContext(options, new RecordTypes([]), [], TimeProvider.System);
        await db.GetService<IMigrator>().MigrateAsync(db.Database.GetMigrations().First());
        Assert.Equal(1, Applied(Path.Combine(data, "hufu.db")));
    }

    /// <summary>How many migrations a database file has had.</summary>
    internal static int Applied(string file)
    {
        using var db = new SqliteConnection($"Data Source={file};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "SELECT count(*) FROM \"__EFMigrationsHistory\"";
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
