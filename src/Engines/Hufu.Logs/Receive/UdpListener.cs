using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hufu.Logs.Receive;

/// <summary>Syslog over UDP (RFC 5426) and GELF over UDP: a thread that does nothing but take datagrams out of the socket.</summary>
internal static class UdpListener
{
    /// <summary>Who sends from an address; nobody, when it may not.</summary>
    private readonly record struct Known(SocketAddress Key, IPAddress Address, ReceiverCounters.Sender? Sender);

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
        var datagrams = Datagrams.Of(socket);
        var any = new IPEndPoint(socket.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        var seen = new Dictionary<SocketAddress, Known>();
        var last = new Known(new SocketAddress(socket.AddressFamily), any.Address, null);
        var gelf = options.Transport is ReceiverTransport.GelfUdp ? new GelfAssembler(Missing) : null;
        while (!stopping.IsCancellationRequested)
        {
            int count;
            try
            {
                count = datagrams.Take();
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

            var at = options.Clock.GetUtcNow();
            // Nothing came; it may be time to stop.
            if (count == 0) gelf?.Expire(at);
            for (var i = 0; i < count; i++)
            {
                var from = datagrams.From(i);
                if (!from.SequenceEqual(last.Key.Buffer.Span[..last.Key.Size])) last = Who(from);
                if (last.Sender is not { } sender)
                {
                    Interlocked.Increment(ref counters.Refused);
                    continue;
                }

                if (gelf is not null)
                {
                    if (gelf.Take(datagrams.Bytes(i), last.Address, at) is not { } message) continue;
                    foreach (var (piece, problem) in RecordPieces.Of(message, options.Parse.MaxLength)) Put(piece, sender, at, problem);
                    continue;
                }

                var record = datagrams.Bytes(i).TrimEnd("\r\n\0"u8);
                if (!record.IsEmpty) Put(record.ToArray(), sender, at, null);
            }
        }

        Known Who(ReadOnlySpan<byte> from)
        {
            var key = new SocketAddress(socket.AddressFamily, Math.Max(from.Length, 2));
            from.CopyTo(key.Buffer.Span);
            if (seen.TryGetValue(key, out var known)) return known;
            var address = ((IPEndPoint)any.Create(key)).Address;
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            // The key holds the port as well: senders change it, and forgers all the time.
            if (seen.Count >= ReceiverCounters.MaxSenders) seen.Clear();
            return seen[key] = new Known(key, address, StreamListener.May(options, address) ? counters.Of(address) : null);
        }

        void Put(byte[] record, ReceiverCounters.Sender sender, DateTimeOffset at, string? problem)
        {
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
