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
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=15000; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=ON;";

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
        SqliteException.ThrowExceptionForRC(raw.sqlite3_create_function(handle, "holds", 2, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null, Holds), handle);
    }

    // As instr(text, word) > 0, which compares byte for byte; this looks at many bytes at a time, in the database's own memory.
    private static void Holds(sqlite3_context context, object user, sqlite3_value[] arguments) =>
        raw.sqlite3_result_int(context, raw.sqlite3_value_blob(arguments[0]).IndexOf(raw.sqlite3_value_blob(arguments[1])) >= 0 ? 1 : 0);
}
