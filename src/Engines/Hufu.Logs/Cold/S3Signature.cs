using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hufu.Logs.Cold;

/// <summary>AWS Signature Version 4 in the header <c>Authorization</c>.</summary>
internal static class S3Signature
{
    /// <summary>SHA-256 of nothing.</summary>
    public const string EmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>The value of the header.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path, encoded as <see cref="Encoded"/> does it.</param>
    /// <param name="query">Parameters, not encoded.</param>
    /// <param name="headers">The headers that are signed, <c>host</c> among them; names in lower case.</param>
    /// <param name="payload">SHA-256 of the body, lower-case hexadecimal.</param>
    /// <param name="at">The time in <c>x-amz-date</c>.</param>
    /// <param name="by">Who signs for what.</param>
    public static string Authorization(string method, string path, IEnumerable<(string Name, string Value)> query, IEnumerable<(string Name, string Value)> headers, string payload, DateTimeOffset at, S3Signer by)
    {
        var ordered = headers.OrderBy(h => h.Name, StringComparer.Ordinal).ToList();
        var names = string.Join(';', ordered.Select(h => h.Name));
        var canonical = $"{method}\n{path}\n{Query(query)}\n{string.Concat(ordered.Select(h => $"{h.Name}:{h.Value.Trim()}\n"))}\n{names}\n{payload}";
        var day = at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var scope = $"{day}/{by.Region}/{by.Service}/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{Time(at)}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes("AWS4" + by.Secret), day), by.Region), by.Service), "aws4_request");
        return $"AWS4-HMAC-SHA256 Credential={by.Key}/{scope},SignedHeaders={names},Signature={Convert.ToHexStringLower(Mac(key, text))}";
    }

    /// <summary>A time as <c>x-amz-date</c> has it.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Parameters in the order and the form that are signed, and sent.</summary>
    public static string Query(IEnumerable<(string Name, string Value)> query) =>
        string.Join('&', query.Select(q => (Name: Encoded(q.Name), Value: Encoded(q.Value))).OrderBy(q => q.Name, StringComparer.Ordinal).ThenBy(q => q.Value, StringComparer.Ordinal).Select(q => $"{q.Name}={q.Value}"));

    /// <summary>A text with everything but letters, digits and <c>-._~</c> as percent signs and hexadecimal digits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">True for a path, whose slashes stay.</param>
    public static string Encoded(string text, bool path = false)
    {
        var result = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' || (path && b == '/')) result.Append((char)b);
            else result.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}

/// <summary>Who signs, and for what.</summary>
internal sealed record S3Signer(string Key, string Secret, string Region, string Service = "s3")
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Region}/{Service}";
}
