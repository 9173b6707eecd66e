using System.Diagnostics;
using Hufu.Testing;

namespace Hufu.Time.Tests;

/// <summary>Debian's chronyd as it is. It runs with <c>-x</c>, which leaves the machine's clock alone.</summary>
public sealed class ChronydTests
{
    private const string Daemon = "/usr/sbin/chronyd";
    private const string FakeTime = "/usr/bin/faketime";

    [Theory]
    [InlineData("", "local stratum 8", TimeVerdict.Fine, 0)]
    [InlineData("+90s", "local stratum 8", TimeVerdict.Off, 90)]
    [InlineData("-3600s", "local stratum 8", TimeVerdict.Off, -3600)]
    [InlineData("", "", TimeVerdict.Unsynchronised, 0)]
    public async Task A_real_server_is_told_for_what_it_is(string shift, string source, TimeVerdict verdict, double offset)
    {
        if (!File.Exists(Daemon)) Assert.Skip("chronyd is not installed");
        if (shift.Length > 0 && !File.Exists(FakeTime)) Assert.Skip("faketime is not installed");
        var folder = Directory.CreateTempSubdirectory("hufu-chrony-").FullName;
        var port = LocalPorts.Free();
        var settings = Path.Combine(folder, "chrony.conf");
        await File.WriteAllTextAsync(settings, $"{source}\nport {port}\nbindaddress 127.0.0.1\nallow\ncmdport 0\nbindcmdaddress /\npidfile {folder}/pid\n", TestContext.Current.CancellationToken);
        string[] run = [Daemon, "-x", "-d", "-f", settings, "-u", Environment.UserName];
        if (shift.Length > 0) run = [FakeTime, "-f", shift, .. run];
        using var daemon = Process.Start(new ProcessStartInfo(run[0], run[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            var answer = await AskAsync(port);
            for (var i = 0; i < 50 && answer.Verdict is TimeVerdict.Refused or TimeVerdict.Silent && !daemon.HasExited; i++)
            {
                await Task.Delay(100, TestContext.Current.CancellationToken);
                answer = await AskAsync(port);
            }

            Assert.False(daemon.HasExited, daemon.HasExited ? await daemon.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : "");
            Assert.Equal(verdict, answer.Verdict);
            if (verdict == TimeVerdict.Unsynchronised)
            {
                Assert.Null(answer.Best);
                Assert.Equal(3, answer.Packet!.Leap);
                return;
            }

            Assert.Equal(8, answer.Packet!.Stratum);
            Assert.True(answer.IsOwnClock);
            Assert.Equal(offset, answer.Best!.Offset, 0.5);
        }
        finally
        {
            // faketime gives way to chronyd, or starts it: the file says which process it is.
            if (File.Exists(Path.Combine(folder, "pid")) && int.TryParse((await File.ReadAllTextAsync(Path.Combine(folder, "pid"), CancellationToken.None)).Trim(), out var id))
            {
                using var own = Process.GetProcessById(id);
                own.Kill();
            }

            if (!daemon.HasExited) daemon.Kill(entireProcessTree: true);
            await daemon.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<NtpAnswer> AskAsync(int port) => NtpClient.QueryAsync("127.0.0.1", port, new NtpQuery { Samples = 2, Pause = TimeSpan.FromMilliseconds(50), Timeout = TimeSpan.FromMilliseconds(500) }, TestContext.Current.CancellationToken);
}
