using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Hufu.Cli.Tests;

/// <summary>What the shell learns of clocks.</summary>
public sealed class TimeVerbTests
{
    private const string Good = "CB00710F,203.0.113.15,3,1795407829.5,-0.25,-0.000000004,0.000000143,0.002,-0.000,0.038,0.02,0.001375,1.0,Normal\n";
    private const string Lost = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n";

    [Theory]
    [InlineData(Good, 0, "fine")]
    [InlineData(Lost, 1, "unsynchronised")]
    [InlineData("  Local time: Tue 2026-11-24 10:00:00 CST\nNTP synchronized: yes\n", 0, "stated")]
    [InlineData("  Local time: Tue 2026-11-24 10:00:00 CST\n", 1, "unknown")]
    [InlineData("hello\n", 2, "")]
    public async Task Read_says_by_its_exit_code_whether_all_is_well(string text, int code, string verdict)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
            var json = await Program.RunAsync("time", "read", file, "--format", "json");
            Assert.True(json.Code == code, json.ToString());
            if (code == 2)
            {
                Assert.Contains(":1", json.Error, StringComparison.Ordinal);
                return;
            }

            var reading = JsonDocument.Parse(json.Out).RootElement.GetProperty("readings")[0];
            Assert.Equal(verdict, reading.GetProperty("verdict").GetString());
            if (verdict == "unsynchronised") Assert.Equal(JsonValueKind.Null, reading.GetProperty("offset").ValueKind);
            Assert.Contains(verdict, (await Program.RunAsync("time", "read", file)).Out, StringComparison.Ordinal);
            if (verdict == "fine") Assert.Equal(1, (await Program.RunAsync("time", "read", file, "--max-offset", "0.1")).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(0, 2, 0, "fine")]
    [InlineData(40, 2, 1, "off")]
    [InlineData(0, 0, 1, "unsynchronised")]
    public async Task Query_asks_a_server(int ahead, int stratum, int code, string verdict)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        var serving = Task.Run(() =>
        {
            var request = new byte[100];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            socket.ReceiveFrom(request, ref from);
            var answer = new byte[48];
            (answer[0], answer[1], answer[3]) = ((byte)(stratum == 0 ? 0xE4 : 0x24), (byte)stratum, 0xEC);
            request.AsSpan(40, 8).CopyTo(answer.AsSpan(24));
            var seconds = (DateTimeOffset.UtcNow.AddSeconds(ahead) - new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
            foreach (var at in (int[])[32, 40])
            {
                BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at), (uint)seconds);
                BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 4), (uint)((seconds - Math.Floor(seconds)) * 4294967295));
            }

            socket.SendTo(answer, from);
        }, TestContext.Current.CancellationToken);
        var asked = await Program.RunAsync("time", "query", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--samples", "1", "--format", "json");
        await serving;
        Assert.True(asked.Code == code, asked.ToString());
        var told = JsonDocument.Parse(asked.Out).RootElement;
        Assert.Equal(verdict, told.GetProperty("verdict").GetString());
        if (stratum == 0) Assert.Equal(JsonValueKind.Null, told.GetProperty("offset").ValueKind);
        else Assert.Equal(ahead, told.GetProperty("offset").GetDouble(), 1.0);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("host:0")]
    [InlineData("host:70000")]
    public async Task A_server_that_is_no_address_is_refused(string server) => Assert.Equal(2, (await Program.RunAsync("time", "query", server)).Code);
}
