using System.Diagnostics;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>Bounds of a trial over stored events.</summary>
public sealed record RulePreviewOptions
{
    /// <summary>How far back it reads. Default 30 days.</summary>
    public TimeSpan Back { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Most events that it reads. Default 2,000,000.</summary>
    public long MostEvents { get; init; } = 2_000_000;

    /// <summary>Longest time that it takes. Default 20 seconds.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most matches of single rules that are kept for correlations. Default 200,000.</summary>
    public int MostMatches { get; init; } = 200_000;
}

/// <summary>What a trial read, newest files first.</summary>
/// <param name="Events">Events that the rules looked at.</param>
/// <param name="From">Begin of the time that was asked for.</param>
/// <param name="ReadFrom">Begin of the oldest file that was read; null when none was.</param>
/// <param name="Notes">What was not read, and why; empty when all was.</param>
public sealed record PreviewRead(long Events, DateTimeOffset From, DateTimeOffset? ReadFrom, IReadOnlyList<LocalizedText> Notes);

/// <summary>A match of a trial.</summary>
public sealed record PreviewHit(SigmaRule Rule, LogEvent Event, int Count);

/// <summary>What rules would have found.</summary>
/// <param name="Total">How often they would have fired.</param>
/// <param name="Hits">The newest of them.</param>
/// <param name="Read">What was read.</param>
public sealed record PreviewResult(long Total, IReadOnlyList<PreviewHit> Hits, PreviewRead Read);

/// <summary>What an exception would have kept from being reported.</summary>
/// <param name="Suppressed">Matches that it would have suppressed.</param>
/// <param name="Matches">Matches of its rules.</param>
/// <param name="Examples">The newest that it would have suppressed.</param>
/// <param name="Read">What was read.</param>
internal sealed record ExceptionTrial(long Suppressed, long Matches, IReadOnlyList<PreviewHit> Examples, PreviewRead Read);

/// <summary>Tries rules and exceptions on the events of the store, within bounds, and says what it did not read. Only one trial runs at a time: receiving comes first.</summary>
public sealed class RulePreview(LogService logs, Detection detection, RulePreviewOptions options, TimeProvider clock) : IDisposable
{
    private const int MostShown = 50;

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>How often rules would have fired.</summary>
    internal Task<PreviewResult> TryAsync(IReadOnlyList<SigmaRule> rules, CancellationToken cancellation) => RunAsync(token =>
    {
        var engine = SigmaEngine.Compile(WithReferred(rules));
        var own = rules.ToHashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
        var correlated = rules.Any(r => r is SigmaCorrelationRule);
        // Files are read newest first, events within one as they came: a correlation needs them all in their order.
        var kept = new List<(LogEvent Event, IReadOnlyList<SigmaDetectionRule> Rules)>();
        var newest = new PriorityQueue<PreviewHit, DateTimeOffset>();
        long total = 0;
        var full = false;
        var read = Scan(item =>
        {
            var fields = new LogEventFields(item, detection.Mappings);
            var matched = engine.Match(fields, fields.Sources);
            if (matched.Count == 0) return;
            if (correlated)
            {
                if (kept.Count < options.MostMatches) kept.Add((item, matched));
                else full = true;
                return;
            }

            foreach (var rule in matched)
            {
                if (!own.Contains(rule)) continue;
                total++;
                Keep(newest, new PreviewHit(rule, item, 1));
            }
        }, token);
        if (correlated)
        {
            var session = engine.NewSession();
            var found = new List<SigmaMatch>();
            foreach (var (item, matched) in kept.OrderBy(k => k.Event.Time))
            {
                token.ThrowIfCancellationRequested();
                found.Clear();
                session.Process(matched, new LogEventFields(item, detection.Mappings), item.Time, item.Id, found);
                foreach (var match in found.Where(m => own.Contains(m.Rule)))
                {
                    total++;
                    Keep(newest, new PreviewHit(match.Rule, item, (int)Math.Min(match.Count, int.MaxValue)));
                }
            }

            if (full) read = read with { Notes = [.. read.Notes, new LocalizedText($"關聯只計入最新檔案起的 {options.MostMatches:N0} 筆命中。", $"The correlation counts only {options.MostMatches:N0} matches, from the newest file on.")] };
        }

        return new PreviewResult(total, Sorted(newest), read);
    }, cancellation);

    /// <summary>What an exception would have suppressed of its rules' matches, whatever other exceptions do.</summary>
    internal Task<Result<ExceptionTrial>> TryAsync(RuleException record, CancellationToken cancellation) => RunAsync(token =>
    {
        var (filter, error) = RuleExceptionType.Read(record);
        if (filter is null) return Result.Fail<ExceptionTrial>(error ?? Error.Of("logs.rule-exception.empty", "沒有條件。", "There is no condition.", "condition"));
        var ids = filter.Rules.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var seen = (filter.Rules.Count == 0 || filter.Rules.Any(IndicatorRules.IsKey)) && detection.Indicators is { } indicators ? (Set: indicators, Scan: indicators.Index.NewScan()) : ((IndicatorSet Set, Hufu.Indicators.IndicatorScan Scan)?)null;
        var own = IndicatorExceptions.Of([filter]);
        var rules = detection.Rules.Known.Where(k => k.Rule is SigmaDetectionRule rule && (filter.Rules.Count == 0 ? k.IsOn : ids.Contains(rule.Id ?? "") || ids.Contains(rule.Name ?? "")) && filter.LogSource.Accepts(rule.LogSource))
            .Select(k => k.Rule).DistinctBy(r => r.Key, StringComparer.OrdinalIgnoreCase).ToList();
        if (rules.Count == 0 && (seen is null || own.IsEmpty)) return Result.Fail<ExceptionTrial>(Error.Of("logs.rule-exception.no-rules", "沒有這些規則，或不屬於過濾規則的日誌來源。", "These rules are not there, or not of the filter's log source.", "rules"));
        var plain = SigmaEngine.Compile(rules);
        var filtered = SigmaEngine.Compile([.. rules, .. IndicatorExceptions.OfRules([filter])]);
        if (rules.Count > 0 && filtered.Refused.FirstOrDefault(e => e.Place == filter.Source) is { } refused) return Result.Fail<ExceptionTrial>(refused with { Place = "condition" });
        long matches = 0, suppressed = 0;
        var newest = new PriorityQueue<PreviewHit, DateTimeOffset>();
        var read = Scan(item =>
        {
            var fields = new LogEventFields(item, detection.Mappings);
            var shown = seen is { } of ? of.Set.Match(of.Scan, item, fields, IndicatorExceptions.None).Where(match => own.IsFor(match.Rule)).ToList() : [];
            if (shown.Count > 0)
            {
                matches += shown.Count;
                // What another list has too is found all the same.
                var still = seen!.Value.Set.Match(seen.Value.Scan, item, fields, own).Select(match => IndicatorRules.GatheredOf(match.Rule)).ToHashSet(StringComparer.Ordinal);
                foreach (var match in shown.Where(match => !still.Contains(IndicatorRules.GatheredOf(match.Rule))))
                {
                    suppressed++;
                    Keep(newest, new PreviewHit(match.Rule, item, 1));
                }
            }

            var all = plain.Match(fields, fields.Sources);
            if (all.Count == 0) return;
            matches += all.Count;
            var left = filtered.Match(fields, fields.Sources);
            if (left.Count == all.Count) return;
            suppressed += all.Count - left.Count;
            Keep(newest, new PreviewHit(all.First(r => !left.Contains(r)), item, 1));
        }, token);
        return Result.Of(new ExceptionTrial(suppressed, matches, Sorted(newest), read));
    }, cancellation);

    /// <summary>How often indicators would have been found, and which of them how often.</summary>
    internal Task<(long Hits, IReadOnlyDictionary<string, long> Most, PreviewRead Read)> TryAsync(IndicatorSet set, CancellationToken cancellation) => RunAsync(token =>
    {
        var scan = set.Index.NewScan();
        var most = new Dictionary<int, long>();
        long hits = 0;
        var read = Scan(item =>
        {
            foreach (var hit in set.Scan(scan, item))
            {
                hits++;
                most[hit.Number] = most.GetValueOrDefault(hit.Number) + 1;
            }
        }, token);
        return (hits, (IReadOnlyDictionary<string, long>)most.OrderByDescending(m => m.Value).Take(MostShown).ToDictionary(m => set.Known(m.Key).Info.Text is var text && text.Length > 200 ? $"{text[..200]}… #{m.Key}" : text, m => m.Value, StringComparer.Ordinal), read);
    }, cancellation);

    /// <summary>Tries an exception and notes the outcome on its record, for whoever approves.</summary>
    internal async Task<Result<ExceptionTrial>> TryAsync(RecordStore store, Actor actor, string number, CancellationToken cancellation)
    {
        var type = store.Types.Of<RuleException>();
        var found = await store.FindAsync(actor, type, number, cancellation);
        if (!found.IsOk) return Result.Fail<ExceptionTrial>(found.Errors);
        var asked = (RuleException)found.Value;
        if (!actor.May(type, Right.Write, asked)) return Result.Fail<ExceptionTrial>(Error.Of("access.denied", "您不能修改這筆例外。", "You may not change this exception."));
        if (asked.State != "draft") return Result.Fail<ExceptionTrial>(Error.Of("logs.rule-exception.state", "只有草稿可以試算。", "Only a draft is tried."));
        var trial = await TryAsync(asked, cancellation);
        if (!trial.IsOk) return trial;
        var record = await store.Db.Set<RuleException>().FirstAsync(e => e.Id == asked.Id, cancellation);
        if (RuleExceptionType.HashOf(record) != RuleExceptionType.HashOf(asked)) return Result.Fail<ExceptionTrial>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again."));
        store.Db.ActAs(actor, "trial");
        (record.TriedAt, record.TriedOf) = (Instants.Truncate(clock.GetUtcNow()), RuleExceptionType.HashOf(record));
        (record.TriedSuppressed, record.TriedMatches) = ((int)Math.Min(trial.Value.Suppressed, int.MaxValue), (int)Math.Min(trial.Value.Matches, int.MaxValue));
        record.TriedRead = Kept(trial.Value.Read);
        try
        {
            await store.Db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Result.Fail<ExceptionTrial>(Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入。", "Somebody changed this record at the same moment; load it again."));
        }

        return trial;
    }

    /// <summary>What <see cref="Words"/> said, as records keep it: both languages a line.</summary>
    internal static string Kept(PreviewRead read) => string.Join('\n', Words(read).Select(KeptTexts.Line));

    /// <summary>What a record keeps of it, in the reader's language.</summary>
    internal static IEnumerable<string> Told(string kept) => Alert.Lines(KeptTexts.Shown(kept));

    /// <summary>What was read, and what was not.</summary>
    internal static IReadOnlyList<LocalizedText> Words(PreviewRead read) =>
    [
        new LocalizedText($"讀取 {read.Events:N0} 筆日誌，自 {SiteTime.Format(read.ReadFrom is { } from && from > read.From ? from : read.From)} 起。", $"{read.Events:N0} events were read, from {SiteTime.Format(read.ReadFrom is { } since && since > read.From ? since : read.From)} on."),
        .. read.Notes,
    ];

    /// <inheritdoc />
    public void Dispose() => one.Dispose();

    // Own rules may count those of others.
    private List<SigmaRule> WithReferred(IReadOnlyList<SigmaRule> rules)
    {
        var all = rules.ToList();
        var names = new HashSet<string>(all.SelectMany(r => new[] { r.Id, r.Name }).OfType<string>(), StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is not SigmaCorrelationRule correlation) continue;
            foreach (var key in correlation.Rules.Where(key => !names.Contains(key)))
            {
                if (detection.Rules.Known.FirstOrDefault(k => k.IsOn && (string.Equals(k.Rule.Id, key, StringComparison.OrdinalIgnoreCase) || string.Equals(k.Rule.Name, key, StringComparison.OrdinalIgnoreCase))) is not { } other) continue;
                all.Add(other.Rule);
                foreach (var name in new[] { other.Rule.Id, other.Rule.Name }.OfType<string>()) names.Add(name);
            }
        }

        return all;
    }

    private async Task<T> RunAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => work(cancellation), cancellation);
        }
        finally
        {
            one.Release();
        }
    }

    private PreviewRead Scan(Action<LogEvent> look, CancellationToken cancellation)
    {
        var since = clock.GetUtcNow() - options.Back;
        var store = logs.Store;
        var time = Stopwatch.StartNew();
        var notes = new List<LocalizedText>();
        long events = 0, read = 0;
        DateTimeOffset? from = null;
        var end = logs.End;
        var stopped = false;
        var parts = store.Segments.Where(s => s.To >= since).Select(s => (s.Id, s.Events, s.From)).Reverse().ToList();
        if (end.Row > 0) parts.Insert(0, (end.Segment, end.Row, since));
        foreach (var (segment, count, begin) in parts)
        {
            if (stopped) break;
            try
            {
                foreach (var item in store.EventsFrom(segment, 0, count, cancellation))
                {
                    read++;
                    if (item.Time >= since)
                    {
                        events++;
                        look(item);
                    }

                    // Whole files only where it can be: half of one would leave out its newest.
                    if (read < options.MostEvents && ((read & 0xFFF) != 0 || time.Elapsed < options.Longest)) continue;
                    stopped = true;
                    break;
                }

                if (!stopped && segment != end.Segment) from = begin;
                else if (!stopped) from ??= since;
            }
            catch (ColdException cold)
            {
                notes.Add(cold.Error.Message);
            }
        }

        if (stopped)
        {
            notes.Add(from is { } oldest
                ? new LocalizedText($"已達上限（{options.MostEvents:N0} 筆或 {options.Longest.TotalSeconds:N0} 秒），早於 {SiteTime.Format(oldest)} 的日誌沒有全部讀取。", $"The bound was reached ({options.MostEvents:N0} events or {options.Longest.TotalSeconds:N0} seconds): of what is older than {SiteTime.Format(oldest)} not all was read.")
                : new LocalizedText($"已達上限（{options.MostEvents:N0} 筆或 {options.Longest.TotalSeconds:N0} 秒），只讀取了最新檔案的一部分。", $"The bound was reached ({options.MostEvents:N0} events or {options.Longest.TotalSeconds:N0} seconds): only a part of the newest file was read."));
        }

        return new PreviewRead(events, since, stopped ? from : since, notes);
    }

    private static void Keep(PriorityQueue<PreviewHit, DateTimeOffset> newest, PreviewHit hit)
    {
        newest.Enqueue(hit, hit.Event.Time);
        if (newest.Count > MostShown) newest.Dequeue();
    }

    private static List<PreviewHit> Sorted(PriorityQueue<PreviewHit, DateTimeOffset> newest) => [.. newest.UnorderedItems.Select(i => i.Element).OrderByDescending(h => h.Event.Time)];
}
