namespace Hufu.Ledger;

/// <summary>RFC 4648 §4 base64 with exactly one spelling for each value: no white space, right padding, unused bits zero.</summary>
internal static class StrictBase64
{
    /// <summary>The bytes, or null when the text is not the canonical spelling of any.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<char> text)
    {
        if (text.Length % 4 != 0)
            return null;
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, bytes, out var written))
            return null;
        var exact = bytes.AsSpan(0, written);
        // The framework skips white space and drops non-zero padding bits; two texts for one value would let a byte change unseen.
        return Convert.ToBase64String(exact).AsSpan().SequenceEqual(text) ? exact.ToArray() : null;
    }
}
