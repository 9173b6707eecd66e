using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hufu.Indicators;

/// <summary>Addresses as numbers of 128 bits; IPv4 as IPv4-mapped IPv6, so that both notations are one address.</summary>
internal static class AddressValue
{
    private static readonly System.Buffers.SearchValues<char> V6Characters = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly UInt128 MappedFrom = new(0, 0xFFFF_0000_0000);

    /// <summary>True for IPv4, mapped or not.</summary>
    public static bool IsV4(UInt128 key) => key >> 32 == 0xFFFF;

    /// <summary>Reads a full address. Short forms and numbers with leading zeros are none; a zone is left out.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        if (text.Length is < 2 or > 64) return false;
        if (text[0] == '[' && text[^1] == ']') text = text[1..^1];
        return text.Contains(':') ? TryV6(text, out key) : TryV4(text, out key);
    }

    /// <summary>The address as people write it (RFC 5952).</summary>
    public static string Text(UInt128 key)
    {
        if (IsV4(key)) return string.Create(CultureInfo.InvariantCulture, $"{(byte)((key >> 24) & 0xFF)}.{(byte)((key >> 16) & 0xFF)}.{(byte)((key >> 8) & 0xFF)}.{(byte)(key & 0xFF)}");
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        return new IPAddress(bytes).ToString();
    }

    /// <summary>Reads <c>address/length</c>. Bits behind the length must be zero.</summary>
    public static bool TryRange(ReadOnlySpan<char> text, out UInt128 from, out int length)
    {
        (from, length) = (default, 0);
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryRead(text[..slash], out from) || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length)) return false;
        var v4 = !text[..slash].Contains(':');
        if (length > (v4 ? 32 : 128)) return false;
        if (v4) length += 96;
        return (from & ~Mask(length)) == 0;
    }

    /// <summary>The range as people write it.</summary>
    public static string RangeText(UInt128 from, int length) => string.Create(CultureInfo.InvariantCulture, $"{Text(from)}/{(IsV4(from) && length >= 96 ? length - 96 : length)}");

    /// <summary>The bits of a prefix.</summary>
    public static UInt128 Mask(int length) => length == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - length);

    private static bool TryV4(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        if (text.Length > 15) return false;
        var (value, parts, digits, part) = (0u, 0, 0, 0u);
        foreach (var c in text)
        {
            if (c is >= '0' and <= '9')
            {
                if ((digits > 0 && part == 0) || ++digits > 3) return false;
                part = part * 10 + (uint)(c - '0');
            }
            else if (c == '.' && digits > 0 && part < 256 && parts < 3)
            {
                value = value << 8 | part;
                (parts, digits, part) = (parts + 1, 0, 0);
            }
            else
            {
                return false;
            }
        }

        if (parts != 3 || digits == 0 || part > 255) return false;
        key = MappedFrom | (value << 8 | part);
        return true;
    }

    private static bool TryV6(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        var zone = text.IndexOf('%');
        if (zone > 0) text = text[..zone];
        if (text.IndexOfAnyExcept(V6Characters) >= 0 || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6) return false;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        key = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }
}
