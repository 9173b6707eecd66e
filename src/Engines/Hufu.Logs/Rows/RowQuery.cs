using System.Text;
using Hufu.Kernel;

namespace Hufu.Logs.Rows;

/// <summary>
/// What a query must be to be read on with: one SELECT with the parameter <c>@after</c> and in the order of the bookmark. It is looked at as text, so that a
/// form can be refused; that nothing is written is for the reader to make sure of.
/// </summary>
public static class RowQuery
{
    /// <summary>The parameter.</summary>
    public const string Parameter = "@after";

    /// <summary>Why a query cannot be read with; null when it can.</summary>
    /// <param name="query">The query.</param>
    /// <param name="bookmark">The column of the bookmark.</param>
    /// <param name="asksAtBookmark">True when rows at the bookmark are needed as well: with ties and without an overlap.</param>
    public static Error? Check(string query, string bookmark, bool asksAtBookmark)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(bookmark);
        if (Bare(query, names: false) is not { } bare) return Fault("logs.rows.quotes", "查詢的引號或註解沒有結束。", "A quotation or comment of the query does not end.");
        var text = bare.TrimEnd();
        if (text.EndsWith(';')) text = text[..^1];
        if (text.Contains(';', StringComparison.Ordinal)) return Fault("logs.rows.several", $"只能有一個敘述；第 {LineOf(text, text.IndexOf(';', StringComparison.Ordinal))} 行有「;」。", $"Only one statement is allowed; there is a “;” in line {LineOf(text, text.IndexOf(';', StringComparison.Ordinal))}.");
        var words = Words(text);
        if (words.Count == 0 || !(Is(words[0], "SELECT") || Is(words[0], "WITH"))) return Fault("logs.rows.select", "只能是 SELECT 查詢。", "It must be a SELECT.");
        if (!words.Exists(word => Is(word, "SELECT"))) return Fault("logs.rows.select", "只能是 SELECT 查詢。", "It must be a SELECT.");
        if (words.Find(word => Array.Exists(Writing, other => Is(word, other))) is { } writes) return Fault("logs.rows.writes", $"查詢不可含「{writes}」。", $"A query may not say “{writes}”.");
        if (Places(query).Count == 0) return Fault("logs.rows.parameter", $"查詢須以參數 {Parameter} 表示書籤，例如 WHERE {bookmark} > {Parameter}。", $"The query must have the parameter {Parameter} for the bookmark, such as WHERE {bookmark} > {Parameter}.");
        if (asksAtBookmark && !AsksAt(text)) return Fault("logs.rows.ties", $"書籤可能相同時，條件須為「>= {Parameter}」，否則同一書籤的列會漏收。", $"With ties the condition must be “>= {Parameter}”, or rows with the same bookmark are lost.");
        var order = -1;
        for (var i = 0; i + 1 < words.Count; i++)
            if (Is(words[i], "ORDER") && Is(words[i + 1], "BY")) order = i + 2;
        var example = $"ORDER BY {bookmark}";
        // The quoted names, too, in the same places.
        var named = Words(Bare(Statement(query), names: true)!);
        if (order < 0) return Fault("logs.rows.order-by", $"查詢須依書籤排序：{example}。", $"The query must be in the order of the bookmark: {example}.");
        order = -1;
        for (var i = 0; i + 1 < named.Count; i++)
            if (Is(named[i], "ORDER") && Is(named[i + 1], "BY")) order = i + 2;
        // The last part of a.b.c is the column.
        while (order + 2 < named.Count && named[order + 1] == ".") order += 2;
        if (order >= named.Count || !string.Equals(Unquoted(named[order]), bookmark, StringComparison.OrdinalIgnoreCase)) return Fault("logs.rows.order-by", $"查詢須先依書籤排序：{example}。", $"The query must be in the order of the bookmark first: {example}.");
        return order + 1 < named.Count && !Array.Exists(AfterOrder, word => Is(named[order + 1], word)) ? Fault("logs.rows.order-by", $"排序的書籤之後不可有「{named[order + 1]}」。", $"“{named[order + 1]}” may not follow the bookmark in the order.") : null;
    }

    /// <summary>The query with a blank for the semicolon that may end it.</summary>
    public static string Statement(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Bare(query, names: false)?.LastIndexOf(';') is >= 0 and var end ? string.Concat(query.AsSpan(0, end), " ", query.AsSpan(end + 1)) : query;
    }

    /// <summary>Where the parameter stands, in characters from 0; not in quotations and comments.</summary>
    public static IReadOnlyList<int> Places(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var places = new List<int>();
        if (Bare(query, names: false) is not { } bare) return places;
        for (var at = bare.IndexOf(Parameter, StringComparison.Ordinal); at >= 0; at = bare.IndexOf(Parameter, at + 1, StringComparison.Ordinal))
            if ((at + Parameter.Length == bare.Length || !IsWord(bare[at + Parameter.Length])) && (at == 0 || bare[at - 1] != '@')) places.Add(at);
        return places;
    }

    /// <summary>Line and column of a character, both from 1.</summary>
    public static (int Line, int Column) PlaceOf(string query, int at)
    {
        ArgumentNullException.ThrowIfNull(query);
        at = Math.Clamp(at, 0, query.Length);
        return (LineOf(query, at), at - (at == 0 ? -1 : query.LastIndexOf('\n', at - 1)));
    }

    private static readonly string[] Writing = ["INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "DROP", "ALTER", "CREATE", "GRANT", "REVOKE", "COPY", "CALL", "DO", "VACUUM", "ATTACH", "DETACH", "PRAGMA", "INTO"];
    private static readonly string[] AfterOrder = ["ASC", ",", "NULLS", "LIMIT", "FETCH", "COLLATE"];

    private static Error Fault(string code, string zh, string en) => Error.Of(code, zh, en, "statement");

    private static int LineOf(string text, int at) => text.AsSpan(0, at).Count('\n') + 1;

    private static bool Is(string word, string other) => string.Equals(word, other, StringComparison.OrdinalIgnoreCase);

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    private static string Unquoted(string word) => word.Length >= 2 && word[0] == '"' ? word[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : word;

    private static bool AsksAt(string bare)
    {
        foreach (var at in Places(bare))
        {
            var (before, after) = (bare[..at].TrimEnd(), bare[(at + Parameter.Length)..].TrimStart());
            if (before.EndsWith(">=", StringComparison.Ordinal) || after.StartsWith("<=", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    // Words, quoted names and single signs.
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var from = at;
            if (text[at] == '"')
            {
                for (at++; at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')); at++)
                    if (text[at] == '"') at++;
                at = Math.Min(at + 1, text.Length);
            }
            else if (IsWord(text[at]))
            {
                while (at < text.Length && IsWord(text[at])) at++;
            }
            else
            {
                at++;
                if (char.IsWhiteSpace(text[from])) continue;
            }

            words.Add(text[from..at]);
        }

        return words;
    }

    // The query with blanks for what is quoted or a comment, character for character; quoted names may stay. Null when something does not end.
    private static string? Bare(string query, bool names)
    {
        var bare = new StringBuilder(query);
        for (var at = 0; at < query.Length;)
        {
            var from = at;
            if (query[at] == '\'' || query[at] == '"')
            {
                var quote = query[at];
                // E'…' has escapes.
                var escapes = quote == '\'' && at > 0 && query[at - 1] is 'E' or 'e' && (at < 2 || !IsWord(query[at - 2]));
                for (at++; ; at++)
                {
                    if (at >= query.Length) return null;
                    if (escapes && query[at] == '\\') at++;
                    else if (query[at] == quote && at + 1 < query.Length && query[at + 1] == quote) at++;
                    else if (query[at] == quote) break;
                }

                at++;
                if (names && quote == '"') continue;
            }
            else if (query[at] == '-' && at + 1 < query.Length && query[at + 1] == '-')
            {
                while (at < query.Length && query[at] != '\n') at++;
            }
            else if (query[at] == '/' && at + 1 < query.Length && query[at + 1] == '*')
            {
                // PostgreSQL's nest.
                var depth = 1;
                for (at += 2; depth > 0; )
                {
                    if (at + 1 >= query.Length) return null;
                    if (query[at] == '*' && query[at + 1] == '/') (depth, at) = (depth - 1, at + 2);
                    else if (query[at] == '/' && query[at + 1] == '*') (depth, at) = (depth + 1, at + 2);
                    else at++;
                }
            }
            else if (query[at] == '$' && (at == 0 || !IsWord(query[at - 1])) && Tag(query, at) is { } tag)
            {
                var end = query.IndexOf(tag, at + tag.Length, StringComparison.Ordinal);
                if (end < 0) return null;
                at = end + tag.Length;
            }
            else
            {
                at++;
                continue;
            }

            for (var i = from; i < at; i++)
                if (bare[i] != '\n') bare[i] = ' ';
        }

        return bare.ToString();
    }

    private static string? Tag(string query, int at)
    {
        var end = at + 1;
        while (end < query.Length && (char.IsLetter(query[end]) || query[end] == '_' || (end > at + 1 && char.IsDigit(query[end])))) end++;
        return end < query.Length && query[end] == '$' ? query[at..(end + 1)] : null;
    }
}
