using System.Collections.Frozen;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>Why a value hardly tells of an attacker: what is in lists by mistake, and what everybody has.</summary>
public static class IndicatorDoubts
{
    /// <summary>An address or range of private or local networks.</summary>
    public const string Private = "private";

    /// <summary>An address that no host has: unspecified, multicast, for documentation, reserved.</summary>
    public const string Reserved = "reserved";

    /// <summary>A public resolver.</summary>
    public const string Resolver = "resolver";

    /// <summary>A domain name that everybody asks for.</summary>
    public const string WellKnown = "well-known";

    /// <summary>A range, or a name, that takes in too much: more than 2²⁴ addresses of IPv4, a /16 of IPv6, a top-level domain.</summary>
    public const string Broad = "broad";

    /// <summary>The hash of nothing, or of what is in every system.</summary>
    public const string EmptyFile = "empty-file";

    /// <summary>A file name that every system has.</summary>
    public const string CommonFile = "common-file";

    private static readonly (string Range, string Code)[] Networks =
    [
        ("10.0.0.0/8", Private), ("172.16.0.0/12", Private), ("192.168.0.0/16", Private), ("127.0.0.0/8", Private), ("169.254.0.0/16", Private), ("100.64.0.0/10", Private), ("fc00::/7", Private), ("fe80::/10", Private), ("::1/128", Private),
        ("0.0.0.0/8", Reserved), ("192.0.2.0/24", Reserved), ("198.51.100.0/24", Reserved), ("203.0.113.0/24", Reserved), ("224.0.0.0/4", Reserved), ("240.0.0.0/4", Reserved), ("198.18.0.0/15", Reserved), ("::/128", Reserved), ("2001:db8::/32", Reserved), ("ff00::/8", Reserved),
    ];

    private static readonly FrozenSet<string> EmptyHashes = new[]
    {
        "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        "00000000000000000000000000000000", "0000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly Lazy<Lists> Known = new(Load);

    private sealed record Lists(FrozenSet<string> Resolvers, FrozenSet<string> Domains, FrozenSet<string> Files, (UInt128 From, int Length, string Code)[] Networks);

    /// <summary>The reason in words.</summary>
    public static LocalizedText Name(string code) => code switch
    {
        Private => new("私有或本機網路的位址", "Address of private or local networks"),
        Reserved => new("保留、未指定、群播或文件用位址", "Reserved, unspecified, multicast or documentation address"),
        Resolver => new("公共 DNS 伺服器", "Public resolver"),
        WellKnown => new("眾所周知的網域名稱", "Domain name that everybody asks for"),
        Broad => new("範圍過大", "Takes in too much"),
        EmptyFile => new("空檔案的雜湊", "Hash of an empty file"),
        CommonFile => new("每個系統都有的檔名", "File name that every system has"),
        _ => new(code, code),
    };

    /// <summary>What is known against a value; empty when nothing is.</summary>
    public static string Of(IndicatorValue value)
    {
        var known = Known.Value;
        switch (value.Kind)
        {
            case IndicatorKind.Address:
                if (known.Resolvers.Contains(value.Text)) return Resolver;
                return AddressValue.TryRead(value.Text, out var key) ? OfNetwork(key, 128) : "";
            case IndicatorKind.Range:
                if (!AddressValue.TryRange(value.Text, out var from, out var length)) return "";
                if (AddressValue.IsV4(from) && length >= 96 ? length < 104 : length < 16) return Broad;
                return OfNetwork(from, length);
            case IndicatorKind.Domain or IndicatorKind.DomainTree or IndicatorKind.Subdomains:
                if (value.Kind != IndicatorKind.Domain && !value.Text.Contains('.', StringComparison.Ordinal)) return Broad;
                return known.Domains.Contains(value.Text) ? WellKnown : "";
            case IndicatorKind.Url:
                return UrlValue.TryRead(value.Text, out _, out var host, out _, out var path, needsScheme: false) && path == "/" ? Of(new IndicatorValue(AddressValue.TryRead(host, out _) ? IndicatorKind.Address : IndicatorKind.Domain, host)) : "";
            case IndicatorKind.UrlPath:
                return value.Text == "/" ? Broad : "";
            case IndicatorKind.Hash:
                return EmptyHashes.Contains(value.Text) ? EmptyFile : "";
            case IndicatorKind.FileName:
                return known.Files.Contains(value.Text) ? CommonFile : "";
            default:
                return "";
        }
    }

    private static string OfNetwork(UInt128 from, int length)
    {
        foreach (var (network, prefix, code) in Known.Value.Networks)
            if (length >= prefix && (from & AddressValue.Mask(prefix)) == network) return code;
        return "";
    }

    private static Lists Load()
    {
        using var stream = typeof(IndicatorDoubts).Assembly.GetManifestResourceStream("well-known.json") ?? throw new InvalidOperationException("well-known.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        return new Lists(
            Texts("resolvers"), Texts("domains"), Texts("files"),
            [.. Networks.Select(n => AddressValue.TryRange(n.Range, out var from, out var length) ? (from, length, n.Code) : throw new InvalidOperationException(n.Range))]);

        FrozenSet<string> Texts(string name) => json.RootElement.GetProperty(name).EnumerateArray().Select(e => e.GetString()!).ToFrozenSet(StringComparer.Ordinal);
    }
}
