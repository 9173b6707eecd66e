using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hufu.Identity.Tests.Support;

/// <summary>An authenticator app: RFC 6238 with SHA-1, 30 s, six digits.</summary>
internal static class Authenticator
{
    public static string Code(string key, int stepsAhead = 0)
    {
        Span<byte> step = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(step, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30) + stepsAhead);
#pragma warning disable CA5350 // RFC 6238's default, and what authenticator apps implement.
        var hash = HMACSHA1.HashData(Base32(key.Replace(" ", "")), step);
#pragma warning restore CA5350
        var at = hash[^1] & 15;
        return ((BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(at)) & int.MaxValue) % 1_000_000).ToString("D6");
    }

    private static byte[] Base32(string text)
    {
        var bytes = new List<byte>();
        int bits = 0, held = 0;
        foreach (var c in text)
        {
            held = ((held << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal)) & 0xFFFF;
            bits += 5;
            if (bits < 8) continue;
            bits -= 8;
            bytes.Add((byte)((held >> bits) & 255));
        }

        return [.. bytes];
    }
}
