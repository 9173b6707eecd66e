using Hufu.Logs.ClickHouse;
using Hufu.Support;

namespace Hufu.Logs.Tests.ClickHouse;

/// <summary>The library as what the product speaks with.</summary>
internal static class Chdb
{
    private static string? current;

    /// <summary>Where the library is; null when it is not there.</summary>
    public static string? Library => ChdbLibrary.Library;

    /// <summary>A database of its own.</summary>
    public static IClickHouse Database(string name)
    {
        Run($"CREATE DATABASE IF NOT EXISTS {name}", "");
        return new Client(name);
    }

    private static byte[] Run(string statement, string format)
    {
        try
        {
            return ChdbLibrary.Run(statement, format);
        }
        catch (ChdbFault fault)
        {
            throw new ClickHouseException(fault.Code, fault.Message);
        }
    }

    private sealed class Client(string database) : IClickHouse
    {
        public Task<byte[]> RunAsync(ClickHouseRequest request, CancellationToken cancellation) => Task.Run(() =>
        {
            lock (ChdbLibrary.Gate)
            {
                if (current != database) Run($"USE {database}", "");
                current = database;
                foreach (var (name, value) in request.Settings) Run($"SET {name} = {value}", "");
                // What a parameter holds goes the way it goes over HTTP: escaped as the server's text format, here within a literal.
                foreach (var (name, value) in request.Parameters) Run($"SET param_{name} = {ClickHouseDialect.Literal(ClickHouseClient.Escaped((string)value))}", "");
                if (request.Rows is not { } rows) return Run(request.Sql, request.Sql.EndsWith("FORMAT RowBinary", StringComparison.Ordinal) ? "RowBinary" : "");
                // The library has no way to give a table beside a statement: the batch is a file here.
                var batch = Path.GetTempFileName();
                try
                {
                    File.WriteAllBytes(batch, rows.Span);
                    return Run(request.Sql.Replace("FROM batch ", $"FROM file('{batch}', 'RowBinary', {ClickHouseDialect.Literal(request.Structure)}) ", StringComparison.Ordinal), "");
                }
                finally
                {
                    File.Delete(batch);
                }
            }
        }, cancellation);
    }
}
