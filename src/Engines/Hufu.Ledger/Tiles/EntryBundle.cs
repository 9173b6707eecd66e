using System.Buffers.Binary;

namespace Hufu.Ledger;

/// <summary>Entry bundles: entries one after the other, each with its length before it as a big-endian 16-bit number (C2SP tlog-tiles).</summary>
public static class EntryBundle
{
    /// <summary>Longest entry in bytes: 65,535.</summary>
    public const int MaxEntryLength = ushort.MaxValue;

    /// <summary>Longest bundle in bytes.</summary>
    internal const int MaxLength = TilePath.Width * (2 + MaxEntryLength);

    /// <summary>
    /// Finds an entry in a bundle. False when the bundle ends before it; <paramref name="range"/> is then where that was noticed.
    /// </summary>
    public static bool TryFind(ReadOnlySpan<byte> bundle, int position, out Range range)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var at = 0;
        for (var i = 0; ; i++)
        {
            range = at..at;
            if (bundle.Length - at < 2)
                return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle[at..]);
            if (bundle.Length - at - 2 < length)
                return false;
            range = (at + 2)..(at + 2 + length);
            if (i == position)
                return true;
            at += 2 + length;
        }
    }

    /// <summary>
    /// Hashes the entries of a bundle into leaf hashes and returns how many there were; stops where the bundle is cut. The bundle's
    /// bytes are used as scratch space and are the same afterwards.
    /// </summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="hashes">Room for the hashes; at most so many entries are read.</param>
    /// <param name="used">Bytes that the entries take.</param>
    internal static int HashEntries(Span<byte> bundle, Span<MerkleHash> hashes, out int used)
    {
        used = 0;
        var count = 0;
        while (count < hashes.Length && bundle.Length - used >= 2)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle[used..]);
            if (bundle.Length - used - 2 < length)
                break;
            hashes[count++] = HashInPlace(bundle.Slice(used + 1, 1 + length));
            used += 2 + length;
        }

        return count;
    }

    /// <summary>Leaf hash of an entry that has a byte to spare before it: RFC 6962 wants 0x00 there, the length's last byte stands there.</summary>
    internal static MerkleHash HashInPlace(Span<byte> spareAndEntry)
    {
        var kept = spareAndEntry[0];
        spareAndEntry[0] = 0;
        var hash = MerkleHash.OfBytes(spareAndEntry);
        spareAndEntry[0] = kept;
        return hash;
    }
}
