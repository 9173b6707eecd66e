using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Hufu.Jobs.Http;

/// <summary>Where the product may connect to when a person, not the operator, chose the address.</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// Exceptions to the rule that only public addresses are reached: networks (<c>10.1.0.0/16</c>), addresses (<c>10.1.2.3</c>), host names
    /// (<c>hooks.example.local</c>) or all below a domain (<c>.example.local</c>). A host name opens private and loopback addresses only; link-local
    /// ones, where clouds keep their credentials, need their network written out.
    /// </summary>
    public IList<string> Allowed { get; } = [];

    /// <summary>Longest wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    internal IEnumerable<string> Faults()
    {
        foreach (var entry in Allowed)
            if (!IPNetwork.TryParse(entry, out _) && !IPAddress.TryParse(entry, out _) && Uri.CheckHostName(entry.TrimStart('.')) is not UriHostNameType.Dns)
                yield return $"Outbound.Allowed: '{entry}' is no network, address or host name.";
    }
}

/// <summary>Decides about addresses. Pure: it resolves and connects to nothing.</summary>
public sealed class AddressGuard
{
    private enum Kind
    {
        Public,
        Private,
        Forbidden,
    }

    // IANA IPv4 special-purpose registry (RFC 6890 and what followed), without the few anycast entries that are globally reachable.
    private static readonly (IPNetwork Network, Kind Kind)[] SpecialV4 =
    [
        (IPNetwork.Parse("0.0.0.0/8"), Kind.Forbidden),        // RFC 791: this network
        (IPNetwork.Parse("10.0.0.0/8"), Kind.Private),         // RFC 1918
        (IPNetwork.Parse("100.64.0.0/10"), Kind.Private),      // RFC 6598: carriers
        (IPNetwork.Parse("127.0.0.0/8"), Kind.Private),        // RFC 1122: loopback
        (IPNetwork.Parse("169.254.0.0/16"), Kind.Forbidden),   // RFC 3927: link-local, cloud metadata
        (IPNetwork.Parse("172.16.0.0/12"), Kind.Private),      // RFC 1918
        (IPNetwork.Parse("192.0.0.0/24"), Kind.Forbidden),     // RFC 6890: protocol assignments
        (IPNetwork.Parse("192.0.2.0/24"), Kind.Forbidden),     // RFC 5737: documentation
        (IPNetwork.Parse("192.88.99.0/24"), Kind.Forbidden),   // RFC 7526: old 6to4 relays
        (IPNetwork.Parse("192.168.0.0/16"), Kind.Private),     // RFC 1918
        (IPNetwork.Parse("198.18.0.0/15"), Kind.Private),      // RFC 2544: benchmarking
        (IPNetwork.Parse("198.51.100.0/24"), Kind.Forbidden),  // RFC 5737
        (IPNetwork.Parse("203.0.113.0/24"), Kind.Forbidden),   // RFC 5737
        (IPNetwork.Parse("224.0.0.0/4"), Kind.Forbidden),      // multicast
        (IPNetwork.Parse("240.0.0.0/4"), Kind.Forbidden),      // reserved, broadcast
    ];

    private static readonly (IPNetwork Network, Kind Kind)[] SpecialV6 =
    [
        (IPNetwork.Parse("::1/128"), Kind.Private),            // RFC 4291: loopback
        (IPNetwork.Parse("fc00::/7"), Kind.Private),           // RFC 4193: unique local
        (IPNetwork.Parse("2001::/23"), Kind.Forbidden),        // RFC 2928: protocol assignments, Teredo among them
        (IPNetwork.Parse("2001:db8::/32"), Kind.Forbidden),    // RFC 3849: documentation
        (IPNetwork.Parse("3fff::/20"), Kind.Forbidden),        // RFC 9637: documentation
    ];

    // RFC 4291 §2.4: global unicast as assigned so far. What lies outside is not public.
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    private readonly List<IPNetwork> networks = [];
    private readonly List<string> hosts = [];

    /// <summary>Takes the operator's exceptions.</summary>
    public AddressGuard(OutboundOptions options)
    {
        foreach (var entry in options.Allowed)
        {
            if (IPNetwork.TryParse(entry, out var network)) networks.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) networks.Add(new IPNetwork(address, address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128));
            else hosts.Add(entry);
        }
    }

    /// <summary>True when the product may connect to this address, reached under this host name.</summary>
    public bool Allows(IPAddress address, string host)
    {
        address = Unwrap(address);
        if (networks.Exists(n => n.Contains(address))) return true;
        return KindOf(address) switch
        {
            Kind.Public => true,
            Kind.Private => hosts.Exists(h => Matches(h, host)),
            Kind.Forbidden => false,
            _ => false,
        };
    }

    /// <summary>True for an address that anybody on the internet could be meant by.</summary>
    public static bool IsPublic(IPAddress address) => KindOf(Unwrap(address)) is Kind.Public;

    /// <summary>The IPv4 address inside an IPv6 one, however it is wrapped; other addresses as they are, without a zone.</summary>
    internal static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var plain = new IPAddress(bytes);
        if (SixToFour.Contains(plain)) return new IPAddress(bytes[2..6]);
        if (Nat64.Contains(plain)) return new IPAddress(bytes[12..]);
        // RFC 4291 §2.5.5.1, long out of use; :: and ::1 are not of this kind.
        return Compatible.Contains(plain) && BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) > 1 ? new IPAddress(bytes[12..]) : plain;
    }

    private static Kind KindOf(IPAddress address)
    {
        if (address.AddressFamily is AddressFamily.InterNetwork)
        {
            foreach (var (network, kind) in SpecialV4)
                if (network.Contains(address)) return kind;
            return Kind.Public;
        }

        foreach (var (network, kind) in SpecialV6)
            if (network.Contains(address)) return kind;
        return GlobalV6.Contains(address) ? Kind.Public : Kind.Forbidden;
    }

    private static bool Matches(string allowed, string host)
    {
        host = host.TrimEnd('.');
        return allowed.StartsWith('.') ? host.EndsWith(allowed, StringComparison.OrdinalIgnoreCase) : string.Equals(allowed, host, StringComparison.OrdinalIgnoreCase);
    }
}
