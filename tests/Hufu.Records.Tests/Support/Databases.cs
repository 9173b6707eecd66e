using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

[assembly: AssemblyFixture(typeof(Hufu.Records.Tests.Support.PostgresServer))]

namespace Hufu.Records.Tests.Support;

/// <summary>Which database a class of tests runs on.</summary>
public enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>One PostgreSQL server for the whole run, started when the first test asks for it, with its data in a temporary folder.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";
    private readonly Lock gate = new();
    private Process? server;
    private string? folder;
    private int port;
    private int databases;

    public static bool IsInstalled => File.Exists(Path.Combine(Binaries, "postgres"));

    private static bool IsRequired => (Environment.GetEnvironmentVariable("HUFU_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("postgres");

    /// <summary>Connection string of a fresh database, a copy of another where one is named.</summary>
    public string CreateDatabase(string template = "template0", string? called = null)
    {
        if (!IsInstalled)
        {
            if (IsRequired) Assert.Fail($"PostgreSQL is required and not in {Binaries}.");
            Assert.Skip($"PostgreSQL is not in {Binaries}.");
        }

        lock (gate)
        {
            if (server is null) Start();
        }

        var name = called ?? $"t{Interlocked.Increment(ref databases)}";
        using var connection = new NpgsqlConnection(Connection("postgres"));
        connection.Open();
        using var command = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {template}", connection);
        command.ExecuteNonQuery();
        return Connection(name);
    }

    public void Dispose()
    {
        if (server is null) return;
        NpgsqlConnection.ClearAllPools();
        Run("pg_ctl", "-D", Path.Combine(folder!, "data"), "-m", "immediate", "stop");
        server.WaitForExit(10_000);
        server.Dispose();
        Directory.Delete(folder!, recursive: true);
    }

    private string Connection(string database) => $"Host=127.0.0.1;Port={port};Username=hufu;Database={database};Maximum Pool Size=6;Timeout=15";

    private void Start()
    {
        folder = Path.Combine(Path.GetTempPath(), $"hufu-pg-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        if (Environment.UserName == "root") Process.Start("chown", ["postgres", folder]).WaitForExit();
        var data = Path.Combine(folder, "data");
        Run("initdb", "-D", data, "-U", "hufu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8");
        for (port = 55432; !IsFree(port); port++)
        {
        }

        server = Process.Start(Command("postgres", "-D", data, "-p", port.ToString(), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"))!;
        for (var i = 0; i < 100; i++)
        {
            try
            {
                using var connection = new NpgsqlConnection(Connection("postgres") + ";Pooling=false");
                connection.Open();
                return;
            }
            catch (NpgsqlException)
            {
                Thread.Sleep(100);
            }
        }

        Assert.Fail("PostgreSQL did not start.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // The server refuses to run as root.
    private static ProcessStartInfo Command(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries, program);
        var start = Environment.UserName == "root" ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", path, .. arguments]) : new ProcessStartInfo(path, arguments);
        start.WorkingDirectory = "/";
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        return start;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(Command(program, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors.Result}");
    }
}
