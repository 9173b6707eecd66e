using System.Text;

namespace Hufu.Documents;

/// <summary>Text of people's files made comparable, without changing what it says.</summary>
public static class TextCleaner
{
    /// <summary>
    /// Trims every kind of white space (also U+3000, no-break and zero-width) and makes full-width letters and digits half-width.
    /// Unlike NFKC it leaves ①, ㈱, ½, compatibility ideographs and full-width punctuation alone: they carry meaning in names.
    /// </summary>
    public static string Clean(string text) => Trim(Narrow(text));

    /// <summary>Full-width letters, digits and the ideographic space half-width; everything else as it is.</summary>
    public static string Narrow(string text) => Map(text, c => c switch
    {
        >= '０' and <= '９' or >= 'Ａ' and <= 'Ｚ' or >= 'ａ' and <= 'ｚ' => (char)(c - 0xFEE0),
        '\u3000' or '\u00A0' => ' ',
        _ => c,
    });

    /// <summary>
    /// For codes, addresses and numbers: all full-width ASCII half-width (<c>１０．１０．２０．１１</c>), inner white space out,
    /// the ideographic full stop and dashes of every kind as their ASCII kin.
    /// </summary>
    public static string CleanCode(string text)
    {
        var narrow = Map(text, c => c switch
        {
            >= '！' and <= '～' => (char)(c - 0xFEE0),
            '。' or '｡' => '.',
            '‐' or '‑' or '‒' or '–' or '—' or '−' or '─' => '-',
            _ => c,
        });
        var result = new StringBuilder(narrow.Length);
        foreach (var c in narrow)
            if (!IsSpace(c))
                result.Append(c);
        return result.ToString();
    }

    /// <summary>Trims white space of every kind, zero-width characters and the byte order mark.</summary>
    public static string Trim(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start]))
            start++;
        while (end > start && IsSpace(text[end - 1]))
            end--;
        return text[start..end];
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' or '\u180E';

    private static string Map(string text, Func<char, char> map)
    {
        for (var i = 0; i < text.Length; i++)
            if (map(text[i]) != text[i])
                return string.Create(text.Length, (text, map), static (span, state) =>
                {
                    for (var k = 0; k < span.Length; k++)
                        span[k] = state.map(state.text[k]);
                });
        return text;
    }
}
