using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hufu.Time.Tests;

/// <summary>An answer that is good as it stands; tests spoil what they are about.</summary>
internal sealed record Answer
{
    public int Leap { get; init; }

    public int Version { get; init; } = 4;

    public int Mode { get; init; } = 4;

    public int Stratum { get; init; } = 2;

    public int Precision { get; init; } = -20;

    public double RootDelay { get; init; } = 0.01;

    public double RootDispersion { get; init; } = 0.002;

    public string? Kiss { get; init; }

    public uint ReferenceId { get; init; } = 0xCB00710F;

    public ulong? Origin { get; init; }

    public ulong? Receive { get; init; }

    public ulong? Transmit { get; init; }

    public ulong? Reference { get; init; }

    /// <summary>How far the server's clock is ahead of true time, in seconds.</summary>
    public double Ahead { get; init; }

    public byte[] Behind { get; init; } = [];

    internal byte[] To(ReadOnlySpan<byte> request, DateTimeOffset now)
    {
        var packet = new byte[48 + Behind.Length];
        packet[0] = (byte)((Leap << 6) | (Version << 3) | Mode);
        packet[1] = (byte)Stratum;
        packet[3] = unchecked((byte)Precision);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), unchecked((uint)(int)(RootDelay * 65536)));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), (uint)(RootDispersion * 65536));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), Kiss is null ? ReferenceId : BinaryPrimitives.ReadUInt32BigEndian(Encoding.ASCII.GetBytes(Kiss)));
        var stamp = NtpTimestamp.Of(now.AddSeconds(Ahead)).Raw;
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(16), Reference ?? NtpTimestamp.Of(now.AddSeconds(Ahead - 30)).Raw);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(24), Origin ?? BinaryPrimitives.ReadUInt64BigEndian(request[40..]));
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(32), Receive ?? stamp);
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(40), Transmit ?? stamp);
        Behind.CopyTo(packet, 48);
        return packet;
    }
}

/// <summary>A time server over UDP that says what a test wants.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    /// <summary>Starts it.</summary>
    /// <param name="answers">The packets for the n-th request, in order; none for silence.</param>
    internal FakeServer(Func<int, byte[], IReadOnlyList<byte[]>> answers)
    {
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        serving = ServeAsync(answers);
    }

    internal static FakeServer Of(params Answer[] answers) => new((n, request) => answers.Length == 0 ? [] : [answers[Math.Min(n, answers.Length - 1)].To(request, DateTimeOffset.UtcNow)]);

    internal int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

    internal List<byte[]> Requests { get; } = [];

    internal Task<NtpAnswer> AskAsync(int samples = 1, TimeLimits? limits = null, TimeProvider? clock = null) => NtpClient.QueryAsync(
        "127.0.0.1", Port, new NtpQuery { Samples = samples, Pause = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromMilliseconds(400), Limits = limits ?? TimeLimits.Default, Clock = clock ?? TimeProvider.System }, TestContext.Current.CancellationToken);

    private async Task ServeAsync(Func<int, byte[], IReadOnlyList<byte[]>> answers)
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var came = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), stop.Token);
                var request = buffer[..came.ReceivedBytes];
                Requests.Add(request);
                foreach (var packet in answers(Requests.Count - 1, request)) await socket.SendToAsync(packet, came.RemoteEndPoint, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await serving;
        socket.Dispose();
        stop.Dispose();
    }
}
