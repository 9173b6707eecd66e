using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>A packet of NTP, version 3 or 4 (RFC 5905 §7.3), as it lies on the wire.</summary>
public sealed record NtpPacket
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 48;

    /// <summary>The longest packet that is looked at.</summary>
    public const int MaxLength = 1024;

    /// <summary>Leap indicator: 0 none, 1 and 2 a second will be inserted or left out, 3 not synchronised.</summary>
    public required int Leap { get; init; }

    /// <summary>3 or 4.</summary>
    public required int Version { get; init; }

    /// <summary>3 client, 4 server.</summary>
    public required int Mode { get; init; }

    /// <summary>0 unspecified (and kiss codes), 1 at a reference clock, 2 to 15 further away, 16 and above not synchronised.</summary>
    public required int Stratum { get; init; }

    /// <summary>Interval of asking, as a power of two of seconds.</summary>
    public required int Poll { get; init; }

    /// <summary>Precision of the clock, as a power of two of seconds.</summary>
    public required int Precision { get; init; }

    /// <summary>Round trip to the reference clock, in seconds. In version 3 it may be negative.</summary>
    public required double RootDelay { get; init; }

    /// <summary>Dispersion up to the reference clock, in seconds.</summary>
    public required double RootDispersion { get; init; }

    /// <summary>What the server follows: four letters at stratum 0 and 1, above an address of IPv4 or a part of a hash.</summary>
    public required uint ReferenceId { get; init; }

    /// <summary>When its clock was last set.</summary>
    public required NtpTimestamp Reference { get; init; }

    /// <summary>T1: what the request had as transmit timestamp.</summary>
    public required NtpTimestamp Origin { get; init; }

    /// <summary>T2: when the request came in.</summary>
    public required NtpTimestamp Receive { get; init; }

    /// <summary>T3: when the answer left.</summary>
    public required NtpTimestamp Transmit { get; init; }

    /// <summary>Types of the extension fields (RFC 7822).</summary>
    public IReadOnlyList<int> Extensions { get; init; } = [];

    /// <summary>Bytes of the message authentication code with its key number; 0 without. It is not verified: no key was agreed upon.</summary>
    public int MacLength { get; init; }

    /// <summary>True when the packet says that authentication failed (RFC 5905 §9.2).</summary>
    public bool IsCryptoNak { get; init; }

    /// <summary>Precision of the clock in seconds.</summary>
    public double PrecisionSeconds => Math.Pow(2, Math.Clamp(Precision, -32, 32));

    /// <summary>The kiss code of a packet with stratum 0; null where there is none.</summary>
    public string? KissCode => Stratum == 0 && Letters(ReferenceId) is { Length: 4 } code ? code : null;

    /// <summary>True for a server that follows its own clock (127.127.1.n).</summary>
    public bool IsOwnClock => IsOwn(ReferenceId) || (Stratum == 1 && Letters(ReferenceId) is "LOCL" or "LCL");

    /// <summary>The reference as people write it: letters at stratum 0 and 1, else an address.</summary>
    public string ReferenceText => Stratum <= 1 && Letters(ReferenceId) is { Length: > 0 } letters ? letters : AddressOf(ReferenceId);

    /// <summary>A request of a client. It says nothing of the own clock: the transmit timestamp is a number that only the one who was asked can know.</summary>
    public static byte[] Request(ulong transmit)
    {
        var packet = new byte[HeaderLength];
        packet[0] = (4 << 3) | 3;
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(40), transmit);
        return packet;
    }

    /// <summary>Reads a packet. Whether it is an answer, and to what, is asked of <see cref="NtpExchange"/>.</summary>
    public static Result<NtpPacket> Read(ReadOnlySpan<byte> packet)
    {
        if (packet.Length is < HeaderLength or > MaxLength || packet.Length % 4 != 0) return Result.Fail<NtpPacket>(TimeErrors.Length(packet.Length));
        var version = (packet[0] >> 3) & 7;
        if (version is not (3 or 4)) return Result.Fail<NtpPacket>(TimeErrors.Version(version));
        // What follows: extension fields of at least 16 bytes, of which the last without a code behind it has 28; then a code of 4 (crypto-NAK), 20 or 24 bytes.
        var extensions = new List<int>();
        var at = HeaderLength;
        while (packet.Length - at > 24)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]);
            if (version != 4 || length < 16 || length % 4 != 0 || length > packet.Length - at || (length == packet.Length - at && length < 28)) return Result.Fail<NtpPacket>(TimeErrors.Extension(at));
            extensions.Add(BinaryPrimitives.ReadUInt16BigEndian(packet[at..]));
            at += length;
        }

        var mac = packet.Length - at;
        if (mac is not (0 or 4 or 20 or 24)) return Result.Fail<NtpPacket>(TimeErrors.Length(packet.Length));
        return Result.Of(new NtpPacket
        {
            Leap = packet[0] >> 6,
            Version = version,
            Mode = packet[0] & 7,
            Stratum = packet[1],
            Poll = unchecked((sbyte)packet[2]),
            Precision = unchecked((sbyte)packet[3]),
            RootDelay = version == 3 ? BinaryPrimitives.ReadInt32BigEndian(packet[4..]) / 65536.0 : BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) / 65536.0,
            RootDispersion = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]) / 65536.0,
            ReferenceId = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]),
            Reference = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(packet[16..])),
            Origin = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(packet[24..])),
            Receive = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(packet[32..])),
            Transmit = new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(packet[40..])),
            Extensions = extensions,
            MacLength = mac,
            IsCryptoNak = mac == 4,
        });
    }

    /// <summary>True for 127.127.1.n, by which chrony and ntpd name their own clock.</summary>
    internal static bool IsOwn(uint reference) => reference >> 8 == 0x7F7F01;

    private static string AddressOf(uint reference)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, reference);
        return new IPAddress(bytes).ToString();
    }

    // Left-justified and filled with zeros (RFC 5905 §7.3).
    private static string? Letters(uint reference)
    {
        var text = new StringBuilder(4);
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            var c = (char)((reference >> shift) & 0xFF);
            if (c == 0 && text.Length > 0 && (reference & ((1u << shift) - 1)) == 0) break;
            if (c is < '!' or > '~') return null;
            text.Append(c);
        }

        return text.ToString();
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"NTPv{Version} mode {Mode} leap {Leap} stratum {Stratum} reference {ReferenceText}");
}
