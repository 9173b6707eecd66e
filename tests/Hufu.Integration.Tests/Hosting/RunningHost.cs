using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Hufu.Testing;

/// <summary>The whole product, started by its own entry point on a free port of this machine, with a data folder of its own.</summary>
public sealed class RunningHost : IAsyncDisposable
{
    private static readonly SemaphoreSlim Starting = new(1, 1);
    private readonly IHost host;
    private readonly Thread main;
    private readonly string folder;

    private RunningHost(IHost host, Thread main, string folder, string address, string output)
    {
        (this.host, this.main, this.folder, Address, Output) = (host, main, folder, address, output);
        // The line of accounts: "Demo accounts, … : Hu-abcd-…".
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("Demo accounts", StringComparison.Ordinal));
        Password = line is null ? "" : line[(line.LastIndexOf(' ') + 1)..].Trim();
    }

    /// <summary>Where it listens, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>What it printed until it was ready.</summary>
    public string Output { get; }

    /// <summary>The password of the demo's accounts; empty without the demo.</summary>
    public string Password { get; }

    public IServiceProvider Services => host.Services;

    public string DataFolder => Path.Combine(folder, "data");

    /// <summary>Starts it and waits until it answers and, where asked for, until the demo is loaded.</summary>
    /// <param name="demo">With the demo.</param>
    /// <param name="postgres">Connection string of an empty database; null for the embedded one.</param>
    public static async Task<RunningHost> StartAsync(bool demo, string? postgres = null)
    {
        await Starting.WaitAsync();
        try
        {
            var folder = Directory.CreateTempSubdirectory("hufu-whole-").FullName;
            using var built = new BuiltHosts();
            using var listening = DiagnosticListener.AllListeners.Subscribe(built);
            var (before, printed) = (Console.Out, new Printed());
            Console.SetOut(printed);
            Exception? failed = null;
            var main = new Thread(() =>
            {
                try
                {
                    string[] args = ["serve", "--data", Path.Combine(folder, "data"), "--listen", "http://127.0.0.1:0", .. demo ? (string[])["--demo"] : [], .. postgres is null ? [] : (string[])["--postgres", postgres]];
                    System.Reflection.Assembly.Load("hufu").EntryPoint!.Invoke(null, [args]);
                }
                catch (Exception e)
                {
                    failed = e;
                }
            }) { IsBackground = true, Name = "hufu" };
            main.Start();
            try
            {
                var clock = Stopwatch.StartNew();
                var ready = demo ? "auditor" : "Hufu is ready";
                while (!printed.ToString().Contains(ready, StringComparison.Ordinal))
                {
                    if (failed is not null || !main.IsAlive || clock.Elapsed > TimeSpan.FromMinutes(3)) throw new InvalidOperationException($"The product did not start. {failed}\n{printed}");
                    await Task.Delay(50);
                }
            }
            finally
            {
                Console.SetOut(before);
            }

            // Other tests build hosts of their own meanwhile.
            var host = built.Built.LastOrDefault(b => b.Folder == Path.Combine(folder, "data")).Host ?? throw new InvalidOperationException("The product built no host.");
            var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new RunningHost(host, main, folder, address.TrimEnd('/'), printed.ToString());
        }
        finally
        {
            Starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Task.Run(() => main.Join(TimeSpan.FromSeconds(20)));
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        try
        {
            Directory.Delete(folder, true);
        }
        catch (IOException)
        {
            // A log segment may still be mapped by the process; the folder is in the temporary folder of the system.
        }
    }

    /// <summary>Takes what the product prints, from any thread.</summary>
    private sealed class Printed : TextWriter
    {
        private readonly StringBuilder text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (text) text.Append(value);
        }

        public override string ToString()
        {
            lock (text) return text.ToString();
        }
    }

    /// <summary>Learns of the hosts that this process builds.</summary>
    private sealed class BuiltHosts : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly List<IDisposable> subscriptions = [];

        public ConcurrentQueue<(IHost Host, string? Folder)> Built { get; } = [];

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting") subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilt", Value: IHost host }) Built.Enqueue((host, host.Services.GetService<StorageOptions>()?.DataFolder));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose()
        {
            foreach (var subscription in subscriptions) subscription.Dispose();
        }
    }
}
