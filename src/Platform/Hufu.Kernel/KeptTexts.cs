namespace Hufu.Kernel;

/// <summary>
/// Texts that are kept in both languages, a line each: <c>中文 / English</c>, behind a time or other beginning that both share. What is shown of them is the reader's language.
/// </summary>
public static class KeptTexts
{
    private const string Between = " / ";

    /// <summary>A text as it is kept.</summary>
    public static string Line(LocalizedText text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Zh + Between + text.En;
    }

    /// <summary>What is kept, in the reader's language. A line that is not in both stays as it is.</summary>
    /// <param name="kept">Lines.</param>
    public static string Shown(string kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return kept.Contains(Between, StringComparison.Ordinal) ? string.Join('\n', kept.Split('\n').Select(One)) : kept;
    }

    private static string One(string line)
    {
        // What both say with a stroke of its own, such as a name, stands on both sides of the one between: that is the middle one.
        var places = new List<int>();
        for (var at = line.IndexOf(Between, StringComparison.Ordinal); at >= 0; at = line.IndexOf(Between, at + Between.Length, StringComparison.Ordinal)) places.Add(at);
        if (places.Count % 2 == 0) return line;
        var middle = places[places.Count / 2];
        var shared = SharedOf(line.AsSpan(0, middle));
        return new LocalizedText(line[..middle], line[..shared] + line[(middle + Between.Length)..]).ToString();
    }

    /// <summary>How long a time <c>2026-11-30 08:15:00 </c> at the beginning is; 0 for none.</summary>
    private static int SharedOf(ReadOnlySpan<char> line)
    {
        const string Form = "0000-00-00 00:00:00 ";
        if (line.Length < Form.Length) return 0;
        for (var i = 0; i < Form.Length; i++)
        {
            if (Form[i] == '0' ? !char.IsAsciiDigit(line[i]) : line[i] != Form[i]) return 0;
        }

        return Form.Length;
    }
}
