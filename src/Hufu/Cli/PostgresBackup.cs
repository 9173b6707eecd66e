using System.Data;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Hufu.Cli;

/// <summary>One table of a backup.</summary>
internal sealed record BackedUpTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<string> Identities, long Rows);

/// <summary>What a backup says of the database that is in it.</summary>
internal sealed record BackedUpDatabase(string Migration, IReadOnlyList<BackedUpTable> Tables)
{
    internal const string Name = "database.json";
}

/// <summary>
/// The tables of a PostgreSQL database as of one moment, each as the text that COPY writes, in an order in which they can be read back. No program of
/// the database server is needed, and the rows are of the same moment as the ledger and the logs that lie beside them, which no dump taken apart from them is.
/// </summary>
internal sealed class PostgresBackup : IAsyncDisposable
{
    private const string History = "__EFMigrationsHistory";
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction moment;
    private readonly long ledgerSize;

    private PostgresBackup(NpgsqlConnection connection, NpgsqlTransaction moment, long ledgerSize) => (this.connection, this.moment, this.ledgerSize) = (connection, moment, ledgerSize);

    /// <summary>Takes the moment: what is committed later is not seen through it.</summary>
    /// <param name="postgres">Connection string.</param>
    /// <param name="ledgerSize">How many leaves the ledger of the backup has: a change whose leaf lies past it waits again for its place.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<PostgresBackup> OpenAsync(string postgres, long ledgerSize, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(postgres);
        try
        {
            await connection.OpenAsync(cancellation);
            var moment = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
            return new PostgresBackup(connection, moment, ledgerSize);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Payloads of the changes that sealed log segments.</summary>
    internal async Task<IReadOnlyList<string>> SegmentsAsync(CancellationToken cancellation) => await TextsAsync("SELECT payload FROM change WHERE type_key = 'logs.segment' AND payload IS NOT NULL", cancellation);

    /// <summary>Writes every table into a file of its own.</summary>
    internal async Task<BackedUpDatabase> WriteAsync(string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var migration = (await TextsAsync($"SELECT \"MigrationId\" FROM \"{History}\" ORDER BY \"MigrationId\" DESC LIMIT 1", cancellation)).FirstOrDefault() ?? throw new InvalidDataException("The database has no table of Hufu.");
        var tables = new List<BackedUpTable>();
        foreach (var name in await InOrderAsync(cancellation))
        {
            var columns = await TextsAsync($"SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{name}' ORDER BY ordinal_position", cancellation);
            var identities = await TextsAsync($"SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{name}' AND is_identity = 'YES'", cancellation);
            var selected = columns.Select(c => name == "change" && c == "position" ? string.Create(CultureInfo.InvariantCulture, $"CASE WHEN position < {ledgerSize} THEN position END") : Quoted(c));
            long rows = 0;
            await using (var target = new StreamWriter(Path.Combine(folder, name), append: false, new System.Text.UTF8Encoding(false), 1 << 16))
            using (var source = await connection.BeginTextExportAsync($"COPY (SELECT {string.Join(", ", selected)} FROM {Quoted(name)}) TO STDOUT", cancellation))
            {
                // In this format a line break within a value is written as an escape: one line is one row.
                while (await source.ReadLineAsync(cancellation) is { } line)
                {
                    await target.WriteAsync(line.AsMemory(), cancellation);
                    await target.WriteAsync('\n');
                    rows++;
                }
            }

            tables.Add(new BackedUpTable(name, columns, identities, rows));
        }

        return new BackedUpDatabase(migration, tables);
    }

    /// <summary>Reads the tables back into an empty database; the caller commits after the files are in their place. Null and nothing written with the reason, when it cannot be.</summary>
    internal static async Task<(RestoredDatabase? Database, string? Wrong)> ReadAsync(string postgres, string folder, CancellationToken cancellation)
    {
        var told = JsonSerializer.Deserialize<BackedUpDatabase>(await File.ReadAllBytesAsync(Path.Combine(folder, BackedUpDatabase.Name), cancellation), Terminal.Json)!;
        var db = PostgresDesign.Open(postgres);
        var keep = false;
        try
        {
            if (!db.Database.GetMigrations().Contains(told.Migration, StringComparer.Ordinal)) return (null, $"The backup is of a newer version of Hufu ({told.Migration}); restore it with that version.");
            var transaction = await db.Database.BeginTransactionAsync(cancellation);
            var open = (NpgsqlConnection)db.Database.GetDbConnection();
            await using (var any = new NpgsqlCommand("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()", open, (NpgsqlTransaction)transaction.GetDbTransaction()))
                if ((long)(await any.ExecuteScalarAsync(cancellation))! > 0) return (null, "The database is not empty; restore into an empty one.");
            await DatabaseUpgrade.ApplyAsync(db, Migration.InitialDatabase, told.Migration);
            foreach (var table in told.Tables)
            {
                var columns = string.Join(", ", table.Columns.Select(Quoted));
                using (var source = new StreamReader(Path.Combine(folder, table.Name), System.Text.Encoding.UTF8))
                await using (var target = await open.BeginTextImportAsync($"COPY {Quoted(table.Name)} ({columns}) FROM STDIN", cancellation))
                {
                    var block = new char[1 << 16];
                    while (await source.ReadAsync(block, cancellation) is > 0 and var read) await target.WriteAsync(block.AsMemory(0, read), cancellation);
                }

                await using var count = new NpgsqlCommand($"SELECT count(*) FROM {Quoted(table.Name)}", open, (NpgsqlTransaction)transaction.GetDbTransaction());
                var rows = (long)(await count.ExecuteScalarAsync(cancellation))!;
                if (rows != table.Rows) return (null, $"The table {table.Name} should have {table.Rows} rows and has {rows}.");
                foreach (var identity in table.Identities)
                {
                    await using var next = new NpgsqlCommand($"SELECT setval(pg_get_serial_sequence('{Quoted(table.Name)}', '{identity}'), coalesce(max({Quoted(identity)}), 0) + 1, false) FROM {Quoted(table.Name)}", open, (NpgsqlTransaction)transaction.GetDbTransaction());
                    await next.ExecuteScalarAsync(cancellation);
                }
            }

            keep = true;
            return (new RestoredDatabase(db, transaction), null);
        }
        finally
        {
            // Without a commit nothing of it was written.
            if (!keep) await db.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await moment.DisposeAsync();
        await connection.DisposeAsync();
    }

    // A table comes after those that it refers to.
    private async Task<IReadOnlyList<string>> InOrderAsync(CancellationToken cancellation)
    {
        var left = (await TextsAsync("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name", cancellation)).Where(t => t != History).ToList();
        var refers = (await TextsAsync("SELECT DISTINCT conrelid::regclass::text || ' ' || confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid", cancellation)).Select(r => r.Replace("\"", "", StringComparison.Ordinal).Split(' ')).ToLookup(r => r[0], r => r[1]);
        var ordered = new List<string>();
        while (left.Count > 0)
        {
            var next = left.FirstOrDefault(t => refers[t].All(ordered.Contains)) ?? throw new InvalidDataException("Tables of the database refer to each other in a circle.");
            ordered.Add(next);
            left.Remove(next);
        }

        return ordered;
    }

    private async Task<List<string>> TextsAsync(string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection, moment);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancellation)) texts.Add(reader.GetString(0));
        return texts;
    }

    private static string Quoted(string name) => $"\"{name}\"";
}

/// <summary>A database that was read back and waits to be committed.</summary>
internal sealed class RestoredDatabase(PostgresHufuContext db, IDbContextTransaction transaction) : IAsyncDisposable
{
    internal Task CommitAsync(CancellationToken cancellation) => transaction.CommitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await db.DisposeAsync();
    }
}
