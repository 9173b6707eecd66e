using System.Globalization;

namespace Hufu.Indicators;

/// <summary>Host names in lower case, with A-labels of IDNA and without the root's dot.</summary>
internal static class DomainValue
{
    public const int Longest = 253;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>Writes the normal form of a name; false when it is none: labels of 1 to 63 letters, digits, hyphens and underscores, the last not all digits.</summary>
    /// <param name="text">The name.</param>
    /// <param name="into">At least <see cref="Longest"/> characters.</param>
    /// <param name="length">How many were written.</param>
    public static bool TryRead(ReadOnlySpan<char> text, Span<char> into, out int length)
    {
        length = 0;
        if (text.Length > 0 && text[^1] == '.') text = text[..^1];
        if (text.Length is 0 or > Longest) return false;
        var (label, digits) = (0, true);
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (label is 0 or > 63) return false;
                (label, digits) = (0, true);
                into[length++] = '.';
                continue;
            }

            if (c >= 0x80) return TryUnicode(text, into, out length);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
            label++;
            digits &= char.IsAsciiDigit(c);
            into[length++] = (char)(c is >= 'A' and <= 'Z' ? c | 0x20 : c);
        }

        return label is > 0 and <= 63 && !digits;
    }

    /// <summary>The normal form of a name of at least two labels; null when it is none.</summary>
    public static string? Read(string text)
    {
        Span<char> name = stackalloc char[Longest];
        return TryRead(text, name, out var length) && name[..length].Contains('.') ? new string(name[..length]) : null;
    }

    private static bool TryUnicode(ReadOnlySpan<char> text, Span<char> into, out int length)
    {
        length = 0;
        try
        {
            var ascii = Idn.GetAscii(new string(text));
            // What is written with other signs for plain letters is no name that anybody asks for.
            if (!ascii.Contains("xn--", StringComparison.Ordinal) || ascii.Any(c => c >= 0x80)) return false;
            return TryRead(ascii, into, out length);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
