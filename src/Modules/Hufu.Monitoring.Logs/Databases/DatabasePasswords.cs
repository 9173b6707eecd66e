using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// The passwords of the log databases. They are kept protected beside the records and never shown, not even in the history. One belongs to the server, database
/// and account that it was given for: who points a record elsewhere does not send it there.
/// </summary>
internal sealed class DatabasePasswords(IDbContextFactory<HufuDbContext> factory, IDataProtectionProvider protection)
{
    internal const int MaxLength = 500;
    private readonly IDataProtector protector = protection.CreateProtector("Hufu.Monitoring.Logs.DatabasePassword.v1");

    private sealed record Kept(string Target, string Password);

    /// <summary>Sets a password; an empty one removes it.</summary>
    internal async Task SetAsync(Actor actor, LogDatabase database, string password, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var key = KeyOf(database.Id);
        var value = password.Length == 0 ? "" : protector.Protect(JsonSerializer.Serialize(new Kept(TargetOf(database), password)));
        if (await db.Settings.FirstOrDefaultAsync(s => s.Key == key, cancellation) is { } setting) setting.Value = value;
        else db.Settings.Add(new Setting { Key = key, Value = value });
        db.ActAs(actor, "update");
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>A mark that changes with the password, and the password itself; null when none is kept for this target.</summary>
    internal async Task<(string Mark, string? Password)> ReadAsync(LogDatabase database, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var key = KeyOf(database.Id);
        var value = await db.Settings.AsNoTracking().Where(s => s.Key == key).Select(s => s.Value).FirstOrDefaultAsync(cancellation);
        if (string.IsNullOrEmpty(value)) return ("", null);
        try
        {
            var kept = JsonSerializer.Deserialize<Kept>(protector.Unprotect(value));
            return (value, kept?.Target == TargetOf(database) ? kept.Password : null);
        }
        catch (CryptographicException)
        {
            // The key that protects it is gone: it must be entered again.
            return ("", null);
        }
    }

    private static string KeyOf(Guid id) => $"logs.database.{id:N}.password";

    private static string TargetOf(LogDatabase database) => string.Create(CultureInfo.InvariantCulture, $"{database.Account}@{database.Host.ToLowerInvariant()}:{database.Port ?? PostgresRows.DefaultPort}/{database.Database}");
}
