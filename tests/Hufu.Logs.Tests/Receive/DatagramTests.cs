using System.Net;
using System.Net.Sockets;
using System.Text;
using Hufu.Logs.Receive;

namespace Hufu.Logs.Tests.Receive;

/// <summary>Datagrams as they were sent, from whom they were sent, one at a time and many.</summary>
public class DatagramTests
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void Each_is_taken_once_as_it_was_sent_with_its_sender(bool many, bool six)
    {
        Assert.SkipWhen(many && !OperatingSystem.IsLinux(), "Several at once are taken on Linux only.");
        Assert.SkipWhen(six && !Socket.OSSupportsIPv6, "No IPv6 here.");
        using var socket = new Socket(six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 300 };
        if (six) socket.DualMode = true;
        UdpListener.Widen(socket);
        socket.Bind(new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using var first = new UdpClient("127.0.0.1", port);
        using var second = new UdpClient("127.0.0.1", port);
        var random = new Random(7);
        var sent = new List<(int From, byte[] Bytes)>();
        for (var i = 0; i < 200; i++)
        {
            // Nothing, short ones, and the longest that there is.
            var bytes = new byte[i % 50 == 0 ? 0 : i % 51 == 0 ? 65_507 : random.Next(1, 1_500)];
            random.NextBytes(bytes);
            var from = random.Next(2) == 0 ? first : second;
            from.Send(bytes);
            sent.Add((((IPEndPoint)from.Client.LocalEndPoint!).Port, bytes));
        }

        Datagrams datagrams = many ? new Datagrams.Many(socket) : new Datagrams.One(socket);
        var any = new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Any, 0);
        var taken = new List<(int From, byte[] Bytes)>();
        for (int count; taken.Count < sent.Count && (count = datagrams.Take()) > 0;)
        {
            Assert.InRange(count, 1, many ? 64 : 1);
            for (var i = 0; i < count; i++)
            {
                var from = datagrams.From(i);
                var address = new SocketAddress(socket.AddressFamily, from.Length);
                from.CopyTo(address.Buffer.Span);
                var sender = (IPEndPoint)any.Create(address);
                Assert.True(IPAddress.IsLoopback(sender.Address.IsIPv4MappedToIPv6 ? sender.Address.MapToIPv4() : sender.Address));
                taken.Add((sender.Port, datagrams.Bytes(i).ToArray()));
            }
        }

        Assert.Equal(sent.Select(s => (s.From, Convert.ToHexString(s.Bytes))), taken.Select(t => (t.From, Convert.ToHexString(t.Bytes))));
        Assert.Equal(0, datagrams.Take());
        first.Send(Encoding.ASCII.GetBytes("again"));
        Assert.Equal(1, datagrams.Take());
        Assert.Equal("again", Encoding.ASCII.GetString(datagrams.Bytes(0)));
        socket.Dispose();
        Assert.ThrowsAny<Exception>(() => datagrams.Take());
    }
}
