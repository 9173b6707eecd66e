using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Hufu.Logs.Evtx;

/// <summary>The value types of binary XML (MS-EVEN6 §2.2.12) and their text. A value that is not as its type says is written as its bytes; nothing throws.</summary>
internal static class EvtxValue
{
    public const byte Null = 0x00;
    public const byte String = 0x01;
    public const byte Ansi = 0x02;
    public const byte BinXml = 0x21;
    public const byte Array = 0x80;

    // From 1601 to year 1, in units of 100 ns.
    private const long FileTimeEpoch = 504_911_232_000_000_000;

    private static readonly UTF8Encoding ExactUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The length in bytes of a value of a type; 0 where it varies.</summary>
    public static int Width(byte type) => type switch
    {
        0x03 or 0x04 => 1,
        0x05 or 0x06 => 2,
        0x07 or 0x08 or 0x0B or 0x0D or 0x14 => 4,
        0x09 or 0x0A or 0x0C or 0x11 or 0x15 => 8,
        0x0F or 0x12 => 16,
        _ => 0,
    };

    /// <summary>Where the items of an array lie in its bytes. An array without items has one empty item, as it makes one empty element.</summary>
    public static (int Offset, int Size)[] Items(byte type, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return [(0, 0)];
        var item = (byte)(type & ~Array);
        if (item == String) return Texts(data, 2);
        if (item == Ansi) return Texts(data, 1);
        if (item == 0x13) return Sids(data);
        var width = item switch
        {
            0x0D => data.Length % 4 == 0 ? 4 : 1,
            0x10 => data.Length % 8 == 0 ? 8 : 4,
            _ => Width(item),
        };
        if (width == 0) return [(0, data.Length)];
        var items = new (int, int)[(data.Length + width - 1) / width];
        for (var i = 0; i < items.Length; i++) items[i] = (i * width, Math.Min(width, data.Length - i * width));
        return items;
    }

    /// <summary>The text of a value that is neither an array nor binary XML. <paramref name="hidden"/> becomes true when a text goes on behind a zero character.</summary>
    public static EvtxText Read(byte type, ReadOnlySpan<byte> data, Encoding ansi, ref bool hidden)
    {
        if (data.IsEmpty || type == Null) return new EvtxText("");
        switch (type)
        {
            case String:
                return new EvtxText(Unicode(data, ref hidden));
            case Ansi:
                return new EvtxText(AnsiText(data, ansi, ref hidden));
            case 0x03 or 0x05 or 0x07 or 0x09:
                return Bare(Signed(data, Width(type)).ToString(CultureInfo.InvariantCulture));
            case 0x04 or 0x06 or 0x08 or 0x0A:
                return Bare(Unsigned(data, Width(type)).ToString(CultureInfo.InvariantCulture));
            case 0x0B when data.Length == 4:
                return new EvtxText(Real(BinaryPrimitives.ReadSingleLittleEndian(data), "R"));
            case 0x0C when data.Length == 8:
                return new EvtxText(Real(BinaryPrimitives.ReadDoubleLittleEndian(data), "R"));
            case 0x0D:
                return Bare(data.IndexOfAnyExcept((byte)0) < 0 ? "false" : "true");
            case 0x0F when data.Length == 16:
                var guid = new Guid(data).ToString("D");
                return new EvtxText($"{{{guid}}}", guid.ToUpperInvariant());
            case 0x10 or 0x15:
                return new EvtxText(Hex(Unsigned(data, 8)));
            case 0x14:
                return new EvtxText(Hex(Unsigned(data, 4)));
            case 0x11 when FileTime(data) is { } time:
                return new EvtxText(time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture), time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            case 0x12 when SystemTime(data) is { } time:
                return new EvtxText(time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            case 0x13 when Sid(data) is { } sid:
                return new EvtxText(sid);
            default:
                return new EvtxText(Convert.ToHexString(data));
        }
    }

    /// <summary>A text of two-byte units, up to its first zero; halves of surrogate pairs become U+FFFD.</summary>
    public static string Unicode(ReadOnlySpan<byte> data, ref bool hidden)
    {
        var units = data[..(data.Length & ~1)];
        for (var i = 0; i < units.Length; i += 2)
        {
            if (units[i] != 0 || units[i + 1] != 0) continue;
            if (units[i..].IndexOfAnyExcept((byte)0) >= 0) hidden = true;
            units = units[..i];
            break;
        }

        return Encoding.Unicode.GetString(units);
    }

    /// <summary>A FILETIME of eight bytes in UTC; null when it is no time that the calendar has.</summary>
    public static DateTime? FileTime(ReadOnlySpan<byte> data)
    {
        if (data.Length != 8) return null;
        var ticks = BinaryPrimitives.ReadUInt64LittleEndian(data);
        return ticks > (ulong)(DateTime.MaxValue.Ticks - FileTimeEpoch) ? null : new DateTime((long)ticks + FileTimeEpoch, DateTimeKind.Utc);
    }

    private static EvtxText Bare(string text) => new(text, bare: true);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static string Real(double value, string format) => Odd(value) ?? value.ToString(format, CultureInfo.InvariantCulture);

    private static string Real(float value, string format) => Odd(value) ?? value.ToString(format, CultureInfo.InvariantCulture);

    private static string? Odd(double value) => double.IsNaN(value) ? "-1.#IND" : double.IsPositiveInfinity(value) ? "1.#INF" : double.IsNegativeInfinity(value) ? "-1.#INF" : null;

    private static ulong Unsigned(ReadOnlySpan<byte> data, int width)
    {
        ulong value = 0;
        for (var i = Math.Min(width, data.Length) - 1; i >= 0; i--) value = value << 8 | data[i];
        return value;
    }

    private static long Signed(ReadOnlySpan<byte> data, int width)
    {
        var unused = 64 - 8 * Math.Min(width, data.Length);
        return unchecked((long)(Unsigned(data, width) << unused)) >> unused;
    }

    private static DateTime? SystemTime(ReadOnlySpan<byte> data)
    {
        if (data.Length != 16) return null;
        var (year, month, day) = (Part(data, 0), Part(data, 2), Part(data, 6));
        var (hour, minute, second, millisecond) = (Part(data, 8), Part(data, 10), Part(data, 12), Part(data, 14));
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59 || millisecond > 999) return null;
        return new DateTime(year, month, day, hour, minute, second, millisecond, DateTimeKind.Utc);

        static int Part(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);
    }

    private static string? Sid(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8 || data[1] > 15 || data.Length < 8 + 4 * data[1]) return null;
        ulong authority = 0;
        for (var i = 2; i < 8; i++) authority = authority << 8 | data[i];
        var text = new StringBuilder("S-").Append(data[0]).Append('-');
        if (authority <= uint.MaxValue) text.Append(authority);
        else text.Append("0x").Append(authority.ToString("x", CultureInfo.InvariantCulture));
        for (var i = 0; i < data[1]; i++) text.Append('-').Append(BinaryPrimitives.ReadUInt32LittleEndian(data[(8 + 4 * i)..]));
        return text.ToString();
    }

    // The record does not say the code page: text that is UTF-8 is read as such.
    private static string AnsiText(ReadOnlySpan<byte> data, Encoding ansi, ref bool hidden)
    {
        var end = data.IndexOf((byte)0);
        if (end >= 0)
        {
            if (data[end..].IndexOfAnyExcept((byte)0) >= 0) hidden = true;
            data = data[..end];
        }

        try
        {
            return ExactUtf8.GetString(data);
        }
        catch (DecoderFallbackException)
        {
            return ansi.GetString(data);
        }
    }

    private static (int Offset, int Size)[] Texts(ReadOnlySpan<byte> data, int unit)
    {
        var items = new List<(int, int)>();
        var start = 0;
        for (var i = 0; i + unit <= data.Length; i += unit)
        {
            if (data[i] != 0 || data[i + unit - 1] != 0) continue;
            items.Add((start, i - start));
            start = i + unit;
        }

        if (start + unit <= data.Length || items.Count == 0) items.Add((start, data.Length - start));
        return [.. items];
    }

    private static (int Offset, int Size)[] Sids(ReadOnlySpan<byte> data)
    {
        var items = new List<(int, int)>();
        for (var at = 0; at < data.Length;)
        {
            var size = at + 2 <= data.Length ? 8 + 4 * data[at + 1] : data.Length - at;
            items.Add((at, Math.Min(size, data.Length - at)));
            at += size;
        }

        return [.. items];
    }
}
