using Hufu.Kernel;

namespace Hufu.Sigma;

/// <summary>
/// Looks rules over: what cannot be used, what is hardly meant, what is costly, what others expect. An error is exactly what
/// <see cref="SigmaParser"/> or <see cref="SigmaEngine"/> refuses; everything else is advice.
/// </summary>
public static class SigmaLint
{
    /// <summary>Looks over one file.</summary>
    /// <param name="text">Contents of the file.</param>
    /// <param name="file">Name of the file as it is to stand in places.</param>
    /// <param name="options">Limits and placeholder values.</param>
    public static IReadOnlyList<SigmaFinding> Check(string text, string file, SigmaParseOptions? options = null) => Check([new(file, text)], options);

    /// <summary>Looks over files that are used together, so that references and ids are seen across them.</summary>
    /// <param name="files">Name and contents of each file.</param>
    /// <param name="options">Limits and placeholder values.</param>
    /// <returns>Findings in the order of files and places.</returns>
    public static IReadOnlyList<SigmaFinding> Check(IEnumerable<KeyValuePair<string, string>> files, SigmaParseOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        var findings = new List<SigmaFinding>();
        var rules = new List<SigmaRule>();
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (file, text) in files)
        {
            order.TryAdd(file, order.Count);
            var result = SigmaParser.Parse(text, file, options, findings);
            rules.AddRange(result.Rules);
            findings.AddRange(result.Errors.Select(Fatal));
        }

        var engine = SigmaEngine.Compile(rules);
        findings.AddRange(engine.Refused.Select(Fatal));
        // Warnings of single documents are among the findings already.
        findings.AddRange(engine.Warnings.Where(warning => !findings.Exists(known => known.Code == warning.Code && known.Place == warning.Place))
            .Select(warning => new SigmaFinding(warning.Code, SigmaSeverity.Warning, Full(warning.Place), warning.Message)));
        return [.. findings.Select(finding => (Finding: finding, Place: Split(finding.Place)))
            .OrderBy(item => order.GetValueOrDefault(item.Place.File, int.MaxValue)).ThenBy(item => item.Place.Line).ThenBy(item => item.Place.Column).Select(item => item.Finding)];
    }

    private static SigmaFinding Fatal(Error error) => new(error.Code, SigmaSeverity.Error, Full(error.Place), error.Message);

    /// <summary>A place that names no column, or neither line nor column, is the beginning of what it names.</summary>
    private static string Full(string? place)
    {
        var (file, line, column) = Split(place ?? "");
        return $"{file}:{Math.Max(1, line)}:{Math.Max(1, column)}";
    }

    private static (string File, int Line, int Column) Split(string place)
    {
        var (rest, last) = Tail(place);
        if (last == 0) return (place, 0, 0);
        var (file, line) = Tail(rest);
        return line == 0 ? (rest, last, 0) : (file, line, last);

        static (string Before, int Number) Tail(string text)
        {
            var colon = text.LastIndexOf(':');
            return colon > 0 && int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? (text[..colon], number) : (text, 0);
        }
    }
}
