using System.Net;
using System.Net.Sockets;
using Hufu.Kernel;

namespace Hufu.Logs.Receive;

/// <summary>
/// Listens on one port and carries what comes into the store. Records are kept in the order of receipt; none is dropped without being counted. What
/// has been acknowledged to a RELP client is stored.
/// </summary>
public sealed class LogReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ReceiverOptions options;
    private readonly ReceiverCounters counters;
    private readonly ReceivePump pump;
    private readonly Socket socket;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource givingUp = new();
    private readonly Task listening;
    private readonly Task pumping;
    private readonly long droppedBefore;
    private int disposed;

    private LogReceiver(ReceiverOptions options, Socket socket, ReceivedEvents sink)
    {
        (this.options, this.socket) = (options, socket);
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        counters = new ReceiverCounters();
        pump = new ReceivePump(options, counters, sink);
        droppedBefore = options.IsUdp ? ReceiverCounters.DroppedBySystem(EndPoint) ?? 0 : 0;
        pumping = Task.Run(() => pump.RunAsync(givingUp.Token));
        listening = options.IsUdp
            ? UdpListener.Start(socket, options, counters, pump, stopping.Token)
            : new StreamListener(socket, options, counters, pump).RunAsync(stopping.Token);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How it stands now.</summary>
    public ReceiverState State => new(
        EndPoint, Volatile.Read(ref counters.Received), Volatile.Read(ref counters.Bytes), Volatile.Read(ref counters.Stored), Volatile.Read(ref counters.Faulty),
        Math.Max(0, Volatile.Read(ref counters.Waiting)), Volatile.Read(ref counters.Lost),
        options.IsUdp && ReceiverCounters.DroppedBySystem(EndPoint) is { } dropped ? Math.Max(0, dropped - droppedBefore) : null,
        Volatile.Read(ref counters.Refused), Volatile.Read(ref counters.Connections), counters.Problem, counters.Senders());

    /// <summary>Starts to listen.</summary>
    /// <returns>The receiver, or why it cannot listen: the port is taken or not allowed, or there is no certificate.</returns>
    public static Result<LogReceiver> Start(ReceiverOptions options, ReceivedEvents sink)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        if (options is { IsTls: true, Certificate: not { HasPrivateKey: true } })
            return Result.Fail<LogReceiver>(Error.Of("logs.receiver.certificate", "TLS 需要憑證與其私密金鑰。", "TLS needs a certificate with its private key."));
        var udp = options.IsUdp;
        Socket? socket = null;
        try
        {
            socket = new Socket(options.EndPoint.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
            // One socket for both families where any address is meant.
            if (options.EndPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            if (udp) UdpListener.Widen(socket);
            socket.Bind(options.EndPoint);
            if (!udp) socket.Listen(512);
            return Result.Of(new LogReceiver(options, socket, sink));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            return Result.Fail<LogReceiver>(Error.Of("logs.receiver.listen", $"無法在 {options.EndPoint} 接收：{e.Message}", $"Cannot listen on {options.EndPoint}: {e.Message}", options.EndPoint.ToString()));
        }
    }

    /// <summary>Stops listening, closes connections and stores what waits, for which there are ten seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await stopping.CancelAsync().ConfigureAwait(false);
        // A thread that waits for datagrams sees it within half a second; a socket that is closed under it may belong to somebody else by then.
        if (!options.IsUdp) socket.Dispose();
        await listening.ConfigureAwait(false);
        socket.Dispose();
        pump.Complete();
        givingUp.CancelAfter(Grace);
        try
        {
            await pumping.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The store took nothing to the end. Nothing of what is left was acknowledged.
        }

        pump.Dispose();
        stopping.Dispose();
        givingUp.Dispose();
    }
}
