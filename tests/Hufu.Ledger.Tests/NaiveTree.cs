using System.Security.Cryptography;

namespace Hufu.Ledger.Tests;

/// <summary>The definitions of RFC 6962 §2.1 word for word, slow and independent of the engine.</summary>
internal static class NaiveTree
{
    public static byte[] Mth(ReadOnlySpan<byte[]> entries)
    {
        if (entries.Length == 0)
            return SHA256.HashData([]);
        if (entries.Length == 1)
            return SHA256.HashData([0, .. entries[0]]);
        var k = Split(entries.Length);
        return SHA256.HashData([1, .. Mth(entries[..k]), .. Mth(entries[k..])]);
    }

    public static List<byte[]> Path(int m, ReadOnlySpan<byte[]> entries)
    {
        if (entries.Length == 1)
            return [];
        var k = Split(entries.Length);
        return m < k ? [.. Path(m, entries[..k]), Mth(entries[k..])] : [.. Path(m - k, entries[k..]), Mth(entries[..k])];
    }

    public static List<byte[]> Proof(int m, ReadOnlySpan<byte[]> entries) => m == 0 ? [] : SubProof(m, entries, true);

    private static List<byte[]> SubProof(int m, ReadOnlySpan<byte[]> entries, bool whole)
    {
        if (m == entries.Length)
            return whole ? [] : [Mth(entries)];
        var k = Split(entries.Length);
        return m <= k ? [.. SubProof(m, entries[..k], whole), Mth(entries[k..])] : [.. SubProof(m - k, entries[k..], false), Mth(entries[..k])];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
