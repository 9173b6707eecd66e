using System.Text;
using Hufu.Kernel;

namespace Hufu.Scans.Nmap;

/// <summary>
/// Looks at what stands before the root element. The XML reader skips a document type declaration unread; this check makes
/// sure that nothing in it was meant to be read.
/// </summary>
internal static class Prolog
{
    /// <summary>Why the document is refused; null when it is fine.</summary>
    public static Error? Check(ReadOnlySpan<byte> head, string file)
    {
        if (head.IsEmpty)
            return Error.Of("scan.empty", "檔案是空的。", "The file is empty.", file);
        var text = Decode(head);
        var i = text.Length > 0 && text[0] == '\uFEFF' ? 1 : 0;
        while (true)
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
                i++;
            var rest = text.AsSpan(i);
            if (rest.StartsWith("<?", StringComparison.Ordinal))
            {
                if (!Skip("?>"))
                    return TooLong(file);
            }
            else if (rest.StartsWith("<!--", StringComparison.Ordinal))
            {
                if (!Skip("-->"))
                    return TooLong(file);
            }
            else if (rest.StartsWith("<!DOCTYPE", StringComparison.Ordinal))
            {
                return CheckDeclaration(rest["<!DOCTYPE".Length..], file);
            }
            else
            {
                // The root element, or something that is no XML at all: the reader will say so.
                return null;
            }
        }

        bool Skip(string end)
        {
            var at = text.IndexOf(end, i + 2, StringComparison.Ordinal);
            i = at < 0 ? text.Length : at + end.Length;
            return at >= 0;
        }
    }

    private static Error? CheckDeclaration(ReadOnlySpan<char> text, string file)
    {
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '>':
                    return null;
                case '"' or '\'':
                    var end = text[(i + 1)..].IndexOf(text[i]);
                    if (end < 0)
                        return TooLong(file);
                    i += end + 1;
                    break;
                case '[':
                    return Error.Of("scan.dtd",
                        "檔案的 DTD 含有內部宣告（可能是實體展開攻擊），基於安全不予處理。nmap 不會產生這種檔案，請確認來源。",
                        "The document type declaration has an internal subset, which may be an entity expansion attack, and is refused for safety. nmap writes no such file; check where it came from.", file);
            }
        }

        return TooLong(file);
    }

    private static string Decode(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xFE, ..] or [(byte)'<', 0, ..] => Encoding.Unicode.GetString(head),
        [0xFE, 0xFF, ..] or [0, (byte)'<', ..] => Encoding.BigEndianUnicode.GetString(head),
        _ => Encoding.UTF8.GetString(head),
    };

    private static Error TooLong(string file) => Error.Of("scan.prolog",
        "檔案開頭不完整或異常地長，不是完整的 nmap 掃描結果。", "The beginning of the file is incomplete or abnormally long; it is no complete nmap output.", file);
}
