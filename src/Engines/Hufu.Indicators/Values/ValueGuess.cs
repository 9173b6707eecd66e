namespace Hufu.Indicators;

/// <summary>What a value is, by its looks.</summary>
internal static class ValueGuess
{
    /// <summary>The value in its normal form; null when it looks like nothing that is known.</summary>
    /// <param name="text">The value, perhaps made harmless.</param>
    /// <param name="domainsWithBelow">True to take a plain domain name for the name and all below it.</param>
    public static IndicatorValue? Of(string text, bool domainsWithBelow)
    {
        text = Normal.Refang(text);
        if (text.Length == 0) return null;
        if (AddressValue.TryRead(text, out var key)) return new(IndicatorKind.Address, AddressValue.Text(key));
        if (AddressValue.TryRange(text, out var from, out var length)) return length == 128 ? new(IndicatorKind.Address, AddressValue.Text(from)) : new(IndicatorKind.Range, AddressValue.RangeText(from, length));
        if (Normal.Hash(text) is { } hash) return new(IndicatorKind.Hash, hash);
        if (text.Contains("://", StringComparison.Ordinal)) return Url(text);
        if (text.Contains('@', StringComparison.Ordinal)) return Normal.Email(text) is { } email ? new(IndicatorKind.Email, email) : null;
        if (text.StartsWith("*.", StringComparison.Ordinal)) return DomainValue.Read(text[2..]) is { } below ? new(IndicatorKind.Subdomains, below) : null;
        if (text.StartsWith('.')) return DomainValue.Read(text[1..]) is { } tree ? new(IndicatorKind.DomainTree, tree) : null;
        if (DomainValue.Read(text) is { } domain) return new(domainsWithBelow ? IndicatorKind.DomainTree : IndicatorKind.Domain, domain);
        // 1.2.3.4:8080 and host/path, as feeds of URLs write them.
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || !text.AsSpan(0, slash).Contains('.') || text.Any(char.IsWhiteSpace)) return null;
        // What was meant as a range and is none is no URL either.
        return AddressValue.TryRead(text.AsSpan(0, slash), out _) && text.AsSpan(slash + 1).IndexOfAnyExceptInRange('0', '9') < 0 && slash + 1 < text.Length ? null : Url(text);
    }

    /// <summary>A value of a kind that is told; null when it is none of it.</summary>
    public static IndicatorValue? As(IndicatorKind kind, string text)
    {
        text = kind is IndicatorKind.CommandLine or IndicatorKind.UserAgent or IndicatorKind.Mutex or IndicatorKind.FilePath or IndicatorKind.RegistryKey or IndicatorKind.FileName ? text.Trim() : Normal.Refang(text);
        switch (kind)
        {
            case IndicatorKind.Address or IndicatorKind.Range:
                if (AddressValue.TryRead(text, out var key)) return new(IndicatorKind.Address, AddressValue.Text(key));
                if (!AddressValue.TryRange(text, out var from, out var length)) return null;
                return length == 128 ? new(IndicatorKind.Address, AddressValue.Text(from)) : new(IndicatorKind.Range, AddressValue.RangeText(from, length));
            case IndicatorKind.Domain or IndicatorKind.DomainTree or IndicatorKind.Subdomains:
                if (text.StartsWith("*.", StringComparison.Ordinal)) (kind, text) = (IndicatorKind.Subdomains, text[2..]);
                else if (text.StartsWith('.')) (kind, text) = (IndicatorKind.DomainTree, text[1..]);
                return DomainValue.Read(text) is { } domain ? new(kind, domain) : null;
            case IndicatorKind.Url:
                return Url(text);
            case IndicatorKind.UrlPath:
                return text.Length is 0 or > UrlValue.Longest ? null : new(kind, UrlValue.Path(text));
            case IndicatorKind.Hash:
                return Normal.Hash(text) is { } hash ? new(kind, hash) : null;
            case IndicatorKind.ImportHash or IndicatorKind.Ja3 or IndicatorKind.Hassh:
                return text.Length == 32 && Normal.IsHex(text) ? new(kind, text.ToLowerInvariant()) : null;
            case IndicatorKind.FileName or IndicatorKind.FilePath:
                // A variable stands for a folder that only the host knows.
                if (text.Length is 0 or > 4_096 || text.Contains('%', StringComparison.Ordinal) || text.AsSpan().ContainsAny('*', '?')) return null;
                var path = Normal.Path(text);
                return path.Length == 0 || path.EndsWith('/') ? null : new(path.Contains('/', StringComparison.Ordinal) ? IndicatorKind.FilePath : IndicatorKind.FileName, path);
            case IndicatorKind.Email:
                return Normal.Email(text) is { } email ? new(kind, email) : null;
            case IndicatorKind.RegistryKey:
                return Normal.Registry(text) is { Length: > 4 and <= 2_048 } key1 && key1.Contains('\\', StringComparison.Ordinal) && !key1.AsSpan().ContainsAny('*', '%') ? new(kind, key1) : null;
            case IndicatorKind.Account:
                return text.Length is 0 or > 256 ? null : new(kind, text.ToLowerInvariant());
            default:
                return text.Length is 0 or > 4_096 ? null : new(kind, text);
        }
    }

    private static IndicatorValue? Url(string text)
    {
        var schemeless = !text.Contains("://", StringComparison.Ordinal);
        return UrlValue.TryRead(text, out var scheme, out _, out var rest, out _, !schemeless) ? new(IndicatorKind.Url, scheme.Length == 0 ? rest : $"{scheme}://{rest}") : null;
    }
}
