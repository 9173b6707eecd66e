using System.Diagnostics;
using System.Globalization;

namespace Hufu.Records.Bench;

/// <summary>The product as it is shipped, in a process of its own.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task errors;

    private Server(Process process, Uri address, TimeSpan ready)
    {
        (this.process, Address, Ready) = (process, address, ready);
        errors = KeepAsync(process);
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
    }

    /// <summary>Where the words of a server that broke off can be read.</summary>
    internal static string Complaints { get; } = Path.Combine(Path.GetTempPath(), "hufu-records-bench.err");

    private static async Task KeepAsync(Process process)
    {
        await using var file = File.Create(Complaints);
        await process.StandardError.BaseStream.CopyToAsync(file);
    }

    internal Process Process => process;

    internal Uri Address { get; }

    /// <summary>From the start of the process until its first page had been read.</summary>
    internal TimeSpan Ready { get; }

    private static string Executable
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "Hufu", own.Name, "hufu");
        }
    }

    internal static async Task<Server> StartAsync(string data, string? postgres)
    {
        var start = new ProcessStartInfo(Executable) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["serve", "--data", data, "--listen", "http://127.0.0.1:0", .. postgres is null ? (string[])[] : ["--postgres", postgres]]) start.ArgumentList.Add(argument);
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("Hufu is ready", StringComparison.Ordinal)) continue;
            var address = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]);
            using var browser = new HttpClient { BaseAddress = address };
            using var page = await browser.GetAsync(new Uri("/", UriKind.Relative));
            page.EnsureSuccessStatusCode();
            _ = await page.Content.ReadAsByteArrayAsync();
            return new Server(process, address, clock.Elapsed);
        }

        throw new InvalidOperationException("The server did not start: " + await process.StandardError.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            // As a service manager stops it.
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            await process.WaitForExitAsync();
        }

        await errors;
        process.Dispose();
    }
}
