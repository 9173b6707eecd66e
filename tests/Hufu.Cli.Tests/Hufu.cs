using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

[assembly: AssemblyFixture(typeof(Hufu.Cli.Tests.Sample))]

namespace Hufu.Cli.Tests;

/// <summary>What a run of the program gave back.</summary>
internal sealed record Outcome(int Code, string Out, string Error)
{
    public override string ToString() => $"exit {Code}\n{Out}\n{Error}";
}

/// <summary>The real executable, as a person at a terminal has it.</summary>
internal static class Program
{
    internal static string Dll
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "Hufu", own.Name, "hufu.dll");
        }
    }

    internal static Process Start(params IEnumerable<string> arguments) => StartAs("dotnet", [Dll, .. arguments]);

    internal static Process StartAs(string file, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8 };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LANG"] = "en_US.UTF-8";
        start.Environment["LC_ALL"] = "en_US.UTF-8";
        // A server works for a few seconds here. Translating again what it runs often pays after minutes, and would take as much of the processor as its start.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "BB8";
        start.Environment.Remove("HUFU_DATA");
        start.Environment.Remove("HUFU_POSTGRES");
        return Process.Start(start)!;
    }

    internal static async Task<Outcome> EndAsync(Process process)
    {
        using (process)
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(180));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException("The program did not end: " + await output + await error);
            }

            return new Outcome(process.ExitCode, await output, await error);
        }
    }

    internal static Task<Outcome> RunAsync(params IEnumerable<string> arguments) => EndAsync(Start(arguments));

    internal static async Task<Outcome> OkAsync(params IEnumerable<string> arguments)
    {
        var outcome = await RunAsync(arguments);
        Assert.True(outcome.Code == 0, $"{string.Join(' ', arguments)}: {outcome}");
        return outcome;
    }

    /// <summary>Starts a server and waits until it answers; what it says is collected.</summary>
    internal static async Task<Server> ServeAsync(string data, string? postgres = null, params IReadOnlyList<string> more)
    {
        var process = Start(["serve", "--data", data, "--listen", "http://127.0.0.1:0", .. postgres is null ? (string[])[] : ["--postgres", postgres], .. more]);
        var server = new Server(process) { Data = data };
        await server.ReadyAsync();
        return server;
    }
}

/// <summary>A running server.</summary>
internal sealed class Server(Process process) : IAsyncDisposable
{
    private readonly StringBuilder said = new();
    private Task rest = Task.CompletedTask;
    private Task<string> complaints = Task.FromResult("");

    internal string Said
    {
        get
        {
            lock (said) return said.ToString();
        }
    }

    internal Process Process => process;

    /// <summary>Its data folder.</summary>
    internal required string Data { get; init; }

    internal Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Fills in the first page: the organisation and its administrator “rescue”.</summary>
    internal async Task SetUpAsync()
    {
        using var browser = new HttpClient { BaseAddress = Address };
        var page = await browser.GetStringAsync("/setup");
        var token = Regex.Match(page, "name=\"(__[A-Za-z]+|_[A-Za-z]+)\" value=\"([^\"]+)\"", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.True(token.Success, page);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            [token.Groups[1].Value] = token.Groups[2].Value, ["organisationName"] = "測試機關", ["publicAgency"] = "true", ["language"] = "zh-TW", ["displayName"] = "Rescue", ["account"] = "rescue",
            ["password"] = Password, ["again"] = Password,
        });
        using var done = await browser.PostAsync("/setup", form);
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
    }

    internal const string Password = "Correct-Horse-7-Battery";

    internal async Task ReadyAsync()
    {
        complaints = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(300));
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            lock (said) said.AppendLine(line);
            if (!line.StartsWith("Hufu is ready", StringComparison.Ordinal)) continue;
            Address = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]);
            rest = Task.Run(async () =>
            {
                while (await process.StandardOutput.ReadLineAsync() is { } more)
                    lock (said) said.AppendLine(more);
            });
            return;
        }

        throw new InvalidOperationException($"The server did not start: {said}{await complaints}");
    }

    /// <summary>Ends it at once, as kill -9 does.</summary>
    internal async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        await rest;
    }

    /// <summary>Asks it to stop and does not wait.</summary>
    internal async Task TerminateAsync()
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Stops it as a service manager does.</summary>
    internal async Task StopAsync()
    {
        if (process.HasExited) return;
        await TerminateAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        await rest;
        // Cut off, or gone by an exception, it would not have closed what it had open.
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode} of a server that was told to stop: {Said}{await complaints}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await StopAsync();
        process.Dispose();
    }
}

/// <summary>A data folder with a person, fifty assets and two log files, built through the product once and copied for each test.</summary>
public sealed class Sample : IAsyncLifetime
{
    internal const int Assets = 50;

    private readonly string root = Directory.CreateTempSubdirectory("hufu-cli-").FullName;

    /// <summary>For verbs that leave it as it is; several tests use it at a time.</summary>
    internal string Master => Path.Combine(root, "master");

    // What copies are taken of: no process ever opens it, so nothing in it is locked or half written.
    private string untouched = "";

    public async ValueTask InitializeAsync()
    {
        await using (var server = await Program.ServeAsync(Master))
        {
            await server.SetUpAsync();
            await server.StopAsync();
        }

        // Who administers may not write records: the engineer's role is for the tests at the page.
        await Program.OkAsync("user", "roles", "rescue", "--give", "security-engineer", "--data", Master);
        await Program.OkAsync("import", "assets", File("assets.csv", AssetList("A", Assets)), "--commit", "--summary", "--data", Master);
        await Program.OkAsync("logs", "ingest", File("auth.log", Guessing("203.0.113.9", 30)), "--data", Master);
        await Program.OkAsync("logs", "ingest", File("more.log", Guessing("203.0.113.10", 20)), "--data", Master);
        untouched = Copy(Master);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal string File(string name, string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, Guid.NewGuid().ToString("N"))).FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    internal string File(string name, byte[] bytes)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, Guid.NewGuid().ToString("N"))).FullName, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    internal string Free() => Path.Combine(root, Guid.NewGuid().ToString("N"));

    internal string Copy(string? from = null)
    {
        var (source, target) = (from ?? untouched, Free());
        Directory.CreateDirectory(target);
        foreach (var folder in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, folder)));
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)) System.IO.File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)));
        return target;
    }

    internal static string AssetList(string prefix, int count, string title = "主機") =>
        "資產編號,資產名稱,資產類別,機密性,完整性,可用性\n" + string.Concat(Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i:D5},{title} {i},hardware,high,high,high\n")));

    internal static string Guessing(string address, int count) =>
        string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"<86>1 2026-11-22T02:{10 + i / 60:D2}:{i % 60:D2}Z vpn01 sshd 900 - - Failed password for invalid user u{i} from {address} port {40000 + i} ssh2\n")));

    internal static object? Scalar(string data, string sql)
    {
        using var db = new SqliteConnection($"Data Source={Path.Combine(data, "hufu.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
