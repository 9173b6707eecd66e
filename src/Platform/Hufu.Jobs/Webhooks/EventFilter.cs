using Hufu.Kernel;

namespace Hufu.Jobs.Webhooks;

/// <summary>Patterns of event names, in which <c>*</c> stands for any run of characters.</summary>
public static class EventFilter
{
    private const int MaxPatterns = 50;
    private const int MaxLength = 120;

    /// <summary>Reads patterns separated by semicolons, commas or lines, and gives them joined by <c>;</c>.</summary>
    public static Result<string> Parse(string? text)
    {
        var patterns = (text ?? "").Split([';', ',', '；', '，', '\n', '\r', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        if (patterns.Count is 0 or > MaxPatterns) return Bad($"請填 1 到 {MaxPatterns} 個事件樣式，例如 risk.asset.*。", $"Give 1 to {MaxPatterns} event patterns, such as risk.asset.*.");
        foreach (var pattern in patterns)
            if (pattern.Length > MaxLength || pattern.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_' or '*')))
                return Bad($"「{RunReport.Cut(pattern, 40)}」不是事件樣式；只能用小寫字母、數字、點、連字號與 *。", $"“{RunReport.Cut(pattern, 40)}” is no event pattern; use lower-case letters, digits, dots, hyphens and *.");
        return Result.Of(string.Join(';', patterns));
    }

    /// <summary>True when one of the patterns, joined by <c>;</c>, matches the whole name.</summary>
    public static bool Matches(string patterns, string name)
    {
        foreach (var range in patterns.AsSpan().Split(';'))
            if (MatchesOne(patterns.AsSpan()[range], name)) return true;
        return false;
    }

    // Greedy with one step back to the last star: linear in practice, at worst pattern × name, both short.
    private static bool MatchesOne(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (p, n, star, from) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, from, p) = (p, n, p + 1);
            else if (p < pattern.Length && pattern[p] == name[n]) (p, n) = (p + 1, n + 1);
            else if (star >= 0) (p, n, from) = (star + 1, from + 1, from + 1);
            else return false;
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    private static Result<string> Bad(string zh, string en) => Result.Fail<string>(Error.Of("webhooks.filter", zh, en, "filters"));
}
