using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hufu.Logs.Search;

/// <summary>
/// An address as a number of 128 bits, IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that both notations of one address are equal.
/// Only full addresses count: no short or octal forms, no port; the zone of a link-local address is left out.
/// </summary>
internal static class IpKey
{
    private static readonly SearchValues<char> V4Characters = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>The first address that is IPv4.</summary>
    public static readonly UInt128 FirstV4 = new(0, 0xFFFF_0000_0000);

    /// <summary>The last address that is IPv4.</summary>
    public static readonly UInt128 LastV4 = new(0, 0xFFFF_FFFF_FFFF);

    /// <summary>True for an IPv4 address, mapped or not.</summary>
    public static bool IsV4(UInt128 key) => key >= FirstV4 && key <= LastV4;

    /// <summary>A key as the text that the database compares: 32 hexadecimal digits.</summary>
    public static string Text(UInt128 key) => key.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Reads an address.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        if (text.Length is < 2 or > 128) return false;
        return text.Contains(':') ? TryV6(text, out key) : TryV4(text, out key);
    }

    /// <summary>True for what was meant as an address: four numbers with dots, or hexadecimal digits with two colons or more.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<char> text)
    {
        if (text.Count(':') >= 2) return text.IndexOfAnyExcept(V6Characters) < 0;
        return text.Count('.') == 3 && text.IndexOfAnyExcept(V4Characters) < 0;
    }

    private static bool TryV4(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        uint value = 0;
        var (parts, digits, part) = (0, 0, 0u);
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                // A zero in front would be octal to some programs.
                if (digits > 0 && part == 0 || ++digits > 3) return false;
                part = part * 10 + (uint)(c - '0');
            }
            else if (c == '.' && digits > 0 && part < 256 && parts < 3)
            {
                value = value << 8 | part;
                parts++;
                (digits, part) = (0, 0);
            }
            else
            {
                return false;
            }
        }

        if (parts != 3 || digits == 0 || part > 255) return false;
        key = FirstV4 | (value << 8 | part);
        return true;
    }

    private static bool TryV6(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        var zone = text.IndexOf('%');
        if (zone >= 0) text = text[..zone];
        if (text.IndexOfAnyExcept(V6Characters) >= 0) return false;
        if (!IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6) return false;
        // The part in the IPv4 notation is held to the rules of IPv4.
        if (text.Contains('.') && !TryV4(text[(text.LastIndexOf(':') + 1)..], out _)) return false;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }
}
