using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hufu.Records.Storage;

/// <summary>What every SQLite connection is told as it opens: these settings belong to the connection, not to the file.</summary>
public sealed class SqliteSettings : DbConnectionInterceptor
{
    // FULL: a committed change survives a power cut, which is what a ledger promises. WAL keeps its cost to one fsync a commit.
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=15000; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=ON;";

    /// <inheritdoc />
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    /// <inheritdoc />
    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
