namespace Hufu.Sigma.Indexing;

/// <summary>
/// Maps each character to one that stands for all that <see cref="StringComparison.OrdinalIgnoreCase"/> holds equal, so that an automaton answers
/// as that comparison does. Characters beyond the basic plane are two code units, which are compared as pairs and stay themselves here.
/// </summary>
internal static class CaseFold
{
    private static readonly char[] Table = Make();

    public static char Of(char c) => Table[c];

    public static string Of(ReadOnlySpan<char> text)
    {
        var folded = new char[text.Length];
        for (var i = 0; i < text.Length; i++) folded[i] = Table[text[i]];
        return new string(folded);
    }

    private static char[] Make()
    {
        var table = new char[char.MaxValue + 1];
        Span<char> one = stackalloc char[1], other = stackalloc char[1];
        for (var i = 0; i <= char.MaxValue; i++)
        {
            one[0] = (char)i;
            other[0] = char.ToUpperInvariant((char)i);
            table[i] = one[0] != other[0] && ((ReadOnlySpan<char>)one).Equals(other, StringComparison.OrdinalIgnoreCase) ? other[0] : one[0];
        }

        return table;
    }
}
