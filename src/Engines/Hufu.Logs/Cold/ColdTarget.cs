using System.Globalization;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// Where files that are old are kept: a folder, or a bucket of an S3-compatible store as
/// <c>s3://BUCKET/PREFIX?endpoint=https://host:port&amp;region=NAME&amp;cache=GIGABYTES</c>. Its text form never has the key or the secret.
/// </summary>
public sealed class ColdTarget
{
    /// <summary>How the address of a bucket begins.</summary>
    public const string Scheme = "s3://";

    private const int MaxCache = 100_000;

    private ColdTarget()
    {
    }

    /// <summary>The folder; absent for a bucket.</summary>
    public string? Folder { get; private init; }

    /// <summary>The bucket.</summary>
    public string Bucket { get; private init; } = "";

    /// <summary>What the names of the files begin with; empty, or ends in a slash.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>The store's address: the only host that is spoken to.</summary>
    public Uri Endpoint { get; private init; } = new("https://s3.amazonaws.com/");

    /// <summary>The region that requests are signed for.</summary>
    public string Region { get; private init; } = "";

    /// <summary>Most bytes of this machine's copies of files that were fetched. Default 4 GB.</summary>
    public long CacheBytes { get; internal init; } = 4_000_000_000;

    internal string Key { get; private init; } = "";

    internal string Secret { get; private init; } = "";

    /// <summary>Reads a target. What is wrong is said without the text, in which somebody may have put a secret.</summary>
    /// <param name="text">The target.</param>
    /// <param name="key">The access key of a bucket.</param>
    /// <param name="secret">Its secret.</param>
    public static Result<ColdTarget> Parse(string text, string? key = null, string? secret = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            if (text.Contains("://", StringComparison.Ordinal) || !Path.IsPathFullyQualified(text)) return Fail("須為完整的資料夾路徑，或 s3://儲存貯體/前綴?endpoint=https://主機:埠&region=區域", "must be the full path of a folder, or s3://BUCKET/PREFIX?endpoint=https://host:port&region=NAME");
            return Result.Of(new ColdTarget { Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)) });
        }

        var rest = text[Scheme.Length..];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var (name, options) = mark < 0 ? (rest, "") : (rest[..mark], rest[(mark + 1)..]);
        if (name.Contains('@', StringComparison.Ordinal)) return Fail("不可寫入金鑰：請放在 HUFU_LOGS_COLD_KEY 與 HUFU_LOGS_COLD_SECRET", "must not hold keys: they belong in HUFU_LOGS_COLD_KEY and HUFU_LOGS_COLD_SECRET");
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (bucket, prefix) = slash < 0 ? (name, "") : (name[..slash], name[(slash + 1)..].Trim('/'));
        if (bucket.Length is < 3 or > 63 || !bucket.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')) return Fail("的儲存貯體名稱須為 3 到 63 個英數字、點、減號或底線", "needs a bucket of 3 to 63 letters, digits, dots, dashes and underscores");
        if (prefix.Length > 200 || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/') || prefix.Split('/').Any(part => part is "." or "..") || prefix.Contains("//", StringComparison.Ordinal))
            return Fail("的前綴只能有英數字、點、減號、底線與斜線", "has letters, digits, dots, dashes, underscores and slashes alone in its prefix");
        string? endpoint = null, region = null, cache = null;
        foreach (var pair in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (option, value) = pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (pair[..at], Uri.UnescapeDataString(pair[(at + 1)..])) : (pair, "");
            if (option == "endpoint") endpoint = value;
            else if (option == "region") region = value;
            else if (option == "cache") cache = value;
            else return Fail("只有 endpoint、region 與 cache 三個選項", "has the options endpoint, region and cache alone");
        }

        if (region is not null && (region.Length is 0 or > 50 || !region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))) return Fail("的 region 只能有英數字與減號", "has letters, digits and dashes alone in region");
        if (endpoint is null && region is null) return Fail("須有 endpoint 或 region", "needs endpoint or region");
        if (!Uri.TryCreate(endpoint ?? $"https://s3.{region}.amazonaws.com/", UriKind.Absolute, out var address) || address.AbsolutePath != "/" || address.Query.Length > 0 || address.UserInfo.Length > 0
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            return Fail("的 endpoint 須為 https://主機:埠", "needs https://host:port as its endpoint");
        var most = 4;
        if (cache is not null && (!int.TryParse(cache, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxCache)) return Fail($"的 cache 須為 1 到 {MaxCache} 的整數（GB）", $"needs a whole number from 1 to {MaxCache} (GB) as its cache");
        if (string.IsNullOrEmpty(key) || string.IsNullOrEmpty(secret)) return Fail("須有 HUFU_LOGS_COLD_KEY 與 HUFU_LOGS_COLD_SECRET", "needs HUFU_LOGS_COLD_KEY and HUFU_LOGS_COLD_SECRET");
        return Result.Of(new ColdTarget
        {
            Bucket = bucket, Prefix = prefix.Length == 0 ? "" : prefix + "/", Endpoint = new Uri($"{address.Scheme}://{address.Authority}/"), Region = region ?? "us-east-1", CacheBytes = most * 1_000_000_000L, Key = key, Secret = secret,
        });

        static Result<ColdTarget> Fail(string zh, string en) => Result.Fail<ColdTarget>(Error.Of("logs.cold.target", $"冷儲存位址{zh}。", $"The address of cold storage {en}."));
    }

    /// <summary>The target without key and secret; what the marks of moved files name.</summary>
    public override string ToString() => Folder ?? $"{Scheme}{Bucket}/{Prefix} ({Endpoint.Authority})";
}
