using System.Globalization;
using System.Runtime.CompilerServices;
using Hufu.Kernel;
using Hufu.Logs.Rows;
using Hufu.Logs.Tail;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hufu.Monitoring.Logs;

/// <summary>Rows of a SQLite file, which is opened to read only and for one question at a time.</summary>
internal sealed class SqliteRows(string path, TailFolders folders, RowQuestion question) : IRowSource
{
    // Of a value, in bytes; while the row is read it is in memory, beside the process's own.
    private const int MaxValue = 256 << 20;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async IAsyncEnumerable<Row> ReadAsync(string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        using var limit = new Limit(question.Timeout, cancellation);
        using var connection = Asked(() => Open(limit));
        using var watch = limit.Watch(connection);
        using var command = Command(connection, question.Bare, after);
        using var reader = Asked(() => command.ExecuteReader(), limit);
        using var builder = new RowBuilder(Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
        while (Asked(() => reader.Read(), limit))
        {
            yield return RowOf(reader.Handle!, reader.FieldCount, builder);
            limit.Again();
        }
    }

    /// <inheritdoc />
    public Task<string?> LatestAsync(CancellationToken cancellation)
    {
        using var limit = new Limit(question.Timeout, cancellation);
        using var connection = Asked(() => Open(limit));
        using var watch = limit.Watch(connection);
        var quoted = "\"" + question.BookmarkColumn.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        using var command = Command(connection, $"SELECT {quoted} FROM (\n{question.Bare}\n) WHERE {quoted} IS NOT NULL ORDER BY {quoted} DESC LIMIT 1", null);
        using var reader = Asked(() => command.ExecuteReader(), limit);
        using var builder = new RowBuilder([question.BookmarkColumn]);
        return Task.FromResult(Asked(() => reader.Read(), limit) ? RowOf(reader.Handle!, 1, builder).Values[0].Text : null);
    }

    private SqliteConnection Open(Limit limit)
    {
        if (folders.Check(path) is { } refused) throw new RowSourceException(refused with { Place = "file" });
        // Where it really is: what has become a link since does not lead out.
        if (folders.Find(path) is not { } real) throw new RowSourceException(Error.Of("logs.database.file-none", "沒有這個檔案，或它在開放的資料夾之外。", "There is no such file, or it lies outside of the folders that are open.", "file"));
        limit.Again();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = real, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        try
        {
            connection.Open();
            raw.sqlite3_limit(connection.Handle, raw.SQLITE_LIMIT_LENGTH, MaxValue);
            // No other file is opened by what the query says.
            raw.sqlite3_limit(connection.Handle, raw.SQLITE_LIMIT_ATTACHED, 0);
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = FILE; PRAGMA cell_size_check = ON";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private T Asked<T>(Func<T> work, Limit? limit = null)
    {
        try
        {
            return work();
        }
        catch (SqliteException fault)
        {
            limit?.Stopping.ThrowIfCancellationRequested();
            throw DatabaseFaults.Of(fault, question.Query, null);
        }
    }

    private SqliteCommand Command(SqliteConnection connection, string sql, string? after)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue(RowQuery.Parameter, question.Kind is BookmarkKind.Integer ? after is null ? long.MinValue : long.Parse(after, CultureInfo.InvariantCulture) : after ?? "");
        return command;
    }

    // Values as the file has them, without a copy of what is not kept.
    private static Row RowOf(sqlite3_stmt statement, int count, RowBuilder builder)
    {
        for (var i = 0; i < count; i++)
        {
            switch (raw.sqlite3_column_type(statement, i))
            {
                case raw.SQLITE_INTEGER:
                    builder.Add(RowValueKind.Number, raw.sqlite3_column_int64(statement, i).ToString(CultureInfo.InvariantCulture));
                    break;
                case raw.SQLITE_FLOAT:
                    builder.Add(RowValueKind.Number, raw.sqlite3_column_double(statement, i).ToString("R", CultureInfo.InvariantCulture));
                    break;
                case raw.SQLITE_TEXT:
                    builder.AddUtf8(raw.sqlite3_column_blob(statement, i));
                    break;
                case raw.SQLITE_BLOB:
                    builder.Add(raw.sqlite3_column_blob(statement, i));
                    break;
                default:
                    builder.Null();
                    break;
            }
        }

        return builder.Build();
    }

    /// <summary>Interrupts a query that takes too long, or when reading stops.</summary>
    private sealed class Limit : IDisposable
    {
        private readonly CancellationTokenSource source;
        private readonly TimeSpan timeout;

        internal Limit(TimeSpan timeout, CancellationToken stopping)
        {
            (this.timeout, Stopping, source) = (timeout, stopping, CancellationTokenSource.CreateLinkedTokenSource(stopping));
            source.CancelAfter(timeout);
        }

        internal CancellationToken Stopping { get; }

        public void Dispose() => source.Dispose();

        /// <summary>The time for the next row begins.</summary>
        internal void Again() => source.CancelAfter(timeout);

        internal CancellationTokenRegistration Watch(SqliteConnection connection) => source.Token.Register(() => raw.sqlite3_interrupt(connection.Handle));
    }
}
