using System.Net;
using System.Net.Sockets;
using Hufu.Records;

namespace Hufu.Risk.Contracts;

/// <summary>IP addresses and host names as inventories write them, in the one form in which they are kept and compared.</summary>
public static class AddressText
{
    private static readonly char[] Separators = [',', ';', '、', '，', '；', ' ', '\t', '\r', '\n', '\u3000'];

    /// <summary>
    /// The address in canonical text (RFC 5952 for IPv6; an IPv4 address mapped into IPv6 as IPv4; no zone, port or prefix), or null when it
    /// is none. Numbers with fewer than four parts and parts with leading zeros are refused: programs read them differently.
    /// </summary>
    public static string? Normalise(string? text)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text) || text.Length > 64 || !Field.IsStorable(text)) return null;
        text = text.Normalize(System.Text.NormalizationForm.FormKC);
        if (text[0] == '[' && text[^1] == ']') text = text[1..^1];
        if (text.IndexOf('%', StringComparison.Ordinal) is > 0 and var zone) text = text[..zone];
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            var parts = text.Split('.');
            if (parts.Length != 4 || parts.Any(p => p.Length is 0 or > 3 || (p.Length > 1 && p[0] == '0') || !p.All(char.IsAsciiDigit))) return null;
        }

        if (!IPAddress.TryParse(text, out var address)) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily is AddressFamily.InterNetworkV6) address.ScopeId = 0;
        return address.ToString();
    }

    /// <summary>The parts of a list of addresses, as written.</summary>
    public static IReadOnlyList<string> Split(string? list) => string.IsNullOrWhiteSpace(list) ? [] : list.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>A list of addresses with each in its canonical form, none twice, joined by <c>; </c>. What is no address stays as it was written.</summary>
    public static string NormaliseList(string list) => string.Join("; ", Split(list).Select(p => Normalise(p) ?? p).Distinct(StringComparer.OrdinalIgnoreCase));

    /// <summary>A host name in lower case, without the root's dot; empty for nothing.</summary>
    public static string NormaliseHost(string? host) => host?.Trim().TrimEnd('.').ToLowerInvariant() ?? "";

    /// <summary>The first label of a host name: <c>web01</c> of <c>web01.example.tw</c>. An address is its own.</summary>
    public static string ShortHost(string host) =>
        Normalise(host) is null && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? host[..dot] : host;

    /// <summary>A hardware address as six pairs in upper case joined by <c>:</c>; anything else stays as it was written.</summary>
    public static string NormaliseMac(string text)
    {
        var digits = string.Concat(text.Where(char.IsAsciiHexDigit));
        var rest = text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '-' or '.' or ' ');
        return rest && digits.Length == 12 ? string.Join(':', digits.ToUpperInvariant().Chunk(2).Select(p => new string(p))) : text;
    }
}
