using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Jobs.Webhooks;

/// <summary>
/// Signature of a delivery: <c>Hufu-Signature: t=&lt;seconds since 1970&gt;,v1=&lt;hex&gt;</c>, where v1 is the HMAC-SHA256 of <c>t.body</c> under the
/// UTF-8 bytes of the secret. The time is signed too, so that an old delivery cannot be played again later.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Name of the header.</summary>
    public const string Header = "Hufu-Signature";

    /// <summary>The header's value for a body sent at an instant.</summary>
    public static string Sign(string secret, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={seconds},v1={Hash(secret, seconds, body)}";
    }

    /// <summary>True when the header fits the body and is not older or newer than the tolerance allows. What a receiver has to do.</summary>
    public static bool Verify(string secret, string? header, string body, DateTimeOffset now, TimeSpan tolerance)
    {
        string? time = null;
        var fits = false;
        foreach (var part in (header ?? "").Split(','))
            if (part.StartsWith("t=", StringComparison.Ordinal)) time ??= part[2..];
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253402300799) return false;
        // Several v1 parts are allowed: while a secret is being changed, either may fit.
        foreach (var part in header!.Split(','))
            if (part.StartsWith("v1=", StringComparison.Ordinal)) fits |= Hashing.FixedTimeEquals(part[3..], Hash(secret, time, body));
        return fits && (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() <= tolerance;
    }

    private static string Hash(string secret, string seconds, string body) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(seconds + "." + body)));
}
