using System.Text;

namespace Hufu.Documents.Writing;

/// <summary>Makes texts fit to stand in XML 1.0.</summary>
internal static class XmlText
{
    /// <summary>Line breaks as LF; what XML cannot hold (control characters, halves of surrogate pairs) becomes U+FFFD and is counted.</summary>
    public static string Clean(string text, out int replaced)
    {
        replaced = 0;
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001F') && !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.AsSpan().ContainsAny('\uFFFE', '\uFFFF')) return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\r')
            {
                if (i + 1 == text.Length || text[i + 1] != '\n')
                    result.Append('\n');
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                result.Append(c).Append(text[++i]);
            }
            else if (c < ' ' && c is not ('\t' or '\n') || char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF')
            {
                result.Append('\uFFFD');
                replaced++;
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    /// <inheritdoc cref="Clean(string, out int)" />
    public static string Clean(string text) => Clean(text, out _);
}
