using System.Text;

namespace Hufu.Documents.Reading;

/// <summary>Finds the encoding of a text file: byte order mark, then UTF-16 by its zeros, then strict UTF-8, then Big5 and its neighbours.</summary>
internal static class CsvEncoding
{
    private const int SampleBytes = 256 * 1024;

    static CsvEncoding() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>What the decoder of code page 950 makes of the single bytes 80 and FF, which are no characters, instead of refusing them.</summary>
    public static readonly System.Buffers.SearchValues<char> NotBig5 = System.Buffers.SearchValues.Create("\u0080\uF8F8");

    /// <summary>Big5 as Windows in Taiwan writes it (code page 950).</summary>
    public static Encoding Big5 => Encoding.GetEncoding(950);

    public static (Encoding Encoding, int BomLength, bool Certain) Detect(Stream stream)
    {
        var sample = new byte[(int)Math.Min(SampleBytes, stream.Length)];
        stream.Position = 0;
        stream.ReadExactly(sample);
        stream.Position = 0;
        if (Bom(sample) is ({ } marked, var length))
            return (marked, length, true);
        if (Utf16ByZeros(sample) is { } wide)
            return (wide, 0, false);
        if (IsStrictly(stream, new UTF8Encoding(false, true)))
            return (new UTF8Encoding(false), 0, true);
        return (Legacy(stream, sample), 0, false);
    }

    /// <summary>The length of the byte order mark that the stream begins with, when it belongs to the encoding.</summary>
    public static int BomLength(Stream stream, Encoding encoding)
    {
        var head = new byte[4];
        stream.Position = 0;
        var n = stream.ReadAtLeast(head, 4, throwOnEndOfStream: false);
        stream.Position = 0;
        return Bom(head.AsSpan(0, n)) is ({ } marked, var length) && marked.CodePage == encoding.CodePage ? length : 0;
    }

    private static (Encoding? Encoding, int Length) Bom(ReadOnlySpan<byte> head) => head switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (new UTF8Encoding(true), 3),
        [0xFF, 0xFE, 0, 0, ..] => (new UTF32Encoding(false, true), 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(true, true), 4),
        [0xFF, 0xFE, ..] => (new UnicodeEncoding(false, true), 2),
        [0xFE, 0xFF, ..] => (new UnicodeEncoding(true, true), 2),
        _ => (null, 0),
    };

    /// <summary>UTF-16 without mark has zeros at every other byte, for its delimiters and line ends at the least.</summary>
    private static UnicodeEncoding? Utf16ByZeros(ReadOnlySpan<byte> sample)
    {
        int even = 0, odd = 0;
        for (var i = 0; i + 1 < sample.Length; i += 2)
        {
            even += sample[i] == 0 ? 1 : 0;
            odd += sample[i + 1] == 0 ? 1 : 0;
        }

        var pairs = sample.Length / 2;
        if (odd * 10 > pairs && even == 0)
            return new UnicodeEncoding(false, false);
        return even * 10 > pairs && odd == 0 ? new UnicodeEncoding(true, false) : null;
    }

    private static bool IsStrictly(Stream stream, Encoding strict)
    {
        stream.Position = 0;
        var decoder = strict.GetDecoder();
        var bytes = new byte[65536];
        var chars = new char[strict.GetMaxCharCount(bytes.Length)];
        try
        {
            int n;
            while ((n = stream.Read(bytes)) > 0)
            {
                var count = decoder.GetChars(bytes.AsSpan(0, n), chars, flush: false);
                if (strict.CodePage == 950 && chars.AsSpan(0, count).IndexOfAny(NotBig5) >= 0)
                    return false;
            }

            decoder.GetChars([], chars, flush: true);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            stream.Position = 0;
        }
    }

    private static Encoding Legacy(Stream stream, byte[] sample)
    {
        var big5 = IsStrictly(stream, Strict(Big5));
        if (big5 && CommonBig5Share(sample) >= 0.7)
            return Big5;
        var detected = UtfUnknown.CharsetDetector.DetectFromBytes(sample).Detected;
        if (detected is { Confidence: >= 0.8f, Encoding: { } other } && other.CodePage is not (950 or 65001 or 20127) && IsStrictly(stream, Strict(other)))
            return other;
        // Where nothing fits, Big5 is the likeliest here, and the reader will name the bytes that are wrong.
        return Big5;
    }

    private static Encoding Strict(Encoding encoding) => Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    /// <summary>Share of the double bytes that are in Big5's first level (A4–C6, the common characters) or its punctuation (A1–A3).</summary>
    private static double CommonBig5Share(ReadOnlySpan<byte> sample)
    {
        int common = 0, all = 0;
        for (var i = 0; i + 1 < sample.Length; i++)
        {
            if (sample[i] < 0x81)
                continue;
            all++;
            if (sample[i] is >= 0xA1 and <= 0xC6 && sample[i + 1] is >= 0x40 and <= 0x7E or >= 0xA1 and <= 0xFE)
                common++;
            i++;
        }

        return all == 0 ? 0 : (double)common / all;
    }
}
