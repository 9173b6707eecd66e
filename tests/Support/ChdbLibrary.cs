using System.Runtime.InteropServices;
using System.Text;

namespace Hufu.Support;

/// <summary>What ClickHouse says of a statement that it does not do.</summary>
internal sealed class ChdbFault(int code, string words) : Exception(words)
{
    public int Code => code;
}

/// <summary>
/// ClickHouse 26.7 as a library in this process, in memory: the statements are those that a server gets over HTTP. It is not part of the product: the test script
/// puts it where it is looked for.
/// </summary>
internal static unsafe class ChdbLibrary
{
    private static readonly string Folder = Environment.GetEnvironmentVariable("HUFU_TEST_CHDB") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "hufu-test", "chdb");
    private static nint library;
    private static nint connection;

    /// <summary>Held by whoever gives statements that belong together.</summary>
    public static Lock Gate { get; } = new();

    /// <summary>Where the library is; null when it is not there.</summary>
    public static string? Library => Path.Combine(Folder, "node_modules", "@chdb", "lib-linux-x64-gnu", "libchdb.so") is var path && OperatingSystem.IsLinux() && File.Exists(path) ? path : null;

    /// <summary>Does a statement; its result comes in the format.</summary>
    public static byte[] Run(string statement, string format)
    {
        lock (Gate)
        {
            Open();
            return Run(Encoding.UTF8.GetBytes(statement), format);
        }
    }

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
                throw new ChdbFault(int.TryParse(words.Split("Code: ").Last().Split('.')[0], out var code) ? code : 0, words);
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
}
