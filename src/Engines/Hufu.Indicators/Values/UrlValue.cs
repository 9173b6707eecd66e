using System.Globalization;
using System.Text;

namespace Hufu.Indicators;

/// <summary>URLs in a normal form (RFC 3986 §6.2): scheme and host in lower case, no default port, no fragment, plain characters not escaped, no dot segments.</summary>
internal static class UrlValue
{
    public const int Longest = 8_192;

    private static readonly System.Buffers.SearchValues<char> OfScheme = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+.-");

    /// <summary>Reads a URL. Only those with a host are any.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="scheme">Its scheme; empty when it has none, as in <c>host/path</c>.</param>
    /// <param name="host">Its host, in the normal form of a domain name or an address.</param>
    /// <param name="rest">Host, port where it is not usual, path and query.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="needsScheme">True to refuse one without a scheme.</param>
    public static bool TryRead(ReadOnlySpan<char> text, out string scheme, out string host, out string rest, out string path, bool needsScheme = true)
    {
        (scheme, host, rest, path) = ("", "", "", "");
        text = text.Trim();
        if (text.Length is 0 or > Longest) return false;
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        if (mark > 0 && mark <= 20 && Scheme(text[..mark]) is { } named)
        {
            scheme = named;
            text = text[(mark + 3)..];
        }
        else if (needsScheme)
        {
            return false;
        }

        var end = text.IndexOfAny('/', '?', '#');
        var authority = end < 0 ? text : text[..end];
        var at = authority.LastIndexOf('@');
        if (at >= 0) authority = authority[(at + 1)..];
        var port = ReadOnlySpan<char>.Empty;
        var colon = authority.LastIndexOf(':');
        if (colon >= 0 && !authority[(colon + 1)..].Contains(']') && (authority[0] == '[' || authority.IndexOf(':') == colon))
        {
            port = authority[(colon + 1)..];
            authority = authority[..colon];
        }

        if (port.Length > 5 || port.IndexOfAnyExceptInRange('0', '9') >= 0) return false;
        Span<char> name = stackalloc char[DomainValue.Longest];
        if (AddressValue.TryRead(authority, out var key)) host = AddressValue.IsV4(key) ? AddressValue.Text(key) : $"[{AddressValue.Text(key)}]";
        else if (DomainValue.TryRead(authority, name, out var length)) host = new string(name[..length]);
        else return false;
        path = Path(end < 0 ? "" : text[end..]);
        var number = port.Length == 0 || port is "80" && scheme is "http" or "" || port is "443" && scheme is "https" or "" || port is "21" && scheme is "ftp" ? "" : string.Create(CultureInfo.InvariantCulture, $":{int.Parse(port, CultureInfo.InvariantCulture)}");
        rest = host + number + path;
        return true;
    }

    /// <summary>Path and query in normal form.</summary>
    public static string Path(ReadOnlySpan<char> text)
    {
        var fragment = text.IndexOf('#');
        if (fragment >= 0) text = text[..fragment];
        var query = text.IndexOf('?');
        var path = query < 0 ? text : text[..query];
        var rest = query < 0 ? default : text[query..];
        var written = new StringBuilder(text.Length + 1);
        if (path.Length == 0 || path[0] != '/') written.Append('/');
        Plain(path, written);
        if (path.Contains("/.", StringComparison.Ordinal))
        {
            var clean = WithoutDots(written.ToString());
            written.Clear().Append(clean);
        }

        Plain(rest, written);
        return written.ToString();
    }

    private static string? Scheme(ReadOnlySpan<char> text)
    {
        Span<char> lower = stackalloc char[text.Length];
        text.ToLowerInvariant(lower);
        return lower switch
        {
            "http" => "http",
            "https" => "https",
            "ftp" => "ftp",
            _ => lower.IndexOfAnyExcept(OfScheme) < 0 && char.IsAsciiLetterLower(lower[0]) ? new string(lower) : null,
        };
    }

    // Escapes of characters that need none are taken away; others are in upper case.
    private static void Plain(ReadOnlySpan<char> text, StringBuilder into)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                var value = (char)byte.Parse(text.Slice(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~') into.Append(value);
                else into.Append('%').Append(char.ToUpperInvariant(text[i + 1])).Append(char.ToUpperInvariant(text[i + 2]));
                i += 2;
            }
            else if (c == ' ')
            {
                into.Append("%20");
            }
            else if (c < 0x80)
            {
                into.Append(c);
            }
            else
            {
                Rune.DecodeFromUtf16(text[i..], out var rune, out var used);
                foreach (var b in bytes[..rune.EncodeToUtf8(bytes)]) into.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
                i += used - 1;
            }
        }
    }

    // RFC 3986 §5.2.4.
    private static string WithoutDots(string path)
    {
        var kept = new List<string>();
        var parts = path.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            if (parts[i] == "..")
            {
                if (kept.Count > 0) kept.RemoveAt(kept.Count - 1);
                if (i == parts.Length - 1) kept.Add("");
            }
            else if (parts[i] == ".")
            {
                if (i == parts.Length - 1) kept.Add("");
            }
            else
            {
                kept.Add(parts[i]);
            }
        }

        return "/" + string.Join('/', kept);
    }
}
