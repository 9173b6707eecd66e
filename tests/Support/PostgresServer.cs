using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Hufu.Testing.PostgresServer))]

namespace Hufu.Testing;

/// <summary>Marks a class of tests: they run on PostgreSQL. The class derives from the one that has the tests, which runs on SQLite.</summary>
public interface IOnPostgres;

/// <summary>
/// One PostgreSQL server for the whole run, asked for by the first test that needs it: the one that <c>HUFU_TEST_POSTGRES</c> names (the test
/// script starts one for all projects), or one of its own with its data in a temporary folder. Without the server its tests skip and say so;
/// with <c>HUFU_REQUIRE=postgres</c> they fail.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    internal const string Binaries = "/usr/lib/postgresql/15/bin";
    private static PostgresServer? known;
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, string> perFolder = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> made = [];
    private Process? server;
    private string? folder;
    private string? address;
    private int databases;
    private string? template;

    public static bool IsInstalled => Shared is not null || File.Exists(Path.Combine(Binaries, "postgres"));

    private static string? Shared => Environment.GetEnvironmentVariable("HUFU_TEST_POSTGRES") is { Length: > 0 } given ? given : null;

    private static bool IsRequired => (Environment.GetEnvironmentVariable("HUFU_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("postgres");

    /// <summary>The server of this run, for what is made without a fixture at hand.</summary>
    public static async Task<PostgresServer> CurrentAsync() =>
        // Kept: when a class is cleaned up, its fixtures can no longer be asked for.
        known ??= await TestContext.Current.GetFixture<PostgresServer>() ?? throw new InvalidOperationException("There is no fixture for PostgreSQL.");

    /// <summary>Whether the test that runs now is of a class that is marked for PostgreSQL.</summary>
    public static bool IsMeant => TestContext.Current.TestClass is IXunitTestClass { Class: { } type } && typeof(IOnPostgres).IsAssignableFrom(type);

    /// <summary>
    /// Connection string for a data folder: null, which means the file in the folder, unless the present test is one for PostgreSQL. The same
    /// folder gets the same database, so that a test can open it a second time.
    /// </summary>
    public static async Task<string?> ForFolderAsync(string dataFolder)
    {
        if (!IsMeant) return null;
        var current = await CurrentAsync();
        return current.perFolder.GetOrAdd(dataFolder, _ => current.CreateDatabase(current.template ?? "template0"));
    }

    /// <summary>Creates the tables. The first of a run becomes the template of the others, which takes a tenth of the time.</summary>
    public static async Task EnsureCreatedAsync(DatabaseFacade database)
    {
        await database.EnsureCreatedAsync();
        if (!IsMeant) return;
        var connection = database.GetConnectionString()!;
        var current = await CurrentAsync();
        lock (current.gate)
        {
            if (current.template is not null) return;
            NpgsqlConnection.ClearAllPools();
            var name = $"made_{Environment.ProcessId}";
            try
            {
                current.Execute($"CREATE DATABASE {name} TEMPLATE {new NpgsqlConnectionStringBuilder(connection).Database}");
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
            {
                // Somebody is connected to it already; the next one will do.
                return;
            }

            current.made.Add(name);
            current.template = name;
        }
    }

    /// <summary>Connection string of a fresh database, a copy of another where one is named.</summary>
    public string CreateDatabase(string template = "template0", string? called = null)
    {
        lock (gate)
        {
            if (address is null) Start();
        }

        var name = called ?? $"t{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";
        Execute($"CREATE DATABASE {name} TEMPLATE {template}");
        made.Add(name);
        return Connection(name);
    }

    /// <summary>Removes a database whose test is over: hundreds of them would fill the disk.</summary>
    public void Drop(string connection)
    {
        NpgsqlConnection.ClearPool(new NpgsqlConnection(connection));
        Execute($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");
    }

    /// <summary>Removes the database of a data folder, if it has one.</summary>
    public static async Task ForgetFolderAsync(string dataFolder)
    {
        if (!IsMeant) return;
        var current = await CurrentAsync();
        if (current.perFolder.TryRemove(dataFolder, out var connection)) current.Drop(connection);
    }

    /// <summary>Connection string of a database on this server.</summary>
    public string Connection(string database) => $"{address};Username=hufu;Database={database};Maximum Pool Size=12;Timeout=30";

    public void Dispose()
    {
        if (address is null) return;
        NpgsqlConnection.ClearAllPools();
        if (server is null)
        {
            foreach (var name in made) Execute($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            NpgsqlConnection.ClearAllPools();
            return;
        }

        Run(Command("pg_ctl", "-D", Path.Combine(folder!, "data"), "-m", "immediate", "stop"));
        server.WaitForExit(10_000);
        server.Dispose();
        Directory.Delete(folder!, recursive: true);
    }

    /// <summary>Runs one statement outside of any database of the tests.</summary>
    public void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(Connection("postgres"));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private void Start()
    {
        if (Shared is { } shared)
        {
            address = shared;
            return;
        }

        if (!IsInstalled)
        {
            if (IsRequired) Assert.Fail($"PostgreSQL is required and not in {Binaries}.");
            Assert.Skip($"PostgreSQL is not in {Binaries}.");
        }

        folder = Path.Combine(Path.GetTempPath(), $"hufu-pg-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        if (Environment.UserName == "root") Process.Start("chown", ["postgres", folder]).WaitForExit();
        var data = Path.Combine(folder, "data");
        Run(Command("initdb", "-D", data, "-U", "hufu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"));
        var port = LocalPorts.Free();
        server = Process.Start(Command("postgres", "-D", data, "-p", port.ToString(), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_connections=200"))!;
        address = $"Host=127.0.0.1;Port={port}";
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

    /// <summary>A program of PostgreSQL, as the account of the server where we are root, as whom it refuses to run.</summary>
    internal static ProcessStartInfo Command(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries, program);
        var start = Environment.UserName == "root" ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", path, .. arguments]) : new ProcessStartInfo(path, arguments);
        start.WorkingDirectory = "/";
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        return start;
    }

    /// <summary>Runs a program to its end, which must be a good one.</summary>
    internal static void Run(ProcessStartInfo start)
    {
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{start.FileName} {string.Join(' ', start.ArgumentList)}: {errors.Result}");
    }
}
