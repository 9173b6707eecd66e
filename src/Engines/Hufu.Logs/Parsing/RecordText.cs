using System.Text;
using System.Text.Unicode;

namespace Hufu.Logs.Parsing;

/// <summary>The text of a record's bytes: UTF-8, or Big5 as older systems in Taiwan write it, which no record says of itself.</summary>
internal static class RecordText
{
    /// <summary>The field that says so where the text is not UTF-8.</summary>
    public const string Charset = "log.charset";

    /// <summary>What stands in <see cref="Charset"/>.</summary>
    public const string Big5 = "Big5";

    // Of the two-byte characters at least so many of four are punctuation or of the frequent ones; accented letters of Western code pages are none of them.
    private const int FrequentOfFour = 3;

    // Code page 950, as Windows in Taiwan writes Big5.
    private static readonly Encoding Big5Strictly = CodePagesEncodingProvider.Instance.GetEncoding(950, EncoderFallback.ReplacementFallback, DecoderFallback.ExceptionFallback)!;

    /// <summary>Reads the bytes; what is neither stands as U+FFFD.</summary>
    /// <param name="bytes">The record.</param>
    /// <param name="charset">The name of the character set where it is another than UTF-8; absent for UTF-8 and for bytes that are no text that is known.</param>
    /// <param name="exact">False for bytes that are no text that is known.</param>
    public static string Read(ReadOnlySpan<byte> bytes, out string? charset, out bool exact)
    {
        (charset, exact) = (null, true);
        if (!Utf8.IsValid(bytes))
        {
            if (IsBig5(bytes))
            {
                try
                {
                    var text = Big5Strictly.GetString(bytes);
                    charset = Big5;
                    return text;
                }
                catch (DecoderFallbackException)
                {
                    // Two bytes that stand for no character.
                }
            }

            exact = false;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>True for ASCII with two-byte characters of Big5 between, most of them frequent.</summary>
    private static bool IsBig5(ReadOnlySpan<byte> bytes)
    {
        var (characters, frequent) = (0, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            var lead = bytes[i];
            if (lead < 0x80) continue;
            if (lead is < 0xA1 or > 0xF9 || ++i == bytes.Length || bytes[i] is < 0x40 or (> 0x7E and < 0xA1) or > 0xFE) return false;
            characters++;
            // Symbols, and the 5,401 characters of the first level.
            if (lead <= 0xC6) frequent++;
        }

        return characters > 0 && frequent * 4 >= characters * FrequentOfFour;
    }
}
