using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>A list as what is found of it says.</summary>
/// <param name="Number">Number of its record; of a file its name.</param>
/// <param name="Title">Its name.</param>
/// <param name="Source">Who gives it.</param>
/// <param name="Tlp">Marking of what has none of its own.</param>
/// <param name="Level">Level of its alerts.</param>
public sealed record IndicatorListInfo(string Number, string Title, string Source, string Tlp, string Level);

/// <summary>An indicator that was seen, with its list.</summary>
public sealed record KnownIndicator(IndicatorListInfo List, IndicatorInfo Info)
{
    /// <summary>What it is called where rules have their ids.</summary>
    public string Key => IndicatorRules.KeyOf(List.Number, Info.Id);

    /// <summary>Who gave it.</summary>
    public string Producer => Info.Context.Producer.Length > 0 ? Info.Context.Producer : List.Source;

    /// <summary>Its marking; empty when there is none.</summary>
    public string Tlp => Info.Context.Tlp.Length > 0 ? Info.Context.Tlp : List.Tlp;

    /// <summary>By what its matches are gathered: the same for the same value or pattern, whichever list has it.</summary>
    public string Gathered => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{(Info.Kind == "domain-tree" ? "domain" : Info.Kind)} {Info.Text}")).AsSpan(0, 20));

    /// <summary>As alerts name it.</summary>
    public SeenIndicator Seen => new(Key, List.Level, Tlp, Producer);
}

/// <summary>
/// Indicators of lists, compiled, and their matches in the shape of rules' matches, so that they go all the ways that those go: alerts, hunts, notifications,
/// exceptions. May be used by several threads; each has its own <see cref="IndicatorScan"/>.
/// </summary>
public sealed class IndicatorSet
{
    private const int MostRules = 20_000;

    private readonly ConcurrentDictionary<int, SigmaDetectionRule> rules = new();
    private readonly ConcurrentDictionary<string, SigmaDetectionRule> shared = new(StringComparer.Ordinal);
    private readonly Lazy<(ulong[] Hashes, int[] Numbers)> byKey;
    private readonly TimeProvider clock;
    private readonly Func<IndicatorExceptions>? exceptions;

    private IndicatorSet(IndicatorIndex index, IReadOnlyList<IndicatorListInfo> lists, IReadOnlyList<string>? words, TimeProvider clock, Func<IndicatorExceptions>? exceptions)
    {
        (Index, Lists, Words, this.clock, this.exceptions) = (index, lists, words, clock, exceptions);
        byKey = new Lazy<(ulong[], int[])>(Keys);
    }

    public IndicatorIndex Index { get; }

    public IReadOnlyList<IndicatorListInfo> Lists { get; }

    /// <summary>Texts of which an event's must have one for anything to be found; null where that cannot be told, or they are too many to look up.</summary>
    public IReadOnlyList<string>? Words { get; }

    public int Count => Index.Count;

    /// <summary>Puts lists together.</summary>
    /// <param name="lists">Each list with its options and its indicators.</param>
    /// <param name="clock">Says which indicators are in force.</param>
    /// <param name="exceptions">What need not be reported.</param>
    /// <param name="refused">Given what cannot be looked for.</param>
    public static IndicatorSet Of(IEnumerable<(IndicatorListInfo List, IndicatorListOptions Options, IEnumerable<Indicator> Items)> lists, TimeProvider clock, Func<IndicatorExceptions>? exceptions = null, List<Error>? refused = null)
    {
        var index = new IndicatorIndex();
        var infos = new List<IndicatorListInfo>();
        var words = new IndicatorWords();
        foreach (var (list, options, items) in lists)
        {
            var number = index.AddList(options);
            infos.Add(list);
            foreach (var item in items)
            {
                if (index.Add(number, item) is { } error) refused?.Add(error with { Place = $"{list.Number} {error.Place}" });
                else words.Add(item);
            }
        }

        return new IndicatorSet(index.Close(), infos, words.Taken, clock, exceptions);
    }

    /// <summary>The indicators that an event shows.</summary>
    internal IReadOnlyList<IndicatorHit> Scan(IndicatorScan scan, LogEvent item)
    {
        scan.Begin(item.Time, clock.GetUtcNow());
        if (item.SourceIp is { } source) scan.Field("src_ip", source);
        foreach (var (name, value) in item.Fields) scan.Field(name, value);
        if (Index.Lines) scan.Line(item.Raw);
        return scan.End();
    }

    /// <summary>The matches of an event, without those that need not be reported.</summary>
    /// <param name="scan">The scan of this thread.</param>
    /// <param name="item">The event.</param>
    /// <param name="fields">Its fields, for exceptions; made when they are needed.</param>
    /// <param name="with">Exceptions to apply instead of those in force.</param>
    public IReadOnlyList<SigmaMatch> Match(IndicatorScan scan, LogEvent item, LogEventFields? fields = null, IndicatorExceptions? with = null)
    {
        var hits = Scan(scan, item);
        if (hits.Count == 0) return [];
        var inForce = with ?? exceptions?.Invoke();
        var left = new List<(IndicatorHit Hit, SigmaDetectionRule Rule)>(hits.Count);
        foreach (var hit in hits)
        {
            var rule = RuleOf(hit.Number);
            if (inForce is not { IsEmpty: false } || !inForce.Suppresses(rule, fields ??= new LogEventFields(item))) left.Add((hit, rule));
        }

        if (left.Count == 1) return [MatchOf(left[0].Rule, item, left)];
        // What several lists have is one match.
        return [.. left.GroupBy(l => IndicatorRules.GatheredOf(l.Rule), StringComparer.Ordinal).Select(same => MatchOf(RuleOf([.. same.Select(l => l.Hit.Number).Distinct().Order()]), item, [.. same]))];
    }

    private SigmaMatch MatchOf(SigmaDetectionRule rule, LogEvent item, List<(IndicatorHit Hit, SigmaDetectionRule Rule)> same) =>
        new(rule, item.Time, [.. same.Select(l => (l.Hit.Field, l.Hit.Value)).Distinct().Select(f => new SigmaMatchedField(f.Field, f.Value) { Patterns = [Clip(Index.Info(same[0].Hit.Number).Text, 300)] })], [item.Id], 1);

    /// <summary>What is known of an indicator.</summary>
    internal KnownIndicator Known(int number)
    {
        var info = Index.Info(number);
        return new KnownIndicator(Lists[info.List], info);
    }

    /// <summary>The indicators in whose sense a value stands: an address, a name, a URL, a hash, an address of mail, a file, a key of the registry, an account.</summary>
    internal IReadOnlyList<KnownIndicator> Find(string value, params IReadOnlyList<string> fields)
    {
        var found = new List<KnownIndicator>();
        var scan = Index.NewScan();
        var now = clock.GetUtcNow();
        foreach (var field in fields.Count > 0 ? fields : ["related.ip", "query", "url", "Hashes", "sender", "TargetFilename", "TargetObject", "user"])
        {
            scan.Begin(now, now);
            scan.Field(field, value);
            foreach (var hit in scan.End()) found.Add(Known(hit.Number));
        }

        return [.. found.DistinctBy(k => k.Key)];
    }

    /// <summary>The indicator of a key; null when it is not in the set.</summary>
    internal KnownIndicator? ByKey(string key)
    {
        var (hashes, numbers) = byKey.Value;
        var hash = HashOf(key);
        var at = Array.BinarySearch(hashes, hash);
        if (at < 0) return null;
        while (at > 0 && hashes[at - 1] == hash) at--;
        for (; at < hashes.Length && hashes[at] == hash; at++)
            if (Known(numbers[at]) is var known && known.Key == key) return known;
        return null;
    }

    private SigmaDetectionRule RuleOf(int number)
    {
        if (rules.TryGetValue(number, out var known)) return known;
        // Rules are told apart by reference while they are counted: what was seen stays, up to what nobody counts by hand.
        if (rules.Count >= MostRules) rules.Clear();
        return rules.GetOrAdd(number, IndicatorRules.Of([Known(number)]));
    }

    // One rule for the same indicators, whichever event shows them.
    private SigmaDetectionRule RuleOf(IReadOnlyList<int> numbers)
    {
        if (numbers.Count == 1) return RuleOf(numbers[0]);
        var key = string.Join(' ', numbers);
        if (shared.TryGetValue(key, out var known)) return known;
        if (shared.Count >= MostRules) shared.Clear();
        return shared.GetOrAdd(key, IndicatorRules.Of([.. numbers.Select(Known)]));
    }

    private (ulong[] Hashes, int[] Numbers) Keys()
    {
        var (hashes, numbers) = (new ulong[Count], new int[Count]);
        for (var i = 0; i < Count; i++) (hashes[i], numbers[i]) = (HashOf(Known(i).Key), i);
        Array.Sort(hashes, numbers);
        return (hashes, numbers);
    }

    private static ulong HashOf(string key) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string Clip(string text, int most) => text.Length <= most ? text : text[..most] + "…";
}

/// <summary>Indicators in the shape of rules.</summary>
internal static class IndicatorRules
{
    private const string Taxonomy = "hufu-indicator";
    private const string SeenName = "indicators";
    private const string GatheredName = "gathered";
    private const int MostKey = 100;
    private const int MostTitle = 160;

    /// <summary>True for what stands for an indicator.</summary>
    internal static bool Is(SigmaRule rule) => rule.Taxonomy == Taxonomy;

    /// <summary>True for the key of an indicator, or the number of a list.</summary>
    internal static bool IsKey(string key) => key.StartsWith(IndicatorListType.NumberPrefix + "-", StringComparison.OrdinalIgnoreCase);

    /// <summary>The key of an indicator of a list: no longer than a rule's id may be.</summary>
    internal static string KeyOf(string list, string id)
    {
        // Of a file the id says all.
        if (list.Length == 0) return id;
        var key = $"{list}/{id}";
        return key.Length <= MostKey && !key.AsSpan().ContainsAny(',', ';') ? key : $"{list}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 20))}";
    }

    /// <summary>The number of the list of a key.</summary>
    internal static string ListOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? key[..slash] : key;

    /// <summary>The rule of indicators of one value: that of the gravest, which names them all.</summary>
    internal static SigmaDetectionRule Of(IReadOnlyList<KnownIndicator> same)
    {
        List<KnownIndicator> all = [.. same.OrderByDescending(k => LevelOf(k.List))];
        var first = all[0];
        var seen = all.Select(k => k.Seen).Distinct().ToList();
        var text = first.Info.Text.Length <= MostTitle ? first.Info.Text : first.Info.Text[..MostTitle] + "…";
        var more = all.Select(k => k.Info.Title.Length > 0 ? k.Info.Title : string.Join(", ", k.Info.Context.Names)).FirstOrDefault(m => m.Length > 0) ?? "";
        if (more.Length > 100) more = more[..100] + "…";
        if (more.Length > 0) text += $" ({more})";
        List<string> tags = [.. all.Select(k => k.Tlp).Where(t => t.Length > 0).Select(t => "tlp." + t).Concat(all.SelectMany(k => k.Info.Context.Attack)).Distinct(StringComparer.Ordinal), .. all.SelectMany(k => k.Info.Context.Names.Concat(k.Info.Context.Labels)).Select(Tag).Distinct(StringComparer.Ordinal).Take(20)];
        return new SigmaDetectionRule
        {
            Id = first.Key, Title = "Indicator: " + text, Source = first.List.Number.Length > 0 ? first.List.Number : first.List.Title, Taxonomy = Taxonomy, Author = SeenIndicator.Producers(seen), License = SeenIndicator.Markings(seen) is { Length: > 0 } markings ? markings : null,
            Level = LevelOf(first.List), Description = $"{first.List.Title} {first.Info.Context.Report}".Trim(), Tags = tags,
            LogSource = new SigmaLogSource(), Conditions = [], SearchIdentifiers = [], Custom = new Dictionary<string, object?> { ["title_zh"] = "情資指標：" + text, [SeenName] = seen, [GatheredName] = first.Gathered },
        };
    }

    /// <summary>By what matches of an indicator's rule are gathered; empty for other rules.</summary>
    internal static string GatheredOf(SigmaRule rule) => Is(rule) && rule.Custom.GetValueOrDefault(GatheredName) is string gathered ? gathered : "";

    /// <summary>The indicators that a rule stands for; none for other rules.</summary>
    internal static IReadOnlyList<SeenIndicator> SeenOf(SigmaRule rule) => Is(rule) && rule.Custom.GetValueOrDefault(SeenName) is IReadOnlyList<SeenIndicator> seen ? seen : [];

    private static SigmaLevel LevelOf(IndicatorListInfo list) => Enum.TryParse<SigmaLevel>(list.Level, ignoreCase: true, out var level) ? level : SigmaLevel.High;

    /// <summary>What stands for all indicators of the list of one.</summary>
    internal static SigmaRule OfList(SigmaRule rule) => rule.Id == rule.Source ? rule : Lists.GetOrAdd(rule.Source, number => (SigmaDetectionRule)rule with
    {
        Id = number, Title = "Indicators of " + number, Author = null, License = null, Tags = [], Custom = new Dictionary<string, object?> { ["title_zh"] = "指標：" + number },
    });

    private static readonly ConcurrentDictionary<string, SigmaDetectionRule> Lists = new(StringComparer.Ordinal);

    private static string Tag(string text) => text.Replace(' ', '-');
}
