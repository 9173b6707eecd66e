using System.Net;
using System.Text;

namespace Hufu.Cli.Tests;

/// <summary>After an orderly stop the ledger holds every change: also what was written a moment before, and what the parts write while they stop.</summary>
public sealed class OrderlyStopTests(Sample sample)
{
    [Fact]
    public async Task What_was_written_a_moment_before_a_stop_and_by_the_stop_itself_is_in_the_ledger()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            await CreateAsync(api, "EARLY");
            // The product's own audit events are in a segment that is still open.
            for (var i = 0; i < 150 && !(await api.GetAsync("/api/v1/logs/search?q=source:hufu")).Body.Contains("risk.asset", StringComparison.Ordinal); i++) await Task.Delay(200, TestContext.Current.CancellationToken);
            await CreateAsync(api, "LATE");
            await server.StopAsync();
        }

        Assert.Equal("", Waiting(data));
        // The stop sealed the segment that was open: that is a change of its own, and the last.
        Assert.Equal("logs.segment", Sample.Scalar(data, "SELECT type_key FROM change ORDER BY position DESC LIMIT 1"));
        var verify = await Program.OkAsync("verify", "--data", data);
        Assert.Contains("0 not sequenced yet", verify.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_told_to_stop_as_soon_as_it_answers_stops_in_an_orderly_way()
    {
        var data = sample.Copy();
        for (var i = 0; i < 3; i++)
        {
            await using var server = await Program.ServeAsync(data);
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task A_request_that_is_under_way_is_answered_and_what_it_wrote_is_in_the_ledger()
    {
        var data = sample.Copy();
        await using (var server = await Program.ServeAsync(data))
        {
            using var browser = await Visitor.SignInAsync(server);
            using var api = await browser.ProgramAsync();
            var half = new TaskCompletionSource();
            var rest = new TaskCompletionSource();
            using var body = new SlowContent(Encoding.UTF8.GetBytes(Asset("SLOW")), half, rest.Task);
            var answer = api.SendAsync(HttpMethod.Post, "/api/v1/risk/assets", body);
            await half.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await server.TerminateAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
            rest.SetResult();
            var made = await answer;
            Assert.True(made.Status == 201, $"{made} {server.Said}");
            await server.StopAsync();
        }

        Assert.Equal("", Waiting(data));
        Assert.Equal(1L, Sample.Scalar(data, "SELECT count(*) FROM risk_asset WHERE code = 'SLOW'"));
    }

    [Fact]
    public async Task Who_asks_again_and_again_for_the_stop_does_not_cut_it_off()
    {
        var data = sample.Copy();
        for (var round = 0; round < 4; round++)
        {
            await using var server = await Program.ServeAsync(data);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!server.Process.HasExited)
            {
                _ = Signal(server.Process.Id, Term);
                await Task.Delay(2, patience.Token);
            }

            await server.Process.WaitForExitAsync(patience.Token);
            Assert.True(server.Process.ExitCode == 0, $"exit {server.Process.ExitCode}: {server.Said}");
        }

        Assert.Equal("", Waiting(data));
    }

    private const int Term = 15;

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    private static string Asset(string code) => $$"""{"fields":{"code":"{{code}}","title":"{{code}}","category":"hardware","confidentiality":"high","integrity":"high","availability":"high"} }""";

    private static async Task CreateAsync(Visitor api, string code)
    {
        var made = await api.JsonAsync("/api/v1/risk/assets", Asset(code));
        Assert.True(made.Status == 201, made.ToString());
    }

    private static string Waiting(string data) => Sample.Scalar(data, "SELECT group_concat(type_key || ' ' || action, ', ') FROM change WHERE position IS NULL") as string ?? "";

    /// <summary>Sends its first half, and the second when it is let.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly byte[] bytes;
        private readonly TaskCompletionSource half;
        private readonly Task rest;

        internal SlowContent(byte[] bytes, TaskCompletionSource half, Task rest)
        {
            (this.bytes, this.half, this.rest) = (bytes, half, rest);
            Headers.ContentType = new("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await stream.FlushAsync();
            half.SetResult();
            await rest;
            await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
