using System.Diagnostics;
using System.Globalization;
using System.Net;
using Hufu.Logs.Receive;

namespace Hufu.Logs.Tests.Receive;

/// <summary>Debian's rsyslogd as it is, sending to the receivers.</summary>
public sealed class RsyslogTests
{
    private const int Lines = 5_000;

    [Theory]
    [InlineData(ReceiverTransport.Udp, "omfwd", "protocol=\"udp\"")]
    [InlineData(ReceiverTransport.Tcp, "omfwd", "protocol=\"tcp\"")]
    [InlineData(ReceiverTransport.Tcp, "omfwd", "protocol=\"tcp\" tcp_framing=\"octet-counted\"")]
    [InlineData(ReceiverTransport.Relp, "omrelp", "")]
    public async Task A_real_sender_delivers_every_line_once(ReceiverTransport transport, string output, string more)
    {
        if (!File.Exists("/usr/sbin/rsyslogd")) Assert.Skip("rsyslogd is not installed");
        if (output == "omrelp" && !File.Exists("/usr/lib/x86_64-linux-gnu/rsyslog/omrelp.so")) Assert.Skip("rsyslog-relp is not installed");
        var folder = Directory.CreateTempSubdirectory("hufu-rsyslog-").FullName;
        var stored = new List<LogEvent>();
        await using var receiver = LogReceiver.Start(
            new ReceiverOptions { Source = "net", Transport = transport, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            (events, _) =>
            {
                lock (stored) stored.AddRange(events);
                return Task.CompletedTask;
            }).Value;
        var input = Path.Combine(folder, "in.log");
        await File.WriteAllTextAsync(input, string.Concat(Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"行 {i} of the file\n"))), TestContext.Current.CancellationToken);
        var settings = Path.Combine(folder, "rs.conf");
        await File.WriteAllTextAsync(settings, $"""
            global(workDirectory="{folder}")
            module(load="imfile")
            {(output == "omrelp" ? "module(load=\"omrelp\")" : "")}
            input(type="imfile" file="{input}" tag="demo:" ruleset="r")
            ruleset(name="r") "{"{"}
              action(type="{output}" target="127.0.0.1" port="{receiver.EndPoint.Port}" template="RSYSLOG_SyslogProtocol23Format" {more})
            "{"}"}
            """.Replace("\"{\"", "{", StringComparison.Ordinal).Replace("\"}\"", "}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var daemon = Process.Start(new ProcessStartInfo("/usr/sbin/rsyslogd", ["-n", "-f", settings, "-i", Path.Combine(folder, "pid")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            for (var i = 0; i < 400 && Count() < Lines; i++) await Task.Delay(50, TestContext.Current.CancellationToken);
            lock (stored)
            {
                Assert.Equal(Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"行 {i} of the file")).ToHashSet(), stored.Select(e => e.Message.Trim()).ToHashSet());
                Assert.Equal(Lines, stored.Count);
                Assert.All(stored, e => Assert.Equal((LogFormats.Syslog5424, "demo"), (e.Format, e.App)));
                Assert.All(stored, e => Assert.Empty(e.Problems));
            }
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }

        int Count()
        {
            lock (stored) return stored.Count;
        }
    }
}
