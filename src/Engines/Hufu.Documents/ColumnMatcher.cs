using System.Text;

namespace Hufu.Documents;

/// <summary>A field that an import fills.</summary>
/// <param name="Key">Its key, unique among the fields.</param>
/// <param name="Zh">Its name in Chinese.</param>
/// <param name="En">Its name in English.</param>
/// <param name="Synonyms">Other names that files use.</param>
public sealed record ColumnField(string Key, string Zh, string En, params IReadOnlyList<string> Synonyms);

/// <summary>Why a column was matched with a field, best first.</summary>
public enum ColumnMatchKind
{
    /// <summary>The header is the field's name or key.</summary>
    Exact,

    /// <summary>The same but for case, width, blanks, punctuation or a remark in brackets.</summary>
    Normalised,

    /// <summary>The header is a synonym.</summary>
    Synonym,

    /// <summary>One contains the other.</summary>
    Contains,

    /// <summary>Few letters differ.</summary>
    Similar,
}

/// <summary>A suggestion for one column.</summary>
/// <param name="Column">0-based column.</param>
/// <param name="Header">Its header.</param>
/// <param name="FieldKey">The field's key.</param>
/// <param name="Confidence">From 0 to 1; below 0.6 a person should confirm.</param>
/// <param name="Kind">Why.</param>
public sealed record ColumnSuggestion(int Column, string Header, string FieldKey, double Confidence, ColumnMatchKind Kind);

/// <summary>Suggests which column fills which field.</summary>
public static class ColumnMatcher
{
    private const double Least = 0.4;

    /// <summary>
    /// The best matches, one to one: no column and no field twice. Better kinds win over worse ones; among equals the earlier
    /// field and column. Columns without a likely field are left out.
    /// </summary>
    /// <returns>Suggestions in order of columns.</returns>
    public static IReadOnlyList<ColumnSuggestion> Suggest(IReadOnlyList<string> headers, IReadOnlyList<ColumnField> fields)
    {
        var candidates = new List<(ColumnSuggestion Suggestion, int Field)>();
        for (var c = 0; c < headers.Count; c++)
        {
            if (string.IsNullOrWhiteSpace(headers[c]))
                continue;
            for (var f = 0; f < fields.Count; f++)
                if (Best(headers[c], fields[f]) is var (confidence, kind) && confidence >= Least)
                    candidates.Add((new ColumnSuggestion(c, headers[c], fields[f].Key, confidence, kind), f));
        }

        var columns = new HashSet<int>();
        var taken = new HashSet<int>();
        var chosen = new List<ColumnSuggestion>();
        foreach (var (suggestion, field) in candidates.OrderByDescending(x => x.Suggestion.Confidence).ThenBy(x => x.Field).ThenBy(x => x.Suggestion.Column))
        {
            if (columns.Contains(suggestion.Column) || taken.Contains(field))
                continue;
            columns.Add(suggestion.Column);
            taken.Add(field);
            chosen.Add(suggestion);
        }

        return [.. chosen.OrderBy(s => s.Column)];
    }

    /// <summary>A name without case, width, white space, punctuation and remarks in brackets.</summary>
    public static string Normalise(string name)
    {
        var result = new StringBuilder(name.Length);
        var depth = 0;
        foreach (var c in TextCleaner.Narrow(name))
        {
            if (c is '(' or '（' or '[' or '［' or '【' or '〔')
                depth++;
            else if (c is ')' or '）' or ']' or '］' or '】' or '〕')
                depth = Math.Max(0, depth - 1);
            else if (depth == 0 && (char.IsLetterOrDigit(c) || char.IsSurrogate(c)))
                result.Append(char.ToLowerInvariant(c));
        }

        // A name that is wholly in brackets is still a name.
        return result.Length > 0 || depth == 0 && !name.AsSpan().ContainsAny("（([［") ? result.ToString()
            : string.Concat(TextCleaner.Narrow(name).Where(char.IsLetterOrDigit)).ToLowerInvariant();
    }

    private static (double Confidence, ColumnMatchKind Kind) Best(string header, ColumnField field)
    {
        var trimmed = TextCleaner.Trim(header);
        if (trimmed == field.Zh || trimmed == field.En || trimmed == field.Key)
            return (1, ColumnMatchKind.Exact);
        var normal = Normalise(header);
        if (normal.Length == 0)
            return (0, ColumnMatchKind.Similar);
        string[] names = [Normalise(field.Zh), Normalise(field.En), Normalise(field.Key)];
        if (names.Contains(normal))
            return (0.97, ColumnMatchKind.Normalised);
        string[] synonyms = [.. field.Synonyms.Select(Normalise)];
        if (synonyms.Contains(normal))
            return (0.92, ColumnMatchKind.Synonym);

        double contains = 0, similar = 0;
        foreach (var name in names.Concat(synonyms))
        {
            if (name.Length == 0)
                continue;
            var (shorter, longer) = normal.Length <= name.Length ? (normal, name) : (name, normal);
            // One Chinese character or three Latin letters are too little to go by.
            if ((shorter.Length >= 4 || shorter.Length >= 2 && shorter.Any(c => c > 0x7F)) && longer.Contains(shorter, StringComparison.Ordinal))
                contains = Math.Max(contains, 0.6 + 0.25 * shorter.Length / longer.Length);
            var alike = 1 - (double)Distance(normal, name) / longer.Length;
            if (alike >= 0.6)
                similar = Math.Max(similar, alike * 0.75);
        }

        return contains >= similar ? (contains, ColumnMatchKind.Contains) : (similar, ColumnMatchKind.Similar);
    }

    /// <summary>Levenshtein distance; names longer than 64 characters count as wholly different.</summary>
    private static int Distance(string left, string right)
    {
        if (left.Length > 64 || right.Length > 64)
            return Math.Max(left.Length, right.Length);
        Span<int> row = stackalloc int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
            row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[right.Length];
    }
}
