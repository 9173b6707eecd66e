using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>How a server is asked.</summary>
public sealed record NtpQuery
{
    /// <summary>How often; the answer with the shortest way is taken, because it says most about the clock and least about the network.</summary>
    public int Samples { get; init; } = 4;

    /// <summary>Time between two requests. Two seconds is what servers expect of a client that begins.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is waited for.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What is good enough.</summary>
    public TimeLimits Limits { get; init; } = TimeLimits.Default;

    /// <summary>Our clock: its time is what the server's is compared with.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What asking a server came to. Figures are there only where an answer gave them.</summary>
public sealed record NtpAnswer
{
    /// <summary>What it came to.</summary>
    public required TimeVerdict Verdict { get; init; }

    /// <summary>Why it is not <see cref="TimeVerdict.Fine"/>.</summary>
    public Error? Reason { get; init; }

    /// <summary>When it was asked, by our clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The address that was asked; null where the name has none.</summary>
    public IPEndPoint? EndPoint { get; init; }

    /// <summary>The answer that was taken; null where none could be measured.</summary>
    public NtpSample? Best { get; init; }

    /// <summary>The packet that was judged: that of <see cref="Best"/>, or one without time.</summary>
    public NtpPacket? Packet { get; init; }

    /// <summary>How far the offsets of the other answers lie from the one that was taken: root of the mean square, in seconds.</summary>
    public double? Jitter { get; init; }

    /// <summary>Requests.</summary>
    public int Sent { get; init; }

    /// <summary>Answers to them.</summary>
    public int Received { get; init; }

    /// <summary>Packets that were no answer.</summary>
    public int Dropped { get; init; }

    /// <summary>True when the server follows no other clock than its own: synchronised by the protocol, but not with the world.</summary>
    public bool IsOwnClock => Packet is { IsOwnClock: true };
}

/// <summary>Asks a time server (RFC 5905, RFC 4330) and sets no clock. The socket is bound to the one address that is asked, so that another's packets do not come in.</summary>
public static class NtpClient
{
    /// <summary>The port of NTP.</summary>
    public const int Port = 123;

    /// <summary>Most requests of one query.</summary>
    public const int MaxSamples = 16;

    // Somebody who floods us with packets is not listened to for ever.
    private const int MaxDropped = 64;

    /// <summary>Asks. Whatever the network does is a verdict.</summary>
    /// <param name="host">A name or an address of IPv4 or IPv6.</param>
    /// <param name="port">The port.</param>
    /// <param name="query">How to ask.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<NtpAnswer> QueryAsync(string host, int port, NtpQuery query, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNotEqual(port is > 0 and <= IPEndPoint.MaxPort, true);
        var at = query.Clock.GetUtcNow();
        IPAddress? address;
        try
        {
            address = IPAddress.TryParse(host, out var given) ? given : (await Dns.GetHostAddressesAsync(host, cancellation).WaitAsync(query.Timeout, cancellation)).FirstOrDefault();
        }
        catch (Exception e) when (e is SocketException or ArgumentException or TimeoutException)
        {
            address = null;
        }

        return address is null ? new NtpAnswer { Verdict = TimeVerdict.Silent, Reason = TimeErrors.NoName(host), At = at } : await new Asking(new IPEndPoint(address, port), query, at).RunAsync(cancellation);
    }

    private sealed class Asking(IPEndPoint endPoint, NtpQuery query, DateTimeOffset at)
    {
        private readonly List<NtpSample> samples = [];
        private readonly byte[] buffer = new byte[NtpPacket.MaxLength + 1];
        private (int Sent, int Received, int Dropped) counts;
        private Error? fault, wrong;
        private NtpPacket? timeless;

        internal async Task<NtpAnswer> RunAsync(CancellationToken cancellation)
        {
            try
            {
                using var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                await socket.ConnectAsync(endPoint, cancellation);
                for (var i = 0; i < Math.Clamp(query.Samples, 1, MaxSamples); i++)
                {
                    if (i > 0) await Task.Delay(query.Pause, TimeProvider.System, cancellation);
                    if (!await AskAsync(socket, cancellation)) break;
                }
            }
            catch (SocketException e)
            {
                fault = e.SocketErrorCode == SocketError.ConnectionRefused ? TimeErrors.Refused : TimeErrors.Unreachable(e.SocketErrorCode.ToString());
            }

            var answer = new NtpAnswer { Verdict = TimeVerdict.Silent, At = at, EndPoint = endPoint, Sent = counts.Sent, Received = counts.Received, Dropped = counts.Dropped };
            if (timeless is not null)
            {
                // It does not know the time, whatever it said a second ago.
                var (verdict, reason) = NtpExchange.Judge(timeless, null, null, query.Limits);
                return answer with { Verdict = verdict, Reason = reason, Packet = timeless };
            }

            if (samples.Count == 0)
                return fault == TimeErrors.Refused ? answer with { Verdict = TimeVerdict.Refused, Reason = fault }
                    : wrong is not null ? answer with { Verdict = TimeVerdict.Bogus, Reason = wrong }
                    : answer with { Reason = fault ?? TimeErrors.Silent };
            var best = samples.MinBy(s => s.Delay)!;
            var jitter = samples.Count > 1 ? Math.Sqrt(samples.Sum(s => (s.Offset - best.Offset) * (s.Offset - best.Offset)) / (samples.Count - 1)) : (double?)null;
            var judged = NtpExchange.Judge(best.Packet, best.Offset, best.RootDistance + (jitter ?? 0), query.Limits);
            return answer with { Verdict = judged.Verdict, Reason = judged.Reason, Best = best, Packet = best.Packet, Jitter = jitter };
        }

        // One request and its answer; false when the server is not to be asked again.
        private async Task<bool> AskAsync(Socket socket, CancellationToken cancellation)
        {
            var sent = BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(8)) | 1;
            var request = NtpPacket.Request(sent);
            var sentAt = query.Clock.GetUtcNow();
            var begin = query.Clock.GetTimestamp();
            counts.Sent++;
            await socket.SendAsync(request, cancellation);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(query.Timeout);
            while (counts.Dropped < MaxDropped)
            {
                int length;
                try
                {
                    length = await socket.ReceiveAsync(buffer, limit.Token);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    return true;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.MessageSize)
                {
                    length = buffer.Length;
                }

                var roundTrip = query.Clock.GetElapsedTime(begin);
                var read = NtpPacket.Read(buffer.AsSpan(0, length));
                if ((read.IsOk ? NtpExchange.Fault(read.Value, sent) : read.Errors[0]) is { } faulty)
                {
                    // Not what was asked for: the answer may still come.
                    (wrong, counts.Dropped) = (faulty, counts.Dropped + 1);
                    continue;
                }

                counts.Received++;
                if (NtpExchange.Judge(read.Value, 0, 0, TimeLimits.Default).Verdict != TimeVerdict.Fine)
                {
                    timeless = read.Value;
                    return false;
                }

                var measured = NtpExchange.Measure(read.Value, sentAt, roundTrip);
                if (measured.IsOk) samples.Add(measured.Value);
                else (wrong, counts.Dropped) = (measured.Errors[0], counts.Dropped + 1);
                return true;
            }

            return false;
        }
    }
}
