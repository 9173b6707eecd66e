using System.Net;
using System.Net.Sockets;

namespace Hufu.Testing;

/// <summary>Ports of this machine for servers that cannot be told to choose one themselves.</summary>
/// <remarks>They lie below those that the system gives to connections going out (<c>net.ipv4.ip_local_port_range</c>, from 32768): none of the many that tests open takes one between the choice and its use.</remarks>
internal static class LocalPorts
{
    /// <summary>A port at which nobody listens, by TCP or by UDP, at any address of this machine.</summary>
    internal static int Free()
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                foreach (var (type, protocol) in new[] { (SocketType.Stream, ProtocolType.Tcp), (SocketType.Dgram, ProtocolType.Udp) })
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
                    socket.Bind(new IPEndPoint(IPAddress.Any, port));
                }

                return port;
            }
            catch (SocketException) when (attempt < 100)
            {
            }
        }
    }

    /// <summary>A web server that listens at a free port of this machine only.</summary>
    internal static (HttpListener Listener, Uri Address) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            var address = new Uri($"http://127.0.0.1:{Free()}/");
            // One that could not start is closed for good: each attempt has its own.
            var listener = new HttpListener();
            listener.Prefixes.Add(address.AbsoluteUri);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 20)
            {
            }
        }
    }
}
