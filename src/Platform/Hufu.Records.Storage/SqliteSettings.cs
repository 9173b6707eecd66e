using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using SQLitePCL;

namespace Hufu.Records.Storage;

/// <summary>What every SQLite connection is told as it opens: these settings belong to the connection, not to the file.</summary>
public sealed class SqliteSettings : DbConnectionInterceptor
{
    // FULL: a committed change survives a power cut, which is what a ledger promises. WAL keeps its cost to one fsync a commit.
    // Reading through a map saves a call and a copy for each page, and all connections share what is in memory; writing goes by calls as ever.
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=15000; PRAGMA cache_size=-16384; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=ON;";

    // A connection from the pool was told before: it keeps what it knows, and each query opens one.
    private static readonly ConditionalWeakTable<sqlite3, object> Told = [];

    /// <inheritdoc />
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Tell((SqliteConnection)connection);

    /// <inheritdoc />
    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Tell((SqliteConnection)connection);
        return Task.CompletedTask;
    }

    private static void Tell(SqliteConnection connection)
    {
        var handle = connection.Handle!;
        if (!Told.TryAdd(handle, handle)) return;
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
        SqliteFunctions.Add(handle);
    }
}
