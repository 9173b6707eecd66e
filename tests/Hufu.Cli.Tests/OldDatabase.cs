using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hufu.Kernel;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
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
        await using (var alerts = new SqliteHufuContext(options, new RecordTypes([new AlertType()]), [], TimeProvider.System)) await TellAsBeforeAsync(alerts);
        await using var db = new SqliteHufuContext(options, new RecordTypes([]), [], TimeProvider.System);
        await db.GetService<IMigrator>().MigrateAsync(db.Database.GetMigrations().First());
        Assert.Equal(1, Applied(Path.Combine(data, "hufu.db")));
    }

    // The alerts, and what the change log says of them, as the first version had them: without the columns that came later.
    private static async Task TellAsBeforeAsync(HufuDbContext db)
    {
        foreach (var alert in await db.Set<Alert>().ToListAsync())
        {
            (alert.Score, alert.ScoreReasons, alert.RuleTitleEn, alert.FoundInHistory) = (null, "", "", "");
            alert.Version++;
            await db.Database.ExecuteSqlAsync($"UPDATE monitoring_alert SET score = NULL, score_reasons = '', rule_title_en = '', found_in_history = '', version = {alert.Version} WHERE id = {alert.Id}");
            var state = new JsonObject();
            foreach (var property in db.Entry(alert).Properties.Where(p => p.Metadata.Name != nameof(Alert.SearchText) && p.Metadata.PropertyInfo?.GetCustomAttribute<AddedAttribute>() is null).OrderBy(p => p.Metadata.Name, StringComparer.Ordinal))
                state[property.Metadata.Name] = property.CurrentValue is Guid id ? id.ToString() : Field.ToText(property.CurrentValue);
            var told = Hashing.Sha256Hex(state.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
            db.Changes.Add(ChangeCapture.Create(AlertType.TypeKey, alert.Id, alert.Version, "update", alert.UpdatedAt, null, null, new ChangePayload(Guid.Empty, "Hufu", "job", null, [], told)));
            db.Entry(alert).State = EntityState.Detached;
        }

        await db.SaveChangesAsync();
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
