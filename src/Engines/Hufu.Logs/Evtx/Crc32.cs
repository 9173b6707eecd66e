namespace Hufu.Logs.Evtx;

/// <summary>The CRC-32 of RFC 1952.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = Make();

    /// <summary>The checksum over the parts, one behind the other.</summary>
    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default) => ~Add(Add(uint.MaxValue, first), second);

    private static uint Add(uint value, ReadOnlySpan<byte> bytes)
    {
        foreach (var item in bytes) value = Table[(value ^ item) & 0xFF] ^ value >> 8;
        return value;
    }

    private static uint[] Make()
    {
        var table = new uint[256];
        for (var i = 0; i < table.Length; i++)
        {
            var value = (uint)i;
            for (var bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? value >> 1 ^ 0xEDB88320 : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
