using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Hufu.Logs.Receive;

/// <summary>What a receiver counts. Senders of UDP can be forged: no more than <see cref="MaxSenders"/> are told apart.</summary>
internal sealed class ReceiverCounters
{
    internal const int MaxSenders = 10_000;

    private readonly ConcurrentDictionary<IPAddress, Sender> senders = new();
    private readonly Sender others = new(IPAddress.Any);
    private int distinct;

    internal long Received, Bytes, Stored, Faulty, Waiting, WaitingBytes, Lost, Refused;
    internal int Connections;
    internal volatile string? Problem;

    internal Sender Of(IPAddress address)
    {
        if (senders.TryGetValue(address, out var known)) return known;
        if (Volatile.Read(ref distinct) >= MaxSenders) return others;
        return senders.GetOrAdd(address, a =>
        {
            Interlocked.Increment(ref distinct);
            return new Sender(a);
        });
    }

    internal void Took(Sender sender, int bytes, DateTimeOffset at)
    {
        Interlocked.Increment(ref Received);
        Interlocked.Add(ref Bytes, bytes);
        sender.Saw(at);
    }

    internal IReadOnlyList<SenderState> Senders() =>
        [.. senders.Values.Append(others).Where(s => s.Received + s.Lost > 0).Select(s => s.State).OrderByDescending(s => s.Last)];

    /// <summary>Datagrams that Linux dropped at sockets of a port, from its table of sockets; null elsewhere.</summary>
    internal static long? DroppedBySystem(IPEndPoint endPoint)
    {
        var table = endPoint.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 ? "/proc/net/udp6" : "/proc/net/udp";
        if (!OperatingSystem.IsLinux() || !File.Exists(table)) return null;
        var port = ":" + endPoint.Port.ToString("X4", CultureInfo.InvariantCulture);
        long dropped = 0;
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 12 && columns[1].EndsWith(port, StringComparison.Ordinal) && long.TryParse(columns[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var drops)) dropped += drops;
        }

        return dropped;
    }

    /// <summary>One sender.</summary>
    internal sealed class Sender(IPAddress address)
    {
        private long received, faulty, lost, first, last, delay = long.MinValue;

        internal string Text { get; } = address.ToString();

        internal long Received => Volatile.Read(ref received);

        internal long Lost => Volatile.Read(ref lost);

        internal SenderState State => new(
            address, Received, Volatile.Read(ref faulty), Lost, new DateTimeOffset(Volatile.Read(ref first), TimeSpan.Zero), new DateTimeOffset(Volatile.Read(ref last), TimeSpan.Zero),
            Volatile.Read(ref delay) is var ticks && ticks == long.MinValue ? null : TimeSpan.FromTicks(ticks));

        internal void Saw(DateTimeOffset at)
        {
            Interlocked.Increment(ref received);
            Touch(at);
        }

        internal void Dropped(DateTimeOffset at)
        {
            Interlocked.Increment(ref lost);
            Touch(at);
        }

        internal void Read(LogEvent item)
        {
            if (item.Problems.Count > 0) Interlocked.Increment(ref faulty);
            if (item.OccurredAt is { } occurred) Volatile.Write(ref delay, (item.ReceivedAt - occurred).Ticks);
        }

        private void Touch(DateTimeOffset at)
        {
            Interlocked.CompareExchange(ref first, at.UtcTicks, 0);
            Volatile.Write(ref last, at.UtcTicks);
        }
    }
}
