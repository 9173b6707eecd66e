using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Hufu.Logs.Receive;

/// <summary>How records come over the network.</summary>
public enum ReceiverTransport
{
    /// <summary>Syslog over UDP, one record a datagram (RFC 5426). What is lost is counted where it can be seen; the sender is not told.</summary>
    Udp,

    /// <summary>Syslog over TCP, octet counting or line feeds (RFC 6587). A full queue holds the sender back.</summary>
    Tcp,

    /// <summary>Syslog over TLS (RFC 5425), on request with client certificates.</summary>
    Tls,

    /// <summary>RELP: each record is acknowledged once it is on the disk.</summary>
    Relp,

    /// <summary>RELP over TLS.</summary>
    RelpTls,

    /// <summary>GELF over UDP: one message a datagram or in chunks, plain or packed by zlib or gzip.</summary>
    GelfUdp,

    /// <summary>GELF over TCP: a zero byte ends a message. A full queue holds the sender back.</summary>
    GelfTcp,
}

/// <summary>Settings of a receiver.</summary>
public sealed record ReceiverOptions
{
    /// <summary>The source that its events carry.</summary>
    public required string Source { get; init; }

    /// <summary>How records come.</summary>
    public required ReceiverTransport Transport { get; init; }

    /// <summary>Where it listens; port 0 takes any that is free.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>Who may send; empty for everybody. What others send is refused and counted.</summary>
    public IReadOnlyList<IPNetwork> Allowed { get; init; } = [];

    /// <summary>How records are read. The reference time is that of the receipt.</summary>
    public LogParseOptions Parse { get; init; } = new() { ReferenceTime = default };

    /// <summary>The server's certificate with its key; needed for TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>When there are any, a client must show a certificate that one of these authorities has signed.</summary>
    public IReadOnlyList<X509Certificate2> ClientAuthorities { get; init; } = [];

    /// <summary>Records that wait at most, before senders are held back or, on UDP, records are lost. Default 100,000.</summary>
    public int Queue { get; init; } = 100_000;

    /// <summary>Bytes that wait at most. Default 64 MiB.</summary>
    public long QueueBytes { get; init; } = 64L << 20;

    /// <summary>Connections at a time. Default 1,000.</summary>
    public int MaxConnections { get; init; } = 1_000;

    /// <summary>Clock. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal bool IsTls => Transport is ReceiverTransport.Tls or ReceiverTransport.RelpTls;

    internal bool IsUdp => Transport is ReceiverTransport.Udp or ReceiverTransport.GelfUdp;

    internal bool IsRelp => Transport is ReceiverTransport.Relp or ReceiverTransport.RelpTls;
}

/// <summary>Where received events go.</summary>
/// <param name="events">Some events, in the order of receipt.</param>
/// <param name="cancellation">Stops it.</param>
/// <returns>A task that ends when the events survive a crash. When it fails, none of them is stored; the same events are given again after a pause.</returns>
public delegate Task ReceivedEvents(IReadOnlyList<LogEvent> events, CancellationToken cancellation);

/// <summary>How a receiver stands.</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Received">Records taken in.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Stored">Records that the store has.</param>
/// <param name="Faulty">Of these, records with problems.</param>
/// <param name="Waiting">Records that wait for the store.</param>
/// <param name="Lost">Datagrams that were lost because the queue was full, and GELF messages of which chunks did not come or that are too long once unpacked.</param>
/// <param name="LostBySystem">Datagrams that the operating system dropped, because its buffer was full; null where it does not tell.</param>
/// <param name="Refused">Connections and datagrams of senders that may not send, and connections that failed to prove who they are.</param>
/// <param name="Connections">Open connections.</param>
/// <param name="Problem">Why the store takes nothing at present; null when it does.</param>
/// <param name="Senders">Who sent, the most recent first.</param>
public sealed record ReceiverState(
    IPEndPoint EndPoint, long Received, long Bytes, long Stored, long Faulty, long Waiting, long Lost, long? LostBySystem, long Refused, int Connections, string? Problem, IReadOnlyList<SenderState> Senders);

/// <summary>What one sender sent since the receiver started.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Received">Records.</param>
/// <param name="Faulty">Records with problems.</param>
/// <param name="Lost">Datagrams and GELF messages that were lost.</param>
/// <param name="First">Time of the first.</param>
/// <param name="Last">Time of the newest.</param>
/// <param name="Delay">How much later than the time it names the newest record came, in this clock's view; null when it names none. Negative when the sender's clock is ahead.</param>
public sealed record SenderState(IPAddress Address, long Received, long Faulty, long Lost, DateTimeOffset First, DateTimeOffset Last, TimeSpan? Delay);
