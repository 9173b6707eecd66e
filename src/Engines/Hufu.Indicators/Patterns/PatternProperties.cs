namespace Hufu.Indicators;

/// <summary>The properties of STIX cyber-observable objects that an event of a log can have.</summary>
internal static class PatternProperties
{
    private static readonly Dictionary<string, PatternProperty> All = new[]
    {
        new PatternProperty("ipv4-addr:value", IndicatorKind.Address, FieldRole.SourceAddress, FieldRole.DestinationAddress, FieldRole.Address) { IsPlain = true },
        new PatternProperty("ipv6-addr:value", IndicatorKind.Address, FieldRole.SourceAddress, FieldRole.DestinationAddress, FieldRole.Address) { IsPlain = true },
        new PatternProperty("domain-name:value", IndicatorKind.Domain, FieldRole.Domain, FieldRole.DestinationDomain) { IsPlain = true },
        new PatternProperty("url:value", IndicatorKind.Url, FieldRole.Url) { IsPlain = true, OnRaw = true },
        new PatternProperty("email-addr:value", IndicatorKind.Email, FieldRole.Email, FieldRole.EmailFrom, FieldRole.EmailTo) { IsPlain = true },
        new PatternProperty("email-message:from_ref.value", IndicatorKind.Email, FieldRole.EmailFrom),
        new PatternProperty("email-message:sender_ref.value", IndicatorKind.Email, FieldRole.EmailFrom),
        new PatternProperty("email-message:to_refs[*].value", IndicatorKind.Email, FieldRole.EmailTo),
        new PatternProperty("email-message:subject", null, FieldRole.Subject) { OnRaw = true, AnyCase = false },
        new PatternProperty("file:name", IndicatorKind.FileName, FieldRole.FileName) { IsPlain = true, OnRaw = true },
        new PatternProperty("file:parent_directory_ref.path", null, FieldRole.Directory) { OnRaw = true },
        new PatternProperty("directory:path", null, FieldRole.Directory) { OnRaw = true },
        new PatternProperty("process:name", IndicatorKind.FileName, FieldRole.ProcessName),
        new PatternProperty("process:image_ref.name", IndicatorKind.FileName, FieldRole.ProcessName),
        new PatternProperty("process:binary_ref.name", IndicatorKind.FileName, FieldRole.ProcessName),
        new PatternProperty("process:command_line", IndicatorKind.CommandLine, FieldRole.CommandLine) { IsPlain = true, OnRaw = true, AnyCase = false },
        new PatternProperty("process:parent_ref.command_line", IndicatorKind.CommandLine, FieldRole.ParentCommandLine) { OnRaw = true, AnyCase = false },
        new PatternProperty("process:parent_ref.name", IndicatorKind.FileName, FieldRole.ParentName),
        new PatternProperty("process:parent_ref.image_ref.name", IndicatorKind.FileName, FieldRole.ParentName),
        new PatternProperty("process:creator_user_ref.user_id", IndicatorKind.Account, FieldRole.Account),
        new PatternProperty("process:creator_user_ref.account_login", IndicatorKind.Account, FieldRole.Account),
        new PatternProperty("user-account:user_id", IndicatorKind.Account, FieldRole.Account) { IsPlain = true },
        new PatternProperty("user-account:account_login", IndicatorKind.Account, FieldRole.Account) { IsPlain = true },
        new PatternProperty("user-account:display_name", IndicatorKind.Account, FieldRole.Account) { IsPlain = true },
        new PatternProperty("windows-registry-key:key", IndicatorKind.RegistryKey, FieldRole.RegistryKey) { IsPlain = true },
        new PatternProperty("windows-registry-key:values[*].name", null, FieldRole.RegistryValue) { OnRaw = true },
        new PatternProperty("windows-registry-key:values[*].data", null, FieldRole.RegistryData) { OnRaw = true, AnyCase = false },
        new PatternProperty("mutex:name", IndicatorKind.Mutex, FieldRole.Mutex) { IsPlain = true, OnRaw = true, AnyCase = false },
        new PatternProperty("network-traffic:src_ref.value", IndicatorKind.Address, FieldRole.SourceAddress),
        new PatternProperty("network-traffic:dst_ref.value", IndicatorKind.Address, FieldRole.DestinationAddress, FieldRole.DestinationDomain) { IsEither = true },
        new PatternProperty("network-traffic:src_port", null, FieldRole.SourcePort),
        new PatternProperty("network-traffic:dst_port", null, FieldRole.DestinationPort),
        new PatternProperty("network-traffic:protocols[*]", null, FieldRole.Protocol),
        new PatternProperty("network-traffic:extensions.http-request-ext.request_method", null, FieldRole.Method),
        new PatternProperty("network-traffic:extensions.http-request-ext.request_value", IndicatorKind.UrlPath, FieldRole.UrlPath),
        new PatternProperty("network-traffic:extensions.http-request-ext.request_header.User-Agent", IndicatorKind.UserAgent, FieldRole.UserAgent) { OnRaw = true, AnyCase = false },
    }.ToDictionary(p => p.Path, StringComparer.Ordinal);

    private static readonly Dictionary<string, int> HashLengths = new(StringComparer.OrdinalIgnoreCase) { ["MD5"] = 32, ["SHA-1"] = 40, ["SHA1"] = 40, ["SHA-224"] = 56, ["SHA224"] = 56, ["SHA-256"] = 64, ["SHA256"] = 64, ["SHA-384"] = 96, ["SHA384"] = 96, ["SHA-512"] = 128, ["SHA512"] = 128 };

    private static readonly string[] HashObjects = ["file:hashes.", "process:image_ref.hashes.", "process:binary_ref.hashes.", "artifact:hashes."];

    /// <summary>The property that has the whole path of what another has the name of.</summary>
    public static PatternProperty WithFolder(PatternProperty property) => property.Roles[0] switch
    {
        FieldRole.ProcessName => new PatternProperty(property.Path, IndicatorKind.FilePath, FieldRole.Image) { OnRaw = true },
        FieldRole.ParentName => new PatternProperty(property.Path, IndicatorKind.FilePath, FieldRole.ParentImage) { OnRaw = true },
        _ => new PatternProperty(property.Path, IndicatorKind.FilePath, FieldRole.FilePath) { IsPlain = true, OnRaw = true },
    };

    /// <summary>The property of a path; null when no event can have it.</summary>
    /// <param name="path">Object and property, list places as <c>[*]</c>.</param>
    /// <param name="hashLength">Hexadecimal digits that its values have; 0 where that does not matter.</param>
    public static PatternProperty? Of(string path, out int hashLength)
    {
        hashLength = 0;
        if (All.TryGetValue(path, out var known)) return known;
        foreach (var prefix in HashObjects)
        {
            if (!path.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var name = path[prefix.Length..];
            if (HashLengths.TryGetValue(name, out hashLength)) return new PatternProperty(path, IndicatorKind.Hash, FieldRole.Hash) { IsPlain = true };
            if (name.Equals("IMPHASH", StringComparison.OrdinalIgnoreCase)) return new PatternProperty(path, IndicatorKind.ImportHash, FieldRole.ImportHash) { IsPlain = true };
        }

        return null;
    }
}
