namespace Hufu.Monitoring;

/// <summary>An indicator of a list, as a match that it caused names it. Several lists may have the same value.</summary>
/// <param name="Key">Its key: the list's number, a slash and its id.</param>
/// <param name="Level">Level of its list's alerts.</param>
/// <param name="Tlp">Its marking, such as <c>amber</c>; empty when there is none.</param>
/// <param name="Producer">Who gave it.</param>
public sealed record SeenIndicator(string Key, string Level, string Tlp, string Producer)
{
    // No key has a semicolon; what a producer is called comes last and may.
    private const string Between = "; ";

    /// <summary>Number of its list.</summary>
    public string List => Key.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? Key[..slash] : Key;

    /// <summary>Those of an alert, in the order in which they were named.</summary>
    public static IReadOnlyList<SeenIndicator> Of(string lines) => [.. Alert.Lines(lines).Select(line => line.Split(Between, 4)).Where(parts => parts.Length == 4).Select(parts => new SeenIndicator(parts[0], parts[1], parts[2], parts[3]))];

    /// <summary>Who gave them, each once.</summary>
    public static string Producers(IEnumerable<SeenIndicator> seen) => string.Join(", ", seen.Select(s => s.Producer).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal));

    /// <summary>Their markings, each once.</summary>
    public static string Markings(IEnumerable<SeenIndicator> seen) => string.Join(", ", seen.Where(s => s.Tlp.Length > 0).Select(s => "TLP:" + s.Tlp.ToUpperInvariant()).Distinct(StringComparer.Ordinal));

    /// <summary>One line, as an alert keeps it.</summary>
    internal string Line => string.Join(Between, Key, Level, Tlp, Producer);
}
