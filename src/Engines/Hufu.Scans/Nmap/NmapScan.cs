using Hufu.Kernel;

namespace Hufu.Scans.Nmap;

/// <summary>What one nmap run found.</summary>
/// <param name="Arguments">The command line as nmap recorded it; empty when unknown.</param>
/// <param name="Version">Version of nmap.</param>
/// <param name="Started">When the run began; null when not recorded.</param>
/// <param name="Finished">When it ended; null when it was cut short.</param>
/// <param name="IsComplete">True when the file has its end and nmap says that it succeeded. False means that a host not in the list may still exist.</param>
/// <param name="Hosts">The hosts that were read wholly, in the order of the file.</param>
/// <param name="Warnings">Details that were left out because they make no sense, with their lines; at most 100.</param>
/// <param name="Error">Why reading stopped; null when the file was read to its end. The hosts before it are good.</param>
public sealed record NmapScan(
    string Arguments,
    string Version,
    DateTimeOffset? Started,
    DateTimeOffset? Finished,
    bool IsComplete,
    IReadOnlyList<NmapHost> Hosts,
    IReadOnlyList<Error> Warnings,
    Error? Error);

/// <summary>A host of a scan.</summary>
/// <param name="Line">Line of the file where it begins, 1-based.</param>
/// <param name="State">nmap's word: <c>up</c>, <c>down</c>, <c>unknown</c> or <c>skipped</c>.</param>
/// <param name="Reason">Why nmap thinks so: <c>arp-response</c>, <c>user-set</c>…</param>
/// <param name="IsTimedOut">True when nmap gave the host up: its ports are not known, which is not the same as none open.</param>
/// <param name="Addresses">Its addresses.</param>
/// <param name="Hostnames">Its names.</param>
/// <param name="Ports">The ports listed one by one.</param>
/// <param name="OtherPorts">The ports only counted, by state.</param>
/// <param name="OsMatches">Operating systems it may run, best first.</param>
/// <param name="Scripts">Output of host scripts.</param>
public sealed record NmapHost(
    int Line,
    string State,
    string Reason,
    bool IsTimedOut,
    IReadOnlyList<NmapAddress> Addresses,
    IReadOnlyList<NmapHostname> Hostnames,
    IReadOnlyList<NmapPort> Ports,
    IReadOnlyList<NmapPortCount> OtherPorts,
    IReadOnlyList<NmapOsMatch> OsMatches,
    IReadOnlyList<NmapScript> Scripts)
{
    /// <summary>The first IPv4 or else IPv6 address; null when there is only a MAC address or none.</summary>
    public string? IpAddress => (Addresses.FirstOrDefault(a => a.Kind == NmapAddressKind.Ipv4) ?? Addresses.FirstOrDefault(a => a.Kind == NmapAddressKind.Ipv6))?.Address;

    /// <summary>The MAC address; null when the host was not in the scanner's own segment.</summary>
    public NmapAddress? Mac => Addresses.FirstOrDefault(a => a.Kind == NmapAddressKind.Mac);
}

/// <summary>Kinds of addresses.</summary>
public enum NmapAddressKind
{
    /// <summary>IPv4, dotted.</summary>
    Ipv4,

    /// <summary>IPv6 in the short form of RFC 5952.</summary>
    Ipv6,

    /// <summary>MAC, six bytes in upper-case hexadecimal with colons.</summary>
    Mac,
}

/// <summary>An address in its canonical form.</summary>
/// <param name="Address">The address.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Vendor">Maker by MAC prefix; empty when unknown.</param>
public sealed record NmapAddress(string Address, NmapAddressKind Kind, string Vendor);

/// <summary>A name of a host.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind"><c>user</c>: given on the command line; <c>PTR</c>: from reverse resolution.</param>
public sealed record NmapHostname(string Name, string Kind);

/// <summary>A port.</summary>
/// <param name="Line">Line of the file, 1-based.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c>, <c>sctp</c> or <c>ip</c>.</param>
/// <param name="Number">From 0 to 65535.</param>
/// <param name="State"><c>open</c>, <c>closed</c>, <c>filtered</c>, <c>unfiltered</c>, <c>open|filtered</c> or <c>closed|filtered</c>.</param>
/// <param name="Reason">Why: <c>syn-ack</c>…</param>
/// <param name="Service">What answers there; null when nmap has no idea.</param>
/// <param name="Scripts">Output of scripts on this port.</param>
public sealed record NmapPort(int Line, string Protocol, int Number, string State, string Reason, NmapService? Service, IReadOnlyList<NmapScript> Scripts)
{
    /// <summary>True only for the state <c>open</c>; <c>open|filtered</c> is not known to be open.</summary>
    public bool IsOpen => State == "open";
}

/// <summary>Ports that share a state and are not listed one by one.</summary>
public sealed record NmapPortCount(string State, int Count);

/// <summary>A service. Texts are empty when unknown.</summary>
/// <param name="Name">Its name: <c>http</c>.</param>
/// <param name="Product">Product: <c>nginx</c>.</param>
/// <param name="Version">Version as the service tells it.</param>
/// <param name="Extra">Further words.</param>
/// <param name="Tunnel"><c>ssl</c> when it speaks inside TLS.</param>
/// <param name="IsProbed">True when the service was asked; false when the name is only what the port number usually is.</param>
/// <param name="Confidence">nmap's confidence, 0 to 10.</param>
/// <param name="Cpes">CPE names (URI binding, <c>cpe:/a:…</c>).</param>
public sealed record NmapService(string Name, string Product, string Version, string Extra, string Tunnel, bool IsProbed, int Confidence, IReadOnlyList<string> Cpes);

/// <summary>A guess at the operating system.</summary>
/// <param name="Name">Name.</param>
/// <param name="Accuracy">Percent, 0 to 100.</param>
/// <param name="Cpes">CPE names.</param>
public sealed record NmapOsMatch(string Name, int Accuracy, IReadOnlyList<string> Cpes);

/// <summary>What a script said.</summary>
/// <param name="Id">Name of the script.</param>
/// <param name="Output">Its text.</param>
/// <param name="IsCut">True when the text was longer than the limit and is cut there.</param>
public sealed record NmapScript(string Id, string Output, bool IsCut);

/// <summary>Bounds for reading a scan.</summary>
public sealed record NmapReadOptions
{
    /// <summary>Options with every default.</summary>
    public static readonly NmapReadOptions Default = new();

    /// <summary>Largest file in bytes; default 500 MB.</summary>
    public long MaxBytes { get; init; } = 500L * 1024 * 1024;

    /// <summary>Most hosts; default 100,000.</summary>
    public int MaxHosts { get; init; } = 100_000;

    /// <summary>Most ports of one host; default 200,000, above all ports of three protocols.</summary>
    public int MaxPorts { get; init; } = 200_000;

    /// <summary>Most ports of all hosts; default 5,000,000.</summary>
    public int MaxPortsTotal { get; init; } = 5_000_000;

    /// <summary>Most names, addresses, guesses, scripts or CPE names in one list; further ones are left out. Default 256.</summary>
    public int MaxItems { get; init; } = 256;

    /// <summary>Longest text of a script; longer ones are cut. Default 65,536 characters.</summary>
    public int MaxScriptChars { get; init; } = 65_536;

    /// <summary>Most bytes between two XML nodes; default 16 MB.</summary>
    public int MaxTokenBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Deepest nesting; default 64. Structured script output is the deepest part.</summary>
    public int MaxDepth { get; init; } = 64;
}
