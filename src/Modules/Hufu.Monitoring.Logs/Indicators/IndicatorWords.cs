using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Logs;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Texts that must stand in an event for an indicator to be found in it, as the index of stored files looks them up. Only where every value is such a text
/// as it is: what can be written otherwise and mean the same (keys of the registry, paths, ranges, IPv6, names that are not ASCII) makes them unknown.
/// </summary>
public sealed class IndicatorWords
{
    /// <summary>More are read for faster than they are looked up.</summary>
    internal const int Most = 2_000;

    // What one search may have.
    private const int OfOne = 120;
    private const int LengthOfOne = 3_500;

    private readonly HashSet<string> words = new(StringComparer.Ordinal);
    private bool unknown;

    /// <summary>The texts; null when they are not known.</summary>
    internal IReadOnlyList<string>? Taken => unknown ? null : [.. words];

    internal void Add(Indicator item)
    {
        if (unknown) return;
        var values = item.Pattern.Length > 0 ? IndicatorPatterns.Needs(item.Pattern) : item.Values;
        if (values is null) unknown = true;
        else foreach (var value in values) Add(value);
        if (words.Count <= Most) return;
        unknown = true;
        words.Clear();
    }

    private void Add(IndicatorValue value)
    {
        switch (value.Kind)
        {
            case IndicatorKind.Address when !value.Text.Contains(':', StringComparison.Ordinal):
                AddAddress(value.Text);
                break;
            case IndicatorKind.Domain or IndicatorKind.DomainTree or IndicatorKind.Subdomains when IsPlain(value.Text):
                words.Add(value.Text);
                break;
            case IndicatorKind.Url when HostOf(value.Text) is { } host && IsPlain(host):
                if (host.Any(char.IsAsciiLetter)) words.Add(host);
                else AddAddress(host);
                break;
            case IndicatorKind.Hash or IndicatorKind.ImportHash or IndicatorKind.Ja3 or IndicatorKind.Hassh:
                words.Add(value.Text);
                break;
            case IndicatorKind.Email when IsPlain(value.Text):
                words.Add(value.Text);
                break;
            default:
                unknown = true;
                break;
        }
    }

    private void AddAddress(string address)
    {
        words.Add(address);
        // As IPv6 writes it (RFC 4291 §2.5.5.2), in hexadecimal.
        var parts = address.Split('.').Select(part => byte.Parse(part, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        words.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ffff:{(parts[0] << 8) | parts[1]:x}:{(parts[2] << 8) | parts[3]:x}"));
    }

    // A name in A-labels may stand in an event as people write it.
    private static bool IsPlain(string text) => System.Text.Ascii.IsValid(text) && !text.Contains("xn--", StringComparison.Ordinal) && !text.AsSpan().ContainsAny('"', '*', '\\');

    private static string? HostOf(string url)
    {
        var text = url.IndexOf("://", StringComparison.Ordinal) is >= 0 and var mark ? url[(mark + 3)..] : url;
        var end = text.AsSpan().IndexOfAny('/', ':', '?');
        var host = end < 0 ? text : text[..end];
        return host.Length == 0 || host[0] == '[' ? null : host;
    }

    /// <summary>Of stretches those that may have something of the indicators; all of them where that is not known.</summary>
    public static IReadOnlyList<LogStretch> Narrow(LogStore store, LogSearch search, IReadOnlyList<LogStretch> stretches, IReadOnlyList<string>? words)
    {
        if (words is null || stretches.Count == 0) return stretches;
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var some = new List<string>();
        var length = 0;
        foreach (var word in words)
        {
            if (some.Count >= OfOne || length + word.Length > LengthOfOne) Look();
            some.Add($"\"{word}\"");
            length += word.Length + 7;
        }

        Look();
        return [.. stretches.Where(stretch => kept.Contains(stretch.Segment))];

        void Look()
        {
            if (some.Count == 0 || kept.Count == stretches.Count) return;
            var query = SearchQuery.Parse(string.Join(" OR ", some));
            some.Clear();
            length = 0;
            kept.UnionWith(query.IsOk ? store.StretchesOf(search with { Query = query.Value }).Select(stretch => stretch.Segment) : stretches.Select(stretch => stretch.Segment));
        }
    }
}
