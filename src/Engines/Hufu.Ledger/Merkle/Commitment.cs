using System.Security.Cryptography;

namespace Hufu.Ledger;

/// <summary>
/// Salted commitments: the ledger holds SHA-256(salt || payload), the payload and its salt stay with the record. Without the salt the
/// hash says nothing about a guessable payload, so erasing both removes the personal data while every proof stays valid.
/// </summary>
public static class Commitment
{
    /// <summary>Length of a salt in bytes: 16. The length is fixed, so salt and payload cannot be divided in another way.</summary>
    public const int SaltLength = 16;

    /// <summary>A new salt from the operating system's random source.</summary>
    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltLength);

    /// <summary>The commitment to a payload: SHA-256(salt || payload), 32 bytes.</summary>
    /// <exception cref="ArgumentException">The salt is not 16 bytes long.</exception>
    public static byte[] Of(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload)
    {
        if (salt.Length != SaltLength)
            throw new ArgumentException($"A salt has {SaltLength} bytes, not {salt.Length}.", nameof(salt));
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(salt);
        sha.AppendData(payload);
        return sha.GetHashAndReset();
    }

    /// <summary>True when the commitment is that of this salt and payload; false also for a salt or commitment of the wrong length.</summary>
    public static bool Matches(ReadOnlySpan<byte> commitment, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload) =>
        salt.Length == SaltLength && CryptographicOperations.FixedTimeEquals(commitment, Of(salt, payload));
}
