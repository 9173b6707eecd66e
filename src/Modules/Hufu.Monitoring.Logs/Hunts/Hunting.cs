using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Takes stored events through rules, in the order of storing and through the same run that the stream goes through: so it finds what the stream found. What
/// lies up to the longest look back of a correlation before the period fills correlations and is no hit.
/// </summary>
internal sealed class Hunting(HuntOrder order, HuntRules rules, SearchQuery query, HuntLimit limit)
{
    // A correlation that looks back further than this does not read further.
    private static readonly TimeSpan LongestLookBack = TimeSpan.FromDays(30);
    private const int MostIndicators = 2_000;
    private const int MaxFields = 20;
    private const int MaxValue = 300;

    private readonly Dictionary<SigmaRule, HuntTally> tallies = new(ReferenceEqualityComparer.Instance);

    /// <summary>What is read: from the longest look back on.</summary>
    internal LogSearch Search { get; } = new()
    {
        Query = query, To = order.To, Whole = true, Needs = rules.Indicators is null ? HuntNeeds.Of(rules.Engine) : null,
        From = order.From is { } from && from > DateTimeOffset.MinValue + LongestLookBack ? from - (rules.Longest < LongestLookBack ? rules.Longest : LongestLookBack) : order.From,
    };

    /// <summary>Reads and matches.</summary>
    /// <param name="store">The store.</param>
    /// <param name="stretches">What of it is read.</param>
    /// <param name="state">Filled while it goes on.</param>
    /// <param name="kept">Where hits are kept.</param>
    /// <param name="step">After each small piece of work, with the matches since the last time: to be raised, if that is asked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="rest">Between two stretches: told what the rules remember and where the next event is.</param>
    /// <param name="from">Where an earlier try stood, which had the same stretches before it.</param>
    internal async Task RunAsync(
        LogStore store, IReadOnlyList<LogStretch> stretches, HuntState state, HuntFiles.HitFile kept, Func<List<RuleMatch>, ValueTask> step, CancellationToken cancellation,
        Func<DetectionRun, string, int, ValueTask>? rest = null, HuntResumption? from = null)
    {
        var matches = new List<RuleMatch>();
        var timeouts = rules.Engine.RegexTimeouts;
        var run = rules.Begin();
        run.Found = Found;
        if (from is not null) run.Load(new MemoryStream(from.Run));
        var earlier = Math.Max(0, state.Uncounted - run.Uncounted.Late - run.Uncounted.Forgotten);
        foreach (var tally in state.Rules)
        {
            // Tallies are by rule, and a rule's key is of one rule.
            if (rules.Find(tally.Key) is { } rule) tallies[rule] = tally;
        }

        try
        {
            foreach (var stretch in from is null ? stretches : Behind(stretches, from.Segment, from.Row))
            {
                var inStretch = 0;
                foreach (var item in store.EventsOf(Search, stretch, cancellation))
                {
                    run.Process(item);
                    run.Take();
                    inStretch++;
                    state.Events++;
                    if (inStretch % 64 == 0) await step(matches);
                }

                // What the search and the period left out is not to be read any more.
                state.Total -= Math.Max(0, stretch.Events - inStretch);
                if (rest is null) continue;
                await step(matches);
                Count();
                await rest(run, stretch.Segment, stretch.First + stretch.Events);
            }

            await step(matches);
        }
        finally
        {
            Count();
        }

        void Count() => state.Uncounted = earlier + run.Uncounted.Late + run.Uncounted.Forgotten + (rules.Engine.RegexTimeouts - timeouts);

        void Found(SigmaMatch match, IReadOnlyList<RuleMatch> raised)
        {
            if (match.OccurredAt < order.From || match.OccurredAt >= order.To || !rules.Asks(match.Rule) || raised.Count == 0) return;
            matches.AddRange(raised.Select(m => m with { InHistory = true }));
            var tally = TallyOf(match.Rule, state);
            tally.Hits++;
            state.Hits++;
            if (match.OccurredAt < tally.First) tally.First = match.OccurredAt;
            if (match.OccurredAt > tally.Last) tally.Last = match.OccurredAt;
            if (state.Kept >= limit.Hits || tally.Kept >= limit.HitsOfRule || kept.Bytes >= limit.Bytes) return;
            kept.Add(HitOf(match, raised, tally.Key));
            tally.Kept++;
            state.Kept++;
        }
    }

    /// <summary>True when rules can go on from where an earlier try stood.</summary>
    internal static bool CanGoOn(HuntRules rules, HuntResumption from)
    {
        try
        {
            new DetectionRun(rules.Engine).Load(new MemoryStream(from.Run));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>What of stretches lies at a place or behind it.</summary>
    internal static IEnumerable<LogStretch> Behind(IReadOnlyList<LogStretch> stretches, string segment, int row)
    {
        foreach (var stretch in stretches)
        {
            var (order, end) = (string.CompareOrdinal(stretch.Segment, segment), stretch.First + stretch.Events);
            if (order > 0 || (order == 0 && stretch.First >= row)) yield return stretch;
            else if (order == 0 && end > row) yield return stretch with { First = row, Events = end - row };
        }
    }

    /// <summary>The matches that a kept hit raises.</summary>
    internal static IEnumerable<RuleMatch> MatchesOf(HuntHit hit, HuntTally rule) => hit.Events.Select(e => new RuleMatch
    {
        Gathered = hit.Gathered, Indicators = hit.Indicators,
        RuleId = hit.Indicators.Count > 0 ? hit.Indicators[0].Key : rule.Key, RuleTitle = rule.Title.Zh, RuleTitleEn = rule.Title.En == rule.Title.Zh ? "" : rule.Title.En, RuleAuthor = rule.Author, RuleLicense = rule.License, Level = rule.Level, Tags = rule.Tags, EventId = e.Id, EventTime = e.Time,
        Host = hit.Host, SourceIp = hit.SourceIp, Account = hit.Account, Entity = hit.Entity, InHistory = true,
    });

    private static HuntHit HitOf(SigmaMatch match, IReadOnlyList<RuleMatch> raised, string rule) => new()
    {
        Rule = rule, Time = match.OccurredAt, Events = [.. raised.Select(m => new HuntEvent(m.EventId, m.EventTime))],
        Host = raised[0].Host, SourceIp = raised[0].SourceIp, Account = raised[0].Account, Entity = raised[0].Entity, Count = match.Count, Gathered = raised[0].Gathered, Indicators = raised[0].Indicators,
        Fields = [.. match.Fields.Take(MaxFields).Select(f => new HuntField(Clip(f.Field), Clip(f.Value), [.. f.Patterns.Take(MaxFields).Select(Clip)]))],
    };

    private static string Clip(string text) => text.Length <= MaxValue ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, MaxValue)}…");

    private HuntTally TallyOf(SigmaRule rule, HuntState state)
    {
        if (tallies.TryGetValue(rule, out var known)) return known;
        var (gathered, seen) = (IndicatorRules.GatheredOf(rule), IndicatorRules.SeenOf(rule));
        // Where the rule of a value is made anew, or names other lists, its tally goes on.
        if (gathered.Length > 0 && state.Rules.Find(tally => tally.Gathered == gathered) is { } same)
        {
            same.Indicators = [.. same.Indicators.Union(seen)];
            (same.Author, same.License) = (SeenIndicator.Producers(same.Indicators), SeenIndicator.Markings(same.Indicators));
            same.Level = same.Indicators.Select(i => i.Level).Append(same.Level).MaxBy(AlertType.RankOf)!;
            return tallies[rule] = same;
        }

        // More than anybody reads are told of by their lists.
        if (IndicatorRules.Is(rule) && rule.Id != rule.Source && state.Rules.Count >= MostIndicators) return tallies[rule] = TallyOf(IndicatorRules.OfList(rule), state);
        var tally = tallies[rule] = new HuntTally
        {
            Key = rule.Key, Title = new LocalizedText(DetectionRun.TitleOf(rule), rule.Title), Author = rule.Author ?? "", License = rule.License ?? "", Level = rule.Level?.ToString().ToLowerInvariant() ?? "medium", Tags = rule.Tags,
            First = DateTimeOffset.MaxValue, Last = DateTimeOffset.MinValue, Gathered = gathered, Indicators = seen,
        };
        state.Rules.Add(tally);
        return tally;
    }
}
