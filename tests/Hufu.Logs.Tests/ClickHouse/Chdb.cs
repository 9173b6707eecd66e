using System.Runtime.InteropServices;
using System.Text;
using Hufu.Logs.ClickHouse;

namespace Hufu.Logs.Tests.ClickHouse;

/// <summary>
/// ClickHouse 26.7 as a library in this process, in memory: the statements are those that a server gets over HTTP. It is not part of the product: the test script
/// puts it where it is looked for.
/// </summary>
internal static unsafe class Chdb
{
    private static readonly Lock Gate = new();
    private static readonly string Folder = Environment.GetEnvironmentVariable("HUFU_TEST_CHDB") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "hufu-test", "chdb");
    private static nint library;
    private static nint connection;
    private static string? current;

    /// <summary>Where the library is; null when it is not there.</summary>
    public static string? Library => Path.Combine(Folder, "node_modules", "@chdb", "lib-linux-x64-gnu", "libchdb.so") is var path && OperatingSystem.IsLinux() && File.Exists(path) ? path : null;

    /// <summary>A database of its own.</summary>
    public static IClickHouse Database(string name)
    {
        lock (Gate)
        {
            Open();
            Run($"CREATE DATABASE IF NOT EXISTS {name}".Bytes(), "");
        }

        return new Client(name);
    }

    private static byte[] Bytes(this string text) => Encoding.UTF8.GetBytes(text);

    private static void Open()
    {
        if (library != 0) return;
        library = NativeLibrary.Load(Library!);
        ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "chdb_set_signal_handlers_enabled"))(0);
        var name = Marshal.StringToCoTaskMemUTF8("clickhouse");
        var arguments = (nint*)NativeMemory.Alloc((nuint)sizeof(nint));
        arguments[0] = name;
        var opened = ((delegate* unmanaged<int, nint*, nint*>)NativeLibrary.GetExport(library, "chdb_connect"))(1, arguments);
        connection = *opened;
        // Its threads would outlive what they use when the process ends.
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            lock (Gate) ((delegate* unmanaged<nint*, void>)NativeLibrary.GetExport(library, "chdb_close_conn"))(opened);
        };
    }

    private static byte[] Run(byte[] statement, string format)
    {
        var query = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nint>)NativeLibrary.GetExport(library, "chdb_query_n");
        var wanted = Encoding.ASCII.GetBytes(format.Length == 0 ? "Null" : format);
        nint result;
        fixed (byte* text = statement, name = wanted) result = query(connection, text, (nuint)statement.Length, name, (nuint)wanted.Length);
        try
        {
            var error = ((delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(library, "chdb_result_error"))(result);
            if (error != 0)
            {
                var words = Marshal.PtrToStringUTF8(error)!;
                throw new ClickHouseException(int.TryParse(words.Split("Code: ").Last().Split('.')[0], out var code) ? code : 0, words);
            }

            var buffer = ((delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(library, "chdb_result_buffer"))(result);
            var length = ((delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(library, "chdb_result_length"))(result);
            return buffer == 0 ? [] : new ReadOnlySpan<byte>((void*)buffer, (int)length).ToArray();
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "chdb_destroy_query_result"))(result);
        }
    }

    private sealed class Client(string database) : IClickHouse
    {
        public Task<byte[]> RunAsync(ClickHouseRequest request, CancellationToken cancellation) => Task.Run(() =>
        {
            lock (Gate)
            {
                if (current != database) Run($"USE {database}".Bytes(), "");
                current = database;
                foreach (var (name, value) in request.Settings) Run($"SET {name} = {value}".Bytes(), "");
                // What a parameter holds goes the way it goes over HTTP: escaped as the server's text format, here within a literal.
                foreach (var (name, value) in request.Parameters) Run($"SET param_{name} = {ClickHouseDialect.Literal(ClickHouseClient.Escaped((string)value))}".Bytes(), "");
                if (request.Rows is not { } rows) return Run(request.Sql.Bytes(), request.Sql.EndsWith("FORMAT RowBinary", StringComparison.Ordinal) ? "RowBinary" : "");
                // The library has no way to give a table beside a statement: the batch is a file here.
                var batch = Path.GetTempFileName();
                try
                {
                    File.WriteAllBytes(batch, rows.Span);
                    return Run(request.Sql.Replace("FROM batch ", $"FROM file('{batch}', 'RowBinary', {ClickHouseDialect.Literal(request.Structure)}) ", StringComparison.Ordinal).Bytes(), "");
                }
                finally
                {
                    File.Delete(batch);
                }
            }
        }, cancellation);
    }
}
