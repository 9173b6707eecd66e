using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Hufu.Monitoring.Logs;

/// <summary>How a query is asked.</summary>
/// <param name="Query">The query.</param>
/// <param name="BookmarkColumn">The column of the bookmark.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Timeout">Longest time for an answer.</param>
internal sealed record RowQuestion(string Query, string BookmarkColumn, BookmarkKind Kind, TimeSpan Timeout)
{
    /// <summary>The query without the semicolon that may end it.</summary>
    internal string Bare { get; } = RowQuery.Statement(Query);
}

/// <summary>
/// Rows of PostgreSQL: by a cursor in a transaction that only reads, so that of any table no more is sent than is taken. Values come as the server writes them,
/// with all their digits. The connection is kept from one question to the next.
/// </summary>
internal sealed class PostgresRows : IRowSource
{
    internal const int DefaultPort = 5432;
    private const string Cursor = "DECLARE hufu_rows NO SCROLL CURSOR FOR ";
    private const int MostFetched = 500;
    private const long FetchedAtOnce = 1 << 20;

    private readonly NpgsqlDataSource server;
    private readonly RowQuestion question;
    private readonly string numbered;
    private NpgsqlConnection? connection;

    /// <param name="database">Where it is.</param>
    /// <param name="password">The account's password; null for none.</param>
    /// <param name="question">What is asked.</param>
    internal PostgresRows(LogDatabase database, string? password, RowQuestion question)
    {
        this.question = question;
        // As long as what it stands for: places in the query stay what they are.
        var text = new StringBuilder(question.Bare);
        foreach (var at in RowQuery.Places(question.Bare)) text.Remove(at, RowQuery.Parameter.Length).Insert(at, "$1".PadRight(RowQuery.Parameter.Length));
        numbered = text.ToString();
        var isChecked = database.Tls is "" or "verify";
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = database.Host, Port = database.Port ?? DefaultPort, Database = database.Database, Username = database.Account, Password = password,
            SslMode = isChecked ? SslMode.VerifyFull : database.Tls == "require" ? SslMode.Require : SslMode.Disable,
            // To a server that is not known the password is not told, nor anything that it could be guessed from.
            RequireAuth = isChecked ? null : "ScramSHA256,None", GssEncryptionMode = GssEncryptionMode.Disable,
            // What the server's account keeps in its home is for others.
            Passfile = Path.Combine(AppContext.BaseDirectory, "no-passfile"),
            Pooling = false, Multiplexing = false, Enlist = false, ApplicationName = "Hufu", Timeout = 15, CommandTimeout = (int)question.Timeout.TotalSeconds + 5, CancellationTimeout = 2_000, KeepAlive = 30, TcpKeepAlive = true,
            IncludeErrorDetail = false, PersistSecurityInfo = false,
        }.ConnectionString);
        if (isChecked && ReceiverType.Authorities(database.Authorities) is { Count: > 0 } authorities) builder.UseRootCertificates([.. authorities]);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        server = builder.Build();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await server.DisposeAsync();
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<Row> ReadAsync(string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await BeginAsync(after, cancellation);
        RowBuilder? builder = null;
        try
        {
            var many = 16;
            while (true)
            {
                var (had, size) = (0, 0L);
                await using (var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"FETCH FORWARD {many} FROM hufu_rows"), connection) { AllResultTypesAreUnknown = true })
                await using (var reader = await AskedAsync(() => command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation)))
                {
                    builder ??= new RowBuilder(Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
                    while (await AskedAsync(() => reader.ReadAsync(cancellation)))
                    {
                        var (row, length) = await AskedAsync(() => RowAsync(reader, builder, cancellation));
                        (had, size) = (had + 1, size + length);
                        yield return row;
                    }
                }

                if (had < many) break;
                // Of rows that are large, few are on their way at a time: a reading that ends early has them sent all the same.
                many = size > FetchedAtOnce ? Math.Max(1, many / 4) : Math.Min(MostFetched, many * 2);
            }
        }
        finally
        {
            builder?.Dispose();
            await EndAsync();
        }
    }

    /// <inheritdoc />
    public async Task<string?> LatestAsync(CancellationToken cancellation)
    {
        await OpenAsync(cancellation);
        try
        {
            await BeginReadingAsync(cancellation);
            string? column = null;
            await using (var names = Command($"SELECT * FROM (\n{numbered}\n) AS hufu_rows LIMIT 0", null))
            await using (var reader = await names.ExecuteReaderAsync(cancellation))
                for (var i = 0; i < reader.FieldCount; i++)
                    if (reader.GetName(i) == question.BookmarkColumn || (column is null && string.Equals(reader.GetName(i), question.BookmarkColumn, StringComparison.OrdinalIgnoreCase))) column = reader.GetName(i);
            // The reading tells that there is none.
            if (column is null) return null;
            var quoted = "\"" + column.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
            await using var command = Command($"SELECT {quoted} FROM (\n{numbered}\n) AS hufu_rows WHERE {quoted} IS NOT NULL ORDER BY {quoted} DESC LIMIT 1", null);
            command.AllResultTypesAreUnknown = true;
            await using var latest = await command.ExecuteReaderAsync(cancellation);
            return await latest.ReadAsync(cancellation) ? Text(latest.GetDataTypeOID(0), latest.GetString(0)) : null;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await CloseAsync();
            throw DatabaseFaults.Of(fault, question.Query, null);
        }
        finally
        {
            await EndAsync();
        }
    }

    private async Task<T> AskedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException or IOException or InvalidCastException)
        {
            await CloseAsync();
            throw DatabaseFaults.Of(fault, question.Query, null);
        }
    }

    private async Task BeginAsync(string? after, CancellationToken cancellation)
    {
        await OpenAsync(cancellation);
        try
        {
            await BeginReadingAsync(cancellation);
            await using var command = Command(Cursor + numbered, after);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await CloseAsync();
            throw DatabaseFaults.Of(fault, question.Query, Cursor.Length);
        }
        catch (OperationCanceledException)
        {
            await CloseAsync();
            throw;
        }
    }

    private async Task EndAsync()
    {
        if (connection is null) return;
        try
        {
            await using var command = new NpgsqlCommand("ROLLBACK", connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception fault) when (fault is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            // The next question opens another.
            await CloseAsync();
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        if (connection is { FullState: ConnectionState.Open }) return;
        await CloseAsync();
        try
        {
            connection = await server.OpenConnectionAsync(cancellation);
            var limit = (long)question.Timeout.TotalMilliseconds;
            await using var command = new NpgsqlCommand(
                string.Create(CultureInfo.InvariantCulture, $"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = {limit}; SET lock_timeout = {limit}; SET idle_in_transaction_session_timeout = {limit + 60_000}; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1"), connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await CloseAsync();
            throw DatabaseFaults.Of(fault, question.Query, null);
        }
    }

    private async Task BeginReadingAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("BEGIN READ ONLY", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task CloseAsync()
    {
        if (connection is { } closing)
        {
            connection = null;
            await closing.DisposeAsync();
        }
    }

    private NpgsqlCommand Command(string sql, string? after)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(question.Kind switch
        {
            BookmarkKind.Integer => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = after is null ? long.MinValue : long.Parse(after, CultureInfo.InvariantCulture) },
            BookmarkKind.Text => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = after ?? "" },
            // The server finds out what kind of time it is.
            _ => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = after ?? "-infinity" },
        });
        return command;
    }

    private static async Task<(Row Row, long Size)> RowAsync(NpgsqlDataReader reader, RowBuilder builder, CancellationToken cancellation)
    {
        long size = 0;
        for (var i = 0; i < reader.FieldCount; i++)
        {
            if (await reader.IsDBNullAsync(i, cancellation))
            {
                builder.Null();
                continue;
            }

            var type = reader.GetDataTypeOID(i);
            if (KindOf(type) is { } kind)
            {
                var text = Text(type, await reader.GetFieldValueAsync<string>(i, cancellation));
                size += text.Length;
                builder.Add(kind, text);
                continue;
            }

            using var value = new Counted(await reader.GetTextReaderAsync(i, cancellation));
            // Of bytes the server says \x first.
            if (type == 17)
            {
                value.Read();
                value.Read();
            }

            await builder.AddAsync(value, cancellation);
            size += value.Count;
        }

        return (builder.Build(), size);
    }

    // Types whose values are short; all others may be long.
    private static RowValueKind? KindOf(uint type) => type switch
    {
        16 => RowValueKind.Flag,
        20 or 21 or 23 or 26 or 700 or 701 => RowValueKind.Number,
        1082 or 1083 or 1114 or 1184 or 1266 or 1186 or 2950 => RowValueKind.Text,
        1700 => RowValueKind.Number,
        _ => null,
    };

    // Truths as words, times as ISO 8601 has them.
    private static string Text(uint type, string text) => type switch
    {
        16 => text is "t" ? "true" : "false",
        1114 when text.Length > 10 && text[10] == ' ' => text[..10] + "T" + text[11..],
        1184 when text.Length > 10 && text[10] == ' ' => text[..10] + "T" + (text.EndsWith("+00", StringComparison.Ordinal) ? text[11..^3] + "Z" : text[11..]),
        _ => text,
    };

    private sealed class Counted(TextReader inner) : TextReader
    {
        internal long Count { get; private set; }

        public override int Read() => inner.Read();

        public override async ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Count += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
