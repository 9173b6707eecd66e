using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>What a value of an indicator is.</summary>
public enum IndicatorKind
{
    /// <summary>An address of IPv4 or IPv6.</summary>
    Address,

    /// <summary>A range of addresses with a prefix length.</summary>
    Range,

    /// <summary>One domain name, and none below it.</summary>
    Domain,

    /// <summary>A domain name and every name below it.</summary>
    DomainTree,

    /// <summary>Every name below a domain name, but not that name.</summary>
    Subdomains,

    /// <summary>A URL.</summary>
    Url,

    /// <summary>Path and query of a URL, whatever its host.</summary>
    UrlPath,

    /// <summary>A hash of a file: MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512.</summary>
    Hash,

    /// <summary>The hash of a program's imports.</summary>
    ImportHash,

    /// <summary>Name of a file, without its folder.</summary>
    FileName,

    /// <summary>A file with its folder.</summary>
    FilePath,

    /// <summary>An address of mail.</summary>
    Email,

    /// <summary>A key of the Windows registry.</summary>
    RegistryKey,

    /// <summary>A mutex.</summary>
    Mutex,

    /// <summary>The name that a client of HTTP gives itself.</summary>
    UserAgent,

    /// <summary>JA3 fingerprint of a TLS client.</summary>
    Ja3,

    /// <summary>HASSH fingerprint of an SSH client or server.</summary>
    Hassh,

    /// <summary>Name of an account.</summary>
    Account,

    /// <summary>A command line.</summary>
    CommandLine,
}

/// <summary>A value of an indicator in its normal form.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The value: host names in lower case with IDNA A-labels and no final dot, hashes in lower case, addresses as RFC 5952 has them.</param>
public readonly record struct IndicatorValue(IndicatorKind Kind, string Text);

/// <summary>What several indicators of one report have in common.</summary>
public sealed record IndicatorContext
{
    /// <summary>Who gave it.</summary>
    public string Producer { get; init; } = "";

    /// <summary>Marking of the Traffic Light Protocol: <c>clear</c>, <c>green</c>, <c>amber</c>, <c>amber+strict</c>, <c>red</c>; empty when there is none.</summary>
    public string Tlp { get; init; } = "";

    /// <summary>The report or event that it stands in.</summary>
    public string Report { get; init; } = "";

    /// <summary>Malware, actors and campaigns that it indicates.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Labels, types and tags, as given.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>ATT&amp;CK techniques and phases as tags: <c>attack.t1071</c>, <c>attack.command-and-control</c>.</summary>
    public IReadOnlyList<string> Attack { get; init; } = [];
}

/// <summary>One indicator: something that events are compared with. It has values, of which one is to be seen, or a pattern.</summary>
public sealed record Indicator
{
    /// <summary>Its id, as given, or made of its value; unique within a list.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it; empty when it has no name but its value.</summary>
    public string Title { get; init; } = "";

    /// <summary>The values of which an event must have one; empty when there is a pattern.</summary>
    public IReadOnlyList<IndicatorValue> Values { get; init; } = [];

    /// <summary>A STIX pattern about one event; empty when there are values.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>What it has in common with others.</summary>
    public IndicatorContext Context { get; init; } = new();

    /// <summary>From when on it is to be looked for; absent for always.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Events from then on do not count; absent for no end.</summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>0 to 100; absent when the source does not say.</summary>
    public int? Confidence { get; init; }

    /// <summary>Why it hardly tells of an attacker, as code of <see cref="IndicatorDoubts"/>; empty when nothing is known against it.</summary>
    public string Doubt { get; init; } = "";

    /// <summary>Its value, or its pattern, for people.</summary>
    public string Text => Pattern.Length > 0 ? Pattern : string.Join(" | ", Values.Select(value => value.Kind is IndicatorKind.Subdomains ? "*." + value.Text : value.Text));
}

/// <summary>How indicators are read.</summary>
public sealed record IndicatorReadOptions
{
    /// <summary>For a table: number of the column with the value, from 1; absent to find it.</summary>
    public int? ValueColumn { get; init; }

    /// <summary>True to take a plain domain name of a text or a table for the name and all below it. Names written <c>*.name</c> or <c>.name</c> are below in any case.</summary>
    public bool DomainsWithBelow { get; init; }

    /// <summary>Who gave what does not name its producer.</summary>
    public string Producer { get; init; } = "";

    /// <summary>Most indicators. Default 1,000,000.</summary>
    public int MostIndicators { get; init; } = 1_000_000;

    /// <summary>Most bytes of one file, unpacked. Default 256 MiB.</summary>
    public long MostBytes { get; init; } = 256L << 20;

    /// <summary>Most files of an archive. Default 50,000.</summary>
    public int MostFiles { get; init; } = 50_000;

    /// <summary>Longest line of a text. Default 65,536 characters.</summary>
    public int MostLine { get; init; } = 1 << 16;

    /// <summary>Longest pattern. Default 32,768 characters.</summary>
    public int MostPattern { get; init; } = 1 << 15;

    /// <summary>Refusals that are kept with place and reason; what is beyond is counted. Default 1,000.</summary>
    public int MostRefusals { get; init; } = 1_000;
}

/// <summary>What came of reading.</summary>
public sealed class IndicatorReadReport
{
    private readonly List<Error> refusals = [];

    internal IndicatorReadReport(int most) => Most = most;

    private int Most { get; }

    /// <summary>Indicators that were read.</summary>
    public long Count { get; internal set; }

    /// <summary>How many of each kind; patterns under <c>pattern</c>.</summary>
    public SortedDictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>How many are held back because they hardly tell of an attacker, by code.</summary>
    public SortedDictionary<string, long> Doubts { get; } = new(StringComparer.Ordinal);

    /// <summary>What is no indicator to be looked for, by reason: revoked, over, not for detection, not to be detected.</summary>
    public SortedDictionary<string, long> Left { get; } = new(StringComparer.Ordinal);

    /// <summary>What cannot be used, with place and reason; the first of them.</summary>
    public IReadOnlyList<Error> Refusals => refusals;

    /// <summary>How many cannot be used.</summary>
    public long Refused { get; private set; }

    /// <summary>Format of what was read: <c>stix</c>, <c>misp</c>, <c>csv</c>, <c>text</c>; several with a blank between.</summary>
    public string Format { get; internal set; } = "";

    /// <summary>Why nothing, or not all, could be read; null when all was.</summary>
    public Error? Failure { get; internal set; }

    internal void Refuse(string code, string zh, string en, string place)
    {
        Refused++;
        if (refusals.Count < Most) refusals.Add(Error.Of(code, zh, en, place));
    }

    internal void Leave(string why) => Left[why] = Left.GetValueOrDefault(why) + 1;

    internal void Note(Indicator item)
    {
        Count++;
        foreach (var kind in item.Pattern.Length > 0 ? ["pattern"] : item.Values.Select(value => IndicatorKinds.Word(value.Kind)).Distinct()) Kinds[kind] = Kinds.GetValueOrDefault(kind) + 1;
        if (item.Doubt.Length > 0) Doubts[item.Doubt] = Doubts.GetValueOrDefault(item.Doubt) + 1;
    }
}
