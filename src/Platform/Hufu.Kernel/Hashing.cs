using System.Security.Cryptography;
using System.Text;

namespace Hufu.Kernel;

/// <summary>SHA-256 in the spellings that the product uses.</summary>
public static class Hashing
{
    /// <summary>Lower-case hexadecimal SHA-256 of bytes.</summary>
    public static string Sha256Hex(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Sha256.Length];
        Sha256.Hash(data, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes.</summary>
    public static string Sha256Hex(string text) => Sha256Hex(Encoding.UTF8.GetBytes(text));

    /// <summary>Compares two texts in time that depends on their length only.</summary>
    public static bool FixedTimeEquals(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
