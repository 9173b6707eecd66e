using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hufu.Logs.Receive;

/// <summary>Syslog over UDP (RFC 5426) and GELF over UDP: a thread that does nothing but take datagrams out of the socket.</summary>
internal static class UdpListener
{
    private const int MaxDatagram = 65_536;
    private const int Buffer = 64 << 20;

    // setsockopt(SOL_SOCKET, SO_RCVBUFFORCE) of Linux: above net.core.rmem_max for who may administer the network.
    private const int SocketLevel = 1;
    private const int ForceReceiveBuffer = 33;

    /// <summary>Asks for a large receive buffer: what comes while the process is busy waits there.</summary>
    internal static void Widen(Socket socket)
    {
        socket.ReceiveBufferSize = Buffer;
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            var size = Buffer;
            socket.SetRawSocketOption(SocketLevel, ForceReceiveBuffer, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in size)));
        }
        catch (SocketException)
        {
            // Not allowed: the system gives as much as it gives everybody.
        }
    }

    internal static Task Start(Socket socket, ReceiverOptions options, ReceiverCounters counters, ReceivePump pump, CancellationToken stopping)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            Receive(socket, options, counters, pump, stopping);
            ended.SetResult();
        }) { IsBackground = true, Name = "syslog udp " + options.EndPoint.Port }.Start();
        return ended.Task;
    }

    private static void Receive(Socket socket, ReceiverOptions options, ReceiverCounters counters, ReceivePump pump, CancellationToken stopping)
    {
        // Closing a socket does not wake a thread that waits for datagrams everywhere.
        socket.ReceiveTimeout = 500;
        var buffer = new byte[MaxDatagram];
        var address = new SocketAddress(socket.AddressFamily);
        var any = new IPEndPoint(socket.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        var seen = new Dictionary<SocketAddress, (IPAddress Address, bool Allowed)>();
        var gelf = options.Transport is ReceiverTransport.GelfUdp ? new GelfAssembler(Missing) : null;
        while (!stopping.IsCancellationRequested)
        {
            int length;
            try
            {
                length = socket.ReceiveFrom(buffer, SocketFlags.None, address);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut)
            {
                // Nothing came; it may be time to stop.
                gelf?.Expire(options.Clock.GetUtcNow());
                continue;
            }
            catch (SocketException) when (!stopping.IsCancellationRequested)
            {
                // An answer to something that this port never sent (ICMP), or a datagram that does not fit: the next one is awaited.
                stopping.WaitHandle.WaitOne(1);
                continue;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (!seen.TryGetValue(address, out var who))
            {
                var from = ((IPEndPoint)any.Create(address)).Address;
                if (from.IsIPv4MappedToIPv6) from = from.MapToIPv4();
                who = (from, StreamListener.May(options, from));
                // The key holds the port as well: senders change it, and forgers all the time.
                if (seen.Count >= ReceiverCounters.MaxSenders) seen.Clear();
                var key = new SocketAddress(address.Family, address.Size);
                address.Buffer.Span[..address.Size].CopyTo(key.Buffer.Span);
                seen[key] = who;
            }

            if (!who.Allowed)
            {
                Interlocked.Increment(ref counters.Refused);
                continue;
            }

            var at = options.Clock.GetUtcNow();
            if (gelf is not null)
            {
                if (gelf.Take(buffer.AsSpan(0, length), who.Address, at) is not { } message) continue;
                foreach (var (piece, problem) in RecordPieces.Of(message, options.Parse.MaxLength)) Put(piece, who.Address, at, problem);
                continue;
            }

            var record = buffer.AsSpan(0, length).TrimEnd("\r\n\0"u8);
            if (!record.IsEmpty) Put(record.ToArray(), who.Address, at, null);
        }

        void Put(byte[] record, IPAddress from, DateTimeOffset at, string? problem)
        {
            var sender = counters.Of(from);
            if (!pump.TryPut(new Received(record, at, sender, problem, null))) Lost(sender, at);
        }

        void Missing(IPAddress from) => Lost(counters.Of(from), options.Clock.GetUtcNow());

        void Lost(ReceiverCounters.Sender sender, DateTimeOffset at)
        {
            Interlocked.Increment(ref counters.Lost);
            sender.Dropped(at);
        }
    }
}
