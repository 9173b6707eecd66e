using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// A SHA-256 hash of a leaf, a node or a whole tree as RFC 6962 §2.1 (RFC 9162 §2.1.1) defines them. Its 32 bytes lie in memory as
/// they lie in a tile, so a tile can be read as a span of hashes without copying.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct MerkleHash : IEquatable<MerkleHash>
{
    /// <summary>Length of a hash in bytes: 32.</summary>
    public const int Length = Sha256.Length;

    private readonly ulong a, b, c, d;

    /// <summary>A hash from its 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 32 bytes long.</exception>
    public MerkleHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A hash has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        this = MemoryMarshal.Read<MerkleHash>(bytes);
    }

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static MerkleHash Empty { get; } = new(Sha256.Hash([]));

    /// <summary>The hash of a leaf: SHA-256(0x00 || entry).</summary>
    [SkipLocalsInit]
    public static MerkleHash OfLeaf(ReadOnlySpan<byte> entry)
    {
        const int OnStack = 1024;
        byte[]? rented = null;
        var input = entry.Length < OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(entry.Length + 1);
        input[0] = 0;
        entry.CopyTo(input[1..]);
        var hash = OfBytes(input[..(entry.Length + 1)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return hash;
    }

    /// <summary>The hash of an inner node: SHA-256(0x01 || left || right).</summary>
    [SkipLocalsInit]
    public static MerkleHash OfNode(in MerkleHash left, in MerkleHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Length)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Length)..]);
        return OfBytes(input);
    }

    /// <summary>Writes the 32 bytes to the start of a span.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Standard base64 with padding, 44 characters, as in checkpoints and proofs.</summary>
    public string ToBase64() => Convert.ToBase64String(ToArray());

    /// <summary>Reads a hash from the one base64 spelling that checkpoints allow: 44 characters, padded, no white space.</summary>
    public static bool TryParseBase64(ReadOnlySpan<char> text, out MerkleHash hash)
    {
        hash = default;
        if (StrictBase64.TryDecode(text) is not { Length: Length } bytes)
            return false;
        hash = new MerkleHash(bytes);
        return true;
    }

    /// <summary>True when the 32 bytes are the same.</summary>
    public bool Equals(MerkleHash other) => a == other.a && b == other.b && c == other.c && d == other.d;

    /// <inheritdoc />
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is MerkleHash other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => unchecked((int)a);

    /// <summary>Lower-case hexadecimal, 64 characters.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>True when the 32 bytes are the same.</summary>
    public static bool operator ==(MerkleHash left, MerkleHash right) => left.Equals(right);

    /// <summary>True when the 32 bytes differ.</summary>
    public static bool operator !=(MerkleHash left, MerkleHash right) => !left.Equals(right);

    internal static MerkleHash OfBytes(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[Length];
        Sha256.Hash(input, hash);
        return new MerkleHash(hash);
    }
}
