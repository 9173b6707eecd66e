using System.Text.RegularExpressions;

namespace Hufu.Indicators;

/// <summary>Normal forms of values, of indicators as of events.</summary>
internal static partial class Normal
{
    private static readonly System.Buffers.SearchValues<char> NotOfMail = System.Buffers.SearchValues.Create(" <>,;:\"()");

    private static readonly (string Long, string Short)[] Hives =
    [
        ("\\registry\\machine\\", "hklm\\"), ("\\registry\\user\\", "hku\\"), ("hkey_local_machine\\", "hklm\\"), ("hkey_current_user\\", "hkcu\\"), ("hkey_users\\", "hku\\"), ("hkey_classes_root\\", "hkcr\\"), ("hkey_current_config\\", "hkcc\\"),
        ("hklm:\\", "hklm\\"), ("hkcu:\\", "hkcu\\"), ("hku:\\", "hku\\"),
    ];

    /// <summary>Lengths of hashes in hexadecimal digits: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.</summary>
    public static bool IsHashLength(int digits) => digits is 32 or 40 or 56 or 64 or 96 or 128;

    /// <summary>A hash in lower case; null when it is none.</summary>
    public static string? Hash(string text)
    {
        text = text.Trim();
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) text = text[2..];
        return IsHashLength(text.Length) && IsHex(text) ? text.ToLowerInvariant() : null;
    }

    /// <summary>True for hexadecimal digits alone.</summary>
    public static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigit(c)) return false;
        return text.Length > 0;
    }

    /// <summary>A path with <c>/</c> between its parts, in lower case: Windows knows no difference, and elsewhere it matters little.</summary>
    public static string Path(string text) => text.Trim().Trim('"').Replace('\\', '/').ToLowerInvariant();

    /// <summary>The last part of a path in normal form.</summary>
    public static ReadOnlySpan<char> FileName(ReadOnlySpan<char> path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>A key of the registry in lower case, its hive by its short name; the current control set by its name.</summary>
    public static string Registry(string text)
    {
        text = text.Trim().TrimEnd('\\').Replace('/', '\\').ToLowerInvariant();
        foreach (var (full, brief) in Hives)
        {
            if (!text.StartsWith(full, StringComparison.Ordinal)) continue;
            text = brief + text[full.Length..];
            break;
        }

        return text.StartsWith("hklm\\system\\controlset00", StringComparison.Ordinal) && text.Length >= 25 && (text.Length == 25 || text[25] == '\\') ? "hklm\\system\\currentcontrolset" + text[25..] : text;
    }

    /// <summary>A key of one user's hive as that user sees it; null when it is none.</summary>
    public static string? OfCurrentUser(string key)
    {
        if (!key.StartsWith("hku\\s-1-", StringComparison.Ordinal)) return null;
        var end = key.IndexOf('\\', 4);
        return end < 0 ? null : key[4..end].EndsWith("_classes", StringComparison.Ordinal) ? "hkcu\\software\\classes" + key[end..] : "hkcu" + key[end..];
    }

    /// <summary>An address of mail in lower case, its domain in normal form; null when it is none.</summary>
    public static string? Email(string text)
    {
        text = text.Trim().Trim('<', '>', '"', '\'');
        if (text.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)) text = text[7..];
        var at = text.LastIndexOf('@');
        if (at < 1 || text.Length > 320 || text.AsSpan(0, at).IndexOfAny(NotOfMail) >= 0 || text.AsSpan(0, at).Contains('@')) return null;
        return DomainValue.Read(text[(at + 1)..]) is { } domain ? $"{text[..at].ToLowerInvariant()}@{domain}" : null;
    }

    /// <summary>
    /// A value as it was before somebody made it harmless to click on: <c>hxxp://1.2.3[.]4</c>, <c>evil(dot)com</c>, <c>a[at]b.c</c>.
    /// </summary>
    public static string Refang(string text)
    {
        text = text.Trim();
        if (text.Length == 0) return text;
        if (text.AsSpan().IndexOfAny("[({\\") >= 0)
        {
            text = Dots().Replace(text, ".");
            text = Ats().Replace(text, "@");
            text = Colons().Replace(text, ":");
            text = Slashes().Replace(text, "://");
        }

        return Schemes().Replace(text, match => (match.Groups[1].Value.StartsWith('f') || match.Groups[1].Value.StartsWith('F') ? "ftp" : "http") + (match.Groups[2].Length > 0 ? "s" : "") + "://");
    }

    [GeneratedRegex(@"\s?(?:\[\s?(?:\.|dot|punto)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\s?(?:\.|dot)\s?\}|\\\.)\s?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Dots();

    [GeneratedRegex(@"\s?(?:\[\s?(?:@|at)\s?\]|\(\s?(?:@|at)\s?\)|\{\s?(?:@|at)\s?\})\s?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Ats();

    [GeneratedRegex(@"\[:\]", RegexOptions.NonBacktracking)]
    private static partial Regex Colons();

    [GeneratedRegex(@"\[:?//\]|\[://\]", RegexOptions.NonBacktracking)]
    private static partial Regex Slashes();

    [GeneratedRegex(@"^(h(?:xx|tt|\*\*|XX)p|f(?:xp|\*p|tp))(s?)(?:://|:\\\\)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Schemes();
}
