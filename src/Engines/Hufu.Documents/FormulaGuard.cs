using System.Globalization;

namespace Hufu.Documents;

/// <summary>
/// The apostrophe that keeps a spreadsheet from taking a text for a formula (OWASP "CSV injection"). A text that begins with
/// apostrophes before such a character gets one more, so that taking one away gives the same text back.
/// </summary>
public static class FormulaGuard
{
    /// <summary>The text as it is safe in a CSV cell. Plain numbers such as <c>-5</c> or <c>+886.5</c> stay as they are.</summary>
    public static string Add(string text) => IsDangerous(text) && !IsPlainNumber(text) ? "'" + text : text;

    /// <summary>Takes the apostrophe of <see cref="Add"/> away; other texts stay as they are.</summary>
    public static string Remove(string text) =>
        text.Length > 1 && text[0] == '\'' && IsDangerous(text[1..]) && !(text[1] != '\'' && IsPlainNumber(text[1..])) ? text[1..] : text;

    private static bool IsDangerous(string text)
    {
        var i = 0;
        while (i < text.Length && text[i] == '\'')
            i++;
        return i < text.Length && text[i] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠';
    }

    private static bool IsPlainNumber(string text) =>
        text.Length is > 1 and <= 32 && text[^1] is >= '0' and <= '9' &&
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);
}
